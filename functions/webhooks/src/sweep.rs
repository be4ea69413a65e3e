//! What the schedule does every few minutes: tell of what expired, and look at every webhook whose hint was lost or whose pause is over.

use crate::progress::is_due;
use crate::{App, expired};
use badge::ClientId;
use edge::{Clock, Problem};
use futures_util::{StreamExt as _, stream};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use store::expiries::{Expiry, day_of};
use store::{StoreError, StoredWebhook};

/// Feeds looked at side by side.
const FEEDS_AT_ONCE: usize = 16;
/// Events looked at side by side: one may have ten thousand recipients.
const EVENTS_AT_ONCE: usize = 2;
/// Nothing new is begun this long before the deadline.
const STOP_BEFORE: SignedDuration = SignedDuration::from_secs(20);

/// One round. What one half of it fails at does not keep the other from being done.
pub(crate) async fn sweep(app: &App, clock: &Clock, deadline: Timestamp) -> Result<(), Problem> {
    let expiries = tell_expiries(app, clock, deadline).await;
    let webhooks = look_at_all(app, clock, deadline).await;
    expiries.and(webhooks)
}

fn late(clock: &Clock, deadline: Timestamp) -> bool {
    deadline.duration_since(clock.now()) < STOP_BEFORE
}

/// Sends a hint to every organisation that has a webhook with something to hear. What there is no time for is left to the next round.
async fn look_at_all(app: &App, clock: &Clock, deadline: Timestamp) -> Result<(), Problem> {
    let webhooks = app.store.all_webhooks().await.map_err(edge::failed)?;
    let one = |stored: &StoredWebhook| {
        let (client, place) = (stored.webhook.client.clone(), stored.progress.place.clone());
        async move {
            if late(clock, deadline) {
                return Ok(None);
            }
            let entries = app.store.feed(&client, &place, clock.now(), 1).await.map_err(edge::failed)?;
            Ok(entries.first().map(|_| client))
        }
    };
    let looks: Vec<_> = webhooks.iter().filter(|stored| is_due(stored, clock.now())).map(one).collect();
    let waiting: Vec<Result<Option<ClientId>, Problem>> = stream::iter(looks).buffered(FEEDS_AT_ONCE).collect().await;
    let (mut clients, mut failed) = (BTreeSet::new(), None);
    for client in waiting {
        match client {
            Ok(client) => clients.extend(client),
            Err(problem) => failed = failed.or(Some(problem)),
        }
    }
    tracing::info!(webhooks = webhooks.len(), waiting = clients.len(), "looked at all webhooks");
    app.hint_all(clients).await?;
    failed.map_or(Ok(()), Err)
}

/// Tells of what expired: on days that are not wholly told yet, and once more on the day before today, on whose events a request may
/// still have been at work.
async fn tell_expiries(app: &App, clock: &Clock, deadline: Timestamp) -> Result<(), Problem> {
    let today = day_of(clock.now());
    let noted = app.store.expiries_told_before().await.map_err(edge::failed)?;
    let (mut told, mut is_behind, mut failed) = (None, false, None);
    for day in days(noted, today) {
        match tell_day(app, day, clock, deadline).await {
            Ok(true) if !is_behind => told = Some(day),
            Ok(true) => {}
            Ok(false) => is_behind = true,
            Err(problem) => {
                is_behind = true;
                failed = failed.or(Some(problem));
            }
        }
    }
    let told_before = told_before(noted, told, today);
    if told_before != noted
        && let Some(day) = told_before
    {
        app.store.note_expiries_told_before(day).await.map_err(edge::failed)?;
    }
    failed.map_or(Ok(()), Err)
}

/// The days to look at, oldest first: up to today, from the first that is not wholly told; from yesterday where nothing is noted.
fn days(noted: Option<Date>, today: Date) -> impl Iterator<Item = Date> {
    let yesterday = today.yesterday().unwrap_or(today);
    let first = noted.map_or(yesterday, |day| day.min(yesterday));
    first.series(jiff::Span::new().days(1)).take_while(move |day| *day <= today)
}

/// What to note when all days up to and including `told` were told: never more than yesterday, which is looked at once more.
fn told_before(noted: Option<Date>, told: Option<Date>, today: Date) -> Option<Date> {
    let yesterday = today.yesterday().unwrap_or(today);
    let next = told.and_then(|day| day.tomorrow().ok()).map(|day| day.min(yesterday));
    next.max(noted)
}

