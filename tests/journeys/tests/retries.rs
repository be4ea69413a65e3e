//! A lost answer must not issue twice; what is refused leaves nothing behind.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, get, issue_to, picture, validate};
use serde_json::{Value, json};

fn events(issuer: &Issuer) -> u64 {
    issuer.call("GET", "/v2/event/{client}?limit=1", &[], &Value::Null).expect(200).json()["total"].as_u64().unwrap()
}

#[test]
fn a_repeated_request_gives_the_same_event_and_the_same_bytes() {
    let issuer = Issuer::new("Retries", &[]);
    let badge = issuer.create_badge(&picture());
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let body = issue_to(&["a@example.org", "b@example.org"]);
    let key = [("idempotency-key", "order-4711")];
    let first = issuer.call("POST", &path, &key, &body).expect(200).json();
    let event = first["resource_id"].as_str().unwrap().to_owned();
    let before: Vec<Vec<u8>> =
        issuer.credentials(&event).iter().map(|id| get(&format!("/credentials/{id}")).expect(200).body).collect();
    let second = issuer.call("POST", &path, &key, &body).expect(200).json();
    assert_eq!(first, second);
    let after: Vec<Vec<u8>> =
        issuer.credentials(&event).iter().map(|id| get(&format!("/credentials/{id}")).expect(200).body).collect();
    assert_eq!(before, after);
    assert_eq!(events(&issuer), 1);
    let other = issuer.call("POST", &path, &key, &issue_to(&["c@example.org"])).expect(422).json();
    assert_eq!(other["type"], "urn:shirushi:problem:request-key-reused");
    assert_eq!(events(&issuer), 1);
}

#[test]
fn the_same_request_eight_times_at_once_is_one_event() {
    let issuer = Issuer::new("Races", &[]);
    let badge = issuer.create_badge(&picture());
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (issuer, path) = (issuer.clone(), path.clone());
            std::thread::spawn(move || {
                issuer.call("POST", &path, &[("idempotency-key", "race")], &issue_to(&["a@example.org"]))
            })
        })
        .collect();
    let answers: Vec<Value> = calls.into_iter().map(|call| call.join().unwrap().expect(200).json()).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(events(&issuer), 1);
    let id = &issuer.credentials(answers[0]["resource_id"].as_str().unwrap())[0];
    assert_eq!(validate(&get(&format!("/credentials/{id}")).expect(200).body)["verdict"], "valid");
}

