//! Decentralised identifiers: `did:web`, `did:key`, and the documents that say which key may do what.
//!
//! The question a verifier has is "does the *issuer's own document* list this key for making assertions?", and
//! [`find_method`] answers exactly that. It never takes a key out of the identifier that asks for it: a
//! `did:web:…#z6Mk…` whose fragment is a Multikey proves nothing before the document has been fetched and lists it.
//!
//! The question an issuer has is "what does my document look like, over the years?": [`DidDocumentBuilder`].

use std::{fmt, str::FromStr};

use serde_json::{Map, Value, json};

use crate::{
    discovery::{self, FoundKey, MethodError},
    keys::{KeyError, PublicKey},
    time::to_rfc3339_seconds,
};

/// Longest DID or DID URL read.
pub const MAX_DID_BYTES: usize = 2048;

/// Most verification methods looked at in one document.
pub const MAX_METHODS: usize = 256;

/// Why a text is not a DID we read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DidError {
    /// Not `did:method:id[/path][?query][#fragment]` in the characters of DID Core §3.
    #[error("not a DID URL")]
    Malformed,
    /// A `did:web` whose host, port or path cannot become an https URL.
    #[error("not a usable did:web: {0}")]
    Web(&'static str),
    /// Another DID method than asked for.
    #[error("DID method {0} is not supported")]
    UnsupportedMethod(String),
    /// A `did:key` whose key is none.
    #[error("did:key: {0}")]
    Key(#[from] KeyError),
}

/// A DID URL: a DID, and perhaps path, query and fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DidUrl {
    text: String,
    did_bytes: usize,
    fragment_at: Option<usize>,
}

impl DidUrl {
    /// Reads a DID URL; its parts are checked for allowed characters, not interpreted.
    ///
    /// # Errors
    /// [`DidError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, DidError> {
        let rest = text.strip_prefix("did:").ok_or(DidError::Malformed)?;
        let (method, rest) = rest.split_once(':').ok_or(DidError::Malformed)?;
        if text.len() > MAX_DID_BYTES || method.is_empty() {
            return Err(DidError::Malformed);
        }
        if !method.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            return Err(DidError::Malformed);
        }
        let id_bytes = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (id, tail) = rest.split_at(id_bytes);
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
        let is_tail = |byte: u8| is_id(byte) || b"~!$&'()*+,;=@/?".contains(&byte);
        let (before, fragment) = match tail.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (tail, None),
        };
        if id.is_empty() || id.ends_with(':') || !is_escaped(id, is_id) || !is_escaped(before, is_tail) {
            return Err(DidError::Malformed);
        }
        if fragment.is_some_and(|fragment| fragment.is_empty() || !is_escaped(fragment, is_tail)) {
            return Err(DidError::Malformed);
        }
        let did_bytes = text.len() - tail.len();
        let fragment_at = fragment.map(|fragment| text.len() - fragment.len());
        Ok(Self { text: text.to_owned(), did_bytes, fragment_at })
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The DID alone.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.text[..self.did_bytes]
    }

    /// The DID's method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.text.split(':').nth(1).unwrap_or_default()
    }

    /// What follows `#`.
    #[must_use]
    pub fn fragment(&self) -> Option<&str> {
        self.fragment_at.map(|start| &self.text[start..])
    }
}

impl fmt::Display for DidUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Only allowed characters and whole `%XX`.
fn is_escaped(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
            other => is_allowed(other),
        };
        if !good {
            return false;
        }
    }
    true
}

/// A `did:web` (W3C CCG did:web method, §2): a host, perhaps a port, and path segments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DidWeb {
    host: String,
    port: Option<u16>,
    path: Vec<String>,
}

