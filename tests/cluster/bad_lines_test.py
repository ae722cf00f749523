"""A cluster on hosts whose lines delay, reorder and lose packets, in one direction too (bad_lines.py; as root, elsewhere skipped).

A seed that it prints decides over each packet; SEED in the environment repeats it."""
import json
import os
import random
import subprocess
import sys

from hosts import ONE, OTHER, PROGRAM, SCHEDULER, Hosts, enter
from tool_support import run_checks, wait_until

DFLOW, APP, GRAPHS = sys.argv[1:]
LINES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bad_lines.py")
SEED = os.environ.setdefault("SEED", str(random.SystemRandom().randrange(1 << 31)))
TASKS = 100


def squares(n):
    return f"sum {sum(i * i for i in range(n))}\n"


def open_gates(folder):
    """Wherever the task has begun, it may end."""
    begun = [name.removeprefix("begun-") for name in os.listdir(folder) if name.startswith("begun-")]
    for process in begun:
        with open(f"{folder}/go-{process}", "w"):
            pass
    return begun


class Network(Hosts):
    """The programs' files, which are large, have been brought to the agents when it begins; only then the lines become bad."""

    def __init__(self, silence=3, grace=30):
        super().__init__(DFLOW, heartbeat=0.3, silence=silence, grace=grace)

    def __enter__(self):
        super().__enter__()
        self.end(self.start_program(APP, "sum", 20), squares(20))
        self.end(self.start_program(GRAPHS, "only", "stencil", SEED), "stencil\n")
        return self

    def connect(self):
        words = [f"{host}={process.pid}" for host, process in self.hosts.items()]
        self.lines = subprocess.Popen([sys.executable, LINES, SEED, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.lines.stdout.readline() == "ready\n"
        for host in self.hosts:
            self.set_up(host, "line")

    def disconnect(self):
        self.lines.stdin.close()
        self.lines.wait()
        self.lines.stdout.close()

    def rule(self, sender=None, receiver=None, **what):
        self.lines.stdin.write(json.dumps({"from": sender, "to": receiver, **what}) + "\n")
        self.lines.stdin.flush()
        return json.loads(self.lines.stdout.readline())

    def programs_are_right(self):
        sums = self.start_program(APP, "sum", TASKS)
        once = self.start_program(APP, "once", TASKS, f"{self.home}/traces")
        self.end(self.start_program(GRAPHS, "only", "shuffle", SEED), "shuffle\n")
        self.end(sums, squares(TASKS))
        self.end(once, f"ran {TASKS} unknown 0\n")

    def names_of_workers(self):
        command = [DFLOW, "status", "--json", "--scheduler", self.address]
        status = json.loads(self.on(SCHEDULER, lambda: self.run(command)).stdout)
        return {worker["name"] for program in status["programs"] for worker in program["workers"]}


def lost_late_and_reordered_packets_change_nothing():
    with Network() as network:
        before = network.rule(loss=0.05, delay=0.05, jitter=0.03)
        network.programs_are_right()
        after = network.rule()
        for what in ("carried", "lost", "overtaken"):
            assert after[what] > before[what] + 10, (what, before, after)


def packets_that_are_lost_in_one_direction_change_nothing():
    with Network() as network:
        for sender, receiver in ((ONE, SCHEDULER), (SCHEDULER, ONE), (ONE, OTHER), (PROGRAM, None)):
            before = network.rule(sender, receiver, loss=0.2, delay=0.01)
            network.programs_are_right()
            assert network.rule(sender, receiver)["lost"] > before["lost"], (sender, receiver)


def who_is_not_heard_on_a_slow_line_is_given_up_and_comes_back():
    """Noticed by what the cluster is told (--silence, --grace): TCP would try for a quarter of an hour."""
    with Network(silence=1, grace=0.5) as network:
        network.rule(delay=0.05, jitter=0.03)
        program = network.start_program(APP, "gated", network.home)
        both = wait_until("both workers are there", lambda: len(names := network.names_of_workers()) == 2 and names)
        network.rule(ONE, SCHEDULER, loss=1)
        left = wait_until("one is given up", lambda: len(names := network.names_of_workers()) == 1 and names)
        assert left < both, (left, both)
        network.rule(ONE, SCHEDULER, delay=0.05)
        wait_until("there are two again", lambda: len(network.names_of_workers()) == 2)
        wait_until("the task may end", lambda: open_gates(network.home) and program.poll() is not None)
        network.end(program, "passed ")
        network.end(network.start_program(APP, "sum", 20), squares(20))


if __name__ == "__main__":
    enter("ip", "tuntap", "add", "mode", "tun", "line")
    print(f"SEED={SEED}", flush=True)
    run_checks([lost_late_and_reordered_packets_change_nothing, packets_that_are_lost_in_one_direction_change_nothing,
                who_is_not_heard_on_a_slow_line_is_given_up_and_comes_back])
