//! Files of an application: they are waited for, kept, and shown to whoever has the credential where the form says so.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;
mod records;

use applicants::{JSON, Mine, Office, Page, answers, post};
use badge::ApplicationId;
use evidence::{MediaType, testing};
use jiff::{SignedDuration, Timestamp};
use journeys::{eventually, get, get_as, post_form, request};
use records::{files, now};
use serde_json::{Value, json};
use store::{Evidence, EvidenceState};

const BROWSER: [(&str, &str); 2] = [("accept", "text/html"), ("accept-language", "ja")];

/// A form that asks for files besides.
fn form(office: &Office, shown: &str) -> Page {
    let mut body = office.body(&json!({"method": "automatic"}));
    body["evidence"] = "yes".into();
    body["evidence_shown"] = shown.into();
    body["evidence_days"] = 7.into();
    office.form_of(&body)
}

fn draft(page: &Page, email: &str) -> Mine {
    let begun = page.begin(answers(email)).expect(201).json();
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    Mine { page: page.clone(), id: text("id"), url: text("url") }
}

/// A promised file: its id, and the form that uploads it.
fn promise(mine: &Mine, name: &str, media: MediaType, bytes: &[u8]) -> Value {
    let body = json!({"field": "evidence", "name": name, "media_type": media.name(), "size_bytes": bytes.len()});
    mine.post("evidence", &body).expect(201).json()
}

fn upload(promised: &Value, bytes: &[u8]) {
    let form = &promised["upload"];
    let pairs = form["fields"].as_array().unwrap();
    let mut fields: Vec<(&str, &[u8])> =
        pairs.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap().as_bytes())).collect();
    fields.push(("file", bytes));
    let _ = post_form(form["url"].as_str().unwrap(), &[], &fields).expect(204);
}

/// Hands in an application with these files, and proves the address.
fn hand_in(mine: &Mine, files: &[&Value]) {
    let mut body = answers(mine.stored().applicant.email.as_str());
    body["answers"]["evidence"] = files.iter().map(|file| file["id"].clone()).collect();
    mine.post("submit", &body).expect(200);
    mine.prove().expect(200);
}

/// An application with an examined file whose badge is issued.
fn issued(office: &Office, page: &Page, email: &str) -> (Mine, Value) {
    let (mine, bytes) = (draft(page, email), testing::good(MediaType::Png));
    let file = promise(&mine, "花子の作品.png", MediaType::Png, &bytes);
    upload(&file, &bytes);
    hand_in(&mine, &[&file]);
    eventually("the badge is issued", || office.application(&mine.id)["state"] == "issued");
    (mine, file)
}

async fn stored(mine: &Mine) -> Vec<Evidence> {
    files().evidence_of(&mine.id.parse::<ApplicationId>().unwrap(), now()).await.unwrap()
}

fn days(until: Timestamp) -> i64 {
    (until.duration_since(now()) + SignedDuration::from_hours(1)).as_hours() / 24
}

#[tokio::test]
async fn an_application_goes_on_when_its_file_is_judged_though_nobody_looks() {
    let office = Office::new("Judged");
    let page = form(&office, "reviewers");
    for (bytes, end) in [(testing::good(MediaType::Pdf), "issued"), (testing::program(), "returned")] {
        let mine = draft(&page, &format!("{end}@example.org"));
        let file = promise(&mine, "work.pdf", MediaType::Pdf, &bytes);
        hand_in(&mine, &[&file]);
        // Only staff look from here on, whose looking moves nothing.
        assert_eq!(office.application(&mine.id)["state"], "checking");
        let [before] = &stored(&mine).await[..] else { panic!("one file") };
        assert_eq!(days(before.keep_until), 3_650, "what is waited for is kept");
        upload(&file, &bytes);
        eventually("the application goes on", || office.application(&mine.id)["state"] == end);
        let history = office.application(&mine.id)["history"].clone();
        assert_eq!(history.as_array().unwrap().iter().filter(|entry| entry["action"] == "check").count(), 1);
        if end == "issued" {
            let [after] = &stored(&mine).await[..] else { panic!("one file") };
            assert_eq!(days(after.keep_until), 7, "after the decision, as long as the form says");
        }
    }
}

