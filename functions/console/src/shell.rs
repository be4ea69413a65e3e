//! What surrounds every page: the head, the way around, what was done just now, and the page of a failure.

use crate::assets;
use crate::desk::Desk;
use crate::posted::Filled;
use crate::visitor::Visitor;
use badge::Lang;
use edge::html::Page;
use edge::{Answer, Kind, Problem, Request};
use maud::{Markup, html};
use store::Role;

/// What a page has besides what every page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum More {
    Nothing,
    Designer,
    Mails,
}

/// A page of the console without an organisation.
pub(crate) fn plain(status: u16, request: &Request, title: &str, main: &Markup) -> Answer {
    let lang = request.lang;
    document(
        status,
        lang,
        title,
        More::Nothing,
        &html! {
            header.bar { a.brand href="/" { "Shirushi " span aria-hidden="true" { "印" } } (switch(request)) }
            main.narrow #main { (main) }
        },
    )
}

/// A page for somebody who is signed in, outside of any organisation. `class`: of its main part.
pub(crate) fn signed_in(
    status: u16,
    request: &Request,
    title: &str,
    visitor: &Visitor,
    class: &str,
    main: &Markup,
) -> Answer {
    let lang = request.lang;
    document(
        status,
        lang,
        title,
        More::Nothing,
        &html! {
            a.skip href="#main" { (lang.pick("Skip to the content", "本文へ移動")) }
            header.bar { a.brand href="/console" { "Shirushi " span aria-hidden="true" { "印" } } (account(request, visitor)) }
            main #main class=(class) {
                @if let Some(done) = request.query("done").and_then(|what| done(lang, what)) { p.done role="status" { (done) } }
                (main)
            }
        },
    )
}

/// A page of an organisation. `place`: the address below the organisation of what is marked as where one is.
pub(crate) fn page(desk: &Desk<'_>, status: u16, title: &str, place: &str, main: &Markup) -> Answer {
    framed(desk, status, title, place, More::Nothing, main)
}

/// The same with mails in frames, which have their styles at each element. A frame of the page's own text is under the page's policy.
pub(crate) fn page_with_mails(desk: &Desk<'_>, status: u16, title: &str, place: &str, main: &Markup) -> Answer {
    framed(desk, status, title, place, More::Mails, main)
}

/// The same with the designer's module.
pub(crate) fn page_with_designer(desk: &Desk<'_>, status: u16, title: &str, place: &str, main: &Markup) -> Answer {
    framed(desk, status, title, place, More::Designer, main)
}

fn framed(desk: &Desk<'_>, status: u16, title: &str, place: &str, more: More, main: &Markup) -> Answer {
    let lang = desk.lang;
    document(
        status,
        lang,
        &format!("{title} - {}", desk.organisation.name),
        more,
        &html! {
            a.skip href="#main" { (lang.pick("Skip to the content", "本文へ移動")) }
            header.bar {
                a.brand href="/console" { "Shirushi " span aria-hidden="true" { "印" } }
                a.organisation href=(desk.at("")) { (desk.organisation.name) }
                (account(desk.request, &desk.visitor))
            }
            div.desk {
                nav.stages aria-label=(lang.pick("Console", "コンソール")) { (way_around(desk, place)) }
                main #main {
                    @if let Some(done) = desk.request.query("done").and_then(|what| done(lang, what)) {
                        p.done role="status" { (done) }
                    }
                    (main)
                }
            }
        },
    )
}

/// An address below the organisation, what it is called, and who sees it.
type Place<'a> = (&'a str, &'a str, &'a [Role]);

