//! One act of issuing one badge to its recipients.
//!
//! # Nothing is drawn twice
//!
//! A retry must yield the same bytes. So all that is random about the credentials of an event comes from one seed that the plan
//! records: credential `n` gets its id, salt and subject from `HMAC-SHA-512(seed, n)`, and its place in the status list from a keyed
//! permutation ([`status_index`]), which cannot give one place to two credentials.

use crate::definition::{EmailMessage, EmailTranslation};
use crate::id::{ApplicationId, BadgeId, ClientId, CredentialId, EventId, StatusListId};
use crate::input::{Complaints, FieldError, Reader, Reason};
use crate::limits::{
    MAX_CRITERIA_CHARS, MAX_EVIDENCE, MAX_LOG_ENTRY_BYTES, MAX_NAME_CHARS, MAX_RECIPIENT_BYTES, MAX_RECIPIENTS,
    MAX_SHORT_CHARS, MAX_UNIX_SECONDS,
};
use crate::organisation::{Alias, Issuer, Signing};
use crate::text::{EmailAddress, Language, WebUrl};
use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// One act of issuing, as it was planned. Never changes afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Who issues.
    pub client: ClientId,
    /// Which badge.
    pub badge: BadgeId,
    /// Which version of it.
    pub badge_version: u32,
    /// Shown in lists; the badge's name unless the caller gave another.
    pub name: String,
    /// `validFrom` of its credentials.
    pub issued_on: Timestamp,
    /// `validUntil` of its credentials, unless a recipient has one of its own.
    pub expires_on: Option<Timestamp>,
    /// Markdown added to the badge's criteria for this event.
    pub criteria_add: Option<String>,
    /// The alias under whose name it issues, as it was when the event was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Alias>,
    /// What the organisation said of itself when the event was planned; none in events from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Issuer>,
    /// When its credentials are signed.
    #[serde(default, skip_serializing_if = "Signing::is_at_issue")]
    pub sign: Signing,
    /// Which system asked, for example `Moodle`.
    pub api_consumer_id: Option<String>,
    /// What that system wants to find again: the text of a JSON object.
    pub log_entry: Option<String>,
    /// The application that was approved, where the badge was applied for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationId>,
    /// The mail's texts where they differ from the badge's.
    pub email_message: Option<EmailMessage>,
    /// The same in other languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_translations: Vec<EmailTranslation>,
    /// Whether recipients are to be told by mail.
    pub send_email: bool,
    /// How many recipients it has.
    pub recipient_count: u32,
    /// When it was planned; also `created` of its credentials' proofs, unless they are signed on claim.
    pub created_at: Timestamp,
    /// From which everything random about its credentials comes.
    pub seed: Seed,
    /// The status list of its credentials.
    pub status_list: StatusListId,
    /// The first of the `recipient_count` consecutive places it was given in that list's order of handing out.
    pub status_position: u32,
}

/// 256 random bits from which the credentials of an event take their ids, salts and subjects.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed from 256 random bits.
    #[must_use]
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(random)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
impl TryFrom<String> for Seed {
    type Error = hex::FromHexError;
    fn try_from(text: String) -> Result<Self, hex::FromHexError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}
impl From<Seed> for String {
    fn from(seed: Seed) -> String {
        hex::encode(seed.0)
    }
}
/// A seed predicts ids: debug output hides it.
impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// Somebody to whom an event issues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Their address, exactly as given.
    pub email: EmailAddress,
    /// Their name; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The language they read, if it is known: that of the mail to them.
    #[serde(default, skip_serializing_if = "Language::is_unknown")]
    pub language: Language,
    /// Their own expiry, where it differs from the event's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<Timestamp>,
    /// What shows that they earned it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// What shows that a badge was earned. OB 3.0 section B.1.11.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<WebUrl>,
    /// What it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrative: Option<String>,
    /// A short title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What is random about one credential; see the module's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// The credential's id.
    pub credential: CredentialId,
    /// Salt of the hashed recipient: 128 bits, lower-case hexadecimal.
    pub salt: String,
    /// The subject's `urn:uuid:…` (version 4).
    pub subject: String,
}

