//! Whatever is accepted is drawn as a picture that can be published and baked as it is; whatever is not is refused at its place.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use artwork::{MAX_SVG_BYTES, RENDITION_SIDE};
use badge::Lang;
use design::{
    Choice, Design, FONTS, Face, Fonts, Line, MAX_ICONS, MAX_TEXT_CHARS, MAX_TEXTS, PaintKind, RibbonStyle,
    RingOutline, Shape, Symbol, TailsPlace, TextPath, icons, render, templates,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static ALL_FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/fonts");
    let read = |name| std::fs::read(folder.join(name)).unwrap();
    Fonts::new(FONTS.map(|(face, name)| (face, read(name)))).unwrap()
});

fn any<C: Choice + std::fmt::Debug>() -> impl Strategy<Value = C> {
    proptest::sample::select(C::ALL)
}

fn colour() -> impl Strategy<Value = String> {
    any_rgb().prop_map(|rgb| format!("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]))
}

fn any_rgb() -> impl Strategy<Value = [u8; 3]> {
    proptest::array::uniform3(proptest::num::u8::ANY)
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[A-Za-z0-9 &<>\"']{0,30}",
        2 => "[ぁ-んァ-ヶ一-龠]{0,30}",
        1 => proptest::collection::vec(proptest::char::any(), 0..30).prop_map(|chars| chars.into_iter().collect()),
        1 => "[א-תا-يก-๛]{0,12}",
    ]
}

fn paint() -> impl Strategy<Value = Value> {
    (any::<PaintKind>(), colour(), colour(), 0..=360_i64)
        .prop_map(|(kind, from, to, angle)| json!({"kind": kind, "from": from, "to": to, "angle": angle}))
}

fn text() -> impl Strategy<Value = Value> {
    (words(), any::<TextPath>(), (-300..=300_i64, -300..=300_i64, 20..=290_i64), (8..=480_i64, 40..=900_i64, -100..=500_i64), colour(), any::<Face>())
        .prop_map(|(text, path, (x, y, radius), (size, width, spacing), colour, face)| {
            json!({"text": text, "path": path, "x": x, "y": y, "radius": radius, "size": size, "width": width, "spacing": spacing,
                   "colour": colour, "face": face})
        })
}

fn icon() -> impl Strategy<Value = Value> {
    (proptest::sample::select(icons::all()), 8..=480_i64, colour(), -300..=300_i64, 5..=40_i64)
        .prop_map(|(icon, size, colour, x, weight)| json!({"name": icon.name, "size": size, "colour": colour, "x": x, "y": -x, "weight": weight}))
}

prop_compose! {
    fn edges()(
        border in (any::<Line>(), 1..=60_i64, colour(), colour()),
        ring in (any::<Line>(), any::<RingOutline>(), 20..=285_i64, 1..=40_i64, colour(), proptest::bool::ANY, paint()),
        tails in (any::<TailsPlace>(), colour(), colour()),
    ) -> Value {
        json!({
            "border": {"style": border.0, "width": border.1, "colour": border.2, "accent": border.3},
            "ring": {"style": ring.0, "outline": ring.1, "radius": ring.2, "width": ring.3, "colour": ring.4, "filled": ring.5, "fill": ring.6},
            "tails": {"place": tails.0, "colour": tails.1, "stripe": tails.2},
        })
    }
}

prop_compose! {
    fn design()(
        shape in any::<Shape>(),
        fill in paint(),
        edges in edges(),
        title in words(),
        ribbon in (any::<RibbonStyle>(), -300..=300_i64, 100..=600_i64, 20..=160_i64, words(), colour(), -100..=500_i64),
        icons in proptest::collection::vec(icon(), 0..=MAX_ICONS),
        texts in proptest::collection::vec(text(), 0..=MAX_TEXTS),
        marks in (any::<Symbol>(), 0..=5_i64, 0..=5_i64, any::<TextPath>(), 8..=480_i64),
    ) -> Value {
        json!({
            "version": 1, "title": title, "shape": shape, "fill": fill, "border": edges["border"], "ring": edges["ring"],
            "tails": edges["tails"], "icons": icons, "texts": texts,
            "ribbon": {"style": ribbon.0, "y": ribbon.1, "width": ribbon.2, "height": ribbon.3, "text": ribbon.4, "colour": ribbon.5,
                       "spacing": ribbon.6},
            "marks": {"symbol": marks.0, "count": marks.1.min(marks.2), "of": marks.2, "path": marks.3, "size": marks.4},
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn an_accepted_design_is_drawn_once_and_for_all(value in design()) {
        // Texts of any characters may hold what no text may: then they are refused, and nothing else is.
        let read = Design::read(&value);
        if let Err(errors) = &read {
            prop_assert!(errors.iter().all(|e| e.reason.code() == "control_character"), "{errors:?}");
            return Ok(());
        }
        let design = read.unwrap();
        prop_assert_eq!(&Design::read(&design.value()).unwrap(), &design);
        let svg = render(&design, &ALL_FONTS).into_string();
        prop_assert_eq!(render(&design, &ALL_FONTS).into_string(), svg.as_str());
        prop_assert!(svg.len() < MAX_SVG_BYTES);
        let document = roxmltree::Document::parse(&svg).unwrap();
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            prop_assert!(["svg", "title", "g", "path", "linearGradient", "radialGradient", "stop"].contains(&node.tag_name().name()));
        }
        let artwork = artwork::normalise(svg.as_bytes()).unwrap();
        prop_assert_eq!(String::from_utf8(artwork.bytes).unwrap(), svg);
        prop_assert!(artwork.warnings.is_empty(), "{:?}", artwork.warnings);
    }

    #[test]
    fn any_json_is_read_without_a_panic(key in "[a-z_]{1,8}", number in proptest::num::i64::ANY, text in words()) {
        for value in [json!({&key: number}), json!({"fill": {&key: text}}), json!({"texts": [number, {"size": number}], "icons": {}})] {
            if let Ok(design) = Design::read(&value) {
                assert!(render(&design, &ALL_FONTS).as_str().ends_with("</svg>"));
            }
        }
    }
}

#[test]
fn the_heaviest_texts_stay_below_what_a_picture_may_weigh() {
    let heavy = "鬱".repeat(MAX_TEXT_CHARS);
    let text = json!({"text": heavy, "face": "serif", "size": 480, "width": 900, "path": "arc_top", "radius": 290});
    let design = Design::read(
        &json!({"texts": vec![text; MAX_TEXTS], "ribbon": {"style": "flat", "text": heavy, "face": "serif"}}),
    )
    .unwrap();
    let svg = render(&design, &ALL_FONTS).into_string();
    assert!(svg.len() < MAX_SVG_BYTES / 5 * 4, "{}", svg.len());
    assert_eq!(artwork::normalise(svg.as_bytes()).unwrap().bytes, svg.into_bytes());
}

#[test]
fn hostile_texts_are_only_texts() {
    let hostile = r#"</title><script>alert(1)</script>"#;
    let design = Design::read(&json!({
        "title": format!("{hostile}&#0; onload=\"x\""),
        "texts": [{"text": "<script>'\"&]]>"}],
        "ribbon": {"style": "flat", "text": "url(#g1);javascript:"},
    }))
    .unwrap();
    let svg = render(&design, &ALL_FONTS).into_string();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let title = document.descendants().find(|node| node.has_tag_name("title")).unwrap();
    assert_eq!(title.text(), Some(design.title.as_str()));
    assert!(!svg.contains("<script") && !svg.contains("javascript:"));
    assert!(document.descendants().all(|node| node.attributes().all(|a| !a.name().starts_with("on"))));
}

#[test]
fn every_complaint_is_told_at_its_place() {
    let many = vec![json!({"text": "x"}); MAX_TEXTS + 1];
    let value = json!({
        "version": 2, "shape": "blob", "colour": "#000000", "title": "x\u{7}",
        "fill": {"kind": "plaid", "from": "red", "angle": 361}, "border": [], "ring": {"radius": 1.5, "filled": "yes", "fill": {"x": 1}},
        "icons": [{"name": "no-such-icon"}, {"name": ""}, {"size": 4, "name": "book"}],
        "texts": [{"text": "x".repeat(MAX_TEXT_CHARS + 1), "path": "spiral"}, {"text": "\u{FFFE}"}],
        "marks": {"count": 6, "of": 2},
    });
    let found = |value: &Value| {
        let errors = Design::read(value).unwrap_err();
        errors.into_iter().map(|e| format!("{} {}", e.pointer, e.reason.code())).collect::<Vec<_>>()
    };
    let expected = [
        "/colour unknown",
        "/version out_of_range",
        "/title control_character",
        "/shape not_allowed",
        "/fill/from not_allowed",
        "/fill/kind not_allowed",
        "/fill/angle out_of_range",
        "/border not_object",
        "/ring/radius not_integer",
        "/ring/filled not_boolean",
        "/ring/fill/x unknown",
        "/icons/0/name not_found",
        "/icons/2/size out_of_range",
        "/texts/0/text too_long",
        "/texts/0/path not_allowed",
        "/texts/1/text control_character",
        "/marks/count out_of_range",
    ];
    let mut found_here = found(&value);
    let mut wanted = expected.map(str::to_owned).to_vec();
    found_here.sort();
    wanted.sort();
    assert_eq!(found_here, wanted);
    assert_eq!(found(&json!({"texts": many})), ["/texts too_many"]);
    assert_eq!(found(&json!({"icons": vec![json!({"name": "book"}); MAX_ICONS + 1]})), ["/icons too_many"]);
    assert_eq!(found(&json!([])), [" not_object"]);
}

#[test]
fn a_long_text_becomes_smaller_instead_of_wider() {
    let extent = |text: &str| ink(&json!({"texts": [{"text": text, "width": 200, "size": 60, "colour": "#ff0000"}]}));
    assert!(extent("WWWWWWWWWWWWWWWWWWWW") <= 205.0 && extent("WWWWWWWWWWWWWWWWWWWW") >= 180.0);
    assert!(extent("いろはにほへとちりぬるを") <= 205.0);
    assert!(extent("W") < 80.0);
}

/// How wide what is red is, in units of the canvas.
fn ink(value: &Value) -> f64 {
    let svg = render(&Design::read(value).unwrap(), &ALL_FONTS).into_string();
    let png = artwork::normalise(svg.as_bytes()).unwrap().png;
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let channels = info.color_type.samples();
    let is_red = |p: &[u8]| p[0] > 120 && p[1] < 90;
    let columns: Vec<usize> =
        pixels.chunks(channels).enumerate().filter(|(_, p)| is_red(p)).map(|(n, _)| n % info.width as usize).collect();
    let (Some(first), Some(last)) = (columns.iter().min(), columns.iter().max()) else { return 0.0 };
    f64::from(u32::try_from(last - first + 1).unwrap()) * 600.0 / f64::from(RENDITION_SIDE)
}

#[test]
fn a_design_can_be_baked_as_it_is() {
    let svg = render(&templates::all()[0].design(Lang::Ja), &ALL_FONTS).into_string();
    let credential = r#"{"type":["VerifiableCredential","OpenBadgeCredential"]}"#;
    let baked = bake::bake(svg.as_bytes(), &bake::Payload::v3_json(credential)).unwrap();
    assert_eq!(bake::extract(&baked).unwrap()[0].text, credential);
    assert_eq!(artwork::normalise(&baked).unwrap().bytes, svg.into_bytes());
}

/// The picture of one template, so that no change of the drawing goes unseen. `cargo run -p design --example sheet` draws it.
#[test]
fn a_template_is_drawn_as_it_was() {
    let drawn = render(&templates::find("exam_pass").unwrap().design(Lang::Ja), &ALL_FONTS).into_string();
    assert_eq!(drawn, include_str!("golden/exam_pass.ja.svg"));
}

#[test]
fn every_template_becomes_artwork_without_a_word() {
    for template in templates::all() {
        for lang in [Lang::En, Lang::Ja] {
            let artwork = artwork::normalise(render(&template.design(lang), &ALL_FONTS).as_str().as_bytes()).unwrap();
            assert!(
                artwork.warnings.is_empty() && artwork.bytes.len() < 60_000,
                "{} {}",
                template.name,
                artwork.bytes.len()
            );
        }
    }
}
