//! The names of things. An id type per entity, with one door each: what parses is well formed for good.
//!
//! Existing clients set the shape: letters and digits only, badge ids of at most 20 characters (a database column of the
//! Moodle plugin is that wide). All ids come from random bytes, so none can be guessed from another.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}")]
pub struct IdError {
    /// Which kind of id was expected, for example `badge id`.
    pub kind: &'static str,
}

/// Lower-case Crockford base 32: no letter that is taken for another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 80 random bits as 16 letters and digits.
fn letters(random: [u8; 10]) -> String {
    let mut bits = random.iter().fold(0u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let mut text = [0u8; 16];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    text.iter().map(|byte| char::from(*byte)).collect()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as it is written in addresses, documents and records.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(IdError { kind: $kind }) }
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn alphanumeric(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn lower_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

id!(
    /// An issuer organisation: the API's `client`. Letters and digits, at most 40.
    ClientId, "client id", |text| alphanumeric(text, 40)
);
id!(
    /// A badge definition. Letters and digits, at most 20 (the width existing clients store).
    BadgeId, "badge id", |text| alphanumeric(text, 20)
);
id!(
    /// One act of issuing: 20 lower-case hexadecimal digits.
    EventId, "event id", |text| lower_hex(text, 20)
);
id!(
    /// A credential (an "assertion id" for existing clients): 40 lower-case hexadecimal digits, of which the first 20 are the
    /// event's id, so that a credential is found by one read without an index. The other 20 are random for each recipient,
    /// so that holding one credential of an event tells nothing about the next.
    CredentialId, "credential id", |text| lower_hex(text, 40)
);
id!(
    /// A status list. Letters and digits.
    StatusListId, "status list id", |text| alphanumeric(text, 40)
);

id!(
    /// An alias: a part of an organisation under whose name it also issues. Letters and digits, at most 20.
    AliasId, "alias id", |text| alphanumeric(text, 20)
);
id!(
    /// An address that an organisation wants to be told at. Letters and digits, at most 20.
    WebhookId, "webhook id", |text| alphanumeric(text, 20)
);
id!(
    /// An uploaded list of recipients. Letters and digits, at most 20.
    ImportId, "import id", |text| alphanumeric(text, 20)
);

id!(
    /// An application form. Letters and digits, at most 20.
    FormId, "form id", |text| alphanumeric(text, 20)
);
id!(
    /// What one applicant submits to an application form. Letters and digits, at most 20.
    ApplicationId, "application id", |text| alphanumeric(text, 20)
);
id!(
    /// A file that an applicant shows as evidence. Letters and digits, at most 20.
    EvidenceId, "evidence id", |text| alphanumeric(text, 20)
);
id!(
    /// A file handed in to the validator by way of the bucket. Letters and digits, at most 20.
    UploadId, "upload id", |text| alphanumeric(text, 20)
);

id!(
    /// Somebody who signs in: 32 lower-case hexadecimal digits, a tag of their address under a secret of the deployment.
    PersonId, "person id", |text| lower_hex(text, 32)
);
id!(
    /// Somebody's way to a session. Letters and digits, at most 20.
    SignInId, "sign-in id", |text| alphanumeric(text, 20)
);
id!(
    /// A report of the validator's that somebody asked to be kept. Letters and digits, at most 20.
    ResultId, "result id", |text| alphanumeric(text, 20)
);
id!(
    /// An export of everything an organisation owns. Letters and digits, at most 20.
    ExportId, "export id", |text| alphanumeric(text, 20)
);

macro_rules! drawn {
    ($($name:ident)*) => {$(
        impl $name {
            /// A new id from 80 random bits.
            #[must_use]
            pub fn from_random(random: [u8; 10]) -> Self {
                Self(letters(random))
            }
        }
    )*};
}
drawn!(ClientId BadgeId StatusListId AliasId WebhookId ImportId FormId ApplicationId EvidenceId UploadId ResultId SignInId ExportId);

impl PersonId {
    /// The person whose address has this tag.
    #[must_use]
    pub fn from_tag(tag: [u8; 16]) -> Self {
        Self(hex::encode(tag))
    }
}
impl EventId {
    /// A new id from 80 random bits.
    #[must_use]
    pub fn from_random(random: [u8; 10]) -> Self {
        Self(hex::encode(random))
    }
}
impl CredentialId {
    /// The credential of one recipient of an event, told apart by 80 random bits.
    #[must_use]
    pub fn new(event: &EventId, random: [u8; 10]) -> Self {
        Self(format!("{event}{}", hex::encode(random)))
    }

    /// The event this credential was issued in.
    #[must_use]
    pub fn event(&self) -> EventId {
        EventId(self.0[..20].to_owned())
    }

    /// The bytes that tell this credential from the others of its event.
    #[must_use]
    pub fn member_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        // An id is 40 hexadecimal digits, so this cannot fail.
        let _ = hex::decode_to_slice(self.member(), &mut bytes);
        bytes
    }

    /// The part that tells this credential from the others of its event, as text.
    #[must_use]
    pub fn member(&self) -> &str {
        &self.0[20..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn new_ids_have_the_shape_existing_clients_store(a in any::<[u8; 10]>(), b in any::<[u8; 10]>()) {
            let badge = BadgeId::from_random(a);
            prop_assert!(badge.as_str().len() <= 20 && badge.as_str().bytes().all(|c| c.is_ascii_alphanumeric()));
            let event = EventId::from_random(a);
            let credential = CredentialId::new(&event, b);
            prop_assert_eq!(credential.as_str().len(), 40);
            prop_assert_eq!(credential.event(), event);
            prop_assert_eq!(credential.as_str().parse(), Ok(credential.clone()));
            prop_assert_eq!(a == b, BadgeId::from_random(b) == badge);
        }

        #[test]
        fn nothing_else_gets_in(text in "\\PC{0,50}") {
            if let Ok(id) = text.parse::<BadgeId>() {
                prop_assert!(id.as_str().bytes().all(|c| c.is_ascii_alphanumeric()));
            }
            prop_assert_eq!(text.parse::<CredentialId>().is_ok(), lower_hex(&text, 40));
        }
    }

    #[test]
    fn separators_and_upper_case_hex_are_refused() {
        assert!("a-b".parse::<BadgeId>().is_err());
        assert!("".parse::<ClientId>().is_err());
        assert!("A".repeat(40).parse::<CredentialId>().is_err());
        assert!("a".repeat(21).parse::<BadgeId>().is_err());
    }
}
