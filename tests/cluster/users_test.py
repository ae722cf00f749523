"""Programs of several users on one agent."""
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile

from security_support import EVERYWHERE, PEER, Known, answer, by_tls, folder, hello, listeners_of, security
from tool_support import Bench, expect, handles, has_ended, run_checks

DFLOW, _, GUEST = sys.argv[1:]
ROOT = os.geteuid() == 0
ALICE, BOB = pwd.getpwnam("nobody"), pwd.getpwnam("daemon")  # every machine has them


def become(user):
    def change():
        os.setgroups([])
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    return change


def may(user, *command):
    return subprocess.run(command, preexec_fn=become(user), capture_output=True, stdin=subprocess.DEVNULL, cwd="/",
                          timeout=60).returncode == 0


def environment_of(pid):
    with open(f"/proc/{pid}/environ") as file:
        return dict(entry.split("=", 1) for entry in file.read().split("\0") if entry)


def uids_of(pid):
    with open(f"/proc/{pid}/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return lines["Uid"].split() + lines["Gid"].split()


class Folder:
    """One that others may pass through, as root's own."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="dflow-users-")
        os.chmod(self.path, 0o711)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path)


def everybody_runs_as_himself():
    with Bench(DFLOW) as bench, Bench(DFLOW) as alice, Bench(DFLOW) as bob, Folder() as users:
        security(bench, "init", "--host=127.0.0.1")
        for user, own in ((ALICE, alice), (BOB, bob)):
            security(bench, "issue", "client", f"--user={user.pw_name}", f"--output={folder(own)}")
        _, address = bench.scheduler(EVERYWHERE)
        agent = bench.agent(address, "--workers=1", "--threads=2", f"--users-dir={users}/d", environment={"OF_ROOT": "x"})
        workers = {}
        for user, own in ((ALICE, alice), (BOB, bob)):
            _, pid = own.hold(GUEST, address)
            workers[user] = pid
            assert uids_of(pid) == [str(user.pw_uid)] * 4 + [str(user.pw_gid)] * 4
            environment = environment_of(pid)
            assert "OF_ROOT" not in environment and environment["USER"] == user.pw_name, environment
        assert workers[ALICE] != workers[BOB]

        of_alice = f"{users}/d/{ALICE.pw_name}"
        key, worker = f"{of_alice}/security/worker.pem", workers[ALICE]
        assert may(ALICE, "cat", key) and may(ALICE, "cat", f"/proc/{worker}/environ")
        for hers in (key, f"/proc/{worker}/environ", f"/proc/{worker}/maps"):
            assert not may(BOB, "cat", hers), hers
        assert not may(BOB, "ls", of_alice) and not may(BOB, "ls", users + "/d")
        for base, _, names in os.walk(f"{of_alice}/cache"):  # what was checked stays as it was
            for name in [".", *names]:
                found = os.stat(os.path.join(base, name))
                assert found.st_uid == 0 and stat.S_IMODE(found.st_mode) & 0o027 == 0, (base, name, found)

        secrets = {user: environment_of(pid)["DFLOW_WORKER_SECRET"].encode() for user, pid in workers.items()}
        program = environment_of(worker)["DFLOW_WORKER_PROGRAM"]
        for user, known in ((ALICE, True), (BOB, False)):
            for port in listeners_of(worker):
                with Known(f"127.0.0.1:{port}", f"{folder(bench)}/ca.crt", f"{folder(bench)}/worker.pem") as peer:
                    why = answer(peer, hello(PEER, program=program, secret=peer.proof(secrets[user])))
                    assert (why == "") == known, (user.pw_name, why)
                with by_tls(f"127.0.0.1:{port}", f"{folder(bench)}/ca.crt", f"{folder(bench)}/worker.pem") as peer:
                    assert answer(peer, hello(PEER, program=program, secret=secrets[user])), "it is not said as it is"

        ends = handles(workers.values())
        agent.kill()
        assert all(map(has_ended, ends))


def what_is_revoked_later_is_known_to_everybodys_workers():
    with Bench(DFLOW) as bench, Bench(DFLOW) as alice, Bench(DFLOW) as other, Folder() as users:
        security(bench, "init", "--host=127.0.0.1")
        security(bench, "issue", "client", f"--user={ALICE.pw_name}", f"--output={folder(alice)}")
        security(bench, "issue", "worker", "--host=127.0.0.1", f"--output={folder(other)}")
        _, address = bench.scheduler(EVERYWHERE)
        bench.agent(address, "--workers=1", "--threads=2", f"--users-dir={users}/d")
        _, worker = alice.hold(GUEST, address)
        environment = environment_of(worker)
        program, secret = environment["DFLOW_WORKER_PROGRAM"], environment["DFLOW_WORKER_SECRET"].encode()
        peers = [Known(f"127.0.0.1:{port}", f"{folder(bench)}/ca.crt", f"{folder(other)}/worker.pem") for port in listeners_of(worker)]
        assert peers and all(answer(peer, hello(PEER, program=program, secret=peer.proof(secret))) == "" for peer in peers)
        security(bench, "revoke", f"{folder(other)}/worker.pem")
        for peer in peers:  # nobody but the worker itself can have ended it
            peer.wait_for_end()
            peer.close()


def a_user_that_is_not_there_is_refused():
    with Bench(DFLOW) as bench, Folder() as users:
        security(bench, "init", "--host=127.0.0.1", "--user=nobody-at-all")
        _, address = bench.scheduler(EVERYWHERE)
        bench.agent(address, f"--users-dir={users}/d")
        done = bench.run([GUEST, "sum"], environment={"DFLOW_SCHEDULER": address})
        assert done.returncode == 1, done
        expect(done.stderr, "this machine has no user 'nobody-at-all'", "--any-user")


def a_folder_that_others_may_write_is_refused():
    with Bench(DFLOW) as bench, Folder() as users:
        os.chmod(users, 0o777)
        security(bench, "init", "--host=127.0.0.1", f"--user={ALICE.pw_name}")
        _, address = bench.scheduler(EVERYWHERE)
        bench.agent(address, f"--users-dir={users}")
        done = bench.run([GUEST, "sum"], environment={"DFLOW_SCHEDULER": address})
        expect(done.stderr, users, "others may do more with it than they should")


def an_agent_that_is_not_root_runs_its_own_users_programs():
    with Bench(DFLOW) as bench, Bench(DFLOW) as other:
        security(bench, "init", "--host=127.0.0.1", "--user=somebody")
        security(bench, "issue", "agent", "worker", "--host=127.0.0.1", f"--output={folder(other)}")
        tool = shutil.copy(DFLOW, f"{other.home}/dflow")  # where the build is, others may not be let in
        options = {}
        if ROOT:
            for base, folders, names in os.walk(other.home):
                for name in [".", *folders, *names]:
                    os.chown(os.path.join(base, name), ALICE.pw_uid, ALICE.pw_gid)
            options = {"preexec_fn": become(ALICE), "cwd": "/"}
        own = ALICE.pw_name if ROOT else pwd.getpwuid(os.geteuid()).pw_name
        other.dflow = tool
        _, address = bench.scheduler(EVERYWHERE)
        agent = other.agent(address, **options)
        done = bench.run([GUEST, "sum"], environment={"DFLOW_SCHEDULER": address})
        assert done.returncode == 1, done
        expect(done.stderr, f"the agent runs as '{own}', and this is a program of 'somebody'", "--any-user")
        agent.kill()
        other.agent(address, "--any-user", "--workers=1", "--threads=2", **options)
        assert uids_of(bench.hold(GUEST, address)[1])[0] == str(pwd.getpwnam(own).pw_uid)


checks = [an_agent_that_is_not_root_runs_its_own_users_programs]
if ROOT:
    checks += [everybody_runs_as_himself, what_is_revoked_later_is_known_to_everybodys_workers,
               a_user_that_is_not_there_is_refused, a_folder_that_others_may_write_is_refused]
else:
    print("left out: what only root can do")
run_checks(checks)
