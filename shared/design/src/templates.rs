//! Designs to begin with, with words in both languages.

use crate::model::Design;
use badge::Lang;
use serde_json::{Map, Value};
use std::sync::OnceLock;

/// A design to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its name.
    pub name: String,
    label: Value,
    design: Value,
}

impl Template {
    /// What it is called.
    #[must_use]
    pub fn label(&self, lang: Lang) -> &str {
        self.label.get(lang.tag()).and_then(Value::as_str).unwrap_or_default()
    }

    /// The design, with words in this language.
    #[must_use]
    pub fn design(&self, lang: Lang) -> Design {
        // All of them are read by a test.
        Design::read(&spoken(&self.design, lang)).unwrap_or_else(|_| Design::plain())
    }
}

/// All of them.
pub fn all() -> &'static [Template] {
    static ALL: OnceLock<Vec<Template>> = OnceLock::new();
    ALL.get_or_init(|| {
        let rows: Vec<Value> = serde_json::from_str(include_str!("../data/templates.json")).unwrap_or_default();
        let template = |row: &Value| {
            Some(Template {
                name: row.get("name")?.as_str()?.to_owned(),
                label: row.get("label")?.clone(),
                design: row.get("design")?.clone(),
            })
        };
        rows.iter().filter_map(template).collect()
    })
}

/// The one of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Template> {
    all().iter().find(|template| template.name == name)
}

/// The value with every text that stands there in several languages in one of them.
fn spoken(value: &Value, lang: Lang) -> Value {
    match value {
        Value::Object(map) if map.contains_key("en") => map.get(lang.tag()).cloned().unwrap_or_default(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), spoken(value, lang))).collect::<Map<_, _>>().into()
        }
        Value::Array(list) => list.iter().map(|value| spoken(value, lang)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read_in_both_languages() {
        assert!(all().len() >= 12);
        for (index, template) in all().iter().enumerate() {
            assert!(all()[..index].iter().all(|other| other.name != template.name), "{}", template.name);
            for lang in [Lang::En, Lang::Ja] {
                let read = Design::read(&spoken(&template.design, lang));
                assert_eq!(read.as_ref().err(), None, "{}", template.name);
                assert!(!template.label(lang).is_empty() && !read.unwrap().title.is_empty());
            }
            assert_ne!(template.design(Lang::En), template.design(Lang::Ja), "{}", template.name);
        }
    }
}
