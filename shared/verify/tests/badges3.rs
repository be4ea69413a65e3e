//! Open Badges 3.0, situation by situation: who published what, and what the report says about it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "clippy takes helpers of tests for production code"
)]

mod common;

use common::{Issuer, NOW, Web, check, run};
use proof::keys::PublicKey;
use proof::status::{Bitstring, ListCredential, MIN_ENTRIES};
use proof::testing::TestKey;
use serde_json::{Value, json};
use verify::Verdict::{CouldNotBeChecked, Invalid, NotABadge, Valid, ValidWithWarnings};
use verify::{ClaimedIdentity, Input, Kind, Options, Outcome, Report, StepId, Verdict};

/// The verdict and the deciding code, and for a plainly valid badge the code of one step.
#[track_caller]
fn assert_report(report: &Report, verdict: Verdict, step: StepId, code: &str) {
    assert_eq!(report.verdict, verdict, "{report:#?}");
    let found = report.step(step).unwrap_or_else(|| panic!("no {step:?}: {report:#?}"));
    assert_eq!(found.code.as_str(), code, "{report:#?}");
}

fn weavers() -> Issuer {
    Issuer::did_web("weavers", 1)
}

#[test]
fn a_good_badge_passes_every_step() {
    let issuer = weavers();
    let report = check(issuer.sign(issuer.badge()).to_string(), &issuer.web());
    assert_eq!(report.verdict, Valid, "{report:#?}");
    assert_eq!(report.kind, Some(Kind::OpenBadge3));
    assert_eq!(report.summary.name.as_deref(), Some("機織り"));
    assert_eq!(report.summary.issuer_name.as_deref(), Some("織物組合"));
    let steps: Vec<_> = report.steps.iter().map(|step| (step.id, step.outcome)).collect();
    use Outcome::{Passed, Skipped};
    assert_eq!(
        steps,
        [
            (StepId::Input, Passed),
            (StepId::Context, Passed),
            (StepId::Type, Passed),
            (StepId::DataModel, Passed),
            (StepId::Schema, Skipped),
            (StepId::Subject, Passed),
            (StepId::Evidence, Skipped),
            (StepId::Issuer, Passed),
            (StepId::Proof, Passed),
            (StepId::Key, Passed),
            (StepId::Refresh, Skipped),
            (StepId::Status, Skipped),
            (StepId::Validity, Passed),
            (StepId::Recipient, Skipped),
            (StepId::Endorsements, Skipped),
        ]
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["verdict"], "valid");
    assert_eq!(json["steps"][9]["code"], "key_listed");
    assert_eq!(json["steps"][9]["id"], "key");
}

mod keys {
    use super::*;

