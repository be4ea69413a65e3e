//! How an organisation's PDF badges look: its colour, its logo, and which way round the sheet is.

use crate::definition::Artwork;
use crate::input::{Complaints, FieldError, Reader, Reason};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A colour in sRGB: `#` and six hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour {
    /// Red, green, blue.
    pub rgb: [u8; 3],
}

/// A text that is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a colour of the form #1d4e9c")]
pub struct NotAColour;

impl TryFrom<String> for Colour {
    type Error = NotAColour;
    fn try_from(text: String) -> Result<Self, NotAColour> {
        let mut rgb = [0; 3];
        let digits = text.strip_prefix('#').ok_or(NotAColour)?;
        hex::decode_to_slice(digits, &mut rgb).map_err(|_| NotAColour)?;
        Ok(Self { rgb })
    }
}
impl From<Colour> for String {
    fn from(colour: Colour) -> String {
        format!("#{}", hex::encode(colour.rgb))
    }
}

/// Which way round a sheet of A4 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PdfLayout {
    /// 297 mm wide.
    #[default]
    Landscape,
    /// 210 mm wide.
    Portrait,
}

impl std::str::FromStr for PdfLayout {
    type Err = Reason;
    fn from_str(text: &str) -> Result<Self, Reason> {
        match text {
            "landscape" => Ok(Self::Landscape),
            "portrait" => Ok(Self::Portrait),
            _ => Err(Reason::NotAllowed { allowed: "landscape, portrait".into() }),
        }
    }
}

/// An organisation's look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Its colour.
    pub colour: Colour,
    /// Its logo, as wide and as high as it was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Artwork>,
    /// Which way round its PDF badges are, unless one is asked for otherwise.
    #[serde(default)]
    pub pdf_layout: PdfLayout,
    /// When it was last changed; none as long as it is what everybody begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<Timestamp>,
}

/// What everybody begins with.
impl Default for Brand {
    fn default() -> Self {
        Self {
            colour: Colour { rgb: [0x1d, 0x4e, 0x9c] },
            logo: None,
            pdf_layout: PdfLayout::default(),
            modified_at: None,
        }
    }
}

impl Brand {
    /// This look, changed by a request body with any of `colour`, `pdf_layout`. The logo is read elsewhere.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn changed(self, body: &serde_json::Value, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let complaints = Complaints::default();
        let reader = Reader::root(body, &complaints);
        if !body.is_object() {
            reader.refuse(Reason::NotObject);
        }
        let colour = reader.optional_text("colour", 7).map(Colour::try_from);
        if colour == Some(Err(NotAColour)) {
            reader.refuse_field("colour", Reason::NotAllowed { allowed: "#000000 … #ffffff".into() });
        }
        let pdf_layout = reader.optional_text("pdf_layout", 20).map(|text| text.parse::<PdfLayout>());
        if let Some(Err(reason)) = &pdf_layout {
            reader.refuse_field("pdf_layout", reason.clone());
        }
        complaints.into_result(Self {
            colour: colour.and_then(Result::ok).unwrap_or(self.colour),
            pdf_layout: pdf_layout.and_then(Result::ok).unwrap_or(self.pdf_layout),
            modified_at: Some(now),
            logo: self.logo,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_given_changes_and_the_rest_stays() {
        let now = Timestamp::UNIX_EPOCH;
        let brand = Brand::default().changed(&json!({"colour": "#A0b1C2"}), now).unwrap();
        assert_eq!((brand.colour.rgb, brand.pdf_layout), ([0xa0, 0xb1, 0xc2], PdfLayout::Landscape));
        let turned = brand.clone().changed(&json!({"pdf_layout": "portrait"}), now).unwrap();
        assert_eq!(
            (turned.colour, turned.pdf_layout, turned.modified_at),
            (brand.colour, PdfLayout::Portrait, Some(now))
        );
        let text = serde_json::to_string(&turned).unwrap();
        assert!(text.contains("\"#a0b1c2\""), "{text}");
        assert_eq!(serde_json::from_str::<Brand>(&text).unwrap(), turned);
    }

    #[test]
    fn every_mistake_is_named() {
        let wrong = json!({"colour": "red", "pdf_layout": "round"});
        let errors = Brand::default().changed(&wrong, Timestamp::UNIX_EPOCH).unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.pointer.as_str(), e.reason.code())).collect();
        assert_eq!(found, [("/colour", "not_allowed"), ("/pdf_layout", "not_allowed")]);
        for colour in ["#12345", "#1234567", "123456", "#12345g"] {
            assert!(Brand::default().changed(&json!({"colour": colour}), Timestamp::UNIX_EPOCH).is_err(), "{colour}");
        }
        assert!(Brand::default().changed(&json!([]), Timestamp::UNIX_EPOCH).is_err());
    }
}
