use proptest::prelude::*;

use super::*;
use crate::testing::TestKey;

const DID: &str = "did:web:badges.example:issuers:washi";

fn key(seed: u8) -> PublicKey {
    TestKey::ed25519(&[seed; 32]).unwrap().public_key().clone()
}

#[test]
fn did_urls_come_apart() {
    let url = DidUrl::parse("did:web:a.example%3A8443:u:1?service=x#z6Mk").unwrap();
    assert_eq!((url.did(), url.method(), url.fragment()), ("did:web:a.example%3A8443:u:1", "web", Some("z6Mk")));
    let url = DidUrl::parse("did:example:123/path").unwrap();
    assert_eq!((url.did(), url.fragment(), url.to_string()), ("did:example:123", None, "did:example:123/path".into()));
    for text in [
        "",
        "did",
        "did:",
        "did:web",
        "did:web:",
        "did::a",
        "did:Web:a",
        "DID:web:a",
        " did:web:a",
        "did:web:a ",
        "did:web:a#",
        "did:web:a#b#c",
        "did:web:a%",
        "did:web:a%4",
        "did:web:a%zz",
        "did:web:é",
        "did:web:a:",
        "did:web:a\n",
        "did:web:a?\"",
        "https://a.example",
        &format!("did:web:{}", "a".repeat(3000)),
    ] {
        assert_eq!(DidUrl::parse(text), Err(DidError::Malformed), "{text}");
    }
}

/// The examples of the did:web method, §3.2.
#[test]
fn did_web_urls() {
    for (did, url) in [
        ("did:web:w3c-ccg.example", "https://w3c-ccg.example/.well-known/did.json"),
        ("did:web:w3c-ccg.example:user:alice", "https://w3c-ccg.example/user/alice/did.json"),
        ("did:web:example.com%3A3000", "https://example.com:3000/.well-known/did.json"),
        ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
    ] {
        let web = DidWeb::parse(did).unwrap();
        assert_eq!(web.document_url(), url);
        assert_eq!(web.to_string(), did);
        assert_eq!(did.parse(), Ok(web));
    }
    let ours = DidWeb::new("badges.example", None, &["issuers", "washi"]).unwrap();
    assert_eq!(ours.to_string(), DID);
}

#[test]
fn did_web_hosts_and_paths_cannot_lead_elsewhere() {
    for (did, what) in [
        ("did:web:127.0.0.1", "host"),
        ("did:web:127.1", "host"),
        ("did:web:2130706433", "host"),
        ("did:web:0x7f.0x1", "host"),
        ("did:web:Badges.example", "host"),
        ("did:web:badges.example.", "host"),
        ("did:web:.example", "host"),
        ("did:web:-a.example", "host"),
        ("did:web:a_b.example", "host"),
        ("did:web:%5B::1%5D", "port"),
        ("did:web:a.example%40evil.example", "port"),
        ("did:web:a.example%2Fpath", "port"),
        ("did:web:a.example%3A", "port"),
        ("did:web:a.example%3A0", "port"),
        ("did:web:a.example%3A080", "port"),
        ("did:web:a.example%3A65536", "port"),
        ("did:web:a.example%3A80%3A80", "port"),
        ("did:web:a.example:..:b", "path"),
        ("did:web:a.example:.:b", "path"),
        ("did:web:a.example:%2e%2E:b", "path"),
        ("did:web:a.example::b", "path"),
        ("did:web:a.example:b%2fc", "path"),
        ("did:web:a.example:b%5Cc", "path"),
    ] {
        let refused = DidWeb::parse(did).unwrap_err();
        assert_eq!(refused, DidError::Web(what), "{did}");
    }
    assert_eq!(DidWeb::parse("did:web:a.example#k"), Err(DidError::Malformed));
    assert_eq!(DidWeb::parse("did:web:a.example/b"), Err(DidError::Malformed));
    assert_eq!(DidWeb::parse("did:key:z6Mk"), Err(DidError::UnsupportedMethod("key".into())));
}

