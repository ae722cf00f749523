"""What a program records on workers is the graph that it records in one process; and its progress bars."""
import json
import os
import pty
import subprocess
import sys
import tempfile

from tool_support import read_terminal, screen_of

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


def check_printing_beside_bars(environment):
    """What tasks print is on the screen whole, and the bars are there once. A worker's last line may come after its task's end."""
    master, terminal = pty.openpty()
    with (tempfile.TemporaryDirectory() as folder,
          subprocess.Popen([APP, "speak", folder], env=environment, stdout=terminal, stderr=terminal) as app):
        os.close(terminal)
        shown = ""
        for number in range(6):
            while "[" not in shown.rpartition(f"printed {number - 1}")[2]:  # the bars have been drawn since
                shown += os.read(master, 4096).decode()
            open(os.path.join(folder, str(number)), "w", encoding="utf-8").close()
            while f"printed {number}" not in shown:
                shown += os.read(master, 4096).decode()
        lines = screen_of(shown + read_terminal(master))
        assert app.wait(timeout=60) == 0
    bars = [line for line in lines if line.endswith(" 3/3")]
    assert [line.split()[0] for line in bars] == ["even", "odd"], lines
    assert [line.rpartition(": ")[2] for line in lines if line not in bars] == [f"printed {number}" for number in range(6)], lines


with tempfile.TemporaryDirectory() as scratch:
    check_trace(scratch)
check_progress()
check_printing_beside_bars(PLAIN)
check_printing_beside_bars(WORKERS)
print("ok")