impl Event {
    /// What is random about the credential of recipient `n` (from 0).
    #[must_use]
    pub fn draw(&self, n: u32) -> Draw {
        let key = hmac::Key::new(hmac::HMAC_SHA512, &self.seed.0);
        let tag = hmac::sign(&key, &n.to_be_bytes());
        let part = |range: std::ops::Range<usize>| &tag.as_ref()[range];
        let mut member = [0; 10];
        member.copy_from_slice(part(0..10));
        if self.sign == Signing::OnClaim {
            let (tag, masked) = member.split_at_mut(TAG_BYTES);
            masked.copy_from_slice(&(n ^ self.mask(tag)).to_be_bytes());
        }
        let mut subject = [0; 16];
        subject.copy_from_slice(part(32..48));
        Draw {
            credential: CredentialId::new(&self.id, member),
            salt: hex::encode(part(16..32)),
            subject: uuid::Builder::from_random_bytes(subject).into_uuid().urn().to_string(),
        }
    }

    /// The number of the recipient who holds this credential, where the event signs on claim: there an id carries its number, hidden
    /// from everybody without the seed, so that nobody has to look through thousands to tell whose it is, or that it is nobody's.
    #[must_use]
    pub fn number_of(&self, id: &CredentialId) -> Option<u32> {
        let member = id.member_bytes();
        let (tag, masked) = member.split_at(TAG_BYTES);
        let number = u32::from_be_bytes(masked.try_into().ok()?) ^ self.mask(tag);
        let planned = self.sign == Signing::OnClaim && number < self.recipient_count;
        (planned && self.draw(number).credential == *id).then_some(number)
    }

    /// What hides the number in the id of a credential that is signed on claim.
    fn mask(&self, tag: &[u8]) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA512, &self.seed.0);
        let mask = hmac::sign(&key, &[b"number", tag].concat());
        mask.as_ref().iter().take(4).fold(0, |sum, byte| sum << 8 | u32::from(*byte))
    }

    /// The id of the alias under whose name it issues.
    #[must_use]
    pub fn client_alias_id(&self) -> Option<&str> {
        self.alias.as_ref().map(|alias| alias.id.as_str())
    }

    /// Into how many pieces of [`CHUNK_RECIPIENTS`] its signing is divided.
    #[must_use]
    pub fn chunks(&self) -> u32 {
        self.recipient_count.div_ceil(CHUNK_RECIPIENTS)
    }

    /// The numbers of the recipients of one such piece.
    #[must_use]
    pub fn chunk(&self, number: u32) -> std::ops::Range<u32> {
        let from = number.saturating_mul(CHUNK_RECIPIENTS).min(self.recipient_count);
        from..from.saturating_add(CHUNK_RECIPIENTS).min(self.recipient_count)
    }

    /// `validUntil` of a recipient's credential.
    #[must_use]
    pub fn expiry_of(&self, recipient: &Recipient) -> Option<Timestamp> {
        recipient.expires_on.or(self.expires_on)
    }
}

/// Of the ten bytes that tell a credential from the others of its event, those that are random when it is signed on claim; four more hide
/// its number.
const TAG_BYTES: usize = 6;

/// Recipients that are signed, mailed and told of together: one queue message and one invocation for as many. The largest event makes
/// eight of them, so that eight workers share it and not a thousandth of an invocation falls on a recipient.
pub const CHUNK_RECIPIENTS: u32 = 1_250;

/// Bits of a status list, and so places in it: the smallest the standard allows (Bitstring Status List section 3.1: 16 KiB).
pub const STATUS_LIST_BITS: u32 = 131_072;

/// The index in a status list that its `position`-th credential gets: a permutation of `0..131072` keyed by the list's secret, so
/// that indexes are unique by construction and tell nothing about the order of issuing (Bitstring Status List section 5.3).
///
/// A four-round Feistel network over 18 bits, walked until it lands inside 17 bits.
///
/// # Panics
/// Never; a `position` of 131,072 or more is reduced to the list's size.
#[must_use]
pub fn status_index(secret: &[u8; 32], position: u32) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let round = |number: u8, half: u32| {
        let tag = hmac::sign(&key, &[&[number][..], &half.to_be_bytes()].concat());
        (u32::from(tag.as_ref()[0]) << 1 | u32::from(tag.as_ref()[1] & 1)) & 0x1ff
    };
    let mut value = position % STATUS_LIST_BITS;
    loop {
        let (mut left, mut right) = (value >> 9, value & 0x1ff);
        for number in 0..4 {
            (left, right) = (right, left ^ round(number, right));
        }
        value = left << 9 | right;
        if value < STATUS_LIST_BITS {
            return value;
        }
    }
}

