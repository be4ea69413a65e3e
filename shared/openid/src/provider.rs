//! What a provider says of itself (OpenID Connect Discovery 1.0 section 3), and where browsers are sent.

use crate::{Login, Refusal};
use serde::Deserialize;
use url::Url;

/// What is asked for: who it is, and the address.
pub const SCOPE: &str = "openid email";

const DOCUMENT: &str = "discovery document";

/// A provider that has been read, and is the one that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    issuer: String,
    authorization: Url,
    token: Url,
    keys: Url,
    user_info: Option<Url>,
    names_itself: bool,
    takes_basic: bool,
    takes_post: bool,
}

/// The members that are read. A name that comes twice is refused.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    response_types_supported: Vec<String>,
    id_token_signing_alg_values_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Provider {
    /// Where an issuer's description is (Discovery section 4).
    #[must_use]
    pub fn address(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
    }

    /// Reads the description found at [`Provider::address`] of `issuer`.
    ///
    /// # Errors
    /// [`Refusal::Issuer`] unless it names exactly this issuer (Discovery section 4.3); [`Refusal::Unsupported`] when the provider does not
    /// speak the code flow, says that it knows challenges but not `S256`, or signs with no algorithm that is read here;
    /// [`Refusal::Malformed`] otherwise. An endpoint is `https`, or `http` where the issuer itself is.
    pub fn parse(json: &[u8], issuer: &str) -> Result<Self, Refusal> {
        let document: Document = serde_json::from_slice(json).map_err(|_| Refusal::Malformed(DOCUMENT))?;
        if document.issuer != issuer {
            return Err(Refusal::Issuer(DOCUMENT));
        }
        let has = |list: &[String], name: &str| list.iter().any(|one| one == name);
        if !has(&document.response_types_supported, "code") {
            return Err(Refusal::Unsupported("response type"));
        }
        if !document.id_token_signing_alg_values_supported.iter().any(|name| ALGORITHMS.contains(&name.as_str())) {
            return Err(Refusal::Unsupported("signature algorithm"));
        }
        // Some know S256 and do not say so.
        if document.code_challenge_methods_supported.is_some_and(|methods| !has(&methods, "S256")) {
            return Err(Refusal::Unsupported("code challenge method"));
        }
        let methods = document.token_endpoint_auth_methods_supported;
        let takes = |name, unsaid| methods.as_deref().map_or(unsaid, |methods| has(methods, name));
        let endpoint = |text: &str| endpoint(text, issuer);
        Ok(Self {
            authorization: endpoint(&document.authorization_endpoint)?,
            token: endpoint(&document.token_endpoint)?,
            keys: endpoint(&document.jwks_uri)?,
            user_info: document.userinfo_endpoint.as_deref().map(endpoint).transpose()?,
            names_itself: document.authorization_response_iss_parameter_supported,
            takes_basic: takes("client_secret_basic", true),
            takes_post: takes("client_secret_post", false),
            issuer: document.issuer,
        })
    }

    /// Where a browser is sent to sign in (Core section 3.1.2.1, RFC 7636 section 4.3). `back`: the redirect URI; `language`: a BCP 47 tag.
    #[must_use]
    pub fn authorization(&self, client_id: &str, back: &str, login: &Login, language: &str) -> String {
        let mut url = self.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", back)
            .append_pair("scope", SCOPE)
            .append_pair("state", &login.state())
            .append_pair("nonce", &login.nonce())
            .append_pair("code_challenge", &login.challenge())
            .append_pair("code_challenge_method", "S256")
            .append_pair("ui_locales", language);
        url.into()
    }

    /// Its issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where its keys are.
    #[must_use]
    pub fn keys(&self) -> &str {
        self.keys.as_str()
    }

    /// Where it tells more of somebody who signed in, if anywhere.
    #[must_use]
    pub fn user_info(&self) -> Option<&str> {
        self.user_info.as_ref().map(Url::as_str)
    }

    /// Where codes become tokens.
    pub(crate) fn token(&self) -> &str {
        self.token.as_str()
    }

    /// Whether every response of its names it (RFC 9207).
    pub(crate) const fn names_itself(&self) -> bool {
        self.names_itself
    }

    /// Whether it takes a client's secret in a header.
    pub(crate) const fn takes_basic(&self) -> bool {
        self.takes_basic
    }

    /// Whether it takes a client's secret in the form.
    pub(crate) const fn takes_post(&self) -> bool {
        self.takes_post
    }
}

