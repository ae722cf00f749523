"""A worker that is stopped for so long that it is given up, and continued after another has its task. One that dies, or is given
up, whose agent has had another scheduler, or has been away: it is replaced as ever."""
import contextlib
import json
import os
import signal
import sys

from tool_support import Bench, children, handles, has_ended, run_checks, wait_until

DFLOW, APP = sys.argv[1:]
PULSE = ["--heartbeat=0.1", "--silence=1", "--grace=0.5"]


class Cluster(Bench):
    def __enter__(self):
        self.folder = f"{self.home}/gates"
        os.mkdir(self.folder)
        self.server, self.address = self.scheduler(*PULSE)
        return self

    def one_worker(self, *options):
        return self.agent(self.address, "--workers=1", "--threads=1", *options)

    def restart(self):
        self.server.kill()
        self.server.wait()
        self.again()

    def again(self):
        self.server, _ = self.scheduler("--port", self.address.rsplit(":", 1)[1], *PULSE)

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

    def passes(self, program, pid):
        """The program ends well with what that process has made."""
        self.let(pid)
        out, err = program.communicate(timeout=60)
        assert (program.returncode, out) == (0, f"passed {pid}\n"), (out, err)


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

        cluster.passes(program, second)
        os.kill(keeper.pid, signal.SIGCONT)
        wait_until("the agent is there again", lambda: len(cluster.status()["agents"]) == 2)
        out, err = cluster.program("sum", 20).communicate(timeout=60)
        assert out.endswith(f"sum {sum(i * i for i in range(20))}\n"), (out, err)


def another_scheduler(cluster, _):
    cluster.restart()
    wait_until("all are there again", lambda: cluster.status()["agents"] and cluster.workers())


def an_agent_that_was_away(cluster, keeper):
    os.kill(keeper.pid, signal.SIGSTOP)
    wait_until("the agent is given up", lambda: not cluster.status()["agents"])
    os.kill(keeper.pid, signal.SIGCONT)
    wait_until("the agent is there again", lambda: cluster.status()["agents"])


def age(pid):
    """Seconds since its start."""
    with open(f"/proc/{pid}/stat") as stat, open("/proc/uptime") as uptime:
        started = int(stat.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
        return float(uptime.read().split()[0]) - started


def replaced_after(event, end):
    """A worker ends as `end` says after the event, and another does its work, and is let live."""
    with Cluster(DFLOW) as cluster:
        keeper = cluster.one_worker("--start-limit=3")
        program = cluster.program("gated", cluster.folder)
        first = wait_until("the task has begun", cluster.begun)
        handle = handles([first])[0]
        event(cluster, keeper)
        with contextlib.suppress(ProcessLookupError):  # its record was lost with the scheduler: it was refused, and has ended
            os.kill(first, end)
        assert has_ended(handle), "nobody ends the worker"
        second = wait_until("the task has begun again", lambda: cluster.begun(but=first))
        wait_until("the start limit is over", lambda: age(second) > 3.5)
        cluster.passes(program, second)


def a_worker_that_dies_after_a_restart_is_replaced():
    replaced_after(another_scheduler, signal.SIGKILL)


def a_worker_that_is_stopped_after_a_restart_is_replaced():
    replaced_after(another_scheduler, signal.SIGSTOP)


def a_worker_that_dies_when_its_agent_was_away_is_replaced():
    replaced_after(an_agent_that_was_away, signal.SIGKILL)


def a_worker_that_is_stopped_when_its_agent_was_away_is_replaced():
    replaced_after(an_agent_that_was_away, signal.SIGSTOP)


def a_worker_that_starts_while_there_is_no_scheduler_waits_for_one():
    with Cluster(DFLOW) as cluster:
        keeper = cluster.one_worker("--start-limit=3")
        program = cluster.program("gated", cluster.folder)
        first = wait_until("the task has begun", cluster.begun)
        cluster.server.kill()
        cluster.server.wait()
        os.kill(first, signal.SIGKILL)
        second = wait_until("another is started", lambda: next((pid for pid in children(keeper.pid) if pid != first), None))
        wait_until("the start limit is over", lambda: age(second) > 3.5)
        cluster.again()
        assert wait_until("the task has begun again", lambda: cluster.begun(but=first)) == second
        cluster.passes(program, second)


def a_worker_that_is_given_up_while_its_agent_is_away_is_ended_later():
    with Cluster(DFLOW) as cluster:
        keeper = cluster.one_worker()
        program = cluster.program("gated", cluster.folder)
        first = wait_until("the task has begun", cluster.begun)
        handle = handles([first])[0]
        os.kill(keeper.pid, signal.SIGSTOP)
        os.kill(first, signal.SIGSTOP)
        wait_until("both are given up", lambda: not cluster.status()["agents"] and not cluster.workers())
        os.kill(keeper.pid, signal.SIGCONT)
        assert has_ended(handle), "nobody ends the worker"
        second = wait_until("the task has begun again", lambda: cluster.begun(but=first))
        cluster.passes(program, second)


def a_worker_that_was_stopped_before_a_restart_is_replaced():
    with Cluster(DFLOW) as cluster:
        cluster.one_worker("--start-limit=2")
        program = cluster.program("gated", cluster.folder)
        first = wait_until("the task has begun", cluster.begun)
        handle = handles([first])[0]
        os.kill(first, signal.SIGSTOP)
        cluster.restart()
        assert has_ended(handle), "nobody ends the worker"
        second = wait_until("the task has begun again", lambda: cluster.begun(but=first))
        cluster.passes(program, second)


run_checks([a_worker_that_was_given_up_is_not_believed_and_ends,
            a_worker_that_dies_after_a_restart_is_replaced,
            a_worker_that_is_stopped_after_a_restart_is_replaced,
            a_worker_that_dies_when_its_agent_was_away_is_replaced,
            a_worker_that_is_stopped_when_its_agent_was_away_is_replaced,
            a_worker_that_starts_while_there_is_no_scheduler_waits_for_one,
            a_worker_that_is_given_up_while_its_agent_is_away_is_ended_later,
            a_worker_that_was_stopped_before_a_restart_is_replaced])
