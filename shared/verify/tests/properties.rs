//! What holds for every input: no change to a signed badge is overlooked, no input makes a verification panic, and the work
//! done for a stranger is bounded.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "clippy takes helpers of tests for production code"
)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Issuer, NOW, Web, check, run};
use proptest::prelude::*;
use serde_json::{Value, json};
use verify::Verdict::{Valid, ValidWithWarnings};
use verify::limits::MAX_DOCUMENTS;
use verify::{Accept, Document, Documents, Input, Options, Unavailable};

/// Pointers to every leaf of a document.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            leaves(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| leaves(value, &format!("{at}/{index}"), found));
        }
        _ => found.push(at.to_owned()),
    }
}

fn signed() -> (Issuer, Value) {
    let issuer = Issuer::did_web("weavers", 1);
    let mut badge = issuer.badge();
    badge["evidence"] = json!([{"type": ["Evidence"], "id": "https://weavers.example/e", "narrative": "織った"}]);
    badge["credentialSubject"]["creditsEarned"] = json!(2.5);
    let signed = issuer.sign(badge);
    (issuer, signed)
}

/// Every leaf, changed in several ways, one at a time: the proof covers it, or another step refuses the change.
#[test]
fn no_change_to_a_leaf_is_overlooked() {
    let (issuer, signed) = signed();
    let web = issuer.web();
    assert_eq!(check(signed.to_string(), &web).verdict, Valid);
    let mut pointers = Vec::new();
    leaves(&signed, "", &mut pointers);
    assert!(pointers.len() > 30, "{}", pointers.len());
    for pointer in pointers {
        let leaf = signed.pointer(&pointer).unwrap();
        let changes = match leaf {
            Value::String(text) => vec![json!(format!("{text}x")), json!(""), json!("urn:x:y"), Value::Null, json!(1)],
            Value::Bool(value) => vec![json!(!value), Value::Null, json!("true")],
            _ => vec![json!(3.5), Value::Null, json!("2.5")],
        };
        for change in changes {
            let mut altered = signed.clone();
            *altered.pointer_mut(&pointer).unwrap() = change.clone();
            let verdict = check(altered.to_string(), &web).verdict;
            assert!(!matches!(verdict, Valid | ValidWithWarnings), "{pointer} = {change}: {verdict:?}");
        }
    }
}

/// Every member removed, one at a time.
#[test]
fn no_removed_member_is_overlooked() {
    let (issuer, signed) = signed();
    let web = issuer.web();
    let mut pointers = Vec::new();
    leaves(&signed, "", &mut pointers);
    for pointer in pointers {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut altered = signed.clone();
        let Some(Value::Object(members)) = altered.pointer_mut(parent) else { continue };
        members.shift_remove(name);
        let verdict = check(altered.to_string(), &web).verdict;
        assert!(!matches!(verdict, Valid | ValidWithWarnings), "without {pointer}: {verdict:?}");
    }
}

/// A member added anywhere: undefined terms fail, defined ones are not signed.
#[test]
fn no_added_member_is_overlooked() {
    let (issuer, signed) = signed();
    let web = issuer.web();
    let places = [
        "",
        "/issuer",
        "/credentialSubject",
        "/credentialSubject/achievement",
        "/credentialSubject/identifier/0",
        "/evidence/0",
        "/proof/0",
    ];
    for place in places {
        for (name, value) in [
            ("sneaky", json!("x")),
            ("description", json!("x")),
            ("id", json!("urn:x:y")),
            ("expires", json!("2030-01-01T00:00:00Z")),
        ] {
            let mut altered = signed.clone();
            let before =
                altered.pointer_mut(place).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value.clone());
            assert_ne!(before.as_ref(), Some(&value));
            let verdict = check(altered.to_string(), &web).verdict;
            assert!(!matches!(verdict, Valid | ValidWithWarnings), "{place}/{name}: {verdict:?}");
        }
    }
}

/// Every byte of a token changed, one at a time.
#[test]
fn no_change_to_a_token_is_overlooked() {
    let issuer = Issuer::did_web("weavers", 1);
    let token = issuer.token(&issuer.badge(), json!({"kid": issuer.method()}));
    assert_eq!(check(&token, &issuer.web()).verdict, ValidWithWarnings);
    for index in (0..token.len()).step_by(3) {
        let mut altered = token.clone().into_bytes();
        altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
        let verdict = check(&altered, &issuer.web()).verdict;
        assert!(!matches!(verdict, Valid | ValidWithWarnings), "byte {index}: {verdict:?}");
    }
}

/// Answers every address with the same thing, and counts.
struct Everywhere {
    document: Document,
    asked: AtomicUsize,
}

impl Documents for Everywhere {
    async fn get(&self, _url: &str, _accept: Accept) -> Result<Document, Unavailable> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.document.clone())
    }
}

