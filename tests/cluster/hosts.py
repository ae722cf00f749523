"""Hosts as network namespaces, with a real network between them. Takes root and a kernel with namespaces."""
import os
import subprocess
import sys

from tool_support import Bench, expect

SKIPPED = 77
INSIDE = "NETWORK_TEST_INSIDE"
SCHEDULER, PROGRAM, ONE, OTHER = range(1, 5)  # hosts


def ip_of(host):
    return f"10.77.0.{host}"


def run(*words, check=True):
    return subprocess.run([str(word) for word in words], check=check, capture_output=True, text=True)


class Hosts(Bench):
    """Four hosts, not yet connected; a scheduler, a program's and two agents' with one worker each."""

    def __init__(self, dflow, heartbeat=0.1, silence=1, grace=30):
        super().__init__(dflow)
        self.pulse = [f"--heartbeat={heartbeat}", f"--silence={silence}", f"--grace={grace}"]
        self.hosts = {}

    def __enter__(self):
        for host in (SCHEDULER, PROGRAM, ONE, OTHER):
            process = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE, text=True)
            process.stdout.readline()  # it has a network of its own now
            self.hosts[host] = process
            self.inside(host, "ip", "link", "set", "lo", "up")
        self.connect()
        names = [f"--host={ip_of(host)}" for host in self.hosts]
        done = self.run([self.dflow, "security", "init", *names])
        assert done.returncode == 0, done
        self.server, self.address = self.on(SCHEDULER, lambda: self.scheduler(f"--host={ip_of(SCHEDULER)}", *self.pulse))
        self.agents = [self.on(host, lambda: self.agent(self.address, "--workers=1", "--threads=1")) for host in (ONE, OTHER)]
        return self

    def __exit__(self, *all_that):
        super().__exit__(*all_that)
        self.disconnect()
        for process in self.hosts.values():
            process.kill()
            process.wait()

    def set_up(self, host, device):
        self.inside(host, "ip", "addr", "add", f"{ip_of(host)}/24", "dev", device)
        self.inside(host, "ip", "link", "set", device, "up")

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

    def start_program(self, *words):
        return self.on(PROGRAM, lambda: self.start(words, environment={"DFLOW_SCHEDULER": self.address}))

    def end(self, program, *lines):
        program.wait(60)
        out, err = program.stdout.read(), program.stderr.read()
        assert program.returncode == 0, (out, err)
        expect(out, *lines)


def enter(*needed):
    """Starts this again in a network of its own; says what is missing where that, or the device that is made there, cannot be."""
    if os.environ.get(INSIDE):
        run("ip", "link", "set", "lo", "up")
        return
    tried = run("unshare", "-n", *needed, check=False)
    if tried.returncode != 0:
        print(f"skipped: `{' '.join(needed)}` fails in a network namespace ({tried.stderr.strip() or 'root is needed'})")
        sys.exit(SKIPPED)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
