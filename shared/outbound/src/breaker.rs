//! A host that fails again and again is left alone for a while, and then asked once to see whether it is there again.
//!
//! Whoever waits for a host that is down pays for every second of it, and does the host no good. What counts as failing is only that no
//! answer comes; an answer that says 500 is an answer. This is known to one warm process only: another begins anew.

use crate::error::FetchError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Failures in a row after which a host is left alone.
const PATIENCE: u32 = 3;
/// For how long at first; twice as long after each probe that fails.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest.
const MAX_PAUSE: Duration = Duration::from_secs(600);
/// Hosts remembered at most. Strangers name them: beyond that all are forgotten.
const MAX_HOSTS: usize = 1_000;

#[derive(Debug, Clone, Copy)]
struct Failing {
    /// In a row.
    times: u32,
    /// Not to be asked before.
    until: Instant,
}

/// Which hosts fail. Clones share what they know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Breaker(Arc<Mutex<HashMap<String, Failing>>>);

impl Breaker {
    /// That `host` is about to be asked. Dropped without [`Attempt::answered`], as by a deadline, it failed.
    ///
    /// # Errors
    /// [`FetchError::LeftAlone`].
    pub(crate) fn begin(&self, host: &str) -> Result<Attempt<'_>, FetchError> {
        let now = Instant::now();
        if let Some(failing) = self.hosts().get_mut(host).filter(|failing| failing.times >= PATIENCE) {
            if now < failing.until {
                return Err(FetchError::LeftAlone(host.to_owned()));
            }
            // One asks; until it is answered the others go on waiting.
            failing.until = now + pause(failing.times);
        }
        Ok(Attempt { breaker: self, host: host.to_owned(), is_answered: false })
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, Failing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For how long a host is left alone after so many failures in a row.
fn pause(times: u32) -> Duration {
    PAUSE.saturating_mul(1 << times.saturating_sub(PATIENCE).min(10)).min(MAX_PAUSE)
}

/// One request to a host.
pub(crate) struct Attempt<'a> {
    breaker: &'a Breaker,
    host: String,
    is_answered: bool,
}

impl Attempt<'_> {
    /// The host is there.
    pub(crate) fn answered(mut self) {
        self.is_answered = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut hosts = self.breaker.hosts();
        if self.is_answered {
            hosts.remove(&self.host);
            return;
        }
        if hosts.len() >= MAX_HOSTS {
            hosts.clear();
        }
        let now = Instant::now();
        let failing = hosts.entry(std::mem::take(&mut self.host)).or_insert(Failing { times: 0, until: now });
        failing.times = failing.times.saturating_add(1);
        failing.until = now + pause(failing.times);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, host: &str) {
        drop(breaker.begin(host).unwrap());
    }
    fn is_left_alone(breaker: &Breaker) -> bool {
        match breaker.begin("a") {
            Ok(attempt) => {
                // Not a failure of its own.
                std::mem::forget(attempt);
                false
            }
            Err(error) => error == FetchError::LeftAlone("a".into()),
        }
    }

    /// As if so much time had passed.
    fn later(breaker: &Breaker, time: Duration) {
        breaker.hosts().values_mut().for_each(|failing| failing.until -= time);
    }

    #[test]
    fn who_fails_thrice_is_left_alone_and_then_asked_once() {
        let breaker = Breaker::default();
        fail(&breaker, "a");
        fail(&breaker, "a");
        breaker.begin("a").unwrap().answered();
        for _ in 0..PATIENCE {
            assert!(!is_left_alone(&breaker));
            fail(&breaker, "a");
        }
        assert!(is_left_alone(&breaker) && breaker.begin("b").is_ok());
        later(&breaker, PAUSE / 2);
        assert!(is_left_alone(&breaker));
        later(&breaker, PAUSE / 2);
        let probe = breaker.begin("a").unwrap();
        assert!(is_left_alone(&breaker), "one at a time");
        drop(probe);
        later(&breaker, PAUSE);
        assert!(is_left_alone(&breaker), "twice as long");
        later(&breaker, PAUSE);
        breaker.begin("a").unwrap().answered();
        assert!(!is_left_alone(&breaker));
    }

    #[test]
    fn pauses_grow_to_an_end() {
        let pauses: Vec<u64> = (PATIENCE..PATIENCE + 8).map(|times| pause(times).as_secs()).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(pause(u32::MAX), MAX_PAUSE);
    }

    #[test]
    fn strangers_do_not_fill_the_memory() {
        let breaker = Breaker::default();
        (0..=MAX_HOSTS).for_each(|number| fail(&breaker, &number.to_string()));
        assert_eq!(breaker.hosts().len(), 1);
    }
}
