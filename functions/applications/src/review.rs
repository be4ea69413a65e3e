//! Applications, as staff see them and decide about them.

use crate::step::{self, Files, Subject};
use crate::{App, files, forms, view};
use application::Refusal;
use application::application::{Actor, Choice, Decision, STATES};
use application::approval::Approval;
use application::form::Form;
use application::limits::{MAX_COMMENT_CHARS, MAX_REVIEWERS};
use application::names::ReviewerId;
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::{ApplicationId, ClientId};
use edge::obf::Page;
use edge::token::Caller;
use edge::{Answer, Kind, Problem, Request};
use serde_json::{Value, json};
use store::Listed;

/// Who somebody with a token is to an application: the reviewer for whom their credential speaks, else staff.
fn actor(caller: &Caller, form: &Form, needed: bool) -> Actor {
    match form.definition.approval.reviewer_of(&caller.credential) {
        Some(reviewer) if needed => Actor::Reviewer(reviewer.id.clone()),
        _ => Actor::Staff(caller.credential.clone()),
    }
}

/// As whom they decide: where one certain person has the last word, as that person.
fn decider(caller: &Caller, form: &Form) -> Actor {
    actor(caller, form, matches!(form.definition.approval, Approval::Jury { .. }))
}

/// `GET /v2/application/{client}`: those that wait longest first. Drafts are the applicants' own.
pub(crate) async fn list(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let mut errors = Vec::new();
    let page = Page::read(&mut errors, |name| request.query(name));
    let shown = &STATES[1..];
    let states: Vec<&str> = match request.query("state") {
        None => shown.to_vec(),
        Some(text) => text.split(',').collect(),
    };
    if states.iter().any(|state| !shown.contains(state)) {
        let reason = Reason::NotAllowed { allowed: shown.join(", ") };
        errors.push(FieldError { pointer: "/state".into(), reason });
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let reads = states.iter().map(|state| app.store.applications(&client, state));
    let found = futures_util::future::try_join_all(reads).await.map_err(edge::failed)?;
    let mut rows: Vec<Listed> =
        found.into_iter().flatten().filter(|row| caller.knows(&row.badge) && matches(row, request)).collect();
    rows.sort_by_key(|row| row.since);
    let (rows, total) = page.of(rows);
    let ids: Vec<&ApplicationId> = rows.iter().map(|row| &row.id).collect();
    let bounced = app.store.bounced_letters(&ids).await.map_err(edge::failed)?;
    let rows: Vec<Value> = rows.iter().map(|row| view::listed(row, bounced.get(&row.id))).collect();
    Ok(Answer::json(200, &json!({"result": rows, "total": total})))
}

fn matches(row: &Listed, request: &Request) -> bool {
    let is = |name, value: &str| request.query(name).is_none_or(|wanted| wanted == value);
    let asked = |id: &str| row.assigned.iter().any(|reviewer| reviewer.as_str() == id);
    let holds = |part: &str| {
        let part = part.to_lowercase();
        row.applicant.name.to_lowercase().contains(&part) || row.applicant.email.folded().contains(&part)
    };
    is("form_id", row.form.as_str())
        && is("badge_id", row.badge.as_str())
        && request.query("assigned").is_none_or(asked)
        && request.query("q").is_none_or(holds)
}

/// `GET /v2/application/{client}/{application}`: with every version submitted, the forms they answered, votes and the audit trail.
pub(crate) async fn show(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: ApplicationId = request.id("application")?;
    let (history, bounced) =
        futures_util::future::try_join(app.store.application_history(&id), app.store.bounced_letters(&[&id]))
            .await
            .map_err(edge::failed)?;
    let history = history.filter(|history| is_shown(&history.application, &client)).ok_or(Kind::NotFound)?;
    caller.about(&history.application.badge)?;
    let form = app.store.form(&history.application.form).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    let mut versions: Vec<u32> = history.submissions.iter().map(|submission| submission.form_version).collect();
    versions.sort_unstable();
    versions.dedup();
    let reads = versions.iter().map(|version| app.store.form_version(&form.id, *version));
    let answered = futures_util::future::try_join_all(reads).await.map_err(edge::failed)?;
    let answered: Vec<Form> = answered.into_iter().flatten().collect();
    let by = decider(caller, &form);
    let subject = Subject { application: history.application.clone(), form };
    let mut value = view::staff(&subject, &history, bounced.get(&id), &answered, &by, request.lang);
    value["files"] = files::listed(app, &id, request).await?;
    Ok(Answer::json(200, &value))
}

/// `GET /v2/application/{client}/{application}/evidence/{evidence}`.
pub(crate) async fn file(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    files::lend(app, &find(app, request, caller).await?, request).await
}

/// Somebody else's, none, and one that was never submitted, which is the applicant's own, look alike.
fn is_shown(application: &application::Application, client: &ClientId) -> bool {
    application.client == *client && application.submission.is_some()
}

async fn find(app: &App, request: &Request, caller: &Caller) -> Result<Subject, Problem> {
    let client: ClientId = request.id("client")?;
    let id: ApplicationId = request.id("application")?;
    let application = app.store.application(&id).await.map_err(edge::failed)?;
    let application = application.filter(|application| is_shown(application, &client)).ok_or(Kind::NotFound)?;
    caller.about(&application.badge)?;
    let form = app.store.form(&application.form).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    Ok(Subject { application, form })
}

fn done(subject: &Subject) -> Answer {
    let application = &subject.application;
    let mut body = forms::done("application", application.id.as_str());
    body["state"] = application.state.name().into();
    Answer::json(200, &body)
}

/// `POST …/decision`.
pub(crate) async fn decide(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let subject = find(app, request, caller).await?;
    let decision = Decision::read(&request.json()?, request.now)?;
    duplicate_exists(app, &subject, &decision).await?;
    let decided = step::take(app, subject, Files::Any, request.now, |application, world| {
        application.decide(&world.form.definition, decision.clone(), decider(caller, world.form), world.now)
    });
    Ok(done(&decided.await?))
}

/// What an application repeats is another of the same organisation.
pub(crate) async fn duplicate_exists(app: &App, subject: &Subject, decision: &Decision) -> Result<(), Problem> {
    let Decision::Duplicate { of: Some(of) } = decision else { return Ok(()) };
    let other = app.store.application(of).await.map_err(edge::failed)?;
    let fits =
        |other: &application::Application| is_shown(other, &subject.form.client) && *of != subject.application.id;
    if other.as_ref().is_some_and(fits) {
        return Ok(());
    }
    Err(Problem::fields(vec![FieldError { pointer: "/duplicate_of".into(), reason: Reason::NotFound }]))
}

/// `POST …/vote`: as the juror for whom the caller's credential speaks.
pub(crate) async fn vote(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let subject = find(app, request, caller).await?;
    let (choice, comment) = read_vote(&request.json()?)?;
    let voted = step::take(app, subject, Files::Any, request.now, |application, world| {
        let Actor::Reviewer(id) = actor(caller, world.form, true) else { return Err(Refusal::NotAsked) };
        application.vote(&world.form.definition, &id, choice, &comment, world.now)
    });
    Ok(done(&voted.await?))
}

/// `vote` is `issue` or `reject`.
pub(crate) fn read_vote(body: &Value) -> Result<(Choice, String), Vec<FieldError>> {
    let complaints = Complaints::default();
    let reader = Reader::root(body, &complaints);
    let comment = reader.optional_text("comment", MAX_COMMENT_CHARS).unwrap_or_default();
    let choice = match reader.field("vote").map(|field| field.value().as_str().unwrap_or_default().to_owned()) {
        Some(word) if word == "issue" => Choice::Issue,
        Some(word) if word == "reject" => Choice::Reject,
        Some(_) => {
            reader.refuse_field("vote", Reason::NotAllowed { allowed: "issue, reject".into() });
            Choice::Reject
        }
        None => {
            reader.refuse_field("vote", Reason::Missing);
            Choice::Reject
        }
    };
    complaints.into_result((choice, comment))
}

/// `POST …/assign` with `reviewers`.
pub(crate) async fn assign(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let subject = find(app, request, caller).await?;
    let reviewers = read_reviewers(&request.json()?, &subject.form)?;
    let by = Actor::Staff(caller.credential.clone());
    let assigned = step::take(app, subject, Files::Any, request.now, |application, world| {
        application.assign(&world.form.definition, reviewers.clone(), by.clone(), world.now)
    });
    Ok(done(&assigned.await?))
}

fn read_reviewers(body: &Value, form: &Form) -> Result<Vec<ReviewerId>, Vec<FieldError>> {
    let complaints = Complaints::default();
    let reader = Reader::root(body, &complaints);
    if reader.field("reviewers").is_none() {
        reader.refuse_field("reviewers", Reason::Missing);
    }
    let mut ids: Vec<ReviewerId> = Vec::new();
    for entry in reader.list("reviewers", MAX_REVIEWERS) {
        let known =
            form.definition.approval.reviewers().find(|reviewer| Some(reviewer.id.as_str()) == entry.value().as_str());
        match known {
            None => entry.refuse(Reason::NotFound),
            Some(reviewer) if ids.contains(&reviewer.id) => entry.refuse(Reason::Duplicate),
            Some(reviewer) => ids.push(reviewer.id.clone()),
        }
    }
    complaints.into_result(ids)
}

/// `POST …/withdraw`: on the applicant's behalf.
pub(crate) async fn withdraw(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let subject = find(app, request, caller).await?;
    let by = Actor::Staff(caller.credential.clone());
    let withdrawn = step::take(app, subject, Files::Any, request.now, |application, world| {
        application.withdraw(by.clone(), world.now)
    });
    Ok(done(&withdrawn.await?))
}
