//! The card: a picture that other sites show where a badge's page is linked to, of the size that they ask for.

use std::io::Cursor;

use parley::Alignment;
use png::{BitDepth, ColorType, Compression, Encoder};
use resvg::tiny_skia::{
    Color, FillRule, FilterQuality, IntSize, Paint, Path, PathBuilder, Pixmap, PixmapPaint, Rect, Transform,
};

use crate::colour::Colour;
use crate::fonts::{Fonts, Weight};
use crate::picture;
use crate::text::Cleaner;
use crate::typeset::{Block, Fit, Scratch, Style, Typesetter};
use crate::{Language, LayoutError};

/// Width and height in pixels: what the Open Graph protocol's readers ask for.
pub const CARD_SIZE: (u32, u32) = (1200, 630);

/// The most characters of a name that are looked at.
const NAME_CHARACTERS: usize = 300;

const PAPER: Colour = Colour::new(255, 254, 251);
const GROUND: Colour = Colour::new(246, 242, 234);
const INK: Colour = Colour::new(33, 29, 26);
const SOFT: Colour = Colour::new(98, 90, 81);
const SEAL: Colour = Colour::new(181, 41, 31);

/// Where the badge is: a square.
const ARTWORK: (f32, f32, f32) = (90.0, 115.0, 400.0);
/// Where its name and issuer are: left, width, middle.
const WORDS: (f32, f32, f32) = (560.0, 560.0, 290.0);
/// Where the mark is: left, top, side.
const MARK: (f32, f32, f32) = (560.0, 506.0, 56.0);

/// What stands on a card. It says nothing about who holds the badge.
#[derive(Clone, Copy, Debug)]
pub struct Card<'a> {
    /// The language of the texts.
    pub language: Language,
    /// Name of the badge.
    pub badge_name: &'a str,
    /// Who issues it.
    pub issuer_name: &'a str,
    /// Where it can be found, in letters: a host's name.
    pub host: &'a str,
    /// The badge, a PNG.
    pub artwork: &'a [u8],
}

/// The card as a PNG.
pub(crate) fn draw(card: &Card<'_>, fonts: &Fonts, scratch: &mut Scratch) -> Result<Vec<u8>, LayoutError> {
    let (width, height) = CARD_SIZE;
    let mut pixmap = Pixmap::new(width, height).ok_or(LayoutError::Picture("no room"))?;
    pixmap.fill(colour(GROUND));
    rectangle(&mut pixmap, (24.0, 24.0, 1152.0, 582.0), PAPER);
    artwork(&mut pixmap, card.artwork)?;

    let language = match card.language {
        Language::Ja => "ja",
        Language::En => "en",
    };
    let cleaner = Cleaner::new(fonts);
    let mut typesetter = Typesetter::new(scratch, fonts, language);
    let (left, width, middle) = WORDS;
    let fit = Fit { single: 46.0, wrapped: 58.0, smallest: 34.0, lines: 4, height: 300.0 };
    let name = Style::new(66.0, Weight::Bold, INK).leading(1.28).balanced();
    let name = typesetter.fitted(&cleaner.line(card.badge_name, NAME_CHARACTERS), &name, width, fit);
    let issuer = Style::new(30.0, Weight::Regular, SOFT).leading(1.35);
    let issuer = typesetter.clamped(&cleaner.line(card.issuer_name, NAME_CHARACTERS), &issuer, width, 2);
    let top = middle - (name.height() + 18.0 + issuer.height()) / 2.0;
    text(&mut pixmap, &name, fonts, left, top, INK);
    text(&mut pixmap, &issuer, fonts, left, top + name.height() + 18.0, SOFT);

    let (x, y, side) = MARK;
    rectangle(&mut pixmap, (x, y, side, side), SEAL);
    let mark = Style::new(38.0, Weight::Bold, PAPER).leading(1.0).aligned(Alignment::Center);
    let mark = typesetter.block(&cleaner.line("印", 1), &mark, side);
    text(&mut pixmap, &mark, fonts, x, y + (side - mark.height()) / 2.0, PAPER);
    let host = Style::new(26.0, Weight::Regular, SOFT);
    let host = typesetter.clamped(&cleaner.line(card.host, NAME_CHARACTERS), &host, width - side - 20.0, 1);
    text(&mut pixmap, &host, fonts, x + side + 20.0, y + (side - host.height()) / 2.0, SOFT);
    encode(&pixmap)
}

