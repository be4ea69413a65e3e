//! PNG: one uncompressed `iTXt` chunk, directly after the header.
//!
//! | | Open Badges 2.0 | Open Badges 3.0 |
//! |---|---|---|
//! | keyword | `openbadges` | `openbadgecredential` |
//! | text | Assertion JSON or JWS | credential JSON or compact JWS |
//!
//! Chunk layout (PNG §5.3, §11.3.4.4): length, `iTXt`, keyword NUL, compression flag 0, compression method 0,
//! language NUL, translated keyword NUL, UTF-8 text, CRC-32 over type and data.
//!
//! # Policies
//!
//! - **Writing** wants a PNG in order: header first, every chunk's CRC right, image data present, `IEND` last and
//!   nothing after it. A damaged picture is refused, never passed on with a credential in it.
//! - **Reading** walks every chunk header, so a second badge is noticed wherever it hides, and checks the CRC of the
//!   badge chunks only: the pixels are not what is asked about, and reading their CRCs would cost a hundred times the
//!   rest. Bytes after `IEND` are ignored when reading; image hosts append them.
//! - Compressed badge chunks (`zTXt`, or `iTXt` with the flag set) are an error of their own: the specifications forbid
//!   them, so nothing is ever inflated here and no decompression bomb can go off.
//! - `tEXt` is read, never written: badges before Open Badges 1.0 carried the Assertion's URL in one.

use crate::payload::{Extracted, MAX_PAYLOAD_BYTES, Payload, PayloadError, Place, Version, classify};

/// The eight bytes every PNG starts with (PNG §5.2).
pub const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The largest image that is written or read, in bytes: 16 MiB, several times a 2000×2000 photograph.
pub const MAX_IMAGE_BYTES: usize = 16 << 20;

/// The most chunks an image may have: 16 MiB in pieces of 1 KiB. Encoders cut image data into 8 KiB or more.
pub const MAX_CHUNKS: usize = 16_384;

/// Length, type and CRC around a chunk's data.
const CHUNK_FRAME: usize = 12;

/// What stands between keyword and text of an `iTXt` chunk we write: NUL, flag, method, empty language NUL, empty
/// translated keyword NUL.
const ITXT_PLAIN: [u8; 5] = [0; 5];

/// Why a PNG could not be baked or read.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PngError {
    /// Larger than [`MAX_IMAGE_BYTES`], or would be with the credential in it.
    #[error("the image is larger than {MAX_IMAGE_BYTES} bytes")]
    TooLarge,
    /// More chunks than [`MAX_CHUNKS`].
    #[error("the image has more than {MAX_CHUNKS} chunks")]
    TooManyChunks,
    /// The signature is missing.
    #[error("the file is not a PNG image")]
    NotPng,
    /// The file ends inside a chunk or before `IEND`.
    #[error("the image is cut off")]
    Truncated,
    /// A chunk type is not four ASCII letters, at this offset.
    #[error("there is no chunk where one should start, at byte {at}")]
    ChunkType {
        /// Offset of the chunk in the file.
        at: usize,
    },
    /// The first chunk is not a header of 13 bytes, a second header follows, or `IEND` is not empty.
    #[error("the image's header or end chunk is not in order")]
    Structure,
    /// The chunk at this offset does not match its CRC. When reading, only badge chunks are checked.
    #[error("the chunk at byte {at} does not match its checksum")]
    Checksum {
        /// Offset of the chunk in the file.
        at: usize,
    },
    /// Baking only: there is no `IDAT` chunk, so nothing to look at.
    #[error("the image has no image data")]
    NoImageData,
    /// Baking only: something follows `IEND`.
    #[error("something is appended to the image")]
    TrailingBytes,
    /// Two credentials of the same version.
    #[error("the image holds two {0} badges")]
    Duplicate(Version),
    /// The credential is compressed, which both specifications forbid.
    #[error("the {0} badge in the image is compressed")]
    Compressed(Version),
    /// The badge chunk lacks its inner separators.
    #[error("the chunk of the {0} badge is malformed")]
    Malformed(Version),
    /// The credential in the image is longer than [`MAX_PAYLOAD_BYTES`].
    #[error("the {0} badge in the image is longer than {MAX_PAYLOAD_BYTES} bytes")]
    BadgeTooLarge(Version),
    /// The badge chunk's text is not UTF-8 (`iTXt`) or ASCII (`tEXt`).
    #[error("the {0} badge in the image is not readable text")]
    NotUtf8(Version),
    /// The badge chunk's text is neither a JSON object nor a JWS nor a web address.
    #[error("the {0} badge in the image is neither JSON nor a JWS nor a web address")]
    Unrecognised(Version),
    /// What should be baked is not fit for it.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl Version {
    /// The `iTXt` keyword.
    fn keyword(self) -> &'static [u8] {
        match self {
            Self::V2 => b"openbadges",
            Self::V3 => b"openbadgecredential",
        }
    }
}

