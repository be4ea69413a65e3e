//! What follows from the answers: how far a webhook is, when it is tried again, and when it is given up. A state machine without any
//! world: what is stored after each round is a function of what was stored before and of what was answered.

use crate::message::Message;
use crate::post::{Failure, Outcome};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::future::Future;
use store::webhooks::Progress;
use store::{Place, StoredWebhook};

/// Messages under way to one webhook at once.
const AT_ONCE: usize = 8;
/// Pauses after the first, second, … failure in a row, in seconds; the last also after every later one.
const PAUSES: [i64; 11] = [5, 30, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, LONGEST_PAUSE];
/// The longest pause, in seconds, whatever the other side asks for.
const LONGEST_PAUSE: i64 = 12 * 3_600;
/// How long a webhook may fail before it is given up.
const PATIENCE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// How a webhook is doing, as its organisation reads it.
pub(crate) fn state(stored: &StoredWebhook) -> &'static str {
    match &stored.progress {
        _ if !stored.webhook.enabled => "disabled",
        progress if progress.given_up_at.is_some() => "given_up",
        progress if progress.failures > 0 => "failing",
        _ => "active",
    }
}

/// Whether a webhook is to be told now what there is to tell.
pub(crate) fn is_due(stored: &StoredWebhook, now: Timestamp) -> bool {
    let progress = &stored.progress;
    stored.webhook.enabled && progress.given_up_at.is_none() && progress.next_at.is_none_or(|at| at <= now)
}

/// The pause after this many failures in a row. `jitter` is random: it makes the pause up to a tenth shorter or longer, so that those who
/// failed together do not come back together.
fn pause(failures: u32, asked: Option<SignedDuration>, jitter: u16) -> SignedDuration {
    let step = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    let own = PAUSES[step] * (900 + i64::from(jitter) * 200 / i64::from(u16::MAX));
    let asked = asked.map_or(0, |asked| asked.as_secs().clamp(0, LONGEST_PAUSE) * 1_000);
    SignedDuration::from_millis(own.max(asked).min(LONGEST_PAUSE * 1_000))
}

/// What is to be remembered of a round in which all up to `reached` was taken, `taken` messages among it, and then perhaps one failed.
pub(crate) fn after(
    before: &Progress,
    reached: Place,
    taken: usize,
    failure: Option<&Failure>,
    now: Timestamp,
    jitter: u16,
) -> Progress {
    let mut progress = Progress { place: reached, ..before.clone() };
    if taken > 0 {
        progress = revived(&progress);
        progress.last_taken_at = Some(now);
    }
    if let Some(failure) = failure {
        progress.failures = progress.failures.saturating_add(1);
        let since = *progress.failing_since.get_or_insert(now);
        progress.last_error = Some(failure.error.clone());
        if failure.gone || now.duration_since(since) >= PATIENCE {
            progress.given_up_at = Some(now);
            progress.next_at = None;
        } else {
            progress.next_at = now.checked_add(pause(progress.failures, failure.wait, jitter)).ok();
        }
    }
    progress
}

/// The same progress without its failures.
pub(crate) fn revived(progress: &Progress) -> Progress {
    Progress { place: progress.place.clone(), last_taken_at: progress.last_taken_at, ..Progress::default() }
}

/// Posts messages in order, some at once, until one fails or it is `late`. Returns how many were taken before the first that was not,
/// and why that one was not. Those behind it that were taken will be told again.
///
/// After a failure the first goes alone, to see whether anybody is there again. Two messages about one credential are never under way
/// together: they arrive in order.
pub(crate) async fn post_all<'a, F, R>(
    messages: &'a [Option<Message>],
    before: &Progress,
    late: impl Fn() -> bool,
    post: F,
) -> (usize, Option<Failure>)
where
    F: Fn(&'a Message) -> R,
    R: Future<Output = Outcome>,
{
    let mut width = if before.failures > 0 { 1 } else { AT_ONCE };
    let (mut done, mut rest, post) = (0, messages, &post);
    while !rest.is_empty() && !late() {
        let (batch, others) = rest.split_at(together(rest, width));
        let one = |message: &'a Option<Message>| async move {
            match message {
                Some(message) => post(message).await,
                None => Outcome::Taken(204), // there is nothing to tell
            }
        };
        for outcome in join_all(batch.iter().map(one)).await {
            match outcome {
                Outcome::Taken(_) => done += 1,
                Outcome::Failed(failure) => return (done, Some(failure)),
            }
        }
        (rest, width) = (others, AT_ONCE);
    }
    (done, None)
}

