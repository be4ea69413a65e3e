//! Organisations, their credentials, and access tokens.

mod alias;
mod client;
mod secret;
mod token;

use edge::{Answer, Kind, Problem, Request, config, token::Gate};
use proof::keys::PublicKey;
use signer::Signer;
use store::Store;

/// What this function works with, made once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) signer: Signer,
    pub(crate) urls: badge::Urls,
    pub(crate) plans: badge::plan::Plans,
    pub(crate) token_key_arn: String,
    pub(crate) token_key: PublicKey,
    gate: Gate,
}

/// Who may change the organisation itself.
const ADMINS: [&str; 1] = ["admin"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let signer = Signer::new(&aws);
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    let arns = config::token_keys()?;
    let (keys, ()) = futures_util::future::join(signer.public_keys(&arns), store.warm()).await;
    let keys = keys?;
    let (token_key_arn, token_key) = (arns[0].clone(), keys[0].clone());
    let gate = Gate::new(keys, urls.base());
    let app = App { store, signer, urls, plans: config::plans()?, token_key_arn, token_key, gate };
    let app = &app;
    edge::serve(move |request| async move { audit::noted(&app.store, &app.gate, &request, app.route(&request)).await })
        .await
}

impl App {
    async fn route(&self, request: &Request) -> Result<Answer, Problem> {
        match request.route.as_str() {
            "POST /v2/client/oauth2/token" => token::issue(self, request).await,
            "GET /v2/client/{client}" => {
                self.gate.caller(request, &[])?;
                client::show(self, request).await
            }
            "GET /v2/client/{client}/usage" => {
                self.gate.caller(request, &[])?;
                client::usage(self, request).await
            }
            "PUT /v2/client/{client}" => {
                self.gate.caller(request, &ADMINS)?;
                client::change(self, request).await
            }
            "GET /v2/client/{client}/ping" => {
                self.gate.caller(request, &[])?;
                Ok(client::ping())
            }
            "GET /v2/client/{client}/alias" => {
                self.gate.caller(request, &[])?;
                alias::list(self, request).await
            }
            "GET /v2/client/{client}/alias/{alias}" => {
                self.gate.caller(request, &[])?;
                alias::show(self, request).await
            }
            "POST /v2/client/{client}/alias" => {
                self.gate.caller(request, &ADMINS)?;
                alias::create(self, request).await
            }
            "PUT /v2/client/{client}/alias/{alias}" => {
                self.gate.caller(request, &ADMINS)?;
                alias::replace(self, request).await
            }
            "DELETE /v2/client/{client}/alias/{alias}" => {
                self.gate.caller(request, &ADMINS)?;
                alias::delete(self, request).await
            }
            "GET /v2/client/{client}/secret" => {
                self.gate.caller(request, &ADMINS)?;
                secret::list(self, request).await
            }
            "POST /v2/client/{client}/secret" => {
                self.gate.caller(request, &ADMINS)?;
                secret::create(self, request).await
            }
            "DELETE /v2/client/{client}/secret/{secret}" => {
                self.gate.caller(request, &ADMINS)?;
                secret::delete(self, request).await
            }
            _ => Err(Kind::NotFound.into()),
        }
    }
}
