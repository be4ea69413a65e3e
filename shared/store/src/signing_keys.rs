//! Signing keys: the public half, and where KMS holds the other.
//!
//! A *scope* is `default` (one set of keys for the deployment) or an organisation's id (keys of its own). A key is never removed:
//! a retired one stays published, so that what it signed keeps verifying; a compromised one is published as revoked.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use badge::organisation::VcJwt;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use proof::keys::{Algorithm, PublicKey};
use serde::{Deserialize, Serialize};

/// The scope of a deployment's own keys.
pub const DEFAULT_SCOPE: &str = "default";

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPurpose {
    /// Embedded proofs (`eddsa-rdfc-2022`): Ed25519.
    DataIntegrity,
    /// VC-JWT by `ES256`: P-256.
    JwtEs256,
    /// VC-JWT by `RS256`: RSA.
    JwtRs256,
}

impl KeyPurpose {
    /// What a public key of this kind is for.
    #[must_use]
    pub fn of(key: &PublicKey) -> Option<Self> {
        match key.algorithm() {
            Algorithm::Ed25519 => Some(Self::DataIntegrity),
            Algorithm::EcdsaP256Sha256 => Some(Self::JwtEs256),
            Algorithm::RsaPkcs1Sha256 => Some(Self::JwtRs256),
            Algorithm::EcdsaP384Sha384 => None,
        }
    }

    /// Which key the compact form of an organisation's credentials needs.
    #[must_use]
    pub fn of_vc_jwt(form: VcJwt) -> Option<Self> {
        match form {
            VcJwt::None => None,
            VcJwt::Es256 => Some(Self::JwtEs256),
            VcJwt::Rs256 => Some(Self::JwtRs256),
        }
    }
}

/// Whether a key still signs, and whether what it signed may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum KeyState {
    /// Signs.
    Active,
    /// Signs no more; its signatures hold.
    Retired {
        /// Since when.
        since: Timestamp,
    },
    /// Somebody else may have it; its signatures hold no more.
    Compromised {
        /// Since when.
        since: Timestamp,
    },
}

/// A signing key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SigningKey {
    /// Its name: the SHA-256 thumbprint of its JWK (RFC 7638).
    pub kid: String,
    /// `default` or an organisation's id.
    pub scope: String,
    /// What it signs.
    pub purpose: KeyPurpose,
    /// The KMS key's ARN.
    pub arn: String,
    /// The public half.
    #[serde(with = "spki")]
    pub public: PublicKey,
    /// Whether it still signs.
    #[serde(flatten)]
    pub state: KeyState,
    /// When it was registered.
    pub created_at: Timestamp,
}

mod spki {
    use super::{PublicKey, STANDARD};
    use base64::Engine as _;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(key: &PublicKey, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(key.to_spki_der()))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PublicKey, D::Error> {
        let text = String::deserialize(from)?;
        let der = STANDARD.decode(text).map_err(D::Error::custom)?;
        PublicKey::from_spki_der(&der).map_err(D::Error::custom)
    }
}

/// The newest active key for a purpose.
#[must_use]
pub fn active(keys: &[SigningKey], purpose: KeyPurpose) -> Option<&SigningKey> {
    keys.iter().filter(|key| key.purpose == purpose && key.state == KeyState::Active).max_by_key(|key| key.created_at)
}

impl Store {
    /// Registers a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when this scope has it already.
    pub async fn add_signing_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        self.put(Item::at(&key::signing_key(&key.scope, &key.kid)).doc(key)?, Expect::Absent).await
    }

    /// Writes a key's new state over its old one.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn update_signing_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        self.put(Item::at(&key::signing_key(&key.scope, &key.kid)).doc(key)?, Expect::Anything).await
    }

    /// All keys of a scope, whatever their state, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn signing_keys(&self, scope: &str) -> Result<Vec<SigningKey>, StoreError> {
        let items = self.query(key::KEYS_PARTITION, &key::keys_prefix(scope), None).await?;
        let mut keys = items.iter().map(Item::get_doc).collect::<Result<Vec<SigningKey>, _>>()?;
        keys.sort_by_key(|key| key.created_at);
        Ok(keys)
    }
}
