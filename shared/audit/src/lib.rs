//! What an organisation's API credentials did, noted in its audit log.
//!
//! Every function with routes that write answers through [`noted`]. A deed is what was carried out: what only reads or
//! shows beforehand is none, and neither is what was refused. What the console asks for a member it notes itself, in the member's name.
//!
//! A deed is noted after it happened, so that it cannot fail for that; one that cannot be noted is logged and counted. Issuing is noted in
//! the transaction that decides on the event ([`issuing`]): then what a repetition meets is noted already.

use edge::token::{Caller, Gate};
use edge::{Answer, Problem, Request};
use observe::Count;
use serde_json::Value;
use std::future::Future;
use store::{Author, Deed, Store};

/// Routes whose deeds stand in a transaction.
const NOTED_BEFORE: [&str; 2] = ["POST /v2/event/{client}/{badge}/issue", "POST /v2/import/{client}/{import}/start"];
/// How routes end that only show what would be.
const SHOWS: [&str; 2] = ["/preview", "/design"];

/// What a route answers, with what an API credential did by it noted.
///
/// # Errors
/// Those of the route.
pub async fn noted(
    store: &Store,
    gate: &Gate,
    request: &Request,
    route: impl Future<Output = Result<Answer, Problem>>,
) -> Result<Answer, Problem> {
    let answer = route.await?;
    note(store, gate, request, &answer).await;
    Ok(answer)
}

/// Notes what an answer tells that an API credential did, if it did something.
async fn note(store: &Store, gate: &Gate, request: &Request, answer: &Answer) {
    let place = &request.id;
    let route = request.route.as_str();
    if !writes(route) || NOTED_BEFORE.contains(&route) || answer.status_code() >= 400 {
        return;
    }
    let Ok(caller) = gate.caller(request, &[]) else { return };
    let Some(mut deed) = begun(&caller, request, answer.status_code()) else { return };
    let told: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
    if let Some(id) = told["resource_id"].as_str().filter(|id| *id != caller.client.as_str())
        && !deed.to.iter().any(|known| known == id)
    {
        deed.to.push(id.to_owned());
    }
    deed.count = told["count"].as_u64().filter(|count| *count != 1);
    if let Err(error) = store.note_deed(&caller.client, &deed, place).await {
        observe::count(Count::UNNOTED, 1);
        tracing::error!(client = caller.client.as_str(), credential = caller.credential, route, %error, "a deed was not noted");
    }
}

/// What an API credential does that issues; the event and its recipients are added by who plans it. None for a member: the console
/// notes it.
#[must_use]
pub fn issuing(caller: &Caller, request: &Request) -> Option<Deed> {
    begun(caller, request, 200)
}

fn begun(caller: &Caller, request: &Request, status: u16) -> Option<Deed> {
    if caller.is_member() {
        return None;
    }
    // In the route's order.
    let names = request.route.split('/').filter_map(|step| step.strip_prefix('{')?.strip_suffix('}'));
    let ids = names.filter(|name| *name != "client").filter_map(|name| request.parameter(name));
    Some(Deed {
        at: request.now,
        by: Author::Credential(caller.credential.clone()),
        name: if caller.label.is_empty() { caller.credential.clone() } else { caller.label.clone() },
        what: request.route.clone(),
        to: ids.map(str::to_owned).collect(),
        count: None,
        status,
    })
}

/// Whether a route of the API is there to change something.
fn writes(route: &str) -> bool {
    let Some((method, path)) = route.split_once(' ') else { return false };
    method != "GET" && path.starts_with("/v2/") && !SHOWS.iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use badge::ClientId;

    fn caller(credential: &str) -> Caller {
        Caller {
            client: ClientId::from_random([1; 10]),
            roles: vec!["issuer".into()],
            badges: None,
            credential: credential.into(),
            label: "Moodle".into(),
        }
    }

    #[test]
    fn what_reads_or_shows_beforehand_is_no_deed() {
        for route in
            ["PUT /v2/badge/{client}/{badge}", "POST /v2/export/{client}", "DELETE /v2/webhook/{client}/{webhook}"]
        {
            assert!(writes(route), "{route}");
        }
        for route in [
            "GET /v2/export/{client}/{export}",
            "POST /v2/form/{client}/preview",
            "POST /v2/import/{client}/{import}/preview",
            "POST /v2/client/{client}/design",
            "POST /apply/{form}/challenge",
            "$default",
        ] {
            assert!(!writes(route), "{route}");
        }
    }

    #[test]
    fn every_route_that_is_noted_before_is_one_of_the_api() {
        let template = include_str!("../../../template.yaml");
        for route in NOTED_BEFORE {
            assert!(writes(route) && template.contains(&format!("RouteKey: \"{route}\"")), "{route}");
        }
    }

    #[test]
    fn a_deed_names_the_credential_and_what_stands_in_the_route() {
        let mut request = Request::test(http::Method::PUT, "/", &[]);
        request.route = "PUT /v2/event/{client}/{event}/revoke".into();
        request.set_parameter("client", "c1");
        request.set_parameter("event", "e1");
        let deed = issuing(&caller("abc"), &request).unwrap();
        assert_eq!((deed.by, deed.name.as_str()), (Author::Credential("abc".into()), "Moodle"));
        assert_eq!((deed.to, deed.what), (vec!["e1".to_owned()], request.route.clone()));
        assert_eq!(issuing(&caller("member:0123"), &request), None);
    }
}
