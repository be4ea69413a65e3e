//! Events: acts of issuing, planned before anything is signed.
//!
//! Planning has one commit point. Blocks of recipients and the rows of the address index are written first, where nobody sees
//! them; then one transaction writes the event, its row in the organisation's list and the request key. So an event either is
//! there with everything it needs, or is absent; a crash in between leaves rows that no event refers to.

use crate::addresses;
use crate::client::{Cancelled, Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use crate::organisations::StoredOrganisation;
use crate::pack::Frame;
use crate::pending;
use crate::people::{self, Deed};
use badge::plan::{Limit, Quota};
use badge::{ClientId, CredentialId, EmailAddress, Event, EventId, Recipient};
use jiff::Timestamp;

/// Recipients in one block of a plan: about 10 KB with short evidence, far from an item's 400 KB with the longest.
const BLOCK_RECIPIENTS: u32 = 100;
/// Bytes of recipients' JSON above which a block is closed early.
const BLOCK_BYTES: usize = 200_000;

/// An event with its recipients, ready to be recorded.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its recipients, in order; `event.recipient_count` of them.
    pub recipients: &'a [Recipient],
    /// The credential that each of them will hold, in the same order.
    pub credentials: &'a [CredentialId],
    /// What the credentials have in common.
    pub frame: &'a Frame,
    /// The caller's request key, if it gave one.
    pub request: Option<&'a Request>,
    /// How many recipients a month may see.
    pub limit: Option<Limit>,
    /// What the audit log says of it, where that is not the console's to say.
    pub deed: Option<&'a Deed>,
}

/// A request that must not be carried out twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Hash of what the caller calls the request.
    pub hash: String,
    /// Hash of what it asks for: the same key for another request is a mistake.
    pub body_hash: String,
    /// When the key may be forgotten.
    pub expires_at: Timestamp,
    /// An event that used the same key and does not count any more.
    pub over: Option<EventId>,
}

/// What a request key led to before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRequest {
    /// The event it made.
    pub event: EventId,
    /// See [`Request::body_hash`].
    pub body_hash: String,
}

/// An event with the text its credentials have in common.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// The event.
    pub event: Event,
    /// What its credentials have in common.
    pub frame: Frame,
}

impl Store {
    /// What a request key led to before, if it was used and is still remembered.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn earlier_request(
        &self,
        client: &ClientId,
        hash: &str,
        now: Timestamp,
    ) -> Result<Option<EarlierRequest>, StoreError> {
        let Some(item) = self.get(&key::request(client, hash)).await? else { return Ok(None) };
        if item.find_time("ttl").is_some_and(|end| end <= now) {
            return Ok(None);
        }
        let event = item.get_text("event")?.parse().map_err(|_| StoreError::Corrupt("event"))?;
        Ok(Some(EarlierRequest { event, body_hash: item.get_text("body_hash")?.to_owned() }))
    }

    /// Records an event whole; see the module's words.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the request key was used meanwhile, [`StoreError::Quota`] when there are more recipients than the month
    /// has room for; then nothing of this plan shows anywhere.
    pub async fn plan_event(&self, organisation: &StoredOrganisation, plan: &Plan<'_>) -> Result<(), StoreError> {
        let Plan { event, recipients, credentials, frame, request, limit, deed } = plan;
        let mut items = blocks(&event.id, recipients)?;
        let tags = recipients.iter().map(|recipient| organisation.mail_tag(&recipient.email));
        items.extend(addresses::rows(event, tags.zip(*credentials)));
        items.extend(crate::expiries::rows(event, recipients));
        self.write_all(items).await?;
        let stored = Item::at(&key::event(&event.id)).doc(event)?.bytes("frame", frame.stored()?);
        let row = Item::at(&key::event_row(&event.client, event.created_at, &event.id)).doc(event)?;
        let counted = (Quota::CredentialsPerMonth, event.recipient_count.into());
        let counted = self.transact_count(&event.client, counted, *limit, event.created_at)?;
        let mut writes =
            vec![counted, self.transact_put(stored, Expect::Absent)?, self.transact_put(row, Expect::Absent)?];
        if let Some(request) = request {
            let item = Item::at(&key::request(&event.client, &request.hash))
                .text("event", event.id.as_str())
                .text("body_hash", &request.body_hash)
                .number("ttl", request.expires_at.as_second());
            writes.push(self.transact_put_over_expired(item, event.created_at, request.over.as_ref())?);
        }
        if let Some(deed) = deed {
            writes
                .push(self.transact_put(people::deed_row(&event.client, deed, event.id.as_str())?, Expect::Anything)?);
        }
        for chunk in 0..event.chunks() {
            writes.push(self.transact_put(pending::row(event, chunk), Expect::Absent)?);
        }
        match (self.transact_told(writes).await, limit) {
            (Ok(()), _) => Ok(()),
            // The counter alone.
            (Err(Cancelled::Failed(places)), Some(limit)) if places == [0] => {
                Err(StoreError::Quota(self.reached(&event.client, *limit, event.created_at).await?))
            }
            (Err(Cancelled::Failed(_)), _) => Err(StoreError::Conflict),
            (Err(Cancelled::Otherwise(error)), _) => Err(error),
        }
    }

    /// An event, whosever it is.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn event(&self, id: &EventId) -> Result<Option<StoredEvent>, StoreError> {
        self.get_settled(&key::event(id)).await?.map(|item| read(&item)).transpose()
    }

    /// The planned recipients of an event, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn planned_recipients(&self, id: &EventId) -> Result<Vec<Recipient>, StoreError> {
        let items = self.query(&key::event_partition(id), key::PLANS, None).await?;
        let blocks = items.iter().map(Item::get_doc).collect::<Result<Vec<Vec<Recipient>>, _>>()?;
        Ok(blocks.concat())
    }

    /// The planned recipients with these numbers, with their numbers, in order. Blocks that hold none of them are not read.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn planned_range(
        &self,
        id: &EventId,
        numbers: std::ops::Range<u32>,
    ) -> Result<Vec<(u32, Recipient)>, StoreError> {
        // The first number wanted may stand anywhere in a block.
        let after = match numbers.start.checked_sub(BLOCK_RECIPIENTS) {
            Some(first) => key::plan_place(first),
            None => key::PLANS.to_owned(),
        };
        let items =
            self.query_between(&key::event_partition(id), &after, &key::plan_place(numbers.end), usize::MAX).await?;
        let mut recipients = items.iter().map(block).collect::<Result<Vec<_>, _>>()?.concat();
        recipients.retain(|(number, _)| numbers.contains(number));
        Ok(recipients)
    }

    /// The planned recipient with this number: its block from any replica, since it never changes, and only when it is not there yet from
    /// the one that knows.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn planned_recipient(&self, id: &EventId, number: u32) -> Result<Option<Recipient>, StoreError> {
        let before = key::plan_place(number.saturating_add(1));
        let items = self.query_last(&key::event_partition(id), &before, 1).await?;
        let is_plan = |item: &&Item| item.get_text("sk").is_ok_and(|sk| sk.starts_with(key::PLANS));
        let known = items.iter().find(is_plan).map(block).transpose()?.unwrap_or_default();
        if let Some((_, recipient)) = known.into_iter().find(|(own, _)| *own == number) {
            return Ok(Some(recipient));
        }
        Ok(self.planned_range(id, number..number.saturating_add(1)).await?.pop().map(|(_, recipient)| recipient))
    }

    /// An organisation's events, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn event_rows(&self, client: &ClientId) -> Result<Vec<Event>, StoreError> {
        let items = self.query(&key::organisation_partition(client), key::EVENTS, None).await?;
        items.iter().map(Item::get_doc).collect()
    }

    /// The credentials an organisation planned for an address, with when it did in milliseconds since 1970, oldest first. Those whose
    /// event never came about are left out by reading the event.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn credentials_of_address(
        &self,
        organisation: &StoredOrganisation,
        address: &EmailAddress,
    ) -> Result<Vec<(i64, CredentialId)>, StoreError> {
        let tag = organisation.mail_tag(address);
        let items = self.query(&key::address_partition(&organisation.organisation.id, tag[0]), "", None).await?;
        let found = items.iter().map(|item| addresses::found(item, &tag)).collect::<Result<Vec<_>, _>>()?;
        Ok(found.concat())
    }
}

