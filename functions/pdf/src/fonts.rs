//! The fonts beside the function.

use layout::{Fonts, Weight};
use std::path::Path;

/// Reads every TrueType and OpenType file of a folder. They are asked for a character in the order of their names, which puts the
/// Latin font before those of other scripts (`NotoSans-…` before `NotoSansJP-…`); those whose names say so are the bold ones.
///
/// # Errors
/// When the folder cannot be read or its fonts are not usable: then no page can be drawn, and the function should not start.
pub(crate) fn read(folder: &Path) -> Result<Fonts, lambda_http::Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ttf" || extension == "otf") {
            files.push(path);
        }
    }
    files.sort();
    let mut fonts = Vec::with_capacity(files.len());
    for path in files {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let weight = if name.ends_with("Bold") { Weight::Bold } else { Weight::Regular };
        fonts.push((weight, std::fs::read(&path)?));
    }
    Ok(Fonts::new(fonts)?)
}
