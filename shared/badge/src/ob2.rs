//! Open Badges 2.0 documents (Final, 12 April 2018): the same credential for clients that know no 3.0.
//!
//! Assertions are *hosted*: the document behind the assertion's address is the proof, so these are built from the records on every
//! request and never signed. The shapes avoid what the standard's own validator trips over: `publicKey` is one address, a
//! revocation list always has two entries or more, times carry a zone, pictures are addresses.

use crate::definition::Badge;
use crate::event::{Event, Recipient};
use crate::id::{ClientId, CredentialId};
use crate::ob3::{criteria_text, identity_hash};
use crate::organisation::{Alias, Organisation};
use crate::rfc3339;
use crate::text::WebUrl;
use crate::urls::Urls;
use serde_json::{Value, json};

/// `@context` of every Open Badges 2.0 document.
pub const CONTEXT: &str = "https://w3id.org/openbadges/v2";

/// A hosted Assertion. `salt` is that of the OB 3.0 credential, so that both carry one hash.
#[must_use]
pub fn assertion(urls: &Urls, event: &Event, id: &CredentialId, recipient: &Recipient, salt: &str) -> Value {
    let mut assertion = json!({
        "@context": CONTEXT,
        "id": urls.ob2_assertion(id),
        "type": "Assertion",
        "recipient": {
            "type": "email",
            "hashed": true,
            "salt": salt,
            "identity": identity_hash(recipient.email.as_str(), salt),
        },
        "badge": urls.ob2_badge_class(&event.id),
        "verification": {"type": "HostedBadge"},
        "issuedOn": rfc3339(event.issued_on),
    });
    if let Some(until) = event.expiry_of(recipient) {
        assertion["expires"] = rfc3339(until).into();
    }
    let evidence: Vec<Value> = recipient
        .evidence
        .iter()
        .map(|evidence| {
            let mut value = json!({"type": "Evidence"});
            let members = [
                ("id", evidence.url.as_ref().map(WebUrl::as_str)),
                ("name", evidence.name.as_deref()),
                ("narrative", evidence.narrative.as_deref()),
            ];
            for (key, text) in members {
                if let Some(text) = text {
                    value[key] = text.into();
                }
            }
            value
        })
        .collect();
    if !evidence.is_empty() {
        assertion["evidence"] = evidence.into();
    }
    assertion
}

/// What stands at a revoked assertion's address, with status 410 (OB 2.0, "Hosted Verification"; the body matters, because the
/// standard's own validator never looks at the status).
#[must_use]
pub fn revoked_assertion(urls: &Urls, id: &CredentialId, reason: Option<&str>) -> Value {
    let mut assertion = json!({
        "@context": CONTEXT,
        "id": urls.ob2_assertion(id),
        "type": "Assertion",
        "revoked": true,
    });
    if let Some(reason) = reason {
        assertion["revocationReason"] = reason.into();
    }
    assertion
}

fn issuer_url(urls: &Urls, event: &Event) -> String {
    match &event.alias {
        Some(alias) => urls.ob2_alias(&event.client, &alias.id),
        None => urls.ob2_issuer(&event.client),
    }
}

/// A BadgeClass, as the badge stood when `event` issued it.
#[must_use]
pub fn badge_class(urls: &Urls, badge: &Badge, event: &Event) -> Value {
    let content = badge.content();
    let mut class = json!({
        "@context": CONTEXT,
        "id": urls.ob2_badge_class(&event.id),
        "type": "BadgeClass",
        "name": content.name,
        "description": content.description,
        "image": urls.artwork(&badge.artwork.png_sha256, "png"),
        "criteria": {"id": format!("{}#criteria", urls.badge(&badge.id))},
        "issuer": issuer_url(urls, event),
    });
    let narrative = criteria_text(content, event.criteria_add.as_deref());
    if !narrative.is_empty() {
        class["criteria"]["narrative"] = narrative.into();
    }
    if let Some(language) = content.language.known() {
        class["@language"] = language.into();
    }
    if !content.tags.is_empty() {
        class["tags"] = content.tags.clone().into();
    }
    let alignments: Vec<Value> = content
        .alignments
        .iter()
        .map(|alignment| {
            let mut value = json!({
                "type": "AlignmentObject",
                "targetName": alignment.target_name,
                "targetUrl": alignment.target_url.as_str(),
            });
            let members = [
                ("targetDescription", &alignment.target_description),
                ("targetFramework", &alignment.target_framework),
                ("targetCode", &alignment.target_code),
            ];
            for (key, text) in members {
                if let Some(text) = text {
                    value[key] = text.as_str().into();
                }
            }
            value
        })
        .collect();
    if !alignments.is_empty() {
        class["alignment"] = alignments.into();
    }
    class
}

