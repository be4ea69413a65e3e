//! Issuing, in five steps: read the request; find what it names; plan the event and record the plan; sign what the plan says, or
//! leave that to the queue; answer.
//!
//! After the plan is recorded nothing new is decided: ids, salts and places come from it ([`badge::event`]), the signing time is the
//! event's. So whatever breaks off in between, somebody goes on where it stopped and comes to the same bytes. Only what is signed on
//! claim has a time of its own, and the key of that time; the bytes that are stored first count.
//!
//! # When an answer is lost
//!
//! A caller that sends an `Idempotency-Key` gets the same event for the same key for a week. Existing clients send none: for them
//! the request itself is the key, its path and every byte of its body, for [`REPEAT_WINDOW`]. Somebody who means to issue the same again to
//! the same people within that time says so by any difference, for example in `issued_on`; and once a credential of the event was
//! revoked, the same request is a new one, because then it is meant.

use crate::chunk;
use crate::sign::{self, Begun, Workshop};
use crate::{App, status};
use badge::definition::Badge;
use badge::event::{Draw, IssueRequest, Seed, months_after};
use badge::input::{FieldError, Reason};
use badge::plan::Quota;
use badge::{Alias, AliasId, ApplicationId, BadgeId, ClientId, Event, EventId, Organisation, StatusListId};
use edge::token::Caller;
use edge::{Answer, Kind, Problem, Request, chance};
use jiff::{SignedDuration, Timestamp};
use observe::Count;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;
use store::events::{Plan, Request as RequestKey, StoredEvent};
use store::{Deed, StoreError, StoredOrganisation};

/// Recipients that one call signs before it answers. More are signed by way of the queue, in chunks side by side.
const MAX_INLINE_RECIPIENTS: u32 = 100;
/// How long a call signs before it leaves the rest to the queue: the gateway gives up after 30 seconds.
const INLINE_TIME: Duration = Duration::from_secs(15);
/// Characters of an `Idempotency-Key`.
const MAX_REQUEST_KEY_CHARS: usize = 255;
/// How long a request key is remembered.
const REQUEST_KEY_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long an application is: as long as anybody could still find it approved.
const APPLICATION_KEY_LIFE: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long the same request without a key counts as a repetition.
const REPEAT_WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// `POST /v2/event/{client}/{badge}/issue`.
pub(crate) async fn issue(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let badge_id: BadgeId = request.id("badge")?;
    let key = request_key(request)?;
    let wanted = IssueRequest::read(&request.json()?)?;
    let organisation = app.store.organisation(&client).await.map_err(edge::failed)?.ok_or(Kind::Forbidden)?;
    let order = Order { wanted: &wanted, deed: audit::issuing(caller, request) };
    let event = carry_out(app, &organisation, &badge_id, order, key, request.now).await?;
    Ok(answer(&event.event))
}

/// What is answered to whoever issued.
pub(crate) fn answer(event: &Event) -> Answer {
    let (client, id) = (&event.client, &event.id);
    let body = json!({
        "success": true, "message": "", "resource_type": "event", "resource_id": id.as_str(), "count": event.recipient_count,
    });
    Answer::json(200, &body).header("location", format!("/v2/event/{client}/{id}"))
}

/// What is to be issued, and what the audit log says of it.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) wanted: &'a IssueRequest,
    /// None where it is noted elsewhere.
    pub(crate) deed: Option<Deed>,
}

/// The one way to issue, whoever asks for it.
pub(crate) async fn carry_out(
    app: &App,
    organisation: &StoredOrganisation,
    badge: &BadgeId,
    order: Order<'_>,
    mut key: Key,
    now: Timestamp,
) -> Result<StoredEvent, Problem> {
    let client = &organisation.organisation.id;
    let workshop = Workshop::open(app, organisation).await?;
    // A request that was planned before goes on as planned, whatever became of the badge meanwhile.
    if let Some(event) = earlier(app, client, &mut key, now).await? {
        pursue(app, &workshop, &event, Begun::Perhaps, now).await?;
        return Ok(event);
    }
    let badge = app.store.badge(client, badge).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    if badge.definition.draft {
        return Err(Kind::DraftBadge.into());
    }
    let (event, begun) = plan(app, &workshop, &badge, order, &mut key, now).await?;
    pursue(app, &workshop, &event, begun, now).await?;
    Ok(event)
}

