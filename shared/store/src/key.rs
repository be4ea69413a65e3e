//! Where everything lies.
//!
//! | pk | sk | what |
//! | --- | --- | --- |
//! | `ORG#{client}` | `ORG` | an organisation and the secret of its address index |
//! | `ORGS` | `{client}` | that there is this organisation |
//! | `SECRET#{client}` | `{id}` | one API secret, hashed: apart, so that who writes badges cannot write secrets |
//! | `ORG#{client}` | `BRAND` | how the organisation's PDF badges look |
//! | `ORG#{client}` | `ALIAS#{alias}` | an alias of the organisation |
//! | `ORG#{client}` | `IMPORT#{import}` | an uploaded list of recipients; expires |
//! | `ORG#{client}` | `BADGE#{badge}` | the current version of a badge, for lists |
//! | `ORG#{client}` | `EVENT#{created}#{event}` | an event, for lists, in order of creation |
//! | `ORG#{client}` | `REQUEST#{hash}` | a request key and the event it made; expires |
//! | `ORG#{client}` | `REVOKED#{credential}` | a revoked credential, for the OB 2.0 list |
//! | `ORG#{client}` | `STATUS` | the status list now in use and the next free place in it |
//! | `ORG#{client}#MAIL#{hh}` | `{created}#{event}` | the credentials of an event by their addresses' tags, of those tags that begin with `hh` |
//! | `BADGE#{badge}` | `HEAD` | whose badge it is and its current version |
//! | `BADGE#{badge}` | `VERSION#{n}` | one version, for ever |
//! | `EVENT#{event}` | `EVENT` | what was planned |
//! | `EVENT#{event}` | `PLAN#{first}` | a block of planned recipients, by the number of its first |
//! | `EVENT#{event}` | `CRED#{member}` | one recipient's signed credential, or that it was erased |
//! | `EVENT#{event}` | `LIFE#{number}` | what became of the mail to one recipient, and the answer |
//! | `EVENT#{event}` | `TALLY` | how many recipients accepted, declined, and whose mail came back |
//! | `SHOWN#{credential}` | `SHOWN` | what its holder lets the public see; apart, so that who writes it writes no credential |
//! | `PENDING#{shard}` | `{created}#{event}#{chunk}` | a chunk of an event that is not signed yet |
//! | `EXPIRY#{day}` | `{event}` | an event with credentials that expire on that day |
//! | `EXPIRY` | `SWEPT` | up to which day expiries were told |
//! | `FEED#{client}` | `{at}#{what}` | an entry of an organisation's feed; expires |
//! | `HOOKS` | `{client}#{webhook}` | an address an organisation wants to be told at |
//! | `STATUS#{list}` | `LIST` | a status list's owner and secret |
//! | `STATUS#{list}` | `REVOKED#{index}` | one revoked place |
//! | `STATUS#{list}` | `SIGNED` | the list as it is published |
//! | `REVOKING` | `{at}#{list}#{request}` | a request that revokes and has not published the list yet |
//! | `EVIDENCE#{application}` | `FILES` | counts changes, so that two of them do not pass the limit side by side |
//! | `EVIDENCE#{application}` | `FILE#{evidence}` | a file of an application; apart from it, so that who reads files writes no decisions |
//! | `DUE#{shard}` | `{at}#{client}#{application}#{evidence}` | when somebody must look at a file again |
//! | `RESULT#{result}` | `RESULT` | a report of the validator's that was asked to be kept; expires |
//! | `SEALS` | `{fingerprint}` | a certificate whose key seals PDF badges |
//! | `FORM#{form}` | `HEAD` | an application form as it is now, with its secret |
//! | `FORM#{form}` | `VERSION#{n}` | one version of it, for ever |
//! | `FORM#{form}` | `COUNT` | how many applications take a place |
//! | `FORM#{form}` | `PERSON#{hmac}` | how many of one person's do |
//! | `FORM#{form}` | `CODE#{code}` | how often a claim code was used |
//! | `FORM#{form}` | `SPENT#{nonce}` | a proof of work that was handed in; expires |
//! | `FORMS#{client}` | `FORM#{form}` | a form, for lists |
//! | `FORMS#{client}` | `TEMPLATE#{form}` | a form template of the organisation's own |
//! | `APPLICATION#{application}` | `HEAD` | an application as it stands; a draft expires |
//! | `APPLICATION#{application}` | `SUBMISSION#{n}` | what was submitted, for ever |
//! | `APPLICATION#{application}` | `TRAIL#{n}` | who did what with it |
//! | `APPLICATIONS#{client}#{state}` | `{since}#{application}` | an application in this state, for lists |
//! | `APPLICANT#{client}#{hmac}` | `{application}` | an address's applications, drafts once it is proved |
//! | `AWARD#{shard}` | `{since}#{application}` | an approved application whose badge is not issued yet |
//! | `REMIND#{day}` | `{application}` | somebody is reminded of it on that day, if it is where it was |
//! | `LETTER#{application}` | `{letter}` | that a letter about an application was sent; expires |
//! | `LETTER#{application}` | `BOUNCED` | the latest letter about it that came back; expires |
//! | `RATE#{key}` | `RATE` | what somebody did in an hour; expires |
//! | `USAGE#{client}` | `{quota}` | a counter of an organisation's plan: what a quota's period saw, or how often something was added |
//! | `EXPORT#{client}` | `EXPORT#{export}` | an export that was asked for, and how far it is; expires |
//! | `EXPORT#{client}` | `RUNNING` | which of them is being made, and until when another may not begin |
//! | `PEOPLE` | `SECRET` | the secret under which addresses become names of people |
//! | `SIGNIN#{sign_in}` | `SIGNIN` | somebody who is about to prove an address; expires |
//! | `SIGNIN#{sign_in}` | `PROVIDER` | a browser that was sent to the identity provider; expires |
//! | `PERSON#{person}` | `SESSION#{hash}` | a session, by the hash of its cookie, which alone opens it; expires |
//! | `PERSON#{person}` | `MEMBER#{client}` | that somebody is a member of an organisation |
//! | `MEMBERS#{client}` | `{person}` | what a member may do there |
//! | `AUDIT#{client}` | `{at}#{request}` | what somebody did in the console, or an API credential |
//! | `KEYS` | `KEY#{scope}#{kid}` | a signing key: public half and where KMS holds the other |

