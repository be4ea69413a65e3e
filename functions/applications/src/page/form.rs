//! The form: what it takes, what is asked, and what there is to see while it takes nothing.

use super::fields::{self, Asking, Filled, Wrong};
use super::shell::{self, Look, Powers, note};
use application::Form;
use application::abuse;
use application::approval::Approval;
use application::form::{Availability, FieldKind};
use badge::definition::Badge;
use badge::{Lang, Urls};
use edge::{Answer, Problem, markdown};
use jiff::Timestamp;
use maud::{Markup, html};

/// A form as somebody looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) urls: &'a Urls,
    pub(crate) form: &'a Form,
    pub(crate) badge: Option<&'a Badge>,
    pub(crate) look: Look,
    pub(crate) now: Timestamp,
    /// Whether all places are taken.
    pub(crate) is_full: bool,
    /// Work to be done before something can be handed in.
    pub(crate) challenge: &'a str,
}

/// The page on which somebody begins. `problem`: why what they sent was not taken.
pub(crate) fn show(status: u16, shown: &Shown<'_>, filled: &Filled, problem: Option<&Problem>) -> Answer {
    let lang = shown.look.lang;
    let title = shown.form.definition.title.get(lang);
    let title =
        if problem.is_some() { format!("{}{title}", lang.pick("Error: ", "エラー: ")) } else { title.to_owned() };
    let powers = Powers { form: Some(shown.form), is_switchable: problem.is_none(), ..Powers::default() };
    shell::page(status, shown.look, &title, powers, &shown.main(filled, problem))
}

/// The picture and name of the badge that is applied for, above the title.
pub(crate) fn head(urls: &Urls, form: &Form, badge: Option<&Badge>, lang: Lang) -> Markup {
    let content = badge.map(|badge| (badge, badge.content_for(lang.tag())));
    html! {
        header.head {
            @if let Some((badge, content)) = content {
                img src=(urls.artwork(&badge.artwork.png_sha256, "png")) width="112" height="112" alt=(content.image_alt.as_deref().unwrap_or(&content.name));
            }
            div {
                h1 dir="auto" { (form.definition.title.get(lang)) }
                @if let Some((_, content)) = content {
                    p.soft { (lang.pick("Badge: ", "バッジ: ")) span lang=[content.language.known()] { (content.name) } }
                }
            }
        }
    }
}

/// What a problem says that is about no field.
pub(crate) fn complaint(lang: Lang, problem: Option<&Problem>) -> Markup {
    html! {
        @if let Some(problem) = problem && problem.field_errors().is_empty() {
            div.note.bad #errors role="alert" tabindex="-1" autofocus {
                h2 { (problem.kind().title(lang)) }
                @if problem.text(lang) != problem.kind().title(lang) { p { (problem.text(lang)) } }
            }
        }
    }
}

/// An instant as the clock of the form's zone shows it, with the zone's name.
pub(crate) fn local(lang: Lang, form: &Form, at: Timestamp) -> Markup {
    let zone = form.definition.window.zone.as_str();
    let text = at.in_tz(zone).map_or_else(
        |_| badge::rfc3339(at),
        |at| at.strftime(lang.pick("%-d %B %Y, %H:%M", "%Y年%-m月%-d日 %H:%M")).to_string(),
    );
    html! { time datetime=(badge::rfc3339(at)) { (text) } " (" (zone) ")" }
}

