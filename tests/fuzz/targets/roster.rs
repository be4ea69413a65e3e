//! Lists of recipients as CSV files.

#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let Ok(roster) = roster::read(file, Some("Asia/Tokyo"), None) else { return };
    let addresses: HashSet<_> = roster.rows.iter().map(|row| row.recipient.email.folded()).collect();
    assert_eq!(addresses.len(), roster.rows.len(), "nobody stands in a list twice");
    assert!(roster.bad.iter().all(|row| !row.errors.is_empty()), "what is refused has a reason");
    let lines: Vec<u64> = roster.rows.iter().map(|row| row.line).collect();
    assert!(lines.is_sorted(), "in the file's order");
});
