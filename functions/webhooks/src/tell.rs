//! Telling an organisation's webhooks what they have not heard yet.
//!
//! A worker claims a webhook, reads a slice of the feed, posts it, notes how far it came, and so on until nothing is left. Whoever finds
//! a webhook claimed goes away: what it came for has settled in the feed, and who holds the webhook looks once more after giving it
//! back. A worker that dies leaves a claim that runs out; what it posted and did not note is posted again, under the same ids.

use crate::post::post;
use crate::progress::{after, is_due, post_all};
use crate::sign::Keys;
use crate::{App, message, reading};
use badge::{ClientId, WebhookId};
use edge::{Clock, Problem, chance};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use store::webhooks::Claim;
use store::{StoreError, StoredWebhook};

/// Messages posted between two notes of the progress.
const SLICE: usize = 50;
/// For how long new posts are begun between two notes: with the last of them, well within a claim's life.
const SLICE_TIME: SignedDuration = SignedDuration::from_secs(60);
/// Entries read at once.
const PAGE: usize = 100;
/// Nothing new is begun this long before the deadline: a post may take ten seconds and the note of it seven.
const STOP_BEFORE: SignedDuration = SignedDuration::from_secs(20);
/// When to look again where there was no time even to begin, in seconds.
const LOOK_IF_LATE_SECONDS: i32 = 60;

/// What is left to do for a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nothing, or nothing that could be done now.
    Nothing,
    /// Another look after so many seconds.
    LookIn(i32),
}

/// Looks at all webhooks of an organisation and tells each, by itself, what it has not heard.
pub(crate) async fn look(app: &App, client: &ClientId, clock: &Clock, deadline: Timestamp) -> Result<(), Problem> {
    let webhooks = app.store.webhooks(client).await.map_err(edge::failed)?;
    let due = webhooks.iter().filter(|stored| is_due(stored, clock.now()));
    let each = due.map(|stored| advance(app, client, &stored.webhook.id, clock, deadline));
    let (mut looks, mut failed) = (BTreeSet::new(), None);
    for outcome in join_all(each).await {
        match outcome {
            Ok(Left::Nothing) => {}
            Ok(Left::LookIn(seconds)) => {
                looks.insert(seconds);
            }
            Err(problem) => failed = failed.or(Some(problem)),
        }
    }
    // One hint for each pause, and only by who has just found out that it is needed: hints never multiply.
    for seconds in looks {
        app.hint(client, seconds).await;
    }
    failed.map_or(Ok(()), Err)
}

/// Tells one webhook what it has not heard.
async fn advance(
    app: &App,
    client: &ClientId,
    id: &WebhookId,
    clock: &Clock,
    deadline: Timestamp,
) -> Result<Left, Problem> {
    loop {
        let now = clock.now();
        let Some(stored) = due(app, client, id, now).await? else { return Ok(Left::Nothing) };
        let place = &stored.progress.place;
        if app.store.feed(client, place, now, 1).await.map_err(edge::failed)?.is_empty() {
            return Ok(Left::Nothing);
        }
        let Some(mut claim) = app.store.claim_webhook(client, id, now).await.map_err(edge::failed)? else {
            return Ok(Left::Nothing);
        };
        let outcome = hold(app, client, id, &mut claim, clock, deadline).await;
        if !outcome.as_ref().is_ok_and(|held| held.is_released) {
            app.store.release_webhook(client, id, claim).await.map_err(edge::failed)?;
        }
        // Without an answer here, whoever was turned away meanwhile left it to us: one look more.
        if let Some(left) = outcome?.left {
            return Ok(left);
        }
    }
}

/// A webhook, provided it is to be told something now.
async fn due(app: &App, client: &ClientId, id: &WebhookId, now: Timestamp) -> Result<Option<StoredWebhook>, Problem> {
    let stored = app.store.webhook(client, id).await.map_err(edge::failed)?;
    Ok(stored.filter(|stored| is_due(stored, now)))
}

/// How holding a webhook ended.
struct Held {
    /// Whether the claim was given back with the last note.
    is_released: bool,
    /// What is left to do; none when nothing was found any more.
    left: Option<Left>,
}

