//! The seal on a PDF badge, and telling whether a PDF is one of ours, unaltered.
//!
//! A PDF badge is a page for people with the credential attached to it. The seal is a signature over the whole file: a
//! reader of PDFs shows it, and the validator asks for it. Drawing the page is somebody else's work.
//!
//! Everything here is pure, and nothing here signs; see [`proof::signing`]:
//!
//! ```
//! # use pdf::{Limits, Verdict, authenticate::{self, State, TrustedSeal}, certificate, seal::{self, Sealing}};
//! # use proof::testing::TestKey;
//! # fn sealed(page: Vec<u8>) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
//! # let key = TestKey::fresh_p256()?;
//! # let at = "2026-01-15T09:30:00Z".parse()?;
//! let subject = certificate::Subject { common_name: "Example Badges", organization: None, country: Some("JP") };
//! let draft = certificate::draft_self_signed(key.public_key(), &subject, [7; 16], at)?;
//! let certificate_der = &draft.complete(&key.sign(&draft.signing_input())?)?; // once, then kept
//!
//! let sealing = Sealing { certificate_der, name: "Example Badges", reason: "Issued", at };
//! let draft = seal::draft(page, &sealing)?;                                   // pure
//! let signature = key.sign(&draft.signing_input())?;                          // the one impure line: KMS
//! let sealed = draft.complete(&signature, key.public_key())?;                 // pure; authenticates itself
//!
//! let fingerprint = certificate::fingerprint(certificate_der);
//! let name = "Example Badges".to_owned();
//! let trust = [TrustedSeal { fingerprint, name, valid_from: at, valid_until: None, state: State::Active }];
//! assert_eq!(authenticate::examine(&sealed, &trust, &Limits::default()).verdict, Verdict::Valid);
//! # Ok(sealed)
//! # }
//! ```
//!
//! | to … | go to |
//! |---|---|
//! | seal a document | [`seal`] |
//! | make or read a seal's certificate | [`certificate`] |
//! | examine a document | [`authenticate`] |
//! | say why | [`Reason`] |

pub mod authenticate;
pub mod certificate;
mod cms;
mod der;
mod document;
mod lookup;
mod oids;
mod ranges;
mod reason;
pub mod seal;
mod signature;

pub use authenticate::Examination;
pub use reason::{Reason, Verdict};

/// What a document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file. Sealed badges have some hundred kilobytes.
    pub max_bytes: usize,
    /// What one stream of objects may inflate to, once the document is known to be genuine.
    pub max_inflated_bytes: usize,
    /// Largest credential.
    pub max_credential_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 20 << 20, max_inflated_bytes: 4 << 20, max_credential_bytes: 1 << 20 }
    }
}

/// The credential that a document carries: byte for byte what the issuer signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the document calls them, such as `application/ld+json` or `application/vc+jwt`.
    pub media_type: String,
}

// The tests' documents are made once for the tests in here and those in `tests/`.
#[cfg(test)]
extern crate self as pdf;
#[cfg(test)]
mod hostile;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;
