//! A badge's artwork, composed: a plate, its edge, a ring, icons, texts, a banner and marks of a level.
//!
//! * [`Design`] is what staff compose and what is kept; it comes in by [`Design::read`] alone, which names every field that cannot be taken;
//! * [`render`] draws it: one self-contained SVG of 600 × 600 with texts as outlines, in the very form in which `artwork::normalise` leaves
//!   an SVG, so that what was previewed is what is published and baked;
//! * [`icons`] and [`templates`] are what to begin with;
//! * [`editor`] is the form for it, which works without scripts, and reads back what a browser posts.

mod choice;
pub mod editor;
mod fonts;
pub mod icons;
mod model;
mod path;
mod read;
mod render;
mod shape;
pub mod templates;
mod text;

pub use choice::Choice;
pub use fonts::{FONTS, Fonts, FontsError};
pub use model::*;
pub use render::{Svg, render};