/// Signs a small event here and now, and leaves a big one, or one that takes too long, to the queue.
async fn pursue(
    app: &App,
    workshop: &Workshop<'_>,
    planned: &StoredEvent,
    begun: Begun,
    now: Timestamp,
) -> Result<(), Problem> {
    let event = &planned.event;
    if begun == Begun::Perhaps && !is_any_pending(app, event).await? {
        return Ok(());
    }
    if event.recipient_count > MAX_INLINE_RECIPIENTS {
        return chunk::leave(app, &event.id, 0..event.chunks(), begun).await;
    }
    match tokio::time::timeout(INLINE_TIME, chunk::complete(app, workshop, planned, 0, begun, now)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problem)) if problem.kind() != Kind::Unavailable => Err(problem),
        Ok(Err(_)) | Err(_) => chunk::leave(app, &event.id, 0..1, Begun::Perhaps).await,
    }
}

async fn is_any_pending(app: &App, event: &Event) -> Result<bool, Problem> {
    for chunk in 0..event.chunks() {
        if app.store.is_pending(event, chunk).await.map_err(edge::failed)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a request is called, so that it is carried out once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    request: RequestKey,
    /// Whether the caller gave the name. Else the request names itself, for a while.
    given: bool,
}

impl Key {
    /// The name that somebody gave a request, and what it asks for.
    pub(crate) fn given(name: &str, asked: &[u8], now: Timestamp) -> Self {
        let (hash, body_hash) = (digest(name.as_bytes()), digest(asked));
        Self { request: RequestKey { hash, body_hash, expires_at: now + REQUEST_KEY_LIFE, over: None }, given: true }
    }

    /// An application that was approved. It is the same request whatever became of its form meanwhile.
    pub(crate) fn of_application(application: &ApplicationId, now: Timestamp) -> Self {
        // No caller can give this name: a header holds no NUL.
        let name = format!("\0application {application}");
        let given = Self::given(&name, application.as_str().as_bytes(), now);
        let request = RequestKey { expires_at: now + APPLICATION_KEY_LIFE, ..given.request };
        Self { request, ..given }
    }

    /// A request that names itself.
    fn implied(asked: &[u8], now: Timestamp) -> Self {
        let body_hash = digest(asked);
        // No caller can give this name: a header holds no NUL.
        let hash = digest(format!("\0{body_hash}").as_bytes());
        Self { request: RequestKey { hash, body_hash, expires_at: now + REPEAT_WINDOW, over: None }, given: false }
    }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref()[..20])
}

/// The request's key: the caller's, or the request itself.
fn request_key(request: &Request) -> Result<Key, Problem> {
    let asked = [request.path.as_bytes(), b"\n", &request.body].concat();
    let Some(key) = request.readable_header("idempotency-key")? else { return Ok(Key::implied(&asked, request.now)) };
    if key.is_empty() || key.len() > MAX_REQUEST_KEY_CHARS {
        let reason = Reason::TooLong { max: MAX_REQUEST_KEY_CHARS };
        return Err(Problem::fields(vec![FieldError { pointer: "/idempotency-key".into(), reason }]));
    }
    Ok(Key::given(key, &asked, request.now))
}

