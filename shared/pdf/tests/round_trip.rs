//! What is sealed is valid, says who and when, and gives back the credential.

mod support;

use lopdf::xref::XrefType;
use pdf::{
    Limits, Reason, Verdict,
    authenticate::{self, State},
    certificate,
    seal::{self, SealError, Sealing},
};
use support::{CREDENTIAL, Sealer, at, document, page};

#[test]
fn both_kinds_of_keys_and_files() {
    for sealer in [Sealer::p256(), Sealer::rsa()] {
        for xref in [XrefType::CrossReferenceTable, XrefType::CrossReferenceStream] {
            let pdf = document(CREDENTIAL.as_bytes(), "A badge", xref);
            let sealed = sealer.seal(pdf.clone());
            assert!(sealed.starts_with(&pdf), "the renderer's bytes stay");
            let found = sealer.examine(&sealed);
            assert_eq!((found.verdict, found.reason), (Verdict::Valid, Reason::Sealed));
            let credential = found.credential.expect("a credential");
            assert_eq!(credential.bytes, CREDENTIAL.as_bytes());
            assert_eq!(credential.media_type, "application/ld+json");
            let seal = found.seal.expect("a seal");
            assert_eq!(seal.at, Some(at()));
            assert_eq!(seal.fingerprint, certificate::fingerprint(&sealer.certificate));
            assert_eq!(seal.subject, "Example Badges, Example KK");
            assert_eq!(seal.name.as_deref(), Some("Example"));
            assert_eq!(found.original_length, None);
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_to_sign() {
    let sealer = Sealer::p256();
    let inputs: Vec<_> = (0..2)
        .map(|_| seal::draft(page(CREDENTIAL.as_bytes(), "A"), &sealer.sealing()).unwrap().signing_input())
        .collect();
    assert_eq!(inputs[0], inputs[1]);
    assert!(inputs[0].bytes().len() < 4096, "KMS takes it raw");
}

#[test]
fn trust_is_the_callers() {
    let sealer = Sealer::p256();
    let sealed = sealer.seal(page(CREDENTIAL.as_bytes(), "A"));
    let with = |change: fn(&mut authenticate::TrustedSeal)| {
        let mut trust = sealer.trust();
        change(&mut trust);
        let found = authenticate::examine(&sealed, &[Sealer::p256().trust(), trust], &Limits::default());
        assert_eq!(found.credential.is_some(), found.verdict == Verdict::Valid);
        found.reason
    };
    assert_eq!(with(|_| ()), Reason::Sealed);
    assert_eq!(with(|trust| trust.state = State::Retired), Reason::Sealed);
    assert_eq!(with(|trust| trust.state = State::Compromised), Reason::SealCompromised);
    assert_eq!(with(|trust| trust.valid_until = Some(trust.valid_from)), Reason::Sealed);
    assert_eq!(
        with(|trust| trust.valid_until = Some(trust.valid_from - jiff::SignedDuration::from_secs(1))),
        Reason::SealNotInForce
    );
    assert_eq!(with(|trust| trust.valid_from += jiff::SignedDuration::from_hours(1)), Reason::SealNotInForce);
    assert_eq!(with(|trust| trust.fingerprint[31] ^= 1), Reason::UnknownSigner);
    assert_eq!(authenticate::examine(&sealed, &[], &Limits::default()).reason, Reason::UnknownSigner);

    // A key that was out of use for a while has two periods; a compromised one has none, whatever else the list says.
    let year = jiff::SignedDuration::from_hours(24 * 365);
    let (now, mut earlier, mut lost) = (sealer.trust(), sealer.trust(), sealer.trust());
    (earlier.valid_from, earlier.valid_until) = (at() - 2 * year, Some(at() - year));
    lost.state = State::Compromised;
    let of = |trust: &[authenticate::TrustedSeal]| authenticate::examine(&sealed, trust, &Limits::default()).reason;
    assert_eq!(of(&[earlier.clone(), now.clone()]), Reason::Sealed);
    assert_eq!(of(&[earlier.clone()]), Reason::SealNotInForce);
    assert_eq!(of(&[now, earlier, lost]), Reason::SealCompromised);
}

#[test]
fn text_that_looks_like_a_seal_does_no_harm() {
    let sealer = Sealer::p256();
    let words = "/ByteRange[0 10 20 30] /Contents<00> /Type/Sig /SubFilter/ETSI.CAdES.detached ".repeat(20);
    let pdf = page(CREDENTIAL.as_bytes(), &words);
    let sealed = sealer.seal(pdf);
    assert_eq!(sealer.examine(&sealed).reason, Reason::Sealed);
    let sealing = Sealing { name: "/ByteRange[0 1 2 3]/Contents<00>", reason: "\\ ( 9 0 obj", ..sealer.sealing() };
    let draft = seal::draft(page(b"{}", "A"), &sealing).unwrap();
    let signature = sealer.key.sign(&draft.signing_input()).unwrap();
    assert!(draft.complete(&signature, sealer.public_key()).is_ok());
}

#[test]
fn what_cannot_be_sealed_is_refused() {
    let sealer = Sealer::p256();
    let refusal = |pdf: Vec<u8>, sealing: &Sealing<'_>| seal::draft(pdf, sealing).err();
    let fresh = || page(CREDENTIAL.as_bytes(), "A");
    let sealing = sealer.sealing();
    let sealed = sealer.seal(fresh());
    assert!(matches!(refusal(sealed, &sealing), Some(SealError::NotFresh)));
    assert!(matches!(refusal(b"%PDF-1.7".to_vec(), &sealing), Some(SealError::Unreadable)));
    assert!(matches!(refusal([b" ".to_vec(), fresh()].concat(), &sealing), Some(SealError::Unreadable)));
    let plain = support::replace_once(&fresh(), b"/AFRelationship/Data", b"/AFRelationship/None");
    assert!(matches!(refusal(plain, &sealing), Some(SealError::NoCredential)));
    let late = Sealing { at: "2037-01-01T00:00:00Z".parse().unwrap(), ..sealing };
    assert!(matches!(refusal(fresh(), &late), Some(SealError::CertificateUse)));
    let long = "x".repeat(seal::MAX_TEXT_CHARS + 1);
    assert!(matches!(refusal(fresh(), &Sealing { name: &long, ..sealing }), Some(SealError::Text)));
    assert!(matches!(refusal(fresh(), &Sealing { certificate_der: b"0", ..sealing }), Some(SealError::Certificate(_))));

    let other = Sealer::p256();
    let draft = seal::draft(fresh(), &sealing).unwrap();
    let signature = other.key.sign(&draft.signing_input()).unwrap();
    assert!(matches!(draft.clone().complete(&signature, other.public_key()), Err(SealError::OtherKey)));
    assert!(matches!(draft.complete(&signature, sealer.public_key()), Err(SealError::Signature(_))));
}
