//! Does the signature hold, and is the key the issuer's? Two answers, always.
//!
//! Sources: Open Badges 3.0 "Proofs (Signatures)"; VC Data Integrity §4.3; RFC 7515 §5.2.

use jsonld::Error as LdError;
use proof::data_integrity::{self, ProofError, Suite};
use proof::jws::{self, algorithm_name};
use proof::keys::Algorithm;
use proof::vc_jwt::{ClaimIssue, Form};
use serde_json::Value;

use super::key::{self, Candidate};
use crate::credential::{Credential, Envelope, Token};
use crate::documents::{Documents, World};
use crate::limits::quoted;
use crate::messages::Code;
use crate::report::{Finding, Outcome, Text};
use crate::words;

/// What is known about who made a credential.
pub(crate) struct Authenticity {
    /// Whether the signature holds.
    pub(crate) proof: Finding,
    /// Remarks on it.
    pub(crate) proof_remarks: Vec<Finding>,
    /// Whether the key is the issuer's.
    pub(crate) key: Finding,
    /// Whether the document could be expanded; absent if nobody had to.
    pub(crate) expansion: Option<Option<LdError>>,
}

impl Authenticity {
    /// The signature holds and the key is the issuer's.
    pub(crate) fn is_proven(&self) -> bool {
        self.worst() <= Outcome::Warning
    }

    pub(crate) fn worst(&self) -> Outcome {
        self.proof.outcome().max(self.key.outcome())
    }

    /// The finding that stands in the way, proof first.
    pub(crate) fn obstacle(&self) -> &Finding {
        if self.key.outcome() > self.proof.outcome() { &self.key } else { &self.proof }
    }
}

/// Checks a credential's proof, whichever form it has.
pub(crate) async fn check<D: Documents>(world: &mut World<'_, D>, credential: &Credential) -> Authenticity {
    let issuer_id = credential.issuer_id().unwrap_or_default();
    match &credential.envelope {
        Envelope::Embedded => embedded(world, &credential.value, issuer_id).await,
        Envelope::Jwt(token) => of_token(world, token, issuer_id).await,
    }
}

/// Any one proof that holds, by a key of the issuer, is enough (Open Badges 3.0); the others leave a remark.
async fn embedded<D: Documents>(world: &mut World<'_, D>, document: &Value, issuer_id: &str) -> Authenticity {
    let mut best: Option<Authenticity> = None;
    let mut failures = 0_usize;
    for proof in data_integrity::proofs(document) {
        let checked = one_proof(world, document, proof, issuer_id).await;
        failures += usize::from(checked.worst() == Outcome::Failed);
        let is_proven = checked.is_proven();
        if best.as_ref().is_none_or(|best| checked.worst() < best.worst()) {
            best = Some(checked);
        }
        if is_proven {
            break;
        }
    }
    let Some(mut best) = best else { return unproven(Finding::new(Code::ProofMissing)) };
    if best.worst() != Outcome::Failed && failures > 0 {
        best.proof_remarks.push(Finding::new(Code::ProofAnotherFails));
    }
    best
}

async fn one_proof<D: Documents>(
    world: &mut World<'_, D>,
    document: &Value,
    proof: &Value,
    issuer_id: &str,
) -> Authenticity {
    if let Err(error) = Suite::of(proof) {
        return unproven(explain(&error));
    }
    let Ok(reference) = data_integrity::verification_method(proof) else {
        return unproven(Finding::new(Code::ProofNoKeyNamed));
    };
    let candidate = match key::by_reference(world, reference, issuer_id).await {
        Ok(candidate) => candidate,
        Err(finding) => return unproven(finding),
    };
    let Candidate { key: Some(key), finding } = candidate else {
        let proof = Finding::new(Code::ProofKeyUnknown);
        return Authenticity { proof, proof_remarks: Vec::new(), key: candidate.finding, expansion: None };
    };
    match data_integrity::verify(document, proof, &key) {
        Ok(verified) => {
            let proof = if verified.is_expired_at(world.now()) {
                Finding::new(Code::ProofExpired)
            } else if verified.suite.is_legacy() {
                Finding::with(Code::ProofLegacy, verified.suite.name())
            } else {
                Finding::with(Code::ProofHolds, verified.suite.name())
            };
            Authenticity { proof, proof_remarks: Vec::new(), key: finding, expansion: Some(None) }
        }
        Err(ProofError::SignatureMismatch) => {
            Authenticity { expansion: Some(None), ..unproven(Finding::new(Code::ProofWrong)) }
        }
        Err(ProofError::Canonicalisation { part: data_integrity::Part::Document, source }) => {
            // The vocabulary step says what is wrong with the document; this one only that nothing could be compared.
            let proof = super::context::explain(&source);
            Authenticity { expansion: Some(Some(source)), ..unproven(proof) }
        }
        Err(error) => unproven(explain(&error)),
    }
}

