"""A cluster on hosts of its own: network namespaces with a real network between them, which is cut, in one direction too, and healed.

Takes root and a kernel with namespaces and veth; elsewhere it says what is missing, and is skipped."""
import json
import sys
import time

from hosts import ONE, OTHER, PROGRAM, SCHEDULER, Hosts, enter, ip_of, run
from tool_support import LONG, expect, run_checks, wait_until

DFLOW, APP = sys.argv[1:]
TASKS = 200


def squares(n):
    return f"sum {sum(i * i for i in range(n))}\n"


class Network(Hosts):
    """All hosts are at one switch."""

    def __init__(self, **pulse):
        super().__init__(DFLOW, **pulse)

    def connect(self):
        run("ip", "link", "add", "switch", "type", "bridge")
        run("ip", "link", "set", "switch", "up")
        for host, process in self.hosts.items():
            run("ip", "link", "add", f"port{host}", "type", "veth", "peer", "name", f"nic{host}")
            run("ip", "link", "set", f"nic{host}", "netns", process.pid)
            run("ip", "link", "set", f"port{host}", "master", "switch", "up")
            self.set_up(host, f"nic{host}")

    def disconnect(self):
        for host in self.hosts:
            run("ip", "link", "del", f"port{host}", check=False)
        run("ip", "link", "del", "switch", check=False)

    def program(self, *words):
        program = self.start_program(APP, *words)
        assert program.stdout.readline() == "begun\n", program.communicate()
        return program

    def once(self):
        """Tasks that may run once: what is lost cannot be made up for."""
        return self.program("once", TASKS, f"{self.home}/traces")

    def clients(self):
        told = self.on(SCHEDULER, lambda: self.run([DFLOW, "status", "--json", f"--scheduler={self.address}"]))
        status = json.loads(told.stdout)
        return sum(len(program["clients"]) for program in status["programs"])

    # ---- What may happen to the network

    def cable(self, host, state):
        run("ip", "link", "set", f"port{host}", state)

    def cut(self, sender, receiver):
        """What `sender` sends to `receiver` reaches nobody, and nobody is told; what comes back arrives."""
        self.inside(sender, "ip", "neigh", "replace", ip_of(receiver), "lladdr", "02:00:00:00:00:01", "dev", f"nic{sender}", "nud", "permanent")

    def heal(self, sender, receiver):
        self.inside(sender, "ip", "neigh", "del", ip_of(receiver), "dev", f"nic{sender}")


def a_partition_that_heals_loses_nothing():
    with Network() as network:
        program = network.once()
        for host in (ONE, PROGRAM, SCHEDULER):
            network.cable(host, "down")
            time.sleep(0.5)
            network.cable(host, "up")
        network.end(program, f"ran {TASKS} unknown 0")


def a_direction_that_is_cut_is_noticed_and_what_heals_goes_on():
    """Longer than the silence: who is not heard is given up, though he hears; his results are computed by others."""
    for sender, receiver in ((ONE, SCHEDULER), (SCHEDULER, ONE), (PROGRAM, SCHEDULER), (SCHEDULER, PROGRAM)):
        with Network(silence=0.6) as network:
            program = network.program("sum", 400)
            network.cut(sender, receiver)
            time.sleep(1.5)
            network.heal(sender, receiver)
            network.end(program, squares(400))


def who_is_gone_for_good_is_made_up_for():
    with Network(grace=0.5) as network:
        program = network.program("sum", 400)
        network.cable(OTHER, "down")
        network.end(program, squares(400))
        network.cable(OTHER, "up")
        network.end(network.program("sum", 20), squares(20))


def a_program_whose_host_is_gone_for_good_is_given_up():
    """Its process may be stopped for as long as it likes: here nothing answers for it."""
    with Network(grace=0.5) as network:
        program = network.program("sum", 20_000)
        network.cable(PROGRAM, "down")
        wait_until("the scheduler has given it up", lambda: network.clients() == 0)
        network.cable(PROGRAM, "up")
        assert program.wait(LONG) == 1
        expect(program.stderr.read(), "it gave this one up")
        network.end(network.program("sum", 20), squares(20))


def workers_that_do_not_reach_each_other_get_values_otherwise():
    with Network(silence=0.5) as network:
        program = network.program("sum", 400)
        network.cut(ONE, OTHER)
        network.cut(OTHER, ONE)
        network.end(program, squares(400))


def a_slow_network_is_slow():
    with Network() as network:
        network.end(network.program("sum", 20), squares(20))  # the executable, which is large, is brought to the agents before
        for host in network.hosts:
            run("tc", "qdisc", "add", "dev", f"port{host}", "root", "tbf", "rate", "1mbit", "burst", "10k", "latency", "1s")
        network.end(network.program("sum", 100), squares(100))


if __name__ == "__main__":
    enter("ip", "link", "add", "port0", "type", "veth", "peer", "name", "nic0")
    run_checks([a_partition_that_heals_loses_nothing, a_direction_that_is_cut_is_noticed_and_what_heals_goes_on,
                who_is_gone_for_good_is_made_up_for, a_program_whose_host_is_gone_for_good_is_given_up, workers_that_do_not_reach_each_other_get_values_otherwise,
                a_slow_network_is_slow])
