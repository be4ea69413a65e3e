//! Somebody applies: each method of approval, up to the approval; what was typed is not lost; what is wrong is named field by field.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;

use applicants::{Office, answers, now, pair, post, refused};
use application::link::Opens;
use journeys::{Issuer, operator, request};
use serde_json::{Value, json};

#[test]
fn a_form_shows_what_is_asked_and_no_secret() {
    let office = Office::new("Forms");
    let approval =
        json!({"method": "quiz", "pass_mark": 1, "attempts": 2, "questions": [{"field": "course", "right": ["b"]}]});
    let page = office.form(&approval);
    let shown = page.show();
    assert_eq!(
        (&shown["title"], &shown["availability"], &shown["method"]),
        (&json!("修了申請"), &json!("open"), &json!("quiz"))
    );
    assert_eq!(shown["badge"]["name"], "チームワーク");
    for secret in ["right", "pass_mark", "よく見て", "secret"] {
        assert!(!shown.to_string().contains(secret), "{secret}");
    }
    let own =
        office.issuer.call("GET", &format!("/v2/form/{{client}}/{}", page.form), &[], &Value::Null).expect(200).json();
    assert_eq!(own["definition"]["approval"]["questions"][0]["right"], json!(["b"]));
    let english =
        request("GET", &format!("/apply/{}", page.form), &[("accept-language", "en")], b"").expect(200).json();
    assert_eq!(english["title"], "Completion");
    assert_eq!(request("GET", "/apply/nosuchform", &[], b"").status, 404);
}

