//! Creating, replacing and deleting a badge.
//!
//! The picture is stored before the definition that names it: a definition without its picture would be served to the public, a
//! picture that nothing names harms nobody.

use crate::show::etag;
use crate::{App, picture};
use artwork::Artwork;
use badge::definition::{Artwork as Kept, Badge, ImageFormat};
use badge::input::{FieldError, Reason};
use badge::{BadgeId, ClientId, Definition, Lang};
use edge::{Answer, Kind, Problem, Request, chance};
use serde_json::{Value, json};
use store::{StoreError, key};

/// `POST /v2/badge/{client}`.
pub(crate) async fn create(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let (definition, artwork) = read(&request.json()?)?;
    let missing = || Problem::fields(vec![FieldError { pointer: "/image".into(), reason: Reason::Missing }]);
    let artwork = artwork.ok_or_else(missing)?;
    let badge = Badge {
        id: BadgeId::from_random(chance::bytes()),
        client,
        version: 1,
        definition,
        artwork: kept(&artwork),
        created_at: request.now,
        modified_at: request.now,
    };
    signable(app, &badge)?;
    let body = done(&badge, Some(&artwork), request.lang);
    keep(app, artwork).await?;
    app.store.create_badge(&badge).await.map_err(edge::failed)?;
    let location = format!("/v2/badge/{}/{}", badge.client, badge.id);
    Ok(Answer::json(200, &body).header("location", location).header("etag", etag(badge.version)))
}

/// `PUT /v2/badge/{client}/{badge}`: the whole definition; without `image` the picture stays. Makes the next version; what was
/// issued keeps describing itself by the version it was issued in.
pub(crate) async fn replace(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: BadgeId = request.id("badge")?;
    let (definition, artwork) = read(&request.json()?)?;
    let before = app.store.badge(&client, &id).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    let condition = request.header("if-match");
    if condition.is_some_and(|tags| !matches(tags, before.version)) {
        return Err(Kind::VersionMismatch.into());
    }
    let artwork = artwork.filter(|artwork| !is_rendition(artwork, &before.artwork));
    let badge = Badge {
        version: before.version + 1,
        definition,
        artwork: artwork.as_ref().map_or(before.artwork, kept),
        modified_at: request.now,
        ..before
    };
    signable(app, &badge)?;
    let body = done(&badge, artwork.as_ref(), request.lang);
    if let Some(artwork) = artwork {
        keep(app, artwork).await?;
    }
    match app.store.update_badge(&badge).await {
        Ok(()) => Ok(Answer::json(200, &body).header("etag", etag(badge.version))),
        Err(StoreError::Conflict) if condition.is_some() => Err(Kind::VersionMismatch.into()),
        Err(error) => Err(edge::failed(error)),
    }
}

/// `DELETE /v2/badge/{client}/{badge}`: hides it. Its events, credentials and public descriptions stay.
pub(crate) async fn delete(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: BadgeId = request.id("badge")?;
    match app.store.delete_badge(&client, &id, request.now).await {
        Ok(()) => Ok(Answer::json(200, &result(&id))),
        Err(StoreError::Conflict) => Err(Kind::NotFound.into()),
        Err(error) => Err(edge::failed(error)),
    }
}

/// Definition and picture; what is wrong with either is told together.
fn read(body: &Value) -> Result<(Definition, Option<Artwork>), Vec<FieldError>> {
    match (Definition::read(body), picture::read(body)) {
        (Ok(definition), Ok(artwork)) => Ok((definition, artwork)),
        (Err(mut errors), Err(error)) => {
            errors.push(error);
            Err(errors)
        }
        (Err(errors), Ok(_)) => Err(errors),
        (Ok(_), Err(error)) => Err(vec![error]),
    }
}

/// Refuses a badge whose credentials could not be made canonical, before anybody is promised one. What can go wrong with checked
/// texts is their order where a property has several: JavaScript verifiers sort by UTF-16, the specification by code point.
fn signable(app: &App, badge: &Badge) -> Result<(), Problem> {
    let mut achievement = badge::ob3::achievement(&app.urls, badge, None);
    achievement["@context"] = json!(badge::ob3::CONTEXTS);
    match jsonld::canonicalize(&achievement, &jsonld::Limits::default()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::fields(vec![FieldError { pointer: "/content/0".into(), reason: Reason::Unsignable }])),
    }
}

