//! Every limit of a verification, named, with the reason for its size.

/// Largest input, in bytes: 20 MiB. A badge image or a sealed PDF has a few hundred kilobytes; scans and photographs in a PDF, more.
pub const MAX_INPUT_BYTES: usize = 20 << 20;

/// Largest JSON document read, in bytes: 2 MiB. A badge with its pictures as data URIs stays below.
pub const MAX_JSON_BYTES: usize = 2 << 20;

/// Deepest nesting of JSON. A badge nests about ten deep, an endorsement inside it twenty.
pub const MAX_JSON_DEPTH: usize = 64;

/// Documents that one verification may ask for. A badge with two endorsements, status lists and did:web issuers takes nine.
pub const MAX_DOCUMENTS: usize = 24;

/// Endorsements that are verified. Each costs a signature and up to two documents.
pub const MAX_ENDORSEMENTS: usize = 12;

/// Entries of `credentialStatus` that are looked at.
pub const MAX_STATUS_ENTRIES: usize = 4;

/// Findings listed beside the one that decided a step.
pub const MAX_DETAILS: usize = 24;

/// Findings that the structure check collects before it stops looking.
pub const MAX_FINDINGS: usize = 100;

/// Longest piece of a stranger's text that a message or the summary repeats, in characters.
pub const MAX_QUOTED_CHARS: usize = 300;

/// Longest picture as data URI that the summary repeats, in bytes.
pub const MAX_SUMMARY_IMAGE_BYTES: usize = 512 << 10;

/// Cuts a stranger's text to [`MAX_QUOTED_CHARS`] and drops control characters, so that it stays one line of a report.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_QUOTED_CHARS).collect()
}
