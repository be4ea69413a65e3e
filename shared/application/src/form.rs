//! A form's definition: what it asks, when, of whom, and how it is decided upon.
//!
//! A definition is read whole by [`Definition::read`] and kept in versions: a change makes the next one, and what somebody submitted
//! stays with the version it answered. What an applicant may see of it is [`Form::public`], and nothing else: no right answer, no
//! claim code, no reviewer and nothing written for reviewers stands there.

use crate::approval::Approval;
use crate::limits::{
    MAX_COUNT, MAX_DEFINITION_BYTES, MAX_DOMAINS, MAX_FIELDS, MAX_FILES, MAX_HELP_CHARS, MAX_INSTRUCTIONS_CHARS,
    MAX_LABEL_CHARS, MAX_OPTIONS, MAX_ORIGINS, MAX_PARAGRAPH_CHARS, MAX_REMINDER_DAYS, MAX_RETENTION_DAYS,
    MAX_TEXT_CHARS,
};
use crate::names::{FieldId, ReviewerId};
use crate::secret::Secret;
use crate::text::Text;
use crate::time::{Opening, Window, date};
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::limits::{MAX_NAME_CHARS, MAX_SHORT_CHARS};
use badge::{BadgeId, ClientId, EmailAddress, FormId, Lang, WebUrl};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashSet;

/// A form in one of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Its id.
    pub id: FormId,
    /// Whose it is.
    pub client: ClientId,
    /// 1 for the first version.
    pub version: u32,
    /// What it says.
    pub definition: Definition,
    /// Since when it is put away: it takes nothing new, what was submitted is still decided upon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Under which its links, codes and challenges are made.
    pub secret: Secret,
    /// When the form was created.
    pub created_at: Timestamp,
    /// When this version was made.
    pub modified_at: Timestamp,
}

/// What an organisation says about a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The badge that is applied for.
    pub badge: BadgeId,
    /// The language of texts that are given in one only.
    pub primary_language: Lang,
    /// The form's name.
    pub title: Text,
    /// What applicants are told above the fields, in Markdown.
    #[serde(default)]
    pub instructions: Text,
    /// What only reviewers are told, in Markdown.
    #[serde(default)]
    pub reviewer_instructions: Text,
    /// What is asked besides name and e-mail address, in order.
    pub fields: Vec<Field>,
    /// When it takes applications.
    #[serde(default)]
    pub window: Window,
    /// Whether lists of the organisation's open forms show it.
    pub visible: bool,
    /// Whether it takes applications at all.
    pub active: bool,
    /// Whether evidence is asked for.
    pub evidence: EvidencePolicy,
    /// Who sees the evidence of an issued credential.
    #[serde(default)]
    pub evidence_shown: EvidenceShown,
    /// Days that evidence is kept after the decision; as long as any is, ten years, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_days: Option<u32>,
    /// Where an applicant goes on after submitting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<WebUrl>,
    /// How many applications one person may hand in; any number when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_person: Option<u32>,
    /// How many applications it takes in total; any number when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// Of which e-mail domains applicants have to be; of any when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Domain>,
    /// Which sites may embed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub embed_origins: Vec<Origin>,
    /// How it is decided upon.
    pub approval: Approval,
    /// To which reviewers an application goes.
    #[serde(default)]
    pub routing: Routing,
    /// After how many days whoever is waited for is reminded; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder_days: Option<u32>,
}

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name in answers.
    pub id: FieldId,
    /// What is asked.
    pub label: Text,
    /// A hint below it.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub help: Text,
    /// Whether it has to be answered.
    pub required: bool,
    /// Whether choices stand beside one another.
    #[serde(default)]
    pub inline: bool,
    /// How it is answered.
    #[serde(flatten)]
    pub kind: FieldKind,
}

/// How a field is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    Text {
        /// Characters at most.
        max_chars: u32,
    },
    /// Several lines.
    Paragraph {
        /// Characters at most.
        max_chars: u32,
    },
    /// One of some choices, all of which are seen.
    Radio {
        /// The choices.
        options: Vec<Choice>,
    },
    /// Any of some choices.
    Checkbox {
        /// The choices.
        options: Vec<Choice>,
    },
    /// One of some choices, out of a list.
    Select {
        /// The choices.
        options: Vec<Choice>,
    },
    /// A date.
    Date {
        /// The earliest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<Date>,
        /// The latest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Date>,
    },
    /// Files, which are evidence.
    File {
        /// How many at most.
        max_files: u32,
    },
}

