//! Single objects of a document that somebody else sealed: when, and the credential.
//!
//! A seal by a certificate that an anchor vouches for says whose the document is, not that it is harmless. A parser reads
//! every object that a table names, as often as the table names it, and makes values of all of it; a few megabytes can ask
//! for minutes and gigabytes that way. So nothing is loaded here. The five objects on the way from the trailer to the
//! credential are looked up one by one, each within [`MAX_OBJECT_BYTES`], along classic cross-reference tables
//! (ISO 32000-1 §7.5.4), which is how the PDF badge is written. Whatever is otherwise is as good as not there.

use jiff::Timestamp;
use lopdf::{Dictionary, Object, Stream, content::Content};
use memchr::memmem;

use crate::{Credential, Limits, document, ranges::Candidate};

/// Longest object that is looked at, the credential's own bytes aside.
const MAX_OBJECT_BYTES: usize = 64 * 1024;

/// Most sections of a cross-reference table: revisions, so to speak.
const MAX_SECTIONS: usize = 8;

/// Most subsections in all of them.
const MAX_SUBSECTIONS: usize = 1024;

/// Most files associated with the document.
const MAX_FILES: usize = 16;

/// What one entry of a table has (§7.5.4).
const ENTRY_BYTES: usize = 20;

/// When the signature dictionary around the gap says that it was sealed.
pub(crate) fn sealed_at(bytes: &[u8], candidate: &Candidate) -> Option<Timestamp> {
    let before = bytes.get(..candidate.gap.start)?;
    let before = &before[before.len().saturating_sub(MAX_OBJECT_BYTES)..];
    let start = memmem::rfind(before, b" obj")? + b" obj".len();
    // The gap itself is of no interest.
    let text = [&before[start..], b"<>", head(bytes.get(candidate.gap.end..)?)].concat();
    let (seal, _) = dictionary(&text)?;
    let range = [0, candidate.gap.start, candidate.gap.end, candidate.end - candidate.gap.end];
    let says = seal.get(b"ByteRange").and_then(Object::as_array).ok()?;
    let fits = says.len() == range.len()
        && says.iter().zip(range).all(|(said, number)| said.as_i64().ok() == i64::try_from(number).ok());
    if !fits {
        return None;
    }
    document::date(seal.get(b"M").ok()?.as_str().ok()?)
}

/// The credential, where [`document::credential`] also looks for it.
pub(crate) fn credential(bytes: &[u8], limits: &Limits) -> Option<Credential> {
    let objects = Objects::read(bytes)?;
    let catalog = objects.dictionary(&objects.root)?;
    let files = catalog.get(b"AF").ok()?.as_array().ok()?;
    if files.len() > MAX_FILES {
        return None;
    }
    let mut found = None;
    for file in files {
        let file = objects.dictionary(file)?;
        if file.get(b"AFRelationship").ok()?.as_name().ok()? == b"Data" && found.replace(file).is_some() {
            return None;
        }
    }
    let embedded = found?;
    let embedded = objects.dictionary(embedded.get(b"EF").ok()?)?;
    let stream = objects.stream(embedded.get(b"F").ok()?, limits)?;
    document::credential_of(&stream, limits)
}

struct Objects<'a> {
    bytes: &'a [u8],
    /// The newest first.
    subsections: Vec<Subsection<'a>>,
    root: Object,
}

struct Subsection<'a> {
    first: usize,
    entries: &'a [[u8; ENTRY_BYTES]],
}

