//! What holds for every PNG.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use bake::png::{MAX_CHUNKS, MAX_IMAGE_BYTES, PngError, bake, extract};
use bake::{Body, Kind, MAX_PAYLOAD_BYTES, Payload, PayloadError, Place, Version};
use proptest::prelude::*;
use support::{AFTER_HEADER, BAKED_HEART, HEART, chunk, chunks, with};

const JSON: &str = r#"{"name":"印","type":["VerifiableCredential"]}"#;
const JWS: &str = "eyJhbGciOiJFZERTQSJ9.eyJuYW1lIjoi5Y2wIn0.c2ln";

fn pixels(image: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(image)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

fn itxt(keyword: &str, rest: &[u8]) -> Vec<u8> {
    chunk(b"iTXt", &[keyword.as_bytes(), rest].concat())
}

#[test]
fn the_chunk_is_what_the_standard_says() {
    let baked = bake(HEART, &Payload::v3_json(JSON)).unwrap();
    let expected = itxt("openbadgecredential", &[b"\0\0\0\0\0", JSON.as_bytes()].concat());
    assert_eq!(baked, with(HEART, AFTER_HEADER, &expected));
    assert_eq!(pixels(&baked), pixels(HEART));

    // An independent reader agrees, checksums included.
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&baked));
    decoder.set_ignore_text_chunk(false);
    let info = decoder.read_info().unwrap();
    let text = &info.info().utf8_text[0];
    assert_eq!((text.keyword.as_str(), text.compressed), ("openbadgecredential", false));
    assert_eq!(text.get_text().unwrap(), JSON);
}

#[test]
fn baking_again_replaces_its_own_version_and_keeps_the_other() {
    let first = bake(HEART, &Payload::v2_signed(JWS)).unwrap();
    let both = bake(&first, &Payload::v3_json("{\"old\":1}")).unwrap();
    let again = bake(&both, &Payload::v3_json(JSON)).unwrap();
    let found = extract(&again).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].version, found[0].kind, found[0].text.as_str()), (Version::V3, Kind::Json, JSON));
    assert_eq!((found[1].version, found[1].kind, found[1].text.as_str()), (Version::V2, Kind::Jws, JWS));
    assert_eq!(again, bake(&first, &Payload::v3_json(JSON)).unwrap());
}

#[test]
fn another_librarys_badge_is_replaced_where_it_stands() {
    let baked = bake(BAKED_HEART, &Payload::v2_hosted("{}", "https://a.example/1")).unwrap();
    let expected = itxt("openbadges", b"\0\0\0\0\0{}");
    assert_eq!(baked, with(HEART, AFTER_HEADER, &expected));
    // The last chunk before IEND, where openbadgeslib puts it.
    let baked = bake(support::LDP, &Payload::v3_json(JSON)).unwrap();
    assert_eq!(baked, bake(HEART, &Payload::v3_json(JSON)).unwrap());
}

#[test]
fn badges_from_before_the_first_standard_are_read_and_replaced() {
    let url = chunk(b"tEXt", b"openbadges\0https://a.example/assertion/1");
    let old = with(HEART, AFTER_HEADER, &url);
    let found = extract(&old).unwrap().remove(0);
    assert_eq!((found.version, found.kind, found.place), (Version::V2, Kind::Url, Place::LatinText));
    assert_eq!(found.text, "https://a.example/assertion/1");
    let baked = bake(&old, &Payload::v2_signed(JWS)).unwrap();
    assert_eq!(baked, bake(HEART, &Payload::v2_signed(JWS)).unwrap());
}

#[test]
fn language_tags_are_skipped_and_other_texts_left_alone() {
    let tagged = itxt("openbadges", "\0\0\0ja\0バッジ\0{}".as_bytes());
    assert_eq!(extract(&with(HEART, AFTER_HEADER, &tagged)).unwrap()[0].text, "{}");
    for other in [itxt("openbadgesx", b"\0\0\0\0\0{}"), itxt("Title", b"\0\0\0\0\0x"), chunk(b"zTXt", b"x\0\0\xff")] {
        let image = with(HEART, AFTER_HEADER, &other);
        assert_eq!(extract(&image), Ok(Vec::new()));
        assert!(memchr::memmem::find(&bake(&image, &Payload::v3_jws(JWS)).unwrap(), &other).is_some());
    }
}

#[test]
fn two_badges_of_one_version_are_an_error_wherever_they_stand() {
    let one = itxt("openbadges", b"\0\0\0\0\0{}");
    let end = HEART.len() - 12;
    for second in [one.clone(), chunk(b"tEXt", b"openbadges\0https://a.example")] {
        let image = with(&with(HEART, end, &second), AFTER_HEADER, &one);
        assert_eq!(extract(&image), Err(PngError::Duplicate(Version::V2)));
        assert_eq!(bake(&image, &Payload::v2_signed(JWS)), Err(PngError::Duplicate(Version::V2)));
    }
}

