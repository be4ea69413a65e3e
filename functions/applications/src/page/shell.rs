//! What all pages here share: the shell, what they may load, and in which language and frame they are shown.

use super::assets;
use application::Form;
use badge::Lang;
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use maud::{DOCTYPE, Markup, html};

/// In which language a page is shown, and whether inside a page of another site. Both ride in the address from page to page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) lang: Lang,
    /// Whether the language was chosen on a page.
    is_chosen: bool,
    pub(crate) is_embedded: bool,
}

impl Look {
    /// The language chosen, else the browser's, else `otherwise`.
    pub(crate) fn of(request: &Request, otherwise: Lang) -> Self {
        let chosen = match request.query("lang") {
            Some("en") => Some(Lang::En),
            Some("ja") => Some(Lang::Ja),
            _ => None,
        };
        let told = || request.header("accept-language").and_then(Lang::preferred);
        Self {
            lang: chosen.or_else(told).unwrap_or(otherwise),
            is_chosen: chosen.is_some(),
            is_embedded: request.query("embed") == Some("1"),
        }
    }

    /// What an address of ours ends in, so that what it leads to looks the same.
    pub(crate) fn suffix(self) -> String {
        let lang = self.is_chosen.then(|| format!("lang={}", self.lang.tag()));
        let embed = self.is_embedded.then(|| "embed=1".to_owned());
        let query: Vec<String> = [lang, embed].into_iter().flatten().collect();
        if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) }
    }

    /// The way to the other language.
    fn switch(self) -> Markup {
        let (other, name) = match self.lang {
            Lang::En => (Lang::Ja, "日本語"),
            Lang::Ja => (Lang::En, "English"),
        };
        let href = Self { lang: other, is_chosen: true, ..self }.suffix();
        html! { nav.corner aria-label=(self.lang.pick("Language", "言語")) { a href=(href) lang=(other.tag()) hreflang=(other.tag()) rel="nofollow" { (name) } } }
    }
}

/// What a page may do besides showing itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Powers<'a> {
    /// The form whose sites may embed it.
    pub(crate) form: Option<&'a Form>,
    /// Where files are uploaded to.
    pub(crate) bucket: Option<&'a str>,
    /// Whether the other language can be had at the same address: not in the answer to something sent.
    pub(crate) is_switchable: bool,
}

impl Powers<'_> {
    fn policy(self, look: Look) -> String {
        let origins: Vec<&str> = match self.form {
            Some(form) if look.is_embedded => {
                form.definition.embed_origins.iter().map(application::form::Origin::as_str).collect()
            }
            _ => Vec::new(),
        };
        let ancestors = if origins.is_empty() { "'none'".to_owned() } else { origins.join(" ") };
        let bucket = self.bucket.map(|bucket| format!(" {bucket}")).unwrap_or_default();
        // The answer to a form may lead on to the form's own address, which browsers count as where the form goes.
        let onward = self.form.and_then(redirect_origin).map(|origin| format!(" {origin}")).unwrap_or_default();
        format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; img-src 'self' data:; \
             connect-src 'self'{bucket}; form-action 'self'{onward}; base-uri 'none'; frame-ancestors {ancestors}"
        )
    }
}

fn redirect_origin(form: &Form) -> Option<String> {
    let url = url::Url::parse(onward(form)?).ok()?;
    Some(url.origin().ascii_serialization())
}

/// Where an applicant goes on after submitting: to nothing but https.
pub(crate) fn onward(form: &Form) -> Option<&str> {
    form.definition.redirect_url.as_ref().map(badge::WebUrl::as_str).filter(|url| url.starts_with("https://"))
}

/// A page. None may be kept: it is one reader's, or holds a challenge that counts once.
pub(crate) fn page(status: u16, look: Look, title: &str, powers: Powers<'_>, main: &Markup) -> Answer {
    let Look { lang, is_embedded, .. } = look;
    let markup = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="stylesheet" href=(assets::style().path());
                script type="module" src=(assets::script().path()) {}
            }
            body class=[is_embedded.then_some("embedded")] {
                @if powers.is_switchable { (look.switch()) }
                main { (main) }
                @if !is_embedded { footer { "Shirushi 印" } }
            }
        }
    };
    Answer::new(status)
        .body("text/html; charset=utf-8", markup.into_string())
        .cache(Cache::None)
        .header("content-security-policy", powers.policy(look))
        .header("referrer-policy", "no-referrer")
        .header("content-language", lang.tag())
        .header("vary", "accept, accept-language")
}

/// The page of a request that failed, where there is nothing better to show.
pub(crate) fn refused(look: Look, problem: &Problem) -> Answer {
    let lang = look.lang;
    let kind = problem.kind();
    let title = match kind {
        Kind::NotFound => lang.pick("This link leads nowhere", "このリンクは開けません"),
        _ => kind.title(lang),
    };
    let main = html! {
        h1 { (title) }
        @match kind {
            Kind::NotFound => p {
                (lang.pick(
                    "Perhaps a part of it was lost when it was copied. Please open it again from where you found it.",
                    "コピーの際に一部が欠けた可能性があります。もとのメールやページからもう一度開いてください。"
                ))
            },
            Kind::LinkExpired => p {
                (lang.pick("Please ask whoever sent it for a new one.", "送り主に再送をご依頼ください。"))
            },
            _ => p { (problem.text(lang)) },
        }
    };
    page(kind.status(), look, title, Powers::default(), &main)
}

/// Something to be noticed before the rest.
pub(crate) fn note(class: &str, title: &str, text: &Markup) -> Markup {
    html! { div class={"note " (class)} role="status" { strong { (title) } (text) } }
}
