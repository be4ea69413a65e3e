"""pyHanko on page.pdf of inputs.py: sealing it as our PDF badges are sealed, and judging a sealed one.

`bench_seal.py FOLDER` prints one JSON line per case, as bench.py does. The file that is judged is the one that our own
benchmark left in the folder, sealed.pdf with its certificate sealed.cer; if there is none, pyHanko's own.
"""

import datetime
import io
import pathlib
import sys

from asn1crypto import keys, x509
from cryptography import x509 as certificates
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from harness import bench

FOLDER = pathlib.Path(sys.argv[1])
SCALAR = int("01" * 32, 16)  # the key of our own benchmark


def signer() -> signers.SimpleSigner:
    """The key, with a certificate like the one that we make."""
    key = ec.derive_private_key(SCALAR, ec.SECP256R1())
    name = certificates.Name([certificates.NameAttribute(NameOID.COMMON_NAME, "Example Badges")])
    usage = dict.fromkeys((
        "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    ), False)
    certificate = (
        certificates.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(datetime.datetime(2026, 1, 1)).not_valid_after(datetime.datetime(2046, 1, 1))
        .add_extension(certificates.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(certificates.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    pkcs8 = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(pkcs8), cert_registry=SimpleCertificateStore(),
    )


def main() -> None:
    page, own = (FOLDER / "page.pdf").read_bytes(), signer()
    profile = signers.PdfSignatureMetadata(
        field_name="Seal", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES, reason="Issued", name="Example Badges",
    )

    def sealed() -> bytes:
        # A new one each: it remembers the document it has signed.
        writer = IncrementalPdfFileWriter(io.BytesIO(page))
        return signers.PdfSigner(profile, signer=own).sign_pdf(writer).getvalue()

    file, root = sealed(), own.signing_cert
    if (FOLDER / "sealed.pdf").exists():
        file, root = (FOLDER / "sealed.pdf").read_bytes(), x509.Certificate.load((FOLDER / "sealed.cer").read_bytes())

    def judged() -> None:
        context = ValidationContext(trust_roots=[root], allow_fetching=False, revocation_mode="soft-fail")
        [signature] = PdfFileReader(io.BytesIO(file)).embedded_signatures
        status = validate_pdf_signature(signature, signer_validation_context=context)
        assert status.bottom_line, status.summary()

    bench("pyHanko", "seal-pdf", sealed)
    bench("pyHanko", "examine-pdf", judged)


main()
