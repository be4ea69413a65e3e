//! The page that the link in a mail opens.

use crate::texts::{self, Issuer};
use badge::definition::{Badge, Content, ImageFormat};
use badge::delivery::Reply;
use badge::{CredentialId, Event, Lang, Recipient, Urls, ob3, rfc3339};
use edge::answer::Cache;
use edge::{Answer, Kind, html, markdown};
use jiff::Timestamp;
use maud::{Markup, html};
use store::Revocation;

/// What the page shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) urls: &'a Urls,
    /// The link, as it was presented.
    pub(crate) token: &'a str,
    /// The language chosen on the page, to be kept from page to page.
    pub(crate) chosen: Option<Lang>,
    pub(crate) id: &'a CredentialId,
    /// The badge as the event issued it.
    pub(crate) badge: &'a Badge,
    pub(crate) event: &'a Event,
    pub(crate) recipient: &'a Recipient,
    pub(crate) issuer: Issuer<'a>,
    pub(crate) revoked: Option<&'a Revocation>,
    /// Whether there is a compact form too.
    pub(crate) is_compact: bool,
    pub(crate) answer: Option<Reply>,
    pub(crate) link_until: Timestamp,
}

/// The page.
pub(crate) fn show(status: u16, lang: Lang, shown: &Shown<'_>, now: Timestamp) -> Answer {
    let title = &shown.badge.content_for(lang.tag()).name;
    html::page(status, lang, title, Cache::None, &shown.main(lang, now))
}

fn day(lang: Lang, at: Timestamp) -> Markup {
    html! { time datetime=(rfc3339(at)) { (texts::day(Some(lang), at)) } }
}

/// Something to be noticed before the rest.
fn note(class: &str, title: &str, text: &Markup) -> Markup {
    html! { div class={"note " (class)} role="status" { strong { (title) } (text) } }
}