/// One of the choices of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What stands in answers.
    pub value: String,
    /// What is shown.
    pub label: Text,
}

impl FieldKind {
    /// The name of the type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Paragraph { .. } => "paragraph",
            Self::Radio { .. } => "radio",
            Self::Checkbox { .. } => "checkbox",
            Self::Select { .. } => "select",
            Self::Date { .. } => "date",
            Self::File { .. } => "file",
        }
    }

    /// Its choices, if it is answered by any.
    #[must_use]
    pub fn options(&self) -> &[Choice] {
        match self {
            Self::Radio { options } | Self::Checkbox { options } | Self::Select { options } => options,
            _ => &[],
        }
    }
}

/// Whether a form asks for evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidencePolicy {
    /// At least one file has to be there.
    Yes,
    /// None is taken.
    #[default]
    No,
    /// Files may be there.
    Optional,
}

/// Who sees the evidence of an issued credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceShown {
    /// Whoever has the credential's link.
    Public,
    /// Reviewers only.
    #[default]
    Reviewers,
}

/// To which of a form's reviewers an application goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Routing {
    /// To all of them.
    #[default]
    All,
    /// To those named beside the value of a field; to `otherwise` for any other value, and to all where that is empty.
    Field {
        /// Which field: one with choices.
        field: FieldId,
        /// Who looks at which value.
        rules: Vec<Rule>,
        /// Who looks at the rest.
        #[serde(default)]
        otherwise: Vec<ReviewerId>,
    },
    /// To one after the other.
    RoundRobin,
}

/// Who looks at one value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The value.
    pub value: String,
    /// They.
    pub reviewers: Vec<ReviewerId>,
}

/// The part of an e-mail address behind the `@`: `example.org`, or `*.example.org` for whatever is below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Domain(String);

impl Domain {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('@').to_lowercase();
        let labels = text.strip_prefix("*.").unwrap_or(&text);
        let label = |l: &str| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-');
        (labels.len() <= 253 && labels.split('.').all(label)).then_some(Self(text))
    }

    /// Whether an address is of this domain.
    #[must_use]
    pub fn holds(&self, address: &EmailAddress) -> bool {
        let folded = address.folded();
        let Some((_, domain)) = folded.rsplit_once('@') else { return false };
        match self.0.strip_prefix('*') {
            Some(below) => domain.len() > below.len() && domain.ends_with(below),
            None => domain == self.0,
        }
    }
}

/// A site that may embed a form: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origin(String);

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let url = url::Url::parse(text).ok()?;
        let web = matches!(url.scheme(), "https" | "http") && url.host_str().is_some();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        // What is written into a Content-Security-Policy: ASCII without separators, which a parsed origin is.
        (web && bare && url.password().is_none()).then(|| Self(url.origin().ascii_serialization()))
    }

    /// As it stands in `Content-Security-Policy: frame-ancestors`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a form takes an application, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It does.
    Open,
    /// Not before then.
    NotYet(Timestamp),
    /// Not any more since then.
    Over(Timestamp),
    /// It is switched off or put away.
    Closed,
}

impl Form {
    /// Whether applicants can be let in by it at some time, without another change of it.
    #[must_use]
    pub fn is_switched_on(&self) -> bool {
        self.archived_at.is_none() && self.definition.active
    }

    /// Whether an application can be handed in at `now`. A form that was put away opens no more.
    #[must_use]
    pub fn availability(&self, now: Timestamp) -> Availability {
        if !self.is_switched_on() {
            return Availability::Closed;
        }
        match self.definition.window.at(now) {
            Opening::Open => Availability::Open,
            Opening::NotYet(opens) => Availability::NotYet(opens),
            Opening::Over(closed) => Availability::Over(closed),
        }
    }

    /// Everything an applicant may know of the form, in their language.
    #[must_use]
    pub fn public(&self, lang: Lang, now: Timestamp) -> Value {
        let mut value = self.definition.public(lang);
        let availability = match self.availability(now) {
            Availability::Open => "open",
            Availability::NotYet(_) => "not_yet",
            Availability::Over(_) => "over",
            Availability::Closed => "closed",
        };
        value["id"] = self.id.as_str().into();
        value["version"] = self.version.into();
        value["availability"] = availability.into();
        value
    }

