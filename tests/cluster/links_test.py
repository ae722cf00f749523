"""Connections to a scheduler that lives break, stall and go quiet: nothing that is there is lost, or what is lost is told."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
from links import DOWN, UP, Links  # noqa: E402
from tool_support import Bench, children, expect, handles, has_ended, run_checks, wait_until  # noqa: E402

DFLOW, APP = sys.argv[1:]
TASKS = 200


class Cluster(Bench):
    """A scheduler, an agent and programs that reach it through links which may break."""

    def __init__(self, heartbeat=0.1, silence=1, grace=30):
        super().__init__(DFLOW)
        self.pulse = [f"--heartbeat={heartbeat}", f"--silence={silence}", f"--grace={grace}"]

    def __enter__(self):
        self.server, self.direct = self.scheduler(*self.pulse)
        self.links = Links(self.direct)
        self.links.share_secret(self.home)
        self.keeper = self.agent(self.links.address, "--workers=2", "--threads=1")
        return self

    def __exit__(self, *all_that):
        super().__exit__(*all_that)
        self.links.close()

    def once(self):
        """A program whose tasks run once at most: what is lost cannot be made up for."""
        program = self.start([APP, "once", TASKS, f"{self.home}/traces"], environment={"DFLOW_SCHEDULER": self.links.address})
        assert program.stdout.readline() == "begun\n", program.communicate()
        return program

    def sum(self, n, **environment):
        program = self.start([APP, "sum", n], environment={"DFLOW_SCHEDULER": self.links.address, **environment})
        assert program.stdout.readline() == "begun\n", program.communicate()
        return program

    def workers(self):
        return children(self.keeper.pid)

    def end(self, program, *lines):
        program.wait(60)
        out, err = program.stdout.read(), program.stderr.read()
        assert program.returncode == 0, (out, err)
        expect(out, *lines)


def each_breaks(what):
    """The same for all kinds of ends, again and again, under a program whose results would be lost."""
    with Cluster() as cluster:
        program = cluster.once()
        before = cluster.workers()
        for _ in range(5):
            what(cluster.links)
            time.sleep(0.05)  # so that it is another moment each time
        cluster.end(program, f"ran {TASKS} unknown 0")
        assert cluster.workers() == before, "workers were started again"
        cluster.stop(cluster.server)


def resets_lose_nothing():
    each_breaks(Links.reset)


def ends_that_nobody_meant_lose_nothing():
    each_breaks(Links.drop)


def who_does_not_hear_that_he_was_let_in_asks_again_and_is_there_once():
    with Cluster() as cluster:
        def lose(count, what):
            cluster.links.lose_answers(count)
            result = what()
            wait_until("as many answers are lost", lambda: cluster.links.answers_to_lose == 0, every=0.02)
            return result

        lose(2, lambda: cluster.agent(cluster.links.address, "--workers=1", "--threads=1"))
        command = [APP, "once", 4 * TASKS, f"{cluster.home}/traces"]
        program = lose(2, lambda: cluster.start(command, environment={"DFLOW_SCHEDULER": cluster.links.address}))
        lose(4, lambda: None)  # of three workers

        def there():
            status = json.loads(cluster.run([DFLOW, "status", "--json", "--scheduler", cluster.direct]).stdout)
            return len(status["agents"]), sum(len(each["workers"]) for each in status["programs"])

        wait_until("all are there", lambda: there()[1] >= 3)
        assert there() == (2, 3), there()
        assert program.stdout.readline() == "begun\n", program.communicate()
        cluster.end(program, f"ran {4 * TASKS} unknown 0")


def half_open_connections_are_noticed():
    with Cluster() as cluster:
        program = cluster.once()
        for side in (UP, DOWN):  # only the member is told, then only the scheduler
            before = cluster.links.made
            cluster.links.reset(sides=[side])
            wait_until("both have noticed, and there are others", lambda: cluster.links.made >= before + 4, every=0.02)
        cluster.end(program, f"ran {TASKS} unknown 0")


def links_that_stall_are_given_up_for_others():
    for directions in ([UP, DOWN], [UP], [DOWN]):
        with Cluster() as cluster:
            program = cluster.once()
            cluster.links.stall(directions=directions)  # the program hears of no end until it has another
            program.wait(60)
            out, err = program.stdout.read(), program.stderr.read()
            assert program.returncode == 0, (out, err)
            ran, unknown = map(int, out.split()[1::2])
            # A worker that was not heard of may have been given up before it came back. No body has run twice.
            assert ran + unknown == TASKS, out
            with open(f"{cluster.home}/traces") as file:
                traces = file.read().split()
            assert len(traces) == len(set(traces)) >= ran, (out, traces)


def a_link_that_heals_in_time_goes_on():
    with Cluster(silence=30) as cluster:
        program = cluster.once()
        heal = cluster.links.stall()
        time.sleep(0.3)
        heal()
        cluster.end(program, f"ran {TASKS} unknown 0")


def slow_links_are_slow():
    with Cluster() as cluster:
        cluster.links.slow(0.01)
        cluster.end(cluster.once(), f"ran {TASKS} unknown 0")


def who_is_away_for_too_long_is_given_up():
    with Cluster(grace=0.5) as cluster:
        program = cluster.sum(2000)
        workers = handles(cluster.workers())
        cluster.links.refuse(True)
        cluster.links.reset()
        status = lambda: subprocess.run([DFLOW, "status", "--scheduler", cluster.direct], capture_output=True, text=True,
                                        env=os.environ | {"DFLOW_HOME": cluster.home}, check=True).stdout
        wait_until("the program and its workers are given up", lambda: "restart_app" not in status())
        cluster.links.refuse(False)
        program.wait(60)
        assert program.returncode == 1
        expect(program.stderr.read(), "it gave this one up, since nothing was heard of it for longer than 1.5 s")
        assert all(has_ended(worker) for worker in workers), "a worker that was given up stays"
        cluster.end(cluster.sum(20), f"sum {sum(i * i for i in range(20))}")  # the agent is back, with others


def without_grace_an_end_is_an_end():
    with Cluster(grace=0) as cluster:
        program = cluster.sum(2000)
        cluster.links.reset()
        program.wait(60)
        assert program.returncode == 1
        expect(program.stderr.read(), "is gone")


def a_stopped_worker_is_fenced_off_and_replaced():
    with Cluster() as cluster:
        program = cluster.sum(400)
        victim = cluster.workers()[0]
        stopped = handles([victim])[0]
        os.kill(victim, signal.SIGSTOP)
        assert has_ended(stopped), "nobody has ended the worker that was stopped"
        cluster.end(program, f"sum {sum(i * i for i in range(400))}")


def a_stopped_scheduler_is_waited_for():
    with Cluster() as cluster:
        program = cluster.once()
        before = cluster.links.made
        cluster.server.send_signal(signal.SIGSTOP)
        wait_until("members have noticed, and try others", lambda: cluster.links.made > before, every=0.02)
        cluster.server.send_signal(signal.SIGCONT)
        program.wait(60)
        out, err = program.stdout.read(), program.stderr.read()
        assert program.returncode == 0, (out, err)
        assert sum(map(int, out.split()[1::2])) == TASKS, out


def a_stopped_program_goes_on():
    with Cluster(silence=0.5, grace=0.5) as cluster:
        program = cluster.sum(100)
        program.send_signal(signal.SIGSTOP)
        time.sleep(2)  # far longer than a worker might be silent
        program.send_signal(signal.SIGCONT)
        cluster.end(program, f"sum {sum(i * i for i in range(100))}")


def cancelled_late(meanwhile):
    """The scheduler knows that a task and what needed it have ended; the program, which does not, cancels the first."""
    with Cluster(silence=30) as cluster:
        folder = f"{cluster.home}/gates"
        os.mkdir(folder)
        program = cluster.start([APP, "late", folder], environment={"DFLOW_SCHEDULER": cluster.links.address}, stdin=subprocess.PIPE)
        begun = wait_until("the first task has begun", lambda: os.listdir(folder))[0]
        heal = cluster.links.stall(lambda pipes: pipes[1], [DOWN])  # the program's: it was there after the agent, and before workers
        with open(f"{folder}/{begun.replace('begun', 'go')}", "w"):
            pass
        status = lambda: json.loads(cluster.run([DFLOW, "status", "--json", "--scheduler", cluster.direct]).stdout)["programs"][0]
        ended = lambda now: (now["stored"], now["running"], now["waiting"]) == (2, 0, 0)  # the third has no value
        wait_until("all have ended", lambda: os.path.exists(f"{folder}/third") and ended(status()))
        program.stdin.write("cancel\n")
        program.stdin.flush()
        assert program.stdout.readline() == "cancelled 1\n"
        meanwhile(cluster)
        heal()
        out, err = program.communicate(timeout=60)
        assert (program.returncode, out) == (0, "second cancelled\nthird cancelled\n"), (out, err)


def what_is_cancelled_before_its_end_is_heard_has_no_successors():
    cancelled_late(lambda cluster: None)


def nor_has_it_when_another_scheduler_tells_of_its_end():
    def restart(cluster):
        cluster.server.kill()
        cluster.server.wait()
        cluster.server, _ = cluster.scheduler("--port", cluster.direct.rsplit(":", 1)[1], *cluster.pulse)

    cancelled_late(restart)


def bad_pulses_are_refused():
    with Bench(DFLOW) as bench:
        for words, said in ((["--heartbeat=0"], "--heartbeat (DFLOW_HEARTBEAT) = 0: expected seconds, from 0.05 to 60"),
                            (["--silence=soon"], "--silence (DFLOW_SILENCE) = soon: expected seconds, from 0.2 to 86400"),
                            (["--grace=-1"], "--grace (DFLOW_GRACE) = -1: expected seconds, from 0 to 86400"),
                            (["--heartbeat=1", "--silence=2"], "at least three times --heartbeat")):
            done = bench.run([DFLOW, "scheduler", *words])
            assert done.returncode != 0
            expect(done.stderr, said)
        done = bench.run([DFLOW, "scheduler"], environment={"DFLOW_HEARTBEAT": "x"})
        assert done.returncode != 0
        expect(done.stderr, "--heartbeat (DFLOW_HEARTBEAT) = x: expected seconds")


if __name__ == "__main__":
    run_checks([resets_lose_nothing, ends_that_nobody_meant_lose_nothing,
                who_does_not_hear_that_he_was_let_in_asks_again_and_is_there_once, half_open_connections_are_noticed,
                links_that_stall_are_given_up_for_others, a_link_that_heals_in_time_goes_on, slow_links_are_slow,
                who_is_away_for_too_long_is_given_up, without_grace_an_end_is_an_end,
                a_stopped_worker_is_fenced_off_and_replaced, a_stopped_scheduler_is_waited_for, a_stopped_program_goes_on,
                what_is_cancelled_before_its_end_is_heard_has_no_successors,
                nor_has_it_when_another_scheduler_tells_of_its_end, bad_pulses_are_refused])
