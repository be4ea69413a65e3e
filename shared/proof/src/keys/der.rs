//! Just enough DER (X.690) for public keys and ECDSA signatures: definite, minimal lengths and nothing left over.

use super::KeyError;

/// INTEGER.
pub(super) const INTEGER: u8 = 0x02;
/// BIT STRING.
pub(super) const BIT_STRING: u8 = 0x03;
/// NULL.
pub(super) const NULL: u8 = 0x05;
/// OBJECT IDENTIFIER.
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
/// SEQUENCE, constructed.
pub(super) const SEQUENCE: u8 = 0x30;

/// Reads one value after the other; [`Reader::finish`] makes sure that none was overlooked.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The contents of the next value, which must carry `tag`.
    pub(super) fn read(&mut self, tag: u8) -> Result<&'a [u8], KeyError> {
        let (&[found, first], rest) = self.rest.split_first_chunk::<2>().ok_or(MALFORMED)?;
        if found != tag {
            return Err(MALFORMED);
        }
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // One or two length bytes cover 64 KiB, far beyond any key; shorter forms are mandatory where they fit.
            0x81 => {
                let (&[length], rest) = rest.split_first_chunk::<1>().ok_or(MALFORMED)?;
                (usize::from(length), rest)
            }
            0x82 => {
                let (&length, rest) = rest.split_first_chunk::<2>().ok_or(MALFORMED)?;
                (usize::from(u16::from_be_bytes(length)), rest)
            }
            _ => return Err(MALFORMED),
        };
        let shortest = match first {
            0x81 => 0x80,
            0x82 => 0x100,
            _ => 0,
        };
        if length < shortest {
            return Err(MALFORMED);
        }
        let (contents, rest) = rest.split_at_checked(length).ok_or(MALFORMED)?;
        self.rest = rest;
        Ok(contents)
    }

    /// The next value, a non-negative INTEGER in its shortest form, without the sign byte.
    pub(super) fn read_unsigned(&mut self) -> Result<&'a [u8], KeyError> {
        match self.read(INTEGER)? {
            [] | [0x80..=0xff, ..] => Err(MALFORMED),
            [0, next, ..] if *next < 0x80 => Err(MALFORMED),
            [0] => Ok(&[]),
            [0, magnitude @ ..] | magnitude => Ok(magnitude),
        }
    }

    /// The next value, a BIT STRING of whole bytes.
    pub(super) fn read_bytes_of_bit_string(&mut self) -> Result<&'a [u8], KeyError> {
        self.read(BIT_STRING)?.strip_prefix(&[0]).ok_or(MALFORMED)
    }

    /// Nothing may follow.
    pub(super) fn finish(self) -> Result<(), KeyError> {
        if self.rest.is_empty() { Ok(()) } else { Err(MALFORMED) }
    }
}

const MALFORMED: KeyError = KeyError::Malformed("DER");

/// One value: tag, shortest length, contents.
pub(super) fn value(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(contents.len() + 4);
    out.push(tag);
    // Contents here are at most a few kilobytes: two length bytes always suffice.
    let [.., high, low] = contents.len().to_be_bytes();
    match contents.len() {
        0..=0x7f => out.push(low),
        0x80..=0xff => out.extend([0x81, low]),
        _ => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(contents);
    out
}

/// A non-negative INTEGER from big-endian bytes.
pub(super) fn unsigned(magnitude: &[u8]) -> Vec<u8> {
    let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
    let significant = &magnitude[zeros..];
    let mut contents = Vec::with_capacity(significant.len() + 1);
    if significant.first().is_none_or(|first| *first >= 0x80) {
        contents.push(0);
    }
    contents.extend_from_slice(significant);
    value(INTEGER, &contents)
}
