//! Nobody reaches another organisation's data, and somebody else's record and no record look alike.
//!
//! Every route of `template.yaml` has a row here; a route without one fails.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;
mod records;

use applicants::{Office, answers};
use edge::token::Claims;
use journeys::{Issuer, issue_to, operator, picture, request};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NOBODY: &[&str] = &[];
const CREATORS: &[&str] = &["creator"];
const ISSUERS: &[&str] = &["issuer", "creator"];
const DECIDERS: &[&str] = &["issuer", "reviewer"];
const READERS: &[&str] = &["issuer", "creator", "reviewer"];
const ANYBODY: &[&str] = READERS;

/// Routes that ask for a token, and which roles beside `admin` may use them.
const GUARDED: [(&str, &[&str]); 61] = [
    ("GET /v2/client/{client}", ANYBODY),
    ("PUT /v2/client/{client}", NOBODY),
    ("GET /v2/client/{client}/ping", ANYBODY),
    ("GET /v2/client/{client}/usage", ANYBODY),
    ("GET /v2/client/{client}/alias", ANYBODY),
    ("POST /v2/client/{client}/alias", NOBODY),
    ("GET /v2/client/{client}/alias/{alias}", ANYBODY),
    ("PUT /v2/client/{client}/alias/{alias}", NOBODY),
    ("DELETE /v2/client/{client}/alias/{alias}", NOBODY),
    ("GET /v2/client/{client}/brand", READERS),
    ("PUT /v2/client/{client}/brand", NOBODY),
    ("GET /v2/client/{client}/secret", NOBODY),
    ("POST /v2/client/{client}/secret", NOBODY),
    ("DELETE /v2/client/{client}/secret/{secret}", NOBODY),
    ("POST /v2/export/{client}", NOBODY),
    ("GET /v2/export/{client}", NOBODY),
    ("GET /v2/export/{client}/{export}", NOBODY),
    ("GET /v2/badge/{client}", READERS),
    ("POST /v2/badge/{client}", CREATORS),
    ("GET /v2/badge/{client}/{badge}", READERS),
    ("PUT /v2/badge/{client}/{badge}", CREATORS),
    ("PATCH /v2/badge/{client}/{badge}", CREATORS),
    ("DELETE /v2/badge/{client}/{badge}", CREATORS),
    ("POST /v2/event/{client}/{badge}/issue", ISSUERS),
    ("GET /v2/event/{client}", READERS),
    ("GET /v2/event/{client}/recipient", READERS),
    ("GET /v2/event/{client}/{event}", READERS),
    ("PUT /v2/event/{client}/{event}/revoke", &["issuer"]),
    ("POST /v2/event/{client}/{event}/resend", ISSUERS),
    ("POST /v2/import/{client}/{badge}", ISSUERS),
    ("GET /v2/import/{client}/{import}", ISSUERS),
    ("POST /v2/import/{client}/{import}/start", ISSUERS),
    ("POST /v2/import/{client}/{import}/preview", ISSUERS),
    ("GET /v2/import/{client}/{import}/result", ISSUERS),
    ("GET /v2/webhook/{client}", NOBODY),
    ("POST /v2/webhook/{client}", NOBODY),
    ("GET /v2/webhook/{client}/{webhook}", NOBODY),
    ("PUT /v2/webhook/{client}/{webhook}", NOBODY),
    ("DELETE /v2/webhook/{client}/{webhook}", NOBODY),
    ("POST /v2/webhook/{client}/{webhook}/secret", NOBODY),
    ("POST /v2/webhook/{client}/{webhook}/test", NOBODY),
    ("POST /v2/webhook/{client}/{webhook}/replay", NOBODY),
    ("GET /v2/feed/{client}", READERS),
    ("GET /v2/form/{client}", CREATORS),
    ("POST /v2/form/{client}", CREATORS),
    ("POST /v2/form/{client}/preview", CREATORS),
    ("GET /v2/form/{client}/template", CREATORS),
    ("POST /v2/form/{client}/template", CREATORS),
    ("DELETE /v2/form/{client}/template/{template}", CREATORS),
    ("GET /v2/form/{client}/{form}", CREATORS),
    ("PUT /v2/form/{client}/{form}", CREATORS),
    ("POST /v2/form/{client}/{form}/archive", CREATORS),
    ("POST /v2/form/{client}/{form}/clone", CREATORS),
    ("GET /v2/application/{client}", DECIDERS),
    ("GET /v2/application/{client}/{application}", DECIDERS),
    ("POST /v2/application/{client}/{application}/decision", DECIDERS),
    ("POST /v2/application/{client}/{application}/vote", DECIDERS),
    ("POST /v2/application/{client}/{application}/assign", DECIDERS),
    ("POST /v2/application/{client}/{application}/withdraw", DECIDERS),
    ("POST /v2/client/{client}/design", CREATORS),
    ("GET /v2/application/{client}/{application}/evidence/{evidence}", DECIDERS),
];

