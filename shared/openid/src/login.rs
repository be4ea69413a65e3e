//! Somebody who is at the provider: what holds their way back to the browser they set out with.

use crate::{Provider, Refusal};
use aws_lc_rs::{digest, hmac};
use jiff::SignedDuration;
use proof::encoding::base64url_encode;
use proof::identity::equal_in_constant_time;

/// How long somebody may take at the provider.
pub const LOGIN_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Longest code that is taken, in bytes. Some providers put encrypted sessions of two kilobytes into it.
const MAX_CODE_BYTES: usize = 4096;

/// A login under way: 256 random bits that a cookie of the browser holds and nobody else knows.
///
/// `state`, `nonce` and the code verifier are made of them, each by a key of its own, so that they belong to this browser and to each
/// other, and what the provider and the address bar are shown tells nothing of the rest.
#[derive(Clone, PartialEq, Eq)]
pub struct Login([u8; 32]);

impl Login {
    /// A new one.
    #[must_use]
    pub const fn from_random(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The one a cookie holds.
    #[must_use]
    pub fn parse(cookie: &str) -> Option<Self> {
        Some(Self(hex::decode(cookie).ok()?.try_into().ok()?))
    }

    /// As it is written in a cookie.
    #[must_use]
    pub fn cookie(&self) -> String {
        hex::encode(self.0)
    }

    /// 80 bits that name its record, from which nothing else follows.
    #[must_use]
    pub fn id(&self) -> [u8; 10] {
        let mut id = [0; 10];
        id.copy_from_slice(&self.derive("record").as_ref()[..10]);
        id
    }

    /// Whether a response is to this login's request, told in constant time.
    #[must_use]
    pub fn is_state(&self, state: &str) -> bool {
        equal_in_constant_time(state.as_bytes(), self.state().as_bytes())
    }

    /// What the response must bring back (RFC 6749 section 10.12).
    pub(crate) fn state(&self) -> String {
        self.text("state")
    }

    /// What the ID token must hold (Core section 3.1.2.1).
    #[must_use]
    pub fn nonce(&self) -> String {
        self.text("nonce")
    }

    /// What proves at the token endpoint who began (RFC 7636 section 4.1): 43 characters.
    pub(crate) fn verifier(&self) -> String {
        self.text("code verifier")
    }

    /// What the provider is told of it beforehand, by the method `S256`.
    pub(crate) fn challenge(&self) -> String {
        base64url_encode(digest::digest(&digest::SHA256, self.verifier().as_bytes()).as_ref())
    }

    fn derive(&self, usage: &str) -> hmac::Tag {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), usage.as_bytes())
    }

    fn text(&self, usage: &str) -> String {
        base64url_encode(self.derive(usage).as_ref())
    }
}

/// Whoever knows it is that browser: debug output hides it.
impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(…)")
    }
}

/// The parameters that a browser brings back.
#[derive(Clone, Copy, Default)]
pub struct Response<'a> {
    /// `code`.
    pub code: Option<&'a str>,
    /// `iss` (RFC 9207).
    pub issuer: Option<&'a str>,
    /// `error`.
    pub error: Option<&'a str>,
}

impl<'a> Response<'a> {
    /// The code, from a response whose state was found to be the login's.
    ///
    /// # Errors
    /// [`Refusal::Issuer`] when it names another issuer, or none although the provider says that it always does (RFC 9207 section 2.4);
    /// [`Refusal::Answered`] when the provider refuses; [`Refusal::Malformed`] without a code, or with one that is too long.
    pub fn code(&self, provider: &Provider) -> Result<&'a str, Refusal> {
        let named = self.issuer.map_or(!provider.names_itself(), |issuer| issuer == provider.issuer());
        if !named {
            return Err(Refusal::Issuer("response"));
        }
        if let Some(error) = self.error {
            let known = ERRORS.iter().find(|known| **known == error);
            return Err(Refusal::Answered(known.copied().unwrap_or("an error of its own")));
        }
        let fits = |code: &&str| !code.is_empty() && code.len() <= MAX_CODE_BYTES;
        self.code.filter(fits).ok_or(Refusal::Malformed("response"))
    }
}

/// Errors that the specifications name. Any other is not repeated.
const ERRORS: [&str; 11] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_request",
    "invalid_scope",
    "login_required",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_response_type",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::tests::{ISSUER, provider};
    use serde_json::json;

    #[test]
    fn everything_is_of_one_browser_and_nothing_tells_of_another() {
        let (one, other) = (Login::from_random([1; 32]), Login::from_random([2; 32]));
        assert_eq!(Login::parse(&one.cookie()), Some(one.clone()));
        assert!(one.is_state(&one.state()) && !one.is_state(&other.state()) && !one.is_state(""));
        let all = [one.state(), one.nonce(), one.verifier(), one.challenge(), one.cookie(), hex::encode(one.id())];
        for (place, text) in all.iter().enumerate() {
            assert!(all[place + 1..].iter().all(|later| later != text && !later.starts_with(&text[..8])));
        }
        assert_eq!(one.verifier().len(), 43);
        assert_eq!(format!("{one:?}"), "Login(…)");
        for broken in ["", "00", &one.cookie()[2..], &format!("{}00", one.cookie()), &"x".repeat(64)] {
            assert_eq!(Login::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_response_names_the_issuer_where_it_must() {
        let (silent, naming) = (json!({}), json!({"authorization_response_iss_parameter_supported": true}));
        let (silent, naming) = (provider(silent).unwrap(), provider(naming).unwrap());
        let response = |issuer| Response { code: Some("c"), issuer, error: None };
        assert_eq!(response(Some(ISSUER)).code(&naming), Ok("c"));
        assert_eq!(response(None).code(&silent), Ok("c"));
        assert_eq!(response(None).code(&naming), Err(Refusal::Issuer("response")));
        for provider in [&silent, &naming] {
            assert_eq!(response(Some("https://evil.example")).code(provider), Err(Refusal::Issuer("response")));
            // Another provider's error is not this one's either.
            let error = Response { error: Some("access_denied"), ..response(Some("https://evil.example")) };
            assert_eq!(error.code(provider), Err(Refusal::Issuer("response")));
        }
    }

    #[test]
    fn an_error_is_told_by_a_known_word_only() {
        let provider = provider(json!({})).unwrap();
        let code = |code, error| Response { code, error, issuer: None }.code(&provider);
        assert_eq!(code(Some("c"), Some("access_denied")), Err(Refusal::Answered("access_denied")));
        assert_eq!(code(None, Some("hana@example.org")), Err(Refusal::Answered("an error of its own")));
        let long = "c".repeat(MAX_CODE_BYTES + 1);
        for broken in [None, Some(""), Some(long.as_str())] {
            assert_eq!(code(broken, None), Err(Refusal::Malformed("response")));
        }
    }
}
