//! Rows of CSV (RFC 4180) for people's spreadsheets.

/// What such a file begins with: without it spreadsheets take UTF-8 for something else.
pub const BEGINNING: &str = "\u{feff}";

/// A row with its end. No spreadsheet takes a cell of it for a formula.
#[must_use]
pub fn row<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let mut row = String::new();
    for (place, text) in cells.into_iter().enumerate() {
        if place > 0 {
            row.push(',');
        }
        row.push_str(&cell(text.as_ref()));
    }
    row.push_str("\r\n");
    row
}

fn cell(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if guarded.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_stays_one_cell() {
        assert_eq!(row(["=1+1", "a,\"b\"\nc", "花子", ""]), "'=1+1,\"a,\"\"b\"\"\nc\",花子,\r\n");
        assert_eq!(row(Vec::<String>::new()), "\r\n");
    }
}
