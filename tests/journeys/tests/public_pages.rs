//! What earners and verifiers see: who sees whose name, what other sites are told, results that are given to others.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, PICTURE, Reply, get, get_as, picture, request};
use serde_json::{Value, json};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn page(path: &str) -> Reply {
    get_as(path, "text/html").expect(200)
}

fn post(path: &str, body: &str) -> Reply {
    request("POST", path, &[FORM, ("accept", "text/html")], body.as_bytes())
}

/// A badge and one holder of it: the badge's id, the credential's, and the holder as listed.
fn award(issuer: &Issuer) -> (String, String, Value) {
    let badge = issuer.create_badge(&picture());
    let event = issuer.issue(&badge, &["hanako@example.org"]);
    let holder = issuer.recipients(&event).into_iter().next().unwrap();
    let id = holder["assertion_id"].as_str().unwrap().to_owned();
    (badge, id, holder)
}

#[test]
fn the_holder_alone_decides_what_the_public_sees_and_at_once() {
    let issuer = Issuer::new("織物学院", &[]);
    let (_, id, holder) = award(&issuer);
    let path = format!("/credentials/{id}");
    let key = holder["pdf_url"].as_str().unwrap().split('/').rev().nth(1).unwrap().to_owned();
    let token = holder["receive_url"].as_str().unwrap().split("tk=").nth(1).unwrap().to_owned();

    let public = page(&path);
    assert!(!public.text().contains("花子") && public.text().contains("Teamwork"));
    assert_eq!((public.header("cache-control"), public.header("x-robots-tag")), ("no-cache", "noindex"));
    let tag = public.header("etag").to_owned();

    // By the link in the mail.
    let shown = post("/c/visibility", &format!("tk={token}&name=1&listed=1")).expect(303);
    assert_eq!(shown.header("location"), format!("/c/receive?tk={token}#visibility"));
    let headers = [("accept", "text/html"), ("if-none-match", tag.as_str())];
    let public = request("GET", &path, &headers, b"").expect(200);
    assert!(public.text().contains("花子 Hanako") && public.header("x-robots-tag").is_empty());
    assert!(page(&format!("{path}/embed")).text().contains("花子 Hanako"));
    // The signed document says what it always said.
    assert!(!get(&path).expect(200).text().contains("花子"));

    // By the holder's key.
    let hidden = post("/c/visibility", &format!("credential={id}&key={key}")).expect(303);
    assert_eq!(hidden.header("location"), format!("/credentials/{id}?key={key}#visibility"));
    assert!(!page(&path).text().contains("花子"));
    assert!(page(&format!("{path}?key={key}")).text().contains("花子 Hanako"));

    // By nothing else: not the issuer's token, nor a guess.
    for wrong in [format!("credential={id}&key={}&name=1", "0".repeat(32)), format!("tk={}&name=1", "0".repeat(80))] {
        post("/c/visibility", &wrong).expect(404);
    }
    issuer.call("POST", "/c/visibility", &[], &json!({"credential": id, "name": true, "listed": true})).expect(404);
    assert!(!page(&path).text().contains("花子"));
}

#[test]
fn other_sites_are_told_of_the_badge_and_not_of_its_holder() {
    let issuer = Issuer::new("織物学院", &[]);
    let (badge, id, _) = award(&issuer);
    let text = page(&format!("/credentials/{id}")).text();
    let link = |before: &str| {
        let rest = text.split(before).nth(1).unwrap();
        rest.split('"').next().unwrap().replace("&amp;", "&")
    };
    let oembed = get(&link("type=\"application/json+oembed\" href=\"")).expect(200).json();
    assert_eq!(
        (&oembed["version"], &oembed["type"], &oembed["provider_name"]),
        (&json!("1.0"), &json!("rich"), &json!("織物学院"))
    );
    assert!(
        oembed["html"].as_str().unwrap().contains(&format!("/credentials/{id}/embed"))
            && !oembed.to_string().contains("花子")
    );
    assert_eq!(get("/oembed?url=https%3A%2F%2Fevil.example%2F").status, 404);
    assert_eq!((get("/oembed").status, get("/oembed?url=x&format=xml").status), (400, 501));

    let framed = page(&format!("/credentials/{id}/embed"));
    assert!(framed.header("content-security-policy").ends_with("frame-ancestors *"));
    assert!(page(&format!("/credentials/{id}")).header("content-security-policy").ends_with("frame-ancestors 'none'"));

    let address = link("<meta property=\"og:image\" content=\"");
    let card = get(&address).expect(200);
    assert_eq!((card.header("content-type"), &card.body[..8]), ("image/png", &PICTURE[..8]));
    // Width and height stand in the header of a PNG.
    assert_eq!(card.body[16..24], [0, 0, 4, 176, 0, 0, 2, 118]);
    assert_eq!(get(&address).expect(200).body, card.body, "kept");
    assert_eq!(get(&format!("/baked/{}.card.png", "0".repeat(40))).status, 404);

    // The organisation shows the badge, and the badge how to apply for it.
    assert!(page(&format!("/issuers/{}", issuer.client)).text().contains(&format!("/badges/{badge}")));
    let form = json!({
        "badge_id": badge, "primary_language": "ja", "title": {"ja": "チームワークの申請"}, "approval": {"method": "automatic"},
        "fields": [{"id": "why", "type": "text", "label": "理由"}],
        "not_before": "2099-04-01T09:00", "time_zone": "Asia/Tokyo",
    });
    let form = issuer.call("POST", "/v2/form/{client}", &[], &form).expect(200).json();
    let text = page(&format!("/badges/{badge}?lang=ja")).text();
    assert!(
        text.contains(&format!("/apply/{}", form["resource_id"].as_str().unwrap()))
            && text.contains("チームワークの申請")
    );
    assert!(text.contains("datetime=\"2099-04-01T00:00:00Z\""), "{text}");
}

