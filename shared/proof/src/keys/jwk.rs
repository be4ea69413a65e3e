//! JSON Web Keys (RFC 7517, 7518 §6, 8037 §2) and their thumbprints (RFC 7638).

use aws_lc_rs::digest;
use serde_json::{Map, Value, json};

use super::{Algorithm, KeyError, P256Point, P384Point, PublicKey, RsaPublicKey};
use crate::encoding::{base64url_decode, base64url_encode};

/// Members that only a private or symmetric key has.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl PublicKey {
    /// Reads one public JWK.
    ///
    /// Strict: `kty` and `crv` must name a kind we know, coordinates must have their full length, private members are
    /// refused, and `use`, `key_ops` and `alg`, where present, must allow checking signatures. Unknown members are
    /// ignored (RFC 7517 §4). One leniency: leading zeros of an RSA modulus, which some libraries write.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyError> {
        let jwk = jwk.as_object().ok_or(KeyError::Malformed("JWK"))?;
        if PRIVATE_MEMBERS.iter().any(|member| jwk.contains_key(*member)) {
            return Err(KeyError::PrivateKeyMaterial);
        }
        let key = match (text(jwk, "kty")?, jwk.get("crv").and_then(Value::as_str)) {
            ("OKP", Some("Ed25519")) => {
                let x = bytes(jwk, "x")?;
                Self::Ed25519(x.try_into().map_err(|_| KeyError::Malformed("JWK"))?)
            }
            ("EC", Some("P-256")) => Self::P256(P256Point::from_coordinates(&bytes(jwk, "x")?, &bytes(jwk, "y")?)?),
            ("EC", Some("P-384")) => Self::P384(P384Point::from_coordinates(&bytes(jwk, "x")?, &bytes(jwk, "y")?)?),
            ("RSA", None) => Self::Rsa(RsaPublicKey::from_components(&bytes(jwk, "n")?, &bytes(jwk, "e")?)?),
            (kty, crv) => {
                let name: String = [kty, crv.unwrap_or_default()].join(" ").chars().take(40).collect();
                return Err(KeyError::Unsupported(format!("JWK {}", name.trim_end())));
            }
        };
        allows_verification(jwk, key.algorithm())?;
        Ok(key)
    }

    /// Writes the public JWK: the members RFC 7638 requires, and nothing else.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        match self {
            Self::Ed25519(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": base64url_encode(key)}),
            Self::P256(point) => ec("P-256", point.x(), point.y()),
            Self::P384(point) => ec("P-384", point.x(), point.y()),
            Self::Rsa(key) => {
                json!({"kty": "RSA", "n": base64url_encode(key.modulus()), "e": base64url_encode(key.exponent())})
            }
        }
    }

    /// The JWK thumbprint (RFC 7638): base64url of SHA-256 over the required members, sorted, without white space.
    #[must_use]
    pub fn jwk_thumbprint(&self) -> String {
        let jwk = self.to_jwk();
        let mut members: Vec<_> = jwk.as_object().into_iter().flatten().collect();
        members.sort_by_key(|(name, _)| name.as_str());
        // Names and values are plain ASCII without quotes or backslashes: no escaping can be needed.
        let text = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":\"{}\"", value.as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(",");
        base64url_encode(digest::digest(&digest::SHA256, format!("{{{text}}}").as_bytes()).as_ref())
    }
}

fn ec(curve: &str, x: &[u8], y: &[u8]) -> Value {
    json!({"kty": "EC", "crv": curve, "x": base64url_encode(x), "y": base64url_encode(y)})
}

fn text<'a>(jwk: &'a Map<String, Value>, member: &str) -> Result<&'a str, KeyError> {
    jwk.get(member).and_then(Value::as_str).ok_or(KeyError::Malformed("JWK"))
}

fn bytes(jwk: &Map<String, Value>, member: &str) -> Result<Vec<u8>, KeyError> {
    base64url_decode(text(jwk, member)?).map_err(|_| KeyError::Malformed("JWK"))
}

/// `use`, `key_ops` and `alg` (RFC 7517 §4.2–4.4) are optional; where they speak, they must not say no.
fn allows_verification(jwk: &Map<String, Value>, algorithm: Algorithm) -> Result<(), KeyError> {
    if jwk.get("use").is_some_and(|value| value != "sig") {
        return Err(KeyError::OtherUse("use"));
    }
    let operations = jwk.get("key_ops").map(|value| value.as_array().map(Vec::as_slice).unwrap_or_default());
    if operations.is_some_and(|operations| !operations.iter().any(|operation| operation == "verify")) {
        return Err(KeyError::OtherUse("key_ops"));
    }
    let names: &[&str] = match algorithm {
        Algorithm::Ed25519 => &["EdDSA", "Ed25519"],
        Algorithm::EcdsaP256Sha256 => &["ES256"],
        Algorithm::EcdsaP384Sha384 => &["ES384"],
        Algorithm::RsaPkcs1Sha256 => &["RS256"],
    };
    if jwk.get("alg").is_some_and(|value| !names.iter().any(|name| value == name)) {
        return Err(KeyError::OtherUse("alg"));
    }
    Ok(())
}
