//! The public validator: anyone hands in a badge, everyone gets the same plain answer.
//!
//! This function holds no power over anything here: it reads what strangers send and fetches what they name, through a guard. It
//! depends on no store and no signer.

mod documents;
mod page;
mod submission;

use documents::Outside;
use edge::{Answer, Kind, Problem, Request, config};
use outbound::{AllowList, Guard};
use submission::Submission;
use verify::{ClaimedIdentity, Input, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let allow = AllowList::parse(&config::optional("OUTBOUND_ALLOW").unwrap_or_default())?;
    let outside = Outside::new(Guard { allow, ..Guard::default() });
    let outside = &outside;
    edge::serve(move |request| async move { answer(outside, &request).await }).await
}

/// The answer to a browser that asks whether another site's script may hand in a badge (Fetch standard, "CORS-preflight").
fn preflight() -> Answer {
    Answer::new(204)
        .header("access-control-allow-origin", "*")
        .header("access-control-allow-methods", "GET, POST, OPTIONS")
        .header("access-control-allow-headers", "accept, accept-language, content-type")
        .header("access-control-max-age", "86400")
}

async fn answer(outside: &Outside, request: &Request) -> Result<Answer, Problem> {
    let submission = match request.route.as_str() {
        "GET /validate" => match request.query("url") {
            None if request.prefers_html() => return Ok(page::form(request.lang)),
            None => return Err(submission::missing("/url")),
            Some(url) => Submission::of_url(url),
        },
        "POST /validate" => submission::read(request).await?,
        "OPTIONS /validate" => return Ok(preflight()),
        _ => return Err(Kind::NotFound.into()),
    };
    let options = Options { now: request.now, recipient: submission.recipient.as_deref().map(ClaimedIdentity::email) };
    let input = match (&submission.url, &submission.bytes) {
        (Some(url), _) => Input::Url(url),
        (None, bytes) => Input::Bytes(bytes),
    };
    let report = verify::verify(input, &options, outside).await;
    if request.prefers_html() {
        return Ok(page::report(request.lang, &report));
    }
    let body = serde_json::to_value(&report).map_err(Problem::internal)?;
    Ok(Answer::json(200, &body).header("access-control-allow-origin", "*").header("vary", "accept"))
}