/// Routes that are everyone's.
const PUBLIC: [&str; 61] = [
    "GET /sign-in",
    "GET /sign-in/oidc",
    "GET /sign-in/oidc/callback",
    "POST /sign-in",
    "GET /sign-in/{sign_in}",
    "POST /sign-in/{sign_in}",
    "POST /sign-out",
    "GET /apply/{form}/evidence/{application}",
    "GET /apply/{form}/evidence/{application}/{evidence}",
    "GET /apply/{form}/qr.svg",
    "GET /apply/{form}/qr.png",
    "GET /apply/{form}/poster",
    "GET /apply/{form}/applications/{link}/evidence",
    "POST /apply/{form}/applications/{link}/evidence",
    "GET /apply/{form}/applications/{link}/evidence/{evidence}",
    "DELETE /apply/{form}/applications/{link}/evidence/{evidence}",
    "GET /assets/{asset}",
    "GET /apply/{form}",
    "POST /apply/{form}/challenge",
    "POST /apply/{form}/applications",
    "GET /apply/{form}/applications/{link}",
    "PUT /apply/{form}/applications/{link}",
    "POST /apply/{form}/applications/{link}/submit",
    "POST /apply/{form}/applications/{link}/proof",
    "POST /apply/{form}/applications/{link}/prove",
    "POST /apply/{form}/applications/{link}/withdraw",
    "POST /apply/{form}/applications/{link}/vote",
    "POST /apply/{form}/applications/{link}/decision",
    "POST /apply/{form}/applications/{link}/endorse",
    "POST /v2/client/oauth2/token",
    "GET /baked/{file+}",
    "HEAD /baked/{file+}",
    "GET /pdf/{key}/{file}",
    "HEAD /pdf/{key}/{file}",
    "GET /seals",
    "GET /seals.pem",
    "GET /issuers/{client+}",
    "GET /credentials/{file}",
    "GET /badges/{file}",
    "GET /artwork/{file}",
    "GET /status/{file}",
    "GET /ob2/{path+}",
    "GET /v1/badge/_/{path+}",
    "GET /v1/client",
    "GET /health",
    "GET /validate",
    "POST /validate",
    "OPTIONS /validate",
    "POST /validate/upload",
    "OPTIONS /validate/upload",
    "GET /c/receive",
    "HEAD /c/receive",
    "POST /c/receive",
    "GET /design/templates",
    "GET /design/templates/{template}",
    "GET /design/icons",
    "POST /c/visibility",
    "GET /validate/results/{result}",
    "GET /credentials/{credential}/embed",
    "GET /oembed",
    "GET /assets/shared/{asset}",
];

/// Pages of people, who are known by their session and never by a token.
const SIGNED_IN: [&str; 5] =
    ["GET /console", "GET /console/{page+}", "POST /console/{page+}", "GET /my", "POST /my/addresses"];

