//! The rules: rows in, a [`Report`] out.

use super::{Busy, Report, Rule, Violation};
use crate::addresses;
use crate::client::StoreError;
use crate::credentials;
use crate::deliveries::{self, Tally};
use crate::evidence::{self, EvidenceState};
use crate::expiries;
use crate::exports::{Export, ExportState};
use crate::feed::LIFE;
use crate::forms::USED;
use crate::item::Item;
use crate::key::{self, Family, TableKey};
use crate::organisations::{self, StoredOrganisation};
use crate::pending;
use crate::status_lists::read_revoking;
use crate::{Listed, applications};
use application::application::{Application, State};
use application::approval::Approval;
use application::form::Form;
use badge::definition::{Badge, ImageFormat};
use badge::event::{STATUS_LIST_BITS, status_index};
use badge::notice::{Notice, NoticeKind};
use badge::plan::{QUOTAS, Quota};
use badge::{ApplicationId, BadgeId, ClientId, CredentialId, Event, EventId, FormId, Recipient, Signing, StatusListId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proof::status::StatusList;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How long something may wait without a message: both sweeps' patience, their interval of five minutes, and as much again.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(30);
/// How long an approved application may: one that its badge hinders is tried once an hour.
pub const AWARD_PATIENCE: SignedDuration = SignedDuration::from_mins(130);
/// How long a reminder may, from the beginning of its day: it is looked at once a day.
const REMINDER_PATIENCE: SignedDuration = SignedDuration::from_hours(48);

#[derive(Debug)]
struct Signed {
    number: u32,
    recipient: Recipient,
    revoked: bool,
    erased: bool,
}

#[derive(Debug, Default)]
struct FormRows {
    head: Option<Form>,
    versions: BTreeMap<u32, Form>,
    count: i64,
    people: HashMap<String, i64>,
    codes: HashMap<String, i64>,
}

#[derive(Debug, Default)]
struct BadgeRows {
    /// Owner, version, whether it was deleted.
    head: Option<(ClientId, u32, bool)>,
    versions: BTreeMap<u32, Badge>,
}

#[derive(Debug, Default)]
struct ListRows {
    head: Option<(ClientId, [u8; 32])>,
    /// The published bits; none when they do not read.
    published: Option<Option<BTreeSet<u32>>>,
    revoked: BTreeMap<u32, String>,
    revoking: bool,
}

/// Reads rows, then judges.
#[derive(Debug, Default)]
pub struct Checker {
    violations: BTreeSet<Violation>,
    rows: usize,
    organisations: HashMap<ClientId, (StoredOrganisation, i64)>,
    events: HashMap<EventId, Event>,
    plans: HashMap<EventId, BTreeMap<u32, Vec<Recipient>>>,
    credentials: HashMap<CredentialId, Signed>,
    lives: Vec<(EventId, u32)>,
    /// Answers and mails that came back, as recipients' rows have them, and as they are counted.
    answers: HashMap<EventId, Tally>,
    tallies: HashMap<EventId, Tally>,
    lists: HashMap<StatusListId, ListRows>,
    current: HashMap<ClientId, (StatusListId, i64)>,
    waiting: Vec<(TableKey, Family, Timestamp)>,
    chunks: HashSet<(EventId, u32)>,
    awards: HashMap<ApplicationId, Timestamp>,
    /// Of which application somebody is to be reminded, if it is where it has been since that millisecond.
    reminders: HashSet<(ApplicationId, i64)>,
    forms: HashMap<FormId, FormRows>,
    badges: HashMap<BadgeId, BadgeRows>,
    applications: HashMap<ApplicationId, Application>,
    submissions: HashMap<ApplicationId, BTreeSet<u32>>,
    trails: HashMap<ApplicationId, BTreeSet<u32>>,
    told: HashMap<(EventId, NoticeKind), Vec<u32>>,
    hooks: HashMap<ClientId, i64>,
    files: Vec<(ApplicationId, String)>,
    /// Bytes of evidence by the counter that has them.
    promised: HashMap<TableKey, u64>,
    exports: Vec<Export>,
    /// Which export is being made, and until when another may not begin.
    running: HashMap<ClientId, (String, Timestamp)>,
    /// What counters of a quota's period say.
    usage: HashMap<TableKey, u64>,
    due: HashSet<String>,
    requests: Vec<(TableKey, EventId)>,
    /// Rows of indexes as they are, with what they say.
    index: HashMap<TableKey, (Family, Option<Value>)>,
    artwork: BTreeSet<String>,
    evidence: BTreeSet<String>,
}

/// The last part of a key's text.
fn last(text: &str) -> &str {
    text.rsplit('#').next().unwrap_or_default()
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt("key"))
}

