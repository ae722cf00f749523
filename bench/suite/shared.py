"""A cluster of `dflow scheduler` and `dflow agent`, for as long as it is measured."""
import contextlib
import json
import os
import pathlib
import resource
import subprocess
import tempfile


class SharedCluster:
    """Two workers of one thread. `prefix` goes before a command so that it runs on it."""

    def __init__(self, home, scheduler, agent, address):
        self.scheduler, self.agent = scheduler, agent
        self.prefix = ["env", "-u", "DFLOW_WORKERS", "-u", "DFLOW_THREADS", f"DFLOW_HOME={home}", f"DFLOW_SCHEDULER={address}"]

    def processor_seconds(self):
        """Of its processes, and of all that this one has waited for."""
        waited = resource.getrusage(resource.RUSAGE_CHILDREN)
        processes = [self.scheduler.pid, self.agent.pid, *children(self.agent.pid)]
        return sum(map(processor_seconds, processes)) + waited.ru_utime + waited.ru_stime


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended has none
            found += (task / "children").read_text(encoding="ascii").split()
    return found


def processor_seconds(pid):
    """Of all its threads, also those that have ended, and of the children that it has waited for."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has ended: who has waited for it has its time
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def shared_cluster(dflow, *options):
    with tempfile.TemporaryDirectory(prefix="dflow-bench-") as home:
        os.chmod(home, 0o700)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DFLOW_")} | {"DFLOW_HOME": home}
        scheduler = subprocess.Popen([dflow, "scheduler", "--json", *options], env=environment, text=True, stdout=subprocess.PIPE)
        address = json.loads(scheduler.stdout.readline())["address"]
        agent = subprocess.Popen([dflow, "agent", "--scheduler", address, "--workers=2", "--threads=1"], env=environment, text=True,
                                 stdout=subprocess.PIPE)
        agent.stdout.readline()
        try:
            yield SharedCluster(home, scheduler, agent, address)
        finally:
            scheduler.terminate()
            scheduler.wait()
            agent.wait()
