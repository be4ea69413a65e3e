//! DER (X.690), read strictly and written: definite, shortest lengths, one byte of tag, nothing left over.
//!
//! The reader is bounded by construction: it never goes deeper than the code that calls it, and allocates nothing.

/// BOOLEAN.
pub(crate) const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub(crate) const INTEGER: u8 = 0x02;
/// BIT STRING.
pub(crate) const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub(crate) const OCTET_STRING: u8 = 0x04;
/// NULL.
pub(crate) const NULL: u8 = 0x05;
/// OBJECT IDENTIFIER.
pub(crate) const OID: u8 = 0x06;
/// UTF8String.
pub(crate) const UTF8_STRING: u8 = 0x0c;
/// PrintableString.
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
/// IA5String.
pub(crate) const IA5_STRING: u8 = 0x16;
/// UTCTime.
pub(crate) const UTC_TIME: u8 = 0x17;
/// GeneralizedTime.
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
/// SEQUENCE, constructed.
pub(crate) const SEQUENCE: u8 = 0x30;
/// SET, constructed.
pub(crate) const SET: u8 = 0x31;

/// `[number]`, constructed.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// The bytes are not the DER that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) contents: &'a [u8],
    /// Tag, length and contents.
    pub(crate) whole: &'a [u8],
}

/// Reads one value after the other; [`Reader::finish`] makes sure that none was overlooked.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next value, whatever it is.
    pub(crate) fn any(&mut self) -> Result<Value<'a>, Malformed> {
        let all = self.rest;
        let (&[tag, first], rest) = all.split_first_chunk::<2>().ok_or(Malformed)?;
        // Tags of several bytes occur in nothing that is read here.
        if tag & 0x1f == 0x1f {
            return Err(Malformed);
        }
        let (length, rest, shortest) = match first {
            0..=0x7f => (usize::from(first), rest, 0),
            // Two length bytes cover 64 KiB, which is more than any gap holds.
            0x81 => {
                let (&[length], rest) = rest.split_first_chunk::<1>().ok_or(Malformed)?;
                (usize::from(length), rest, 0x80)
            }
            0x82 => {
                let (&length, rest) = rest.split_first_chunk::<2>().ok_or(Malformed)?;
                (usize::from(u16::from_be_bytes(length)), rest, 0x100)
            }
            _ => return Err(Malformed),
        };
        if length < shortest {
            return Err(Malformed);
        }
        let (contents, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(Value { tag, contents, whole: &all[..all.len() - rest.len()] })
    }

    /// The next value, which must carry `tag`.
    pub(crate) fn value(&mut self, tag: u8) -> Result<Value<'a>, Malformed> {
        let value = self.any()?;
        if value.tag == tag { Ok(value) } else { Err(Malformed) }
    }

    /// The contents of the next value, which must carry `tag`.
    pub(crate) fn read(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        Ok(self.value(tag)?.contents)
    }

    /// A reader of the contents of the next value, which must carry `tag`.
    pub(crate) fn enter(&mut self, tag: u8) -> Result<Self, Malformed> {
        Ok(Self::new(self.read(tag)?))
    }

    /// The next value if it carries `tag`.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>, Malformed> {
        if self.rest.first() == Some(&tag) { self.value(tag).map(Some) } else { Ok(None) }
    }

    /// The next value, a BIT STRING of whole bytes.
    pub(crate) fn bytes_of_bit_string(&mut self) -> Result<&'a [u8], Malformed> {
        self.read(BIT_STRING)?.strip_prefix(&[0]).ok_or(Malformed)
    }

    /// Whether everything was read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Nothing may follow.
    pub(crate) fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

/// One value out of its parts: tag, shortest length, contents.
pub(crate) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    let bytes = length.to_be_bytes();
    let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    match significant {
        [] => out.push(0),
        [short @ ..=0x7f] => out.push(*short),
        // At most eight length bytes: the sum cannot carry into another bit.
        _ => {
            out.extend(u8::try_from(significant.len()).map(|count| 0x80 | count));
            out.extend_from_slice(significant);
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// A SEQUENCE.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, parts)
}

/// An OBJECT IDENTIFIER from its encoded arcs.
pub(crate) fn oid(arcs: &[u8]) -> Vec<u8> {
    value(OID, &[arcs])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_not_shortest_or_not_definite() {
        let refused: [&[u8]; 9] = [
            &[],
            &[0x30],
            &[0x30, 0x01],                   // runs past the end
            &[0x30, 0x80, 0x00, 0x00],       // indefinite
            &[0x30, 0x81, 0x01, 0x00],       // long form where the short fits
            &[0x30, 0x82, 0x00, 0x80, 0x00], // two length bytes where one fits
            &[0x30, 0x83, 0x01, 0x00, 0x00], // beyond what is read
            &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x3f, 0x81, 0x01, 0x00], // tag of several bytes
        ];
        for bytes in refused {
            assert_eq!(Reader::new(bytes).any(), Err(Malformed), "{bytes:02x?}");
        }
    }

    #[test]
    fn says_where_a_value_ends() {
        let mut reader = Reader::new(&[0x02, 0x01, 0x05, 0x04, 0x00]);
        assert_eq!(reader.value(INTEGER).unwrap().whole, [0x02, 0x01, 0x05]);
        assert_eq!(reader.clone().finish(), Err(Malformed));
        assert_eq!(reader.optional(SET), Ok(None));
        assert_eq!(reader.read(OCTET_STRING), Ok(&[][..]));
        assert_eq!(reader.finish(), Ok(()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            tag in 0x01_u8..0x1f, length in prop_oneof![0_usize..300, 65_500_usize..65_600], byte in any::<u8>()
        ) {
            let contents = vec![byte; length];
            let der = value(tag, &[&contents]);
            let read = Reader::new(&der).any();
            if contents.len() <= 0xffff {
                prop_assert_eq!(read, Ok(Value { tag, contents: &contents, whole: &der }));
            } else {
                prop_assert_eq!(read, Err(Malformed));
            }
        }

        /// There is exactly one text per value.
        #[test]
        fn what_is_read_is_written(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(read) = Reader::new(&bytes).any() {
                prop_assert_eq!(value(read.tag, &[read.contents]), read.whole);
            }
        }
    }
}
