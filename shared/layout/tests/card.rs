//! The card that other sites show: its size, and that every text is drawn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod sample;

use std::sync::OnceLock;

use layout::{CARD_SIZE, Card, Language, LayoutError, Renderer};

fn card<'a>(change: impl FnOnce(&mut Card<'a>)) -> Result<Vec<u8>, LayoutError> {
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    static ARTWORK: OnceLock<Vec<u8>> = OnceLock::new();
    let mut card = Card {
        language: Language::Ja,
        badge_name: "研究データ管理の基礎",
        issuer_name: "オープンサイエンス研究室",
        host: "badges.example",
        artwork: ARTWORK.get_or_init(|| sample::drawn(sample::FLAT, 300)),
    };
    change(&mut card);
    RENDERER.get_or_init(sample::renderer).card(&card)
}

/// Red, green and blue of every pixel.
fn pixels(file: &[u8]) -> Vec<[u8; 3]> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    assert_eq!(reader.info().size(), CARD_SIZE);
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut bytes).unwrap();
    bytes.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}

/// How many pixels within a piece of the card are as dark as text.
fn dark(pixels: &[[u8; 3]], columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> usize {
    let width = CARD_SIZE.0 as usize;
    rows.flat_map(|y| columns.clone().map(move |x| y * width + x))
        .filter(|at| pixels[*at].iter().all(|c| *c < 120))
        .count()
}

#[test]
fn a_card_shows_badge_name_and_issuer_in_japanese_too() {
    let file = card(|_| {}).unwrap();
    // For those who want to see it.
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("card.png"), &file).unwrap();
    assert!(file.len() < 300_000, "{} bytes", file.len());
    assert_eq!(file, card(|_| {}).unwrap(), "the same twice");
    let whole = pixels(&file);
    let without_name = pixels(&card(|card| card.badge_name = "").unwrap());
    let without_issuer = pixels(&card(|card| card.issuer_name = "").unwrap());
    let words = |pixels| dark(pixels, 540..1150, 60..490);
    assert!(words(&whole) > words(&without_name) + 3_000 && words(&whole) > words(&without_issuer) + 300);
    let artwork = whole[315 * CARD_SIZE.0 as usize + 290];
    assert_ne!(artwork, whole[10], "the badge is there");
}

#[test]
fn any_text_is_drawn_within_the_card() {
    let long = "とても長い名前のバッジ".repeat(40);
    let wide = "W".repeat(400);
    for text in ["", "𠮷野家髙島屋", &wide, &long, "\u{202e}abc\u{0}", "🎉"] {
        let pixels = pixels(&card(|card| (card.badge_name, card.issuer_name, card.host) = (text, text, text)).unwrap());
        assert_eq!(dark(&pixels, 1_140..1_200, 0..630), 0, "{text}");
        assert_eq!(dark(&pixels, 540..1_140, 0..40), 0, "{text}");
    }
}

#[test]
fn what_is_no_picture_is_refused() {
    assert!(matches!(card(|card| card.artwork = b"GIF89a"), Err(LayoutError::Picture(_))));
}
