//! Who issues.

use crate::id::{AliasId, ClientId};
use crate::input::{FieldError, Reader, Reason};
use crate::limits;
use crate::text::{EmailAddress, WebUrl};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An issuer organisation: the API's `client`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id, also the OAuth 2.0 `client_id` and the last part of its DID.
    pub id: ClientId,
    /// The name shown on badges.
    pub name: String,
    /// Its web site.
    pub url: WebUrl,
    /// Its public contact address (required by Open Badges 2.0).
    pub email: EmailAddress,
    /// What it is, in a few sentences.
    #[serde(default)]
    pub description: String,
    /// ISO 3166-1 alpha-2 country code, or empty.
    #[serde(default)]
    pub country: String,
    /// Which compact form credentials also get, beside their embedded proof.
    #[serde(default)]
    pub vc_jwt: VcJwt,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// A part of an organisation (a faculty, a branch, a project) under whose name it also issues. The organisation signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Its id: the API's `client_alias_id`.
    pub id: AliasId,
    /// The name shown on badges.
    pub name: String,
    /// Its web site.
    pub url: WebUrl,
    /// Its public contact address.
    pub email: EmailAddress,
    /// Where answers to its mails go; to `email` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EmailAddress>,
    /// What it is, in a few sentences.
    #[serde(default)]
    pub description: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

impl Alias {
    /// A new alias out of a request body with `name`, `url`, `email` and optionally `reply_to`, `description`.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn read(body: &serde_json::Value, id: AliasId, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let complaints = crate::input::Complaints::default();
        let reader = Reader::root(body, &complaints);
        let (name, description) = name_and_description(&reader);
        let url = required_url(&reader);
        let email = reader.email("email");
        let reply_to = reader.field("reply_to").filter(|r| r.value().as_str() != Some("")).and_then(|r| r.as_email());
        let read = match (url, email) {
            (Some(url), Some(email)) => {
                Some(Self { id, name, url, email, reply_to, description, created_at: now, modified_at: now })
            }
            _ => None,
        };
        complete(complaints.into_result(read)?)
    }
}

fn name_and_description(reader: &Reader<'_>) -> (String, String) {
    let name = reader.text("name", 1, limits::MAX_NAME_CHARS);
    (name, reader.optional_text("description", limits::MAX_DESCRIPTION_CHARS).unwrap_or_default())
}

fn required_url(reader: &Reader<'_>) -> Option<WebUrl> {
    let url = reader.optional_url("url");
    if reader.field("url").is_none_or(|field| field.value().as_str() == Some("")) {
        reader.refuse_field("url", Reason::Missing);
    }
    url
}

/// What was read when nothing was complained about.
fn complete<T>(read: Option<T>) -> Result<T, Vec<FieldError>> {
    read.ok_or_else(|| vec![FieldError { pointer: String::new(), reason: Reason::Missing }])
}

/// Whether an organisation's credentials also exist as VC-JWT (OB 3.0 section 8.2), and signed how.
///
/// Every credential carries an `eddsa-rdfc-2022` proof; the compact form costs one more signature for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum VcJwt {
    /// No compact form.
    #[default]
    #[serde(rename = "none")]
    None,
    /// RSASSA-PKCS1-v1_5 with SHA-256: what every verifier must accept.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256: permitted, accepted by most.
    #[serde(rename = "ES256")]
    Es256,
}

impl std::str::FromStr for VcJwt {
    type Err = Reason;
    fn from_str(text: &str) -> Result<Self, Reason> {
        match text {
            "none" | "" => Ok(Self::None),
            "RS256" => Ok(Self::Rs256),
            "ES256" => Ok(Self::Es256),
            _ => Err(Reason::NotAllowed { allowed: "none, RS256, ES256".into() }),
        }
    }
}

impl Organisation {
    /// A new organisation out of a request body with `name`, `url`, `email` and optionally `description`, `country`, `vc_jwt`.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn read(body: &serde_json::Value, id: ClientId, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let complaints = crate::input::Complaints::default();
        let reader = Reader::root(body, &complaints);
        let (name, description) = name_and_description(&reader);
        let url = required_url(&reader);
        let email = reader.email("email");
        let country = reader.optional_text("country", 2).unwrap_or_default();
        let vc_jwt = reader.optional_text("vc_jwt", 10).unwrap_or_default().parse::<VcJwt>();
        if let Err(reason) = &vc_jwt {
            reader.refuse_field("vc_jwt", reason.clone());
        }
        let read = match (url, email, vc_jwt) {
            (Some(url), Some(email), Ok(vc_jwt)) => {
                Some(Self { id, name, url, email, description, country, vc_jwt, created_at: now, modified_at: now })
            }
            _ => None,
        };
        complete(complaints.into_result(read)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_organisation_needs_name_url_and_email() {
        let id = ClientId::from_random([1; 10]);
        let errors = Organisation::read(&json!({"url": "nope", "vc_jwt": "HS256"}), id.clone(), Timestamp::UNIX_EPOCH)
            .unwrap_err();
        let mut found: Vec<_> = errors.iter().map(|e| (e.pointer.as_str(), e.reason.code())).collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [("/email", "missing"), ("/name", "missing"), ("/url", "not_url"), ("/vc_jwt", "not_allowed")]
        );
        let body = json!({"name": "Acme", "url": "https://acme.example", "email": "a@acme.example", "vc_jwt": "ES256"});
        assert_eq!(Organisation::read(&body, id, Timestamp::UNIX_EPOCH).unwrap().vc_jwt, VcJwt::Es256);
    }
}
