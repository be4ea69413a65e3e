//! How a form is decided upon: six methods, each with the settings it needs.
//!
//! | method | an application is approved |
//! | --- | --- |
//! | `review` | by one reviewer |
//! | `jury` | by so many votes of named jurors, or by a final reviewer who sees them |
//! | `peer` | by so many holders of given badges |
//! | `automatic` | as it is submitted |
//! | `claim_code` | as it is submitted with a right code that has uses left |
//! | `quiz` | as it is submitted, when its answers reach the pass mark; else staff see the score |
//!
//! The method is chosen for good when the form is made; its settings are part of the form's versions.
//!
//! Claim codes are kept as they were given, because whoever printed the poster has to find them again; they are in nothing public, and
//! are compared as MACs, so that the time it takes tells nothing.

use crate::form::{Field, FieldKind, one_of};
use crate::limits::{
    CODE_CHARS, MAX_CODES, MAX_COUNT, MAX_FIELDS, MAX_LABEL_CHARS, MAX_OPTIONS, MAX_PEERS, MAX_POINTS, MAX_REVIEWERS,
};
use crate::names::{CodeId, FieldId, ReviewerId};
use crate::secret::{Secret, same};
use crate::time::{Opening, Window};
use badge::input::{Reader, Reason};
use badge::limits::{MAX_LIST_ITEMS, MAX_NAME_CHARS, MAX_SHORT_CHARS};
use badge::{BadgeId, EmailAddress, Lang};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashSet;

/// A method and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Approval {
    /// One reviewer decides.
    Review {
        /// Who may; none means any of the organisation's reviewers.
        reviewers: Vec<Reviewer>,
    },
    /// Jurors vote.
    Jury {
        /// Who votes.
        jurors: Vec<Reviewer>,
        /// What becomes of the votes.
        verdict: Verdict,
    },
    /// Holders of badges approve.
    Peer {
        /// Of which badges.
        badges: Vec<BadgeId>,
        /// How many of them.
        threshold: u32,
    },
    /// Nobody has to decide.
    Automatic,
    /// A code has to be known.
    ClaimCode {
        /// The codes.
        codes: Vec<Code>,
        /// Whether one person may use codes of this form only once.
        once_per_person: bool,
    },
    /// Questions have to be answered rightly.
    Quiz {
        /// Which fields are questions.
        questions: Vec<Question>,
        /// Points that are needed.
        pass_mark: u32,
        /// How often one application may be tried; any number when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempts: Option<u32>,
        /// Who may decide about those that missed the mark; none means any of the organisation's reviewers.
        #[serde(default)]
        reviewers: Vec<Reviewer>,
    },
}

/// What becomes of a jury's votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Verdict {
    /// So many votes decide.
    Votes {
        /// For issuing.
        issue: u32,
        /// For rejecting.
        reject: u32,
    },
    /// One person decides, seeing all votes.
    FinalReviewer {
        /// That person.
        reviewer: Reviewer,
    },
}

/// Somebody who reviews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewer {
    /// Their name within the form.
    pub id: ReviewerId,
    /// Who they are.
    pub name: String,
    /// Where they are told; needed for who is outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// In which language.
    pub language: Lang,
    /// How they come in.
    #[serde(flatten)]
    pub access: Access,
}

/// How a reviewer comes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "access", rename_all = "snake_case")]
pub enum Access {
    /// With an access token of the organisation.
    Inside {
        /// The API credential that speaks for them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential: Option<String>,
    },
    /// With a link that was mailed to them, without an account.
    Outside,
}

impl Reviewer {
    /// Whether this is the address of somebody, whatever its case.
    #[must_use]
    pub fn is(&self, address: &EmailAddress) -> bool {
        self.email.as_ref().is_some_and(|own| own.folded() == address.folded())
    }

