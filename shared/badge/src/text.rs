//! Texts that were checked once and stay checked.

use crate::limits;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The languages the product itself speaks. Badge content may be in any language ([`Language`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Lang {
    /// The better of our languages for an `Accept-Language` header (RFC 9110 section 12.5.4); English when nothing fits.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        Self::preferred(header).unwrap_or_default()
    }

    /// The same; none when nothing fits.
    #[must_use]
    pub fn preferred(header: &str) -> Option<Self> {
        let mut best = (0u32, None);
        for part in header.split(',').take(20) {
            let mut pieces = part.split(';');
            let tag = pieces.next().unwrap_or_default().trim();
            let quality = pieces
                .find_map(|p| p.trim().strip_prefix("q="))
                .map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())
                .filter(|q| (0.0..=1.0).contains(q))
                .unwrap_or(0.0);
            let lang = match tag.split('-').next().map(str::to_ascii_lowercase).as_deref() {
                Some("ja") => Self::Ja,
                Some("en") => Self::En,
                _ => continue,
            };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0.0..=1.0 was checked")]
            let weight = (quality * 1000.0) as u32;
            if weight > best.0 {
                best = (weight, Some(lang));
            }
        }
        best.1
    }

    /// The BCP 47 tag: `en` or `ja`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    /// The text of this language out of a pair.
    #[must_use]
    pub fn pick<'a>(self, en: &'a str, ja: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }
}

/// The language of some content: a BCP 47 tag, or empty where a client did not say (existing clients send `""`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Language(String);

impl Language {
    /// The tag, empty when unknown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nobody said which language it is.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// The one of the product's own languages that its readers understand; none when that is not known.
    #[must_use]
    pub fn spoken(&self) -> Option<Lang> {
        let primary = self.known()?.split('-').next()?;
        let is = |lang: &Lang| primary.eq_ignore_ascii_case(lang.tag());
        [Lang::En, Lang::Ja].into_iter().find(is)
    }

    /// How many subtags, from the first, it has in common with another tag: what is written in `zh-Hant` serves readers of
    /// `zh-Hant-TW` best (2), and of `zh` too (1). Two that are unknown have none in common.
    #[must_use]
    pub fn closeness(&self, other: &str) -> usize {
        let same = |(a, b): &(&str, &str)| !a.is_empty() && a.eq_ignore_ascii_case(b);
        self.0.split('-').zip(other.split('-')).take_while(same).count()
    }

    /// The tag when it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|tag| !tag.is_empty())
    }
}

impl FromStr for Language {
    type Err = NotText;
    fn from_str(text: &str) -> Result<Self, NotText> {
        let subtag = |s: &str| (1..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric());
        let ok = text.is_empty() || (text.len() <= 35 && text.split(['-', '_']).all(subtag));
        if ok { Ok(Self(text.replace('_', "-"))) } else { Err(NotText::Language) }
    }
}

/// Why a text is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// Not an e-mail address.
    #[error("not an e-mail address")]
    Email,
    /// Not an `https:` or `http:` address.
    #[error("not a web address")]
    Url,
    /// Not a BCP 47 language tag.
    #[error("not a language tag")]
    Language,
}

/// No mail goes there: nobody can have a name below `invalid` (RFC 2606 section 2).
const ERASED_DOMAIN: &str = "erased.invalid";

/// An e-mail address as it was given, never normalised (a hashed identity covers the exact characters).
///
/// The check is the one of the API this product is compatible with (`^[^@<]{1,64}@[^@>]{1,255}$`) without control characters
/// and blanks; whether the address exists only a mail can tell.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address exactly as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which two spellings of one address meet in an index: lower case.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// What stands where an address was that has been erased. `place` tells it from the others beside it, and says nothing of the address.
    #[must_use]
    pub fn erased(place: impl fmt::Display) -> Self {
        Self(format!("erased-{place}@{ERASED_DOMAIN}"))
    }

    /// Whether this is no address, but what stands where one was.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.0.split_once('@').is_some_and(|(_, domain)| domain.eq_ignore_ascii_case(ERASED_DOMAIN))
    }
}

