//! A file's name: kept as it was given, and made safe for the one place where it does harm, a header of HTTP.

use crate::reason::Reason;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Bytes of a name in UTF-8: what file systems take.
pub const MAX_NAME_BYTES: usize = 255;

/// The name of a file, without a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// Reads a name: one to [`MAX_NAME_BYTES`] bytes, no path, nothing invisible that changes how it reads, no dot or blank at an end.
    ///
    /// # Errors
    /// [`Reason::NameNotAllowed`].
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let length = (1..=MAX_NAME_BYTES).contains(&text.len());
        let edges = text.trim_matches(|c: char| c.is_whitespace() || c == '.') == text;
        if length && edges && !text.chars().any(forbidden) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Reason::NameNotAllowed)
        }
    }

    /// The name as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last dot, in lower case.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        self.0.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase())
    }

    /// `Content-Disposition` that has a browser save the file under this name: RFC 6266, with the name once in plain ASCII and once
    /// whole, as RFC 8187 (before it RFC 5987) writes it.
    #[must_use]
    pub fn content_disposition(&self) -> String {
        format!("attachment; filename=\"{}\"; filename*=UTF-8''{}", self.ascii(), self.encoded())
    }

    fn ascii(&self) -> String {
        let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.() ".contains(c) { c } else { '_' };
        let safe: String = self.0.chars().map(safe).collect();
        let (stem, end) = safe.rsplit_once('.').unwrap_or((&safe, ""));
        let stem = if stem.bytes().any(|b| b.is_ascii_alphanumeric()) { stem } else { "evidence" };
        if end.is_empty() { stem.to_owned() } else { format!("{stem}.{end}") }
    }

    fn encoded(&self) -> String {
        let mut text = String::with_capacity(self.0.len() * 3);
        for byte in self.0.bytes() {
            // `attr-char` of RFC 8187.
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                // Writing to a text cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
        text
    }
}

/// Separators of paths and drives, what Windows takes in no name, and what deceives.
fn forbidden(c: char) -> bool {
    matches!(c, '/' | '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*') || deceives(c)
}

/// Control characters, and what turns the direction of writing around (`gnp.exe` that reads as `exe.png`).
pub(crate) fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl TryFrom<String> for FileName {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(|_| "not a file name")
    }
}
impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_and_tricks_are_refused() {
        for name in [
            "",
            ".",
            "..",
            "../a.pdf",
            "a/b.pdf",
            "a\\b.pdf",
            "C:a.pdf",
            ".htaccess",
            "a.pdf ",
            "a.pdf.",
            " a.pdf",
            "a\n.pdf",
            "a\0.pdf",
            "photo\u{202e}gnp.exe",
            "a\u{2066}.pdf",
            "\u{feff}a.pdf",
            "a\u{7f}.pdf",
            "a\u{85}.pdf",
            "a|b.pdf",
        ] {
            assert_eq!(FileName::parse(name), Err(Reason::NameNotAllowed), "{name:?}");
        }
        assert!(FileName::parse(&"あ".repeat(86)).is_err() && FileName::parse(&"あ".repeat(85)).is_ok());
        for name in ["a.pdf", "a b (1).pdf", "花子の 作品集.tar.zip", "résumé.docx", "👩‍🎨.png"] {
            assert!(FileName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_header_carries_the_whole_name_and_an_ascii_one() {
        let header = |name| FileName::parse(name).unwrap().content_disposition();
        assert_eq!(header("a b.pdf"), "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        assert_eq!(header("花.pdf"), "attachment; filename=\"evidence.pdf\"; filename*=UTF-8''%E8%8A%B1.pdf");
        assert_eq!(
            header("a%41';x=花.pdf"),
            "attachment; filename=\"a_41__x__.pdf\"; filename*=UTF-8''a%2541%27%3Bx%3D%E8%8A%B1.pdf"
        );
    }

    proptest! {
        #[test]
        fn no_name_breaks_out_of_its_header(text in "\\PC{1,60}|.{1,60}") {
            if let Ok(name) = FileName::parse(&text) {
                let header = name.content_disposition();
                prop_assert!(header.bytes().all(|b| (0x20..0x7f).contains(&b)), "{header}");
                prop_assert_eq!(header.matches('"').count(), 2);
                prop_assert!(!header.contains('\\'));
                let encoded = header.split("filename*=UTF-8''").nth(1).unwrap();
                prop_assert!(!encoded.contains([';', ' ', '\'', '"']));
            }
        }
    }
}
