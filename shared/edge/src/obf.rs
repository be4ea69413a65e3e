//! Shapes of the Open Badge Factory API v2 that more than one function answers with.

use badge::definition::{Alignment, Content, EmailMessage, EmailTranslation};
use badge::input::{FieldError, Reason};
use serde_json::{Value, json};

/// Entries of one page, and as many when the caller does not say.
const MAX_PAGE: i64 = 1_000;

/// A whole number out of a query parameter within `min..=max`; `default` when it is absent or cannot be taken, which is noted.
pub fn number(errors: &mut Vec<FieldError>, name: &str, text: Option<&str>, default: i64, min: i64, max: i64) -> i64 {
    let Some(text) = text else { return default };
    let value = text.parse().ok().filter(|n| (min..=max).contains(n));
    value.unwrap_or_else(|| {
        errors.push(FieldError { pointer: format!("/{name}"), reason: Reason::OutOfRange { min, max } });
        default
    })
}

/// Which part of a list was asked for, by `limit` and `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// At most so many entries.
    pub limit: usize,
    /// After leaving out so many.
    pub offset: usize,
}

impl Page {
    /// Reads the two parameters; what cannot be taken is noted.
    pub fn read<'a>(errors: &mut Vec<FieldError>, query: impl Fn(&str) -> Option<&'a str>) -> Self {
        let limit = number(errors, "limit", query("limit"), MAX_PAGE, 1, MAX_PAGE);
        let offset = number(errors, "offset", query("offset"), 0, 0, i64::from(u32::MAX));
        let count = |n| usize::try_from(n).unwrap_or_default();
        Self { limit: count(limit), offset: count(offset) }
    }

    /// This part of `all`, and how many there are.
    #[must_use]
    pub fn of<T>(self, all: Vec<T>) -> (Vec<T>, usize) {
        let total = all.len();
        (all.into_iter().skip(self.offset).take(self.limit).collect(), total)
    }
}

/// A mail's texts.
#[must_use]
pub fn email_message(message: &EmailMessage) -> Value {
    json!({"subject": message.subject, "body": message.body, "link_text": message.link_text, "footer": message.footer})
}

/// The same in other languages, an extension of ours.
#[must_use]
pub fn email_translations(translations: &[EmailTranslation]) -> Value {
    let one = |translation: &EmailTranslation| {
        let mut value = email_message(&translation.message);
        value["language"] = translation.language.as_str().into();
        value
    };
    translations.iter().map(one).collect()
}

/// An entry of a badge's `content[]`.
#[must_use]
pub fn content(content: &Content) -> Value {
    let mut value = json!({
        "language": content.language.as_str(),
        "name": content.name,
        "description": content.description,
        "criteria": content.criteria,
        "tag": content.tags,
        "alignment": content.alignments.iter().map(alignment).collect::<Vec<_>>(),
        "achievement_type": content.achievement_type,
        "credits_available": content.credits_available,
        "field_of_study": content.field_of_study,
        "human_code": content.human_code,
        "specialization": content.specialization,
    });
    if let Some(alt) = &content.image_alt {
        value["image_alt"] = alt.as_str().into();
    }
    value
}

fn alignment(alignment: &Alignment) -> Value {
    let mut value = json!({"targetName": alignment.target_name, "targetUrl": alignment.target_url.as_str()});
    let members = [
        ("targetDescription", &alignment.target_description),
        ("targetFramework", &alignment.target_framework),
        ("targetCode", &alignment.target_code),
        ("targetType", &alignment.target_type),
    ];
    for (key, text) in members {
        if let Some(text) = text {
            value[key] = text.as_str().into();
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_read_strictly() {
        let read = |pairs: &[(&str, &'static str)]| {
            let mut errors = Vec::new();
            let page = Page::read(&mut errors, |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| *value));
            (page, errors.into_iter().map(|e| e.pointer).collect::<Vec<_>>())
        };
        assert_eq!(read(&[]), (Page { limit: 1_000, offset: 0 }, vec![]));
        assert_eq!(read(&[("limit", "2"), ("offset", "3")]), (Page { limit: 2, offset: 3 }, vec![]));
        for wrong in [("limit", "0"), ("limit", "1001"), ("limit", "two"), ("offset", "-1"), ("offset", "4294967296")] {
            assert_eq!(read(&[wrong]).1, [format!("/{}", wrong.0)], "{wrong:?}");
        }
    }

    #[test]
    fn a_page_tells_the_whole_count() {
        assert_eq!(Page { limit: 2, offset: 1 }.of(vec![1, 2, 3, 4]), (vec![2, 3], 4));
        assert_eq!(Page { limit: 2, offset: 9 }.of(vec![1]), (vec![], 1));
    }
}
