//! An application, for a reviewer or a peer who came by a link: what it says, and what they may do about it.

use super::fields::{self, Frame, Wrong};
use super::form::{busy, complaint, local};
use super::shell::{self, Look, Powers};
use crate::files;
use crate::step::Subject;
use application::Form;
use application::application::{Choice, State, Submission, Vote};
use application::approval::{Approval, Verdict};
use badge::Lang;
use badge::input::FieldError;
use edge::{Answer, Problem, markdown};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// One submission, with the version of the form it answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version<'a> {
    pub(crate) submission: &'a Submission,
    pub(crate) form: &'a Form,
}

/// Who looks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    /// A reviewer, and what they may do.
    Reviewer { may_vote: bool, may_decide: bool },
    /// A holder of a badge that lets them approve.
    Peer,
}

/// An application as they look at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) look: Look,
    /// The link, as it was presented.
    pub(crate) link: &'a str,
    pub(crate) who: Who,
    /// What was submitted last, and before that.
    pub(crate) latest: Option<Version<'a>>,
    pub(crate) before: Option<Version<'a>>,
    pub(crate) files: &'a [files::Shown],
    /// The votes they may see.
    pub(crate) votes: &'a [&'a Vote],
    /// Whether a mail to the applicant came back.
    pub(crate) is_unreachable: bool,
    /// What they typed that was not taken.
    pub(crate) typed: &'a Value,
    /// What is wrong with it.
    pub(crate) errors: &'a [FieldError],
}

/// The page. `problem`: why what they did was not taken.
pub(crate) fn show(status: u16, shown: &Shown<'_>, problem: Option<&Problem>) -> Answer {
    let lang = shown.look.lang;
    let title = lang.pick("Review an application", "申請の審査");
    let powers = Powers { is_switchable: problem.is_none(), ..Powers::default() };
    shell::page(status, shown.look, title, powers, &shown.main(problem))
}

