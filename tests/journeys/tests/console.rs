//! Staff at a browser without scripts: signing in and out, who may see what, members and what they did.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::browser::{Browser, code, link};
use journeys::{Issuer, eventually, mails, picture, request};

const SESSION: &str = "__Host-session";

fn address(local: &str, issuer: &Issuer) -> String {
    format!("{local}+{}@staff.example", issuer.client)
}

fn office(name: &str) -> (Issuer, String) {
    let issuer = Issuer::new(name, &[]);
    let admin = address("admin", &issuer);
    issuer.member(&admin, "admin");
    (issuer, admin)
}

#[test]
fn an_address_is_proved_by_a_code_that_works_once() {
    let (issuer, admin) = office("織物学院");
    let mut browser = Browser::default();
    // What was wanted is come back to.
    let wanted = format!("/console/{}/members", issuer.client);
    assert_eq!(browser.get(&wanted).expect(303).header("location"), "/sign-in");
    let page = browser.ask_for_code(&admin);
    assert!(browser.cookie(SESSION).is_none());
    let right = code(&admin);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    assert!(browser.post(&page, &[("code", wrong)]).expect(400).text().contains("e-code"));
    let done = browser.post(&page, &[("code", &right)]).expect(303);
    assert_eq!(done.header("location"), wanted);
    let set = done.headers("set-cookie").find(|set| set.starts_with(SESSION)).unwrap().to_owned();
    for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    let members = browser.get(&wanted).expect(200);
    assert!(members.text().contains(&admin) && members.text().contains("織物学院"));
    assert_eq!((members.header("cache-control"), members.header("x-frame-options")), ("no-store", "DENY"));
    assert!(members.header("content-security-policy").contains("script-src 'self'"));
    // Used up, for this browser and any other.
    Browser::default().post(&page, &[("code", &right)]).expect(410);
    Browser::default().get(&page).expect(410);
}

#[test]
fn a_code_may_be_tried_five_times() {
    let (_, admin) = office("Guessing");
    let mut browser = Browser::default();
    let page = browser.ask_for_code(&admin);
    let right = code(&admin);
    for n in 0..5u32 {
        let guess = format!("{:06}", (right.parse::<u32>().unwrap() + 1 + n) % 1_000_000);
        browser.post(&page, &[("code", &guess)]).expect(400);
    }
    browser.post(&page, &[("code", &right)]).expect(410);
    assert!(browser.cookie(SESSION).is_none());
}

#[test]
fn the_link_in_the_mail_signs_in_by_a_button_and_looking_at_it_does_not() {
    let (issuer, admin) = office("Links");
    let mut asking = Browser::default();
    asking.ask_for_code(&admin);
    let link = link(&admin);
    // Whatever scans mails opens links.
    for _ in 0..3 {
        request("GET", &link, &[("accept", "text/html")], b"").expect(200);
    }
    let mut elsewhere = Browser::default();
    assert!(elsewhere.get(&link).expect(200).text().contains(&admin));
    let (page, token) = link.split_once("?t=").unwrap();
    elsewhere.post(page, &[("t", &token.replace(|c: char| c.is_ascii_digit(), "a"))]).expect(400);
    elsewhere.post(page, &[("t", token)]).expect(303);
    let home = elsewhere.get("/console").expect(303);
    assert_eq!(home.header("location"), format!("/console/{}", issuer.client));
}

#[test]
fn sessions_are_not_planted_and_end_everywhere() {
    let (_, admin) = office("Sessions");
    // A session that a browser brings along becomes nobody's.
    let mut victim = Browser::default();
    let planted = format!("{}.{}", "a".repeat(32), "b".repeat(64));
    victim.plant(SESSION, &planted);
    let page = victim.ask_for_code(&admin);
    victim.post(&page, &[("code", &code(&admin))]).expect(303);
    assert_ne!(victim.cookie(SESSION), Some(planted.as_str()));
    let mut attacker = Browser::default();
    attacker.plant(SESSION, &planted);
    assert_eq!(attacker.get("/console").expect(303).header("location"), "/sign-in");

    let mut other = Browser::signed_in(&admin);
    let here = victim.get("/console").expect(303).header("location").to_owned();
    let before = victim.cookie(SESSION).unwrap().to_owned();
    let csrf = victim.csrf(&here);
    victim.post("/sign-out", &[("csrf", &csrf)]).expect(303);
    // The cookie itself is good for nothing now.
    let mut copy = Browser::default();
    copy.plant(SESSION, &before);
    assert_eq!(copy.get(&here).expect(303).header("location"), "/sign-in");
    other.get(&here).expect(200);
    let mut third = Browser::signed_in(&admin);
    let csrf = third.csrf(&here);
    third.post("/sign-out", &[("csrf", &csrf), ("everywhere", "yes")]).expect(303);
    assert_eq!(other.get(&here).expect(303).header("location"), "/sign-in");
}

