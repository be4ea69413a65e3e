//! Any document, sealed by a trusted key: what is behind the signature, which is the parser.

#![no_main]

use std::sync::LazyLock;

use fuzz::{documents, examine, reseal, seal_of};
use libfuzzer_sys::fuzz_target;
use pdf::Reason;

fuzz_target!(|bytes: &[u8]| {
    static SEAL: LazyLock<Vec<u8>> = LazyLock::new(|| seal_of(&documents::sealed().remove(0)).expect("a seal"));
    let mut document = bytes.to_vec();
    if reseal(&mut document, &SEAL).is_none() {
        return;
    }
    let [own, _] = examine(&document);
    // Behind the signature there are three answers, before it all the others.
    if document.starts_with(b"%PDF-") {
        assert!(matches!(own.reason, Reason::Sealed | Reason::NotABadge | Reason::SealNotInForce | Reason::SealBroken));
    }
});
