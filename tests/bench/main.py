"""Our figures beside other people's, and what issuing costs: one table on stdout, the same as JSON in .local/bench.json.

    main.py CORES FUNCTIONS     CORES: the compiled benchmark `cores`; FUNCTIONS: the folder of the functions' release binaries

Measures only; a goal that is missed is shown, never an error. `infra/bench` builds what this needs and calls it.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runtime import median

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / ".local" / "bench.json"
PEERS = ROOT / "tests" / "peers" / "run"
STACK = ROOT / "infra" / "local" / "stack.py"

ROUNDS = 3
PEER_BOX_MS = 1500

MAX_INIT_CPU_MS = 10
MAX_RSS_BYTES, MAX_PDF_RSS_BYTES = 16_000_000, 30_000_000
MAX_ZIP_BYTES = 6_000_000
BIG = "10000 by the queue"  # the event that the goals below are about
MAX_SIGNS, MAX_WRITE_UNITS, MAX_PUTS, MAX_INVOCATIONS = 1.0, 1.2, 0, 0.001
CLAIMED = "10000 on claim, 40% claimed"

# List prices of us-east-1 in dollars for each: KMS, ECC Sign; DynamoDB on demand; S3; SQS; Lambda on arm64.
PRICES = {
    "signs": 0.15 / 10_000, "write_units": 0.625e-6, "read_units": 0.125e-6, "s3_puts": 0.005 / 1_000, "queue_calls": 0.4e-6,
    "invocations": 0.2e-6, "gb_seconds": 0.0000133334,
}
FUNCTION_GB = 0.25
# The obvious design, for each badge: a signature, six writes of which one has 4 kB, a baked PNG, a request of 150 ms with 128 MB by way of
# the API ($1.00 a million) that logs 2 kB ($0.50 a GB).
NAIVE = {"signs": 1, "write_units": 9, "s3_puts": 1, "invocations": 1, "gb_seconds": 0.15 * 0.125}
NAIVE_MORE = 1.00e-6 + 2e-6 * 0.50
DOLLAR_GOALS = {BIG: 0.6, CLAIMED: 0.25}


@dataclass
class Row:
    """One operation of ours and of a peer; `goal`: how many times less CPU ours should take."""

    name: str
    case: str
    goal: int


ROWS = (
    Row("sign, eddsa-rdfc-2022", "sign-eddsa-rdfc-2022", 40),
    Row("verify, eddsa-rdfc-2022", "verify-eddsa-rdfc-2022", 40),
    Row("verify, ecdsa-rdfc-2019", "verify-ecdsa-rdfc-2019", 40),
    Row("canonicalise", "canonicalize", 80),
    Row("bake into PNG, 400×400", "bake-png-400", 20),
    Row("bake into PNG, 2000×2000", "bake-png-2000", 10),
    Row("extract from PNG, 400×400", "unbake-png-400", 20),
    Row("extract from PNG, 2000×2000", "unbake-png-2000", 20),
    Row("bake into SVG", "bake-svg", 50),
    Row("extract from SVG", "unbake-svg", 50),
    Row("verify, OB 2.0 hosted", "verify-ob2-hosted", 100),
    Row("seal a PDF, P-256", "seal-pdf", 50),
    Row("examine a sealed PDF", "examine-pdf", 12),
    Row("draw a PDF badge", "page-beside-reportlab", 15),
    Row("draw a PDF badge", "page-beside-weasyprint", 25),
)
OURS_ONLY = (
    Row("sign, as within an event", "sign-eddsa-rdfc-2022-prepared", 0),
    Row("verify, with its status list", "verify-eddsa-rdfc-2022-with-status", 0),
)


def main() -> None:
    cores, functions = Path(sys.argv[1]), Path(sys.argv[2])
    facts = machine()
    result = {"machine": facts, "cores": measure_cores(cores), **measure_on_stack(functions)}
    result["machine"]["load at end"] = load()
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print("\n".join(report(result)))
    print(f"\nAs JSON: {RESULT.relative_to(ROOT)}", file=sys.stderr)


def machine() -> dict:
    def lines_of(path: str) -> list[str]:
        return Path(path).read_text(encoding="utf-8").splitlines()

    model = next((line.partition(":")[2].strip() for line in lines_of("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory_kb = next(int(line.split()[1]) for line in lines_of("/proc/meminfo") if line.startswith("MemTotal"))
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": os.cpu_count(), "CPU": model, "memory": f"{memory_kb / 1024**2:.0f} GiB",
        "kernel": platform.release(), "rustc": said("rustc", "--version"), "Node.js": said("node", "--version"),
        "Python": platform.python_version(), "revision": said("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "load at start": load(),
    }


def said(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


# ---- Measuring --------------------------------------------------------------------------------------------------------


def measure_cores(cores: Path) -> dict:
    """Ours, theirs, ours, theirs, …: what else the machine does then falls on both. The median of the rounds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        subprocess.run([PEERS, "inputs", folder], check=True, stdout=sys.stderr)
        ours, peers = {}, {}
        for number in range(1, ROUNDS + 1):
            print(f"bench: ours and peers, round {number} of {ROUNDS} …", file=sys.stderr, flush=True)
            collect(ours, [cores], {"BENCH_INPUTS": folder})
            collect(peers, [PEERS], {"BENCH_INPUTS": folder, "PEERS_BOX_MS": str(PEER_BOX_MS)})
    cases = {}
    for case, found in ours.items():
        cases[case] = {"ours_cpu_us": median([line["cpu_us"] for line in found])}
        if case in peers:
            cases[case]["peer"] = peers[case][0]["peer"]
            cases[case]["peer_cpu_us"] = median([line["cpu_us"] for line in peers[case]])
    return cases


