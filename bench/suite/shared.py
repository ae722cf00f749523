"""A cluster of `dflow scheduler` and `dflow agent`, for as long as it is measured."""
import contextlib
import json
import os
import subprocess
import tempfile


@contextlib.contextmanager
def shared_cluster(dflow, *options):
    """Yields what goes before a command so that it runs on it: two workers of one thread."""
    with tempfile.TemporaryDirectory(prefix="dflow-bench-") as home:
        os.chmod(home, 0o700)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DFLOW_")} | {"DFLOW_HOME": home}
        scheduler = subprocess.Popen([dflow, "scheduler", "--json", *options], env=environment, text=True, stdout=subprocess.PIPE)
        address = json.loads(scheduler.stdout.readline())["address"]
        agent = subprocess.Popen([dflow, "agent", "--scheduler", address, "--workers=2", "--threads=1"], env=environment, text=True,
                                 stdout=subprocess.PIPE)
        agent.stdout.readline()
        try:
            yield ["env", "-u", "DFLOW_WORKERS", "-u", "DFLOW_THREADS", f"DFLOW_HOME={home}", f"DFLOW_SCHEDULER={address}"]
        finally:
            scheduler.terminate()
            scheduler.wait()
            agent.wait()
