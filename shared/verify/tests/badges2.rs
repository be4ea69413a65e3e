//! Open Badges 2.0 and earlier, situation by situation.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "clippy takes helpers of tests for production code"
)]

mod common;

use std::sync::LazyLock;

use common::{Issuer, NOW, Web, check, run};
use proof::discovery::cryptographic_key_document;
use proof::testing::TestKey;
use serde_json::{Value, json};
use verify::Verdict::{CouldNotBeChecked, Invalid, Valid, ValidWithWarnings};
use verify::{ClaimedIdentity, Input, Kind, Options, Report, StepId, Verdict};

const CONTEXT: &str = "https://w3id.org/openbadges/v2";
const ASSERTION: &str = "https://weavers.example/assertions/1";
const BADGE: &str = "https://weavers.example/badges/1";
const ISSUER: &str = "https://weavers.example/issuers/1";
const KEY: &str = "https://weavers.example/keys/1";
const LIST: &str = "https://weavers.example/revoked";
const IMAGE: &str = "https://weavers.example/badges/1/image";

/// An RSA key takes long to find; one serves all tests.
static SIGNER: LazyLock<Issuer> = LazyLock::new(|| Issuer { id: ISSUER.into(), key: TestKey::fresh_rsa().unwrap() });

fn assertion() -> Value {
    json!({
        "@context": CONTEXT, "type": "Assertion", "id": ASSERTION, "badge": BADGE, "issuedOn": "2026-01-01T00:00:00Z",
        "recipient": {"type": "email", "hashed": true, "salt": "Kosher",
            "identity": "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"},
        "verification": {"type": "HostedBadge"}
    })
}

fn badge_class() -> Value {
    json!({"@context": CONTEXT, "type": "BadgeClass", "id": BADGE, "name": "機織り", "description": "Weaves.", "image": IMAGE,
           "criteria": {"narrative": "Wove."}, "issuer": ISSUER})
}

fn profile() -> Value {
    json!({"@context": CONTEXT, "type": "Issuer", "id": ISSUER, "name": "織物組合", "url": "https://weavers.example",
           "email": "badges@weavers.example", "publicKey": KEY, "revocationList": LIST})
}

fn web() -> Web {
    Web::default().json(ASSERTION, &assertion()).json(BADGE, &badge_class()).json(ISSUER, &profile()).with(
        IMAGE,
        200,
        r#"<svg xmlns="http://www.w3.org/2000/svg"/>"#,
    )
}

fn changed(mut value: Value, pointer: &str, to: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if to.is_null() {
        parent.shift_remove(name)
    } else {
        parent.insert(name.to_owned(), to)
    };
    value
}

#[track_caller]
fn assert_report(report: &Report, verdict: Verdict, step: StepId, code: &str) {
    assert_eq!(report.verdict, verdict, "{report:#?}");
    let found = report.step(step).unwrap_or_else(|| panic!("no {step:?}: {report:#?}"));
    assert_eq!(found.code.as_str(), code, "{report:#?}");
}

/// What the host serves at the assertion's address, and what follows from it.
#[test]
fn the_hosted_copy_counts() {
    let hosted = |status: u16, body: Value| {
        let web = web().with(ASSERTION, status, if body.is_null() { String::new() } else { body.to_string() });
        check(assertion().to_string(), &web)
    };
    let report = hosted(200, assertion());
    assert_report(&report, Valid, StepId::Hosted, "hosted_ok");
    assert_eq!(report.kind, Some(Kind::OpenBadge2Hosted));
    assert_eq!(report.summary.name.as_deref(), Some("機織り"));

    let revoked = json!({"@context": CONTEXT, "type": "Assertion", "id": ASSERTION, "revoked": true, "revocationReason": "誤発行"});
    let report = hosted(410, revoked.clone());
    assert_report(&report, Invalid, StepId::Status, "revoked_because");
    assert!(report.step(StepId::Status).unwrap().message.ja.contains("誤発行"));
    assert_eq!(report.summary.name.as_deref(), Some("機織り"), "the copy handed in says what it was");
    assert_report(&hosted(200, revoked), Invalid, StepId::Status, "revoked_because");
    let report = hosted(410, Value::Null);
    assert_report(&report, Invalid, StepId::Status, "revoked");
    assert_report(&report, Invalid, StepId::Hosted, "hosted_gone");
    assert_report(&hosted(404, Value::Null), Invalid, StepId::Hosted, "hosted_missing");
    assert_report(&hosted(500, Value::Null), CouldNotBeChecked, StepId::Hosted, "hosted_unavailable");
    assert_report(&hosted(200, Value::Null), CouldNotBeChecked, StepId::Hosted, "hosted_unavailable");

    let other = changed(assertion(), "/id", json!("https://weavers.example/assertions/2"));
    assert_report(&hosted(200, other), Invalid, StepId::Hosted, "hosted_other");
    let different = changed(assertion(), "/issuedOn", json!("2026-01-02T00:00:00Z"));
    let report = hosted(200, different);
    assert_report(&report, ValidWithWarnings, StepId::Hosted, "hosted_differs");
    assert_eq!(report.summary.valid_from.as_deref(), Some("2026-01-02T00:00:00Z"));
    // A copy that was made valid by hand does not help.
    let expired = changed(assertion(), "/expires", json!("2026-05-01T00:00:00Z"));
    assert_report(&hosted(200, expired), Invalid, StepId::Validity, "expired");
}

