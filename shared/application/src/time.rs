//! From when until when, in a zone's local time.
//!
//! A window is what the clock on the wall says: it opens at the first instant at which that clock shows `not_before` or later, and is
//! closed from the last instant at which it shows `not_after`. So where a clock is put back and shows a time twice, the window holds
//! from the first to the second; where it is put forward and never shows it, the window opens or closes as it jumps. A `not_after`
//! that is a date lasts to that day's end.

use badge::input::{Reader, Reason};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

/// Opening hours. Open at both ends where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Window {
    /// From when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<DateTime>,
    /// Until when, not included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<DateTime>,
    /// Whose clock: a name in the IANA database.
    #[serde(default)]
    pub zone: Zone,
}

/// A time zone of the IANA database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(String);

/// A text that names no time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone")]
pub struct NotAZone;

/// Where in relation to a window an instant lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Within it.
    Open,
    /// Before it: opens then.
    NotYet(Timestamp),
    /// After it: closed then.
    Over(Timestamp),
}

impl Zone {
    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn rules(&self) -> TimeZone {
        // It was found when it was read; the database is built in.
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
}
impl Default for Zone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}
impl TryFrom<String> for Zone {
    type Error = NotAZone;
    fn try_from(text: String) -> Result<Self, NotAZone> {
        // The database takes names in any case; kept is its own spelling.
        let rules = TimeZone::get(&text).map_err(|_| NotAZone)?;
        rules.iana_name().map(|name| Self(name.to_owned())).ok_or(NotAZone)
    }
}
impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.0
    }
}

impl Window {
    /// The instant from which it is open.
    #[must_use]
    pub fn opens_at(&self) -> Option<Timestamp> {
        self.not_before.and_then(|local| instant(&self.zone.rules(), local, false))
    }

    /// The instant from which it is closed.
    #[must_use]
    pub fn closes_at(&self) -> Option<Timestamp> {
        self.not_after.and_then(|local| instant(&self.zone.rules(), local, true))
    }

    /// Where `now` lies.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Opening {
        match (self.opens_at(), self.closes_at()) {
            (Some(opens), _) if now < opens => Opening::NotYet(opens),
            (_, Some(closes)) if now >= closes => Opening::Over(closes),
            _ => Opening::Open,
        }
    }

    /// Reads `not_before`, `not_after` and `time_zone`; the last is needed as soon as one of the others is there.
    pub(crate) fn read(reader: &Reader<'_>) -> Self {
        let not_before = local(reader, "not_before", false);
        let not_after = local(reader, "not_after", true);
        let zone = zone(reader, not_before.is_some() || not_after.is_some());
        let window = Self { not_before, not_after, zone };
        if let (Some(opens), Some(closes)) = (window.opens_at(), window.closes_at())
            && closes <= opens
        {
            reader.refuse_field("not_after", Reason::TooEarly { after: opens });
        }
        window
    }
}

fn zone(reader: &Reader<'_>, needed: bool) -> Zone {
    let Some(text) = reader.optional_text("time_zone", 100) else {
        if needed {
            reader.refuse_field("time_zone", Reason::Missing);
        }
        return Zone::default();
    };
    Zone::try_from(text).unwrap_or_else(|NotAZone| {
        reader.refuse_field("time_zone", Reason::NotTimeZone);
        Zone::default()
    })
}

/// A local time: a date, or a date and a time without an offset.
fn local(reader: &Reader<'_>, key: &str, end: bool) -> Option<DateTime> {
    let text = reader.optional_text(key, 30)?;
    let read = || {
        if let Some(date) = date(&text) {
            let day = if end { date.tomorrow().ok()? } else { date };
            return Some(day.to_datetime(jiff::civil::Time::midnight()));
        }
        // An offset or a zone would be another clock than `time_zone`.
        let plain = text.len() >= 16 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'T' | b':'));
        text.parse::<DateTime>().ok().filter(|_| plain && text.matches('-').count() == 2)
    };
    let found = read().filter(|local| (1970..=9998).contains(&local.year()));
    if found.is_none() {
        reader.refuse_field(key, Reason::NotDate);
    }
    found
}

/// A date in the form `2027-03-31` and no other.
pub(crate) fn date(text: &str) -> Option<Date> {
    let shape = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    text.parse::<Date>().ok().filter(|date| shape && (1..=9998).contains(&date.year()))
}

