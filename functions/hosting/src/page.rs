//! The pages. They tell what the records say and leave judging to the validator, to which they link.

use badge::definition::{Badge, Content};
use badge::organisation::Alias;
use badge::{CredentialId, Event, Lang, Organisation, Recipient, Urls, Visibility, ob3};
use edge::answer::Cache;
use edge::html::{Page, time};
use edge::{Answer, Request, markdown};
use face::visibility::Proof;
use face::{Shared, about, files, visibility};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;
use store::Revocation;

/// Characters of a description that other sites are given.
const MAX_TOLD_CHARS: usize = 200;

/// A credential to be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) id: &'a CredentialId,
    /// The badge as the event issued it.
    pub(crate) badge: &'a Badge,
    pub(crate) event: &'a Event,
    /// The signed document: it has the name that the issuer had when it signed, and the endorsements of then.
    pub(crate) document: &'a Value,
    pub(crate) recipient: &'a Recipient,
    pub(crate) revoked: Option<&'a Revocation>,
    /// Whether there is a compact form too.
    pub(crate) is_compact: bool,
    /// What the holder lets the public see.
    pub(crate) visibility: Visibility,
    /// The holder's key, for who came with it.
    pub(crate) key: Option<&'a str>,
}

impl<'a> Held<'a> {
    fn issuer(&self) -> &'a str {
        self.document["issuer"]["name"].as_str().unwrap_or_default()
    }

    fn until(&self) -> Option<Timestamp> {
        self.event.expiry_of(self.recipient)
    }

    /// The holder's name for this reader: the holder's own key shows it, or the holder's own decision.
    fn name(&self) -> Option<&'a str> {
        let name = self.recipient.name.trim();
        (!name.is_empty() && (self.key.is_some() || self.visibility.shows_name)).then_some(name)
    }

    fn content(&self, lang: Lang) -> &'a Content {
        content(lang, self.badge)
    }

    fn shared<'b>(&'b self, urls: &'b Urls, lang: Lang) -> Shared<'b> {
        Shared {
            urls,
            id: self.id,
            name: &self.content(lang).name,
            issuer: self.issuer(),
            issued_on: self.event.issued_on,
            until: self.until(),
        }
    }
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
        } else if held.until().is_some_and(|until| now > until) {
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

/// The beginning of a text, in one line.
fn told(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_TOLD_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// What other sites may show where a page is linked to (the Open Graph protocol). It never tells who holds anything.
fn card(site: &str, url: &str, content: &Content, picture: (&str, &str)) -> Markup {
    let (image, size) = picture;
    let description = told(&content.description);
    let (width, height) = size.split_once('x').unwrap_or_default();
    html! {
        meta name="description" content=(description);
        meta property="og:type" content="website";
        meta property="og:title" content=(content.name);
        meta property="og:description" content=(description);
        meta property="og:url" content=(url);
        meta property="og:site_name" content=(site);
        meta property="og:image" content=(image);
        meta property="og:image:type" content="image/png";
        @if !width.is_empty() {
            meta property="og:image:width" content=(width);
            meta property="og:image:height" content=(height);
        }
        meta property="og:image:alt" content=(content.image_alt.as_deref().unwrap_or(&content.name));
        meta name="twitter:card" content=(if width.is_empty() { "summary" } else { "summary_large_image" });
    }
}

/// The page about a credential.
pub(crate) fn credential(request: &Request, urls: &Urls, held: &Held<'_>) -> Answer {
    let lang = request.lang;
    let content = held.content(lang);
    let url = urls.credential(held.id);
    let head = html! {
        (card(held.issuer(), &url, content, (&urls.card(held.id), "1200x630")))
        link rel="canonical" href=(url);
        link rel="alternate" type="application/json+oembed" href=(urls.oembed(held.id)) title=(content.name);
        link rel="alternate" type="application/json" href=(format!("{url}.json"));
    };
    let page = Page {
        head: Some(head),
        // The holder's own address should not be given away by caches or search engines. What the public sees is asked about every time:
        // the holder may have changed it.
        cache: if held.key.is_some() { Cache::None } else { Cache::Fresh },
        is_indexed: held.visibility.is_listed && held.key.is_none() && held.revoked.is_none(),
        ..Page::of(request, &content.name)
    };
    page.answer(&credential_markup(lang, urls, held, request.now))
}

/// What has to be said before everything else.
fn warning(lang: Lang, state: State, held: &Held<'_>) -> Markup {
    let (class, title, text) = match state {
        State::Valid => return html! {},
        State::Revoked => (
            "note bad",
            lang.pick("The issuer has revoked this badge", "このバッジは発行者によって取り消されています"),
            lang.pick("It is no longer valid.", "このバッジは現在、無効です。"),
        ),
        State::Expired => (
            "note warn",
            lang.pick("This badge has expired", "このバッジは有効期限が切れています"),
            lang.pick("It was valid until the date below.", "下記の期限まで有効でした。"),
        ),
        State::NotYetValid => (
            "note warn",
            lang.pick("This badge is not valid yet", "このバッジの有効期間はまだ始まっていません"),
            lang.pick("It becomes valid on the date below.", "下記の日時から有効になります。"),
        ),
    };
    html! {
        div class=(class) {
            strong { (title) }
            p { (text) }
            @if let Some(revocation) = held.revoked {
                dl {
                    dt { (lang.pick("Revoked on", "取り消し日時")) } dd { (time(lang, revocation.at)) }
                    @if let Some(reason) = &revocation.reason { dt { (lang.pick("Reason", "取り消しの理由")) } dd dir="auto" { (reason) } }
                }
            }
        }
    }
}

/// Picture, name, issuer, holder and state.
fn hero(lang: Lang, urls: &Urls, held: &Held<'_>, state: State, title: &Markup) -> Markup {
    let content = held.content(lang);
    html! {
        div.hero {
            (about::picture(urls, held.badge, content))
            div {
                (title)
                p.lead { (lang.pick("Issued by ", "発行者：")) a href=(urls.issuer(&held.event.client)) { (held.issuer()) } }
                @if let Some(name) = held.name() { p.to dir="auto" { (name) (lang.pick("", " 様")) } }
                p { span class=(state.class()) { (state.text(lang)) } }
            }
        }
    }
}

fn credential_markup(lang: Lang, urls: &Urls, held: &Held<'_>, now: Timestamp) -> Markup {
    let Held { id, badge, event, document, revoked, is_compact, key, .. } = *held;
    let content = held.content(lang);
    let criteria = ob3::criteria_text(content, event.criteria_add.as_deref());
    let state = State::of(held, now);
    let url = urls.credential(id);
    let key = key.filter(|_| revoked.is_none());
    html! {
        (warning(lang, state, held))
        (hero(lang, urls, held, state, &html! { h1 lang=[content.language.known()] { (content.name) } }))
        dl {
            dt { (lang.pick("Issued on", "発行日時")) }
            dd { (time(lang, event.issued_on)) }
            dt { (lang.pick("Valid until", "有効期限")) }
            dd { @if let Some(until) = held.until() { (time(lang, until)) } @else { (lang.pick("No end", "無期限")) } }
            dt { (lang.pick("Badge", "バッジ")) }
            dd { a href=(urls.badge(&badge.id)) { (lang.pick("About this badge", "このバッジについて")) } }
        }
        div.actions.start {
            a.button.main href=(urls.validation(&url)) { (lang.pick("Verify now", "いますぐ検証する")) }
        }
        p.soft.small {
            (lang.pick(
                "This page shows what the issuer's records say. The validator checks the signed document itself.",
                "このページは発行者の記録を表示しています。署名された文書そのものの確認は検証ページで行えます。"
            ))
        }
        (about::about(lang, content, &criteria))
        (evidence(lang, held))
        (endorsements(lang, document))
        section.screen {
            h2.ruled { (lang.pick("Download", "ダウンロード")) }
            (files::files(lang, urls, id, badge, is_compact, key))
        }
        @if revoked.is_none() { (held.shared(urls, lang).section(lang)) }
        @if let Some(key) = held.key {
            (visibility::form(lang, held.visibility, Proof::Key(id, key), !held.recipient.name.trim().is_empty()))
        }
    }
}

fn evidence(lang: Lang, held: &Held<'_>) -> Markup {
    let all = &held.recipient.evidence;
    html! {
        @if !all.is_empty() {
            h2 { (lang.pick("Evidence", "エビデンス")) }
            ul.lines {
                @for evidence in all {
                    @let name = evidence.name.as_deref().filter(|name| !name.is_empty());
                    li dir="auto" {
                        @match (&evidence.url, name) {
                            (Some(url), name) => a href=(url.as_str()) rel="noreferrer nofollow" { (name.unwrap_or(url.as_str())) },
                            (None, Some(name)) => strong { (name) },
                            (None, None) => {}
                        }
                        @if let Some(text) = &evidence.narrative { p { (text) } }
                    }
                }
            }
        }
    }
}

/// What others say about the credential or the badge, as it was signed along.
fn endorsements(lang: Lang, document: &Value) -> Markup {
    let of = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let achievement = &document["credentialSubject"]["achievement"];
    let all = [of(&document["endorsement"]), of(&achievement["endorsement"])].concat();
    html! {
        @if !all.is_empty() {
            h2 { (lang.pick("Endorsements", "推薦（エンドースメント）")) }
            ul.lines {
                @for one in &all {
                    li dir="auto" {
                        strong { (one["issuer"]["name"].as_str().or(one["issuer"].as_str()).unwrap_or_default()) }
                        @if let Some(text) = one["credentialSubject"]["endorsementComment"].as_str() { blockquote { (markdown::render(text)) } }
                    }
                }
            }
        }
    }
}

/// A credential in little, for frames in other sites' pages.
pub(crate) fn embed(request: &Request, urls: &Urls, held: &Held<'_>) -> Answer {
    let content = held.content(request.lang);
    let page = Page {
        class: "embed",
        cache: Cache::Fresh,
        framed_by: Some("*"),
        scripts: Vec::new(),
        switch: None,
        ..Page::of(request, &content.name)
    };
    page.answer(&embed_markup(request.lang, urls, held, request.now))
}

fn embed_markup(lang: Lang, urls: &Urls, held: &Held<'_>, now: Timestamp) -> Markup {
    let content = held.content(lang);
    let url = urls.credential(held.id);
    let state = State::of(held, now);
    html! {
        div.hero {
            (about::picture(urls, held.badge, content))
            div {
                h1 lang=[content.language.known()] { a href=(url) target="_blank" rel="noopener" { (content.name) } }
                p { (held.issuer()) @if let Some(name) = held.name() { " · " strong dir="auto" { (name) } } }
                p {
                    span class=(state.class()) { (state.text(lang)) } " "
                    a href=(urls.validation(&url)) target="_blank" rel="noopener" { (lang.pick("Verify", "検証")) }
                }
            }
        }
    }
}

/// A way to apply for a badge.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) url: String,
    pub(crate) title: String,
    /// From when applications are taken, where they are not yet.
    pub(crate) opens: Option<Timestamp>,
    /// Until when they are.
    pub(crate) closes: Option<Timestamp>,
}

/// The page about a badge.
pub(crate) fn badge(
    request: &Request,
    urls: &Urls,
    badge: &Badge,
    organisation: &Organisation,
    ways: &[Way],
) -> Answer {
    let content = content(request.lang, badge);
    let picture = urls.artwork(&badge.artwork.png_sha256, "png");
    let page = Page {
        head: Some(card(&organisation.name, &urls.badge(&badge.id), content, (&picture, ""))),
        cache: Cache::Short,
        is_indexed: !badge.definition.draft,
        ..Page::of(request, &content.name)
    };
    page.answer(&badge_markup(request.lang, urls, badge, organisation, ways))
}

fn badge_markup(lang: Lang, urls: &Urls, badge: &Badge, organisation: &Organisation, ways: &[Way]) -> Markup {
    let content = content(lang, badge);
    let months = badge.definition.expires_months;
    html! {
        div.hero {
            (about::picture(urls, badge, content))
            div {
                p.eyebrow { (lang.pick("Badge", "バッジ")) }
                h1 lang=[content.language.known()] { (content.name) }
                p.lead { (lang.pick("Issued by ", "発行者：")) a href=(urls.issuer(&organisation.id)) { (organisation.name) } }
                p.soft {
                    @match months {
                        0 => (lang.pick("Valid without end", "有効期限なし")),
                        months => (format!("{}{months}{}", lang.pick("Valid for ", "有効期間："), lang.pick(" months", "か月"))),
                    }
                }
            }
        }
        @if !ways.is_empty() {
            section.box {
                h2 { (lang.pick("Apply for this badge", "このバッジを申請する")) }
                ul.lines { @for way in ways { li { (apply(lang, way)) } } }
            }
        }
        (about::about(lang, content, &content.criteria))
        p.soft.small.screen { a href=(format!("{}.json", urls.badge(&badge.id))) { (lang.pick("This badge as data (JSON)", "このバッジのデータ（JSON）")) } }
    }
}

fn apply(lang: Lang, way: &Way) -> Markup {
    html! {
        a href=(way.url) { strong { (way.title) } }
        @if let Some(opens) = way.opens { p.soft { (lang.pick("Opens: ", "受付開始：")) (time(lang, opens)) } }
        @if let Some(closes) = way.closes { p.soft { (lang.pick("Closes: ", "受付終了：")) (time(lang, closes)) } }
        @if way.opens.is_none() { p.small { span.state.good { (lang.pick("Open", "受付中")) } } }
    }
}

/// The page with a badge's criteria alone.
pub(crate) fn criteria(request: &Request, urls: &Urls, badge: &Badge, content: &Content, criteria: &str) -> Answer {
    let main = html! {
        h1 lang=[content.language.known()] { a href=(urls.badge(&badge.id)) { (content.name) } }
        h2 #criteria { (request.lang.pick("How it is earned", "取得条件")) }
        div lang=[content.language.known()] dir="auto" { (markdown::render(criteria)) }
    };
    Page { cache: Cache::Short, ..Page::of(request, &content.name) }.answer(&main)
}

/// An organisation with what its page shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Issuing<'a> {
    pub(crate) organisation: &'a Organisation,
    /// Where its picture is.
    pub(crate) logo: Option<&'a str>,
    /// Its badges that can be earned.
    pub(crate) badges: &'a [Badge],
    pub(crate) aliases: &'a [Alias],
}

