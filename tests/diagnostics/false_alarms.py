"""No false alarm: dflow's samples, and the programs of its documents, under all of its warnings but that a graph is not replicable.
Those of the corpus are looked at when they are compiled (corpus/check.py).
"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WARNING = re.compile(r"[^:]+:\d+:\d+: warning: .* \[-Wdflow-([a-z-]+)\]")

def programs():
    yield from sorted((ROOT / "samples").rglob("*.cpp"))
    yield ROOT / "bench/tasks/dflow_dynamic.cc"


def tutorial(folder):
    """The programs of the tutorial, written out."""
    text = (ROOT / "docs/tutorial.md").read_text()
    blocks = re.findall(r"^```cpp\n(.*?)^```", text, re.M | re.S)
    for number, block in enumerate(block for block in blocks if "int main" in block):
        path = Path(folder) / f"tutorial_{number}.cpp"
        path.write_text(block)
        yield path


def diagnose(dflowc, file, flags):
    command = [dflowc, "-std=c++20", "-fsyntax-only", f"--dflow-host={ROOT}/tests/diagnostics/quiet-clang.sh", "-Wdflow",
               "-Wno-dflow-not-replicable", *flags, str(file)]
    run = subprocess.run(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    return run.returncode, run.stderr


def problems(code, said):
    if code != 0 or "compiled unchanged" in said:
        yield "was not analysed"
    for each in sorted(set(WARNING.findall(said))):
        yield f"unexpected -Wdflow-{each}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dflowc", required=True)
    parser.add_argument("--flags", nargs="*", default=[])
    options = parser.parse_args()
    flags = [f"-I{ROOT}", f"-I{ROOT}/include", "-isystem", "/usr/include/eigen3", *options.flags]
    failed = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        files = [*programs(), *tutorial(folder)]
        for file, (code, said) in zip(files, pool.map(lambda file: diagnose(options.dflowc, file, flags), files)):
            found = list(problems(code, said))
            for problem in found:
                print(f"{file}: {problem}")
            if found:
                print(said)
            failed += bool(found)
    print(f"{len(files)} programs, {failed} with problems")
    return 1 if failed or len(files) < 10 else 0


sys.exit(main())
