//! The shell of every page: no script, no request to anybody else, readable without styles.

use crate::answer::{Answer, Cache};
use aws_lc_rs::digest;
use badge::Lang;
use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::sync::OnceLock;

/// The style of every page.
pub const STYLE: &str = include_str!("style.css");

/// Allows this one style sheet, pictures of our own host and nothing else.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let hash = base64::engine::general_purpose::STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    })
}

/// A page. One that no cache may keep is one reader's: no other site's script may read it.
#[must_use]
pub fn page(status: u16, lang: Lang, title: &str, cache: Cache, main: &Markup) -> Answer {
    let markup = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (main) }
                footer { "Shirushi 印" }
            }
        }
    };
    let (media_type, page) = ("text/html; charset=utf-8", markup.into_string());
    let answer = match cache {
        Cache::None => Answer::new(status).body(media_type, page).cache(cache),
        _ => Answer::public(media_type, page, cache).status(status),
    };
    answer
        .header("content-security-policy", policy())
        .header("referrer-policy", "no-referrer")
        .header("content-language", lang.tag())
        .header("vary", "accept, accept-language")
}