    /// The next version of the form; the form itself when nothing changes.
    ///
    /// # Errors
    /// A complaint when another method of approval is asked for: that was chosen for good.
    pub fn edit(&self, definition: Definition, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        if definition.approval.name() != self.definition.approval.name() {
            let allowed = self.definition.approval.name().to_owned();
            let reason = Reason::NotAllowed { allowed };
            return Err(vec![FieldError { pointer: "/approval/method".into(), reason }]);
        }
        if definition == self.definition {
            return Ok(self.clone());
        }
        Ok(Self { version: self.version.saturating_add(1), definition, modified_at: now, ..self.clone() })
    }
}

impl Definition {
    /// A definition out of a request's body.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn read(body: &Value) -> Result<Self, Vec<FieldError>> {
        let complaints = Complaints::default();
        let reader = Reader::root(body, &complaints);
        let primary = one_of(&reader, "primary_language", &[("ja", Lang::Ja), ("en", Lang::En)], Some(Lang::Ja));
        let primary_language = primary.unwrap_or(Lang::Ja);
        let fields = Field::read_all(&reader, primary_language);
        let badge = reader.text("badge_id", 1, MAX_SHORT_CHARS).parse::<BadgeId>();
        if badge.is_err() && reader.field("badge_id").is_some_and(|f| f.value().as_str().is_some_and(|t| !t.is_empty()))
        {
            reader.refuse_field("badge_id", Reason::NotFound);
        }
        let evidence =
            [("yes", EvidencePolicy::Yes), ("no", EvidencePolicy::No), ("optional", EvidencePolicy::Optional)];
        let shown = [("public", EvidenceShown::Public), ("reviewers", EvidenceShown::Reviewers)];
        let evidence = one_of(&reader, "evidence", &evidence, Some(EvidencePolicy::No)).unwrap_or_default();
        if evidence == EvidencePolicy::No {
            refuse_files(&fields, &complaints);
        }
        let approval = Approval::read(&reader, &fields);
        let routing = approval.as_ref().map(|approval| Routing::read(&reader, &fields, approval)).unwrap_or_default();
        let count = |key, max| reader.optional_integer(key, 1, max).and_then(|n| u32::try_from(n).ok());
        let definition = Self {
            // What stands in for one that cannot be read is never returned.
            badge: badge.unwrap_or_else(|_| BadgeId::from_random([0; 10])),
            primary_language,
            title: required_text(&reader, "title", primary_language, MAX_NAME_CHARS),
            instructions: Text::read(&reader, "instructions", primary_language, MAX_INSTRUCTIONS_CHARS),
            reviewer_instructions: Text::read(
                &reader,
                "reviewer_instructions",
                primary_language,
                MAX_INSTRUCTIONS_CHARS,
            ),
            fields,
            window: Window::read(&reader),
            visible: reader.boolean("visible", true),
            active: reader.boolean("active", true),
            evidence,
            evidence_shown: one_of(&reader, "evidence_shown", &shown, Some(EvidenceShown::Reviewers))
                .unwrap_or_default(),
            evidence_days: count("evidence_days", MAX_RETENTION_DAYS),
            redirect_url: reader.optional_url("redirect_url"),
            per_person: per_person(&reader),
            total: count("total", MAX_COUNT),
            domains: parsed(&reader, "domains", MAX_DOMAINS, "example.org, *.example.org", Domain::parse),
            embed_origins: parsed(&reader, "embed_origins", MAX_ORIGINS, "https://www.example.org", Origin::parse),
            approval: approval.unwrap_or(Approval::Automatic),
            routing,
            reminder_days: count("reminder_days", MAX_REMINDER_DAYS),
        };
        let bytes = serde_json::to_vec(&definition).map_or(usize::MAX, |json| json.len());
        if bytes > MAX_DEFINITION_BYTES {
            reader.refuse(Reason::TooLarge { max: MAX_DEFINITION_BYTES });
        }
        complaints.into_result(definition)
    }

    /// The definition as [`Self::read`] takes it: for its organisation only.
    #[must_use]
    pub fn write(&self) -> Value {
        let lang = |lang: Lang| Value::from(lang.tag());
        let mut value = json!({
            "badge_id": self.badge.as_str(),
            "primary_language": lang(self.primary_language),
            "title": self.title,
            "instructions": self.instructions,
            "reviewer_instructions": self.reviewer_instructions,
            "fields": self.fields,
            "not_before": self.window.not_before.map(|at| at.to_string()),
            "not_after": self.window.not_after.map(|at| at.to_string()),
            "time_zone": self.window.zone.as_str(),
            "visible": self.visible,
            "active": self.active,
            "evidence": self.evidence,
            "evidence_shown": self.evidence_shown,
            "evidence_days": self.evidence_days,
            "redirect_url": self.redirect_url.as_ref().map(WebUrl::as_str),
            "per_person": self.per_person.unwrap_or(0),
            "total": self.total,
            "domains": self.domains,
            "embed_origins": self.embed_origins,
            "approval": self.approval.write(),
            "routing": self.routing,
            "reminder_days": self.reminder_days,
        });
        if let Some(map) = value.as_object_mut() {
            map.retain(|_, value| !value.is_null());
        }
        value
    }

    /// The field of this name.
    #[must_use]
    pub fn field(&self, id: &FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == *id)
    }

    /// What is asked besides name and e-mail address, with the field for evidence where the form asks for some and has none of its own.
    #[must_use]
    pub fn asked(&self) -> Vec<Field> {
        let mut fields = self.fields.clone();
        let own = fields.iter().any(|field| matches!(field.kind, FieldKind::File { .. }));
        if self.evidence != EvidencePolicy::No && !own {
            fields.push(Field {
                id: FieldId::of(EVIDENCE_FIELD),
                label: Text::new("Evidence", "エビデンス（証拠資料）"),
                help: Text::default(),
                required: self.evidence == EvidencePolicy::Yes,
                inline: false,
                kind: FieldKind::File { max_files: u32::try_from(MAX_FILES).unwrap_or(1) },
            });
        }
        fields
    }

    /// How many applications of one person take a place: also those that use a code, where one person may use codes only once.
    #[must_use]
    pub fn places_per_person(&self) -> Option<u32> {
        match &self.approval {
            Approval::ClaimCode { once_per_person: true, .. } => Some(1),
            _ => self.per_person,
        }
    }

    /// Whether somebody with this address may apply.
    #[must_use]
    pub fn admits(&self, address: &EmailAddress) -> bool {
        self.domains.is_empty() || self.domains.iter().any(|domain| domain.holds(address))
    }

    /// What an applicant may know of it, in their language. Whatever is not named here is not public.
    #[must_use]
    pub fn public(&self, lang: Lang) -> Value {
        let fields: Vec<Value> = self.asked().iter().map(|field| field.public(lang)).collect();
        json!({
            "badge_id": self.badge.as_str(),
            "language": lang.tag(),
            "title": self.title.get(lang),
            "instructions": self.instructions.get(lang),
            "fields": fields,
            "opens_at": self.window.opens_at().map(badge::rfc3339),
            "closes_at": self.window.closes_at().map(badge::rfc3339),
            "time_zone": self.window.zone.as_str(),
            "evidence": self.evidence,
            "evidence_shown": self.evidence_shown,
            "method": self.approval.name(),
            "code_needed": matches!(self.approval, Approval::ClaimCode { .. }),
            "domains": self.domains,
            "redirect_url": self.redirect_url.as_ref().map(WebUrl::as_str),
        })
    }
}

