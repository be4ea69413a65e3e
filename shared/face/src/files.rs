//! The files of a credential.

use badge::definition::{Badge, ImageFormat};
use badge::{CredentialId, Lang, Urls};
use maud::{Markup, html};

/// Links to every file there is. `key` is the holder's: without it there is no PDF, which shows the name.
#[must_use]
pub fn files(lang: Lang, urls: &Urls, id: &CredentialId, badge: &Badge, is_compact: bool, key: Option<&str>) -> Markup {
    let url = urls.credential(id);
    let file = |href: String, name: &str| html! { a.button href=(href) download { (name) } };
    html! {
        div.actions.start {
            @if let Some(key) = key { a.button.main href=(urls.pdf(id, key)) { (lang.pick("PDF certificate", "PDF証明書")) } }
            (file(urls.baked(id, ".png"), lang.pick("Image (PNG)", "画像（PNG）")))
            @if badge.artwork.format == ImageFormat::Svg { (file(urls.baked(id, ".svg"), lang.pick("Image (SVG)", "画像（SVG）"))) }
            (file(format!("{url}.json"), lang.pick("Data (JSON)", "データ（JSON）")))
            @if is_compact { (file(format!("{url}.jwt"), lang.pick("Data (JWT)", "データ（JWT）"))) }
        }
        details {
            summary { (lang.pick("Other forms", "そのほかの形式")) }
            ul.plain {
                @if let Some(key) = key {
                    li { a href=(format!("{}?layout=portrait", urls.pdf(id, key))) { (lang.pick("PDF, portrait", "PDF（縦向き）")) } }
                    li { a href=(format!("{}?layout=landscape", urls.pdf(id, key))) { (lang.pick("PDF, landscape", "PDF（横向き）")) } }
                }
                li { a href=(urls.baked(id, ".ob2.png")) download { (lang.pick("Image for Open Badges 2.0 (PNG)", "Open Badges 2.0用の画像（PNG）")) } }
                li { a href=(urls.ob2_assertion(id)) { "Open Badges 2.0 (JSON)" } }
            }
        }
    }
}
