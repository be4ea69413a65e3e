//! Draw a sanitised SVG to a PNG.
//!
//! Drawing is where a small file can become a lot of work, so the work is estimated first: every element costs one,
//! what needs a layer of its own costs more, a filter most, and what is used again costs again.

use std::collections::HashMap;

use image::RgbaImage;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree};
use roxmltree::{Document, Node, NodeId};

use crate::ArtworkError;
use crate::raster::{divided, encode};

/// Width and height of the PNG rendition, and what a normalised SVG asks for, in pixels.
pub const RENDITION_SIDE: u32 = 640;

/// The most that drawing may cost, counted in plain elements. About two seconds of one CPU at worst.
pub const MAX_RENDER_COST: u64 = 50_000;

/// A group with opacity, mask or clip: a canvas to clear and to blend.
const LAYER_COST: u64 = 50;

/// An element with a filter: several canvases.
const FILTER_COST: u64 = 500;

/// How deep children of references of children may go. Everything here and in the renderer that follows them recurses.
const MAX_REFERENCE_DEPTH: usize = 256;

/// Draws at [`RENDITION_SIDE`], without fonts: text is left out.
pub(crate) fn to_png(svg: &str) -> Result<Vec<u8>, ArtworkError> {
    let document = Document::parse(svg).map_err(|_| ArtworkError::TooComplex)?;
    if Costs::new(&document).of(document.root_element()) > MAX_RENDER_COST {
        return Err(ArtworkError::TooComplex);
    }
    let options = Options {
        // The sanitiser lets no image through; should one appear, nothing is opened.
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    let tree = Tree::from_xmltree(&document, &options).map_err(|_| ArtworkError::TooComplex)?;
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

/// What drawing costs, element by element. Sums saturate, so that no nesting of references can overflow them.
struct Costs<'a, 'input> {
    by_id: HashMap<&'a str, Node<'a, 'input>>,
    /// What a style sheet may add to any element.
    sheet: u64,
    /// `None` while an element is being summed: a reference back to it is a loop, which is not drawn.
    known: HashMap<NodeId, Option<u64>>,
    /// How deep the sum has gone, through children and references.
    depth: usize,
}

impl<'a, 'input> Costs<'a, 'input> {
    fn new(document: &'a Document<'input>) -> Self {
        let by_id = document.descendants().filter_map(|node| Some((node.attribute("id")?, node))).collect();
        let mut costs = Self { by_id, sheet: 0, known: HashMap::new(), depth: 0 };
        let sheets = document.descendants().filter(|node| node.has_tag_name((bake::svg::SVG_NAMESPACE, "style")));
        costs.sheet = sheets.filter_map(|node| node.text()).map(|css| costs.value("style", css)).max().unwrap_or(0);
        costs.known.clear();
        costs
    }

    fn of(&mut self, node: Node<'a, 'input>) -> u64 {
        if let Some(known) = self.known.get(&node.id()) {
            return known.unwrap_or(0);
        }
        if self.depth == MAX_REFERENCE_DEPTH {
            return u64::MAX;
        }
        self.depth += 1;
        self.known.insert(node.id(), None);
        let mut cost = if node.is_element() { 1_u64.saturating_add(self.sheet) } else { 0 };
        for attribute in node.attributes() {
            cost = cost.saturating_add(self.value(attribute.name(), attribute.value()));
        }
        for child in node.children() {
            cost = cost.saturating_add(self.of(child));
        }
        self.known.insert(node.id(), Some(cost));
        self.depth -= 1;
        cost
    }

    /// What an attribute or a style adds: layers, and whatever it refers to.
    fn value(&mut self, name: &str, value: &'a str) -> u64 {
        let mut cost = match name {
            "filter" => FILTER_COST,
            "style" if value.contains("filter") => FILTER_COST,
            "opacity" | "mask" | "clip-path" => LAYER_COST,
            "style"
                if ["opacity", "mask", "clip-path", "blend", "isolation"].iter().any(|word| value.contains(word)) =>
            {
                LAYER_COST
            }
            "style" | "href" | "fill" | "stroke" => 0,
            _ => return 0,
        };
        let ends = |c: char| matches!(c, ')' | '"' | '\'' | ';') || c.is_whitespace();
        for reference in value.split('#').skip(1) {
            let id = reference.split(ends).next().unwrap_or_default();
            if let Some(&target) = self.by_id.get(id) {
                cost = cost.saturating_add(self.of(target));
            }
        }
        cost
    }
}
