//! The shell of every page: no request to anybody else, readable without styles, complete without scripts.
//!
//! [`page`] is enough for most; [`Page`] is for those with more to say: other links in the header, something in the head, scripts,
//! frames of other sites.

use crate::answer::{Answer, Cache};
use crate::assets::{self, Asset};
use crate::problem::{Kind, Problem};
use crate::request::{LANG, Request};
use aws_lc_rs::digest;
use badge::{Lang, rfc3339};
use base64::Engine as _;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::sync::OnceLock;

/// The style of every page.
pub const STYLE: &str = include_str!("../assets/style.css");

/// The mark, for the browser's tab.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='5' fill='%23b5291f'/%3E%3Ctext x='16' y='24' font-size='22' text-anchor='middle' fill='%23fffefb' font-family='serif'%3E%E5%8D%B0%3C/text%3E%3C/svg%3E";

/// Seconds for which a chosen language is remembered: a year.
const LANG_LIFE_SECONDS: u32 = 365 * 24 * 3_600;

/// The `Set-Cookie` by which a language is remembered. It says nothing of the reader but that.
fn remembering(lang: Lang) -> String {
    format!("{LANG}={}; Path=/; Max-Age={LANG_LIFE_SECONDS}; SameSite=Lax; Secure; HttpOnly", lang.tag())
}

/// The language that was chosen in this very address.
fn chosen_here(request: &Request) -> Option<Lang> {
    request.query(LANG).and_then(|_| request.chosen_lang())
}

/// An answer that has browsers remember the language that was chosen in its address, if one was. [`Page`] does that by itself.
#[must_use]
pub fn remember(request: &Request, answer: Answer) -> Answer {
    match chosen_here(request) {
        Some(lang) => answer.header("set-cookie", remembering(lang)),
        None => answer,
    }
}

/// How the hash of [`STYLE`] stands in a policy.
fn style_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        base64::engine::general_purpose::STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()))
    })
}

/// Everything about a page but its content. Made by [`Page::of`] and changed from there.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The language of its texts.
    pub lang: Lang,
    /// Its title, without the product's name.
    pub title: &'a str,
    /// HTTP status; 200 unless told otherwise.
    pub status: u16,
    /// Who may keep it, and for how long; nobody unless told otherwise.
    pub cache: Cache,
    /// Classes of the body: `wide` for pages that are more than text, `embed` for what stands in other sites' frames.
    pub class: &'a str,
    /// Links in the header, before the way to the other language; a link to the validator unless told otherwise.
    pub nav: Option<Markup>,
    /// More in the head: descriptions for other sites, links to other forms.
    pub head: Option<Markup>,
    /// The style sheet it loads; without one, [`STYLE`] stands in the page.
    pub style: Option<&'a Asset>,
    /// Scripts it loads; [`assets::page`] unless told otherwise.
    pub scripts: Vec<&'a Asset>,
    /// Origins that its scripts may talk to besides its own.
    pub connect: Option<&'a str>,
    /// Origins that its forms may lead on to besides its own: browsers count a redirect as where a form goes.
    pub onward: Option<&'a str>,
    /// Who may show it in a frame, as a policy says it: `*`, or origins; nobody unless told otherwise.
    pub framed_by: Option<&'a str>,
    /// Its referrer policy; `no-referrer` unless told otherwise, since addresses open things.
    pub referrer: &'static str,
    /// Whether search engines may find it.
    pub is_indexed: bool,
    /// Where the other language is; none where there is no way back to this page.
    pub switch: Option<String>,
    /// The language that was chosen in this address, to be remembered.
    pub remembered: Option<Lang>,
}

fn other(lang: Lang) -> Lang {
    match lang {
        Lang::En => Lang::Ja,
        Lang::Ja => Lang::En,
    }
}

impl<'a> Page<'a> {
    /// A page in this language, of which nothing more is known.
    #[must_use]
    pub fn new(lang: Lang, title: &'a str) -> Self {
        Self {
            lang,
            title,
            status: 200,
            cache: Cache::None,
            class: "",
            nav: None,
            head: None,
            style: None,
            scripts: vec![assets::page()],
            connect: None,
            onward: None,
            framed_by: None,
            referrer: "no-referrer",
            is_indexed: false,
            switch: None,
            remembered: None,
        }
    }

    /// The answer to a request, in the request's language; the other one is at the same address.
    #[must_use]
    pub fn of(request: &Request, title: &'a str) -> Self {
        Self::new(request.lang, title).at(request)
    }