/// A request to issue, read and complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRequest {
    /// To whom.
    pub recipients: Vec<Recipient>,
    /// `validFrom`; the time of the request when absent.
    pub issued_on: Option<Timestamp>,
    /// `validUntil`; the badge's own months when absent.
    pub expires_on: Option<Timestamp>,
    /// See [`Event::criteria_add`].
    pub criteria_add: Option<String>,
    /// The alias under whose name to issue.
    pub client_alias_id: Option<String>,
    /// See [`Event::api_consumer_id`].
    pub api_consumer_id: Option<String>,
    /// See [`Event::log_entry`].
    pub log_entry: Option<String>,
    /// See [`Event::application`]. No caller can name one.
    pub application: Option<ApplicationId>,
    /// See [`Event::email_message`].
    pub email_message: Option<EmailMessage>,
    /// See [`Event::email_translations`].
    pub email_translations: Vec<EmailTranslation>,
    /// See [`Event::send_email`].
    pub send_email: bool,
    /// See [`Event::name`].
    pub event_name: Option<String>,
    /// See [`Event::sign`]; as the organisation has it when absent.
    pub sign: Option<Signing>,
}

impl IssueRequest {
    /// Reads the body of `POST /v2/event/{client}/{badge}/issue`, plus our own `recipient[].evidence`,
    /// `recipient[].expires_on`, `recipient[].language` and `sign`.
    ///
    /// An address given twice, in whatever case, is one recipient: the first entry counts.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn read(body: &serde_json::Value) -> Result<Self, Vec<FieldError>> {
        let complaints = Complaints::default();
        let request = Self::read_with(&Reader::root(body, &complaints), None);
        complaints.into_result(request)
    }

    /// The same from a body without `recipient`, for recipients that were given elsewhere.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn read_for(body: &serde_json::Value, recipients: Vec<Recipient>) -> Result<Self, Vec<FieldError>> {
        let complaints = Complaints::default();
        let request = Self::read_with(&Reader::root(body, &complaints), Some(recipients));
        complaints.into_result(request)
    }

    fn read_with(reader: &Reader<'_>, recipients: Option<Vec<Recipient>>) -> Self {
        let recipients = recipients.unwrap_or_else(|| Self::read_recipients(reader));
        let issued_on = time(reader, "issued_on");
        let expires_on = time(reader, "expires_on");
        if let (Some(from), Some(until)) = (issued_on, expires_on)
            && until <= from
        {
            reader.refuse_field("expires_on", Reason::OutOfRange { min: from.as_second() + 1, max: MAX_UNIX_SECONDS });
        }
        let log_entry = reader.field("log_entry").and_then(|field| {
            let text = field.value().to_string();
            if !field.value().is_object() {
                field.refuse(Reason::NotObject);
                return None;
            }
            if text.len() > MAX_LOG_ENTRY_BYTES {
                field.refuse(Reason::TooLong { max: MAX_LOG_ENTRY_BYTES });
            }
            Some(text)
        });
        Self {
            recipients,
            issued_on,
            expires_on,
            criteria_add: reader.optional_text("criteria_add", MAX_CRITERIA_CHARS),
            client_alias_id: reader.optional_text("client_alias_id", MAX_SHORT_CHARS),
            api_consumer_id: reader.optional_text("api_consumer_id", MAX_SHORT_CHARS),
            log_entry,
            application: None,
            email_message: EmailMessage::read(reader),
            email_translations: EmailTranslation::read_all(reader),
            send_email: reader.boolean("send_email", true),
            event_name: reader.optional_text("event_name", MAX_NAME_CHARS),
            sign: Signing::read(reader),
        }
    }

    fn read_recipients(reader: &Reader<'_>) -> Vec<Recipient> {
        let list = reader.list("recipient", MAX_RECIPIENTS);
        if list.is_empty() {
            let reason = if reader.field("recipient").is_some() { Reason::TooFew { min: 1 } } else { Reason::Missing };
            reader.refuse_field("recipient", reason);
        }
        let mut seen = HashSet::new();
        let mut recipients = Vec::with_capacity(list.len());
        for entry in &list {
            let Some(recipient) = Recipient::read(entry) else { continue };
            if seen.insert(recipient.email.folded()) {
                recipients.push(recipient);
            }
        }
        recipients
    }
}

/// A Unix time in seconds that may be absent; 0 counts as absent, as existing clients send it for "none".
fn time(reader: &Reader<'_>, key: &str) -> Option<Timestamp> {
    let seconds = reader.optional_integer(key, 0, MAX_UNIX_SECONDS).filter(|s| *s > 0)?;
    Timestamp::from_second(seconds).ok()
}