/// Tells of what expired on one day until now; `false` when there was no time for all of it.
async fn tell_day(app: &App, day: Date, clock: &Clock, deadline: Timestamp) -> Result<bool, Problem> {
    if late(clock, deadline) {
        return Ok(false);
    }
    let rows = app.store.expiries(day).await.map_err(edge::failed)?;
    let now = clock.now();
    let one = |row: Expiry| async move {
        if late(clock, deadline) { Ok(None) } else { tell_event(app, day, &row, clock).await }
    };
    let telling: Vec<_> = rows.into_iter().filter(|row| row.is_due(now)).map(one).collect();
    let outcomes: Vec<Result<Option<ClientId>, Problem>> =
        stream::iter(telling).buffer_unordered(EVENTS_AT_ONCE).collect().await;
    let (mut clients, mut failed) = (BTreeSet::new(), None);
    for outcome in outcomes {
        match outcome {
            Ok(client) => clients.extend(client),
            Err(problem) => failed = failed.or(Some(problem)),
        }
    }
    for client in clients {
        let organisation = app.store.organisation(&client).await.map_err(edge::failed)?;
        if organisation.is_some_and(|organisation| organisation.has_webhooks) {
            app.hint(&client, queue::WEBHOOK_DELAY_SECONDS).await;
        }
    }
    failed.map_or_else(|| Ok(!late(clock, deadline)), Err)
}

