//! What a design is made of. Lengths are in units of a canvas of 600 × 600; places are measured from the middle of the plate, to the right
//! and downwards.

use crate::choice::choices;
use badge::brand::Colour;
use serde::Serialize;

/// The version of the model that is written and read.
pub const VERSION: i64 = 1;

/// Texts besides the ribbon's.
pub const MAX_TEXTS: usize = 5;
/// Characters of one text. Outlines of a Japanese character weigh up to 5 KB, and all of a picture has to stay below 1 MiB.
pub const MAX_TEXT_CHARS: usize = 30;
/// Characters of the title.
pub const MAX_TITLE_CHARS: usize = 120;
/// Icons.
pub const MAX_ICONS: usize = 3;
/// Marks of a level.
pub const MAX_MARKS: i64 = 5;
/// How far from the middle anything may be placed.
pub const MAX_OFFSET: i64 = 300;
/// The largest height of a text, an icon or a mark, and the smallest.
pub const SIZES: (i64, i64) = (8, 480);

/// A badge's artwork as it was composed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Design {
    /// [`VERSION`].
    pub version: i64,
    /// What the picture shows, for those who do not see it; may be empty.
    pub title: String,
    /// The outline of the plate.
    pub shape: Shape,
    /// What the plate is painted with.
    pub fill: Paint,
    /// The edge of the plate.
    pub border: Border,
    /// A line within the plate.
    pub ring: Ring,
    /// Ribbons that the plate hangs from, or that hang from it.
    pub tails: Tails,
    /// The banner across it.
    pub ribbon: Ribbon,
    /// At most [`MAX_ICONS`].
    pub icons: Vec<Icon>,
    /// At most [`MAX_TEXTS`].
    pub texts: Vec<Text>,
    /// Marks of a level.
    pub marks: Marks,
}

choices! {
    /// The outline of a plate.
    Shape:
    #[default] Circle "circle" "Circle" "円";
    RoundedSquare "rounded_square" "Rounded square" "角丸四角形";
    Squircle "squircle" "Squircle" "スクワークル（丸みのある四角）";
    Diamond "diamond" "Diamond" "ひし形";
    Pentagon "pentagon" "Pentagon" "五角形";
    Hexagon "hexagon" "Hexagon" "六角形";
    Octagon "octagon" "Octagon" "八角形";
    Shield "shield" "Shield" "盾";
    Crest "crest" "Crest" "紋章";
    Star "star" "Star" "星";
    Rosette "rosette" "Rosette" "ロゼット";
    Seal "seal" "Scalloped seal" "波形シール";
    Flower "flower" "Flower" "花形";
    Gear "gear" "Gear" "歯車";
    Plaque "plaque" "Plaque" "銘板";
    Heart "heart" "Heart" "ハート";
}

choices! {
    /// How a surface is painted.
    PaintKind:
    #[default] Solid "solid" "One colour" "単色";
    Linear "linear" "Linear gradient" "線形グラデーション";
    Radial "radial" "Radial gradient" "円形グラデーション";
}

/// What a surface is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Paint {
    /// How.
    pub kind: PaintKind,
    /// The colour; of a gradient where it begins or in the middle.
    pub from: Colour,
    /// The colour where a gradient ends.
    pub to: Colour,
    /// Where a linear gradient leads, in degrees: 0 to the right, 90 downwards.
    pub angle: i64,
}

choices! {
    /// How a line is drawn.
    Line:
    #[default] Solid "solid" "Solid" "実線";
    Double "double" "Double" "二重線";
    Dashes "dashes" "Dashes" "破線";
    Beads "beads" "Beads" "点線";
    None "none" "None" "なし";
}

/// The edge of a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Border {
    /// How it is drawn.
    pub style: Line,
    /// How wide.
    pub width: i64,
    /// Its colour.
    pub colour: Colour,
    /// The colour of a second line, of dashes or of beads on it.
    pub accent: Colour,
}

choices! {
    /// The outline of a ring.
    RingOutline:
    #[default] Circle "circle" "Circle" "円";
    Same "same" "As the plate" "土台と同じ形";
}

