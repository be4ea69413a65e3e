//! One badge, in the shape of the Open Badge Factory API v2, with its version.

use crate::App;
use badge::definition::Badge;
use badge::{BadgeId, ClientId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::{Answer, Kind, Problem, Request};
use serde_json::{Value, json};
use store::key;

/// `GET /v2/badge/{client}/{badge}`.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: BadgeId = request.id("badge")?;
    let badge = app.store.badge(&client, &id).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    let png = app.store.object(&key::artwork_object(&badge.artwork.png_sha256, "png")).await.map_err(edge::failed)?;
    let png = png.ok_or_else(|| Problem::internal("the artwork of a badge is gone"))?;
    let image = format!("data:image/png;base64,{}", STANDARD.encode(png));
    Ok(Answer::json(200, &body(&badge, &image)).header("etag", etag(badge.version)))
}

/// The version as an entity tag, for `If-Match`.
pub(crate) fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

pub(crate) fn body(badge: &Badge, image: &str) -> Value {
    let definition = &badge.definition;
    let mail = definition.email_message.as_ref().map(edge::obf::email_message);
    json!({
        "id": badge.id.as_str(),
        "version": badge.version,
        "category": definition.category,
        "image": image,
        "design": badge.artwork.design,
        "primary_language": definition.primary_language.as_str(),
        "content": definition.contents.iter().map(edge::obf::content).collect::<Vec<_>>(),
        "creator": null,
        "intent": definition.intent,
        "client_alias_id": definition.client_alias_id,
        "email_message": mail,
        "email_message_translations": edge::obf::email_translations(&definition.email_translations),
        "expires": definition.expires_months,
        "draft": definition.draft,
        "ctime": badge.created_at.as_second(),
        "mtime": badge.modified_at.as_second(),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use badge::Definition;
    use badge::definition::{Artwork, ImageFormat};
    use jiff::Timestamp;

    pub(crate) fn badge(seconds: i64, draft: bool) -> Badge {
        let definition = json!({
            "primary_language": "ja", "draft": draft, "expires": 12, "intent": "i", "category": ["織物"],
            "email_message": {"subject": "s", "body": "b", "link_text": "l", "footer": "f"},
            "email_message_translations": [{"language": "ja", "subject": "件名", "body": "本文"}],
            "content": [
                {"language": "en", "name": "Weaving", "description": "d", "criteria": "c", "tag": []},
                {"language": "ja", "name": "機織り", "description": "説明", "criteria": "**基準**", "tag": ["織物"],
                 "alignment": [{"targetName": "n", "targetUrl": "https://esco.example/1"}]},
            ]
        });
        let at = Timestamp::from_second(seconds).unwrap();
        Badge {
            id: BadgeId::from_random([2; 10]),
            client: ClientId::from_random([1; 10]),
            version: 3,
            definition: Definition::read(&definition).unwrap(),
            artwork: Artwork {
                format: ImageFormat::Svg,
                sha256: "ab".repeat(32),
                png_sha256: "cd".repeat(32),
                design: None,
            },
            created_at: at,
            modified_at: at,
        }
    }

    #[test]
    fn what_is_shown_can_be_sent_back() {
        let badge = badge(5, true);
        let body = body(&badge, "data:image/png;base64,");
        assert_eq!(Definition::read(&body).unwrap(), badge.definition);
        assert_eq!((&body["version"], &body["ctime"], &body["expires"]), (&json!(3), &json!(5), &json!(12)));
        assert_eq!(body["content"][0]["language"], "ja");
    }
}
