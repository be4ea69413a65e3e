//! The certificates of the seals on PDF badges: what a PDF reader or another validator has to trust to judge them for itself.

use crate::App;
use badge::rfc3339;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::answer::Cache;
use edge::{Answer, Problem};
use serde_json::{Value, json};
use std::fmt::Write as _;
use store::{KeyState, Seal};

/// `/seals`: every certificate with its fingerprint, and from when until when it sealed. Compromised ones too: everybody should know.
pub(crate) async fn list(app: &App) -> Result<Answer, Problem> {
    let seals = app.store.seals().await.map_err(edge::failed)?;
    let body = json!({"seals": seals.iter().map(shown).collect::<Vec<_>>()});
    Ok(Answer::public("application/json", body.to_string(), Cache::Short))
}

/// `/seals.pem`: the certificates that may be trusted, one after the other (RFC 7468), to be given to a PDF reader as they are.
pub(crate) async fn bundle(app: &App) -> Result<Answer, Problem> {
    let seals = app.store.seals().await.map_err(edge::failed)?;
    let trusted = seals.iter().filter(|seal| !matches!(seal.state, KeyState::Compromised { .. }));
    let text: String = trusted.map(|seal| pem(&seal.certificate)).collect();
    Ok(Answer::public("application/pem-certificate-chain", text, Cache::Short))
}

fn shown(seal: &Seal) -> Value {
    let state = match seal.state {
        KeyState::Active => "active",
        KeyState::Retired { .. } => "retired",
        KeyState::Compromised { .. } => "compromised",
    };
    json!({
        "fingerprint": hex::encode(seal.fingerprint),
        "name": seal.name,
        "state": state,
        "from": rfc3339(seal.created_at),
        "until": seal.until().map(rfc3339),
        "certificate": pem(&seal.certificate),
    })
}

/// A certificate in its textual form (RFC 7468 section 5).
fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        let _ = writeln!(text, "{}", String::from_utf8_lossy(line));
    }
    text + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::at;

    #[test]
    fn a_seal_is_shown_with_its_certificate() {
        let seal = Seal {
            fingerprint: [0xab; 32],
            name: "印".into(),
            arn: "arn:aws:kms:us-east-1:1:key/secret".into(),
            certificate: vec![7; 60],
            state: KeyState::Retired { since: at(1_800_000_000) },
            created_at: at(1_700_000_000),
        };
        let shown = shown(&seal);
        assert_eq!((&shown["state"], &shown["until"]), (&json!("retired"), &json!("2027-01-15T08:00:00Z")));
        assert_eq!(shown["fingerprint"], "ab".repeat(32));
        let certificate = shown["certificate"].as_str().unwrap();
        let lines: Vec<_> = certificate.lines().collect();
        assert_eq!((lines.len(), lines[1].len(), lines[2].len()), (4, 64, 16), "{certificate}");
        assert!(!shown.to_string().contains("arn:aws"));
    }
}
