//! Status lists: who gets which place, what is revoked, and the list as it is published.
//!
//! An organisation fills one list after the other. Places are handed out in blocks by one counter, so no two credentials share one;
//! which index a place stands for is told by [`badge::event::status_index`] under the list's secret. What is revoked is a row of
//! its own, so that revoking twice at once loses nothing; the published list is made from the rows.

use crate::client::{Expect, Store, StoreError, key_map, unavailable};
use crate::item::{Item, number};
use crate::key;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use badge::event::STATUS_LIST_BITS;
use badge::{ClientId, StatusListId};
use jiff::Timestamp;
use std::collections::HashMap;

/// Consecutive places in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Which list.
    pub list: StatusListId,
    /// Its secret.
    pub secret: [u8; 32],
    /// The first place; as many follow as were asked for.
    pub position: u32,
    /// Which keys signed the list as it is published ([`SignedList::signed_by`]).
    pub signed_by: String,
}

/// A request that revokes in a list and has not published it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoking {
    /// Since when.
    pub at: Timestamp,
    /// In which list.
    pub list: StatusListId,
    /// The request's id, so that two of one instant have a row each.
    pub request: String,
}

impl Revoking {
    fn key(&self) -> key::TableKey {
        key::revoking(self.at, &self.list, &self.request)
    }
}

/// A status list's owner and secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListHead {
    /// Whose list it is.
    pub client: ClientId,
    /// Orders its indexes.
    pub secret: [u8; 32],
    /// The names of the keys that signed its published form, as far as that was noted here.
    pub signed_by: Option<String>,
}

/// A status list as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedList {
    /// How many places were revoked when it was signed; it only grows, so a larger number is newer.
    pub revoked_count: u32,
    /// The names of the keys that signed it: a list signed by a retired or lost key is to be signed anew.
    pub signed_by: String,
    /// The credential with its embedded proof.
    pub document: String,
    /// The credential as VC-JWT, where the deployment has a key for it.
    pub compact: Option<String>,
}