fn kept(artwork: &Artwork) -> Kept {
    let format = match artwork.format {
        artwork::Format::Png => ImageFormat::Png,
        artwork::Format::Svg => ImageFormat::Svg,
    };
    Kept { format, sha256: artwork.sha256.clone(), png_sha256: artwork.png_sha256.clone() }
}

/// Whether a client sent back the PNG it was shown. A badge drawn as SVG must not lose its SVG by that.
fn is_rendition(sent: &Artwork, before: &Kept) -> bool {
    sent.format == artwork::Format::Png && sent.png_sha256 == before.png_sha256
}

/// Stores the picture, and the PNG of an SVG.
async fn keep(app: &App, artwork: Artwork) -> Result<(), Problem> {
    let Artwork { format, bytes, sha256, png, png_sha256, .. } = artwork;
    let png_object = key::artwork_object(&png_sha256, "png");
    let png = app.store.put_object(&png_object, "image/png", png);
    match format {
        artwork::Format::Png => png.await.map_err(edge::failed),
        artwork::Format::Svg => {
            let svg_object = key::artwork_object(&sha256, "svg");
            let svg = app.store.put_object(&svg_object, "image/svg+xml", bytes);
            futures_util::future::try_join(png, svg).await.map(|_| ()).map_err(edge::failed)
        }
    }
}

/// Whether an `If-Match` header (RFC 9110 section 13.1.1) names this version. Weak tags never match.
fn matches(tags: &str, version: u32) -> bool {
    let version = etag(version);
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag == version)
}

/// An `OperationResult` of the Open Badge Factory API v2.
fn result(id: &BadgeId) -> Value {
    json!({"success": true, "message": "", "resource_type": "badge", "resource_id": id.as_str(), "count": 1})
}

/// [`result`], with what a new picture lost on the way.
fn done(badge: &Badge, artwork: Option<&Artwork>, lang: Lang) -> Value {
    let mut body = result(&badge.id);
    let warnings = artwork.map(|artwork| artwork.warnings.as_slice()).unwrap_or_default();
    if !warnings.is_empty() {
        let warning = |warning: &artwork::ArtworkWarning| {
            let (code, en, ja) = picture::explain(*warning);
            json!({"pointer": "#/image", "code": code, "detail": lang.pick(en, ja)})
        };
        body["warnings"] = warnings.iter().map(warning).collect();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_text_and_picture_are_told_together() {
        let errors = read(&json!({"primary_language": "en", "content": [], "image": "x"})).unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.pointer.as_str(), e.reason.code())).collect();
        assert_eq!(found, [("/content", "too_few"), ("/image", "picture")]);
    }

    #[test]
    fn a_client_without_a_language_and_with_a_small_picture_is_served() {
        let sample: Value = serde_json::from_str(include_str!("../../../events/badges.json")).unwrap();
        let body: Value = serde_json::from_str(sample["body"].as_str().unwrap()).unwrap();
        let (definition, artwork) = read(&body).unwrap();
        assert_eq!(definition.contents[0].name, "織機の安全");
        let artwork = artwork.unwrap();
        let before = crate::show::tests::badge(0, false);
        let badge = Badge { artwork: kept(&artwork), ..before };
        let body = done(&badge, Some(&artwork), Lang::Ja);
        assert_eq!(body["warnings"][0]["code"], "small");
        assert_eq!((&body["resource_type"], &body["count"]), (&json!("badge"), &json!(1)));
        assert_eq!(done(&badge, None, Lang::En).get("warnings"), None);
        assert!(is_rendition(&artwork, &badge.artwork));
    }

    #[test]
    fn an_svg_survives_its_rendition() {
        let before = crate::show::tests::badge(0, false).artwork;
        let sent = |format, png_sha256: &str| Artwork {
            format,
            bytes: vec![],
            sha256: String::new(),
            width: 1,
            height: 1,
            png: vec![],
            png_sha256: png_sha256.to_owned(),
            warnings: vec![],
        };
        assert!(is_rendition(&sent(artwork::Format::Png, &before.png_sha256), &before));
        assert!(!is_rendition(&sent(artwork::Format::Svg, &before.png_sha256), &before));
        assert!(!is_rendition(&sent(artwork::Format::Png, "00"), &before));
    }

    #[test]
    fn if_match_names_versions() {
        assert!(matches("\"3\"", 3) && matches("\"2\", \"3\"", 3) && matches("*", 3));
        assert!(!matches("\"2\"", 3) && !matches("W/\"3\"", 3) && !matches("3", 3) && !matches("", 3));
    }
}
