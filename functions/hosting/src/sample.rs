//! An organisation, its badge and an event for this crate's tests, with texts that need escaping.

use badge::definition::{Artwork, Badge, ImageFormat};
use badge::event::{IssueRequest, Seed};
use badge::{BadgeId, ClientId, Definition, Event, EventId, Organisation, StatusListId, Urls};
use jiff::Timestamp;
use serde_json::json;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

pub(crate) fn urls() -> Urls {
    Urls::new("https://badges.example").unwrap()
}

pub(crate) fn organisation() -> Organisation {
    let body = json!({
        "name": "織物 <学院>", "url": "https://acme.example/?a&b", "email": "contact@acme.example", "description": "<i>x</i>"
    });
    Organisation::read(&body, ClientId::from_random([1; 10]), at(0)).unwrap()
}

pub(crate) fn badge() -> Badge {
    let body = json!({
        "primary_language": "ja", "draft": false,
        "content": [
            {"language": "ja", "name": "機織り <&>", "description": "説明 <b>", "criteria": "実技に**合格**\n\n<script>x</script>",
             "tag": ["織物"], "image_alt": "\"印\"",
             "alignment": [{"targetName": "T <1>", "targetUrl": "https://esco.example/1"}]},
            {"language": "en", "name": "Weaving", "description": "Plain.", "criteria": "Pass the *test*.", "tag": []},
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
    let request = IssueRequest::read(&json!({"recipient": [{"email": "hana@example.org", "name": "花"}]})).unwrap();
    Event {
        id: EventId::from_random([7; 10]),
        client: ClientId::from_random([1; 10]),
        badge: BadgeId::from_random([2; 10]),
        badge_version: 1,
        name: "Spring".into(),
        issued_on: at(1_768_469_400),
        expires_on: None,
        criteria_add: Some("Addendum".into()),
        alias: None,
        issuer: None,
        sign: badge::Signing::AtIssue,
        api_consumer_id: None,
        log_entry: None,
        application: None,
        email_message: None,
        email_translations: vec![],
        send_email: request.send_email,
        recipient_count: 1,
        created_at: at(1_768_469_400),
        seed: Seed::from_random([9; 32]),
        status_list: StatusListId::from_random([4; 10]),
        status_position: 0,
    }
}
