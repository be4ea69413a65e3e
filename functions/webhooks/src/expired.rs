//! Which credentials of an event are to be told of as expired.

use badge::notice::{NoticeKind, Recipients};
use badge::{Event, Notice, Recipient};
use jiff::Timestamp;
use jiff::civil::Date;
use store::expiries::{Expiry, day_of};

/// Credentials in one entry of the feed.
const ENTRY_RECIPIENTS: usize = 1_000;

/// The numbers of the recipients whose time ended on `day`, up to `until` and after what was told before.
pub(crate) fn numbers(
    event: &Event,
    recipients: &[Recipient],
    expiry: &Expiry,
    day: Date,
    until: Timestamp,
) -> Vec<u32> {
    let is_new = |at: Timestamp| day_of(at) == day && at <= until && expiry.told_until.is_none_or(|told| told < at);
    let ended = (0u32..).zip(recipients).filter(|(_, recipient)| event.expiry_of(recipient).is_some_and(is_new));
    ended.map(|(number, _)| number).collect()
}

/// The entries that tell of them.
pub(crate) fn notices(event: &Event, numbers: &[u32], at: Timestamp) -> Vec<Notice> {
    let notice = |some: &[u32]| Notice {
        kind: NoticeKind::Expired,
        event: event.id.clone(),
        recipients: Recipients::Numbers(some.to_vec()),
        at,
        reason: None,
    };
    numbers.chunks(ENTRY_RECIPIENTS).map(notice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::event;
    use proptest::prelude::*;

    const DAY: i64 = 1_800_057_600; // 2027-01-16T00:00:00Z

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn recipient(expires: Option<i64>) -> Recipient {
        Recipient {
            email: "a@b.example".parse().unwrap(),
            name: String::new(),
            language: badge::text::Language::default(),
            expires_on: expires.map(at),
            evidence: vec![],
        }
    }

    fn found(recipients: &[Recipient], told: Option<i64>, until: i64) -> Vec<u32> {
        let event = Event { expires_on: Some(at(DAY + 100)), ..event() };
        let expiry =
            Expiry { event: event.id.clone(), first: at(DAY), last: at(DAY + 86_399), told_until: told.map(at) };
        numbers(&event, recipients, &expiry, day_of(at(DAY)), at(until))
    }

    #[test]
    fn whose_time_ended_since_the_last_look() {
        let times =
            [Some(DAY), None, Some(DAY + 100), Some(DAY + 200), Some(DAY + 86_399), Some(DAY + 86_400), Some(DAY - 1)];
        let recipients: Vec<Recipient> = times.into_iter().map(recipient).collect();
        assert_eq!(found(&recipients, None, DAY), [0]);
        assert_eq!(found(&recipients, None, DAY + 150), [0, 1, 2]);
        assert_eq!(found(&recipients, Some(DAY), DAY + 199), [1, 2]);
        assert_eq!(found(&recipients, Some(DAY + 99), DAY + 200), [1, 2, 3]);
        // After the day: what is left of it, and nothing of the next.
        assert_eq!(found(&recipients, Some(DAY + 100), DAY + 999_999), [3, 4]);
    }

    proptest! {
        /// However the looks fall, each expiry is told of once.
        #[test]
        fn looks_divide_the_day(
            times in prop::collection::vec(prop::option::of(0i64..86_400), 1..30),
            mut looks in prop::collection::vec(0i64..100_000, 0..10),
        ) {
            let recipients: Vec<Recipient> = times.iter().map(|t| recipient(t.map(|t| DAY + t))).collect();
            looks.push(100_000);
            looks.sort_unstable();
            let (mut told, mut all) = (None, vec![]);
            for look in looks {
                all.extend(found(&recipients, told, DAY + look));
                told = Some(DAY + look);
            }
            all.sort_unstable();
            let everybody: Vec<u32> = (0..).take(recipients.len()).collect();
            prop_assert_eq!(all, everybody);
        }
    }

    #[test]
    fn entries_stay_small() {
        let numbers: Vec<u32> = (0..2_500).collect();
        let notices = notices(&event(), &numbers, at(DAY));
        let sizes: Vec<usize> = notices.iter().map(|n| n.recipients.numbers().len()).collect();
        assert_eq!(sizes, [1_000, 1_000, 500]);
        assert!(notices.iter().all(|n| n.kind == NoticeKind::Expired && n.at == at(DAY)));
    }
}
