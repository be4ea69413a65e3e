//! Signature algorithms as X.509 and CMS name them, and the arithmetic behind the names.

use aws_lc_rs::{digest, signature};
use proof::keys::{Algorithm, PublicKey};

use crate::{
    der::{self, Malformed, Reader},
    oids,
};

/// A digest that signatures here are made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// Reads an AlgorithmIdentifier, whose parameters are absent or NULL (RFC 5754 §2).
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        let (oid, parameters) = algorithm(reader)?;
        if !parameters.is_empty() && parameters != [der::NULL, 0] {
            return Err(Malformed);
        }
        Ok(match oid {
            oids::SHA256 => Some(Self::Sha256),
            oids::SHA384 => Some(Self::Sha384),
            oids::SHA512 => Some(Self::Sha512),
            _ => None,
        })
    }

    /// The digest of the parts, one after the other.
    pub(crate) fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = digest::Context::new(match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        });
        parts.iter().for_each(|part| context.update(part));
        #[cfg(test)]
        count(parts);
        context.finish().as_ref().to_vec()
    }
}

/// SHA-256 of the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    #[cfg(test)]
    count(parts);
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
std::thread_local! {
    static HASHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
fn count(parts: &[&[u8]]) {
    HASHED.with(|hashed| hashed.set(hashed.get() + parts.iter().map(|part| part.len()).sum::<usize>()));
}

/// How many bytes this thread has made digests of.
#[cfg(test)]
pub(crate) fn hashed() -> usize {
    HASHED.with(std::cell::Cell::get)
}

/// An algorithm of a signature: the arithmetic, and the digest if the name says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Ecdsa(Digest),
    Rsa(Option<Digest>),
}

impl Scheme {
    /// Reads an AlgorithmIdentifier; `None` for one that is not known here.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        let (oid, parameters) = algorithm(reader)?;
        let scheme = match oid {
            oids::ECDSA_SHA256 => Self::Ecdsa(Digest::Sha256),
            oids::ECDSA_SHA384 => Self::Ecdsa(Digest::Sha384),
            oids::RSA => Self::Rsa(None),
            oids::RSA_SHA256 => Self::Rsa(Some(Digest::Sha256)),
            oids::RSA_SHA384 => Self::Rsa(Some(Digest::Sha384)),
            oids::RSA_SHA512 => Self::Rsa(Some(Digest::Sha512)),
            _ => return Ok(None),
        };
        // RFC 5758 §3.2: absent with ECDSA. RFC 4055 §5: NULL with RSA; widely left out.
        match (scheme, parameters) {
            (_, []) | (Self::Rsa(_), [der::NULL, 0]) => Ok(Some(scheme)),
            _ => Err(Malformed),
        }
    }

    /// Whether `signature` (ECDSA in DER) is `key`'s over `message`. `digest` is the one named beside the signature, and
    /// must not contradict the scheme's.
    pub(crate) fn verify(self, digest: Option<Digest>, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        let (Self::Ecdsa(own) | Self::Rsa(Some(own))) = self.with(digest) else { return false };
        if digest.is_some_and(|digest| digest != own) {
            return false;
        }
        match (self, key, own) {
            (Self::Ecdsa(_), PublicKey::P256(point), Digest::Sha256) => {
                ecdsa(&signature::ECDSA_P256_SHA256_FIXED, 32, point.uncompressed(), message, signature)
            }
            (Self::Ecdsa(_), PublicKey::P384(point), Digest::Sha384) => {
                ecdsa(&signature::ECDSA_P384_SHA384_FIXED, 48, point.uncompressed(), message, signature)
            }
            (Self::Rsa(_), PublicKey::Rsa(key), digest) => {
                let algorithm = match digest {
                    Digest::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    Digest::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Digest::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                };
                signature::UnparsedPublicKey::new(algorithm, key.to_pkcs1_der()).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }

    const fn with(self, digest: Option<Digest>) -> Self {
        match self {
            Self::Rsa(None) => Self::Rsa(digest),
            other => other,
        }
    }
}

fn ecdsa(
    algorithm: &'static signature::EcdsaVerificationAlgorithm,
    coordinate: usize,
    point: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    // The one DER text of a signature, then the arithmetic.
    proof::keys::der_to_fixed(signature, coordinate)
        .is_ok_and(|fixed| signature::UnparsedPublicKey::new(algorithm, point).verify(message, &fixed).is_ok())
}

/// An AlgorithmIdentifier (RFC 5280 §4.1.1.2): its OID, and whatever follows it.
fn algorithm<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], &'a [u8]), Malformed> {
    let mut inner = reader.enter(der::SEQUENCE)?;
    Ok((inner.read(der::OID)?, inner.rest()))
}

/// The AlgorithmIdentifier of signatures by keys of a seal; `None` for keys that seal nothing.
pub(crate) fn identifier(algorithm: Algorithm) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::EcdsaP256Sha256 => Some(der::sequence(&[&der::oid(oids::ECDSA_SHA256)])),
        Algorithm::RsaPkcs1Sha256 => Some(der::sequence(&[&der::oid(oids::RSA_SHA256), &[der::NULL, 0]])),
        Algorithm::Ed25519 | Algorithm::EcdsaP384Sha384 => None,
    }
}

/// A signature as drafts take it (ECDSA: `r ‖ s`), in the form X.509 and CMS write (ECDSA: DER).
pub(crate) fn to_der(algorithm: Algorithm, signature: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::EcdsaP256Sha256 => proof::keys::fixed_to_der(signature).ok(),
        _ => Some(signature.to_vec()),
    }
}
