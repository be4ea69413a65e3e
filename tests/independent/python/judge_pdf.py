"""Judges a sealed PDF with pyHanko: `judge_pdf.py FILE CERTIFICATE`, the certificate in DER, trusted alone.

Prints one line, `ok …` or `FAIL …`, and exits 0 or 1. Demanded: intact, valid, trusted, over the entire file, as a
certification that allows no change, with nothing changed.
"""

import logging
import sys

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext


def complaints(path, certificate):
    with open(certificate, "rb") as file:
        root = x509.Certificate.load(file.read())
    context = ValidationContext(trust_roots=[root], allow_fetching=False, revocation_mode="soft-fail")
    with open(path, "rb") as file:
        signatures = PdfFileReader(file, strict=True).embedded_signatures
        if len(signatures) != 1:
            yield f"{len(signatures)} signatures"
            return
        signature = signatures[0]
        status = validate_pdf_signature(signature, signer_validation_context=context)
        if not status.intact:
            yield "not intact"
        if not status.valid:
            yield "signature does not match"
        if not status.trusted:
            yield "not trusted"
        if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
            yield f"covers {status.coverage.name}"
        if status.modification_level != ModificationLevel.NONE:
            yield f"modified: {status.modification_level}"
        if signature.docmdp_level != MDPPerm.NO_CHANGES:
            yield f"allows {signature.docmdp_level}"
        if not status.bottom_line:
            yield "judged invalid"


def main():
    logging.disable(logging.CRITICAL)
    path, certificate = sys.argv[1:]
    try:
        found = list(complaints(path, certificate))
    except Exception as error:  # whatever it stumbles over, it does not call the file valid
        found = [f"{type(error).__name__}: {error}"]
    print(f"FAIL {'; '.join(found)}" if found else "ok pyHanko: intact, trusted, entire file, no changes")
    sys.exit(bool(found))


main()
