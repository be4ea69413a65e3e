//! Compact JWS (RFC 7515), as far as badges need it: three parts, one signature, no options.
//!
//! Reading is strict: base64url in its one form, unique header names, and none of the header parameters that change
//! how the rest is to be read (`crit`, `b64`, `zip`, `enc`). `none` is not an algorithm here, and neither are the
//! symmetric ones. What the header says is data; which key to use is the caller's decision.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::{
    encoding::{base64url_decode, base64url_encode},
    keys::{Algorithm, PublicKey, SignatureError},
    signing::SigningInput,
};

/// Longest compact JWS read: a credential of 1 MiB with a data-URI image, in base64, and its signature.
pub const MAX_JWS_BYTES: usize = 1_500_000;

/// Longest protected header, in bytes of JSON: an 8192-bit RSA `jwk` takes about 1.5 KiB.
pub const MAX_HEADER_BYTES: usize = 8 * 1024;

/// Why a text is no compact JWS we read, or its signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Longer than [`MAX_JWS_BYTES`], or its header than [`MAX_HEADER_BYTES`].
    #[error("JWS is too long")]
    TooLong,
    /// Not three parts of base64url, or the header is no JSON object with unique names.
    #[error("malformed JWS: {0}")]
    Malformed(&'static str),
    /// `alg` is `none`, symmetric, or one that is not checked here.
    #[error("unsupported JWS algorithm {0}")]
    UnsupportedAlgorithm(String),
    /// The header has a parameter that changes how the rest is read.
    #[error("unsupported JWS header parameter {0}")]
    UnsupportedHeader(&'static str),
    /// The key's kind does not fit `alg`.
    #[error("{algorithm} does not work with a {key} key")]
    WrongKeyType {
        /// The JWS name of the algorithm.
        algorithm: &'static str,
        /// The key's own.
        key: Algorithm,
    },
    /// The signature is not this key's over this text.
    #[error("signature does not match")]
    SignatureMismatch,
}

/// The JWS names of the algorithms (RFC 7518 §3.1, RFC 8037 §3.1).
#[must_use]
pub const fn algorithm_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RsaPkcs1Sha256 => "RS256",
        Algorithm::EcdsaP256Sha256 => "ES256",
        Algorithm::EcdsaP384Sha384 => "ES384",
        Algorithm::Ed25519 => "EdDSA",
    }
}

/// The algorithm of a JWS name; `Ed25519` is RFC 9864's name for what RFC 8037 calls `EdDSA`.
fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "RS256" => Some(Algorithm::RsaPkcs1Sha256),
        "ES256" => Some(Algorithm::EcdsaP256Sha256),
        "ES384" => Some(Algorithm::EcdsaP384Sha384),
        "EdDSA" | "Ed25519" => Some(Algorithm::Ed25519),
        _ => None,
    }
}

/// The protected header.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `kid`. Where both are given, it wins over `jwk`.
    pub key_id: Option<String>,
    /// `jwk`, not yet read: a key that the signer brought along proves nothing about who that is.
    pub jwk: Option<Value>,
    /// `typ`, as written.
    pub typ: Option<String>,
    /// Names of all other parameters. Open Badges 3.0 allows none.
    pub additional: Vec<String>,
}

/// A compact JWS that has been taken apart, its signature not yet checked.
#[derive(Debug, Clone, PartialEq)]
pub struct CompactJws {
    text: String,
    signed_bytes: usize,
    header: Header,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl CompactJws {
    /// Takes a compact JWS apart. White space around it is ignored (files end in a line feed), inside it is not.
    ///
    /// # Errors
    /// See [`JwsError`]; the signature is not looked at.
    pub fn parse(text: &str) -> Result<Self, JwsError> {
        if text.len() > MAX_JWS_BYTES {
            return Err(JwsError::TooLong);
        }
        let text = text.trim_ascii();
        let (signed, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed("not three parts"))?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed("not three parts"))?;
        if payload.contains('.') {
            return Err(JwsError::Malformed("not three parts"));
        }
        if header.len() > MAX_HEADER_BYTES * 4 / 3 {
            return Err(JwsError::TooLong);
        }
        let header = base64url_decode(header).map_err(|_| JwsError::Malformed("header is not base64url"))?;
        Ok(Self {
            header: Header::parse(&header)?,
            payload: base64url_decode(payload).map_err(|_| JwsError::Malformed("payload is not base64url"))?,
            signature: base64url_decode(signature).map_err(|_| JwsError::Malformed("signature is not base64url"))?,
            signed_bytes: signed.len(),
            text: text.to_owned(),
        })
    }

