"""`dflow up`, `status`, `top` and `down`: a cluster in the background, and nothing left of it."""
import json
import os
import pty
import select
import signal
import sys

from tool_support import Bench, clean_environment, expect, handles, has_ended, run_checks, wait_until

DFLOW, APP, GUEST = sys.argv[1:]


class Up(Bench):
    """Whose cluster is taken down even if the test fails."""

    def up(self, *options):
        done = self.run([DFLOW, "up", *options])
        assert done.returncode == 0, done
        assert done.stdout.startswith("DFLOW_SCHEDULER=127.0.0.1:"), done
        return done.stdout.strip().split("=", 1)[1]

    def status(self):
        done = self.run([DFLOW, "status", "--json"])
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    def kill_scheduler(self):
        pid = self.status()["scheduler"]["pid"]
        process, = handles([pid])
        os.kill(pid, signal.SIGKILL)
        assert has_ended(process)

    def __exit__(self, *what):
        if os.path.exists(f"{self.home}/up"):
            self.run([DFLOW, "down"])
        super().__exit__(*what)


def up_status_down():
    with Up(DFLOW) as bench:
        address = bench.up("--workers=2", "--threads=3")
        environment = {"DFLOW_SCHEDULER": address}
        holder, pid = bench.hold(GUEST, address)
        expect(bench.run([APP], environment=environment).stdout, "sum 14\n")
        status = wait_until("the agent has measured its workers", lambda: (
            lambda s: s if all(w["memory"] > 0 for p in s["programs"] for w in p["workers"]) else None)(bench.status()))
        assert status["scheduler"]["address"] == address and status["scheduler"]["memory"] > 0
        agent, = status["agents"]
        assert (agent["workers"], agent["threads"]) == (2, 3)
        programs = {program["executable"]: program for program in status["programs"]}
        guest = programs[os.path.basename(GUEST)]
        assert [client["pid"] for client in guest["clients"]] == [holder.pid]
        assert guest["running"] == 1 and guest["waiting"] == 0, guest
        assert len(guest["workers"]) == 2 and sum(worker["tasks"] for worker in guest["workers"]) == 1
        assert pid in [worker["pid"] for worker in guest["workers"]]
        assert {worker["threads"] for worker in guest["workers"]} == {3}
        text = bench.run([DFLOW, "status"]).stdout
        expect(text, "scheduler " + address, "AGENT", os.path.basename(GUEST), str(pid), " MB")
        gone = handles([status["scheduler"]["pid"], agent["pid"]] + [w["pid"] for w in guest["workers"]])
        down = bench.run([DFLOW, "down"])
        assert (down.returncode, down.stdout, down.stderr) == (0, "", ""), down
        assert all(has_ended(process, 0) for process in gone)  # `down` has waited for them
        holder.communicate(timeout=60)


def memory_is_limited_and_results_go_to_the_disk_where_it_says():
    with Up(DFLOW) as bench:
        for option in ("--memory-limit=much", "--spill-dir=/nowhere/at/all"):
            done = bench.run([DFLOW, "up", option])
            assert done.returncode == 2
            expect(done.stderr, option.split("=")[0] + ": ")
            assert not os.path.exists(f"{bench.home}/log"), "it was started all the same"
        address = bench.up("--memory-limit=300MB", f"--spill-dir={bench.home}")
        _, pid = bench.hold(GUEST, address)
        worker, = bench.status()["programs"][0]["workers"]
        assert (worker["pid"], worker["memory_limit"]) == (pid, 300_000_000), worker
        agent = bench.status()["agents"][0]["pid"]
        with open(f"/proc/{agent}/cmdline") as words:
            assert f"--spill-dir={bench.home}" in words.read().split("\0")


def a_client_that_is_gone_leaves_nothing():
    with Up(DFLOW) as bench:
        address = bench.up("--workers=1", "--threads=2")
        holder, _ = bench.hold(GUEST, address)
        assert bench.status()["programs"][0]["running"] == 1
        holder.send_signal(signal.SIGKILL)

        def empty():
            programs = bench.status()["programs"]
            return all((p["clients"], p["running"], p["waiting"], p["stored"]) == ([], 0, 0, 0) and
                       all((w["tasks"], w["values"]) == (0, 0) for w in p["workers"]) for p in programs)
        wait_until("its tasks and values are gone", empty)


