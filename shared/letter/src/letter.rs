//! One mail: subject, HTML and plain text, out of the texts and what they are about.
//!
//! Mail programs know little: one column of tables, styles at each element, one picture by its address. Those that know more get
//! a dark form. The plain text says the same, for readers without HTML.

use crate::address;
use crate::texts::{self, Issuer, Passage, Texts, Values};
use badge::definition::Badge;
use badge::{Event, Lang, Organisation, Recipient, Urls};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Columns of a line of plain text (RFC 5322 section 2.1.1 recommends at most 78).
const TEXT_COLUMNS: usize = 74;

/// What a mail is about.
#[derive(Debug, Clone, Copy)]
pub struct Award<'a> {
    /// Where everything public is.
    pub urls: &'a Urls,
    /// Whose badge it is.
    pub organisation: &'a Organisation,
    /// The badge in the version that was issued.
    pub badge: &'a Badge,
    /// The event that issues it.
    pub event: &'a Event,
    /// The recipient's number in the event.
    pub number: u32,
    /// Who gets it.
    pub recipient: &'a Recipient,
    /// 0 for the first mail, else the Unix time of the request for another: the link in it lives from then.
    pub round: i64,
}

/// A mail, ready to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The issuer's name, as it was given.
    pub sender: String,
    /// Where answers go, if SES can write it.
    pub reply_to: Option<String>,
    /// One line.
    pub subject: String,
    /// The mail as HTML, whole.
    pub html: String,
    /// The same as plain text.
    pub text: String,
}

impl Award<'_> {
    fn link(&self) -> String {
        let requested = Timestamp::from_second(self.round).unwrap_or(self.event.created_at);
        let made = self.event.created_at.max(requested);
        self.urls.receive(&self.event.receive_link(&self.event.draw(self.number).credential, made))
    }

    /// The mail about it.
    #[must_use]
    pub fn letter(&self) -> Letter {
        let Self { organisation, badge, event, recipient, .. } = *self;
        let issuer = Issuer::of(event, organisation);
        let lang = texts::spoken(recipient, badge);
        let content = badge.content_for(recipient.language.known().unwrap_or_default());
        let link = self.link();
        // Who reads another language gets days that need none.
        let days = if recipient.language.is_unknown() { Some(lang) } else { recipient.language.spoken() };
        let expires = event.expiry_of(recipient).map(|at| texts::day(days, at));
        let values = Values {
            recipient: Some(recipient.name.trim()).filter(|name| !name.is_empty()).unwrap_or(recipient.email.as_str()),
            badge: &content.name,
            issuer: issuer.name,
            link: &link,
            expires: expires.as_deref().unwrap_or(texts::no_end(days)),
        };
        let frame = Frame {
            lang,
            picture: Some(&self.urls.artwork(&badge.artwork.png_sha256, "png")),
            alt: content.image_alt.as_deref().unwrap_or(&content.name),
            name: Passage { text: content.name.clone(), language: content.language.known().map(str::to_owned) },
            link: Some(&link),
            code: None,
            issuer,
        };
        let texts = texts::choose(event, badge, recipient, &values);
        frame.letter(texts)
    }
}

/// What stands around the texts.
pub struct Frame<'a> {
    /// The language of our own words.
    pub lang: Lang,
    /// The badge's picture, if it is about a badge, and what it shows.
    pub picture: Option<&'a str>,
    /// What the picture shows.
    pub alt: &'a str,
    /// The badge's name, or what it is about otherwise.
    pub name: Passage,
    /// Where the button leads.
    pub link: Option<&'a str>,
    /// A code to be copied, in large digits.
    pub code: Option<&'a str>,
    /// In whose name.
    pub issuer: Issuer<'a>,
}

/// Only what a style at an element cannot say.
const STYLE: &str = ":root{color-scheme:light dark;supported-color-schemes:light dark}\
@media (prefers-color-scheme:dark){\
.ground{background-color:#181715!important}\
.card{background-color:#22211f!important;border-color:#3c3a36!important}\
.ink{color:#e9e6e0!important}.soft,.soft a{color:#a9a49b!important}\
.line{border-color:#3c3a36!important}}";

const FONT: &str =
    "font-family:system-ui,-apple-system,'Segoe UI','Hiragino Sans','Noto Sans JP','Yu Gothic UI',Meiryo,sans-serif";