/// What is kept of a recipient.
fn bare(recipient: Recipient) -> Recipient {
    Recipient { name: String::new(), evidence: Vec::new(), ..recipient }
}

fn at(key: &TableKey) -> String {
    format!("{} {}", key.pk, key.sk)
}

impl Checker {
    /// Takes a row.
    pub fn row(&mut self, item: &Item) {
        self.rows += 1;
        let text = |name| item.get_text(name).unwrap_or_default().to_owned();
        let key = TableKey { pk: text("pk"), sk: text("sk") };
        let Some(family) = key.family() else { return self.wrong(Rule::UnknownRow, at(&key)) };
        if self.read(family, &key, item).is_err() {
            self.wrong(Rule::Unreadable, at(&key));
        }
    }

    fn wrong(&mut self, rule: Rule, at: String) {
        self.violations.insert(Violation { rule, at });
    }

    fn read(&mut self, family: Family, key: &TableKey, item: &Item) -> Result<(), StoreError> {
        let (of, place) = (last(&key.pk), last(&key.sk));
        match family {
            Family::Organisation => {
                let hooks = item.find_number("hooks").unwrap_or(0);
                self.organisations.insert(parsed(of)?, (organisations::read(item)?, hooks));
            }
            Family::CurrentList => {
                let next = item.get_number("next_place")?;
                self.current.insert(parsed(of)?, (parsed(item.get_text("list")?)?, next));
            }
            Family::EventRow | Family::BadgeRow | Family::FormRow | Family::ApplicationRow => {
                self.index.insert(key.clone(), (family, Some(item.get_doc()?)));
            }
            // A draft's row goes when the draft does, by the table's own clock: not at one moment.
            Family::Applicant if item.find_number::<i64>("ttl").is_some() => {}
            Family::MailRow => {
                self.index.insert(key.clone(), (family, Some(addresses::said(item)?.into())));
            }
            Family::OrganisationRow | Family::RevokedRow | Family::Expiry | Family::Applicant => {
                self.index.insert(key.clone(), (family, None));
            }
            Family::Membership | Family::Member => {
                self.index.insert(key.clone(), (family, None));
            }
            Family::BadgeHead => {
                let deleted = item.find_number::<i64>("deleted_at").is_some();
                let head = (parsed(item.get_text("client")?)?, item.get_number("version")?, deleted);
                self.badges.entry(parsed(of)?).or_default().head = Some(head);
            }
            Family::BadgeVersion => {
                let badge: Badge = item.get_doc()?;
                self.artwork.insert(key::artwork_object(&badge.artwork.png_sha256, "png"));
                if badge.artwork.format == ImageFormat::Svg {
                    self.artwork.insert(key::artwork_object(&badge.artwork.sha256, "svg"));
                }
                self.badges.entry(parsed(of)?).or_default().versions.insert(parsed(place)?, badge);
            }
            Family::Event => {
                self.events.insert(parsed(of)?, crate::events::read(item)?.event);
            }
            Family::Plan => {
                let block = item.get_doc::<Vec<Recipient>>()?.into_iter().map(bare).collect();
                self.plans.entry(parsed(of)?).or_default().insert(parsed(place)?, block);
            }
            Family::Credential => {
                let (id, number, recipient, revoked) = credentials::outline(item)?;
                let erased = credentials::is_erased(item);
                if erased != recipient.email.is_erased() {
                    return Err(StoreError::Corrupt("credential"));
                }
                self.credentials.insert(id, Signed { number, recipient: bare(recipient), revoked, erased });
            }
            Family::Life => {
                let event: EventId = parsed(of)?;
                self.answers.entry(event.clone()).or_default().count(&deliveries::read(item)?);
                self.claimed(family, key, item);
                self.lives.push((event, parsed(place)?));
            }
            Family::Tally => {
                self.tallies.insert(parsed(of)?, Tally::read(item));
            }
            Family::Pending => {
                let chunk = pending::read(&key.sk).ok_or(StoreError::Corrupt("sk"))?;
                self.waiting.push((key.clone(), family, chunk.since));
                self.chunks.insert((chunk.event, chunk.chunk));
            }
            Family::Feed => {
                let notice: Notice = item.get_doc()?;
                self.told.entry((notice.event, notice.kind)).or_default().extend(notice.recipients.numbers());
            }
            Family::Hook => {
                let client = key.sk.split('#').next().unwrap_or_default();
                *self.hooks.entry(parsed(client)?).or_default() += 1;
            }
            Family::List => {
                let head = (parsed(item.get_text("client")?)?, item.get_secret("secret")?);
                self.lists.entry(parsed(of)?).or_default().head = Some(head);
            }
            Family::ListRevoked => {
                let revoked = &mut self.lists.entry(parsed(of)?).or_default().revoked;
                revoked.insert(parsed(place)?, item.get_text("credential")?.to_owned());
            }
            Family::ListSigned => {
                let document: Value =
                    serde_json::from_str(item.get_text("document")?).map_err(|_| StoreError::Corrupt("document"))?;
                let set = StatusList::parse(&document).ok().map(|list| set_bits(&list));
                self.lists.entry(parsed(of)?).or_default().published = Some(set);
            }
            Family::Revoking => {
                let revoking = read_revoking(&key.sk).ok_or(StoreError::Corrupt("sk"))?;
                self.waiting.push((key.clone(), family, revoking.at));
                self.lists.entry(revoking.list).or_default().revoking = true;
            }
            Family::File => {
                let file = evidence::read(item)?;
                if let EvidenceState::Accepted { .. } = file.state {
                    self.evidence.insert(file.object());
                }
                let counter = counter(&file.promise.client, Quota::EvidenceBytesPerMonth, file.promise.created_at);
                *self.promised.entry(counter).or_default() += file.promise.declaration.size_bytes;
                self.files.push((file.promise.application, file.promise.id.to_string()));
            }
            Family::Due => {
                let due = evidence::read_due(&key.sk).ok_or(StoreError::Corrupt("sk"))?;
                self.waiting.push((key.clone(), family, due.at));
                self.due.insert(due.evidence.to_string());
            }
            Family::FormHead => self.form(of)?.head = Some(item.get_doc()?),
            Family::FormVersion => {
                let form = item.get_doc()?;
                self.form(of)?.versions.insert(parsed(place)?, form);
            }
            Family::FormCount => self.form(of)?.count = item.get_number(USED)?,
            Family::FormPerson => {
                self.form(of)?.people.insert(place.to_owned(), item.get_number(USED)?);
            }
            Family::FormCode => {
                self.form(of)?.codes.insert(place.to_owned(), item.get_number(USED)?);
            }
            Family::Application => {
                self.applications.insert(parsed(of)?, item.get_doc()?);
            }
            Family::Submission => {
                self.submissions.entry(parsed(of)?).or_default().insert(parsed(place)?);
            }
            Family::Trail => {
                self.trails.entry(parsed(of)?).or_default().insert(parsed(place)?);
            }
            Family::Award => {
                let award = applications::read_award(&key.sk).ok_or(StoreError::Corrupt("sk"))?;
                self.waiting.push((key.clone(), family, award.since));
                self.awards.insert(award.application, award.since);
            }
            Family::Reminder => {
                let day =
                    parsed::<Date>(of)?.to_zoned_datetime(TimeZone::UTC).map_err(|_| StoreError::Corrupt("pk"))?;
                let (application, since) = applications::read_reminder(item)?;
                self.waiting.push((key.clone(), family, day.timestamp()));
                self.reminders.insert((application, since.as_millisecond()));
            }
            Family::Letter => self.claimed(family, key, item),
            Family::Request => self.requests.push((key.clone(), parsed(item.get_text("event")?)?)),
            Family::Usage => match key.sk.split_once('#') {
                Some((quota, _)) if is_quota(quota) => {
                    self.usage.insert(key.clone(), item.get_number(USED)?);
                }
                // How often something was added, so that two who add at once learn of each other: it counts nothing that is there.
                None if is_quota(&key.sk) => {}
                _ => return Err(StoreError::Corrupt("sk")),
            },
            Family::Export => self.exports.push(item.get_doc()?),
            Family::Running => {
                let until = item.find_time("free_at").ok_or(StoreError::Corrupt("free_at"))?;
                self.running.insert(parsed(of)?, (item.get_text("export_id")?.to_owned(), until));
            }
            Family::Alone => {}
        }
        Ok(())
    }