/// How many messages may go together: at most `width`, each about another credential.
fn together(messages: &[Option<Message>], width: usize) -> usize {
    let mut seen = HashSet::new();
    let first_time = |message: &&Option<Message>| message.as_ref().is_none_or(|m| seen.insert(m.credential.clone()));
    messages.iter().take(width).take_while(first_time).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{self, tests::entry};
    use badge::notice::{NoticeKind, Recipients};
    use badge::{CredentialId, EventId};
    use proptest::prelude::*;
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;
    use store::FeedEntry;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn failure(status: u16) -> Failure {
        Failure { status: Some(status), error: format!("HTTP {status}"), wait: None, gone: status == 410 }
    }

    #[test]
    fn pauses_grow_to_half_a_day_and_differ_a_little() {
        let seconds = |failures, jitter| pause(failures, None, jitter).as_millis() / 100;
        let middle = u16::MAX / 2;
        let grown: Vec<i128> = (1..=4).map(|failures| seconds(failures, middle)).collect();
        assert!(grown.iter().zip([50, 300, 1_200, 3_000]).all(|(a, b)| (a - b).abs() <= b / 100 + 1), "{grown:?}");
        assert_eq!((seconds(1, 0), seconds(1, u16::MAX)), (45, 55));
        assert_eq!((seconds(99, 0), seconds(99, u16::MAX)), (388_800, 432_000));
        let asked = |wait| pause(1, Some(SignedDuration::from_secs(wait)), middle).as_secs();
        assert_eq!((asked(1), asked(600), asked(i64::MAX)), (4, 600, LONGEST_PAUSE));
    }

    #[test]
    fn failures_add_up_until_a_message_is_taken() {
        let start = Progress { place: Place::before(at(0)), ..Progress::default() };
        let reached = Place::before(at(1));
        let one = after(&start, start.place.clone(), 0, Some(&failure(500)), at(100), 0);
        assert_eq!((one.failures, one.failing_since, one.given_up_at), (1, Some(at(100)), None));
        assert_eq!(
            (one.last_error.as_deref(), one.next_at),
            (Some("HTTP 500"), at(100).checked_add(pause(1, None, 0)).ok())
        );
        let two = after(&one, start.place.clone(), 0, Some(&failure(503)), at(200), 0);
        assert_eq!((two.failures, two.failing_since, &two.place), (2, Some(at(100)), &start.place));
        let passed_by = after(&two, reached.clone(), 0, None, at(300), 0);
        assert_eq!((passed_by.failures, &passed_by.place), (2, &reached));
        let taken = after(&two, reached.clone(), 3, None, at(300), 0);
        let healthy = Progress { place: reached.clone(), last_taken_at: Some(at(300)), ..Progress::default() };
        assert_eq!(taken, healthy);
        let again = after(&two, reached, 3, Some(&failure(500)), at(300), 0);
        assert_eq!((again.failures, again.failing_since, again.last_taken_at), (1, Some(at(300)), Some(at(300))));
    }

    #[test]
    fn a_webhook_is_given_up_after_five_days_or_when_it_says_so() {
        let days = |days: i64| at(days * 24 * 3_600);
        let place = Place::before(at(0));
        let failing = Progress { failures: 9, failing_since: Some(days(0)), ..Progress::default() };
        let almost = after(&failing, place.clone(), 0, Some(&failure(500)), at(5 * 24 * 3_600 - 1), 0);
        assert_eq!(almost.given_up_at, None);
        let over = after(&failing, place.clone(), 0, Some(&failure(500)), days(5), 0);
        assert_eq!((over.given_up_at, over.next_at), (Some(days(5)), None));
        let gone = after(&Progress::default(), place, 0, Some(&failure(410)), days(1), 0);
        assert_eq!((gone.given_up_at, gone.failures), (Some(days(1)), 1));
        let revived = revived(&over);
        assert_eq!((revived.given_up_at, revived.failures, revived.last_error), (None, 0, None));
        assert_eq!(revived.place, over.place);
    }

    /// A message of an entry, about one of only eleven credentials, so that many are about the same.
    fn messages(reading: &reading::Reading<'_>) -> Vec<Option<Message>> {
        let one = |step: &reading::Step<'_>| {
            let member = [u8::try_from(step.number % 11).unwrap(); 10];
            let credential = CredentialId::new(&EventId::from_random([7; 10]), member);
            let id = format!("{} {}", step.notice.at.as_second(), step.number);
            Some(Message { id, credential, body: serde_json::Value::Null })
        };
        reading.steps.iter().map(one).collect()
    }

    fn feed(sizes: &[(u32, bool)]) -> Vec<FeedEntry> {
        let one = |(n, (size, wanted)): (i64, &(u32, bool))| {
            let kind = if *wanted { NoticeKind::Issued } else { NoticeKind::Accepted };
            entry(n, kind, Recipients::Range { from: 0, to: *size })
        };
        (1..).zip(sizes).map(one).collect()
    }

    /// What the store would give from a place on.
    fn from(feed: &[FeedEntry], place: &Place, page: usize) -> Vec<FeedEntry> {
        feed.iter().filter(|e| Place::behind(e) > *place).take(page).cloned().collect()
    }

    proptest! {
        /// Whatever fails in between, whatever is forgotten because a worker died, and however the rounds are cut: every message is taken
        /// at least once; none is sent before all but the last few before it were taken; and those about one credential come in order.
        #[test]
        fn every_message_is_told_in_order(
            sizes in prop::collection::vec((0u32..20, prop::bool::weighted(0.8)), 0..12),
            luck in prop::collection::vec(prop::bool::weighted(0.7), 0..200),
            deaths in prop::collection::vec(prop::bool::weighted(0.2), 0..60),
            (page, slice, patience) in (1usize..5, 1usize..30, 1usize..20),
        ) {
            let feed = feed(&sizes);
            let kinds = [NoticeKind::Issued];
            let all = reading::read(&feed, &Place::default(), &kinds, usize::MAX);
            let all: Vec<Message> = messages(&all).into_iter().flatten().collect();
            let place_of: BTreeMap<&str, usize> = all.iter().enumerate().map(|(n, m)| (m.id.as_str(), n)).collect();
            let taken: RefCell<Vec<bool>> = RefCell::new(vec![false; all.len()]);
            let (mut luck, mut deaths) = (luck.into_iter(), deaths.into_iter());
            let lucky = RefCell::new(&mut luck);
            let wrong: Cell<Option<usize>> = Cell::new(None);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut stored = Progress::default();
            for round in 0.. {
                prop_assert!(round < 2_000, "it never ends: {stored:?}");
                let entries = from(&feed, &stored.place, page);
                if entries.is_empty() {
                    break;
                }
                let reading = reading::read(&entries, &stored.place, &kinds, slice);
                let messages = messages(&reading);
                let looks = Cell::new(0);
                let late = || { looks.set(looks.get() + 1); looks.get() > patience };
                let post = |message: &Message| {
                    let n = place_of[message.id.as_str()];
                    let mut taken = taken.borrow_mut();
                    let about_same = |m: usize| all[m].credential == message.credential;
                    if (0..n).any(|m| !taken[m] && (m + AT_ONCE <= n || about_same(m))) {
                        wrong.set(Some(n));
                    }
                    let outcome = if lucky.borrow_mut().next().unwrap_or(true) {
                        taken[n] = true;
                        Outcome::Taken(200)
                    } else {
                        Outcome::Failed(failure(500))
                    };
                    async move { outcome }
                };
                let (done, failed) = runtime.block_on(post_all(&messages, &stored, late, post));
                prop_assert_eq!(wrong.get(), None);
                let reached = reading.reached(done);
                let next = after(&stored, reached, done, failed.as_ref(), at(i64::from(round)), 0);
                prop_assert!(next.place >= stored.place);
                if !deaths.next().unwrap_or(false) {
                    stored = Progress { given_up_at: None, ..next };
                }
            }
            prop_assert!(taken.borrow().iter().all(|taken| *taken), "{:?}", taken);
        }
    }

    #[test]
    fn after_a_failure_one_goes_first() {
        let feed = feed(&[(3, true)]);
        let reading = reading::read(&feed, &Place::default(), &[], 100);
        let messages = messages(&reading);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sent = |before: &Progress, outcome: Outcome| {
            let sent = Cell::new(0);
            let post = |_: &Message| {
                sent.set(sent.get() + 1);
                std::future::ready(outcome.clone())
            };
            let (done, _) = runtime.block_on(post_all(&messages, before, || false, post));
            (sent.get(), done)
        };
        let failing = Progress { failures: 1, ..Progress::default() };
        assert_eq!(sent(&failing, Outcome::Failed(failure(500))), (1, 0));
        assert_eq!(sent(&failing, Outcome::Taken(200)), (3, 3));
        assert_eq!(sent(&Progress::default(), Outcome::Failed(failure(500))), (3, 0));
        assert_eq!(reading.reached(0), Place::default());
    }

    #[test]
    fn nothing_is_begun_when_it_is_late() {
        let feed = feed(&[(3, true)]);
        let messages = messages(&reading::read(&feed, &Place::default(), &[], 100));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let never = |_: &Message| -> std::future::Ready<Outcome> { panic!("posted") };
        assert_eq!(runtime.block_on(post_all(&messages, &Progress::default(), || true, never)), (0, None));
    }
}
