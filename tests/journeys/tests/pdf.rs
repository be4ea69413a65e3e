//! A PDF badge is fetched with the holder's key, carries the credential and a seal over every byte, and is judged by anyone.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journeys::{DRAWING, Issuer, data_url, get, get_as, operator, picture, request, step, validate};
use pdf::authenticate::{State, TrustedSeal, examine};
use pdf::{Limits, Verdict};
use serde_json::{Value, json};

/// The seals that the deployment publishes, as its own library takes them.
fn seals() -> Vec<TrustedSeal> {
    let listed = get("/seals").expect(200).json();
    let one = |seal: &Value| {
        let text = seal["certificate"].as_str().unwrap();
        let digits: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let fingerprint = pdf::certificate::fingerprint(&STANDARD.decode(digits).unwrap());
        let hex: String = fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(seal["fingerprint"], hex);
        let state = match seal["state"].as_str().unwrap() {
            "active" => State::Active,
            "retired" => State::Retired,
            _ => State::Compromised,
        };
        let time = |name: &str| seal[name].as_str().map(|text| text.parse().unwrap());
        TrustedSeal {
            fingerprint,
            name: String::new(),
            valid_from: time("from").unwrap(),
            valid_until: time("until"),
            state,
        }
    };
    listed["seals"].as_array().unwrap().iter().map(one).collect()
}

fn verdict(file: &[u8]) -> Verdict {
    examine(file, &seals(), &Limits::default()).verdict
}

/// What an issuer's list says of the one recipient of an event.
fn recipient(issuer: &Issuer, event: &str) -> Value {
    issuer.recipients(event).remove(0)
}

#[test]
fn a_pdf_badge_is_made_once_judged_by_anyone_and_gone_when_revoked() {
    let issuer = Issuer::new("Weavers", &[]);
    let badge = issuer.create_badge(&data_url("image/svg+xml", DRAWING));
    let event = issuer.issue(&badge, &["hanako@example.org"]);
    let row = recipient(&issuer, &event);
    assert_eq!(row["pdf_downloaded"], false);
    let (address, credential) = (row["pdf_url"].as_str().unwrap(), row["assertion_id"].as_str().unwrap());

    let sealed = get(address).expect(200);
    assert_eq!(sealed.header("content-type"), "application/pdf");
    assert_eq!((sealed.header("cache-control"), sealed.header("referrer-policy")), ("no-store", "no-referrer"));
    assert!(sealed.header("content-disposition").starts_with("inline; filename="));
    // Page, fonts and seal; the picture weighs what the badge's designer made of it.
    let picture = get(&format!("/baked/{credential}.png")).expect(200).body.len();
    assert!(sealed.body.len() - picture < 100_000, "{} of which the picture {picture}", sealed.body.len());
    // The signed bytes are inside, and every byte is under the seal.
    let found = examine(&sealed.body, &seals(), &Limits::default());
    assert_eq!(found.verdict, Verdict::Valid, "{:?}", found.reason);
    let inside = found.credential.unwrap();
    assert_eq!(inside.bytes, get(&format!("/credentials/{credential}.json")).expect(200).body);
    assert_eq!(inside.media_type, "application/ld+json");
    // The second time it is the same file; and it was noted that it was fetched.
    assert_eq!(get(address).expect(200).body, sealed.body);
    assert_eq!(request("HEAD", address, &[], b"").expect(200).body.len(), 0);
    assert_eq!(recipient(&issuer, &event)["pdf_downloaded"], true);

    // Anyone asks the validator.
    let report = validate(&sealed.body);
    assert_eq!((&report["verdict"], &report["pdf"]["verdict"]), (&json!("valid"), &json!("valid")), "{report:#}");
    assert!(step(&report, "proof").starts_with("passed/") && step(&report, "status").starts_with("passed/"));
    let mut altered = sealed.body.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    let report = validate(&altered);
    assert_eq!((&report["verdict"], &report["pdf"]["verdict"]), (&json!("invalid"), &json!("altered")), "{report:#}");
    let report = validate(&[&sealed.body[..], b"\n% more"].concat());
    assert_eq!(report["pdf"]["reason"], "later_additions", "{report:#}");
    assert_eq!(report["verdict"], "invalid");

    // The other way round it is another file.
    let portrait = get(&format!("{address}?layout=portrait")).expect(200);
    assert!(portrait.body != sealed.body && verdict(&portrait.body) == Verdict::Valid);
    assert_eq!(get(&format!("{address}?layout=round")).expect(400).json()["errors"][0]["pointer"], "#/layout");

    // Unaltered, and yet no longer valid.
    let body = json!({"recipient": ["hanako@example.org"], "reason": "issued by mistake"});
    let _ = issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &body).expect(200);
    let report = validate(&sealed.body);
    assert_eq!((&report["pdf"]["verdict"], &report["verdict"]), (&json!("valid"), &json!("invalid")), "{report:#}");
    assert!(step(&report, "status").starts_with("failed/"), "{report:#}");
    assert_eq!(get(address).expect(410).json()["type"], "urn:shirushi:problem:revoked");
    assert_eq!(recipient(&issuer, &event)["pdf_url"], Value::Null);
}