#[test]
fn unreadable_badges_say_why() {
    let long = [b"\0\0\0\0\0".as_slice(), &vec![b' '; MAX_PAYLOAD_BYTES + 1]].concat();
    let v3 = Version::V3;
    for (bad, error) in [
        (itxt("openbadgecredential", b"\0\x01\0\0\0x"), PngError::Compressed(v3)),
        (chunk(b"zTXt", b"openbadgecredential\0\0x"), PngError::Compressed(v3)),
        (itxt("openbadgecredential", b"\0\x02\0\0\0x"), PngError::Malformed(v3)),
        (itxt("openbadgecredential", b""), PngError::Malformed(v3)),
        (itxt("openbadgecredential", b"\0\0\0\0"), PngError::Malformed(v3)),
        (itxt("openbadgecredential", b"\0\0\0\0\0\xff"), PngError::NotUtf8(v3)),
        (chunk(b"tEXt", b"openbadgecredential\0\xe9"), PngError::NotUtf8(v3)),
        (itxt("openbadgecredential", b"\0\0\0\0\0hello"), PngError::Unrecognised(v3)),
        (itxt("openbadgecredential", &long), PngError::BadgeTooLarge(v3)),
    ] {
        let image = with(HEART, AFTER_HEADER, &bad);
        assert_eq!(extract(&image), Err(error));
        // It stands in the way of the other version, but not of its own replacement.
        assert_eq!(bake(&image, &Payload::v2_signed(JWS)), Err(error));
        assert_eq!(bake(&image, &Payload::v3_json(JSON)), bake(HEART, &Payload::v3_json(JSON)));
    }
}

#[test]
fn an_image_out_of_order_is_refused() {
    let payload = Payload::v3_json(JSON);
    let header = &HEART[8..AFTER_HEADER];
    let end = HEART.len() - 12;
    let bad = |image: &[u8], error: PngError| {
        assert_eq!(bake(image, &payload), Err(error));
        assert_eq!(extract(image), Err(error));
    };
    bad(b"", PngError::NotPng);
    bad(b"GIF89a", PngError::NotPng);
    bad(&HEART[..8], PngError::Truncated);
    bad(&HEART[..end], PngError::Truncated);
    bad(&HEART[..HEART.len() - 1], PngError::Truncated);
    bad(&with(HEART, 8, &chunk(b"tEXt", b"a\0b")), PngError::Structure);
    bad(&with(HEART, AFTER_HEADER, header), PngError::Structure);
    bad(&with(HEART, end, &chunk(b"IEND", b"x")), PngError::Structure);
    bad(&with(HEART, AFTER_HEADER, &chunk(b"a b1", b"")), PngError::ChunkType { at: AFTER_HEADER });
    bad(&with(HEART, AFTER_HEADER, b"\xff\xff\xff\xffIDAT"), PngError::Truncated);
    bad(&[HEART, &vec![0; MAX_IMAGE_BYTES]].concat(), PngError::TooLarge);
    bad(&with(HEART, AFTER_HEADER, &chunk(b"teSt", b"").repeat(MAX_CHUNKS)), PngError::TooManyChunks);
}

#[test]
fn only_baking_cares_about_pixels_and_appended_bytes() {
    let payload = Payload::v3_json(JSON);
    let appended = [HEART, b"PK\x03\x04"].concat();
    assert_eq!(bake(&appended, &payload), Err(PngError::TrailingBytes));
    assert_eq!(extract(&appended), Ok(Vec::new()));

    let empty = [&HEART[..AFTER_HEADER], &chunk(b"IEND", b"")].concat();
    assert_eq!(bake(&empty, &payload), Err(PngError::NoImageData));
    assert_eq!(extract(&empty), Ok(Vec::new()));
}

#[test]
fn the_result_stays_within_the_limit() {
    let room = MAX_IMAGE_BYTES - HEART.len() - 12;
    let full = with(HEART, AFTER_HEADER, &chunk(b"teSt", &vec![0; room]));
    assert_eq!(full.len(), MAX_IMAGE_BYTES);
    assert_eq!(extract(&full), Ok(Vec::new()));
    assert_eq!(bake(&full, &Payload::v3_json(JSON)), Err(PngError::TooLarge));
    assert_eq!(bake(HEART, &Payload::v3_json("[]")), Err(PngError::Payload(PayloadError::NotJsonObject)));
}

