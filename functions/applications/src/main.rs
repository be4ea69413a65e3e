//! Application forms, what is submitted to them, and who decides.
//!
//! * [`forms`], [`templates`]: an organisation's forms, as its staff see and change them;
//! * [`review`]: applications, as staff see them and decide about them;
//! * [`apply`]: the public side, without an account: who applies, outside reviewers and peers, each by a link;
//! * [`page`]: the same as pages, for browsers; [`files`]: what is handed in with an application; [`published`]: what of it everybody
//!   may see once the badge is issued;
//! * [`step`]: from one state to the next, whatever others do meanwhile, and what follows from it;
//! * [`view`]: what each of them is shown; [`evidence`]: what the files of an application have come to;
//! * [`judged`]: what a message of the queue `…-application` asks for; [`remind`]: what the schedule does.
//!
//! Nothing is issued here: an approved application waits for the function that signs, which a message tells of it.

mod apply;
mod evidence;
mod files;
mod forms;
mod judged;
mod page;
mod published;
mod remind;
mod review;
mod step;
mod templates;
mod view;

use edge::token::{Caller, Gate};
use edge::{Answer, Kind, Problem, Request, Wake, config};
use queue::Queue;
use signer::Signer;
use store::Store;

/// What this function works with, made once.
pub(crate) struct App {
    pub(crate) store: Store,
    /// The same, working on the bucket of evidence.
    pub(crate) files: Store,
    pub(crate) urls: badge::Urls,
    pub(crate) plans: badge::plan::Plans,
    signing: Queue,
    mail: Queue,
    gate: Gate,
}

/// Who may make forms, beside admins.
const CREATORS: [&str; 1] = ["creator"];
/// Who may see applications and decide about them.
const DECIDERS: [&str; 2] = ["issuer", "reviewer"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let signer = Signer::new(&aws);
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    let token_keys = config::token_keys()?;
    let queue = |name| config::required(name).map(|url| Queue::new(&aws, url));
    let (signing, mail) = (queue("SIGNING_QUEUE_URL")?, queue("MAIL_QUEUE_URL")?);
    let (token_keys, ()) = futures_util::future::join(signer.public_keys(&token_keys), store.warm()).await;
    let gate = Gate::new(token_keys?, urls.base());
    let files = store.in_bucket(config::required("EVIDENCE_BUCKET_NAME")?);
    let app = App { store, files, urls, plans: config::plans()?, signing, mail, gate };
    let app = &app;
    let handle = move |request| async move { audit::noted(&app.store, &app.gate, &request, app.route(&request)).await };
    edge::serve_and_wake(handle, move |wake| async move { app.wake(wake).await }).await
}

impl App {
    async fn route(&self, request: &Request) -> Result<Answer, Problem> {
        let route = request.route.as_str();
        if route.contains(" /apply/") || route.contains(" /assets/") {
            return page::answer(self, request).await;
        }
        if route.contains(" /v2/form/") {
            let caller = self.gate.caller(request, &CREATORS)?;
            return self.forms(request, &caller).await;
        }
        let caller = self.gate.caller(request, &DECIDERS)?;
        match route {
            "GET /v2/application/{client}" => review::list(self, request, &caller).await,
            "GET /v2/application/{client}/{application}" => review::show(self, request, &caller).await,
            "GET /v2/application/{client}/{application}/evidence/{evidence}" => {
                review::file(self, request, &caller).await
            }
            "POST /v2/application/{client}/{application}/decision" => review::decide(self, request, &caller).await,
            "POST /v2/application/{client}/{application}/vote" => review::vote(self, request, &caller).await,
            "POST /v2/application/{client}/{application}/assign" => review::assign(self, request, &caller).await,
            "POST /v2/application/{client}/{application}/withdraw" => review::withdraw(self, request, &caller).await,
            _ => Err(Kind::NotFound.into()),
        }
    }

    async fn forms(&self, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
        match request.route.as_str() {
            "GET /v2/form/{client}" => forms::list(self, request, caller).await,
            "POST /v2/form/{client}" => forms::create(self, request, caller).await,
            "POST /v2/form/{client}/preview" => forms::preview(self, request).await,
            "GET /v2/form/{client}/template" => templates::list(self, request).await,
            "POST /v2/form/{client}/template" => templates::save(self, request).await,
            "DELETE /v2/form/{client}/template/{template}" => templates::remove(self, request).await,
            "GET /v2/form/{client}/{form}" => forms::show(self, request, caller).await,
            "PUT /v2/form/{client}/{form}" => forms::replace(self, request, caller).await,
            "POST /v2/form/{client}/{form}/archive" => forms::archive(self, request, caller).await,
            "POST /v2/form/{client}/{form}/clone" => forms::copy(self, request, caller).await,
            _ => Err(Kind::NotFound.into()),
        }
    }

    async fn wake(&self, wake: Wake) -> Result<(), Problem> {
        match wake {
            Wake::Message(message) => judged::take(self, &message.job()?, message.now).await,
            Wake::Schedule { name, now, .. } if name == "remind" => remind::sweep(self, now).await,
            Wake::Schedule { .. } => Err(Problem::internal("a schedule of another name")),
        }
    }
}
