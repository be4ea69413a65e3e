"""What the Python peers are measured with: CPU is the process's, from time.process_time."""

import json
import os
import time
from importlib.metadata import version

BOX_SECONDS = int(os.environ.get("PEERS_BOX_MS", 3000)) / 1000
WARM_UP = 5


def bench(peer: str, name: str, work) -> None:
    for _ in range(WARM_UP):
        work()
    walls, before, cpu = [], time.process_time(), 0.0
    while cpu < BOX_SECONDS:
        start = time.perf_counter()
        work()
        walls.append(time.perf_counter() - start)
        cpu = time.process_time() - before
    walls.sort()
    print(json.dumps({
        "peer": f"{peer} {version(peer)}", "case": name, "cpu_us": round(cpu / len(walls) * 1e6, 1),
        "p50_us": round(walls[len(walls) // 2] * 1e6, 1), "iterations": len(walls),
    }, separators=(",", ":")), flush=True)
