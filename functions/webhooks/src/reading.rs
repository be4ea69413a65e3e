//! From entries of a feed to the messages that a reader is to have, one after the other.

use badge::Notice;
use badge::notice::NoticeKind;
use store::{FeedEntry, Place};

/// One message that a reader is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step<'a> {
    /// What happened.
    pub(crate) notice: &'a Notice,
    /// To the credential of which recipient.
    pub(crate) number: u32,
    /// Where the reader is once it has the message.
    pub(crate) after: Place,
}

/// What a reader is to have next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading<'a> {
    /// Where it was.
    from: Place,
    /// The messages, in order.
    pub(crate) steps: Vec<Step<'a>>,
    /// Where the reader is once it has them all; what it does not want lies behind it too.
    pub(crate) end: Place,
    /// Whether the entries hold nothing more.
    pub(crate) complete: bool,
}

impl Reading<'_> {
    /// Where the reader is once it has the first `count` messages.
    pub(crate) fn reached(&self, count: usize) -> Place {
        if count >= self.steps.len() {
            return self.end.clone();
        }
        let last = count.checked_sub(1).and_then(|last| self.steps.get(last));
        last.map_or(&self.from, |step| &step.after).clone()
    }
}

/// Whether somebody who named these kinds (none: all) wants this one.
fn wants(kinds: &[NoticeKind], kind: NoticeKind) -> bool {
    kinds.is_empty() || kinds.contains(&kind)
}

/// At most `limit` messages out of `entries`, which were read from `from` on.
pub(crate) fn read<'a>(entries: &'a [FeedEntry], from: &Place, kinds: &[NoticeKind], limit: usize) -> Reading<'a> {
    let mut reading = Reading { from: from.clone(), steps: Vec::new(), end: from.clone(), complete: false };
    for entry in entries {
        let notice = &entry.notice;
        let numbers = if wants(kinds, notice.kind) { notice.recipients.numbers() } else { Vec::new() };
        let last = numbers.len();
        for (taken, number) in (1u32..).zip(numbers).skip(from.taken_of(entry) as usize) {
            if reading.steps.len() == limit {
                return reading;
            }
            let after = if taken as usize == last { Place::behind(entry) } else { Place::within(entry, taken) };
            reading.end = after.clone();
            reading.steps.push(Step { notice, number, after });
        }
        reading.end = Place::behind(entry);
    }
    reading.complete = true;
    reading
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use badge::EventId;
    use badge::notice::Recipients;
    use jiff::Timestamp;

    pub(crate) fn entry(at: i64, kind: NoticeKind, recipients: Recipients) -> FeedEntry {
        let event = EventId::from_random([7; 10]);
        let notice = Notice { kind, event, recipients, at: Timestamp::from_second(at).unwrap(), reason: None };
        FeedEntry { key: format!("{:015}#07070707070707070707#00000#{}", at * 1000, kind.name()), notice }
    }

    fn told(reading: &Reading<'_>) -> Vec<(NoticeKind, u32)> {
        reading.steps.iter().map(|step| (step.notice.kind, step.number)).collect()
    }

    #[test]
    fn messages_come_in_order_and_reading_goes_on_anywhere() {
        use NoticeKind::{Issued, Revoked};
        let entries = [
            entry(1, Issued, Recipients::Range { from: 0, to: 3 }),
            entry(2, Revoked, Recipients::Numbers(vec![2, 0])),
            entry(3, Issued, Recipients::Range { from: 3, to: 3 }),
        ];
        let all = read(&entries, &Place::default(), &[], 100);
        assert_eq!(told(&all), [(Issued, 0), (Issued, 1), (Issued, 2), (Revoked, 2), (Revoked, 0)]);
        assert!(all.complete && all.end == Place::behind(&entries[2]));
        // From behind every message, what the store then gives leads to exactly the rest.
        for (count, step) in (1..).zip(&all.steps) {
            let place = &step.after;
            let left: Vec<FeedEntry> = entries.iter().filter(|e| Place::behind(e) > *place).cloned().collect();
            assert_eq!(told(&read(&left, place, &[], 100)), told(&all)[count..], "{place}");
        }
    }

    #[test]
    fn a_limit_ends_within_an_entry_and_says_so() {
        let entries = [entry(1, NoticeKind::Issued, Recipients::Range { from: 0, to: 3 })];
        let two = read(&entries, &Place::default(), &[], 2);
        assert_eq!((two.steps.len(), two.complete), (2, false));
        assert_eq!(two.end, Place::within(&entries[0], 2));
        let three = read(&entries, &Place::default(), &[], 3);
        assert_eq!((three.complete, &three.end), (true, &Place::behind(&entries[0])));
    }

    #[test]
    fn what_is_not_wanted_is_passed_by() {
        use NoticeKind::{Accepted, Issued};
        let entries = [
            entry(1, Issued, Recipients::Range { from: 0, to: 3 }),
            entry(2, Accepted, Recipients::Numbers(vec![1])),
            entry(3, Issued, Recipients::Range { from: 3, to: 6 }),
        ];
        let some = read(&entries, &Place::default(), &[Accepted], 1);
        assert_eq!(told(&some), [(Accepted, 1)]);
        assert!(some.complete && some.end == Place::behind(&entries[2]));
        let none = read(&entries[..1], &Place::default(), &[Accepted], 1);
        assert_eq!((none.steps.len(), &none.end), (0, &Place::behind(&entries[0])));
        // More taken than there is, as only a made-up place can say.
        let beyond = read(&entries[..1], &Place::within(&entries[0], 9), &[], 10);
        assert_eq!((beyond.steps.len(), beyond.complete), (0, true));
    }
}
