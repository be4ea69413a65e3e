//! Who issues.

use crate::id::{AliasId, ClientId};
use crate::input::{Complaints, FieldError, Reader, Reason};
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
    /// When the credentials of its events are signed.
    #[serde(default)]
    pub sign: Signing,
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
        let complaints = Complaints::default();
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

/// When credentials are signed. Who holds one sees no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// All of an event, as soon as it is planned.
    #[default]
    AtIssue,
    /// Each when somebody first asks for it: what nobody looks at costs no signature.
    OnClaim,
}

impl Signing {
    /// Whether everything is signed at once.
    #[must_use]
    pub fn is_at_issue(&self) -> bool {
        *self == Self::AtIssue
    }

    /// The field `sign`; none when it is absent or empty.
    pub(crate) fn read(reader: &Reader<'_>) -> Option<Self> {
        match reader.optional_text("sign", 20).as_deref() {
            None | Some("") => None,
            Some("at_issue") => Some(Self::AtIssue),
            Some("on_claim") => Some(Self::OnClaim),
            Some(_) => {
                reader.refuse_field("sign", Reason::NotAllowed { allowed: "at_issue, on_claim".into() });
                None
            }
        }
    }
}

/// What a credential says of who issues it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// The name shown on badges.
    pub name: String,
    /// Its web site.
    pub url: WebUrl,
    /// Its public contact address.
    pub email: EmailAddress,
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
    /// A new organisation out of a request body with `name`, `url`, `email` and optionally `description`, `country`, `vc_jwt`, `sign`.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn read(body: &serde_json::Value, id: ClientId, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let complaints = Complaints::default();
        let reader = Reader::root(body, &complaints);
        let (name, description) = name_and_description(&reader);
        let url = required_url(&reader);
        let email = reader.email("email");
        let country = reader.optional_text("country", 2).unwrap_or_default();
        let vc_jwt = reader.optional_text("vc_jwt", 10).unwrap_or_default().parse::<VcJwt>();
        if let Err(reason) = &vc_jwt {
            reader.refuse_field("vc_jwt", reason.clone());
        }
        let sign = Signing::read(&reader).unwrap_or_default();
        let read = match (url, email, vc_jwt) {
            (Some(url), Some(email), Ok(vc_jwt)) => Some(Self {
                id,
                name,
                url,
                email,
                description,
                country,
                vc_jwt,
                sign,
                created_at: now,
                modified_at: now,
            }),
            _ => None,
        };
        complete(complaints.into_result(read)?)
    }

    /// The organisation with what a request body changes of `name`, `url`, `email`, `description`, `country` and `sign`; what the body
    /// does not name stays as it is.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn changed(&self, body: &serde_json::Value, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        if !body.is_object() {
            return Err(vec![FieldError { pointer: String::new(), reason: Reason::NotObject }]);
        }
        let mut whole = serde_json::json!({
            "name": self.name, "url": self.url, "email": self.email, "description": self.description, "country": self.country,
            "sign": self.sign,
        });
        for (name, value) in whole.as_object_mut().into_iter().flatten() {
            if let Some(wanted) = body.get(name) {
                *value = wanted.clone();
            }
        }
        let changed = Self::read(&whole, self.id.clone(), now)?;
        Ok(Self { vc_jwt: self.vc_jwt, created_at: self.created_at, ..changed })
    }

    /// What its credentials say of it.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        Issuer { name: self.name.clone(), url: self.url.clone(), email: self.email.clone() }
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

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let before = crate::ob3::tests::organisation();
        let now = Timestamp::from_second(1).unwrap();
        let after =
            before.changed(&json!({"sign": "on_claim", "country": "JP", "id": "x", "vc_jwt": "RS256"}), now).unwrap();
        let wanted = Organisation { sign: Signing::OnClaim, country: "JP".into(), modified_at: now, ..before.clone() };
        assert_eq!(after, wanted);
        assert_eq!(after.changed(&json!([]), now).unwrap_err()[0].reason, Reason::NotObject);
        let errors = after.changed(&json!({"sign": "never", "name": ""}), now).unwrap_err();
        let mut found: Vec<_> = errors.iter().map(|e| (e.pointer.as_str(), e.reason.code())).collect();
        found.sort_unstable();
        assert_eq!(found, [("/name", "empty"), ("/sign", "not_allowed")]);
    }
}
