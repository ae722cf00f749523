"""The .deb: its fields, its content unpacked elsewhere, and (where that is allowed) installed and removed by dpkg."""

import os
import pathlib
import shutil
import subprocess
import unittest

from support import DEB, HAS_COMPILER, HERE, InstalledTest

PROGRAM = HERE / "consumer/squares.cpp"


def package():
    found = list(DEB.glob("*.deb"))
    if len(found) != 1:
        raise AssertionError(f"one package was expected, there are {found}")
    return found[0]


class Fields(InstalledTest):
    def field(self, name):
        return self.call("dpkg-deb", "-f", package(), name).strip()

    def test_name_version_and_architecture(self):
        architecture = self.call("dpkg", "--print-architecture").strip()
        self.assertEqual(self.field("Package"), "dflow")
        self.assertEqual(self.field("Architecture"), architecture)
        self.assertEqual(package().name, f"dflow_{self.field('Version')}_{architecture}.deb")

    def test_depends_on_what_the_binaries_load_and_on_a_compiler(self):
        depends = {entry.split()[0] for entry in self.field("Depends").split(", ")}
        expected = {"libc6", "libstdc++6", "libtbb12", "libssl3"}
        if HAS_COMPILER:
            expected |= {"clang-19", "libclang-common-19-dev", "libclang-cpp19", "libllvm19"}
        self.assertEqual(expected - depends, set())

    def test_runs_ldconfig_and_tells_others_of_its_library(self):
        self.call("dpkg-deb", "-e", package(), "control")
        for script in ("postinst", "postrm"):
            self.assertIn("ldconfig", (self.work / "control" / script).read_text())
        self.assertRegex((self.work / "control/shlibs").read_text(), r"^libdflow \d+ dflow ")

    def test_writes_to_usr_alone_and_as_root(self):
        for line in self.call("dpkg-deb", "-c", package()).splitlines():
            self.assertRegex(line, r"^[-dl]\S+ root/root .* \./usr/")


class Unpacked(InstalledTest):
    def test_compiles_and_shows(self):
        self.call("dpkg-deb", "-x", package(), "root")
        self.prefix = self.work / "root/usr"
        if not HAS_COMPILER:
            self.call(f"g++ -std=c++20 {PROGRAM} $(pkg-config --cflags --libs dflow) -o app", shell=True)
            self.assertEqual(self.call("./app"), "385\n")
            return
        self.call("dflowc", "-std=c++20", PROGRAM, "-o", "app")
        self.assertEqual(self.call("./app"), "385\n")
        self.assert_graph_known(self.work / "app", "sum_of_squares", "xs.size=10")


def why_not_to_install():
    """Changing the machine's own packages is for machines that are thrown away."""
    if os.geteuid() != 0:
        return "needs root"
    if os.environ.get("DFLOW_TEST_DPKG") != "1" and os.environ.get("CI") != "true":
        return "changes the system; set DFLOW_TEST_DPKG=1 to have it done"
    if shutil.which("dflowc", path="/usr/bin:/usr/local/bin") or pathlib.Path("/usr/include/dflow").exists():
        return "another dflow is installed"
    missing = subprocess.run(["dpkg", "--dry-run", "-i", str(package())], capture_output=True, text=True)
    return f"dpkg refuses: {missing.stderr.strip()}" if missing.returncode else ""


class Installed(InstalledTest):
    prefix = pathlib.Path("/usr")

    def test_installs_works_and_is_removed(self):
        if reason := why_not_to_install():
            self.skipTest(reason)
        self.addCleanup(subprocess.run, ["dpkg", "--purge", "dflow"], capture_output=True)
        self.call("dpkg", "-i", package())
        files = [line for line in self.call("dpkg", "-L", "dflow").splitlines() if "dflow" in line]
        self.assertIn("/usr/bin/dflow", files)
        self.assertIn("libdflow.so.", self.call("/sbin/ldconfig", "-p"))
        self.call(f"g++ -std=c++20 {PROGRAM} $(pkg-config --cflags --libs dflow) -o plain", shell=True)
        self.assertEqual(self.call("./plain"), "385\n")
        if HAS_COMPILER:
            self.call("dflowc", "-std=c++20", PROGRAM, "-o", "app")
            self.assertEqual(self.call("./app"), "385\n")
            self.assertNotRegex(self.call("readelf", "-d", "app"), "RPATH|RUNPATH")
            self.assert_graph_known(self.work / "app", "sum_of_squares", "xs.size=10")
        self.call("dpkg", "--purge", "dflow")
        self.assertEqual([name for name in files if os.path.lexists(name)], [])
        self.assertNotIn("libdflow.so", self.call("/sbin/ldconfig", "-p"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
