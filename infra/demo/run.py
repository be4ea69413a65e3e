"""The main job from end to end, on the local stack, as an issuer's own system and a doubtful reader would do it.

Creates an organisation, a badge and a credential; fetches what is hosted; has it judged by our validator and by libraries this
project did not write; changes one letter and one byte; revokes. Leaves the files in .local/demo.
"""

import base64
import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
FILES = ROOT / ".local" / "demo"
OPERATOR = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "operator"
INDEPENDENT = ROOT / "tests" / "independent" / "run"
EARNER = "hanako@example.org"

failures = 0


def main() -> int:
    base = os.environ["BASE_URL"].rstrip("/")
    FILES.mkdir(parents=True, exist_ok=True)

    headline("An organisation gets its account, its key and its API credentials")
    made = operator(
        "org", "create", "--name", "機織り学院 Hataori Academy", "--url", "https://hataori.example",
        "--email", "badges@hataori.example", "--vc-jwt", "ES256",
    )
    client, secret = made["client_id"], made["client_secret"]
    line("issuer", made["did"])
    line("client", client)
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    token = call("POST", f"{base}/v2/client/oauth2/token", urllib.parse.urlencode(form).encode())["access_token"]
    line("token", f"{token[:24]}… (one hour, signed by a KMS key of its own)")

    headline("It designs a badge")
    content = {
        "language": "ja", "name": "機織り入門", "description": "手機で一反を織り上げた。",
        "criteria": "実技試験に**合格**すること。", "tag": ["手仕事"], "image_alt": "朱の印",
        "alignment": [{"targetName": "textile techniques", "targetUrl": "https://esco.example/skill/textile-techniques"}],
    }
    picture = (HERE / "badge.png").read_bytes()
    badge = {
        "category": ["crafts"], "image": data_url(picture), "primary_language": "ja", "content": [content],
        "expires": 36, "draft": False,
    }
    badge_id = call("POST", f"{base}/v2/badge/{client}", badge, token)["resource_id"]
    line("badge", f"{base}/badges/{badge_id}")

    headline(f"It issues the badge to {EARNER}")
    request = {
        "recipient": [{"email": EARNER, "name": "織田 花子", "evidence": [{"narrative": "一反、木綿、平織り。"}]}],
        "api_consumer_id": "demo", "send_email": False,
    }
    event = call("POST", f"{base}/v2/event/{client}/{badge_id}/issue", request, token)["resource_id"]
    recipient = call("GET", f"{base}/v2/event/{client}/recipient?event_id={event}", None, token)["result"][0]
    credential = recipient["assertion_id"]
    line("credential", f"{base}/credentials/{credential}")

    headline("Everything about it is hosted; these files are what anyone gets")
    wanted = {
        "credential.json": f"/credentials/{credential}.json",
        "credential.jwt": f"/credentials/{credential}.jwt",
        "badge.png": f"/baked/{credential}.png",
        "assertion.json": f"/ob2/assertions/{credential}",
        "badge-ob2.png": f"/baked/{credential}.ob2.png",
    }
    for name, path in wanted.items():
        (FILES / name).write_bytes(fetch(base + path))
        line(name, f"{(FILES / name).stat().st_size:>7,} bytes from {path}")

    (FILES / "badge.pdf").write_bytes(fetch(recipient["pdf_url"]))
    line("badge.pdf", f"{(FILES / 'badge.pdf').stat().st_size:>7,} bytes, sealed; its address is the holder's secret")

    headline("Our validator judges them")
    for name in [*wanted, "badge.pdf"]:
        judge(base, FILES / name, "valid")

    headline("Libraries that we did not write judge them")
    person = ["--recipient", f"email:{EARNER}"]
    independent("Digital Bazaar", "verify-ob3", FILES / "credential.json", *person)
    independent("openbadgeslib", "second-opinion", FILES / "badge.png")
    independent("jose", "verify-jwt", FILES / "credential.jwt")
    independent("1EdTech validator-core", "verify-ob2", FILES / "assertion.json")

    headline("Somebody changes one letter of the document and one byte of the picture")
    document = (FILES / "credential.json").read_text(encoding="utf-8")
    (FILES / "altered.json").write_text(document.replace("一反", "十反", 1), encoding="utf-8")
    baked = bytearray((FILES / "badge.png").read_bytes())
    baked[baked.index("手仕事".encode())] ^= 1
    (FILES / "altered.png").write_bytes(baked)
    judge(base, FILES / "altered.json", "invalid")
    judge(base, FILES / "altered.png", "invalid", "not_a_badge")
    independent("Digital Bazaar", "verify-ob3", FILES / "altered.json", holds=False)
    sealed = bytearray((FILES / "badge.pdf").read_bytes())
    sealed[len(sealed) // 2] ^= 1
    (FILES / "altered.pdf").write_bytes(sealed)
    judge(base, FILES / "altered.pdf", "invalid")

    headline("The organisation revokes it")
    call("PUT", f"{base}/v2/event/{client}/{event}/revoke", {"recipient": [EARNER], "reason": "発行の誤り"}, token)
    judge(base, FILES / "credential.json", "invalid")
    judge(base, FILES / "badge.pdf", "invalid")
    independent("Digital Bazaar", "verify-ob3", FILES / "credential.json", holds=False)

    print(f"\n  Files: {FILES.relative_to(ROOT)}/   Pages: start `make up` and open {base}/credentials/{credential}")
    print("  " + ("Everything went as it should." if failures == 0 else f"{failures} answers were not as they should be."))
    return 1 if failures else 0


def headline(text: str) -> None:
    print(f"\n{text}")


def line(label: str, text: str) -> None:
    print(f"  {label:<24} {text}")


def data_url(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def operator(*arguments: str) -> dict:
    done = subprocess.run([OPERATOR, *arguments], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def fetch(url: str, body: bytes | None = None, headers: dict | None = None, method: str = "GET") -> bytes:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}, method=method), timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as refusal:
        sys.exit(f"demo: {method} {url} answered {refusal.code}: {refusal.read().decode(errors='replace')[:400]}")


def call(method: str, url: str, body: dict | bytes | None, token: str | None = None) -> dict:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if isinstance(body, dict):
        body, headers["content-type"] = json.dumps(body).encode(), "application/json"
    return json.loads(fetch(url, body, headers, method))


def outcome(good: bool, label: str, text: str) -> None:
    global failures
    failures += not good
    line(label, text if good else f"{text}   <-- not what it should be")


def judge(base: str, file: Path, *expected: str) -> None:
    report = call("POST", f"{base}/validate", file.read_bytes())
    worst = next((s for s in report["steps"] if s["outcome"] not in ("passed", "skipped")), None)
    said = f": {worst['message']['en']}" if worst else ""
    outcome(report["verdict"] in expected, file.name, f"{report['verdict']}{said}")


def independent(library: str, command: str, file: Path, *options: str, holds: bool = True) -> None:
    done = subprocess.run([INDEPENDENT, command, file, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = (done.stdout.strip().splitlines() or ["nothing"])[-1]
    outcome((done.returncode == 0) == holds, library, f"{file.name}: {said}")


if __name__ == "__main__":
    sys.exit(main())
