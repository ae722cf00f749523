"""Everything that a cluster consists of breaks at random, from one seed: workers, agents, the scheduler, programs and the network.
Programs run on it all the while. Each is right, or says exactly what was lost; nothing hangs.

    cluster_chaos.py DFLOW APP [--seed=S] [--faults=N] [--pause=SECONDS] [--bound=SECONDS] [--verbose]

Links are cut for real, in a network namespace of its own; that takes root, and is left out with a message where it cannot be had.
"""
import argparse
import collections
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster"))
from tool_support import Bench, children  # noqa: E402

KINDS = (["worker killed"] * 6 + ["worker crashed"] * 3 + ["worker stopped"] * 3 + ["agent killed"] + ["scheduler killed"] * 4 +
         ["scheduler stopped"] * 2 + ["program killed"] * 2 + ["links cut"] * 3)
PROGRAMS = {
    ("sum", "120"): f"sum {sum(i * i for i in range(120))}",
    ("nested", "12"): f"nested {sum(sum(i * i for i in range(n + 1)) for n in range(12))}",
    ("chain", "100"): f"chain {pow(2, 100, 1_000_003)}",
}
IN_NAMESPACE = "CLUSTER_CHAOS_IN_NAMESPACE"
# What a program may end with when too much happened to it, each with what was lost.
EXCUSES = ["workers died under it again and again", "it gave this program up", "may have run",
           "nobody answers at", "no answer to a greeting"]  # the last two: it began when there was no scheduler


class Failed(Exception):
    pass


