//! What somebody did in an hour, and proofs of work that were handed in: small records that expire.

use crate::client::{Expect, Store, StoreError, held, key_map, unavailable};
use crate::forms::USED;
use crate::item::{Item, number};
use crate::key;
use crate::key::TableKey;
use badge::FormId;
use jiff::Timestamp;

/// Seconds after which a counter of an hour is forgotten.
const COUNTER_LIFE_SECONDS: i64 = 2 * 3_600;

/// A number in a record that goes up to an end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter<'a> {
    /// The record.
    pub(crate) key: &'a TableKey,
    /// The attribute.
    pub(crate) name: &'a str,
    /// What it may come to.
    pub(crate) max: u64,
    /// When the record may be forgotten, in Unix seconds. None: it is a part of another record, which must be there.
    pub(crate) ends: Option<i64>,
}

impl Store {
    /// Counts one more under a key of one hour ([`application::abuse::rate_key`]); whether it was within `max`.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be counted.
    pub async fn count_rate(&self, rate: &str, max: u32, now: Timestamp) -> Result<bool, StoreError> {
        let ends = Some(now.as_second() + COUNTER_LIFE_SECONDS);
        self.count_within(Counter { key: &key::rate(rate), name: USED, max: max.into(), ends }).await
    }

    /// Counts one more; whether it was within the counter's end.
    pub(crate) async fn count_within(&self, counter: Counter<'_>) -> Result<bool, StoreError> {
        let Counter { key, name, max, ends } = counter;
        // A record that ends by itself is made here; another must be there.
        let (set, there) = match ends {
            Some(_) => (" SET #ttl = :ttl", ""),
            None => ("", "attribute_exists(pk) AND "),
        };
        let update = self
            .dynamo()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key_map(key)))
            .update_expression(format!("ADD {name} :one{set}"))
            .condition_expression(format!("{there}(attribute_not_exists({name}) OR {name} < :max)"))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":max", number(i64::try_from(max).unwrap_or(i64::MAX)));
        let update = match ends {
            Some(end) => {
                update.expression_attribute_names("#ttl", "ttl").expression_attribute_values(":ttl", number(end))
            }
            None => update,
        };
        held(update.send().await.map_err(|e| unavailable("UpdateItem", &e)))
    }

    /// Takes a proof of work; whether it is taken for the first time. `until`: when it would not be taken any more anyway.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be recorded.
    pub async fn spend(&self, form: &FormId, nonce: &str, until: Timestamp) -> Result<bool, StoreError> {
        let item = Item::at(&key::form_spent(form, nonce)).number("ttl", until.as_second());
        held(self.put(item, Expect::Absent).await)
    }
}
