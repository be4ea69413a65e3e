//! Creating, replacing and deleting a badge.
//!
//! The picture is stored before the definition that names it: a definition without its picture would be served to the public, a
//! picture that nothing names harms nobody.

use crate::design::Designer;
use crate::show::etag;
use crate::{App, picture};
use artwork::Artwork;
use badge::definition::{Artwork as Kept, Badge, ImageFormat};
use badge::input::{FieldError, Reason};
use badge::plan::Quota;
use badge::{BadgeId, ClientId, Definition, Lang};
use edge::{Answer, Kind, Problem, Request, chance};
use serde_json::{Value, json};
use store::{StoreError, key};

/// `POST /v2/badge/{client}`.
pub(crate) async fn create(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let (definition, picture) = read(&app.designer, &request.json()?, None)?;
    let missing = || Problem::fields(vec![FieldError { pointer: "/image".into(), reason: Reason::Missing }]);
    let picture = picture.ok_or_else(missing)?;
    aliases_exist(app, &client, &definition, &[]).await?;
    let limit = app.store.limit(&app.plans, &client, Quota::Badges).await.map_err(edge::failed)?;
    // Before the picture is kept.
    app.store.has_room(&client, limit, 1, request.now).await.map_err(edge::failed)?;
    let badge = Badge {
        id: BadgeId::from_random(chance::bytes()),
        client,
        version: 1,
        definition,
        artwork: picture.kept(),
        created_at: request.now,
        modified_at: request.now,
    };
    signable(app, &badge)?;
    let body = done(&badge, Some(&picture.artwork), request.lang);
    keep(app, picture.artwork).await?;
    app.store.create_badge(&badge, limit).await.map_err(edge::failed)?;
    let location = format!("/v2/badge/{}/{}", badge.client, badge.id);
    Ok(Answer::json(200, &body).header("location", location).header("etag", etag(badge.version)))
}

/// `PUT /v2/badge/{client}/{badge}`: the whole definition; without `image` or `design` the picture stays. Makes the next version; what was
/// issued keeps describing itself by the version it was issued in.
pub(crate) async fn replace(app: &App, request: &Request) -> Result<Answer, Problem> {
    let body = request.json()?;
    change(app, request, |_| body).await
}

/// `PATCH /v2/badge/{client}/{badge}`: what of the definition is to be otherwise, as a merge patch (RFC 7396): a member that is
/// absent stays, `null` empties it, a list is given whole.
pub(crate) async fn patch(app: &App, request: &Request) -> Result<Answer, Problem> {
    let patch = request.json()?;
    if !patch.is_object() {
        return Err(Problem::fields(vec![FieldError { pointer: String::new(), reason: Reason::NotObject }]));
    }
    change(app, request, |mut body| {
        merge(&mut body, patch);
        body
    })
    .await
}

