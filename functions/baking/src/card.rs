//! The picture that other sites show where a credential's page is linked to. It says what the badge is and who issued it, never to whom.
//!
//! Made when it is first asked for, and kept in S3 like a baked picture. The fonts are read only by a process that draws one.

use crate::App;
use badge::definition::Badge;
use badge::{CredentialId, Lang};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem};
use layout::{Card, Fonts, Language, Renderer};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::OnceLock;
use store::events::StoredEvent;
use store::{StoredCredential, key};

/// The ending of a card's address. Another design needs another object key, or the cards that are kept stay as they are.
const SUFFIX: &str = ".card.png";

/// What draws cards.
pub(crate) struct Cards {
    fonts: PathBuf,
    renderer: OnceLock<Renderer>,
}

impl Cards {
    /// With the fonts in this folder.
    pub(crate) fn new(fonts: PathBuf) -> Self {
        Self { fonts, renderer: OnceLock::new() }
    }

    fn renderer(&self) -> Result<&Renderer, Problem> {
        if let Some(renderer) = self.renderer.get() {
            return Ok(renderer);
        }
        let fonts = Fonts::read(&self.fonts).map_err(Problem::internal)?;
        Ok(self.renderer.get_or_init(|| Renderer::new(fonts)))
    }
}

/// The credential whose card a file name below `/baked/` asks for, if it asks for one.
pub(crate) fn wanted(file: &str) -> Option<CredentialId> {
    file.strip_suffix(SUFFIX)?.parse().ok()
}

/// `GET /baked/{credential}.card.png`.
pub(crate) async fn answer(app: &App, credential: &CredentialId) -> Result<Answer, Problem> {
    let object = key::baked_object(credential, SUFFIX);
    let bytes = match app.store.object(&object).await.map_err(edge::failed)? {
        Some(bytes) => bytes,
        None => make(app, credential, &object).await?,
    };
    Ok(Answer::picture("image/png", bytes, Cache::Immutable))
}

async fn make(app: &App, credential: &CredentialId, object: &str) -> Result<Vec<u8>, Problem> {
    let found = app.claims.credential(credential).await?;
    let (StoredEvent { event, .. }, credential) = found.ok_or(Kind::NotFound)?;
    let badge = app.store.badge_version(&event.badge, event.badge_version).await.map_err(edge::failed)?;
    let badge = badge.ok_or_else(|| Problem::internal("the badge version of an event is gone"))?;
    let artwork =
        app.store.object(&key::artwork_object(&badge.artwork.png_sha256, "png")).await.map_err(edge::failed)?;
    let artwork = artwork.ok_or_else(|| Problem::internal("the artwork of a badge is gone"))?;
    let issuer = issuer(&credential)?;
    let card = describe(&badge, &issuer, host(app.urls.base()), &artwork);
    let bytes = app.cards.renderer()?.card(&card).map_err(Problem::internal)?;
    app.store.put_object(object, "image/png", bytes.clone()).await.map_err(edge::failed)?;
    Ok(bytes)
}

/// The name the issuer had when it signed.
fn issuer(credential: &StoredCredential) -> Result<String, Problem> {
    let document: Value = serde_json::from_str(&credential.document).map_err(Problem::internal)?;
    Ok(document["issuer"]["name"].as_str().unwrap_or_default().to_owned())
}

fn host(base: &str) -> &str {
    base.split_once("://").map_or(base, |(_, host)| host)
}

/// In the badge's own language: whoever shows the card shows the same one to everybody.
fn describe<'a>(badge: &'a Badge, issuer: &'a str, host: &'a str, artwork: &'a [u8]) -> Card<'a> {
    let content = badge.content();
    let language = match content.language.spoken() {
        Some(Lang::Ja) => Language::Ja,
        _ => Language::En,
    };
    Card { language, badge_name: &content.name, issuer_name: issuer, host, artwork }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_credentials_card_is_one() {
        let id = "0".repeat(40);
        assert_eq!(wanted(&format!("{id}.card.png")), Some(id.parse().unwrap()));
        for other in [format!("{id}.png"), "x.card.png".to_owned(), format!("a/{id}.card.png"), ".card.png".to_owned()]
        {
            assert_eq!(wanted(&other), None, "{other}");
        }
    }

    #[test]
    fn the_host_is_told_without_its_scheme() {
        assert_eq!(host("https://badges.example"), "badges.example");
    }
}
