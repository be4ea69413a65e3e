//! PDF: whether it is whole, and whether it is encrypted. Its content is not looked at.

use crate::examine::Stop;
use crate::pieces::Pieces;
use crate::reason::Reason;

/// Read where the end of a PDF points to: there a trailer stands, or not far behind it.
pub const XREF_BYTES: u64 = 8 << 10;
/// `%%EOF` stands in the last bytes of a PDF; readers look for it in so many (ISO 32000-1, annex H, note 18).
const EOF_BYTES: usize = 1_024;

/// A trailer with `/Encrypt` says that a file is encrypted. It stands at the end, in a cross-reference stream that the end points to, or,
/// in a file made for the web, at the beginning.
pub(crate) fn judge(head: &[u8], tail: &[u8], pieces: &Pieces) -> Result<(), Stop> {
    let last = tail.get(tail.len().saturating_sub(EOF_BYTES)..).unwrap_or(tail);
    if memchr::memmem::rfind(last, b"%%EOF").is_none() {
        return Err(Reason::Damaged.into());
    }
    if names_encryption(head) || names_encryption(tail) {
        return Err(Reason::EncryptedPdf.into());
    }
    let at = start_of_references(last).ok_or(Reason::Damaged)?;
    if at >= pieces.size() {
        return Err(Reason::Damaged.into());
    }
    if names_encryption(pieces.get(at..at.saturating_add(XREF_BYTES))?) {
        return Err(Reason::EncryptedPdf.into());
    }
    Ok(())
}

/// The number after the last `startxref`.
fn start_of_references(last: &[u8]) -> Option<u64> {
    let after = last.get(memchr::memmem::rfind(last, b"startxref")? + 9..)?.trim_ascii_start();
    let digits: Vec<u8> = after.iter().take_while(|byte| byte.is_ascii_digit()).copied().collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

/// Whether the name `/Encrypt` stands here with a reference or a dictionary behind it. Any letter of a name may be written as `#45`.
fn names_encryption(part: &[u8]) -> bool {
    memchr::memchr_iter(b'/', part).any(|at| {
        let mut rest = &part[at + 1..];
        for letter in b"Encrypt" {
            let escaped = rest.strip_prefix(b"#").and_then(|r| hex_byte(r.get(..2)?)).filter(|byte| byte == letter);
            let length = if escaped.is_some() { 3 } else { 1 };
            if escaped.is_none() && rest.first() != Some(letter) {
                return false;
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        // `/EncryptMetadata` is another name.
        rest.trim_ascii_start().first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'<')
    })
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_counts_however_it_is_written() {
        for text in ["/Encrypt 5 0 R", "/Encrypt\r\n5 0 R", "/Encrypt<</V 4>>", "/#45ncr#79pt 5 0 R", "//Encrypt 1 0 R"]
        {
            assert!(names_encryption(text.as_bytes()), "{text}");
        }
        for text in
            ["/EncryptMetadata false", "/Encrypt", "Encrypt 5", "/Encryp 5", "/#4", "/Encrypt /x", "/#zzncrypt 5"]
        {
            assert!(!names_encryption(text.as_bytes()), "{text}");
        }
    }
}
