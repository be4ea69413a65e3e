//! What we sign verifies, and nothing that was changed afterwards does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proof::{
    data_integrity::{
        MAX_PROOFS, Part, Prepared, ProofError, ProofOptions, SigningSuite, Suite, draft, proofs, verify,
    },
    encoding::multibase_encode,
    testing::TestKey,
    time::TimeError,
};
use serde_json::{Value, json};

fn credential() -> Value {
    serde_json::from_str(include_str!("data/credential.json")).unwrap()
}

fn keys() -> [TestKey; 3] {
    [TestKey::ed25519(&[7; 32]).unwrap(), TestKey::fresh_p256().unwrap(), TestKey::fresh_p384().unwrap()]
}

fn options(key: &TestKey) -> ProofOptions {
    ProofOptions {
        suite: SigningSuite::for_key(key.public_key()).unwrap(),
        verification_method: format!(
            "did:web:badges.example:issuers:washi#{}",
            key.public_key().to_multikey().unwrap()
        ),
        created: "2026-01-15T09:30:00.75Z".parse().unwrap(),
    }
}

fn sign(document: Value, key: &TestKey) -> Value {
    let draft = draft(document, &options(key)).unwrap();
    let signature = key.sign(draft.signing_input()).unwrap();
    draft.complete(&signature, key.public_key()).unwrap()
}

fn check(document: &Value, key: &TestKey) -> Result<Suite, ProofError> {
    verify(document, proofs(document)[0], key.public_key()).map(|verified| verified.suite)
}

/// Signs a configuration and document as they are, whatever they say: what a careless issuer may produce.
fn sign_as_is(document: &Value, configuration: &Value, key: &TestKey) -> Value {
    let mut with_context = configuration.clone();
    with_context["@context"] = document["@context"].clone();
    let hash = |value| jsonld::canonicalize(value, &jsonld::Limits::default()).unwrap().sha256();
    let bytes = [hash(&with_context), hash(document)].concat();
    let input = proof::signing::SigningInput::new(key.public_key().algorithm(), bytes);
    let mut signed = document.clone();
    signed["proof"] = configuration.clone();
    signed["proof"]["proofValue"] = multibase_encode(&key.sign(&input).unwrap()).into();
    signed
}

#[test]
fn sign_and_verify_with_every_suite() {
    for (key, suite) in keys().iter().zip([Suite::EddsaRdfc2022, Suite::EcdsaRdfc2019, Suite::EcdsaRdfc2019]) {
        let signed = sign(credential(), key);
        let verified = verify(&signed, proofs(&signed)[0], key.public_key()).unwrap();
        assert_eq!(verified.suite, suite);
        assert_eq!(verified.verification_method, options(key).verification_method);
        assert_eq!(verified.created.unwrap().to_string(), "2026-01-15T09:30:00Z");
        assert_eq!(verified.expires, None);
    }
}

/// The text that leaves is the text that came, with `proof` at its end.
#[test]
fn order_of_members_is_kept() {
    let key = &keys()[0];
    let text = sign(credential(), key).to_string();
    let unsigned = credential().to_string();
    let proof = text.strip_prefix(unsigned.strip_suffix('}').unwrap()).unwrap();
    let method = options(key).verification_method;
    let start = format!(
        ",\"proof\":[{{\"type\":\"DataIntegrityProof\",\"cryptosuite\":\"eddsa-rdfc-2022\",\
         \"created\":\"2026-01-15T09:30:00Z\",\"verificationMethod\":\"{method}\",\
         \"proofPurpose\":\"assertionMethod\",\"proofValue\":\"z"
    );
    assert!(proof.starts_with(&start), "{proof}");
}

#[test]
fn ed25519_signs_to_the_same_bytes_prepared_or_not() {
    let key = &keys()[0];
    let prepared = Prepared::new(&credential()["@context"], &options(key)).unwrap();
    let draft = prepared.draft(credential()).unwrap();
    assert_eq!(draft.signing_input().bytes().len(), 64);
    let signature = key.sign(draft.signing_input()).unwrap();
    assert_eq!(draft.complete(&signature, key.public_key()).unwrap(), sign(credential(), key));

    let mut other = credential();
    other["@context"].as_array_mut().unwrap().pop();
    let refused = prepared.draft(other).unwrap_err();
    assert_eq!(refused, ProofError::Unsignable("its @context is not the prepared one"));
}

#[test]
fn a_draft_lets_nothing_out_that_does_not_verify() {
    let [ed25519, p256, p384] = &keys();
    let fresh = || draft(credential(), &options(ed25519)).unwrap();
    let signature = ed25519.sign(fresh().signing_input()).unwrap();
    let mut wrong = signature.clone();
    wrong[5] ^= 1;
    assert_eq!(fresh().complete(&wrong, ed25519.public_key()), Err(ProofError::SignatureMismatch));
    let other = TestKey::ed25519(&[8; 32]).unwrap();
    assert_eq!(fresh().complete(&signature, other.public_key()), Err(ProofError::SignatureMismatch));
    for key in [p256, p384] {
        let refused = fresh().complete(&signature, key.public_key()).unwrap_err();
        assert!(matches!(refused, ProofError::WrongKeyType { suite: "eddsa-rdfc-2022", .. }));
    }
}

