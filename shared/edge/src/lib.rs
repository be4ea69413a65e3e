//! Lambda and HTTP: what every function needs at its edge and nothing else does.
//!
//! A function's `main` reads as: [`config`] once, clients once, then [`serve`] with one closure from [`Request`] to
//! `Result<Answer, Problem>`. Everything in between is the function's own.
//!
//! * [`request`]: a request, read once under limits; the only place that reads the clock;
//! * [`answer`]: answers, their caching and content negotiation;
//! * [`problem`]: every failure a caller can see, in one table;
//! * [`wake`]: messages of queues and schedules, for functions that are not only asked;
//! * [`clock`]: time that goes on while they work;
//! * [`token`]: access tokens and who a caller is;
//! * [`html`]: the shell of every page; [`assets`]: the scripts that pages share; [`markdown`]: what issuers write, made safe for one;
//! * [`obf`]: answers in the shape that existing clients read;
//! * [`chance`]: the only source of random bytes.

pub mod answer;
pub mod assets;
pub mod chance;
pub mod clock;
pub mod config;
pub mod html;
pub mod markdown;
pub mod obf;
pub mod problem;
pub mod request;
pub mod sheet;
pub mod token;
pub mod wake;

pub use answer::Answer;
pub use clock::Clock;
pub use problem::{Kind, Problem};
pub use request::Request;
pub use wake::{Message, Wake};

use badge::failure::{Failure, Nature};
use jiff::Timestamp;
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt as _};
use observe::{Invocation, Place, Trace};
use serde_json::{Map, Value, json};
use std::future::Future;
use std::io::Write as _;
use tracing::Instrument as _;

/// Runs a function that only answers requests.
///
/// # Errors
/// When the runtime cannot be reached; the process should end then.
pub async fn serve<F, R>(handle: F) -> Result<(), lambda_http::Error>
where
    F: Fn(Request) -> R + Sync,
    R: Future<Output = Result<Answer, Problem>> + Send,
{
    serve_and_wake(handle, |_| async { Err(Problem::internal("nothing wakes this function")) }).await
}

/// Runs a function: takes payload after payload from the Lambda runtime, answers requests and does what it is woken for. Messages of
/// one batch are worked on side by side; those that failed are delivered again, the others are not.
///
/// # Errors
/// When the runtime cannot be reached; the process should end then.
pub async fn serve_and_wake<F, R, G, S>(handle: F, wake: G) -> Result<(), lambda_http::Error>
where
    F: Fn(Request) -> R + Sync,
    R: Future<Output = Result<Answer, Problem>> + Send,
    G: Fn(Wake) -> S + Sync,
    S: Future<Output = Result<(), Problem>> + Send,
{
    let wake = &wake;
    run(handle, |raw| async move { woken(&raw, wake).await }).await
}

/// Runs a function that answers requests, and commands that somebody gives it by invoking it: JSON in, JSON out. Who may do that is a
/// matter of IAM (`lambda:InvokeFunction`). A command that cannot be carried out is an error of the invocation, whose text says why.
///
/// # Errors
/// When the runtime cannot be reached; the process should end then.
pub async fn serve_and_obey<F, R, G, S>(handle: F, obey: G) -> Result<(), lambda_http::Error>
where
    F: Fn(Request) -> R + Sync,
    R: Future<Output = Result<Answer, Problem>> + Send,
    G: Fn(Value, Timestamp) -> S + Sync,
    S: Future<Output = Result<Value, String>> + Send,
{
    let obey = &obey;
    run(handle, |raw| async move { obeyed(&raw, obey).await }).await
}

/// Runs a function that does all three: answers requests, does what it is woken for, and carries out commands ([`serve_and_obey`]).
///
/// # Errors
/// When the runtime cannot be reached; the process should end then.
pub async fn serve_wake_and_obey<F, R, G, S, H, T>(handle: F, wake: G, obey: H) -> Result<(), lambda_http::Error>
where
    F: Fn(Request) -> R + Sync,
    R: Future<Output = Result<Answer, Problem>> + Send,
    G: Fn(Wake) -> S + Sync,
    S: Future<Output = Result<(), Problem>> + Send,
    H: Fn(Value, Timestamp) -> T + Sync,
    T: Future<Output = Result<Value, String>> + Send,
{
    let (wake, obey) = (&wake, &obey);
    run(handle, |raw| async move {
        if wake::wakes(raw.body()) { woken(&raw, wake).await } else { obeyed(&raw, obey).await }
    })
    .await
}

