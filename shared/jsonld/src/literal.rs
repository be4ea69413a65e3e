//! JSON values as RDF literals, the way ECMAScript prints them.
//!
//! [JSON-LD](https://www.w3.org/TR/json-ld11-api/#data-round-tripping) says: a number with a fraction (or ≥ 10²¹) becomes
//! a canonical `xsd:double` with 15 digits after the point, any other an integer in full. "Number" means an IEEE double,
//! as in JavaScript; an integer beyond 2⁵³ is therefore the nearest double, printed in full.

use crate::Error;
use serde_json::{Map, Number, Value};

const XSD_INTEGER: &str = "http://www.w3.org/2001/XMLSchema#integer";
pub(crate) const XSD_DOUBLE: &str = "http://www.w3.org/2001/XMLSchema#double";

/// From here on even a whole number is written with an exponent.
const EXPONENT_FROM: f64 = 1e21;

/// Below this ECMAScript writes `1e-7`, without a point unless there are more digits. jsonld.js, which looks for the
/// point, then takes the number for the integer 0, others for a double. Nobody can sign that.
const AMBIGUOUS_BELOW: f64 = 1e-6;

/// A number as `(lexical form, datatype)`, `datatype` being what the term asks for, if anything.
pub(crate) fn number<'a>(number: &Number, datatype: Option<&'a str>) -> Result<(String, &'a str), Error> {
    if datatype != Some(XSD_DOUBLE)
        && let Some(small) = number.as_i64().filter(|small| small.unsigned_abs() <= 1 << 53)
    {
        return Ok((small.to_string(), datatype.unwrap_or(XSD_INTEGER)));
    }
    let value = number.as_f64().filter(|value| value.is_finite()).ok_or_else(|| Error::invalid("not a number"))?;
    if value != 0.0 && value.abs() < AMBIGUOUS_BELOW {
        return Err(Error::invalid("numbers closer to zero than 0.000001 are read differently by libraries"));
    }
    if value.fract() != 0.0 || value.abs() >= EXPONENT_FROM || datatype == Some(XSD_DOUBLE) {
        Ok((double(value), datatype.unwrap_or(XSD_DOUBLE)))
    } else {
        // `+ 0.0` turns -0 into 0.
        Ok((format!("{:.0}", value + 0.0), datatype.unwrap_or(XSD_INTEGER)))
    }
}

/// Canonical `xsd:double`: `2.1E0`. At most sixteen significant digits, halves rounded up, as `toExponential(15)` does.
fn double(value: f64) -> String {
    let value = value + 0.0;
    let text = format!("{value:.15e}");
    let text = if is_tie(value) { round_half_away(&text, value) } else { text };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0');
    let zero = if mantissa.ends_with('.') { "0" } else { "" };
    format!("{mantissa}{zero}E{exponent}")
}

/// Whether the exact value lies half way between two numbers of sixteen digits. Rust rounds such to even, ECMAScript up.
fn is_tie(value: f64) -> bool {
    let seventeen = format!("{value:.16e}");
    let (mantissa, _) = seventeen.split_once('e').unwrap_or((&seventeen, "0"));
    if !mantissa.ends_with('5') {
        return false;
    }
    // A double has at most 767 significant digits.
    let exact = format!("{value:.766e}");
    let (digits, _) = exact.split_once('e').unwrap_or((&exact, "0"));
    digits.strip_prefix(mantissa).is_some_and(|rest| rest.bytes().all(|digit| digit == b'0'))
}

/// The larger in magnitude of the two neighbours of a tie. (ECMAScript formats the magnitude, then adds the sign.)
fn round_half_away(even: &str, value: f64) -> String {
    let seventeen = format!("{value:.16e}");
    let (mantissa, exponent) = seventeen.split_once('e').unwrap_or((&seventeen, "0"));
    let truncated = mantissa.get(..mantissa.len() - 1).unwrap_or_default();
    let rounded_down = even.split_once('e').is_some_and(|(kept, _)| kept == truncated);
    if !rounded_down {
        return even.to_owned();
    }
    // The last digit of `truncated` is even, so adding one to it never carries.
    let mut digits = truncated.to_owned();
    if let Some(last) = digits.pop().and_then(|digit| digit.to_digit(10)) {
        digits.extend(char::from_digit(last + 1, 10));
    }
    format!("{digits}e{exponent}")
}

