//! An address in texts.

use badge::{EmailAddress, PersonId};

/// What names somebody in texts: an address in any case, and their name among people.
#[derive(Debug)]
pub(super) struct Words {
    folded: String,
    person: Option<String>,
}

/// Whose deeds they are that were somebody's who is erased.
fn nobody() -> PersonId {
    PersonId::from_tag([0; 16])
}

impl Words {
    pub(super) fn new(address: &EmailAddress, person: Option<&PersonId>) -> Self {
        Self { folded: address.folded(), person: person.map(ToString::to_string) }
    }

    /// Whether any of them may stand in a text. A longer address that holds this one counts too.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.folded) || self.person.as_ref().is_some_and(|person| text.contains(person))
    }

    /// Whether they stand in a file in UTF-8, in UTF-16, or in anything else that writes ASCII as such.
    pub(super) fn stand_in_file(&self, bytes: &[u8]) -> bool {
        // UTF-16 writes ASCII with a zero before or behind each character.
        let narrow: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
        self.replaced(&String::from_utf8_lossy(&narrow)).is_some()
    }

    /// A text without them; none when they do not stand there.
    pub(super) fn replaced(&self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let (mut rest, mut before, mut any) = (text, None, false);
        while let Some(c) = rest.chars().next() {
            let end = self
                .folds(rest)
                .filter(|end| !before.is_some_and(is_of_a_word) && !goes_on(rest.get(*end..).unwrap_or_default()));
            let taken = end.unwrap_or(c.len_utf8());
            match end {
                Some(_) => out.push_str(EmailAddress::erased("person").as_str()),
                None => out.push(c),
            }
            any |= end.is_some();
            before = rest[..taken].chars().next_back();
            rest = &rest[taken..];
        }
        if let Some(person) = self.person.as_ref().filter(|person| out.contains(*person)) {
            (out, any) = (out.replace(person, nobody().as_str()), true);
        }
        any.then_some(out)
    }

    /// How many bytes of the beginning of a text are the address.
    fn folds(&self, text: &str) -> Option<usize> {
        let mut wanted = self.folded.chars();
        for (at, c) in text.char_indices() {
            if !c.to_lowercase().all(|lower| wanted.next() == Some(lower)) {
                return None;
            }
            if wanted.as_str().is_empty() {
                return Some(at + c.len_utf8());
            }
        }
        None
    }
}

/// Whether a character before an address makes it the end of a longer one.
fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-')
}

/// Whether a text behind an address makes it the beginning of a longer one.
fn goes_on(text: &str) -> bool {
    let mut next = text.chars();
    match next.next() {
        Some('.') => next.next().is_some_and(char::is_alphanumeric),
        Some(c) => c.is_alphanumeric() || c == '-',
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words() -> Words {
        Words::new(&"Ann@x.example".parse().unwrap(), Some(&PersonId::from_tag([7; 16])))
    }

    #[test]
    fn an_address_is_replaced_in_any_case_and_longer_ones_stay() {
        let person = "07".repeat(16);
        for (text, expected) in [
            ("ann@x.example", Some("E")),
            ("Write to ANN@X.example.", Some("Write to E.")),
            ("<ann@x.example>, ann@X.EXAMPLE", Some("<E>, E")),
            (&format!("removed {person}"), Some(&*format!("removed {}", "0".repeat(32)))),
            ("学ann@x.example", None),
            ("joann@x.example, o.ann@x.example", None),
            ("ann@x.example.org ann@x.example-y ann@x.examples", None),
            ("", None),
        ] {
            let erased = EmailAddress::erased("person");
            let expected = expected.map(|text| text.replace('E', erased.as_str()));
            assert_eq!(words().replaced(text), expected, "{text}");
        }
    }

    #[test]
    fn a_list_is_looked_through_in_any_encoding() {
        let text = "email,name\nANN@x.example,花\n";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(words().stand_in_file(text.as_bytes()) && words().stand_in_file(&wide));
        assert!(words().stand_in_file(b"\x89\xd4,Ann@X.example") && !words().stand_in_file(b"email\nbo@x.example\n"));
    }

    proptest! {
        #[test]
        fn what_is_replaced_is_gone(before in "[a-z@. é]{0,12}", after in "[a-z@. é-]{0,12}") {
            let text = format!("{before}ANN@X.example{after}");
            prop_assert!(words().stand_in(&text));
            if let Some(other) = words().replaced(&text) {
                prop_assert_eq!(words().replaced(&other), None);
            }
        }
    }
}
