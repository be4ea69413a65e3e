//! CPU time of whole verifications, documents at hand: `cargo bench -p verify`.
//!
//! Prints microseconds of CPU per verification, the best of several rounds (the machine may be busy with other things, which
//! adds time and never takes any away).

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Issuer, NOW, Web, run};
use proof::discovery::cryptographic_key_document;
use proof::status::{Bitstring, ListCredential, MIN_ENTRIES};
use proof::testing::TestKey;
use serde_json::{Value, json};
use verify::{ClaimedIdentity, Input, Options, Verdict};

const ROUNDS: usize = 7;
const PER_ROUND: u32 = 2000;

fn main() {
    let issuer = Issuer::did_web("weavers", 1);
    let plain = issuer.sign(issuer.badge()).to_string();
    measure("OB 3.0, did:web, eddsa-rdfc-2022", plain.as_bytes(), &issuer.web());
    measure("OB 3.0 baked into SVG", &bake_svg(&plain), &issuer.web());
    let (badge, web) = with_status(&issuer);
    measure("OB 3.0 with signed status list", badge.as_bytes(), &web);

    let mut signer = Issuer::did_web("weavers", 1);
    signer.key = TestKey::fresh_p256().expect("a key");
    let kid = proof::did::jwk_method_id(&signer.id, signer.key.public_key());
    let token = signer.token(&signer.badge(), json!({"kid": kid}));
    measure("OB 3.0 VC-JWT, ES256", token.as_bytes(), &signer.web());

    let (assertion, web) = hosted();
    measure("OB 2.0 hosted", assertion.as_bytes(), &web);
    let (token, web) = signed();
    measure("OB 2.0 signed, RS256", token.as_bytes(), &web);
}

#[expect(clippy::print_stdout, reason = "the result of a benchmark")]
fn measure(name: &str, bytes: &[u8], web: &Web) {
    let recipient = Some(ClaimedIdentity::email("a@example.com"));
    let options = Options { recipient, ..Options::at(NOW.parse().expect("an instant")) };
    let once = || run(verify::verify(Input::Bytes(bytes), &options, web));
    let report = once();
    assert_eq!(report.verdict, Verdict::Valid, "{report:#?}");
    let best = (0..ROUNDS)
        .map(|_| {
            let start = cpu_microseconds();
            for _ in 0..PER_ROUND {
                std::hint::black_box(once());
            }
            (cpu_microseconds() - start) / f64::from(PER_ROUND)
        })
        .fold(f64::INFINITY, f64::min);
    println!("{name:36} {best:8.1} µs CPU");
}

/// CPU time of this process so far, from the kernel's own account.
fn cpu_microseconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux with scheduler statistics");
    let nanoseconds: f64 = text.split(' ').next().and_then(|first| first.parse().ok()).expect("a number");
    nanoseconds / 1000.0
}

fn bake_svg(credential: &str) -> Vec<u8> {
    let image = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>"#;
    bake::bake(image, &bake::Payload::v3_json(credential)).expect("a picture")
}

fn with_status(issuer: &Issuer) -> (String, Web) {
    let url = "https://weavers.example/status/1";
    let entry = proof::status::StatusEntry::new(url, 94_567, "revocation").to_value();
    let valid_from = "2026-01-01T00:00:00Z".parse().expect("an instant");
    let list = ListCredential { url, issuer_id: &issuer.id, purpose: "revocation", valid_from, valid_until: None };
    let list = issuer.sign(list.to_value(&Bitstring::new(MIN_ENTRIES).expect("a list")));
    let badge = issuer.sign(issuer.badge_with("credentialStatus", entry));
    (badge.to_string(), issuer.web().json(url, &list))
}

const ISSUER: &str = "https://weavers.example/issuers/1";
const KEY: &str = "https://weavers.example/keys/1";

fn assertion(id: &str, verification: &Value) -> Value {
    json!({
        "@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": id, "badge": "https://weavers.example/badges/1",
        "issuedOn": "2026-01-01T00:00:00Z", "verification": verification,
        "recipient": {"type": "email", "hashed": true, "salt": "Kosher",
            "identity": "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"}
    })
}

fn documents() -> Web {
    let image = "https://weavers.example/badges/1/image";
    Web::default()
        .json("https://weavers.example/badges/1", &json!({
            "@context": "https://w3id.org/openbadges/v2", "type": "BadgeClass", "id": "https://weavers.example/badges/1",
            "name": "機織り", "description": "Weaves.", "image": image, "criteria": {"narrative": "Wove."}, "issuer": ISSUER}))
        .json(ISSUER, &json!({
            "@context": "https://w3id.org/openbadges/v2", "type": "Issuer", "id": ISSUER, "name": "織物組合",
            "url": "https://weavers.example", "email": "badges@weavers.example", "publicKey": KEY}))
        .with(image, 200, r#"<svg xmlns="http://www.w3.org/2000/svg"/>"#)
}

fn hosted() -> (String, Web) {
    let id = "https://weavers.example/assertions/1";
    let assertion = assertion(id, &json!({"type": "HostedBadge"}));
    (assertion.to_string(), documents().json(id, &assertion))
}

fn signed() -> (String, Web) {
    let signer = Issuer { id: ISSUER.into(), key: TestKey::fresh_rsa().expect("a key") };
    let assertion =
        assertion("urn:uuid:0191d2e4-7f1c-7a55-8a3e-000000000002", &json!({"type": "SignedBadge", "creator": KEY}));
    let key = cryptographic_key_document(KEY, ISSUER, signer.key.public_key());
    (signer.jws(&assertion, json!({})), documents().json(KEY, &key))
}
