"""What each refinement at run time is worth: the same program with it and without it, in turns.

Each (case, on or off, repetition) is a process of its own.
"""
import collections
import json
import os
import subprocess

from .common import BenchmarkError, build, configure, print_table, repetitions, row, warm_memory

# Case -> program, variable, its values for off and on, tasks, rounds of a task's loop (microseconds for priorities and memory).
CASES = {
    "chunks, empty tasks": ("chunks", "DFLOW_CHUNKS", ("0", "1"), 1_000_000, 0),
    "chunks, tasks of 0.2 us": ("chunks", "DFLOW_CHUNKS", ("0", "1"), 1_000_000, 200),
    "chunks, tasks of 1 us": ("chunks", "DFLOW_CHUNKS", ("0", "1"), 500_000, 1000),
    "chunks, tasks of 100 us": ("chunks", "DFLOW_CHUNKS", ("0", "1"), 5_000, 100_000),
    "window, steps of 1 us": ("window", "DFLOW_WINDOW", ("0", "1"), 100_000, 0),
    "window, steps of 10 us": ("window", "DFLOW_WINDOW", ("0", "1"), 50_000, 50),
    "priorities, empty tasks": ("priorities", "DFLOW_PRIORITIES", ("0", "1"), 500_000, 0),
    "priorities, tasks of 0.1 ms": ("priorities", "DFLOW_PRIORITIES", ("0", "1"), 10_000, 100),
    "priorities, tasks of 1 ms": ("priorities", "DFLOW_PRIORITIES", ("0", "1"), 2_000, 1000),
    "memory, 64 MB": ("memory", "DFLOW_MEMORY", ("0", "64000000"), 2_000, 1000),
}
TIME_LIMIT_SECONDS = 300


def run(options):
    if not options.smoke:
        configure(options.build_dir, compiler=True)
        build(options.build_dir, "bench_refine")
    lines = (options.build_dir / "bench" / "refine.txt").read_text(encoding="utf-8").splitlines()
    programs = dict(line.split(" ", 1) for line in lines)
    samples = measure(programs, options)
    rows = []
    for (case, system), runs in samples.items():
        rows.append(row("refine", system, case, "ns_per_task", [r["ns"] / r["tasks"] for r in runs]))
        rows.append(row("refine", system, case, "peak_mb", [r["peak_mb"] for r in runs]))
    print_results(rows, [case for case in CASES if (case, "on") in samples])
    return rows


def measure(programs, options):
    divisor = 1000 if options.smoke else 10 if options.quick else 1
    samples = collections.defaultdict(list)
    for _ in range(repetitions(options)):
        for case, (program, variable, values, tasks, rounds) in CASES.items():
            if program not in programs:
                continue
            for system, value in zip(("off", "on"), values):
                if not options.smoke:
                    warm_memory()
                command = [programs[program], str(max(100, tasks // divisor)), str(rounds), str(options.threads)]
                samples[case, system].append(run_once(command, {variable: value}))
    return samples


def run_once(command, variables):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, check=False,
                              env={**os.environ, **variables})
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"this took over {TIME_LIMIT_SECONDS} s: {' '.join(command)}") from None
    if done.returncode != 0:
        raise BenchmarkError(f"exit code {done.returncode}: {' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def print_results(rows, cases):
    values = {(r["case"], r["system"], r["metric"]): r["value"] for r in rows}
    lines = []
    for case in cases:
        line = [case]
        for metric in ("ns_per_task", "peak_mb"):
            off, on = values[case, "off", metric], values[case, "on", metric]
            line += [f"{off:.1f}", f"{on:.1f}", f"{on / off:.2f}" if off else "-"]
        lines.append(line)
    print_table(["case", "ns/task off", "on", "on is x times", "peak MB off", "on", "on is x times"], lines)
