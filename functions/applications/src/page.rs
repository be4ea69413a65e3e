//! The public side as pages, for browsers: the same addresses as the JSON API, and behind them the same functions.
//!
//! A page's form is the JSON API's request in another notation ([`post`]); it is handed to the function that the API has for it. What
//! comes of it is shown: after success by sending the browser on (303) to the page of the application, otherwise by the same page again,
//! with every complaint beside its field and everything that was typed. So the pages work without scripts; the one script
//! ([`assets`]) does the work that keeps programs away, uploads files, and keeps a button from being pressed twice.
//!
//! * [`form`]: the form; [`status`]: an application, for its applicant; [`review`]: for reviewers and peers; [`evidence`]: what everybody
//!   may see of it;
//! * [`fields`]: questions and answers; [`poster`]: QR codes and the page to print; [`shell`]: what surrounds every page.

mod assets;
mod evidence;
mod fields;
mod form;
mod post;
mod poster;
mod review;
#[cfg(test)]
mod sample;
mod shell;
mod status;
#[cfg(test)]
mod tests;

use crate::apply::{self, Opened};
use crate::published::{self, Published};
use crate::step::{self, Subject};
use crate::{App, files, view};
use application::Application;
use application::abuse;
use application::application::{Actor, State, Vote};
use application::approval::{Approval, Verdict};
use application::form::{Availability, Form};
use application::link::Opens;
use badge::Lang;
use badge::definition::Badge;
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request, chance};
use fields::Filled;
use post::Posted;
pub(crate) use post::is_form;
use serde_json::Value;
use shell::Look;

/// Answers a request to the public side, as a page or in JSON.
pub(crate) async fn answer(app: &App, request: &Request) -> Result<Answer, Problem> {
    if request.route == "GET /assets/{asset}" {
        return assets::answer(request);
    }
    let posted = is_form(request);
    let route = request.route.as_str();
    let is_other = route.contains("/qr.") || route.ends_with("/poster");
    // A browser that cannot have a file is told so on a page.
    let is_page = matches!(
        route,
        "GET /apply/{form}" | "GET /apply/{form}/applications/{link}" | "GET /apply/{form}/evidence/{application}"
    ) || route.ends_with("/{evidence}");
    let wanted = posted || is_other || (is_page && request.prefers_html());
    if !wanted {
        return data(app, request).await;
    }
    let answer = if posted { act(app, request).await } else { show(app, request).await };
    // Whoever sees this is a person.
    Ok(answer.unwrap_or_else(|problem| {
        if let Some(cause) = problem.cause() {
            tracing::error!(request_id = request.id, route = request.route, cause, "failed");
        }
        shell::refused(Look::of(request, Lang::default()), &problem)
    }))
}

/// The answer in JSON.
async fn data(app: &App, request: &Request) -> Result<Answer, Problem> {
    match request.route.as_str() {
        "GET /apply/{form}/evidence/{application}" => published::show(app, request).await,
        "GET /apply/{form}/evidence/{application}/{evidence}" => published::download(app, request).await,
        route if route.contains("/{link}/evidence") => files::answer(app, request).await,
        _ => apply::answer(app, request).await,
    }
}

async fn show(app: &App, request: &Request) -> Result<Answer, Problem> {
    if request.route.ends_with("/{evidence}") {
        return data(app, request).await;
    }
    if request.route == "GET /apply/{form}/evidence/{application}" {
        let found = published::find(app, request).await?;
        let (look, badge) = match &found {
            Published::Closed => (Look::of(request, Lang::default()), None),
            Published::Open(open) => {
                let form = &open.subject.form;
                (Look::of(request, form.definition.primary_language), badge(app, form).await?)
            }
        };
        return Ok(evidence::show(&app.urls, look, &found, badge.as_ref()));
    }
    if request.route == "GET /apply/{form}/applications/{link}" {
        let saved = request.query("saved").is_some();
        return opened(app, request, &Value::Null, None, saved).await;
    }
    let form = apply::form(app, request).await?;
    let look = Look::of(request, form.definition.primary_language);
    match request.route.as_str() {
        "GET /apply/{form}" => first(app, request, &form, look, &Filled::default(), None).await,
        "GET /apply/{form}/qr.svg" => poster::qr_svg(&app.urls, &form),
        "GET /apply/{form}/qr.png" => poster::qr_png(&app.urls, &form),
        "GET /apply/{form}/poster" => poster::poster(&app.urls, &form, badge(app, &form).await?.as_ref(), look),
        _ => Err(Kind::NotFound.into()),
    }
}

async fn badge(app: &App, form: &Form) -> Result<Option<Badge>, Problem> {
    app.store.public_badge(&form.definition.badge).await.map_err(edge::failed)
}