/// The page about an organisation.
pub(crate) fn issuer(request: &Request, urls: &Urls, issuing: &Issuing<'_>) -> Answer {
    let page =
        Page { class: "wide", cache: Cache::Short, is_indexed: true, ..Page::of(request, &issuing.organisation.name) };
    page.answer(&issuer_markup(request.lang, urls, issuing))
}

fn issuer_markup(lang: Lang, urls: &Urls, issuing: &Issuing<'_>) -> Markup {
    let Issuing { organisation, logo, badges, aliases } = *issuing;
    let url = urls.issuer(&organisation.id);
    html! {
        @if let Some(logo) = logo { img.logo src=(logo) alt=""; }
        p.eyebrow { (lang.pick("Issuer", "発行者")) }
        h1 dir="auto" { (organisation.name) }
        @if !organisation.description.is_empty() { p.lead dir="auto" { (organisation.description) } }
        p { a href=(organisation.url.as_str()) rel="noreferrer" { (organisation.url.as_str()) } }
        h2.ruled { (lang.pick("Badges", "バッジ")) }
        @if badges.is_empty() {
            p.soft { (lang.pick("No badge is published yet.", "公開中のバッジはまだありません。")) }
        } @else {
            ul.cards {
                @for badge in badges {
                    @let content = content(lang, badge);
                    li lang=[content.language.known()] {
                        img src=(urls.artwork(&badge.artwork.sha256, badge.artwork.format.extension())) alt="" loading="lazy";
                        h3 { a href=(urls.badge(&badge.id)) { (content.name) } }
                        p { (content.description) }
                    }
                }
            }
        }
        @if !aliases.is_empty() {
            h2 { (lang.pick("Also issues as", "次の名義でも発行しています")) }
            ul.lines {
                @for alias in aliases {
                    li dir="auto" {
                        a href=(alias.url.as_str()) rel="noreferrer" { (alias.name) }
                        @if !alias.description.is_empty() { p.soft { (alias.description) } }
                    }
                }
            }
        }
        details {
            summary { (lang.pick("Technical data", "技術情報")) }
            dl { dt { "DID" } dd { code { (urls.issuer_did(&organisation.id)) } } }
            ul.plain {
                li { a href=(format!("{url}.json")) { (lang.pick("Profile (JSON)", "プロフィール（JSON）")) } }
                li { a href=(format!("{url}/did.json")) { (lang.pick("Keys (DID document)", "公開鍵（DID文書）")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, at};
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    /// What differs between the pages of these tests.
    #[derive(Default)]
    struct Case {
        until: Option<i64>,
        revoked: Option<Revocation>,
        visibility: Visibility,
        is_holder: bool,
        endorsed: bool,
        now: Option<i64>,
    }

    impl Case {
        fn with<T>(&self, look: impl Fn(&Held<'_>) -> T) -> T {
            let (badge, event) = (sample::badge(), sample::event());
            let id = event.draw(0).credential;
            let key = event.holder_key(&id);
            let mut document = json!({"issuer": {"name": "織物 <学院>"}});
            if self.endorsed {
                let by = json!([{"issuer": {"name": "協会 <b>"}, "credentialSubject": {"endorsementComment": "Good. <script>x</script>"}}]);
                document["endorsement"] = by;
            }
            let evidence =
                json!([{"url": "https://works.example/?a&b", "name": "作品 <i>"}, {"narrative": "<b>話</b>"}]);
            let recipient = json!({"email": "hana@example.org", "name": "花 <子>", "evidence": evidence});
            let recipient = Recipient { expires_on: self.until.map(at), ..serde_json::from_value(recipient).unwrap() };
            look(&Held {
                id: &id,
                badge: &badge,
                event: &event,
                document: &document,
                recipient: &recipient,
                revoked: self.revoked.as_ref(),
                is_compact: false,
                visibility: self.visibility,
                key: self.is_holder.then_some(&key),
            })
        }

        fn now(&self) -> Timestamp {
            at(self.now.unwrap_or(NOW))
        }

        fn state(&self) -> State {
            self.with(|held| State::of(held, self.now()))
        }

        fn pages(&self) -> [String; 2] {
            let page = |held: &Held<'_>, lang| credential_markup(lang, &sample::urls(), held, self.now()).into_string();
            self.with(|held| [page(held, Lang::En), page(held, Lang::Ja)])
        }

        fn embedded(&self) -> String {
            self.with(|held| embed_markup(Lang::Ja, &sample::urls(), held, self.now()).into_string())
        }

        /// The whole answer, headers and all.
        fn answer(&self, path: &str) -> (http::Response<lambda_http::Body>, String) {
            let mut request = Request::test(http::Method::GET, path, &[]);
            request.now = self.now();
            let response = self.with(|held| credential(&request, &sample::urls(), held)).finish(&request);
            let text = String::from_utf8(response.body().to_vec()).unwrap();
            (response, text)
        }
    }

    fn revoked() -> Option<Revocation> {
        Some(Revocation { at: at(NOW - 5), reason: Some("<u>盗用</u>".into()) })
    }

    #[test]
    fn the_state_is_what_the_records_say() {
        let state = |until, revoked, now| Case { until, revoked, now, ..Case::default() }.state();
        assert_eq!(state(None, None, None), State::Valid);
        assert_eq!(state(Some(NOW), None, None), State::Valid);
        assert_eq!(state(Some(NOW - 1), None, None), State::Expired);
        assert_eq!(state(None, None, Some(1_768_469_399)), State::NotYetValid);
        assert_eq!(state(Some(NOW - 1), revoked(), None), State::Revoked);
    }

    #[test]
    fn what_is_wrong_is_said_before_everything_else() {
        let [en, ja] = Case { revoked: revoked(), ..Case::default() }.pages();
        for (page, words) in [(&en, "The issuer has revoked this badge"), (&ja, "発行者によって取り消されています")]
        {
            assert!(page.find(words).unwrap() < page.find("<h1").unwrap(), "{page}");
            assert!(page.contains("&lt;u&gt;盗用&lt;/u&gt;") && !page.contains("<u>"));
            // Nobody shares what is void.
            assert!(!page.contains("linkedin") && !page.contains("embed-code"));
        }
        let [en, _] = Case { until: Some(NOW - 1), ..Case::default() }.pages();
        assert!(en.find("This badge has expired").unwrap() < en.find("<h1").unwrap());
        assert!(!Case::default().pages()[0].contains("class=\"note"));
    }

    #[test]
    fn a_credential_is_shown_in_both_languages() {
        let [en, ja] = Case { endorsed: true, ..Case::default() }.pages();
        assert!(en.contains("<h1 lang=\"en\">Weaving</h1>") && en.contains("Pass the <em>test</em>."), "{en}");
        assert!(
            ja.contains("<h1 lang=\"ja\">機織り &lt;&amp;&gt;</h1>") && ja.contains("<strong>合格</strong>"),
            "{ja}"
        );
        assert!(en.contains("No end") && ja.contains("無期限"));
        for page in [&en, &ja] {
            assert!(page.contains("<p>Addendum</p>") && page.contains("織物 &lt;学院&gt;"));
            assert!(page.contains("id=\"criteria\"") && page.contains("datetime=\"2026-01-15T09:30:00Z\""));
            assert!(page.contains("href=\"https://works.example/?a&amp;b\"") && page.contains("作品 &lt;i&gt;"));
            assert!(page.contains("協会 &lt;b&gt;") && page.contains("Good."));
        }
    }

    fn issuing<T>(look: impl Fn(&Issuing<'_>) -> T) -> T {
        let organisation = sample::organisation();
        let alias = json!({"name": "京 <b>", "url": "https://kyo.example", "email": "kyo@acme.example", "description": "<i>分校</i>"});
        let alias = Alias::read(&alias, badge::AliasId::from_random([3; 10]), at(0)).unwrap();
        let badges = [sample::badge()];
        look(&Issuing { organisation: &organisation, logo: None, badges: &badges, aliases: &[alias] })
    }

    #[test]
    fn no_page_tells_who_holds_it_and_no_text_becomes_markup() {
        let (badge, organisation) = (sample::badge(), sample::organisation());
        let way =
            Way { url: "https://badges.example/apply/f".into(), title: "<b>申請".into(), opens: None, closes: None };
        let mut pages: Vec<String> = Case { endorsed: true, ..Case::default() }.pages().into();
        pages.push(Case::default().embedded());
        pages.push(Case::default().answer("/credentials/x").1);
        for lang in [Lang::En, Lang::Ja] {
            let ways = std::slice::from_ref(&way);
            pages.push(badge_markup(lang, &sample::urls(), &badge, &organisation, ways).into_string());
            pages.push(issuing(|issuing| issuer_markup(lang, &sample::urls(), issuing).into_string()));
        }
        for page in &pages {
            for bad in ["hana@example.org", "花", "@acme.example", "<script>", "<b>", "<i>", "<学院>", "<1>", "T <"]
            {
                assert!(!page.contains(bad), "{bad} in {page}");
            }
        }
        assert!(pages[1].contains("alt=\"&quot;印&quot;\""), "{}", pages[1]);
        assert!(pages[5].contains("href=\"https://acme.example/?a&amp;b\""));
    }

    #[test]
    fn the_holder_alone_decides_whether_the_name_is_shown() {
        let shown = Visibility { shows_name: true, is_listed: false };
        let case = Case { visibility: shown, ..Case::default() };
        for page in [&case.pages()[0], &case.pages()[1], &case.embedded()] {
            assert!(page.contains("花 &lt;子&gt;") && !page.contains("<子>"), "{page}");
        }
        // Other sites' previews are not told, whatever the page shows.
        let (_, page) = case.answer("/credentials/x");
        let head = &page[..page.find("<body").unwrap()];
        assert!(!head.contains('花'), "{head}");
    }

    #[test]
    fn search_engines_are_kept_away_unless_the_holder_lets_them_in() {
        let robots = |case: &Case| case.answer("/credentials/x").0.headers().contains_key("x-robots-tag");
        let is_listed = Visibility { shows_name: false, is_listed: true };
        assert!(robots(&Case::default()));
        assert!(!robots(&Case { visibility: is_listed, ..Case::default() }));
        assert!(robots(&Case { visibility: is_listed, is_holder: true, ..Case::default() }));
        assert!(robots(&Case { visibility: is_listed, revoked: revoked(), ..Case::default() }));
    }

    #[test]
    fn what_the_holder_changes_counts_at_once() {
        let cache = |is_holder| {
            let (response, _) = Case { is_holder, ..Case::default() }.answer("/credentials/x");
            response.headers()["cache-control"].to_str().unwrap().to_owned()
        };
        assert_eq!((cache(false), cache(true)), ("no-cache".to_owned(), "no-store".to_owned()));
    }

    #[test]
    fn other_sites_find_a_card_and_a_frame() {
        let (response, page) = Case::default().answer("/credentials/x");
        let id = sample::event().draw(0).credential;
        for tag in [
            format!("<meta property=\"og:image\" content=\"https://badges.example/baked/{id}.card.png\">"),
            "<meta property=\"og:title\" content=\"Weaving\">".to_owned(),
            "<meta property=\"og:image:width\" content=\"1200\">".to_owned(),
            format!("<link rel=\"canonical\" href=\"https://badges.example/credentials/{id}\">"),
            format!(
                "type=\"application/json+oembed\" href=\"https://badges.example/oembed?url=https%3A%2F%2Fbadges.example%2Fcredentials%2F{id}&amp;format=json\""
            ),
        ] {
            assert!(page.contains(&tag), "{tag} in {page}");
        }
        let framed = |response: &http::Response<lambda_http::Body>| {
            response.headers()["content-security-policy"].to_str().unwrap().ends_with("frame-ancestors *")
        };
        assert!(!framed(&response));
        let request = Request::test(http::Method::GET, "/credentials/x/embed", &[]);
        let response = Case::default().with(|held| embed(&request, &sample::urls(), held)).finish(&request);
        assert!(framed(&response) && !String::from_utf8_lossy(response.body()).contains("<script"));
    }

    #[test]
    fn files_sharing_and_the_validator_are_one_click_away() {
        let [en, _] = Case::default().pages();
        let id = sample::event().draw(0).credential;
        for link in [
            format!("href=\"https://badges.example/credentials/{id}.json\""),
            format!("href=\"https://badges.example/baked/{id}.png\""),
            format!("href=\"https://badges.example/baked/{id}.svg\""),
            format!("href=\"https://badges.example/validate?url=https%3A%2F%2Fbadges.example%2Fcredentials%2F{id}\""),
            format!("value=\"https://badges.example/credentials/{id}\""),
            "href=\"https://www.linkedin.com/profile/add?".to_owned(),
            "href=\"https://x.com/intent/post?".to_owned(),
        ] {
            assert!(en.contains(&link), "{link}");
        }
        assert!(!en.contains(".jwt"));
    }

    #[test]
    fn only_the_holders_key_shows_name_pdf_and_choices() {
        let id = sample::event().draw(0).credential;
        let key = sample::event().holder_key(&id);
        let pdf = format!("href=\"https://badges.example/pdf/{key}/{id}.pdf\"");
        let holders = Case { is_holder: true, ..Case::default() };
        let [page, _] = holders.pages();
        assert!(page.contains(&pdf) && page.contains("花 &lt;子&gt;"), "{page}");
        assert!(page.contains("action=\"/c/visibility\""));
        let [public, _] = Case::default().pages();
        assert!(!public.contains("/pdf/") && !public.contains('花') && !public.contains("/c/visibility"), "{public}");
        assert!(!Case { revoked: revoked(), ..holders }.pages()[0].contains("/pdf/"));
        // What is given away never has the key in it.
        let shared = page.split("id=\"share-url\"").nth(1).unwrap().split("id=\"visibility\"").next().unwrap();
        assert!(!shared.contains(&key));
    }

    #[test]
    fn a_badge_says_how_to_apply_and_since_when() {
        let way = |opens: Option<i64>, closes: Option<i64>| Way {
            url: "https://badges.example/apply/f1".into(),
            title: "申請".into(),
            opens: opens.map(at),
            closes: closes.map(at),
        };
        let (badge, organisation) = (sample::badge(), sample::organisation());
        let page = |ways: &[Way]| badge_markup(Lang::Ja, &sample::urls(), &badge, &organisation, ways).into_string();
        let open = page(&[way(None, Some(NOW))]);
        assert!(open.contains("href=\"https://badges.example/apply/f1\"") && open.contains("受付中"), "{open}");
        assert!(open.contains("受付終了：") && !open.contains("受付開始："));
        let later = page(&[way(Some(NOW), None)]);
        assert!(later.contains("受付開始：") && !later.contains("受付中"), "{later}");
        assert!(!page(&[]).contains("申請する"));
    }

    #[test]
    fn an_organisation_shows_its_badges_and_aliases() {
        let page = issuing(|issuing| issuer_markup(Lang::En, &sample::urls(), issuing).into_string());
        assert!(
            page.contains(&format!("href=\"{}\"", sample::urls().badge(&sample::badge().id)))
                && page.contains("Weaving")
        );
        assert!(page.contains("https://kyo.example") && page.contains("京 &lt;b&gt;"), "{page}");
    }

    #[test]
    fn a_badge_without_the_readers_language_shows_its_own() {
        let mut badge = sample::badge();
        assert_eq!(content(Lang::En, &badge).name, "Weaving");
        badge.definition.contents.truncate(1);
        assert_eq!(content(Lang::En, &badge).language.as_str(), "ja");
    }

    #[test]
    fn a_long_description_is_cut() {
        assert_eq!(told(" a\n\n b "), "a b");
        assert_eq!(told(&"あ".repeat(300)).chars().count(), MAX_TOLD_CHARS + 1);
    }
}
