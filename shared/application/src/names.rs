//! What an organisation calls things within one form: letters, digits, `_` and `-`.

use crate::limits::MAX_NAME_CHARS;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a name is made of, ready to show.
pub(crate) const ALLOWED: &str = "a-z, A-Z, 0-9, _, -";

/// A text that is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name within a form")]
pub struct NotAName;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// As it stands in requests, answers and records.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = NotAName;
            fn from_str(text: &str) -> Result<Self, NotAName> {
                let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
                let fits = (1..=MAX_NAME_CHARS).contains(&text.len());
                if plain && fits { Ok(Self(text.to_owned())) } else { Err(NotAName) }
            }
        }
        impl TryFrom<String> for $name {
            type Error = NotAName;
            fn try_from(text: String) -> Result<Self, NotAName> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A field.
    FieldId
);
name!(
    /// A reviewer.
    ReviewerId
);
name!(
    /// A claim code, whose uses are counted under this name.
    CodeId
);

impl FieldId {
    /// A field that a form has by itself.
    pub(crate) fn of(name: &'static str) -> Self {
        Self(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_no_separators() {
        assert_eq!("why_1-a".parse::<FieldId>().unwrap().as_str(), "why_1-a");
        for bad in ["", "a b", "a.b", "a#b", "理由", &"x".repeat(41)] {
            assert!(bad.parse::<ReviewerId>().is_err(), "{bad}");
        }
    }
}
