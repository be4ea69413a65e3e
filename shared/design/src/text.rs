//! Texts as outlines, on a straight line or around the middle.

use crate::fonts::{Fonts, Scratch};
use crate::model::{Face, TextPath};
use crate::path::{Outline, PathData, Point, Segment, at, polar};
use parley::{FontFamily, LayoutContext, PositionedLayoutItem, StyleProperty};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use std::borrow::Cow;
use std::f64::consts::FRAC_PI_2;
use std::sync::PoisonError;

/// Texts are shaped at this size, then scaled.
const SHAPED: f32 = 100.0;

/// From the base line up to the middle of capitals and ideographs, as part of the size.
const MIDDLE: f64 = 0.365;

/// Where and how a text is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) face: Face,
    /// The size unless the text is longer than `width` then.
    pub(crate) size: f64,
    /// Space between letters, as part of the size.
    pub(crate) spacing: f64,
    pub(crate) width: f64,
    pub(crate) course: Course,
}

/// What the middles of letters stand on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Course {
    /// A line whose middle is here.
    Straight(Point),
    /// The upper part of a circle: middle and radius.
    Above(Point, f64),
    /// The lower part of a circle.
    Below(Point, f64),
}

impl Course {
    pub(crate) fn new(path: TextPath, middle: Point, radius: f64) -> Self {
        match path {
            TextPath::Straight => Self::Straight(middle),
            TextPath::ArcTop => Self::Above(at(0.0, 0.0), radius),
            TextPath::ArcBottom => Self::Below(at(0.0, 0.0), radius),
        }
    }

    /// A place so far along from the middle of the course, and how it is turned (radians).
    pub(crate) fn place(self, along: f64) -> (Point, f64) {
        match self {
            Self::Straight(middle) => (at(middle.x + along, middle.y), 0.0),
            Self::Above(middle, radius) => {
                let turn = along / radius;
                let p = polar(turn - FRAC_PI_2, radius);
                (at(middle.x + p.x, middle.y + p.y), turn)
            }
            Self::Below(middle, radius) => {
                let turn = -along / radius;
                let p = polar(turn + FRAC_PI_2, radius);
                (at(middle.x + p.x, middle.y + p.y), turn)
            }
        }
    }
}

/// A letter, or what stands and falls together: its outline at [`SHAPED`], with its middle at 0.
struct Cluster {
    outline: Outline,
    /// Where its middle is along the line.
    middle: f64,
}

/// The path data of a text; empty when it has nothing to be seen.
pub(crate) fn path_data(fonts: &Fonts, text: &str, setting: &Setting) -> String {
    let (clusters, length) = shaped(fonts, text, setting);
    let mut scale = setting.size / f64::from(SHAPED);
    if length * scale > setting.width {
        scale = setting.width / length;
    }
    let mut data = PathData::default();
    for cluster in clusters {
        let (place, turn) = setting.course.place((cluster.middle - length / 2.0) * scale);
        let (sin, cos) = turn.sin_cos();
        data.add(&cluster.outline.map(|p| {
            let (x, y) = (p.x * scale, p.y * scale + MIDDLE * scale * f64::from(SHAPED));
            at(place.x + x * cos - y * sin, place.y + x * sin + y * cos)
        }));
    }
    data.into_string()
}

/// The text in clusters from left to right, and its length at [`SHAPED`].
fn shaped(fonts: &Fonts, text: &str, setting: &Setting) -> (Vec<Cluster>, f64) {
    let text = fonts.showable(text);
    let families = fonts.families(setting.face, &text);
    let mut scratch = fonts.scratch.lock().unwrap_or_else(PoisonError::into_inner);
    let Scratch { fonts, layouts } = &mut *scratch;
    let layouts: &mut LayoutContext<()> = layouts;
    let mut builder = layouts.ranged_builder(fonts, &text, 1.0, false);
    builder.push_default(StyleProperty::FontFamily(FontFamily::List(Cow::Borrowed(&families))));
    builder.push_default(StyleProperty::FontSize(SHAPED));
    #[expect(clippy::cast_possible_truncation, reason = "a small part of the size")]
    builder.push_default(StyleProperty::LetterSpacing((setting.spacing * f64::from(SHAPED)) as f32));
    let mut layout = builder.build(&text);
    layout.break_all_lines(None);
    let mut clusters = Vec::new();
    let mut pen = 0.0_f64;
    for line in layout.lines() {
        for item in line.items() {
            let PositionedLayoutItem::GlyphRun(run) = item else { continue };
            let run = run.run();
            let Ok(font) = FontRef::from_index(run.font().data.data(), run.font().index) else { continue };
            let outlines = font.outline_glyphs();
            for cluster in run.visual_clusters() {
                let advance = f64::from(cluster.advance());
                let mut drawn = Pen { outline: Outline::default(), x: -advance / 2.0, y: 0.0 };
                for glyph in cluster.glyphs() {
                    let before = drawn.x;
                    drawn.x += f64::from(glyph.x);
                    drawn.y = f64::from(glyph.y);
                    if let Some(outline) = outlines.get(GlyphId::new(glyph.id)).filter(|_| glyph.id != 0) {
                        // A glyph that cannot be drawn is left out; all of them come from fonts that were looked at.
                        let _ =
                            outline.draw(DrawSettings::unhinted(Size::new(SHAPED), LocationRef::default()), &mut drawn);
                    }
                    drawn.x = before + f64::from(glyph.advance);
                }
                clusters.push(Cluster { outline: drawn.outline, middle: pen + advance / 2.0 });
                pen += advance;
            }
        }
    }
    // The space behind the last letter is none between letters.
    let length = (pen - setting.spacing * f64::from(SHAPED)).max(1.0);
    (clusters, length)
}

/// Takes an outline, whose y grows upwards.
struct Pen {
    outline: Outline,
    x: f64,
    y: f64,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> Point {
        at(self.x + f64::from(x), self.y - f64::from(y))
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let p = self.at(x, y);
        self.outline.0.push(Segment::Move(p));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let p = self.at(x, y);
        self.outline.0.push(Segment::Line(p));
    }
    fn quad_to(&mut self, ax: f32, ay: f32, x: f32, y: f32) {
        let (a, p) = (self.at(ax, ay), self.at(x, y));
        self.outline.0.push(Segment::Quad(a, p));
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let (a, b, p) = (self.at(ax, ay), self.at(bx, by), self.at(x, y));
        self.outline.0.push(Segment::Cubic(a, b, p));
    }
    fn close(&mut self) {
        self.outline.0.push(Segment::Close);
    }
}
