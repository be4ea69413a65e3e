//! An application, for who hands it in: draft, proof of the address, where it stands, another version.

use super::fields::{self, Asking, Filled, Wrong};
use super::form::{busy, complaint, head, local};
use super::shell::{self, Look, Powers, note};
use crate::files;
use crate::step::Subject;
use application::Refusal;
use application::application::{Actor, State};
use application::approval::Approval;
use badge::Urls;
use badge::definition::Badge;
use edge::{Answer, Problem, markdown};
use maud::{Markup, html};

/// An application as its applicant looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) urls: &'a Urls,
    pub(crate) subject: &'a Subject,
    pub(crate) badge: Option<&'a Badge>,
    pub(crate) look: Look,
    /// The applicant's link, as it was presented.
    pub(crate) link: &'a str,
    /// The version of the form that was answered last.
    pub(crate) answered: &'a application::Form,
    pub(crate) files: &'a [files::Shown],
    pub(crate) bucket: Option<&'a str>,
    /// The address for peers, where peers approve.
    pub(crate) peer_url: Option<&'a str>,
    /// Whether it was just saved.
    pub(crate) is_saved: bool,
}

/// The page. `filled`: what was sent and not taken, because of `problem`.
pub(crate) fn show(status: u16, shown: &Shown<'_>, filled: Option<&Filled>, problem: Option<&Problem>) -> Answer {
    let lang = shown.look.lang;
    let title = shown.subject.form.definition.title.get(lang);
    let title =
        if problem.is_some() { format!("{}{title}", lang.pick("Error: ", "エラー: ")) } else { title.to_owned() };
    let powers = Powers { form: Some(&shown.subject.form), bucket: shown.bucket, is_switchable: problem.is_none() };
    shell::page(status, shown.look, &title, powers, &shown.main(filled, problem))
}

