"""What the tests of `dflow scheduler`, `agent`, `up` and the rest share: real processes, none of which outlives the test."""
import contextlib
import functools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LONG = 60  # bounds a hang; nothing is measured by it


def clean_environment(home, **more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DFLOW_")}
    return kept | {"DFLOW_HOME": home} | more


def wait_until(description, found, every=0.05, most=LONG):
    """For what has no descriptor to wait on. The description may be a function, which is asked at the end."""
    end = time.monotonic() + most
    while True:
        result = found()
        if result:
            return result
        assert time.monotonic() < end, f"waited in vain until {description() if callable(description) else description}"
        time.sleep(every)


def is_sanitized(program):
    with open(program, "rb") as file:
        code = file.read()
    return b"__asan_init" in code or b"__tsan_init" in code


def unless_sanitized(program):
    """A check that takes memory or files from a process: its sanitizer ends it then, and the program cannot tell of it."""
    def left_out_or(check):
        @functools.wraps(check)
        def run():
            if is_sanitized(program):
                print(f"{check.__name__}: left out, under a sanitizer")
            else:
                check()
        return run
    return left_out_or


def children(pid):
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(f"/proc/{entry}/stat") as stat:
                if int(stat.read().rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(entry))
    return found


def handles(pids):
    """To ask later whether they have ended, whoever gets their numbers then."""
    return [os.pidfd_open(pid) for pid in pids]


def has_ended(pid_handle, most=LONG):
    poll = select.poll()
    poll.register(pid_handle, select.POLLIN)
    return bool(poll.poll(most * 1000))


class Bench:
    """One test's processes and its own DFLOW_HOME."""

    def __init__(self, dflow):
        self.dflow = dflow
        self.home = tempfile.mkdtemp(prefix="dflow-test-")
        os.chmod(self.home, 0o700)
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
            process.communicate()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self, command, **options):
        environment = clean_environment(self.home, **options.pop("environment", {}))
        process = subprocess.Popen([str(word) for word in command], env=environment, text=True,
                                   stdin=options.pop("stdin", subprocess.DEVNULL),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.processes.append(process)
        return process

    def run(self, command, **options):
        process = self.start(command, **options)
        try:
            out, err = process.communicate(timeout=LONG)
        except subprocess.TimeoutExpired as late:
            process.send_signal(signal.SIGQUIT)  # dflow's programs tell what they wait for
            with contextlib.suppress(subprocess.TimeoutExpired):
                print(process.communicate(timeout=5), file=sys.stderr)
            raise AssertionError(f"{command} does not end") from late
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def scheduler(self, *options, **more):
        """A running scheduler: its process and HOST:PORT."""
        process = self.start([self.dflow, "scheduler", "--json", *options], **more)
        told = json.loads(process.stdout.readline())
        assert told["pid"] == process.pid
        return process, told["address"]

    def agent(self, address, *options, **more):
        process = self.start([self.dflow, "agent", "--scheduler", address, *options], **more)
        assert process.stdout.readline().startswith("agent of "), process.communicate()
        return process

    def hold(self, guest, address):
        """A program whose task holds a worker's thread, once it does: its process, and the number of the worker's."""
        program = self.start([guest, "hold"], environment={"DFLOW_SCHEDULER": address})
        line = program.stdout.readline()
        assert line.startswith("worker "), program.communicate()
        return program, int(line.split()[1])

    def secret(self, address):
        with open(f"{self.home}/schedulers/{address.rsplit(':', 1)[1]}") as file:
            return file.read()

    def stop(self, process):
        """An orderly end; returns what it printed."""
        process.terminate()
        out, err = process.communicate(timeout=LONG)
        assert process.returncode == 0, (process.args, process.returncode, out, err)
        return out, err


def read_terminal(master):
    """All that is shown there until the last one who has the other end open is gone."""
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(master)
    return shown.decode()


def screen_of(shown):
    """The lines that a terminal without end shows in the end, of one that knows only cursor up, and erasing to the line's and the screen's end."""
    rows, row, column = [""], 0, 0
    for code, step, letter in re.findall(r"(\x1b\[(\d*)[AJK])|([^\x1b])", shown):
        if code:
            if code[-1] == "A":
                row = max(0, row - int(step or 1))
                continue
            rows[row] = rows[row][:column]
            if code[-1] == "J":
                del rows[row + 1:]
        elif letter == "\r":
            column = 0
        elif letter == "\n":
            row += 1
            rows.extend([""] * (row + 1 - len(rows)))
        else:
            rows[row] = rows[row][:column].ljust(column) + letter + rows[row][column + 1:]
            column += 1
    return [line.rstrip() for line in rows if line.strip()]


def expect(text, *parts):
    for part in parts:
        assert part in text, f"expected {part!r} in:\n{text}"


def run_checks(checks):
    """All of them; CHECK=NAME in the environment picks one."""
    for check in checks:
        if os.environ.get("CHECK", check.__name__) != check.__name__:
            continue
        begin = time.monotonic()
        check()
        print(f"{check.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
    print("ok")
