//! A list of recipients as a CSV file, for issuing to many at once: reads what spreadsheets write, names every cell that cannot be
//! taken, and writes what became of each row.
//!
//! Decode (`decode`), find the rows (`table`), read their cells (`cell`); the answer is [`result`].

mod cell;
mod decode;
pub mod result;
mod table;

use badge::event::Evidence;
use badge::input::{FieldError, Reason};
use badge::limits::{MAX_RECIPIENT_BYTES, MAX_RECIPIENTS};
use badge::{Lang, Recipient};
use csv::StringRecord;
use jiff::{Timestamp, tz::TimeZone};
use std::collections::HashMap;
use table::{Column, Header};

/// Bytes of a file: what is left of Lambda's 6 MB payload after the gateway has written it in base64.
pub const MAX_FILE_BYTES: usize = 4_500_000;
/// Characters of a text from the file that a complaint shows again.
const MAX_SHOWN_CHARS: usize = 100;

/// A file that could be read, row by row.
#[derive(Debug)]
pub struct Roster {
    /// The encoding it was found to be in; only Shift_JIS is a guess.
    pub encoding: &'static str,
    /// Rows to issue to, in the file's order. No two have the same address, in whatever case.
    pub rows: Vec<Row>,
    /// Rows with something wrong.
    pub bad: Vec<BadRow>,
    /// What somebody should know of the whole file.
    pub warnings: Vec<Warning>,
}

/// A row to issue to.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// The line of the file it begins on, as an editor shows it: the first is 1, and a cell may span several.
    pub line: u64,
    /// Who it names.
    pub recipient: Recipient,
}

/// A row with something wrong.
#[derive(PartialEq)]
pub struct BadRow {
    /// See [`Row::line`].
    pub line: u64,
    /// Its address as it was written, shortened; may be empty.
    pub email: String,
    /// Everything wrong with it, at least one.
    pub errors: Vec<CellError>,
}

/// Addresses stay out of logs: debug output hides it.
impl std::fmt::Debug for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BadRow").field("line", &self.line).field("errors", &self.errors).finish_non_exhaustive()
    }
}

/// A cell that cannot be taken.
#[derive(Debug, PartialEq)]
pub struct CellError {
    /// Our name of its column, whatever the file calls it; empty when it is about the whole row.
    pub column: &'static str,
    /// What is wrong.
    pub reason: Reason,
}

/// What somebody should know of a file that can be taken.
#[derive(Debug, PartialEq)]
pub enum Warning {
    /// A column that names nothing we read: it is left out.
    UnknownColumn {
        /// Its heading, shortened.
        heading: String,
    },
}

impl Warning {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownColumn { .. } => "unknown_column",
        }
    }

    /// A sentence for a person, in their language.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::UnknownColumn { heading }, Lang::En) => format!("The column \"{heading}\" is not used."),
            (Self::UnknownColumn { heading }, Lang::Ja) => format!("列「{heading}」は使用されません。"),
        }
    }
}

/// Reads a file of recipients for an event that begins at `issued_on`.
///
/// A day on which something expires ends in `time_zone` (a name of the IANA database; UTC when absent). Blank rows are passed over.
///
/// # Errors
/// What makes the file as a whole unreadable: `/file` (too large, not text, broken quotes, no rows or too many of them), a column
/// missing or given twice (`/file/email`), `/time_zone`.
pub fn read(file: &[u8], time_zone: Option<&str>, issued_on: Option<Timestamp>) -> Result<Roster, Vec<FieldError>> {
    let zone = time_zone.map_or(Some(TimeZone::UTC), |name| TimeZone::get(name).ok());
    let is_known = zone.is_some();
    // Without the zone the file is read all the same, so that everything wrong is said at once.
    let roster = read_file(file, &Terms { zone: zone.unwrap_or(TimeZone::UTC), issued_on });
    if is_known {
        return roster;
    }
    let mut errors = vec![FieldError { pointer: "/time_zone".into(), reason: Reason::NotTimeZone }];
    errors.extend(roster.err().unwrap_or_default());
    Err(errors)
}

