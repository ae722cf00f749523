"""`dflow agent`: programs are brought to it, its workers run them, and whatever goes wrong is told once."""
import glob
import json
import os
import resource
import signal
import socket
import subprocess
import sys

from tool_support import LONG, Bench, children, expect, handles, has_ended, run_checks, unless_sanitized, wait_until

DFLOW, APP, GUEST = sys.argv[1:]


def cached(bench, name):
    found = glob.glob(f"{bench.home}/cache/*/{name}")
    assert len(found) == 1, found
    return found[0]


def programs_are_brought_to_the_agent_once():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler()
        agent = bench.agent(address, "--workers=2", "--threads=1")
        environment = {"DFLOW_SCHEDULER": address}
        done = bench.run([APP], environment=environment)
        expect(done.stdout, "sum 14\n", "task 1\n")
        expect(bench.run([GUEST, "sum", 100], environment=environment).stdout, "sum 328350\n")
        assert len(children(agent.pid)) == 4  # both programs' workers are kept for a while
        path = cached(bench, os.path.basename(GUEST))
        assert os.stat(path).st_mode & 0o077 == 0
        with open(f"/proc/{children(agent.pid)[0]}/maps") as maps:
            expect(maps.read(), f"{bench.home}/cache/")
        before = os.stat(path)
        bench.stop(agent)
        bench.agent(address, "--workers=1")
        expect(bench.run([GUEST, "sum", 100], environment=environment).stdout, "sum 328350\n")
        assert os.stat(path).st_ino == before.st_ino, "it was fetched again"


def a_damaged_copy_is_fetched_again():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        agent = bench.agent(address)
        environment = {"DFLOW_SCHEDULER": address}
        bench.run([GUEST, "sum", 10], environment=environment)
        bench.stop(agent)
        path = cached(bench, os.path.basename(GUEST))
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))
        bench.agent(address)
        expect(bench.run([GUEST, "sum", 10], environment=environment).stdout, "sum 285\n")
        with open(path, "rb") as copy, open(GUEST, "rb") as original:
            assert copy.read() == original.read()


def a_dead_worker_is_replaced_and_its_end_told():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        agent = bench.agent(address, "--workers=1")
        environment = {"DFLOW_SCHEDULER": address}
        bomb = bench.run([GUEST, "bomb"], environment=environment)
        assert bomb.returncode == 1
        expect(bomb.stderr, "signal 11", "the last words")
        expect(bench.run([GUEST, "sum", 10], environment=environment).stdout, "sum 285\n")
        holder = bench.start([GUEST, "sum", 20000], environment=environment)
        for worker in wait_until("there is a worker", lambda: children(agent.pid)):
            os.kill(worker, signal.SIGKILL)
        out, err = holder.communicate(timeout=60)
        expect(out, "sum %d\n" % sum(i * i for i in range(20000)))


def workers_end_with_their_agent():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        environment = {"DFLOW_SCHEDULER": address}
        agent = bench.agent(address, "--workers=2")
        holder, _ = bench.hold(GUEST, address)
        workers = handles(children(agent.pid))
        assert len(workers) == 2
        agent.send_signal(signal.SIGKILL)
        assert all(map(has_ended, workers))
        expect(holder.stderr.readline(), "the cluster's last agent is gone")
        other = bench.agent(address, "--workers=2")
        wait_until("the program goes on", lambda: len(children(other.pid)) == 2)
        expect(bench.run([GUEST, "sum", 10], environment=environment).stdout, "sum 285\n")
        workers = handles(children(other.pid))
        bench.stop(other)
        assert all(map(has_ended, workers))


def a_restart_does_not_wait_for_an_agent_that_leaves():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        stays, leaves = (bench.agent(address, "--workers=1") for _ in range(2))
        program = bench.start([GUEST, "restart", 2], environment={"DFLOW_SCHEDULER": address}, stdin=subprocess.PIPE)
        assert program.stdout.readline() == "ready\n", program.communicate()
        before = children(stays.pid)
        leaves.send_signal(signal.SIGSTOP)  # its worker is not replaced
        program.stdin.write("\n")
        program.stdin.flush()
        wait_until("the other's is", lambda: children(stays.pid) not in ([], before))
        leaves.kill()
        expect(program.communicate(timeout=60)[0], "workers 1\n")