    /// What the issuer's document says, and what follows from it.
    #[test]
    fn the_issuers_own_document_decides() {
        let issuer = weavers();
        let badge = issuer.sign(issuer.badge()).to_string();
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut document = issuer.document();
            change(&mut document);
            check(&badge, &Web::default().json(&issuer.address(), &document))
        };
        let key = StepId::Key;
        let set_all = |name: &'static str, value: &'static str| {
            move |document: &mut Value| {
                for method in document["verificationMethod"].as_array_mut().unwrap() {
                    method[name] = value.into();
                }
            }
        };
        assert_report(&changed(&|_| {}), Valid, key, "key_listed");
        assert_report(&changed(&|d| d["assertionMethod"] = json!([])), Invalid, key, "key_not_for_assertions");
        assert_report(&changed(&|d| d["verificationMethod"] = json!([])), Invalid, key, "key_not_listed");
        assert_report(&changed(&|d| d["id"] = json!("did:web:other.example")), Invalid, key, "issuer_document_other");
        let twice = |d: &mut Value| {
            let mut other = d["verificationMethod"][0].clone();
            other["publicKeyMultibase"] = json!("z6MknNQD1WHLGGraFi6zcbGevuAgkVfdyCdtZnQTGWVVvR5Q");
            d["verificationMethod"].as_array_mut().unwrap().push(other);
        };
        assert_report(&changed(&twice), Invalid, key, "key_ambiguous");
        assert_report(&changed(&set_all("controller", "did:web:other.example")), Invalid, key, "key_of_another");
        assert_report(&changed(&set_all("revoked", "2026-05-31T00:00:00Z")), Invalid, key, "key_revoked");
        assert_report(&changed(&set_all("revoked", "2026-07-01T00:00:00Z")), Valid, key, "key_listed");
        assert_report(&changed(&set_all("expires", "2026-05-31T00:00:00Z")), Invalid, key, "key_expired");
    }

    #[test]
    fn out_of_reach_is_neither_valid_nor_invalid() {
        let issuer = weavers();
        let badge = issuer.sign(issuer.badge()).to_string();
        for web in [
            Web::default(),
            Web::default().with(&issuer.address(), 404, ""),
            Web::default().with(&issuer.address(), 500, "{}"),
            Web::default().with(&issuer.address(), 200, "<!doctype html>"),
        ] {
            let report = check(&badge, &web);
            assert_report(&report, CouldNotBeChecked, StepId::Key, "issuer_unavailable");
            // The key is in the fragment: that the badge is unaltered can be said all the same.
            assert_report(&report, CouldNotBeChecked, StepId::Proof, "proof_holds");
        }
    }

    #[test]
    fn somebody_elses_key_is_not_the_issuers() {
        let (issuer, forger) = (weavers(), Issuer::did_web("forger", 2));
        // The forger's own method, listed in the forger's own document.
        let badge = forger.sign(issuer.badge());
        let web = issuer.web().and(forger.web());
        assert_report(&check(badge.to_string(), &web), Invalid, StepId::Key, "key_of_another");
        // The forger's key under the issuer's name.
        let method = format!("{}#{}", issuer.id, forger.key.public_key().to_multikey().unwrap());
        let badge = forger.sign_as(issuer.badge(), &method);
        assert_report(&check(badge.to_string(), &web), Invalid, StepId::Key, "key_not_listed");
        // A did:key that has nothing to do with the issuer.
        let did_key = proof::did::to_did_key(forger.key.public_key()).unwrap();
        let badge = forger.sign_as(issuer.badge(), &did_key);
        assert_report(&check(badge.to_string(), &web), Invalid, StepId::Key, "key_of_another");
    }

    #[test]
    fn a_did_key_issuer_is_its_key() {
        let key = TestKey::ed25519(&[3; 32]).unwrap();
        let id = proof::did::to_did_key(key.public_key()).unwrap();
        let issuer = Issuer { id: id.clone(), key };
        for method in [id.clone(), issuer.method()] {
            let report = check(issuer.sign_as(issuer.badge(), &method).to_string(), &Web::default());
            assert_report(&report, Valid, StepId::Key, "key_is_issuer");
        }
    }

    #[test]
    fn an_https_issuer_lists_its_keys_in_its_profile() {
        let id = "https://weavers.example/issuers/1";
        let issuer = Issuer { id: id.into(), key: TestKey::ed25519(&[4; 32]).unwrap() };
        let address = "https://weavers.example/keys/1";
        let badge = issuer.sign_as(issuer.badge(), address).to_string();
        let multikey = proof::discovery::multikey_document(address, id, issuer.key.public_key()).unwrap();
        let with_profile = |profile: Value| check(&badge, &Web::default().json(address, &multikey).json(id, &profile));
        let key = StepId::Key;
        assert_report(
            &with_profile(json!({"id": id, "type": "Profile", "publicKey": address})),
            Valid,
            key,
            "key_listed",
        );
        assert_report(&with_profile(json!({"id": id, "assertionMethod": [address]})), Valid, key, "key_listed");
        let embedded = json!({"id": id, "verificationMethod": [multikey], "assertionMethod": [address]});
        assert_report(&with_profile(embedded), Valid, key, "key_listed");
        let jwks = json!({"id": id, "jwks": {"keys": [issuer.key.public_key().to_jwk()]}});
        assert_report(&with_profile(jwks), Valid, key, "key_listed");
        assert_report(&with_profile(json!({"id": id, "type": "Profile"})), Invalid, key, "key_not_listed");
        let other = json!({"id": id, "publicKey": "https://weavers.example/keys/2"});
        assert_report(&with_profile(other), Invalid, key, "key_not_listed");
        // The key's own document says whose it is.
        let foreign =
            proof::discovery::multikey_document(address, "https://weavers.example/issuers/2", issuer.key.public_key());
        let web = Web::default().json(address, &foreign.unwrap()).json(id, &json!({"id": id, "publicKey": address}));
        assert_report(&check(&badge, &web), Invalid, key, "key_of_another");
        // Without the key there is nothing to compare with.
        let report = check(&badge, &Web::default());
        assert_report(&report, CouldNotBeChecked, key, "key_unavailable");
        assert_report(&report, CouldNotBeChecked, StepId::Proof, "proof_key_unknown");
    }

    #[test]
    fn an_issuer_that_leads_nowhere() {
        let issuer = Issuer { id: "did:ion:abc".into(), key: TestKey::ed25519(&[5; 32]).unwrap() };
        let report = check(issuer.sign(issuer.badge()).to_string(), &Web::default());
        assert_report(&report, CouldNotBeChecked, StepId::Key, "issuer_unresolvable");
    }
}

