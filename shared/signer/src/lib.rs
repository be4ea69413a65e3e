//! Keys held in AWS KMS: the only place that asks for a signature.
//!
//! Pure code drafts ([`proof::data_integrity`], [`proof::jws`]) and hands out a [`SigningInput`]; [`Signer::sign`] is the one impure
//! line; the draft takes the signature back and checks it. Keys are named by ARN, never by alias: an ARN stands in the key registry
//! for ever, an alias moves.

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use aws_types::SdkConfig;
use badge::failure::{Failure, Nature};
use proof::keys::{KeyError, PublicKey};
use proof::signing::SigningInput;

/// Why KMS gave no signature or no key.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// KMS asks to slow down, or did not answer. Repeating later may help.
    #[error("KMS did not carry out {operation}: {code}")]
    Unavailable {
        /// Which call it was.
        operation: &'static str,
        /// The error's code or kind.
        code: String,
    },
    /// KMS answered something that is no key or no signature.
    #[error("KMS answered what cannot be read: {0}")]
    Unreadable(#[from] KeyError),
}

impl Failure for SignerError {
    fn nature(&self) -> Nature {
        match self {
            Self::Unavailable { .. } => Nature::Temporary,
            Self::Unreadable(_) => Nature::Fault,
        }
    }
}

/// The KMS client.
#[derive(Debug, Clone)]
pub struct Signer {
    kms: aws_sdk_kms::Client,
}

fn unavailable<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> SignerError {
    let code = match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("service error").to_owned(),
        SdkError::TimeoutError(_) => "timeout".to_owned(),
        _ => "no connection".to_owned(),
    };
    SignerError::Unavailable { operation, code }
}

impl Signer {
    /// A signer that calls AWS in this way.
    #[must_use]
    pub fn new(aws: &SdkConfig) -> Self {
        let config = aws_sdk_kms::config::Builder::from(aws).interceptor(observe::Calls);
        Self { kms: aws_sdk_kms::Client::from_conf(config.build()) }
    }

    /// The signature of `input` by the key at `arn`, in the form the draft takes.
    ///
    /// # Errors
    /// [`SignerError`] when KMS does not sign.
    pub async fn sign(&self, arn: &str, input: &SigningInput) -> Result<Vec<u8>, SignerError> {
        let message = input.kms_message();
        let answer = self
            .kms
            .sign()
            .key_id(arn)
            .message(Blob::new(message.bytes.clone()))
            .message_type(if message.is_digest { MessageType::Digest } else { MessageType::Raw })
            .signing_algorithm(SigningAlgorithmSpec::from(message.algorithm.kms_name()))
            .send()
            .await
            .map_err(|e| unavailable("Sign", &e))?;
        Ok(message.signature(answer.signature.unwrap_or_else(|| Blob::new(Vec::new())).as_ref())?)
    }

    /// A new key of the same kind, policy, description and tags as the one at `arn`; its ARN. For the operator: no function may do this.
    ///
    /// # Errors
    /// [`SignerError`] when KMS refuses.
    pub async fn create_like(&self, arn: &str) -> Result<String, SignerError> {
        let described = self.kms.describe_key().key_id(arn).send().await.map_err(|e| unavailable("DescribeKey", &e))?;
        let policy = self.kms.get_key_policy().key_id(arn).send().await.map_err(|e| unavailable("GetKeyPolicy", &e))?;
        let tags =
            self.kms.list_resource_tags().key_id(arn).send().await.map_err(|e| unavailable("ListResourceTags", &e))?;
        let (spec, usage, description) = match described.key_metadata {
            Some(found) => (found.key_spec, found.key_usage, found.description),
            None => (None, None, None),
        };
        let created = self
            .kms
            .create_key()
            .set_key_spec(spec)
            .set_key_usage(usage)
            .set_description(description)
            .set_policy(policy.policy)
            .set_tags(tags.tags)
            .send()
            .await
            .map_err(|e| unavailable("CreateKey", &e))?;
        let arn = created.key_metadata.and_then(|made| made.arn);
        arn.ok_or(SignerError::Unavailable { operation: "CreateKey", code: "no key in the answer".into() })
    }

    /// The public half of the key at `arn`.
    ///
    /// # Errors
    /// [`SignerError`] when KMS does not show it, or it is of a kind this product does not use.
    pub async fn public_key(&self, arn: &str) -> Result<PublicKey, SignerError> {
        let answer = self.kms.get_public_key().key_id(arn).send().await.map_err(|e| unavailable("GetPublicKey", &e))?;
        let der = answer.public_key.unwrap_or_else(|| Blob::new(Vec::new()));
        Ok(PublicKey::from_spki_der(der.as_ref())?)
    }

    /// The public halves of the keys at `arns`, in their order.
    ///
    /// # Errors
    /// As [`Signer::public_key`], of the first that fails.
    pub async fn public_keys(&self, arns: &[String]) -> Result<Vec<PublicKey>, SignerError> {
        let mut keys = Vec::with_capacity(arns.len());
        for arn in arns {
            keys.push(self.public_key(arn).await?);
        }
        Ok(keys)
    }
}
