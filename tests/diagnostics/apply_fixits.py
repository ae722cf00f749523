"""apply_fixits.py COMMAND... FILE: runs a compiler on FILE and prints FILE with the fix-its that it proposes."""

import re
import subprocess
import sys

FIXIT = re.compile(r'fix-it:"(?P<file>.*)":\{(\d+):(\d+)-(\d+):(\d+)\}:"(?P<text>.*)"$')


def fixits(output, file):
    for line in output.splitlines():
        match = FIXIT.match(line)
        if match and match["file"] == file:
            start, end = tuple(map(int, match.group(2, 3))), tuple(map(int, match.group(4, 5)))
            yield start, end, re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), match["text"])


def main():
    *command, file = sys.argv[1:]
    run = subprocess.run([*command, "-fdiagnostics-parseable-fixits", file], stderr=subprocess.PIPE, text=True, check=True)
    changes = list(fixits(run.stderr, file))
    if not changes:
        sys.exit("no fix-it for " + file + " in:\n" + run.stderr)
    with open(file, encoding="utf-8") as source:
        lines = source.read().split("\n")
    for (line, column), (end_line, end_column), text in sorted(changes, key=lambda change: change[0], reverse=True):
        tail = lines[end_line - 1][end_column - 1:]
        lines[line - 1:end_line] = [lines[line - 1][:column - 1] + text + tail]
    sys.stdout.write("\n".join(lines))


main()
