//! Baked PNG and SVG: a credential inside its badge's picture, made when it is first asked for; and the picture that other sites show of it.

mod baked;
mod card;

use baked::Wanted;
use card::Cards;
use claim::Claims;
use edge::{Answer, Kind, Problem, Request, config};
use store::Store;

/// What this function works with, made once.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) claims: Claims,
    pub(crate) urls: badge::Urls,
    pub(crate) cards: Cards,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    // Both connections are opened while the function starts; what the bucket answers does not matter.
    let _ = futures_util::future::join(store.warm(), store.object("baked/warm")).await;
    let claims = Claims::new(&aws, &store, config::required("ISSUANCE_FUNCTION")?);
    let app = App { store, claims, urls, cards: Cards::new(config::required("FONTS_DIR")?.into()) };
    let app = &app;
    edge::serve(move |request| async move { app.answer(&request).await }).await
}

impl App {
    async fn answer(&self, request: &Request) -> Result<Answer, Problem> {
        let file = request.path.strip_prefix("/baked/").ok_or(Kind::NotFound)?;
        if let Some(credential) = card::wanted(file) {
            return card::answer(self, &credential).await;
        }
        let wanted = Wanted::read(file).ok_or(Kind::NotFound)?;
        baked::answer(self, &wanted).await
    }
}
