//! Time that goes on while a function works on what it was woken for.
//!
//! A request takes its one instant with it. Work that lasts minutes needs to know how late it has become: when to stop before the
//! deadline, from when a pause counts.

use jiff::Timestamp;
use std::time::Instant;

/// Shows the time, from a first instant on.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Timestamp,
    since: Instant,
}

impl Clock {
    /// A clock that shows `began` now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the clock itself; everything else is handed one, or an instant")]
    pub fn starting_at(began: Timestamp) -> Self {
        Self { began, since: Instant::now() }
    }

    /// What it shows now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.began.checked_add(self.since.elapsed()).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_from_where_it_began() {
        let began = Timestamp::from_second(1_800_000_000).unwrap();
        let clock = Clock::starting_at(began);
        let first = clock.now();
        assert!(first >= began && clock.now() >= first);
        assert!(first.duration_since(began) < jiff::SignedDuration::from_mins(10));
        assert_eq!(Clock::starting_at(Timestamp::MAX).now(), Timestamp::MAX);
    }
}
