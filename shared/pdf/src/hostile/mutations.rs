//! Chance against the seal: every byte of a genuine document, and pieces of two.

use std::sync::LazyLock;

use lopdf::xref::XrefType;
use proptest::{prelude::*, test_runner::RngSeed};

use super::GENUINE;
use crate::{
    Limits, Reason, Verdict,
    certificate::Certificate,
    cms,
    support::{CREDENTIAL, Sealer, document, gap, page},
};

/// Two genuine documents of one key that differ in page and credential, and a third of another kind of file.
static BADGES: LazyLock<(Sealer, [Vec<u8>; 3])> = LazyLock::new(|| {
    let sealer = Sealer::p256();
    let other = CREDENTIAL.replace("urn:uuid:1", "urn:uuid:2");
    let badges = [
        sealer.seal(page(CREDENTIAL.as_bytes(), "A badge")),
        sealer.seal(page(other.as_bytes(), "B badge, rather longer")),
        sealer.seal(document(CREDENTIAL.as_bytes(), "A", XrefType::CrossReferenceStream)),
    ];
    (sealer, badges)
});

/// Whether they differ in nothing but the case of the digits of the seal.
fn same_but_for_hex_case(bytes: &[u8], original: &[u8]) -> bool {
    let digits = gap(original);
    bytes.eq_ignore_ascii_case(original)
        && bytes[..digits.start] == original[..digits.start]
        && bytes[digits.end..] == original[digits.end..]
}

/// Not a sample: each of them.
#[test]
fn every_byte_counts() {
    let (sealer, badges) = &*BADGES;
    // A bit, the case of a letter, white space and a digit: what readers are lenient about.
    for (original, ways) in [(&badges[0], 4), (&badges[2], 2)] {
        for at in 0..original.len() {
            for with in [original[at] ^ 1, original[at] ^ 0x20, b' ', b'0'].into_iter().take(ways) {
                let mut bytes = original.clone();
                bytes[at] = with;
                let valid = sealer.examine(&bytes).verdict == Verdict::Valid;
                assert_eq!(valid, same_but_for_hex_case(&bytes, original), "byte {at}: {with:02x}");
            }
        }
    }
}

#[test]
fn every_beginning_and_every_gap_between_bytes_count() {
    let (sealer, badges) = &*BADGES;
    let original = &badges[0];
    for at in 0..original.len() {
        assert_ne!(sealer.examine(&original[..at]).verdict, Verdict::Valid, "cut at {at}");
        let without = [&original[..at], &original[at + 1..]].concat();
        assert_ne!(sealer.examine(&without).verdict, Verdict::Valid, "without byte {at}");
        let more = [&original[..at], b" ", &original[at..]].concat();
        assert_ne!(sealer.examine(&more).verdict, Verdict::Valid, "one more byte at {at}");
    }
}

#[test]
fn upper_case_hex_is_the_same_seal() {
    let genuine = &*GENUINE;
    let mut bytes = genuine.bytes.clone();
    bytes[genuine.digits.clone()].make_ascii_uppercase();
    assert_eq!(genuine.sealer.examine(&bytes).reason, Reason::Sealed);
}

/// How often [`mutations_never_make_another_document_valid`] spoils a file.
const MUTATIONS: u32 = 20_000;

#[test]
fn mutations_never_make_another_document_valid() {
    let (sealer, originals) = &*BADGES;
    let mutate = (
        any::<prop::sample::Index>(),
        prop::collection::vec((0_u8..6, any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..5),
    );
    let config = ProptestConfig {
        cases: MUTATIONS,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&mutate, |(which, steps)| {
            let original = which.get(originals);
            let mut bytes = original.clone();
            for (kind, first, second, byte) in steps {
                let (first, second) = (first.index(bytes.len()), second.index(bytes.len()));
                let (low, high) = (first.min(second), first.max(second));
                match kind {
                    0 => bytes[first] = byte,
                    1 => bytes[first] ^= 1 << (byte % 8),
                    2 => bytes.insert(first, byte),
                    3 => drop(bytes.drain(low..high.min(low + usize::from(byte)))),
                    4 => {
                        let piece = bytes[low..high.min(low + 4 * usize::from(byte))].to_vec();
                        bytes.splice(second..second, piece);
                    }
                    _ => bytes.swap(first, second),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            if sealer.examine(&bytes).verdict == Verdict::Valid {
                prop_assert!(same_but_for_hex_case(&bytes, original));
            }
            Ok(())
        })
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Blocks of one genuine document in the place of another's, of the same length or not.
    #[test]
    fn pieces_of_two_are_neither(
        from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
        places in prop::array::uniform4(any::<prop::sample::Index>()), same in any::<bool>(),
    ) {
        let (sealer, badges) = &*BADGES;
        let (from, to) = (from.get(badges), to.get(badges));
        let within = |badge: &[u8], a: usize, b: usize| {
            let (a, b) = (places[a].index(badge.len()), places[b].index(badge.len()));
            a.min(b)..a.max(b)
        };
        let (mut piece, place) = (within(from, 0, 1), within(to, 2, 3));
        if same {
            piece.end = (piece.start + place.len()).min(from.len());
        }
        let spliced = [&to[..place.start], &from[piece], &to[place.end..]].concat();
        if sealer.examine(&spliced).verdict == Verdict::Valid {
            prop_assert!(badges.iter().any(|badge| same_but_for_hex_case(&spliced, badge)));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..2000), tokens in prop::collection::vec(0_usize..8, 0..20)) {
        const TOKENS: [&[u8]; 8] = [
            b"%PDF-1.7\n", b"/ByteRange[0 100 200 300]", b"/Contents<3082>", b"/ByteRange", b"[0 ", b"<", b">", b"/SubFilter/ETSI.",
        ];
        let mut text = b"%PDF-".to_vec();
        for (token, piece) in tokens.iter().zip(bytes.chunks(97)) {
            text.extend_from_slice(TOKENS[*token]);
            text.extend_from_slice(piece);
        }
        for bytes in [&text, &bytes] {
            let genuine = crate::authenticate::examine(bytes, &[], &Limits::default());
            prop_assert_ne!(genuine.verdict, Verdict::Valid);
            prop_assert_ne!(crate::authenticate::examine_foreign(bytes, &[], &Limits::default()).verdict, Verdict::Valid);
        }
        let _ = Certificate::read(&bytes).is_ok();
        let _ = cms::SignedData::read(&bytes).is_ok();
    }

    /// Damaged DER, which random bytes never come near.
    #[test]
    fn damaged_seals_are_answered(at in any::<prop::sample::Index>(), with in 1_u8.., cut in any::<prop::sample::Index>()) {
        let genuine = &*GENUINE;
        let mut seal = genuine.seal();
        let at = at.index(seal.len());
        seal[at] ^= with;
        prop_assert_ne!(genuine.sealer.examine(&genuine.with_seal(&seal)).verdict, Verdict::Valid);
        let cut = cut.index(seal.len());
        let _ = cms::SignedData::read(&seal[..cut]).is_ok();
        let mut certificate = genuine.sealer.certificate.clone();
        let at = at % certificate.len();
        certificate[at] ^= with;
        if let Ok(read) = Certificate::read(&certificate) {
            let _ = (read.public_key().is_ok(), read.subject_text(), read.may_issue(), read.path_length());
        }
    }
}
