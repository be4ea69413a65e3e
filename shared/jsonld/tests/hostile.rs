//! Documents made to hurt. Each ends in a named error, after an amount of work that is counted, not timed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jsonld::{Error, Limits, canonicalize};
use serde_json::{Value, json};

const V2: &str = "https://www.w3.org/ns/credentials/v2";

fn refusal(document: &Value, limits: &Limits) -> Error {
    canonicalize(document, limits).unwrap_err()
}

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

/// Blank nodes of which each points at every other.
fn clique(nodes: usize) -> Value {
    let label = |number: usize| format!("_:n{number}");
    let graph: Vec<Value> = (0..nodes)
        .map(|this| json!({"@id": label(this), "p": (0..nodes).filter(|other| *other != this).map(label).collect::<Vec<_>>()}))
        .collect();
    json!({"@context": {"p": {"@id": "https://p.example/", "@type": "@id"}}, "@id": "urn:all", "p": graph})
}

/// A ring of blank nodes: every one looks the same.
fn ring(nodes: usize) -> Value {
    let label = |number: usize| format!("_:n{}", number % nodes);
    let graph: Vec<Value> = (0..nodes).map(|this| json!({"@id": label(this), "p": label(this + 1)})).collect();
    json!({"@context": {"p": {"@id": "https://p.example/", "@type": "@id"}}, "@id": "urn:all", "p": graph})
}

#[test]
fn poison_graphs_run_out_of_steps() {
    for document in [clique(7), clique(12), clique(40), ring(200), ring(2_000)] {
        let error = refusal(&document, &Limits::default());
        assert!(matches!(error, Error::TooComplex { .. }), "{error}");
    }
}

#[test]
fn small_symmetric_graphs_fit_the_default_and_the_cap_is_exact_enough_to_test() {
    for document in [clique(4), clique(5), ring(12)] {
        canonicalize(&document, &Limits::default()).unwrap();
        let error = refusal(&document, &limits(|limits| limits.max_canonicalization_steps = 20));
        assert_eq!(error, Error::TooComplex { maximum: 20 });
    }
}

#[test]
fn ordinary_documents_take_no_steps() {
    let typical: Value = serde_json::from_str(include_str!("golden/documents/typical-credential.json")).unwrap();
    canonicalize(&typical, &limits(|limits| limits.max_canonicalization_steps = 0)).unwrap();
}

#[test]
fn depth_is_limited_before_anything_recurses() {
    let mut nested = json!("x");
    for _ in 0..100_000 {
        nested = Value::Array(vec![nested]);
    }
    let mut members = serde_json::Map::new();
    members.insert("@context".into(), V2.into());
    members.insert("name".into(), nested);
    let document = Value::Object(members);
    let error = refusal(&document, &Limits::default());
    assert_eq!(error, Error::TooLarge { limit: "max_depth", maximum: jsonld::DEFAULT_MAX_DEPTH });
    // Dropping it recursively would overflow the stack, which is not what is tested.
    std::mem::forget(document);
}

#[test]
fn size_is_limited_in_every_dimension() {
    let names = |count: usize| json!({"@context": V2, "id": "urn:x", "name": (0..count).map(|number| number.to_string()).collect::<Vec<_>>()});
    let cases = [
        ("max_nodes", names(60_000), Limits::default()),
        ("max_bytes", json!({"@context": V2, "name": "x".repeat(9 * 1024 * 1024)}), Limits::default()),
        ("max_quads", names(11), limits(|limits| limits.max_quads = 10)),
        // The subject is repeated in every quad: 20 kB × 2,000.
        (
            "max_canonical_bytes",
            {
                let mut document = names(2_000);
                document["id"] = Value::from(format!("urn:{}", "x".repeat(20_000)));
                document
            },
            Limits::default(),
        ),
    ];
    for (name, document, limits) in cases {
        let error = refusal(&document, &limits);
        assert!(matches!(error, Error::TooLarge { limit, .. } if limit == name), "{name}: {error}");
    }
}

