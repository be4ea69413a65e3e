//! From a credential and its badge's picture to a file that is both.
//!
//! A file is made once and kept in S3; everything in it can be rebuilt from the records, so it may be deleted there at any time.
//! What is baked as Open Badges 3.0 is the signed document itself and never changes. What is baked as 2.0 is a *hosted* assertion:
//! whoever checks it asks its address, which also tells of a revocation, so the picture is served on.

use crate::App;
use badge::definition::{Artwork, ImageFormat};
use badge::{CredentialId, Urls, ob2};
use bake::{Payload, Version};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem};
use observe::Count;
use std::time::Duration;
use store::events::StoredEvent;
use store::{StoredCredential, key};

/// Bytes of a picture that an answer carries. Lambda gives the gateway at most 6 MB, and base64 makes four of three.
const MAX_ANSWER_BYTES: usize = 4_400_000;
/// How long the address holds that a larger picture is served from instead.
const ADDRESS_LIFE: Duration = Duration::from_secs(300);

/// A file that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    credential: CredentialId,
    suffix: &'static str,
    version: Version,
    format: ImageFormat,
}

/// The endings of baked files and what they mean.
const KINDS: [(&str, Version, ImageFormat); 4] = [
    (".ob2.png", Version::V2, ImageFormat::Png),
    (".ob2.svg", Version::V2, ImageFormat::Svg),
    (".png", Version::V3, ImageFormat::Png),
    (".svg", Version::V3, ImageFormat::Svg),
];

impl Wanted {
    /// What a file name below `/baked/` asks for, if it is one.
    pub(crate) fn read(file: &str) -> Option<Self> {
        KINDS.into_iter().find_map(|(suffix, version, format)| {
            let credential = file.strip_suffix(suffix)?.parse().ok()?;
            Some(Self { credential, suffix, version, format })
        })
    }

    fn object(&self) -> String {
        key::baked_object(&self.credential, self.suffix)
    }

    /// The object key of the picture to bake into; none when the badge was not drawn as SVG.
    fn artwork_object(&self, artwork: &Artwork) -> Option<String> {
        match self.format {
            ImageFormat::Png => Some(key::artwork_object(&artwork.png_sha256, "png")),
            ImageFormat::Svg if artwork.format == ImageFormat::Svg => Some(key::artwork_object(&artwork.sha256, "svg")),
            ImageFormat::Svg => None,
        }
    }

    fn cache(&self) -> Cache {
        match self.version {
            Version::V2 => Cache::Short,
            Version::V3 => Cache::Immutable,
        }
    }
}

/// `GET /baked/{credential}.png`, `.svg`, `.ob2.png`, `.ob2.svg`.
pub(crate) async fn answer(app: &App, wanted: &Wanted) -> Result<Answer, Problem> {
    let object = wanted.object();
    let bytes = match app.store.object(&object).await.map_err(edge::failed)? {
        Some(bytes) => bytes,
        None => make(app, wanted, &object).await?,
    };
    if bytes.len() > MAX_ANSWER_BYTES {
        let address = app.store.presigned(&object, ADDRESS_LIFE).await.map_err(edge::failed)?;
        return Ok(Answer::new(302)
            .header("location", address)
            .cache(Cache::None)
            .header("access-control-allow-origin", "*"));
    }
    Ok(Answer::picture(wanted.format.media_type(), bytes, wanted.cache()))
}

/// Makes a file and keeps it. Whoever asks for it twice at once makes the same bytes twice.
async fn make(app: &App, wanted: &Wanted, object: &str) -> Result<Vec<u8>, Problem> {
    let found = app.claims.credential(&wanted.credential).await?;
    let (StoredEvent { event, .. }, credential) = found.ok_or(Kind::NotFound)?;
    let badge = app.store.badge_version(&event.badge, event.badge_version).await.map_err(edge::failed)?;
    let badge = badge.ok_or_else(|| Problem::internal("the badge version of an event is gone"))?;
    let artwork = wanted.artwork_object(&badge.artwork).ok_or(Kind::NotFound)?;
    let image = app.store.object(&artwork).await.map_err(edge::failed)?;
    let image = image.ok_or_else(|| Problem::internal("the artwork of a badge is gone"))?;
    let bytes = match wanted.version {
        Version::V3 => baked(&image, &Payload::v3_json(&credential.document))?,
        Version::V2 => {
            let (text, address) = assertion(&app.urls, &event, &credential);
            baked(&image, &Payload::v2_hosted(&text, &address))?
        }
    };
    app.store.put_object(object, wanted.format.media_type(), bytes.clone()).await.map_err(edge::failed)?;
    observe::count(Count::BAKED, 1);
    Ok(bytes)
}

