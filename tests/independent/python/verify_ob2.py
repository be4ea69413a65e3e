"""Open Badges 2.0, judged by 1EdTech's own validator-core (PyPI openbadges 1.1.2).

The library was written for the dependencies of 2017. Three joints are adapted, no rule is: its HTTP goes to
`Documents`; its JSON-LD document loader speaks as newer PyLD expects (a second argument, a parsed answer); RSA keys
reach newer python-jose as PEM, because it no longer takes pycryptodome's key objects.
"""

import io
import json
import logging
import pathlib
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import requests
from openbadges import verifier
from openbadges.verifier import utils as verifier_utils
from openbadges.verifier.openbadges_context import OPENBADGES_CONTEXT_V2_DICT, OPENBADGES_CONTEXT_V2_URI
from openbadges.verifier.tasks import crypto as verifier_crypto

import unbake
from documents import Fail, Unreachable, arguments, documents, report

IMAGES = {".png", ".svg"}


def install(source) -> None:
    """Makes validator-core read the web through `source`."""
    source.add(OPENBADGES_CONTEXT_V2_URI, json.dumps(OPENBADGES_CONTEXT_V2_DICT).encode())

    def get(_session, url, headers=None, **_):
        try:
            document = source.get(url, (headers or {}).get("Accept", "*/*"))
        except Unreachable as missing:
            raise requests.ConnectionError(str(missing)) from missing
        response = requests.Response()
        response.status_code, response._content, response.url = document.status, document.body, url
        response.headers["Content-Type"], response.encoding = document.media_type, "utf-8"
        return response

    load = verifier_utils.CachableDocumentLoader.__call__

    def load_parsed(self, url, _options=None):
        answer = load(self, url)
        return {**answer, "document": json.loads(answer["document"])}

    verifier_utils.CachableDocumentLoader.__call__ = load_parsed
    verifier_crypto.RSA = _RsaAsPem
    requests.Session.get = get


class _RsaAsPem:
    """Stands for `Crypto.PublicKey.RSA` inside validator-core: python-jose parses the PEM itself."""

    @staticmethod
    def import_key(pem):
        return pem


def judge(given, source, recipient=None) -> dict:
    """validator-core's report on a URL, a document's text, a compact JWS, or an image opened for reading."""
    profile = {"id": "_:expected", recipient[0]: recipient[1]} if recipient else None
    return verifier.verify(given, recipient_profile=profile, use_cache=False, cache_backend=None)


def hosted_state(source, url: str) -> str | None:
    """What the host itself says against the assertion. validator-core does not look at HTTP status codes."""
    document = source.get(url, "application/ld+json, application/json")
    said = json.loads(document.body) if document.media_type.endswith("json") and document.body else {}
    if document.status == 410 or (isinstance(said, dict) and said.get("revoked") is True):
        return f"the host answers {document.status} with revoked: {json.dumps(said.get('revoked'))}"
    return None


def verdict(options) -> str:
    source = documents(options)
    install(source)
    recipient = options.recipient.split(":", 1) if options.recipient else None

    if options.file.startswith(("http://", "https://")):
        given, text = options.file, None
    elif pathlib.Path(options.file).suffix in IMAGES:
        image = pathlib.Path(options.file).read_bytes()
        given = io.BytesIO(image)
        given.name = options.file
        text = unbake.payload(image, ob=2)
    else:
        given = text = pathlib.Path(options.file).read_text("utf-8").strip()

    assertion = json.loads(text) if text and text.startswith("{") else {}
    if options.self and assertion.get("id"):
        source.add(assertion["id"], text.encode())

    answer = judge(given, source, recipient)
    url = next((u for u in (given, text, assertion.get("id")) if isinstance(u, str) and u.startswith("http")), None)
    against = hosted_state(source, url) if url else None
    if against:
        raise Fail("revoked", against)

    errors = [m for m in answer["report"]["messages"] if m["messageLevel"] == "ERROR"]
    if not answer["report"]["valid"]:
        revoked = next((m for m in errors if "revoked" in m["result"]), None)
        first = revoked or (errors[0] if errors else {"name": "empty", "result": "no badge was found"})
        raise Fail("revoked" if revoked else first["name"], first["result"])
    return f"OB {answer['report'].get('openBadgesVersion', '2.0')}, {len(answer['graph'])} nodes"


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--self", action="store_true", help="the file stands for what is served at its id")
    parser.add_argument("--recipient", help="email:ADDRESS (or url:…, telephone:…): who should hold it")
    given_options = parser.parse_args()
    report(lambda: verdict(given_options))
