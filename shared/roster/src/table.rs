//! From text to rows of cells: delimiter, header, and which line of the file a row begins on.

use badge::input::{FieldError, Reason};
use csv::StringRecord;

/// Columns of a file; more than these come from no list of people.
const MAX_COLUMNS: usize = 100;

/// What may stand between cells. Excel writes semicolons where the decimal sign is a comma, and tabs in its "Unicode text".
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A column that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Email,
    Name,
    Language,
    EvidenceUrl,
    EvidenceNarrative,
    EvidenceName,
    ExpiresOn,
}

impl Column {
    const ALL: [Self; 7] = [
        Self::Email,
        Self::Name,
        Self::Language,
        Self::EvidenceUrl,
        Self::EvidenceNarrative,
        Self::EvidenceName,
        Self::ExpiresOn,
    ];

    /// Its name in our own files and in complaints.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::Language => "language",
            Self::EvidenceUrl => "evidence_url",
            Self::EvidenceNarrative => "evidence_narrative",
            Self::EvidenceName => "evidence_name",
            Self::ExpiresOn => "expires_on",
        }
    }

    /// Its names as [`folded`] leaves them. Half-width katakana stand beside the full-width ones: they do not fold letter by letter.
    fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::Email => &[
                "email",
                "mail",
                "emailaddress",
                "mailaddress",
                "メールアドレス",
                "メール",
                "eメール",
                "ﾒｰﾙｱﾄﾞﾚｽ",
                "ﾒｰﾙ",
            ],
            Self::Name => &["name", "氏名", "名前"],
            Self::Language => &["language", "言語"],
            Self::EvidenceUrl => &["evidenceurl", "証拠url", "エビデンスurl", "ｴﾋﾞﾃﾞﾝｽurl"],
            Self::EvidenceNarrative => &["evidencenarrative", "証拠の説明", "エビデンス", "ｴﾋﾞﾃﾞﾝｽ"],
            Self::EvidenceName => &["evidencename", "証拠名", "エビデンス名", "ｴﾋﾞﾃﾞﾝｽ名"],
            Self::ExpiresOn => &["expireson", "expiry", "有効期限"],
        }
    }

    fn of(heading: &str) -> Option<Self> {
        let folded = folded(heading);
        Self::ALL.into_iter().find(|column| column.spellings().contains(&folded.as_str()))
    }
}

/// A text with its full-width ASCII characters (U+FF01 to U+FF5E) and blank made half-width.
pub(super) fn half_width(text: &str) -> String {
    let narrow = |c| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    text.chars().map(narrow).collect()
}

/// A heading without what people write differently: width, case, blanks, hyphens and underscores.
fn folded(heading: &str) -> String {
    let lower = half_width(heading).to_lowercase();
    lower.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '\u{feff}')).collect()
}

/// What a place in the rows holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Heading {
    Known(Column),
    Unknown(String),
    /// Nothing stands above it, so nothing may stand in it.
    None,
}

/// The row that says which column is where.
#[derive(Debug)]
pub(super) struct Header(Vec<Heading>);

impl Header {
    fn read(row: &StringRecord) -> Self {
        let heading = |cell: &str| match Column::of(cell) {
            Some(column) => Heading::Known(column),
            None if cell.trim().is_empty() => Heading::None,
            None => Heading::Unknown(cell.trim().to_owned()),
        };
        // One more than allowed, to be complained of: a row can have millions.
        Self(row.iter().take(MAX_COLUMNS + 1).map(heading).collect())
    }

    fn known(&self) -> impl Iterator<Item = Column> {
        self.0.iter().filter_map(|heading| if let Heading::Known(column) = heading { Some(*column) } else { None })
    }

