//! Writes pages to look at into a folder: `cargo run -p layout --example samples -- FOLDER`.

#![allow(clippy::unwrap_used, reason = "a tool")]

#[path = "../tests/sample/mod.rs"]
mod sample;

use layout::{Colour, Orientation, Page, Picture};

const WIDE: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 120"><rect width="400" height="120" rx="20" fill="#7a5c1e"/><circle cx="60" cy="60" r="40" fill="#f4e3b2"/></svg>"##;

const TALL: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 240"><path d="M0 0H90V240L45 200L0 240Z" fill="#1b1b28"/><circle cx="45" cy="60" r="28" fill="#c9a44a"/></svg>"##;

fn main() {
    let folder = std::path::PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    let renderer = sample::renderer();
    let png = sample::png(600);
    let filtered = sample::filtered();
    let long_name =
        "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine Maximilian Alexander von und zu Hohenberg-Liechtenstein";
    let long_badge = "Advanced Practitioner Certificate in Interdisciplinary Research Data Stewardship, Reproducible Computational Workflows and Open Scholarly Communication";
    let prose = "Reviews data management plans of others and helps their authors to improve them. ".repeat(20);
    let bodies = "審査員二名の承認を得た計画書を提出し、公開リポジトリに「データセット」を登録すること。".repeat(25);
    let pages = [
        ("en", sample::english()),
        ("ja", sample::japanese()),
        (
            "en-long",
            Page {
                recipient: long_name,
                badge_name: long_badge,
                description: &prose,
                criteria: &prose,
                artwork: Picture::Png(&png),
                logo: Some(Picture::Png(&png)),
                ..sample::english()
            },
        ),
        (
            "ja-long",
            Page {
                recipient: "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る処に住む処藪ら柑子の藪柑子",
                badge_name: "学際的研究データ管理・再現可能な計算ワークフロー・開かれた学術情報流通に関する上級実践者認定プログラム修了",
                criteria: &bodies,
                artwork: Picture::Svg(&filtered),
                logo: Some(Picture::Svg(sample::SVG)),
                ..sample::japanese()
            },
        ),
        (
            "odd",
            Page {
                recipient: "濵﨑 太郎 🎉 عبد الله",
                badge_name: "A 👩‍🚀 \u{202E}evil\u{202C} שלום हिन्दी ไทย 한국어",
                description: "",
                criteria: "",
                expires_on: None,
                organisation_name: None,
                colour: Colour::new(250, 200, 30),
                ..sample::english()
            },
        ),
        (
            "scripts",
            Page {
                recipient: "محمد عبد الله الخوارزمي",
                badge_name: "Ελένη Παπαδοπούλου · Дмитрий Шостакович · שלמה",
                description: "สมชาย ใจดี · कृष्णा शर्मा · Nguyễn Thị Hương · Łukasz Żółć · Gökçe Ağaoğlu · 김민준 · 陈伟 · 陳怡君",
                criteria: "Names: **bold**, *emphasis*, `code`.\n\n1. أحمد\n2. שרה כהן, then Latin\n10. สมหญิง",
                colour: Colour::new(12, 92, 84),
                ..sample::english()
            },
        ),
        (
            "nobody",
            Page {
                recipient: "",
                colour: Colour::new(246, 240, 220),
                artwork: Picture::Svg(WIDE),
                logo: Some(Picture::Svg(WIDE)),
                expires_on: None,
                ..sample::japanese()
            },
        ),
        (
            "dark",
            Page {
                recipient: "Ada King, Countess of Lovelace",
                colour: Colour::new(14, 14, 20),
                artwork: Picture::Svg(TALL),
                logo: Some(Picture::Svg(TALL)),
                ..sample::english()
            },
        ),
        (
            "tiny",
            Page {
                recipient: "Li",
                badge_name: "C",
                description: "x",
                criteria: "",
                expires_on: None,
                organisation_name: None,
                ..sample::english()
            },
        ),
    ];
    for (name, page) in pages {
        for (way, orientation) in [("landscape", Orientation::Landscape), ("portrait", Orientation::Portrait)] {
            let bytes = renderer.render(&Page { orientation, ..page.clone() }).unwrap();
            std::fs::write(folder.join(format!("{name}-{way}.pdf")), bytes).unwrap();
        }
    }
}
