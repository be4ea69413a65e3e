//! The QR code, as one path.

use krilla::geom::{Path, PathBuilder, Rect};
use qrcode::{Color, EcLevel, QrCode};

/// The empty border that readers need, in modules (ISO/IEC 18004).
const QUIET: u16 = 4;

/// The most modules on a side: beyond, they are too small on paper for a phone.
const MAX_MODULES: usize = 85;

/// A code, in modules: whole numbers, because they are short in the file.
pub(crate) struct Code {
    pub(crate) path: Path,
    /// Length of a side, with the empty border.
    pub(crate) modules: u16,
}

/// The code of a text, with its empty border. `None` if the text is empty or too long for a code of a readable size.
pub(crate) fn code(text: &str) -> Option<Code> {
    if text.is_empty() {
        return None;
    }
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok().filter(|code| code.width() <= MAX_MODULES)?;
    let width = code.width();
    let modules = u16::try_from(width).ok()? + 2 * QUIET;
    let at = |module: usize| f32::from(u16::try_from(module).unwrap_or(u16::MAX) + QUIET);
    let mut path = PathBuilder::new();
    for (row, colours) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            // Neighbours become one bar: seams between squares show on screens.
            let bar = colours[column..].iter().take_while(|colour| **colour == Color::Dark).count();
            if bar > 0
                && let Some(rect) = Rect::from_ltrb(at(column), at(row), at(column + bar), at(row + 1))
            {
                path.push_rect(rect);
            }
            column += bar.max(1);
        }
    }
    Some(Code { path: path.finish()?, modules })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_long_to_be_read_from_paper_has_no_code() {
        assert!(code("https://badges.example/verify").is_some());
        assert!(code("").is_none());
        assert!(code(&"x".repeat(700)).is_none());
    }
}