def collect(into: dict, command: list, environment: dict[str, str]) -> None:
    output = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in map(json.loads, output.splitlines()):
        into.setdefault(line["case"], []).append(line)


def measure_on_stack(functions: Path) -> dict:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, STACK, "test", "--no-build", "--logs", ROOT / ".local" / "logs" / "bench", "--"]
        command += [sys.executable, Path(__file__).with_name("on_stack.py"), functions, file.name]
        done = subprocess.run(command, stdout=sys.stderr)
        content = Path(file.name).read_text(encoding="utf-8")
    if not content:
        reason = {"failed": f"the local stack ended with code {done.returncode}"}
        return dict.fromkeys(("functions", "warm", "issue", "cost"), reason)
    return json.loads(content)


# ---- Showing ----------------------------------------------------------------------------------------------------------


def report(result: dict) -> list[str]:
    lines = [f"{name + ':':<15}{value}" for name, value in result["machine"].items()]
    lines += ["", "1. Pure crates beside peers: CPU time of one operation", *cores_table(result["cores"])]
    sections = (
        ("2. A function's start (CPU and memory are its own; TLS to AWS is not part of it here)", "functions", starts_table),
        ("   Warm invocations through a stand-in of the Runtime API", "warm", invocations_table),
        ("3. Issuing to one recipient, against the local AWS, which is most of the time", "issue", invocations_table),
        ("4. Cost of an event, counted", "cost", cost_table),
    )
    for title, name, table in sections:
        section = result[name]
        lines += ["", title, *([f"not measured: {section['failed']}"] if "failed" in section else table(section))]
    return lines


def cores_table(cases: dict) -> list[str]:
    rows = [("operation", "ours µs", "peer µs", "ratio", "goal", "reached", "peer")]
    for row in ROWS:
        case = cases[row.case]
        if "peer" not in case:
            rows.append((row.name, number(case["ours_cpu_us"]), "", "", f"≥ {row.goal}×", "", "not installed"))
            continue
        ratio = case["peer_cpu_us"] / case["ours_cpu_us"]
        rows.append((
            row.name, number(case["ours_cpu_us"]), number(case["peer_cpu_us"]), f"{ratio:.0f}×", f"≥ {row.goal}×",
            yes(ratio >= row.goal), case["peer"],
        ))
    rows += [(row.name, number(cases[row.case]["ours_cpu_us"]), "", "", "", "", "") for row in OURS_ONLY]
    return aligned(rows)


def starts_table(functions: dict) -> list[str]:
    rows = [("function", "binary MB", "zipped MB", "init CPU ms", "init wall ms", "RSS after init MB", "after 100 MB", "reached")]
    for name, found in functions.items():
        most = MAX_PDF_RSS_BYTES if name == "pdf" else MAX_RSS_BYTES
        small = found["zip_bytes"] <= MAX_ZIP_BYTES and found["peak_rss_bytes"] <= most
        reached = small and found["init_cpu_ms"] <= MAX_INIT_CPU_MS
        rows.append((
            name, megabytes(found["binary_bytes"]), megabytes(found["zip_bytes"]), number(found["init_cpu_ms"]), number(found["init_wall_ms"]),
            megabytes(found["init_rss_bytes"]), megabytes(found["peak_rss_bytes"]), yes(reached),
        ))
    memory = f"peak RSS ≤ {megabytes(MAX_RSS_BYTES)} MB (pdf ≤ {megabytes(MAX_PDF_RSS_BYTES)} MB)"
    return [*aligned(rows), f"goal: init CPU ≤ {MAX_INIT_CPU_MS} ms, {memory}, zipped ≤ {megabytes(MAX_ZIP_BYTES)} MB; fonts are a layer beside it"]