    fn read_all(parent: &Reader<'_>, key: &str) -> Vec<Self> {
        let list = parent.list(key, MAX_REVIEWERS);
        let mut seen = HashSet::new();
        let mut people: Vec<Self> = Vec::with_capacity(list.len());
        for (index, entry) in list.iter().enumerate() {
            let Some(reviewer) = Self::read(entry, index) else { continue };
            if !seen.insert(reviewer.id.clone()) {
                entry.refuse_field("id", Reason::Duplicate);
            }
            if reviewer.email.as_ref().is_some_and(|address| people.iter().any(|other| other.is(address))) {
                entry.refuse_field("email", Reason::Duplicate);
            }
            let same = |other: &Self| other.credential().is_some() && other.credential() == reviewer.credential();
            if people.iter().any(same) {
                entry.refuse_field("credential", Reason::Duplicate);
            }
            people.push(reviewer);
        }
        people
    }

    fn read(reader: &Reader<'_>, index: usize) -> Option<Self> {
        if !reader.is_object() {
            return None;
        }
        let id = reader.optional_text("id", MAX_SHORT_CHARS).unwrap_or_else(|| format!("r{}", index + 1));
        let id = id.parse::<ReviewerId>().ok();
        if id.is_none() {
            reader.refuse_field("id", Reason::NotAllowed { allowed: crate::names::ALLOWED.into() });
        }
        let outside = one_of(reader, "access", &[("inside", false), ("outside", true)], Some(false)).unwrap_or(false);
        let email = reader.field("email").and_then(|field| field.as_email());
        if outside && reader.field("email").is_none() {
            reader.refuse_field("email", Reason::Missing);
        }
        let credential = reader.optional_text("credential", MAX_SHORT_CHARS);
        let access = if outside { Access::Outside } else { Access::Inside { credential } };
        Some(Self { id: id?, name: reader.text("name", 1, MAX_NAME_CHARS), email, language: language(reader), access })
    }

    /// The API credential that speaks for them.
    #[must_use]
    pub fn credential(&self) -> Option<&str> {
        match &self.access {
            Access::Inside { credential } => credential.as_deref(),
            Access::Outside => None,
        }
    }
}

fn language(reader: &Reader<'_>) -> Lang {
    one_of(reader, "language", &[("ja", Lang::Ja), ("en", Lang::En)], Some(Lang::Ja)).unwrap_or(Lang::Ja)
}

/// A code that is worth a badge.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Its name within the form: what counts its uses.
    pub id: CodeId,
    /// The code as it was given.
    pub code: String,
    /// How often it may be used; any number when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// When it may be used.
    #[serde(default)]
    pub window: Window,
}
/// Whoever knows a code may claim a badge: debug output hides it.
impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Code({}, …)", self.id.as_str())
    }
}

/// What came of a code that somebody entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim<'a> {
    /// It is this one. Whether uses are left is counted as it is used.
    Right(&'a Code),
    /// It is one that is not yet, or no longer, in use.
    Closed(Opening),
    /// It is none.
    Wrong,
}

/// What a code, or a short answer, is compared by: full-width letters and digits as the plain ones, in lower case.
pub(crate) fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    };
    text.chars().map(plain).collect::<String>().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn folded_code(text: &str) -> String {
    folded(text).chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '−' | 'ー')).collect()
}

/// The code that was entered. All of them are compared, whichever is right.
#[must_use]
pub fn claim<'a>(codes: &'a [Code], entered: &str, secret: &Secret, now: Timestamp) -> Claim<'a> {
    let tag = |text: &str| secret.tag("claim code", folded_code(text).as_bytes());
    let entered = tag(entered);
    let found =
        codes.iter().fold(None, |found, code| if same(&tag(&code.code), &entered) { Some(code) } else { found });
    match found {
        None => Claim::Wrong,
        Some(code) => match code.window.at(now) {
            Opening::Open => Claim::Right(code),
            other => Claim::Closed(other),
        },
    }
}

/// A field that is a question of a quiz.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Which field.
    pub field: FieldId,
    /// The right answers: one of them for a text, a date or one choice; exactly all of them for several choices.
    pub right: Vec<String>,
    /// What a right answer is worth.
    pub points: u32,
}

