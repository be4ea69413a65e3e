//! Valid from, valid until.

use jiff::Timestamp;
use proof::time::parse_rfc3339;

use crate::limits::quoted;
use crate::messages::Code;
use crate::report::Finding;

/// Compares the dates as written with now. Both ends belong to the period's inside as the standards have it: "not before"
/// `from`, "expired after" `until`.
pub(crate) fn check(from: Option<&str>, until: Option<&str>, now: Timestamp) -> Finding {
    let Some(from_text) = from else { return Finding::new(Code::ValidityUnreadable) };
    let Ok(from) = parse_rfc3339(from_text) else { return Finding::new(Code::ValidityUnreadable) };
    if now < from {
        return Finding::with(Code::NotYetValid, quoted(from_text));
    }
    let Some(until_text) = until else { return Finding::new(Code::ValidityOpen) };
    match parse_rfc3339(until_text) {
        Err(_) => Finding::new(Code::ValidityUnreadable),
        Ok(until) if now > until => Finding::with(Code::Expired, quoted(until_text)),
        Ok(_) => Finding::with(Code::ValidityOk, quoted(until_text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_inside() {
        let code = |from, until, now: &str| check(from, until, now.parse().unwrap()).code;
        let (from, until) = (Some("2026-01-01T09:00:00+09:00"), Some("2026-01-02T00:00:00Z"));
        assert_eq!(code(from, until, "2025-12-31T23:59:59Z"), Code::NotYetValid);
        assert_eq!(code(from, until, "2026-01-01T00:00:00Z"), Code::ValidityOk);
        assert_eq!(code(from, until, "2026-01-02T00:00:00Z"), Code::ValidityOk);
        assert_eq!(code(from, until, "2026-01-02T00:00:00.1Z"), Code::Expired);
        assert_eq!(code(from, None, "2026-01-02T00:00:00Z"), Code::ValidityOpen);
        assert_eq!(code(None, until, "2026-01-02T00:00:00Z"), Code::ValidityUnreadable);
        assert_eq!(code(from, Some("x"), "2026-01-02T00:00:00Z"), Code::ValidityUnreadable);
    }
}
