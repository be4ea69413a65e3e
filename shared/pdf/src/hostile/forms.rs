//! What may stand in the gap: digits that are no digits, DER that is not DER, CMS that is otherwise than ours, signatures
//! that are numbers of another kind. Mostly by the genuine key, so that nothing but the form is wrong.

use std::sync::Arc;

use super::{A, Case, Genuine, U, sign};
use crate::{
    Reason,
    certificate::{Certificate, fingerprint},
    der, oids, signature,
    support::{CREDENTIAL, Sealer, gap, page},
};

/// With a gap that has room for more than a seal of the key: that of an RSA key.
fn roomy(genuine: &Genuine) -> Genuine {
    let bytes = Sealer::rsa().seal(page(CREDENTIAL.as_bytes(), "A badge"));
    Genuine { sealer: Arc::clone(&genuine.sealer), digits: gap(&bytes), bytes }
}

/// The parts of a seal, each as it should be until it is changed.
#[derive(Clone)]
struct Form {
    outer: Vec<u8>,
    data_end: Vec<u8>,
    version: Vec<u8>,
    digests: Vec<u8>,
    content: Vec<u8>,
    certificates: Vec<u8>,
    crls: Vec<u8>,
    signer_version: u8,
    signer: Vec<u8>,
    digest: Vec<u8>,
    attributes: Vec<Vec<u8>>,
    algorithm: Vec<u8>,
    /// Of the attributes, by the key.
    signature: fn(&[u8]) -> Vec<u8>,
    signer_end: Vec<u8>,
}

fn attribute(oid: &[u8], values: &[&[u8]]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid), &der::value(der::SET, values)])
}

impl Form {
    fn new(genuine: &Genuine) -> Self {
        let der = &genuine.sealer.certificate;
        let certificate = Certificate::read(der).unwrap();
        let sha256 = der::sequence(&[&der::oid(oids::SHA256)]);
        let id = der::sequence(&[&der::value(der::OCTET_STRING, &[&fingerprint(der)])]);
        let digest = der::value(der::OCTET_STRING, &[&signature::sha256(&genuine.parts())]);
        Self {
            outer: Vec::new(),
            data_end: Vec::new(),
            version: vec![1],
            digests: sha256.clone(),
            content: der::oid(oids::DATA),
            certificates: der.clone(),
            crls: Vec::new(),
            signer_version: 1,
            signer: der::sequence(&[certificate.issuer, &der::value(der::INTEGER, &[certificate.serial])]),
            digest: sha256,
            attributes: vec![
                attribute(oids::CONTENT_TYPE, &[&der::oid(oids::DATA)]),
                attribute(oids::MESSAGE_DIGEST, &[&digest]),
                attribute(oids::SIGNING_CERTIFICATE_V2, &[&der::sequence(&[&der::sequence(&[&id])])]),
            ],
            algorithm: signature::identifier(genuine.sealer.public_key().algorithm()).unwrap(),
            signature: <[u8]>::to_vec,
            signer_end: Vec::new(),
        }
    }

    fn write(&self, genuine: &Genuine) -> Vec<u8> {
        let attributes = self.attributes.concat();
        let signature = (self.signature)(&sign(&genuine.sealer, &der::value(der::SET, &[&attributes])));
        let signer = der::sequence(&[
            &der::value(der::INTEGER, &[&[self.signer_version]]),
            &self.signer,
            &self.digest,
            &der::value(der::context(0), &[&attributes]),
            &self.algorithm,
            &der::value(der::OCTET_STRING, &[&signature]),
            &self.signer_end,
        ]);
        let data = der::sequence(&[
            &der::value(der::INTEGER, &[&self.version]),
            &der::value(der::SET, &[&self.digests]),
            &der::sequence(&[&self.content]),
            &der::value(der::context(0), &[&self.certificates]),
            &self.crls,
            &der::value(der::SET, &[&signer]),
            &self.data_end,
        ]);
        der::sequence(&[&der::oid(oids::SIGNED_DATA), &der::value(der::context(0), &[&data]), &self.outer])
    }
}

/// The order of P-256's group.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// `left − right`, both of 32 bytes.
fn difference(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut borrow = false;
    let mut out: Vec<u8> = left
        .iter()
        .zip(right)
        .rev()
        .map(|(left, right)| {
            let (first, under) = left.overflowing_sub(*right);
            let (digit, again) = first.overflowing_sub(u8::from(borrow));
            borrow = under || again;
            digit
        })
        .collect();
    out.reverse();
    out
}

