//! Inside a PDF that somebody else sealed: when, and the credential, without a parser.
//!
//! Whoever brings such a file may bring the certificate that vouches for it as well, so it is a stranger's. A parser of PDFs
//! makes an object of some hundred bytes out of two, and reads one again for every reference to it: a file of a few kilobytes can
//! cost gigabytes and minutes. So only two things are looked for, by their keys, in the raw bytes: the signature dictionary,
//! which is the one around the gap, and streams of embedded files, which PDF keeps in the clear. Work is linear, and what is
//! inflated is bounded.
//!
//! What is found is the signer's word, under the signer's seal, and the credential has a proof of its own: that its bytes are in the
//! file counts, not through how many references a reader of PDFs would get there.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use jiff::Timestamp;
use memchr::memmem;

use crate::{Credential, Limits, document::date, ranges::Candidate};

/// Longest signature dictionary on either side of its gap, and longest dictionary of an embedded file.
const MAX_DICTIONARY_BYTES: usize = 4096;

/// Longest name that is read, escapes included.
const MAX_NAME_BYTES: usize = 100;

/// Embedded files that are looked at.
const MAX_FILES: usize = 64;

/// When the seal says it was put on: `/M` of the dictionary around the gap.
pub(crate) fn sealed_at(bytes: &[u8], candidate: &Candidate) -> Option<Timestamp> {
    let before = bytes.get(candidate.gap.start.saturating_sub(MAX_DICTIONARY_BYTES)..candidate.gap.start)?;
    let before = &before[memmem::rfind(before, b" obj").unwrap_or_default()..];
    let after = bytes.get(candidate.gap.end..)?;
    let after = &after[..after.len().min(MAX_DICTIONARY_BYTES)];
    let after = &after[..memmem::find(after, b"endobj").unwrap_or(after.len())];
    [before, after].into_iter().find_map(|part| {
        let text = value(part, b"/M")?.strip_prefix(b"(")?;
        date(&text[..memchr::memchr(b')', text)?])
    })
}

/// The one embedded file whose media type is a credential's. Two would leave open which one the page shows.
pub(crate) fn credential(bytes: &[u8], limits: &Limits) -> Option<Credential> {
    let mut found = None;
    for (count, at) in memmem::find_iter(bytes, b"/EmbeddedFile").enumerate() {
        if count == MAX_FILES {
            return None;
        }
        let Some((dictionary, content)) = stream_around(bytes, at) else { continue };
        let Some(media_type) = value(dictionary, b"/Subtype").and_then(name).filter(|name| is_credential(name)) else {
            continue;
        };
        if found.replace((dictionary, content, media_type)).is_some() {
            return None;
        }
    }
    let (dictionary, content, media_type) = found?;
    let bytes = plain(dictionary, content, limits.max_credential_bytes)?;
    (!bytes.is_empty()).then_some(Credential { bytes, media_type })
}

fn is_credential(media_type: &str) -> bool {
    media_type == "application/vc" || media_type.ends_with("json") || media_type.ends_with("jwt")
}

/// The dictionary in which `at` lies, and what follows its `stream`.
fn stream_around(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let start = at.saturating_sub(MAX_DICTIONARY_BYTES);
    let start = start + memmem::rfind(&bytes[start..at], b" obj")?;
    let rest = &bytes[start..];
    let length = memmem::find(&rest[..rest.len().min(MAX_DICTIONARY_BYTES)], b"stream")?;
    let (dictionary, content) = (&rest[..length], &rest[length + b"stream".len()..]);
    let content = content.strip_prefix(b"\r\n").or_else(|| content.strip_prefix(b"\n"))?;
    // Of another object, in between.
    memmem::find(dictionary, b"endobj").is_none().then_some((dictionary, content))
}

/// The content as it was embedded: as it is, or deflated.
fn plain(dictionary: &[u8], content: &[u8], max_bytes: usize) -> Option<Vec<u8>> {
    let length = value(dictionary, b"/Length").and_then(|text| {
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Behind a reference stands another object's number.
        let rest = text[digits..].trim_ascii_start();
        if rest.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        std::str::from_utf8(&text[..digits]).ok()?.parse::<usize>().ok()
    });
    let length = length.or_else(|| memmem::find(content, b"endstream"))?;
    let content = content.get(..length)?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(max_bytes).ok()?.saturating_add(1);
    match value(dictionary, b"/Filter") {
        None => content.take(limit).read_to_end(&mut bytes),
        Some(filter) => {
            // One filter, or a list of one.
            let list = filter.strip_prefix(b"[");
            let rest = list.unwrap_or(filter).trim_ascii_start().strip_prefix(b"/FlateDecode")?;
            if list.is_some() && !rest.trim_ascii_start().starts_with(b"]") {
                return None;
            }
            ZlibDecoder::new(content).take(limit).read_to_end(&mut bytes)
        }
    }
    .ok()?;
    (bytes.len() <= max_bytes).then_some(bytes)
}

