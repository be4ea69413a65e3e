//! Organisations.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use aws_lc_rs::hmac;
use aws_sdk_dynamodb::types::AttributeValue;
use badge::plan::Tier;
use badge::{Brand, ClientId, EmailAddress, Organisation};
use std::collections::HashMap;

/// An organisation, with what only the platform needs to know of it.
#[derive(Debug, Clone)]
pub struct StoredOrganisation {
    /// The organisation.
    pub organisation: Organisation,
    /// Which keys sign for it: `default`, or its own id.
    pub key_scope: String,
    /// The plan that the operator gave it, if any.
    pub tier: Option<Tier>,
    /// Whether some system of theirs wants to be told what happens ([`crate::webhooks`]).
    pub has_webhooks: bool,
    mail_secret: [u8; 32],
}

impl StoredOrganisation {
    /// The name under which an address stands in this organisation's indexes: an HMAC of its lower-case form.
    #[must_use]
    pub fn mail_hmac(&self, address: &EmailAddress) -> String {
        hex::encode(self.mail_tag(address))
    }

    pub(crate) fn mail_tag(&self, address: &EmailAddress) -> [u8; 16] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.mail_secret);
        let mut tag = [0; 16];
        tag.copy_from_slice(&hmac::sign(&key, address.folded().as_bytes()).as_ref()[..16]);
        tag
    }
}

impl Store {
    /// Records a new organisation. `mail_secret` is 256 random bits.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn create_organisation(
        &self,
        organisation: &Organisation,
        key_scope: &str,
        mail_secret: [u8; 32],
    ) -> Result<(), StoreError> {
        let item = Item::at(&key::organisation(&organisation.id))
            .doc(organisation)?
            .text("key_scope", key_scope)
            .bytes("mail_secret", mail_secret);
        let row = Item::at(&key::organisation_row(&organisation.id));
        let writes = vec![self.transact_put(item, Expect::Absent)?, self.transact_put(row, Expect::Anything)?];
        self.transact(writes).await
    }

    /// Organisations of this deployment behind `after`, by their ids, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn organisations(
        &self,
        after: Option<&ClientId>,
        limit: usize,
    ) -> Result<Vec<StoredOrganisation>, StoreError> {
        // An id is of letters and digits, which lie between the two.
        let (after, before) = (after.map_or("!", ClientId::as_str), "~");
        let rows = self.query_between(key::ORGANISATIONS_PARTITION, after, before, limit).await?;
        let client = |row: &Item| row.get_text("sk")?.parse::<ClientId>().map_err(|_| StoreError::Corrupt("sk"));
        let keys =
            rows.iter().map(|row| Ok(key::organisation(&client(row)?))).collect::<Result<Vec<_>, StoreError>>()?;
        let mut found = self.get_whole(&keys).await?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        found.sort_by(|a, b| a.organisation.id.as_str().cmp(b.organisation.id.as_str()));
        Ok(found)
    }

    /// Writes what an organisation changed of itself; what only the platform needs to know of it stays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id.
    pub async fn update_organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        let doc = serde_json::to_string(organisation).map_err(|_| StoreError::Corrupt("organisation"))?;
        let values = HashMap::from([(":doc".to_owned(), AttributeValue::S(doc))]);
        let key = key::organisation(&organisation.id);
        self.update(&key, "SET doc = :doc", Some("attribute_exists(pk)"), values).await
    }

    /// An organisation, if there is one of this id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn organisation(&self, client: &ClientId) -> Result<Option<StoredOrganisation>, StoreError> {
        self.get(&key::organisation(client)).await?.as_ref().map(read).transpose()
    }

    /// Gives an organisation a plan of its own, or the deployment's default again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is no such organisation.
    pub async fn set_tier(&self, client: &ClientId, tier: Option<Tier>) -> Result<(), StoreError> {
        let key = key::organisation(client);
        let update = if tier.is_some() { "SET tier = :tier" } else { "REMOVE tier" };
        let values = tier.map(|tier| (":tier".to_owned(), AttributeValue::S(tier.name().to_owned())));
        self.update(&key, update, Some("attribute_exists(pk)"), values.into_iter().collect()).await
    }

    /// How an organisation's PDF badges look; what everybody begins with, unless it chose otherwise.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn brand(&self, client: &ClientId) -> Result<Brand, StoreError> {
        Ok(self.get(&key::brand(client)).await?.as_ref().map(Item::get_doc).transpose()?.unwrap_or_default())
    }

    /// Keeps how an organisation's PDF badges look from now on.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn put_brand(&self, client: &ClientId, brand: &Brand) -> Result<(), StoreError> {
        self.put(Item::at(&key::brand(client)).doc(brand)?, Expect::Anything).await
    }
}

pub(crate) fn read(item: &Item) -> Result<StoredOrganisation, StoreError> {
    Ok(StoredOrganisation {
        organisation: item.get_doc()?,
        key_scope: item.get_text("key_scope")?.to_owned(),
        tier: item.get_text("tier").ok().and_then(Tier::from_name),
        has_webhooks: item.find_number::<u8>("hooks").is_some_and(|hooks| hooks > 0),
        mail_secret: item.get_secret("mail_secret")?,
    })
}
