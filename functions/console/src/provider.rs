//! The identity provider that a deployment may have: what is configured of it, what is kept of it for a while, what is asked of it.

use aws_sdk_secretsmanager::error::ProvideErrorMetadata as _;
use aws_types::SdkConfig;
use edge::config;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use openid::{Client, Expected, IdToken, Identity, KeySet, Login, Refusal, Response, TokenRequest, TokenResponse};
use outbound::{AllowList, FetchError, Guard, Limits};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long its description and its keys are kept.
const LIFE: SignedDuration = SignedDuration::from_hours(1);
/// How old the keys are when they are fetched anew because none of them fits.
const KEYS_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// How long the client's secret is kept: a new one counts after that.
const SECRET_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// The largest answer, and the longest one request may take: a sign-in is four at most, and the gateway waits for 30 seconds.
const LIMITS: Limits = Limits { redirects: 0, body_bytes: 256 * 1024, total: Duration::from_secs(5) };

/// Why the provider signs nobody in. The texts hold nothing that is personal or secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What it says is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// One of its addresses does not answer.
    #[error("{0}: {1}")]
    Silent(&'static str, FetchError),
    /// One of its addresses answers by this status.
    #[error("{0}: status {1}")]
    Status(&'static str, u16),
    /// The client's secret is not there.
    #[error("the client's secret: {0}")]
    Secret(String),
}

/// Something that is kept for a while.
struct Kept<T>(Mutex<Option<(T, Timestamp)>>);

impl<T: Clone> Kept<T> {
    const fn nothing() -> Self {
        Self(Mutex::new(None))
    }

    /// What is kept, if it is younger than `life`.
    fn fresh(&self, now: Timestamp, life: SignedDuration) -> Option<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(_, since)| now.duration_since(*since) < life).map(|(what, _)| what.clone())
    }

    fn keep(&self, what: T, now: Timestamp) -> T {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((what.clone(), now));
        what
    }

    fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The provider, as it is configured.
pub(crate) struct Provider {
    /// What people call it.
    pub(crate) name: String,
    /// Domains whose addresses it is believed without saying that it verified them; in lower case.
    pub(crate) domains: Vec<String>,
    issuer: String,
    client_id: String,
    secret_arn: Option<String>,
    /// The redirect URI.
    back: String,
    secrets: aws_sdk_secretsmanager::Client,
    outside: outbound::Client,
    description: Kept<openid::Provider>,
    keys: Kept<KeySet>,
    secret: Kept<String>,
}

/// What is kept of it may be secret.
impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.issuer)
    }
}

impl Provider {
    /// The one in the environment, if there is one. `base`: where people find us.
    pub(crate) fn configured(aws: &SdkConfig, base: &str) -> Result<Option<Self>, lambda_http::Error> {
        let Some(issuer) = config::optional("OIDC_ISSUER") else { return Ok(None) };
        let allow = AllowList::parse(&config::optional("OUTBOUND_ALLOW").unwrap_or_default())?;
        let secrets = aws_sdk_secretsmanager::config::Builder::from(aws).interceptor(observe::Calls);
        Ok(Some(Self {
            name: config::optional("OIDC_NAME").unwrap_or_else(|| host(&issuer)),
            domains: domains(&config::optional("OIDC_DOMAINS").unwrap_or_default()),
            client_id: config::required("OIDC_CLIENT_ID")?,
            secret_arn: config::optional("OIDC_CLIENT_SECRET_ARN"),
            back: format!("{base}/sign-in/oidc/callback"),
            issuer,
            secrets: aws_sdk_secretsmanager::Client::from_conf(secrets.build()),
            outside: outbound::Client::new(Guard { allow, limits: LIMITS }),
            description: Kept::nothing(),
            keys: Kept::nothing(),
            secret: Kept::nothing(),
        }))
    }

    /// Where a browser is sent to sign in. `language`: a BCP 47 tag.
    pub(crate) async fn authorization(&self, login: &Login, language: &str, now: Timestamp) -> Result<String, Failure> {
        let description = self.description(now).await?;
        Ok(description.authorization(&self.client_id, &self.back, login, language))
    }

