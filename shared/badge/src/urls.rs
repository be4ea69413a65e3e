//! Every public address of the product, spelled once.
//!
//! An address that stands in a signed credential is for ever: these may be added to, never changed.

use crate::id::{
    AliasId, ApplicationId, BadgeId, ClientId, CredentialId, EventId, FormId, ResultId, SignInId, StatusListId,
};

/// The public addresses below one base, for example `https://badges.example.org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    base: String,
    did_host: String,
}

/// A base address that cannot carry credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the public base address must be http(s)://host[:port] without path, query or credentials")]
pub struct BaseError;

impl Urls {
    /// Addresses below `base`; a trailing slash is dropped.
    ///
    /// # Errors
    /// [`BaseError`] when it is no plain `http(s)://host[:port]`.
    pub fn new(base: &str) -> Result<Self, BaseError> {
        let base = base.strip_suffix('/').unwrap_or(base);
        let url = url::Url::parse(base).map_err(|_| BaseError)?;
        let host = url.host_str().ok_or(BaseError)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !plain {
            return Err(BaseError);
        }
        // did:web percent-encodes the colon before a port (did:web method specification, section 3.2).
        let did_host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}%3A{port}"));
        Ok(Self { base: base.to_owned(), did_host })
    }

    /// The base itself, without a trailing slash.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The issuer's identifier in OB 3.0 credentials: `did:web:HOST:issuers:CLIENT`.
    #[must_use]
    pub fn issuer_did(&self, client: &ClientId) -> String {
        format!("did:web:{}:issuers:{client}", self.did_host)
    }
    /// The issuer's OB 3.0 Profile.
    #[must_use]
    pub fn issuer(&self, client: &ClientId) -> String {
        format!("{}/issuers/{client}", self.base)
    }
    /// One key of an issuer as a single JWK.
    #[must_use]
    pub fn issuer_key(&self, client: &ClientId, kid: &str) -> String {
        format!("{}/issuers/{client}/keys/{kid}", self.base)
    }
    /// An OB 3.0 credential.
    #[must_use]
    pub fn credential(&self, id: &CredentialId) -> String {
        format!("{}/credentials/{id}", self.base)
    }
    /// A credential baked into its badge's artwork. `suffix` is `.png`, `.svg`, `.ob2.png` or `.ob2.svg`.
    #[must_use]
    pub fn baked(&self, id: &CredentialId, suffix: &str) -> String {
        format!("{}/baked/{id}{suffix}", self.base)
    }
    /// A credential as a PDF badge. `key` is [`crate::Event::holder_key`]: the page shows who holds it.
    #[must_use]
    pub fn pdf(&self, id: &CredentialId, key: &str) -> String {
        format!("{}/pdf/{key}/{id}.pdf", self.base)
    }
    /// A credential's page for its holder, with what is theirs only.
    #[must_use]
    pub fn holders_page(&self, id: &CredentialId, key: &str) -> String {
        format!("{}?key={key}", self.credential(id))
    }
    /// A credential in little, to be shown in other sites' pages.
    #[must_use]
    pub fn embed(&self, id: &CredentialId) -> String {
        format!("{}/embed", self.credential(id))
    }
    /// The picture that other sites show where a credential's page is linked to.
    #[must_use]
    pub fn card(&self, id: &CredentialId) -> String {
        self.baked(id, ".card.png")
    }
    /// What other sites are told about a credential's page when they ask for it (oEmbed).
    #[must_use]
    pub fn oembed(&self, id: &CredentialId) -> String {
        let url: String = url::form_urlencoded::byte_serialize(self.credential(id).as_bytes()).collect();
        format!("{}/oembed?url={url}&format=json", self.base)
    }
    /// The certificates of the seals on PDF badges.
    #[must_use]
    pub fn seals(&self) -> String {
        format!("{}/seals", self.base)
    }
    /// A badge (OB 3.0 Achievement) as it is defined now.
    #[must_use]
    pub fn badge(&self, id: &BadgeId) -> String {
        format!("{}/badges/{id}", self.base)
    }
    /// Artwork by the hash of its bytes. `extension` is `png` or `svg`.
    #[must_use]
    pub fn artwork(&self, sha256: &str, extension: &str) -> String {
        format!("{}/artwork/{sha256}.{extension}", self.base)
    }
    /// A status list credential.
    #[must_use]
    pub fn status_list(&self, id: &StatusListId) -> String {
        format!("{}/status/{id}", self.base)
    }
    /// An OB 2.0 assertion.
    #[must_use]
    pub fn ob2_assertion(&self, id: &CredentialId) -> String {
        format!("{}/ob2/assertions/{id}", self.base)
    }
    /// An OB 2.0 badge class, as the badge stood when `event` issued it.
    #[must_use]
    pub fn ob2_badge_class(&self, event: &EventId) -> String {
        format!("{}/ob2/badges/{event}", self.base)
    }
    /// An OB 2.0 issuer profile.
    #[must_use]
    pub fn ob2_issuer(&self, client: &ClientId) -> String {
        format!("{}/ob2/issuers/{client}", self.base)
    }
    /// An OB 2.0 profile of an alias of an issuer.
    #[must_use]
    pub fn ob2_alias(&self, client: &ClientId, alias: &AliasId) -> String {
        format!("{}/ob2/issuers/{client}/{alias}", self.base)
    }
    /// Where a recipient sees, accepts or declines a credential. `token` is [`crate::receive::Link`] as text.
    #[must_use]
    pub fn receive(&self, token: &str) -> String {
        format!("{}/c/receive?tk={token}", self.base)
    }
    /// A form by which a badge is applied for.
    #[must_use]
    pub fn form(&self, form: &FormId) -> String {
        format!("{}/apply/{form}", self.base)
    }
    /// An application to a form, for who holds this link.
    #[must_use]
    pub fn application(&self, form: &FormId, link: &str) -> String {
        format!("{}/applications/{link}", self.form(form))
    }
    /// The files that an application shows as evidence. It stands in credentials, whoever may open it.
    #[must_use]
    pub fn evidence(&self, form: &FormId, application: &ApplicationId) -> String {
        format!("{}/evidence/{application}", self.form(form))
    }
    /// Where staff work.
    #[must_use]
    pub fn console(&self) -> String {
        format!("{}/console", self.base)
    }
    /// Where earners find what they have.
    #[must_use]
    pub fn my_badges(&self) -> String {
        format!("{}/my", self.base)
    }
    /// What a mail opens to sign somebody in.
    #[must_use]
    pub fn sign_in(&self, sign_in: &SignInId, token: &str) -> String {
        format!("{}/sign-in/{sign_in}?t={token}", self.base)
    }
    /// Where the validator checks what lies at `url`.
    #[must_use]
    pub fn validation(&self, url: &str) -> String {
        let url: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
        format!("{}/validate?url={url}", self.base)
    }
    /// The validator itself.
    #[must_use]
    pub fn validator(&self) -> String {
        format!("{}/validate", self.base)
    }
    /// A report of the validator's that was kept.
    #[must_use]
    pub fn validation_result(&self, id: &ResultId) -> String {
        format!("{}/validate/results/{id}", self.base)
    }
    /// An OB 2.0 cryptographic key.
    #[must_use]
    pub fn ob2_key(&self, client: &ClientId, kid: &str) -> String {
        format!("{}/ob2/keys/{client}/{kid}", self.base)
    }
    /// An OB 2.0 revocation list.
    #[must_use]
    pub fn ob2_revocations(&self, client: &ClientId) -> String {
        format!("{}/ob2/revocations/{client}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_did_of_a_host_with_a_port_is_percent_encoded() {
        let client = ClientId::from_random([0; 10]);
        let urls = Urls::new("http://localhost:4580/").unwrap();
        assert_eq!(urls.issuer_did(&client), format!("did:web:localhost%3A4580:issuers:{client}"));
        assert_eq!(urls.issuer(&client), format!("http://localhost:4580/issuers/{client}"));
        let urls = Urls::new("https://badges.example.org").unwrap();
        assert_eq!(urls.issuer_did(&client), format!("did:web:badges.example.org:issuers:{client}"));
    }

    #[test]
    fn a_base_with_a_path_is_refused() {
        for bad in ["https://a/b", "https://a/?q", "ftp://a", "a", "https://u@a", "https://a/#f"] {
            assert_eq!(Urls::new(bad), Err(BaseError), "{bad}");
        }
    }
}
