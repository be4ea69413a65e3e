//! Random documents and random graphs: the fast path, the general path and independent implementations agree.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use jsonld::{Canonical, HashAlgorithm, Limits, canonicalize, canonicalize_general, canonicalize_with};
use oxrdf::dataset::CanonicalizationHashAlgorithm;
use oxrdf::{BlankNode, Dataset, GraphName, Literal, NamedNode, Quad};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const OB: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

/// Types and properties that may stand in them.
const SHAPES: &[(&str, &[&str])] = &[
    (
        "VerifiableCredential",
        &[
            "name",
            "description",
            "issuer",
            "credentialSubject",
            "validFrom",
            "evidence",
            "proof",
            "credentialStatus",
            "awardedDate",
            "endorsement",
            "image",
        ],
    ),
    (
        "AchievementSubject",
        &[
            "achievement",
            "identifier",
            "result",
            "creditsEarned",
            "role",
            "source",
            "image",
            "narrative",
            "activityStartDate",
        ],
    ),
    (
        "Achievement",
        &[
            "name",
            "criteria",
            "image",
            "tag",
            "alignment",
            "resultDescription",
            "creditsAvailable",
            "creator",
            "related",
            "inLanguage",
        ],
    ),
    ("ResultDescription", &["name", "allowedValue", "resultType", "rubricCriterionLevel", "requiredLevel", "valueMin"]),
    ("Profile", &["name", "url", "email", "image", "address", "parentOrg", "otherIdentifier", "dateOfBirth"]),
    ("IdentityObject", &["hashed", "identityHash", "identityType", "salt"]),
    ("DataIntegrityProof", &["created", "cryptosuite", "proofPurpose", "verificationMethod", "proofValue", "nonce"]),
    ("BitstringStatusListEntry", &["statusPurpose", "statusListIndex", "statusListCredential", "statusSize"]),
    ("Image", &["caption"]),
    ("Address", &["addressCountry", "geo", "streetAddress"]),
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        5 => prop::sample::select(vec!["urn:uuid:1", "https://a.example/1", "did:web:a.example#k", "https://例え.jp/あ"]).prop_map(Value::from),
        3 => prop::sample::select(vec!["チーム", "a\nb\"c\\", "\u{1}\u{7f}", "", "2026-01-15T09:30:00Z", "assertionMethod"]).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-1_000_000_i64..1_000_000).prop_map(Value::from),
        1 => (-4_000_i32..4_000).prop_map(|eighths| json!(f64::from(eighths) / 8.0)),
        1 => Just(Value::Null),
        1 => "[ -~あ-ん]{0,8}".prop_map(|text| json!({"@value": text, "@language": "ja"})),
    ]
}

fn node(inner: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Value> {
    let id =
        prop::option::of(prop::sample::select(vec!["urn:uuid:1", "urn:uuid:2", "https://a.example/1", "_:b0", "_:b1"]));
    // A second type that brings no context: oxjsonld forgets the first of two that do (jsonld.js and we do not).
    let second =
        prop::option::of(prop::sample::select(vec!["OpenBadgeCredential", "Criteria", "JsonSchemaCredential"]));
    (prop::sample::select(SHAPES), second, id, any::<bool>()).prop_flat_map(move |((name, keys), other, id, list)| {
        prop::collection::vec((prop::sample::select(keys), inner.clone()), 0..6).prop_map(move |members| {
            let mut object = Map::new();
            if let Some(id) = id {
                object.insert("id".into(), id.into());
            }
            let kind = match other {
                Some(other) if list => json!([name, other]),
                _ if list => json!([name]),
                _ => json!(name),
            };
            object.insert("type".into(), kind);
            object.extend(members.into_iter().map(|(key, value)| (key.to_owned(), value)));
            Value::Object(object)
        })
    })
}

fn document() -> impl Strategy<Value = Value> {
    let value = scalar().prop_recursive(
        4,
        48,
        4,
        |inner| prop_oneof![3 => node(inner.clone()), 1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array)],
    );
    (node(value), any::<bool>()).prop_map(|(mut document, own)| {
        let mut context = vec![json!("https://www.w3.org/ns/credentials/v2"), json!(OB)];
        if own {
            context.push(json!({"extra": "https://ext.example/extra"}));
        }
        document["@context"] = Value::Array(context);
        document
    })
}

