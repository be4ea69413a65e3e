//! Key pairs in memory, for tests and benchmarks. Behind the feature `testing`, which no function enables: in production
//! every signature comes from KMS.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};

use crate::{
    keys::{Algorithm, KeyError, P256Point, P384Point, PublicKey, RsaPublicKey},
    signing::{SigningInput, signature_from_kms},
};

/// A key pair.
pub struct TestKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl TestKey {
    /// The Ed25519 key pair of a seed.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], which a 32-byte seed cannot cause.
    pub fn ed25519(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| MALFORMED)?;
        let public = PublicKey::Ed25519(pair.public_key().as_ref().try_into().map_err(|_| MALFORMED)?);
        Ok(Self { pair: Pair::Ed25519(pair), public })
    }

    /// The P-256 key pair of a private scalar.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if it is zero or not below the order, or `public_key` is not its point.
    pub fn p256(scalar: &[u8; 32], public_key: &[u8]) -> Result<Self, KeyError> {
        let public = P256Point::from_sec1(public_key)?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            scalar,
            public.uncompressed(),
        )
        .map_err(|_| MALFORMED)?;
        Ok(Self { pair: Pair::Ecdsa(pair), public: PublicKey::P256(public) })
    }

    /// A key pair from PKCS#8: Ed25519, P-256, P-384 or RSA, as `algorithm` says.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if it is not such a key.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        match algorithm {
            Algorithm::Ed25519 => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| MALFORMED)?;
                let public = PublicKey::Ed25519(pair.public_key().as_ref().try_into().map_err(|_| MALFORMED)?);
                Ok(Self { pair: Pair::Ed25519(pair), public })
            }
            Algorithm::EcdsaP256Sha256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8).map_err(|_| MALFORMED)?;
                let public = PublicKey::P256(P256Point::from_sec1(pair.public_key().as_ref())?);
                Ok(Self { pair: Pair::Ecdsa(pair), public })
            }
            Algorithm::EcdsaP384Sha384 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, pkcs8).map_err(|_| MALFORMED)?;
                let public = PublicKey::P384(P384Point::from_sec1(pair.public_key().as_ref())?);
                Ok(Self { pair: Pair::Ecdsa(pair), public })
            }
            Algorithm::RsaPkcs1Sha256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| MALFORMED)?;
                let public = PublicKey::Rsa(RsaPublicKey::from_pkcs1_der(pair.public_key().as_ref())?);
                Ok(Self { pair: Pair::Rsa(pair), public })
            }
        }
    }

    /// A fresh P-256 key pair.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if the random source fails.
    pub fn fresh_p256() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| MALFORMED)?;
        let public = PublicKey::P256(P256Point::from_sec1(pair.public_key().as_ref())?);
        Ok(Self { pair: Pair::Ecdsa(pair), public })
    }

    /// A fresh P-384 key pair.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if the random source fails.
    pub fn fresh_p384() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).map_err(|_| MALFORMED)?;
        let public = PublicKey::P384(P384Point::from_sec1(pair.public_key().as_ref())?);
        Ok(Self { pair: Pair::Ecdsa(pair), public })
    }

    /// A fresh RSA key pair of 2048 bits. Takes a noticeable part of a second.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if the random source fails.
    pub fn fresh_rsa() -> Result<Self, KeyError> {
        let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).map_err(|_| MALFORMED)?;
        let public = PublicKey::Rsa(RsaPublicKey::from_pkcs1_der(pair.public_key().as_ref())?);
        Ok(Self { pair: Pair::Rsa(pair), public })
    }

    /// Its public half.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs as KMS would: ECDSA answers DER.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if `input` asks for another algorithm.
    pub fn sign_like_kms(&self, input: &SigningInput) -> Result<Vec<u8>, KeyError> {
        if input.algorithm() != self.public.algorithm() {
            return Err(KeyError::Malformed("request: another algorithm than the key's"));
        }
        match &self.pair {
            Pair::Ed25519(pair) => Ok(pair.sign(input.bytes()).as_ref().to_vec()),
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&SystemRandom::new(), input.bytes()).map_err(|_| MALFORMED)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.bytes(), &mut signature)
                    .map_err(|_| MALFORMED)?;
                Ok(signature)
            }
        }
    }

    /// Signs, in the form that drafts take.
    ///
    /// # Errors
    /// As [`Self::sign_like_kms`].
    pub fn sign(&self, input: &SigningInput) -> Result<Vec<u8>, KeyError> {
        signature_from_kms(input.algorithm(), &self.sign_like_kms(input)?)
    }
}

const MALFORMED: KeyError = KeyError::Malformed("test key");
