//! `refreshService`: is there a newer version of the badge?
//!
//! Source: Open Badges 3.0 "OpenBadgeCredential Verification", step 3: only after the proof, only once, and only if the newer
//! credential's own proof holds; otherwise the original stays.

use proof::time::parse_rfc3339;
use serde_json::Value;

use crate::credential::{Credential, parse_jws};
use crate::documents::{Accept, Documents, NoJson, World};
use crate::json;
use crate::limits::quoted;
use crate::messages::Code;
use crate::report::{Finding, Text};
use crate::value::text;

/// What the refresh service answered.
pub(crate) enum Refreshed {
    /// There is nothing to take; how the step ends.
    No(Finding),
    /// A newer version of the same credential, not yet checked.
    Newer(Box<Credential>),
}

/// Asks the refresh service, if there is one.
pub(crate) async fn ask<D: Documents>(world: &mut World<'_, D>, credential: &Credential) -> Refreshed {
    let service = match credential.value.get("refreshService") {
        None | Some(Value::Null) => return Refreshed::No(Finding::new(Code::RefreshNone)),
        Some(service) => service,
    };
    let kind = text(service, "type").unwrap_or_default();
    if kind != "1EdTechCredentialRefresh" {
        return Refreshed::No(Finding::with(Code::RefreshUnknown, quoted(kind)));
    }
    let failed = |reason: Text| Refreshed::No(Finding::with(Code::RefreshFailed, reason));
    let document = match world.get(text(service, "id").unwrap_or_default(), Accept::Badge).await {
        Ok(document) if document.status == 200 => document,
        Ok(document) => return failed(NoJson::Status(document.status).reason()),
        Err(error) => return failed(error.reason()),
    };
    let newer = match json::parse(&document.bytes) {
        Ok(value) => Some(Credential::embedded(value)),
        Err(_) => std::str::from_utf8(&document.bytes)
            .ok()
            .and_then(|token| parse_jws(token).and_then(Credential::from_jws).ok()),
    };
    let Some(newer) = newer else { return failed(NoJson::NotJson.reason()) };
    if !is_same(credential, &newer) {
        return failed(Text::fixed("it is another badge", "別のバッジです"));
    }
    let time = |credential: &Credential| credential.valid_from().and_then(|text| parse_rfc3339(text).ok());
    if time(&newer) > time(credential) {
        Refreshed::Newer(Box::new(newer))
    } else {
        Refreshed::No(Finding::new(Code::RefreshCurrent))
    }
}

/// Open Badges 3.0 "Credential Equality": issuer and id are equal after trimming and percent-decoding.
fn is_same(one: &Credential, other: &Credential) -> bool {
    let same = |left: Option<&str>, right: Option<&str>| match (left, right) {
        (Some(left), Some(right)) => decoded(left) == decoded(right),
        _ => false,
    };
    same(one.id(), other.id()) && same(one.issuer_id(), other.issuer_id())
}

fn decoded(text: &str) -> Vec<u8> {
    let mut rest = text.trim().as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let [byte, tail @ ..] = rest {
        let escaped = tail.get(..2).filter(|_| *byte == b'%').and_then(|digits| hex::decode(digits).ok());
        match escaped {
            Some(bytes) => {
                decoded.extend(bytes);
                rest = &tail[2..];
            }
            None => {
                decoded.push(*byte);
                rest = tail;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_equal_after_trimming_and_decoding() {
        assert_eq!(decoded(" https://a.example/%7Eb "), decoded("https://a.example/~b"));
        assert_eq!(decoded("%e3%81%82"), "あ".as_bytes());
        assert_eq!(decoded("100%"), b"100%");
        assert_eq!(decoded("%4"), b"%4");
        assert_ne!(decoded("https://a.example/A"), decoded("https://a.example/a"));
    }
}
