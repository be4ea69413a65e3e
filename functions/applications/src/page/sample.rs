//! A form with every kind of field, its badge and an application, for the tests of the pages.

use crate::files::Shown;
use crate::step::Subject;
use application::application::Circumstances;
use application::form::{Definition, Form};
use application::{Answers, Applicant, Application, Evidence, Secret, Typed};
use badge::definition::{Artwork, Badge, ImageFormat};
use badge::input::{Complaints, Reader};
use badge::{ApplicationId, BadgeId, ClientId, FormId, Lang, Urls};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) fn now() -> Timestamp {
    "2026-06-15T03:00:00Z".parse().unwrap()
}

pub(crate) fn urls() -> Urls {
    Urls::new("https://badges.example").unwrap()
}

pub(crate) fn badge() -> Badge {
    let body = json!({
        "primary_language": "ja", "draft": false,
        "content": [
            {"language": "ja", "name": "手織り入門", "image_alt": "赤い印章", "description": "ひとりで布を織ることができます。",
             "criteria": "実技試験に**合格**すること。"},
            {"language": "en", "name": "Weaving for beginners", "image_alt": "A red seal", "description": "Weaves a cloth without help.",
             "criteria": "Pass the **practical test**."},
        ]
    });
    Badge {
        id: BadgeId::from_random([2; 10]),
        client: ClientId::from_random([1; 10]),
        version: 1,
        definition: badge::Definition::read(&body).unwrap(),
        artwork: Artwork {
            format: ImageFormat::Svg,
            sha256: "ab".repeat(32),
            png_sha256: "cd".repeat(32),
            design: None,
        },
        created_at: now(),
        modified_at: now(),
    }
}

/// A form's body. Whatever begins with `SECRET` must be on no applicant's page.
pub(crate) fn body(approval: &Value) -> Value {
    json!({
        "badge_id": "b1", "primary_language": "ja",
        "title": {"ja": "手織り入門バッジの申請", "en": "Apply for “Weaving for beginners”"},
        "instructions": {"ja": "講座を修了した方が対象です。**作品の写真**を添付してください。",
                         "en": "For people who finished the course. Please attach **pictures of your work**."},
        "reviewer_instructions": {"ja": "SECRET-INSTRUCTIONS 写真の鮮明さを確認してください。", "en": "SECRET-INSTRUCTIONS Look whether the pictures are sharp."},
        "fields": [
            {"id": "why", "type": "paragraph", "required": true, "max_chars": 1000,
             "label": {"ja": "学んだこと", "en": "What did you learn?"}, "help": {"ja": "具体的に書いてください。", "en": "Be specific."}},
            {"id": "course", "type": "radio", "required": true, "inline": true, "label": {"ja": "受講した会場", "en": "Where did you take the course?"},
             "options": [{"value": "a", "label": {"ja": "京都", "en": "Kyoto"}}, {"value": "b", "label": {"ja": "オンライン", "en": "Online"}}]},
            {"id": "topics", "type": "checkbox", "label": {"ja": "使った技法", "en": "Techniques you used"},
             "options": [{"value": "x", "label": {"ja": "平織", "en": "Plain weave"}}, {"value": "y", "label": {"ja": "綾織", "en": "Twill"}},
                         {"value": "z", "label": {"ja": "朱子織", "en": "Satin"}}]},
            {"id": "level", "type": "select", "label": {"ja": "経験年数", "en": "Years of practice"},
             "options": [{"value": "1", "label": {"ja": "1年未満", "en": "Less than one"}}, {"value": "2", "label": {"ja": "1年以上", "en": "One or more"}}]},
            {"id": "on", "type": "date", "label": {"ja": "修了日", "en": "Date of completion"}, "min": "2026-01-01", "max": "2026-12-31"},
            {"id": "word", "type": "text", "label": {"ja": "受講番号", "en": "Course number"}, "max_chars": 20},
            {"id": "file", "type": "file", "label": {"ja": "作品の写真", "en": "Pictures of your work"}, "max_files": 3}
        ],
        "not_before": "2026-06-01", "not_after": "2026-06-30", "time_zone": "Asia/Tokyo",
        "evidence": "optional", "embed_origins": ["https://www.example.org"], "approval": approval
    })
}

pub(crate) fn form_of(body: &Value) -> Form {
    Form {
        id: FormId::from_random([1; 10]),
        client: ClientId::from_random([1; 10]),
        version: 1,
        definition: Definition::read(body).unwrap(),
        archived_at: None,
        secret: Secret::from_random([7; 32]),
        created_at: now(),
        modified_at: now(),
    }
}

pub(crate) fn review() -> Value {
    json!({"method": "review", "reviewers": [
        {"id": "r1", "name": "SECRET 織田", "email": "r1@secret.example", "access": "outside"}]})
}

pub(crate) fn quiz() -> Value {
    json!({"method": "quiz", "pass_mark": 2, "questions": [{"field": "word", "right": ["SECRET-ANSWER"], "points": 2}]})
}

pub(crate) fn claim_code() -> Value {
    json!({"method": "claim_code", "codes": [{"code": "SECRET-CODE"}]})
}

pub(crate) fn form(approval: &Value) -> Form {
    form_of(&body(approval))
}

fn applicant() -> Applicant {
    Applicant { name: "山田 花子 <b>".into(), email: "hana@learners.example".parse().unwrap(), language: Lang::Ja }
}

fn typed(answers: &Value) -> Typed {
    let body = json!({"answers": answers});
    Typed::read(&Reader::root(&body, &Complaints::default()))
}

pub(crate) fn draft(form: &Form) -> Application {
    let answers = json!({"why": "<script>\n経糸の張り方", "topics": ["x", "y"], "file": ["f1", "f2"]});
    let step = Application::begin(ApplicationId::from_random([3; 10]), form, applicant(), typed(&answers), now());
    step.application.send_proof(now()).unwrap().application
}

/// A draft, submitted as far as it goes without a proof of the address.
pub(crate) fn unproven(form: &Form) -> Application {
    let answers = json!({"why": "<script>\n経糸の張り方を学びました。", "course": "a", "topics": ["x", "y"], "word": "K-12", "file": ["f1", "f2"]});
    let answers = Answers::read(&typed(&answers), &form.definition).unwrap();
    draft(form).submit(applicant(), answers, None, &world(form)).unwrap().application
}

pub(crate) fn submitted(form: &Form) -> Application {
    unproven(form).prove(&world(form)).unwrap().application
}

pub(crate) fn world(form: &Form) -> Circumstances<'_> {
    Circumstances { form, evidence: Evidence::Accepted, turn: 0, now: now() }
}

pub(crate) fn subject(application: Application, form: &Form) -> Subject {
    Subject { application, form: form.clone() }
}

pub(crate) fn files() -> Vec<Shown> {
    let file = |id: &str, name: &str, state, reason| Shown {
        id: id.into(),
        field: "file".into(),
        name: name.into(),
        size_bytes: 3_456_789,
        state,
        reason,
        has_nested: false,
    };
    vec![
        file("f1", "手織りの布 <1>.jpg", "accepted", None),
        file("f2", "織機の動画.mp4", "checking", None),
        file("f3", "setup.pdf", "refused", Some(evidence::Reason::Executable)),
    ]
}