fn everywhere(status: u16, bytes: Vec<u8>) -> Everywhere {
    Everywhere { document: Document { status, content_type: None, bytes }, asked: AtomicUsize::new(0) }
}

fn options() -> Options {
    Options::at(NOW.parse().unwrap())
}

/// A badge with as many endorsements, issuers and lists as fit asks for a bounded number of documents.
#[test]
fn documents_are_bounded() {
    let issuer = Issuer::did_web("weavers", 1);
    let endorsements: Vec<Value> = (0..100)
        .map(|index| {
            let endorser = Issuer::did_web(&format!("guild{index}"), 2);
            let mut endorsement = json!({
                "@context": issuer.badge()["@context"], "id": format!("urn:x:{index}"), "type": ["VerifiableCredential", "EndorsementCredential"],
                "name": "n", "issuer": {"id": endorser.id, "type": ["Profile"]}, "validFrom": "2026-01-01T00:00:00Z",
                "credentialSubject": {"id": "urn:x:y", "type": ["EndorsementSubject"]}
            });
            endorsement["credentialStatus"] = json!((0..4).map(|list| json!({
                "id": format!("https://l{index}.example/{list}"), "type": "1EdTechRevocationList"})).collect::<Vec<_>>());
            endorser.sign(endorsement)
        })
        .collect();
    let badge = issuer.sign(issuer.badge_with("endorsement", json!(endorsements)));
    // The issuer's document is served everywhere, so that everything after it is tried.
    let world = everywhere(200, issuer.document().to_string().into_bytes());
    run(verify::verify(Input::Bytes(badge.to_string().as_bytes()), &options(), &world));
    let asked = world.asked.load(Ordering::Relaxed);
    assert!(asked > 5 && asked <= MAX_DOCUMENTS, "{asked}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = prop_oneof![
        Just("https://a.example/1".to_owned()),
        Just("did:web:a.example".to_owned()),
        Just("VerifiableCredential".to_owned()),
        Just("OpenBadgeCredential".to_owned()),
        Just("Assertion".to_owned()),
        Just("hosted".to_owned()),
        Just("https://www.w3.org/ns/credentials/v2".to_owned()),
        Just("https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json".to_owned()),
        "\\PC{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        words.prop_map(Value::from)
    ];
    let names = prop_oneof![
        Just("id"),
        Just("type"),
        Just("@context"),
        Just("issuer"),
        Just("badge"),
        Just("verification"),
        Just("verify"),
        Just("proof"),
        Just("credentialSubject"),
        Just("credentialStatus"),
        Just("endorsement"),
        Just("recipient"),
        Just("verificationMethod"),
        Just("assertionMethod"),
        Just("publicKey"),
        Just("revocationList"),
        Just("refreshService"),
        Just("url"),
        Just("keys"),
        Just("x"),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..8).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any bytes, in a world that answers with any bytes.
    #[test]
    fn any_bytes_end_in_a_report(bytes in prop::collection::vec(any::<u8>(), 0..300), answer in prop::collection::vec(any::<u8>(), 0..300)) {
        let report = run(verify::verify(Input::Bytes(&bytes), &options(), &everywhere(200, answer)));
        prop_assert!(!matches!(report.verdict, Valid | ValidWithWarnings));
    }

    /// Any document of the right words, in a world that answers with any other.
    #[test]
    fn any_document_ends_in_a_report(document in any_json(), answer in any_json(), status in prop_oneof![Just(200_u16), Just(410), Just(404)]) {
        let world = everywhere(status, answer.to_string().into_bytes());
        let report = run(verify::verify(Input::Bytes(document.to_string().as_bytes()), &options(), &world));
        prop_assert!(!report.steps.is_empty());
        prop_assert!(world.asked.load(Ordering::Relaxed) <= MAX_DOCUMENTS);
        let sorted = report.steps.windows(2).all(|pair| pair[0].id < pair[1].id);
        prop_assert!(sorted, "steps in order, each once");
    }

    /// A good badge, in a world that answers with anything, is never called valid.
    #[test]
    fn a_hostile_world_does_not_make_a_badge_valid(answer in any_json()) {
        let issuer = Issuer::did_web("weavers", 1);
        let badge = issuer.sign(issuer.badge()).to_string();
        let world = everywhere(200, answer.to_string().into_bytes());
        let report = run(verify::verify(Input::Bytes(badge.as_bytes()), &options(), &world));
        prop_assert!(!matches!(report.verdict, Valid | ValidWithWarnings));
    }

    /// An unsigned document is never called valid, whatever its shape.
    #[test]
    fn nothing_unsigned_is_valid(mut document in any_json()) {
        if let Some(members) = document.as_object_mut() {
            members.shift_remove("proof");
        }
        let report = check(document.to_string(), &Web::default());
        prop_assert!(!matches!(report.verdict, Valid | ValidWithWarnings));
    }
}