#[test]
fn every_route_has_a_row() {
    let template = include_str!("../../../template.yaml");
    let declared: BTreeSet<&str> =
        template.split("RouteKey: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let known: BTreeSet<&str> = GUARDED.into_iter().map(|(route, _)| route).chain(PUBLIC).chain(SIGNED_IN).collect();
    assert_eq!(declared, known);
}

/// The roles of one operation in `docs/openapi.yaml`, whose paths, methods and extensions each stand on a line of their own.
fn documented(route: &str) -> BTreeSet<&'static str> {
    let description = include_str!("../../../docs/openapi.yaml");
    let (method, path) = route.split_once(' ').unwrap();
    // Two paths that differ in a parameter's name only are one in the document.
    let path = if path.starts_with("/v2/import/{client}/{") && path.ends_with('}') {
        "/v2/import/{client}/{id}"
    } else {
        path
    };
    let (_, item) = description.split_once(&format!("\n  {path}:\n")).unwrap_or_else(|| panic!("{path} is described"));
    let heading = format!("    {}:", method.to_lowercase());
    let mut operation =
        item.lines().take_while(|line| line.starts_with("    ")).skip_while(|line| *line != heading).skip(1);
    let roles = operation
        .by_ref()
        .take_while(|line| line.starts_with("      "))
        .find_map(|line| line.trim().strip_prefix("x-roles: [").and_then(|rest| rest.strip_suffix(']')));
    roles.unwrap_or_else(|| panic!("{route} says its roles")).split(", ").filter(|role| !role.is_empty()).collect()
}

#[test]
fn the_document_names_the_same_roles() {
    for (route, roles) in GUARDED {
        let said = documented(route);
        // Whoever has a token is said by naming nobody, or everybody.
        let said = if said.is_empty() { READERS.iter().copied().collect() } else { said };
        let done: BTreeSet<&str> = if roles.is_empty() { ["admin"].into() } else { roles.iter().copied().collect() };
        assert_eq!(said, done, "{route}");
    }
}

#[test]
fn what_is_public_asks_for_no_token_and_what_is_the_staffs_for_a_session() {
    let issuer = Issuer::new("Public", &[]);
    let bearer = format!("Bearer {}", issuer.token());
    let garbage = "Bearer garbage";
    let fill = |route: &str| {
        let (method, path) = route.split_once(' ').unwrap();
        let path: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "nosuchthing" } else { part }).collect();
        (method.to_owned(), path.join("/"))
    };
    for route in PUBLIC {
        let (method, path) = fill(route);
        let answers = [None, Some(garbage), Some(bearer.as_str())].map(|token| {
            let headers: Vec<(&str, &str)> = token.iter().map(|token| ("authorization", *token)).collect();
            let answer = request(&method, &path, &headers, b"");
            assert!(
                answer.status < 500 && answer.text() != "403 Forbidden",
                "{route}: {} {}",
                answer.status,
                answer.text()
            );
            answer.status
        });
        // With the token endpoint the header is a secret, and of another kind.
        assert!(answers.iter().all(|status| *status == answers[0]), "{route}: {answers:?}");
    }
    for route in SIGNED_IN {
        let (method, path) = fill(route);
        for token in [None, Some(garbage), Some(bearer.as_str())] {
            let headers: Vec<(&str, &str)> = token.iter().map(|token| ("authorization", *token)).collect();
            let answer = request(&method, &path, &headers, b"").expect(303);
            assert_eq!(answer.header("location"), "/sign-in", "{route}");
        }
    }
}

#[test]
fn a_token_whose_time_is_over_is_none() {
    let issuer = Issuer::new("Yesterday's", &[]);
    let arn = journeys::variable("TOKEN_KEY_ARN");
    // The same token opens while it lives, so that nothing but its age is what is refused.
    let (alive, over) = (records::token(&issuer.client, &arn, 60), records::token(&issuer.client, &arn, 2 * 60 * 60));
    for (route, _) in GUARDED {
        let (method, path) = parts(route, &issuer.client, "nosuchbadge", "00000000000000000000");
        let with = |token: &str| request(&method, &path, &[("authorization", &format!("Bearer {token}"))], b"[]");
        assert_eq!(with(&over).expect(403).text(), "403 Forbidden", "{route}");
        assert_ne!(with(&alive).text(), "403 Forbidden", "{route}");
    }
}