def an_agent_ends_with_its_scheduler():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler()
        agents = [bench.agent(address) for _ in range(2)]
        bench.run([GUEST, "sum", 10], environment={"DFLOW_SCHEDULER": address})
        bench.stop(scheduler)
        assert agents[0].wait(60) == 0, agents[0].communicate()  # it was told to end
        killed, address = bench.scheduler()
        agent = bench.agent(address, environment={"DFLOW_RECONNECT": "1"})
        killed.kill()
        assert agent.wait(60) == 2
        expect(agent.stderr.read(), "the scheduler is gone")


def an_agent_whose_number_is_anothers_begins_anew():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler("--journal=none")
        agent = bench.agent(address, "--workers=2", "--threads=1")
        program, _ = bench.hold(GUEST, address)
        before = handles(children(agent.pid))
        agent.send_signal(signal.SIGSTOP)  # so that the other one comes first
        scheduler.kill()
        scheduler.wait()
        bench.scheduler("--journal=none", "--port", address.rsplit(":", 1)[1])
        newcomer = bench.agent(address, "--workers=1", "--threads=1")
        agent.send_signal(signal.SIGCONT)
        program.communicate(timeout=LONG)  # its tasks are lost
        expect(agent.stderr.readline(), "another agent has the number that this one had", "its workers are replaced")
        assert all(map(has_ended, before))
        bench.hold(GUEST, address)
        wait_until("both run workers", lambda: len(children(agent.pid)) == 2 and len(children(newcomer.pid)) == 1)
        status = json.loads(bench.run([DFLOW, "status", "--json", f"--scheduler={address}"]).stdout)
        assert len(status["agents"]) == 2, status


def programs_have_shares_of_the_agents_memory():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        bench.agent(address, "--workers=2", "--threads=1")
        bench.hold(GUEST, address)

        def limits():
            status = json.loads(bench.run([DFLOW, "status", "--json", f"--scheduler={address}"]).stdout)
            return [worker["memory_limit"] for program in status["programs"] for worker in program["workers"]]

        def limits_of_two():
            said = limits()
            return said if len(said) == 2 and all(said) else None

        alone, _ = wait_until("its two workers have said theirs", limits_of_two)
        expect(bench.run([APP], environment={"DFLOW_SCHEDULER": address}).stdout, "sum 14\n")  # its workers stay for a while
        wait_until("four have half as much each", lambda: limits() == [alone // 2] * 4)
        wait_until("all is the first's again", lambda: limits() == [alone] * 2)


def without_an_agent_programs_wait_and_say_so():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        program = bench.start([GUEST, "sum", 10], environment={"DFLOW_SCHEDULER": address})
        expect(program.stderr.readline(), "the cluster has no agent", "dflow agent")
        expect(bench.run([GUEST, "impatient"], environment={"DFLOW_SCHEDULER": address}).stderr, "0 of 1 workers came in time")
        bench.agent(address)
        expect(program.communicate(timeout=60)[0], "sum 285\n")


def workers_leave_when_no_program_needs_them():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        agent = bench.agent(address)
        bench.run([GUEST, "sum", 10], environment={"DFLOW_SCHEDULER": address})
        workers = children(agent.pid)
        assert workers and all(map(has_ended, handles(workers)))
        expect(bench.run([GUEST, "sum", 10], environment={"DFLOW_SCHEDULER": address}).stdout, "sum 285\n")


def a_worker_that_never_joins_is_told_of():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        bench.agent(address, "--start-limit=1", environment={"GUEST_HANGS": "1"})
        environment = {"DFLOW_SCHEDULER": address}
        done = bench.run([GUEST, "sum", 10], environment=environment)
        assert done.returncode == 1
        expect(done.stderr, "was not ready 1 s after its start, 3 times", "static objects", "waiting for a licence")
        expect(bench.run([APP], environment=environment).stdout, "sum 14\n")  # another program goes on
        bench.agent(address)
        expect(bench.run([GUEST, "sum", 10], environment=environment).stdout, "sum 285\n")  # on the other agent


def small_files_only():
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))


