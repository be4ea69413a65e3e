//! From one state to the next, whatever others do meanwhile, and what follows from it.

use crate::{App, evidence};
use application::application::{Circumstances, Evidence, Refusal, State, Step};
use application::form::{Form, Routing};
use application::{Application, Effect};
use badge::input::{FieldError, Reason};
use badge::{ApplicationId, FormId};
use edge::{Kind, Problem};
use jiff::Timestamp;
use observe::Count;
use queue::{AwardJob, LetterJob};
use store::{Refused, StepWrite, StoreError};

/// Attempts at a step while others change the same application.
const ATTEMPTS: usize = 6;

/// An application with its form as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) application: Application,
    pub(crate) form: Form,
}

/// The application of this form. One of another form and none look alike.
pub(crate) async fn find(app: &App, form: &FormId, id: &ApplicationId) -> Result<Subject, Problem> {
    let found = app.store.application_of_form(form, id).await.map_err(edge::failed)?;
    let (application, form) = found.ok_or(Kind::NotFound)?;
    Ok(Subject { application, form })
}

/// What a step has to know.
pub(crate) async fn circumstances<'a>(
    app: &App,
    form: &'a Form,
    evidence: Evidence,
    now: Timestamp,
) -> Result<Circumstances<'a>, Problem> {
    let turn = match form.definition.routing {
        Routing::RoundRobin => app.store.form_count(&form.id).await.map_err(edge::failed)?,
        _ => 0,
    };
    Ok(Circumstances { form, evidence, turn, now })
}

/// What the files of what was submitted have come to.
pub(crate) async fn submitted_evidence(
    app: &App,
    application: &Application,
    now: Timestamp,
) -> Result<Evidence, Problem> {
    match &application.submission {
        Some(submission) => evidence::look(app, Some(&application.id), &submission.answers, now).await,
        None => Ok(Evidence::Accepted),
    }
}

/// Which files a step has to know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Files {
    /// None.
    Any,
    /// Those of what was submitted last.
    Submitted,
    /// Those of what is being submitted, which have come to this.
    Known(Evidence),
}

