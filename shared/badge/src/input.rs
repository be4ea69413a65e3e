//! Reading a JSON request field by field, collecting every complaint instead of the first.
//!
//! A [`Reader`] stands on one value and knows the JSON Pointer (RFC 6901) that leads to it. Asking it for a field of a type either
//! gives the field or notes a [`FieldError`] and gives a harmless stand-in, so that one pass names everything that is wrong:
//!
//! ```
//! use badge::input::{Complaints, Reader};
//! let value = serde_json::json!({"name": "", "expires": "soon"});
//! let complaints = Complaints::default();
//! let root = Reader::root(&value, &complaints);
//! root.text("name", 1, 255);
//! root.integer("expires", 0, 1200);
//! let errors = complaints.into_result(()).unwrap_err();
//! assert_eq!(errors.iter().map(|e| e.pointer.as_str()).collect::<Vec<_>>(), ["/name", "/expires"]);
//! ```

use crate::text::{EmailAddress, Lang, Language, WebUrl};
use serde_json::Value;
use std::cell::RefCell;

/// Complaints kept from one request; more than these help nobody.
const MAX_COMPLAINTS: usize = 100;

/// One field that cannot be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// JSON Pointer to the field; empty for the whole body.
    pub pointer: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Why a field cannot be taken. [`Reason::code`] is stable; [`Reason::text`] is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The field is needed and absent.
    Missing,
    /// A text was expected.
    NotText,
    /// A whole number was expected.
    NotInteger,
    /// A number was expected.
    NotNumber,
    /// `true` or `false` was expected.
    NotBoolean,
    /// A list was expected.
    NotList,
    /// An object was expected.
    NotObject,
    /// The text is empty.
    Empty,
    /// The text has more characters than allowed.
    TooLong {
        /// Characters allowed.
        max: usize,
    },
    /// The list has more members than allowed.
    TooMany {
        /// Members allowed.
        max: usize,
    },
    /// The list has fewer members than needed.
    TooFew {
        /// Members needed.
        min: usize,
    },
    /// The number is outside its range.
    OutOfRange {
        /// Smallest allowed.
        min: i64,
        /// Largest allowed.
        max: i64,
    },
    /// Not an e-mail address.
    NotEmail,
    /// Not an `https:` or `http:` address.
    NotUrl,
    /// Not an address that may be posted to: `https:`, a public host, one of few ports.
    NotPublicHttps,
    /// Not a BCP 47 language tag.
    NotLanguage,
    /// Not one of the values allowed.
    NotAllowed {
        /// The values allowed, ready to show.
        allowed: String,
    },
    /// The same value stands here twice.
    Duplicate,
    /// It names something that does not exist.
    NotFound,
    /// There is no field of this name.
    Unknown,
    /// The picture cannot be taken; the text says why.
    Picture {
        /// Why, in English.
        en: String,
        /// Why, in Japanese.
        ja: String,
    },
    /// The file cannot be taken; code and text say why.
    File {
        /// Which of the reasons there are for files.
        code: &'static str,
        /// Why, in English.
        en: &'static str,
        /// Why, in Japanese.
        ja: &'static str,
    },
    /// These texts cannot be signed together: those who check would put them in different orders.
    Unsignable,
    /// The body is not JSON.
    NotJson,
    /// The value carries a control character.
    ControlCharacter,
    /// It has more bytes than allowed.
    TooLarge {
        /// Bytes allowed.
        max: usize,
    },
    /// The file's bytes are no text in an encoding that is read.
    FileEncoding,
    /// A quoted cell is never closed, or goes on after its closing quote.
    BrokenQuote {
        /// The line on which the cell begins; the first is 1.
        line: u64,
    },
    /// The row has a cell that belongs to no column of the header.
    NoColumn,
    /// The same value stands on an earlier line.
    DuplicateOfLine {
        /// That line; the first is 1.
        line: u64,
    },
    /// Not a date before the year 9999.
    NotDate,
    /// The instant does not lie after another one.
    TooEarly {
        /// The other one.
        after: jiff::Timestamp,
    },
    /// Not the name of a time zone in the IANA database.
    NotTimeZone,
    /// It is a trap for programs, which people leave empty.
    MustBeEmpty,
    /// It is not a right code.
    WrongCode,
    /// It is right, but not at this time.
    NotNow,
    /// It was used as often as it may be.
    UsedUp,
    /// It does not prove any work, was handed in before, or is too old.
    Unsolved,
    /// Not a certificate that can be read.
    NotCertificate,
}

