//! What holds for PNG uploads.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use artwork::{ArtworkError, ArtworkWarning, Format, MAX_KEPT_SIDE, MAX_SIDE, MAX_UPLOAD_BYTES, normalise};
use bake::Payload;
use image::{Rgba, RgbaImage};
use proptest::prelude::*;

fn encode(width: u32, height: u32, color: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette((0..=255_u8).flat_map(|n| [n, n / 2, 255 - n]).collect::<Vec<_>>());
        encoder.set_trns((0..=255_u8).rev().collect::<Vec<_>>());
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    out
}

fn rgba(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Vec<u8> {
    let image = RgbaImage::from_fn(width, height, |x, y| Rgba(pixel(x, y)));
    encode(width, height, png::ColorType::Rgba, png::BitDepth::Eight, &image)
}

fn pixels(png: &[u8]) -> RgbaImage {
    image::load_from_memory_with_format(png, image::ImageFormat::Png).unwrap().to_rgba8()
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&crc32fast::hash(&out[4..]).to_be_bytes());
    out
}

fn after_header(png: &[u8], insert: &[u8]) -> Vec<u8> {
    [&png[..33], insert, &png[33..]].concat()
}

fn kinds(png: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 8;
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        found.push(String::from_utf8(png[at + 4..at + 8].to_vec()).unwrap());
        at += length + 12;
    }
    found.dedup();
    found
}

#[test]
fn a_square_picture_keeps_every_pixel() {
    let upload = rgba(300, 300, |x, y| [x.to_le_bytes()[0], y.to_le_bytes()[0], 7, 200]);
    let artwork = normalise(&upload).unwrap();
    assert_eq!(pixels(&artwork.bytes), pixels(&upload));
    assert_eq!((artwork.format, artwork.width, artwork.height), (Format::Png, 300, 300));
    assert_eq!((&artwork.png, &artwork.png_sha256), (&artwork.bytes, &artwork.sha256));
    assert_eq!(artwork.sha256.len(), 64);
    assert_eq!(artwork.warnings, []);
    assert!(bake::png::bake(&artwork.bytes, &Payload::v3_json("{}")).is_ok());
}

#[test]
fn a_picture_that_is_not_square_gets_transparent_margins() {
    let artwork = normalise(&rgba(300, 200, |_, _| [8, 1, 203, 48])).unwrap();
    assert_eq!((artwork.width, artwork.height), (300, 300));
    assert_eq!(artwork.warnings, [ArtworkWarning::Padded]);
    let square = pixels(&artwork.bytes);
    for (y, expected) in [(49, [0; 4]), (50, [8, 1, 203, 48]), (249, [8, 1, 203, 48]), (250, [0; 4])] {
        assert_eq!(square.get_pixel(150, y).0, expected, "row {y}");
    }
}

#[test]
fn a_large_picture_is_scaled_down_without_fringes() {
    // Invisible pixels are white here; scaling must not let them shine through at the edge.
    let upload =
        rgba(MAX_KEPT_SIDE + 500, MAX_KEPT_SIDE, |x, _| if x < 1250 { [200, 0, 0, 255] } else { [255, 255, 255, 0] });
    let artwork = normalise(&upload).unwrap();
    assert_eq!((artwork.width, artwork.height), (MAX_KEPT_SIDE, MAX_KEPT_SIDE));
    assert_eq!(artwork.warnings, [ArtworkWarning::Padded, ArtworkWarning::ScaledDown]);
    for pixel in pixels(&artwork.bytes).pixels().filter(|pixel| pixel.0[3] > 8) {
        assert!(pixel.0[0].abs_diff(200) < 20 && pixel.0[1] < 20, "{:?}", pixel.0);
    }
}

#[test]
fn nothing_but_pixels_goes_through() {
    let clean = rgba(300, 300, |x, _| [x.to_le_bytes()[0], 0, 0, 255]);
    let mut upload = bake::png::bake(&clean, &Payload::v3_json("{\"a\":1}")).unwrap();
    upload = after_header(&upload, &chunk(b"eXIf", b"MM\0*GPS"));
    upload = after_header(&upload, &chunk(b"tEXt", b"Author\0someone@a.example"));
    upload.extend_from_slice(b"PK\x03\x04<script>alert(1)</script>");
    let artwork = normalise(&upload).unwrap();
    assert_eq!(artwork.warnings, [ArtworkWarning::CredentialRemoved]);
    assert_eq!(artwork.bytes, normalise(&clean).unwrap().bytes);
    assert_eq!(kinds(&artwork.bytes), ["IHDR", "PLTE", "IDAT", "IEND"]);
}

#[test]
fn few_colours_make_a_small_file() {
    let flat =
        normalise(&rgba(600, 600, |x, y| if (x / 40 + y / 40) % 2 == 0 { [9, 9, 9, 255] } else { [0, 0, 0, 0] }))
            .unwrap();
    assert!(flat.bytes.len() < 2000, "{}", flat.bytes.len());
    assert_eq!(kinds(&flat.bytes), ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);
    let many = normalise(&rgba(600, 600, |x, y| [x.to_le_bytes()[0], y.to_le_bytes()[0], 0, 255])).unwrap();
    assert_eq!(kinds(&many.bytes), ["IHDR", "IDAT", "IEND"]);
}

