//! Lists of events and of their recipients, in the shapes of the Open Badge Factory API v2.

use crate::App;
use badge::input::{FieldError, Reason};
use badge::{ClientId, CredentialId, Delivery, EmailAddress, Event, EventId, Recipient};
use edge::obf::{Page, number};
use edge::token::Caller;
use edge::{Answer, Kind, Problem, Request};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use store::credentials::CredentialState;
use store::events::StoredEvent;

/// Events read at once for a list of recipients.
const EVENTS_AT_ONCE: usize = 16;

/// The filters and the page a list was asked for.
struct Wanted {
    badge: Option<String>,
    consumer: Option<String>,
    alias: Option<String>,
    name: Option<String>,
    email: Option<EmailAddress>,
    begin: i64,
    end: i64,
    log_entry: Vec<(String, String)>,
    newest_first: bool,
    page: Page,
}

impl Wanted {
    fn read(request: &Request) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        let page = Page::read(&mut errors, |name| request.query(name));
        let mut time = |name: &str, default| number(&mut errors, name, request.query(name), default, 0, i64::MAX);
        let (begin, end) = (time("begin", 0), time("end", i64::MAX));
        let email = request.query("email").map(str::parse::<EmailAddress>);
        if let Some(Err(_)) = email {
            errors.push(FieldError { pointer: "/email".into(), reason: Reason::NotEmail });
        }
        let newest_first = match request.query("order_by") {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => {
                let reason = Reason::NotAllowed { allowed: "asc, desc".into() };
                errors.push(FieldError { pointer: "/order_by".into(), reason });
                false
            }
        };
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let text = |name: &str| request.query(name).map(str::to_owned);
        let pair =
            |pair: &str| pair.split_once(':').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
        Ok(Self {
            badge: text("badge_id"),
            consumer: text("api_consumer_id"),
            alias: text("client_alias_id"),
            name: text("event_name"),
            email: email.and_then(Result::ok),
            begin,
            end,
            log_entry: request.query("log_entry").map(|l| l.split(',').filter_map(pair).collect()).unwrap_or_default(),
            newest_first,
            page,
        })
    }

    fn wants(&self, event: &Event) -> bool {
        let same = |wanted: &Option<String>, actual: Option<&str>| wanted.as_deref().is_none_or(|w| actual == Some(w));
        let created = event.created_at.as_second();
        let logged: Value = event.log_entry.as_deref().and_then(|l| serde_json::from_str(l).ok()).unwrap_or_default();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        same(&self.badge, Some(event.badge.as_str()))
            && same(&self.consumer, event.api_consumer_id.as_deref())
            && same(&self.alias, event.client_alias_id())
            && same(&self.name, Some(&event.name))
            && (self.begin..=self.end).contains(&created)
            && self.log_entry.iter().all(|(key, value)| logged.get(key).is_some_and(|v| text(v) == *value))
    }
}

/// The organisation's events that the filters leave, in the order asked for.
async fn wanted_events(app: &App, client: &ClientId, wanted: &Wanted, caller: &Caller) -> Result<Vec<Event>, Problem> {
    let organisation = app.store.organisation(client).await.map_err(edge::failed)?.ok_or(Kind::Forbidden)?;
    let of_address = match &wanted.email {
        None => None,
        Some(email) => {
            let credentials = app.store.credentials_of_address(&organisation, email).await.map_err(edge::failed)?;
            Some(credentials.iter().map(|(_, id)| id.event()).collect::<HashSet<EventId>>())
        }
    };
    let rows = app.store.event_rows(client).await.map_err(edge::failed)?;
    let in_reach = |event: &Event| of_address.as_ref().is_none_or(|events| events.contains(&event.id));
    let mut events: Vec<Event> =
        rows.into_iter().filter(|e| caller.knows(&e.badge) && wanted.wants(e) && in_reach(e)).collect();
    if wanted.newest_first {
        events.reverse();
    }
    Ok(events)
}

/// `GET /v2/event/{client}`.
pub(crate) async fn events(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let wanted = Wanted::read(request)?;
    let (events, total) = wanted.page.of(wanted_events(app, &client, &wanted, caller).await?);
    let row = |event: &Event| {
        let mut value = shared(event);
        value["badge_id"] = event.badge.as_str().into();
        value["recipient_count"] = event.recipient_count.into();
        value
    };
    Ok(Answer::json(200, &json!({"result": events.iter().map(row).collect::<Vec<_>>(), "total": total})))
}

