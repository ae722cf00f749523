"""Everything that a cluster consists of breaks at random, from one seed: workers, agents, the scheduler, programs and the network.
Programs run on it all the while. Each is right, or says exactly what was lost; nothing hangs; at the end nothing is left over.

    cluster_chaos.py DFLOW APP GRAPHS [--seed=S] [--faults=N] [--connections=KIND] [--pause=SECONDS] [--bound=SECONDS] [--verbose]

After each 250 faults there is another cluster, with another kind of connections: Unix sockets and shared memory, TCP, TLS.
Connections to the scheduler run through a proxy that resets, drops, stalls (both ways or one) and delays them. Those of workers and
programs with each other are broken from outside (sockets.py). All links are cut for real, in a network namespace of its own; that
takes root, and is left out with a message where it cannot be had.
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
import sockets  # noqa: E402
from leaks import Leaks  # noqa: E402
from links import DOWN, UP, Links  # noqa: E402
from security_support import EVERYWHERE, security  # noqa: E402
from tool_support import Bench, children, wait_until  # noqa: E402

KINDS = (["worker killed"] * 6 + ["worker crashed"] * 3 + ["worker stopped"] * 3 + ["agent killed"] + ["scheduler killed"] * 4 +
         ["scheduler stopped"] * 2 + ["program killed"] * 2 + ["links cut"] * 3 + ["link reset"] * 3 + ["links reset"] +
         ["link dropped"] * 2 + ["link half open"] * 2 + ["link stalled"] * 3 + ["link stalled one way"] * 3 + ["links slow"] +
         ["link lossy"] * 2 + ["peer reset"] * 2 + ["peer dropped"] * 2 + ["peer stalled"] * 2 + ["peer lossy"])
PROGRAMS = {
    ("sum", "120"): f"sum {sum(i * i for i in range(120))}",
    ("nested", "12"): f"nested {sum(sum(i * i for i in range(n + 1)) for n in range(12))}",
    ("chain", "100"): f"chain {pow(2, 100, 1_000_003)}",
}
GRAPHS = ["layers", "shuffle", "stencil", "tree", "failures", "owned", "crowd", "placed", "large", "spilled", "retried", "cancelled",
          "timed"]
# Of a cluster's members, and what their environment says about that.
CONNECTIONS = {"unix": {}, "tcp": {"DFLOW_UNIX_SOCKETS": "0", "DFLOW_SHARED_MEMORY": "0"}, "tls": {"DFLOW_SHARED_MEMORY": "0"}}
ROUND = 250  # faults under one cluster
MEMORY = "64MB"  # of each worker: less than some graphs have results
IN_NAMESPACE = "CLUSTER_CHAOS_IN_NAMESPACE"
ONCE = 60  # tasks that may run once
# A program that begins while the scheduler cannot be reached may say so, and nothing else. All that is computed can be computed
# again, so no other error is right: what cannot be is what runs once, whose program counts what it was told is unknown.
EXCUSES = ["nobody answers at", "no answer to a greeting", "the other side closed the connection; `dflow up`", "Connection reset by peer; `dflow up`",
           "it does not answer by TLS"]
PULSE = ["--heartbeat=0.2", "--silence=2", "--grace=10"]


class Failed(Exception):
    pass


class Run(Bench):
    """One cluster, from its beginning to its end."""

    def __init__(self, options, seed, connections, faults):
        super().__init__(options.dflow)
        self.options, self.random, self.connections, self.faults = options, random.Random(seed), connections, faults
        os.mkdir(f"{self.home}/tmp")
        self.leaks = Leaks(self.home, alone=bool(os.environ.get(IN_NAMESPACE)))
        self.counts, self.outcomes = collections.Counter(), collections.Counter()
        self.later = []  # (when, what is to be done then)
        self.beside = []  # the same; who begins meanwhile does not notice
        self.programs = {}  # process -> (what it has to print, when it began)
        self.disturbed = []  # [from, to]: when it may be that nobody could join
        self.number = 0
        self.kinds = [kind for kind in KINDS if kind != "links cut" or os.environ.get(IN_NAMESPACE)]

    def __exit__(self, *all_that):
        super().__exit__(*all_that)
        if hasattr(self, "links") and not self.links.over:
            self.links.close()

    def start(self, command, **options):
        environment = {"TMPDIR": f"{self.home}/tmp", **CONNECTIONS[self.connections], **options.pop("environment", {})}
        return super().start(command, environment=environment, **options)

    def begin(self):
        self.settings = PULSE
        if self.connections == "tls":
            security(self, "init", "--host=127.0.0.1")
            self.settings = [*PULSE, EVERYWHERE]
        self.server, address = self.scheduler(*self.settings)
        self.direct = f"127.0.0.1:{address.rsplit(':', 1)[1]}"
        self.links = Links(self.direct)
        if self.connections != "tls":
            self.links.share_secret(self.home)
        self.address = self.links.address
        self.agents = [self.new_agent() for _ in range(2)]
        wait_until("both agents are there", lambda: self.status().stdout.count("agent-") == 2)
        self.leaks.begin(self.members())

    def new_agent(self):
        return self.start([self.dflow, "agent", "--scheduler", self.address, "--workers=2", "--threads=1", f"--memory-limit={MEMORY}"])

    def restart_scheduler(self):
        self.server, _ = self.scheduler("--port", self.direct.rsplit(":", 1)[1], *self.settings)

    def status(self):
        return subprocess.run([self.dflow, "status", "--scheduler", self.direct], env=os.environ | {"DFLOW_HOME": self.home},
                              capture_output=True, text=True, check=False)

    def members(self):
        return [("scheduler", self.server.pid), *(("agent", agent.pid) for agent in self.agents)]

    def forget(self, process):
        self.processes.remove(process)
        return process.communicate()

    def after(self, low, high, what):
        """In a while; until then, and a little longer, it is not sure that anybody can join."""
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
        found = [worker for agent in self.agents for worker in children(agent.pid)]
        self.leaks.watch(found)
        return found

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
        elif kind == "link lossy":
            return self.break_socket(kind, [self.server.pid, os.getpid()])
        elif kind.startswith("peer"):
            return self.break_socket(kind, self.workers() + [program.pid for program in self.programs])
        elif kind.startswith("link") and kind != "links cut":
            self.break_link(kind, lambda pipes: pipes[int(chance * len(pipes))])
        else:
            self.link("down")
            self.after(0.05, 1.5, lambda: self.link("up"))
        return self.done(kind)

    def done(self, kind):
        self.counts[kind] += 1
        if self.options.verbose:
            print(f"{time.monotonic():.3f} {kind}", flush=True)
        return True

    def break_socket(self, kind, pids):
        """One of those between these processes."""
        with sockets.Ends(pids) as ends:
            if not ends.sockets:
                return False
            end = self.random.choice(ends.sockets)
            if kind == "peer reset":
                sockets.reset(end)
            elif kind == "peer dropped":
                sockets.drop(end)
            else:
                heal = sockets.lose(end, 1 if kind == "peer stalled" else 0.2)
                if not heal:
                    return False
                if kind == "link lossy":
                    self.after(0.05, 3, heal)
                else:  # as long as that, others have found another way, or have not noticed it
                    self.beside.append((time.monotonic() + self.random.uniform(0.05, 8), heal))
        return self.done(kind)

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
        for waiting in (self.later, self.beside):
            due = [each for each in waiting if everything or each[0] <= time.monotonic()]
            waiting[:] = [each for each in waiting if each not in due]
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
        status = self.status()
        process.send_signal(signal.SIGQUIT)
        time.sleep(2)  # it has nothing to tell us when it has printed all
        process.kill()
        self.server.kill()
        return status.stdout + status.stderr + str(process.communicate()) + str(self.server.communicate())

    def command(self):
        """What a program is to do, and what it prints last then."""
        if self.random.random() < 0.6:
            graph = self.random.choice(GRAPHS)
            return [self.options.graphs, "only", graph, self.random.randrange(1 << 31)], graph
        words = self.random.choice([*PROGRAMS, ("once", str(ONCE))])
        if words in PROGRAMS:
            return [self.options.app, *words], PROGRAMS[words]
        self.number += 1
        traces = f"{self.home}/traces-{self.number}"
        return [self.options.app, *words, traces], functools.partial(self.ran_once, traces)

    def keep_running(self):
        while len(self.programs) < 3:
            command, expected = self.command()
            # However often workers die under a task, it is no task's fault.
            process = self.start(command, environment={"DFLOW_SCHEDULER": self.address, "DFLOW_ALLOWED_FAILURES": "255"})
            self.programs[process] = (expected, time.monotonic())

    def go(self):
        self.begin()
        done, next_at = 0, time.monotonic() + 1
        while done < self.faults or self.programs or self.later:
            if done < self.faults:
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
        self.end()

    def end(self):
        self.release(everything=True)
        self.workers()
        self.leaks.check_members(self.members())
        for agent in self.agents:
            self.leaks.watch([agent.pid])
            agent.terminate()
            agent.communicate(timeout=60)
        self.stop(self.server)
        if self.connections != "tls":
            self.links.forget_secret(self.home)
        self.links.close()
        self.leaks.check_machine()


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
    parser.add_argument("graphs", help="chaos_app")
    parser.add_argument("--seed", type=int, default=None, help="a new one, if not given")
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--connections", choices=CONNECTIONS, help="those of all clusters")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two faults, on average")
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
    counts, outcomes = collections.Counter(), collections.Counter()
    kinds = list(CONNECTIONS)
    for number, first in enumerate(range(0, options.faults, ROUND)):
        seed = options.seed + number
        connections = options.connections or kinds[seed % len(kinds)]
        with Run(options, seed, connections, min(ROUND, options.faults - first)) as run:
            try:
                run.go()
            except (Failed, AssertionError) as failure:
                print(f"FAILED with --seed={seed} --connections={connections} after {dict(run.counts)}: {failure}")
                return 1
        counts += run.counts
        outcomes += run.outcomes
        print(f"{connections}: {sum(run.outcomes.values())} programs", flush=True)
    print(f"ok: programs {dict(outcomes)} under {dict(counts)}, {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
