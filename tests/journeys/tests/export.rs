//! An organisation takes along everything it owns, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;
mod archives;

use applicants::{Mine, Office, answers};
use archives::{Files, unpack};
use evidence::{MediaType, testing};
use journeys::browser::Browser;
use journeys::{DRAWING, Issuer, Reply, data_url, eventually, get, issue_to, operator, post_form, step, validate};
use serde_json::{Value, json};

/// Asks for an export and waits for it: the files by their names.
fn exported(issuer: &Issuer) -> Files {
    let begun = issuer.call("POST", "/v2/export/{client}", &[], &Value::Null).expect(202);
    unpack(&get(&wait(issuer, begun.header("location"))).expect(200).body)
}

/// Where a finished export can be had.
fn wait(issuer: &Issuer, place: &str) -> String {
    let show = || issuer.call("GET", place, &[], &Value::Null).expect(200).json();
    let mut steps = Vec::new();
    eventually("the export is there", || {
        let now = show();
        steps.extend(now["done"].as_u64());
        now["state"] == "ready"
    });
    // It never goes back.
    assert!(steps.is_sorted(), "{steps:?}");
    show()["download"]["url"].as_str().unwrap().to_owned()
}

fn json_of(files: &Files, name: &str) -> Value {
    serde_json::from_slice(files.get(name).unwrap_or_else(|| panic!("{name} in {:?}", files.keys()))).unwrap()
}

/// Whether some member anywhere has this name.
fn has_member(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(member, value)| member == name || has_member(value, name)),
        Value::Array(list) => list.iter().any(|value| has_member(value, name)),
        _ => false,
    }
}

fn refused(reply: Reply) -> Value {
    reply.expect(409).json()
}

