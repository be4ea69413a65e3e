//! What holders let the public see. A record of its own beside the credential, which is written once.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use badge::{CredentialId, Visibility};

impl Store {
    /// What the public may see of a credential; nothing as long as its holder said nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn visibility(&self, credential: &CredentialId) -> Result<Visibility, StoreError> {
        let item = self.get(&key::visibility(credential)).await?;
        Ok(item.as_ref().map(Item::get_doc).transpose()?.unwrap_or_default())
    }

    /// Keeps what the public may see from now on. Whoever calls this has made sure that its holder asks.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn put_visibility(&self, credential: &CredentialId, visibility: Visibility) -> Result<(), StoreError> {
        self.put(Item::at(&key::visibility(credential)).doc(&visibility)?, Expect::Anything).await
    }
}
