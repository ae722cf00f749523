"""Workers whose memory is bounded: results that do not fit are written to the disk, and what else may come of that."""
import contextlib
import json
import os
import re
import subprocess
import sys

from tool_support import Bench, expect, run_checks, wait_until

DFLOW, APP = sys.argv[1:]


def fails(bench, command, code=1, **options):
    """What it says on its standard error."""
    done = bench.run(command, **options)
    assert done.returncode == code, done
    return done.stderr


def of_two_workers(bench, megabytes, **more):
    folder = f"{bench.home}/spill"
    os.makedirs(folder, exist_ok=True)
    return {"DFLOW_WORKERS": "2", "DFLOW_THREADS": "1", "DFLOW_WORKER_MEMORY": str(megabytes * 1_000_000),
            "DFLOW_WORKER_SPILL": folder} | more


def results_of_five_times_the_memory_are_right():
    with Bench(DFLOW) as bench:
        done = bench.run([APP, "sums", 200, 4], environment=of_two_workers(bench, 80))
        lines = done.stdout.split("\n")
        peaks = [int(line.split()[1]) for line in lines if line.startswith("peak ")]
        assert len(peaks) == 2 and max(peaks) < 80_000_000, done
        assert [line for line in lines if not line.startswith("peak ")] == ["done", ""], done
        assert done.stderr == "", done
        assert os.listdir(f"{bench.home}/spill") == []


def small_results_of_all_the_memory_are_right():
    with Bench(DFLOW) as bench:
        done = bench.run([APP, "many", 40_000, 3000], environment=of_two_workers(bench, 60))
        assert "wrong" not in done.stdout and done.stdout.endswith("done\n"), done


def so_many_results_that_no_disk_helps_are_an_error():
    with Bench(DFLOW) as bench:
        said = fails(bench, [APP, "many", 50_000, 900], environment=of_two_workers(bench, 40))
        expect(said[said.rindex("3 workers died"):], "that had its result and many others", "results in a memory of 40000000 bytes",
               "too small to be written to a disk", "make fewer and larger ones, or give workers more memory")


def what_is_damaged_on_the_disk_is_computed_again():
    with Bench(DFLOW) as bench:
        done = bench.run([APP, "damage", 60, 4], environment=of_two_workers(bench, 80))
        assert "wrong" not in done.stdout and "replaced" not in done.stdout and done.stdout.endswith("done\n"), done
        assert "a value on the disk is damaged: it is computed again" in done.stderr, done
        assert re.search(r"computed again \(the std::vector<unsigned long.*> of task \d+/\d+, \d{5,} bytes: ", done.stderr), done


def a_full_disk_is_told_of_and_waited_for():
    with Bench(DFLOW) as bench:
        done = bench.run([APP, "full", 100, 4], environment=of_two_workers(bench, 160))
        assert done.stdout == "half\ndone\n", done
        for worker in ("worker-1", "worker-2"):
            said = [line for line in done.stderr.split("\n") if worker in line]
            assert len(said) == 2, done.stderr
            assert "values cannot be written to the disk" in said[0] and "File too large" in said[0], said
            assert "values can be written to the disk again" in said[1], said


def a_worker_on_a_disk_without_room_is_paused_until_it_has_some():
    with Bench(DFLOW) as bench:
        folder = f"{bench.home}/small"
        os.makedirs(folder)
        mount = ["mount", "-t", "tmpfs", "-o", "size=5M,mode=700", "dflow-test", folder]
        if subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode != 0:
            return print("left out: a full disk takes root, and a kernel that lets it mount one")
        try:
            scheduler, address = bench.scheduler()
            bench.agent(address, "--workers=1", "--threads=1", "--memory-limit=160MB", f"--spill-dir={folder}")
            program = bench.start([APP, "keep", 27, 4], environment={"DFLOW_SCHEDULER": address})
            assert program.stdout.readline() == "made\n"
            expect(program.stderr.readline(), "values cannot be written to the disk", folder, "No space left on device")

            def worker(paused):
                status = json.loads(bench.run([DFLOW, "status", "--json", f"--scheduler={address}"]).stdout)
                one = status["programs"][0]["workers"][0]
                return one if one["paused"] is paused else None

            def full_worker():  # what it has is measured now and then
                one = worker(True)
                return one if one and one["memory"] > 96_000_000 else None

            full = wait_until("the worker is paused, and full", full_worker)
            assert full["spilled_bytes"] < 12_000_000, full  # half of each value can be packed
            subprocess.run(["mount", "-o", "remount,size=400M", folder], check=True)
            expect(program.stderr.readline(), "values can be written to the disk again")
            free = wait_until("the worker goes on", lambda: worker(False))
            assert free["spilled_bytes"] > 12_000_000, free
            program.kill()
            bench.stop(scheduler)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def a_task_that_takes_ever_more_memory_is_ended_and_named():
    with Bench(DFLOW) as bench:
        said = fails(bench, [APP, "grow"], environment=of_two_workers(bench, 80))
        expect(said[said.rindex("growing"):], "replaced: it had", "more than 95 % of its limit of 80.0 MB")