/// `GET /v2/event/{client}/{event}`.
pub(crate) async fn event(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let StoredEvent { event, .. } = of_client(app, &client, &request.id("event")?).await?;
    caller.about(&event.badge)?;
    let badge = app.store.badge_version(&event.badge, event.badge_version).await.map_err(edge::failed)?;
    let badge = badge.ok_or_else(|| Problem::internal("the badge version of an event is gone"))?;
    let mut value = shared(&event);
    value["badge"] = json!({
        "id": badge.id.as_str(),
        "image": app.urls.artwork(&badge.artwork.png_sha256, "png"),
        "primary_language": badge.definition.primary_language.as_str(),
        "content": badge.definition.contents.iter().map(edge::obf::content).collect::<Vec<_>>(),
        "creator": null,
    });
    value["email_message"] = event.email_message.as_ref().map(edge::obf::email_message).into();
    value["email_message_translations"] = edge::obf::email_translations(&event.email_translations);
    value["counts"] = counts(app, &event).await?;
    Ok(Answer::json(200, &value))
}

/// How far an event is, an extension of ours: of its recipients so many are issued to, revoked, and in each state of delivery.
pub(crate) async fn counts(app: &App, event: &Event) -> Result<Value, Problem> {
    let (states, deliveries) =
        futures_util::try_join!(app.store.credential_states(event), app.store.deliveries(&event.id))
            .map_err(edge::failed)?;
    let mut mail = Map::new();
    for number in 0..event.recipient_count {
        let state = deliveries
            .get(&number)
            .map_or_else(|| Delivery::default().state(event.send_email), |delivery| delivery.state(event.send_email));
        let count = mail.get(state.name()).and_then(Value::as_u64).unwrap_or_default();
        mail.insert(state.name().to_owned(), (count + 1).into());
    }
    Ok(json!({
        "recipients": event.recipient_count,
        "issued": states.len(),
        "revoked": states.values().filter(|state| state.is_revoked).count(),
        "delivery": mail,
    }))
}

/// `GET /v2/event/{client}/recipient`.
pub(crate) async fn recipients(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let wanted = Wanted::read(request)?;
    let events = match request.query("event_id") {
        None => wanted_events(app, &client, &wanted, caller).await?,
        Some(id) => {
            let id = id.parse().map_err(|_| Kind::NotFound)?;
            vec![of_client(app, &client, &id).await?.event].into_iter().filter(|e| wanted.wants(e)).collect()
        }
    };
    // With an address, which recipients an event gives is known only after reading it; else its own count tells where the page is.
    let mut before = 0;
    let mut wanted_here = Vec::new();
    for event in events {
        let count = event.recipient_count as usize;
        let overlaps = before + count > wanted.page.offset && before < wanted.page.offset + wanted.page.limit;
        if wanted.email.is_some() || overlaps {
            wanted_here.push((before, event));
        }
        before += count;
    }
    let first = wanted_here.first().map_or(0, |(place, _)| *place);
    let reading: Vec<_> = wanted_here.iter().map(|(_, event)| recipients_of(app, event, &wanted)).collect();
    let rows: Vec<Vec<Value>> = stream::iter(reading).buffered(EVENTS_AT_ONCE).try_collect().await?;
    let rows: Vec<Value> = rows.into_iter().flatten().collect();
    let (skipped, total) = if wanted.email.is_some() {
        (wanted.page.offset, rows.len())
    } else {
        (wanted.page.offset.saturating_sub(first), before)
    };
    let rows: Vec<Value> = rows.into_iter().skip(skipped).take(wanted.page.limit).collect();
    Ok(Answer::json(200, &json!({"result": rows, "total": total})))
}

async fn of_client(app: &App, client: &ClientId, id: &EventId) -> Result<StoredEvent, Problem> {
    let event = app.store.event(id).await.map_err(edge::failed)?;
    event.filter(|e| e.event.client == *client).ok_or_else(|| Kind::NotFound.into())
}

/// A planned recipient and what became of them.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) recipient: Recipient,
    pub(crate) credential: CredentialId,
    /// None until it is issued.
    pub(crate) state: Option<CredentialState>,
    pub(crate) delivery: Delivery,
}