/// The name of the field for evidence that a form has without saying so.
pub const EVIDENCE_FIELD: &str = "evidence";

/// Absent is one: who applies again by mistake is not issued twice. 0 is any number.
fn per_person(reader: &Reader<'_>) -> Option<u32> {
    let number = reader.optional_integer("per_person", 0, MAX_COUNT).unwrap_or(1);
    u32::try_from(number).ok().filter(|n| *n > 0)
}

fn refuse_files(fields: &[Field], complaints: &Complaints) {
    for (index, field) in fields.iter().enumerate() {
        if matches!(field.kind, FieldKind::File { .. }) {
            let allowed = "text, paragraph, radio, checkbox, select, date".to_owned();
            complaints.note(format!("/fields/{index}/type"), Reason::NotAllowed { allowed });
        }
    }
}

/// One of some words; `default` when absent.
pub(crate) fn one_of<T: Copy>(reader: &Reader<'_>, key: &str, words: &[(&str, T)], default: Option<T>) -> Option<T> {
    let Some(field) = reader.field(key) else {
        if default.is_none() {
            reader.refuse_field(key, Reason::Missing);
        }
        return default;
    };
    let word = field.value().as_str().unwrap_or_default();
    let found = words.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    if found.is_none() {
        let allowed = words.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        field.refuse(Reason::NotAllowed { allowed });
    }
    found
}

