//! Is the assertion at an address that the issuer uses? (Open Badges 2.0 `VerificationObject`: `startsWith`,
//! `allowedOrigins`; by default the issuer's own origin.)

use serde_json::Value;
use url::Url;

use crate::limits::quoted;
use crate::messages::Code;
use crate::report::Finding;
use crate::value::{list, text};

pub(crate) fn check(address: &str, issuer: &Value) -> Finding {
    let scope = list(issuer, "verification").first().unwrap_or(&Value::Null);
    let prefixes = list(scope, "startsWith");
    let origins = list(scope, "allowedOrigins");
    let own = text(issuer, "id").unwrap_or_default();
    let is_inside = if prefixes.is_empty() && origins.is_empty() {
        same_host(address, own)
    } else {
        let texts =
            |values: &[Value], matches: &dyn Fn(&str) -> bool| values.iter().filter_map(Value::as_str).any(matches);
        texts(prefixes, &|prefix| begins_with(address, prefix)) || texts(origins, &|origin| is_origin(address, origin))
    };
    if is_inside { Finding::new(Code::ScopeOk) } else { Finding::with(Code::ScopeOutside, quoted(address)) }
}

/// The prefix must also name the host: `https://a.example` is not the beginning of `https://a.example.evil.example`.
fn begins_with(address: &str, prefix: &str) -> bool {
    address.starts_with(prefix) && same_host(address, prefix)
}

/// An origin is written as a host name, with or without port, or as an address.
fn is_origin(address: &str, origin: &str) -> bool {
    if origin.contains("://") {
        return same_host(address, origin);
    }
    let Ok(url) = Url::parse(address) else { return false };
    let Some(host) = url.host_str() else { return false };
    let with_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    origin.eq_ignore_ascii_case(host) || origin.eq_ignore_ascii_case(&with_port)
}

/// The scheme may differ: badges outlive the move from http to https.
fn same_host(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => {
            one.host_str().is_some() && one.host_str() == other.host_str() && one.port() == other.port()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn inside(address: &str, scope: &Value) -> bool {
        check(address, &json!({"id": "https://issuer.example/1", "verification": scope})).code == Code::ScopeOk
    }

    #[test]
    fn the_issuers_own_host_by_default() {
        assert!(inside("https://issuer.example/a/2", &Value::Null));
        assert!(!inside("https://issuer.example:8443/a/2", &Value::Null));
        assert!(!inside("https://other.example/a/2", &Value::Null));
        assert!(!inside("https://issuer.example@other.example/", &Value::Null));
        assert!(!inside("not an address", &Value::Null));
    }

    #[test]
    fn prefixes_and_origins() {
        assert!(inside(
            "https://b.example/x/1",
            &json!({"startsWith": ["https://a.example/", "https://b.example/x/"]})
        ));
        assert!(inside("https://b.example/x/1", &json!({"startsWith": "https://b.example/x"})));
        assert!(!inside("https://b.example/y/1", &json!({"startsWith": "https://b.example/x"})));
        assert!(!inside("https://b.example.evil.example/", &json!({"startsWith": "https://b.example"})));
        // What is named replaces the default.
        assert!(!inside("https://issuer.example/1", &json!({"startsWith": "https://b.example/"})));
        assert!(inside("https://B.example/1", &json!({"allowedOrigins": "b.example"})));
        assert!(inside("https://b.example:8443/1", &json!({"allowedOrigins": ["a.example", "b.example:8443"]})));
        assert!(inside("https://b.example/1", &json!({"allowedOrigins": ["https://b.example"]})));
        assert!(!inside("https://c.example/1", &json!({"allowedOrigins": ["a.example", "b.example"]})));
    }
}
