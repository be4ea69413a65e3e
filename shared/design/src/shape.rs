//! The outlines of plates: each reaches out to a distance from the middle.

use crate::model::{Shape, Symbol};
use crate::path::{Outline, Point, Segment, around, at, polar};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Upwards.
const UP: f64 = -FRAC_PI_2;

/// The outline of a shape that reaches out to `radius` from the origin.
pub(crate) fn outline(shape: Shape, radius: f64) -> Outline {
    let r = radius;
    match shape {
        Shape::Circle => Outline::circle(at(0.0, 0.0), r),
        Shape::RoundedSquare => Outline::rounded(&rectangle(r * 0.93, r * 0.93), r * 0.36),
        Shape::Squircle => scaled(&squircle(), r * 0.98),
        Shape::Diamond => Outline::rounded(&around(4, UP, |_| r * 1.04), r * 0.26),
        // Moved so that the middle of its height is where the middle of its circle was.
        Shape::Pentagon => moved(&Outline::rounded(&around(5, UP, |_| r * 1.06), r * 0.16), r * 0.07),
        Shape::Hexagon => Outline::rounded(&around(6, UP, |_| r * 1.02), r * 0.14),
        Shape::Octagon => Outline::rounded(&around(8, UP + PI / 8.0, |_| r * 1.02), r * 0.08),
        Shape::Shield => scaled(&shield(), r),
        Shape::Crest => scaled(&crest(), r),
        Shape::Star => {
            let points = around(10, UP, |n| if n % 2 == 0 { r * 1.06 } else { r * 0.68 });
            moved(&Outline::rounded(&points, r * 0.12), r * 0.06)
        }
        Shape::Rosette => Outline::rounded(&around(48, UP, |n| if n % 2 == 0 { r } else { r * 0.9 }), r * 0.03),
        Shape::Seal => scalloped(24, r, 0.945),
        Shape::Flower => scalloped(8, r, 0.86),
        Shape::Gear => gear(r),
        Shape::Plaque => plaque(r * 0.95, r * 0.24),
        Shape::Heart => scaled(&heart(), r),
    }
}

/// The outline of a mark, so large, around a point.
pub(crate) fn symbol(symbol: Symbol, middle: Point, size: f64) -> Outline {
    let r = size / 2.0;
    let outline = match symbol {
        Symbol::Star => Outline::rounded(&around(10, UP, |n| if n % 2 == 0 { r } else { r * 0.45 }), r * 0.06),
        Symbol::Dot => Outline::circle(at(0.0, 0.0), r * 0.8),
        Symbol::Diamond => Outline::rounded(&around(4, UP, |n| if n % 2 == 0 { r } else { r * 0.72 }), r * 0.06),
        Symbol::Bar => Outline::rounded(&rectangle(r * 0.32, r), r * 0.3),
    };
    outline.map(|p| at(p.x + middle.x, p.y + middle.y))
}

/// Half so wide, half so high.
pub(crate) fn rectangle(x: f64, y: f64) -> [Point; 4] {
    [at(-x, -y), at(x, -y), at(x, y), at(-x, y)]
}

fn scaled(outline: &Outline, factor: f64) -> Outline {
    outline.map(|p| at(p.x * factor, p.y * factor))
}

fn moved(outline: &Outline, down: f64) -> Outline {
    outline.map(|p| at(p.x, p.y + down))
}

/// Bumps around a circle whose valleys are at `valley` of the radius.
fn scalloped(bumps: u32, radius: f64, valley: f64) -> Outline {
    let step = TAU / f64::from(bumps);
    let first = UP - step / 2.0;
    let low = radius * valley;
    // Two handles make a rounder bump than one; so far out that the middle of the curve is at the radius.
    let aside = 0.36;
    let handle = (8.0 * radius - 2.0 * low * (step / 2.0).cos()) / (6.0 * (step * aside).cos());
    let mut outline = Outline(vec![Segment::Move(polar(first, low))]);
    for bump in 0..bumps {
        let angle = first + step * f64::from(bump);
        let (one, two) = (polar(angle + step * (0.5 - aside), handle), polar(angle + step * (0.5 + aside), handle));
        outline.0.push(Segment::Cubic(one, two, polar(angle + step, low)));
    }
    outline.0.push(Segment::Close);
    outline
}

