//! What an organisation's systems can read of what happened: an entry for each thing, in order of time.
//!
//! Entries are written in the transaction that makes them true, and stand where the clock of the writer stood just then: not when
//! what they tell of was asked for, which may be half a minute before. Writers' clocks differ a little and a write may take seconds,
//! so an entry may still appear before one that was there already: a reader who wants to miss nothing stays behind by [`SETTLE`].
//!
//! A reader's [`Place`] names the entry it has reached, never a count of entries: what expires or comes late shifts nothing.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key;
use badge::limits::MAX_RECIPIENTS;
use badge::notice::{NoticeKind, Recipients};
use badge::{ClientId, EventId, Notice};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// How far behind the present the feed is complete: a write's longest time and a second for differing clocks.
pub const SETTLE: SignedDuration = SignedDuration::from_secs(8);
/// How long entries are kept.
pub const LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// An entry and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its key: what [`Place`]s name it by.
    pub key: String,
    /// What happened.
    pub notice: Notice,
}

/// How far a reader of a feed has come.
///
/// As text (`{entry}~{within}`, empty at the beginning) it goes to readers and back; what parses is well formed, which says nothing
/// about whether such an entry exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Key of the entry that was reached, or an instant before everything that is written from then on; empty at the beginning.
    entry: String,
    /// How many of the entry's messages were taken; 0 when all were.
    #[serde(default)]
    within: u32,
}

/// A text that is no place in a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a feed")]
pub struct PlaceError;

impl Place {
    /// Before everything that was written at `at` or later.
    #[must_use]
    pub fn before(at: Timestamp) -> Self {
        Self { entry: key::sortable(at), within: 0 }
    }

    /// Behind an entry, all of whose messages were taken.
    #[must_use]
    pub fn behind(entry: &FeedEntry) -> Self {
        Self { entry: entry.key.clone(), within: 0 }
    }

    /// Within an entry, of whose messages the first `taken` (at least one, and not all) were taken.
    #[must_use]
    pub fn within(entry: &FeedEntry, taken: u32) -> Self {
        Self { entry: entry.key.clone(), within: taken }
    }

    /// How many messages of an entry, which was read from here, were taken already.
    #[must_use]
    pub fn taken_of(&self, entry: &FeedEntry) -> u32 {
        if self.entry == entry.key { self.within } else { 0 }
    }

    /// Since when, at the latest, the entry that was reached has been there; none at the beginning.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.entry.get(..TIME_DIGITS)?.parse().ok()?).ok()
    }
}

/// By how far they are.
impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let within = |place: &Self| if place.within == 0 { u32::MAX } else { place.within };
        self.entry.cmp(&other.entry).then_with(|| within(self).cmp(&within(other)))
    }
}
impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.entry.is_empty() { Ok(()) } else { write!(f, "{}~{}", self.entry, self.within) }
    }
}

/// Digits of an entry's time ([`key::sortable`]).
const TIME_DIGITS: usize = 15;
/// Digits of the number of an entry's first recipient.
const FIRST_DIGITS: usize = 5;

impl FromStr for Place {
    type Err = PlaceError;
    fn from_str(text: &str) -> Result<Self, PlaceError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let (entry, within) = text.split_once('~').ok_or(PlaceError)?;
        let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<&str> = entry.split('#').collect();
        let of_an_entry = match parts[..] {
            [time] => digits(time, TIME_DIGITS) && within == "0",
            [time, event, first, kind] => {
                digits(time, TIME_DIGITS)
                    && event.parse::<EventId>().is_ok()
                    && digits(first, FIRST_DIGITS)
                    && NoticeKind::from_name(kind).is_some()
            }
            _ => false,
        };
        let taken = within.parse().ok().filter(|taken: &u32| taken.to_string() == within);
        let taken = taken.filter(|taken| *taken as usize <= MAX_RECIPIENTS);
        match taken {
            Some(within) if of_an_entry => Ok(Self { entry: entry.to_owned(), within }),
            _ => Err(PlaceError),
        }
    }
}

/// The entry for a notice that is about to be written.
pub(crate) fn item(client: &ClientId, notice: &Notice) -> Result<Item, StoreError> {
    written_at(client, notice, clock())
}

#[expect(
    clippy::disallowed_methods,
    reason = "an entry stands where it is written, and only who writes it knows when that is; see the module's words"
)]
fn clock() -> Timestamp {
    Timestamp::now()
}