impl Standing {
    /// Where the recipient receives it. A resend makes a link that ends later.
    pub(crate) fn receive_url(&self, app: &App, event: &Event) -> String {
        let since = self.delivery.requested_at.unwrap_or(event.created_at);
        app.urls.receive(&event.receive_link(&self.credential, since))
    }
}

/// The planned recipients of an event, in order, with what became of each.
pub(crate) async fn standings(app: &App, event: &Event) -> Result<Vec<Standing>, Problem> {
    let (planned, mut states, mut deliveries) = futures_util::try_join!(
        app.store.planned_recipients(&event.id),
        app.store.credential_states(event),
        app.store.deliveries(&event.id),
    )
    .map_err(edge::failed)?;
    let standing = |(number, recipient)| Standing {
        recipient,
        credential: event.draw(number).credential,
        state: states.remove(&number),
        delivery: deliveries.remove(&number).unwrap_or_default(),
    };
    Ok((0u32..).zip(planned).map(standing).collect())
}

/// The rows of an event in a list of recipients.
async fn recipients_of(app: &App, event: &Event, wanted: &Wanted) -> Result<Vec<Value>, Problem> {
    let folded = wanted.email.as_ref().map(EmailAddress::folded);
    let mut standings = standings(app, event).await?;
    standings.retain(|s| folded.as_ref().is_none_or(|f| s.recipient.email.folded() == *f));
    let row = |standing: &Standing| {
        let Standing { recipient, credential, state, delivery } = standing;
        json!({
            "event_id": event.id.as_str(),
            "badge_id": event.badge.as_str(),
            "client_alias_id": event.client_alias_id(),
            "assertion_id": credential.as_str(),
            "email": recipient.email.as_str(),
            "name": recipient.name,
            "receive_url": standing.receive_url(app, event),
            "assertion_json_url": format!("{}.json", app.urls.credential(credential)),
            "pdf_url": state.is_some_and(|state| !state.is_revoked).then(|| app.urls.pdf(credential, &event.holder_key(credential))),
            "received": delivery.answer.is_some_and(|answer| answer.accepted),
            "in_passport": delivery.passport_at.is_some(),
            "pdf_downloaded": delivery.pdf_at.is_some(),
            "issued": state.is_some(),
            "issued_on": event.issued_on.as_second(),
            "expires_on": event.expiry_of(recipient).map(jiff::Timestamp::as_second),
            "revoked": state.is_some_and(|state| state.is_revoked),
            "delivery": history(delivery, event.send_email),
        })
    };
    Ok(standings.iter().map(row).collect())
}

/// What became of the mail and what the recipient answered, an extension of ours.
fn history(delivery: &Delivery, wanted: bool) -> Value {
    let mut value = json!({"state": delivery.state(wanted).name()});
    let answered = |accepted| delivery.answer.filter(|answer| answer.accepted == accepted).map(|answer| answer.at);
    let times = [
        ("requested_at", delivery.requested_at),
        ("sent_at", delivery.sent_at),
        ("delivered_at", delivery.delivered_at),
        ("bounced_at", delivery.bounce.as_ref().map(|bounce| bounce.at)),
        ("complained_at", delivery.complained_at),
        ("opened_at", delivery.opened_at),
        ("accepted_at", answered(true)),
        ("declined_at", answered(false)),
        ("pdf_downloaded_at", delivery.pdf_at),
    ];
    for (name, at) in times {
        if let Some(at) = at {
            value[name] = at.as_second().into();
        }
    }
    if let Some(bounce) = &delivery.bounce {
        value["bounce"] = json!({"kind": bounce.kind, "code": bounce.code});
    }
    value
}

/// What every shape of an event has.
fn shared(event: &Event) -> Value {
    json!({
        "id": event.id.as_str(),
        "name": event.name,
        "client_alias_id": event.client_alias_id(),
        "expires_on": event.expires_on.map(jiff::Timestamp::as_second),
        "issued_on": event.issued_on.as_second(),
        "api_consumer_id": event.api_consumer_id,
        "earnable_application_id": event.application,
        "log_entry": event.log_entry,
        "ctime": event.created_at.as_second(),
        "mtime": event.created_at.as_second(),
    })
}
