//! Open Badges 3.0 documents (Final, document version 1.2), as W3C Verifiable Credentials 2.0.
//!
//! Everything here is unsigned. Properties that may hold several values are written as lists even with one member, nothing is
//! `null`, and no list is empty: the forms on which all known verifiers agree.

use crate::definition::{Alignment, Badge, Content};
use crate::event::{Draw, Event, Evidence, Recipient};
use crate::organisation::Organisation;
use crate::text::WebUrl;
use crate::urls::Urls;
use crate::{id::StatusListId, rfc3339};
use serde_json::{Map, Value, json};

/// `@context` of every credential. The third defines the type of `credentialSchema`.
pub const CONTEXTS: [&str; 3] = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
];

/// The schema that `credentialSchema` names.
pub const SCHEMA: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";

/// Everything one credential is made of.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The public addresses.
    pub urls: &'a Urls,
    /// Who issues.
    pub organisation: &'a Organisation,
    /// What was earned, in the version the event issues.
    pub badge: &'a Badge,
    /// The act of issuing.
    pub event: &'a Event,
    /// To whom.
    pub recipient: &'a Recipient,
    /// What is random about it.
    pub draw: &'a Draw,
    /// Its place in the event's status list.
    pub status_index: u32,
}

/// An unsigned `OpenBadgeCredential` (OB 3.0 section B.1.1).
#[must_use]
pub fn credential(parts: &Parts<'_>) -> Value {
    let Parts { urls, organisation, badge, event, recipient, draw, status_index } = *parts;
    let mut credential = json!({
        "@context": CONTEXTS,
        "id": urls.credential(&draw.credential),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": badge.content().name,
        "issuer": issuer(urls, organisation, event),
        "validFrom": rfc3339(event.issued_on),
        "credentialSubject": {
            "id": draw.subject,
            "type": ["AchievementSubject"],
            "identifier": [{
                "type": "IdentityObject",
                "hashed": true,
                "identityHash": identity_hash(recipient.email.as_str(), &draw.salt),
                "identityType": "emailAddress",
                "salt": draw.salt,
            }],
            "achievement": achievement(urls, badge, event.criteria_add.as_deref()),
        },
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        "credentialStatus": status_entry(urls, &event.status_list, status_index),
    });
    if let Some(until) = event.expiry_of(recipient) {
        credential["validUntil"] = rfc3339(until).into();
    }
    if !recipient.evidence.is_empty() {
        credential["evidence"] = recipient.evidence.iter().map(evidence).collect();
    }
    credential
}

/// The `issuer` of a credential: a Profile under the organisation's DID (OB 3.0 section B.1.14) as it was when the event was planned, in
/// the name of an alias if the event was issued so. The DID stays the organisation's, because its keys sign.
fn issuer(urls: &Urls, organisation: &Organisation, event: &Event) -> Value {
    let (name, url, email) = match (&event.alias, &event.issuer) {
        (Some(alias), _) => (&alias.name, &alias.url, &alias.email),
        (None, Some(issuer)) => (&issuer.name, &issuer.url, &issuer.email),
        (None, None) => (&organisation.name, &organisation.url, &organisation.email),
    };
    json!({
        "id": urls.issuer_did(&organisation.id),
        "type": ["Profile"],
        "name": name,
        "url": url.as_str(),
        "email": email.as_str(),
    })
}

/// The organisation's Profile as a document of its own, tied to its DID and to its OB 2.0 profile.
#[must_use]
pub fn profile(urls: &Urls, organisation: &Organisation) -> Value {
    let mut profile = json!({
        "@context": &CONTEXTS[..2],
        "id": urls.issuer_did(&organisation.id),
        "type": ["Profile"],
        "name": organisation.name,
        "url": organisation.url.as_str(),
        "email": organisation.email.as_str(),
        "otherIdentifier": [
            other_identifier(&urls.issuer(&organisation.id)),
            other_identifier(&urls.ob2_issuer(&organisation.id)),
        ],
    });
    if !organisation.description.is_empty() {
        profile["description"] = organisation.description.as_str().into();
    }
    profile
}

fn other_identifier(url: &str) -> Value {
    json!({"type": "IdentifierEntry", "identifier": url, "identifierType": "systemId"})
}

