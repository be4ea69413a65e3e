//! Pictures: decoded once under limits, and kept for the next page.

use std::io::Cursor;
use std::sync::Arc;

use krilla::image::Image;
use png::{ColorType, Decoder, Limits, Transformations};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use crate::LayoutError;
use crate::vector;

/// The largest picture, in bytes: 4 MiB.
pub const MAX_PICTURE_BYTES: usize = 4 << 20;

/// The longest side of a PNG, in pixels.
pub const MAX_PICTURE_SIDE: u32 = 2048;

/// The longest side of a picture in the document: 300 dots per inch at its size on the page. More is averaged away.
const KEPT_SIDE: u32 = 800;

/// How large an SVG is drawn when its paths cannot be taken over.
const DRAWN_SIDE: f32 = 640.0;

/// How many pictures are kept: issuing happens badge by badge, and a badge has a logo.
const KEPT: usize = 8;

/// A picture as it comes. It is one that was sanitised before: the limits here are a second look, not the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture<'a> {
    /// A PNG file.
    Png(&'a [u8]),
    /// An SVG document. Its paths are drawn as paths; if it has filters, masks, patterns or blending, it is drawn to pixels.
    /// Text and bitmaps in it are left out. References multiply what a document costs, so it must have been through
    /// the sanitiser of uploads.
    Svg(&'a str),
}

/// A picture that can be drawn.
pub(crate) enum Drawable {
    Pixels(Image),
    Paths(Box<Tree>),
}

impl Drawable {
    /// Width and height, of which only the proportion means something.
    pub(crate) fn size(&self) -> (f32, f32) {
        match self {
            Self::Pixels(image) => (pixels(image.size().0), pixels(image.size().1)),
            Self::Paths(tree) => (tree.size().width(), tree.size().height()),
        }
    }
}

/// The pictures of the last pages, found again by their bytes: comparing them costs less than a hash.
#[derive(Default)]
pub(crate) struct Cache {
    /// The one used last at the end.
    kept: Vec<(Vec<u8>, bool, Arc<Drawable>)>,
}

impl Cache {
    pub(crate) fn read(&mut self, picture: &Picture<'_>) -> Result<Arc<Drawable>, LayoutError> {
        let (bytes, svg) = match picture {
            Picture::Png(bytes) => (*bytes, false),
            Picture::Svg(text) => (text.as_bytes(), true),
        };
        if let Some(found) = self.kept.iter().position(|(kept, kind, _)| *kind == svg && kept == bytes) {
            self.kept[found..].rotate_left(1);
        } else {
            if bytes.len() > MAX_PICTURE_BYTES {
                return Err(LayoutError::Picture("too many bytes"));
            }
            let drawable = match picture {
                Picture::Png(bytes) => Drawable::Pixels(decode(bytes)?),
                Picture::Svg(text) => parse(text)?,
            };
            if self.kept.len() == KEPT {
                self.kept.remove(0);
            }
            self.kept.push((bytes.to_vec(), svg, Arc::new(drawable)));
        }
        self.kept.last().map(|(_, _, drawable)| Arc::clone(drawable)).ok_or(LayoutError::Picture("lost"))
    }
}

fn decode(bytes: &[u8]) -> Result<Image, LayoutError> {
    let (rgba, width, height) = decode_pixels(bytes)?;
    Ok(Image::from_rgba8(rgba, width, height))
}

/// The pixels of a PNG with their opacity beside them, its width and its height; no side longer than [`KEPT_SIDE`].
pub(crate) fn decode_pixels(bytes: &[u8]) -> Result<(Vec<u8>, u32, u32), LayoutError> {
    const DAMAGED: LayoutError = LayoutError::Picture("a damaged PNG");
    let limit = usize::try_from(MAX_PICTURE_SIDE).unwrap_or(usize::MAX).pow(2) * 8;
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: limit });
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|_| DAMAGED)?;
    let (width, height) = reader.info().size();
    if width > MAX_PICTURE_SIDE || height > MAX_PICTURE_SIDE {
        return Err(LayoutError::Picture("too many pixels"));
    }
    let mut pixels = vec![0; reader.output_buffer_size().ok_or(DAMAGED)?];
    let frame = reader.next_frame(&mut pixels).map_err(|_| DAMAGED)?;
    pixels.truncate(frame.buffer_size());
    let rgba = match frame.color_type {
        ColorType::Rgba => pixels,
        ColorType::GrayscaleAlpha => {
            pixels.chunks_exact(2).flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]).collect()
        }
        _ => return Err(DAMAGED),
    };
    Ok(reduced(rgba, width, height))
}

/// Averages squares of pixels until no side is longer than [`KEPT_SIDE`].
fn reduced(rgba: Vec<u8>, width: u32, height: u32) -> (Vec<u8>, u32, u32) {
    let step = width.max(height).div_ceil(KEPT_SIDE);
    if step <= 1 {
        return (rgba, width, height);
    }
    let (columns, rows) = ((width / step).max(1), (height / step).max(1));
    let mut reduced = Vec::with_capacity(index(columns * rows) * 4);
    for row in 0..rows {
        for column in 0..columns {
            let (mut sum, mut alpha, mut count) = ([0_u32; 3], 0_u32, 0_u32);
            for y in row * step..((row + 1) * step).min(height) {
                for x in column * step..((column + 1) * step).min(width) {
                    let at = index(y * width + x) * 4;
                    let Some(&[red, green, blue, cover]) = rgba.get(at..at + 4) else { continue };
                    let cover = u32::from(cover);
                    sum[0] += u32::from(red) * cover;
                    sum[1] += u32::from(green) * cover;
                    sum[2] += u32::from(blue) * cover;
                    alpha += cover;
                    count += 1;
                }
            }
            let part = |value: u32, of: u32| u8::try_from(value.checked_div(of).unwrap_or(0)).unwrap_or(u8::MAX);
            reduced.extend([part(sum[0], alpha), part(sum[1], alpha), part(sum[2], alpha), part(alpha, count)]);
        }
    }
    (reduced, columns, rows)
}

fn parse(svg: &str) -> Result<Drawable, LayoutError> {
    const DAMAGED: LayoutError = LayoutError::Picture("a damaged SVG");
    let options = Options {
        // Nothing is opened that a document names.
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|_| DAMAGED)?;
    if vector::is_plain(&tree) {
        return Ok(Drawable::Paths(Box::new(tree)));
    }
    let (width, height) = (tree.size().width(), tree.size().height());
    let scale = DRAWN_SIDE / width.max(height);
    let (width, height) = (whole(width * scale), whole(height * scale));
    let mut pixmap = Pixmap::new(width, height).ok_or(DAMAGED)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    Ok(Drawable::Pixels(Image::from_rgba8(pixmap.take_demultiplied(), width, height)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range")]
fn whole(length: f32) -> u32 {
    length.round().clamp(1.0, DRAWN_SIDE) as u32
}

pub(crate) fn pixels(length: u32) -> f32 {
    f32::from(u16::try_from(length).unwrap_or(u16::MAX))
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
