# lit's configuration: RUN lines over dflowc, as scripts of /bin/sh.
# %dflowc runs the driver from a small installation of its own (see CMakeLists.txt), whose frontend is the script
# fake_frontend.py: the driver is tested by itself. %real_dflowc is the one of the build tree.
import os

import shutil

import lit.formats

config.name = "dflowc"
config.test_format = lit.formats.ShTest(execute_external=True)
config.suffixes = [".test"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = lit_config.params["exec_root"]

llvm = "/usr/lib/llvm-19/bin"
config.environment["PATH"] = os.environ["PATH"]
config.environment["LC_ALL"] = "C"
for name in ("TMPDIR", "HOME"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
config.substitutions += [
    ("%real_dflowc", lit_config.params["dflowc"]),
    ("%dflowc", lit_config.params["fake"] + "/bin/dflowc"),
    ("%fake", lit_config.params["fake"]),
    ("%real_include", lit_config.params["include"]),
    ("%clang", "clang++-19"),
    ("%gcc", "g++"),
    ("%FileCheck", llvm + "/FileCheck"),
    ("%not", llvm + "/not"),
    ("%split", llvm + "/split-file"),
]

if shutil.which("gdb"):
    config.available_features.add("gdb")
