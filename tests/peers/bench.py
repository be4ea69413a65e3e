"""Python peers: openbadges-bakery on the images of inputs.py, and validator-core on a hosted Open Badges 2.0 assertion.

Prints one JSON line per case; no peer waits for a network.
"""

import io
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "independent" / "python"))

import verify_ob2
from documents import Documents
from harness import bench
from inputs import INPUTS
from openbadges_bakery import bake, unbake

CREDENTIAL = json.dumps(json.loads((FOLDER / "fixture.json").read_text("utf-8")), ensure_ascii=False)
OB2 = "https://badges.example/ob2/"
HOSTED = json.loads((FOLDER / "hosted.json").read_text("utf-8"))


def bench_baking() -> None:
    for file, make in INPUTS.items():
        if file.endswith("pdf"):
            continue
        image = make()
        suffix = "svg" if file.endswith("svg") else f"png-{pathlib.Path(file).stem}"

        def baked() -> bytes:
            out = io.BytesIO()
            bake(io.BytesIO(image), CREDENTIAL, out)
            return out.getvalue()

        done = baked()
        # In an SVG the peer finds the credential's id, not the credential; that is what it can do.
        assert unbake(io.BytesIO(done)) in (CREDENTIAL, json.loads(CREDENTIAL)["id"])
        bench("openbadges-bakery", f"bake-{suffix}", baked)
        bench("openbadges-bakery", f"unbake-{suffix}", lambda: unbake(io.BytesIO(done)))


def bench_hosted() -> None:
    source = Documents()
    for url, document in HOSTED.items():
        source.add(url, json.dumps(document).encode())
    source.add(OB2 + "image", INPUTS["400.png"](), "image/png")
    verify_ob2.install(source)

    def verified() -> None:
        report = verify_ob2.judge(OB2 + "assertion", source)["report"]
        assert report["valid"], report["messages"]

    bench("openbadges", "verify-ob2-hosted", verified)


bench_baking()
bench_hosted()