/// A member of the staff may be let to some badges only; the console calls with such a token.
#[test]
fn who_is_let_to_some_badges_reaches_nothing_of_another() {
    let office = Office::new("Two departments");
    let client = &office.issuer.client;
    let mine = office.issuer.create_badge(&picture());
    let event = office.issuer.issue(&office.badge, &[&format!("c+{client}@example.org")]);
    let page = office.form(&json!({"method": "review", "reviewers": []}));
    let application = page.hand_in(answers(&format!("other+{client}@example.org"))).id;
    let list = [("content-type", "text/csv")];
    let import = format!("/v2/import/{client}/{}", office.badge);
    let bearer = format!("Bearer {}", office.issuer.token());
    let headers = [list[0], ("authorization", bearer.as_str())];
    let import = request("POST", &import, &headers, format!("email\nd+{client}@example.org\n").as_bytes()).expect(200);
    let import = import.json()["resource_id"].as_str().unwrap().to_owned();
    let others = [
        ("{badge}", office.badge.as_str()),
        ("{event}", &event),
        ("{form}", &page.form),
        ("{application}", &application),
        ("{import}", &import),
    ];

    let roles = vec!["creator".into(), "issuer".into(), "reviewer".into()];
    let claims = Claims::new(&journeys::base(), &client.parse().unwrap(), "member:m", roles, records::now());
    let arn = journeys::variable("TOKEN_KEY_ARN");
    let whole = format!("Bearer {}", records::signed(&claims, &arn));
    let claims = claims.narrowed(Some(vec![mine.parse().unwrap()]), 600);
    let narrow = format!("Bearer {}", records::signed(&claims, &arn));
    let about = |route: &str| others.iter().any(|(name, _)| route.contains(name));
    let (mut closed, mut lists, mut open) = (0, 0, Vec::new());
    for (route, _) in GUARDED.into_iter().filter(|(_, roles)| !roles.is_empty()) {
        let filled = others.iter().fold(route.replace("{client}", client), |path, (name, id)| path.replace(name, id));
        let (method, path) = filled.split_once(' ').unwrap();
        let body = match route {
            "POST /v2/event/{client}/{badge}/issue" => issue_to(&["e@example.org"]),
            "PUT /v2/badge/{client}/{badge}" => journeys::badge(&picture()),
            "PATCH /v2/badge/{client}/{badge}" => json!({"expires": 1}),
            "PUT /v2/form/{client}/{form}" => office.body(&json!({"method": "review", "reviewers": []})),
            "POST /v2/application/{client}/{application}/decision" => json!({"decision": "approve"}),
            _ => json!({"recipient": [format!("c+{client}@example.org")]}),
        };
        let with = |token: &str| {
            let headers = [("authorization", token), ("content-type", "application/json")];
            request(method, path, &headers, body.to_string().as_bytes())
        };
        if about(route) {
            closed += 1;
            let status = with(&narrow).status;
            if !matches!(status, 403 | 404) {
                open.push(format!("{route}: {status}"));
            }
            if method == "GET" && !path.contains('{') {
                assert!(with(&whole).status < 300, "{route} is open to who is let to every badge");
            }
        } else if method == "GET" && with(&narrow).status == 200 {
            let text = with(&narrow).text();
            lists += 1;
            open.extend(others.iter().filter(|(_, id)| text.contains(id)).map(|(name, _)| format!("{route}: {name}")));
        }
    }
    assert_eq!(open, Vec::<String>::new());
    assert!(closed >= 20 && lists >= 5, "{closed} {lists}");
    // What was refused was not done either.
    assert_eq!(office.issuer.recipients(&event)[0]["revoked"], false);
    assert_eq!(office.application(&application)["state"], "submitted");
    office.issuer.call("GET", &format!("/v2/badge/{{client}}/{}", office.badge), &[], &Value::Null).expect(200);
}

fn parts(route: &str, client: &str, badge: &str, event: &str) -> (String, String) {
    let (method, path) = route.split_once(' ').unwrap();
    let path = path.replace("{client}", client).replace("{badge}", badge).replace("{event}", event);
    // Whatever else is named, nothing lies there.
    let path = ["{alias}", "{secret}", "{import}", "{webhook}", "{form}", "{template}", "{application}", "{export}"]
        .iter()
        .fold(path, |path, name| path.replace(name, "nosuchthing"));
    (method.to_owned(), path)
}

