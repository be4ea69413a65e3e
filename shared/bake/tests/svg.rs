//! What holds for every SVG.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use bake::svg::{Active, MAX_DEPTH, MAX_IMAGE_BYTES, SvgError, bake, extract};
use bake::{Body, Format, Kind, MAX_PAYLOAD_BYTES, Payload, PayloadError, Place, Version, sniff};
use proptest::prelude::*;

const JSON: &str = r#"{"name":"印 <&> ]]> '\"'","type":["VerifiableCredential"]}"#;
const JWS: &str = "eyJhbGciOiJFZERTQSJ9.eyJuYW1lIjoi5Y2wIn0.c2ln";
const URL: &str = "https://a.example/assertion?x=1&y=2";
const PLAIN: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox='0 0 8 8'>\n  <rect width=\"8\" height=\"8\"/>\n</svg>\n";

fn baked(image: &str, payload: &Payload<'_>) -> String {
    String::from_utf8(bake(image.as_bytes(), payload).unwrap()).unwrap()
}

fn svg(inside: &str) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">{inside}</svg>")
}

#[test]
fn the_element_is_what_the_standard_says() {
    assert_eq!(
        baked(PLAIN, &Payload::v3_json("{\"a\":1}")),
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox='0 0 8 8' \
         xmlns:openbadges=\"https://purl.imsglobal.org/ob/v3p0\"><openbadges:credential><![CDATA[{\"a\":1}]]>\
         </openbadges:credential>\n  <rect width=\"8\" height=\"8\"/>\n</svg>\n"
    );
    assert_eq!(
        baked(PLAIN, &Payload::v2_hosted("{}", URL)),
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox='0 0 8 8' xmlns:openbadges=\"http://openbadges.org\">\
         <openbadges:assertion verify=\"https://a.example/assertion?x=1&amp;y=2\"><![CDATA[{}]]></openbadges:assertion>\
         \n  <rect width=\"8\" height=\"8\"/>\n</svg>\n"
    );
    assert_eq!(
        baked("<?xml version='1.0'?>\n<s:svg xmlns:s='http://www.w3.org/2000/svg' />", &Payload::v3_jws(JWS)),
        format!(
            "<?xml version='1.0'?>\n<s:svg xmlns:s='http://www.w3.org/2000/svg' \
             xmlns:openbadges=\"https://purl.imsglobal.org/ob/v3p0\" ><openbadges:credential verify=\"{JWS}\"/></s:svg>"
        )
    );
}

#[test]
fn both_versions_stand_side_by_side_and_are_replaced_singly() {
    let first = baked(PLAIN, &Payload::v3_json("{\"old\":1}"));
    let both = baked(&first, &Payload::v2_hosted("{\"two\":2}", URL));
    assert!(both.contains("<openbadges:assertion xmlns:openbadges=\"http://openbadges.org\" verify="));
    let again = baked(&both, &Payload::v3_json(JSON));
    let found = extract(again.as_bytes()).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].version, found[0].text.as_str(), found[0].verify.as_deref()),
        (Version::V2, "{\"two\":2}", Some(URL))
    );
    assert_eq!((found[1].version, found[1].text.as_str(), found[1].verify.as_deref()), (Version::V3, JSON, None));
    assert_eq!(again.matches("xmlns:openbadges").count(), 2);
}

#[test]
fn readers_meet_many_writers() {
    let v3 = "xmlns:o='https://purl.imsglobal.org/ob/v3p0'";
    for (inside, kind, text, place) in [
        // Last child, declared on itself, escaped text: openbadgeslib.
        (
            format!("<g/><o:credential {v3}>{{&quot;a&quot;:&#34;&lt;&#x22;}}</o:credential>"),
            Kind::Json,
            "{\"a\":\"<\"}",
            Place::ElementBody,
        ),
        (format!("<o:credential {v3}>\n  <![CDATA[ {{}} ]]>\n</o:credential>"), Kind::Json, " {} ", Place::ElementBody),
        (
            format!("<o:credential {v3}>{{<![CDATA[]]>\r\n<!-- x -->}}</o:credential>"),
            Kind::Json,
            "{\n}",
            Place::ElementBody,
        ),
        (format!("<o:credential {v3} verify=' {JWS} '></o:credential>"), Kind::Jws, JWS, Place::VerifyAttribute),
        (format!("<o:credential {v3} verify=\"{JWS}\">{{}}</o:credential>"), Kind::Jws, JWS, Place::VerifyAttribute),
        (format!("<o:credential {v3}> {JWS} </o:credential>"), Kind::Jws, JWS, Place::ElementBody),
        (
            format!("<o:credential {v3} verify='{}'/>", URL.replace('&', "&amp;")),
            Kind::Url,
            URL,
            Place::VerifyAttribute,
        ),
        (
            "<metadata><credential xmlns='https://purl.imsglobal.org/ob/v3p0'>{}</credential></metadata>".to_owned(),
            Kind::Json,
            "{}",
            Place::ElementBody,
        ),
    ] {
        let found = extract(svg(&inside).as_bytes()).unwrap();
        assert_eq!(found.len(), 1, "{inside}");
        let badge = &found[0];
        assert_eq!(
            (badge.version, badge.kind, badge.text.as_str(), badge.place),
            (Version::V3, kind, text, place),
            "{inside}"
        );
    }
}

