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

/// Width and height of the PNG rendition, and what a normalised SVG asks for, in pixels.
pub const RENDITION_SIDE: u32 = 640;

/// Draws at [`RENDITION_SIDE`], without fonts: text is left out.
pub(crate) fn to_png(svg: &str) -> Result<Vec<u8>, ArtworkError> {
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
    let mut canvas = Pixmap::new(RENDITION_SIDE, RENDITION_SIDE).ok_or(ArtworkError::TooComplex)?;
    let size = tree.size();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let side = RENDITION_SIDE as f32;
    resvg::render(&tree, Transform::from_scale(side / size.width(), side / size.height()), &mut canvas.as_mut());
    let pixels = canvas
        .pixels()
        .iter()
        .flat_map(|pixel| {
            let alpha = pixel.alpha();
            [divided(pixel.red(), alpha), divided(pixel.green(), alpha), divided(pixel.blue(), alpha), alpha]
        })
        .collect();
    encode(RgbaImage::from_raw(RENDITION_SIDE, RENDITION_SIDE, pixels).ok_or(ArtworkError::TooComplex)?)
}
