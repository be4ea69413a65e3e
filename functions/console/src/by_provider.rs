//! Signing in by the identity provider, beside the mailed code (OpenID Connect, Authorization Code Flow).
//!
//! A browser is sent there with a cookie that only the way back opens; what comes of it is an address, which begins a session as a proved
//! code does. Whoever comes back in vain is sent to the page where a code is asked for, which says why: so neither code nor state
//! stays in the address. A later one under way in the same browser takes the place of an earlier one.

use crate::desk::see_other;
use crate::provider::{Failure, Provider};
use crate::visitor::{cookie, is_from_here, keep};
use crate::{App, Refused, sign_in};
use application::abuse::{Counted, rate_key};
use badge::{EmailAddress, Lang, SignInId};
use edge::{Answer, Kind, Problem, Request, chance};
use observe::Count;
use openid::{LOGIN_LIFE, Login, Refusal, Response};

/// What holds the way back to this browser. Other sites lead here, by a link and not by a form: `SameSite=Lax` lets it through.
const LOGIN: &str = "__Host-login";
/// Where the page is told why somebody comes back in vain.
const WHY: &str = "back";
/// Sign-ins begun from one network in an hour: a campus may have one address for all.
const MAX_OF_NETWORK: u32 = 600;

/// Why somebody comes back in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vain {
    /// Nothing was under way in this browser, or not this.
    Lost,
    /// The provider did not sign them in.
    Declined,
    /// The provider does not vouch for an address.
    Unverified,
    /// It does not answer, or not as it must.
    Failed,
}

impl Vain {
    const ALL: [Self; 4] = [Self::Lost, Self::Declined, Self::Unverified, Self::Failed];

    fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Declined => "declined",
            Self::Unverified => "unverified",
            Self::Failed => "failed",
        }
    }

    /// The one that a page is told.
    pub(crate) fn told(request: &Request) -> Option<Self> {
        let word = request.query(WHY)?;
        Self::ALL.into_iter().find(|vain| vain.word() == word)
    }

    /// What the page says. `name`: the provider's.
    pub(crate) fn text(self, lang: Lang, name: &str) -> String {
        match (self, lang) {
            (Self::Lost, Lang::En) => {
                format!("That sign-in with {name} is used up, too old, or was begun in another browser.")
            }
            (Self::Lost, Lang::Ja) => format!(
                "{name}でのサインインは、使用済みか、有効期限が切れているか、別のブラウザーで開始されたものです。"
            ),
            (Self::Declined, Lang::En) => format!("{name} did not sign you in."),
            (Self::Declined, Lang::Ja) => format!("{name}でのサインインは完了しませんでした。"),
            (Self::Unverified, Lang::En) => {
                format!("{name} has not confirmed a mail address of yours, which is what you are known by here.")
            }
            (Self::Unverified, Lang::Ja) => {
                format!("{name}で確認済みのメールアドレスが見つからないため、サインインできませんでした。")
            }
            (Self::Failed, Lang::En) => format!("Signing in with {name} is not possible at the moment."),
            (Self::Failed, Lang::Ja) => format!("現在、{name}でのサインインをご利用いただけません。"),
        }
    }
}

impl From<&Failure> for Vain {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Refused(Refusal::Answered("server_error" | "temporarily_unavailable")) => Self::Failed,
            Failure::Refused(Refusal::Answered(_)) => Self::Declined,
            Failure::Refused(Refusal::NoAddress | Refusal::NotVerified) => Self::Unverified,
            _ => Self::Failed,
        }
    }
}

fn in_vain(vain: Vain) -> Answer {
    see_other(&format!("/sign-in?{WHY}={}", vain.word()))
}

/// Notes why, and sends the browser to where a code is asked for.
fn failed(request: &Request, failure: &Failure) -> Answer {
    let vain = Vain::from(failure);
    if vain == Vain::Failed {
        observe::count(Count::PROVIDER_FAILED, 1);
    }
    tracing::warn!(request_id = request.id, reason = %failure, "the identity provider signed nobody in");
    in_vain(vain)
}

fn provider(app: &App) -> Result<&Provider, Refused> {
    app.provider.as_ref().ok_or_else(|| Kind::NotFound.into())
}

/// `GET /sign-in/oidc`: sends the browser to the provider. A link and no form, because a page's policy for forms counts for wherever a
/// provider leads on to. It does nothing but make this browser's way back; other sites' links end at the page with both ways.
pub(crate) async fn begin(app: &App, request: &Request) -> Result<Answer, Refused> {
    let provider = provider(app)?;
    if !is_from_here(request, app.urls.base()) {
        return Ok(see_other("/sign-in"));
    }
    if let Some(source) = request.source {
        let rate = rate_key(app.people().await?, "sign-in by provider", &Counted::Network(source), request.now);
        if !app.store.count_rate(&rate, MAX_OF_NETWORK, request.now).await.map_err(edge::failed)? {
            return Err(Kind::TooManyRequests.into());
        }
    }
    let login = Login::from_random(chance::bytes());
    let there = match provider.authorization(&login, request.lang.tag(), request.now).await {
        Ok(there) => there,
        Err(failure) => return Ok(failed(request, &failure)),
    };
    let until = request.now.checked_add(LOGIN_LIFE).map_err(Problem::internal)?;
    app.store.await_provider(&record(&login), until).await.map_err(edge::failed)?;
    Ok(see_other(&there).header("set-cookie", keep(LOGIN, &login.cookie(), LOGIN_LIFE.as_secs())))
}

