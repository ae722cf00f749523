"""Programs outside of the project, built with the installed tree in each way that there is."""

import pathlib
import re
import shutil
import subprocess
import unittest

from support import BUILD, HAS_COMPILER, HERE, LIBDIR, TIMEOUT, WORK, InstalledTest, fresh_folder, needs_dflowc

CONSUMER = HERE / "consumer"
PROGRAM = CONSUMER / "squares.cpp"


class ConsumerTest(InstalledTest):
    def assert_runs_with_prefix(self, program):
        """It prints what it should, and the loader finds the runtime of this prefix and no other."""
        self.assertEqual(self.call(program), "385\n")
        found = re.search(r"libdflow\.so\S* => (\S+)", self.call("ldd", program)).group(1)
        self.assertEqual(pathlib.Path(found).resolve(), (self.prefix / LIBDIR / "libdflow.so").resolve())

    def build(self, *options, generator="Ninja"):
        """Builds the CMake project; its build folder."""
        self.call("cmake", "-G", generator, "-S", CONSUMER, "-B", "build", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                  f"-DCONSUMER_USES_DFLOWC={'ON' if HAS_COMPILER else 'OFF'}", "-DCMAKE_BUILD_TYPE=Release", *options)
        self.call("cmake", "--build", "build")
        return self.work / "build"

    def check_build(self, build):
        self.assert_runs_with_prefix(build / "dynamic")
        if HAS_COMPILER:
            self.assertEqual(self.call(build / "compiled"), "two words 770\n")
            self.assert_graph_known(build / "compiled", "sum_of_squares", "xs.size=10")

    def build_with_pkg_config(self):
        self.call(f"g++ -std=c++20 -O2 {PROGRAM} $(pkg-config --cflags --libs dflow) -o app", shell=True)
        return self.work / "app"


class WithCMake(ConsumerTest):
    """find_package(dflow): dflow::runtime, and dflow_add_executable."""

    def test_gcc(self):
        build = self.build("-DCMAKE_CXX_COMPILER=g++")
        self.check_build(build)
        self.assert_no_plan(build / "dynamic")

    @unittest.skipUnless(shutil.which("clang++-19"), "no clang++-19")
    def test_clang(self):
        build = self.build("-DCMAKE_CXX_COMPILER=clang++-19")
        self.check_build(build)
        self.assert_no_plan(build / "dynamic")

    @needs_dflowc
    def test_dflowc_as_the_compiler(self):
        build = self.build(f"-DCMAKE_CXX_COMPILER={self.prefix}/bin/dflowc")
        self.check_build(build)
        self.assert_graph_known(build / "dynamic", "sum_of_squares", "xs.size=10")

    @needs_dflowc
    @unittest.skipUnless(shutil.which("make"), "no make")
    def test_makefiles_track_headers_through_the_launcher(self):
        project = self.work / "project"
        shutil.copytree(CONSUMER, project)
        self.call("cmake", "-G", "Unix Makefiles", "-S", project, "-B", "build", "-DCONSUMER_USES_DFLOWC=ON",
                  f"-DCMAKE_PREFIX_PATH={self.prefix}")
        self.call("cmake", "--build", "build")
        self.assertNotIn("Building", self.call("cmake", "--build", "build"))
        (project / "numbers.h").touch()
        self.assertIn("compiled.dir/squares.cpp.o", self.call("cmake", "--build", "build"))

    def test_another_version_is_refused(self):
        text = (CONSUMER / "CMakeLists.txt").read_text().replace("dflow 0.1", "dflow 99.1")
        (self.work / "CMakeLists.txt").write_text(text)
        self.call("cmake", "-G", "Ninja", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={self.prefix}", code=1)
        self.assertIn('requested version "99.1"', " ".join(self.said.split()))


class ByHand(ConsumerTest):
    def test_pkg_config_and_gcc(self):
        app = self.build_with_pkg_config()
        self.assert_runs_with_prefix(app)
        self.assert_no_plan(app)

    def test_an_older_standard_is_refused_in_clear_words(self):
        self.call(f"g++ -std=c++17 -c {PROGRAM} $(pkg-config --cflags dflow)", shell=True, code=1)
        first = next(line for line in self.said.splitlines() if "error:" in line)
        self.assertIn("dflow needs C++20: compile with -std=c++20", first)

    @needs_dflowc
    def test_dflowc_with_each_host(self):
        for host in ("clang++-19", "g++"):
            with self.subTest(host):
                self.call("dflowc", f"--dflow-host={host}", "-std=c++20", "-O2", PROGRAM, "-o", "app")
                self.assert_runs_with_prefix(self.work / "app")
                self.assertEqual(self.call("./app", DFLOW_STATIC=0), "385\n")
                self.assert_graph_known(self.work / "app", "sum_of_squares", "xs.size=10")

    @needs_dflowc
    def test_dflowc_in_two_steps(self):
        self.call("dflowc", "-std=c++20", "-c", PROGRAM, "-o", "app.o")
        self.call("dflowc", "app.o", "-o", "app")
        self.assert_runs_with_prefix(self.work / "app")


class Moved(ConsumerTest):
    """From a tree that was moved after it was installed."""

    prefix = WORK / "moved"

    @classmethod
    def setUpClass(cls):
        before = fresh_folder(WORK / "before")
        subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(before)], check=True, timeout=TIMEOUT,
                       stdout=subprocess.DEVNULL)
        shutil.rmtree(cls.prefix, ignore_errors=True)
        before.rename(cls.prefix)

    def test_cmake(self):
        self.check_build(self.build("-DCMAKE_CXX_COMPILER=g++"))

    def test_pkg_config(self):
        self.assert_runs_with_prefix(self.build_with_pkg_config())

    @needs_dflowc
    def test_dflowc(self):
        self.call("dflowc", "-std=c++20", PROGRAM, "-o", "app")
        self.assert_runs_with_prefix(self.work / "app")


if __name__ == "__main__":
    unittest.main(verbosity=2)
