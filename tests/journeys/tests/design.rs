//! A badge's picture is composed instead of uploaded: previewed, issued, baked, opened again, and replaced by another one.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, badge, data_url, demo, get, picture, request, step, validate};
use serde_json::{Value, json};

/// A template's design, as the API gives it.
fn template(name: &str) -> Value {
    let all = get("/design/templates").expect(200).json();
    let found = all["result"].as_array().unwrap().iter().find(|template| template["name"] == name).unwrap();
    found["design"]["ja"].clone()
}

fn preview(issuer: &Issuer, design: &Value, accept: &str) -> Vec<u8> {
    let answer = issuer.call("POST", "/v2/client/{client}/design", &[("accept", accept)], design).expect(200);
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), (accept, "no-store"));
    answer.body
}

/// A request for a badge with these members instead of a picture.
fn badge_with(members: &Value) -> Value {
    let mut body = badge("");
    body.as_object_mut().unwrap().remove("image");
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

#[test]
fn a_design_is_previewed_issued_baked_and_opened_again() {
    let issuer = demo();
    let mut design = template("exam_pass");
    design["texts"][0]["text"] = json!("織物検定 <一級> & more");
    let svg = preview(&issuer, &design, "image/svg+xml");
    let png = preview(&issuer, &design, "image/png");
    assert!(svg.starts_with(b"<svg") && png.starts_with(b"\x89PNG"));

    let made =
        issuer.call("POST", "/v2/badge/{client}", &[], &badge_with(&json!({"design": design}))).expect(200).json();
    assert_eq!(made.get("warnings"), None);
    let id = made["resource_id"].as_str().unwrap().to_owned();
    let path = format!("/v2/badge/{{client}}/{id}");
    let shown = issuer.call("GET", &path, &[], &Value::Null).expect(200).json();
    assert_eq!(shown["image"], data_url("image/png", &png));
    assert_eq!(preview(&issuer, &shown["design"], "image/svg+xml"), svg, "what is given back gives the same picture");

    // Baked: the picture with the credential in it, and what is left without the credential is the preview.
    let event = issuer.issue(&id, &["hanako@example.org"]);
    let credential = &issuer.credentials(&event)[0];
    let document = get(&format!("/credentials/{credential}.json")).expect(200).body;
    for (suffix, picture) in [("svg", &svg), ("png", &png)] {
        let baked = get(&format!("/baked/{credential}.{suffix}")).expect(200).body;
        assert_eq!(validate(&baked)["verdict"], "valid", "{suffix}");
        assert_eq!(step(&validate(&baked), "proof").split('/').next(), Some("passed"));
        assert_eq!(bake::extract(&baked).unwrap()[0].text.as_bytes(), document);
        let bare = artwork::normalise(&baked).unwrap();
        assert!(bare.bytes == *picture && bare.warnings == [artwork::ArtworkWarning::CredentialRemoved], "{suffix}");
    }

    // What was shown can be sent back whole; the drawing stays a drawing.
    issuer.call("PUT", &path, &[], &shown).expect(200);
    let again = issuer.call("GET", &path, &[], &Value::Null).expect(200).json();
    assert_eq!((&again["design"], &again["image"], &again["version"]), (&shown["design"], &shown["image"], &json!(2)));

    // Another design, then an upload: picture and design go together. What was issued keeps its picture.
    issuer.call("PATCH", &path, &[], &json!({"design": {"shape": "heart"}})).expect(200);
    let heart = issuer.call("GET", &path, &[], &Value::Null).expect(200).json();
    assert_eq!(heart["design"]["shape"], "heart");
    assert_ne!(heart["image"], shown["image"]);
    issuer.call("PATCH", &path, &[], &json!({"image": picture()})).expect(200);
    let uploaded = issuer.call("GET", &path, &[], &Value::Null).expect(200).json();
    assert!(uploaded["design"].is_null() && uploaded["image"] != heart["image"]);
    let baked = get(&format!("/baked/{credential}.svg")).expect(200).body;
    assert_eq!(artwork::normalise(&baked).unwrap().bytes, svg);
}

#[test]
fn what_of_a_design_cannot_be_taken_is_told_at_its_place() {
    let issuer = demo();
    let wrong =
        json!({"shape": "blob", "icons": [{"name": "nothing"}], "texts": [{"text": "x".repeat(31)}], "colour": 1});
    let pointers = |answer: &Value| {
        let mut all: Vec<String> =
            answer["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    };
    let answer = issuer.call("POST", "/v2/client/{client}/design", &[], &wrong).expect(400).json();
    assert_eq!(pointers(&answer), ["#/colour", "#/icons/0/name", "#/shape", "#/texts/0/text"]);
    let answer =
        issuer.call("POST", "/v2/badge/{client}", &[], &badge_with(&json!({"design": wrong}))).expect(400).json();
    assert_eq!(
        pointers(&answer),
        ["#/design/colour", "#/design/icons/0/name", "#/design/shape", "#/design/texts/0/text"]
    );
    let both = badge_with(&json!({"design": {}, "image": picture()}));
    assert_eq!(pointers(&issuer.call("POST", "/v2/badge/{client}", &[], &both).expect(400).json()), ["#/image"]);
    let neither = issuer.call("POST", "/v2/badge/{client}", &[], &badge_with(&json!({}))).expect(400).json();
    assert_eq!(pointers(&neither), ["#/image"]);
}

#[test]
fn what_to_begin_with_is_public_and_drawing_is_not() {
    let icons = get("/design/icons").expect(200);
    assert!(icons.header("cache-control").starts_with("public") && icons.json()["total"].as_u64().unwrap() >= 150);
    let picture = get("/design/templates/mentor?lang=ja").expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.header("content-security-policy").contains("sandbox"));
    assert_ne!(picture.body, get("/design/templates/mentor?lang=en").expect(200).body);
    assert_eq!(get("/design/templates/nothing").status, 404);
    let path = format!("/v2/client/{}/design", demo().client);
    assert_eq!(request("POST", &path, &[("content-type", "application/json")], b"{}").status, 403);
}
