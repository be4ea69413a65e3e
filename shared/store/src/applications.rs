//! Applications: as they stand, what was submitted, who did what, and everything that is counted.
//!
//! A [`Step`] is one transaction: the application on condition that it still is what the step was made from, its entry in the audit
//! trail, what was submitted, its rows in lists, and the step's effects. So places, uses of codes and badges asked for are counted
//! exactly once however often and by how many at once it is tried; what is full or used up refuses the whole step.

use crate::client::{Cancelled, Expect, Store, StoreError};
use crate::expiries::day_of;
use crate::forms::USED;
use crate::item::{Item, number};
use crate::key::{self, TableKey};
use crate::organisations::StoredOrganisation;
use application::application::{Application, Effect, Entry, State, Step, Submission};
use application::approval::Approval;
use application::form::Form;
use application::names::{CodeId, ReviewerId};
use application::{Score, answers::Applicant};
use aws_sdk_dynamodb::types::TransactWriteItem;
use badge::{ApplicationId, BadgeId, ClientId, FormId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How long a draft is kept after it was last saved.
pub const DRAFT_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A step about to be written.
#[derive(Debug, Clone, Copy)]
pub struct StepWrite<'a> {
    /// What the step was made from; none for an application that begins.
    pub before: Option<&'a Application>,
    /// The step.
    pub step: &'a Step,
    /// The form as it is now: its limits count.
    pub form: &'a Form,
    /// The organisation, in whose index people stand.
    pub organisation: &'a StoredOrganisation,
    /// The time.
    pub now: Timestamp,
}

impl StepWrite<'_> {
    /// Under what name the applicant stands in the organisation's index.
    fn person(&self, application: &Application) -> String {
        self.organisation.mail_hmac(&application.applicant.email)
    }

    fn applicant_row(&self, application: &Application) -> TableKey {
        key::applicant(&application.client, &self.person(application), &application.id)
    }
}

/// Why a step was not written.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Somebody else changed the application meanwhile: read it again.
    #[error("the application was changed meanwhile")]
    Changed,
    /// This person has as many applications to the form as one may have.
    #[error("no place left for this person")]
    PersonFull,
    /// The form has as many applications as it takes.
    #[error("no place left")]
    Full,
    /// The code was used as often as it may be.
    #[error("the code is used up")]
    CodeUsedUp,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An application in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// Its id.
    pub id: ApplicationId,
    /// To which form.
    pub form: FormId,
    /// For which badge.
    pub badge: BadgeId,
    /// Who applies.
    pub applicant: Applicant,
    /// The name of its state.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was begun.
    pub created_at: Timestamp,
    /// How often it was submitted.
    pub submissions: u32,
    /// The score of a quiz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Who is asked to look at it.
    #[serde(default)]
    pub assigned: Vec<ReviewerId>,
    /// Votes and approvals so far.
    pub voices: usize,
}

impl Listed {
    pub(crate) fn of(application: &Application) -> Self {
        Self {
            id: application.id.clone(),
            form: application.form.clone(),
            badge: application.badge.clone(),
            applicant: application.applicant.clone(),
            state: application.state.name().to_owned(),
            since: application.since,
            created_at: application.created_at,
            submissions: application.submissions(),
            score: application.submission.as_ref().and_then(|submission| submission.score),
            assigned: application.assigned.clone(),
            voices: application.votes.len() + application.approvals.len(),
        }
    }
}

/// An approved application whose badge waits to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// Which application.
    pub application: ApplicationId,
    /// Since when.
    pub since: Timestamp,
}

/// Everything kept of an application.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// As it stands.
    pub application: Application,
    /// What was submitted, oldest first.
    pub submissions: Vec<Submission>,
    /// Who did what, oldest first.
    pub trail: Vec<Entry>,
}

/// What stands behind a write of a transaction: why it was refused when its condition did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Unchanged,
    PersonHasRoom,
    HasRoom,
    CodeHasUses,
}

/// Writes with what their conditions mean.
#[derive(Default)]
struct Writes {
    items: Vec<TransactWriteItem>,
    conditions: Vec<Condition>,
}

impl Writes {
    fn push(&mut self, condition: Condition, item: TransactWriteItem) {
        self.items.push(item);
        self.conditions.push(condition);
    }

    /// The first condition that did not hold; a changed application before all others, since then nothing else is known.
    fn refused(&self, places: &[usize]) -> Refused {
        let failed: Vec<Condition> = places.iter().filter_map(|place| self.conditions.get(*place).copied()).collect();
        let first = if failed.contains(&Condition::Unchanged) { Some(&Condition::Unchanged) } else { failed.first() };
        match first {
            Some(Condition::PersonHasRoom) => Refused::PersonFull,
            Some(Condition::HasRoom) => Refused::Full,
            Some(Condition::CodeHasUses) => Refused::CodeUsedUp,
            Some(Condition::Unchanged) | None => Refused::Changed,
        }
    }
}