impl Shown<'_> {
    fn main(&self, lang: Lang, now: Timestamp) -> Markup {
        let content = self.badge.content_for(lang.tag());
        html! {
            (self.languages(lang))
            (self.news(lang))
            (self.head(lang, content))
            @if self.revoked.is_none() && self.answer.is_none() { (self.question(lang)) }
            @if self.revoked.is_none() && self.answer.is_some_and(|reply| reply.accepted) { (self.files(lang)) }
            (self.facts(lang, now))
            (self.about(lang, content))
            p.center { a href=(self.urls.validation(&self.urls.credential(self.id))) { (lang.pick("Check this badge with the validator", "このバッジを検証する")) } }
            @if self.revoked.is_none() && let Some(reply) = self.answer { (self.second_thoughts(lang, reply)) }
        }
    }

    /// The way to the other language.
    fn languages(&self, lang: Lang) -> Markup {
        let (other, name) = match lang {
            Lang::En => (Lang::Ja, "日本語"),
            Lang::Ja => (Lang::En, "English"),
        };
        let href = format!("?tk={}&lang={}", self.token, other.tag());
        html! { p.corner { a href=(href) lang=(other.tag()) hreflang=(other.tag()) rel="nofollow" { (name) } } }
    }

    /// What became of it so far.
    fn news(&self, lang: Lang) -> Markup {
        if let Some(revocation) = self.revoked {
            let text = html! {
                p { (lang.pick("It is no longer valid, and can be neither accepted nor declined.", "このバッジは無効であり、受け取りも辞退もできません。")) }
                dl {
                    dt { (lang.pick("Revoked on", "取り消し日")) } dd { (day(lang, revocation.at)) }
                    @if let Some(reason) = &revocation.reason { dt { (lang.pick("Reason", "理由")) } dd dir="auto" { (reason) } }
                }
            };
            let title = lang.pick("The issuer has revoked this badge", "このバッジは発行者によって取り消されました");
            return note("bad", title, &text);
        }
        match self.answer {
            None => html! {},
            Some(Reply { accepted: true, .. }) => note(
                "good",
                lang.pick("You have accepted this badge", "バッジを受け取りました"),
                &html! {
                    p {
                        (lang.pick(
                            "The issuer sees that you accepted it. It is yours to keep: every file below carries the signed badge itself, and anyone can check it.",
                            "受け取ったことは発行者に伝わります。下のファイルを保存してください。どのファイルにも署名されたバッジそのものが含まれ、誰でも検証できます。"
                        ))
                    }
                },
            ),
            Some(Reply { accepted: false, .. }) => note(
                "soft",
                lang.pick("You have declined this badge", "バッジを辞退しました"),
                &html! {
                    p {
                        (lang.pick(
                            "The issuer sees that you declined it. Declining does not delete the badge: if it should be withdrawn, please ask the issuer.",
                            "辞退したことは発行者に伝わります。辞退してもバッジは削除されません。取り消しをご希望の場合は、発行者にご連絡ください。"
                        ))
                    }
                },
            ),
        }
    }

    fn head(&self, lang: Lang, content: &Content) -> Markup {
        let Self { urls, badge, issuer, recipient, .. } = self;
        let picture = urls.artwork(&badge.artwork.sha256, badge.artwork.format.extension());
        html! {
            div.center {
                img.art src=(picture) alt=(content.image_alt.as_deref().unwrap_or(&content.name));
                h1 lang=[content.language.known()] { (content.name) }
                p.soft {
                    (lang.pick("Issued by ", "発行者: "))
                    a href=(issuer.url) rel="noreferrer" { (issuer.name) }
                    @if !recipient.name.trim().is_empty() {
                        br; (lang.pick("to ", "受領者: ")) strong { (recipient.name) } (lang.pick("", " 様"))
                    }
                }
            }
            div lang=[content.language.known()] dir="auto" {
                @for paragraph in content.description.split("\n\n").filter(|p| !p.trim().is_empty()) { p { (paragraph) } }
            }
        }
    }

    /// A form with one button for each answer; the first is the one offered.
    fn form(&self, buttons: &[(&str, &str, &str)]) -> Markup {
        html! {
            form.actions method="post" action="/c/receive" {
                input type="hidden" name="tk" value=(self.token);
                @if let Some(lang) = self.chosen { input type="hidden" name="lang" value=(lang.tag()); }
                @for (class, decision, text) in buttons {
                    button class=(class) type="submit" name="decision" value=(decision) { (text) }
                }
            }
        }
    }

    fn question(&self, lang: Lang) -> Markup {
        html! {
            (self.form(&[
                ("", "accept", lang.pick("Accept", "受け取る")),
                ("quiet", "decline", lang.pick("Decline", "辞退する")),
            ]))
            p.center.soft.small {
                (lang.pick("You need no account. You can change your answer until ", "アカウントの登録は必要ありません。回答は"))
                (day(lang, self.link_until))
                (lang.pick(".", "まで変更できます。"))
            }
        }
    }

    fn second_thoughts(&self, lang: Lang, reply: Reply) -> Markup {
        let button = if reply.accepted {
            ("quiet", "decline", lang.pick("Decline after all", "やはり辞退する"))
        } else {
            ("quiet", "accept", lang.pick("Accept after all", "やはり受け取る"))
        };
        html! {
            div.apart {
                p.center.soft.small {
                    (lang.pick("You can change your answer until ", "回答は"))
                    (day(lang, self.link_until))
                    (lang.pick(".", "まで変更できます。"))
                }
                (self.form(&[button]))
            }
        }
    }

    fn files(&self, lang: Lang) -> Markup {
        let Self { urls, id, badge, .. } = self;
        let url = urls.credential(id);
        let key = self.event.holder_key(id);
        let file = |href: String, name: &str| html! { a.button href=(href) download { (name) } };
        html! {
            h2.center { (lang.pick("Download", "ダウンロード")) }
            div.actions {
                a.button href=(urls.pdf(id, &key)) { (lang.pick("PDF certificate", "PDF証明書")) }
                (file(urls.baked(id, ".png"), lang.pick("Image (PNG)", "画像（PNG）")))
                @if badge.artwork.format == ImageFormat::Svg { (file(urls.baked(id, ".svg"), lang.pick("Image (SVG)", "画像（SVG）"))) }
                (file(format!("{url}.json"), lang.pick("Data (JSON)", "データ（JSON）")))
                @if self.is_compact { (file(format!("{url}.jwt"), lang.pick("Data (JWT)", "データ（JWT）"))) }
            }
            p.center.soft.small {
                (lang.pick("To show it to others, use its ", "ほかの人に見せるときは"))
                a href=(url) { (lang.pick("public page", "公開ページ")) }
                (lang.pick(", which does not show your name, or ", "（お名前は表示されません）、またはお名前とPDFが表示される"))
                a href=(urls.holders_page(id, &key)) { (lang.pick("your own page", "あなた専用のページ")) }
                (lang.pick(", which does and has the PDF.", "をお使いください。"))
            }
        }
    }

    fn facts(&self, lang: Lang, now: Timestamp) -> Markup {
        let until = self.event.expiry_of(self.recipient);
        html! {
            dl {
                dt { (lang.pick("Issued on", "発行日")) } dd { (day(lang, self.event.issued_on)) }
                dt { (lang.pick("Valid until", "有効期限")) }
                dd {
                    @match until {
                        None => (lang.pick("No end", "無期限")),
                        Some(until) => {
                            (day(lang, until))
                            @if now > until { " " span class="state warn" { (lang.pick("Expired", "期限切れ")) } }
                        }
                    }
                }
            }
        }
    }

    /// Criteria, alignments and key words, marked with the language they are in.
    fn about(&self, lang: Lang, content: &Content) -> Markup {
        let criteria = ob3::criteria_text(content, self.event.criteria_add.as_deref());
        html! {
            @if !criteria.trim().is_empty() {
                h2 { (lang.pick("Criteria", "取得条件")) }
                div lang=[content.language.known()] dir="auto" { (markdown::render(&criteria)) }
            }
            @if !content.alignments.is_empty() {
                h2 { (lang.pick("Alignment", "対応するスキル・基準")) }
                ul lang=[content.language.known()] {
                    @for alignment in &content.alignments {
                        li { a href=(alignment.target_url.as_str()) rel="noreferrer" { (alignment.target_name) } }
                    }
                }
            }
            @if !content.tags.is_empty() { p.soft { (content.tags.join(" · ")) } }
        }
    }
}