/// The event that this request made before. A request that named itself is a new one once something of its event was revoked.
async fn earlier(app: &App, client: &ClientId, key: &mut Key, now: Timestamp) -> Result<Option<StoredEvent>, Problem> {
    let Some(earlier) = app.store.earlier_request(client, &key.request.hash, now).await.map_err(edge::failed)? else {
        return Ok(None);
    };
    if earlier.body_hash != key.request.body_hash {
        return Err(Kind::RequestKeyReused.into());
    }
    let event = app.store.event(&earlier.event).await.map_err(edge::failed)?;
    if !key.given {
        let states = match &event {
            Some(event) => app.store.credential_states(&event.event).await.map_err(edge::failed)?,
            None => HashMap::new(),
        };
        if states.values().any(|state| state.is_revoked) {
            key.request.over = Some(earlier.event);
            return Ok(None);
        }
    }
    Ok(event)
}

/// The alias to issue under, which the badge must permit if it names any.
async fn alias(app: &App, client: &ClientId, badge: &Badge, wanted: Option<&str>) -> Result<Option<Alias>, Problem> {
    let Some(wanted) = wanted else { return Ok(None) };
    let refuse = |reason| Problem::fields(vec![FieldError { pointer: "/client_alias_id".into(), reason }]);
    let allowed = &badge.definition.client_alias_id;
    if !allowed.is_empty() && !allowed.iter().any(|id| id == wanted) {
        return Err(refuse(Reason::NotAllowed { allowed: allowed.join(", ") }));
    }
    let id: AliasId = wanted.parse().map_err(|_| refuse(Reason::NotFound))?;
    let alias = app.store.alias(client, &id).await.map_err(edge::failed)?;
    alias.map(Some).ok_or_else(|| refuse(Reason::NotFound))
}

/// Plans an event and records the plan. When another call with the same key was faster, its event counts.
async fn plan(
    app: &App,
    workshop: &Workshop<'_>,
    badge: &Badge,
    order: Order<'_>,
    key: &mut Key,
    now: Timestamp,
) -> Result<(StoredEvent, Begun), Problem> {
    let Order { wanted, mut deed } = order;
    let organisation: &StoredOrganisation = workshop.organisation;
    let now = seconds(now);
    let count = u32::try_from(wanted.recipients.len()).map_err(Problem::internal)?;
    let client = &organisation.organisation.id;
    let mut event = drafted(app, &organisation.organisation, badge, wanted, now).await?;
    let limit = app.plans.limit(organisation.tier, Quota::CredentialsPerMonth);
    if let Err(error) = app.store.has_room(client, limit, count.into(), now).await {
        return instead(app, client, key, now, error).await;
    }
    let block = status::places(app, workshop, count, now).await?;
    event.status_list = block.list.clone();
    event.status_position = block.position;
    sign::refuse_unsignable(app, workshop, &event, badge, &wanted.recipients)?;
    let credentials: Vec<_> = (0..count).map(|n| event.draw(n)).map(|Draw { credential, .. }| credential).collect();
    let frame = sign::frame(app, workshop, &event, badge, &wanted.recipients, &block.secret)?;
    if let Some(deed) = &mut deed {
        deed.to.push(event.id.to_string());
        deed.count = Some(u64::from(count)).filter(|count| *count != 1);
    }
    let plan = Plan {
        event: &event,
        recipients: &wanted.recipients,
        credentials: &credentials,
        frame: &frame,
        request: Some(&key.request),
        limit,
        deed: deed.as_ref(),
    };
    match app.store.plan_event(organisation, &plan).await {
        Ok(()) => {
            observe::count(Count::ISSUED, wanted.recipients.len());
            Ok((StoredEvent { event, frame }, Begun::No))
        }
        Err(error) => instead(app, client, key, now, error).await,
    }
}

