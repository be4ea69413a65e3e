//! Whole pages: valid, the same twice, with everything in them that was given.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod sample;

use std::process::Command;
use std::sync::OnceLock;

use layout::{Attachment, Language, LayoutError, Orientation, Page, Picture, Relationship, Renderer};
use lopdf::{Dictionary, Document, Object};
use proptest::prelude::*;

fn renderer() -> &'static Renderer {
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    RENDERER.get_or_init(sample::renderer)
}

/// The page, read back. Rendering is itself the check against PDF/A-3a and PDF/UA-1.
fn rendered(page: &Page<'_>) -> Document {
    let document = Document::load_mem(&renderer().render(page).unwrap()).unwrap();
    assert_eq!(document.get_pages().len(), 1);
    document
}

fn resolved<'a>(document: &'a Document, dictionary: &'a Dictionary, key: &[u8]) -> &'a Object {
    document.dereference(dictionary.get(key).unwrap()).unwrap().1
}

/// Every structure element's kind, in reading order, with its alternative text.
fn structure(document: &Document) -> Vec<(String, Option<String>)> {
    fn walk(document: &Document, object: &Object, found: &mut Vec<(String, Option<String>)>) {
        match document.dereference(object).unwrap().1 {
            Object::Array(children) => children.iter().for_each(|child| walk(document, child, found)),
            Object::Dictionary(element) => {
                if let Ok(kind) = element.get(b"S").and_then(Object::as_name) {
                    let alt = element.get(b"Alt").ok().map(|alt| lopdf::decode_text_string(alt).unwrap());
                    found.push((String::from_utf8_lossy(kind).into_owned(), alt));
                }
                if let Ok(children) = element.get(b"K") {
                    walk(document, children, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    let root = resolved(document, document.catalog().unwrap(), b"StructTreeRoot").as_dict().unwrap();
    walk(document, root.get(b"K").unwrap(), &mut found);
    found
}

/// The text in the order of the page, by a reader we did not write; `None` where it is not installed.
fn extracted(page: &Page<'_>, name: &str) -> Option<String> {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    std::fs::write(&file, renderer().render(page).unwrap()).unwrap();
    let output = Command::new("pdftotext").args(["-raw", "-enc", "UTF-8"]).arg(&file).arg("-").output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" "))
}

fn assert_in_order(text: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at = text[from..].find(part).unwrap_or_else(|| panic!("{part:?} is not after byte {from} of {text:?}"));
        from += at + part.len();
    }
}

#[test]
fn the_same_page_gives_the_same_bytes() {
    let page = sample::japanese();
    let first = sample::renderer().render(&page).unwrap();
    // Another renderer, and one that has drawn other pages before.
    let _ = renderer().render(&sample::english()).unwrap();
    assert!(first == sample::renderer().render(&page).unwrap());
    assert!(first == renderer().render(&page).unwrap());
    assert!(first == renderer().render(&page).unwrap());
}

#[test]
fn every_kind_of_page_is_valid() {
    let long = "A very long text that goes on and on without end, ".repeat(60);
    let endless = "x".repeat(5_000);
    let ja = "終わりのない、とても長い文章。「括弧」（丸括弧）ー".repeat(60);
    let odd = "a\u{0}\u{7}\u{1B}[31m\u{202E}b\u{2066}\u{FEFF}\u{FFFE}\u{FFFF}\u{10FFFF}\u{E000}\r\n\t";
    let texts = [
        "",
        "C",
        &long,
        &endless,
        &ja,
        "🎉👩‍🚀🇯🇵",
        "髙﨑濵𠮷𠮟𩸽邉葛\u{E0100}",
        "عبد الله שלום",
        "हिन्दी ไทย 한국어 简体",
        odd,
        "e\u{301}漢\u{301}か\u{3099}",
    ];
    let png = sample::png(64);
    let filtered = sample::filtered();
    let pictures = [Picture::Png(&png), Picture::Svg(sample::SVG), Picture::Svg(&filtered)];
    let mut count = 0_usize;
    for (index, text) in texts.into_iter().enumerate() {
        for base in [sample::english(), sample::japanese()] {
            for orientation in [Orientation::Landscape, Orientation::Portrait] {
                count += 1;
                let artwork = pictures[count % pictures.len()];
                let logo = count.is_multiple_of(2).then_some(pictures[(count + index) % pictures.len()]);
                let page = Page {
                    orientation,
                    recipient: text,
                    badge_name: text,
                    description: text,
                    criteria: text,
                    issuer_name: text,
                    organisation_name: count.is_multiple_of(3).then_some("Another"),
                    credential_id: text,
                    credential_url: text,
                    validator_url: text,
                    validator_shown: text,
                    artwork,
                    artwork_alt: text,
                    logo,
                    ..base.clone()
                };
                rendered(&page);
                // One at a time as well: texts must not lean on their neighbours.
                rendered(&Page { recipient: text, orientation, artwork, ..base.clone() });
            }
        }
    }
}

#[test]
fn attachments_come_out_byte_for_byte() {
    let document = rendered(&sample::english());
    let catalog = document.catalog().unwrap();
    let files = resolved(&document, catalog, b"AF").as_array().unwrap();
    assert_eq!(files.len(), sample::ATTACHMENTS.len());
    for file in files {
        let file = document.dereference(file).unwrap().1.as_dict().unwrap();
        let name = lopdf::decode_text_string(file.get(b"UF").unwrap()).unwrap();
        let given = sample::ATTACHMENTS.iter().find(|given| given.name == name).unwrap();
        let relationship = match given.relationship {
            Relationship::Data => "Data",
            Relationship::Supplement => "Supplement",
        };
        assert_eq!(file.get(b"AFRelationship").unwrap().as_name().unwrap(), relationship.as_bytes());
        let stream =
            resolved(&document, resolved(&document, file, b"EF").as_dict().unwrap(), b"F").as_stream().unwrap();
        assert_eq!(stream.decompressed_content().unwrap(), given.bytes);
    }
    // Nothing of a stranger's text stands in the raw file, where it could pass for syntax.
    let bytes = renderer().render(&sample::english()).unwrap();
    assert!(!bytes.windows(10).any(|window| window == b"/ByteRange"));
}

#[test]
fn attachments_out_of_order_are_refused() {
    let good = sample::ATTACHMENTS[0].clone();
    let refused = |attachments: &[Attachment<'_>]| match renderer().render(&Page { attachments, ..sample::english() }) {
        Err(LayoutError::Attachment(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&[good.clone(), good.clone()]), "two of one name");
    assert_eq!(refused(&[Attachment { name: "a/b", ..good.clone() }]), "its name");
    assert_eq!(refused(&[Attachment { name: "", ..good.clone() }]), "its name");
    assert_eq!(refused(&[Attachment { media_type: "json", ..good.clone() }]), "its media type");
    assert_eq!(refused(&vec![good; layout::MAX_ATTACHMENTS + 1]), "too many");
}

#[test]
fn pictures_beyond_the_limits_are_refused() {
    let refused = |artwork: Picture<'_>| match renderer().render(&Page { artwork, ..sample::english() }) {
        Err(LayoutError::Picture(why)) => why,
        other => panic!("{other:?}"),
    };
    let mut huge = sample::png(8);
    huge[16..20].copy_from_slice(&20_000_u32.to_be_bytes());
    let crc = crc(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(refused(Picture::Png(&huge)), "too many pixels");
    assert_eq!(refused(Picture::Png(b"GIF89a")), "a damaged PNG");
    assert_eq!(refused(Picture::Png(&sample::png(64)[..200])), "a damaged PNG");
    assert_eq!(refused(Picture::Svg("<svg")), "a damaged SVG");
    assert_eq!(refused(Picture::Png(&vec![0; layout::MAX_PICTURE_BYTES + 1])), "too many bytes");
}

/// CRC-32 of a PNG chunk.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[test]
fn an_svg_stays_vectors_unless_it_cannot() {
    let images = |artwork| {
        let document = rendered(&Page { artwork, ..sample::english() });
        let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
        streams
            .filter(|stream| stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Image"))
            .count()
    };
    let filtered = sample::filtered();
    assert_eq!(images(Picture::Svg(sample::SVG)), 0);
    assert_eq!(images(Picture::Svg(&filtered)), 2, "pixels and their transparency");
    assert_eq!(images(Picture::Png(&sample::png(64))), 2);
}

#[test]
fn the_structure_can_be_read_aloud() {
    let document = rendered(&sample::japanese());
    let structure = structure(&document);
    let kinds: Vec<&str> = structure.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "H1").count(), 1, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "Link").count(), 2, "{kinds:?}");
    let figures: Vec<_> =
        structure.iter().filter(|(kind, _)| kind == "Figure").map(|(_, alt)| alt.as_deref().unwrap()).collect();
    assert_eq!(figures, ["青い円の中、山並みの上に金色の星", "この証明書を確認するページのQRコード"]);
    let catalog = document.catalog().unwrap();
    assert_eq!(lopdf::decode_text_string(catalog.get(b"Lang").unwrap()).unwrap(), "ja");
    assert!(catalog.get(b"Outlines").is_ok());
}

#[test]
fn links_lead_where_they_say() {
    let document = rendered(&sample::english());
    let page = *document.get_pages().values().next().unwrap();
    let mut targets = Vec::new();
    for annotation in document.get_page_annotations(page).unwrap() {
        let action = resolved(&document, annotation, b"A").as_dict().unwrap();
        targets.push(String::from_utf8(action.get(b"URI").unwrap().as_str().unwrap().to_vec()).unwrap());
    }
    assert_eq!(targets, [sample::english().credential_url, sample::english().validator_url]);
    // What is no address of the web is written, but leads nowhere.
    let document = rendered(&Page {
        validator_url: "javascript:alert(1)",
        credential_url: "file:///etc/passwd",
        ..sample::english()
    });
    let page = *document.get_pages().values().next().unwrap();
    assert!(document.get_page_annotations(page).unwrap().is_empty());
}

#[test]
fn text_comes_out_in_reading_order() {
    let Some(text) = extracted(&sample::english(), "english") else { return };
    assert_in_order(
        &text,
        &[
            "CERTIFICATE",
            "Grace Brewster Hopper",
            "has earned the badge",
            "Foundations of Data Stewardship",
            "Plans, documents",
            "Criteria",
            "completed the five",
            "Issued by",
            "Open Science Lab",
            "Example University",
            "15 January 2026",
            "14 January 2029",
            "https://badges.example/v3/credentials/",
            "Verify this badge",
        ],
    );
    let Some(text) = extracted(&sample::japanese(), "japanese") else { return };
    assert_in_order(&text, &["髙橋", "𠮷太郎", "研究データ管理の基礎", "取得条件", "発行者", "2026年1月15日"]);
}

#[test]
fn what_no_font_has_is_shown_as_a_sign_and_kept_as_text() {
    let page = Page { recipient: "太郎 🎉🎊", ..sample::japanese() };
    let Some(text) = extracted(&page, "emoji") else { return };
    assert!(text.contains("太郎 🎉🎊"), "{text}");
    assert!(!text.contains('〓'), "{text}");
}

#[test]
fn an_emoji_beside_a_name_leaves_no_sign() {
    // Every character that is drawn is in a font's map from glyphs to characters.
    let signs = |recipient| {
        let document = rendered(&Page { recipient, ..sample::japanese() });
        let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
        let maps = streams
            .filter(|stream| stream.dict.get(b"Type").and_then(Object::as_name).is_ok_and(|kind| kind == b"CMap"));
        maps.filter(|map| String::from_utf8_lossy(&map.decompressed_content().unwrap()).contains("<3013>")).count()
    };
    assert_eq!(signs("太郎 🎉"), 0);
    assert_eq!(signs("한국"), 1);
    assert_eq!(signs("🎉"), 1, "something is shown where there is nothing else");
}

#[test]
fn a_page_without_a_recipient_speaks_of_the_holder() {
    let Some(text) = extracted(&Page { recipient: "", ..sample::english() }, "nobody") else { return };
    assert_in_order(&text, &["CERTIFICATE", "The holder of this certificate has earned", "Foundations of Data"]);
    let Some(text) = extracted(&sample::english(), "somebody") else { return };
    assert!(!text.contains("The holder of this certificate"), "{text}");
}

#[test]
fn lists_are_lists_with_their_numbers() {
    let structure = structure(&rendered(&sample::japanese()));
    let count = |kind: &str| structure.iter().filter(|(found, _)| found == kind).count();
    assert_eq!((count("L"), count("LI"), count("Lbl"), count("LBody")), (1, 3, 3, 3));
    let Some(text) = extracted(&sample::japanese(), "list") else { return };
    assert_in_order(&text, &["1. 全五回", "2. 自身", "3. メタデータ"]);
}

#[test]
fn a_long_page_still_says_what_the_badge_is() {
    let long = "Advanced interdisciplinary research data stewardship and open scholarly communication ".repeat(5);
    let png = sample::png(64);
    for orientation in [Orientation::Landscape, Orientation::Portrait] {
        let page = Page {
            recipient: &long,
            badge_name: &long,
            description: "Described here. And here as well.",
            criteria: &long,
            logo: Some(Picture::Png(&png)),
            orientation,
            ..sample::english()
        };
        let Some(text) = extracted(&page, "long") else { return };
        assert!(text.contains("Described here."), "{text}");
    }
}

#[test]
fn names_in_any_script_come_out_as_they_were_given() {
    let shown = |recipient: &'static str, name: &str| extracted(&Page { recipient, ..sample::english() }, name);
    for (index, recipient) in ["สมชาย ใจดี", "कृष्णा शर्मा", "Nguyễn Thị Hương", "Дмитрий", "Ελένη"].into_iter().enumerate()
    {
        let Some(text) = shown(recipient, &format!("script-{index}")) else { return };
        // Poppler puts spaces between the syllables of some scripts.
        let bare = |text: &str| text.replace(' ', "");
        assert!(bare(&text).contains(&bare(recipient)), "{recipient} in {text}");
    }
    let Some(text) = shown("Cohen שרה Levi", "bidi") else { return };
    // Poppler marks where the direction changes.
    let text = text.replace(['\u{202A}', '\u{202B}', '\u{202C}'], "");
    assert!(text.contains("Cohen שרה Levi"), "{text}");
}

#[test]
fn a_page_with_a_picture_stays_small() {
    let png = sample::drawn(sample::FLAT, 600);
    let page = Page { artwork: Picture::Png(&png), ..sample::japanese() };
    let size = renderer().render(&page).unwrap().len();
    assert!(size <= 90_000, "{size} bytes");
    let size = renderer().render(&sample::japanese()).unwrap().len();
    assert!(size <= 65_000, "{size} bytes");
}

#[test]
fn rare_kanji_of_names_are_printed() {
    let page = Page { recipient: "髙﨑濵𠮷𠮟𩸽邉", ..sample::japanese() };
    let Some(text) = extracted(&page, "kanji") else { return };
    assert!(text.contains(page.recipient), "{text}");
}

#[test]
fn cut_criteria_point_to_the_link() {
    let criteria = "Does something remarkable. ".repeat(200);
    let Some(text) = extracted(&Page { criteria: &criteria, ..sample::english() }, "cut") else { return };
    assert_in_order(&text, &["Criteria", "…", "Full text at the link", "Issued by"]);
    let Some(text) = extracted(&sample::english(), "uncut") else { return };
    assert!(!text.contains("Full text at the link"), "{text}");
}

#[test]
fn no_line_begins_with_what_japanese_keeps_on_the_line_before() {
    let criteria = "計画を作成し、承認を得ること。（再受験は「二回」まで）データーベースっ".repeat(12);
    let page = Page { criteria: &criteria, orientation: Orientation::Portrait, ..sample::japanese() };
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("kinsoku.pdf");
    std::fs::write(&file, renderer().render(&page).unwrap()).unwrap();
    let Ok(output) = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(&file).arg("-").output() else {
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().count() > 10, "{text}");
    for line in text.lines() {
        assert!(!line.trim_start().starts_with(['、', '。', '」', '）', 'ー', 'っ']), "{line}");
        assert!(!line.trim_end().ends_with(['「', '（']), "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_refused(
        texts in prop::collection::vec("\\PC{0,60}|[\\p{L}\\p{M}]{0,40}|(?s).{0,80}", 9),
        ja in any::<bool>(),
        portrait in any::<bool>(),
    ) {
        let page = Page {
            language: if ja { Language::Ja } else { Language::En },
            orientation: if portrait { Orientation::Portrait } else { Orientation::Landscape },
            recipient: &texts[0],
            badge_name: &texts[1],
            description: &texts[2],
            criteria: &texts[3],
            issuer_name: &texts[4],
            organisation_name: Some(&texts[5]),
            credential_id: &texts[6],
            credential_url: &texts[7],
            validator_url: &texts[8],
            validator_shown: &texts[8],
            artwork_alt: &texts[0],
            ..sample::english()
        };
        rendered(&page);
    }
}
