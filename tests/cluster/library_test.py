"""The library of clusters is opened by those programs that use one, and by no others."""
import glob
import os
import shutil
import sys

from tool_support import Bench, expect, run_checks

DFLOW, APP, GUEST = sys.argv[1:]
LIBRARIES = os.path.join(os.path.dirname(os.path.dirname(APP)), "lib")


def opened(bench, log, **environment):
    """What it prints, and the names of what it has loaded."""
    program = bench.run([APP], environment=environment | {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": log})
    text = "".join(open(each).read() for each in glob.glob(log + ".*"))
    return program, text


def is_opened_on_demand():
    with Bench(DFLOW) as bench:
        program, log = opened(bench, f"{bench.home}/alone")
        expect(program.stdout, "sum 14\n")
        expect(log, "libdflow.so")
        assert "libdflow-cluster" not in log and "libthrift" not in log, log
        program, log = opened(bench, f"{bench.home}/several", DFLOW_WORKERS="2")
        expect(program.stdout, "sum 14\n")
        expect(log, "libdflow-cluster", "libthrift")


def is_asked_for_where_it_is_missing():
    with Bench(DFLOW) as bench:
        for each in glob.glob(f"{LIBRARIES}/libdflow.so*"):
            shutil.copy(each, bench.home)
        alone = bench.run([APP], environment={"LD_LIBRARY_PATH": bench.home})
        assert alone.returncode == 0 and "sum 14\n" in alone.stdout, alone
        several = bench.run([APP], environment={"LD_LIBRARY_PATH": bench.home, "DFLOW_WORKERS": "2"})
        assert several.returncode != 0
        expect(several.stderr, "dflow: running on several processes needs libdflow-cluster.so.0 beside libdflow.so", "No such file")


run_checks([is_opened_on_demand, is_asked_for_where_it_is_missing])
