//! What functions write about their work names nobody, and holds nothing that opens something.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;

use applicants::{Office, answers};
use journeys::browser::{Browser, code};
use journeys::{Issuer, eventually, get, get_as, mails, picture, request, validate, variable};
use serde_json::{Value, json};
use std::fs;

/// Everything that the stack has written, with the file it is in: a file for each function, and the emulator's own.
fn logs() -> Vec<(String, String)> {
    let files = fs::read_dir(variable("STACK_LOGS")).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .map(|path| (path.display().to_string(), String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()))
        .collect()
}

#[test]
fn no_log_names_a_person_or_holds_a_key_to_something() {
    let issuer = Issuer::new("Discreet", &[]);
    let mark = format!("planted{}", issuer.client);
    let (holder, lost) = (format!("{mark}@holder.example"), format!("bounce+{mark}@holder.example"));
    let staff = format!("{mark}@staff.example");
    issuer.member(&staff, "admin");
    let mut browser = Browser::signed_in(&staff);
    let _ = browser.get(&format!("/console/{}/members", issuer.client)).expect(200);
    let session = browser.cookie("__Host-session").unwrap().to_owned();

    let badge = issuer.create_badge(&picture());
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let name = format!("{mark} 花子");
    let people = json!([{"email": holder, "name": name}, {"email": lost, "name": name}]);
    let body = json!({"recipient": people, "api_consumer_id": "journeys", "send_email": true});
    let event = issuer.call("POST", &path, &[], &body).expect(200).json()["resource_id"].as_str().unwrap().to_owned();
    eventually("both mails are told of", || {
        let states = issuer.recipients(&event);
        states.iter().all(|recipient| matches!(recipient["delivery"]["state"].as_str(), Some("delivered" | "bounced")))
    });
    // What is refused is not told of either.
    let wrong = json!({"recipient": [{"email": format!("{mark} at nowhere"), "name": name}]});
    let _ = issuer.call("POST", &path, &[], &wrong).expect(400);
    let _ =
        issuer.call("GET", &format!("/v2/event/{{client}}/recipient?email={holder}"), &[], &Value::Null).expect(200);

    let text = mails(&holder)[0]["BodyText"].as_str().unwrap().to_owned();
    let after = text.split_once("tk=").unwrap().1;
    let link: String = after.chars().take_while(char::is_ascii_alphanumeric).collect();
    let _ = get_as(&format!("/c/receive?tk={link}"), "text/html").expect(200);
    let answer = json!({"tk": link, "decision": "accept"}).to_string();
    let _ = request("POST", "/c/receive", &[("content-type", "application/json")], answer.as_bytes()).expect(200);
    let credential = get(&format!("/credentials/{}", issuer.credentials(&event)[0])).expect(200);
    assert_eq!(validate(&credential.body)["verdict"], "valid");
    let _ = validate(format!("{{\"name\":\"{mark}\"}}").as_bytes());
    // Somebody applies, gives a wrong code first, proves the address and is approved; and somebody with a broken body.
    let office = Office { issuer, badge };
    let page = office.form(&json!({"method": "review", "reviewers": []}));
    let mut body = answers(&holder);
    (body["name"], body["answers"]["why"]) = (name.clone().into(), mark.clone().into());
    let mine = page.submit(body);
    assert_eq!(mine.post("prove", &json!({"code": "0"})).status, 400);
    let _ = mine.prove().expect(200);
    let _ = office.decide(&mine.id, &json!({"decision": "approve"})).expect(200);
    assert_eq!(office.issued(&page.form), 1);
    let issuer = office.issuer;
    let _ =
        request("POST", &format!("/apply/{mark}/applications"), &[], format!("{{\"email\":\"{holder}\"").as_bytes());
    assert_eq!(code(&staff).len(), 6);

    let written = logs();
    for function in ["accounts", "badges", "console", "hosting", "issuance", "mail", "validation"] {
        assert!(written.iter().any(|(file, _)| file.ends_with(&format!("-{function}.log"))), "{function} has a log");
    }
    let own = mine.url.rsplit('/').next().unwrap();
    let secrets = [mark.as_str(), link.as_str(), own, session.as_str(), issuer.secret.as_str(), issuer.token()];
    // The emulator, which is no part of AWS, tells whom it mailed: so what is looked for can be found.
    let (emulator, functions): (Vec<_>, Vec<_>) = written.iter().partition(|(file, _)| file.ends_with("emulator.log"));
    assert!(emulator.iter().any(|(_, text)| text.contains(&holder)));
    for (file, text) in functions {
        for secret in secrets {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{file} holds {secret}");
        }
    }
}
