"""Draws images of several sizes into a directory: Julia sets, as PNG in true colour, with a palette and in grey."""
import struct
import sys
import zlib
from pathlib import Path

FORMS = [(64, 48, 2), (120, 90, 2), (100, 160, 0), (33, 57, 3), (200, 40, 2), (16, 16, 0), (90, 90, 3), (31, 140, 2), (75, 50, 2), (1, 70, 0)]


def julia(x, y, constant):
    z, steps = complex(x, y), 0
    while abs(z) < 2 and steps < 40:
        z, steps = z * z + constant, steps + 1
    return steps


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def draw(width, height, colours, constant):
    """colours: 0 grey, 2 true colour, 3 palette."""
    rows = b""
    for y in range(height):
        rows += b"\0"
        for x in range(width):
            steps = julia(3 * x / width - 1.5, 3 * y / height - 1.5, constant)
            rows += bytes((steps * 6, 255 - steps * 5, steps * 17 % 256)) if colours == 2 else bytes((steps * 6 if colours == 0 else steps,))
    palette = chunk(b"PLTE", bytes(part for i in range(41) for part in (255 - i * 6, i * 31 % 256, i * 5)))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)) +
            (palette if colours == 3 else b"") + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for number, (width, height, colours) in enumerate(FORMS):
    (folder / f"julia{number}.png").write_bytes(draw(width, height, colours, complex(-0.8 + 0.1 * number, 0.156)))