#[test]
fn what_cannot_be_signed() {
    let key = &keys()[0];
    let refusal = |document| draft(document, &options(key)).unwrap_err();
    assert_eq!(refusal(json!({"id": "urn:x"})), ProofError::Unsignable("it has no @context"));
    assert_eq!(refusal(sign(credential(), key)), ProofError::Unsignable("it has a proof already"));
    let mut undefined = credential();
    undefined["credentialSubject"]["nickname"] = "K".into();
    assert!(matches!(
        refusal(undefined),
        ProofError::Canonicalisation { part: Part::Document, source: jsonld::Error::UndefinedTerm { .. } }
    ));
}

/// Calls `visit` with the JSON pointer of every value below `value`.
fn pointers(value: &Value, at: &str, visit: &mut impl FnMut(String)) {
    let mut descend = |name: &str, child: &Value| {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        visit(pointer.clone());
        pointers(child, &pointer, visit);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, child)| descend(name, child)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, child)| descend(&index.to_string(), child)),
        _ => {}
    }
}

/// Every leaf changed, every member and item removed, every list reversed or lengthened: none of it verifies.
#[test]
fn every_change_is_noticed() {
    for key in keys().iter().take(2) {
        let signed = sign(credential(), key);
        check(&signed, key).unwrap();
        let mut all = Vec::new();
        pointers(&signed, "", &mut |pointer| all.push(pointer));
        assert!(all.len() > 80, "{}", all.len());
        for pointer in &all {
            let mut changed = signed.clone();
            let value = changed.pointer_mut(pointer).unwrap();
            match value {
                Value::String(text) => text.push('1'),
                Value::Bool(value) => *value = !*value,
                Value::Number(number) => *value = json!(number.as_f64().unwrap() + 0.5),
                Value::Array(items) => items.push(json!("urn:added")),
                Value::Object(members) => {
                    members.insert("name".into(), "added".into());
                }
                Value::Null => unreachable!("the credential has no null"),
            }
            // Another proof in the list leaves the first one as it was.
            if pointer != "/proof" {
                assert!(check(&changed, key).is_err(), "{pointer} changed");
            }

            let (parent, name) = pointer.rsplit_once('/').unwrap();
            if pointer == "/proof" || parent == "/proof" {
                continue;
            }
            let mut removed = signed.clone();
            match removed.pointer_mut(parent).unwrap() {
                Value::Object(members) => drop(members.shift_remove(name)),
                Value::Array(items) => drop(items.remove(name.parse().unwrap())),
                _ => unreachable!("only objects and arrays have children"),
            }
            assert!(check(&removed, key).is_err(), "{pointer} removed");
        }
    }
}

#[test]
fn the_order_of_a_json_ld_list_is_signed_and_that_of_a_set_is_not() {
    let key = &keys()[0];
    let signed = sign(credential(), key);
    let reversed = |pointer: &str| {
        let mut changed = signed.clone();
        changed.pointer_mut(pointer).unwrap().as_array_mut().unwrap().reverse();
        check(&changed, key)
    };
    let list = "/credentialSubject/achievement/resultDescription/0/allowedValue";
    assert_eq!(reversed(list), Err(ProofError::SignatureMismatch));
    assert_eq!(reversed("/credentialSubject/achievement/tag"), Ok(Suite::EddsaRdfc2022));
}

#[test]
fn malformed_proofs_are_told_apart() {
    let key = &keys()[0];
    let signed = sign(credential(), key);
    let with = |name: &str, value: Value| {
        let mut changed = signed.clone();
        changed["proof"][0][name] = value;
        check(&changed, key).unwrap_err()
    };
    assert_eq!(with("type", json!("RsaSignature2018")), ProofError::UnsupportedSuite("RsaSignature2018".into()));
    for suite in ["eddsa-jcs-2022", "ecdsa-jcs-2019", "ecdsa-sd-2023", "bbs-2023", "eddsa-rdf-2022", ""] {
        assert_eq!(with("cryptosuite", json!(suite)), ProofError::UnsupportedSuite(suite.into()));
    }
    assert_eq!(with("cryptosuite", json!(1)), ProofError::Malformed("cryptosuite"));
    let wrong = ProofError::WrongKeyType { suite: "ecdsa-rdfc-2019", key: key.public_key().algorithm() };
    assert_eq!(with("cryptosuite", json!("ecdsa-rdfc-2019")), wrong);
    assert_eq!(with("proofPurpose", json!("authentication")), ProofError::WrongPurpose("authentication".into()));
    let naive = ProofError::Time { member: "created", source: TimeError::NoZone };
    assert_eq!(with("created", json!("2026-01-15T09:30:00")), naive);
    let bad = ProofError::Time { member: "expires", source: TimeError::Malformed };
    assert_eq!(with("expires", json!(1)), bad);
    assert_eq!(with("previousProof", json!("urn:1")), ProofError::UnsupportedFeature("previousProof"));
    assert_eq!(with("verificationMethod", json!({"id": "x"})), ProofError::Malformed("verificationMethod"));
    for value in [json!(null), json!(""), json!("uAAAA"), json!("z0"), json!(format!("z{}", "z".repeat(400)))] {
        assert_eq!(with("proofValue", value), ProofError::Malformed("proofValue"));
    }
    assert_eq!(with("proofValue", json!("z")), ProofError::SignatureMismatch);
    let undefined = with("remark", json!("unsigned?"));
    assert!(matches!(undefined, ProofError::Canonicalisation { part: Part::ProofConfiguration, .. }), "{undefined:?}");
    for proof in [json!(null), json!("proof"), json!([]), json!({})] {
        assert_eq!(verify(&credential(), &proof, key.public_key()), Err(ProofError::Malformed("type")));
    }
}