def a_second_up_names_the_first():
    with Up(DFLOW) as bench:
        address = bench.up()
        again = bench.run([DFLOW, "up"])
        assert again.returncode == 2
        expect(again.stderr, "a cluster is up: DFLOW_SCHEDULER=" + address, "dflow down")
        bench.kill_scheduler()  # what is left of it does not stand in the way
        assert bench.up() != ""


def without_a_cluster_commands_say_so():
    with Up(DFLOW) as bench:
        for command in ("status", "top", "down"):
            done = bench.run([DFLOW, command])
            assert done.returncode == 2
            expect(done.stderr, "no cluster is up here", "dflow up")
        for command in ("status", "top", "down"):
            expect(bench.run([DFLOW, command, "--scheduler=127.0.0.1:1"]).stderr, "nobody answers at 127.0.0.1:1",
                   "the address is from --scheduler", "--scheduler=HOST:PORT names")
            expect(bench.run([DFLOW, command], environment={"DFLOW_SCHEDULER": "127.0.0.1:1"}).stderr, "the address is from DFLOW_SCHEDULER")
            expect(bench.run([DFLOW, command], environment={"DFLOW_SCHEDULER": "nowhere"}).stderr, "DFLOW_SCHEDULER: 'nowhere' is no address")
        bench.up()
        bench.kill_scheduler()
        expect(bench.run([DFLOW, "status"]).stderr, "the address is from the last `dflow up`", "`dflow up` starts a cluster")
        expect(bench.run([DFLOW, "down"]).stderr, "nobody answers", "nothing is left to take down")
        expect(bench.run([DFLOW, "down"]).stderr, "no cluster is up here")


def other_engines_are_not_available():
    with Up(DFLOW) as bench:
        expect(bench.run([DFLOW, "up", "--engine=slurm"]).stderr, "--engine=slurm is not available", "--engine=local")
        expect(bench.run([DFLOW, "up", "--engine=cloud"]).stderr, "--engine=cloud: expected local")


def a_failed_start_leaves_nothing():
    with Up(DFLOW) as bench:
        _, address = bench.scheduler()
        port = address.rsplit(":", 1)[1]
        done = bench.run([DFLOW, "up", "--port", port])
        assert done.returncode == 2
        expect(done.stderr, "the scheduler ended", "cannot listen at " + address)
        assert not os.path.exists(f"{bench.home}/up")
        os.mkdir(f"{bench.home}/cache", mode=0o755)
        os.chmod(f"{bench.home}/cache", 0o755)
        done = bench.run([DFLOW, "up"])
        expect(done.stderr, "the agent ended", "chmod 700")
        assert not os.path.exists(f"{bench.home}/up")
        assert os.listdir(f"{bench.home}/schedulers") == [port]


def top_is_one_shot_without_a_terminal():
    with Up(DFLOW) as bench:
        address = bench.up()
        expect(bench.run([DFLOW, "top"]).stdout, "scheduler " + address, "no programs")


def top_refreshes_on_a_terminal():
    with Up(DFLOW) as bench:
        address = bench.up()
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(DFLOW, [DFLOW, "top"], clean_environment(bench.home))
        seen = b""
        while seen.count(b"scheduler " + address.encode()) < 2:
            assert select.select([terminal], [], [], 60)[0], seen
            seen += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGINT
        os.close(terminal)


run_checks([up_status_down, memory_is_limited_and_results_go_to_the_disk_where_it_says,
            a_client_that_is_gone_leaves_nothing, a_second_up_names_the_first,
            without_a_cluster_commands_say_so, other_engines_are_not_available, a_failed_start_leaves_nothing,
            top_is_one_shot_without_a_terminal, top_refreshes_on_a_terminal])