#[test]
fn only_the_namespace_makes_an_element_a_badge() {
    for inside in [
        "<credential>{}</credential>",
        "<o:credential xmlns:o='https://purl.imsglobal.org/clr/v2p0'>{}</o:credential>",
        "<o:assertion xmlns:o='https://purl.imsglobal.org/ob/v3p0'>{}</o:assertion>",
    ] {
        assert_eq!(extract(svg(inside).as_bytes()), Ok(Vec::new()), "{inside}");
    }
}

#[test]
fn a_prefix_that_is_taken_is_declared_on_the_element() {
    let taken = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:openbadges='urn:x'><openbadges:y/></svg>";
    let image = baked(taken, &Payload::v3_json("{}"));
    assert!(image.contains("<openbadges:credential xmlns:openbadges=\"https://purl.imsglobal.org/ob/v3p0\">"));
    assert_eq!(extract(image.as_bytes()).unwrap()[0].text, "{}");
    assert_eq!(baked(&image, &Payload::v3_json("{}")), image);
}

#[test]
fn badges_that_cannot_be_read_say_why() {
    let v3 = Version::V3;
    let badge = |attributes: &str, body: &str| {
        svg(&format!("<o:credential xmlns:o='https://purl.imsglobal.org/ob/v3p0' {attributes}>{body}</o:credential>"))
    };
    for (image, error) in [
        (badge("", ""), SvgError::Unrecognised(v3)),
        (badge("", "hello"), SvgError::Unrecognised(v3)),
        (badge("verify='hello'", ""), SvgError::Unrecognised(v3)),
        (badge("verify='https://a.example'", "hello"), SvgError::Unrecognised(v3)),
        (badge("", &" ".repeat(MAX_PAYLOAD_BYTES)), SvgError::Unrecognised(v3)),
        (badge("", &format!("{{{}}}", " ".repeat(MAX_PAYLOAD_BYTES))), SvgError::BadgeTooLarge(v3)),
    ] {
        assert_eq!(extract(image.as_bytes()), Err(error));
        assert_eq!(bake(image.as_bytes(), &Payload::v2_signed(JWS)), Err(error));
        assert!(bake(image.as_bytes(), &Payload::v3_jws(JWS)).is_ok());
    }
    let markup = badge("", "<b/>{}");
    assert_eq!(extract(markup.as_bytes()), Err(SvgError::BadgeHasMarkup(v3)));
    let twice = svg(&"<o:credential xmlns:o='https://purl.imsglobal.org/ob/v3p0'>{}</o:credential>".repeat(2));
    assert_eq!(extract(twice.as_bytes()), Err(SvgError::Duplicate(v3)));
    assert_eq!(bake(twice.as_bytes(), &Payload::v3_jws(JWS)), Err(SvgError::Duplicate(v3)));
}

