//! Addresses as SES takes them: ASCII, a name before the sender's in encoded words where it is not (RFC 2047), domains in
//! their ASCII form (RFC 5890).

use badge::EmailAddress;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Characters of an address with its name that SES takes.
const MAX_ADDRESS_CHARS: usize = 320;
/// Bytes of text in one encoded word: 75 characters (RFC 2047 section 2) less `=?UTF-8?B?` and `?=`, in whole groups of Base64.
const WORD_BYTES: usize = 45;

/// An address as SES takes it; none when its part before the `@` is not ASCII, which SES cannot send to, or when it was erased.
pub fn mailbox(address: &EmailAddress) -> Option<String> {
    let (local, domain) = address.as_str().split_once('@')?;
    if !local.is_ascii() || address.is_erased() {
        return None;
    }
    if domain.is_ascii() {
        return Some(address.as_str().to_owned());
    }
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(domain)) => Some(format!("{local}@{domain}")),
        _ => None,
    }
}

/// The sender's address with a name before it, shortened where the whole would be too long. Nothing in the name can end the header.
pub fn with_name(name: &str, mailbox: &str) -> String {
    let mut name: Vec<char> = crate::texts::one_line(name, MAX_ADDRESS_CHARS).chars().collect();
    loop {
        let text: String = name.iter().collect();
        let text = text.trim();
        if text.is_empty() {
            return mailbox.to_owned();
        }
        let whole = format!("{} <{mailbox}>", phrase(text));
        if whole.len() <= MAX_ADDRESS_CHARS {
            return whole;
        }
        name.pop();
    }
}

/// A text on one line as a phrase (RFC 5322 section 3.2.5): bare, quoted or encoded.
fn phrase(text: &str) -> String {
    if !text.is_ascii() || text.contains("=?") {
        return encoded(text);
    }
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-')) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text as encoded words, divided between characters.
fn encoded(text: &str) -> String {
    let mut words = vec![String::new()];
    for c in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + c.len_utf8() <= WORD_BYTES => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    words.iter().map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(name: &str) -> String {
        with_name(name, "no-reply@b.example")
    }

    #[test]
    fn names_are_bare_quoted_or_encoded() {
        assert_eq!(named("Acme Academy"), "Acme Academy <no-reply@b.example>");
        assert_eq!(named("Acme, Inc. \"A\\B\""), "\"Acme, Inc. \\\"A\\\\B\\\"\" <no-reply@b.example>");
        assert_eq!(named("織物学院"), "=?UTF-8?B?57mU54mp5a2m6Zmi?= <no-reply@b.example>");
        assert_eq!(named("=?UTF-8?Q?x?="), "=?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?= <no-reply@b.example>");
        assert_eq!(named(" \r\n\t"), "no-reply@b.example");
        assert_eq!(named("A\r\nBcc: x@y.example"), "\"A Bcc: x@y.example\" <no-reply@b.example>");
    }

    #[test]
    fn domains_become_ascii() {
        let mailbox = |text: &str| mailbox(&text.parse().unwrap());
        assert_eq!(mailbox("Hana.Y+x@Example.org").as_deref(), Some("Hana.Y+x@Example.org"));
        assert_eq!(mailbox("hana@例え.jp").as_deref(), Some("hana@xn--r8jz45g.jp"));
        assert_eq!((mailbox("花子@example.org"), mailbox("erased-1@erased.invalid")), (None, None));
    }

    /// What a mail program makes of a phrase of encoded words.
    fn decoded(phrase: &str) -> String {
        let word = |word: &str| {
            assert!(word.len() <= 75, "{word}");
            let inner = word.strip_prefix("=?UTF-8?B?").unwrap().strip_suffix("?=").unwrap();
            String::from_utf8(STANDARD.decode(inner).unwrap()).unwrap()
        };
        phrase.split(' ').map(word).collect()
    }

    proptest! {
        #[test]
        fn any_name_makes_a_header_of_one_line(name in "[\\PC\r\n]{0,300}") {
            let header = named(&name);
            prop_assert!(header.len() <= MAX_ADDRESS_CHARS && header.ends_with("no-reply@b.example") || header.ends_with("<no-reply@b.example>"));
            prop_assert!(header.bytes().all(|b| (b' '..=b'~').contains(&b)), "{}", header);
        }

        #[test]
        fn encoded_words_give_back_the_name(name in "[ぁ-んa-zé😀 ]{1,120}") {
            prop_assume!(!name.is_ascii());
            let line = crate::texts::one_line(&name, 200);
            prop_assert_eq!(decoded(&encoded(&line)), line);
        }
    }
}