    /// Headings that name nothing we read.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter_map(|heading| if let Heading::Unknown(text) = heading { Some(text.as_str()) } else { None })
    }

    /// What makes the file unreadable: too many columns, one of ours twice, no addresses.
    fn check(&self) -> Result<(), Vec<FieldError>> {
        let complaint = |pointer: String, reason| FieldError { pointer, reason };
        if self.0.len() > MAX_COLUMNS {
            return Err(vec![complaint("/file".into(), Reason::TooMany { max: MAX_COLUMNS })]);
        }
        let wrong = |column: Column| match self.known().filter(|known| *known == column).count() {
            0 if column == Column::Email => Some(Reason::Missing),
            0 | 1 => None,
            _ => Some(Reason::Duplicate),
        };
        let errors: Vec<FieldError> = Column::ALL
            .into_iter()
            .filter_map(|column| Some(complaint(format!("/file/{}", column.name()), wrong(column)?)))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// A row's cell of a column, without blanks around it; empty when the row or the file has none.
    pub(super) fn cell<'a>(&self, row: &'a StringRecord, column: Column) -> &'a str {
        let place = self.0.iter().position(|heading| *heading == Heading::Known(column));
        place.and_then(|place| row.get(place)).unwrap_or_default().trim()
    }

    /// Whether a row has something in a place without a heading, as when a delimiter within a cell tears it apart.
    pub(super) fn overflows(&self, row: &StringRecord) -> bool {
        let nameless = |place| self.0.get(place).is_none_or(|heading| *heading == Heading::None);
        row.iter().enumerate().any(|(place, cell)| nameless(place) && !cell.trim().is_empty())
    }
}

/// The rows of a text that have anything in them, each with the line it begins on; the first line is 1.
pub(super) struct Rows<'a> {
    reader: csv::Reader<&'a [u8]>,
    row: StringRecord,
    text: &'a [u8],
    /// How far lines are counted: up to this byte, which is on this line.
    counted: (usize, u64),
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, delimiter: u8) -> Self {
        // No headers and any number of cells: what the reader would refuse or skip is to be complained of instead.
        let mut builder = csv::ReaderBuilder::new();
        let reader = builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
        Self { reader, row: StringRecord::new(), text: text.as_bytes(), counted: (0, 1) }
    }

    /// The next row that is not blank.
    pub(super) fn next(&mut self) -> csv::Result<Option<(u64, &StringRecord)>> {
        let line = loop {
            if !self.reader.read_record(&mut self.row)? {
                return Ok(None);
            }
            if self.row.iter().any(|cell| !cell.trim().is_empty()) {
                break self.line();
            }
        };
        Ok(Some((line, &self.row)))
    }

    /// The line of the row just read. The reader's own count falls behind when lines end in CR LF, and a row's place in the text
    /// may lie before line ends that belong to what went before.
    fn line(&mut self) -> u64 {
        let place = self.row.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
        let rest = self.text.get(place..).unwrap_or_default();
        let begin = place + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (from, line) = self.counted;
        self.counted = (begin, line + line_ends(self.text.get(from..begin).unwrap_or_default()));
        self.counted.1
    }
}

