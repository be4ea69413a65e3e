//! Telling whether a PDF is one of ours, unaltered: authenticate first, parse later.
//!
//! Every byte of a sealed badge but those of one hex string is under its signature. So the question is put to raw bytes,
//! and a parser sees them only when the answer is yes. What a stranger sends is scanned, hashed and compared; it is never
//! inflated, never followed by reference and never repaired. Valid is an answer of its own branch, at the end of all
//! checks; whatever is missing, malformed or unknown leads elsewhere.
//!
//! 1. Size, and `%PDF-` at the first byte.
//! 2. A `/ByteRange` that covers the whole file but one hex string (`ranges.rs`). Several may claim to: each is
//!    tried, which is sound, because nothing outside the gap can differ under any of them.
//! 3. In the gap a seal of the one form that is written here, followed by zeros (`cms.rs`).
//! 4. The SHA-256 of its certificate is on the caller's list, and the signature is that certificate's key's. Names,
//!    chains and what a certificate says of itself mean nothing.
//! 5. Only now the document: the seal is its certification, no change is allowed, and there is one credential. A document of
//!    somebody else's, vouched for by an anchor, is not parsed even then (`lookup.rs`).
//!
//! That the credential inside is valid — not revoked, not expired — is another question, for `verify`.

use jiff::Timestamp;
use memchr::memmem;

use crate::{
    Limits, Reason, Verdict,
    certificate::Certificate,
    cms::{self, SignedData},
    document, lookup,
    ranges::{self, Candidate},
    signature,
};

/// Most claims to cover the file that are tried, and as many each of those to cover a part of it.
const MAX_CANDIDATES: usize = 8;

/// How far into a file readers look for `%PDF-` (ISO 32000-1 annex H.3).
const HEADER_WITHIN: usize = 1024;

/// Longest chain from a seal's certificate to an anchor, both included.
const MAX_CHAIN: usize = 5;

/// A key whose seals are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedSeal {
    /// SHA-256 of its certificate's DER.
    pub fingerprint: [u8; 32],
    /// Whose it is, for people.
    pub name: String,
    /// From when it has sealed.
    pub valid_from: Timestamp,
    /// Until when it sealed, included; `None` while it still does.
    pub valid_until: Option<Timestamp>,
    /// What became of it.
    pub state: State,
}

impl TrustedSeal {
    /// Whether it sealed at `at`. Seals tell whole seconds.
    fn includes(&self, at: Timestamp) -> bool {
        let from = Timestamp::from_second(self.valid_from.as_second()).unwrap_or(self.valid_from);
        from <= at && self.valid_until.is_none_or(|until| at <= until)
    }
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It seals.
    Active,
    /// It no longer seals; what it sealed stays genuine.
    Retired,
    /// Somebody else had it. The date on a seal is that person's to choose, so no seal of it proves anything.
    Compromised,
}

/// Who sealed, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealInfo {
    /// SHA-256 of the certificate's DER.
    pub fingerprint: [u8; 32],
    /// What the certificate says of its holder: a claim, unless the verdict is valid.
    pub subject: String,
    /// Whose the key is, by the list of trusted ones.
    pub name: Option<String>,
    /// When it was sealed, by the word of who sealed.
    pub at: Option<Timestamp>,
}

/// What an examination found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// The answer in one word; always [`Reason::verdict`] of the reason.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The seal, if one was found whose signature holds.
    pub seal: Option<SealInfo>,
    /// What the document carries; only if it is valid.
    pub credential: Option<crate::Credential>,
    /// With [`Reason::LaterAdditions`]: this many bytes from the beginning are a valid document.
    pub original_length: Option<usize>,
}

impl Examination {
    const fn new(reason: Reason) -> Self {
        Self { verdict: reason.verdict(), reason, seal: None, credential: None, original_length: None }
    }

    fn with_seal(reason: Reason, seal: SealInfo) -> Self {
        Self { seal: Some(seal), ..Self::new(reason) }
    }
}

/// Whether `bytes` are a document that a key in `trust` sealed, unaltered.
///
/// Takes time linear in the file's size: a few scans, and its digest at most 32 times, for which somebody has to go out of
/// their way; and memory that does not depend on the file, until it is known to be genuine.
#[must_use]
pub fn examine(bytes: &[u8], trust: &[TrustedSeal], limits: &Limits) -> Examination {
    let judge = |document: &[u8], candidate: &Candidate| own(document, candidate, trust, limits);
    examine_with(bytes, limits, &judge)
}

