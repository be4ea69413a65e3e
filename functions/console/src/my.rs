//! My badges: what an earner has, in all organisations of the deployment, by the addresses that they proved.
//!
//! Each organisation's own index is asked (docs/decisions/0017). A page here does nothing with a badge: it leads to the page that the
//! link in the mail opens, by a link made now, where its holder accepts, declines, downloads, shares and says who sees what.

use crate::api::Complaint;
use crate::posted::{Filled, Posted};
use crate::shell::{self, Field};
use crate::visitor::Visitor;
use crate::{App, Refused, desk, page, sign_in};
use application::Form;
use application::application::{Application, State as Progress};
use application::link::Opens;
use badge::{ApplicationId, ClientId, CredentialId, EmailAddress, Lang};
use edge::{Answer, Request};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use maud::{Markup, html};
use std::collections::BTreeSet;
use store::people::MAX_ADDRESSES;
use store::{Held, StoredOrganisation};

/// Organisations that one page asks: two small queries each, for each address.
const ORGANISATIONS: usize = 1_000;
/// Questions at once.
const AT_ONCE: usize = 64;
/// Badges on a page.
const BADGES: usize = 30;
/// Badges read at once while looking for those in a state.
const READ_AT_ONCE: usize = 100;
/// Applications shown at most.
const APPLICATIONS: usize = 100;

/// How a badge stands with its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Pending,
    Accepted,
    Declined,
    Expired,
    Revoked,
}

impl State {
    const ALL: [Self; 5] = [Self::Pending, Self::Accepted, Self::Declined, Self::Expired, Self::Revoked];

    fn of(held: &Held, now: Timestamp) -> Self {
        match held.delivery.answer {
            _ if held.revoked.is_some() => Self::Revoked,
            _ if held.event.expiry_of(&held.recipient).is_some_and(|until| until <= now) => Self::Expired,
            Some(reply) if reply.accepted => Self::Accepted,
            Some(_) => Self::Declined,
            None => Self::Pending,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Pending => lang.pick("Waits for your answer", "回答待ち"),
            Self::Accepted => lang.pick("Accepted", "受け取り済み"),
            Self::Declined => lang.pick("Declined", "辞退済み"),
            Self::Expired => lang.pick("Expired", "期限切れ"),
            Self::Revoked => lang.pick("Revoked", "取り消し"),
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Pending | Self::Expired => "state warn",
            Self::Accepted => "state good",
            Self::Declined => "state",
            Self::Revoked => "state bad",
        }
    }
}

/// Where a page of badges ends: when the last of it was planned, and which it is.
type Place = (i64, CredentialId);

/// What of all there is shall be shown.
#[derive(Debug, Default)]
struct Wanted {
    issuer: Option<ClientId>,
    state: Option<State>,
    /// Only what comes behind this badge, the latest first.
    before: Option<Place>,
    /// Only organisations behind this one.
    after: Option<ClientId>,
    /// Whether the files of each are listed.
    files: bool,
}

impl Wanted {
    fn read(request: &Request) -> Self {
        let query = |name| request.query(name).filter(|text: &&str| !text.is_empty());
        let place = |text: &str| {
            let (at, id) = text.split_once('.')?;
            Some((at.parse().ok()?, id.parse().ok()?))
        };
        Self {
            issuer: query("issuer").and_then(|id| id.parse().ok()),
            state: query("state").and_then(|name| State::ALL.into_iter().find(|state| state.name() == name)),
            before: query("before").and_then(place),
            after: query("after").and_then(|id| id.parse().ok()),
            files: query("files").is_some(),
        }
    }

    fn is_narrowed(&self) -> bool {
        self.issuer.is_some() || self.state.is_some()
    }

