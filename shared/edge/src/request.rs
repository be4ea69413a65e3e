//! A request, read once under limits.

use crate::problem::{Kind, Problem};
use badge::Lang;
use badge::input::{FieldError, Reason};
use http::header;
use jiff::Timestamp;
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt as _};
use serde_json::Value;
use std::str::FromStr;

/// Bytes of a request body. The gateway's own limit is 10 MB, Lambda's is 6 MB with base64: about 4.5 MB of binary data.
pub const MAX_BODY_BYTES: usize = 6 * 1024 * 1024;

/// A request as the functions see it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The gateway's request id, or Lambda's.
    pub id: String,
    /// `GET`, `POST` …
    pub method: http::Method,
    /// The path, percent-decoded by the gateway where it stands in parameters, not here.
    pub path: String,
    /// The route the gateway chose, for example `GET /v2/badge/{client}`.
    pub route: String,
    /// The language to answer in.
    pub lang: Lang,
    /// When the request was read: the one look at the clock.
    pub now: Timestamp,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// From where it came, as the gateway says.
    pub source: Option<std::net::IpAddr>,
    headers: http::HeaderMap,
    parameters: Vec<(String, String)>,
    query: Vec<(String, String)>,
}

#[expect(clippy::disallowed_methods, reason = "the one look at the clock; everything else takes it from the request")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

impl Request {
    pub(crate) fn read(raw: lambda_http::Request) -> Result<Self, Box<(Self, Problem)>> {
        let pairs = |map: &lambda_http::aws_lambda_events::query_map::QueryMap| {
            map.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect::<Vec<_>>()
        };
        let parameters = pairs(&raw.path_parameters());
        let query = pairs(&raw.query_string_parameters());
        let (id, route, source) = match raw.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => (
                context.request_id.clone().unwrap_or_default(),
                context.route_key.clone().unwrap_or_default(),
                context.http.source_ip.as_deref().and_then(|text| text.parse().ok()),
            ),
            _ => (String::new(), String::new(), None),
        };
        let (parts, body) = raw.into_parts();
        let lang = chosen(&query, &parts.headers).or_else(|| told(&parts.headers));
        let mut request = Self {
            id,
            method: parts.method,
            path: parts.uri.path().to_owned(),
            route,
            lang: lang.unwrap_or_default(),
            now: now(),
            body: Vec::new(),
            source,
            headers: parts.headers,
            parameters,
            query,
        };
        let body = match body {
            Body::Text(text) => text.into_bytes(),
            Body::Binary(bytes) => bytes,
            _ => Vec::new(),
        };
        if body.len() > MAX_BODY_BYTES {
            return Err(Box::new((request, Problem::new(Kind::TooLarge))));
        }
        request.body = body;
        Ok(request)
    }

    /// A path parameter, for example `client` of `/v2/badge/{client}`.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A path parameter as an id. One that is not well formed names nothing that exists.
    ///
    /// # Errors
    /// [`Kind::NotFound`].
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.parameter(name).and_then(|text| text.parse().ok()).ok_or_else(|| Problem::new(Kind::NotFound))
    }

    /// A query parameter; the first of its name, and none when it is empty.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The language that the reader chose on a page, in the address (`?lang=ja`) or earlier; it comes before what the browser says.
    #[must_use]
    pub fn chosen_lang(&self) -> Option<Lang> {
        chosen(&self.query, &self.headers)
    }

    /// The language of the reader's browser, where it is one of ours.
    #[must_use]
    pub fn told_lang(&self) -> Option<Lang> {
        told(&self.headers)
    }

    /// The same address in another language, as a reference relative to it.
    #[must_use]
    pub fn in_language(&self, lang: Lang) -> String {
        let kept = self.query.iter().filter(|(name, _)| name != LANG);
        let query = url::form_urlencoded::Serializer::new(String::from("?"))
            .extend_pairs(kept)
            .append_pair(LANG, lang.tag())
            .finish();
        query.replacen("?&", "?", 1)
    }

    /// A header in visible ASCII.
    #[must_use]
    pub fn header(&self, name: impl AsRef<str>) -> Option<&str> {
        self.headers.get(name.as_ref())?.to_str().ok()
    }

    /// A header that counts: one that is there, but not in visible ASCII, must not be passed over as if it were absent.
    ///
    /// # Errors
    /// [`Kind::InvalidRequest`] when it cannot be read.
    pub fn readable_header(&self, name: &str) -> Result<Option<&str>, Problem> {
        let refused = |_| Problem::fields(vec![FieldError { pointer: format!("/{name}"), reason: Reason::NotText }]);
        self.headers.get(name).map(|value| value.to_str().map_err(refused)).transpose()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`Kind::InvalidRequest`] when it is not JSON.
    pub fn json(&self) -> Result<Value, Problem> {
        let not_json = || Problem::fields(vec![FieldError { pointer: String::new(), reason: Reason::NotJson }]);
        serde_json::from_slice(&self.body).map_err(|_| not_json())
    }

    /// Whether the caller asks for HTML before JSON, as browsers do. JSON is the default: verifiers ask for anything.
    #[must_use]
    pub fn prefers_html(&self) -> bool {
        let accept = self.header("accept").unwrap_or_default();
        let place = |types: &[&str]| accept.split(',').position(|part| types.contains(&media_type(part)));
        match (
            place(&["text/html", "application/xhtml+xml"]),
            place(&["application/json", "application/ld+json", "application/vc+ld+json", "application/vc+jwt"]),
        ) {
            (Some(html), Some(json)) => html < json,
            (html, _) => html.is_some(),
        }
    }

    /// Whether the caller names this media type in `Accept`.
    #[must_use]
    pub fn accepts(&self, wanted: &str) -> bool {
        self.header("accept").unwrap_or_default().split(',').any(|part| media_type(part) == wanted)
    }

    /// Sets a path parameter, for tests.
    #[doc(hidden)]
    pub fn set_parameter(&mut self, name: &str, value: &str) {
        self.parameters.push((name.to_owned(), value.to_owned()));
    }

    /// A request for tests; `path` may have a query behind it.
    #[doc(hidden)]
    #[must_use]
    pub fn test(method: http::Method, path: &str, headers: &[(&'static str, &str)]) -> Self {
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            if let Ok(value) = value.parse() {
                map.insert(*name, value);
            }
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let lang = chosen(&query, &map).or_else(|| told(&map)).unwrap_or_default();
        Self {
            id: "test".into(),
            method,
            path: path.into(),
            route: String::new(),
            lang,
            now: Timestamp::UNIX_EPOCH,
            body: Vec::new(),
            source: None,
            headers: map,
            parameters: Vec::new(),
            query,
        }
    }
}

/// The parameter and the cookie that hold the chosen language.
pub(crate) const LANG: &str = "lang";

fn chosen(query: &[(String, String)], headers: &http::HeaderMap) -> Option<Lang> {
    let spoken = |tag: &str| [Lang::En, Lang::Ja].into_iter().find(|lang| lang.tag() == tag);
    let asked = query.iter().find(|(name, _)| name == LANG).and_then(|(_, tag)| spoken(tag));
    asked.or_else(|| {
        let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
        cookies.split(';').find_map(|pair| spoken(pair.trim().strip_prefix(LANG)?.strip_prefix('=')?))
    })
}

fn told(headers: &http::HeaderMap) -> Option<Lang> {
    headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Lang::preferred)
}

