//! The bundled contexts are the published ones, byte for byte, and complete.

use jsonld::contexts;
use serde_json::Value;

/// URL and SHA-256 of its text. Those of `credentials/v2`, `data-integrity/v2` and `multikey/v1` are also printed in the
/// W3C specifications.
const PINNED: &[(&str, &str)] = &[
    ("https://www.w3.org/ns/credentials/v2", "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"),
    ("https://www.w3.org/2018/credentials/v1", "00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8"),
    (
        "https://www.w3.org/ns/credentials/undefined-terms/v2",
        "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
    ),
    (
        "https://www.w3.org/ns/credentials/examples/v2",
        "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json",
        "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
        "d582f3564282fb3b709136d28412e78e70b678b4dbc2f0221f67d84932748355",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context.json",
        "b077fa134d909d92c1dcd1c153f2af1b244aeb415967fdc1467d7fc5dd48ac10",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context/ob_v3p0.jsonld",
        "b077fa134d909d92c1dcd1c153f2af1b244aeb415967fdc1467d7fc5dd48ac10",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
        "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
    ),
    (
        "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
        "880f1902d4158f2f33ce06af41b90719977cd1ea337a9de2e41edb3ff5e543d6",
    ),
    ("https://w3id.org/openbadges/v2", "3c0c25a0e581c64cbe632197377c4f334c6c0b95f0d90e3b74449781612b153d"),
    ("https://openbadgespec.org/v2/context.json", "3c0c25a0e581c64cbe632197377c4f334c6c0b95f0d90e3b74449781612b153d"),
    (
        "https://purl.imsglobal.org/spec/ob/v2p1/ob_v2p1.jsonld",
        "4fcbe253b159dc04c7f79b12a46d529b5e9f0283d75a9686c6a121fe94a795df",
    ),
    ("https://w3id.org/security/data-integrity/v1", "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554"),
    ("https://w3id.org/security/data-integrity/v2", "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4"),
    ("https://w3id.org/security/multikey/v1", "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597"),
    ("https://www.w3.org/ns/cid/v1", "ea216ecc1cb02cd39b693dba2250141e270ba0bf95890be107dd9a9e8e43de85"),
    ("https://www.w3.org/ns/did/v1", "62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f"),
    ("https://www.w3.org/ns/credentials/status/v1", "fda5add353231e6a6884a46b12e6c75464281900cb348284d9c360f62381d9f7"),
    ("https://w3id.org/vc/status-list/2021/v1", "634d71c159289f068c96012e4511c657fdf82ac4231900081bda3ba24e2e1160"),
    (
        "https://w3id.org/security/suites/ed25519-2020/v1",
        "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
    ),
    (
        "https://w3id.org/security/suites/jws-2020/v1",
        "d648e05ddc6577827ca2bfd5e931f53e9ebc6e52a57a8da81df4ec8c46ffcd1e",
    ),
    ("https://w3id.org/security/v1", "abaf97e107d1925503c433dcaf3ffd2831697cacc1ed2a293e1bc8030d5bcb47"),
    ("https://w3id.org/security/v2", "611bd81151d5efe53ec9aed78f5a813e577287bc9451ee26d6879b1b8b46bc3b"),
];

#[test]
fn every_context_has_its_pinned_text() {
    assert!(
        contexts::urls().eq(PINNED.iter().map(|(url, _)| *url)),
        "a context without a pin, or a pin without a context"
    );
    for (url, expected) in PINNED {
        let text = contexts::get(url).unwrap();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        assert_eq!(hex::encode(digest), *expected, "{url}");
    }
}

#[test]
fn contexts_build_on_bundled_contexts_only() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::String(url) => found.push(url),
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Object(entries) => {
                entries
                    .values()
                    .filter_map(|definition| definition.get("@context"))
                    .for_each(|scoped| references(scoped, found));
            }
            _ => {}
        }
    }
    for url in contexts::urls() {
        let document: Value = serde_json::from_str(contexts::get(url).unwrap()).unwrap();
        let mut found = Vec::new();
        references(&document["@context"], &mut found);
        assert!(found.iter().all(|reference| contexts::get(reference).is_some()), "{url} needs {found:?}");
    }
}

/// Every definition compiles: a document that lists the context and says one thing has a canonical form.
#[test]
fn every_context_can_be_processed() {
    for url in contexts::urls() {
        let document = serde_json::json!({"@context": url, "@id": "urn:a", "https://a.example/": "b"});
        let canonical = jsonld::canonicalize(&document, &jsonld::Limits::default()).unwrap();
        assert_eq!(canonical.as_str(), "<urn:a> <https://a.example/> \"b\" .\n", "{url}");
    }
}

#[test]
fn urls_are_compared_exactly() {
    assert!(contexts::get("https://www.w3.org/ns/credentials/v2").is_some());
    assert!(contexts::get("https://www.w3.org/ns/credentials/v2/").is_none());
    assert!(contexts::get("http://www.w3.org/ns/credentials/v2").is_none());
}