/// An Achievement (OB 3.0 section B.1.3), its criteria extended by an event's addendum.
#[must_use]
pub fn achievement(urls: &Urls, badge: &Badge, criteria_add: Option<&str>) -> Value {
    let content = badge.content();
    let mut achievement = json!({
        "id": urls.badge(&badge.id),
        "type": ["Achievement"],
        "name": content.name,
        "description": content.description,
        "criteria": criteria(urls, badge, criteria_add),
        "image": image(urls, badge),
    });
    let Some(object) = achievement.as_object_mut() else { return achievement };
    set(object, "inLanguage", content.language.known());
    set(object, "achievementType", content.achievement_type.as_deref());
    set(object, "creditsAvailable", content.credits_available);
    set(object, "fieldOfStudy", content.field_of_study.as_deref());
    set(object, "humanCode", content.human_code.as_deref());
    set(object, "specialization", content.specialization.as_deref());
    set(object, "tag", Some(&content.tags).filter(|tags| !tags.is_empty()).cloned());
    let alignments: Vec<Value> = content.alignments.iter().map(alignment).collect();
    set(object, "alignment", Some(alignments).filter(|list| !list.is_empty()));
    achievement
}

fn set(object: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.into());
    }
}

/// The criteria in Markdown: the badge's, then the event's addendum.
#[must_use]
pub fn criteria_text(content: &Content, criteria_add: Option<&str>) -> String {
    [Some(content.criteria.as_str()), criteria_add]
        .into_iter()
        .flatten()
        .filter(|t| !t.trim().is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn criteria(urls: &Urls, badge: &Badge, criteria_add: Option<&str>) -> Value {
    let mut criteria = json!({"id": format!("{}#criteria", urls.badge(&badge.id))});
    let narrative = criteria_text(badge.content(), criteria_add);
    if !narrative.is_empty() {
        criteria["narrative"] = narrative.into();
    }
    criteria
}

/// OB 3.0 section B.1.15: nothing but `id`, `type` and `caption`.
fn image(urls: &Urls, badge: &Badge) -> Value {
    let mut image = json!({
        "id": urls.artwork(&badge.artwork.sha256, badge.artwork.format.extension()),
        "type": "Image",
    });
    if let Some(alt) = &badge.content().image_alt {
        image["caption"] = alt.as_str().into();
    }
    image
}

fn alignment(alignment: &Alignment) -> Value {
    let mut value = json!({
        "type": ["Alignment"],
        "targetName": alignment.target_name,
        "targetUrl": alignment.target_url.as_str(),
    });
    if let Some(object) = value.as_object_mut() {
        set(object, "targetDescription", alignment.target_description.as_deref());
        set(object, "targetFramework", alignment.target_framework.as_deref());
        set(object, "targetCode", alignment.target_code.as_deref());
        set(object, "targetType", alignment.target_type.as_deref());
    }
    value
}

fn evidence(evidence: &Evidence) -> Value {
    let mut value = json!({"type": ["Evidence"]});
    if let Some(object) = value.as_object_mut() {
        set(object, "id", evidence.url.as_ref().map(WebUrl::as_str));
        set(object, "name", evidence.name.as_deref());
        set(object, "narrative", evidence.narrative.as_deref());
    }
    value
}

/// A `BitstringStatusListEntry` (Bitstring Status List section 2.1). `statusListIndex` is a text.
#[must_use]
pub fn status_entry(urls: &Urls, list: &StatusListId, index: u32) -> Value {
    let list = urls.status_list(list);
    json!({
        "id": format!("{list}#{index}"),
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": index.to_string(),
        "statusListCredential": list,
    })
}

/// `sha256$` and the lower-case hexadecimal SHA-256 of address and salt (OB 3.0 section B.2.4.2; OB 2.0 alike). The address is
/// hashed exactly as given: no normalisation is specified.
#[must_use]
pub fn identity_hash(identity: &str, salt: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{identity}{salt}").as_bytes());
    format!("sha256${}", hex::encode(digest))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::definition::{Artwork, Definition, ImageFormat};
    use crate::{BadgeId, ClientId};
    use jiff::Timestamp;

    pub(crate) fn organisation() -> Organisation {
        let body = json!({"name": "Acme 学院", "url": "https://acme.example", "email": "badges@acme.example"});
        Organisation::read(&body, ClientId::from_random([1; 10]), Timestamp::UNIX_EPOCH).unwrap()
    }

    pub(crate) fn badge() -> Badge {
        let body = json!({
            "primary_language": "ja", "draft": false,
            "content": [{"language": "ja", "name": "チームワーク", "description": "説明", "criteria": "**基準**", "tag": ["協働"],
                "image_alt": "印章", "credits_available": 1.5, "achievement_type": "Competency",
                "alignment": [{"targetName": "協働", "targetUrl": "https://esco.example/s1"}]}]
        });
        Badge {
            id: BadgeId::from_random([2; 10]),
            client: ClientId::from_random([1; 10]),
            version: 1,
            definition: Definition::read(&body).unwrap(),
            artwork: Artwork {
                format: ImageFormat::Svg,
                sha256: "ab".repeat(32),
                png_sha256: "cd".repeat(32),
                design: None,
            },
            created_at: Timestamp::UNIX_EPOCH,
            modified_at: Timestamp::UNIX_EPOCH,
        }
    }

    pub(crate) fn recipient() -> Recipient {
        Recipient {
            email: "a@example.com".parse().unwrap(),
            name: "Anna".into(),
            language: "".parse().unwrap(),
            expires_on: None,
            evidence: vec![],
        }
    }

    pub(crate) fn sample() -> Value {
        let (urls, event) = (Urls::new("https://badges.example").unwrap(), crate::event::tests::event());
        let (organisation, badge, recipient, draw) = (organisation(), badge(), recipient(), event.draw(0));
        credential(&Parts {
            urls: &urls,
            organisation: &organisation,
            badge: &badge,
            event: &event,
            recipient: &recipient,
            draw: &draw,
            status_index: 94_567,
        })
    }

    #[test]
    fn the_hash_is_the_specifications() {
        assert_eq!(
            identity_hash("a@example.com", "Kosher"),
            "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
        );
    }

    #[test]
    fn no_address_no_name_no_null_no_empty_list() {
        let text = sample().to_string();
        assert!(!text.contains("a@example.com") && !text.contains("Anna"));
        assert!(!text.contains("null") && !text.contains("[]"), "{text}");
    }

    #[test]
    fn the_credential_says_what_the_standard_wants() {
        let credential = sample();
        assert_eq!(
            credential["issuer"]["id"],
            format!("did:web:badges.example:issuers:{}", ClientId::from_random([1; 10]))
        );
        assert_eq!(credential["credentialStatus"]["statusListIndex"], "94567");
        assert_eq!(credential["credentialSubject"]["identifier"][0]["type"], "IdentityObject");
        assert_eq!(credential["credentialSubject"]["achievement"]["inLanguage"], "ja");
        assert_eq!(credential["credentialSubject"]["achievement"]["image"]["caption"], "印章");
        assert_eq!(credential["credentialSubject"]["achievement"]["alignment"][0]["type"], json!(["Alignment"]));
        assert_eq!(credential["validFrom"], "2026-01-15T09:30:00Z");
        assert!(credential.get("validUntil").is_none());
    }

    #[test]
    fn evidence_expiry_and_addendum_are_written_where_given() {
        let (urls, mut event) = (Urls::new("https://badges.example").unwrap(), crate::event::tests::event());
        event.criteria_add = Some("addendum".into());
        event.expires_on = Some(Timestamp::from_second(1_900_000_000).unwrap());
        let (organisation, badge, mut recipient, draw) = (organisation(), badge(), recipient(), event.draw(0));
        recipient.evidence = vec![Evidence { url: None, narrative: Some("did it".into()), name: None }];
        recipient.expires_on = Some(Timestamp::from_second(1_800_000_000).unwrap());
        let parts = Parts {
            urls: &urls,
            organisation: &organisation,
            badge: &badge,
            event: &event,
            recipient: &recipient,
            draw: &draw,
            status_index: 0,
        };
        let credential = credential(&parts);
        assert_eq!(credential["validUntil"], "2027-01-15T08:00:00Z");
        assert_eq!(credential["evidence"], json!([{"type": ["Evidence"], "narrative": "did it"}]));
        assert_eq!(credential["credentialSubject"]["achievement"]["criteria"]["narrative"], "**基準**\n\naddendum");
    }
}
