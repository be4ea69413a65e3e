//! Everything an organisation owns, in one zip that can be read without this platform.
//!
//! * [`ask`]: an admin asks for it, sees how far it is, and is lent it for some minutes;
//! * [`work`]: makes it in steps, each of which ends well before Lambda does and leaves a message for the next;
//! * [`contents`]: what is in it, thing by thing; secrets and keys never are; [`sheets`]: its lists as CSV;
//! * [`archive`]: the zip, of which only the end is in memory.
//!
//! This function reads organisations' records and files, and writes nothing but its own rows and what lies below `exports/`.

mod archive;
mod ask;
mod contents;
mod sheets;
mod work;

use edge::{Answer, Clock, Kind, Problem, Request, Wake, config, token::Gate};
use jiff::SignedDuration;
use queue::{ExportJob, Queue};
use signer::Signer;
use store::Store;

/// What this function works with, made once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    /// The same, working on the bucket of evidence.
    pub(crate) files: Store,
    pub(crate) urls: badge::Urls,
    pub(crate) queue: Queue,
    /// Things that a step takes at most: few where steps are to be seen.
    pub(crate) step_units: usize,
    /// How long a step may take; after that somebody else may do it again.
    pub(crate) step_time: SignedDuration,
    gate: Gate,
}

/// Who may have it: it holds every address.
const ADMINS: [&str; 1] = ["admin"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let signer = Signer::new(&aws);
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let files = store.in_bucket(config::required("EVIDENCE_BUCKET_NAME")?);
    let urls = config::urls()?;
    let queue = Queue::new(&aws, config::required("EXPORT_QUEUE_URL")?);
    let step_units = config::required("STEP_UNITS")?.parse()?;
    let step_time = SignedDuration::from_secs(config::required("STEP_SECONDS")?.parse()?);
    let token_keys = config::token_keys()?;
    let (token_keys, ()) = futures_util::future::join(signer.public_keys(&token_keys), store.warm()).await;
    let gate = Gate::new(token_keys?, urls.base());
    let app = App { store, files, urls, queue, step_units, step_time, gate };
    let app = &app;
    let handle = move |request| async move { audit::noted(&app.store, &app.gate, &request, app.route(&request)).await };
    edge::serve_and_wake(handle, move |wake| async move { app.wake(wake).await }).await
}

impl App {
    async fn route(&self, request: &Request) -> Result<Answer, Problem> {
        self.gate.caller(request, &ADMINS)?;
        match request.route.as_str() {
            "POST /v2/export/{client}" => ask::begin(self, request).await,
            "GET /v2/export/{client}" => ask::list(self, request).await,
            "GET /v2/export/{client}/{export}" => ask::show(self, request).await,
            _ => Err(Kind::NotFound.into()),
        }
    }

    async fn wake(&self, wake: Wake) -> Result<(), Problem> {
        let Wake::Message(message) = wake else { return Err(Problem::internal("a schedule of another name")) };
        let job: ExportJob = message.job()?;
        work::take(self, &job, Clock::starting_at(message.now), message.deadline).await
    }
}