#[test]
fn another_site_does_nothing_in_somebodys_name() {
    let (issuer, admin) = office("Forgery");
    let mut browser = Browser::signed_in(&admin);
    let members = format!("/console/{}/members", issuer.client);
    let csrf = browser.csrf(&members);
    let body = |csrf: &str| format!("csrf={csrf}&email=evil%40evil.example&role=admin&scope=all");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let evil = [form, ("origin", "https://evil.example")];
    browser.send("POST", &members, &evil, body(&csrf).as_bytes()).expect(403);
    browser.send("POST", &members, &[form, ("sec-fetch-site", "cross-site")], body(&csrf).as_bytes()).expect(403);
    browser.send("POST", &members, &[form], body("").as_bytes()).expect(403);
    let another = Browser::signed_in(&admin).csrf(&members);
    browser.send("POST", &members, &[form], body(&another).as_bytes()).expect(403);
    assert!(!browser.get(&members).text().contains("evil"));
    request("POST", "/sign-in", &evil, b"email=a%40b.example").expect(403);
}

#[test]
fn pages_of_others_look_like_none() {
    let (mine, admin) = office("Mine");
    let (theirs, _) = office("Theirs");
    let mut browser = Browser::signed_in(&admin);
    for page in ["", "/members", "/audit", "/badges", "/events", "/settings"] {
        let other = browser.get(&format!("/console/{}{page}", theirs.client)).expect(404);
        let none = browser.get(&format!("/console/nosuch{page}")).expect(404);
        let same = |reply: &journeys::Reply| reply.text().replace(&theirs.client, "nosuch");
        assert_eq!(same(&other), same(&none));
    }
    browser.get(&format!("/console/{}", mine.client)).expect(200);
}

#[test]
fn who_is_invited_comes_in_with_the_powers_given_and_no_others() {
    let (issuer, admin) = office("招待 <b>");
    let _ = issuer.create_badge(&picture());
    let mut browser = Browser::signed_in(&admin);
    let home = format!("/console/{}", issuer.client);
    let members = format!("{home}/members");
    let reviewer = address("reviewer", &issuer);
    let wrong = browser.submit(&members, &[("email", "nobody"), ("name", "審査 <i>")]).expect(400).text();
    assert!(wrong.contains("e-email") && wrong.contains("審査 &lt;i&gt;"), "what was typed stays");
    browser
        .submit(&members, &[("email", &reviewer), ("name", "審査 花子"), ("role", "reviewer"), ("scope", "all")])
        .expect(303);
    eventually("the invitation is mailed", || !mails(&reviewer).is_empty());
    assert!(mails(&reviewer)[0]["BodyHtml"].as_str().unwrap().contains("招待 &lt;b&gt;"));

    let mut guest = Browser::signed_in(&reviewer);
    let page = guest.get(&home).expect(200).text();
    assert!(page.contains("/applications") && !page.contains("/members") && !page.contains("/issue\""));
    guest.get(&members).expect(403);
    guest.get(&format!("{home}/audit")).expect(403);
    let csrf = guest.csrf(&home);
    guest.post(&members, &[("csrf", &csrf), ("email", "x@y.example"), ("role", "admin"), ("scope", "all")]).expect(403);

    // What was done is written down, and by whom.
    let audit = browser.get(&format!("{home}/audit")).expect(200).text();
    assert!(audit.contains("POST members") && audit.contains(&admin));
    let list = browser.get(&members).text();
    let id = list.split(&format!("{members}/")).find(|part| part.contains("審査 花子")).unwrap();
    let id = &id[..32];
    browser.submit(&format!("{members}/{id}"), &[("do", "remove")]).expect(303);
    guest.get(&home).expect(404);
    // Nobody locks the organisation by taking their own powers.
    let own = browser.get(&members).text();
    let own = own.split(&format!("{members}/")).nth(1).unwrap()[..32].to_owned();
    browser.submit(&format!("{members}/{own}"), &[("do", "save"), ("role", "issuer"), ("scope", "all")]).expect(400);
    browser.submit(&format!("{members}/{own}"), &[("do", "remove")]).expect(409);
    browser.get(&members).expect(200);
}

#[test]
fn codes_are_not_mailed_without_end() {
    let (_, admin) = office("Flood");
    let mut browser = Browser::default();
    for _ in 0..6 {
        browser.post("/sign-in", &[("email", &admin)]).expect(303);
    }
    browser.post("/sign-in", &[("email", &admin.to_uppercase())]).expect(429);
    browser.post("/sign-in", &[("email", "no address <script>")]).expect(400);
}

