//! Draw a sanitised SVG to a PNG.
//!
//! Drawing is where a small file can become a lot of work, so the work is estimated before it is done, in two steps:
//! [`expansion`] on the document, because what is used again is parsed again, and [`paint`] on the parsed tree, because
//! only there it is known how large things are.

mod expansion;
mod paint;

use image::RgbaImage;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree};
use roxmltree::Document;

use crate::ArtworkError;
use crate::raster::{divided, encode};

pub use expansion::MAX_EXPANDED_ELEMENTS;
pub use paint::MAX_CANVASES;

/// The longer side of the PNG rendition, and of what a normalised SVG asks for, in pixels.
pub const RENDITION_SIDE: u32 = 640;

/// Draws at [`RENDITION_SIDE`], without fonts: text is left out. The PNG, its width and its height.
pub(crate) fn to_png(svg: &str) -> Result<(Vec<u8>, (u32, u32)), ArtworkError> {
    let document = Document::parse(svg).map_err(|_| ArtworkError::TooComplex)?;
    expansion::check(&document)?;
    let options = Options {
        // The sanitiser lets no image through; should one appear, nothing is opened.
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    let tree = Tree::from_xmltree(&document, &options).map_err(|_| ArtworkError::TooComplex)?;
    paint::check(&tree)?;
    let size = tree.size();
    let longest = size.width().max(size.height());
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let side = RENDITION_SIDE as f32;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range")]
    let pixels = |length: f32| ((side * (length / longest)).round().clamp(1.0, side)) as u32;
    let (width, height) = (pixels(size.width()), pixels(size.height()));
    let mut canvas = Pixmap::new(width, height).ok_or(ArtworkError::TooComplex)?;
    let scale = side / longest;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut canvas.as_mut());
    let pixels = canvas
        .pixels()
        .iter()
        .flat_map(|pixel| {
            let alpha = pixel.alpha();
            [divided(pixel.red(), alpha), divided(pixel.green(), alpha), divided(pixel.blue(), alpha), alpha]
        })
        .collect();
    let picture = RgbaImage::from_raw(width, height, pixels).ok_or(ArtworkError::TooComplex)?;
    Ok((encode(picture)?, (width, height)))
}
