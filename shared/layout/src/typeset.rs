//! Lines and glyphs: from a cleaned text to something with a height that can be drawn.

use std::borrow::Cow;

use krilla::geom::Point;
use krilla::num::NormalizedF32;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use parley::fontique::{Collection, CollectionOptions, FontInfoOverride, SourceCache};
use parley::{
    Alignment, FontContext, FontFamily, FontFamilyName, Layout, LayoutContext, LineHeight, OverflowWrap, StyleProperty,
    WordBreak,
};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::DrawSettings;
use skrifa::{FontRef, MetadataProvider as _};
use unicode_segmentation::UnicodeSegmentation;

use crate::card::Pen;
use crate::colour::Colour;
use crate::fonts::{Fonts, Weight};
use crate::text::{Text, phrases};

/// How often a cut text is made shorter until its `…` fits. Each time by twice as much, so this is for more than a line.
const MAX_CUTS: u32 = 10;

/// How often characters that turn out to have no glyph are replaced, before their glyphs are left out.
const MAX_REPAIRS: u32 = 2;

/// Tracking (points) from which on text says in words what it is.
const WIDE_TRACKING: f32 = 0.5;

/// The most lines that are balanced: a longer text is read, not looked at.
const MAX_BALANCED: usize = 3;

/// How close (points) the width of balanced lines comes to the least.
const BALANCE: f32 = 2.0;

/// What setting text needs from one page to the next.
pub(crate) struct Scratch {
    fonts: FontContext,
    layouts: LayoutContext<()>,
    regular: Vec<FontFamilyName<'static>>,
    bold: Vec<FontFamilyName<'static>>,
}

impl Scratch {
    pub(crate) fn new(fonts: &Fonts) -> Self {
        let mut collection = Collection::new(CollectionOptions { shared: false, system_fonts: false });
        for file in &fonts.files {
            let named = FontInfoOverride { family_name: Some(&file.family), ..FontInfoOverride::default() };
            collection.register_fonts(file.blob.clone(), Some(named));
        }
        let of = |weight: Weight| {
            let files = fonts.files.iter().filter(move |file| file.weight == weight);
            files.map(|file| FontFamilyName::Named(Cow::Owned(file.family.clone())))
        };
        Self {
            fonts: FontContext { collection, source_cache: SourceCache::default() },
            layouts: LayoutContext::new(),
            regular: of(Weight::Regular).collect(),
            bold: of(Weight::Bold).chain(of(Weight::Regular)).collect(),
        }
    }
}

/// How a text looks. Lengths are in points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) colour: Colour,
    /// Distance between base lines, as a multiple of the size.
    pub(crate) leading: f32,
    /// Extra space between letters.
    pub(crate) tracking: f32,
    pub(crate) alignment: Alignment,
    /// Lines of about the same width, broken between phrases where the language has no spaces.
    pub(crate) balanced: bool,
}

impl Style {
    pub(crate) const fn new(size: f32, weight: Weight, colour: Colour) -> Self {
        Self { size, weight, colour, leading: 1.4, tracking: 0.0, alignment: Alignment::Left, balanced: false }
    }

    pub(crate) const fn size(self, size: f32) -> Self {
        Self { size, ..self }
    }

    pub(crate) const fn leading(self, leading: f32) -> Self {
        Self { leading, ..self }
    }

    pub(crate) const fn tracking(self, tracking: f32) -> Self {
        Self { tracking, ..self }
    }

    pub(crate) const fn balanced(self) -> Self {
        Self { balanced: true, ..self }
    }

    pub(crate) const fn aligned(self, alignment: Alignment) -> Self {
        Self { alignment, ..self }
    }
}

/// A text in lines.
pub(crate) struct Block {
    layout: Layout<()>,
    shown: String,
    /// What is meant, where it is not what is shown.
    pub(crate) meant: Option<String>,
    /// Whether the end is missing.
    pub(crate) cut: bool,
    colour: Colour,
    /// How far it is moved to the right, where its lines were made narrower than its place.
    shift: f32,
}

