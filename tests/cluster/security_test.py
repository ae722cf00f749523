"""Clusters that others can reach: who gets in by certificate, and who does not. Real processes, and strangers who speak as
they like."""
import contextlib
import os
import ssl
import struct
import subprocess
import sys

from security_support import (AGENT, CLIENT, EVERYWHERE, PEER, TOOL, WORKER, answer, by_tls, folder, hello, listeners_of, plain,
                              security)
from tool_support import Bench, children, expect, run_checks, wait_until

DFLOW, APP, GUEST = sys.argv[1:]


@contextlib.contextmanager
def cluster(*options):
    """A scheduler that listens at all addresses, and an agent."""
    with Bench(DFLOW) as bench:
        security(bench, "init", "--host=127.0.0.1", "--host=localhost")
        _, address = bench.scheduler(EVERYWHERE)
        assert address.startswith("127.0.0.1:"), address
        bench.agent(address, "--workers=2", "--threads=1", *options)
        yield bench, address


def run(bench, address, *words, **environment):
    return bench.run([GUEST, *(words or ("sum", 10))], environment={"DFLOW_SCHEDULER": address} | environment)


def refused(bench, address, *parts, **environment):
    done = run(bench, address, **environment)
    assert done.returncode == 1, done
    expect(done.stderr, *parts)


# ---- checks

def programs_run_by_tls():
    with cluster() as (bench, address):
        expect(run(bench, address, "sum", 100).stdout, "sum 328350\n")
        done = bench.run([APP], environment={"DFLOW_SCHEDULER": address})  # its tasks submit tasks, and fetch values
        assert done.returncode == 0, done
        expect(done.stdout, "sum 14\n")
        expect(bench.run([DFLOW, "status", f"--scheduler={address}"]).stdout, "agent-")
        assert bench.run([DFLOW, "down", f"--scheduler={address}"]).returncode == 0


def no_certificates_no_cluster():
    with Bench(DFLOW) as bench:
        done = bench.run([DFLOW, "scheduler", EVERYWHERE])
        assert done.returncode == 2, done
        expect(done.stderr, "would open this machine to others", "dflow security init")
        refused(bench, "192.0.2.7:7070", "192.0.2.7:7070 takes a certificate", "dflow security init")
        refused(bench, "127.example:7070", "the host '127.example' cannot be found")  # a name like any other
        agent = bench.run([DFLOW, "agent", "--scheduler=192.0.2.7:7070"])
        expect(agent.stderr, "takes a certificate", "dflow security init")


def nobody_is_let_in_in_the_clear():
    with cluster() as (bench, address), Bench(DFLOW) as other:
        for role in (CLIENT, WORKER, AGENT, TOOL):
            with plain(address) as stranger:
                expect(answer(stranger, hello(role)), "by TLS alone", "dflow security issue")
        refused(other, address, "by TLS alone")
        client, _ = bench.hold(GUEST, address)
        agent = bench.processes[1] if bench.processes[1].args[1] == "agent" else bench.processes[2]
        ports = [port for worker in children(agent.pid) for port in listeners_of(worker)]
        assert len(ports) == 2, ports
        for port in ports:
            with plain(f"127.0.0.1:{port}") as stranger:
                expect(answer(stranger, hello(PEER)), "by TLS alone")


def other_authorities_are_refused():
    with cluster() as (bench, address), Bench(DFLOW) as other:
        security(other, "init", "--host=127.0.0.1")
        refused(other, address, "not accepted", "issuer certificate")
        with by_tls(address, f"{folder(bench)}/ca.crt", f"{folder(other)}/client.pem") as stranger:
            assert answer(stranger, hello(CLIENT)) is None
        with by_tls(address, f"{folder(bench)}/ca.crt", None) as stranger:
            assert answer(stranger, hello(CLIENT)) is None
        with by_tls(address, f"{folder(bench)}/ca.crt", f"{folder(bench)}/client.pem") as known:
            assert answer(known, hello(CLIENT)) == ""


def expired(bench):
    """A client's certificate that was good for a year, and long ago."""
    at = folder(bench)
    with open(f"{bench.home}/ca.cnf", "w") as file:
        file.write(f"[ca]\ndefault_ca=it\n[it]\ndatabase={bench.home}/index\nnew_certs_dir={bench.home}\nrand_serial=yes\n"
                   "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n[ext]\nbasicConstraints=critical,CA:FALSE\n"
                   "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\n"
                   "authorityKeyIdentifier=keyid\nsubjectAltName=URI:dflow:role:client\n")
    open(f"{bench.home}/index", "w").close()
    for command in (f"req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=late -keyout late.key -out late.csr",
                    f"ca -batch -config ca.cnf -cert {at}/ca.crt -keyfile {at}/ca.key -in late.csr -out late.crt -notext "
                    "-startdate 20200101000000Z -enddate 20210101000000Z -extensions ext"):
        subprocess.run(["openssl", *command.split()], cwd=bench.home, check=True, capture_output=True)
    with open(f"{bench.home}/late.pem", "w") as whole:
        for name in ("late.crt", "late.key"):
            whole.write(open(f"{bench.home}/{name}").read())
    os.chmod(f"{bench.home}/late.pem", 0o600)
    return f"{bench.home}/late.pem"


