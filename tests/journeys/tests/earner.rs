//! An earner at a browser without scripts: everything they have, in every organisation, by the addresses they proved, and nobody else's.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;

use applicants::{Office, answers};
use journeys::browser::{Browser, code, link};
use journeys::{Reply, issue_to, request};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};

const SESSION: &str = "__Host-session";

/// An address that no other journey has.
fn address(local: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = applicants::now().as_nanosecond();
    format!("{local}+{now}-{}@earners.example", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn earner(address: &str) -> Browser {
    let mut browser = Browser::signed_in(address);
    browser.language = Some("en");
    browser
}

/// The receive links on a page, as they stand there.
fn links(page: &Reply) -> Vec<String> {
    let text = page.text();
    let mut links: Vec<String> = text
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .filter(|href| href.contains("/c/receive?tk=") && !href.contains('#'))
        .map(str::to_owned)
        .collect();
    links.dedup();
    links
}

fn issue(office: &Office, addresses: &[&str]) -> String {
    let event = office.issuer.issue(&office.badge, addresses);
    office.issuer.credentials(&event).into_iter().next().unwrap()
}

#[test]
fn an_earner_sees_what_every_organisation_gave_them_and_nobody_elses() {
    let (one, other) = (Office::new("My one"), Office::new("My other"));
    let (mine, theirs) = (address("hana"), address("jiro"));
    let first = issue(&one, &[&mine, &theirs]);
    // Events are told apart by the second.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let second = issue(&other, &[&mine.to_uppercase()]);
    let foreign = issue(&other, &[&theirs]);
    let nobody = request("GET", "/my", &[("accept", "text/html")], b"").expect(303);
    assert_eq!(nobody.header("location"), "/sign-in");

    // Who is no member anywhere is led to their badges.
    let mut browser = Browser::default();
    browser.language = Some("en");
    let page = browser.ask_for_code(&mine);
    let done = browser.post(&page, &[("code", &code(&mine))]).expect(303);
    assert_eq!(done.header("location"), "/my");
    let page = browser.get("/my").expect(200);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text().contains("noindex") && page.text().contains("My one") && page.text().contains("My other"));
    let found = links(&page);
    assert_eq!(found.len(), 2, "{found:?}");
    // The latest first.
    assert!(found[0].contains(&second) && found[1].contains(&first), "{found:?}");
    assert!(!page.text().contains(&foreign) && !page.text().contains(&theirs));

    // The links are the holder's: what is answered there shows here.
    let token = found[0].split("tk=").nth(1).unwrap();
    browser.post("/c/receive", &[("tk", token), ("decision", "accept")]).expect(303);
    let token = found[1].split("tk=").nth(1).unwrap();
    browser.post("/c/receive", &[("tk", token), ("decision", "decline")]).expect(303);
    let accepted = browser.get("/my?state=accepted&files=1").expect(200);
    assert!(links(&accepted).iter().all(|link| link.contains(&second)) && !links(&accepted).is_empty());
    for file in [format!("/baked/{second}.png"), format!("/credentials/{second}.json"), format!("/{second}.pdf")] {
        assert!(accepted.text().contains(&file), "{file}");
    }
    assert!(links(&browser.get("/my?state=declined"))[0].contains(&first));
    let of_one = browser.get(&format!("/my?issuer={}", one.issuer.client)).expect(200);
    assert!(links(&of_one).iter().all(|link| link.contains(&first)));
    assert!(links(&browser.get("/my?state=pending")).is_empty());
    for odd in ["/my?state=x&issuer=%3Cb%3E&before=1&after=zz", "/my?before=9.zz", "/my?issuer=nosuch"] {
        assert!(!browser.get(odd).expect(200).text().contains("<b>"), "{odd}");
    }
    // What was revoked is told.
    let event = &first[..20];
    let path = format!("/v2/event/{{client}}/{event}/revoke");
    one.issuer.call("PUT", &path, &[], &json!({"recipient": [mine], "reason": "mistake"})).expect(200);
    assert!(browser.get("/my?state=revoked").expect(200).text().contains("Revoked"));

    let mut japanese = browser.clone();
    japanese.language = Some("ja");
    assert!(japanese.get("/my").text().contains("マイバッジ"));
    // Nobody's badges are nobody else's error.
    let empty = earner(&address("nothing")).get("/my").expect(200).text();
    assert!(empty.contains("No badges yet"));
    // Signing out ends it.
    let csrf = browser.csrf("/my");
    browser.post("/sign-out", &[("csrf", &csrf)]).expect(303);
    assert_eq!(browser.get("/my").expect(303).header("location"), "/sign-in");
}

#[test]
fn many_badges_come_in_pages() {
    let office = Office::new("My many");
    let mine = address("many");
    for n in 0..32 {
        // The same request twice would be one.
        let mut body = issue_to(&[&mine]);
        body["event_name"] = n.to_string().into();
        office.issuer.call("POST", &format!("/v2/event/{{client}}/{}/issue", office.badge), &[], &body).expect(200);
    }
    let mut browser = earner(&mine);
    let first = browser.get("/my").expect(200);
    let next = first.text().split("href=\"/my?before=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let second = browser.get(&format!("/my?before={next}")).expect(200);
    let (mut first, second) = (links(&first), links(&second));
    assert_eq!((first.len(), second.len()), (30, 2));
    first.retain(|link| {
        second.iter().any(|other| other.split("tk=").nth(1).unwrap()[..40] == link.split("tk=").nth(1).unwrap()[..40])
    });
    assert!(first.is_empty(), "no badge stands on two pages");
}

#[test]
fn another_address_is_added_by_proving_it_in_the_same_session() {
    let office = Office::new("My addresses");
    let (home, work) = (address("home"), address("work"));
    let (at_home, at_work) = (issue(&office, &[&home]), issue(&office, &[&work]));
    let mut browser = earner(&home);
    assert!(!browser.get("/my").text().contains(&at_work));
    let before = browser.cookie(SESSION).unwrap().to_owned();
    assert!(
        browser.submit_to("/my", "/my/addresses", &[("email", "no address")]).expect(400).text().contains("e-email")
    );
    browser.submit_to("/my", "/my/addresses", &[("email", &home.to_uppercase())]).expect(400);
    let page = browser.submit_to("/my", "/my/addresses", &[("email", &work)]).expect(303).header("location").to_owned();
    journeys::eventually("the code is mailed", || !journeys::mails(&work).is_empty());
    let (link, code) = (link(&work), code(&work));
    // In any other browser it adds nothing: not where somebody else is signed in, not where nobody is.
    let mut others = [Browser::default(), Browser::signed_in(&work), Browser::signed_in(&home)];
    let (path, token) = link.split_once("?t=").unwrap();
    for other in &mut others {
        other.get(&link).expect(403);
        other.post(path, &[("t", token)]).expect(403);
        other.post(&page, &[("code", &code)]).expect(403);
    }
    assert!(browser.get(&link).expect(200).text().contains(&work));
    assert_eq!(browser.post(&page, &[("code", &code)]).expect(303).header("location"), "/my");
    // The session opens more than before: it is another.
    assert_ne!(browser.cookie(SESSION), Some(before.as_str()));
    let mut copy = Browser::default();
    copy.plant(SESSION, &before);
    assert_eq!(copy.get("/my").expect(303).header("location"), "/sign-in");
    browser.post(&page, &[("code", &code)]).expect(410);
    let both = browser.get("/my").expect(200).text();
    assert!(both.contains(&at_home) && both.contains(&at_work) && both.contains(&work));

    // Nothing is done in somebody's name by another site.
    let csrf = browser.csrf("/my");
    let body = format!("csrf={csrf}&remove={}", work.replace('+', "%2B").replace('@', "%40"));
    let form = ("content-type", "application/x-www-form-urlencoded");
    browser.send("POST", "/my/addresses", &[form, ("origin", "https://evil.example")], body.as_bytes()).expect(403);
    browser.post("/my/addresses", &[("remove", &work)]).expect(403);
    browser.post("/my/addresses", &[("csrf", &others[1].csrf("/my")), ("remove", &work)]).expect(403);
    assert!(browser.get("/my").text().contains(&at_work));
    browser.submit_to("/my", "/my/addresses", &[("remove", &work)]).expect(303);
    let one = browser.get("/my").expect(200).text();
    assert!(one.contains(&at_home) && !one.contains(&at_work) && !one.contains(&work));
}

#[test]
fn the_first_address_alone_says_what_somebody_may_do_as_staff() {
    let office = Office::new("My staff");
    let (admin, own) = (address("admin"), address("own"));
    office.issuer.member(&admin, "admin");
    let held = issue(&office, &[&admin]);
    let mut staff = Browser::signed_in(&admin);
    let home = format!("/console/{}", office.issuer.client);
    assert_eq!(staff.get("/console").expect(303).header("location"), home);
    assert!(staff.get("/my").expect(200).text().contains(&held));
    let mut browser = earner(&own);
    let page =
        browser.submit_to("/my", "/my/addresses", &[("email", &admin)]).expect(303).header("location").to_owned();
    journeys::eventually("the code is mailed", || journeys::mails(&admin).len() > 1);
    browser.post(&page, &[("code", &code(&admin))]).expect(303);
    assert!(browser.get("/my").expect(200).text().contains(&held));
    browser.get(&home).expect(404);
}

#[test]
fn applications_stand_beside_the_badges_and_drafts_once_they_are_proved() {
    let office = Office::new("My applications");
    let (mine, theirs) = (address("applies"), address("other"));
    let form = office.form(&json!({"method": "review", "reviewers": [
        {"id": "june", "name": "June", "email": "june@jury.example", "language": "en", "access": "outside"}
    ]}));
    let submitted = form.hand_in(answers(&mine));
    let _ = form.hand_in(answers(&theirs));
    let begun = form.begin(answers(&mine)).expect(201).json();
    let draft = applicants::Mine {
        page: form.clone(),
        id: begun["id"].as_str().unwrap().to_owned(),
        url: begun["url"].as_str().unwrap().to_owned(),
    };
    let mut browser = earner(&mine);
    let page = browser.get("/my").expect(200).text();
    assert!(page.contains(&submitted.id) && page.contains("waits for a decision"));
    // Whoever typed this address into a form may have been anybody.
    assert!(!page.contains(&draft.id));
    draft.post("proof", &json!({})).expect(200);
    draft.prove().expect(200);
    let page = browser.get("/my").expect(200).text();
    assert!(page.contains(&draft.id) && page.contains("draft"));
    let link = page.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|href| href.contains(&draft.id));
    request("GET", link.unwrap(), &[("accept", "text/html")], b"").expect(200);
    assert_eq!(page.matches("/applications/").count(), 2);
}
