//! Chunks of events that are planned but not yet signed.
//!
//! A row for each stands from the very transaction that plans the event until the one that tells of its credentials. So whatever
//! breaks off in between, somebody who looks here finds what is left to do, and the feed gets one entry for each chunk, once.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use badge::{Event, EventId, Notice};
use jiff::Timestamp;

/// A chunk that waits for its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingChunk {
    /// Of which event.
    pub event: EventId,
    /// Which one, from 0.
    pub chunk: u32,
    /// Since when.
    pub since: Timestamp,
}

pub(crate) fn row(event: &Event, chunk: u32) -> Item {
    Item::at(&key::pending(&event.id, event.created_at, chunk))
}

impl Store {
    /// Ends a chunk, all of whose credentials are stored, and tells of it in the organisation's feed. Doing so again changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn finish_chunk(&self, event: &Event, chunk: u32, notice: &Notice) -> Result<(), StoreError> {
        let done = self.transact(vec![
            self.transact_delete(&key::pending(&event.id, event.created_at, chunk), Some("attribute_exists(pk)"))?,
            self.transact_put(crate::feed::item(&event.client, notice)?, Expect::Anything)?,
        ]);
        match done.await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a chunk still waits.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn is_pending(&self, event: &Event, chunk: u32) -> Result<bool, StoreError> {
        Ok(self.get(&key::pending(&event.id, event.created_at, chunk)).await?.is_some())
    }

    /// Chunks that have waited since before `before`, at most some hundred of each shard, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn pending_chunks(&self, before: Timestamp) -> Result<Vec<PendingChunk>, StoreError> {
        let mut chunks = Vec::new();
        for shard in key::PENDING_SHARDS {
            let until = key::sortable(before);
            for item in self.query_between(&key::pending_partition(shard), "", &until, 100).await? {
                chunks.push(read(item.get_text("sk")?).ok_or(StoreError::Corrupt("sk"))?);
            }
        }
        chunks.sort_by_key(|chunk| chunk.since);
        Ok(chunks)
    }

    /// Forgets a chunk whose event is not there: nothing but damage makes one.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn drop_chunk(&self, chunk: &PendingChunk) -> Result<(), StoreError> {
        match self.delete(&key::pending(&chunk.event, chunk.since, chunk.chunk)).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

pub(crate) fn read(sk: &str) -> Option<PendingChunk> {
    let mut parts = sk.split('#');
    let since = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
    Some(PendingChunk { event: parts.next()?.parse().ok()?, chunk: parts.next()?.parse().ok()?, since })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_as_what_it_stands_for() {
        let (event, since) = (EventId::from_random([3; 10]), Timestamp::from_second(1_800_000_000).unwrap());
        let key = key::pending(&event, since, 7);
        assert_eq!(read(&key.sk), Some(PendingChunk { event, chunk: 7, since }));
        assert_eq!(key.pk, "PENDING#3");
    }
}
