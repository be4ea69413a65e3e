//! A web made of a map, issuers with test keys, and how to run a verification against them.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "clippy takes helpers of tests for production code"
)]

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proof::data_integrity::{self, ProofOptions, SigningSuite};
use proof::did::{DidDocumentBuilder, DidWeb, Standing};
use proof::encoding::base64url_encode;
use proof::jws::algorithm_name;
use proof::signing::SigningInput;
use proof::testing::TestKey;
use proof::vc_jwt;
use serde_json::{Value, json};
use verify::{Accept, Document, Documents, Input, Options, Report, Unavailable};

/// Addresses and what they answer; every other address is unreachable.
#[derive(Debug, Clone, Default)]
pub(crate) struct Web(pub(crate) HashMap<String, Document>);

impl Web {
    pub(crate) fn with(mut self, url: &str, status: u16, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.insert(url.to_owned(), Document { status, content_type: None, bytes: bytes.into() });
        self
    }

    /// This web and another.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(crate) fn json(self, url: &str, value: &Value) -> Self {
        self.with(url, 200, value.to_string())
    }
}

impl Documents for Web {
    async fn get(&self, url: &str, _accept: Accept) -> Result<Document, Unavailable> {
        self.0.get(url).cloned().ok_or(Unavailable::Unreachable)
    }
}

/// Runs a future that never waits: everything in a [`Web`] is at hand.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a map made somebody wait"),
    }
}

/// "Now" in the tests.
pub(crate) const NOW: &str = "2026-06-01T00:00:00Z";

/// Verifies bytes against a web, at [`NOW`].
pub(crate) fn check(bytes: impl AsRef<[u8]>, web: &Web) -> Report {
    let options = Options::at(NOW.parse().unwrap());
    run(verify::verify(Input::Bytes(bytes.as_ref()), &options, web))
}

/// An issuer with a key, known by a DID or an address.
pub(crate) struct Issuer {
    pub(crate) id: String,
    pub(crate) key: TestKey,
}

impl Issuer {
    /// `did:web:NAME.example:issuers:1`, with a key made from `seed`.
    pub(crate) fn did_web(name: &str, seed: u8) -> Self {
        Self { id: format!("did:web:{name}.example:issuers:1"), key: TestKey::ed25519(&[seed; 32]).unwrap() }
    }

    pub(crate) fn method(&self) -> String {
        format!("{}#{}", self.id, self.key.public_key().to_multikey().unwrap())
    }

    /// Address of its DID document.
    pub(crate) fn address(&self) -> String {
        self.id.parse::<DidWeb>().unwrap().document_url()
    }

    pub(crate) fn document(&self) -> Value {
        DidDocumentBuilder::new(&self.id).key(self.key.public_key().clone(), Standing::Trusted).build()
    }

    /// A web in which the issuer publishes its key.
    pub(crate) fn web(&self) -> Web {
        Web::default().json(&self.address(), &self.document())
    }

    pub(crate) fn sign(&self, credential: Value) -> Value {
        self.sign_as(credential, &self.method())
    }

    pub(crate) fn sign_as(&self, credential: Value, method: &str) -> Value {
        let options = ProofOptions {
            suite: SigningSuite::for_key(self.key.public_key()).unwrap(),
            verification_method: method.to_owned(),
            created: "2026-01-01T00:00:00Z".parse().unwrap(),
        };
        let draft = data_integrity::draft(credential, &options).unwrap();
        let signature = self.key.sign(draft.signing_input()).unwrap();
        draft.complete(&signature, self.key.public_key()).unwrap()
    }

    /// A VC-JWT, its header given by `header`.
    pub(crate) fn token(&self, credential: &Value, header: Value) -> String {
        let payload = vc_jwt::claims(credential).unwrap();
        self.jws(&payload, header)
    }

    /// A JWS with any header and payload.
    pub(crate) fn jws(&self, payload: &Value, mut header: Value) -> String {
        let algorithm = self.key.public_key().algorithm();
        header["alg"] = algorithm_name(algorithm).into();
        let part = |value: &Value| base64url_encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(payload));
        let input = SigningInput::new(algorithm, signed.clone().into_bytes());
        let signature = self.key.sign(&input).unwrap();
        format!("{signed}.{}", base64url_encode(&signature))
    }

    /// An unsigned badge without remarks.
    pub(crate) fn badge(&self) -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
                         "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"],
            "id": "urn:uuid:0191d2e4-7f1c-7a55-8a3e-b3b2c1f0a9d8",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": "機織り",
            "issuer": {"id": self.id, "type": ["Profile"], "name": "織物組合", "url": "https://weavers.example"},
            "validFrom": "2026-01-01T00:00:00Z",
            "validUntil": "2027-01-01T00:00:00Z",
            "credentialSubject": {
                "id": "urn:uuid:0191d2e4-7f1c-7a55-8a3e-b3b2c1f0a9d9",
                "type": ["AchievementSubject"],
                "identifier": [{"type": "IdentityObject", "hashed": true, "identityType": "emailAddress", "salt": "Kosher",
                    "identityHash": "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"}],
                "achievement": {
                    "id": "https://weavers.example/achievements/1", "type": ["Achievement"], "name": "機織り",
                    "description": "Weaves.", "criteria": {"narrative": "Wove."}, "achievementType": "Badge",
                    "image": {"id": "https://weavers.example/achievements/1/image", "type": "Image"}, "tag": ["織物"]
                }
            }
        })
    }

    /// The badge with a member set at its top.
    pub(crate) fn badge_with(&self, name: &str, value: Value) -> Value {
        let mut badge = self.badge();
        badge[name] = value;
        badge
    }
}