#[test]
fn an_address_that_the_issuer_does_not_use() {
    let elsewhere = "https://forger.example/assertions/1";
    let forged = changed(assertion(), "/id", json!(elsewhere));
    let with = |verification: Value| {
        let profile = changed(profile(), "/verification", verification);
        check(forged.to_string(), &web().json(elsewhere, &forged).json(ISSUER, &profile))
    };
    assert_report(&with(Value::Null), Invalid, StepId::Scope, "scope_outside");
    assert_report(&with(json!({"allowedOrigins": "forger.example"})), Valid, StepId::Scope, "scope_ok");
    assert_report(&with(json!({"startsWith": "https://forger.example/x"})), Invalid, StepId::Scope, "scope_outside");
}

/// An issuer is always fetched from its own address: what a badge class says of it inside counts for nothing.
#[test]
fn nobody_speaks_in_another_issuers_name() {
    let elsewhere = "https://forger.example/assertions/1";
    let mut badge = badge_class();
    badge["issuer"] = changed(profile(), "/verification", json!({"allowedOrigins": "forger.example"}));
    let mut forged = changed(assertion(), "/id", json!(elsewhere));
    forged["badge"] = badge;
    let report = check(forged.to_string(), &web().json(elsewhere, &forged));
    assert_report(&report, Invalid, StepId::Scope, "scope_outside");
}

#[test]
fn badge_class_and_issuer() {
    let with_badge = |badge: &Value| check(assertion().to_string(), &web().json(BADGE, badge));
    let step = StepId::BadgeClass;
    for member in ["name", "description", "image", "criteria", "issuer"] {
        let report = with_badge(&changed(badge_class(), &format!("/{member}"), Value::Null));
        assert_report(&report, Invalid, step, "member_missing");
    }
    assert_report(&with_badge(&changed(badge_class(), "/type", json!("Badge"))), Invalid, step, "type_not_listed");
    let other = changed(badge_class(), "/id", json!("https://weavers.example/badges/2"));
    assert_report(&with_badge(&other), CouldNotBeChecked, step, "badge_class_unavailable");
    let gone = check(assertion().to_string(), &web().with(BADGE, 404, ""));
    assert_report(&gone, CouldNotBeChecked, step, "badge_class_unavailable");

    let with_issuer = |issuer: &Value| check(assertion().to_string(), &web().json(ISSUER, issuer));
    assert_report(&with_issuer(&changed(profile(), "/name", Value::Null)), Invalid, StepId::Issuer, "member_missing");
    let report = with_issuer(&changed(profile(), "/email", Value::Null));
    assert_report(&report, ValidWithWarnings, StepId::Issuer, "issuer_email_missing");

    let gone = check(assertion().to_string(), &web().with(ISSUER, 404, ""));
    assert_report(&gone, CouldNotBeChecked, StepId::Issuer, "profile_unavailable");

    // Inside the assertion is as good as at its address.
    let embedded = changed(assertion(), "/badge", badge_class());
    assert_report(&check(embedded.to_string(), &web().json(ASSERTION, &embedded)), Valid, step, "badge_class_ok");
}

