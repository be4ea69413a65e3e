//! Data Integrity and VC-JWT against files that others wrote, one step at a time.
//!
//! The files are not part of this repository: `SHIRUSHI_VECTORS` says where they are. Without them these tests say so
//! and pass.
#![expect(clippy::print_stderr, reason = "a skipped suite has to say so")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;

use proof::{
    data_integrity::{self, ProofError, ProofOptions, SigningSuite, Suite},
    did, discovery,
    encoding::{base58_decode, multibase_encode},
    jws::{self, CompactJws, JwsError},
    keys::{Algorithm, PublicKey},
    status::{StatusEntry, StatusError, StatusList},
    testing::TestKey,
    vc_jwt::{self, ClaimIssue, Form},
};
use serde_json::Value;

/// The folder of vectors, or `None` with a word about it.
#[expect(clippy::disallowed_methods, reason = "tests take the folder's place from the environment")]
fn folder() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors");
    let folder = PathBuf::from(std::env::var("SHIRUSHI_VECTORS").unwrap_or_else(|_| default.to_owned()));
    if folder.join("manifest.json").exists() {
        return Some(folder);
    }
    eprintln!("skipped: no test vectors in {} (set SHIRUSHI_VECTORS)", folder.display());
    None
}

macro_rules! vectors_or_skip {
    () => {
        match folder() {
            Some(folder) => Vectors(folder),
            None => return,
        }
    };
}

struct Vectors(PathBuf);

impl Vectors {
    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn trimmed(&self, name: &str) -> String {
        self.text(name).trim().to_owned()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }
}

/// The key in the fragment of a proof's method. It checks the arithmetic only; who the key belongs to is another
/// question.
fn key_of_fragment(proof: &Value) -> PublicKey {
    let method = data_integrity::verification_method(proof).unwrap();
    PublicKey::from_multikey(method.rsplit(['#', ':']).next().unwrap()).unwrap()
}

fn verify_by_fragment(document: &Value) -> Result<Suite, ProofError> {
    let proof = data_integrity::proofs(document)[0];
    data_integrity::verify(document, proof, &key_of_fragment(proof)).map(|verified| verified.suite)
}

/// The W3C test vectors of one suite: every intermediate value of both directions.
fn steps(vectors: &Vectors, folder: &str, suffix: &str, signed_name: &str, key_name: &str) {
    let name = |stem: &str| format!("w3c/{folder}/{stem}{suffix}.txt");
    let signed = vectors.json(&format!("w3c/{folder}/{signed_name}"));
    let unsigned = vectors.json(&format!("w3c/{folder}/unsigned.json"));
    let configuration = vectors.json(&format!("w3c/{folder}/proofConfig{suffix}.json"));
    let limits = jsonld::Limits::default();

    let document_form = jsonld::canonicalize(&unsigned, &limits).unwrap();
    assert_eq!(document_form.as_str(), vectors.text(&name("canonDoc")));
    let configuration_form = jsonld::canonicalize(&configuration, &limits).unwrap();
    assert_eq!(configuration_form.as_str(), vectors.text(&name("proofCanon")));
    assert_eq!(hex::encode(document_form.sha256()), vectors.trimmed(&name("docHash")));
    assert_eq!(hex::encode(configuration_form.sha256()), vectors.trimmed(&name("proofHash")));

    let key = vectors.json(&format!("w3c/{folder}/{key_name}"));
    let key = PublicKey::from_multikey(key["publicKeyMultibase"].as_str().unwrap()).unwrap();
    let options = ProofOptions {
        suite: SigningSuite::for_key(&key).unwrap(),
        verification_method: configuration["verificationMethod"].as_str().unwrap().to_owned(),
        created: configuration["created"].as_str().unwrap().parse().unwrap(),
    };
    let draft = data_integrity::draft(unsigned, &options).unwrap();
    assert_eq!(hex::encode(draft.signing_input().bytes()), vectors.trimmed(&name("combinedHash")));

    let signature = hex::decode(vectors.trimmed(&name("sigHex"))).unwrap();
    assert_eq!(multibase_encode(&signature), vectors.trimmed(&name("sigBTC58")));
    let mut expected = signed.clone();
    expected["proof"] = Value::Array(vec![signed["proof"].clone()]);
    assert_eq!(draft.complete(&signature, &key).unwrap(), expected);

    assert_eq!(key_of_fragment(&signed["proof"]), key);
    verify_by_fragment(&signed).unwrap();
    let issuer_view = did::did_key_document(options.verification_method.as_str()).unwrap();
    assert_eq!(did::find_method(&issuer_view, &options.verification_method).unwrap().key, key);
}

