//! Issue, revoke, list events and recipients: the only function that signs credentials.

mod issue;
mod lists;
mod revoke;
#[cfg_attr(not(test), expect(dead_code, reason = "no route reads a file of recipients yet"))]
mod roster;
mod sign;
mod status;

use edge::{Answer, Kind, Problem, Request, config, token::Gate};
use signer::Signer;
use store::Store;

/// What this function works with, made once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) signer: Signer,
    pub(crate) urls: badge::Urls,
    gate: Gate,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let signer = Signer::new(aws_sdk_kms::Client::new(&aws));
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    let token_key = config::required("TOKEN_KEY_ARN")?;
    // Both connections are opened while the function starts, when it has more processor than later.
    let (token_key, ()) = futures_util::future::join(signer.public_key(&token_key), store.warm()).await;
    let gate = Gate::new(token_key?, urls.base());
    let app = App { store, signer, urls, gate };
    let app = &app;
    edge::serve(move |request| async move { app.answer(&request).await }).await
}

impl App {
    async fn answer(&self, request: &Request) -> Result<Answer, Problem> {
        match request.route.as_str() {
            "POST /v2/event/{client}/{badge}/issue" => {
                self.gate.caller(request, &["issuer", "creator"])?;
                issue::issue(self, request).await
            }
            "GET /v2/event/{client}" => {
                self.gate.caller(request, &["issuer", "creator", "reviewer"])?;
                lists::events(self, request).await
            }
            "GET /v2/event/{client}/recipient" => {
                self.gate.caller(request, &["issuer", "creator", "reviewer"])?;
                lists::recipients(self, request).await
            }
            "GET /v2/event/{client}/{event}" => {
                self.gate.caller(request, &["issuer", "creator", "reviewer"])?;
                lists::event(self, request).await
            }
            "PUT /v2/event/{client}/{event}/revoke" => {
                self.gate.caller(request, &["issuer"])?;
                revoke::revoke(self, request).await
            }
            _ => Err(Kind::NotFound.into()),
        }
    }
}