/// The pages that people look for, in the order of the work.
fn way_around(desk: &Desk<'_>, place: &str) -> Markup {
    use Role::{Admin, Creator, Issuer, Reviewer};
    let lang = desk.lang;
    let all = [Creator, Issuer, Reviewer];
    let groups: [(&str, &[Place<'_>]); 4] = [
        ("", &[("", lang.pick("Overview", "概要"), &all)]),
        (
            lang.pick("Create", "バッジ作成"),
            &[
                ("badges", lang.pick("Badges", "バッジ"), &all),
                ("forms", lang.pick("Application forms", "申請フォーム"), &[Creator]),
            ],
        ),
        (
            lang.pick("Issue", "バッジ発行"),
            &[
                ("issue", lang.pick("Issue a badge", "バッジを発行"), &[Issuer]),
                ("applications", lang.pick("Applications", "申請の審査"), &[Issuer, Reviewer]),
                ("events", lang.pick("Issued", "発行履歴"), &[Issuer, Creator, Reviewer]),
            ],
        ),
        (
            lang.pick("Organisation", "団体"),
            &[
                ("members", lang.pick("Members", "メンバー"), &[Admin]),
                ("settings", lang.pick("Settings", "設定"), &[Admin]),
                ("plan", lang.pick("Plan and usage", "プランと利用状況"), &[Admin]),
                ("exports", lang.pick("Export", "エクスポート"), &[Admin]),
                ("audit", lang.pick("Audit log", "操作履歴"), &[Admin]),
            ],
        ),
    ];
    html! {
        @for (name, pages) in groups {
            @let pages: Vec<_> = pages.iter().filter(|(_, _, roles)| roles.iter().any(|role| desk.is(*role))).collect();
            @if !pages.is_empty() {
                @if !name.is_empty() { p.stage { (name) } }
                ul {
                    @for (page, name, _) in pages {
                        li { a href=(desk.at(page)) aria-current=[(*page == place).then_some("page")] { (name) } }
                    }
                }
            }
        }
    }
}

/// The way to the other language, at an address that can be opened again.
fn switch(request: &Request) -> Markup {
    let (other, name) = match request.lang {
        Lang::En => (Lang::Ja, "日本語"),
        Lang::Ja => (Lang::En, "English"),
    };
    html! {
        @if request.method != http::Method::POST {
            a href=(request.in_language(other)) lang=(other.tag()) hreflang=(other.tag()) rel="nofollow" { (name) }
        }
    }
}

fn account(request: &Request, visitor: &Visitor) -> Markup {
    let lang = request.lang;
    html! {
        (switch(request))
        details.account {
            summary { (visitor.session.address.as_str()) }
            form method="post" action="/sign-out" {
                (csrf(visitor))
                a.button href="/my" { (lang.pick("My badges", "マイバッジ")) }
                a.button href="/console" { (lang.pick("My organisations", "所属団体")) }
                button.quiet { (lang.pick("Sign out", "サインアウト")) }
                button.quiet name="everywhere" value="yes" { (lang.pick("Sign out everywhere", "すべての端末でサインアウト")) }
            }
        }
    }
}

/// The hidden field that every form carries.
pub(crate) fn csrf(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name="csrf" value=(visitor.csrf()); }
}

/// What was done, by the name it has in an address: nobody else's words are shown.
fn done(lang: Lang, what: &str) -> Option<&'static str> {
    Some(match what {
        "saved" => lang.pick("Saved.", "保存しました。"),
        "created" => lang.pick("Created.", "作成しました。"),
        "deleted" => lang.pick("Deleted.", "削除しました。"),
        "issued" => lang.pick("Issued. The mails are on their way.", "発行しました。メールを順次送信しています。"),
        "revoked" => lang.pick("Revoked.", "取り消しました。"),
        "resent" => lang.pick("The mails will be sent again.", "メールを再送します。"),
        "invited" => lang.pick("Invited. The mail is on its way.", "招待しました。メールを送信しています。"),
        "removed" => lang.pick("Removed.", "外しました。"),
        "decided" => lang.pick("Your decision is recorded.", "判定を記録しました。"),
        "begun" => lang.pick(
            "It is being made. This takes some minutes.",
            "作成を開始しました。完了まで数分かかることがあります。",
        ),
        "sent" => lang.pick("Sent.", "送信しました。"),
        _ => return None,
    })
}

