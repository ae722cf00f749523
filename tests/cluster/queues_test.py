"""Queues between a cluster's processes are bounded: whoever waits for the other side takes no memory meanwhile."""
import os
import signal
import subprocess
import sys

from tool_support import Bench, expect, run_checks, unless_sanitized, wait_until

DFLOW, APP, GUEST = sys.argv[1:]
MB = 1 << 20


def peak(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))


def sleeps(process):
    """Its first thread, for as long as it is looked at."""
    def ticks():
        with open(f"/proc/{process.pid}/task/{process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return fields[0], fields[11], fields[12]
    first = ticks()
    return first[0] == "S" and all(wait_until("it is looked at", lambda: [ticks()], every=0.01)[0] == first for _ in range(20))


@unless_sanitized(DFLOW)
def a_program_waits_for_a_scheduler_that_does_not_read():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler("--silence=600")
        bench.agent(address, "--workers=1", "--threads=1")
        program = bench.start([GUEST, "submit", "400"], environment={"DFLOW_SCHEDULER": address}, stdin=subprocess.PIPE)
        assert program.stdout.readline() == "ready\n"
        scheduler.send_signal(signal.SIGSTOP)
        program.stdin.write("\n")
        program.stdin.flush()
        wait_until("it submits", lambda: peak(program) > 30 * MB)
        wait_until("it waits", lambda: sleeps(program))
        most = peak(program)
        scheduler.send_signal(signal.SIGCONT)
        out, err = program.communicate(timeout=60)
        assert (program.returncode, out, err) == (0, f"sum {400 * MB}\n", ""), (out, err)
        assert most < 300 * MB, f"{most >> 20} MB"


@unless_sanitized(DFLOW)
def lines_that_nobody_reads_are_left_out():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler()
        bench.agent(address, "--workers=1", "--threads=1")
        done = f"{bench.home}/done"
        program = bench.start([GUEST, "flood", "200", done], environment={"DFLOW_SCHEDULER": address})
        wait_until("all is printed", lambda: os.path.exists(done))  # though nobody reads
        out, err = program.communicate(timeout=60)
        assert program.returncode == 0, err
        expect(out, "printed 200\n")
        expect(err, "bytes that tasks printed were left out: they come faster than they are read")
        left_out = sum(int(line.split()[1]) for line in err.splitlines())
        printed = sum(len(line) - len(line.split(": ")[0]) - 2 for line in out.splitlines(keepends=True) if ": " in line)
        assert printed + left_out == 200 * MB, (printed, left_out)
        assert peak(scheduler) < 150 * MB, peak(scheduler)


@unless_sanitized(DFLOW)
def exceptions_of_tasks_whose_futures_are_held_are_put_away():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler("--journal=none")
        bench.agent(address, "--workers=2", "--threads=1")
        program = bench.run([GUEST, "fail", "500"], environment={"DFLOW_SCHEDULER": address})
        assert (program.returncode, program.stdout) == (0, "failed 500\n"), program
        assert peak(scheduler) < 450 * MB, f"{peak(scheduler) >> 20} MB"


run_checks([a_program_waits_for_a_scheduler_that_does_not_read, lines_that_nobody_reads_are_left_out,
            exceptions_of_tasks_whose_futures_are_held_are_put_away])
