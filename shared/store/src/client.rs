//! The two AWS clients, and the few ways in which this product talks to them.

use crate::item::{Item, number};
use crate::key::TableKey;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, DeleteRequest, KeysAndAttributes, Put, PutRequest, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update, WriteRequest,
};
use aws_types::SdkConfig;
use badge::EventId;
use badge::failure::{Failure, Nature};
use badge::plan::Reached;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The record is not in the state the operation needs: it exists already, is gone, or was changed meanwhile.
    #[error("the record is not in the state this needs")]
    Conflict,
    /// The organisation's plan allows no more.
    #[error("a quota is reached: {}", .0.limit.quota.name())]
    Quota(Reached),
    /// The credential was erased ([`crate::person`]).
    #[error("the credential was erased")]
    Erased,
    /// The store did not answer, or refused. Repeating may help.
    #[error("the store did not carry out {operation}: {code}")]
    Unavailable {
        /// Which call it was, for example `PutItem`.
        operation: &'static str,
        /// The error's code or kind; never a record's content.
        code: String,
    },
    /// A file is larger than the caller can take.
    #[error("a stored file is larger than it may be here")]
    TooLarge,
    /// A record does not read as what it should be.
    #[error("a stored record is not readable: {0}")]
    Corrupt(&'static str),
}

impl Failure for StoreError {
    fn nature(&self) -> Nature {
        match self {
            Self::Conflict => Nature::Conflict,
            Self::Quota(reached) => Nature::Quota(*reached),
            Self::Erased => Nature::Erased,
            Self::Unavailable { .. } => Nature::Temporary,
            Self::TooLarge | Self::Corrupt(_) => Nature::Fault,
        }
    }
}

/// The table and the bucket.
#[derive(Debug, Clone)]
pub struct Store {
    dynamo: aws_sdk_dynamodb::Client,
    /// Made when it is first needed: most requests of most functions touch no file.
    s3: OnceLock<aws_sdk_s3::Client>,
    aws: SdkConfig,
    table: String,
    bucket: String,
}

/// Records in one `BatchWriteItem` (DynamoDB's limit).
const BATCH_WRITE_ITEMS: usize = 25;
/// Such calls at once: ten thousand recipients are planned within a request.
const BATCHES_AT_ONCE: usize = 8;
/// Records in one `BatchGetItem` (DynamoDB's limit).
const BATCH_GET_ITEMS: usize = 100;
/// Rounds in which what a batch left over is sent again, before giving up.
const BATCH_ROUNDS: u32 = 8;

pub(crate) fn unavailable<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> StoreError {
    let code = match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("service error").to_owned(),
        SdkError::TimeoutError(_) => "timeout".to_owned(),
        SdkError::DispatchFailure(_) => "no connection".to_owned(),
        _ => "unreadable answer".to_owned(),
    };
    if code == "ConditionalCheckFailedException" {
        StoreError::Conflict
    } else {
        StoreError::Unavailable { operation, code }
    }
}

/// Where a reading of the table goes on.
pub(crate) type Start = Option<HashMap<String, AttributeValue>>;

/// What a put or an update in a transaction asks of the record before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    Anything,
    Absent,
    /// Absent, or this very record: it was written before, and the answer was lost. For records with something random in them.
    New,
}

/// Why a transaction did nothing.
#[derive(Debug)]
pub(crate) enum Cancelled {
    /// The conditions at these places did not hold.
    Failed(Vec<usize>),
    /// Something else.
    Otherwise(StoreError),
}

/// What became of a transaction whose conditions held.
enum Outcome {
    Done,
    /// Nothing: others write the same records at this moment.
    Busy,
}

impl Store {
    /// The table and the bucket, under the names the template gave them.
    #[must_use]
    pub fn new(aws: &SdkConfig, table: String, bucket: String) -> Self {
        let dynamo = aws_sdk_dynamodb::config::Builder::from(aws).interceptor(observe::Calls);
        let dynamo = aws_sdk_dynamodb::Client::from_conf(dynamo.build());
        Self { dynamo, s3: OnceLock::new(), aws: aws.clone(), table, bucket }
    }

