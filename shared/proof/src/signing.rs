//! The seam to whoever holds the private key: bytes go out, a signature comes back.
//!
//! Nothing in this crate signs. A draft hands out a [`SigningInput`]; the holder of the key (KMS in production) answers;
//! the draft takes the signature back and checks it before it lets the result out.

use aws_lc_rs::digest;

use crate::keys::{Algorithm, KeyError, P256Point, P384Point, der_to_fixed};

/// Bytes to sign, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningInput {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

/// What to send to KMS `Sign`: `Message`, `MessageType` and `SigningAlgorithm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsMessage {
    /// The message itself, or its digest.
    pub bytes: Vec<u8>,
    /// `false`: `MessageType=RAW`; `true`: `MessageType=DIGEST`.
    pub is_digest: bool,
    /// Which algorithm to ask for ([`Algorithm::kms_name`]).
    pub algorithm: Algorithm,
}

impl SigningInput {
    /// `bytes` is the message, never a digest of it.
    #[must_use]
    pub const fn new(algorithm: Algorithm, bytes: Vec<u8>) -> Self {
        Self { algorithm, bytes }
    }

    /// The algorithm to sign with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The message to sign.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The request to KMS. ECDSA and RSA send the digest, because a raw message may not exceed 4096 bytes there and a
    /// VC-JWT does; Ed25519 has no digest form, so its message goes out whole (a Data Integrity input has 64 bytes).
    #[must_use]
    pub fn kms_message(&self) -> KmsMessage {
        let hash = |algorithm| digest::digest(algorithm, &self.bytes).as_ref().to_vec();
        let (bytes, is_digest) = match self.algorithm {
            Algorithm::Ed25519 => (self.bytes.clone(), false),
            Algorithm::EcdsaP256Sha256 | Algorithm::RsaPkcs1Sha256 => (hash(&digest::SHA256), true),
            Algorithm::EcdsaP384Sha384 => (hash(&digest::SHA384), true),
        };
        KmsMessage { bytes, is_digest, algorithm: self.algorithm }
    }
}

impl KmsMessage {
    /// Turns KMS's answer into the signature a draft takes: ECDSA from DER to `r ‖ s`, the others as they are.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if an ECDSA answer is not strict DER.
    pub fn signature(&self, answer: &[u8]) -> Result<Vec<u8>, KeyError> {
        signature_from_kms(self.algorithm, answer)
    }
}

/// See [`KmsMessage::signature`].
///
/// # Errors
/// [`KeyError::Malformed`] if an ECDSA answer is not strict DER.
pub fn signature_from_kms(algorithm: Algorithm, answer: &[u8]) -> Result<Vec<u8>, KeyError> {
    match algorithm {
        Algorithm::EcdsaP256Sha256 => der_to_fixed(answer, P256Point::COORDINATE_BYTES),
        Algorithm::EcdsaP384Sha384 => der_to_fixed(answer, P384Point::COORDINATE_BYTES),
        Algorithm::Ed25519 | Algorithm::RsaPkcs1Sha256 => Ok(answer.to_vec()),
    }
}
