//! The data model of Open Badges 3.0, as one table of classes and one walk.
//!
//! Source: Open Badges 3.0 §B (data models), and the formal JSON schema of `AchievementCredential`. The rules are written
//! out by hand instead of run through a schema engine, because a report must say *what* is wrong in a reader's words and which
//! step it belongs to. A test holds the table against the published schema.
//!
//! Named leniencies, each with a warning: a single value where the schema writes an array (the schema's JSON-LD adaptation
//! allows it), an empty array, `credentialStatus` without `id` (allowed since document version 1.4).

use proof::time::{TimeError, parse_rfc3339};
use serde_json::{Map, Value};

use crate::credential::DataModel;
use crate::limits::{MAX_FINDINGS, quoted};
use crate::messages::Code;
use crate::report::{Finding, Text};

/// A class of the data model.
pub(crate) struct Class {
    /// One of these must be in `type`.
    types: &'static [&'static str],
    /// `type` is this very text, not a list.
    exact_type: bool,
    required: &'static [&'static str],
    members: &'static [(&'static str, Shape)],
    /// No other members.
    closed: bool,
}

enum Shape {
    Text,
    Uri,
    Time,
    Date,
    Number,
    Bool,
    /// A language tag, as the schema's pattern has it.
    Language,
    /// One of these, or `ext:…`.
    Open(&'static [&'static str]),
    /// One of these.
    Closed(&'static [&'static str]),
    Texts,
    One(&'static Class),
    Many(&'static Class),
    /// A list whose entries are looked at in a step of their own.
    ManyLater,
    /// Looked at in a step of its own.
    Later,
}

use Shape::{Bool, Closed, Date, Language, Later, Many, ManyLater, Number, One, Open, Text as T, Texts, Time, Uri};

const ACHIEVEMENT_TYPES: &[&str] = &[
    "Achievement",
    "ApprenticeshipCertificate",
    "Assessment",
    "Assignment",
    "AssociateDegree",
    "Award",
    "Badge",
    "BachelorDegree",
    "Certificate",
    "CertificateOfCompletion",
    "Certification",
    "CommunityService",
    "Competency",
    "Course",
    "CoCurricular",
    "Degree",
    "Diploma",
    "DoctoralDegree",
    "Fieldwork",
    "GeneralEducationDevelopment",
    "JourneymanCertificate",
    "LearningProgram",
    "License",
    "Membership",
    "ProfessionalDoctorate",
    "QualityAssuranceCredential",
    "MasterCertificate",
    "MasterDegree",
    "MicroCredential",
    "ResearchDoctorate",
    "SecondarySchoolDiploma",
];

const IDENTIFIER_TYPES: &[&str] = &[
    "name",
    "sourcedId",
    "systemId",
    "productId",
    "userName",
    "accountId",
    "emailAddress",
    "nationalIdentityNumber",
    "isbn",
    "issn",
    "lisSourcedId",
    "oneRosterSourcedId",
    "sisSourcedId",
    "ltiContextId",
    "ltiDeploymentId",
    "ltiToolId",
    "ltiPlatformId",
    "ltiUserId",
    "identifier",
];

const RESULT_TYPES: &[&str] = &[
    "GradePointAverage",
    "LetterGrade",
    "Percent",
    "PerformanceLevel",
    "PredictedScore",
    "RawScore",
    "Result",
    "RubricCriterion",
    "RubricCriterionLevel",
    "RubricScore",
    "ScaledScore",
    "Status",
];

const RESULT_STATUSES: &[&str] =
    &["Completed", "Enrolled", "Failed", "InProgress", "OnHold", "Provisional", "Withdrew"];

const ALIGNMENT_TYPES: &[&str] = &[
    "ceasn:Competency",
    "ceterms:Credential",
    "CFItem",
    "CFRubric",
    "CFRubricCriterion",
    "CFRubricCriterionLevel",
    "CTDL",
];

/// A class whose `type` is a list that holds its name, and that may carry further members.
const fn open_class(
    types: &'static [&'static str],
    required: &'static [&'static str],
    members: &'static [(&'static str, Shape)],
) -> Class {
    Class { types, exact_type: false, required, members, closed: false }
}