/// `GET /sign-in/oidc/callback`: the way back, with a code.
pub(crate) async fn back(app: &App, request: &Request) -> Result<Answer, Refused> {
    let provider = provider(app)?;
    let Some(login) = under_way(request) else { return Ok(in_vain(Vain::Lost)) };
    // It is used up before the provider is asked anything: a second one like it gets no further.
    if !app.store.back_from_provider(&record(&login), request.now).await.map_err(edge::failed)? {
        return Ok(in_vain(Vain::Lost));
    }
    let over = keep(LOGIN, "", 0);
    match address(provider, &login, request).await {
        Ok(address) => {
            observe::count(Count::PROVIDER_SIGN_INS, 1);
            let begun = sign_in::begin(app, request, address, None).await?;
            Ok(begun.map_or_else(|| in_vain(Vain::Lost), |begun| begun.header("set-cookie", over)))
        }
        Err(failure) => Ok(failed(request, &failure).header("set-cookie", over)),
    }
}

/// The login that this browser began, if the response is to it.
fn under_way(request: &Request) -> Option<Login> {
    let login = cookie(request, LOGIN).and_then(Login::parse)?;
    request.query("state").is_some_and(|state| login.is_state(state)).then_some(login)
}

async fn address(provider: &Provider, login: &Login, request: &Request) -> Result<EmailAddress, Failure> {
    let response =
        Response { code: request.query("code"), issuer: request.query("iss"), error: request.query("error") };
    let identity = provider.identity(login, &response, request.now).await?;
    Ok(identity.address(&provider.domains)?)
}

fn record(login: &Login) -> SignInId {
    SignInId::from_random(login.id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;
    use outbound::FetchError;

    #[test]
    fn a_response_is_taken_by_the_browser_that_began_and_no_other() {
        let (mine, theirs) = (Login::from_random([1; 32]), Login::from_random([2; 32]));
        let found = |state: &str, cookie: Option<&str>| {
            let path = format!("/sign-in/oidc/callback?code=c&state={state}");
            let cookie = cookie.map(|cookie| format!("{LOGIN}={cookie}"));
            let headers: Vec<(&'static str, &str)> = cookie.iter().map(|text| ("cookie", text.as_str())).collect();
            under_way(&Request::test(Method::GET, &path, &headers))
        };
        let state = state(&mine);
        assert_eq!(found(&state, Some(&mine.cookie())), Some(mine.clone()));
        for (state, cookie) in [
            (state.as_str(), None),
            (&state, Some(theirs.cookie())),
            (&state, Some(String::new())),
            ("", Some(mine.cookie())),
            (&state[1..], Some(mine.cookie())),
        ] {
            assert_eq!(found(state, cookie.as_deref()), None);
        }
    }

    /// What a browser is sent to the provider with.
    fn state(login: &Login) -> String {
        let document = serde_json::json!({
            "issuer": "https://id.example", "authorization_endpoint": "https://id.example/a", "token_endpoint": "https://id.example/t",
            "jwks_uri": "https://id.example/k", "response_types_supported": ["code"], "id_token_signing_alg_values_supported": ["RS256"],
        });
        let provider = openid::Provider::parse(document.to_string().as_bytes(), "https://id.example").unwrap();
        let url = url::Url::parse(&provider.authorization("c", "https://b.example", login, "en")).unwrap();
        url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
    }

    #[test]
    fn every_failure_leads_to_a_page_that_says_what_to_do() {
        let vain = |refusal: Refusal| Vain::from(&Failure::from(refusal));
        assert_eq!(vain(Refusal::Answered("access_denied")), Vain::Declined);
        assert_eq!(vain(Refusal::Answered("server_error")), Vain::Failed);
        assert_eq!(vain(Refusal::NotVerified), Vain::Unverified);
        assert_eq!(vain(Refusal::Claim("nonce")), Vain::Failed);
        assert_eq!(Vain::from(&Failure::Silent("key set", FetchError::TimedOut)), Vain::Failed);
        for vain in Vain::ALL {
            let path = in_vain(vain).header_value("location").unwrap().to_owned();
            assert_eq!(Vain::told(&Request::test(Method::GET, &path, &[])), Some(vain));
            assert!([Lang::En, Lang::Ja].iter().all(|lang| vain.text(*lang, "Academy").contains("Academy")));
        }
        assert_eq!(Vain::told(&Request::test(Method::GET, "/sign-in?back=evil", &[])), None);
    }
}
