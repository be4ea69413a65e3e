//! From an approved application to its badge.
//!
//! It is issued by the one way there is ([`crate::issue`]), under the application as the request's key; then the application is told of
//! it. Whatever breaks off in between, and however often somebody begins again, finds the event that was planned first: one application,
//! one event, one credential. The row by which an approved application is found goes in the very write that tells it, and last.

use crate::App;
use crate::issue::{self, Key, Order};
use application::application::{Application, Edits, State};
use application::evidence;
use application::form::{EvidencePolicy, Form};
use badge::event::{Evidence, IssueRequest};
use badge::limits::MAX_CRITERIA_CHARS;
use badge::text::Language;
use badge::{Lang, Recipient, Urls};
use edge::{Kind, Problem};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use queue::AwardJob;
use store::{Refused, StepWrite};

/// How long an approved application may wait before somebody asks whether its message was lost.
const OVERDUE: SignedDuration = SignedDuration::from_mins(5);
/// After this time it is not the message: the badge is a draft, or gone. Then it is tried once an hour.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);
/// Minutes of an hour in which that is; the schedule comes once in them.
const HOURLY_MINUTES: i8 = 5;
/// Attempts at writing that it is issued, while others change the same application.
const ATTEMPTS: usize = 6;

/// Issues the badge of an approved application. One that is not approved, not any more, or not there, is nothing to do.
pub(crate) async fn take(app: &App, job: &AwardJob, now: Timestamp) -> Result<(), Problem> {
    for _ in 0..ATTEMPTS {
        let Some(application) = app.store.application(&job.award).await.map_err(edge::failed)? else { return Ok(()) };
        let State::Approved { edits, .. } = &application.state else { return Ok(()) };
        let (form, organisation) =
            futures_util::try_join!(app.store.form(&application.form), app.store.organisation(&application.client))
                .map_err(edge::failed)?;
        let form = form.ok_or_else(|| Problem::internal("the form of an application is gone"))?;
        let organisation = organisation.ok_or_else(|| Problem::internal("the organisation of a form is gone"))?;
        let shown = evidence_of(app, &application, &form).await?;
        let wanted = wanted(&application, edits, shown);
        let key = Key::of_application(&application.id, now);
        let order = Order { wanted: &wanted, deed: None };
        let event = match issue::carry_out(app, &organisation, &application.badge, order, key, now).await {
            Ok(event) => event.event,
            Err(problem) if matches!(problem.kind(), Kind::Unavailable | Kind::Internal | Kind::Conflict) => {
                return Err(problem);
            }
            // Nothing that repeating the message helps with: the schedule looks again whether the badge can be issued.
            Err(problem) => {
                let (application, reason) = (application.id.as_str(), problem.kind());
                tracing::warn!(application, ?reason, "an approved application waits: its badge cannot be issued");
                return Ok(());
            }
        };
        let credential = event.draw(0).credential;
        let Ok(Some(step)) = application.clone().issued(event.id, credential, now) else { return Ok(()) };
        let write =
            StepWrite { before: Some(&application), step: &step, form: &form, organisation: &organisation, now };
        match app.store.write_step(write).await {
            Ok(()) => return Ok(()),
            Err(Refused::Changed) => {}
            Err(Refused::Store(error)) => return Err(edge::failed(error)),
            Err(refused) => return Err(Problem::internal(refused)),
        }
    }
    Err(Problem::unavailable("an application was changed again and again"))
}

/// Leaves to the queue what has waited for so long that its message must have been lost.
pub(crate) async fn sweep(app: &App, now: Timestamp) -> Result<(), Problem> {
    let before = now.checked_sub(OVERDUE).map_err(Problem::internal)?;
    let overdue = app.store.awards(before).await.map_err(edge::failed)?;
    let overdue = overdue.into_iter().filter(|award| is_due(award.since, now));
    let jobs: Vec<AwardJob> = overdue.map(|award| AwardJob { award: award.application }).collect();
    for job in &jobs {
        tracing::warn!(application = job.award.as_str(), "an approved application was overdue");
    }
    app.signing.send(&jobs, 0).await.map_err(edge::failed)
}

