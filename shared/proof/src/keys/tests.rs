use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{signing::SigningInput, testing::TestKey};

/// One key of each kind; RSA keys take long to make.
static KEYS: LazyLock<Vec<TestKey>> = LazyLock::new(|| {
    vec![
        TestKey::ed25519(&[7; 32]).unwrap(),
        TestKey::fresh_p256().unwrap(),
        TestKey::fresh_p384().unwrap(),
        TestKey::fresh_rsa().unwrap(),
    ]
});

fn is_one_of<T: std::fmt::Debug + PartialEq>(key: &PublicKey, read: &Result<PublicKey, T>) {
    assert_eq!(read.as_ref().ok(), Some(key));
}

#[test]
fn every_form_leads_back_to_the_key() {
    for key in KEYS.iter().map(TestKey::public_key) {
        is_one_of(key, &PublicKey::from_spki_der(&key.to_spki_der()));
        is_one_of(key, &PublicKey::from_pem(&key.to_spki_pem()));
        is_one_of(key, &PublicKey::from_jwk(&key.to_jwk()));
        match key.to_multikey() {
            Some(multikey) => is_one_of(key, &PublicKey::from_multikey(&multikey)),
            None => assert_eq!(key.algorithm(), Algorithm::RsaPkcs1Sha256),
        }
    }
}

#[test]
fn multikeys_begin_as_their_kind_does() {
    let prefixes: Vec<_> = KEYS.iter().filter_map(|key| key.public_key().to_multikey()).collect();
    for (multikey, prefix) in prefixes.iter().zip(["z6Mk", "zDn", "z82"]) {
        assert!(multikey.starts_with(prefix), "{multikey}");
    }
    // The P-384 key of the W3C ecdsa-rdfc-2019 test vectors.
    let text = "z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ";
    assert_eq!(PublicKey::from_multikey(text).unwrap().to_multikey().as_deref(), Some(text));
}

#[test]
fn signatures_hold_for_their_key_message_and_algorithm_only() {
    for key in KEYS.iter() {
        let algorithm = key.public_key().algorithm();
        let signature = key.sign(&SigningInput::new(algorithm, b"message".to_vec())).unwrap();
        assert_eq!(key.public_key().verify(algorithm, b"message", &signature), Ok(()));
        assert_eq!(key.public_key().verify(algorithm, b"Message", &signature), Err(SignatureError::Mismatch));
        for end in [0, 1, signature.len() - 1] {
            let cut = key.public_key().verify(algorithm, b"message", &signature[..end]);
            assert_eq!(cut, Err(SignatureError::Mismatch));
        }
        for other in KEYS.iter().map(TestKey::public_key).filter(|other| other.algorithm() != algorithm) {
            let wrong = SignatureError::WrongKeyType { algorithm, key: other.algorithm() };
            assert_eq!(other.verify(algorithm, b"message", &signature), Err(wrong));
        }
    }
}

#[test]
fn ecdsa_signatures_are_not_taken_in_der() {
    for key in KEYS.iter().skip(1).take(2) {
        let input = SigningInput::new(key.public_key().algorithm(), b"message".to_vec());
        let der = key.sign_like_kms(&input).unwrap();
        let refused = key.public_key().verify(input.algorithm(), input.bytes(), &der);
        assert_eq!(refused, Err(SignatureError::Mismatch));
    }
}

/// KMS signs the digest it is sent; the result is a signature over the message.
#[test]
fn kms_is_sent_raw_bytes_for_ed25519_and_digests_for_the_rest() {
    let message = vec![b'm'; 5000];
    for key in KEYS.iter() {
        let request = SigningInput::new(key.public_key().algorithm(), message.clone()).kms_message();
        let digest = match request.algorithm {
            Algorithm::Ed25519 => {
                assert!(!request.is_digest);
                assert_eq!(request.bytes, message);
                continue;
            }
            Algorithm::EcdsaP384Sha384 => aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA384, &message),
            Algorithm::EcdsaP256Sha256 | Algorithm::RsaPkcs1Sha256 => {
                aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &message)
            }
        };
        assert!(request.is_digest);
        assert_eq!(request.bytes, digest.as_ref());
    }
}

#[test]
fn rfc_8410_spki() {
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    let key = PublicKey::from_pem(pem).unwrap();
    assert_eq!(key.algorithm(), Algorithm::Ed25519);
    assert_eq!(key.to_spki_pem(), pem);
}

