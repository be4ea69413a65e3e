//! From the text of a cell to what it means. Every text comes without blanks around it and is not empty.

use super::table::half_width;
use badge::input::Reason;
use badge::limits::{MAX_CRITERIA_CHARS, MAX_NAME_CHARS};
use badge::text::Language;
use badge::{EmailAddress, WebUrl};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

/// The last year whose every day exists as an instant in every time zone.
const MAX_YEAR: i16 = 9998;
/// Digits of the shortest number taken for Unix seconds: with fewer it is rather a date without hyphens or a day count of Excel's.
const MIN_UNIX_DIGITS: usize = 9;

pub(super) fn email(text: &str) -> Result<EmailAddress, Reason> {
    text.parse().ok().filter(|address: &EmailAddress| !address.is_erased()).ok_or(Reason::NotEmail)
}

pub(super) fn url(text: &str) -> Result<WebUrl, Reason> {
    text.parse().map_err(|_| Reason::NotUrl)
}

/// A name or title: one line.
pub(super) fn name(text: &str) -> Result<String, Reason> {
    checked(text, MAX_NAME_CHARS, &[])
}

/// A text of several lines.
pub(super) fn narrative(text: &str) -> Result<String, Reason> {
    checked(text, MAX_CRITERIA_CHARS, &['\n', '\r', '\t'])
}

fn checked(text: &str, max: usize, allowed: &[char]) -> Result<String, Reason> {
    if text.chars().count() > max {
        Err(Reason::TooLong { max })
    } else if text.chars().any(|c| c.is_control() && !allowed.contains(&c)) {
        Err(Reason::ControlCharacter)
    } else {
        Ok(text.to_owned())
    }
}

/// A BCP 47 tag, or one of our languages by its name.
pub(super) fn language(text: &str) -> Result<Language, Reason> {
    let folded = half_width(text).to_lowercase();
    let tag = match folded.as_str() {
        "日本語" | "japanese" => "ja",
        "英語" | "english" => "en",
        _ => text,
    };
    // Longer first subtags are well-formed but none is registered (RFC 5646 section 2.2.1): "French" is a name, not a tag.
    let first = tag.split(['-', '_']).next().unwrap_or_default();
    let named = (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    tag.parse().ok().filter(|_| named).ok_or(Reason::NotLanguage)
}

/// An expiry: a day (`2027-03-31`, `2027/3/31`), which ends with its last second in `zone`; an RFC 3339 instant; or Unix seconds.
/// Fractions of a second are dropped.
pub(super) fn expiry(text: &str, zone: &TimeZone) -> Result<Timestamp, Reason> {
    let text = half_width(text);
    let at = if let Some(date) = date(&text) {
        let last_second = date.at(23, 59, 59, 0);
        last_second.to_zoned_datetime(zone.clone()).ok().map(|at| at.timestamp())
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = (text.len() >= MIN_UNIX_DIGITS).then(|| text.parse().ok()).flatten();
        seconds.and_then(|seconds| Timestamp::from_second(seconds).ok())
    } else {
        // The parser also takes fewer digits and names of zones, which is no harm.
        text.parse::<Timestamp>().ok().and_then(|at| Timestamp::from_second(at.as_second()).ok())
    };
    let in_reach = |at: &Timestamp| at.to_zoned_datetime(TimeZone::UTC).year() <= MAX_YEAR;
    at.filter(in_reach).ok_or(Reason::NotDate)
}

/// `YYYY-MM-DD` or `YYYY/MM/DD`; Excel leaves out leading zeros of month and day.
fn date(text: &str) -> Option<Date> {
    let separator = text.chars().find(|c| matches!(c, '-' | '/'))?;
    let mut parts = text.split(separator);
    let mut number = |digits: std::ops::RangeInclusive<usize>| {
        let part = parts.next()?;
        let fits = digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i16>().ok().filter(|_| fits)
    };
    let (year, month, day) = (number(4..=4)?, number(1..=2)?, number(1..=2)?);
    if parts.next().is_some() {
        return None;
    }
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (year <= MAX_YEAR).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokyo() -> TimeZone {
        TimeZone::get("Asia/Tokyo").unwrap()
    }

    #[test]
    fn a_day_ends_where_its_people_live() {
        for text in ["2027-03-31", "2027/03/31", "2027/3/31", "２０２７／０３／３１"] {
            assert_eq!(expiry(text, &tokyo()).unwrap().to_string(), "2027-03-31T14:59:59Z", "{text}");
            assert_eq!(expiry(text, &TimeZone::UTC).unwrap().to_string(), "2027-03-31T23:59:59Z", "{text}");
        }
        // The last second of a day on which clocks go back comes twice; the first counts.
        let azores = TimeZone::get("Atlantic/Azores").unwrap();
        assert_eq!(expiry("2027-10-31", &azores).unwrap().to_string(), "2027-11-01T00:59:59Z");
    }

    #[test]
    fn instants_are_the_same_in_every_zone() {
        for text in ["2027-03-31T12:00:00+09:00", "2027-03-31T03:00:00.75Z", "1806462000"] {
            assert_eq!(expiry(text, &tokyo()).unwrap().to_string(), "2027-03-31T03:00:00Z", "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_guessed_at() {
        let bad = [
            "soon",
            "2027-02-29",
            "2027-3",
            "27-03-31",
            "2027-03-31-1",
            "2027/03-31",
            "2027-+3-31",
            "31.03.2027",
            "2027-03-31T12:00:00",
            "20270331",
            "46477",
            "0",
            "-1806462000",
            "1806462000000",
            "99999999999999999999",
            "9999-12-31",
            "9999-01-01T00:00:00Z",
            "253402300799",
        ];
        for text in bad {
            assert_eq!(expiry(text, &tokyo()), Err(Reason::NotDate), "{text}");
        }
        assert!(expiry("9998-12-31", &tokyo()).is_ok());
    }

    #[test]
    fn what_stands_for_an_erased_address_is_none() {
        assert_eq!(email("a@b.example").unwrap().as_str(), "a@b.example");
        assert_eq!(email("erased-1@erased.invalid"), Err(Reason::NotEmail));
    }

    #[test]
    fn languages_by_tag_and_by_name() {
        for (text, tag) in [
            ("ja", "ja"),
            ("日本語", "ja"),
            ("Japanese", "ja"),
            ("ＥＮＧＬＩＳＨ", "en"),
            ("英語", "en"),
            ("zh_Hant", "zh-Hant"),
            ("gsw", "gsw"),
        ] {
            assert_eq!(language(text).unwrap().as_str(), tag);
        }
        for text in ["French", "フランス語", "j", "12", "ja--x"] {
            assert_eq!(language(text), Err(Reason::NotLanguage), "{text}");
        }
    }

    #[test]
    fn texts_have_an_end_and_names_one_line() {
        for kept in ["髙﨑 𠮷子", "O'Brien", &"髙".repeat(MAX_NAME_CHARS)] {
            assert_eq!(name(kept).unwrap(), kept);
        }
        assert_eq!(name(&"x".repeat(MAX_NAME_CHARS + 1)), Err(Reason::TooLong { max: MAX_NAME_CHARS }));
        assert_eq!(name("a\nb"), Err(Reason::ControlCharacter));
        assert_eq!(narrative("a\r\n\tb").unwrap(), "a\r\n\tb");
        assert_eq!(narrative("a\u{7}"), Err(Reason::ControlCharacter));
        assert_eq!(narrative(&"x".repeat(MAX_CRITERIA_CHARS + 1)), Err(Reason::TooLong { max: MAX_CRITERIA_CHARS }));
    }
}
