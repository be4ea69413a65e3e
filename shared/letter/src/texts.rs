//! Which words a mail says: each of its four texts from the first place that has one.
//!
//! 1. what the caller of the event wrote in the recipient's language,
//! 2. what the caller wrote, in whatever language,
//! 3. what the badge says in the recipient's language,
//! 4. what the badge says,
//! 5. our own words, in Japanese or English.
//!
//! Then `{{recipient}}`, `{{badge}}`, `{{issuer}}`, `{{link}}` and `{{expires}}` are filled in, once: what a value contains is never
//! looked at again, and an unknown name stays as it is.

use badge::definition::{Badge, EmailMessage, EmailTranslation};
use badge::{EmailAddress, Event, Lang, Organisation, Recipient};
use jiff::Timestamp;

/// Characters of a subject line: more than any mail program shows.
pub const MAX_SUBJECT_CHARS: usize = 200;

/// Under whose name a badge is issued: an alias of the organisation, or the organisation itself.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its web site.
    pub url: &'a str,
    /// Where answers go.
    pub reply_to: &'a EmailAddress,
}

impl<'a> Issuer<'a> {
    /// Who issues an event.
    #[must_use]
    pub fn of(event: &'a Event, organisation: &'a Organisation) -> Self {
        match &event.alias {
            Some(alias) => Self {
                name: &alias.name,
                url: alias.url.as_str(),
                reply_to: alias.reply_to.as_ref().unwrap_or(&alias.email),
            },
            None => Self::itself(organisation),
        }
    }

    /// The organisation under its own name.
    #[must_use]
    pub fn itself(organisation: &'a Organisation) -> Self {
        Self { name: &organisation.name, url: organisation.url.as_str(), reply_to: &organisation.email }
    }
}

/// One of a mail's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// What it says.
    pub text: String,
    /// The language it is in, where that is known.
    pub language: Option<String>,
}

/// A mail's texts, filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// One line of at most [`MAX_SUBJECT_CHARS`].
    pub subject: String,
    /// Above the button.
    pub body: Passage,
    /// On the button.
    pub link_text: Passage,
    /// Below everything.
    pub footer: Passage,
}

/// What placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    pub recipient: &'a str,
    pub badge: &'a str,
    pub issuer: &'a str,
    pub link: &'a str,
    pub expires: &'a str,
}

impl<'a> Values<'a> {
    fn find(&self, name: &str) -> Option<&'a str> {
        Some(match name {
            "recipient" => self.recipient,
            "badge" => self.badge,
            "issuer" => self.issuer,
            "link" => self.link,
            "expires" => self.expires,
            _ => return None,
        })
    }

    fn fill(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 200);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let known = after.split_once("}}").and_then(|(name, behind)| Some((self.find(name.trim())?, behind)));
            if let Some((value, behind)) = known {
                out.push_str(value);
                rest = behind;
            } else {
                out.push_str("{{");
                rest = after;
            }
        }
        out.push_str(rest);
        out
    }
}

/// The language of our own words to a recipient: theirs, else the badge's, else English.
pub(crate) fn spoken(recipient: &Recipient, badge: &Badge) -> Lang {
    recipient.language.spoken().or_else(|| badge.definition.primary_language.spoken()).unwrap_or_default()
}

