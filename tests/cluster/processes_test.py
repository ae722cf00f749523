"""Whole programs with worker processes: what they print, and what is left of them."""
import os
import select
import signal
import subprocess
import sys

APP = sys.argv[1]
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("DFLOW_")} | {"DFLOW_WORKERS": "2"}


def shared_memory():
    return set(os.listdir("/dev/shm"))


def ended(process):
    """The kernel tells the workers of a killed program; this only bounds how long that may take."""
    poll = select.poll()
    poll.register(process, select.POLLIN)
    return bool(poll.poll(20_000))


def children(pid):
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as stat:
                if int(stat.read().rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(entry))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def check_output():
    done = subprocess.run([APP], env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "sum 14" in lines, lines
    from_tasks = sorted(line.split(": ", 1)[1] for line in lines if line.startswith("worker-"))
    assert from_tasks == ["task 1", "task 2", "task 3"], lines


def check_killed_client():
    before = shared_memory()
    with subprocess.Popen([APP, "wait"], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout.readline().startswith("worker ")
        workers = children(app.pid)
        assert len(workers) == 2, workers
        handles = [os.pidfd_open(worker) for worker in workers]
        app.send_signal(signal.SIGKILL)
    assert all(map(ended, handles)), f"some of the workers {workers} outlive their program"
    assert shared_memory() == before


check_output()
check_killed_client()
print("ok")