/// The page on which somebody begins.
async fn first(
    app: &App,
    request: &Request,
    form: &Form,
    look: Look,
    filled: &Filled,
    problem: Option<&Problem>,
) -> Result<Answer, Problem> {
    let challenge = abuse::challenge(&form.id, &form.secret, chance::bytes(), request.now);
    let badge = badge(app, form).await?;
    let is_full = match form.definition.total {
        Some(total) if form.availability(request.now) == Availability::Open => {
            app.store.form_count(&form.id).await.map_err(edge::failed)? >= total
        }
        _ => false,
    };
    let shown = form::Shown {
        urls: &app.urls,
        form,
        badge: badge.as_ref(),
        look,
        now: request.now,
        is_full,
        challenge: &challenge,
    };
    Ok(form::show(problem.map_or(200, |problem| problem.kind().status()), &shown, filled, problem))
}

/// What the link in the address opens. `typed`: what was sent and not taken, because of `problem`.
async fn opened(
    app: &App,
    request: &Request,
    typed: &Value,
    problem: Option<&Problem>,
    saved: bool,
) -> Result<Answer, Problem> {
    let Opened { subject, opens } = apply::open(app, request).await?;
    let link = request.parameter("link").unwrap_or_default();
    let status = problem.map_or(200, |problem| problem.kind().status());
    match opens {
        Opens::Proof { .. } if subject.application.proved_at.is_none() && problem.is_none() => {
            Ok(status::prove(Look::of(request, subject.application.applicant.language), &subject, link))
        }
        Opens::Proof { .. } => match problem {
            Some(problem) => Err(problem.clone()),
            // Proved before: whoever holds the address holds the application.
            None => Ok(see(app, request, &view::link(app, &subject, &Opens::Applicant, request.now), false)),
        },
        Opens::Applicant => {
            let subject = step::check(app, subject, request.now).await?;
            let look = Look::of(request, subject.application.applicant.language);
            let answered = apply::answered(app, &subject).await?;
            let files = files::of(app, &subject.application.id, request.now).await?;
            let badge = badge(app, &subject.form).await?;
            let takes_files = subject.application.may_edit(&subject.form.definition).is_ok();
            let bucket = if takes_files { Some(app.files.bucket_url().await.map_err(edge::failed)?) } else { None };
            let peers = matches!(
                (&subject.form.definition.approval, &subject.application.state),
                (Approval::Peer { .. }, State::Submitted)
            );
            let peer_url = peers.then(|| view::link(app, &subject, &Opens::Peer, request.now));
            let shown = status::Shown {
                urls: &app.urls,
                subject: &subject,
                badge: badge.as_ref(),
                look,
                link,
                answered: &answered,
                files: &files,
                bucket: bucket.as_deref(),
                peer_url: peer_url.as_deref(),
                is_saved: saved,
            };
            let filled = problem.filter(|_| typed.get("answers").is_some()).map(|_| Filled::of_body(typed));
            Ok(status::show(status, &shown, filled.as_ref(), problem))
        }
        Opens::Reviewer(_) => {
            let (subject, reviewer) = apply::open_reviewer(app, request).await?;
            let by = Actor::Reviewer(reviewer.id.clone());
            let (definition, application) = (&subject.form.definition, &subject.application);
            let may_decide = application.may_decide(definition, &by, false).is_ok();
            let juror = matches!(&definition.approval, Approval::Jury { jurors, .. } if jurors.iter().any(|juror| juror.id == reviewer.id));
            let last = matches!(&definition.approval,
                Approval::Jury { verdict: Verdict::FinalReviewer { reviewer: last }, .. } if last.id == reviewer.id);
            let votes: Vec<&Vote> = application.votes.iter().filter(|vote| last || vote.by == reviewer.id).collect();
            let look = Look::of(request, reviewer.language);
            let who = review::Who::Reviewer { may_vote: juror, may_decide };
            reviewed(app, request, &subject, look, who, &votes, (typed, problem)).await
        }
        Opens::Peer => {
            apply::peers_may_see(&subject)?;
            let look = Look::of(request, subject.form.definition.primary_language);
            reviewed(app, request, &subject, look, review::Who::Peer, &[], (typed, problem)).await
        }
    }
}

/// The page for a reviewer or a peer, with both versions after another one was submitted.
async fn reviewed(
    app: &App,
    request: &Request,
    subject: &Subject,
    look: Look,
    who: review::Who,
    votes: &[&Vote],
    (typed, problem): (&Value, Option<&Problem>),
) -> Result<Answer, Problem> {
    let answered = apply::answered(app, subject).await?;
    let files = files::of(app, &subject.application.id, request.now).await?;
    let earlier = before(app, &subject.application).await?;
    let bounced = app.store.bounced_letters(&[&subject.application.id]).await.map_err(edge::failed)?;
    let shown = review::Shown {
        subject,
        look,
        link: request.parameter("link").unwrap_or_default(),
        who,
        latest: subject
            .application
            .submission
            .as_ref()
            .map(|submission| review::Version { submission, form: &answered }),
        before: earlier.as_ref().map(|(submission, form)| review::Version { submission, form }),
        files: &files,
        votes,
        is_unreachable: bounced.values().any(|bounced| bounced.reviewer.is_none()),
        typed,
        errors: problem.map(Problem::field_errors).unwrap_or_default(),
    };
    Ok(review::show(problem.map_or(200, |problem| problem.kind().status()), &shown, problem))
}

