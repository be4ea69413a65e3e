//! The pages. They tell what the records say and leave judging to the validator, to which they link.

use badge::definition::{Badge, Content, ImageFormat};
use badge::{CredentialId, Event, Lang, Organisation, Urls, ob3, rfc3339};
use edge::answer::Cache;
use edge::{Answer, html, markdown};
use jiff::Timestamp;
use maud::{Markup, html};
use store::Revocation;

/// Who holds a credential, for who came with the holder's key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holder<'a> {
    pub(crate) key: &'a str,
    /// May be empty.
    pub(crate) name: &'a str,
}

/// A credential to be shown. Who holds it is shown only to who brings the holder's key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) id: &'a CredentialId,
    /// The badge as the event issued it.
    pub(crate) badge: &'a Badge,
    pub(crate) event: &'a Event,
    /// The issuer's name as it was signed.
    pub(crate) issuer: &'a str,
    pub(crate) until: Option<Timestamp>,
    pub(crate) revoked: Option<&'a Revocation>,
    /// Whether there is a compact form too.
    pub(crate) is_compact: bool,
    pub(crate) holder: Option<Holder<'a>>,
}

/// What the records say about a credential now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Valid,
    NotYetValid,
    Expired,
    Revoked,
}

impl State {
    /// Both ends of the period belong to it (VC Data Model 2.0 section 4.9).
    fn of(held: &Held<'_>, now: Timestamp) -> Self {
        if held.revoked.is_some() {
            Self::Revoked
        } else if now < held.event.issued_on {
            Self::NotYetValid
        } else if held.until.is_some_and(|until| now > until) {
            Self::Expired
        } else {
            Self::Valid
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Valid => "state good",
            Self::NotYetValid | Self::Expired => "state warn",
            Self::Revoked => "state bad",
        }
    }

    fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Valid => lang.pick("Valid", "有効"),
            Self::NotYetValid => lang.pick("Not yet valid", "有効期間前"),
            Self::Expired => lang.pick("Expired", "期限切れ"),
            Self::Revoked => lang.pick("Revoked", "取り消し済み"),
        }
    }
}

/// The badge's texts in the reader's language, or in its primary one.
pub(crate) fn content(lang: Lang, badge: &Badge) -> &Content {
    badge.content_for(lang.tag())
}

fn time(at: Timestamp) -> Markup {
    html! { time datetime=(rfc3339(at)) { (at.strftime("%Y-%m-%d %H:%M UTC").to_string()) } }
}

fn art(urls: &Urls, badge: &Badge, content: &Content) -> Markup {
    let url = urls.artwork(&badge.artwork.sha256, badge.artwork.format.extension());
    html! { img.art src=(url) alt=(content.image_alt.as_deref().unwrap_or(&content.name)); }
}

/// Description, criteria, alignments and key words, marked with the language they are in.
fn about(lang: Lang, content: &Content, criteria: &str) -> Markup {
    html! {
        div lang=[content.language.known()] {
            @for paragraph in content.description.split("\n\n").filter(|p| !p.trim().is_empty()) { p { (paragraph) } }
        }
        @if !criteria.trim().is_empty() {
            h2 #criteria { (lang.pick("Criteria", "取得条件")) }
            div lang=[content.language.known()] { (markdown::render(criteria)) }
        }
        @if !content.alignments.is_empty() {
            h2 { (lang.pick("Alignment", "対応するスキル・基準")) }
            ul lang=[content.language.known()] {
                @for alignment in &content.alignments {
                    li { a href=(alignment.target_url.as_str()) { (alignment.target_name) } }
                }
            }
        }
        @if !content.tags.is_empty() { p.soft { (content.tags.join(" · ")) } }
    }
}

fn shell(lang: Lang, title: &str, main: &Markup) -> Answer {
    html::page(200, lang, title, Cache::Short, main)
}

/// The page about a credential.
pub(crate) fn credential(lang: Lang, urls: &Urls, held: &Held<'_>, now: Timestamp) -> Answer {
    let title = &content(lang, held.badge).name;
    let markup = credential_markup(lang, urls, held, now);
    if held.holder.is_none() {
        return shell(lang, title, &markup);
    }
    // The address is the holder's to give away, so it should not be given away by caches, search engines or links.
    html::page(200, lang, title, Cache::None, &markup)
        .header("x-robots-tag", "noindex")
        .header("referrer-policy", "no-referrer")
}

