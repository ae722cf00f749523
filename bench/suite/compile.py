"""dflowc's wall and CPU time over the host compiler's on the same file, -O2 -c, taking turns."""
import collections
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

from .common import ROOT, BenchmarkError, build, configure, print_table, repetitions, row

HOSTS = {"clang": "clang++-19", "g++": "g++"}
METRICS = {"seconds": "ratio", "cpu_seconds": "cpu_ratio"}
PLAIN = "plain"


def run(options):
    if not options.smoke:
        configure(options.build_dir, compiler=True)
        build(options.build_dir, "dflowc")
    hosts = {name: path for name, program in HOSTS.items() if (path := find(name, program))}
    if not hosts:
        raise BenchmarkError("neither clang++-19 nor g++ is installed")
    systems = systems_of(options.build_dir / "bin" / "dflowc", hosts)
    sources = find_sources(0 if options.smoke else 1 if options.quick else None)
    with tempfile.TemporaryDirectory() as scratch:
        samples = measure(systems, sources, pathlib.Path(scratch), repetitions(options))
    rows = make_rows(samples, sources, hosts)
    print_results(rows, sources, hosts)
    return rows


def find(name, program):
    path = shutil.which(program)
    if not path:
        print(f"left out: {name} (no {program} here)")
    return path


def systems_of(dflowc, hosts):
    """System -> command, dflowc directly before its host."""
    systems = {}
    for name, path in hosts.items():
        systems[f"dflowc-{name}"] = [str(dflowc), f"--dflow-host={path}"]
        systems[name] = [path]
    return systems


def find_sources(most):
    """Case -> source: the samples, and a file that knows nothing of dflow."""
    samples = sorted((ROOT / "samples").glob("*/*.cc")) + sorted((ROOT / "samples").glob("*/*.cpp"))
    sources = {f"{path.parent.name}/{path.name}": path for path in samples[:most]}
    sources[PLAIN] = ROOT / "bench" / "suite" / "plain.cc"
    return sources


def measure(systems, sources, scratch, times):
    samples = collections.defaultdict(list)
    for turn in range(times + 1):
        for case, source in sources.items():
            for system, command in systems.items():
                times_taken = compile_once(command, source, scratch / "out.o")
                if turn == 0:  # only brings the files into the page cache
                    continue
                for metric, seconds in zip(METRICS, times_taken):
                    samples[system, case, metric].append(seconds)
    return samples


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compile_once(command, source, output):
    output.unlink(missing_ok=True)
    flags = ["-std=c++20", "-O2", f"-I{ROOT / 'include'}", "-isystem", "/usr/include/eigen3", "-c", str(source), "-o",
             str(output)]
    start, processor = time.perf_counter(), processor_seconds()
    done = subprocess.run(command + flags, capture_output=True, text=True, env=os.environ | {"CCACHE_DISABLE": "1"},
                          check=False)
    seconds, processor = time.perf_counter() - start, processor_seconds() - processor
    if done.returncode != 0 or not output.exists():
        raise BenchmarkError(f"{' '.join(command + flags)} failed\n{done.stderr}")
    return seconds, processor


def make_rows(samples, sources, hosts):
    rows = [row("compile", system, case, metric, values) for (system, case, metric), values in samples.items()]
    for name in hosts:
        for metric, ratio in METRICS.items():
            medians = []
            for case in sources:
                pairs = zip(samples[f"dflowc-{name}", case, metric], samples[name, case, metric])
                ratios = [ours / host for ours, host in pairs]
                rows.append(row("compile", f"dflowc-{name}", case, ratio, ratios))
                if case != PLAIN:
                    medians.append(statistics.median(ratios))
            if medians:  # a smoke test compiles no sample
                rows.append(row("compile", f"dflowc-{name}", "samples", ratio, medians))
    return rows


def print_results(rows, sources, hosts):
    values = {(r["system"], r["case"], r["metric"]): r["value"] for r in rows}
    lines = []
    for case in sources:
        for name in hosts:
            ours, host = values[f"dflowc-{name}", case, "seconds"], values[name, case, "seconds"]
            ratios = [f"{values[f'dflowc-{name}', case, metric]:.2f}" for metric in METRICS.values()]
            lines.append([case, name, f"{ours:.2f}", f"{host:.2f}", *ratios])
    for name in hosts:
        if (f"dflowc-{name}", "samples", "ratio") not in values:
            continue
        ratios = [f"{values[f'dflowc-{name}', 'samples', metric]:.2f}" for metric in METRICS.values()]
        lines.append(["median of the samples", name, "", "", *ratios])
    print_table(["source", "host", "dflowc s", "host s", "ratio", "CPU ratio"], lines)
