"""Nothing is left of a cluster that nobody uses any more: what it had at the beginning it has at the end, and after that nothing."""
import os
import select

from sockets import listening
from tool_support import wait_until


def resources(pid):
    """Open files, and threads."""
    return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))


def described(pid):
    """The same for people: what the files are, and where the threads are in the kernel."""
    def read(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    try:
        files = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        threads = [f"{read(f'/proc/{pid}/task/{tid}/comm')} in {read(f'/proc/{pid}/task/{tid}/wchan')}" for tid in os.listdir(f"/proc/{pid}/task")]
    except OSError as error:
        return str(error)
    return f"{sorted(files)}, {sorted(threads)}"


class Leaks:
    def __init__(self, home, alone):
        """`alone`: nobody else is in this network."""
        self.home, self.alone = home, alone
        self.handles = {}  # pid -> pidfd, of those that have not ended yet
        self.pids = set()  # of all that there ever were
        self.others = set(listening()) if alone else set()

    def watch(self, pids):
        """All of these have to end, too."""
        for pid in pids:
            if pid not in self.handles:
                try:
                    self.handles[pid] = os.pidfd_open(pid)
                    self.pids.add(pid)
                except ProcessLookupError:
                    pass
        if len(self.handles) > 100:
            self.forget_ended()

    def forget_ended(self):
        poll = select.poll()
        for handle in self.handles.values():
            poll.register(handle, select.POLLIN)
        ended = {handle for handle, _ in poll.poll(0)}
        for handle in ended:
            os.close(handle)
        self.handles = {pid: handle for pid, handle in self.handles.items() if handle not in ended}
        return not self.handles

    def begin(self, members):
        """What each kind of them has while nobody uses the cluster; all of them have joined."""
        seen = {}

        def settled(pid):
            before, seen[pid] = seen.get(pid), resources(pid)
            return before == seen[pid]  # threads of new connections may still begin

        for kind, pid in members:
            wait_until(f"nothing changes in the {kind}", lambda: settled(pid), every=0.2)
        self.at_first = {kind: seen[pid] for kind, pid in members}

    def check_members(self, members):
        """All workers have ended, and the members that there are now have no more than those of the beginning."""
        wait_until("all workers have ended", self.forget_ended)
        for kind, pid in members:
            wait_until(lambda: f"the {kind} has at most {self.at_first[kind]} files and threads, not {resources(pid)}: {described(pid)}",
                       lambda: all(now <= then for now, then in zip(resources(pid), self.at_first[kind])))

    def check_machine(self):
        """After the end of all members."""
        wait_until("all have ended", self.forget_ended)
        left = [name for name in os.listdir("/dev/shm") if any(str(pid) in name for pid in self.pids)]
        for folder in ("tmp", "schedulers", "journal"):
            left += [os.path.join(path, name) for path, _, names in os.walk(f"{self.home}/{folder}") for name in names if name != "lock"]
        left += set(listening()) - self.others if self.alone else []
        assert not left, f"left over: {left}"
