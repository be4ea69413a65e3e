//! Links and codes that show who somebody is, without an account.
//!
//! A link names the application, what it opens and when it ends, and proves by a MAC under the form's secret that we made it: so it
//! needs no record, and none can be guessed from another. Using it again does no more than using it once, because what it opens is
//! always looked up in the application as it stands. What a mail proves, the address or a six-digit code, is bound to the address and
//! to the round of sending, so that a link to an address that was given first says nothing about one that was given later.

use crate::application::Application;
use crate::form::Form;
use crate::names::ReviewerId;
use crate::secret::{Secret, TAG_BYTES, Tag, same};
use badge::{ApplicationId, EmailAddress};
use jiff::{SignedDuration, Timestamp};

/// How long an applicant's own link works: a review takes its time.
pub const APPLICANT_LIFE: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long the link works that proves an address.
pub const PROOF_LINK_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long the code works that proves an address.
pub const PROOF_CODE_LIFE: SignedDuration = SignedDuration::from_mins(60);
/// How long an outside reviewer's link works.
pub const REVIEWER_LIFE: SignedDuration = SignedDuration::from_hours(60 * 24);
/// How long the link works that an applicant sends to peers.
pub const PEER_LIFE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// What a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opens {
    /// The application, for who hands it in: draft, state, another version, withdrawal.
    Applicant,
    /// Proves the address that a mail of this round went to.
    Proof {
        /// Which mail.
        round: u32,
    },
    /// The application, for this reviewer.
    Reviewer(ReviewerId),
    /// The application, for holders of the badges that may approve.
    Peer,
}

/// A link that somebody presents, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Which application it speaks of.
    pub application: ApplicationId,
    /// What it opens.
    pub opens: Opens,
    /// When it ends.
    pub until: Timestamp,
    tag: Tag,
}

impl Opens {
    fn write(&self) -> String {
        match self {
            Self::Applicant => "a".to_owned(),
            Self::Proof { round } => format!("p{round}"),
            Self::Reviewer(id) => format!("r{id}"),
            Self::Peer => "h".to_owned(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let rest = text.get(1..)?;
        match text.as_bytes().first()? {
            b'a' if rest.is_empty() => Some(Self::Applicant),
            b'h' if rest.is_empty() => Some(Self::Peer),
            // Only as we write it: a number has one form.
            b'p' => {
                rest.parse().ok().filter(|round: &u32| round.to_string() == rest).map(|round| Self::Proof { round })
            }
            b'r' => rest.parse().ok().map(Self::Reviewer),
            _ => None,
        }
    }

    fn life(&self) -> SignedDuration {
        match self {
            Self::Applicant => APPLICANT_LIFE,
            Self::Proof { .. } => PROOF_LINK_LIFE,
            Self::Reviewer(_) => REVIEWER_LIFE,
            Self::Peer => PEER_LIFE,
        }
    }
}

impl Link {
    /// A link as it stands in an address, `{application}.{opens}.{until}.{tag}`; none when it is not of that shape.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let application = parts.next()?.parse().ok()?;
        let opens = Opens::read(parts.next()?)?;
        let end = parts.next().filter(|hex| hex.len() == 8 && hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let until = Timestamp::from_second(i64::from_str_radix(end, 16).ok()?).ok()?;
        let mut tag = [0; TAG_BYTES];
        hex::decode_to_slice(parts.next()?, &mut tag).ok()?;
        parts.next().is_none().then_some(Self { application, opens, until, tag })
    }
}

fn signed_part(application: &ApplicationId, opens: &Opens, until: Timestamp) -> String {
    format!("{application}.{}.{:08x}", opens.write(), until.as_second().clamp(0, i64::from(u32::MAX)))
}

/// What is proved by a mail is bound to its address.
fn tag(secret: &Secret, part: &str, opens: &Opens, address: &EmailAddress) -> Tag {
    match opens {
        Opens::Proof { .. } => secret.tag("proof link", format!("{part} {}", address.folded()).as_bytes()),
        Opens::Applicant | Opens::Reviewer(_) | Opens::Peer => secret.tag("application link", part.as_bytes()),
    }
}

impl Form {
    /// The link that opens one of this form's applications in some way, made at `now`.
    #[must_use]
    pub fn link(&self, application: &Application, opens: &Opens, now: Timestamp) -> String {
        let until = now.checked_add(opens.life()).unwrap_or(Timestamp::MAX);
        let part = signed_part(&application.id, opens, until);
        let tag = tag(&self.secret, &part, opens, &application.applicant.email);
        format!("{part}.{}", hex::encode(tag))
    }

    /// Whether this link was made for this application, told in constant time. Its end is the caller's to look at.
    #[must_use]
    pub fn made_link(&self, application: &Application, link: &Link) -> bool {
        let part = signed_part(&link.application, &link.opens, link.until);
        let right = tag(&self.secret, &part, &link.opens, &application.applicant.email);
        same(&right, &link.tag) && link.application == application.id
    }

    /// The six digits that prove an application's address, for one round of sending.
    #[must_use]
    pub fn proof_code(&self, application: &Application, round: u32) -> String {
        let bound = format!("{} {round} {}", application.id, application.applicant.email.folded());
        let tag = self.secret.tag("proof code", bound.as_bytes());
        let number = tag.iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte)) % 1_000_000;
        format!("{number:06}")
    }