    /// At the address of this request, which is where the other language is too, unless the page answers to something sent.
    #[must_use]
    pub fn at(mut self, request: &Request) -> Self {
        if request.method == http::Method::POST {
            return self;
        }
        self.switch = Some(request.in_language(other(self.lang)));
        self.remembered = chosen_here(request);
        self
    }

    /// The policy: the one style sheet, pictures and scripts of our own host, and nothing else.
    fn policy(&self) -> String {
        let style = match self.style {
            Some(_) => "'self'".to_owned(),
            None => format!("'sha256-{}'", style_hash()),
        };
        let besides = |origin: Option<&str>| origin.map(|origin| format!(" {origin}")).unwrap_or_default();
        let (connect, onward) = (besides(self.connect), besides(self.onward));
        // Pictures in `blob:` are previews, which only scripts make.
        let (scripts, pictures) = if self.scripts.is_empty() {
            (String::new(), "")
        } else {
            (format!("script-src 'self'; worker-src 'self'; connect-src 'self'{connect}; "), " blob:")
        };
        let frames = self.framed_by.unwrap_or("'none'");
        format!(
            "default-src 'none'; style-src {style}; {scripts}img-src 'self' data:{pictures}; form-action 'self'{onward}; base-uri 'none'; \
             frame-ancestors {frames}"
        )
    }

    /// The page. One that no cache may keep is one reader's: no other site's script may read it.
    #[must_use]
    pub fn answer(&self, main: &Markup) -> Answer {
        let bare = self.class.contains("embed");
        self.answer_with(&html! {
            @if !bare { (self.header()) }
            main #main tabindex="-1" { (main) }
            @if !bare { footer { "Shirushi 印" } }
        })
    }

    /// The same with everything in its body, where a header of its own stands instead of everybody's.
    #[must_use]
    pub fn answer_with(&self, body: &Markup) -> Answer {
        let (media_type, page) = ("text/html; charset=utf-8", self.markup(body).into_string());
        let answer = match self.cache {
            Cache::None => Answer::new(self.status).body(media_type, page).cache(self.cache),
            _ => Answer::public(media_type, page, self.cache).status(self.status),
        };
        let mut answer = answer
            .header("content-security-policy", self.policy())
            .header("referrer-policy", self.referrer)
            .header("content-language", self.lang.tag())
            .header("vary", "accept, accept-language, cookie");
        if !self.is_indexed {
            answer = answer.header("x-robots-tag", "noindex");
        }
        match self.remembered {
            Some(lang) => answer.header("set-cookie", remembering(lang)),
            None => answer,
        }
    }

    fn markup(&self, body: &Markup) -> Markup {
        let Self { lang, class, .. } = *self;
        html! {
            (DOCTYPE)
            html lang=(lang.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    @if !self.is_indexed { meta name="robots" content="noindex"; }
                    title { (self.title) }
                    link rel="icon" href=(ICON);
                    @if let Some(head) = &self.head { (head) }
                    @match self.style {
                        Some(style) => { link rel="stylesheet" href=(style.path()); },
                        None => style { (PreEscaped(STYLE)) },
                    }
                    @for script in &self.scripts { script type="module" src=(script.path()) {} }
                }
                body class=[Some(class).filter(|class| !class.is_empty())] { (body) }
            }
        }
    }

    fn header(&self) -> Markup {
        let lang = self.lang;
        html! {
            a.skip href="#main" { (lang.pick("Skip to content", "本文へ移動")) }
            header.top {
                div {
                    span.brand { span.mark aria-hidden="true" lang="ja" { "印" } "Shirushi" }
                    nav aria-label=(lang.pick("Site", "サイト")) {
                        @match &self.nav {
                            Some(nav) => (nav),
                            None => a href="/validate" { (lang.pick("Check a badge", "バッジを検証")) },
                        }
                        @if let Some(href) = &self.switch {
                            @let other = other(lang);
                            a href=(href) lang=(other.tag()) hreflang=(other.tag()) rel="nofollow" { (other.pick("English", "日本語")) }
                        }
                    }
                }
            }
        }
    }
}

/// A page. One that no cache may keep is one reader's: no other site's script may read it.
#[must_use]
pub fn page(status: u16, lang: Lang, title: &str, cache: Cache, main: &Markup) -> Answer {
    let switch = Some(format!("?{LANG}={}", other(lang).tag()));
    Page { status, cache, switch, ..Page::new(lang, title) }.answer(main)
}

