//! Required members and value types of assertions, badge classes and issuers.
//!
//! Sources: Open Badges 2.0 "Data Types"; for 1.x the Mozilla specification, which also knew dates without time and Unix
//! times. Further members are allowed everywhere.

use proof::identity::IdentityHash;
use proof::time::{TimeError, parse_rfc3339};
use serde_json::Value;

use super::Edition;
use crate::limits::quoted;
use crate::messages::Code;
use crate::report::{Finding, Text};
use crate::steps::model::is_uri;
use crate::value::{has_type, id_of, text};

pub(crate) fn assertion(assertion: &Value, edition: Edition) -> Vec<Finding> {
    let required: &[&str] = match edition {
        Edition::V2 => &["id", "recipient", "badge", "verification", "issuedOn"],
        Edition::V11 => &["id", "recipient", "badge", "verify", "issuedOn"],
        Edition::V10 => &["uid", "recipient", "badge", "verify", "issuedOn"],
    };
    let mut findings = missing(assertion, required);
    if edition == Edition::V2
        && let Some(id) = text(assertion, "id").filter(|id| !is_uri(id))
    {
        findings.push(Finding::with(Code::UriMalformed, quoted(id)).at("id"));
    }
    for name in ["issuedOn", "expires"] {
        if let Some(value) = assertion.get(name) {
            findings.extend(time(value, edition).map(|finding| finding.at(name)));
        }
    }
    findings.extend(recipient(assertion.get("recipient")));
    if assertion.get("image").and_then(id_of).is_some_and(|image| image.starts_with("data:")) {
        findings.push(Finding::new(Code::ImageDataUri).at("image"));
    }
    findings
}

pub(crate) fn badge_class(badge_class: &Value, edition: Edition) -> Vec<Finding> {
    let mut findings = missing(badge_class, &["name", "description", "image", "criteria", "issuer"]);
    for name in ["name", "description"] {
        findings.extend(not_text(badge_class, name));
    }
    if edition == Edition::V2 {
        findings.extend(missing(badge_class, &["id"]));
        if !has_type(badge_class, "BadgeClass") {
            findings.push(Finding::with(Code::TypeNotListed, "BadgeClass").at("type"));
        }
    }
    findings
}

pub(crate) fn issuer(issuer: &Value, edition: Edition) -> Vec<Finding> {
    let mut findings = missing(issuer, &["name", "url"]);
    findings.extend(not_text(issuer, "name"));
    if edition == Edition::V2 {
        if !has_type(issuer, "Issuer") && !has_type(issuer, "Profile") {
            findings.push(Finding::with(Code::TypeNotListed, "Profile").at("type"));
        }
        if issuer.get("email").is_none() {
            findings.push(Finding::new(Code::IssuerEmailMissing).at("email"));
        }
    }
    findings
}

fn missing(object: &Value, names: &[&str]) -> Vec<Finding> {
    let is_missing = |name: &&&str| object.get(**name).is_none_or(Value::is_null);
    names.iter().filter(is_missing).map(|name| Finding::with(Code::MemberMissing, *name).at(*name)).collect()
}

fn not_text(object: &Value, name: &str) -> Option<Finding> {
    let value = object.get(name)?;
    (!value.is_string()).then(|| Finding::with(Code::MemberIllTyped, Text::fixed("text", "文字列")).at(name))
}

