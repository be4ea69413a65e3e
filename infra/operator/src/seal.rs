//! `operator seal …`: the certificates of the key that seals PDF badges.
//!
//! Only the function `pdf` may sign with that key, so it is asked for what the key has to sign itself: a certificate, or a request for
//! one. Which certificates are trusted is written here and nowhere else.

use crate::arguments::Arguments;
use crate::commands::{Answer, World, create_like, world};
use aws_sdk_lambda::primitives::Blob;
use badge::rfc3339;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::config;
use jiff::Timestamp;
use pdf::certificate::{self, Certificate, MAX_CERTIFICATE_BYTES};
use serde_json::{Value, json};
use store::{KeyState, Seal, StoreError};

const CERTIFICATE: &str = "CERTIFICATE";
const REQUEST: &str = "CERTIFICATE REQUEST";

fn arn(arguments: &Arguments) -> Result<String, String> {
    let given = arguments.optional("arn").map(str::to_owned).or_else(|| config::optional("SEAL_KEY_ARN"));
    given.ok_or_else(|| "--arn is needed, or SEAL_KEY_ARN".into())
}

/// Has the function `pdf` carry out a command; what it signed.
async fn ask(command: &str, arn: &str, arguments: &Arguments) -> Result<Vec<u8>, String> {
    let function = config::required("PDF_FUNCTION_NAME").map_err(|error| error.to_string())?;
    let payload = json!({
        "command": command,
        "arn": arn,
        "name": arguments.required("name")?,
        "organization": arguments.optional("organization"),
        "country": arguments.optional("country"),
    });
    let aws = aws_config::defaults(aws_config::BehaviorVersion::latest()).load().await;
    let lambda = aws_sdk_lambda::Client::new(&aws);
    let sent = lambda.invoke().function_name(function).payload(Blob::new(payload.to_string())).send().await;
    let answer = sent.map_err(|error| aws_sdk_lambda::error::DisplayErrorContext(error).to_string())?;
    let body = answer.payload.as_ref().map(Blob::as_ref).unwrap_or_default();
    let body: Value = serde_json::from_slice(body).map_err(|_| "the function's answer is no JSON")?;
    if answer.function_error.is_some() {
        return Err(body["errorMessage"].as_str().unwrap_or("the function failed").to_owned());
    }
    let der = body["der"].as_str().and_then(|text| STANDARD.decode(text).ok());
    der.ok_or_else(|| "the function's answer holds no certificate".into())
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

/// The certificate in a file: DER, or the first one in PEM.
fn read(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(bytes.to_vec()) };
    let (begin, end) = (format!("-----BEGIN {CERTIFICATE}-----"), format!("-----END {CERTIFICATE}-----"));
    let inside = text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end));
    let (inside, _) = inside.ok_or("there is no certificate in this file")?;
    let digits: String = inside.split_ascii_whitespace().collect();
    STANDARD.decode(digits).map_err(|_| "the certificate in this file is damaged".into())
}

/// `seal create`.
pub(crate) async fn create(arguments: &Arguments) -> Answer {
    arguments.only(&["arn", "name", "organization", "country"])?;
    let arn = arn(arguments)?;
    let der = ask("self_signed", &arn, arguments).await?;
    register(&world().await?, &arn, der, arguments.required("name")?).await
}

/// `seal request`.
pub(crate) async fn request(arguments: &Arguments) -> Answer {
    arguments.only(&["arn", "name", "organization", "country", "out"])?;
    let text = pem(REQUEST, &ask("request", &arn(arguments)?, arguments).await?);
    let out = arguments.required("out")?;
    std::fs::write(out, &text).map_err(|error| format!("{out}: {error}"))?;
    Ok(
        json!({"written": out, "next": "give it to your certification authority, then: operator seal add --certificate FILE --name NAME"}),
    )
}