/// Makes the next version of a badge out of what `body` gives for its present one, which it gets without the picture.
async fn change(app: &App, request: &Request, body: impl FnOnce(Value) -> Value) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: BadgeId = request.id("badge")?;
    let before = app.store.badge(&client, &id).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    let mut present = crate::show::body(&before, "");
    present["image"] = Value::Null;
    present["design"] = Value::Null;
    let (definition, picture) = read(&app.designer, &body(present), Some(&before.artwork))?;
    aliases_exist(app, &client, &definition, &before.definition.client_alias_id).await?;
    let condition = request.header("if-match");
    if condition.is_some_and(|tags| !matches(tags, before.version)) {
        return Err(Kind::VersionMismatch.into());
    }
    let badge = Badge {
        version: before.version + 1,
        definition,
        artwork: picture.as_ref().map_or(before.artwork, Picture::kept),
        modified_at: request.now,
        ..before
    };
    signable(app, &badge)?;
    let body = done(&badge, picture.as_ref().map(|picture| &picture.artwork), request.lang);
    if let Some(picture) = picture {
        keep(app, picture.artwork).await?;
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

/// Applies a merge patch (RFC 7396 section 2).
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(members) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(object) = target.as_object_mut() else { return };
    for (name, value) in members {
        if value.is_null() {
            object.remove(&name);
        } else {
            merge(object.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Refuses a badge that permits aliases the organisation does not have. Those it permitted `before` may be gone since.
async fn aliases_exist(
    app: &App,
    client: &ClientId,
    definition: &Definition,
    before: &[String],
) -> Result<(), Problem> {
    let permitted = &definition.client_alias_id;
    if permitted.iter().all(|id| before.contains(id)) {
        return Ok(());
    }
    let aliases = app.store.aliases(client).await.map_err(edge::failed)?;
    let is_known = |id: &String| before.contains(id) || aliases.iter().any(|alias| alias.id.as_str() == id);
    let unknown = |(place, _)| FieldError { pointer: format!("/client_alias_id/{place}"), reason: Reason::NotFound };
    let errors: Vec<FieldError> = permitted.iter().enumerate().filter(|(_, id)| !is_known(id)).map(unknown).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}

/// A picture that is new to its badge, and what it was drawn from if it was not uploaded. The two change together.
#[derive(Debug)]
struct Picture {
    artwork: Artwork,
    design: Option<Value>,
}

impl Picture {
    fn kept(&self) -> Kept {
        Kept { design: self.design.clone(), ..kept(&self.artwork) }
    }
}

/// Definition and picture; what is wrong with either is told together. No picture when it is to stay as it was `before`.
fn read(designer: &Designer, body: &Value, before: Option<&Kept>) -> Result<(Definition, Option<Picture>), Problem> {
    let mut errors = Vec::new();
    let definition = Definition::read(body).map_err(|found| errors.extend(found));
    let image = picture::read(body).map_err(|found| errors.push(found));
    let design = crate::design::read(body).map_err(|found| errors.extend(found));
    let (Ok(definition), Ok(image), Ok(design)) = (definition, image, design) else { return Err(errors.into()) };
    // What a client was shown and sends back is no change, neither the one nor the other.
    let image = image.filter(|image| !before.is_some_and(|before| is_rendition(image, before)));
    let design = design.map(|design| (design.value(), design));
    let design = design.filter(|(value, _)| before.and_then(|before| before.design.as_ref()) != Some(value));
    let picture = match (image, design) {
        (None, None) => None,
        (Some(artwork), None) => Some(Picture { artwork, design: None }),
        (image, Some((value, design))) => {
            let artwork = designer.draw(&design)?;
            if image.is_some_and(|image| image.png_sha256 != artwork.png_sha256) {
                let either = picture::picture(
                    "This is another picture than the design gives. Send one of them.",
                    "デザインから描かれる画像と異なります。画像かデザインのどちらか一方を送ってください。",
                );
                return Err(vec![FieldError { pointer: "/image".into(), reason: either }].into());
            }
            Some(Picture { artwork, design: Some(value) })
        }
    };
    Ok((definition, picture))
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

pub(crate) fn kept(artwork: &Artwork) -> Kept {
    let format = match artwork.format {
        artwork::Format::Png => ImageFormat::Png,
        artwork::Format::Svg => ImageFormat::Svg,
    };
    Kept { format, sha256: artwork.sha256.clone(), png_sha256: artwork.png_sha256.clone(), design: None }
}

/// Whether a client sent back the PNG it was shown. A badge drawn as SVG must not lose its SVG by that.
fn is_rendition(sent: &Artwork, before: &Kept) -> bool {
    sent.format == artwork::Format::Png && sent.png_sha256 == before.png_sha256
}

/// Stores the picture, and the PNG of an SVG.
pub(crate) async fn keep(app: &App, artwork: Artwork) -> Result<(), Problem> {
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
    let warnings = artwork.map(|artwork| warnings(artwork, "#/image", lang)).unwrap_or_default();
    if !warnings.is_empty() {
        body["warnings"] = warnings.into();
    }
    body
}

/// What a picture lost on the way or may look different in.
pub(crate) fn warnings(artwork: &Artwork, pointer: &str, lang: Lang) -> Vec<Value> {
    let warning = |warning: &artwork::ArtworkWarning| {
        let (code, en, ja) = picture::explain(*warning);
        json!({"pointer": pointer, "code": code, "detail": lang.pick(en, ja)})
    };
    artwork.warnings.iter().map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::tests::designer;

    fn complaints(body: &Value, before: Option<&Kept>) -> Vec<String> {
        let problem = read(&designer(), body, before).unwrap_err();
        problem.field_errors().iter().map(|e| format!("{} {}", e.pointer, e.reason.code())).collect()
    }

    #[test]
    fn picture_and_design_change_together() {
        let badge = crate::show::tests::badge(0, false);
        let with = |members: Value| {
            merged(crate::show::body(&badge, ""), merged(json!({"image": null, "design": null}), members))
        };
        let read = |members: Value, before: Option<&Kept>| read(&designer(), &with(members), before).unwrap().1;
        let design = design::Design::read(&json!({"shape": "star", "texts": [{"text": "織"}]})).unwrap().value();
        let drawn = read(json!({"design": design}), None).unwrap();
        let before = drawn.kept();
        assert_eq!((before.design.as_ref(), before.format), (Some(&design), ImageFormat::Svg));
        let shown = picture::tests::png(&drawn.artwork.png);
        let other = picture::tests::DISC_URL.as_str();

        // Nothing of it is a change: neither absent, nor as shown.
        for same in
            [json!({}), json!({"image": shown}), json!({"design": design}), json!({"image": shown, "design": design})]
        {
            assert!(read(same, Some(&before)).is_none());
        }
        // An upload takes the place of the design, whether or not the design is sent back with it.
        for upload in [json!({"image": other}), json!({"image": other, "design": design})] {
            assert_eq!(read(upload, Some(&before)).unwrap().kept().design, None);
        }
        // Another design takes the place of the picture.
        let anew = json!({"shape": "heart"});
        for design in [json!({"design": anew}), json!({"design": anew, "image": shown})] {
            let after = read(design, Some(&before)).unwrap().kept();
            assert_eq!(after.design.as_ref().unwrap()["shape"], "heart");
            assert_ne!(after.sha256, before.sha256);
        }
        // Two changes that contradict each other are none.
        assert_eq!(complaints(&with(json!({"design": anew, "image": other})), Some(&before)), ["/image picture"]);
        assert_eq!(complaints(&with(json!({"design": anew, "image": other})), None), ["/image picture"]);
    }

    fn merged(mut target: Value, patch: Value) -> Value {
        merge(&mut target, patch);
        target
    }

    #[test]
    fn faults_of_text_and_picture_are_told_together() {
        let body = json!({"primary_language": "en", "content": [], "image": "x", "design": {"shape": "blob"}});
        assert_eq!(complaints(&body, None), ["/content too_few", "/image picture", "/design/shape not_allowed"]);
    }

    #[test]
    fn a_client_without_a_language_and_with_a_small_picture_is_served() {
        let sample: Value = serde_json::from_str(include_str!("../../../events/badges.json")).unwrap();
        let body: Value = serde_json::from_str(sample["body"].as_str().unwrap()).unwrap();
        let (definition, picture) = read(&designer(), &body, None).unwrap();
        assert_eq!(definition.contents[0].name, "織機の安全");
        let artwork = picture.unwrap().artwork;
        let before = crate::show::tests::badge(0, false);
        let badge = Badge { artwork: kept(&artwork), ..before };
        let body = done(&badge, Some(&artwork), Lang::Ja);
        assert_eq!(body["warnings"][0]["code"], "small");
        assert_eq!((&body["resource_type"], &body["count"]), (&json!("badge"), &json!(1)));
        assert_eq!(done(&badge, None, Lang::En).get("warnings"), None);
        assert!(is_rendition(&artwork, &badge.artwork));
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        // The examples of RFC 7396, appendix A, that differ in kind.
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            assert_eq!(merged(target.clone(), patch.clone()), result, "{target} {patch}");
        }
        let before = crate::show::tests::badge(0, false);
        let body = merged(crate::show::body(&before, ""), json!({"expires": 3, "intent": null, "image": null}));
        let (definition, picture) = read(&designer(), &body, None).unwrap();
        assert_eq!((definition.expires_months, &definition.intent, picture.is_none()), (3, &None, true));
        assert_eq!(definition.contents, before.definition.contents);
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
