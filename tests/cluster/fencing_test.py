"""A worker that is stopped for so long that it is given up, and continued after another has its task."""
import json
import os
import signal
import sys

from tool_support import Bench, handles, has_ended, run_checks, wait_until

DFLOW, APP = sys.argv[1:]
PULSE = ["--heartbeat=0.1", "--silence=1", "--grace=0.5"]


class Cluster(Bench):
    def __enter__(self):
        self.folder = f"{self.home}/gates"
        os.mkdir(self.folder)
        self.server, self.address = self.scheduler(*PULSE)
        return self

    def one_worker(self):
        return self.agent(self.address, "--workers=1", "--threads=1")

    def status(self):
        return json.loads(self.run([DFLOW, "status", "--json", "--scheduler", self.address]).stdout)

    def workers(self):
        return [worker["pid"] for program in self.status()["programs"] for worker in program["workers"]]

    def program(self, *words):
        return self.start([APP, *words], environment={"DFLOW_SCHEDULER": self.address})

    def begun(self, but=None):
        """The process in which the task has begun, and which is another."""
        begun = [int(name.split("-")[1]) for name in os.listdir(self.folder) if name.startswith("begun-")]
        return next((pid for pid in begun if pid != but), None)

    def let(self, pid):
        with open(f"{self.folder}/go-{pid}", "w"):
            pass


def a_worker_that_was_given_up_is_not_believed_and_ends():
    with Cluster(DFLOW) as cluster:
        keeper = cluster.one_worker()
        program = cluster.program("gated", cluster.folder)
        first = wait_until("the task has begun", cluster.begun)
        handle = handles([first])[0]
        cluster.one_worker()
        for pid in (keeper.pid, first):  # its agent, too: that would end it as it stands
            os.kill(pid, signal.SIGSTOP)
        second = wait_until("the task has begun elsewhere", lambda: cluster.begun(but=first))
        assert cluster.workers() == [second], cluster.status()

        cluster.let(first)
        os.kill(first, signal.SIGCONT)
        assert has_ended(handle), "a worker that was given up stays"
        assert program.poll() is None, ("its result was used", program.communicate())
        assert cluster.status()["programs"][0]["running"] == 1, cluster.status()

        cluster.let(second)
        out, err = program.communicate(timeout=60)
        assert (program.returncode, out) == (0, f"passed {second}\n"), (out, err)
        os.kill(keeper.pid, signal.SIGCONT)
        wait_until("the agent is there again", lambda: len(cluster.status()["agents"]) == 2)
        out, err = cluster.program("sum", 20).communicate(timeout=60)
        assert out.endswith(f"sum {sum(i * i for i in range(20))}\n"), (out, err)


run_checks([a_worker_that_was_given_up_is_not_believed_and_ends])
