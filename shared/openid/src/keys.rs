//! A provider's keys (RFC 7517 section 5).

use crate::Refusal;
use proof::jws::Header;
use proof::keys::PublicKey;
use serde::Deserialize;
use serde_json::Value;

/// Keys that are read of one set. Real ones have a handful.
pub const MAX_KEYS: usize = 100;

/// The keys of a set that check signatures; others in it, as for encryption, are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet(Vec<(Option<String>, PublicKey)>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads the set found at [`Provider::keys`](crate::Provider::keys).
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when it is no set, or has more than [`MAX_KEYS`] keys.
    pub fn parse(json: &[u8]) -> Result<Self, Refusal> {
        let malformed = Refusal::Malformed("key set");
        let document: Document = serde_json::from_slice(json).map_err(|_| malformed)?;
        if document.keys.len() > MAX_KEYS {
            return Err(malformed);
        }
        let key = |jwk: &Value| {
            let id = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
            PublicKey::from_jwk(jwk).ok().map(|key| (id, key))
        };
        Ok(Self(document.keys.iter().filter_map(key).collect()))
    }

    /// The key that a token was signed with, as its header says; without a name, the only one of its kind (Core section 10.1).
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`].
    pub(crate) fn find(&self, header: &Header) -> Result<&PublicKey, Refusal> {
        let named = |id: &Option<String>| header.key_id.is_none() || *id == header.key_id;
        let mut fitting = self.0.iter().filter(|(id, key)| named(id) && key.algorithm() == header.algorithm);
        match (fitting.next(), fitting.next()) {
            (Some((_, key)), None) => Ok(key),
            _ => Err(Refusal::UnknownKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proof::testing::TestKey;
    use serde_json::json;

    #[test]
    fn a_set_is_bounded_and_foreign_keys_in_it_are_passed_over() {
        let mut key = TestKey::ed25519(&[1; 32]).unwrap().public_key().to_jwk();
        key["kid"] = "a".into();
        let mut private = key.clone();
        private["d"] = "AAAA".into();
        let mut other = key.clone();
        other["use"] = "enc".into();
        let set =
            json!({"keys": [key, private, other, {"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "secp256k1"}, 7]});
        assert_eq!(KeySet::parse(set.to_string().as_bytes()).unwrap().0.len(), 1);
        let many = json!({"keys": vec![json!({}); MAX_KEYS + 1]}).to_string();
        for broken in ["", "[]", "{}", r#"{"keys":{}}"#, many.as_str()] {
            assert_eq!(KeySet::parse(broken.as_bytes()), Err(Refusal::Malformed("key set")));
        }
    }
}
