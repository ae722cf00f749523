"""The cases of dflow.cc, in dask.distributed: `dask_peer.py CASE SIZE`, with as many workers of one thread."""
import json
import sys
import time

from distributed import Client, LocalCluster


def increment(x):
    return x + 1


def add(x, y):
    return x + y


def deal(x, parts):
    return [x] * parts


def collect(dealt, part):
    return sum(parts[part] for parts in dealt)


def make(size, value):
    return bytes([value]) * size


def last_of(value):
    return value[-1]


def independent(client, tasks):
    assert sum(client.gather(client.map(increment, range(tasks), pure=False))) == tasks * (tasks + 1) // 2
    return tasks


def chain(client, tasks):
    last = 0
    for _ in range(tasks):
        last = client.submit(increment, last, pure=False)
    assert last.result() == tasks
    return tasks


def tree(client, levels):
    level = client.map(increment, [0] * (1 << levels), pure=False)
    while len(level) > 1:
        level = [client.submit(add, a, b, pure=False) for a, b in zip(level[::2], level[1::2])]
    assert level[0].result() == 1 << levels
    return (2 << levels) - 1


def shuffle(client, parts):
    dealt = client.map(deal, range(parts), [parts] * parts, pure=False)
    collected = [client.submit(collect, dealt, part, pure=False) for part in range(parts)]
    assert client.gather(collected) == [parts * (parts - 1) // 2] * parts
    return 2 * parts


def submit_get(client, rounds):
    for i in range(rounds):
        assert client.submit(increment, i, pure=False).result() == i + 1
    return rounds


def transfer(client, megabytes):
    one, other = list(client.scheduler_info()["workers"])
    best = 1e9
    for value in (1, 2, 3):
        made = client.submit(make, megabytes << 20, value, workers=[one], pure=False)
        made.result(timeout=60) if megabytes == 0 else client.submit(last_of, made, workers=[one], pure=False).result()
        begin = time.perf_counter()
        assert client.submit(last_of, made, workers=[other], pure=False).result() == value
        best = min(best, time.perf_counter() - begin)
    return megabytes << 20, best


def main():
    case, size = globals()[sys.argv[1]], int(sys.argv[2])
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster, \
            Client(cluster) as client:
        client.wait_for_workers(2)
        client.gather(client.map(increment, range(200), pure=False))
        begin = time.perf_counter()
        amount = case(client, size)
        seconds = time.perf_counter() - begin
        if isinstance(amount, tuple):
            amount, seconds = amount
        print(json.dumps({"seconds": seconds, "amount": amount}))


if __name__ == "__main__":
    main()
