"""docs/openapi.yaml against a running stack: does everything answer as the document says, also to what it forbids?

Prepares one of everything, puts what came out in the place of the document's examples, and lets schemathesis make requests from it: the
examples themselves, the edges of every schema, and random ones always the same. What it checks and leaves out, and why, stands in
schemathesis.toml; hooks.py says which requests meet real ids.
"""

import base64
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg=="
# How many of each kind may be deleted before deleting meets nothing any more.
SPARE = 4


class Stack:
    """The organisation that the stack came up with, and its token."""

    def __init__(self, base: str, client: str, secret: str) -> None:
        self.base, self.client, self.secret = base.rstrip("/"), client, secret
        self.session = requests.Session()
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        self.session.headers["Authorization"] = "Bearer " + self.call("POST", "/v2/client/oauth2/token", data=form)["access_token"]

    def call(self, method: str, path: str, **options) -> dict:
        answer = self.session.request(method, self.base + path.replace("{client}", self.client), timeout=30, **options)
        if not answer.ok:
            sys.exit(f"contract: {method} {path} answered {answer.status_code} {answer.text}")
        return answer.json()

    def make(self, path: str, **options) -> str:
        return self.call("POST", path, **options)["resource_id"]


# Which icons a design may name no schema says, and templates are read once: the journeys try these addresses.
NOT_TRIED = "^/design(/|$)|/design$"


def data_url(media_type: str, file: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode((ROOT / 'infra' / 'demo' / file).read_bytes()).decode()}"


def badge(image: str) -> dict:
    content = {"language": "en", "name": "Weaving I", "description": "Wove one bolt of cloth.", "criteria": "Pass the **exam**."}
    return {"image": image, "primary_language": "en", "draft": False, "content": [content]}


def prepare(stack: Stack) -> dict:
    """One of everything, and more of what will be deleted."""
    alias = {"name": "Faculty", "url": "https://textiles.example.org", "email": "textiles@example.org"}
    secret = {"label": "contract", "roles": ["reviewer"]}
    webhook = {"url": stack.base.replace("http:", "https:") + "/health", "enabled": False}
    png, svg = badge(data_url("image/png", "badge.png")), badge(data_url("image/svg+xml", "badge.svg"))
    made = {"badge": stack.make("/v2/badge/{client}", json=svg), "alias": stack.make("/v2/client/{client}/alias", json=alias)}
    made["edited"] = stack.make("/v2/badge/{client}", json=png)
    made["draft"] = stack.make("/v2/badge/{client}", json={**png, "draft": True})
    issued = {"recipient": [{"email": f"{name}@example.org", "name": name} for name in ("hanako", "taro")], "log_entry": {"course_id": "2"}}
    made["event"] = stack.make(f"/v2/event/{{client}}/{made['badge']}/issue", json=issued)
    rows = stack.call("GET", f"/v2/event/{{client}}/recipient?event_id={made['event']}")["result"]
    made["revoked"], made["credential"] = (row["assertion_id"] for row in rows)
    made["link"] = rows[1]["receive_url"].rpartition("=")[2]
    made["holder"] = rows[1]["pdf_url"].split("/")[-2]
    stack.call("PUT", f"/v2/event/{{client}}/{made['event']}/revoke", json={"recipient": ["hanako@example.org"]})
    made["import"] = stack.make(f"/v2/import/{{client}}/{made['badge']}", data=b"email\njiro@example.org\nnobody\n")
    made["webhook"] = stack.make("/v2/webhook/{client}", json=webhook)
    made["export"] = stack.make("/v2/export/{client}")
    form = {
        "badge_id": made["badge"], "title": "Completion", "fields": [{"id": "why", "type": "paragraph", "label": "Why"}], "per_person": 0,
        "approval": {"method": "review", "reviewers": []},
    }
    template = {"name": "Ours", "body": {"evidence": "no"}}
    made["form"] = stack.make("/v2/form/{client}", json=form)
    made["template"] = stack.make("/v2/form/{client}/template", json=template)
    begun = stack.call("POST", f"/apply/{made['form']}/applications", json=worked(stack, made["form"]))
    made["application"], made["apply_link"] = begun["id"], begun["url"].rpartition("/")[2]
    page = stack.session.get(f"{stack.base}/apply/{made['form']}", headers={"Accept": "text/html"}, timeout=30).text
    made["assets"] = re.findall(r'"/assets/([^"]+)"', page)
    made["doomed"] = {
        "deleteFormTemplate": [stack.make("/v2/form/{client}/template", json=template) for _ in range(SPARE)],
        "deleteAlias": [stack.make("/v2/client/{client}/alias", json=alias) for _ in range(SPARE)],
        "deleteSecret": [stack.make("/v2/client/{client}/secret", json=secret) for _ in range(SPARE)],
        "deleteBadge": [stack.make("/v2/badge/{client}", json=badge(PIXEL)) for _ in range(SPARE)],
        "deleteWebhook": [stack.make("/v2/webhook/{client}", json=webhook) for _ in range(SPARE)],
    }
    document = stack.call("GET", f"/credentials/{made['credential']}.json")
    made["status"] = document["credentialStatus"]["statusListCredential"].rpartition("/")[2]
    made["svg"] = document["credentialSubject"]["achievement"]["image"]["id"].rpartition("/")[2].removesuffix(".svg")
    made["png"] = stack.call("GET", f"/ob2/badges/{made['event']}")["image"].rpartition("/")[2].removesuffix(".png")
    made["multikey"] = document["proof"][0]["verificationMethod"].rpartition("#")[2]
    keys = stack.call("GET", "/issuers/{client}/jwks.json")["keys"]
    made["kid"] = next(key["kid"].rpartition("#")[2] for key in keys if key["kty"] == "RSA")
    return made