    /// A mail that somebody is about to send. Its message comes back where they died, until it was sent or lies among the dead.
    fn claimed(&mut self, family: Family, key: &TableKey, item: &Item) {
        if let Some(until) = item.find_time(deliveries::CLAIMED) {
            self.waiting.push((key.clone(), family, until));
        }
    }

    fn form(&mut self, id: &str) -> Result<&mut FormRows, StoreError> {
        Ok(self.forms.entry(parsed(id)?).or_default())
    }

    /// Compares. `now`: when reading began.
    #[must_use]
    pub fn finish(mut self, now: Timestamp, busy: Busy) -> Report {
        let mut expected: HashMap<TableKey, Option<Value>> = HashMap::new();
        let mut wrong = BTreeSet::new();
        {
            let mut wrong = |rule, at: String| {
                wrong.insert(Violation { rule, at });
            };
            self.check_events(now, &mut expected, &mut wrong);
            self.check_lists(&mut wrong);
            self.check_badges(&mut expected, &mut wrong);
            self.check_forms(&mut expected, &mut wrong);
            self.check_applications(&mut expected, &mut wrong);
            self.check_waiting(now, busy, &mut wrong);
            self.check_usage(&mut wrong);
            self.check_exports(now, &mut wrong);
            for (client, (_, counted)) in &self.organisations {
                if self.hooks.get(client).copied().unwrap_or(0) != *counted {
                    wrong(Rule::Miscounted, format!("ORG#{client} hooks"));
                }
                expected.insert(key::organisation_row(client), None);
            }
        }
        self.violations.extend(wrong);
        let leftovers = self.check_index(expected);
        let plans = self.plans.keys().filter(|event| !self.events.contains_key(*event)).count();
        let all = self.credentials.len();
        let kept = self.credentials.into_iter().filter(|(_, credential)| !credential.erased);
        let mut credentials: Vec<CredentialId> = kept.map(|(id, _)| id).collect();
        credentials.sort();
        let owned = |(list, rows): (&StatusListId, &ListRows)| Some((list.clone(), rows.head.clone()?.0));
        let lists = self.lists.iter().filter_map(owned).collect();
        let counts = BTreeMap::from([
            ("rows", self.rows),
            ("organisations", self.organisations.len()),
            ("badges", self.badges.len()),
            ("events", self.events.len()),
            ("credentials", credentials.len()),
            ("erased", all - credentials.len()),
            ("revoked", self.lists.values().map(|list| list.revoked.len()).sum()),
            ("status_lists", self.lists.len()),
            ("forms", self.forms.len()),
            ("applications", self.applications.len()),
            ("waiting", self.waiting.len()),
            ("leftovers", leftovers + plans),
        ]);
        let there = |export: &&Export| matches!(export.progress, ExportState::Ready { .. }) && now < export.until();
        let exports = self.exports.iter().filter(there).map(Export::object).collect();
        let Self { violations, artwork, evidence, .. } = self;
        Report { counts, violations, credentials, lists, artwork, evidence, exports }
    }

