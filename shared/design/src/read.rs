//! The one door by which a design comes in: field by field, with every complaint at its place.

use crate::choice::Choice;
use crate::icons;
use crate::model::{
    Border, Design, Icon, MAX_ICONS, MAX_MARKS, MAX_OFFSET, MAX_TEXT_CHARS, MAX_TEXTS, MAX_TITLE_CHARS, Marks, Paint,
    Ribbon, Ring, SIZES, Tails, Text, VERSION,
};
use badge::brand::Colour;
use badge::input::{Complaints, FieldError, Reader, Reason};
use serde_json::Value;

const INK: Colour = Colour { rgb: [0x1f, 0x2a, 0x44] };
const PAPER: Colour = Colour { rgb: [0xff, 0xff, 0xff] };
const BLUE: Colour = Colour { rgb: [0x1d, 0x4e, 0x9c] };
const GOLD: Colour = Colour { rgb: [0xd9, 0xa4, 0x41] };

impl Design {
    /// A design out of JSON. What is absent is as in the plainest badge; texts and icons that are empty are left out.
    ///
    /// # Errors
    /// Every field that cannot be taken, and every one that there is not.
    pub fn read(value: &Value) -> Result<Self, Vec<FieldError>> {
        let complaints = Complaints::default();
        let design = Self::read_from(&Reader::root(value, &complaints));
        complaints.into_result(design)
    }

    /// The same, out of a part of a larger request, whose complaints it adds to.
    #[must_use]
    pub fn read_from(reader: &Reader<'_>) -> Self {
        reader.knows(&[
            "version", "title", "shape", "fill", "border", "ring", "tails", "ribbon", "icons", "texts", "marks",
        ]);
        let part = |key| reader.field(key).filter(Reader::is_object);
        let list = |key, max| reader.list(key, max).into_iter().filter(Reader::is_object).collect::<Vec<_>>();
        Self {
            version: number(Some(reader), "version", (VERSION, VERSION), VERSION),
            title: line(Some(reader), "title", MAX_TITLE_CHARS),
            shape: choice(Some(reader), "shape"),
            fill: paint(part("fill").as_ref(), BLUE),
            border: border(part("border").as_ref()),
            ring: ring(part("ring").as_ref()),
            tails: tails(part("tails").as_ref()),
            ribbon: ribbon(part("ribbon").as_ref()),
            icons: list("icons", MAX_ICONS).iter().filter_map(icon).collect(),
            texts: list("texts", MAX_TEXTS).iter().map(text).filter(|text| !text.text.is_empty()).collect(),
            marks: marks(part("marks").as_ref()),
        }
    }

    /// The plainest badge.
    #[must_use]
    pub fn plain() -> Self {
        let complaints = Complaints::default();
        Self::read_from(&Reader::root(&Value::Object(serde_json::Map::new()), &complaints))
    }

