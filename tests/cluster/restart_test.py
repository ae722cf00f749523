"""`dflow scheduler` is killed in the middle of graphs and started again: programs, workers and agents find it and go on."""
import glob
import os
import random
import signal
import sys
import time

from tool_support import Bench, children, expect, run_checks, wait_until

DFLOW, APP = sys.argv[1:]


def squares(n):
    return sum(i * i for i in range(n))


class Cluster(Bench):
    """A scheduler that can be killed and comes back at the same address, and an agent."""

    def __init__(self, workers=2):
        super().__init__(DFLOW)
        self.workers = workers

    def __enter__(self):
        self.server, self.address = self.scheduler()
        self.keeper = self.agent(self.address, f"--workers={self.workers}", "--threads=1")
        return self

    def program(self, *words, **environment):
        return self.start([APP, *words], environment={"DFLOW_SCHEDULER": self.address, **environment})

    def kill(self):
        self.server.kill()
        self.server.wait()

    def back(self, *options):
        self.server, address = self.scheduler("--port", self.address.rsplit(":", 1)[1], *options)
        assert address == self.address

    def logs(self):
        return sorted(glob.glob(f"{self.home}/journal/*/log-*"))

    def end(self, program, *lines):
        out, err = rest_of(program)
        assert program.returncode == 0, (out, err)
        expect(out, *lines)


def rest_of(program):
    """What `readline` has left: more may have been read with the line than the line."""
    program.wait(60)
    return program.stdout.read(), program.stderr.read()


def begun(program):
    line = program.stdout.readline()
    assert line == "begun\n", (line, rest_of(program))


def a_graph_goes_on():
    with Cluster() as cluster:
        program = cluster.program("sum", 200)
        begun(program)
        workers = children(cluster.keeper.pid)
        cluster.kill()
        cluster.back()
        cluster.end(program, f"sum {squares(200)}\n")
        assert workers == children(cluster.keeper.pid), "workers were started again"
        cluster.stop(cluster.server)


def again_and_again():
    seed = int(os.environ.get("SEED", time.time_ns() % 1_000_000))
    print(f"SEED={seed}", flush=True)
    chance = random.Random(seed)
    with Cluster() as cluster:
        programs = [cluster.program("nested", 20), cluster.program("chain", 200), cluster.program("sum", 300)]
        for program in programs:
            begun(program)
        for _ in range(4):
            time.sleep(chance.uniform(0.01, 0.4))  # so that it is another moment each time
            cluster.kill()
            time.sleep(chance.uniform(0, 0.3))
            cluster.back()
        cluster.end(programs[0], f"nested {sum(map(squares, range(1, 21)))}\n")
        cluster.end(programs[1], f"chain {pow(2, 200, 1_000_003)}\n")
        cluster.end(programs[2], f"sum {squares(300)}\n")


def a_worker_that_dies_meanwhile_is_replaced():
    with Cluster() as cluster:
        program = cluster.program("sum", 200)
        begun(program)
        cluster.kill()
        os.kill(children(cluster.keeper.pid)[0], signal.SIGKILL)
        cluster.back()
        cluster.end(program, f"sum {squares(200)}\n")


def a_torn_journal_is_read_up_to_where_it_is_whole():
    with Cluster() as cluster:
        program = cluster.program("sum", 200)
        begun(program)
        cluster.kill()
        with open(cluster.logs()[-1], "ab") as log:
            log.write(b"torn in the mid")
        cluster.back()
        expect(cluster.server.stderr.readline(), "journal: ", "is cut short; 15 bytes are dropped")
        cluster.end(program, f"sum {squares(200)}\n")


def what_runs_once_does_not_run_twice():
    with Cluster() as cluster:
        path = f"{cluster.home}/traces"
        program = cluster.program("once", 100, path)
        begun(program)
        cluster.kill()
        cluster.back()
        out, err = rest_of(program)
        assert program.returncode == 0, err
        ran, unknown = map(int, out.split()[1::2])
        assert ran + unknown == 100, out
        with open(path) as file:
            traces = file.read().split()
        assert len(traces) == len(set(traces)) >= ran, (out, traces)


def what_runs_once_does_not_run_twice_though_the_journal_is_damaged():
    for part in (0.3, 0.6, 0.9):
        with Cluster() as cluster:
            path = f"{cluster.home}/traces"
            program = cluster.program("once", 100, path)
            begun(program)
            cluster.kill()
            os.kill(children(cluster.keeper.pid)[0], signal.SIGKILL)
            log = cluster.logs()[-1]
            with open(log, "r+b") as file:
                file.seek(int(os.path.getsize(log) * part))
                byte = file.read(1)
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([byte[0] ^ 16]))
            cluster.back()
            expect(cluster.server.stderr.readline(), "journal: ", "bytes are dropped")
            out, err = rest_of(program)
            if program.returncode == 0:
                ran, unknown = map(int, out.split()[1::2])
                assert ran + unknown == 100, out
            else:
                expect(err, "dflow: ", "journal was damaged: the last ")
            with open(path) as file:
                traces = file.read().split()
            assert len(traces) == len(set(traces)), traces


def who_waits_in_vain_is_told():
    with Cluster() as cluster:
        program = cluster.program("sum", 2000, DFLOW_RECONNECT="1")
        begun(program)
        cluster.kill()
        out, err = rest_of(program)
        assert program.returncode == 1, out
        expect(err, "the scheduler at", "is gone", "for 1 s (DFLOW_RECONNECT)")


def without_a_journal_what_was_there_is_lost():
    for other in ("another", "none"):
        with Cluster() as cluster:
            program = cluster.program("sum", 2000)
            begun(program)
            cluster.kill()
            cluster.back("--journal", other if other == "none" else f"{cluster.home}/{other}")
            out, err = rest_of(program)
            assert program.returncode == 1, out
            expect(err, "it has no journal of the scheduler that was here before: what this program had there is lost")


def an_orderly_end_leaves_no_journal():
    with Cluster() as cluster:
        cluster.end(cluster.program("sum", 20), f"sum {squares(20)}\n")
        assert cluster.logs()
        cluster.stop(cluster.server)
        assert not cluster.logs()


def agents_end_programs_that_do_not_come_back():
    with Cluster() as cluster:
        program = cluster.program("sum", 2000)
        begun(program)
        cluster.kill()
        program.kill()
        cluster.back()
        wait_until("the workers have ended", lambda: not children(cluster.keeper.pid))


if __name__ == "__main__":
    run_checks([a_graph_goes_on, again_and_again, a_worker_that_dies_meanwhile_is_replaced,
                a_torn_journal_is_read_up_to_where_it_is_whole, what_runs_once_does_not_run_twice,
                what_runs_once_does_not_run_twice_though_the_journal_is_damaged, who_waits_in_vain_is_told,
                without_a_journal_what_was_there_is_lost, an_orderly_end_leaves_no_journal,
                agents_end_programs_that_do_not_come_back])