#[test]
fn who_is_let_to_one_badge_sees_and_does_nothing_with_another() {
    let (issuer, admin) = office("Per badge");
    let (mine, other) = (issuer.create_badge(&picture()), issuer.create_badge(&picture()));
    let home = format!("/console/{}", issuer.client);
    let staff = address("staff", &issuer);
    Browser::signed_in(&admin)
        .submit(
            &format!("{home}/members"),
            &[("email", &staff), ("role", "creator"), ("role", "issuer"), ("scope", "some"), ("badge", &mine)],
        )
        .expect(303);
    let mut browser = Browser::signed_in(&staff);
    let list = browser.get(&format!("{home}/badges")).expect(200).text();
    assert!(list.contains(&mine) && !list.contains(&other));
    browser.get(&format!("{home}/badges/{mine}")).expect(200);
    for page in ["badges", "issue"] {
        browser.get(&format!("{home}/{page}/{other}")).expect(403);
    }
    let csrf = browser.csrf(&format!("{home}/issue/{mine}"));
    let sent = [("csrf", csrf.as_str()), ("list", "a@b.example"), ("time_zone", "UTC")];
    browser.post(&format!("{home}/issue/{other}"), &sent).expect(403);
    browser.post(&format!("{home}/badges/{other}/delete"), &[("csrf", &csrf)]).expect(403);
    // A badge that nobody let them to is not made either: it would be one they could not reach.
    browser.post(&format!("{home}/badges/new"), &[("csrf", &csrf), ("primary", "ja"), ("name.ja", "新")]).expect(403);
    // Nor is what others issued theirs to see or take back.
    let event = issuer.issue(&other, &["hana@learners.example"]);
    assert!(!browser.get(&format!("{home}/events")).expect(200).text().contains(&event));
    browser.get(&format!("{home}/events/{event}")).expect(403);
    let revoke = [("csrf", csrf.as_str()), ("do", "revoke"), ("recipient", "hana@learners.example")];
    browser.post(&format!("{home}/events/{event}"), &revoke).expect(403);
    assert_eq!(issuer.recipients(&event)[0]["revoked"], false);
}

