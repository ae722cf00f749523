"""What the benchmarks share: building, rows, tables."""
import json
import mmap
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class BenchmarkError(Exception):
    """Ends the run with a message for people."""


def repetitions(options):
    return 1 if options.smoke else 3 if options.quick else 5


def configure(build_dir, compiler):
    """Configures an optimised build of the benchmarks, with dflowc if asked."""
    call(["cmake", "-G", "Ninja", "-S", str(ROOT), "-B", str(build_dir), "-DCMAKE_BUILD_TYPE=Release",
          "-DBUILD_TESTING=OFF", "-DDFLOW_BUILD_BENCH=ON", f"-DDFLOW_BUILD_COMPILER={'ON' if compiler else 'OFF'}"])


def build(build_dir, target):
    call(["cmake", "--build", str(build_dir), "--target", target])


def built(options, name, compiler):
    """The benchmark's program, built unless --smoke takes what is there."""
    if not options.smoke:
        configure(options.build_dir, compiler=compiler)
        build(options.build_dir, name)
    program = options.build_dir / "bin" / name
    if not program.exists():
        raise BenchmarkError(f"{program} is not built")
    return program


def call(command):
    """Runs a build step; shows its output only if it fails."""
    print("+", " ".join(command), file=sys.stderr, flush=True)
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError:
        raise BenchmarkError(f"{command[0]} is not installed") from None
    if done.returncode != 0:
        raise BenchmarkError(f"this step failed with exit code {done.returncode}: {' '.join(command)}\n{done.stdout}")


def warm_memory():
    """Touches more memory than any benchmark takes, and gives it back, so that the kernel hands out pages that exist.

    Memory of a virtual machine that nobody has touched yet may cost its host some 8 us a page of 4 KB, once. Whether a
    measured process meets such pages is chance, and says nothing of the system that runs in it.
    """
    size = min(512 << 20, os.sysconf("SC_AVPHYS_PAGES") * mmap.PAGESIZE // 4)
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for offset in range(0, size, mmap.PAGESIZE):
            memory[offset] = 1


def row(bench, system, case, metric, values):
    """The median of `values` as a row of the result file."""
    return {"bench": bench, "system": system, "case": case, "metric": metric,
            "value": round(statistics.median(values), 4)}


def print_table(header, lines):
    """Left-aligned first column, right-aligned others."""
    widths = [max(len(str(line[i])) for line in [header, *lines]) for i in range(len(header))]
    for line in [header, *lines]:
        cells = [str(line[0]).ljust(widths[0])] + [str(cell).rjust(w) for cell, w in zip(line[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def write_json(path, rows):
    """Writes the whole file or leaves the old one."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(json.dumps({"rows": rows}, indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BenchmarkError(f"cannot write {path}: {error.strerror}") from None
