//! Outlines, and how they are written: with relative commands in hundredths of a unit, which is short and never drifts.

use std::f64::consts::{PI, TAU};

/// A point, or a way from one to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

pub(crate) const fn at(x: f64, y: f64) -> Point {
    Point { x, y }
}

/// The point at an angle (radians, 0 to the right, growing clockwise on screen) and a distance from the origin.
pub(crate) fn polar(angle: f64, distance: f64) -> Point {
    at(angle.cos() * distance, angle.sin() * distance)
}

/// One command of an outline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Segment {
    Move(Point),
    Line(Point),
    Quad(Point, Point),
    Cubic(Point, Point, Point),
    Close,
}

/// Lines and curves.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Outline(pub(crate) Vec<Segment>);

/// How long the handles of a quarter circle's curve are.
const QUARTER: f64 = 0.552_284_75;

/// Into how many pieces a curve is cut to measure it.
const PIECES: u32 = 16;

impl Outline {
    pub(crate) fn circle(middle: Point, radius: f64) -> Self {
        let p = |x: f64, y: f64| at(middle.x + x * radius, middle.y + y * radius);
        let k = QUARTER;
        Self(vec![
            Segment::Move(p(0.0, -1.0)),
            Segment::Cubic(p(k, -1.0), p(1.0, -k), p(1.0, 0.0)),
            Segment::Cubic(p(1.0, k), p(k, 1.0), p(0.0, 1.0)),
            Segment::Cubic(p(-k, 1.0), p(-1.0, k), p(-1.0, 0.0)),
            Segment::Cubic(p(-1.0, -k), p(-k, -1.0), p(0.0, -1.0)),
            Segment::Close,
        ])
    }

    pub(crate) fn polygon(points: &[Point]) -> Self {
        Self::rounded(points, 0.0)
    }

    /// A polygon with corners cut off by curves that begin so far from them, or in the middle of a side that is shorter.
    pub(crate) fn rounded(points: &[Point], cut: f64) -> Self {
        let mut outline = Self::default();
        for (index, corner) in points.iter().enumerate() {
            let before = points[(index + points.len() - 1) % points.len()];
            let after = points[(index + 1) % points.len()];
            let begin = if index == 0 { Segment::Move } else { Segment::Line };
            if cut > 0.0 {
                outline.0.push(begin(towards(*corner, before, cut)));
                outline.0.push(Segment::Quad(*corner, towards(*corner, after, cut)));
            } else {
                outline.0.push(begin(*corner));
            }
        }
        outline.0.push(Segment::Close);
        outline
    }

    /// Part of a ring around a point, between two angles (radians, clockwise from the first) and two distances.
    pub(crate) fn band(middle: Point, (from, to): (f64, f64), (inner, outer): (f64, f64)) -> Self {
        let mut outline = Self::default();
        let place = |angle, distance| {
            let p = polar(angle, distance);
            at(middle.x + p.x, middle.y + p.y)
        };
        outline.0.push(Segment::Move(place(from, outer)));
        outline.arc(middle, outer, (from, to));
        outline.0.push(Segment::Line(place(to, inner)));
        outline.arc(middle, inner, (to, from));
        outline.0.push(Segment::Close);
        outline
    }

    /// An arc from where the pen is.
    pub(crate) fn arc(&mut self, middle: Point, radius: f64, (from, to): (f64, f64)) {
        let pieces = ((to - from).abs() / (PI / 4.0)).ceil().max(1.0);
        let step = (to - from) / pieces;
        let handle = 4.0 / 3.0 * (step / 4.0).tan() * radius;
        let mut angle = from;
        let mut left = pieces;
        while left > 0.5 {
            let next = angle + step;
            let (start, end) = (polar(angle, radius), polar(next, radius));
            let (leave, arrive) = (polar(angle + PI / 2.0, handle), polar(next + PI / 2.0, handle));
            self.0.push(Segment::Cubic(
                at(middle.x + start.x + leave.x, middle.y + start.y + leave.y),
                at(middle.x + end.x - arrive.x, middle.y + end.y - arrive.y),
                at(middle.x + end.x, middle.y + end.y),
            ));
            angle = next;
            left -= 1.0;
        }
    }

    /// The outline with every point changed.
    pub(crate) fn map(&self, change: impl Fn(Point) -> Point) -> Self {
        let one = |segment: &Segment| match *segment {
            Segment::Move(p) => Segment::Move(change(p)),
            Segment::Line(p) => Segment::Line(change(p)),
            Segment::Quad(a, p) => Segment::Quad(change(a), change(p)),
            Segment::Cubic(a, b, p) => Segment::Cubic(change(a), change(b), change(p)),
            Segment::Close => Segment::Close,
        };
        Self(self.0.iter().map(one).collect())
    }

    /// How long it is.
    pub(crate) fn length(&self) -> f64 {
        let mut length = 0.0;
        self.walk(|from, to| length += (to.x - from.x).hypot(to.y - from.y));
        length
    }

