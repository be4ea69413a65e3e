//! What an applicant answers, read against a version of the form.
//!
//! What was typed is kept as it came until it can be taken ([`Typed`]): a form that changed, an answer too long or a closed window
//! loses nothing. [`Answers::read`] takes it or names everything that is wrong, field by field; scoring a quiz is done here and
//! nowhere else.

use crate::approval::{Approval, Question, folded};
use crate::form::{Definition, Field, FieldKind};
use crate::limits::{MAX_ANSWERS_BYTES, MAX_FIELDS, MAX_FILES, MAX_LABEL_CHARS};
use crate::names::FieldId;
use crate::time::date;
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::limits::MAX_NAME_CHARS;
use badge::{EmailAddress, EvidenceId, Lang};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};

/// Answers as they were typed, not looked at: an object of field names and values, of bounded size.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(Map<String, Value>);

impl Typed {
    /// Reads the member `answers` of a body; nothing when it is absent. Only its size and its shape are looked at.
    pub fn read(reader: &Reader<'_>) -> Self {
        let Some(field) = reader.field("answers") else { return Self::default() };
        let Some(map) = field.value().as_object() else {
            field.refuse(Reason::NotObject);
            return Self::default();
        };
        if serde_json::to_vec(map).map_or(usize::MAX, |json| json.len()) > MAX_ANSWERS_BYTES {
            field.refuse(Reason::TooLarge { max: MAX_ANSWERS_BYTES });
            return Self::default();
        }
        if map.len() > 2 * MAX_FIELDS {
            field.refuse(Reason::TooMany { max: 2 * MAX_FIELDS });
            return Self::default();
        }
        Self(map.clone())
    }

    /// As it came.
    #[must_use]
    pub fn value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

impl From<&Answers> for Typed {
    fn from(answers: &Answers) -> Self {
        Self(answers.0.iter().map(|(field, answer)| (field.to_string(), answer.value())).collect())
    }
}

/// Who applies. Name and e-mail address are always asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applicant {
    /// Their name.
    pub name: String,
    /// Their address, exactly as given.
    pub email: EmailAddress,
    /// The language they read.
    pub language: Lang,
}

impl Applicant {
    /// Reads `name`, `email` and `language` of a body.
    pub fn read(reader: &Reader<'_>, definition: &Definition, lang: Lang) -> Option<Self> {
        let name = reader.text("name", 1, MAX_NAME_CHARS);
        let email = reader.somebodys_email("email");
        if let Some(address) = &email
            && !definition.admits(address)
        {
            let allowed = serde_json::to_value(&definition.domains).unwrap_or_default();
            let list: Vec<&str> = allowed.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            reader.refuse_field("email", Reason::NotAllowed { allowed: list.join(", ") });
        }
        let words = [("ja", Lang::Ja), ("en", Lang::En)];
        let language = crate::form::one_of(reader, "language", &words, Some(lang)).unwrap_or(lang);
        Some(Self { name, email: email?, language })
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To a text, a paragraph, or a field with one choice.
    Text(String),
    /// To a field with several choices, in the form's order.
    Choices(Vec<String>),
    /// To a date.
    Date(Date),
    /// To a file field.
    Files(Vec<EvidenceId>),
}

impl Answer {
    /// As it stands in JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Choices(values) => values.iter().map(String::as_str).collect(),
            Self::Date(date) => date.to_string().into(),
            Self::Files(ids) => ids.iter().map(EvidenceId::as_str).collect(),
        }
    }
}

/// Answers that fit a version of the form. Fields that were left empty are absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<FieldId, Answer>);

impl Answers {
    /// Takes what was typed, or names everything that is wrong with it; pointers lead into `/answers`.
    ///
    /// A file field holds ids of evidence; whether they are of this application and accepted is the caller's to look up.
    ///
    /// # Errors
    /// Every answer that cannot be taken.
    pub fn read(typed: &Typed, definition: &Definition) -> Result<Self, Vec<FieldError>> {
        let body = json!({"answers": typed.0});
        let complaints = Complaints::default();
        let root = Reader::root(&body, &complaints);
        let fields = definition.asked();
        let mut answers = BTreeMap::new();
        if let Some(reader) = root.field("answers") {
            for field in &fields {
                match read_answer(&reader, field) {
                    Some(answer) => drop(answers.insert(field.id.clone(), answer)),
                    None if field.required && is_empty(&reader, field) => {
                        reader.refuse_field(field.id.as_str(), Reason::Missing);
                    }
                    None => {}
                }
            }
            for name in typed.0.keys() {
                if !fields.iter().any(|field| field.id.as_str() == name) && reader.field(name).is_some() {
                    reader.refuse_field(name, Reason::NotFound);
                }
            }
        }
        let answers = Self(answers);
        answers.look_at_files(definition, &fields, &complaints);
        complaints.into_result(answers)
    }

