//! The public validator: anyone hands in a badge, everyone gets the same plain answer.
//!
//! This function reads what strangers send and fetches what they name, through a guard. Of what lies here it may read one thing,
//! the list of seals that PDF badges bear, and keep one, a stranger's upload until it is judged. It signs nothing and reads no
//! organisation's data; see decision 0010.

mod documents;
mod page;
mod seals;
mod submission;
mod trust;
mod upload;

use documents::Outside;
use edge::{Answer, Kind, Problem, Request, config};
use outbound::{AllowList, Guard};
use seals::Seals;
use store::Store;
use submission::{Place, Submission};
use verify::{ClaimedIdentity, Input, Options, Report, Trust};

/// What a request needs of the world.
struct World {
    outside: Outside,
    store: Store,
    seals: Seals,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let allow = AllowList::parse(&config::optional("OUTBOUND_ALLOW").unwrap_or_default())?;
    let store = Store::new(&config::aws().await, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let outside = Outside::new(Guard { allow, ..Guard::default() });
    let world = &World { outside, store, seals: Seals::default() };
    edge::serve(move |request| async move { answer(world, &request).await }).await
}

/// The answer to a browser that asks whether another site's script may hand in a badge (Fetch standard, "CORS-preflight").
fn preflight() -> Answer {
    Answer::new(204)
        .header("access-control-allow-origin", "*")
        .header("access-control-allow-methods", "GET, POST, OPTIONS")
        .header("access-control-allow-headers", "accept, accept-language, content-type")
        .header("access-control-max-age", "86400")
}

async fn answer(world: &World, request: &Request) -> Result<Answer, Problem> {
    let submission = match request.route.as_str() {
        "GET /validate" => match request.query("url") {
            None if request.prefers_html() => return Ok(page::form(request.lang)),
            None => return Err(submission::missing("/url").into()),
            Some(url) => Submission::of_url(url),
        },
        "POST /validate" => submission::read(request).await?,
        "POST /validate/upload" => return upload::lend(&world.store, request).await,
        "OPTIONS /validate" | "OPTIONS /validate/upload" => return Ok(preflight()),
        _ => return Err(Kind::NotFound.into()),
    };
    let report = judge(world, request, submission).await?;
    if request.prefers_html() {
        return Ok(page::report(request.lang, &report));
    }
    let body = serde_json::to_value(&report).map_err(Problem::internal)?;
    Ok(Answer::json(200, &body).header("access-control-allow-origin", "*").header("vary", "accept"))
}

async fn judge(world: &World, request: &Request, submission: Submission) -> Result<Report, Problem> {
    let Submission { badge, recipient, anchors } = submission;
    let (url, bytes, read) = match badge {
        Place::Url(url) => (Some(url), Vec::new(), None),
        Place::Bytes(bytes) => (None, bytes, None),
        Place::Upload(id) => (None, upload::fetch(&world.store, &id).await?, Some(id)),
    };
    // What is at an address may be a PDF; of anything else it can be seen whether the list is needed.
    let seals = if url.is_some() || verify::looks_like_pdf(&bytes) {
        world.seals.trusted(&world.store, request.now).await
    } else {
        Some(Vec::new())
    };
    let recipient = recipient.as_deref().map(ClaimedIdentity::email);
    let options = Options { now: request.now, recipient, trust: Trust { seals, anchors } };
    let input = url.as_deref().map_or(Input::Bytes(&bytes), Input::Url);
    let forget = async {
        if let Some(id) = &read {
            upload::forget(&world.store, id).await;
        }
    };
    // Judging waits for other people's servers, and may be given up: the upload goes meanwhile.
    let ((), report) = futures_util::join!(forget, verify::verify(input, &options, &world.outside));
    Ok(report)
}
