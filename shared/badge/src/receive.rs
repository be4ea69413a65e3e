//! What only a holder knows: the link in a recipient's mail, and the key to a credential's PDF.
//!
//! Whoever holds the link may see, accept or decline one credential until it expires. The key opens what shows the holder's name, which
//! no public page does; it has no end, as the file that it opens has none once it was fetched. Both prove by a MAC under the event's
//! secret that we made them, each under a name of its own, so neither can be made into the other.
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

/// The MAC of a text under the event's secret. `purpose` separates domains: the same seed draws ids and salts.
fn mac(event: &Event, purpose: &str, text: &str) -> [u8; TAG_BYTES] {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, event.seed.bytes()), purpose.as_bytes());
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()), text.as_bytes());
    let mut short = [0; TAG_BYTES];
    short.copy_from_slice(&tag.as_ref()[..TAG_BYTES]);
    short
}

/// Takes as long however much of them is the same.
fn same(a: &[u8; TAG_BYTES], b: &[u8; TAG_BYTES]) -> bool {
    a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

const LINK: &str = "receive link";
const HOLDER: &str = "holder key";

fn signed_part(credential: &CredentialId, until: Timestamp) -> String {
    format!("{credential}{:08x}", until.as_second().clamp(0, i64::from(u32::MAX)))
}

impl Event {
    /// The link to one of this event's credentials, made at `now`.
    #[must_use]
    pub fn receive_link(&self, credential: &CredentialId, now: Timestamp) -> String {
        let until = now.checked_add(LINK_LIFE).unwrap_or(Timestamp::MAX);
        let text = signed_part(credential, until);
        format!("{text}{}", hex::encode(mac(self, LINK, &text)))
    }

    /// Whether this link was made for a credential of this event, told in constant time. Its end is the caller's to look at.
    #[must_use]
    pub fn made_link(&self, link: &Link) -> bool {
        let tag = mac(self, LINK, &signed_part(&link.credential, link.until));
        same(&tag, &link.tag) && link.credential.event() == self.id
    }

    /// The key to one of this event's credentials as its holder sees it: 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn holder_key(&self, credential: &CredentialId) -> String {
        hex::encode(mac(self, HOLDER, credential.as_str()))
    }

    /// Whether this is the holder's key to that credential, told in constant time.
    #[must_use]
    pub fn is_holder_key(&self, credential: &CredentialId, key: &str) -> bool {
        let mut tag = [0; TAG_BYTES];
        let written = hex::decode_to_slice(key, &mut tag).is_ok() && !key.bytes().any(|b| b.is_ascii_uppercase());
        written && same(&mac(self, HOLDER, credential.as_str()), &tag) && credential.event() == self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Seed, tests::event};
    use proptest::prelude::*;

    #[test]
    fn a_holders_key_opens_its_own_credential_and_nothing_else() {
        let event = event();
        let (first, second) = (event.draw(0).credential, event.draw(1).credential);
        let key = event.holder_key(&first);
        assert!(key.len() == 32 && event.is_holder_key(&first, &key));
        assert!(!event.is_holder_key(&second, &key) && event.is_holder_key(&second, &event.holder_key(&second)));
        let other = Event { seed: Seed::from_random([9; 32]), ..event.clone() };
        assert!(!other.is_holder_key(&first, &key));
        // The MAC of a link is no key, and a key has one spelling.
        let link = event.receive_link(&first, event.created_at);
        for wrong in ["", &key[1..], &format!("{key}0"), &key.to_uppercase(), &link[48..], &"0".repeat(32)] {
            assert!(!event.is_holder_key(&first, wrong), "{wrong}");
        }
    }

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