mod proofs {
    use super::*;

    #[test]
    fn any_one_proof_is_enough() {
        let issuer = weavers();
        let signed = issuer.sign(issuer.badge());
        let good = signed["proof"][0].clone();
        let mut wrong = good.clone();
        wrong["created"] = json!("2026-01-02T00:00:00Z");
        let unknown =
            json!({"type": "DataIntegrityProof", "cryptosuite": "bbs-2023", "verificationMethod": issuer.method()});
        let with = |proofs: Value| {
            let mut badge = signed.clone();
            badge["proof"] = proofs;
            check(badge.to_string(), &issuer.web())
        };
        assert_report(&with(json!([good])), Valid, StepId::Proof, "proof_holds");
        assert_report(&with(json!([unknown, good])), Valid, StepId::Proof, "proof_holds");
        assert_report(&with(json!([wrong, good])), ValidWithWarnings, StepId::Proof, "proof_another_fails");
        assert_report(&with(json!([wrong])), Invalid, StepId::Proof, "proof_wrong");
        assert_report(&with(json!([unknown])), CouldNotBeChecked, StepId::Proof, "proof_unsupported");
        assert_report(&with(json!([])), Invalid, StepId::Proof, "proof_missing");
        assert_report(&with(json!("x")), Invalid, StepId::Proof, "proof_malformed");
        let mut purpose = good.clone();
        purpose["proofPurpose"] = json!("authentication");
        assert_report(&with(json!([purpose])), Invalid, StepId::Proof, "proof_purpose");
    }

    #[test]
    fn nothing_is_fetched_in_the_name_of_a_forged_badge() {
        let issuer = weavers();
        let status = json!({"id": "https://weavers.example/r", "type": "1EdTechRevocationList"});
        let mut badge = issuer.sign(issuer.badge_with("credentialStatus", status));
        badge["name"] = json!("Mastery");
        let report = check(badge.to_string(), &issuer.web());
        assert_report(&report, Invalid, StepId::Status, "unproven_not_asked");
        assert_eq!(report.deciding().unwrap().code.as_str(), "proof_wrong");
    }

    #[test]
    fn tokens() {
        let mut issuer = weavers();
        issuer.key = TestKey::fresh_p256().unwrap();
        let badge = issuer.badge();
        let kid = proof::did::jwk_method_id(&issuer.id, issuer.key.public_key());
        let verify = |token: String| check(token, &issuer.web());
        let token = |header: Value| issuer.token(&badge, header);
        assert_report(&verify(token(json!({"kid": kid}))), Valid, StepId::Proof, "proof_holds");
        assert_report(&verify(token(json!({"kid": kid, "typ": "vc+jwt"}))), Valid, StepId::Key, "key_listed");
        let jwk = issuer.key.public_key().to_jwk();
        assert_report(&verify(token(json!({"jwk": jwk}))), Valid, StepId::Key, "key_listed");
        let fragment = kid.split_once('#').unwrap().1;
        assert_report(&verify(token(json!({"kid": fragment}))), Valid, StepId::Key, "key_listed");
        assert_report(&verify(token(json!({}))), Invalid, StepId::Proof, "proof_no_key_named");
        let report = verify(token(json!({"kid": kid, "x5t": "x"})));
        assert_report(&report, ValidWithWarnings, StepId::Claims, "header_additional");
        assert_report(
            &check(token(json!({"kid": kid})), &Web::default()),
            CouldNotBeChecked,
            StepId::Proof,
            "proof_key_unknown",
        );

        // A forger brings a key along; the signature holds and proves nothing.
        let forger = Issuer { id: issuer.id.clone(), key: TestKey::fresh_p256().unwrap() };
        let forged = forger.token(&badge, json!({"jwk": forger.key.public_key().to_jwk()}));
        let report = verify(forged);
        assert_report(&report, Invalid, StepId::Proof, "proof_holds");
        assert_report(&report, Invalid, StepId::Key, "key_not_listed");

        // The older form, with the credential in a claim.
        let mut payload = proof::vc_jwt::claims(&badge).unwrap();
        for name in badge.as_object().unwrap().keys() {
            payload.as_object_mut().unwrap().shift_remove(name);
        }
        payload["vc"] = badge.clone();
        let report = verify(issuer.jws(&payload, json!({"kid": kid})));
        assert_report(&report, ValidWithWarnings, StepId::Claims, "jwt_vc_claim");

        // Claims that contradict the credential, or are missing.
        let mut payload = proof::vc_jwt::claims(&badge).unwrap();
        payload["iss"] = json!("did:web:other.example");
        let report = verify(issuer.jws(&payload, json!({"kid": kid})));
        assert_report(&report, Invalid, StepId::Claims, "claim_differs");
        let mut payload = proof::vc_jwt::claims(&badge).unwrap();
        payload.as_object_mut().unwrap().shift_remove("nbf");
        assert_report(&verify(issuer.jws(&payload, json!({"kid": kid}))), Invalid, StepId::Claims, "claim_missing");
        let mut payload = proof::vc_jwt::claims(&badge).unwrap();
        payload.as_object_mut().unwrap().shift_remove("sub");
        let report = verify(issuer.jws(&payload, json!({"kid": kid})));
        assert_report(&report, ValidWithWarnings, StepId::Claims, "claim_subject_missing");

        // The key at an address of its own answers one JWK; the issuer's document lists it.
        let address = "https://weavers.example/keys/1";
        let jwk = proof::discovery::jwk_document(address, issuer.key.public_key());
        let web = issuer.web().json(address, &jwk);
        assert_report(&check(token(json!({"kid": address})), &web), Valid, StepId::Key, "key_listed");
    }