fn colour(colour: Colour) -> Color {
    Color::from_rgba8(colour.red, colour.green, colour.blue, u8::MAX)
}

fn paint(of: Colour) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour(of));
    paint
}

fn rectangle(pixmap: &mut Pixmap, (x, y, width, height): (f32, f32, f32, f32), of: Colour) {
    if let Some(rect) = Rect::from_xywh(x, y, width, height) {
        pixmap.fill_rect(rect, &paint(of), Transform::identity(), None);
    }
}

fn text(pixmap: &mut Pixmap, block: &Block, fonts: &Fonts, x: f32, y: f32, of: Colour) {
    let mut pen = Pen::default();
    block.outline(fonts, x, y, &mut pen);
    if let Some(path) = pen.finish() {
        pixmap.fill_path(&path, &paint(of), FillRule::Winding, Transform::identity(), None);
    }
}

/// The badge, as large as its place allows, in the middle of it.
fn artwork(pixmap: &mut Pixmap, png: &[u8]) -> Result<(), LayoutError> {
    if png.len() > picture::MAX_PICTURE_BYTES {
        return Err(LayoutError::Picture("too many bytes"));
    }
    let (mut pixels, width, height) = picture::decode_pixels(png)?;
    for pixel in pixels.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        for part in &mut pixel[..3] {
            *part = u8::try_from((u32::from(*part) * alpha + 127) / 255).unwrap_or(u8::MAX);
        }
    }
    let size = IntSize::from_wh(width, height).ok_or(LayoutError::Picture("no pixels"))?;
    let badge = Pixmap::from_vec(pixels, size).ok_or(LayoutError::Picture("no pixels"))?;
    let (x, y, side) = ARTWORK;
    let (width, height) = (picture::pixels(width), picture::pixels(height));
    let scale = side / width.max(height);
    let (x, y) = (x + (side - width * scale) / 2.0, y + (side - height * scale) / 2.0);
    let transform = Transform::from_row(scale, 0.0, 0.0, scale, x, y);
    let paint = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
    pixmap.draw_pixmap(0, 0, badge.as_ref(), &paint, transform, None);
    Ok(())
}

/// Nothing on a card is transparent.
fn encode(pixmap: &Pixmap) -> Result<Vec<u8>, LayoutError> {
    let rgb: Vec<u8> = pixmap.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let mut file = Vec::new();
    let mut encoder = Encoder::new(Cursor::new(&mut file), pixmap.width(), pixmap.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    let written =
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&rgb).and_then(|()| writer.finish()));
    written.map_err(|error| LayoutError::Document(error.to_string()))?;
    Ok(file)
}

/// Takes outlines of glyphs, each at a place of its own; upwards there is downwards here.
#[derive(Default)]
pub(crate) struct Pen {
    path: PathBuilder,
    at: (f32, f32),
}

impl Pen {
    /// Where the next glyph's origin is.
    pub(crate) fn set_origin(&mut self, x: f32, y: f32) {
        self.at = (x, y);
    }

    fn finish(self) -> Option<Path> {
        self.path.finish()
    }
}

impl skrifa::outline::OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.at.0 + x, self.at.1 - y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.at.0 + x, self.at.1 - y);
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (left, top) = self.at;
        self.path.quad_to(left + cx, top - cy, left + x, top - y);
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let (left, top) = self.at;
        self.path.cubic_to(left + ax, top - ay, left + bx, top - by, left + x, top - y);
    }
    fn close(&mut self) {
        self.path.close();
    }
}