/// The page where a link opens nothing.
pub(crate) fn refused(lang: Lang, kind: Kind, issuer: Option<Issuer<'_>>) -> Answer {
    let title = match kind {
        Kind::NotFound => lang.pick("This link leads nowhere", "このリンクは開けません"),
        _ => kind.title(lang),
    };
    html::page(kind.status(), lang, title, Cache::None, &refusal(lang, title, kind, issuer))
}

fn refusal(lang: Lang, title: &str, kind: Kind, issuer: Option<Issuer<'_>>) -> Markup {
    html! {
        h1 { (title) }
        @match kind {
            Kind::NotFound => p {
                (lang.pick(
                    "Perhaps a part of it was lost when it was copied. Please open it again from the mail you received.",
                    "コピーの際に一部が欠けた可能性があります。お手元のメールからもう一度開いてください。"
                ))
            },
            Kind::LinkExpired => p {
                (lang.pick("Your badge is still there. Please ask the issuer to send you a new mail.", "バッジはなくなっていません。発行者にメールの再送をご依頼ください。"))
            },
            _ => p { (lang.pick("Please go back and try again.", "前のページに戻って、もう一度お試しください。")) },
        }
        @if let Some(issuer) = issuer {
            p { (lang.pick("Issuer: ", "発行者: ")) a href=(issuer.url) rel="noreferrer" { (issuer.name) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, at};

    const NOW: i64 = 1_790_000_000;

    /// What differs between the pages of these tests.
    #[derive(Default)]
    struct Case {
        revoked: Option<Revocation>,
        answer: Option<bool>,
        chosen: Option<Lang>,
        is_hostile: bool,
        now: Option<i64>,
    }

    impl Case {
        fn with<T>(&self, look: impl Fn(&Shown<'_>, Timestamp) -> T) -> T {
            let plain = || (sample::organisation(), sample::badge(), sample::recipient());
            let (organisation, badge, recipient) = if self.is_hostile { sample::hostile() } else { plain() };
            let (event, urls) = (sample::event(), sample::urls());
            let shown = Shown {
                urls: &urls,
                token: "0a1b",
                chosen: self.chosen,
                id: &event.draw(0).credential,
                badge: &badge,
                event: &event,
                recipient: &recipient,
                issuer: Issuer::of(&event, &organisation),
                revoked: self.revoked.as_ref(),
                is_compact: false,
                answer: self.answer.map(|accepted| Reply { accepted, at: at(NOW) }),
                link_until: at(1_800_000_000),
            };
            look(&shown, at(self.now.unwrap_or(NOW)))
        }

        fn pages(&self) -> [String; 2] {
            self.with(|shown, now| [Lang::En, Lang::Ja].map(|lang| shown.main(lang, now).into_string()))
        }
    }

    fn answered(accepted: bool) -> [String; 2] {
        Case { answer: Some(accepted), ..Case::default() }.pages()
    }

    const ACCEPT: &str = "name=\"decision\" value=\"accept\"";
    const DECLINE: &str = "name=\"decision\" value=\"decline\"";

    #[test]
    fn who_has_not_answered_is_asked() {
        let [en, ja] = Case::default().pages();
        for page in [&en, &ja] {
            assert!(page.contains(ACCEPT) && page.contains(DECLINE), "{page}");
            assert!(page.contains("<form class=\"actions\" method=\"post\" action=\"/c/receive\">"));
            assert!(page.contains("name=\"tk\" value=\"0a1b\"") && !page.contains("name=\"lang\""));
            assert!(page.contains("山田 花子") && !page.contains("/baked/"));
        }
        assert!(
            en.contains("<h1 lang=\"en\">Weaving for beginners</h1>") && en.contains("<strong>practical test</strong>")
        );
        assert!(ja.contains("<h1 lang=\"ja\">手織り入門</h1>") && ja.contains("<strong>合格</strong>"));
        assert!(en.contains("15 January 2027 (UTC)") && ja.contains("2027年1月15日（UTC）"));
        assert!(en.contains("href=\"?tk=0a1b&amp;lang=ja\"") && ja.contains("href=\"?tk=0a1b&amp;lang=en\""));
    }

    #[test]
    fn who_has_answered_may_think_again() {
        let [en, ja] = answered(true);
        assert!(en.contains("You have accepted") && ja.contains("バッジを受け取りました"));
        assert!(!en.contains(ACCEPT) && en.contains(DECLINE));
        for file in [".png\" download", ".svg\" download", ".json\" download"] {
            assert!(en.contains(file), "{file}");
        }
        assert!(!en.contains(".jwt"));
        let [en, ja] = answered(false);
        assert!(en.contains("You have declined") && ja.contains("バッジを辞退しました"));
        assert!(en.contains(ACCEPT) && !en.contains(DECLINE) && !en.contains("/baked/"));
    }

    #[test]
    fn a_revoked_badge_is_shown_and_nothing_is_asked() {
        for answer in [None, Some(true), Some(false)] {
            let revoked = Some(Revocation { at: at(NOW - 5), reason: Some("<u>誤り</u>".into()) });
            let [page, _] = Case { revoked, answer, ..Case::default() }.pages();
            assert!(page.contains("has revoked this badge") && page.contains("&lt;u&gt;誤り&lt;/u&gt;"));
            assert!(!page.contains("<form") && !page.contains("/baked/") && !page.contains("You have"), "{page}");
        }
    }

    #[test]
    fn a_chosen_language_goes_along() {
        let [en, _] = Case { chosen: Some(Lang::En), ..Case::default() }.pages();
        assert!(en.contains("name=\"lang\" value=\"en\""));
    }

    #[test]
    fn time_that_has_run_out_is_told() {
        let [en, ja] = Case { now: Some(1_800_000_001), ..Case::default() }.pages();
        assert!(en.contains(">Expired<") && ja.contains(">期限切れ<"));
        assert!(!Case::default().pages()[0].contains(">Expired<"));
    }

    #[test]
    fn no_text_becomes_markup() {
        for page in (Case { is_hostile: true, ..Case::default() }).pages() {
            for bad in ["<u>", "<i>", "<b>", "<s>", "<script", "javascript:", "\"印\"", "learners.example"] {
                assert!(!page.contains(bad), "{bad} in {page}");
            }
            assert!(page.contains("花 &lt;s&gt;") && page.contains("https://hataori.example/?a&amp;b"));
        }
    }

    #[test]
    fn no_cache_and_no_other_site_gets_the_page() {
        let request = edge::Request::test(http::Method::GET, "/c/receive", &[]);
        let answer = Case::default().with(|shown, now| show(200, Lang::En, shown, now));
        let response = answer.finish(&request);
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!((header("cache-control"), header("referrer-policy")), (Some("no-store"), Some("no-referrer")));
        assert_eq!(header("access-control-allow-origin"), None);
        assert!(header("content-security-policy").unwrap().contains("form-action 'self'"));
    }

    #[test]
    fn a_link_that_opens_nothing_says_what_to_do() {
        let organisation = sample::organisation();
        let event = sample::event();
        let issuer = Issuer::of(&event, &organisation);
        let text = |kind, issuer| refusal(Lang::Ja, "x", kind, issuer).into_string();
        assert!(
            text(Kind::LinkExpired, Some(issuer)).contains("再送") && text(Kind::NotFound, None).contains("もう一度")
        );
        assert!(text(Kind::LinkExpired, Some(issuer)).contains("京都はたおり学院"));
    }
}
