"""Random programs, each checked as those of the corpus are, and their closed forms against their dry runs.

    run.py --seed=S --count=N --first=K ...     the graph functions K to K+N-1 of seed S, --together in one file

A graph function depends on its number and the seed alone, so that a failure is repeated with --count=1. The programs of
what failed are kept in --work; the command to repeat it is printed.
"""

import argparse
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "corpus"), str(HERE.parent / "flow")]
import check  # noqa: E402
import verify  # noqa: E402
from grammar import Graph  # noqa: E402
from scope import PARAMETERS  # noqa: E402

TOOLS = ("cxx", "dflowc", "dflow", "include", "lib", "work")
CASES = 2
PASSES = ("all", "dead-tasks", "common-calls", "fusion", "last-use", "critical-path")

MAIN = """
int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  if (argc != 6) return 2;
  const std::string wanted = argv[1];
  const int n = std::atoi(argv[2]), m = std::atoi(argv[3]);
  const bool flag = std::atoi(argv[4]) != 0;
  std::vector<long> xs;
  for (long i = 0; i < std::atoi(argv[5]); ++i) xs.push_back(i * i + 1);
%s
}
"""


def case_of(name, numbers):
    n, m, flag, size = numbers.randint(0, 6), numbers.randint(0, 5), numbers.randint(0, 1), numbers.randint(0, 6)
    return f"// PARAMS: graph={name} {name} {n} {m} {flag} {size} -- n={n} m={m} flag={flag} xs.size={size}"


def program(seed, first, count, stem, files=None):
    """The texts of a program with these graph functions, by what is added to its name; it is annotated as a program of the
    corpus. Some have two files: functions that are called stand in the other one."""
    numbers_of_file = random.Random(f"{seed}/{first}/file")
    comments = ["// BOUNDARIES: 0", "// REPLICABLE: yes", "// WORKERS: perhaps, lambdas may capture",
                f"// WITHOUT: {numbers_of_file.choice(PASSES)}"]
    graphs, helpers, calls = [], [], []
    for number in range(first, first + count):
        numbers = random.Random(f"{seed}/{number}")
        name = f"g{number}"
        graph, called = Graph(numbers.random(), name, boundaries=numbers.random() < 0.15).texts()
        graphs.append(graph)
        helpers += called
        comments += [case_of(name, numbers) for _ in range(CASES)]
        calls.append(f'  if (wanted == "{name}") std::cout << {name}(ex, n, m, flag, xs).get() << \'\\n\';')
    prelude = (HERE / "prelude.h").read_text()
    main = MAIN % "\n".join(calls)
    if len(helpers) == 0 or files == 1 or (files is None and numbers_of_file.random() < 0.6):
        return {"": "\n\n".join(["\n".join(comments), prelude, *helpers, *graphs, main])}
    declared = [text.split(" {", 1)[0] + ";" for text in helpers]
    comments.append(f"// WITH: {stem}_called.cpp")
    return {"": "\n\n".join(["\n".join(comments), prelude, *declared, *graphs, main]),
            "_called": "\n\n".join([prelude, *helpers])}


class FuzzCheck(check.Check):
    """Where a graph is cut is the compiler's to say: what it then claims must hold. One host compiler a file."""

    compiled = None

    def commands(self):
        compiled = "dflowc" if self.options.host == "clang" else "dflowc-gcc"
        every = super().commands()
        kept = {name: command for name, command in every.items() if name in ("plain", compiled)}
        host = [] if self.options.host == "clang" else [f"--dflow-host={self.options.cxx}"]
        return kept | {name: command + host for name, command in every.items() if name.startswith("without")}

    def check_plan(self, name, program):
        shown = self.tool("show", program, "--format=json")
        if shown.returncode != 0:
            self.failures.add(f"{name}: its plan cannot be shown", shown.stderr)

    def check_workers(self, name, program, reference):
        if not self.writes_to_locals():
            super().check_workers(name, program, reference)

    def check_killed_workers(self, name, program, reference):
        if not self.writes_to_locals():
            super().check_killed_workers(name, program, reference)

    def writes_to_locals(self):
        """In worker processes what tasks write to is another object."""
        sources = self.source.parent.glob(self.source.stem + "*.cpp")
        return any("std::vector<dflow::Future<void>>" in each.read_text() for each in sources)

    def compile(self, name, command):
        program = super().compile(name, command)
        self.compiled = program if name.startswith("dflowc") else self.compiled
        return program


class FuzzVerify(verify.Check):
    """Takes the program that was compiled already."""

    def __init__(self, options, program):
        super().__init__(options)
        self.program = program

    def compiled(self):
        return self.program


def check_file(options, first, count):
    """Returns how many checks failed."""
    stem = f"fuzz_{options.seed}_{first}_{count}"
    source = Path(options.work) / f"{stem}.cpp"
    source.parent.mkdir(parents=True, exist_ok=True)
    for part, text in program(options.seed, first, count, stem).items():
        source.with_stem(stem + part).write_text(text)
    options.source = str(source)
    programs = FuzzCheck(options)
    programs.run()
    if not programs.compiled:
        return programs.failures.count
    closed_forms = FuzzVerify(options, programs.compiled)
    closed_forms.run()
    return programs.failures.count + closed_forms.failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     parents=[check.choices(), verify.choices()])
    for name in TOOLS:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--together", type=int, default=10, help="graph functions in one file")
    parser.add_argument("--host", choices=("clang", "gcc"), help="dflowc's host compiler; without it they take turns")
    options = parser.parse_args()
    hosts = [options.host] if options.host else ["clang", "gcc"]
    check.WARNINGS = ["-w"]
    check.MODES = {mode: check.MODES[mode] for mode in ("default", "serial", "shuffled by 1")}
    print(f"seed {options.seed}")
    failed = 0
    for number, first in enumerate(range(options.first, options.first + options.count, options.together)):
        options.host = hosts[number % len(hosts)]
        count = min(options.together, options.first + options.count - first)
        failures = check_file(options, first, count)
        failed += failures > 0
        if failures > 0:
            tools = " ".join(f"--{name}={getattr(options, name)}" for name in TOOLS)
            print(f"{options.source} failed; to repeat it:\n    {sys.executable} {HERE / 'run.py'} {tools} "
                  f"--seed={options.seed} --first={first} --count={count} --host={options.host}")
        else:
            for each in Path(options.work).glob(Path(options.source).stem + "*.cpp"):
                each.unlink()
    print("ok" if failed == 0 else f"{failed} programs failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
