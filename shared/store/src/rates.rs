//! What somebody did in an hour, and proofs of work that were handed in: small records that expire.

use crate::client::{Expect, Store, StoreError, key_map, unavailable};
use crate::item::{Item, number};
use crate::key;
use badge::FormId;
use jiff::Timestamp;

/// Seconds after which a counter of an hour is forgotten.
const COUNTER_LIFE_SECONDS: i64 = 2 * 3_600;

impl Store {
    /// Counts one more under a key of one hour ([`application::abuse::rate_key`]); whether it was within `max`.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be counted.
    pub async fn count_rate(&self, rate: &str, max: u32, now: Timestamp) -> Result<bool, StoreError> {
        let counted = self
            .dynamo()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key_map(&key::rate(rate))))
            .update_expression("ADD used :one SET #ttl = :ttl")
            .condition_expression("attribute_not_exists(used) OR used < :max")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":max", number(max))
            .expression_attribute_values(":ttl", number(now.as_second() + COUNTER_LIFE_SECONDS))
            .send()
            .await;
        match counted.map_err(|e| unavailable("UpdateItem", &e)) {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes a proof of work; whether it is taken for the first time. `until`: when it would not be taken any more anyway.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be recorded.
    pub async fn spend(&self, form: &FormId, nonce: &str, until: Timestamp) -> Result<bool, StoreError> {
        let item = Item::at(&key::form_spent(form, nonce)).number("ttl", until.as_second());
        match self.put(item, Expect::Absent).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
