//! A PDF badge: the seal first, by [`pdf::authenticate`], and what is inside only if it holds.
//!
//! Two lists of trust, and one rule between them: what bears a seal known here is judged by our own list alone, so that nobody
//! makes a compromised or retired key good again by handing in its certificate. For anything else the certificates that came
//! along with the file may vouch.
//!
//! Valid is what one of the two examinations says, and nothing else. Whatever hinders one (the list out of reach, a parser that
//! gives up) ends in "could not be checked".

use std::borrow::Cow;
use std::panic::{self, AssertUnwindSafe};

use ::pdf::authenticate::{self, SealInfo};
use ::pdf::{Credential, Examination, Limits, Reason, Verdict};
use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::documents::Trust;
use crate::limits::{MAX_INPUT_BYTES, quoted};
use crate::messages::Code;
use crate::report::{Finding, Text};

/// How far into a file readers of PDFs look for its beginning (ISO 32000-1, annex H.3).
const HEADER_WITHIN: usize = 1024;

/// What became of the seal of a PDF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PdfSeal {
    /// The answer in one word.
    pub verdict: PdfVerdict,
    /// Stable name of the reason: one of [`pdf::Reason::code`], or why there was no examination.
    pub reason: Cow<'static, str>,
    /// The reason in plain words.
    pub message: Text,
    /// Who sealed it, and when, as far as the signature itself holds. A claim, unless the verdict is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<SealedBy>,
    /// With later additions: this many bytes from the beginning are the untouched original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_length: Option<usize>,
}

/// The answer about a seal in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PdfVerdict {
    /// Sealed by a key that is trusted here or by whoever asks, and not one byte differs.
    Valid,
    /// What is there now is not what was sealed.
    Altered,
    /// Sealed by somebody whom nothing here vouches for.
    Untrusted,
    /// No seal at all.
    Unsigned,
    /// Not a PDF.
    NotPdf,
    /// Larger than is looked at.
    TooLarge,
    /// Whether it is any of these could not be found out.
    NotChecked,
}

/// Who sealed a PDF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedBy {
    /// SHA-256 of the certificate, in lower-case hexadecimal.
    pub fingerprint: String,
    /// Whose seal it is, by the list kept here; absent for others'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the certificate says of its holder.
    pub subject: String,
    /// When, by the word of who sealed, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// An examined PDF: what the report says of it, how the step ended, and the credential if the seal holds.
pub(crate) struct Examined {
    pub(crate) seal: PdfSeal,
    pub(crate) finding: Finding,
    pub(crate) credential: Option<Credential>,
}

/// Whether a reader of PDFs would take this for one: `%PDF-` within the first kilobyte. What such a reader shows is not what is
/// read here unless the seal says so, whatever else the file may be.
#[must_use]
pub fn looks_like_pdf(bytes: &[u8]) -> bool {
    memmem::find(&bytes[..bytes.len().min(HEADER_WITHIN)], b"%PDF-").is_some()
}

/// Examines a PDF. Nothing in it has been read before, and nothing is afterwards unless the verdict is valid.
pub(crate) fn examine(bytes: &[u8], trust: &Trust) -> Examined {
    guarded(|| judge(bytes, trust)).unwrap_or_else(|| {
        let finding = Finding::new(Code::SealNotExamined);
        not_checked(finding)
    })
}

/// What a stranger's file makes panic is not valid, and must not end the process: the second line behind an examination that
/// is written not to. Where panics do not unwind, nothing can be done.
fn guarded<T>(examine: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(examine)).ok()
}