    /// A file belongs to one answer, there are not too many of them, and one at least where evidence has to be.
    fn look_at_files(&self, definition: &Definition, fields: &[Field], complaints: &Complaints) {
        let mut seen = HashSet::new();
        for (field, answer) in &self.0 {
            let Answer::Files(ids) = answer else { continue };
            for (index, id) in ids.iter().enumerate() {
                if !seen.insert(id) {
                    complaints.note(format!("/answers/{field}/{index}"), Reason::Duplicate);
                }
            }
        }
        let files = |field: &&Field| matches!(field.kind, FieldKind::File { .. });
        let Some(first) = fields.iter().find(files) else { return };
        if seen.len() > MAX_FILES {
            complaints.note(format!("/answers/{}", first.id), Reason::TooMany { max: MAX_FILES });
        }
        let needed = definition.evidence == crate::form::EvidencePolicy::Yes;
        if needed && seen.is_empty() && !fields.iter().any(|field| files(&field) && field.required) {
            complaints.note(format!("/answers/{}", first.id), Reason::Missing);
        }
    }

    /// The answer to a field.
    #[must_use]
    pub fn get(&self, field: &FieldId) -> Option<&Answer> {
        self.0.get(field)
    }

    /// All of them, as they stand in JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        Typed::from(self).value()
    }

    /// The files named in them, with their fields.
    pub fn files(&self) -> impl Iterator<Item = (&FieldId, &EvidenceId)> {
        self.0.iter().flat_map(|(field, answer)| {
            let ids = if let Answer::Files(ids) = answer { ids.as_slice() } else { &[] };
            ids.iter().map(move |id| (field, id))
        })
    }
}

fn is_empty(reader: &Reader<'_>, field: &Field) -> bool {
    reader.field(field.id.as_str()).is_none_or(|answer| match answer.value() {
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    })
}

/// An answer, or none where nothing was answered or a complaint was noted.
fn read_answer(reader: &Reader<'_>, field: &Field) -> Option<Answer> {
    if is_empty(reader, field) {
        return None;
    }
    let key = field.id.as_str();
    let size = |chars: u32| usize::try_from(chars).unwrap_or(usize::MAX);
    match &field.kind {
        FieldKind::Text { max_chars } => {
            let text = reader.optional_text(key, size(*max_chars))?;
            if text.contains(['\n', '\r']) {
                reader.refuse_field(key, Reason::ControlCharacter);
                return None;
            }
            Some(Answer::Text(text))
        }
        FieldKind::Paragraph { max_chars } => reader.optional_text(key, size(*max_chars)).map(Answer::Text),
        FieldKind::Radio { options } | FieldKind::Select { options } => {
            let value = reader.optional_text(key, MAX_LABEL_CHARS)?;
            if options.iter().any(|choice| choice.value == value) {
                return Some(Answer::Text(value));
            }
            reader.refuse_field(key, Reason::NotAllowed { allowed: values(field) });
            None
        }
        FieldKind::Checkbox { options } => {
            let chosen = reader.list(key, options.len());
            let known = |entry: &Reader<'_>| {
                let value = entry.value().as_str()?;
                options.iter().position(|choice| choice.value == value)
            };
            let mut places = Vec::with_capacity(chosen.len());
            for entry in &chosen {
                match known(entry) {
                    Some(place) if places.contains(&place) => entry.refuse(Reason::Duplicate),
                    Some(place) => places.push(place),
                    None => entry.refuse(Reason::NotAllowed { allowed: values(field) }),
                }
            }
            places.sort_unstable();
            let values = places.iter().filter_map(|place| options.get(*place)).map(|choice| choice.value.clone());
            Some(Answer::Choices(values.collect())).filter(|_| !places.is_empty())
        }
        FieldKind::Date { min, max } => {
            let text = reader.optional_text(key, MAX_LABEL_CHARS)?;
            let Some(day) = date(&text) else {
                reader.refuse_field(key, Reason::NotDate);
                return None;
            };
            if min.is_some_and(|first| day < first) || max.is_some_and(|last| day > last) {
                let end = |date: &Option<Date>| date.map(|d| d.to_string()).unwrap_or_default();
                reader.refuse_field(key, Reason::NotAllowed { allowed: format!("{} – {}", end(min), end(max)) });
                return None;
            }
            Some(Answer::Date(day))
        }
        FieldKind::File { max_files } => {
            let id = |entry: &Reader<'_>| {
                let id = entry.value().as_str().and_then(|text| text.parse::<EvidenceId>().ok());
                if id.is_none() {
                    entry.refuse(Reason::NotFound);
                }
                id
            };
            let ids: Vec<EvidenceId> = reader.list(key, size(*max_files)).iter().filter_map(id).collect();
            Some(Answer::Files(ids)).filter(|answer| *answer != Answer::Files(Vec::new()))
        }
    }
}

