//! What becomes of the evidence in an application: how long its files are kept, and what others see of it once the badge is issued.

use crate::answers::Answer;
use crate::application::{Application, State, Submission};
use crate::approval::Approval;
use crate::form::{EvidencePolicy, EvidenceShown, Field, FieldKind, Form};
use crate::limits::{MAX_RETENTION_DAYS, UNSEEN_RETENTION_DAYS};
use badge::Lang;
use jiff::{SignedDuration, Timestamp};

impl Application {
    /// Until when its files are kept, as it stands: as long as it waits for somebody, and after the decision for as long as the form
    /// says. None while the address is not proved: nobody has seen them, and they go as those of any draft do.
    #[must_use]
    pub fn keeps_files_until(&self, form: &Form) -> Option<Timestamp> {
        let days = match self.state {
            State::Draft | State::Unproven => return None,
            State::Checking | State::Submitted | State::Returned { .. } => None,
            State::Approved { .. }
            | State::Issued { .. }
            | State::Rejected { .. }
            | State::Withdrawn { .. }
            | State::Duplicate { .. } => form.definition.evidence_days,
        };
        let most = if self.proved_at.is_some() { MAX_RETENTION_DAYS } else { UNSEEN_RETENTION_DAYS };
        let days = days.map_or(most, |days| most.min(i64::from(days)));
        Some(self.since.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX))
    }
}

/// Whether whoever has the credential may see the evidence. It has to be so by the version that was `answered`, since who applied knew
/// that one, and by the form as it is now, since an organisation may take it back.
#[must_use]
pub fn is_public(answered: &Form, form: &Form) -> bool {
    answered.definition.evidence != EvidencePolicy::No
        && [answered, form].iter().all(|form| form.definition.evidence_shown == EvidenceShown::Public)
}

/// What somebody tells of their work: what was asked, and what they wrote, of fields of several lines; not their dates and numbers. The
/// questions of a quiz are left out, since the next one's answers would be read there.
pub fn told<'a>(
    answered: &'a Form,
    submission: &'a Submission,
    lang: Lang,
) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
    let fields = answered.definition.fields.iter();
    let prose =
        fields.filter(|field| matches!(field.kind, FieldKind::Paragraph { .. }) && !is_question(answered, field));
    prose.filter_map(move |field| match submission.answers.get(&field.id) {
        Some(Answer::Text(text)) => Some((field.label.get(lang), text.trim())),
        _ => None,
    })
}

/// The same as one text, with each question above its answer.
#[must_use]
pub fn narrative(answered: &Form, submission: &Submission, lang: Lang) -> String {
    told(answered, submission, lang).map(|(asked, text)| format!("{asked}\n\n{text}")).collect::<Vec<_>>().join("\n\n")
}

fn is_question(form: &Form, field: &Field) -> bool {
    matches!(&form.definition.approval, Approval::Quiz { questions, .. } if questions.iter().any(|q| q.field == field.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::tests::{begun, now};
    use crate::application::{Actor, Edits};
    use crate::form::tests::form;
    use serde_json::json;

    #[test]
    fn files_are_kept_while_somebody_is_waited_for_and_then_as_long_as_the_form_says() {
        let mut form = form(json!({"method": "automatic"}));
        form.definition.evidence_days = Some(90);
        let by = Actor::System;
        let kept = |form: &Form, state: State| {
            let days = |until: Timestamp| until.duration_since(now()).as_hours() / 24;
            let proved_at = Some(now());
            Application { state, proved_at, ..begun(form) }.keeps_files_until(form).map(days)
        };
        assert_eq!((kept(&form, State::Draft), kept(&form, State::Unproven)), (None, None));
        let returned = State::Returned { comment: String::new(), by: by.clone() };
        for waiting in [State::Checking, State::Submitted, returned] {
            assert_eq!(kept(&form, waiting), Some(3_650));
        }
        let approved = State::Approved { by: by.clone(), edits: Box::new(Edits::default()) };
        let rejected = State::Rejected { by: by.clone(), reason: String::new(), mailed: true };
        for decided in [approved.clone(), rejected, State::Withdrawn { by: by.clone() }] {
            assert_eq!(kept(&form, decided), Some(90));
        }
        form.definition.evidence_days = None;
        assert_eq!(kept(&form, approved), Some(3_650));
        let unseen = Application { state: State::Withdrawn { by }, ..begun(&form) };
        assert_eq!(unseen.keeps_files_until(&form), now().checked_add(SignedDuration::from_hours(30 * 24)).ok());
    }
}
