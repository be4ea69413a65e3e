//! Issue, revoke, list events and recipients: the only function that signs credentials. Small events are signed within the request,
//! big ones by the same function as it takes their chunks from a queue. From there too come applications that were approved ([`award`]). What
//! is signed on claim is signed when another function asks for it ([`sign::claimed`]).

mod award;
mod chunk;
mod import;
mod issue;
mod lists;
mod pace;
mod resend;
mod revoke;
mod sign;
mod status;

use badge::ClientId;
use badge::plan::Quota;
use claim::{Command, Outcome};
use edge::{Answer, Kind, Problem, Request, Wake, config, token::Gate};
use jiff::Timestamp;
use observe::Count;
use queue::{Queue, SigningTask};
use serde_json::Value;
use signer::Signer;
use store::Store;

/// What this function works with, made once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) signer: Signer,
    pub(crate) urls: badge::Urls,
    pub(crate) plans: badge::plan::Plans,
    /// Chunks to sign, and approved applications.
    pub(crate) signing: Queue,
    /// Recipients to mail.
    pub(crate) mail: Queue,
    /// Organisations whose webhooks have something to hear.
    pub(crate) webhooks: Queue,
    gate: Gate,
}

/// Who may issue.
const ISSUERS: [&str; 2] = ["issuer", "creator"];
/// Who may read what was issued.
const READERS: [&str; 3] = ["issuer", "creator", "reviewer"];
/// Who may revoke.
const REVOKERS: [&str; 1] = ["issuer"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let signer = Signer::new(&aws);
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    let token_keys = config::token_keys()?;
    let queue = |name| config::required(name).map(|url| Queue::new(&aws, url));
    let (signing, mail, webhooks) =
        (queue("SIGNING_QUEUE_URL")?, queue("MAIL_QUEUE_URL")?, queue("WEBHOOK_QUEUE_URL")?);
    // Both connections are opened while the function starts, when it has more processor than later.
    let (token_keys, ()) = futures_util::future::join(signer.public_keys(&token_keys), store.warm()).await;
    let gate = Gate::new(token_keys?, urls.base());
    let app = App { store, signer, urls, plans: config::plans()?, signing, mail, webhooks, gate };
    let app = &app;
    edge::serve_wake_and_obey(
        move |request| async move { audit::noted(&app.store, &app.gate, &request, app.route(&request)).await },
        move |what| async move { app.work(what).await },
        move |command, now| async move { app.obey(command, now).await },
    )
    .await
}

impl App {
    /// What costs much may be limited by the minute.
    async fn count(&self, request: &Request, quota: Quota) -> Result<(), Problem> {
        let client: ClientId = request.id("client")?;
        self.store.count_request(&self.plans, &client, quota, request.now).await.map_err(edge::failed)
    }

    async fn route(&self, request: &Request) -> Result<Answer, Problem> {
        match request.route.as_str() {
            "POST /v2/event/{client}/{badge}/issue" => {
                let caller = self.gate.caller(request, &ISSUERS)?;
                self.count(request, Quota::IssuesPerMinute).await?;
                issue::issue(self, request, &caller).await
            }
            "GET /v2/event/{client}" => {
                let caller = self.gate.caller(request, &READERS)?;
                lists::events(self, request, &caller).await
            }
            "GET /v2/event/{client}/recipient" => {
                let caller = self.gate.caller(request, &READERS)?;
                lists::recipients(self, request, &caller).await
            }
            "GET /v2/event/{client}/{event}" => {
                let caller = self.gate.caller(request, &READERS)?;
                lists::event(self, request, &caller).await
            }
            "PUT /v2/event/{client}/{event}/revoke" => {
                let caller = self.gate.caller(request, &REVOKERS)?;
                revoke::revoke(self, request, &caller).await
            }
            "POST /v2/event/{client}/{event}/resend" => {
                let caller = self.gate.caller(request, &ISSUERS)?;
                resend::resend(self, request, &caller).await
            }
            "POST /v2/import/{client}/{badge}" => {
                self.gate.caller(request, &ISSUERS)?;
                self.count(request, Quota::UploadsPerMinute).await?;
                import::upload(self, request).await
            }
            "GET /v2/import/{client}/{import}" => {
                let caller = self.gate.caller(request, &ISSUERS)?;
                import::show(self, request, &caller).await
            }
            "POST /v2/import/{client}/{import}/start" => {
                let caller = self.gate.caller(request, &ISSUERS)?;
                self.count(request, Quota::IssuesPerMinute).await?;
                import::start(self, request, &caller).await
            }
            "POST /v2/import/{client}/{import}/preview" => {
                let caller = self.gate.caller(request, &ISSUERS)?;
                import::preview(self, request, &caller).await
            }
            "GET /v2/import/{client}/{import}/result" => {
                let caller = self.gate.caller(request, &ISSUERS)?;
                import::outcome(self, request, &caller).await
            }
            _ => Err(Kind::NotFound.into()),
        }
    }

    async fn work(&self, what: Wake) -> Result<(), Problem> {
        match what {
            Wake::Message(message) => match message.job()? {
                SigningTask::Chunk(job) => chunk::take(self, job, &message).await,
                SigningTask::Award(job) => award::take(self, &job, message.now).await,
            },
            Wake::Schedule { now, .. } => {
                // What hinders one is no reason to keep the others from their turn.
                let (chunks, awards, revocations) = futures_util::future::join3(
                    chunk::sweep(self, now),
                    award::sweep(self, now),
                    revoke::sweep(self, now),
                )
                .await;
                chunks.and(awards).and(revocations)
            }
        }
    }

    /// What functions ask for that show credentials ([`claim`]). What hinders it is told them, so that they can tell who waits.
    async fn obey(&self, command: Value, now: Timestamp) -> Result<Value, String> {
        let command: Command = serde_json::from_value(command).map_err(|_| "no command of ours")?;
        let done = tokio::time::timeout(claim::SIGNING_TIME, sign::claimed(self, &command.sign, now)).await;
        let done = done.unwrap_or_else(|_| Err(Problem::unavailable("KMS took too long")));
        let credential = command.sign.as_str();
        let problem = done.err().map(|problem| {
            let cause = problem.cause().unwrap_or_else(|| problem.kind().title(badge::Lang::En));
            tracing::error!(credential, cause, "a claimed credential was not signed");
            problem.kind().uri()
        });
        if problem.is_none() {
            observe::count(Count::CLAIMED, 1);
            tracing::info!(credential, "signed on claim");
        }
        serde_json::to_value(Outcome { problem }).map_err(|error| error.to_string())
    }
}