    #[test]
    fn eddsa_tokens_hold_with_a_remark() {
        let issuer = weavers();
        let token = issuer.token(&issuer.badge(), json!({"kid": issuer.method()}));
        assert_report(&check(token, &issuer.web()), ValidWithWarnings, StepId::Proof, "algorithm_unusual");
    }

    #[test]
    fn unsecured_and_symmetric_tokens_are_not_read() {
        let issuer = weavers();
        let token = issuer.token(&issuer.badge(), json!({"kid": issuer.method()}));
        let (_, rest) = token.split_once('.').unwrap();
        let rows = [
            ("none", Invalid, "proof_missing"),
            ("HS256", Invalid, "proof_symmetric"),
            ("PS256", CouldNotBeChecked, "proof_unsupported"),
        ];
        for (alg, verdict, code) in rows {
            let header = proof::encoding::base64url_encode(json!({"alg": alg}).to_string().as_bytes());
            assert_report(&check(format!("{header}.{rest}"), &issuer.web()), verdict, StepId::Input, code);
        }
    }
}

mod statuses {
    use super::*;

    const LIST: &str = "https://weavers.example/status/1";

    fn entry(purpose: &str, index: u64) -> Value {
        json!({"id": format!("{LIST}#{index}"), "type": "BitstringStatusListEntry", "statusPurpose": purpose,
               "statusListIndex": index.to_string(), "statusListCredential": LIST})
    }

    fn list(issuer: &Issuer, purpose: &str, set: &[usize]) -> Value {
        let mut bits = Bitstring::new(MIN_ENTRIES).unwrap();
        for index in set {
            bits.set(*index, true).unwrap();
        }
        let until = Some("2026-12-01T00:00:00Z".parse().unwrap());
        let valid_from = "2026-01-01T00:00:00Z".parse().unwrap();
        ListCredential { url: LIST, issuer_id: &issuer.id, purpose, valid_from, valid_until: until }.to_value(&bits)
    }

    #[track_caller]
    fn with(list: Option<&Value>, entry: Value, verdict: Verdict, code: &str) {
        let issuer = weavers();
        let badge = issuer.sign(issuer.badge_with("credentialStatus", entry));
        let web = list.iter().fold(issuer.web(), |web, list| web.json(LIST, list));
        assert_report(&check(badge.to_string(), &web), verdict, StepId::Status, code);
    }

