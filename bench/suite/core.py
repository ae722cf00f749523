"""What the scheduler's brain costs a task: its own nanoseconds, submission to release, and its own bytes.

The client and the workers are played by the same thread, so there is no network in it and no peer beside it.
"""
from .common import built, print_table, repetitions, row
from .tasks import run_once

SHAPES = ["independent", "chain", "tree", "stencil"]
CASES = [(100_000, 100), (1_000_000, 10), (1_000_000, 100), (1_000_000, 1000), (1_000_000, 10_000)]
LARGE_CASES = [(10_000_000, 10), (10_000_000, 100), (10_000_000, 10_000)]  # 2 GB
QUICK_CASES = [(100_000, 10), (100_000, 1000)]
SMOKE_CASES = [(2000, 10)]


def run(options):
    return measure(options, CASES + LARGE_CASES)


def run_small(options):
    """What a benchmark of the cluster has room for: its scheduler's own part of what a task costs."""
    return measure(options, CASES)


def measure(options, cases):
    program = built(options, "bench_core", compiler=False)
    rows, lines = [], []
    for tasks, workers in SMOKE_CASES if options.smoke else QUICK_CASES if options.quick else cases:
        for shape in SHAPES:
            command = [str(program), shape, str(tasks), str(workers)]
            runs = [run_once("dflow-core", command) for _ in range(repetitions(options))]
            case = f"{shape}/{tasks}/{workers}"
            rows += [row("core", "dflow-core", case, "ns_per_task", [r["ns"] / r["tasks"] for r in runs]),
                     row("core", "dflow-core", case, "ns_per_event", [r["ns"] / r["events"] for r in runs]),
                     row("core", "dflow-core", case, "bytes_per_task", [r["bytes"] / r["tasks"] for r in runs])]
            lines.append([shape, tasks, workers, *(f"{r['value']:.0f}" for r in rows[-3:])])
    print_table(["shape", "tasks", "workers", "ns/task", "ns/event", "bytes/task"], lines)
    return rows