/// An issuer Profile. `kid` is the one RSA key whose signatures this profile stands for, when the organisation has one.
#[must_use]
pub fn issuer(urls: &Urls, organisation: &Organisation, kid: Option<&str>) -> Value {
    let client = &organisation.id;
    let mut issuer = json!({
        "@context": CONTEXT,
        "id": urls.ob2_issuer(client),
        "type": "Issuer",
        "name": organisation.name,
        "url": organisation.url.as_str(),
        "email": organisation.email.as_str(),
        "verification": {"startsWith": format!("{}/ob2/assertions/", urls.base())},
        "revocationList": urls.ob2_revocations(client),
    });
    if !organisation.description.is_empty() {
        issuer["description"] = organisation.description.as_str().into();
    }
    if let Some(kid) = kid {
        issuer["publicKey"] = urls.ob2_key(client, kid).into();
    }
    issuer
}

/// The Profile of an alias: the organisation's, under another name. It signs nothing by itself.
#[must_use]
pub fn alias(urls: &Urls, organisation: &Organisation, alias: &Alias) -> Value {
    let mut profile = issuer(urls, organisation, None);
    profile["id"] = urls.ob2_alias(&organisation.id, &alias.id).into();
    profile["name"] = alias.name.as_str().into();
    profile["url"] = alias.url.as_str().into();
    profile["email"] = alias.email.as_str().into();
    if let Some(object) = profile.as_object_mut() {
        object.remove("description");
        object.remove("revocationList");
        if !alias.description.is_empty() {
            object.insert("description".to_owned(), alias.description.as_str().into());
        }
    }
    profile
}

/// A CryptographicKey. `pem` is its SubjectPublicKeyInfo in PEM.
#[must_use]
pub fn key(urls: &Urls, client: &ClientId, kid: &str, pem: &str) -> Value {
    json!({
        "@context": CONTEXT,
        "id": urls.ob2_key(client, kid),
        "type": "CryptographicKey",
        "owner": urls.ob2_issuer(client),
        "publicKeyPem": pem,
    })
}

/// A RevocationList. Two tombstones stand first, because JSON-LD compaction turns a list of one into a bare value and validators
/// then miss it; they are derived from the organisation's id and belong to no assertion.
#[must_use]
pub fn revocation_list<'a>(
    urls: &Urls,
    client: &ClientId,
    revoked: impl IntoIterator<Item = (&'a CredentialId, Option<&'a str>)>,
) -> Value {
    let tombstone = |n: u8| {
        let digest =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("tombstone {n} {client}").as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_ref()[..16]);
        json!({"id": uuid::Builder::from_random_bytes(bytes).into_uuid().urn().to_string(), "revocationReason": "tombstone"})
    };
    let mut entries = vec![tombstone(1), tombstone(2)];
    entries.extend(revoked.into_iter().map(|(id, reason)| {
        let mut entry = json!({"id": urls.ob2_assertion(id)});
        if let Some(reason) = reason {
            entry["revocationReason"] = reason.into();
        }
        entry
    }));
    json!({
        "@context": CONTEXT,
        "id": urls.ob2_revocations(client),
        "type": "RevocationList",
        "issuer": urls.ob2_issuer(client),
        "revokedAssertions": entries,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ob3::tests as sample;

    fn urls() -> Urls {
        Urls::new("https://badges.example").unwrap()
    }

    #[test]
    fn assertion_and_credential_carry_one_hash() {
        let event = crate::event::tests::event();
        let draw = event.draw(0);
        let assertion = assertion(&urls(), &event, &draw.credential, &sample::recipient(), &draw.salt);
        let credential = sample::sample();
        assert_eq!(
            assertion["recipient"]["identity"],
            credential["credentialSubject"]["identifier"][0]["identityHash"]
        );
        assert_eq!(assertion["issuedOn"], "2026-01-15T09:30:00Z");
        assert!(!assertion.to_string().contains("a@example.com"));
    }

    #[test]
    fn a_revocation_list_has_two_entries_before_the_first_revocation() {
        let client = ClientId::from_random([1; 10]);
        let list = revocation_list(&urls(), &client, []);
        let entries = list["revokedAssertions"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        assert_ne!(entries[0]["id"], entries[1]["id"]);
        let draw = crate::event::tests::event().draw(0);
        let list = revocation_list(&urls(), &client, [(&draw.credential, Some("plagiarism"))]);
        assert_eq!(list["revokedAssertions"][2]["revocationReason"], "plagiarism");
        assert_eq!(revocation_list(&urls(), &client, []), revocation_list(&urls(), &client, []));
    }

    #[test]
    fn a_badge_class_shows_its_picture_by_address() {
        let class = badge_class(&urls(), &sample::badge(), &crate::event::tests::event());
        assert_eq!(class["image"], format!("https://badges.example/artwork/{}.png", "cd".repeat(32)));
        assert_eq!(class["criteria"]["narrative"], "**基準**");
    }

    #[test]
    fn the_issuer_lists_exactly_one_key_or_none() {
        let issuer_of = |kid| issuer(&urls(), &sample::organisation(), kid);
        assert!(issuer_of(Some("k1"))["publicKey"].is_string());
        assert!(issuer_of(None).get("publicKey").is_none());
    }
}
