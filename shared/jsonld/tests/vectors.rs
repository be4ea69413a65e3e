//! Documents of other people: the W3C suites' canonical forms, and every JSON-LD document among the vectors both ways.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what was skipped or refused is worth a line")]

mod support;

use jsonld::{Canonical, Limits, canonicalize, canonicalize_general};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn vectors() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let folder = std::env::var("SHIRUSHI_VECTORS")
        .map_or_else(|_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors")), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no vectors (SHIRUSHI_VECTORS)");
    None
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn w3c_canonical_forms() {
    let Some(folder) = vectors() else { return };
    for (suite, document, config, canonical, canonical_config) in [
        ("eddsa-rdfc-2022", "unsigned", "proofConfigDataInt", "canonDocDataInt", "proofCanonDataInt"),
        ("ecdsa-rdfc-2019-p256", "unsigned", "proofConfigECDSAP256", "canonDocECDSAP256", "proofCanonECDSAP256"),
    ] {
        let suite = folder.join("w3c").join(suite);
        for (input, expected) in [(document, canonical), (config, canonical_config)] {
            let document = read(&suite.join(format!("{input}.json")));
            let expected = std::fs::read_to_string(suite.join(format!("{expected}.txt"))).unwrap();
            assert_eq!(canonicalize(&document, &Limits::default()).unwrap().as_str(), expected, "{}", suite.display());
        }
    }
}

/// Every object with an `@context`, at any depth of any file, with its proof and without.
fn collect(value: &Value, found: &mut Vec<Value>) {
    if let Value::Object(members) = value {
        if members.contains_key("@context") {
            let mut unsigned = members.clone();
            if unsigned.remove("proof").is_some() {
                found.push(Value::Object(unsigned));
            }
            found.push(value.clone());
        }
        members.values().for_each(|member| collect(member, found));
    } else if let Value::Array(items) = value {
        items.iter().for_each(|item| collect(item, found));
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// The specification's examples repeat one placeholder, all over the document. Real signatures differ.
fn has_identical_proofs(document: &Value) -> bool {
    fn proofs<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
        match value {
            Value::Object(members) => {
                if members.contains_key("proofValue") {
                    found.push(value);
                }
                members.values().for_each(|member| proofs(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| proofs(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    proofs(document, &mut found);
    found.iter().enumerate().any(|(index, proof)| found[..index].contains(proof))
}

#[test]
fn every_document_means_the_same_everywhere() {
    let Some(folder) = vectors() else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let (mut accepted, mut refused) = (0, Vec::new());
    for path in paths {
        let mut documents = Vec::new();
        collect(&read(&path), &mut documents);
        for document in documents {
            let kept = canonicalize(&document, &Limits::default());
            let alone = canonicalize_general(&document, &Limits::default());
            assert_eq!(
                kept.as_ref().map(Canonical::as_str),
                alone.as_ref().map(Canonical::as_str),
                "{}",
                path.display()
            );
            match kept {
                Ok(canonical) => {
                    accepted += 1;
                    // oxrdf labels these unlike jsonld.js, pyld and us (`golden/documents/identical-proofs.json`).
                    if has_identical_proofs(&document) {
                        continue;
                    }
                    assert_eq!(canonical.as_str(), support::canonicalize(&document), "{}", path.display());
                }
                Err(error) => refused.push(format!("{}: {error}", path.display())),
            }
        }
    }
    refused.sort();
    refused.dedup();
    println!("{accepted} accepted; refused:\n{}", refused.join("\n"));
    assert!(accepted >= 60, "only {accepted}");
}
