"""The workers of a program, and what is done to them. Whatever is chosen comes from one seeded generator."""
import os
import signal
import subprocess
import time
from pathlib import Path


def children(pid):
    """Read again while processes come and go: those that a thread of `pid` has started and nobody has waited for."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = Path(f"/proc/{entry}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent = text.rsplit(")", 1)[1].split()[:2]
        if int(parent) == pid and state != "Z":
            found.append(int(entry))
    return sorted(found)


class Faults:
    """Does one fault after the other; stopped workers go on when their time has come, or are killed as they stand."""

    KINDS = ["kill"] * 8 + ["crash"] * 4 + ["stop"] * 6 + ["freeze"] + ["kill all"]

    def __init__(self, app, random, silence, kinds=KINDS):
        self.app, self.random, self.silence, self.kinds = app, random, silence, kinds
        self.stopped = {}  # pid -> when it goes on
        self.seen = {}     # pid -> pidfd: every worker there ever was
        self.counts = {}

    def watch(self):
        """Notes who is there now."""
        pids = children(self.app)
        for pid in pids:
            if pid not in self.seen:
                try:
                    self.seen[pid] = os.pidfd_open(pid)
                except ProcessLookupError:
                    pass
        return [pid for pid in pids if pid in self.seen]

    def send(self, pid, number):
        try:
            signal.pidfd_send_signal(self.seen[pid], number)
        except ProcessLookupError:
            pass

    def once(self):
        pids = self.watch()
        kind, victim = self.random.choice(self.kinds), self.random.random()
        pause = self.random.uniform(0.01, 0.3)
        if not pids:
            return False
        pid = pids[int(victim * len(pids))]
        if kind == "kill":
            self.send(pid, signal.SIGKILL)
        elif kind == "crash":
            self.send(pid, signal.SIGSEGV)
        elif kind == "kill all":
            for each in pids:
                self.send(each, signal.SIGKILL)
        else:
            self.send(pid, signal.SIGSTOP)
            self.stopped[pid] = time.monotonic() + (pause if kind == "stop" else self.silence + pause)
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return True

    def release(self, everybody=False):
        for pid, when in list(self.stopped.items()):
            if everybody or when <= time.monotonic():
                self.send(pid, signal.SIGCONT)
                del self.stopped[pid]


def without_leak_checks(environment):
    """A process whose children are killed: at its end the leak checker has one, and would wait for that for ever."""
    options = environment.get("ASAN_OPTIONS", "")
    return {**environment, "ASAN_OPTIONS": f"{options}:detect_leaks=0"}


def run_under_kills(command, environment, chooser, first, between, most=120):
    """Runs a program on workers of its own, of which one is killed now and then: `first` and `between` are ranges of seconds
    before the first, from when there are workers, and between two. Returns its exit code (None: it did not end in `most`
    seconds), what it printed on both outputs, and how many were killed."""
    run = subprocess.Popen(command, env=without_leak_checks(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    faults, kills, end = Faults(run.pid, chooser, silence=10, kinds=["kill"]), 0, time.monotonic() + most
    while run.poll() is None and not children(run.pid) and time.monotonic() < end:
        time.sleep(0.001)
    pause = first
    while run.poll() is None and time.monotonic() < end:
        time.sleep(chooser.uniform(*pause))
        pause = between  # not all of them before the first is there again
        kills += faults.once()
    ended = run.poll() is not None
    run.kill()
    printed, errors = run.communicate()
    return run.returncode if ended else None, printed, errors, kills
