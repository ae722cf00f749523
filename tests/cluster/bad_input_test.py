"""What a new user may do wrong with a cluster: one clear error that says what to do, and the rest goes on."""
import glob
import os
import resource
import socket
import sys
import threading

from tool_support import Bench, expect, run_checks, unless_sanitized

DFLOW, APP, GUEST = sys.argv[1:]


def limited(what, most):
    return lambda: resource.setrlimit(what, (most, most))


def failing(bench, *words, **options):
    """The error output of a run that fails: a line of its own for each thing that is wrong, and no more."""
    done = bench.run(words, **options)
    assert done.returncode in (1, 2), done
    return done.stderr


def a_worker_that_never_registers_is_told_of_with_what_it_said():
    with Bench(DFLOW) as bench:
        stuck = failing(bench, GUEST, "sum", 10, environment={"DFLOW_WORKERS": "2", "DFLOW_WORKER_START_LIMIT": "1",
                                                              "GUEST_HANGS": "1"})
        expect(stuck, "was not ready 1 s after its start, 3 times", "static objects", "waiting for a licence")


def an_executor_of_a_static_object_is_told_of():
    with Bench(DFLOW) as bench:
        early = failing(bench, GUEST, "sum", 10, environment={"DFLOW_WORKERS": "1", "GUEST_IS_EARLY": "1"})
        expect(early, "was made before main(), by a static object", "make it in main()")


def talker(words):
    """A service that says the same to everybody, whoever they are, and goes on."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listener.accept()
            try:
                while True:
                    connection.sendall(words)
            except OSError:
                connection.close()
    threading.Thread(target=serve, daemon=True).start()
    return "127.0.0.1:%d" % listener.getsockname()[1]


def who_talks_at_random_is_no_scheduler():
    with Bench(DFLOW) as bench:
        for words in (b"HTTP/1.1 200 OK\r\n\r\n", os.urandom(5000), b"dflw" + os.urandom(5000)):
            address = talker(words)
            for command in ([GUEST, "sum"], [DFLOW, "agent", "--scheduler", address],
                            [DFLOW, "status", "--scheduler", address]):
                told = failing(bench, *command, environment={"DFLOW_SCHEDULER": address})
                expect(told, address, "another service's port")
                assert told.count("\n") == 1, told


def nobody_answers_there():
    with Bench(DFLOW) as bench:
        told = failing(bench, GUEST, "sum", environment={"DFLOW_SCHEDULER": "192.0.2.1:7070"})
        expect(told, "192.0.2.1:7070 takes a certificate", "dflow security init")
        told = failing(bench, GUEST, "sum", environment={"DFLOW_SCHEDULER": "no-such-host.invalid:7070"})
        expect(told, "the host 'no-such-host.invalid' cannot be found: ")
        expect(failing(bench, GUEST, "sum", environment={"DFLOW_SCHEDULER": "127.0.0.1:70000"}), "is no address")
        expect(failing(bench, DFLOW, "agent", "--scheduler=127.0.0.1:1"), "nobody answers at 127.0.0.1:1", "dflow scheduler")


@unless_sanitized(GUEST)
def a_result_without_memory_for_it_is_named():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        bench.agent(address)
        for environment in ({"DFLOW_SCHEDULER": address}, {"DFLOW_WORKERS": "1"}):
            environment["MALLOC_ARENA_MAX"] = "1"  # each would take address space for itself
            told = failing(bench, GUEST, "large", 256, environment=environment)
            expect(told, "filled", "cannot be brought here", "no memory for its 268435464 bytes", "let a task")
            assert told.count("\n") == 1, told
        expect(bench.run([GUEST, "sum", 10], environment={"DFLOW_SCHEDULER": address}).stdout, "sum 285\n")


@unless_sanitized(DFLOW)
def few_files_are_enough_or_told_of():
    few = limited(resource.RLIMIT_NOFILE, 32)
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler(preexec_fn=few)
        environment = {"DFLOW_SCHEDULER": address}
        agent = bench.agent(address, "--workers=2", "--threads=1", preexec_fn=few)
        expect(bench.run([GUEST, "sum", 100], environment=environment, preexec_fn=few).stdout, "sum 328350\n")
        assert scheduler.poll() is None and agent.poll() is None
        # More workers than there can be files for, in an agent and in a program.
        bench.stop(agent)
        crowded = bench.agent(address, "--workers=20", "--threads=1", preexec_fn=few)
        # If some had joined by then, the program goes on with those, and waits for the others.
        waiting = bench.start([GUEST, "workers", 20], environment=environment)
        expect(waiting.stderr.readline(), "no more files", "ulimit -n")
        waiting.kill()
        expect(failing(bench, GUEST, "workers", 20, environment={"DFLOW_WORKERS": "20"}, preexec_fn=few), "no more files",
               "32 are allowed", "ulimit -n")
        assert scheduler.poll() is None and crowded.poll() is None
        bench.stop(crowded)
        bench.agent(address)
        expect(bench.run([GUEST, "sum", 100], environment=environment).stdout, "sum 328350\n")


@unless_sanitized(DFLOW)
def too_few_files_for_a_scheduler_are_told_of():
    with Bench(DFLOW) as bench:
        for files in range(4, 32):
            process = bench.start([DFLOW, "scheduler", "--json"], preexec_fn=limited(resource.RLIMIT_NOFILE, files))
            if process.stdout.readline().startswith("{"):
                bench.stop(process)
                continue
            told = process.communicate(timeout=60)[1]
            assert process.returncode != 0 and files < 24, (files, told)
            if files > 6:  # else its libraries cannot be opened
                expect(told, "ulimit -n")


@unless_sanitized(DFLOW)
def a_full_disk_is_told_of():
    with Bench(DFLOW) as bench:
        told = failing(bench, DFLOW, "scheduler", preexec_fn=limited(resource.RLIMIT_FSIZE, 0))
        expect(told, bench.home, "File too large")
        assert glob.glob(f"{bench.home}/schedulers/*") == []
        _, address = bench.scheduler()
        trace = bench.run([GUEST, "sum", 10], environment={"DFLOW_TRACE": "/dev/full/trace", "DFLOW_WORKERS": "1"})
        expect(trace.stdout, "sum 285\n")
        expect(trace.stderr, "the trace was not written", "/dev/full")


run_checks([a_worker_that_never_registers_is_told_of_with_what_it_said,
            an_executor_of_a_static_object_is_told_of, who_talks_at_random_is_no_scheduler,
            nobody_answers_there, a_result_without_memory_for_it_is_named, few_files_are_enough_or_told_of,
            too_few_files_for_a_scheduler_are_told_of, a_full_disk_is_told_of])