#[test]
fn w3c_eddsa_rdfc_2022_step_by_step() {
    let vectors = vectors_or_skip!();
    steps(&vectors, "eddsa-rdfc-2022", "DataInt", "signedDataInt.json", "keyPair.json");
}

#[test]
fn w3c_ecdsa_rdfc_2019_step_by_step() {
    let vectors = vectors_or_skip!();
    steps(&vectors, "ecdsa-rdfc-2019-p256", "ECDSAP256", "signedECDSAP256.json", "p256KeyPair.json");
}

/// Ed25519 is deterministic: the same key over the same document gives the published text, byte for byte.
#[test]
fn w3c_eddsa_is_signed_to_the_same_bytes() {
    let vectors = vectors_or_skip!();
    let pair = vectors.json("w3c/eddsa-rdfc-2022/keyPair.json");
    let private = pair["privateKeyMultibase"].as_str().unwrap().strip_prefix('z').unwrap();
    let seed: [u8; 32] = base58_decode(private, 34).unwrap()[2..].try_into().unwrap();
    let key = TestKey::ed25519(&seed).unwrap();
    let signed = vectors.json("w3c/eddsa-rdfc-2022/signedDataInt.json");
    let options = ProofOptions {
        suite: SigningSuite::EddsaRdfc2022,
        verification_method: signed["proof"]["verificationMethod"].as_str().unwrap().to_owned(),
        created: signed["proof"]["created"].as_str().unwrap().parse().unwrap(),
    };
    let draft = data_integrity::draft(vectors.json("w3c/eddsa-rdfc-2022/unsigned.json"), &options).unwrap();
    let signature = key.sign(draft.signing_input()).unwrap();
    let ours = draft.complete(&signature, key.public_key()).unwrap();
    assert_eq!(ours["proof"][0]["proofValue"], signed["proof"]["proofValue"]);
}

#[test]
fn open_badges_implementation_guide_step_by_step() {
    let vectors = vectors_or_skip!();
    let signed = vectors.json("ob3-spec/impl-guide-signed.json");
    let reference = vectors.json("ob3-spec/impl-guide-reference.json");
    let value = |name: &str| reference[name].as_str().unwrap().to_owned();
    let mut unsigned = signed.clone();
    unsigned.as_object_mut().unwrap().shift_remove("proof");
    let form = jsonld::canonicalize(&unsigned, &jsonld::Limits::default()).unwrap();
    assert_eq!(form.as_str(), vectors.text("ob3-spec/impl-guide-document-canon.txt"));
    assert_eq!(hex::encode(form.sha256()), value("documentHash"));

    let pair = hex::decode(value("privateKeyHex (seed||public)")).unwrap();
    let key = TestKey::ed25519(pair[..32].try_into().unwrap()).unwrap();
    assert_eq!(key.public_key().to_multikey().unwrap(), value("publicKeyMultibase"));
    let options = ProofOptions {
        suite: SigningSuite::EddsaRdfc2022,
        verification_method: signed["proof"]["verificationMethod"].as_str().unwrap().to_owned(),
        created: signed["proof"]["created"].as_str().unwrap().parse().unwrap(),
    };
    let draft = data_integrity::draft(unsigned, &options).unwrap();
    assert_eq!(hex::encode(draft.signing_input().bytes()), value("dataToSign"));
    let signature = key.sign(draft.signing_input()).unwrap();
    assert_eq!(hex::encode(&signature), value("signature"));
    let ours = draft.complete(&signature, key.public_key()).unwrap();
    assert_eq!(ours["proof"][0]["proofValue"], value("proofValue"));
    assert_eq!(verify_by_fragment(&signed), Ok(Suite::EddsaRdfc2022));
}