/// Tells a webhook, while it is held, slice by slice.
async fn hold(
    app: &App,
    client: &ClientId,
    id: &WebhookId,
    claim: &mut Claim,
    clock: &Clock,
    deadline: Timestamp,
) -> Result<Held, Problem> {
    let kept = |left| Ok(Held { is_released: false, left });
    let late = || deadline.duration_since(clock.now()) < STOP_BEFORE;
    let mut pause_when_late = LOOK_IF_LATE_SECONDS;
    loop {
        if late() {
            return kept(Some(Left::LookIn(pause_when_late)));
        }
        // Read anew for each slice: it may have been moved, switched off or removed meanwhile, or given another secret.
        let began = clock.now();
        let stored = due(app, client, id, began).await?.filter(|stored| stored.is_held_by(*claim));
        let Some(stored) = stored else { return kept(Some(Left::Nothing)) };
        let (webhook, before) = (&stored.webhook, &stored.progress);
        let entries = app.store.feed(client, &before.place, began, PAGE).await.map_err(edge::failed)?;
        if entries.is_empty() {
            return kept(None);
        }
        let reading = reading::read(&entries, &before.place, &webhook.kinds, SLICE);
        let messages = message::build(app, client, &reading.steps).await?;
        let keys = &Keys::of(&webhook.secrets, began)?;
        let one = |message: &message::Message| {
            let (id, body, now) = (message.id.clone(), message.body.to_string(), clock.now());
            async move { post(&app.outside, keys, webhook.url.as_str(), &id, body, now).await }
        };
        let over = || late() || clock.now().duration_since(began) >= SLICE_TIME;
        let (taken, failure) = post_all(&messages, before, over, one).await;
        let now = clock.now();
        let jitter = u16::from_be_bytes(chance::bytes());
        let progress = after(before, reading.reached(taken), taken, failure.as_ref(), now, jitter);
        if taken > 0 {
            pause_when_late = 0;
        }
        let left = match &failure {
            Some(_) => Some(pause_of(progress.next_at, now)),
            None if late() => Some(Left::LookIn(pause_when_late)),
            None => None,
        };
        let everything = taken == messages.len() && reading.complete && entries.len() < PAGE;
        let next = (left.is_none() && !everything).then(|| Claim::beginning(now));
        match app.store.note_progress(&stored, &progress, *claim, next).await {
            Ok(()) => {}
            // Moved meanwhile: go on from where it is now.
            Err(StoreError::Conflict) => continue,
            Err(error) => return Err(edge::failed(error)),
        }
        let error = failure.as_ref().map(|failure| failure.error.as_str());
        tracing::info!(client = client.as_str(), webhook = id.as_str(), taken, error, "told");
        match next {
            Some(next) => *claim = next,
            None => return Ok(Held { is_released: true, left }),
        }
    }
}

/// When to look again after a failure. A pause that no message can wait for is left to the schedule.
fn pause_of(next_at: Option<Timestamp>, now: Timestamp) -> Left {
    let Some(next_at) = next_at else { return Left::Nothing };
    // A second more, for clocks that differ: who comes too early goes away again.
    let seconds = next_at.duration_since(now).as_secs().saturating_add(2);
    match i32::try_from(seconds) {
        Ok(seconds) if seconds <= queue::MAX_DELAY_SECONDS => Left::LookIn(seconds),
        _ => Left::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_pauses_are_waited_for_in_the_queue_and_long_ones_by_the_schedule() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let now = at(1_000_000);
        assert_eq!(pause_of(None, now), Left::Nothing);
        assert_eq!(pause_of(Some(at(1_005_400)), now), Left::LookIn(7));
        assert_eq!(pause_of(Some(at(1_004_500)), now), Left::LookIn(6));
        assert_eq!(pause_of(Some(at(1_000_000 + 898_999)), now), Left::LookIn(900));
        assert_eq!(pause_of(Some(at(1_000_000 + 900_000)), now), Left::Nothing);
    }
}
