"""Nanoseconds a task with an empty body, for dflow and its peers.

Each (system, shape, repetition) is a process of its own, and the systems take turns within a repetition, so that a
slow minute of the machine touches all of them.
"""
import collections
import json
import subprocess

from .common import BenchmarkError, build, configure, print_table, repetitions, row, warm_memory

SYSTEMS = ["serial", "tbb-adjacency", "tbb-task-group", "tbb-flow-graph", "openmp-depend", "openmp-plain",
           "dflow-dynamic", "dflow-static"]
ONLY_SHAPES = {"openmp-plain": ["independent"]}  # the others run all of them
OURS = ["dflow-dynamic", "dflow-static"]
TIME_LIMIT_SECONDS = 300

# The size of each shape: tasks, a side, levels.
SIZES = {"chain": 1_000_000, "wavefront": 1000, "tree": 20, "independent": 1_000_000}
QUICK_SIZES = {"chain": 100_000, "wavefront": 316, "tree": 17, "independent": 100_000}
SMOKE_SIZES = {"chain": 1000, "wavefront": 30, "tree": 10, "independent": 1000}


def run(options):
    if not options.smoke:
        configure(options.build_dir, compiler=True)
        build(options.build_dir, "bench_tasks")
    programs = installed_programs(options.build_dir)
    sizes = SMOKE_SIZES if options.smoke else QUICK_SIZES if options.quick else SIZES
    samples = measure(programs, sizes, options.threads, repetitions(options))
    rows = [r for (system, shape), runs in samples.items() for r in rows_of(system, shape, runs)]
    print_results(rows, programs, sizes)
    return rows


def installed_programs(build_dir):
    """System -> executable, for those that were built; names the others."""
    lines = (build_dir / "bench" / "systems.txt").read_text(encoding="utf-8").splitlines()
    built = dict(line.split(" ", 1) for line in lines)
    for system in SYSTEMS:
        if system not in built:
            print(f"left out: {system} (not installed here)")
    return {system: built[system] for system in SYSTEMS if system in built}


def measure(programs, sizes, threads, times):
    samples = collections.defaultdict(list)
    for _ in range(times):
        for shape, size in sizes.items():
            for system in systems_with(shape, programs):
                if sizes is not SMOKE_SIZES:
                    warm_memory()
                samples[system, shape].append(run_once(system, [programs[system], shape, str(size), str(threads)]))
    return samples


def systems_with(shape, programs):
    return [system for system in programs if shape in ONLY_SHAPES.get(system, SIZES)]


def run_once(system, command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{system} took over {TIME_LIMIT_SECONDS} s: {' '.join(command)}") from None
    if done.returncode != 0:
        raise BenchmarkError(f"{system} failed with exit code {done.returncode}: {' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def rows_of(system, shape, runs):
    return [
        row("tasks", system, shape, "ns_per_task", [(r["build_ns"] + r["run_ns"]) / r["tasks"] for r in runs]),
        row("tasks", system, shape, "run_ns_per_task", [r["run_ns"] / r["tasks"] for r in runs]),
        row("tasks", system, shape, "peak_mb", [r["peak_mb"] for r in runs]),
    ]


def print_results(rows, programs, sizes):
    values = {(r["system"], r["case"], r["metric"]): r["value"] for r in rows}
    for shape in sizes:
        print(f"\n{shape}, size {sizes[shape]}")
        ours = {system: values[system, shape, "ns_per_task"] for system in OURS if system in programs}
        lines = []
        for system in systems_with(shape, programs):
            total = values[system, shape, "ns_per_task"]
            lines.append([system, f"{total:.1f}", f"{values[system, shape, 'run_ns_per_task']:.1f}",
                          f"{values[system, shape, 'peak_mb']:.1f}", *(f"{own / total:.2f}" for own in ours.values())])
        print_table(["system", "ns/task", "run ns/task", "peak MB", *(f"{system} is x times" for system in ours)], lines)
