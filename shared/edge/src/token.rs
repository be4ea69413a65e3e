//! Access tokens and who a caller is.
//!
//! A token is a JWT (RFC 9068, `ES256`) signed by a KMS key of its own and verified with nothing but that key's public half, so that
//! checking a caller costs no database read. It names the organisation and what its bearer may do. While the key is changed, tokens of
//! two keys hold.

use crate::problem::{Kind, Problem};
use crate::request::Request;
use badge::{BadgeId, ClientId, PersonId};
use jiff::Timestamp;
use proof::jws::{self, CompactJws, NewHeader};
use proof::keys::{Algorithm, PublicKey};
use serde::{Deserialize, Serialize};

/// How long a token is announced to live. Existing clients use it until this very second.
pub const LIFETIME_SECONDS: i64 = 3_600;
/// How long past its announced life a token is still taken: such clients do not ask anew when they are refused.
pub const GRACE_SECONDS: i64 = 60;
/// Seconds a token may come from the future: clocks differ a little.
const SKEW_SECONDS: i64 = 60;
/// `typ` of an access token (RFC 9068 section 2.1).
const TYPE: &str = "at+jwt";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who made it: the public base address.
    pub iss: String,
    /// For whom: the same.
    pub aud: String,
    /// The organisation.
    pub sub: ClientId,
    /// Which API secret it was given for.
    pub jti: String,
    /// What the organisation calls that secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What its bearer may do.
    pub roles: Vec<String>,
    /// With which badges only; none means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badges: Option<Vec<BadgeId>>,
    /// When it was made, in Unix seconds.
    pub iat: i64,
    /// When it ends, in Unix seconds.
    pub exp: i64,
}

impl Claims {
    /// The claims of a new token.
    #[must_use]
    pub fn new(base: &str, client: &ClientId, secret_id: &str, roles: Vec<String>, now: Timestamp) -> Self {
        let iat = now.as_second();
        let (iss, aud) = (base.to_owned(), base.to_owned());
        let (sub, jti) = (client.clone(), secret_id.to_owned());
        let label = String::new();
        Self { iss, aud, sub, jti, label, roles, badges: None, iat, exp: iat + LIFETIME_SECONDS }
    }

    /// With what the organisation calls the secret it is given for.
    #[must_use]
    pub fn labelled(self, label: &str) -> Self {
        Self { label: label.to_owned(), ..self }
    }

    /// For these badges only, and for a time of its own.
    #[must_use]
    pub fn narrowed(self, badges: Option<Vec<BadgeId>>, life_seconds: i64) -> Self {
        Self { badges, exp: self.iat + life_seconds, ..self }
    }

    /// A token that waits for its signature.
    ///
    /// # Errors
    /// [`Problem`] when the claims cannot be written.
    pub fn draft(&self, key: &PublicKey) -> Result<jws::Draft, Problem> {
        let payload = serde_json::to_vec(self).map_err(Problem::internal)?;
        let kid = key.jwk_thumbprint();
        let header = NewHeader { algorithm: Algorithm::EcdsaP256Sha256, key_id: Some(&kid), typ: Some(TYPE) };
        Ok(jws::draft(&header, &payload))
    }
}

/// Checks tokens.
#[derive(Debug, Clone)]
pub struct Gate {
    /// By their thumbprints, which tokens name (`kid`).
    keys: Vec<(String, PublicKey)>,
    base: String,
}

/// Somebody whose token was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Their organisation.
    pub client: ClientId,
    /// What they may do.
    pub roles: Vec<String>,
    /// With which badges only; none means all.
    pub badges: Option<Vec<BadgeId>>,
    /// Which API secret they came with, or which member of the organisation they are.
    pub credential: String,
    /// What the organisation called that secret when the token was given.
    pub label: String,
}

/// What the name of a credential begins with that is a member at the console.
const MEMBER: &str = "member:";

/// The name under which a member comes from the console, as [`Claims::jti`].
#[must_use]
pub fn member(person: &PersonId) -> String {
    format!("{MEMBER}{person}")
}