#[test]
fn did_keys_stand_for_their_document() {
    let did = to_did_key(&key(1)).unwrap();
    let multikey = key(1).to_multikey().unwrap();
    assert_eq!(did_key(&did), Ok(key(1)));
    assert_eq!(did_key(&format!("{did}#{multikey}")), Ok(key(1)));
    assert_eq!(did_key(&format!("{did}#{}", key(2).to_multikey().unwrap())), Err(DidError::Malformed));
    assert_eq!(did_key(&did.replace("did:key:", "did:key:1.1:")), Err(DidError::Malformed));
    for more in ["/path", "?query", "?query#", "/path#"] {
        assert_eq!(did_key(&format!("{did}{more}")), Err(DidError::Malformed), "{more}");
    }
    assert_eq!(did_key(&format!("{did}/path#{multikey}")), Err(DidError::Malformed));
    assert_eq!(did_key(DID), Err(DidError::UnsupportedMethod("web".into())));
    assert!(matches!(did_key("did:key:z6Mk"), Err(DidError::Key(_))));
    let document = did_key_document(&did).unwrap();
    assert_eq!(find_method(&document, &format!("{did}#{multikey}")).unwrap().key, key(1));
}

/// A rotated-out key stays checkable; a compromised one does not.
#[test]
fn keys_over_the_years() {
    let since = "2026-03-01T00:00:00Z".parse().unwrap();
    let rsa = TestKey::fresh_rsa().unwrap().public_key().clone();
    let document = DidDocumentBuilder::new(DID)
        .also_known_as("https://badges.example/issuers/washi")
        .key(key(1), Standing::Trusted)
        .key(key(2), Standing::Trusted)
        .key(key(3), Standing::Compromised { since })
        .key(rsa.clone(), Standing::Trusted)
        .build();
    assert_eq!(document["alsoKnownAs"], json!(["https://badges.example/issuers/washi"]));
    assert!(document["assertionMethod"].as_array().unwrap().iter().all(Value::is_string));
    // Three Ed25519 keys in two forms each, and RSA in one.
    assert_eq!(document["verificationMethod"].as_array().unwrap().len(), 7);
    for trusted in [key(1), key(2)] {
        for id in [multikey_method_id(DID, &trusted).unwrap(), jwk_method_id(DID, &trusted)] {
            let found = find_method(&document, &id).unwrap();
            assert_eq!((found.key, found.controller, found.revoked), (trusted.clone(), DID.to_owned(), None));
        }
    }
    assert_eq!(find_method(&document, &jwk_method_id(DID, &rsa)).unwrap().key, rsa);
    for id in [multikey_method_id(DID, &key(3)).unwrap(), jwk_method_id(DID, &key(3))] {
        let refused = find_method(&document, &id);
        assert_eq!(refused, Err(MethodError::NotForAssertions { revoked: Some(since) }));
    }
    let unlisted = multikey_method_id(DID, &key(4)).unwrap();
    assert_eq!(find_method(&document, &unlisted), Err(MethodError::NotListed));
}

/// The document is JSON-LD that says what it should: nothing of it is dropped.
#[test]
fn our_documents_have_no_undefined_terms() {
    let since = "2026-03-01T00:00:00Z".parse().unwrap();
    let document = DidDocumentBuilder::new(DID)
        .key(key(1), Standing::Trusted)
        .key(key(3), Standing::Compromised { since })
        .build();
    let canonical = jsonld::canonicalize(&document, &jsonld::Limits::default()).unwrap();
    for term in ["assertionMethod", "publicKeyMultibase", "publicKeyJwk", "revoked", "JsonWebKey", "Multikey"] {
        assert!(canonical.as_str().contains(&format!("https://w3id.org/security#{term}>")), "{term}");
    }
}

