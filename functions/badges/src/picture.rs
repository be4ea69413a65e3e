//! The picture of a badge, out of a request: read once, rewritten, or refused in words its designer can act on.

use artwork::{Artwork, ArtworkError, ArtworkWarning, DataUrlError};
use badge::input::{FieldError, Reason};
use serde_json::Value;

/// Bytes of a picture after it was rewritten. With these in base64 an answer that carries it still fits Lambda's 6 MB.
pub(crate) const MAX_KEPT_BYTES: usize = artwork::MAX_UPLOAD_BYTES;

/// The `image` of a request body as artwork; none when there is no such field.
///
/// # Errors
/// What is wrong with it, under the pointer `/image`.
pub(crate) fn read(body: &Value) -> Result<Option<Artwork>, FieldError> {
    read_as(body, "image", artwork::normalise)
}

/// The `logo` of a request body; none when there is no such field, or it is empty.
///
/// # Errors
/// What is wrong with it, under the pointer `/logo`.
pub(crate) fn read_logo(body: &Value) -> Result<Option<Artwork>, FieldError> {
    if body["logo"] == "" { Ok(None) } else { read_as(body, "logo", artwork::normalise_logo) }
}

fn read_as(
    body: &Value,
    field: &str,
    normalise: fn(&[u8]) -> Result<Artwork, ArtworkError>,
) -> Result<Option<Artwork>, FieldError> {
    let refuse = |reason| FieldError { pointer: format!("/{field}"), reason };
    let Some(image) = body.get(field).filter(|image| !image.is_null()) else { return Ok(None) };
    let url = image.as_str().ok_or_else(|| refuse(Reason::NotText))?;
    let upload = artwork::parse_data_url(url).map_err(|error| refuse(not_a_data_url(error)))?;
    let artwork = normalise(&upload).map_err(|error| refuse(not_artwork(error)))?;
    if artwork.bytes.len().max(artwork.png.len()) > MAX_KEPT_BYTES {
        return Err(refuse(too_large()));
    }
    Ok(Some(artwork))
}

pub(crate) fn picture(en: impl Into<String>, ja: impl Into<String>) -> Reason {
    Reason::Picture { en: en.into(), ja: ja.into() }
}

fn too_large() -> Reason {
    let mib = artwork::MAX_UPLOAD_BYTES >> 20;
    picture(
        format!("The picture is too large; at most {mib} MiB."),
        format!("画像が大きすぎます。{mib} MiB以下にしてください。"),
    )
}

fn not_a_data_url(error: DataUrlError) -> Reason {
    match error {
        DataUrlError::Prefix => picture(
            "Send the picture as data:image/png;base64,… or data:image/svg+xml;base64,….",
            "画像は data:image/png;base64,… または data:image/svg+xml;base64,… の形式で送ってください。",
        ),
        DataUrlError::TooLarge => too_large(),
        DataUrlError::Base64 => picture("The picture is not valid base64.", "画像のbase64が正しくありません。"),
        DataUrlError::Mismatch => picture(
            "The picture is not of the type the data URL declares.",
            "画像の内容がdata URLに書かれた形式と異なります。",
        ),
    }
}

pub(crate) fn not_artwork(error: ArtworkError) -> Reason {
    match error {
        ArtworkError::TooLarge => picture(
            format!(
                "The picture is too large; at most {} MiB, an SVG {} KiB.",
                artwork::MAX_UPLOAD_BYTES >> 20,
                artwork::MAX_SVG_BYTES >> 10
            ),
            format!(
                "画像が大きすぎます。{} MiB以下(SVGは{} KiB以下)にしてください。",
                artwork::MAX_UPLOAD_BYTES >> 20,
                artwork::MAX_SVG_BYTES >> 10
            ),
        ),
        ArtworkError::UnknownFormat => {
            picture("The picture is neither PNG nor SVG.", "画像がPNGでもSVGでもありません。")
        }
        ArtworkError::DamagedPng => picture("The PNG is damaged.", "PNG画像が壊れています。"),
        ArtworkError::TooManyPixels { width, height } => picture(
            format!(
                "{width}×{height} pixels are too many; at most {0} to a side and {1} in all.",
                artwork::MAX_SIDE,
                artwork::MAX_PIXELS
            ),
            format!(
                "{width}×{height}画素は大きすぎます。一辺{0}画素以下、合計{1}画素以下にしてください。",
                artwork::MAX_SIDE,
                artwork::MAX_PIXELS
            ),
        ),
        ArtworkError::Svg(error) => {
            picture(format!("The SVG cannot be read: {error}."), format!("SVGを読み取れません({error})。"))
        }
        ArtworkError::NoSize => picture(
            "The SVG needs a viewBox, or a width and a height.",
            "SVGにviewBox、または幅と高さを指定してください。",
        ),
        ArtworkError::EmbeddedBitmap => picture(
            "The SVG embeds a bitmap; send the picture as PNG.",
            "SVGにビットマップ画像が埋め込まれています。PNGで送ってください。",
        ),
        ArtworkError::TooComplex => {
            picture("The SVG is too complex; simplify it.", "SVGが複雑すぎます。簡略化してください。")
        }
        ArtworkError::Blank => picture("There is nothing to be seen.", "画像に何も描かれていません。"),
    }
}

