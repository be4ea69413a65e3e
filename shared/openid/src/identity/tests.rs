//! Every rule of an ID token, each broken alone.

use super::*;
use crate::Login;
use crate::provider::tests::ISSUER;
use aws_lc_rs::hmac;
use proof::jws::NewHeader;
use proof::testing::TestKey;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const CLIENT: &str = "client";
const ACCESS: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

fn expected(nonce: &str) -> Expected<'_> {
    let now = Timestamp::from_second(NOW).unwrap();
    Expected { issuer: ISSUER, client_id: CLIENT, nonce, access_token: ACCESS, now }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "24400320", "aud": CLIENT, "exp": NOW + 300, "iat": NOW, "nonce": "n",
        "email": "Hana@Example.org", "email_verified": true, "name": "花",
    })
}

/// The usual claims, some of them changed; null takes one away.
fn with(changed: Value) -> Value {
    let (Value::Object(mut claims), Value::Object(changed)) = (claims(), changed) else { unreachable!() };
    claims.extend(changed);
    claims.retain(|_, value| !value.is_null());
    claims.into()
}

fn signed(key: &TestKey, kid: Option<&str>, typ: Option<&str>, payload: &str) -> String {
    let header = NewHeader { algorithm: key.public_key().algorithm(), key_id: kid, typ };
    let draft = jws::draft(&header, payload.as_bytes());
    let signature = key.sign(draft.signing_input()).unwrap();
    draft.complete(&signature, key.public_key()).unwrap()
}

fn set(keys: &[(&TestKey, Option<&str>)]) -> KeySet {
    let jwk = |(key, kid): &(&TestKey, Option<&str>)| {
        let mut jwk = key.public_key().to_jwk();
        if let Some(kid) = kid {
            jwk["kid"] = (*kid).into();
        }
        jwk
    };
    let keys: Vec<Value> = keys.iter().map(jwk).collect();
    KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

fn key() -> TestKey {
    TestKey::ed25519(&[7; 32]).unwrap()
}

fn verified(payload: &str) -> Result<Identity, Refusal> {
    let key = key();
    IdToken::parse(&signed(&key, Some("a"), Some("JWT"), payload))?.verify(&set(&[(&key, Some("a"))]), &expected("n"))
}

fn refused(changed: Value) -> Option<Refusal> {
    verified(&with(changed).to_string()).err()
}

#[test]
fn a_token_that_says_what_it_must_names_somebody() {
    let identity = verified(&claims().to_string()).unwrap();
    assert_eq!(identity.address(&[]).unwrap().as_str(), "Hana@Example.org");
    for fine in [
        json!({"aud": [CLIENT]}),
        json!({"azp": CLIENT}),
        json!({"exp": NOW - 59, "iat": NOW - 600}),
        json!({"iat": NOW + 60, "nbf": NOW + 60}),
        json!({"exp": NOW as f64 + 0.5}),
    ] {
        assert_eq!(refused(fine.clone()), None, "{fine}");
    }
}

#[test]
fn each_claim_is_held_against_what_was_asked() {
    for (claim, wrong) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!(format!("{ISSUER}/"))),
        ("aud", json!("another")),
        ("aud", json!([])),
        ("aud", json!([CLIENT, "another"])),
        ("azp", json!("another")),
        ("exp", json!(NOW - 60)),
        ("iat", json!(NOW + 61)),
        ("iat", json!(NOW - 661)),
        ("nbf", json!(NOW + 61)),
        ("nonce", json!(null)),
        ("nonce", json!("")),
        ("nonce", json!("another")),
        ("at_hash", json!("")),
        ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")),
        ("sub", json!("")),
        ("sub", json!("s".repeat(256))),
    ] {
        assert_eq!(refused(json!({claim: wrong})), Some(Refusal::Claim(claim)), "{claim} {wrong}");
    }
    for (claim, wrong) in [
        ("iss", json!(null)),
        ("aud", json!(null)),
        ("exp", json!(null)),
        ("exp", json!("1800000300")),
        ("iat", json!(null)),
        ("sub", json!(null)),
        ("sub", json!(7)),
        ("email_verified", json!("true")),
    ] {
        assert_eq!(refused(json!({claim: wrong})), Some(Refusal::Malformed("ID token")), "{claim} {wrong}");
    }
    for twice in ["nonce", "sub", "aud", "email"] {
        let twice = claims().to_string().replacen('{', &format!(r#"{{"{twice}":"n","#), 1);
        assert_eq!(verified(&twice).err(), Some(Refusal::Malformed("ID token")), "{twice}");
    }
}

#[test]
fn the_access_token_belongs_to_the_id_token() {
    // Core's own example (appendix A.3), for RS256 and with it ES256.
    assert_eq!(access_token_hash(Algorithm::RsaPkcs1Sha256, ACCESS), "77QmUPtjPfzWtF2AnpK9RQ");
    for key in [key(), TestKey::fresh_p256().unwrap(), TestKey::fresh_p384().unwrap(), TestKey::fresh_rsa().unwrap()] {
        let hash = access_token_hash(key.public_key().algorithm(), ACCESS);
        let token = signed(&key, None, None, &with(json!({"at_hash": hash})).to_string());
        let (token, keys) = (IdToken::parse(&token).unwrap(), set(&[(&key, Some("a"))]));
        assert!(token.verify(&keys, &expected("n")).is_ok());
        let other = Expected { access_token: "another", ..expected("n") };
        assert_eq!(token.verify(&keys, &other), Err(Refusal::Claim("at_hash")));
    }
}

#[test]
fn no_algorithm_but_those_that_need_a_key_pair() {
    let encoded = |header: Value| base64url_encode(header.to_string().as_bytes());
    let payload = base64url_encode(claims().to_string().as_bytes());
    let none = format!("{}.{payload}.", encoded(json!({"alg": "none"})));
    assert_eq!(IdToken::parse(&none).err(), Some(Refusal::Signature("algorithm")));
    // The provider's public key, taken for a secret that both sides know.
    let rsa = TestKey::fresh_rsa().unwrap();
    let signing = format!("{}.{payload}", encoded(json!({"alg": "HS256", "kid": "a"})));
    let public = rsa.public_key().to_spki_pem();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), signing.as_bytes());
    let forged = format!("{signing}.{}", base64url_encode(mac.as_ref()));
    assert_eq!(IdToken::parse(&forged).err(), Some(Refusal::Signature("algorithm")));
    // An encrypted one, an access token, a logout token.
    assert_eq!(IdToken::parse("a.b.c.d.e").err(), Some(Refusal::Malformed("ID token")));
    for typ in ["at+jwt", "logout+jwt", ""] {
        let token = signed(&rsa, None, Some(typ), &claims().to_string());
        assert_eq!(IdToken::parse(&token).err(), Some(Refusal::Signature("type")));
    }
}