/// Embedded proofs by other implementations: 1EdTech, digitalbazaar, openbadgeslib, the Digital Credentials Consortium.
#[test]
fn foreign_proofs_hold() {
    let vectors = vectors_or_skip!();
    for name in [
        "1edtech/ob30/simple.json",
        "1edtech/ob30/simple-context-version.json",
        "1edtech/ob30/endorsement-valid.json",
        "1edtech/ob30/bitstring-list.json",
        "1edtech/ob30/bitstring-revoked.json",
        "1edtech/ob30/simple-err-expired.json",
        "dcc/v2OBv3SpecExample.json",
        "openbadgeslib/ldp.json",
        "openbadgeslib/ldp-status-ok.json",
        "openbadgeslib/ldp-status-revoked.json",
        "didweb/recommended.json",
    ] {
        assert_eq!(verify_by_fragment(&vectors.json(name)), Ok(Suite::EddsaRdfc2022), "{name}");
    }
    for name in ["1edtech/ob30/simple_v1.json", "dcc/v2Expired.json"] {
        assert_eq!(verify_by_fragment(&vectors.json(name)), Ok(Suite::Ed25519Signature2020), "{name}");
    }
}

#[test]
fn tampered_documents_are_refused() {
    let vectors = vectors_or_skip!();
    let refusal = |name: &str| verify_by_fragment(&vectors.json(name)).unwrap_err();
    assert_eq!(refusal("derived/tampered-name.json"), ProofError::SignatureMismatch);
    assert_eq!(refusal("1edtech/ob30/simple-err-proof-value.json"), ProofError::SignatureMismatch);
    for name in ["derived/undefined-term.json", "dcc/safeModeBreaker.json"] {
        let error = refusal(name);
        assert!(
            matches!(error, ProofError::Canonicalisation { source: jsonld::Error::UndefinedTerm { .. }, .. }),
            "{name}: {error:?}"
        );
    }
    let unsigned = vectors.json("1edtech/ob30/simple-noproof.json");
    assert!(data_integrity::proofs(&unsigned).is_empty());
}

/// The key is looked up in the issuer's document, as the proof names it.
#[test]
fn did_web_documents_list_the_keys() {
    let vectors = vectors_or_skip!();
    for (docs, credential) in
        [("didweb/docs.json", "didweb/recommended.json"), ("openbadgeslib/docs.json", "openbadgeslib/ldp.json")]
    {
        let (docs, credential) = (vectors.json(docs), vectors.json(credential));
        let issuer = credential["issuer"]["id"].as_str().unwrap();
        let document = &docs[did::DidWeb::parse(issuer).unwrap().document_url()];
        let proof = data_integrity::proofs(&credential)[0];
        let method = data_integrity::verification_method(proof).unwrap();
        let found = did::find_method(document, method).unwrap();
        assert_eq!(found.controller, issuer);
        data_integrity::verify(&credential, proof, &found.key).unwrap();
        let other = did::find_method(document, &format!("{issuer}#other"));
        assert_eq!(other, Err(discovery::MethodError::NotListed));
    }
}

#[test]
fn vc_jwts_of_others_hold() {
    let vectors = vectors_or_skip!();

    let jws = CompactJws::parse(&vectors.text("didweb/recommended-rs256.jwt")).unwrap();
    let key_id = jws.header().key_id.clone().unwrap();
    let docs = vectors.json("didweb/docs.json");
    let issuer = did::DidUrl::parse(&key_id).unwrap().did().to_owned();
    let document = &docs[did::DidWeb::parse(&issuer).unwrap().document_url()];
    jws::verify(&jws, &did::find_method(document, &key_id).unwrap().key).unwrap();
    let reading = vc_jwt::check_claims(jws.payload()).unwrap();
    assert_eq!((reading.form, reading.issues.as_slice()), (Form::TopLevel, [].as_slice()));
    assert!(reading.credential.get("iss").is_none());
    assert_eq!(reading.credential["issuer"]["id"], issuer);

    let jws = CompactJws::parse(&vectors.text("openbadgeslib/es256.jwt")).unwrap();
    let key = PublicKey::from_jwk(jws.header().jwk.as_ref().unwrap()).unwrap();
    jws::verify(&jws, &key).unwrap();
    assert_eq!(vc_jwt::check_claims(jws.payload()).unwrap().issues, []);

    let tampered = CompactJws::parse(&vectors.text("derived/tampered-payload.jwt")).unwrap();
    assert_eq!(jws::verify(&tampered, &key), Err(JwsError::SignatureMismatch));
}

