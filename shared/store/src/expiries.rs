//! Which events have credentials that expire on which day, so that somebody can be told when they do.

use crate::client::{Expect, Store, StoreError};
use crate::item::{Item, number};
use crate::key;
use badge::{ClientId, Event, EventId, Notice, Recipient};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};

/// An event with credentials that expire on a day. Credentials expire at whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// Which event.
    pub event: EventId,
    /// When the first of them expire.
    pub first: Timestamp,
    /// When the last of them expire.
    pub last: Timestamp,
    /// Expiries up to this instant, inclusively, were told already.
    pub told_until: Option<Timestamp>,
}

impl Expiry {
    /// Whether some may have expired by `now` that were not told of.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.first <= now && self.told_until.is_none_or(|told| told < self.last)
    }
}

/// The day in UTC on which an instant lies.
#[must_use]
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned_datetime(TimeZone::UTC).date()
}

pub(crate) fn rows(event: &Event, recipients: &[Recipient]) -> Vec<Item> {
    let mut days: BTreeMap<Date, (Timestamp, Timestamp)> = BTreeMap::new();
    for at in recipients.iter().filter_map(|r| event.expiry_of(r)) {
        let (first, last) = days.entry(day_of(at)).or_insert((at, at));
        (*first, *last) = ((*first).min(at), (*last).max(at));
    }
    let row = |(day, (first, last)): (Date, (Timestamp, Timestamp))| {
        Item::at(&key::expiry(day, &event.id)).number(FIRST, first.as_second()).number(LAST, last.as_second())
    };
    days.into_iter().map(row).collect()
}

/// Attributes of a row. Names are short: they count in every write.
const FIRST: &str = "f";
const LAST: &str = "l";
const TOLD: &str = "told";

fn read(item: &Item) -> Result<Expiry, StoreError> {
    Ok(Expiry {
        event: item.get_text("sk")?.parse().map_err(|_| StoreError::Corrupt("sk"))?,
        first: item.find_time(FIRST).ok_or(StoreError::Corrupt(FIRST))?,
        last: item.find_time(LAST).ok_or(StoreError::Corrupt(LAST))?,
        told_until: item.find_time(TOLD),
    })
}

impl Store {
    /// The events with credentials that expire on `day`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn expiries(&self, day: Date) -> Result<Vec<Expiry>, StoreError> {
        self.query(&key::expiry_partition(day), "", None).await?.iter().map(read).collect()
    }

    /// Tells of expiries of an event on `day` up to `until`, provided nobody else did meanwhile. Without a notice it only records
    /// that there were none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else did.
    pub async fn tell_expiries(
        &self,
        client: &ClientId,
        day: Date,
        expiry: &Expiry,
        until: Timestamp,
        notices: &[Notice],
    ) -> Result<(), StoreError> {
        let mut values = HashMap::from([(":until".to_owned(), number(until.as_second()))]);
        let condition = match expiry.told_until {
            Some(told) => {
                values.insert(":told".to_owned(), number(told.as_second()));
                "told = :told"
            }
            None => "attribute_not_exists(told)",
        };
        let mut writes =
            vec![self.transact_update(&key::expiry(day, &expiry.event), "SET told = :until", condition, values)?];
        for notice in notices {
            writes.push(self.transact_put(crate::feed::item(client, notice)?, Expect::Anything)?);
        }
        self.transact(writes).await
    }

    /// The day up to which, exclusively, all expiries were told.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn expiries_told_before(&self) -> Result<Option<Date>, StoreError> {
        let Some(item) = self.get(&key::swept()).await? else { return Ok(None) };
        item.get_text("day")?.parse().map(Some).map_err(|_| StoreError::Corrupt("day"))
    }

    /// Records that day.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn note_expiries_told_before(&self, day: Date) -> Result<(), StoreError> {
        self.put(Item::at(&key::swept()).text("day", day.to_string()), Expect::Anything).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_one_of_utc() {
        assert_eq!(day_of(at("2026-03-31T23:59:59Z")).to_string(), "2026-03-31");
        assert_eq!(day_of(at("2026-04-01T08:00:00+09:00")).to_string(), "2026-03-31");
    }

    #[test]
    fn a_row_says_when_its_day_begins_to_matter_and_when_it_is_done() {
        let recipient = |expires: Option<&str>| Recipient {
            email: "a@b.example".parse().unwrap(),
            name: String::new(),
            language: badge::text::Language::default(),
            expires_on: expires.map(at),
            evidence: vec![],
        };
        let recipients = [
            recipient(Some("2027-03-31T12:00:00Z")),
            recipient(Some("2027-03-31T08:30:00Z")),
            recipient(None),
            recipient(Some("2027-03-31T23:59:59Z")),
        ];
        let id = |digit: &str, length: usize| digit.repeat(length);
        let mut event: Event = serde_json::from_value(serde_json::json!({
            "id": id("1", 20), "client": "c", "badge": "b", "badge_version": 1, "name": "", "issued_on": at("2027-01-01T00:00:00Z"),
            "send_email": false, "recipient_count": 4, "created_at": at("2027-01-01T00:00:00Z"), "seed": id("2", 64),
            "status_list": "l", "status_position": 0,
        }))
        .unwrap();
        assert_eq!(rows(&event, &[recipient(None)]), []);
        event.expires_on = Some(at("2027-04-01T00:00:00Z"));
        let rows = rows(&event, &recipients);
        let read: Vec<Expiry> = rows.iter().map(|item| read(item).unwrap()).collect();
        let expiry = |first: &str, last: &str| Expiry {
            event: event.id.clone(),
            first: at(first),
            last: at(last),
            told_until: None,
        };
        let first = expiry("2027-03-31T08:30:00Z", "2027-03-31T23:59:59Z");
        assert_eq!(read, [first.clone(), expiry("2027-04-01T00:00:00Z", "2027-04-01T00:00:00Z")]);
        assert!(!first.is_due(at("2027-03-31T08:29:59Z")) && first.is_due(at("2027-03-31T08:30:00Z")));
        let told = |until: &str| Expiry { told_until: Some(at(until)), ..first.clone() };
        assert!(told("2027-03-31T23:59:58Z").is_due(at("2027-03-31T23:59:59Z")));
        assert!(!told("2027-03-31T23:59:59Z").is_due(at("2027-04-02T00:00:00Z")));
    }
}
