"""A second opinion on an Open Badges 3.0 credential, by PyPI openbadgeslib: embedded proofs, VC-JWT, baked images.

The issuer's key comes from its DID document, which `Documents` serves. Status lists are fetched in their signed JWT
form, the only one the library verifies.
"""

import json
import pathlib

from openbadgeslib.ob3 import OB3LdpVerifier, OB3VerificationError, OB3Verifier
from openbadgeslib.verify import issuer_did_from_document, issuer_did_from_token

from documents import Fail, Unreachable, arguments, documents, report
from unbake import payload

IMAGES = {".png", ".svg"}
STATUS_LIST = "application/vc+jwt"


def status_urls(credential: dict) -> set[str]:
    entries = credential.get("credentialStatus", [])
    return {entry.get("statusListCredential") for entry in (entries if isinstance(entries, list) else [entries])}


def step_of(reason: str) -> str:
    """The harness's word for what the library complains about."""
    words = {"status": ("credential status '",), "list": ("status list",), "time": ("expired", "not yet valid"),
             "proof": ("signature", "proof"), "key": ("verificationmethod", "did", "kid", "key")}
    lower = reason.lower()
    return next((step for step, hints in words.items() if any(hint in lower for hint in hints)), "invalid")


def verdict(options) -> str:
    source = documents(options)
    file = pathlib.Path(options.file)
    text = payload(file.read_bytes(), ob=3) if file.suffix in IMAGES else file.read_text("utf-8").strip()
    embedded = text.startswith("{")
    try:
        lists = status_urls(json.loads(text) if embedded else OB3Verifier._decode_unverified(text))

        def download(url: str) -> bytes:
            document = source.get(url, STATUS_LIST if url in lists else "application/did+json, application/json")
            if document.status != 200:
                raise Unreachable(f"{url} answers {document.status}")
            return document.body

        did = issuer_did_from_document(text) if embedded else issuer_did_from_token(text)
        verifier = (OB3LdpVerifier if embedded else OB3Verifier).for_issuer_did(did, download=download)
        verifier.verify(text, check_status=not options.no_status, verify_status_list=True, download=download)
    except OB3VerificationError as error:
        raise Fail(step_of(str(error)), str(error)) from error
    return f"{'embedded proof' if embedded else 'VC-JWT'} of {did}{', status not asked' if options.no_status else ''}"


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--no-status", action="store_true", help="do not fetch the status list")
    given_options = parser.parse_args()
    report(lambda: verdict(given_options))