    #[test]
    fn bitstring_lists() {
        let issuer = weavers();
        let good = issuer.sign(list(&issuer, "revocation", &[7]));
        with(Some(&good), entry("revocation", 8), Valid, "status_ok");
        with(Some(&good), entry("revocation", 7), Invalid, "revoked");
        with(Some(&good), entry("suspension", 8), Invalid, "status_purpose_differs");
        with(Some(&good), entry("revocation", 131_072), Invalid, "status_list_malformed");
        with(None, entry("revocation", 8), CouldNotBeChecked, "status_list_unavailable");
        with(Some(&issuer.sign(list(&issuer, "suspension", &[7]))), entry("suspension", 7), Invalid, "suspended");
        with(Some(&issuer.sign(list(&issuer, "message", &[7]))), entry("message", 7), ValidWithWarnings, "status_flag");

        let both = json!([entry("revocation", 8), entry("revocation", 7)]);
        with(Some(&good), both, Invalid, "revoked");
        let mut number = entry("revocation", 8);
        number["statusListIndex"] = json!(8);
        with(Some(&good), number, ValidWithWarnings, "status_index_number");
    }

    #[test]
    fn a_list_that_cannot_be_relied_on() {
        let issuer = weavers();
        let unsigned = list(&issuer, "revocation", &[]);
        with(Some(&unsigned), entry("revocation", 8), Invalid, "status_list_unproven");
        // Somebody else's signature under the issuer's name.
        let forger = Issuer { id: issuer.id.clone(), key: TestKey::ed25519(&[9; 32]).unwrap() };
        with(Some(&forger.sign(unsigned.clone())), entry("revocation", 8), Invalid, "status_list_unproven");
        let mut old = unsigned.clone();
        old["validUntil"] = json!("2026-05-01T00:00:00Z");
        with(Some(&issuer.sign(old)), entry("revocation", 8), CouldNotBeChecked, "status_list_expired");
        let mut short = unsigned.clone();
        short["credentialSubject"]["encodedList"] = json!("uH4sIAAAAAAAAA2NgAAAAtO_kAQIAAAA");
        with(Some(&issuer.sign(short)), entry("revocation", 8), Invalid, "status_list_malformed");
        // Another issuer's list, whose document is out of reach.
        let other = Issuer::did_web("other", 8);
        let foreign = other.sign(list(&other, "revocation", &[]));
        with(Some(&foreign), entry("revocation", 8), CouldNotBeChecked, "status_list_untied");
    }

    #[test]
    fn a_list_as_token() {
        let issuer = weavers();
        let mut payload = list(&issuer, "revocation", &[7]);
        payload["iss"] = payload["issuer"].clone();
        let token = issuer.jws(&payload, json!({"kid": issuer.method()}));
        let badge = issuer.sign(issuer.badge_with("credentialStatus", entry("revocation", 7)));
        for body in [token.clone(), json!(token).to_string()] {
            let web = issuer.web().with(LIST, 200, body);
            assert_report(&check(badge.to_string(), &web), Invalid, StepId::Status, "revoked");
        }
    }

    #[test]
    fn revocation_lists_of_1edtech() {
        let entry = || json!({"id": LIST, "type": "1EdTechRevocationList"});
        let list = |revoked: Value| json!({"id": LIST, "issuer": weavers().id, "revokedCredential": revoked});
        let id = weavers().badge()["id"].clone();
        with(Some(&list(json!([]))), entry(), Valid, "status_ok");
        with(Some(&list(json!([{"id": id, "revocationReason": "in error"}]))), entry(), Invalid, "revoked_because");
        with(Some(&list(json!([{"id": id, "revoked": false}]))), entry(), Valid, "status_ok");
        with(Some(&list(json!("x"))), entry(), Invalid, "status_list_malformed");
        with(None, entry(), CouldNotBeChecked, "status_list_unavailable");
    }

    #[test]
    fn a_method_nobody_knows() {
        let entry = json!({"id": LIST, "type": "CredentialStatusList2017"});
        let issuer = weavers();
        let mut badge = issuer.badge_with("credentialStatus", entry);
        badge["@context"].as_array_mut().unwrap().push(json!("https://www.w3.org/ns/credentials/examples/v2"));
        let report = check(issuer.sign(badge).to_string(), &issuer.web());
        assert_report(&report, CouldNotBeChecked, StepId::Status, "status_type_unknown");
    }
}

mod refreshes {
    use super::*;

    const SERVICE: &str = "https://weavers.example/refresh/1";

    fn original(issuer: &Issuer) -> Value {
        issuer.badge_with("refreshService", json!({"id": SERVICE, "type": "1EdTechCredentialRefresh"}))
    }

    fn answering(issuer: &Issuer, newer: &Value) -> Report {
        let badge = issuer.sign(original(issuer));
        check(badge.to_string(), &issuer.web().json(SERVICE, newer))
    }