#[test]
fn no_token_wrong_token_and_another_organisations_token_are_one_answer() {
    let (mine, theirs) = (Issuer::new("Mine", &[]), Issuer::new("Theirs", &[]));
    let badge = theirs.create_badge(&picture());
    let event = theirs.issue(&badge, &["a@example.org"]);
    let altered = format!("{}x", mine.token());
    let unsigned = format!("{}.", mine.token().rsplit_once('.').unwrap().0);
    for (route, _) in GUARDED {
        for client in [theirs.client.as_str(), "nobodyatall"] {
            let (method, path) = parts(route, client, &badge, &event);
            let tokens =
                [None, Some(""), Some("garbage"), Some(altered.as_str()), Some(unsigned.as_str()), Some(mine.token())];
            for token in tokens {
                let bearer = token.map(|token| format!("Bearer {token}"));
                let headers: Vec<(&str, &str)> =
                    bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
                let answer = request(&method, &path, &headers, b"{}").expect(403);
                assert_eq!(answer.text(), "403 Forbidden", "{route} {token:?}");
            }
        }
    }
    // Nothing happened to what they own.
    let badge = theirs.call("GET", &format!("/v2/badge/{{client}}/{badge}"), &[], &Value::Null).expect(200).json();
    assert_eq!(badge["content"][0]["name"], "チームワーク");
    assert_eq!(theirs.recipients(&event)[0]["revoked"], false);
}

#[test]
fn another_organisations_badge_and_event_are_not_found_under_ones_own_name() {
    let (mine, theirs) = (Issuer::new("Mine", &[]), Issuer::new("Theirs", &[]));
    let badge = theirs.create_badge(&picture());
    let event = theirs.issue(&badge, &["a@example.org"]);
    for (route, _) in GUARDED.iter().filter(|(route, _)| route.contains("{badge}") || route.contains("{event}")) {
        let (method, path) = parts(route, &mine.client, &badge, &event);
        let (_, nothing) = parts(route, &mine.client, "nosuchbadge", "00000000000000000000");
        let body = match *route {
            "POST /v2/event/{client}/{badge}/issue" => issue_to(&["a@example.org"]),
            "PUT /v2/badge/{client}/{badge}" => journeys::badge(&picture()),
            "PATCH /v2/badge/{client}/{badge}" => json!({"expires": 1}),
            _ => json!({"recipient": ["a@example.org"]}),
        };
        let strip = |mut problem: Value| {
            for member in ["instance", "timestamp", "path"] {
                problem.as_object_mut().unwrap().remove(member);
            }
            problem
        };
        let foreign = strip(mine.call(&method, &path, &[], &body).expect(404).json());
        let absent = strip(mine.call(&method, &nothing, &[], &body).expect(404).json());
        assert_eq!(foreign, absent, "{route}");
    }
    let list = mine.call("GET", &format!("/v2/event/{{client}}/recipient?event_id={event}"), &[], &Value::Null);
    assert_eq!(list.expect(404).json()["status"], 404);
}

#[test]
fn a_secret_may_do_what_its_roles_say() {
    let admin = Issuer::new("Roles", &[]);
    let badge = admin.create_badge(&picture());
    let event = admin.issue(&badge, &["a@example.org"]);
    for role in ["creator", "issuer", "reviewer"] {
        let made = operator(&["secret", "add", "--client", &admin.client, "--label", role, "--roles", role]);
        let bearer = Issuer::sign_in(&admin.client, made["client_secret"].as_str().unwrap());
        for (route, roles) in GUARDED {
            // What is allowed finds nothing, or nothing it can take, so that no row disturbs the next.
            let (method, path) = parts(route, &admin.client, "nosuchbadge", "00000000000000000000");
            let answer = bearer.call(&method, &path, &[], &json!([]));
            let refused = answer.json()["type"] == "urn:shirushi:problem:missing-role";
            assert_eq!(refused, !roles.contains(&role), "{role} at {route}: {} {}", answer.status, answer.text());
            assert_eq!(refused, answer.status == 403, "{role} at {route}");
        }
        if role == "reviewer" {
            assert_eq!(bearer.recipients(&event).len(), 1);
        }
    }
}

