//! Which credentials of an event are to be told of as expired.

use badge::notice::{NoticeKind, Recipients};
use badge::{Event, Notice, Recipient};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashMap;
use store::credentials::CredentialState;
use store::expiries::{Expiry, day_of};

/// Credentials in one entry of the feed: as many as a chunk has.
const ENTRY_RECIPIENTS: usize = badge::event::CHUNK_RECIPIENTS as usize;

/// The numbers of the recipients whose credentials expired on `day`, up to `until` and after what was told before, and are signed and
/// not revoked. One that is signed only after its own end is not told of: its first message says when it ended.
pub(crate) fn numbers(
    event: &Event,
    recipients: &[Recipient],
    states: &HashMap<u32, CredentialState>,
    expiry: &Expiry,
    day: Date,
    until: Timestamp,
) -> Vec<u32> {
    let is_new = |at: Timestamp| day_of(at) == day && at <= until && expiry.told_until.is_none_or(|told| told < at);
    let holds = |number: &u32| states.get(number).is_some_and(|state| !state.is_revoked);
    let ended = (0u32..).zip(recipients).filter(|(_, recipient)| event.expiry_of(recipient).is_some_and(is_new));
    ended.map(|(number, _)| number).filter(holds).collect()
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

    fn found(recipients: &[Recipient], revoked: &[u32], signed: u32, told: Option<i64>, until: i64) -> Vec<u32> {
        let event = Event { expires_on: Some(at(DAY + 100)), ..event() };
        let states =
            (0..signed).map(|n| (n, CredentialState { number: n, is_revoked: revoked.contains(&n) })).collect();
        let expiry =
            Expiry { event: event.id.clone(), first: at(DAY), last: at(DAY + 86_399), told_until: told.map(at) };
        numbers(&event, recipients, &states, &expiry, day_of(at(DAY)), at(until))
    }

    #[test]
    fn who_expired_since_the_last_look_and_held_it_until_then() {
        let times =
            [Some(DAY), None, Some(DAY + 100), Some(DAY + 200), Some(DAY + 86_399), Some(DAY + 86_400), Some(DAY - 1)];
        let recipients: Vec<Recipient> = times.into_iter().map(recipient).collect();
        assert_eq!(found(&recipients, &[], 7, None, DAY), [0]);
        assert_eq!(found(&recipients, &[], 7, None, DAY + 150), [0, 1, 2]);
        assert_eq!(found(&recipients, &[], 7, Some(DAY), DAY + 199), [1, 2]);
        assert_eq!(found(&recipients, &[2], 7, Some(DAY + 99), DAY + 200), [1, 3]);
        assert_eq!(found(&recipients, &[], 3, Some(DAY + 99), DAY + 200), [1, 2]);
        // After the day: what is left of it, and nothing of the next.
        assert_eq!(found(&recipients, &[], 7, Some(DAY + 100), DAY + 999_999), [3, 4]);
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
                all.extend(found(&recipients, &[], 30, told, DAY + look));
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