impl Reason {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotText => "not_text",
            Self::NotInteger => "not_integer",
            Self::NotNumber => "not_number",
            Self::NotBoolean => "not_boolean",
            Self::NotList => "not_list",
            Self::NotObject => "not_object",
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::TooMany { .. } => "too_many",
            Self::TooFew { .. } => "too_few",
            Self::OutOfRange { .. } => "out_of_range",
            Self::NotEmail => "not_email",
            Self::NotUrl => "not_url",
            Self::NotPublicHttps => "not_public_https",
            Self::NotLanguage => "not_language",
            Self::NotAllowed { .. } => "not_allowed",
            Self::Duplicate => "duplicate",
            Self::NotFound => "not_found",
            Self::Unknown => "unknown",
            Self::Picture { .. } => "picture",
            Self::File { code, .. } => code,
            Self::Unsignable => "unsignable",
            Self::NotJson => "not_json",
            Self::ControlCharacter => "control_character",
            Self::TooLarge { .. } => "too_large",
            Self::FileEncoding => "file_encoding",
            Self::BrokenQuote { .. } => "broken_quote",
            Self::NoColumn => "no_column",
            Self::DuplicateOfLine { .. } => "duplicate_of_line",
            Self::NotDate => "not_date",
            Self::TooEarly { .. } => "too_early",
            Self::NotTimeZone => "not_time_zone",
            Self::MustBeEmpty => "must_be_empty",
            Self::WrongCode => "wrong_code",
            Self::NotNow => "not_now",
            Self::UsedUp => "used_up",
            Self::Unsolved => "unsolved",
            Self::NotCertificate => "not_certificate",
        }
    }

    /// A sentence for a person, in their language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let (en, ja) = match self {
            Self::Missing => ("This field is required.".into(), "この項目は必須です。".into()),
            Self::NotText => ("Must be a text.".into(), "文字列で指定してください。".into()),
            Self::NotInteger => ("Must be a whole number.".into(), "整数で指定してください。".into()),
            Self::NotNumber => ("Must be a number.".into(), "数値で指定してください。".into()),
            Self::NotBoolean => ("Must be true or false.".into(), "true または false で指定してください。".into()),
            Self::NotList => ("Must be a list.".into(), "配列で指定してください。".into()),
            Self::NotObject => ("Must be an object.".into(), "オブジェクトで指定してください。".into()),
            Self::Empty => ("Must not be empty.".into(), "空にはできません。".into()),
            Self::TooLong { max } => {
                (format!("At most {max} characters."), format!("{max}文字以内で入力してください。"))
            }
            Self::TooMany { max } => (format!("At most {max} entries."), format!("{max}件以内で指定してください。")),
            Self::TooFew { min } => (format!("At least {min} needed."), format!("{min}件以上指定してください。")),
            Self::OutOfRange { min, max } => {
                (format!("Must be between {min} and {max}."), format!("{min}から{max}までの値を指定してください。"))
            }
            Self::NotEmail => ("Not an e-mail address.".into(), "メールアドレスの形式ではありません。".into()),
            Self::NotUrl => (
                "Must be an https:// or http:// address.".into(),
                "https:// または http:// で始まるURLを指定してください。".into(),
            ),
            Self::NotPublicHttps => (
                "Must be an https:// address of a public host, on port 443 or 8443.".into(),
                "公開されたホストの https:// で始まるURL（ポート443または8443）を指定してください。".into(),
            ),
            Self::NotLanguage => {
                ("Not a language tag such as en or ja.".into(), "en や ja のような言語タグを指定してください。".into())
            }
            Self::NotAllowed { allowed } => {
                (format!("Must be one of: {allowed}."), format!("次のいずれかを指定してください: {allowed}"))
            }
            Self::Duplicate => ("Given more than once.".into(), "同じ値が複数あります。".into()),
            Self::NotFound => ("Does not exist.".into(), "存在しません。".into()),
            Self::Unknown => ("There is no such field.".into(), "この名前の項目はありません。".into()),
            Self::Picture { en, ja } => (en.clone(), ja.clone()),
            Self::File { en, ja, .. } => ((*en).into(), (*ja).into()),
            Self::Unsignable => (
                "These texts cannot be signed together. Leave out emoji and other rare characters, for example in the tags.".into(),
                "この組み合わせの文字列には署名できません。タグなどから絵文字や特殊な文字を外してください。".into(),
            ),
            Self::NotJson => ("The body is not valid JSON.".into(), "本文が正しいJSONではありません。".into()),
            Self::ControlCharacter => ("Contains a control character.".into(), "制御文字が含まれています。".into()),
            Self::TooLarge { max } => (format!("At most {max} bytes."), format!("{max}バイト以内にしてください。")),
            Self::FileEncoding => (
                "Not a text in UTF-8, Shift_JIS or UTF-16. Save the file as \"CSV UTF-8\".".into(),
                "UTF-8、Shift_JIS、UTF-16 のいずれの文字コードでも読めません。「CSV UTF-8」形式で保存してください。".into(),
            ),
            Self::BrokenQuote { line } => (
                format!("The quotation marks of a cell that begins on line {line} do not match."),
                format!("{line}行目から始まるセルの引用符（\"）が正しく対応していません。"),
            ),
            Self::NoColumn => (
                "The row has more cells than the header. A cell with a delimiter in it needs quotation marks.".into(),
                "見出し行より多くのセルがあります。区切り文字を含むセルは引用符（\"）で囲んでください。".into(),
            ),
            Self::DuplicateOfLine { line } => {
                (format!("Already given on line {line}."), format!("{line}行目と重複しています。"))
            }
            Self::NotDate => (
                "Must be a date before the year 9999, such as 2027-03-31.".into(),
                "2027-03-31 のような日付（9998年まで）を入力してください。".into(),
            ),
            Self::TooEarly { after } => {
                let after = crate::rfc3339(*after);
                (format!("Must be later than {after}."), format!("{after} より後の日時を指定してください。"))
            }
            Self::NotTimeZone => (
                "Not a time zone such as Asia/Tokyo.".into(),
                "Asia/Tokyo のようなタイムゾーン名を指定してください。".into(),
            ),
            Self::MustBeEmpty => ("Leave this field empty.".into(), "この項目は空のままにしてください。".into()),
            Self::WrongCode => ("This code is not right.".into(), "コードが正しくありません。".into()),
            Self::NotNow => ("This code cannot be used at this time.".into(), "このコードは現在使用できません。".into()),
            Self::UsedUp => {
                ("This code has been used as often as it may be.".into(), "このコードは使用回数の上限に達しました。".into())
            }
            Self::Unsolved => (
                "The check against automatic submissions failed. Please submit once more.".into(),
                "自動送信の確認に失敗しました。もう一度送信してください。".into(),
            ),
            Self::NotCertificate => (
                "Not a certificate (X.509) in PEM: a text that begins with -----BEGIN CERTIFICATE-----.".into(),
                "PEM形式の証明書（X.509）として読み取れません。-----BEGIN CERTIFICATE----- で始まるテキストを指定してください。".into(),
            ),
        };
        match lang {
            Lang::En => en,
            Lang::Ja => ja,
        }
    }
}

