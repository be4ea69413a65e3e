//! What an organisation's plan ([`badge::plan`]) leaves it.
//!
//! What renews is a counter of its period, added to in the very write of what is counted, on condition that there is room. What stands is
//! counted when one more is added; that write also adds to a counter of additions, on condition that it is as it was before counting, so
//! that two at once do not pass a limit side by side. Where a plan has no limit nothing is asked; what renews is counted all the same.

use crate::client::{Cancelled, Store, StoreError, back_off, key_map};
use crate::forms::USED;
use crate::item::number;
use crate::key;
use crate::key::TableKey;
use crate::rates::Counter;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use badge::ClientId;
use badge::plan::{Limit, Period, Plans, QUOTAS, Quota, Reached};
use jiff::Timestamp;

/// How much an organisation uses of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Of which.
    pub quota: Quota,
    /// How much; what renews within minutes is not told.
    pub used: Option<u64>,
    /// How much there may be; none: no end.
    pub max: Option<u64>,
    /// When it begins anew.
    pub renews_at: Option<Timestamp>,
}

impl Store {
    /// How much of something an organisation may have. It is read only where plans differ in that.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn limit(&self, plans: &Plans, client: &ClientId, quota: Quota) -> Result<Option<Limit>, StoreError> {
        let own = match plans.differ(quota) {
            true => self.organisation(client).await?.and_then(|organisation| organisation.tier),
            false => None,
        };
        Ok(plans.limit(own, quota))
    }

    /// Counts one request of a kind that a plan limits by the minute. Where it does not, nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Quota`] when there were too many.
    pub async fn count_request(
        &self,
        plans: &Plans,
        client: &ClientId,
        quota: Quota,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(limit) = self.limit(plans, client, quota).await? else { return Ok(()) };
        let Some((start, end)) = quota.span(now) else { return Ok(()) };
        let key = key::usage(client, quota, Some(start));
        let ends = Some(end.as_second());
        // Where there is no room at all, a missing counter is none either.
        if limit.max > 0 && self.count_within(Counter { key: &key, name: USED, max: limit.max, ends }).await? {
            Ok(())
        } else {
            Err(StoreError::Quota(limit.reached(limit.max, now)))
        }
    }

    /// How much an organisation uses of each quota.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn usage(&self, plans: &Plans, client: &ClientId, now: Timestamp) -> Result<Vec<Usage>, StoreError> {
        let own = self.organisation(client).await?.and_then(|organisation| organisation.tier);
        let mut all = Vec::with_capacity(QUOTAS.len());
        for quota in QUOTAS {
            let used = match quota.period() {
                Period::Minute => None,
                _ => Some(self.used(client, quota, now).await?),
            };
            let (max, renews_at) =
                (plans.limit(own, quota).map(|limit| limit.max), quota.span(now).map(|(_, end)| end));
            all.push(Usage { quota, used, max, renews_at });
        }
        Ok(all)
    }

    /// Whether there is room for `adds` more, as a look beforehand: the write itself asks again.
    ///
    /// # Errors
    /// [`StoreError::Quota`] when there is not.
    pub async fn has_room(
        &self,
        client: &ClientId,
        limit: Option<Limit>,
        adds: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(limit) = limit else { return Ok(()) };
        let used = self.used(client, limit.quota, now).await?;
        if used.saturating_add(adds) > limit.max { Err(StoreError::Quota(limit.reached(used, now))) } else { Ok(()) }
    }

    async fn used(&self, client: &ClientId, quota: Quota, now: Timestamp) -> Result<u64, StoreError> {
        if let Some((start, _)) = quota.span(now) {
            let item = self.get(&key::usage(client, quota, Some(start))).await?;
            return Ok(item.and_then(|item| item.find_number(USED)).unwrap_or(0));
        }
        let partition = key::organisation_partition(client);
        let rows = match quota {
            Quota::Badges => self.query_projected(&partition, key::BADGES, "pk").await?.len(),
            Quota::Aliases => self.aliases(client).await?.len(),
            Quota::OpenForms => self.forms(client).await?.iter().filter(|form| form.is_switched_on()).count(),
            Quota::Members => self.members(client).await?.len(),
            Quota::Webhooks => self.webhooks(client).await?.len(),
            Quota::ApiCredentials => self.secrets(client).await?.len(),
            Quota::CredentialsPerMonth
            | Quota::EvidenceBytesPerMonth
            | Quota::IssuesPerMinute
            | Quota::UploadsPerMinute
            | Quota::TokensPerMinute => 0,
        };
        Ok(u64::try_from(rows).unwrap_or(u64::MAX))
    }

    /// That `limit` is reached, with how much is used now.
    pub(crate) async fn reached(&self, client: &ClientId, limit: Limit, now: Timestamp) -> Result<Reached, StoreError> {
        Ok(limit.reached(self.used(client, limit.quota, now).await?, now))
    }

    /// Adds to a counter of what renews, if there is room: a part of the write of what is counted.
    pub(crate) fn transact_count(
        &self,
        client: &ClientId,
        (quota, adds): (Quota, u64),
        limit: Option<Limit>,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = key::usage(client, quota, quota.span(now).map(|(start, _)| start));
        self.transact_add(&key, adds, limit.map(|limit| limit.max))
    }

    /// Adds to a counter that does not go beyond `max`.
    pub(crate) fn transact_add(
        &self,
        key: &TableKey,
        adds: u64,
        max: Option<u64>,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(self.table())
            .set_key(Some(key_map(key)))
            .update_expression(format!("ADD {USED} :adds"))
            .expression_attribute_values(":adds", whole(adds));
        let update = match max.map(|max| max.checked_sub(adds)) {
            Some(Some(room)) => update
                .condition_expression(format!("attribute_not_exists({USED}) OR {USED} <= :room"))
                .expression_attribute_values(":room", whole(room)),
            // Where there is no room at all, a missing counter is none either.
            Some(None) => {
                update.condition_expression(format!("{USED} < :none")).expression_attribute_values(":none", number(0))
            }
            None => update,
        };
        let update = update.build().map_err(|_| StoreError::Corrupt("update"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Writes what is one more of something that stands, unless there are as many as there may be.
    pub(crate) async fn transact_one_more(
        &self,
        client: &ClientId,
        limit: Option<Limit>,
        writes: Vec<TransactWriteItem>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(limit) = limit else { return self.transact(writes).await };
        let key = key::usage(client, limit.quota, None);
        for round in 0.. {
            // The counter first: what is added after it was read makes the transaction fail.
            let before: Option<i64> = self.get(&key).await?.and_then(|item| item.find_number("added"));
            self.has_room(client, Some(limit), 1, now).await?;
            let (unchanged, old) = match before {
                Some(before) => ("added = :old", before),
                None => ("attribute_not_exists(added) OR added = :old", 0),
            };
            let values = [(":one", number(1)), (":old", number(old))];
            let values: [(String, AttributeValue); 2] = values.map(|(name, value)| (name.to_owned(), value));
            let mut all = writes.clone();
            all.push(self.transact_update(&key, "ADD added :one", unchanged, values.into())?);
            match self.transact_told(all).await {
                Ok(()) => return Ok(()),
                Err(Cancelled::Failed(places)) if places.iter().any(|place| *place < writes.len()) => {
                    return Err(StoreError::Conflict);
                }
                Err(Cancelled::Failed(_)) => back_off("TransactWriteItems", round).await?,
                Err(Cancelled::Otherwise(error)) => return Err(error),
            }
        }
        Ok(())
    }
}

fn whole(value: u64) -> AttributeValue {
    number(i64::try_from(value).unwrap_or(i64::MAX))
}
