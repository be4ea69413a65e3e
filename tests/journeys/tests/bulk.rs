//! Issuing to a list in a file, and in the name of an alias.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, Reply, eventually, get, get_as, picture, request, validate};
use serde_json::{Value, json};

fn upload(issuer: &Issuer, badge: &str, query: &str, media_type: &str, file: &[u8]) -> Reply {
    let bearer = format!("Bearer {}", issuer.token());
    let headers = [("authorization", bearer.as_str()), ("content-type", media_type)];
    request("POST", &format!("/v2/import/{}/{badge}{query}", issuer.client), &headers, file)
}

#[test]
fn one_bad_row_never_blocks_the_good_ones() {
    let issuer = Issuer::new("名簿", &[]);
    let badge = issuer.create_badge(&picture());
    let file = "\u{feff}メールアドレス,氏名,言語,証拠URL,証拠の説明,有効期限\r\n\
        hanako@example.org,髙﨑 花子,ja,https://works.example/1,\"一行目\r\n二行目\",2030-03-31\r\n\
        nobody,名なし,ja,,,\r\n\
        jiro@example.org,𠮷田 次郎,en,,,\r\n\
        HANAKO@example.org,again,,,,\r\n\
        late@example.org,Late,,,,2001-01-01\r\n";
    let report =
        upload(&issuer, &badge, "?time_zone=Asia/Tokyo", "text/csv; charset=utf-8", file.as_bytes()).expect(200).json();
    assert_eq!(report["rows"], json!({"good": 3, "bad": 2}), "{report:#}");
    let lines: Vec<i64> = report["errors"].as_array().unwrap().iter().map(|e| e["line"].as_i64().unwrap()).collect();
    assert_eq!(lines, [4, 6], "lines as an editor counts them: the second row spans two");
    assert_eq!(report["errors"][1]["errors"][0]["code"], "duplicate_of_line");
    assert_eq!(report["preview"][0]["name"], "髙﨑 花子");
    // The end of a Japanese day.
    assert_eq!(report["preview"][0]["expires_on"], 1_901_199_599);
    let import = report["resource_id"].as_str().unwrap();
    let events =
        || issuer.call("GET", "/v2/event/{client}?limit=1", &[], &Value::Null).expect(200).json()["total"].clone();
    assert_eq!(events(), 0, "looking issues nothing");

    let start = || {
        issuer.call(
            "POST",
            &format!("/v2/import/{{client}}/{import}/start"),
            &[],
            &json!({"send_email": false, "event_name": "春"}),
        )
    };
    let first = start().expect(200).json();
    assert_eq!(first["count"], 2, "what expires before it is issued is refused now");
    assert_eq!(start().expect(200).json()["resource_id"], first["resource_id"], "started twice, issued once");
    assert_eq!(events(), 1);
    let event = first["resource_id"].as_str().unwrap();
    let recipients = issuer.recipients(event);
    assert_eq!(recipients.iter().map(|r| r["name"].as_str().unwrap()).collect::<Vec<_>>(), ["髙﨑 花子", "𠮷田 次郎"]);
    let credential = get(recipients[0]["assertion_json_url"].as_str().unwrap()).expect(200);
    assert_eq!(credential.json()["validUntil"], "2030-03-31T14:59:59Z");
    assert_eq!(credential.json()["evidence"][0]["id"], "https://works.example/1");
    assert_eq!(validate(&credential.body)["verdict"], "valid");

    let shown = issuer.call("GET", &format!("/v2/import/{{client}}/{import}"), &[], &Value::Null).expect(200).json();
    assert_eq!((&shown["event_id"], &shown["progress"]["issued"]), (&json!(event), &json!(2)));
    let result = issuer.call("GET", &format!("/v2/import/{{client}}/{import}/result"), &[], &Value::Null).expect(200);
    assert!(result.header("content-disposition").starts_with("attachment"));
    assert!(result.body.starts_with("\u{feff}line,".as_bytes()), "the mark arrives");
    let text = result.text();
    let rows: Vec<&str> = text.trim_start_matches('\u{feff}').split("\r\n").filter(|row| !row.is_empty()).collect();
    assert_eq!(rows.len(), 6, "{text}");
    let outcome = |row: usize| rows[row].split(',').nth(3).unwrap().to_owned();
    assert_eq!(
        (1..6).map(outcome).collect::<Vec<_>>(),
        ["issued", "refused", "issued", "refused", "refused"],
        "{text}"
    );
    assert!(rows[1].contains(recipients[0]["assertion_id"].as_str().unwrap()));
}

