//! How many pixels drawing will touch.
//!
//! The unit is the canvas: painting every pixel of the rendition once, 2 to 4 ms. Shapes count by their bounding boxes,
//! groups that need a layer by the layer's, filters by their steps. An estimate from above, except that a shape is no
//! larger than its box.

use resvg::usvg::{ClipPath, Group, Mask, Node, Rect, Tree};

use crate::ArtworkError;

/// The most that may be painted, in canvases: about two seconds.
pub const MAX_CANVASES: f64 = 600.0;

/// Visiting a node at all, however small.
const NODE: f64 = 1e-3;

/// One line or curve of a path.
const SEGMENT: f64 = 5e-5;

/// Clearing a layer and blending it into the one below.
const LAYER_PASSES: f64 = 2.0;

/// One step of a filter: conversions and several passes over a whole canvas.
const FILTER_STEP: f64 = 30.0;

/// Refuses a drawing that takes more than [`MAX_CANVASES`].
pub(super) fn check(tree: &Tree) -> Result<(), ArtworkError> {
    let mut budget = Budget { left: MAX_CANVASES, side: f64::from(tree.size().width()) };
    budget.children(tree.root(), None)
}

struct Budget {
    left: f64,
    /// The canvas's side in user units.
    side: f64,
}

impl Budget {
    fn spend(&mut self, canvases: f64) -> Result<(), ArtworkError> {
        self.left -= canvases;
        if self.left < 0.0 { Err(ArtworkError::TooComplex) } else { Ok(()) }
    }

    /// `within` is the share of the canvas that everything inside a mask or clip can touch: that of whoever uses it.
    /// Boxes in there are in coordinates of their own.
    fn children(&mut self, group: &Group, within: Option<f64>) -> Result<(), ArtworkError> {
        for node in group.children() {
            self.spend(NODE)?;
            match node {
                Node::Path(path) => {
                    let area = within.unwrap_or_else(|| self.share(path.abs_stroke_bounding_box()));
                    let passes = f64::from(u8::from(path.fill().is_some()) + u8::from(path.stroke().is_some()));
                    #[expect(clippy::cast_precision_loss, reason = "a megabyte at most")]
                    let segments = path.data().len() as f64;
                    self.spend(passes * (area + segments * SEGMENT))?;
                }
                Node::Group(group) => self.group(group, within)?,
                // Neither is drawn: the sanitiser takes images out, and there are no fonts.
                Node::Image(_) | Node::Text(_) => {}
            }
        }
        Ok(())
    }

    fn group(&mut self, group: &Group, within: Option<f64>) -> Result<(), ArtworkError> {
        let area = within.unwrap_or_else(|| self.share(group.abs_layer_bounding_box().to_rect()));
        if group.should_isolate() {
            self.spend(LAYER_PASSES * area)?;
        }
        for filter in group.filters() {
            #[expect(clippy::cast_precision_loss, reason = "thousands at most")]
            let steps = filter.primitives().len() as f64;
            self.spend(FILTER_STEP * steps)?;
        }
        self.clip(group.clip_path(), area)?;
        self.mask(group.mask(), area)?;
        self.children(group, within)
    }

    fn clip(&mut self, mut clip: Option<&ClipPath>, area: f64) -> Result<(), ArtworkError> {
        while let Some(current) = clip {
            self.spend(NODE + LAYER_PASSES * area)?;
            self.children(current.root(), Some(area))?;
            clip = current.clip_path();
        }
        Ok(())
    }

    fn mask(&mut self, mut mask: Option<&Mask>, area: f64) -> Result<(), ArtworkError> {
        while let Some(current) = mask {
            self.spend(NODE + LAYER_PASSES * area)?;
            self.children(current.root(), Some(area))?;
            mask = current.mask();
        }
        Ok(())
    }

    /// The share of the canvas that a box covers.
    fn share(&self, bounds: Rect) -> f64 {
        let length = |from: f32, to: f32| (f64::from(to).min(self.side) - f64::from(from).max(0.0)).max(0.0);
        let (width, height) = (length(bounds.left(), bounds.right()), length(bounds.top(), bounds.bottom()));
        width * height / (self.side * self.side)
    }
}