#[test]
fn active_content_takes_no_badge_but_gives_one_up() {
    let badge = "<o:credential xmlns:o='https://purl.imsglobal.org/ob/v3p0'>{}</o:credential>";
    for (inside, active) in [
        ("<script>x</script>", Active::Script),
        ("<SCRIPT/>", Active::Script),
        ("<x:script xmlns:x='urn:x'/>", Active::Script),
        ("<handler/>", Active::Script),
        ("<rect onload='x'/>", Active::Handler),
        ("<rect ONCLICK='x'/>", Active::Handler),
        ("<set attributeName='onclick' to='x'/>", Active::Handler),
        ("<animate attributeName='xlink:href' to='x'/>", Active::Handler),
        ("<foreignObject/>", Active::ForeignMarkup),
        ("<b xmlns='http://www.w3.org/1999/xhtml'/>", Active::ForeignMarkup),
        ("<h:img xmlns:h='http://www.w3.org/1999/xhtml' src='#'/>", Active::ForeignMarkup),
        ("<a href='javascript:x'/>", Active::ScriptLink),
        ("<a xlink:href=' java&#10;Script&#58;x'/>", Active::ScriptLink),
        ("<animate values='javascript:x'/>", Active::ScriptLink),
        ("<a href='https://a.example'/>", Active::ExternalReference),
        ("<use href='other.svg#a'/>", Active::ExternalReference),
        ("<use href='data:image/svg+xml,x#a'/>", Active::ExternalReference),
        ("<a href='data:text/html,x'/>", Active::ExternalReference),
        ("<image href='//a.example/x.png'/>", Active::ExternalReference),
        ("<rect fill='url(https://a.example)'/>", Active::ExternalReference),
        ("<rect fill=\"URL( 'x.svg#a')\"/>", Active::ExternalReference),
        ("<rect style='fill:u\\72l(x)'/>", Active::ExternalReference),
        ("<rect style='cursor: image-set(\"x\" 1x)'/>", Active::ExternalReference),
        ("<g xml:base='https://a.example'/>", Active::ExternalReference),
        ("<style>@import 'x';</style>", Active::ExternalReference),
        ("<style>@imp<![CDATA[ort]]> 'x';</style>", Active::ExternalReference),
        ("<style>a{fill:url(x)}</style>", Active::ExternalReference),
        ("<style>a{fill:url(javascript:x)}</style>", Active::ScriptLink),
    ] {
        let image = svg(&format!("{badge}<g>{inside}</g>"));
        let refused = bake(image.as_bytes(), &Payload::v3_json("{}"));
        assert!(matches!(refused, Err(SvgError::Active { what, .. }) if what == active), "{inside}: {refused:?}");
        assert_eq!(extract(image.as_bytes()).unwrap().len(), 1, "{inside}");
    }
    let root = "<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>";
    assert!(matches!(
        bake(root.as_bytes(), &Payload::v3_json("{}")),
        Err(SvgError::Active { what: Active::Handler, .. })
    ));
}

#[test]
fn ordinary_artwork_takes_a_badge() {
    for inside in [
        "<style>.a{fill:url(#b);font-family:'Noto Sans JP'}</style><path class='a' d='M0 0L1,1z'/>",
        "<linearGradient id='b' xlink:href='#c'/><rect fill='url(#b)' style=\"stroke:url('#b')\" transform='rotate(4)'/>",
        "<image href='data:image/png;base64,AAAA'/><use href='#b'/>",
        "<title>Once: on top</title><desc>javascript: no</desc><text font-family='A, B'>x &amp; y</text>",
        "<metadata><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' r:about=''/></metadata>",
        "<animate attributeName='opacity' values='0;1' dur='1s'/>",
    ] {
        let result = bake(svg(inside).as_bytes(), &Payload::v3_json("{}"));
        assert!(result.is_ok(), "{inside}: {result:?}");
    }
}

#[test]
fn documents_that_are_refused() {
    let payload = Payload::v3_json("{}");
    let both = |image: &[u8], error: SvgError| {
        assert_eq!(bake(image, &payload), Err(error));
        assert_eq!(extract(image), Err(error));
    };
    let laughs =
        "<!DOCTYPE svg [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><svg xmlns='http://www.w3.org/2000/svg'>&b;</svg>";
    both(laughs.as_bytes(), SvgError::Entities);
    both(b"<svg xmlns='http://www.w3.org/2000/svg'>\xff</svg>", SvgError::Encoding);
    both(b"<html/>", SvgError::NotSvg);
    both(b"<svg xmlns='urn:x'/>", SvgError::NotSvg);
    both(svg(&format!("{}{}", "<g>".repeat(MAX_DEPTH), "</g>".repeat(MAX_DEPTH))).as_bytes(), SvgError::TooDeep);
    both(&vec![b' '; MAX_IMAGE_BYTES + 1], SvgError::TooLarge);

    let doctype = format!("<!DOCTYPE svg PUBLIC 'a' 'b'>{PLAIN}");
    assert_eq!(bake(doctype.as_bytes(), &payload), Err(SvgError::Doctype));
    assert_eq!(extract(doctype.as_bytes()), Ok(Vec::new()));
    let sheet = format!("<?xml-stylesheet href='x'?>{PLAIN}");
    assert_eq!(bake(sheet.as_bytes(), &payload), Err(SvgError::Instruction));
    assert_eq!(extract(sheet.as_bytes()), Ok(Vec::new()));
    assert_eq!(bake(b"<svg/>", &payload), Err(SvgError::NotSvg));
    assert_eq!(extract(b"<svg/>"), Ok(Vec::new()));
}

#[test]
fn payloads_an_svg_cannot_carry() {
    let refused = |payload: Payload<'_>| bake(PLAIN.as_bytes(), &payload).unwrap_err();
    assert_eq!(refused(Payload::v3_json("{\"a\":\"\u{ffff}\"}")), SvgError::Payload(PayloadError::NotXml));
    let hosted_nowhere = Payload { version: Version::V2, body: Body::Json("{}"), verify_url: None };
    assert_eq!(refused(hosted_nowhere), SvgError::Payload(PayloadError::VerifyUrlMissing));
    assert_eq!(refused(Payload::v3_json("x")), SvgError::Payload(PayloadError::NotJsonObject));
    let full = format!("{}{}", PLAIN, " ".repeat(MAX_IMAGE_BYTES - PLAIN.len()));
    assert_eq!(bake(full.as_bytes(), &Payload::v3_json("{}")), Err(SvgError::TooLarge));
}

