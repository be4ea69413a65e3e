//! The QR code, as one path.

use krilla::geom::{Path, PathBuilder, Rect};
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::{Color, EcLevel, bits, ec};

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
    let (colours, width) = encoded(text)?;
    let modules = u16::try_from(width).ok()? + 2 * QUIET;
    let at = |module: usize| f32::from(u16::try_from(module).unwrap_or(u16::MAX) + QUIET);
    let mut path = PathBuilder::new();
    for (row, colours) in colours.chunks(width).enumerate() {
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

const MASKS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

/// The modules, row by row, and how many are in a row. What the library does in one go, with the masks judged a line at a time
/// instead of a module at a time: they were a tenth of a page's time.
fn encoded(text: &str) -> Option<(Vec<Color>, usize)> {
    let bits = bits::encode_auto(text.as_bytes(), EcLevel::M).ok()?;
    let version = bits.version();
    let width = usize::try_from(version.width()).ok().filter(|width| *width <= MAX_MODULES)?;
    let (data, correction) = ec::construct_codewords(&bits.into_bytes(), version, EcLevel::M).ok()?;
    let mut canvas = Canvas::new(version, EcLevel::M);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &correction);
    let masked = MASKS.into_iter().map(|mask| {
        let mut canvas = canvas.clone();
        canvas.apply_mask(mask);
        canvas.into_colors()
    });
    Some((masked.min_by_key(|colours| penalty(colours, width))?, width))
}

/// How hard a code is to read (ISO/IEC 18004, 7.8.3): what looks like its corners, runs and blocks of one colour, more of one colour
/// than of the other.
fn penalty(colours: &[Color], width: usize) -> u32 {
    // Bits of a line from the fourth on; what is outside of the code is light.
    let mut rows = vec![0_u128; width];
    let mut columns = vec![0_u128; width];
    let mut dark = 0;
    for (row, line) in colours.chunks(width).enumerate() {
        for (column, _) in line.iter().enumerate().filter(|(_, colour)| **colour == Color::Dark) {
            rows[row] |= 1 << (column + 4);
            columns[column] |= 1 << (row + 4);
            dark += 1;
        }
    }
    let inside = |length: usize| ((1_u128 << length) - 1) << 4;
    let mut score = 0;
    for line in rows.iter().chain(&columns) {
        let x = *line;
        let alike = !(x ^ (x >> 1)) & inside(width - 1);
        let fives = alike & (alike >> 1) & (alike >> 2) & (alike >> 3);
        score += fives.count_ones() + 2 * (fives & !(fives << 1)).count_ones();
        let corner = x & !(x >> 1) & (x >> 2) & (x >> 3) & (x >> 4) & !(x >> 5) & (x >> 6);
        let light_before = !(x << 1 | x << 2 | x << 3 | x << 4);
        let light_after = !(x >> 7 | x >> 8 | x >> 9 | x >> 10);
        score += 40 * (corner & (light_before | light_after)).count_ones();
    }
    for pair in rows.windows(2) {
        let [above, below] = pair else { continue };
        let alike = !(above ^ below) & !(above ^ (above >> 1)) & !(below ^ (below >> 1)) & inside(width - 1);
        score += 3 * alike.count_ones();
    }
    let share = u32::try_from(dark * 200 / (width * width)).unwrap_or(0);
    score + share.abs_diff(100)
}

#[cfg(test)]
mod tests {
    use qrcode::QrCode;

    use super::*;

    #[test]
    fn a_code_is_what_the_library_makes_of_the_text() {
        for number in 0..60_usize {
            let text = format!(
                "https://badges.example/validate?credential={}",
                "01JH8Q6T9Z4M5N6P".repeat(number % 7) + &number.to_string()
            );
            let code = QrCode::with_error_correction_level(&text, EcLevel::M).unwrap();
            assert_eq!(encoded(&text), Some((code.to_colors(), code.width())), "{text}");
        }
    }

    #[test]
    fn a_text_too_long_to_be_read_from_paper_has_no_code() {
        assert!(code("https://badges.example/verify").is_some());
        assert!(code("").is_none());
        assert!(code(&"x".repeat(700)).is_none());
    }
}
