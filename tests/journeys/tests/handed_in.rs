//! Somebody was handed a PDF and asks the validator: is it unaltered, and is the badge in it valid?
//!
//! What the deployment's own key sealed is another journey's; here are PDFs of strangers, small ones in a request and large ones by way
//! of the bucket. The library that seals stands in for another organisation's system.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a journey ends where an answer lacks what it should have")]

#[path = "../../../shared/pdf/tests/support/mod.rs"]
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journeys::{Issuer, Reply, get, picture, post_form, request, step, validate};
use serde_json::{Value, json};
use support::{Sealer, page};

/// What the validator takes at most.
const MAX_BYTES: usize = 20 << 20;

fn lend() -> Value {
    let answer = request("POST", "/validate/upload", &[], b"").expect(201);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    answer.json()
}

/// Uploads by the form as it was lent, but for what `change` says.
fn upload_as(form: &Value, file: &[u8], change: Option<(&str, &str)>) -> Reply {
    let fields = form["fields"].as_object().unwrap();
    let mut all: Vec<(&str, &[u8])> = Vec::new();
    for (name, value) in fields {
        let changed = change.filter(|(changed, _)| changed == name).map(|(_, value)| value);
        all.push((name, changed.unwrap_or(value.as_str().unwrap()).as_bytes()));
    }
    all.push(("file", file));
    post_form(form["url"].as_str().unwrap(), &[("origin", "https://elsewhere.example")], &all)
}

fn upload(file: &[u8]) -> String {
    let form = lend();
    upload_as(&form, file, None).expect(204);
    form["upload"].as_str().unwrap().to_owned()
}

fn judge_upload(upload: &str, trust: &str) -> Reply {
    let mut form = json!({ "upload": upload });
    if !trust.is_empty() {
        form["trust"] = trust.into();
    }
    request("POST", "/validate", &[("content-type", "application/json")], form.to_string().as_bytes())
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
}

/// A valid credential, as it is hosted.
fn credential() -> Vec<u8> {
    let issuer = Issuer::new("Weavers of PDFs", &[]);
    let event = issuer.issue(&issuer.create_badge(&picture()), &["hanako@example.org"]);
    get(&format!("/credentials/{}.json", issuer.credentials(&event)[0])).expect(200).body
}

fn pdf_of(report: &Value) -> (&str, &str) {
    (report["pdf"]["verdict"].as_str().unwrap_or("?"), report["pdf"]["reason"].as_str().unwrap_or("?"))
}

#[test]
fn a_pdf_of_strangers_is_never_called_valid_and_every_answer_says_why() {
    let credential = credential();
    let sealer = Sealer::p256();
    let unsealed = page(&credential, "A badge");
    let sealed = sealer.seal(unsealed.clone());
    let mut altered = sealed.clone();
    altered[20] ^= 1;
    for (file, verdict, pdf, en, ja) in [
        (
            &unsealed,
            "could_not_be_checked",
            ("unsigned", "no_seal"),
            "The PDF file: No seal",
            "PDFファイル：封印がありません",
        ),
        (
            &sealed,
            "could_not_be_checked",
            ("untrusted", "unknown_signer"),
            "The PDF file: Sealed by somebody unknown",
            "PDFファイル：封印した発行元を確認できません",
        ),
        (&altered, "invalid", ("altered", "content_changed"), "The PDF file: Altered", "PDFファイル：改変されています"),
    ] {
        let report = validate(file);
        assert_eq!((&report["verdict"], pdf_of(&report)), (&json!(verdict), pdf), "{report}");
        assert_eq!(step(&report, "input"), "skipped/pdf_not_read");
        for (language, words) in [("en", en), ("ja", ja)] {
            let headers = [("accept", "text/html"), ("accept-language", language)];
            let page = post_form("/validate", &headers, &[("file", file)]).expect(200).text();
            assert!(page.contains(words), "{words}: {page}");
            assert!(!page.contains("state good"), "{page}");
        }
    }
}

