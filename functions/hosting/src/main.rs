//! Public documents and pages: credentials, badge classes, issuer profiles, keys, status lists.
//!
//! Anybody may read everything here, so nothing here is private: no recipient's address, and no recipient's name
//! unless the holder wants it shown; only who comes to a credential's page with its holder's key sees the holder's files. [`route`] says which
//! address is what, [`form`] in which form it is wanted; each other module answers one family of addresses; [`page`] shows them
//! to people.
//!
//! # How to add a document
//!
//! 1. Spell its address in `badge::Urls` and its route in `template.yaml`.
//! 2. Give it a [`route::Place`] and a line in [`route::place`].
//! 3. Answer it from a module here through [`edge::Answer::public`].

mod badges;
mod credentials;
mod form;
mod issuers;
mod legacy;
mod ob2;
mod page;
mod route;
#[cfg(test)]
mod sample;
mod seals;
mod status;

use claim::Claims;
use edge::{Answer, Kind, Problem, Request, answer::Cache, config};
use http::Method;
use route::Place;
use store::Store;

/// What this function works with, made once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) claims: Claims,
    pub(crate) urls: badge::Urls,
}

/// Methods that public documents take.
const METHODS: &str = "GET, HEAD, OPTIONS";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    store.warm().await;
    let claims = Claims::new(&aws, &store, config::required("ISSUANCE_FUNCTION")?);
    let app = App { store, claims, urls };
    let app = &app;
    edge::serve(move |request| async move { app.answer(&request).await }).await
}

impl App {
    async fn answer(&self, request: &Request) -> Result<Answer, Problem> {
        match self.found(request).await {
            // Whoever sees this is a person: documents are asked for by other names, and what existing clients ask for below /v1
            // they take for a document whatever they accept.
            Err(problem)
                if !request.path.starts_with("/v1/")
                    && form::Form::of(form::Ending::of(&request.path), request) == form::Form::Html =>
            {
                Ok(edge::html::refused(request, &problem))
            }
            other => other,
        }
    }

    async fn found(&self, request: &Request) -> Result<Answer, Problem> {
        let place = route::place(&request.path).ok_or(Kind::NotFound)?;
        match request.method {
            Method::GET | Method::HEAD => self.document(request, place).await,
            Method::OPTIONS => Ok(preflight()),
            _ => Ok(Problem::new(Kind::MethodNotAllowed).answer(request).header("allow", METHODS)),
        }
    }

    async fn document(&self, request: &Request, place: Place) -> Result<Answer, Problem> {
        match place {
            Place::Health => Ok(health()),
            Place::Issuer(client, ending) => issuers::profile(self, request, &client, ending).await,
            Place::DidDocument(client) => issuers::did_document(self, &client).await,
            Place::Jwks(client) => issuers::jwks(self, &client).await,
            Place::Jwk(client, kid) => issuers::jwk(self, &client, &kid).await,
            Place::Multikey(client, multikey) => issuers::multikey(self, &client, &multikey).await,
            Place::Credential(id, ending) => credentials::credential(self, request, &id, ending).await,
            Place::Embed(id) => credentials::embed(self, request, &id).await,
            Place::Oembed => credentials::oembed(self, request).await,
            Place::Asset(name) => edge::assets::answer(&name),
            Place::Seals => seals::list(self).await,
            Place::SealBundle => seals::bundle(self).await,
            Place::Badge(id, ending) => badges::achievement(self, request, &id, ending).await,
            Place::Artwork(sha256, format) => badges::artwork(self, &sha256, format, Cache::Immutable).await,
            Place::StatusList(id, ending) => status::list(self, request, &id, ending).await,
            Place::Ob2Assertion(id, ending) => ob2::assertion(self, request, &id, ending).await,
            Place::Ob2Badge(id, ending) => ob2::badge_class(self, request, &id, ending).await,
            Place::Ob2Issuer(client, ending) => ob2::issuer(self, request, &client, ending).await,
            Place::Ob2Alias(client, alias) => ob2::alias(self, request, &client, &alias).await,
            Place::Ob2Key(client, kid) => ob2::key(self, request, &client, &kid).await,
            Place::Ob2Revocations(client) => ob2::revocations(self, request, &client).await,
            Place::LegacyClass(id) => legacy::class(self, request, &id).await,
            Place::LegacyImage(id) => legacy::image(self, request, &id).await,
            Place::LegacyCriteria(id) => legacy::criteria(self, request, &id).await,
            Place::LegacyIssuer => legacy::issuer(self, request).await,
        }
    }
}

/// The answer to a browser that asks whether another site's script may read a document (Fetch standard, "CORS-preflight").
fn preflight() -> Answer {
    Answer::new(204)
        .header("access-control-allow-origin", "*")
        .header("access-control-allow-methods", METHODS)
        .header("access-control-allow-headers", "accept, accept-language, if-none-match")
        .header("access-control-max-age", "86400")
}

fn health() -> Answer {
    Answer::json(200, &serde_json::json!({"status": "ok", "version": observe::VERSION}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_sites_script_may_read() {
        let request = Request::test(Method::OPTIONS, "/credentials/x", &[]);
        let response = preflight().finish(&request);
        assert_eq!(response.status().as_u16(), 204);
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert!(response.headers()["access-control-allow-methods"].to_str().unwrap().contains("GET"));
    }

    #[test]
    fn health_tells_the_version() {
        let response = health().finish(&Request::test(Method::GET, "/health", &[]));
        let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!((&body["status"], &body["version"]), (&"ok".into(), &observe::VERSION.into()));
    }
}