impl DidWeb {
    /// Puts one together: `DidWeb::new("badges.example", None, &["issuers", "acme"])`.
    ///
    /// # Errors
    /// [`DidError::Web`] if the host is no lower-case host name, or a segment is empty, `.`, `..` or has characters
    /// other than letters, digits, `-`, `_`, `.` and whole `%XX`.
    pub fn new(host: &str, port: Option<u16>, path: &[&str]) -> Result<Self, DidError> {
        check_host(host)?;
        if port == Some(0) {
            return Err(DidError::Web("port"));
        }
        for segment in path {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            let walks = matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "" | "." | "..");
            // An escaped slash or backslash would be one segment here and two for whoever decodes it.
            let hides = ["%2f", "%5c"].iter().any(|escape| segment.to_ascii_lowercase().contains(escape));
            if walks || hides || !is_escaped(segment, is_allowed) {
                return Err(DidError::Web("path"));
            }
        }
        let path = path.iter().map(|segment| (*segment).to_owned()).collect();
        Ok(Self { host: host.to_owned(), port, path })
    }

    /// Reads `did:web:HOST[%3APORT][:SEGMENT…]`, without fragment. Host names are compared in lower case and must be
    /// written so; IP addresses are not allowed (did:web §2.1).
    ///
    /// # Errors
    /// [`DidError::UnsupportedMethod`] for another method, [`DidError::Malformed`], [`DidError::Web`].
    pub fn parse(did: &str) -> Result<Self, DidError> {
        let url = DidUrl::parse(did)?;
        if url.method() != "web" {
            return Err(DidError::UnsupportedMethod(url.method().chars().take(20).collect()));
        }
        if url.did() != did {
            return Err(DidError::Malformed);
        }
        let mut segments = did.split(':').skip(2);
        let authority = segments.next().unwrap_or_default();
        let (host, port) = match authority.split_once('%') {
            None => (authority, None),
            Some((host, escape)) => {
                let digits = escape.strip_prefix("3A").or_else(|| escape.strip_prefix("3a"));
                let digits = digits.filter(|digits| !digits.starts_with(['0', '+']));
                let port = digits.and_then(|digits| digits.parse::<u16>().ok()).ok_or(DidError::Web("port"))?;
                (host, Some(port))
            }
        };
        Self::new(host, port, &segments.collect::<Vec<_>>())
    }

    /// The host name.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Where its document is: `https://HOST/.well-known/did.json`, or with a path `https://HOST/SEGMENT/…/did.json`.
    #[must_use]
    pub fn document_url(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let path = if self.path.is_empty() { ".well-known".to_owned() } else { self.path.join("/") };
        format!("https://{}{port}/{path}/did.json", self.host)
    }
}

impl fmt::Display for DidWeb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "did:web:{}", self.host)?;
        if let Some(port) = self.port {
            write!(formatter, "%3A{port}")?;
        }
        self.path.iter().try_for_each(|segment| write!(formatter, ":{segment}"))
    }
}

impl FromStr for DidWeb {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        Self::parse(text)
    }
}

/// A host name of letters, digits and inner hyphens (RFC 1123 §2.1), in lower case, whose last label is not a number.
fn check_host(host: &str) -> Result<(), DidError> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    // `127.1`, `0x7f.1`: what a resolver may take for an address ends in a label that starts with a digit.
    let is_address = host.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_digit()));
    if host.len() > 253 || is_address || !host.split('.').all(is_label) {
        return Err(DidError::Web("host"));
    }
    Ok(())
}

/// The key of a `did:key` (`did:key:z…`, with or without `#z…`; W3C CCG did:key).
///
/// # Errors
/// [`DidError::UnsupportedMethod`] for another method; [`DidError::Malformed`] if the fragment is not the key's own;
/// [`DidError::Key`].
pub fn did_key(text: &str) -> Result<PublicKey, DidError> {
    let url = DidUrl::parse(text)?;
    if url.method() != "key" {
        return Err(DidError::UnsupportedMethod(url.method().chars().take(20).collect()));
    }
    let multikey = url.did().rsplit(':').next().unwrap_or_default();
    // `did:key:1.1:z…` (a version) is allowed by the method and written by nobody: the rest must be the key. Nor has a
    // key a path or a query.
    let own = url.fragment().is_none_or(|own| own == multikey);
    let fragment_bytes = url.fragment().map_or(0, |own| 1 + own.len());
    let whole = "did:key:".len() + multikey.len() + fragment_bytes;
    if !own || text.len() != whole {
        return Err(DidError::Malformed);
    }
    Ok(PublicKey::from_multikey(multikey)?)
}