/// A text that has to be there in one language at least.
pub(crate) fn required_text(reader: &Reader<'_>, key: &str, primary: Lang, max: usize) -> Text {
    let text = Text::read(reader, key, primary, max);
    let bad = reader.field(key).is_some_and(|f| !f.value().is_string() && !f.value().is_object());
    if text.get(primary).trim().is_empty() && !bad {
        reader.refuse_field(key, if reader.field(key).is_some() { Reason::Empty } else { Reason::Missing });
    }
    text
}

fn parsed<T>(reader: &Reader<'_>, key: &str, max: usize, allowed: &str, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let one = |entry: &Reader<'_>| {
        let found = entry.value().as_str().and_then(&parse);
        if found.is_none() {
            entry.refuse(Reason::NotAllowed { allowed: allowed.to_owned() });
        }
        found
    };
    reader.list(key, max).iter().filter_map(one).collect()
}

impl Field {
    fn read_all(reader: &Reader<'_>, primary: Lang) -> Vec<Self> {
        let mut seen = HashSet::new();
        let mut fields = Vec::new();
        for entry in reader.list("fields", MAX_FIELDS) {
            let Some(field) = Self::read(&entry, primary) else { continue };
            // Names that the form asks by itself, and the hidden trap for programs.
            let taken = [EVIDENCE_FIELD, "name", "email", crate::abuse::TRAP_FIELD].contains(&field.id.as_str());
            if taken || !seen.insert(field.id.clone()) {
                entry.refuse_field("id", Reason::Duplicate);
            }
            fields.push(field);
        }
        fields
    }

    fn read(reader: &Reader<'_>, primary: Lang) -> Option<Self> {
        if !reader.is_object() {
            return None;
        }
        let id = reader.text("id", 1, MAX_SHORT_CHARS).parse::<FieldId>();
        if id.is_err() && reader.field("id").is_some_and(|f| f.value().as_str().is_some_and(|t| !t.is_empty())) {
            reader.refuse_field("id", Reason::NotAllowed { allowed: crate::names::ALLOWED.into() });
        }
        let label = required_text(reader, "label", primary, MAX_LABEL_CHARS);
        let kind = FieldKind::read(reader, primary);
        Some(Self {
            label,
            help: Text::read(reader, "help", primary, MAX_HELP_CHARS),
            required: reader.boolean("required", false),
            inline: reader.boolean("inline", false),
            kind: kind?,
            id: id.ok()?,
        })
    }

    /// What an applicant sees of it.
    fn public(&self, lang: Lang) -> Value {
        let mut value = json!({
            "id": self.id.as_str(),
            "type": self.kind.name(),
            "label": self.label.get(lang),
            "help": self.help.get(lang),
            "required": self.required,
            "inline": self.inline,
        });
        match &self.kind {
            FieldKind::Text { max_chars } | FieldKind::Paragraph { max_chars } => {
                value["max_chars"] = (*max_chars).into();
            }
            FieldKind::Radio { options } | FieldKind::Checkbox { options } | FieldKind::Select { options } => {
                let choice = |c: &Choice| json!({"value": c.value, "label": c.label.get(lang)});
                value["options"] = options.iter().map(choice).collect();
            }
            FieldKind::Date { min, max } => {
                value["min"] = min.map(|date| date.to_string()).into();
                value["max"] = max.map(|date| date.to_string()).into();
            }
            FieldKind::File { max_files } => value["max_files"] = (*max_files).into(),
        }
        value
    }
}