/// Whether what has waited since then is tried at this run of the schedule.
fn is_due(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) < PATIENCE || now.to_zoned_datetime(TimeZone::UTC).minute() < HOURLY_MINUTES
}

/// What is issued: to the applicant, with what the reviewer wants to be different. It holds from when it was approved, however long the
/// message took, and so always begins before an end that the reviewer could name.
fn wanted(application: &Application, edits: &Edits, evidence: Option<Evidence>) -> IssueRequest {
    let applicant = &application.applicant;
    let recipient = Recipient {
        email: applicant.email.clone(),
        name: applicant.name.clone(),
        language: language(applicant.language),
        expires_on: None,
        evidence: Vec::new(),
    };
    IssueRequest {
        recipients: vec![with(recipient, evidence)],
        issued_on: Timestamp::from_second(application.since.as_second()).ok(),
        expires_on: edits.expires_on,
        criteria_add: edits.criteria_add.clone(),
        client_alias_id: None,
        api_consumer_id: None,
        log_entry: None,
        application: Some(application.id.clone()),
        email_message: edits.email_message.clone(),
        email_translations: edits.email_translations.clone(),
        send_email: true,
        event_name: None,
        sign: None,
    }
}

fn language(lang: Lang) -> Language {
    lang.tag().parse().unwrap_or_default()
}

/// A recipient with evidence, of which the narrative is left out where both together do not fit.
fn with(recipient: Recipient, evidence: Option<Evidence>) -> Recipient {
    let full = Recipient { evidence: evidence.iter().cloned().collect(), ..recipient.clone() };
    if full.fits() {
        return full;
    }
    let bare = evidence.filter(|evidence| evidence.url.is_some()).map(|one| Evidence { narrative: None, ..one });
    Recipient { evidence: bare.into_iter().collect(), ..recipient }
}

/// What the credential says of the evidence, as far as the form lets it be seen.
async fn evidence_of(app: &App, application: &Application, form: &Form) -> Result<Option<Evidence>, Problem> {
    let Some(submission) = &application.submission else { return Ok(None) };
    if submission.form_version == form.version {
        return Ok(shown(&app.urls, application, form, form));
    }
    let answered = app.store.form_version(&form.id, submission.form_version).await.map_err(edge::failed)?;
    Ok(shown(&app.urls, application, answered.as_ref().unwrap_or(form), form))
}

/// What a credential says of the evidence. `answered`: the form in the version that was answered, `form`: as it is now.
fn shown(urls: &Urls, application: &Application, answered: &Form, form: &Form) -> Option<Evidence> {
    let submission = application.submission.as_ref()?;
    if answered.definition.evidence == EvidencePolicy::No {
        return None;
    }
    let lang = application.applicant.language;
    let url = submission.answers.files().next().map(|_| urls.evidence(&form.id, &application.id));
    let url = url.and_then(|url| url.parse().ok());
    let narrative = if evidence::is_public(answered, form) {
        shortened(&evidence::narrative(answered, submission, lang))
    } else {
        let text = lang.pick(
            "The evidence was shown to the reviewers. Only they can open it.",
            "証拠資料は審査者に提示されました。閲覧できるのは審査者のみです。",
        );
        url.as_ref().map(|_| text.to_owned())
    };
    if url.is_none() && narrative.is_none() {
        return None;
    }
    let name = answered.definition.title.get(lang);
    Some(Evidence { url, narrative, name: Some(name.to_owned()).filter(|name| !name.is_empty()) })
}

