//! Answers, their caching and their media types.

use crate::problem::Kind;
use crate::request::Request;
use aws_lc_rs::digest;
use lambda_http::Body;
use serde_json::Value;

/// After which a caller may ask again for what was not possible: KMS and DynamoDB refuse by the second.
const RETRY_SECONDS: u32 = 3;

/// What a CSV file begins with, in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How long a public document may be kept by caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// Not at all: it is one caller's.
    None,
    /// Kept, but asked about every time: what somebody decides about it counts at once.
    Fresh,
    /// A minute: it may be revoked or edited.
    Short,
    /// For ever: the address names these very bytes.
    Immutable,
}

impl Cache {
    const fn value(self) -> &'static str {
        match self {
            Self::None => "no-store",
            Self::Fresh => "no-cache",
            Self::Short => "public, max-age=60, stale-while-revalidate=60",
            Self::Immutable => "public, max-age=31536000, immutable",
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    text: bool,
    etag: Option<String>,
}

impl Answer {
    /// An empty answer.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), text: true, etag: None }
    }

    /// JSON for one caller.
    #[must_use]
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status).body("application/json", value.to_string()).cache(Cache::None)
    }

    /// A public document: any site may read it, caches may keep it, a repeated request costs nothing.
    #[must_use]
    pub fn public(media_type: &str, bytes: impl Into<Vec<u8>>, cache: Cache) -> Self {
        let answer = Self::new(200).body(media_type, bytes).cache(cache).header("access-control-allow-origin", "*");
        let hash = hex::encode(&digest::digest(&digest::SHA256, &answer.body).as_ref()[..16]);
        Self { etag: Some(format!("\"{hash}\"")), ..answer }
    }

    /// A public picture. An SVG that is opened by itself is a document: nothing in it may run or fetch.
    #[must_use]
    pub fn picture(media_type: &str, bytes: impl Into<Vec<u8>>, cache: Cache) -> Self {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        Self::public(media_type, bytes, cache).header("content-security-policy", policy)
    }

    /// With this status instead.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let textual = ["text/", "application/json", "application/problem+json", "image/svg+xml"];
        self.text = textual.iter().any(|t| media_type.starts_with(t))
            || media_type.contains("+json")
            || media_type.contains("jwt");
        self.body = bytes.into();
        self.header("content-type", media_type)
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Its status.
    #[must_use]
    pub fn status_code(&self) -> u16 {
        self.status
    }

    /// Its body.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The value of a header it has.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    /// With this caching.
    #[must_use]
    pub fn cache(self, cache: Cache) -> Self {
        self.header("cache-control", cache.value())
    }

    /// The answer as Lambda gives it to the gateway. A public document that the caller has already (`If-None-Match`) becomes 304;
    /// `HEAD` loses its body. Who is told that something is not possible now is told when to ask again.
    #[must_use]
    pub fn finish(self, request: &Request) -> http::Response<Body> {
        let Self { mut status, headers, mut body, text, etag } = self;
        let mut response = http::Response::builder();
        if let Some(etag) = etag {
            let same = |tag: &str| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*";
            if status == 200 && request.header("if-none-match").is_some_and(|tags| tags.split(',').any(same)) {
                status = 304;
                body.clear();
            }
            response = response.header("etag", etag);
        }
        for (name, value) in headers {
            response = response.header(name, value);
        }
        if status == Kind::Unavailable.status() {
            response = response.header("retry-after", RETRY_SECONDS);
        }
        response = response.status(status).header("x-content-type-options", "nosniff");
        if request.method == http::Method::HEAD {
            body.clear();
        }
        // `lambda_http` decodes what is text and takes a byte order mark away, without which Excel guesses wrong: it may have one of its own.
        if text && body.starts_with(BYTE_ORDER_MARK) {
            body.splice(0..0, BYTE_ORDER_MARK.iter().copied());
        }
        let body = match (text, String::from_utf8(body)) {
            (_, Ok(empty)) if empty.is_empty() => Body::Empty,
            (true, Ok(text)) => Body::Text(text),
            (false, Ok(text)) => Body::Binary(text.into_bytes()),
            (_, Err(error)) => Body::Binary(error.into_bytes()),
        };
        // Header values come from our own tables and ids; one that HTTP cannot carry is a fault of ours.
        response.body(body).unwrap_or_else(|_| {
            let mut broken = http::Response::new(Body::Empty);
            *broken.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
            broken
        })
    }
}

/// A `Content-Disposition` (RFC 6266) that names a file: in ASCII for who knows no better, and as it is (RFC 8187) for the others.
#[must_use]
pub fn disposition(how: &str, name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        // RFC 8187 section 3.2.1, `attr-char`.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{how}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_for_old_and_new_programs() {
        assert_eq!(
            disposition("inline", "機 \"x\"\r\n.pdf"),
            "inline; filename=\"_ _x___.pdf\"; filename*=UTF-8''%E6%A9%9F%20%22x%22%0D%0A.pdf"
        );
    }

    #[test]
    fn what_the_caller_has_already_is_not_sent_again() {
        let answer = Answer::public("application/json", "{}", Cache::Short);
        let first = answer.clone().finish(&Request::test(http::Method::GET, "/", &[]));
        let etag = first.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(&first.body()[..], b"{}");
        for tags in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".into()] {
            let again = answer.clone().finish(&Request::test(http::Method::GET, "/", &[("if-none-match", &tags)]));
            assert_eq!((again.status().as_u16(), again.body().len()), (304, 0), "{tags}");
        }
        let other = answer.finish(&Request::test(http::Method::GET, "/", &[("if-none-match", "\"x\"")]));
        assert_eq!(other.status().as_u16(), 200);
    }

    #[test]
    fn binary_bodies_stay_binary() {
        let request = Request::test(http::Method::GET, "/", &[]);
        let image = Answer::public("image/png", b"\x89PNG".to_vec(), Cache::Immutable).finish(&request);
        assert!(matches!(image.body(), Body::Binary(_)));
        let ascii = Answer::public("application/octet-stream", b"abc".to_vec(), Cache::Immutable).finish(&request);
        assert!(matches!(ascii.body(), Body::Binary(_)));
        let text = Answer::public("application/vc+ld+json", "{}", Cache::Short).finish(&request);
        assert!(matches!(text.body(), Body::Text(_)));
    }

    #[tokio::test]
    async fn a_byte_order_mark_arrives_once() {
        use lambda_http::IntoResponse as _;
        for (media_type, text) in [("text/csv; charset=utf-8", "\u{feff}a,b"), ("text/plain", "a")] {
            let answer = Answer::new(200).body(media_type, text);
            let response = answer.finish(&Request::test(http::Method::GET, "/", &[])).into_response().await;
            assert_eq!(response.body(), &Body::Text(text.to_owned()));
        }
    }
}
