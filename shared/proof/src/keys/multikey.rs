//! Multikey (W3C Controlled Identifiers §2.2.2): `z` + base58(multicodec ‖ key).

use super::{KeyError, P256Point, P384Point, PublicKey};
use crate::encoding::{multibase_decode, multibase_encode};

/// Most bytes a Multikey holds here: two of multicodec and a compressed P-384 point.
pub const MAX_MULTIKEY_BYTES: usize = 2 + 49;

/// Multicodec `ed25519-pub`, 0xed as varint: `z6Mk…`.
const ED25519: [u8; 2] = [0xed, 0x01];
/// Multicodec `p256-pub`, 0x1200 as varint: `zDn…`.
const P256: [u8; 2] = [0x80, 0x24];
/// Multicodec `p384-pub`, 0x1201 as varint: `z82…`.
const P384: [u8; 2] = [0x81, 0x24];

impl PublicKey {
    /// Reads `publicKeyMultibase`, the fragment of a `did:key` or its method-specific part.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if it is no such text (points must be compressed), [`KeyError::Unsupported`] for another
    /// multicodec, [`KeyError::NotOnCurve`].
    pub fn from_multikey(text: &str) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed("Multikey");
        let bytes = multibase_decode(text, MAX_MULTIKEY_BYTES).map_err(|_| MALFORMED)?;
        let (codec, key) = bytes.split_first_chunk::<2>().ok_or(MALFORMED)?;
        match *codec {
            ED25519 => Ok(Self::Ed25519(key.try_into().map_err(|_| MALFORMED)?)),
            P256 if key.len() == 33 => P256Point::from_sec1(key).map(Self::P256),
            P384 if key.len() == 49 => P384Point::from_sec1(key).map(Self::P384),
            P256 | P384 => Err(MALFORMED),
            [high, low] => Err(KeyError::Unsupported(format!("multicodec {high:02x}{low:02x}"))),
        }
    }

    /// Writes `publicKeyMultibase`; `None` for RSA, which has no Multikey form in any suite.
    #[must_use]
    pub fn to_multikey(&self) -> Option<String> {
        match self {
            Self::Ed25519(key) => Some(multibase_encode(&[&ED25519, key.as_slice()].concat())),
            Self::P256(point) => Some(multibase_encode(&[&P256, point.compressed().as_slice()].concat())),
            Self::P384(point) => Some(multibase_encode(&[&P384, point.compressed().as_slice()].concat())),
            Self::Rsa(_) => None,
        }
    }
}