impl Block {
    pub(crate) fn height(&self) -> f32 {
        self.layout.height()
    }

    pub(crate) fn lines(&self) -> usize {
        self.layout.len()
    }

    /// The width of the longest line.
    pub(crate) fn width(&self) -> f32 {
        self.layout.width()
    }

    /// Where the leftmost line begins, from the left edge of the block.
    pub(crate) fn left(&self) -> f32 {
        self.layout.lines().map(|line| line.metrics().offset).reduce(f32::min).unwrap_or(0.0) + self.shift
    }

    /// From the top to the first base line.
    pub(crate) fn baseline(&self) -> f32 {
        self.layout.lines().next().map_or(0.0, |line| line.metrics().baseline)
    }

    /// Breaks and aligns the lines anew.
    fn set(&mut self, style: &Style, width: f32) {
        let Self { layout, .. } = self;
        self.shift = 0.0;
        layout.break_all_lines(Some(width));
        let lines = layout.len();
        let mut narrowest = width;
        if style.balanced && (2..=MAX_BALANCED).contains(&lines) {
            // As narrow as the same number of lines can be, found by halving.
            let mut too_narrow = layout.width() / 2.0;
            while narrowest - too_narrow > BALANCE {
                let middle = f32::midpoint(too_narrow, narrowest);
                layout.break_all_lines(Some(middle));
                if layout.len() > lines { too_narrow = middle } else { narrowest = middle }
            }
            layout.break_all_lines(Some(narrowest));
            self.shift = match style.alignment {
                Alignment::Center => (width - narrowest) / 2.0,
                Alignment::Right | Alignment::End => width - narrowest,
                Alignment::Left | Alignment::Start | Alignment::Justify => 0.0,
            };
        }
        if width < f32::MAX {
            layout.align(style.alignment, parley::AlignmentOptions::default());
        }
    }

    /// Draws the block with its upper left corner at a point.
    pub(crate) fn draw(&self, surface: &mut Surface<'_>, fonts: &Fonts, x: f32, y: f32) {
        surface.set_stroke(None);
        surface.set_fill(Some(Fill {
            paint: self.colour.paint().into(),
            opacity: NormalizedF32::ONE,
            ..Fill::default()
        }));
        let x = x + self.shift;
        for line in self.layout.lines() {
            let baseline = y + line.metrics().baseline;
            let mut pen = x + line.metrics().offset;
            for run in line.runs() {
                let start = pen;
                let size = run.font_size();
                let mut glyphs: Vec<KrillaGlyph> = Vec::with_capacity(run.len());
                for cluster in run.visual_clusters() {
                    if cluster.is_ligature_continuation() {
                        if let Some(glyph) = glyphs.last_mut() {
                            glyph.text_range.end = glyph.text_range.end.max(cluster.text_range().end);
                            glyph.text_range.start = glyph.text_range.start.min(cluster.text_range().start);
                        }
                        continue;
                    }
                    for glyph in cluster.glyphs() {
                        pen += glyph.advance;
                        if glyph.id == 0 {
                            // Never shown, whatever went wrong: the export would be refused.
                            if let Some(before) = glyphs.last_mut() {
                                before.x_advance += glyph.advance / size;
                            }
                            continue;
                        }
                        // Downwards here, upwards there.
                        let rise = -glyph.y / size;
                        let id = GlyphId::new(glyph.id);
                        let (advance, shift) = (glyph.advance / size, glyph.x / size);
                        glyphs.push(KrillaGlyph::new(id, advance, shift, rise, 0.0, cluster.text_range(), None));
                    }
                }
                let file = fonts.files.iter().find(|file| file.blob.id() == run.font().data.id());
                if let Some(file) = file.filter(|_| !glyphs.is_empty()) {
                    surface.draw_glyphs(
                        Point::from_xy(start, baseline),
                        &glyphs,
                        file.font.clone(),
                        &self.shown,
                        size,
                        false,
                    );
                }
            }
        }
    }
}

