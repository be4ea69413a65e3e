//! What is shown of forms and applications, to each who may see them.
//!
//! | who | sees |
//! | --- | --- |
//! | the applicant | what they typed and submitted, the state, what they were told; no reviewer, no vote, no points |
//! | an outside reviewer, a juror | name, answers, instructions for reviewers; of votes their own |
//! | a final reviewer | all votes besides |
//! | a peer | name and answers |
//! | staff | everything, with the audit trail |

use crate::App;
use crate::step::Subject;
use application::application::{Actor, Entry, State, Submission, Vote};
use application::approval::{Approval, Reviewer, Verdict};
use application::decision::{self, Tally};
use application::form::{Availability, Form};
use application::link::Opens;
use badge::Lang;
use edge::Request;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::Listed;
use store::applications::History;
use store::letters::Bounced;

/// A form in a list, for its organisation.
pub(crate) fn form_row(app: &App, form: &Form, request: &Request) -> Value {
    json!({
        "id": form.id.as_str(),
        "badge_id": form.definition.badge.as_str(),
        "title": form.definition.title.get(request.lang),
        "method": form.definition.approval.name(),
        "version": form.version,
        "visible": form.definition.visible,
        "active": form.definition.active,
        "archived": form.archived_at.is_some(),
        "availability": availability(form, request.now),
        "url": format!("{}/apply/{}", app.urls.base(), form.id),
        "ctime": form.created_at.as_second(),
        "mtime": form.modified_at.as_second(),
    })
}

pub(crate) fn availability(form: &Form, now: Timestamp) -> &'static str {
    match form.availability(now) {
        Availability::Open => "open",
        Availability::NotYet(_) => "not_yet",
        Availability::Over(_) => "over",
        Availability::Closed => "closed",
    }
}

/// A letter that came back, as staff are told of it.
fn undelivered(bounced: &Bounced) -> Value {
    json!({
        "letter": bounced.letter, "reviewer": bounced.reviewer, "kind": bounced.bounce.kind, "code": bounced.bounce.code,
        "time": bounced.bounce.at.as_second(),
    })
}

/// An application in a list, for staff.
pub(crate) fn listed(row: &Listed, bounced: Option<&Bounced>) -> Value {
    json!({
        "id": row.id.as_str(),
        "form_id": row.form.as_str(),
        "badge_id": row.badge.as_str(),
        "name": row.applicant.name,
        "email": row.applicant.email.as_str(),
        "state": row.state,
        "since": row.since.as_second(),
        "ctime": row.created_at.as_second(),
        "submission_count": row.submissions,
        "score": row.score,
        "assigned": row.assigned,
        "voice_count": row.voices,
        "undelivered": bounced.map(undelivered),
    })
}

fn submission(submission: &Submission) -> Value {
    json!({
        "number": submission.number,
        "form_version": submission.form_version,
        "answers": submission.answers.value(),
        "time": submission.at.as_second(),
    })
}

fn vote(vote: &Vote) -> Value {
    json!({
        "by": vote.by.as_str(), "submission": vote.submission, "choice": vote.choice, "comment": vote.comment,
        "time": vote.at.as_second(),
    })
}

/// Where it stands, as everybody may know who knows of it.
fn standing(subject: &Subject) -> Value {
    let application = &subject.application;
    json!({
        "id": application.id.as_str(),
        "form_id": application.form.as_str(),
        "badge_id": application.badge.as_str(),
        "state": application.state.name(),
        "since": application.since.as_second(),
        "name": application.applicant.name,
    })
}

/// For who applies.
pub(crate) fn applicant(app: &App, subject: &Subject, request: &Request) -> Value {
    let Subject { application, form } = subject;
    let mut value = standing(subject);
    value["email"] = application.applicant.email.as_str().into();
    value["language"] = application.applicant.language.tag().into();
    value["address_proved"] = application.proved_at.is_some().into();
    value["editable"] = application.may_edit(&form.definition).is_ok().into();
    value["draft"] = application.draft.as_ref().map_or(Value::Null, application::Typed::value);
    value["submission"] = application.submission.as_ref().map_or(Value::Null, submission);
    value["redirect_url"] = form.definition.redirect_url.as_ref().map(badge::WebUrl::as_str).into();
    if let Some(score) = application.submission.as_ref().and_then(|submission| submission.score) {
        value["passed"] = score.passed.into();
    }
    match &application.state {
        State::Returned { comment, .. } => value["comment"] = comment.as_str().into(),
        State::Rejected { reason, .. } => value["reason"] = reason.as_str().into(),
        State::Submitted if matches!(form.definition.approval, Approval::Peer { .. }) => {
            value["peer_url"] = link(app, subject, &Opens::Peer, request.now).into();
        }
        _ => {}
    }
    value
}

