"""What the tests of clusters that others can reach share: certificates, and strangers who speak as they like."""
import contextlib
import hashlib
import hmac
import os
import re
import socket
import ssl
import struct
import subprocess

CLIENT, WORKER, PEER, AGENT, TOOL = 1, 2, 3, 4, 5
EVERYWHERE = "--host=0.0.0.0"
MESSAGES = os.path.join(os.path.dirname(__file__), "../../runtime/net/messages.h")
PROTOCOL = int(re.search(r"kProtocol = (\d+)", open(MESSAGES).read()).group(1))


def security(bench, *words):
    done = bench.run([bench.dflow, "security", *words])
    assert done.returncode == 0, done
    return done.stdout


def folder(bench):
    return f"{bench.home}/security"


def hello(role, program="", secret=b"", worker=None, protocol=PROTOCOL, address=""):
    """A greeting, as docs/formats.md says frames are."""
    text = lambda number, value: struct.pack(">bhi", 11, number, len(value)) + value
    body = struct.pack(">bhi", 8, 1, protocol) + text(2, b"0") + struct.pack(">bhi", 8, 3, role)
    body += text(4, program.encode()) + text(5, b"stranger") + text(6, b"host") + text(7, address.encode())
    body += struct.pack(">bhi", 8, 8, 1) + struct.pack(">bhq", 10, 9, 1)
    if worker is not None:
        body += struct.pack(">bhi", 8, 10, worker)
    body += text(11, secret) + struct.pack(">bhbbi", 13, 12, 11, 4, 0) + b"\0"
    header = struct.pack(">bh", 12, 1) + body + b"\0"
    return b"dflw" + struct.pack(">I", len(header)) + header


def answer(connection, greeting):
    """What the other side says to that: its refusal, "" if it lets one in, or None at the connection's end."""
    connection.settimeout(30)
    try:
        connection.sendall(greeting)
        prefix = read(connection, 8)
        if len(prefix) < 8 or prefix[:4] != b"dflw":
            return None
        header = read(connection, struct.unpack(">I", prefix[4:])[0])
    except (ssl.SSLError, ConnectionError):
        return None
    at = header.index(b"\x0b\x00\x03") + 3
    return header[at + 4:at + 4 + struct.unpack(">i", header[at:at + 4])[0]].decode()


def read(connection, size):
    whole = b""
    while len(whole) < size:
        piece = connection.recv(size - len(whole))
        if not piece:
            break
        whole += piece
    return whole


def plain(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=30)


def by_tls(address, authority, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    if certificate:
        context.load_cert_chain(certificate)
    return context.wrap_socket(plain(address), server_hostname=address.rsplit(":", 1)[0])


class Known:
    """A connection by TLS whose end can prove that it knows a secret: Python's ssl does not tell what that takes, openssl's tool does."""

    def __init__(self, address, authority, certificate):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", address, "-CAfile", authority, "-cert", certificate, "-key", certificate, "-nocommands",
             "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        self.begun = False
        for line in self.process.stdout:
            if found := re.search(rb"Keying material: (\w+)", line):
                self.binding = bytes.fromhex(found[1].decode())
                return
        raise AssertionError("no connection by TLS")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def proof(self, secret):
        return hmac.new(secret, b"dflow caller " + self.binding, hashlib.sha256).hexdigest()[:32].encode()

    def settimeout(self, _):
        pass

    def sendall(self, data):
        self.process.stdin.write(data)

    def recv(self, size):
        if self.begun:
            return self.process.stdout.read(size)
        said = b""  # by the tool, before the other side says anything
        while not said.endswith(b"dflw") and (byte := self.process.stdout.read(1)):
            said += byte
        self.begun = True
        return said[-4:]

    def wait_for_end(self):
        self.process.wait(timeout=60)

    def close(self):
        self.process.kill()
        self.process.communicate()


def listeners_of(pid):
    """The ports at which a process listens."""
    inodes = set()
    for entry in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            link = os.readlink(f"/proc/{pid}/fd/{entry}")
            if link.startswith("socket:["):
                inodes.add(link[8:-1])
    ports = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as lines:
            for line in list(lines)[1:]:
                words = line.split()
                if words[3] == "0A" and words[9] in inodes:
                    ports.append(int(words[1].rsplit(":", 1)[1], 16))
    return ports
