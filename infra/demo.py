"""Issues a badge on the stack that `make up` is running, by the API an issuer's own system uses, and says where to look."""

import base64
import json
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from pathlib import Path

ENVIRONMENT = Path(__file__).resolve().parents[1] / ".local" / "stack.env"


def main() -> None:
    if not ENVIRONMENT.exists():
        sys.exit("demo: no stack is running here; start one with `make up` in another terminal")
    stack = dict(line.split("=", 1) for line in ENVIRONMENT.read_text(encoding="utf-8").splitlines())
    base_url, client = stack["BASE_URL"], stack["CLIENT_ID"]

    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": stack["CLIENT_SECRET"]}
    token = call("POST", f"{base_url}/v2/client/oauth2/token", urllib.parse.urlencode(form).encode())["access_token"]

    content = {"language": "ja", "name": "機織り入門", "description": "手機で一反を織り上げた。", "criteria": "実技試験に**合格**すること。", "tag": []}
    badge = {
        "category": [], "image": "data:image/png;base64," + base64.b64encode(picture()).decode(),
        "primary_language": "ja", "content": [content], "draft": False,
    }
    badge_id = call("POST", f"{base_url}/v2/badge/{client}", badge, token)["resource_id"]

    request = {
        "recipient": [{"email": "hana@example.org", "name": "花"}], "issued_on": int(time.time()), "send_email": False,
        "api_consumer_id": "demo", "show_report": False, "log_entry": {},
    }
    event = call("POST", f"{base_url}/v2/event/{client}/{badge_id}/issue", request, token)["resource_id"]
    recipients = call("GET", f"{base_url}/v2/event/{client}/recipient?event_id={event}", None, token)["result"]
    credential = recipients[0]["assertion_id"]

    print(f"badge        {base_url}/badges/{badge_id}")
    print(f"credential   {base_url}/credentials/{credential}")
    print(f"             {base_url}/credentials/{credential}.json")
    print(f"baked image  {base_url}/baked/{credential}.png")
    print(f"validator    {base_url}/validate")


def call(method: str, url: str, body: dict | bytes | None, token: str | None = None) -> dict:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if isinstance(body, dict):
        body, headers["content-type"] = json.dumps(body).encode(), "application/json"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        sys.exit(f"demo: {method} {url} answered {refusal.code}: {refusal.read().decode(errors='replace')[:300]}")


def picture(size: int = 256) -> bytes:
    """A PNG: a woven square, indigo and white."""
    rows = b"".join(
        b"\0" + b"".join(b"\x1b\x29\x6b" if (x // 16 + y // 16) % 2 else b"\xf7\xf5\xef" for x in range(size))
        for y in range(size)
    )
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


if __name__ == "__main__":
    main()
