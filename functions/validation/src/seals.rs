//! The seals that are trusted here, read from the table and kept for some minutes.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};
use store::{KeyState, Seal, Store, StoreError};
use verify::{SealState, TrustedSeal};

/// How long a list is taken for current: so long a seal may still be believed after it was declared compromised.
const KEPT: SignedDuration = SignedDuration::from_mins(3);

/// The list, and when it was read.
#[derive(Debug, Default)]
pub(crate) struct Seals(Mutex<Option<(Timestamp, Vec<TrustedSeal>)>>);

impl Seals {
    /// The trusted seals; `None` when they cannot be read, which is another answer than that there are none.
    pub(crate) async fn trusted(&self, store: &Store, now: Timestamp) -> Option<Vec<TrustedSeal>> {
        if let Some(kept) = self.kept(now) {
            return Some(kept);
        }
        let read = store.seals().await.inspect_err(|error: &StoreError| tracing::error!(%error, "seals"));
        let trusted: Vec<TrustedSeal> = read.ok()?.into_iter().map(trusted).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, trusted.clone()));
        Some(trusted)
    }

    fn kept(&self, now: Timestamp) -> Option<Vec<TrustedSeal>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(read_at, _)| now.duration_since(*read_at) < KEPT).map(|(_, seals)| seals.clone())
    }
}

fn trusted(seal: Seal) -> TrustedSeal {
    TrustedSeal {
        fingerprint: seal.fingerprint,
        valid_from: seal.created_at,
        valid_until: seal.until(),
        state: match seal.state {
            KeyState::Active => SealState::Active,
            KeyState::Retired { .. } => SealState::Retired,
            KeyState::Compromised { .. } => SealState::Compromised,
        },
        name: seal.name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seal(state: KeyState) -> Seal {
        Seal {
            fingerprint: [7; 32],
            name: "Example".into(),
            arn: "arn:aws:kms:us-east-1:1:key/1".into(),
            certificate: vec![1],
            state,
            created_at: at(5),
        }
    }

    #[test]
    fn what_became_of_a_seal_is_told_as_it_is_recorded() {
        let since = at(9);
        for (state, told, until) in [
            (KeyState::Active, SealState::Active, None),
            (KeyState::Retired { since }, SealState::Retired, Some(since)),
            (KeyState::Compromised { since }, SealState::Compromised, Some(since)),
        ] {
            let found = trusted(seal(state));
            assert_eq!((found.state, found.valid_from, found.valid_until), (told, at(5), until));
            assert_eq!((found.fingerprint, found.name.as_str()), ([7; 32], "Example"));
        }
    }

    #[test]
    fn a_list_is_kept_for_minutes_only() {
        let seals = Seals(Mutex::new(Some((at(1000), vec![trusted(seal(KeyState::Active))]))));
        assert_eq!(seals.kept(at(1179)).map(|list| list.len()), Some(1));
        assert_eq!(seals.kept(at(1180)), None);
        assert_eq!(Seals::default().kept(at(0)), None);
    }
}