use badge::plan::Quota;
use badge::{
    AliasId, ApplicationId, BadgeId, ClientId, CredentialId, EventId, EvidenceId, ExportId, FormId, ImportId, PersonId,
    ResultId, SignInId, StatusListId, UploadId, WebhookId,
};
use jiff::Timestamp;

/// A primary key of the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableKey {
    /// Partition.
    pub pk: String,
    /// Place within it.
    pub sk: String,
}

fn key(pk: String, sk: impl Into<String>) -> TableKey {
    TableKey { pk, sk: sk.into() }
}

/// Milliseconds since 1970 in 15 digits, so that text order is time order.
pub(crate) fn sortable(at: Timestamp) -> String {
    format!("{:015}", at.as_millisecond().max(0))
}

pub(crate) fn organisation_partition(client: &ClientId) -> String {
    format!("ORG#{client}")
}
pub(crate) fn organisation(client: &ClientId) -> TableKey {
    key(organisation_partition(client), "ORG")
}
pub(crate) const ORGANISATIONS_PARTITION: &str = "ORGS";
pub(crate) fn organisation_row(client: &ClientId) -> TableKey {
    key(ORGANISATIONS_PARTITION.to_owned(), client.as_str())
}
pub(crate) fn brand(client: &ClientId) -> TableKey {
    key(organisation_partition(client), "BRAND")
}
pub(crate) fn secrets_partition(client: &ClientId) -> String {
    format!("SECRET#{client}")
}
pub(crate) fn secret(client: &ClientId, id: &str) -> TableKey {
    key(secrets_partition(client), id)
}
pub(crate) const ALIASES: &str = "ALIAS#";
pub(crate) fn alias(client: &ClientId, alias: &AliasId) -> TableKey {
    key(organisation_partition(client), format!("{ALIASES}{alias}"))
}
pub(crate) fn import(client: &ClientId, import: &ImportId) -> TableKey {
    key(organisation_partition(client), format!("IMPORT#{import}"))
}
pub(crate) const BADGES: &str = "BADGE#";
pub(crate) fn badge_row(client: &ClientId, badge: &BadgeId) -> TableKey {
    key(organisation_partition(client), format!("{BADGES}{badge}"))
}
pub(crate) fn badge_head(badge: &BadgeId) -> TableKey {
    key(format!("BADGE#{badge}"), "HEAD")
}
pub(crate) const VERSIONS: &str = "VERSION#";
pub(crate) fn badge_version(badge: &BadgeId, version: u32) -> TableKey {
    key(format!("BADGE#{badge}"), format!("VERSION#{version:08}"))
}
pub(crate) const EVENTS: &str = "EVENT#";
pub(crate) fn event_row(client: &ClientId, created_at: Timestamp, event: &EventId) -> TableKey {
    key(organisation_partition(client), format!("{EVENTS}{}#{event}", sortable(created_at)))
}
pub(crate) fn request(client: &ClientId, hash: &str) -> TableKey {
    key(organisation_partition(client), format!("REQUEST#{hash}"))
}
pub(crate) const REVOKED: &str = "REVOKED#";
pub(crate) fn revoked_row(client: &ClientId, credential: &CredentialId) -> TableKey {
    key(organisation_partition(client), format!("{REVOKED}{credential}"))
}
pub(crate) fn current_list(client: &ClientId) -> TableKey {
    key(organisation_partition(client), "STATUS")
}
/// `shard`: the first byte of an address's tag.
pub(crate) fn address_partition(client: &ClientId, shard: u8) -> String {
    format!("ORG#{client}#MAIL#{shard:02x}")
}
pub(crate) fn address_row(client: &ClientId, shard: u8, created_at: Timestamp, event: &EventId) -> TableKey {
    key(address_partition(client, shard), format!("{}#{event}", sortable(created_at)))
}
pub(crate) fn event_partition(event: &EventId) -> String {
    format!("EVENT#{event}")
}
/// The event whose partition this is.
pub(crate) fn event_of(partition: &str) -> Option<EventId> {
    partition.strip_prefix("EVENT#")?.parse().ok()
}
pub(crate) fn event(event: &EventId) -> TableKey {
    key(event_partition(event), "EVENT")
}
pub(crate) const PLANS: &str = "PLAN#";
/// `first`: the number of the first recipient in the block.
pub(crate) fn plan(event: &EventId, first: u32) -> TableKey {
    key(event_partition(event), plan_place(first))
}
pub(crate) fn plan_place(first: u32) -> String {
    format!("{PLANS}{first:05}")
}
pub(crate) const CREDENTIALS: &str = "CRED#";
pub(crate) fn credential(id: &CredentialId) -> TableKey {
    key(event_partition(&id.event()), format!("{CREDENTIALS}{}", id.member()))
}
pub(crate) const LIVES: &str = "LIFE#";
pub(crate) fn life(event: &EventId, number: u32) -> TableKey {
    key(event_partition(event), format!("{LIVES}{number:05}"))
}
pub(crate) fn tally(event: &EventId) -> TableKey {
    key(event_partition(event), "TALLY")
}
pub(crate) fn visibility(credential: &CredentialId) -> TableKey {
    key(format!("SHOWN#{credential}"), "SHOWN")
}
pub(crate) fn result(result: &ResultId) -> TableKey {
    key(format!("RESULT#{result}"), "RESULT")
}
/// Partitions that what waits, chunks for signatures and files for a look, is spread over.
pub(crate) const PENDING_SHARDS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
/// The partition of an id of any letters.
fn shard_of(id: &str) -> char {
    PENDING_SHARDS[usize::from(id.bytes().fold(0u8, u8::wrapping_add)) % PENDING_SHARDS.len()]
}
pub(crate) fn pending_partition(shard: char) -> String {
    format!("PENDING#{shard}")
}
pub(crate) fn pending(event: &EventId, created_at: Timestamp, chunk: u32) -> TableKey {
    // An event's id is random: its last digit spreads evenly.
    let shard = event.as_str().chars().next_back().unwrap_or('0');
    key(pending_partition(shard), format!("{}#{event}#{chunk:03}", sortable(created_at)))
}
pub(crate) fn expiry_partition(day: jiff::civil::Date) -> String {
    format!("EXPIRY#{day}")
}
pub(crate) fn expiry(day: jiff::civil::Date, event: &EventId) -> TableKey {
    key(expiry_partition(day), event.as_str())
}
pub(crate) fn swept() -> TableKey {
    key("EXPIRY".to_owned(), "SWEPT")
}
pub(crate) fn feed_partition(client: &ClientId) -> String {
    format!("FEED#{client}")
}
pub(crate) fn feed(client: &ClientId, at: Timestamp, what: &str) -> TableKey {
    key(feed_partition(client), format!("{}#{what}", sortable(at)))
}
pub(crate) const HOOKS_PARTITION: &str = "HOOKS";
pub(crate) fn hooks_prefix(client: &ClientId) -> String {
    format!("{client}#")
}
pub(crate) fn hook(client: &ClientId, webhook: &WebhookId) -> TableKey {
    key(HOOKS_PARTITION.to_owned(), format!("{}{webhook}", hooks_prefix(client)))
}
pub(crate) fn status_partition(list: &StatusListId) -> String {
    format!("STATUS#{list}")
}
pub(crate) fn status_list(list: &StatusListId) -> TableKey {
    key(status_partition(list), "LIST")
}
pub(crate) fn status_signed(list: &StatusListId) -> TableKey {
    key(status_partition(list), "SIGNED")
}
pub(crate) fn status_revoked(list: &StatusListId, index: u32) -> TableKey {
    key(status_partition(list), format!("{REVOKED}{index:06}"))
}
pub(crate) const REVOKING_PARTITION: &str = "REVOKING";
/// `request`: the id of the request that revokes.
pub(crate) fn revoking(at: Timestamp, list: &StatusListId, request: &str) -> TableKey {
    key(REVOKING_PARTITION.to_owned(), format!("{}#{list}#{request}", sortable(at)))
}
pub(crate) fn evidence_partition(application: &ApplicationId) -> String {
    format!("EVIDENCE#{application}")
}
pub(crate) fn evidence_files(application: &ApplicationId) -> TableKey {
    key(evidence_partition(application), "FILES")
}
pub(crate) const FILES: &str = "FILE#";
pub(crate) fn evidence(application: &ApplicationId, evidence: &EvidenceId) -> TableKey {
    key(evidence_partition(application), format!("{FILES}{evidence}"))
}
pub(crate) fn due_partition(shard: char) -> String {
    format!("DUE#{shard}")
}
pub(crate) fn due(at: Timestamp, client: &ClientId, application: &ApplicationId, evidence: &EvidenceId) -> TableKey {
    key(due_partition(shard_of(evidence.as_str())), format!("{}#{client}#{application}#{evidence}", sortable(at)))
}
pub(crate) fn form_partition(form: &FormId) -> String {
    format!("FORM#{form}")
}
pub(crate) fn form_head(form: &FormId) -> TableKey {
    key(form_partition(form), "HEAD")
}
pub(crate) fn form_version(form: &FormId, version: u32) -> TableKey {
    key(form_partition(form), format!("VERSION#{version:08}"))
}
pub(crate) fn form_count(form: &FormId) -> TableKey {
    key(form_partition(form), "COUNT")
}
pub(crate) fn form_person(form: &FormId, hmac: &str) -> TableKey {
    key(form_partition(form), format!("PERSON#{hmac}"))
}
pub(crate) const CODES: &str = "CODE#";
pub(crate) fn form_code(form: &FormId, code: &str) -> TableKey {
    key(form_partition(form), format!("{CODES}{code}"))
}
pub(crate) fn form_spent(form: &FormId, nonce: &str) -> TableKey {
    key(form_partition(form), format!("SPENT#{nonce}"))
}
pub(crate) fn forms_partition(client: &ClientId) -> String {
    format!("FORMS#{client}")
}
pub(crate) const FORMS: &str = "FORM#";
pub(crate) fn form_row(client: &ClientId, form: &FormId) -> TableKey {
    key(forms_partition(client), format!("{FORMS}{form}"))
}
pub(crate) const FORM_TEMPLATES: &str = "TEMPLATE#";
pub(crate) fn form_template(client: &ClientId, template: &FormId) -> TableKey {
    key(forms_partition(client), format!("{FORM_TEMPLATES}{template}"))
}
pub(crate) fn application_partition(application: &ApplicationId) -> String {
    format!("APPLICATION#{application}")
}
pub(crate) fn application(application: &ApplicationId) -> TableKey {
    key(application_partition(application), "HEAD")
}
pub(crate) const SUBMISSIONS: &str = "SUBMISSION#";
pub(crate) fn submission(application: &ApplicationId, number: u32) -> TableKey {
    key(application_partition(application), format!("{SUBMISSIONS}{number:04}"))
}
pub(crate) const TRAIL: &str = "TRAIL#";
pub(crate) fn trail(application: &ApplicationId, number: u32) -> TableKey {
    key(application_partition(application), format!("{TRAIL}{number:08}"))
}
pub(crate) fn applications_partition(client: &ClientId, state: &str) -> String {
    format!("APPLICATIONS#{client}#{state}")
}
pub(crate) fn application_row(
    client: &ClientId,
    state: &str,
    since: Timestamp,
    application: &ApplicationId,
) -> TableKey {
    key(applications_partition(client, state), format!("{}#{application}", sortable(since)))
}
pub(crate) fn applicant_partition(client: &ClientId, hmac: &str) -> String {
    format!("APPLICANT#{client}#{hmac}")
}
pub(crate) fn applicant(client: &ClientId, hmac: &str, application: &ApplicationId) -> TableKey {
    key(applicant_partition(client, hmac), application.as_str())
}
pub(crate) fn award_partition(shard: char) -> String {
    format!("AWARD#{shard}")
}
pub(crate) fn award(application: &ApplicationId, since: Timestamp) -> TableKey {
    // An application's id is random: the sum of its characters spreads evenly.
    key(award_partition(shard_of(application.as_str())), format!("{}#{application}", sortable(since)))
}
pub(crate) fn reminder_partition(day: jiff::civil::Date) -> String {
    format!("REMIND#{day}")
}
pub(crate) fn reminder(day: jiff::civil::Date, application: &ApplicationId) -> TableKey {
    key(reminder_partition(day), application.as_str())
}
pub(crate) const LETTERS: &str = "LETTER#";
pub(crate) fn letter(application: &ApplicationId, letter: &str) -> TableKey {
    key(format!("{LETTERS}{application}"), letter)
}
pub(crate) fn letter_bounced(application: &ApplicationId) -> TableKey {
    letter(application, "BOUNCED")
}
pub(crate) fn rate(rate: &str) -> TableKey {
    key(format!("RATE#{rate}"), "RATE")
}
/// `period`: when the month or the minute began, for what renews.
pub(crate) fn usage(client: &ClientId, quota: Quota, period: Option<Timestamp>) -> TableKey {
    let period = period.map_or_else(String::new, |start| format!("#{}", sortable(start)));
    key(format!("USAGE#{client}"), format!("{}{period}", quota.name()))
}
pub(crate) fn exports_partition(client: &ClientId) -> String {
    format!("EXPORT#{client}")
}
pub(crate) const EXPORTS: &str = "EXPORT#";
pub(crate) fn export(client: &ClientId, export: &ExportId) -> TableKey {
    key(exports_partition(client), format!("{EXPORTS}{export}"))
}
pub(crate) fn export_running(client: &ClientId) -> TableKey {
    key(exports_partition(client), "RUNNING")
}
/// Apart from the other keys, so that the validator can be let read these and nothing else.
pub(crate) const SEALS_PARTITION: &str = "SEALS";
/// `fingerprint`: of the certificate, in lower-case hexadecimal.
pub(crate) fn seal(fingerprint: &str) -> TableKey {
    key(SEALS_PARTITION.to_owned(), fingerprint)
}
pub(crate) fn people_secret() -> TableKey {
    key("PEOPLE".to_owned(), "SECRET")
}
pub(crate) fn sign_in(sign_in: &SignInId) -> TableKey {
    key(format!("SIGNIN#{sign_in}"), "SIGNIN")
}
pub(crate) fn provider_sign_in(sign_in: &SignInId) -> TableKey {
    key(format!("SIGNIN#{sign_in}"), "PROVIDER")
}
pub(crate) fn person_partition(person: &PersonId) -> String {
    format!("PERSON#{person}")
}
pub(crate) const SESSIONS: &str = "SESSION#";
/// `hash`: of the random part of its cookie, in lower-case hexadecimal.
pub(crate) fn session(person: &PersonId, hash: &str) -> TableKey {
    key(person_partition(person), format!("{SESSIONS}{hash}"))
}
pub(crate) const MEMBERSHIPS: &str = "MEMBER#";
pub(crate) fn membership(person: &PersonId, client: &ClientId) -> TableKey {
    key(person_partition(person), format!("{MEMBERSHIPS}{client}"))
}
pub(crate) fn members_partition(client: &ClientId) -> String {
    format!("MEMBERS#{client}")
}
pub(crate) fn member(client: &ClientId, person: &PersonId) -> TableKey {
    key(members_partition(client), person.as_str())
}
pub(crate) fn deeds_partition(client: &ClientId) -> String {
    format!("AUDIT#{client}")
}
pub(crate) fn deed(client: &ClientId, at: Timestamp, request: &str) -> TableKey {
    key(deeds_partition(client), format!("{}#{request}", sortable(at)))
}
pub(crate) const KEYS_PARTITION: &str = "KEYS";
pub(crate) fn keys_prefix(scope: &str) -> String {
    format!("KEY#{scope}#")
}
pub(crate) fn signing_key(scope: &str, kid: &str) -> TableKey {
    key(KEYS_PARTITION.to_owned(), format!("{}{kid}", keys_prefix(scope)))
}

