//! The link in a recipient's mail: whoever holds it may see, accept or decline one credential until it expires.
//!
//! A link names the credential and its own end, and proves by a MAC under the event's secret that we made it; so it needs no record,
//! tells nothing about any address, and none can be guessed from another. Eighty lower-case hexadecimal digits: the credential
//! (40), the end in Unix seconds (8), the MAC (32).

use crate::event::Event;
use crate::id::CredentialId;
use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};

/// How long a link works from when it was made.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);

const TAG_BYTES: usize = 16;

/// A link that somebody presents, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Which credential it speaks of.
    pub credential: CredentialId,
    /// When it ends.
    pub until: Timestamp,
    tag: [u8; TAG_BYTES],
}

impl Link {
    /// A link as it stands in an address; none when it is not of that shape.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 80 || !text.is_ascii() {
            return None;
        }
        let until = text.get(40..48).filter(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let until = Timestamp::from_second(i64::from_str_radix(until, 16).ok()?).ok()?;
        let mut tag = [0; TAG_BYTES];
        hex::decode_to_slice(text.get(48..)?, &mut tag).ok()?;
        Some(Self { credential: text.get(..40)?.parse().ok()?, until, tag })
    }
}

fn key(event: &Event) -> hmac::Key {
    // Domain separation: the same seed draws ids and salts.
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, event.seed.bytes()), b"receive link");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

fn signed_part(credential: &CredentialId, until: Timestamp) -> String {
    format!("{credential}{:08x}", until.as_second().clamp(0, i64::from(u32::MAX)))
}

impl Event {
    /// The link to one of this event's credentials, made at `now`.
    #[must_use]
    pub fn receive_link(&self, credential: &CredentialId, now: Timestamp) -> String {
        let until = now.checked_add(LINK_LIFE).unwrap_or(Timestamp::MAX);
        let text = signed_part(credential, until);
        let tag = hmac::sign(&key(self), text.as_bytes());
        format!("{text}{}", hex::encode(&tag.as_ref()[..TAG_BYTES]))
    }

    /// Whether this link was made for a credential of this event, told in constant time. Its end is the caller's to look at.
    #[must_use]
    pub fn made_link(&self, link: &Link) -> bool {
        let tag = hmac::sign(&key(self), signed_part(&link.credential, link.until).as_bytes());
        let same = tag.as_ref()[..TAG_BYTES].iter().zip(link.tag).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0;
        same && link.credential.event() == self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Seed, tests::event};
    use proptest::prelude::*;

    #[test]
    fn a_link_opens_its_own_credential_and_nothing_else() {
        let event = event();
        let (first, second) = (event.draw(0).credential, event.draw(1).credential);
        let text = event.receive_link(&first, event.created_at);
        let link = Link::parse(&text).unwrap();
        assert_eq!((&link.credential, link.until), (&first, event.created_at + LINK_LIFE));
        assert!(event.made_link(&link));
        assert!(!event.made_link(&Link { credential: second, ..link.clone() }));
        assert!(!event.made_link(&Link { until: link.until + SignedDuration::from_secs(1), ..link.clone() }));
        let mut other = event.clone();
        other.seed = Seed::from_random([9; 32]);
        assert!(!other.made_link(&link));
    }

    proptest! {
        #[test]
        fn a_changed_link_is_no_link(place in 0usize..80, digit in 0u8..16) {
            let event = event();
            let text = event.receive_link(&event.draw(0).credential, event.created_at);
            let mut changed = text.clone().into_bytes();
            changed[place] = b"0123456789abcdef"[usize::from(digit)];
            let changed = String::from_utf8(changed).unwrap();
            prop_assume!(changed != text);
            prop_assert!(Link::parse(&changed).is_none_or(|link| !event.made_link(&link)));
        }

        #[test]
        fn anything_may_be_presented(text in "\\PC{0,100}") {
            let _ = Link::parse(&text);
        }
    }
}
