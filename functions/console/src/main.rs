//! What people see and do in a browser once they are signed in: staff in their organisations, earners with their badges.
//!
//! * [`sign_in`]: an address is proved by a mailed code or link, which begins a session ([`visitor`]);
//! * [`by_provider`]: an identity provider vouches for it instead, where the deployment has one ([`provider`]);
//! * [`my`]: what an earner has, in all organisations;
//! * [`desk`]: a member of an organisation at work; whatever concerns badges is asked of the function that has the powers, in the
//!   name of that member ([`api`]), and noted in the audit log;
//! * [`page`]: the pages, each of which says what it needs and what it does; [`shell`]: what surrounds them;
//! * [`posted`]: what a page's form sends.
//!
//! A page reads by `GET` and does by `POST`, which carries the session's own text against forged requests and ends by sending the browser
//! on (303), so that nothing is done twice by reloading. What was typed and refused is shown again with every complaint beside its
//! field. All of it works without scripts; where they run, they make it more convenient (`assets/console.mjs`).
//!
//! # How to add a page
//!
//! Write a module below [`page`] with a function from a [`desk::Desk`] to markup, name its address in [`page::answer`], and link it in
//! [`shell`] if it is one that people look for.

mod api;
mod assets;
mod by_provider;
mod desk;
mod my;
mod page;
mod posted;
mod provider;
mod shell;
mod sign_in;
mod visitor;

use application::Secret;
use edge::{Answer, Kind, Problem, Request, chance, config};
use queue::Queue;
use signer::Signer;
use store::Store;
use tokio::sync::OnceCell;

/// What this function works with, made once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) urls: badge::Urls,
    pub(crate) plans: badge::plan::Plans,
    pub(crate) api: api::Api,
    /// For letters that somebody waits for.
    pub(crate) prompt: Queue,
    /// By which people may sign in too.
    pub(crate) provider: Option<provider::Provider>,
    people: OnceCell<Secret>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let signer = Signer::new(&aws);
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    // Tokens are made here and never read: the key that signs is enough.
    let token_key_arn = config::required("TOKEN_KEY_ARN")?;
    let (token_key, ()) = futures_util::future::join(signer.public_key(&token_key_arn), store.warm()).await;
    let tokens = api::Tokens::new(signer, token_key_arn, token_key?, urls.base());
    let app = App {
        api: api::Api::new(&aws, config::required("FUNCTION_PREFIX")?, tokens),
        prompt: Queue::new(&aws, config::required("MAIL_PROMPT_QUEUE_URL")?),
        provider: provider::Provider::configured(&aws, urls.base())?,
        people: OnceCell::new(),
        store,
        urls,
        plans: config::plans()?,
    };
    let app = &app;
    edge::serve(move |request| async move { Ok(edge::html::remember(&request, app.answer(&request).await)) }).await
}

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Nobody is signed in.
    SignIn,
    /// Another answer is due: the browser is sent on.
    Instead(Box<Answer>),
    /// Something is wrong.
    Problem(Problem),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
impl From<Kind> for Refused {
    fn from(kind: Kind) -> Self {
        Self::Problem(kind.into())
    }
}

impl App {
    /// The secret under which addresses become people.
    pub(crate) async fn people(&self) -> Result<&Secret, Problem> {
        self.people.get_or_try_init(|| self.store.people_secret(chance::bytes())).await.map_err(edge::failed)
    }

    async fn answer(&self, request: &Request) -> Answer {
        match self.route(request).await {
            Ok(answer) => answer,
            Err(Refused::SignIn) => sign_in::first(request),
            Err(Refused::Instead(answer)) => *answer,
            Err(Refused::Problem(problem)) => {
                if let Some(cause) = problem.cause() {
                    tracing::error!(request_id = request.id, route = request.route, cause, "failed");
                }
                shell::refused(request, &problem)
            }
        }
    }

    async fn route(&self, request: &Request) -> Result<Answer, Refused> {
        match request.route.as_str() {
            "GET /sign-in" => Ok(sign_in::ask(self, request)),
            "POST /sign-in" => sign_in::send(self, request).await,
            "GET /sign-in/{sign_in}" => sign_in::show(self, request).await,
            "POST /sign-in/{sign_in}" => sign_in::prove(self, request).await,
            "GET /sign-in/oidc" => by_provider::begin(self, request).await,
            "GET /sign-in/oidc/callback" => by_provider::back(self, request).await,
            "POST /sign-out" => sign_in::out(self, request).await,
            "GET /my" => my::show(self, request).await,
            "POST /my/addresses" => my::change_addresses(self, request).await,
            "GET /console" | "GET /console/{page+}" | "POST /console/{page+}" => page::answer(self, request).await,
            _ => Err(Kind::NotFound.into()),
        }
    }
}
