//! What the files of an application have come to.
//!
//! Files are uploaded and looked at elsewhere; answers hold their ids. Whatever is not known as a file of this very application, for
//! this very field, is refused as if it did not exist.

use crate::App;
use application::answers::Answers;
use application::application::Evidence;
use application::names::FieldId;
use badge::input::{FieldError, Reason};
use badge::{ApplicationId, EvidenceId};
use edge::Problem;
use jiff::Timestamp;
use store::EvidenceState;

/// A file of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Its id.
    pub(crate) id: EvidenceId,
    /// Which field it answers.
    pub(crate) field: FieldId,
    /// How far it has come.
    pub(crate) state: FileState,
}

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileState {
    /// It was not looked at.
    Waiting,
    /// It may be had.
    Accepted,
    /// It may not.
    Refused,
}

/// The files of an application.
async fn files(app: &App, application: &ApplicationId, now: Timestamp) -> Result<Vec<File>, Problem> {
    let known = app.store.evidence_of(application, now).await.map_err(edge::failed)?;
    let file = |one: store::evidence::Evidence| {
        let state = match one.state {
            EvidenceState::Uploading | EvidenceState::Checking(_) => FileState::Waiting,
            EvidenceState::Accepted { .. } => FileState::Accepted,
            EvidenceState::Refused { .. } => FileState::Refused,
        };
        Some(File { id: one.promise.id, field: one.promise.field.parse().ok()?, state })
    };
    Ok(known.into_iter().filter_map(file).collect())
}

/// What the files named in these answers have come to. `application`: none for one that is being made, which has no files.
///
/// # Errors
/// Every name that is not a file of this application.
pub(crate) async fn look(
    app: &App,
    application: Option<&ApplicationId>,
    answers: &Answers,
    now: Timestamp,
) -> Result<Evidence, Problem> {
    if answers.files().next().is_none() {
        return Ok(Evidence::Accepted);
    }
    let known = match application {
        Some(id) => files(app, id, now).await?,
        None => Vec::new(),
    };
    Ok(judge(&known, answers)?)
}

fn judge(known: &[File], answers: &Answers) -> Result<Evidence, Vec<FieldError>> {
    let (mut errors, mut refused, mut waiting) = (Vec::new(), Vec::new(), false);
    for (field, id) in answers.files() {
        match known.iter().find(|file| file.id == *id && file.field == *field).map(|file| file.state) {
            None => errors.push(FieldError { pointer: format!("/answers/{field}"), reason: Reason::NotFound }),
            Some(FileState::Refused) if !refused.contains(field) => refused.push(field.clone()),
            Some(FileState::Waiting) => waiting = true,
            Some(_) => {}
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(match (refused.is_empty(), waiting) {
        (false, _) => Evidence::Refused { fields: refused },
        (true, true) => Evidence::Waiting,
        (true, false) => Evidence::Accepted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(ids: &[&str]) -> Answers {
        serde_json::from_value(serde_json::json!({"work": {"files": ids}})).unwrap()
    }

    fn file(id: &str, field: &str, state: FileState) -> File {
        File { id: id.parse().unwrap(), field: field.parse().unwrap(), state }
    }

    #[test]
    fn only_files_of_this_application_and_field_count() {
        let known = [
            file("a", "work", FileState::Accepted),
            file("b", "work", FileState::Waiting),
            file("c", "other", FileState::Accepted),
        ];
        assert_eq!(judge(&known, &answers(&["a"])), Ok(Evidence::Accepted));
        assert_eq!(judge(&known, &answers(&["a", "b"])), Ok(Evidence::Waiting));
        for foreign in ["c", "gone"] {
            let errors = judge(&known, &answers(&["a", foreign])).unwrap_err();
            assert_eq!((errors[0].pointer.as_str(), errors[0].reason.code()), ("/answers/work", "not_found"));
        }
    }

    #[test]
    fn a_refused_file_is_told_before_one_that_waits() {
        let known = [file("a", "work", FileState::Refused), file("b", "work", FileState::Waiting)];
        let fields = vec!["work".parse().unwrap()];
        assert_eq!(judge(&known, &answers(&["a", "b"])), Ok(Evidence::Refused { fields }));
    }
}
