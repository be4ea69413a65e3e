//! VC-JWT as Open Badges 3.0 §8.2.4 has it: the credential's members at the top of the payload, and JWT claims that
//! repeat some of them.
//!
//! | claim | repeats | rule |
//! |---|---|---|
//! | `iss` | `issuer.id` (or `issuer`, a string) | must |
//! | `jti` | `id` | must |
//! | `nbf` | `validFrom` (VC 1.1: `issuanceDate`) | must |
//! | `exp` | `validUntil` (VC 1.1: `expirationDate`) | must, if the credential has one |
//! | `sub` | `credentialSubject.id` | must; widely missing, and nobody checks it: a warning |
//!
//! Read as well: the VC 1.1 form with a `vc` claim. Never written.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    jws::{self, NewHeader},
    keys::Algorithm,
    time::{from_numeric_date, numeric_date, parse_rfc3339},
};

/// Why a credential cannot become a VC-JWT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// A value that a claim must repeat is missing or not what it should be.
    #[error("credential has no usable {0}")]
    Missing(&'static str),
    /// The credential has a member of the name of a claim, with another value.
    #[error("credential has a member {0} of its own")]
    ClaimTaken(&'static str),
    /// A Data Integrity proof and a JWT around it are two forms of one thing.
    #[error("credential has an embedded proof")]
    HasProof,
}

/// Drafts the VC-JWT of an unsigned credential: header `alg`, `kid`, `typ: JWT`.
///
/// # Errors
/// See [`DraftError`]. `credentialSubject.id` is demanded: who knows the recipient by e-mail only gives the subject a
/// `urn:uuid:` of its own.
pub fn draft(credential: &Value, algorithm: Algorithm, key_id: &str) -> Result<jws::Draft, DraftError> {
    let payload = claims(credential)?;
    let header = NewHeader { algorithm, key_id: Some(key_id), typ: Some("JWT") };
    Ok(jws::draft(&header, payload.to_string().as_bytes()))
}

/// The payload: the credential and the claims after it.
///
/// # Errors
/// See [`DraftError`].
pub fn claims(credential: &Value) -> Result<Value, DraftError> {
    let mut payload = credential.as_object().ok_or(DraftError::Missing("members"))?.clone();
    if payload.contains_key("proof") {
        return Err(DraftError::HasProof);
    }
    let text = |value: Option<&str>, name| value.map(Value::from).ok_or(DraftError::Missing(name));
    let date = |name| {
        let text = credential.get(name).and_then(Value::as_str).ok_or(DraftError::Missing(name))?;
        parse_rfc3339(text).map(|instant| Value::from(numeric_date(instant))).map_err(|_| DraftError::Missing(name))
    };
    let mut claims = vec![
        ("iss", text(issuer_id(credential), "issuer.id")?),
        ("jti", text(credential.get("id").and_then(Value::as_str), "id")?),
        ("sub", text(subject_id(credential), "credentialSubject.id")?),
        ("nbf", date("validFrom")?),
    ];
    if credential.get("validUntil").is_some() {
        claims.push(("exp", date("validUntil")?));
    }
    for (name, value) in claims {
        if payload.insert(name.into(), value.clone()).is_some_and(|taken| taken != value) {
            return Err(DraftError::ClaimTaken(name));
        }
    }
    Ok(Value::Object(payload))
}

/// Where the credential stood in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Its members at the top: VC 2.0 and Open Badges 3.0.
    TopLevel,
    /// In the claim `vc`: VC 1.1.
    VcClaim,
}

/// A payload that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The credential, without the claims; of the VC 1.1 form, with what only the claims said filled in.
    pub credential: Value,
    /// Where it stood.
    pub form: Form,
    /// What is wrong with the claims; empty is good.
    pub issues: Vec<ClaimIssue>,
}

/// Why a payload holds no credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not a JSON object.
    #[error("payload is not a JSON object")]
    NotAnObject,
    /// The claim `vc` is not an object.
    #[error("claim vc is not an object")]
    MalformedVc,
}

/// The claims that repeat something of the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claim {
    /// `iss`, the issuer.
    Issuer,
    /// `jti`, the credential's id.
    Id,
    /// `nbf`, valid from.
    ValidFrom,
    /// `exp`, valid until.
    ValidUntil,
    /// `sub`, the subject's id.
    Subject,
}

impl Claim {
    /// Its name in the payload.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issuer => "iss",
            Self::Id => "jti",
            Self::ValidFrom => "nbf",
            Self::ValidUntil => "exp",
            Self::Subject => "sub",
        }
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Something wrong between claims and credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimIssue {
    /// A required claim is missing.
    #[error("claim {0} is missing")]
    Missing(Claim),
    /// `sub` is missing, which the specification requires and deployed issuers and validators do not mind.
    #[error("claim sub is missing")]
    MissingSubject,
    /// A claim is not a string, or not a NumericDate.
    #[error("claim {0} is not of its type")]
    IllTyped(Claim),
    /// Claim and credential say different things.
    #[error("claim {0} differs from the credential")]
    Mismatch(Claim),
    /// The claim stands where the credential has no such value, or one that cannot be read.
    #[error("claim {0} has no counterpart in the credential")]
    NoCounterpart(Claim),
}

