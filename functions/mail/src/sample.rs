//! An organisation, its badge, an event and a recipient for this crate's tests; and the same with texts that need escaping.

use application::{Answers, Applicant, Application, Circumstances, Form, Secret, State, Submission, Typed};
use badge::definition::{Artwork, Badge, ImageFormat};
use badge::event::Seed;
use badge::{
    ApplicationId, BadgeId, ClientId, Definition, Event, EventId, FormId, Lang, Organisation, Recipient, StatusListId,
    Urls,
};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

pub(crate) const ISSUED: i64 = 1_768_469_400;

pub(crate) fn urls() -> Urls {
    Urls::new("https://badges.example").unwrap()
}

pub(crate) fn organisation() -> Organisation {
    let body =
        json!({"name": "京都はたおり学院", "url": "https://hataori.example/", "email": "contact@hataori.example"});
    Organisation::read(&body, ClientId::from_random([1; 10]), at(0)).unwrap()
}

pub(crate) fn badge() -> Badge {
    let body = json!({
        "primary_language": "ja", "draft": false,
        "content": [
            {"language": "ja", "name": "手織り入門", "tag": ["織物"], "image_alt": "赤い印章",
             "description": "機の仕組みを知り、糸を選び、ひとりで布を織ることができます。",
             "criteria": "実技試験に**合格**すること。\n\n- 経糸を張る\n- 布を三十センチ織る",
             "alignment": [{"targetName": "織物をつくる", "targetUrl": "https://esco.example/1"}]},
            {"language": "en", "name": "Weaving for beginners", "tag": ["textiles"], "image_alt": "A red seal",
             "description": "Knows how a loom works, chooses yarn, and weaves a cloth without help.",
             "criteria": "Pass the **practical test**:\n\n- set up the warp\n- weave thirty centimetres of cloth"},
        ]
    });
    Badge {
        id: BadgeId::from_random([2; 10]),
        client: ClientId::from_random([1; 10]),
        version: 1,
        definition: Definition::read(&body).unwrap(),
        artwork: Artwork {
            format: ImageFormat::Svg,
            sha256: "ab".repeat(32),
            png_sha256: "cd".repeat(32),
            design: None,
        },
        created_at: at(0),
        modified_at: at(0),
    }
}

pub(crate) fn event() -> Event {
    Event {
        id: EventId::from_random([7; 10]),
        client: ClientId::from_random([1; 10]),
        badge: BadgeId::from_random([2; 10]),
        badge_version: 1,
        name: "Spring".into(),
        issued_on: at(ISSUED),
        expires_on: Some(at(1_800_000_000)),
        criteria_add: Some("Addendum".into()),
        alias: None,
        issuer: None,
        sign: badge::Signing::AtIssue,
        api_consumer_id: None,
        log_entry: None,
        application: None,
        email_message: None,
        email_translations: vec![],
        send_email: true,
        recipient_count: 1,
        created_at: at(ISSUED),
        seed: Seed::from_random([9; 32]),
        status_list: StatusListId::from_random([4; 10]),
        status_position: 0,
    }
}

pub(crate) fn recipient() -> Recipient {
    Recipient {
        email: "hana@learners.example".parse().unwrap(),
        name: "山田 花子".into(),
        language: badge::text::Language::default(),
        expires_on: None,
        evidence: vec![],
    }
}

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

/// Texts that would be markup if they could.
pub(crate) fn hostile() -> (Organisation, Badge, Recipient) {
    let (mut organisation, mut badge) = (organisation(), badge());
    organisation.name = "<i>学院</i>".into();
    organisation.url = "https://hataori.example/?a&b".parse().unwrap();
    for content in &mut badge.definition.contents {
        content.name = "<u>織</u>".into();
        content.description = "<b>説明</b>".into();
        content.criteria = "<script>x</script>[y](javascript:z)".into();
        content.image_alt = Some("\"印\"".into());
        content.tags = vec!["<u>".into()];
    }
    (organisation, badge, Recipient { name: "花 <s>".into(), ..recipient() })
}
