//! What the targets share: keys that everybody may know, a certificate, a hand that seals anything with it, and badges signed by them.
//!
//! A stranger's bytes end at the signature. To look behind it, a target signs what the fuzzer made; in [`reseal`].

use std::sync::LazyLock;

use pdf::{
    Examination, Limits, Verdict,
    authenticate::{self, State, TrustedSeal},
    certificate,
};
use proof::{keys::Algorithm, signing::SigningInput, testing::TestKey};

#[path = "../../../shared/pdf/tests/support/mod.rs"]
mod support;

#[path = "../../../shared/verify/tests/common/mod.rs"]
mod common;

/// The certificate of [`KEY`], made once: its own signature has chance in it, and what is trusted is its hash.
pub const CERTIFICATE: &[u8] = include_bytes!("../seal.cer");

const SCALAR: [u8; 32] = [1; 32];
const PUBLIC: [u8; 33] = [
    0x02, 0x6f, 0xf0, 0x3b, 0x94, 0x92, 0x41, 0xce, 0x1d, 0xad, 0xd4, 0x35, 0x19, 0xe6, 0x96, 0x0e, 0x0a, 0x85, 0xb4,
    0x1a, 0x69, 0xa0, 0x5c, 0x32, 0x81, 0x03, 0xaa, 0x2b, 0xce, 0x15, 0x94, 0xca, 0x16,
];

/// The key that seals.
pub static KEY: LazyLock<TestKey> = LazyLock::new(|| TestKey::p256(&SCALAR, &PUBLIC).expect("a key"));

/// Small documents only: time goes into cases, and what grows with size the tests of `shared/pdf` look at.
const LIMITS: Limits = Limits { max_bytes: 1 << 20, max_inflated_bytes: 1 << 18, max_credential_bytes: 1 << 18 };

/// Both ways to examine. The same bytes must not be valid for one who trusts nobody.
pub fn examine(bytes: &[u8]) -> [Examination; 2] {
    static TRUST: LazyLock<[TrustedSeal; 1]> = LazyLock::new(|| {
        [TrustedSeal {
            fingerprint: certificate::fingerprint(CERTIFICATE),
            name: "Example".into(),
            valid_from: "2026-01-01T00:00:00Z".parse().expect("a time"),
            valid_until: None,
            state: State::Active,
        }]
    });
    let own = authenticate::examine(bytes, &*TRUST, &LIMITS);
    let foreign = authenticate::examine_foreign(bytes, &[CERTIFICATE], &LIMITS);
    for found in [&own, &foreign] {
        assert_eq!(found.verdict, found.reason.verdict());
        assert!(found.verdict == Verdict::Valid || found.credential.is_none());
    }
    [own, foreign]
}

/// Whether `bytes` are `original` but for the case of the digits between `<` and `>` at `digits`.
pub fn same_but_for_hex_case(bytes: &[u8], original: &[u8], digits: std::ops::Range<usize>) -> bool {
    bytes.len() == original.len()
        && bytes[..digits.start] == original[..digits.start]
        && bytes[digits.end..] == original[digits.end..]
        && bytes[digits.clone()].eq_ignore_ascii_case(&original[digits])
}

/// Where the digits of the last `/Contents<…>` are.
pub fn gap(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    const KEY: &[u8] = b"/Contents<";
    let start = bytes.windows(KEY.len()).rposition(|window| window == KEY)? + KEY.len();
    let end = start + bytes[start..].iter().position(|byte| *byte == b'>')?;
    Some(start..end)
}

/// Writes the right `/ByteRange` and the key's own signature into `bytes`, whatever they are, if there is room for them.
/// `seal` is a seal of the key, of which digest and signature are replaced.
pub fn reseal(bytes: &mut [u8], seal: &[u8]) -> Option<()> {
    let digits = gap(bytes)?;
    let (before, after) = (digits.start - 1, digits.end + 1);
    let key = b"/ByteRange[";
    let range = bytes[..before].windows(key.len()).rposition(|window| window == key)? + key.len();
    let range_end = range + bytes[range..before].iter().position(|byte| *byte == b']')?;
    let text = format!("0 {before} {after} {}", bytes.len() - after);
    let (numbers, spaces) = bytes[range..range_end].split_at_mut_checked(text.len())?;
    numbers.copy_from_slice(text.as_bytes());
    spaces.fill(b' ');

    let digest = certificate::fingerprint(&[&bytes[..before], &bytes[after..]].concat());
    let mut seal = seal.to_vec();
    let at = find(&seal, &[0x30, 0x2f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04])?;
    // The signed attributes: [0], with a length of one byte beyond 127. The first of them stands between.
    let attributes = find(&seal[..at], &[0xa0, 0x81])?;
    let length = usize::from(seal[attributes + 2]);
    seal.get_mut(at + 17..at + 49)?.copy_from_slice(&digest);
    let mut message = seal.get(attributes..attributes + 3 + length)?.to_vec();
    message[0] = 0x31;
    let signature = attributes + message.len() + 12 + 2; // behind ecdsa-with-SHA256, tag and length
    let room = seal.get_mut(signature..)?;
    let input = SigningInput::new(Algorithm::EcdsaP256Sha256, message);
    // Most signatures have 70, 71 or 72 bytes: one of them fits.
    let mut signatures = std::iter::repeat_with(|| KEY.sign_like_kms(&input).expect("signs"));
    room.copy_from_slice(&signatures.by_ref().take(10_000).find(|one| one.len() == room.len())?);
    write_hex(&mut bytes[digits], &seal)
}