#[test]
fn the_key_is_the_one_that_the_header_names() {
    let (one, other) = (TestKey::fresh_p256().unwrap(), TestKey::fresh_p256().unwrap());
    let token = |kid| IdToken::parse(&signed(&one, kid, None, &claims().to_string())).unwrap();
    let check = |kid, keys: &[(&TestKey, Option<&str>)]| token(kid).verify(&set(keys), &expected("n")).err();
    assert_eq!(check(Some("a"), &[(&other, Some("b")), (&one, Some("a"))]), None);
    assert_eq!(check(None, &[(&one, Some("a")), (&key(), Some("b"))]), None);
    for (kid, keys) in [
        (Some("a"), vec![]),
        (Some("a"), vec![(&one, Some("b"))]),
        (Some("a"), vec![(&one, None)]),
        // Which of two is meant is nobody's to guess.
        (None, vec![(&one, Some("a")), (&other, Some("b"))]),
    ] {
        assert_eq!(check(kid, &keys), Some(Refusal::UnknownKey));
    }
    assert_eq!(check(Some("a"), &[(&other, Some("a"))]), Some(Refusal::Signature("signature")));
    // A key of another kind under the same name.
    assert_eq!(check(Some("a"), &[(&key(), Some("a"))]), Some(Refusal::UnknownKey));
}

#[test]
fn an_address_counts_when_the_provider_vouches_for_it() {
    let address = |email: Value, is_verified: Value, domains: &[&str]| {
        let domains: Vec<String> = domains.iter().map(|domain| (*domain).to_owned()).collect();
        let claims = with(json!({"email": email, "email_verified": is_verified}));
        verified(&claims.to_string()).unwrap().address(&domains).map(|address| address.as_str().to_owned())
    };
    let hana = || json!("hana@Example.org");
    assert_eq!(address(hana(), json!(true), &[]), Ok("hana@Example.org".into()));
    assert_eq!(address(hana(), json!(null), &["example.org"]), Ok("hana@Example.org".into()));
    for domains in [&[][..], &["example.com"], &["org"], &["ample.org"], &["hana@example.org"]] {
        assert_eq!(address(hana(), json!(null), domains), Err(Refusal::NotVerified), "{domains:?}");
    }
    assert_eq!(address(json!("hana@sub.example.org"), json!(null), &["example.org"]), Err(Refusal::NotVerified));
    // What the provider says it did not verify, no list makes up for.
    assert_eq!(address(hana(), json!(false), &["example.org"]), Err(Refusal::NotVerified));
    for none in [json!(null), json!(""), json!("hana"), json!("hana@example.org, evil@example.com")] {
        assert_eq!(address(none, json!(true), &["example.org"]), Err(Refusal::NoAddress));
    }
}

#[test]
fn user_info_is_about_the_same_person() {
    let silent = verified(&with(json!({"email": null, "email_verified": null})).to_string()).unwrap();
    assert!(!silent.has_address());
    let told = |value: Value| silent.of_user_info(value.to_string().as_bytes()).map(|told| told.address(&[]).is_ok());
    assert_eq!(told(json!({"sub": "24400320", "email": "a@b.example", "email_verified": true})), Ok(true));
    assert_eq!(told(json!({"sub": "24400320"})), Ok(false));
    assert_eq!(told(json!({"sub": "another", "email": "a@b.example"})), Err(Refusal::Claim("sub")));
    for broken in [json!({"email": "a@b.example"}), json!("eyJ"), json!([])] {
        assert_eq!(told(broken), Err(Refusal::Malformed("user info")));
    }
    assert_eq!(format!("{silent:?}"), "Identity(…)");
}

#[test]
fn a_nonce_is_a_logins_own() {
    let (one, other) = (Login::from_random([1; 32]), Login::from_random([2; 32]));
    let key = key();
    let token = signed(&key, Some("a"), None, &with(json!({"nonce": one.nonce()})).to_string());
    let check = |login: &Login| {
        let nonce = login.nonce();
        IdToken::parse(&token).unwrap().verify(&set(&[(&key, Some("a"))]), &expected(&nonce)).err()
    };
    assert_eq!((check(&one), check(&other)), (None, Some(Refusal::Claim("nonce"))));
}

proptest! {
    #[test]
    fn any_claims_are_answered(text in "\\PC{0,300}") {
        let _ = verified(&text);
        let _ = IdToken::parse(&text);
        let _ = KeySet::parse(text.as_bytes());
        let _ = crate::TokenResponse::parse(text.as_bytes());
        let _ = crate::Provider::parse(text.as_bytes(), ISSUER);
    }
}
