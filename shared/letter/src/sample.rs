//! An organisation, its badge, an event and a recipient for tests; and the same with texts that need escaping.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, missing_docs, reason = "only tests use it")]

use badge::definition::{Artwork, Badge, ImageFormat};
use badge::event::Seed;
use badge::{BadgeId, ClientId, Definition, Event, EventId, Organisation, Recipient, StatusListId, Urls};
use jiff::Timestamp;
use serde_json::json;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

pub const ISSUED: i64 = 1_768_469_400;

pub fn urls() -> Urls {
    Urls::new("https://badges.example").unwrap()
}

pub fn organisation() -> Organisation {
    let body =
        json!({"name": "京都はたおり学院", "url": "https://hataori.example/", "email": "contact@hataori.example"});
    Organisation::read(&body, ClientId::from_random([1; 10]), at(0)).unwrap()
}

pub fn badge() -> Badge {
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

pub fn event() -> Event {
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

pub fn recipient() -> Recipient {
    Recipient {
        email: "hana@learners.example".parse().unwrap(),
        name: "山田 花子".into(),
        language: badge::text::Language::default(),
        expires_on: None,
        evidence: vec![],
    }
}

/// Texts that would be markup if they could.
pub fn hostile() -> (Organisation, Badge, Recipient) {
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

/// Compares with a kept copy; `UPDATE_GOLDEN=1 cargo test` writes it anew.
#[expect(clippy::disallowed_methods, reason = "only who runs the tests by hand sets it")]
pub fn same_as(crate_folder: &str, file: &str, kept: &str, now: &str) {
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(format!("{crate_folder}/src/golden/{file}"), now).unwrap();
    } else {
        assert!(kept == now, "{file} differs; look at it, then UPDATE_GOLDEN=1 cargo test");
    }
}