/// What came of a payload, for the line that tells of it.
struct Done {
    response: http::Response<Body>,
    failed: bool,
    about: Map<String, Value>,
}

impl Done {
    fn new(response: http::Response<Body>, failed: bool, about: Value) -> Self {
        let about = if let Value::Object(about) = about { about } else { Map::new() };
        Self { response, failed, about }
    }
}

/// Takes payload after payload: requests go to `handle`, everything else to `other`. Each is part of a trace, and told of in one line.
async fn run<F, R, G, S>(handle: F, other: G) -> Result<(), lambda_http::Error>
where
    F: Fn(Request) -> R + Sync,
    R: Future<Output = Result<Answer, Problem>> + Send,
    G: Fn(lambda_http::Request) -> S + Sync,
    S: Future<Output = Result<Done, lambda_http::Error>> + Send,
{
    let place = place();
    let (handle, other, place) = (&handle, &other, &place);
    lambda_http::run(lambda_http::service_fn(move |raw: lambda_http::Request| async move {
        let clock = Clock::starting_at(request::now());
        let began = clock.now();
        let context = raw.lambda_context_ref();
        let request_id = context.map(|context| context.request_id.clone()).unwrap_or_default();
        // Lambda's trace comes first: what it does itself is drawn there. Its is the gateway's, unless tracing is off.
        let header = |name: &str| raw.headers().get(name).and_then(|value| value.to_str().ok());
        let caller = header("traceparent").and_then(Trace::from_traceparent);
        let trace = context.and_then(|context| Trace::from_xray(context.xray_trace_id.as_deref()?));
        let trace = trace.or_else(|| header("x-amzn-trace-id").and_then(Trace::from_xray)).or_else(|| caller.clone());
        let span = span(place, &request_id, trace.as_ref());
        let work = async {
            if matches!(raw.request_context_ref(), Some(RequestContext::PassThrough)) {
                other(raw).await
            } else {
                Ok(answered(raw, handle).await)
            }
        };
        let work = work.instrument(span);
        let mut done = match trace.clone() {
            Some(trace) => trace.scope(work).await,
            None => work.await,
        };
        let mut about = done.as_mut().map(|done| std::mem::take(&mut done.about)).unwrap_or_default();
        if let Some(caller) = caller.filter(|caller| !trace.as_ref().is_some_and(|trace| trace.same(caller))) {
            about.insert("caller".into(), caller.id().into());
        }
        let at = clock.now();
        let invocation = Invocation {
            at,
            took: at.duration_since(began).as_secs_f64() * 1000.0,
            failed: done.as_ref().map_or(true, |done| done.failed),
            request_id: &request_id,
            trace: trace.as_ref(),
            about,
        };
        // A log that cannot be written is no reason to fail.
        let _ = writeln!(std::io::stdout().lock(), "{}", observe::metrics::line(place, invocation));
        done.map(|done| done.response)
    }))
    .await
}