/// Whether `bytes` are a document that was sealed with a certificate out of `anchors` (each DER), or with one that was
/// issued, directly or through authorities whose certificates lie in the seal, by one of them; unaltered.
///
/// For PDFs that were sealed elsewhere. Every certificate of the chain must have been valid when the seal says it was put
/// on; revocation is not looked at. A credential is handed out if there is one where a badge's renderer puts it.
///
/// Whoever holds such a certificate may be hostile nonetheless, so the document is not parsed: single objects are looked
/// up in it (`lookup.rs`), and what that costs does not depend on what the document says.
#[must_use]
pub fn examine_foreign(bytes: &[u8], anchors: &[&[u8]], limits: &Limits) -> Examination {
    let anchors: Vec<Certificate<'_>> = anchors.iter().filter_map(|der| Certificate::read(der).ok()).collect();
    let judge = |document: &[u8], candidate: &Candidate| by_anchor(document, candidate, &anchors, limits);
    examine_with(bytes, limits, &judge)
}

/// What is between a `/ByteRange` and a verdict, for both kinds of trust.
fn examine_with(bytes: &[u8], limits: &Limits, judge: &dyn Fn(&[u8], &Candidate) -> Examination) -> Examination {
    if bytes.len() > limits.max_bytes {
        return Examination::new(Reason::TooLarge);
    }
    let Some(header) = memmem::find(&bytes[..bytes.len().min(HEADER_WITHIN)], HEADER) else {
        return Examination::new(Reason::NotPdf);
    };

    // Those that claim to cover the whole file, and those that claim its beginning or a part of it.
    let (mut whole, mut part) = (Vec::new(), Vec::new());
    for candidate in ranges::candidates(bytes) {
        let list = if candidate.end == bytes.len() { &mut whole } else { &mut part };
        if list.len() < MAX_CANDIDATES {
            list.push(candidate);
        }
        if whole.len() + part.len() == 2 * MAX_CANDIDATES {
            break;
        }
    }
    let (mut signed, mut broken) = (None, None);
    if header == 0 {
        for candidate in &whole {
            let found = judge(bytes, candidate);
            match found.verdict {
                Verdict::Valid => return found,
                Verdict::Untrusted => signed = signed.or(Some(found)),
                _ => broken = broken.or(Some(found)),
            }
        }
        // A genuine beginning says more than a stranger's signature on top.
        for candidate in &part {
            let Some(beginning) = bytes.get(..candidate.end) else { continue };
            let found = judge(beginning, candidate);
            match found.verdict {
                Verdict::Valid => {
                    let original_length = Some(candidate.end);
                    return Examination {
                        seal: found.seal,
                        original_length,
                        ..Examination::new(Reason::LaterAdditions)
                    };
                }
                Verdict::Untrusted => signed = signed.or(Some(found)),
                _ => {}
            }
        }
    }
    // A genuine document that is part of this one.
    for candidate in whole.iter().chain(&part) {
        let Some(start) = memmem::rfind(&bytes[..candidate.at], HEADER).filter(|start| *start > 0) else { continue };
        let Some(inner) = bytes[start..].get(..candidate.end) else { continue };
        if judge(inner, candidate).verdict == Verdict::Valid {
            let at_the_end = start + candidate.end == bytes.len();
            return Examination::new(if at_the_end { Reason::BytesBefore } else { Reason::GenuineInside });
        }
    }
    signed.or(broken).unwrap_or_else(|| {
        Examination::new(if ranges::has_traces(bytes) { Reason::SealBroken } else { Reason::NoSeal })
    })
}

const HEADER: &[u8] = b"%PDF-";