fn gear(r: f64) -> Outline {
    let teeth = 14;
    let step = TAU / f64::from(teeth);
    let mut points = Vec::new();
    for tooth in 0..teeth {
        let middle = UP + step * f64::from(tooth);
        for (angle, distance) in [(-0.33, 0.87), (-0.22, 1.0), (0.22, 1.0), (0.33, 0.87)] {
            points.push(polar(middle + step * angle, r * distance));
        }
    }
    Outline::rounded(&points, r * 0.025)
}

/// A square whose corners are cut out round.
fn plaque(half: f64, cut: f64) -> Outline {
    let mut outline = Outline(vec![Segment::Move(at(-half + cut, -half))]);
    let corners = [
        (at(half, -half), at(half - cut, -half), PI),
        (at(half, half), at(half, half - cut), -FRAC_PI_2),
        (at(-half, half), at(-half + cut, half), 0.0),
        (at(-half, -half), at(-half, -half + cut), FRAC_PI_2),
    ];
    for (corner, begin, from) in corners {
        outline.0.push(Segment::Line(begin));
        outline.arc(corner, cut, (from, from - FRAC_PI_2));
    }
    outline.0.push(Segment::Close);
    outline
}

fn squircle() -> Outline {
    let k = 0.86;
    Outline(vec![
        Segment::Move(at(0.0, -1.0)),
        Segment::Cubic(at(k, -1.0), at(1.0, -k), at(1.0, 0.0)),
        Segment::Cubic(at(1.0, k), at(k, 1.0), at(0.0, 1.0)),
        Segment::Cubic(at(-k, 1.0), at(-1.0, k), at(-1.0, 0.0)),
        Segment::Cubic(at(-1.0, -k), at(-k, -1.0), at(0.0, -1.0)),
        Segment::Close,
    ])
}

fn shield() -> Outline {
    Outline(vec![
        Segment::Move(at(0.0, -1.0)),
        Segment::Cubic(at(0.28, -0.84), at(0.56, -0.77), at(0.86, -0.76)),
        Segment::Cubic(at(0.9, 0.1), at(0.66, 0.68), at(0.0, 1.0)),
        Segment::Cubic(at(-0.66, 0.68), at(-0.9, 0.1), at(-0.86, -0.76)),
        Segment::Cubic(at(-0.56, -0.77), at(-0.28, -0.84), at(0.0, -1.0)),
        Segment::Close,
    ])
}

fn crest() -> Outline {
    Outline(vec![
        Segment::Move(at(-0.8, -0.95)),
        Segment::Line(at(0.8, -0.95)),
        Segment::Quad(at(0.88, -0.95), at(0.88, -0.87)),
        Segment::Line(at(0.88, 0.0)),
        Segment::Cubic(at(0.88, 0.5), at(0.5, 0.8), at(0.0, 1.0)),
        Segment::Cubic(at(-0.5, 0.8), at(-0.88, 0.5), at(-0.88, 0.0)),
        Segment::Line(at(-0.88, -0.87)),
        Segment::Quad(at(-0.88, -0.95), at(-0.8, -0.95)),
        Segment::Close,
    ])
}

fn heart() -> Outline {
    Outline(vec![
        Segment::Move(at(0.0, 0.95)),
        Segment::Cubic(at(-0.5, 0.6), at(-1.0, 0.2), at(-1.0, -0.32)),
        Segment::Cubic(at(-1.0, -0.68), at(-0.74, -0.9), at(-0.47, -0.9)),
        Segment::Cubic(at(-0.26, -0.9), at(-0.09, -0.79), at(0.0, -0.62)),
        Segment::Cubic(at(0.09, -0.79), at(0.26, -0.9), at(0.47, -0.9)),
        Segment::Cubic(at(0.74, -0.9), at(1.0, -0.68), at(1.0, -0.32)),
        Segment::Cubic(at(1.0, 0.2), at(0.5, 0.6), at(0.0, 0.95)),
        Segment::Close,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::Choice as _;

    #[test]
    fn every_shape_fills_its_square_and_stays_within() {
        for shape in Shape::ALL {
            let outline = outline(*shape, 100.0);
            let (mut widest, mut highest) = (0.0_f64, 0.0_f64);
            outline.walk(|_, p| {
                widest = widest.max(p.x.abs());
                highest = highest.max(p.y.abs());
            });
            assert!((92.0..=101.5).contains(&widest.max(highest)), "{shape:?} {widest} {highest}");
            assert!(outline.length() > 400.0, "{shape:?}");
        }
    }
}