impl Caller {
    /// Whether it is a member at the console, and no API secret.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.credential.starts_with(MEMBER)
    }

    /// Whether they may have to do with this badge.
    #[must_use]
    pub fn knows(&self, badge: &BadgeId) -> bool {
        self.badges.as_ref().is_none_or(|badges| badges.contains(badge))
    }

    /// The same, for what is about one badge.
    ///
    /// # Errors
    /// [`Kind::MissingRole`].
    pub fn about(&self, badge: &BadgeId) -> Result<(), Problem> {
        if self.knows(badge) { Ok(()) } else { Err(Kind::MissingRole.into()) }
    }

    /// For what is about all badges at once.
    ///
    /// # Errors
    /// [`Kind::MissingRole`] for who is let to some of them only.
    pub fn about_all(&self) -> Result<(), Problem> {
        if self.badges.is_none() { Ok(()) } else { Err(Kind::MissingRole.into()) }
    }
}

impl Gate {
    /// A gate that opens to tokens signed by one of `keys` for the deployment at `base`.
    #[must_use]
    pub fn new(keys: Vec<PublicKey>, base: &str) -> Self {
        let keys = keys.into_iter().map(|key| (key.jwk_thumbprint(), key)).collect();
        Self { keys, base: base.to_owned() }
    }

    /// The caller, provided their token is of the organisation in the path (`{client}`), holds one of `roles` (an admin holds
    /// all), and is good for the badge in the path, if there is one (`{badge}`).
    ///
    /// # Errors
    /// [`Kind::Forbidden`] for every fault of the token, also when the organisation does not exist; [`Kind::MissingRole`].
    pub fn caller(&self, request: &Request, roles: &[&str]) -> Result<Caller, Problem> {
        let token = request.header("authorization").and_then(bearer).ok_or(Kind::Forbidden)?;
        let caller = self.check(token, request.now).ok_or(Kind::Forbidden)?;
        if request.parameter("client") != Some(caller.client.as_str()) {
            return Err(Kind::Forbidden.into());
        }
        let may = |role: &String| role == "admin" || roles.contains(&role.as_str());
        if !roles.is_empty() && !caller.roles.iter().any(may) {
            return Err(Kind::MissingRole.into());
        }
        if let Some(badge) = request.parameter("badge").and_then(|text| text.parse().ok()) {
            caller.about(&badge)?;
        }
        Ok(caller)
    }

    /// Whose token this is, if it holds at `now`.
    #[must_use]
    pub fn check(&self, token: &str, now: Timestamp) -> Option<Caller> {
        let jws = CompactJws::parse(token).ok()?;
        if jws.header().typ.as_deref() != Some(TYPE) {
            return None;
        }
        let (_, key) = self.keys.iter().find(|(kid, _)| jws.header().key_id.as_ref() == Some(kid))?;
        jws::verify(&jws, key).ok()?;
        let claims: Claims = serde_json::from_slice(jws.payload()).ok()?;
        let now = now.as_second();
        let alive = claims.iat <= now + SKEW_SECONDS && now < claims.exp + GRACE_SECONDS;
        let ours = claims.iss == self.base && claims.aud == self.base;
        let Claims { sub: client, roles, badges, jti: credential, label, .. } = claims;
        (alive && ours).then_some(Caller { client, roles, badges, credential, label })
    }
}