/// What a record is, as far as its key tells and [`crate::check`] tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    Organisation,
    OrganisationRow,
    CurrentList,
    EventRow,
    BadgeRow,
    RevokedRow,
    MailRow,
    BadgeHead,
    BadgeVersion,
    Event,
    Plan,
    Credential,
    Life,
    Tally,
    Pending,
    Expiry,
    Feed,
    Hook,
    List,
    ListRevoked,
    ListSigned,
    Revoking,
    File,
    Due,
    FormHead,
    FormVersion,
    FormCount,
    FormPerson,
    FormCode,
    FormRow,
    Application,
    Submission,
    Trail,
    ApplicationRow,
    Applicant,
    Award,
    Membership,
    Member,
    Request,
    Usage,
    Export,
    Running,
    Reminder,
    Letter,
    /// Whatever stands for itself alone.
    Alone,
}

impl TableKey {
    /// The first part of each half, up to the first `#`.
    pub(crate) fn words(&self) -> (&str, &str) {
        let first = |text: &'_ str| text.find('#').unwrap_or(text.len());
        (&self.pk[..first(&self.pk)], &self.sk[..first(&self.sk)])
    }

    /// What lies here, in the words of its key.
    pub(crate) fn kind(&self) -> String {
        let (pk, sk) = self.words();
        match self.family() {
            Some(Family::MailRow) => "ORG MAIL".to_owned(),
            _ if sk.chars().all(|c| c.is_ascii_uppercase()) => format!("{pk} {sk}"),
            _ => pk.to_owned(),
        }
    }

