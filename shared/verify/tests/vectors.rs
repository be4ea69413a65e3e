//! Every outside vector with an expected verdict, through the whole verification.
//!
//! The vectors come from W3C, 1EdTech, DCC, openbadgeslib and openbadges-bakery, and lie outside the repository (their
//! `manifest.json` names source and licence of each). `SHIRUSHI_VECTORS` says where; without the folder the suite says so and
//! checks nothing.
//!
//! The manifest's `expected` is what a verifier should say that trusts a key named in a fragment. This one asks the issuer's own
//! document, so where a vector comes without it the answer is "could not be checked" and the table below says at which step.
//! The table is complete in both directions: a vector without a row fails, and so does a row without a vector.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::needless_pass_by_value,
    reason = "clippy takes helpers of tests for production code"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{Web, run};
use serde_json::{Value, json};
use verify::Verdict::{CouldNotBeChecked, Invalid, NotABadge, Valid, ValidWithWarnings};
use verify::{ClaimedIdentity, Input, Options, Report, StepId, Verdict};

/// Vector, the manifest's `expected`, our verdict, the step that decides it, and that step's code.
#[rustfmt::skip]
const EXPECTED: &[(&str, &str, Verdict, StepId, &str)] = &[
    ("1edtech/ob20/assertion-with-data-image.json", "invalid", Invalid, StepId::DataModel, "image_data_uri"),
    ("1edtech/ob20/basic-assertion-expired.json", "invalid", Invalid, StepId::Validity, "expired"),
    ("1edtech/ob20/basic-assertion-invalid-type.json", "invalid", Invalid, StepId::Type, "type_missing"),
    ("1edtech/ob20/basic-assertion-no-public-key.json", "valid", Valid, StepId::Input, "input_json"),
    ("1edtech/ob20/basic-assertion-with-allowed-origins.json", "valid", Valid, StepId::Input, "input_json"),
    ("1edtech/ob20/basic-assertion.json", "valid", Valid, StepId::Input, "input_json"),
    ("1edtech/ob20/simple-badge.png", "valid", Valid, StepId::Input, "input_png"),
    ("1edtech/ob20/simple.jwt", "valid", Valid, StepId::Input, "input_jwt"),
    ("1edtech/ob30/bitstring-list.json", "valid", NotABadge, StepId::Type, "type_not_badge"),
    ("1edtech/ob30/bitstring-revoked.json", "invalid", Invalid, StepId::Status, "revoked"),
    ("1edtech/ob30/endorsement-valid.json", "valid", CouldNotBeChecked, StepId::Key, "issuer_unavailable"),
    ("1edtech/ob30/simple-context-version.json", "valid (warning)", CouldNotBeChecked, StepId::Key, "issuer_unavailable"),
    ("1edtech/ob30/simple-err-context.json", "invalid", Invalid, StepId::Context, "context_missing"),
    ("1edtech/ob30/simple-err-credential-subject-type.json", "invalid", Invalid, StepId::Context, "term_undefined"),
    ("1edtech/ob30/simple-err-evidence-type.json", "invalid", Invalid, StepId::Context, "term_undefined"),
    ("1edtech/ob30/simple-err-expired.json", "invalid", Invalid, StepId::Validity, "expired"),
    ("1edtech/ob30/simple-err-issuer-type.json", "invalid", Invalid, StepId::Context, "term_undefined"),
    ("1edtech/ob30/simple-err-proof-method-no-scheme.json", "invalid", Invalid, StepId::Proof, "key_address_malformed"),
    ("1edtech/ob30/simple-err-proof-value.json", "invalid", Invalid, StepId::Proof, "proof_wrong"),
    ("1edtech/ob30/simple-json.png", "valid", CouldNotBeChecked, StepId::Key, "issuer_unavailable"),
    ("1edtech/ob30/simple-jwt.svg", "valid (warning)", CouldNotBeChecked, StepId::Key, "issuer_unavailable"),
    ("1edtech/ob30/simple-noproof.json", "invalid", Invalid, StepId::Subject, "member_missing"),
    ("1edtech/ob30/simple.json", "valid", CouldNotBeChecked, StepId::Key, "issuer_unavailable"),
    ("1edtech/ob30/simple_v1.json", "valid (warning)", CouldNotBeChecked, StepId::Key, "issuer_unavailable"),
    ("bakery/baked_heart.png", "extracts", CouldNotBeChecked, StepId::Hosted, "hosted_unavailable"),
    ("bakery/public_domain_heart.png", "no badge", NotABadge, StepId::Input, "input_no_badge"),
    ("bakery/unbaked_example.svg", "no badge", NotABadge, StepId::Input, "input_no_badge"),
    ("dcc/safeModeBreaker.json", "invalid", Invalid, StepId::Context, "term_undefined"),
    ("dcc/v2Expired.json", "invalid", Invalid, StepId::Validity, "expired"),
    ("dcc/v2OBv3SpecExample.json", "valid", ValidWithWarnings, StepId::DataModel, "array_missing"),
    ("derived/baked-both.png", "extracts", CouldNotBeChecked, StepId::Key, "issuer_unavailable"),
    ("derived/baked-compressed.png", "invalid", Invalid, StepId::Input, "image_malformed"),
    ("derived/svg-active.svg", "reject or sanitise", NotABadge, StepId::Input, "input_no_badge"),
    ("derived/svg-good.svg", "valid", CouldNotBeChecked, StepId::Key, "issuer_unavailable"),
    ("derived/tampered-issuer.json", "invalid", Invalid, StepId::Proof, "proof_wrong"),
    ("derived/tampered-name.json", "invalid", Invalid, StepId::Proof, "proof_wrong"),
    ("derived/tampered-payload.jwt", "invalid", Invalid, StepId::Proof, "proof_wrong"),
    ("derived/undefined-term.json", "invalid", Invalid, StepId::Context, "term_undefined"),
    ("didweb/recommended-rs256.jwt", "valid", Valid, StepId::Input, "input_jwt"),
    ("didweb/recommended.json", "valid", Valid, StepId::Input, "input_json"),
    ("ob2/hosted-gone.json", "invalid", Invalid, StepId::Status, "revoked_because"),
    ("ob2/hosted-naive-time.json", "invalid", Invalid, StepId::DataModel, "time_no_zone"),
    ("ob2/hosted.json", "valid", Valid, StepId::Input, "input_json"),
    ("ob2/hosted.png", "valid", Valid, StepId::Input, "input_png"),
    ("ob2/hosted.svg", "valid", Valid, StepId::Input, "input_svg"),
    ("ob2/signed-wrong-key.jws", "invalid", Invalid, StepId::Proof, "proof_wrong"),
    ("ob2/signed.jws", "valid", Valid, StepId::Input, "input_jwt"),
    ("ob3-spec/basicOpenBadgeCredential.json", "unsigned", Invalid, StepId::Proof, "proof_missing"),
    ("ob3-spec/fullOpenBadge.json", "unsigned", Invalid, StepId::Proof, "proof_missing"),
    ("ob3-spec/impl-guide-signed.json", "valid", CouldNotBeChecked, StepId::Key, "issuer_unavailable"),
    ("openbadgeslib/es256.jwt", "valid", Valid, StepId::Input, "input_jwt"),
    ("openbadgeslib/ldp-status-ok.json", "valid", ValidWithWarnings, StepId::DataModel, "array_missing"),
    ("openbadgeslib/ldp-status-revoked.json", "invalid", Invalid, StepId::Status, "revoked"),
    ("openbadgeslib/ldp.json", "valid", ValidWithWarnings, StepId::DataModel, "array_missing"),
    ("openbadgeslib/ldp.png", "valid", ValidWithWarnings, StepId::DataModel, "array_missing"),
    ("w3c/ecdsa-rdfc-2019-p256/signedECDSAP256.json", "valid", NotABadge, StepId::Type, "type_not_badge"),
    ("w3c/eddsa-rdfc-2022/signedDataInt.json", "valid", NotABadge, StepId::Type, "type_not_badge"),
];

