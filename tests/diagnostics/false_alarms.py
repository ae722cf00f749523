"""No false alarm: dflow's own programs under all of its warnings.

What is warned of must be listed in TRUE_ALARMS; that a graph is not replicable, and that lambdas with captures cannot be
sent, must be what the corpus says of it.
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
WARNING = re.compile(r"(?P<file>[^:]+):\d+:\d+: warning: .* \[-Wdflow-(?P<name>[a-z-]+)\]")

# Programs that do on purpose what a warning is for.
TRUE_ALARMS = {
    "tests/corpus/launch_limits.cpp": {"reads-global"},  # bodies that wait for a flag
    "tests/corpus/launch_lambdas.cpp": {"not-serialisable", "reference-capture"},  # what is not launched
    "tests/corpus/launch_options.cpp": {"reads-global"},  # how often a task has failed
    "tests/corpus/launch_waits.cpp": {"reads-global"},  # a promise that a task keeps
}


def programs():
    yield from sorted((ROOT / "samples").rglob("*.cpp"))
    yield from sorted((ROOT / "tests/corpus").glob("*.cpp"))
    yield ROOT / "bench/tasks/dflow_dynamic.cc"


def tutorial(folder):
    """The programs of the tutorial, written out."""
    text = (ROOT / "docs/tutorial.md").read_text()
    blocks = re.findall(r"^```cpp\n(.*?)^```", text, re.M | re.S)
    for number, block in enumerate(block for block in blocks if "int main" in block):
        path = Path(folder) / f"tutorial_{number}.cpp"
        path.write_text(block)
        yield path


def others(file):
    """The further files of a corpus program, which are compiled by the same command."""
    for line in re.findall(r"^// WITH: (.*)", Path(file).read_text(), re.M):
        yield from (str(Path(file).parent / name) for name in line.split())


def diagnose(dflowc, file, flags):
    with_others = [str(file), *others(file)]
    # Only a command that links knows that its files are one program.
    how = ["-fsyntax-only"] if len(with_others) == 1 else ["-o", f"{tempfile.gettempdir()}/never-written"]
    command = [dflowc, "-std=c++20", *how, f"--dflow-host={ROOT}/tests/diagnostics/quiet-clang.sh", "-Wdflow",
               *flags, *with_others]
    run = subprocess.run(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    return run.returncode, run.stderr


def problems(file, code, said):
    if code != 0 or "compiled unchanged" in said:
        yield "was not analysed"
    text = Path(file).read_text()
    name = str(Path(file).relative_to(ROOT)) if Path(file).is_relative_to(ROOT) else ""
    found = {match["name"] for match in WARNING.finditer(said)}
    expected = set(TRUE_ALARMS.get(name, ()))
    if name.startswith("tests/corpus/"):
        if re.search(r"^// WORKERS: no, .*\bcaptures$", text, re.M):
            expected.add("not-serialisable")
        if "// REPLICABLE: no" in text:
            expected.add("not-replicable")
        elif "not-replicable" in found:
            yield "warns of a graph that the corpus calls replicable"
    elif "not-replicable" in found:
        expected.add("not-replicable")
    for each in sorted(found - expected):
        yield f"unexpected -Wdflow-{each}"
    for each in sorted(expected - found):
        yield f"no -Wdflow-{each}"


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
            found = list(problems(file, code, said))
            for problem in found:
                print(f"{file}: {problem}")
            if found:
                print(said)
            failed += bool(found)
    print(f"{len(files)} programs, {failed} with problems")
    return 1 if failed or len(files) < 50 else 0


sys.exit(main())
