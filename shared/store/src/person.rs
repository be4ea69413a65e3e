//! One person: what a deployment keeps of an address, handed out ([`Store::person_record`]) and erased ([`Store::erase_person`]): for the
//! operator, no function does this.
//!
//! The whole table is read, twice: first for what names the address (plans, credentials, applications), then for every row that belongs to
//! one of those or mentions the address by itself. What others need stays true: in a plan something stands in place of the address
//! ([`EmailAddress::erased`]), of a credential and an application a row is left that says only that there was one. So counters, lists and
//! repetitions of a request go on as they were.
//!
//! What is left also leads to what an interrupted erasure, a backup, or a function that was at work meanwhile has left or brought back: of an
//! erased credential and an erased application everything goes, whoever's address stands there. What names the address goes last.

mod record;
mod text;

use crate::addresses;
use crate::applications::{Listed, row_key};
use crate::client::{Expect, Store, StoreError, held};
use crate::credentials;
use crate::erase::{Whose, whose};
use crate::events;
use crate::forms::USED;
use crate::item::{Item, number};
use crate::key::{self, Family, TableKey};
use crate::organisations::{self, StoredOrganisation};
use crate::people::person;
use application::application::{Application, State, Submission};
use application::{Actor, Answers, Applicant, Entry, Secret};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use badge::ob3::identity_hash;
use badge::text::Language;
use badge::{ApplicationId, ClientId, CredentialId, EmailAddress, EventId, ImportId, PersonId, Recipient};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use text::Words;

/// What stands where somebody's name was that has been erased, where there has to be one.
const ERASED_NAME: &str = "(erased)";
/// Bytes of an uploaded list of recipients that is looked through: more than any may have.
const MAX_LIST_BYTES: usize = 20_000_000;

/// What there was of somebody, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Erasure {
    /// Rows of each kind that go.
    pub removed: BTreeMap<String, usize>,
    /// Rows of each kind that stay without them.
    pub rewritten: BTreeMap<String, usize>,
    /// Files, each version of them counted.
    pub files: usize,
    /// Their credentials: what caches before the deployment hold of these is still to be removed.
    pub credentials: BTreeSet<CredentialId>,
    /// Their applications.
    pub applications: BTreeSet<ApplicationId>,
    /// Rows that mention the address and were left alone, by their keys: what an organisation says of itself and of its badges, and what does
    /// not read.
    pub left: BTreeSet<String>,
    /// Rows that somebody else changed at that moment: the same command again finds them.
    pub changed_meanwhile: usize,
}

/// In which order rows go or are rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// Without these nothing of theirs goes on.
    Stop,
    Rest,
    /// What names them.
    Last,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq)]
