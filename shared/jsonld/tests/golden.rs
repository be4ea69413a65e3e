//! Canonical forms written by jsonld.js for every document in `golden/documents`, and its refusals.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jsonld::{Error, Limits, Path, canonicalize, canonicalize_general};
use serde_json::Value;
use std::path::PathBuf;

fn documents() -> Vec<(String, PathBuf)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/documents");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    found.sort();
    found
}

#[test]
fn both_paths_write_what_jsonld_js_writes() {
    let limits = Limits::default();
    let mut compared = 0;
    for (name, path) in documents() {
        let document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for result in [canonicalize(&document, &limits), canonicalize_general(&document, &limits)] {
            match std::fs::read_to_string(path.with_extension("nq")) {
                // What other libraries are known to write differently, or too rare to be worth the risk.
                Ok(_) if name.starts_with("stricter-") => {
                    assert!(matches!(result, Err(Error::Invalid(_))), "{name} must be refused");
                }
                Ok(expected) => {
                    let canonical = result.unwrap_or_else(|error| panic!("{name}: {error}"));
                    assert_eq!(canonical.as_str(), expected, "{name}");
                    compared += 1;
                }
                Err(_) => {
                    assert!(path.with_extension("refused").exists(), "{name}: run golden/generate.mjs");
                    assert!(result.is_err(), "{name} must be refused");
                }
            }
        }
    }
    assert!(compared >= 80, "only {compared} comparisons");
}

/// What a badge is made of does not leave the kept tables.
#[test]
fn only_documents_with_a_context_of_their_own_take_the_general_path() {
    for (name, path) in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let own = document["@context"].is_object()
            || document["@context"].as_array().is_some_and(|items| items.iter().any(Value::is_object));
        if let Ok(canonical) = canonicalize(&document, &Limits::default()) {
            assert_eq!(canonical.path(), if own { Path::General } else { Path::Fast }, "{name}");
        }
    }
}

#[test]
fn refusals_say_why() {
    let refusal = |name: &str| {
        let path = format!("{}/tests/golden/documents/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        canonicalize(&document, &Limits::default()).unwrap_err()
    };
    let undefined = |term: &str| Error::UndefinedTerm { term: term.into() };
    assert_eq!(refusal("refused-undefined-property"), undefined("favouriteColour"));
    assert_eq!(refusal("refused-undefined-type"), undefined("Unheard"));
    assert_eq!(refusal("refused-undefined-purpose"), undefined("worldDomination"));
    assert_eq!(refusal("refused-property-of-another-type"), undefined("identityHash"));
    assert_eq!(refusal("status-message-with-outer-term"), undefined("statusPurpose"));
    assert_eq!(refusal("refused-null-term"), undefined("hidden"));
    assert_eq!(refusal("refused-relative-id"), Error::RelativeIri { reference: "subject".into() });
    assert_eq!(refusal("refused-relative-image"), Error::RelativeIri { reference: "/image.png".into() });
    assert_eq!(refusal("refused-iri-with-space"), Error::InvalidIri { iri: "https://a.example/a b".into() });
    assert_eq!(
        refusal("refused-unknown-context"),
        Error::UnknownContext { url: "https://unknown.example/context".into() }
    );
    assert!(matches!(refusal("refused-protected-redefinition"), Error::Invalid(_)));
}

#[test]
fn hashes_are_of_the_text() {
    let document: Value =
        serde_json::from_str(r#"{"@context":"https://www.w3.org/ns/credentials/v2","id":"urn:a","name":"b"}"#).unwrap();
    let canonical = canonicalize(&document, &Limits::default()).unwrap();
    assert_eq!(canonical.as_str(), "<urn:a> <https://schema.org/name> \"b\" .\n");
    // printf '<urn:a> <https://schema.org/name> "b" .\n' | sha256sum, sha384sum
    assert_eq!(hex::encode(canonical.sha256()), "60d09d82c98661854139a35ddff15781809a7cbbfd2d3ccc0e110f01afe1a979");
    assert_eq!(
        hex::encode(canonical.sha384()),
        "abe3ad0687eb7f7bffbe6a90647582ce82b429fcba844e190aafb76dbd23c2bf18ec2e01c346782b5d95a40d1382fc77"
    );
}