/// What badges and endorsements have in common. `@context`, `type` and `proof` have steps of their own.
macro_rules! credential_members {
    ($($more:expr),* $(,)?) => {
        &[
            ("@context", ManyLater),
            ("type", ManyLater),
            ("proof", ManyLater),
            ("id", Uri),
            ("name", T),
            ("description", T),
            ("awardedDate", Time),
            ("validFrom", Time),
            ("validUntil", Time),
            ("issuanceDate", Time),
            ("expirationDate", Time),
            ("issuer", One(&PROFILE)),
            ("credentialSchema", Many(&TYPED_WITH_ID)),
            ("credentialStatus", Later),
            ("refreshService", One(&TYPED_WITH_ID)),
            ("termsOfUse", Many(&TYPED)),
            $($more),*
        ]
    };
}

/// `AchievementCredential`, alias `OpenBadgeCredential`.
pub(crate) static ACHIEVEMENT_CREDENTIAL: Class = open_class(
    &[],
    &["@context", "id", "type", "issuer", "credentialSubject"],
    credential_members![
        ("image", One(&IMAGE)),
        ("credentialSubject", One(&ACHIEVEMENT_SUBJECT)),
        ("evidence", Many(&EVIDENCE)),
        ("endorsement", ManyLater),
        ("endorsementJwt", ManyLater),
    ],
);

/// `EndorsementCredential`.
pub(crate) static ENDORSEMENT_CREDENTIAL: Class = open_class(
    &[],
    &["@context", "id", "type", "name", "issuer", "credentialSubject"],
    credential_members![("credentialSubject", One(&ENDORSEMENT_SUBJECT))],
);

static TYPED: Class =
    Class { types: &[], exact_type: false, required: &["type"], members: &[("id", Uri), ("type", T)], closed: false };

static TYPED_WITH_ID: Class = Class {
    types: &[],
    exact_type: false,
    required: &["id", "type"],
    members: &[("id", Uri), ("type", T)],
    closed: false,
};

static ACHIEVEMENT_SUBJECT: Class = open_class(
    &["AchievementSubject"],
    &["achievement"],
    &[
        ("id", Uri),
        ("activityEndDate", Time),
        ("activityStartDate", Time),
        ("creditsEarned", Number),
        ("achievement", One(&ACHIEVEMENT)),
        ("identifier", Many(&IDENTITY_OBJECT)),
        ("image", One(&IMAGE)),
        ("licenseNumber", T),
        ("narrative", T),
        ("result", Many(&RESULT)),
        ("role", T),
        ("source", One(&PROFILE)),
        ("term", T),
    ],
);

static ENDORSEMENT_SUBJECT: Class =
    open_class(&["EndorsementSubject"], &["id"], &[("id", Uri), ("endorsementComment", T)]);

static IDENTITY_OBJECT: Class = Class {
    types: &["IdentityObject"],
    exact_type: true,
    required: &["hashed", "identityHash", "identityType"],
    members: &[("hashed", Bool), ("identityHash", T), ("identityType", Open(IDENTIFIER_TYPES)), ("salt", T)],
    closed: true,
};

static EVIDENCE: Class = open_class(
    &["Evidence"],
    &[],
    &[("id", Uri), ("narrative", T), ("name", T), ("description", T), ("genre", T), ("audience", T)],
);

static ACHIEVEMENT: Class = open_class(
    &["Achievement"],
    &["id", "criteria", "description", "name"],
    &[
        ("id", Uri),
        ("alignment", Many(&ALIGNMENT)),
        ("achievementType", Open(ACHIEVEMENT_TYPES)),
        ("creator", One(&PROFILE)),
        ("creditsAvailable", Number),
        ("criteria", One(&CRITERIA)),
        ("description", T),
        ("endorsement", ManyLater),
        ("endorsementJwt", ManyLater),
        ("fieldOfStudy", T),
        ("humanCode", T),
        ("image", One(&IMAGE)),
        ("inLanguage", Language),
        ("name", T),
        ("otherIdentifier", Many(&IDENTIFIER_ENTRY)),
        ("related", Many(&RELATED)),
        ("resultDescription", Many(&RESULT_DESCRIPTION)),
        ("specialization", T),
        ("tag", Texts),
        ("version", T),
    ],
);

static CRITERIA: Class =
    Class { types: &[], exact_type: false, required: &[], members: &[("id", Uri), ("narrative", T)], closed: false };

static IMAGE: Class = Class {
    types: &["Image"],
    exact_type: true,
    required: &["id"],
    members: &[("id", Uri), ("caption", T)],
    closed: true,
};

