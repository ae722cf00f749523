"""Everything that a cluster consists of breaks at random, from one seed: workers, agents, the scheduler, programs and the network.
Programs run on it all the while. Each is right, or says exactly what was lost; nothing hangs.

    cluster_chaos.py DFLOW APP [--seed=S] [--faults=N] [--pause=SECONDS] [--bound=SECONDS] [--verbose]

Connections to the scheduler run through a proxy that resets, drops, stalls (both ways or one) and delays them. All links are cut
for real, in a network namespace of its own; that takes root, and is left out with a message where it cannot be had.
"""
import argparse
import collections
import functools
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster"))
from links import DOWN, UP, Links  # noqa: E402
from tool_support import Bench, children  # noqa: E402

KINDS = (["worker killed"] * 6 + ["worker crashed"] * 3 + ["worker stopped"] * 3 + ["agent killed"] + ["scheduler killed"] * 4 +
         ["scheduler stopped"] * 2 + ["program killed"] * 2 + ["links cut"] * 3 + ["link reset"] * 3 + ["links reset"] +
         ["link dropped"] * 2 + ["link half open"] * 2 + ["link stalled"] * 3 + ["link stalled one way"] * 3 + ["links slow"])
PROGRAMS = {
    ("sum", "120"): f"sum {sum(i * i for i in range(120))}",
    ("nested", "12"): f"nested {sum(sum(i * i for i in range(n + 1)) for n in range(12))}",
    ("chain", "100"): f"chain {pow(2, 100, 1_000_003)}",
}
IN_NAMESPACE = "CLUSTER_CHAOS_IN_NAMESPACE"
ONCE = 60  # tasks that may run once
# A program that begins while the scheduler cannot be reached may say so, and nothing else. All that is computed can be computed
# again, so no other error is right: what cannot be is what runs once, whose program counts what it was told is unknown.
EXCUSES = ["nobody answers at", "no answer to a greeting"]
PULSE = ["--heartbeat=0.2", "--silence=2", "--grace=10"]


class Failed(Exception):
    pass


class Run(Bench):
    def __init__(self, options):
        super().__init__(options.dflow)
        self.options, self.random = options, random.Random(options.seed)
        self.counts, self.outcomes = collections.Counter(), collections.Counter()
        self.later = []  # (when, what is to be done then)
        self.programs = {}  # process -> (what it has to print, when it began)
        self.disturbed = []  # [from, to]: when it may be that nobody could join
        self.number = 0
        self.kinds = [kind for kind in KINDS if kind != "links cut" or os.environ.get(IN_NAMESPACE)]

    def begin(self):
        self.server, self.direct = self.scheduler(*PULSE)
        self.links = Links(self.direct)
        self.links.share_secret(self.home)
        self.address = self.links.address
        self.agents = [self.new_agent() for _ in range(2)]

    def new_agent(self):
        return self.start([self.dflow, "agent", "--scheduler", self.address, "--workers=2", "--threads=1"])

    def restart_scheduler(self):
        self.server, _ = self.scheduler("--port", self.direct.rsplit(":", 1)[1], *PULSE)

    def forget(self, process):
        self.processes.remove(process)
        return process.communicate()

    def after(self, low, high, what):
        """In a while; until then, and a little longer, nobody can join for sure."""
        span = self.random.uniform(low, high)
        self.later.append((time.monotonic() + span, what))
        self.disturb(span)

    def disturb(self, span):
        self.disturbed.append((time.monotonic(), time.monotonic() + span + 5))

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
        elif kind.startswith("link") and kind != "links cut":
            self.break_link(kind, lambda pipes: pipes[int(chance * len(pipes))])
        else:
            self.link("down")
            self.after(0.05, 1.5, lambda: self.link("up"))
        self.counts[kind] += 1
        if self.options.verbose:
            print(f"{time.monotonic():.3f} {kind}", flush=True)
        return True

    def break_link(self, kind, one):
        self.disturb(0)
        if kind == "link reset":
            self.links.reset(one)
        elif kind == "links reset":
            self.links.reset()
        elif kind == "link dropped":
            self.links.drop(one)
        elif kind == "link half open":
            self.links.reset(one, sides=[self.random.choice([UP, DOWN])])
        elif kind == "links slow":
            self.links.slow(0.05)
            self.after(0.5, 2, lambda: self.links.slow(0))
        else:
            directions = [UP, DOWN] if kind == "link stalled" else [self.random.choice([UP, DOWN])]
            self.after(0.05, 4, self.links.stall(one, directions))

    def link(self, state):
        subprocess.run(["ip", "link", "set", "lo", state], check=True)

    def release(self, everything=False):
        due = [each for each in self.later if everything or each[0] <= time.monotonic()]
        self.later = [each for each in self.later if each not in due]
        for _, what in due:
            what()

    def check(self, process):
        expected, began = self.programs[process]
        if process.poll() is None:
            if time.monotonic() < began + self.options.bound:
                return
            raise Failed(f"{process.args} hangs\n{self.explain(process)}")
        del self.programs[process]
        out, err = self.forget(process)
        if process.returncode == -signal.SIGKILL:
            self.outcomes["killed"] += 1
        elif process.returncode == 0 and (expected(out) if callable(expected) else out.splitlines()[-1:] == [expected]):
            self.outcomes["right"] += 1
        elif process.returncode == 1 and not out and any(excuse in err for excuse in EXCUSES) and self.was_disturbed(began):
            self.outcomes["could not join"] += 1
        else:
            raise Failed(f"{process.args}: {process.returncode}\n{out}\n{err}")

    def was_disturbed(self, began):
        return any(first <= time.monotonic() and began <= last for first, last in self.disturbed)

    def ran_once(self, traces, out):
        """Each of its tasks ran once, or is told to be unknown; none ran twice."""
        ran, unknown = map(int, out.split()[-3::2])
        seen = []
        if os.path.exists(traces):  # else none has begun: all may be unknown
            with open(traces) as file:
                seen = file.read().split()
        self.outcomes["unknown"] += unknown
        return ran + unknown == ONCE and len(seen) == len(set(seen)) >= ran

    def explain(self, process):
        self.release(everything=True)
        status = subprocess.run([self.dflow, "status", "--scheduler", self.direct], env=os.environ | {"DFLOW_HOME": self.home},
                                capture_output=True, text=True, check=False)
        process.send_signal(signal.SIGQUIT)
        time.sleep(2)  # it has nothing to tell us when it has printed all
        process.kill()
        self.server.kill()
        return status.stdout + status.stderr + str(process.communicate()) + str(self.server.communicate())

    def keep_running(self):
        while len(self.programs) < 3:
            words = self.random.choice([*PROGRAMS, ("once", str(ONCE))])
            expected = PROGRAMS.get(words)
            if not expected:
                self.number += 1
                traces = f"{self.home}/traces-{self.number}"
                words, expected = (*words, traces), functools.partial(self.ran_once, traces)
            # However often workers die under a task, it is no task's fault.
            process = self.start([self.options.app, *words],
                                 environment={"DFLOW_SCHEDULER": self.address, "DFLOW_ALLOWED_FAILURES": "255"})
            self.programs[process] = (expected, time.monotonic())

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