    fn check_events(
        &self,
        now: Timestamp,
        expected: &mut HashMap<TableKey, Option<Value>>,
        wrong: &mut impl FnMut(Rule, String),
    ) {
        let remembered = now.checked_sub(LIFE).unwrap_or(now) + SignedDuration::from_hours(24);
        let mut signed: HashMap<&EventId, HashMap<u32, Vec<&CredentialId>>> = HashMap::new();
        for (id, credential) in &self.credentials {
            let event = id.event();
            match self.events.get_key_value(&event) {
                Some((event, _)) => {
                    signed.entry(event).or_default().entry(credential.number).or_default().push(id);
                }
                None => wrong(Rule::NotPlanned, id.to_string()),
            }
        }
        let mut places: HashMap<&StatusListId, BTreeMap<u32, u32>> = HashMap::new();
        let mut applications = HashSet::new();
        for (id, event) in &self.events {
            expected.insert(key::event_row(&event.client, event.created_at, id), serde_json::to_value(event).ok());
            if event.application.as_ref().is_some_and(|application| !applications.insert(application)) {
                wrong(Rule::ApplicationTwice, id.to_string());
            }
            let version = self.badges.get(&event.badge).and_then(|badge| badge.versions.get(&event.badge_version));
            if version.is_none() {
                wrong(Rule::Dangling, format!("badge of event {id}"));
            }
            if places
                .entry(&event.status_list)
                .or_default()
                .insert(event.status_position, event.recipient_count)
                .is_some()
            {
                wrong(Rule::Places, format!("{} {}", event.status_list, event.status_position));
            }
            let recipients = self.planned(event, wrong);
            if let Some((organisation, _)) = self.organisations.get(&event.client) {
                // Nobody finds what was erased by its address.
                let named = (0..).zip(&recipients).filter(|(_, recipient)| !recipient.email.is_erased());
                let indexed =
                    named.map(|(n, recipient)| (organisation.mail_tag(&recipient.email), event.draw(n).credential));
                let indexed: Vec<_> = indexed.collect();
                for row in addresses::rows(event, indexed.iter().map(|(tag, credential)| (*tag, credential))) {
                    let text = |name| row.get_text(name).unwrap_or_default().to_owned();
                    let said = addresses::said(&row).ok().map(Value::from);
                    expected.insert(TableKey { pk: text("pk"), sk: text("sk") }, said);
                }
            } else {
                wrong(Rule::Dangling, format!("organisation of event {id}"));
            }
            for row in expiries::rows(event, &recipients) {
                let text = |name| row.get_text(name).unwrap_or_default().to_owned();
                expected.insert(TableKey { pk: text("pk"), sk: text("sk") }, None);
            }
            self.check_signed(event, &recipients, &signed.remove(id).unwrap_or_default(), wrong);
            if event.created_at > remembered {
                self.check_told(event, wrong);
            }
        }
        for (list, blocks) in places {
            let mut end = 0;
            for (from, count) in blocks {
                if from < end || from + count > STATUS_LIST_BITS {
                    wrong(Rule::Places, format!("{list} {from}"));
                }
                end = from + count;
            }
            let taken = self.current.values().find(|(current, _)| current == list).map(|(_, next)| *next);
            if taken.is_some_and(|taken| i64::from(end) > taken) {
                wrong(Rule::Places, format!("{list} beyond the next"));
            }
        }
        for (event, number) in &self.lives {
            if self.events.get(event).is_none_or(|event| *number >= event.recipient_count) {
                wrong(Rule::Dangling, format!("LIFE of {event} {number}"));
            }
        }
        let mut erased: HashMap<EventId, u64> = HashMap::new();
        for id in self.credentials.iter().filter(|(_, credential)| credential.erased).map(|(id, _)| id) {
            *erased.entry(id.event()).or_default() += 1;
        }
        for event in self.tallies.keys().chain(self.answers.keys()).collect::<HashSet<_>>() {
            let of = |tallies: &HashMap<EventId, Tally>| tallies.get(event).copied().unwrap_or_default();
            // What erased recipients answered stays counted.
            let more = erased.get(event).copied().unwrap_or(0);
            if !of(&self.tallies).counts(of(&self.answers), more) {
                wrong(Rule::Miscounted, format!("EVENT#{event} TALLY"));
            }
        }
        for (key, event) in &self.requests {
            if !self.events.contains_key(event) {
                wrong(Rule::Dangling, at(key));
            }
        }
        for (event, chunk) in &self.chunks {
            if self.events.get(event).is_none_or(|event| *chunk >= event.chunks()) {
                wrong(Rule::Dangling, format!("PENDING of {event} {chunk}"));
            }
        }
    }

