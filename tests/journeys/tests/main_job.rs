//! An issuer issues a badge to an address; its holder shows it; anyone validates it; a changed byte is noticed; it is revoked.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{DRAWING, Issuer, data_url, demo, eventually, get, get_as, picture, step, validate};
use serde_json::{Value, json};

#[test]
fn a_badge_is_issued_hosted_baked_validated_altered_and_revoked() {
    let issuer = demo();
    let badge = issuer.create_badge(&picture());
    let event = issuer.issue(&badge, &["hanako@example.org", "taro@example.org"]);
    let credentials = issuer.credentials(&event);
    assert_eq!(credentials.len(), 2);
    let (first, second) = (&credentials[0], &credentials[1]);

    // Hosted: the signed bytes, and they hold.
    let hosted = get(&format!("/credentials/{first}.json")).expect(200);
    let credential = hosted.json();
    assert_eq!(credential["type"], json!(["VerifiableCredential", "OpenBadgeCredential"]));
    assert!(!hosted.text().contains("hanako@example.org") && !hosted.text().contains("花子"));
    let report = validate(&hosted.body);
    assert_eq!(report["verdict"], "valid", "{report:#}");
    assert_eq!((step(&report, "proof"), step(&report, "key")).0.split('/').next(), Some("passed"));
    assert!(
        step(&report, "key").starts_with("passed/") && step(&report, "status").starts_with("passed/"),
        "{report:#}"
    );

    // Baked: the picture carries the very bytes, and holds alone.
    let baked = get(&format!("/baked/{first}.png")).expect(200);
    assert_eq!(baked.header("content-type"), "image/png");
    let carries = |image: &[u8], document: &[u8]| image.windows(document.len()).any(|window| window == document);
    assert!(carries(&baked.body, &hosted.body));
    let report = validate(&baked.body);
    assert_eq!((&report["verdict"], &report["carrier"]), (&json!("valid"), &json!("png")), "{report:#}");
    let again = get(&format!("/baked/{first}.png")).expect(200);
    assert_eq!(again.body, baked.body, "the second time it comes from the store");
    let head = journeys::request("HEAD", &format!("/baked/{first}.png"), &[], b"").expect(200);
    assert_eq!((head.header("content-type"), head.body.len()), ("image/png", 0));

    // Open Badges 2.0: the same credential, hosted and baked.
    let assertion = get(&format!("/ob2/assertions/{first}")).expect(200);
    let report = validate(&assertion.body);
    assert_eq!(report["verdict"], "valid", "{report:#}");
    let baked2 = get(&format!("/baked/{first}.ob2.png")).expect(200);
    assert_eq!(validate(&baked2.body)["verdict"], "valid");

    // By address, and for a person.
    let by_address = get(&format!("/validate?url={}/credentials/{first}", journeys::base())).expect(200).json();
    assert_eq!(by_address["verdict"], "valid", "{by_address:#}");

    // One byte changed: in the document, and in the picture.
    let altered = hosted.text().replace("協働して", "独力で");
    assert_ne!(altered, hosted.text());
    let report = validate(altered.as_bytes());
    assert_eq!(report["verdict"], "invalid", "{report:#}");
    assert!(step(&report, "proof").starts_with("failed/"), "{report:#}");
    let mut picture = baked.body.clone();
    let place = picture.windows(9).position(|window| window == b"proofValu").unwrap();
    picture[place] ^= 1;
    assert_ne!(validate(&picture)["verdict"], "valid");

    // Revoked: that one, not its neighbour.
    let body = json!({"recipient": ["HANAKO@example.org"], "reason": "issued by mistake"});
    let answer = issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &body).expect(200).json();
    assert_eq!(answer["count"], 1);
    let again = issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &body).expect(200).json();
    assert_eq!(again["count"], 0);
    let report = validate(&hosted.body);
    assert_eq!(report["verdict"], "invalid", "{report:#}");
    assert!(
        step(&report, "status").starts_with("failed/") && step(&report, "proof").starts_with("passed/"),
        "{report:#}"
    );
    assert_eq!(validate(&baked.body)["verdict"], "invalid");
    let gone = get(&format!("/ob2/assertions/{first}")).expect(410).json();
    assert_eq!((&gone["revoked"], &gone["revocationReason"]), (&json!(true), &json!("issued by mistake")));
    assert_eq!(validate(&assertion.body)["verdict"], "invalid");
    let neighbour = get(&format!("/credentials/{second}")).expect(200);
    assert_eq!(validate(&neighbour.body)["verdict"], "valid");
    let revoked: Vec<Value> = issuer.recipients(&event).iter().map(|r| r["revoked"].clone()).collect();
    assert_eq!(revoked, [json!(true), json!(false)]);
    let list = get(&format!("/ob2/revocations/{}", issuer.client)).expect(200).text();
    assert!(list.contains(first.as_str()) && !list.contains(second.as_str()));
}

