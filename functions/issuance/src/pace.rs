//! How many signatures to ask for at once.
//!
//! KMS allows a number of signatures a second for the whole account (1,000 by default) and refuses what is above. How many
//! requests in flight fill that depends on its latency and on who else signs, so the width is found by trying: one more after every
//! round that went well, half after a refusal, and a pause that grows while refusals last. Several workers doing so share the quota
//! evenly (additive increase, multiplicative decrease).

use std::time::Duration;

/// In flight at the start: fills a third of the usual quota at the usual latency.
const START: usize = 8;
/// In flight at most: ten workers of this width fill the quota even at 100 ms a signature.
const MAX: usize = 64;
/// Pause after a first refusal; doubles with each one that follows.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// The present width, and what it was learnt from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pace {
    width: usize,
    good: usize,
    refusals: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { width: START, good: 0, refusals: 0 }
    }
}

impl Pace {
    /// How many may be in flight.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// One went well.
    pub(crate) fn went_well(&mut self) {
        self.refusals = 0;
        self.good += 1;
        if self.good >= self.width {
            self.good = 0;
            self.width = (self.width + 1).min(MAX);
        }
    }

    /// One was refused. Returns how long to wait; `chance` is a random byte, so that workers do not come back together.
    pub(crate) fn refused(&mut self, chance: u8) -> Duration {
        self.good = 0;
        self.width = (self.width / 2).max(1);
        let pause = PAUSE.saturating_mul(1 << self.refusals.min(10)).min(MAX_PAUSE);
        self.refusals += 1;
        pause / 2 + pause * u32::from(chance) / 510
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_grows_by_one_a_round_and_halves_when_refused() {
        let mut pace = Pace::default();
        for _ in 0..START {
            pace.went_well();
        }
        assert_eq!(pace.width(), START + 1);
        for _ in 0..100_000 {
            pace.went_well();
        }
        assert_eq!(pace.width(), MAX);
        pace.refused(0);
        assert_eq!(pace.width(), MAX / 2);
        for _ in 0..100 {
            pace.refused(0);
        }
        assert_eq!(pace.width(), 1);
    }

    #[test]
    fn pauses_grow_while_refusals_last_and_start_anew_afterwards() {
        let mut pace = Pace::default();
        let pauses: Vec<Duration> = (0..8).map(|_| pace.refused(255)).collect();
        assert_eq!(pauses[0], PAUSE);
        assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(pauses.last(), Some(&MAX_PAUSE));
        pace.went_well();
        let (shortest, longest) = (pace.clone().refused(0), pace.refused(255));
        assert_eq!((shortest, longest), (PAUSE / 2, PAUSE));
    }
}
