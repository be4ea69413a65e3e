//! The operator's commands: a certificate for the seal's key, or a request for one.
//!
//! Both are signed by the key itself, which nobody but this function may use. What comes back is the operator's to register: this
//! function reads the register of seals and never writes it.

use crate::App;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::chance;
use jiff::Timestamp;
use pdf::certificate::{self, Subject};
use serde::Deserialize;
use serde_json::{Value, json};

/// A command, as `operator seal` gives it.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
enum Command {
    /// A certificate that the key signs for itself.
    SelfSigned {
        /// The KMS key.
        arn: String,
        #[serde(flatten)]
        holder: Holder,
    },
    /// A request (PKCS#10) that a certification authority can answer.
    Request {
        /// The KMS key.
        arn: String,
        #[serde(flatten)]
        holder: Holder,
    },
}

/// Whose name the certificate is to bear.
#[derive(Debug, Deserialize)]
struct Holder {
    name: String,
    organization: Option<String>,
    country: Option<String>,
}

impl Holder {
    fn subject(&self) -> Subject<'_> {
        Subject {
            common_name: &self.name,
            organization: self.organization.as_deref(),
            country: self.country.as_deref(),
        }
    }
}

/// Carries out a command. The answer is `{"der": BASE64}`.
pub(crate) async fn obey(app: &App, command: Value, now: Timestamp) -> Result<Value, String> {
    let command: Command = serde_json::from_value(command).map_err(|error| error.to_string())?;
    let (Command::SelfSigned { arn, .. } | Command::Request { arn, .. }) = &command;
    let key = app.signer.public_key(arn).await.map_err(|error| error.to_string())?;
    let draft = match &command {
        Command::SelfSigned { holder, .. } => {
            certificate::draft_self_signed(&key, &holder.subject(), chance::bytes(), now)
        }
        Command::Request { holder, .. } => certificate::draft_request(&key, &holder.subject()),
    };
    let draft = draft.map_err(|error| error.to_string())?;
    let signature = app.signer.sign(arn, &draft.signing_input()).await.map_err(|error| error.to_string())?;
    let der = draft.complete(&signature).map_err(|error| error.to_string())?;
    Ok(json!({"der": STANDARD.encode(der)}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_and_mistakes_refused() {
        let read = |value| serde_json::from_value::<Command>(value);
        let good = json!({"command": "self_signed", "arn": "a", "name": "印", "country": "JP"});
        let Command::SelfSigned { arn, holder } = read(good).unwrap() else { panic!("another command") };
        assert_eq!((arn.as_str(), holder.subject().common_name, holder.subject().country), ("a", "印", Some("JP")));
        assert!(matches!(read(json!({"command": "request", "arn": "a", "name": "b"})), Ok(Command::Request { .. })));
        for bad in
            [json!({}), json!({"command": "sign", "arn": "a", "name": "b"}), json!({"command": "request", "arn": "a"})]
        {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
