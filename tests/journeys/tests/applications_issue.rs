//! What happens around an application: letters in the applicant's language, and at the end a badge that verifies.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;

use applicants::{Mine, Office, Page, answers, post};
use journeys::{aws, eventually, get, mails, request, validate, variable};
use serde_json::{Value, json};

/// The text of the mail to an address whose subject contains this, once it is there; the only one.
fn mail(address: &str, subject: &str) -> Value {
    let found = || -> Vec<Value> {
        let with = |mail: &Value| mail["Subject"].as_str().unwrap().contains(subject);
        mails(address).into_iter().filter(with).collect()
    };
    eventually(&format!("a mail: {subject}"), || !found().is_empty());
    let found = found();
    assert_eq!(found.len(), 1, "{subject}");
    found[0].clone()
}

fn text(mail: &Value) -> String {
    mail["BodyText"].as_str().unwrap().to_owned()
}

fn link(mail: &Value) -> String {
    text(mail).split_whitespace().find(|word| word.contains("/applications/")).unwrap().to_owned()
}

fn issued(office: &Office, mine: &Mine) -> (String, String) {
    eventually("the badge is issued", || mine.state() == "issued");
    let seen = office.application(&mine.id);
    let id = |name: &str| seen[name].as_str().unwrap().to_owned();
    (id("event_id"), id("assertion_id"))
}

fn applicant(page: &Page) -> String {
    format!("hanako+{}@example.org", page.form)
}

/// Leaves a job in the stack's signing queue.
fn leave(job: &Value) {
    let body = json!({"QueueUrl": variable("SIGNING_QUEUE_URL"), "MessageBody": job.to_string()});
    let _ = aws("sqs", "AmazonSQS.SendMessage", &body);
}

#[test]
fn who_applies_proves_the_address_and_has_a_badge_that_verifies() {
    let office = Office::new("Automatic issue");
    let mut body = office.body(&json!({"method": "automatic"}));
    body["evidence"] = "optional".into();
    body["evidence_shown"] = "public".into();
    let page = office.form_of(&body);
    let address = applicant(&page);
    let mine = page.submit(answers(&address));

    let proof = mail(&address, "メールアドレスの確認");
    assert!(!text(&proof).contains("花子"), "a stranger's words are not carried to an address");
    assert!(request("GET", &link(&proof), &applicants::JSON, b"").expect(200).json()["state"] == "unproven");
    let code = text(&proof)
        .lines()
        .find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit()))
        .unwrap()
        .to_owned();
    mine.post("prove", &json!({"code": code})).expect(200);

    let (event, credential) = issued(&office, &mine);
    let hosted = get(&format!("/credentials/{credential}.json")).expect(200);
    assert_eq!(validate(&hosted.body)["verdict"], "valid");
    let evidence = &hosted.json()["evidence"][0];
    assert_eq!((&evidence["name"], &evidence["narrative"]), (&json!("修了申請"), &json!("理由\n\n学びました")));
    let badge_mail = mail(&address, "授与されました");
    assert!(text(&badge_mail).contains("花子 様") && text(&badge_mail).contains("tk="));

    // The same job again, many times and at once with its sweep, is the same badge.
    for _ in 0..5 {
        leave(&json!({"award": mine.id}));
    }
    let listed = || -> Vec<Value> {
        let path = "/v2/event/{client}";
        office.issuer.call("GET", path, &[], &Value::Null).expect(200).json()["result"].as_array().unwrap().clone()
    };
    let second = page.hand_in(answers(&format!("taro+{}@example.org", page.form)));
    issued(&office, &second);
    let events = listed();
    let of_first: Vec<&Value> = events.iter().filter(|e| e["earnable_application_id"] == json!(mine.id)).collect();
    assert_eq!((of_first.len(), of_first[0]["id"].as_str(), events.len()), (1, Some(event.as_str()), 2));
}

#[test]
fn what_the_reviewer_changes_arrives_in_the_badge_and_its_mail() {
    let office = Office::new("Edits");
    let outside =
        json!({"id": "out", "name": "外部 審査", "email": "judge@example.net", "language": "ja", "access": "outside"});
    let page = office.form_of(&office.body(&json!({"method": "review", "reviewers": [outside]})));
    let address = applicant(&page);
    let mine = page.hand_in(answers(&address));
    mail(&address, "申請を受け付けました");
    let mine_of = |mail: &Value| text(mail).contains(&page.form);
    eventually("the reviewer is asked", || mails("judge@example.net").iter().any(mine_of));
    let asked = mails("judge@example.net").into_iter().find(mine_of).unwrap();
    let approve = json!({
        "decision": "approve", "criteria_add": "とくに**丁寧**でした。", "expires_on": 4_000_000_000_i64,
        "email_message": {"subject": "おめでとう {{recipient}}", "body": "{{link}}"},
    });
    // By the link out of the mail, as an outside reviewer does.
    post(&format!("{}/decision", link(&asked)), &approve).expect(200);
    let (_, credential) = issued(&office, &mine);
    let hosted = get(&format!("/credentials/{credential}.json")).expect(200);
    let document = hosted.json();
    assert_eq!(document["validUntil"], "2096-10-02T07:06:40Z");
    assert!(
        document["credentialSubject"]["achievement"]["criteria"]["narrative"]
            .as_str()
            .unwrap()
            .contains("とくに**丁寧**でした。")
    );
    assert_eq!(document.get("evidence"), None, "the form asks for none");
    assert_eq!(validate(&hosted.body)["verdict"], "valid");
    mail(&address, "おめでとう 花子");
}

