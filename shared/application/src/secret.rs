//! A secret, a form's or the deployment's, under which links, codes and challenges are made.

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};
use std::fmt;

/// 256 random bits. Each use has a key of its own derived from it, so that nothing made for one serves for another.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret([u8; 32]);

/// Bytes of a tag: 128 bits.
pub(crate) const TAG_BYTES: usize = 16;
/// A tag of 128 bits.
pub type Tag = [u8; TAG_BYTES];

impl Secret {
    /// A secret from 256 random bits.
    #[must_use]
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The tag of some bytes, for one use: 128 bits of an HMAC-SHA-256.
    #[must_use]
    pub fn tag(&self, usage: &str, bytes: &[u8]) -> Tag {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, &self.0), usage.as_bytes());
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()), bytes);
        let mut short = [0; TAG_BYTES];
        short.copy_from_slice(&tag.as_ref()[..TAG_BYTES]);
        short
    }
}

/// Whether two tags are the same, told in constant time.
pub(crate) fn same(a: &Tag, b: &Tag) -> bool {
    a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y)) == 0
}

impl TryFrom<String> for Secret {
    type Error = hex::FromHexError;
    fn try_from(text: String) -> Result<Self, hex::FromHexError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}
impl From<Secret> for String {
    fn from(secret: Secret) -> String {
        hex::encode(secret.0)
    }
}
/// Whoever knows it makes links: debug output hides it.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_and_secrets_are_apart() {
        let (one, other) = (Secret::from_random([1; 32]), Secret::from_random([2; 32]));
        assert!(same(&one.tag("a", b"x"), &one.tag("a", b"x")));
        assert!(!same(&one.tag("a", b"x"), &one.tag("b", b"x")));
        assert!(!same(&one.tag("a", b"x"), &one.tag("a", b"y")));
        assert!(!same(&one.tag("a", b"x"), &other.tag("a", b"x")));
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }
}