/// Returns a copy of `image` with `payload` in it, replacing a chunk of the same version and keeping everything else.
///
/// One allocation of the exact size, every byte copied once.
///
/// # Errors
/// Everything [`PngError`] lists. A credential of the *other* version must be readable, so that what comes out can
/// always be read back; the one that is replaced need not be.
pub fn bake(image: &[u8], payload: &Payload<'_>) -> Result<Vec<u8>, PngError> {
    payload.check()?;
    let mut seen = [false; 2];
    let mut replaced = None;
    let mut has_image_data = false;
    let end = walk(image, |chunk| {
        chunk.check_crc()?;
        has_image_data |= chunk.kind == *b"IDAT";
        let Some(version) = chunk.badge_version() else { return Ok(()) };
        note(&mut seen, version)?;
        if version == payload.version {
            replaced = Some(chunk.start..chunk.end());
        } else {
            chunk.read_badge(version)?;
        }
        Ok(())
    })?;
    if !has_image_data {
        return Err(PngError::NoImageData);
    }
    if end != image.len() {
        return Err(PngError::TrailingBytes);
    }

    let keyword = payload.version.keyword();
    let text = payload.text().as_bytes();
    let data_len = keyword.len() + ITXT_PLAIN.len() + text.len();
    let replaced = replaced.unwrap_or(HEADER_END..HEADER_END);
    let size = image.len() - replaced.len() + CHUNK_FRAME + data_len;
    if size > MAX_IMAGE_BYTES {
        return Err(PngError::TooLarge);
    }
    let length = u32::try_from(data_len).map_err(|_| PayloadError::TooLarge)?;

    let mut baked = Vec::with_capacity(size);
    baked.extend_from_slice(&image[..HEADER_END]);
    baked.extend_from_slice(&length.to_be_bytes());
    let covered = baked.len();
    baked.extend_from_slice(b"iTXt");
    baked.extend_from_slice(keyword);
    baked.extend_from_slice(&ITXT_PLAIN);
    baked.extend_from_slice(text);
    let crc = crc(&baked[covered..]);
    baked.extend_from_slice(&crc.to_be_bytes());
    baked.extend_from_slice(&image[HEADER_END..replaced.start]);
    baked.extend_from_slice(&image[replaced.end..]);
    debug_assert_eq!(baked.len(), size);
    Ok(baked)
}

/// Reads every credential in `image`, in the order they stand. An image without any gives an empty list.
///
/// # Errors
/// Everything [`PngError`] lists except what is marked as "baking only".
pub fn extract(image: &[u8]) -> Result<Vec<Extracted>, PngError> {
    let mut seen = [false; 2];
    let mut found = Vec::new();
    walk(image, |chunk| {
        let Some(version) = chunk.badge_version() else { return Ok(()) };
        note(&mut seen, version)?;
        chunk.check_crc()?;
        found.push(chunk.read_badge(version)?);
        Ok(())
    })?;
    Ok(found)
}

fn note(seen: &mut [bool; 2], version: Version) -> Result<(), PngError> {
    if std::mem::replace(&mut seen[version.index()], true) { Err(PngError::Duplicate(version)) } else { Ok(()) }
}

/// Where the header chunk ends in every PNG that [`walk`] accepts.
const HEADER_END: usize = SIGNATURE.len() + CHUNK_FRAME + 13;

/// One chunk of a PNG.
struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    /// Type and data: what the CRC covers.
    covered: &'a [u8],
    crc: u32,
    start: usize,
}