/// Steps 3 to 5 with the caller's own list.
fn own(bytes: &[u8], candidate: &Candidate, trust: &[TrustedSeal], limits: &Limits) -> Examination {
    let broken = Examination::new(Reason::SealBroken);
    let Some(contents) = candidate.contents(bytes) else { return broken };
    let (Ok(seal), Some(parts)) = (SignedData::read(&contents), candidate.parts(bytes)) else { return broken };
    let Some(certificate) = seal.certificate() else { return broken };
    let fingerprint = certificate.fingerprint();
    let mut info = SealInfo { fingerprint, subject: certificate.subject_text(), name: None, at: None };
    // Who signed comes before how: a correct signature by somebody else is no alteration.
    let key = certificate.public_key().ok();
    let is_signed = || key.as_ref().and_then(|key| seal.is_signed_by(key));
    let periods: Vec<&TrustedSeal> = trust.iter().filter(|trusted| trusted.fingerprint == fingerprint).collect();
    let Some(first) = periods.first() else {
        return match (seal.covers(&parts), is_signed()) {
            (Some(false), _) => Examination::new(Reason::ContentChanged),
            (_, Some(false)) => Examination::new(Reason::SignatureMismatch),
            _ => Examination::with_seal(Reason::UnknownSigner, info),
        };
    };
    if seal.covers(&parts) != Some(true) {
        return Examination::new(Reason::ContentChanged);
    }
    // There is one way to write the seal over these bytes with this certificate. This is it, or it is not ours.
    let Some(algorithm) = key.as_ref().and_then(|key| signature::identifier(key.algorithm())) else { return broken };
    let Ok(digest) = seal.message_digest.try_into() else { return broken };
    let attributes = cms::signed_attributes(digest, &fingerprint);
    if cms::signed_data(certificate, &attributes, &algorithm, seal.signature) != seal.whole {
        return broken;
    }
    if is_signed() != Some(true) {
        return Examination::new(Reason::SignatureMismatch);
    }
    info.name = Some(first.name.clone());
    // From here on the bytes are the key's own. A list may name a key more than once; the worst that it says counts.
    if periods.iter().any(|period| period.state == State::Compromised) {
        return Examination::with_seal(Reason::SealCompromised, info);
    }
    let Ok(sealed) = document::sealed(bytes, candidate, &contents, limits) else {
        return Examination::with_seal(Reason::NotABadge, info);
    };
    info.at = Some(sealed.at);
    let Some(period) = periods.iter().find(|period| period.includes(sealed.at)) else {
        return Examination::with_seal(Reason::SealNotInForce, info);
    };
    info.name = Some(period.name.clone());
    Examination { credential: Some(sealed.credential), ..Examination::with_seal(Reason::Sealed, info) }
}

/// Steps 3 to 5 with anchors.
fn by_anchor(bytes: &[u8], candidate: &Candidate, anchors: &[Certificate<'_>], limits: &Limits) -> Examination {
    let broken = Examination::new(Reason::SealBroken);
    let Some(contents) = candidate.contents(bytes) else { return broken };
    let (Ok(seal), Some(parts)) = (SignedData::read(&contents), candidate.parts(bytes)) else { return broken };
    let Some(certificate) = seal.certificate() else { return broken };
    let mut info = SealInfo {
        fingerprint: certificate.fingerprint(),
        subject: certificate.subject_text(),
        name: None,
        at: seal.signing_time,
    };
    let key = certificate.public_key().ok();
    match (seal.covers(&parts), key.and_then(|key| seal.is_signed_by(&key))) {
        (Some(true), Some(true)) => {}
        (Some(false), _) => return Examination::new(Reason::ContentChanged),
        (_, Some(false)) => return Examination::new(Reason::SignatureMismatch),
        _ => return Examination::with_seal(Reason::Unsupported, info),
    }
    let Some(chain) = chain(certificate, &seal.certificates, anchors) else {
        return Examination::with_seal(Reason::UnknownSigner, info);
    };
    if !certificate.may_sign_documents() || !certificate.is_understood() {
        return Examination::with_seal(Reason::CertificateUse, info);
    }
    info.at = info.at.or_else(|| lookup::sealed_at(bytes, candidate));
    let Some(at) = info.at else { return Examination::with_seal(Reason::TimeUnknown, info) };
    if !chain.iter().all(|certificate| certificate.is_valid_at(at)) {
        return Examination::with_seal(Reason::CertificateNotValid, info);
    }
    // Under a seal, but whoever brings the file may have brought the anchor: no parser, here either.
    let credential = lookup::credential(bytes, limits);
    Examination { credential, ..Examination::with_seal(Reason::SealedByAnchor, info) }
}

/// The certificates from the signer's to an anchor's, each issued by the next one.
///
/// Goes up one issuer at a time and never back: a crossed or looped chain costs [`MAX_CHAIN`] steps.
fn chain<'a>(
    leaf: &Certificate<'a>,
    others: &[Certificate<'a>],
    anchors: &[Certificate<'a>],
) -> Option<Vec<Certificate<'a>>> {
    let mut chain = vec![leaf.clone()];
    while chain.len() <= MAX_CHAIN {
        let last = chain.last()?;
        if anchors.iter().any(|anchor| anchor.der() == last.der()) {
            return Some(chain);
        }
        // The signer's own certificate is below all authorities, and does not count towards their path lengths.
        let between = chain.len() - 1;
        let issues = |issuer: &&Certificate<'a>| {
            issuer.may_issue()
                && issuer.is_understood()
                && issuer.path_length().is_none_or(|most| between <= most)
                && last.is_issued_by(issuer)
        };
        let next = anchors.iter().find(issues).or_else(|| others.iter().find(issues))?.clone();
        chain.push(next);
    }
    None
}

#[cfg(test)]
mod tests;
