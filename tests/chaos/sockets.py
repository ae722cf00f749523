"""Breaks connections between processes from outside, by a second descriptor of the same socket: reset, closed, stalled or lossy.

It takes the right to trace the processes, which a parent that is root has. A socket is stalled, or loses a part of what comes, by a
filter of the kernel on it: the sender is told nothing and sends again, as on a bad line; so this works for TCP alone."""
import contextlib
import ctypes
import os
import re
import socket
import struct

PIDFD_GETFD = 438
LIBC = ctypes.CDLL(None, use_errno=True)
RETURN, LOAD_WORD, JUMP_IF_GREATER = 0x06, 0x20, 0x25
ATTACH_FILTER, DETACH_FILTER = 26, 27  # SO_*
RANDOM = 0xFFFFF000 + 56  # SKF_AD_OFF + SKF_AD_RANDOM
ALL = 0x7FFFFFFF


def duplicate(pid, descriptor):
    handle = os.pidfd_open(pid)
    try:
        copy = LIBC.syscall(PIDFD_GETFD, handle, descriptor, 0)
        if copy < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        return socket.socket(fileno=copy)
    finally:
        os.close(handle)


class Ends:
    """The ends of connections between some processes, each as it was when it was looked for. To be closed."""

    def __init__(self, pids):
        self.all = []  # (socket, its own name, the other's)
        for pid in pids:
            for descriptor in sockets_of(pid):
                with contextlib.suppress(OSError):
                    self.add(duplicate(pid, descriptor), pids)
        names = {own for _, own, _ in self.all}
        self.sockets = [each for each, _, other in self.all if other is None or other in names]

    def add(self, end, pids):
        try:
            end.getpeername()  # else it listens
            if end.family == socket.AF_UNIX:
                peer = struct.unpack("iII", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
                names = (end.getsockname(), None)
                wanted = peer in pids and end.type == socket.SOCK_STREAM
            else:
                names, wanted = (end.getsockname()[:2], end.getpeername()[:2]), end.family in (socket.AF_INET, socket.AF_INET6)
        except OSError:
            wanted = False
        if wanted:
            self.all.append((end, *names))
        else:
            end.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end, _, _ in self.all:
            end.close()


def sockets_of(pid):
    found = []
    with contextlib.suppress(OSError):
        for entry in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{entry}").startswith("socket:"):
                    found.append(int(entry))
    return found


def drop(end):
    """Both are told that the connection is over, as if the other had ended it."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def reset(end):
    """The other side gets a reset. Without one (Unix sockets) it is an end."""
    if end.family == socket.AF_UNIX:
        return drop(end)
    LIBC.connect(end.fileno(), struct.pack("HH12x", socket.AF_UNSPEC, 0), 16)


def lose(end, part):
    """From now on that part of the packets that come (1: all) is lost. Returns what ends it, or None where that cannot be."""
    if end.family == socket.AF_UNIX:
        return None
    code = [(LOAD_WORD, 0, 0, RANDOM), (JUMP_IF_GREATER, 1, 0, int(part * 0xFFFFFFFF)), (RETURN, 0, 0, 0), (RETURN, 0, 0, ALL)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in code))
    mine = socket.socket(fileno=os.dup(end.fileno()))  # dup() would make it a blocking one, for its process too
    mine.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER,
                    struct.pack("HL", len(code), ctypes.addressof(program)))

    def heal():
        with contextlib.suppress(FileNotFoundError):  # another's was put in its place, and has been taken away
            mine.setsockopt(socket.SOL_SOCKET, DETACH_FILTER, 0)
        mine.close()
    return heal


def listening(folder="/proc/net"):
    """Whoever waits for connections in this network, by port, or by name in the abstract namespace."""
    found = []
    for table in ("tcp", "tcp6"):
        with open(f"{folder}/{table}") as lines:
            found += [int(words[1].rsplit(":", 1)[1], 16) for words in map(str.split, list(lines)[1:]) if words[3] == "0A"]
    with open(f"{folder}/unix") as lines:
        found += [name for name in re.findall(r"@\S+$", lines.read(), re.M)]
    return found