fn text(result: &Result<Canonical, jsonld::Error>) -> Result<&str, String> {
    result.as_ref().map(Canonical::as_str).map_err(ToString::to_string)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn documents_mean_the_same_everywhere(document in document()) {
        let kept = canonicalize(&document, &Limits::default());
        let alone = canonicalize_general(&document, &Limits::default());
        prop_assert_eq!(text(&kept), text(&alone));
        if let Ok(canonical) = &kept {
            prop_assert_eq!(canonical.as_str(), support::canonicalize(&document));
        }
    }

    /// The order of members says nothing.
    #[test]
    fn the_order_of_keys_does_not_matter(document in document()) {
        fn reversed(value: &Value) -> Value {
            match value {
                Value::Object(members) => Value::Object(members.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect()),
                Value::Array(items) => Value::Array(items.iter().map(reversed).collect()),
                other => other.clone(),
            }
        }
        let one = canonicalize(&document, &Limits::default());
        let other = canonicalize(&reversed(&document), &Limits::default());
        prop_assert_eq!(one.as_ref().ok().map(Canonical::as_str), other.as_ref().ok().map(Canonical::as_str));
    }

    /// Blank nodes only, so that they are hard to tell apart.
    #[test]
    fn random_graphs_are_labelled_alike(
        edges in prop::collection::vec((0_u8..7, 0_u8..2, 0_u8..7), 1..16),
        marks in prop::collection::vec(0_u8..7, 0..3),
        shuffle in Just((0_u8..7).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let ours = |label: &dyn Fn(u8) -> String| {
            let mut nodes: Vec<Value> = edges.iter().map(|(from, with, to)| {
                let mut node = json!({"@id": label(*from)});
                node[if *with == 0 { "p" } else { "q" }] = Value::from(label(*to));
                node
            }).collect();
            nodes.extend(marks.iter().map(|mark| json!({"@id": label(*mark), "n": "marked"})));
            let document = json!({
                "@context": {"p": {"@id": "urn:p", "@type": "@id"}, "q": {"@id": "urn:q", "@type": "@id"}, "n": "urn:n", "all": "urn:all"},
                "@id": "urn:root", "all": nodes,
            });
            canonicalize(&document, &Limits::default()).map(|done| done.as_str().to_owned())
        };
        let plain = ours(&|number| format!("_:n{number}"));
        prop_assert_eq!(&plain, &ours(&|number| format!("_:z{}", shuffle[usize::from(number)])));

        let blank = |number: u8| BlankNode::new(format!("n{number}")).unwrap();
        let named = |iri: &str| NamedNode::new(iri).unwrap();
        let mut dataset = Dataset::new();
        for (from, with, to) in &edges {
            let predicate = named(if *with == 0 { "urn:p" } else { "urn:q" });
            dataset.insert(&Quad::new(blank(*from), predicate, blank(*to), GraphName::DefaultGraph));
        }
        for mark in &marks {
            dataset.insert(&Quad::new(blank(*mark), named("urn:n"), Literal::new_simple_literal("marked"), GraphName::DefaultGraph));
        }
        for used in edges.iter().map(|edge| edge.0).chain(marks.iter().copied()) {
            dataset.insert(&Quad::new(named("urn:root"), named("urn:all"), blank(used), GraphName::DefaultGraph));
        }
        prop_assert_eq!(plain.unwrap(), support::lines(dataset, CanonicalizationHashAlgorithm::Sha256));
    }
}

/// With SHA-384 (P-384 signatures) the labels differ too, not only the final hash.
#[test]
fn labels_depend_on_the_hash() {
    let typical: Value = serde_json::from_str(include_str!("golden/documents/typical-credential.json")).unwrap();
    let long = canonicalize_with(&typical, HashAlgorithm::Sha384, &Limits::default()).unwrap();
    assert_eq!(long.as_str(), support::lines(support::dataset(&typical), CanonicalizationHashAlgorithm::Sha384));
    assert_ne!(long.as_str(), canonicalize(&typical, &Limits::default()).unwrap().as_str());
}

/// The kept tables are shared by all threads.
#[test]
fn threads_agree() {
    let typical: Value = serde_json::from_str(include_str!("golden/documents/typical-credential.json")).unwrap();
    let expected = include_str!("golden/documents/typical-credential.nq");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(canonicalize(&typical, &Limits::default()).unwrap().as_str(), expected);
                }
            });
        }
    });
}
