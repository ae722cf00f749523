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

TOOLS = ("cxx", "dflowc", "dflow", "include", "lib", "work")
CASES = 2

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


def program(seed, first, count):
    """The text of a program with these graph functions; it is annotated as a program of the corpus."""
    comments = ["// BOUNDARIES: 0", "// REPLICABLE: yes", "// WORKERS: perhaps, lambdas may capture"]
    graphs, calls = [], []
    for number in range(first, first + count):
        numbers = random.Random(f"{seed}/{number}")
        name = f"g{number}"
        graphs.append(Graph(numbers.random(), name, boundaries=numbers.random() < 0.15).text())
        comments += [case_of(name, numbers) for _ in range(CASES)]
        calls.append(f'  if (wanted == "{name}") std::cout << {name}(ex, n, m, flag, xs).get() << \'\\n\';')
    prelude = (HERE / "prelude.h").read_text()
    return "\n\n".join(["\n".join(comments), prelude, *graphs, MAIN % "\n".join(calls)])


class FuzzCheck(check.Check):
    """Where a graph is cut is the compiler's to say: what it then claims must hold. One host compiler a file."""

    compiled = None

    def commands(self):
        compiled = "dflowc" if self.options.host == "clang" else "dflowc-gcc"
        return {name: command for name, command in super().commands().items() if name in ("plain", compiled)}

    def check_plan(self, name, program):
        shown = self.tool("show", program, "--format=json")
        if shown.returncode != 0:
            self.failures.add(f"{name}: its plan cannot be shown", shown.stderr)

    def compile(self, name, command):
        program = super().compile(name, command)
        self.compiled = program if name != "plain" else None
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
    source = Path(options.work) / f"fuzz_{options.seed}_{first}_{count}.cpp"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(program(options.seed, first, count))
    options.source = str(source)
    programs = FuzzCheck(options)
    programs.run()
    if not programs.compiled:
        return programs.failures.count
    closed_forms = FuzzVerify(options, programs.compiled)
    closed_forms.run()
    return programs.failures.count + closed_forms.failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in TOOLS:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--together", type=int, default=10, help="graph functions in one file")
    parser.add_argument("--host", choices=("clang", "gcc"), help="dflowc's host compiler; without it they take turns")
    options = parser.parse_args()
    hosts = [options.host] if options.host else ["clang", "gcc"]
    options.affine, options.flag = "", []
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
            Path(options.source).unlink()
    print("ok" if failed == 0 else f"{failed} programs failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
