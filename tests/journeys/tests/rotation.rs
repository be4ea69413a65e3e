//! The key of access tokens is changed by deployments, and no caller notices.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::browser::Browser;
use journeys::{Issuer, operator, request, variable};
use proof::jws::CompactJws;
use std::process::Command;

mod records;

/// Deploys the stack that runs with these parameters changed, as `infra/deploy --parameter-overrides` does in AWS.
fn deploy(changed: &[(&str, &str)]) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let parameters = changed.iter().map(|(name, value)| format!("{name}={value}"));
    let done = Command::new(format!("{root}/.local/venv/bin/python"))
        .args([format!("{root}/infra/local/stack.py"), "deploy".to_owned()])
        .args(parameters)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
#[ignore = "deploys anew: it needs a stack of its own"]
fn the_key_of_tokens_changes_and_nobody_is_refused() {
    let issuer = Issuer::new("Turning", &[]);
    let path = format!("/v2/client/{}", issuer.client);
    let opens = |token: &str| match request("GET", &path, &[("authorization", &format!("Bearer {token}"))], b"").status
    {
        200 => true,
        403 => false,
        status => panic!("{status}"),
    };
    let given = || Issuer::sign_in(&issuer.client, &issuer.secret).token().to_owned();
    // The console asks the API in a member's name, by tokens of its own.
    issuer.member("turning@example.org", "admin");
    let mut browser = Browser::signed_in("turning@example.org");
    let mut looks = || drop(browser.get(&format!("/console/{}/badges", issuer.client)).expect(200));
    looks();
    let old_arn = variable("TOKEN_KEY_ARN");
    let new_arn = operator(&["token", "new-key"])["arn"].as_str().unwrap().to_owned();
    assert_ne!(old_arn, new_arn);
    let (old, new) = (records::token(&issuer.client, &old_arn, 0), records::token(&issuer.client, &new_arn, 0));
    assert_eq!((opens(&old), opens(&new)), (true, false));

    deploy(&[("AcceptedTokenKey", &new_arn)]);
    assert_eq!((opens(&old), opens(&new)), (true, true));
    assert_eq!(kid(&given()), kid(&old));
    looks();

    deploy(&[("SigningTokenKey", &new_arn), ("AcceptedTokenKey", &old_arn)]);
    assert_eq!((opens(&old), opens(&new)), (true, true));
    let given = given();
    assert_eq!(kid(&given), kid(&new));
    assert!(opens(&given));
    looks();

    deploy(&[("SigningTokenKey", &new_arn), ("AcceptedTokenKey", "")]);
    assert_eq!((opens(&old), opens(&given)), (false, true));
    looks();
}

/// Which key a token names.
fn kid(token: &str) -> Option<String> {
    CompactJws::parse(token).unwrap().header().key_id.clone()
}
