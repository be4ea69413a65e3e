//! Finding the endorsements inside a badge: on the credential itself, its achievement, and every profile.

use serde_json::Value;

use crate::credential::{Credential, parse_jws};
use crate::report::Finding;
use crate::value::text;

/// An endorsement as it stands in a badge.
pub(crate) struct Place {
    /// The credential, or why it cannot be taken apart.
    pub(crate) credential: Result<Credential, Finding>,
    /// Path of its place.
    pub(crate) at: String,
    /// `id` of what it stands on.
    pub(crate) target: Option<String>,
}

/// Every entry of every `endorsement` and `endorsementJwt`, also inside endorsements; at most `limit`. The second part says
/// whether there were more.
pub(crate) fn collect(credential: &Value, limit: usize) -> (Vec<Place>, bool) {
    let mut search = Search { places: Vec::new(), limit, more: false };
    search.walk(credential, "");
    (search.places, search.more)
}

struct Search {
    places: Vec<Place>,
    limit: usize,
    more: bool,
}

impl Search {
    fn walk(&mut self, value: &Value, at: &str) {
        match value {
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    if value.is_object() || value.is_array() {
                        self.walk(value, &format!("{at}[{index}]"));
                    }
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let is_endorsement = matches!(name.as_str(), "endorsement" | "endorsementJwt");
                    if !is_endorsement && !member.is_object() && !member.is_array() {
                        continue;
                    }
                    let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                    if is_endorsement {
                        let entries = match member {
                            Value::Array(entries) => entries.as_slice(),
                            Value::Null => &[],
                            single => std::slice::from_ref(single),
                        };
                        for (index, entry) in entries.iter().enumerate() {
                            self.add(entry, value, format!("{at}[{index}]"));
                        }
                    }
                    self.walk(member, &at);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, entry: &Value, on: &Value, at: String) {
        if self.places.len() == self.limit {
            self.more = true;
            return;
        }
        let credential = match entry {
            Value::String(token) => parse_jws(token).and_then(Credential::from_jws),
            value => Ok(Credential::embedded(value.clone())),
        };
        self.places.push(Place { credential, at, target: text(on, "id").map(str::to_owned) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_them_wherever_they_stand() {
        let badge = json!({
            "id": "urn:b", "endorsement": [{"id": "urn:1"}], "endorsementJwt": ["not a token"],
            "credentialSubject": {"achievement": {"id": "urn:a", "endorsement": {"id": "urn:2"},
                "creator": {"id": "urn:c", "endorsement": [{"id": "urn:3", "issuer": {"id": "urn:i", "endorsement": [{"id": "urn:4"}]}}]}}}
        });
        let (places, more) = collect(&badge, 10);
        let found: Vec<_> =
            places.iter().map(|place| (place.at.as_str(), place.target.as_deref(), place.credential.is_ok())).collect();
        assert_eq!(
            found,
            [
                ("endorsement[0]", Some("urn:b"), true),
                ("endorsementJwt[0]", Some("urn:b"), false),
                ("credentialSubject.achievement.endorsement[0]", Some("urn:a"), true),
                ("credentialSubject.achievement.creator.endorsement[0]", Some("urn:c"), true),
                ("credentialSubject.achievement.creator.endorsement[0].issuer.endorsement[0]", Some("urn:i"), true),
            ]
        );
        assert!(!more);
        let (places, more) = collect(&badge, 2);
        assert_eq!((places.len(), more), (2, true));
    }
}
