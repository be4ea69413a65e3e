//! Artwork as it arrives inside JSON: `data:image/png;base64,…`.

use bake::Format;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::MAX_UPLOAD_BYTES;

/// Why a data URL is not artwork.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum DataUrlError {
    /// Not `data:`, then `image/png` or `image/svg+xml`, then `;base64,`.
    #[error("expected data:image/png;base64,… or data:image/svg+xml;base64,…")]
    Prefix,
    /// Would decode to more than [`MAX_UPLOAD_BYTES`].
    #[error("the picture in the data URL is too large")]
    TooLarge,
    /// Not padded base64 of the standard alphabet.
    #[error("the data URL is not valid base64")]
    Base64,
    /// The bytes are not of the type the URL declares.
    #[error("the data URL declares another image type than it holds")]
    Mismatch,
}

/// The bytes of a `data:image/png;base64,…` or `data:image/svg+xml;base64,…` URL (RFC 2397), for
/// [`normalise`](crate::normalise()).
///
/// Strict where RFC 2397 is generous: base64 only, no parameters, no percent-encoding, no white space.
///
/// # Errors
/// See [`DataUrlError`].
pub fn parse_data_url(url: &str) -> Result<Vec<u8>, DataUrlError> {
    let (head, encoded) = url.split_once(',').ok_or(DataUrlError::Prefix)?;
    let declared = [Format::Png, Format::Svg]
        .into_iter()
        .find(|format| head.eq_ignore_ascii_case(&format!("data:{};base64", format.media_type())))
        .ok_or(DataUrlError::Prefix)?;
    if encoded.len() > MAX_UPLOAD_BYTES.div_ceil(3) * 4 {
        return Err(DataUrlError::TooLarge);
    }
    let bytes = STANDARD.decode(encoded).map_err(|_| DataUrlError::Base64)?;
    if bytes.len() > MAX_UPLOAD_BYTES {
        return Err(DataUrlError::TooLarge);
    }
    if bake::sniff(&bytes) == Some(declared) { Ok(bytes) } else { Err(DataUrlError::Mismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_declares_and_nothing_else() {
        assert_eq!(parse_data_url("data:image/svg+xml;base64,PHN2Zy8+"), Ok(b"<svg/>".to_vec()));
        assert_eq!(parse_data_url("DATA:image/PNG;base64,iVBORw0KGgo="), Ok(b"\x89PNG\r\n\x1a\n".to_vec()));
        for (url, error) in [
            ("", DataUrlError::Prefix),
            ("data:,x", DataUrlError::Prefix),
            ("data:image/svg+xml,<svg/>", DataUrlError::Prefix),
            ("data:image/svg+xml;charset=utf-8;base64,PHN2Zy8+", DataUrlError::Prefix),
            ("data:image/gif;base64,R0lGODlh", DataUrlError::Prefix),
            ("data:image/png;base64,PHN2Zy8+", DataUrlError::Mismatch),
            ("data:image/png;base64,", DataUrlError::Mismatch),
            ("data:image/svg+xml;base64,PHN2Zy8", DataUrlError::Base64),
            ("data:image/svg+xml;base64,PHN2 Zy8+", DataUrlError::Base64),
            ("data:image/svg+xml;base64,PHN2Zy8%2B", DataUrlError::Base64),
        ] {
            assert_eq!(parse_data_url(url), Err(error), "{url}");
        }
        let long = format!("data:image/png;base64,{}", "A".repeat(MAX_UPLOAD_BYTES * 2));
        assert_eq!(parse_data_url(&long), Err(DataUrlError::TooLarge));
    }
}