impl Shown<'_> {
    fn action(&self, what: &str) -> String {
        format!("/apply/{}/applications/{}/{what}{}", self.subject.form.id, self.link, self.look.suffix())
    }

    fn typed(&self, key: &str) -> &str {
        self.typed.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn main(&self, problem: Option<&Problem>) -> Markup {
        let (lang, Subject { application, form }) = (self.look.lang, self.subject);
        html! {
            p.soft { (form.definition.title.get(lang)) }
            h1 dir="auto" { (lang.pick("Application of ", "申請者: ")) (application.applicant.name) }
            p { span.state { (state_text(lang, &application.state)) } }
            @if let (true, Who::Reviewer { .. }) = (self.is_unreachable, self.who) {
                p.warn { (lang.pick("A mail to the applicant came back. They may not learn what you decide.", "申請者宛のメールが届きませんでした。審査の結果が伝わらない可能性があります。")) }
            }
            (complaint(lang, problem))
            (self.summary())
            @if let Who::Reviewer { .. } = self.who {
                @let instructions = form.definition.reviewer_instructions.get(lang);
                @if !instructions.trim().is_empty() {
                    section.instructions {
                        h2 { (lang.pick("For reviewers", "審査担当者への案内")) }
                        div dir="auto" { (markdown::render(instructions)) }
                    }
                }
            }
            (self.score())
            (self.answers())
            (self.votes())
            (self.actions())
        }
    }

    /// What a field is called, by its pointer in the API's request; the last for whatever has none here.
    fn labels(&self) -> [(&'static str, &'static str, &'static str); 9] {
        let lang = self.look.lang;
        [
            ("/comment", "f-comment", lang.pick("What should be different", "修正してほしい点")),
            ("/expires_on", "f-expires_on", lang.pick("Valid until", "有効期限")),
            ("/criteria_add", "f-criteria_add", lang.pick("Addition to the criteria", "取得条件への追記")),
            ("/email_message/subject", "f-email_subject", lang.pick("Subject of the mail", "メールの件名")),
            ("/email_message/body", "f-email_body", lang.pick("Text of the mail", "メールの本文")),
            ("/credential", "f-credential", lang.pick("Link to your badge", "バッジのリンク")),
            ("/duplicate_of", "f-duplicate_of", lang.pick("Number of the other application", "重複元の申請番号")),
            ("/vote", "f-vote-comment", lang.pick("Your vote", "あなたの投票")),
            ("/reason", "f-reason", lang.pick("Reason", "理由")),
        ]
    }

    /// A field of one control, with what is wrong with it.
    fn field(&self, pointer: &str, required: bool, hint: &str) -> Frame<'static> {
        let labels = self.labels();
        let [.., last] = labels;
        let (_, id, label) = labels.into_iter().find(|(known, ..)| *known == pointer).unwrap_or(last);
        let wrong = Wrong { lang: self.look.lang, errors: self.errors };
        Frame::new(pointer, id.to_owned(), label, required, wrong).hint(hint.to_owned())
    }

    /// A list of everything that is wrong, each leading to its field.
    fn summary(&self) -> Markup {
        let lang = self.look.lang;
        let labels = self.labels();
        let [.., last] = labels;
        let label = |error: &FieldError| {
            labels.into_iter().find(|(pointer, ..)| error.pointer.starts_with(pointer)).unwrap_or(last)
        };
        html! {
            @if !self.errors.is_empty() {
                div.note.bad #errors role="alert" tabindex="-1" autofocus {
                    h2 { (lang.pick("Please check what you entered", "入力内容をご確認ください")) }
                    ul { @for error in self.errors { @let (_, id, label) = label(error); li { a href={"#" (id)} { (label) ": " (error.reason.text(lang)) } } } }
                }
            }
        }
    }

    fn score(&self) -> Markup {
        let lang = self.look.lang;
        let score = self.latest.and_then(|version| version.submission.score);
        html! {
            @if let (Some(score), Who::Reviewer { .. }) = (score, self.who) {
                p {
                    (lang.pick("Quiz: ", "クイズの得点: ")) strong { (score.points) " / " (score.of) } " "
                    @if score.passed { span.good { (lang.pick("passed", "合格")) } } @else { span.warn { (lang.pick("not passed", "不合格")) } }
                }
            }
        }
    }

    fn answers(&self) -> Markup {
        let lang = self.look.lang;
        let file = |id: &str| Some(format!("/apply/{}/applications/{}/evidence/{id}", self.subject.form.id, self.link));
        html! {
            @match (self.latest, self.before) {
                (Some(latest), Some(before)) => {
                    h2 { (lang.pick("What changed", "変更点")) }
                    (self.side_by_side(before, latest, &file))
                },
                (Some(latest), None) => {
                    h2 { (lang.pick("Answers", "回答")) }
                    p.soft.small { (local(lang, &self.subject.form, latest.submission.at)) }
                    (fields::answered(lang, &latest.form.definition, &latest.submission.answers.value(), self.files, &file))
                },
                _ => {},
            }
        }
    }

    /// The earlier version beside the latest, question by question. Where space is short they stand below one another.
    fn side_by_side(&self, before: Version<'_>, latest: Version<'_>, file: &dyn Fn(&str) -> Option<String>) -> Markup {
        let lang = self.look.lang;
        let map = |version: Version<'_>| version.submission.answers.value().as_object().cloned().unwrap_or_default();
        let (old, new): (Map<String, Value>, Map<String, Value>) = (map(before), map(latest));
        let (asked, asked_before) = (latest.form.definition.asked(), before.form.definition.asked());
        let gone = asked_before.iter().filter(|field| !asked.iter().any(|other| other.id == field.id));
        let name = |version: Version<'_>| match lang {
            Lang::En => format!("Version {}", version.submission.number),
            Lang::Ja => format!("第{}版", version.submission.number),
        };
        html! {
            div.versions role="table" aria-label=(lang.pick("Both versions", "両方の版")) {
                div.row.head role="row" {
                    span role="columnheader" { (lang.pick("Question", "質問")) }
                    span role="columnheader" { (name(before)) " · " (local(lang, before.form, before.submission.at)) }
                    span role="columnheader" { (name(latest)) " · " (local(lang, latest.form, latest.submission.at)) }
                }
                @for field in asked.iter().chain(gone) {
                    @let key = field.id.as_str();
                    @let changed = old.get(key) != new.get(key);
                    div.row.changed[changed] role="row" {
                        div role="rowheader" {
                            (field.label.get(lang))
                            @if changed { " " span.needed { (lang.pick("changed", "変更あり")) } }
                        }
                        @let earlier = asked_before.iter().find(|other| other.id == field.id).unwrap_or(field);
                        div role="cell" dir="auto" { span.which { (name(before)) ": " } (fields::answer(lang, earlier, &old, self.files, file)) }
                        div role="cell" dir="auto" { span.which { (name(latest)) ": " } (fields::answer(lang, field, &new, self.files, file)) }
                    }
                }
            }
        }
    }

    fn votes(&self) -> Markup {
        let lang = self.look.lang;
        let name = |vote: &Vote| {
            let known = self.subject.form.definition.approval.reviewer(&vote.by);
            known.map_or_else(|| vote.by.as_str().to_owned(), |reviewer| reviewer.name.clone())
        };
        html! {
            @if !self.votes.is_empty() {
                h2 { (lang.pick("Votes", "投票")) }
                ul.votes {
                    @for vote in self.votes {
                        li {
                            strong { (name(vote)) } ": "
                            @match vote.choice {
                                Choice::Issue => span.good { (lang.pick("issue", "発行する")) },
                                Choice::Reject => span.bad { (lang.pick("reject", "発行しない")) },
                            }
                            @if vote.submission != self.subject.application.submissions() {
                                " " span.soft.small { (lang.pick("(on an earlier version)", "（以前の版への投票）")) }
                            }
                            @if !vote.comment.is_empty() { blockquote dir="auto" { @for line in vote.comment.split('\n') { (line) br; } } }
                        }
                    }
                }
            }
        }
    }

    fn actions(&self) -> Markup {
        let lang = self.look.lang;
        let waits = matches!(self.subject.application.state, State::Submitted);
        match self.who {
            _ if !waits => html! {
                div.apart { p.soft { (lang.pick("There is nothing to decide any more.", "この申請について、現在できる操作はありません。")) } }
            },
            Who::Peer => self.endorsement(),
            Who::Reviewer { may_vote, may_decide, .. } => html! {
                @if may_vote { (self.ballot()) }
                @if may_decide { (self.decision()) }
                @if !may_vote && !may_decide { div.apart { p.soft { (self.why_not()) } } }
            },
        }
    }

    fn why_not(&self) -> &'static str {
        let lang = self.look.lang;
        match &self.subject.form.definition.approval {
            Approval::Peer { .. } => lang.pick(
                "Holders of the badges named in the form approve it.",
                "この申請は、指定されたバッジの保有者によって承認されます。",
            ),
            Approval::Jury { verdict: Verdict::FinalReviewer { .. }, .. } => {
                lang.pick("The final reviewer decides.", "最終審査者が決定します。")
            }
            _ => lang.pick("You are not asked to decide about it.", "この申請の決定権限がありません。"),
        }
    }

    fn comment(&self) -> Markup {
        let wrong = Wrong { lang: self.look.lang, errors: self.errors };
        let label = self.look.lang.pick("Comment", "コメント");
        self.text_area(&Frame::new("/comment", "f-vote-comment".into(), label, false, wrong), "comment", 3)
    }

    fn text_area(&self, frame: &Frame<'_>, name: &str, rows: u8) -> Markup {
        frame.one(&html! {
            textarea id=(frame.id) name=(name) rows=(rows) aria-describedby=[frame.described()] aria-invalid=[frame.invalid()] { "\n" (self.typed(name)) }
        })
    }

    fn line(&self, frame: &Frame<'_>, name: &str) -> Markup {
        frame.one(&html! {
            input id=(frame.id) name=(name) type="text" autocomplete="off" value=(self.typed(name)) aria-describedby=[frame.described()] aria-invalid=[frame.invalid()];
        })
    }

    /// A juror's vote. It can be changed while the others are waited for.
    fn ballot(&self) -> Markup {
        let lang = self.look.lang;
        html! {
            section.apart {
                h2 { (lang.pick("Your vote", "あなたの投票")) }
                form method="post" action=(self.action("vote")) data-busy=(busy(lang)) {
                    (self.comment())
                    div.actions {
                        button type="submit" name="vote" value="issue" { (lang.pick("Vote to issue", "発行に賛成")) }
                        button.quiet type="submit" name="vote" value="reject" { (lang.pick("Vote to reject", "発行に反対")) }
                    }
                }
            }
        }
    }

    /// A peer's approval: who they are, the link to their own badge shows.
    fn endorsement(&self) -> Markup {
        let lang = self.look.lang;
        let hint = lang.pick(
            "The link in the mail with which you received it.",
            "バッジの受け取りメールに記載されているリンクを貼り付けてください。",
        );
        let credential = self.field("/credential", true, hint);
        html! {
            section.apart {
                h2 { (lang.pick("Approve as a holder of a badge", "バッジの保有者として承認する")) }
                form method="post" action=(self.action("endorse")) novalidate data-busy=(busy(lang)) {
                    (credential.one(&html! {
                        input id=(credential.id) name="credential" type="text" inputmode="url" autocomplete="off" value=(self.typed("credential")) aria-required="true"
                            aria-describedby=[credential.described()] aria-invalid=[credential.invalid()];
                    }))
                    (self.comment())
                    div.actions { button type="submit" { (lang.pick("Approve", "承認する")) } }
                }
            }
        }
    }

    /// Approve, send back, reject, set aside: each opens what belongs to it, and its button does it.
    fn decision(&self) -> Markup {
        let lang = self.look.lang;
        let approves = !matches!(self.subject.form.definition.approval, Approval::Peer { .. });
        let comment =
            self.field("/comment", true, lang.pick("The applicant gets this by mail.", "申請者にメールで送られます。"));
        let other =
            self.field("/duplicate_of", false, lang.pick("If you know it.", "わかる場合のみ入力してください。"));
        html! {
            section.apart {
                h2 { (lang.pick("Your decision", "審査結果")) }
                @if approves { (self.act("approve", lang.pick("Approve and issue the badge", "承認してバッジを発行する"), &self.approval())) }
                (self.act("return", lang.pick("Return it for revision", "修正のために差し戻す"), &html! {
                    (comment.one(&html! {
                        textarea id=(comment.id) name="comment" rows="4" aria-required="true" aria-describedby=[comment.described()] aria-invalid=[comment.invalid()] { "\n" (self.typed("comment")) }
                    }))
                    div.actions { button type="submit" name="decision" value="return" { (lang.pick("Return it", "差し戻す")) } }
                }))
                (self.act("reject", lang.pick("Reject it", "却下する"), &html! {
                    (self.final_warning())
                    (self.text_area(&self.field("/reason", false, ""), "reason", 3))
                    label.choice { input type="checkbox" name="send_email" value="yes" checked; span { (lang.pick("Tell the applicant by mail", "申請者にメールで知らせる")) } }
                    div.actions { button.danger type="submit" name="decision" value="reject" { (lang.pick("Yes, reject it", "却下する")) } }
                }))
                (self.act("duplicate", lang.pick("Set it aside as a duplicate", "重複として取り除く"), &html! {
                    (self.final_warning())
                    p { (lang.pick("The applicant gets no mail; their page says that another application of theirs is looked at.", "申請者にメールは送られません。申請者の画面には、別の申請で審査が行われると表示されます。")) }
                    (self.line(&other, "duplicate_of"))
                    div.actions { button.danger type="submit" name="decision" value="duplicate" { (lang.pick("Yes, set it aside", "重複として取り除く")) } }
                }))
            }
        }
    }

    /// A decision that is opened before it can be taken, so that none is taken by one press.
    fn act(&self, what: &str, title: &str, body: &Markup) -> Markup {
        let lang = self.look.lang;
        html! {
            details.act open[self.typed("decision") == what] {
                summary { (title) }
                form method="post" action=(self.action("decision")) novalidate data-busy=(busy(lang)) { (body) }
            }
        }
    }

    fn final_warning(&self) -> Markup {
        html! { p.warn { (self.look.lang.pick("This cannot be undone.", "この操作は取り消せません。")) } }
    }

    /// What a reviewer may want to be different about this badge and the mail with it.
    fn approval(&self) -> Markup {
        let lang = self.look.lang;
        let field = |pointer: &str, hint: &str| self.field(pointer, false, hint);
        let usual =
            lang.pick("Leave empty for the badge's own text.", "空欄の場合は、バッジに設定された文面が使われます。");
        let places = lang.pick(
            "Leave empty for the badge's own text. {{recipient}}, {{badge}}, {{issuer}} and {{link}} are filled in.",
            "空欄の場合は、バッジに設定された文面が使われます。{{recipient}}、{{badge}}、{{issuer}}、{{link}}は自動的に置き換えられます。",
        );
        let addition = field(
            "/criteria_add",
            lang.pick("Stands in this badge only; Markdown.", "このバッジにのみ記載されます（Markdown可）。"),
        );
        let until = field(
            "/expires_on",
            lang.pick(
                "The last day. Leave empty for the badge's own rule.",
                "最終日。空欄の場合は、バッジの設定に従います。",
            ),
        );
        html! {
            (self.text_area(&addition, "criteria_add", 3))
            (until.one(&html! {
                input.date id=(until.id) name="expires_on" type="date" value=(self.typed("expires_on")) aria-describedby=[until.described()] aria-invalid=[until.invalid()];
            }))
            (self.line(&field("/email_message/subject", usual), "email_subject"))
            (self.text_area(&field("/email_message/body", places), "email_body", 5))
            div.actions { button type="submit" name="decision" value="approve" { (lang.pick("Approve and issue", "承認して発行する")) } }
        }
    }
}

/// Where an application stands, in a reviewer's words.
fn state_text(lang: Lang, state: &State) -> &'static str {
    match state {
        State::Draft => lang.pick("Draft", "下書き"),
        State::Unproven => lang.pick("Address not confirmed", "メールアドレス確認待ち"),
        State::Checking => lang.pick("Files being checked", "提出物の確認中"),
        State::Submitted => lang.pick("Waiting for a decision", "審査待ち"),
        State::Returned { .. } => lang.pick("Returned for revision", "差し戻し済み"),
        State::Approved { .. } => lang.pick("Approved", "承認済み"),
        State::Issued { .. } => lang.pick("Badge issued", "発行済み"),
        State::Rejected { .. } => lang.pick("Rejected", "却下"),
        State::Withdrawn { .. } => lang.pick("Withdrawn", "取り下げ"),
        State::Duplicate { .. } => lang.pick("Duplicate", "重複"),
    }
}
