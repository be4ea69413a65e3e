//! A verifiable credential in either of its two forms, taken apart but not yet believed.

use proof::jws::CompactJws;
use proof::vc_jwt::{self, ClaimIssue, Form};
use serde_json::Value;

use crate::json::{self, JsonError};
use crate::messages::Code;
use crate::report::{Finding, Text};
use crate::value::{id_of, text};
use crate::words;

/// Which edition of the VC Data Model a credential follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataModel {
    /// 2.0: `validFrom`, `validUntil`.
    Vc2,
    /// 1.1: `issuanceDate`, `expirationDate`.
    Vc11,
}

/// A credential and what secures it.
pub(crate) struct Credential {
    pub(crate) value: Value,
    pub(crate) envelope: Envelope,
}

pub(crate) enum Envelope {
    /// Whatever is in `proof`, if anything.
    Embedded,
    /// The token it came in.
    Jwt(Box<Token>),
}

pub(crate) struct Token {
    pub(crate) jws: CompactJws,
    pub(crate) form: Form,
    pub(crate) issues: Vec<ClaimIssue>,
}

impl Credential {
    pub(crate) const fn embedded(value: Value) -> Self {
        Self { value, envelope: Envelope::Embedded }
    }

    /// Takes a VC-JWT apart. The signature is not looked at.
    pub(crate) fn from_jws(jws: CompactJws) -> Result<Self, Finding> {
        // The claims are compared by a reader that takes the last of two equal names; refuse such payloads first.
        payload(&jws)?;
        let reading = vc_jwt::check_claims(jws.payload()).map_err(|_| payload_malformed())?;
        let token = Token { jws, form: reading.form, issues: reading.issues };
        Ok(Self { value: reading.credential, envelope: Envelope::Jwt(Box::new(token)) })
    }

    pub(crate) fn issuer_id(&self) -> Option<&str> {
        id_of(self.value.get("issuer")?)
    }

    pub(crate) fn id(&self) -> Option<&str> {
        text(&self.value, "id")
    }

    /// Name and value of the member from which on it is valid.
    pub(crate) fn valid_from(&self) -> Option<&str> {
        text(&self.value, "validFrom").or_else(|| text(&self.value, "issuanceDate"))
    }

    pub(crate) fn valid_until(&self) -> Option<&str> {
        text(&self.value, "validUntil").or_else(|| text(&self.value, "expirationDate"))
    }
}

/// The payload of a token as JSON.
pub(crate) fn payload(jws: &CompactJws) -> Result<Value, Finding> {
    json::parse(jws.payload()).map_err(|error| match error {
        JsonError::Duplicate(name) => Finding::with(Code::JsonDuplicate, name),
        JsonError::TooDeep => Finding::new(Code::JsonTooDeep),
        JsonError::TooLarge => Finding::new(Code::DocumentTooComplex),
        JsonError::Malformed => payload_malformed(),
    })
}

/// Takes a compact JWS apart.
pub(crate) fn parse_jws(text: &str) -> Result<CompactJws, Finding> {
    CompactJws::parse(text).map_err(|error| words::token(&error))
}

fn payload_malformed() -> Finding {
    Finding::with(Code::JwsMalformed, Text::fixed("its content is not JSON", "本体がJSONではありません"))
}
