# lit's configuration: RUN lines as scripts of /bin/sh.
# %check FLAGS... app.cpp  dflow's diagnostics alone: the host compiler is a script that does nothing.
# %apply FLAGS... app.cpp  the program after the fix-its of these diagnostics.
# %gcc app.cpp             the program compiles.
import os
import sys

import lit.formats

config.name = "diagnostics"
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
check = lit_config.params["dflowc"] + " -std=c++20 -fsyntax-only --dflow-host=" + config.test_source_root + "/quiet-clang.sh"
config.substitutions += [
    ("%apply", f"{sys.executable} {config.test_source_root}/apply_fixits.py {check}"),
    ("%check", check),
    ("%gcc", "g++ -std=c++20 -fsyntax-only -Wall -Wextra -Werror -isystem " + lit_config.params["include"]),
    ("count ", llvm + "/count "),
    ("%FileCheck", llvm + "/FileCheck"),
    ("%not", llvm + "/not"),
    ("%split", llvm + "/split-file"),
]