/// The event that a request asks for, before it has places in a status list.
///
/// # Errors
/// What of it cannot be, field by field.
pub(crate) async fn drafted(
    app: &App,
    organisation: &Organisation,
    badge: &Badge,
    wanted: &IssueRequest,
    now: Timestamp,
) -> Result<Event, Problem> {
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
    let alias = alias(app, &organisation.id, badge, wanted.client_alias_id.as_deref()).await?;
    let count = u32::try_from(wanted.recipients.len()).map_err(Problem::internal)?;
    Ok(Event {
        id: EventId::from_random(chance::bytes()),
        client: organisation.id.clone(),
        badge: badge.id.clone(),
        badge_version: badge.version,
        name: wanted.event_name.clone().unwrap_or_else(|| badge.content().name.clone()),
        issued_on,
        expires_on,
        criteria_add: wanted.criteria_add.clone(),
        alias,
        issuer: Some(organisation.issuer()),
        sign: wanted.sign.unwrap_or(organisation.sign),
        api_consumer_id: wanted.api_consumer_id.clone(),
        log_entry: wanted.log_entry.clone(),
        application: wanted.application.clone(),
        email_message: wanted.email_message.clone(),
        email_translations: wanted.email_translations.clone(),
        send_email: wanted.send_email,
        recipient_count: count,
        created_at: now,
        seed: Seed::from_random(chance::bytes()),
        status_list: StatusListId::from_random([0; 10]),
        status_position: 0,
    })
}

/// The event of another call with the same key that was faster: it has used the key, and perhaps what was left of the month.
async fn instead(
    app: &App,
    client: &ClientId,
    key: &mut Key,
    now: Timestamp,
    error: StoreError,
) -> Result<(StoredEvent, Begun), Problem> {
    if matches!(error, StoreError::Conflict | StoreError::Quota(_))
        && let Some(event) = earlier(app, client, key, now).await?
    {
        return Ok((event, Begun::Perhaps));
    }
    Err(edge::failed(error))
}

/// An instant without fractions of a second, as documents carry it.
pub(crate) fn seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_request_names_itself_by_every_byte_and_nobody_can_take_that_name() {
        let request = |body: &str, headers: &[(&'static str, &str)]| {
            let mut request = Request::test(http::Method::POST, "/v2/event/c/b/issue", headers);
            request.body = body.as_bytes().to_vec();
            request.now = at(1_000);
            request_key(&request).unwrap()
        };
        let first = request("{}", &[]);
        assert_eq!(first, request("{}", &[]));
        assert_ne!(first.request.hash, request("{ }", &[]).request.hash);
        assert_eq!((first.given, first.request.expires_at), (false, at(1_000) + REPEAT_WINDOW));
        let given = request("{}", &[("idempotency-key", "k")]);
        assert_eq!((given.given, given.request.expires_at), (true, at(1_000) + REQUEST_KEY_LIFE));
        assert_ne!(given.request.hash, first.request.hash);
        assert_eq!(given.request.body_hash, first.request.body_hash);
        assert_eq!(given.request.hash, request("other", &[("idempotency-key", "k")]).request.hash);
    }

    #[test]
    fn an_application_is_one_request_whenever_it_is_asked_for() {
        let id = ApplicationId::from_random([1; 10]);
        let (first, later) = (Key::of_application(&id, at(1_000)), Key::of_application(&id, at(900_000)));
        assert_eq!((&first.request.hash, &first.request.body_hash), (&later.request.hash, &later.request.body_hash));
        assert!(first.given && first.request.expires_at > at(1_000) + REQUEST_KEY_LIFE);
        let named = format!("application {id}");
        let request = Request::test(http::Method::POST, "/", &[("idempotency-key", named.as_str())]);
        assert_ne!(request_key(&request).unwrap().request.hash, first.request.hash);
        assert_ne!(Key::of_application(&ApplicationId::from_random([2; 10]), at(0)).request.hash, first.request.hash);
    }

    #[test]
    fn a_key_without_end_is_refused() {
        let long = "k".repeat(MAX_REQUEST_KEY_CHARS + 1);
        for key in ["", &long] {
            let request = Request::test(http::Method::POST, "/", &[("idempotency-key", key)]);
            assert_eq!(request_key(&request).unwrap_err().kind(), Kind::InvalidRequest);
        }
    }
}
