//! Nobody reaches another organisation's data, and somebody else's record and no record look alike.
//!
//! Every route of `template.yaml` has a row here; a route without one fails.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, issue_to, operator, picture, request};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Routes that ask for a token.
const GUARDED: [&str; 13] = [
    "GET /v2/client/{client}",
    "GET /v2/client/{client}/ping",
    "GET /v2/client/{client}/alias",
    "GET /v2/badge/{client}",
    "POST /v2/badge/{client}",
    "GET /v2/badge/{client}/{badge}",
    "PUT /v2/badge/{client}/{badge}",
    "DELETE /v2/badge/{client}/{badge}",
    "POST /v2/event/{client}/{badge}/issue",
    "GET /v2/event/{client}",
    "GET /v2/event/{client}/recipient",
    "GET /v2/event/{client}/{event}",
    "PUT /v2/event/{client}/{event}/revoke",
];

/// Routes that are everyone's.
const PUBLIC: [&str; 15] = [
    "POST /v2/client/oauth2/token",
    "GET /baked/{file+}",
    "HEAD /baked/{file+}",
    "GET /issuers/{client+}",
    "GET /credentials/{file}",
    "GET /badges/{file}",
    "GET /artwork/{file}",
    "GET /status/{file}",
    "GET /ob2/{path+}",
    "GET /v1/badge/_/{path+}",
    "GET /v1/client",
    "GET /health",
    "GET /validate",
    "POST /validate",
    "OPTIONS /validate",
];