#[test]
fn a_list_is_looked_at_before_it_is_issued_once() {
    let (issuer, admin) = office("Lists");
    let badge = issuer.create_badge(&picture());
    let home = format!("/console/{}", issuer.client);
    let mut browser = Browser::signed_in(&admin);
    let issue = format!("{home}/issue/{badge}");
    browser.submit(&issue, &[("list", ""), ("time_zone", "Asia/Tokyo")]).expect(400);
    let list = "hana@learners.example, 花子\nnobody\ntaro@learners.example, 太郎";
    let look = browser.submit(&issue, &[("list", list), ("time_zone", "Asia/Tokyo")]).expect(303);
    let look = look.header("location").to_owned();
    let page = browser.get(&look).expect(200).text();
    assert!(page.contains("nobody") && page.contains("花子"), "{page}");
    let events = |issuer: &Issuer| {
        issuer.call("GET", "/v2/event/{client}", &[], &serde_json::Value::Null).expect(200).json()["total"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(events(&issuer), 0, "looking issues nothing");
    let wrong =
        browser.submit(&look, &[("zone", "Asia/Tokyo"), ("expires_on", "2001-01-01"), ("event_name", "春 <b>")]);
    assert!(wrong.expect(400).text().contains("春 &lt;b&gt;"), "what was typed stays");
    let terms = [("zone", "Asia/Tokyo"), ("event_name", "春"), ("send_email", "yes"), ("expires_on", "2099-03-31")];
    let csrf = browser.csrf(&look);
    let sent = [&[("csrf", csrf.as_str())], &terms[..]].concat();
    let done = browser.post(&look, &sent).expect(303).header("location").to_owned();
    // Sent twice, it is one event.
    let again = browser.post(&look, &sent).expect(303).header("location").to_owned();
    assert_eq!((done.split('?').next(), events(&issuer)), (again.split('?').next(), 1));
    let event = done.split('?').next().unwrap().to_owned();
    let page = browser.get(&event).expect(200).text();
    assert!(page.contains("花子") && page.contains("太郎"));
    let file = browser.get(&format!("{event}/csv")).expect(200);
    assert!(file.text().contains("hana@learners.example") && file.header("content-disposition").contains("attachment"));
    eventually("the mail is there", || !mails("hana@learners.example").is_empty());

    browser.submit(&event, &[("do", "revoke"), ("reason", "誤り")]).expect(400);
    browser.submit(&event, &[("do", "revoke"), ("recipient", "taro@learners.example"), ("reason", "誤り")]).expect(303);
    let id = event.rsplit('/').next().unwrap();
    let revoked: Vec<bool> = issuer.recipients(id).iter().map(|row| row["revoked"] == true).collect();
    assert_eq!(revoked.iter().filter(|revoked| **revoked).count(), 1);
    let audit = browser.get(&format!("{home}/audit")).expect(200).text();
    assert!(audit.contains("PUT /v2/event/{client}/{event}/revoke") && audit.contains(id));
}

#[test]
fn a_badge_is_made_drawn_and_changed_by_pages_alone() {
    let (issuer, admin) = office("Making");
    let home = format!("/console/{}", issuer.client);
    let mut browser = Browser::signed_in(&admin);
    let new = format!("{home}/badges/new");
    let wrong = browser.submit(&new, &[("primary", "ja"), ("name.ja", ""), ("description.ja", "説明 <i>")]).expect(400);
    assert!(wrong.text().contains("説明 &lt;i&gt;") && wrong.text().contains("e-content-0-name"));
    let texts = [
        ("primary", "ja"),
        ("name.ja", "機織り"),
        ("description.ja", "説明"),
        ("criteria.ja", "**条件** <script>x</script>"),
    ];
    let made = browser.submit(&new, &texts).expect(303).header("location").to_owned();
    let page = made.split('?').next().unwrap().to_owned();
    let id = page.rsplit('/').next().unwrap().to_owned();
    let shown = browser.get(&page).expect(200).text();
    assert!(shown.contains("<strong>条件</strong>") && !shown.contains("<script>x"));

    let drawing = format!("{page}/image");
    let begun = browser.submit(&drawing, &[("template", "mentor")]).expect(200).text();
    assert!(begun.contains("data:image/svg+xml;base64,"));
    let read = |issuer: &Issuer| {
        issuer.call("GET", &format!("/v2/badge/{{client}}/{id}"), &[], &serde_json::Value::Null).expect(200).json()
    };
    let before = read(&issuer);
    browser.submit(&drawing, &[("do", "save"), ("shape", "star")]).expect(303);
    let after = read(&issuer);
    assert!(after["design"]["shape"] == "star" && before["image"] != after["image"], "{}", after["design"]);

    // Who edits what somebody else changed meanwhile is told, and loses nothing of what they typed.
    let edit = format!("{page}/edit");
    let csrf = browser.csrf(&edit);
    let late = [&[("csrf", csrf.as_str()), ("version", "1"), ("expires", "12")], &texts[..]].concat();
    assert!(browser.post(&edit, &late).expect(412).text().contains("機織り"));
    let version = after["version"].as_u64().unwrap().to_string();
    let right =
        [&[("csrf", csrf.as_str()), ("version", &version), ("expires", "12"), ("draft", "no")], &texts[..]].concat();
    browser.post(&edit, &right).expect(303);
    let now = read(&issuer);
    assert_eq!((&now["expires"], &now["draft"], &now["design"]), (&12.into(), &false.into(), &after["design"]));
}

#[test]
fn an_alias_is_changed_and_a_webhook_is_told_apart_from_it() {
    let (issuer, admin) = office("Settings");
    let home = format!("/console/{}", issuer.client);
    let settings = format!("{home}/settings");
    let mut browser = Browser::signed_in(&admin);
    let page = browser.get(&settings).expect(200).text();
    let ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let unique: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "every field has an id of its own: {ids:?}");

    let alias = [("about", "alias"), ("do", "add"), ("name", "学部 <i>"), ("url", "https://faculty.example")];
    let wrong = browser.submit(&settings, &[&alias[..], &[("email", "nobody")]].concat()).expect(400).text();
    assert!(wrong.contains("ealias-email") && wrong.contains("学部 &lt;i&gt;"));
    browser.submit(&settings, &[&alias[..], &[("email", "a@faculty.example")]].concat()).expect(303);
    let aliases = || issuer.call("GET", "/v2/client/{client}/alias", &[], &serde_json::Value::Null).expect(200).json();
    let id = aliases()["result"][0]["id"].as_str().unwrap().to_owned();
    let about = format!("alias {id}");
    let change = [("about", about.as_str()), ("do", "change"), ("name", "理学部"), ("email", "b@faculty.example")];
    let refused = browser.submit(&settings, &change).expect(400).text();
    assert!(refused.contains(&format!("e{id}-url")) && refused.contains("理学部"), "what was typed stays");
    browser.submit(&settings, &[&change[..], &[("url", "https://faculty.example")]].concat()).expect(303);
    let now = &aliases()["result"][0];
    assert_eq!((now["name"].as_str(), now["email"].as_str()), (Some("理学部"), Some("b@faculty.example")));

    let secret = [("about", "secret"), ("do", "add"), ("label", "Moodle"), ("role", "issuer")];
    let shown = browser.submit(&settings, &secret).expect(200).text();
    let secret = shown.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(!Issuer::sign_in(&issuer.client, &secret).token().is_empty());
    assert!(!browser.get(&settings).expect(200).text().contains(&secret), "it is shown once");
}

/// A mail without the address in it that is made for one recipient.
fn without_links(text: &str) -> String {
    let mut parts = text.split("/c/receive?tk=");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + "/c/receive?tk=…" + part.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
}

#[test]
fn the_mail_that_is_shown_is_the_mail_that_is_sent() {
    let (issuer, admin) = office("見本 <i>");
    let badge = issuer.create_badge(&picture());
    let mut browser = Browser::signed_in(&admin);
    browser.language = Some("en");
    let list = [("hanako", "ja"), ("jane", "en"), ("jean", "fr"), ("nobody", "")]
        .map(|(name, language)| format!("{},{name} <b>,{language}", address(name, &issuer)));
    let csv = format!("email,name,language\r\n{}", list.join("\r\n"));
    let page = format!("/console/{}/issue/{badge}", issuer.client);
    let terms =
        browser.submit(&page, &[("list", &csv), ("time_zone", "UTC")]).expect(303).header("location").to_owned();
    let own = ("mail.body", "Well done, {{recipient}}: {{badge}} until {{expires}}.\n\n{{link}} & <script>x</script>");
    let fields = [
        ("send_email", "yes"),
        ("zone", "UTC"),
        ("expires_on", "2099-12-31"),
        ("mail.subject", "“{{badge}}” for you"),
        own,
    ];
    let shown = browser.submit(&terms, &[&[("do", "preview")], &fields[..]].concat()).expect(200);
    let policy = shown.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("img-src 'self'"), "{policy}");
    let page = shown.text();
    assert!(page.contains("sandbox=\"\"") && page.contains("“{{badge}}” for you") && !page.contains("<script>x"));
    let unescaped = |text: &str| {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
            .iter()
            .fold(text.to_owned(), |text, (a, b)| text.replace(a, b))
    };
    let between = |text: &str, from: &str, to: &str| -> Vec<String> {
        text.split(from).skip(1).map(|rest| unescaped(rest.split(to).next().unwrap())).collect()
    };
    let htmls = between(&page, "srcdoc=\"", "\"");
    let texts = between(&page, "<pre class=\"mail\" tabindex=\"0\">", "</pre>");
    let subjects = between(&page, "<dd class=\"subject\" dir=\"auto\">", "</dd>");
    assert_eq!((htmls.len(), texts.len(), subjects.len()), (4, 4, 4));
    // Looking issues and mails nothing.
    for name in ["hanako", "jane", "jean", "nobody"] {
        assert!(mails(&address(name, &issuer)).is_empty());
    }
    // What is wrong is said beside its field, and what was typed stays.
    let wrong = [("do", "preview"), ("send_email", "yes"), ("zone", "UTC"), ("expires_on", "someday"), own];
    let wrong = browser.submit(&terms, &wrong).expect(400).text();
    assert!(wrong.contains("e-expires_on") && wrong.contains("Well done, {{recipient}}") && !wrong.contains("srcdoc"));

    browser.submit(&terms, &fields).expect(303);
    for (n, name) in ["hanako", "jane", "jean", "nobody"].into_iter().enumerate() {
        let to = address(name, &issuer);
        eventually("the mail is sent", || !mails(&to).is_empty());
        let mail = &mails(&to)[0];
        let sent = |part: &str| mail[part].as_str().unwrap().to_owned();
        assert_eq!(sent("Subject"), subjects[n], "{name}");
        assert_eq!(without_links(&sent("BodyHtml")), without_links(&htmls[n]), "{name}");
        assert_eq!(without_links(&sent("BodyText")), without_links(&texts[n]), "{name}");
    }
    // Another organisation's list is not there.
    let (_, stranger) = office("Strangers");
    let mut stranger = Browser::signed_in(&stranger);
    let other = stranger.get("/console").expect(303).header("location").to_owned();
    let import = terms.split("/list/").nth(1).unwrap();
    let csrf = stranger.csrf(&other);
    stranger.post(&format!("{other}/issue/list/{import}"), &[("csrf", &csrf), ("do", "preview")]).expect(404);
}