/// A failure as a page, for who reads pages. Its cause goes to the log, as that of any other failure does.
#[must_use]
pub fn refused(request: &Request, problem: &Problem) -> Answer {
    if let Some(cause) = problem.cause() {
        tracing::error!(request_id = request.id, route = request.route, cause, "failed");
    }
    let (lang, kind) = (request.lang, problem.kind());
    let title = match kind {
        Kind::NotFound => lang.pick("There is nothing at this address", "このURLには何もありません"),
        _ => kind.title(lang),
    };
    let main = html! {
        h1 { (title) }
        @if kind == Kind::NotFound {
            p {
                (lang.pick(
                    "Perhaps a part of the address was lost when it was copied. Please open it again from where you found it.",
                    "URLをコピーする際に一部が欠けた可能性があります。もとのメールやページからもう一度開いてください。"
                ))
            }
        } @else if problem.text(lang) != title {
            p { (problem.text(lang)) }
        }
    };
    Page { status: kind.status(), ..Page::of(request, title) }.answer(&main)
}

/// An instant: in UTC as it is served, in the reader's zone where scripts run; either way the zone is named.
#[must_use]
pub fn time(lang: Lang, at: Timestamp) -> Markup {
    let text = at.strftime(lang.pick("%-d %B %Y, %H:%M UTC", "%Y年%-m月%-d日 %H:%M UTC")).to_string();
    html! { time datetime=(rfc3339(at)) data-at { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::Body;

    fn get(path: &str) -> Request {
        Request::test(http::Method::GET, path, &[])
    }

    fn shown(page: &Page<'_>) -> (http::Response<Body>, String) {
        let response = page.answer(&html! { p { "x" } }).finish(&get("/"));
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        (response, text)
    }

    #[test]
    fn a_page_allows_its_own_style_and_scripts_and_no_inline_ones() {
        let (response, text) = shown(&Page::of(&get("/a"), "<T>"));
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        assert!(
            policy.contains("script-src 'self'; worker-src 'self'; connect-src 'self';")
                && policy.contains("frame-ancestors 'none'")
        );
        assert!(text.contains("<title>&lt;T&gt;</title>") && text.contains(&assets::page().path()));
        assert!(text.contains("content=\"noindex\"") && response.headers()["x-robots-tag"] == "noindex");
        assert!(text.find("href=\"#main\"").unwrap() < text.find("<main id=\"main\"").unwrap());
        let bare = Page {
            scripts: vec![],
            framed_by: Some("*"),
            is_indexed: true,
            class: "embed",
            ..Page::new(Lang::En, "t")
        };
        let (response, text) = shown(&bare);
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(!policy.contains("script-src") && policy.ends_with("frame-ancestors *"));
        assert!(
            !text.contains("noindex") && !text.contains("<header") && !response.headers().contains_key("x-robots-tag")
        );
    }

    #[test]
    fn the_language_is_chosen_by_a_link_and_remembered() {
        let (response, text) = shown(&Page::of(&get("/a?key=1"), "t"));
        assert!(text.contains("href=\"?key=1&amp;lang=ja\" lang=\"ja\"") && text.contains(">日本語<"), "{text}");
        assert!(!response.headers().contains_key("set-cookie"));
        let (response, text) = shown(&Page::of(&get("/a?lang=ja"), "t"));
        assert!(text.contains("<html lang=\"ja\">") && text.contains("href=\"?lang=en\""));
        assert!(response.headers()["set-cookie"].to_str().unwrap().starts_with("lang=ja; Path=/; "));
        assert_eq!(response.headers()["vary"], "accept, accept-language, cookie");
        let sent = Request::test(http::Method::POST, "/a", &[]);
        assert!(!shown(&Page::of(&sent, "t")).1.contains("hreflang"));
    }

    #[test]
    fn a_failure_is_a_page_too() {
        let answer = refused(&get("/a?lang=ja"), &Problem::new(Kind::NotFound));
        let response = answer.finish(&get("/a"));
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        assert!(response.status() == 404 && text.contains("<h1>このURLには何もありません</h1>"), "{text}");
        let fault = refused(&get("/a"), &Problem::internal("a secret")).finish(&get("/a"));
        assert!(fault.status() == 500 && !String::from_utf8_lossy(fault.body()).contains("a secret"));
    }

    #[test]
    fn a_time_names_its_zone() {
        let at = Timestamp::from_second(1_768_469_400).unwrap();
        assert_eq!(
            time(Lang::Ja, at).into_string(),
            "<time datetime=\"2026-01-15T09:30:00Z\" data-at>2026年1月15日 09:30 UTC</time>"
        );
        assert!(time(Lang::En, at).into_string().contains(">15 January 2026, 09:30 UTC<"));
    }
}