impl Frame<'_> {
    /// The mail with these texts.
    #[must_use]
    pub fn letter(&self, texts: Texts) -> Letter {
        Letter {
            sender: self.issuer.name.to_owned(),
            reply_to: address::mailbox(self.issuer.reply_to),
            html: self.html(&texts).into_string(),
            text: self.text(&texts),
            subject: texts.subject,
        }
    }

    fn html(&self, texts: &Texts) -> Markup {
        let Self { lang, picture, alt, name, link, code, issuer } = self;
        let cell = |style: &str| format!("{FONT};{style}");
        let prose = cell("padding:24px 0 0;font-size:16px;line-height:1.7;color:#1f2328;word-break:break-word");
        let small = cell("font-size:13px;line-height:1.6;color:#59636e;word-break:break-word");
        html! {
            (DOCTYPE)
            html lang=(lang.tag()) dir="ltr" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="supported-color-schemes" content="light dark";
                    title { (texts.subject) }
                    style { (PreEscaped(STYLE)) }
                }
                body.ground style="margin:0;padding:0;background-color:#f4f1ea;-webkit-text-size-adjust:100%" {
                    (table("ground", "width:100%;background-color:#f4f1ea", &html! {
                        td align="center" style="padding:28px 12px" {
                            (table("card", "width:100%;max-width:560px;background-color:#ffffff;border:1px solid #d6dbe1;border-radius:14px;border-collapse:separate", &html! {
                                td style="padding:36px 28px 32px" {
                                    @if let Some(picture) = picture { (table("", "width:100%", &html! {
                                        td align="center" {
                                            img src=(picture) alt=(alt) width="152" style="display:block;width:152px;max-width:60%;height:auto;border:0";
                                        }
                                    })) }
                                    (table("", "width:100%", &html! {
                                        td.ink align="center" lang=[&name.language] dir="auto" style=(cell("padding:20px 0 0;font-size:22px;line-height:1.35;font-weight:700;color:#1f2328;word-break:break-word")) {
                                            (name.text)
                                        }
                                    }))
                                    (table("", "width:100%", &html! {
                                        td.soft align="center" dir="auto" style=(cell("padding:4px 0 0;font-size:14px;line-height:1.5;color:#59636e;word-break:break-word")) {
                                            (issuer.name)
                                        }
                                    }))
                                    (table("", "width:100%", &html! {
                                        td.ink lang=[&texts.body.language] dir=(direction(&texts.body)) style=(prose) {
                                            (paragraphs(&texts.body.text, *link))
                                        }
                                    }))
                                    @if let Some(code) = code {
                                        (table("", "width:100%", &html! {
                                            td.ink align="center" dir="ltr" style=(cell("padding:20px 0 0;font-size:32px;line-height:1.4;font-weight:700;letter-spacing:6px;color:#1f2328")) {
                                                (code)
                                            }
                                        }))
                                    }
                                    @if let Some(link) = link {
                                        (table("", "margin:28px auto 0", &html! {
                                            td align="center" bgcolor="#b3261e" style="border-radius:10px;background-color:#b3261e" {
                                                a href=(link) lang=[&texts.link_text.language] dir="auto"
                                                    style=(cell("display:inline-block;padding:13px 32px;font-size:16px;line-height:1.4;font-weight:700;color:#ffffff;text-decoration:none;border-radius:10px")) {
                                                    (texts::one_line(&texts.link_text.text, texts::MAX_SUBJECT_CHARS))
                                                }
                                            }
                                        }))
                                        (table("", "width:100%", &html! {
                                            td.soft align="center" style={"padding:20px 0 0;" (small)} {
                                                (lang.pick("If the button does not work, open this address:", "ボタンが使えない場合は、次のURLを開いてください。"))
                                                br;
                                                a href=(link) style="color:#59636e;word-break:break-all" { (link) }
                                            }
                                        }))
                                    }
                                    (table("line", "width:100%;margin:28px 0 0;border-top:1px solid #d6dbe1", &html! {
                                        td.soft lang=[&texts.footer.language] dir=(direction(&texts.footer)) style={"padding:16px 0 0;" (small)} {
                                            (paragraphs(&texts.footer.text, *link))
                                        }
                                    }))
                                }
                            }))
                            (table("", "width:100%;max-width:560px", &html! {
                                td.soft align="center" dir="auto" style={"padding:16px 12px 0;" (small)} {
                                    (issuer.name) br;
                                    a href={"mailto:" (issuer.reply_to.as_str())} style="color:#59636e" { (issuer.reply_to.as_str()) }
                                }
                            }))
                        }
                    }))
                }
            }
        }
    }

    fn text(&self, texts: &Texts) -> String {
        let Self { link, code, issuer, .. } = self;
        let link_text = texts::one_line(&texts.link_text.text, texts::MAX_SUBJECT_CHARS);
        let parts = [
            Some(wrapped(texts.body.text.trim())),
            code.map(str::to_owned),
            link.map(|link| format!("{link_text}\n{link}")),
            Some(wrapped(texts.footer.text.trim())),
            Some(format!("{}\n{}", texts::one_line(issuer.name, usize::MAX), issuer.reply_to.as_str())),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n") + "\n"
    }
}

