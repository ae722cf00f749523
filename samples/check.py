"""Runs a sample in each of its modes and compares what it prints with what the reference prints. Its workers are killed
at random moments, too."""
import argparse
import os
import random
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests" / "chaos"))
from faults import run_under_kills  # noqa: E402

WORKERS = {"DFLOW_WORKERS": "3"}
MODES = [{}, {"DFLOW_STATIC": "0"}, {"DFLOW_SERIAL": "1"}, {"DFLOW_SHUFFLE": "7"}, {"DFLOW_THREADS": "1"}, WORKERS]


def environment(extra):
    return {key: value for key, value in os.environ.items() if not key.startswith("DFLOW_")} | extra


def output(command, extra):
    run = subprocess.run(command, env=environment(extra), capture_output=True, text=True, timeout=120)
    if run.returncode != 0:
        sys.exit(f"{command} with {extra} ended with {run.returncode}:\n{run.stderr}")
    return run.stdout


def output_while_killing(command, chooser, counts):
    """The same, while a worker is killed now and then."""
    code, printed, errors, kills = run_under_kills(command, environment(WORKERS), chooser, (0.02, 0.1), (0.3, 0.8))
    counts["runs"] += 1
    counts["kills"] += kills
    if code != 0:
        sys.exit(f"{command}, workers killed: ended with {code}:\n{errors}")
    return printed


def compare(what, found, expected):
    if found != expected:
        differing = next((pair for pair in zip(found.splitlines(), expected.splitlines()) if pair[0] != pair[1]),
                         ("a different number of lines", ""))
        sys.exit(f"{what}: got {differing[0]!r}, expected {differing[1]!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", nargs="+", required=True)
    parser.add_argument("--reference", nargs="+", required=True)
    parser.add_argument("--arguments", nargs="*", default=[])
    options = parser.parse_args()
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(1 << 31))
    least_kills = int(os.environ.get("CHAOS_KILLS") or 2)
    expected = output(options.reference + options.arguments, {})
    if not expected:
        sys.exit("the reference printed nothing")
    for program in options.programs:
        for mode in MODES:
            compare(f"{program} with {mode}", output([program] + options.arguments, mode), expected)
            print(f"ok: {os.path.basename(program)} {mode}")
        chooser, counts = random.Random(seed), {"runs": 0, "kills": 0}
        print(f"{os.path.basename(program)}, workers killed: CHAOS_SEED={seed}", flush=True)
        while counts["kills"] < least_kills:
            found = output_while_killing([program] + options.arguments, chooser, counts)
            compare(f"{program}, workers killed", found, expected)
        print(f"ok: right under {counts['kills']} kills in {counts['runs']} runs")


if __name__ == "__main__":
    main()
