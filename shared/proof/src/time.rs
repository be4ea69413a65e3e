//! Times as proofs and credentials write them: RFC 3339 with a zone, and JWT's NumericDate.
//!
//! A time without a zone names no instant. It is an error of its own because badges in the wild carry them and a reader
//! deserves to be told exactly that.

use jiff::Timestamp;

/// Longest accepted text: `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+HH:MM`.
pub const MAX_TIME_BYTES: usize = 35;

/// Why a text is not an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// A date and time without `Z` or an offset.
    #[error("time has no zone")]
    NoZone,
    /// Not `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`, or no such day or hour.
    #[error("not an RFC 3339 date and time")]
    Malformed,
}

/// Reads an instant in the profile RFC 3339 and XML Schema's `dateTimeStamp` share: upper-case `T` and `Z`, seconds
/// always there, up to nine digits of fraction.
///
/// A leap second (`:60`) is read as the second before it.
///
/// # Errors
/// [`TimeError::NoZone`] if only the zone is missing, [`TimeError::Malformed`] otherwise.
pub fn parse_rfc3339(text: &str) -> Result<Timestamp, TimeError> {
    let bytes = text.as_bytes();
    if bytes.len() > MAX_TIME_BYTES {
        return Err(TimeError::Malformed);
    }
    let rest = strip_digits(bytes, "dddd-dd-ddTdd:dd:dd").ok_or(TimeError::Malformed)?;
    // RFC 3339 has no hour 24.
    if &bytes[11..13] > b"23".as_slice() {
        return Err(TimeError::Malformed);
    }
    let rest = match rest.strip_prefix(b".") {
        None => rest,
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return Err(TimeError::Malformed);
            }
            &fraction[digits..]
        }
    };
    match rest {
        b"" => Err(TimeError::NoZone),
        b"Z" => text.parse().map_err(|_| TimeError::Malformed),
        _ => {
            let shape = if rest[0] == b'+' { "+dd:dd" } else { "-dd:dd" };
            let end = strip_digits(rest, shape).ok_or(TimeError::Malformed)?;
            if !end.is_empty() || &rest[1..3] > b"23".as_slice() || &rest[4..6] > b"59".as_slice() {
                return Err(TimeError::Malformed);
            }
            text.parse().map_err(|_| TimeError::Malformed)
        }
    }
}

/// Writes an instant as `YYYY-MM-DDTHH:MM:SSZ`, fractions dropped: the form every validator reads.
#[must_use]
pub fn to_rfc3339_seconds(instant: Timestamp) -> String {
    let seconds = instant.as_duration().as_secs() - i64::from(instant.subsec_nanosecond() < 0);
    Timestamp::from_second(seconds).unwrap_or(instant).to_string()
}

/// JWT's NumericDate: whole seconds since 1970-01-01T00:00:00Z, fractions dropped (RFC 7519 §2).
#[must_use]
pub fn numeric_date(instant: Timestamp) -> i64 {
    instant.as_duration().as_secs() - i64::from(instant.subsec_nanosecond() < 0)
}

/// Reads a NumericDate: a JSON number, whole or with a fraction (which is dropped).
///
/// # Errors
/// [`TimeError::Malformed`] if it is no number or beyond year 9999.
pub fn from_numeric_date(value: &serde_json::Value) -> Result<Timestamp, TimeError> {
    let seconds = match (value.as_i64(), value.as_f64()) {
        (Some(whole), _) => whole,
        (None, Some(fraction)) if fraction.abs() < 1e15 => {
            #[expect(clippy::cast_possible_truncation, reason = "bounded by 1e15 just above")]
            let whole = fraction.floor() as i64;
            whole
        }
        _ => return Err(TimeError::Malformed),
    };
    Timestamp::from_second(seconds).map_err(|_| TimeError::Malformed)
}

/// Matches `bytes` against `shape`, where `d` is a digit and all else itself; answers what follows.
fn strip_digits<'a>(bytes: &'a [u8], shape: &str) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(shape.len())?;
    let matches = head.iter().zip(shape.bytes()).all(|(byte, expected)| match expected {
        b'd' => byte.is_ascii_digit(),
        literal => *byte == literal,
    });
    matches.then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn reads_the_profile() {
        let instant: Timestamp = "2026-01-15T09:30:00Z".parse().unwrap();
        for text in [
            "2026-01-15T09:30:00Z",
            "2026-01-15T18:30:00+09:00",
            "2026-01-15T09:30:00.000Z",
            "2026-01-15T09:30:00-00:00",
        ] {
            assert_eq!(parse_rfc3339(text), Ok(instant), "{text}");
        }
        assert_eq!(parse_rfc3339("2016-12-31T23:59:60Z").map(to_rfc3339_seconds).unwrap(), "2016-12-31T23:59:59Z");
    }

    #[test]
    fn a_missing_zone_is_its_own_answer() {
        assert_eq!(parse_rfc3339("2026-01-15T09:30:00"), Err(TimeError::NoZone));
        assert_eq!(parse_rfc3339("2026-01-15T09:30:00.25"), Err(TimeError::NoZone));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "2026-01-15",
            "2026-01-15 09:30:00Z",
            "2026-01-15t09:30:00z",
            "2026-01-15T09:30Z",
            "2026-02-30T09:30:00Z",
            "2026-01-15T24:00:00Z",
            "2026-01-15T09:30:00.Z",
            "2026-01-15T09:30:00.1234567890Z",
            "2026-01-15T09:30:00+9:00",
            "2026-01-15T09:30:00+0900",
            "2026-01-15T09:30:00+09:00[Asia/Tokyo]",
            "2026-01-15T09:30:00+24:00",
            "2026-01-15T09:30:00+09:60",
            "2026-01-15T09:30:00Z ",
            "+002026-01-15T09:30:00Z",
            "2026-01-15T09:30:00\u{2212}09:00",
        ] {
            assert_eq!(parse_rfc3339(text), Err(TimeError::Malformed), "{text}");
        }
    }

    #[test]
    fn numeric_dates_drop_fractions_downwards() {
        let half = "1969-12-31T23:59:58.5Z".parse().unwrap();
        assert_eq!(numeric_date(half), -2);
        assert_eq!(to_rfc3339_seconds(half), "1969-12-31T23:59:58Z");
        assert_eq!(from_numeric_date(&json!(-1.5)).map(numeric_date), Ok(-2));
        assert_eq!(from_numeric_date(&json!(1_768_469_400)).map(to_rfc3339_seconds).unwrap(), "2026-01-15T09:30:00Z");
        for bad in [json!("1768469400"), json!(null), json!(1e300), json!(u64::MAX), json!([1])] {
            assert_eq!(from_numeric_date(&bad), Err(TimeError::Malformed), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(seconds in -60_000_000_000_i64..250_000_000_000) {
            let instant = Timestamp::from_second(seconds).unwrap();
            prop_assert_eq!(numeric_date(instant), seconds);
            let text = to_rfc3339_seconds(instant);
            if !text.starts_with('-') {
                prop_assert_eq!(parse_rfc3339(&text), Ok(instant));
            }
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}", near in "[0-9TZ:+.-]{0,40}") {
            let _ = parse_rfc3339(&text);
            let _ = parse_rfc3339(&near);
        }
    }
}
