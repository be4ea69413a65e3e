//! The pace of sending, and time within an invocation.
//!
//! SES allows so many mails a second; what comes faster is refused. Every attempt takes the next free slot, whichever job it is of.
//! Each instance of the function keeps its own pace: the rate is the account's divided by the instances that may run.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Mails a second, when nobody said otherwise: what SES gives an account at first.
pub(crate) const DEFAULT_PER_SECOND: u32 = 14;

/// Slots at equal distances.
#[derive(Debug)]
pub(crate) struct Pace {
    distance: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { distance: Duration::from_secs(1) / per_second.max(1), next: Mutex::new(None) }
    }

    fn take(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = next.map_or(now, |next| next.max(now));
        *next = Some(slot + self.distance);
        slot
    }

    /// Nobody goes before `until`.
    fn hold(&self, until: Instant) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Some(next.map_or(until, |next| next.max(until)));
    }

    /// Waits for the next free slot.
    pub(crate) async fn turn(&self) {
        tokio::time::sleep_until(self.take(Instant::now())).await;
    }

    /// Waits, and makes everybody else wait.
    pub(crate) async fn pause(&self, pause: Duration) {
        self.hold(Instant::now() + pause);
        tokio::time::sleep(pause).await;
    }
}

/// How long to wait after the `attempt`-th failure (from 0): twice as long each time up to 8 s, of which at least half is waited, so
/// that those who failed together do not come back together.
pub(crate) fn backoff(attempt: u32, chance: [u8; 2]) -> Duration {
    let longest = Duration::from_millis(250) * (1 << attempt.min(5));
    longest / 2 + longest / 2 * u32::from(u16::from_be_bytes(chance)) / u32::from(u16::MAX)
}

/// Time as it passes within one invocation: its first instant was read at the edge, the rest is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Timestamp,
    counted: Instant,
    deadline: Timestamp,
}

impl Clock {
    pub(crate) fn starting(start: Timestamp, deadline: Timestamp) -> Self {
        Self { start, counted: Instant::now(), deadline }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.counted.elapsed()).unwrap_or(SignedDuration::MAX);
        self.start.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// Whether `wanted` of the invocation's time is left.
    pub(crate) fn has(&self, wanted: Duration) -> bool {
        let left = self.deadline.duration_since(self.now());
        SignedDuration::try_from(wanted).is_ok_and(|wanted| left >= wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slots_come_at_equal_distances_and_none_is_saved_up() {
        let pace = Pace::new(10);
        let start = Instant::now();
        let after = |millis: u64| start + Duration::from_millis(millis);
        assert_eq!([pace.take(start), pace.take(start), pace.take(after(50))], [start, after(100), after(200)]);
        assert_eq!([pace.take(after(900)), pace.take(after(900))], [after(900), after(1_000)]);
        pace.hold(after(3_000));
        pace.hold(after(2_000));
        assert_eq!(pace.take(after(1_000)), after(3_000));
    }

    proptest! {
        #[test]
        fn waiting_grows_up_to_eight_seconds(attempt in 0u32..40, chance: [u8; 2]) {
            let longest = Duration::from_millis((250u64 << attempt.min(5)).min(8_000));
            let wait = backoff(attempt, chance);
            prop_assert!(wait >= longest / 2 && wait <= longest, "{:?}", wait);
        }
    }

    #[test]
    fn the_deadline_is_kept_in_sight() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let clock = Clock::starting(at(100), at(130));
        assert!(clock.has(Duration::from_secs(29)) && !clock.has(Duration::from_secs(31)));
        assert!(clock.now() >= at(100) && clock.now() < at(110));
    }
}
