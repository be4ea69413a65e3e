//! The fonts a page is set in: given as bytes, in the order in which they are asked for a character.

use std::path::Path;

use krilla::text::Font;
use parley::fontique::Blob;
use skrifa::charmap::{Charmap, MapVariant};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, MetadataProvider};

use crate::LayoutError;

/// The most fonts.
const MAX_FONTS: usize = 64;

/// Stands for a character that no font has, in Japanese print.
const GETA: char = '〓';

/// The fonts that pages are meant to be set in, as `infra/fonts` fetches them: part and file, in the order to give to
/// [`Fonts::new`]. A serif for names and headings, a sans serif for the rest; then other scripts.
pub const FONTS: [(Weight, &str); 11] = [
    (Weight::Regular, "NotoSans-Regular.ttf"),
    (Weight::Regular, "NotoSansJP-Regular.ttf"),
    (Weight::Regular, "NotoSansArabic-Regular.ttf"),
    (Weight::Regular, "NotoSansHebrew-Regular.ttf"),
    (Weight::Regular, "NotoSansThai-Regular.ttf"),
    (Weight::Bold, "NotoSerif-SemiBold.ttf"),
    (Weight::Bold, "NotoSerifJP-SemiBold.ttf"),
    (Weight::Bold, "NotoSansArabic-SemiBold.ttf"),
    (Weight::Bold, "NotoSansHebrew-SemiBold.ttf"),
    (Weight::Bold, "NotoSansThai-SemiBold.ttf"),
    (Weight::Bold, "NotoSansDevanagari-SemiBold.ttf"),
];

/// The role of a font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For running text.
    Regular,
    /// For names and headings: heavier, and may be of another style.
    Bold,
}

/// Fonts, parsed and found to be usable.
pub struct Fonts {
    pub(crate) files: Vec<File>,
    /// What stands for a character that no font has.
    pub(crate) replacement: char,
}

/// A font of its own family, so that no matching of weights or styles comes between.
pub(crate) struct File {
    pub(crate) family: String,
    pub(crate) weight: Weight,
    /// Whether it is one for Japanese.
    pub(crate) kana: bool,
    pub(crate) blob: Blob<u8>,
    pub(crate) font: Font,
}

impl Fonts {
    /// Fonts with their roles. A character is looked for in the regular ones in this order; bold text asks the bold ones
    /// first, in this order, then the regular ones. So a Latin font goes before a Japanese one; on Japanese pages a text is set
    /// in the Japanese one alone if that has all of it. Static TrueType or OpenType files.
    ///
    /// # Errors
    /// [`LayoutError::Fonts`] when one cannot be read, none is regular, or they lack printable ASCII, `…` or both of
    /// `〓` and U+FFFD.
    pub fn new(fonts: impl IntoIterator<Item = (Weight, Vec<u8>)>) -> Result<Self, LayoutError> {
        let mut files = Vec::new();
        for (weight, bytes) in fonts {
            if files.len() == MAX_FONTS {
                return Err(LayoutError::Fonts("there are too many"));
            }
            let blob = Blob::from(bytes);
            let parsed = FontRef::new(blob.data()).map_err(|_| LayoutError::Fonts("one is no font"))?;
            let kana = parsed.charmap().map('あ').is_some();
            let (data, _) = blob.clone().into_raw_parts();
            let font = Font::new(data.into(), 0).ok_or(LayoutError::Fonts("one cannot be embedded"))?;
            files.push(File { family: format!("font-{}", files.len()), weight, kana, blob, font });
        }
        let mut fonts = Self { files, replacement: GETA };
        let coverage = fonts.coverage();
        if coverage.maps.is_empty() {
            return Err(LayoutError::Fonts("none is regular"));
        }
        if !(' '..='~').chain(['…']).all(|character| coverage.has(character)) {
            return Err(LayoutError::Fonts("they lack Latin letters"));
        }
        fonts.replacement = [GETA, '\u{FFFD}']
            .into_iter()
            .find(|character| coverage.has(*character))
            .ok_or(LayoutError::Fonts("they lack a sign for what they lack"))?;
        Ok(fonts)
    }

    /// The fonts of [`FONTS`], out of the folder where they lie.
    ///
    /// # Errors
    /// [`LayoutError::Fonts`] with the file's name when one is missing; see also [`Fonts::new`].
    pub fn read(folder: &Path) -> Result<Self, LayoutError> {
        let mut fonts = Vec::with_capacity(FONTS.len());
        for (weight, name) in FONTS {
            fonts.push((weight, std::fs::read(folder.join(name)).map_err(|_| LayoutError::Fonts(name))?));
        }
        Self::new(fonts)
    }

    /// What the regular fonts have: bold text falls back to them, so nothing is missing that they have.
    pub(crate) fn coverage(&self) -> Coverage<'_> {
        let regular = self.files.iter().filter(|file| file.weight == Weight::Regular);
        Coverage {
            maps: regular.filter_map(|file| FontRef::new(file.blob.data()).ok()).map(|font| font.charmap()).collect(),
        }
    }
}

impl File {
    /// Whether it has all of these characters.
    pub(crate) fn has_all(&self, characters: &str) -> bool {
        FontRef::new(self.blob.data()).is_ok_and(|font| {
            let map = font.charmap();
            characters.chars().all(|character| map.map(character).is_some())
        })
    }
}

/// The outline of a character in the first bold font that has it, for [`crate::ornament`].
pub(crate) fn outline(fonts: &Fonts, character: char, pen: &mut impl OutlinePen, size: f32) -> bool {
    let bold = fonts.files.iter().filter(|file| file.weight == Weight::Bold);
    bold.filter_map(|file| FontRef::new(file.blob.data()).ok())
        .find_map(|font| font.outline_glyphs().get(font.charmap().map(character)?))
        .is_some_and(|glyph| glyph.draw(DrawSettings::unhinted(Size::new(size), LocationRef::default()), pen).is_ok())
}

/// Which characters there are.
pub(crate) struct Coverage<'a> {
    maps: Vec<Charmap<'a>>,
}

impl Coverage<'_> {
    /// Of no font.
    #[cfg(test)]
    pub(crate) const fn none() -> Self {
        Self { maps: Vec::new() }
    }

    fn has(&self, character: char) -> bool {
        self.maps.iter().any(|map| map.map(character).is_some())
    }

    /// Whether one font has all of these characters, so that it can shape them together.
    pub(crate) fn has_all(&self, characters: &str) -> bool {
        self.maps.iter().any(|map| characters.chars().all(|character| map.map(character).is_some()))
    }

    /// Whether the first font that has the character also has this variant of it.
    pub(crate) fn has_variant(&self, character: char, selector: char) -> bool {
        self.maps.iter().find(|map| map.map(character).is_some()).is_some_and(|map| {
            matches!(map.map_variant(character, selector), Some(MapVariant::Variant(_) | MapVariant::UseDefault))
        })
    }
}