impl Approval {
    /// The method's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Review { .. } => "review",
            Self::Jury { .. } => "jury",
            Self::Peer { .. } => "peer",
            Self::Automatic => "automatic",
            Self::ClaimCode { .. } => "claim_code",
            Self::Quiz { .. } => "quiz",
        }
    }

    /// Everybody who reviews: of a jury the jurors, then who decides at the end.
    pub fn reviewers(&self) -> impl Iterator<Item = &Reviewer> {
        let (some, last) = match self {
            Self::Review { reviewers } | Self::Quiz { reviewers, .. } => (reviewers.as_slice(), None),
            Self::Jury { jurors, verdict: Verdict::FinalReviewer { reviewer } } => (jurors.as_slice(), Some(reviewer)),
            Self::Jury { jurors, .. } => (jurors.as_slice(), None),
            Self::Peer { .. } | Self::Automatic | Self::ClaimCode { .. } => (&[][..], None),
        };
        some.iter().chain(last)
    }

    /// The reviewer of this name.
    #[must_use]
    pub fn reviewer(&self, id: &ReviewerId) -> Option<&Reviewer> {
        self.reviewers().find(|reviewer| reviewer.id == *id)
    }

    /// The reviewer for whom an API credential speaks.
    #[must_use]
    pub fn reviewer_of(&self, credential: &str) -> Option<&Reviewer> {
        self.reviewers().find(|reviewer| reviewer.credential() == Some(credential))
    }

    pub(crate) fn read(parent: &Reader<'_>, fields: &[Field]) -> Option<Self> {
        let Some(reader) = parent.field("approval") else {
            parent.refuse_field("approval", Reason::Missing);
            return None;
        };
        if !reader.is_object() {
            return None;
        }
        let names = ["review", "jury", "peer", "automatic", "claim_code", "quiz"];
        let words: Vec<(&str, &str)> = names.iter().map(|name| (*name, *name)).collect();
        Some(match one_of(&reader, "method", &words, None)? {
            "review" => Self::Review { reviewers: Reviewer::read_all(&reader, "reviewers") },
            "jury" => read_jury(&reader)?,
            "peer" => read_peer(&reader),
            "automatic" => Self::Automatic,
            "claim_code" => read_codes(&reader),
            _ => read_quiz(&reader, fields),
        })
    }

    /// As [`Self::read`] takes it.
    pub(crate) fn write(&self) -> Value {
        let mut value = match self {
            Self::Review { reviewers } => json!({"reviewers": reviewers}),
            Self::Jury { jurors, verdict: Verdict::Votes { issue, reject } } => {
                json!({"jurors": jurors, "issue_votes": issue, "reject_votes": reject})
            }
            Self::Jury { jurors, verdict: Verdict::FinalReviewer { reviewer } } => {
                json!({"jurors": jurors, "final_reviewer": reviewer})
            }
            Self::Peer { badges, threshold } => json!({"badge_ids": badges, "threshold": threshold}),
            Self::Automatic => json!({}),
            Self::ClaimCode { codes, once_per_person } => {
                json!({"codes": codes.iter().map(Code::write).collect::<Vec<_>>(), "once_per_person": once_per_person})
            }
            Self::Quiz { questions, pass_mark, attempts, reviewers } => {
                json!({"questions": questions, "pass_mark": pass_mark, "attempts": attempts, "reviewers": reviewers})
            }
        };
        value["method"] = self.name().into();
        value
    }
}

/// A count that has to be there.
fn count(reader: &Reader<'_>, key: &str, min: i64, max: i64) -> u32 {
    u32::try_from(reader.integer(key, min, max)).unwrap_or(1)
}

fn optional_count(reader: &Reader<'_>, key: &str) -> Option<u32> {
    reader.optional_integer(key, 1, MAX_COUNT).and_then(|n| u32::try_from(n).ok())
}

fn refuse_empty(reader: &Reader<'_>, key: &str, empty: bool) {
    let given = reader.field(key);
    if empty && given.as_ref().is_none_or(|field| field.value().as_array().is_some_and(Vec::is_empty)) {
        reader.refuse_field(key, if given.is_some() { Reason::TooFew { min: 1 } } else { Reason::Missing });
    }
}

