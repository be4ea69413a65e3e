//! What holds for SVG uploads.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use artwork::{
    Artwork, ArtworkError, ArtworkWarning, Format, MAX_ELEMENTS, MAX_SVG_BYTES, RENDITION_SIDE, normalise,
    normalise_logo,
};
use bake::Payload;
use bake::svg::SvgError;
use proptest::prelude::*;

const DOT: &str = "<circle cx='4' cy='4' r='4' fill='#c00'/>";

fn svg(inside: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 8 8'>{inside}{DOT}</svg>"
    )
}

fn clean(inside: &str) -> Artwork {
    let artwork = normalise(svg(inside).as_bytes()).unwrap();
    // Whatever came in, what goes out is stable, self-contained and takes a credential.
    let again = normalise(&artwork.bytes).unwrap();
    assert_eq!((&again.bytes, &again.png), (&artwork.bytes, &artwork.png), "{inside}");
    let baked = bake::svg::bake(&artwork.bytes, &Payload::v3_json("{}"));
    assert!(baked.is_ok(), "{inside}: {baked:?}");
    artwork
}

fn text(artwork: &Artwork) -> &str {
    std::str::from_utf8(&artwork.bytes).unwrap()
}

fn pixel(artwork: &Artwork, x: u32, y: u32) -> [u8; 4] {
    image::load_from_memory_with_format(&artwork.png, image::ImageFormat::Png).unwrap().to_rgba8().get_pixel(x, y).0
}

#[test]
fn a_drawing_is_rewritten_and_drawn() {
    let artwork = clean("<!-- note --><?x y?>\n <title>印 &amp; \"x\"</title>");
    assert_eq!(
        text(&artwork),
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"640\" viewBox=\"0 0 8 8\">\
         <title>印 &amp; \"x\"</title><circle cx=\"4\" cy=\"4\" r=\"4\" fill=\"#c00\"/></svg>"
    );
    assert_eq!((artwork.format, artwork.width, artwork.height), (Format::Svg, RENDITION_SIDE, RENDITION_SIDE));
    assert_eq!(artwork.warnings, []);
    assert_ne!(artwork.sha256, artwork.png_sha256);
    assert_eq!(pixel(&artwork, 320, 320), [204, 0, 0, 255]);
    assert_eq!(pixel(&artwork, 0, 0), [0; 4]);
    assert_eq!(normalise(&artwork.png).unwrap().png, artwork.png);
}

#[test]
fn a_drawing_that_is_not_square_is_centred_and_its_margins_stay_empty() {
    // The second shape lies outside the picture; padding must not reveal it.
    let wide = "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'><rect width='20' height='10' fill='#00f'/>\
                <rect y='11' width='20' height='3' fill='#0f0'/></svg>";
    let artwork = normalise(wide.as_bytes()).unwrap();
    assert_eq!(artwork.warnings, [ArtworkWarning::Padded]);
    assert!(text(&artwork).contains("viewBox=\"0 -5 20 20\""));
    assert_eq!(pixel(&artwork, 320, 320), [0, 0, 255, 255]);
    for y in [100, 540, 600] {
        assert_eq!(pixel(&artwork, 320, y), [0; 4], "row {y}");
    }
    assert_eq!(normalise(&artwork.bytes).unwrap().bytes, artwork.bytes);
}