/// Contexts in the document must not cost more than the document itself.
#[test]
fn contexts_of_a_document_are_limited() {
    // Thousands of terms, copied for every scoped context.
    let mut context: serde_json::Map<String, Value> =
        (0..4_000).map(|number| (format!("t{number}"), json!(format!("urn:{number}")))).collect();
    context.insert("p".into(), json!({"@id": "urn:p", "@context": {"q": "urn:q"}}));
    for number in 0..200 {
        context.insert(format!("T{number}"), json!({"@id": format!("urn:T{number}"), "@context": {"r": "urn:r"}}));
    }
    let nodes: Vec<Value> = (0..200).map(|number| json!({"@type": format!("T{number}"), "r": "x"})).collect();
    let error = refusal(&json!({"@context": context, "p": nodes}), &Limits::default());
    assert!(matches!(error, Error::TooLarge { limit: "contexts", .. }), "{error}");

    // A long prefix, expanded thousands of times.
    let mut context: serde_json::Map<String, Value> =
        (0..10_000).map(|number| (format!("t{number}"), json!("p:x"))).collect();
    context.insert("p".into(), json!(format!("urn:{}/", "x".repeat(100_000))));
    let error = refusal(&json!({"@context": context, "t1": "x"}), &Limits::default());
    assert!(matches!(error, Error::TooLarge { limit: "contexts", .. }), "{error}");

    // Definitions that lean on one another, a stack frame each.
    let context: serde_json::Map<String, Value> =
        (0..20_000).map(|number| (format!("t{number}"), json!(format!("t{}", number + 1)))).collect();
    assert!(matches!(refusal(&json!({"@context": context, "t1": "x"}), &Limits::default()), Error::Invalid(_)));
    let circle = json!({"@context": {"a": "b:x", "b": "a:x"}, "a": "x"});
    assert!(matches!(refusal(&circle, &Limits::default()), Error::Invalid(_)));
}

/// Every combination of types is another active context: two thousand here, some sixteen megabytes, twice what is kept.
/// The tree is begun anew on the way, and the results are right before and after.
#[test]
fn many_combinations_of_types_do_not_fill_the_memory_or_change_the_result() {
    let types = [
        "Alignment",
        "Evidence",
        "GeoCoordinates",
        "Image",
        "Related",
        "Result",
        "IdentityObject",
        "Address",
        "Achievement",
        "EndorsementSubject",
        "RubricCriterionLevel",
    ];
    let context = json!([V2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]);
    let mut accepted = 0;
    for combination in 1_u32..1 << types.len() {
        let chosen: Vec<&str> =
            types.iter().enumerate().filter(|(bit, _)| combination & (1 << bit) != 0).map(|(_, name)| *name).collect();
        let document = json!({"@context": context, "id": "urn:x", "type": chosen, "name": "x"});
        let kept = canonicalize(&document, &Limits::default());
        accepted += usize::from(kept.is_ok());
        if combination % 16 == 15 {
            let alone = jsonld::canonicalize_general(&document, &Limits::default());
            assert_eq!(
                kept.as_ref().map(jsonld::Canonical::as_str),
                alone.as_ref().map(jsonld::Canonical::as_str),
                "{chosen:?}"
            );
        }
    }
    assert!(accepted > 1_000, "{accepted}");
}

#[test]
fn errors_do_not_carry_the_document() {
    let document = json!({"@context": V2, "x".repeat(1_000_000): "y"});
    assert!(refusal(&document, &Limits::default()).to_string().len() < 1_000);
}

/// Shapes that a parser might not expect.
#[test]
fn misplaced_values_are_refused() {
    let base = |key: &str, value: Value| {
        let mut document = json!({"@context": [V2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"], "id": "urn:x", "type": "VerifiableCredential", "name": "x"});
        document[key] = value;
        document
    };
    for (key, value) in [
        ("proof", json!("text")),
        ("proof", json!([[{"@list": []}]])),
        ("proof", json!({"@set": [{"name": "x"}]})),
        ("proof", json!({"@value": "x"})),
        ("proof", json!({})),
        ("proof", json!({"id": "urn:only"})),
        ("type", json!([["VerifiableCredential"]])),
        ("type", json!({})),
        ("type", json!(5)),
        ("@type", json!("VerifiablePresentation")),
        ("@id", json!("urn:y")),
        ("@context", json!([[V2]])),
        ("@context", json!(5)),
        ("@graph", json!([])),
        ("@included", json!([])),
        ("@nest", json!({})),
        ("@unheard", json!(1)),
        ("@value", json!("x")),
        ("@list", json!([])),
        ("", json!("x")),
        (":", json!("x")),
        ("_:b", json!("x")),
    ] {
        let document = base(key, value);
        assert!(canonicalize(&document, &Limits::default()).is_err(), "{document}");
    }
    for document in [json!(null), json!([]), json!("x"), json!({})] {
        assert!(canonicalize(&document, &Limits::default()).is_err(), "{document}");
    }
}
