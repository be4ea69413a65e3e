//! What systems are told: one message about one credential, the same in the feed and at every webhook.
//!
//! A message carries no e-mail address and no name: webhook bodies end in the logs of whatever they pass. Who may know looks the
//! recipient up by the event.

use crate::App;
use crate::reading::Step;
use badge::notice::{Notice, NoticeKind};
use badge::{ClientId, CredentialId, Event, EventId, Urls};
use edge::Problem;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Events read at once.
const EVENTS_AT_ONCE: usize = 16;

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    /// Its id ([`Notice::message_id`]).
    pub(crate) id: String,
    /// The credential it is about.
    pub(crate) credential: CredentialId,
    /// Its body: `id`, `type`, `timestamp` (RFC 3339) and `data`.
    pub(crate) body: Value,
}

/// An event, and when the credentials of some of its recipients expire.
#[derive(Debug, Clone)]
pub(crate) struct Background {
    event: Event,
    expiries: HashMap<u32, Option<Timestamp>>,
}

/// The message about one recipient's credential; none when the event has no such recipient.
fn message(urls: &Urls, notice: &Notice, number: u32, background: &Background) -> Option<Message> {
    let Background { event, expiries } = background;
    let expires_on = expiries.get(&number)?.map(Timestamp::as_second);
    let credential = event.draw(number).credential;
    let id = notice.message_id(&credential);
    let mut data = json!({
        "credential_id": credential.as_str(),
        "event_id": event.id.as_str(),
        "badge_id": event.badge.as_str(),
        "client_id": event.client.as_str(),
        "client_alias_id": event.client_alias_id(),
        "url": urls.credential(&credential),
        "issued_on": event.issued_on.as_second(),
        "expires_on": expires_on,
        "api_consumer_id": event.api_consumer_id,
        "earnable_application_id": event.application,
        "log_entry": event.log_entry,
    });
    if notice.kind == NoticeKind::Revoked {
        data["reason"] = notice.reason.as_deref().into();
    }
    let body = json!({"id": id, "type": notice.kind.name(), "timestamp": badge::rfc3339(notice.at), "data": data});
    Some(Message { id, credential, body })
}

/// The messages for these steps. None stands where an event is gone or is not the organisation's, which only damage can bring about:
/// nothing could ever be told of it, and what comes after must not wait for it.
pub(crate) async fn build(app: &App, client: &ClientId, steps: &[Step<'_>]) -> Result<Vec<Option<Message>>, Problem> {
    let backgrounds: HashMap<EventId, Background> = stream::iter(needed(steps))
        .map(|(id, numbers)| background(app, client, id, numbers))
        .buffer_unordered(EVENTS_AT_ONCE)
        .try_filter_map(|found| async move { Ok(found) })
        .try_collect()
        .await?;
    let one = |step: &Step<'_>| {
        let event = &step.notice.event;
        let message = backgrounds.get(event).and_then(|b| message(&app.urls, step.notice, step.number, b));
        if message.is_none() {
            tracing::error!(event = event.as_str(), number = step.number, "an entry of a feed without its event");
        }
        message
    };
    Ok(steps.iter().map(one).collect())
}

