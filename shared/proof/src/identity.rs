//! Hashed recipient identities, alike in Open Badges 2.0 and 3.0.
//!
//! `sha256$` + lower-case hex of SHA-256 over the identifier's bytes followed by the salt's. No normalisation is
//! specified: an address is hashed exactly as it was delivered. `md5$` is legal to read (Open Badges 2.0 §IdentityHash);
//! it is never written.

use aws_lc_rs::{constant_time, digest};
use md5::Digest as _;

/// What the prefix of an identity hash names, and the digest that follows it.
#[derive(Clone, PartialEq, Eq)]
pub enum IdentityHash {
    /// `sha256$` and 64 hex digits.
    Sha256([u8; 32]),
    /// `md5$` and 32 hex digits: read, never written.
    Md5([u8; 16]),
}

/// Why a text is not an identity hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The part before `$` is neither `sha256` nor `md5`, or there is no `$`.
    #[error("identity hash names no known algorithm (sha256$ or md5$)")]
    UnknownAlgorithm,
    /// The part after `$` is not the hex text of that digest.
    #[error("identity hash is not the hexadecimal text of its digest")]
    Malformed,
}

/// Shows the algorithm only: with the salt beside it, a digest of an e-mail address is guessable.
impl std::fmt::Debug for IdentityHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Sha256(_) => "IdentityHash(sha256$…)",
            Self::Md5(_) => "IdentityHash(md5$…)",
        })
    }
}

impl IdentityHash {
    /// Hashes `identifier` with `salt` (empty when there is none).
    #[must_use]
    pub fn sha256(identifier: &str, salt: &str) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(identifier.as_bytes());
        context.update(salt.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        Self::Sha256(bytes)
    }

    /// Reads `sha256$…` or `md5$…`; the algorithm's name and the hex digits in either case.
    ///
    /// # Errors
    /// See [`IdentityError`].
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let (algorithm, digits) = text.split_once('$').ok_or(IdentityError::UnknownAlgorithm)?;
        if algorithm.eq_ignore_ascii_case("sha256") {
            let mut bytes = [0; 32];
            hex::decode_to_slice(digits, &mut bytes).map_err(|_| IdentityError::Malformed)?;
            Ok(Self::Sha256(bytes))
        } else if algorithm.eq_ignore_ascii_case("md5") {
            let mut bytes = [0; 16];
            hex::decode_to_slice(digits, &mut bytes).map_err(|_| IdentityError::Malformed)?;
            Ok(Self::Md5(bytes))
        } else {
            Err(IdentityError::UnknownAlgorithm)
        }
    }

    /// Whether this is the hash of `identifier` with `salt`, compared in constant time.
    #[must_use]
    pub fn is_of(&self, identifier: &str, salt: &str) -> bool {
        match self {
            Self::Sha256(expected) => match Self::sha256(identifier, salt) {
                Self::Sha256(actual) => constant_time::verify_slices_are_equal(expected, &actual).is_ok(),
                Self::Md5(_) => false,
            },
            Self::Md5(expected) => {
                let actual = md5::Md5::new().chain_update(identifier).chain_update(salt).finalize();
                constant_time::verify_slices_are_equal(expected, actual.as_slice()).is_ok()
            }
        }
    }
}

/// The text that stands in a credential: the algorithm, `$`, lower-case hex.
impl std::fmt::Display for IdentityHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sha256(bytes) => write!(formatter, "sha256${}", hex::encode(bytes)),
            Self::Md5(bytes) => write!(formatter, "md5${}", hex::encode(bytes)),
        }
    }
}

/// Whether two secrets are the same, in time that depends on their lengths only.
#[must_use]
pub fn equal_in_constant_time(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the Open Badges 3.0 specification, `IdentityObject`.
    const EXAMPLE: &str = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399";

    #[test]
    fn the_specification_s_example() {
        assert_eq!(IdentityHash::sha256("a@example.com", "Kosher").to_string(), EXAMPLE);
        let hash = IdentityHash::parse(EXAMPLE).unwrap();
        assert!(hash.is_of("a@example.com", "Kosher"));
        assert!(!hash.is_of("A@example.com", "Kosher"), "no normalisation");
        assert!(!hash.is_of("a@example.com", "kosher"));
        assert!(!hash.is_of("a@example.com", ""));
    }

    #[test]
    fn md5_is_read() {
        // RFC 1321, appendix A.5: MD5("message digest").
        let hash = IdentityHash::parse("md5$f96b697d7cb7938d525a2f31aaf161d0").unwrap();
        assert!(hash.is_of("message ", "digest"));
        assert!(!hash.is_of("message", "digest"));
    }

    #[test]
    fn upper_case_is_read_and_lower_case_written() {
        let upper = IdentityHash::parse(&EXAMPLE.replace("sha256$b5809d", "SHA256$B5809D")).unwrap();
        assert_eq!(upper.to_string(), EXAMPLE);
    }

    #[test]
    fn refuses_other_texts() {
        for text in ["", "a@example.com", "sha1$00", "sha512$00", "$00"] {
            assert_eq!(IdentityHash::parse(text), Err(IdentityError::UnknownAlgorithm), "{text}");
        }
        for text in ["sha256$", "sha256$00", "md5$zz", &EXAMPLE[..70], &format!("{EXAMPLE}0")] {
            assert_eq!(IdentityHash::parse(text), Err(IdentityError::Malformed), "{text}");
        }
    }

    #[test]
    fn logs_show_no_digest() {
        assert_eq!(format!("{:?}", IdentityHash::parse(EXAMPLE).unwrap()), "IdentityHash(sha256$…)");
    }

    proptest! {
        #[test]
        fn round_trip(identifier in "\\PC{0,40}", salt in "\\PC{0,20}") {
            let hash = IdentityHash::sha256(&identifier, &salt);
            let read = IdentityHash::parse(&hash.to_string()).unwrap();
            prop_assert!(read.is_of(&identifier, &salt));
            prop_assert_eq!(read, hash);
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,80}") {
            let _ = IdentityHash::parse(&text);
        }
    }
}