#[test]
fn animated_images_stay_animated() {
    let mut animated = Vec::new();
    let mut encoder = png::Encoder::new(&mut animated, 2, 1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[1, 2, 3, 4, 5, 6]).unwrap();
    writer.write_image_data(&[6, 5, 4, 3, 2, 1]).unwrap();
    writer.finish().unwrap();
    let baked = bake(&animated, &Payload::v3_json(JSON)).unwrap();
    let added = itxt("openbadgecredential", &[b"\0\0\0\0\0", JSON.as_bytes()].concat());
    assert_eq!(baked, with(&animated, AFTER_HEADER, &added));
    let reader = png::Decoder::new(std::io::Cursor::new(&baked)).read_info().unwrap();
    assert_eq!(reader.info().animation_control().unwrap().num_frames, 2);
}

#[test]
fn every_flipped_bit_is_refused_when_baking() {
    let baked = bake(HEART, &Payload::v2_signed(JWS)).unwrap();
    for index in 0..baked.len() {
        for bit in 0..8 {
            let mut flipped = baked.clone();
            flipped[index] ^= 1 << bit;
            assert!(bake(&flipped, &Payload::v3_json(JSON)).is_err(), "bit {bit} of byte {index}");
        }
    }
}

#[test]
fn every_flipped_bit_of_the_badge_is_noticed_when_reading() {
    let baked = bake(HEART, &Payload::v2_signed(JWS)).unwrap();
    let (start, kind, length) = chunks(&baked)[1];
    assert_eq!(&kind, b"iTXt");
    for index in start..start + length {
        for bit in 0..8 {
            let mut flipped = baked.clone();
            flipped[index] ^= 1 << bit;
            // An error, or (type or keyword hit) no badge; never another badge.
            assert!(extract(&flipped).is_err() || extract(&flipped).unwrap().is_empty(), "bit {bit} of byte {index}");
        }
    }
}

/// A JSON object with any text JSON allows unescaped.
fn json() -> impl Strategy<Value = String> {
    ("[ \t\r\n]{0,3}", "[^\u{0}-\u{1f}\"\\\\]{0,200}", "[ \t\r\n]{0,3}")
        .prop_map(|(before, text, after)| format!("{before}{{\"text\":\"{text}\"}}{after}"))
}

fn jws() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{1,40}\\.[A-Za-z0-9_-]{1,200}\\.[A-Za-z0-9_-]{1,90}"
}

/// A small picture in any colour type, with some chunks of its own around the image data.
fn picture() -> impl Strategy<Value = Vec<u8>> {
    let extra = proptest::collection::vec((0..2_usize, proptest::collection::vec(any::<u8>(), 0..40)), 0..4);
    (1..9_u32, 1..9_u32, proptest::collection::vec(any::<u8>(), 8 * 8 * 4), extra).prop_map(
        |(width, height, noise, extra)| {
            let mut image = Vec::new();
            let mut encoder = png::Encoder::new(&mut image, width, height);
            encoder.set_color(png::ColorType::Rgba);
            let mut writer = encoder.write_header().unwrap();
            writer.write_image_data(&noise[..(width * height * 4) as usize]).unwrap();
            writer.finish().unwrap();
            for (place, data) in extra {
                let at = if place == 0 { AFTER_HEADER } else { image.len() - 12 };
                image = with(&image, at, &chunk(b"prVt", &data));
            }
            image
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_in_comes_out_and_leaves_no_trace(image in picture(), json in json(), jws in jws(), v3: bool, signed: bool) {
        let version = if v3 { Version::V3 } else { Version::V2 };
        let body = if signed { Body::CompactJws(&jws) } else { Body::Json(&json) };
        let text = if signed { &jws } else { &json };
        let baked = bake(&image, &Payload { version, body, verify_url: None }).unwrap();
        let found = extract(&baked).unwrap();
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(&found[0].text, text);
        prop_assert_eq!(found[0].version, version);

        let (start, _, length) = chunks(&baked)[1];
        prop_assert_eq!([&baked[..start], &baked[start + length..]].concat(), image.clone());
        prop_assert_eq!(pixels(&baked), pixels(&image));
    }

    #[test]
    fn no_input_makes_it_panic(mut image in picture(), edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12), cut in any::<prop::sample::Index>(), fix: bool) {
        for (at, value) in edits {
            let at = at.index(image.len());
            image[at] = value;
        }
        if cut.index(4) == 0 {
            image.truncate(cut.index(image.len()));
        }
        if fix {
            image.splice(..8.min(image.len()), bake::png::SIGNATURE);
        }
        let _ = extract(&image);
        if let Ok(baked) = bake(&image, &Payload::v3_json(JSON)) {
            prop_assert_eq!(&extract(&baked).unwrap()[0].text, JSON);
        }
    }
}
