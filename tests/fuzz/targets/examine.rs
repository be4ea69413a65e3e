//! A stranger's bytes. Nobody but the key's holder can make a valid document, so every valid one is one of those that the
//! fuzzer was given.

#![no_main]

use std::sync::LazyLock;

use fuzz::{documents, examine, gap, same_but_for_hex_case};
use libfuzzer_sys::fuzz_target;
use pdf::{Reason, Verdict};

fuzz_target!(|bytes: &[u8]| {
    for found in examine(bytes) {
        let document = match (found.verdict, found.reason, found.original_length) {
            (Verdict::Valid, ..) => bytes,
            (_, Reason::LaterAdditions, Some(length)) => &bytes[..length],
            _ => continue,
        };
        // The seeds are sealed anew for every run; what a seal signs is the same.
        static GENUINE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(documents::sealed);
        let genuine = GENUINE.iter().any(|genuine| {
            let digits = gap(genuine).expect("a gap");
            let mut unsealed = document.to_vec();
            if unsealed.len() != genuine.len() {
                return false;
            }
            unsealed[digits.clone()].copy_from_slice(&genuine[digits.clone()]);
            same_but_for_hex_case(&unsealed, genuine, digits)
        });
        assert!(genuine, "a document that nobody sealed is called genuine");
    }
});
