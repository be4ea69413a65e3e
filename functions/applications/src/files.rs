//! `/apply/{form}/applications/{link}/evidence`: files of an application, from the promise of one until a reviewer has it.
//!
//! The bytes never come through here: a browser posts them to the bucket with the form that `begin` hands out, and reviewers are sent
//! on to an address that works for minutes and makes the browser save the file.

use crate::apply::{self, Opened};
use crate::step::Subject;
use crate::{App, published};
use application::form::FieldKind;
use application::link::Opens;
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::limits::MAX_NAME_CHARS;
use badge::plan::Quota;
use badge::{ApplicationId, EvidenceId, Lang};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request, chance};
use evidence::{Declaration, MAX_FILES, MediaType, Part};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::StoreError;
use store::evidence::{Evidence, EvidenceState, Promise};

/// A file, as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) field: String,
    pub(crate) name: String,
    pub(crate) size_bytes: u64,
    pub(crate) state: &'static str,
    pub(crate) reason: Option<evidence::Reason>,
    /// Whether there are archives in it that nobody looked into.
    pub(crate) has_nested: bool,
}

impl Shown {
    fn of(file: &Evidence) -> Self {
        let declaration = &file.promise.declaration;
        Self {
            id: file.promise.id.as_str().to_owned(),
            field: file.promise.field.clone(),
            name: declaration.name.as_str().to_owned(),
            size_bytes: declaration.size_bytes,
            state: file.state.name(),
            reason: if let EvidenceState::Refused { reason, .. } = &file.state { Some(*reason) } else { None },
            has_nested: matches!(&file.state, EvidenceState::Accepted { nested, .. } if !nested.is_empty()),
        }
    }

    fn value(&self, lang: Lang) -> Value {
        let mut value = json!({
            "id": self.id, "field": self.field, "name": self.name, "size_bytes": self.size_bytes, "state": self.state,
        });
        if let Some(reason) = self.reason {
            value["reason"] = json!({"code": reason.code(), "text": reason.text(lang)});
        }
        value
    }
}

/// What a browser offers to choose from.
pub(crate) fn accept() -> String {
    let types = MediaType::ALL.iter().map(|media| media.name().to_owned());
    // Some systems know files by their names only.
    let names = MediaType::ALL.iter().flat_map(|media| media.extensions()).map(|end| format!(".{end}"));
    types.chain(names).collect::<Vec<_>>().join(",")
}

/// The files of an application, oldest first.
pub(crate) async fn of(app: &App, application: &ApplicationId, now: Timestamp) -> Result<Vec<Shown>, Problem> {
    let files = app.store.evidence_of(application, now).await.map_err(edge::failed)?;
    Ok(files.iter().map(Shown::of).collect())
}

pub(crate) async fn answer(app: &App, request: &Request) -> Result<Answer, Problem> {
    match request.route.as_str() {
        "POST /apply/{form}/applications/{link}/evidence" => begin(app, request).await,
        "GET /apply/{form}/applications/{link}/evidence" => list(app, request).await,
        "DELETE /apply/{form}/applications/{link}/evidence/{evidence}" => remove(app, request).await,
        "GET /apply/{form}/applications/{link}/evidence/{evidence}" => download(app, request).await,
        _ => Err(Kind::NotFound.into()),
    }
}

fn wrong(pointer: &str, reason: Reason) -> FieldError {
    FieldError { pointer: pointer.to_owned(), reason }
}

/// `POST …/evidence` with `field`, `name`, `media_type` and `size_bytes`: promises a file, and answers with the form that uploads it.
async fn begin(app: &App, request: &Request) -> Result<Answer, Problem> {
    let subject = apply::open_own(app, request).await?;
    subject.application.may_edit(&subject.form.definition).map_err(crate::step::refused)?;
    let promise = read(&subject, &request.json()?, request.now)?;
    let client = &subject.form.client;
    let limit = app.store.limit(&app.plans, client, Quota::EvidenceBytesPerMonth).await.map_err(edge::failed)?;
    let kept = app.store.begin_evidence(promise, limit, request.now).await.map_err(|error| match error {
        // Whoever applies knows of no plan.
        StoreError::Quota(_) => edge::failed(error).detail(
            "The organisation cannot take files of this size this month. Please tell it.",
            "この団体では今月、このサイズのファイルをこれ以上受け付けられません。団体にお知らせください。",
        ),
        error => edge::failed(error),
    })?;
    let file = kept.ok_or_else(|| Problem::fields(vec![wrong("", Reason::TooMany { max: MAX_FILES })]))?;
    let upload = app.files.evidence_upload(&file, request.now).await.map_err(edge::failed)?;
    let mut value = Shown::of(&file).value(request.lang);
    let fields: Vec<Value> = upload.fields.iter().map(|(name, value)| json!([name, value])).collect();
    value["upload"] = json!({"url": upload.url, "fields": fields, "expires_at": badge::rfc3339(upload.expires_at)});
    Ok(Answer::json(201, &value))
}