impl FieldKind {
    fn read(reader: &Reader<'_>, primary: Lang) -> Option<Self> {
        let names = ["text", "paragraph", "radio", "checkbox", "select", "date", "file"];
        let words: Vec<(&str, &str)> = names.iter().map(|name| (*name, *name)).collect();
        let chars = |max: u32| {
            let number = reader.optional_integer("max_chars", 1, i64::from(max));
            number.and_then(|n| u32::try_from(n).ok()).unwrap_or(max)
        };
        Some(match one_of(reader, "type", &words, None)? {
            "text" => Self::Text { max_chars: chars(MAX_TEXT_CHARS) },
            "paragraph" => Self::Paragraph { max_chars: chars(MAX_PARAGRAPH_CHARS) },
            "radio" => Self::Radio { options: Choice::read_all(reader, primary) },
            "checkbox" => Self::Checkbox { options: Choice::read_all(reader, primary) },
            "select" => Self::Select { options: Choice::read_all(reader, primary) },
            "date" => {
                let (min, max) = (end(reader, "min"), end(reader, "max"));
                if let (Some(first), Some(last)) = (min, max)
                    && last < first
                {
                    reader.refuse_field("max", Reason::NotAllowed { allowed: format!("{first} –") });
                }
                Self::Date { min, max }
            }
            _ => {
                let max = i64::try_from(MAX_FILES).unwrap_or(1);
                let number = reader.optional_integer("max_files", 1, max).unwrap_or(1);
                Self::File { max_files: u32::try_from(number).unwrap_or(1) }
            }
        })
    }
}

fn end(reader: &Reader<'_>, key: &str) -> Option<Date> {
    let text = reader.optional_text(key, MAX_SHORT_CHARS)?;
    let found = date(&text);
    if found.is_none() {
        reader.refuse_field(key, Reason::NotDate);
    }
    found
}

impl Choice {
    fn read_all(reader: &Reader<'_>, primary: Lang) -> Vec<Self> {
        let list = reader.list("options", MAX_OPTIONS);
        if list.is_empty() {
            let reason = if reader.field("options").is_some() { Reason::TooFew { min: 1 } } else { Reason::Missing };
            reader.refuse_field("options", reason);
        }
        let mut seen = HashSet::new();
        let mut choices = Vec::with_capacity(list.len());
        for entry in &list {
            if !entry.is_object() {
                continue;
            }
            let value = entry.text("value", 1, MAX_LABEL_CHARS);
            let label = Text::read(entry, "label", primary, MAX_LABEL_CHARS);
            // A choice that has no other text is shown by its value.
            let label = if label.is_empty() { Text { en: value.clone(), ja: value.clone() } } else { label };
            if !value.is_empty() && !seen.insert(value.clone()) {
                entry.refuse_field("value", Reason::Duplicate);
            }
            choices.push(Self { value, label });
        }
        choices
    }
}

impl Routing {
    fn read(parent: &Reader<'_>, fields: &[Field], approval: &Approval) -> Self {
        let Some(reader) = parent.field("routing").filter(Reader::is_object) else { return Self::All };
        let words = [("all", "all"), ("field", "field"), ("round_robin", "round_robin")];
        match one_of(&reader, "by", &words, Some("all")) {
            Some("round_robin") => Self::RoundRobin,
            Some("field") => Self::read_rules(&reader, fields, approval),
            _ => Self::All,
        }
    }

