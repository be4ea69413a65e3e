//! What an organisation's systems can read of what happened: an entry for each thing, in order of time.
//!
//! Entries are written in the transaction that makes them true. Writers' clocks differ a little and a write may take seconds, so
//! an entry may appear before one that was there already: a reader who wants to miss nothing stays behind by [`SETTLE`].

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use badge::notice::Recipients;
use badge::{ClientId, Notice};
use jiff::{SignedDuration, Timestamp};

/// How far behind the present the feed is complete: a write's longest time and a second for differing clocks.
pub const SETTLE: SignedDuration = SignedDuration::from_secs(8);
/// How long entries are kept.
pub const LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// An entry and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its place: reading goes on after it.
    pub place: String,
    /// What happened.
    pub notice: Notice,
}

pub(crate) fn item(client: &ClientId, notice: &Notice) -> Result<Item, StoreError> {
    let first = match &notice.recipients {
        Recipients::Range { from, .. } => *from,
        Recipients::Numbers(numbers) => numbers.first().copied().unwrap_or_default(),
    };
    let what = format!("{}#{first:05}#{}", notice.event, notice.kind.name());
    let ttl = notice.at.checked_add(LIFE).unwrap_or(Timestamp::MAX);
    Ok(Item::at(&key::feed(client, notice.at, &what)).doc(notice)?.number("ttl", ttl.as_second()))
}

/// The place in a feed just before everything that happened at `at` or later.
#[must_use]
pub fn place_before(at: Timestamp) -> String {
    key::sortable(at)
}

impl Store {
    /// Tells of something that is true by itself.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn tell(&self, client: &ClientId, notice: &Notice) -> Result<(), StoreError> {
        self.put(item(client, notice)?, Expect::Anything).await
    }

    /// Entries of a feed after a place (empty: from the beginning), settled at `now`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn feed(
        &self,
        client: &ClientId,
        after: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        let until = key::sortable(now.checked_sub(SETTLE).unwrap_or(now));
        if after >= until.as_str() {
            return Ok(Vec::new());
        }
        let items = self.query_between(&key::feed_partition(client), after, &until, limit).await?;
        items
            .iter()
            .map(|item| Ok(FeedEntry { place: item.get_text("sk")?.to_owned(), notice: item.get_doc()? }))
            .collect()
    }
}
