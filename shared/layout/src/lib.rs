//! The PDF badge: one page that can be framed, with the credential inside.
//!
//! [`Renderer::render`] turns a [`Page`] into a PDF 1.7 file that is at once archival (PDF/A-3a, ISO 19005-3) and accessible
//! (PDF/UA-1, ISO 14289-1): text is text, in reading order, every picture has words for it, the fonts are inside. The
//! library that writes it refuses to finish when one of the rules is broken, so what could break one is kept away
//! from it: characters that no font has are replaced and kept as `ActualText`, control characters and bidirectional
//! overrides are left out, text that is too long is made smaller, then wrapped, then cut.
//!
//! The same page always gives the same bytes. Nothing is sealed here; see the caller.
//!
//! * `words`: what stands on the page in Japanese and English;
//! * `text`: from what people wrote to what fonts can show;
//! * `typeset`: lines and glyphs;
//! * `picture`, `vector`, `code`: artwork as pixels, artwork as paths, the QR code;
//! * `ornament`: what is only there to be looked at;
//! * `compose`: what goes where;
//! * `card`: another, smaller thing made of the same parts: the picture that other sites show of a badge.

mod card;
mod code;
mod colour;
mod compose;
mod fonts;
mod ornament;
mod picture;
mod text;
mod typeset;
mod vector;
mod words;

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

pub use card::{CARD_SIZE, Card};
pub use colour::Colour;
pub use fonts::{FONTS, Fonts, Weight};
pub use picture::{MAX_PICTURE_BYTES, MAX_PICTURE_SIDE, Picture};

/// The longest web address that becomes a link or a QR code, in bytes. A longer one is left out.
pub const MAX_URL_BYTES: usize = 1000;

/// The most files that can be attached.
pub const MAX_ATTACHMENTS: usize = 8;

/// The largest attachment, in bytes: 8 MiB.
pub const MAX_ATTACHMENT_BYTES: usize = 8 << 20;

/// Language of the labels, and the language the document says it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Japanese.
    Ja,
    /// English.
    En,
}

/// Which way round the sheet (A4) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// 297 mm wide, 210 mm high.
    Landscape,
    /// 210 mm wide, 297 mm high.
    Portrait,
}

/// What stands on the page. Every text may be anything at all; it is cleaned, shrunk and cut as needed.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// Language of the labels.
    pub language: Language,
    /// Which way round the sheet is.
    pub orientation: Orientation,
    /// Name of the person who earned the badge. May be empty: then the page speaks of whoever holds it.
    pub recipient: &'a str,
    /// Name of the badge.
    pub badge_name: &'a str,
    /// What the badge stands for: plain text or Markdown.
    pub description: &'a str,
    /// What was asked for it: plain text or Markdown. Cut to the space that is left.
    pub criteria: &'a str,
    /// Who issues it, as the public sees it.
    pub issuer_name: &'a str,
    /// The organisation behind the issuer, where that is another name.
    pub organisation_name: Option<&'a str>,
    /// Day of issue; written as a date in UTC.
    pub issued_on: Timestamp,
    /// Last day, if there is one; written as a date in UTC.
    pub expires_on: Option<Timestamp>,
    /// The credential's id, as it is written in the credential.
    pub credential_id: &'a str,
    /// Where the credential is published.
    pub credential_url: &'a str,
    /// Where it can be checked: behind the QR code and the link beneath it.
    pub validator_url: &'a str,
    /// The same for people who type: the validator's own address, without what it is asked.
    pub validator_shown: &'a str,
    /// The issuer's colour. Text in it is darkened until it can be read.
    pub colour: Colour,
    /// The issuer's logo.
    pub logo: Option<Picture<'a>>,
    /// The badge.
    pub artwork: Picture<'a>,
    /// The badge in words, for those who do not see it. The name of the badge if empty.
    pub artwork_alt: &'a str,
    /// Files inside the PDF, byte for byte.
    pub attachments: &'a [Attachment<'a>],
    /// When the document was made, as its metadata says.
    pub created: Timestamp,
}

/// A file inside the PDF.
#[derive(Clone, Debug)]
pub struct Attachment<'a> {
    /// File name, such as `credential.json`: printable ASCII, each name once.
    pub name: &'a str,
    /// Media type without parameters, such as `application/ld+json`.
    pub media_type: &'a str,
    /// What it is, for people.
    pub description: &'a str,
    /// What it has to do with the page.
    pub relationship: Relationship,
    /// The file.
    pub bytes: &'a [u8],
}

/// `AFRelationship` (ISO 19005-3, annex E).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relationship {
    /// The data that the page shows.
    Data,
    /// More of the same, in another form.
    Supplement,
}

/// Why there is no page.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum LayoutError {
    /// A font is missing or cannot be read, or the fonts together lack what every page needs.
    #[error("the fonts are not usable: {0}")]
    Fonts(&'static str),
    /// The artwork or the logo is no picture of the kinds and sizes that are allowed.
    #[error("the picture is not usable: {0}")]
    Picture(&'static str),
    /// An attachment's name or media type is out of order, there are too many, or one is too large.
    #[error("the attachment is not usable: {0}")]
    Attachment(&'static str),
    /// The library refused to write the document. A defect of this crate.
    #[error("the document breaks a rule: {0}")]
    Document(String),
}

/// Draws pages. Made once for a process: reading fonts and pictures is most of the work.
pub struct Renderer {
    fonts: Fonts,
    state: Mutex<State>,
}

/// What is kept from one page to the next; none of it changes what a page looks like.
struct State {
    scratch: typeset::Scratch,
    pictures: picture::Cache,
}

impl Renderer {
    /// A renderer with these fonts and nothing else: fonts of the system are not looked at.
    #[must_use]
    pub fn new(fonts: Fonts) -> Self {
        let scratch = typeset::Scratch::new(&fonts);
        Self { fonts, state: Mutex::new(State { scratch, pictures: picture::Cache::default() }) }
    }

    /// The card as a PNG of [`CARD_SIZE`].
    ///
    /// # Errors
    /// [`LayoutError::Picture`] when the artwork is no PNG of the sizes that are allowed. No text makes one.
    pub fn card(&self, card: &Card<'_>) -> Result<Vec<u8>, LayoutError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        card::draw(card, &self.fonts, &mut state.scratch)
    }

    /// The page as a PDF file.
    ///
    /// # Errors
    /// See [`LayoutError`]. No text makes one: only pictures and attachments do.
    pub fn render(&self, page: &Page<'_>) -> Result<Vec<u8>, LayoutError> {
        // What a panic may have left behind are caches: usable, at worst incomplete.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { scratch, pictures } = &mut *state;
        let artwork = pictures.read(&page.artwork)?;
        let logo = page.logo.as_ref().map(|logo| pictures.read(logo)).transpose()?;
        compose::document(page, &self.fonts, scratch, &artwork, logo.as_deref())
    }
}
