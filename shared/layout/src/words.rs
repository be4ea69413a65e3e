//! What stands on the page besides what the issuer and the recipient say, in both languages.

use jiff::{Timestamp, tz::TimeZone};

use crate::Language;

/// The labels of a page.
pub(crate) struct Words {
    /// BCP 47 tag of the document.
    pub(crate) tag: &'static str,
    pub(crate) certificate: &'static str,
    /// Between the recipient and the badge.
    pub(crate) statement: &'static str,
    /// The same where no recipient is named.
    pub(crate) statement_of_nobody: &'static str,
    pub(crate) criteria: &'static str,
    pub(crate) issued_by: &'static str,
    pub(crate) issued_on: &'static str,
    pub(crate) expires_on: &'static str,
    pub(crate) credential_id: &'static str,
    pub(crate) verify: &'static str,
    /// Beneath criteria that were cut.
    pub(crate) more: &'static str,
    /// Alternative text of the QR code.
    pub(crate) code_alt: &'static str,
    /// Alternative text of the link to the validator.
    pub(crate) verify_alt: &'static str,
    /// Alternative text of the link to the published credential.
    pub(crate) credential_alt: &'static str,
    /// Alternative text of the logo, before the issuer's name.
    pub(crate) logo_alt: &'static str,
}

const JA: Words = Words {
    tag: "ja",
    certificate: "認定証",
    statement: "上記の方が、次のバッジを取得したことを証します。",
    statement_of_nobody: "本証の保有者が、次のバッジを取得したことを証します。",
    criteria: "取得条件",
    issued_by: "発行者",
    issued_on: "発行日",
    expires_on: "有効期限",
    credential_id: "証明書ID",
    verify: "真正性の確認",
    more: "全文はリンク先に掲載しています",
    code_alt: "この証明書を確認するページのQRコード",
    verify_alt: "この証明書を確認するページ",
    credential_alt: "公開されている証明書",
    logo_alt: "ロゴ：",
};

const EN: Words = Words {
    tag: "en",
    certificate: "CERTIFICATE",
    statement: "has earned the badge",
    statement_of_nobody: "The holder of this certificate has earned the badge",
    criteria: "Criteria",
    issued_by: "Issued by",
    issued_on: "Issued on",
    expires_on: "Valid until",
    credential_id: "Credential ID",
    verify: "Verify this badge",
    more: "Full text at the link",
    code_alt: "QR code of the page that verifies this certificate",
    verify_alt: "Page that verifies this certificate",
    credential_alt: "Published credential",
    logo_alt: "Logo of ",
};

/// The labels in a language.
pub(crate) fn of(language: Language) -> &'static Words {
    match language {
        Language::Ja => &JA,
        Language::En => &EN,
    }
}

/// A day in UTC, in words.
pub(crate) fn date(language: Language, time: Timestamp) -> String {
    let day = TimeZone::UTC.to_datetime(time).date();
    match language {
        Language::Ja => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Language::En => day.strftime("%-d %B %Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_the_language_writes_it() {
        let time: Timestamp = "2026-01-05T23:59:59Z".parse().unwrap();
        assert_eq!(date(Language::Ja, time), "2026年1月5日");
        assert_eq!(date(Language::En, time), "5 January 2026");
    }
}