    fn newer(issuer: &Issuer) -> Value {
        let mut newer = original(issuer);
        newer["validFrom"] = json!("2026-05-01T00:00:00Z");
        newer["credentialSubject"]["achievement"]["name"] = json!("Newer");
        newer
    }

    #[test]
    fn a_newer_version_that_holds_is_taken() {
        let issuer = weavers();
        let report = answering(&issuer, &issuer.sign(newer(&issuer)));
        assert_report(&report, Valid, StepId::Refresh, "refresh_taken");
        assert_eq!(report.summary.name.as_deref(), Some("Newer"));
        assert_eq!(report.steps.iter().filter(|step| step.id == StepId::Proof).count(), 1);
    }

    #[test]
    fn anything_else_leaves_the_original() {
        let issuer = weavers();
        let report = answering(&issuer, &issuer.sign(original(&issuer)));
        assert_report(&report, Valid, StepId::Refresh, "refresh_current");
        let forger = Issuer { id: issuer.id.clone(), key: TestKey::ed25519(&[9; 32]).unwrap() };
        let mut other = newer(&issuer);
        other["id"] = json!("urn:uuid:0191d2e4-7f1c-7a55-8a3e-000000000000");
        for answer in [newer(&issuer), forger.sign(newer(&issuer)), issuer.sign(other), json!([1])] {
            let report = answering(&issuer, &answer);
            assert_report(&report, ValidWithWarnings, StepId::Refresh, "refresh_failed");
            assert_eq!(report.summary.name.as_deref(), Some("機織り"));
        }
    }

    #[test]
    fn an_unproven_badge_is_not_refreshed() {
        let issuer = weavers();
        let badge = issuer.sign(original(&issuer)).to_string();
        let web = Web::default().json(SERVICE, &issuer.sign(newer(&issuer)));
        assert_report(&check(badge, &web), CouldNotBeChecked, StepId::Refresh, "unproven_not_asked");
    }
}

mod endorsed {
    use super::*;

    fn endorsement(endorser: &Issuer, target: &str) -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
            "id": "urn:uuid:0191d2e4-7f1c-7a55-8a3e-00000000000e",
            "type": ["VerifiableCredential", "EndorsementCredential"],
            "name": "We value this",
            "issuer": {"id": endorser.id, "type": ["Profile"], "name": "Guild"},
            "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": {"id": target, "type": ["EndorsementSubject"], "endorsementComment": "Good."}
        })
    }

    const TARGET: &str = "https://weavers.example/achievements/1";

    fn with(endorsements: Value, web: &Web) -> Report {
        let issuer = weavers();
        let mut badge = issuer.badge();
        badge["credentialSubject"]["achievement"]["endorsement"] = endorsements;
        check(issuer.sign(badge).to_string(), web)
    }

    fn guild() -> Issuer {
        Issuer::did_web("guild", 6)
    }

    fn both() -> Web {
        weavers().web().and(guild().web())
    }

    #[test]
    fn every_endorsement_is_verified_like_a_badge() {
        let signed = guild().sign(endorsement(&guild(), TARGET));
        assert_report(&with(json!([signed]), &both()), Valid, StepId::Endorsements, "endorsements_ok");
        let mut altered = signed.clone();
        altered["credentialSubject"]["endorsementComment"] = json!("Excellent.");
        let report = with(json!([altered]), &both());
        assert_report(&report, Invalid, StepId::Endorsements, "endorsement_fails");
        let step = report.step(StepId::Endorsements).unwrap();
        assert_eq!(step.at, "credentialSubject.achievement.endorsement[0]");
        let mut expired = endorsement(&guild(), TARGET);
        expired["validUntil"] = json!("2026-02-01T00:00:00Z");
        assert_report(
            &with(json!([guild().sign(expired)]), &both()),
            Invalid,
            StepId::Endorsements,
            "endorsement_fails",
        );
        assert_report(
            &with(json!([endorsement(&guild(), TARGET)]), &both()),
            Invalid,
            StepId::Endorsements,
            "endorsement_fails",
        );
        let badge_as_endorsement = guild().sign(guild().badge());
        let report = with(json!([badge_as_endorsement]), &both());
        assert_report(&report, Invalid, StepId::Endorsements, "endorsement_fails");
    }

    #[test]
    fn an_endorser_out_of_reach_does_not_hurt_the_badge() {
        let signed = guild().sign(endorsement(&guild(), TARGET));
        let report = with(json!([signed]), &weavers().web());
        assert_report(&report, ValidWithWarnings, StepId::Endorsements, "endorsement_unchecked");
    }

    #[test]
    fn an_endorsement_of_something_else_is_remarked_on() {
        let signed = guild().sign(endorsement(&guild(), "https://weavers.example/achievements/2"));
        assert_report(&with(json!([signed]), &both()), ValidWithWarnings, StepId::Endorsements, "endorsement_of_other");
    }

    #[test]
    fn endorsements_as_tokens() {
        let issuer = weavers();
        let mut badge = issuer.badge();
        let token = guild().token(&endorsement(&guild(), TARGET), json!({"kid": guild().method()}));
        badge["credentialSubject"]["achievement"]["endorsementJwt"] = json!([token]);
        // A token's EdDSA is a remark on the endorsement only.
        assert_report(&check(issuer.sign(badge).to_string(), &both()), Valid, StepId::Endorsements, "endorsements_ok");
    }

    #[test]
    fn one_that_stands_alone() {
        let signed = guild().sign(endorsement(&guild(), TARGET));
        let report = check(signed.to_string(), &both());
        assert_report(&report, Valid, StepId::Type, "type_endorsement");
        assert_eq!(report.kind, Some(Kind::Endorsement3));
    }

    #[test]
    fn work_is_bounded() {
        let signed = guild().sign(endorsement(&guild(), TARGET));
        let many: Vec<Value> = (0..verify::limits::MAX_ENDORSEMENTS + 1).map(|_| signed.clone()).collect();
        assert_report(&with(json!(many), &both()), ValidWithWarnings, StepId::Endorsements, "endorsements_too_many");
    }
}