    /// What lies here; none when nothing of the product's does.
    pub(crate) fn family(&self) -> Option<Family> {
        let (pk, of) = self.pk.split_once('#').unwrap_or((&self.pk, ""));
        let sk = self.sk.split('#').next().unwrap_or_default();
        Some(match (pk, sk) {
            ("ORG", _) if of.contains("#MAIL#") => Family::MailRow,
            ("ORG", "ORG") => Family::Organisation,
            (ORGANISATIONS_PARTITION, _) => Family::OrganisationRow,
            ("ORG", "STATUS") => Family::CurrentList,
            ("ORG", "EVENT") => Family::EventRow,
            ("ORG", "BADGE") => Family::BadgeRow,
            ("ORG", "REVOKED") => Family::RevokedRow,
            ("ORG", "REQUEST") => Family::Request,
            ("ORG", "BRAND" | "ALIAS" | "IMPORT") => Family::Alone,
            ("BADGE", "HEAD") => Family::BadgeHead,
            ("BADGE", "VERSION") => Family::BadgeVersion,
            ("EVENT", "EVENT") => Family::Event,
            ("EVENT", "PLAN") => Family::Plan,
            ("EVENT", "CRED") => Family::Credential,
            ("EVENT", "LIFE") => Family::Life,
            ("EVENT", "TALLY") => Family::Tally,
            ("PENDING", _) => Family::Pending,
            ("EXPIRY", _) if !of.is_empty() => Family::Expiry,
            ("FEED", _) => Family::Feed,
            (HOOKS_PARTITION, _) => Family::Hook,
            ("STATUS", "LIST") => Family::List,
            ("STATUS", "REVOKED") => Family::ListRevoked,
            ("STATUS", "SIGNED") => Family::ListSigned,
            (REVOKING_PARTITION, _) => Family::Revoking,
            ("EVIDENCE", "FILE") => Family::File,
            ("DUE", _) => Family::Due,
            ("FORM", "HEAD") => Family::FormHead,
            ("FORM", "VERSION") => Family::FormVersion,
            ("FORM", "COUNT") => Family::FormCount,
            ("FORM", "PERSON") => Family::FormPerson,
            ("FORM", "CODE") => Family::FormCode,
            ("FORMS", "FORM") => Family::FormRow,
            ("APPLICATION", "HEAD") => Family::Application,
            ("APPLICATION", "SUBMISSION") => Family::Submission,
            ("APPLICATION", "TRAIL") => Family::Trail,
            ("APPLICATIONS", _) => Family::ApplicationRow,
            ("APPLICANT", _) => Family::Applicant,
            ("AWARD", _) => Family::Award,
            ("PERSON", "MEMBER") => Family::Membership,
            ("MEMBERS", _) => Family::Member,
            ("USAGE", _) => Family::Usage,
            ("EXPORT", "EXPORT") => Family::Export,
            ("EXPORT", "RUNNING") => Family::Running,
            ("REMIND", _) => Family::Reminder,
            ("LETTER", _) => Family::Letter,
            ("SECRET" | "SHOWN" | "RESULT" | "RATE" | "SIGNIN" | "AUDIT", _)
            | ("EXPIRY", "SWEPT")
            | ("EVIDENCE", "FILES")
            | ("FORM", "SPENT")
            | ("FORMS", "TEMPLATE")
            | ("PEOPLE", "SECRET")
            | ("PERSON", "SESSION")
            | (SEALS_PARTITION | KEYS_PARTITION, _) => Family::Alone,
            _ => return None,
        })
    }
}

