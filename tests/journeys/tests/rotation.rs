//! The key of access tokens is changed by deployments, and no caller notices.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::browser::Browser;
use journeys::{Issuer, operator, request, variable};
use proof::jws::CompactJws;

mod records;

/// Deploys the stack that runs with these parameters changed, as `sam deploy --parameter-overrides` does, and waits for it.
fn deploy(changed: &[(&str, &str)]) {
    let described = cloudformation(&[("Action", "DescribeStacks"), ("StackName", "shirushi")]);
    let names = described.split("<ParameterKey>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    let mut form = vec![("Action".to_owned(), "UpdateStack".to_owned())];
    form.push(("StackName".to_owned(), "shirushi".to_owned()));
    form.push(("UsePreviousTemplate".to_owned(), "true".to_owned()));
    form.push(("Capabilities.member.1".to_owned(), "CAPABILITY_IAM".to_owned()));
    let kept: Vec<String> = names.filter(|name| changed.iter().all(|(other, _)| other != name)).collect();
    for (index, name) in kept.iter().enumerate() {
        form.push((format!("Parameters.member.{}.ParameterKey", index + 1), name.clone()));
        form.push((format!("Parameters.member.{}.UsePreviousValue", index + 1), "true".to_owned()));
    }
    for (index, (name, value)) in changed.iter().enumerate() {
        let number = kept.len() + index + 1;
        form.push((format!("Parameters.member.{number}.ParameterKey"), (*name).to_owned()));
        form.push((format!("Parameters.member.{number}.ParameterValue"), (*value).to_owned()));
    }
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let _ = cloudformation(&form);
    let status = cloudformation(&[("Action", "DescribeStacks"), ("StackName", "shirushi")]);
    assert!(status.contains("<StackStatus>UPDATE_COMPLETE</StackStatus>"), "{status}");
}

/// A call of CloudFormation's query protocol; its answer in XML.
fn cloudformation(fields: &[(&str, &str)]) -> String {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0",
        ),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request("POST", &format!("{}/", variable("AWS_ENDPOINT_URL")), &headers, body.as_bytes()).expect(200).text()
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