def a_full_cache_is_told_of():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        folder = f"{bench.home}/small"
        agent = bench.agent(address, "--dir", folder, preexec_fn=small_files_only)
        environment = {"DFLOW_SCHEDULER": address}
        done = bench.run([GUEST, "sum", 10], environment=environment)
        assert done.returncode == 1
        expect(done.stderr, f"cannot be stored in {folder}/", "File too large", "another --dir")
        assert not glob.glob(f"{folder}/*/*.part-*")
        bench.agent(address)
        expect(bench.run([GUEST, "sum", 10], environment=environment).stdout, "sum 285\n")
        assert agent.poll() is None


def a_cache_that_is_too_large_is_cleared():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        environment = {"DFLOW_SCHEDULER": address}
        agent = bench.agent(address, "--cache-size=1")  # less than any program has
        expect(bench.run([APP], environment=environment).stdout, "sum 14\n")
        expect(bench.run([GUEST, "sum", 10], environment=environment).stdout, "sum 285\n")
        assert len(glob.glob(f"{bench.home}/cache/*/*_app")) == 2  # the first one's workers are there for a while
        bench.stop(agent)
        bench.agent(address, "--cache-size=1")
        assert glob.glob(f"{bench.home}/cache/*") == []
        expect(bench.run([GUEST, "sum", 10], environment=environment).stdout, "sum 285\n")


def another_build_is_refused():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        done = bench.run([GUEST], environment={"DFLOW_WORKER": address, "DFLOW_WORKER_NAME": "w",
                                               "DFLOW_WORKER_SECRET": bench.secret(address),
                                               "DFLOW_WORKER_PROGRAM": "0123456789abcdef-0"})
        assert done.returncode == 2, done
        expect(done.stderr, "this executable is another build")


def few_files_only():
    resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))


@unless_sanitized(DFLOW)
def a_file_limit_is_told_to_those_who_come_too_late():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler(preexec_fn=few_files_only)
        bench.agent(address)
        environment = {"DFLOW_SCHEDULER": address}
        expect(bench.run([GUEST, "sum", 10], environment=environment).stdout, "sum 285\n")
        host, port = address.rsplit(":", 1)
        crowd = [socket.create_connection((host, int(port))) for _ in range(20)]
        # By the same way, or it might come in before those who wait when somebody leaves.
        refused = bench.run([GUEST, "sum", 10], environment=environment | {"DFLOW_UNIX_SOCKETS": "0"})
        assert refused.returncode == 1
        expect(refused.stderr, "as many connections as it may have", "24 files", "ulimit -n")
        for stranger in crowd:
            stranger.close()
        wait_until("there is room again", lambda: "sum 285\n" in bench.run([GUEST, "sum", 10], environment=environment).stdout)


def wrong_use_is_explained():
    with Bench(DFLOW) as bench:
        expect(bench.run([DFLOW, "agent", "--scheduler", "nonsense"]).stderr, "--scheduler", "HOST:PORT")
        expect(bench.run([DFLOW, "agent", "--scheduler", "127.0.0.1:1"]).stderr, "nobody answers at 127.0.0.1:1")
        expect(bench.run([DFLOW, "agent"]).stderr, "--scheduler")
        expect(bench.run([DFLOW, "agent", "--workers=0"]).stderr, "--workers=0: expected a number from 1 to 256")


run_checks([programs_are_brought_to_the_agent_once, a_damaged_copy_is_fetched_again,
            a_dead_worker_is_replaced_and_its_end_told, workers_end_with_their_agent,
            a_restart_does_not_wait_for_an_agent_that_leaves, an_agent_ends_with_its_scheduler,
            an_agent_whose_number_is_anothers_begins_anew,
            programs_have_shares_of_the_agents_memory, without_an_agent_programs_wait_and_say_so, workers_leave_when_no_program_needs_them,
            a_worker_that_never_joins_is_told_of, a_full_cache_is_told_of,
            a_cache_that_is_too_large_is_cleared, another_build_is_refused,
            a_file_limit_is_told_to_those_who_come_too_late, wrong_use_is_explained])
