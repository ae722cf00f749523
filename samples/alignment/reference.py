"""The whole table of each alignment, row by row."""
import sys


def read_costs(name):
    lines = [line.split() for line in open(name) if not line.startswith("#")]
    return {(line[0], other): int(score) for line in lines[1:] for other, score in zip(lines[0], line[1:])}


def read_proteins(name):
    for entry in open(name).read().split(">")[1:]:
        head, *lines = entry.splitlines()
        yield head.split()[0], "".join(lines)


def best_alignment(costs, a, b, first=12, further=1):
    never = float("-inf")
    above, down = [0] * (len(b) + 1), [never] * (len(b) + 1)
    best = (0, 0, 0)
    for i, x in enumerate(a, 1):
        row, along = [0], never
        for j, y in enumerate(b, 1):
            along = max(row[j - 1] - first, along - further)
            down[j] = max(above[j] - first, down[j] - further)
            row.append(max(0, above[j - 1] + costs[x, y], along, down[j]))
            if row[j] > best[0]:
                best = (row[j], i, j)
        above = row
    return best


costs = read_costs(sys.argv[1])
(name, protein), *others = read_proteins(sys.argv[2])
for other, residues in others:
    score, row, column = best_alignment(costs, protein, residues)
    print(name, other, "score", score, "ends at", row, column)
