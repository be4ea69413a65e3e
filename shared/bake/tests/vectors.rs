//! Images baked by other people's software.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use bake::png::PngError;
use bake::svg::{Active, SvgError};
use bake::{BakeError, Extracted, Kind, Payload, Place, Version, bake, extract};

fn read(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(support::vectors()?.join(name)).unwrap())
}

fn only(image: &[u8]) -> Extracted {
    let mut found = extract(image).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn pngs_of_other_libraries_give_up_their_badge() {
    let heart = only(support::BAKED_HEART);
    assert_eq!((heart.version, heart.kind, heart.place), (Version::V2, Kind::Json, Place::InternationalText));
    assert!(heart.text.starts_with(r#"{"uid":"123""#));

    let ldp = only(support::LDP);
    assert_eq!((ldp.version, ldp.kind), (Version::V3, Kind::Json));
    assert!(ldp.text.contains("OpenBadgeCredential"));

    assert_eq!(extract(support::HEART), Ok(Vec::new()));
}

#[test]
fn svg_of_another_library_gives_up_its_badge() {
    let badge = only(support::HOSTED_SVG);
    assert_eq!((badge.version, badge.kind, badge.place), (Version::V2, Kind::Json, Place::ElementBody));
    assert_eq!(badge.verify.as_deref(), Some("https://badges.vectors.example/ob2/assertions/1"));
    assert!(badge.text.starts_with('{') && badge.text.ends_with("\"HostedBadge\"}}"));
}

#[test]
fn reference_implementation_images_are_read() {
    let Some(png) = read("1edtech/ob30/simple-json.png") else { return };
    let badge = only(&png);
    assert_eq!((badge.version, badge.kind), (Version::V3, Kind::Json));

    // It has a document type declaration and carries a JWT in `verify`.
    let svg = read("1edtech/ob30/simple-jwt.svg").unwrap();
    let badge = only(&svg);
    assert_eq!((badge.version, badge.kind, badge.place), (Version::V3, Kind::Jws, Place::VerifyAttribute));
    assert!(badge.text.starts_with("eyJhbGciOiJSUzI1NiIs"));
    assert_eq!(bake(&svg, &Payload::v3_json("{}")), Err(BakeError::Svg(SvgError::Doctype)));

    let badge = only(&read("1edtech/ob20/simple-badge.png").unwrap());
    assert_eq!((badge.version, badge.kind), (Version::V2, Kind::Json));
}

#[test]
fn the_text_is_exactly_what_was_baked() {
    let Some(png) = read("ob2/hosted.png") else { return };
    let in_svg = only(support::HOSTED_SVG).text;
    assert_eq!(only(&png).text, in_svg);

    let good = only(&read("derived/svg-good.svg").unwrap());
    assert_eq!((good.version, good.kind), (Version::V3, Kind::Json));
    assert!(good.text.starts_with("\n{\n \"@context\": [") && good.text.ends_with("\n}\n"));
}

#[test]
fn both_versions_in_one_image() {
    let Some(png) = read("derived/baked-both.png") else { return };
    let versions: Vec<_> = extract(&png).unwrap().into_iter().map(|badge| (badge.version, badge.kind)).collect();
    assert_eq!(versions, [(Version::V2, Kind::Json), (Version::V3, Kind::Json)]);
}

#[test]
fn what_the_standard_forbids_is_refused() {
    let Some(png) = read("derived/baked-compressed.png") else { return };
    assert_eq!(extract(&png), Err(BakeError::Png(PngError::Compressed(Version::V3))));

    let svg = read("derived/svg-active.svg").unwrap();
    assert_eq!(extract(&svg), Ok(Vec::new()));
    let refused = bake(&svg, &Payload::v3_json("{}"));
    assert!(matches!(refused, Err(BakeError::Svg(SvgError::Active { what: Active::Handler, .. }))), "{refused:?}");
}

#[test]
fn unbaked_images_take_a_badge() {
    let Some(svg) = read("bakery/unbaked_example.svg") else { return };
    let baked = bake(&svg, &Payload::v3_json("{\"a\":1}")).unwrap();
    assert_eq!(only(&baked).text, "{\"a\":1}");
}
