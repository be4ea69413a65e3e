//! Posting one message, and what the answer means (Standard Webhooks 1.0.0, "Delivery success and failure").

use crate::sign::Keys;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use observe::{Count, Trace};
use outbound::{Client, FetchError, Posted};

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken: a status of 200 to 299, this one.
    Taken(u16),
    /// Not taken, or nobody knows.
    Failed(Failure),
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// HTTP status, if there was an answer.
    pub(crate) status: Option<u16>,
    /// For people: the status or a few words.
    pub(crate) error: String,
    /// How long the other side asked us to wait.
    pub(crate) wait: Option<SignedDuration>,
    /// The other side wants no more messages (410).
    pub(crate) gone: bool,
}

/// Posts a message.
pub(crate) async fn post(outside: &Client, keys: &Keys, url: &str, id: &str, body: String, now: Timestamp) -> Outcome {
    let timestamp = now.as_second();
    let signature = keys.signature(id, timestamp, &body);
    let Ok(headers) = headers(id, timestamp, &signature) else {
        return unanswered("a message that HTTP cannot carry");
    };
    let outcome = match outside.post(url, headers, body.into_bytes()).await {
        Ok(posted) => answered(&posted, now),
        Err(error) => unanswered(word(&error)),
    };
    observe::count(if matches!(outcome, Outcome::Taken(_)) { Count::HOOKS_TAKEN } else { Count::HOOKS_FAILED }, 1);
    outcome
}

fn headers(id: &str, timestamp: i64, signature: &str) -> Result<HeaderMap, http::header::InvalidHeaderValue> {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("webhook-id", HeaderValue::from_str(id)?);
    headers.insert("webhook-timestamp", HeaderValue::from(timestamp));
    headers.insert("webhook-signature", HeaderValue::from_str(signature)?);
    if let Some(trace) = Trace::current().and_then(|trace| trace.traceparent()) {
        headers.insert("traceparent", HeaderValue::from_str(&trace)?);
    }
    Ok(headers)
}

fn answered(posted: &Posted, now: Timestamp) -> Outcome {
    let status = posted.status;
    if (200..300).contains(&status) {
        return Outcome::Taken(status);
    }
    let asks = matches!(status, 429 | 503);
    let wait = posted.retry_after.as_deref().filter(|_| asks).and_then(|value| retry_after(value, now));
    Outcome::Failed(Failure { status: Some(status), error: format!("HTTP {status}"), wait, gone: status == 410 })
}

fn unanswered(error: &str) -> Outcome {
    Outcome::Failed(Failure { status: None, error: error.to_owned(), wait: None, gone: false })
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
fn retry_after(value: &str, now: Timestamp) -> Option<SignedDuration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return value.parse().ok().map(SignedDuration::from_secs);
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(at.duration_since(now)).filter(SignedDuration::is_positive)
}

/// A failure in a few words, without the address: it may hold what only the organisation should know.
fn word(error: &FetchError) -> &'static str {
    match error {
        FetchError::NotAnAddress
        | FetchError::SchemeNotAllowed
        | FetchError::CredentialsInAddress
        | FetchError::PortNotAllowed(_)
        | FetchError::NotPublic(_) => "address not allowed",
        FetchError::HostNotFound(_) => "host not found",
        FetchError::Connect(_) => "no connection",
        FetchError::Tls(_) => "no secure connection",
        FetchError::TimedOut => "timeout",
        _ => "no valid HTTP answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT

    fn outcome(status: u16, retry_after: Option<&str>) -> Outcome {
        let now = Timestamp::from_second(NOW).unwrap();
        answered(&Posted { status, retry_after: retry_after.map(str::to_owned) }, now)
    }

    fn failure(status: u16, retry_after: Option<&str>) -> Failure {
        match outcome(status, retry_after) {
            Outcome::Failed(failure) => failure,
            Outcome::Taken(_) => panic!("{status} is no failure"),
        }
    }

    #[test]
    fn only_two_hundreds_are_taken() {
        for status in [200, 201, 204, 299] {
            assert_eq!(outcome(status, None), Outcome::Taken(status));
        }
        for status in [301, 302, 308, 400, 401, 404, 429, 500, 502, 503, 504] {
            let failure = failure(status, None);
            assert_eq!((failure.error, failure.gone, failure.wait), (format!("HTTP {status}"), false, None));
        }
        assert!(failure(410, None).gone);
    }

    #[test]
    fn who_is_too_busy_says_for_how_long() {
        let seconds = |status, value| failure(status, Some(value)).wait.map(|wait| wait.as_secs());
        assert_eq!(seconds(429, "120"), Some(120));
        assert_eq!(seconds(503, " 3 "), Some(3));
        assert_eq!(seconds(503, "Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(seconds(503, "Sun, 06 Nov 1994 08:48:37 GMT"), None);
        assert_eq!(seconds(500, "120"), None);
        for nonsense in ["", "-1", "soon", "1.5", "99999999999999999999"] {
            assert_eq!(seconds(429, nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn headers_are_those_of_the_specification() {
        let headers = headers("msg_1", 7, "v1,a v1,b").unwrap();
        let text = |name: &str| headers[name].to_str().unwrap();
        assert_eq!((text("webhook-id"), text("webhook-timestamp")), ("msg_1", "7"));
        assert_eq!((text("webhook-signature"), text("content-type")), ("v1,a v1,b", "application/json"));
    }

    #[tokio::test]
    async fn an_address_that_is_not_public_is_never_connected_to() {
        let (outside, keys) = (Client::new(outbound::Guard::default()), Keys::of(&[], Timestamp::UNIX_EPOCH).unwrap());
        for url in ["https://169.254.169.254/", "http://hooks.example/", "https://hooks.example:25/"] {
            let outcome = post(&outside, &keys, url, "msg_1", "{}".into(), Timestamp::UNIX_EPOCH).await;
            assert_eq!(outcome, unanswered("address not allowed"), "{url}");
        }
    }
}
