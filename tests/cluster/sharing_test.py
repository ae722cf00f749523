"""Runs of one build share workers: none changes them under another, and each is told what it asks for in vain."""
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tool_support import Bench, expect, run_checks

DFLOW, APP, GUEST = sys.argv[1:]


def workers_are_changed_only_by_who_has_them_alone():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        bench.agent(address, "--workers=2", "--threads=2")
        environment = {"DFLOW_SCHEDULER": address}
        other, _ = bench.hold(GUEST, address)
        stranger = bench.run([APP], environment=environment)  # another program's workers are others
        expect(stranger.stdout, "sum 14\n")
        refused = bench.run([GUEST, "change"], environment=environment)
        lines = refused.stdout.splitlines()
        assert lines.pop(3) == "run_on_workers done", refused  # it changes no more than a task does
        assert len(lines) == 4, refused
        for line, call in zip(lines, ("on_worker()", "restart()", "restart_workers()", "retire_workers()")):
            expect(line, f"dflow: {call} would reach another run of this program", f"client-{other.pid} on ", "DFLOW_WORKERS")
        assert other.poll() is None
        other.kill()
        other.communicate()
        alone = bench.run([GUEST, "change"], environment=environment)
        assert alone.stdout == "on_worker done\nrestart done\nrestart_workers done\nrun_on_workers done\nretire done\n", alone


def what_one_run_cancels_the_other_keeps():
    with Bench(DFLOW) as bench, tempfile.TemporaryDirectory() as folder:
        _, address = bench.scheduler()
        bench.agent(address, "--workers=2", "--threads=1")
        environment = {"DFLOW_SCHEDULER": address}
        runs = {what: bench.start([GUEST, what, folder], environment=environment, stdin=subprocess.PIPE)
                for what in ("await", "cancel")}
        for run in runs.values():
            assert run.stdout.readline() == "begun\n"
        assert runs["cancel"].stdout.readline() == "cancelled 1\n"
        Path(folder, "await").touch()
        assert runs["await"].communicate(timeout=60) == ("result 1\n", ""), runs
        Path(folder, "cancel").touch()
        assert runs["cancel"].communicate("\n", timeout=60) == ("", ""), runs


def most_memory_of(process):
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1]) / 1024


def values_go_past_the_scheduler():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler()
        bench.agent(address, "--workers=2", "--threads=1")
        before = most_memory_of(scheduler)
        run = bench.start([GUEST, "pass", "64"], environment={"DFLOW_SCHEDULER": address}, stdin=subprocess.PIPE)
        assert run.stdout.readline() == "passed 2\n"  # from worker to worker
        assert most_memory_of(scheduler) < before + 16, "the scheduler has had it in memory"
        scheduler.send_signal(signal.SIGSTOP)
        try:
            run.stdin.write("\n")
            run.stdin.flush()
            assert run.stdout.readline() == "got 1\n"  # and to the program, while nobody but these two runs
        finally:
            scheduler.send_signal(signal.SIGCONT)
        run.communicate(timeout=60)
        assert run.returncode == 0


def what_a_run_has_set_up_ends_with_it():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        bench.agent(address, "--workers=2", "--threads=1")
        environment = {"DFLOW_SCHEDULER": address}
        first = bench.start([GUEST, "set_up"], environment=environment, stdin=subprocess.PIPE)
        assert first.stdout.readline() == "set up\n"
        beside = bench.run([GUEST, "changed"], environment=environment)
        assert beside.stdout == "changed 50\n", beside  # they share the workers
        first.communicate("\n", timeout=60)
        assert first.returncode == 0
        after = bench.run([GUEST, "changed"], environment=environment)
        assert (after.stdout, after.stderr) == ("changed 0\n", ""), after


def what_a_run_has_retired_is_back_for_the_next():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        bench.agent(address, "--workers=2", "--threads=1")
        environment = {"DFLOW_SCHEDULER": address}
        for _ in range(2):
            first = bench.run([GUEST, "retire"], environment=environment)
            assert (first.stdout, first.stderr) == ("retired\n", ""), first
        after = bench.run([GUEST, "workers", "2"], environment=environment)
        assert (after.returncode, after.stderr) == (0, ""), after


def what_tasks_print_is_told_to_their_own_run():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        bench.agent(address, "--workers=1", "--threads=1")
        runs = {text: bench.start([GUEST, "say", text], environment={"DFLOW_SCHEDULER": address}, stdin=subprocess.PIPE)
                for text in ("one", "two", "three")}
        for text, run in runs.items():
            lines = [run.stdout.readline() for _ in range(21)]
            assert sorted(line.split(": ")[-1] for line in lines) == sorted(["said\n"] + [f"{text}\n"] * 20), lines
        for text, run in runs.items():
            out, err = run.communicate("\n", timeout=60)
            assert run.returncode == 0, err
            others = [other for other in runs if other != text]
            assert not any(other in out + err for other in others), (text, out, err)
            assert err.count(text) == 20, err


def who_asks_for_what_is_not_there_is_told_once():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        bench.agent(address, "--workers=2", "--threads=1", environment={"DFLOW_WORKER_RESOURCES": "slots=2"})
        other = bench.start([GUEST, "hold"], environment={"DFLOW_SCHEDULER": address})
        program = bench.start([GUEST, "demand"], environment={"DFLOW_SCHEDULER": address})
        assert program.stdout.readline() == "asked\n"
        line = program.stderr.readline()
        expect(line, "dflow: tasks wait for a worker that is not there: 1 gpu (TaskOptions::resources); there are ", "-1 on ",
               " with 2 slots, ", "-2 on ")
        bench.agent(address, "--workers=1", "--threads=1", environment={"DFLOW_WORKER_RESOURCES": "gpu=1"})
        out, err = program.communicate(timeout=60)
        assert (program.returncode, out, err) == (0, "done\n", "")
        other.kill()
        assert "gpu" not in other.communicate()[1], "another run is told of it"


def who_places_a_value_on_nobody_is_told():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        bench.agent(address, "--workers=1", "--threads=1")
        program = bench.start([GUEST, "place"], environment={"DFLOW_SCHEDULER": address})
        expect(program.stderr.readline(), "dflow: a scattered value waits for a worker that is not there: nobody (TaskOptions::workers); ",
               "there are ", "-1 on ")
        program.kill()


run_checks([workers_are_changed_only_by_who_has_them_alone, what_one_run_cancels_the_other_keeps, values_go_past_the_scheduler,
            what_a_run_has_set_up_ends_with_it,
            what_a_run_has_retired_is_back_for_the_next,
            what_tasks_print_is_told_to_their_own_run, who_asks_for_what_is_not_there_is_told_once,
            who_places_a_value_on_nobody_is_told])
