"""What a program records on workers is the graph that it records in one process; and its progress bars."""
import json
import os
import pty
import subprocess
import sys
import tempfile

from tool_support import read_terminal

DFLOW, APP = sys.argv[1:3]
PLAIN = {key: value for key, value in os.environ.items() if not key.startswith("DFLOW_")}
WORKERS = PLAIN | {"DFLOW_WORKERS": "2", "DFLOW_THREADS": "1"}


def run(environment, **options):
    done = subprocess.run([APP], env=environment, stdout=subprocess.PIPE, text=True, timeout=60, check=True, **options)
    assert done.stdout == "112\n", done.stdout


def check_trace(folder):
    one, many = os.path.join(folder, "one.json"), os.path.join(folder, "many.json")
    run(PLAIN | {"DFLOW_TRACE": one})
    run(WORKERS | {"DFLOW_TRACE": many})
    diff = subprocess.run([DFLOW, "graph", "diff", one, many], capture_output=True, text=True, timeout=60)
    assert diff.returncode == 0, diff.stdout + diff.stderr
    with open(many, encoding="utf-8") as file:
        trace = json.load(file)
    names = {event["pid"]: event["args"]["name"] for event in trace["traceEvents"] if event["ph"] == "M"}
    assert set(names.values()) <= {"client", "worker-1", "worker-2"}, names
    runs = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert all(names[event["pid"]].startswith("worker-") for event in runs), runs
    assert all(event["dur"] >= 0 and event["ts"] >= 0 for event in runs)
    ran = {event["args"]["task"] for event in runs}
    assert ran == {task[0] for task in trace["dflow"]["tasks"]}, "each task has run, and nothing else"


def shown_on_terminal(environment):
    master, terminal = pty.openpty()
    with subprocess.Popen([APP], env=environment, stdout=subprocess.PIPE, stderr=terminal, text=True) as app:
        os.close(terminal)
        shown = read_terminal(master)
        assert app.communicate(timeout=60)[0] == "112\n"
    return shown


def check_progress():
    for environment in (PLAIN, WORKERS):
        shown = shown_on_terminal(environment)
        assert "square [" in shown and "5/5" in shown and "#" * 40 in shown, repr(shown)
        run(environment, stderr=subprocess.PIPE)
        silent = subprocess.run([APP], env=environment, capture_output=True, text=True, timeout=60, check=True)
        assert silent.stderr == "", silent.stderr


with tempfile.TemporaryDirectory() as scratch:
    check_trace(scratch)
check_progress()
print("ok")