/// `seal add`.
pub(crate) async fn add(arguments: &Arguments) -> Answer {
    arguments.only(&["arn", "name", "certificate"])?;
    let file = arguments.required("certificate")?;
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    if bytes.len() > 2 * MAX_CERTIFICATE_BYTES {
        return Err(format!("{file} is too large for a certificate"));
    }
    register(&world().await?, &arn(arguments)?, read(&bytes)?, arguments.required("name")?).await
}

/// Registers a certificate, provided that it is of this key and for sealing documents now.
async fn register(world: &World, arn: &str, der: Vec<u8>, name: &str) -> Answer {
    let key = world.signer.public_key(arn).await.map_err(|error| error.to_string())?;
    let read = Certificate::read(&der).map_err(|error| error.to_string())?;
    if read.public_key().ok() != Some(key) {
        return Err("the certificate is of another key".into());
    }
    if !read.may_sign_documents() {
        return Err("the certificate is not for signing documents: ask for digitalSignature and nonRepudiation".into());
    }
    if !read.is_valid_at(world.now) {
        return Err("the certificate is not valid now".into());
    }
    let fingerprint = certificate::fingerprint(&der);
    let seal = Seal {
        fingerprint,
        name: name.to_owned(),
        arn: arn.to_owned(),
        certificate: der,
        state: KeyState::Active,
        created_at: world.now,
    };
    match world.store.add_seal(&seal).await {
        Ok(()) => Ok(shown(&seal)),
        Err(StoreError::Conflict) => Err("this certificate is registered already".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn shown(seal: &Seal) -> Value {
    let state = json!(seal.state);
    json!({
        "fingerprint": hex::encode(seal.fingerprint),
        "name": seal.name,
        "arn": seal.arn,
        "state": state["state"],
        "from": rfc3339(seal.created_at),
        "until": seal.until().map(rfc3339),
    })
}

/// `seal list`.
pub(crate) async fn list(arguments: &Arguments) -> Answer {
    arguments.only(&[])?;
    let seals = world().await?.store.seals().await.map_err(|error| error.to_string())?;
    Ok(json!({"seals": seals.iter().map(shown).collect::<Vec<_>>()}))
}

/// `seal new-key`.
pub(crate) async fn new_key(arguments: &Arguments) -> Answer {
    let arn = create_like(arguments, "SEAL_KEY_ARN").await?;
    Ok(
        json!({"arn": arn, "next": "operator seal create --arn ARN --name NAME, then operator seal retire the one before"}),
    )
}

/// `seal retire`.
pub(crate) async fn retire(arguments: &Arguments) -> Answer {
    change(arguments, |since| KeyState::Retired { since }).await
}

/// `seal compromised`.
pub(crate) async fn compromised(arguments: &Arguments) -> Answer {
    change(arguments, |since| KeyState::Compromised { since }).await
}

async fn change(arguments: &Arguments, state: impl Fn(Timestamp) -> KeyState) -> Answer {
    arguments.only(&["fingerprint"])?;
    let wanted = arguments.required("fingerprint")?;
    let World { store, now, .. } = world().await?;
    let seals = store.seals().await.map_err(|error| error.to_string())?;
    let found = seals.into_iter().find(|seal| hex::encode(seal.fingerprint) == wanted);
    let mut seal = found.ok_or("there is no such seal")?;
    let next = state(now);
    if matches!((seal.state, next), (KeyState::Compromised { .. }, KeyState::Retired { .. })) {
        return Err("a compromised seal stays compromised".into());
    }
    seal.state = next;
    store.update_seal(&seal).await.map_err(|error| error.to_string())?;
    Ok(shown(&seal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_read_from_both_kinds_of_files() {
        let der: Vec<u8> = (0..=200).collect();
        assert_eq!(read(&der), Ok(der.clone()));
        let text = format!("subject=x\n{}{}", pem(CERTIFICATE, &der), pem(CERTIFICATE, &[1]));
        assert_eq!(read(text.as_bytes()), Ok(der));
        assert!(read(pem(REQUEST, &[1]).as_bytes()).is_err());
        assert!(read(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").is_err());
    }
}