    /// Goes along it in short straight steps.
    pub(crate) fn walk(&self, mut step: impl FnMut(Point, Point)) {
        let (mut pen, mut start) = (at(0.0, 0.0), at(0.0, 0.0));
        let mut walk = |pen: &mut Point, to: Point| {
            step(*pen, to);
            *pen = to;
        };
        for segment in &self.0 {
            match *segment {
                Segment::Move(p) => {
                    pen = p;
                    start = p;
                }
                Segment::Line(p) => walk(&mut pen, p),
                Segment::Quad(a, p) => {
                    let from = pen;
                    for piece in 1..=PIECES {
                        let t = f64::from(piece) / f64::from(PIECES);
                        walk(&mut pen, mix(mix(from, a, t), mix(a, p, t), t));
                    }
                }
                Segment::Cubic(a, b, p) => {
                    let from = pen;
                    for piece in 1..=PIECES {
                        let t = f64::from(piece) / f64::from(PIECES);
                        let (one, two, three) = (mix(from, a, t), mix(a, b, t), mix(b, p, t));
                        walk(&mut pen, mix(mix(one, two, t), mix(two, three, t), t));
                    }
                }
                Segment::Close => walk(&mut pen, start),
            }
        }
    }
}

fn mix(from: Point, to: Point, t: f64) -> Point {
    at(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t)
}

/// The point so far from one towards another, but no farther than half way.
fn towards(from: Point, to: Point, distance: f64) -> Point {
    let whole = (to.x - from.x).hypot(to.y - from.y);
    if whole == 0.0 { from } else { mix(from, to, (distance / whole).min(0.5)) }
}

/// So many points around the origin, the first at an angle.
pub(crate) fn around(count: u32, first: f64, distance: impl Fn(u32) -> f64) -> Vec<Point> {
    (0..count).map(|n| polar(first + TAU * f64::from(n) / f64::from(count), distance(n))).collect()
}

/// Writes path data.
#[derive(Debug, Default)]
pub(crate) struct PathData {
    out: String,
    /// Where the pen is and where the present part began, in hundredths.
    pen: (i64, i64),
    start: (i64, i64),
}

impl PathData {
    pub(crate) fn of(outline: &Outline) -> String {
        let mut data = Self::default();
        data.add(outline);
        data.out
    }

    pub(crate) fn into_string(self) -> String {
        self.out
    }

    pub(crate) fn add(&mut self, outline: &Outline) {
        for segment in &outline.0 {
            match *segment {
                Segment::Move(p) => {
                    self.command('m', &[p]);
                    self.start = self.pen;
                }
                Segment::Line(p) => self.command('l', &[p]),
                Segment::Quad(a, p) => self.command('q', &[a, p]),
                Segment::Cubic(a, b, p) => self.command('c', &[a, b, p]),
                Segment::Close => {
                    self.out.push('z');
                    self.pen = self.start;
                }
            }
        }
    }

    fn command(&mut self, letter: char, points: &[Point]) {
        let points: Vec<(i64, i64)> = points.iter().map(|p| (hundredths(p.x), hundredths(p.y))).collect();
        if letter == 'l' && points.iter().all(|p| *p == self.pen) {
            return;
        }
        self.out.push(letter);
        let from = self.pen;
        for (index, (x, y)) in points.into_iter().enumerate() {
            for (place, difference) in [(2 * index, x - from.0), (2 * index + 1, y - from.1)] {
                if place > 0 && difference >= 0 {
                    self.out.push(' ');
                }
                write_hundredths(&mut self.out, difference);
            }
            self.pen = (x, y);
        }
    }
}

/// A number with at most two places behind the point.
pub(crate) fn number(value: f64) -> String {
    let mut out = String::new();
    write_hundredths(&mut out, hundredths(value));
    out
}

/// Nothing here comes near the ends of the range; what is no number becomes 0.
#[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end")]
fn hundredths(value: f64) -> i64 {
    (value * 100.0).round() as i64
}

fn write_hundredths(out: &mut String, hundredths: i64) {
    if hundredths < 0 {
        out.push('-');
    }
    let (whole, part) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    out.push_str(&whole.to_string());
    if part > 0 {
        out.push('.');
        out.push_str(format!("{part:02}").trim_end_matches('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_rounded() {
        let written = [0.0, -0.001, 1.0, -1.5, 0.05, 12.345, -0.25, f64::NAN].map(number);
        assert_eq!(written, ["0", "0", "1", "-1.5", "0.05", "12.35", "-0.25", "0"]);
    }

    #[test]
    fn relative_commands_lead_back_to_where_they_began() {
        let outline = Outline::polygon(&[at(1.004, 1.0), at(2.004, 1.0), at(2.004, 3.5)]);
        assert_eq!(PathData::of(&outline), "m1 1l1 0l0 2.5z");
        let mut twice = PathData::default();
        twice.add(&outline);
        twice.add(&outline);
        assert_eq!(twice.into_string(), "m1 1l1 0l0 2.5zm0 0l1 0l0 2.5z");
    }

    #[test]
    fn lengths_are_measured() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 0.5, "{a} {b}");
        near(Outline::circle(at(5.0, 5.0), 100.0).length(), TAU * 100.0);
        near(Outline::polygon(&[at(0.0, 0.0), at(30.0, 0.0), at(30.0, 40.0)]).length(), 120.0);
        near(Outline::band(at(0.0, 0.0), (0.0, PI), (90.0, 100.0)).length(), PI * 190.0 + 20.0);
    }
}