fn written_at(client: &ClientId, notice: &Notice, now: Timestamp) -> Result<Item, StoreError> {
    let first = match &notice.recipients {
        Recipients::Range { from, .. } => *from,
        Recipients::Numbers(numbers) => numbers.first().copied().unwrap_or_default(),
    };
    let what = format!("{}#{first:0FIRST_DIGITS$}#{}", notice.event, notice.kind.name());
    let ttl = now.checked_add(LIFE).unwrap_or(Timestamp::MAX);
    Ok(Item::at(&key::feed(client, now, &what)).doc(notice)?.number("ttl", ttl.as_second()))
}

impl Store {
    /// Tells of something that is true by itself.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn tell(&self, client: &ClientId, notice: &Notice) -> Result<(), StoreError> {
        self.put(item(client, notice)?, Expect::Anything).await
    }

    /// Entries of a feed from a place on, settled at `now`, oldest first, at most `limit`. The first is the place's own entry when some
    /// of its messages are left ([`Place::taken_of`]).
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn feed(
        &self,
        client: &ClientId,
        place: &Place,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        let until = key::sortable(now.checked_sub(SETTLE).unwrap_or(now));
        if place.entry >= until {
            return Ok(Vec::new());
        }
        let pk = key::feed_partition(client);
        let items = match place.within {
            0 => self.query_between(&pk, &place.entry, &until, limit).await?,
            _ => self.query_from(&pk, &place.entry, &until, limit).await?,
        };
        items
            .iter()
            .map(|item| Ok(FeedEntry { key: item.get_text("sk")?.to_owned(), notice: item.get_doc()? }))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn notice() -> Notice {
        Notice {
            kind: NoticeKind::Revoked,
            event: EventId::from_random([7; 10]),
            recipients: Recipients::Numbers(vec![42, 43]),
            at: Timestamp::from_second(1_800_000_000).unwrap(),
            reason: None,
        }
    }

    fn entry(key: &str) -> FeedEntry {
        FeedEntry { key: key.to_owned(), notice: notice() }
    }

    #[test]
    fn an_entry_stands_where_it_was_written_not_where_it_was_asked_for() {
        let (client, later) = (ClientId::from_random([1; 10]), Timestamp::from_millisecond(1_800_000_025_125).unwrap());
        let item = written_at(&client, &notice(), later).unwrap();
        let key = "001800000025125#07070707070707070707#00042#credential.revoked";
        assert_eq!(item.get_text("sk").unwrap(), key);
        assert_eq!(item.get_doc::<Notice>().unwrap().at.as_second(), 1_800_000_000);
        let place = Place::within(&entry(key), 1);
        assert_eq!(place.to_string().parse(), Ok(place.clone()));
        assert_eq!(place.time(), Some(later));
        assert!(Place::before(later) < place && place < Place::before(later + SignedDuration::from_millis(1)));
    }

    #[test]
    fn places_are_ordered_by_how_far_they_are() {
        let (a, b) = (entry("000000000000001#a"), entry("000000000000002#a"));
        let places = [
            Place::default(),
            Place::before(Timestamp::from_millisecond(1).unwrap()),
            Place::within(&a, 1),
            Place::within(&a, 12),
            Place::behind(&a),
            Place::within(&b, 1),
            Place::behind(&b),
        ];
        assert!(places.is_sorted_by(|one, next| one < next), "{places:?}");
        assert_eq!((Place::within(&a, 3).taken_of(&a), Place::within(&a, 3).taken_of(&b)), (3, 0));
        assert_eq!(Place::behind(&a).taken_of(&a), 0);
    }

    #[test]
    fn only_well_formed_places_are_read() {
        let good = "001800000025125#07070707070707070707#00042#credential.revoked~7";
        for place in ["", "001800000025125~0", good] {
            assert_eq!(place.parse::<Place>().unwrap().to_string(), place);
        }
        for bad in [
            "~0",
            "001800000025125",
            "1800000025125~0",
            "001800000025125~1",
            "001800000025125~00",
            "00180000002512x~0",
            &good.replace('~', ""),
            &good.replace("~7", "~-7"),
            &good.replace("~7", "~07"),
            &good.replace("~7", "~10001"),
            &good.replace("revoked", "eaten"),
            &good.replace("#00042", ""),
            &good.replace("00042", "42"),
            &good.replace("0707#", "07ZZ#"),
            &format!("{good}#x"),
        ] {
            assert_eq!(bad.parse::<Place>(), Err(PlaceError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_is_written_back_alike(text in "[0-9a-f#~.]{0,40}|\\PC{0,80}") {
            if let Ok(place) = text.parse::<Place>() {
                prop_assert_eq!(place.to_string(), text);
            }
        }
    }
}
