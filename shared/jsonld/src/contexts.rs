//! The JSON-LD contexts that this crate knows, byte for byte as published.
//!
//! A context decides what a signed document *means*, so a verifier that fetches contexts while verifying lets whoever
//! controls that URL (or its DNS name) change the meaning. Here they are data: texts pinned by SHA-256 in
//! `tests/contexts.rs`, with origin and licence in `contexts/PROVENANCE.md`.
//!
//! To add one: put the file into `contexts/`, a line into the private `BUNDLED` table and its digest into the test.

/// One context: its URL and its text.
struct Bundled {
    url: &'static str,
    text: &'static str,
}

/// Every known URL. Two URLs may have the same text.
///
/// 1EdTech edits `context-3.0.3.json` in place; this is the live text, which also defines `endorsementJwt` and `jti`.
static BUNDLED: &[Bundled] = &[
    Bundled {
        url: "https://www.w3.org/ns/credentials/v2",
        text: include_str!("../contexts/w3.org-ns-credentials-v2.jsonld"),
    },
    Bundled {
        url: "https://www.w3.org/2018/credentials/v1",
        text: include_str!("../contexts/w3.org-2018-credentials-v1.jsonld"),
    },
    Bundled {
        url: "https://www.w3.org/ns/credentials/undefined-terms/v2",
        text: include_str!("../contexts/w3.org-ns-credentials-undefined-terms-v2.jsonld"),
    },
    Bundled {
        url: "https://www.w3.org/ns/credentials/examples/v2",
        text: include_str!("../contexts/w3.org-ns-credentials-examples-v2.jsonld"),
    },
    Bundled {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        text: include_str!("../contexts/ob-v3p0-context-3.0.3.json"),
    },
    Bundled {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json",
        text: include_str!("../contexts/ob-v3p0-context-3.0.2.json"),
    },
    Bundled {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
        text: include_str!("../contexts/ob-v3p0-context-3.0.1.json"),
    },
    Bundled {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/context.json",
        text: include_str!("../contexts/ob-v3p0-context.json"),
    },
    Bundled {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/context/ob_v3p0.jsonld",
        text: include_str!("../contexts/ob-v3p0-context.json"),
    },
    Bundled {
        url: "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
        text: include_str!("../contexts/ob-v3p0-extensions.json"),
    },
    Bundled {
        url: "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
        text: include_str!("../contexts/clr-v2p0-context-2.0.1.json"),
    },
    Bundled { url: "https://w3id.org/openbadges/v2", text: include_str!("../contexts/openbadges-v2-context.json") },
    Bundled {
        url: "https://openbadgespec.org/v2/context.json",
        text: include_str!("../contexts/openbadges-v2-context.json"),
    },
    Bundled {
        url: "https://purl.imsglobal.org/spec/ob/v2p1/ob_v2p1.jsonld",
        text: include_str!("../contexts/ob-v2p1.jsonld"),
    },
    Bundled {
        url: "https://w3id.org/security/data-integrity/v1",
        text: include_str!("../contexts/w3id-security-data-integrity-v1.jsonld"),
    },
    Bundled {
        url: "https://w3id.org/security/data-integrity/v2",
        text: include_str!("../contexts/w3id-security-data-integrity-v2.jsonld"),
    },
    Bundled {
        url: "https://w3id.org/security/multikey/v1",
        text: include_str!("../contexts/w3id-security-multikey-v1.jsonld"),
    },
    Bundled { url: "https://www.w3.org/ns/cid/v1", text: include_str!("../contexts/w3.org-ns-cid-v1.jsonld") },
    Bundled { url: "https://www.w3.org/ns/did/v1", text: include_str!("../contexts/w3.org-ns-did-v1.jsonld") },
    Bundled {
        url: "https://www.w3.org/ns/credentials/status/v1",
        text: include_str!("../contexts/w3.org-ns-credentials-status-v1.jsonld"),
    },
    Bundled {
        url: "https://w3id.org/vc/status-list/2021/v1",
        text: include_str!("../contexts/w3id-vc-status-list-2021-v1.jsonld"),
    },
    Bundled {
        url: "https://w3id.org/security/suites/ed25519-2020/v1",
        text: include_str!("../contexts/w3id-security-suites-ed25519-2020-v1.jsonld"),
    },
    Bundled {
        url: "https://w3id.org/security/suites/jws-2020/v1",
        text: include_str!("../contexts/w3id-security-suites-jws-2020-v1.jsonld"),
    },
    Bundled { url: "https://w3id.org/security/v1", text: include_str!("../contexts/w3id-security-v1.jsonld") },
    Bundled { url: "https://w3id.org/security/v2", text: include_str!("../contexts/w3id-security-v2.jsonld") },
];

/// The text of the context published at `url`, or `None` if it is not bundled. URLs are compared exactly, as JSON-LD
/// does: no trailing slash, fragment or `http:` is forgiven.
#[must_use]
pub fn get(url: &str) -> Option<&'static str> {
    index(url).map(text)
}

/// Every bundled URL.
pub fn urls() -> impl Iterator<Item = &'static str> {
    BUNDLED.iter().map(|bundled| bundled.url)
}

/// Position of a URL in the table: what the compiled contexts use as its name.
pub(crate) fn index(url: &str) -> Option<usize> {
    BUNDLED.iter().position(|bundled| bundled.url == url)
}

/// Text at a position returned by [`index`].
pub(crate) fn text(index: usize) -> &'static str {
    BUNDLED.get(index).map_or("{}", |bundled| bundled.text)
}
