//! The controls of the form, in sections: which field of a design each is for, and what may stand in it.

use crate::choice::Choice;
use crate::icons;
use crate::model::{
    Face, Line, MAX_ICONS, MAX_MARKS, MAX_OFFSET, MAX_TEXT_CHARS, MAX_TEXTS, MAX_TITLE_CHARS, PaintKind, RibbonStyle,
    RingOutline, SIZES, Shape, Symbol, TailsPlace, TextPath,
};
use badge::Lang;

/// What belongs together.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) hint: &'static str,
    pub(super) controls: Vec<Control>,
    /// The field that tells most of it, which is shown while the section is closed.
    pub(super) tells: Option<String>,
}

/// One field of a design.
pub(super) struct Control {
    /// Where it is in the design.
    pub(super) pointer: String,
    pub(super) label: &'static str,
    pub(super) kind: Kind,
}

/// What may stand in it.
pub(super) enum Kind {
    Text { max: usize },
    Number { min: i64, max: i64 },
    Colour,
    Check,
    Choice(Vec<(&'static str, &'static str)>),
    Icon,
}

impl Control {
    /// Its name in what is posted.
    pub(super) fn name(&self) -> &str {
        self.pointer.trim_start_matches('/')
    }

    /// What is chosen or typed, for people.
    pub(super) fn told(&self, typed: &str, lang: Lang) -> String {
        match &self.kind {
            Kind::Choice(choices) => {
                choices.iter().find(|(name, _)| *name == typed).map_or(typed, |(_, label)| label).to_owned()
            }
            Kind::Icon => icons::find(typed).map_or("", |icon| lang.pick(icon.en, icon.ja)).to_owned(),
            _ => typed.to_owned(),
        }
    }

    /// Its id in the page.
    pub(super) fn id(&self) -> String {
        format!("f{}", self.pointer.replace('/', "-"))
    }

    /// Whether it takes a row of its own.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self.kind, Kind::Text { .. } | Kind::Icon)
    }
}

/// Makes the controls of one part of a design.
struct Part {
    pointer: String,
    lang: Lang,
    controls: Vec<Control>,
}

impl Part {
    fn add(mut self, field: &str, en: &'static str, ja: &'static str, kind: Kind) -> Self {
        let pointer = format!("{}/{field}", self.pointer);
        self.controls.push(Control { pointer, label: self.lang.pick(en, ja), kind });
        self
    }

    fn text(self, field: &str, en: &'static str, ja: &'static str, max: usize) -> Self {
        self.add(field, en, ja, Kind::Text { max })
    }

    fn number(self, field: &str, en: &'static str, ja: &'static str, (min, max): (i64, i64)) -> Self {
        self.add(field, en, ja, Kind::Number { min, max })
    }

    fn colour(self, field: &str, en: &'static str, ja: &'static str) -> Self {
        self.add(field, en, ja, Kind::Colour)
    }

    fn choice<C: Choice>(self, field: &str, en: &'static str, ja: &'static str) -> Self {
        let lang = self.lang;
        let choices = C::ALL.iter().map(|choice| (choice.name(), choice.label(lang))).collect();
        self.add(field, en, ja, Kind::Choice(choices))
    }

    fn paint(self, field: &str) -> Self {
        let at = |name: &str| format!("{field}/{name}");
        self.choice::<PaintKind>(&at("kind"), "Fill", "塗り")
            .colour(&at("from"), "Colour", "色")
            .colour(&at("to"), "Second colour", "2つ目の色")
            .number(&at("angle"), "Direction (degrees)", "方向（度）", (0, 360))
    }

    fn face(self) -> Self {
        self.choice::<Face>("face", "Typeface", "書体").number("spacing", "Letter spacing", "字間", (-100, 500))
    }
}

const ANYWHERE: (i64, i64) = (-MAX_OFFSET, MAX_OFFSET);