#[test]
fn a_drawing_is_baked_as_a_drawing() {
    let issuer = demo();
    let badge = issuer.create_badge(&data_url("image/svg+xml", DRAWING));
    let event = issuer.issue(&badge, &["hanako@example.org"]);
    let id = &issuer.credentials(&event)[0];
    for suffix in [".svg", ".ob2.svg", ".png", ".ob2.png"] {
        let baked = get(&format!("/baked/{id}{suffix}")).expect(200);
        let report = validate(&baked.body);
        assert_eq!(report["verdict"], "valid", "{suffix}: {report:#}");
    }
}

#[test]
fn an_organisation_may_want_a_compact_form_too() {
    for (form, algorithm) in [("ES256", "ES256"), ("RS256", "RS256")] {
        let issuer = Issuer::new("Compact", &["--vc-jwt", form]);
        let event = issuer.issue(&issuer.create_badge(&picture()), &["hanako@example.org"]);
        let id = &issuer.credentials(&event)[0];
        let compact = get(&format!("/credentials/{id}.jwt")).expect(200);
        assert_eq!(compact.text().split('.').count(), 3);
        let report = validate(&compact.body);
        assert_eq!(report["verdict"], "valid", "{algorithm}: {report:#}");
        let altered = compact.text().replacen('.', ".e", 1);
        assert_ne!(validate(altered.as_bytes())["verdict"], "valid");
        assert_eq!(validate(&get(&format!("/credentials/{id}")).expect(200).body)["verdict"], "valid");
    }
}

#[test]
fn two_hundred_recipients_get_one_credential_each_and_a_place_of_their_own() {
    let issuer = demo();
    let addresses: Vec<String> = (0..200).map(|n| format!("member{n}@example.org")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let event = issuer.issue(&issuer.create_badge(&picture()), &addresses);
    let recipients = issuer.recipients(&event);
    let listed: Vec<&str> = recipients.iter().filter_map(|r| r["email"].as_str()).collect();
    assert_eq!(listed, addresses);
    let page = |query: &str| {
        let path = format!("/v2/event/{{client}}/recipient?event_id={event}&{query}");
        let answer = issuer.call("GET", &path, &[], &Value::Null).expect(200).json();
        let emails = answer["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["email"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>();
        (emails, answer["total"].as_u64().unwrap())
    };
    assert_eq!(
        page("limit=3&offset=198"),
        (vec!["member198@example.org".to_owned(), "member199@example.org".to_owned()], 200)
    );
    assert_eq!(page("email=MEMBER7@example.org"), (vec!["member7@example.org".to_owned()], 1));
    // What is more than a hundred is signed from the queue, a little later.
    let issued = || issuer.recipients(&event).iter().all(|recipient| recipient["issued"] == true);
    eventually("all are signed", issued);
    let mut places = std::collections::HashSet::new();
    for recipient in recipients.iter().step_by(10) {
        let url = recipient["assertion_json_url"].as_str().unwrap();
        let credential = get(url).expect(200);
        let entry = credential.json()["credentialStatus"]["id"].as_str().unwrap().to_owned();
        assert!(places.insert(entry));
        assert_eq!(validate(&credential.body)["verdict"], "valid");
    }
    let list = get(places.iter().next().unwrap().split('#').next().unwrap()).expect(200);
    assert_eq!(list.json()["credentialSubject"]["type"], "BitstringStatusList");
    assert_eq!(validate(&list.body)["verdict"], "not_a_badge", "a status list is signed, but it is no badge");
}

#[test]
fn pages_are_for_people_and_json_for_everyone_else() {
    let issuer = demo();
    let badge = issuer.create_badge(&picture());
    let event = issuer.issue(&badge, &["hanako@example.org"]);
    let id = &issuer.credentials(&event)[0];
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for path in [format!("/credentials/{id}"), format!("/badges/{badge}"), format!("/issuers/{}", issuer.client)] {
        assert!(get(&path).expect(200).header("content-type").contains("json"), "{path}");
        assert!(get_as(&path, "*/*").expect(200).header("content-type").contains("json"), "{path}");
        let page = get_as(&path, browser).expect(200);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert!(!page.text().contains("hanako@example.org"));
        assert!(get_as(&format!("{path}.json"), browser).expect(200).header("content-type").contains("json"), "{path}");
        let first = get(&path).expect(200);
        assert_eq!(first.header("access-control-allow-origin"), "*");
        let again = journeys::request("GET", &path, &[("if-none-match", first.header("etag"))], b"").expect(304);
        assert!(again.body.is_empty());
        let head = journeys::request("HEAD", &path, &[], b"").expect(200);
        assert!(head.body.is_empty());
    }
}
