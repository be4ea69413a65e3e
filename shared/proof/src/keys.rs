//! Public keys and the one signature algorithm each of them speaks.
//!
//! A [`PublicKey`] can only be made from bytes that are a key: points lie on their curve, RSA moduli are of a size we
//! trust. It is read from and written to every form a badge meets:
//!
//! | form | read | write | where |
//! |---|---|---|---|
//! | SubjectPublicKeyInfo DER | [`PublicKey::from_spki_der`] | [`PublicKey::to_spki_der`] | KMS `GetPublicKey` |
//! | PEM | [`PublicKey::from_pem`] | [`PublicKey::to_spki_pem`] | Open Badges 2.0 `publicKeyPem` |
//! | Multikey | [`PublicKey::from_multikey`] | [`PublicKey::to_multikey`] | Data Integrity, `did:key` |
//! | JWK | [`PublicKey::from_jwk`] | [`PublicKey::to_jwk`] | VC-JWT |
//!
//! To add an algorithm: a variant in [`PublicKey`] and [`Algorithm`], and one arm in each of the forms that has it.

mod der;
mod ecdsa;
mod jwk;
mod multikey;
mod pem;
mod spki;

use aws_lc_rs::{encoding::AsDer as _, signature};

pub use ecdsa::{der_to_fixed, fixed_to_der};
pub use multikey::MAX_MULTIKEY_BYTES;
pub use pem::MAX_PEM_BYTES;

/// Smallest RSA modulus trusted, for signatures of any age: 2048 bits (NIST SP 800-131A forbids less for verification
/// other than legacy use, and RFC 7518 §3.3 demands it for RS256). 1024-bit badge keys of the 2010s are refused.
pub const MIN_RSA_MODULUS_BITS: usize = 2048;

/// Largest RSA modulus read: the arithmetic's own limit, and an upper bound on the work a stranger's key can cause.
pub const MAX_RSA_MODULUS_BITS: usize = 8192;

/// Largest RSA public exponent, in bytes. Practically all keys use 65537.
pub const MAX_RSA_EXPONENT_BYTES: usize = 4;

/// Why bytes, a text or a JSON value are not a public key we work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not what the named form looks like.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// A well-formed key of a kind or curve that no suite here uses.
    #[error("unsupported kind of key: {0}")]
    Unsupported(String),
    /// The point is not on its curve.
    #[error("not a point on the curve {0}")]
    NotOnCurve(&'static str),
    /// An RSA modulus outside [`MIN_RSA_MODULUS_BITS`]..=[`MAX_RSA_MODULUS_BITS`].
    #[error("RSA modulus of {bits} bits; {MIN_RSA_MODULUS_BITS} to {MAX_RSA_MODULUS_BITS} are accepted")]
    RsaModulusSize {
        /// Size of the modulus found.
        bits: usize,
    },
    /// A JWK that carries private members: whoever published it gave the key away.
    #[error("the key is published together with its private part")]
    PrivateKeyMaterial,
    /// A JWK whose `use`, `key_ops` or `alg` say that it is not for checking signatures of its kind.
    #[error("the key says that it is not for checking such signatures ({0})")]
    OtherUse(&'static str),
}

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The key is of another kind than the algorithm.
    #[error("{key} key cannot check {algorithm} signatures")]
    WrongKeyType {
        /// What was to be checked.
        algorithm: Algorithm,
        /// What the key speaks.
        key: Algorithm,
    },
    /// The signature is not this key's over these bytes.
    #[error("signature does not match")]
    Mismatch,
}