    /// Whom it signed in, by a response whose state was found to be the login's.
    pub(crate) async fn identity(
        &self,
        login: &Login,
        response: &Response<'_>,
        now: Timestamp,
    ) -> Result<Identity, Failure> {
        let provider = self.description(now).await?;
        let code = response.code(&provider)?;
        let tokens = self.tokens(&provider, login, code, now).await?;
        let token = IdToken::parse(&tokens.id_token)?;
        let nonce = login.nonce();
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client_id,
            nonce: &nonce,
            access_token: &tokens.access_token,
            now,
        };
        let identity = match token.verify(&self.keys(&provider, now, LIFE).await?, &expected) {
            // It may have been published since.
            Err(Refusal::UnknownKey) => token.verify(&self.keys(&provider, now, KEYS_PAUSE).await?, &expected),
            other => other,
        }?;
        match provider.user_info() {
            // Addresses may be told there only (Core section 5.4).
            Some(place) if !identity.has_address() => {
                let bearer = format!("Bearer {}", tokens.access_token);
                let told = self.fetch("user info endpoint", place, Some(&bearer)).await?;
                Ok(identity.of_user_info(&told)?)
            }
            _ => Ok(identity),
        }
    }

    async fn description(&self, now: Timestamp) -> Result<openid::Provider, Failure> {
        if let Some(kept) = self.description.fresh(now, LIFE) {
            return Ok(kept);
        }
        let document = self.fetch("discovery document", &openid::Provider::address(&self.issuer), None).await?;
        Ok(self.description.keep(openid::Provider::parse(&document, &self.issuer)?, now))
    }

    /// Its keys, not older than `life`.
    async fn keys(&self, provider: &openid::Provider, now: Timestamp, life: SignedDuration) -> Result<KeySet, Failure> {
        if let Some(kept) = self.keys.fresh(now, life) {
            return Ok(kept);
        }
        let set = self.fetch("key set", provider.keys(), None).await?;
        Ok(self.keys.keep(KeySet::parse(&set)?, now))
    }

    async fn tokens(
        &self,
        provider: &openid::Provider,
        login: &Login,
        code: &str,
        now: Timestamp,
    ) -> Result<TokenResponse, Failure> {
        let secret = self.secret(now).await?;
        let client = Client { id: &self.client_id, secret: secret.as_deref() };
        let request = TokenRequest::new(provider, client, &self.back, code, login)?;
        let mut headers = headers(request.authorization.as_deref());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let asked = self.outside.exchange(Method::POST, &request.url, headers, request.body.into_bytes()).await;
        let answer = asked.map_err(|error| Failure::Silent("token endpoint", error))?;
        if answer.status == 200 {
            return Ok(TokenResponse::parse(&answer.body)?);
        }
        // Perhaps the secret was replaced.
        self.secret.forget();
        Err(match TokenResponse::error(&answer.body) {
            Some(error) => Refusal::Exchange(error).into(),
            None => Failure::Status("token endpoint", answer.status),
        })
    }

    /// The client's secret; none for a public client.
    async fn secret(&self, now: Timestamp) -> Result<Option<String>, Failure> {
        let Some(arn) = &self.secret_arn else { return Ok(None) };
        if let Some(kept) = self.secret.fresh(now, SECRET_LIFE) {
            return Ok(Some(kept));
        }
        let answer = self.secrets.get_secret_value().secret_id(arn).send().await;
        let answer = answer.map_err(|error| Failure::Secret(error.code().unwrap_or("no answer").to_owned()))?;
        let secret = answer.secret_string.filter(|secret| !secret.is_empty());
        let secret = secret.ok_or_else(|| Failure::Secret("no text".to_owned()))?;
        Ok(Some(self.secret.keep(secret, now)))
    }

    async fn fetch(&self, what: &'static str, url: &str, authorization: Option<&str>) -> Result<Vec<u8>, Failure> {
        let asked = self.outside.exchange(Method::GET, url, headers(authorization), Vec::new()).await;
        let answer = asked.map_err(|error| Failure::Silent(what, error))?;
        if answer.status == 200 { Ok(answer.body) } else { Err(Failure::Status(what, answer.status)) }
    }
}

fn headers(authorization: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    if let Some(mut value) = authorization.and_then(|text| HeaderValue::from_str(text).ok()) {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    headers
}

fn host(issuer: &str) -> String {
    let url = url::Url::parse(issuer).ok();
    url.as_ref().and_then(url::Url::host_str).unwrap_or(issuer).to_owned()
}

/// A list as it is configured: separated by commas.
fn domains(list: &str) -> Vec<String> {
    let domains = list.split(',').map(|domain| domain.trim().to_ascii_lowercase());
    domains.filter(|domain| !domain.is_empty()).collect()
}

#[cfg(test)]
mod tests;