/// A line within the plate, and what it encloses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ring {
    /// How it is drawn.
    pub style: Line,
    /// Its outline.
    pub outline: RingOutline,
    /// From the middle to it.
    pub radius: i64,
    /// How wide.
    pub width: i64,
    /// Its colour.
    pub colour: Colour,
    /// Whether what it encloses is painted.
    pub filled: bool,
    /// With what.
    pub fill: Paint,
}

choices! {
    /// Where ribbons hang.
    TailsPlace:
    #[default] None "none" "None" "なし";
    Below "below" "Below the plate" "土台の下";
    Above "above" "Above, as of a medal" "メダルのように上";
}

/// Ribbons that hang from the plate, or from which it hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tails {
    /// Where.
    pub place: TailsPlace,
    /// Their colour.
    pub colour: Colour,
    /// The colour of the stripe along them.
    pub stripe: Colour,
}

choices! {
    /// The course of a banner.
    RibbonStyle:
    #[default] None "none" "None" "なし";
    Flat "flat" "Flat" "平ら";
    Folded "folded" "Folded" "折り返し";
    Arch "arch" "Arched" "上向きの弧";
    Smile "smile" "Curved downwards" "下向きの弧";
}

/// A banner across the plate, with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ribbon {
    /// Its course.
    pub style: RibbonStyle,
    /// Where its middle is.
    pub y: i64,
    /// How long it is, without folded ends.
    pub width: i64,
    /// How wide the band is.
    pub height: i64,
    /// Its colour.
    pub colour: Colour,
    /// What stands on it; may be empty.
    pub text: String,
    /// The colour of the text.
    pub text_colour: Colour,
    /// The size of the text, unless it has to become smaller.
    pub size: i64,
    /// Its typeface.
    pub face: Face,
    /// Space between letters, in thousandths of the size.
    pub spacing: i64,
}

/// An icon of [`crate::icons`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Icon {
    /// Its name.
    pub name: String,
    /// How large.
    pub size: i64,
    /// Its colour.
    pub colour: Colour,
    /// Where its middle is.
    pub x: i64,
    /// Where its middle is.
    pub y: i64,
    /// How wide its lines are, in tenths of a twenty-fourth of the size.
    pub weight: i64,
}

choices! {
    /// A typeface.
    Face:
    #[default] Bold "bold" "Bold" "太字（ゴシック）";
    Regular "regular" "Regular" "標準（ゴシック）";
    Serif "serif" "Serif" "明朝";
}

choices! {
    /// What a text stands on.
    TextPath:
    #[default] Straight "straight" "Straight" "直線";
    ArcTop "arc_top" "On an arc, above" "弧（上側）";
    ArcBottom "arc_bottom" "On an arc, below" "弧（下側）";
}

/// A line of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// What it stands on.
    pub path: TextPath,
    /// Where the middle of a straight one is.
    pub x: i64,
    /// Where the middle of a straight one is.
    pub y: i64,
    /// How far from the middle of the plate one on an arc runs.
    pub radius: i64,
    /// Its size, unless it has to become smaller.
    pub size: i64,
    /// How long it may be: beyond that it becomes smaller.
    pub width: i64,
    /// Space between letters, in thousandths of the size.
    pub spacing: i64,
    /// Its colour.
    pub colour: Colour,
    /// Its typeface.
    pub face: Face,
}

choices! {
    /// What marks a level.
    Symbol:
    #[default] Star "star" "Star" "星";
    Dot "dot" "Dot" "丸";
    Diamond "diamond" "Diamond" "ひし形";
    Bar "bar" "Bar" "棒";
}

/// Marks of a level: so many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Marks {
    /// What they are.
    pub symbol: Symbol,
    /// How many are filled; 0 for no marks at all.
    pub count: i64,
    /// How many there are: the rest is outlined.
    pub of: i64,
    /// What they stand on.
    pub path: TextPath,
    /// Where the middle of a straight row is.
    pub y: i64,
    /// How far from the middle of the plate those on an arc are.
    pub radius: i64,
    /// How large each is.
    pub size: i64,
    /// Their colour.
    pub colour: Colour,
}
