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
use std::future::Future;

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
    G: Fn(serde_json::Value, Timestamp) -> S + Sync,
    S: Future<Output = Result<serde_json::Value, String>> + Send,
{
    let obey = &obey;
    run(handle, |raw| async move {
        let command = serde_json::from_slice(raw.body()).map_err(|_| "a command is JSON")?;
        Ok(http::Response::new(Body::Text(obey(command, request::now()).await?.to_string())))
    })
    .await
}

/// Takes payload after payload: requests go to `handle`, everything else to `other`.
async fn run<F, R, G, S>(handle: F, other: G) -> Result<(), lambda_http::Error>
where
    F: Fn(Request) -> R + Sync,
    R: Future<Output = Result<Answer, Problem>> + Send,
    G: Fn(lambda_http::Request) -> S + Sync,
    S: Future<Output = Result<http::Response<Body>, lambda_http::Error>> + Send,
{
    let (handle, other) = (&handle, &other);
    lambda_http::run(lambda_http::service_fn(move |raw: lambda_http::Request| async move {
        if matches!(raw.request_context_ref(), Some(RequestContext::PassThrough)) {
            return other(raw).await;
        }
        let request = match Request::read(raw) {
            Ok(request) => request,
            Err(refused) => {
                let (request, problem) = *refused;
                return Ok(problem.answer(&request).finish(&request));
            }
        };
        let answer = handle(request.clone()).await.unwrap_or_else(|problem| {
            if let Some(cause) = problem.cause() {
                tracing::error!(request_id = request.id, route = request.route, cause, "failed");
            }
            problem.answer(&request)
        });
        let response = answer.finish(&request);
        tracing::info!(request_id = request.id, route = request.route, status = response.status().as_u16(), "answered");
        Ok(response)
    }))
    .await
}

/// Does what a payload that is no request asks for, and says which messages are to be delivered again.
async fn woken<G, S>(raw: &lambda_http::Request, wake: &G) -> Result<http::Response<Body>, lambda_http::Error>
where
    G: Fn(Wake) -> S + Sync,
    S: Future<Output = Result<(), Problem>> + Send,
{
    let now = request::now();
    let deadline = raw.lambda_context_ref().and_then(|context| i64::try_from(context.deadline).ok());
    let deadline = deadline.and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or(now);
    let wakes = wake::read(raw.body(), now, deadline).ok_or("a payload that is neither a request nor a message")?;
    let one = |what: Wake| async move {
        let name = match &what {
            Wake::Message(message) => (message.queue.clone(), Some(message.id.clone())),
            Wake::Schedule { name, .. } => (name.clone(), None),
        };
        (name, wake(what).await)
    };
    let mut failures = Vec::new();
    for ((name, id), outcome) in futures_util::future::join_all(wakes.into_iter().map(one)).await {
        let Err(problem) = outcome else {
            tracing::info!(name, id, "done");
            continue;
        };
        let cause = problem.cause().unwrap_or_else(|| problem.kind().title(badge::Lang::En));
        tracing::error!(name, id, cause, "failed");
        match id {
            Some(id) => failures.push(serde_json::json!({"itemIdentifier": id})),
            None => return Err("a schedule's work failed".into()),
        }
    }
    let body = serde_json::json!({"batchItemFailures": failures});
    Ok(http::Response::new(Body::Text(body.to_string())))
}

/// What a failure of the world means to a caller.
#[must_use]
pub fn failed(failure: impl Failure) -> Problem {
    match failure.nature() {
        Nature::Conflict => Kind::Conflict.into(),
        Nature::Quota(reached) => Problem::quota(reached),
        Nature::Temporary => Problem::unavailable(failure),
        Nature::Fault => Problem::internal(failure),
    }
}

/// Starts the log: JSON lines on standard output, as Lambda's logging configuration asks.
pub fn start_log() {
    lambda_http::tracing::init_default_subscriber();
}
