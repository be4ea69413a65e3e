//! Credentials: the signed bytes as they were signed, a page about them, and what other sites show of them.

use crate::form::{self, Ending, Form};
use crate::page::{self, Held};
use crate::{App, badges};
use badge::definition::Badge;
use badge::{CredentialId, Event, Urls, Visibility};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use face::share::EMBED_SIZE;
use serde_json::{Value, json};
use store::StoredCredential;
use store::events::StoredEvent;

/// A credential and what belongs to a page about it.
struct Found {
    event: Event,
    credential: StoredCredential,
    badge: Badge,
    document: Value,
    visibility: Visibility,
}

impl Found {
    async fn of(app: &App, event: Event, credential: StoredCredential) -> Result<Self, Problem> {
        let (badge, visibility) =
            futures_util::join!(badges::issued(app, &event), app.store.visibility(&credential.id));
        let document = serde_json::from_str(&credential.document).map_err(Problem::internal)?;
        Ok(Self { badge: badge?, visibility: visibility.map_err(edge::failed)?, event, credential, document })
    }

    fn held<'a>(&'a self, key: Option<&'a str>) -> Held<'a> {
        let Self { event, credential, badge, document, visibility } = self;
        Held {
            id: &credential.id,
            badge,
            event,
            document,
            recipient: &credential.recipient,
            revoked: credential.revoked.as_ref(),
            is_compact: credential.compact.is_some(),
            visibility: *visibility,
            key: key.filter(|key| event.is_holder_key(&credential.id, key)),
        }
    }
}

async fn find(app: &App, id: &CredentialId) -> Result<(Event, StoredCredential), Problem> {
    let found = app.claims.credential(id).await?;
    let (StoredEvent { event, .. }, credential) = found.ok_or(Kind::NotFound)?;
    Ok((event, credential))
}

/// `/credentials/{id}`, `.json`, `.jwt`, `.html`. A revoked credential stays: its status list says what became of it.
pub(crate) async fn credential(
    app: &App,
    request: &Request,
    id: &CredentialId,
    ending: Ending,
) -> Result<Answer, Problem> {
    let (event, credential) = find(app, id).await?;
    match Form::of(ending, request) {
        Form::Json => Ok(form::json(request, credential.document)),
        Form::Jwt => {
            let compact = credential.compact.ok_or(Kind::NotFound)?;
            Ok(Answer::public("text/plain; charset=utf-8", compact, Cache::Short))
        }
        Form::Html => {
            let found = Found::of(app, event, credential).await?;
            Ok(page::credential(request, &app.urls, &found.held(request.query("key"))))
        }
    }
}

/// `/credentials/{id}/embed`.
pub(crate) async fn embed(app: &App, request: &Request, id: &CredentialId) -> Result<Answer, Problem> {
    let (event, credential) = find(app, id).await?;
    let found = Found::of(app, event, credential).await?;
    Ok(page::embed(request, &app.urls, &found.held(None)))
}

/// `/oembed?url=`: what other sites may show of a page of ours (oEmbed 1.0). It never tells who holds a credential.
pub(crate) async fn oembed(app: &App, request: &Request) -> Result<Answer, Problem> {
    if request.query("format").is_some_and(|format| format != "json") {
        return Ok(Answer::new(501).cache(Cache::Short));
    }
    let url = request.query("url").ok_or_else(|| {
        let reason = badge::input::Reason::Missing;
        Problem::fields(vec![badge::input::FieldError { pointer: "/url".into(), reason }])
    })?;
    let id = named(&app.urls, url).ok_or(Kind::NotFound)?;
    let (event, credential) = find(app, &id).await?;
    let badge = badges::issued(app, &event).await?;
    let document: Value = serde_json::from_str(&credential.document).map_err(Problem::internal)?;
    let issuer = document["issuer"]["name"].as_str().unwrap_or_default();
    let name = &page::content(request.lang, &badge).name;
    let shared = face::Shared {
        urls: &app.urls,
        id: &id,
        name,
        issuer,
        issued_on: event.issued_on,
        until: event.expiry_of(&credential.recipient),
    };
    let limit = |name| request.query(name).and_then(|text| text.parse().ok());
    let body = described(&shared, (limit("maxwidth"), limit("maxheight")));
    Ok(Answer::public("application/json", body.to_string(), Cache::Short).header("vary", "accept-language, cookie"))
}

/// The credential whose page is at an address of ours.
fn named(urls: &Urls, url: &str) -> Option<CredentialId> {
    let rest = url.strip_prefix(urls.base())?.strip_prefix("/credentials/")?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.trim_end_matches("/embed").trim_end_matches(".html").parse().ok()
}

fn described(shared: &face::Shared<'_>, max: (Option<u32>, Option<u32>)) -> Value {
    let (width, height) = EMBED_SIZE;
    let (width, height) = (max.0.map_or(width, |max| max.min(width)), max.1.map_or(height, |max| max.min(height)));
    json!({
        "version": "1.0",
        "type": "rich",
        "title": shared.name,
        "provider_name": shared.issuer,
        "provider_url": shared.urls.base(),
        "html": shared.embed_code(width, height),
        "width": width,
        "height": height,
        "thumbnail_url": shared.urls.card(shared.id),
        "thumbnail_width": 1200,
        "thumbnail_height": 630,
        "cache_age": 3600,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn only_pages_of_ours_are_described() {
        let (urls, id) = (sample::urls(), sample::event().draw(0).credential);
        let url = urls.credential(&id);
        for known in [url.clone(), format!("{url}.html"), format!("{url}?lang=ja"), urls.embed(&id)] {
            assert_eq!(named(&urls, &known), Some(id.clone()), "{known}");
        }
        for other in [
            "",
            "https://badges.example/",
            &format!("https://badges.example.evil/credentials/{id}"),
            &format!("https://evil.example/?https://badges.example/credentials/{id}"),
            &format!("//badges.example/credentials/{id}"),
            &format!("{url}/../../x"),
        ] {
            assert_eq!(named(&urls, other), None, "{other}");
        }
    }

    #[test]
    fn a_frame_is_no_larger_than_there_is_room_for() {
        let (urls, event) = (sample::urls(), sample::event());
        let id = event.draw(0).credential;
        let shared =
            face::Shared { urls: &urls, id: &id, name: "<b>", issuer: "I", issued_on: event.issued_on, until: None };
        let whole = described(&shared, (None, None));
        assert_eq!((&whole["type"], &whole["width"], &whole["title"]), (&json!("rich"), &json!(420), &json!("<b>")));
        let html = whole["html"].as_str().unwrap();
        assert!(html.starts_with("<iframe ") && html.contains("/embed\"") && !html.contains("<b>"), "{html}");
        let small = described(&shared, (Some(300), Some(1_000)));
        assert_eq!((&small["width"], &small["height"]), (&json!(300), &json!(190)));
        assert!(small["html"].as_str().unwrap().contains("width=\"300\""));
    }
}
