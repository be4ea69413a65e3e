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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::testing::TestKey;

    /// RFC 7515 A.3.
    const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    /// RFC 8037 A.4.
    const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    fn with_header(header: &[u8]) -> Result<CompactJws, JwsError> {
        CompactJws::parse(&format!("{}.e30.AAAA", base64url_encode(header)))
    }

    #[test]
    fn published_examples_hold() {
        let p256 = PublicKey::from_jwk(&json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        }))
        .unwrap();
        let ed25519 = PublicKey::from_jwk(
            &json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
        )
        .unwrap();
        for (text, key, other, name) in [(ES256, &p256, &ed25519, "ES256"), (EDDSA, &ed25519, &p256, "EdDSA")] {
            let jws = CompactJws::parse(text).unwrap();
            assert_eq!(algorithm_name(jws.header().algorithm), name);
            assert_eq!(verify(&jws, key), Ok(()));
            let wrong = JwsError::WrongKeyType { algorithm: name, key: other.algorithm() };
            assert_eq!(verify(&jws, other), Err(wrong));
        }
        assert_eq!(CompactJws::parse(EDDSA).unwrap().payload(), b"Example of Ed25519 signing");
    }

    #[test]
    fn headers_are_read_strictly() {
        let refusal = |header: &str| with_header(header.as_bytes()).unwrap_err();
        for name in ["none", "HS256", "RS512", "PS256", "es256", ""] {
            let unsupported = JwsError::UnsupportedAlgorithm(name.into());
            assert_eq!(refusal(&format!(r#"{{"alg":"{name}"}}"#)), unsupported);
        }
        for (name, value) in [("crit", "[]"), ("b64", "false"), ("zip", "\"DEF\""), ("enc", "\"A128GCM\"")] {
            let header = format!(r#"{{"alg":"ES256","{name}":{value}}}"#);
            assert_eq!(refusal(&header), JwsError::UnsupportedHeader(name));
        }
        let not_unique = JwsError::Malformed("header is not a JSON object with unique names");
        for header in [r#"{"alg":"ES256","alg":"none"}"#, "[]", "\"ES256\"", "", "{\"alg\":\"ES256\"} {}", "\u{feff}{}"]
        {
            assert_eq!(refusal(header), not_unique, "{header}");
        }
        assert_eq!(refusal("{}"), JwsError::Malformed("no alg"));
        assert_eq!(refusal(r#"{"alg":null}"#), JwsError::Malformed("alg is not a string"));
        assert_eq!(refusal(r#"{"alg":"ES256","kid":7}"#), JwsError::Malformed("kid is not a string"));
        let long = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(MAX_HEADER_BYTES));
        assert_eq!(refusal(&long), JwsError::TooLong);

        let full = br#"{"alg":"EdDSA","kid":"k","jwk":{"kty":"OKP"},"typ":"vc+jwt","x5u":"u","iss":"i"}"#;
        let expected = Header {
            algorithm: Algorithm::Ed25519,
            key_id: Some("k".into()),
            jwk: Some(json!({"kty": "OKP"})),
            typ: Some("vc+jwt".into()),
            additional: vec!["x5u".into(), "iss".into()],
        };
        assert_eq!(with_header(full).unwrap().header(), &expected);
    }

    #[test]
    fn the_three_parts_are_read_strictly() {
        for text in ["", "a", "a.b", "a.b.c.d", "..", ES256.split_at(40).0] {
            assert!(matches!(CompactJws::parse(text), Err(JwsError::Malformed(_))), "{text}");
        }
        for broken in [
            ES256.replacen('.', "=.", 1),
            format!("{ES256}="),
            ES256.replacen('.', " .", 1),
            // Left-over bits: the last character of a 64-byte signature carries two bits only.
            format!("{}R", ES256.strip_suffix('Q').unwrap()),
        ] {
            assert!(matches!(CompactJws::parse(&broken), Err(JwsError::Malformed(_))), "{broken}");
        }
        assert!(CompactJws::parse(&format!(" {ES256}\r\n")).is_ok_and(|jws| jws.as_str() == ES256));
        assert_eq!(CompactJws::parse(&"a".repeat(MAX_JWS_BYTES + 1)), Err(JwsError::TooLong));
    }

    #[test]
    fn what_is_drafted_verifies_and_nothing_else_leaves() {
        let keys = [
            TestKey::ed25519(&[7; 32]).unwrap(),
            TestKey::fresh_p256().unwrap(),
            TestKey::fresh_p384().unwrap(),
            TestKey::fresh_rsa().unwrap(),
        ];
        for key in &keys {
            let algorithm = key.public_key().algorithm();
            let header = NewHeader { algorithm, key_id: Some("did:web:a.example#\"k\""), typ: Some("JWT") };
            let payload = "{\"name\":\"漉\"}".as_bytes();
            let signature = key.sign(draft(&header, payload).signing_input()).unwrap();
            let text = draft(&header, payload).complete(&signature, key.public_key()).unwrap();
            let jws = CompactJws::parse(&text).unwrap();
            assert_eq!(verify(&jws, key.public_key()), Ok(()));
            assert_eq!((jws.payload(), jws.header().key_id.as_deref()), (payload, header.key_id));
            assert_eq!((jws.header().typ.as_deref(), jws.header().additional.len()), (Some("JWT"), 0));
            let other = draft(&header, b"{}").complete(&signature, key.public_key());
            assert_eq!(other, Err(JwsError::SignatureMismatch));
        }
    }

    proptest! {
        /// One character changed anywhere: never verifies.
        #[test]
        fn every_change_is_noticed(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9._-]") {
            let key = PublicKey::from_jwk(
                &json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
            ).unwrap();
            let at = at.index(EDDSA.len());
            let mut text = EDDSA.to_owned();
            text.replace_range(at..=at, &with);
            let holds = CompactJws::parse(&text).and_then(|jws| verify(&jws, &key)).is_ok();
            prop_assert_eq!(holds, text == EDDSA);
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,200}", header in "\\PC{0,100}") {
            let _ = CompactJws::parse(&text);
            let _ = with_header(header.as_bytes());
            let _ = with_header(format!("{{\"alg\":\"ES256\",{header}}}").as_bytes());
        }
    }
}