/// What follows a key, without white space.
fn value<'a>(dictionary: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    memmem::find_iter(dictionary, key).find_map(|at| {
        let rest = &dictionary[at + key.len()..];
        // A longer name begins alike.
        let ends = rest.first().is_some_and(|byte| byte.is_ascii_whitespace() || b"(<[/".contains(byte));
        ends.then(|| rest.trim_ascii_start())
    })
}

/// A name with its `#` escapes read (ISO 32000-1 §7.3.5).
fn name(text: &[u8]) -> Option<String> {
    let text = text.strip_prefix(b"/")?;
    let end = text.iter().position(|byte| byte.is_ascii_whitespace() || b"()<>[]{}/%".contains(byte))?;
    let mut text = text.get(..end)?.iter().take(MAX_NAME_BYTES);
    let mut bytes = Vec::new();
    while let Some(byte) = text.next() {
        bytes.push(match byte {
            b'#' => u8::from_str_radix(std::str::from_utf8(&[*text.next()?, *text.next()?]).ok()?, 16).ok()?,
            plain => *plain,
        });
    }
    String::from_utf8(bytes).ok().filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{CREDENTIAL, Sealer, page};
    use std::io::Write as _;

    fn file(entries: &str, content: &[u8]) -> Vec<u8> {
        let head = format!("%PDF-1.7\n4 0 obj\n<</Type/EmbeddedFile{entries}>>\nstream\n");
        [head.as_bytes(), content, b"\nendstream\nendobj\n"].concat()
    }

    fn read(bytes: &[u8]) -> Option<(Vec<u8>, String)> {
        credential(bytes, &Limits::default()).map(|found| (found.bytes, found.media_type))
    }

    fn deflated(content: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(content).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn what_is_sealed_here_is_read_alike() {
        let sealed = Sealer::p256().seal(page(CREDENTIAL.as_bytes(), "A"));
        assert_eq!(read(&sealed), Some((CREDENTIAL.into(), "application/ld+json".into())));
        let candidate = crate::ranges::candidates(&sealed).next().unwrap();
        assert_eq!(sealed_at(&sealed, &candidate), Some(crate::support::at()));
    }

    #[test]
    fn streams_in_the_ways_they_are_written() {
        let json = || Some((b"{}".to_vec(), "application/json".to_owned()));
        assert_eq!(read(&file("/Subtype/application#2Fjson/Length 2", b"{}")), json());
        assert_eq!(
            read(&file(" /Length 9 0 R /Subtype /application#2fjson ", b"{}")).map(|found| found.1),
            json().map(|f| f.1)
        );
        let packed = deflated(b"{}");
        let length = packed.len();
        assert_eq!(
            read(&file(&format!("/Filter/FlateDecode/Length {length}/Subtype/application#2Fjson"), &packed)),
            json()
        );
        assert_eq!(
            read(&file(&format!("/Filter [ /FlateDecode ]/Length {length}/Subtype/application#2Fjson"), &packed)),
            json()
        );
        let jwt = read(&file("/Subtype/application#2Fvc+jwt/Length 3", b"eyJ"));
        assert_eq!(jwt, Some((b"eyJ".to_vec(), "application/vc+jwt".into())));
    }

    #[test]
    fn what_is_no_credential_or_leaves_a_choice() {
        let one = file("/Subtype/application#2Fjson/Length 2", b"{}");
        let picture = file("/Subtype/image#2Fpng/Length 2", b"{}");
        assert_eq!(read(&picture), None);
        assert!(read(&[&one[..], &picture].concat()).is_some());
        assert_eq!(read(&[&one[..], &one].concat()), None, "two");
        assert_eq!(read(&file("/Subtype/application#2Fjson/Length 0", b"")), None);
        assert_eq!(read(&file("/Subtype/application#2Fjson/Length 99999", b"{}")), None);
        assert_eq!(read(&file("/Subtype/application#2Fjson/Filter/LZWDecode/Length 2", b"{}")), None);
        assert_eq!(read(&file("/Subtype/application#2Fjson/Filter[/FlateDecode/FlateDecode]/Length 2", b"{}")), None);
        assert_eq!(read(&b"/EmbeddedFile".repeat(MAX_FILES + 1)), None);
        assert_eq!(read(b"%PDF-1.7\n/EmbeddedFiles"), None);
    }

    #[test]
    fn a_bomb_stays_packed() {
        let packed = deflated(&vec![b' '; 50 << 20]);
        let bomb = file(&format!("/Filter/FlateDecode/Length {}/Subtype/application#2Fjson", packed.len()), &packed);
        assert_eq!(read(&bomb), None);
    }
}