impl Store {
    /// Writes a step whole, or nothing of it.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn write_step(&self, write: StepWrite<'_>) -> Result<(), Refused> {
        let writes = self.step_writes(write)?;
        match self.transact_told(writes.items.clone()).await {
            Ok(()) => Ok(()),
            Err(Cancelled::Failed(places)) => Err(writes.refused(&places)),
            Err(Cancelled::Otherwise(error)) => Err(error.into()),
        }
    }

    fn step_writes(&self, write: StepWrite<'_>) -> Result<Writes, StoreError> {
        let StepWrite { before, step, form, now, .. } = write;
        let (application, same) = (&step.application, Condition::Unchanged);
        let mut writes = Writes::default();
        let item = head(application, now)?;
        let put = match before {
            Some(before) => {
                let values = HashMap::from([(":before".to_owned(), number(before.revision))]);
                self.transact_put_if(item, "revision = :before", values)?
            }
            None => self.transact_put(item, Expect::Absent)?,
        };
        writes.push(same, put);
        if let Some(entry) = &step.entry {
            let item = Item::at(&key::trail(&application.id, entry.number)).doc(entry)?;
            writes.push(same, self.transact_put(item, Expect::Absent)?);
        }
        if let Some(submission) = &application.submission
            && before.is_none_or(|before| before.submissions() != submission.number)
        {
            let item = Item::at(&key::submission(&application.id, submission.number)).doc(submission)?;
            writes.push(same, self.transact_put(item, Expect::Absent)?);
        }
        let row_of = |application: &Application| is_in_index(application).then(|| write.applicant_row(application));
        let (old, new) = (before.and_then(row_of), row_of(application));
        // A draft's row lives as long as the draft.
        if let Some(new) = &new
            && (old.as_ref() != Some(new) || before.is_none_or(|before| before.submission.is_none()))
        {
            let row = until_draft_ends(Item::at(new), application, now);
            writes.push(same, self.transact_put(row, Expect::Anything)?);
        }
        if let Some(old) = old.filter(|old| new.as_ref() != Some(old)) {
            writes.push(same, self.transact_delete(&old, None)?);
        }
        let (old, new) = (before.and_then(row_key), row_key(application));
        if let Some(old) = old.filter(|old| new.as_ref() != Some(old)) {
            writes.push(same, self.transact_delete(&old, None)?);
        }
        if let Some(new) = new {
            writes.push(same, self.transact_put(Item::at(&new).doc(&Listed::of(application))?, Expect::Anything)?);
        }
        if let Some(key) = reminder(application, form)
            && before.is_none_or(|before| before.since != application.since || reminder(before, form).is_none())
        {
            let item = Item::at(&key).number("since", application.since.as_millisecond());
            writes.push(same, self.transact_put(item, Expect::Anything)?);
        }
        for effect in &step.effects {
            self.effect_writes(&mut writes, effect, write)?;
        }
        Ok(writes)
    }

    fn effect_writes(&self, writes: &mut Writes, effect: &Effect, write: StepWrite<'_>) -> Result<(), StoreError> {
        let StepWrite { before, step, form, .. } = write;
        let count = key::form_count(&form.id);
        let own = |application: &Application| key::form_person(&form.id, &write.person(application));
        match effect {
            Effect::Enter => {
                let place =
                    self.transact_add(&own(&step.application), 1, form.definition.places_per_person().map(u64::from))?;
                writes.push(Condition::PersonHasRoom, place);
                writes.push(Condition::HasRoom, self.transact_add(&count, 1, form.definition.total.map(u64::from))?);
            }
            Effect::Leave => {
                for key in [own(before.unwrap_or(&step.application)), count] {
                    let values = HashMap::from([(":less".to_owned(), number(-1)), (":none".to_owned(), number(0))]);
                    let update = format!("ADD {USED} :less");
                    let item = self.transact_update(&key, &update, &format!("{USED} > :none"), values)?;
                    writes.push(Condition::Unchanged, item);
                }
            }
            Effect::UseCode(code) => {
                let key = key::form_code(&form.id, code.as_str());
                writes.push(Condition::CodeHasUses, self.transact_add(&key, 1, uses_of(form, code).map(u64::from))?);
            }
            Effect::AwaitBadge => {
                let row = Item::at(&key::award(&step.application.id, step.application.since));
                writes.push(Condition::Unchanged, self.transact_put(row, Expect::Absent)?);
            }
            Effect::HaveBadge => {
                if let Some(before) = before {
                    let key = key::award(&before.id, before.since);
                    writes.push(Condition::Unchanged, self.transact_delete(&key, None)?);
                }
            }
        }
        Ok(())
    }

    /// Writes an application that nothing but a counter of its own has changed in: a wrong code.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed it meanwhile.
    pub async fn write_attempt(
        &self,
        before: &Application,
        after: &Application,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = HashMap::from([(":before".to_owned(), number(before.revision))]);
        self.transact(vec![self.transact_put_if(head(after, now)?, "revision = :before", values)?]).await
    }

    /// An application, whosever it is.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError> {
        self.get(&key::application(id)).await?.map(|item| item.get_doc()).transpose()
    }

    /// An application together with its form as it is now, provided that it is one of this form's.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn application_of_form(
        &self,
        form: &FormId,
        id: &ApplicationId,
    ) -> Result<Option<(Application, Form)>, StoreError> {
        let [application, found] = self.get_many([&key::application(id), &key::form_head(form)]).await?;
        let (Some(application), Some(found)) = (application, found) else { return Ok(None) };
        let (application, found): (Application, Form) = (application.get_doc()?, found.get_doc()?);
        Ok((application.form == found.id).then_some((application, found)))
    }

    /// An application with all that is kept of it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn application_history(&self, id: &ApplicationId) -> Result<Option<History>, StoreError> {
        let items = self.query(&key::application_partition(id), "", None).await?;
        let mut application = None;
        let (mut submissions, mut trail) = (Vec::new(), Vec::new());
        for item in &items {
            match item.get_text("sk")? {
                sk if sk.starts_with(key::SUBMISSIONS) => submissions.push(item.get_doc()?),
                sk if sk.starts_with(key::TRAIL) => trail.push(item.get_doc()?),
                _ => application = Some(item.get_doc()?),
            }
        }
        Ok(application.map(|application| History { application, submissions, trail }))
    }

    /// An organisation's applications in a state, those that have been there longest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn applications(&self, client: &ClientId, state: &str) -> Result<Vec<Listed>, StoreError> {
        let items = self.query(&key::applications_partition(client, state), "", None).await?;
        items.iter().map(Item::get_doc).collect()
    }

    /// What an address has submitted to an organisation's forms, and the drafts that it was proved for. `person`: its HMAC.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn applications_of(&self, client: &ClientId, person: &str) -> Result<Vec<ApplicationId>, StoreError> {
        let items = self.query(&key::applicant_partition(client, person), "", None).await?;
        let id = |item: &Item| item.get_text("sk")?.parse().map_err(|_| StoreError::Corrupt("sk"));
        items.iter().map(id).collect()
    }

    /// Approved applications that have waited for their badge since before `before`, at most some hundred of each shard, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn awards(&self, before: Timestamp) -> Result<Vec<Award>, StoreError> {
        let mut awards = Vec::new();
        for shard in key::PENDING_SHARDS {
            let items = self.query_between(&key::award_partition(shard), "", &key::sortable(before), 100).await?;
            for item in items {
                awards.push(read_award(item.get_text("sk")?).ok_or(StoreError::Corrupt("sk"))?);
            }
        }
        awards.sort_by_key(|award| award.since);
        Ok(awards)
    }

    /// The applications of which somebody is to be reminded on `day`, with when they came into their state.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn reminders(&self, day: Date) -> Result<Vec<(ApplicationId, Timestamp)>, StoreError> {
        let items = self.query(&key::reminder_partition(day), "", None).await?;
        items.iter().map(read_reminder).collect()
    }

    /// Somebody was reminded, or there is nothing to be reminded of; `next`: when again.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written; [`StoreError::Conflict`] when somebody else did it.
    pub async fn move_reminder(
        &self,
        day: Date,
        application: &ApplicationId,
        since: Timestamp,
        next: Option<Date>,
    ) -> Result<(), StoreError> {
        let mut writes = vec![self.transact_delete(&key::reminder(day, application), Some("attribute_exists(pk)"))?];
        if let Some(next) = next {
            let item = Item::at(&key::reminder(next, application)).number("since", since.as_millisecond());
            writes.push(self.transact_put(item, Expect::Anything)?);
        }
        self.transact(writes).await
    }
}

