//! What a badge stands for: the same for everybody who holds it.

use badge::definition::{Alignment, Badge, Content};
use badge::{Lang, Urls};
use edge::markdown;
use maud::{Markup, html};

/// The badge's picture, with words for who does not see it.
#[must_use]
pub fn picture(urls: &Urls, badge: &Badge, content: &Content) -> Markup {
    let url = urls.artwork(&badge.artwork.sha256, badge.artwork.format.extension());
    html! { img.art src=(url) alt=(content.image_alt.as_deref().unwrap_or(&content.name)); }
}

/// Description, criteria, alignments and key words, marked with the language they are in. `criteria` is Markdown.
#[must_use]
pub fn about(lang: Lang, content: &Content, criteria: &str) -> Markup {
    html! {
        div lang=[content.language.known()] dir="auto" {
            @for paragraph in content.description.split("\n\n").filter(|p| !p.trim().is_empty()) { p { (paragraph) } }
        }
        @if !criteria.trim().is_empty() {
            h2 #criteria { (lang.pick("How it is earned", "取得条件")) }
            div lang=[content.language.known()] dir="auto" { (markdown::render(criteria)) }
        }
        @if !content.alignments.is_empty() {
            h2 { (lang.pick("Skills and standards", "対応するスキル・基準")) }
            ul.lines lang=[content.language.known()] { @for entry in &content.alignments { li { (alignment(entry)) } } }
        }
        @if !content.tags.is_empty() {
            ul.chips lang=[content.language.known()] aria-label=(lang.pick("Key words", "キーワード")) {
                @for tag in &content.tags { li { (tag) } }
            }
        }
    }
}

fn alignment(entry: &Alignment) -> Markup {
    let more = [entry.target_framework.as_deref(), entry.target_code.as_deref()];
    let more: Vec<&str> = more.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    html! {
        a href=(entry.target_url.as_str()) rel="noreferrer" { (entry.target_name) }
        @if !more.is_empty() { " " span.soft { (more.join(" · ")) } }
        @if let Some(text) = &entry.target_description { p.soft { (text) } }
    }
}
