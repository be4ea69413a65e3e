//! PEM (RFC 7468) of public keys, as in Open Badges 2.0 `publicKeyPem`.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{KeyError, PublicKey, RsaPublicKey};

/// Longest PEM text read: an 8192-bit RSA key takes under 1.5 KiB.
pub const MAX_PEM_BYTES: usize = 8 * 1024;

/// Characters of base64 per line (RFC 7468 §2).
const LINE: usize = 64;

impl PublicKey {
    /// Reads one `PUBLIC KEY` (SubjectPublicKeyInfo) or `RSA PUBLIC KEY` (PKCS#1) block.
    ///
    /// Lenient where published keys are sloppy: white space around and inside the base64, any line length, `\r\n`.
    ///
    /// # Errors
    /// [`KeyError::PrivateKeyMaterial`] if it is a private key; [`KeyError::Unsupported`] for another label;
    /// [`KeyError::Malformed`] and the key's own errors.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed("PEM");
        if text.len() > MAX_PEM_BYTES {
            return Err(MALFORMED);
        }
        let text = text.trim_ascii().strip_prefix("-----BEGIN ").ok_or(MALFORMED)?;
        let (label, rest) = text.split_once("-----").ok_or(MALFORMED)?;
        let end = format!("-----END {label}-----");
        let body = rest.strip_suffix(end.as_str()).ok_or(MALFORMED)?;
        let base64: String = body.chars().filter(|character| !character.is_ascii_whitespace()).collect();
        if label.ends_with("PRIVATE KEY") {
            return Err(KeyError::PrivateKeyMaterial);
        }
        let der = STANDARD.decode(base64).map_err(|_| MALFORMED)?;
        match label {
            "PUBLIC KEY" => Self::from_spki_der(&der),
            "RSA PUBLIC KEY" => RsaPublicKey::from_pkcs1_der(&der).map(Self::Rsa),
            other => Err(KeyError::Unsupported(format!("PEM label {other}"))),
        }
    }

    /// Writes a `PUBLIC KEY` block with `\n` line ends and one at the end.
    #[must_use]
    pub fn to_spki_pem(&self) -> String {
        let base64 = STANDARD.encode(self.to_spki_der());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        let mut rest = base64.as_str();
        while !rest.is_empty() {
            let (line, following) = rest.split_at(rest.len().min(LINE));
            pem.push_str(line);
            pem.push('\n');
            rest = following;
        }
        pem.push_str("-----END PUBLIC KEY-----\n");
        pem
    }
}
