"""Clusters that others can reach, when something breaks: connections and schedulers come back by TLS, who was revoked does not."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
from links import Links  # noqa: E402
from security_support import EVERYWHERE, folder, security  # noqa: E402
from tool_support import Bench, children, expect, handles, has_ended, run_checks  # noqa: E402

DFLOW, APP = sys.argv[1:]
TASKS = 200
MANY = 50000  # not done before the test's bounds are over


class Cluster(Bench):
    """A scheduler that is reached by TLS, through links that may break; an agent of its own certificate, and programs."""

    def __init__(self, patience=30):
        super().__init__(DFLOW)
        self.patience = patience

    def __enter__(self):
        security(self, "init", "--host=127.0.0.1", "--host=localhost")
        self.server, self.direct = self.scheduler(EVERYWHERE, "--grace=30")
        self.links = Links(self.direct)
        self.address = self.links.address
        self.keeper = self.agent(self.address, "--workers=2", "--threads=1", environment={"DFLOW_RECONNECT": str(self.patience)})
        return self

    def __exit__(self, *all_that):
        super().__exit__(*all_that)
        self.links.close()

    def program(self, *words, **environment):
        program = self.start([APP, *words], environment={"DFLOW_SCHEDULER": self.address, **environment})
        assert program.stdout.readline() == "begun\n", program.communicate()
        return program

    def end(self, program, *lines):
        program.wait(60)
        out, err = program.stdout.read(), program.stderr.read()
        assert program.returncode == 0, (out, err)
        expect(out, *lines)


def connections_are_resumed_by_tls():
    with Cluster() as cluster:
        program = cluster.program("once", TASKS, f"{cluster.home}/traces")
        for _ in range(3):
            cluster.links.reset()
        cluster.end(program, f"ran {TASKS} unknown 0")


def a_newcomer_whose_handshake_breaks_tries_again():
    with Cluster() as cluster:
        cluster.links.lose_answers(2)  # in the middle of TLS
        program = cluster.program("once", TASKS, f"{cluster.home}/traces")
        assert cluster.links.answers_to_lose == 0
        cluster.end(program, f"ran {TASKS} unknown 0")


def a_graph_goes_on_when_the_scheduler_is_killed():
    with Cluster() as cluster:
        program = cluster.program("nested", 30)
        workers = children(cluster.keeper.pid)
        cluster.server.kill()
        cluster.server.wait()
        cluster.server, _ = cluster.scheduler(EVERYWHERE, "--grace=30", "--port", cluster.direct.rsplit(":", 1)[1])
        cluster.end(program, f"nested {sum(i * i for n in range(30) for i in range(n + 1))}")
        assert workers == children(cluster.keeper.pid), "workers were started again"


def open_connections_end_when_their_certificate_is_revoked():
    with Cluster() as cluster:
        security(cluster, "issue", "client", "--output", f"{cluster.home}/guest")
        home = f"{cluster.home}/of-guest"
        os.makedirs(home, mode=0o700)
        os.rename(f"{cluster.home}/guest", f"{home}/security")
        mine = cluster.program("chain", 1200)  # first: both run one build, and share its workers and their queues
        guest = cluster.program("once", MANY, f"{cluster.home}/traces", DFLOW_HOME=home, DFLOW_RECONNECT="3")
        security(cluster, "revoke", f"{home}/security/client.pem")
        guest.wait(60)
        assert guest.returncode == 1
        expect(guest.stderr.read(), "is gone", "revoked")
        expect(cluster.server.stderr.readline(), "loses its connection: its certificate was revoked")
        cluster.end(mine, f"chain {pow(2, 1200, 1_000_003)}")  # others go on


def an_agent_that_is_revoked_has_no_workers_any_more():
    with Cluster(patience=3) as cluster:
        program = cluster.program("once", MANY, f"{cluster.home}/traces")
        workers = handles(children(cluster.keeper.pid))
        for role in ("agent", "worker"):
            security(cluster, "revoke", f"{folder(cluster)}/{role}.pem")
        cluster.keeper.wait(60)
        assert cluster.keeper.returncode != 0
        assert all(has_ended(worker) for worker in workers), "a worker of a revoked agent runs on"
        program.send_signal(signal.SIGKILL)


run_checks([connections_are_resumed_by_tls, a_newcomer_whose_handshake_breaks_tries_again, a_graph_goes_on_when_the_scheduler_is_killed,
            open_connections_end_when_their_certificate_is_revoked, an_agent_that_is_revoked_has_no_workers_any_more])
