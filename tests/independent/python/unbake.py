"""Takes the badge out of a baked PNG or SVG with readers this project did not write.

PNG chunks are read by pypng (which checks every CRC), pixels by Pillow, XML by lxml. What comes out is compared with
what the two bakeries on PyPI find: openbadges-bakery for Open Badges 2.0, openbadgeslib for 3.0.
"""

import argparse
import io
import json
import pathlib
import sys

import png
from lxml import etree
from openbadges_bakery import unbake as bakery_unbake
from openbadgeslib import baking as openbadgeslib_baking
from PIL import Image

from documents import Fail, report

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = {2: b"openbadges", 3: b"openbadgecredential"}
ELEMENT = {2: "{http://openbadges.org}assertion", 3: "{https://purl.imsglobal.org/ob/v3p0}credential"}


def from_png(image: bytes, ob: int) -> str:
    try:
        chunks = list(png.Reader(bytes=image).chunks())
        Image.open(io.BytesIO(image)).load()
    except (png.Error, OSError, SyntaxError) as error:
        raise Fail("bake", f"not a PNG that opens: {error}") from error
    found = [bytes(data) for kind, data in chunks if kind == b"iTXt" and data.startswith(KEYWORD[ob] + b"\0")]
    if len(found) != 1:
        raise Fail("bake", f"{len(found)} iTXt chunks named {KEYWORD[ob].decode()}, not one")
    compressed, rest = found[0][len(KEYWORD[ob]) + 1], found[0][len(KEYWORD[ob]) + 3:]
    if compressed:
        raise Fail("bake", "the chunk is compressed, which the specification forbids")
    _language, _translated, text = rest.split(b"\0", 2)
    return text.decode("utf-8")


def from_svg(image: bytes, ob: int, strict: bool) -> str:
    try:
        root = etree.fromstring(image, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise Fail("bake", f"not XML: {error}") from error
    found = root.findall(f".//{ELEMENT[ob]}")
    if len(found) != 1:
        raise Fail("bake", f"{len(found)} elements {ELEMENT[ob]}, not one")
    element, body, verify = found[0], (found[0].text or "").strip(), found[0].get("verify")
    if strict and root[0] is not element:
        raise Fail("bake", "the badge is not the first element of the image")
    if ob == 3 and body and verify:
        raise Fail("bake", "both a verify attribute and a body")
    if not body and not verify:
        raise Fail("bake", "neither a verify attribute nor a body")
    return body or verify


def other_opinion(image: bytes, ob: int, is_png: bool) -> str | None:
    """What the bakery on PyPI finds in the same image."""
    if ob == 2:
        return bakery_unbake(io.BytesIO(image))
    if is_png:
        return openbadgeslib_baking.extract_png(image, keyword=KEYWORD[3])
    return openbadgeslib_baking.extract_svg(image, element=openbadgeslib_baking.SVG_ELEMENT_OB3, text_fallback=True)


def payload(image: bytes, ob: int, strict: bool = False) -> str:
    is_png = image.startswith(PNG_SIGNATURE)
    text = from_png(image, ob) if is_png else from_svg(image, ob, strict)
    other = other_opinion(image, ob, is_png)
    same = other is not None and other.strip() == text.strip()
    # For a hosted badge in an SVG, openbadges-bakery answers the verify URL in place of the body: the assertion's id.
    if not same and not (ob == 2 and text.startswith("{") and json.loads(text).get("id") == other):
        raise Fail("bake", f"another bakery reads something else: {str(other)[:60]!r}")
    return text


def same_pixels(image: bytes, artwork: bytes) -> None:
    # Palette or not, opacity or not: the product may choose the smallest form that shows the same.
    one, two = (Image.open(io.BytesIO(data)).convert("RGBA") for data in (image, artwork))
    if (one.size, one.tobytes()) != (two.size, two.tobytes()):
        raise Fail("pixels", "the baked image does not show what the artwork shows")


def verdict(options) -> str:
    image = pathlib.Path(options.file).read_bytes()
    text = payload(image, options.ob, options.strict)
    if options.same_pixels_as:
        same_pixels(image, pathlib.Path(options.same_pixels_as).read_bytes())
    if options.out:
        pathlib.Path(options.out).write_text(text, "utf-8")
    elif sys.stdout.isatty() or options.print:
        print(text)
    return f"OB {options.ob}, {len(text.encode())} bytes"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--ob", type=int, choices=(2, 3), default=3)
    parser.add_argument("--strict", action="store_true", help="an SVG's badge must be its first element")
    parser.add_argument("--same-pixels-as", help="the artwork before baking")
    parser.add_argument("--out", help="write the payload to this file")
    parser.add_argument("--print", action="store_true", help="print the payload before the verdict")
    given_options = parser.parse_args()
    report(lambda: verdict(given_options))
