"""A cluster on hosts of its own: network namespaces with a real network between them, which is cut, in one direction too, and healed.

Takes root and a kernel with namespaces and veth; elsewhere it says what is missing, and is skipped."""
import os
import subprocess
import sys
import time

from tool_support import Bench, expect, run_checks

DFLOW, APP = sys.argv[1:]
SKIPPED = 77
INSIDE = "NETWORK_TEST_INSIDE"
SCHEDULER, PROGRAM, ONE, OTHER = range(1, 5)  # hosts
TASKS = 200


def ip_of(host):
    return f"10.77.0.{host}"


def run(*words, check=True):
    return subprocess.run([str(word) for word in words], check=check, capture_output=True, text=True)


def squares(n):
    return f"sum {sum(i * i for i in range(n))}\n"


class Network(Bench):
    """Four hosts at one switch; a scheduler, a program's and two agents' with one worker each."""

    def __init__(self, heartbeat=0.1, silence=1, grace=30):
        super().__init__(DFLOW)
        self.pulse = [f"--heartbeat={heartbeat}", f"--silence={silence}", f"--grace={grace}"]
        self.hosts = {}

    def __enter__(self):
        run("ip", "link", "add", "switch", "type", "bridge")
        run("ip", "link", "set", "switch", "up")
        for host in (SCHEDULER, PROGRAM, ONE, OTHER):
            self.add_host(host)
        names = [f"--host={ip_of(host)}" for host in self.hosts]
        done = self.run([DFLOW, "security", "init", *names])
        assert done.returncode == 0, done
        _, self.address = self.on(SCHEDULER, lambda: self.scheduler(f"--host={ip_of(SCHEDULER)}", *self.pulse))
        self.agents = [self.on(host, lambda: self.agent(self.address, "--workers=1", "--threads=1")) for host in (ONE, OTHER)]
        return self

    def __exit__(self, *all_that):
        super().__exit__(*all_that)
        for host, process in self.hosts.items():
            run("ip", "link", "del", f"port{host}", check=False)
            process.kill()
            process.wait()
        run("ip", "link", "del", "switch", check=False)

    def add_host(self, host):
        process = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()  # it has a network of its own now
        self.hosts[host] = process
        run("ip", "link", "add", f"port{host}", "type", "veth", "peer", "name", f"nic{host}")
        run("ip", "link", "set", f"nic{host}", "netns", process.pid)
        run("ip", "link", "set", f"port{host}", "master", "switch", "up")
        self.inside(host, "ip", "addr", "add", f"{ip_of(host)}/24", "dev", f"nic{host}")
        self.inside(host, "ip", "link", "set", f"nic{host}", "up")
        self.inside(host, "ip", "link", "set", "lo", "up")

    def command(self, host, *words):
        return ["nsenter", "-t", str(self.hosts[host].pid), "-n", "--", *map(str, words)]

    def inside(self, host, *words):
        return run(*self.command(host, *words))

    def on(self, host, do):
        """What `do` starts runs on that host."""
        self.place = host
        try:
            return do()
        finally:
            self.place = None

    def start(self, command, **options):
        if getattr(self, "place", None):
            command = self.command(self.place, *command)
        # All hosts are one machine: values are to go by the network nevertheless.
        environment = {"DFLOW_SHARED_MEMORY": "0", **options.pop("environment", {})}
        return super().start(command, environment=environment, **options)

    def program(self, *words):
        program = self.on(PROGRAM, lambda: self.start([APP, *words], environment={"DFLOW_SCHEDULER": self.address}))
        assert program.stdout.readline() == "begun\n", program.communicate()
        return program

    def once(self):
        """Tasks that may run once: what is lost cannot be made up for."""
        return self.program("once", TASKS, f"{self.home}/traces")

    def end(self, program, *lines):
        program.wait(60)
        out, err = program.stdout.read(), program.stderr.read()
        assert program.returncode == 0, (out, err)
        expect(out, *lines)

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


def enter():
    """Starts this again in a network of its own; says what is missing where that cannot be."""
    tried = run("unshare", "-n", "ip", "link", "add", "port0", "type", "veth", "peer", "name", "nic0", check=False)
    if tried.returncode != 0:
        print(f"skipped: no network namespace with veth ({tried.stderr.strip() or 'root is needed'})")
        sys.exit(SKIPPED)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])


if __name__ == "__main__":
    if not os.environ.get(INSIDE):
        enter()
    run("ip", "link", "set", "lo", "up")
    run_checks([a_partition_that_heals_loses_nothing, a_direction_that_is_cut_is_noticed_and_what_heals_goes_on,
                who_is_gone_for_good_is_made_up_for, workers_that_do_not_reach_each_other_get_values_otherwise,
                a_slow_network_is_slow])