fn fixed(signature: &[u8]) -> Vec<u8> {
    proof::keys::der_to_fixed(signature, 32).unwrap()
}

fn two(r: &[u8], s: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::value(der::INTEGER, &[r]), &der::value(der::INTEGER, &[s])])
}

/// The other signature that the same arithmetic gives: (r, n − s).
fn mirrored(signature: &[u8]) -> Vec<u8> {
    let fixed = fixed(signature);
    let s = difference(&ORDER, &fixed[32..]);
    proof::keys::fixed_to_der(&[&fixed[..32], &s].concat()).unwrap()
}

pub(super) fn seals(genuine: &Genuine) -> Vec<Case> {
    let genuine = &roomy(genuine);
    let form = Form::new(genuine);
    let found = genuine.sealer.examine(&genuine.with_seal(&form.write(genuine)));
    assert_eq!(found.reason, Reason::Sealed, "unchanged, it is a seal");
    let null: &[u8] = &[der::NULL, 0];
    let with = |change: &dyn Fn(&mut Form)| {
        let mut form = form.clone();
        change(&mut form);
        form.write(genuine)
    };
    let identifier = |oid: &[u8], parameters: &[u8]| der::sequence(&[&der::oid(oid), parameters]);
    let own = &genuine.sealer.certificate;
    let spki = genuine.sealer.public_key().to_spki_der();
    // The same key in another certificate, as its holder might have asked for it elsewhere.
    let reissued = Sealer::named(proof::testing::TestKey::fresh_p256().unwrap(), "Example Badges", [8; 16]).certificate;
    let swapped_key = {
        let other = Certificate::read(&reissued).unwrap().public_key().unwrap().to_spki_der();
        super::swap(&reissued, &other, &spki)
    };
    let named = |certificate: &[u8]| {
        let read = Certificate::read(certificate).unwrap();
        let id = der::sequence(&[&der::value(der::OCTET_STRING, &[&fingerprint(certificate)])]);
        let signer = der::sequence(&[read.issuer, &der::value(der::INTEGER, &[read.serial])]);
        (signer, attribute(oids::SIGNING_CERTIFICATE_V2, &[&der::sequence(&[&der::sequence(&[&id])])]))
    };
    let (reissued_signer, reissued_attribute) = named(&swapped_key);
    // One byte more inside the certificate's outermost SEQUENCE.
    let padded = {
        let mut reader = der::Reader::new(own);
        der::sequence(&[reader.read(der::SEQUENCE).unwrap(), &[0]])
    };
    let mut cases: Vec<(&str, Vec<u8>, _)> = vec![
        ("cms-junk-inside", with(&|form| form.outer = null.to_vec()), A),
        ("cms-junk-inside-data", with(&|form| form.data_end = null.to_vec()), A),
        ("cms-version-long", with(&|form| form.version = vec![0, 1]), A),
        ("cms-version-negative", with(&|form| form.version = vec![0xff]), A),
        ("cms-no-digests", with(&|form| form.digests.clear()), A),
        ("cms-two-digests", with(&|form| form.digests.extend(identifier(oids::SHA512, &[]))), A),
        ("cms-digests-null", with(&|form| form.digests = identifier(oids::SHA256, null)), A),
        ("cms-digest-null", with(&|form| form.digest = identifier(oids::SHA256, null)), A),
        ("cms-digest-junk", with(&|form| form.digest = identifier(oids::SHA256, &[4, 1, 0])), A),
        ("cms-digest-sha384-named", with(&|form| form.digest = identifier(oids::SHA384, &[])), A),
        ("cms-ecdsa-null", with(&|form| form.algorithm = identifier(oids::ECDSA_SHA256, null)), A),
        ("cms-ecdsa-sha384", with(&|form| form.algorithm = identifier(oids::ECDSA_SHA384, &[])), A),
        ("cms-rsa-for-ec", with(&|form| form.algorithm = identifier(oids::RSA_SHA256, null)), A),
        ("cms-rsa-plain-for-ec", with(&|form| form.algorithm = identifier(oids::RSA, null)), A),
        ("cms-content-other-type", with(&|form| form.content = der::oid(oids::SIGNED_DATA)), A),
        ("cms-content-empty", with(&|form| form.content.extend([0xa0, 0])), A),
        ("cms-revocation-list", with(&|form| form.crls = der::value(der::context(1), &[null])), A),
        ("cms-unsigned-attribute", with(&|form| form.signer_end = der::value(der::context(1), &[null])), A),
        ("cms-signer-other-serial", with(&|form| *form.signer.last_mut().unwrap() ^= 1), A),
        ("cms-signer-version-3", with(&|form| form.signer_version = 3), A),
        (
            "cms-signer-key-identifier",
            with(&|form| (form.signer_version, form.signer) = (3, der::value(0x80, &[&[7; 20]]))),
            A,
        ),
        ("cms-attributes-other-order", with(&|form| form.attributes.reverse()), A),
        ("cms-attribute-twice", with(&|form| form.attributes.push(form.attributes[0].clone())), A),
        (
            "cms-attribute-two-values",
            with(&|form| {
                let value = der::value(der::OCTET_STRING, &[&[0; 32]]);
                form.attributes[1] = attribute(oids::MESSAGE_DIGEST, &[&value, &value]);
            }),
            A,
        ),
        ("cms-attribute-no-value", with(&|form| form.attributes[1] = attribute(oids::MESSAGE_DIGEST, &[])), A),
        (
            "cms-attribute-content-type",
            with(&|form| form.attributes[0] = attribute(oids::CONTENT_TYPE, &[&der::oid(oids::SIGNED_DATA)])),
            A,
        ),
        ("cms-attribute-unknown", with(&|form| form.attributes.push(attribute(oids::EXTENSION_REQUEST, &[null]))), A),
        (
            "cms-attribute-signing-time",
            with(&|form| {
                let time = der::value(der::UTC_TIME, &[b"260115093000Z"]);
                let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05];
                form.attributes.insert(1, attribute(&oid, &[&time]));
            }),
            A,
        ),
        (
            "cms-attribute-digest-named",
            with(&|form| {
                let hash = der::value(der::OCTET_STRING, &[&fingerprint(own)]);
                let id = der::sequence(&[&identifier(oids::SHA256, &[]), &hash]);
                form.attributes[2] =
                    attribute(oids::SIGNING_CERTIFICATE_V2, &[&der::sequence(&[&der::sequence(&[&id])])]);
            }),
            A,
        ),
        ("cert-twice", with(&|form| form.certificates.extend_from_slice(own)), A),
        ("cert-byte-behind", with(&|form| form.certificates.push(0)), A),
        ("cert-byte-inside", with(&|form| form.certificates.clone_from(&padded)), A),
        ("cert-choice", with(&|form| form.certificates[0] = 0xa3), A),
        ("cert-many", with(&|form| form.certificates = der::sequence(&[]).repeat(200)), A),
        (
            "cert-reissued-for-the-key",
            with(&|form| {
                (form.certificates, form.signer) = (swapped_key.clone(), reissued_signer.clone());
                form.attributes[2].clone_from(&reissued_attribute);
            }),
            U,
        ),
        ("ecdsa-zeros", with(&|form| form.signature = |_| two(&[0], &[0])), A),
        ("ecdsa-zero-r", with(&|form| form.signature = |signature| two(&[0], &fixed(signature)[32..])), A),
        ("ecdsa-zero-s", with(&|form| form.signature = |_| two(&[1], &[0])), A),
        ("ecdsa-one", with(&|form| form.signature = |_| two(&[1], &[1])), A),
        (
            "ecdsa-order",
            with(&|form| form.signature = |_| two(&[&[0], &ORDER[..]].concat(), &[&[0], &ORDER[..]].concat())),
            A,
        ),
        (
            "ecdsa-padded",
            with(&|form| {
                form.signature = |signature| {
                    let fixed = fixed(signature);
                    two(&[&[0, 0], &fixed[..32]].concat(), &[&[0, 0], &fixed[32..]].concat())
                };
            }),
            A,
        ),
        (
            "ecdsa-negative",
            with(&|form| {
                form.signature = |signature| {
                    let fixed = fixed(signature);
                    two(&[&[0xff], &fixed[..32]].concat(), &[&[0xff], &fixed[32..]].concat())
                };
            }),
            A,
        ),
        ("ecdsa-fixed", with(&|form| form.signature = fixed), A),
        ("ecdsa-byte-behind", with(&|form| form.signature = |signature| [signature, &[0]].concat()), A),
        ("ecdsa-long-length", with(&|form| form.signature = |signature| [&[0x30, 0x81], &signature[1..]].concat()), A),
        (
            "ecdsa-negated-twice",
            with(&|form| {
                form.signature = |signature| {
                    let fixed = fixed(signature);
                    let (r, s) = (difference(&ORDER, &fixed[..32]), difference(&ORDER, &fixed[32..]));
                    proof::keys::fixed_to_der(&[r, s].concat()).unwrap()
                }
            }),
            A,
        ),
        ("ecdsa-huge", with(&|form| form.signature = |_| two(&[0x7f; 300], &[0x7f; 300])), A),
    ];
    // Lengths that are not the shortest.
    let exact = form.write(genuine);
    let length = &exact[2..4];
    cases.push(("gap-length-of-three-bytes", [&[0x30, 0x83, 0], length, &exact[4..]].concat(), A));
    cases.push(("gap-length-of-four-bytes", [&[0x30, 0x84, 0, 0], length, &exact[4..]].concat(), A));
    cases.push(("gap-tag-of-two-bytes", [&[0x3f, 0x10, 0x82], length, &exact[4..]].concat(), A));
    cases.push(("gap-indefinite-ended", [&[0x30, 0x80], &exact[4..], &[0, 0]].concat(), A));
    cases.into_iter().map(|(name, seal, verdicts)| (name.to_owned(), genuine.with_seal(&seal), verdicts)).collect()
}