    /// The address of this page with other words in it.
    fn with(&self, changes: &[(&str, &str)]) -> String {
        let before = self.before.as_ref().map(|(at, id)| format!("{at}.{id}"));
        let now = [
            ("issuer", self.issuer.as_ref().map(ClientId::as_str)),
            ("state", self.state.map(State::name)),
            ("before", before.as_deref()),
            ("after", self.after.as_ref().map(ClientId::as_str)),
            ("files", self.files.then_some("1")),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in now {
            let changed = changes.iter().find(|(changed, _)| *changed == name).map(|(_, value)| *value);
            if let Some(value) = changed.or(value).filter(|value| !value.is_empty()) {
                query.append_pair(name, value);
            }
        }
        format!("/my?{}", query.finish())
    }
}

/// What was found for somebody.
#[derive(Debug, Default)]
struct Found {
    organisations: Vec<StoredOrganisation>,
    /// Organisations that have something.
    issuers: BTreeSet<String>,
    badges: Vec<Held>,
    /// Where the next badges begin.
    next: Option<Place>,
    /// Behind which organisation more are to be asked.
    more: Option<ClientId>,
    applications: Vec<(Application, Form)>,
}

impl Found {
    fn name_of(&self, client: &ClientId) -> &str {
        let stored = self.organisations.iter().find(|stored| stored.organisation.id == *client);
        stored.map_or("–", |stored| &stored.organisation.name)
    }
}

/// `GET /my?issuer=&state=&before=&after=&files=`.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Refused> {
    let (visitor, _) = Visitor::of(app, request, None).await?;
    my_page(app, request, 200, &visitor, &Filled::default()).await
}

async fn my_page(
    app: &App,
    request: &Request,
    status: u16,
    visitor: &Visitor,
    filled: &Filled,
) -> Result<Answer, Refused> {
    let wanted = Wanted::read(request);
    let found = find(app, visitor, &wanted, request.now).await?;
    let lang = request.lang;
    let title = lang.pick("My badges", "マイバッジ");
    let main = Shown { app, lang, now: request.now, visitor, wanted: &wanted, found: &found }.main(title, filled);
    Ok(shell::signed_in(status, request, title, visitor, "my", &main))
}

/// Asks the organisations, and reads what is to be shown.
async fn find(app: &App, visitor: &Visitor, wanted: &Wanted, now: Timestamp) -> Result<Found, Refused> {
    let mut organisations =
        app.store.organisations(wanted.after.as_ref(), ORGANISATIONS + 1).await.map_err(edge::failed)?;
    let more = (organisations.len() > ORGANISATIONS).then(|| {
        organisations.truncate(ORGANISATIONS);
        organisations.last().map(|stored| stored.organisation.id.clone())
    });
    let addresses: Vec<&EmailAddress> = visitor.session.addresses().collect();
    let asked: Vec<_> = organisations
        .iter()
        .flat_map(|organisation| addresses.iter().map(move |address| (organisation, *address)))
        .map(|(organisation, address)| async move {
            Ok::<_, store::StoreError>((organisation, app.store.indexed(organisation, address).await?))
        })
        .collect();
    let indexed: Vec<_> = stream::iter(asked).buffered(AT_ONCE).try_collect().await.map_err(edge::failed)?;
    let mut issuers = BTreeSet::new();
    let (mut credentials, mut applications) = (Vec::new(), Vec::<ApplicationId>::new());
    for (organisation, indexed) in indexed {
        let client = &organisation.organisation.id;
        if !(indexed.credentials.is_empty() && indexed.applications.is_empty()) {
            issuers.insert(client.to_string());
        }
        if wanted.issuer.as_ref().is_none_or(|issuer| issuer == client) {
            credentials.extend(indexed.credentials);
            applications.extend(indexed.applications);
        }
    }
    credentials.sort_by(|a, b| b.cmp(a));
    let (badges, next) = badges(app, visitor, wanted, credentials, now).await?;
    let is_first = wanted.before.is_none() && wanted.state.is_none();
    let applications = if is_first { self::applications(app, visitor, &applications).await? } else { Vec::new() };
    Ok(Found { organisations, issuers, badges, next, more: more.flatten(), applications })
}