    /// The protected header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The payload's bytes. They say nothing before [`verify`] has been asked.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The compact text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Checks the signature with `key`.
///
/// # Errors
/// [`JwsError::WrongKeyType`] if the key does not speak the header's algorithm, [`JwsError::SignatureMismatch`].
pub fn verify(jws: &CompactJws, key: &PublicKey) -> Result<(), JwsError> {
    check_signature(jws.header.algorithm, &jws.text.as_bytes()[..jws.signed_bytes], &jws.signature, key)
}

impl Header {
    fn parse(json: &[u8]) -> Result<Self, JwsError> {
        let UniqueMembers(mut members) = serde_json::from_slice(json)
            .map_err(|_| JwsError::Malformed("header is not a JSON object with unique names"))?;
        for name in ["crit", "b64", "zip", "enc"] {
            if members.contains_key(name) {
                return Err(JwsError::UnsupportedHeader(name));
            }
        }
        let mut text = |name, error| match members.shift_remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(JwsError::Malformed(error)),
        };
        let name = text("alg", "alg is not a string")?.ok_or(JwsError::Malformed("no alg"))?;
        let key_id = text("kid", "kid is not a string")?;
        let typ = text("typ", "typ is not a string")?;
        let algorithm =
            algorithm(&name).ok_or_else(|| JwsError::UnsupportedAlgorithm(name.chars().take(40).collect()))?;
        let jwk = members.shift_remove("jwk");
        Ok(Self { algorithm, key_id, jwk, typ, additional: members.into_iter().map(|(name, _)| name).collect() })
    }
}

/// A JSON object that names no member twice. Readers disagree about which of two counts, so neither does.
struct UniqueMembers(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = UniqueMembers;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object with unique names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("duplicate name"));
                    }
                }
                Ok(UniqueMembers(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// What the header of a JWS that we write says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHeader<'a> {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `kid`: URL of the key.
    pub key_id: Option<&'a str>,
    /// `typ`.
    pub typ: Option<&'a str>,
}

/// A JWS waiting for its signature.
#[derive(Debug, Clone)]
pub struct Draft {
    input: SigningInput,
}

/// Drafts a JWS over `payload`.
#[must_use]
pub fn draft(header: &NewHeader<'_>, payload: &[u8]) -> Draft {
    let mut members = Map::new();
    members.insert("alg".into(), algorithm_name(header.algorithm).into());
    if let Some(key_id) = header.key_id {
        members.insert("kid".into(), key_id.into());
    }
    if let Some(typ) = header.typ {
        members.insert("typ".into(), typ.into());
    }
    let header_text = base64url_encode(Value::Object(members).to_string().as_bytes());
    let text = format!("{header_text}.{}", base64url_encode(payload));
    Draft { input: SigningInput::new(header.algorithm, text.into_bytes()) }
}

impl Draft {
    /// The bytes to sign: `base64url(header) . base64url(payload)`.
    #[must_use]
    pub const fn signing_input(&self) -> &SigningInput {
        &self.input
    }

    /// Checks the signature (`r ‖ s` for ECDSA) with `key` and answers the compact text.
    ///
    /// # Errors
    /// [`JwsError::WrongKeyType`], [`JwsError::SignatureMismatch`]: nothing leaves here that does not verify.
    pub fn complete(self, signature: &[u8], key: &PublicKey) -> Result<String, JwsError> {
        check_signature(self.input.algorithm(), self.input.bytes(), signature, key)?;
        let signed = String::from_utf8_lossy(self.input.bytes());
        Ok(format!("{signed}.{}", base64url_encode(signature)))
    }
}

fn check_signature(algorithm: Algorithm, message: &[u8], signature: &[u8], key: &PublicKey) -> Result<(), JwsError> {
    key.verify(algorithm, message, signature).map_err(|error| match error {
        SignatureError::WrongKeyType { key, .. } => {
            JwsError::WrongKeyType { algorithm: algorithm_name(algorithm), key }
        }
        SignatureError::Mismatch => JwsError::SignatureMismatch,
    })
}
