//! What all pages here share: the shell, what they may load, and in which language and frame they are shown.

use super::assets;
use application::Form;
use badge::Lang;
use edge::html::Page;
use edge::{Answer, Kind, Problem, Request};
use maud::{Markup, html};

/// In which language a page is shown, and whether inside a page of another site. Both ride in the address from page to page: in a
/// frame of another site no cookie does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) lang: Lang,
    /// Whether the language was chosen in this very address.
    is_chosen: bool,
    pub(crate) is_embedded: bool,
}

impl Look {
    /// The language chosen, else the browser's, else `otherwise`.
    pub(crate) fn of(request: &Request, otherwise: Lang) -> Self {
        let chosen = request.chosen_lang();
        Self {
            lang: chosen.or_else(|| request.told_lang()).unwrap_or(otherwise),
            is_chosen: chosen.is_some() && request.query("lang").is_some(),
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

    /// Where the other language is.
    fn switched(self) -> Self {
        let other = match self.lang {
            Lang::En => Lang::Ja,
            Lang::Ja => Lang::En,
        };
        Self { lang: other, is_chosen: true, ..self }
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
    /// Who may show the page in a frame.
    fn framed_by(self, look: Look) -> Option<String> {
        let form = self.form.filter(|_| look.is_embedded)?;
        let origins: Vec<&str> = form.definition.embed_origins.iter().map(application::form::Origin::as_str).collect();
        (!origins.is_empty()).then(|| origins.join(" "))
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
    let switch = powers.is_switchable.then(|| look.switched());
    let (onward, framed_by) = (powers.form.and_then(redirect_origin), powers.framed_by(look));
    let page = Page {
        status,
        class: if look.is_embedded { "embedded" } else { "" },
        style: Some(assets::style()),
        scripts: vec![assets::script()],
        connect: powers.bucket,
        onward: onward.as_deref(),
        framed_by: framed_by.as_deref(),
        switch: switch.map(Look::suffix),
        remembered: Some(look.lang).filter(|_| look.is_chosen && powers.is_switchable),
        ..Page::new(look.lang, title)
    };
    page.answer(&html! {
        // A page in another site's has no header.
        @if let Some(other) = switch.filter(|_| look.is_embedded) {
            nav.corner aria-label=(look.lang.pick("Language", "言語")) {
                a href=(other.suffix()) lang=(other.lang.tag()) hreflang=(other.lang.tag()) rel="nofollow" {
                    (other.lang.pick("English", "日本語"))
                }
            }
        }
        (main)
    })
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
