"""A network between the members of a cluster and its scheduler that does what one likes: it delays, stalls, resets and drops.

Members that are told the proxy's address as the scheduler's have all their connections run through it. Real sockets, no rights needed."""
import collections
import os
import selectors
import shutil
import socket
import struct
import threading
import time

UP, DOWN = "up", "down"  # from a member to the scheduler, and back


class Pipe:
    """One connection: a member's end and the scheduler's. Each direction may be stalled, or slow."""

    def __init__(self, member, scheduler, lag):
        self.ends = {UP: member, DOWN: scheduler}  # where that direction's bytes come from
        self.into = {UP: scheduler, DOWN: member}
        self.waiting = {UP: collections.deque(), DOWN: collections.deque()}  # (when it may go on, bytes)
        self.stalled = set()
        self.lag = lag
        self.answered = False

    def sockets(self):
        return self.ends.values()


class Links:
    """The proxy. What it is told to do it does to the connections of that moment; those that are made later work."""

    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.lock, self.pipes, self.lag, self.refusing, self.over = threading.Lock(), [], 0.0, False, False
        self.made = 0  # connections, since the beginning
        self.answers_to_lose = 0
        self.wake_out, self.wake_in = os.pipe()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def share_secret(self, home):
        """Who joins at the proxy's port looks for the secret of the scheduler's there."""
        shutil.copyfile(f"{home}/schedulers/{self.target[1]}", f"{home}/schedulers/{self.address.rsplit(':', 1)[1]}")
        os.chmod(f"{home}/schedulers/{self.address.rsplit(':', 1)[1]}", 0o600)

    def forget_secret(self, home):
        os.remove(f"{home}/schedulers/{self.address.rsplit(':', 1)[1]}")

    # ---- What may happen. `choose` picks from the connections that there are; None: all of them.

    def reset(self, choose=None, sides=(UP, DOWN)):
        """Both ends are told that the connection is no more, or one: for the other it is half open."""
        with self.lock:
            for pipe in self.picked(choose):
                pipe.stalled = {UP, DOWN}
                for side in sides:
                    self.end(pipe, side, reset=True)
        self.wake()

    def drop(self, choose=None):
        """Both ends are closed, as if the others had done it."""
        with self.lock:
            for pipe in self.picked(choose):
                for side in (UP, DOWN):
                    self.end(pipe, side)
        self.wake()

    def stall(self, choose=None, directions=(UP, DOWN)):
        """Nothing goes on any more, and nobody is told. Returns what lets it go on."""
        with self.lock:
            pipes = self.picked(choose)
            for pipe in pipes:
                pipe.stalled |= set(directions)

        def heal():
            with self.lock:
                for pipe in pipes:
                    pipe.stalled -= set(directions)
            self.wake()
        return heal

    def slow(self, seconds):
        """All bytes take so much longer, also on connections that are made later."""
        with self.lock:
            self.lag = seconds
            for pipe in self.pipes:
                pipe.lag = seconds
        self.wake()

    def refuse(self, refusing):
        """Connections end as soon as they are made."""
        with self.lock:
            self.refusing = refusing

    def lose_answers(self, count):
        """The next so many connections are reset when the first bytes come from the scheduler: they never reach the member."""
        with self.lock:
            self.answers_to_lose = count

    def close(self):
        with self.lock:
            self.over = True
        self.wake()
        self.thread.join()
        for pipe in self.pipes:
            for end in pipe.sockets():
                end.close()
        self.listener.close()
        os.close(self.wake_in)
        os.close(self.wake_out)

    # ---- The proxy's own thread

    def picked(self, choose):
        return [choose(self.pipes)] if choose and self.pipes else list(self.pipes)

    def end(self, pipe, side, reset=False):
        end = pipe.ends[side]
        if reset and end.fileno() >= 0:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()
        if all(each.fileno() < 0 for each in pipe.sockets()) and pipe in self.pipes:
            self.pipes.remove(pipe)

    def wake(self):
        os.write(self.wake_in, b"x")

    def accept(self):
        member, _ = self.listener.accept()
        with self.lock:
            refusing = self.refusing
        if refusing:
            member.close()
            return
        try:
            scheduler = socket.create_connection(self.target, timeout=5)
        except OSError:
            member.close()
            return
        for end in (member, scheduler):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.pipes.append(Pipe(member, scheduler, self.lag))
            self.made += 1

    def read(self, pipe, side):
        try:
            data = pipe.ends[side].recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if side == DOWN and not pipe.answered:
            pipe.answered = True
            if self.answers_to_lose > 0:
                self.answers_to_lose -= 1
                for each in (UP, DOWN):
                    self.end(pipe, each, reset=True)
                return
        pipe.waiting[side].append((time.monotonic() + pipe.lag, data))

    def write(self, pipe, side):
        """What is due; an empty piece is the end."""
        waiting = pipe.waiting[side]
        while waiting and waiting[0][0] <= time.monotonic():
            when, data = waiting.popleft()
            if not data:
                for each in (UP, DOWN):
                    self.end(pipe, each)
                return
            try:
                sent = pipe.into[side].send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                waiting.clear()
                for each in (UP, DOWN):
                    self.end(pipe, each)
                return
            if sent < len(data):
                waiting.appendleft((when, data[sent:]))
                return

    def interests(self):
        """What to wait for, and how long at most."""
        wanted, pause = {self.listener: (selectors.EVENT_READ, None), self.wake_out: (selectors.EVENT_READ, None)}, 1.0
        for pipe in self.pipes:
            for side in (UP, DOWN):
                if side in pipe.stalled or pipe.ends[side].fileno() < 0 or pipe.into[side].fileno() < 0:
                    continue
                waiting = pipe.waiting[side]
                if sum(len(data) for _, data in waiting) < 1 << 20 and not (waiting and not waiting[-1][1]):
                    events, what = wanted.get(pipe.ends[side], (0, pipe))
                    wanted[pipe.ends[side]] = (events | selectors.EVENT_READ, what)
                if waiting:
                    left = waiting[0][0] - time.monotonic()
                    if left <= 0:
                        events, what = wanted.get(pipe.into[side], (0, pipe))
                        wanted[pipe.into[side]] = (events | selectors.EVENT_WRITE, what)
                    pause = min(pause, max(left, 0.001))
        return wanted, pause

    def serve(self, pipe, end, events):
        for side in (UP, DOWN):
            if side in pipe.stalled or pipe.ends[side].fileno() < 0 or pipe.into[side].fileno() < 0:
                continue
            if events & selectors.EVENT_READ and pipe.ends[side] is end:
                self.read(pipe, side)
            if pipe.into[side].fileno() >= 0:
                self.write(pipe, side)

    def run(self):
        while True:
            with self.lock:
                if self.over:
                    return
                wanted, pause = self.interests()
            with selectors.DefaultSelector() as selector:
                for end, (events, what) in wanted.items():
                    try:
                        selector.register(end, events, what)
                    except (ValueError, OSError):
                        pass  # it has just been closed
                ready = selector.select(pause)
            for key, events in ready:
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj == self.wake_out:
                    os.read(self.wake_out, 4096)
                else:
                    with self.lock:
                        if key.fileobj.fileno() >= 0:
                            self.serve(key.data, key.fileobj, events)