impl Block {
    /// The outlines of the block's glyphs with its upper left corner at a point, for pictures of text.
    pub(crate) fn outline(&self, fonts: &Fonts, x: f32, y: f32, pen: &mut Pen) {
        for line in self.layout.lines() {
            let baseline = y + line.metrics().baseline;
            let mut at = x + self.shift + line.metrics().offset;
            for run in line.runs() {
                let file = fonts.files.iter().find(|file| file.blob.id() == run.font().data.id());
                let Some(font) = file.and_then(|file| FontRef::new(file.blob.data()).ok()) else { continue };
                let (outlines, size) = (font.outline_glyphs(), Size::new(run.font_size()));
                for cluster in run.visual_clusters() {
                    for glyph in cluster.glyphs() {
                        pen.set_origin(at + glyph.x, baseline + glyph.y);
                        at += glyph.advance;
                        if let Some(outline) = outlines.get(skrifa::GlyphId::new(glyph.id)).filter(|_| glyph.id != 0) {
                            // A glyph that cannot be drawn leaves its place empty.
                            let _ = outline.draw(DrawSettings::unhinted(size, LocationRef::default()), pen);
                        }
                    }
                }
            }
        }
    }
}

/// Sets texts in one language.
pub(crate) struct Typesetter<'a> {
    scratch: &'a mut Scratch,
    fonts: &'a Fonts,
    language: Option<parley::Language>,
    replacement: char,
}

impl<'a> Typesetter<'a> {
    pub(crate) fn new(scratch: &'a mut Scratch, fonts: &'a Fonts, language: &str) -> Self {
        Self { scratch, fonts, language: language.parse().ok(), replacement: fonts.replacement }
    }

    /// The text in as many lines as it needs.
    pub(crate) fn block(&mut self, text: &Text, style: &Style, width: f32) -> Block {
        let mut shown = Cow::Borrowed(text.shown.as_str());
        let mut layout = self.lay(&shown, style);
        for _ in 0..MAX_REPAIRS {
            let Some(repaired) = self.repaired(&shown, &layout) else { break };
            shown = Cow::Owned(repaired);
            layout = self.lay(&shown, style);
        }
        // Readers take wide tracking for spaces between words.
        let differs = matches!(shown, Cow::Owned(_)) || style.tracking > WIDE_TRACKING;
        let meant = text.meant.clone().or_else(|| differs.then(|| text.shown.clone()));
        let mut block =
            Block { layout, shown: shown.into_owned(), meant, cut: false, colour: style.colour, shift: 0.0 };
        block.set(style, width);
        block
    }

    /// The text in at most so many lines, its end cut and replaced by `…` if it has more.
    pub(crate) fn clamped(&mut self, text: &Text, style: &Style, width: f32, lines: usize) -> Block {
        let whole = self.block(text, style, width);
        let Some(last) = lines.checked_sub(1).and_then(|last| whole.layout.get(last)).filter(|_| whole.lines() > lines)
        else {
            return whole;
        };
        let mut end = last.text_range().end;
        let mut block = None;
        for cut in 0..MAX_CUTS {
            let kept = whole.shown.get(..end).unwrap_or_default().trim_end();
            let shown = Text { shown: format!("{kept}…"), meant: None };
            let shorter = self.block(&shown, style, width);
            let fits = shorter.lines() <= lines;
            block = Some(shorter);
            if fits {
                break;
            }
            let dropped: usize = kept.graphemes(true).rev().take(1 << cut).map(str::len).sum();
            end = kept.len() - dropped;
        }
        let meant = text.meant.clone().or(whole.meant);
        block.map_or_else(
            || self.block(&Text { shown: "…".into(), meant: None }, style, width),
            |block| Block { meant, cut: true, ..block },
        )
    }