/// The submission before the latest, with the version of the form it answered.
async fn before(app: &App, application: &Application) -> Result<Option<(application::Submission, Form)>, Problem> {
    let number = application.submissions();
    if number < 2 {
        return Ok(None);
    }
    let history = app.store.application_history(&application.id).await.map_err(edge::failed)?;
    let found = history.into_iter().flat_map(|history| history.submissions).find(|one| one.number == number - 1);
    let Some(submission) = found else { return Ok(None) };
    let form = app.store.form_version(&application.form, submission.form_version).await.map_err(edge::failed)?;
    Ok(form.map(|form| (submission, form)))
}

/// Does what a page's form asks for.
async fn act(app: &App, request: &Request) -> Result<Answer, Problem> {
    let posted = Posted::read(request)?;
    if request.route == "POST /apply/{form}/applications" {
        return begin(app, request, &posted).await;
    }
    let form = apply::form(app, request).await?;
    let look = Look::of(request, form.definition.primary_language);
    let saves = request.route.ends_with("/submit") && posted.pressed("save");
    let body = if request.route.ends_with("/submit") {
        Ok(posted.typed(&form.definition, look.lang))
    } else if request.route.ends_with("/decision") {
        posted.decision(&form.definition)
    } else {
        Ok(posted.plain())
    };
    let done = match &body {
        Ok(body) => {
            let mut inner = post::as_json(request, body, look.lang);
            if saves {
                inner.route = "PUT /apply/{form}/applications/{link}".into();
            }
            apply::answer(app, &inner).await
        }
        Err(problem) => Err(problem.clone()),
    };
    match done {
        Ok(_) => next(app, request, &form, look, saves).await,
        Err(problem)
            if matches!(problem.kind(), Kind::NotFound | Kind::LinkExpired) && !request.route.ends_with("/prove") =>
        {
            Err(problem)
        }
        Err(problem) => {
            // As it was typed: a date, not the instant it stands for.
            let typed = if request.route.ends_with("/submit") { body.unwrap_or_default() } else { posted.plain() };
            opened(app, request, &typed, Some(&problem), false).await
        }
    }
}

/// Begins an application.
async fn begin(app: &App, request: &Request, posted: &Posted) -> Result<Answer, Problem> {
    let form = apply::form(app, request).await?;
    let look = Look::of(request, form.definition.primary_language);
    let body = posted.typed(&form.definition, look.lang);
    match apply::answer(app, &post::as_json(request, &body, look.lang)).await {
        Ok(begun) => Ok(see(app, request, begun.header_value("location").unwrap_or_default(), posted.pressed("save"))),
        Err(problem) => first(app, request, &form, look, &Filled::of_body(&body), Some(&problem)).await,
    }
}

/// Where a browser goes after something was done: on to where the form's organisation wants it, once all is handed in; else to the
/// page of the link.
async fn next(app: &App, request: &Request, form: &Form, look: Look, saved: bool) -> Result<Answer, Problem> {
    let Opened { subject, opens } = apply::open(app, request).await?;
    let application = &subject.application;
    let is_applicants = matches!(opens, Opens::Applicant | Opens::Proof { .. });
    let handed_in = request.route.ends_with("/submit") || request.route.ends_with("/prove");
    let goes_on =
        matches!(application.state, State::Checking | State::Submitted | State::Approved { .. } | State::Issued { .. });
    let missed = application.may_edit(&form.definition).is_ok();
    if is_applicants
        && handed_in
        && goes_on
        && !missed
        && !look.is_embedded
        && let Some(url) = shell::onward(form)
    {
        return Ok(Answer::new(303)
            .header("location", url)
            .header("referrer-policy", "no-referrer")
            .cache(Cache::None));
    }
    let link = if is_applicants { Some(view::link(app, &subject, &Opens::Applicant, request.now)) } else { None };
    let own = format!("/apply/{}/applications/{}", form.id, request.parameter("link").unwrap_or_default());
    let target = match (&opens, link) {
        // The link in the mail has done its work; from here on it is the applicant's own.
        (Opens::Proof { .. }, Some(link)) => link,
        _ => own,
    };
    Ok(see(app, request, &target, saved))
}

/// Sends a browser on to a page of ours. The address is relative: a form's answer may lead only to where the form came from, under
/// whatever name that was.
fn see(app: &App, request: &Request, address: &str, saved: bool) -> Answer {
    let path = address.strip_prefix(app.urls.base()).unwrap_or(address);
    let mut location = format!("{path}{}", Look::of(request, Lang::default()).suffix());
    if saved {
        location.push_str(if location.contains('?') { "&saved=1" } else { "?saved=1" });
    }
    Answer::new(303).header("location", location).header("referrer-policy", "no-referrer").cache(Cache::None)
}
