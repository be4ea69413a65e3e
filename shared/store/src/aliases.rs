//! Aliases of organisations. What was issued keeps the alias as it was (`Event::alias`), so one may be changed and removed.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use badge::{Alias, AliasId, ClientId};

impl Store {
    /// Records a new alias.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn add_alias(&self, client: &ClientId, alias: &Alias) -> Result<(), StoreError> {
        self.put(Item::at(&key::alias(client, &alias.id)).doc(alias)?, Expect::Absent).await
    }

    /// Writes an alias over its former self.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn update_alias(&self, client: &ClientId, alias: &Alias) -> Result<(), StoreError> {
        self.put(Item::at(&key::alias(client, &alias.id)).doc(alias)?, Expect::Anything).await
    }

    /// Removes an alias.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id.
    pub async fn remove_alias(&self, client: &ClientId, alias: &AliasId) -> Result<(), StoreError> {
        self.delete(&key::alias(client, alias)).await
    }

    /// An organisation's alias, if it has one of this id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn alias(&self, client: &ClientId, alias: &AliasId) -> Result<Option<Alias>, StoreError> {
        self.get(&key::alias(client, alias)).await?.map(|item| item.get_doc()).transpose()
    }

    /// An organisation's aliases, in order of id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn aliases(&self, client: &ClientId) -> Result<Vec<Alias>, StoreError> {
        let items = self.query(&key::organisation_partition(client), key::ALIASES, None).await?;
        items.iter().map(Item::get_doc).collect()
    }
}