#[test]
fn methods_are_found_in_all_their_forms() {
    let multikey = key(1).to_multikey().unwrap();
    let base58 = crate::encoding::base58_encode(&match key(1) {
        PublicKey::Ed25519(bytes) => bytes,
        _ => [0; 32],
    });
    let entry = |form: Value| {
        let mut entry = json!({"id": format!("{DID}#k"), "controller": DID});
        entry.as_object_mut().unwrap().extend(form.as_object().unwrap().clone());
        entry
    };
    let find = |document: Value| find_method(&document, &format!("{DID}#k"));
    for form in [
        json!({"type": "Multikey", "publicKeyMultibase": multikey}),
        json!({"type": "JsonWebKey2020", "publicKeyJwk": key(1).to_jwk()}),
        json!({"type": "Ed25519VerificationKey2018", "publicKeyBase58": base58}),
    ] {
        let entry = entry(form);
        let mut relative = entry.clone();
        relative["id"] = "#k".into();
        for document in [
            json!({"id": DID, "verificationMethod": [entry], "assertionMethod": [format!("{DID}#k")]}),
            json!({"id": DID, "verificationMethod": [relative], "assertionMethod": ["#k"]}),
            json!({"id": DID, "verificationMethod": relative, "assertionMethod": format!("{DID}#k")}),
            json!({"id": DID, "assertionMethod": [entry]}),
            json!({"id": DID, "verificationMethod": [entry], "assertionMethod": [entry]}),
        ] {
            assert_eq!(find(document).unwrap().key, key(1));
        }
    }

    let good = entry(json!({"publicKeyMultibase": multikey}));
    let with = |name: &str, value: Value| {
        let mut entry = good.clone();
        entry[name] = value;
        find(json!({"id": DID, "verificationMethod": [entry], "assertionMethod": [format!("{DID}#k")]}))
    };
    let other = "did:web:evil.example";
    assert_eq!(with("controller", json!(other)), Err(MethodError::OtherController(other.into())));
    assert!(matches!(with("controller", json!(null)), Err(MethodError::Malformed(_))));
    assert!(matches!(with("publicKeyMultibase", json!("z6Mk")), Err(MethodError::Key(_))));
    assert!(matches!(with("publicKeyMultibase", json!(7)), Err(MethodError::Malformed(_))));
    assert_eq!(with("publicKeyJwk", key(2).to_jwk()), Err(MethodError::Ambiguous));
    assert!(matches!(with("revoked", json!("yesterday")), Err(MethodError::Malformed(_))));
    assert!(with("expires", json!("2027-01-01T00:00:00Z")).unwrap().expires.is_some());

    let not_listed = json!({"id": DID, "verificationMethod": [good], "assertionMethod": [], "authentication": ["#k"]});
    assert_eq!(find(not_listed), Err(MethodError::NotForAssertions { revoked: None }));
    let mut second = good.clone();
    second["publicKeyMultibase"] = key(2).to_multikey().into();
    let ambiguous = json!({"id": DID, "verificationMethod": [good, second], "assertionMethod": ["#k"]});
    assert_eq!(find(ambiguous), Err(MethodError::Ambiguous));
    let elsewhere = json!({"id": other, "verificationMethod": [good], "assertionMethod": [format!("{DID}#k")]});
    assert_eq!(find(elsewhere), Err(MethodError::OtherController(DID.into())));
    let relative_elsewhere = json!({"id": other, "verificationMethod": [{"id": "#k"}], "assertionMethod": ["#k"]});
    assert_eq!(find(relative_elsewhere), Err(MethodError::NotListed));
    let many = json!({"id": DID, "verificationMethod": vec![good; MAX_METHODS + 1]});
    assert!(matches!(find(many), Err(MethodError::Malformed(_))));
}

proptest! {
    #[test]
    fn did_web_round_trip(host in "[a-z]([a-z0-9-]{0,10}[a-z0-9])?\\.[a-z]{2,5}", port in prop::option::of(1_u16..), path in prop::collection::vec("[A-Za-z0-9_-]{1,9}", 0..4)) {
        let segments: Vec<_> = path.iter().map(String::as_str).collect();
        let web = DidWeb::new(&host, port, &segments).unwrap();
        prop_assert_eq!(DidWeb::parse(&web.to_string()), Ok(web));
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}", near in "did:(web|key):[a-z0-9.%:#/?A-F_-]{0,40}") {
        for text in [&text, &near] {
            let _ = did_key(text);
            let _ = did_key_document(text);
            if let Ok(url) = DidUrl::parse(text) {
                prop_assert!(url.as_str().starts_with(url.did()));
            }
            if let Ok(web) = DidWeb::parse(text) {
                let start = ["https://", web.host()].concat();
                prop_assert!(web.document_url().starts_with(&start));
            }
        }
    }
}