fn table(class: &str, style: &str, cells: &Markup) -> Markup {
    let class = Some(class).filter(|class| !class.is_empty());
    html! {
        table class=[class] role="presentation" cellpadding="0" cellspacing="0" border="0" style=(style) { tr { (cells) } }
    }
}

/// Scripts that run from right to left, by the languages written in them.
const RIGHT_TO_LEFT: [&str; 11] = ["ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"];

/// In which direction a passage runs; where its language is unknown, its first letter tells.
fn direction(passage: &Passage) -> &'static str {
    let Some(language) = &passage.language else { return "auto" };
    let primary = language.split('-').next().unwrap_or_default();
    if RIGHT_TO_LEFT.iter().any(|tag| primary.eq_ignore_ascii_case(tag)) { "rtl" } else { "ltr" }
}

/// A text's paragraphs, line by line, the link in them made one.
fn paragraphs(text: &str, link: Option<&str>) -> Markup {
    let linked = |line: &str| {
        let Some(link) = link else { return html! { (line) } };
        html! {
            @for (n, part) in line.split(link).enumerate() {
                @if n > 0 { a href=(link) style="color:inherit;word-break:break-all" { (link) } }
                (part)
            }
        }
    };
    let mut paragraphs: Vec<Vec<&str>> = vec![vec![]];
    for line in text.trim().lines() {
        match (line.trim().is_empty(), paragraphs.last_mut()) {
            (false, Some(paragraph)) => paragraph.push(line),
            _ => paragraphs.push(vec![]),
        }
    }
    html! {
        @for (n, paragraph) in paragraphs.iter().filter(|lines| !lines.is_empty()).enumerate() {
            p style=(if n == 0 { "margin:0" } else { "margin:1em 0 0" }) {
                @for (n, line) in paragraph.iter().enumerate() {
                    @if n > 0 { br; }
                    (linked(line))
                }
            }
        }
    }
}

/// Columns that a text takes: Chinese, Japanese and Korean characters take two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{1100}' { 2 } else { 1 }).sum()
}

