//! `/apply/{form}/evidence/{application}`: the evidence behind a badge, at the address that stands in its credential.
//!
//! Whoever has the credential sees what was told and gets the files, where the form lets them; elsewhere they read that reviewers saw the
//! evidence, and not a word more. An application that is not there, one without a badge, without files, or whose badge was revoked look
//! alike: there is no such address. Nobody is named: a credential does not say either who holds it.

use crate::step::{self, Subject};
use crate::{App, apply};
use ::evidence::MediaType;
use application::application::State;
use application::evidence;
use application::form::Form;
use badge::{ApplicationId, CredentialId, EvidenceId, FormId};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use serde_json::{Value, json};
use store::Evidence;

/// The evidence of an application, as far as it is public.
#[derive(Debug)]
pub(crate) enum Published {
    /// For reviewers only.
    Closed,
    /// For everybody.
    Open(Box<Open>),
}

/// Evidence that everybody may see.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) subject: Subject,
    /// The version of the form that was answered.
    pub(crate) answered: Form,
    pub(crate) credential: CredentialId,
    /// The files that are there, in the order of the answers.
    pub(crate) files: Vec<File>,
    /// How many there are no longer.
    pub(crate) gone: usize,
}

/// A file that can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) media: MediaType,
    pub(crate) size_bytes: u64,
    /// Where, below the base address.
    pub(crate) path: String,
}

impl File {
    fn of(path: &str, file: &Evidence) -> Self {
        let declaration = &file.promise.declaration;
        Self {
            name: declaration.name.as_str().to_owned(),
            media: declaration.media,
            size_bytes: declaration.size_bytes,
            path: format!("{path}/{}", file.promise.id),
        }
    }
}

/// The evidence that the address names.
pub(crate) async fn find(app: &App, request: &Request) -> Result<Published, Problem> {
    let (form, id): (FormId, ApplicationId) = (request.id("form")?, request.id("application")?);
    let subject = step::find(app, &form, &id).await?;
    let State::Issued { credential, .. } = &subject.application.state else { return Err(Kind::NotFound.into()) };
    let credential = credential.clone();
    let named = named(&subject);
    let held = app.store.held(std::slice::from_ref(&credential)).await.map_err(edge::failed)?;
    if named.is_empty() || held.first().is_none_or(|held| held.revoked.is_some()) {
        return Err(Kind::NotFound.into());
    }
    let answered = apply::answered(app, &subject).await?;
    if !evidence::is_public(&answered, &subject.form) {
        return Ok(Published::Closed);
    }
    let known = app.store.evidence_of(&id, request.now).await.map_err(edge::failed)?;
    let accepted = |id: &&EvidenceId| known.iter().find(|file| file.promise.id == **id && file.state.is_accepted());
    let path = format!("/apply/{form}/evidence/{id}");
    let files: Vec<File> = named.iter().filter_map(accepted).map(|file| File::of(&path, file)).collect();
    let gone = named.len() - files.len();
    Ok(Published::Open(Box::new(Open { subject, answered, credential, files, gone })))
}

/// The files that the answers name.
fn named(subject: &Subject) -> Vec<&EvidenceId> {
    let submission = subject.application.submission.iter();
    submission.flat_map(|submission| submission.answers.files()).map(|(_, id)| id).collect()
}

/// `GET /apply/{form}/evidence/{application}`, in JSON.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Problem> {
    let value = match find(app, request).await? {
        Published::Closed => json!({"public": false}),
        Published::Open(open) => open.value(app, request),
    };
    Ok(Answer::json(200, &value).header("access-control-allow-origin", "*").header("vary", "accept, accept-language"))
}

impl Open {
    fn value(&self, app: &App, request: &Request) -> Value {
        let Self { subject: Subject { application, form }, answered, .. } = self;
        let narrative = application.submission.as_ref().map(|one| evidence::narrative(answered, one, request.lang));
        let file = |file: &File| {
            json!({
                "name": file.name, "media_type": file.media.name(), "size_bytes": file.size_bytes,
                "url": format!("{}{}", app.urls.base(), file.path),
            })
        };
        json!({
            "public": true,
            "title": form.definition.title.get(request.lang),
            "badge": app.urls.badge(&application.badge),
            "credential": app.urls.credential(&self.credential),
            "narrative": narrative.unwrap_or_default(),
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
            "files_gone": self.gone,
        })
    }
}

/// `GET /apply/{form}/evidence/{application}/{evidence}`: sends on to one of the files of public evidence.
pub(crate) async fn download(app: &App, request: &Request) -> Result<Answer, Problem> {
    let Published::Open(open) = find(app, request).await? else { return Err(Kind::NotFound.into()) };
    let id: EvidenceId = request.id("evidence")?;
    if !named(&open.subject).contains(&&id) {
        return Err(Kind::NotFound.into());
    }
    let file = app.store.evidence(&open.subject.application.id, &id, request.now).await.map_err(edge::failed)?;
    send_on(app, &file.ok_or(Kind::NotFound)?, request).await
}

/// Sends on to an address that works for minutes and makes the browser save the file.
pub(crate) async fn send_on(app: &App, file: &Evidence, request: &Request) -> Result<Answer, Problem> {
    let url = app.files.evidence_download(file, request.now).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    Ok(Answer::new(302).header("location", url).header("referrer-policy", "no-referrer").cache(Cache::None))
}
