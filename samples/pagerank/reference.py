"""All packages at once, rank by rank."""
import math
import re
import sys

packages, current = {}, ""
for line in open(sys.argv[1], encoding="latin-1"):
    if line.startswith("Package: "):
        current = line[9:-1]
        packages.setdefault(current, set())
    if line.startswith(("Depends: ", "Pre-Depends: ")):
        packages[current] |= {re.split("[ :|(]", one.strip())[0] for one in line.split(" ", 1)[1].rstrip("\n").split(",")}
names = sorted(packages, key=lambda name: name.encode("latin-1"))
needed = {name: [other for other in packages[name] if other in packages] for name in names}

ranks = {name: 1 / len(names) for name in names}
for _ in range(int(sys.argv[3])):
    shared = math.fsum(rank for name, rank in ranks.items() if not needed[name]) / len(names)
    following = {name: 0.15 / len(names) + 0.85 * shared for name in names}
    for name in names:
        for other in needed[name]:
            following[other] += 0.85 * ranks[name] / len(needed[name])
    ranks = following
for name in sorted(names, key=lambda name: (-math.floor(ranks[name] * 1e9 + 0.5), names.index(name)))[:20]:
    print(f"{ranks[name]:.6f} {name}")