/// The instant at which a zone's clock shows a local time: of two the first or the last, of none that at which it jumps over it.
fn instant(rules: &TimeZone, local: DateTime, last: bool) -> Option<Timestamp> {
    let ambiguous = rules.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
        AmbiguousOffset::Fold { before, after } => if last { after } else { before }.to_timestamp(local).ok(),
        AmbiguousOffset::Gap { after, .. } => {
            // Read with the offset from after the jump, the time lies before it; the next change is the jump.
            let before_the_jump = after.to_timestamp(local).ok()?.checked_sub(1.second()).ok()?;
            rules.following(before_the_jump).next().map(|jump| jump.timestamp())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use badge::input::Complaints;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(value: &Value) -> Result<Window, Vec<(String, &'static str)>> {
        let complaints = Complaints::default();
        let window = Window::read(&Reader::root(value, &complaints));
        let wrong = |errors: Vec<badge::input::FieldError>| {
            errors.into_iter().map(|e| (e.pointer, e.reason.code())).collect::<Vec<_>>()
        };
        complaints.into_result(window).map_err(wrong)
    }

    fn window(from: &str, to: &str, zone: &str) -> Window {
        read(&json!({"not_before": from, "not_after": to, "time_zone": zone})).unwrap()
    }

    fn ends(window: &Window) -> (String, String) {
        (window.opens_at().unwrap().to_string(), window.closes_at().unwrap().to_string())
    }

    #[test]
    fn the_same_wall_clock_is_another_instant_in_another_zone() {
        let at = |zone| ends(&window("2026-04-01T09:00", "2026-04-01T17:00", zone)).0;
        assert_eq!(at("Asia/Tokyo"), "2026-04-01T00:00:00Z");
        assert_eq!(at("UTC"), "2026-04-01T09:00:00Z");
        assert_eq!(at("America/Los_Angeles"), "2026-04-01T16:00:00Z");
        assert_eq!(at("Asia/Kathmandu"), "2026-04-01T03:15:00Z");
        assert_eq!(at("Pacific/Kiritimati"), "2026-03-31T19:00:00Z");
    }

    #[test]
    fn a_date_lasts_to_its_end() {
        let window = window("2026-03-31", "2026-03-31", "Asia/Tokyo");
        assert_eq!(ends(&window), ("2026-03-30T15:00:00Z".into(), "2026-03-31T15:00:00Z".into()));
        let at = |text: &str| window.at(text.parse().unwrap());
        assert!(matches!(at("2026-03-30T14:59:59Z"), Opening::NotYet(_)));
        assert_eq!(at("2026-03-30T15:00:00Z"), Opening::Open);
        assert_eq!(at("2026-03-31T14:59:59.999Z"), Opening::Open);
        assert!(matches!(at("2026-03-31T15:00:00Z"), Opening::Over(_)));
    }

    #[test]
    fn where_the_clock_jumps_the_window_opens_and_closes_as_it_jumps() {
        // New York, 8 March 2026: from 02:00 to 03:00 at 07:00 UTC.
        let inside = window("2026-03-08T02:30", "2026-03-08T04:00", "America/New_York");
        assert_eq!(ends(&inside).0, "2026-03-08T07:00:00Z");
        let inside = window("2026-03-08T01:00", "2026-03-08T02:30", "America/New_York");
        assert_eq!(ends(&inside).1, "2026-03-08T07:00:00Z");
        // Lord Howe jumps half an hour, on 4 October 2026 at 15:30 UTC the day before.
        let inside = window("2026-10-04T02:10", "2026-10-05", "Australia/Lord_Howe");
        assert_eq!(ends(&inside).0, "2026-10-03T15:30:00Z");
        // Samoa left out 30 December 2011 altogether.
        let inside = window("2011-12-30T12:00", "2012-01-01", "Pacific/Apia");
        assert_eq!(ends(&inside).0, "2011-12-30T10:00:00Z");
    }

    #[test]
    fn where_the_clock_shows_a_time_twice_the_window_holds_from_the_first_to_the_last() {
        // New York, 1 November 2026: 01:30 at 05:30 and at 06:30 UTC.
        let twice = window("2026-11-01T01:30", "2026-11-01T03:00", "America/New_York");
        assert_eq!(ends(&twice).0, "2026-11-01T05:30:00Z");
        let twice = window("2026-10-31", "2026-11-01T01:30", "America/New_York");
        assert_eq!(ends(&twice).1, "2026-11-01T06:30:00Z");
        let same = window("2026-11-01T01:30", "2026-11-01T01:30", "America/New_York");
        assert_eq!(ends(&same), ("2026-11-01T05:30:00Z".into(), "2026-11-01T06:30:00Z".into()));
    }

    #[test]
    fn every_complaint_names_its_place() {
        let wrong = |value| read(&value).unwrap_err();
        let one = |pointer: &str, code| vec![(pointer.to_owned(), code)];
        assert_eq!(wrong(json!({"not_before": "2026-01-01"})), one("/time_zone", "missing"));
        assert_eq!(wrong(json!({"time_zone": "Asia/Edo"})), one("/time_zone", "not_time_zone"));
        for bad in ["2026-01-01T10:00Z", "2026-01-01T10:00+09:00", "2026-13-01", "soon", "20260101", "2026-01-01 10:00"]
        {
            let value = json!({"not_before": bad, "time_zone": "Asia/Tokyo"});
            assert_eq!(wrong(value), one("/not_before", "not_date"), "{bad}");
        }
        let value = json!({"not_before": "2026-01-02T00:00", "not_after": "2026-01-01", "time_zone": "asia/tokyo"});
        assert_eq!(wrong(value), one("/not_after", "too_early"));
        assert_eq!(read(&json!({})).unwrap(), Window::default());
        assert_eq!(read(&json!({"time_zone": "asia/tokyo"})).unwrap().zone.as_str(), "Asia/Tokyo");
    }

    proptest! {
        #[test]
        fn what_the_wall_shows_decides(
            minute in 0i64..60 * 24 * 800, length in 1i64..5_000, after in 0i64..8_000,
            zone in proptest::sample::select(vec!["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Europe/London", "Africa/Casablanca"]),
        ) {
            let base: DateTime = "2025-06-01T00:00".parse().unwrap();
            let from = base.checked_add(minute.minutes()).unwrap();
            let to = from.checked_add(length.minutes()).unwrap();
            let zone = Zone::try_from(zone.to_owned()).unwrap();
            let window = Window { not_before: Some(from), not_after: Some(to), zone: zone.clone() };
            let now = zone.rules().to_timestamp(from).unwrap().checked_add((after - 1_500).minutes()).unwrap();
            // Far from a change of the clock, a window is what a comparison of local times says.
            let calm = zone.rules().following(now.checked_sub(120.hours()).unwrap()).next().is_none_or(|t| t.timestamp() > now.checked_add(240.hours()).unwrap());
            prop_assume!(calm);
            let wall = zone.rules().to_datetime(now);
            prop_assert_eq!(window.at(now) == Opening::Open, wall >= from && wall < to);
        }
    }
}