/// Tells of what expired of one event; whose feed has something new.
async fn tell_event(app: &App, day: Date, expiry: &Expiry, clock: &Clock) -> Result<Option<ClientId>, Problem> {
    let id = &expiry.event;
    // A row may stand before its event, or without one for ever when planning broke off.
    let Some(event) = app.store.event(id).await.map_err(edge::failed)? else { return Ok(None) };
    let event = &event.event;
    let recipients = app.store.planned_recipients(id).await.map_err(edge::failed)?;
    let now = Timestamp::from_second(clock.now().as_second()).map_err(Problem::internal)?;
    let mut numbers = expired::numbers(event, &recipients, expiry, day, now);
    let states = app.store.states_of(event, &numbers).await.map_err(edge::failed)?;
    // What is signed only after its own end is not told of: its first message says when it ended.
    numbers.retain(|number| states.get(number).is_some_and(|state| !state.is_revoked));
    let notices = expired::notices(event, &numbers, now);
    match app.store.tell_expiries(&event.client, day, expiry, now, &notices).await {
        Ok(()) => Ok((!notices.is_empty()).then(|| event.client.clone())),
        Err(StoreError::Conflict) => Ok(None), // somebody else has told of them
        Err(error) => Err(edge::failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::event;
    use crate::wire::{Call, Reply, Wire, error, items, of_the_event};
    use serde_json::{Value, json};

    /// A second after the sample event's credentials have expired.
    const NOW: i64 = 1_894_699_801;

    /// A row for the sample event on the day its credentials expire, and one without an event on the day before.
    fn day(call: &Call) -> Option<Reply> {
        let row = |event: &str| json!({"sk": {"S": event}, "f": {"N": (NOW - 1).to_string()}, "l": {"N": (NOW - 1).to_string()}});
        match call.partition() {
            "EXPIRY#2030-01-15" => Some(items(&[row("07070707070707070707")])),
            "EXPIRY#2030-01-14" => Some(items(&[row("00000000000000000000")])),
            "EVENT#00000000000000000000" | "EXPIRY" => Some((200, json!({}))),
            "ORG#acme" => {
                let doc = json!({
                    "id": "acme", "name": "Acme", "url": "https://acme.example", "email": "a@acme.example",
                    "created_at": "2027-01-01T00:00:00Z", "modified_at": "2027-01-01T00:00:00Z",
                });
                let item = json!({
                    "doc": {"S": doc.to_string()}, "key_scope": {"S": "default"}, "mail_secret": {"B": "A".repeat(43) + "="},
                    "hooks": {"N": "1"},
                });
                Some((200, json!({"Item": item})))
            }
            "HOOKS" => Some(items(&[])),
            _ => of_the_event(call),
        }
    }

    async fn swept(script: impl Fn(&Call) -> Option<Reply> + Send + 'static) -> (Wire, Result<(), Problem>) {
        let wire = Wire::answering(move |call| script(call).or_else(|| day(call)).unwrap_or((200, json!({}))));
        let now = Timestamp::from_second(NOW).unwrap();
        let outcome = sweep(&wire.app(), &Clock::starting_at(now), now + SignedDuration::from_secs(60)).await;
        (wire, outcome)
    }

    #[tokio::test]
    async fn what_expired_is_told_once_with_the_row_that_says_so() {
        let (wire, outcome) = swept(|_| None).await;
        outcome.unwrap();
        let told = wire.calls("TransactWriteItems");
        let [told] = &told[..] else { panic!("{told:?}") };
        let writes = &told.body["TransactItems"];
        assert_eq!(writes[0]["Update"]["Key"]["pk"]["S"], "EXPIRY#2030-01-15");
        assert_eq!(writes[0]["Update"]["ConditionExpression"], "attribute_not_exists(told)");
        let notice: Value = serde_json::from_str(writes[1]["Put"]["Item"]["doc"]["S"].as_str().unwrap()).unwrap();
        assert_eq!((&notice["kind"], &notice["event"]), (&json!("expired"), &json!(event().id)));
        assert_eq!(notice["recipients"], json!([0, 2]), "the second was revoked");
        assert_eq!(writes[1]["Put"]["Item"]["pk"]["S"], "FEED#acme");
        assert_eq!(wire.hints(), [("acme".to_owned(), 10)]);
        let noted = wire.calls("PutItem");
        assert_eq!(noted[0].body["Item"]["day"]["S"], "2030-01-14");
    }

    #[tokio::test]
    async fn what_somebody_else_has_told_of_is_no_failure() {
        let (wire, outcome) = swept(|call| {
            let reasons = json!([{"Code": "ConditionalCheckFailed"}, {"Code": "None"}]);
            let failed = json!({"__type": "TransactionCanceledException", "CancellationReasons": reasons});
            (call.operation == "TransactWriteItems").then_some((400, failed))
        })
        .await;
        assert!(outcome.is_ok() && wire.hints().is_empty());
    }

    #[tokio::test]
    async fn a_day_that_fails_is_looked_at_again_and_keeps_nothing_else_from_being_done() {
        let (wire, outcome) = swept(|call| match call.partition() {
            "EXPIRY#2030-01-13" => Some(error("InternalServerError")),
            "EXPIRY" if call.operation == "GetItem" => Some((200, json!({"Item": {"day": {"S": "2030-01-13"}}}))),
            _ => None,
        })
        .await;
        assert!(outcome.is_err());
        assert_eq!(wire.calls("TransactWriteItems").len(), 1, "another day was told");
        assert!(wire.calls("PutItem").is_empty(), "and nothing noted");
        let looked = |call: &Call| call.partition() == "HOOKS";
        assert!(wire.calls("Query").iter().any(looked), "webhooks were looked at all the same");
    }

    #[tokio::test]
    async fn webhooks_with_something_to_hear_get_a_hint_whatever_became_of_the_first() {
        let hook = |client: &str, enabled: bool, next_at: Value| {
            let at = "2027-01-01T00:00:00Z";
            let doc = json!({
                "id": "hook", "client": client, "url": "https://hooks.example/", "secrets": [], "enabled": enabled,
                "created_at": at, "modified_at": at,
            });
            let progress = json!({"place": {"entry": ""}, "failures": 1, "next_at": next_at});
            json!({
                "doc": {"S": doc.to_string()}, "progress": {"S": progress.to_string()}, "sr": {"N": "0"}, "pr": {"N": "0"},
            })
        };
        let (before, later) = (json!("2030-01-15T00:00:00Z"), json!("2030-01-16T00:00:00Z"));
        let hooks = [
            hook("acme", true, Value::Null),
            hook("due", true, before),
            hook("notyet", true, later),
            hook("off", false, Value::Null),
            hook("quiet", true, Value::Null),
        ];
        let (wire, outcome) = swept(move |call| match call.partition() {
            "HOOKS" => Some(items(&hooks)),
            "FEED#quiet" => Some(items(&[])),
            feed if feed.starts_with("FEED#") => {
                let notice =
                    json!({"kind": "issued", "event": event().id, "recipients": [0], "at": "2027-01-15T08:00:00Z"});
                Some(items(&[json!({"sk": {"S": "0#x"}, "doc": {"S": notice.to_string()}})]))
            }
            day if day.starts_with("EXPIRY#") => Some(items(&[])),
            _ => None,
        })
        .await;
        outcome.unwrap();
        assert_eq!(wire.hints(), [("acme".to_owned(), 0), ("due".to_owned(), 0)]);
    }

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_looked_at_until_they_are_told_and_yesterday_once_more() {
        let today = date("2027-03-01");
        let of = |noted: Option<&str>| days(noted.map(date), today).map(|day| day.to_string()).collect::<Vec<_>>();
        assert_eq!(of(None), ["2027-02-28", "2027-03-01"]);
        assert_eq!(of(Some("2027-02-26")), ["2027-02-26", "2027-02-27", "2027-02-28", "2027-03-01"]);
        assert_eq!(of(Some("2027-03-01")), ["2027-02-28", "2027-03-01"]);
    }

    #[test]
    fn what_is_noted_only_grows_and_never_passes_yesterday() {
        let (today, yesterday) = (date("2027-03-01"), Some(date("2027-02-28")));
        let of = |noted: Option<&str>, told: Option<&str>| told_before(noted.map(date), told.map(date), today);
        assert_eq!(of(None, Some("2027-03-01")), yesterday);
        assert_eq!(of(Some("2027-02-20"), Some("2027-02-22")), Some(date("2027-02-23")));
        assert_eq!(of(Some("2027-02-20"), None), Some(date("2027-02-20")));
        assert_eq!(of(Some("2027-02-20"), Some("2027-02-28")), yesterday);
        assert_eq!(of(None, None), None);
    }
}