impl Shown<'_> {
    fn main(&self, filled: &Filled, problem: Option<&Problem>) -> Markup {
        let Self { urls, form, badge, look, now, is_full, .. } = *self;
        let lang = look.lang;
        let availability = form.availability(now);
        html! {
            (head(urls, form, badge, lang))
            @match availability {
                Availability::Open if is_full && problem.is_none() => (note("soft", lang.pick("All places are taken", "定員に達しました"), &html! {
                    p { (lang.pick("This form takes no more applications.", "このフォームの受け付けは終了しました。")) }
                })),
                Availability::Open => (self.open(filled, problem)),
                Availability::NotYet(opens) => (note("soft", lang.pick("Not open yet", "受付開始前です"), &html! {
                    p { (lang.pick("Applications are taken from ", "受付開始: ")) (local(lang, form, opens)) (lang.pick(".", "")) }
                })),
                Availability::Over(closed) => (note("soft", lang.pick("This form is closed", "受付は終了しました"), &html! {
                    p { (lang.pick("Applications were taken until ", "受付終了: ")) (local(lang, form, closed)) (lang.pick(".", "")) }
                })),
                Availability::Closed => (note("soft", lang.pick("This form is closed", "現在受け付けていません"), &html! {
                    p { (lang.pick("It takes no applications at present.", "このフォームは現在、申請を受け付けていません。")) }
                })),
            }
            @if !matches!(availability, Availability::Open) || is_full { (self.about()) }
        }
    }

    /// Until when, and what applicants are told.
    fn about(&self) -> Markup {
        let (form, lang) = (self.form, self.look.lang);
        let instructions = form.definition.instructions.get(lang);
        html! {
            @if let (Availability::Open, Some(closes)) = (form.availability(self.now), form.definition.window.closes_at()) {
                p.soft { (lang.pick("Open until ", "受付期間: ")) (local(lang, form, closes)) (lang.pick(".", " まで")) }
            }
            @if !instructions.trim().is_empty() { div.instructions dir="auto" { (markdown::render(instructions)) } }
            @if let Some(badge) = self.badge {
                @let content = badge.content_for(lang.tag());
                details {
                    summary { (lang.pick("About this badge", "このバッジについて")) }
                    div lang=[content.language.known()] dir="auto" {
                        @for paragraph in content.description.split("\n\n").filter(|p| !p.trim().is_empty()) { p { (paragraph) } }
                        @if !content.criteria.trim().is_empty() { h3 { (lang.pick("Criteria", "取得条件")) } (markdown::render(&content.criteria)) }
                    }
                    p { a href=(self.urls.badge(&badge.id)) target="_blank" rel="noopener" { (lang.pick("More about the badge", "バッジの詳細")) (new_window(lang)) } }
                }
            }
        }
    }

    fn open(&self, filled: &Filled, problem: Option<&Problem>) -> Markup {
        let Self { form, look, challenge, .. } = *self;
        let lang = look.lang;
        let errors = problem.map(Problem::field_errors).unwrap_or_default();
        let wrong = Wrong { lang, errors };
        let asking = Asking { definition: &form.definition, filled, wrong, files: None, is_address_proved: false };
        let has_files = form.definition.asked().iter().any(|field| matches!(field.kind, FieldKind::File { .. }));
        html! {
            (asking.summary())
            (complaint(lang, problem))
            (self.about())
            form method="post" action={"/apply/" (form.id) "/applications" (look.suffix())} novalidate data-work=(abuse::DIFFICULTY_BITS) data-busy=(busy(lang)) {
                input type="hidden" name="challenge" value=(challenge);
                input type="hidden" name="solution" value="";
                (fields::trap(lang))
                (asking.person())
                @if let Approval::ClaimCode { .. } = form.definition.approval { (asking.code()) }
                (asking.questions())
                p.small.soft { (keeping(lang)) }
                div.actions {
                    @if has_files {
                        button type="submit" name="do" value="save" { (lang.pick("Save and continue", "保存して次へ")) }
                    } @else {
                        button type="submit" name="do" value="submit" { (lang.pick("Submit", "送信する")) }
                        button.quiet type="submit" name="do" value="save" { (lang.pick("Save for later", "下書き保存")) }
                    }
                }
            }
        }
    }
}

/// What a button says while its form is on its way.
pub(crate) fn busy(lang: Lang) -> &'static str {
    lang.pick("One moment …", "送信しています…")
}

fn keeping(lang: Lang) -> &'static str {
    lang.pick(
        "A mail confirms your address; with the link in it you can come back to your application.",
        "入力されたアドレスに確認メールをお送りします。メール内のリンクから、いつでもこの申請に戻れます。",
    )
}

/// Said of a link that opens elsewhere.
pub(crate) fn new_window(lang: Lang) -> Markup {
    html! { span.unseen { (lang.pick(" (opens in a new window)", "（新しいウィンドウで開きます）")) } }
}