fn head(application: &Application, now: Timestamp) -> Result<Item, StoreError> {
    let item = Item::at(&key::application(&application.id)).doc(application)?.number("revision", application.revision);
    Ok(until_draft_ends(item, application, now))
}

/// Whatever was never submitted, nobody waits for.
fn until_draft_ends(item: Item, application: &Application, now: Timestamp) -> Item {
    let end = now.checked_add(DRAFT_LIFE).unwrap_or(Timestamp::MAX);
    if application.submission.is_none() { item.number("ttl", end.as_second()) } else { item }
}

/// Whether its address leads to it. To a draft only once it was proved for it: else somebody could lay a draft of theirs before others.
fn is_in_index(application: &Application) -> bool {
    application.submission.is_some() || application.proved_at.is_some()
}

/// Its row in the organisation's lists. What was never submitted is the applicant's own, also when it is taken back.
pub(crate) fn row_key(application: &Application) -> Option<TableKey> {
    let state = application.state.name();
    let submitted = application.submission.is_some();
    submitted.then(|| key::application_row(&application.client, state, application.since, &application.id))
}

/// When somebody is to be reminded of it, as it stands: of a draft from when its address was proved, since nobody is reminded before.
pub(crate) fn reminder(application: &Application, form: &Form) -> Option<TableKey> {
    let waits_since = match application.state {
        State::Submitted | State::Returned { .. } => application.since,
        State::Draft => application.proved_at?,
        _ => return None,
    };
    let days = form.definition.reminder_days?;
    let at = waits_since.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()?;
    Some(key::reminder(day_of(at), &application.id))
}