fn document(status: u16, lang: Lang, title: &str, more: More, body: &Markup) -> Answer {
    // With `no-referrer` browsers post with `Origin: null`, which is nobody (Fetch section 3.1).
    let (class, style, referrer) = ("console", Some(assets::style()), "same-origin");
    let mut scripts = vec![assets::script()];
    if more == More::Designer {
        scripts.push(assets::designer());
    }
    let has_mails = more == More::Mails;
    Page { status, class, style, has_mails, referrer, scripts, ..Page::new(lang, title) }
        .answer_with(body)
        .header("x-frame-options", "DENY")
}

/// The page of a request that failed.
pub(crate) fn refused(request: &Request, problem: &Problem) -> Answer {
    let (lang, kind) = (request.lang, problem.kind());
    let title = kind.title(lang);
    plain(
        kind.status(),
        request,
        title,
        &html! {
            h1 { (title) }
            @if problem.text(lang) != title { p { (problem.text(lang)) } }
            @match kind {
                Kind::NotFound => p {
                    (lang.pick(
                        "Perhaps it was deleted, or it belongs to an organisation you are no member of.",
                        "削除されたか、メンバーではない団体のものである可能性があります。"
                    ))
                },
                Kind::MissingRole => p {
                    (lang.pick(
                        "Ask an admin of your organisation if you need it.",
                        "必要な場合は団体の管理者にご相談ください。"
                    ))
                },
                Kind::Internal | Kind::Unavailable => p.soft { (lang.pick("Request", "リクエスト")) ": " code { (request.id) } },
                _ => {},
            }
            p { a href="/console" { (lang.pick("To the console", "コンソールへ戻る")) } }
        },
    )
}

/// What is wrong with a form as a whole, and a way to each field; it takes the focus.
pub(crate) fn complaints(lang: Lang, filled: &Filled) -> Markup {
    complaints_within(lang, filled, "")
}

/// The same for one of several forms on a page, whose fields are within `scope` ([`Field::within`]).
pub(crate) fn complaints_within(lang: Lang, filled: &Filled, scope: &str) -> Markup {
    html! {
        @if !filled.complaints.is_empty() {
            div.note.bad #errors role="alert" tabindex="-1" autofocus {
                strong { (lang.pick("Please look at this again:", "次の点をご確認ください。")) }
                ul {
                    @for complaint in &filled.complaints {
                        li {
                            @if complaint.pointer.is_empty() { (complaint.text) }
                            @else { a href=(format!("#f{scope}{}", field_id(&complaint.pointer))) { (complaint.text) } }
                        }
                    }
                }
            }
        }
    }
}

/// What a field is called in a page whose name in the API is `pointer`.
pub(crate) fn field_id(pointer: &str) -> String {
    pointer.replace('/', "-")
}

/// A field of a form: label, hint, control, complaint. `control` gets the id, and what describes the field, to be named in the control.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// Where the API has it: `/content/0/name`.
    pub(crate) pointer: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hint: &'a str,
    pub(crate) is_required: bool,
    /// What tells it from a field of the same name in another form of the page.
    pub(crate) scope: &'a str,
}

impl<'a> Field<'a> {
    pub(crate) fn new(pointer: &'a str, label: &'a str) -> Self {
        Self { pointer, label, hint: "", is_required: false, scope: "" }
    }

    pub(crate) fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    pub(crate) fn within(self, scope: &'a str) -> Self {
        Self { scope, ..self }
    }

