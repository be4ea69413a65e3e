//! API secrets. The secret itself is shown once and never kept: a record holds its SHA-256.
//!
//! A plain hash is enough because a secret is 256 random bits, not a word a person chose: there is nothing to guess from.
//! A secret begins with the id of its record, so that an organisation may have several alive at once and each is found by one read.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use aws_lc_rs::digest;
use badge::ClientId;
use badge::plan::Limit;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Letters and digits of a secret that name its record.
const ID_CHARS: usize = 12;

/// What the bearer of a credential may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything in the organisation.
    Admin,
    /// Make and change badges.
    Creator,
    /// Issue and revoke.
    Issuer,
    /// Decide on applications.
    Reviewer,
}

impl Role {
    /// Its name in tokens and requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Creator => "creator",
            Self::Issuer => "issuer",
            Self::Reviewer => "reviewer",
        }
    }
}

/// One API secret of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSecret {
    /// Names this record; the secret's first letters.
    pub id: String,
    /// What it is for, in the organisation's words.
    pub label: String,
    /// What its bearer may do.
    pub roles: Vec<Role>,
    /// When it was made.
    pub created_at: Timestamp,
    /// SHA-256 of the secret, lower-case hexadecimal.
    hash: String,
}

fn hash(secret: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, secret.as_bytes()))
}

/// A new secret out of 256 random bits, and its record. Letters and digits only: existing clients allow nothing else.
#[must_use]
pub fn new_secret(random: [u8; 32], label: &str, roles: Vec<Role>, created_at: Timestamp) -> (String, StoredSecret) {
    let secret = hex::encode(random);
    let id = secret[..ID_CHARS].to_owned();
    let stored = StoredSecret { id, label: label.to_owned(), roles, created_at, hash: hash(&secret) };
    (secret, stored)
}

impl StoredSecret {
    /// Whether this is the record of `secret`, told in constant time.
    #[must_use]
    pub fn is_of(&self, secret: &str) -> bool {
        proof::identity::equal_in_constant_time(self.hash.as_bytes(), hash(secret).as_bytes())
    }
}

impl Store {
    /// Records a new secret.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn add_secret(
        &self,
        client: &ClientId,
        secret: &StoredSecret,
        limit: Option<Limit>,
    ) -> Result<(), StoreError> {
        let put = self.transact_put(Item::at(&key::secret(client, &secret.id)).doc(secret)?, Expect::Absent)?;
        self.transact_one_more(client, limit, vec![put], secret.created_at).await
    }

    /// An organisation's secrets, hashed.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn secrets(&self, client: &ClientId) -> Result<Vec<StoredSecret>, StoreError> {
        let items = self.query(&key::secrets_partition(client), "", None).await?;
        items.iter().map(Item::get_doc).collect()
    }

    /// Takes a secret back. Tokens it was given for end by themselves, within an hour.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id.
    pub async fn remove_secret(&self, client: &ClientId, id: &str) -> Result<(), StoreError> {
        self.delete(&key::secret(client, id)).await
    }

    /// The record of a secret that someone presents, if it is one of this organisation's.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn find_secret(&self, client: &ClientId, secret: &str) -> Result<Option<StoredSecret>, StoreError> {
        let Some(id) = secret.get(..ID_CHARS).filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric())) else {
            return Ok(None);
        };
        let Some(item) = self.get(&key::secret(client, id)).await? else { return Ok(None) };
        let stored: StoredSecret = item.get_doc()?;
        Ok(Some(stored).filter(|s| s.is_of(secret)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_fits_its_record() {
        let (secret, stored) = new_secret([5; 32], "first", vec![Role::Admin], Timestamp::UNIX_EPOCH);
        assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric()) && secret.starts_with(&stored.id));
        assert!(stored.is_of(&secret));
        assert!(!stored.is_of(&secret.replace('5', "6")));
        assert!(!serde_json::to_string(&stored).unwrap().contains(&secret));
    }
}