/// A signature algorithm: the arithmetic together with its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Pure Ed25519 (RFC 8032), not the prehashed variant. KMS: `ED25519_SHA_512`, JWS: `EdDSA`.
    Ed25519,
    /// ECDSA on P-256 with SHA-256, signature `r ‖ s` of 64 bytes. KMS: `ECDSA_SHA_256`, JWS: `ES256`.
    EcdsaP256Sha256,
    /// ECDSA on P-384 with SHA-384, signature `r ‖ s` of 96 bytes. KMS: `ECDSA_SHA_384`, JWS: `ES384`.
    EcdsaP384Sha384,
    /// RSA PKCS#1 v1.5 with SHA-256. KMS: `RSASSA_PKCS1_V1_5_SHA_256`, JWS: `RS256`.
    RsaPkcs1Sha256,
}

impl Algorithm {
    /// The name KMS gives it.
    #[must_use]
    pub const fn kms_name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ED25519_SHA_512",
            Self::EcdsaP256Sha256 => "ECDSA_SHA_256",
            Self::EcdsaP384Sha384 => "ECDSA_SHA_384",
            Self::RsaPkcs1Sha256 => "RSASSA_PKCS1_V1_5_SHA_256",
        }
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::EcdsaP256Sha256 => "P-256",
            Self::EcdsaP384Sha384 => "P-384",
            Self::RsaPkcs1Sha256 => "RSA",
        })
    }
}

/// A public key whose form has been checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PublicKey {
    /// Ed25519: the 32 bytes of RFC 8032 §5.1.5.
    Ed25519([u8; 32]),
    /// A point on P-256.
    P256(P256Point),
    /// A point on P-384.
    P384(P384Point),
    /// An RSA key of an accepted size.
    Rsa(RsaPublicKey),
}

/// A point on P-256, kept uncompressed: `04 ‖ x ‖ y`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct P256Point([u8; 65]);

/// A point on P-384, kept uncompressed: `04 ‖ x ‖ y`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct P384Point([u8; 97]);

/// An RSA public key: modulus and exponent, big-endian without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RsaPublicKey {
    n: Vec<u8>,
    e: Vec<u8>,
}

/// What the two NIST curves share: a fixed-size uncompressed point.
macro_rules! point {
    ($name:ident, $coordinate:literal, $curve:literal, $algorithm:ident) => {
        impl $name {
            /// Bytes of one coordinate.
            pub const COORDINATE_BYTES: usize = $coordinate;

            /// Reads a SEC 1 point, compressed (`02`/`03 ‖ x`) or uncompressed (`04 ‖ x ‖ y`).
            ///
            /// # Errors
            /// [`KeyError::Malformed`] for another length or form, [`KeyError::NotOnCurve`].
            pub fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
                match (bytes.first(), bytes.len()) {
                    (Some(2 | 3), length) if length == 1 + $coordinate => {}
                    (Some(4), length) if length == 1 + 2 * $coordinate => {}
                    _ => return Err(KeyError::Malformed(concat!($curve, " point"))),
                }
                let not_on_curve = |()| KeyError::NotOnCurve($curve);
                let key =
                    signature::ParsedPublicKey::new(&signature::$algorithm, bytes).map_err(|_| not_on_curve(()))?;
                // The library writes the uncompressed point at the end of the SubjectPublicKeyInfo.
                let spki = key.as_der().map_err(|_| not_on_curve(()))?;
                let point = spki.as_ref().last_chunk().ok_or(()).map_err(not_on_curve)?;
                Ok(Self(*point))
            }

            /// From the two coordinates, each [`Self::COORDINATE_BYTES`] long.
            ///
            /// # Errors
            /// As [`Self::from_sec1`].
            pub fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
                if x.len() != $coordinate || y.len() != $coordinate {
                    return Err(KeyError::Malformed(concat!($curve, " coordinates")));
                }
                Self::from_sec1(&[&[4], x, y].concat())
            }

            /// `04 ‖ x ‖ y`.
            #[must_use]
            pub const fn uncompressed(&self) -> &[u8; 1 + 2 * $coordinate] {
                &self.0
            }

            /// `02` or `03` (parity of y) and `x`.
            #[must_use]
            pub fn compressed(&self) -> [u8; 1 + $coordinate] {
                let mut bytes = [0; 1 + $coordinate];
                bytes.copy_from_slice(&self.0[..=$coordinate]);
                bytes[0] = 2 + (self.0[2 * $coordinate] & 1);
                bytes
            }

            /// The x coordinate.
            #[must_use]
            pub fn x(&self) -> &[u8] {
                &self.0[1..=$coordinate]
            }

            /// The y coordinate.
            #[must_use]
            pub fn y(&self) -> &[u8] {
                &self.0[1 + $coordinate..]
            }
        }
    };
}