#[test]
fn formats_are_told_by_content() {
    assert_eq!(sniff(support::HEART), Some(Format::Png));
    for text in
        ["<svg/>", "\u{feff} <?xml version='1.0'?><!-- a > b --><!DOCTYPE svg PUBLIC 'x'>\n<s:svg xmlns:s='x'>", PLAIN]
    {
        assert_eq!(sniff(text.as_bytes()), Some(Format::Svg), "{text}");
    }
    for text in [
        "",
        "<",
        "<html><svg/></html>",
        "svg",
        "{}",
        "%PDF-1.7",
        "\x1f\u{8b}",
        "<svgx/>",
        "<!-- <svg/>",
        "<!DOCTYPE html><svg/>",
        "<!",
    ] {
        assert_eq!(sniff(text.as_bytes()), None, "{text}");
    }
    let cut = [b"<svg>".as_slice(), &vec![b'a'; bake::svg::SNIFF_BYTES - 6], "印".as_bytes()].concat();
    assert_eq!(sniff(&cut), Some(Format::Svg));
}

/// A JSON object with any text JSON allows unescaped and XML can carry, rich in what XML finds special.
fn json() -> impl Strategy<Value = String> {
    ("[ \t\r\n]{0,3}", "([^\u{0}-\u{1f}\"\\\\\u{fffe}\u{ffff}]|\\]\\]>|&amp;|<!\\[CDATA\\[){0,60}", "[ \t\r\n]{0,3}")
        .prop_map(|(before, text, after)| format!("{before}{{\"text\":\"{text}\"}}{after}"))
}

fn drawing() -> impl Strategy<Value = String> {
    let node = prop_oneof![
        Just("<path d=\"M0 0L8,8z\"/>".to_owned()),
        "[a-z \r\n&&[^&<]]{0,9}".prop_map(|text| format!("<text x='1'>{text}&#65;</text>")),
        Just("<!-- note --><![CDATA[<x>]]>".to_owned()),
        Just("\r\n  ".to_owned()),
    ];
    let inside = node.prop_recursive(4, 24, 4, |node| {
        proptest::collection::vec(node, 0..4).prop_map(|nodes| format!("<g fill='url(#a)'\n>{}</g >", nodes.concat()))
    });
    let head = prop_oneof![Just(""), Just("\u{feff}<?xml version=\"1.0\" encoding='utf-8'?>\r\n"), Just("<!-- x -->")];
    (head, inside, "[ \n]{0,2}").prop_map(|(head, inside, space)| {
        format!("{head}<svg xmlns='http://www.w3.org/2000/svg' width='8'{space}>{inside}</svg>{space}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_in_comes_out_and_leaves_no_trace(image in drawing(), json in json(), v3: bool) {
        let payload = if v3 { Payload::v3_json(&json) } else { Payload::v2_hosted(&json, URL) };
        let once = baked(&image, &payload);
        let found = extract(once.as_bytes()).unwrap();
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(&found[0].text, &json);
        prop_assert_eq!(baked(&once, &payload), once.clone());

        let name = if v3 { "credential" } else { "assertion" };
        let namespace = if v3 { "https://purl.imsglobal.org/ob/v3p0" } else { "http://openbadges.org" };
        let start = once.find(&format!("<openbadges:{name}")).unwrap();
        let close = format!("</openbadges:{name}>");
        let end = once.rfind(&close).unwrap() + close.len();
        let without = format!("{}{}", &once[..start], &once[end..]);
        prop_assert_eq!(without.replacen(&format!(" xmlns:openbadges=\"{namespace}\""), "", 1), image);
    }

    #[test]
    fn no_input_makes_it_panic(image in drawing(), edits in proptest::collection::vec((any::<prop::sample::Index>(), "[<>/&;!\\[\\]'\"=:\u{0}a-c印]{0,3}"), 0..8)) {
        let mut image: Vec<char> = baked(&image, &Payload::v2_signed(JWS)).chars().collect();
        for (at, text) in edits {
            let at = at.index(image.len());
            image.splice(at..(at + 2).min(image.len()), text.chars());
        }
        let image: String = image.into_iter().collect();
        let _ = extract(image.as_bytes());
        if let Ok(again) = bake(image.as_bytes(), &Payload::v3_json(JSON)) {
            prop_assert!(extract(&again).unwrap().iter().any(|badge| badge.text == JSON));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (extract(&bytes), sniff(&bytes), bake(&bytes, &Payload::v3_json(JSON)));
    }
}
