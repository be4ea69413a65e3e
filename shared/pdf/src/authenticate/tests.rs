use proof::testing::TestKey;

use super::*;
use crate::{
    certificate::authority::{Wish, issue},
    seal::{self, Sealing},
    support::{CREDENTIAL, Sealer, page},
};

const LEAF: Wish = Wish {
    subject: "Signer",
    issuer: "Root",
    authority: None,
    key_usage: 0b1100_0000,
    purposes: &[],
    validity: ["2026-01-01", "2027-01-01"],
};
const ROOT: Wish = Wish {
    subject: "Root",
    issuer: "Root",
    authority: Some(1),
    key_usage: 0b0000_0110,
    purposes: &[],
    validity: ["2020-01-01", "2040-01-01"],
};

fn key() -> TestKey {
    TestKey::fresh_p256().unwrap()
}

fn sealed(key: &TestKey, certificate_der: &[u8]) -> Vec<u8> {
    let sealing = Sealing { certificate_der, reason: "Issued", name: "Somebody", at: crate::support::at() };
    let draft = seal::draft(page(CREDENTIAL.as_bytes(), "A"), &sealing).unwrap();
    let signature = key.sign(&draft.signing_input()).unwrap();
    draft.complete(&signature, key.public_key()).unwrap()
}

fn reason(bytes: &[u8], anchors: &[&[u8]]) -> Reason {
    let found = examine_foreign(bytes, anchors, &Limits::default());
    assert_eq!(found.credential.is_some(), found.verdict == Verdict::Valid);
    found.reason
}

#[test]
fn an_anchor_vouches_for_what_it_issued() {
    let (leaf_key, root_key, middle_key) = (key(), key(), key());
    let root = issue(&ROOT, root_key.public_key(), &root_key);
    let leaf = issue(&LEAF, leaf_key.public_key(), &root_key);
    let pdf = sealed(&leaf_key, &leaf);
    assert_eq!(reason(&pdf, &[&root]), Reason::SealedByAnchor);
    assert_eq!(reason(&pdf, &[&leaf]), Reason::SealedByAnchor, "itself an anchor");
    assert_eq!(reason(&pdf, &[]), Reason::UnknownSigner);
    assert_eq!(reason(&pdf, &[b"no certificate"]), Reason::UnknownSigner);
    let impostor_key = key();
    let impostor = issue(&ROOT, impostor_key.public_key(), &impostor_key);
    assert_eq!(reason(&pdf, &[&impostor]), Reason::UnknownSigner, "a name is no key");

    // An authority between, given as a further anchor would be: both must be there.
    let middle = issue(&Wish { subject: "Middle", authority: Some(0), ..ROOT }, middle_key.public_key(), &root_key);
    let below = issue(&Wish { issuer: "Middle", ..LEAF }, leaf_key.public_key(), &middle_key);
    let pdf = sealed(&leaf_key, &below);
    assert_eq!(reason(&pdf, &[&middle]), Reason::SealedByAnchor);
    assert_eq!(reason(&pdf, &[&root]), Reason::UnknownSigner, "the link is missing");
    let certificates = [&below, &middle, &root].map(|der| Certificate::read(der).unwrap());
    let [below, middle, root] = &certificates;
    let found = chain(below, std::slice::from_ref(middle), std::slice::from_ref(root)).unwrap();
    assert_eq!(found.len(), 3);

    // Path length: nothing may stand below an authority that allows for none but leaves.
    let short = issue(&Wish { authority: Some(0), ..ROOT }, root_key.public_key(), &root_key);
    let short = [Certificate::read(&short).unwrap()];
    assert!(chain(below, std::slice::from_ref(middle), &short).is_none());
}

#[test]
fn a_signer_is_no_authority() {
    let (leaf_key, root_key, false_key) = (key(), key(), key());
    let root = issue(&ROOT, root_key.public_key(), &root_key);
    let leaf = issue(&LEAF, leaf_key.public_key(), &root_key);
    let forged = issue(&Wish { issuer: "Signer", ..LEAF }, false_key.public_key(), &leaf_key);
    let [root, leaf, forged] = [&root, &leaf, &forged].map(|der| Certificate::read(der).unwrap());
    assert!(chain(&forged, std::slice::from_ref(&leaf), std::slice::from_ref(&root)).is_none());
    assert!(chain(&forged, std::slice::from_ref(&forged), &[root]).is_none());
    assert!(chain(&forged, &[], &[leaf]).is_none(), "not even if it is an anchor");
}

#[test]
fn certificates_must_have_been_valid_and_be_for_documents() {
    let (leaf_key, root_key) = (key(), key());
    let leaf = issue(&LEAF, leaf_key.public_key(), &root_key);
    let pdf = sealed(&leaf_key, &leaf);
    let expired = issue(&Wish { validity: ["2020-01-01", "2025-01-01"], ..ROOT }, root_key.public_key(), &root_key);
    assert_eq!(reason(&pdf, &[&expired]), Reason::CertificateNotValid);
    // keyEncipherment only: nobody seals with it here, so it is asked of the certificate.
    let tls = issue(&Wish { key_usage: 0b0010_0000, ..LEAF }, leaf_key.public_key(), &root_key);
    assert!(!Certificate::read(&tls).unwrap().may_sign_documents());
    // What it is for, where it says so: serverAuth is not for documents, beside another purpose it does no harm.
    const SERVER: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
    const EMAIL: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04];
    const DOCUMENTS: &[u8] = crate::oids::DOCUMENT_SIGNING;
    for (purposes, fits) in
        [(&[SERVER][..], false), (&[EMAIL], true), (&[SERVER, DOCUMENTS], true), (&[DOCUMENTS], true)]
    {
        let der = issue(&Wish { purposes, ..LEAF }, leaf_key.public_key(), &root_key);
        assert_eq!(Certificate::read(&der).unwrap().may_sign_documents(), fits, "{purposes:02x?}");
    }
}

#[test]
fn ours_is_not_valid_for_strangers_and_the_other_way_round() {
    let sealer = Sealer::p256();
    let pdf = sealer.seal(page(CREDENTIAL.as_bytes(), "A"));
    let other = Sealer::p256();
    assert_eq!(reason(&pdf, &[&other.certificate]), Reason::UnknownSigner);
    assert_eq!(reason(&pdf, &[&sealer.certificate]), Reason::SealedByAnchor);
    let mut changed = pdf.clone();
    changed[20] ^= 1;
    assert_eq!(reason(&changed, &[&sealer.certificate]), Reason::ContentChanged);
    let more = [&pdf[..], b"\n"].concat();
    assert_eq!(reason(&more, &[&sealer.certificate]), Reason::LaterAdditions);
    let found = examine(&pdf, &[other.trust()], &Limits::default());
    assert_eq!(found.reason, Reason::UnknownSigner);
    assert_eq!(found.seal.unwrap().name, None);
}