impl FromStr for EmailAddress {
    type Err = NotText;
    fn from_str(text: &str) -> Result<Self, NotText> {
        let (local, domain) = text.split_once('@').ok_or(NotText::Email)?;
        let fits = |s: &str, max: usize| (1..=max).contains(&s.chars().count());
        let odd =
            |c: char| c.is_control() || c.is_whitespace() || matches!(c, '@' | '<' | '>' | '"' | ',' | ';' | '\\');
        if !fits(local, 64) || !fits(domain, 255) || text.chars().any(|c| c != '@' && odd(c)) || domain.contains('@') {
            return Err(NotText::Email);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = NotText;
    fn try_from(text: String) -> Result<Self, NotText> {
        text.parse()
    }
}
impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> String {
        address.0
    }
}
/// Addresses stay out of logs: debug output hides them.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

/// An `https:` or `http:` address with a host and without credentials, kept as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebUrl(String);

impl WebUrl {
    /// The address exactly as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebUrl {
    type Err = NotText;
    fn from_str(text: &str) -> Result<Self, NotText> {
        // What an IRI may not contain (RFC 3987 section 2.2) could not be signed.
        let odd = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '^' | '`' | '\\')
        };
        if text.len() > limits::MAX_URL_CHARS || text.chars().any(odd) {
            return Err(NotText::Url);
        }
        let url = url::Url::parse(text).map_err(|_| NotText::Url)?;
        let web = matches!(url.scheme(), "https" | "http");
        if web && url.host_str().is_some_and(|h| !h.is_empty()) && url.username().is_empty() && url.password().is_none()
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotText::Url)
        }
    }
}
impl TryFrom<String> for WebUrl {
    type Error = NotText;
    fn try_from(text: String) -> Result<Self, NotText> {
        text.parse()
    }
}
impl From<WebUrl> for String {
    fn from(url: WebUrl) -> String {
        url.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_language_is_the_one_weighed_highest() {
        assert_eq!(Lang::from_accept_language("ja,en-US;q=0.9"), Lang::Ja);
        assert_eq!(Lang::from_accept_language("fr, ja-JP;q=0.4, en;q=0.5"), Lang::En);
        assert_eq!(Lang::from_accept_language("fr"), Lang::En);
        assert_eq!(Lang::from_accept_language("en;q=0, ja;q=0.1"), Lang::Ja);
        assert_eq!(Lang::from_accept_language("ja;q=nonsense"), Lang::En);
        assert_eq!((Lang::preferred("fr, de"), Lang::preferred("fr, ja;q=0.1")), (None, Some(Lang::Ja)));
    }

    #[test]
    fn addresses() {
        for good in ["a@b", "Anna.A+x@example.org", "花子@例え.jp"] {
            assert_eq!(good.parse::<EmailAddress>().unwrap().as_str(), good);
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "<a@b>", "a b@c", "a@b\n", "a,b@c", &format!("{}@b", "x".repeat(65))]
        {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad}");
        }
        assert!(!format!("{:?}", "secret@example.org".parse::<EmailAddress>().unwrap()).contains("secret"));
    }

    #[test]
    fn what_stands_for_an_erased_address_is_told_from_any_other() {
        let erased = EmailAddress::erased(7);
        assert_eq!((erased.as_str(), erased.is_erased()), ("erased-7@erased.invalid", true));
        assert_eq!(erased.as_str().parse(), Ok(erased));
        for other in ["erased-7@example.org", "a@erased.invalid.example", "erased.invalid@b"] {
            assert!(!other.parse::<EmailAddress>().unwrap().is_erased(), "{other}");
        }
    }

    #[test]
    fn web_addresses() {
        assert!("https://example.org/a?b#c".parse::<WebUrl>().is_ok());
        for bad in [
            "javascript:alert(1)",
            "https://",
            "//x",
            "https://u:p@h/",
            "ftp://h/",
            "https://a b/",
            "https://a/?f={x|y}",
        ] {
            assert!(bad.parse::<WebUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn languages_may_be_unknown() {
        let unknown: Language = "".parse().unwrap();
        assert!(unknown.is_unknown() && unknown.known().is_none());
        assert!(!"ja".parse::<Language>().unwrap().is_unknown());
        assert_eq!("zh_Hant".parse::<Language>().unwrap().as_str(), "zh-Hant");
        assert!("!".parse::<Language>().is_err());
        let closeness = |a: &str, b| a.parse::<Language>().unwrap().closeness(b);
        assert_eq!((closeness("zh-Hant", "ZH-Hant-TW"), closeness("zh", "zh-TW"), closeness("", "")), (2, 1, 0));
    }
}