    pub(crate) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// The field around a control that `control` makes from its id and the ids of what describes it.
    pub(crate) fn around(self, lang: Lang, filled: &Filled, control: impl Fn(&str, Option<&str>) -> Markup) -> Markup {
        let place = format!("{}{}", self.scope, field_id(self.pointer));
        let id = format!("f{place}");
        let hint_id = (!self.hint.is_empty()).then(|| format!("h{place}"));
        // What is said of a part of it is found here too: the part has no control of its own.
        let errors: Vec<(String, &str)> = filled
            .complaints_about(self.pointer)
            .map(|complaint| {
                let letter = if complaint.pointer == self.pointer { "e" } else { "f" };
                (format!("{letter}{}{}", self.scope, field_id(&complaint.pointer)), complaint.text.as_str())
            })
            .collect();
        let described: Vec<&str> =
            hint_id.as_deref().into_iter().chain(errors.iter().map(|(id, _)| id.as_str())).collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        html! {
            div.field.wrong[!errors.is_empty()] {
                label for=(id) {
                    (self.label)
                    @if self.is_required { " " span.required { (lang.pick("required", "必須")) } }
                }
                @if let Some(hint_id) = &hint_id { p.hint id=(hint_id) { (self.hint) } }
                (control(&id, described.as_deref()))
                @for (id, text) in &errors { p.error id=(id) { (text) } }
            }
        }
    }

    /// A line of text.
    pub(crate) fn line(self, lang: Lang, filled: &Filled, name: &str, kind: &str, value: &str) -> Markup {
        self.around(lang, filled, |id, described| {
            html! {
                input id=(id) name=(name) type=(kind) value=(filled.value(name, value)) aria-describedby=[described]
                    aria-invalid=[filled.is_wrong(self.pointer).then_some("true")] required[self.is_required];
            }
        })
    }

    /// A longer text.
    pub(crate) fn paragraph(self, lang: Lang, filled: &Filled, name: &str, rows: u32, value: &str) -> Markup {
        self.around(lang, filled, |id, described| {
            html! {
                textarea id=(id) name=(name) rows=(rows) aria-describedby=[described]
                    aria-invalid=[filled.is_wrong(self.pointer).then_some("true")] required[self.is_required] {
                    (filled.value(name, value))
                }
            }
        })
    }

    /// One of several.
    pub(crate) fn choice(
        self,
        lang: Lang,
        filled: &Filled,
        name: &str,
        options: &[(&str, &str)],
        value: &str,
    ) -> Markup {
        let chosen = filled.value(name, value);
        self.around(lang, filled, |id, described| {
            html! {
                select id=(id) name=(name) aria-describedby=[described]
                    aria-invalid=[filled.is_wrong(self.pointer).then_some("true")] required[self.is_required] {
                    @for (value, label) in options { option value=(value) selected[*value == chosen] { (label) } }
                }
            }
        })
    }
}

/// An instant: where scripts run, in the viewer's own zone.
pub(crate) fn time(at: jiff::Timestamp) -> Markup {
    html! { time datetime=(badge::rfc3339(at)) { (at.strftime("%Y-%m-%d %H:%M UTC").to_string()) } }
}

/// The same from Unix seconds, as the API writes them.
pub(crate) fn time_of(seconds: &serde_json::Value) -> Markup {
    let at = seconds.as_i64().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    html! { @if let Some(at) = at { (time(at)) } @else { "–" } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Complaint;

    #[test]
    fn what_is_said_of_a_part_of_a_field_stands_beside_it() {
        let complaint = |pointer: &str, text: &str| Complaint { pointer: pointer.into(), text: text.into() };
        let complaints = vec![complaint("/domains/1", "no domain"), complaint("/domains_of_others", "elsewhere")];
        let filled = Filled { complaints, ..Filled::default() };
        let field = Field::new("/domains", "Domains").line(Lang::En, &filled, "domains", "text", "").into_string();
        assert!(field.contains(r#"aria-describedby="f-domains-1" aria-invalid="true""#), "{field}");
        assert!(field.contains(r#"<p class="error" id="f-domains-1">no domain</p>"#) && !field.contains("elsewhere"));
        assert!(self::complaints(Lang::En, &filled).into_string().contains(r##"href="#f-domains-1""##));
        let other = Field::new("/domain", "Domain").line(Lang::En, &filled, "domain", "text", "").into_string();
        assert!(!other.contains("error") && !other.contains("aria-invalid"), "{other}");
    }
}
