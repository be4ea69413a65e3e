"""The images that the benchmarks bake into and draw, and the page that is sealed: the same bytes for every peer and for our own
benchmark.

`inputs.py FOLDER` writes them: 400.png (about 60 kB), 2000.png (about 3 MB), drawing.svg (about 32 kB), badge.png (600×600, a
disc in plain colours with soft edges), page.pdf (about 70 kB, as a PDF badge has). Noise covers as much of each of the others as its
size needs; it comes from a fixed seed, so the bytes are always the same.
"""

import io
import pathlib
import random
import sys
import zlib

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


def pdf(noise_bytes: int) -> bytes:
    """A page with the fixture attached to it, as PDF badges have it, and a picture."""
    noise = random.Random(SEED).randbytes(noise_bytes)
    credential = zlib.compress((pathlib.Path(__file__).parent / "fixture.json").read_bytes())
    text = b"BT /F1 24 Tf 100 400 Td (A badge) Tj ET"

    def stream(dictionary: str, content: bytes) -> bytes:
        return b"<<%s/Length %d>>stream\n%s\nendstream" % (dictionary.encode(), len(content), content)

    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AF[6 0 R]/Names<</EmbeddedFiles<</Names[(credential.json)6 0 R]>>>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 842 595]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</I 8 0 R>>>>>>",
        stream("", text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Filespec/AFRelationship/Data/F(credential.json)/UF(credential.json)/EF<</F 7 0 R/UF 7 0 R>>>>",
        stream("/Type/EmbeddedFile/Subtype/application#2Fld+json/Filter/FlateDecode", credential),
        stream(f"/Type/XObject/Subtype/Image/Width {noise_bytes}/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8", noise),
        b"<</Title(A badge)>>",
    ]
    out, offsets = b"%PDF-1.7\n%\xe5\xe5\xe5\xe5\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    identifier = b"07" * 16
    trailer = b"trailer\n<</Size %d/Root 1 0 R/Info 9 0 R/ID[<%s><%s>]>>\n" % (len(objects) + 1, identifier, identifier)
    return out + head + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


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
    "page.pdf": lambda: pdf(66_000),
}

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {**INPUTS, "badge.png": badge}.items():
        (folder / name).write_bytes(make())