/// `recipient`: an IdentityObject.
fn recipient(recipient: Option<&Value>) -> Vec<Finding> {
    let Some(recipient) = recipient else { return Vec::new() };
    if !recipient.is_object() {
        let object = Text::fixed("object", "オブジェクト");
        return vec![Finding::with(Code::MemberIllTyped, object).at("recipient")];
    }
    let mut findings = missing(recipient, &["identity"]);
    let identity = text(recipient, "identity").unwrap_or_default();
    match recipient.get("hashed") {
        Some(Value::Bool(true)) if IdentityHash::parse(identity).is_err() => {
            let hash = Text::fixed("sha256$ and 64 digits", "「sha256$」で始まるハッシュ値");
            findings.push(Finding::with(Code::MemberIllTyped, hash).at("recipient.identity"));
        }
        Some(Value::Bool(false)) | None if IdentityHash::parse(identity).is_ok() => {
            findings.push(Finding::new(Code::RecipientHashUnmarked).at("recipient.hashed"));
        }
        Some(Value::Bool(_)) | None => {}
        Some(_) => {
            let boolean = Text::fixed("true or false", "真偽値（true/false）");
            findings.push(Finding::with(Code::MemberIllTyped, boolean).at("recipient.hashed"));
        }
    }
    findings
}

fn time(value: &Value, edition: Edition) -> Option<Finding> {
    if instant(value, edition).is_some() {
        return None;
    }
    let Some(written) = value.as_str() else {
        return Some(Finding::with(Code::MemberIllTyped, Text::fixed("date and time", "日時")));
    };
    let code = match parse_rfc3339(written) {
        Err(TimeError::NoZone) => Code::TimeNoZone,
        _ => Code::TimeMalformed,
    };
    Some(Finding::with(code, quoted(written)))
}

/// An instant as RFC 3339 text. Open Badges 1.x also wrote a day without a time (its start, in UTC) and Unix times.
pub(crate) fn instant(value: &Value, edition: Edition) -> Option<String> {
    if let Some(written) = value.as_str() {
        if parse_rfc3339(written).is_ok() {
            return Some(written.to_owned());
        }
        if edition == Edition::V2 {
            return None;
        }
        let is_day = written.len() == "YYYY-MM-DD".len();
        if let (true, Ok(day)) = (is_day, written.parse::<jiff::civil::Date>()) {
            return Some(format!("{day}T00:00:00Z"));
        }
        let with_zone = format!("{written}Z");
        return parse_rfc3339(&with_zone).is_ok().then_some(with_zone);
    }
    if edition == Edition::V2 {
        return None;
    }
    jiff::Timestamp::from_second(value.as_i64()?).ok().map(|time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_by_edition() {
        let v10 = |value: Value| instant(&value, Edition::V10);
        assert_eq!(v10(json!("2015-04-01")).as_deref(), Some("2015-04-01T00:00:00Z"));
        assert_eq!(v10(json!(1_427_846_400)).as_deref(), Some("2015-04-01T00:00:00Z"));
        assert_eq!(v10(json!("2015-04-01T10:00:00")).as_deref(), Some("2015-04-01T10:00:00Z"));
        assert_eq!(instant(&json!("2015-04-01"), Edition::V2), None);
        assert_eq!(instant(&json!(1_427_846_400), Edition::V2), None);
        assert_eq!(time(&json!("2015-04-01T10:00:00"), Edition::V2).unwrap().code, Code::TimeNoZone);
        assert_eq!(time(&json!("soon"), Edition::V10).unwrap().code, Code::TimeMalformed);
    }

    #[test]
    fn recipients() {
        let code = |value: Value| recipient(Some(&value)).first().map(|finding| finding.code);
        let hash = format!("sha256${}", "0".repeat(64));
        assert_eq!(code(json!({"type": "email", "hashed": true, "identity": hash})), None);
        assert_eq!(code(json!({"type": "email", "hashed": false, "identity": "a@example.com"})), None);
        assert_eq!(
            code(json!({"type": "email", "hashed": false, "identity": hash})),
            Some(Code::RecipientHashUnmarked)
        );
        assert_eq!(
            code(json!({"type": "email", "hashed": true, "identity": "a@example.com"})),
            Some(Code::MemberIllTyped)
        );
        assert_eq!(code(json!({"hashed": "yes", "identity": "x"})), Some(Code::MemberIllTyped));
        assert_eq!(code(json!({"hashed": false})), Some(Code::MemberMissing));
        assert_eq!(code(json!("a@example.com")), Some(Code::MemberIllTyped));
    }
}
