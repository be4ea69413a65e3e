//! Is the badge about the person who was named? (Open Badges 3.0 "Verify the Recipient Using an Identifier", Open Badges 2.0
//! `IdentityObject`.)
//!
//! No normalisation is specified. An address is compared as it was given, and once more in lower case: people type their own
//! address as they please, and mail reaches them all the same.

use proof::identity::IdentityHash;
use serde_json::Value;

use crate::documents::ClaimedIdentity;
use crate::messages::Code;
use crate::report::Finding;
use crate::value::{list, text};

/// Compares the subject of an Open Badges 3.0 credential.
pub(crate) fn check_v3(credential: &Value, claimed: Option<&ClaimedIdentity>) -> Finding {
    let Some(claimed) = claimed else { return Finding::new(Code::RecipientNotAsked) };
    let subject = credential.get("credentialSubject").unwrap_or(&Value::Null);
    let is_id = matches!(claimed.identity_type.as_str(), "id" | "url") && text(subject, "id") == Some(&claimed.value);
    let matches = |identity: &Value| {
        text(identity, "identityType") == Some(&claimed.identity_type)
            && text(identity, "identityHash").is_some_and(|hash| {
                let hashed = identity.get("hashed").and_then(Value::as_bool);
                is_same(hash, hashed, text(identity, "salt"), &claimed.value)
            })
    };
    verdict(is_id || list(subject, "identifier").iter().any(matches))
}

/// Compares `recipient` of an Open Badges 2.0 (or 1.x) assertion.
pub(crate) fn check_v2(assertion: &Value, claimed: Option<&ClaimedIdentity>) -> Finding {
    let Some(claimed) = claimed else { return Finding::new(Code::RecipientNotAsked) };
    let recipient = assertion.get("recipient").unwrap_or(&Value::Null);
    let wanted = match claimed.identity_type.as_str() {
        "emailAddress" => "email",
        other => other,
    };
    // Open Badges 1.0 knew e-mail only and did not always say so.
    let is_kind = text(recipient, "type").unwrap_or("email").eq_ignore_ascii_case(wanted);
    let is_person = text(recipient, "identity").is_some_and(|identity| {
        let hashed = recipient.get("hashed").and_then(Value::as_bool);
        is_same(identity, hashed, text(recipient, "salt"), &claimed.value)
    });
    verdict(is_kind && is_person)
}

fn verdict(matches: bool) -> Finding {
    Finding::new(if matches { Code::RecipientMatches } else { Code::RecipientDiffers })
}

fn is_same(stored: &str, hashed: Option<bool>, salt: Option<&str>, claimed: &str) -> bool {
    let lower = claimed.to_lowercase();
    if hashed == Some(true) {
        let Ok(hash) = IdentityHash::parse(stored) else { return false };
        let salt = salt.unwrap_or_default();
        hash.is_of(claimed, salt) || hash.is_of(&lower, salt)
    } else {
        stored == claimed || stored.to_lowercase() == lower
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HASH: &str = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399";

    fn v3(identifiers: &Value, claimed: &ClaimedIdentity) -> Code {
        let credential = json!({"credentialSubject": {"id": "did:example:1", "identifier": identifiers}});
        check_v3(&credential, Some(claimed)).code
    }

    #[test]
    fn tries_every_identifier_of_the_kind() {
        let hashed = json!({"identityType": "emailAddress", "hashed": true, "identityHash": HASH, "salt": "Kosher"});
        let other = json!({"identityType": "emailAddress", "hashed": false, "identityHash": "b@example.com"});
        let name = json!({"identityType": "name", "hashed": false, "identityHash": "a@example.com"});
        let a = ClaimedIdentity::email("a@example.com");
        assert_eq!(v3(&json!([name, other, hashed]), &a), Code::RecipientMatches);
        assert_eq!(v3(&hashed, &a), Code::RecipientMatches);
        assert_eq!(v3(&hashed, &ClaimedIdentity::email("A@Example.com")), Code::RecipientMatches);
        assert_eq!(v3(&json!([name]), &a), Code::RecipientDiffers);
        assert_eq!(v3(&json!([other]), &ClaimedIdentity::email("B@example.com")), Code::RecipientMatches);
        assert_eq!(v3(&json!([]), &a), Code::RecipientDiffers);
        let id = ClaimedIdentity { identity_type: "id".into(), value: "did:example:1".into() };
        assert_eq!(v3(&json!([]), &id), Code::RecipientMatches);
        assert_eq!(check_v3(&json!({}), None).code, Code::RecipientNotAsked);
    }

    #[test]
    fn assertions_of_open_badges_2() {
        let claimed = ClaimedIdentity::email("a@example.com");
        let check = |recipient: Value| check_v2(&json!({"recipient": recipient}), Some(&claimed)).code;
        assert_eq!(
            check(json!({"type": "email", "hashed": true, "identity": HASH, "salt": "Kosher"})),
            Code::RecipientMatches
        );
        assert_eq!(check(json!({"type": "email", "hashed": true, "identity": HASH})), Code::RecipientDiffers);
        assert_eq!(
            check(json!({"type": "email", "hashed": false, "identity": "a@example.com"})),
            Code::RecipientMatches
        );
        assert_eq!(check(json!({"type": "url", "hashed": false, "identity": "a@example.com"})), Code::RecipientDiffers);
        assert_eq!(check(json!("a@example.com")), Code::RecipientDiffers);
    }
}