fn folder() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    #[expect(clippy::disallowed_methods, reason = "a test is told where its data is")]
    let folder = std::env::var("SHIRUSHI_VECTORS").map_or(default, PathBuf::from);
    folder.join("manifest.json").is_file().then_some(folder)
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A docs file: address → document, in the manifest's three spellings.
fn web(folder: &Path, docs: &str) -> Web {
    let path = folder.join(docs);
    let beside = path.parent().unwrap();
    let mut web = Web::default();
    for (url, entry) in read_json(&path).as_object().unwrap() {
        let status = entry.get("status").and_then(Value::as_u64).map_or(200, |status| u16::try_from(status).unwrap());
        let bytes = match entry {
            Value::String(text) if beside.join(text).is_file() => read(&beside.join(text)),
            Value::String(text) => text.clone().into_bytes(),
            Value::Object(members) => match (members.get("body"), members.get("file").and_then(Value::as_str)) {
                (Some(body), _) => body.to_string().into_bytes(),
                (None, Some(file)) => read(&beside.join(file)),
                (None, None) => entry.to_string().into_bytes(),
            },
            _ => panic!("{url}"),
        };
        web = web.with(url, status, bytes);
    }
    web
}

/// "The host serves the assertion itself": at its own id.
fn serve_itself(web: Web, bytes: &[u8]) -> Web {
    let json = if bake::sniff(bytes).is_some() {
        bake::extract(bytes).unwrap().remove(0).text.into_bytes()
    } else {
        bytes.to_vec()
    };
    match serde_json::from_slice::<Value>(&json) {
        Ok(value) => {
            let id = value["id"].as_str().unwrap().to_owned();
            web.with(&id, 200, json)
        }
        Err(_) => web,
    }
}