fn judge(bytes: &[u8], trust: &Trust) -> Examined {
    let limits = Limits { max_bytes: MAX_INPUT_BYTES, ..Limits::default() };
    let own = authenticate::examine(bytes, trust.seals.as_deref().unwrap_or_default(), &limits);
    if trust.seals.is_none() && own.reason == Reason::UnknownSigner {
        return not_checked(Finding::new(Code::SealsUnavailable));
    }
    let is_known = own.seal.as_ref().is_some_and(|seal| seal.name.is_some());
    if is_known || trust.anchors.is_empty() {
        return found(own);
    }
    let anchors: Vec<&[u8]> = trust.anchors.iter().map(Vec::as_slice).collect();
    let foreign = authenticate::examine_foreign(bytes, &anchors, &limits);
    // One of ours that lies in this file says more than that no anchor knows the file.
    let holds_ours = matches!(own.reason, Reason::BytesBefore | Reason::GenuineInside);
    found(if holds_ours && foreign.verdict != Verdict::Valid { own } else { foreign })
}

fn not_checked(finding: Finding) -> Examined {
    let (reason, message) = (finding.code.as_str(), finding.code.message(None));
    let seal =
        PdfSeal { verdict: PdfVerdict::NotChecked, reason: reason.into(), message, seal: None, original_length: None };
    Examined { seal, finding, credential: None }
}

fn found(examination: Examination) -> Examined {
    let Examination { reason, seal, credential, original_length, .. } = examination;
    let message = Text::fixed(reason.en(), reason.ja());
    let (verdict, code) = match reason.verdict() {
        Verdict::Valid => (PdfVerdict::Valid, Code::SealHolds),
        Verdict::Altered if reason == Reason::LaterAdditions => (PdfVerdict::Altered, Code::SealLaterAdditions),
        Verdict::Altered => (PdfVerdict::Altered, Code::SealAltered),
        Verdict::Untrusted => (PdfVerdict::Untrusted, Code::SealUntrusted),
        Verdict::Unsigned => (PdfVerdict::Unsigned, Code::SealMissing),
        Verdict::NotPdf => (PdfVerdict::NotPdf, Code::SealMissing),
        Verdict::TooLarge => (PdfVerdict::TooLarge, Code::SealTooLarge),
    };
    let finding = Finding::with(code, message.clone());
    let seal = PdfSeal { verdict, reason: reason.code().into(), message, seal: seal.map(sealed_by), original_length };
    Examined { seal, finding, credential: credential.filter(|_| verdict == PdfVerdict::Valid) }
}

fn sealed_by(info: SealInfo) -> SealedBy {
    SealedBy {
        fingerprint: hex::encode(info.fingerprint),
        name: info.name,
        subject: quoted(&info.subject),
        at: info.at.map(proof::time::to_rfc3339_seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_no_answer_and_no_end() {
        assert_eq!(guarded(|| 1), Some(1));
        assert_eq!(guarded(|| -> i32 { panic!("on purpose") }), None);
    }

    #[test]
    fn where_a_pdf_begins() {
        assert!(looks_like_pdf(b"%PDF-1.7"));
        let mut late = vec![b' '; HEADER_WITHIN - 5];
        late.extend(b"%PDF-");
        assert!(looks_like_pdf(&late));
        late.insert(0, b' ');
        assert!(!looks_like_pdf(&late) && !looks_like_pdf(b""));
    }

    #[test]
    fn every_reason_has_one_step_and_only_valid_ones_pass() {
        for reason in Reason::ALL {
            let examination = Examination {
                verdict: reason.verdict(),
                reason: *reason,
                seal: None,
                credential: Some(Credential { bytes: vec![1], media_type: "text/plain".into() }),
                original_length: None,
            };
            let Examined { seal, finding, credential } = found(examination);
            let is_valid = reason.verdict() == Verdict::Valid;
            assert_eq!(seal.reason, reason.code());
            assert_eq!(finding.outcome() <= crate::report::Outcome::Warning, is_valid, "{reason:?}");
            assert_eq!(credential.is_some(), is_valid, "{reason:?}");
            assert_eq!(finding.outcome() == crate::report::Outcome::Failed, reason.verdict() == Verdict::Altered);
        }
    }
}