/// `did:key:…` of a key; `None` for RSA.
#[must_use]
pub fn to_did_key(key: &PublicKey) -> Option<String> {
    key.to_multikey().map(|multikey| format!("did:key:{multikey}"))
}

/// The document that a `did:key` stands for.
///
/// # Errors
/// As [`did_key`].
pub fn did_key_document(text: &str) -> Result<Value, DidError> {
    let key = did_key(text)?;
    let did = DidUrl::parse(text)?.did().to_owned();
    let multikey = key.to_multikey().ok_or(DidError::Malformed)?;
    let method = format!("{did}#{multikey}");
    Ok(json!({
        "@context": [DID_CONTEXT, MULTIKEY_CONTEXT],
        "id": did,
        "verificationMethod": [
            {"id": method, "type": "Multikey", "controller": did, "publicKeyMultibase": multikey}
        ],
        "authentication": [method],
        "assertionMethod": [method]
    }))
}

/// Finds `method_id` in a fetched DID document (or any controlled-identifier document, as an issuer profile with keys)
/// and answers its key, provided that the document lists it under `assertionMethod`.
///
/// Read: entries under `verificationMethod` and entries embedded in `assertionMethod`; absolute and relative
/// (`#fragment`) ids; `publicKeyMultibase`, `publicKeyJwk`, and `publicKeyBase58` of old Ed25519 entries.
///
/// # Errors
/// See [`MethodError`]. The method's `controller` must be the document's `id`.
pub fn find_method(document: &Value, method_id: &str) -> Result<FoundKey, MethodError> {
    let id = document.get("id").and_then(Value::as_str).ok_or(MethodError::Malformed("the document has no id"))?;
    let is_it = |found: &str| match found.strip_prefix('#') {
        Some(_) => method_id.strip_prefix(id) == Some(found),
        None => found == method_id,
    };
    let list = |name| document.get(name).map(as_list).unwrap_or_default();
    let methods = list("verificationMethod");
    let assertions = list("assertionMethod");
    if methods.len() > MAX_METHODS || assertions.len() > MAX_METHODS {
        return Err(MethodError::Malformed("the document has too many methods"));
    }
    let entry_id = |entry: &Value| entry.get("id").and_then(Value::as_str).is_some_and(is_it);
    let mut entries = methods.iter().chain(assertions).filter(|entry| entry_id(entry));
    let entry = entries.next().ok_or(MethodError::NotListed)?;
    if entries.any(|other| other != entry) {
        return Err(MethodError::Ambiguous);
    }
    let listed = assertions.iter().any(|entry| entry.as_str().is_some_and(is_it) || entry_id(entry));
    if !listed {
        return Err(MethodError::NotForAssertions { revoked: discovery::instant(entry, "revoked")? });
    }
    let found = discovery::read_method(entry)?;
    if found.controller != id {
        return Err(MethodError::OtherController(found.controller));
    }
    Ok(found)
}

/// A member as a list: one value counts as a list of one (JSON-LD).
fn as_list(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list,
        single => std::slice::from_ref(single),
    }
}

/// `https://www.w3.org/ns/did/v1`.
const DID_CONTEXT: &str = "https://www.w3.org/ns/did/v1";
/// The context of Multikey.
const MULTIKEY_CONTEXT: &str = "https://w3id.org/security/multikey/v1";

/// What an issuer says about one of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In use, or retired in good order: signatures made with it stay checkable.
    Trusted,
    /// Compromised: nothing signed with it is to be trusted any more.
    Compromised {
        /// Since when.
        since: jiff::Timestamp,
    },
}