/// The genuine seal, and in the zeros behind it something else.
pub(super) fn gaps(genuine: &Genuine) -> Vec<Case> {
    let genuine = &roomy(genuine);
    let exact = Form::new(genuine).write(genuine);
    let sealed = genuine.with_seal(&exact);
    let behind = genuine.digits.start + 2 * exact.len();
    let room = genuine.digits.end - behind;
    let put = |at: usize, what: &[u8]| {
        let mut bytes = sealed.clone();
        bytes[at..at + what.len()].copy_from_slice(what);
        bytes
    };
    [
        ("gap-space-behind", put(behind, b" ")),
        ("gap-spaces-behind", put(behind, &vec![b' '; room])),
        ("gap-crlf-behind", put(behind, b"\r\n")),
        ("gap-nul-behind", put(behind, &[0, 0])),
        ("gap-odd", put(genuine.digits.end - 1, b" ")),
        ("gap-digit-behind", put(genuine.digits.end - 1, b"1")),
        ("gap-comment-behind", put(behind, b"%00")),
        ("gap-closed-early", put(behind, b">")),
        ("gap-opened-again", put(behind, b"><")),
        ("gap-nested", put(behind, b"<00>")),
        ("gap-dictionary", put(genuine.digits.start, b"<")),
        ("gap-string", put(genuine.digits.start, b"(")),
        ("gap-range-behind", put(behind, b"/ByteRange[0 1 2 3]")),
        ("gap-objects-behind", put(behind, b">>>endobj 1 0 obj<<")),
        ("gap-escape", put(behind, b"#30")),
        ("gap-full-width", put(behind, "０".as_bytes())),
        ("gap-sign", put(behind, b"+0-0")),
        ("gap-prefix", put(genuine.digits.start, b"0x")),
    ]
    .into_iter()
    .map(|(name, bytes)| (name.to_owned(), bytes, A))
    .collect()
}

/// Of a signature there are two forms that one can make from the other without the key. Both say the same about the same
/// bytes; the key's holder has to have said it.
#[test]
fn the_mirrored_signature_is_the_same_seal() {
    let genuine = &roomy(&super::GENUINE);
    let form = Form { signature: mirrored, ..Form::new(genuine) };
    let sealed = genuine.with_seal(&form.write(genuine));
    let found = genuine.sealer.examine(&sealed);
    assert_eq!(found.reason, Reason::Sealed);
    let original = genuine.with_seal(&Form::new(genuine).write(genuine));
    assert_eq!(found, genuine.sealer.examine(&original));
    assert_eq!(sealed[..genuine.digits.start], original[..genuine.digits.start]);
    assert_eq!(sealed[genuine.digits.end..], original[genuine.digits.end..]);
}