/// What the event says about all rows.
struct Terms {
    zone: TimeZone,
    issued_on: Option<Timestamp>,
}

fn read_file(file: &[u8], terms: &Terms) -> Result<Roster, Vec<FieldError>> {
    let refused = |reason| vec![FieldError { pointer: "/file".into(), reason }];
    if file.len() > MAX_FILE_BYTES {
        return Err(refused(Reason::TooLarge { max: MAX_FILE_BYTES }));
    }
    let (text, encoding) = decode::decode(file).ok_or_else(|| refused(Reason::FileEncoding))?;
    let (header, mut table) = table::open(&text)?;
    let unknown = |heading: &str| Warning::UnknownColumn { heading: shortened(heading) };
    let warnings = header.unknown().map(unknown).collect();
    let mut roster = Roster { encoding, rows: Vec::new(), bad: Vec::new(), warnings };
    let mut seen = HashMap::new();
    while let Some((line, row)) = table.next().map_err(|_| refused(Reason::FileEncoding))? {
        if roster.rows.len() + roster.bad.len() == MAX_RECIPIENTS {
            return Err(refused(Reason::TooMany { max: MAX_RECIPIENTS }));
        }
        let mut cells = Cells { header: &header, row, errors: Vec::new() };
        let recipient = recipient(&mut cells, terms);
        if let Some(recipient) = &recipient {
            let first = *seen.entry(recipient.email.folded()).or_insert(line);
            if first != line {
                cells.refuse(Column::Email, Reason::DuplicateOfLine { line: first });
            }
        }
        match (recipient, cells.errors) {
            (Some(recipient), errors) if errors.is_empty() => roster.rows.push(Row { line, recipient }),
            (_, errors) => {
                let email = shortened(header.cell(row, Column::Email));
                roster.bad.push(BadRow { line, email, errors });
            }
        }
    }
    if roster.rows.is_empty() && roster.bad.is_empty() {
        return Err(refused(Reason::TooFew { min: 1 }));
    }
    Ok(roster)
}

/// One row and what is wrong with it so far.
struct Cells<'a> {
    header: &'a Header,
    row: &'a StringRecord,
    errors: Vec<CellError>,
}

impl Cells<'_> {
    fn refuse(&mut self, column: Column, reason: Reason) {
        self.errors.push(CellError { column: column.name(), reason });
    }

    /// What a cell means; nothing when it is empty, or refused.
    fn read<T>(&mut self, column: Column, meaning: impl FnOnce(&str) -> Result<T, Reason>) -> Option<T> {
        let text = self.header.cell(self.row, column);
        if text.is_empty() {
            return None;
        }
        meaning(text).map_err(|reason| self.refuse(column, reason)).ok()
    }
}

/// Whom a row names, also when something else is wrong with it; nobody without an address.
fn recipient(cells: &mut Cells<'_>, terms: &Terms) -> Option<Recipient> {
    if cells.header.overflows(cells.row) {
        cells.errors.push(CellError { column: "", reason: Reason::NoColumn });
    }
    let email = cells.read(Column::Email, cell::email);
    if cells.header.cell(cells.row, Column::Email).is_empty() {
        cells.refuse(Column::Email, Reason::Missing);
    }
    let name = cells.read(Column::Name, cell::name).unwrap_or_default();
    let language = cells.read(Column::Language, cell::language).unwrap_or_default();
    let evidence = Evidence {
        url: cells.read(Column::EvidenceUrl, cell::url),
        narrative: cells.read(Column::EvidenceNarrative, cell::narrative),
        name: cells.read(Column::EvidenceName, cell::name),
    };
    // A title alone shows nothing; it is often filled down a whole column.
    let evidence = Some(evidence).filter(|e| e.url.is_some() || e.narrative.is_some()).into_iter().collect();
    let expires_on = cells.read(Column::ExpiresOn, |text| {
        let until = cell::expiry(text, &terms.zone)?;
        match terms.issued_on {
            Some(from) if until <= from => Err(Reason::TooEarly { after: from }),
            _ => Ok(until),
        }
    });
    let recipient = Recipient { email: email?, name, language, expires_on, evidence };
    if !recipient.fits() {
        cells.refuse(Column::EvidenceNarrative, Reason::TooLarge { max: MAX_RECIPIENT_BYTES });
    }
    Some(recipient)
}

