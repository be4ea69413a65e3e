//! A design as SVG: in the very form in which the sanitiser leaves one, so that nothing changes on its way to a badge.

mod bands;

use crate::fonts::Fonts;
use crate::icons;
use crate::model::{
    Border, Design, Icon, Line, Marks, Paint, PaintKind, Ring, RingOutline, TailsPlace, Text, TextPath,
};
use crate::path::{Outline, PathData, at, number, polar};
use crate::shape;
use crate::text::{Course, Setting, path_data};
use badge::brand::Colour;
use std::f64::consts::TAU;

/// Half of the canvas.
const MIDDLE: f64 = 300.0;
/// How far a plate reaches out.
const PLATE: f64 = 285.0;
/// How much smaller it is where ribbons hang from it or it from them.
const HUNG: f64 = 0.8;

/// A picture, complete in itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Svg(String);

impl Svg {
    /// The document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The document.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Draws a design. The same design and fonts give the same bytes. Texts are outlines; nothing is referred to that is not inside.
#[must_use]
pub fn render(design: &Design, fonts: &Fonts) -> Svg {
    let mut canvas = Canvas { out: String::new(), gradients: 0, fonts };
    let (scale, y) = match design.tails.place {
        TailsPlace::None => (1.0, MIDDLE),
        TailsPlace::Below => (HUNG, 240.0),
        TailsPlace::Above => (HUNG, 360.0),
    };
    canvas.out.push_str(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="640" height="640" viewBox="0 0 600 600" role="img"><title>"#,
    );
    escape(&mut canvas.out, &title(design));
    canvas.out.push_str("</title>");
    let turned = if scale < 1.0 { format!(" scale({})", number(scale)) } else { String::new() };
    canvas.open(&[("transform", &format!("translate(300 {}){turned}", number(y)))]);
    canvas.tails(&design.tails, design.border.colour);
    canvas.plate(design);
    canvas.ring(design);
    for icon in &design.icons {
        canvas.icon(icon);
    }
    for text in &design.texts {
        canvas.text(text);
    }
    canvas.ribbon(&design.ribbon);
    canvas.marks(&design.marks);
    canvas.close();
    canvas.out.push_str("</svg>");
    Svg(canvas.out)
}

/// What the picture is called: what its designer says, else what stands on it.
fn title(design: &Design) -> String {
    if !design.title.is_empty() {
        return design.title.clone();
    }
    let on_it: Vec<&str> =
        design.texts.iter().map(|text| text.text.as_str()).chain([design.ribbon.text.as_str()]).collect();
    let said = on_it.join(" ");
    if said.trim().is_empty() { "Badge".to_owned() } else { said.trim().to_owned() }
}

/// As the sanitiser writes text.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}

fn hex(colour: Colour) -> String {
    colour.into()
}

/// A colour moved towards black, so far of 100.
fn darker(colour: Colour, percent: u16) -> Colour {
    let part = |c: u8| u8::try_from(u16::from(c) * (100 - percent) / 100).unwrap_or(c);
    Colour { rgb: colour.rgb.map(part) }
}

fn units(length: i64) -> f64 {
    // What was read is at most some hundreds.
    f64::from(i32::try_from(length).unwrap_or(0))
}

struct Canvas<'f> {
    out: String,
    gradients: u32,
    fonts: &'f Fonts,
}

