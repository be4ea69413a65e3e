//! What stands on the page, out of the records.

use badge::brand::{Brand, Colour, PdfLayout};
use badge::definition::{Badge, ImageFormat};
use badge::{Event, Lang, Organisation, Urls, ob3};
use layout::{Attachment, Language, Orientation, Page, Picture, Relationship};
use std::sync::Arc;
use store::StoredCredential;

/// Name of the credential's file inside the PDF.
const CREDENTIAL_FILE: &str = "credential.json";
/// Name of the picture's file inside the PDF.
const PICTURE_FILE: &str = "badge.png";

/// Everything a page is made from.
pub(crate) struct Sheet {
    pub(crate) event: Event,
    pub(crate) credential: StoredCredential,
    pub(crate) badge: Badge,
    pub(crate) organisation: Organisation,
    pub(crate) brand: Brand,
    /// The badge as it was drawn.
    pub(crate) artwork: Arc<Vec<u8>>,
    /// The badge as PNG with the credential in it.
    pub(crate) baked: Vec<u8>,
    pub(crate) logo: Option<Arc<Vec<u8>>>,
    pub(crate) layout: PdfLayout,
}

fn picture(format: ImageFormat, bytes: &[u8]) -> Option<Picture<'_>> {
    match format {
        ImageFormat::Png => Some(Picture::Png(bytes)),
        ImageFormat::Svg => std::str::from_utf8(bytes).ok().map(Picture::Svg),
    }
}

impl Sheet {
    /// The language of the labels: that of the credential, which is the badge's primary one.
    pub(crate) fn lang(&self) -> Lang {
        self.badge.content().language.spoken().unwrap_or_default()
    }

    /// Who issues, as the public sees it.
    pub(crate) fn issuer(&self) -> &str {
        self.event.alias.as_ref().map_or(&self.organisation.name, |alias| &alias.name)
    }

    /// Draws the page, provided that the pictures are what their records say.
    pub(crate) fn drawn(&self, renderer: &layout::Renderer, urls: &Urls) -> Result<Vec<u8>, layout::LayoutError> {
        let content = self.badge.content();
        let id = &self.credential.id;
        let url = urls.credential(id);
        let criteria = ob3::criteria_text(content, self.event.criteria_add.as_deref());
        let lang = self.lang();
        let attachments = [
            Attachment {
                name: CREDENTIAL_FILE,
                media_type: "application/ld+json",
                description: lang
                    .pick("The signed credential (Open Badges 3.0)", "署名された証明書（Open Badges 3.0）"),
                relationship: Relationship::Data,
                bytes: self.credential.document.as_bytes(),
            },
            Attachment {
                name: PICTURE_FILE,
                media_type: "image/png",
                description: lang.pick("The badge with the credential inside", "証明書を埋め込んだバッジ画像"),
                relationship: Relationship::Supplement,
                bytes: &self.baked,
            },
        ];
        let damaged = layout::LayoutError::Picture("an SVG that is no text");
        let Colour { rgb: [red, green, blue] } = self.brand.colour;
        let logo = match (&self.brand.logo, &self.logo) {
            (Some(kept), Some(bytes)) => Some(picture(kept.format, bytes).ok_or_else(|| damaged.clone())?),
            _ => None,
        };
        renderer.render(&Page {
            language: match lang {
                Lang::Ja => Language::Ja,
                Lang::En => Language::En,
            },
            orientation: match self.layout {
                PdfLayout::Landscape => Orientation::Landscape,
                PdfLayout::Portrait => Orientation::Portrait,
            },
            recipient: self.credential.recipient.name.trim(),
            badge_name: &content.name,
            description: &content.description,
            criteria: &criteria,
            issuer_name: self.issuer(),
            organisation_name: self.event.alias.is_some().then_some(self.organisation.name.as_str()),
            issued_on: self.event.issued_on,
            expires_on: self.event.expiry_of(&self.credential.recipient),
            credential_id: id.as_str(),
            credential_url: &url,
            validator_url: &urls.validation(&url),
            validator_shown: &urls.validator(),
            colour: layout::Colour::new(red, green, blue),
            logo,
            artwork: picture(self.badge.artwork.format, &self.artwork).ok_or(damaged)?,
            artwork_alt: content.image_alt.as_deref().unwrap_or_default(),
            attachments: &attachments,
            created: self.event.created_at,
        })
    }
}