/// Builds an issuer's `did.json`.
///
/// Every key stays in `verificationMethod` for ever, as a Multikey (where its kind has one) and as a JsonWebKey; in
/// `assertionMethod` it stays as long as it is trusted, in use or retired. A compromised key carries `revoked` and
/// leaves `assertionMethod`.
///
/// `assertionMethod` is an array of strings and every id is absolute, because deployed validators read nothing else.
#[derive(Debug, Clone)]
pub struct DidDocumentBuilder {
    did: String,
    also_known_as: Vec<String>,
    keys: Vec<(PublicKey, Standing)>,
}

impl DidDocumentBuilder {
    /// For the DID `did`.
    #[must_use]
    pub fn new(did: impl Into<String>) -> Self {
        Self { did: did.into(), also_known_as: Vec::new(), keys: Vec::new() }
    }

    /// Adds another name of the same issuer: the URL of its Open Badges profile.
    #[must_use]
    pub fn also_known_as(mut self, url: impl Into<String>) -> Self {
        self.also_known_as.push(url.into());
        self
    }

    /// Adds a key. The one in use comes first by convention; nothing depends on it.
    #[must_use]
    pub fn key(mut self, key: PublicKey, standing: Standing) -> Self {
        self.keys.push((key, standing));
        self
    }

    /// The document.
    #[must_use]
    pub fn build(&self) -> Value {
        let mut methods = Vec::new();
        let mut assertions: Vec<Value> = Vec::new();
        for (key, standing) in &self.keys {
            let entries = [multikey_method(&self.did, key), Some(jwk_method(&self.did, key))];
            for mut entry in entries.into_iter().flatten() {
                match standing {
                    Standing::Trusted => assertions.push(entry["id"].clone()),
                    Standing::Compromised { since } => entry["revoked"] = to_rfc3339_seconds(*since).into(),
                }
                methods.push(entry);
            }
        }
        let mut document = Map::new();
        // JsonWebKey is not in did/v1, and `revoked` there only inside Multikey: the terms are defined in place, since
        // a third context would have to be fetched.
        document.insert(
            "@context".into(),
            json!([DID_CONTEXT, MULTIKEY_CONTEXT, {
                "JsonWebKey": "https://w3id.org/security#JsonWebKey",
                "publicKeyJwk": {"@id": "https://w3id.org/security#publicKeyJwk", "@type": "@json"},
                "revoked": {
                    "@id": "https://w3id.org/security#revoked",
                    "@type": "http://www.w3.org/2001/XMLSchema#dateTime"
                }
            }]),
        );
        document.insert("id".into(), self.did.as_str().into());
        if !self.also_known_as.is_empty() {
            document.insert("alsoKnownAs".into(), self.also_known_as.as_slice().into());
        }
        document.insert("verificationMethod".into(), methods.into());
        document.insert("assertionMethod".into(), assertions.into());
        Value::Object(document)
    }
}

/// Id of a key in Data Integrity proofs: `DID#MULTIKEY`; `None` for RSA.
#[must_use]
pub fn multikey_method_id(did: &str, key: &PublicKey) -> Option<String> {
    key.to_multikey().map(|multikey| format!("{did}#{multikey}"))
}

/// Id of a key in VC-JWT headers (`kid`): `DID#` and its JWK thumbprint.
#[must_use]
pub fn jwk_method_id(did: &str, key: &PublicKey) -> String {
    format!("{did}#{}", key.jwk_thumbprint())
}

fn multikey_method(did: &str, key: &PublicKey) -> Option<Value> {
    Some(json!({
        "id": multikey_method_id(did, key)?, "type": "Multikey", "controller": did,
        "publicKeyMultibase": key.to_multikey()?
    }))
}

fn jwk_method(did: &str, key: &PublicKey) -> Value {
    json!({"id": jwk_method_id(did, key), "type": "JsonWebKey", "controller": did, "publicKeyJwk": key.to_jwk()})
}

#[cfg(test)]
mod tests;