    /// The same table with another bucket: strangers' files lie apart from ours.
    #[must_use]
    pub fn in_bucket(&self, bucket: String) -> Self {
        Self { bucket, ..self.clone() }
    }

    /// The same bucket with another table: a copy of this one, restored beside it.
    #[must_use]
    pub fn in_table(&self, table: String) -> Self {
        Self { table, ..self.clone() }
    }

    pub(crate) fn dynamo(&self) -> &aws_sdk_dynamodb::Client {
        &self.dynamo
    }
    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            let config = aws_sdk_s3::config::Builder::from(&self.aws).interceptor(observe::Calls);
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }
    pub(crate) fn aws(&self) -> &SdkConfig {
        &self.aws
    }
    pub(crate) fn table(&self) -> &str {
        &self.table
    }
    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// One small read, whose answer does not matter: opens the connection while a function starts, so that the first request
    /// finds it warm.
    pub async fn warm(&self) {
        let _ = self.get(&TableKey { pk: "WARM".into(), sk: "WARM".into() }).await;
    }

    pub(crate) async fn get(&self, key: &TableKey) -> Result<Option<Item>, StoreError> {
        self.get_item(key, true).await
    }

    /// A record that never changes once it is there: from any replica, at half the price, and only when it is not there yet from the
    /// one that knows.
    pub(crate) async fn get_settled(&self, key: &TableKey) -> Result<Option<Item>, StoreError> {
        match self.get_item(key, false).await? {
            None => self.get(key).await,
            found => Ok(found),
        }
    }

    async fn get_item(&self, key: &TableKey, is_consistent: bool) -> Result<Option<Item>, StoreError> {
        let answer = self
            .dynamo
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key_map(key)))
            .consistent_read(is_consistent)
            .send()
            .await
            .map_err(|e| unavailable("GetItem", &e))?;
        Ok(answer.item.map(Item::from))
    }

    /// Several records at once, in the order of `keys`.
    pub(crate) async fn get_many<const N: usize>(&self, keys: [&TableKey; N]) -> Result<[Option<Item>; N], StoreError> {
        let items = self.batch_get(&keys, None).await?;
        let matches = |item: &&Item, key: &TableKey| {
            item.get_text("pk").is_ok_and(|pk| pk == key.pk) && item.get_text("sk").is_ok_and(|sk| sk == key.sk)
        };
        Ok(keys.map(|key| items.iter().find(|item| matches(item, key)).cloned()))
    }

    /// Any number of records, none named twice, in no order; those that are not there are left out.
    pub(crate) async fn get_whole(&self, keys: &[TableKey]) -> Result<Vec<Item>, StoreError> {
        self.batch_get(&keys.iter().collect::<Vec<_>>(), None).await
    }

    /// Some attributes of any number of records, in no order; those that are not there are left out.
    pub(crate) async fn get_projected(&self, keys: &[TableKey], attributes: &str) -> Result<Vec<Item>, StoreError> {
        self.batch_get(&keys.iter().collect::<Vec<_>>(), Some(attributes)).await
    }

    /// Records in no order, 100 to a call, asking again for what the table left over.
    async fn batch_get(&self, keys: &[&TableKey], attributes: Option<&str>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH_GET_ITEMS) {
            let mut wanted: Vec<_> = batch.iter().map(|key| key_map(key)).collect();
            for round in 0.. {
                let ask = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .set_projection_expression(attributes.map(str::to_owned))
                    .consistent_read(true)
                    .build()
                    .map_err(|_| StoreError::Corrupt("keys"))?;
                let answer = self
                    .dynamo
                    .batch_get_item()
                    .request_items(&self.table, ask)
                    .send()
                    .await
                    .map_err(|e| unavailable("BatchGetItem", &e))?;
                let found = answer.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
                items.extend(found.into_iter().map(Item::from));
                let rest = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
                wanted = rest.map(|rest| rest.keys).unwrap_or_default();
                if wanted.is_empty() {
                    break;
                }
                back_off("BatchGetItem", round).await?;
            }
        }
        Ok(items)
    }

    pub(crate) async fn put(&self, item: Item, expect: Expect) -> Result<(), StoreError> {
        let put = self
            .dynamo
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.clone().into_map()))
            .set_condition_expression(condition(expect))
            .set_return_values_on_condition_check_failure(
                (expect == Expect::New).then_some(ReturnValuesOnConditionCheckFailure::AllOld),
            );
        let Err(error) = put.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed))
                if failed.item().is_some_and(|there| Item::from(there.clone()) == item) =>
            {
                Ok(())
            }
            _ => Err(unavailable("PutItem", &error)),
        }
    }

    /// Removes a record that must be there.
    pub(crate) async fn delete(&self, key: &TableKey) -> Result<(), StoreError> {
        self.dynamo
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key_map(key)))
            .condition_expression("attribute_exists(pk)")
            .send()
            .await
            .map_err(|e| unavailable("DeleteItem", &e))?;
        Ok(())
    }

    /// Records of a partition whose `sk` begins with `prefix`, in order; all of them, or `limit`.
    pub(crate) async fn query(&self, pk: &str, prefix: &str, limit: Option<usize>) -> Result<Vec<Item>, StoreError> {
        // The table takes no empty text for a key, not even to compare with.
        let condition = if prefix.is_empty() { "" } else { " AND begins_with(sk, :prefix)" };
        let values = [(":prefix", prefix)];
        let values = if prefix.is_empty() { &[][..] } else { &values };
        self.run_query(pk, condition, values, limit.unwrap_or(usize::MAX), None).await
    }

    /// Some attributes of all records of a partition whose `sk` begins with `prefix`, in order: less to carry, though not to pay for.
    pub(crate) async fn query_projected(
        &self,
        pk: &str,
        prefix: &str,
        attributes: &str,
    ) -> Result<Vec<Item>, StoreError> {
        let condition = " AND begins_with(sk, :prefix)";
        self.run_query(pk, condition, &[(":prefix", prefix)], usize::MAX, Some(attributes)).await
    }

    /// Records of a partition whose `sk` lies strictly between two texts, in order, at most `limit`.
    pub(crate) async fn query_between(
        &self,
        pk: &str,
        after: &str,
        before: &str,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        // BETWEEN includes both ends: the first is stepped over by the smallest text behind it.
        self.query_from(pk, &format!("{after}\u{1}"), before, limit).await
    }

    /// Records of a partition whose `sk` is `from` or lies behind it, and before `before`, in order, at most `limit`.
    pub(crate) async fn query_from(
        &self,
        pk: &str,
        from: &str,
        before: &str,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        // BETWEEN includes both ends: the last is dropped if it came along.
        let values = [(":from", from), (":before", before)];
        let mut items = self.run_query(pk, " AND sk BETWEEN :from AND :before", &values, limit, None).await?;
        items.retain(|item| item.get_text("sk").is_ok_and(|sk| sk != before));
        Ok(items)
    }

    /// Records of a partition whose `sk` lies before `before`, the last first, at most `limit`.
    pub(crate) async fn query_last(&self, pk: &str, before: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
        let answer = self
            .dynamo
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk < :before")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":before", AttributeValue::S(before.to_owned()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|e| unavailable("Query", &e))?;
        Ok(answer.items.unwrap_or_default().into_iter().map(Item::from).collect())
    }

    /// The next megabyte of the table, in no order, and from where to go on; at the end from nowhere. For the operator: no function may.
    pub(crate) async fn scan_page(&self, start: Start) -> Result<(Vec<Item>, Start), StoreError> {
        let scan = self.dynamo.scan().table_name(&self.table).consistent_read(true).set_exclusive_start_key(start);
        let answer = scan.send().await.map_err(|error| unavailable("Scan", &error))?;
        let rows = answer.items.unwrap_or_default().into_iter().map(Item::from).collect();
        Ok((rows, answer.last_evaluated_key.filter(|key| !key.is_empty())))
    }

    /// Every record of the table. For the operator: no function may.
    pub(crate) async fn scan(&self, mut take: impl FnMut(&Item) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut start = None;
        loop {
            let (rows, next) = self.scan_page(start).await?;
            rows.iter().try_for_each(&mut take)?;
            start = next;
            if start.is_none() {
                return Ok(());
            }
        }
    }

    async fn run_query(
        &self,
        pk: &str,
        condition: &str,
        values: &[(&str, &str)],
        limit: usize,
        attributes: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items: Vec<Item> = Vec::new();
        let mut start = None;
        let texts = [&[(":pk", pk)], values].concat();
        let values: HashMap<String, AttributeValue> =
            texts.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()))).collect();
        loop {
            let answer = self
                .dynamo
                .query()
                .table_name(&self.table)
                .key_condition_expression(format!("pk = :pk{condition}"))
                .set_expression_attribute_values(Some(values.clone()))
                .set_projection_expression(attributes.map(str::to_owned))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .set_limit(i32::try_from(limit - items.len()).ok())
                .send()
                .await
                .map_err(|e| unavailable("Query", &e))?;
            items.extend(answer.items.unwrap_or_default().into_iter().map(Item::from));
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || items.len() >= limit {
                return Ok(items);
            }
        }
    }

    /// Changes one record by an update expression under a condition.
    pub(crate) async fn update(
        &self,
        key: &TableKey,
        update: &str,
        condition: Option<&str>,
        values: HashMap<String, AttributeValue>,
    ) -> Result<(), StoreError> {
        self.dynamo
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_map(key)))
            .update_expression(update)
            .set_condition_expression(condition.map(str::to_owned))
            .set_expression_attribute_values(Some(values).filter(|values| !values.is_empty()))
            .send()
            .await
            .map_err(|e| unavailable("UpdateItem", &e))?;
        Ok(())
    }

    /// Writes records that need no condition, 25 to a call and several calls at once, sending again what the table left over.
    pub(crate) async fn write_all(&self, items: Vec<Item>) -> Result<(), StoreError> {
        let requests: Result<Vec<WriteRequest>, StoreError> = items.into_iter().map(write_request).collect();
        self.write_requests(&requests?).await
    }

    /// Takes away records that may or may not be there.
    pub(crate) async fn delete_all(&self, keys: impl Iterator<Item = &TableKey>) -> Result<(), StoreError> {
        let request = |key| {
            let delete = DeleteRequest::builder().set_key(Some(key_map(key))).build();
            let delete = delete.map_err(|_| StoreError::Corrupt("key"))?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        };
        let requests = keys.map(request).collect::<Result<Vec<_>, StoreError>>()?;
        self.write_requests(&requests).await
    }

    async fn write_requests(&self, requests: &[WriteRequest]) -> Result<(), StoreError> {
        let batches: Vec<_> =
            requests.chunks(BATCH_WRITE_ITEMS).map(|batch| self.write_batch(batch.to_vec())).collect();
        stream::iter(batches).buffer_unordered(BATCHES_AT_ONCE).try_collect().await
    }

    async fn write_batch(&self, mut rest: Vec<WriteRequest>) -> Result<(), StoreError> {
        for round in 0.. {
            let answer = self
                .dynamo
                .batch_write_item()
                .request_items(&self.table, rest)
                .send()
                .await
                .map_err(|e| unavailable("BatchWriteItem", &e))?;
            rest = answer.unprocessed_items.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            back_off("BatchWriteItem", round).await?;
        }
        Ok(())
    }

    /// All of `writes` or none.
    pub(crate) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        match self.transact_told(writes).await {
            Ok(()) => Ok(()),
            Err(Cancelled::Failed(_)) => Err(StoreError::Conflict),
            Err(Cancelled::Otherwise(error)) => Err(error),
        }
    }

    /// All of `writes` or none, told which conditions did not hold, by their places. Where others write the same records at this very
    /// moment, as a hundred people do who enter one code, it is tried again: nothing was done.
    pub(crate) async fn transact_told(&self, writes: Vec<TransactWriteItem>) -> Result<(), Cancelled> {
        for round in 0.. {
            match self.transact_once(writes.clone()).await? {
                Outcome::Done => break,
                Outcome::Busy => back_off("TransactWriteItems", round).await.map_err(Cancelled::Otherwise)?,
            }
        }
        Ok(())
    }

    async fn transact_once(&self, writes: Vec<TransactWriteItem>) -> Result<Outcome, Cancelled> {
        let sent = self.dynamo.transact_write_items().set_transact_items(Some(writes)).send().await;
        let Err(error) = sent else { return Ok(Outcome::Done) };
        let reasons = error.as_service_error().and_then(|service| match service {
            aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(c) => {
                Some(c.cancellation_reasons())
            }
            _ => None,
        });
        let reasons = reasons.unwrap_or_default();
        let is = |code: &str| {
            let places = reasons.iter().enumerate().filter(|(_, reason)| reason.code() == Some(code));
            places.map(|(place, _)| place).collect::<Vec<_>>()
        };
        let failed = is("ConditionalCheckFailed");
        if !failed.is_empty() {
            return Err(Cancelled::Failed(failed));
        }
        if !is("TransactionConflict").is_empty() {
            return Ok(Outcome::Busy);
        }
        Err(Cancelled::Otherwise(unavailable("TransactWriteItems", &error)))
    }

    pub(crate) fn transact_put(&self, item: Item, expect: Expect) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item.into_map()))
            .set_condition_expression(condition(expect))
            .build()
            .map_err(|_| StoreError::Corrupt("put"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// A put on a condition of its own.
    pub(crate) fn transact_put_if(
        &self,
        item: Item,
        condition: &str,
        values: HashMap<String, AttributeValue>,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item.into_map()))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|_| StoreError::Corrupt("put"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// A put that an expired record of the same key does not hinder (the table removes such records only within days), nor one that
    /// names the event `over`.
    pub(crate) fn transact_put_over_expired(
        &self,
        item: Item,
        now: Timestamp,
        over: Option<&EventId>,
    ) -> Result<TransactWriteItem, StoreError> {
        let over = over.map_or("none", EventId::as_str);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item.into_map()))
            .condition_expression("attribute_not_exists(pk) OR #ttl <= :now OR event = :over")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":over", AttributeValue::S(over.to_owned()))
            .build()
            .map_err(|_| StoreError::Corrupt("put"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(crate) fn transact_delete(
        &self,
        key: &TableKey,
        condition: Option<&str>,
    ) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key_map(key)))
            .set_condition_expression(condition.map(str::to_owned))
            .build()
            .map_err(|_| StoreError::Corrupt("delete"))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    pub(crate) fn transact_update(
        &self,
        key: &TableKey,
        update: &str,
        condition: &str,
        values: HashMap<String, AttributeValue>,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_map(key)))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|_| StoreError::Corrupt("update"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// Whether the condition of a write held: where it did not, nothing was written, and that is an answer.
pub(crate) fn held<T>(outcome: Result<T, StoreError>) -> Result<bool, StoreError> {
    match outcome {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Waits before the next round of what a batch left over, or gives up.
pub(crate) async fn back_off(operation: &'static str, round: u32) -> Result<(), StoreError> {
    if round == BATCH_ROUNDS {
        return Err(StoreError::Unavailable { operation, code: "left over".into() });
    }
    let longest: u64 = 20 << round;
    tokio::time::sleep(Duration::from_millis(longest / 2 + chance() % (longest / 2))).await;
    Ok(())
}

/// So that those who got into each other's way do not come back together.
#[expect(clippy::disallowed_methods, reason = "decides how long a pause is, and nothing else")]
fn chance() -> u64 {
    let mut random = [0; 8];
    let _ = aws_lc_rs::rand::fill(&mut random);
    u64::from_be_bytes(random)
}

fn condition(expect: Expect) -> Option<String> {
    (expect != Expect::Anything).then(|| "attribute_not_exists(pk)".to_owned())
}

fn write_request(item: Item) -> Result<WriteRequest, StoreError> {
    let put = PutRequest::builder().set_item(Some(item.into_map())).build().map_err(|_| StoreError::Corrupt("put"))?;
    Ok(WriteRequest::builder().put_request(put).build())
}

pub(crate) fn key_map(key: &TableKey) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.pk.clone())),
        ("sk".to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}