impl Recipient {
    /// Whether it takes at most [`MAX_RECIPIENT_BYTES`] as it is stored.
    #[must_use]
    pub fn fits(&self) -> bool {
        serde_json::to_string(self).is_ok_and(|json| json.len() <= MAX_RECIPIENT_BYTES)
    }

    fn read(reader: &Reader<'_>) -> Option<Self> {
        if !reader.is_object() {
            return None;
        }
        let email = reader.somebodys_email("email");
        let name = reader.optional_text("name", MAX_NAME_CHARS).unwrap_or_default();
        let language = reader.language("language");
        let expires_on = time(reader, "expires_on");
        let evidence = reader.list("evidence", MAX_EVIDENCE).iter().filter_map(Evidence::read).collect();
        let recipient = Self { email: email?, name, language, expires_on, evidence };
        if !recipient.fits() {
            reader.refuse_field("evidence", Reason::TooLong { max: MAX_RECIPIENT_BYTES });
        }
        Some(recipient)
    }
}

impl Evidence {
    fn read(reader: &Reader<'_>) -> Option<Self> {
        if !reader.is_object() {
            return None;
        }
        let evidence = Self {
            url: reader.optional_url("url"),
            narrative: reader.optional_text("narrative", MAX_CRITERIA_CHARS),
            name: reader.optional_text("name", MAX_NAME_CHARS),
        };
        if evidence.url.is_none() && evidence.narrative.is_none() {
            reader.refuse_field("narrative", Reason::Missing);
        }
        Some(evidence)
    }
}