/// The object key of artwork by the hash of its bytes.
#[must_use]
pub fn artwork_object(sha256: &str, extension: &str) -> String {
    format!("artwork/{sha256}.{extension}")
}

/// The object key of a baked image. `suffix` is `.png`, `.svg`, `.ob2.png`, `.ob2.svg`, or `.card.png` for the picture that other
/// sites show.
#[must_use]
pub fn baked_object(credential: &CredentialId, suffix: &str) -> String {
    format!("baked/{credential}{suffix}")
}

/// The object key of a PDF badge. `edition` tells apart what was sealed or drawn differently.
#[must_use]
pub fn pdf_object(credential: &CredentialId, edition: &str) -> String {
    format!("pdf/{credential}/{edition}.pdf")
}

/// The object key of an organisation's whole data.
#[must_use]
pub fn export_object(client: &ClientId, export: &ExportId) -> String {
    format!("exports/{client}/{export}.zip")
}

/// The object key of an uploaded list of recipients.
#[must_use]
pub fn import_object(client: &ClientId, import: &ImportId) -> String {
    format!("imports/{client}/{import}.csv")
}

/// The object key of a file handed in to the validator.
#[must_use]
pub fn upload_object(upload: &UploadId) -> String {
    format!("uploads/{upload}")
}

/// What the object keys of evidence begin with.
pub const EVIDENCE_OBJECTS: &str = "evidence/";

