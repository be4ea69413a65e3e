//! Files that strangers put straight into the bucket, past the function and its six megabytes.
//!
//! A function hands out a form (Amazon S3, "Browser-Based Uploads Using POST", Signature Version 4): an address and the fields
//! to send before the file. The signed policy among them fixes the object, the largest size and, where it is given, what the file
//! will be served as; S3 takes nothing else, and nothing after its end. So whoever receives it can leave one file in one place,
//! and the power to do so is the function's own, lent for some minutes.
//!
//! The SDK signs requests, not policies. The signature is four HMACs, held here to the example in S3's own documentation.

use crate::client::{Store, StoreError, unavailable};
use aws_lc_rs::hmac;
use aws_sdk_s3::config::ProvideCredentials as _;
use aws_sdk_s3::presigning::PresigningConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What may be uploaded, where, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload<'a> {
    /// The object key, exactly.
    pub object: &'a str,
    /// Its media type, if it is to be fixed: then the form carries it, and S3 takes no other.
    pub content_type: Option<&'a str>,
    /// How a browser treats it when it is fetched from the bucket, if that is to be fixed: `attachment` keeps it from being shown.
    pub content_disposition: Option<&'a str>,
    /// Largest file. The smallest is one byte.
    pub max_bytes: u64,
    /// How long the form works. An upload that has begun by then is finished.
    pub life: Duration,
}

/// Names and values of a form's fields, in their order.
pub type Fields = Vec<(&'static str, String)>;

/// A form that uploads one file: `fields` in their order as `multipart/form-data` to `url`, and after them the field `file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedPost {
    /// Where to post.
    pub url: String,
    /// Name and value of what goes before the file.
    pub fields: Fields,
    /// Until when it is taken.
    pub expires_at: Timestamp,
}

/// What signs a policy.
struct Signer<'a> {
    key_id: &'a str,
    secret: &'a str,
    session_token: Option<&'a str>,
    region: &'a str,
}

impl Store {
    /// A form with which anybody can upload one file, once or several times over the other, as `upload` says.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when this process has no credentials to sign it with.
    pub async fn presigned_post(&self, upload: &Upload<'_>, now: Timestamp) -> Result<PresignedPost, StoreError> {
        let missing = |code: &str| StoreError::Unavailable { operation: "PostObject", code: code.to_owned() };
        let provider = self.aws().credentials_provider().ok_or_else(|| missing("no credentials"))?;
        let credentials = provider.provide_credentials().await.map_err(|_| missing("no credentials"))?;
        let signer = Signer {
            key_id: credentials.access_key_id(),
            secret: credentials.secret_access_key(),
            session_token: credentials.session_token(),
            region: self.aws().region().ok_or_else(|| missing("no region"))?.as_ref(),
        };
        let (fields, expires_at) = fields(upload, self.bucket(), &signer, now)?;
        Ok(PresignedPost { url: self.bucket_url().await?, fields, expires_at })
    }

    /// The bucket's own address. The SDK alone knows whether that is a host or a path: it is asked for an object's.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the SDK does not know it.
    pub async fn bucket_url(&self) -> Result<String, StoreError> {
        const OBJECT: &str = "o";
        let life = PresigningConfig::expires_in(Duration::from_secs(1)).map_err(|_| StoreError::Corrupt("life"))?;
        let request = self.s3().get_object().bucket(self.bucket()).key(OBJECT).presigned(life).await;
        let request = request.map_err(|e| unavailable("PostObject", &e))?;
        let address = request.uri().split('?').next().unwrap_or_default();
        address.strip_suffix(OBJECT).map(str::to_owned).ok_or(StoreError::Corrupt("the bucket's address"))
    }
}

/// The form's fields: what the policy fixes, the policy, and its signature.
fn fields(
    upload: &Upload<'_>,
    bucket: &str,
    signer: &Signer<'_>,
    now: Timestamp,
) -> Result<(Fields, Timestamp), StoreError> {
    let expires_at = now.checked_add(upload.life).map_err(|_| StoreError::Corrupt("life of an upload"))?;
    let date = now.strftime("%Y%m%d").to_string();
    let mut fields = vec![("key", upload.object.to_owned())];
    fields.extend(upload.content_type.map(|value| ("Content-Type", value.to_owned())));
    fields.extend(upload.content_disposition.map(|value| ("Content-Disposition", value.to_owned())));
    fields.push(("x-amz-algorithm", ALGORITHM.to_owned()));
    fields.push(("x-amz-credential", format!("{}/{}", signer.key_id, scope(&date, signer.region))));
    fields.push(("x-amz-date", now.strftime("%Y%m%dT%H%M%SZ").to_string()));
    fields.extend(signer.session_token.map(|token| ("x-amz-security-token", token.to_owned())));

    // Every field that is sent must be named, and nothing may be sent that is not.
    let mut conditions: Vec<Value> = fields.iter().map(|(name, value)| json!({ *name: value })).collect();
    conditions.push(json!({ "bucket": bucket }));
    conditions.push(json!(["content-length-range", 1, upload.max_bytes]));
    let expiration = expires_at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let policy = STANDARD.encode(json!({ "expiration": expiration, "conditions": conditions }).to_string());
    let signature = sign(signer.secret, &date, signer.region, &policy);
    fields.push(("policy", policy));
    fields.push(("x-amz-signature", signature));
    Ok((fields, expires_at))
}

