//! Whom a provider says it is (OpenID Connect Core sections 3.1.3.7 and 5.3).

use crate::{KeySet, LOGIN_LIFE, Refusal};
use aws_lc_rs::digest;
use badge::EmailAddress;
use jiff::{SignedDuration, Timestamp};
use proof::encoding::base64url_encode;
use proof::identity::equal_in_constant_time;
use proof::jws::{self, CompactJws};
use proof::keys::Algorithm;
use serde::Deserialize;

/// How far the provider's clock may be from ours.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// How long ago an ID token may have been issued: it is fetched while the login that asked for it lives.
pub const MAX_AGE: SignedDuration = LOGIN_LIFE;
/// Longest `sub`, in bytes (Core section 2).
const MAX_SUBJECT_BYTES: usize = 255;

/// What an ID token must agree with.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer that is trusted.
    pub issuer: &'a str,
    /// Who asked.
    pub client_id: &'a str,
    /// What was asked: [`Login::nonce`](crate::Login::nonce).
    pub nonce: &'a str,
    /// What came along with it.
    pub access_token: &'a str,
    /// When it is.
    pub now: Timestamp,
}

/// The claims that are read of an ID token. A name that comes twice is refused.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    at_hash: Option<String>,
    #[serde(flatten)]
    identity: Identity,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    /// Whether it is for this client and nobody else: no other audience is trusted (Core section 3.1.3.7, 3).
    fn is(&self, client_id: &str) -> bool {
        match self {
            Self::One(one) => one == client_id,
            Self::Many(many) => many.len() == 1 && many[0] == client_id,
        }
    }
}

/// An ID token that has been taken apart; nothing in it is believed yet.
#[derive(Debug, Clone)]
pub struct IdToken(CompactJws);

impl IdToken {
    /// Takes an ID token apart.
    ///
    /// # Errors
    /// [`Refusal::Signature`] when its algorithm is `none`, symmetric or another that is not read, or it is another kind of token;
    /// [`Refusal::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let jws = CompactJws::parse(text).map_err(|error| match error {
            jws::JwsError::UnsupportedAlgorithm(_) => Refusal::Signature("algorithm"),
            _ => Refusal::Malformed("ID token"),
        })?;
        if jws.header().typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return Err(Refusal::Signature("type"));
        }
        Ok(Self(jws))
    }

    /// Checks its signature and every claim by which it is an answer to what was asked.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::Signature`], [`Refusal::Claim`], [`Refusal::Malformed`].
    pub fn verify(&self, keys: &KeySet, expected: &Expected<'_>) -> Result<Identity, Refusal> {
        let key = keys.find(self.0.header())?;
        jws::verify(&self.0, key).map_err(|_| Refusal::Signature("signature"))?;
        let claims: Claims = serde_json::from_slice(self.0.payload()).map_err(|_| Refusal::Malformed("ID token"))?;
        let (at, leeway) = (seconds(expected.now), LEEWAY.as_secs_f64());
        let same = |one: &str, other: &str| equal_in_constant_time(one.as_bytes(), other.as_bytes());
        let hash = |said: &str| same(said, &access_token_hash(self.0.header().algorithm, expected.access_token));
        let rules = [
            ("iss", claims.iss == expected.issuer),
            ("aud", claims.aud.is(expected.client_id)),
            ("azp", claims.azp.is_none_or(|party| party == expected.client_id)),
            ("exp", at < claims.exp + leeway),
            ("iat", claims.iat <= at + leeway && claims.iat >= at - MAX_AGE.as_secs_f64() - leeway),
            ("nbf", claims.nbf.is_none_or(|begin| begin <= at + leeway)),
            ("nonce", claims.nonce.is_some_and(|nonce| same(&nonce, expected.nonce))),
            ("at_hash", claims.at_hash.is_none_or(|said| hash(&said))),
            ("sub", is_subject(&claims.identity.subject)),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((claim, _)) => Err(Refusal::Claim(claim)),
            None => Ok(claims.identity),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in a double for a while")]
fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

fn is_subject(subject: &str) -> bool {
    !subject.is_empty() && subject.len() <= MAX_SUBJECT_BYTES && subject.is_ascii()
}

/// The left half of the access token's digest, by the ID token's algorithm (Core section 3.1.3.6). Ed25519 goes with SHA-512.
fn access_token_hash(algorithm: Algorithm, access_token: &str) -> String {
    let with = match algorithm {
        Algorithm::RsaPkcs1Sha256 | Algorithm::EcdsaP256Sha256 => &digest::SHA256,
        Algorithm::EcdsaP384Sha384 => &digest::SHA384,
        Algorithm::Ed25519 => &digest::SHA512,
    };
    let whole = digest::digest(with, access_token.as_bytes());
    base64url_encode(&whole.as_ref()[..with.output_len() / 2])
}

/// Who it is.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Identity {
    #[serde(rename = "sub")]
    subject: String,
    email: Option<String>,
    email_verified: Option<bool>,
}

/// Personal: debug output hides it.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl Identity {
    /// Whether an address is named.
    #[must_use]
    pub fn has_address(&self) -> bool {
        self.email.is_some()
    }

    /// The same person, as the user info endpoint tells of them (Core section 5.3.2).
    ///
    /// # Errors
    /// [`Refusal::Claim`] when it tells of somebody else, [`Refusal::Malformed`].
    pub fn of_user_info(&self, json: &[u8]) -> Result<Self, Refusal> {
        let told: Self = serde_json::from_slice(json).map_err(|_| Refusal::Malformed("user info"))?;
        if told.subject == self.subject { Ok(told) } else { Err(Refusal::Claim("sub")) }
    }

    /// The address that the provider vouches for. `domains`: in lower case, those in which it is believed without saying so.
    ///
    /// # Errors
    /// [`Refusal::NoAddress`] without one that can be read. [`Refusal::NotVerified`] unless the provider says that it verified the address,
    /// or says nothing of it and the domain is one of `domains`; that it did not is believed everywhere.
    pub fn address(&self, domains: &[String]) -> Result<EmailAddress, Refusal> {
        let address: EmailAddress =
            self.email.as_deref().unwrap_or_default().parse().map_err(|_| Refusal::NoAddress)?;
        let domain = address.as_str().rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        let verified = self.email_verified.unwrap_or_else(|| domains.contains(&domain));
        if verified { Ok(address) } else { Err(Refusal::NotVerified) }
    }
}

#[cfg(test)]
mod tests;
