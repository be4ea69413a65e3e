//! The fonts that texts are set in: given as bytes, in the order in which they are asked for a character.

use crate::model::Face;
use parley::fontique::{Blob, Collection, CollectionOptions, FontInfoOverride, SourceCache};
use parley::{FontContext, FontFamilyName, LayoutContext};
use skrifa::{FontRef, MetadataProvider};
use std::borrow::Cow;
use std::sync::Mutex;

/// The fonts that designs are meant to be set in, as `infra/fonts` fetches them: typeface and file, in the order to give to [`Fonts::new`].
pub const FONTS: [(Face, &str); 11] = [
    (Face::Regular, "NotoSans-Regular.ttf"),
    (Face::Regular, "NotoSansJP-Regular.ttf"),
    (Face::Bold, "NotoSans-Bold.ttf"),
    (Face::Bold, "NotoSansJP-Bold.ttf"),
    (Face::Serif, "NotoSerif-SemiBold.ttf"),
    (Face::Serif, "NotoSerifJP-SemiBold.ttf"),
    (Face::Bold, "NotoSansArabic-SemiBold.ttf"),
    (Face::Bold, "NotoSansHebrew-SemiBold.ttf"),
    (Face::Bold, "NotoSansThai-SemiBold.ttf"),
    (Face::Bold, "NotoSansDevanagari-SemiBold.ttf"),
    (Face::Regular, "NotoSansArabic-Regular.ttf"),
];

/// Stands for a character that no font has, in Japanese print.
const GETA: char = '〓';

/// Why fonts cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the fonts cannot be used: {0}")]
pub struct FontsError(&'static str);

/// Fonts, parsed and found to be usable.
pub struct Fonts {
    files: Vec<File>,
    /// Setting a text keeps what it allocated for the next one.
    pub(crate) scratch: Mutex<Scratch>,
}

/// What setting text needs.
pub(crate) struct Scratch {
    pub(crate) fonts: FontContext,
    pub(crate) layouts: LayoutContext<()>,
}

/// A font of its own family, so that no matching of weights or styles comes between.
struct File {
    family: String,
    face: Face,
    /// Whether it is one for Japanese.
    kana: bool,
    blob: Blob<u8>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.iter().map(|file| (&file.family, file.face))).finish()
    }
}

impl Fonts {
    /// Fonts with their typefaces. A character is looked for in those of the typeface asked for, in this order, then in the others.
    ///
    /// # Errors
    /// [`FontsError`] when one cannot be read, or they lack Latin letters, kana or `〓`.
    pub fn new(fonts: impl IntoIterator<Item = (Face, Vec<u8>)>) -> Result<Self, FontsError> {
        let mut collection = Collection::new(CollectionOptions { shared: false, system_fonts: false });
        let mut files = Vec::new();
        for (face, bytes) in fonts {
            let blob = Blob::from(bytes);
            let family = format!("font-{}", files.len());
            let kana =
                FontRef::new(blob.data()).map_err(|_| FontsError("one is no font"))?.charmap().map('あ').is_some();
            let named = FontInfoOverride { family_name: Some(&family), ..FontInfoOverride::default() };
            collection.register_fonts(blob.clone(), Some(named));
            files.push(File { family, face, kana, blob });
        }
        let scratch = Scratch {
            fonts: FontContext { collection, source_cache: SourceCache::default() },
            layouts: LayoutContext::new(),
        };
        let fonts = Self { files, scratch: Mutex::new(scratch) };
        if (' '..='~').chain(['あ', GETA]).all(|character| fonts.has(character)) {
            Ok(fonts)
        } else {
            Err(FontsError("they lack letters"))
        }
    }

    /// The families to ask for the characters of a text, in order. A text with Japanese in it is set in the Japanese font throughout, so that
    /// its Latin letters and figures go with the rest.
    pub(crate) fn families(&self, face: Face, text: &str) -> Vec<FontFamilyName<'static>> {
        let japanese = text.chars().any(is_japanese);
        let mut files: Vec<&File> = self.files.iter().collect();
        files.sort_by_key(|file| (file.face != face, file.kana != japanese));
        files.into_iter().map(|file| FontFamilyName::Named(Cow::Owned(file.family.clone()))).collect()
    }

    /// The text with a sign in the place of every character that no font has.
    pub(crate) fn showable(&self, text: &str) -> String {
        let known = |c: char| c.is_whitespace() || is_invisible(c) || self.has(c);
        text.chars().map(|c| if known(c) { c } else { GETA }).collect()
    }

    fn has(&self, character: char) -> bool {
        let map = |file: &File| FontRef::new(file.blob.data()).ok().and_then(|font| font.charmap().map(character));
        self.files.iter().any(|file| map(file).is_some())
    }
}

/// Kana, ideographs, and the forms and signs that come with them.
fn is_japanese(character: char) -> bool {
    matches!(character, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Joiners, selectors and marks of direction.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_font_is_refused() {
        assert!(Fonts::new([(Face::Bold, b"no font".to_vec())]).is_err());
        assert!(Fonts::new([]).is_err());
    }
}
