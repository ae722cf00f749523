"""Lines between hosts (network namespaces) that delay, reorder and lose packets, as they are told, from a seed.

    bad_lines.py SEED HOST=PID...

makes a device `line` (TUN) in the network of each process, and carries IP packets between 10.77.0.HOST of one and another. Each line of
its standard input sets what happens from now on from one host to another, or (null) from or to all, and is answered with one that
counts the packets until then: {"carried", "lost", "overtaken"}.

    {"from": 1, "to": null, "loss": 0.05, "delay": 0.05, "jitter": 0.03}

A part of the packets is lost, the others take `delay` seconds, `jitter` more or less, each for itself: so they overtake each other."""
import ctypes
import fcntl
import heapq
import json
import os
import random
import selectors
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
NETWORK = 0x40000000  # CLONE_NEWNET
NAME = b"line"


def device(pid):
    """In the network of that process; it is there as long as its descriptor is open."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/proc/{pid}/ns/net") as network:
        if libc.setns(network.fileno(), NETWORK) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    line = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(line, TUNSETIFF, struct.pack("16sH", NAME, IFF_TUN | IFF_NO_PI))
    return line


class Lines:
    def __init__(self, seed, hosts):
        self.random = random.Random(seed)
        self.devices = {host: device(pid) for host, pid in hosts.items()}
        self.rules = {}  # (from, to) -> (loss, delay, jitter)
        self.waiting = []  # (when due, number, from, to, packet)
        self.last = {}  # (from, to) -> number of the last that arrived
        self.counts = {"carried": 0, "lost": 0, "overtaken": 0}
        self.number = 0

    def obey(self, rule):
        pairs = [(one, other) for one in self.devices for other in self.devices
                 if one != other and rule["from"] in (None, one) and rule["to"] in (None, other)]
        for pair in pairs:
            self.rules[pair] = (rule.get("loss", 0), rule.get("delay", 0), rule.get("jitter", 0))
        print(json.dumps(self.counts), flush=True)

    def take(self, host):
        while True:
            try:
                packet = os.read(self.devices[host], 65536)
            except BlockingIOError:
                return
            if len(packet) < 20 or packet[0] >> 4 != 4 or packet[19] not in self.devices:
                continue  # not of IPv4, or to nobody
            loss, delay, jitter = self.rules.get((host, packet[19]), (0, 0, 0))
            if self.random.random() < loss:
                self.counts["lost"] += 1
                continue
            self.number += 1
            due = time.monotonic() + max(0, delay + self.random.uniform(-jitter, jitter))
            heapq.heappush(self.waiting, (due, self.number, host, packet[19], packet))

    def give(self):
        """What is due. Returns the seconds until the next is."""
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            _, number, sender, receiver, packet = heapq.heappop(self.waiting)
            try:
                os.write(self.devices[receiver], packet)
            except OSError:
                self.counts["lost"] += 1  # its device is down, or full
                continue
            self.counts["carried"] += 1
            self.counts["overtaken"] += number < self.last.get((sender, receiver), 0)
            self.last[sender, receiver] = max(number, self.last.get((sender, receiver), 0))
        return max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None

    def run(self):
        selector = selectors.DefaultSelector()
        for host, line in self.devices.items():
            selector.register(line, selectors.EVENT_READ, host)
        selector.register(sys.stdin, selectors.EVENT_READ, None)
        while True:
            for key, _ in selector.select(self.give()):
                if key.data is not None:
                    self.take(key.data)
                    continue
                rule = sys.stdin.readline()
                if not rule:
                    return
                self.obey(json.loads(rule))


if __name__ == "__main__":
    lines = Lines(int(sys.argv[1]), dict(map(int, word.split("=")) for word in sys.argv[2:]))
    print("ready", flush=True)
    lines.run()
