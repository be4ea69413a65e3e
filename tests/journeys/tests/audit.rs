//! The audit log: what members and API credentials did, each once, and what became of the badges that were issued.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::browser::Browser;
use journeys::{Issuer, badge, eventually, issue_to, picture, request};
use serde_json::{Value, json};

/// An organisation with an admin, and what an API credential of this label does.
fn office(name: &str, label: &str) -> (Issuer, Issuer, Browser) {
    let first = Issuer::new(name, &[]);
    let admin = format!("admin+{}@staff.example", first.client);
    first.member(&admin, "admin");
    let made = first.call("POST", "/v2/client/{client}/secret", &[], &json!({"label": label, "roles": ["admin"]}));
    let secret = made.expect(200).json()["client_secret"].as_str().unwrap().to_owned();
    let system = Issuer::sign_in(&first.client, &secret);
    let mut browser = Browser::signed_in(&admin);
    browser.language = Some("en");
    (first, system, browser)
}

/// The rows of the log's page.
fn log(browser: &mut Browser, client: &str) -> Vec<String> {
    let page = browser.get(&format!("/console/{client}/audit")).expect(200).text();
    page.split("<tr>").skip(2).map(str::to_owned).collect()
}

fn with<'a>(rows: &'a [String], words: &str) -> Vec<&'a String> {
    rows.iter().filter(|row| row.contains(words)).collect()
}

#[test]
fn what_an_api_credential_did_is_listed_by_its_name_and_once() {
    let (_, system, mut browser) = office("監査", "Moodle <連携>");
    let (_, theirs, mut other) = office("Others", "Their LMS");
    let id = system.create_badge(&picture());
    let change = json!({"content": badge("")["content"].clone(), "expires": 12});
    system.call("PATCH", &format!("/v2/badge/{{client}}/{id}"), &[], &change).expect(200);
    let issue = format!("/v2/event/{{client}}/{id}/issue");
    let recipients = issue_to(&["hana@learners.example", "taro@learners.example", "yui@learners.example"]);
    let key = [("idempotency-key", "k1")];
    let event = system.call("POST", &issue, &key, &recipients).expect(200).json()["resource_id"].clone();
    assert_eq!(system.call("POST", &issue, &key, &recipients).expect(200).json()["resource_id"], event);
    let event = event.as_str().unwrap();
    let revoke = format!("/v2/event/{{client}}/{event}/revoke");
    system.call("PUT", &revoke, &[], &json!({"recipient": ["taro@learners.example"]})).expect(200);
    let label = json!({"label": "Payroll", "roles": ["issuer"]});
    let secret = system.call("POST", "/v2/client/{client}/secret", &[], &label).expect(200).json();
    let secret = secret["resource_id"].as_str().unwrap();
    system.call("DELETE", &format!("/v2/client/{{client}}/secret/{secret}"), &[], &Value::Null).expect(200);
    let alias = json!({"name": "Campus", "url": "https://c.example", "email": "c@c.example", "description": ""});
    system.call("POST", "/v2/client/{client}/alias", &[], &alias).expect(200);
    let hook = json!({"url": format!("{}/hook", journeys::base())});
    system.call("POST", "/v2/webhook/{client}", &[], &hook).expect(200);
    system.call("POST", "/v2/export/{client}", &[], &Value::Null).expect(202);

    let rows = log(&mut browser, &system.client);
    let expected = [
        ("POST /v2/badge/{client}<", "Badge made", id.as_str()),
        ("PATCH /v2/badge", "Badge changed", &id),
        ("POST /v2/event/{client}/{badge}/issue", "Badge issued", event),
        ("PUT /v2/event/{client}/{event}/revoke", "Badges revoked", event),
        ("DELETE /v2/client/{client}/secret/{secret}", "API credential removed", secret),
        ("POST /v2/client/{client}/alias", "Alias added", ""),
        ("POST /v2/webhook/{client}", "Webhook added", ""),
        ("POST /v2/export/{client}", "Export begun", ""),
    ];
    for (what, words, to) in expected {
        let found = with(&rows, what);
        assert_eq!(found.len(), 1, "{what}: {rows:?}");
        let row = found[0];
        assert!(row.contains("API</span> Moodle &lt;連携&gt;") && row.contains(words) && row.contains(to), "{row}");
        assert!(row.contains("done"));
    }
    assert!(with(&rows, "{badge}/issue")[0].contains("× 3"));
    // Two secrets were made: the first by the credential that the organisation began with.
    let made = with(&rows, "POST /v2/client/{client}/secret");
    assert_eq!((made.len(), made.iter().filter(|row| row.contains("Moodle")).count()), (2, 1));
    assert!(made.iter().any(|row| row.contains(secret)));

    // What is only read, shown beforehand, or refused leaves nothing; what others do stands with them.
    let before = rows.len();
    for path in ["/v2/badge/{client}", "/v2/event/{client}", "/v2/client/{client}/usage"] {
        system.call("GET", path, &[], &Value::Null).expect(200);
    }
    system.call("POST", "/v2/client/{client}/design", &[], &json!({"version": 1, "shape": "x"})).expect(400);
    system.call("POST", &issue, &[], &json!({"recipient": []})).expect(400);
    system.call("PATCH", "/v2/badge/{client}/nosuch", &[], &change).expect(404);
    system.call("PUT", "/v2/client/{client}", &[], &json!({"name": ""})).expect(400);
    theirs.call("PUT", &revoke.replace("{client}", &system.client), &[], &json!({"recipient": []})).expect(403);
    let _ = theirs.create_badge(&picture());
    assert_eq!(log(&mut browser, &system.client).len(), before);
    let others = log(&mut other, &theirs.client);
    assert_eq!((with(&others, "Badge made").len(), with(&others, "Moodle").len()), (1, 0));
}

