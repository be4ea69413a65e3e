//! What browsers send without scripts, in the notation of the JSON API: whatever a page does, the API does.

use application::form::{Definition, FieldKind};
use badge::input::{FieldError, Reason};
use edge::{Kind, Problem, Request};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

/// What the names of fields begin with that answer a form's own questions.
pub(crate) const ANSWER: &str = "a.";
/// The button pressed: `save` or `submit`.
pub(crate) const BUTTON: &str = "do";
/// The fields for the texts of the mail about a badge, and what the API calls them.
pub(crate) const MAIL_TEXTS: [(&str, &str); 2] = [("email_subject", "subject"), ("email_body", "body")];
/// Bytes of what a browser sends: percent-encoding makes three of one.
const MAX_BYTES: usize = 3 * application::limits::MAX_ANSWERS_BYTES + 20_000;

/// Whether a page's form was sent.
pub(crate) fn is_form(request: &Request) -> bool {
    let media_type = request.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
    request.method == http::Method::POST && media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Names and values, in their order. Lines end as they do elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted(Vec<(String, String)>);

impl Posted {
    pub(crate) fn read(request: &Request) -> Result<Self, Problem> {
        if request.body.len() > MAX_BYTES {
            return Err(Kind::TooLarge.into());
        }
        let pairs = url::form_urlencoded::parse(&request.body);
        Ok(Self(pairs.map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect()))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether this button was pressed.
    pub(crate) fn pressed(&self, button: &str) -> bool {
        self.get(BUTTON) == Some(button)
    }

    /// Everything but answers and the button, as texts; what was left empty is absent.
    fn rest(&self) -> Map<String, Value> {
        let own =
            self.0.iter().filter(|(name, value)| !name.starts_with(ANSWER) && name != BUTTON && !value.is_empty());
        own.map(|(name, value)| (name.clone(), value.as_str().into())).collect()
    }

    /// What an applicant typed, as `POST …/applications` and `…/submit` take it.
    pub(crate) fn typed(&self, definition: &Definition, lang: badge::Lang) -> Value {
        let mut answers = Map::new();
        let fields = definition.asked();
        for (name, value) in &self.0 {
            let Some(id) = name.strip_prefix(ANSWER) else { continue };
            let kind = fields.iter().find(|field| field.id.as_str() == id).map(|field| &field.kind);
            match kind {
                Some(FieldKind::Checkbox { .. } | FieldKind::File { .. }) => {
                    let list = answers.entry(id.to_owned()).or_insert_with(|| json!([]));
                    if let Some(list) = list.as_array_mut().filter(|_| !value.is_empty()) {
                        list.push(value.as_str().into());
                    }
                }
                _ => drop(answers.insert(id.to_owned(), value.as_str().into())),
            }
        }
        let mut body = self.rest();
        body.insert("answers".into(), answers.into());
        body.insert("language".into(), lang.tag().into());
        body.insert("submit".into(), self.pressed("submit").into());
        body.into()
    }

    /// Anything else, as it is.
    pub(crate) fn plain(&self) -> Value {
        self.rest().into()
    }

    /// A reviewer's decision: the last day of a badge is a date here, an instant there; the mail's texts are fields of their own.
    pub(crate) fn decision(&self, definition: &Definition) -> Result<Value, Problem> {
        let mut body = self.rest();
        let texts = MAIL_TEXTS.into_iter().filter_map(|(field, text)| Some((text.to_owned(), body.remove(field)?)));
        let texts: Map<String, Value> = texts.collect();
        if !texts.is_empty() {
            body.insert("email_message".into(), texts.into());
        }
        body.insert("send_email".into(), (self.get("send_email") == Some("yes")).into());
        if let Some(text) = body.get("expires_on").and_then(Value::as_str).map(str::to_owned) {
            let zone = definition.window.zone.as_str();
            let end = text.parse::<Date>().and_then(Date::tomorrow).and_then(|day| day.in_tz(zone));
            let end = end.map_err(|_| vec![FieldError { pointer: "/expires_on".into(), reason: Reason::NotDate }])?;
            body.insert("expires_on".into(), end.timestamp().as_second().saturating_sub(1).into());
        }
        Ok(body.into())
    }
}

/// The same request as the JSON API takes it.
pub(crate) fn as_json(request: &Request, body: &Value, lang: badge::Lang) -> Request {
    let mut request = request.clone();
    request.body = body.to_string().into_bytes();
    request.lang = lang;
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::sample;
    use badge::Lang;

    fn posted(body: &str) -> Posted {
        let mut request = Request::test(http::Method::POST, "/", &[]);
        request.body = body.into();
        Posted::read(&request).unwrap()
    }

    #[test]
    fn what_a_browser_sends_becomes_what_the_api_takes() {
        let definition = sample::form(&sample::review()).definition;
        let posted = posted(
            "name=%E8%8A%B1%E5%AD%90&email=a%40b.example&a.why=1%0D%0A2&a.topics=x&a.topics=z&a.file=f1&a.word=&a.course=a&do=submit&website=",
        );
        let expected = json!({
            "name": "花子", "email": "a@b.example", "language": "ja", "submit": true,
            "answers": {"why": "1\n2", "topics": ["x", "z"], "file": ["f1"], "word": "", "course": "a"},
        });
        let found = posted.typed(&definition, Lang::Ja);
        assert_eq!(
            serde_json::from_str::<std::collections::BTreeMap<String, Value>>(&found.to_string()).unwrap(),
            serde_json::from_str::<std::collections::BTreeMap<String, Value>>(&expected.to_string()).unwrap()
        );
    }

    #[test]
    fn what_fills_in_the_trap_is_handed_on_to_be_refused() {
        let definition = sample::form(&sample::review()).definition;
        assert_eq!(posted("website=http%3A%2F%2Fx").typed(&definition, Lang::En)["website"], "http://x");
    }

    #[test]
    fn the_last_day_of_a_badge_ends_in_the_forms_own_zone() {
        let definition = sample::form(&sample::review()).definition;
        let body = posted("decision=approve&expires_on=2027-03-31&criteria_add=").decision(&definition).unwrap();
        assert_eq!(body["expires_on"], "2027-03-31T14:59:59Z".parse::<jiff::Timestamp>().unwrap().as_second());
        assert!(body.get("criteria_add").is_none() && body["send_email"] == false);
        let body = posted("decision=approve&email_subject=Yes&email_body=").decision(&definition).unwrap();
        assert_eq!((&body["email_message"], body.get("email_subject")), (&json!({"subject": "Yes"}), None));
        assert!(
            posted("decision=approve&email_subject=").decision(&definition).unwrap().get("email_message").is_none()
        );
        let wrong = posted("expires_on=someday").decision(&definition).unwrap_err();
        assert_eq!(wrong.field_errors()[0].pointer, "/expires_on");
    }

    #[test]
    fn only_forms_are_read_as_forms_and_no_larger_than_answers_can_be() {
        let with = |media_type: &str| {
            let mut request = Request::test(http::Method::POST, "/", &[("content-type", media_type)]);
            request.body = vec![b'x'; MAX_BYTES + 1];
            request
        };
        assert!(
            is_form(&with("application/x-www-form-urlencoded; charset=utf-8")) && !is_form(&with("application/json"))
        );
        assert_eq!(Posted::read(&with("")).unwrap_err().kind(), Kind::TooLarge);
    }
}
