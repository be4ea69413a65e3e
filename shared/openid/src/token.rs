//! From a code to tokens (OpenID Connect Core section 3.1.3).

use crate::{Login, Provider, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::form_urlencoded::{Serializer, byte_serialize};

/// Who asks.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    /// `client_id`.
    pub id: &'a str,
    /// Its secret; none makes it a public client, which the code verifier alone proves.
    pub secret: Option<&'a str>,
}

/// A request to the token endpoint: a form to be posted.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Where to.
    pub url: String,
    /// The header `Authorization`, if it is to have one.
    pub authorization: Option<String>,
    /// The body, `application/x-www-form-urlencoded`.
    pub body: String,
}

impl TokenRequest {
    /// Asks for the tokens of a code. `back`: the redirect URI, as it was in the first request. A secret goes by `client_secret_basic` where
    /// the provider takes that, else by `client_secret_post` (Core section 9).
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] when the provider takes a secret in neither way.
    pub fn new(
        provider: &Provider,
        client: Client<'_>,
        back: &str,
        code: &str,
        login: &Login,
    ) -> Result<Self, Refusal> {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", back)
            .append_pair("code_verifier", &login.verifier());
        let authorization = match client.secret {
            Some(secret) if provider.takes_basic() => Some(basic(client.id, secret)),
            Some(secret) if provider.takes_post() => {
                form.append_pair("client_id", client.id).append_pair("client_secret", secret);
                None
            }
            Some(_) => return Err(Refusal::Unsupported("client authentication")),
            None => {
                form.append_pair("client_id", client.id);
                None
            }
        };
        Ok(Self { url: provider.token().to_owned(), authorization, body: form.finish() })
    }
}

/// `client_secret_basic`: both parts are encoded as in a form before they are joined (RFC 6749 section 2.3.1).
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

/// What the token endpoint answers. Everything else in it is left unread.
#[derive(Clone, Deserialize)]
pub struct TokenResponse {
    /// The ID token, not yet looked at.
    pub id_token: String,
    /// What opens the user info endpoint.
    pub access_token: String,
    token_type: String,
}

impl TokenResponse {
    /// Reads an answer of status 200.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when one of the tokens is missing or the type is not `Bearer`.
    pub fn parse(json: &[u8]) -> Result<Self, Refusal> {
        let malformed = Refusal::Malformed("token response");
        let response: Self = serde_json::from_slice(json).map_err(|_| malformed)?;
        let visible = response.access_token.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = response.token_type.eq_ignore_ascii_case("bearer") && visible && !response.access_token.is_empty();
        if fits { Ok(response) } else { Err(malformed) }
    }

    /// What is wrong, as an answer of another status tells (RFC 6749 section 5.2), if it is one of the words that there are for it.
    #[must_use]
    pub fn error(json: &[u8]) -> Option<&'static str> {
        let error: Error = serde_json::from_slice(json).ok()?;
        ERRORS.into_iter().find(|known| *known == error.error)
    }
}

#[derive(Deserialize)]
struct Error {
    error: String,
}

const ERRORS: [&str; 6] = [
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::tests::provider;
    use serde_json::json;

    fn request(methods: &serde_json::Value, secret: Option<&str>) -> Result<TokenRequest, Refusal> {
        let provider = provider(json!({"token_endpoint_auth_methods_supported": methods})).unwrap();
        let login = Login::from_random([1; 32]);
        TokenRequest::new(&provider, Client { id: "cl:ient", secret }, "https://b.example/back?x", "c&d", &login)
    }

    #[test]
    fn a_secret_goes_the_way_that_the_provider_takes() {
        let verifier = Login::from_random([1; 32]).verifier();
        let form = format!(
            "grant_type=authorization_code&code=c%26d&redirect_uri=https%3A%2F%2Fb.example%2Fback%3Fx&code_verifier={verifier}"
        );
        for methods in [json!(null), json!(["client_secret_post", "client_secret_basic"])] {
            let basic = request(&methods, Some("s p/é")).unwrap();
            let header = basic.authorization.unwrap();
            let joined = STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap();
            assert_eq!(joined, b"cl%3Aient:s+p%2F%C3%A9");
            assert_eq!((basic.url.as_str(), &basic.body), ("https://token.example/token", &form));
        }
        let post = request(&json!(["client_secret_post"]), Some("s p")).unwrap();
        assert_eq!((post.authorization, post.body), (None, format!("{form}&client_id=cl%3Aient&client_secret=s+p")));
        let public = request(&json!(["private_key_jwt"]), None).unwrap();
        assert_eq!((public.authorization, public.body), (None, format!("{form}&client_id=cl%3Aient")));
        let neither = request(&json!(["private_key_jwt"]), Some("s")).map(|request| request.url);
        assert_eq!(neither, Err(Refusal::Unsupported("client authentication")));
    }

    #[test]
    fn an_answer_has_both_tokens() {
        let parse = |value: serde_json::Value| TokenResponse::parse(value.to_string().as_bytes()).map(|t| t.id_token);
        assert_eq!(
            parse(json!({"id_token": "i", "access_token": "a", "token_type": "bearer", "x": 1})),
            Ok("i".into())
        );
        for broken in [
            json!({"access_token": "a", "token_type": "Bearer"}),
            json!({"id_token": "i", "token_type": "Bearer"}),
            json!({"id_token": "i", "access_token": "a\r\nx: y", "token_type": "Bearer"}),
            json!({"id_token": "i", "access_token": "a", "token_type": "DPoP"}),
            json!({"id_token": ["i"], "access_token": "a", "token_type": "Bearer"}),
            json!([]),
        ] {
            assert_eq!(parse(broken), Err(Refusal::Malformed("token response")));
        }
    }

    #[test]
    fn an_error_is_told_by_a_known_word_only() {
        assert_eq!(
            TokenResponse::error(br#"{"error":"invalid_client","error_description":"x"}"#),
            Some("invalid_client")
        );
        for other in [&br#"{"error":"hana@example.org"}"#[..], br#"{"error":7}"#, b"", b"<html>"] {
            assert_eq!(TokenResponse::error(other), None);
        }
    }
}