    /// The recipients as they were planned, in order.
    fn planned(&self, event: &Event, wrong: &mut impl FnMut(Rule, String)) -> Vec<Recipient> {
        let (mut recipients, mut seen): (Vec<Recipient>, _) = (Vec::new(), HashSet::new());
        for (first, block) in self.plans.get(&event.id).into_iter().flatten() {
            if *first as usize != recipients.len() {
                wrong(Rule::Gap, format!("plan of {}", event.id));
            }
            recipients.extend(block.iter().cloned());
        }
        if recipients.len() != event.recipient_count as usize {
            wrong(Rule::Gap, format!("plan of {}", event.id));
        }
        if !recipients.iter().all(|recipient| seen.insert(recipient.email.folded())) {
            wrong(Rule::RecipientTwice, event.id.to_string());
        }
        recipients
    }

    fn check_signed(
        &self,
        event: &Event,
        recipients: &[Recipient],
        signed: &HashMap<u32, Vec<&CredentialId>>,
        wrong: &mut impl FnMut(Rule, String),
    ) {
        for (number, ids) in signed {
            if ids.len() > 1 {
                wrong(Rule::RecipientTwice, format!("{} {number}", event.id));
            }
            for id in ids {
                let planned = recipients.get(*number as usize);
                let same = |planned: &Recipient| {
                    self.credentials.get(*id).is_some_and(|one| one.recipient.email == planned.email)
                };
                if **id != event.draw(*number).credential || !planned.is_some_and(same) {
                    wrong(Rule::NotPlanned, id.to_string());
                }
            }
        }
        if event.sign == Signing::OnClaim {
            return; // Who asked for nothing has nothing.
        }
        for chunk in (0..event.chunks()).filter(|chunk| !self.chunks.contains(&(event.id.clone(), *chunk))) {
            for number in event.chunk(chunk).filter(|number| !signed.contains_key(number)) {
                wrong(Rule::NotSigned, format!("{} {number}", event.id));
            }
        }
    }

    /// The feed tells of every chunk that is done, and of every revocation, once.
    fn check_told(&self, event: &Event, wrong: &mut impl FnMut(Rule, String)) {
        let told = |kind| {
            let mut numbers = self.told.get(&(event.id.clone(), kind)).cloned().unwrap_or_default();
            numbers.sort_unstable();
            numbers
        };
        let done = (0..event.chunks()).filter(|chunk| !self.chunks.contains(&(event.id.clone(), *chunk)));
        if told(NoticeKind::Issued) != done.flat_map(|chunk| event.chunk(chunk)).collect::<Vec<_>>() {
            wrong(Rule::Mistold, format!("{} issued", event.id));
        }
        let is_revoked = |number: &u32| {
            let credential = event.draw(*number).credential;
            self.credentials.get(&credential).is_some_and(|one| one.revoked)
        };
        if told(NoticeKind::Revoked) != (0..event.recipient_count).filter(is_revoked).collect::<Vec<_>>() {
            wrong(Rule::Mistold, format!("{} revoked", event.id));
        }
    }

