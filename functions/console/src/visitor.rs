//! Who is signed in, by a cookie of this host alone.

use crate::{App, Refused};
use badge::ClientId;
use edge::{Kind, Request};
use jiff::Timestamp;
use store::{Member, Session, SessionToken};

/// The session's cookie. The prefix has browsers take it from this host by HTTPS only, for every path (RFC 6265bis section 4.1.3).
const SESSION: &str = "__Host-session";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) token: SessionToken,
    pub(crate) session: Session,
}

impl Visitor {
    /// Who sent the request, and what they may do in `client`.
    pub(crate) async fn of(
        app: &App,
        request: &Request,
        client: Option<&ClientId>,
    ) -> Result<(Self, Option<Member>), Refused> {
        let token = token(request).ok_or(Refused::SignIn)?;
        let found = app.store.session(&token, client, request.now).await.map_err(edge::failed)?;
        let (session, member) = found.ok_or(Refused::SignIn)?;
        Ok((Self { token, session }, member))
    }

    /// The text that every form of this session carries.
    pub(crate) fn csrf(&self) -> String {
        self.token.csrf()
    }

    /// Whether a request that does something comes from a page of ours, in this session.
    ///
    /// # Errors
    /// [`Kind::ForgedRequest`].
    pub(crate) fn check(&self, request: &Request, base: &str, csrf: Option<&str>) -> Result<(), Refused> {
        if is_from_here(request, base) && csrf.is_some_and(|text| self.token.is_csrf(text)) {
            Ok(())
        } else {
            Err(Kind::ForgedRequest.into())
        }
    }
}

/// What the session's cookie holds, whether or not there is such a session.
pub(crate) fn token(request: &Request) -> Option<SessionToken> {
    cookie(request, SESSION).and_then(SessionToken::parse)
}

/// Whether no other site sent this request, as far as the browser says.
pub(crate) fn is_from_here(request: &Request, base: &str) -> bool {
    let site = request.header("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    site && request.header("origin").is_none_or(|origin| origin == base)
}

/// The value of a cookie (RFC 6265 section 4.2).
pub(crate) fn cookie<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let pairs = request.header("cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// A `Set-Cookie` that begins a session.
pub(crate) fn begin(token: &SessionToken, until: Timestamp, now: Timestamp) -> String {
    keep(SESSION, &token.write(), until.as_second().saturating_sub(now.as_second()))
}

/// A `Set-Cookie` that ends it.
pub(crate) fn end() -> String {
    keep(SESSION, "", 0)
}

/// A cookie that scripts cannot read and other sites cannot send along with what does something.
pub(crate) fn keep(name: &str, value: &str, seconds: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &str)]) -> Request {
        Request::test(http::Method::POST, "/", headers)
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let request = request(&[("cookie", "a=1; __Host-session=x.y;b=2")]);
        assert_eq!(
            (cookie(&request, SESSION), cookie(&request, "b"), cookie(&request, "c")),
            (Some("x.y"), Some("2"), None)
        );
    }

    #[test]
    fn another_site_is_told_by_what_browsers_say() {
        let base = "https://b.example";
        for (headers, here) in [
            (vec![], true),
            (vec![("origin", base), ("sec-fetch-site", "same-origin")], true),
            (vec![("origin", "https://evil.example")], false),
            (vec![("origin", "null")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-site"), ("origin", base)], false),
        ] {
            assert_eq!(is_from_here(&request(&headers), base), here, "{headers:?}");
        }
    }

    #[test]
    fn cookies_are_for_this_host_and_no_script() {
        let set = keep("__Host-x", "v", 5);
        for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/;", "Max-Age=5"] {
            assert!(set.contains(part), "{set}");
        }
        assert!(!set.contains("Domain"));
    }
}
