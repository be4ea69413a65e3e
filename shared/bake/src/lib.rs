//! Splice a credential into a PNG or SVG and read it back, without decoding a pixel.
//!
//! A *baked* image is an ordinary picture with a credential inside: an `iTXt` chunk in a PNG, an element in an SVG
//! (Open Badges 2.0 "Baked Badges", Open Badges 3.0 §5.3). Baking copies the image once and inserts bytes; every byte
//! that is not the credential's stays what it was, so no pixel changes, no colour profile is lost, and an animated PNG
//! stays animated.
//!
//! ```
//! # fn main() -> Result<(), bake::BakeError> {
//! let image = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>"#;
//! let credential = r#"{"type":["VerifiableCredential","OpenBadgeCredential"]}"#;
//! let baked = bake::bake(image, &bake::Payload::v3_json(credential))?;
//! assert_eq!(bake::extract(&baked)?[0].text, credential);
//! # Ok(())
//! # }
//! ```
//!
//! # What is written, what is read
//!
//! Written strictly, read leniently; each leniency is named in [`png`] and [`svg`]. An image may hold one credential of
//! each version. A second one of the *same* version is an error in both directions, because two readers could then see
//! two different badges in one file.
//!
//! What comes out of [`extract`] is text somebody put into a picture. Nothing here says that it is genuine.
//!
//! # How to add a carrier
//!
//! A carrier is a module with its own error enum and the two functions `bake(image, &Payload)` and `extract(image)`.
//! Teach [`sniff`] its leading bytes, add a variant to [`Format`] and [`BakeError`], and run it through the same three
//! properties as the others in `tests/`: what goes in comes out, taking it out gives back the original, and no input
//! makes it panic.

mod payload;
pub mod png;
pub mod svg;

pub use payload::{Body, Extracted, Kind, MAX_PAYLOAD_BYTES, MAX_URL_BYTES, Payload, PayloadError, Place, Version};

/// The image formats that can carry a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Portable Network Graphics, still or animated.
    Png,
    /// Scalable Vector Graphics as plain XML text (not gzipped).
    Svg,
}

impl Format {
    /// The media type a file of this format is served with.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// Why an image could not be baked or read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BakeError {
    /// The bytes are neither a PNG nor an SVG.
    #[error("the file is neither a PNG nor an SVG image")]
    UnknownFormat,
    /// The bytes are a PNG, and something about it stands in the way.
    #[error(transparent)]
    Png(#[from] png::PngError),
    /// The bytes are an SVG, and something about it stands in the way.
    #[error(transparent)]
    Svg(#[from] svg::SvgError),
}

/// Tells the format from the content, never from a file name or a declared media type.
///
/// A PNG is told by its eight signature bytes, an SVG by its first element. `Some` means "worth handing to that
/// module", not "well-formed".
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(&png::SIGNATURE) {
        Some(Format::Png)
    } else if svg::looks_like_svg(bytes) {
        Some(Format::Svg)
    } else {
        None
    }
}

/// Returns a copy of `image` that carries `payload`, replacing a credential of the same version.
///
/// # Errors
/// [`BakeError::UnknownFormat`], or what [`png::bake`] or [`svg::bake`] refuses.
pub fn bake(image: &[u8], payload: &Payload<'_>) -> Result<Vec<u8>, BakeError> {
    match sniff(image).ok_or(BakeError::UnknownFormat)? {
        Format::Png => Ok(png::bake(image, payload)?),
        Format::Svg => Ok(svg::bake(image, payload)?),
    }
}

/// Reads every credential in `image`, at most one of each version. An image without any gives an empty list.
///
/// # Errors
/// [`BakeError::UnknownFormat`], or what [`png::extract`] or [`svg::extract`] refuses.
pub fn extract(image: &[u8]) -> Result<Vec<Extracted>, BakeError> {
    match sniff(image).ok_or(BakeError::UnknownFormat)? {
        Format::Png => Ok(png::extract(image)?),
        Format::Svg => Ok(svg::extract(image)?),
    }
}
