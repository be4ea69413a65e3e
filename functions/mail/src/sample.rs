//! A form and an application beside what [`letter::sample`] has, for this crate's tests.

use application::{Answers, Applicant, Application, Circumstances, Form, Secret, State, Submission, Typed};
use badge::{ApplicationId, BadgeId, ClientId, FormId, Lang};
pub(crate) use letter::sample::*;
use serde_json::{Value, json};

/// A form for the badge that two jurors and a final reviewer decide upon, in Japan.
pub(crate) fn form() -> Form {
    let outside = |id: &str, name: &str, language: &str| json!({"id": id, "name": name, "email": format!("{id}@jury.example"), "language": language, "access": "outside"});
    let inside =
        json!({"id": "saito", "name": "斎藤", "email": "saito@hataori.example", "language": "ja", "access": "inside"});
    let body = json!({
        "badge_id": BadgeId::from_random([2; 10]), "title": {"ja": "手織り入門の申請", "en": "Weaving: application"},
        "time_zone": "Asia/Tokyo", "fields": [{"id": "why", "type": "paragraph", "label": "理由"}], "reminder_days": 7,
        "approval": {
            "method": "jury", "jurors": [outside("june", "June", "en"), outside("jiro", "次郎", "ja"), inside],
            "final_reviewer": outside("fumi", "文", "ja"),
        },
    });
    Form {
        id: FormId::from_random([5; 10]),
        client: ClientId::from_random([1; 10]),
        version: 1,
        definition: application::Definition::read(&body).unwrap(),
        archived_at: None,
        secret: Secret::from_random([6; 32]),
        created_at: at(0),
        modified_at: at(0),
    }
}

/// An application to it in some state, as it stands in records, since [`ISSUED`].
pub(crate) fn application(language: Lang, state: Value) -> Application {
    let form = form();
    let applicant =
        Applicant { name: "山田 花子".into(), email: "hana@learners.example".parse().unwrap(), language };
    let id = ApplicationId::from_random([4; 10]);
    let begun = Application::begin(id, &form, applicant.clone(), Typed::default(), at(ISSUED)).application;
    let world = Circumstances { form: &form, evidence: application::Evidence::Accepted, turn: 0, now: at(ISSUED) };
    let mut application = begun.submit(applicant, Answers::default(), None, &world).unwrap().application;
    assert_eq!(application.submission.as_ref().map(|Submission { number, .. }| *number), Some(1));
    application.state = serde_json::from_value::<State>(state).unwrap();
    if !matches!(application.state, State::Draft | State::Unproven) {
        application.proved_at = Some(at(ISSUED));
        application.assigned = ["june", "jiro", "saito"].map(|id| id.parse().unwrap()).into();
    }
    application
}