#[test]
fn what_runs_or_fetches_is_removed_and_said() {
    use ArtworkWarning::{
        ActiveContentRemoved, AnimationRemoved, CredentialRemoved, ElementsRemoved, ReferencesRemoved,
    };
    for (inside, warning, gone) in [
        ("<script>alert(1)</script>", ActiveContentRemoved, "alert"),
        ("<script xlink:href='https://a.example/x.js'/>", ActiveContentRemoved, "a.example"),
        ("<g onload='alert(1)' ONCLICK='alert(1)'/>", ActiveContentRemoved, "alert"),
        (
            "<foreignObject><b xmlns='http://www.w3.org/1999/xhtml' onclick='x'>bold</b></foreignObject>",
            ActiveContentRemoved,
            "bold",
        ),
        ("<a href='jav&#x09;ascript:alert(1)'><rect/></a>", ActiveContentRemoved, "alert"),
        ("<a href='#top'><rect/></a><a xlink:href='https://a.example/'><rect/></a>", ReferencesRemoved, "a.example"),
        ("<use xlink:href='https://a.example/#x'/>", ReferencesRemoved, "a.example"),
        ("<use href='data:image/svg+xml;base64,PHN2Zy8+#x'/>", ReferencesRemoved, "data:"),
        ("<rect fill='url(https://a.example/x#y)'/>", ReferencesRemoved, "a.example"),
        ("<rect style='fill:u\\72 l(https://a.example/x)'/>", ReferencesRemoved, "a.example"),
        ("<style>@import url(https://a.example/x.css);</style>", ReferencesRemoved, "a.example"),
        ("<style>@font-face{src:url('//a.example/x.woff')}</style>", ReferencesRemoved, "a.example"),
        ("<style>@imp<![CDATA[ort]]> '//a.example/x.css';</style>", ReferencesRemoved, "a.example"),
        ("<g xml:base='https://a.example/'/>", ReferencesRemoved, "a.example"),
        ("<animate attributeName='href' to='javascript:alert(1)'/>", AnimationRemoved, "alert"),
        ("<style>circle{animation:spin 1s}</style>", AnimationRemoved, "spin"),
        ("<pattern id='p' width='1e9' height='1e9'><rect/></pattern>", ElementsRemoved, "pattern"),
        (
            "<rect filter='url(#f)'/><filter id='f'><feTurbulence numOctaves='999999999'/></filter>",
            ElementsRemoved,
            "feTurbulence",
        ),
        ("<filter id='f'><feImage href='https://a.example/'/></filter>", ElementsRemoved, "a.example"),
        (
            "<o:credential xmlns:o='https://purl.imsglobal.org/ob/v3p0'>{}</o:credential>",
            CredentialRemoved,
            "credential",
        ),
    ] {
        let artwork = clean(inside);
        assert_eq!(artwork.warnings, [warning], "{inside}");
        assert!(!text(&artwork).contains(gone), "{inside}: {}", text(&artwork));
        assert!(text(&artwork).contains("<circle"), "{inside}");
    }
}

#[test]
fn what_draws_is_kept() {
    for kept in [
        "<defs><linearGradient id=\"a\"><stop offset=\"0\" stop-color=\"#fff\"/></linearGradient></defs>",
        "<path d=\"M0 0L8,8z\" fill=\"url(#a)\" transform=\"rotate(4)\" stroke-dasharray=\"1 2\"/>",
        "<symbol id=\"s\"><rect width=\"1\" height=\"1\"/></symbol><use xlink:href=\"#s\" x=\"2\"/>",
        "<style>.a{fill:#fff} .b > .c{fill:url(#a)}</style>",
        "<g clip-path=\"url(#c)\" mask=\"url(#m)\" opacity=\"0.5\" style=\"mix-blend-mode:multiply\"/>",
        "<filter id=\"f\"><feGaussianBlur stdDeviation=\"2\"/></filter>",
    ] {
        let artwork = clean(kept);
        assert_eq!(artwork.warnings, [], "{kept}");
        let expected = kept.replace(" > ", " &gt; ");
        assert!(text(&artwork).contains(&expected), "{kept}: {}", text(&artwork));
    }
}

#[test]
fn who_used_a_filter_that_is_gone_is_drawn_without_it() {
    let artwork = clean(
        "<filter id='f'><feGaussianBlur stdDeviation='1'/><feMorphology radius='99'/></filter>\
         <rect width='8' height='8' filter='url(#f)'/><rect style='fill:#0f0;filter:url(&quot;#f&quot;)' width='1' height='1'/>",
    );
    assert_eq!(artwork.warnings, [ArtworkWarning::ElementsRemoved]);
    assert!(!text(&artwork).contains("filter"), "{}", text(&artwork));
    assert_eq!(pixel(&artwork, 639, 639), [0, 0, 0, 255]);
    assert_eq!(pixel(&artwork, 1, 1), [0, 255, 0, 255]);
}

#[test]
fn editors_private_data_is_dropped_without_a_word() {
    let artwork = clean(
        "<metadata><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></metadata>\
         <s:namedview xmlns:s='http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd' pagecolor='#fff'/>\
         <g xmlns:i='http://www.inkscape.org/namespaces/inkscape' i:label='x' data-name='y'/>",
    );
    assert_eq!(artwork.warnings, []);
    assert_eq!(text(&artwork).matches("xmlns").count(), 1);
    assert!(!text(&artwork).contains("label") && !text(&artwork).contains("data-name"));
}

