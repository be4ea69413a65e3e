//! Texts in the product's two languages.

use badge::Lang;
use badge::input::Reader;
use serde::{Deserialize, Serialize};

/// One text in English, in Japanese, or in both; empty when in neither.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Text {
    /// In English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub en: String,
    /// In Japanese.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ja: String,
}

impl Text {
    /// A text in both languages.
    #[must_use]
    pub fn new(en: &str, ja: &str) -> Self {
        Self { en: en.to_owned(), ja: ja.to_owned() }
    }

    /// The text for who reads `lang`: in the other language when there is none in theirs.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match (lang, self.en.as_str(), self.ja.as_str()) {
            (Lang::En, "", other) | (Lang::Ja, other, "") => other,
            (Lang::En, own, _) | (Lang::Ja, _, own) => own,
        }
    }

    /// Whether it is written in neither language.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.en.is_empty() && self.ja.is_empty()
    }

    /// Reads `{"en": …, "ja": …}`, or one plain text, which is in `primary`. Whatever is absent is empty.
    pub(crate) fn read(parent: &Reader<'_>, key: &str, primary: Lang, max: usize) -> Self {
        let Some(field) = parent.field(key) else { return Self::default() };
        if field.value().is_string() {
            let text = parent.optional_text(key, max).unwrap_or_default();
            return match primary {
                Lang::En => Self { en: text, ja: String::new() },
                Lang::Ja => Self { en: String::new(), ja: text },
            };
        }
        if !field.is_object() {
            return Self::default();
        }
        let text = |lang: Lang| field.optional_text(lang.tag(), max).unwrap_or_default();
        Self { en: text(Lang::En), ja: text(Lang::Ja) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use badge::input::Complaints;
    use serde_json::json;

    #[test]
    fn whoever_reads_only_the_other_language_is_shown_that_one() {
        let both = Text::new("yes", "はい");
        assert_eq!((both.get(Lang::En), both.get(Lang::Ja)), ("yes", "はい"));
        let one = Text::new("", "はい");
        assert_eq!((one.get(Lang::En), one.get(Lang::Ja)), ("はい", "はい"));
        assert!(Text::default().is_empty());
    }

    #[test]
    fn a_plain_text_is_in_the_primary_language() {
        let value = json!({"a": "はい", "b": {"en": "x"}, "c": 5, "d": {"ja": 5}});
        let complaints = Complaints::default();
        let reader = Reader::root(&value, &complaints);
        assert_eq!(Text::read(&reader, "a", Lang::Ja, 9), Text::new("", "はい"));
        assert_eq!(Text::read(&reader, "b", Lang::Ja, 9), Text::new("x", ""));
        assert!(Text::read(&reader, "gone", Lang::Ja, 9).is_empty());
        Text::read(&reader, "c", Lang::Ja, 9);
        Text::read(&reader, "d", Lang::Ja, 9);
        let errors = complaints.into_result(()).unwrap_err();
        assert_eq!(errors.iter().map(|e| e.pointer.as_str()).collect::<Vec<_>>(), ["/c", "/d/ja"]);
    }
}