/// What a signed badge says in unusual ways: pointer-free, one change at the top, one step.
#[test]
fn remarks_on_what_is_signed() {
    let issuer = weavers();
    let report = |badge: Value| check(issuer.sign(badge).to_string(), &issuer.web());
    let with = |name: &str, value: Value| report(issuer.badge_with(name, value));

    let own = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";
    let schema = |id: &str| json!([{"id": id, "type": "1EdTechJsonSchemaValidator2019"}]);
    assert_report(&with("credentialSchema", schema(own)), Valid, StepId::Schema, "schema_ok");
    let foreign = with("credentialSchema", schema("https://weavers.example/schema"));
    assert_report(&foreign, ValidWithWarnings, StepId::Schema, "schema_unknown");
    let evidence = with("evidence", json!([{"type": ["Evidence"], "narrative": "Wove."}]));
    assert_report(&evidence, Valid, StepId::Evidence, "evidence_ok");

    let service = json!({"id": "https://weavers.example/r", "type": "1EdTechCredentialRefresh"});
    let mut odd = issuer.badge_with("refreshService", service);
    odd["refreshService"]["type"] = json!("OpenBadgeCredential");
    assert_report(&report(odd), ValidWithWarnings, StepId::Refresh, "refresh_unknown");

    let entry =
        |index: usize| json!({"id": format!("https://weavers.example/l{index}"), "type": "1EdTechRevocationList"});
    let many: Vec<Value> = (0..verify::limits::MAX_STATUS_ENTRIES + 1).map(entry).collect();
    let step = with("credentialStatus", json!(many));
    assert_eq!(step.verdict, CouldNotBeChecked);

    let mut empty = issuer.badge();
    empty["credentialSubject"]["achievement"]["tag"] = json!([]);
    assert_report(&report(empty), ValidWithWarnings, StepId::Subject, "array_empty");
}

/// Documents that cannot be expanded, or not with certainty.
#[test]
fn vocabularies() {
    let issuer = weavers();
    let signed = issuer.sign(issuer.badge());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut badge = signed.clone();
        change(&mut badge);
        check(badge.to_string(), &issuer.web())
    };
    let context = StepId::Context;
    let report = with(&|badge| badge["@context"][2] = json!("https://weavers.example/context.json"));
    assert_report(&report, CouldNotBeChecked, context, "context_unknown");
    let report =
        with(&|badge| badge["@context"][1] = json!("https://purl.imsglobal.org/spec/ob/v3p0/context-3.9.9.json"));
    assert_report(&report, CouldNotBeChecked, context, "context_unknown");
    assert!(report.step(context).unwrap().details.is_empty(), "a newer edition is not called older");
    assert_report(&with(&|badge| badge["sneaky"] = json!(1)), Invalid, context, "term_undefined");
    assert_report(&with(&|badge| badge["@context"] = json!(7)), Invalid, context, "context_missing");
    let relative = with(&|badge| badge["credentialSubject"]["achievement"]["id"] = json!("achievements/1"));
    assert_report(&relative, Invalid, context, "iri_invalid");
}