def invocations_table(section: dict) -> list[str]:
    rows = [("", "per second", "p50 ms", "p99 ms", "function's CPU µs", "peak RSS MB")]
    for name, found in section.items():
        if name.isdigit():
            name = f"{name} client{'s' if name != '1' else ''}"
        rows.append((
            name, number(found["per_second"]), number(found["p50_ms"]), number(found["p99_ms"]), number(found["cpu_us"]),
            megabytes(found["peak_rss_bytes"]),
        ))
    return aligned(rows)


def cost_table(section: dict) -> list[str]:
    rows = [("recipients, per badge", "KMS signs", "DynamoDB calls", "write units", "S3 PUTs", "SQS calls", "invocations", "CPU µs", "reached")]
    details = []
    for name, found in section.items():
        count = found["recipients"]
        kinds = ("signs", "dynamodb_calls", "write_units", "s3_puts", "queue_calls", "invocations")
        per_badge = {kind: found[kind] / count for kind in kinds}
        limits = {"signs": MAX_SIGNS, "write_units": MAX_WRITE_UNITS, "s3_puts": MAX_PUTS, "invocations": MAX_INVOCATIONS}
        reached = yes(all(per_badge[kind] <= limit for kind, limit in limits.items())) if name == BIG else ""
        counts = [f"{per_badge[kind]:.4f}" for kind in kinds]
        rows.append((name, *counts, number(found["cpu_us_per_badge"]), reached))
        kinds = sorted(found["items"].items(), key=lambda kind: -kind[1]["units"])
        details += ["", f"{name}: calls"]
        details += [f"  {operation} {times}" for operation, times in sorted(found["calls"].items())]
        details += [f"{name}: items written"]
        details += aligned([("  kind", "items", "units", "largest B"), *(
            (f"  {kind}", str(about["writes"]), str(about["units"]), str(about["largest_bytes"])) for kind, about in kinds
        )])
        if "signing_seconds" in found:
            slowest = max(found["signing_seconds"])
            details += [f"{name}: answered after {found['answer_seconds']:.1f} s, slowest chunk {slowest:.1f} s, on this machine's emulator"]
    goal = (
        f"goal per badge, {BIG}: ≤ {MAX_SIGNS:.0f} Sign, ≤ {MAX_WRITE_UNITS} write units, {MAX_PUTS} PUT, ≤ {MAX_INVOCATIONS} invocations"
    )
    return [*aligned(rows), goal, "", *dollars_table(section), *details]


def dollars_table(section: dict) -> list[str]:
    """What a million badges cost by the counted calls, beside the obvious design."""
    naive = 1e6 * (dollars(NAIVE) + NAIVE_MORE)
    rows = [("a million badges, $", "KMS", "writes", "reads", "Lambda", "others", "in all", "× naive", "goal", "reached")]
    for name, goal in DOLLAR_GOALS.items():
        if name not in section:
            continue
        found = section[name]
        counts = {kind: found[kind] / found["recipients"] for kind in PRICES if kind in found}
        counts["gb_seconds"] = FUNCTION_GB * found["seconds"] / found["recipients"]
        kinds = (("signs",), ("write_units",), ("read_units",), ("invocations", "gb_seconds"), ("s3_puts", "queue_calls"))
        parts = [1e6 * dollars({kind: counts[kind] for kind in group}) for group in kinds]
        ratio = sum(parts) / naive
        rows.append((name, *map(number, parts), number(sum(parts)), f"{ratio:.3f}", f"≤ {goal}", yes(ratio <= goal)))
    return [*aligned(rows), f"the obvious design: ${naive:.2f}"]


def dollars(counts: dict) -> float:
    return sum(PRICES[kind] * count for kind, count in counts.items())


def aligned(rows: list[tuple]) -> list[str]:
    """Columns as wide as their widest cell: the first to the left, as is a last one of words, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 or rows[0][column] == "peer" else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def megabytes(size_bytes: float) -> str:
    return f"{size_bytes / 1e6:.1f}"


def yes(reached: bool) -> str:
    return "yes" if reached else "NO"


if __name__ == "__main__":
    main()
