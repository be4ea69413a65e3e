//! The words of letters about applications, in Japanese and English.
//!
//! The letter that proves an address goes to somebody who may know nothing of it. Nothing that a stranger typed stands in it, no name
//! either: else a form would carry anybody's words to any address.

use badge::Lang;
use jiff::Timestamp;
use letter::texts::{self, Passage, Texts};

/// Which letter it is, with what it alone has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// An address is to be proved.
    Prove {
        /// Until when the code works; none when it does not any more, or is not given.
        code_until: Option<Timestamp>,
        /// Until when the link works.
        link_until: Timestamp,
        /// Where somebody goes on who has not submitted yet.
        resume: Option<String>,
    },
    /// It has arrived.
    Received,
    /// It came back.
    Returned {
        /// What should be different.
        comment: String,
    },
    /// It is rejected.
    Rejected {
        /// Why; may be empty.
        reason: String,
    },
    /// A reviewer is asked.
    Review {
        /// Until when their link works; none for one who comes in with the organisation's own access.
        link_until: Option<Timestamp>,
        /// Whether they were asked before.
        again: bool,
    },
    /// A draft, or what came back, is still waited for.
    Waiting {
        /// What should be different; none for what was never submitted.
        comment: Option<String>,
    },
}

/// What every letter may name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) lang: Lang,
    /// To whom it goes.
    pub(crate) to: &'a str,
    pub(crate) applicant: &'a str,
    pub(crate) badge: &'a str,
    pub(crate) form: &'a str,
    pub(crate) issuer: &'a str,
    /// Where programs find the application.
    pub(crate) address: &'a str,
    /// Since when it stands where it does.
    pub(crate) since: Timestamp,
    /// Whose clock times are told by.
    pub(crate) zone: &'a str,
}

