//! Keeping programs away from a public form, without asking third parties.
//!
//! * *Proof of work*: a browser finds a text whose SHA-256, together with a challenge of ours, begins with [`DIFFICULTY_BITS`] zero
//!   bits: a second's work for a person's telephone, an expense for who sends thousands. The challenge carries a MAC, so that none
//!   has to be kept; that it is spent only once, the store sees to.
//! * *A trap*: a field that people do not see and programs fill in.
//! * *Rates*: how much one address, or one network, may ask for in an hour. Keys are MACs: neither addresses nor networks are kept.

use crate::secret::{Secret, same};
use aws_lc_rs::digest;
use badge::{EmailAddress, FormId};
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;

/// Zero bits that a solution has to begin with: about 260,000 attempts, half a second to a few seconds in a browser.
pub const DIFFICULTY_BITS: u32 = 18;
/// How long a challenge may be solved: somebody fills in the form meanwhile.
pub const CHALLENGE_LIFE: SignedDuration = SignedDuration::from_hours(6);
/// Characters of a solution.
const MAX_SOLUTION_CHARS: usize = 40;
/// The hidden field: whatever fills it in is no person.
pub const TRAP_FIELD: &str = "website";

/// Applications that one e-mail address may begin in an hour: each sends a mail to it.
pub const MAX_BEGUN_PER_ADDRESS: u32 = 5;
/// Applications that may be begun from one network in an hour: a lecture hall is one network.
pub const MAX_BEGUN_PER_NETWORK: u32 = 2_000;
/// Applications that may be begun from one network in an hour without proof of work: by people whose browser runs no scripts.
pub const MAX_UNSOLVED_PER_NETWORK: u32 = 30;
/// Proofs and claim codes that may be tried from one network in an hour.
pub const MAX_TRIED_PER_NETWORK: u32 = 4_000;
/// Wrong claim codes that one application may try.
pub const MAX_WRONG_CODES: u32 = 20;

/// Why a solution does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSolved {
    /// The challenge is not one of this form's.
    #[error("the challenge is not one of this form's")]
    Foreign,
    /// It had to be solved earlier.
    #[error("the challenge has expired")]
    Expired,
    /// The solution is wrong.
    #[error("the solution is wrong")]
    Wrong,
}

/// A challenge for somebody about to apply: `{until}.{bits}.{nonce}.{tag}`. `nonce`: random bits that tell it from others.
#[must_use]
pub fn challenge(form: &FormId, secret: &Secret, nonce: [u8; 10], now: Timestamp) -> String {
    let until = now.checked_add(CHALLENGE_LIFE).unwrap_or(Timestamp::MAX).as_second();
    let text = format!("{until:x}.{DIFFICULTY_BITS}.{}", hex::encode(nonce));
    let tag = secret.tag("challenge", format!("{form}.{text}").as_bytes());
    format!("{text}.{}", hex::encode(tag))
}

/// Whether a challenge of this form was solved: gives what names the challenge in the list of spent ones, and until when it has to stand
/// there.
///
/// # Errors
/// [`NotSolved`].
pub fn solved(
    form: &FormId,
    secret: &Secret,
    challenge: &str,
    solution: &str,
    now: Timestamp,
) -> Result<(String, Timestamp), NotSolved> {
    let (text, tag) = challenge.rsplit_once('.').ok_or(NotSolved::Foreign)?;
    let mut given = [0; crate::secret::TAG_BYTES];
    hex::decode_to_slice(tag, &mut given).map_err(|_| NotSolved::Foreign)?;
    if !same(&secret.tag("challenge", format!("{form}.{text}").as_bytes()), &given) {
        return Err(NotSolved::Foreign);
    }
    let mut parts = text.split('.');
    let until = parts.next().and_then(|hex| i64::from_str_radix(hex, 16).ok()).unwrap_or_default();
    let bits: u32 = parts.next().and_then(|bits| bits.parse().ok()).unwrap_or(u32::MAX);
    let nonce = parts.next().unwrap_or_default();
    if now.as_second() >= until {
        return Err(NotSolved::Expired);
    }
    if solution.len() > MAX_SOLUTION_CHARS || leading_zero_bits(challenge, solution) < bits {
        return Err(NotSolved::Wrong);
    }
    Ok((nonce.to_owned(), Timestamp::from_second(until).unwrap_or(now)))
}

