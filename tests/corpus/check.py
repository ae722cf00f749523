"""Checks one program of the corpus: it means the same however it is compiled and run, and its graph is known exactly.

A program says in comments at the start of a line what must hold:

    // WITH: elsewhere/b.cpp                  further files of the program, compiled by the same command
    // BOUNDARIES: 0                          over all its graphs
    // REPLICABLE: yes                        all its graphs, or no
    // PARAMS: graph=heat 4 10 -- n=4 t=10    run with arguments 4 10, `expand` with these parameters gives the graph
                                              that this run records (graph=heat/1: of the second call)
    // EXPECT: sum 42                         a line that the run above prints; all of them, if there is one
    // LAUNCHED: heat sum                     the graphs that run from their closed form: these and no others
    // WITHOUT: fusion                        dflowc with this pass switched off as well (all: with none)
    // GRAPH: 5 tasks, 4 edges                of the graph above, counted by hand
    // OPTIMISED: 3 tasks, 2 edges            of the graph above, after the passes
    // EDGES: a#0 -> b#0, b#0 -> c#1          all the edges of the graph above
    // SENDABLE: yes                          every value that crosses tasks, if dflowc compiles it: it runs through bytes
    // WORKERS: no, tasks share a counter     in worker processes it is refused, or prints something else, and why; without
                                              this line it prints what it prints in one process, also while they are killed
    // WORKERS: compiled, private members     the same for builds by other compilers than dflowc
    // WORKERS: perhaps, random captures      it is refused since something cannot be sent, or prints the same
    // WARNS: reads-global, they wait for it  dflow's warnings of it, and why they are true; without this line there are none
                                              but of graphs that are not replicable, and of captures that stay in a process

With --sanitize=KINDS (-fsanitize's), and a runtime of such a build (--lib), what it prints is checked, and that nothing is found: built by
clang++ (--cxx), and by dflowc, which need not be of such a build.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "chaos"))
from faults import run_under_kills  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]
DFLOW_WARNINGS = ["-Wdflow", "-Wno-error=dflow"]
WARNED = re.compile(r"^[^:]+:\d+:\d+: warning: .* \[-Wdflow-([a-z-]+)\]$", re.M)
MODES = {
    "default": {},
    "serial": {"DFLOW_SERIAL": "1"},
    "shuffled by 1": {"DFLOW_SHUFFLE": "1"},
    "shuffled by 2": {"DFLOW_SHUFFLE": "2"},
    "shuffled by 3": {"DFLOW_SHUFFLE": "3"},
    "on one thread": {"DFLOW_THREADS": "1"},
}
THROUGH_BYTES = {"through bytes": {"DFLOW_SERIALIZE": "1"}}
ALL_THROUGH_BYTES = {"all through bytes": {"DFLOW_SERIALIZE": "2"}}
FOUND = re.compile(r"Sanitizer:|: runtime error:")
UNSENDABLE = "cannot be sent to another process"
ON_WORKERS = {"on three workers": {"DFLOW_WORKERS": "3", "DFLOW_THREADS": "1"}}
STATIC_OFF = {"built dynamically": {"DFLOW_STATIC": "0"}}
BY_LEVELS = {"longest way first": {"DFLOW_PRIORITIES": "2"}}


@dataclass
class Case:
    """One PARAMS line and what follows it."""
    graph: str
    instance: str
    arguments: list
    parameters: list
    expect: list = field(default_factory=list)
    counts: str = ""
    optimised: str = ""
    edges: list = field(default_factory=list)


@dataclass
class Annotations:
    boundaries: int
    replicable: bool
    cases: list
    launched: list | None = None
    sendable: bool = False
    without: list = field(default_factory=list)
    workers: str = "yes"
    warned: set = field(default_factory=set)
    others: list = field(default_factory=list)

    def runs_on_workers(self, name):
        return self.workers in ("yes", "perhaps") or (self.workers == "compiled" and name != "plain")


class Failures:
    def __init__(self):
        self.count = 0

    def add(self, what, details=""):
        self.count += 1
        print(f"FAILED: {what}")
        for line in str(details).rstrip().splitlines()[:60]:
            print(f"    {line}")


def parse_case(text):
    left, separator, right = text.partition("--")
    match = re.match(r"graph=(\S+?)(?:/(\d+))?(?:\s+(.*))?$", left.strip())
    if not match or not separator:
        sys.exit(f"cannot read 'PARAMS: {text}': expected graph=NAME ARGUMENTS -- PARAMETERS")
    return Case(match[1], match[2] or "0", (match[3] or "").split(), right.split())


def read_annotations(source):
    values, cases, without = {}, [], []
    for line in source.read_text().splitlines():
        match = re.match(r"// (WITH|BOUNDARIES|REPLICABLE|LAUNCHED|SENDABLE|WITHOUT|WORKERS|WARNS|PARAMS|EXPECT|GRAPH|OPTIMISED|EDGES):"
                         r"\s?(.*)$", line)
        if not match:
            continue
        key, text = match.groups()
        if key == "PARAMS":
            cases.append(parse_case(text))
        elif key == "WITHOUT":
            without.append(text.strip())
        elif key == "EXPECT":
            cases[-1].expect.append(text.rstrip())
        elif key == "GRAPH":
            cases[-1].counts = text.strip()
        elif key == "OPTIMISED":
            cases[-1].optimised = text.strip()
        elif key == "EDGES":
            cases[-1].edges += [tuple(edge.split(" -> ")) for edge in text.strip().rstrip(",").split(", ")]
        else:
            values[key] = text.strip()
    workers = re.match(r"(no|compiled|perhaps), \S", values.get("WORKERS", "no, by default"))
    if not workers:
        sys.exit(f"{source}: WORKERS is 'no', 'compiled' or 'perhaps', with a reason after a comma")
    if not cases or values.keys() - {"WITH", "LAUNCHED", "SENDABLE", "WORKERS", "WARNS"} != {"BOUNDARIES", "REPLICABLE"}:
        sys.exit(f"{source}: needs BOUNDARIES, REPLICABLE and PARAMS")
    warned = set()
    if "WARNS" in values:
        names, _, reason = values["WARNS"].partition(", ")
        if not reason:
            sys.exit(f"{source}: WARNS names warnings, and a reason after a comma")
        warned = set(names.split())
    if values["REPLICABLE"] == "no":
        warned.add("not-replicable")
    if values.get("WORKERS", "").startswith("no, ") and values["WORKERS"].endswith("captures"):
        warned.add("not-serialisable")
    return Annotations(int(values["BOUNDARIES"]), values["REPLICABLE"] == "yes", cases,
                       values["LAUNCHED"].split() if "LAUNCHED" in values else None,
                       values.get("SENDABLE") == "yes", without, workers[1] if "WORKERS" in values else "yes",
                       warned, values.get("WITH", "").split())


class Check:
    def __init__(self, options):
        self.options = options
        self.source = Path(options.source)
        self.folder = Path(options.work) / self.source.stem
        self.folder.mkdir(parents=True, exist_ok=True)
        self.annotations = read_annotations(self.source)
        self.failures = Failures()

    def commands(self):
        plain = [self.options.cxx, f"-I{self.options.include}", f"-L{self.options.lib}", f"-Wl,-rpath,{self.options.lib}", "-rdynamic"]
        if self.options.sanitize:
            flags = [f"-fsanitize={self.options.sanitize}", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g1"]
            return {"plain": plain + flags, "dflowc": [self.options.dflowc, *flags]}
        return {
            "plain": plain,
            "dflowc": [self.options.dflowc],
            "dflowc-gcc": [self.options.dflowc, f"--dflow-host={self.options.cxx}"],
        } | {f"without-{each}": [self.options.dflowc, f"--dflow-pass=-{each}"] for each in self.annotations.without}

    def run(self):
        programs = {name: self.compile(name, command) for name, command in self.commands().items()}
        if None in programs.values():
            return self.failures.count
        reference = {}
        for name, program in programs.items():
            self.check_outputs(name, program, reference)
            if self.options.sanitize:
                if self.annotations.runs_on_workers(name):
                    self.differs_on_workers(name, program, reference)
                continue
            if not name.startswith("without"):
                self.check_workers(name, program, reference)
                self.check_killed_workers(name, program, reference)
        if self.options.sanitize:
            return self.failures.count
        for name in sorted(programs.keys() & {"dflowc", "dflowc-gcc"}):
            self.check_plan(name, programs[name])
            for number, case in enumerate(self.annotations.cases):
                self.check_graph(name, programs[name], case, number)
        self.check_same_size(programs)
        return self.failures.count

    def compile(self, name, command):
        program = self.folder / name
        libraries = ["-ldflow"] if name == "plain" else DFLOW_WARNINGS if name == "dflowc" else []
        sources = [str(self.source.parent / each) for each in [self.source.name, *self.annotations.others]]
        done = subprocess.run(command + ["-std=c++20", "-O0", *WARNINGS, *sources, "-o", str(program), *libraries],
                              capture_output=True, text=True)
        if done.returncode != 0:
            self.failures.add(f"{name} does not compile it", done.stderr)
            return None
        if "compiled unchanged" in done.stderr:
            self.failures.add(f"{name} does not understand it", done.stderr)
        if name == "dflowc":
            self.check_warnings(set(WARNED.findall(done.stderr)), done.stderr)
        return program

    def check_warnings(self, warned, said):
        for each in sorted(warned ^ self.annotations.warned):
            self.failures.add(f"{'a false alarm' if each in warned else 'no warning'}: -Wdflow-{each}", said)

    def environment(self, more):
        # dflowc links the runtime that it belongs to.
        runtime = {"LD_LIBRARY_PATH": self.options.lib} if self.options.sanitize else {}
        return {key: value for key, value in os.environ.items() if not key.startswith("DFLOW_")} | runtime | more

    def execute(self, what, program, arguments, environment):
        try:
            done = subprocess.run([program, *arguments], env=self.environment(environment), capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            self.failures.add(f"{what}: did not end within 60 s")
            return None
        if self.options.sanitize and FOUND.search(done.stderr):  # in a worker, too, whose task others may have run again
            self.failures.add(f"{what}: a sanitizer has found something", done.stderr)
        return done

    def check_outputs(self, name, program, reference):
        strict = self.annotations.sendable and name != "plain"
        modes = MODES | (ALL_THROUGH_BYTES if strict else THROUGH_BYTES)
        modes |= {} if name == "plain" else STATIC_OFF | BY_LEVELS
        for case in self.annotations.cases:
            key = tuple(case.arguments)
            for mode, environment in modes.items():
                what = f"{name}, {mode}, arguments {case.arguments}"
                done = self.execute(what, program, case.arguments, environment)
                if done is None:
                    continue
                if done.returncode != 0:
                    self.failures.add(f"{what}: exit code {done.returncode}", done.stdout + done.stderr)
                elif done.stdout != reference.setdefault(key, done.stdout):
                    self.failures.add(f"{what}: other output than before", f"{reference[key]}\nnow:\n{done.stdout}")
                elif case.expect and done.stdout.splitlines() != case.expect:
                    self.failures.add(f"{what}: other output than EXPECT", done.stdout)

    def check_workers(self, name, program, reference):
        """The same as in one process; or not, if the program says so: a line that is not true any more is to go."""
        if self.annotations.runs_on_workers(name):
            self.differs_on_workers(name, program, reference)
        # Workers come one by one: what differs from one to the other does not as long as there is one.
        elif not any(self.differs_on_workers(name, program, reference) for _ in range(10)):
            self.failures.add(f"{name} runs on workers as well, although WORKERS denies it")

    def differs_on_workers(self, name, program, reference):
        differs = False
        for arguments in sorted({tuple(case.arguments) for case in self.annotations.cases}):
            for mode, environment in ON_WORKERS.items():
                what = f"{name}, {mode}, arguments {arguments}"
                done = self.execute(what, program, arguments, environment)
                same = done is not None and done.returncode == 0 and done.stdout == reference.get(arguments)
                differs = differs or not same
                expected = self.annotations.runs_on_workers(name) and not (
                    done is not None and self.annotations.workers == "perhaps" and UNSENDABLE in done.stderr)
                if done is not None and not same and expected:
                    self.failures.add(f"{what}: not what it prints in one process (exit code {done.returncode})",
                                      done.stdout + done.stderr)
                if done is not None and done.returncode not in (0, 1, -signal.SIGABRT):
                    self.failures.add(f"{what}: exit code {done.returncode}", done.stdout + done.stderr)
        return differs

    def check_killed_workers(self, name, program, reference):
        """The same while workers are killed, one or as many as CHAOS_KILLS says, with the arguments of each PARAMS in turn. A
        program may end before anything befalls it, but not each time."""
        if self.annotations.workers == "perhaps" or not self.annotations.runs_on_workers(name):
            return
        least = int(os.environ.get("CHAOS_KILLS") or 1)
        seed, kills = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(1 << 31)), 0
        chooser = random.Random(seed)
        for attempt in range(20 * least):
            arguments = tuple(self.annotations.cases[attempt % len(self.annotations.cases)].arguments)
            first = (0, 0.03) if attempt % 2 == 0 else (0, 0)  # of short ones only who is killed at once is killed at all
            code, printed, errors, killed = run_under_kills([program, *arguments], self.environment(ON_WORKERS["on three workers"]),
                                                            chooser, first, (0.2, 0.6), most=60)
            kills += killed
            if code != 0 or printed != reference.get(arguments):
                return self.failures.add(f"{name}, workers killed (CHAOS_SEED={seed}), arguments {arguments}: exit code {code}",
                                         f"{printed}\n{errors}")
            if kills >= least:
                return
        if kills == 0:
            self.failures.add(f"{name}: none of its workers was killed in {20 * least} runs (CHAOS_SEED={seed})")

    def tool(self, *arguments):
        return subprocess.run([self.options.dflow, "graph", *map(str, arguments)], capture_output=True, text=True)

    def check_plan(self, name, program):
        shown = self.tool("show", program, "--format=json")
        if shown.returncode != 0:
            return self.failures.add(f"{name}: its plan cannot be shown", shown.stderr)
        graphs = json.loads(shown.stdout)["graphs"]
        boundaries = [boundary for graph in graphs for boundary in graph["boundaries"]]
        if len(boundaries) != self.annotations.boundaries:
            self.failures.add(f"{name}: {len(boundaries)} boundaries, not {self.annotations.boundaries}", boundaries)
        launched = [graph["name"] for graph in graphs if graph.get("launched")]
        if self.annotations.launched is not None and sorted(launched) != sorted(self.annotations.launched):
            self.failures.add(f"{name}: launched are {launched}", "\n".join(g.get("not_launched", "") for g in graphs))
        denied = [f"{graph['name']}: {graph['reason']}" for graph in graphs if not graph["replicable"]]
        if (not denied) != self.annotations.replicable:
            self.failures.add(f"{name}: replicable: {'no' if denied else 'yes'}", "\n".join(denied))
        return None

    def check_graph(self, name, program, case, number):
        expanded = self.folder / f"{name}.{number}.json"
        what = f"{name}, graph {case.graph}, parameters {' '.join(case.parameters)}"
        done = self.expand(program, case, case.parameters, expanded)
        if done.returncode != 0:
            return self.failures.add(f"{what}: cannot be expanded", done.stderr)
        self.check_counts(what, json.loads(expanded.read_text())["graphs"], case)
        self.check_needs(what, program, case, expanded)
        self.check_optimised(what, program, case, expanded.with_suffix(".optimised.json"))
        for mode, environment in (MODES | STATIC_OFF).items():
            trace = self.folder / f"{name}.{number}.trace.json"
            if self.execute(f"{name}, {mode}", program, case.arguments, environment | {"DFLOW_TRACE": str(trace)}) is None:
                continue
            diff = self.tool("diff", expanded, trace, f"--instance={case.instance}")
            if diff.returncode != 0:
                self.failures.add(f"{what}: the run {mode} records another graph", diff.stdout + diff.stderr)
        return None

    def expand(self, program, case, parameters, output, *more):
        settings = [part for parameter in parameters for part in ("--param", parameter)]
        return self.tool("expand", program, f"--graph={case.graph}", *settings, "--format=json", "-o", output, *more)

    def check_needs(self, what, program, case, expanded):
        """Without a parameter there is the same graph, or a question for it; never another graph."""
        for left_out in case.parameters:
            less = expanded.with_suffix(".less.json")
            done = self.expand(program, case, [each for each in case.parameters if each != left_out], less)
            question = "--param " + re.match(r"[^=.]+", left_out)[0]
            if done.returncode == 0 and less.read_text() != expanded.read_text():
                self.failures.add(f"{what}: another graph without {left_out}, and nobody asked for it")
            elif done.returncode != 0 and question not in done.stderr:
                self.failures.add(f"{what}: without {left_out}, it is not asked for by name", done.stderr)

    def check_optimised(self, what, program, case, output):
        if not case.optimised:
            return
        done = self.expand(program, case, case.parameters, output, "--optimised")
        if done.returncode != 0:
            return self.failures.add(f"{what}: cannot be expanded after the passes", done.stderr)
        graph = json.loads(output.read_text())["graphs"][0]
        counts = f"{len(graph['tasks'])} tasks, {len(graph['edges'])} edges"
        if counts != case.optimised:
            self.failures.add(f"{what}: after the passes {counts}, not {case.optimised}", output.read_text())
        return None

    def check_counts(self, what, graphs, case):
        tasks = sum(len(graph["tasks"]) for graph in graphs)
        edges = [tuple(edge) for graph in graphs for edge in graph["edges"]]
        counts = f"{tasks} tasks, {len(edges)} edges"
        if case.counts and counts != case.counts:
            self.failures.add(f"{what}: {counts}, not {case.counts}")
        if case.edges and sorted(edges) != sorted(case.edges):
            self.failures.add(f"{what}: edges are not those stated", "\n".join(f"{a} -> {b}" for a, b in sorted(edges)))

    def check_same_size(self, programs):
        """A plain build names tasks as well as it can, but it has as many, and as many edges."""
        for number, case in enumerate(self.annotations.cases):
            sizes = {}
            for name, program in programs.items():
                trace = self.folder / f"{name}.size.json"
                self.execute(name, program, case.arguments, {"DFLOW_TRACE": str(trace)})
                recording = json.loads(trace.read_text())["dflow"]
                sizes[name] = (len(recording["tasks"]), len(set(map(tuple, recording["edges"]))))
            if len(set(sizes.values())) != 1:
                self.failures.add(f"PARAMS {number}: numbers of (tasks, edges) differ", sizes)


def choices():
    """What may be left out: of this program's arguments, and of those of programs that make use of it."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--sanitize")
    return parser


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, parents=[choices()])
    parser.add_argument("source")
    for name in ("cxx", "dflowc", "dflow", "include", "lib", "work"):
        parser.add_argument(f"--{name}", required=True)
    check = Check(parser.parse_args())
    failures = check.run()
    print(f"{check.source.stem}: " + ("ok" if failures == 0 else f"{failures} failures"))
    return 0 if failures == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