def expired_certificates_are_refused():
    with cluster() as (bench, address):
        late = expired(bench)
        with by_tls(address, f"{folder(bench)}/ca.crt", late) as stranger:
            assert answer(stranger, hello(CLIENT)) is None
        os.replace(late, f"{folder(bench)}/client.pem")
        refused(bench, address, "client.pem has expired", "dflow security issue client --force")
        security(bench, "issue", "client", "--force")
        expect(run(bench, address).stdout, "sum 285\n")


def other_hosts_are_refused():
    with Bench(DFLOW) as bench:
        security(bench, "init", "--host=10.9.9.9")
        _, address = bench.scheduler(EVERYWHERE)
        assert address.startswith("10.9.9.9:"), address
        refused(bench, "127.0.0.1:" + address.rsplit(":", 1)[1], "IP address mismatch")
        agent = bench.run([DFLOW, "agent", "--scheduler", "127.0.0.1:" + address.rsplit(":", 1)[1]])
        expect(agent.stderr, "IP address mismatch")


def a_worker_is_only_where_its_certificate_says():
    with Bench(DFLOW) as bench, Bench(DFLOW) as other:
        security(bench, "init", "--host=127.0.0.1")
        security(bench, "issue", "agent", "worker", "--host=10.9.9.9", f"--output={folder(other)}")
        _, address = bench.scheduler(EVERYWHERE)
        other.agent(address)
        done = run(bench, address)
        assert done.returncode == 1, done
        expect(done.stderr, "does not name the host of 127.0.0.1", "dflow security issue worker --host=")


def revoked_certificates_are_refused_at_once():
    with cluster() as (bench, address):
        expect(run(bench, address).stdout, "sum 285\n")
        security(bench, "revoke", f"{folder(bench)}/client.pem")
        refused(bench, address, "certificate", "revoked")
        security(bench, "issue", "client", "--force")
        expect(run(bench, address).stdout, "sum 285\n")
        security(bench, "revoke", f"{folder(bench)}/scheduler.pem")
        refused(bench, address, "certificate revoked")


def a_certificate_is_for_one_role():
    with cluster() as (bench, address):
        allowed = {"client": {(CLIENT, None), (TOOL, None)}, "agent": {(AGENT, None)}, "worker": {(WORKER, None), (CLIENT, 7)}}
        for name, own in allowed.items():
            for claim in ((CLIENT, None), (WORKER, None), (AGENT, None), (TOOL, None), (CLIENT, 7), (PEER, None), (99, None)):
                role, worker = claim
                with by_tls(address, f"{folder(bench)}/ca.crt", f"{folder(bench)}/{name}.pem") as stranger:
                    why = answer(stranger, hello(role, program="x", worker=worker))
                    if claim not in own:
                        assert f"is a {name}'s" in why or "has no values" in why, (name, claim, why)
                    elif name == "worker":  # nobody has told it the program's secret
                        expect(why, "another program only")
                    else:
                        assert why == "", (name, claim, why)
        with by_tls(address, f"{folder(bench)}/ca.crt", f"{folder(bench)}/client.pem") as stranger:
            expect(answer(stranger, hello(CLIENT, program="x@somebody")), "a program of a name that is none")


def silent_connections_hold_no_threads():
    for options in ((), (EVERYWHERE,)):
        with Bench(DFLOW) as bench, contextlib.ExitStack() as strangers:
            security(bench, "init", "--host=127.0.0.1")
            scheduler, address = bench.scheduler(*options)
            bench.agent(address, "--workers=1", "--threads=1")
            tasks = f"/proc/{scheduler.pid}/task"
            before = len(os.listdir(tasks))
            silent = [strangers.enter_context(plain(address)) for _ in range(100)]
            expect(run(bench, address).stdout, "sum 285\n")
            wait_until("the program's threads are gone", lambda: len(os.listdir(tasks)) <= before + 2)  # a worker is left
            for stranger in silent:
                stranger.settimeout(60)
                assert stranger.recv(1) == b""  # shown out
            expect(run(bench, address).stdout, "sum 285\n")


def members_sizes_are_bounded():
    with cluster() as (bench, address):
        with by_tls(address, f"{folder(bench)}/ca.crt", f"{folder(bench)}/client.pem") as member:
            assert answer(member, hello(CLIENT, program="x")) == ""
            member.sendall(b"dflw" + struct.pack(">I", 0xffffffff))
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                while member.recv(4096):  # what it was told before; then its connection ends
                    pass
        expect(run(bench, address).stdout, "sum 285\n")


run_checks([programs_run_by_tls, no_certificates_no_cluster, nobody_is_let_in_in_the_clear, other_authorities_are_refused,
            expired_certificates_are_refused, other_hosts_are_refused, a_worker_is_only_where_its_certificate_says,
            revoked_certificates_are_refused_at_once, a_certificate_is_for_one_role, silent_connections_hold_no_threads,
            members_sizes_are_bounded])
