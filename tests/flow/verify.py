"""Checks the closed forms in a program's plan against dry runs of its skeletons, at several parameters.

    verify.py SOURCE --dflowc=... --dflow=... --work=... [--affine=GRAPH,...] [--made=PROGRAM]

Each graph of tier 1 is expanded both ways (`dflow graph verify`) at the parameters of the source's PARAMS lines and at
random small ones. The graphs named by --affine must be of tier 1. DFLOW_TEST_SEED chooses the random ones.

What dflowc has made of the source already, since it was built itself, is taken from --made.

Lines `// SHOWS: TEXT` in the source must be in what `dflow graph show` prints, in their order, blanks aside.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

RANDOM_TIMES = 6


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)


def named(graph):
    return graph.get("entry") or graph["name"]


def given_parameters(source, graph):
    for line in source.read_text().splitlines():
        match = re.match(r"// PARAMS: graph=(\S+?)(?:/\d+)?\s.*?--(.*)$", line)
        if match and match[1] == named(graph):
            yield match[2].split()


class Check:
    def __init__(self, options):
        self.options = options
        self.work = Path(options.work) / Path(options.source).stem
        self.work.mkdir(parents=True, exist_ok=True)
        self.failures = 0

    def fail(self, text):
        self.failures += 1
        print("FAILED:", text)

    def compiled(self):
        program = self.work / "program"
        source = Path(self.options.source)
        others = " ".join(re.findall(r"^// WITH: (.*)$", source.read_text(), re.MULTILINE)).split()
        sources = [source, *(source.parent / each for each in others)]
        if self.is_made(sources):
            return Path(self.options.made)
        done = run(self.options.dflowc, "-std=c++20", "-O0", *self.options.flag, *sources, "-o", program)
        return program if done.returncode == 0 else self.fail(f"dflowc: {done.stderr}")

    def is_made(self, sources):
        """By another test, which compiles it as well."""
        made, dflowc = Path(self.options.made or ""), Path(self.options.dflowc)
        parts = [dflowc, dflowc.with_name("dflowc-frontend"), *sources]
        return made.is_file() and all(part.stat().st_mtime < made.stat().st_mtime for part in parts)

    def run(self):
        program, plan = self.compiled(), self.work / "plan.json"
        if program is None:
            return
        plan.write_text(run(self.options.dflow, "graph", "show", program, "--format=json").stdout)
        seed = int(os.environ.get("DFLOW_TEST_SEED", random.randrange(1 << 30)))
        print(f"DFLOW_TEST_SEED={seed}")
        wanted = set(filter(None, self.options.affine.split(",")))
        for graph in json.loads(plan.read_text())["graphs"]:
            print(f"{named(graph)}: tier {graph['tier']} {graph.get('not_affine', '')}")
            if graph["tier"] == 1:
                wanted.discard(named(graph))
                self.check_graph(program, graph, seed)
        self.check_shown(program)
        for missing in sorted(wanted):
            self.fail(f"graph '{missing}' is not of tier 1")

    def check_shown(self, program):
        shown = [" ".join(line.split()) for line in run(self.options.dflow, "graph", "show", program).stdout.splitlines()]
        wanted = re.findall(r"^// SHOWS: (.*)$", Path(self.options.source).read_text(), re.MULTILINE)
        for text in wanted:
            if " ".join(text.split()) not in shown:
                return self.fail(f"not shown, or in another order: {text}")
            shown = shown[shown.index(" ".join(text.split())) + 1:]

    def check_graph(self, program, graph, seed):
        given = [["--times=1"] + [part for setting in settings for part in ("--param", setting)]
                 for settings in given_parameters(Path(self.options.source), graph)]
        for arguments in given + [[f"--times={RANDOM_TIMES}"]]:
            done = run(self.options.dflow, "graph", "verify", program, f"--graph={named(graph)}", f"--seed={seed}", *arguments)
            print("  " + done.stdout.strip().replace("\n", "\n  "))
            if done.returncode != 0:
                self.fail(f"{named(graph)} {' '.join(arguments)}: {done.stderr}")


def choices():
    """What may be left out: of this program's arguments, and of those of programs that make use of it."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--made")
    parser.add_argument("--affine", default="")
    parser.add_argument("--flag", action="append", default=[])
    return parser


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, parents=[choices()])
    parser.add_argument("source")
    for name in ("dflowc", "dflow", "work"):
        parser.add_argument(f"--{name}", required=True)
    check = Check(parser.parse_args())
    check.run()
    return 0 if check.failures == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
