//! Any bytes in the place of the seal of a genuine document: CMS, DER, and the certificates in it.

#![no_main]

use std::{ops::Range, sync::LazyLock};

use fuzz::{documents, examine, gap, reseal, seal_of, write_hex};
use libfuzzer_sys::fuzz_target;

/// A document with a gap that seals of any form fit in: the digits are under no digest, so they can be moved apart.
static WIDE: LazyLock<(Vec<u8>, Range<usize>)> = LazyLock::new(|| {
    let sealed = documents::sealed().remove(0);
    let seal = seal_of(&sealed).expect("a seal");
    let digits = gap(&sealed).expect("a gap");
    let mut wide = [&sealed[..digits.end], &[b'0'; 4000], &sealed[digits.end..]].concat();
    reseal(&mut wide, &seal).expect("there is room");
    let digits = gap(&wide).expect("a gap");
    (wide, digits)
});

fuzz_target!(|seal: &[u8]| {
    let (document, digits) = &*WIDE;
    let mut document = document.clone();
    if write_hex(&mut document[digits.clone()], seal).is_some() {
        examine(&document);
    }
});