impl Facts<'_> {
    /// A minute as the clock of the form's zone shows it.
    fn minute(&self, at: Timestamp) -> String {
        self.told(at, self.lang.pick("%-d %B %Y, %H:%M", "%Y年%-m月%-d日 %-H時%M分"))
    }

    fn day(&self, at: Timestamp) -> String {
        self.told(at, self.lang.pick("%-d %B %Y", "%Y年%-m月%-d日"))
    }

    fn told(&self, at: Timestamp, form: &str) -> String {
        let zoned = at.in_tz(self.zone).unwrap_or_else(|_| at.to_zoned_datetime(jiff::tz::TimeZone::UTC));
        let (time, zone) = (zoned.strftime(form), self.zone);
        self.lang.pick(&format!("{time} ({zone})"), &format!("{time}（{zone}）")).to_owned()
    }

    fn hello(&self) -> String {
        self.lang.pick(&format!("Hello {},", self.to), &format!("{} 様", self.to)).to_owned()
    }

    /// The letter's texts.
    pub(crate) fn texts(&self, about: &About) -> Texts {
        let (subject, paragraphs, button) = match self.lang {
            Lang::En => self.english(about),
            Lang::Ja => self.japanese(about),
        };
        let passage =
            |text: String| Passage { text: text.replace("\r\n", "\n"), language: Some(self.lang.tag().to_owned()) };
        Texts {
            subject: texts::one_line(&subject, texts::MAX_SUBJECT_CHARS),
            body: passage(paragraphs.join("\n\n")),
            link_text: passage(button.to_owned()),
            footer: passage(self.footer(about)),
        }
    }

    fn english(&self, about: &About) -> (String, Vec<String>, &'static str) {
        let Self { applicant, badge, form, issuer, address, .. } = self;
        match about {
            About::Prove { code_until, link_until, resume } => {
                let mut body = vec![
                    "Hello,".to_owned(),
                    format!("this address was entered in the form “{form}” of {issuer}, with which the badge “{badge}” is applied for."),
                    format!("Open the link below to confirm that the address is yours and to go on. It works until {}.", self.day(*link_until)),
                ];
                body.extend(resume.as_ref().map(|url| format!("What was filled in is kept. To go on another day, open\n{url}")));
                body.extend(code_until.map(|at| format!("Or enter this code where the form was filled in. It works until {}.", self.minute(at))));
                (format!("Confirm your address for the badge “{badge}”"), body, "Confirm the address")
            }
            About::Received => (
                format!("Your application for the badge “{badge}” has arrived"),
                vec![
                    self.hello(),
                    format!("{issuer} has received your application for the badge “{badge}” and will look at it. You will be told by mail what becomes of it."),
                    "The link below shows where it stands. Keep this mail: the link is your way back to the application.".to_owned(),
                ],
                "See your application",
            ),
            About::Returned { comment } => (
                format!("Please revise your application for the badge “{badge}”"),
                vec![
                    self.hello(),
                    format!("{issuer} has looked at your application for the badge “{badge}” and asks you to change something:"),
                    comment.trim().to_owned(),
                    "Your answers are kept. Open the link below, change what is needed, and submit the application again.".to_owned(),
                ],
                "Revise the application",
            ),
            About::Rejected { reason } => {
                let mut body = vec![
                    self.hello(),
                    format!("{issuer} has looked at your application for the badge “{badge}” and does not issue the badge this time."),
                ];
                if !reason.trim().is_empty() {
                    body.extend(["The reason given:".to_owned(), reason.trim().to_owned()]);
                }
                body.push("If you have a question about it, answer this mail.".to_owned());
                (format!("Your application for the badge “{badge}”"), body, "See your application")
            }
            About::Review { link_until, again } => {
                let asked = if *again {
                    format!("an application by {applicant} for the badge “{badge}” of {issuer} has waited for your review since {}.", self.day(self.since))
                } else {
                    format!("{applicant} has applied for the badge “{badge}” of {issuer} with the form “{form}”. You are asked to review the application.")
                };
                let how = match link_until {
                    Some(until) => format!("The link below is yours alone: please do not pass it on. You need no account. It works until {}.", self.day(*until)),
                    None => format!("You find it among your organisation's applications. Programs reach it with an access token at\n{address}"),
                };
                let subject = if *again { "Still to be reviewed" } else { "To be reviewed" };
                (format!("{subject}: application for the badge “{badge}”"), vec![self.hello(), asked, how], "Review the application")
            }
            About::Waiting { comment: Some(comment) } => (
                format!("Your application for the badge “{badge}” waits for you"),
                vec![
                    self.hello(),
                    format!("{issuer} has asked you to change something in your application for the badge “{badge}”, and has waited for it since {}:", self.day(self.since)),
                    comment.trim().to_owned(),
                    "Your answers are kept. Open the link below, change what is needed, and submit the application again.".to_owned(),
                ],
                "Revise the application",
            ),
            About::Waiting { comment: None } => (
                format!("Your application for the badge “{badge}” waits for you"),
                vec![
                    self.hello(),
                    format!("you have begun an application for the badge “{badge}” of {issuer}, and have not submitted it yet. What you typed is kept."),
                    "Open the link below to go on.".to_owned(),
                ],
                "Go on with the application",
            ),
        }
    }

    fn japanese(&self, about: &About) -> (String, Vec<String>, &'static str) {
        let Self { applicant, badge, form, issuer, address, .. } = self;
        match about {
            About::Prove { code_until, link_until, resume } => {
                let mut body = vec![
                    format!("{issuer}のフォーム「{form}」（バッジ「{badge}」の申請）に、このメールアドレスが入力されました。"),
                    format!("ご本人のメールアドレスであることを確認し、申請を続けるには、下のリンクを開いてください。リンクの有効期限は{}です。", self.day(*link_until)),
                ];
                body.extend(resume.as_ref().map(|url| format!("入力内容は保存されています。後日続きを入力するには、次のURLを開いてください。\n{url}")));
                body.extend(code_until.map(|at| format!("フォームの画面に次の確認コードを入力することもできます。コードの有効期限は{}です。", self.minute(at))));
                (format!("メールアドレスの確認：バッジ「{badge}」の申請"), body, "メールアドレスを確認する")
            }
            About::Received => (
                format!("バッジ「{badge}」の申請を受け付けました"),
                vec![
                    self.hello(),
                    format!("バッジ「{badge}」の申請を受け付けました。{issuer}が内容を確認し、結果をメールでお知らせします。"),
                    "申請の状況は下のリンクから確認できます。申請の画面を再び開くために必要ですので、このメールを保管してください。".to_owned(),
                ],
                "申請を確認する",
            ),
            About::Returned { comment } => (
                format!("バッジ「{badge}」の申請の修正をお願いします"),
                vec![
                    self.hello(),
                    format!("バッジ「{badge}」の申請について、{issuer}より修正の依頼がありました。"),
                    comment.trim().to_owned(),
                    "これまでの入力内容は保存されています。下のリンクを開いて必要な箇所を修正し、もう一度提出してください。".to_owned(),
                ],
                "申請を修正する",
            ),
            About::Rejected { reason } => {
                let mut body = vec![
                    self.hello(),
                    format!("バッジ「{badge}」の申請を{issuer}が審査した結果、今回はバッジの発行を見送らせていただくこととなりました。"),
                ];
                if !reason.trim().is_empty() {
                    body.extend(["理由は次のとおりです。".to_owned(), reason.trim().to_owned()]);
                }
                body.push("ご不明な点がありましたら、このメールにご返信ください。".to_owned());
                (format!("バッジ「{badge}」の申請の結果について"), body, "申請を確認する")
            }
            About::Review { link_until, again } => {
                let asked = if *again {
                    format!("{issuer}のバッジ「{badge}」に対する{applicant}さんの申請が、{}から審査をお待ちしています。", self.day(self.since))
                } else {
                    format!("{issuer}のバッジ「{badge}」に、{applicant}さんがフォーム「{form}」から申請しました。申請の審査をお願いします。")
                };
                let how = match link_until {
                    Some(until) => format!("下のリンクはあなた専用です。他の方に転送しないでください。アカウントの登録は必要ありません。リンクの有効期限は{}です。", self.day(*until)),
                    None => format!("申請は、所属団体の申請一覧から確認できます。アクセストークンを用いるプログラムからは、次のURLで取得できます。\n{address}"),
                };
                let subject = if *again { "審査のお願い（再度のご連絡）" } else { "審査のお願い" };
                (format!("{subject}：バッジ「{badge}」の申請"), vec![self.hello(), asked, how], "申請を審査する")
            }
            About::Waiting { comment: Some(comment) } => (
                format!("バッジ「{badge}」の申請の修正をお待ちしています"),
                vec![
                    self.hello(),
                    format!("バッジ「{badge}」の申請について、{issuer}より{}に修正の依頼がありましたが、まだ提出されていません。", self.day(self.since)),
                    comment.trim().to_owned(),
                    "これまでの入力内容は保存されています。下のリンクを開いて必要な箇所を修正し、もう一度提出してください。".to_owned(),
                ],
                "申請を修正する",
            ),
            About::Waiting { comment: None } => (
                format!("バッジ「{badge}」の申請が完了していません"),
                vec![
                    self.hello(),
                    format!("{issuer}のバッジ「{badge}」の申請が、まだ提出されていません。入力内容は保存されています。"),
                    "下のリンクを開いて、申請を続けてください。".to_owned(),
                ],
                "申請を続ける",
            ),
        }
    }

    fn footer(&self, about: &About) -> String {
        let Self { lang, issuer, .. } = self;
        let (en, ja) = match about {
            About::Prove { .. } => (
                "If it was not you who entered the address, do nothing: nothing is issued, and no more is sent."
                    .to_owned(),
                "お心当たりがない場合は、何もせずにこのメールを破棄してください。バッジが発行されることはありません。"
                    .to_owned(),
            ),
            About::Review { .. } => (
                format!(
                    "{issuer} named you as a reviewer, and so this mail was sent. If that is a mistake, answer this mail."
                ),
                format!(
                    "このメールは、{issuer}があなたを審査者に指定したため送信されました。お心当たりがない場合は、このメールにご返信ください。"
                ),
            ),
            _ => (
                format!(
                    "This mail was sent because a badge of {issuer} was applied for with your address. Whoever has the link in it can open the application."
                ),
                format!(
                    "このメールは、あなたのメールアドレスで{issuer}のバッジが申請されたため送信されました。リンクを知っている方は誰でも申請を開けますので、ご注意ください。"
                ),
            ),
        };
        lang.pick(&en, &ja).to_owned()
    }
}
