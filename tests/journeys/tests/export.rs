//! An organisation takes along everything it owns, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;

use applicants::Office;
use aws_lc_rs::digest;
use journeys::browser::Browser;
use journeys::{DRAWING, Issuer, PICTURE, Reply, data_url, eventually, get, operator, step, validate};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

/// Asks for an export and waits for it: the files by their names.
fn exported(issuer: &Issuer) -> BTreeMap<String, Vec<u8>> {
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

fn unpack(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut files = BTreeMap::new();
    for n in 0..archive.len() {
        let mut file = archive.by_index(n).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().to_owned(), bytes);
    }
    files
}

fn json_of(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
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
    let form = office.form(&json!({"method": "review", "reviewers": [{"email": "r@example.org"}]}));
    let body = json!({"name": "花子", "email": "applicant@example.org", "language": "ja", "answers": {"why": "修了したため", "course": "a"}});
    let mine = form.hand_in(body);
    // A badge that is deleted was issued all the same.
    issuer.call("DELETE", &format!("/v2/badge/{{client}}/{second}"), &[], &Value::Null).expect(200);
    let theirs = other.issuer.issue(&other.badge, &["stranger@elsewhere.example"]);

    let files = exported(issuer);
    let manifest = json_of(&files, "manifest.json");
    assert_eq!((&manifest["schema_version"], &manifest["client"]), (&json!(1), &json!(issuer.client)));
    let listed = manifest["files"].as_array().unwrap();
    assert_eq!(listed.len() + 1, files.len());
    for entry in listed {
        let bytes = &files[entry["name"].as_str().unwrap()];
        let sha256: String =
            digest::digest(&digest::SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            (entry["sha256"].as_str().unwrap(), entry["bytes"].as_u64().unwrap()),
            (sha256.as_str(), bytes.len() as u64)
        );
    }
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
    assert!(files.keys().any(|name| name.starts_with("artwork/") && name.ends_with(".svg")));
    assert!(files.keys().filter(|name| name.starts_with("artwork/") && name.ends_with(".png")).count() >= 2);
    assert!(!PICTURE.is_empty());
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

    // Credentials are as they were signed: what is public of them is the same, and whoever checks one finds it valid.
    let credential = recipients[0]["credential"].as_str().unwrap();
    let signed = &files[&format!("events/{first}/credentials/{credential}.json")];
    assert_eq!(*signed, get(&format!("/credentials/{credential}.json")).expect(200).body);
    assert_eq!(validate(signed)["outcome"], "valid");
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
