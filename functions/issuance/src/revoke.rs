//! Revoking: mark, set the bit, sign the list anew. The credential stays.

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
use serde_json::{Value, json};
use std::collections::HashSet;
use store::credentials::CredentialState;
use store::{Revocation, StoreError};

/// Transactions under way at once.
const REVOCATIONS_AT_ONCE: usize = 16;

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
    let states = app.store.states_of(&event.event, &numbers).await.map_err(edge::failed)?;
    let revoking: Vec<_> = states.values().filter(|state| !state.is_revoked).map(one).collect();
    let outcomes: Vec<_> = stream::iter(revoking).buffer_unordered(REVOCATIONS_AT_ONCE).collect().await;
    // Whatever was marked is published, also when something else failed: a repetition does the rest.
    status::publish(app, &workshop, listed, request.now).await?;
    chunk::hint(app, &organisation).await;
    let mut count = 0;
    for outcome in outcomes {
        match outcome {
            Ok(()) => count += 1,
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(edge::failed(error)),
        }
    }
    let body = json!({"success": true, "message": "", "resource_type": null, "resource_id": null, "count": count});
    Ok(Answer::json(200, &body))
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