def worked(stack: Stack, form: str) -> dict:
    """An application with the work done that a form asks for."""
    asked = stack.call("POST", f"/apply/{form}/challenge")
    begins = asked["challenge"].encode() + b":"
    zeros = 256 - asked["difficulty_bits"]
    solution = next(n for n in itertools.count() if int.from_bytes(hashlib.sha256(begins + b"%d" % n).digest()) >> zeros == 0)
    return {
        "name": "Hanako", "email": "hanako@example.org", "answers": {"why": "I finished."}, "submit": True, "challenge": asked["challenge"],
        "solution": str(solution),
    }


def real(document: str, stack: Stack, made: dict) -> str:
    """The document with what was made in the place of its examples. Longer ones first: an event's id begins its credentials'."""
    places = {
        "https://badges.example.org": stack.base,
        "5f8a20e0fb5266e32284af142ba43c4a976142326ce5b436f94334eb23b7249e9265ae2c37fbf074": made["link"],
        "b6fe7d4c36b0adbcb01fb2abbc4317e64292c729a89c856eb0f2ec9dc7f262fb": stack.secret,
        "5f8a20e0fb5266e32284af142ba43c4a97614232": made["credential"],
        "5f8a20e0fb5266e32284": made["event"],
        "f0a7d587cfcfa30ced3ea82724c3763bc48292fda5255a191d3edd8c8340ace7": made["svg"],
        "f6f3e7f5eb544a91bef9bd70378449c683f549553ca12a04e4989d40b4114c9b": made["png"],
        "z6MkmJyK8hzFE5FCKgJR5MoQj2grQGvBrHcXsntwoxKhiUMX": made["multikey"],
        "fYCIA2wakcnZmnoMgo1_eB4-5aTWJ24gpD079cHngU0": made["kid"],
        "pn06xssk5z3zqe91": stack.client,
        "aea1jrcw926bezb2": made["badge"],
        "xjtwwm79p3vgy3we": made["alias"],
        "z4t05bwden3frhp7": made["import"],
        "w8k2m4n6p8q0r2s4": made["webhook"],
        "1c60r30c1g60r30c": made["export"],
        "1wx1h6d8c7fadvnt": made["status"],
        "a3k8d2m7q1z9x4c6.a.6c7f3a10.00112233445566778899aabbccddeeff": made["apply_link"],
        "a3k8d2m7q1z9x4c6": made["application"],
        "apply.0123456789abcdef0123.css": made["assets"][0],
        "6fd1c3e7a1b04c5d8e9f00112233aabb": made["holder"],
        "f7m2k9q4w8x1c5v3": made["form"],
        "t5h2j8n4p7r1s9w3": made["template"],
    }
    for example, value in places.items():
        if example not in document:
            sys.exit(f"contract: docs/openapi.yaml has no {example} any more, of which main.py makes {value}")
        document = document.replace(example, value)
    return document


def main() -> int:
    stack = Stack(os.environ["BASE_URL"], os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
    made = {**prepare(stack), "client": stack.client, "base": stack.base}
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        document, state = Path(folder) / "openapi.yaml", Path(folder) / "made.json"
        document.write_text(real((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"), stack, made), encoding="utf-8")
        state.write_text(json.dumps(made), encoding="utf-8")
        command = [
            Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml", "run", document,
            "--url", stack.base, "--header", f"Authorization: {stack.session.headers['Authorization']}",
            "--exclude-path-regex", NOT_TRIED, *sys.argv[1:],
        ]
        told = {"SCHEMATHESIS_HOOKS": HERE / "hooks.py", "CONTRACT_DOCUMENT": document, "CONTRACT_MADE": state}
        return subprocess.run(command, env={**os.environ, **{name: str(path) for name, path in told.items()}}, cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main())