impl Store {
    /// `count` places in the list an organisation now fills; none when it has no list yet or this one is too full.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn take_places(&self, client: &ClientId, count: u32) -> Result<Option<Block>, StoreError> {
        let answer = self
            .dynamo()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key_map(&key::current_list(client))))
            .update_expression("ADD next_place :count")
            .condition_expression("attribute_exists(pk) AND next_place <= :last")
            .expression_attribute_values(":count", number(count))
            .expression_attribute_values(":last", number(i64::from(STATUS_LIST_BITS) - i64::from(count)))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let item = match answer.map_err(|e| unavailable("UpdateItem", &e)) {
            Ok(answer) => Item::from(answer.attributes.unwrap_or_default()),
            Err(StoreError::Conflict) => return Ok(None),
            Err(error) => return Err(error),
        };
        let next: u32 = item.get_number("next_place")?;
        Ok(Some(Block {
            list: item.get_text("list")?.parse().map_err(|_| StoreError::Corrupt("list"))?,
            secret: item.get_secret("secret")?,
            position: next.checked_sub(count).ok_or(StoreError::Corrupt("next_place"))?,
            signed_by: item.get_text("signed_by")?.to_owned(),
        }))
    }

    /// The list an organisation now fills, if it has one.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn current_list(&self, client: &ClientId) -> Result<Option<StatusListId>, StoreError> {
        let Some(item) = self.get(&key::current_list(client)).await? else { return Ok(None) };
        item.get_text("list")?.parse().map(Some).map_err(|_| StoreError::Corrupt("list"))
    }

    /// Makes `list` the one an organisation fills, in place of `before`. Its published form comes first: a credential must not
    /// name a list that is not there.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed lists meanwhile; then use theirs.
    pub async fn start_list(
        &self,
        client: &ClientId,
        list: &StatusListId,
        secret: [u8; 32],
        signed: &SignedList,
        before: Option<&StatusListId>,
    ) -> Result<(), StoreError> {
        let head = Item::at(&key::status_list(list))
            .text("client", client.as_str())
            .bytes("secret", secret)
            .text("signed_by", &signed.signed_by);
        self.put(head, Expect::New).await?;
        self.put_signed_list(list, signed).await?;
        let current = Item::at(&key::current_list(client))
            .text("list", list.as_str())
            .bytes("secret", secret)
            .number("next_place", 0)
            .text("signed_by", &signed.signed_by);
        let put = self.dynamo().put_item().table_name(self.table()).set_item(Some(current.into_map()));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(before) => put
                .condition_expression("#list = :before")
                .expression_attribute_names("#list", "list")
                .expression_attribute_values(":before", AttributeValue::S(before.to_string())),
        };
        put.send().await.map_err(|e| unavailable("PutItem", &e))?;
        Ok(())
    }

    /// Notes who signed the list that an organisation now fills, so that the next block tells it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the organisation fills another list meanwhile.
    pub async fn note_list_signer(
        &self,
        client: &ClientId,
        list: &StatusListId,
        signed_by: &str,
    ) -> Result<(), StoreError> {
        self.dynamo()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key_map(&key::current_list(client))))
            .update_expression("SET signed_by = :signed_by")
            .condition_expression("#list = :list")
            .expression_attribute_names("#list", "list")
            .expression_attribute_values(":signed_by", AttributeValue::S(signed_by.to_owned()))
            .expression_attribute_values(":list", AttributeValue::S(list.to_string()))
            .send()
            .await
            .map_err(|e| unavailable("UpdateItem", &e))?;
        Ok(())
    }

    /// Notes with a list who signed its published form, so that whoever signs a credential of it sees whether that is of today.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn note_published(&self, list: &StatusListId, signed_by: &str) -> Result<(), StoreError> {
        let values = HashMap::from([(":signed_by".to_owned(), AttributeValue::S(signed_by.to_owned()))]);
        let key = key::status_list(list);
        self.update(&key, "SET signed_by = :signed_by", Some("attribute_exists(pk)"), values).await
    }

    /// A status list's owner and secret, and who signed it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn list_head(&self, list: &StatusListId) -> Result<Option<ListHead>, StoreError> {
        let Some(item) = self.get(&key::status_list(list)).await? else { return Ok(None) };
        let client = item.get_text("client")?.parse().map_err(|_| StoreError::Corrupt("client"))?;
        let signed_by = item.get_text("signed_by").ok().map(str::to_owned);
        Ok(Some(ListHead { client, secret: item.get_secret("secret")?, signed_by }))
    }

    /// The revoked indexes of a list, ascending.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn revoked_indexes(&self, list: &StatusListId) -> Result<Vec<u32>, StoreError> {
        let items = self.query(&key::status_partition(list), key::REVOKED, None).await?;
        let index = |item: &Item| {
            let digits = item.get_text("sk")?.trim_start_matches(key::REVOKED);
            digits.parse().map_err(|_| StoreError::Corrupt("sk"))
        };
        items.iter().map(index).collect()
    }

    /// Publishes a list, unless a newer one was published meanwhile: then that one stays.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn put_signed_list(&self, list: &StatusListId, signed: &SignedList) -> Result<(), StoreError> {
        let mut item = Item::at(&key::status_signed(list))
            .number("revoked_count", signed.revoked_count)
            .text("signed_by", &signed.signed_by)
            .text("document", &signed.document);
        if let Some(compact) = &signed.compact {
            item = item.text("compact", compact);
        }
        let put = self
            .dynamo()
            .put_item()
            .table_name(self.table())
            .set_item(Some(item.into_map()))
            .condition_expression("attribute_not_exists(pk) OR revoked_count <= :count")
            .expression_attribute_values(":count", number(signed.revoked_count))
            .send()
            .await;
        match put.map_err(|e| unavailable("PutItem", &e)) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Records, before the first is revoked, that a list is going to differ from what is published of it: whoever breaks off before
    /// [`Store::end_revoking`] is found by this row.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn begin_revoking(&self, revoking: &Revoking) -> Result<(), StoreError> {
        self.put(Item::at(&revoking.key()), Expect::Anything).await
    }

    /// The list was published with whatever this request revoked.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn end_revoking(&self, revoking: &Revoking) -> Result<(), StoreError> {
        match self.delete(&revoking.key()).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Requests that began to revoke before `before` and did not publish, at most a hundred, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn unpublished(&self, before: Timestamp) -> Result<Vec<Revoking>, StoreError> {
        let items = self.query_between(key::REVOKING_PARTITION, "", &key::sortable(before), 100).await?;
        items.iter().map(|item| read_revoking(item.get_text("sk")?).ok_or(StoreError::Corrupt("sk"))).collect()
    }

    /// A status list as it is published.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn signed_list(&self, list: &StatusListId) -> Result<Option<SignedList>, StoreError> {
        let Some(item) = self.get(&key::status_signed(list)).await? else { return Ok(None) };
        Ok(Some(SignedList {
            revoked_count: item.get_number("revoked_count")?,
            signed_by: item.get_text("signed_by")?.to_owned(),
            document: item.get_text("document")?.to_owned(),
            compact: item.get_text("compact").ok().map(str::to_owned),
        }))
    }
}

pub(crate) fn read_revoking(sk: &str) -> Option<Revoking> {
    let mut parts = sk.splitn(3, '#');
    let at = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
    Some(Revoking { at, list: parts.next()?.parse().ok()?, request: parts.next()?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_as_what_it_stands_for() {
        let at = Timestamp::from_millisecond(1_800_000_000_123).unwrap();
        let revoking = Revoking { at, list: StatusListId::from_random([1; 10]), request: "a#b=".into() };
        assert_eq!(read_revoking(&revoking.key().sk), Some(revoking));
    }
}
