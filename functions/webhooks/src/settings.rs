//! An organisation's webhooks, as its admins see and change them.

use crate::message::ping as ping_message;
use crate::post::{Outcome, post};
use crate::progress::{revived, state};
use crate::{App, feed, sign};
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::limits::MAX_SHORT_CHARS;
use badge::notice::{KINDS, NoticeKind};
use badge::plan::Quota;
use badge::{ClientId, WebUrl, WebhookId};
use edge::{Answer, Kind, Problem, Request, chance};
use jiff::Timestamp;
use outbound::FetchError;
use serde_json::{Value, json};
use store::webhooks::Progress;
use store::{Place, StoreError, StoredWebhook, Webhook};

/// Attempts at a change while others change the same webhook.
const ATTEMPTS: usize = 5;

/// What an organisation says of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Settings {
    url: WebUrl,
    label: String,
    kinds: Vec<NoticeKind>,
    enabled: bool,
}

impl Settings {
    fn read(body: &Value) -> Result<Self, Vec<FieldError>> {
        let complaints = Complaints::default();
        let reader = Reader::root(body, &complaints);
        let url = reader.optional_url("url");
        if reader.field("url").is_none_or(|field| field.value().as_str() == Some("")) {
            reader.refuse_field("url", Reason::Missing);
        }
        let label = reader.optional_text("label", MAX_SHORT_CHARS).unwrap_or_default();
        let mut kinds: Vec<NoticeKind> = Vec::new();
        for entry in reader.list("types", KINDS.len()) {
            match entry.value().as_str().and_then(NoticeKind::from_name) {
                Some(kind) if kinds.contains(&kind) => entry.refuse(Reason::Duplicate),
                Some(kind) => kinds.push(kind),
                None => entry.refuse(feed::not_a_kind()),
            }
        }
        let enabled = reader.boolean("enabled", true);
        let settings = url.map(|url| Self { url, label, kinds, enabled });
        // Without an address something was complained of.
        complaints.into_result(settings)?.ok_or_else(|| field("/url", Reason::Missing))
    }
}

fn field(pointer: &str, reason: Reason) -> Vec<FieldError> {
    vec![FieldError { pointer: pointer.to_owned(), reason }]
}

/// `GET /v2/webhook/{client}`.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let webhooks = app.store.webhooks(&client).await.map_err(edge::failed)?;
    let rows: Vec<Value> = webhooks.iter().map(shown).collect();
    Ok(Answer::json(200, &json!({"result": rows, "total": rows.len()})))
}

/// `GET /v2/webhook/{client}/{webhook}`.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    Ok(Answer::json(200, &shown(&find(app, &client, &request.id("webhook")?).await?)))
}

/// `POST /v2/webhook/{client}`: a webhook that is told of what happens from now on. The only answer, with the one to a rotation, that
/// shows a secret.
pub(crate) async fn create(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let settings = Settings::read(&request.json()?)?;
    check_address(app, &settings.url).await?;
    let secret = sign::secret(chance::bytes());
    let webhook = Webhook {
        id: WebhookId::from_random(chance::bytes()),
        client: client.clone(),
        url: settings.url,
        label: settings.label,
        kinds: settings.kinds,
        secrets: vec![secret.clone()],
        enabled: settings.enabled,
        created_at: request.now,
        modified_at: request.now,
    };
    let progress = Progress { place: Place::before(request.now), ..Progress::default() };
    let limit = app.store.limit(&app.plans, &client, Quota::Webhooks).await.map_err(edge::failed)?;
    app.store.add_webhook(&webhook, &progress, limit).await.map_err(edge::failed)?;
    let mut body = result(&webhook.id, 1);
    body["secret"] = sign::shown(&secret).into();
    Ok(Answer::json(200, &body).header("location", format!("/v2/webhook/{client}/{}", webhook.id)))
}