enum Fate {
    Stays,
    Goes(Turn),
    /// One attribute says something else from now on.
    Becomes(Turn, &'static str, AttributeValue),
    /// It mentions the address, and is not ours to change.
    Left,
}

/// A recipient of an event, by their number in it.
type Place = (EventId, u32);

/// What the first reading finds.
#[derive(Debug)]
struct Found {
    address: EmailAddress,
    folded: String,
    organisations: HashMap<ClientId, StoredOrganisation>,
    secret: Option<Secret>,
    /// Recipients with this address, as they are or were planned.
    places: BTreeMap<Place, Recipient>,
    /// Recipients, anybody's, whose credential is erased.
    erased: HashMap<Place, CredentialId>,
    /// Applications with this address.
    applications: HashMap<ApplicationId, Application>,
    /// Applications, anybody's, that are erased, and whose form they are to.
    erased_applications: HashMap<ApplicationId, ClientId>,
    unreadable: BTreeSet<String>,
}

fn at(key: &TableKey) -> String {
    format!("{} {}", key.pk, key.sk)
}

/// The last part of a key's text.
fn last(text: &str) -> &str {
    text.rsplit('#').next().unwrap_or_default()
}

/// What stays of a recipient: their number, and when what they got ends, which the index of expiries goes by.
fn nobody(place: u32, recipient: &Recipient) -> Recipient {
    Recipient {
        email: EmailAddress::erased(place),
        name: String::new(),
        language: Language::default(),
        expires_on: recipient.expires_on,
        evidence: Vec::new(),
    }
}

/// Whether nobody has decided about an application yet, or its badge is not issued.
fn is_open(state: &State) -> bool {
    match state {
        State::Draft
        | State::Unproven
        | State::Checking
        | State::Submitted
        | State::Returned { .. }
        | State::Approved { .. } => true,
        State::Issued { .. } | State::Rejected { .. } | State::Withdrawn { .. } | State::Duplicate { .. } => false,
    }
}

/// An application without whoever applied. One that is open is withdrawn, and gives its place back.
fn blanked(mut application: Application) -> Application {
    // The use of a code is counted once it is approved.
    let used = matches!(application.state, State::Approved { .. } | State::Issued { .. });
    let email = EmailAddress::erased(&application.id);
    application.applicant = Applicant { name: ERASED_NAME.to_owned(), email, language: application.applicant.language };
    (application.proof, application.draft) = (None, None);
    if let Some(submission) = application.submission.take() {
        let code = submission.code.clone().filter(|_| used);
        application.submission = Some(Submission { code, ..answerless(submission) });
    }
    application.votes.iter_mut().for_each(|vote| vote.comment.clear());
    application.approvals.iter_mut().for_each(|approval| approval.comment.clear());
    if let State::Rejected { reason, .. } = &mut application.state {
        reason.clear();
    }
    if is_open(&application.state) {
        application.state = State::Withdrawn { by: Actor::System };
        application.counted = false;
    }
    application.revision = application.revision.saturating_add(1);
    application
}

/// What was submitted, without the answers.
fn answerless(submission: Submission) -> Submission {
    Submission { answers: Answers::default(), ..submission }
}

fn json(value: &impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(value).map(AttributeValue::S).map_err(|_| StoreError::Corrupt("doc"))
}

impl Found {
    fn of(address: &EmailAddress) -> Self {
        Self {
            address: address.clone(),
            folded: address.folded(),
            organisations: HashMap::new(),
            secret: None,
            places: BTreeMap::new(),
            erased: HashMap::new(),
            applications: HashMap::new(),
            erased_applications: HashMap::new(),
            unreadable: BTreeSet::new(),
        }
    }

    fn is(&self, address: &EmailAddress) -> bool {
        address.folded() == self.folded
    }

    /// First reading. What does not read keeps nobody from being erased.
    fn take(&mut self, row: &Item) -> Result<(), StoreError> {
        let key = row.key()?;
        if self.read(&key, row).is_err() {
            self.unreadable.insert(at(&key));
        }
        Ok(())
    }

    fn read(&mut self, key: &TableKey, row: &Item) -> Result<(), StoreError> {
        match key.family() {
            Some(Family::Organisation) => {
                let organisation = organisations::read(row)?;
                self.organisations.insert(organisation.organisation.id.clone(), organisation);
            }
            Some(Family::Plan) => {
                let event: EventId = last(&key.pk).parse().map_err(|_| StoreError::Corrupt("pk"))?;
                let block = events::block(row)?.into_iter().filter(|(_, recipient)| self.is(&recipient.email));
                let named: Vec<_> = block.map(|(number, recipient)| ((event.clone(), number), recipient)).collect();
                self.places.extend(named);
            }
            Some(Family::Credential) => {
                let (id, number, recipient, _) = credentials::outline(row)?;
                let place = (id.event(), number);
                if self.is(&recipient.email) {
                    self.places.insert(place, recipient);
                } else if credentials::is_erased(row) {
                    self.erased.insert(place, id);
                }
            }
            Some(Family::Application) => {
                let application: Application = row.get_doc()?;
                if self.is(&application.applicant.email) {
                    self.applications.insert(application.id.clone(), application);
                } else if application.applicant.email.is_erased() {
                    self.erased_applications.insert(application.id, application.client);
                }
            }
            _ if *key == key::people_secret() => self.secret = Some(row.get_doc()?),
            _ => {}
        }
        Ok(())
    }
}

/// Whom the second reading is about.
#[derive(Debug)]
struct Subject {
    found: Found,
    /// Their name among people, where anybody ever signed in.
    person: Option<PersonId>,
    /// Their names in the organisations' indexes.
    tags: HashMap<ClientId, [u8; 16]>,
    hmacs: HashSet<String>,
    words: Words,
    /// Their credentials that are to be erased: those that came about.
    credentials: BTreeMap<Place, CredentialId>,
    /// Of which organisations there is anything.
    clients: BTreeSet<ClientId>,
    /// Events whose frame tells a hash of the address: those planned before frames were made of nobody's document.
    frames: BTreeSet<String>,
}

impl Subject {
    fn new(found: Found) -> Self {
        let person = found.secret.as_ref().map(|secret| person(secret, &found.address));
        let tag = |(client, organisation): (&ClientId, &StoredOrganisation)| {
            (client.clone(), organisation.mail_tag(&found.address))
        };
        let tags: HashMap<ClientId, [u8; 16]> = found.organisations.iter().map(tag).collect();
        let hmacs = tags.values().map(hex::encode).collect();
        let words = Words::new(&found.address, person.as_ref());
        let clients = found.applications.values().map(|application| application.client.clone()).collect();
        Self { found, person, tags, hmacs, words, credentials: BTreeMap::new(), clients, frames: BTreeSet::new() }
    }