#[test]
fn drawing_programs_document_type_is_tolerated() {
    let doctype =
        "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">";
    let artwork = normalise(format!("<?xml version='1.0'?>\n{doctype}{}", svg("")).as_bytes()).unwrap();
    assert_eq!(artwork, normalise(svg("").as_bytes()).unwrap());
}

#[test]
fn text_is_kept_with_a_warning() {
    let artwork = clean("<text x='1' y='2' font-family='Noto Sans JP'>バッジ <tspan>\n 印</tspan> </text>");
    assert_eq!(artwork.warnings, [ArtworkWarning::TextNeedsFonts]);
    assert!(text(&artwork).contains(">バッジ <tspan>\n 印</tspan> </text>"), "{}", text(&artwork));
}

#[test]
fn hostile_documents_are_refused() {
    let laughs = "<!DOCTYPE svg [<!ENTITY a 'haha'><!ENTITY b '&a;&a;&a;&a;'>]>";
    assert_eq!(normalise(format!("{laughs}{}", svg("&b;")).as_bytes()), Err(ArtworkError::Svg(SvgError::Entities)));
    let external = "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>";
    assert_eq!(normalise(format!("{external}{}", svg("&x;")).as_bytes()), Err(ArtworkError::Svg(SvgError::Entities)));
    assert!(matches!(normalise(svg("<g>").as_bytes()), Err(ArtworkError::Svg(SvgError::Malformed { .. }))));
    assert_eq!(
        normalise(svg("<image href='data:image/png;base64,AA=='/>").as_bytes()),
        Err(ArtworkError::EmbeddedBitmap)
    );
    assert_eq!(normalise(svg(&" ".repeat(MAX_SVG_BYTES)).as_bytes()), Err(ArtworkError::TooLarge));
    assert_eq!(normalise(svg(&"<g/>".repeat(MAX_ELEMENTS as usize)).as_bytes()), Err(ArtworkError::TooComplex));
    assert_eq!(normalise(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), Err(ArtworkError::NoSize));
    assert_eq!(normalise(b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'/>"), Err(ArtworkError::Blank));
    assert_eq!(normalise(b"<svg viewBox='0 0 8 8'/>"), Err(ArtworkError::Svg(SvgError::NotSvg)));
}

#[test]
fn small_files_that_mean_much_work_are_refused() {
    let uses = |level: u32| format!("<g id='u{}'>{}</g>", level + 1, format!("<use href='#u{level}'/>").repeat(10));
    let laughs: String = (0..9).map(uses).collect();
    assert_eq!(normalise(svg(&format!("<rect id='u0'/>{laughs}")).as_bytes()), Err(ArtworkError::TooComplex));

    let refused =
        |inside: &str| assert_eq!(normalise(svg(inside).as_bytes()), Err(ArtworkError::TooComplex), "{inside:.80}");
    let blur = "<filter id='f'><feGaussianBlur stdDeviation='99'/></filter>";
    refused(&format!("{blur}{}", "<rect width='8' height='8' filter='url(#f)'/>".repeat(40)));
    refused(&format!("{blur}<style>rect{{filter:url(#f)}}</style>{}", "<rect width='8' height='8'/>".repeat(40)));
    let steps = "<feGaussianBlur stdDeviation='99'/>".repeat(30);
    refused(&format!("<filter id='f'>{steps}</filter><rect width='8' height='8' filter='url(#f)'/>"));
    refused(&"<rect width='8' height='8' fill-opacity='.5'/>".repeat(1000));
    refused(&"<g opacity='.5'><rect width='8' height='8'/><path d='M0 0h1v1z'/></g>".repeat(400));
    let mask = "<mask id='m'><rect width='1' height='1' fill='#fff'/></mask>";
    refused(&format!("{mask}{}", "<rect width='8' height='8' mask='url(#m)'/>".repeat(400)));
    let masks: String = (0..12)
        .map(|n| {
            format!(
                "<mask id='m{n}'>{}</mask>",
                format!("<rect width='8' height='8' mask='url(#m{})'/>", n + 1).repeat(4)
            )
        })
        .collect();
    refused(&format!("{masks}<rect width='8' height='8' mask='url(#m0)'/>"));
    let long = format!("<path id='p' d='M0 0{}'/>", "l1 1".repeat(10_000));
    refused(&format!("{long}{}", "<use href='#p'/>".repeat(500)));

    let chain: String = (0..5000).map(|n| format!("<use id='c{n}' href='#c{}'/>", n + 1)).collect();
    assert_eq!(normalise(svg(&chain).as_bytes()), Err(ArtworkError::TooComplex));

    // Many small shapes are ordinary.
    let dots: String = (0..8000).map(|n| format!("<circle cx='{}' cy='{}' r='.05'/>", n % 80, n / 1000)).collect();
    assert!(normalise(svg(&dots).as_bytes()).is_ok());
    // A loop is no work: nobody draws it.
    assert!(normalise(svg("<g id='l'><use href='#l'/></g>").as_bytes()).is_ok());
}

fn drawing() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("<path d='M0 0L8,8z' class='a\tb' fill='url( #g )'/>".to_owned()),
        Just("<script>x</script>".to_owned()),
        Just("<style>.a{fill:red}&#13;</style>".to_owned()),
        Just("<unknown><rect/></unknown>".to_owned()),
        Just("<a href='https://a.example'><rect onclick='x'/></a>".to_owned()),
        "[a-z\\]&&[^<&]]{0,6}"
            .prop_map(|text| format!("<text xml:space='preserve' id='&lt;&quot;&#10;'> {text}<![CDATA[<&]]></text>")),
    ];
    leaf.prop_recursive(4, 24, 5, |node| {
        (prop::collection::vec(node, 0..5), "[a-z]{1,3}", 0..100_u32).prop_map(|(nodes, id, x)| {
            format!("<g id='{id}' x='{x}' style=\"opacity:.{x}\"> <use xlink:href='#{id}'/>{}</g>", nodes.concat())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_drawing_comes_out_stable_and_fit_to_bake(inside in drawing(), width in 4..50_u32, height in 4..50_u32) {
        let upload = svg(&inside).replace("viewBox='0 0 8 8'", &format!("viewBox='-1 .5 {width} {height}'"));
        let once = normalise(upload.as_bytes()).unwrap();
        let twice = normalise(&once.bytes).unwrap();
        prop_assert_eq!(&twice.bytes, &once.bytes);
        prop_assert_eq!(&twice.png, &once.png);
        let baked = bake::svg::bake(&once.bytes, &Payload::v3_json("{}"));
        prop_assert!(baked.is_ok());
        for word in ["script", "onclick", "a.example", "unknown"] {
            prop_assert!(!text(&once).contains(word), "{}", text(&once));
        }
    }
}

#[test]
fn the_demos_badge_is_fit_to_publish_as_it_stands() {
    let drawing = include_bytes!("../../../infra/demo/badge.svg");
    let artwork = normalise(drawing).unwrap();
    assert_eq!((artwork.bytes.as_slice(), artwork.warnings), (drawing.as_slice(), Vec::new()));
    // Its pixels, not its bytes: how small they become is the deflate library's, of which a build has one or another.
    let picture = normalise(include_bytes!("../../../infra/demo/badge.png")).unwrap();
    let pixels = |bytes| image::load_from_memory_with_format(bytes, image::ImageFormat::Png).unwrap().to_rgba8();
    assert!(pixels(&picture.png) == pixels(include_bytes!("../../../infra/demo/badge.png")));
    assert_eq!((picture.width, picture.warnings), (RENDITION_SIDE, Vec::new()));
}

#[test]
fn a_logo_stays_as_wide_as_it_was_drawn() {
    let wide = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 30 10' onload='x()'><rect width='30' height='10' fill='#00f'/></svg>";
    let logo = normalise_logo(wide.as_bytes()).unwrap();
    assert_eq!((logo.width, logo.height), (640, 213));
    assert!(text(&logo).contains("viewBox=\"0 0 30 10\"") && !text(&logo).contains("onload"), "{}", text(&logo));
    assert_eq!([pixel(&logo, 0, 0), pixel(&logo, 639, 212)], [[0, 0, 255, 255]; 2]);
    assert!(!logo.warnings.contains(&ArtworkWarning::Padded));
    assert_eq!(normalise_logo(&logo.bytes).unwrap().bytes, logo.bytes);
    let png = normalise_logo(&logo.png).unwrap();
    assert_eq!((png.format, png.width, png.height, &png.bytes), (Format::Png, 640, 213, &logo.png));
}