#[test]
fn a_language_that_was_chosen_stays() {
    let issuer = Issuer::new("織物学院", &[]);
    let path = format!("/issuers/{}", issuer.client);
    let chosen = page(&format!("{path}?lang=ja"));
    assert!(chosen.text().contains("<html lang=\"ja\">"));
    let cookie = chosen.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(cookie, "lang=ja");
    let later = request("GET", &path, &[("accept", "text/html"), ("accept-language", "en"), ("cookie", &cookie)], b"");
    assert!(later.expect(200).text().contains("<html lang=\"ja\">"));
}

#[test]
fn what_is_not_there_is_a_page_for_people_and_a_problem_for_programs() {
    for path in [format!("/credentials/{}", "0".repeat(40)), "/badges/nothing".into(), "/nowhere".into()] {
        let person = get_as(&path, "text/html").expect(404);
        assert!(person.header("content-type").starts_with("text/html") && person.text().contains("<h1>"), "{path}");
        assert_eq!(get(&path).expect(404).header("content-type"), "application/problem+json", "{path}");
    }
}

#[test]
fn a_result_is_kept_when_that_is_asked_for_and_can_be_given_to_others() {
    let issuer = Issuer::new("織物学院", &[]);
    let (_, id, _) = award(&issuer);
    let file = get(&format!("/baked/{id}.png")).expect(200).body;
    let part = |name: &str, value: &[u8]| {
        [
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n").as_bytes(),
            value,
            b"\r\n",
        ]
        .concat()
    };
    let hand_in = |keep: &[u8], accept: &str| {
        let body = [part("file", &file), part("keep", keep), b"--x--\r\n".to_vec()].concat();
        request("POST", "/validate", &[("content-type", "multipart/form-data; boundary=x"), ("accept", accept)], &body)
    };
    let plain = hand_in(b"", "application/json").expect(200).json();
    assert_eq!((&plain["verdict"], &plain["result"]), (&json!("valid"), &Value::Null), "{plain}");
    let kept = hand_in(b"1", "application/json").expect(200).json();
    let url = kept["result"]["url"].as_str().unwrap().to_owned();
    let again = get_as(&url, "application/json").expect(200).json();
    assert_eq!((&again["verdict"], &again["steps"]), (&json!("valid"), &kept["steps"]));
    assert_eq!(again["result"]["source"]["file"]["bytes"], file.len());
    let shown = page(&url).text();
    assert!(
        shown.contains(again["result"]["source"]["file"]["sha256"].as_str().unwrap())
            && shown.contains("class=\"verdict good\"")
    );
    let led = hand_in(b"1", "text/html").expect(303);
    assert!(led.header("location").starts_with("/validate/results/"));
    page(led.header("location"));
    assert_eq!(get("/validate/results/nothing").status, 404);

    // An address is shared as it is, and a credential's id means its address.
    let led = post("/validate", &format!("text={id}")).expect(303);
    assert!(led.header("location").starts_with("/validate?url=") && led.header("location").ends_with(&id));
    assert!(page(led.header("location")).text().contains("class=\"verdict good\""));
    let complaint = post("/validate", "text=");
    assert!(complaint.status == 400 && complaint.text().contains("data-validate"));
}
