"""What the tests of the installed tree share: folders, and commands in an environment that knows no other dflow."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["DFLOW_SOURCE"])
BUILD = pathlib.Path(os.environ["DFLOW_BUILD"])
WORK = pathlib.Path(os.environ["DFLOW_WORK"])
PREFIX = WORK / "prefix"
DEB = WORK / "deb"
LIBDIR = os.environ["DFLOW_LIBDIR"]
HAS_COMPILER = os.environ["DFLOW_HAS_COMPILER"] == "1"
HERE = pathlib.Path(__file__).parent
TIMEOUT = 300

needs_dflowc = unittest.skipUnless(HAS_COMPILER, "built without dflowc")


def environment(prefix, **more):
    """The caller's, without what could lead to another dflow or change its doing, and with `prefix` in front."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DFLOW", "CMAKE_", "CXX", "CC", "LD_LIBRARY", "PKG_CONFIG", "CPATH", "CPLUS"))
    }
    env["PATH"] = f"{prefix}/bin:{env['PATH']}"
    env["PKG_CONFIG_PATH"] = f"{prefix}/{LIBDIR}/pkgconfig"
    env["LC_ALL"] = "C"
    return {**env, **{name: str(value) for name, value in more.items()}}


def fresh_folder(path):
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


class InstalledTest(unittest.TestCase):
    """Gives each test a folder of its own."""

    prefix = PREFIX

    def setUp(self):
        self.work = fresh_folder(WORK / self.id().rpartition("__main__.")[2])

    def call(self, *words, code=0, shell=False, **env):
        """Runs a command in the test's folder; its standard output. Fails the test if it ends with another `code`."""
        command = words[0] if shell else [str(word) for word in words]
        ran = subprocess.run(command, cwd=self.work, env=environment(self.prefix, **env), shell=shell, text=True,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
        if code is not None and ran.returncode != code:
            self.fail(f"exit code {ran.returncode} of {command}\n{ran.stdout}\n{ran.stderr}")
        self.said = ran.stderr
        return ran.stdout

    def assert_graph_known(self, program, graph, *parameters):
        """The program holds a plan of `graph`, which expanded for these parameters is the graph that a run records."""
        given = [word for parameter in parameters for word in ("--param", parameter)]
        self.call("dflow", "graph", "expand", program, f"--graph={graph}", *given, "--format=json", "-o", "plan.json")
        self.call(program, DFLOW_TRACE=self.work / "trace.json")
        answer = self.call("dflow", "graph", "diff", "plan.json", "trace.json")
        self.assertRegex(answer, r"equal: " + re.escape(graph) + r"/0: [1-9]\d* tasks")

    def assert_no_plan(self, program):
        self.call("dflow", "graph", "show", program, code=2)
        self.assertIn("no plans inside", self.said)