/// The object key of a file of an application.
#[must_use]
pub fn evidence_object(client: &ClientId, application: &ApplicationId, evidence: &EvidenceId) -> String {
    format!("{EVIDENCE_OBJECTS}{client}/{application}/{evidence}")
}

/// Whose file lies under an object key, if that is one of evidence.
#[must_use]
pub fn read_evidence_object(object: &str) -> Option<(ClientId, ApplicationId, EvidenceId)> {
    let mut parts = object.strip_prefix(EVIDENCE_OBJECTS)?.split('/');
    let ids = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row of the table at the top of this file, with some texts in place of its names.
    #[test]
    fn whatever_is_listed_above_is_known_and_nothing_else() {
        let source = include_str!("key.rs");
        let filled = |text: &str| {
            let mut parts = text.split(['{', '}']).enumerate();
            parts.by_ref().map(|(place, part)| if place % 2 == 0 { part } else { "7" }).collect::<String>()
        };
        let rows: Vec<TableKey> = source
            .lines()
            .filter_map(|line| line.strip_prefix("//! | `"))
            .filter_map(|line| line.split_once("` | `"))
            .filter_map(|(pk, rest)| Some((pk, rest.split_once('`')?.0)))
            .map(|(pk, sk)| key(filled(pk), filled(sk)))
            .collect();
        assert!(rows.len() > 50, "{}", rows.len());
        for row in rows {
            assert!(row.family().is_some(), "{row:?}");
        }
        for (pk, sk) in [("ORG#c", "SEALS"), ("EVENTS#e", "EVENT"), ("EVENT#e", "X"), ("", ""), ("FORM#f", "FORM#f")] {
            assert_eq!(key(pk.to_owned(), sk).family(), None, "{pk} {sk}");
        }
    }

    #[test]
    fn a_row_is_called_by_the_words_of_its_key() {
        let kind = |pk: &str, sk: &str| key(pk.to_owned(), sk).kind();
        assert_eq!(kind("BADGE#b", "VERSION#1"), "BADGE VERSION");
        assert_eq!(kind("ORG#c#MAIL#h", "1#c"), "ORG MAIL");
        assert_eq!(kind("FEED#c", "000#x"), "FEED");
    }
}