    /// The design as [`Self::read`] takes it.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A part that is absent is read like one that is empty.
type Part<'a, 'b> = Option<&'a Reader<'b>>;

fn number(part: Part<'_, '_>, key: &str, (min, max): (i64, i64), default: i64) -> i64 {
    part.and_then(|part| part.optional_integer(key, min, max)).unwrap_or(default)
}

fn choice<C: Choice>(part: Part<'_, '_>, key: &str) -> C {
    let Some(field) = part.and_then(|part| part.field(key)) else { return C::default() };
    field.value().as_str().and_then(C::named).unwrap_or_else(|| {
        field.refuse(Reason::NotAllowed { allowed: C::names() });
        C::default()
    })
}

fn colour(part: Part<'_, '_>, key: &str, default: Colour) -> Colour {
    let Some(field) = part.and_then(|part| part.field(key)) else { return default };
    field.value().as_str().and_then(|text| Colour::try_from(text.to_owned()).ok()).unwrap_or_else(|| {
        field.refuse(Reason::NotAllowed { allowed: "#000000 … #ffffff".into() });
        default
    })
}

/// A text on one line, without what XML cannot carry.
fn line(part: Part<'_, '_>, key: &str, max: usize) -> String {
    let text = part.and_then(|part| part.optional_text(key, max)).unwrap_or_default();
    if let Some(part) = part.filter(|_| text.contains(['\u{FFFE}', '\u{FFFF}'])) {
        part.refuse_field(key, Reason::ControlCharacter);
    }
    text.replace(['\n', '\r', '\t'], " ").trim().to_owned()
}

fn paint(part: Part<'_, '_>, default: Colour) -> Paint {
    if let Some(part) = part {
        part.knows(&["kind", "from", "to", "angle"]);
    }
    let from = colour(part, "from", default);
    Paint { kind: choice(part, "kind"), from, to: colour(part, "to", from), angle: number(part, "angle", (0, 360), 90) }
}

fn border(part: Part<'_, '_>) -> Border {
    if let Some(part) = part {
        part.knows(&["style", "width", "colour", "accent"]);
    }
    Border {
        style: choice(part, "style"),
        width: number(part, "width", (1, 60), 14),
        colour: colour(part, "colour", INK),
        accent: colour(part, "accent", PAPER),
    }
}

fn ring(part: Part<'_, '_>) -> Ring {
    if let Some(part) = part {
        part.knows(&["style", "outline", "radius", "width", "colour", "filled", "fill"]);
    }
    let fill = part.and_then(|part| part.field("fill")).filter(Reader::is_object);
    Ring {
        // The first of all styles is a line; a ring that is not asked for is none.
        style: part
            .filter(|part| part.field("style").is_some())
            .map_or(crate::model::Line::None, |part| choice(Some(part), "style")),
        outline: choice(part, "outline"),
        radius: number(part, "radius", (20, 285), 200),
        width: number(part, "width", (1, 40), 4),
        colour: colour(part, "colour", PAPER),
        filled: part.is_some_and(|part| part.boolean("filled", false)),
        fill: paint(fill.as_ref(), PAPER),
    }
}

fn tails(part: Part<'_, '_>) -> Tails {
    if let Some(part) = part {
        part.knows(&["place", "colour", "stripe"]);
    }
    let ground = colour(part, "colour", BLUE);
    Tails { place: choice(part, "place"), colour: ground, stripe: colour(part, "stripe", ground) }
}

fn ribbon(part: Part<'_, '_>) -> Ribbon {
    if let Some(part) = part {
        part.knows(&["style", "y", "width", "height", "colour", "text", "text_colour", "size", "face", "spacing"]);
    }
    Ribbon {
        style: choice(part, "style"),
        y: number(part, "y", (-MAX_OFFSET, MAX_OFFSET), 130),
        width: number(part, "width", (100, 600), 440),
        height: number(part, "height", (20, 160), 84),
        colour: colour(part, "colour", GOLD),
        text: line(part, "text", MAX_TEXT_CHARS),
        text_colour: colour(part, "text_colour", INK),
        size: number(part, "size", SIZES, 46),
        face: choice(part, "face"),
        spacing: number(part, "spacing", (-100, 500), 20),
    }
}

fn icon(part: &Reader<'_>) -> Option<Icon> {
    part.knows(&["name", "size", "colour", "x", "y", "weight"]);
    let part = Some(part);
    let name = line(part, "name", 60);
    if let Some(part) = part.filter(|_| !name.is_empty() && icons::find(&name).is_none()) {
        part.refuse_field("name", Reason::NotFound);
    }
    let icon = Icon {
        name,
        size: number(part, "size", SIZES, 200),
        colour: colour(part, "colour", PAPER),
        x: number(part, "x", (-MAX_OFFSET, MAX_OFFSET), 0),
        y: number(part, "y", (-MAX_OFFSET, MAX_OFFSET), 0),
        weight: number(part, "weight", (5, 40), 18),
    };
    Some(icon).filter(|icon| !icon.name.is_empty())
}

fn text(part: &Reader<'_>) -> Text {
    part.knows(&["text", "path", "x", "y", "radius", "size", "width", "spacing", "colour", "face"]);
    let part = Some(part);
    Text {
        text: line(part, "text", MAX_TEXT_CHARS),
        path: choice(part, "path"),
        x: number(part, "x", (-MAX_OFFSET, MAX_OFFSET), 0),
        y: number(part, "y", (-MAX_OFFSET, MAX_OFFSET), 0),
        radius: number(part, "radius", (20, 290), 225),
        size: number(part, "size", SIZES, 44),
        width: number(part, "width", (40, 900), 420),
        spacing: number(part, "spacing", (-100, 500), 20),
        colour: colour(part, "colour", PAPER),
        face: choice(part, "face"),
    }
}

fn marks(part: Part<'_, '_>) -> Marks {
    if let Some(part) = part {
        part.knows(&["symbol", "count", "of", "path", "y", "radius", "size", "colour"]);
    }
    let count = number(part, "count", (0, MAX_MARKS), 0);
    Marks {
        symbol: choice(part, "symbol"),
        count,
        // There are at least those that are filled.
        of: number(part, "of", (0, MAX_MARKS), count).max(count),
        path: choice(part, "path"),
        y: number(part, "y", (-MAX_OFFSET, MAX_OFFSET), 170),
        radius: number(part, "radius", (20, 290), 225),
        size: number(part, "size", SIZES, 44),
        colour: colour(part, "colour", GOLD),
    }
}
