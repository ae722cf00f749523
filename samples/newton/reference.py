"""The same iteration over all rows. For the O-rings the literature gives an intercept of 15.043 and a slope of -0.232."""
import math
import sys

rows = [tuple(map(float, line.split())) for line in open(sys.argv[1])]
a, b, length, steps = 0.0, 0.0, 1.0, 0
while length > 1e-9:
    steps += 1
    chances = [1 / (1 + math.exp(-(a + b * x))) for x, _ in rows]
    g0 = math.fsum(y - p for (_, y), p in zip(rows, chances))
    g1 = math.fsum((y - p) * x for (x, y), p in zip(rows, chances))
    h0, h1, h2 = (math.fsum(p * (1 - p) * x ** power for (x, _), p in zip(rows, chances)) for power in range(3))
    determinant = h0 * h2 - h1 * h1
    more, steeper = (h2 * g0 - h1 * g1) / determinant, (h0 * g1 - h1 * g0) / determinant
    a, b, length = a + more, b + steeper, math.hypot(more, steeper)
if abs(a - 15.043) > 0.001 or abs(b + 0.232) > 0.001:
    sys.exit(f"{a} {b} is not what the literature says")
print(f"intercept {a:.6f} slope {b:.6f} after {steps} steps")
for x in (31, 53, 65, 75):
    print(f"at {x}: {1 / (1 + math.exp(-(a + b * x))):.6f}")