#[test]
fn animations_and_profiles_leave_a_warning() {
    let mut animated = Vec::new();
    let mut encoder = png::Encoder::new(&mut animated, 200, 200);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[50; 200 * 200]).unwrap();
    writer.write_image_data(&[90; 200 * 200]).unwrap();
    writer.finish().unwrap();
    let artwork = normalise(&animated).unwrap();
    assert_eq!(artwork.warnings, [ArtworkWarning::AnimationRemoved]);
    assert_eq!(pixels(&artwork.bytes).get_pixel(0, 0).0, [50, 50, 50, 255]);

    let deflated = {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &[7; 128]).unwrap();
        encoder.finish().unwrap()
    };
    let profile = chunk(b"iCCP", &[b"P3\0\0".as_slice(), &deflated].concat());
    let upload = after_header(&rgba(200, 200, |_, _| [1, 2, 3, 255]), &profile);
    assert_eq!(normalise(&upload).unwrap().warnings, [ArtworkWarning::ColourProfileRemoved]);
}

#[test]
fn bombs_are_refused_by_their_header() {
    let tiny = rgba(1, 1, |_, _| [1; 4]);
    let claim = |width: u32, height: u32| {
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
        [&tiny[..8], &chunk(b"IHDR", &header), &tiny[33..]].concat()
    };
    for (width, height) in [(u32::MAX >> 1, u32::MAX >> 1), (MAX_SIDE + 1, 1), (1, MAX_SIDE + 1), (MAX_SIDE, MAX_SIDE)]
    {
        assert_eq!(normalise(&claim(width, height)), Err(ArtworkError::TooManyPixels { width, height }));
    }
    // Within the limits, but the data for it never comes.
    assert_eq!(normalise(&claim(4096, 4096)), Err(ArtworkError::DamagedPng));
    assert_eq!(normalise(&vec![0; MAX_UPLOAD_BYTES + 1]), Err(ArtworkError::TooLarge));

    // A text chunk that inflates to a gigabyte is never inflated.
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        std::io::Write::write_all(&mut encoder, &vec![0; 1 << 20]).unwrap();
    }
    let bomb = chunk(b"zTXt", &[b"a\0\0".as_slice(), &encoder.finish().unwrap()].concat());
    assert!(normalise(&after_header(&rgba(200, 200, |_, _| [1; 4]), &bomb)).is_ok());
}

#[test]
fn damaged_and_empty_pictures_are_refused() {
    let upload = rgba(20, 20, |x, y| [x.to_le_bytes()[0], y.to_le_bytes()[0], 7, 200]);
    for length in 8..upload.len() - 12 {
        assert_eq!(normalise(&upload[..length]), Err(ArtworkError::DamagedPng), "{length} bytes");
    }
    assert_eq!(normalise(&rgba(20, 20, |_, _| [9, 9, 9, 0])), Err(ArtworkError::Blank));
    for other in [b"".as_slice(), b"GIF89a", b"\xff\xd8\xff\xe0", b"%PDF-1.7", b"<html><svg/></html>", b"\x1f\x8b\x08"]
    {
        assert_eq!(normalise(other), Err(ArtworkError::UnknownFormat));
    }
}

/// A picture of any colour type and bit depth.
fn picture() -> impl Strategy<Value = Vec<u8>> {
    use png::{BitDepth, ColorType};
    let kind = prop::sample::select(vec![
        (ColorType::Grayscale, BitDepth::One, 1),
        (ColorType::Grayscale, BitDepth::Four, 4),
        (ColorType::Grayscale, BitDepth::Sixteen, 16),
        (ColorType::GrayscaleAlpha, BitDepth::Eight, 16),
        (ColorType::Indexed, BitDepth::Two, 2),
        (ColorType::Indexed, BitDepth::Eight, 8),
        (ColorType::Rgb, BitDepth::Eight, 24),
        (ColorType::Rgb, BitDepth::Sixteen, 48),
        (ColorType::Rgba, BitDepth::Eight, 32),
        (ColorType::Rgba, BitDepth::Sixteen, 64),
    ]);
    (kind, 1..24_usize, 1..24_usize, prop::collection::vec(any::<u8>(), 24 * 24 * 8)).prop_map(
        |((color, depth, bits), width, height, noise)| {
            let size = (width * bits).div_ceil(8) * height;
            encode(u32::try_from(width).unwrap(), u32::try_from(height).unwrap(), color, depth, &noise[..size])
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn normalising_twice_changes_nothing(upload in picture()) {
        match normalise(&upload) {
            Ok(once) => {
                let twice = normalise(&once.bytes).unwrap();
                prop_assert_eq!(&twice.bytes, &once.bytes);
                prop_assert_eq!(twice.sha256, once.sha256);
                let before = pixels(&upload);
                let after = pixels(&once.bytes);
                let (left, top) = ((after.width() - before.width()) / 2, (after.height() - before.height()) / 2);
                // Sixteen bits become eight: the reader used here rounds, ours drops the lower half.
                for (x, y, pixel) in before.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[3] > 1) {
                    let kept = after.get_pixel(x + left, y + top);
                    let close = pixel.0.iter().zip(kept.0).all(|(before, after)| before.abs_diff(after) <= 1);
                    prop_assert!(close, "{pixel:?} became {kept:?} at {x},{y}");
                }
            }
            Err(error) => prop_assert_eq!(error, ArtworkError::Blank),
        }
    }

    #[test]
    fn no_input_makes_it_panic(mut upload in picture(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        for (at, value) in edits {
            let at = at.index(upload.len());
            upload[at] = value;
        }
        let _ = normalise(&upload);
    }
}
