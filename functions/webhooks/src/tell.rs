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
    use crate::message::tests::event;
    use crate::wire::{Call, Reply, Wire, error, items, of_the_event};
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

    /// Long after the entry of the feed was written.
    const NOW: i64 = 1_900_000_000;
    const ENTRY: &str = "001800000100000#07070707070707070707#00000#credential.issued";

    /// The record of a webhook, as far as these tests change it.
    #[derive(Debug, Clone)]
    struct Hook {
        id: &'static str,
        progress: Value,
        revision: i64,
        claimed: Option<i64>,
        /// What the next posts are answered; 200 when nothing is left.
        answers: Vec<u16>,
        posts: Vec<String>,
        /// What happens instead of the next note: it is moved here by somebody else.
        moved: Option<Value>,
    }

    impl Hook {
        fn new(id: &'static str, answers: &[u16]) -> Self {
            let progress = json!({"place": {"entry": ""}});
            let (answers, posts) = (answers.to_vec(), vec![]);
            Self { id, progress, revision: 1, claimed: None, answers, posts, moved: None }
        }

        fn item(&self, url: &str) -> Value {
            let at = "2027-01-01T00:00:00Z";
            let doc = json!({
                "id": self.id, "client": "acme", "url": url, "secrets": [{"key": "c2VjcmV0"}], "enabled": true,
                "created_at": at, "modified_at": at,
            });
            let mut item = json!({
                "doc": {"S": doc.to_string()}, "progress": {"S": self.progress.to_string()},
                "sr": {"N": "0"}, "pr": {"N": self.revision.to_string()},
            });
            if let Some(claimed) = self.claimed {
                item["claimed"] = json!({"N": claimed.to_string()});
            }
            item
        }

        fn update(&mut self, call: &Call) -> Reply {
            let number = |name: &str| call.value(name).map(|text| text.parse::<i64>().unwrap());
            if let Some(progress) = call.value(":progress") {
                if let Some(moved) = self.moved.take() {
                    (self.progress, self.revision) = (moved, self.revision + 1);
                }
                if number(":before") != Some(self.revision) || number(":claim") != self.claimed {
                    return error("ConditionalCheckFailedException");
                }
                (self.progress, self.revision) = (serde_json::from_str(progress).unwrap(), self.revision + 1);
                self.claimed = number(":next");
            } else if let Some(until) = number(":until") {
                if self.claimed.is_some_and(|claimed| claimed > number(":now").unwrap()) {
                    return error("ConditionalCheckFailedException");
                }
                self.claimed = Some(until);
            } else if number(":claim") == self.claimed {
                self.claimed = None;
            }
            (200, json!({}))
        }
    }

    #[derive(Clone)]
    struct World(Arc<Mutex<Vec<Hook>>>);

    impl World {
        fn hooks(&self) -> MutexGuard<'_, Vec<Hook>> {
            self.0.lock().unwrap()
        }

        fn answer(&self, call: &Call, url: &str) -> Reply {
            let mut hooks = self.hooks();
            let of = |hooks: &mut Vec<Hook>, place: &str| hooks.iter().position(|h| place.ends_with(h.id)).unwrap();
            match (call.operation.as_str(), call.partition()) {
                ("Query", "HOOKS") => {
                    items(&hooks.iter().map(|hook| hook.item(&url.replace('#', hook.id))).collect::<Vec<_>>())
                }
                ("GetItem", "HOOKS") => {
                    let hook = of(&mut hooks, call.place());
                    (200, json!({"Item": hooks[hook].item(&url.replace('#', hooks[hook].id))}))
                }
                ("UpdateItem", "HOOKS") => {
                    let hook = of(&mut hooks, call.place());
                    hooks[hook].update(call)
                }
                // One entry, until a reader has all of it.
                ("Query", "FEED#acme") => match call.value(":from").unwrap() {
                    from if from <= ENTRY => items(&[entry()]),
                    _ => items(&[]),
                },
                ("SendMessageBatch", _) => (200, json!({"Successful": [], "Failed": []})),
                (path, _) if path.starts_with("/hook/") => {
                    let hook = of(&mut hooks, path);
                    let answers = &mut hooks[hook].answers;
                    let status = if answers.is_empty() { 200 } else { answers.remove(0) };
                    hooks[hook].posts.push(call.body["id"].as_str().unwrap().to_owned());
                    (status, json!({}))
                }
                _ => of_the_event(call).unwrap_or((500, json!({}))),
            }
        }
    }

    fn entry() -> Value {
        let notice = json!({
            "kind": "issued", "event": event().id, "recipients": {"from": 0, "to": 3}, "at": "2027-01-15T08:00:00Z",
        });
        json!({"sk": {"S": ENTRY}, "doc": {"S": notice.to_string()}})
    }

    fn id(number: u32) -> String {
        format!("msg_issued_{}", event().draw(number).credential)
    }

    /// What became of webhooks after one look, what it left in the queue, and whether it ended well.
    async fn looked_at(hooks: Vec<Hook>, seconds_left: i64) -> (Vec<Hook>, Vec<(String, i64)>, bool) {
        let world = World(Arc::new(Mutex::new(hooks)));
        let url: Arc<OnceLock<String>> = Arc::default();
        let (answering, at) = (world.clone(), Arc::clone(&url));
        let wire = Wire::answering(move |call| answering.answer(call, at.get().unwrap()));
        url.set(wire.url("/hook/#")).unwrap();
        let now = Timestamp::from_second(NOW).unwrap();
        let deadline = now + SignedDuration::from_secs(seconds_left);
        let outcome = look(&wire.app(), &"acme".parse().unwrap(), &Clock::starting_at(now), deadline).await;
        let hooks = world.hooks().clone();
        (hooks, wire.hints(), outcome.is_ok())
    }

    #[tokio::test]
    async fn what_waits_is_posted_and_noted_and_the_claim_given_back() {
        let (hooks, hints, fine) = looked_at(vec![Hook::new("one", &[])], 60).await;
        let mut posts = hooks[0].posts.clone();
        posts.sort();
        let mut all = vec![id(0), id(1), id(2)];
        all.sort();
        assert!(fine && posts == all && hints.is_empty());
        assert_eq!(hooks[0].progress["place"], json!({"entry": ENTRY, "within": 0}));
        assert_eq!((&hooks[0].progress["failures"], hooks[0].claimed), (&json!(0), None));
    }

    #[tokio::test]
    async fn one_that_fails_is_tried_again_later_and_hinders_no_other() {
        let (hooks, hints, fine) = looked_at(vec![Hook::new("bad", &[500; 9]), Hook::new("good", &[])], 60).await;
        assert!(fine && hooks.iter().all(|hook| hook.claimed.is_none()));
        assert_eq!((hooks[0].progress["failures"].as_i64(), hooks[1].posts.len()), (Some(1), 3));
        assert_eq!(
            (&hooks[0].progress["last_error"], hooks[0].progress["place"]["entry"].as_str()),
            (&json!("HTTP 500"), Some(""))
        );
        let [(client, pause)] = &hints[..] else { panic!("{hints:?}") };
        assert!(client == "acme" && (6..=8).contains(pause), "{pause}");
        // Before its time it is left alone.
        let (hooks, hints, _) = looked_at(hooks, 60).await;
        assert!(hooks[0].posts.len() == 3 && hints.is_empty());
    }

    #[tokio::test]
    async fn what_somebody_else_holds_is_left_to_them() {
        let held = Hook { claimed: Some(NOW * 1_000 + 60_000), ..Hook::new("one", &[]) };
        let (hooks, hints, fine) = looked_at(vec![held.clone()], 60).await;
        assert!(fine && hooks[0].posts.is_empty() && hints.is_empty() && hooks[0].claimed == held.claimed);
        let abandoned = Hook { claimed: Some(NOW * 1_000 - 1), ..held };
        assert_eq!(looked_at(vec![abandoned], 60).await.0[0].posts.len(), 3);
    }

    #[tokio::test]
    async fn one_that_is_moved_meanwhile_goes_on_from_where_it_was_moved_to() {
        let moved = json!({"place": {"entry": ENTRY, "within": 1}});
        let hook = Hook { moved: Some(moved), ..Hook::new("one", &[]) };
        let (hooks, _, fine) = looked_at(vec![hook], 60).await;
        assert!(fine && hooks[0].claimed.is_none());
        assert_eq!(hooks[0].posts.len(), 5, "all, and again what lies behind the new place");
        assert!(!hooks[0].posts[3..].contains(&id(0)));
        assert_eq!(hooks[0].progress["place"], json!({"entry": ENTRY, "within": 0}));
    }

    #[tokio::test]
    async fn without_time_nothing_is_begun_and_another_look_asked_for() {
        let (hooks, hints, fine) = looked_at(vec![Hook::new("one", &[])], 19).await;
        assert!(fine && hooks[0].posts.is_empty() && hooks[0].claimed.is_none());
        assert_eq!(hints, [("acme".to_owned(), 60)]);
    }

    #[tokio::test]
    async fn a_claim_is_given_back_when_the_store_fails() {
        let world = World(Arc::new(Mutex::new(vec![Hook::new("one", &[])])));
        let answering = world.clone();
        let wire = Wire::answering(move |call| match call.operation.as_str() {
            "GetItem" if call.partition().starts_with("EVENT#") => error("InternalServerError"),
            _ => answering.answer(call, "https://hooks.example/#"),
        });
        let now = Timestamp::from_second(NOW).unwrap();
        let deadline = now + SignedDuration::from_secs(60);
        let outcome = look(&wire.app(), &"acme".parse().unwrap(), &Clock::starting_at(now), deadline).await;
        assert_eq!(outcome.unwrap_err().kind(), edge::Kind::Unavailable);
        let claims = wire.calls("UpdateItem");
        assert_eq!((claims.len(), world.hooks()[0].claimed), (2, None));
    }

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