/// Everything found wrong with one request.
#[derive(Debug, Default)]
pub struct Complaints(RefCell<Vec<FieldError>>);

impl Complaints {
    /// Note a complaint about the field at `pointer`.
    pub fn note(&self, pointer: impl Into<String>, reason: Reason) {
        let mut list = self.0.borrow_mut();
        if list.len() < MAX_COMPLAINTS {
            list.push(FieldError { pointer: pointer.into(), reason });
        }
    }

    /// `value` when nothing was wrong.
    ///
    /// # Errors
    /// Everything that was noted.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<FieldError>> {
        let list = self.0.into_inner();
        if list.is_empty() { Ok(value) } else { Err(list) }
    }
}

/// Stands on one value of a request; see the module's words.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    value: &'a Value,
    pointer: String,
    complaints: &'a Complaints,
}

impl<'a> Reader<'a> {
    /// The whole body, which must be an object.
    #[must_use]
    pub fn root(value: &'a Value, complaints: &'a Complaints) -> Self {
        if !value.is_object() {
            complaints.note("", Reason::NotObject);
        }
        Self { value, pointer: String::new(), complaints }
    }

    /// Note that this value cannot be taken.
    pub fn refuse(&self, reason: Reason) {
        self.complaints.note(self.pointer.clone(), reason);
    }

    /// Note that a field of this object cannot be taken.
    pub fn refuse_field(&self, key: &str, reason: Reason) {
        self.complaints.note(self.child(key), reason);
    }