/// `PUT /v2/webhook/{client}/{webhook}`: all settings anew. Its failures are forgotten: if it is enabled, it is tried again at once, from
/// where it stopped.
pub(crate) async fn replace(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: WebhookId = request.id("webhook")?;
    let settings = Settings::read(&request.json()?)?;
    find(app, &client, &id).await?;
    check_address(app, &settings.url).await?;
    change_settings(app, &client, &id, request.now, |before| Webhook {
        url: settings.url.clone(),
        label: settings.label.clone(),
        kinds: settings.kinds.clone(),
        enabled: settings.enabled,
        ..before
    })
    .await?;
    if settings.enabled {
        change_progress(app, &client, &id, |before| Some(revived(before)).filter(|after| after != before)).await?;
        app.hint(&client, 0).await;
    }
    Ok(Answer::json(200, &result(&id, 1)))
}

/// `DELETE /v2/webhook/{client}/{webhook}`.
pub(crate) async fn delete(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: WebhookId = request.id("webhook")?;
    match app.store.remove_webhook(&client, &id).await {
        Ok(()) => Ok(Answer::json(200, &result(&id, 1))),
        Err(StoreError::Conflict) => Err(Kind::NotFound.into()),
        Err(error) => Err(edge::failed(error)),
    }
}

/// `POST /v2/webhook/{client}/{webhook}/secret`: a new secret. The one before signs too for a day.
pub(crate) async fn rotate(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: WebhookId = request.id("webhook")?;
    let secret = sign::secret(chance::bytes());
    let after = change_settings(app, &client, &id, request.now, |before| Webhook {
        secrets: sign::rotated(&before.secrets, secret.clone(), request.now),
        ..before
    })
    .await?;
    let mut body = result(&id, 1);
    body["secret"] = sign::shown(&secret).into();
    body["old_secret_until"] = after.secrets.iter().find_map(|secret| secret.until).map(Timestamp::as_second).into();
    Ok(Answer::json(200, &body))
}

/// `POST /v2/webhook/{client}/{webhook}/test`: posts a signed `ping` now, whatever the state, and answers what came back. Nothing is
/// remembered of it.
pub(crate) async fn ping(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let stored = find(app, &client, &request.id("webhook")?).await?;
    let webhook = &stored.webhook;
    let keys = sign::Keys::of(&webhook.secrets, request.now)?;
    let (id, body) = ping_message(&client, &webhook.id, chance::bytes(), request.now);
    let outcome = post(&app.outside, &keys, webhook.url.as_str(), &id, body.to_string(), request.now).await;
    Ok(Answer::json(200, &tried(&outcome)))
}

/// `POST /v2/webhook/{client}/{webhook}/replay` with `since` (Unix seconds) or `after` (a `next` of the feed): tells again what happened
/// from then on, under the same message ids. A webhook that is not that far yet stays where it is.
pub(crate) async fn replay(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: WebhookId = request.id("webhook")?;
    let place = read_replay(&request.json()?, request.now)?;
    let moved = change_progress(app, &client, &id, |before| {
        (place < before.place).then(|| Progress { place: place.clone(), ..before.clone() })
    })
    .await?;
    app.hint(&client, 0).await;
    Ok(Answer::json(200, &result(&id, u8::from(moved))))
}

fn read_replay(body: &Value, now: Timestamp) -> Result<Place, Vec<FieldError>> {
    let complaints = Complaints::default();
    let reader = Reader::root(body, &complaints);
    let since = reader.optional_integer("since", 0, now.as_second());
    let after = reader.field("after");
    let place = match (since, &after) {
        (Some(since), None) => Timestamp::from_second(since).ok().map(Place::before),
        (None, Some(after)) => {
            let place = after.value().as_str().and_then(feed::read_cursor);
            if place.is_none() {
                after.refuse(Reason::NotFound);
            }
            place
        }
        (None, None) => {
            reader.refuse_field("since", Reason::Missing);
            None
        }
        (Some(_), Some(after)) => {
            after.refuse(Reason::Duplicate);
            None
        }
    };
    complaints.into_result(place)?.ok_or_else(|| field("/since", Reason::Missing))
}

