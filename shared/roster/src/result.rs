//! What became of every row, as a file that a spreadsheet opens.

use std::borrow::Cow;

/// What became of one row of the list. A text is empty where there is nothing to say.
#[derive(Default)]
pub struct ResultRow<'a> {
    /// The line of the list; the first is 1.
    pub line: u64,
    /// The address.
    pub email: Cow<'a, str>,
    /// The name.
    pub name: Cow<'a, str>,
    /// What happened, as a code.
    pub outcome: Cow<'a, str>,
    /// Why, for a person.
    pub reason: Cow<'a, str>,
    /// The credential's id.
    pub credential_id: Cow<'a, str>,
    /// Its public address.
    pub credential_url: Cow<'a, str>,
    /// Where its recipient receives it.
    pub receive_url: Cow<'a, str>,
    /// What became of the mail, as a code.
    pub mail: Cow<'a, str>,
}

const COLUMNS: [&str; 9] =
    ["line", "email", "name", "outcome", "reason", "credential_id", "credential_url", "receive_url", "mail"];

/// The file: UTF-8 with a byte order mark, without which Excel in Japan takes it for Shift_JIS, and lines that end in CR LF
/// (RFC 4180 section 2). What a spreadsheet would take for a formula is made a text.
pub fn result_csv<'a>(rows: impl Iterator<Item = ResultRow<'a>>) -> Vec<u8> {
    // Writing to memory does not fail.
    written(rows).unwrap_or_default()
}

fn written<'a>(rows: impl Iterator<Item = ResultRow<'a>>) -> csv::Result<Vec<u8>> {
    let file = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
    writer.write_record(COLUMNS)?;
    for row in rows {
        let texts = [
            row.email,
            row.name,
            row.outcome,
            row.reason,
            row.credential_id,
            row.credential_url,
            row.receive_url,
            row.mail,
        ];
        writer.write_field(row.line.to_string())?;
        for text in texts {
            writer.write_field(harmless(text).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()).into())
}

/// A text that no spreadsheet takes for a formula: names and addresses come from strangers, and the file is opened by an
/// organisation. Excel in Japan also takes the full-width signs.
fn harmless(text: Cow<'_, str>) -> Cow<'_, str> {
    let signs = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(signs) { Cow::Owned(format!("'{text}")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_file_as_excel_wants_it() {
        let row = ResultRow {
            line: 2,
            email: "a@example.org".into(),
            name: "髙﨑, \"𠮷\"".into(),
            outcome: "issued".into(),
            credential_url: "https://badges.example.org/credentials/1".into(),
            ..ResultRow::default()
        };
        let expected = "\u{feff}line,email,name,outcome,reason,credential_id,credential_url,receive_url,mail\r\n\
            2,a@example.org,\"髙﨑, \"\"𠮷\"\"\",issued,,,https://badges.example.org/credentials/1,,\r\n";
        assert_eq!(String::from_utf8(result_csv(std::iter::once(row))).unwrap(), expected);
        assert!(result_csv(std::iter::empty()).ends_with(b",mail\r\n"));
    }

    #[test]
    fn formulas_become_texts() {
        for sign in ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"] {
            let text = format!("{sign}HYPERLINK(\"http://x\")");
            assert_eq!(harmless(text.as_str().into()), format!("'{text}"));
        }
        let name = "=cmd|'/c calc'!A1";
        let row = ResultRow { line: 2, email: "+a@b".into(), name: name.into(), ..ResultRow::default() };
        let file = String::from_utf8(result_csv(std::iter::once(row))).unwrap();
        assert!(file.ends_with(&format!("2,'+a@b,'{name},,,,,,\r\n")), "{file}");
    }

    proptest! {
        #[test]
        fn every_cell_comes_back_and_none_is_a_formula(cells in prop::collection::vec(any::<[String; 8]>(), 0..10)) {
            let row = |c: &'_ [String; 8]| {
                let [email, name, outcome, reason, credential_id, credential_url, receive_url, mail] =
                    c.each_ref().map(|text| Cow::Owned(text.clone()));
                let line = 7;
                ResultRow { line, email, name, outcome, reason, credential_id, credential_url, receive_url, mail }
            };
            let file = result_csv(cells.iter().map(row));
            let text = std::str::from_utf8(&file).unwrap().strip_prefix('\u{feff}').unwrap();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let read: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(read.len(), cells.len());
            for (read, cells) in read.iter().zip(&cells) {
                prop_assert_eq!(&read[0], "7");
                for (read, cell) in read.iter().skip(1).zip(cells) {
                    prop_assert!(read == cell || read.strip_prefix('\'') == Some(cell));
                    prop_assert!(!read.starts_with(['=', '+', '-', '@', '\t', '\r']));
                }
            }
        }
    }
}