/// The Open Badges 2.0 assertion of a credential, and where it is hosted.
fn assertion(urls: &Urls, event: &badge::Event, credential: &StoredCredential) -> (String, String) {
    let salt = event.draw(credential.number).salt;
    let assertion = ob2::assertion(urls, event, &credential.id, &credential.recipient, &salt);
    (assertion.to_string(), urls.ob2_assertion(&credential.id))
}

/// The picture with the credential in it, provided that exactly this credential comes out of it again.
fn baked(image: &[u8], payload: &Payload<'_>) -> Result<Vec<u8>, Problem> {
    let (bake::Body::Json(text) | bake::Body::CompactJws(text)) = payload.body;
    let bytes = bake::bake(image, payload).map_err(Problem::internal)?;
    match &bake::extract(&bytes).map_err(Problem::internal)?[..] {
        [found] if found.version == payload.version && found.text == text => Ok(bytes),
        _ => Err(Problem::internal("a baked picture does not give its credential back")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    const PNG: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg==";
    const SVG: &[u8] = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>"#;
    const DOCUMENT: &str = r#"{"name":"機織り ]]> & <b>","n":1.50}"#;

    fn artwork(format: ImageFormat) -> Artwork {
        Artwork { format, sha256: "ab".repeat(32), png_sha256: "cd".repeat(32), design: None }
    }

    #[test]
    fn four_endings_and_nothing_else() {
        let id = "0".repeat(40);
        let read = |ending: &str| Wanted::read(&format!("{id}{ending}")).map(|w| (w.suffix, w.version, w.format));
        for (suffix, version, format) in KINDS {
            assert_eq!(read(suffix), Some((suffix, version, format)));
        }
        for ending in ["", ".gif", ".PNG", ".ob3.png", ".png.svg", "/.png", ".png/"] {
            assert_eq!(read(ending), None, "{ending}");
        }
        assert_eq!(Wanted::read("../artwork/x.png"), None);
        assert_eq!(Wanted::read(&format!("{id}.ob2.png")).unwrap().object(), format!("baked/{id}.ob2.png"));
    }

    #[test]
    fn a_badge_drawn_as_png_has_no_svg() {
        let wanted = |suffix: &str| Wanted::read(&format!("{}{suffix}", "0".repeat(40))).unwrap();
        assert_eq!(wanted(".svg").artwork_object(&artwork(ImageFormat::Png)), None);
        let (svg, png) = (format!("artwork/{}.svg", "ab".repeat(32)), format!("artwork/{}.png", "cd".repeat(32)));
        assert_eq!(wanted(".ob2.svg").artwork_object(&artwork(ImageFormat::Svg)), Some(svg));
        assert_eq!(wanted(".png").artwork_object(&artwork(ImageFormat::Svg)), Some(png));
    }

    #[test]
    fn what_goes_in_comes_out() {
        let png = base64::engine::general_purpose::STANDARD.decode(PNG).unwrap();
        for image in [&png[..], SVG] {
            let bytes = baked(image, &Payload::v3_json(DOCUMENT)).unwrap();
            assert_eq!(bake::extract(&bytes).unwrap()[0].text, DOCUMENT);
            let hosted = baked(image, &Payload::v2_hosted(DOCUMENT, "https://badges.example/a")).unwrap();
            assert_eq!(bake::extract(&hosted).unwrap()[0].version, Version::V2);
        }
    }

    #[test]
    fn a_picture_that_holds_another_badge_is_a_fault() {
        let other = bake::bake(SVG, &Payload::v2_hosted("{}", "https://badges.example/a")).unwrap();
        assert_eq!(baked(&other, &Payload::v3_json(DOCUMENT)).unwrap_err().kind(), Kind::Internal);
        assert_eq!(baked(b"GIF89a", &Payload::v3_json(DOCUMENT)).unwrap_err().kind(), Kind::Internal);
    }

    #[test]
    fn a_signed_document_is_for_ever_and_a_hosted_one_is_not() {
        let cache = |suffix: &str| Wanted::read(&format!("{}{suffix}", "0".repeat(40))).unwrap().cache();
        assert_eq!((cache(".png"), cache(".ob2.svg")), (Cache::Immutable, Cache::Short));
    }
}