#[test]
fn everything_is_in_it_with_its_hash_and_nobody_elses() {
    let (office, other) = (Office::new("持ち出し学院"), Office::new("Elsewhere Academy"));
    let issuer = &office.issuer;
    let second = issuer.create_badge(&data_url("image/svg+xml", DRAWING));
    issuer.call("PATCH", &format!("/v2/badge/{{client}}/{second}"), &[], &json!({"expires": 12})).expect(200);
    let alias = json!({"name": "染織科", "url": "https://faculty.example", "email": "a@faculty.example"});
    issuer.call("POST", "/v2/client/{client}/alias", &[], &alias).expect(200);
    let addresses: Vec<String> = (0..4).map(|n| format!("holder{n}@example.org")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let first = issuer.issue(&office.badge, &addresses);
    let next = issuer.issue(&second, &addresses[..1]);
    let gone = json!({"recipient": ["holder1@example.org"], "reason": "取り違え"});
    issuer.call("PUT", &format!("/v2/event/{{client}}/{first}/revoke"), &[], &gone).expect(200);
    let form = office.form(&json!({"method": "review", "reviewers": []}));
    let body = json!({"name": "花子", "email": "applicant@example.org", "language": "ja", "answers": {"why": "修了したため", "course": "a"}});
    let mine = form.hand_in(body);
    // A badge that is deleted was issued all the same.
    issuer.call("DELETE", &format!("/v2/badge/{{client}}/{second}"), &[], &Value::Null).expect(200);
    let theirs = other.issuer.issue(&other.badge, &["stranger@elsewhere.example"]);

    let files = exported(issuer);
    let manifest = json_of(&files, "manifest.json");
    assert_eq!((&manifest["schema_version"], &manifest["client"]), (&json!(1), &json!(issuer.client)));
    for (what, count) in [
        ("badges", 2),
        ("badge_versions", 3),
        ("events", 2),
        ("recipients", 5),
        ("credentials", 5),
        ("revocations", 1),
        ("status_lists", 1),
        ("forms", 1),
        ("form_versions", 1),
        ("applications", 1),
        ("submissions", 1),
        ("aliases", 1),
    ] {
        assert_eq!(manifest["counts"][what], count, "{what} in {}", manifest["counts"]);
    }
    assert_eq!(manifest["left_out"], json!([]));

    assert_eq!(json_of(&files, "organisation.json")["name"], "持ち出し学院");
    assert_eq!(json_of(&files, "aliases.json")[0]["name"], "染織科");
    assert_eq!(json_of(&files, &format!("badges/{second}/00002.json"))["definition"]["expires_months"], 12);
    // The pictures that were sent, or what became of them.
    for (badge, forms) in [(&office.badge, &["png"][..]), (&second, &["png", "svg"])] {
        let artwork = &json_of(&files, &format!("badges/{badge}/00001.json"))["artwork"];
        for form in forms {
            let hash = if *form == "png" { &artwork["png_sha256"] } else { &artwork["sha256"] };
            let name = format!("artwork/{}.{form}", hash.as_str().unwrap());
            assert!(files.contains_key(&name), "{name} in {:?}", files.keys());
        }
    }
    let event = json_of(&files, &format!("events/{first}/event.json"));
    let recipients = event["recipients"].as_array().unwrap();
    assert_eq!((recipients.len(), &recipients[1]["email"]), (4, &json!("holder1@example.org")));
    assert_eq!(recipients[1]["revoked"]["reason"], "取り違え");
    assert!(recipients[0]["revoked"].is_null() && recipients[0]["signed"] == true);
    assert_eq!(json_of(&files, "revocations.json")[0]["credential"], recipients[1]["credential"]);
    let application = json_of(&files, &format!("applications/{}/application.json", mine.id));
    assert_eq!(application["application"]["applicant"]["email"], "applicant@example.org");
    assert!(application["trail"].as_array().unwrap().len() >= 2);
    let kept = json_of(&files, &format!("forms/{}/form.json", form.form));
    assert_eq!(kept["definition"]["title"]["ja"], "修了申請");

    // Spreadsheets read what the JSON says.
    let sheet = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let rows = sheet(&format!("events/{first}/recipients.csv"));
    assert!(rows.starts_with("\u{feff}email,name,state,"), "{rows}");
    assert_eq!((rows.lines().count(), rows.contains("取り違え")), (5, true), "{rows}");
    assert!(sheet("applications.csv").contains(",花子,") && sheet("events.csv").contains(&next));

    // Credentials are as they were signed: what is public of them is the same, and whoever checks one finds it valid.
    let credential = recipients[0]["credential"].as_str().unwrap();
    let signed = &files[&format!("events/{first}/credentials/{credential}.json")];
    assert_eq!(*signed, get(&format!("/credentials/{credential}.json")).expect(200).body);
    assert_eq!(validate(signed)["verdict"], "valid");
    let withdrawn = recipients[1]["credential"].as_str().unwrap();
    let report = validate(&files[&format!("events/{first}/credentials/{withdrawn}.json")]);
    assert!(step(&report, "status").starts_with("failed/"), "{report}");
    assert!(files.keys().any(|name| name.starts_with(&format!("events/{next}/credentials/"))));

    // Nothing that is secret, and nothing of others.
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
        let value: Value = serde_json::from_slice(bytes).unwrap();
        for secret in ["secret", "secrets", "seed", "mail_secret", "hash", "proof_secret", "key_scope"] {
            assert!(!has_member(&value, secret), "{secret} in {name}");
        }
    }
    let everything = files.values().map(|bytes| String::from_utf8_lossy(bytes)).collect::<Vec<_>>().join("\n");
    let names: String = files.keys().cloned().collect::<Vec<_>>().join("\n");
    for foreign in ["Elsewhere Academy", "stranger@", &other.issuer.client, &other.badge, &theirs] {
        assert!(!everything.contains(foreign) && !names.contains(foreign), "{foreign}");
    }
    assert!(!everything.contains(&issuer.secret));

    // And nobody else gets it, by its id either.
    let list = issuer.call("GET", "/v2/export/{client}", &[], &Value::Null).expect(200).json();
    let id = list["result"][0]["id"].as_str().unwrap();
    let foreign =
        other.issuer.call("GET", &format!("/v2/export/{{client}}/{id}"), &[], &Value::Null).expect(404).json();
    let absent = other.issuer.call("GET", "/v2/export/{client}/nosuchexport", &[], &Value::Null).expect(404).json();
    assert_eq!(foreign["type"], absent["type"]);
}

/// An application with a file of this name that was found harmless.
fn with_file(office: &Office, name: &str) -> (Mine, Vec<u8>) {
    let mut body = office.body(&json!({"method": "automatic"}));
    body["evidence"] = "yes".into();
    let page = office.form_of(&body);
    let begun = page.begin(answers("witness@example.org")).expect(201).json();
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    let mine = Mine { page, id: text("id"), url: text("url") };
    let bytes = testing::good(MediaType::Png);
    let promise =
        json!({"field": "evidence", "name": name, "media_type": MediaType::Png.name(), "size_bytes": bytes.len()});
    let promised = mine.post("evidence", &promise).expect(201).json();
    let pairs = promised["upload"]["fields"].as_array().unwrap();
    let mut fields: Vec<(&str, &[u8])> =
        pairs.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap().as_bytes())).collect();
    fields.push(("file", &bytes));
    let _ = post_form(promised["upload"]["url"].as_str().unwrap(), &[], &fields).expect(204);
    let mut body = answers("witness@example.org");
    body["answers"]["evidence"] = json!([promised["id"]]);
    mine.post("submit", &body).expect(200);
    mine.prove().expect(200);
    eventually("the badge is issued", || office.application(&mine.id)["state"] == "issued");
    (mine, bytes)
}