/// Which recipients of which events the steps are about: of each event the numbers from the first to the last.
fn needed(steps: &[Step<'_>]) -> BTreeMap<EventId, Range<u32>> {
    let mut needed: BTreeMap<EventId, Range<u32>> = BTreeMap::new();
    for step in steps {
        let behind = step.number.saturating_add(1);
        let range = needed.entry(step.notice.event.clone()).or_insert(step.number..behind);
        *range = range.start.min(step.number)..range.end.max(behind);
    }
    needed
}

async fn background(
    app: &App,
    client: &ClientId,
    id: EventId,
    numbers: Range<u32>,
) -> Result<Option<(EventId, Background)>, Problem> {
    let (event, recipients) =
        futures_util::try_join!(app.store.event(&id), app.store.planned_range(&id, numbers)).map_err(edge::failed)?;
    let Some(event) = event.map(|stored| stored.event).filter(|event| event.client == *client) else { return Ok(None) };
    let expiries = recipients.iter().map(|(number, recipient)| (*number, event.expiry_of(recipient))).collect();
    Ok(Some((id, Background { event, expiries })))
}

/// What is posted to try a webhook out.
pub(crate) fn ping(client: &ClientId, webhook: &badge::WebhookId, random: [u8; 10], now: Timestamp) -> (String, Value) {
    let id = format!("msg_ping_{}", hex::encode(random));
    let data = json!({"client_id": client.as_str(), "webhook_id": webhook.as_str()});
    let body = json!({"id": id, "type": "ping", "timestamp": badge::rfc3339(now), "data": data});
    (id, body)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::reading::{self, tests::entry};
    use badge::notice::Recipients;
    use store::Place;

    pub(crate) fn event() -> Event {
        serde_json::from_value(json!({
            "id": "07070707070707070707", "client": "acme", "badge": "weaving", "badge_version": 1, "name": "花子のバッジ",
            "issued_on": "2027-01-15T09:30:00Z", "expires_on": "2030-01-15T09:30:00Z", "send_email": true, "recipient_count": 3,
            "api_consumer_id": "Moodle", "log_entry": "{\"course_id\":\"2\"}", "created_at": "2027-01-15T09:30:00Z",
            "seed": "03".repeat(32), "status_list": "l", "status_position": 0,
        }))
        .unwrap()
    }

    fn background() -> Background {
        let event = event();
        let own = Timestamp::from_second(1_800_000_000).unwrap();
        Background { expiries: HashMap::from([(0, event.expires_on), (1, Some(own)), (2, None)]), event }
    }

    fn notice(kind: NoticeKind, reason: Option<&str>) -> Notice {
        Notice { reason: reason.map(str::to_owned), ..entry(1_800_000_100, kind, Recipients::Numbers(vec![1])).notice }
    }

    #[test]
    fn a_message_says_what_happened_to_which_credential() {
        let urls = Urls::new("https://badges.example").unwrap();
        let credential = event().draw(1).credential;
        let told = message(&urls, &notice(NoticeKind::Issued, None), 1, &background()).unwrap();
        let expected = json!({
            "id": format!("msg_issued_{credential}"),
            "type": "credential.issued",
            "timestamp": "2027-01-15T08:01:40Z",
            "data": {
                "credential_id": credential.as_str(),
                "event_id": "07070707070707070707",
                "badge_id": "weaving",
                "client_id": "acme",
                "client_alias_id": null,
                "url": format!("https://badges.example/credentials/{credential}"),
                "issued_on": 1_800_005_400,
                "expires_on": 1_800_000_000,
                "api_consumer_id": "Moodle",
                "earnable_application_id": null,
                "log_entry": "{\"course_id\":\"2\"}",
            }
        });
        assert_eq!(told.body, expected);
        assert_eq!((told.id.as_str(), told.credential), (expected["id"].as_str().unwrap(), credential));
    }

    #[test]
    fn a_reason_belongs_to_a_revocation_and_an_expiry_to_its_recipient() {
        let urls = Urls::new("https://badges.example").unwrap();
        let told = |kind, reason, number| message(&urls, &notice(kind, reason), number, &background());
        let data = |kind, reason, number| told(kind, reason, number).unwrap().body["data"].clone();
        assert_eq!(data(NoticeKind::Revoked, Some("by mistake"), 0)["reason"], "by mistake");
        assert_eq!(data(NoticeKind::Revoked, None, 0)["reason"], Value::Null);
        assert_eq!(data(NoticeKind::Issued, Some("x"), 0).get("reason"), None);
        assert_eq!(data(NoticeKind::Expired, None, 0)["expires_on"], 1_894_699_800);
        assert_eq!(data(NoticeKind::Expired, None, 2)["expires_on"], Value::Null);
        assert_eq!(told(NoticeKind::Issued, None, 3), None);
    }

    #[test]
    fn an_event_is_read_once_for_all_that_is_told_of_it() {
        let entries = [
            entry(1, NoticeKind::Issued, Recipients::Range { from: 5, to: 7 }),
            entry(2, NoticeKind::Revoked, Recipients::Numbers(vec![9, 2])),
        ];
        let steps = reading::read(&entries, &Place::default(), &[], 100).steps;
        assert_eq!(needed(&steps), BTreeMap::from([(event().id, 2..10)]));
    }

    #[test]
    fn a_ping_names_whom_it_was_sent_for() {
        let (client, webhook) = ("acme".parse().unwrap(), "hook1".parse().unwrap());
        let (id, body) = ping(&client, &webhook, [0xab; 10], Timestamp::UNIX_EPOCH);
        assert_eq!(id, "msg_ping_abababababababababab");
        let data = json!({"client_id": "acme", "webhook_id": "hook1"});
        assert_eq!(body, json!({"id": id, "type": "ping", "timestamp": "1970-01-01T00:00:00Z", "data": data}));
    }
}