/// A text whose long lines are broken between words. A line that is wide for the most part stays whole: where words have no spaces
/// between them, the reader's program knows better where it may break.
fn wrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 20);
    for line in text.lines() {
        let line = line.trim_end();
        let (width, characters) = (columns(line), line.chars().count());
        if width <= TEXT_COLUMNS || (width - characters) * 2 > characters {
            out.push_str(line);
        } else {
            let mut column = 0;
            for word in line.split(' ') {
                let width = columns(word);
                if column > 0 && column + 1 + width > TEXT_COLUMNS {
                    out.push('\n');
                    column = 0;
                } else if column > 0 {
                    out.push(' ');
                    column += 1;
                }
                out.push_str(word);
                column += width;
            }
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use badge::definition::EmailMessage;
    use proptest::prelude::*;

    fn letter(language: &str, change: impl Fn(&mut Event)) -> Letter {
        about(&sample::organisation(), &sample::badge(), &sample::recipient(), language, change)
    }

    fn about(
        organisation: &Organisation,
        badge: &Badge,
        recipient: &Recipient,
        language: &str,
        change: impl Fn(&mut Event),
    ) -> Letter {
        let recipient = Recipient { language: language.parse().unwrap(), ..recipient.clone() };
        let mut event = sample::event();
        change(&mut event);
        let award = Award {
            urls: &sample::urls(),
            organisation,
            badge,
            event: &event,
            number: 0,
            recipient: &recipient,
            round: 0,
        };
        award.letter()
    }

    fn written(body: &str) -> impl Fn(&mut Event) {
        move |event| event.email_message = Some(EmailMessage { body: body.into(), ..EmailMessage::default() })
    }

    #[test]
    fn the_mail_in_japanese_and_english() {
        let (ja, en) = (letter("ja", |_| ()), letter("en", |_| ()));
        sample::same_as(env!("CARGO_MANIFEST_DIR"), "ja.html", include_str!("golden/ja.html"), &ja.html);
        sample::same_as(env!("CARGO_MANIFEST_DIR"), "ja.txt", include_str!("golden/ja.txt"), &ja.text);
        sample::same_as(env!("CARGO_MANIFEST_DIR"), "en.html", include_str!("golden/en.html"), &en.html);
        sample::same_as(env!("CARGO_MANIFEST_DIR"), "en.txt", include_str!("golden/en.txt"), &en.text);
        assert_eq!(ja.subject, "バッジ「手織り入門」が授与されました");
        assert_eq!((en.sender.as_str(), en.reply_to.as_deref()), ("京都はたおり学院", Some("contact@hataori.example")));
    }

    #[test]
    fn the_link_lives_from_the_last_request() {
        let (organisation, badge, event, recipient) =
            (sample::organisation(), sample::badge(), sample::event(), sample::recipient());
        let until = |round| {
            let urls = sample::urls();
            let award = Award {
                urls: &urls,
                organisation: &organisation,
                badge: &badge,
                event: &event,
                number: 0,
                recipient: &recipient,
                round,
            };
            let link = award.link();
            let link = badge::receive::Link::parse(link.rsplit_once("tk=").unwrap().1).unwrap();
            assert!(event.made_link(&link));
            link.until - badge::receive::LINK_LIFE
        };
        assert_eq!(until(0), event.created_at);
        assert_eq!(until(sample::ISSUED + 500), sample::at(sample::ISSUED + 500));
    }

    #[test]
    fn nobodys_text_becomes_markup() {
        let (organisation, badge, recipient) = sample::hostile();
        let body = written("<b>x</b>\n{{recipient}}\n\n\"{{link}}\" & {{issuer}}");
        let html = about(&organisation, &badge, &recipient, "ja", body).html;
        for bad in ["<b>", "<i>", "<u>", "<s>", "\"印\""] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
        assert!(html.contains("&lt;b&gt;x&lt;/b&gt;<br>花 &lt;s&gt;</p>"), "{html}");
        // Picture, button, the address below it, and the link in the text.
        let link = "https://badges.example/c/receive?tk=";
        assert_eq!(html.matches(&format!("href=\"{link}")).count(), 3);
        assert!(
            html.contains("src=\"https://badges.example/artwork/cdcdcd") && html.contains("alt=\"&quot;印&quot;\"")
        );
    }

    #[test]
    fn a_passage_says_its_language_and_direction() {
        let arabic = letter("ar", |event| {
            let message = EmailMessage { body: "مرحبا".into(), ..EmailMessage::default() };
            event.email_translations =
                vec![badge::definition::EmailTranslation { language: "ar".parse().unwrap(), message }];
        });
        assert!(arabic.html.contains("lang=\"ar\" dir=\"rtl\""), "{}", arabic.html);
        assert!(letter("", written("Hei")).html.contains("<td class=\"ink\" dir=\"auto\""));
    }

    #[test]
    fn an_alias_speaks_for_itself() {
        let letter = letter("en", |event| {
            let body = serde_json::json!({"name": "Faculty of Cloth", "url": "https://cloth.example", "email": "a@cloth.example", "reply_to": "r@布.example"});
            let alias = badge::Alias::read(&body, badge::AliasId::from_random([5; 10]), sample::at(0)).unwrap();
            event.alias = Some(alias);
        });
        assert_eq!(
            (letter.sender.as_str(), letter.reply_to.as_deref()),
            ("Faculty of Cloth", Some("r@xn--8st.example"))
        );
        assert!(letter.text.contains("Faculty of Cloth has awarded you") && !letter.html.contains("京都"));
    }

    #[test]
    fn long_lines_are_broken_between_words_and_links_never() {
        let url = format!("https://example.org/{}", "x".repeat(100));
        let text = format!("{} 漢字 {url} end\n\n{}", "word ".repeat(30).trim(), "これは長い文です。".repeat(20));
        let wrapped = wrapped(&text);
        assert!(wrapped.lines().any(|line| line == url), "{wrapped}");
        assert!(wrapped.lines().take(2).all(|line| columns(line) <= TEXT_COLUMNS && columns(line) > 50));
        assert_eq!(wrapped.lines().last(), Some("これは長い文です。".repeat(20).as_str()));
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing(text in "[a-zé \n漢]{0,300}") {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&wrapped(&text)), words(&text));
        }

        #[test]
        fn any_text_makes_a_mail(body in "\\PC{0,200}", name in "\\PC{1,60}") {
            let letter = letter("en", |event| {
                written(&body)(event);
                event.email_message.as_mut().unwrap().link_text = name.clone();
            });
            prop_assert!(letter.html.ends_with("</body></html>"));
        }
    }
}