/// A text cut to what a complaint shows.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use badge::limits::{MAX_CRITERIA_CHARS, MAX_NAME_CHARS};
    use proptest::prelude::*;

    const ISSUED_ON: &str = "2026-01-15T09:30:00Z";

    fn read_text(text: &str) -> Result<Roster, Vec<FieldError>> {
        read(text.as_bytes(), Some("Asia/Tokyo"), ISSUED_ON.parse().ok())
    }

    fn refusal(file: &[u8], time_zone: Option<&str>) -> Vec<(String, &'static str)> {
        let errors = read(file, time_zone, None).unwrap_err();
        errors.into_iter().map(|e| (e.pointer, e.reason.code())).collect()
    }

    /// The codes of a row's complaints, by column.
    fn codes(row: &BadRow) -> Vec<(&'static str, &'static str)> {
        row.errors.iter().map(|e| (e.column, e.reason.code())).collect()
    }

    #[test]
    fn a_full_row_says_everything_about_its_recipient() {
        let text = "氏名,メールアドレス,言語,証拠URL,証拠の説明,evidence_name,有効期限\r\n\
            髙﨑 𠮷子, Hanako@Example.org ,日本語,https://example.org/work,\"一行目\r\n二行目\",作品,2027/3/31\r\n\
            ,b@example.org,,,,題だけ,\r\n";
        let roster = read_text(text).unwrap();
        let evidence = Evidence {
            url: "https://example.org/work".parse().ok(),
            narrative: Some("一行目\r\n二行目".into()),
            name: Some("作品".into()),
        };
        let first = Recipient {
            email: "Hanako@Example.org".parse().unwrap(),
            name: "髙﨑 𠮷子".into(),
            language: "ja".parse().unwrap(),
            expires_on: "2027-03-31T14:59:59Z".parse().ok(),
            evidence: vec![evidence],
        };
        let second = Recipient {
            email: "b@example.org".parse().unwrap(),
            name: String::new(),
            language: "".parse().unwrap(),
            expires_on: None,
            evidence: vec![],
        };
        assert_eq!(roster.rows, [Row { line: 2, recipient: first }, Row { line: 4, recipient: second }]);
        assert_eq!((roster.bad, roster.warnings, roster.encoding), (vec![], vec![], "UTF-8"));
    }

    #[test]
    fn every_encoding_is_read() {
        let text = "氏名;メール\r\n髙﨑 花子;a@example.org\r\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect();
        let files: [(&str, Vec<u8>); 5] = [
            ("UTF-8", text.into()),
            ("UTF-8", format!("\u{feff}{text}").into()),
            ("Shift_JIS", encoding_rs::SHIFT_JIS.encode(text).0.into_owned()),
            ("UTF-16LE", utf16(u16::to_le_bytes)),
            ("UTF-16BE", utf16(u16::to_be_bytes)),
        ];
        for (encoding, file) in files {
            let roster = read(&file, None, None).unwrap();
            assert_eq!(roster.encoding, encoding);
            assert_eq!((roster.rows[0].recipient.name.as_str(), roster.rows[0].line), ("髙﨑 花子", 2), "{encoding}");
        }
    }

    #[test]
    fn every_complaint_about_a_row() {
        let heading = "email,name,language,evidence_url,evidence_narrative,evidence_name,expires_on\n";
        let long = |count: usize| "x".repeat(count + 1);
        let cases = [
            (",Anna,,,,,".to_owned(), vec![("email", "missing")]),
            ("nobody,,,,,,".into(), vec![("email", "not_email")]),
            (format!("a@b,{},,,,,", long(MAX_NAME_CHARS)), vec![("name", "too_long")]),
            ("a@b,\"x\ny\",,,,,".into(), vec![("name", "control_character")]),
            ("a@b,,French,,,,".into(), vec![("language", "not_language")]),
            ("a@b,,,example.org,,,".into(), vec![("evidence_url", "not_url")]),
            (format!("a@b,,,,{},,", long(MAX_CRITERIA_CHARS)), vec![("evidence_narrative", "too_long")]),
            ("a@b,,,,x\u{7},,".into(), vec![("evidence_narrative", "control_character")]),
            (format!("a@b,,,,{},,", "証".repeat(MAX_CRITERIA_CHARS)), vec![("evidence_narrative", "too_large")]),
            (format!("a@b,,,,,{},", long(MAX_NAME_CHARS)), vec![("evidence_name", "too_long")]),
            ("a@b,,,,,,soon".into(), vec![("expires_on", "not_date")]),
            (format!("a@b,,,,,,{ISSUED_ON}"), vec![("expires_on", "too_early")]),
            ("a@b,,,,,,2026-01-14".into(), vec![("expires_on", "too_early")]),
            ("a@b,,,,,,,x".into(), vec![("", "no_column")]),
            (
                "x,,?,y,,,z,w".into(),
                vec![
                    ("", "no_column"),
                    ("email", "not_email"),
                    ("language", "not_language"),
                    ("evidence_url", "not_url"),
                    ("expires_on", "not_date"),
                ],
            ),
        ];
        for (row, expected) in cases {
            let roster = read_text(&format!("{heading}{row}\n")).unwrap();
            assert_eq!(roster.bad.iter().flat_map(codes).collect::<Vec<_>>(), expected);
            assert!(roster.rows.is_empty() && roster.bad[0].line == 2);
        }
        // The day of issuing ends after it began.
        assert_eq!(read_text(&format!("{heading}a@b,,,,,,2026-01-15\n")).unwrap().rows.len(), 1);
    }

    #[test]
    fn an_address_given_again_names_the_line_it_was_given_first() {
        let text =
            "email,name,expires_on\nA@example.org,\"\",\nb@example.org,,soon\na@EXAMPLE.org,,\nb@example.org,,\n";
        let roster = read_text(text).unwrap();
        assert_eq!(roster.rows.len(), 1);
        let reasons: Vec<_> = roster.bad.iter().map(|b| (b.line, b.email.as_str(), &b.errors[0].reason)).collect();
        let expected = [
            (3, "b@example.org", &Reason::NotDate),
            (4, "a@EXAMPLE.org", &Reason::DuplicateOfLine { line: 2 }),
            (5, "b@example.org", &Reason::DuplicateOfLine { line: 3 }),
        ];
        assert_eq!(reasons, expected);
    }

    #[test]
    fn a_bad_address_is_shown_shortened_and_kept_out_of_logs() {
        let roster = read_text(&format!("email\n{}\nsecret@\n", "髙".repeat(MAX_SHOWN_CHARS + 1))).unwrap();
        assert_eq!(roster.bad[0].email, format!("{}…", "髙".repeat(MAX_SHOWN_CHARS)));
        assert_eq!(roster.bad[1].email, "secret@");
        assert!(!format!("{roster:?}").contains("secret"));
    }

    #[test]
    fn lines_count_cells_of_several_lines_and_blank_rows() {
        let text =
            "email,evidence_narrative\r\na@b,\"one\r\ntwo\n\nfour\"\r\n\r\n,\r\nc@d,x\r\nnobody,\r\n\r\n\r\n , \r\n";
        let roster = read_text(text).unwrap();
        assert_eq!(roster.rows.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 8]);
        assert_eq!(roster.bad.iter().map(|r| r.line).collect::<Vec<_>>(), [9]);
    }

    #[test]
    fn unknown_columns_are_told_and_left_out() {
        let roster = read_text("部署,email,\n総務,a@b,\n").unwrap();
        assert_eq!(roster.warnings, [Warning::UnknownColumn { heading: "部署".into() }]);
        assert_eq!(roster.rows.len(), 1);
        let warning = &roster.warnings[0];
        assert_eq!(warning.code(), "unknown_column");
        assert!([Lang::En, Lang::Ja].iter().all(|lang| warning.text(*lang).contains("部署")));
    }

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        let cases: [(&[u8], &str, &str); 7] = [
            (b"", "/file", "empty"),
            (b"email\r\n\r\n", "/file", "too_few"),
            (b"name\nAnna\n", "/file/email", "missing"),
            (b"email,mail\na@b,c@d\n", "/file/email", "duplicate"),
            (b"email\nRen\xe9,\n", "/file", "file_encoding"),
            (b"email,name\na@b,\"x\n", "/file", "broken_quote"),
            (&vec![b'\n'; MAX_FILE_BYTES + 1], "/file", "too_large"),
        ];
        for (file, pointer, code) in cases {
            assert_eq!(refusal(file, None), [(pointer.to_owned(), code)]);
        }
        let zone = ("/time_zone".to_owned(), "not_time_zone");
        assert_eq!(refusal(b"email\na@b", Some("Asia/Edo")), std::slice::from_ref(&zone));
        assert_eq!(refusal(b"name\nAnna", Some("")), [zone, ("/file/email".to_owned(), "missing")]);
    }

    fn list_of(count: usize) -> String {
        std::iter::once("email,expires_on\n".to_owned())
            .chain((0..count).map(|n| format!("p{n}@example.org,2027-03-31\n")))
            .collect()
    }

    #[test]
    fn ten_thousand_rows_and_not_one_more() {
        let roster = read_text(&list_of(MAX_RECIPIENTS)).unwrap();
        assert_eq!((roster.rows.len(), roster.rows[9_999].line), (10_000, 10_001));
        assert_eq!(refusal(list_of(MAX_RECIPIENTS + 1).as_bytes(), None), [("/file".to_owned(), "too_many")]);
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), cells in "[\\PC\",;\t\r\n]{0,200}") {
            let _ = read(&bytes, None, None);
            let _ = read(&[b"email,name,expires_on\n", &bytes[..]].concat(), None, None);
            let _ = read(&[b"\xff\xfe", &bytes[..]].concat(), None, None);
            let _ = read_text(&format!("email,expires_on,language,evidence_url\n{cells}"));
        }

        #[test]
        fn rows_that_a_writer_wrote_come_back(
            people in prop::collection::vec(("[^\\p{C}\\p{Z}]{0,20}", "[^\\p{Z}\\p{C}]([^\\p{C}]|\r\n|\n){0,30}"), 1..20),
            delimiter in prop::sample::select(b",;\t".to_vec()),
            end in prop::sample::select(vec![csv::Terminator::CRLF, csv::Terminator::Any(b'\n'), csv::Terminator::Any(b'\r')]),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
            writer.write_record(["name", "email", "evidence_narrative"]).unwrap();
            for (n, (name, narrative)) in people.iter().enumerate() {
                writer.write_record([name, &format!("p{n}@example.org"), narrative]).unwrap();
            }
            let roster = read(&writer.into_inner().unwrap(), None, None).unwrap();
            prop_assert!(roster.bad.is_empty() && roster.rows.len() == people.len());
            let mut line = 2;
            for (row, (name, narrative)) in roster.rows.iter().zip(&people) {
                prop_assert_eq!(&row.recipient.name, name);
                prop_assert_eq!(row.recipient.evidence[0].narrative.as_deref(), Some(narrative.trim()));
                prop_assert_eq!(row.line, line);
                line += 1 + narrative.matches('\n').count() as u64;
            }
        }
    }
}
