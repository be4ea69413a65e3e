//! Documents that carry one key, or a set: what a key URL answers.
//!
//! | document | read | write | needed by |
//! |---|---|---|---|
//! | Multikey | [`read_method`] | [`multikey_document`] | `https` `verificationMethod`s of Data Integrity |
//! | one JWK | [`PublicKey::from_jwk`] | [`jwk_document`] | `https` `kid`s of VC-JWT |
//! | JWK Set | [`find_in_jwks`] | [`jwks_document`] | a courtesy; 1EdTech's validator does not read it |
//! | CryptographicKey | [`read_cryptographic_key`] | [`cryptographic_key_document`] | Open Badges 2.0 signed badges |
//!
//! Each of the first and the last names its owner. Whether the owner is the issuer, and whether the issuer names the
//! key in turn, is for the caller to compare: a key document alone proves nothing.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    encoding::base58_decode,
    keys::{Algorithm, KeyError, PublicKey},
    time::parse_rfc3339,
};

/// Most keys looked at in a JWK Set.
pub const MAX_JWKS_KEYS: usize = 64;

/// Why a document does not answer for a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MethodError {
    /// The document does not contain the key asked for.
    #[error("the document does not list the key")]
    NotListed,
    /// The document contains the key and does not list it under `assertionMethod`.
    #[error("the document does not list the key under assertionMethod")]
    NotForAssertions {
        /// Since when the document says the key is revoked, if it does: it was compromised.
        revoked: Option<Timestamp>,
    },
    /// Two different entries have the same id.
    #[error("the document has two different keys of that id")]
    Ambiguous,
    /// The key's `controller` is somebody else.
    #[error("the key is controlled by {0}")]
    OtherController(String),
    /// The document or the entry is not of its shape.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// The key itself.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A key as a document gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundKey {
    /// The key.
    pub key: PublicKey,
    /// Its id, as written there (it may be relative).
    pub id: String,
    /// Whose it says it is.
    pub controller: String,
    /// Since when it is revoked: nothing signed with it is to be trusted, whenever it claims to have been signed.
    pub revoked: Option<Timestamp>,
    /// Until when it was meant to sign.
    pub expires: Option<Timestamp>,
}

/// Reads one verification method: an entry of a DID document, or the Multikey document that a key URL answers.
///
/// # Errors
/// [`MethodError::Malformed`] if `id`, `controller` or the key is missing, or it holds two forms of the key that differ;
/// [`MethodError::Key`].
pub fn read_method(entry: &Value) -> Result<FoundKey, MethodError> {
    let text = |name| entry.get(name).and_then(Value::as_str);
    let id = text("id").ok_or(MethodError::Malformed("the key has no id"))?;
    let controller = text("controller").ok_or(MethodError::Malformed("the key has no controller"))?;
    let multikey = text("publicKeyMultibase").map(PublicKey::from_multikey).transpose()?;
    let jwk = entry.get("publicKeyJwk").map(PublicKey::from_jwk).transpose()?;
    let base58 = text("publicKeyBase58").map(ed25519_from_base58).transpose()?;
    let mut forms = [multikey, jwk, base58].into_iter().flatten();
    let key = forms.next().ok_or(MethodError::Malformed("the entry has no key in a known form"))?;
    if forms.any(|other| other != key) {
        return Err(MethodError::Ambiguous);
    }
    Ok(FoundKey {
        key,
        id: id.to_owned(),
        controller: controller.to_owned(),
        revoked: instant(entry, "revoked")?,
        expires: instant(entry, "expires")?,
    })
}

/// `publicKeyBase58` of `Ed25519VerificationKey2018`: the bare 32 bytes.
fn ed25519_from_base58(text: &str) -> Result<PublicKey, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("publicKeyBase58");
    let bytes = base58_decode(text, 32).map_err(|_| MALFORMED)?;
    Ok(PublicKey::Ed25519(bytes.try_into().map_err(|_| MALFORMED)?))
}

/// An optional time of an entry.
pub(crate) fn instant(entry: &Value, member: &str) -> Result<Option<Timestamp>, MethodError> {
    match entry.get(member) {
        None => Ok(None),
        Some(value) => {
            let text = value.as_str().ok_or(MethodError::Malformed("a time is not a text"))?;
            parse_rfc3339(text).map(Some).map_err(|_| MethodError::Malformed("a time is not RFC 3339"))
        }
    }
}

/// The Multikey document of a key URL; `None` for RSA.
#[must_use]
pub fn multikey_document(url: &str, controller: &str, key: &PublicKey) -> Option<Value> {
    Some(json!({
        "@context": "https://w3id.org/security/multikey/v1",
        "id": url,
        "type": "Multikey",
        "controller": controller,
        "publicKeyMultibase": key.to_multikey()?
    }))
}

/// The single JWK of a key URL, with `kid`, `alg` and `use`.
#[must_use]
pub fn jwk_document(key_id: &str, key: &PublicKey) -> Value {
    let mut jwk = key.to_jwk();
    jwk["kid"] = key_id.into();
    jwk["alg"] = crate::jws::algorithm_name(key.algorithm()).into();
    jwk["use"] = "sig".into();
    jwk
}

/// A JWK Set of keys with their ids.
#[must_use]
pub fn jwks_document<'a>(keys: impl IntoIterator<Item = (&'a str, &'a PublicKey)>) -> Value {
    json!({"keys": keys.into_iter().map(|(id, key)| jwk_document(id, key)).collect::<Vec<_>>()})
}

