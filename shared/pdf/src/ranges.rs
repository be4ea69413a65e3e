//! `/ByteRange`, read from raw bytes: which bytes a seal says it covers, and the hex string it leaves out.
//!
//! Every occurrence in the file is looked at, wherever it stands, because which one counts is decided by arithmetic
//! afterwards: whatever is not the seal's own hex string is under its digest. The grammar is narrower than PDF's.

use std::ops::Range;

use memchr::memmem;

/// Largest gap, in hex digits. The seals made here have 2 to 4 kB, one with time stamps and a chain tens of them.
pub(crate) const MAX_GAP_DIGITS: usize = 128 * 1024;

/// Longest `/ByteRange` array, brackets and white space included.
const MAX_ARRAY_BYTES: usize = 128;

const KEY: &[u8] = b"/ByteRange";

/// What a `/ByteRange` says: everything up to `end` but `gap`, counted from the beginning of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Where the array's key stands in the file.
    pub(crate) at: usize,
    /// The hex string, angle brackets included.
    pub(crate) gap: Range<usize>,
    /// Where the second range ends.
    pub(crate) end: usize,
}

/// All well-formed ones, from the end of the file: a seal is the last thing that is put on a document.
pub(crate) fn candidates(bytes: &[u8]) -> impl Iterator<Item = Candidate> {
    memmem::rfind_iter(bytes, KEY).filter_map(move |at| read(bytes, at))
}

fn read(bytes: &[u8], at: usize) -> Option<Candidate> {
    let rest = bytes.get(at + KEY.len()..)?;
    let rest = skip_space(&rest[..rest.len().min(MAX_ARRAY_BYTES)]).strip_prefix(b"[")?;
    let close = memchr::memchr(b']', rest)?;
    let mut numbers = rest[..close].split(|byte| is_space(*byte)).filter(|word| !word.is_empty()).map(decimal);
    let (0, first, second, length) = (numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??) else {
        return None;
    };
    // The gap has its two brackets at least, and something follows it.
    let fits = numbers.next().is_none() && first + 2 <= second && second - first <= MAX_GAP_DIGITS + 2 && length > 0;
    fits.then_some(Candidate { at, gap: first..second, end: second + length })
}

/// Up to ten digits: no sign, no point.
fn decimal(word: &[u8]) -> Option<usize> {
    if word.is_empty() || word.len() > 10 || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

impl Candidate {
    /// The bytes in the hex string, if the gap is exactly one hex string and the value of `/Contents`.
    pub(crate) fn contents(&self, document: &[u8]) -> Option<Vec<u8>> {
        let before = document.get(..self.gap.start)?;
        let key = before.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1);
        if before.len() - key > MAX_ARRAY_BYTES || !before[..key].ends_with(b"/Contents") {
            return None;
        }
        let digits = document.get(self.gap.clone())?.strip_prefix(b"<")?.strip_suffix(b">")?;
        let (pairs, odd) = digits.as_chunks::<2>();
        if !odd.is_empty() {
            return None;
        }
        pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
    }

    /// The two ranges.
    pub(crate) fn parts<'a>(&self, document: &'a [u8]) -> Option<[&'a [u8]; 2]> {
        Some([document.get(..self.gap.start)?, document.get(self.gap.end..self.end)?])
    }
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// PDF's white space (ISO 32000-1 §7.2.2).
const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn skip_space(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().take_while(|byte| is_space(**byte)).count()..]
}

/// Whether the file shows that it was signed once, though nothing of it holds: a word, never a verdict of genuineness.
pub(crate) fn has_traces(bytes: &[u8]) -> bool {
    let followed_by = |key: &[u8], values: &[&[u8]]| {
        memmem::find_iter(bytes, key).any(|at| {
            let rest = bytes.get(at + key.len()..).unwrap_or_default();
            let rest = skip_space(&rest[..rest.len().min(MAX_ARRAY_BYTES)]);
            values.iter().any(|value| rest.starts_with(value))
        })
    };
    followed_by(KEY, &[b"["])
        || followed_by(b"/SubFilter", &[b"/ETSI.", b"/adbe."])
        || followed_by(b"/FT", &[b"/Sig"])
        || followed_by(b"/TransformMethod", &[b"/DocMDP"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn only(text: &[u8]) -> Option<Candidate> {
        candidates(text).next()
    }

    #[test]
    fn reads_four_plain_numbers() {
        let expected = Candidate { at: 1, gap: 5..9, end: 12 };
        for text in ["\n/ByteRange[0 5 9 3]", "\n/ByteRange \r\n[ 0\t5 0000000009 3    ]/Contents"] {
            assert_eq!(only(text.as_bytes()), Some(expected.clone()), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for value in [
            "",
            "null",
            "[",
            "[]",
            "[0 5 9]",
            "[0 5 9 3 1]",
            "[1 5 9 3]",
            "[0 9 5 3]",
            "[0 5 6 3]",
            "[0 5 9 0]",
            "[0 -5 9 3]",
            "[0 +5 9 3]",
            "[0 5.0 9 3]",
            "[0 5 9 3 0 R]",
            "[0 5 9 /3]",
            "[0 5 9 99999999999]",
            "[0 5 9 %\n3]",
            "[[0 5 9 3]]",
            "(0 5 9 3)",
            "[0 5 200000 3]",
            "#5b0 5 9 3]",
        ] {
            assert_eq!(only(format!("/ByteRange{value} endobj").as_bytes()), None, "{value}");
        }
        assert_eq!(only(format!("/ByteRange{}[0 5 9 3]", " ".repeat(200)).as_bytes()), None);
    }

    #[test]
    fn the_gap_is_one_hex_string() {
        let contents = |text: &str| {
            let start = text.find('<').unwrap();
            Candidate { at: 0, gap: start..text.rfind('>').unwrap() + 1, end: text.len() }.contents(text.as_bytes())
        };
        assert_eq!(contents("/Contents<00fF10>x"), Some(vec![0, 0xff, 0x10]));
        assert_eq!(contents("/Contents \n<>x"), Some(vec![]));
        for refused in ["/Contents<0>", "/Contents<0 >", "/Contents<00><00>", "/Content<00>", "/Contents<0g>", "<00>"] {
            assert_eq!(contents(refused), None, "{refused}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            for candidate in candidates(&[b"/ByteRange[0 5 9 3]", bytes.as_slice()].concat()) {
                let _ = candidate.contents(&bytes);
                let _ = candidate.parts(&bytes);
            }
            has_traces(&bytes);
        }
    }
}
