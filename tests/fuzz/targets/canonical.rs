//! Canonical N-Quads of any JSON-LD document. Neither the order of members nor that of the values of a set may change them.

#![no_main]

use jsonld::Limits;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The same object with its members the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let members: Vec<_> = map.iter().map(|(name, value)| (name.clone(), reversed(value))).collect();
            Value::Object(members.into_iter().rev().collect())
        }
        Value::Array(values) => values.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };
    let limits = Limits::default();
    let canonical = jsonld::canonicalize(&document, &limits);
    if let (Ok(one), Ok(other)) = (&canonical, jsonld::canonicalize(&reversed(&document), &limits)) {
        assert_eq!(one.as_str(), other.as_str(), "the order of members decides nothing");
    }
    // Where the quick way can be gone, it leads to the same as the general one.
    if let (Ok(one), Ok(general)) = (&canonical, jsonld::canonicalize_general(&document, &limits)) {
        assert_eq!(one.as_str(), general.as_str());
    }
});