#[test]
fn structure() {
    let with = |pointer: &str, value: Value| {
        let assertion = changed(assertion(), pointer, value);
        check(assertion.to_string(), &web().json(ASSERTION, &assertion))
    };
    let step = StepId::DataModel;
    assert_report(&with("/issuedOn", json!("2026-01-01T00:00:00")), Invalid, step, "time_no_zone");
    assert_report(&with("/issuedOn", json!("2026-01-01")), Invalid, step, "time_malformed");
    assert_report(&with("/issuedOn", Value::Null), Invalid, step, "member_missing");
    assert_report(&with("/recipient/hashed", json!(false)), Invalid, step, "recipient_hash_unmarked");
    assert_report(&with("/image", json!("data:image/png;base64,AA")), Invalid, step, "image_data_uri");
    assert_report(&with("/issuedOn", json!("2026-07-01T00:00:00Z")), Invalid, StepId::Validity, "not_yet_valid");
    assert_report(&with("/verification", json!({"type": "Trust me"})), Invalid, StepId::Hosted, "verification_unknown");
    assert_report(&with("/verification", json!({"type": "signed"})), Invalid, StepId::Proof, "proof_missing");
    assert_report(&with("/id", json!("urn:uuid:1")), Invalid, StepId::Hosted, "hosted_no_address");
    assert_report(&with("/type", json!("Other")), Invalid, StepId::Type, "type_missing");
    assert_report(
        &with("/endorsement", json!("https://e.example/1")),
        ValidWithWarnings,
        StepId::Endorsements,
        "endorsements_by_link",
    );
}

#[test]
fn images_and_recipients() {
    let image = |status: u16, body: &str| check(assertion().to_string(), &web().with(IMAGE, status, body));
    assert_report(&image(404, ""), ValidWithWarnings, StepId::Image, "image_unavailable");
    assert_report(&image(200, "<html>"), ValidWithWarnings, StepId::Image, "image_not_an_image");
    let inside = changed(badge_class(), "/image", json!("data:image/png;base64,AA"));
    let report = check(assertion().to_string(), &web().json(BADGE, &inside));
    assert_report(&report, Valid, StepId::Image, "image_embedded");
    for (address, verdict, code) in
        [("A@example.com", Valid, "recipient_matches"), ("b@example.com", Invalid, "recipient_differs")]
    {
        let options = Options { recipient: Some(ClaimedIdentity::email(address)), ..Options::at(NOW.parse().unwrap()) };
        let bytes = assertion().to_string();
        let report = run(verify::verify(Input::Bytes(bytes.as_bytes()), &options, &web()));
        assert_report(&report, verdict, StepId::Recipient, code);
    }
}

mod signed {
    use super::*;

    fn signed_assertion() -> Value {
        let mut assertion = assertion();
        assertion["id"] = json!("urn:uuid:0191d2e4-7f1c-7a55-8a3e-000000000002");
        assertion["verification"] = json!({"type": "SignedBadge", "creator": KEY});
        assertion
    }

    fn key() -> Value {
        cryptographic_key_document(KEY, ISSUER, SIGNER.key.public_key())
    }

    fn list(entries: Value) -> Value {
        json!({"@context": CONTEXT, "type": "RevocationList", "id": LIST, "issuer": ISSUER, "revokedAssertions": entries})
    }

    fn signed_web() -> Web {
        web().json(KEY, &key()).json(LIST, &list(json!([])))
    }

    fn verify(assertion: &Value, web: &Web) -> Report {
        check(SIGNER.jws(assertion, json!({})), web)
    }

    #[test]
    fn a_good_one() {
        let report = verify(&signed_assertion(), &signed_web());
        assert_report(&report, Valid, StepId::Proof, "proof_holds");
        assert_report(&report, Valid, StepId::Key, "key_listed");
        assert_report(&report, Valid, StepId::Status, "status_ok");
        assert_eq!(report.kind, Some(Kind::OpenBadge2Signed));
        // The creator may be left out where there is but one key.
        let without = changed(signed_assertion(), "/verification/creator", Value::Null);
        assert_report(&verify(&without, &signed_web()), Valid, StepId::Key, "key_listed");
    }

