"""Kills, crashes and stops the workers of chaos_app at random moments, all of them from one seed, while it runs graphs
whose results are known. Nothing may be wrong, hang, or be left over:

    chaos.py APP [--seed=S] [--faults=N] [--workers=W] [--bound=SECONDS] [--verbose]

What takes longer than the bound is a hang; the program's own report about who waits for whom is printed then.
"""
import argparse
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster"))

from faults import Faults, without_leak_checks  # noqa: E402
from tool_support import is_sanitized  # noqa: E402

SILENCE = 2  # seconds after which a stopped worker is given up
# Workers that may die under one task. Each dies by chance here: on a busy machine, where a task takes long, three under the
# same one are no wonder, and `WorkerLost` would be right.
ALLOWED_FAILURES = 50
MEMORY = 64_000_000  # bytes that each worker may have: less than some graphs have results
SANITIZERS = 8  # times as much is what a worker takes then that has nothing


class Failed(Exception):
    pass


class Run:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.scratch = tempfile.TemporaryDirectory(prefix="dflow-chaos-")
        self.errors = tempfile.TemporaryFile("w+")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DFLOW_")}
        environment |= {"DFLOW_WORKERS": str(options.workers), "DFLOW_THREADS": "2", "TMPDIR": self.scratch.name,
                        "DFLOW_WORKER_SILENCE": str(SILENCE), "DFLOW_ALLOWED_FAILURES": str(ALLOWED_FAILURES),
                        "DFLOW_WORKER_MEMORY": str(MEMORY * (SANITIZERS if is_sanitized(options.app) else 1))}
        self.memory = set(os.listdir("/dev/shm"))
        self.app = subprocess.Popen([options.app, str(options.seed), *options.mode], env=without_leak_checks(environment), stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, stderr=self.errors)
        self.faults = Faults(self.app.pid, self.random, SILENCE)
        self.lines, self.partial = [], ""
        self.heard = time.monotonic()

    def read(self, seconds):
        """Takes in what the program has printed meanwhile; False at the end of its output."""
        if select.select([self.app.stdout], [], [], seconds)[0]:
            read = os.read(self.app.stdout.fileno(), 65536).decode()
            if not read:
                return False
            *lines, self.partial = (self.partial + read).split("\n")
            self.lines += lines
            self.heard = time.monotonic()
            if self.options.verbose:
                print(*(f"{self.heard:.3f} {line}" for line in lines), sep="\n", flush=True)
        if time.monotonic() - self.heard > self.options.bound:
            raise Failed(f"hangs: nothing for {self.options.bound} s after {self.lines[-3:]}")
        return True

    def read_until(self, wanted):
        while wanted not in self.lines:
            if not self.read(0.2):
                raise Failed("ended early")

    def run(self):
        self.read_until("ready")
        done, next_at = 0, time.monotonic()
        while done < self.options.faults:
            if time.monotonic() >= next_at:
                done += self.faults.once()
                next_at = time.monotonic() + self.random.expovariate(1 / self.options.pause)
            self.faults.release()
            self.faults.watch()
            if not self.read(0.01):
                raise Failed("ended early")
        self.app.stdin.close()
        while self.read(0.05):
            self.faults.release(everybody="quiet" in self.lines)
            self.faults.watch()
        if self.app.wait(10) != 0:
            raise Failed(f"ended with {self.app.returncode}")
        self.check_leftovers()

    def check_leftovers(self):
        waiting = select.poll()
        for pid, handle in self.faults.seen.items():
            waiting.register(handle, select.POLLIN)
            if not waiting.poll(5000):
                raise Failed(f"worker {pid} outlives its program")
            waiting.unregister(handle)
        before, after = [list(map(int, line.split()[1:])) for line in self.lines if line.startswith("resources")]
        if any(late > early + 15 for early, late in zip(before, after)):
            raise Failed(f"files and threads grew from {before} to {after}")
        left = set(os.listdir("/dev/shm")) - self.memory
        if any(f"{pid}" in name for name in left for pid in self.faults.seen) or os.listdir(self.scratch.name):
            raise Failed(f"left over: {left} {os.listdir(self.scratch.name)}")

    def explain(self):
        """Lets the program say who waits for whom, then ends it."""
        if self.app.poll() is None:
            self.faults.release(everybody=True)
            self.app.send_signal(signal.SIGQUIT)
            time.sleep(2)  # it has nothing to tell us when it has printed all
            if self.options.keep:
                input(f"process {self.app.pid}; Enter ends it")
            self.app.kill()
            self.app.wait()
        self.errors.seek(0)
        print(self.errors.read()[-8000:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("app")
    parser.add_argument("mode", nargs="*", help="what the program is told beside its seed")
    parser.add_argument("--seed", type=int, default=None, help="a new one, if not given")
    parser.add_argument("--faults", type=int, default=50)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--pause", type=float, default=0.15, help="seconds between two faults, on average")
    parser.add_argument("--bound", type=float, default=40, help="seconds without a line that are a hang")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--keep", action="store_true", help="wait with a hanging program until Enter is pressed")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 31)
    print(f"seed {options.seed}", flush=True)
    begin = time.monotonic()
    run = Run(options)
    try:
        run.run()
    except (Failed, subprocess.TimeoutExpired) as failure:
        print(f"FAILED with seed {options.seed} after {run.faults.counts}: {failure}")
        run.explain()
        return 1
    finally:
        if run.app.poll() is None:
            run.app.kill()
    graphs = sum(1 for line in run.lines if " " not in line)
    print(f"ok: {graphs} graphs right under {run.faults.counts}, {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
