//! What an organisation's plan allows, and that nobody gets beyond it, however many try at once.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::browser::Browser;
use journeys::{Issuer, Reply, issue_to, operator, picture, request};
use serde_json::{Value, json};
use std::sync::Barrier;

/// An organisation with the plan `basic` of `infra/plans.json`: a hundred credentials a month, five badges, one open form.
fn basic(name: &str) -> Issuer {
    let issuer = Issuer::new(name, &[]);
    let _ = operator(&["org", "plan", "--client", &issuer.client, "--plan", "basic"]);
    issuer
}

fn usage(issuer: &Issuer, name: &str) -> Value {
    let answer = issuer.call("GET", "/v2/client/{client}/usage", &[], &Value::Null).expect(200).json();
    answer["quotas"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone()
}

/// The same, done by so many at once.
fn at_once(count: usize, does: impl Fn(usize) -> Reply + Sync) -> Vec<Reply> {
    let barrier = Barrier::new(count);
    std::thread::scope(|scope| {
        let one = |n| {
            let (does, barrier) = (&does, &barrier);
            scope.spawn(move || {
                barrier.wait();
                does(n)
            })
        };
        let all: Vec<_> = (0..count).map(one).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// How many were taken; all the others were refused for this quota.
fn taken(replies: &[Reply], quota: &str) -> usize {
    for refused in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!(refused.status, 429, "{}", refused.text());
        let problem = refused.json();
        assert_eq!(problem["type"], "urn:shirushi:problem:quota-reached", "{problem}");
        assert_eq!(problem["quota"]["name"], quota, "{problem}");
    }
    replies.iter().filter(|reply| reply.status == 200).count()
}

#[test]
fn a_month_ends_exactly_at_its_limit_whoever_races_and_whatever_is_repeated() {
    let issuer = basic("Racing");
    let badge = issuer.create_badge(&picture());
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let issue =
        |addresses: &[&str], key: &str| issuer.call("POST", &path, &[("idempotency-key", key)], &issue_to(addresses));
    let many: Vec<String> = (0..95).map(|n| format!("p{n}@example.org")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    issue(&many, "first").expect(200);
    // A repetition is no second event.
    issue(&many, "first").expect(200);
    assert_eq!(usage(&issuer, "credentials_per_month")["used"], 95);
    // Six at once do not fit five places.
    let six: Vec<&str> = many[..6].to_vec();
    let refused = issue(&six, "six").expect(429);
    assert_eq!((&refused.json()["quota"]["used"], &refused.json()["quota"]["limit"]), (&json!(95), &json!(100)));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    let one = |n: usize| issue(&[&format!("racer{n}@example.org")], &format!("racer {n}"));
    let replies = at_once(9, one);
    assert_eq!(taken(&replies, "credentials_per_month"), 5);
    let now = usage(&issuer, "credentials_per_month");
    assert_eq!((&now["used"], &now["left"], &now["period"]), (&json!(100), &json!(0), &json!("month")));
    let events = issuer.call("GET", "/v2/event/{client}", &[], &Value::Null).expect(200).json();
    let issued: u64 = events["result"].as_array().unwrap().iter().map(|e| e["recipient_count"].as_u64().unwrap()).sum();
    assert_eq!(issued, 100);
    // What was issued can be asked for again though nothing is left; and who was refused may come when there is room.
    issue(&many, "first").expect(200);
    let n = replies.iter().position(|reply| reply.status == 429).unwrap();
    one(n).expect(429);
    let _ = operator(&["org", "plan", "--client", &issuer.client, "--plan", "premium"]);
    one(n).expect(200);
    assert_eq!(usage(&issuer, "credentials_per_month")["used"], 101);
}

#[test]
fn one_request_that_comes_twice_at_once_takes_its_places_once() {
    let issuer = basic("Twice");
    let badge = issuer.create_badge(&picture());
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let many: Vec<String> = (0..60).map(|n| format!("p{n}@example.org")).collect();
    let body = issue_to(&many.iter().map(String::as_str).collect::<Vec<_>>());
    // Two of sixty do not fit a hundred: both calls are of one event.
    let replies = at_once(4, |_| issuer.call("POST", &path, &[("idempotency-key", "same")], &body));
    let events: Vec<Value> = replies.into_iter().map(|reply| reply.expect(200).json()["resource_id"].clone()).collect();
    assert!(events.iter().all(|event| *event == events[0]));
    assert_eq!(usage(&issuer, "credentials_per_month")["used"], 60);
}

#[test]
fn what_stands_is_counted_while_others_add_to_it() {
    let issuer = basic("Standing");
    let replies = at_once(8, |_| issuer.call("POST", "/v2/badge/{client}", &[], &journeys::badge(&picture())));
    assert_eq!(taken(&replies, "badges"), 5);
    assert_eq!(usage(&issuer, "badges")["used"], 5);
    let badges: Vec<String> =
        replies.iter().filter_map(|reply| reply.json()["resource_id"].as_str().map(str::to_owned)).collect();
    // Removing one makes room for one.
    issuer.call("DELETE", &format!("/v2/badge/{{client}}/{}", badges[0]), &[], &Value::Null).expect(200);
    let replies = at_once(3, |_| issuer.call("POST", "/v2/badge/{client}", &[], &journeys::badge(&picture())));
    assert_eq!(taken(&replies, "badges"), 1);

    // One form is open; the second waits until the first is closed.
    let form = |active: bool| json!({"badge_id": badges[1], "title": "申請", "active": active, "fields": [], "approval": {"method": "automatic"}});
    let first = issuer.call("POST", "/v2/form/{client}", &[], &form(true)).expect(200).json();
    let first = first["resource_id"].as_str().unwrap().to_owned();
    issuer.call("POST", "/v2/form/{client}", &[], &form(true)).expect(429);
    let closed = issuer.call("POST", "/v2/form/{client}", &[], &form(false)).expect(200).json();
    let closed = format!("/v2/form/{{client}}/{}", closed["resource_id"].as_str().unwrap());
    issuer.call("PUT", &closed, &[], &form(true)).expect(429);
    let archive = format!("/v2/form/{{client}}/{first}/archive");
    issuer.call("POST", &archive, &[], &Value::Null).expect(200);
    issuer.call("PUT", &closed, &[], &form(true)).expect(200);
    issuer.call("POST", &archive, &[], &json!({"archived": false})).expect(429);

    // What a plan does not include.
    let alias = json!({"name": "Faculty", "url": "https://faculty.example", "email": "a@faculty.example"});
    let refused = issuer.call("POST", "/v2/client/{client}/alias", &[], &alias).expect(429).json();
    assert!(refused["detail"].as_str().unwrap().contains("does not include"), "{refused}");
    let hook = json!({"url": format!("{}/hook", journeys::base())});
    let refused = issuer.call("POST", "/v2/webhook/{client}", &[], &hook).expect(429).json();
    assert_eq!(refused["quota"]["name"], "webhooks");
    let secret = json!({"label": "second", "roles": ["issuer"]});
    issuer.call("POST", "/v2/client/{client}/secret", &[], &secret).expect(429);

    let shown = issuer.call("GET", "/v2/client/{client}", &[], &Value::Null).expect(200).json();
    assert_eq!((&shown["tier"], &shown["issuing_limit"]), (&json!("basic"), &json!(100)));
}

#[test]
fn tokens_are_handed_out_so_often_in_a_minute_and_not_to_who_has_no_secret() {
    let issuer = basic("Tokens");
    let ask = |secret: &str| {
        let body = json!({"grant_type": "client_credentials", "client_id": issuer.client, "client_secret": secret});
        request("POST", "/v2/client/oauth2/token", &[("content-type", "application/json")], body.to_string().as_bytes())
    };
    for _ in 0..40 {
        ask("wrong").expect(403);
    }
    ask(&issuer.secret).expect(200);
    // A minute may end meanwhile: two of them hold sixty.
    let refused = (0..70).map(|_| ask(&issuer.secret)).find(|reply| reply.status != 200).unwrap().expect(429);
    assert_eq!(refused.json()["quota"]["name"], "tokens_per_minute");
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
}

#[test]
fn the_console_says_what_is_used_and_keeps_what_was_typed() {
    let issuer = basic("Console");
    let admin = format!("admin+{}@staff.example", issuer.client);
    issuer.member(&admin, "admin");
    let badge = issuer.create_badge(&picture());
    let many: Vec<String> = (0..80).map(|n| format!("p{n}@example.org")).collect();
    let _ = issuer.issue(&badge, &many.iter().map(String::as_str).collect::<Vec<_>>());
    let mut browser = Browser::signed_in(&admin);
    let home = format!("/console/{}", issuer.client);
    let overview = browser.get(&home).expect(200).text();
    assert!(overview.contains("80 / 100") && overview.contains("/plan\""), "{overview}");
    browser.language = Some("ja");
    let page = browser.get(&format!("{home}/plan")).expect(200).text();
    assert!(page.contains("<meter") && page.contains("このプランでは利用できません") && page.contains("80 / 100"));
    browser.language = Some("en");
    let typed = [
        ("about", "alias"),
        ("do", "add"),
        ("name", "Typed Faculty"),
        ("url", "https://f.example"),
        ("email", "a@f.example"),
    ];
    let refused = browser.submit(&format!("{home}/settings"), &typed).expect(429).text();
    assert!(refused.contains("does not include aliases") && refused.contains("Typed Faculty"), "{refused}");
    for n in 0..2 {
        let email = format!("m{n}+{}@staff.example", issuer.client);
        browser
            .submit(&format!("{home}/members"), &[("email", &email), ("role", "issuer"), ("scope", "all")])
            .expect(303);
    }
    let fourth = [("email", "fourth@staff.example"), ("role", "issuer"), ("scope", "all")];
    let refused = browser.submit(&format!("{home}/members"), &fourth).expect(429).text();
    assert!(refused.contains("fourth@staff.example") && refused.contains("3 members"), "{refused}");
}