#[test]
fn what_a_member_does_in_the_console_is_theirs_and_stands_there_once() {
    let (first, system, mut browser) = office("Console", "System");
    let id = system.create_badge(&picture());
    let home = format!("/console/{}", first.client);
    let list = [("list", "hana@learners.example, 花子"), ("time_zone", "UTC")];
    let look = browser.submit(&format!("{home}/issue/{id}"), &list).expect(303).header("location").to_owned();
    browser.submit(&look, &[("zone", "UTC"), ("event_name", "Spring")]).expect(303);
    let rows = log(&mut browser, &first.client);
    for words in ["List of recipients checked", "Badge issued"] {
        let found = with(&rows, words);
        assert_eq!(found.len(), 1, "{rows:?}");
        assert!(found[0].contains("admin+") && !found[0].contains("API"), "{}", found[0]);
    }
    browser.language = Some("ja");
    assert!(with(&log(&mut browser, &first.client), "API</span> System")[0].contains("バッジを作成"));
}

#[test]
fn the_overview_tells_what_became_of_what_was_issued() {
    let (first, system, mut browser) = office("Counting", "LMS");
    let id = system.create_badge(&picture());
    let address = |local: &str| format!("{local}+{}@example.org", first.client);
    let addresses = ["bounce", "anna", "ben", "chie"].map(address);
    let mut body = issue_to(&addresses.each_ref().map(String::as_str));
    body["send_email"] = true.into();
    let issued = system.call("POST", &format!("/v2/event/{{client}}/{id}/issue"), &[], &body).expect(200).json();
    let event = issued["resource_id"].as_str().unwrap();
    eventually("every mail has its fate", || {
        let states = system.recipients(event);
        states.iter().all(|r| matches!(r["delivery"]["state"].as_str(), Some("bounced" | "delivered")))
    });
    let answer = |n: usize, decision: &str| {
        let link = system.recipients(event)[n]["receive_url"].as_str().unwrap().to_owned();
        let token: String = link.split_once("tk=").unwrap().1.chars().take_while(char::is_ascii_alphanumeric).collect();
        let headers = [("content-type", "application/json"), ("accept", "application/json")];
        let body = json!({"tk": token, "decision": decision}).to_string();
        request("POST", "/c/receive", &headers, body.as_bytes()).expect(200);
    };
    let home = format!("/console/{}", first.client);
    let mut told = || {
        let page = browser.get(&home).expect(200).text();
        let count = |class: &str| {
            let rest = page.split(&format!("swatch {class}\"></span><strong>")).nth(1).unwrap();
            rest.split('<').next().unwrap().parse::<u32>().unwrap()
        };
        ["received", "pending", "declined", "bounced"].map(count)
    };
    assert_eq!(told(), [0, 3, 0, 1]);
    answer(1, "accept");
    answer(1, "accept");
    answer(2, "decline");
    assert_eq!(told(), [1, 1, 1, 1]);
    // Somebody changes their mind.
    answer(2, "accept");
    assert_eq!(told(), [2, 1, 0, 1]);
    // A mail that is sent anew has not come back yet, and then has, once.
    let resend = format!("/v2/event/{{client}}/{event}/resend");
    assert_eq!(system.call("POST", &resend, &[], &json!({})).expect(200).json()["count"], 1);
    eventually("it came back again", || system.recipients(event)[0]["delivery"]["state"] == "bounced");
    assert_eq!(told(), [2, 1, 0, 1]);
}
