"""Python peers: openbadges-bakery on the images of inputs.py, and validator-core on a hosted Open Badges 2.0 assertion.

Prints one JSON line per case. CPU is the process's, from time.process_time; no peer waits for a network.
"""

import io
import json
import os
import pathlib
import sys
import time
from importlib.metadata import version

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "independent" / "python"))

import verify_ob2
from documents import Documents
from inputs import INPUTS
from openbadges_bakery import bake, unbake

BOX_SECONDS = int(os.environ.get("PEERS_BOX_MS", 3000)) / 1000
WARM_UP = 5

CREDENTIAL = json.dumps(json.loads((FOLDER / "fixture.json").read_text("utf-8")), ensure_ascii=False)
OB2 = "https://badges.example/ob2/"
CONTEXT = "https://w3id.org/openbadges/v2"
HOSTED = {
    OB2 + "issuer": {
        "@context": CONTEXT, "type": "Issuer", "id": OB2 + "issuer", "name": "織物職人組合",
        "url": "https://weavers.example", "email": "badges@weavers.example",
    },
    OB2 + "badge": {
        "@context": CONTEXT, "type": "BadgeClass", "id": OB2 + "badge", "name": "織機の安全", "image": OB2 + "image",
        "description": "織機を安全に扱える。", "criteria": {"narrative": "実技試験に合格すること。"},
        "issuer": OB2 + "issuer", "tags": ["織物", "安全"],
    },
    OB2 + "assertion": {
        "@context": CONTEXT, "type": "Assertion", "id": OB2 + "assertion", "badge": OB2 + "badge",
        "recipient": {
            "type": "email", "hashed": True, "salt": "b6f1c0de",
            "identity": "sha256$a747ca0f7bef07d3d13fa07837cd0abb9f3bd44b02e7d517bd0c8a0daf1d1c9e",
        },
        "verification": {"type": "HostedBadge"}, "issuedOn": "2026-02-01T08:00:00Z", "expires": "2126-02-01T08:00:00Z",
    },
}


def bench(peer: str, name: str, work) -> None:
    for _ in range(WARM_UP):
        work()
    walls, cpu, end = [], time.process_time(), time.perf_counter() + BOX_SECONDS
    while (start := time.perf_counter()) < end:
        work()
        walls.append(time.perf_counter() - start)
    cpu = time.process_time() - cpu
    walls.sort()
    print(json.dumps({
        "peer": f"{peer} {version(peer)}", "case": name, "cpu_us": round(cpu / len(walls) * 1e6, 1),
        "p50_us": round(walls[len(walls) // 2] * 1e6, 1), "iterations": len(walls),
    }, separators=(",", ":")), flush=True)


def bench_baking() -> None:
    for file, make in INPUTS.items():
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
