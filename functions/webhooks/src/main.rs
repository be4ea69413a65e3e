//! Tells organisations' systems what happened: webhooks, and the feed that they read.
//!
//! A webhook is a reader of its organisation's feed ([`store::feed`]). Messages of the queue are hints to look there, and every few
//! minutes a schedule looks at all of them; so nothing depends on any one hint.
//!
//! * [`settings`], [`feed`]: what callers of the API see and change;
//! * [`reading`], [`message`], [`sign`]: from entries of the feed to signed messages;
//! * [`progress`], [`tell`]: posting them, and what follows from the answers;
//! * [`sweep`], [`expired`]: what the schedule does.

mod expired;
mod feed;
mod message;
mod post;
mod progress;
mod reading;
mod settings;
mod sign;
mod sweep;
mod tell;
#[cfg(test)]
mod wire;

use badge::ClientId;
use edge::{Answer, Clock, Kind, Problem, Request, Wake, config, token::Gate};
use outbound::{AllowList, Client, Guard};
use queue::{Queue, WebhookJob};
use signer::Signer;
use store::Store;

/// What this function works with, made once.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) urls: badge::Urls,
    pub(crate) plans: badge::plan::Plans,
    pub(crate) outside: Client,
    queue: Queue,
    gate: Gate,
}

/// Who may read the feed. Webhooks are for admins only.
const READERS: [&str; 3] = ["issuer", "creator", "reviewer"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let signer = Signer::new(&aws);
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let queue = Queue::new(&aws, config::required("WEBHOOK_QUEUE_URL")?);
    let allow = AllowList::parse(&config::optional("OUTBOUND_ALLOW").unwrap_or_default())?;
    let outside = Client::new(Guard { allow, ..Guard::default() });
    let urls = config::urls()?;
    let token_keys = config::token_keys()?;
    let (token_keys, ()) = futures_util::future::join(signer.public_keys(&token_keys), store.warm()).await;
    let gate = Gate::new(token_keys?, urls.base());
    let app = App { store, urls, plans: config::plans()?, outside, queue, gate };
    let app = &app;
    let handle = move |request| async move { audit::noted(&app.store, &app.gate, &request, app.route(&request)).await };
    edge::serve_and_wake(handle, move |wake| async move { app.wake(wake).await }).await
}

impl App {
    async fn route(&self, request: &Request) -> Result<Answer, Problem> {
        let (gate, route) = (&self.gate, request.route.as_str());
        if route == "GET /v2/feed/{client}" {
            gate.caller(request, &READERS)?.about_all()?;
            return feed::page(self, request).await;
        }
        gate.caller(request, &["admin"])?;
        match route {
            "GET /v2/webhook/{client}" => settings::list(self, request).await,
            "POST /v2/webhook/{client}" => settings::create(self, request).await,
            "GET /v2/webhook/{client}/{webhook}" => settings::show(self, request).await,
            "PUT /v2/webhook/{client}/{webhook}" => settings::replace(self, request).await,
            "DELETE /v2/webhook/{client}/{webhook}" => settings::delete(self, request).await,
            "POST /v2/webhook/{client}/{webhook}/secret" => settings::rotate(self, request).await,
            "POST /v2/webhook/{client}/{webhook}/test" => settings::ping(self, request).await,
            "POST /v2/webhook/{client}/{webhook}/replay" => settings::replay(self, request).await,
            _ => Err(Kind::NotFound.into()),
        }
    }

    async fn wake(&self, wake: Wake) -> Result<(), Problem> {
        match wake {
            Wake::Message(message) => {
                let job: WebhookJob = message.job()?;
                tell::look(self, &job.client, &Clock::starting_at(message.now), message.deadline).await
            }
            Wake::Schedule { name, now, deadline } if name == "tell" => {
                sweep::sweep(self, &Clock::starting_at(now), deadline).await
            }
            Wake::Schedule { .. } => Err(Problem::internal("a schedule of another name")),
        }
    }

    /// Asks for a look at an organisation's webhooks. One that cannot be asked for is made up for by the schedule.
    pub(crate) async fn hint(&self, client: &ClientId, delay_seconds: i32) {
        if let Err(error) = self.queue.send(&[WebhookJob { client: client.clone() }], delay_seconds).await {
            tracing::warn!(client = client.as_str(), %error, "no hint");
        }
    }

    /// The same for several.
    pub(crate) async fn hint_all(&self, clients: impl IntoIterator<Item = ClientId>) -> Result<(), Problem> {
        let jobs: Vec<WebhookJob> = clients.into_iter().map(|client| WebhookJob { client }).collect();
        self.queue.send(&jobs, 0).await.map_err(edge::failed)
    }
}