impl<'a> Objects<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let end = &bytes[bytes.len().saturating_sub(1024)..];
        let at = memmem::rfind(end, b"startxref")? + b"startxref".len();
        let (mut next, _) = number(end.get(at..)?)?;
        let (mut subsections, mut root) = (Vec::new(), None);
        for _ in 0..MAX_SECTIONS {
            let trailer = section(bytes.get(next..)?, &mut subsections)?;
            if trailer.has(b"Encrypt") || trailer.has(b"XRefStm") {
                return None;
            }
            if root.is_none() {
                root = trailer.get(b"Root").ok().cloned();
            }
            match trailer.get(b"Prev") {
                Ok(previous) => next = previous.as_i64().ok()?.try_into().ok()?,
                Err(_) => return Some(Self { bytes, subsections, root: root? }),
            }
        }
        None
    }

    /// What follows `obj` in the object that a reference leads to.
    fn object(&self, reference: &Object) -> Option<&'a [u8]> {
        let (id, generation) = reference.as_reference().ok()?;
        let id = usize::try_from(id).ok()?;
        let entry = self.subsections.iter().find_map(|part| part.entries.get(id.checked_sub(part.first)?))?;
        if entry[17] != b'n' {
            return None;
        }
        let (offset, _) = number(&entry[..10])?;
        let (found, rest) = number(self.bytes.get(offset..)?)?;
        let (found_generation, rest) = number(rest)?;
        let rest = skip_space(rest).strip_prefix(b"obj")?;
        (found == id && found_generation == usize::from(generation)).then_some(rest)
    }

    /// A dictionary, in place or referred to.
    fn dictionary(&self, object: &Object) -> Option<Dictionary> {
        match object {
            Object::Dictionary(dictionary) => Some(dictionary.clone()),
            reference => Some(dictionary(self.object(reference)?)?.0),
        }
    }

    /// A stream without a filter or with Flate only: more of them can multiply what they cost.
    fn stream(&self, reference: &Object, limits: &Limits) -> Option<Stream> {
        let (dictionary, rest) = dictionary(self.object(reference)?)?;
        let plain = match dictionary.get(b"Filter") {
            Err(_) => true,
            Ok(Object::Name(name)) => name == b"FlateDecode",
            Ok(Object::Array(filters)) => matches!(&filters[..], [Object::Name(name)] if name == b"FlateDecode"),
            Ok(_) => false,
        };
        if !plain || dictionary.has(b"DecodeParms") {
            return None;
        }
        let length = match dictionary.get(b"Length").ok()? {
            Object::Integer(length) => usize::try_from(*length).ok()?,
            reference => number(self.object(reference)?)?.0,
        };
        let rest = skip_space(rest).strip_prefix(b"stream")?;
        let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
        let (content, rest) = rest.split_at_checked(length)?;
        let whole = length <= limits.max_credential_bytes && skip_space(rest).starts_with(b"endstream");
        whole.then(|| Stream::new(dictionary, content.to_vec()))
    }
}

/// One section of a table: its entries go to `subsections`, its trailer comes back.
fn section<'a>(bytes: &'a [u8], subsections: &mut Vec<Subsection<'a>>) -> Option<Dictionary> {
    let mut rest = bytes.strip_prefix(b"xref")?;
    loop {
        if let Some(trailer) = skip_space(rest).strip_prefix(b"trailer") {
            return Some(dictionary(trailer)?.0);
        }
        let (first, after) = number(rest)?;
        let (count, after) = number(after)?;
        let after = skip_space(after);
        let (entries, after) = after.split_at_checked(count.checked_mul(ENTRY_BYTES)?)?;
        if subsections.len() == MAX_SUBSECTIONS {
            return None;
        }
        subsections.push(Subsection { first, entries: entries.as_chunks().0 });
        rest = after;
    }
}

/// The dictionary at the beginning, and what follows it.
fn dictionary(bytes: &[u8]) -> Option<(Dictionary, &[u8])> {
    let bytes = skip_space(bytes);
    let end = dictionary_end(head(bytes))?;
    let (text, rest) = bytes.split_at_checked(end)?;
    // As an operand of an operator, which is what the parser gives without a document around.
    let operations = Content::decode(&[text, b" d"].concat()).ok()?.operations;
    let [operation] = <[_; 1]>::try_from(operations).ok()?;
    match <[_; 1]>::try_from(operation.operands).ok()? {
        [Object::Dictionary(dictionary)] => Some((dictionary, rest)),
        _ => None,
    }
}

/// Where the dictionary at the beginning ends.
fn dictionary_end(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match bytes.get(at..)? {
            [b'<', b'<', ..] => (depth, at) = (depth + 1, at + 2),
            [b'>', b'>', ..] => (depth, at) = (depth.checked_sub(1)?, at + 2),
            [b'(', ..] => at += string_length(&bytes[at..])?,
            [b'%', rest @ ..] => at += 1 + rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?,
            [_, ..] => at += 1,
            [] => return None,
        }
        if depth == 0 {
            return Some(at).filter(|_| bytes.starts_with(b"<<"));
        }
    }
}

/// How long the literal string at the beginning is (§7.3.4.2).
fn string_length(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The plain decimal number at the beginning, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let bytes = skip_space(bytes);
    let digits = bytes.iter().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at(digits);
    Some((std::str::from_utf8(digits).ok().filter(|digits| digits.len() <= 10)?.parse().ok()?, rest))
}

/// Without the white space at the beginning, of which there may be a little.
fn skip_space(bytes: &[u8]) -> &[u8] {
    let space =
        bytes.iter().take(64).take_while(|byte| matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')).count();
    &bytes[space..]
}

fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(MAX_OBJECT_BYTES)]
}