/// RFC 7638 §3.1 and RFC 8037 A.3.
#[test]
fn published_thumbprints() {
    let rsa = json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"
    });
    let key = PublicKey::from_jwk(&rsa).unwrap();
    assert_eq!(key.jwk_thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    let ed25519 = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let key = PublicKey::from_jwk(&ed25519).unwrap();
    assert_eq!(key.jwk_thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(key.to_jwk(), ed25519);
}

#[test]
fn pem_is_read_as_people_publish_it() {
    let rsa = KEYS[3].public_key();
    let PublicKey::Rsa(components) = rsa else { panic!("the fourth key is RSA") };
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, components.to_pkcs1_der());
    let pkcs1 = format!("-----BEGIN RSA PUBLIC KEY-----\n{base64}\n-----END RSA PUBLIC KEY-----");
    is_one_of(rsa, &PublicKey::from_pem(&pkcs1));
    let sloppy = format!("\r\n {} \r\n", rsa.to_spki_pem().replace('\n', "\r\n"));
    is_one_of(rsa, &PublicKey::from_pem(&sloppy));

    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
    assert_eq!(PublicKey::from_pem(private), Err(KeyError::PrivateKeyMaterial));
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    assert!(matches!(PublicKey::from_pem(certificate), Err(KeyError::Unsupported(_))));
    for broken in
        ["", "-----BEGIN PUBLIC KEY-----", "MCowBQYDK2Vw", &pkcs1.replace("END RSA", "END"), &" ".repeat(9000)]
    {
        assert_eq!(PublicKey::from_pem(broken), Err(KeyError::Malformed("PEM")), "{broken}");
    }
}

#[test]
fn small_and_odd_rsa_keys_are_refused() {
    let modulus = |bits: usize| {
        let mut n = vec![0xff; bits.div_ceil(8)];
        n[0] >>= (8 - bits % 8) % 8;
        n
    };
    for bits in [8, 512, 1024, 2047, 8193, 16384] {
        let refused = RsaPublicKey::from_components(&modulus(bits), &[1, 0, 1]);
        assert_eq!(refused, Err(KeyError::RsaModulusSize { bits }), "{bits}");
    }
    assert!(RsaPublicKey::from_components(&modulus(2048), &[0, 1, 0, 1]).is_ok());
    for exponent in [&[][..], &[1], &[2], &[1, 0, 0, 0, 1], &[0]] {
        let refused = RsaPublicKey::from_components(&modulus(2048), exponent);
        assert_eq!(refused, Err(KeyError::Malformed("RSA key")), "{exponent:?}");
    }
}

#[test]
fn points_off_the_curve_are_refused() {
    for key in KEYS.iter().map(TestKey::public_key).skip(1).take(2) {
        let mut jwk = key.to_jwk();
        jwk["y"] = jwk["x"].clone();
        assert!(matches!(PublicKey::from_jwk(&jwk), Err(KeyError::NotOnCurve(_))));
    }
    assert!(matches!(P256Point::from_sec1(&[0]), Err(KeyError::Malformed(_))));
    let hybrid = [&[6], &[1; 64][..]].concat();
    assert!(matches!(P256Point::from_sec1(&hybrid), Err(KeyError::Malformed(_))));
}

#[test]
fn jwks_that_say_no_are_refused() {
    let jwk = KEYS[1].public_key().to_jwk();
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        PublicKey::from_jwk(&jwk)
    };
    assert_eq!(with("d", json!("AAAA")), Err(KeyError::PrivateKeyMaterial));
    assert_eq!(with("k", json!("AAAA")), Err(KeyError::PrivateKeyMaterial));
    assert_eq!(with("use", json!("enc")), Err(KeyError::OtherUse("use")));
    assert_eq!(with("key_ops", json!(["sign"])), Err(KeyError::OtherUse("key_ops")));
    assert_eq!(with("key_ops", json!("verify")), Err(KeyError::OtherUse("key_ops")));
    assert_eq!(with("alg", json!("ES384")), Err(KeyError::OtherUse("alg")));
    assert_eq!(with("crv", json!("P-384")), Err(KeyError::Malformed("P-384 coordinates")));
    assert_eq!(with("crv", json!("secp256k1")), Err(KeyError::Unsupported("JWK EC secp256k1".into())));
    assert_eq!(with("kty", json!("oct")), Err(KeyError::Unsupported("JWK oct P-256".into())));
    assert_eq!(with("x", json!(1)), Err(KeyError::Malformed("JWK")));
    assert_eq!(PublicKey::from_jwk(&json!("key")), Err(KeyError::Malformed("JWK")));
    for (name, value) in
        [("use", json!("sig")), ("key_ops", json!(["verify"])), ("alg", json!("ES256")), ("x-y", json!(0))]
    {
        assert!(with(name, value).is_ok(), "{name}");
    }
}

