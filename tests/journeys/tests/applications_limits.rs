//! What is full, closed, used up or somebody else's.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;

use applicants::{Mine, Office, answers, now, pair, post, refused};
use application::link::Opens;
use jiff::{SignedDuration, tz::TimeZone};
use journeys::request;
use serde_json::{Value, json};
use std::sync::Barrier;

/// Who claims at the same moment. The local stack starts a process for each.
const AT_ONCE: usize = 100;
/// Who hands in at the same moment before: that is only to be ready.
const HAND_IN_AT_ONCE: usize = 4;

/// Proves the address, which uses the code; whether there was one left.
fn claim(mine: &Mine, code: &str) -> u16 {
    let proved = mine.post("prove", &json!({"code": code}));
    if proved.status != 200 {
        assert_eq!(refused(&proved), [pair("#/code", "used_up")], "{}", proved.text());
    }
    proved.status
}

#[test]
fn a_hundred_at_once_use_a_code_of_ten_ten_times() {
    let office = Office::new("Claims");
    let page = office.form(&json!({"method": "claim_code", "codes": [
        {"id": "door", "code": "HARU-2026", "uses": 10}, {"code": "never used"}]}));
    let mut wrong = answers("a@example.org");
    wrong["submit"] = true.into();
    wrong["code"] = "HARU-2025".into();
    assert_eq!(refused(&page.begin(wrong)), [pair("#/code", "wrong_code")]);
    // Each of them has handed in; then all prove their addresses at once, which is what uses the code.
    let submit = |n: usize| {
        let mut body = answers(&format!("p{n}@example.org"));
        body["code"] = "ｈａｒｕ 2026".into();
        page.submit(body)
    };
    let some = |first: usize| (first..AT_ONCE).step_by(HAND_IN_AT_ONCE).map(submit).collect::<Vec<Mine>>();
    let mine: Vec<Mine> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..HAND_IN_AT_ONCE).map(|first| scope.spawn(move || some(first))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let codes: Vec<String> = mine.iter().map(Mine::code).collect();
    let start = Barrier::new(AT_ONCE);
    let outcomes: Vec<u16> = std::thread::scope(|scope| {
        let running: Vec<_> = mine
            .iter()
            .zip(&codes)
            .map(|(mine, code)| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    claim(mine, code)
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|status| **status == 200).count(), 10);
    assert_eq!(office.issued(&page.form), 10);
    let form =
        office.issuer.call("GET", &format!("/v2/form/{{client}}/{}", page.form), &[], &Value::Null).expect(200).json();
    assert_eq!((&form["code_uses"], &form["application_count"]), (&json!({"door": 10}), &json!(10)));
    assert_eq!(office.count(&page.form, "unproven"), AT_ONCE - 10);
}

#[test]
fn one_person_and_all_together_have_so_many_places() {
    let office = Office::new("Places");
    let mut body = office.body(&json!({"method": "review", "reviewers": []}));
    body["per_person"] = 1.into();
    body["total"] = 2.into();
    let page = office.form_of(&body);
    let first = page.hand_in(answers("a@example.org"));
    let again = page.submit(answers("A@EXAMPLE.org"));
    assert!(again.prove().expect(409).json()["detail"].as_str().unwrap().contains("お一人"));
    page.hand_in(answers("b@example.org"));
    let third = page.submit(answers("c@example.org"));
    assert!(third.prove().expect(409).json()["detail"].as_str().unwrap().contains("定員"));
    // Who leaves makes room.
    first.post("withdraw", &json!({})).expect(200);
    third.prove().expect(200);
    assert_eq!(office.count(&page.form, "submitted"), 2);
}

#[test]
fn a_window_is_what_the_clock_of_its_zone_shows() {
    let office = Office::new("Windows");
    let local = |zone: &str, hours: i64| {
        let at = now() + SignedDuration::from_hours(hours);
        TimeZone::get(zone).unwrap().to_datetime(at).strftime("%Y-%m-%dT%H:%M").to_string()
    };
    // The same reading of the clock, an hour from now in one zone, lies hours back in another.
    let reading = local("Asia/Tokyo", 1);
    for (zone, availability) in
        [("Asia/Tokyo", "not_yet"), ("Pacific/Kiritimati", "open"), ("America/Los_Angeles", "not_yet")]
    {
        let mut body = office.body(&json!({"method": "automatic"}));
        body["not_before"] = reading.clone().into();
        body["time_zone"] = zone.into();
        let page = office.form_of(&body);
        assert_eq!(page.show()["availability"], availability, "{zone}");
        let answer = page.begin(answers("a@example.org"));
        assert_eq!(answer.status, if availability == "open" { 201 } else { 409 }, "{zone}: {}", answer.text());
    }
    let mut body = office.body(&json!({"method": "automatic"}));
    body["not_after"] = local("America/Los_Angeles", -1).into();
    body["time_zone"] = "America/Los_Angeles".into();
    let page = office.form_of(&body);
    assert_eq!(page.show()["availability"], "over");
    assert!(
        page.begin(answers("a@example.org")).expect(409).json()["detail"]
            .as_str()
            .unwrap()
            .contains("America/Los_Angeles")
    );
}

#[test]
fn what_closes_meanwhile_keeps_what_was_typed_and_takes_what_was_sent_back() {
    let office = Office::new("Closing");
    let body = office.body(&json!({"method": "review", "reviewers": []}));
    let page = office.form_of(&body);
    let returned = page.hand_in(answers("a@example.org"));
    office.decide(&returned.id, &json!({"decision": "return", "comment": "?"})).expect(200);
    let begun = page.begin(json!({"name": "b", "email": "b@example.org", "answers": {}})).expect(201).json();
    let url = begun["url"].as_str().unwrap();
    let mut closed = body;
    closed["active"] = false.into();
    let path = format!("/v2/form/{{client}}/{}", page.form);
    office.issuer.call("PUT", &path, &[], &closed).expect(200);
    page.begin(answers("c@example.org")).expect(409);
    post(&format!("{url}/submit"), &answers("b@example.org")).expect(409);
    let kept = request("GET", url, &[], b"").expect(200).json();
    assert_eq!((&kept["state"], &kept["draft"]["why"]), (&json!("draft"), &json!("学びました")));
    assert_eq!(returned.post("submit", &answers("a@example.org")).expect(200).json()["state"], "submitted");
}

#[test]
fn codes_of_mails_run_out_by_trying() {
    let office = Office::new("Trying");
    let page = office.form(&json!({"method": "automatic"}));
    let mine = page.submit(answers("a@example.org"));
    let wrong = if mine.code() == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        mine.post("prove", &json!({"code": wrong})).expect(400);
    }
    mine.prove().expect(410);
    mine.post("proof", &json!({})).expect(200);
    mine.prove().expect(200);
}