/// A stable code for what was lost or may look different, and a sentence in English and Japanese.
pub(crate) fn explain(warning: ArtworkWarning) -> (&'static str, &'static str, &'static str) {
    match warning {
        ArtworkWarning::Padded => (
            "padded",
            "The picture was not square and got transparent margins.",
            "正方形でないため、透明な余白を加えました。",
        ),
        ArtworkWarning::ScaledDown => ("scaled_down", "The picture was scaled down.", "画像が大きいため縮小しました。"),
        ArtworkWarning::Small => {
            ("small", "The picture is small and will look coarse.", "画像が小さく、粗く見えることがあります。")
        }
        ArtworkWarning::AnimationRemoved => {
            ("animation_removed", "The animation was removed.", "アニメーションを取り除きました。")
        }
        ArtworkWarning::ColourProfileRemoved => (
            "colour_profile_removed",
            "The colour profile was removed; colours may look different.",
            "カラープロファイルを取り除きました。色が変わって見えることがあります。",
        ),
        ArtworkWarning::CredentialRemoved => (
            "credential_removed",
            "A badge that was baked into the picture was removed.",
            "画像に埋め込まれていたバッジを取り除きました。",
        ),
        ArtworkWarning::ActiveContentRemoved => (
            "active_content_removed",
            "Scripts and the like were removed.",
            "スクリプトなど動作する内容を取り除きました。",
        ),
        ArtworkWarning::ReferencesRemoved => {
            ("references_removed", "References to other files were removed.", "外部ファイルへの参照を取り除きました。")
        }
        ArtworkWarning::ElementsRemoved => (
            "elements_removed",
            "Elements that badges cannot use were removed.",
            "バッジで使えない要素を取り除きました。",
        ),
        ArtworkWarning::TextNeedsFonts => (
            "text_needs_fonts",
            "Text is left out of the PNG; convert it to paths.",
            "文字はPNGに描かれません。アウトライン(パス)に変換してください。",
        ),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use badge::Lang;
    use base64::Engine as _;
    use serde_json::json;

    fn svg(text: &str) -> Value {
        json!({"image": format!("data:image/svg+xml;base64,{}", base64::engine::general_purpose::STANDARD.encode(text))})
    }

    /// A PNG as a data URL.
    pub(crate) fn png(bytes: &[u8]) -> String {
        format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    /// A picture that no design gives, as a data URL.
    pub(crate) static DISC_URL: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| svg(DISC)["image"].as_str().unwrap_or_default().to_owned());

    const DISC: &str =
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="3" fill="red"/></svg>"#;

    #[test]
    fn a_picture_is_rewritten_once() {
        let artwork = read(&svg(DISC)).unwrap().unwrap();
        assert_eq!(artwork.format, artwork::Format::Svg);
        assert!(artwork.png.starts_with(b"\x89PNG"));
        assert_eq!(read(&json!({})).unwrap(), None);
        assert_eq!(read(&json!({"image": null})).unwrap(), None);
    }

    #[test]
    fn the_rendition_sent_back_is_the_same_rendition() {
        let png = read(&svg(DISC)).unwrap().unwrap();
        let again = read(&json!({"image": self::png(&png.png)})).unwrap().unwrap();
        assert_eq!(again.png_sha256, png.png_sha256);
    }

    #[test]
    fn a_logo_keeps_its_proportions_and_can_be_taken_away() {
        let wide = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 10"><path d="M0 0h30v10z"/></svg>"#;
        let body = json!({"logo": svg(wide)["image"]});
        let logo = read_logo(&body).unwrap().unwrap();
        assert_eq!((logo.width, logo.height), (640, 213));
        for none in [json!({}), json!({"logo": null}), json!({"logo": ""})] {
            assert_eq!(read_logo(&none), Ok(None));
        }
        assert_eq!(read_logo(&json!({"logo": "x"})).unwrap_err().pointer, "/logo");
    }

    #[test]
    fn complaints_are_told_in_both_languages() {
        for body in [
            json!({"image": "https://badges.example/a.png"}),
            svg(r#"<svg xmlns="http://www.w3.org/2000/svg"/>"#),
            svg(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>"#),
            svg("<svg"),
        ] {
            let error = read(&body).unwrap_err();
            assert_eq!((error.pointer.as_str(), error.reason.code()), ("/image", "picture"));
            assert!(error.reason.text(Lang::En).is_ascii() || error.reason.text(Lang::En).contains('…'));
            assert!(error.reason.text(Lang::Ja).chars().any(|c| c > '\u{3000}'), "{error:?}");
        }
        assert_eq!(read(&json!({"image": 1})).unwrap_err().reason.code(), "not_text");
    }
}
