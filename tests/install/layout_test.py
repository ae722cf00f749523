"""What is in the installed tree, and that nothing in it leads back to where it was built."""

import re
import subprocess
import unittest

from support import BUILD, HAS_COMPILER, LIBDIR, PREFIX, SOURCE, InstalledTest


class Layout(InstalledTest):
    def test_has_every_part(self):
        parts = ["include/dflow/dflow.h", f"{LIBDIR}/libdflow.so", f"{LIBDIR}/libdflow-cluster.so.0",
                 f"{LIBDIR}/cmake/dflow/dflow-config.cmake",
                 f"{LIBDIR}/cmake/dflow/DflowAddExecutable.cmake", f"{LIBDIR}/pkgconfig/dflow.pc", "bin/dflow",
                 "share/doc/dflow/LICENSE", "share/doc/dflow/docs/tutorial.md"]
        if HAS_COMPILER:
            parts += ["bin/dflowc", "libexec/dflow/dflowc-frontend"]
        self.assertEqual([part for part in parts if not (PREFIX / part).exists()], [])

    def test_holds_no_internal_headers_or_archives(self):
        foreign = [str(path.relative_to(PREFIX)) for path in PREFIX.rglob("*")
                   if path.suffix == ".a" or path.suffix == ".h" and path.parent not in
                   (PREFIX / "include/dflow", PREFIX / "include/dflow/detail")]
        self.assertEqual(foreign, [])

    def test_public_headers_include_only_the_standard_library_and_dflow(self):
        for header in (PREFIX / "include").rglob("*.h"):
            for name in re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)', header.read_text(), re.M):
                known = name.startswith("dflow/") or re.fullmatch(r"[a-z_]+|[a-z]+/[a-z]+\.h|[a-z]+\.h", name)
                self.assertTrue(known, f"{header.name} includes {name}")

    def test_library_has_a_version_in_its_name(self):
        library = PREFIX / LIBDIR / "libdflow.so"
        self.assertIn(f"[{library.readlink()}]", self.call("readelf", "-d", library))
        self.assertRegex(str(library.readlink()), r"^libdflow\.so\.\d+$")

    def test_texts_name_neither_the_build_nor_the_prefix(self):
        texts = [path for path in (PREFIX / LIBDIR).rglob("*") if path.suffix in (".cmake", ".pc")]
        self.assertGreaterEqual(len(texts), 5)
        for path in texts:
            for place in (SOURCE, BUILD, PREFIX):
                self.assertNotIn(f"{place}/", path.read_text(), path.name)

    def test_binaries_name_neither_the_build_nor_the_sources(self):
        for path in [*(PREFIX / "bin").iterdir(), *(PREFIX / "libexec").rglob("*"), PREFIX / LIBDIR / "libdflow.so"]:
            if path.is_file():
                # Debug information names sources, as it should: what counts is the program itself.
                stripped = self.work / path.name
                subprocess.run(["strip", "--strip-debug", "-o", stripped, path], check=True)
                content = stripped.read_bytes()
                for place in (SOURCE / "include", BUILD / LIBDIR):
                    self.assertFalse(str(place).encode() in content, f"{path.name} names {place}")

    def test_binaries_search_no_absolute_path_for_libraries(self):
        binaries = [PREFIX / "bin/dflow", PREFIX / LIBDIR / "libdflow.so"]
        if HAS_COMPILER:
            binaries += [PREFIX / "bin/dflowc", PREFIX / "libexec/dflow/dflowc-frontend"]
        for binary in binaries:
            dynamic = self.call("readelf", "-d", binary)
            self.assertNotRegex(dynamic, r"(RPATH|RUNPATH).*\[/", binary.name)
            self.assertNotIn("not found", self.call("ldd", binary))


if __name__ == "__main__":
    unittest.main(verbosity=2)