#[test]
fn a_file_is_taken_in_the_encoding_it_has_or_refused_whole() {
    let issuer = Issuer::new("Shift_JIS", &[]);
    let badge = issuer.create_badge(&picture());
    // メール,氏名 / a@example.org,花子 as a Japanese Excel writes it.
    let file = b"\x83\x81\x81[\x83\x8b,\x8e\x81\x96\xbc\r\na@example.org,\x89\xd4\x8eq\r\n";
    let report = upload(&issuer, &badge, "", "application/octet-stream", file).expect(200).json();
    assert_eq!((&report["preview"][0]["name"], &report["encoding"]), (&json!("花子"), &json!("Shift_JIS")));
    for (file, pointer) in [
        (&b"name,language\r\nx,ja\r\n"[..], "#/file/email"),
        (b"", "#/file"),
        (b"email\r\n\xff\xfe\x00\x01\x80\x80", "#/file"),
    ] {
        let problem = upload(&issuer, &badge, "", "application/octet-stream", file).expect(400).json();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem:#}");
    }
    let zone = upload(&issuer, &badge, "?time_zone=Mars/Olympus", "text/csv", b"email\r\na@example.org\r\n")
        .expect(400)
        .json();
    assert_eq!(zone["errors"][0]["pointer"], "#/time_zone");
    let other = Issuer::new("Other", &[]);
    let import = report["resource_id"].as_str().unwrap();
    other.call("GET", &format!("/v2/import/{{client}}/{import}"), &[], &Value::Null).expect(404);
    other.call("POST", &format!("/v2/import/{{client}}/{import}/start"), &[], &json!({})).expect(404);
}

#[test]
fn an_alias_issues_in_its_own_name_and_what_it_issued_keeps_it() {
    let issuer = Issuer::new("University", &[]);
    let faculty = json!({"name": "工学部", "url": "https://eng.example", "email": "badges@eng.example", "description": "ものづくり"});
    let made = issuer.call("POST", "/v2/client/{client}/alias", &[], &faculty).expect(200).json();
    let alias = made["resource_id"].as_str().unwrap().to_owned();
    let listed = issuer.call("GET", "/v2/client/{client}/alias", &[], &Value::Null).expect(200).json();
    assert_eq!(
        (&listed["result"][0]["id"], &listed["result"][0]["reply_to"]),
        (&json!(alias), &json!("badges@eng.example"))
    );
    assert_eq!(issuer.call("GET", "/v2/client/{client}", &[], &Value::Null).json()["aliases"], 1);

    let mut badge = journeys::badge(&picture());
    badge["client_alias_id"] = json!(["nosuchalias"]);
    let refused = issuer.call("POST", "/v2/badge/{client}", &[], &badge).expect(400).json();
    assert_eq!(refused["errors"][0]["pointer"], "#/client_alias_id/0");
    badge["client_alias_id"] = json!([alias]);
    let badge = issuer.call("POST", "/v2/badge/{client}", &[], &badge).expect(200).json();
    let badge = badge["resource_id"].as_str().unwrap();
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let mut body = journeys::issue_to(&["hanako@example.org"]);
    body["client_alias_id"] = json!("other");
    assert_eq!(issuer.call("POST", &path, &[], &body).expect(400).json()["errors"][0]["pointer"], "#/client_alias_id");
    body["client_alias_id"] = json!(alias);
    let event = issuer.call("POST", &path, &[], &body).expect(200).json();
    let event = event["resource_id"].as_str().unwrap();
    assert_eq!(issuer.recipients(event)[0]["client_alias_id"], alias.as_str());
    let filtered = |wanted: &str| {
        let path = format!("/v2/event/{{client}}?client_alias_id={wanted}");
        issuer.call("GET", &path, &[], &Value::Null).expect(200).json()["total"].clone()
    };
    assert_eq!((filtered(&alias), filtered("other")), (json!(1), json!(0)));

    let id = &issuer.credentials(event)[0];
    let check = || {
        let credential = get(&format!("/credentials/{id}")).expect(200);
        assert_eq!(credential.json()["issuer"]["name"], "工学部");
        assert_eq!(validate(&credential.body)["verdict"], "valid");
        let assertion = get(&format!("/ob2/assertions/{id}")).expect(200);
        assert_eq!(validate(&assertion.body)["verdict"], "valid", "{:#}", validate(&assertion.body));
        let class = get(assertion.json()["badge"].as_str().unwrap()).expect(200).json();
        assert_eq!(get(class["issuer"].as_str().unwrap()).expect(200).json()["name"], "工学部");
        let legacy = get(&format!("/v1/badge/_/{badge}.json?v=1.1&event={event}")).expect(200).json();
        assert_eq!(get(legacy["issuer"].as_str().unwrap()).expect(200).json()["name"], "工学部");
        assert!(get_as(&format!("/credentials/{id}"), "text/html").expect(200).text().contains("工学部"));
    };
    check();
    let renamed = json!({"name": "理工学部", "url": "https://eng.example", "email": "badges@eng.example"});
    issuer.call("PUT", &format!("/v2/client/{{client}}/alias/{alias}"), &[], &renamed).expect(200);
    issuer.call("DELETE", &format!("/v2/client/{{client}}/alias/{alias}"), &[], &Value::Null).expect(200);
    issuer.call("GET", &format!("/v2/client/{{client}}/alias/{alias}"), &[], &Value::Null).expect(404);
    let credential = get(&format!("/credentials/{id}")).expect(200);
    assert_eq!(credential.json()["issuer"]["name"], "工学部", "signed is signed");
    assert_eq!(validate(&get(&format!("/ob2/assertions/{id}")).expect(200).body)["verdict"], "valid");
    body["recipient"] = json!([{"email": "jiro@example.org", "name": ""}]);
    assert_eq!(issuer.call("POST", &path, &[], &body).expect(400).json()["errors"][0]["code"], "not_found");
}