/// The webhook of this organisation. Somebody else's and none look alike.
async fn find(app: &App, client: &ClientId, id: &WebhookId) -> Result<StoredWebhook, Problem> {
    let stored = app.store.webhook(client, id).await.map_err(edge::failed)?;
    stored.ok_or_else(|| Kind::NotFound.into())
}

/// Refuses addresses that messages could never be posted to. A host that cannot be found now may be set up later: every message is
/// looked at again.
async fn check_address(app: &App, url: &WebUrl) -> Result<(), Problem> {
    match app.outside.check(url.as_str()).await {
        Ok(()) | Err(FetchError::HostNotFound(_) | FetchError::TimedOut) => Ok(()),
        Err(_) => Err(Problem::fields(field("/url", Reason::NotPublicHttps))),
    }
}

/// Changes settings, on top of whatever they are when the change is written. Returns them as they are then.
async fn change_settings(
    app: &App,
    client: &ClientId,
    id: &WebhookId,
    now: Timestamp,
    change: impl Fn(Webhook) -> Webhook,
) -> Result<Webhook, Problem> {
    for _ in 0..ATTEMPTS {
        let stored = find(app, client, id).await?;
        let before = Webhook { secrets: sign::live(&stored.webhook.secrets, now), ..stored.webhook.clone() };
        let after = Webhook { modified_at: now, ..change(before) };
        match app.store.update_webhook(&stored, &after).await {
            Ok(()) => return Ok(after),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(edge::failed(error)),
        }
    }
    Err(Kind::Conflict.into())
}

/// Changes progress, on top of whatever it is when the change is written; `false` when there was nothing to change.
async fn change_progress(
    app: &App,
    client: &ClientId,
    id: &WebhookId,
    change: impl Fn(&Progress) -> Option<Progress>,
) -> Result<bool, Problem> {
    for _ in 0..ATTEMPTS {
        let stored = find(app, client, id).await?;
        let Some(after) = change(&stored.progress) else { return Ok(false) };
        match app.store.move_webhook(&stored, &after).await {
            Ok(()) => return Ok(true),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(edge::failed(error)),
        }
    }
    Err(Kind::Conflict.into())
}

/// A webhook as its organisation reads it: never with a secret.
fn shown(stored: &StoredWebhook) -> Value {
    let StoredWebhook { webhook, progress, .. } = stored;
    let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second);
    json!({
        "id": webhook.id.as_str(),
        "url": webhook.url.as_str(),
        "label": webhook.label,
        "types": webhook.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "enabled": webhook.enabled,
        "state": state(stored),
        "last_taken_at": seconds(progress.last_taken_at),
        "failures": progress.failures,
        "failing_since": seconds(progress.failing_since),
        "last_error": progress.last_error,
        "next_at": seconds(progress.next_at),
        "given_up_at": seconds(progress.given_up_at),
        "ctime": webhook.created_at.as_second(),
        "mtime": webhook.modified_at.as_second(),
    })
}

/// What a test met.
fn tried(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Taken(status) => json!({"success": true, "status": status, "error": null}),
        Outcome::Failed(failure) => json!({"success": false, "status": failure.status, "error": failure.error}),
    }
}

