//! The stack's records and files, where a journey has to know or to change what no answer tells.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub, reason = "no journey needs all of it")]

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use edge::token::Claims;
use jiff::Timestamp;
use journeys::{base, request, variable};
use serde_json::Value;
use store::Store;

#[expect(clippy::disallowed_methods, reason = "the stack's clock is the machine's")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The stack's AWS, as its account's root.
pub fn aws() -> SdkConfig {
    let credentials =
        Credentials::new(variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")))
        .endpoint_url(variable("AWS_ENDPOINT_URL"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// The store as a function has it, with the bucket of evidence.
pub fn files() -> Store {
    Store::new(&aws(), variable("TABLE_NAME"), variable("BUCKET_NAME")).in_bucket(variable("EVIDENCE_BUCKET_NAME"))
}

/// An organisation's token as `accounts` makes one, signed by the key at `arn` and given out `ago` seconds before now.
pub fn token(client: &str, arn: &str, ago: i64) -> String {
    let at = now() - jiff::SignedDuration::from_secs(ago);
    signed(&Claims::new(&base(), &client.parse().unwrap(), "1", vec!["admin".into()], at), arn)
}

/// A token with these claims, signed by the key at `arn`.
pub fn signed(claims: &Claims, arn: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let signer = signer::Signer::new(&aws());
        let key = signer.public_key(arn).await.unwrap();
        let draft = claims.draft(&key).unwrap();
        let signature = signer.sign(arn, draft.signing_input()).await.unwrap();
        draft.complete(&signature, &key).unwrap()
    })
}

/// Wakes a function with a payload, as a schedule does.
pub fn wake(function: &str, payload: &Value) {
    let address = format!("{}/2015-03-31/functions/shirushi-{function}:live/invocations", variable("AWS_ENDPOINT_URL"));
    let credential =
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0";
    let woken = request("POST", &address, &[("authorization", credential)], payload.to_string().as_bytes()).expect(200);
    assert_eq!(woken.header("x-amz-function-error"), "", "{}", woken.text());
}