#[test]
fn who_is_sent_back_or_rejected_is_told_in_japanese() {
    let office = Office::new("Rejected");
    let page = office.form(&json!({"method": "review", "reviewers": []}));
    let address = applicant(&page);
    let mine = page.hand_in(answers(&address));
    office.decide(&mine.id, &json!({"decision": "return", "comment": "写真を添えてください。"})).expect(200);
    let returned = mail(&address, "修正をお願いします");
    assert!(text(&returned).contains("写真を添えてください。"));
    // The link in it is the applicant's own.
    post(&format!("{}/submit", link(&returned)), &answers(&address)).expect(200);
    office.decide(&mine.id, &json!({"decision": "reject", "reason": "基準に届きませんでした。"})).expect(200);
    let rejected = mail(&address, "申請の結果");
    assert!(text(&rejected).contains("花子 様") && text(&rejected).contains("基準に届きませんでした。"));

    // Where no mail is wanted, none comes: one that is asked for later is there, and this one is not.
    let quiet = page.hand_in(answers(&format!("quiet+{}@example.org", page.form)));
    office.decide(&quiet.id, &json!({"decision": "reject", "send_email": false})).expect(200);
    let later = page.hand_in(answers(&format!("later+{}@example.org", page.form)));
    office.decide(&later.id, &json!({"decision": "reject"})).expect(200);
    mail(&format!("later+{}@example.org", page.form), "申請の結果");
    let subjects: Vec<String> =
        mails(&format!("quiet+{}@example.org", page.form)).iter().map(|mail| mail["Subject"].to_string()).collect();
    assert!(!subjects.iter().any(|subject| subject.contains("結果")), "{subjects:?}");
    assert_eq!(office.issued(&page.form), 0);
}

#[test]
fn a_letter_that_came_back_is_told_to_those_who_wait_for_an_answer() {
    let office = Office::new("Bounces");
    let outside = json!({"id": "out", "name": "外部", "email": "bounce+out@example.net", "access": "outside"});
    let page = office.form(&json!({"method": "review", "reviewers": [outside]}));
    let quiet = page.submit(answers(&applicant(&page)));
    let mine = page.submit(answers(&format!("bounce+{}@example.org", page.form)));
    let told = |mine: &Mine| office.application(&mine.id)["undelivered"].clone();
    eventually("the applicant's letter came back", || !told(&mine).is_null());
    let known = told(&mine);
    assert_eq!((&known["letter"], &known["reviewer"]), (&json!("prove_address"), &Value::Null));
    assert_eq!((&known["kind"], &known["code"]), (&json!("permanent"), &json!("5.1.1")));
    let path = format!("/v2/application/{{client}}?form_id={}", page.form);
    let list = office.issuer.call("GET", &path, &[], &Value::Null).expect(200).json();
    let row = |id: &str| list["result"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap().clone();
    assert_eq!((&row(&mine.id)["undelivered"], &row(&quiet.id)["undelivered"]), (&known, &Value::Null));
    // Of a reviewer whom nothing reaches, staff know too.
    quiet.prove().expect(200);
    eventually("the reviewer's letter came back", || !told(&quiet).is_null());
    assert_eq!(told(&quiet)["reviewer"], "out");
}

#[test]
fn another_address_is_proved_before_anything_is_issued_to_it() {
    let office = Office::new("Moved");
    let mut body = office.body(&json!({"method": "review", "reviewers": []}));
    body["per_person"] = 1.into();
    let page = office.form_of(&body);
    let mine = page.hand_in(answers(&applicant(&page)));
    office.decide(&mine.id, &json!({"decision": "return", "comment": "?"})).expect(200);
    let new = format!("moved+{}@example.org", page.form);
    let _ = mine.put(&answers(&new)).expect(409);
    let submitted = mine.post("submit", &answers(&new)).expect(200).json();
    assert_eq!((&submitted["state"], &submitted["address_proved"]), (&json!("unproven"), &json!(false)));
    assert_eq!(submitted["email"], json!(new));
    office.decide(&mine.id, &json!({"decision": "approve"})).expect(409);
    // The place that it took is free again for who had the old address.
    let second = page.hand_in(answers(&applicant(&page)));
    assert_eq!(second.state(), "submitted");
    mail(&new, "メールアドレスの確認");
    mine.prove().expect(200);
    let third = page.submit(answers(&new));
    let _ = third.prove().expect(409);
    office.decide(&mine.id, &json!({"decision": "approve"})).expect(200);
    issued(&office, &mine);
    mail(&new, "授与されました");
}
