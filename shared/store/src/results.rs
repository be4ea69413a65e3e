//! Reports of the validator's that somebody asked to be kept, so that they can be shown to others. The file is not kept.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use badge::ResultId;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long a report is kept.
pub const RESULT_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Store {
    /// Keeps a report until `now` and [`RESULT_LIFE`].
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn keep_result(&self, id: &ResultId, report: &impl Serialize, now: Timestamp) -> Result<(), StoreError> {
        let until = now.checked_add(RESULT_LIFE).map_err(|_| StoreError::Corrupt("life of a result"))?;
        let item = Item::at(&key::result(id)).doc(report)?.number("ttl", until.as_second());
        self.put(item, Expect::New).await
    }

    /// A kept report, and until when it is there. The table may take its time to forget it; this does not.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn result<T: DeserializeOwned>(
        &self,
        id: &ResultId,
        now: Timestamp,
    ) -> Result<Option<(T, Timestamp)>, StoreError> {
        let Some(item) = self.get(&key::result(id)).await? else { return Ok(None) };
        let until = item.find_time("ttl").ok_or(StoreError::Corrupt("ttl"))?;
        if until <= now {
            return Ok(None);
        }
        Ok(Some((item.get_doc()?, until)))
    }
}