#[test]
fn what_cannot_be_taken_is_named_field_by_field_and_leaves_nothing() {
    let issuer = Issuer::new("Mistakes", &[]);
    let badge = issuer.create_badge(&picture());
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let pointers = |body: &Value, lang: &str| {
        let problem = issuer.call("POST", &path, &[("accept-language", lang)], body).expect(400).json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        (errors.iter().map(|e| e["pointer"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>(), errors)
    };
    let body = json!({"recipient": [{"email": "a@example.org"}, {"email": "nope"}, {"email": "b@example.org", "expires_on": "soon"}]});
    let (found, errors) = pointers(&body, "ja");
    assert_eq!(found, ["#/recipient/1/email", "#/recipient/2/expires_on"]);
    assert_eq!(errors[0]["detail"], "メールアドレスの形式ではありません。");
    assert_eq!(pointers(&json!({"recipient": []}), "en").0, ["#/recipient"]);
    assert_eq!(pointers(&json!({}), "en").1[0]["detail"], "This field is required.");
    let not_json = journeys::request(
        "POST",
        &path.replace("{client}", &issuer.client),
        &[("authorization", &format!("Bearer {}", issuer.token()))],
        b"{",
    );
    assert_eq!(not_json.expect(400).json()["errors"][0]["code"], "not_json");
    assert_eq!(events(&issuer), 0);

    let mut draft = journeys::badge(&picture());
    draft["draft"] = json!(true);
    let draft = issuer.call("POST", "/v2/badge/{client}", &[], &draft).expect(200).json();
    let draft = draft["resource_id"].as_str().unwrap();
    let refused =
        issuer.call("POST", &format!("/v2/event/{{client}}/{draft}/issue"), &[], &issue_to(&["a@example.org"]));
    assert_eq!(refused.expect(409).json()["type"], "urn:shirushi:problem:draft-badge");
    let nobody = issuer.call("POST", "/v2/event/{client}/nosuchbadge/issue", &[], &issue_to(&["a@example.org"]));
    assert_eq!(nobody.expect(404).json()["status"], 404);
    assert_eq!(events(&issuer), 0);
}

#[test]
fn texts_that_verifiers_would_order_differently_are_refused_before_anything_is_issued() {
    let issuer = Issuer::new("Emoji", &[]);
    let with_tags = |tags: Value| {
        let mut badge = journeys::badge(&picture());
        badge["content"][0]["tag"] = tags;
        issuer.call("POST", "/v2/badge/{client}", &[], &badge)
    };
    let refused = with_tags(json!(["\u{1f600}", "\u{ff21}"])).expect(400).json();
    assert_eq!(
        (&refused["errors"][0]["code"], &refused["errors"][0]["pointer"]),
        (&json!("unsignable"), &json!("#/content/0"))
    );
    let badge = with_tags(json!(["\u{1f600}", "印", "😀 teamwork"])).expect(200).json();
    let event = issuer.issue(badge["resource_id"].as_str().unwrap(), &["a@example.org"]);
    let credential = get(&format!("/credentials/{}", issuer.credentials(&event)[0])).expect(200);
    assert_eq!(validate(&credential.body)["verdict"], "valid");
}

#[test]
fn pictures_that_cannot_be_taken_are_refused_with_a_reason() {
    let issuer = Issuer::new("Pictures", &[]);
    let refused = |image: &str| {
        let answer = issuer
            .call("POST", "/v2/badge/{client}", &[("accept-language", "ja")], &journeys::badge(image))
            .expect(400)
            .json();
        assert_eq!(answer["errors"][0]["pointer"], "#/image", "{answer:#}");
        assert!(answer["errors"][0]["detail"].as_str().unwrap().chars().any(|c| c > '\u{3000}'), "{answer:#}");
    };
    refused("data:image/gif;base64,R0lGODlhAQABAAAAACw=");
    refused("https://example.org/a.png");
    refused(&journeys::data_url("image/png", b"\x89PNG\r\n\x1a\nnonsense"));
    refused(&journeys::data_url(
        "image/svg+xml",
        b"<!DOCTYPE svg [<!ENTITY a \"b\">]><svg xmlns=\"http://www.w3.org/2000/svg\">&a;</svg>",
    ));
    let list = issuer.call("GET", "/v2/badge/{client}", &[], &Value::Null).expect(200).json();
    assert_eq!(list["total"], 0);
}

#[test]
fn a_request_without_a_key_is_recognised_by_its_bytes_until_something_of_it_is_revoked() {
    let issuer = Issuer::new("No key", &[]);
    let badge = issuer.create_badge(&picture());
    let body = issue_to(&["a@example.org", "b@example.org"]);
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let issue = |body: &Value| {
        let answer = issuer.call("POST", &path, &[], body).expect(200).json();
        answer["resource_id"].as_str().unwrap().to_owned()
    };
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let (issuer, path, body) = (issuer.clone(), path.clone(), body.clone());
            std::thread::spawn(move || issuer.call("POST", &path, &[], &body).expect(200).json())
        })
        .collect();
    let first = issue(&body);
    for call in calls {
        assert_eq!(call.join().unwrap()["resource_id"], first.as_str());
    }
    let mut other = body.clone();
    other["issued_on"] = json!(1_700_000_000);
    assert_ne!(issue(&other), first, "any difference makes it another request");
    assert_eq!(events(&issuer), 2);
    let revoke = json!({"recipient": ["a@example.org"]});
    let _ = issuer.call("PUT", &format!("/v2/event/{{client}}/{first}/revoke"), &[], &revoke).expect(200);
    let second = issue(&body);
    assert_ne!(second, first, "who revokes and issues again means it");
    assert_eq!(issue(&body), second);
    assert_eq!(events(&issuer), 3);
}

#[test]
fn more_than_a_call_can_sign_are_listed_at_once_and_signed_soon() {
    let issuer = Issuer::new("Queue", &[]);
    let badge = issuer.create_badge(&picture());
    let addresses: Vec<String> = (0..1_300).map(|n| format!("r{n}@example.org")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let event = issuer.issue(&badge, &addresses);
    let page = |query: &str| {
        let path = format!("/v2/event/{{client}}/recipient?event_id={event}&{query}");
        issuer.call("GET", &path, &[], &Value::Null).expect(200).json()
    };
    assert_eq!(page("limit=1")["total"], 1_300, "lists show everybody at once");
    let shown = |member: &str| {
        issuer.call("GET", &format!("/v2/event/{{client}}/{event}"), &[], &Value::Null).expect(200).json()["counts"]
            [member]
            .as_u64()
            .unwrap()
    };
    // Who is not signed yet can be revoked all the same.
    let revoke = json!({"recipient": ["r1299@example.org"]});
    let answer = issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &revoke).expect(200).json();
    assert_eq!(answer["count"], 1);
    journeys::eventually("all are signed", || shown("issued") == 1_300);
    assert_eq!(shown("revoked"), 1);
    let last = page("limit=2&offset=1298")["result"].clone();
    let credential = |n: usize| get(last[n]["assertion_json_url"].as_str().unwrap()).expect(200).body;
    assert_eq!(validate(&credential(0))["verdict"], "valid");
    assert_eq!(validate(&credential(1))["verdict"], "invalid");
}
