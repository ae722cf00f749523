"""`dflow scheduler` as a process of its own: who may join, who shares it, and what those are told who cannot."""
import os
import signal
import socket
import struct
import sys
import threading

from tool_support import Bench, children, expect, handles, has_ended, run_checks

DFLOW, APP, GUEST = sys.argv[1:]


def two_programs_share_a_scheduler():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler()
        bench.agent(address)
        environment = {"DFLOW_SCHEDULER": address}
        runs = [bench.start([APP], environment=environment), bench.start([GUEST, "sum", 100], environment=environment),
                bench.start([GUEST, "sum", 1000], environment=environment)]
        outputs = [run.communicate(timeout=60) for run in runs]
        assert [run.returncode for run in runs] == [0, 0, 0], outputs
        expect(outputs[0][0], "sum 14\n")
        expect(outputs[1][0], "sum 328350\n")
        expect(outputs[2][0], "sum 332833500\n")
        bench.stop(scheduler)


def a_killed_clients_tasks_are_cancelled():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler()
        bench.agent(address, "--workers=2", "--threads=1")
        holder, _ = bench.hold(GUEST, address)
        holder.send_signal(signal.SIGKILL)
        # Its task held one of two threads: two more such programs can only run if that has ended.
        again, _ = bench.hold(GUEST, address)
        again.send_signal(signal.SIGKILL)
        done = bench.run([GUEST, "sum", 50], environment={"DFLOW_SCHEDULER": address})
        expect(done.stdout, "sum 40425\n")
        bench.stop(scheduler)


def the_address_file_is_there_while_it_runs():
    with Bench(DFLOW) as bench:
        path = f"{bench.home}/address"
        scheduler, address = bench.scheduler("--address-file", path)
        with open(path) as file:
            assert file.read() == address + "\n"
        secret = f"{bench.home}/schedulers/{address.rsplit(':', 1)[1]}"
        assert os.stat(secret).st_mode & 0o077 == 0
        bench.stop(scheduler)
        assert not os.path.exists(path) and not os.path.exists(secret)


def its_end_ends_workers_and_tells_programs():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler()
        agent = bench.agent(address, "--workers=2", "--threads=1")
        client, _ = bench.hold(GUEST, address)
        workers = handles(children(agent.pid))
        bench.stop(scheduler)
        assert len(workers) == 2 and all(map(has_ended, workers))
        client.communicate(timeout=60)  # it does not wait for ever


def run_with(address, bench):
    done = bench.run([GUEST, "sum"], environment={"DFLOW_SCHEDULER": address})
    assert done.returncode == 1, done
    return done.stderr


def wrong_addresses_are_explained():
    with Bench(DFLOW) as bench:
        expect(run_with("nonsense", bench), "DFLOW_SCHEDULER", "'nonsense' is no address", "HOST:PORT")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))  # nobody listens there
            expect(run_with(f"127.0.0.1:{free.getsockname()[1]}", bench), "nobody answers at 127.0.0.1:", "dflow up")
        both = bench.run([GUEST, "sum"], environment={"DFLOW_SCHEDULER": "127.0.0.1:1", "DFLOW_WORKERS": "2"})
        expect(both.stderr, "unset one of them")


class Service:
    """Something else that listens on a port, and answers each connection with these bytes."""

    def __init__(self, answer, closes):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.answer, self.closes, self.kept = answer, closes, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            connection.recv(10)
            connection.sendall(self.answer)
            if self.closes:
                connection.close()
            else:
                self.kept.append(connection)


def welcome_of_protocol(protocol):
    """A Welcome of another version of dflow's, as docs/formats.md says frames are."""
    text = lambda number, value: struct.pack(">bhi", 11, number, len(value)) + value
    welcome = struct.pack(">bhi", 8, 1, protocol) + text(2, b"9.9.9") + text(3, b"") + struct.pack(">bhi", 8, 4, 1) + b"\0"
    header = struct.pack(">bh", 12, 2) + welcome + b"\0"
    return b"dflw" + struct.pack(">I", len(header)) + header


def other_services_are_named():
    with Bench(DFLOW) as bench:
        expect(run_with(Service(b"HTTP/1.1 400 Bad Request\r\n\r\n", True).address, bench), "another service's port")
        expect(run_with(Service(b"", True).address, bench), "another service's port")
        expect(run_with(Service(b"", False).address, bench), "nothing came in time", "another service's port")


def another_version_is_named():
    with Bench(DFLOW) as bench:
        expect(run_with(Service(welcome_of_protocol(99), False).address, bench), "speaks protocol 99 (dflow 9.9.9)",
               "one version of dflow everywhere")


def another_home_is_refused():
    with Bench(DFLOW) as bench, Bench(DFLOW) as other:
        _, address = other.scheduler()
        expect(run_with(address, bench), "belongs to another user or DFLOW_HOME")


def a_home_that_others_may_read_is_refused():
    with Bench(DFLOW) as bench:
        os.chmod(bench.home, 0o755)
        done = bench.run([DFLOW, "scheduler"])
        assert done.returncode == 2
        expect(done.stderr, "others may look into it: chmod 700")
        os.chmod(bench.home, 0o700)
        _, address = bench.scheduler()
        os.chmod(f"{bench.home}/schedulers", 0o755)
        expect(run_with(address, bench), "schedulers: others may look into it: chmod 700")


def ports_and_hosts_are_checked():
    with Bench(DFLOW) as bench:
        _, address = bench.scheduler()
        taken = bench.run([DFLOW, "scheduler", "--port", address.rsplit(":", 1)[1]])
        assert taken.returncode == 2
        expect(taken.stderr, "cannot listen at " + address, "in use", "take another port")
        assert taken.stderr.count("\n") == 1, taken.stderr
        open_to_all = bench.run([DFLOW, "scheduler", "--host", "0.0.0.0"])
        assert open_to_all.returncode == 2
        expect(open_to_all.stderr, "would open this machine to others")
        expect(bench.run([DFLOW, "scheduler", "--port=70000"]).stderr, "--port=70000", "to 65535")


def strangers_do_not_disturb():
    with Bench(DFLOW) as bench:
        scheduler, address = bench.scheduler()
        host, port = address.rsplit(":", 1)
        for noise in (b"GET / HTTP/1.0\r\n\r\n", b"dflw\xff\xff\xff\xff", b"dflw\0\0\0\4abcd", b""):
            with socket.create_connection((host, int(port))) as stranger:
                stranger.sendall(noise)
        bench.agent(address)
        expect(bench.run([GUEST, "sum", 10], environment={"DFLOW_SCHEDULER": address}).stdout, "sum 285\n")
        bench.stop(scheduler)


run_checks([two_programs_share_a_scheduler, a_killed_clients_tasks_are_cancelled, the_address_file_is_there_while_it_runs,
            its_end_ends_workers_and_tells_programs, wrong_addresses_are_explained, other_services_are_named,
            another_version_is_named, another_home_is_refused, a_home_that_others_may_read_is_refused,
            ports_and_hosts_are_checked, strangers_do_not_disturb])