#[test]
fn a_context_of_the_proof_s_own_must_begin_the_document_s() {
    let key = &keys()[0];
    let signed = sign(credential(), key);
    let with = |context: Value| {
        let mut changed = signed.clone();
        changed["proof"][0]["@context"] = context;
        check(&changed, key)
    };
    assert_eq!(with(signed["@context"].clone()), Ok(Suite::EddsaRdfc2022));
    let malformed = ProofError::Malformed("@context of the proof does not begin the document's");
    assert_eq!(with(signed["@context"][1].clone()), Err(malformed.clone()));
    let mut longer = signed["@context"].clone();
    longer.as_array_mut().unwrap().push("https://w3id.org/security/multikey/v1".into());
    assert_eq!(with(longer), Err(malformed));
    // A true prefix counts alone, so a document that needs the rest has undefined terms.
    let prefix = with(json!([signed["@context"][0]]));
    assert!(matches!(prefix, Err(ProofError::Canonicalisation { .. })), "{prefix:?}");
}

#[test]
fn proofs_by_others_may_say_more() {
    let key = &keys()[0];
    let document = credential();
    let mut configuration = json!({
        "id": "urn:uuid:018f6b2e-7c1a-7d3e-9a44-5b6c7d8e9f04", "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022",
        "expires": "2027-01-15T09:30:00+09:00", "verificationMethod": options(key).verification_method,
        "proofPurpose": "assertionMethod", "domain": "badges.example", "challenge": "c", "nonce": "n"
    });
    let signed = sign_as_is(&document, &configuration, key);
    let verified = verify(&signed, proofs(&signed)[0], key.public_key()).unwrap();
    assert_eq!(verified.created, None);
    assert!(!verified.is_expired_at("2027-01-15T00:29:59Z".parse().unwrap()));
    assert!(verified.is_expired_at("2027-01-15T00:30:00Z".parse().unwrap()));

    configuration["cryptosuite"] = "eddsa-2022".into();
    assert_eq!(check(&sign_as_is(&document, &configuration, key), key), Ok(Suite::Eddsa2022));
    assert!(Suite::Eddsa2022.is_legacy());
}

#[test]
fn proofs_are_found_singly_and_in_lists() {
    assert_eq!(proofs(&json!({})).len(), 0);
    assert_eq!(proofs(&json!({"proof": null})).len(), 0);
    assert_eq!(proofs(&json!({"proof": {}})).len(), 1);
    assert_eq!(proofs(&json!({"proof": [{}, {}]})).len(), 2);
    assert_eq!(proofs(&json!({"proof": vec![0; 1000]})).len(), MAX_PROOFS);
}

fn by_digitalbazaar(proof: &str) -> (Value, proof::keys::PublicKey) {
    let proof: Value = serde_json::from_str(proof).unwrap();
    let multikey = proof["verificationMethod"].as_str().unwrap().rsplit('#').next().unwrap();
    let key = proof::keys::PublicKey::from_multikey(multikey).unwrap();
    let mut signed = credential();
    signed["proof"] = proof;
    (signed, key)
}

#[test]
fn digitalbazaar_s_proofs_hold() {
    for proof in [
        include_str!("data/digitalbazaar/ed25519.json"),
        include_str!("data/digitalbazaar/p256.json"),
        include_str!("data/digitalbazaar/p384.json"),
    ] {
        let (signed, key) = by_digitalbazaar(proof);
        verify(&signed, proofs(&signed)[0], &key).unwrap();
        let mut changed = signed.clone();
        changed["credentialSubject"]["creditsEarned"] = json!(3.5);
        assert_eq!(verify(&changed, proofs(&changed)[0], &key), Err(ProofError::SignatureMismatch));
    }
}

/// Ed25519 is deterministic: the same key, document and options give digitalbazaar's bytes.
#[test]
fn our_ed25519_signature_is_digitalbazaar_s() {
    let key = &keys()[0];
    let (theirs, _) = by_digitalbazaar(include_str!("data/digitalbazaar/ed25519.json"));
    assert_eq!(sign(credential(), key)["proof"][0], theirs["proof"]);
}