/// An `OperationResult` of the Open Badge Factory API v2.
fn result(id: &WebhookId, count: u8) -> Value {
    json!({"success": true, "message": "", "resource_type": "webhook", "resource_id": id.as_str(), "count": count})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::Failure;

    fn refused(body: &Value) -> Vec<(String, &'static str)> {
        let errors = Settings::read(body).unwrap_err();
        errors.into_iter().map(|error| (error.pointer, error.reason.code())).collect()
    }

    #[test]
    fn settings_are_read_whole() {
        let body = json!({"url": "https://lms.example/hooks?k=v", "label": "LMS", "types": ["credential.issued", "credential.revoked"]});
        let settings = Settings::read(&body).unwrap();
        assert_eq!((settings.url.as_str(), settings.enabled), ("https://lms.example/hooks?k=v", true));
        assert_eq!(settings.kinds, [NoticeKind::Issued, NoticeKind::Revoked]);
        let bare = Settings::read(&json!({"url": "https://lms.example/", "enabled": 0})).unwrap();
        assert_eq!((bare.label.as_str(), bare.kinds, bare.enabled), ("", vec![], false));
        let wrong = json!({"label": 5, "types": ["credential.issued", "credential.eaten", "credential.issued", 7], "enabled": "yes"});
        let expected = [
            ("/url", "missing"),
            ("/label", "not_text"),
            ("/types/1", "not_allowed"),
            ("/types/2", "duplicate"),
            ("/types/3", "not_allowed"),
            ("/enabled", "not_boolean"),
        ];
        assert_eq!(refused(&wrong), expected.map(|(pointer, code)| (pointer.to_owned(), code)));
        assert_eq!(refused(&json!({"url": "hooks"})), [("/url".to_owned(), "not_url")]);
        assert_eq!(refused(&json!([])).len(), 2);
    }

    #[test]
    fn the_sample_payload_is_a_webhook() {
        let sample: Value = serde_json::from_str(include_str!("../../../events/webhooks.json")).unwrap();
        let body: Value = serde_json::from_str(sample["body"].as_str().unwrap()).unwrap();
        assert_eq!(Settings::read(&body).unwrap().kinds, [NoticeKind::Issued, NoticeKind::Revoked]);
        let sample: Value = serde_json::from_str(include_str!("../../../events/webhook-job.json")).unwrap();
        let job: queue::WebhookJob = serde_json::from_str(sample["Records"][0]["body"].as_str().unwrap()).unwrap();
        assert_eq!(job.client.as_str(), "7b3kPq9sXw2d");
    }

    #[test]
    fn a_replay_begins_at_a_time_or_at_a_place_of_the_feed() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let read = |body: Value| {
            let error = |errors: Vec<FieldError>| (errors[0].pointer.clone(), errors[0].reason.code());
            read_replay(&body, now).map_err(error)
        };
        let since = Timestamp::from_second(1_700_000_000).unwrap();
        assert_eq!(read(json!({"since": 1_700_000_000})), Ok(Place::before(since)));
        let cursor = feed::cursor(&Place::before(since));
        assert_eq!(read(json!({"after": cursor})), Ok(Place::before(since)));
        assert_eq!(read(json!({"after": ""})), Ok(Place::default()));
        let refused = |pointer: &str, code| Err((pointer.to_owned(), code));
        assert_eq!(read(json!({})), refused("/since", "missing"));
        assert_eq!(read(json!({"since": 1_800_000_001})), refused("/since", "out_of_range"));
        assert_eq!(read(json!({"since": 1, "after": cursor})), refused("/after", "duplicate"));
        assert_eq!(read(json!({"after": "x"})), refused("/after", "not_found"));
        assert_eq!(read(json!({"after": 5})), refused("/after", "not_found"));
    }

    #[test]
    fn a_test_says_what_came_back() {
        let failed =
            |status, error: &str| Outcome::Failed(Failure { status, error: error.into(), wait: None, gone: false });
        assert_eq!(tried(&Outcome::Taken(204)), json!({"success": true, "status": 204, "error": null}));
        assert_eq!(
            tried(&failed(Some(500), "HTTP 500")),
            json!({"success": false, "status": 500, "error": "HTTP 500"})
        );
        assert_eq!(tried(&failed(None, "timeout")), json!({"success": false, "status": null, "error": "timeout"}));
    }
}