    fn read_rules(reader: &Reader<'_>, fields: &[Field], approval: &Approval) -> Self {
        let name = reader.text("field", 1, MAX_SHORT_CHARS);
        let field = fields.iter().find(|field| field.id.as_str() == name && !field.kind.options().is_empty());
        let Some(field) = field else {
            if !name.is_empty() {
                reader.refuse_field("field", Reason::NotFound);
            }
            return Self::All;
        };
        let people = |reader: &Reader<'_>, key: &str| {
            let known = |entry: &Reader<'_>| {
                let id = entry.value().as_str().unwrap_or_default();
                let found = approval.reviewers().find(|reviewer| reviewer.id.as_str() == id).map(|r| r.id.clone());
                if found.is_none() {
                    entry.refuse(Reason::NotFound);
                }
                found
            };
            reader.list(key, crate::limits::MAX_REVIEWERS).iter().filter_map(known).collect::<Vec<_>>()
        };
        let rule = |entry: &Reader<'_>| {
            if !entry.is_object() {
                return None;
            }
            let value = entry.text("value", 1, MAX_LABEL_CHARS);
            if !value.is_empty() && !field.kind.options().iter().any(|choice| choice.value == value) {
                entry.refuse_field("value", Reason::NotFound);
            }
            let reviewers = people(entry, "reviewers");
            if entry.field("reviewers").is_none() {
                entry.refuse_field("reviewers", Reason::Missing);
            }
            Some(Rule { value, reviewers })
        };
        let rules = reader.list("rules", MAX_OPTIONS).iter().filter_map(rule).collect();
        Self::Field { field: field.id.clone(), rules, otherwise: people(reader, "otherwise") }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::approval::tests::METHODS;

    #[expect(clippy::needless_pass_by_value, reason = "reads best where it is called with json!")]
    pub(crate) fn body(approval: Value) -> Value {
        json!({
            "badge_id": "b1", "primary_language": "ja",
            "title": {"ja": "申請", "en": "Application"},
            "instructions": {"ja": "書いてください"}, "reviewer_instructions": "SECRET-INSTRUCTIONS",
            "fields": [
                {"id": "why", "type": "paragraph", "label": {"ja": "理由", "en": "Why"}, "required": true},
                {"id": "course", "type": "radio", "label": "コース", "required": true, "inline": true,
                 "options": [{"value": "a", "label": {"ja": "甲", "en": "A"}}, {"value": "b"}]},
                {"id": "topics", "type": "checkbox", "label": "話題", "options": [{"value": "x"}, {"value": "y"}, {"value": "z"}]},
                {"id": "on", "type": "date", "label": "日付", "min": "2026-01-01", "max": "2026-12-31"},
                {"id": "word", "type": "text", "label": "合言葉", "max_chars": 20},
                {"id": "file", "type": "file", "label": "資料", "max_files": 3}
            ],
            "evidence": "optional", "approval": approval
        })
    }

    pub(crate) fn definition(approval: Value) -> Definition {
        Definition::read(&body(approval)).unwrap()
    }

    pub(crate) fn form(approval: Value) -> Form {
        let at = "2026-06-01T00:00:00Z".parse().unwrap();
        Form {
            id: FormId::from_random([1; 10]),
            client: ClientId::from_random([2; 10]),
            version: 1,
            definition: definition(approval),
            archived_at: None,
            secret: Secret::from_random([7; 32]),
            created_at: at,
            modified_at: at,
        }
    }

    fn complaints(change: impl Fn(&mut Value)) -> Vec<(String, &'static str)> {
        let mut value = body(json!({"method": "automatic"}));
        change(&mut value);
        let errors = Definition::read(&value).err().unwrap_or_default();
        errors.into_iter().map(|e| (e.pointer, e.reason.code())).collect()
    }

    #[test]
    fn what_is_written_reads_as_the_same() {
        for (_, approval) in METHODS.iter() {
            let mut value = body(serde_json::from_str(approval).unwrap());
            value["not_before"] = "2026-04-01T09:00".into();
            value["not_after"] = "2026-04-30".into();
            value["time_zone"] = "Asia/Tokyo".into();
            value["domains"] = json!(["example.org", "*.ac.jp"]);
            value["embed_origins"] = json!(["https://www.example.org/"]);
            value["per_person"] = 0.into();
            value["total"] = 500.into();
            let definition = Definition::read(&value).unwrap();
            assert_eq!(Definition::read(&definition.write()).unwrap(), definition);
            let stored = serde_json::to_string(&definition).unwrap();
            assert_eq!(serde_json::from_str::<Definition>(&stored).unwrap(), definition);
        }
    }

    #[test]
    fn the_public_half_tells_no_secret() {
        for (_, approval) in METHODS.iter() {
            let form = form(serde_json::from_str(approval).unwrap());
            for lang in [Lang::Ja, Lang::En] {
                let text = form.public(lang, form.created_at).to_string();
                for secret in ["SECRET", "secret", "@", "07070707", "reviewer_instructions", "points", "pass_mark"] {
                    assert!(!text.contains(secret), "{secret} in {text}");
                }
            }
        }
        let public = form(json!({"method": "automatic"})).public(Lang::En, Timestamp::UNIX_EPOCH);
        assert_eq!(public["fields"][1]["options"][0]["label"], "A");
        assert_eq!(public["title"], "Application");
    }

    #[test]
    fn every_complaint_names_its_place() {
        let found = complaints(|v| {
            v["title"] = json!({});
            v["badge_id"] = "a-b".into();
            v["fields"][0]["id"] = "why not".into();
            v["fields"][1]["options"] = json!([{"value": "a"}, {"value": "a"}, {}]);
            v["fields"][2]["options"] = json!([]);
            v["fields"][3]["max"] = "2025-01-01".into();
            v["fields"][4]["type"] = "colour".into();
            v["fields"][5]["id"] = "email".into();
            v["domains"] = json!(["exa mple"]);
            v["embed_origins"] = json!(["https://a.example/path"]);
            v["approval"] = json!({"method": "lottery"});
            v["total"] = 0.into();
        });
        let expected = [
            ("/fields/0/id", "not_allowed"),
            ("/fields/1/options/1/value", "duplicate"),
            ("/fields/1/options/2/value", "missing"),
            ("/fields/2/options", "too_few"),
            ("/fields/3/max", "not_allowed"),
            ("/fields/4/type", "not_allowed"),
            ("/fields/5/id", "duplicate"),
            ("/badge_id", "not_found"),
            ("/approval/method", "not_allowed"),
            ("/title", "empty"),
            ("/total", "out_of_range"),
            ("/domains/0", "not_allowed"),
            ("/embed_origins/0", "not_allowed"),
        ];
        let mut found = found;
        let mut expected: Vec<_> = expected.map(|(p, c)| (p.to_owned(), c)).into();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_form_without_evidence_takes_no_files_and_one_with_evidence_asks_for_some() {
        assert_eq!(complaints(|v| v["evidence"] = "no".into()), [("/fields/5/type".to_owned(), "not_allowed")]);
        let mut value = body(json!({"method": "automatic"}));
        value["fields"] = json!([]);
        value["evidence"] = "yes".into();
        let asked = Definition::read(&value).unwrap().asked();
        assert_eq!((asked.len(), asked[0].id.as_str(), asked[0].required), (1, "evidence", true));
    }

    #[test]
    fn one_application_a_person_unless_said_otherwise() {
        let mut value = body(json!({"method": "automatic"}));
        assert_eq!(Definition::read(&value).unwrap().per_person, Some(1));
        value["per_person"] = 0.into();
        assert_eq!(Definition::read(&value).unwrap().per_person, None);
    }

    #[test]
    fn domains_are_whole_ones() {
        let holds = |domain, address: &str| Domain::parse(domain).unwrap().holds(&address.parse().unwrap());
        assert!(holds("Example.org", "a@EXAMPLE.org") && holds("*.ac.jp", "a@u-tokyo.ac.jp"));
        assert!(!holds("example.org", "a@evilexample.org") && !holds("example.org", "a@x.example.org"));
        assert!(!holds("*.ac.jp", "a@ac.jp") && !holds("*.ac.jp", "a@evilac.jp"));
        assert!(Domain::parse("").is_none() && Domain::parse("a..b").is_none());
    }

    #[test]
    fn the_method_of_approval_stays_and_a_change_makes_a_version() {
        let form = form(json!({"method": "automatic"}));
        let now = form.created_at;
        assert_eq!(form.edit(form.definition.clone(), now).unwrap().version, 1);
        let mut changed = form.definition.clone();
        changed.title = Text::new("x", "y");
        assert_eq!(form.edit(changed.clone(), now).unwrap().version, 2);
        changed.approval = Approval::Peer { badges: vec![BadgeId::from_random([1; 10])], threshold: 1 };
        assert_eq!(form.edit(changed, now).unwrap_err()[0].pointer, "/approval/method");
    }

    #[test]
    fn a_form_is_open_when_nothing_closes_it() {
        let form = form(json!({"method": "automatic"}));
        let now = form.created_at;
        assert_eq!(form.availability(now), Availability::Open);
        assert_eq!(Form { archived_at: Some(now), ..form.clone() }.availability(now), Availability::Closed);
        let mut off = form.clone();
        off.definition.active = false;
        assert_eq!(off.availability(now), Availability::Closed);
        let mut later = form;
        later.definition.window.not_before = Some("2027-01-01T00:00".parse().unwrap());
        assert!(matches!(later.availability(now), Availability::NotYet(_)));
    }

    #[test]
    fn routing_names_only_who_and_what_exists() {
        let mut value = body(serde_json::from_str(METHODS[0].1).unwrap());
        value["routing"] = json!({"by": "field", "field": "course",
            "rules": [{"value": "a", "reviewers": ["r1"]}, {"value": "q", "reviewers": ["nobody"]}], "otherwise": ["r2"]});
        let errors = Definition::read(&value).unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.pointer.as_str(), e.reason.code())).collect();
        assert_eq!(found, [("/routing/rules/1/value", "not_found"), ("/routing/rules/1/reviewers/0", "not_found")]);
        value["routing"]["field"] = "why".into();
        assert_eq!(Definition::read(&value).unwrap_err()[0].pointer, "/routing/field");
    }
}