fn read(subject: &Subject, body: &Value, now: Timestamp) -> Result<Promise, Problem> {
    let complaints = Complaints::default();
    let reader = Reader::root(body, &complaints);
    let (field, name) = (reader.text("field", 1, MAX_NAME_CHARS), reader.text("name", 1, MAX_NAME_CHARS));
    let media = reader.optional_text("media_type", MAX_NAME_CHARS).unwrap_or_default();
    let size = reader.optional_integer("size_bytes", 0, i64::MAX);
    if size.is_none() && reader.field("size_bytes").is_none() {
        reader.refuse_field("size_bytes", Reason::Missing);
    }
    let mut errors = complaints.into_result(()).err().unwrap_or_default();
    let asked = subject.form.definition.asked();
    let takes =
        |one: &&application::form::Field| one.id.as_str() == field && matches!(one.kind, FieldKind::File { .. });
    if asked.iter().find(takes).is_none() && !errors.iter().any(|error| error.pointer == "/field") {
        errors.push(wrong("/field", Reason::NotFound));
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let declaration = Declaration::read(&name, &media, size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0));
    let declaration = declaration.map_err(|complaints| {
        let complaint = |(part, reason): (Part, evidence::Reason)| {
            let pointer = match part {
                Part::Name => "/name",
                Part::Media => "/media_type",
                Part::Size => "/size_bytes",
            };
            wrong(pointer, Reason::File { code: reason.code(), en: reason.text(Lang::En), ja: reason.text(Lang::Ja) })
        };
        complaints.into_iter().map(complaint).collect::<Vec<_>>()
    })?;
    let application = &subject.application;
    Ok(Promise {
        id: EvidenceId::from_random(chance::bytes()),
        client: application.client.clone(),
        application: application.id.clone(),
        field,
        declaration,
        created_at: now,
    })
}

/// `GET …/evidence`: how far the files have come, for the applicant.
async fn list(app: &App, request: &Request) -> Result<Answer, Problem> {
    let subject = apply::open_own(app, request).await?;
    let files = of(app, &subject.application.id, request.now).await?;
    let files: Vec<Value> = files.iter().map(|file| file.value(request.lang)).collect();
    Ok(Answer::json(200, &json!({"result": files})))
}

async fn find(app: &App, subject: &Subject, request: &Request) -> Result<Evidence, Problem> {
    let id: EvidenceId = request.id("evidence")?;
    let file = app.store.evidence(&subject.application.id, &id, request.now).await.map_err(edge::failed)?;
    file.filter(|file| file.promise.client == subject.application.client).ok_or_else(|| Kind::NotFound.into())
}

/// `DELETE …/evidence/{evidence}`: what was not submitted. Of what was, reviewers have seen it.
async fn remove(app: &App, request: &Request) -> Result<Answer, Problem> {
    let subject = apply::open_own(app, request).await?;
    let application = &subject.application;
    application.may_edit(&subject.form.definition).map_err(crate::step::refused)?;
    let file = find(app, &subject, request).await?;
    let is_submitted = application
        .submission
        .iter()
        .flat_map(|submission| submission.answers.files())
        .any(|(_, id)| *id == file.promise.id);
    if !is_submitted {
        app.store.remove_evidence(&file, request.now).await.map_err(edge::failed)?;
    }
    Ok(Answer::new(204).cache(Cache::None))
}

/// `GET /v2/application/{client}/{application}/evidence/{evidence}`: where staff find a file, for some minutes.
pub(crate) async fn lend(app: &App, subject: &Subject, request: &Request) -> Result<Answer, Problem> {
    let file = find(app, subject, request).await?;
    let url = app.files.evidence_download(&file, request.now).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    let mut value = Shown::of(&file).value(request.lang);
    value["url"] = url.into();
    Ok(Answer::json(200, &value))
}

/// The files of an application as JSON, for staff.
pub(crate) async fn listed(app: &App, application: &ApplicationId, request: &Request) -> Result<Value, Problem> {
    let files = of(app, application, request.now).await?;
    Ok(files.iter().map(|file| file.value(request.lang)).collect())
}

/// `GET …/evidence/{evidence}`: sends a reviewer on to an accepted file that was submitted.
async fn download(app: &App, request: &Request) -> Result<Answer, Problem> {
    let Opened { subject, opens } = apply::open(app, request).await?;
    match opens {
        Opens::Reviewer(_) => drop(apply::open_reviewer(app, request).await?),
        Opens::Peer => apply::peers_may_see(&subject)?,
        Opens::Applicant => {}
        Opens::Proof { .. } => return Err(Kind::NotFound.into()),
    }
    let file = find(app, &subject, request).await?;
    published::send_on(app, &file, request).await
}
