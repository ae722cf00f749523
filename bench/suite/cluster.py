"""What a task, a round trip and a byte cost on a cluster of two workers of one thread each, beside dask.distributed."""
import collections
import contextlib
import os
import pathlib
import subprocess

from . import core
from .common import BenchmarkError, ROOT, build, configure, print_table, repetitions, row
from .shared import shared_cluster
from .tasks import run_once

SIZES = {"independent": 50_000, "chain": 20_000, "tree": 14, "shuffle": 60, "submit_get": 3000, "transfer": 256,
         "sockets": 256}
QUICK_SIZES = {"independent": 10_000, "chain": 5000, "tree": 11, "shuffle": 30, "submit_get": 500, "transfer": 256,
               "sockets": 256}
SMOKE_SIZES = {"independent": 300, "chain": 50, "tree": 5, "shuffle": 5, "submit_get": 20, "transfer": 2, "sockets": 2}
DASK_SHARE = {"independent": 10, "chain": 10, "submit_get": 10}  # of the size: it takes so much longer
# Rounds a turn of what ends within milliseconds: whether the processors that others share are quick to wake up changes from one second to
# the next, so a system and its peers take turns that are short.
ROUNDS = {"shuffle": 5, "submit_get": 5, "transfer": 2, "sockets": 2}
METRICS = {"submit_get": "us_round_trip", "round_trip": "us_round_trip", "transfer": "gb_per_s",
           "sockets": "gb_per_s"}
PEERS = {"transfer": {"memcpy": "memcpy", "memcpy-again": "memcpy_again"},
         "sockets": {"plain-socket": "transfer", "plain-socket-again": "transfer_again"}}
# A scheduler of its own, with a journal and without; both are there at once, and take turns.
SHARED = {"dflow-journal": [], "dflow-no-journal": ["--journal=none"]}
SHARED_CASES = ["independent", "chain", "tree", "submit_get"]
JOURNAL = "dflow-journal"
NO_DASK = {"sockets"}  # it is `transfer` again
BY_TCP = ["env", "DFLOW_SHARED_MEMORY=0", "DFLOW_UNIX_SOCKETS=0"]  # as between machines
DASK_PYTHON = "/usr/bin/python3"  # Debian's packages belong to it
DASK = [DASK_PYTHON, str(ROOT / "bench" / "cluster" / "dask_peer.py")]


def run(options):
    if not options.smoke:
        configure(options.build_dir, compiler=False)
        for target in ("bench_cluster", "bench_cluster_plain", "bench_thrift_call", "dflow_cluster", "dflow_tool"):
            build(options.build_dir, target)
    binaries = options.build_dir / "bin"
    if not (binaries / "bench_cluster").exists():
        raise BenchmarkError(f"{binaries / 'bench_cluster'} is not built")
    os.environ["DFLOW_WORKERS"], os.environ["DFLOW_THREADS"] = "2", "1"
    sizes = SMOKE_SIZES if options.smoke else QUICK_SIZES if options.quick else SIZES
    runs, processor = collections.defaultdict(list), collections.defaultdict(list)
    for turn in range(repetitions(options)):
        for system, case, command in commands(binaries, sizes, with_dask(options)):
            runs[case, system].append(value_of(case, run_once(system, command)))
        for system, case, outcome in on_shared_clusters(binaries, sizes, turn):
            runs[case, system].append(value_of(case, outcome))
            processor[case, system].append(outcome["processor_seconds"] / outcome["amount"] * 1e6)
    rows = [row("cluster", system, case, metric_of(case), values) for (case, system), values in runs.items()]
    rows += journal_rows(processor, runs)
    print_results(rows)
    print()
    return rows + core.run_small(options)


def with_dask(options):
    if options.smoke:
        return False
    found = pathlib.Path(DASK_PYTHON).exists() and subprocess.run(
        [DASK_PYTHON, "-c", "import distributed"], capture_output=True, check=False).returncode == 0
    if not found:
        print("left out: dask (python3-distributed is not installed: scripts/setup.sh --bench installs it)")
    return found


def commands(binaries, sizes, dask):
    for case, size in sizes.items():
        rounds = ROUNDS.get(case, 1)
        for _ in range(rounds):
            for system, command in quick_commands(binaries, case, str(max(1, size // rounds) if case == "submit_get" else size)):
                yield system, case, command
        if dask and case not in NO_DASK:
            yield "dask", case, [*DASK, case, str(max(1, size // DASK_SHARE.get(case, 1)))]


def quick_commands(binaries, case, size):
    """dflow and what takes no longer."""
    if case == "sockets":
        yield "dflow-dynamic", [*BY_TCP, str(binaries / "bench_cluster"), "transfer", size]
    else:
        yield "dflow-dynamic", [str(binaries / "bench_cluster"), case, size]
    if case == "submit_get":
        yield "thrift-frames", [str(binaries / "bench_cluster_plain"), "round_trip", size]
        for layers in ("buffered", "framed"):
            yield f"thrift-{layers}", [str(binaries / "bench_thrift_call"), layers, size]
    for system, plain in PEERS.get(case, {}).items():
        yield system, [str(binaries / "bench_cluster_plain"), plain, size]


def on_shared_clusters(binaries, sizes, turn):
    """Whoever comes first in one turn comes second in the next: the machine is not the same."""
    with contextlib.ExitStack() as stack:
        clusters = {system: stack.enter_context(shared_cluster(binaries / "dflow", *options))
                    for system, options in SHARED.items() if (binaries / "dflow").exists()}
        for case in SHARED_CASES:
            for system, cluster in sorted(clusters.items(), reverse=turn % 2 == 1):
                # So that its workers are there: they leave when nobody has needed them for a while.
                run_once(system, [*cluster.prefix, str(binaries / "bench_cluster"), "submit_get", "1"])
                before = cluster.processor_seconds()
                outcome = run_once(system, [*cluster.prefix, str(binaries / "bench_cluster"), case, str(sizes[case])])
                yield system, case, outcome | {"processor_seconds": cluster.processor_seconds() - before}


def journal_rows(processor, runs):
    """Processor time a task, of all processes, and what the journal makes of it and of the time that passes, turn by turn."""
    rows = [row("cluster", system, case, "cpu_us_per_task", values) for (case, system), values in processor.items()]
    for metric, measured in (("cpu_ratio", processor), ("time_ratio", runs)):
        for case in {case: None for case, _ in processor}:
            ratios = [one / other for one, other in zip(*(measured[case, system] for system in SHARED))]
            rows.append(row("cluster", JOURNAL, case, metric, ratios))
    return rows


def metric_of(case):
    return METRICS.get(case, "us_per_task")


def value_of(case, outcome):
    if metric_of(case) == "gb_per_s":
        return outcome["amount"] / outcome["seconds"] / 1e9
    return outcome["seconds"] / outcome["amount"] * 1e6


def print_results(rows):
    ours = {r["case"]: r for r in rows if r["system"] == "dflow-dynamic"}
    lines = [[r["case"], r["system"], r["metric"], f"{r['value']:.2f}", times(r, ours)]
             for case in ours for r in rows if r["case"] == case]
    print_table(["case", "system", "metric", "value", "times dflow's"], lines)


def times(one, ours):
    own = ours[one["case"]]
    return f"{one['value'] / own['value']:.2f}" if one["metric"] == own["metric"] else ""
