"""The same thumbnails, from the images' own bytes. Reads PNG as make_images.py writes it."""
import struct
import sys
import zlib
from pathlib import Path


def read(path):
    data, at, packed, palette = path.read_bytes(), 8, b"", b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body, at = data[at + 8:at + 8 + length], at + 12 + length
        if kind == b"IHDR":
            width, height, _, colours = struct.unpack(">IIBB", body[:10])
        packed += body if kind == b"IDAT" else b""
        palette = body if kind == b"PLTE" else palette
    rows, parts = zlib.decompress(packed), 3 if colours == 2 else 1
    rows = [rows[y * (width * parts + 1) + 1:(y + 1) * (width * parts + 1)] for y in range(height)]
    if colours == 0:
        return [[(value,) * 3 for value in row] for row in rows]
    if colours == 3:
        return [[tuple(palette[3 * value:3 * value + 3]) for value in row] for row in rows]
    return [[tuple(row[3 * x:3 * x + 3]) for x in range(width)] for row in rows]


def shrink(image, side):
    width, height = len(image[0]), len(image)
    longest = max(width, height)
    if longest <= side:
        return image
    w, h = max(1, width * side // longest), max(1, height * side // longest)

    def mean(x, y):
        cells = [image[i][j] for i in range(y * height // h, (y + 1) * height // h) for j in range(x * width // w, (x + 1) * width // w)]
        return tuple(sum(cell[c] for cell in cells) // len(cells) for c in range(3))
    return [[mean(x, y) for x in range(w)] for y in range(h)]


def report(name, image):
    print(f"{name} {len(image[0])} x {len(image)} {zlib.adler32(bytes(part for row in image for cell in row for part in cell)):08x}")


side, columns = int(sys.argv[3]), 4
paths = sorted(Path(sys.argv[1]).glob("*.png"))
thumbnails = [shrink(read(path), side) for path in paths]
for path, image in zip(paths, thumbnails):
    report(path.stem, image)
sheet = []
for start in range(0, len(thumbnails), columns):
    rows = [[(255, 255, 255)] * (columns * side) for _ in range(side)]
    for k, image in enumerate(thumbnails[start:start + columns]):
        left, top = k * side + (side - len(image[0])) // 2, (side - len(image)) // 2
        for y, row in enumerate(image):
            rows[top + y][left:left + len(row)] = row
    sheet += rows
report("sheet", sheet)
