//! Badge definitions and their artwork.

mod brand;
mod design;
mod list;
mod picture;
mod show;
mod write;

use badge::ClientId;
use badge::plan::Quota;
use edge::{Answer, Kind, Problem, Request, config, token::Gate};
use signer::Signer;
use store::Store;

/// What this function works with, made once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) urls: badge::Urls,
    pub(crate) plans: badge::plan::Plans,
    pub(crate) designer: design::Designer,
    gate: Gate,
}

/// Who may read definitions.
const READERS: [&str; 3] = ["creator", "issuer", "reviewer"];
/// Who may change them.
const WRITERS: [&str; 1] = ["creator"];
/// Who may change how the organisation looks.
const ADMINS: [&str; 1] = ["admin"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let signer = Signer::new(&aws);
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    let designer = design::Designer::new(config::required("FONTS_DIR")?);
    let token_keys = config::token_keys()?;
    let (token_keys, ()) = futures_util::future::join(signer.public_keys(&token_keys), store.warm()).await;
    let gate = Gate::new(token_keys?, urls.base());
    let app = App { store, urls, plans: config::plans()?, designer, gate };
    let app = &app;
    edge::serve(move |request| async move { audit::noted(&app.store, &app.gate, &request, app.route(&request)).await })
        .await
}

impl App {
    /// Pictures cost much: a plan may limit how many come in a minute.
    async fn count_upload(&self, request: &Request) -> Result<(), Problem> {
        let client: ClientId = request.id("client")?;
        let counted = self.store.count_request(&self.plans, &client, Quota::UploadsPerMinute, request.now);
        counted.await.map_err(edge::failed)
    }

    async fn route(&self, request: &Request) -> Result<Answer, Problem> {
        match request.route.as_str() {
            "GET /v2/badge/{client}" => {
                let caller = self.gate.caller(request, &READERS)?;
                list::list(self, request, &caller).await
            }
            "GET /v2/badge/{client}/{badge}" => {
                self.gate.caller(request, &READERS)?;
                show::show(self, request).await
            }
            "POST /v2/badge/{client}" => {
                self.gate.caller(request, &WRITERS)?.about_all()?;
                self.count_upload(request).await?;
                write::create(self, request).await
            }
            "PUT /v2/badge/{client}/{badge}" => {
                self.gate.caller(request, &WRITERS)?;
                self.count_upload(request).await?;
                write::replace(self, request).await
            }
            "PATCH /v2/badge/{client}/{badge}" => {
                self.gate.caller(request, &WRITERS)?;
                self.count_upload(request).await?;
                write::patch(self, request).await
            }
            "DELETE /v2/badge/{client}/{badge}" => {
                self.gate.caller(request, &WRITERS)?;
                write::delete(self, request).await
            }
            "GET /v2/client/{client}/brand" => {
                self.gate.caller(request, &READERS)?;
                brand::show(self, request).await
            }
            "PUT /v2/client/{client}/brand" => {
                self.gate.caller(request, &ADMINS)?;
                brand::change(self, request).await
            }
            "POST /v2/client/{client}/design" => {
                self.gate.caller(request, &WRITERS)?;
                self.count_upload(request).await?;
                design::preview(self, request)
            }
            "GET /design/templates" => Ok(design::templates()),
            "GET /design/templates/{template}" => design::template(self, request),
            "GET /design/icons" => Ok(design::icons()),
            _ => Err(Kind::NotFound.into()),
        }
    }
}