    /// Every erased credential: theirs, and whose place is known to have been erased before.
    fn gone(&self) -> impl Iterator<Item = (&Place, &CredentialId)> {
        self.credentials.iter().chain(&self.found.erased)
    }

    fn is_gone(&self, place: &Place) -> bool {
        self.credentials.contains_key(place) || self.found.erased.contains_key(place)
    }

    /// Whether an application of this id is theirs, or erased.
    fn has(&self, id: &str) -> bool {
        id.parse::<ApplicationId>().is_ok_and(|id| {
            self.found.applications.contains_key(&id) || self.found.erased_applications.contains_key(&id)
        })
    }

    fn theirs(&self, id: &str) -> Option<&Application> {
        self.found.applications.get(&id.parse().ok()?)
    }

    fn is_theirs(&self, id: &str) -> bool {
        self.theirs(id).is_some()
    }

    /// Nobody but they ever saw a draft: it goes whole.
    fn is_draft(&self, id: &str) -> bool {
        self.theirs(id).is_some_and(|application| application.submission.is_none())
    }

    /// What becomes of a row. Credentials and applications of theirs, exports and uploaded lists are seen to elsewhere.
    fn fate(&self, key: &TableKey, row: &Item) -> Result<Fate, StoreError> {
        let family = key.family().ok_or(StoreError::Corrupt("key"))?;
        let (of, place) = (last(&key.pk), last(&key.sk));
        let goes = |goes: bool, turn| Ok(if goes { Fate::Goes(turn) } else { Fate::Stays });
        match family {
            Family::Plan => self.plan(row),
            Family::MailRow => self.index(key, row),
            Family::Credential => self.reason(row),
            Family::Life => {
                let (event, number) = (of.parse(), place.parse());
                let place = event.ok().zip(number.ok());
                goes(place.is_some_and(|place| self.is_gone(&place)), Turn::Rest)
            }
            Family::Applicant => goes(self.hmacs.contains(of) || self.has(place), Turn::Last),
            Family::FormPerson => goes(self.hmacs.contains(place), Turn::Last),
            Family::Application if self.is_draft(of) => Ok(Fate::Goes(Turn::Last)),
            Family::Application if self.is_theirs(of) => Ok(Fate::Stays),
            Family::Submission | Family::Trail if self.is_draft(of) => Ok(Fate::Goes(Turn::Rest)),
            Family::Submission if self.has(of) => self.blank(row, &answerless(row.get_doc()?)),
            Family::Trail if self.has(of) => self.blank(row, &Entry { note: String::new(), ..row.get_doc()? }),
            Family::ApplicationRow if self.is_theirs(place) => Ok(Fate::Stays),
            Family::File | Family::Letter => goes(self.has(of), Turn::Rest),
            Family::Reminder => goes(self.has(place), Turn::Rest),
            Family::Membership => goes(self.person.as_ref().is_some_and(|own| own.as_str() == of), Turn::Stop),
            Family::Member => goes(self.person.as_ref().is_some_and(|own| own.as_str() == place), Turn::Stop),
            Family::Event | Family::EventRow => self.event(row),
            // An organisation's own words, which it changes itself, and what badges that are signed already refer to.
            Family::Organisation | Family::BadgeRow | Family::BadgeVersion | Family::Hook => Ok(self.noticed(row)),
            Family::Feed
            | Family::RevokedRow
            | Family::FormHead
            | Family::FormVersion
            | Family::FormRow
            | Family::Application
            | Family::Submission
            | Family::Trail
            | Family::ApplicationRow => self.scrubbed(row),
            Family::Alone => self.alone(key, row),
            // Ids, counters and times. Rows that wait for work lead to nothing, and whoever works finds that.
            Family::OrganisationRow
            | Family::CurrentList
            | Family::BadgeHead
            | Family::Pending
            | Family::Tally
            | Family::Expiry
            | Family::List
            | Family::ListRevoked
            | Family::ListSigned
            | Family::Revoking
            | Family::Due
            | Family::FormCount
            | Family::FormCode
            | Family::Award
            | Family::Request
            | Family::Usage
            | Family::Export
            | Family::Running => Ok(Fate::Stays),
        }
    }

