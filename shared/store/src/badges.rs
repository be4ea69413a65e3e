//! Badge definitions. Versions are kept for ever; deleting a badge only hides it, because what was issued refers to it.

use crate::client::{Expect, Store, StoreError};
use crate::item::{Item, number};
use crate::key;
use aws_sdk_dynamodb::types::AttributeValue;
use badge::definition::Badge;
use badge::plan::Limit;
use badge::{BadgeId, ClientId};
use jiff::Timestamp;
use std::collections::HashMap;

impl Store {
    /// Records a new badge: its first version, its row in the organisation's list, and whose it is. All or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn create_badge(&self, badge: &Badge, limit: Option<Limit>) -> Result<(), StoreError> {
        let head = Item::at(&key::badge_head(&badge.id))
            .text("client", badge.client.as_str())
            .number("version", badge.version);
        let head = if badge.definition.draft { head } else { head.number("published", badge.version) };
        let writes = vec![
            self.transact_put(head, Expect::Absent)?,
            self.transact_put(version(badge)?, Expect::Absent)?,
            self.transact_put(row(badge)?, Expect::Absent)?,
        ];
        self.transact_one_more(&badge.client, limit, writes, badge.created_at).await
    }

    /// Records the next version of a badge, provided nobody else did so meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when `badge.version` is not the one after the current, or the badge was deleted.
    pub async fn update_badge(&self, badge: &Badge) -> Result<(), StoreError> {
        let values =
            HashMap::from([(":new".to_owned(), number(badge.version)), (":old".to_owned(), number(badge.version - 1))]);
        let set = if badge.definition.draft { "SET version = :new" } else { "SET version = :new, published = :new" };
        let head = self.transact_update(
            &key::badge_head(&badge.id),
            set,
            "version = :old AND attribute_not_exists(deleted_at)",
            values,
        )?;
        self.transact(vec![
            head,
            self.transact_put(version(badge)?, Expect::Absent)?,
            self.transact_put(row(badge)?, Expect::Anything)?,
        ])
        .await
    }

    /// Hides a badge from its organisation. Its versions, events and credentials stay.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is no such badge or it is hidden already.
    pub async fn delete_badge(&self, client: &ClientId, badge: &BadgeId, now: Timestamp) -> Result<(), StoreError> {
        let values = HashMap::from([
            (":now".to_owned(), number(now.as_second())),
            (":client".to_owned(), AttributeValue::S(client.to_string())),
        ]);
        let head = self.transact_update(
            &key::badge_head(badge),
            "SET deleted_at = :now",
            "client = :client AND attribute_not_exists(deleted_at)",
            values,
        )?;
        let row = self.transact_delete(&key::badge_row(client, badge), None)?;
        self.transact(vec![head, row]).await
    }

    /// An organisation's badge in its current version; none when it is another's, deleted, or was never there.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn badge(&self, client: &ClientId, badge: &BadgeId) -> Result<Option<Badge>, StoreError> {
        self.get(&key::badge_row(client, badge)).await?.map(|item| item.get_doc()).transpose()
    }

    /// All badges of an organisation, in order of id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn badges(&self, client: &ClientId) -> Result<Vec<Badge>, StoreError> {
        let items = self.query(&key::organisation_partition(client), key::BADGES, None).await?;
        items.iter().map(Item::get_doc).collect()
    }

    /// All versions of a badge, whosever it is, the first one first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn badge_versions(&self, badge: &BadgeId) -> Result<Vec<Badge>, StoreError> {
        let items = self.query(&key::badge_head(badge).pk, key::VERSIONS, None).await?;
        items.iter().map(Item::get_doc).collect()
    }

    /// A badge in one of its versions, also when it was deleted since.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn badge_version(&self, badge: &BadgeId, version: u32) -> Result<Option<Badge>, StoreError> {
        self.get_settled(&key::badge_version(badge, version)).await?.map(|item| item.get_doc()).transpose()
    }

    /// A badge as the public sees it, whosever it is: its newest version that is no draft, or its newest one when it never was
    /// anything else. Deleted ones too, as the public may still hold credentials of it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn public_badge(&self, badge: &BadgeId) -> Result<Option<Badge>, StoreError> {
        let Some(head) = self.get(&key::badge_head(badge)).await? else { return Ok(None) };
        let version = head.find_number("published").unwrap_or(head.get_number("version")?);
        self.badge_version(badge, version).await
    }
}

fn version(badge: &Badge) -> Result<Item, StoreError> {
    Item::at(&key::badge_version(&badge.id, badge.version)).doc(badge)
}

fn row(badge: &Badge) -> Result<Item, StoreError> {
    Item::at(&key::badge_row(&badge.client, &badge.id)).doc(badge)
}
