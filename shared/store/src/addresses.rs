//! The index of addresses: which credentials an organisation planned for whom, by the tag of each address.
//!
//! A row for every recipient would be the larger half of what a planned event writes. So the recipients of an event share rows, by the
//! first byte of their tags, and whoever looks for an address reads the 256th part of the organisation's index.

use crate::client::StoreError;
use crate::item::Item;
use crate::key;
use badge::{CredentialId, Event, EventId};
use std::collections::BTreeMap;

/// Attribute of the entries, one behind the other. Names are short: they count in every write.
pub(crate) const ENTRIES: &str = "m";
/// Bytes of the tag in an entry. With the row's own byte 72 bits: no two addresses of an organisation share them.
const TAG_BYTES: usize = 8;
/// Bytes that tell a credential from the others of its event.
const MEMBER_BYTES: usize = 10;

fn entry_tag(tag: &[u8; 16]) -> &[u8] {
    &tag[1..=TAG_BYTES]
}

/// The rows of an event, with its recipients' tags and credentials.
pub(crate) fn rows<'a>(event: &Event, all: impl Iterator<Item = ([u8; 16], &'a CredentialId)>) -> Vec<Item> {
    let mut shards: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
    for (tag, credential) in all {
        let entries = shards.entry(tag[0]).or_default();
        entries.extend_from_slice(entry_tag(&tag));
        entries.extend_from_slice(&credential.member_bytes());
    }
    let row = |(shard, entries): (u8, Vec<u8>)| {
        Item::at(&key::address_row(&event.client, shard, event.created_at, &event.id)).bytes(ENTRIES, entries)
    };
    shards.into_iter().map(row).collect()
}

/// What a row says, for who compares rows.
pub(crate) fn said(item: &Item) -> Result<String, StoreError> {
    Ok(hex::encode(item.get_bytes(ENTRIES)?))
}

/// The credentials of a row that were planned for the address with this tag, with when they were, in milliseconds since 1970.
pub(crate) fn found(item: &Item, tag: &[u8; 16]) -> Result<Vec<(i64, CredentialId)>, StoreError> {
    let place = |sk: &str| {
        let (at, event) = sk.split_once('#')?;
        Some((at.parse().ok()?, event.parse::<EventId>().ok()?))
    };
    let (at, event) = place(item.get_text("sk")?).ok_or(StoreError::Corrupt("sk"))?;
    let entries = item.get_bytes(ENTRIES)?.chunks_exact(TAG_BYTES + MEMBER_BYTES);
    let member = |entry: &[u8]| {
        let (own, member) = entry.split_at(TAG_BYTES);
        let member: [u8; MEMBER_BYTES] = member.try_into().ok()?;
        (own == entry_tag(tag)).then(|| (at, CredentialId::new(&event, member)))
    };
    Ok(entries.filter_map(member).collect())
}

/// What a row says without the address with this tag; nothing when it does not name it.
pub(crate) fn without(item: &Item, tag: &[u8; 16]) -> Result<Option<Vec<u8>>, StoreError> {
    let entries = item.get_bytes(ENTRIES)?;
    let others = entries.chunks_exact(TAG_BYTES + MEMBER_BYTES).filter(|entry| !entry.starts_with(entry_tag(tag)));
    let others = others.collect::<Vec<_>>().concat();
    Ok((others.len() != entries.len()).then_some(others))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_address_finds_its_own(tags in prop::collection::hash_set(any::<[u8; 16]>(), 1..200)) {
            let id = EventId::from_random([7; 10]);
            let event: Event = serde_json::from_value(serde_json::json!({
                "id": id.as_str(), "client": "c", "badge": "b", "badge_version": 1, "name": "", "issued_on": "2027-01-01T00:00:00Z",
                "send_email": false, "recipient_count": 4, "created_at": "2027-01-01T00:00:00Z", "seed": "02".repeat(32),
                "status_list": "l", "status_position": 0,
            })).unwrap();
            let credentials: Vec<CredentialId> = (0..).take(tags.len()).map(|n| event.draw(n).credential).collect();
            let rows = rows(&event, tags.iter().copied().zip(&credentials));
            prop_assert!(rows.len() <= 256);
            for (tag, credential) in tags.iter().zip(&credentials) {
                let pk = key::address_partition(&event.client, tag[0]);
                let partition: Vec<_> = rows.iter().filter(|row| row.get_text("pk").unwrap() == pk).collect();
                prop_assert_eq!(partition.len(), 1);
                prop_assert_eq!(found(partition[0], tag).unwrap(), vec![(event.created_at.as_millisecond(), credential.clone())]);
                prop_assert_eq!(found(partition[0], &tag.map(|byte| !byte)).unwrap(), vec![]);
                prop_assert_eq!(without(partition[0], &tag.map(|byte| !byte)).unwrap(), None);
                let left = without(partition[0], tag).unwrap().unwrap();
                prop_assert_eq!(left.len() + TAG_BYTES + MEMBER_BYTES, partition[0].get_bytes(ENTRIES).unwrap().len());
                let left = Item::at(&partition[0].key().unwrap()).bytes(ENTRIES, left);
                prop_assert_eq!(found(&left, tag).unwrap(), vec![]);
            }
        }
    }
}
