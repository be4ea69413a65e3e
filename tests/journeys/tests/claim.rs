//! An organisation that signs on claim: nothing is signed until somebody asks for it, and nobody sees a difference.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;
mod records;

use applicants::{Office, answers};
use application::State;
use journeys::browser::Browser;
use journeys::{Issuer, eventually, get, get_as, issue_to, mails, operator, picture, request, step, validate};
use records::files;
use serde_json::{Value, json};
use std::collections::HashSet;

/// How many credentials of an event are signed and stored.
fn signed(event: &str) -> usize {
    let count = async {
        let (store, id) = (files(), event.parse().unwrap());
        let event = store.event(&id).await.unwrap().unwrap();
        store.credentials(&event).await.unwrap().len()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(count)
}

fn issue(issuer: &Issuer, badge: &str, body: &Value) -> String {
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let answer = issuer.call("POST", &path, &[], body).expect(200).json();
    answer["resource_id"].as_str().unwrap().to_owned()
}

fn change(issuer: &Issuer, body: &Value) {
    issuer.call("PUT", "/v2/client/{client}", &[], body).expect(200);
}

fn counts(issuer: &Issuer, event: &str) -> Value {
    issuer.call("GET", &format!("/v2/event/{{client}}/{event}"), &[], &Value::Null).expect(200).json()["counts"].clone()
}

/// How often the organisation's feed tells of something of an event.
fn told(issuer: &Issuer, event: &str, kind: &str) -> usize {
    let query = format!("/v2/feed/{{client}}?limit=1000&type={kind}");
    let answer = issuer.call("GET", &query, &[], &Value::Null).expect(200).json();
    answer["result"].as_array().unwrap().iter().filter(|message| message["data"]["event_id"] == event).count()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_hundred_and_twenty_are_issued_to_and_only_what_is_asked_for_is_signed() {
    let issuer = Issuer::new("Before", &["--vc-jwt", "ES256"]);
    change(&issuer, &json!({"sign": "on_claim"}));
    assert_eq!(issuer.call("GET", "/v2/client/{client}", &[], &Value::Null).json()["sign"], "on_claim");
    let badge = issuer.create_badge(&picture());
    let addresses: Vec<String> = (0..120).map(|n| format!("member{n}+{}@example.org", issuer.client)).collect();
    let mut body = issue_to(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
    body["send_email"] = json!(true);
    let event = issue(&issuer, &badge, &body);
    // What the organisation says of itself later is not said of what it issued before.
    change(&issuer, &json!({"name": "Afterwards", "sign": "at_issue"}));

    // Everybody is listed as issued to, mailed and told of; nothing is signed.
    let rows = issuer.recipients(&event);
    assert_eq!(rows.len(), 120);
    assert!(rows.iter().all(|row| row["issued"] == true && row["revoked"] == false && row["pdf_url"].is_string()));
    assert_eq!(counts(&issuer, &event)["issued"], 120);
    let delivered = || counts(&issuer, &event)["delivery"]["delivered"] == 120;
    eventually("everybody is mailed", delivered);
    eventually("everybody is told of", || told(&issuer, &event, "credential.issued") == 120);
    let sought = format!("/v2/event/{{client}}/recipient?email={}", addresses[77].replace('+', "%2B"));
    let found = issuer.call("GET", &sought, &[], &Value::Null).expect(200).json();
    assert_eq!((&found["total"], &found["result"][0]["assertion_id"]), (&json!(1), &rows[77]["assertion_id"]));
    let strangers = format!("{event}{}", "0f".repeat(10));
    for path in [format!("/credentials/{strangers}"), format!("/baked/{strangers}.png")] {
        let _ = get(&path).expect(404);
    }
    assert_eq!(signed(&event), 0);

    // The link in a mail opens a page, and one is signed.
    let mail = mails(&addresses[0]).remove(0);
    let link = text(&mail["BodyText"]).split_whitespace().find(|word| word.contains("tk=")).unwrap();
    let tk: String = link.split_once("tk=").unwrap().1.chars().take_while(char::is_ascii_alphanumeric).collect();
    assert!(get_as(&format!("/c/receive?tk={tk}"), "text/html").expect(200).text().contains("Hanako"));
    assert_eq!(signed(&event), 1);
    let decision = json!({"tk": tk, "decision": "accept"}).to_string();
    request("POST", "/c/receive", &[("content-type", "application/json")], decision.as_bytes()).expect(200);
    assert_eq!(issuer.recipients(&event)[0]["received"], true);

    // Each way in signs what it shows, and all that is shown holds.
    let id = |n: usize| text(&rows[n]["assertion_id"]).to_owned();
    let feed = issuer.call("GET", "/v2/feed/{client}?limit=1000", &[], &Value::Null).expect(200).json();
    let message = feed["result"].as_array().unwrap().iter().find(|message| message["data"]["credential_id"] == id(12));
    let message = message.unwrap();
    let ways = [
        format!("/credentials/{}.json", id(1)),
        format!("/credentials/{}.jwt", id(2)),
        format!("/ob2/assertions/{}", id(3)),
        format!("/baked/{}.png", id(4)),
        text(&rows[5]["pdf_url"]).to_owned(),
        message["data"]["url"].as_str().unwrap().to_owned(),
    ];
    for (number, way) in ways.iter().enumerate() {
        let report = validate(&get(way).expect(200).body);
        assert_eq!(report["verdict"], "valid", "{way}: {report:#}");
        assert_eq!(signed(&event), number + 2, "{way}");
    }
    for way in [format!("/baked/{}.card.png", id(6)), format!("/credentials/{}/embed", id(7))] {
        let _ = get(&way).expect(200);
    }
    assert!(get_as(&format!("/credentials/{}", id(13)), "text/html").expect(200).text().contains("Before"));
    let by_address = get(&format!("/validate?url={}/credentials/{}", journeys::base(), id(8))).expect(200).json();
    assert_eq!((&by_address["verdict"], signed(&event)), (&json!("valid"), 11), "{by_address:#}");
    let document = get(&format!("/credentials/{}.json", id(1))).expect(200).json();
    assert_eq!(document["issuer"]["name"], "Before");

    // Twenty who come at the same moment get the same bytes. On one machine they may be too many at once: they are told to come again.
    let path = format!("/credentials/{}.json", id(9));
    let visit = || {
        let answered = (0..10).find_map(|_| {
            let reply = get(&path);
            let Ok(seconds) = reply.header("retry-after").parse() else { return Some(reply) };
            std::thread::sleep(std::time::Duration::from_secs(seconds));
            None
        });
        answered.expect("told ten times to come again").expect(200).body
    };
    let bytes: HashSet<Vec<u8>> = std::thread::scope(|scope| {
        let visits: Vec<_> = (0..20).map(|_| scope.spawn(visit)).collect();
        visits.into_iter().map(|visit| visit.join().unwrap()).collect()
    });
    assert_eq!((bytes.len(), signed(&event)), (1, 12));
    assert_eq!(validate(bytes.iter().next().unwrap())["verdict"], "valid");

    // One that was claimed and one that was not are revoked alike.
    let named = json!({"recipient": [addresses[9], addresses[10]], "reason": "Issued by mistake"});
    let revoked = issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &named).expect(200).json();
    assert_eq!(revoked["count"], 2);
    for number in [9, 10] {
        let report = validate(&get(&format!("/credentials/{}.json", id(number))).expect(200).body);
        assert_eq!(report["verdict"], "invalid");
        assert!(step(&report, "status").starts_with("failed/") && step(&report, "proof").starts_with("passed/"));
        let page = get_as(&format!("/credentials/{}", id(number)), "text/html").expect(200);
        assert!(page.text().contains("Issued by mistake"));
    }
    let after = counts(&issuer, &event);
    assert_eq!((&after["issued"], &after["revoked"], signed(&event)), (&json!(120), &json!(2), 13));
    eventually("both are told of", || told(&issuer, &event, "credential.revoked") == 2);

    // Another mail goes to who holds something, and signs nothing either.
    let again = json!({"recipient": [addresses[10], addresses[11]]});
    let resent = issuer.call("POST", &format!("/v2/event/{{client}}/{event}/resend"), &[], &again).expect(200).json();
    assert_eq!(resent["count"], 1);
    eventually("the second mail is taken", || mails(&addresses[11]).len() == 2);
    assert_eq!((mails(&addresses[10]).len(), signed(&event)), (1, 13));
}

#[test]
fn an_earner_sees_what_nobody_signed_yet_and_the_way_to_it_signs_it() {
    let issuer = Issuer::new("My unsigned", &["--sign", "on_claim"]);
    let badge = issuer.create_badge(&picture());
    let [mine, theirs] = ["mine", "theirs"].map(|name| format!("{name}+{}@earners.example", issuer.client));
    let event = issuer.issue(&badge, &[&mine, &theirs.to_uppercase()]);
    let ids = issuer.credentials(&event);
    let mut over = issue_to(&[&mine]);
    let now = records::now().as_second();
    (over["issued_on"], over["expires_on"]) = (json!(now - 20), json!(now - 10));
    let over = issue(&issuer, &badge, &over);
    let mut browser = Browser::signed_in(&mine);
    browser.language = Some("en");
    let all = browser.get("/my").expect(200).text();
    assert!([&ids[0], &issuer.credentials(&over)[0]].iter().all(|id| all.contains(*id)) && !all.contains(&ids[1]));
    assert!(browser.get("/my?state=expired").expect(200).text().contains(&over));
    let pending = browser.get("/my?state=pending").expect(200).text();
    assert!(pending.contains(&ids[0]) && !pending.contains(&over) && pending.contains("Accept or decline"));
    assert_eq!((signed(&event), signed(&over)), (0, 0));

    let token = pending.split("tk=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let _ = browser.get(&format!("/c/receive?tk={token}")).expect(200);
    browser.post("/c/receive", &[("tk", &token), ("decision", "accept")]).expect(303);
    assert_eq!(signed(&event), 1);
    let accepted = browser.get("/my?state=accepted&files=1").expect(200).text();
    assert!(accepted.contains(&format!("/baked/{}.png", ids[0])) && !accepted.contains(&over));

    // What is revoked was signed for that, and is shown as revoked.
    let named = json!({"recipient": [theirs]});
    issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &named).expect(200);
    let theirs = Browser::signed_in(&theirs).get("/my?state=revoked").expect(200).text();
    assert!(theirs.contains(&ids[1]) && signed(&event) == 2);
}

#[test]
fn a_list_in_a_file_and_an_application_are_issued_to_without_a_signature() {
    let issuer = Issuer::new("Lists", &["--sign", "on_claim"]);
    let badge = issuer.create_badge(&picture());
    let bearer = format!("Bearer {}", issuer.token());
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
    let file = "email,name\r\na@example.org,A\r\nb@example.org,B\r\n";
    let uploaded = request("POST", &format!("/v2/import/{}/{badge}", issuer.client), &headers, file.as_bytes());
    let import = text(&uploaded.expect(200).json()["resource_id"]).to_owned();
    let start = json!({"send_email": false});
    let started = issuer.call("POST", &format!("/v2/import/{{client}}/{import}/start"), &[], &start).expect(200).json();
    let event = text(&started["resource_id"]);
    let shown = issuer.call("GET", &format!("/v2/import/{{client}}/{import}"), &[], &Value::Null).expect(200).json();
    assert_eq!(shown["progress"]["issued"], 2, "{shown:#}");
    let rows = issuer.call("GET", &format!("/v2/import/{{client}}/{import}/result"), &[], &Value::Null).expect(200);
    assert_eq!(rows.text().matches(",issued,").count(), 2, "{}", rows.text());
    assert_eq!(signed(event), 0);

    // Whoever holds such a badge is a peer; whoever applies is issued to.
    let office = Office { issuer, badge: badge.clone() };
    let page = office.form(&json!({"method": "peer", "badge_ids": [badge], "threshold": 1}));
    let mine = page.hand_in(answers("hanako@example.org"));
    let planned: badge::Event =
        serde_json::from_value(applicants::document(&format!("EVENT#{event}"), "EVENT")).unwrap();
    let shows = planned.receive_link(&planned.draw(0).credential, records::now());
    let stranger = planned.receive_link(&badge::CredentialId::new(&planned.id, [15; 10]), records::now());
    let endorse = |token: &str| {
        let peer = text(&mine.look()["peer_url"]).to_owned();
        applicants::post(&format!("{peer}/endorse"), &json!({"credential": token, "comment": "推薦します"}))
    };
    endorse(&stranger).expect(400);
    endorse(&shows).expect(200);
    assert_eq!(office.issued(&page.form), 1);
    let State::Issued { event: own, credential } = mine.stored().state else { panic!("it is issued") };
    assert_eq!((signed(event), signed(own.as_str())), (0, 0));
    let document = get(&format!("/credentials/{credential}")).expect(200);
    assert_eq!((&validate(&document.body)["verdict"], signed(own.as_str())), (&json!("valid"), 1));
}

#[test]
fn a_request_may_say_when_it_is_signed_and_what_nobody_claimed_expires() {
    let issuer = Issuer::new("Both", &["--sign", "on_claim"]);
    let badge = issuer.create_badge(&picture());
    let mut body = issue_to(&["a@example.org", "b@example.org"]);
    body["sign"] = json!("at_issue");
    assert_eq!(signed(&issue(&issuer, &badge, &body)), 2);
    body["sign"] = json!("never");
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let refused = issuer.call("POST", &path, &[], &body).expect(400).json();
    assert_eq!(refused["errors"][0]["pointer"], "#/sign");
    let _ = issuer.call("PUT", "/v2/client/{client}", &[], &json!({"sign": "never"})).expect(400);

    let now = records::now().as_second();
    let mut body = issue_to(&["a@example.org", "b@example.org"]);
    (body["issued_on"], body["expires_on"]) = (json!(now - 20), json!(now - 10));
    let event = issue(&issuer, &badge, &body);
    records::wake("webhooks", &json!({"schedule": "tell"}));
    eventually("their end is told", || told(&issuer, &event, "credential.expired") == 2);
    assert_eq!(signed(&event), 0);
    let report = validate(&get(&format!("/credentials/{}", issuer.credentials(&event)[0])).expect(200).body);
    assert_eq!(report["verdict"], "invalid", "{report:#}");
    assert!(step(&report, "expiry").starts_with("failed/") || report.to_string().contains("expired"), "{report:#}");
}

#[test]
fn the_key_of_the_day_signs_and_says_when() {
    let issuer = Issuer::new("Rotates", &["--key-scope", "own", "--sign", "on_claim"]);
    let scope = issuer.client.as_str();
    let arn = journeys::variable("CREDENTIAL_KEY_ARN");
    let old = operator(&["keys", "add", "--arn", &arn, "--scope", scope]);
    let event = issuer.issue(&issuer.create_badge(&picture()), &["a@example.org", "b@example.org"]);
    let of = |n: usize| get(&format!("/credentials/{}", issuer.credentials(&event)[n])).expect(200);
    let first = of(0);
    let _ = operator(&["keys", "create", "--like", &arn, "--scope", scope]);
    let _ = operator(&["keys", "compromised", "--kid", text(&old["kid"]), "--scope", scope]);
    std::thread::sleep(std::time::Duration::from_secs(1));
    let second = of(1);
    // What the lost key signed holds no more; what is claimed since is signed by the new one, after its own time.
    let proof = |reply: &journeys::Reply, name: &str| text(&reply.json()["proof"][0][name]).to_owned();
    assert_ne!(proof(&first, "verificationMethod"), proof(&second, "verificationMethod"));
    assert!(proof(&first, "created") < proof(&second, "created"));
    assert_eq!(
        (&validate(&first.body)["verdict"], &validate(&second.body)["verdict"]),
        (&json!("invalid"), &json!("valid"))
    );
    assert_eq!(of(0).body, first.body, "signed bytes never change");
}