/// The JWS names of the algorithms that [`proof`] reads: no symmetric one, and not `none`.
const ALGORITHMS: [&str; 5] = ["RS256", "ES256", "ES384", "EdDSA", "Ed25519"];

fn endpoint(text: &str, issuer: &str) -> Result<Url, Refusal> {
    let url = Url::parse(text).map_err(|_| Refusal::Malformed(DOCUMENT))?;
    let secure = url.scheme() == "https" || (url.scheme() == "http" && issuer.starts_with("http://"));
    let plain = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if secure && plain && url.has_host() { Ok(url) } else { Err(Refusal::Malformed(DOCUMENT)) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::{Value, json};

    pub(crate) const ISSUER: &str = "https://id.example/realm";

    /// What a provider says, with some members changed; null takes one away.
    pub(crate) fn provider(changed: Value) -> Result<Provider, Refusal> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/auth?tenant=a",
            "token_endpoint": "https://token.example/token",
            "jwks_uri": "https://keys.example/keys",
            "userinfo_endpoint": "https://id.example/me",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["HS256", "RS256"],
        });
        let (Value::Object(document), Value::Object(changed)) = (&mut document, changed) else { unreachable!() };
        document.extend(changed);
        document.retain(|_, value| !value.is_null());
        Provider::parse(&serde_json::to_vec(document).unwrap(), ISSUER)
    }

    #[test]
    fn the_description_is_found_below_the_issuer() {
        let expected = "https://id.example/realm/.well-known/openid-configuration";
        assert_eq!(Provider::address(ISSUER), expected);
        assert_eq!(Provider::address("https://id.example/realm/"), expected);
    }

    #[test]
    fn another_issuer_is_refused_however_alike() {
        for other in [
            "https://id.example/realm/",
            "https://id.example",
            "https://ID.example/realm",
            "https://evil.example/realm",
        ] {
            assert_eq!(provider(json!({"issuer": other})), Err(Refusal::Issuer(DOCUMENT)), "{other}");
        }
    }

    #[test]
    fn what_is_needed_must_be_there() {
        for (changed, what) in [
            (json!({"response_types_supported": ["id_token"]}), "response type"),
            (json!({"id_token_signing_alg_values_supported": ["HS256", "none", "PS512"]}), "signature algorithm"),
            (json!({"code_challenge_methods_supported": ["plain"]}), "code challenge method"),
        ] {
            assert_eq!(provider(changed), Err(Refusal::Unsupported(what)));
        }
        for name in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported"] {
            assert_eq!(provider(json!({name: null})), Err(Refusal::Malformed(DOCUMENT)), "{name}");
        }
        for address in [
            "http://id.example/a",
            "javascript:alert(1)",
            "https://user@id.example/",
            "https://id.example/#a",
            "/a",
            "data:,a",
        ] {
            for name in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
                assert_eq!(provider(json!({name: address})), Err(Refusal::Malformed(DOCUMENT)), "{name} {address}");
            }
        }
        let twice = format!(r#"{{"issuer":"{ISSUER}","issuer":"{ISSUER}"}}"#);
        for text in ["", "[]", "{", twice.as_str()] {
            assert_eq!(Provider::parse(text.as_bytes(), ISSUER), Err(Refusal::Malformed(DOCUMENT)));
        }
    }

    #[test]
    fn a_browser_is_sent_with_everything_that_binds_the_answer() {
        let login = Login::from_random([3; 32]);
        let address = provider(json!({})).unwrap().authorization("me&you", "https://b.example/back", &login, "ja");
        let url = Url::parse(&address).unwrap();
        assert_eq!((url.host_str(), url.path()), (Some("id.example"), "/auth"));
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let expected = [
            ("tenant", "a".to_owned()),
            ("response_type", "code".into()),
            ("client_id", "me&you".into()),
            ("redirect_uri", "https://b.example/back".into()),
            ("scope", "openid email".into()),
            ("state", login.state()),
            ("nonce", login.nonce()),
            ("code_challenge", login.challenge()),
            ("code_challenge_method", "S256".into()),
            ("ui_locales", "ja".into()),
        ];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value)));
        assert!(!address.contains(&login.verifier()) && !address.contains(&login.cookie()));
    }
}