/// The address of an application, for who holds a link of this kind.
pub(crate) fn link(app: &App, subject: &Subject, opens: &Opens, now: Timestamp) -> String {
    let text = subject.form.link(&subject.application, opens, now);
    format!("{}/apply/{}/applications/{text}", app.urls.base(), subject.form.id)
}

/// For who holds a badge that lets them approve.
pub(crate) fn peer(subject: &Subject, answered: &Form, lang: Lang) -> Value {
    let mut value = standing(subject);
    value["form"] = answered.definition.public(lang);
    value["submission"] = subject.application.submission.as_ref().map_or(Value::Null, submission);
    value
}

/// For a reviewer who came by a link.
pub(crate) fn reviewer(subject: &Subject, answered: &Form, who: &Reviewer, lang: Lang) -> Value {
    let Subject { application, form } = subject;
    let mut value = peer(subject, answered, lang);
    value["reviewer"] = json!({"id": who.id.as_str(), "name": who.name});
    value["reviewer_instructions"] = form.definition.reviewer_instructions.get(lang).into();
    let by = Actor::Reviewer(who.id.clone());
    let jury =
        matches!(&form.definition.approval, Approval::Jury { jurors, .. } if jurors.iter().any(|j| j.id == who.id));
    let last = matches!(&form.definition.approval,
        Approval::Jury { verdict: Verdict::FinalReviewer { reviewer }, .. } if reviewer.id == who.id);
    value["may_vote"] = (jury && matches!(application.state, State::Submitted)).into();
    value["may_decide"] = application.may_decide(&form.definition, &by, true).is_ok().into();
    let seen = application.votes.iter().filter(|vote| last || vote.by == who.id);
    value["votes"] = seen.map(vote).collect();
    if let Some(score) = application.submission.as_ref().and_then(|submission| submission.score) {
        value["score"] = json!(score);
    }
    value
}

/// For staff: with every version submitted and the audit trail. `answered`: the versions of the form that were answered.
pub(crate) fn staff(
    subject: &Subject,
    history: &History,
    bounced: Option<&Bounced>,
    answered: &[Form],
    by: &Actor,
    lang: Lang,
) -> Value {
    let Subject { application, form } = subject;
    let mut value = standing(subject);
    value["email"] = application.applicant.email.as_str().into();
    value["language"] = application.applicant.language.tag().into();
    value["address_proved_at"] = application.proved_at.map(Timestamp::as_second).into();
    value["ctime"] = application.created_at.as_second().into();
    value["assigned"] = json!(application.assigned);
    value["reviewer_instructions"] = form.definition.reviewer_instructions.get(lang).into();
    value["forms"] = answered
        .iter()
        .map(|form| {
            let mut value = form.definition.public(lang);
            value["version"] = form.version.into();
            value
        })
        .collect();
    let with_score = |one: &Submission| {
        let mut value = submission(one);
        value["score"] = json!(one.score);
        value["code_id"] = json!(one.code);
        value
    };
    value["submissions"] = history.submissions.iter().map(with_score).collect();
    value["votes"] = application.votes.iter().map(vote).collect();
    let approval = |one: &application::application::Approved| json!({"credential": one.credential.as_str(), "submission": one.submission, "comment": one.comment, "time": one.at.as_second()});
    value["approvals"] = application.approvals.iter().map(approval).collect();
    if let Approval::Jury { .. } = &form.definition.approval {
        let number = application.submissions();
        value["tally"] = match decision::tally(
            &form.definition.approval,
            &application.applicant.email,
            &application.votes,
            number,
        ) {
            Tally::Open { issue, reject, missing } => {
                json!({"state": "open", "issue": issue, "reject": reject, "missing": missing})
            }
            Tally::Issue => json!({"state": "issue"}),
            Tally::Reject => json!({"state": "reject"}),
            Tally::Stuck => json!({"state": "stuck"}),
        };
    }
    value["may_decide"] = application.may_decide(&form.definition, by, true).is_ok().into();
    value["undelivered"] = bounced.map(undelivered).into();
    value["history"] = history.trail.iter().map(entry).collect();
    match &application.state {
        State::Returned { comment, .. } => value["comment"] = comment.as_str().into(),
        State::Rejected { reason, mailed, .. } => {
            value["reason"] = reason.as_str().into();
            value["mailed"] = (*mailed).into();
        }
        State::Duplicate { of: Some(of), .. } => value["duplicate_of"] = of.as_str().into(),
        State::Issued { event, credential } => {
            value["event_id"] = event.as_str().into();
            value["assertion_id"] = credential.as_str().into();
        }
        _ => {}
    }
    value
}

fn entry(entry: &Entry) -> Value {
    json!({
        "number": entry.number, "time": entry.at.as_second(), "by": entry.by, "action": entry.action,
        "from": entry.from, "to": entry.to, "note": entry.note,
    })
}