class Run(Bench):
    def __init__(self, options):
        super().__init__(options.dflow)
        self.options, self.random = options, random.Random(options.seed)
        self.counts, self.outcomes = collections.Counter(), collections.Counter()
        self.later = []  # (when, what is to be done then)
        self.programs = {}  # process -> (what it has to print, when it hangs)
        self.kinds = [kind for kind in KINDS if kind != "links cut" or os.environ.get(IN_NAMESPACE)]

    def begin(self):
        self.server, self.address = self.scheduler()
        self.agents = [self.new_agent() for _ in range(2)]

    def new_agent(self):
        return self.start([self.dflow, "agent", "--scheduler", self.address, "--workers=2", "--threads=1"])

    def restart_scheduler(self):
        self.server, _ = self.scheduler("--port", self.address.rsplit(":", 1)[1])

    def forget(self, process):
        self.processes.remove(process)
        return process.communicate()

    def after(self, low, high, what):
        self.later.append((time.monotonic() + self.random.uniform(low, high), what))

    def send(self, pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    def workers(self):
        return [worker for agent in self.agents for worker in children(agent.pid)]

    def fault(self):
        kind = self.random.choice(self.kinds)
        chance = self.random.random()
        if self.later and kind in ("scheduler killed", "scheduler stopped", "agent killed", "links cut"):
            return False  # one such at a time: after two at once anything may be lost
        if kind.startswith("worker"):
            pids = self.workers()
            if not pids:
                return False
            pid = pids[int(chance * len(pids))]
            self.send(pid, {"worker killed": signal.SIGKILL, "worker crashed": signal.SIGSEGV}.get(kind, signal.SIGSTOP))
            if kind == "worker stopped":
                self.after(0.05, 0.5, lambda: self.send(pid, signal.SIGCONT))
        elif kind == "agent killed":
            victim = int(chance * len(self.agents))
            self.agents[victim].kill()
            self.forget(self.agents[victim])
            self.agents[victim] = self.new_agent()
        elif kind == "scheduler killed":
            self.server.kill()
            self.forget(self.server)
            self.after(0.0, 0.5, self.restart_scheduler)
        elif kind == "scheduler stopped":
            self.server.send_signal(signal.SIGSTOP)
            self.after(0.05, 1.0, lambda: self.server.send_signal(signal.SIGCONT))
        elif kind == "program killed":
            if not self.programs:
                return False
            list(self.programs)[int(chance * len(self.programs))].kill()
        else:
            self.link("down")
            self.after(0.05, 1.5, lambda: self.link("up"))
        self.counts[kind] += 1
        if self.options.verbose:
            print(f"{time.monotonic():.3f} {kind}", flush=True)
        return True

    def link(self, state):
        subprocess.run(["ip", "link", "set", "lo", state], check=True)

    def release(self, everything=False):
        due = [each for each in self.later if everything or each[0] <= time.monotonic()]
        self.later = [each for each in self.later if each not in due]
        for _, what in due:
            what()

    def check(self, process):
        expected, until = self.programs[process]
        if process.poll() is None:
            if time.monotonic() < until:
                return
            raise Failed(f"{process.args} hangs\n{self.explain(process)}")
        del self.programs[process]
        out, err = self.forget(process)
        if process.returncode == -signal.SIGKILL:
            self.outcomes["killed"] += 1
        elif process.returncode == 0 and out.splitlines()[-1:] == [expected]:
            self.outcomes["right"] += 1
        elif process.returncode == 1 and any(excuse in err for excuse in EXCUSES):
            self.outcomes["excused"] += 1
        else:
            raise Failed(f"{process.args}: {process.returncode}\n{out}\n{err}")

    def explain(self, process):
        self.release(everything=True)
        status = subprocess.run([self.dflow, "status", "--scheduler", self.address], env=os.environ | {"DFLOW_HOME": self.home},
                                capture_output=True, text=True, check=False)
        process.send_signal(signal.SIGQUIT)
        time.sleep(2)  # it has nothing to tell us when it has printed all
        process.kill()
        self.server.kill()
        return status.stdout + status.stderr + str(process.communicate()) + str(self.server.communicate())

    def keep_running(self):
        while len(self.programs) < 3:
            words = self.random.choice(list(PROGRAMS))
            process = self.start([self.options.app, *words], environment={"DFLOW_SCHEDULER": self.address})
            self.programs[process] = (PROGRAMS[words], time.monotonic() + self.options.bound)

    def run(self):
        self.begin()
        done, next_at = 0, time.monotonic() + 1
        while done < self.options.faults or self.programs or self.later:
            if done < self.options.faults:
                calm = not self.later  # who starts while there is no scheduler is told so
                if calm:
                    self.keep_running()
                if time.monotonic() >= next_at:
                    done += self.fault()
                    next_at = time.monotonic() + self.random.expovariate(1 / self.options.pause)
            self.release()
            for process in list(self.programs):
                self.check(process)
            time.sleep(0.01)
        self.stop(self.server)


def in_namespace():
    """Starts this again in a network of its own, if that can be had."""
    tried = subprocess.run(["unshare", "-n", "ip", "link", "set", "lo", "up"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        print(f"links are not cut: no network namespace ({tried.stderr.strip() or 'root is needed'})", flush=True)
        return
    os.environ[IN_NAMESPACE] = "1"
    script = 'ip link set lo up && exec "$@"'
    os.execvp("unshare", ["unshare", "-n", "sh", "-c", script, "sh", sys.executable, *sys.argv])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dflow")
    parser.add_argument("app")
    parser.add_argument("--seed", type=int, default=None, help="a new one, if not given")
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--pause", type=float, default=0.25, help="seconds between two faults, on average")
    parser.add_argument("--bound", type=float, default=120, help="seconds after which a program hangs")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if not os.environ.get(IN_NAMESPACE):
        if options.seed is None:
            options.seed = random.SystemRandom().randrange(1 << 31)
            sys.argv.append(f"--seed={options.seed}")
        print(f"seed {options.seed}", flush=True)
        in_namespace()
    begin = time.monotonic()
    with Run(options) as run:
        try:
            run.run()
        except (Failed, AssertionError) as failure:
            print(f"FAILED with seed {options.seed} after {dict(run.counts)}: {failure}")
            return 1
    print(f"ok: programs {dict(run.outcomes)} under {dict(run.counts)}, {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
