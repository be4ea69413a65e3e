//! The public validator: anyone hands in a badge, everyone gets the same plain answer.
//!
//! This function reads what strangers send and fetches what they name, through a guard. Of what lies here it may read one thing,
//! the list of seals that PDF badges bear, and keep two: a stranger's upload until it is judged, and a report that somebody asked to be
//! kept. It signs nothing and reads no organisation's data; see decision 0010.

mod documents;
mod kept;
mod page;
mod seals;
mod submission;
mod trust;
mod upload;

use aws_lc_rs::digest;
use badge::CredentialId;
use documents::Outside;
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request, config};
use kept::{Kept, Source};
use outbound::{AllowList, Guard};
use page::Shown;
use seals::Seals;
use store::Store;
use submission::{Place, Submission};
use verify::{ClaimedIdentity, Input, Options, Report, Trust, Verdict};

/// What a request needs of the world.
struct World {
    outside: Outside,
    store: Store,
    seals: Seals,
    urls: badge::Urls,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let allow = AllowList::parse(&config::optional("OUTBOUND_ALLOW").unwrap_or_default())?;
    let store = Store::new(&config::aws().await, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let outside = Outside::new(Guard { allow, ..Guard::default() });
    let world = &World { outside, store, seals: Seals::default(), urls: config::urls()? };
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
    match request.route.as_str() {
        "POST /validate/upload" => return upload::lend(&world.store, request).await,
        "OPTIONS /validate" | "OPTIONS /validate/upload" => return Ok(preflight()),
        _ => {}
    }
    let bucket = if request.prefers_html() { world.store.bucket_url().await.ok() } else { None };
    let bucket = bucket.as_deref();
    match validated(world, request, bucket).await {
        Err(problem) if request.prefers_html() => {
            if let Some(cause) = problem.cause() {
                tracing::error!(request_id = request.id, route = request.route, cause, "failed");
            }
            Ok(page::refused(request, &problem, bucket))
        }
        other => other,
    }
}

async fn validated(world: &World, request: &Request, bucket: Option<&str>) -> Result<Answer, Problem> {
    let submission = match request.route.as_str() {
        "GET /validate" => match request.query("url") {
            None if request.prefers_html() => return Ok(page::form(request, bucket)),
            None => return Err(submission::missing("/url").into()),
            Some(url) => Submission::of_url(url),
        },
        "GET /validate/results/{result}" => return kept::show(world, request, bucket).await,
        "POST /validate" => submission::read(request).await?,
        _ => return Err(Kind::NotFound.into()),
    };
    let submission = named(world, submission);
    if let Some(location) = shareable(request, &submission) {
        return Ok(Answer::new(303).header("location", location).cache(Cache::None));
    }
    let keeps = submission.keeps;
    let (report, source) = judge(world, request, submission).await?;
    if keeps {
        return kept::keep(world, request, Kept { report, source }).await;
    }
    if request.prefers_html() {
        return Ok(page::report(request, &Shown { report: &report, source: &source, until: None }, bucket));
    }
    Ok(kept::json(&report, None)?.header("access-control-allow-origin", "*"))
}

/// A credential's id, as it stands on a PDF badge, means the address of that credential.
fn named(world: &World, mut submission: Submission) -> Submission {
    if let Place::Url(text) = &submission.badge
        && let Ok(id) = text.parse::<CredentialId>()
    {
        submission.badge = Place::Url(world.urls.credential(&id));
    }
    submission
}

/// Where a browser finds the answer under an address that can be given to others: what is at an address, and nothing else asked.
fn shareable(request: &Request, submission: &Submission) -> Option<String> {
    let Submission { badge: Place::Url(url), recipient: None, anchors, keeps: false } = submission else { return None };
    if request.method != http::Method::POST || !request.prefers_html() || !anchors.is_empty() {
        return None;
    }
    let url: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
    Some(format!("/validate?url={url}"))
}

/// The report on a badge, and what it was handed in as.
async fn judge(world: &World, request: &Request, submission: Submission) -> Result<(Report, Source), Problem> {
    let Submission { badge, recipient, anchors, .. } = submission;
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
    observe::validated(word(report.verdict));
    let source = match url {
        Some(url) => Source::Url(url),
        None => {
            Source::File { sha256: hex::encode(digest::digest(&digest::SHA256, &bytes).as_ref()), bytes: bytes.len() }
        }
    };
    Ok((report, source))
}

/// A verdict as a metric's dimension.
const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::ValidWithWarnings => "valid_with_warnings",
        Verdict::Invalid => "invalid",
        Verdict::CouldNotBeChecked => "could_not_be_checked",
        Verdict::NotABadge => "not_a_badge",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(accept: &str, submission: &Submission) -> Option<String> {
        shareable(&Request::test(http::Method::POST, "/validate", &[("accept", accept)]), submission)
    }

    #[test]
    fn a_browser_gets_an_address_to_give_away_and_never_another_sites() {
        let submission = Submission::of_url("https://evil.example/a?b&c#d\r\nx: y");
        let expected = "/validate?url=https%3A%2F%2Fevil.example%2Fa%3Fb%26c%23d%0D%0Ax%3A+y";
        assert_eq!(leads("text/html", &submission).as_deref(), Some(expected));
        assert_eq!(leads("application/json", &submission), None);
        let asked = Submission { recipient: Some("a@b.example".into()), ..Submission::of_url("https://a.example") };
        let kept = Submission { keeps: true, ..Submission::of_url("https://a.example") };
        for other in [asked, kept, Submission::default()] {
            assert_eq!(leads("text/html", &other), None);
        }
    }
}