#[test]
fn a_large_event_and_a_file_with_a_japanese_name_come_out_whole() {
    let office = Office::new("大きな行事");
    let (mine, bytes) = with_file(&office, "花子の作品.png");
    let addresses: Vec<String> = (0..130).map(|n| format!("guest{n}@example.org")).collect();
    let mut body = issue_to(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
    for (n, recipient) in body["recipient"].as_array_mut().unwrap().iter_mut().enumerate() {
        recipient["name"] = format!("山田 花子{n}").into();
    }
    let path = format!("/v2/event/{{client}}/{}/issue", office.badge);
    let event = office.issuer.call("POST", &path, &[], &body).expect(200).json();
    let event = event["resource_id"].as_str().unwrap();
    let signed = || office.issuer.recipients(event).iter().filter(|row| row["issued"] != false).count();
    eventually("all are signed", || signed() >= 100 && signed() == office.issuer.recipients(event).len());

    let files = exported(&office.issuer);
    let kept = json_of(&files, &format!("events/{event}/event.json"));
    let recipients = kept["recipients"].as_array().unwrap();
    assert_eq!(recipients.len(), 130);
    for (n, recipient) in recipients.iter().enumerate() {
        assert_eq!((&recipient["name"], &recipient["signed"]), (&json!(format!("山田 花子{n}")), &json!(true)));
        let credential = format!("events/{event}/credentials/{}.json", recipient["credential"].as_str().unwrap());
        assert_eq!(json_of(&files, &credential)["type"][0], "VerifiableCredential");
    }
    let mine = files.iter().find(|(name, _)| name.starts_with(&format!("applications/{}/evidence/", mine.id)));
    let (name, file) = mine.unwrap();
    assert!(name.ends_with("/花子の作品.png") && *file == bytes, "{name}");
}

#[test]
fn one_at_a_time_and_many_steps_lose_nothing() {
    let office = Office::new("Steps");
    let events: Vec<String> =
        (0..10).map(|n| office.issuer.issue(&office.badge, &[&format!("p{n}@example.org")])).collect();
    let begun = office.issuer.call("POST", "/v2/export/{client}", &[], &Value::Null).expect(202);
    let second = office.issuer.call("POST", "/v2/export/{client}", &[], &Value::Null);
    // Unless the first is there already.
    if second.status != 202 {
        assert_eq!(refused(second)["type"], "urn:shirushi:problem:conflict");
    }
    let files = unpack(&get(&wait(&office.issuer, begun.header("location"))).expect(200).body);
    assert_eq!(json_of(&files, "manifest.json")["counts"]["events"], 10);
    for event in &events {
        assert!(files.contains_key(&format!("events/{event}/event.json")));
    }
    // Then another may begin, and does not take the first away.
    let _ = exported(&office.issuer);
    let _ = get(&wait(&office.issuer, begun.header("location"))).expect(200);
}

#[test]
fn an_admin_takes_it_from_the_console_and_that_is_noted_and_the_operator_from_a_shell() {
    let office = Office::new("Console export");
    let _ = office.issuer.issue(&office.badge, &["a@example.org"]);
    let (admin, reviewer) = (
        format!("admin+{}@staff.example", office.issuer.client),
        format!("rev+{}@staff.example", office.issuer.client),
    );
    office.issuer.member(&admin, "admin");
    office.issuer.member(&reviewer, "reviewer");
    let home = format!("/console/{}", office.issuer.client);
    Browser::signed_in(&reviewer).get(&format!("{home}/exports")).expect(403);
    let mut browser = Browser::signed_in(&admin);
    browser.language = Some("en");
    let begun = browser.submit(&format!("{home}/exports"), &[]).expect(303);
    assert!(begun.header("location").ends_with("/exports?done=begun"));
    let mut link = String::new();
    eventually("the page offers it", || {
        let page = browser.get(&format!("{home}/exports")).expect(200).text();
        let found = page.split("href=\"").find_map(|part| part.strip_prefix(&format!("{home}/exports/")));
        link = found.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
        !link.is_empty()
    });
    let sent = browser.get(&format!("{home}/exports/{link}")).expect(303);
    let file = get(sent.header("location")).expect(200);
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"export-"), "{:?}", file.headers);
    assert!(unpack(&file.body).contains_key("manifest.json"));
    let log = browser.get(&format!("{home}/audit")).expect(200).text();
    assert!(log.contains("Export begun") && log.contains("Export downloaded"), "{log}");

    let place = std::env::temp_dir().join(format!("export-{}.zip", office.issuer.client));
    let made = operator(&["org", "export", "--client", &office.issuer.client, "--file", place.to_str().unwrap()]);
    let files = unpack(&std::fs::read(&place).unwrap());
    std::fs::remove_file(&place).unwrap();
    assert_eq!(
        (made["client_id"].as_str().unwrap(), files.contains_key("manifest.json")),
        (office.issuer.client.as_str(), true)
    );
    // What the members did is in it.
    assert!(files.contains_key("audit-log/00001.json"));
}