/// Takes a step and writes it; when somebody else was faster, from where they left it. The subject as it is then.
pub(crate) async fn take<F>(
    app: &App,
    mut subject: Subject,
    files: Files,
    now: Timestamp,
    step: F,
) -> Result<Subject, Problem>
where
    F: Fn(Application, &Circumstances<'_>) -> Result<Step, Refusal> + Send,
{
    for _ in 0..ATTEMPTS {
        let world = match &files {
            Files::Any => Circumstances { form: &subject.form, evidence: Evidence::Accepted, turn: 0, now },
            Files::Submitted => {
                let evidence = submitted_evidence(app, &subject.application, now).await?;
                circumstances(app, &subject.form, evidence, now).await?
            }
            Files::Known(evidence) => circumstances(app, &subject.form, evidence.clone(), now).await?,
        };
        let next = step(subject.application.clone(), &world).map_err(refused)?;
        match write(app, Some(&subject.application), &subject.form, &next, now).await {
            // A file that was judged since it was looked at told an application that did not wait for it yet.
            Ok(()) => return check(app, Subject { application: next.application, form: subject.form }, now).await,
            Err(Refused::Changed) => subject = find(app, &subject.form.id, &subject.application.id).await?,
            Err(refused) => return Err(problem(refused)),
        }
    }
    Err(Kind::Conflict.into())
}

/// An application that waits for its files goes on once they are judged; any other is as it was.
pub(crate) async fn check(app: &App, subject: Subject, now: Timestamp) -> Result<Subject, Problem> {
    if !matches!(subject.application.state, State::Checking) {
        return Ok(subject);
    }
    let evidence = submitted_evidence(app, &subject.application, now).await?;
    let world = circumstances(app, &subject.form, evidence, now).await?;
    let Ok(Some(next)) = subject.application.clone().check(&world) else { return Ok(subject) };
    let (before, form) = (&subject.application, &subject.form);
    let written = match write(app, Some(before), form, &next, now).await {
        // Others were faster with the same code: that is for the applicant to know, who may have another.
        Err(Refused::CodeUsedUp) => match before.clone().code_is_gone(now) {
            Ok(step) => write(app, Some(before), form, &step, now).await.map(|()| step),
            Err(refusal) => return Err(refused(refusal)),
        },
        written => written.map(|()| next),
    };
    match written {
        Ok(step) => Ok(Subject { application: step.application, form: subject.form }),
        Err(Refused::Changed) => find(app, &subject.form.id, &subject.application.id).await,
        Err(refused) => Err(problem(refused)),
    }
}

/// Says how long the files of an application are kept. What was lost of it is said again by whoever comes by next.
pub(crate) async fn keep_files(
    app: &App,
    application: &Application,
    form: &Form,
    now: Timestamp,
) -> Result<(), StoreError> {
    let has_files = application.submission.as_ref().is_some_and(|one| one.answers.files().next().is_some());
    match application.keeps_files_until(form).filter(|_| has_files) {
        Some(until) => app.store.keep_evidence(&application.id, until, now).await,
        None => Ok(()),
    }
}

/// Counts what a step means to whoever runs this.
fn tell(before: Option<&Application>, after: &Application) {
    let with_applicant = |one: &Application| matches!(one.state, State::Draft | State::Returned { .. });
    let decided = |one: &Application| matches!(one.state, State::Approved { .. } | State::Rejected { .. });
    if before.is_none_or(with_applicant) && !with_applicant(after) && !matches!(after.state, State::Withdrawn { .. }) {
        observe::count(Count::SUBMITTED, 1);
    }
    if decided(after) && !before.is_some_and(decided) {
        observe::count(Count::DECIDED, 1);
    }
}

/// Writes a step; then leaves what follows from it. A letter that cannot be left is lost; a badge is found by the schedule.
pub(crate) async fn write(
    app: &App,
    before: Option<&Application>,
    form: &Form,
    step: &Step,
    now: Timestamp,
) -> Result<(), Refused> {
    let organisation = app.store.organisation(&form.client).await?;
    let organisation = organisation.ok_or(StoreError::Corrupt("a form without its organisation"))?;
    app.store.write_step(StepWrite { before, step, form, organisation: &organisation, now }).await?;
    let application = &step.application;
    tell(before, application);
    let job = |letter: &application::Letter| LetterJob {
        application: application.id.clone(),
        revision: application.revision,
        letter: letter.clone(),
    };
    let letters: Vec<LetterJob> = step.letters.iter().map(job).collect();
    if !letters.is_empty()
        && let Err(error) = app.mail.send(&letters, 0).await
    {
        tracing::warn!(application = application.id.as_str(), %error, "no letter");
    }
    if before.is_none_or(|before| before.since != application.since)
        && let Err(error) = keep_files(app, application, form, now).await
    {
        tracing::warn!(application = application.id.as_str(), %error, "how long files are kept was not written down");
    }
    if step.effects.contains(&Effect::AwaitBadge) {
        let job = AwardJob { award: application.id.clone() };
        if let Err(error) = app.signing.send(&[job], 0).await {
            tracing::warn!(application = application.id.as_str(), %error, "no hint to issue");
        }
    }
    Ok(())
}

/// What a refused write means to a caller.
pub(crate) fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::Changed => Kind::Conflict.into(),
        Refused::PersonFull => Problem::new(Kind::Conflict).detail(
            "You have handed in as many applications to this form as one person may.",
            "このフォームへの申請は、お一人あたりの上限に達しています。",
        ),
        Refused::Full => Problem::new(Kind::Conflict).detail(
            "This form takes no more applications: all places are taken.",
            "このフォームは定員に達したため、受け付けを終了しました。",
        ),
        Refused::CodeUsedUp => Problem::fields(vec![FieldError { pointer: "/code".into(), reason: Reason::UsedUp }]),
        Refused::Store(error) => edge::failed(error),
    }
}

/// What an impossible transition means to a caller.
pub(crate) fn refused(refusal: Refusal) -> Problem {
    let (en, ja) = refusal.texts();
    Problem::new(Kind::Conflict).detail(en, ja)
}
