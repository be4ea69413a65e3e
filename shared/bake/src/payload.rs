//! What is put into an image, and what comes out of one.

use std::fmt;

/// The longest credential that is written or read, in bytes: 1 MiB.
///
/// A credential is a few kilobytes. The room is for those that embed their achievement's picture as a data URL.
pub const MAX_PAYLOAD_BYTES: usize = 1 << 20;

/// The longest verification URL that is written or read, in bytes: what browsers and proxies agree to carry.
pub const MAX_URL_BYTES: usize = 2048;

/// The generation of Open Badges a credential belongs to. It decides where in the image the credential stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// Open Badges 2.0 and earlier: an Assertion.
    V2,
    /// Open Badges 3.0: an `OpenBadgeCredential`.
    V3,
}

impl Version {
    /// Position in a table with one row per version.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::V2 => 0,
            Self::V3 => 1,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "Open Badges 2.0",
            Self::V3 => "Open Badges 3.0",
        })
    }
}

/// The credential itself, in one of the two shapes the specifications know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// A JSON object: a hosted OB 2.0 Assertion, or an OB 3.0 credential with an embedded proof. Kept byte for byte.
    Json(&'a str),
    /// A compact JWS: a signed OB 2.0 Assertion, or an OB 3.0 credential as VC-JWT.
    CompactJws(&'a str),
}

/// What [`bake`](crate::bake()) writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// Decides the chunk keyword or the element.
    pub version: Version,
    /// The credential.
    pub body: Body<'a>,
    /// Where an OB 2.0 JSON Assertion is hosted. An SVG says so in `verify`, so it is needed there; nothing else uses it.
    pub verify_url: Option<&'a str>,
}

impl<'a> Payload<'a> {
    /// An OB 3.0 credential with an embedded proof.
    #[must_use]
    pub fn v3_json(json: &'a str) -> Self {
        Self { version: Version::V3, body: Body::Json(json), verify_url: None }
    }

    /// An OB 3.0 credential as VC-JWT.
    #[must_use]
    pub fn v3_jws(jws: &'a str) -> Self {
        Self { version: Version::V3, body: Body::CompactJws(jws), verify_url: None }
    }

    /// An OB 2.0 Assertion hosted at `verify_url`.
    #[must_use]
    pub fn v2_hosted(json: &'a str, verify_url: &'a str) -> Self {
        Self { version: Version::V2, body: Body::Json(json), verify_url: Some(verify_url) }
    }

    /// A signed OB 2.0 Assertion.
    #[must_use]
    pub fn v2_signed(jws: &'a str) -> Self {
        Self { version: Version::V2, body: Body::CompactJws(jws), verify_url: None }
    }

    pub(crate) fn text(&self) -> &'a str {
        match self.body {
            Body::Json(text) | Body::CompactJws(text) => text,
        }
    }

    /// Refuses what could not be read back as the same thing.
    pub(crate) fn check(&self) -> Result<(), PayloadError> {
        let text = self.text();
        if text.len() > MAX_PAYLOAD_BYTES {
            return Err(PayloadError::TooLarge);
        }
        match self.body {
            Body::Json(json) if !is_json_object(json) => Err(PayloadError::NotJsonObject),
            Body::CompactJws(jws) if !is_compact_jws(jws) => Err(PayloadError::NotCompactJws),
            _ if self.verify_url.is_some_and(|url| !is_web_url(url)) => Err(PayloadError::VerifyUrl),
            _ => Ok(()),
        }
    }
}

/// Why a [`Payload`] is not something to bake. Each is a mistake of the caller, not of the image.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PayloadError {
    /// Longer than [`MAX_PAYLOAD_BYTES`].
    #[error("the credential is longer than {MAX_PAYLOAD_BYTES} bytes")]
    TooLarge,
    /// [`Body::Json`] does not have the outline of a JSON object, or holds a control character that JSON forbids.
    #[error("the credential is not a JSON object")]
    NotJsonObject,
    /// [`Body::CompactJws`] is not three non-empty base64url parts between dots.
    #[error("the credential is not a compact JWS")]
    NotCompactJws,
    /// [`Payload::verify_url`] is not an `http` or `https` URL of at most [`MAX_URL_BYTES`].
    #[error("the verification address is not a web address")]
    VerifyUrl,
    /// An OB 2.0 JSON Assertion goes into an SVG, and nothing says where it is hosted.
    #[error("an Open Badges 2.0 assertion in an SVG needs its verification address")]
    VerifyUrlMissing,
    /// The credential holds U+FFFE or U+FFFF, which no XML document can carry.
    #[error("the credential holds a character that XML cannot carry")]
    NotXml,
}