#[test]
fn automatic_approves_once_the_address_is_proved() {
    let office = Office::new("Automatic");
    let page = office.form(&json!({"method": "automatic"}));
    let mine = page.submit(answers("hanako@example.org"));
    assert_eq!(office.issued(&page.form), 0);
    let wrong = mine.post("prove", &json!({"code": "abc"}));
    assert_eq!((wrong.status, refused(&wrong)), (400, vec![pair("#/code", "wrong_code")]));
    mine.prove().expect(200);
    assert!(mine.is_approved());
    let seen = office.application(&mine.id);
    assert_eq!(seen["email"], "hanako@example.org");
    let history: Vec<&str> =
        seen["history"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(history[..2], ["submit", "prove"]);
    // A link out of the mail that is followed again finds what it found.
    mine.prove().expect(200);
    assert!(mine.is_approved());
    mine.post("withdraw", &json!({})).expect(409);
}

#[test]
fn the_link_in_the_mail_proves_and_looking_at_it_does_not() {
    let office = Office::new("Proof link");
    let page = office.form(&json!({"method": "automatic"}));
    let mine = page.submit(answers("hanako@example.org"));
    let link = mine.link(&Opens::Proof { round: 1 }, now());
    let looked = request("GET", &link, &[], b"").expect(200).json();
    assert_eq!((&looked["state"], &looked["address_proved"]), (&json!("unproven"), &json!(false)));
    // It opens nothing else.
    for action in ["submit", "withdraw", "vote", "decision", "endorse", "proof"] {
        post(&format!("{link}/{action}"), &json!({})).expect(404);
    }
    assert_eq!(post(&format!("{link}/prove"), &json!({})).expect(200).json()["state"], "approved");
    post(&format!("{link}/prove"), &json!({})).expect(200);
    assert_eq!(office.issued(&page.form), 1);
}

#[test]
fn what_is_typed_is_kept_and_what_is_wrong_is_named() {
    let office = Office::new("Drafts");
    let page = office.form(&json!({"method": "automatic"}));
    let begun = page
        .begin(json!({"name": "花子", "email": "hanako@example.org", "answers": {"why": "途中"}}))
        .expect(201)
        .json();
    let mine = applicants::Mine {
        page: page.clone(),
        id: begun["id"].as_str().unwrap().to_owned(),
        url: begun["url"].as_str().unwrap().to_owned(),
    };
    assert_eq!(mine.look()["draft"], json!({"why": "途中"}));
    let typed =
        json!({"name": "花子", "email": "hanako@example.org", "answers": {"why": "", "course": "z", "extra": 1}});
    let answer = mine.post("submit", &typed);
    let expected = [
        pair("#/answers/why", "missing"),
        pair("#/answers/course", "not_allowed"),
        pair("#/answers/extra", "not_found"),
    ];
    assert_eq!((answer.status, refused(&answer)), (400, expected.to_vec()));
    assert_eq!(answer.json()["errors"][0]["detail"], "この項目は必須です。");
    assert_eq!((&mine.look()["draft"], mine.state().as_str()), (&typed["answers"], "draft"));
    // A draft is the applicant's own.
    office.issuer.call("GET", &format!("/v2/application/{{client}}/{}", mine.id), &[], &Value::Null).expect(404);
    mine.put(&answers("hanako@example.org")).expect(200);
    mine.prove().expect(200);
    assert_eq!(mine.state(), "draft");
    assert_eq!(mine.post("submit", &answers("hanako@example.org")).expect(200).json()["state"], "approved");
}

#[test]
fn programs_are_kept_away() {
    let office = Office::new("Programs");
    let page = office.form(&json!({"method": "automatic"}));
    let path = format!("/apply/{}/applications", page.form);
    let without = post(&path, &answers("a@example.org"));
    assert_eq!((without.status, refused(&without)), (400, vec![pair("#/solution", "unsolved")]));
    let mut trapped = answers("a@example.org");
    trapped["website"] = "https://spam.example".into();
    let trapped = page.begin(trapped);
    assert_eq!((trapped.status, refused(&trapped)), (400, vec![pair("#/website", "must_be_empty")]));
    let body = page.worked(answers("a@example.org"));
    post(&path, &body).expect(201);
    let again = post(&path, &body);
    assert_eq!((again.status, refused(&again)), (400, vec![pair("#/solution", "unsolved")]));
    // One address gets a few mails an hour, whoever asks for them.
    for _ in 0..4 {
        page.begin(answers("A@example.org")).expect(201);
    }
    page.begin(answers("a@example.org")).expect(429);
}

#[test]
fn one_reviewer_decides_and_a_returned_application_keeps_both_versions() {
    let office = Office::new("Review");
    let approval = json!({"method": "review", "reviewers": [
        {"id": "sato", "name": "佐藤", "email": "sato@outside.example", "access": "outside"}]});
    let page = office.form(&approval);
    let mine = page.hand_in(answers("hanako@example.org"));
    assert_eq!(mine.state(), "submitted");
    let link = mine.reviewer("sato");
    let seen = request("GET", &link, &applicants::JSON, b"").expect(200).json();
    assert_eq!((&seen["submission"]["answers"]["why"], &seen["may_decide"]), (&json!("学びました"), &json!(true)));
    assert_eq!(seen["reviewer_instructions"], "よく見てください。");
    assert!(!seen.to_string().contains('@'));
    let back = json!({"decision": "return", "comment": "もう少し詳しく"});
    post(&format!("{link}/decision"), &back).expect(200);
    // Replayed, it finds the application elsewhere.
    post(&format!("{link}/decision"), &back).expect(409);
    let returned = mine.look();
    assert_eq!((&returned["state"], &returned["comment"]), (&json!("returned"), &json!("もう少し詳しく")));
    assert_eq!(returned["draft"]["why"], "学びました");
    // Meanwhile the form asks for more.
    let mut body = office.body(&approval);
    body["fields"][0]["label"] = "もっと理由".into();
    let path = format!("/v2/form/{{client}}/{}", page.form);
    assert_eq!(office.issuer.call("PUT", &path, &[], &body).expect(200).json()["version"], 2);
    let mut better = answers("hanako@example.org");
    better["answers"]["why"] = "とても詳しく学びました".into();
    mine.post("submit", &better).expect(200);
    let staff = office.application(&mine.id);
    let versions: Vec<_> = staff["submissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            (
                s["number"].as_u64().unwrap(),
                s["form_version"].as_u64().unwrap(),
                s["answers"]["why"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(versions, [(1, 1, "学びました".to_owned()), (2, 2, "とても詳しく学びました".to_owned())]);
    assert_eq!(staff["forms"][0]["fields"][0]["label"], "Why");
    assert_eq!(staff["forms"][1]["fields"][0]["label"], "もっと理由");
    let approve = json!({"decision": "approve", "criteria_add": "とてもよい", "expires_on": 4_000_000_000_i64});
    post(&format!("{link}/decision"), &approve).expect(200);
    assert!(mine.is_approved());
    for (action, body) in [("withdraw", json!({})), ("submit", better)] {
        mine.post(action, &body).expect(409);
    }
    office.decide(&mine.id, &json!({"decision": "reject"})).expect(409);
    // A link that has run out says so; one that was changed is none.
    let old = mine.link(&Opens::Reviewer("sato".parse().unwrap()), "2026-01-01T00:00:00Z".parse().unwrap());
    request("GET", &old, &[], b"").expect(410);
    let digit = if link.ends_with('0') { '1' } else { '0' };
    request("GET", &format!("{}{digit}", &link[..link.len() - 1]), &[], b"").expect(404);
    request("GET", &link.replace(".rsato.", ".rsuzuki."), &[], b"").expect(404);
}

#[test]
fn staff_reject_set_aside_and_withdraw() {
    let office = Office::new("Staff");
    let page = office.form(&json!({"method": "review", "reviewers": []}));
    let rejected = page.hand_in(answers("a@example.org"));
    office.decide(&rejected.id, &json!({"decision": "reject", "reason": "基準に達していません"})).expect(200);
    let seen = rejected.look();
    assert_eq!((&seen["state"], &seen["reason"]), (&json!("rejected"), &json!("基準に達していません")));
    let twice = page.hand_in(answers("a@example.org"));
    let unknown = office.decide(&twice.id, &json!({"decision": "duplicate", "duplicate_of": "nosuchthing"}));
    assert_eq!((unknown.status, refused(&unknown)), (400, vec![pair("#/duplicate_of", "not_found")]));
    office.decide(&twice.id, &json!({"decision": "duplicate", "duplicate_of": rejected.id})).expect(200);
    assert_eq!(office.application(&twice.id)["duplicate_of"], rejected.id);
    let third = page.hand_in(answers("b@example.org"));
    third.post("withdraw", &json!({})).expect(200);
    third.post("withdraw", &json!({})).expect(200);
    office.decide(&third.id, &json!({"decision": "approve"})).expect(409);
    for (state, count) in [("rejected", 1), ("duplicate", 1), ("withdrawn", 1), ("submitted", 0)] {
        assert_eq!(office.count(&page.form, state), count, "{state}");
    }
    let list =
        office.issuer.call("GET", "/v2/application/{client}?q=B%40EXAMPLE", &[], &Value::Null).expect(200).json();
    assert_eq!((&list["total"], &list["result"][0]["id"]), (&json!(1), &json!(third.id)));
}

#[test]
fn a_jury_votes_inside_and_outside() {
    let office = Office::new("Jury");
    let made =
        operator(&["secret", "add", "--client", &office.issuer.client, "--label", "juror", "--roles", "reviewer"]);
    let inside = Issuer::sign_in(&office.issuer.client, made["client_secret"].as_str().unwrap());
    let approval = json!({"method": "jury", "issue_votes": 2, "reject_votes": 2, "jurors": [
        {"id": "one", "name": "一", "email": "one@outside.example", "access": "outside"},
        {"id": "two", "name": "二", "email": "two@outside.example", "access": "outside"},
        {"id": "three", "name": "三", "credential": made["secret_id"]}]});
    let page = office.form(&approval);
    let mine = page.hand_in(answers("hanako@example.org"));
    office.decide(&mine.id, &json!({"decision": "approve"})).expect(409);
    let first = mine.reviewer("one");
    let voted = post(&format!("{first}/vote"), &json!({"vote": "issue", "comment": "よい"})).expect(200).json();
    assert_eq!(voted["votes"].as_array().unwrap().len(), 1);
    post(&format!("{first}/vote"), &json!({"vote": "issue"})).expect(200);
    let second = request("GET", &mine.reviewer("two"), &[], b"").expect(200).json();
    assert_eq!(second["votes"], json!([]));
    let path = format!("/v2/application/{{client}}/{}/vote", mine.id);
    office.issuer.call("POST", &path, &[], &json!({"vote": "issue"})).expect(409);
    let done = inside.call("POST", &path, &[], &json!({"vote": "issue", "comment": "賛成"})).expect(200).json();
    assert_eq!(done["state"], "approved");
    post(&format!("{}/vote", mine.reviewer("two")), &json!({"vote": "reject"})).expect(409);
    // Whoever is a juror has no vote on an application of their own.
    let own = page.hand_in(answers("ONE@outside.example"));
    request("GET", &own.reviewer("one"), &[], b"").expect(404);
}

#[test]
fn a_final_reviewer_sees_all_votes() {
    let office = Office::new("Final");
    let outside =
        |id: &str| json!({"id": id, "name": id, "email": format!("{id}@outside.example"), "access": "outside"});
    let page = office.form(
        &json!({"method": "jury", "jurors": [outside("one"), outside("two")], "final_reviewer": outside("last")}),
    );
    let mine = page.hand_in(answers("hanako@example.org"));
    for juror in ["one", "two"] {
        post(&format!("{}/vote", mine.reviewer(juror)), &json!({"vote": "reject"})).expect(200);
        post(&format!("{}/decision", mine.reviewer(juror)), &json!({"decision": "approve"})).expect(409);
    }
    assert_eq!(mine.state(), "submitted");
    let last = mine.reviewer("last");
    assert_eq!(request("GET", &last, &[], b"").expect(200).json()["votes"].as_array().unwrap().len(), 2);
    post(&format!("{last}/decision"), &json!({"decision": "approve"})).expect(200);
    assert!(mine.is_approved());
}

#[test]
fn a_missed_mark_waits_and_no_score_can_be_sent_along() {
    let office = Office::new("Quiz");
    let approval = json!({"method": "quiz", "pass_mark": 2, "attempts": 2, "questions": [{"field": "course", "right": ["b"], "points": 2}]});
    let page = office.form(&approval);
    let mut wrong = answers("hanako@example.org");
    wrong["answers"]["course"] = "a".into();
    wrong["score"] = json!({"points": 99, "of": 99, "passed": true});
    wrong["passed"] = true.into();
    let mine = page.hand_in(wrong.clone());
    let seen = mine.look();
    assert_eq!((&seen["state"], &seen["passed"], seen.get("score")), (&json!("submitted"), &json!(false), None));
    assert_eq!(office.application(&mine.id)["submissions"][0]["score"], json!({"points": 0, "of": 2, "passed": false}));
    wrong["answers"]["score"] = 99.into();
    let tampered = mine.post("submit", &wrong);
    assert_eq!(refused(&tampered), [pair("#/answers/score", "not_found")]);
    assert_eq!(mine.post("submit", &answers("hanako@example.org")).expect(200).json()["state"], "approved");
    let used = page.hand_in(json!({"name": "x", "email": "x@example.org", "answers": {"why": "w", "course": "a"}}));
    let again = json!({"name": "x", "email": "x@example.org", "answers": {"why": "w", "course": "a"}});
    assert_eq!(used.post("submit", &again).expect(200).json()["state"], "submitted");
    used.post("submit", &answers("x@example.org")).expect(409);
}

#[test]
fn peers_show_their_badge_and_approve_once() {
    let office = Office::new("Peers");
    let held = office.issuer.create_badge(&journeys::picture());
    let event = office.issuer.issue(&held, &["p1@example.org", "p2@example.org", "hanako@example.org"]);
    let other = office.issuer.issue(&office.badge, &["p3@example.org"]);
    let page = office.form(&json!({"method": "peer", "badge_ids": [held], "threshold": 2}));
    let mine = page.hand_in(answers("hanako@example.org"));
    let peer = mine.look()["peer_url"].as_str().unwrap().to_owned();
    let seen = request("GET", &peer, &[], b"").expect(200).json();
    assert!(seen["submission"]["answers"]["why"].is_string() && !seen.to_string().contains('@'));
    let proof = |event: &str, number: usize| {
        let record: badge::Event =
            serde_json::from_value(applicants::document(&format!("EVENT#{event}"), "EVENT")).unwrap();
        let id = office.issuer.credentials(event)[number].parse().unwrap();
        record.receive_link(&id, now())
    };
    let endorse = |credential: &str| {
        post(&format!("{peer}/endorse"), &json!({"credential": credential, "comment": "推薦します"}))
    };
    endorse("nonsense").expect(400);
    endorse(&proof(&other, 0)).expect(400);
    // Nobody approves their own.
    endorse(&proof(&event, 2)).expect(409);
    endorse(&proof(&event, 0)).expect(200);
    endorse(&proof(&event, 0)).expect(409);
    assert_eq!(mine.state(), "submitted");
    office.decide(&mine.id, &json!({"decision": "approve"})).expect(409);
    endorse(&format!("https://badges.example/c/receive?tk={}", proof(&event, 1))).expect(200);
    assert!(mine.is_approved());
}