#[test]
fn every_route_has_a_row() {
    let template = include_str!("../../../template.yaml");
    let declared: BTreeSet<&str> =
        template.split("RouteKey: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let known: BTreeSet<&str> = GUARDED.into_iter().chain(PUBLIC).collect();
    assert_eq!(declared, known);
}

fn parts(route: &str, client: &str, badge: &str, event: &str) -> (String, String) {
    let (method, path) = route.split_once(' ').unwrap();
    (method.to_owned(), path.replace("{client}", client).replace("{badge}", badge).replace("{event}", event))
}

#[test]
fn no_token_wrong_token_and_another_organisations_token_are_one_answer() {
    let (mine, theirs) = (Issuer::new("Mine", &[]), Issuer::new("Theirs", &[]));
    let badge = theirs.create_badge(&picture());
    let event = theirs.issue(&badge, &["a@example.org"]);
    let altered = format!("{}x", mine.token());
    let unsigned = format!("{}.", mine.token().rsplit_once('.').unwrap().0);
    for route in GUARDED {
        for client in [theirs.client.as_str(), "nobodyatall"] {
            let (method, path) = parts(route, client, &badge, &event);
            let tokens =
                [None, Some(""), Some("garbage"), Some(altered.as_str()), Some(unsigned.as_str()), Some(mine.token())];
            for token in tokens {
                let bearer = token.map(|token| format!("Bearer {token}"));
                let headers: Vec<(&str, &str)> =
                    bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
                let answer = request(&method, &path, &headers, b"{}").expect(403);
                assert_eq!(answer.text(), "403 Forbidden", "{route} {token:?}");
            }
        }
    }
    // Nothing happened to what they own.
    let badge = theirs.call("GET", &format!("/v2/badge/{{client}}/{badge}"), &[], &Value::Null).expect(200).json();
    assert_eq!(badge["content"][0]["name"], "チームワーク");
    assert_eq!(theirs.recipients(&event)[0]["revoked"], false);
}

#[test]
fn another_organisations_badge_and_event_are_not_found_under_ones_own_name() {
    let (mine, theirs) = (Issuer::new("Mine", &[]), Issuer::new("Theirs", &[]));
    let badge = theirs.create_badge(&picture());
    let event = theirs.issue(&badge, &["a@example.org"]);
    for route in GUARDED.iter().filter(|route| route.contains("{badge}") || route.contains("{event}")) {
        let (method, path) = parts(route, &mine.client, &badge, &event);
        let (_, nothing) = parts(route, &mine.client, "nosuchbadge", "00000000000000000000");
        let body = match *route {
            "POST /v2/event/{client}/{badge}/issue" => issue_to(&["a@example.org"]),
            "PUT /v2/badge/{client}/{badge}" => journeys::badge(&picture()),
            _ => json!({"recipient": ["a@example.org"]}),
        };
        let strip = |mut problem: Value| {
            for member in ["instance", "timestamp", "path"] {
                problem.as_object_mut().unwrap().remove(member);
            }
            problem
        };
        let foreign = strip(mine.call(&method, &path, &[], &body).expect(404).json());
        let absent = strip(mine.call(&method, &nothing, &[], &body).expect(404).json());
        assert_eq!(foreign, absent, "{route}");
    }
    let list = mine.call("GET", &format!("/v2/event/{{client}}/recipient?event_id={event}"), &[], &Value::Null);
    assert_eq!(list.expect(404).json()["status"], 404);
}

#[test]
fn a_secret_may_do_what_its_roles_say() {
    let admin = Issuer::new("Roles", &[]);
    let badge = admin.create_badge(&picture());
    let event = admin.issue(&badge, &["a@example.org"]);
    let with = |roles: &str| {
        let made = operator(&["secret", "add", "--client", &admin.client, "--label", roles, "--roles", roles]);
        Issuer::sign_in(&admin.client, made["client_secret"].as_str().unwrap())
    };
    let (creator, issuer, reviewer) = (with("creator"), with("issuer"), with("reviewer"));
    let revoke = format!("/v2/event/{{client}}/{event}/revoke");
    let issue = format!("/v2/event/{{client}}/{badge}/issue");
    let missing_role = |answer: journeys::Reply| {
        assert_eq!(answer.expect(403).json()["type"], "urn:shirushi:problem:missing-role");
    };
    missing_role(issuer.call("POST", "/v2/badge/{client}", &[], &journeys::badge(&picture())));
    missing_role(reviewer.call("POST", &issue, &[], &issue_to(&["a@example.org"])));
    missing_role(creator.call("PUT", &revoke, &[], &json!({"recipient": ["a@example.org"]})));
    let _ = creator.create_badge(&picture());
    let _ = issuer.issue(&badge, &["b@example.org"]);
    assert_eq!(reviewer.recipients(&event).len(), 1);
}

#[test]
fn a_secret_that_was_taken_back_opens_nothing() {
    let admin = Issuer::new("Taken back", &[]);
    let made = operator(&["secret", "add", "--client", &admin.client, "--label", "second"]);
    let (secret, id) = (made["client_secret"].as_str().unwrap(), made["secret_id"].as_str().unwrap());
    let _ = Issuer::sign_in(&admin.client, secret);
    let listed = operator(&["secret", "list", "--client", &admin.client]);
    assert_eq!(listed["secrets"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(secret));
    let _ = operator(&["secret", "remove", "--client", &admin.client, "--id", id]);
    let form = format!("grant_type=client_credentials&client_id={}&client_secret={secret}", admin.client);
    let form_type = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(request("POST", "/v2/client/oauth2/token", &form_type, form.as_bytes()).status, 403);
    let _ = Issuer::sign_in(&admin.client, &admin.secret);
}

#[test]
fn wrong_credentials_are_one_answer_whoever_is_asked_for() {
    let someone = Issuer::new("Someone", &[]);
    let answer = |client: &str, secret: &str| {
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let form_type = [("content-type", "application/x-www-form-urlencoded")];
        let mut body = request("POST", "/v2/client/oauth2/token", &form_type, form.as_bytes()).expect(403).json();
        assert_eq!(body["error"], "Forbidden");
        for member in ["instance", "timestamp"] {
            body.as_object_mut().unwrap().remove(member);
        }
        body
    };
    let wrong = answer(&someone.client, &format!("{}0", &someone.secret[..63]));
    assert_eq!(wrong, answer("nobodyatall", &someone.secret));
    assert_eq!(wrong, answer("../..", &someone.secret));
}