    /// Whether these are those digits, told in constant time; full-width ones and blanks among them are understood.
    #[must_use]
    pub fn is_proof_code(&self, application: &Application, round: u32, entered: &str) -> bool {
        let digits: String = crate::approval::folded(entered).chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let tag = |text: &str| self.secret.tag("compare", text.as_bytes());
        same(&tag(&self.proof_code(application, round)), &tag(&digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::tests::{begun, now};
    use crate::form::tests::form;
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::HashSet;

    fn all() -> Vec<Opens> {
        vec![
            Opens::Applicant,
            Opens::Proof { round: 1 },
            Opens::Reviewer("r1".parse().unwrap()),
            Opens::Reviewer("r2".parse().unwrap()),
            Opens::Peer,
        ]
    }

    #[test]
    fn a_link_opens_what_it_was_made_for_and_nothing_else() {
        let form = form(json!({"method": "automatic"}));
        let application = begun(&form);
        for opens in all() {
            let link = Link::parse(&form.link(&application, &opens, now())).unwrap();
            assert!(form.made_link(&application, &link));
            assert_eq!((link.opens.clone(), link.until), (opens.clone(), now() + opens.life()));
            for other in all().into_iter().filter(|other| *other != opens) {
                assert!(!form.made_link(&application, &Link { opens: other, ..link.clone() }));
            }
            let later = link.until + SignedDuration::from_secs(1);
            assert!(!form.made_link(&application, &Link { until: later, ..link.clone() }));
            let mut another = application.clone();
            another.id = ApplicationId::from_random([9; 10]);
            assert!(!form.made_link(&another, &link));
            let elsewhere = Form { secret: Secret::from_random([9; 32]), ..form.clone() };
            assert!(!elsewhere.made_link(&application, &link));
        }
    }

    #[test]
    fn a_mail_to_one_address_proves_no_other() {
        let form = form(json!({"method": "automatic"}));
        let application = begun(&form);
        let link = Link::parse(&form.link(&application, &Opens::Proof { round: 1 }, now())).unwrap();
        let code = form.proof_code(&application, 1);
        assert!(form.is_proof_code(&application, 1, &code));
        let wide: String = code.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
        assert!(form.is_proof_code(&application, 1, &format!(" {wide} ")));
        let mut moved = application.clone();
        moved.applicant.email = "other@example.org".parse().unwrap();
        assert!(!form.made_link(&moved, &link));
        assert_ne!(form.proof_code(&moved, 1), code);
        let codes: HashSet<String> = (0..100).map(|round| form.proof_code(&application, round)).collect();
        assert!(codes.len() > 95 && codes.iter().all(|code| code.len() == 6));
        assert!(!form.is_proof_code(&application, 1, "") && !form.is_proof_code(&application, 2, &code));
    }

    proptest! {
        #[test]
        fn a_changed_link_is_no_link(which in 0usize..5, place in 0usize..90, byte in prop_oneof![Just(b'0'), Just(b'a'), Just(b'.'), Just(b'r')]) {
            let form = form(json!({"method": "automatic"}));
            let application = begun(&form);
            let text = form.link(&application, &all()[which], now());
            let mut changed = text.clone().into_bytes();
            prop_assume!(place < changed.len());
            changed[place] = byte;
            let changed = String::from_utf8(changed).unwrap();
            prop_assume!(changed != text);
            prop_assert!(Link::parse(&changed).is_none_or(|link| !form.made_link(&application, &link)));
        }

        #[test]
        fn anything_may_be_presented(text in "\\PC{0,120}") {
            let _ = Link::parse(&text);
        }
    }
}