fn scope(date: &str, region: &str) -> String {
    format!("{date}/{region}/s3/aws4_request")
}

/// Signature Version 4 of an encoded policy: the string to sign is the policy itself.
fn sign(secret: &str, date: &str, region: &str, policy: &str) -> String {
    let mac = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    let mut key = mac(format!("AWS4{secret}").as_bytes(), date);
    for part in [region, "s3", "aws4_request"] {
        key = mac(key.as_ref(), part);
    }
    hex::encode(mac(key.as_ref(), policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
    use aws_types::SdkConfig;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn upload() -> Upload<'static> {
        Upload {
            object: "uploads/abc",
            content_type: Some("application/pdf"),
            content_disposition: Some("attachment"),
            max_bytes: 20 << 20,
            life: Duration::from_secs(300),
        }
    }

    fn now() -> Timestamp {
        "2026-01-15T09:30:00Z".parse().unwrap()
    }

    fn store(endpoint: Option<&str>, token: Option<&str>) -> Store {
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET, token.map(str::to_owned), None, "test");
        let mut aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials));
        aws.set_endpoint_url(endpoint.map(str::to_owned));
        Store::new(&aws.build(), "table".into(), "bucket".into())
    }

    /// The example of "Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)" in S3's API reference.
    #[test]
    fn a_policy_is_signed_as_in_the_documentation() {
        let policy = concat!(
            "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJz",
            "aWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJw",
            "dWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6",
            "b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2Uv",
            "Il0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRp",
            "b24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRl",
            "bnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXot",
            "YWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9",
        );
        let signature = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e";
        assert_eq!(sign(SECRET, "20151229", "us-east-1", policy), signature);
    }

    #[tokio::test]
    async fn the_policy_names_every_field_and_the_limits() {
        let post = store(None, Some("session")).presigned_post(&upload(), now()).await.unwrap();
        let field = |name: &str| post.fields.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str());
        assert_eq!(post.fields[0], ("key", "uploads/abc".to_owned()));
        assert_eq!(field("x-amz-credential"), Some("AKIDEXAMPLE/20260115/ap-northeast-1/s3/aws4_request"));
        assert_eq!(field("x-amz-date"), Some("20260115T093000Z"));
        let policy = field("policy").unwrap();
        let signature = sign(SECRET, "20260115", "ap-northeast-1", policy);
        assert_eq!(field("x-amz-signature"), Some(signature.as_str()));

        let policy: Value = serde_json::from_slice(&STANDARD.decode(policy).unwrap()).unwrap();
        assert_eq!(policy["expiration"], "2026-01-15T09:35:00.000Z");
        assert_eq!(post.expires_at, now() + Duration::from_secs(300));
        let conditions = policy["conditions"].as_array().unwrap();
        for (name, value) in post.fields.iter().filter(|(name, _)| !["policy", "x-amz-signature"].contains(name)) {
            assert!(conditions.contains(&json!({ *name: value })), "{name}");
        }
        assert!(conditions.contains(&json!({ "bucket": "bucket" })));
        assert!(conditions.contains(&json!(["content-length-range", 1, 20 << 20])));
        assert!(conditions.contains(&json!({ "Content-Type": "application/pdf" })));
        assert!(conditions.contains(&json!({ "Content-Disposition": "attachment" })));
        assert!(conditions.contains(&json!({ "x-amz-security-token": "session" })));
        assert_eq!(conditions.len(), post.fields.len() - 2 + 2);
    }

    #[tokio::test]
    async fn what_is_not_fixed_is_not_in_the_form() {
        let open = Upload { content_type: None, content_disposition: None, ..upload() };
        let post = store(None, None).presigned_post(&open, now()).await.unwrap();
        let names: Vec<_> = post.fields.iter().map(|(name, _)| *name).collect();
        let expected = ["key", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "policy", "x-amz-signature"];
        assert_eq!(names, expected);
    }

    #[tokio::test]
    async fn the_address_is_the_one_the_sdk_reads_from() {
        let url = async |endpoint| store(endpoint, None).presigned_post(&upload(), now()).await.unwrap().url;
        assert_eq!(url(None).await, "https://bucket.s3.ap-northeast-1.amazonaws.com/");
        assert_eq!(url(Some("http://127.0.0.1:4566")).await, "http://127.0.0.1:4566/bucket/");
    }
}