/// How many line ends: LF, CR LF, or the CR of old.
fn line_ends(text: &[u8]) -> u64 {
    let ends = |(at, byte): &(usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    text.iter().enumerate().filter(ends).count() as u64
}

/// The header of a text and the rows below it.
///
/// The delimiter is the one with which the header names most of our columns.
///
/// # Errors
/// What makes the whole file unreadable.
pub(super) fn open(text: &str) -> Result<(Header, Rows<'_>), Vec<FieldError>> {
    let broken = |_| vec![FieldError { pointer: "/file".into(), reason: Reason::FileEncoding }];
    let mut best: Option<(Header, Rows<'_>, u8)> = None;
    for delimiter in DELIMITERS {
        let mut rows = Rows::new(text, delimiter);
        let Some((_, row)) = rows.next().map_err(broken)? else { continue };
        let header = Header::read(row);
        if best.as_ref().is_none_or(|(other, ..)| header.known().count() > other.known().count()) {
            best = Some((header, rows, delimiter));
        }
    }
    let Some((header, rows, delimiter)) = best else {
        return Err(vec![FieldError { pointer: "/file".into(), reason: Reason::Empty }]);
    };
    if let Some(line) = broken_quote(text.as_bytes(), delimiter) {
        return Err(vec![FieldError { pointer: "/file".into(), reason: Reason::BrokenQuote { line } }]);
    }
    header.check()?;
    Ok((header, rows))
}

/// The line on which a quoted cell begins that is never closed or that goes on after its closing quote.
///
/// The reader forgives both, and one forgotten quote makes everything up to the next one a single cell: people would silently get
/// no badge, and their addresses would stand in somebody's public evidence.
fn broken_quote(text: &[u8], delimiter: u8) -> Option<u64> {
    enum At {
        CellStart,
        Plain,
        Quoted { from: usize },
        Closed { from: usize },
        AfterClosed { from: usize },
    }
    let line_of = |from| 1 + line_ends(text.get(..from).unwrap_or_default());
    let mut at = At::CellStart;
    for (place, &byte) in text.iter().enumerate() {
        let ends = byte == delimiter || matches!(byte, b'\r' | b'\n');
        at = match at {
            At::CellStart if byte == b'"' => At::Quoted { from: place },
            At::Quoted { from } if byte == b'"' => At::Closed { from },
            At::Quoted { from } => At::Quoted { from },
            At::Closed { from } if byte == b'"' => At::Quoted { from },
            _ if ends => At::CellStart,
            At::CellStart | At::Plain => At::Plain,
            At::Closed { from } | At::AfterClosed { from } if byte == b' ' => At::AfterClosed { from },
            At::Closed { from } | At::AfterClosed { from } => return Some(line_of(from)),
        };
    }
    if let At::Quoted { from } = at { Some(line_of(from)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn complaints(text: &str) -> Vec<(String, &'static str)> {
        open(text).err().unwrap_or_default().into_iter().map(|e| (e.pointer, e.reason.code())).collect()
    }

    #[test]
    fn headings_are_known_in_every_spelling() {
        let spellings: [(Column, &[&str]); 7] = [
            (
                Column::Email,
                &[
                    "email",
                    "E-Mail",
                    " mail ",
                    "Ｅ－ｍａｉｌ",
                    "メールアドレス",
                    "メール",
                    "Ｅメール",
                    "ﾒｰﾙｱﾄﾞﾚｽ",
                    "Email Address",
                    "\u{feff}email",
                ],
            ),
            (Column::Name, &["NAME", "氏名", "名前", "氏　名"]),
            (Column::Language, &["Language", "言語"]),
            (
                Column::EvidenceUrl,
                &["evidence_url", "Evidence URL", "証拠URL", "証拠ＵＲＬ", "エビデンスURL", "ｴﾋﾞﾃﾞﾝｽURL"],
            ),
            (Column::EvidenceNarrative, &["evidence-narrative", "証拠の説明", "エビデンス"]),
            (Column::EvidenceName, &["evidence_name", "証拠名"]),
            (Column::ExpiresOn, &["expires_on", "Expires On", "expiry", "有効期限"]),
        ];
        for (column, spellings) in spellings {
            for spelling in spellings {
                assert_eq!(Column::of(spelling), Some(column), "{spelling}");
            }
        }
        assert_eq!(Column::of("department"), None);
        assert_eq!(Column::of(""), None);
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_sense_of_the_header() {
        for text in
            ["email,name\na@b,x;y", "email;name\na@b;x,y", "email\tname\na@b\tx,y;z", "\"name\";\"email\"\nx;a@b"]
        {
            let (header, mut rows) = open(text).unwrap();
            let (_, row) = rows.next().unwrap().unwrap();
            assert_eq!(header.cell(row, Column::Email), "a@b", "{text}");
            assert!(header.cell(row, Column::Name).starts_with('x'), "{text}");
        }
        let (header, mut rows) = open("メール\na@b\n").unwrap();
        assert_eq!(header.cell(rows.next().unwrap().unwrap().1, Column::Email), "a@b");
    }

    #[test]
    fn a_header_that_cannot_be_used_says_why() {
        assert_eq!(complaints(""), [("/file".into(), "empty")]);
        assert_eq!(complaints("\r\n \n"), [("/file".into(), "empty")]);
        assert_eq!(complaints("a@b,Anna"), [("/file/email".into(), "missing")]);
        assert_eq!(
            complaints("email,e-mail,name,氏名"),
            [("/file/email".into(), "duplicate"), ("/file/name".into(), "duplicate")]
        );
        assert_eq!(complaints(&format!("email{}", ",".repeat(MAX_COLUMNS))), [("/file".into(), "too_many")]);
        assert!(complaints(&format!("email{}", ",".repeat(MAX_COLUMNS - 1))).is_empty());
    }

    #[test]
    fn lines_are_those_an_editor_shows() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["", "email,name", "a@b,\"x", "y\"", "", ",", "c@d,z", "", "\"e@f\",\"\"\"q\"\"", "\"", "g@h,"];
            let (_, mut rows) = open_owned(&text.join(end));
            let lines: Vec<u64> = std::iter::from_fn(|| rows.next().unwrap().map(|(line, _)| line)).collect();
            assert_eq!(lines, [3, 7, 9, 11], "{end:?}");
        }
    }

    fn open_owned(text: &str) -> (Header, Rows<'static>) {
        open(Box::leak(text.to_owned().into_boxed_str())).unwrap()
    }

    #[test]
    fn quotes_that_do_not_match_are_found_on_their_line() {
        let at = |text: &str| match open(text).err().map(|errors| errors[0].reason.clone()) {
            Some(Reason::BrokenQuote { line }) => Some(line),
            Some(other) => panic!("{other:?}"),
            None => None,
        };
        assert_eq!(at("email,name\r\na@b,\"open\r\nc@d,x\r\n"), Some(2));
        assert_eq!(at("email,name\na@b,x\n\nc@d,\"one\ne@f,\"two\"\n"), Some(4));
        assert_eq!(at("email,\"name\na@b,x"), Some(1));
        assert_eq!(at("email;name\na@b;\"x\",y"), Some(2));
        assert_eq!(at("email,name\n\"a@b\" ,\"say \"\"x\"\"\"\nc@d,5\" disk\ne@f,\"\""), None);
    }

    #[test]
    fn a_cell_beyond_the_header_is_noticed() {
        let (header, mut rows) = open("email,name,\na@b,x,,\nc@d,Smith, John\ne@f,x,,y\ng@h").unwrap();
        let mut overflows = Vec::new();
        while let Some((line, row)) = rows.next().unwrap() {
            overflows.push((line, header.overflows(row)));
        }
        assert_eq!(overflows, [(2, false), (3, true), (4, true), (5, false)]);
    }

    proptest! {
        #[test]
        fn a_lost_quote_never_loses_a_row(
            cells in prop::collection::vec(["[a-z][a-z,\"\n]{0,6}", "[a-z][a-z,\"\n]{0,6}"], 1..8),
            lost in any::<prop::sample::Index>(),
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &cells {
                writer.write_record(row).unwrap();
            }
            let whole = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(broken_quote(whole.as_bytes(), b','), None);
            let quotes: Vec<usize> = whole.match_indices('"').map(|(place, _)| place).collect();
            prop_assume!(!quotes.is_empty());
            let mut text = whole;
            text.remove(quotes[lost.index(quotes.len())]);
            if broken_quote(text.as_bytes(), b',').is_none() {
                let mut rows = Rows::new(&text, b',');
                let count = std::iter::from_fn(|| rows.next().unwrap().map(drop)).count();
                prop_assert!(count >= cells.len(), "{text:?}");
            }
        }
    }
}