fn read_jury(reader: &Reader<'_>) -> Option<Approval> {
    let jurors = Reviewer::read_all(reader, "jurors");
    refuse_empty(reader, "jurors", jurors.is_empty());
    let verdict = if let Some(last) = reader.field("final_reviewer") {
        // Their name must not be a juror's: their number follows the jurors'.
        let reviewer = Reviewer::read(&last, jurors.len())?;
        if jurors.iter().any(|juror| juror.id == reviewer.id) {
            last.refuse_field("id", Reason::Duplicate);
        }
        Verdict::FinalReviewer { reviewer }
    } else {
        let all = i64::try_from(jurors.len()).unwrap_or(1).max(1);
        let issue = count(reader, "issue_votes", 1, all);
        let reject = count(reader, "reject_votes", 1, all);
        // Beyond this all could have voted and nothing were decided.
        let max = all + 1 - i64::from(issue);
        if i64::from(reject) > max {
            reader.refuse_field("reject_votes", Reason::OutOfRange { min: 1, max });
        }
        Verdict::Votes { issue, reject }
    };
    Some(Approval::Jury { jurors, verdict })
}

fn read_peer(reader: &Reader<'_>) -> Approval {
    let badge = |entry: &Reader<'_>| {
        let found = entry.value().as_str().and_then(|text| text.parse::<BadgeId>().ok());
        if found.is_none() {
            entry.refuse(Reason::NotFound);
        }
        found
    };
    let badges: Vec<BadgeId> = reader.list("badge_ids", MAX_LIST_ITEMS).iter().filter_map(badge).collect();
    refuse_empty(reader, "badge_ids", badges.is_empty());
    Approval::Peer { badges, threshold: count(reader, "threshold", 1, MAX_PEERS) }
}

fn read_codes(reader: &Reader<'_>) -> Approval {
    let mut seen = HashSet::new();
    let mut ids = HashSet::new();
    let mut codes = Vec::new();
    for (index, entry) in reader.list("codes", MAX_CODES).iter().enumerate() {
        let Some(code) = Code::read(entry, index) else { continue };
        if !seen.insert(folded_code(&code.code)) {
            entry.refuse_field("code", Reason::Duplicate);
        }
        if !ids.insert(code.id.clone()) {
            entry.refuse_field("id", Reason::Duplicate);
        }
        codes.push(code);
    }
    refuse_empty(reader, "codes", codes.is_empty());
    Approval::ClaimCode { codes, once_per_person: reader.boolean("once_per_person", true) }
}

impl Code {
    fn read(reader: &Reader<'_>, index: usize) -> Option<Self> {
        if !reader.is_object() {
            return None;
        }
        let id = reader.optional_text("id", MAX_SHORT_CHARS).unwrap_or_else(|| format!("c{}", index + 1));
        let id = id.parse::<CodeId>().ok();
        if id.is_none() {
            reader.refuse_field("id", Reason::NotAllowed { allowed: crate::names::ALLOWED.into() });
        }
        let code = reader.text("code", 1, *CODE_CHARS.end());
        let chars = folded_code(&code).chars().count();
        if !code.trim().is_empty() && chars < *CODE_CHARS.start() {
            reader.refuse_field("code", Reason::TooFew { min: *CODE_CHARS.start() });
        }
        Some(Self { id: id?, code, uses: optional_count(reader, "uses"), window: Window::read(reader) })
    }

    fn write(&self) -> Value {
        let mut value = json!({"id": self.id.as_str(), "code": self.code, "time_zone": self.window.zone.as_str()});
        if let Some(uses) = self.uses {
            value["uses"] = uses.into();
        }
        for (key, end) in [("not_before", self.window.not_before), ("not_after", self.window.not_after)] {
            if let Some(at) = end {
                value[key] = at.to_string().into();
            }
        }
        value
    }
}

