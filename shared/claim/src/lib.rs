//! A credential by its id. Where its event signs on claim and nobody asked for it before, it is signed now.
//!
//! Who shows credentials signs none: it asks `issuance` by `lambda:InvokeFunction`, with a command that names the id, and reads what is
//! stored afterwards. So whoever comes at the same time reads the same bytes, those that were stored first. An id that the event did not
//! plan is told by the event's seed ([`badge::Event::number_of`]), and causes no call: a stranger who guesses ids has nothing signed.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::primitives::Blob;
use aws_types::SdkConfig;
use badge::CredentialId;
use edge::{Kind, Problem};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::time::Duration;
use store::events::StoredEvent;
use store::{Store, StoredCredential};

/// How long somebody waits for a signature: less than any function has that asks, and more than [`SIGNING_TIME`].
const CALL_TIMEOUT: Duration = Duration::from_secs(7);
/// How long issuance tries, so that it can still say that KMS asked to slow down.
pub const SIGNING_TIME: Duration = Duration::from_secs(5);

/// What issuance is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The credential to sign.
    pub sign: CredentialId,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// The kind of problem ([`Kind::uri`]) that kept it from being signed; none when it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The way to credentials that may still have to be signed.
#[derive(Debug)]
pub struct Claims {
    store: Store,
    aws: SdkConfig,
    /// Made when it is first needed: most credentials are signed long since.
    lambda: OnceLock<Client>,
    issuance: String,
}

impl Claims {
    /// `issuance`: the name of the function that signs, with the alias by which it is called.
    #[must_use]
    pub fn new(aws: &SdkConfig, store: &Store, issuance: String) -> Self {
        Self { store: store.clone(), aws: aws.clone(), lambda: OnceLock::new(), issuance }
    }

    /// A credential and the event it was issued in; none when it was not issued, or, of an event that signs at once, not yet.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] when it has to be signed and cannot be at the moment, or the store does not answer.
    pub async fn credential(&self, id: &CredentialId) -> Result<Option<(StoredEvent, StoredCredential)>, Problem> {
        let Some((event, credential)) = self.store.event_and_credential(id).await.map_err(edge::failed)? else {
            return Ok(None);
        };
        if let Some(credential) = credential {
            return Ok(Some((event, credential)));
        }
        if event.event.number_of(id).is_none() {
            return Ok(None);
        }
        // Whatever the answer was, it may be stored: the answer was lost, or somebody else came at the same time.
        let asked = self.sign(id).await;
        match self.store.credential(&event, id).await.map_err(edge::failed)? {
            Some(credential) => Ok(Some((event, credential))),
            None => Err(asked.err().unwrap_or_else(|| Problem::internal("what was signed is not stored"))),
        }
    }

    async fn sign(&self, id: &CredentialId) -> Result<(), Problem> {
        let command = serde_json::to_vec(&Command { sign: id.clone() }).map_err(Problem::internal)?;
        let asked = self
            .lambda()
            .invoke()
            .function_name(&self.issuance)
            .payload(Blob::new(command))
            .send()
            .await
            .map_err(|error| Problem::unavailable(format!("issuance: {}", code(&error))))?;
        let broke = asked.function_error.is_some();
        let outcome = asked.payload.and_then(|payload| serde_json::from_slice::<Outcome>(payload.as_ref()).ok());
        match outcome.filter(|_| !broke) {
            None => Err(Problem::internal("issuance broke at signing a credential")),
            Some(Outcome { problem: None }) => Ok(()),
            Some(Outcome { problem: Some(uri) }) if Kind::from_uri(&uri) == Some(Kind::Unavailable) => {
                Err(Problem::unavailable("issuance cannot sign at the moment"))
            }
            Some(Outcome { problem: Some(uri) }) => Err(Problem::internal(format!("issuance did not sign: {uri}"))),
        }
    }

    fn lambda(&self) -> &Client {
        self.lambda.get_or_init(|| {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(CALL_TIMEOUT)
                .operation_timeout(CALL_TIMEOUT)
                .build();
            let config = aws_sdk_lambda::config::Builder::from(&self.aws);
            // Whoever waits asks again; issuance itself has repeated what can be repeated.
            let config = config.retry_config(RetryConfig::disabled()).timeout_config(timeouts);
            Client::from_conf(config.interceptor(observe::Calls).build())
        })
    }
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("service error").to_owned(),
        SdkError::TimeoutError(_) => "timeout".to_owned(),
        _ => "no connection".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_and_its_outcome_are_json() {
        let event = badge::EventId::from_random([1; 10]);
        let command = Command { sign: CredentialId::new(&event, [2; 10]) };
        let json = serde_json::to_string(&command).unwrap();
        assert_eq!(json, format!(r#"{{"sign":"{}"}}"#, command.sign));
        assert_eq!(serde_json::from_str::<Command>(&json).unwrap(), command);
        assert_eq!(serde_json::from_str::<Outcome>("{}").unwrap(), Outcome::default());
        assert!(SIGNING_TIME < CALL_TIMEOUT);
    }
}