    fn alone(&self, key: &TableKey, row: &Item) -> Result<Fate, StoreError> {
        let of = last(&key.pk);
        let goes = |goes: bool, turn| Ok(if goes { Fate::Goes(turn) } else { Fate::Stays });
        match key.words() {
            ("SHOWN", _) => goes(self.gone().any(|(_, id)| id.as_str() == of), Turn::Rest),
            ("EVIDENCE", _) => goes(self.has(of), Turn::Rest),
            ("PERSON", _) => goes(self.person.as_ref().is_some_and(|own| own.as_str() == of), Turn::Stop),
            ("SIGNIN", "SIGNIN") => {
                let doc: Value = row.get_doc()?;
                let address = doc["address"].as_str().and_then(|text| text.parse::<EmailAddress>().ok());
                goes(address.is_some_and(|address| self.found.is(&address)), Turn::Stop)
            }
            ("RESULT", _) => {
                let doc = row.get_text("doc")?;
                goes(self.mentions(row) || self.gone().any(|(_, id)| doc.contains(id.as_str())), Turn::Rest)
            }
            ("AUDIT", _) | ("FORMS", "TEMPLATE") => self.scrubbed(row),
            _ => Ok(self.noticed(row)),
        }
    }

    /// A block of a plan, with nobody in their place.
    fn plan(&self, row: &Item) -> Result<Fate, StoreError> {
        let block = events::block(row)?;
        if !block.iter().any(|(_, recipient)| self.found.is(&recipient.email)) {
            return Ok(Fate::Stays);
        }
        let other = |(number, recipient): (u32, Recipient)| {
            if self.found.is(&recipient.email) { nobody(number, &recipient) } else { recipient }
        };
        rewritten(row, Turn::Last, &block.into_iter().map(other).collect::<Vec<_>>())
    }

    /// A row of an organisation's index of addresses.
    fn index(&self, key: &TableKey, row: &Item) -> Result<Fate, StoreError> {
        let client = key.pk.split('#').nth(1).and_then(|client| client.parse::<ClientId>().ok());
        let Some(tag) = client.and_then(|client| self.tags.get(&client)) else { return Ok(Fate::Stays) };
        if !key.pk.ends_with(&format!("#{:02x}", tag[0])) {
            return Ok(Fate::Stays);
        }
        Ok(match addresses::without(row, tag)? {
            None => Fate::Stays,
            Some(others) if others.is_empty() => Fate::Goes(Turn::Last),
            Some(others) => Fate::Becomes(Turn::Last, addresses::ENTRIES, AttributeValue::B(Blob::new(others))),
        })
    }

    /// Why somebody's credential was revoked, in the issuer's words.
    fn reason(&self, row: &Item) -> Result<Fate, StoreError> {
        let Some(mut reason) = row.find_json::<Value>(credentials::REVOKED)? else { return Ok(Fate::Stays) };
        if !self.scrub(&mut reason) {
            return Ok(Fate::Stays);
        }
        Ok(Fate::Becomes(Turn::Rest, credentials::REVOKED, json(&reason)?))
    }

    /// An event: what the caller wanted to find again. The rest is the issuer's own words.
    fn event(&self, row: &Item) -> Result<Fate, StoreError> {
        if !self.mentions(row) {
            return Ok(Fate::Stays);
        }
        let mut doc: Value = row.get_doc()?;
        if !doc.get_mut("log_entry").is_some_and(|logged| self.scrub(logged)) {
            return Ok(Fate::Left);
        }
        rewritten(row, Turn::Rest, &doc)
    }

    fn noticed(&self, row: &Item) -> Fate {
        if self.mentions(row) { Fate::Left } else { Fate::Stays }
    }

    /// Whether a row mentions them.
    fn mentions(&self, row: &Item) -> bool {
        let doc = row.get_text("doc").ok().filter(|text| self.words.stand_in(text));
        doc.and_then(|text| serde_json::from_str(text).ok()).is_some_and(|mut doc: Value| self.scrub(&mut doc))
    }

