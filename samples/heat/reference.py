"""The whole plate at once, cell by cell."""
import sys

blocks, side, steps = map(int, sys.argv[1:])
size = blocks * side
plate = [[100.0] * (size + 2)] + [[0.0] * (size + 2) for _ in range(size + 1)]
for _ in range(steps):
    following = [row[:] for row in plate]
    for i in range(1, size + 1):
        for j in range(1, size + 1):
            around = plate[i - 1][j] + plate[i + 1][j] + plate[i][j - 1] + plate[i][j + 1]
            following[i][j] = plate[i][j] + 0.2 * (around - 4 * plate[i][j])
    plate = following
for i in range(0, size, side // 2 + 1):
    print(i, f"{plate[i + 1][i + 1]:.9f}")