#[tokio::test]
async fn public_evidence_is_where_the_credential_says() {
    let office = Office::new("Public evidence");
    let page = form(&office, "public");
    let (mine, file) = issued(&office, &page, "hanako@example.org");
    let credential = office.application(&mine.id)["assertion_id"].as_str().unwrap().to_owned();
    let hosted = get(&format!("/credentials/{credential}.json")).expect(200).json();
    let address = hosted["evidence"][0]["id"].as_str().unwrap().to_owned();
    assert!(address.ends_with(&format!("/apply/{}/evidence/{}", page.form, mine.id)), "{address}");

    let shown = get(&address).expect(200).json();
    assert_eq!((&shown["public"], &shown["narrative"]), (&json!(true), &json!("Why\n\n学びました")));
    assert!(shown["credential"].as_str().unwrap().ends_with(&credential));
    let [listed] = &shown["files"].as_array().unwrap()[..] else { panic!("one file: {shown}") };
    assert_eq!((&listed["name"], &listed["media_type"]), (&json!("花子の作品.png"), &json!("image/png")));
    let page_of = |headers: &[(&str, &str)]| request("GET", &address, headers, b"").expect(200).text();
    let (ja, en) = (page_of(&BROWSER), page_of(&[("accept", "text/html"), ("accept-language", "en")]));
    assert!(ja.contains("申請時に提出された証拠資料") && ja.contains("花子の作品.png") && ja.contains("理由"), "{ja}");
    assert!(en.contains("with which the badge was applied for") && en.contains("学びました"), "{en}");
    for text in [&ja, &en, &shown.to_string()] {
        assert!(!text.contains("hanako@"), "{text}");
    }

    let sent = get(listed["url"].as_str().unwrap()).expect(302);
    let location = sent.header("location");
    assert!(location.contains("X-Amz-Expires=300") && location.contains("versionId="), "{location}");
    let got = get(location).expect(200);
    assert_eq!(got.body, testing::good(MediaType::Png));
    assert!(got.header("content-disposition").starts_with("attachment"));
    // Another application's file, and one that is none.
    let other = draft(&page, "taro@example.org");
    let foreign = promise(&other, "a.png", MediaType::Png, b"x");
    for id in [foreign["id"].as_str().unwrap(), "nosuchfile"] {
        let _ = get(&format!("{address}/{id}")).expect(404);
    }

    // When its time is over, the page stays and the file is gone.
    let [kept] = &stored(&mine).await[..] else { panic!("one file") };
    assert!(matches!(kept.state, EvidenceState::Accepted { .. }) && kept.promise.id.as_str() == file["id"]);
    files().keep_evidence(&kept.promise.application, now(), now()).await.unwrap();
    let shown = get(&address).expect(200).json();
    assert_eq!((&shown["files"], &shown["files_gone"]), (&json!([]), &json!(1)));
    assert!(page_of(&BROWSER).contains("保存期間が終了しました"));
    let _ = get(listed["url"].as_str().unwrap()).expect(404);
}

