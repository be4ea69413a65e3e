//! What a badge says about itself, cut to what a page can show.

use serde_json::Value;

use crate::credential::Credential;
use crate::limits::{MAX_SUMMARY_IMAGE_BYTES, quoted};
use crate::report::Summary;
use crate::value::{id_of, text};

/// Longest description repeated, in characters: a page of text.
const MAX_DESCRIPTION_CHARS: usize = 4000;

pub(crate) fn of_credential(credential: &Credential) -> Summary {
    let value = &credential.value;
    let subject = value.get("credentialSubject").unwrap_or(&Value::Null);
    let achievement = subject.get("achievement").unwrap_or(&Value::Null);
    let first = |candidates: [Option<&str>; 2]| candidates.into_iter().flatten().next().map(quoted);
    let image = [achievement, subject, value].into_iter().find_map(|part| image(part.get("image")?));
    Summary {
        id: credential.id().map(quoted),
        name: first([text(achievement, "name"), text(value, "name")]),
        description: description(achievement),
        image,
        issuer_name: value.get("issuer").and_then(|issuer| text(issuer, "name")).map(quoted),
        issuer_id: credential.issuer_id().map(quoted),
        valid_from: credential.valid_from().map(quoted),
        valid_until: credential.valid_until().map(quoted),
        recipient_matches: None,
    }
}

pub(crate) fn of_assertion(assertion: &Value, badge_class: &Value, issuer: &Value) -> Summary {
    Summary {
        id: text(assertion, "id").or_else(|| text(assertion, "uid")).map(quoted),
        name: text(badge_class, "name").map(quoted),
        description: description(badge_class),
        image: badge_class.get("image").and_then(image),
        issuer_name: text(issuer, "name").map(quoted),
        issuer_id: text(issuer, "id").map(quoted),
        valid_from: text(assertion, "issuedOn").map(quoted),
        valid_until: text(assertion, "expires").map(quoted),
        recipient_matches: None,
    }
}

fn description(part: &Value) -> Option<String> {
    Some(text(part, "description")?.chars().take(MAX_DESCRIPTION_CHARS).collect())
}

/// An address of a picture that a page may load, or the picture itself as data URI.
pub(crate) fn image(value: &Value) -> Option<String> {
    let address = id_of(value)?;
    let is_data = ["data:image/png", "data:image/svg+xml"].iter().any(|kind| address.starts_with(kind));
    let is_good =
        address.starts_with("https://") && address.len() <= 2048 || is_data && address.len() <= MAX_SUMMARY_IMAGE_BYTES;
    is_good.then(|| address.to_owned())
}
