"""Runs a sample in each of its modes and compares what it prints with what the reference prints."""
import argparse
import os
import subprocess
import sys

MODES = [{}, {"DFLOW_STATIC": "0"}, {"DFLOW_SERIAL": "1"}, {"DFLOW_SHUFFLE": "7"}, {"DFLOW_THREADS": "1"},
         {"DFLOW_WORKERS": "3"}]


def output(command, extra):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DFLOW_")} | extra
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if run.returncode != 0:
        sys.exit(f"{command} with {extra} ended with {run.returncode}:\n{run.stderr}")
    return run.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", nargs="+", required=True)
    parser.add_argument("--reference", nargs="+", required=True)
    parser.add_argument("--arguments", nargs="*", default=[])
    options = parser.parse_args()
    expected = output(options.reference + options.arguments, {})
    if not expected:
        sys.exit("the reference printed nothing")
    for program in options.programs:
        for mode in MODES:
            found = output([program] + options.arguments, mode)
            if found != expected:
                differing = next((pair for pair in zip(found.splitlines(), expected.splitlines()) if pair[0] != pair[1]),
                                 ("a different number of lines", ""))
                sys.exit(f"{program} with {mode}: got {differing[0]!r}, expected {differing[1]!r}")
            print(f"ok: {os.path.basename(program)} {mode}")


if __name__ == "__main__":
    main()