/// Finds a key in a JWK Set by `kid`. Entries of unknown kinds are passed over (RFC 7517 §5).
///
/// # Errors
/// [`MethodError::Malformed`] if it is no set, or too large; [`MethodError::NotListed`]; [`MethodError::Ambiguous`];
/// [`MethodError::Key`] if the entry of that id is unusable.
pub fn find_in_jwks(jwks: &Value, key_id: &str) -> Result<PublicKey, MethodError> {
    let keys = jwks.get("keys").and_then(Value::as_array).ok_or(MethodError::Malformed("not a JWK Set"))?;
    if keys.len() > MAX_JWKS_KEYS {
        return Err(MethodError::Malformed("too many keys in the JWK Set"));
    }
    let mut found = keys.iter().filter(|jwk| jwk.get("kid").and_then(Value::as_str) == Some(key_id));
    let jwk = found.next().ok_or(MethodError::NotListed)?;
    if found.next().is_some() {
        return Err(MethodError::Ambiguous);
    }
    Ok(PublicKey::from_jwk(jwk)?)
}

/// The CryptographicKey document of a key URL (Open Badges 2.0 §CryptographicKey).
#[must_use]
pub fn cryptographic_key_document(url: &str, owner: &str, key: &PublicKey) -> Value {
    json!({
        "@context": "https://w3id.org/openbadges/v2",
        "id": url,
        "type": "CryptographicKey",
        "owner": owner,
        "publicKeyPem": key.to_spki_pem()
    })
}

/// Reads a CryptographicKey document. Open Badges 2.0 knows RSA only; [`Algorithm`] of the key says what it is.
///
/// # Errors
/// [`MethodError::Malformed`] if `id`, `owner` or `publicKeyPem` is missing; [`MethodError::Key`].
pub fn read_cryptographic_key(document: &Value) -> Result<FoundKey, MethodError> {
    let text = |name, error| document.get(name).and_then(Value::as_str).ok_or(MethodError::Malformed(error));
    let id = text("id", "the key has no id")?;
    let owner = text("owner", "the key has no owner")?;
    let key = PublicKey::from_pem(text("publicKeyPem", "the key has no publicKeyPem")?)?;
    if key.algorithm() != Algorithm::RsaPkcs1Sha256 {
        return Err(MethodError::Key(KeyError::Unsupported(format!("{} in Open Badges 2.0", key.algorithm()))));
    }
    Ok(FoundKey { key, id: id.to_owned(), controller: owner.to_owned(), revoked: None, expires: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestKey;

    fn ed25519(seed: u8) -> PublicKey {
        TestKey::ed25519(&[seed; 32]).unwrap().public_key().clone()
    }

    #[test]
    fn multikey_documents_are_read_back() {
        let url = "https://badges.example/keys/1";
        let document = multikey_document(url, "https://badges.example/issuers/1", &ed25519(1)).unwrap();
        let expected = FoundKey {
            key: ed25519(1),
            id: url.into(),
            controller: "https://badges.example/issuers/1".into(),
            revoked: None,
            expires: None,
        };
        assert_eq!(read_method(&document), Ok(expected));
        let canonical = jsonld::canonicalize(&document, &jsonld::Limits::default()).unwrap();
        assert_eq!(canonical.as_str().lines().count(), 3);
    }

    #[test]
    fn jwk_sets_are_read_back() {
        let keys = [("a", &ed25519(1)), ("b", &ed25519(2))];
        let mut set = jwks_document(keys);
        assert_eq!(set["keys"][0]["alg"], "EdDSA");
        assert_eq!(PublicKey::from_jwk(&jwk_document("a", &ed25519(1))), Ok(ed25519(1)));
        assert_eq!(find_in_jwks(&set, "b"), Ok(ed25519(2)));
        assert_eq!(find_in_jwks(&set, "c"), Err(MethodError::NotListed));
        set["keys"][0] = json!({"kty": "future", "kid": "c"});
        assert_eq!(find_in_jwks(&set, "b"), Ok(ed25519(2)));
        assert!(matches!(find_in_jwks(&set, "c"), Err(MethodError::Key(KeyError::Unsupported(_)))));
        set["keys"][0] = set["keys"][1].clone();
        assert_eq!(find_in_jwks(&set, "b"), Err(MethodError::Ambiguous));
        assert!(matches!(find_in_jwks(&json!([]), "b"), Err(MethodError::Malformed(_))));
        assert!(matches!(find_in_jwks(&json!({"keys": vec![0; 65]}), "b"), Err(MethodError::Malformed(_))));
    }

    #[test]
    fn cryptographic_keys_are_read_back() {
        let rsa = TestKey::fresh_rsa().unwrap().public_key().clone();
        let document = cryptographic_key_document("https://a.example/key", "https://a.example/issuer", &rsa);
        let found = read_cryptographic_key(&document).unwrap();
        assert_eq!((found.key, found.controller.as_str()), (rsa, "https://a.example/issuer"));
        let other = cryptographic_key_document("https://a.example/key", "https://a.example/issuer", &ed25519(1));
        assert!(matches!(read_cryptographic_key(&other), Err(MethodError::Key(KeyError::Unsupported(_)))));
        for name in ["id", "owner", "publicKeyPem"] {
            let mut broken = document.clone();
            broken[name] = json!(["text"]);
            assert!(matches!(read_cryptographic_key(&broken), Err(MethodError::Malformed(_))), "{name}");
        }
    }
}
