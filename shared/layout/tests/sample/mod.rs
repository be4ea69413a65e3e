//! A page to test and to look at, and the fonts for it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "each user takes its part"
)]

use std::path::Path;

use layout::{Attachment, Colour, Fonts, Language, Orientation, Page, Picture, Relationship, Renderer};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// The fonts that `infra/fonts` fetched.
pub(crate) fn fonts() -> Fonts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/fonts");
    let read = |name: &str| match std::fs::read(folder.join(name)) {
        Ok(bytes) => bytes,
        Err(error) => panic!("{name} is not in .local/fonts: run infra/setup local ({error})"),
    };
    Fonts::new(layout::FONTS.map(|(weight, name)| (weight, read(name)))).unwrap()
}

pub(crate) fn renderer() -> Renderer {
    Renderer::new(fonts())
}

/// A round badge with paths, a gradient, a clip and transparency.
pub(crate) const SVG: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="640" height="640">
<defs><linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#3f7fd0"/><stop offset="1" stop-color="#1d3f86"/></linearGradient>
<clipPath id="c"><circle cx="100" cy="100" r="78"/></clipPath></defs>
<circle cx="100" cy="100" r="96" fill="#17336b"/><circle cx="100" cy="100" r="88" fill="none" stroke="#e8c25a" stroke-width="3"/>
<circle cx="100" cy="100" r="80" fill="url(#g)"/>
<g clip-path="url(#c)" opacity="0.28"><path d="M0 150 L60 90 L100 130 L150 70 L200 130 V200 H0 Z" fill="#fff"/></g>
<path d="M100 44 L114 82 L154 84 L122 108 L134 147 L100 124 L66 147 L78 108 L46 84 L86 82 Z" fill="#e8c25a" stroke="#fff" stroke-width="2" stroke-linejoin="round"/>
</svg>"##;

/// The same with a filter, which cannot be taken over as paths.
pub(crate) fn filtered() -> String {
    SVG.replace("<defs>", r#"<defs><filter id="f"><feGaussianBlur stdDeviation="2"/></filter>"#)
        .replace(r#"opacity="0.28""#, r#"filter="url(#f)""#)
}

/// A PNG of a disc with soft edges, `side` pixels wide.
pub(crate) fn png(side: u32) -> Vec<u8> {
    let mut pixels = Vec::new();
    let middle = side as f32 / 2.0;
    for y in 0..side {
        for x in 0..side {
            let (dx, dy) = (x as f32 - middle, y as f32 - middle);
            let away = (dx * dx + dy * dy).sqrt() / middle;
            let cover = ((1.0 - away) * middle).clamp(0.0, 1.0) * 255.0;
            let ring = if (0.82..0.88).contains(&away) {
                [232, 194, 90]
            } else {
                [(40.0 + 60.0 * (1.0 - away)) as u8, 90, 160]
            };
            pixels.extend([ring[0], ring[1], ring[2], cover as u8]);
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    file
}

/// A round badge in plain colours, as most are.
pub(crate) const FLAT: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="640" height="640">
<circle cx="100" cy="100" r="96" fill="#17336b"/><circle cx="100" cy="100" r="88" fill="none" stroke="#e8c25a" stroke-width="3"/>
<circle cx="100" cy="100" r="80" fill="#2b5fab"/>
<path d="M100 44 L114 82 L154 84 L122 108 L134 147 L100 124 L66 147 L78 108 L46 84 L86 82 Z" fill="#e8c25a"/>
</svg>"##;

/// An SVG as a PNG, `side` pixels wide.
pub(crate) fn drawn(svg: &str, side: u32) -> Vec<u8> {
    let tree = Tree::from_str(svg, &Options::default()).unwrap();
    let mut pixmap = Pixmap::new(side, side).unwrap();
    let scale = side as f32 / tree.size().width();
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&pixmap.take_demultiplied()).unwrap();
    file
}

/// Some kanji or other.
pub(crate) fn kanji(number: u32) -> char {
    char::from_u32(0x5000 + number * 37).unwrap()
}

pub(crate) const CREDENTIAL: &str = r#"{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"note":"/ByteRange [0 1 2 3] 髙"}"#;

pub(crate) const ATTACHMENTS: &[Attachment<'static>] = &[
    Attachment {
        name: "credential.json",
        media_type: "application/ld+json",
        description: "Open Badges 3.0 credential",
        relationship: Relationship::Data,
        bytes: CREDENTIAL.as_bytes(),
    },
    Attachment {
        name: "badge.png",
        media_type: "image/png",
        description: "The badge with the credential baked in",
        relationship: Relationship::Supplement,
        bytes: b"\x89PNG\r\n\x1a\n not really",
    },
];

pub(crate) fn english() -> Page<'static> {
    Page {
        language: Language::En,
        orientation: Orientation::Landscape,
        recipient: "Grace Brewster Hopper",
        badge_name: "Foundations of Data Stewardship",
        description: "Plans, documents and shares research data so that others can find it, understand it and use it again.",
        criteria: "The holder\n\n- completed the five modules of the course,\n- wrote a **data management plan** for a project of their own, which two reviewers accepted,\n- deposited a data set with complete metadata in a public repository.",
        issuer_name: "Open Science Lab",
        organisation_name: Some("Example University"),
        issued_on: "2026-01-15T09:30:00Z".parse().unwrap(),
        expires_on: Some("2029-01-14T23:59:59Z".parse().unwrap()),
        credential_id: "https://badges.example/v3/credentials/01JH8Q6T9Z4M5N6P7Q8R9S0T1V",
        credential_url: "https://badges.example/v3/credentials/01JH8Q6T9Z4M5N6P7Q8R9S0T1V",
        validator_url: "https://badges.example/validate?credential=01JH8Q6T9Z4M5N6P7Q8R9S0T1V",
        validator_shown: "https://badges.example/validate",
        colour: Colour::new(29, 78, 156),
        logo: None,
        artwork: Picture::Svg(SVG),
        artwork_alt: "A golden star over mountains in a blue disc",
        attachments: ATTACHMENTS,
        created: "2026-01-15T09:30:00Z".parse().unwrap(),
    }
}

pub(crate) fn japanese() -> Page<'static> {
    Page {
        language: Language::Ja,
        recipient: "髙橋\u{3000}𠮷太郎",
        badge_name: "研究データ管理の基礎",
        description: "研究データを計画的に作成・記録・公開し、他の研究者が見つけ、理解し、再び利用できるようにするための基礎的な知識と技能を身につけている。",
        criteria: "次のすべてを満たした者に授与する。\n\n1. 全五回の講義に出席し、各回の確認テストに合格すること（再受験は「二回」まで）。\n2. 自身の研究について**データ管理計画**を作成し、二名の審査員の承認を得ること。\n3. メタデータの完備したデータセットを公開リポジトリに登録すること。",
        issuer_name: "オープンサイエンス研究室",
        organisation_name: Some("例示大学"),
        colour: Colour::new(150, 38, 58),
        artwork_alt: "青い円の中、山並みの上に金色の星",
        ..english()
    }
}
