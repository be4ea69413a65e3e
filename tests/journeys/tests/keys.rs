//! Keys: published so that others can check, rotated without losing what was signed, revoked when they are lost.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, get, get_as, operator, picture, step, validate};
use serde_json::Value;

fn method_of(credential: &Value) -> String {
    credential["proof"][0]["verificationMethod"].as_str().unwrap().to_owned()
}

#[test]
fn every_form_of_an_issuers_keys_is_published_and_agrees() {
    let issuer = Issuer::new("Published", &["--vc-jwt", "ES256"]);
    let client = &issuer.client;
    let did = get(&format!("/issuers/{client}/did.json")).expect(200).json();
    let asserted: Vec<&str> = did["assertionMethod"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let methods = did["verificationMethod"].as_array().unwrap();
    assert_eq!(asserted.len(), methods.len());
    for method in methods {
        assert_eq!(method["controller"], did["id"]);
        assert!(asserted.contains(&method["id"].as_str().unwrap()));
    }
    let jwks = get(&format!("/issuers/{client}/jwks.json")).expect(200).json();
    for key in jwks["keys"].as_array().unwrap() {
        let id = key["kid"].as_str().unwrap();
        assert!(methods.iter().any(|method| method["id"] == id), "{id}");
        let kid = id.split('#').nth(1).unwrap();
        let single = get(&format!("/issuers/{client}/keys/{kid}")).expect(200);
        assert_eq!(single.header("content-type"), "application/json");
        assert!(single.json().get("keys").is_none() && single.json()["kty"] == key["kty"], "one JWK, no set");
        assert!(single.json().get("d").is_none());
    }
    let multikey = methods.iter().find(|m| m["type"] == "Multikey").unwrap();
    let fragment = multikey["id"].as_str().unwrap().split('#').nth(1).unwrap();
    let document = get(&format!("/issuers/{client}/multikeys/{fragment}")).expect(200).json();
    assert_eq!(document["publicKeyMultibase"], fragment);
    assert_eq!(get(&format!("/issuers/{client}/keys/nosuchkey")).expect(404).json()["status"], 404);
    let ob2 = get(&format!("/ob2/issuers/{client}")).expect(200).json();
    let key = get(ob2["publicKey"].as_str().unwrap()).expect(200).json();
    assert_eq!(
        (&key["owner"], key["publicKeyPem"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----")),
        (&ob2["id"], true)
    );
}

#[test]
fn a_status_list_comes_in_two_forms() {
    let issuer = Issuer::new("Lists", &[]);
    let event = issuer.issue(&issuer.create_badge(&picture()), &["a@example.org"]);
    let credential = get(&format!("/credentials/{}", issuer.credentials(&event)[0])).expect(200).json();
    let list = credential["credentialStatus"]["statusListCredential"].as_str().unwrap();
    let embedded = get(list).expect(200).json();
    assert_eq!(embedded["issuer"], credential["issuer"]["id"]);
    assert!(embedded["proof"].is_array());
    let compact = get_as(list, "application/vc+jwt").expect(200);
    assert_eq!((compact.header("content-type"), compact.text().split('.').count()), ("application/vc+jwt", 3));
}

#[test]
fn a_new_key_signs_from_now_on_and_the_old_ones_signatures_hold_until_it_is_lost() {
    let issuer = Issuer::new("Rotation", &["--key-scope", "own"]);
    let scope = issuer.client.as_str();
    let arn = journeys::variable("CREDENTIAL_KEY_ARN");
    let kid = |answer: Value| answer["kid"].as_str().unwrap().to_owned();
    let old_kid = kid(operator(&["keys", "add", "--arn", &arn, "--scope", scope]));
    let badge = issuer.create_badge(&picture());
    let first =
        get(&format!("/credentials/{}", issuer.credentials(&issuer.issue(&badge, &["a@example.org"]))[0])).expect(200);

    let new_kid = kid(operator(&["keys", "create", "--like", &arn, "--scope", scope]));
    let _ = operator(&["keys", "retire", "--kid", &old_kid, "--scope", scope]);
    let second =
        get(&format!("/credentials/{}", issuer.credentials(&issuer.issue(&badge, &["b@example.org"]))[0])).expect(200);
    assert_ne!(old_kid, new_kid);
    assert_ne!(method_of(&first.json()), method_of(&second.json()));
    for credential in [&first, &second] {
        let report = validate(&credential.body);
        assert_eq!(report["verdict"], "valid", "{report:#}");
    }

    let _ = operator(&["keys", "compromised", "--kid", &old_kid, "--scope", scope]);
    let report = validate(&first.body);
    assert_ne!(report["verdict"], "valid", "{report:#}");
    assert!(step(&report, "key").starts_with("failed/"), "{report:#}");
    // The status list was signed anew by the new key: what that key signed goes on holding.
    let third =
        get(&format!("/credentials/{}", issuer.credentials(&issuer.issue(&badge, &["c@example.org"]))[0])).expect(200);
    for credential in [&second, &third] {
        let report = validate(&credential.body);
        assert_eq!(report["verdict"], "valid", "{report:#}");
    }
}
