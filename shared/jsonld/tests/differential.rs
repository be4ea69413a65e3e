//! Random documents judged by jsonld.js (`golden/random.mjs`), by the fast path and by the general path.
//!
//! The file of cases is large and made on demand; its path is in `SHIRUSHI_JSONLD_CASES`. What earlier runs taught is kept
//! in `golden/documents` and in the properties of `agreement.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the counts are the result")]

use jsonld::{Canonical, Error, Limits, Path, canonicalize, canonicalize_general};
use serde_json::Value;

#[test]
fn random_documents_agree_with_jsonld_js() {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let Ok(path) = std::env::var("SHIRUSHI_JSONLD_CASES") else {
        println!("skipped: SHIRUSHI_JSONLD_CASES names no file of cases (see tests/golden/random.mjs)");
        return;
    };
    let limits = Limits::default();
    let mut differing = Vec::new();
    let mut reasons = std::collections::BTreeMap::new();
    let (mut fast, mut general, mut stricter, mut refused) = (0, 0, 0, 0);
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let document: Value = serde_json::from_str(case["text"].as_str().unwrap()).unwrap();
        let expected = case["canonical"].as_str();
        let ours = canonicalize(&document, &limits);
        let other = canonicalize_general(&document, &limits);
        let mut report =
            |what: &str, text: &str| differing.push(format!("{what}: {}\n{text}\n--\n{}", case["text"], case));
        match (&ours, expected) {
            (Ok(ours), Some(expected)) if ours.as_str() == expected => {
                if ours.path() == Path::Fast {
                    fast += 1;
                } else {
                    general += 1;
                }
            }
            (Ok(ours), _) => report("not what jsonld.js says", ours.as_str()),
            // Being stricter is safe; it must be for a stated reason, so undefined terms must be undefined there too.
            (Err(Error::UndefinedTerm { term }), Some(_)) => report("defined", term),
            (Err(Error::UnknownContext { url }), Some(_)) => report("known", url),
            (Err(error), Some(_)) => {
                stricter += 1;
                *reasons.entry(error.to_string()).or_insert(0) += 1;
            }
            (Err(_), None) => refused += 1,
        }
        if ours.as_ref().map(Canonical::as_str) != other.as_ref().map(Canonical::as_str) {
            differing.push(format!("paths differ: {}\n{ours:?}\n--\n{other:?}", case["text"]));
        }
    }
    println!("{fast} fast, {general} general, {refused} refused by both, {stricter} refused here only:");
    for (reason, count) in reasons {
        println!("  {count} {reason}");
    }
    assert!(
        differing.is_empty(),
        "{} differ, the first:\n{}",
        differing.len(),
        differing.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n")
    );
}