impl Canvas<'_> {
    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.out.push_str(value);
            self.out.push('"');
        }
        self.out.push_str(end);
    }

    fn open(&mut self, attributes: &[(&str, &str)]) {
        self.tag("g", attributes, ">");
    }

    fn close(&mut self) {
        self.out.push_str("</g>");
    }

    fn path(&mut self, data: &str, attributes: &[(&str, &str)]) {
        if !data.is_empty() {
            self.tag("path", &[&[("d", data)], attributes].concat(), "/>");
        }
    }

    fn filled(&mut self, outline: &Outline, colour: Colour) {
        self.path(&PathData::of(outline), &[("fill", &hex(colour))]);
    }

    /// What a surface is filled with; writes the gradient that this may refer to. A gradient runs across the whole plate's square.
    fn paint(&mut self, paint: &Paint, radius: f64) -> String {
        if paint.kind == PaintKind::Solid {
            return hex(paint.from);
        }
        self.gradients += 1;
        let id = format!("g{}", self.gradients);
        let common = [("id", id.as_str()), ("gradientUnits", "userSpaceOnUse")];
        let end = if paint.kind == PaintKind::Linear {
            let p = polar(units(paint.angle).to_radians(), radius);
            let (x, y) = (number(p.x), number(p.y));
            let (x1, y1) = (number(-p.x), number(-p.y));
            self.tag(
                "linearGradient",
                &[&common[..], &[("x1", &x1), ("y1", &y1), ("x2", &x), ("y2", &y)]].concat(),
                ">",
            );
            "</linearGradient>"
        } else {
            let (y, r) = (number(-radius * 0.15), number(radius * 1.1));
            self.tag("radialGradient", &[&common[..], &[("cx", "0"), ("cy", &y), ("r", &r)]].concat(), ">");
            "</radialGradient>"
        };
        self.tag("stop", &[("offset", "0"), ("stop-color", &hex(paint.from))], "/>");
        self.tag("stop", &[("offset", "1"), ("stop-color", &hex(paint.to))], "/>");
        self.out.push_str(end);
        format!("url(#{id})")
    }

    fn plate(&mut self, design: &Design) {
        let Border { style, width, colour, accent } = design.border;
        let (width, has_edge) = (units(width), style != Line::None);
        let fill = self.paint(&design.fill, PLATE);
        // Half of a stroke lies outside of its line.
        let outline = shape::outline(design.shape, if has_edge { PLATE - width / 2.0 } else { PLATE });
        let data = PathData::of(&outline);
        if !has_edge {
            self.path(&data, &[("fill", &fill)]);
            return;
        }
        let edge = [
            ("fill", fill.as_str()),
            ("stroke", &hex(colour)),
            ("stroke-width", &number(width)),
            ("stroke-linejoin", "round"),
        ];
        self.path(&data, &edge);
        match style {
            Line::Double => {
                let inner = shape::outline(design.shape, PLATE - width * 1.5 - 4.0);
                self.line(&inner, Line::Solid, (width * 0.3).max(2.0), accent);
            }
            Line::Dashes | Line::Beads => {
                let part = if style == Line::Beads { 0.5 } else { 0.32 };
                self.line(&outline, style, width * part, accent);
            }
            Line::Solid | Line::None => {}
        }
    }

    fn ring(&mut self, design: &Design) {
        let Ring { style, outline, radius, width, colour, filled, fill } = design.ring;
        let radius = units(radius);
        let outline = match outline {
            RingOutline::Circle => Outline::circle(at(0.0, 0.0), radius),
            RingOutline::Same => shape::outline(design.shape, radius),
        };
        if filled {
            let fill = self.paint(&fill, radius);
            self.path(&PathData::of(&outline), &[("fill", &fill)]);
        }
        let width = units(width);
        self.line(&outline, style, width, colour);
        if style == Line::Double {
            let inner = outline.map(|p| {
                let part = 1.0 - (width * 1.2 + 5.0) / radius;
                at(p.x * part, p.y * part)
            });
            self.line(&inner, Line::Solid, (width * 0.4).max(1.5), colour);
        }
    }

    /// A line along an outline. Dashes and beads divide it evenly.
    fn line(&mut self, outline: &Outline, style: Line, width: f64, colour: Colour) {
        let data = PathData::of(outline);
        let (colour, wide) = (hex(colour), number(width));
        let common = [("fill", "none"), ("stroke", colour.as_str()), ("stroke-width", wide.as_str())];
        let length = outline.length();
        match style {
            Line::None => {}
            Line::Solid | Line::Double => self.path(&data, &[&common[..], &[("stroke-linejoin", "round")]].concat()),
            Line::Dashes => {
                let step = length / (length / (width * 5.0)).round().max(1.0);
                let dashes = format!("{} {}", number(step * 0.6), number(step * 0.4));
                self.path(&data, &[&common[..], &[("stroke-dasharray", &dashes)]].concat());
            }
            Line::Beads => {
                let step = length / (length / (width * 2.4)).round().max(1.0);
                let dashes = format!("0 {}", number(step));
                self.path(
                    &data,
                    &[&common[..], &[("stroke-dasharray", &dashes), ("stroke-linecap", "round")]].concat(),
                );
            }
        }
    }

    fn icon(&mut self, icon: &Icon) {
        let Some(drawn) = icons::find(&icon.name) else { return };
        let scale = units(icon.size) / icons::SIDE;
        let corner = |middle: i64| number(units(middle) - units(icon.size) / 2.0);
        let transform = format!("translate({} {}) scale({})", corner(icon.x), corner(icon.y), number(scale));
        let (colour, weight) = (hex(icon.colour), number(units(icon.weight) / 10.0));
        self.path(
            drawn.path,
            &[
                ("transform", &transform),
                ("fill", "none"),
                ("stroke", &colour),
                ("stroke-width", &weight),
                ("stroke-linecap", "round"),
                ("stroke-linejoin", "round"),
            ],
        );
    }

    fn text(&mut self, text: &Text) {
        let setting = Setting {
            face: text.face,
            size: units(text.size),
            spacing: units(text.spacing) / 1000.0,
            // On an arc no text meets itself.
            width: match text.path {
                TextPath::Straight => units(text.width),
                TextPath::ArcTop | TextPath::ArcBottom => units(text.width).min(TAU * units(text.radius) * 0.92),
            },
            course: Course::new(text.path, at(units(text.x), units(text.y)), units(text.radius)),
        };
        self.path(&path_data(self.fonts, &text.text, &setting), &[("fill", &hex(text.colour))]);
    }

    fn marks(&mut self, marks: &Marks) {
        let size = units(marks.size);
        let step = size * 1.22;
        let course = Course::new(marks.path, at(0.0, units(marks.y)), units(marks.radius));
        for n in 0..marks.of {
            let (place, turn) = course.place((units(n) - units(marks.of - 1) / 2.0) * step);
            let (sin, cos) = turn.sin_cos();
            let outline = shape::symbol(marks.symbol, at(0.0, 0.0), size)
                .map(|p| at(place.x + p.x * cos - p.y * sin, place.y + p.x * sin + p.y * cos));
            if n < marks.count {
                self.filled(&outline, marks.colour);
            } else {
                self.line(&outline, Line::Solid, (size * 0.06).max(1.5), marks.colour);
            }
        }
    }
}
