"""What the compiler's passes cost on plans of many calls, each a family of its own: milliseconds of CPU time a pass."""
from .common import built, print_table, repetitions, row
from .tasks import run_once

SHAPES = ["chain", "pairs", "twins", "unread", "star", "grid"]
SIZES = [100, 1000, 10_000]
QUICK_SIZES = [100, 1000]
SMOKE_SIZES = [20]


def run(options):
    program = built(options, "bench_passes", compiler=True)
    rows, lines, passes = [], [], []
    for nodes in SMOKE_SIZES if options.smoke else QUICK_SIZES if options.quick else SIZES:
        for shape in SHAPES:
            runs = [run_once("dflow-passes", [str(program), shape, str(nodes)]) for _ in range(repetitions(options))]
            passes = list(runs[0])
            made = [row("passes", "dflow-passes", f"{shape}/{nodes}/{each}", "cpu_milliseconds", [r[each][0] for r in runs])
                    for each in passes]
            rows += made
            lines.append([shape, nodes, *(f"{each['value']:.1f}" for each in made), runs[0][passes[-1]][1]])
    print_table(["shape", "calls", *passes, "calls left"], lines)
    return rows