/// Writes digits, and zeros behind them.
pub fn write_hex(room: &mut [u8], bytes: &[u8]) -> Option<()> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    room.fill(b'0');
    for (two, byte) in room.get_mut(..2 * bytes.len())?.chunks_exact_mut(2).zip(bytes) {
        two.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    Some(())
}

/// The seal in a sealed document.
pub fn seal_of(sealed: &[u8]) -> Option<Vec<u8>> {
    let digits = &sealed[gap(sealed)?];
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let bytes: Option<Vec<u8>> =
        digits.chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect();
    let bytes = bytes?;
    // SEQUENCE with a length of two bytes; zeros follow.
    let length = 4 + usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    Some(bytes.get(..length)?.to_vec())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    // From the end: certificates stand before.
    bytes.windows(what.len()).rposition(|window| window == what)
}

/// Documents to begin with, as the tests of `shared/pdf` make them.
pub mod documents {
    use lopdf::xref::XrefType;

    use super::*;

    /// Of each kind of file one, sealed by [`KEY`].
    pub fn sealed() -> Vec<Vec<u8>> {
        let sealer =
            support::Sealer { key: TestKey::p256(&SCALAR, &PUBLIC).expect("a key"), certificate: CERTIFICATE.to_vec() };
        [XrefType::CrossReferenceTable, XrefType::CrossReferenceStream]
            .map(|xref| sealer.seal(support::document(support::CREDENTIAL.as_bytes(), "A badge", xref)))
            .into()
    }

    /// The certificate of somebody else with another kind of key.
    pub fn other_certificate() -> Vec<u8> {
        support::Sealer::rsa().certificate
    }

    /// A certificate for [`KEY`].
    pub fn certificate() -> Vec<u8> {
        support::Sealer::new(TestKey::p256(&SCALAR, &PUBLIC).expect("a key")).certificate
    }
}

/// Badges to begin with, as the tests of `shared/verify` make them.
pub mod badges {
    use proof::keys::PublicKey;
    use serde_json::{Value, json};

    use super::common::Issuer;

    /// Name, badge, and the document that stands at every address in it.
    pub fn all() -> Vec<(String, Vec<u8>, Value)> {
        let issuer = Issuer::did_web("weavers", 7);
        let signed = issuer.sign(issuer.badge());
        let token = issuer.token(&issuer.badge(), json!({"kid": issuer.method(), "typ": "vc+jwt"}));
        let assertion = json!({
            "@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": "https://weavers.example/a/1",
            "recipient": {"type": "email", "hashed": false, "identity": "hana@example.org"},
            "badge": {"type": "BadgeClass", "id": "https://weavers.example/b/1", "name": "A", "description": "B",
                "criteria": {"narrative": "C"}, "image": "https://weavers.example/i.png",
                "issuer": {"type": "Profile", "id": "https://weavers.example/p", "name": "D", "url": "https://weavers.example", "email": "d@weavers.example"}},
            "verification": {"type": "HostedBadge"}, "issuedOn": "2026-01-01T00:00:00Z"
        });
        let mut expired = issuer.badge();
        expired["validUntil"] = "2026-01-02T00:00:00Z".into();
        expired["evidence"] = json!([{"id": "https://weavers.example/e", "type": ["Evidence"], "name": "E"}]);
        let text = |value: &Value| value.to_string().into_bytes();
        vec![
            ("embedded".into(), text(&signed), issuer.document()),
            ("expired".into(), text(&issuer.sign(expired)), issuer.document()),
            ("token".into(), token.into_bytes(), issuer.document()),
            ("hosted".into(), text(&assertion), assertion),
        ]
    }

    /// A key of each kind that there is a private half of.
    pub fn keys() -> Vec<PublicKey> {
        let issuer = Issuer::did_web("weavers", 7);
        vec![issuer.key.public_key().clone(), super::KEY.public_key().clone()]
    }
}