fn place() -> Place {
    Place::named(&config::optional("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "none-function".into()))
}

/// What lines about a piece of work have in common.
fn span(place: &Place, request_id: &str, trace: Option<&Trace>) -> tracing::Span {
    let (function, version) = (place.function(), observe::VERSION);
    tracing::info_span!("work", function, version, requestId = request_id, trace = trace.map(Trace::id))
}

/// Answers a request.
async fn answered<F, R>(raw: lambda_http::Request, handle: &F) -> Done
where
    F: Fn(Request) -> R + Sync,
    R: Future<Output = Result<Answer, Problem>> + Send,
{
    let (request, answer) = match Request::read(raw) {
        Ok(request) => (request.clone(), handle(request).await),
        Err(refused) => {
            let (request, problem) = *refused;
            (request, Err(problem))
        }
    };
    let answer = answer.unwrap_or_else(|problem| {
        if let Some(cause) = problem.cause() {
            tracing::error!(request = request.id, route = request.route, cause, "failed");
        }
        problem.answer(&request)
    });
    let response = answer.finish(&request);
    let status = response.status();
    let about = json!({"request": request.id, "route": request.route, "status": status.as_u16()});
    Done::new(response, status.is_server_error(), about)
}

/// Carries out the command that a payload is.
async fn obeyed<G, S>(raw: &lambda_http::Request, obey: &G) -> Result<Done, lambda_http::Error>
where
    G: Fn(Value, Timestamp) -> S + Sync,
    S: Future<Output = Result<Value, String>> + Send,
{
    let command = serde_json::from_slice(raw.body()).map_err(|_| "a command is JSON")?;
    let answer = obey(command, request::now()).await?.to_string();
    Ok(Done::new(http::Response::new(Body::Text(answer)), false, json!({"name": "command"})))
}

/// Does what a payload that is no request asks for, and says which messages are to be delivered again.
async fn woken<G, S>(raw: &lambda_http::Request, wake: &G) -> Result<Done, lambda_http::Error>
where
    G: Fn(Wake) -> S + Sync,
    S: Future<Output = Result<(), Problem>> + Send,
{
    let now = request::now();
    let deadline = raw.lambda_context_ref().and_then(|context| i64::try_from(context.deadline).ok());
    let deadline = deadline.and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or(now);
    let wakes = wake::read(raw.body(), now, deadline).ok_or("a payload that is neither a request nor a message")?;
    let (invocation, place) = (Trace::current(), place());
    let request_id = raw.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default();
    let one = |what: Wake| {
        let (name, id, trace) = match &what {
            Wake::Message(message) => (message.queue.clone(), Some(message.id.clone()), message.trace.clone()),
            Wake::Schedule { name, .. } => (name.clone(), None, None),
        };
        // A message belongs to the trace of who left it, whatever trace Lambda began to hand it over.
        let trace = trace.map(|trace| trace.in_invocation(invocation.as_ref())).or_else(|| invocation.clone());
        let span = span(&place, &request_id, trace.as_ref());
        let work = async move {
            let outcome = wake(what).await;
            if let Err(problem) = &outcome {
                let cause = problem.cause().unwrap_or_else(|| problem.kind().title(badge::Lang::En));
                tracing::error!(name, id, cause, "failed");
            } else {
                tracing::info!(name, id, "done");
            }
            (name, id, outcome.is_err())
        };
        let work = work.instrument(span);
        async move {
            match trace {
                Some(trace) => trace.scope(work).await,
                None => work.await,
            }
        }
    };
    let outcomes = futures_util::future::join_all(wakes.into_iter().map(one)).await;
    if outcomes.iter().any(|(_, id, failed)| *failed && id.is_none()) {
        return Err("a schedule's work failed".into());
    }
    let number = outcomes.len();
    let name = outcomes.first().map(|(name, ..)| name.clone());
    let again = |(_, id, failed): (String, Option<String>, bool)| id.filter(|_| failed);
    let failures: Vec<Value> = outcomes.into_iter().filter_map(again).map(|id| json!({"itemIdentifier": id})).collect();
    let about = json!({"name": name, "messages": number, "again": failures.len()});
    let failed = !failures.is_empty();
    let body = json!({"batchItemFailures": failures});
    Ok(Done::new(http::Response::new(Body::Text(body.to_string())), failed, about))
}

/// What a failure of the world means to a caller.
#[must_use]
pub fn failed(failure: impl Failure) -> Problem {
    match failure.nature() {
        Nature::Conflict => Kind::Conflict.into(),
        Nature::Quota(reached) => Problem::quota(reached),
        Nature::Erased => Kind::Erased.into(),
        Nature::Temporary => Problem::unavailable(failure),
        Nature::Fault => Problem::internal(failure),
    }
}

/// Starts the log: lines of JSON on standard output, each with the piece of work it is about, in `span`.
pub fn start_log() {
    use lambda_http::tracing::subscriber::{EnvFilter, fmt};
    let level = config::optional("AWS_LAMBDA_LOG_LEVEL").or_else(|| config::optional("RUST_LOG"));
    fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .without_time() // CloudWatch notes it.
        .with_env_filter(EnvFilter::new(level.unwrap_or_else(|| "info".into()).to_lowercase()))
        .init();
}
