//! What the suites share: where the outside vectors are, and PNG chunks taken apart without the code under test.

#![allow(dead_code, reason = "each suite uses its own part")]

use std::path::PathBuf;

/// The folder of outside vectors, when it is there.
pub(crate) fn vectors() -> Option<PathBuf> {
    let folder = std::env::var_os("SHIRUSHI_VECTORS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors")), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::print_stderr, reason = "a skipped suite says so")]
    {
        eprintln!("skipped: no vectors at {} (set SHIRUSHI_VECTORS)", folder.display());
    }
    None
}

pub(crate) const HEART: &[u8] = include_bytes!("../fixtures/heart.png");
pub(crate) const BAKED_HEART: &[u8] = include_bytes!("../fixtures/baked-heart.png");
pub(crate) const LDP: &[u8] = include_bytes!("../fixtures/ldp.png");
pub(crate) const HOSTED_SVG: &[u8] = include_bytes!("../fixtures/hosted.svg");

/// Offset, type and total length of every chunk.
pub(crate) fn chunks(png: &[u8]) -> Vec<(usize, [u8; 4], usize)> {
    let mut found = Vec::new();
    let mut at = 8;
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        found.push((at, png[at + 4..at + 8].try_into().unwrap(), length + 12));
        at += length + 12;
    }
    found
}

/// A chunk with its length and CRC.
pub(crate) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&crc32fast::hash(&out[4..]).to_be_bytes());
    out
}

/// `png` with `insert` put at `at`.
pub(crate) fn with(png: &[u8], at: usize, insert: &[u8]) -> Vec<u8> {
    [&png[..at], insert, &png[at..]].concat()
}

/// The offset after the header chunk.
pub(crate) const AFTER_HEADER: usize = 33;
