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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{jws::CompactJws, testing::TestKey};

    fn credential() -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": "urn:uuid:018f6b2e-7c1a-7d3e-9a44-5b6c7d8e9f01",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "issuer": {"id": "did:web:badges.example", "type": ["Profile"]},
            "validFrom": "2026-01-15T18:30:00.5+09:00",
            "validUntil": "2029-01-15T09:30:00Z",
            "credentialSubject": {"id": "urn:uuid:018f6b2e-7c1a-7d3e-9a44-5b6c7d8e9f02", "type": ["AchievementSubject"]}
        })
    }

    fn issues(payload: &Value) -> Vec<ClaimIssue> {
        check_claims(payload.to_string().as_bytes()).unwrap().issues
    }

    #[test]
    fn claims_repeat_the_credential() {
        let payload = claims(&credential()).unwrap();
        assert_eq!(payload["iss"], "did:web:badges.example");
        assert_eq!(payload["jti"], "urn:uuid:018f6b2e-7c1a-7d3e-9a44-5b6c7d8e9f01");
        assert_eq!(payload["sub"], "urn:uuid:018f6b2e-7c1a-7d3e-9a44-5b6c7d8e9f02");
        assert_eq!(payload["nbf"], 1_768_469_400);
        assert_eq!(payload["exp"], 1_863_163_800);
        let reading = check_claims(payload.to_string().as_bytes()).unwrap();
        assert_eq!(reading, Reading { credential: credential(), form: Form::TopLevel, issues: vec![] });
    }

    #[test]
    fn the_header_says_what_open_badges_allow() {
        let key = TestKey::fresh_p256().unwrap();
        let draft = draft(&credential(), key.public_key().algorithm(), "did:web:badges.example#k").unwrap();
        let signature = key.sign(draft.signing_input()).unwrap();
        let jws = CompactJws::parse(&draft.complete(&signature, key.public_key()).unwrap()).unwrap();
        assert_eq!(jws.header().typ.as_deref(), Some("JWT"));
        assert_eq!(jws.header().key_id.as_deref(), Some("did:web:badges.example#k"));
        assert_eq!((jws.header().jwk.as_ref(), jws.header().additional.as_slice()), (None, [].as_slice()));
    }

    #[test]
    fn what_cannot_be_drafted() {
        let without = |pointer: &str| {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let mut credential = credential();
            credential.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(name);
            claims(&credential)
        };
        for (pointer, missing) in [
            ("/issuer/id", "issuer.id"),
            ("/id", "id"),
            ("/credentialSubject/id", "credentialSubject.id"),
            ("/validFrom", "validFrom"),
        ] {
            assert_eq!(without(pointer), Err(DraftError::Missing(missing)));
        }
        assert!(without("/validUntil").is_ok_and(|payload| payload.get("exp").is_none()));
        let with = |name: &str, value: Value| {
            let mut credential = credential();
            credential[name] = value;
            claims(&credential)
        };
        assert_eq!(with("validFrom", json!("2026-01-15T09:30:00")), Err(DraftError::Missing("validFrom")));
        assert_eq!(with("proof", json!([])), Err(DraftError::HasProof));
        assert_eq!(with("jti", json!("urn:other")), Err(DraftError::ClaimTaken("jti")));
        assert_eq!(claims(&json!([])), Err(DraftError::Missing("members")));
    }

    #[test]
    fn each_claim_is_compared() {
        let good = claims(&credential()).unwrap();
        let with = |name: &str, value: Value| {
            let mut payload = good.clone();
            payload[name] = value;
            issues(&payload)
        };
        for (claim, other) in [
            (Claim::Issuer, json!("did:web:other.example")),
            (Claim::Id, json!("urn:other")),
            (Claim::Subject, json!("urn:other")),
            (Claim::ValidFrom, json!(1_768_469_401)),
            (Claim::ValidUntil, json!(1_863_163_799.5)),
        ] {
            assert_eq!(with(claim.name(), other), [ClaimIssue::Mismatch(claim)]);
            assert_eq!(with(claim.name(), json!([1])), [ClaimIssue::IllTyped(claim)]);
            let mut missing = good.clone();
            missing.as_object_mut().unwrap().shift_remove(claim.name());
            let expected =
                if claim == Claim::Subject { ClaimIssue::MissingSubject } else { ClaimIssue::Missing(claim) };
            assert_eq!(issues(&missing), [expected]);
        }
        assert_eq!(with("nbf", json!("1768469400")), [ClaimIssue::IllTyped(Claim::ValidFrom)]);
        assert_eq!(with("nbf", json!(1_768_469_400.5)), []);
        assert_eq!(with("validUntil", json!(null)), [ClaimIssue::NoCounterpart(Claim::ValidUntil)]);
        assert_eq!(with("id", json!(7)), [ClaimIssue::NoCounterpart(Claim::Id)]);
    }

    #[test]
    fn the_vc_claim_is_read_and_filled_in() {
        let payload = json!({
            "iss": "https://a.example", "jti": "urn:1", "sub": "did:example:s", "nbf": 0, "exp": 86_400,
            "vc": {"type": ["VerifiableCredential"], "credentialSubject": {"type": "AchievementSubject"}}
        });
        let reading = check_claims(payload.to_string().as_bytes()).unwrap();
        assert_eq!((reading.form, reading.issues), (Form::VcClaim, vec![]));
        let expected = json!({
            "type": ["VerifiableCredential"],
            "credentialSubject": {"type": "AchievementSubject", "id": "did:example:s"},
            "issuer": "https://a.example", "id": "urn:1",
            "issuanceDate": "1970-01-01T00:00:00Z", "expirationDate": "1970-01-02T00:00:00Z"
        });
        assert_eq!(reading.credential, expected);

        let mut differs = payload;
        differs["vc"]["issuer"] = json!({"id": "https://b.example"});
        differs["vc"]["validFrom"] = json!("1970-01-01T00:00:01Z");
        assert_eq!(issues(&differs), [ClaimIssue::Mismatch(Claim::Issuer), ClaimIssue::Mismatch(Claim::ValidFrom)]);
        assert_eq!(check_claims(br#"{"vc": "text"}"#), Err(PayloadError::MalformedVc));
        assert_eq!(check_claims(b"[]"), Err(PayloadError::NotAnObject));
        assert_eq!(check_claims(b"eyJ"), Err(PayloadError::NotAnObject));
    }

    proptest! {
        #[test]
        fn any_payload_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..100), number in any::<f64>(), text in "\\PC{0,30}") {
            let _ = check_claims(&bytes);
            let payload = json!({"nbf": number, "exp": text, "iss": number, "validFrom": text, "vc": {"validUntil": text}});
            let _ = check_claims(payload.to_string().as_bytes());
        }
    }
}
