//! Seals: the certificates of the keys that seal PDF badges, and what became of each.
//!
//! A record is of a certificate, not of a key: one key may first have a certificate of its own making and later one of an
//! authority's. None is ever removed: what a retired one sealed stays genuine, and of a compromised one everybody must know.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use crate::signing_keys::KeyState;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A certificate whose key seals, or has sealed, PDF badges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// SHA-256 of the certificate's DER.
    #[serde(with = "fingerprint")]
    pub fingerprint: [u8; 32],
    /// Whose seal it is, for people.
    pub name: String,
    /// The ARN of the KMS key.
    pub arn: String,
    /// The certificate (X.509, DER).
    #[serde(with = "der")]
    pub certificate: Vec<u8>,
    /// Whether it still seals, and whether what it sealed may be believed.
    #[serde(flatten)]
    pub state: KeyState,
    /// From when it seals.
    pub created_at: Timestamp,
}

impl Seal {
    /// Until when it sealed; none while it still does.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        match self.state {
            KeyState::Active => None,
            KeyState::Retired { since } | KeyState::Compromised { since } => Some(since),
        }
    }
}

mod fingerprint {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(String::deserialize(from)?, &mut bytes).map_err(D::Error::custom)?;
        Ok(bytes)
    }
}

mod der {
    use super::STANDARD;
    use base64::Engine as _;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl Store {
    /// Registers a seal.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is registered already.
    pub async fn add_seal(&self, seal: &Seal) -> Result<(), StoreError> {
        self.put(Item::at(&key::seal(&hex::encode(seal.fingerprint))).doc(seal)?, Expect::New).await
    }

    /// Writes a seal's new state over its old one.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn update_seal(&self, seal: &Seal) -> Result<(), StoreError> {
        self.put(Item::at(&key::seal(&hex::encode(seal.fingerprint))).doc(seal)?, Expect::Anything).await
    }

    /// All seals, whatever their state, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn seals(&self) -> Result<Vec<Seal>, StoreError> {
        let items = self.query(key::SEALS_PARTITION, "", None).await?;
        let mut seals = items.iter().map(Item::get_doc).collect::<Result<Vec<Seal>, _>>()?;
        seals.sort_by_key(|seal| seal.created_at);
        Ok(seals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(number: u8, state: KeyState) -> Seal {
        Seal {
            fingerprint: [number; 32],
            name: "Example".into(),
            arn: "arn:aws:kms:us-east-1:1:key/1".into(),
            certificate: vec![number, 0xff],
            state,
            created_at: Timestamp::from_second(i64::from(number)).unwrap(),
        }
    }

    #[test]
    fn a_seal_is_read_as_it_was_written() {
        let since = Timestamp::from_second(9).unwrap();
        for state in [KeyState::Active, KeyState::Retired { since }, KeyState::Compromised { since }] {
            let written = seal(7, state);
            let text = serde_json::to_string(&written).unwrap();
            assert!(text.contains(&"07".repeat(32)) && text.contains("\"B/8=\""), "{text}");
            assert_eq!(serde_json::from_str::<Seal>(&text).unwrap(), written);
            assert_eq!(written.until().is_none(), state == KeyState::Active);
        }
    }
}