fn media_type(part: &str) -> &str {
    part.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(accept: &str) -> bool {
        Request::test(http::Method::GET, "/", &[("accept", accept)]).prefers_html()
    }

    #[test]
    fn a_header_that_cannot_be_read_is_not_taken_for_absent() {
        let mut request = Request::test(http::Method::GET, "/", &[("a", "x")]);
        request.headers.insert("b", http::HeaderValue::from_bytes("é".as_bytes()).unwrap());
        let read = |name| request.readable_header(name).map_err(|problem| problem.kind());
        assert_eq!((read("a"), read("b"), read("c")), (Ok(Some("x")), Err(Kind::InvalidRequest), Ok(None)));
    }

    #[test]
    fn a_language_that_was_chosen_comes_first() {
        let request = |path: &str, headers: &[(&'static str, &str)]| Request::test(http::Method::GET, path, headers);
        let ja = ("accept-language", "ja");
        assert_eq!(request("/", &[ja]).lang, Lang::Ja);
        assert_eq!(request("/", &[ja, ("cookie", "a=b; lang=en")]).lang, Lang::En);
        let asked = request("/?lang=ja", &[("cookie", "lang=en")]);
        assert_eq!((asked.lang, asked.chosen_lang(), asked.told_lang()), (Lang::Ja, Some(Lang::Ja), None));
        for nonsense in ["lang=fr", "slang=ja", "lang", ""] {
            assert_eq!(request("/?lang=x", &[("cookie", nonsense)]).chosen_lang(), None, "{nonsense}");
        }
    }

    #[test]
    fn the_other_language_is_at_the_same_address() {
        let at = |path: &str| Request::test(http::Method::GET, path, &[]).in_language(Lang::Ja);
        assert_eq!(at("/a"), "?lang=ja");
        assert_eq!(at("/a?key=1&lang=en"), "?key=1&lang=ja");
        assert_eq!(
            at("/a?url=https%3A%2F%2Fx%3Fa%26b&\"><b>=1"),
            "?url=https%3A%2F%2Fx%3Fa%26b&%22%3E%3Cb%3E=1&lang=ja"
        );
    }

    #[test]
    fn json_unless_html_is_asked_for_first() {
        assert!(asks("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!asks("*/*") && !asks("") && !asks("application/json"));
        assert!(!asks("application/json, text/html"));
        assert!(asks("text/html, application/json;q=0.5"));
        assert!(!asks("application/ld+json, application/json, text/html, */*"));
    }
}