#[test]
fn only_the_holders_key_opens_it() {
    let issuer = Issuer::new("Keys", &[]);
    let badge = issuer.create_badge(&picture());
    let event = issuer.issue(&badge, &["hanako@example.org", "taro@example.org"]);
    let rows = issuer.recipients(&event);
    let (mine, theirs) = (rows[0]["pdf_url"].as_str().unwrap(), rows[1]["pdf_url"].as_str().unwrap());
    let credential = rows[0]["assertion_id"].as_str().unwrap();
    let key = |address: &str| address.rsplit('/').nth(1).unwrap().to_owned();
    let absent = get(&format!("/pdf/{}/{}.pdf", key(mine), "0".repeat(40))).expect(404).json();
    for wrong in [key(theirs), "0".repeat(32), "x".into(), key(mine).to_uppercase()] {
        let refused = get(&format!("/pdf/{wrong}/{credential}.pdf")).expect(404).json();
        assert_eq!((&refused["type"], &refused["title"]), (&absent["type"], &absent["title"]), "{wrong}");
    }
    // The public page shows neither name nor way to it; the holder's does.
    let public = get_as(&format!("/credentials/{credential}"), "text/html").expect(200).text();
    assert!(!public.contains("/pdf/") && !public.contains("花子"));
    let own = get_as(&format!("/credentials/{credential}?key={}", key(mine)), "text/html").expect(200);
    assert!(own.text().contains(mine) && own.text().contains("花子 Hanako"));
    assert_eq!(own.header("cache-control"), "no-store");
    let other = get_as(&format!("/credentials/{credential}?key={}", key(theirs)), "text/html").expect(200).text();
    assert!(!other.contains("/pdf/") && !other.contains("花子"));
    // The link in the mail leads to it too.
    let link = rows[0]["receive_url"].as_str().unwrap();
    assert_eq!(get(link).expect(200).json()["files"]["pdf"], mine);
}

#[test]
fn colour_logo_and_orientation_are_the_organisations() {
    let issuer = Issuer::new("印 of Kyoto", &[]);
    let badge = issuer.create_badge(&picture());
    let event = issuer.issue(&badge, &["hanako@example.org"]);
    let address = recipient(&issuer, &event)["pdf_url"].as_str().unwrap().to_owned();
    let before = get(&address).expect(200).body;
    let logo = data_url(
        "image/svg+xml",
        b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 30 10'><rect width='30' height='10'/></svg>",
    );
    let look = json!({"colour": "#7a1f3d", "pdf_layout": "portrait", "logo": logo});
    let brand = issuer.call("PUT", "/v2/client/{client}/brand", &[], &look).expect(200).json();
    assert_eq!((&brand["colour"], &brand["pdf_layout"]), (&json!("#7a1f3d"), &json!("portrait")));
    assert_eq!(get(brand["logo"].as_str().unwrap()).expect(200).header("content-type"), "image/svg+xml");
    let after = get(&address).expect(200).body;
    assert!(after != before && verdict(&after) == Verdict::Valid && verdict(&before) == Verdict::Valid);
    let shown = issuer.call("GET", "/v2/client/{client}/brand", &[], &Value::Null).expect(200).json();
    assert_eq!((&shown["logo"], &shown["colour"]), (&brand["logo"], &brand["colour"]));
    let wrong = json!({"colour": "red", "pdf_layout": "round", "logo": "x"});
    let refused = issuer.call("PUT", "/v2/client/{client}/brand", &[], &wrong).expect(400).json();
    assert_eq!(refused["errors"].as_array().unwrap().len(), 3, "{refused:#}");
    let bare = issuer.call("PUT", "/v2/client/{client}/brand", &[], &json!({"logo": ""})).expect(200).json();
    assert_eq!((&bare["logo"], &bare["colour"]), (&Value::Null, &json!("#7a1f3d")));
}