    /// A row of an application that is nobody's any more.
    fn blank(&self, row: &Item, doc: &impl Serialize) -> Result<Fate, StoreError> {
        rewritten(row, Turn::Rest, &self.without_them(doc)?)
    }

    fn without_them(&self, doc: &impl Serialize) -> Result<Value, StoreError> {
        let mut doc = serde_json::to_value(doc).map_err(|_| StoreError::Corrupt("doc"))?;
        self.scrub(&mut doc);
        Ok(doc)
    }

    /// A row that mentions them, without them.
    fn scrubbed(&self, row: &Item) -> Result<Fate, StoreError> {
        let Ok(text) = row.get_text("doc") else { return Ok(Fate::Stays) };
        if !self.words.stand_in(text) && !self.hmacs.iter().any(|hmac| text.contains(hmac)) {
            return Ok(Fate::Stays);
        }
        let mut doc: Value = row.get_doc()?;
        if self.scrub(&mut doc) { rewritten(row, Turn::Rest, &doc) } else { Ok(Fate::Stays) }
    }

    /// Takes them out of a document: out of what is about them the name too, out of texts the address. Whether there was anything.
    fn scrub(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.words.replaced(text) {
                Some(other) => {
                    *text = other;
                    true
                }
                None => false,
            },
            Value::Array(values) => values.iter_mut().fold(false, |any, value| self.scrub(value) | any),
            Value::Object(members) => {
                let text = |name: &str| members.get(name).and_then(Value::as_str);
                let named = ["email", "address"].into_iter().find(|name| {
                    text(name).and_then(|text| text.parse().ok()).is_some_and(|address| self.found.is(&address))
                });
                let is_person = self.person.as_ref().is_some_and(|own| text("person") == Some(own.as_str()));
                // A peer who approved somebody else's application: told from other peers by their credential from now on.
                let peer = text("person").filter(|person| self.hmacs.contains(*person)).and(text("credential"));
                let peer = peer.map(str::to_owned);
                let place = text("id").unwrap_or("person").to_owned();
                let mut set = |name: &str, other: String| {
                    if let Some(member) = members.get_mut(name) {
                        *member = other.into();
                    }
                };
                if let Some(name) = named {
                    set(name, String::from(EmailAddress::erased(place)));
                }
                if named.is_some() || is_person {
                    set("name", ERASED_NAME.to_owned());
                }
                let mut any = named.is_some() || peer.is_some();
                if let Some(credential) = peer {
                    set("person", credential);
                    set("comment", String::new());
                }
                for value in members.values_mut() {
                    any |= self.scrub(value);
                }
                any
            }
            _ => false,
        }
    }
}

/// The row with another document; none when it is the same.
fn rewritten(row: &Item, turn: Turn, doc: &impl Serialize) -> Result<Fate, StoreError> {
    let doc = json(doc)?;
    let same = doc.as_s().is_ok_and(|doc| row.get_text("doc").is_ok_and(|old| old == doc));
    Ok(if same { Fate::Stays } else { Fate::Becomes(turn, "doc", doc) })
}