#[test]
fn whatever_is_sent_to_a_route_is_refused_in_words_and_leaves_nothing() {
    let issuer = Issuer::new("Nonsense", &[]);
    let badge = issuer.create_badge(&picture());
    let event = issuer.issue(&badge, &["a@example.org"]);
    let bearer = format!("Bearer {}", issuer.token());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "7",
        "\"text\"",
        "{\"recipient\":7,\"content\":7,\"roles\":7,\"label\":7,\"name\":7}",
        "\u{0}",
        &deep,
    ];
    // Asking for an export says all there is to say.
    let reads_no_body =
        |route: &str| ["GET ", "DELETE ", "POST /v2/export"].iter().any(|begin| route.starts_with(begin));
    for (route, _) in GUARDED.into_iter().filter(|(route, _)| !reads_no_body(route)) {
        let (method, path) = parts(route, &issuer.client, &badge, &event);
        for body in bodies {
            // Mailing again, and a list of changes that is empty, are complete without saying more.
            let answer = request(&method, &path, &headers, body.as_bytes());
            let fine = answer.status == 200 && route.ends_with("/resend") && body.is_empty();
            let said = answer.json()["errors"].is_array() || answer.json()["type"].is_string();
            assert!(
                fine || ((400..500).contains(&answer.status) && said),
                "{route} {:.60}: {} {}",
                body,
                answer.status,
                answer.text()
            );
        }
        let oversized = vec![b' '; 6 * 1024 * 1024 + 1];
        let status = request(&method, &path, &headers, &oversized).status;
        assert!(matches!(status, 413 | 400 | 404), "{route}: {status}");
    }
    // Ids and queries that are none.
    for (route, _) in GUARDED {
        let (method, path) = parts(route, &issuer.client, "%00%0d%0a", "..%2f..");
        let status = request(&method, &path, &headers, b"{}").status;
        assert!(status < 500, "{route}: {status}");
    }
    for query in ["limit=0", "limit=x", "offset=-1", "order_by=up", "email=nobody", "begin=later", "draft=perhaps"] {
        let path = if query.starts_with("draft") { "/v2/badge/{client}" } else { "/v2/event/{client}" };
        let problem = issuer.call("GET", &format!("{path}?{query}"), &[], &Value::Null).expect(400).json();
        assert_eq!(problem["errors"][0]["pointer"], format!("#/{}", query.split('=').next().unwrap()), "{query}");
    }
    let badges = issuer.call("GET", "/v2/badge/{client}", &[], &Value::Null).expect(200).json();
    let events = issuer.call("GET", "/v2/event/{client}", &[], &Value::Null).expect(200).json();
    assert_eq!((&badges["total"], &events["total"]), (&json!(1), &json!(1)));
    let badge = issuer.call("GET", &format!("/v2/badge/{{client}}/{badge}"), &[], &Value::Null).expect(200).json();
    assert_eq!((&badge["version"], &badge["content"][0]["name"]), (&json!(1), &json!("チームワーク")));
}

#[test]
fn a_secret_that_was_taken_back_opens_nothing() {
    let admin = Issuer::new("Taken back", &[]);
    let made = operator(&["secret", "add", "--client", &admin.client, "--label", "second"]);
    let (secret, id) = (made["client_secret"].as_str().unwrap(), made["secret_id"].as_str().unwrap());
    let bearer = Issuer::sign_in(&admin.client, secret);
    let listed = operator(&["secret", "list", "--client", &admin.client]);
    assert_eq!(listed["secrets"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(secret));
    let _ = operator(&["secret", "remove", "--client", &admin.client, "--id", id]);
    let form = format!("grant_type=client_credentials&client_id={}&client_secret={secret}", admin.client);
    let form_type = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(request("POST", "/v2/client/oauth2/token", &form_type, form.as_bytes()).status, 403);
    // A token it was good for lives out its hour: tokens are checked without asking the table. SECURITY.md says so too.
    let _ = bearer.call("GET", "/v2/client/{client}/ping", &[], &Value::Null).expect(200);
    let _ = Issuer::sign_in(&admin.client, &admin.secret);
}

#[test]
fn wrong_credentials_are_one_answer_whoever_is_asked_for() {
    let someone = Issuer::new("Someone", &[]);
    let answer = |client: &str, secret: &str| {
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let form_type = [("content-type", "application/x-www-form-urlencoded")];
        let mut body = request("POST", "/v2/client/oauth2/token", &form_type, form.as_bytes()).expect(403).json();
        assert_eq!(body["error"], "Forbidden");
        for member in ["instance", "timestamp"] {
            body.as_object_mut().unwrap().remove(member);
        }
        body
    };
    let other = if someone.secret.ends_with('0') { '1' } else { '0' };
    let wrong = answer(&someone.client, &format!("{}{other}", &someone.secret[..63]));
    assert_eq!(wrong, answer("nobodyatall", &someone.secret));
    assert_eq!(wrong, answer("../..", &someone.secret));
}