@contextlib.contextmanager
def control_group(most):
    """The group's folder, in which processes have so much memory; None where this process may make none."""
    versions = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")]
    group, limit = None, None
    with contextlib.suppress(OSError), open("/proc/self/cgroup") as groups:
        lines = [line.strip().split(":", 2) for line in groups]
        own = [(version, line[2]) for line in lines
               for version in ((0,) if "memory" in line[1].split(",") else (1,) if line[1] == "" else ())]
        for version, place in own:
            root, name = versions[version]
            with contextlib.suppress(OSError):
                folder = f"{root}{place.rstrip('/')}/dflow-test-{os.getpid()}"
                os.mkdir(folder)
                try:
                    with open(f"{folder}/{name}", "w") as file:
                        file.write(str(most))
                    group, limit = folder, name
                    break
                except OSError:
                    os.rmdir(folder)
    try:
        yield group and (group, f"{group}/{limit}")
    finally:
        if group:
            wait_until("the group's processes have ended", lambda: not open(f"{group}/cgroup.procs").read())
            os.rmdir(group)


def without_a_limit_of_their_own_workers_share_their_control_groups():
    with control_group(300_000_000) as group, Bench(DFLOW) as bench:
        if not group:
            return print("left out: it takes root, and a kernel that lets it limit a control group")
        folder, limit = group
        with open(limit) as file:
            share = int(file.read()) // 2  # whole pages
        scheduler, address = bench.scheduler()

        def enter():
            with open(f"{folder}/cgroup.procs", "w") as file:
                file.write(str(os.getpid()))
        bench.agent(address, "--workers=2", "--threads=1", preexec_fn=enter)
        with open(limit, "w") as file:
            file.write("max" if limit.endswith(".max") else "-1")  # the agent is to act, not the kernel
        program = bench.start([APP, "grow"], environment={"DFLOW_SCHEDULER": address})
        status = wait_until("workers have joined", lambda: [
            worker for each in json.loads(bench.run([DFLOW, "status", "--json", f"--scheduler={address}"]).stdout)["programs"]
            for worker in each["workers"]])
        assert {worker["memory_limit"] for worker in status} == {share}, (status, share)
        _, said = program.communicate(timeout=60)
        assert program.returncode == 1, said
        expect(said[said.rindex("growing"):], "replaced: it had", f"more than 95 % of its share of {share // 100_000 / 10} MB")
        bench.stop(scheduler)


def a_result_larger_than_the_memory_is_named():
    with Bench(DFLOW) as bench:
        said = fails(bench, [APP, "result", 100], environment=of_two_workers(bench, 60))
        expect(said, "large", "limit of 60")


def a_folder_that_is_not_there_is_an_error():
    with Bench(DFLOW) as bench:
        environment = of_two_workers(bench, 80, DFLOW_WORKER_SPILL=f"{bench.home}/none-such")
        expect(fails(bench, [APP, "sums", 1, 1], environment=environment),
               "DFLOW_WORKER_SPILL: values cannot be spilled to", "No such file")
        agent = [DFLOW, "agent", "--scheduler=127.0.0.1:1"]
        expect(fails(bench, agent + [f"--spill-dir={bench.home}/none-such"], code=2),
               "--spill-dir: values cannot be spilled to")
        expect(fails(bench, agent + ["--memory-limit=plenty"], code=2), "--memory-limit", "plenty")


def status_shows_what_is_on_the_disk():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler()
        bench.agent(address, "--threads=1", "--memory-limit=80MB")
        program = bench.start([APP, "keep", 30, 4], environment={"DFLOW_SCHEDULER": address})
        assert program.stdout.readline() == "made\n"

        def spilled():
            status = json.loads(bench.run([DFLOW, "status", "--json", f"--scheduler={address}"]).stdout)
            worker = status["programs"][0]["workers"][0]
            return worker if worker["spilled_bytes"] >= 60_000_000 else None

        worker = wait_until("values are spilled", spilled)
        assert worker["memory_limit"] == 80_000_000 and worker["value_bytes"] > 120_000_000, worker
        assert 0 < worker["memory"] < 80_000_000 and worker["paused"] is False, worker
        table = bench.run([DFLOW, "status", f"--scheduler={address}"]).stdout
        assert "SPILLED" in table and "LIMIT" in table and "80.0 MB" in table, table
        bench.stop(scheduler)


run_checks([results_of_five_times_the_memory_are_right, small_results_of_all_the_memory_are_right,
            so_many_results_that_no_disk_helps_are_an_error, what_is_damaged_on_the_disk_is_computed_again,
            a_full_disk_is_told_of_and_waited_for, a_worker_on_a_disk_without_room_is_paused_until_it_has_some, a_task_that_takes_ever_more_memory_is_ended_and_named,
            without_a_limit_of_their_own_workers_share_their_control_groups,
            a_result_larger_than_the_memory_is_named, a_folder_that_is_not_there_is_an_error,
            status_shows_what_is_on_the_disk])