/// `from` plus whole months in UTC, the day shortened to the month's last where needed; none past the year 9999.
#[must_use]
pub fn months_after(from: Timestamp, months: u32) -> Option<Timestamp> {
    let span = jiff::Span::new().try_months(i64::from(months)).ok()?;
    let later = from.to_zoned_datetime(jiff::tz::TimeZone::UTC).checked_add(span).ok()?.timestamp();
    Some(later).filter(|t| t.as_second() <= MAX_UNIX_SECONDS)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    pub(crate) fn event() -> Event {
        let at = Timestamp::from_second(1_768_469_400).unwrap();
        Event {
            id: EventId::from_random([7; 10]),
            client: ClientId::from_random([1; 10]),
            badge: BadgeId::from_random([2; 10]),
            badge_version: 1,
            name: "Spring".into(),
            issued_on: at,
            expires_on: None,
            criteria_add: None,
            alias: None,
            issuer: None,
            sign: Signing::AtIssue,
            api_consumer_id: None,
            log_entry: None,
            application: None,
            email_message: None,
            email_translations: vec![],
            send_email: true,
            recipient_count: 2,
            created_at: at,
            seed: Seed::from_random([3; 32]),
            status_list: StatusListId::from_random([4; 10]),
            status_position: 0,
        }
    }

    #[test]
    fn draws_are_repeatable_and_differ() {
        let event = event();
        assert_eq!(event.draw(0), event.draw(0));
        let mut seen = HashSet::new();
        for n in 0..1000 {
            let draw = event.draw(n);
            assert_eq!(draw.credential.event(), event.id);
            assert!(seen.insert(draw.credential.to_string()) && seen.insert(draw.salt) && seen.insert(draw.subject));
        }
    }

    proptest! {
        #[test]
        fn an_id_that_is_signed_on_claim_carries_its_number(seed in any::<[u8; 32]>(), n in 0u32..10_000, other in any::<[u8; 10]>()) {
            let event = Event { sign: Signing::OnClaim, seed: Seed::from_random(seed), recipient_count: 10_000, ..event() };
            let id = event.draw(n).credential;
            prop_assert_eq!(event.number_of(&id), Some(n));
            prop_assert_ne!(&event.draw(n + 1).credential, &id);
            // Nobody else's, nobody's of another event, and none of an event that is signed at once.
            prop_assert_eq!(event.number_of(&CredentialId::new(&event.id, other)), None);
            prop_assert_eq!(event.number_of(&CredentialId::new(&EventId::from_random([8; 10]), [0; 10])), None);
            prop_assert_eq!(Event { recipient_count: n, ..event.clone() }.number_of(&id), None);
            prop_assert_eq!(Event { sign: Signing::AtIssue, ..event.clone() }.number_of(&id), None);
            let stranger = Event { seed: Seed::from_random(seed.map(|byte| !byte)), ..event };
            prop_assert_eq!(stranger.number_of(&id), None);
        }
    }

    #[test]
    fn every_place_of_a_status_list_is_given_exactly_once() {
        let mut given = vec![false; STATUS_LIST_BITS as usize];
        for position in 0..STATUS_LIST_BITS {
            let index = status_index(&[9; 32], position) as usize;
            assert!(!std::mem::replace(&mut given[index], true), "index {index} given twice");
        }
        let ascending = (0..100).filter(|p| status_index(&[9; 32], *p) < status_index(&[9; 32], p + 1)).count();
        assert!((20..80).contains(&ascending), "the order of issuing shows: {ascending}");
    }

    proptest! {
        #[test]
        fn another_secret_orders_otherwise(a in any::<[u8; 32]>(), b in any::<[u8; 32]>()) {
            prop_assume!(a != b);
            prop_assert!((0..64).any(|p| status_index(&a, p) != status_index(&b, p)));
        }
    }

    #[test]
    fn months_end_where_the_month_ends() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(months_after(at("2026-01-31T10:00:00Z"), 1), Some(at("2026-02-28T10:00:00Z")));
        assert_eq!(months_after(at("2026-01-15T10:00:00Z"), 36), Some(at("2029-01-15T10:00:00Z")));
        assert_eq!(months_after(at("9999-01-15T10:00:00Z"), 12), None);
    }

    #[test]
    fn a_request_of_an_existing_client_is_read_whole() {
        let body = json!({
            "recipient": [{"email": "A@example.org", "name": "Anna A"}, {"email": "b@example.org", "name": ""}],
            "issued_on": 1_768_469_400, "api_consumer_id": "Moodle", "send_email": true, "show_report": true,
            "log_entry": {"wwwroot": "https://moodle.example", "course_id": "2"}, "expires_on": 0
        });
        let request = IssueRequest::read(&body).unwrap();
        assert_eq!(request.recipients[0].email.as_str(), "A@example.org");
        assert_eq!(request.log_entry.as_deref(), Some(r#"{"wwwroot":"https://moodle.example","course_id":"2"}"#));
        assert_eq!(request.expires_on, None);
    }

    #[test]
    fn complaints_name_each_recipient() {
        let body = json!({
            "recipient": [{"email": "a@b"}, {"email": "nope"}, 5, {"email": "c@d", "evidence": [{}]}, {"email": "erased-1@erased.invalid"}],
            "issued_on": 1_768_469_400, "expires_on": 1_768_469_400, "log_entry": "text"
        });
        let errors = IssueRequest::read(&body).unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.pointer.as_str(), e.reason.code())).collect();
        let expected = [
            ("/recipient/1/email", "not_email"),
            ("/recipient/2", "not_object"),
            ("/recipient/3/evidence/0/narrative", "missing"),
            ("/recipient/4/email", "not_email"),
            ("/expires_on", "out_of_range"),
            ("/log_entry", "not_object"),
        ];
        assert_eq!(found, expected);
        assert_eq!(IssueRequest::read(&json!({"recipient": []})).unwrap_err()[0].reason.code(), "too_few");
    }

    #[test]
    fn evidence_has_an_end() {
        let evidence = vec![json!({"narrative": "証".repeat(10_000)}); 3];
        let errors = IssueRequest::read(&json!({"recipient": [{"email": "a@b", "evidence": evidence}]})).unwrap_err();
        assert_eq!((errors[0].pointer.as_str(), errors[0].reason.code()), ("/recipient/0/evidence", "too_long"));
    }

    #[test]
    fn a_recipients_language_is_kept_and_an_unknown_one_takes_no_room() {
        let body = json!({"recipient": [{"email": "a@b", "language": "ja"}, {"email": "c@d"}]});
        let recipients = IssueRequest::read(&body).unwrap().recipients;
        assert_eq!(recipients[0].language.known(), Some("ja"));
        let stored = json!([{"email": "a@b", "language": "ja"}, {"email": "c@d"}]);
        assert_eq!(serde_json::to_value(&recipients).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Vec<Recipient>>(stored).unwrap(), recipients);
        let errors = IssueRequest::read(&json!({"recipient": [{"email": "a@b", "language": "日本語"}]})).unwrap_err();
        assert_eq!((errors[0].pointer.as_str(), errors[0].reason.code()), ("/recipient/0/language", "not_language"));
    }

    #[test]
    fn an_address_given_twice_is_one_recipient() {
        let body = json!({"recipient": [{"email": "a@b", "name": "first"}, {"email": "A@B", "name": "second"}]});
        let recipients = IssueRequest::read(&body).unwrap().recipients;
        assert_eq!(recipients.len(), 1);
        assert_eq!(recipients[0].name, "first");
    }
}
