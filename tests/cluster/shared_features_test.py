"""Whatever a program can ask for, on a cluster that is not its own: each test of shared_features_test.cc on a fresh one; traces,
progress bars and printed lines."""
import json
import os
import pty
import re
import subprocess
import sys

from tool_support import Bench, clean_environment, expect, read_terminal, run_checks

DFLOW, FEATURES, TRACED, GUEST = sys.argv[1:]


class Cluster(Bench):
    """Two agents of two workers each, of one thread."""

    def __init__(self, threads=1):
        super().__init__(DFLOW)
        self.scheduler_process, self.address = self.scheduler()
        self.agents = [self.agent(self.address, "--workers=2", f"--threads={threads}") for _ in range(2)]
        self.environment = {"DFLOW_SCHEDULER": self.address}


def each_feature():
    listed = subprocess.run([FEATURES, "--gtest_list_tests"], capture_output=True, text=True, check=True).stdout
    tests = [line.strip() for line in listed.splitlines() if line.startswith("  ")]
    assert len(tests) > 5, listed
    for test in tests:
        if os.environ.get("FEATURE", test) != test:
            continue
        with Cluster() as bench:
            environment = bench.environment | {"DFLOW_ALLOWED_FAILURES": "2"}
            done = bench.run([FEATURES, f"--gtest_filter=*.{test}"], environment=environment)
            assert done.returncode == 0, (done.stdout, done.stderr)
            print(f"  {test}", flush=True)


def a_trace_is_that_of_one_process():
    with Cluster() as bench:
        one, many = f"{bench.home}/one.json", f"{bench.home}/many.json"
        bench.run([TRACED], environment={"DFLOW_TRACE": one})
        expect(bench.run([TRACED], environment=bench.environment | {"DFLOW_TRACE": many}).stdout, "112\n")
        diff = bench.run([DFLOW, "graph", "diff", one, many])
        assert diff.returncode == 0, diff
        with open(many, encoding="utf-8") as file:
            trace = json.load(file)
        names = {event["pid"]: event["args"]["name"] for event in trace["traceEvents"] if event["ph"] == "M"}
        runs = [event for event in trace["traceEvents"] if event["ph"] == "X"]
        assert all(re.search(r"-\d+-[12]$", names[event["pid"]]) for event in runs), names
        assert {event["args"]["task"] for event in runs} == {task[0] for task in trace["dflow"]["tasks"]}


def bars_are_shown_on_a_terminal():
    with Cluster() as bench:
        master, terminal = pty.openpty()
        app = subprocess.Popen([TRACED], env=clean_environment(bench.home, **bench.environment), stdout=subprocess.PIPE,
                               stderr=terminal, text=True)
        bench.processes.append(app)
        os.close(terminal)
        shown = read_terminal(master)
        assert app.communicate(timeout=60)[0] == "112\n"
        expect(shown, "square [", "5/5", "#" * 40)


def lines_arrive_whole_with_their_workers_name():
    with Cluster(threads=2) as bench:
        done = bench.run([GUEST, "print", 60], environment=bench.environment)
        assert done.returncode == 0, done
        lines = done.stdout.splitlines()
        assert lines[-1] == "printed 60", lines[-3:]
        seen = {}
        for line in lines[:-1]:
            found = re.fullmatch(r"(\S+-\d+-[12]): task (\d+) line (\d+) (\w)\4{4999}", line)
            assert found, f"not a whole line: {line[:100]!r}... of {len(line)} characters"
            seen.setdefault(found[2], []).append(int(found[3]))
        assert seen == {str(task): list(range(10)) for task in range(60)}, "some are missing, doubled or out of order"
        for line in done.stderr.splitlines():
            assert re.fullmatch(r"\S+-\d+-[12]: task \d+ complains", line), line
        assert done.stderr.count("complains") == 60


run_checks([each_feature, a_trace_is_that_of_one_process, bars_are_shown_on_a_terminal,
            lines_arrive_whole_with_their_workers_name])