static ALIGNMENT: Class = open_class(
    &["Alignment"],
    &["targetName", "targetUrl"],
    &[
        ("targetCode", T),
        ("targetDescription", T),
        ("targetName", T),
        ("targetFramework", T),
        ("targetType", Open(ALIGNMENT_TYPES)),
        ("targetUrl", Uri),
    ],
);

static IDENTIFIER_ENTRY: Class = Class {
    types: &["IdentifierEntry"],
    exact_type: true,
    required: &["identifier", "identifierType"],
    members: &[("identifier", T), ("identifierType", Open(IDENTIFIER_TYPES))],
    closed: true,
};

static RESULT: Class = open_class(
    &["Result"],
    &[],
    &[
        ("achievedLevel", Uri),
        ("alignment", Many(&ALIGNMENT)),
        ("resultDescription", Uri),
        ("status", Closed(RESULT_STATUSES)),
        ("value", T),
    ],
);

static RESULT_DESCRIPTION: Class = open_class(
    &["ResultDescription"],
    &["id", "name", "resultType"],
    &[
        ("id", Uri),
        ("alignment", Many(&ALIGNMENT)),
        ("allowedValue", Texts),
        ("name", T),
        ("requiredLevel", Uri),
        ("requiredValue", T),
        ("resultType", Open(RESULT_TYPES)),
        ("rubricCriterionLevel", Many(&RUBRIC_CRITERION_LEVEL)),
        ("valueMax", T),
        ("valueMin", T),
    ],
);

static RUBRIC_CRITERION_LEVEL: Class = open_class(
    &["RubricCriterionLevel"],
    &["id", "name"],
    &[("id", Uri), ("alignment", Many(&ALIGNMENT)), ("description", T), ("level", T), ("name", T), ("points", T)],
);

static RELATED: Class = open_class(&["Related"], &["id"], &[("id", Uri), ("inLanguage", Language), ("version", T)]);

static PROFILE: Class = open_class(
    &["Profile"],
    &["id"],
    &[
        ("id", Uri),
        ("name", T),
        ("url", Uri),
        ("phone", T),
        ("description", T),
        ("endorsement", ManyLater),
        ("endorsementJwt", ManyLater),
        ("image", One(&IMAGE)),
        ("email", T),
        ("address", One(&ADDRESS)),
        ("otherIdentifier", Many(&IDENTIFIER_ENTRY)),
        ("official", T),
        ("parentOrg", One(&PROFILE)),
        ("familyName", T),
        ("givenName", T),
        ("additionalName", T),
        ("patronymicName", T),
        ("honorificPrefix", T),
        ("honorificSuffix", T),
        ("familyNamePrefix", T),
        ("dateOfBirth", Date),
    ],
);

static ADDRESS: Class = open_class(
    &["Address"],
    &[],
    &[
        ("addressCountry", T),
        ("addressCountryCode", T),
        ("addressRegion", T),
        ("addressLocality", T),
        ("streetAddress", T),
        ("postOfficeBoxNumber", T),
        ("postalCode", T),
        ("geo", One(&GEO_COORDINATES)),
    ],
);

static GEO_COORDINATES: Class = Class {
    types: &["GeoCoordinates"],
    exact_type: true,
    required: &["latitude", "longitude"],
    members: &[("latitude", Number), ("longitude", Number)],
    closed: false,
};

/// Everything wrong with a credential's shape, in document order. Findings about `issuer`, `evidence` and
/// `credentialSubject` begin with these words in their path.
pub(crate) fn check(credential: &Value, class: &'static Class, model: DataModel) -> Vec<Finding> {
    let mut walk = Walk { findings: Vec::new() };
    let root = Path { parent: None, segment: Segment::Root };
    if let Value::Object(members) = credential {
        walk.object(members, class, &root);
        let valid_from = match model {
            DataModel::Vc2 => "validFrom",
            DataModel::Vc11 => "issuanceDate",
        };
        if !members.contains_key(valid_from) {
            walk.add(&root.member(valid_from), Finding::with(Code::MemberMissing, valid_from));
        }
        walk.status(members, &root);
    }
    walk.findings
}

/// Where the walk stands. Written out only when something is wrong there.
struct Path<'a> {
    parent: Option<&'a Self>,
    segment: Segment<'a>,
}

enum Segment<'a> {
    Root,
    Member(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    const fn member(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), segment: Segment::Member(name) }
    }

    const fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), segment: Segment::Index(index) }
    }

    fn write(&self, text: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(text);
        }
        match self.segment {
            Segment::Root => {}
            Segment::Member(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&quoted(name));
            }
            Segment::Index(index) => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
        }
    }
}