fn values(field: &Field) -> String {
    field.kind.options().iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(", ")
}

/// What a quiz came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Points reached.
    pub points: u32,
    /// Points there are.
    pub of: u32,
    /// Whether the pass mark was reached.
    pub passed: bool,
}

impl Answers {
    /// The score of these answers; none when the form is no quiz.
    #[must_use]
    pub fn score(&self, approval: &Approval) -> Option<Score> {
        let Approval::Quiz { questions, pass_mark, .. } = approval else { return None };
        let sum = |of: &dyn Fn(&Question) -> bool| questions.iter().filter(|q| of(q)).map(|q| q.points).sum::<u32>();
        let points =
            sum(&|question| self.0.get(&question.field).is_some_and(|answer| is_right(answer, &question.right)));
        Some(Score { points, of: sum(&|_| true), passed: points >= *pass_mark })
    }
}

fn is_right(answer: &Answer, right: &[String]) -> bool {
    match answer {
        Answer::Text(text) => right.iter().any(|one| folded(one) == folded(text)),
        Answer::Date(date) => right.iter().any(|one| one.trim() == date.to_string()),
        Answer::Choices(values) => {
            let (given, wanted): (HashSet<_>, HashSet<_>) = (values.iter().collect(), right.iter().collect());
            given == wanted
        }
        Answer::Files(_) => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::approval::tests::method;
    use crate::form::tests::{body, definition};
    use proptest::prelude::*;

    pub(crate) fn typed(value: &Value) -> Typed {
        let body = json!({"answers": value});
        let complaints = Complaints::default();
        let typed = Typed::read(&Reader::root(&body, &complaints));
        complaints.into_result(typed).unwrap()
    }

    fn read(value: &Value) -> Result<Answers, Vec<(String, &'static str)>> {
        let wrong = |errors: Vec<FieldError>| errors.into_iter().map(|e| (e.pointer, e.reason.code())).collect();
        Answers::read(&typed(value), &definition(json!({"method": "automatic"}))).map_err(wrong)
    }

    #[test]
    fn answers_become_what_they_are() {
        let value = json!({"why": "こんにちは\n世界", "course": "a", "topics": ["z", "x"], "on": "2026-02-03", "word": "x",
            "file": ["e1", "e2"]});
        let answers = read(&value).unwrap();
        let expected = json!({"why": "こんにちは\n世界", "course": "a", "topics": ["x", "z"], "on": "2026-02-03", "word": "x",
            "file": ["e1", "e2"]});
        assert_eq!(answers.value(), expected);
        assert_eq!(answers.files().count(), 2);
        let stored = serde_json::to_string(&answers).unwrap();
        assert_eq!(serde_json::from_str::<Answers>(&stored).unwrap(), answers);
        assert_eq!(read(&answers.value()).unwrap(), answers);
    }

    #[test]
    fn every_answer_that_cannot_be_taken_is_named_at_once() {
        let value = json!({"why": " ", "course": "c", "topics": ["x", "x", "q"], "on": "2027-01-01", "word": "a\nb",
            "file": ["../x"], "score": 100});
        let expected = [
            ("/answers/why", "missing"),
            ("/answers/course", "not_allowed"),
            ("/answers/topics/1", "duplicate"),
            ("/answers/topics/2", "not_allowed"),
            ("/answers/on", "not_allowed"),
            ("/answers/word", "control_character"),
            ("/answers/file/0", "not_found"),
            ("/answers/score", "not_found"),
        ];
        assert_eq!(read(&value).unwrap_err(), expected.map(|(p, c)| (p.to_owned(), c)));
        let wrong = json!({"why": 1, "course": ["a"], "topics": "x", "on": 5, "word": {}, "file": "e1"});
        let codes: Vec<_> = read(&wrong).unwrap_err().into_iter().map(|(_, code)| code).collect();
        assert_eq!(codes, ["not_text", "not_text", "not_list", "not_text", "not_text", "not_list"]);
    }

    #[test]
    fn too_long_too_many_and_twice_the_same_file() {
        let good = json!({"why": "w", "course": "a"});
        let with = |key: &str, value: Value| {
            let mut all = good.clone();
            all[key] = value;
            read(&all).unwrap_err()
        };
        assert_eq!(with("word", "x".repeat(21).into())[0].1, "too_long");
        assert_eq!(with("file", json!(["1", "2", "3", "4"]))[0].1, "too_many");
        assert_eq!(with("file", json!(["1", "1"])), [("/answers/file/1".to_owned(), "duplicate")]);
    }

    #[test]
    fn evidence_that_has_to_be_there_is_asked_for() {
        let mut value = body(json!({"method": "automatic"}));
        value["evidence"] = "yes".into();
        let definition = Definition::read(&value).unwrap();
        let errors = Answers::read(&typed(&json!({"why": "w", "course": "a"})), &definition).unwrap_err();
        assert_eq!(
            (errors.len(), errors[0].pointer.as_str(), errors[0].reason.code()),
            (1, "/answers/file", "missing")
        );
    }

    #[test]
    fn a_quiz_is_marked_by_the_form_alone() {
        let definition = definition(method("quiz"));
        let score = |value: Value| {
            let answers = Answers::read(&typed(&value), &definition).unwrap();
            let score = answers.score(&definition.approval).unwrap();
            (score.points, score.passed)
        };
        assert_eq!(
            score(json!({"why": "w", "course": "b", "topics": ["z", "x"], "word": " ｓｅｃｒｅｔ　Word "})),
            (5, true)
        );
        assert_eq!(score(json!({"why": "w", "course": "b", "topics": ["x", "z"]})), (4, true));
        assert_eq!(score(json!({"why": "w", "course": "b", "topics": ["x", "y", "z"], "word": "secret"})), (3, false));
        assert_eq!(score(json!({"why": "w", "course": "a"})), (0, false));
        let automatic = Approval::Automatic;
        assert_eq!(Answers::default().score(&automatic), None);
    }

    #[test]
    fn who_applies_is_named_and_of_the_right_domain() {
        let mut value = body(json!({"method": "automatic"}));
        value["domains"] = json!(["example.org"]);
        let definition = Definition::read(&value).unwrap();
        let read = |value: &Value| {
            let complaints = Complaints::default();
            let applicant = Applicant::read(&Reader::root(value, &complaints), &definition, Lang::Ja);
            let wrong =
                |errors: Vec<FieldError>| errors.into_iter().map(|e| (e.pointer, e.reason.code())).collect::<Vec<_>>();
            complaints.into_result(applicant).map_err(wrong)
        };
        let good = read(&json!({"name": "花子", "email": "h@example.org"})).unwrap().unwrap();
        assert_eq!(good.language, Lang::Ja);
        assert_eq!(read(&json!({"email": "h@other.org"})).unwrap_err().len(), 2);
        assert_eq!(
            read(&json!({"name": "x", "email": "h@other.org"})).unwrap_err(),
            [("/email".to_owned(), "not_allowed")]
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,30}".prop_map(Value::from),
            prop_oneof![Just("a"), Just("x"), Just("2026-03-01")].prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 12, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::hash_map("[a-z]{1,3}", inner, 0..3).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_taken_whole_or_complained_about(
            values in proptest::collection::vec(any_json(), 6),
        ) {
            let names = ["why", "course", "topics", "on", "word", "file"];
            let value: Value = names.iter().zip(&values).map(|(n, v)| ((*n).to_owned(), v.clone())).collect::<Map<_, _>>().into();
            match read(&value) {
                Ok(answers) => {
                    // Taken means taken again, and that required fields are there.
                    prop_assert_eq!(read(&answers.value()).unwrap(), answers.clone());
                    prop_assert!(answers.value().get("why").is_some() && answers.value().get("course").is_some());
                }
                Err(errors) => prop_assert!(!errors.is_empty() && errors.iter().all(|(p, _)| p.starts_with("/answers/"))),
            }
        }
    }
}