fn credential_markup(lang: Lang, urls: &Urls, held: &Held<'_>, now: Timestamp) -> Markup {
    let Held { id, badge, event, issuer, until, revoked, is_compact, holder } = *held;
    let content = content(lang, badge);
    let criteria = ob3::criteria_text(content, event.criteria_add.as_deref());
    let state = State::of(held, now);
    let url = urls.credential(id);
    html! {
        (art(urls, badge, content))
        h1 lang=[content.language.known()] { (content.name) }
        p { span class=(state.class()) { (state.text(lang)) } }
        dl {
            @if let Some(Holder { name, .. }) = holder && !name.is_empty() {
                dt { (lang.pick("Awarded to", "受領者")) }
                dd dir="auto" { (name) }
            }
            dt { (lang.pick("Issued by", "発行者")) }
            dd { a href=(urls.issuer(&event.client)) { (issuer) } }
            dt { (lang.pick("Issued on", "発行日時")) }
            dd { (time(event.issued_on)) }
            dt { (lang.pick("Valid until", "有効期限")) }
            dd { @if let Some(until) = until { (time(until)) } @else { (lang.pick("No end", "無期限")) } }
            @if let Some(revocation) = revoked {
                dt { (lang.pick("Revoked on", "取り消し日時")) }
                dd { (time(revocation.at)) }
                @if let Some(reason) = &revocation.reason {
                    dt { (lang.pick("Reason", "取り消しの理由")) }
                    dd { (reason) }
                }
            }
        }
        p { a href=(urls.validation(&url)) { (lang.pick("Check this badge with the validator", "このバッジを検証する")) } }
        p.soft {
            (lang.pick(
                "This page shows what the issuer's records say. The validator checks the signed document itself.",
                "このページは発行者の記録を表示しています。署名された文書そのものの確認は検証ページで行えます。"
            ))
        }
        (about(lang, content, &criteria))
        h2 { (lang.pick("Files", "ファイル")) }
        ul.plain {
            @if let Some(Holder { key, .. }) = holder && revoked.is_none() {
                li {
                    a href=(urls.pdf(id, key)) { (lang.pick("PDF certificate", "PDF証明書")) }
                    " · "
                    a href=(format!("{}?layout=portrait", urls.pdf(id, key))) { (lang.pick("portrait", "縦向き")) }
                    " · "
                    a href=(format!("{}?layout=landscape", urls.pdf(id, key))) { (lang.pick("landscape", "横向き")) }
                }
            }
            li { a href=(format!("{url}.json")) { "JSON (Open Badges 3.0)" } }
            @if is_compact { li { a href=(format!("{url}.jwt")) { "JWT" } } }
            li { a href=(urls.baked(id, ".png")) { "PNG" } }
            @if badge.artwork.format == ImageFormat::Svg { li { a href=(urls.baked(id, ".svg")) { "SVG" } } }
            li { a href=(urls.baked(id, ".ob2.png")) { "PNG (Open Badges 2.0)" } }
        }
    }
}

/// The page about a badge.
pub(crate) fn badge(lang: Lang, urls: &Urls, badge: &Badge, organisation: &Organisation) -> Answer {
    shell(lang, &content(lang, badge).name, &badge_markup(lang, urls, badge, organisation))
}

fn badge_markup(lang: Lang, urls: &Urls, badge: &Badge, organisation: &Organisation) -> Markup {
    let content = content(lang, badge);
    html! {
        (art(urls, badge, content))
        h1 lang=[content.language.known()] { (content.name) }
        p.soft { a href=(urls.issuer(&organisation.id)) { (organisation.name) } }
        (about(lang, content, &content.criteria))
        ul.plain { li { a href=(format!("{}.json", urls.badge(&badge.id))) { "JSON" } } }
    }
}

/// The page with a badge's criteria alone.
pub(crate) fn criteria(lang: Lang, urls: &Urls, badge: &Badge, content: &Content, criteria: &str) -> Answer {
    let main = html! {
        h1 lang=[content.language.known()] { a href=(urls.badge(&badge.id)) { (content.name) } }
        h2 #criteria { (lang.pick("Criteria", "取得条件")) }
        div lang=[content.language.known()] { (markdown::render(criteria)) }
    };
    shell(lang, &content.name, &main)
}

/// The page about an organisation.
pub(crate) fn issuer(lang: Lang, urls: &Urls, organisation: &Organisation) -> Answer {
    shell(lang, &organisation.name, &issuer_markup(lang, urls, organisation))
}

