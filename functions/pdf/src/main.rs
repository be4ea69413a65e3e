//! PDF badges: a page to be framed with the credential inside and a seal over all of it, made when it is first asked for.
//!
//! The only function that seals. It is also given commands by the operator: a certificate for its key, or a request for one, because
//! nobody else can sign with that key.

mod certify;
mod make;
mod pictures;
mod sheet;
mod wanted;

use claim::Claims;
use edge::{Answer, Kind, Problem, Request, config};
use futures_util::future::join;
use layout::{Fonts, Renderer};
use pictures::Pictures;
use signer::Signer;
use store::Store;

/// What this function works with, made once.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) claims: Claims,
    pub(crate) signer: Signer,
    pub(crate) urls: badge::Urls,
    pub(crate) renderer: Renderer,
    pub(crate) pictures: Pictures,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let signer = Signer::new(&aws);
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    let renderer = Renderer::new(Fonts::read(config::required("FONTS_DIR")?.as_ref())?);
    // The connections are opened while the function starts; what the bucket answers does not matter.
    let _ = join(store.warm(), store.object("pdf/warm")).await;
    let claims = Claims::new(&aws, &store, config::required("ISSUANCE_FUNCTION")?);
    let app = App { store, claims, signer, urls, renderer, pictures: Pictures::default() };
    let app = &app;
    edge::serve_and_obey(
        move |request| async move { app.answer(&request).await },
        move |command, now| async move { certify::obey(app, command, now).await },
    )
    .await
}

impl App {
    async fn answer(&self, request: &Request) -> Result<Answer, Problem> {
        let file = request.path.strip_prefix("/pdf/").ok_or(Kind::NotFound)?;
        let wanted = wanted::Wanted::read(file, request.query("layout"))?.ok_or(Kind::NotFound)?;
        make::answer(self, &wanted, request).await
    }
}