impl Shown<'_> {
    fn path(&self) -> String {
        format!("/apply/{}/applications/{}", self.subject.form.id, self.link)
    }

    fn action(&self, what: &str) -> String {
        format!("{}/{what}{}", self.path(), self.look.suffix())
    }

    fn main(&self, filled: Option<&Filled>, problem: Option<&Problem>) -> Markup {
        let (lang, application) = (self.look.lang, &self.subject.application);
        let edit = application.may_edit(&self.subject.form.definition);
        let is_draft = matches!(application.state, State::Draft);
        html! {
            (head(self.urls, &self.subject.form, self.badge, lang))
            (complaint(lang, problem))
            @if self.is_saved && problem.is_none() && is_draft {
                (note("good", lang.pick("Saved", "保存しました"), &html! {
                    p { (lang.pick("Nothing is handed in yet. The link to come back is in the mail that we sent you.", "まだ提出されていません。お送りしたメールのリンクから、いつでも再開できます。")) }
                }))
            }
            (self.news(problem, edit))
            @if edit.is_ok() { (self.edit(filled, problem)) }
            @else if application.submission.is_some() { (self.submitted()) }
            @if is_draft && application.proved_at.is_none() && application.proof.is_some() && problem.is_none() { (self.proof_aside()) }
            (self.withdrawal())
        }
    }

    /// Where it stands.
    fn news(&self, problem: Option<&Problem>, edit: Result<(), Refusal>) -> Markup {
        let (lang, application) = (self.look.lang, &self.subject.application);
        let quiz = matches!(self.subject.form.definition.approval, Approval::Quiz { .. });
        match &application.state {
            State::Draft => html! {},
            State::Unproven => self.proof(problem),
            State::Checking => note(
                "soft",
                lang.pick("Your files are being checked", "ファイルを確認しています"),
                &html! {
                    p { (lang.pick("That takes a minute or so. Your application goes on by itself then.", "通常1分ほどで終わります。完了すると、申請は自動的に次へ進みます。")) }
                    p { a href={(self.path()) (self.look.suffix())} { (lang.pick("Look again", "再読み込み")) } }
                },
            ),
            State::Submitted if quiz && edit.is_ok() => note(
                "soft",
                lang.pick("Not passed yet", "合格点に届きませんでした"),
                &html! {
                    p { (lang.pick("You can try again below. Otherwise a reviewer looks at your answers.", "下のフォームからもう一度挑戦できます。そのままの場合は、審査担当者が回答を確認します。")) }
                },
            ),
            State::Submitted => note(
                "good",
                lang.pick("Received", "申請を受け付けました"),
                &html! {
                    p { (lang.pick("It is being reviewed. You get a mail when there is news.", "審査の結果はメールでお知らせします。")) }
                    @if let Some(url) = self.peer_url {
                        p { (lang.pick("Send this address to people who hold one of the badges that may approve it:", "承認できるバッジをお持ちの方に、次のURLを送ってください:")) }
                        p { code { (url) } }
                    }
                    (self.onward())
                },
            ),
            State::Returned { comment, by } => note(
                "warn",
                lang.pick("Please revise your application", "修正をお願いします"),
                &html! {
                    @if !matches!(by, Actor::System) { p { (lang.pick("The reviewer writes:", "審査担当者からのコメント:")) } }
                    blockquote dir="auto" { @for line in comment.split('\n') { (line) br; } }
                    p { (lang.pick("Change it below and submit it again.", "下の内容を修正して、もう一度提出してください。")) }
                },
            ),
            State::Approved { .. } => note(
                "good",
                lang.pick("Approved", "承認されました"),
                &html! {
                    p { (lang.pick("Your badge is being made. It comes by mail in a few minutes.", "バッジを発行しています。数分以内にメールでお届けします。")) }
                    (self.onward())
                },
            ),
            State::Issued { credential, .. } => note(
                "good",
                lang.pick("Your badge is issued", "バッジが発行されました"),
                &html! {
                    p { (lang.pick("Open it with the link in the mail that we sent you.", "お送りしたメールのリンクから受け取ってください。")) }
                    p { a href=(self.urls.credential(credential)) { (lang.pick("Its public page", "公開ページ")) } }
                    (self.onward())
                },
            ),
            State::Rejected { reason, .. } => note(
                "bad",
                lang.pick("Not approved", "承認されませんでした"),
                &html! {
                    @if !reason.trim().is_empty() { blockquote dir="auto" { @for line in reason.split('\n') { (line) br; } } }
                },
            ),
            State::Withdrawn { .. } => note(
                "soft",
                lang.pick("Withdrawn", "取り下げました"),
                &html! {
                    p { (lang.pick("Nothing more happens with it. ", "この申請の手続きは終了しました。")) a href={"/apply/" (self.subject.form.id) (self.look.suffix())} { (lang.pick("Apply anew", "新しく申請する")) } }
                },
            ),
            State::Duplicate { .. } => note(
                "soft",
                lang.pick("Set aside as a duplicate", "重複として扱われました"),
                &html! {
                    p { (lang.pick("Another application of yours is looked at instead.", "別の申請で審査が行われます。")) }
                },
            ),
        }
    }

    /// Where the form's organisation wants people to go on.
    fn onward(&self) -> Markup {
        html! {
            @if let Some(url) = shell::onward(&self.subject.form) {
                p { a.button href=(url) target="_top" rel="noreferrer" { (self.look.lang.pick("Continue", "次へ進む")) } }
            }
        }
    }

    /// The one step that is left: the code out of the mail.
    fn proof(&self, problem: Option<&Problem>) -> Markup {
        let (lang, email) = (self.look.lang, self.subject.application.applicant.email.as_str());
        html! {
            h2 { (lang.pick("One more step: confirm your address", "あと少しです: メールアドレスの確認")) }
            p {
                (lang.pick("We sent a mail with six digits to ", "6桁の確認コードを ")) strong { (email) }
                (lang.pick(". Enter them here, or follow the link in the mail.", " にお送りしました。ここに入力するか、メールのリンクを開いてください。"))
            }
            (self.code_form(problem))
        }
    }

    /// The same for a draft, where it may wait.
    fn proof_aside(&self) -> Markup {
        let lang = self.look.lang;
        html! {
            details.apart {
                summary { (lang.pick("Confirm your address now", "メールアドレスを今すぐ確認する")) }
                p { (lang.pick("We sent a mail with six digits to ", "6桁の確認コードを ")) strong { (self.subject.application.applicant.email.as_str()) } (lang.pick(".", " にお送りしました。")) }
                (self.code_form(None))
            }
        }
    }

    fn code_form(&self, problem: Option<&Problem>) -> Markup {
        let lang = self.look.lang;
        let errors = problem.map(Problem::field_errors).unwrap_or_default();
        let wrong = errors.iter().find(|error| error.pointer == "/code");
        html! {
            form.proof method="post" action=(self.action("prove")) novalidate data-busy=(busy(lang)) {
                div.field.invalid[wrong.is_some()] {
                    label for="f-proof" { (lang.pick("Code from the mail", "メールに記載の確認コード")) }
                    @if let Some(error) = wrong { p.error #e-proof { (error.reason.text(lang)) } }
                    input.code #f-proof name="code" type="text" inputmode="numeric" autocomplete="one-time-code" aria-required="true"
                        autofocus[wrong.is_some()] aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| "e-proof")];
                }
                div.actions { button type="submit" { (lang.pick("Confirm", "確認する")) } }
            }
            form.again method="post" action=(self.action("proof")) data-busy=(busy(lang)) {
                p.small.soft { (lang.pick("Nothing there? Look into the spam folder too.", "届かない場合は、迷惑メールフォルダーもご確認ください。")) }
                button.quiet type="submit" { (lang.pick("Send it again", "確認メールを再送する")) }
            }
        }
    }

    fn edit(&self, filled: Option<&Filled>, problem: Option<&Problem>) -> Markup {
        let (look, lang, form) = (self.look, self.look.lang, &self.subject.form);
        let application = &self.subject.application;
        let own = Filled::of(application);
        let errors = problem.map(Problem::field_errors).unwrap_or_default();
        let path = self.path();
        let asking = Asking {
            definition: &form.definition,
            filled: filled.unwrap_or(&own),
            wrong: Wrong { lang, errors },
            files: Some((self.files, &path)),
            is_address_proved: application.proved_at.is_some(),
        };
        let instructions = form.definition.instructions.get(lang);
        html! {
            (asking.summary())
            @if !instructions.trim().is_empty() { div.instructions dir="auto" { (markdown::render(instructions)) } }
            form method="post" action={(path) "/submit" (look.suffix())} novalidate data-busy=(busy(lang)) {
                (fields::trap(lang))
                (asking.person())
                @if let Approval::ClaimCode { .. } = form.definition.approval { (asking.code()) }
                (asking.questions())
                div.actions {
                    button type="submit" name="do" value="submit" { (if application.submission.is_some() { lang.pick("Submit again", "再提出する") } else { lang.pick("Submit", "提出する") }) }
                    button.quiet type="submit" name="do" value="save" { (lang.pick("Save for later", "下書き保存")) }
                }
            }
        }
    }

    /// What was submitted.
    fn submitted(&self) -> Markup {
        let lang = self.look.lang;
        let application = &self.subject.application;
        html! {
            @if let Some(submission) = &application.submission {
                h2 { (lang.pick("What you submitted", "提出した内容")) }
                p.soft.small { (local(lang, &self.subject.form, submission.at)) }
                dl.answers {
                    dt { (lang.pick("Your name", "お名前")) } dd dir="auto" { (application.applicant.name) }
                    dt { (lang.pick("E-mail address", "メールアドレス")) } dd { (application.applicant.email.as_str()) }
                }
                (fields::answered(lang, &self.answered.definition, &submission.answers.value(), self.files, &|_| None))
            }
        }
    }

    /// Taking it back: asked once more before it happens.
    fn withdrawal(&self) -> Markup {
        let lang = self.look.lang;
        let open = matches!(
            self.subject.application.state,
            State::Draft | State::Unproven | State::Checking | State::Submitted | State::Returned { .. }
        );
        html! {
            @if open {
                details.apart {
                    summary { (lang.pick("Withdraw this application", "この申請を取り下げる")) }
                    p { (lang.pick("It cannot be taken up again. You can begin a new one.", "取り下げると元に戻せません。改めて新しく申請することはできます。")) }
                    form method="post" action=(self.action("withdraw")) data-busy=(busy(lang)) {
                        button.quiet.danger type="submit" { (lang.pick("Yes, withdraw it", "取り下げる")) }
                    }
                }
            }
        }
    }
}

/// What the link in the mail that proves an address opens: a button, because programs open links too.
pub(crate) fn prove(look: Look, subject: &Subject, link: &str) -> Answer {
    let lang = look.lang;
    let title = lang.pick("Confirm your address", "メールアドレスの確認");
    let main = html! {
        h1 { (title) }
        p { (lang.pick("For your application: ", "申請フォーム: ")) strong { (subject.form.definition.title.get(lang)) } }
        form method="post" action={"/apply/" (subject.form.id) "/applications/" (link) "/prove" (look.suffix())} data-busy=(busy(lang)) {
            div.actions { button type="submit" { (lang.pick("Confirm", "確認する")) } }
        }
    };
    shell::page(200, look, title, Powers { is_switchable: true, ..Powers::default() }, &main)
}