#[test]
fn forms_are_copied_put_away_and_begun_from_templates() {
    let office = Office::new("Templates");
    let templates = office.issuer.call("GET", "/v2/form/{client}/template", &[], &Value::Null).expect(200).json();
    assert_eq!(templates["total"], 8);
    let mut body = templates["result"][0]["body"].clone();
    body["badge_id"] = office.badge.clone().into();
    let preview = office.issuer.call("POST", "/v2/form/{client}/preview?language=en", &[], &body).expect(200).json();
    assert_eq!(preview["title"], "Seminar attendance survey");
    let page = office.form_of(&body);
    let path = format!("/v2/form/{{client}}/{}", page.form);
    let copy = office.issuer.call("POST", &format!("{path}/clone"), &[], &json!({})).expect(200).json();
    let copied =
        request("GET", &format!("/apply/{}", copy["resource_id"].as_str().unwrap()), &[], b"").expect(200).json();
    assert_eq!(copied["availability"], "closed");
    office.issuer.call("POST", &format!("{path}/archive"), &[], &json!({})).expect(200);
    assert_eq!(page.show()["availability"], "closed");
    let list = office.issuer.call("GET", "/v2/form/{client}", &[], &Value::Null).expect(200).json();
    assert_eq!(list["total"], 1);
    let saved = json!({"name": "うちの様式", "body": body});
    let own = office.issuer.call("POST", "/v2/form/{client}/template", &[], &saved).expect(200).json();
    let one = format!("/v2/form/{{client}}/template/{}", own["resource_id"].as_str().unwrap());
    office.issuer.call("DELETE", &one, &[], &Value::Null).expect(200);
    office.issuer.call("DELETE", &one, &[], &Value::Null).expect(404);
    // The method is chosen for good; an outdated version is not written over.
    let mut other = office.body(&json!({"method": "review", "reviewers": []}));
    let answer = office.issuer.call("PUT", &path, &[], &other);
    assert_eq!(refused(&answer), [pair("#/approval/method", "not_allowed")]);
    other["approval"] = json!({"method": "automatic"});
    office.issuer.call("PUT", &path, &[("if-match", "\"9\"")], &other).expect(412);
    other["badge_id"] = "nosuchbadge".into();
    assert_eq!(refused(&office.issuer.call("PUT", &path, &[], &other)), [pair("#/badge_id", "not_found")]);
}

#[test]
fn another_organisations_forms_and_applications_are_not_there() {
    let (mine, theirs) = (Office::new("Mine"), Office::new("Theirs"));
    let page = theirs.form(&json!({"method": "review", "reviewers": []}));
    let application = page.hand_in(answers("hanako@example.org"));
    let (form, id) = (page.form.as_str(), application.id.as_str());
    let body = mine.body(&json!({"method": "review", "reviewers": []}));
    let decision = json!({"decision": "approve"});
    for (method, path, body) in [
        ("GET", format!("/v2/form/{{client}}/{form}"), Value::Null),
        ("PUT", format!("/v2/form/{{client}}/{form}"), body.clone()),
        ("POST", format!("/v2/form/{{client}}/{form}/archive"), json!({})),
        ("POST", format!("/v2/form/{{client}}/{form}/clone"), json!({})),
        ("GET", format!("/v2/application/{{client}}/{id}"), Value::Null),
        ("POST", format!("/v2/application/{{client}}/{id}/decision"), decision),
        ("POST", format!("/v2/application/{{client}}/{id}/vote"), json!({"vote": "issue"})),
        ("POST", format!("/v2/application/{{client}}/{id}/assign"), json!({"reviewers": []})),
        ("POST", format!("/v2/application/{{client}}/{id}/withdraw"), json!({})),
    ] {
        mine.issuer.call(method, &path, &[], &body).expect(404);
    }
    assert_eq!(mine.issuer.call("GET", "/v2/application/{client}", &[], &Value::Null).expect(200).json()["total"], 0);
    // A form for a badge of theirs, and a link under a form of mine.
    let mut foreign = body;
    foreign["badge_id"] = theirs.badge.clone().into();
    assert_eq!(
        refused(&mine.issuer.call("POST", "/v2/form/{client}", &[], &foreign)),
        [pair("#/badge_id", "not_found")]
    );
    let own = mine.form(&json!({"method": "review", "reviewers": []}));
    let link = application.link(&Opens::Applicant, now()).replace(form, &own.form);
    request("GET", &link, &[], b"").expect(404);
    assert_eq!(application.state(), "submitted");
}