#[test]
fn evidence_for_reviewers_tells_nobody_else_anything() {
    let office = Office::new("Private evidence");
    let page = form(&office, "reviewers");
    let (mine, file) = issued(&office, &page, "hanako@example.org");
    let address = format!("/apply/{}/evidence/{}", page.form, mine.id);
    assert_eq!(get(&address).expect(200).json(), json!({"public": false}));
    let shown = request("GET", &address, &BROWSER, b"").expect(200).text();
    assert!(shown.contains("閲覧できるのは審査者のみです"), "{shown}");
    for secret in ["花子", "hanako", "修了申請", "チームワーク", "作品", "学びました"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let _ = get(&format!("{address}/{}", file["id"].as_str().unwrap())).expect(404);

    // What was promised when it was answered counts, whatever the form says later.
    let mut body = office.body(&json!({"method": "automatic"}));
    body["evidence"] = "yes".into();
    body["evidence_shown"] = "public".into();
    office.issuer.call("PUT", &format!("/v2/form/{{client}}/{}", page.form), &[], &body).expect(200);
    assert_eq!(get(&address).expect(200).json(), json!({"public": false}));
}

#[test]
fn what_is_not_issued_or_not_any_more_has_no_evidence() {
    let office = Office::new("No evidence");
    let page = form(&office, "public");
    let waiting = draft(&page, "a@example.org");
    let file = promise(&waiting, "a.png", MediaType::Png, b"x");
    hand_in(&waiting, &[&file]);
    let (revoked, _) = issued(&office, &page, "b@example.org");
    let address = |form: &str, id: &str| format!("/apply/{form}/evidence/{id}");
    let _ = get(&address(&page.form, &revoked.id)).expect(200);
    let event = office.application(&revoked.id)["event_id"].as_str().unwrap().to_owned();
    let body = json!({"recipient": ["b@example.org"]});
    office.issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &body).expect(200);
    let other = form(&office, "public");
    for (form, id) in [
        (page.form.as_str(), waiting.id.as_str()),
        (&page.form, &revoked.id),
        (&other.form, &revoked.id),
        (&page.form, "nosuchthing"),
        ("nosuchform", &revoked.id),
    ] {
        let problem = get(&address(form, id)).expect(404).json();
        assert_eq!(problem["type"], "urn:shirushi:problem:not-found");
        assert!(get_as(&address(form, id), "text/html").expect(404).text().contains("<html"));
    }
}

#[tokio::test]
async fn who_left_a_draft_is_reminded_once_if_the_address_is_proved() {
    let office = Office::new("Reminders");
    let mut body = office.body(&json!({"method": "automatic"}));
    body["reminder_days"] = 2.into();
    let page = office.form_of(&body);
    let address = |name: &str| format!("{name}+{}@example.org", page.form);
    let (proved, stranger) = (draft(&page, &address("proved")), draft(&page, &address("stranger")));
    proved.prove().expect(200);

    let store = files();
    let day = |days: i64| store::expiries::day_of(now() + SignedDuration::from_hours(24 * days));
    let (mut due, mut found) = (day(2), Vec::new());
    for days in [2, 1, 3] {
        // Midnight may pass meanwhile.
        due = day(days);
        found = store.reminders(due).await.unwrap();
        if found.iter().any(|(id, _)| id.as_str() == proved.id) {
            break;
        }
    }
    let [(id, since)] = &found.iter().filter(|(id, _)| id.as_str() == proved.id).collect::<Vec<_>>()[..] else {
        panic!("no reminder: {found:?}")
    };
    assert!(!found.iter().any(|(id, _)| id.as_str() == stranger.id), "strangers are not written to");
    store.move_reminder(due, id, *since, Some(day(0))).await.unwrap();
    records::wake("applications", &json!({"schedule": "remind"}));

    let reminded = |to: &str| {
        let is_one = |mail: &&Value| mail["Subject"].as_str().unwrap().contains("申請が完了していません");
        journeys::mails(to).iter().filter(is_one).count()
    };
    eventually("the applicant is reminded", || reminded(&address("proved")) == 1);
    for days in -1..=4 {
        let left = store.reminders(day(days)).await.unwrap();
        assert!(!left.iter().any(|(id, _)| id.as_str() == proved.id), "reminded again");
    }
    assert_eq!(reminded(&address("stranger")), 0);
    // Handed in meanwhile, it is not a draft any more.
    assert_eq!(
        post(&format!("{}/submit", proved.url), &answers(&address("proved"))).expect(200).json()["state"],
        "approved"
    );
    let _ = request("GET", &proved.url, &JSON, b"").expect(200);
}
