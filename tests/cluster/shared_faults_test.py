"""Programs come and go on a cluster whose workers, agents and programs are killed at random: whoever is let live is right.

FAULTS=N and SEED=S in the environment choose other faults than those that every run of the tests sees."""
import os
import random
import signal
import sys
import time

from tool_support import LONG, Bench, children, run_checks, wait_until

DFLOW, APP, GUEST = sys.argv[1:]
SIZES = {n: sum(i * i for i in range(n)) for n in (10, 500, 3000)}


class Faults(Bench):
    def __init__(self, dflow, faults, seed):
        super().__init__(dflow)
        self.left, self.random = faults, random.Random(seed)
        self.runs, self.right = {}, 0  # process -> (size, when it has to be done)

    def begin(self):
        _, self.address = self.scheduler()
        self.agents = [self.new_agent(), self.new_agent()]

    def new_agent(self):
        return self.agent(self.address, "--workers=2", "--threads=1")

    def forget(self, process):
        self.processes.remove(process)
        return process.communicate()

    def fault(self):
        what = self.random.random()
        if what < 0.6:
            workers = [worker for agent in self.agents for worker in children(agent.pid)]
            if not workers:
                return
            os.kill(self.random.choice(workers), self.random.choice([signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM]))
        elif what < 0.75:
            victim = self.random.randrange(len(self.agents))
            self.agents[victim].kill()
            self.forget(self.agents[victim])
            self.agents[victim] = self.new_agent()
        else:
            self.random.choice(list(self.runs)).kill()
        self.left -= 1

    def check(self, process):
        size, until = self.runs[process]
        if process.poll() is None:
            assert time.monotonic() < until, f"a sum of {size} hangs\n" + self.run(
                [self.dflow, "status", "--scheduler", self.address]).stdout
            return
        del self.runs[process]
        out, err = self.forget(process)
        if process.returncode == -signal.SIGKILL:
            return
        assert out == f"sum {SIZES[size]}\n", (size, process.returncode, out, err)
        self.right += 1

    def round(self):
        while self.left > 0 and len(self.runs) < 3:
            size = self.random.choice(list(SIZES))
            process = self.start([GUEST, "sum", size], environment={"DFLOW_SCHEDULER": self.address})
            self.runs[process] = (size, time.monotonic() + LONG)
        if self.left > 0:
            try:
                self.fault()
            except ProcessLookupError:
                pass  # it has just ended by itself
        for process in list(self.runs):
            self.check(process)
        return self.left <= 0 and not self.runs


def survivors_are_right():
    seed = int(os.environ.get("SEED", time.time_ns() % 1_000_000))
    print(f"SEED={seed}", flush=True)
    with Faults(DFLOW, int(os.environ.get("FAULTS", 25)), seed) as bench:
        bench.begin()
        wait_until("all faults have befallen and all runs have ended", bench.round, every=0.25, most=LONG * 100)
        print(f"{bench.right} sums were right")
        again = bench.run([GUEST, "sum", 10], environment={"DFLOW_SCHEDULER": bench.address})
        assert again.stdout == "sum 285\n", again


run_checks([survivors_are_right])