    #[test]
    fn keys() {
        let with_profile = |keys: Value| {
            verify(&signed_assertion(), &signed_web().json(ISSUER, &changed(profile(), "/publicKey", keys)))
        };
        assert_report(&with_profile(json!([KEY, "https://weavers.example/keys/2"])), Valid, StepId::Key, "key_listed");
        assert_report(&with_profile(json!([key()])), Valid, StepId::Key, "key_listed");
        assert_report(&with_profile(Value::Null), Invalid, StepId::Key, "key_not_listed");
        let with_key = |key: Value| verify(&signed_assertion(), &signed_web().json(KEY, &key));
        let foreign = changed(key(), "/owner", json!("https://other.example"));
        assert_report(&with_key(foreign), Invalid, StepId::Key, "key_of_another");
        let other = changed(key(), "/id", json!("https://weavers.example/keys/2"));
        assert_report(&with_key(other), Invalid, StepId::Key, "document_other");
        let pem = changed(key(), "/publicKeyPem", json!("-----BEGIN"));
        assert_report(&with_key(pem), Invalid, StepId::Key, "key_document_malformed");
        let report = verify(&signed_assertion(), &signed_web().with(KEY, 500, ""));
        assert_report(&report, CouldNotBeChecked, StepId::Key, "key_unavailable");
        let report = verify(&signed_assertion(), &signed_web().with(ISSUER, 500, ""));
        assert_report(&report, CouldNotBeChecked, StepId::Proof, "proof_key_unknown");
    }

    #[test]
    fn signatures() {
        let token = SIGNER.jws(&signed_assertion(), json!({}));
        let (head, signature) = token.rsplit_once('.').unwrap();
        let altered = changed(signed_assertion(), "/issuedOn", json!("2026-02-01T00:00:00Z"));
        let other_head = SIGNER.jws(&altered, json!({}));
        let other_head = other_head.rsplit_once('.').unwrap().0;
        assert_ne!(head, other_head);
        let report = check(format!("{other_head}.{signature}"), &signed_web());
        assert_report(&report, Invalid, StepId::Proof, "proof_wrong");
        let p256 = Issuer { id: ISSUER.into(), key: TestKey::fresh_p256().unwrap() };
        let report = check(p256.jws(&signed_assertion(), json!({})), &signed_web());
        assert_report(&report, Invalid, StepId::Proof, "signed_algorithm");
    }

    /// One entry without brackets is what some libraries make of a list of one; it revokes all the same.
    #[test]
    fn revocation_lists() {
        let id = signed_assertion()["id"].clone();
        let with = |entries: Value| verify(&signed_assertion(), &signed_web().json(LIST, &list(entries)));
        for entries in [json!([id]), json!(id), json!({"id": id}), json!(["urn:uuid:x", {"id": id}])] {
            assert_report(&with(entries), Invalid, StepId::Status, "revoked");
        }
        let reason = json!([{"id": id, "revocationReason": "in error"}]);
        assert_report(&with(reason), Invalid, StepId::Status, "revoked_because");
        assert_report(&with(json!(["urn:uuid:x"])), Valid, StepId::Status, "status_ok");
        let report = verify(&signed_assertion(), &signed_web().with(LIST, 500, ""));
        assert_report(&report, CouldNotBeChecked, StepId::Status, "status_list_unavailable");
        let without = changed(profile(), "/revocationList", Value::Null);
        let report = verify(&signed_assertion(), &signed_web().json(ISSUER, &without));
        assert_report(&report, Valid, StepId::Status, "status_none");
    }
}

/// Open Badges 1.0: no context, no types, the address in `verify.url`, days as dates.
#[test]
fn an_old_badge() {
    let assertion = json!({"uid": "123", "issuedOn": "2015-04-01", "badge": BADGE, "verify": {"type": "hosted", "url": ASSERTION},
                           "recipient": {"type": "email", "identity": "test@example.com", "hashed": false}});
    let badge = json!({"name": "N", "description": "D", "image": IMAGE, "criteria": "https://weavers.example/c", "issuer": ISSUER});
    let issuer = json!({"name": "W", "url": "https://weavers.example"});
    let web = web().json(ASSERTION, &assertion).json(BADGE, &badge).json(ISSUER, &issuer);
    let report = check(assertion.to_string(), &web);
    assert_report(&report, ValidWithWarnings, StepId::Type, "legacy_version");
    assert_eq!(report.kind, Some(Kind::OpenBadge10Hosted));
    let other = changed(assertion.clone(), "/uid", json!("124"));
    assert_report(&check(other.to_string(), &web), Invalid, StepId::Hosted, "hosted_other");
}
