"""dflowc's wall time over the host compiler's on the same file, -O2 -c, taking turns."""
import collections
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from .common import ROOT, BenchmarkError, build, configure, print_table, repetitions, row

HOSTS = {"clang": "clang++-19", "g++": "g++"}


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
    sources["plain"] = ROOT / "bench" / "suite" / "plain.cc"
    return sources


def measure(systems, sources, scratch, times):
    samples = collections.defaultdict(list)
    for turn in range(times + 1):
        for case, source in sources.items():
            for system, command in systems.items():
                seconds = compile_once(command, source, scratch / "out.o")
                if turn > 0:  # the first only brings the files into the page cache
                    samples[system, case].append(seconds)
    return samples


def compile_once(command, source, output):
    output.unlink(missing_ok=True)
    flags = ["-std=c++20", "-O2", f"-I{ROOT / 'include'}", "-isystem", "/usr/include/eigen3", "-c", str(source), "-o",
             str(output)]
    start = time.perf_counter()
    done = subprocess.run(command + flags, capture_output=True, text=True, env=os.environ | {"CCACHE_DISABLE": "1"},
                          check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0 or not output.exists():
        raise BenchmarkError(f"{' '.join(command + flags)} failed\n{done.stderr}")
    return seconds


def make_rows(samples, sources, hosts):
    rows = [row("compile", system, case, "seconds", values) for (system, case), values in samples.items()]
    for name in hosts:
        for case in sources:
            pairs = zip(samples[f"dflowc-{name}", case], samples[name, case])
            rows.append(row("compile", f"dflowc-{name}", case, "ratio", [ours / host for ours, host in pairs]))
    return rows


def print_results(rows, sources, hosts):
    values = {(r["system"], r["case"], r["metric"]): r["value"] for r in rows}
    lines = []
    for case in sources:
        for name in hosts:
            ours, host = values[f"dflowc-{name}", case, "seconds"], values[name, case, "seconds"]
            lines.append([case, name, f"{ours:.2f}", f"{host:.2f}", f"{values[f'dflowc-{name}', case, 'ratio']:.2f}"])
    print_table(["source", "host", "dflowc s", "host s", "ratio"], lines)
