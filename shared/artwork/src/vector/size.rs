//! How large an SVG says it is, and the square around that.

use std::fmt;

use roxmltree::Node;

/// Lengths beyond this, in user units, are mistakes: arithmetic with them loses the picture.
const MAX_LENGTH: f64 = 1e6;

/// A rectangle in user units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ViewBox {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl ViewBox {
    /// The root's `viewBox`, or its absolute `width` and `height` (SVG 2 §8.6, §8.9).
    pub(super) fn of(root: Node<'_, '_>) -> Option<Self> {
        match root.attribute("viewBox") {
            Some(text) => Self::parse(text),
            None => Self::checked(0.0, 0.0, length(root.attribute("width")?)?, length(root.attribute("height")?)?),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty());
        let mut next = || numbers.next()?.parse().ok();
        let view = Self::checked(next()?, next()?, next()?, next()?);
        view.filter(|_| numbers.next().is_none())
    }

    fn checked(x: f64, y: f64, width: f64, height: f64) -> Option<Self> {
        let sane = |value: f64| value.is_finite() && value.abs() <= MAX_LENGTH;
        let visible = |value: f64| sane(value) && value >= 1.0 / MAX_LENGTH;
        (sane(x) && sane(y) && visible(width) && visible(height)).then_some(Self { x, y, width, height })
    }

    /// The smallest square with this in its middle.
    pub(super) fn square(self) -> Self {
        let side = self.width.max(self.height);
        Self {
            x: self.x - (side - self.width) / 2.0,
            y: self.y - (side - self.height) / 2.0,
            width: side,
            height: side,
        }
    }
}

impl fmt::Display for ViewBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.x, self.y, self.width, self.height)
    }
}

/// An absolute length in user units (CSS: 96 to the inch).
fn length(text: &str) -> Option<f64> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%').len());
    let number: f64 = number.parse().ok()?;
    let factor = match unit {
        "" | "px" => 1.0,
        "pt" => 96.0 / 72.0,
        "pc" => 16.0,
        "mm" => 96.0 / 25.4,
        "cm" => 96.0 / 2.54,
        "in" => 96.0,
        _ => return None,
    };
    Some(number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(attributes: &str) -> Option<String> {
        let text = format!("<svg {attributes}/>");
        ViewBox::of(roxmltree::Document::parse(&text).unwrap().root_element()).map(|view| view.square().to_string())
    }

    #[test]
    fn the_square_has_the_picture_in_its_middle() {
        for (attributes, expected) in [
            ("viewBox='0 0 8 8'", Some("0 0 8 8")),
            ("viewBox=' 1,2 , 4 8 '", Some("-1 2 8 8")),
            ("viewBox='0 0 10 4' width='99'", Some("0 -3 10 10")),
            ("width='72pt' height='1in'", Some("0 0 96 96")),
            ("width='20' height='10px'", Some("0 -5 20 20")),
            ("", None),
            ("width='8'", None),
            ("width='100%' height='100%'", None),
            ("width='NaN' height='8'", None),
            ("width='inf' height='8'", None),
            ("viewBox='0 0 8'", None),
            ("viewBox='0 0 8 8 8'", None),
            ("viewBox='0 0 0 8'", None),
            ("viewBox='0 0 -8 8'", None),
            ("viewBox='0 0 1e9 8'", None),
        ] {
            assert_eq!(size(attributes).as_deref(), expected, "{attributes}");
        }
    }
}