#[test]
fn names_of_every_kind_make_a_pdf() {
    let issuer = Issuer::new("Names", &[]);
    let badge = issuer.create_badge(&picture());
    let names = [
        "髙﨑 濵𠮷",
        "太郎 🎉",
        "عبد الله",
        "",
        "Wolfeschlegelsteinhausenbergerdorff ",
        "한국 ไทย हिन्दी שלום",
        "\u{202e}evil",
    ];
    let recipients: Vec<Value> =
        names.iter().enumerate().map(|(n, name)| json!({"email": format!("n{n}@example.org"), "name": name})).collect();
    let body = json!({"recipient": recipients, "api_consumer_id": "journeys", "send_email": false});
    let issued = issuer.call("POST", &format!("/v2/event/{{client}}/{badge}/issue"), &[], &body).expect(200).json();
    for row in issuer.recipients(issued["resource_id"].as_str().unwrap()) {
        let sealed = get(row["pdf_url"].as_str().unwrap()).expect(200);
        assert_eq!(verdict(&sealed.body), Verdict::Valid, "{}", row["name"]);
    }
}

/// On a stack of its own: there is one register of seals for all.
#[test]
#[ignore = "changes the register of seals, which is one for all"]
fn seals_are_followed_by_others_and_old_ones_stay_good_unless_somebody_else_had_the_key() {
    let issuer = Issuer::new("Seals", &[]);
    let badge = issuer.create_badge(&picture());
    let event = issuer.issue(&badge, &["hanako@example.org"]);
    let address = recipient(&issuer, &event)["pdf_url"].as_str().unwrap().to_owned();
    let first = get(&address).expect(200).body;
    // A key of its own follows; what is fetched from now on is sealed by it.
    let key = operator(&["seal", "new-key"])["arn"].as_str().unwrap().to_owned();
    let next = operator(&["seal", "create", "--arn", &key, "--name", "The next one", "--country", "JP"]);
    let second = get(&address).expect(200).body;
    assert_ne!(first, second);
    let seals = seals();
    let by = |file: &[u8]| examine(file, &seals, &Limits::default()).seal.unwrap().fingerprint;
    assert_ne!(by(&first), by(&second));
    assert_eq!((verdict(&first), verdict(&second)), (Verdict::Valid, Verdict::Valid));
    let fingerprint = next["fingerprint"].as_str().unwrap();
    assert!(get("/seals.pem").expect(200).text().matches("BEGIN CERTIFICATE").count() >= 2);
    // Retired: the one before seals again, and the file stays genuine.
    let retired = operator(&["seal", "retire", "--fingerprint", fingerprint]);
    assert_eq!(retired["state"], "retired");
    assert_eq!(get(&address).expect(200).body, first);
    assert_eq!(verdict(&second), Verdict::Valid);
    // Compromised: nothing it sealed proves anything.
    let _ = operator(&["seal", "compromised", "--fingerprint", fingerprint]);
    assert_eq!((verdict(&first), verdict(&second)), (Verdict::Valid, Verdict::Untrusted));
    assert!(!get("/seals.pem").expect(200).text().contains(&{
        let listed = get("/seals").expect(200).json();
        let seal =
            listed["seals"].as_array().unwrap().iter().find(|seal| seal["fingerprint"] == fingerprint).unwrap().clone();
        assert_eq!(seal["state"], "compromised");
        seal["certificate"].as_str().unwrap().to_owned()
    }));
    let listed = operator(&["seal", "list"]);
    assert!(listed["seals"].as_array().unwrap().iter().any(|seal| seal["fingerprint"] == fingerprint));
}