pub(crate) fn read(item: &Item) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent { event: item.get_doc()?, frame: Frame::from_stored(item.get_bytes("frame")?)? })
}

/// The recipients of a block, with their numbers.
pub(crate) fn block(item: &Item) -> Result<Vec<(u32, Recipient)>, StoreError> {
    let first = item.get_text("sk")?.trim_start_matches(key::PLANS).parse().map_err(|_| StoreError::Corrupt("sk"))?;
    Ok((first..).zip(item.get_doc::<Vec<Recipient>>()?).collect())
}

fn blocks(event: &EventId, recipients: &[Recipient]) -> Result<Vec<Item>, StoreError> {
    let mut blocks: Vec<Vec<&Recipient>> = Vec::new();
    let mut bytes = 0;
    for recipient in recipients {
        let size = serde_json::to_string(recipient).map_or(0, |json| json.len());
        bytes += size;
        match blocks.last_mut() {
            Some(block) if block.len() < BLOCK_RECIPIENTS as usize && bytes <= BLOCK_BYTES => block.push(recipient),
            _ => {
                bytes = size;
                blocks.push(vec![recipient]);
            }
        }
    }
    let mut first = 0;
    let mut item = |block: &Vec<&Recipient>| {
        let item = Item::at(&key::plan(event, first)).doc(block);
        first += u32::try_from(block.len()).unwrap_or(u32::MAX);
        item
    };
    blocks.iter().map(&mut item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn blocks_keep_everyone_in_order(sizes in prop::collection::vec(0usize..120_000, 0..8), more in 0usize..350) {
            let recipient = |n: usize, size: usize| Recipient {
                email: format!("p{n}@example.org").parse().unwrap(),
                name: "x".repeat(size),
                language: "ja".parse().unwrap(),
                expires_on: None,
                evidence: vec![],
            };
            let all: Vec<Recipient> = sizes.into_iter().chain(std::iter::repeat_n(3, more)).enumerate()
                .map(|(n, size)| recipient(n, size)).collect();
            let items = blocks(&EventId::from_random([1; 10]), &all).unwrap();
            prop_assert!(items.iter().all(|item| item.size_bytes() < 400_000));
            let read: Vec<Recipient> = items.iter().flat_map(|item| item.get_doc::<Vec<Recipient>>().unwrap()).collect();
            prop_assert_eq!(read, all);
        }
    }
}