/// A page of badges, the latest first, and where the next one begins.
async fn badges(
    app: &App,
    visitor: &Visitor,
    wanted: &Wanted,
    mut credentials: Vec<Place>,
    now: Timestamp,
) -> Result<(Vec<Held>, Option<Place>), Refused> {
    credentials.retain(|place| wanted.before.as_ref().is_none_or(|before| place < before));
    let mut badges = Vec::new();
    for places in credentials.chunks(READ_AT_ONCE) {
        let ids: Vec<CredentialId> = places.iter().map(|(_, id)| id.clone()).collect();
        let held = app.store.held(&ids).await.map_err(edge::failed)?;
        let is_wanted = |held: &Held| {
            visitor.session.has(&held.recipient.email) && wanted.state.is_none_or(|state| State::of(held, now) == state)
        };
        badges.extend(held.into_iter().filter(is_wanted));
        if badges.len() > BADGES {
            badges.truncate(BADGES);
            let last = badges.last().map(|held| held.id.clone());
            let next = places.iter().chain(&credentials).find(|(_, id)| last.as_ref() == Some(id)).cloned();
            return Ok((badges, next));
        }
    }
    Ok((badges, None))
}

/// Somebody's applications, the latest first.
async fn applications(
    app: &App,
    visitor: &Visitor,
    ids: &[ApplicationId],
) -> Result<Vec<(Application, Form)>, Refused> {
    let mut found = app.store.applications_with_forms(ids).await.map_err(edge::failed)?;
    found.retain(|(application, _)| visitor.session.has(&application.applicant.email));
    found.sort_by_key(|(application, _)| std::cmp::Reverse(application.created_at));
    found.truncate(APPLICATIONS);
    Ok(found)
}

/// `POST /my/addresses` with `email`: mails a code to it; with `remove`: looks at that address no more.
pub(crate) async fn change_addresses(app: &App, request: &Request) -> Result<Answer, Refused> {
    let (mut visitor, _) = Visitor::of(app, request, None).await?;
    let posted = Posted::read(request)?;
    visitor.check(request, app.urls.base(), posted.raw("csrf"))?;
    if let Some(gone) = posted.raw("remove") {
        visitor.session.others.retain(|address| address.as_str() != gone);
        return match app.store.keep_session(&visitor.token, &visitor.session).await {
            Ok(()) => Ok(desk::see_other("/my?done=removed#addresses")),
            Err(store::StoreError::Conflict) => Err(Refused::SignIn),
            Err(error) => Err(edge::failed(error).into()),
        };
    }
    let lang = request.lang;
    let complaint = |text: &str| Complaint { pointer: "/email".into(), text: text.to_owned() };
    let refusal = match sign_in::address(request, &posted) {
        Err(refusal) => refusal,
        Ok(address) if visitor.session.has(&address) => {
            complaint(lang.pick("This address is here already.", "このアドレスはすでに追加されています。"))
        }
        Ok(_) if visitor.session.addresses().count() >= MAX_ADDRESSES => complaint(
            lang.pick("There are as many addresses here as there can be.", "これ以上アドレスを追加できません。"),
        ),
        Ok(address) => return sign_in::mail_code(app, request, address, Some(&visitor.token)).await,
    };
    my_page(app, request, 400, &visitor, &Filled { posted, complaints: vec![refusal] }).await
}

/// What the page is made of.
#[derive(Clone, Copy)]
struct Shown<'a> {
    app: &'a App,
    lang: Lang,
    now: Timestamp,
    visitor: &'a Visitor,
    wanted: &'a Wanted,
    found: &'a Found,
}

fn day(lang: Lang, at: Timestamp) -> Markup {
    let text = at.strftime(lang.pick("%-d %B %Y", "%Y年%-m月%-d日")).to_string();
    html! { time datetime=(badge::rfc3339(at)) { (text) } }
}