struct Walk {
    findings: Vec<Finding>,
}

impl Walk {
    fn add(&mut self, path: &Path<'_>, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            let mut at = String::new();
            path.write(&mut at);
            self.findings.push(finding.at(at));
        }
    }

    fn expected(&mut self, path: &Path<'_>, what: Text) {
        self.add(path, Finding::with(Code::MemberIllTyped, what));
    }

    fn object(&mut self, members: &Map<String, Value>, class: &'static Class, path: &Path<'_>) {
        self.class_type(members, class, path);
        for (name, value) in members {
            let here = path.member(name);
            if value.is_null() {
                self.add(&here, Finding::new(Code::NullValue));
                continue;
            }
            match class.members.iter().find(|(member, _)| member == name) {
                Some((_, shape)) => self.value(value, shape, &here),
                None if class.closed && name != "type" => {
                    self.add(&here, Finding::with(Code::MemberNotAllowed, quoted(name)));
                }
                None => {}
            }
        }
        for name in class.required {
            if !members.contains_key(*name) {
                self.add(&path.member(name), Finding::with(Code::MemberMissing, *name));
            }
        }
        if std::ptr::eq(class, &raw const CRITERIA) && !members.contains_key("id") && !members.contains_key("narrative")
        {
            self.add(path, Finding::with(Code::MemberMissing, "id, narrative"));
        }
        let is_subject = std::ptr::eq(class, &raw const ACHIEVEMENT_SUBJECT);
        let has_identifier =
            members.get("identifier").is_some_and(|value| value.as_array().is_none_or(|all| !all.is_empty()));
        if is_subject && !members.contains_key("id") && !has_identifier {
            self.add(path, Finding::new(Code::SubjectUnidentified));
        }
    }

    fn class_type(&mut self, members: &Map<String, Value>, class: &'static Class, path: &Path<'_>) {
        let Some(name) = class.types.first() else { return };
        let here = path.member("type");
        let is_it = |value: &Value| class.types.iter().any(|name| value == name);
        match members.get("type") {
            Some(value @ Value::String(_)) if is_it(value) => {
                if !class.exact_type {
                    self.add(&here, Finding::new(Code::ArrayMissing));
                }
            }
            Some(Value::Array(values)) if !class.exact_type && values.iter().any(is_it) => {
                if !values.iter().all(Value::is_string) {
                    self.expected(&here, TEXT);
                }
            }
            _ => self.add(&here, Finding::with(Code::TypeNotListed, *name)),
        }
    }

    fn value(&mut self, value: &Value, shape: &Shape, path: &Path<'_>) {
        match (shape, value) {
            (Later, _) => {}
            (T, Value::String(_)) | (Number, Value::Number(_)) | (Bool, Value::Bool(_)) => {}
            (Uri, Value::String(text)) => {
                if !is_uri(text) {
                    self.add(path, Finding::with(Code::UriMalformed, quoted(text)));
                }
            }
            (Time, Value::String(text)) => match parse_rfc3339(text) {
                Ok(_) => {}
                Err(TimeError::NoZone) => self.add(path, Finding::with(Code::TimeNoZone, quoted(text))),
                Err(TimeError::Malformed) => self.add(path, Finding::with(Code::TimeMalformed, quoted(text))),
            },
            (Date, Value::String(text)) => {
                if text.parse::<jiff::civil::Date>().is_err() || text.len() != 10 {
                    self.add(path, Finding::with(Code::TimeMalformed, quoted(text)));
                }
            }
            (Language, Value::String(text)) => {
                if !is_language(text) {
                    self.add(path, Finding::with(Code::ValueUnknown, quoted(text)));
                }
            }
            (Open(names), Value::String(text)) => {
                if !names.contains(&text.as_str()) && !is_extension(text) {
                    self.add(path, Finding::with(Code::ValueUnknown, quoted(text)));
                }
            }
            (Closed(names), Value::String(text)) => {
                if !names.contains(&text.as_str()) {
                    self.add(path, Finding::with(Code::ValueUnknown, quoted(text)));
                }
            }
            (One(class), Value::Object(members)) => self.object(members, class, path),
            (Texts | Many(_) | ManyLater, Value::Array(values)) => {
                if values.is_empty() {
                    self.add(path, Finding::new(Code::ArrayEmpty));
                }
                for (index, value) in values.iter().enumerate() {
                    self.entry(value, shape, &path.index(index));
                }
            }
            (Texts | Many(_) | ManyLater, single) => {
                self.add(path, Finding::new(Code::ArrayMissing));
                self.entry(single, shape, path);
            }
            // A bare identifier in place of the issuer's profile gets words of its own.
            (One(class), Value::String(_)) if std::ptr::eq(*class, &raw const PROFILE) && path.is_issuer() => {
                self.add(path, Finding::new(Code::IssuerIsText));
            }
            (T | Uri | Language | Open(_) | Closed(_), _) => self.expected(path, TEXT),
            (Time | Date, _) => self.expected(path, Text::fixed("date and time", "日時")),
            (Number, _) => self.expected(path, Text::fixed("number", "数値")),
            (Bool, _) => self.expected(path, Text::fixed("true or false", "真偽値（true/false）")),
            (One(_), _) => self.expected(path, OBJECT),
        }
    }

    fn entry(&mut self, value: &Value, shape: &Shape, path: &Path<'_>) {
        match (shape, value) {
            (_, Value::Null) => self.add(path, Finding::new(Code::NullValue)),
            (Texts, Value::String(_)) | (ManyLater, _) => {}
            (Texts, _) => self.expected(path, TEXT),
            (Many(class), Value::Object(members)) => self.object(members, class, path),
            _ => self.expected(path, OBJECT),
        }
    }

    /// `credentialStatus` is one object, or in VC 2.0 a list. What its type demands is asked in the status step.
    fn status(&mut self, members: &Map<String, Value>, root: &Path<'_>) {
        let here = root.member("credentialStatus");
        let entries = match members.get("credentialStatus") {
            None | Some(Value::Null) => return,
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(single) => std::slice::from_ref(single),
        };
        for entry in entries {
            match entry {
                Value::Object(entry) => {
                    if !entry.contains_key("id") {
                        self.add(&here, Finding::new(Code::StatusIdMissing));
                    }
                    if !entry.get("type").is_some_and(Value::is_string) {
                        self.add(&here.member("type"), Finding::with(Code::MemberMissing, "type"));
                    }
                }
                _ => self.expected(&here, OBJECT),
            }
        }
    }
}