/// What was found in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extracted {
    /// The generation, told from the chunk keyword or the element (not from the content).
    pub version: Version,
    /// What `text` is.
    pub kind: Kind,
    /// The credential. JSON exactly as it stood; a JWS or URL without surrounding white space.
    pub text: String,
    /// An SVG element's `verify` attribute, if it has one: for an OB 2.0 JSON Assertion, where it says it is hosted.
    pub verify: Option<String>,
    /// Where in the image it stood.
    pub place: Place,
}

/// The shape of an extracted text, told from its outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Starts and ends like a JSON object.
    Json,
    /// Three base64url parts between dots.
    Jws,
    /// An `http` or `https` address of an Assertion (Open Badges before 1.0, and hosted SVG badges without a body).
    Url,
}

/// Where in an image a credential stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A PNG `iTXt` chunk.
    InternationalText,
    /// A PNG `tEXt` chunk: how badges were baked before Open Badges 1.0.
    LatinText,
    /// The text inside an SVG element.
    ElementBody,
    /// The `verify` attribute of an SVG element.
    VerifyAttribute,
}

/// Tells what `text` is, and gives it without the white space around a JWS or URL.
pub(crate) fn classify(text: &str) -> Option<(Kind, &str)> {
    let trimmed = text.trim_matches(is_json_space);
    if trimmed.starts_with('{') && trimmed.ends_with('}') {
        Some((Kind::Json, text))
    } else if is_compact_jws(trimmed) {
        Some((Kind::Jws, trimmed))
    } else if is_web_url(trimmed) {
        Some((Kind::Url, trimmed))
    } else {
        None
    }
}

fn is_json_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_json_object(text: &str) -> bool {
    let trimmed = text.trim_matches(is_json_space);
    trimmed.len() >= 2 && trimmed.starts_with('{') && trimmed.ends_with('}') && !has_control(text.as_bytes())
}

/// Whether there is a control character that neither JSON nor XML allows as such.
pub(crate) fn has_control(bytes: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    // Eight bytes at a time, without vector instructions: a program that is built small has none. The highest bit of a byte is set where
    // it was below a space; one above such a byte may be set for nothing, so the eight are looked at again.
    let (words, rest) = bytes.as_chunks::<8>();
    let is_suspect = |word: u64| word.wrapping_sub(ONES * u64::from(b' ')) & !word & (ONES << 7) != 0;
    words.iter().any(|word| is_suspect(u64::from_ne_bytes(*word)) && word.iter().any(is_control))
        || rest.iter().any(is_control)
}

/// Three parts, none empty: an unsecured JWS (empty signature) is not a credential.
fn is_compact_jws(text: &str) -> bool {
    let mut parts = 0;
    text.split('.').all(|part| {
        parts += 1;
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }) && parts == 3
}

fn is_web_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text.len() <= MAX_URL_BYTES
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte > b' ' && byte != 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_three_kinds_apart() {
        assert_eq!(classify(" \n{}\n"), Some((Kind::Json, " \n{}\n")));
        assert_eq!(classify("\neyJ.eyJ.c2ln "), Some((Kind::Jws, "eyJ.eyJ.c2ln")));
        assert_eq!(classify("https://a.example/1"), Some((Kind::Url, "https://a.example/1")));
        for text in ["", "{", "a.b", "a.b.c.d", "a..c", "a.b.c=", "ftp://a", "https://", "https://a b", "[]"] {
            assert_eq!(classify(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_control_character_is_found_wherever_it_stands(
            mut bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40),
            at in 0..40_usize,
            control in 0..0x21_u8,
        ) {
            let is_control = |byte: &u8| *byte < 0x20 && !b"\t\n\r".contains(byte);
            proptest::prop_assert_eq!(has_control(&bytes), bytes.iter().any(is_control));
            bytes.iter_mut().filter(|byte| is_control(byte)).for_each(|byte| *byte |= 0x80);
            proptest::prop_assert!(!has_control(&bytes));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = control;
                proptest::prop_assert_eq!(has_control(&bytes), is_control(&control));
            }
        }
    }

    #[test]
    fn refuses_payloads_that_would_not_come_back() {
        assert_eq!(Payload::v3_json("[]").check(), Err(PayloadError::NotJsonObject));
        assert_eq!(Payload::v3_json("{").check(), Err(PayloadError::NotJsonObject));
        assert_eq!(Payload::v3_json("{\"a\":\"\0\"}").check(), Err(PayloadError::NotJsonObject));
        assert_eq!(Payload::v3_jws("a.b.").check(), Err(PayloadError::NotCompactJws));
        assert_eq!(Payload::v2_hosted("{}", "javascript:1").check(), Err(PayloadError::VerifyUrl));
        let long = format!("{{{}}}", " ".repeat(MAX_PAYLOAD_BYTES));
        assert_eq!(Payload::v3_json(&long).check(), Err(PayloadError::TooLarge));
        assert_eq!(Payload::v2_hosted("{}", "https://a.example/?a=1&b=2").check(), Ok(()));
    }
}
