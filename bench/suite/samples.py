"""The samples' wall time, compiled by dflowc, over the same source compiled by its host compiler alone, taking turns."""
import collections
import glob
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from .common import ROOT, BenchmarkError, build, configure, print_table, repetitions, row
from .compile import HOSTS, find

SAMPLES = ROOT / "samples"
TIME_LIMIT_SECONDS = 300
TURN_SECONDS, MOST_REPEATS = 0.2, 50

# What each sample is given: its real input, in a size that takes a tenth of a second where the input allows.
ARGUMENTS = {
    "word_count": sorted(glob.glob("/usr/share/common-licenses/*")) * 8,
    "cholesky": ["16", "96"],
    "heat": ["8", "128", "400"],
    "alignment": [str(SAMPLES / "alignment/blosum62.txt"), str(SAMPLES / "alignment/globins.fasta"), "16"],
    "options": [str(SAMPLES / "options/book.txt"), "64"],
    "thumbnails": ["IMAGES", "OUT", "40"],
    "pagerank": ["/var/lib/dpkg/status", "6", "400"],
    "newton": [str(SAMPLES / "newton/o_rings.txt"), "4"],
}
SMOKE_ARGUMENTS = {"heat": ["2", "8", "3"]}
# Where a hot loop begins within a line of the cache is worth a sixth of the time of `heat`, and is chance.
SAME_PLACES = ["-falign-functions=64", "-falign-loops=64"]
LIBRARIES = {"thumbnails": ["-lpng"]}


def run(options):
    if not options.smoke:
        configure(options.build_dir, compiler=True)
        build(options.build_dir, "dflowc")
        build(options.build_dir, "dflow_runtime")
    hosts = {name: path for name, program in HOSTS.items() if (path := find(name, program))}
    if not hosts:
        raise BenchmarkError("neither clang++-19 nor g++ is installed")
    chosen = SMOKE_ARGUMENTS if options.smoke else ARGUMENTS
    cases = list(chosen)
    if options.smoke:  # to compile takes longest
        hosts = dict(list(hosts.items())[-1:])
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        programs = compile_all(cases, hosts, options.build_dir, scratch)
        samples = measure(programs, arguments_in(scratch, chosen), repetitions(options), options.threads)
    rows = make_rows(samples, cases, hosts)
    print_results(rows, cases, hosts)
    return rows


def compile_all(cases, hosts, build_dir, scratch):
    """(system, case) -> executable."""
    programs = {}
    library = runtime_folder(build_dir)
    for case in cases:
        for name, path in hosts.items():
            ours = [str(build_dir / "bin" / "dflowc"), f"--dflow-host={path}"]
            for system, command in ((f"dflowc-{name}", ours), (name, [path])):
                program = scratch / f"{case}-{system}"
                compile_one(command, case, library, program)
                programs[system, case] = program
    return programs


def runtime_folder(build_dir):
    for found in build_dir.glob("lib*/**/libdflow.so"):
        return found.parent
    raise BenchmarkError(f"there is no libdflow.so below {build_dir}")


def compile_one(command, case, library, program):
    words = [*command, "-std=c++20", "-O2", *SAME_PLACES, f"-I{ROOT / 'include'}", "-isystem", "/usr/include/eigen3",
             str(SAMPLES / case / f"{case}.cpp"), "-o", str(program), f"-L{library}", f"-Wl,-rpath,{library}", "-ldflow",
             *LIBRARIES.get(case, [])]
    print("+", " ".join(words), file=sys.stderr, flush=True)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(words)} failed\n{done.stderr}")


def arguments_in(scratch, chosen):
    subprocess.run([sys.executable, str(SAMPLES / "thumbnails/make_images.py"), str(scratch / "images")], check=True)
    places = {"IMAGES": str(scratch / "images"), "OUT": str(scratch / "out")}
    return {case: [places.get(word, word) for word in words] for case, words in chosen.items()}


def measure(programs, arguments, times, threads):
    """(system, case) -> seconds. All systems must print the same. Short runs are repeated within a turn."""
    samples, repeats = collections.defaultdict(list), first_turn(programs, arguments, threads)
    for _ in range(times):
        for (system, case), program in programs.items():
            runs = [run_once(program, arguments[case], threads)[0] for _ in range(repeats[case])]
            samples[system, case].append(sum(runs) / len(runs))
    return samples


def first_turn(programs, arguments, threads):
    """Case -> how often it is run in a turn; brings the files into the page cache, and compares what is printed."""
    printed, repeats = {}, {}
    for (system, case), program in programs.items():
        seconds, output = run_once(program, arguments[case], threads)
        if printed.setdefault(case, output) != output:
            raise BenchmarkError(f"{case} prints something else when it is compiled by {system}")
        repeats[case] = max(1, min(MOST_REPEATS, round(TURN_SECONDS / seconds)))
    return repeats


def run_once(program, arguments, threads):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DFLOW_")} | {"DFLOW_THREADS": str(threads)}
    start = time.perf_counter()
    try:
        done = subprocess.run([str(program), *arguments], capture_output=True, text=True, env=environment,
                              timeout=TIME_LIMIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{program.name} took over {TIME_LIMIT_SECONDS} s") from None
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise BenchmarkError(f"{program.name} failed with exit code {done.returncode}\n{done.stderr}")
    return seconds, done.stdout


def make_rows(samples, cases, hosts):
    rows = [row("samples", system, case, "seconds", values) for (system, case), values in samples.items()]
    for name in hosts:
        for case in cases:
            pairs = zip(samples[f"dflowc-{name}", case], samples[name, case])
            rows.append(row("samples", f"dflowc-{name}", case, "ratio", [ours / host for ours, host in pairs]))
    return rows


def print_results(rows, cases, hosts):
    values = {(r["system"], r["case"], r["metric"]): r["value"] for r in rows}
    lines = [[case, name, f"{values[f'dflowc-{name}', case, 'seconds']:.3f}", f"{values[name, case, 'seconds']:.3f}",
              f"{values[f'dflowc-{name}', case, 'ratio']:.2f}"] for case in cases for name in hosts]
    print_table(["sample", "host", "dflowc s", "host s", "ratio"], lines)