fn read_quiz(reader: &Reader<'_>, fields: &[Field]) -> Approval {
    let mut seen = HashSet::new();
    let mut questions = Vec::new();
    for entry in reader.list("questions", MAX_FIELDS) {
        let Some(question) = Question::read(&entry, fields) else { continue };
        if !seen.insert(question.field.clone()) {
            entry.refuse_field("field", Reason::Duplicate);
        }
        questions.push(question);
    }
    refuse_empty(reader, "questions", questions.is_empty());
    let total: i64 = questions.iter().map(|question| i64::from(question.points)).sum();
    Approval::Quiz {
        questions,
        pass_mark: count(reader, "pass_mark", 1, total.max(1)),
        attempts: optional_count(reader, "attempts"),
        reviewers: Reviewer::read_all(reader, "reviewers"),
    }
}

impl Question {
    fn read(reader: &Reader<'_>, fields: &[Field]) -> Option<Self> {
        if !reader.is_object() {
            return None;
        }
        let name = reader.text("field", 1, MAX_SHORT_CHARS);
        let field = fields.iter().find(|field| field.id.as_str() == name);
        let answerable = |field: &&Field| !matches!(field.kind, FieldKind::File { .. } | FieldKind::Paragraph { .. });
        let right = reader.texts("right", MAX_OPTIONS, MAX_LABEL_CHARS);
        refuse_empty(reader, "right", right.is_empty());
        let points = reader.optional_integer("points", 1, MAX_POINTS).unwrap_or(1);
        let Some(field) = field.filter(answerable) else {
            if !name.is_empty() {
                reader.refuse_field("field", Reason::NotFound);
            }
            return None;
        };
        let options = field.kind.options();
        let known = |value: &String| options.is_empty() || options.iter().any(|choice| choice.value == *value);
        if !right.iter().all(known) {
            reader.refuse_field("right", Reason::NotFound);
        }
        Some(Self { field: field.id.clone(), right, points: u32::try_from(points).unwrap_or(1) })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::form::{Definition, tests::body};

    /// A form's `approval` for each method.
    pub(crate) const METHODS: [(&str, &str); 7] = [
        (
            "review",
            r#"{"method": "review", "reviewers": [
                {"id": "r1", "name": "SECRET 1", "email": "r1@secret.example", "access": "outside"},
                {"id": "r2", "name": "SECRET 2", "credential": "secret-key-2"}]}"#,
        ),
        (
            "jury",
            r#"{"method": "jury", "issue_votes": 2, "reject_votes": 2, "jurors": [
                {"name": "SECRET 1", "email": "j1@secret.example", "access": "outside"},
                {"name": "SECRET 2", "email": "j2@secret.example", "access": "outside"},
                {"name": "SECRET 3", "credential": "secret-key-3"}]}"#,
        ),
        (
            "final",
            r#"{"method": "jury", "final_reviewer": {"name": "SECRET 9", "email": "f@secret.example", "access": "outside"},
                "jurors": [{"name": "SECRET 1", "email": "j1@secret.example", "access": "outside"},
                           {"name": "SECRET 2", "email": "j2@secret.example", "access": "outside"}]}"#,
        ),
        ("peer", r#"{"method": "peer", "badge_ids": ["holder1"], "threshold": 2}"#),
        ("automatic", r#"{"method": "automatic"}"#),
        (
            "claim_code",
            r#"{"method": "claim_code", "once_per_person": true, "codes": [
                {"code": "SECRET-ONE", "uses": 10},
                {"code": "SECRET-TWO", "not_before": "2026-07-01", "not_after": "2026-07-02", "time_zone": "Asia/Tokyo"}]}"#,
        ),
        (
            "quiz",
            r#"{"method": "quiz", "pass_mark": 4, "attempts": 2, "questions": [
                {"field": "course", "right": ["b"], "points": 2}, {"field": "topics", "right": ["x", "z"], "points": 2},
                {"field": "word", "right": ["SECRET WORD", "SECRET"], "points": 1}]}"#,
        ),
    ];

    pub(crate) fn method(name: &str) -> Value {
        METHODS.iter().find(|(n, _)| *n == name).map(|(_, text)| serde_json::from_str(text).unwrap()).unwrap()
    }

    fn complaints(approval: Value) -> Vec<(String, &'static str)> {
        let errors = Definition::read(&body(approval)).err().unwrap_or_default();
        errors.into_iter().map(|e| (e.pointer, e.reason.code())).collect()
    }

    fn one(pointer: &str, code: &'static str) -> Vec<(String, &'static str)> {
        vec![(pointer.to_owned(), code)]
    }

    #[test]
    fn every_method_reads() {
        for (name, _) in METHODS {
            assert_eq!(complaints(method(name)), [], "{name}");
        }
        assert_eq!(complaints(Value::Null), one("/approval", "missing"));
        assert_eq!(complaints(json!({"method": "claim_code"})), one("/approval/codes", "missing"));
    }

    #[test]
    fn a_jury_that_could_end_undecided_is_refused() {
        let mut jury = method("jury");
        jury["issue_votes"] = 3.into();
        assert_eq!(complaints(jury.clone()), one("/approval/reject_votes", "out_of_range"));
        jury["reject_votes"] = 1.into();
        assert_eq!(complaints(jury), []);
    }

    #[test]
    fn who_is_outside_needs_an_address_and_nobody_reviews_twice() {
        let mut review = method("review");
        review["reviewers"][0]["email"] = Value::Null;
        assert_eq!(complaints(review), one("/approval/reviewers/0/email", "missing"));
        let mut review = method("review");
        review["reviewers"][1]["email"] = "R1@secret.example".into();
        assert_eq!(complaints(review), one("/approval/reviewers/1/email", "duplicate"));
        let mut last = method("final");
        last["final_reviewer"]["id"] = "r1".into();
        assert_eq!(complaints(last), one("/approval/final_reviewer/id", "duplicate"));
    }

    #[test]
    fn a_quiz_asks_only_what_can_be_marked() {
        let mut quiz = method("quiz");
        quiz["pass_mark"] = 6.into();
        assert_eq!(complaints(quiz), one("/approval/pass_mark", "out_of_range"));
        for (field, pointer) in [("why", "/approval/questions/0/field"), ("gone", "/approval/questions/0/field")] {
            let mut quiz = method("quiz");
            quiz["pass_mark"] = 1.into();
            quiz["questions"][0]["field"] = field.into();
            assert_eq!(complaints(quiz), one(pointer, "not_found"));
        }
        let mut quiz = method("quiz");
        quiz["questions"][0]["right"] = json!(["q"]);
        assert_eq!(complaints(quiz), one("/approval/questions/0/right", "not_found"));
    }

    #[test]
    fn codes_are_found_however_they_are_typed_and_only_in_their_window() {
        let Approval::ClaimCode { codes, .. } = Definition::read(&body(method("claim_code"))).unwrap().approval else {
            panic!("another method")
        };
        let secret = Secret::from_random([5; 32]);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-06-30T14:59:59Z");
        for typed in ["SECRET-ONE", "secret one", " Secret‐One ", "ＳＥＣＲＥＴ　ＯＮＥ"] {
            assert_eq!(claim(&codes, typed, &secret, now), Claim::Right(&codes[0]), "{typed}");
        }
        for typed in ["SECRET", "", "SECRET-ONEE"] {
            assert_eq!(claim(&codes, typed, &secret, now), Claim::Wrong, "{typed}");
        }
        assert!(matches!(claim(&codes, "secret-two", &secret, now), Claim::Closed(Opening::NotYet(_))));
        assert_eq!(claim(&codes, "secret-two", &secret, at("2026-06-30T15:00:00Z")), Claim::Right(&codes[1]));
        assert!(matches!(
            claim(&codes, "secret-two", &secret, at("2026-07-02T15:00:00Z")),
            Claim::Closed(Opening::Over(_))
        ));
        assert!(!format!("{codes:?}").contains("SECRET"));
    }

    #[test]
    fn codes_that_would_be_the_same_or_are_easily_guessed_are_refused() {
        let codes = |list: Value| complaints(json!({"method": "claim_code", "codes": list}));
        assert_eq!(
            codes(json!([{"code": "seminar 1"}, {"code": "SEMINAR-1"}])),
            one("/approval/codes/1/code", "duplicate")
        );
        assert_eq!(codes(json!([{"code": "12-34"}])), one("/approval/codes/0/code", "too_few"));
    }
}