fn issuer_markup(lang: Lang, urls: &Urls, organisation: &Organisation) -> Markup {
    let url = urls.issuer(&organisation.id);
    html! {
        h1 { (organisation.name) }
        @if !organisation.description.is_empty() { p { (organisation.description) } }
        dl {
            dt { (lang.pick("Web site", "ウェブサイト")) }
            dd { a href=(organisation.url.as_str()) { (organisation.url.as_str()) } }
            dt { "DID" }
            dd { code { (urls.issuer_did(&organisation.id)) } }
        }
        ul.plain {
            li { a href=(format!("{url}.json")) { (lang.pick("Profile (JSON)", "プロフィール(JSON)")) } }
            li { a href=(format!("{url}/did.json")) { (lang.pick("Keys (DID document)", "公開鍵(DID文書)")) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, at};

    const NOW: i64 = 1_800_000_000;

    fn with(until: Option<i64>, revoked: Option<&Revocation>, now: i64) -> (State, [String; 2]) {
        let (badge, event) = (sample::badge(), sample::event());
        let id = event.draw(0).credential;
        let held = Held {
            id: &id,
            badge: &badge,
            event: &event,
            issuer: "織物 <学院>",
            until: until.map(at),
            revoked,
            is_compact: false,
            holder: None,
        };
        let page = |lang| credential_markup(lang, &sample::urls(), &held, at(now)).into_string();
        (State::of(&held, at(now)), [page(Lang::En), page(Lang::Ja)])
    }

    #[test]
    fn the_state_is_what_the_records_say() {
        let revoked = Revocation { at: at(NOW - 5), reason: Some("<u>盗用</u>".into()) };
        assert_eq!(with(None, None, NOW).0, State::Valid);
        assert_eq!(with(Some(NOW), None, NOW).0, State::Valid);
        assert_eq!(with(Some(NOW - 1), None, NOW).0, State::Expired);
        assert_eq!(with(None, None, 1_768_469_399).0, State::NotYetValid);
        assert_eq!(with(Some(NOW - 1), Some(&revoked), NOW).0, State::Revoked);
        let (_, [en, ja]) = with(None, Some(&revoked), NOW);
        assert!(en.contains(">Revoked<") && ja.contains(">取り消し済み<"));
        assert!(en.contains("&lt;u&gt;盗用&lt;/u&gt;") && !en.contains("<u>"));
    }

    #[test]
    fn a_credential_is_shown_in_both_languages() {
        let (_, [en, ja]) = with(None, None, NOW);
        assert!(en.contains("<h1 lang=\"en\">Weaving</h1>") && en.contains("Pass the <em>test</em>."), "{en}");
        assert!(
            ja.contains("<h1 lang=\"ja\">機織り &lt;&amp;&gt;</h1>") && ja.contains("<strong>合格</strong>"),
            "{ja}"
        );
        assert!(en.contains("No end") && ja.contains("無期限"));
        for page in [&en, &ja] {
            assert!(page.contains("<p>Addendum</p>") && page.contains("織物 &lt;学院&gt;"));
            assert!(page.contains("id=\"criteria\"") && page.contains("2026-01-15 09:30 UTC"));
        }
    }

    #[test]
    fn no_page_tells_who_holds_it_and_no_text_becomes_markup() {
        let (badge, organisation) = (sample::badge(), sample::organisation());
        let mut pages: Vec<String> = with(None, None, NOW).1.into();
        for lang in [Lang::En, Lang::Ja] {
            pages.push(badge_markup(lang, &sample::urls(), &badge, &organisation).into_string());
            pages.push(issuer_markup(lang, &sample::urls(), &organisation).into_string());
        }
        for page in &pages {
            for bad in ["hana@example.org", "花", "@acme.example", "<script", "<b>", "<i>", "<学院>", "<1>", "T <"] {
                assert!(!page.contains(bad), "{bad} in {page}");
            }
        }
        assert!(pages[1].contains("alt=\"&quot;印&quot;\""), "{}", pages[1]);
        assert!(pages[3].contains("href=\"https://acme.example/?a&amp;b\""));
    }

    #[test]
    fn files_and_the_validator_are_one_click_away() {
        let (_, [en, _]) = with(None, None, NOW);
        let id = sample::event().draw(0).credential;
        for link in [
            format!("href=\"https://badges.example/credentials/{id}.json\""),
            format!("href=\"https://badges.example/baked/{id}.png\""),
            format!("href=\"https://badges.example/baked/{id}.svg\""),
            format!("href=\"https://badges.example/validate?url=https%3A%2F%2Fbadges.example%2Fcredentials%2F{id}\""),
        ] {
            assert!(en.contains(&link), "{link}");
        }
        assert!(!en.contains(".jwt"));
    }

    #[test]
    fn only_the_holders_key_shows_name_and_pdf() {
        let (badge, event) = (sample::badge(), sample::event());
        let id = event.draw(0).credential;
        let key = event.holder_key(&id);
        let show = |holder, revoked| {
            let held = Held {
                id: &id,
                badge: &badge,
                event: &event,
                issuer: "I",
                until: None,
                revoked,
                is_compact: false,
                holder,
            };
            credential_markup(Lang::En, &sample::urls(), &held, at(NOW)).into_string()
        };
        let holder = Some(Holder { key: &key, name: "花 <子>" });
        let pdf = format!("href=\"https://badges.example/pdf/{key}/{id}.pdf\"");
        let page = show(holder, None);
        assert!(page.contains(&pdf) && page.contains("花 &lt;子&gt;"), "{page}");
        let public = show(None, None);
        assert!(!public.contains("/pdf/") && !public.contains('花'), "{public}");
        let revoked = Revocation { at: at(NOW - 5), reason: None };
        assert!(!show(holder, Some(&revoked)).contains("/pdf/"));
    }

    #[test]
    fn a_badge_without_the_readers_language_shows_its_own() {
        let mut badge = sample::badge();
        assert_eq!(content(Lang::En, &badge).name, "Weaving");
        badge.definition.contents.truncate(1);
        assert_eq!(content(Lang::En, &badge).language.as_str(), "ja");
    }
}