    /// One line as large as the width allows, from the style's size down to `smallest`; below that `smaller` in up to
    /// `lines` lines, cut after them. `height` is what all of it may take.
    pub(crate) fn fitted(&mut self, text: &Text, style: &Style, width: f32, fit: Fit) -> Block {
        let mut single = self.block(text, style, f32::MAX);
        let natural = single.width();
        if natural <= width {
            single.set(style, width);
            return single;
        }
        // Advances grow with the size; a little less, because of rounding.
        let size = style.size * (width / natural) * 0.995;
        if size >= fit.single {
            let block = self.block(text, &style.size(size), width);
            if block.lines() <= 1 {
                return block;
            }
        }
        let mut size = fit.wrapped;
        loop {
            let wrapped = style.size(size);
            let block = self.block(text, &wrapped, width);
            if block.lines() <= fit.lines && block.height() <= fit.height {
                return block;
            }
            if size <= fit.smallest {
                return self.clamped(text, &wrapped, width, fit.lines);
            }
            size = (size * 0.85).max(fit.smallest);
        }
    }

    /// Glyphs, still on one line.
    fn lay(&mut self, text: &str, style: &Style) -> Layout<()> {
        let Scratch { fonts, layouts, regular, bold } = &mut *self.scratch;
        let stack = match style.weight {
            Weight::Regular => regular,
            Weight::Bold => bold,
        };
        // Japanese fonts have Latin letters of their own, which go with theirs; two fonts fewer in the file.
        let japanese = self.language.is_some_and(|language| language.language() == "ja");
        let whole = self.fonts.files.iter().find(|file| file.weight == style.weight && file.kana);
        let whole = whole.filter(|file| japanese && file.has_all(text));
        let whole = whole.map(|file| [FontFamilyName::Named(Cow::Borrowed(file.family.as_str()))]);
        let stack = whole.as_ref().map_or(stack.as_slice(), <[_; 1]>::as_slice);
        let mut builder = layouts.ranged_builder(fonts, text, 1.0, false);
        builder.push_default(StyleProperty::FontFamily(FontFamily::List(Cow::Borrowed(stack))));
        builder.push_default(StyleProperty::FontSize(style.size));
        builder.push_default(StyleProperty::LineHeight(LineHeight::FontSizeRelative(style.leading)));
        builder.push_default(StyleProperty::LetterSpacing(style.tracking));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        builder.push_default(StyleProperty::Locale(self.language));
        if style.balanced {
            for phrase in phrases(text) {
                builder.push(StyleProperty::WordBreak(WordBreak::KeepAll), phrase);
            }
        }
        let mut layout = builder.build(text);
        layout.break_all_lines(None);
        layout
    }

    /// The text with everything replaced that got no glyph: shaping knows more than a table of characters.
    fn repaired(&self, text: &str, layout: &Layout<()>) -> Option<String> {
        let mut missing: Vec<_> = layout
            .lines()
            .flat_map(|line| line.runs().flat_map(|run| run.clusters().collect::<Vec<_>>()).collect::<Vec<_>>())
            .filter(|cluster| cluster.glyphs().any(|glyph| glyph.id == 0))
            .map(|cluster| cluster.text_range())
            .collect();
        if missing.is_empty() {
            return None;
        }
        missing.sort_by_key(|range| range.start);
        let mut repaired = String::with_capacity(text.len());
        let mut done = 0;
        for range in missing.into_iter().filter(|range| !range.is_empty()) {
            repaired.push_str(text.get(done..range.start).unwrap_or_default());
            repaired.push(self.replacement);
            done = range.end.max(done);
        }
        repaired.push_str(text.get(done..).unwrap_or_default());
        Some(repaired)
    }
}

/// How a long text may be made to fit: sizes in points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fit {
    /// The smallest size on a single line.
    pub(crate) single: f32,
    /// The largest size on several lines.
    pub(crate) wrapped: f32,
    /// The smallest size at all.
    pub(crate) smallest: f32,
    /// The most lines.
    pub(crate) lines: usize,
    /// The most points from top to bottom.
    pub(crate) height: f32,
}