fn uses_of(form: &Form, code: &CodeId) -> Option<u32> {
    let Approval::ClaimCode { codes, .. } = &form.definition.approval else { return Some(0) };
    // A code that was taken out of the form meanwhile has no uses.
    codes.iter().find(|one| one.id == *code).map_or(Some(0), |one| one.uses)
}

/// Of which application, and of which time of coming into its state.
pub(crate) fn read_reminder(item: &Item) -> Result<(ApplicationId, Timestamp), StoreError> {
    let since = Timestamp::from_millisecond(item.get_number("since")?).map_err(|_| StoreError::Corrupt("since"))?;
    Ok((item.get_text("sk")?.parse().map_err(|_| StoreError::Corrupt("sk"))?, since))
}

pub(crate) fn read_award(sk: &str) -> Option<Award> {
    let (since, application) = sk.split_once('#')?;
    let since = Timestamp::from_millisecond(since.parse().ok()?).ok()?;
    Some(Award { application: application.parse().ok()?, since })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_as_what_it_stands_for() {
        let (application, since) =
            (ApplicationId::from_random([3; 10]), Timestamp::from_second(1_800_000_000).unwrap());
        let key = key::award(&application, since);
        assert_eq!(read_award(&key.sk), Some(Award { application, since }));
        assert!(key.pk.starts_with("AWARD#"));
    }

    #[test]
    fn somebody_is_reminded_of_what_waits_and_of_a_draft_once_its_address_is_proved() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let body = serde_json::json!({"badge_id": "b1", "title": "t", "reminder_days": 3, "approval": {"method": "automatic"}});
        let form = Form {
            id: FormId::from_random([1; 10]),
            client: ClientId::from_random([2; 10]),
            version: 1,
            definition: application::Definition::read(&body).unwrap(),
            archived_at: None,
            secret: application::Secret::from_random([7; 32]),
            created_at: at("2026-06-01T00:00:00Z"),
            modified_at: at("2026-06-01T00:00:00Z"),
        };
        let applicant =
            Applicant { name: "花子".into(), email: "a@example.org".parse().unwrap(), language: badge::Lang::Ja };
        let id = ApplicationId::from_random([3; 10]);
        let begun = at("2026-06-01T00:00:00Z");
        let mut draft =
            Application::begin(id.clone(), &form, applicant, application::Typed::default(), begun).application;
        assert_eq!(reminder(&draft, &form), None);
        draft.proved_at = Some(at("2026-06-05T12:00:00Z"));
        assert_eq!(reminder(&draft, &form), Some(key::reminder("2026-06-08".parse().unwrap(), &id)));
        let submitted = Application { state: State::Submitted, ..draft.clone() };
        assert_eq!(reminder(&submitted, &form), Some(key::reminder("2026-06-04".parse().unwrap(), &id)));
        assert_eq!(reminder(&Application { state: State::Checking, ..draft }, &form), None);
    }

    #[test]
    fn a_changed_application_is_told_before_anything_else() {
        let writes = Writes {
            items: Vec::new(),
            conditions: vec![
                Condition::Unchanged,
                Condition::PersonHasRoom,
                Condition::HasRoom,
                Condition::CodeHasUses,
            ],
        };
        assert!(matches!(writes.refused(&[0, 1, 3]), Refused::Changed));
        assert!(matches!(writes.refused(&[1, 2]), Refused::PersonFull));
        assert!(matches!(writes.refused(&[2]), Refused::Full));
        assert!(matches!(writes.refused(&[3]), Refused::CodeUsedUp));
    }
}
