//! Revoking: mark, set the bit, sign the list anew. The credential stays.
//!
//! A row stands from before the first is marked until the list is published ([`store::status_lists::Revoking`]): whoever breaks off in
//! between is found by the sweep, which publishes what was marked.

use crate::chunk;
use crate::sign::{self, Begun, Workshop};
use crate::{App, status};
use badge::event::status_index;
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::limits::{MAX_REASON_CHARS, MAX_RECIPIENTS};
use badge::{ClientId, EventId, Recipient};
use edge::token::Caller;
use edge::{Answer, Kind, Problem, Request};
use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use observe::Count;
use serde_json::{Value, json};
use std::collections::HashSet;
use store::credentials::CredentialState;
use store::status_lists::Revoking;
use store::{Revocation, StoreError};

/// Transactions under way at once.
const REVOCATIONS_AT_ONCE: usize = 16;
/// How long a list may differ from what is published of it before somebody publishes it: twice as long as an invocation takes at most.
const OVERDUE: SignedDuration = SignedDuration::from_mins(2);

/// `PUT /v2/event/{client}/{event}/revoke` with `recipient` (addresses, matched in any case) and optionally a public `reason`.
///
/// Repeating it is harmless: who is revoked already stays so, and a list that was left unsigned is signed.
pub(crate) async fn revoke(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let event_id: EventId = request.id("event")?;
    let (addresses, reason) = read(&request.json()?)?;
    let organisation = app.store.organisation(&client).await.map_err(edge::failed)?.ok_or(Kind::Forbidden)?;
    let event = app
        .store
        .event(&event_id)
        .await
        .map_err(edge::failed)?
        .filter(|e| e.event.client == client)
        .ok_or(Kind::NotFound)?;
    caller.about(&event.event.badge)?;
    let workshop = Workshop::open(app, &organisation).await?;
    // Whoever is planned but not signed yet must have something to revoke, or they would be issued to afterwards. So what nobody claimed
    // is signed to be revoked: one kind of revoked credential, at the price of a signature.
    let planned = app.store.planned_recipients(&event_id).await.map_err(edge::failed)?;
    let named = |(_, recipient): &(u32, Recipient)| addresses.contains(&recipient.email.folded());
    let named: Vec<(u32, Recipient)> = (0..).zip(planned).filter(named).collect();
    let numbers: Vec<u32> = named.iter().map(|(number, _)| *number).collect();
    let created = sign::created(&event.event, request.now);
    sign::missing(app, &workshop, &event, named, Begun::Perhaps, created).await?;
    let event = &event;
    let listed = &event.event.status_list;
    let head = app.store.list_head(listed).await.map_err(edge::failed)?;
    let secret = head.ok_or_else(|| Problem::internal("the status list of an event is gone"))?.secret;
    let revocation = Revocation { at: request.now, reason };
    let (revocation, client) = (&revocation, &client);
    let one = |state: &CredentialState| {
        let number = state.number;
        async move {
            let index = status_index(&secret, event.event.status_position + number);
            let id = event.event.draw(number).credential;
            app.store.revoke(client, &id, number, (listed, index), revocation).await
        }
    };
    let revoking = Revoking { at: request.now, list: listed.clone(), request: request.id.clone() };
    app.store.begin_revoking(&revoking).await.map_err(edge::failed)?;
    let states = app.store.states_of(&event.event, &numbers).await.map_err(edge::failed)?;
    let marking: Vec<_> = states.values().filter(|state| !state.is_revoked).map(one).collect();
    let outcomes: Vec<_> = stream::iter(marking).buffer_unordered(REVOCATIONS_AT_ONCE).collect().await;
    // Whatever was marked is published, also when something else failed: a repetition does the rest.
    status::publish(app, &workshop, listed, request.now).await?;
    app.store.end_revoking(&revoking).await.map_err(edge::failed)?;
    chunk::hint(app, &organisation).await;
    let mut count = 0;
    for outcome in outcomes {
        match outcome {
            Ok(()) => count += 1,
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(edge::failed(error)),
        }
    }
    observe::count(Count::REVOKED, count);
    let body = json!({"success": true, "message": "", "resource_type": null, "resource_id": null, "count": count});
    Ok(Answer::json(200, &body))
}

/// Publishes lists in which somebody has revoked and then broken off.
pub(crate) async fn sweep(app: &App, now: Timestamp) -> Result<(), Problem> {
    let before = now.checked_sub(OVERDUE).map_err(Problem::internal)?;
    for revoking in app.store.unpublished(before).await.map_err(edge::failed)? {
        tracing::warn!(list = revoking.list.as_str(), "a revocation was overdue");
        let head = app.store.list_head(&revoking.list).await.map_err(edge::failed)?;
        let head = head.ok_or_else(|| Problem::internal("the status list of a revocation is gone"))?;
        let organisation = app.store.organisation(&head.client).await.map_err(edge::failed)?;
        let organisation =
            organisation.ok_or_else(|| Problem::internal("the organisation of a status list is gone"))?;
        let workshop = Workshop::open(app, &organisation).await?;
        status::publish(app, &workshop, &revoking.list, now).await?;
        app.store.end_revoking(&revoking).await.map_err(edge::failed)?;
        chunk::hint(app, &organisation).await;
    }
    Ok(())
}

/// Addresses in lower case, and the reason.
fn read(body: &Value) -> Result<(HashSet<String>, Option<String>), Vec<FieldError>> {
    let complaints = Complaints::default();
    let reader = Reader::root(body, &complaints);
    let list = reader.list("recipient", MAX_RECIPIENTS);
    if list.is_empty() {
        let reason = if reader.field("recipient").is_some() { Reason::TooFew { min: 1 } } else { Reason::Missing };
        reader.refuse_field("recipient", reason);
    }
    let addresses = list.iter().filter_map(Reader::as_email).map(|email| email.folded()).collect();
    let reason = reader.optional_text("reason", MAX_REASON_CHARS);
    complaints.into_result((addresses, reason))
}