impl Shown<'_> {
    fn main(&self, title: &str, filled: &Filled) -> Markup {
        let Self { lang, wanted, found, .. } = *self;
        let is_empty = found.badges.is_empty() && found.applications.is_empty();
        html! {
            h1 { (title) }
            (shell::complaints(lang, filled))
            @if found.issuers.is_empty() && found.more.is_none() { (self.nothing_yet()) } @else {
                (self.filters())
                @if is_empty {
                    div.empty {
                        p { (lang.pick("Nothing here fits what you chose.", "条件に合うものはありません。")) }
                        p { a href="/my" { (lang.pick("Show everything", "すべて表示")) } }
                    }
                }
                @if !found.badges.is_empty() {
                    ul.held { @for held in &found.badges { (self.badge(held)) } }
                    p.screen {
                        @if wanted.files { a href=(wanted.with(&[("files", "")])) { (lang.pick("Hide the files", "ファイルを隠す")) } }
                        @else { a href=(wanted.with(&[("files", "1")])) { (lang.pick("Show the files of all of them, to download", "すべてのファイルを表示してダウンロード")) } }
                    }
                }
                nav.pages aria-label=(lang.pick("Pages", "ページ")) {
                    @if let Some((at, id)) = &found.next {
                        a.button href=(wanted.with(&[("before", &format!("{at}.{id}"))])) { (lang.pick("Earlier badges", "以前のバッジ")) }
                    }
                    @if let Some(more) = &found.more {
                        a.button href=(wanted.with(&[("before", ""), ("after", more.as_str())])) { (lang.pick("Look in further organisations", "ほかの団体も探す")) }
                    }
                }
                @if !found.applications.is_empty() { (self.applications()) }
            }
            (self.addresses(filled))
        }
    }

    fn nothing_yet(&self) -> Markup {
        let lang = self.lang;
        html! {
            div.empty {
                h2 { (lang.pick("No badges yet", "まだバッジはありません")) }
                p { (lang.pick(
                    "Badges that organisations award to your address appear here by themselves, and so do your applications.",
                    "団体からあなたのアドレスに授与されたバッジと、バッジの申請がここに自動的に表示されます。"
                )) }
                p { (lang.pick(
                    "Were you awarded one at another address? Add that address below. Is it missing all the same? Please ask the organisation which address it was issued to.",
                    "別のアドレスでバッジを受け取った場合は、下でそのアドレスを追加してください。それでも見つからない場合は、どのアドレスに発行されたかを団体にご確認ください。"
                )) }
            }
        }
    }

    fn filters(&self) -> Markup {
        let Self { lang, wanted, found, .. } = *self;
        let mut issuers: Vec<(&str, &str)> = found
            .organisations
            .iter()
            .map(|stored| (stored.organisation.id.as_str(), stored.organisation.name.as_str()))
            .filter(|(id, _)| found.issuers.contains(*id))
            .collect();
        issuers.sort_by_key(|(_, name)| *name);
        let is = |id: &str| wanted.issuer.as_ref().is_some_and(|issuer| issuer.as_str() == id);
        html! {
            form.toolbar method="get" action="/my" role="search" {
                div.grow {
                    label for="issuer" { (lang.pick("Issuer", "発行者")) }
                    select #issuer name="issuer" {
                        option value="" { (lang.pick("All", "すべて")) }
                        @for (id, name) in issuers { option value=(id) selected[is(id)] { (name) } }
                    }
                }
                div.grow {
                    label for="state" { (lang.pick("State", "状態")) }
                    select #state name="state" {
                        option value="" { (lang.pick("All", "すべて")) }
                        @for state in State::ALL { option value=(state.name()) selected[wanted.state == Some(state)] { (state.text(lang)) } }
                    }
                }
                button.quiet { (lang.pick("Show", "表示")) }
                @if wanted.is_narrowed() { a href="/my" { (lang.pick("Everything", "すべて表示")) } }
            }
        }
    }

    fn badge(&self, held: &Held) -> Markup {
        let Self { app, lang, now, wanted, found, .. } = *self;
        let urls = &app.urls;
        let Held { id, event, badge, recipient, .. } = held;
        let content = badge.content_for(lang.tag());
        let state = State::of(held, now);
        let link = urls.receive(&event.receive_link(id, now));
        let issuer = event.alias.as_ref().map_or_else(|| found.name_of(&event.client), |alias| &alias.name);
        let key = event.holder_key(id);
        html! {
            li {
                img src=(urls.artwork(&badge.artwork.png_sha256, "png")) alt="" loading="lazy" width="120" height="120";
                div {
                    h2 lang=[content.language.known()] { a href=(link) { (content.name) } }
                    p { (issuer) }
                    p.soft.small {
                        (lang.pick("Issued on ", "発行日: ")) (day(lang, event.issued_on))
                        @if let Some(until) = event.expiry_of(recipient) {
                            " · " (lang.pick("valid until ", "有効期限: ")) (day(lang, until))
                        }
                    }
                    @if !self.visitor.session.others.is_empty() { p.soft.small { (recipient.email.as_str()) } }
                    p { span class=(state.class()) { (state.text(lang)) } }
                    @if state == State::Pending {
                        p { a.button.main href=(link) { (lang.pick("Accept or decline", "受け取る・辞退する")) span.away { ": " (content.name) } } }
                    } @else if matches!(state, State::Accepted | State::Expired) {
                        details open[wanted.files] {
                            summary { (lang.pick("Files", "ファイル")) span.away { ": " (content.name) } }
                            (face::files::files(lang, urls, id, badge, false, Some(&key)))
                        }
                        p.small { a href={(link) "#visibility"} { (lang.pick("Share, and say who sees it", "共有・公開設定")) span.away { ": " (content.name) } } }
                    }
                }
            }
        }
    }

    fn applications(&self) -> Markup {
        let Self { app, lang, now, found, .. } = *self;
        html! {
            h2 { (lang.pick("My applications", "申請中・申請済み")) }
            ul.rows {
                @for (application, form) in &found.applications {
                    @let (class, text) = page::applications::state(lang, application.state.name());
                    @let goes_on = matches!(application.state, Progress::Draft | Progress::Returned { .. } | Progress::Unproven);
                    li {
                        span {
                            a href=(app.urls.application(&form.id, &form.link(application, &Opens::Applicant, now))) { (form.definition.title.get(lang)) }
                            br;
                            span.soft.small { (found.name_of(&application.client)) " · " (day(lang, application.since)) }
                        }
                        span {
                            @if goes_on { span.soft.small { (lang.pick("to be continued by you", "あなたの操作が必要です")) " " } }
                            span class={"state " (class)} { (text) }
                        }
                    }
                }
            }
        }
    }

    fn addresses(&self, filled: &Filled) -> Markup {
        let Self { lang, visitor, .. } = *self;
        html! {
            section.apart #addresses {
                h2 { (lang.pick("My addresses", "メールアドレス")) }
                p.soft { (lang.pick(
                    "Until you sign out, this page shows the badges of every address that you have proved here.",
                    "サインアウトするまで、ここで確認したすべてのアドレスのバッジを表示します。"
                )) }
                ul.rows {
                    li { span { (visitor.session.address.as_str()) } }
                    @for address in &visitor.session.others {
                        li {
                            span { (address.as_str()) }
                            form method="post" action="/my/addresses" {
                                (shell::csrf(visitor))
                                button.quiet name="remove" value=(address.as_str()) { (lang.pick("Remove", "外す")) span.away { ": " (address.as_str()) } }
                            }
                        }
                    }
                }
                @if visitor.session.addresses().count() < MAX_ADDRESSES {
                    form.toolbar method="post" action="/my/addresses" {
                        (shell::csrf(visitor))
                        div.grow {
                            (Field::new("/email", lang.pick("Another address of mine", "ほかのメールアドレス")).required().line(lang, filled, "email", "email", ""))
                        }
                        button.quiet { (lang.pick("Send a code to it", "確認コードを送信")) }
                    }
                }
            }
        }
    }
}
