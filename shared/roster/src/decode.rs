//! From the bytes of a file to its text.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};
use std::borrow::Cow;

/// The text of a file and the name of the encoding it was read in; `None` when it is in none that is read.
///
/// A byte order mark decides. Without one it is UTF-8, else Shift_JIS as Windows writes it (Windows-31J), each only if every byte
/// sequence stands for something: a guess that leaves gaps would issue to names nobody has.
pub(super) fn decode(file: &[u8]) -> Option<(Cow<'_, str>, &'static str)> {
    let marked = Encoding::for_bom(file);
    let candidates: &[(&'static Encoding, usize)] = match &marked {
        Some(marked) => std::slice::from_ref(marked),
        None => &[(UTF_8, 0), (SHIFT_JIS, 0)],
    };
    let whole = |(encoding, mark): &(&'static Encoding, usize)| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(file.get(*mark..)?)?;
        Some((text, encoding.name()))
    };
    // UTF-16 without a mark and ISO-2022-JP are valid UTF-8 to the letter, but give themselves away by these two.
    candidates.iter().find_map(whole).filter(|(text, _)| !text.contains(['\0', '\u{1b}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "氏名\n髙﨑 花子";

    fn utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let (shift_jis, _, broken) = SHIFT_JIS.encode(TEXT);
        assert!(!broken && std::str::from_utf8(&shift_jis).is_err());
        let marked = format!("\u{feff}{TEXT}");
        let files = [
            (TEXT.as_bytes().to_vec(), "UTF-8"),
            (marked.clone().into_bytes(), "UTF-8"),
            (shift_jis.into_owned(), "Shift_JIS"),
            (utf16(&marked, u16::to_le_bytes), "UTF-16LE"),
            (utf16(&marked, u16::to_be_bytes), "UTF-16BE"),
        ];
        for (file, encoding) in files {
            assert_eq!(decode(&file), Some((TEXT.into(), encoding)));
        }
        assert_eq!(decode(b""), Some(("".into(), "UTF-8")));
    }

    #[test]
    fn characters_that_shift_jis_lacks_survive_elsewhere() {
        for file in [utf16("\u{feff}𠮷", u16::to_le_bytes), "𠮷".as_bytes().to_vec()] {
            assert_eq!(decode(&file).unwrap().0, "𠮷");
        }
    }

    #[test]
    fn what_does_not_decode_to_the_last_byte_is_refused() {
        let mut cut = SHIFT_JIS.encode(TEXT).0.into_owned();
        cut.pop();
        let mut odd = utf16("\u{feff}a", u16::to_le_bytes);
        odd.push(0);
        let lone_surrogate = [0xff, 0xfe, 0x00, 0xd8];
        let marked_but_latin = b"\xef\xbb\xbfRen\xe9,";
        let iso_2022_jp = b"email,name\na@b,\x1b$BED\x1b(B";
        let files: [&[u8]; 7] =
            [&cut, &odd, &lone_surrogate, marked_but_latin, iso_2022_jp, &utf16("a", u16::to_le_bytes), b"Ren\xe9,"];
        for file in files {
            assert_eq!(decode(file), None, "{file:x?}");
        }
    }
}
