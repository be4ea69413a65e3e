//! Which events have credentials that expire on which day, so that somebody can be told when they do.

use crate::client::{Expect, Store, StoreError};
use crate::item::{Item, number};
use crate::key;
use badge::{ClientId, Event, EventId, Notice, Recipient};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeSet, HashMap};

/// An event with credentials that expire on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// Which event.
    pub event: EventId,
    /// Expiries up to this instant were told already.
    pub told_until: Option<Timestamp>,
}

/// The day in UTC on which an instant lies.
#[must_use]
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned_datetime(TimeZone::UTC).date()
}

pub(crate) fn rows(event: &Event, recipients: &[Recipient]) -> Vec<Item> {
    let days: BTreeSet<Date> = recipients.iter().filter_map(|r| event.expiry_of(r)).map(day_of).collect();
    days.into_iter().map(|day| Item::at(&key::expiry(day, &event.id))).collect()
}

impl Store {
    /// The events with credentials that expire on `day`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn expiries(&self, day: Date) -> Result<Vec<Expiry>, StoreError> {
        let items = self.query(&key::expiry_partition(day), "", None).await?;
        let read = |item: &Item| {
            let event = item.get_text("sk")?.parse().map_err(|_| StoreError::Corrupt("sk"))?;
            Ok(Expiry { event, told_until: item.find_time("told") })
        };
        items.iter().map(read).collect()
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

    #[test]
    fn a_day_is_one_of_utc() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(day_of(at("2026-03-31T23:59:59Z")).to_string(), "2026-03-31");
        assert_eq!(day_of(at("2026-04-01T08:00:00+09:00")).to_string(), "2026-03-31");
    }
}