/// All sections.
pub(super) fn all(lang: Lang) -> Vec<Section> {
    let part = |pointer: &str| Part { pointer: pointer.to_owned(), lang, controls: Vec::new() };
    let section = |en: &str, ja: &str, hint: (&'static str, &'static str), part: Part, tells: Option<&str>| Section {
        title: lang.pick(en, ja).to_owned(),
        hint: lang.pick(hint.0, hint.1),
        tells: tells.map(str::to_owned),
        controls: part.controls,
    };
    let none = ("", "");
    let mut sections = vec![
        section(
            "Shape and colour",
            "形と色",
            none,
            part("").choice::<Shape>("shape", "Shape", "形").paint("fill").text(
                "title",
                "Description of the picture, read out to those who do not see it",
                "画像の説明（画面を見ない人に読み上げられます）",
                MAX_TITLE_CHARS,
            ),
            None,
        ),
        section(
            "Border",
            "縁取り",
            none,
            part("/border")
                .choice::<Line>("style", "Style", "種類")
                .number("width", "Width", "太さ", (1, 60))
                .colour("colour", "Colour", "色")
                .colour("accent", "Second colour", "2つ目の色"),
            Some("/border/style"),
        ),
        section(
            "Inner ring",
            "内側の輪",
            none,
            part("/ring")
                .choice::<Line>("style", "Style", "種類")
                .choice::<RingOutline>("outline", "Outline", "形")
                .number("radius", "Radius", "半径", (20, 285))
                .number("width", "Width", "太さ", (1, 40))
                .colour("colour", "Colour", "色")
                .add("filled", "Fill the inside", "内側を塗る", Kind::Check)
                .paint("fill"),
            Some("/ring/style"),
        ),
        section(
            "Ribbon",
            "リボン",
            none,
            part("/ribbon")
                .choice::<RibbonStyle>("style", "Style", "種類")
                .text("text", "Text", "文字", MAX_TEXT_CHARS)
                .colour("colour", "Colour", "色")
                .colour("text_colour", "Text colour", "文字の色")
                .number("size", "Text size", "文字の大きさ", SIZES)
                .face()
                .number("y", "Vertical position", "上下の位置", ANYWHERE)
                .number("width", "Length", "長さ", (100, 600))
                .number("height", "Height", "高さ", (20, 160)),
            Some("/ribbon/style"),
        ),
    ];
    for n in 0..MAX_ICONS {
        let name = format!("/icons/{n}/name");
        sections.push(Section {
            title: format!("{} {}", lang.pick("Icon", "アイコン"), n + 1),
            hint: "",
            tells: Some(name),
            controls: part(&format!("/icons/{n}"))
                .add("name", "Icon", "アイコン", Kind::Icon)
                .number("size", "Size", "大きさ", SIZES)
                .colour("colour", "Colour", "色")
                .number("weight", "Line width", "線の太さ", (5, 40))
                .number("x", "Horizontal position", "左右の位置", ANYWHERE)
                .number("y", "Vertical position", "上下の位置", ANYWHERE)
                .controls,
        });
    }
    for n in 0..MAX_TEXTS {
        let text = format!("/texts/{n}/text");
        sections.push(Section {
            title: format!("{} {}", lang.pick("Text", "文字"), n + 1),
            hint: lang.pick(
                "Text that is longer than its length allows becomes smaller.",
                "長さに収まらない文字は自動的に小さくなります。",
            ),
            tells: Some(text),
            controls: part(&format!("/texts/{n}"))
                .text("text", "Text", "文字", MAX_TEXT_CHARS)
                .choice::<TextPath>("path", "Course", "配置")
                .number("size", "Size", "大きさ", SIZES)
                .colour("colour", "Colour", "色")
                .face()
                .number("width", "Greatest length", "最大の長さ", (40, 900))
                .number("radius", "Radius (on an arc)", "半径（弧のとき）", (20, 290))
                .number("x", "Horizontal position (straight)", "左右の位置（直線のとき）", ANYWHERE)
                .number("y", "Vertical position (straight)", "上下の位置（直線のとき）", ANYWHERE)
                .controls,
        });
    }
    sections.push(section(
        "Level marks",
        "レベルの印",
        none,
        part("/marks")
            .number("count", "How many are filled (0: no marks)", "塗る数（0で印なし）", (0, MAX_MARKS))
            .number("of", "How many there are", "全部の数", (0, MAX_MARKS))
            .choice::<Symbol>("symbol", "Symbol", "印")
            .number("size", "Size", "大きさ", SIZES)
            .colour("colour", "Colour", "色")
            .choice::<TextPath>("path", "Course", "配置")
            .number("y", "Vertical position (straight)", "上下の位置（直線のとき）", ANYWHERE)
            .number("radius", "Radius (on an arc)", "半径（弧のとき）", (20, 290)),
        Some("/marks/count"),
    ));
    sections.push(section(
        "Hanging ribbons",
        "垂れ飾り",
        none,
        part("/tails").choice::<TailsPlace>("place", "Where", "場所").colour("colour", "Colour", "色").colour(
            "stripe",
            "Stripe",
            "ストライプの色",
        ),
        Some("/tails/place"),
    ));
    sections
}