async fn of_token<D: Documents>(world: &mut World<'_, D>, token: &Token, issuer_id: &str) -> Authenticity {
    let header = token.jws.header();
    let candidate = match key::by_header(world, header, issuer_id).await {
        Ok(candidate) => candidate,
        Err(finding) => return unproven(finding),
    };
    let Candidate { key: Some(key), finding } = candidate else {
        let proof = Finding::new(Code::ProofKeyUnknown);
        return Authenticity { proof, proof_remarks: Vec::new(), key: candidate.finding, expansion: None };
    };
    match jws::verify(&token.jws, &key) {
        Err(error) => unproven(words::token(&error)),
        Ok(()) => {
            let name = algorithm_name(header.algorithm);
            let usual = matches!(header.algorithm, Algorithm::RsaPkcs1Sha256 | Algorithm::EcdsaP256Sha256);
            let remarks = if usual { Vec::new() } else { vec![Finding::with(Code::AlgorithmUnusual, name)] };
            let proof = Finding::with(Code::ProofHolds, name);
            Authenticity { proof, proof_remarks: remarks, key: finding, expansion: None }
        }
    }
}

/// What the claims and the header of a token say beside its signature.
pub(crate) fn claims(token: &Token) -> Vec<Finding> {
    let of_issue = |issue: &ClaimIssue| match issue {
        ClaimIssue::Missing(claim) => Finding::with(Code::ClaimMissing, claim.name()),
        ClaimIssue::MissingSubject => Finding::new(Code::ClaimSubjectMissing),
        ClaimIssue::IllTyped(claim) | ClaimIssue::Mismatch(claim) | ClaimIssue::NoCounterpart(claim) => {
            Finding::with(Code::ClaimDiffers, claim.name())
        }
    };
    let mut findings: Vec<Finding> = token.issues.iter().map(of_issue).collect();
    if token.form == Form::VcClaim {
        findings.push(Finding::new(Code::JwtVcClaim));
    }
    let additional = token.jws.header().additional.iter();
    findings.extend(additional.take(1).map(|name| Finding::with(Code::HeaderAdditional, quoted(name))));
    findings
}

/// No signature that holds, so nobody is asked whose key it is.
fn unproven(proof: Finding) -> Authenticity {
    let key = Finding::new(Code::KeyNotAsked);
    Authenticity { proof, proof_remarks: Vec::new(), key, expansion: None }
}

fn explain(error: &ProofError) -> Finding {
    match error {
        ProofError::UnsupportedSuite(name) => Finding::with(Code::ProofUnsupported, quoted(name)),
        ProofError::UnsupportedFeature(name) => Finding::with(Code::ProofUnsupported, *name),
        ProofError::WrongPurpose(purpose) => Finding::with(Code::ProofPurpose, quoted(purpose)),
        ProofError::WrongKeyType { .. } => Finding::new(Code::ProofKeyUnsuitable),
        ProofError::SignatureMismatch => Finding::new(Code::ProofWrong),
        ProofError::Malformed(member) => Finding::with(Code::ProofMalformed, *member),
        ProofError::Time { member, .. } => Finding::with(Code::ProofMalformed, *member),
        ProofError::Canonicalisation { source, .. } => super::context::explain(source),
        ProofError::Unsignable(_) => {
            Finding::with(Code::ProofMalformed, Text::fixed("not an object", "オブジェクトではありません"))
        }
    }
}
