//! Issuing, in five steps: read the request; find what it names; plan the event and record the plan; sign what the plan says;
//! answer.
//!
//! After the plan is recorded nothing new is decided: ids, salts and places come from it ([`badge::event`]), the signing time is the
//! event's. So whatever breaks off in between, the same request with the same `Idempotency-Key` goes on where it stopped and leads
//! to the same bytes.

use crate::sign::{self, Workshop};
use crate::{App, status};
use badge::definition::Badge;
use badge::event::{Draw, IssueRequest, Seed, months_after};
use badge::input::{FieldError, Reason};
use badge::{BadgeId, ClientId, Event, EventId};
use edge::{Answer, Kind, Problem, Request, chance};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::events::{Plan, Request as RequestKey, StoredEvent};
use store::{StoreError, StoredOrganisation};

/// Recipients that one call signs before it answers: well inside the gateway's 30 seconds at KMS's usual pace.
pub(crate) const MAX_INLINE_RECIPIENTS: usize = 1_000;
/// Characters of an `Idempotency-Key`.
const MAX_REQUEST_KEY_CHARS: usize = 255;
/// How long a request key is remembered.
const REQUEST_KEY_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// `POST /v2/event/{client}/{badge}/issue`.
pub(crate) async fn issue(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let badge_id: BadgeId = request.id("badge")?;
    let key = request_key(request)?;
    let wanted = IssueRequest::read(&request.json()?)?;
    if wanted.recipients.len() > MAX_INLINE_RECIPIENTS {
        let reason = Reason::TooMany { max: MAX_INLINE_RECIPIENTS };
        return Err(Problem::fields(vec![FieldError { pointer: "/recipient".into(), reason }]));
    }
    let organisation = app.store.organisation(&client).await.map_err(edge::failed)?.ok_or(Kind::Forbidden)?;
    let workshop = Workshop::open(app, &organisation).await?;
    // A request that was planned before goes on as planned, whatever became of the badge meanwhile.
    let before = match &key {
        Some(key) => earlier(app, &client, key, request.now).await?,
        None => None,
    };
    let event = match before {
        Some(event) => event,
        None => {
            let badge = app.store.badge(&client, &badge_id).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
            if badge.definition.draft {
                return Err(Kind::DraftBadge.into());
            }
            plan(app, &workshop, &badge, &wanted, key.as_ref(), request.now).await?
        }
    };
    sign::finish(app, &workshop, &event).await?;
    let id = &event.event.id;
    let body = json!({
        "success": true, "message": "", "resource_type": "event", "resource_id": id.as_str(), "count": event.event.recipient_count,
    });
    Ok(Answer::json(200, &body).header("location", format!("/v2/event/{client}/{id}")))
}

/// The caller's request key and what it asks for.
fn request_key(request: &Request) -> Result<Option<RequestKey>, Problem> {
    let Some(key) = request.header("idempotency-key") else { return Ok(None) };
    if key.is_empty() || key.len() > MAX_REQUEST_KEY_CHARS {
        let reason = Reason::TooLong { max: MAX_REQUEST_KEY_CHARS };
        return Err(Problem::fields(vec![FieldError { pointer: "/idempotency-key".into(), reason }]));
    }
    let digest =
        |bytes: &[u8]| hex::encode(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref()[..20]);
    Ok(Some(RequestKey {
        hash: digest(key.as_bytes()),
        body_hash: digest(&[request.path.as_bytes(), b"\n", &request.body].concat()),
        expires_at: request.now + REQUEST_KEY_LIFE,
    }))
}

/// The event that this request key made before.
async fn earlier(
    app: &App,
    client: &ClientId,
    key: &RequestKey,
    now: Timestamp,
) -> Result<Option<StoredEvent>, Problem> {
    let Some(earlier) = app.store.earlier_request(client, &key.hash, now).await.map_err(edge::failed)? else {
        return Ok(None);
    };
    if earlier.body_hash != key.body_hash {
        return Err(Kind::RequestKeyReused.into());
    }
    app.store.event(&earlier.event).await.map_err(edge::failed)
}

/// Plans an event and records the plan. When another call with the same key was faster, its event counts.
async fn plan(
    app: &App,
    workshop: &Workshop<'_>,
    badge: &Badge,
    wanted: &IssueRequest,
    key: Option<&RequestKey>,
    now: Timestamp,
) -> Result<StoredEvent, Problem> {
    let organisation: &StoredOrganisation = workshop.organisation;
    let client = &organisation.organisation.id;
    let now = seconds(now);
    let issued_on = wanted.issued_on.unwrap_or(now);
    let expires_on = match (wanted.expires_on, badge.definition.expires_months) {
        (Some(until), _) => Some(until),
        (None, 0) => None,
        (None, months) => months_after(issued_on, months),
    };
    let too_early = |until: Timestamp| until <= issued_on;
    if expires_on.is_some_and(too_early) {
        let reason = Reason::OutOfRange { min: issued_on.as_second() + 1, max: badge::limits::MAX_UNIX_SECONDS };
        return Err(Problem::fields(vec![FieldError { pointer: "/expires_on".into(), reason }]));
    }
    if let Some(n) = wanted.recipients.iter().position(|r| r.expires_on.is_some_and(too_early)) {
        let reason = Reason::OutOfRange { min: issued_on.as_second() + 1, max: badge::limits::MAX_UNIX_SECONDS };
        return Err(Problem::fields(vec![FieldError { pointer: format!("/recipient/{n}/expires_on"), reason }]));
    }
    let count = u32::try_from(wanted.recipients.len()).map_err(Problem::internal)?;
    let block = status::places(app, workshop, count, now).await?;
    let event = Event {
        id: EventId::from_random(chance::bytes()),
        client: client.clone(),
        badge: badge.id.clone(),
        badge_version: badge.version,
        name: wanted.event_name.clone().unwrap_or_else(|| badge.content().name.clone()),
        issued_on,
        expires_on,
        criteria_add: wanted.criteria_add.clone(),
        alias: None,
        api_consumer_id: wanted.api_consumer_id.clone(),
        log_entry: wanted.log_entry.clone(),
        email_message: wanted.email_message.clone(),
        email_translations: wanted.email_translations.clone(),
        send_email: wanted.send_email,
        recipient_count: count,
        created_at: now,
        seed: Seed::from_random(chance::bytes()),
        status_list: block.list.clone(),
        status_position: block.position,
    };
    sign::refuse_unsignable(app, workshop, &event, badge, &wanted.recipients)?;
    let credentials: Vec<_> = (0..count).map(|n| event.draw(n)).map(|Draw { credential, .. }| credential).collect();
    let frame = sign::frame(app, workshop, &event, badge, &wanted.recipients, &block.secret)?;
    let plan =
        Plan { event: &event, recipients: &wanted.recipients, credentials: &credentials, frame: &frame, request: key };
    match app.store.plan_event(organisation, &plan).await {
        Ok(()) => Ok(StoredEvent { event, frame }),
        Err(StoreError::Conflict) => match key {
            Some(key) => earlier(app, client, key, now).await?.ok_or_else(|| Kind::Conflict.into()),
            None => Err(Kind::Conflict.into()),
        },
        Err(error) => Err(edge::failed(error)),
    }
}

/// An instant without fractions of a second, as documents carry it.
fn seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
