//! Absolute IRIs that every library reads and writes alike.

use crate::Error;
use std::borrow::Cow;

/// `text`, if it is an absolute IRI that N-Quads can write as it is: a scheme, a colon, and no white space, control
/// characters or any of ``<>"{}|^`\``.
///
/// This is what [N-Quads](https://www.w3.org/TR/n-quads/#grammar-production-IRIREF) demands and jsonld.js checks. RFC 3987
/// is narrower (it knows no `?filter[]=x`) in points that make no difference to anybody, and wider in one: it allows
/// U+3000 and its like, which jsonld.js takes for the sign of a relative reference.
pub(crate) fn absolute(text: &str) -> Result<&str, Error> {
    if !has_scheme(text) {
        return Err(Error::relative(text));
    }
    // The common case first: one look at each byte.
    if text.bytes().all(|byte| ALLOWED[byte as usize]) || text.chars().all(is_allowed) {
        Ok(text)
    } else {
        Err(Error::iri(text))
    }
}

/// [`absolute`] for text that may have been put together.
pub(crate) fn absolute_cow(text: Cow<'_, str>) -> Result<Cow<'_, str>, Error> {
    absolute(&text)?;
    Ok(text)
}

/// Whether it starts like an absolute IRI, valid or not.
pub(crate) fn has_scheme(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes
            .iter()
            .find(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')))
            .is_some_and(|&end| end == b':')
}

/// ASCII that an IRI may hold.
static ALLOWED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte: u8 = 0x21;
    while byte < 0x7f {
        table[byte as usize] = !matches!(byte, b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'^' | b'`' | b'\\');
        byte += 1;
    }
    table
};

fn is_allowed(character: char) -> bool {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => ALLOWED[byte as usize],
        _ => {
            !character.is_whitespace()
                && !character.is_control()
                && !matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_iris_are_told_from_references_and_from_text() {
        for iri in ["https://a.example/?b[]=1#c", "urn:", "did:web:a.example#k", "https://例え.jp/日本語", "a+b-c.d:e"]
        {
            assert_eq!(absolute(iri), Ok(iri));
        }
        for reference in ["", "a", "#a", "//a.example/", "1a:b", ":a", "a b:c", "日本:c", "/a:b"] {
            assert_eq!(absolute(reference), Err(Error::relative(reference)), "{reference}");
        }
        for text in ["https://a.example/a b", "urn:\u{3000}", "urn:\u{85}", "urn:<a>", "urn:\u{feff}", "urn:a\\b"] {
            assert_eq!(absolute(text), Err(Error::iri(text)), "{text}");
        }
    }
}
