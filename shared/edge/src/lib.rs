//! Lambda and HTTP: what every function needs at its edge and nothing else does.
//!
//! A function's `main` reads as: [`config`] once, clients once, then [`serve`] with one closure from [`Request`] to
//! `Result<Answer, Problem>`. Everything in between is the function's own.
//!
//! * [`request`]: a request, read once under limits; the only place that reads the clock;
//! * [`answer`]: answers, their caching and content negotiation;
//! * [`problem`]: every failure a caller can see, in one table;
//! * [`token`]: access tokens and who a caller is;
//! * [`html`]: the shell of every page;
//! * [`obf`]: answers in the shape that existing clients read;
//! * [`chance`]: the only source of random bytes.

pub mod answer;
pub mod chance;
pub mod config;
pub mod html;
pub mod obf;
pub mod problem;
pub mod request;
pub mod token;

pub use answer::Answer;
pub use problem::{Kind, Problem};
pub use request::Request;

use badge::failure::{Failure, Nature};
use std::future::Future;

/// Runs a function: takes request after request from the Lambda runtime and answers each.
///
/// # Errors
/// When the runtime cannot be reached; the process should end then.
pub async fn serve<F, R>(handle: F) -> Result<(), lambda_http::Error>
where
    F: Fn(Request) -> R + Sync,
    R: Future<Output = Result<Answer, Problem>> + Send,
{
    let handle = &handle;
    lambda_http::run(lambda_http::service_fn(move |raw: lambda_http::Request| async move {
        let request = match Request::read(raw) {
            Ok(request) => request,
            Err(refused) => {
                let (request, problem) = *refused;
                return Ok::<_, lambda_http::Error>(problem.answer(&request).finish(&request));
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

/// What a failure of the world means to a caller.
#[must_use]
pub fn failed(failure: impl Failure) -> Problem {
    match failure.nature() {
        Nature::Conflict => Kind::Conflict.into(),
        Nature::Temporary => Problem::unavailable(failure),
        Nature::Fault => Problem::internal(failure),
    }
}

/// Starts the log: JSON lines on standard output, as Lambda's logging configuration asks.
pub fn start_log() {
    lambda_http::tracing::init_default_subscriber();
}