impl Chunk<'_> {
    fn end(&self) -> usize {
        self.start + CHUNK_FRAME + self.data.len()
    }

    fn check_crc(&self) -> Result<(), PngError> {
        if crc(self.covered) == self.crc { Ok(()) } else { Err(PngError::Checksum { at: self.start }) }
    }

    /// The version this chunk carries a credential of, told by type and keyword.
    fn badge_version(&self) -> Option<Version> {
        if !matches!(&self.kind, b"iTXt" | b"tEXt" | b"zTXt") {
            return None;
        }
        [Version::V2, Version::V3].into_iter().find(|version| {
            let keyword = version.keyword();
            self.data.starts_with(keyword) && self.data.get(keyword.len()).is_none_or(|&byte| byte == 0)
        })
    }

    fn read_badge(&self, version: Version) -> Result<Extracted, PngError> {
        let rest = self.data.get(version.keyword().len() + 1..).ok_or(PngError::Malformed(version))?;
        let (bytes, place) = match &self.kind {
            b"iTXt" => (plain_itxt(rest, version)?, Place::InternationalText),
            b"tEXt" if rest.is_ascii() => (rest, Place::LatinText),
            b"tEXt" => return Err(PngError::NotUtf8(version)),
            _ => return Err(PngError::Compressed(version)),
        };
        if bytes.len() > MAX_PAYLOAD_BYTES {
            return Err(PngError::BadgeTooLarge(version));
        }
        let text = simdutf8::basic::from_utf8(bytes).map_err(|_| PngError::NotUtf8(version))?;
        let (kind, text) = classify(text).ok_or(PngError::Unrecognised(version))?;
        Ok(Extracted { version, kind, text: text.to_owned(), verify: None, place })
    }
}

/// The text of an `iTXt` chunk, from the bytes after its keyword. Language and translated keyword are skipped.
fn plain_itxt(rest: &[u8], version: Version) -> Result<&[u8], PngError> {
    let malformed = PngError::Malformed(version);
    let [flag, _method, rest @ ..] = rest else { return Err(malformed) };
    match flag {
        0 => {}
        1 => return Err(PngError::Compressed(version)),
        _ => return Err(malformed),
    }
    let language = memchr::memchr(0, rest).ok_or(malformed)?;
    let rest = &rest[language + 1..];
    let translated = memchr::memchr(0, rest).ok_or(malformed)?;
    Ok(&rest[translated + 1..])
}

/// Visits every chunk up to and including `IEND` and returns the offset after it.
///
/// Checks what makes the walk safe and unambiguous: sizes within the file and the limits, types of ASCII letters, one
/// header of 13 bytes at the front, an empty end chunk. CRCs are the visitor's choice.
fn walk<'a>(image: &'a [u8], mut visit: impl FnMut(&Chunk<'a>) -> Result<(), PngError>) -> Result<usize, PngError> {
    if image.len() > MAX_IMAGE_BYTES {
        return Err(PngError::TooLarge);
    }
    if !image.starts_with(&SIGNATURE) {
        return Err(PngError::NotPng);
    }
    let mut at = SIGNATURE.len();
    for count in 0..MAX_CHUNKS {
        let chunk = read_chunk(image, at)?;
        let in_order = match &chunk.kind {
            b"IHDR" => count == 0 && chunk.data.len() == 13,
            b"IEND" => count > 0 && chunk.data.is_empty(),
            _ => count > 0,
        };
        if !in_order {
            return Err(PngError::Structure);
        }
        visit(&chunk)?;
        at = chunk.end();
        if chunk.kind == *b"IEND" {
            return Ok(at);
        }
    }
    Err(PngError::TooManyChunks)
}

fn read_chunk(image: &[u8], start: usize) -> Result<Chunk<'_>, PngError> {
    let (length, rest) = image[start..].split_first_chunk::<4>().ok_or(PngError::Truncated)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| PngError::Truncated)?;
    let kind = *rest.first_chunk::<4>().ok_or(PngError::Truncated)?;
    if !kind.iter().all(u8::is_ascii_alphabetic) {
        return Err(PngError::ChunkType { at: start });
    }
    let covered_len = length.checked_add(kind.len()).ok_or(PngError::Truncated)?;
    let (covered, rest) = rest.split_at_checked(covered_len).ok_or(PngError::Truncated)?;
    let crc = u32::from_be_bytes(*rest.first_chunk::<4>().ok_or(PngError::Truncated)?);
    Ok(Chunk { kind, data: &covered[kind.len()..], covered, crc, start })
}

/// CRC-32 as PNG uses it (PNG §5.5: ISO-HDLC polynomial).
fn crc(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}