/// How many zero bits SHA-256 of `{challenge}:{solution}` begins with.
#[must_use]
pub fn leading_zero_bits(challenge: &str, solution: &str) -> u32 {
    let hash = digest::digest(&digest::SHA256, format!("{challenge}:{solution}").as_bytes());
    let mut bits = 0;
    for byte in hash.as_ref() {
        bits += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    bits
}

/// A solution, found by trying: what a browser does. For tests and load commands.
#[must_use]
pub fn solve(challenge: &str) -> String {
    let bits = challenge.split('.').nth(1).and_then(|bits| bits.parse().ok()).unwrap_or(DIFFICULTY_BITS);
    let found = (0u64..).find(|number| leading_zero_bits(challenge, &number.to_string()) >= bits);
    found.unwrap_or_default().to_string()
}

/// What is counted in an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted<'a> {
    /// What one e-mail address is told of.
    Address(&'a EmailAddress),
    /// What one network asks for: an IPv4 address, or the /64 of an IPv6 address.
    Network(IpAddr),
}

/// The key of a counter of one form: for what, of whom, in which hour.
#[must_use]
pub fn rate_key(secret: &Secret, what: &str, whose: &Counted<'_>, now: Timestamp) -> String {
    let whose = match whose {
        Counted::Address(address) => format!("address {}", address.folded()),
        Counted::Network(IpAddr::V4(ip)) => format!("network {ip}"),
        Counted::Network(IpAddr::V6(ip)) => match ip.to_ipv4_mapped() {
            Some(mapped) => format!("network {mapped}"),
            None => format!("network {:?}", &ip.segments()[..4]),
        },
    };
    let hour = now.as_second().div_euclid(3_600);
    hex::encode(secret.tag("rate", format!("{what} {hour} {whose}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_solved_challenge_counts_for_its_form_until_it_ends() {
        let (form, secret) = (FormId::from_random([1; 10]), Secret::from_random([2; 32]));
        let challenge = challenge(&form, &secret, [3; 10], at(0));
        let solution = solve(&challenge);
        let check = |form: &FormId, secret: &Secret, challenge: &str, solution: &str, now| {
            solved(form, secret, challenge, solution, now).map(|(name, _)| name)
        };
        assert_eq!(check(&form, &secret, &challenge, &solution, at(1)), Ok("03".repeat(10)));
        assert_eq!(check(&form, &secret, &challenge, "nonsense", at(1)), Err(NotSolved::Wrong));
        assert_eq!(check(&form, &secret, &challenge, &"0".repeat(99), at(1)), Err(NotSolved::Wrong));
        let late = at(0) + CHALLENGE_LIFE;
        assert_eq!(check(&form, &secret, &challenge, &solution, late), Err(NotSolved::Expired));
        let other = FormId::from_random([9; 10]);
        assert_eq!(check(&other, &secret, &challenge, &solution, at(1)), Err(NotSolved::Foreign));
        assert_eq!(check(&form, &Secret::from_random([9; 32]), &challenge, &solution, at(1)), Err(NotSolved::Foreign));
        // Neither a later end nor less work can be written into it.
        let easier = challenge.replacen(".18.", ".1.", 1);
        assert_eq!(check(&form, &secret, &easier, &solution, at(1)), Err(NotSolved::Foreign));
        let later = format!("f{challenge}");
        assert_eq!(check(&form, &secret, &later, &solution, at(1)), Err(NotSolved::Foreign));
    }

    #[test]
    fn counters_are_apart_by_hour_purpose_and_person_and_hold_no_address() {
        let (one, other) = ("a@example.org".parse().unwrap(), "b@example.org".parse().unwrap());
        let key = |what, whose: &Counted<'_>, now| rate_key(&Secret::from_random([1; 32]), what, whose, now);
        let base = key("begin", &Counted::Address(&one), at(0));
        assert_eq!(base, key("begin", &Counted::Address(&"A@EXAMPLE.org".parse().unwrap()), at(1)));
        assert_ne!(base, key("begin", &Counted::Address(&other), at(0)));
        assert_ne!(base, key("prove", &Counted::Address(&one), at(0)));
        assert_ne!(base, key("begin", &Counted::Address(&one), at(3_600)));
        let net = |ip: &str| key("begin", &Counted::Network(ip.parse().unwrap()), at(0));
        assert_eq!(net("2001:db8:1:2::1"), net("2001:db8:1:2:ffff::9"));
        assert_ne!(net("2001:db8:1:2::1"), net("2001:db8:1:3::1"));
        assert_ne!(net("192.0.2.1"), net("192.0.2.2"));
        assert_eq!(net("::ffff:192.0.2.1"), net("192.0.2.1"));
    }

    proptest! {
        #[test]
        fn anything_may_be_presented(challenge in "\\PC{0,80}", solution in "\\PC{0,50}") {
            let (form, secret) = (FormId::from_random([1; 10]), Secret::from_random([2; 32]));
            prop_assert!(solved(&form, &secret, &challenge, &solution, at(0)).is_err());
        }
    }
}