point!(P256Point, 32, "P-256", ECDSA_P256_SHA256_FIXED);
point!(P384Point, 48, "P-384", ECDSA_P384_SHA384_FIXED);

impl RsaPublicKey {
    /// From modulus and exponent, big-endian; leading zeros are dropped.
    ///
    /// # Errors
    /// [`KeyError::RsaModulusSize`] outside the accepted sizes; [`KeyError::Malformed`] for an even modulus, or an
    /// exponent that is even, below 3 or longer than [`MAX_RSA_EXPONENT_BYTES`].
    pub fn from_components(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed("RSA key");
        let [n, e] = [n, e].map(|number| &number[number.iter().take_while(|byte| **byte == 0).count()..]);
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !(MIN_RSA_MODULUS_BITS..=MAX_RSA_MODULUS_BITS).contains(&bits) {
            return Err(KeyError::RsaModulusSize { bits });
        }
        let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        if !odd(n) || !odd(e) || e == [1] || e.len() > MAX_RSA_EXPONENT_BYTES {
            return Err(MALFORMED);
        }
        Ok(Self { n: n.to_vec(), e: e.to_vec() })
    }

    /// The modulus, big-endian without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.n
    }

    /// The public exponent, big-endian without leading zeros.
    #[must_use]
    pub fn exponent(&self) -> &[u8] {
        &self.e
    }

    /// PKCS#1 `RSAPublicKey` (RFC 8017 §A.1.1).
    #[must_use]
    pub fn to_pkcs1_der(&self) -> Vec<u8> {
        der::value(der::SEQUENCE, &[der::unsigned(&self.n), der::unsigned(&self.e)].concat())
    }

    /// Reads PKCS#1 `RSAPublicKey`.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::RsaModulusSize`].
    pub fn from_pkcs1_der(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut outer = der::Reader::new(bytes);
        let mut pair = der::Reader::new(outer.read(der::SEQUENCE)?);
        outer.finish()?;
        let (n, e) = (pair.read_unsigned()?, pair.read_unsigned()?);
        pair.finish()?;
        Self::from_components(n, e)
    }
}

impl PublicKey {
    /// The one algorithm this key is used with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::Ed25519,
            Self::P256(_) => Algorithm::EcdsaP256Sha256,
            Self::P384(_) => Algorithm::EcdsaP384Sha384,
            Self::Rsa(_) => Algorithm::RsaPkcs1Sha256,
        }
    }

    /// Checks `signature` over `message` (the message itself, not its digest). ECDSA signatures are `r ‖ s`.
    ///
    /// # Errors
    /// [`SignatureError::WrongKeyType`] if the key does not speak `algorithm`, [`SignatureError::Mismatch`].
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        if algorithm != self.algorithm() {
            return Err(SignatureError::WrongKeyType { algorithm, key: self.algorithm() });
        }
        match self {
            Self::Ed25519(key) => {
                signature::UnparsedPublicKey::new(&signature::ED25519, key).verify(message, signature)
            }
            Self::P256(point) => {
                signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point.uncompressed())
                    .verify(message, signature)
            }
            Self::P384(point) => {
                signature::UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point.uncompressed())
                    .verify(message, signature)
            }
            Self::Rsa(key) => {
                signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key.to_pkcs1_der())
                    .verify(message, signature)
            }
        }
        .map_err(|_| SignatureError::Mismatch)
    }
}

#[cfg(test)]
mod tests;