#[test]
fn a_secret_made_over_http_opens_what_its_roles_say_until_it_is_taken_back() {
    let admin = Issuer::new("Secrets", &[]);
    let made = admin
        .call("POST", "/v2/client/{client}/secret", &[], &json!({"label": "Moodle", "roles": ["issuer"]}))
        .expect(200)
        .json();
    let secret = made["client_secret"].as_str().unwrap();
    let issuer = Issuer::sign_in(&admin.client, secret);
    let refused = issuer.call("GET", "/v2/client/{client}/secret", &[], &Value::Null).expect(403).json();
    assert_eq!(refused["type"], "urn:shirushi:problem:missing-role");
    let listed = admin.call("GET", "/v2/client/{client}/secret", &[], &Value::Null).expect(200);
    assert!(!listed.text().contains(secret));
    let found = listed.json()["result"]
        .as_array()
        .unwrap()
        .iter()
        .any(|s| s["label"] == "Moodle" && s["roles"] == json!(["issuer"]));
    assert!(found);
    let path = format!("/v2/client/{{client}}/secret/{}", made["resource_id"].as_str().unwrap());
    admin.call("DELETE", &path, &[], &Value::Null).expect(200);
    admin.call("DELETE", &path, &[], &Value::Null).expect(404);
    let form = format!("grant_type=client_credentials&client_id={}&client_secret={secret}", admin.client);
    let form_type = [("content-type", "application/x-www-form-urlencoded")];
    request("POST", "/v2/client/oauth2/token", &form_type, form.as_bytes()).expect(403);
}

#[test]
fn a_badge_is_changed_in_part_and_not_over_somebody_elses_change() {
    let issuer = Issuer::new("Patches", &[]);
    let badge = issuer.create_badge(&picture());
    let path = format!("/v2/badge/{{client}}/{badge}");
    let shown = issuer.call("GET", &path, &[], &Value::Null).expect(200);
    let tag = shown.header("etag").to_owned();
    let patched =
        issuer.call("PATCH", &path, &[("if-match", &tag)], &json!({"expires": 6, "category": ["a", "b"]})).expect(200);
    issuer.call("PATCH", &path, &[("if-match", &tag)], &json!({"expires": 7})).expect(412);
    let after = issuer.call("GET", &path, &[], &Value::Null).expect(200);
    assert_eq!(after.header("etag"), patched.header("etag"));
    assert_eq!((&after.json()["expires"], &after.json()["content"]), (&json!(6), &shown.json()["content"]));
    let of_category = |category: &str| {
        issuer.call("GET", &format!("/v2/badge/{{client}}?category={category}"), &[], &Value::Null).expect(200).json()["total"].clone()
    };
    assert_eq!((of_category("b"), of_category("journeys")), (json!(1), json!(0)));
    // A draft over a published badge stays behind the scenes until it is published.
    issuer.call("PATCH", &path, &[], &json!({"draft": true, "expires": 9, "content": [{"language": "ja", "name": "下書き", "description": "", "criteria": ""}], "primary_language": "ja"})).expect(200);
    assert_eq!(get(&format!("/badges/{badge}")).expect(200).json()["name"], "チームワーク");
    issuer.call("PATCH", &path, &[], &json!({"draft": false})).expect(200);
    eventually("the draft is published", || get(&format!("/badges/{badge}")).expect(200).json()["name"] == "下書き");
}