/// What the second reading finds.
#[derive(Debug, Default)]
struct Work {
    goes: BTreeSet<(Turn, TableKey)>,
    becomes: Vec<(Turn, TableKey, &'static str, AttributeValue, Item)>,
    /// Rows of exports, and whose.
    exports: Vec<(ClientId, TableKey)>,
    left: BTreeSet<String>,
}

impl Work {
    fn take(&mut self, subject: &mut Subject, row: &Item) -> Result<(), StoreError> {
        let key = row.key()?;
        let touched = match subject.fate(&key, row) {
            Ok(Fate::Stays) => {
                if let (Some(Family::Export | Family::Running), Ok(client)) = (key.family(), last(&key.pk).parse()) {
                    self.exports.push((client, key.clone()));
                }
                false
            }
            // What does not read is the operator's to look at.
            Ok(Fate::Left) | Err(_) => {
                self.left.insert(at(&key));
                false
            }
            Ok(Fate::Goes(turn)) => {
                self.goes.insert((turn, key.clone()));
                true
            }
            Ok(Fate::Becomes(turn, attribute, value)) => {
                self.becomes.push((turn, key.clone(), attribute, value, row.clone()));
                true
            }
        };
        if let (true, Some(Whose::Organisation(client))) = (touched, whose(&key)) {
            subject.clients.extend(client.parse());
        }
        Ok(())
    }
}

impl Store {
    /// Looks for everything kept of an address, and with `write` takes it away. Harmless to repeat; see the module's words.
    ///
    /// `evidence`: the store of the bucket of evidence.
    ///
    /// # Errors
    /// [`StoreError`] when something cannot be read, taken away or rewritten. Repeating goes on.
    pub async fn erase_person(
        &self,
        evidence: &Self,
        address: &EmailAddress,
        write: bool,
    ) -> Result<Erasure, StoreError> {
        let mut subject = self.subject(address).await?;
        let mut work = Work::default();
        self.scan(|row| work.take(&mut subject, row)).await?;
        let imports = self.lists_with(&subject).await?;
        for (client, import) in &imports {
            work.goes.insert((Turn::Stop, key::import(client, import)));
        }
        for (_, row) in work.exports.iter().filter(|(client, _)| subject.clients.contains(client)) {
            work.goes.insert((Turn::Stop, row.clone()));
        }
        let mut erasure = Erasure {
            credentials: subject.credentials.values().cloned().collect(),
            applications: subject.found.applications.keys().cloned().collect(),
            left: work.left.iter().chain(&subject.found.unreadable).chain(&subject.frames).cloned().collect(),
            ..Erasure::default()
        };
        for (_, row) in &work.goes {
            *erasure.removed.entry(row.kind()).or_default() += 1;
        }
        for (_, row, ..) in &work.becomes {
            *erasure.rewritten.entry(row.kind()).or_default() += 1;
        }
        let submitted = |application: &&Application| application.submission.is_some();
        let applications: Vec<_> = subject.found.applications.values().filter(submitted).collect();
        for (kind, count) in [("EVENT CRED", subject.credentials.len()), ("APPLICATION HEAD", applications.len())] {
            if count > 0 {
                *erasure.rewritten.entry(kind.to_owned()).or_default() += count;
            }
        }
        if write {
            self.delete_turn(&work, Turn::Stop).await?;
            for (place, id) in &subject.credentials {
                self.erase_credential(place, id, &subject.found.places).await?;
            }
            for application in applications {
                erasure.changed_meanwhile += usize::from(!self.erase_application(&subject, application).await?);
            }
        }
        erasure.files = self.erase_files_of(evidence, &subject, &imports, write).await?;
        if write {
            self.delete_turn(&work, Turn::Rest).await?;
            erasure.changed_meanwhile += self.rewrite_turn(&work, Turn::Rest).await?;
            // What leads to them stays for the next time, where something is left of them.
            if erasure.changed_meanwhile == 0 {
                self.delete_turn(&work, Turn::Last).await?;
                erasure.changed_meanwhile += self.rewrite_turn(&work, Turn::Last).await?;
            }
        }
        Ok(erasure)
    }

    /// The first reading.
    async fn subject(&self, address: &EmailAddress) -> Result<Subject, StoreError> {
        let mut found = Found::of(address);
        self.scan(|row| found.take(row)).await?;
        let mut subject = Subject::new(found);
        let events: BTreeSet<EventId> = subject.found.places.keys().map(|(event, _)| event.clone()).collect();
        for id in events {
            // Planning may have broken off: then there is a plan and nothing else.
            let Some(event) = self.event(&id).await? else { continue };
            let places: Vec<Place> = subject.found.places.keys().filter(|(event, _)| *event == id).cloned().collect();
            for place in places {
                let draw = event.event.draw(place.1);
                let named = |recipient: &Recipient| identity_hash(recipient.email.as_str(), &draw.salt);
                if subject.found.places.get(&place).is_some_and(|one| event.frame.holds(&named(one))) {
                    subject.frames.insert(format!("{} frame", at(&key::event(&id))));
                }
                if !subject.found.erased.contains_key(&place) {
                    subject.credentials.insert(place, draw.credential);
                }
            }
            subject.clients.insert(event.event.client);
        }
        Ok(subject)
    }