/// A badge baked by 1EdTech: RS256, and without `sub`.
#[test]
fn a_missing_sub_is_a_warning() {
    let vectors = vectors_or_skip!();
    let svg = vectors.text("1edtech/ob30/simple-jwt.svg");
    let text = svg.split("verify=\"").nth(1).unwrap().split('"').next().unwrap();
    let jws = CompactJws::parse(text).unwrap();
    let key = PublicKey::from_jwk(jws.header().jwk.as_ref().unwrap()).unwrap();
    assert_eq!(key.algorithm(), Algorithm::RsaPkcs1Sha256);
    jws::verify(&jws, &key).unwrap();
    let issues = vc_jwt::check_claims(jws.payload()).unwrap().issues;
    assert_eq!(issues, [ClaimIssue::MissingSubject]);
    assert!(issues[0].is_warning());
}

#[test]
fn open_badges_2_signed_assertions_hold() {
    let vectors = vectors_or_skip!();
    let docs = vectors.json("ob2/docs.json");
    let key_document = |jws: &CompactJws| {
        let assertion: Value = serde_json::from_slice(jws.payload()).unwrap();
        docs[assertion["verification"]["creator"].as_str().unwrap()]["body"].clone()
    };
    let jws = CompactJws::parse(&vectors.text("ob2/signed.jws")).unwrap();
    let found = discovery::read_cryptographic_key(&key_document(&jws)).unwrap();
    assert_eq!(found.controller, "https://badges.vectors.example/ob2/issuer");
    jws::verify(&jws, &found.key).unwrap();

    let wrong = CompactJws::parse(&vectors.text("ob2/signed-wrong-key.jws")).unwrap();
    let found = discovery::read_cryptographic_key(&key_document(&wrong)).unwrap();
    assert_eq!(jws::verify(&wrong, &found.key), Err(JwsError::SignatureMismatch));

    let jws = CompactJws::parse(&vectors.text("1edtech/ob20/simple.jwt")).unwrap();
    let key = discovery::read_cryptographic_key(&vectors.json("1edtech/ob20/assets/key1.json")).unwrap().key;
    jws::verify(&jws, &key).unwrap();
}

#[test]
fn status_lists_of_others_are_read() {
    let vectors = vectors_or_skip!();
    let status = |credential: &Value, list: &Value| {
        let entry = StatusEntry::parse(&credential["credentialStatus"]).unwrap();
        StatusList::parse(list)?.status(&entry)
    };
    let docs = vectors.json("didweb/docs.json");
    let credential = vectors.json("didweb/recommended.json");
    let list = &docs[credential["credentialStatus"]["statusListCredential"].as_str().unwrap()];
    verify_by_fragment(list).unwrap();
    assert_eq!(status(&credential, list), Ok(0));
    assert_eq!(StatusList::parse(list).unwrap().bits.count_set(), 1);

    let docs = vectors.json("openbadgeslib/docs.json");
    for (name, expected) in [("ldp-status-ok", 0), ("ldp-status-revoked", 1)] {
        let credential = vectors.json(&format!("openbadgeslib/{name}.json"));
        let url = credential["credentialStatus"]["statusListCredential"].as_str().unwrap();
        let list = CompactJws::parse(docs[url].as_str().unwrap()).unwrap();
        jws::verify(&list, &PublicKey::from_jwk(list.header().jwk.as_ref().unwrap()).unwrap()).unwrap();
        let list = vc_jwt::check_claims(list.payload()).unwrap().credential;
        assert_eq!(status(&credential, &list), Ok(expected), "{name}");
    }

    let list = vectors.json("1edtech/ob30/bitstring-list.json");
    let revoked = vectors.json("1edtech/ob30/bitstring-revoked.json");
    assert_eq!(status(&revoked, &list), Ok(1));
    let mut entry = StatusEntry::parse(&revoked["credentialStatus"]).unwrap();
    entry.purpose = "suspension".into();
    let wrong = StatusList::parse(&list).unwrap().status(&entry);
    assert_eq!(wrong, Err(StatusError::WrongPurpose("suspension".into())));
}