    /// What is revoked is so in three places, and published.
    fn check_lists(&self, wrong: &mut impl FnMut(Rule, String)) {
        let mut marked: BTreeSet<(&StatusListId, u32, &str)> = BTreeSet::new();
        for event in self.events.values() {
            let head = self.lists.get(&event.status_list).and_then(|list| list.head.as_ref());
            if head.is_none_or(|(owner, _)| *owner != event.client) {
                wrong(Rule::Dangling, format!("status list of event {}", event.id));
            }
            if !self.current.contains_key(&event.client) {
                wrong(Rule::MissingRow, format!("current status list of {}", event.client));
            }
        }
        for (id, credential) in self.credentials.iter().filter(|(_, credential)| credential.revoked) {
            let Some(event) = self.events.get(&id.event()) else { continue };
            if !self.index.contains_key(&key::revoked_row(&event.client, id)) {
                wrong(Rule::HalfRevoked, format!("{id} is not in its organisation's list"));
            }
            let head = self.lists.get(&event.status_list).and_then(|list| list.head.as_ref());
            if let Some((_, secret)) = head {
                let index = status_index(secret, event.status_position + credential.number);
                marked.insert((&event.status_list, index, id.as_str()));
            }
        }
        for (list, rows) in &self.lists {
            for (index, credential) in &rows.revoked {
                if !marked.remove(&(list, *index, credential.as_str())) {
                    wrong(Rule::HalfRevoked, format!("{credential} in status list {list}"));
                }
            }
            if rows.head.is_none() {
                wrong(Rule::Dangling, format!("head of status list {list}"));
            }
            let set: BTreeSet<u32> = rows.revoked.keys().copied().collect();
            match &rows.published {
                Some(Some(published)) if *published == set || rows.revoking => {}
                // Begun, and not finished: nothing names it.
                None if !self.events.values().any(|event| event.status_list == *list) => {}
                _ => wrong(Rule::Unpublished, list.to_string()),
            }
        }
        for (list, _, credential) in marked {
            wrong(Rule::HalfRevoked, format!("{credential} not in status list {list}"));
        }
        for (key, (family, _)) in &self.index {
            let credential = (*family == Family::RevokedRow).then(|| last(&key.sk).parse::<CredentialId>().ok());
            if credential.is_some_and(|id| !id.and_then(|id| self.credentials.get(&id)).is_some_and(|one| one.revoked))
            {
                wrong(Rule::HalfRevoked, at(key));
            }
        }
        for (client, (list, _)) in &self.current {
            let head = self.lists.get(list).and_then(|list| list.head.as_ref());
            if head.is_none_or(|(owner, _)| owner != client) {
                wrong(Rule::Dangling, format!("status list of ORG#{client}"));
            }
        }
    }

    fn check_badges(&self, expected: &mut HashMap<TableKey, Option<Value>>, wrong: &mut impl FnMut(Rule, String)) {
        for (id, rows) in &self.badges {
            let Some((client, version, deleted)) = &rows.head else {
                wrong(Rule::Dangling, format!("BADGE#{id} HEAD"));
                continue;
            };
            if !rows.versions.keys().copied().eq(1..=*version) {
                wrong(Rule::Gap, format!("BADGE#{id}"));
            }
            if !deleted {
                let badge = rows.versions.get(version).and_then(|badge| serde_json::to_value(badge).ok());
                expected.insert(key::badge_row(client, id), badge);
            }
        }
    }

