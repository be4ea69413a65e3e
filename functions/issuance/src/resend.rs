//! Mail again: to those who are named, or to everybody who was not reached.

use crate::App;
use badge::input::{Complaints, FieldError, Reader};
use badge::limits::MAX_RECIPIENTS;
use badge::notice::Recipients;
use badge::{ClientId, EventId, Recipient};
use edge::token::Caller;
use edge::{Answer, Kind, Problem, Request};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Records written at once.
const AT_ONCE: usize = 16;

/// `POST /v2/event/{client}/{event}/resend` with `recipient` (addresses, in any case), or without: then to all who were not reached
/// ([`badge::Delivery::is_undelivered`]). Nobody whose credential was revoked or erased, or is not signed yet, is mailed.
pub(crate) async fn resend(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let event_id: EventId = request.id("event")?;
    let body = if request.body.is_empty() { json!({}) } else { request.json()? };
    let named = read(&body)?;
    let event = app.store.event(&event_id).await.map_err(edge::failed)?.map(|stored| stored.event);
    let event = event.filter(|event| event.client == client).ok_or(Kind::NotFound)?;
    caller.about(&event.badge)?;
    let (planned, states, deliveries) = futures_util::try_join!(
        app.store.planned_recipients(&event_id),
        app.store.credential_states(&event),
        app.store.deliveries(&event_id),
    )
    .map_err(edge::failed)?;
    let wanted = |(number, recipient): &(u32, Recipient)| {
        let there = states.get(number).is_some_and(|state| !state.is_revoked) && !recipient.email.is_erased();
        there
            && match &named {
                Some(named) => named.contains(&recipient.email.folded()),
                None => {
                    let delivery = deliveries.get(number).cloned().unwrap_or_default();
                    delivery.is_undelivered(event.send_email, event.created_at, request.now)
                }
            }
    };
    let numbers: Vec<u32> = (0..).zip(planned).filter(wanted).map(|(number, _)| number).collect();
    let requests: Vec<_> =
        numbers.iter().map(|number| app.store.request_mail(&event_id, *number, request.now)).collect();
    stream::iter(requests).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await.map_err(edge::failed)?;
    let count = numbers.len();
    let jobs = queue::mail_jobs(&event_id, &Recipients::Numbers(numbers), request.now.as_second());
    app.mail.send(&jobs, 0).await.map_err(edge::failed)?;
    let body = json!({
        "success": true, "message": "", "resource_type": "event", "resource_id": event_id.as_str(), "count": count,
    });
    Ok(Answer::json(200, &body))
}

/// The addresses named, in lower case; none when everybody is meant who was not reached.
fn read(body: &Value) -> Result<Option<HashSet<String>>, Vec<FieldError>> {
    let complaints = Complaints::default();
    let reader = Reader::root(body, &complaints);
    let named = reader.field("recipient").map(|_| {
        let list = reader.list("recipient", MAX_RECIPIENTS);
        list.iter().filter_map(Reader::as_email).map(|email| email.folded()).collect()
    });
    complaints.into_result(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_named_means_everybody_and_an_empty_list_means_nobody() {
        assert_eq!(read(&json!({})), Ok(None));
        assert_eq!(read(&json!({"recipient": []})), Ok(Some(HashSet::new())));
        assert_eq!(read(&json!({"recipient": ["A@b.example"]})), Ok(Some(HashSet::from(["a@b.example".to_owned()]))));
        assert_eq!(read(&json!({"recipient": "a@b.example"})).unwrap_err()[0].pointer, "/recipient");
    }
}
