//! OpenID Connect for who relies on a provider (OpenID Connect Core 1.0, Authorization Code Flow, with PKCE): where somebody is sent, what
//! is asked with the code that they bring back, and whether the ID token says what it must.
//!
//! Pure: what was fetched comes in as bytes, time and random bytes are parameters. Whoever uses it fetches, in this order:
//!
//! 1. [`Provider::address`] → [`Provider::parse`]: the provider's own description (OpenID Connect Discovery 1.0);
//! 2. a [`Login`] begins, its cookie is set, the browser goes to [`Provider::authorization`];
//! 3. it comes back: [`Login::is_state`], then [`Response::code`];
//! 4. [`TokenRequest::new`] → [`TokenResponse::parse`];
//! 5. [`Provider::keys`] → [`KeySet::parse`], then [`IdToken::verify`], and where that names no address, [`Identity::of_user_info`];
//! 6. [`Identity::address`]: the address that the provider vouches for.
//!
//! Nothing of a response is in a [`Refusal`]: it can be logged.

mod identity;
mod keys;
mod login;
mod provider;
mod token;

pub use identity::{Expected, IdToken, Identity, LEEWAY, MAX_AGE};
pub use keys::{KeySet, MAX_KEYS};
pub use login::{LOGIN_LIFE, Login, Response};
pub use provider::{Provider, SCOPE};
pub use token::{Client, TokenRequest, TokenResponse};

/// Why nobody is signed in. The texts hold nothing of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something that the provider answered is not what the specifications say.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// The provider does not do something that is needed.
    #[error("the provider has no {0} of ours")]
    Unsupported(&'static str),
    /// A description or a response names another issuer than the one that is trusted, or a response none although it should (RFC 9207).
    #[error("another issuer in the {0}")]
    Issuer(&'static str),
    /// The provider sent the browser back with an error (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6).
    #[error("the provider answers {0}")]
    Answered(&'static str),
    /// The token endpoint gives no tokens, for this reason (RFC 6749 section 5.2).
    #[error("the token endpoint answers {0}")]
    Exchange(&'static str),
    /// No key of the provider's fits the ID token. It may have been published since.
    #[error("no key fits the ID token")]
    UnknownKey,
    /// The ID token's algorithm, its signature, or the kind of token is not accepted.
    #[error("the ID token's {0} is not accepted")]
    Signature(&'static str),
    /// A claim is missing or does not say what it must (OpenID Connect Core section 3.1.3.7).
    #[error("the claim {0} is missing or wrong")]
    Claim(&'static str),
    /// The provider names no address.
    #[error("no address")]
    NoAddress,
    /// The provider does not say that it verified the address.
    #[error("the address is not verified")]
    NotVerified,
}
