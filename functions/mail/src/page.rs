//! The page that the link in a mail opens.

use badge::definition::{Badge, Content};
use badge::delivery::Reply;
use badge::{CredentialId, Event, Lang, Recipient, Urls, Visibility, ob3, rfc3339};
use edge::html::Page;
use edge::{Answer, Kind, Request};
use face::visibility::Proof;
use face::{Shared, about, files, visibility};
use jiff::Timestamp;
use letter::texts::{self, Issuer};
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
    /// What the public may see.
    pub(crate) visibility: Visibility,
    /// Whether the recipient is about to decline, and is asked once more.
    pub(crate) declines: bool,
}

/// The page.
pub(crate) fn show(status: u16, request: &Request, lang: Lang, shown: &Shown<'_>) -> Answer {
    let title = &shown.badge.content_for(lang.tag()).name;
    Page { status, ..Page::new(lang, title).at(request) }.answer(&shown.main(lang, request.now))
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
        let is_valid = self.revoked.is_none();
        let accepted = is_valid && self.answer.is_some_and(|reply| reply.accepted);
        if self.declines && is_valid {
            return html! { (self.head(lang, content)) (self.farewell(lang)) };
        }
        html! {
            (self.news(lang))
            (self.head(lang, content))
            @if is_valid && self.answer.is_none() { (self.question(lang)) }
            @if accepted { (self.possession(lang)) }
            (self.facts(lang, now))
            (about::about(lang, content, &ob3::criteria_text(content, self.event.criteria_add.as_deref())))
            p.center { a href=(self.urls.validation(&self.urls.credential(self.id))) { (lang.pick("Check this badge with the validator", "このバッジを検証する")) } }
            p.center.soft.small { a href=(self.urls.my_badges()) { (lang.pick("All my badges", "マイバッジ一覧")) } }
            @if is_valid && let Some(reply) = self.answer { (self.second_thoughts(lang, reply)) }
        }
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
        html! {
            div.hero {
                (about::picture(urls, badge, content))
                div {
                    h1 lang=[content.language.known()] { (content.name) }
                    p.lead { (lang.pick("Issued by ", "発行者：")) a href=(issuer.url) rel="noreferrer" { (issuer.name) } }
                    @if !recipient.name.trim().is_empty() { p.to dir="auto" { (recipient.name) (lang.pick("", " 様")) } }
                }
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

    /// The way to being asked once more whether to decline: a link, since nothing happens there yet.
    fn way_out(&self, text: &str) -> Markup {
        let lang = self.chosen.map(|lang| format!("&lang={}", lang.tag())).unwrap_or_default();
        html! { a.button href=(format!("?tk={}&ask=decline{lang}", self.token)) rel="nofollow" { (text) } }
    }

    fn question(&self, lang: Lang) -> Markup {
        html! {
            (self.form(&[("", "accept", lang.pick("Accept", "受け取る"))]))
            div.actions { (self.way_out(lang.pick("Decline …", "辞退する…"))) }
            p.center.soft.small {
                (lang.pick("You need no account. You can change your answer until ", "アカウントの登録は必要ありません。回答は"))
                (day(lang, self.link_until))
                (lang.pick(".", "まで変更できます。"))
            }
        }
    }

    /// Asks once whether to decline, and says what will happen.
    fn farewell(&self, lang: Lang) -> Markup {
        html! {
            h2 { (lang.pick("Decline this badge?", "このバッジを辞退しますか？")) }
            ul {
                li { (lang.pick("The issuer sees that you declined it.", "辞退したことが発行者に伝わります。")) }
                li { (lang.pick("The badge is not deleted: only the issuer can withdraw it.", "バッジは削除されません。取り消せるのは発行者だけです。")) }
                li {
                    (lang.pick("You can accept it after all until ", "あとから受け取ることもできます（"))
                    (day(lang, self.link_until))
                    (lang.pick(".", "まで）。"))
                }
            }
            (self.form(&[("danger", "decline", lang.pick("Decline", "辞退する"))]))
            div.actions { a.button href=(format!("?tk={}", self.token)) rel="nofollow" { (lang.pick("Back", "戻る")) } }
        }
    }

    fn second_thoughts(&self, lang: Lang, reply: Reply) -> Markup {
        html! {
            div.apart {
                p.center.soft.small {
                    (lang.pick("You can change your answer until ", "回答は"))
                    (day(lang, self.link_until))
                    (lang.pick(".", "まで変更できます。"))
                }
                @if reply.accepted {
                    div.actions { (self.way_out(lang.pick("Decline after all …", "やはり辞退する…"))) }
                } @else {
                    (self.form(&[("quiet", "accept", lang.pick("Accept after all", "やはり受け取る"))]))
                }
            }
        }
    }

    /// What the recipient has now: files, links to give away, and the say over what others see.
    fn possession(&self, lang: Lang) -> Markup {
        let Self { urls, id, badge, event, recipient, .. } = self;
        let key = event.holder_key(id);
        let shared = Shared {
            urls,
            id,
            name: &badge.content_for(lang.tag()).name,
            issuer: self.issuer.name,
            issued_on: event.issued_on,
            until: event.expiry_of(recipient),
        };
        html! {
            h2 { (lang.pick("Download", "ダウンロード")) }
            (files::files(lang, urls, id, badge, self.is_compact, Some(&key)))
            (shared.section(lang))
            (visibility::form(lang, self.visibility, Proof::Link(self.token), !recipient.name.trim().is_empty()))
            p.soft.small {
                (lang.pick("Your own page, with your name and the PDF, is ", "お名前とPDFのある"))
                a href=(urls.holders_page(id, &key)) { (lang.pick("here", "あなた専用のページ")) }
                (lang.pick(". Keep its address to yourself: unlike the link in the mail it has no end.", "もあります。メールのリンクと違って期限がないため、URLは大切に保管してください。"))
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
}

/// The page where a link opens nothing.
pub(crate) fn refused(lang: Lang, kind: Kind, issuer: Option<Issuer<'_>>) -> Answer {
    let title = match kind {
        Kind::NotFound => lang.pick("This link leads nowhere", "このリンクは開けません"),
        _ => kind.title(lang),
    };
    // Nothing of the address that was asked for: a wrong link and a link to nothing look alike.
    let page = Page { status: kind.status(), ..Page::new(lang, title) };
    page.answer(&refusal(lang, title, kind, issuer))
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
            Kind::Erased => p {
                (lang.pick("Nothing is kept of it here any more. Copies of it go on holding.", "こちらには記録が残っていません。お手元のコピーは引き続き有効です。"))
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
        declines: bool,
        visibility: Visibility,
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
                visibility: self.visibility,
                declines: self.declines,
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
    /// The way to the question whether to decline.
    const WAY_OUT: &str = "href=\"?tk=0a1b&amp;ask=decline";
    const DECLINE: &str = "name=\"decision\" value=\"decline\"";

    #[test]
    fn who_has_not_answered_is_asked() {
        let [en, ja] = Case::default().pages();
        for page in [&en, &ja] {
            assert!(page.contains(ACCEPT) && page.contains(WAY_OUT) && !page.contains(DECLINE), "{page}");
            assert!(page.contains("<form class=\"actions\" method=\"post\" action=\"/c/receive\">"));
            assert!(page.contains("name=\"tk\" value=\"0a1b\"") && !page.contains("name=\"lang\""));
            assert!(page.contains("山田 花子") && !page.contains("/baked/"));
        }
        assert!(
            en.contains("<h1 lang=\"en\">Weaving for beginners</h1>") && en.contains("<strong>practical test</strong>")
        );
        assert!(ja.contains("<h1 lang=\"ja\">手織り入門</h1>") && ja.contains("<strong>合格</strong>"));
        assert!(en.contains("15 January 2027 (UTC)") && ja.contains("2027年1月15日（UTC）"));
    }

    #[test]
    fn who_has_answered_may_think_again() {
        let [en, ja] = answered(true);
        assert!(en.contains("You have accepted") && ja.contains("バッジを受け取りました"));
        assert!(!en.contains(ACCEPT) && en.contains(WAY_OUT) && !en.contains(DECLINE));
        for file in [".png\" download", ".svg\" download", ".json\" download"] {
            assert!(en.contains(file), "{file}");
        }
        assert!(!en.contains(".jwt"));
        let [en, ja] = answered(false);
        assert!(en.contains("You have declined") && ja.contains("バッジを辞退しました"));
        assert!(en.contains(ACCEPT) && !en.contains(WAY_OUT) && !en.contains("/baked/"));
    }

    #[test]
    fn who_declines_is_told_what_happens_and_asked_once() {
        for answer in [None, Some(true)] {
            let [en, ja] = Case { declines: true, answer, ..Case::default() }.pages();
            assert!(en.contains(DECLINE) && ja.contains(DECLINE) && !en.contains(ACCEPT));
            assert!(en.contains("The issuer sees that you declined it.") && ja.contains("発行者に伝わります"));
            assert!(en.contains("href=\"?tk=0a1b\""), "a way back: {en}");
        }
    }

    #[test]
    fn who_has_accepted_downloads_shares_and_decides_what_others_see() {
        let [en, ja] = answered(true);
        for page in [&en, &ja] {
            assert!(page.contains("/pdf/") && page.contains("https://www.linkedin.com/profile/add?"));
            assert!(page.contains("action=\"/c/visibility\"") && page.contains("name=\"tk\" value=\"0a1b\""));
            assert!(!page.contains("checked"));
        }
        let visibility = Visibility { shows_name: true, is_listed: true };
        let [page, _] = Case { answer: Some(true), visibility, ..Case::default() }.pages();
        assert_eq!(page.matches(" checked").count(), 2);
        for page in [&Case::default().pages()[0], &answered(false)[0]] {
            assert!(!page.contains("/c/visibility") && !page.contains("linkedin"));
        }
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
        assert!(en.contains("name=\"lang\" value=\"en\"") && en.contains("ask=decline&amp;lang=en"));
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
            for bad in ["<u>", "<i>", "<b>", "<s>", "<script>", "javascript:", "\"印\"", "learners.example"] {
                assert!(!page.contains(bad), "{bad} in {page}");
            }
            assert!(page.contains("花 &lt;s&gt;") && page.contains("https://hataori.example/?a&amp;b"));
        }
    }

    #[test]
    fn no_cache_and_no_other_site_gets_the_page() {
        let request = Request::test(http::Method::GET, "/c/receive", &[]);
        let answer = Case::default().with(|shown, _| show(200, &request, Lang::En, shown));
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
        assert!(text(Kind::Erased, None).contains("コピー"));
    }
}