    fn check_forms(&self, expected: &mut HashMap<TableKey, Option<Value>>, wrong: &mut impl FnMut(Rule, String)) {
        for (id, rows) in &self.forms {
            let Some(form) = &rows.head else {
                wrong(Rule::Dangling, format!("FORM#{id} HEAD"));
                continue;
            };
            if !rows.versions.keys().copied().eq(1..=form.version) {
                wrong(Rule::Gap, format!("FORM#{id}"));
            }
            expected.insert(key::form_row(&form.client, id), serde_json::to_value(form).ok());
            let mine = || self.applications.values().filter(|application| application.form == *id);
            let counted = |application: &&Application| application.counted;
            if mine().filter(counted).count() as i64 != rows.count {
                wrong(Rule::Miscounted, format!("FORM#{id} COUNT"));
            }
            let mut people: HashMap<String, i64> = HashMap::new();
            if let Some((organisation, _)) = self.organisations.get(&form.client) {
                for application in mine().filter(counted).filter(|one| !one.applicant.email.is_erased()) {
                    *people.entry(organisation.mail_hmac(&application.applicant.email)).or_default() += 1;
                }
            }
            compare(&people, &rows.people, |person| wrong(Rule::Miscounted, format!("FORM#{id} PERSON#{person}")));
            // Where the form was always decided by codes: else somebody with a right code may have been approved by a reviewer.
            if rows.versions.values().all(|one| matches!(one.definition.approval, Approval::ClaimCode { .. })) {
                let mut codes: HashMap<String, i64> = HashMap::new();
                for application in mine() {
                    // One that was erased while it was approved is withdrawn, and keeps its code.
                    let erased = application.applicant.email.is_erased();
                    let used = matches!(application.state, State::Approved { .. } | State::Issued { .. })
                        || (erased && matches!(application.state, State::Withdrawn { .. }));
                    let code = application.submission.as_ref().and_then(|submission| submission.code.as_ref());
                    if let Some(code) = code.filter(|_| used) {
                        *codes.entry(code.as_str().to_owned()).or_default() += 1;
                    }
                }
                compare(&codes, &rows.codes, |code| wrong(Rule::Miscounted, format!("FORM#{id} CODE#{code}")));
            }
        }
    }

    fn check_applications(
        &self,
        expected: &mut HashMap<TableKey, Option<Value>>,
        wrong: &mut impl FnMut(Rule, String),
    ) {
        for (id, application) in &self.applications {
            if let Some(key) = applications::row_key(application) {
                expected.insert(key, serde_json::to_value(Listed::of(application)).ok());
            }
            if let (Some(_), Some((organisation, _))) =
                (&application.submission, self.organisations.get(&application.client))
                && !application.applicant.email.is_erased()
            {
                let person = organisation.mail_hmac(&application.applicant.email);
                expected.insert(key::applicant(&application.client, &person, id), None);
            }
            let none = BTreeSet::new();
            let whole = |rows: &HashMap<ApplicationId, BTreeSet<u32>>, count| {
                rows.get(id).unwrap_or(&none).iter().copied().eq(1..=count)
            };
            if !whole(&self.submissions, application.submissions()) || !whole(&self.trails, application.entries) {
                wrong(Rule::Gap, format!("APPLICATION#{id}"));
            }
            if !self.forms.contains_key(&application.form) {
                wrong(Rule::Dangling, format!("form of application {id}"));
            }
            let awaits = matches!(application.state, State::Approved { .. });
            match self.awards.get(id) {
                Some(since) if awaits && same_instant(*since, application.since) => {}
                None if !awaits => {}
                Some(_) if !awaits => wrong(Rule::StrayRow, format!("AWARD of {id}")),
                _ => wrong(Rule::MissingRow, format!("AWARD of {id}")),
            }
            // A draft's reminder comes once. Where a form did not remind from the beginning, what was handed in before it did has none.
            let reminds = |form: &FormRows| {
                form.versions.values().all(|form| applications::reminder(application, form).is_some())
            };
            if !matches!(application.state, State::Draft)
                && self.forms.get(&application.form).is_some_and(reminds)
                && !self.reminders.contains(&(id.clone(), application.since.as_millisecond()))
            {
                wrong(Rule::MissingRow, format!("REMIND of {id}"));
            }
            if let State::Issued { event, credential } = &application.state {
                let pending = self.chunks.contains(&(event.clone(), 0));
                let holds = |event: &Event| {
                    event.application.as_ref() == Some(id)
                        && (pending
                            || event.number_of(credential).is_some()
                            || self.credentials.contains_key(credential))
                };
                if !self.events.get(event).is_some_and(holds) {
                    wrong(Rule::Dangling, format!("badge of application {id}"));
                }
            }
        }
        for id in self.awards.keys().filter(|id| !self.applications.contains_key(*id)) {
            wrong(Rule::StrayRow, format!("AWARD of {id}"));
        }
        for (application, evidence) in &self.files {
            if !self.due.contains(evidence) {
                wrong(Rule::MissingRow, format!("DUE of EVIDENCE#{application} {evidence}"));
            }
        }
        for (key, (family, _)) in &self.index {
            let other = match family {
                Family::Membership => Some((last(&key.sk), last(&key.pk))),
                Family::Member => Some((last(&key.pk), last(&key.sk))),
                _ => None,
            };
            if let Some((Ok(client), Ok(person))) = other.map(|(client, person)| (client.parse(), person.parse())) {
                expected.insert(key::member(&client, &person), None);
                expected.insert(key::membership(&person, &client), None);
            }
        }
    }