/// A narrative within its limit; none when there is nothing to tell.
fn shortened(text: &str) -> Option<String> {
    if text.chars().count() <= MAX_CRITERIA_CHARS {
        return Some(text.to_owned()).filter(|text| !text.is_empty());
    }
    let kept: String = text.chars().take(MAX_CRITERIA_CHARS - 1).collect();
    Some(format!("{kept}…"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use application::application::{Actor, Circumstances};
    use application::approval::Approval;
    use application::{Answers, Applicant, Definition, Secret, Typed};
    use badge::input::{Complaints, Reader};
    use badge::{ApplicationId, ClientId, FormId};
    use serde_json::{Value, json};

    fn now() -> Timestamp {
        "2026-06-01T00:00:00.25Z".parse().unwrap()
    }

    fn urls() -> Urls {
        Urls::new("https://badges.example").unwrap()
    }

    fn form(changes: &Value) -> Form {
        let mut body = json!({
            "badge_id": "b1", "title": {"ja": "織物の申請", "en": "Weaving"}, "evidence": "optional", "evidence_shown": "public",
            "fields": [
                {"id": "work", "type": "paragraph", "label": {"ja": "作品", "en": "Your work"}},
                {"id": "number", "type": "text", "label": "学籍番号"},
                {"id": "file", "type": "file", "label": "写真", "max_files": 3},
            ],
            "approval": {"method": "automatic"},
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        Form {
            id: FormId::from_random([1; 10]),
            client: ClientId::from_random([2; 10]),
            version: 1,
            definition: Definition::read(&body).unwrap(),
            archived_at: None,
            secret: Secret::from_random([7; 32]),
            created_at: now(),
            modified_at: now(),
        }
    }

    fn approved(form: &Form, answers: &Value) -> Application {
        let (complaints, body) = (Complaints::default(), json!({"answers": answers}));
        let typed = Typed::read(&Reader::root(&body, &complaints));
        let applicant =
            Applicant {
                name: "山田 花子".into(), email: "hanako@example.org".parse().unwrap(), language: Lang::Ja
            };
        let id = ApplicationId::from_random([4; 10]);
        let begun = Application::begin(id, form, applicant.clone(), typed.clone(), now()).application;
        let world = Circumstances { form, evidence: application::Evidence::Accepted, turn: 0, now: now() };
        let answers = Answers::read(&typed, &form.definition).unwrap();
        let mut application =
            begun.submit(applicant, answers, None, &world).unwrap().application.prove(&world).unwrap().application;
        application.state = State::Approved { by: Actor::System, edits: Box::default() };
        application
    }

    #[test]
    fn the_applicant_gets_what_the_reviewer_wanted() {
        let application = approved(&form(&json!({})), &json!({"work": "布"}));
        let message =
            serde_json::from_value(json!({"subject": "s", "body": "b", "link_text": "", "footer": ""})).unwrap();
        let edits = Edits {
            criteria_add: Some("特に**優秀**".into()),
            expires_on: Some("2026-06-01T00:00:01Z".parse().unwrap()),
            email_message: Some(message),
            email_translations: vec![],
        };
        let wanted = wanted(&application, &edits, None);
        let [to] = &wanted.recipients[..] else { panic!("one recipient") };
        assert_eq!(
            (to.email.as_str(), to.name.as_str(), to.language.as_str()),
            ("hanako@example.org", "山田 花子", "ja")
        );
        assert_eq!((&wanted.criteria_add, wanted.expires_on), (&edits.criteria_add, edits.expires_on));
        assert_eq!((&wanted.email_message, wanted.send_email), (&edits.email_message, true));
        assert_eq!(wanted.application.as_ref(), Some(&application.id));
        // From the approval, in whole seconds: whatever end could be named then lies behind it.
        assert_eq!(wanted.issued_on, Some("2026-06-01T00:00:00Z".parse().unwrap()));
        assert!(wanted.expires_on > wanted.issued_on);
    }

    #[test]
    fn evidence_is_told_as_far_as_the_form_lets_it_be_seen() {
        let answers = json!({"work": " 絹を織った ", "number": "S-1", "file": ["f1"]});
        let open = form(&json!({}));
        let application = approved(&open, &answers);
        let evidence = shown(&urls(), &application, &open, &open).unwrap();
        assert_eq!(evidence.name.as_deref(), Some("織物の申請"));
        assert_eq!(evidence.narrative.as_deref(), Some("作品\n\n絹を織った"), "no number of anybody's");
        assert_eq!(
            evidence.url.unwrap().as_str(),
            format!("https://badges.example/apply/{}/evidence/{}", open.id, application.id)
        );
        let closed = form(&json!({"evidence_shown": "reviewers"}));
        // Public when it was answered and not since, or not then and since.
        for (answered, now) in [(&open, &closed), (&closed, &open), (&closed, &closed)] {
            let evidence = shown(&urls(), &application, answered, now).unwrap();
            assert!(evidence.url.is_some() && !evidence.narrative.unwrap().contains("絹"));
        }
        let fileless = approved(&open, &json!({"work": "絹"}));
        assert_eq!(shown(&urls(), &fileless, &closed, &closed), None);
        assert_eq!(shown(&urls(), &fileless, &open, &open).unwrap().url, None);
        assert_eq!(shown(&urls(), &approved(&open, &json!({})), &open, &open), None);
        let none = form(&json!({"evidence": "no", "fields": [{"id": "work", "type": "paragraph", "label": "作品"}]}));
        assert_eq!(shown(&urls(), &approved(&none, &json!({"work": "絹"})), &none, &none), None);
    }

    #[test]
    fn answers_of_a_quiz_are_no_evidence() {
        let question = json!({"field": "number", "right": ["S-1"], "points": 1});
        let quiz = form(&json!({"approval": {"method": "quiz", "questions": [question], "pass_mark": 1}}));
        let mut hidden = quiz.clone();
        let Approval::Quiz { questions, .. } = &mut hidden.definition.approval else { panic!("a quiz") };
        questions[0].field = "work".parse().unwrap();
        let application = approved(&quiz, &json!({"work": "絹", "number": "S-1"}));
        assert!(shown(&urls(), &application, &quiz, &quiz).is_some());
        assert_eq!(shown(&urls(), &application, &hidden, &hidden), None);
    }

    #[test]
    fn too_long_a_narrative_is_shortened_or_left_out() {
        let long = "証".repeat(MAX_CRITERIA_CHARS + 1);
        let short = shortened(&long).unwrap();
        assert_eq!((short.chars().count(), short.chars().last()), (MAX_CRITERIA_CHARS, Some('…')));
        assert_eq!(shortened(&long[..3]).as_deref(), Some("証"));
        let recipient = |evidence| {
            let recipient = Recipient {
                email: "a@example.org".parse().unwrap(),
                name: String::new(),
                language: Language::default(),
                expires_on: None,
                evidence: vec![],
            };
            with(recipient, Some(evidence))
        };
        let url = Some("https://badges.example/x".parse().unwrap());
        let evidence = |narrative: String| Evidence { url: url.clone(), narrative: Some(narrative), name: None };
        assert_eq!(recipient(evidence("短い".into())).evidence.len(), 1);
        let bare = recipient(evidence(short));
        assert!(bare.fits() && bare.evidence[0].url.is_some() && bare.evidence[0].narrative.is_none());
    }

    #[test]
    fn what_cannot_be_issued_is_tried_once_an_hour() {
        let now = |text: &str| text.parse::<Timestamp>().unwrap();
        let since = now("2026-06-01T08:01:00Z");
        assert!(is_due(since, now("2026-06-01T08:59:00Z")));
        let later: Vec<bool> = (0..12)
            .map(|run| is_due(since, now("2026-06-01T10:03:00Z") + SignedDuration::from_mins(5 * run)))
            .collect();
        assert_eq!((later[0], later.iter().filter(|due| **due).count()), (true, 1));
    }
}