/// The token of an `Authorization` header (RFC 6750 section 2.1; the scheme's case does not matter).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proof::testing::TestKey;

    const NOW: i64 = 1_800_000_000;

    fn fresh() -> TestKey {
        TestKey::fresh_p256().unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn token(key: &TestKey, change: impl Fn(&mut Claims)) -> String {
        let client = ClientId::from_random([1; 10]);
        let mut claims = Claims::new("https://b.example", &client, "s1", vec!["issuer".into()], at(NOW));
        change(&mut claims);
        let draft = claims.draft(key.public_key()).unwrap();
        let signature = key.sign(draft.signing_input()).unwrap();
        draft.complete(&signature, key.public_key()).unwrap()
    }

    #[test]
    fn a_token_holds_for_its_life_and_a_minute() {
        let key = fresh();
        let gate = Gate::new(vec![key.public_key().clone()], "https://b.example");
        let good = token(&key, |_| ());
        assert!(gate.check(&good, at(NOW)).is_some());
        assert!(gate.check(&good, at(NOW + LIFETIME_SECONDS + GRACE_SECONDS - 1)).is_some());
        assert!(gate.check(&good, at(NOW + LIFETIME_SECONDS + GRACE_SECONDS)).is_none());
        assert!(gate.check(&good, at(NOW - SKEW_SECONDS - 1)).is_none());
    }

    #[test]
    fn a_token_of_another_key_or_place_is_refused() {
        let key = fresh();
        let gate = Gate::new(vec![key.public_key().clone()], "https://b.example");
        assert!(gate.check(&token(&fresh(), |_| ()), at(NOW)).is_none());
        assert!(gate.check(&token(&key, |c| c.iss = "https://other.example".into()), at(NOW)).is_none());
        assert!(gate.check(&token(&key, |c| c.aud = "https://other.example".into()), at(NOW)).is_none());
        let good = token(&key, |_| ());
        let (head, signature) = good.rsplit_once('.').unwrap();
        assert!(gate.check(head, at(NOW)).is_none());
        assert!(gate.check(&format!("{head}.{}", &signature[1..]), at(NOW)).is_none());
        assert!(gate.check("", at(NOW)).is_none());
    }

    #[test]
    fn while_the_key_changes_tokens_of_both_hold() {
        let [old, new] = [fresh(), fresh()];
        let keys = |keys: &[&TestKey]| keys.iter().map(|key| key.public_key().clone()).collect();
        let both = Gate::new(keys(&[&new, &old]), "https://b.example");
        assert!([&old, &new].iter().all(|key| both.check(&token(key, |_| ()), at(NOW)).is_some()));
        assert!(both.check(&token(&fresh(), |_| ()), at(NOW)).is_none());
        let after = Gate::new(keys(&[&new]), "https://b.example");
        assert!(after.check(&token(&new, |_| ()), at(NOW)).is_some());
        assert!(after.check(&token(&old, |_| ()), at(NOW)).is_none());
        // What names the one key and is signed by the other is of neither.
        let crossed = Claims::new("https://b.example", &ClientId::from_random([1; 10]), "s1", Vec::new(), at(NOW));
        let draft = crossed.draft(old.public_key()).unwrap();
        let signature = new.sign(draft.signing_input()).unwrap();
        let text = draft.complete(&signature, new.public_key()).unwrap();
        assert!(both.check(&text, at(NOW)).is_none());
    }

    #[test]
    fn who_is_let_to_some_badges_reaches_no_other() {
        let key = fresh();
        let gate = Gate::new(vec![key.public_key().clone()], "https://b.example");
        let (mine, other) = (BadgeId::from_random([1; 10]), BadgeId::from_random([2; 10]));
        let token = token(&key, |claims| *claims = claims.clone().narrowed(Some(vec![mine.clone()]), 60));
        let ask = |badge: &BadgeId| {
            let mut request = Request::test(http::Method::GET, "/", &[("authorization", &format!("Bearer {token}"))]);
            request.now = at(NOW);
            request.set_parameter("client", ClientId::from_random([1; 10]).as_str());
            request.set_parameter("badge", badge.as_str());
            gate.caller(&request, &["issuer"])
        };
        let caller = ask(&mine).unwrap();
        assert!(caller.knows(&mine) && !caller.knows(&other) && caller.about_all().is_err());
        assert_eq!(ask(&other).map_err(|problem| problem.kind()), Err(Kind::MissingRole));
        assert!(gate.check(&token, at(NOW + 60 + GRACE_SECONDS)).is_none());
    }

    #[test]
    fn the_scheme_may_be_in_any_case() {
        assert_eq!(bearer("bearer x"), Some("x"));
        assert_eq!(bearer("Bearer  x"), Some("x"));
        assert_eq!(bearer("Basic x"), None);
    }
}