#[test]
fn unknown_kinds_of_key_are_unsupported() {
    // X25519 (RFC 8410 §10.3) and secp256k1, as SubjectPublicKeyInfo; x25519-pub and rsa-pub as Multikey.
    let x25519 = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00][..], &[9; 32]].concat();
    assert!(matches!(PublicKey::from_spki_der(&x25519), Err(KeyError::Unsupported(_))));
    let mut k256 = KEYS[1].public_key().to_spki_der();
    // The curve's OID 2a8648ce3d030107 becomes another of the same length.
    let at = k256.windows(8).position(|bytes| bytes == [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]).unwrap();
    k256[at + 7] = 0x01;
    assert!(matches!(PublicKey::from_spki_der(&k256), Err(KeyError::Unsupported(_))));
    let x25519 = crate::encoding::multibase_encode(&[&[0xec, 0x01], &[9; 32][..]].concat());
    assert!(matches!(PublicKey::from_multikey(&x25519), Err(KeyError::Unsupported(_))));
}

proptest! {
    #[test]
    fn ed25519_round_trips(seed in any::<[u8; 32]>()) {
        let key = TestKey::ed25519(&seed).unwrap().public_key().clone();
        is_one_of(&key, &PublicKey::from_multikey(&key.to_multikey().unwrap()));
        is_one_of(&key, &PublicKey::from_jwk(&key.to_jwk()));
        is_one_of(&key, &PublicKey::from_spki_der(&key.to_spki_der()));
        is_one_of(&key, &PublicKey::from_pem(&key.to_spki_pem()));
    }

    #[test]
    fn rsa_round_trips(n in prop::collection::vec(any::<u8>(), 256..=1024), e in prop::collection::vec(any::<u8>(), 1..=4)) {
        let (mut n, mut e) = (n, e);
        n[0] |= 0x80;
        *n.last_mut().unwrap() |= 1;
        *e.last_mut().unwrap() |= 3;
        let key = PublicKey::Rsa(RsaPublicKey::from_components(&n, &e).unwrap());
        is_one_of(&key, &PublicKey::from_jwk(&key.to_jwk()));
        is_one_of(&key, &PublicKey::from_spki_der(&key.to_spki_der()));
        is_one_of(&key, &PublicKey::from_pem(&key.to_spki_pem()));
    }

    /// DER has one text per key: whatever is accepted comes out again as it went in.
    #[test]
    fn spki_is_read_in_one_form_only(
        which in 0_usize..4, at in any::<prop::sample::Index>(), with in any::<u8>()
    ) {
        let mut der = KEYS[which].public_key().to_spki_der();
        let at = at.index(der.len());
        der[at] = with;
        if let Ok(read) = PublicKey::from_spki_der(&der) {
            prop_assert_eq!(read.to_spki_der(), der);
        }
    }

    #[test]
    fn any_input_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,80}") {
        let _ = PublicKey::from_spki_der(&bytes);
        let _ = RsaPublicKey::from_pkcs1_der(&bytes);
        let _ = P256Point::from_sec1(&bytes);
        let _ = P384Point::from_sec1(&bytes);
        let _ = PublicKey::from_multikey(&text);
        let _ = PublicKey::from_multikey(&crate::encoding::multibase_encode(&bytes));
        let _ = PublicKey::from_pem(&text);
        let pem = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bytes);
        let _ = PublicKey::from_pem(&format!("-----BEGIN PUBLIC KEY-----{pem}-----END PUBLIC KEY-----"));
        let _ = PublicKey::from_jwk(&json!({"kty": "EC", "crv": "P-256", "x": text, "y": text}));
        let encoded = crate::encoding::base64url_encode(&bytes);
        for kty in ["EC", "OKP", "RSA"] {
            let _ = PublicKey::from_jwk(&json!({"kty": kty, "x": encoded, "y": encoded, "n": encoded, "e": encoded}));
        }
        for algorithm in KEYS.iter().map(|key| key.public_key().algorithm()) {
            for key in KEYS.iter() {
                prop_assert!(key.public_key().verify(algorithm, b"message", &bytes).is_err());
            }
        }
    }
}
