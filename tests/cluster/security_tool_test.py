"""`dflow security`: what it makes, judged by openssl's own tool; and that nothing it does leaves halves behind."""
import json
import os
import resource
import stat
import subprocess
import sys
import threading

from tool_support import Bench, expect, run_checks

DFLOW = sys.argv[1]
ROLES = ["client", "scheduler", "agent", "worker"]


def security(bench, *words, code=0):
    done = bench.run([DFLOW, "security", *words])
    assert done.returncode == code, done
    return done.stdout if code == 0 else done.stderr


def folder(bench):
    return f"{bench.home}/security"


def shown(bench):
    return json.loads(security(bench, "show", "--json"))


def serial_of(bench, role):
    return next(each["serial"] for each in shown(bench)["certificates"]
                if each["role"] == role and each["state"] == "used here")


def openssl(*words):
    return subprocess.run(["openssl", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)


def verified(at, role, *words):
    return openssl("verify", "-x509_strict", "-crl_check", "-CAfile", f"{at}/ca.crt", "-CRLfile", f"{at}/revoked.crl", *words,
                   f"{at}/{role}.pem")


def files_in(path):
    return sorted(os.path.join(base, name) for base, _, names in os.walk(path) for name in names)


def init_makes_an_authority_and_all_roles():
    with Bench(DFLOW) as bench:
        expect(security(bench, "init", "--host=bern.example", "--host=10.0.0.5"), "ca.key", "another machine")
        purposes = {"client": ["sslclient"], "agent": ["sslclient"], "scheduler": ["sslserver"],
                    "worker": ["sslclient", "sslserver"]}
        for role in ROLES:
            for purpose in ("sslclient", "sslserver"):
                good = verified(folder(bench), role, "-purpose", purpose).returncode == 0
                assert good == (purpose in purposes[role]), (role, purpose)
            assert verified(folder(bench), role, "-verify_hostname", "bern.example").returncode == 0
            assert verified(folder(bench), role, "-verify_ip", "10.0.0.5").returncode == 0
            assert verified(folder(bench), role, "-verify_hostname", "other.example").returncode != 0
            text = openssl("x509", "-in", f"{folder(bench)}/{role}.pem", "-noout", "-text").stdout
            expect(text, f"URI:dflow:role:{role}", "NIST CURVE: P-256", "CA:FALSE")
        assert {each["role"] for each in shown(bench)["certificates"]} == set(ROLES)
        assert {each["state"] for each in shown(bench)["certificates"]} == {"used here"}


def all_of_it_is_private():
    with Bench(DFLOW) as bench:
        os.umask(0)
        try:
            security(bench, "init")
            security(bench, "issue", "worker", "--host=a", f"--output={bench.home}/out")
            security(bench, "revoke", serial_of(bench, "client"))
        finally:
            os.umask(0o022)
        for base in (folder(bench), f"{bench.home}/out"):
            assert stat.S_IMODE(os.stat(base).st_mode) == 0o700
            for path in files_in(base):
                assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, path


def a_second_init_replaces_nothing_unless_forced():
    with Bench(DFLOW) as bench:
        security(bench, "init")
        before = shown(bench)
        expect(security(bench, "init", code=2), "is there already", "--force")
        assert shown(bench) == before
        security(bench, "init", "--force")
        assert shown(bench)["authority"]["sha256"] != before["authority"]["sha256"]
        assert os.listdir(bench.home) == ["security"]


def issue_fills_a_folder_for_another_machine():
    with Bench(DFLOW) as bench, Bench(DFLOW) as other:
        security(bench, "init")
        out = folder(other)
        told = security(bench, "issue", "agent", "worker", "--host=node7", "--host=10.0.0.7", "--days=30", f"--output={out}")
        expect(told, "agent node7", "worker node7", "copy")
        assert not os.path.exists(f"{out}/ca.key")
        for role in ("agent", "worker"):
            assert verified(out, role, "-verify_ip", "10.0.0.7").returncode == 0
        there = shown(other)
        assert not there["authority"]["has_key"]
        assert [each["hosts"] for each in there["certificates"]] == [["node7", "10.0.0.7"]] * 2
        assert len(shown(bench)["certificates"]) == 6
        expect(security(other, "issue", "agent", code=2), "no authority's key", "dflow security init")
        expect(security(bench, "issue", "agent", f"--output={out}", code=2), "agent.pem is there already", "--force")
        security(bench, "issue", "agent", f"--output={out}", "--force")


def a_client_names_its_user():
    with Bench(DFLOW) as bench:
        security(bench, "init", "--user=alice")
        assert {each["user"] for each in shown(bench)["certificates"] if each["role"] == "client"} == {"alice"}
        assert {each["user"] for each in shown(bench)["certificates"] if each["role"] != "client"} == {""}


def an_empty_user_is_not_who_calls_this():
    with Bench(DFLOW) as bench:
        expect(security(bench, "init", "--user=", code=2), "--user", "nobody has an empty name")


def revoke_takes_serials_their_beginnings_and_files():
    with Bench(DFLOW) as bench:
        security(bench, "init")
        assert verified(folder(bench), "client").returncode == 0
        expect(security(bench, "revoke", serial_of(bench, "client")), "revoked: client", "revoked.crl")
        expect(verified(folder(bench), "client").stderr, "certificate revoked")
        security(bench, "revoke", serial_of(bench, "agent")[:8], f"{folder(bench)}/worker.pem")
        states = {each["role"]: each["state"] for each in shown(bench)["certificates"]}
        assert states == {"client": "revoked", "agent": "revoked", "worker": "revoked", "scheduler": "used here"}
        expect(security(bench, "revoke", f"{folder(bench)}/worker.pem"), "revoked before")
        number = openssl("crl", "-in", f"{folder(bench)}/revoked.crl", "-noout", "-crlnumber").stdout
        assert number == "crlNumber=0x03\n", number


def revoke_is_all_or_nothing():
    with Bench(DFLOW) as bench, Bench(DFLOW) as other:
        security(bench, "init")
        security(other, "init")
        for wrong, why in (("0123456789abcdef", "no certificate that this authority has issued"), ("ab", "too short"),
                           (f"{folder(other)}/client.pem", "no certificate that this authority has issued"),
                           (f"{folder(bench)}/config", "no certificate can be read")):
            expect(security(bench, "revoke", serial_of(bench, "client"), wrong, code=2), why)
        assert {each["state"] for each in shown(bench)["certificates"]} == {"used here"}


def many_at_once_lose_nothing():
    with Bench(DFLOW) as bench:
        security(bench, "init")
        for i in range(4):
            security(bench, "issue", "client", f"--user=user{i}", f"--output={bench.home}/{i}")
        threads = [threading.Thread(target=security, args=(bench, "revoke", f"{bench.home}/{i}/client.pem")) for i in range(4)]
        threads += [threading.Thread(target=security, args=(bench, "issue", "worker", f"--output={bench.home}/w{i}"))
                    for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        states = [each["state"] for each in shown(bench)["certificates"]]
        assert states.count("revoked") == 4 and len(states) == 12, states


def a_full_disk_leaves_what_was_there():
    with Bench(DFLOW) as bench:
        def no_room():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        done = bench.run([DFLOW, "security", "init"], preexec_fn=no_room)
        assert done.returncode == 2, done
        expect(done.stderr, "dflow: error:", "File too large")
        assert os.listdir(bench.home) == []
        security(bench, "init")
        before = {path: open(path).read() for path in files_in(folder(bench))}
        for words in (["init", "--force"], ["revoke", serial_of(bench, "client")], ["issue", "worker", "--force"]):
            assert bench.run([DFLOW, "security", *words], preexec_fn=no_room).returncode == 2
        assert {path: open(path).read() for path in files_in(folder(bench)) if not path.endswith("lock")} == before


def wrong_words_are_explained():
    with Bench(DFLOW) as bench:
        expect(security(bench, "show", code=2), "dflow security init")
        expect(security(bench, "issue", "worker", code=2), "dflow security init")
        security(bench, "init")
        expect(security(bench, "issue", "boss", code=2), "'boss' is no role", "client, scheduler, agent and worker")
        expect(security(bench, "issue", "worker", "--host=a b", "--force", code=2), "neither a host's name nor an IP address")
        expect(security(bench, "issue", "worker", "--days=0", code=2), "--days=0", "1 to 3650")
        expect(security(bench, "sho", code=2), "no command security sho", "show")
        expect(security(bench, code=2), "which command?")


def with_config(bench, old, new):
    config = f"{folder(bench)}/config"
    text = open(config).read()
    assert old in text
    with open(config, "w") as file:
        file.write(text.replace(old, new))


def revoke_writes_the_list_that_is_looked_at():
    with Bench(DFLOW) as bench:
        security(bench, "init")
        os.rename(f"{folder(bench)}/revoked.crl", f"{folder(bench)}/mine.crl")
        with_config(bench, "revoked.crl", "mine.crl")
        expect(security(bench, "revoke", serial_of(bench, "client")), "mine.crl")
        assert {each["role"]: each["state"] for each in shown(bench)["certificates"]}["client"] == "revoked"
        out = f"{bench.home}/other"
        security(bench, "issue", "client", "--user=eve", f"--output={out}")
        assert open(f"{out}/revoked.crl").read() == open(f"{folder(bench)}/mine.crl").read()


def where_no_list_is_looked_at_nothing_is_said_to_be_revoked():
    with Bench(DFLOW) as bench:
        security(bench, "init")
        with_config(bench, "revoked = revoked.crl", "")
        expect(security(bench, "revoke", serial_of(bench, "client"), code=2), "names no list of revoked certificates")
        expect(security(bench, "show"), "names no list of revoked certificates")
        server = bench.start([DFLOW, "scheduler", "--host=0.0.0.0", "--port=0"])
        expect(server.stderr.readline(), "config names no list of revoked certificates")


def what_says_who_is_let_in_is_nobody_elses_to_write():
    with Bench(DFLOW) as bench:
        security(bench, "init")
        elsewhere = f"{bench.home}/elsewhere"
        os.mkdir(elsewhere)
        os.rename(f"{folder(bench)}/ca.crt", f"{elsewhere}/ca.crt")
        with_config(bench, "= ca.crt", f"= {elsewhere}/ca.crt")
        expect(security(bench, "show"), "authority")
        os.chmod(f"{elsewhere}/ca.crt", 0o666)
        expect(security(bench, "show", code=2), "elsewhere/ca.crt: others may write it")
        os.chmod(f"{elsewhere}/ca.crt", 0o644)
        os.chmod(elsewhere, 0o777)
        expect(security(bench, "show", code=2), "elsewhere: others may write it")
        os.chmod(elsewhere, 0o1777)
        expect(security(bench, "show"), "authority")


def an_authoritys_key_is_nobody_elses_to_read():
    with Bench(DFLOW) as bench:
        security(bench, "init")
        os.chmod(f"{folder(bench)}/ca.key", 0o644)
        expect(security(bench, "issue", "worker", "--force", code=2), "ca.key: others may read it: chmod 600")


def a_damaged_folder_is_explained():
    with Bench(DFLOW) as bench:
        security(bench, "init")
        config = f"{folder(bench)}/config"
        whole = open(config).read()
        for text, why in (("nonsense\n", "config:1: expected NAME = FILE"), (whole + "boss = x\n", "'boss' is no setting"),
                          (whole + "client = x\n", "has a file already"), ("# none\n", "no authority is named")):
            with open(config, "w") as file:
                file.write(text)
            expect(security(bench, "show", code=2), why)
        with open(config, "w") as file:
            file.write(whole)
        os.chmod(f"{folder(bench)}/worker.pem", 0o644)
        expect(security(bench, "show", code=2), "worker.pem: others may read it: chmod 600")
        os.chmod(f"{folder(bench)}/worker.pem", 0o600)
        os.chmod(folder(bench), 0o755)
        expect(security(bench, "show", code=2), "others may look into it: chmod 700")
        os.chmod(folder(bench), 0o700)
        with open(f"{folder(bench)}/revoked.crl", "w") as file:
            file.write("nothing")
        expect(security(bench, "show", code=2), "revoked.crl", "cannot be read")


run_checks([init_makes_an_authority_and_all_roles, all_of_it_is_private, a_second_init_replaces_nothing_unless_forced,
            issue_fills_a_folder_for_another_machine, a_client_names_its_user, an_empty_user_is_not_who_calls_this,
            revoke_writes_the_list_that_is_looked_at, where_no_list_is_looked_at_nothing_is_said_to_be_revoked,
            what_says_who_is_let_in_is_nobody_elses_to_write, an_authoritys_key_is_nobody_elses_to_read,
            revoke_takes_serials_their_beginnings_and_files, revoke_is_all_or_nothing, many_at_once_lose_nothing,
            a_full_disk_leaves_what_was_there, wrong_words_are_explained, a_damaged_folder_is_explained])
