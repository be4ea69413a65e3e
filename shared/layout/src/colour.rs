//! Colours: the issuer's own, and those derived from it so that text can be read.

use krilla::color::rgb;

/// Contrast of text against white, as WCAG 2.2 (1.4.3) asks for.
const READABLE: f32 = 4.6;

/// Contrast of a line against white, as WCAG 2.2 (1.4.11) asks for what is not text.
const VISIBLE: f32 = 3.0;

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
}

impl Colour {
    /// A colour from its parts, each 0 to 255.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// This much of it (0 to 1) and the rest of `other`.
    pub(crate) fn mix(self, other: Self, part: f32) -> Self {
        let mix = |a: u8, b: u8| byte(f32::from(a) * part + f32::from(b) * (1.0 - part));
        Self { red: mix(self.red, other.red), green: mix(self.green, other.green), blue: mix(self.blue, other.blue) }
    }

    /// The same hue, as dark as it must be to be read on white or on a light tint.
    pub(crate) fn readable(self) -> Self {
        self.against_white(READABLE)
    }

    /// The same hue, as dark as it must be to be seen as a line.
    pub(crate) fn visible(self) -> Self {
        self.against_white(VISIBLE)
    }

    fn against_white(self, contrast: f32) -> Self {
        let black = Self::new(0, 0, 0);
        (0..=20_u8)
            .map(|step| self.mix(black, 1.0 - f32::from(step) * 0.05))
            .find(|colour| 1.05 / (colour.luminance() + 0.05) >= contrast)
            .unwrap_or(black)
    }

    /// Relative luminance as WCAG defines it.
    fn luminance(self) -> f32 {
        let linear = |part: u8| {
            let part = f32::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    pub(crate) fn paint(self) -> rgb::Color {
        rgb::Color::new(self.red, self.green, self.blue)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range")]
fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_becomes_readable() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let colour = Colour::new(red, green, blue).readable();
                    assert!(1.05 / (colour.luminance() + 0.05) >= READABLE, "{red} {green} {blue}");
                }
            }
        }
    }

    #[test]
    fn a_dark_colour_stays_as_it_is() {
        assert_eq!(Colour::new(20, 60, 140).readable(), Colour::new(20, 60, 140));
    }
}
