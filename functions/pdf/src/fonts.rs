//! The fonts beside the function.

use layout::{FONTS, Fonts};
use std::path::Path;

/// Reads the fonts of [`FONTS`] out of a folder.
///
/// # Errors
/// When one is missing or not usable: then no page can be drawn, and the function should not start.
pub(crate) fn read(folder: &Path) -> Result<Fonts, lambda_http::Error> {
    let mut fonts = Vec::with_capacity(FONTS.len());
    for (weight, name) in FONTS {
        let bytes = std::fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
        fonts.push((weight, bytes));
    }
    Ok(Fonts::new(fonts)?)
}