    /// Uploaded lists of recipients with the address in them.
    async fn lists_with(&self, subject: &Subject) -> Result<Vec<(ClientId, ImportId)>, StoreError> {
        let mut lists = Vec::new();
        for object in self.object_keys("imports/").await? {
            let name = object.strip_prefix("imports/").and_then(|name| name.strip_suffix(".csv"));
            let ids = name.and_then(|name| name.split_once('/'));
            let Some((Ok(client), Ok(import))) = ids.map(|(client, import)| (client.parse(), import.parse())) else {
                continue;
            };
            let file = self.object_within(&object, MAX_LIST_BYTES).await?.unwrap_or_default();
            if subject.words.stand_in_file(&file) {
                lists.push((client, import));
            }
        }
        Ok(lists)
    }

    async fn erase_files_of(
        &self,
        evidence: &Self,
        subject: &Subject,
        imports: &[(ClientId, ImportId)],
        write: bool,
    ) -> Result<usize, StoreError> {
        let mut files = 0;
        for (_, id) in subject.gone() {
            for prefix in [key::baked_object(id, "."), format!("pdf/{id}/")] {
                files += self.erase_files(&prefix, write).await?;
            }
        }
        for (client, import) in imports {
            files += self.erase_files(&key::import_object(client, import), write).await?;
        }
        for client in &subject.clients {
            files += self.erase_files(&format!("exports/{client}/"), write).await?;
        }
        let own = subject.found.applications.values().map(|application| (&application.id, &application.client));
        for (id, client) in own.chain(&subject.found.erased_applications) {
            files += evidence.erase_files(&format!("{}{client}/{id}/", key::EVIDENCE_OBJECTS), write).await?;
        }
        Ok(files)
    }

    /// Leaves of a credential that there was one. One that is not signed yet will not be: the row is taken.
    async fn erase_credential(
        &self,
        place: &Place,
        id: &CredentialId,
        places: &BTreeMap<Place, Recipient>,
    ) -> Result<(), StoreError> {
        let Some(recipient) = places.get(place) else { return Ok(()) };
        let values = [(":n", number(place.1)), (":p", json(&nobody(place.1, recipient))?)];
        let values = values.map(|(name, value)| (name.to_owned(), value)).into();
        self.update(&key::credential(id), credentials::ERASE, None, values).await
    }

    /// Leaves of an application what was decided. False when somebody else changed it meanwhile.
    async fn erase_application(&self, subject: &Subject, before: &Application) -> Result<bool, StoreError> {
        let after = blanked(before.clone());
        let values = [
            (":doc", json(&subject.without_them(&after)?)?),
            (":revision", number(after.revision)),
            (":before", number(before.revision)),
        ];
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let head = key::application(&before.id);
        let update = "SET doc = :doc, revision = :revision";
        let mut writes = vec![self.transact_update(&head, update, "revision = :before", values)?];
        let (old, new) = (row_key(before), row_key(&after));
        if let Some(old) = old.filter(|old| new.as_ref() != Some(old)) {
            writes.push(self.transact_delete(&old, None)?);
        }
        if let Some(new) = new {
            writes.push(self.transact_put(Item::at(&new).doc(&Listed::of(&after))?, Expect::Anything)?);
        }
        if before.counted && !after.counted {
            let values = HashMap::from([(":less".to_owned(), number(-1)), (":none".to_owned(), number(0))]);
            let count = key::form_count(&before.form);
            writes.push(self.transact_update(
                &count,
                &format!("ADD {USED} :less"),
                &format!("{USED} > :none"),
                values,
            )?);
        }
        if let State::Approved { .. } = before.state {
            writes.push(self.transact_delete(&key::award(&before.id, before.since), None)?);
        }
        held(self.transact(writes).await)
    }

    async fn delete_turn(&self, work: &Work, turn: Turn) -> Result<(), StoreError> {
        self.delete_all(work.goes.iter().filter(|(own, _)| *own == turn).map(|(_, key)| key)).await
    }

    /// How many rows somebody else changed meanwhile.
    async fn rewrite_turn(&self, work: &Work, turn: Turn) -> Result<usize, StoreError> {
        let mut changed = 0;
        for (_, key, attribute, value, row) in work.becomes.iter().filter(|(own, ..)| *own == turn) {
            let old = row.value(attribute).ok_or(StoreError::Corrupt(attribute))?.clone();
            let values = HashMap::from([(":new".to_owned(), value.clone()), (":old".to_owned(), old)]);
            let (update, same) = (format!("SET {attribute} = :new"), format!("{attribute} = :old"));
            match self.update(key, &update, Some(&same), values).await {
                Ok(()) => {}
                Err(StoreError::Conflict) => changed += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests;
