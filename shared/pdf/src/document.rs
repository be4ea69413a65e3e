//! Inside a PDF, by `lopdf`: the credential, and whether a seal is put on as [`crate::seal`] puts it on.
//!
//! The parser is given only what we are about to seal and what has been found to be sealed by a trusted key: bytes of
//! strangers never come here; see `lookup.rs` for theirs.

use jiff::{Timestamp, civil::DateTime};
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, Stream};

use crate::{Credential, Limits, ranges::Candidate};

/// Longest media type of a credential.
const MAX_MEDIA_TYPE_BYTES: usize = 100;

/// Something is not as it should be. What, is of interest to nobody: sealed documents are of one make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unfit;

impl From<lopdf::Error> for Unfit {
    fn from(_: lopdf::Error) -> Self {
        Self
    }
}

/// Parses strictly; nothing is repaired, and what was encrypted is refused.
pub(crate) fn load(bytes: &[u8], limits: &Limits) -> Result<Document, Unfit> {
    let options =
        LoadOptions { strict: true, max_decompressed_size: Some(limits.max_inflated_bytes), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options)?;
    if document.is_encrypted() || document.was_encrypted() || document.xref_recovery.is_some() {
        return Err(Unfit);
    }
    Ok(document)
}

/// What a sealed document holds.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) at: Timestamp,
    pub(crate) credential: Credential,
}

/// Reads a document whose every byte but the gap is under a trusted seal, and makes sure that the seal is the document's
/// own: the one certification signature, of the one field, which allows no change.
pub(crate) fn sealed(bytes: &[u8], candidate: &Candidate, contents: &[u8], limits: &Limits) -> Result<Sealed, Unfit> {
    let document = load(bytes, limits)?;
    if document.revision_count() > 2 {
        return Err(Unfit);
    }
    let catalog = document.catalog()?;
    let seal = document.get_dict_in_dict(catalog, b"Perms")?.get(b"DocMDP")?.as_reference()?;
    let form = document.get_dict_in_dict(catalog, b"AcroForm")?;
    let [field] = form.get(b"Fields")?.as_array()?.as_slice() else { return Err(Unfit) };
    let field = document.get_dictionary(field.as_reference()?)?;
    if field.get(b"V")?.as_reference()? != seal {
        return Err(Unfit);
    }
    let seal = document.get_dictionary(seal)?;
    let [reference] = seal.get(b"Reference")?.as_array()?.as_slice() else { return Err(Unfit) };
    let reference = reference.as_dict()?;
    let no_change = reference.get(b"TransformMethod")?.as_name()? == b"DocMDP"
        && reference.get(b"TransformParams")?.as_dict()?.get(b"P")?.as_i64()? == 1;
    if !no_change || !is_around(seal, candidate, contents) {
        return Err(Unfit);
    }
    let at = date(seal.get(b"M")?.as_str()?).ok_or(Unfit)?;
    Ok(Sealed { at, credential: credential(&document, limits).ok_or(Unfit)? })
}

/// Whether the signature dictionary is the one that the raw bytes were found to be.
fn is_around(seal: &Dictionary, candidate: &Candidate, contents: &[u8]) -> bool {
    let Candidate { gap, end, .. } = candidate;
    let range = [0, gap.start, gap.end, end - gap.end];
    let says = |range: &[Object]| range.iter().map(|number| number.as_i64().ok()?.try_into().ok()).collect();
    seal.get(b"Contents").and_then(Object::as_str).is_ok_and(|found| found == contents)
        && seal.get(b"ByteRange").and_then(Object::as_array).ok().and_then(|found| says(found))
            == Some(Vec::from(range))
}

/// The one associated file of relationship Data in the catalog's `/AF` (ISO 32000-2 §14.13, PDF/A-3).
pub(crate) fn credential(document: &Document, limits: &Limits) -> Option<Credential> {
    let catalog = document.catalog().ok()?;
    let files = catalog.get_deref(b"AF", document).ok()?.as_array().ok()?;
    let mut found = None;
    for file in files {
        let (_, file) = document.dereference(file).ok()?;
        let file = file.as_dict().ok()?;
        if file.get_deref(b"AFRelationship", document).ok()?.as_name().ok()? == b"Data" {
            // Two would leave open which one the page shows.
            if found.replace(file).is_some() {
                return None;
            }
        }
    }
    let file = found?;
    credential_of(
        document.get_dict_in_dict(file, b"EF").ok()?.get_deref(b"F", document).ok()?.as_stream().ok()?,
        limits,
    )
}

/// The credential that an embedded file is.
pub(crate) fn credential_of(stream: &Stream, limits: &Limits) -> Option<Credential> {
    let media_type = stream.dict.get(b"Subtype").ok()?.as_name().ok()?;
    let media_type = std::str::from_utf8(media_type).ok()?;
    if media_type.len() > MAX_MEDIA_TYPE_BYTES || !media_type.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let bytes = stream.get_plain_content_with_limit(limits.max_credential_bytes).ok()?;
    (bytes.len() <= limits.max_credential_bytes && !bytes.is_empty())
        .then(|| Credential { bytes, media_type: media_type.to_owned() })
}

/// The first page.
pub(crate) fn first_page(document: &Document) -> Option<ObjectId> {
    document.page_iter().next()
}

/// A date (ISO 32000-1 §7.9.4) down to the second: `D:YYYYMMDDHHmmSS`, then `Z`, `±HH'mm'` or nothing, which is read as UTC.
pub(crate) fn date(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_prefix("D:")?;
    let (digits, zone) = text.split_at_checked(14)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let local = DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    let seconds = match zone.as_bytes() {
        [] | [b'Z'] | [b'Z', b'0', b'0', b'\'', b'0', b'0'] | [b'Z', b'0', b'0', b'\'', b'0', b'0', b'\''] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b'\'', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, b'\'', m1, m2, b'\''] => {
            let two = |high: &u8, low: &u8| {
                let digit = |byte: &u8| byte.is_ascii_digit().then(|| i32::from(byte - b'0'));
                Some(digit(high)? * 10 + digit(low)?)
            };
            let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 3600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    let offset = jiff::tz::Offset::from_seconds(seconds).ok()?;
    offset.to_timestamp(local).ok()
}

/// Writes a date to the second, in UTC.
pub(crate) fn to_date(at: Timestamp) -> Vec<u8> {
    at.strftime("D:%Y%m%d%H%M%SZ").to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let noon: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
        assert_eq!(to_date(noon), b"D:20260115120000Z");
        for text in ["Z", "", "Z00'00'", "+00'00'", "-00'00"] {
            assert_eq!(date(format!("D:20260115120000{text}").as_bytes()), Some(noon), "{text}");
        }
        assert_eq!(date(b"D:20260115210000+09'00'"), Some(noon));
        assert_eq!(date(b"D:20260115083000-03'30"), Some(noon));
        for refused in [
            "20260115120000Z",
            "D:2026",
            "D:20261315120000Z",
            "D:20260115120000z",
            "D:2026011512000 Z",
            "D:20260115120000+24'00'",
            "D:20260115120000+9'00'",
            "D:20260115120000+0900",
            "D:あ",
        ] {
            assert_eq!(date(refused.as_bytes()), None, "{refused}");
        }
    }
}