#[test]
fn whoever_knows_the_other_organisation_brings_its_certificate() {
    let sealer = Sealer::p256();
    let sealed = sealer.seal(page(&credential(), "A badge"));
    let (mine, other) = (pem(&sealer.certificate), pem(&Sealer::p256().certificate));
    let judged = |file: &[u8], trust: &str| {
        let fields: [(&str, &[u8]); 2] = [("file", file), ("trust", trust.as_bytes())];
        post_form("/validate", &[], &fields)
    };
    let report = judged(&sealed, &format!("{other}{mine}")).expect(200).json();
    assert_eq!((&report["verdict"], pdf_of(&report)), (&json!("valid"), ("valid", "sealed_by_anchor")), "{report}");
    assert_eq!(
        (step(&report, "seal"), step(&report, "proof")),
        ("passed/seal_holds".into(), "passed/proof_holds".into())
    );
    assert_eq!(report["summary"]["name"], "チームワーク");
    assert_eq!(report["pdf"]["seal"]["subject"], "Example Badges, Example KK");
    let report = judged(&sealed, &other).expect(200).json();
    assert_eq!(pdf_of(&report), ("untrusted", "unknown_signer"));
    let mut altered = sealed.clone();
    altered[20] ^= 1;
    assert_eq!(judged(&altered, &mine).expect(200).json()["verdict"], "invalid");

    let refused = judged(&sealed, &format!("{mine}{}", pem(b"junk"))).expect(400).json();
    assert_eq!(
        (&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]),
        (&json!("#/trust/1"), &json!("not_certificate"))
    );
}

#[test]
fn a_large_file_goes_by_way_of_the_bucket_once() {
    let credential = credential();
    let sealer = Sealer::p256();
    // The words are on the page and in its title: some nine megabytes.
    let sealed = sealer.seal(page(&credential, &"x".repeat(9 << 19)));
    assert!(sealed.len() > 8 << 20);
    let uploaded = upload(&sealed);
    let report = judge_upload(&uploaded, &pem(&sealer.certificate)).expect(200).json();
    assert_eq!((&report["verdict"], pdf_of(&report)), (&json!("valid"), ("valid", "sealed_by_anchor")), "{report}");

    let again = judge_upload(&uploaded, "").expect(400).json();
    assert_eq!(
        (&again["errors"][0]["pointer"], &again["errors"][0]["code"]),
        (&json!("#/upload"), &json!("not_found"))
    );
    assert!(again["detail"].as_str().unwrap().contains("judged once"), "{again}");
    // Every other kind of file as well.
    let report = judge_upload(&upload(&credential), "").expect(200).json();
    assert_eq!((&report["verdict"], &report["carrier"]), (&json!("valid"), &json!("json")), "{report}");
    // The form on a page without script.
    let uploaded = upload(&sealed);
    let headers = [("accept", "text/html"), ("accept-language", "ja")];
    let page = post_form("/validate", &headers, &[("upload", uploaded.as_bytes())]).expect(200).text();
    assert!(page.contains("封印した発行元を確認できません"), "{page}");
}

#[test]
fn the_bucket_takes_what_was_agreed_and_nothing_else() {
    let mut file = b"%PDF-1.7\n".to_vec();
    file.resize(MAX_BYTES, b' ');
    let report = judge_upload(&upload(&file), "").expect(200).json();
    assert_eq!(pdf_of(&report), ("unsigned", "no_seal"), "{report}");

    file.push(b' ');
    let form = lend();
    assert_eq!(form["max_bytes"], MAX_BYTES);
    let refused = upload_as(&form, &file, None).expect(400).text();
    assert!(refused.contains("EntityTooLarge"), "{refused}");
    judge_upload(form["upload"].as_str().unwrap(), "").expect(400);
    let form = lend();
    assert!(upload_as(&form, b"", None).expect(400).text().contains("EntityTooSmall"));
    // Another place, another appearance, another policy.
    upload_as(&form, b"x", Some(("key", "artwork/x.png"))).expect(403);
    upload_as(&form, b"x", Some(("Content-Disposition", "inline"))).expect(403);
    let policy = form["fields"]["policy"].as_str().unwrap();
    let open =
        STANDARD.encode(String::from_utf8(STANDARD.decode(policy).unwrap()).unwrap().replace("20971520", "99999999"));
    upload_as(&form, b"x", Some(("policy", &open))).expect(403);
}

#[test]
fn an_unknown_upload_is_told_as_one() {
    for unknown in [lend()["upload"].as_str().unwrap(), "0123456789abcdef", "../artwork/x", "uploads/x", "x y"] {
        let answer = judge_upload(unknown, "").expect(400).json();
        assert_eq!(answer["errors"][0]["code"], "not_found", "{unknown}: {answer}");
    }
}

#[test]
fn another_sites_script_may_upload() {
    for address in ["/validate/upload", "/validate"] {
        let answer = request("OPTIONS", address, &[("origin", "https://elsewhere.example")], b"").expect(204);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
}