/// A JSON value as an `rdf:JSON` literal: [RFC 8785](https://www.rfc-editor.org/rfc/rfc8785).
pub(crate) fn json(value: &Value) -> Result<String, Error> {
    let mut text = String::new();
    write_json(value, &mut text)?;
    Ok(text)
}

fn write_json(value: &Value, text: &mut String) -> Result<(), Error> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => {
            let value = number.as_f64().filter(|value| value.is_finite());
            text.push_str(&ecmascript(value.ok_or_else(|| Error::invalid("not a number"))?));
        }
        Value::String(value) => write_json_string(value, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_json(item, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => write_json_object(members, text)?,
    }
    Ok(())
}

/// Members in the order of their keys' UTF-16 code units.
fn write_json_object(members: &Map<String, Value>, text: &mut String) -> Result<(), Error> {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    text.push('{');
    for (index, (key, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_json_string(key, text);
        text.push(':');
        write_json(value, text)?;
    }
    text.push('}');
    Ok(())
}

fn write_json_string(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            control if control < ' ' => text.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => text.push(other),
        }
    }
    text.push('"');
}

/// `Number.prototype.toString`: the shortest digits that read back as the same double.
fn ecmascript(value: f64) -> String {
    let shortest = format!("{:e}", value + 0.0);
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let split = |at: i32| digits.split_at(usize::try_from(at).unwrap_or_default());
    // ECMA-262, Number::toString: the decimal point comes after `point` digits.
    let point = exponent + 1;
    if count <= point && point <= 21 {
        format!("{sign}{digits}{}", zeros(point - count))
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = split(point);
        format!("{sign}{whole}.{fraction}")
    } else if -6 < point && point <= 0 {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else {
        let (first, rest) = split(1);
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{dot}{rest}e{exponent:+}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str, datatype: Option<&str>) -> String {
        let parsed: Number = serde_json::from_str(json).unwrap();
        let (lexical, datatype) = number(&parsed, datatype).unwrap();
        format!("{lexical} {}", datatype.rsplit('#').next().unwrap())
    }

    /// Every right-hand side was printed by jsonld.js.
    #[test]
    fn numbers_are_written_as_ecmascript_writes_them() {
        for (json, expected) in [
            ("0", "0 integer"),
            ("-0", "0 integer"),
            ("-0.0", "0 integer"),
            ("3.0", "3 integer"),
            ("2.1", "2.1E0 double"),
            ("-2.5", "-2.5E0 double"),
            ("0.000001", "1.0E-6 double"),
            ("100", "100 integer"),
            ("1e20", "100000000000000000000 integer"),
            ("1e21", "1.0E21 double"),
            ("9007199254740993", "9007199254740992 integer"),
            ("12345678901234567890", "12345678901234567168 integer"),
            ("0.30000000000000004", "3.0E-1 double"),
            ("1125899906842624.5", "1.125899906842625E15 double"),
            ("-1125899906842624.5", "-1.125899906842625E15 double"),
            ("123456.789", "1.23456789E5 double"),
        ] {
            assert_eq!(of(json, None), expected, "{json}");
        }
        assert_eq!(of("3", Some(XSD_DOUBLE)), "3.0E0 double");
        assert_eq!(of("3", Some("https://www.w3.org/2001/XMLSchema#float")), "3 float");
        assert_eq!(of("2.5", Some("https://www.w3.org/2001/XMLSchema#float")), "2.5E0 float");
    }

    #[test]
    fn json_literals_follow_rfc_8785() {
        let value: Value = serde_json::from_str(
            r#"{"b":[1e21,1e-7,0.000001,333333333.33333329,4.50,-0,1e20,5e-324,123456789012345680000],"a":"\u20ac\u000f\nA'\"\\/","\ud83d\ude00":1,"\ufb33":2}"#,
        )
        .unwrap();
        // The object's last two keys: U+1F600 is D83D DE00 in UTF-16 and so comes before U+FB33.
        assert_eq!(
            json(&value).unwrap(),
            "{\"a\":\"\u{20ac}\\u000f\\nA'\\\"\\\\/\",\"b\":[1e+21,1e-7,0.000001,333333333.3333333,4.5,0,100000000000000000000,5e-324,123456789012345680000],\"\u{1f600}\":1,\"\u{fb33}\":2}"
        );
    }

    #[test]
    fn tiny_numbers_are_refused() {
        let parsed: Number = serde_json::from_str("1e-7").unwrap();
        assert!(matches!(number(&parsed, None), Err(Error::Invalid(_))));
    }
}