impl Path<'_> {
    fn is_issuer(&self) -> bool {
        matches!(self.segment, Segment::Member("issuer"))
            && self.parent.is_some_and(|parent| matches!(parent.segment, Segment::Root))
    }
}

const TEXT: Text = Text::fixed("text", "文字列");
const OBJECT: Text = Text::fixed("object", "オブジェクト");

/// An absolute URI: a scheme, a colon, something, and no white space (RFC 3986 §3).
pub(crate) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        && !rest.is_empty()
        && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// `ext:` and a name.
fn is_extension(text: &str) -> bool {
    text.strip_prefix("ext:").is_some_and(|name| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'|'))
    })
}

/// `xx`, `xx-Xxxx`, `xx-XX`, `xx-Xxxx-XX`, regions also as three digits.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    let is_script = |part: &str| {
        part.len() == 4
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part[1..].bytes().all(|b| b.is_ascii_lowercase())
    };
    let is_region = |part: &str| {
        part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase())
            || part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit())
    };
    if rest.first().is_some_and(|part| part.is_ascii() && is_script(part)) {
        rest.remove(0);
    }
    (2..=4).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && (rest.is_empty() || rest.len() == 1 && is_region(rest[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn badge() -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": "urn:uuid:1", "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "issuer": {"id": "did:web:a.example", "type": ["Profile"], "name": "A"},
            "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": {
                "id": "did:example:1", "type": ["AchievementSubject"],
                "achievement": {"id": "https://a.example/1", "type": ["Achievement"], "name": "N", "description": "D",
                                "criteria": {"narrative": "C"}}
            }
        })
    }

    fn found(credential: &Value) -> Vec<(Code, String)> {
        let findings = check(credential, &ACHIEVEMENT_CREDENTIAL, DataModel::Vc2);
        findings.into_iter().map(|finding| (finding.code, finding.at)).collect()
    }

    /// The badge with the value at `pointer` replaced (or removed, for `None`).
    fn with(pointer: &str, value: Option<Value>) -> Value {
        let mut badge = badge();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = badge.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => parent.insert(name.to_owned(), value),
            None => parent.shift_remove(name),
        };
        badge
    }

    #[test]
    fn a_good_badge_has_no_findings() {
        assert_eq!(found(&badge()), []);
    }

    /// One row per rule: what is done to the badge, and what is found.
    #[test]
    fn every_rule_finds_its_breach() {
        let identity =
            json!({"type": "IdentityObject", "hashed": true, "identityHash": "x", "identityType": "emailAddress"});
        let mut extra = identity.clone();
        extra["more"] = json!(1);
        let achievement = "/credentialSubject/achievement";
        let rows: Vec<(String, Option<Value>, Code, &str)> = vec![
            ("/id".into(), None, Code::MemberMissing, "id"),
            ("/id".into(), Some(json!("no uri")), Code::UriMalformed, "id"),
            ("/validFrom".into(), None, Code::MemberMissing, "validFrom"),
            ("/validFrom".into(), Some(json!("2026-01-01T00:00:00")), Code::TimeNoZone, "validFrom"),
            ("/validUntil".into(), Some(json!("tomorrow")), Code::TimeMalformed, "validUntil"),
            ("/awardedDate".into(), Some(json!(5)), Code::MemberIllTyped, "awardedDate"),
            ("/name".into(), Some(Value::Null), Code::NullValue, "name"),
            ("/issuer".into(), None, Code::MemberMissing, "issuer"),
            ("/issuer".into(), Some(json!("did:web:a.example")), Code::IssuerIsText, "issuer"),
            ("/issuer/type".into(), Some(json!(["Other"])), Code::TypeNotListed, "issuer.type"),
            ("/issuer/type".into(), Some(json!("Profile")), Code::ArrayMissing, "issuer.type"),
            (
                "/issuer/parentOrg".into(),
                Some(json!({"id": "urn:x:1", "type": ["Org"]})),
                Code::TypeNotListed,
                "issuer.parentOrg.type",
            ),
            ("/issuer/dateOfBirth".into(), Some(json!("2000-1-1")), Code::TimeMalformed, "issuer.dateOfBirth"),
            (
                "/issuer/address".into(),
                Some(json!({"type": ["Address"], "geo": {"type": "GeoCoordinates", "latitude": 1}})),
                Code::MemberMissing,
                "issuer.address.geo.longitude",
            ),
            ("/credentialSubject".into(), None, Code::MemberMissing, "credentialSubject"),
            ("/credentialSubject".into(), Some(json!([])), Code::MemberIllTyped, "credentialSubject"),
            ("/credentialSubject/type".into(), Some(json!(["X"])), Code::TypeNotListed, "credentialSubject.type"),
            ("/credentialSubject/id".into(), None, Code::SubjectUnidentified, "credentialSubject"),
            (
                "/credentialSubject/identifier".into(),
                Some(json!([extra])),
                Code::MemberNotAllowed,
                "credentialSubject.identifier[0].more",
            ),
            (
                "/credentialSubject/identifier".into(),
                Some(identity),
                Code::ArrayMissing,
                "credentialSubject.identifier",
            ),
            (
                "/credentialSubject/creditsEarned".into(),
                Some(json!("3")),
                Code::MemberIllTyped,
                "credentialSubject.creditsEarned",
            ),
            (
                "/credentialSubject/result".into(),
                Some(json!([{"type": ["Result"], "status": "Done"}])),
                Code::ValueUnknown,
                "credentialSubject.result[0].status",
            ),
            (
                "/credentialSubject/result".into(),
                Some(json!([{"type": ["Result"], "value": 3}])),
                Code::MemberIllTyped,
                "credentialSubject.result[0].value",
            ),
            (
                format!("{achievement}/criteria"),
                Some(json!({})),
                Code::MemberMissing,
                "credentialSubject.achievement.criteria",
            ),
            (
                format!("{achievement}/achievementType"),
                Some(json!("Medal")),
                Code::ValueUnknown,
                "credentialSubject.achievement.achievementType",
            ),
            (
                format!("{achievement}/image"),
                Some(json!({"id": "https://a.example/i", "type": "Image", "alt": "x"})),
                Code::MemberNotAllowed,
                "credentialSubject.achievement.image.alt",
            ),
            (
                format!("{achievement}/image"),
                Some(json!("https://a.example/i")),
                Code::MemberIllTyped,
                "credentialSubject.achievement.image",
            ),
            (
                format!("{achievement}/inLanguage"),
                Some(json!("English")),
                Code::ValueUnknown,
                "credentialSubject.achievement.inLanguage",
            ),
            (format!("{achievement}/tag"), Some(json!([])), Code::ArrayEmpty, "credentialSubject.achievement.tag"),
            (
                format!("{achievement}/tag"),
                Some(json!(["a", 1])),
                Code::MemberIllTyped,
                "credentialSubject.achievement.tag[1]",
            ),
            (
                format!("{achievement}/alignment"),
                Some(json!([{"type": ["Alignment"], "targetName": "x"}])),
                Code::MemberMissing,
                "credentialSubject.achievement.alignment[0].targetUrl",
            ),
            (
                format!("{achievement}/related"),
                Some(json!([{"type": ["Related"]}])),
                Code::MemberMissing,
                "credentialSubject.achievement.related[0].id",
            ),
            (
                format!("{achievement}/otherIdentifier"),
                Some(json!([{"type": "IdentifierEntry", "identifier": "x", "identifierType": "other"}])),
                Code::ValueUnknown,
                "credentialSubject.achievement.otherIdentifier[0].identifierType",
            ),
            (
                format!("{achievement}/resultDescription"),
                Some(json!([{"id": "urn:x:1", "type": ["ResultDescription"], "name": "x"}])),
                Code::MemberMissing,
                "credentialSubject.achievement.resultDescription[0].resultType",
            ),
            ("/evidence".into(), Some(json!([{"type": ["Proof"]}])), Code::TypeNotListed, "evidence[0].type"),
            (
                "/credentialStatus".into(),
                Some(json!({"type": "BitstringStatusListEntry"})),
                Code::StatusIdMissing,
                "credentialStatus",
            ),
            ("/credentialStatus".into(), Some(json!({"id": "urn:x:1"})), Code::MemberMissing, "credentialStatus.type"),
            (
                "/credentialSchema".into(),
                Some(json!([{"id": "https://a.example/s"}])),
                Code::MemberMissing,
                "credentialSchema[0].type",
            ),
            ("/refreshService".into(), Some(json!({"type": "X"})), Code::MemberMissing, "refreshService.id"),
            ("/termsOfUse".into(), Some(json!({"type": "X"})), Code::ArrayMissing, "termsOfUse"),
        ];
        for (pointer, value, code, at) in rows {
            assert_eq!(found(&with(&pointer, value.clone())), [(code, at.to_owned())], "{pointer} = {value:?}");
        }
    }

    #[test]
    fn extensions_and_further_members_are_allowed() {
        assert_eq!(found(&with("/credentialSubject/achievement/achievementType", Some(json!("ext:Medal")))), []);
        assert_eq!(found(&with("/credentialSubject/achievement/somethingElse", Some(json!({"a": 1})))), []);
        for good in ["en", "ja", "ja-JP", "zh-Hant-TW", "es-419", "gsw"] {
            assert!(is_language(good), "{good}");
        }
        for bad in ["", "e", "EN", "en-us", "zh-hant", "en-US-x", "日本"] {
            assert!(!is_language(bad), "{bad}");
        }
    }

    #[test]
    fn findings_are_bounded() {
        let many: Vec<Value> = (0..1000).map(|_| json!({"type": ["X"]})).collect();
        assert_eq!(found(&with("/evidence", Some(json!(many)))).len(), MAX_FINDINGS);
    }

    /// The published schema, if the folder beside the vectors is there.
    fn schema() -> Option<Value> {
        let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
        #[expect(clippy::disallowed_methods, reason = "a test is told where its data is")]
        let vectors = std::env::var("SHIRUSHI_VECTORS").map_or(beside, std::path::PathBuf::from);
        let file = "../contexts/schema/ob_v3p0_achievementcredential_schema.formal-2024-09.json";
        let text = std::fs::read(vectors.join(file)).ok()?;
        Some(serde_json::from_slice(&text).unwrap())
    }

    /// Holds every class of the table against the schema's definition of that name: required members, value kinds,
    /// enumerations, and whether further members are allowed.
    #[test]
    #[expect(clippy::print_stderr, reason = "says that the suite was skipped")]
    fn the_table_is_the_published_schema() {
        let Some(schema) = schema() else {
            eprintln!("schema not found beside the vectors (set SHIRUSHI_VECTORS); the table was not compared");
            return;
        };
        let classes: [(&str, &Class); 20] = [
            ("EndorsementCredential", &ENDORSEMENT_CREDENTIAL),
            ("TermsOfUse", &TYPED),
            ("CredentialSchema", &TYPED_WITH_ID),
            ("RefreshService", &TYPED_WITH_ID),
            ("AchievementSubject", &ACHIEVEMENT_SUBJECT),
            ("EndorsementSubject", &ENDORSEMENT_SUBJECT),
            ("IdentityObject", &IDENTITY_OBJECT),
            ("Evidence", &EVIDENCE),
            ("Achievement", &ACHIEVEMENT),
            ("Criteria", &CRITERIA),
            ("Image", &IMAGE),
            ("Alignment", &ALIGNMENT),
            ("IdentifierEntry", &IDENTIFIER_ENTRY),
            ("Result", &RESULT),
            ("ResultDescription", &RESULT_DESCRIPTION),
            ("RubricCriterionLevel", &RUBRIC_CRITERION_LEVEL),
            ("Related", &RELATED),
            ("Profile", &PROFILE),
            ("Address", &ADDRESS),
            ("GeoCoordinates", &GEO_COORDINATES),
        ];
        let definitions = schema["$defs"].as_object().unwrap();
        compare("AchievementCredential", &schema, &ACHIEVEMENT_CREDENTIAL, &classes);
        for (name, class) in classes {
            compare(name, &definitions[name], class, &classes);
        }
        // Nothing in the schema is left out of the table.
        let elsewhere = ["Context", "Proof", "CredentialStatus", "ProfileRef"];
        for name in definitions.keys() {
            assert!(classes.iter().any(|(known, _)| known == name) || elsewhere.contains(&name.as_str()), "{name}");
        }
    }

    fn compare(name: &str, definition: &Value, class: &Class, classes: &[(&str, &Class)]) {
        assert_eq!(definition["additionalProperties"] == false, class.closed, "{name} is closed");
        // `type` and the date are required by rules of their own.
        let implied = |member: &str| matches!(member, "type" | "validFrom");
        let mut required: Vec<&str> =
            definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        required.retain(|member| !implied(member));
        let mut ours = class.required.to_vec();
        ours.retain(|member| !implied(member));
        required.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, required, "required members of {name}");
        for (member, property) in definition["properties"].as_object().unwrap() {
            let found = class.members.iter().find(|(known, _)| known == member);
            let Some((_, shape)) = found else {
                assert_eq!(member, "type", "{name}.{member} is not in the table");
                check_type(name, property, class);
                continue;
            };
            assert!(fits(shape, property, classes), "{name}.{member}: {property}");
        }
    }

    fn check_type(name: &str, property: &Value, class: &Class) {
        assert_eq!(property["type"] == "string", class.exact_type, "type of {name}");
        let names = if class.exact_type { &property["enum"] } else { &property["contains"]["enum"] };
        assert_eq!(names, &json!(class.types), "type of {name}");
    }

    fn fits(shape: &Shape, property: &Value, classes: &[(&str, &Class)]) -> bool {
        let is = |kind: &str| property["type"] == kind;
        let refers_to = |property: &Value, class: &'static Class| {
            let target = property["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")).unwrap_or_default();
            // An issuer is a Profile or its id; the step about issuers asks for the Profile.
            let target = if target == "ProfileRef" { "Profile" } else { target };
            classes.iter().any(|(name, known)| *name == target && std::ptr::eq(*known, class))
        };
        let enumeration = |names: &[&str], property: &Value| property["enum"] == json!(names);
        match shape {
            T => is("string") && property.get("enum").is_none() && property["format"].is_null(),
            Uri => is("string") && property["format"].is_null(),
            Language => is("string") && property.get("pattern").is_some(),
            Time => property["format"] == "date-time",
            Date => property["format"] == "date",
            Number => is("number"),
            Bool => is("boolean"),
            Open(names) => enumeration(names, &property["oneOf"][0]) && property["oneOf"][1].get("pattern").is_some(),
            Closed(names) => enumeration(names, property),
            Texts => is("array") && property["items"]["type"] == "string",
            One(class) => refers_to(property, class),
            Many(class) => is("array") && refers_to(&property["items"], class),
            ManyLater => is("array") || property.get("allOf").is_some(),
            Later => property["$ref"] == "#/$defs/CredentialStatus",
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let names = prop_oneof![
                "id|type|issuer|credentialSubject|achievement|criteria|evidence|proof|credentialStatus",
                "[a-z]{1,4}"
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((names, inner), 0..6)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
            ]
        })
    }

    proptest! {
        #[test]
        fn any_document_is_answered(document in any_json()) {
            let _ = check(&document, &ACHIEVEMENT_CREDENTIAL, DataModel::Vc2);
            let _ = check(&document, &ENDORSEMENT_CREDENTIAL, DataModel::Vc11);
        }
    }
}