/// The texts for a recipient.
pub(crate) fn choose(event: &Event, badge: &Badge, recipient: &Recipient, values: &Values<'_>) -> Texts {
    let wanted = recipient.language.as_str();
    let in_theirs = |all| EmailTranslation::find(all, wanted).map(|t| (&t.message, t.language.known()));
    let definition = &badge.definition;
    let layers: Vec<(&EmailMessage, Option<&str>)> = [
        in_theirs(&event.email_translations),
        event.email_message.as_ref().map(|message| (message, None)),
        in_theirs(&definition.email_translations),
        definition.email_message.as_ref().map(|message| (message, definition.primary_language.known())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let lang = spoken(recipient, badge);
    let own = own_words(lang, !recipient.name.trim().is_empty(), event.expiry_of(recipient).is_some());
    let passage = |field: fn(&EmailMessage) -> &String| {
        let written = layers.iter().map(|(message, language)| (field(message), *language));
        let (text, language) =
            written.into_iter().find(|(text, _)| !is_blank(text)).unwrap_or((field(&own), Some(lang.tag())));
        Passage { text: values.fill(&text.replace("\r\n", "\n")), language: language.map(str::to_owned) }
    };
    Texts {
        subject: one_line(&passage(|m| &m.subject).text, MAX_SUBJECT_CHARS),
        body: passage(|m| &m.body),
        link_text: passage(|m| &m.link_text),
        footer: passage(|m| &m.footer),
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control())
}

/// A text on one line, without control characters, shortened to `max` characters.
pub fn one_line(text: &str, max: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    let kept: String = line.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A day in UTC as people write it; in ISO 8601 for readers of other languages.
pub fn day(lang: Option<Lang>, at: Timestamp) -> String {
    let form = match lang {
        Some(Lang::En) => "%-d %B %Y (UTC)",
        Some(Lang::Ja) => "%Y年%-m月%-d日（UTC）",
        None => "%Y-%m-%d (UTC)",
    };
    at.strftime(form).to_string()
}

/// What stands for a day that never comes.
pub(crate) fn no_end(lang: Option<Lang>) -> &'static str {
    lang.map_or("–", |lang| lang.pick("no end", "無期限"))
}

/// Our own words.
fn own_words(lang: Lang, has_name: bool, expires: bool) -> EmailMessage {
    let (hello, award, until, how) = match lang {
        Lang::En => (
            if has_name { "Hello {{recipient}}," } else { "Hello," },
            "{{issuer}} has awarded you the badge “{{badge}}”.",
            "It is valid until {{expires}}.",
            "The link below leads to your badge. There you can accept or decline it, and download it. You need no account.",
        ),
        Lang::Ja => (
            if has_name { "{{recipient}} 様" } else { "" },
            "{{issuer}}より、バッジ「{{badge}}」が授与されました。",
            "有効期限は{{expires}}です。",
            "下のリンクからバッジの内容をご確認のうえ、「受け取る」または「辞退する」をお選びください。受け取ったバッジはダウンロードできます。アカウントの登録は必要ありません。",
        ),
    };
    let award = if expires { format!("{award}\n{until}") } else { award.to_owned() };
    let body = [hello, &award, how].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    EmailMessage {
        subject: lang.pick("You have been awarded the badge “{{badge}}”", "バッジ「{{badge}}」が授与されました").into(),
        body,
        link_text: lang.pick("See your badge", "バッジを確認する").into(),
        footer: lang
            .pick(
                "{{issuer}} issued this badge to your address, and so this mail was sent. If you were not expecting it, decline the badge, or simply ignore this mail.",
                "このメールは、{{issuer}}があなたのメールアドレス宛にバッジを発行したため送信されました。お心当たりがない場合は、リンク先で辞退するか、このメールを破棄してください。",
            )
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    fn message(subject: &str, body: &str) -> EmailMessage {
        EmailMessage { subject: subject.into(), body: body.into(), ..EmailMessage::default() }
    }

    fn translation(language: &str, message: EmailMessage) -> EmailTranslation {
        EmailTranslation { language: language.parse().unwrap(), message }
    }

    const VALUES: Values<'static> = Values {
        recipient: "Hana",
        badge: "{{issuer}}",
        issuer: "Acme",
        link: "https://b.example/x",
        expires: "never",
    };

    fn texts(event: &Event, badge: &Badge, language: &str) -> Texts {
        let recipient = Recipient { language: language.parse().unwrap(), ..sample::recipient() };
        choose(event, badge, &recipient, &VALUES)
    }

    #[test]
    fn each_text_is_the_first_that_somebody_wrote() {
        let (mut event, mut badge) = (sample::event(), sample::badge());
        let subject = |event: &Event, badge: &Badge, language| texts(event, badge, language).subject;
        assert!(subject(&event, &badge, "fi").starts_with("バッジ「"));
        badge.definition.email_message = Some(message("badge", "badge's body"));
        assert_eq!(subject(&event, &badge, "fi"), "badge");
        badge.definition.email_translations = vec![translation("fi-FI", message("badge fi", ""))];
        assert_eq!(subject(&event, &badge, "fi"), "badge fi");
        event.email_message = Some(message("event", ""));
        assert_eq!(subject(&event, &badge, "fi"), "event");
        event.email_translations = vec![translation("fi", message("event fi", ""))];
        let chosen = texts(&event, &badge, "fi");
        assert_eq!(chosen.subject, "event fi");
        // Empty fields fall through, each by itself, and keep the language of where they stood.
        assert_eq!(chosen.body, Passage { text: "badge's body".into(), language: Some("ja".into()) });
        assert_eq!(chosen.link_text, Passage { text: "バッジを確認する".into(), language: Some("ja".into()) });
        assert_eq!(subject(&event, &badge, "sv"), "event");
        // Whose language is unknown gets what was written for nobody in particular.
        assert_eq!(subject(&event, &badge, ""), "event");
    }

    #[test]
    fn our_own_words_are_in_the_recipients_language_or_the_badges() {
        let (event, mut badge) = (sample::event(), sample::badge());
        assert_eq!(texts(&event, &badge, "en-GB").link_text.text, "See your badge");
        assert_eq!(texts(&event, &badge, "ja").link_text.text, "バッジを確認する");
        assert_eq!(texts(&event, &badge, "fr").link_text.text, "バッジを確認する");
        badge.definition.primary_language = "fr".parse().unwrap();
        assert_eq!(texts(&event, &badge, "fr").link_text.text, "See your badge");
        for lang in [Lang::En, Lang::Ja] {
            let nameless = own_words(lang, false, false).body;
            assert!(!nameless.contains("{{recipient}}") && !nameless.contains("{{expires}}"), "{nameless}");
            assert!(own_words(lang, true, true).body.contains("{{expires}}"));
        }
    }

    #[test]
    fn placeholders_are_filled_in_once() {
        assert_eq!(VALUES.fill("{{ badge }} for {{recipient}}: {{link}}"), "{{issuer}} for Hana: https://b.example/x");
        for text in ["{{unknown}}", "{{", "}}", "{{}}", "{ {badge}}", "{{badge", "{badge}"] {
            assert_eq!(VALUES.fill(text), text);
        }
        assert_eq!(VALUES.fill("{{{{expires}}"), "{{never");
        assert_eq!(VALUES.fill("{{x {{expires}}"), "{{x never");
    }

    #[test]
    fn days_are_written_as_people_do() {
        let at = "2027-01-05T15:00:00Z".parse().unwrap();
        assert_eq!(day(Some(Lang::En), at), "5 January 2027 (UTC)");
        assert_eq!(day(Some(Lang::Ja), at), "2027年1月5日（UTC）");
        assert_eq!(day(None, at), "2027-01-05 (UTC)");
    }

    proptest! {
        #[test]
        fn a_subject_is_one_short_line(text in "[\\PC\r\n\t\u{0}-\u{1f}\u{85}\u{2028}]{0,400}") {
            let (mut event, badge) = (sample::event(), sample::badge());
            event.email_message = Some(message(&text, "b"));
            let subject = texts(&event, &badge, "").subject;
            prop_assert!((1..=MAX_SUBJECT_CHARS).contains(&subject.chars().count()));
            let ends_a_line = |c: char| c.is_control() || ['\u{2028}', '\u{2029}'].contains(&c);
            prop_assert!(!subject.contains(ends_a_line), "{}", subject);
        }
    }
}
