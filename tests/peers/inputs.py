"""The images that the benchmarks bake into and draw, the same bytes for every peer and for our own benchmark.

`inputs.py FOLDER` writes them: 400.png (about 60 kB), 2000.png (about 3 MB), drawing.svg (about 32 kB), badge.png (600×600, a
disc in plain colours with soft edges). Noise covers as much of each of the first two as its size needs; it comes
from a fixed seed, so the pixels are always the same.
"""

import io
import pathlib
import random
import sys

from PIL import Image, ImageDraw

SEED = 2022
POINTS = 60  # of one line of the drawing: a drawing has fewer elements than coordinates


def png(side: int, noise_bytes: int) -> bytes:
    image = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    rows = noise_bytes // (3 * side)
    noise = Image.frombytes("RGB", (side, rows), random.Random(SEED).randbytes(3 * side * rows))
    image.paste(noise, (0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def svg(size_bytes: int) -> bytes:
    numbers = random.Random(SEED)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"><title>織機の安全</title>']
    while sum(map(len, parts)) < size_bytes:
        points = " ".join(f"{numbers.uniform(0, 400):.2f},{numbers.uniform(0, 400):.2f}" for _ in range(POINTS))
        parts.append(f'<polyline points="{points}" fill="none" stroke="#{numbers.randrange(1 << 24):06x}"/>')
    return "".join([*parts, "</svg>"]).encode()


def badge() -> bytes:
    large = Image.new("RGBA", (2400, 2400))
    draw = ImageDraw.Draw(large)
    for radius, colour in ((1150, "#17336b"), (1060, "#e8c25a"), (1020, "#2b5fab"), (420, "#e8c25a"), (330, "#fff")):
        draw.ellipse((1200 - radius, 1200 - radius, 1200 + radius, 1200 + radius), fill=colour)
    out = io.BytesIO()
    large.resize((600, 600)).save(out, "PNG")
    return out.getvalue()


INPUTS = {
    "400.png": lambda: png(400, 58_000),
    "2000.png": lambda: png(2000, 2_950_000),
    "drawing.svg": lambda: svg(32_000),
}

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {**INPUTS, "badge.png": badge}.items():
        (folder / name).write_bytes(make())