    /// A month's counters say what was issued in it, and no less evidence than is left of it: files go, what they took does not come back.
    fn check_usage(&self, wrong: &mut impl FnMut(Rule, String)) {
        let mut issued: HashMap<TableKey, u64> = HashMap::new();
        for event in self.events.values() {
            let counter = counter(&event.client, Quota::CredentialsPerMonth, event.created_at);
            *issued.entry(counter).or_default() += u64::from(event.recipient_count);
        }
        let counted = |key: &TableKey| self.usage.get(key).copied().unwrap_or(0);
        for (key, count) in &issued {
            if counted(key) != *count {
                wrong(Rule::Miscounted, at(key));
            }
        }
        let of_events = |key: &TableKey| key.sk.split('#').next() == Some(Quota::CredentialsPerMonth.name());
        for key in self.usage.keys().filter(|key| of_events(key) && !issued.contains_key(*key)) {
            wrong(Rule::Miscounted, at(key));
        }
        for (key, bytes) in &self.promised {
            if counted(key) < *bytes {
                wrong(Rule::Miscounted, at(key));
            }
        }
    }

    /// One export of an organisation is being made at a time, and none for longer than it may take.
    fn check_exports(&self, now: Timestamp, wrong: &mut impl FnMut(Rule, String)) {
        let is_running = |export: &&Export| matches!(export.progress, ExportState::Running { .. });
        for export in self.exports.iter().filter(is_running) {
            let at = || at(&key::export(&export.client, &export.id));
            let named = self.running.get(&export.client).is_some_and(|(running, _)| *running == export.id.as_str());
            if export.has_failed(now) {
                wrong(Rule::Stuck, at());
            } else if !named {
                wrong(Rule::MissingRow, format!("RUNNING of {}", at()));
            }
        }
        for (client, (running, _)) in self.running.iter().filter(|(_, (_, until))| now < *until) {
            let its = |export: &Export| export.client == *client && export.id.as_str() == running;
            if !self.exports.iter().filter(is_running).any(its) {
                wrong(Rule::Dangling, at(&key::export_running(client)));
            }
        }
    }

    fn check_waiting(&self, now: Timestamp, busy: Busy, wrong: &mut impl FnMut(Rule, String)) {
        for (key, family, since) in &self.waiting {
            let (patience, busy) = match family {
                Family::Award => (AWARD_PATIENCE, busy.signing),
                Family::Pending => (PATIENCE, busy.signing),
                Family::Life | Family::Letter => (PATIENCE, busy.mail),
                Family::Reminder => (REMINDER_PATIENCE, false),
                _ => (PATIENCE, false),
            };
            if now.duration_since(*since) > patience && !busy {
                wrong(Rule::Stuck, at(key));
            }
        }
    }

    /// How many rows are left of what never came about.
    fn check_index(&mut self, mut expected: HashMap<TableKey, Option<Value>>) -> usize {
        let mut leftovers = 0;
        for (key, (family, says)) in std::mem::take(&mut self.index) {
            match expected.remove(&key) {
                Some(wanted) if wanted == says => {}
                Some(_) => self.wrong(Rule::DifferentRow, at(&key)),
                None if family == Family::RevokedRow => {} // looked at with its list
                None => {
                    let event = match family {
                        Family::MailRow | Family::Expiry => last(&key.sk).parse().ok(),
                        _ => None,
                    };
                    if event.is_some_and(|event: EventId| !self.events.contains_key(&event)) {
                        leftovers += 1;
                    } else {
                        self.wrong(Rule::StrayRow, at(&key));
                    }
                }
            }
        }
        for key in expected.into_keys() {
            self.wrong(Rule::MissingRow, at(&key));
        }
        leftovers
    }
}

/// The counter of the period that something falls into.
fn counter(client: &ClientId, quota: Quota, at: Timestamp) -> TableKey {
    key::usage(client, quota, quota.span(at).map(|(start, _)| start))
}

fn is_quota(name: &str) -> bool {
    QUOTAS.iter().any(|quota| quota.name() == name)
}

/// Tells of what is counted otherwise in two maps, of which absence is nothing.
fn compare(one: &HashMap<String, i64>, other: &HashMap<String, i64>, mut wrong: impl FnMut(&str)) {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for name in names {
        if one.get(name).unwrap_or(&0) != other.get(name).unwrap_or(&0) {
            wrong(name);
        }
    }
}

/// Keys have milliseconds.
fn same_instant(one: Timestamp, other: Timestamp) -> bool {
    one.as_millisecond() == other.as_millisecond()
}

fn set_bits(list: &StatusList) -> BTreeSet<u32> {
    (0..STATUS_LIST_BITS).filter(|index| list.bits.get(*index as usize) == Some(true)).collect()
}

#[cfg(test)]
pub(crate) mod tests;