#[test]
fn dates_and_recipients() {
    let issuer = weavers();
    let verify = |badge: Value, recipient: Option<ClaimedIdentity>| {
        let options = Options { recipient, ..Options::at(NOW.parse().unwrap()) };
        run(verify::verify(Input::Bytes(issuer.sign(badge).to_string().as_bytes()), &options, &issuer.web()))
    };
    let late = issuer.badge_with("validFrom", json!("2026-06-02T00:00:00Z"));
    assert_report(&verify(late, None), Invalid, StepId::Validity, "not_yet_valid");
    let over = issuer.badge_with("validUntil", json!("2026-05-31T00:00:00Z"));
    assert_report(&verify(over, None), Invalid, StepId::Validity, "expired");
    let report = verify(issuer.badge(), Some(ClaimedIdentity::email("a@example.com")));
    assert_report(&report, Valid, StepId::Recipient, "recipient_matches");
    assert_eq!(report.summary.recipient_matches, Some(true));
    let report = verify(issuer.badge(), Some(ClaimedIdentity::email("b@example.com")));
    assert_report(&report, Invalid, StepId::Recipient, "recipient_differs");
}

#[test]
fn documents_that_are_no_badges() {
    let code = |value: Value, verdict: Verdict, code: &str| {
        assert_report(&check(value.to_string(), &Web::default()), verdict, StepId::Type, code);
    };
    code(json!({}), NotABadge, "type_not_badge");
    code(json!({"@context": "https://w3id.org/openbadges/v2", "type": "BadgeClass"}), NotABadge, "type_not_badge");
    let mut badge = weavers().badge();
    badge["type"] = json!(["VerifiableCredential"]);
    code(badge, Invalid, "type_missing");
}

#[test]
fn an_address_is_followed_to_the_badge() {
    let issuer = weavers();
    let url = "https://weavers.example/credentials/1";
    let badge = issuer.sign(issuer.badge()).to_string();
    let options = Options::at(NOW.parse().unwrap());
    let at = |web: &Web| run(verify::verify(Input::Url(url), &options, web));
    assert_report(&at(&issuer.web().with(url, 200, badge.clone())), Valid, StepId::Input, "input_json");
    let png = bake_svg(&badge);
    assert_report(&at(&issuer.web().with(url, 200, png)), Valid, StepId::Input, "input_svg");
    assert_report(&at(&Web::default()), CouldNotBeChecked, StepId::Input, "input_unavailable");
    assert_report(&at(&Web::default().with(url, 404, "")), CouldNotBeChecked, StepId::Input, "input_unavailable");
    assert_report(&at(&Web::default().with(url, 410, "")), Invalid, StepId::Input, "input_gone");
    assert_report(&at(&Web::default().with(url, 200, "<!DOCTYPE html>")), NotABadge, StepId::Input, "input_html");
    // An address inside an address inside an address goes round in circles.
    assert_report(&at(&Web::default().with(url, 200, url)), NotABadge, StepId::Input, "input_unknown");
}

#[test]
fn of_two_versions_in_one_image_the_newer_is_checked() {
    let issuer = weavers();
    let both = bake::Payload::v2_hosted(r#"{"type":"Assertion"}"#, "https://weavers.example/assertions/1");
    let image = bake::bake(&bake_svg(&issuer.sign(issuer.badge()).to_string()), &both).unwrap();
    let report = check(image, &issuer.web());
    assert_report(&report, Valid, StepId::Input, "input_both_versions");
    assert_eq!(report.kind, Some(Kind::OpenBadge3));
}

fn bake_svg(credential: &str) -> Vec<u8> {
    let image = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>"#;
    bake::bake(image, &bake::Payload::v3_json(credential)).unwrap()
}

/// A key that is read and is no key for signatures of its kind.
#[test]
fn a_published_private_key_is_no_proof() {
    let mut issuer = weavers();
    issuer.key = TestKey::fresh_p256().unwrap();
    let mut jwk = issuer.key.public_key().to_jwk();
    jwk["d"] = json!("AA");
    let token = issuer.token(&issuer.badge(), json!({"jwk": jwk}));
    assert_report(&check(token, &issuer.web()), Invalid, StepId::Proof, "proof_key_unread");
    assert!(PublicKey::from_jwk(&jwk).is_err());
}
