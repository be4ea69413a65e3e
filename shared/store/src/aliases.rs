//! Aliases of organisations. What was issued keeps the alias as it was (`Event::alias`), so one may be changed and hidden.

use crate::client::{Expect, Store, StoreError};
use crate::item::{Item, number};
use crate::key;
use badge::plan::Limit;
use badge::{Alias, AliasId, ClientId};
use jiff::Timestamp;
use std::collections::HashMap;

impl Store {
    /// Records a new alias.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn add_alias(&self, client: &ClientId, alias: &Alias, limit: Option<Limit>) -> Result<(), StoreError> {
        let put = self.transact_put(Item::at(&key::alias(client, &alias.id)).doc(alias)?, Expect::Absent)?;
        self.transact_one_more(client, limit, vec![put], alias.created_at).await
    }

    /// Writes an alias over its former self.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn update_alias(&self, client: &ClientId, alias: &Alias) -> Result<(), StoreError> {
        self.put(Item::at(&key::alias(client, &alias.id)).doc(alias)?, Expect::Anything).await
    }

    /// Hides an alias from its organisation. Its public profile stays, because what was issued under it refers to it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id, or it is hidden already.
    pub async fn remove_alias(&self, client: &ClientId, alias: &AliasId, now: Timestamp) -> Result<(), StoreError> {
        let values = HashMap::from([(":now".to_owned(), number(now.as_second()))]);
        let condition = "attribute_exists(pk) AND attribute_not_exists(deleted_at)";
        self.update(&key::alias(client, alias), "SET deleted_at = :now", Some(condition), values).await
    }

    /// An organisation's alias, if it has one of this id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn alias(&self, client: &ClientId, alias: &AliasId) -> Result<Option<Alias>, StoreError> {
        self.get(&key::alias(client, alias)).await?.filter(is_there).map(|item| item.get_doc()).transpose()
    }

    /// An alias as the public sees it: hidden ones too.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn public_alias(&self, client: &ClientId, alias: &AliasId) -> Result<Option<Alias>, StoreError> {
        self.get(&key::alias(client, alias)).await?.map(|item| item.get_doc()).transpose()
    }

    /// An organisation's aliases, in order of id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn aliases(&self, client: &ClientId) -> Result<Vec<Alias>, StoreError> {
        let items = self.query(&key::organisation_partition(client), key::ALIASES, None).await?;
        items.iter().filter(|item| is_there(item)).map(Item::get_doc).collect()
    }
}

fn is_there(item: &Item) -> bool {
    item.find_time("deleted_at").is_none()
}