impl ClaimIssue {
    /// Whether it is a warning; all others fail a badge.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::MissingSubject)
    }
}

/// Reads a payload and compares its claims with the credential's own values.
///
/// # Errors
/// See [`PayloadError`].
pub fn check_claims(payload: &[u8]) -> Result<Reading, PayloadError> {
    let payload: Map<String, Value> = serde_json::from_slice(payload).map_err(|_| PayloadError::NotAnObject)?;
    let claim = |claim: Claim| payload.get(claim.name());
    let (form, mut credential) = match payload.get("vc") {
        Some(Value::Object(credential)) => (Form::VcClaim, credential.clone()),
        Some(_) => return Err(PayloadError::MalformedVc),
        None => (Form::TopLevel, payload.iter().filter(|(name, _)| !is_claim(name)).map(owned).collect()),
    };
    if form == Form::VcClaim {
        fill_in(&mut credential, &claim);
    }
    let credential = Value::Object(credential);

    let mut issues = Vec::new();
    issues.extend(check_text(Claim::Issuer, claim(Claim::Issuer), issuer_id(&credential)));
    issues.extend(check_text(Claim::Id, claim(Claim::Id), credential.get("id").and_then(Value::as_str)));
    issues.extend(check_date(Claim::ValidFrom, claim(Claim::ValidFrom), valid_from(&credential), true));
    issues.extend(check_date(Claim::ValidUntil, claim(Claim::ValidUntil), valid_until(&credential), false));
    issues.extend(match claim(Claim::Subject) {
        None => Some(ClaimIssue::MissingSubject),
        found => check_text(Claim::Subject, found, subject_id(&credential)),
    });
    Ok(Reading { credential, form, issues })
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// The registered claims (RFC 7519 §4.1), which are not part of the credential.
fn is_claim(name: &str) -> bool {
    matches!(name, "iss" | "jti" | "nbf" | "exp" | "sub" | "iat" | "aud")
}

/// VC 1.1 §6.3.1: what a claim says may be left out of `vc`; put it back.
fn fill_in<'a>(credential: &mut Map<String, Value>, claim: &impl Fn(Claim) -> Option<&'a Value>) {
    for (from, name) in [(Claim::Issuer, "issuer"), (Claim::Id, "id")] {
        if let (Some(value @ Value::String(_)), false) = (claim(from), credential.contains_key(name)) {
            credential.insert(name.into(), value.clone());
        }
    }
    for (from, name, newer) in
        [(Claim::ValidFrom, "issuanceDate", "validFrom"), (Claim::ValidUntil, "expirationDate", "validUntil")]
    {
        let has_own = credential.contains_key(name) || credential.contains_key(newer);
        if let (Some(Ok(instant)), false) = (claim(from).map(from_numeric_date), has_own) {
            credential.insert(name.into(), instant.to_string().into());
        }
    }
    if let (Some(Value::Object(subject)), Some(id @ Value::String(_))) =
        (credential.get_mut("credentialSubject"), claim(Claim::Subject))
    {
        subject.entry("id").or_insert_with(|| id.clone());
    }
}

fn issuer_id(credential: &Value) -> Option<&str> {
    let issuer = credential.get("issuer")?;
    issuer.as_str().or_else(|| issuer.get("id")?.as_str())
}

/// The id of the one subject; a list of one counts as one.
fn subject_id(credential: &Value) -> Option<&str> {
    match credential.get("credentialSubject")? {
        Value::Array(subjects) if subjects.len() == 1 => subjects[0].get("id")?.as_str(),
        subject => subject.get("id")?.as_str(),
    }
}

fn valid_from(credential: &Value) -> Option<&Value> {
    credential.get("validFrom").or_else(|| credential.get("issuanceDate"))
}

fn valid_until(credential: &Value) -> Option<&Value> {
    credential.get("validUntil").or_else(|| credential.get("expirationDate"))
}

fn check_text(claim: Claim, found: Option<&Value>, own: Option<&str>) -> Option<ClaimIssue> {
    match (found, own) {
        (None, _) => Some(ClaimIssue::Missing(claim)),
        (Some(Value::String(found)), Some(own)) => (found != own).then_some(ClaimIssue::Mismatch(claim)),
        (Some(Value::String(_)), None) => Some(ClaimIssue::NoCounterpart(claim)),
        (Some(_), _) => Some(ClaimIssue::IllTyped(claim)),
    }
}

/// Compares to the second: a NumericDate mostly has no fraction where the credential's time has one.
fn check_date(claim: Claim, found: Option<&Value>, own: Option<&Value>, required: bool) -> Option<ClaimIssue> {
    let Some(found) = found else {
        return (required || own.is_some()).then_some(ClaimIssue::Missing(claim));
    };
    let Ok(found) = from_numeric_date(found) else {
        return Some(ClaimIssue::IllTyped(claim));
    };
    let own: Option<Timestamp> = own.and_then(Value::as_str).and_then(|text| parse_rfc3339(text).ok());
    match own {
        None => Some(ClaimIssue::NoCounterpart(claim)),
        Some(own) => (numeric_date(own) != numeric_date(found)).then_some(ClaimIssue::Mismatch(claim)),
    }
}