    /// The value itself.
    #[must_use]
    pub fn value(&self) -> &'a Value {
        self.value
    }

    fn child(&self, key: &str) -> String {
        format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1"))
    }

    /// A field, unless it is absent or null.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<Reader<'a>> {
        let value = self.value.get(key).filter(|v| !v.is_null())?;
        Some(Reader { value, pointer: self.child(key), complaints: self.complaints })
    }

    /// Notes every field of this object that has none of these names.
    pub fn knows(&self, names: &[&str]) {
        for name in self.value.as_object().into_iter().flat_map(serde_json::Map::keys) {
            if !names.contains(&name.as_str()) {
                self.refuse_field(name, Reason::Unknown);
            }
        }
    }

    fn required<T: Default>(&self, key: &str, read: impl FnOnce(Reader<'a>) -> T) -> T {
        self.field(key).map(read).unwrap_or_else(|| {
            self.complaints.note(self.child(key), Reason::Missing);
            T::default()
        })
    }

    fn as_text(&self, min: usize, max: usize) -> String {
        let Some(text) = self.value.as_str() else {
            self.refuse(Reason::NotText);
            return String::new();
        };
        let count = text.chars().count();
        if count > max {
            self.refuse(Reason::TooLong { max });
        } else if text.trim().chars().count() < min {
            self.refuse(Reason::Empty);
        } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.refuse(Reason::ControlCharacter);
        }
        text.to_owned()
    }

    /// A required text of `min..=max` characters.
    pub fn text(&self, key: &str, min: usize, max: usize) -> String {
        self.required(key, |r| r.as_text(min, max))
    }

    /// A text that may be absent; an empty one counts as absent.
    pub fn optional_text(&self, key: &str, max: usize) -> Option<String> {
        self.field(key).map(|r| r.as_text(0, max)).filter(|t| !t.is_empty())
    }

    /// A required whole number within `min..=max`.
    pub fn integer(&self, key: &str, min: i64, max: i64) -> i64 {
        self.required(key, |r| r.as_integer(min, max))
    }

    /// A whole number that may be absent.
    pub fn optional_integer(&self, key: &str, min: i64, max: i64) -> Option<i64> {
        self.field(key).map(|r| r.as_integer(min, max))
    }

    fn as_integer(&self, min: i64, max: i64) -> i64 {
        match self.value.as_i64() {
            Some(number) if (min..=max).contains(&number) => number,
            Some(_) => {
                self.refuse(Reason::OutOfRange { min, max });
                min
            }
            None => {
                self.refuse(Reason::NotInteger);
                min
            }
        }
    }

    /// A finite number that may be absent.
    pub fn optional_number(&self, key: &str) -> Option<f64> {
        let field = self.field(key)?;
        let number = field.value.as_f64().filter(|n| n.is_finite());
        if number.is_none() {
            field.refuse(Reason::NotNumber);
        }
        number
    }

    /// A truth value; `default` when absent. Existing clients also send 0 and 1.
    pub fn boolean(&self, key: &str, default: bool) -> bool {
        let Some(field) = self.field(key) else { return default };
        match (field.value.as_bool(), field.value.as_i64()) {
            (Some(truth), _) => truth,
            (_, Some(number @ (0 | 1))) => number == 1,
            _ => {
                field.refuse(Reason::NotBoolean);
                default
            }
        }
    }

    /// The members of a list; none when the field is absent.
    pub fn list(&self, key: &str, max: usize) -> Vec<Reader<'a>> {
        let Some(field) = self.field(key) else { return Vec::new() };
        let Some(members) = field.value.as_array() else {
            field.refuse(Reason::NotList);
            return Vec::new();
        };
        if members.len() > max {
            field.refuse(Reason::TooMany { max });
            return Vec::new();
        }
        let reader = |(index, value)| Reader {
            value,
            pointer: format!("{}/{index}", field.pointer),
            complaints: field.complaints,
        };
        members.iter().enumerate().map(reader).collect()
    }

    /// A list of texts of at most `max_chars` characters; empty ones are dropped.
    pub fn texts(&self, key: &str, max: usize, max_chars: usize) -> Vec<String> {
        self.list(key, max).iter().map(|r| r.as_text(0, max_chars)).filter(|t| !t.trim().is_empty()).collect()
    }

    /// This value as an object; notes a complaint otherwise.
    #[must_use]
    pub fn is_object(&self) -> bool {
        let object = self.value.is_object();
        if !object {
            self.refuse(Reason::NotObject);
        }
        object
    }

    /// This value as an e-mail address.
    #[must_use]
    pub fn as_email(&self) -> Option<EmailAddress> {
        let address = self.value.as_str().and_then(|text| text.parse().ok());
        if address.is_none() {
            self.refuse(if self.value.is_string() { Reason::NotEmail } else { Reason::NotText });
        }
        address
    }

    /// A required e-mail address.
    pub fn email(&self, key: &str) -> Option<EmailAddress> {
        self.required(key, |r| r.as_email())
    }

    /// A required e-mail address of somebody: not what stands where one was erased.
    pub fn somebodys_email(&self, key: &str) -> Option<EmailAddress> {
        let address = self.email(key)?;
        if address.is_erased() {
            self.refuse_field(key, Reason::NotEmail);
            return None;
        }
        Some(address)
    }

    /// A web address that may be absent.
    pub fn optional_url(&self, key: &str) -> Option<WebUrl> {
        let field = self.field(key).filter(|f| f.value.as_str() != Some(""))?;
        let url = field.value.as_str().and_then(|text| text.parse().ok());
        if url.is_none() {
            field.refuse(Reason::NotUrl);
        }
        url
    }

    /// A language tag; unknown when absent or empty.
    pub fn language(&self, key: &str) -> Language {
        let Some(field) = self.field(key) else { return Language::default() };
        field.value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
            field.refuse(Reason::NotLanguage);
            Language::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn complaints_of(value: &Value, read: impl Fn(&Reader<'_>)) -> Vec<(String, &'static str)> {
        let complaints = Complaints::default();
        read(&Reader::root(value, &complaints));
        let errors = complaints.into_result(()).err().unwrap_or_default();
        errors.into_iter().map(|e| (e.pointer, e.reason.code())).collect()
    }

    #[test]
    fn every_complaint_names_its_place() {
        let value = json!({"a": 1, "list": ["x", 2], "a/b~c": [], "n": 1.5, "t": "x\u{7}"});
        let found = complaints_of(&value, |r| {
            r.text("a", 1, 5);
            r.text("gone", 1, 5);
            r.texts("list", 5, 5);
            r.text("a/b~c", 1, 5);
            r.integer("n", 0, 5);
            r.text("t", 1, 5);
            r.list("list", 1);
        });
        let expected = [
            ("/a", "not_text"),
            ("/gone", "missing"),
            ("/list/1", "not_text"),
            ("/a~1b~0c", "not_text"),
            ("/n", "not_integer"),
            ("/t", "control_character"),
            ("/list", "too_many"),
        ];
        assert_eq!(found, expected.map(|(p, c)| (p.to_owned(), c)));
    }

    #[test]
    fn a_field_of_no_known_name_is_refused() {
        let value = json!({"a": 1, "b/c": null});
        assert_eq!(complaints_of(&value, |r| r.knows(&["a"])), [("/b~1c".to_owned(), "unknown")]);
        assert_eq!(complaints_of(&value, |r| r.knows(&["a", "b/c"])), []);
    }

    #[test]
    fn null_is_absent_and_zero_is_false() {
        let value = json!({"a": null, "b": 0, "c": 1, "d": "yes"});
        let found = complaints_of(&value, |r| {
            assert_eq!(r.optional_text("a", 5), None);
            assert!(!r.boolean("b", true));
            assert!(r.boolean("c", false));
            assert!(r.boolean("a", true));
            r.boolean("d", false);
        });
        assert_eq!(found, [("/d".to_owned(), "not_boolean")]);
    }

    #[test]
    fn a_body_that_is_no_object_says_so() {
        assert_eq!(complaints_of(&json!([]), |_| ()), [(String::new(), "not_object")]);
    }

    #[test]
    fn what_is_said_about_a_file_names_its_lines_and_limits_in_both_languages() {
        let after = "2026-01-15T09:30:00Z".parse().unwrap();
        let reasons = [
            (Reason::TooLarge { max: 4_500 }, "too_large", "4500"),
            (Reason::FileEncoding, "file_encoding", "Shift_JIS"),
            (Reason::BrokenQuote { line: 17 }, "broken_quote", "17"),
            (Reason::NoColumn, "no_column", ""),
            (Reason::DuplicateOfLine { line: 17 }, "duplicate_of_line", "17"),
            (Reason::NotDate, "not_date", "2027-03-31"),
            (Reason::TooEarly { after }, "too_early", "2026-01-15T09:30:00Z"),
            (Reason::NotTimeZone, "not_time_zone", "Asia/Tokyo"),
        ];
        for (reason, code, said) in reasons {
            assert_eq!(reason.code(), code);
            assert!(reason.text(Lang::En).contains(said) && reason.text(Lang::Ja).contains(said), "{code}");
            assert_ne!(reason.text(Lang::En), reason.text(Lang::Ja));
        }
    }

    #[test]
    fn complaints_are_bounded() {
        let value = json!({"list": vec![1; 500]});
        assert_eq!(complaints_of(&value, |r| drop(r.texts("list", 1000, 5))).len(), MAX_COMPLAINTS);
    }
}