fn verify(folder: &Path, vector: &Value) -> Report {
    let bytes = read(&folder.join(vector["file"].as_str().unwrap()));
    let check = &vector["check"];
    let mut documents = check["docs"].as_str().map(|docs| web(folder, docs)).unwrap_or_default();
    let args: Vec<&str> = check["args"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if args.contains(&"--self") {
        documents = serve_itself(documents, &bytes);
    }
    let recipient = args.iter().position(|arg| *arg == "--recipient").map(|at| {
        let (identity_type, value) = args[at + 1].split_once(':').unwrap();
        let identity_type = if identity_type == "email" { "emailAddress" } else { identity_type };
        ClaimedIdentity { identity_type: identity_type.to_owned(), value: value.to_owned() }
    });
    let options = Options { recipient, ..Options::at("2026-12-01T00:00:00Z".parse().unwrap()) };
    run(verify::verify(Input::Bytes(&bytes), &options, &documents))
}

#[test]
fn every_vector_has_its_verdict() {
    let Some(folder) = folder() else {
        eprintln!("vectors: folder not found (set SHIRUSHI_VECTORS); nothing was checked");
        return;
    };
    let manifest = read_json(&folder.join("manifest.json"));
    let mut found = BTreeMap::new();
    for vector in manifest["vectors"].as_array().unwrap() {
        let expected = vector["expected"].as_str().unwrap();
        if matches!(expected, "reference" | "docs") {
            continue;
        }
        let report = verify(&folder, vector);
        let step = report.deciding().unwrap();
        let answer = (expected.to_owned(), report.verdict, step.id, step.code.as_str());
        found.insert(vector["file"].as_str().unwrap().to_owned(), answer);
    }
    let table: BTreeMap<_, _> = EXPECTED
        .iter()
        .map(|(file, expected, verdict, step, code)| {
            ((*file).to_owned(), ((*expected).to_owned(), *verdict, *step, *code))
        })
        .collect();
    assert_eq!(table.len(), EXPECTED.len(), "a vector stands twice in the table");
    let wrong: Vec<_> = found.iter().filter(|(file, answer)| table.get(*file) != Some(answer)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let gone: Vec<_> = table.keys().filter(|file| !found.contains_key(*file)).collect();
    assert!(gone.is_empty(), "rows without a vector: {gone:?}");
}

/// The vectors that stop at "the issuer's document is out of reach" are valid as soon as that document lists the key, and
/// invalid when it lists another one.
#[test]
fn an_issuer_document_settles_what_was_open() {
    let Some(folder) = folder() else {
        eprintln!("vectors: folder not found (set SHIRUSHI_VECTORS); nothing was checked");
        return;
    };
    let mut settled = 0;
    for (file, _, _, _, code) in EXPECTED {
        let bytes = read(&folder.join(file));
        let json = if bake::sniff(&bytes).is_some() {
            bake::extract(&bytes).unwrap_or_default().pop().map(|found| found.text)
        } else {
            String::from_utf8(bytes.clone()).ok()
        };
        let Some(credential) = json.and_then(|text| serde_json::from_str::<Value>(&text).ok()) else { continue };
        if *code != "issuer_unavailable" || credential["issuer"]["id"].is_null() {
            continue;
        }
        let issuer = credential["issuer"]["id"].as_str().unwrap();
        let proof = if credential["proof"].is_array() { &credential["proof"][0] } else { &credential["proof"] };
        let method = proof["verificationMethod"].as_str().unwrap();
        let multikey = method.split_once('#').unwrap().1;
        let profile = |key: &str| {
            let method = format!("{issuer}#{key}");
            json!({"id": issuer, "type": "Profile", "assertionMethod": [method], "verificationMethod": [
                {"id": method, "type": "Multikey", "controller": issuer, "publicKeyMultibase": key}]})
        };
        let verify = |key: &str| {
            let options = Options::at("2026-12-01T00:00:00Z".parse().unwrap());
            run(verify::verify(Input::Bytes(&bytes), &options, &Web::default().json(issuer, &profile(key))))
        };
        let report = verify(multikey);
        assert!(matches!(report.verdict, Valid | ValidWithWarnings), "{file}: {report:#?}");
        assert_eq!(report.step(StepId::Key).unwrap().code.as_str(), "key_listed", "{file}");
        let report = verify("z6MknNQD1WHLGGraFi6zcbGevuAgkVfdyCdtZnQTGWVVvR5Q");
        assert_eq!(report.verdict, Invalid, "{file}");
        assert_eq!(report.deciding().unwrap().code.as_str(), "key_not_listed", "{file}");
        settled += 1;
    }
    assert!(settled >= 5, "only {settled} vectors were settled");
}
