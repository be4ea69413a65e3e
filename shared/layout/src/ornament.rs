//! What is only there to be looked at: drawn as artifacts, of few bytes, because shapes are repeated and lines dashed.

use krilla::geom::{Path, PathBuilder, Rect, Transform};
use krilla::paint::{Fill, FillRule, LineCap, Stroke, StrokeDash};
use krilla::surface::Surface;
use skrifa::outline::OutlinePen;

use crate::colour::Colour;
use crate::fonts::{self, Fonts};

/// How many ellipses cross in a rosette.
const PETALS: u8 = 28;

/// How far the control points of a quarter of an ellipse are from its ends.
const KAPPA: f32 = 0.552_284_8;

/// What the mark says: a seal.
const SEAL: char = '印';

/// A line without dashes.
pub(crate) fn line(colour: Colour, width: f32) -> Stroke {
    Stroke { paint: colour.paint().into(), width, ..Stroke::default() }
}

/// The guilloche of banknotes: ellipses around a middle that they leave free, within a reeded ring. `inner` and `outer` are
/// the radii between which it lies.
pub(crate) fn rosette(surface: &mut Surface<'_>, (x, y): (f32, f32), inner: f32, outer: f32, colour: Colour) {
    surface.set_fill(None);
    surface.push_transform(&Transform::from_translate(x, y));
    // Two sheaves of different width: between their crossings lies a braid.
    let middle = f32::midpoint(inner, outer);
    for (radius, across) in [(outer, inner), (middle, inner + (outer - inner) * 0.22)] {
        let Some(path) = ellipse(radius, across) else { continue };
        surface.set_stroke(Some(line(colour, 0.3)));
        for petal in 0..PETALS {
            let angle = std::f32::consts::PI / f32::from(PETALS) * f32::from(petal);
            let (sin, cos) = angle.sin_cos();
            surface.push_transform(&Transform::from_row(cos, sin, -sin, cos, 0.0, 0.0));
            surface.draw_path(&path);
            surface.pop();
        }
    }
    surface.pop();
    surface.set_stroke(None);
}

/// A ring like the edge of a coin, around a hairline.
pub(crate) fn reeded_ring(surface: &mut Surface<'_>, (x, y): (f32, f32), radius: f32, colour: Colour) {
    surface.set_fill(None);
    surface.push_transform(&Transform::from_translate(x, y));
    // As many dashes as close the ring.
    let around = std::f32::consts::TAU * (radius + 3.0);
    let step = around / (around / 2.2).round();
    let dash = Some(StrokeDash { array: vec![step * 0.4, step * 0.6], offset: 0.0 });
    for (radius, stroke) in
        [(radius, line(colour, 0.5)), (radius + 3.0, Stroke { dash, line_cap: LineCap::Butt, ..line(colour, 3.0) })]
    {
        if let Some(path) = ellipse(radius, radius) {
            surface.set_stroke(Some(stroke));
            surface.draw_path(&path);
        }
    }
    surface.pop();
    surface.set_stroke(None);
}

/// A square mark with the sign for a seal cut out of it, as stamped. Nothing if the fonts lack the sign.
pub(crate) fn seal(surface: &mut Surface<'_>, fonts: &Fonts, (x, y): (f32, f32), side: f32, colour: Colour) {
    let size = side * 0.78;
    let mut pen = Pen(PathBuilder::new());
    // The sign fills its square from a little beneath the base line.
    let shift = (side - size) / 2.0;
    if !fonts::outline(fonts, SEAL, &mut pen, size) {
        return;
    }
    let Some(sign) = pen.0.finish() else { return };
    let Some(sign) = sign.transform(Transform::from_row(1.0, 0.0, 0.0, -1.0, shift, shift + size * 0.88)) else {
        return;
    };
    let Some(square) = rounded(side, side * 0.09) else { return };
    let Some(edge) = rounded(side - side * 0.09, side * 0.06) else { return };
    let fill = |colour: Colour| Some(Fill { paint: colour.paint().into(), rule: FillRule::NonZero, ..Fill::default() });
    surface.set_stroke(None);
    surface.push_transform(&Transform::from_translate(x, y));
    surface.set_fill(fill(colour));
    surface.draw_path(&square);
    surface.set_fill(None);
    surface.set_stroke(Some(line(Colour::new(255, 255, 255), side * 0.014)));
    surface.push_transform(&Transform::from_translate(side * 0.045, side * 0.045));
    surface.draw_path(&edge);
    surface.pop();
    surface.set_stroke(None);
    surface.set_fill(fill(Colour::new(255, 255, 255)));
    surface.draw_path(&sign);
    surface.pop();
}

/// An ellipse around the origin, in numbers that are short in the file.
fn ellipse(along: f32, across: f32) -> Option<Path> {
    let short = |length: f32| (length * 10.0).round() / 10.0;
    let (a, b) = (short(along * KAPPA), short(across * KAPPA));
    let (along, across) = (short(along), short(across));
    let mut path = PathBuilder::new();
    path.move_to(along, 0.0);
    path.cubic_to(along, b, a, across, 0.0, across);
    path.cubic_to(-a, across, -along, b, -along, 0.0);
    path.cubic_to(-along, -b, -a, -across, 0.0, -across);
    path.cubic_to(a, -across, along, -b, along, 0.0);
    path.close();
    path.finish()
}

/// A square with round corners, from the origin.
fn rounded(side: f32, radius: f32) -> Option<Path> {
    let (far, near) = (side - radius, radius * (1.0 - KAPPA));
    let mut path = PathBuilder::new();
    path.move_to(radius, 0.0);
    path.line_to(far, 0.0);
    path.cubic_to(side - near, 0.0, side, near, side, radius);
    path.line_to(side, far);
    path.cubic_to(side, side - near, side - near, side, far, side);
    path.line_to(radius, side);
    path.cubic_to(near, side, 0.0, side - near, 0.0, far);
    path.line_to(0.0, radius);
    path.cubic_to(0.0, near, near, 0.0, radius, 0.0);
    path.close();
    path.finish()
}

/// The rectangle as a path.
pub(crate) fn rectangle(rect: Rect) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    path.finish()
}

/// Takes over a glyph's outline.
struct Pen(PathBuilder);

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.0.quad_to(cx0, cy0, x, y);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.0.cubic_to(cx0, cy0, cx1, cy1, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
