//! Uploaded lists of recipients. The file itself lies in the bucket; both are forgotten after [`LIFE`], since they are full of
//! addresses.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use aws_sdk_dynamodb::types::AttributeValue;
use badge::{BadgeId, ClientId, EventId, ImportId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How long an upload is kept; the bucket's lifecycle rule says the same.
pub const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An uploaded list of recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// Which badge it is for.
    pub badge: BadgeId,
    /// The zone in which its dates end (IANA name).
    pub time_zone: String,
    /// Rows that can be issued to.
    pub good: u32,
    /// Rows that cannot.
    pub bad: u32,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// The event it was issued as, once it was.
    #[serde(skip)]
    pub event: Option<EventId>,
}

impl Store {
    /// Keeps an uploaded list, file first.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be kept.
    pub async fn add_import(&self, client: &ClientId, import: &Import, file: Vec<u8>) -> Result<(), StoreError> {
        self.put_private_object(&key::import_object(client, &import.id), "text/csv", file).await?;
        let ttl = import.created_at.checked_add(LIFE).unwrap_or(Timestamp::MAX);
        let item = Item::at(&key::import(client, &import.id)).doc(import)?.number("ttl", ttl.as_second());
        self.put(item, Expect::New).await
    }

    /// An organisation's uploaded list, if there is one of this id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn import(&self, client: &ClientId, import: &ImportId) -> Result<Option<Import>, StoreError> {
        let Some(item) = self.get(&key::import(client, import)).await? else { return Ok(None) };
        let mut import: Import = item.get_doc()?;
        import.event = item.get_text("event").ok().and_then(|event| event.parse().ok());
        Ok(Some(import))
    }

    /// Its file.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub async fn import_file(&self, client: &ClientId, import: &ImportId) -> Result<Option<Vec<u8>>, StoreError> {
        self.object(&key::import_object(client, import)).await
    }

    /// Records as which event a list was issued.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the list was forgotten meanwhile.
    pub async fn note_import_event(
        &self,
        client: &ClientId,
        import: &ImportId,
        event: &EventId,
    ) -> Result<(), StoreError> {
        let values = HashMap::from([(":event".to_owned(), AttributeValue::S(event.to_string()))]);
        self.update(&key::import(client, import), "SET event = :event", Some("attribute_exists(pk)"), values).await
    }
}
