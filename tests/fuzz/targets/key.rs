//! Keys, names of keys, tokens and status lists, in each form in which strangers write them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::did::{self, DidUrl, DidWeb};
use proof::jws::CompactJws;
use proof::keys::PublicKey;
use proof::status::Bitstring;
use proof::vc_jwt;
use serde_json::Value;

/// A key is the same in each form that it has.
fn is_one(key: &PublicKey) {
    assert_eq!(PublicKey::from_jwk(&key.to_jwk()).as_ref(), Ok(key));
    assert_eq!(PublicKey::from_pem(&key.to_spki_pem()).as_ref(), Ok(key));
    if let Some(text) = key.to_multikey() {
        assert_eq!(PublicKey::from_multikey(&text).as_ref(), Ok(key));
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let keys = [PublicKey::from_pem(text), PublicKey::from_multikey(text)];
    keys.iter().flatten().for_each(is_one);
    if let Ok(key) = did::did_key(text) {
        assert_eq!(did::to_did_key(&key).as_deref(), text.split('#').next());
    }
    if let Ok(web) = DidWeb::parse(text) {
        assert!(web.document_url().starts_with("https://"));
    }
    let _ = DidUrl::parse(text).map(|url| (url.did().len(), url.fragment().map(str::len)));
    if let Ok(jws) = CompactJws::parse(text) {
        assert_eq!(jws.as_str(), text.trim_ascii());
        let _ = vc_jwt::check_claims(jws.payload());
    }
    if let Ok(bits) = Bitstring::decode(text) {
        assert_eq!(Bitstring::decode(&bits.encode()).as_ref(), Ok(&bits));
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        if let Ok(key) = PublicKey::from_jwk(&value) {
            is_one(&key);
        }
        if let Some(method) = value["verificationMethod"][0]["id"].as_str() {
            let _ = did::find_method(&value, method);
        }
    }
});
