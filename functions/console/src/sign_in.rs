//! Signing in: an address is proved by a code or a link that was mailed to it, or an identity provider vouches for it ([`crate::by_provider`]).
//!
//! Whoever asks learns nothing: an address of a member, of an earner and of nobody get the same page. The link opens a page with a button,
//! because programs that look through mails open links too. A session has a name of its own, made when the address is proved; nothing
//! that a browser brought along becomes one.

use crate::api::Complaint;
use crate::by_provider::Vain;
use crate::desk::see_other;
use crate::posted::{Filled, Posted};
use crate::shell::{self, Field};
use crate::visitor::{self, Visitor, cookie, is_from_here, keep};
use crate::{App, Refused};
use application::abuse::{Counted, rate_key};
use badge::input::Reason;
use badge::{EmailAddress, Lang, SignInId};
use edge::{Answer, Kind, Problem, Request, chance};
use maud::html;
use queue::PromptLetter;
use store::people::{MAX_ADDRESSES, SESSION_LIFE, SIGN_IN_LIFE, person};
use store::{Session, SessionToken, SignIn};

/// Where a browser goes on after signing in. It holds nothing secret.
const ONWARD: &str = "__Host-onward";
/// Letters to one address in an hour.
const MAX_LETTERS: u32 = 6;
/// Letters asked for from one network in an hour.
const MAX_LETTERS_OF_NETWORK: u32 = 60;

/// A page of ours to go on to; anything else would lead people astray.
fn onward(text: &str) -> Option<&str> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "/-_.~?=&%+".contains(c);
    let below = |place| text.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let ours = below("/console") || below("/my");
    (ours && text.len() <= 500 && text.chars().all(safe) && !text.contains("//") && !text.contains(".."))
        .then_some(text)
}

/// Sends somebody who is not signed in to where they can, and remembers what they wanted to see.
pub(crate) fn first(request: &Request) -> Answer {
    let answer = see_other("/sign-in");
    match onward(&request.path) {
        Some(path) if request.method == http::Method::GET => {
            answer.header("set-cookie", keep(ONWARD, path, SIGN_IN_LIFE.as_secs()))
        }
        _ => answer,
    }
}

/// `GET /sign-in`.
pub(crate) fn ask(app: &App, request: &Request) -> Answer {
    form(200, request, provider_name(app), &Filled::default())
}

fn provider_name(app: &App) -> Option<&str> {
    app.provider.as_ref().map(|provider| provider.name.as_str())
}

/// `provider`: what the identity provider is called, if there is one.
fn form(status: u16, request: &Request, provider: Option<&str>, filled: &Filled) -> Answer {
    let lang = request.lang;
    let title = lang.pick("Sign in", "サインイン");
    let vain = provider.and_then(|name| Some((Vain::told(request)?, name)));
    shell::plain(
        status,
        request,
        title,
        &html! {
            h1 { (title) }
            @if let Some((vain, name)) = vain {
                div.note role="alert" {
                    strong { (vain.text(lang, name)) }
                    p { (lang.pick("You can sign in by a code that we mail to you.", "メールでお送りする確認コードでもサインインできます。")) }
                }
            }
            @if let Some(name) = provider {
                p { a.button.provider href="/sign-in/oidc" rel="nofollow" {
                    @if lang == Lang::Ja { (name) "でサインイン" } @else { "Sign in with " (name) }
                } }
                p.or { span { (lang.pick("or", "または")) } }
            }
            p {
                (lang.pick(
                    "Enter your mail address. We send you a code; there is no password.",
                    "メールアドレスを入力してください。確認コードをお送りします。パスワードは不要です。"
                ))
            }
            p.soft {
                (lang.pick(
                    "Have you been awarded badges? Then you find them all under the address that they were sent to.",
                    "バッジを受け取った方は、バッジが届いたアドレスでサインインすると、すべてのバッジをご覧いただけます。"
                ))
            }
            (shell::complaints(lang, filled))
            form method="post" action="/sign-in" {
                (Field::new("/email", lang.pick("Mail address", "メールアドレス")).required().around(lang, filled, |id, described| html! {
                    input id=(id) name="email" type="email" autocomplete="email" required value=(filled.value("email", "")) aria-describedby=[described];
                }))
                button { (lang.pick("Send the code", "コードを送信")) }
            }
        },
    )
}

/// `POST /sign-in`: mails a code.
pub(crate) async fn send(app: &App, request: &Request) -> Result<Answer, Refused> {
    if !is_from_here(request, app.urls.base()) {
        return Err(Kind::ForgedRequest.into());
    }
    let posted = Posted::read(request)?;
    let address = match address(request, &posted) {
        Ok(address) => address,
        Err(complaint) => {
            return Ok(form(400, request, provider_name(app), &Filled { posted, complaints: vec![complaint] }));
        }
    };
    mail_code(app, request, address, None).await
}

/// The address that a form names, or what is wrong with it.
pub(crate) fn address(request: &Request, posted: &Posted) -> Result<EmailAddress, Complaint> {
    let text = Reason::NotEmail.text(request.lang);
    posted.text("email").unwrap_or_default().parse().map_err(|_| Complaint { pointer: "/email".into(), text })
}

/// Mails a code to an address, and sends the browser on to where it is entered. `joins`: the session that the address is to be added to.
pub(crate) async fn mail_code(
    app: &App,
    request: &Request,
    address: EmailAddress,
    joins: Option<&SessionToken>,
) -> Result<Answer, Refused> {
    let secret = app.people().await?;
    let counted = |whose: &Counted<'_>| rate_key(secret, "sign-in", whose, request.now);
    let mut rates = vec![(counted(&Counted::Address(&address)), MAX_LETTERS)];
    if let Some(source) = request.source {
        rates.push((counted(&Counted::Network(source)), MAX_LETTERS_OF_NETWORK));
    }
    for (rate, max) in rates {
        if !app.store.count_rate(&rate, max, request.now).await.map_err(edge::failed)? {
            return Err(Kind::TooManyRequests.into());
        }
    }
    let id = SignInId::from_random(chance::bytes());
    let sign_in = SignIn::new(id, address, chance::bytes(), request.lang, request.now);
    let sign_in = joins.map_or(sign_in.clone(), |session| sign_in.joining(session));
    app.store.add_sign_in(&sign_in).await.map_err(edge::failed)?;
    app.prompt.send(&[PromptLetter::SignIn(sign_in.id.clone())], 0).await.map_err(edge::failed)?;
    Ok(see_other(&format!("/sign-in/{}", sign_in.id)))
}

/// What there is to prove under this address.
async fn find(app: &App, request: &Request) -> Result<SignIn, Refused> {
    let id: SignInId = request.id("sign_in")?;
    match app.store.sign_in(&id, request.now).await.map_err(edge::failed)? {
        // An address is added where that was asked for: a link that is opened elsewhere gives it to nobody.
        Some(sign_in) if sign_in.joins() && !visitor::token(request).is_some_and(|token| sign_in.is_for(&token)) => {
            Err(Refused::Instead(Box::new(elsewhere(request))))
        }
        Some(sign_in) => Ok(sign_in),
        None => Err(Refused::Instead(Box::new(over(request)))),
    }
}

fn elsewhere(request: &Request) -> Answer {
    let lang = request.lang;
    let title = lang.pick("Please open this where you are signed in", "サインイン中のブラウザーで開いてください");
    let text = lang.pick(
        "An address can only be added in the browser, and the session, in which that was asked for. Did you not ask for it? Then there is nothing to do.",
        "アドレスの追加は、その操作を行ったブラウザーでのみ完了できます。お心当たりがない場合は、何もする必要はありません。",
    );
    shell::plain(403, request, title, &html! { h1 { (title) } p { (text) } })
}

fn over(request: &Request) -> Answer {
    let lang = request.lang;
    let title = lang.pick("This code is used up or too old", "このコードは使用済みか、有効期限が切れています");
    shell::plain(
        410,
        request,
        title,
        &html! {
            h1 { (title) }
            p { a.button href="/sign-in" { (lang.pick("Have another one sent", "新しいコードを送信する")) } }
        },
    )
}

/// `GET /sign-in/{sign_in}`: asks for the code; who comes by the mailed link (`t`) needs none, only to press the button.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Refused> {
    let sign_in = find(app, request).await?;
    Ok(code_page(200, request, &sign_in, &Filled::default()))
}

fn code_page(status: u16, request: &Request, sign_in: &SignIn, filled: &Filled) -> Answer {
    let lang = request.lang;
    let token = filled.posted.raw("t").or_else(|| request.query("t")).filter(|token| sign_in.is_token(token));
    let action = format!("/sign-in/{}", sign_in.id);
    let (title, button) = match sign_in.joins() {
        true => (lang.pick("Add an address", "アドレスを追加"), lang.pick("Add the address", "アドレスを追加する")),
        false => (lang.pick("Sign in", "サインイン"), lang.pick("Sign in", "サインインする")),
    };
    let again = if sign_in.joins() { "/my#addresses" } else { "/sign-in" };
    shell::plain(
        status,
        request,
        title,
        &html! {
            h1 { (title) }
            (shell::complaints(lang, filled))
            form method="post" action=(action) {
                @if let Some(token) = token {
                    p {
                        @if sign_in.joins() { (lang.pick("You are about to see the badges of this address too:", "次のアドレスのバッジも表示します。")) }
                        @else { (lang.pick("You are about to sign in on this device with the address", "この端末で次のアドレスとしてサインインします。")) }
                        " " strong { (sign_in.address.as_str()) }
                    }
                    input type="hidden" name="t" value=(token);
                } @else {
                    p {
                        (lang.pick("We mailed a code of six digits. It works once, for fifteen minutes.", "6桁の確認コードをメールでお送りしました。15分間、1回だけ有効です。"))
                    }
                    (Field::new("/code", lang.pick("Code", "確認コード")).required().around(lang, filled, |id, described| html! {
                        input.code id=(id) name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="20" autofocus aria-describedby=[described];
                    }))
                }
                button { (button) }
            }
            p.soft.small {
                (lang.pick("No mail? Look among the unwanted ones, or ", "メールが届かない場合は、迷惑メールフォルダーをご確認いただくか、"))
                a href=(again) { (lang.pick("have another one sent", "もう一度送信してください")) } (lang.pick(".", "。"))
            }
        },
    )
}

/// `POST /sign-in/{sign_in}` with `code`, or the link's `t`: begins a session.
pub(crate) async fn prove(app: &App, request: &Request) -> Result<Answer, Refused> {
    if !is_from_here(request, app.urls.base()) {
        return Err(Kind::ForgedRequest.into());
    }
    let posted = Posted::read(request)?;
    let sign_in = find(app, request).await?;
    // An attempt counts before it is looked at: many at once get no more.
    if !app.store.count_attempt(&sign_in.id).await.map_err(edge::failed)? {
        return Ok(over(request));
    }
    let proved = match posted.raw("t") {
        Some(token) => sign_in.is_token(token),
        None => sign_in.is_code(posted.raw("code").unwrap_or_default()),
    };
    if !proved {
        let text =
            request.lang.pick("This is not the code of the latest mail.", "最新のメールに記載のコードと一致しません。");
        let complaints = vec![Complaint { pointer: "/code".into(), text: text.to_owned() }];
        return Ok(code_page(400, request, &sign_in, &Filled { posted, complaints }));
    }
    if sign_in.joins() {
        return join(app, request, &sign_in).await;
    }
    let begun = begin(app, request, sign_in.address.clone(), Some(&sign_in)).await?;
    Ok(begun.unwrap_or_else(|| over(request)))
}

/// Begins a session for who proved this address, and sends them to what they wanted to see. `proved`: what that uses up; none when somebody
/// was first.
pub(crate) async fn begin(
    app: &App,
    request: &Request,
    address: EmailAddress,
    proved: Option<&SignIn>,
) -> Result<Option<Answer>, Refused> {
    let person = person(app.people().await?, &address);
    let token = SessionToken::new(person.clone(), chance::bytes());
    let until = request.now.checked_add(SESSION_LIFE).map_err(Problem::internal)?;
    let session = Session { person, address, others: Vec::new(), since: request.now, until };
    if !app.store.begin_session(proved, &token, &session).await.map_err(edge::failed)? {
        return Ok(None);
    }
    let to = match cookie(request, ONWARD).and_then(onward) {
        Some(to) => to,
        // Who is no member anywhere came for their badges.
        None if app.store.memberships(&session.person).await.map_err(edge::failed)?.is_empty() => "/my",
        None => "/console",
    };
    let begun = see_other(to).header("set-cookie", visitor::begin(&token, until, request.now));
    Ok(Some(begun.header("set-cookie", keep(ONWARD, "", 0))))
}

/// Adds a proved address to the session that asked for it. What a session opens grows, so its cookie becomes another.
async fn join(app: &App, request: &Request, sign_in: &SignIn) -> Result<Answer, Refused> {
    let (Visitor { token: before, session }, _) = Visitor::of(app, request, None).await?;
    let mut session = session;
    if !session.has(&sign_in.address) && session.addresses().count() < MAX_ADDRESSES {
        session.others.push(sign_in.address.clone());
    }
    let token = SessionToken::new(session.person.clone(), chance::bytes());
    if !app.store.begin_session(Some(sign_in), &token, &session).await.map_err(edge::failed)? {
        return Ok(over(request));
    }
    app.store.end_session(&before).await.map_err(edge::failed)?;
    Ok(see_other("/my").header("set-cookie", visitor::begin(&token, session.until, request.now)))
}

/// `POST /sign-out`: ends this session, or with `everywhere` all of them.
pub(crate) async fn out(app: &App, request: &Request) -> Result<Answer, Refused> {
    let (visitor, _) = match Visitor::of(app, request, None).await {
        Err(Refused::SignIn) => return Ok(see_other("/sign-in").header("set-cookie", visitor::end())),
        found => found?,
    };
    let posted = Posted::read(request)?;
    visitor.check(request, app.urls.base(), posted.raw("csrf"))?;
    if posted.has("everywhere", "yes") {
        app.store.end_sessions(visitor.token.person()).await.map_err(edge::failed)?;
    } else {
        app.store.end_session(&visitor.token).await.map_err(edge::failed)?;
    }
    Ok(see_other("/sign-in").header("set-cookie", visitor::end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_away_after_signing_in() {
        for ours in ["/console", "/console/abc/badges?done=x", "/console?x=1", "/my", "/my?state=pending"] {
            assert_eq!(onward(ours), Some(ours));
        }
        for other in [
            "",
            "/",
            "//evil.example",
            "/console//evil.example",
            "https://evil.example",
            "/consolevil",
            "/myevil",
            "/my//evil.example",
            "/console/\\evil",
            "/console/../x",
            "/console/\r\nset-cookie: a",
            "/sign-in",
            "/console/;a",
        ] {
            assert_eq!(onward(other), None, "{other}");
        }
    }

    #[test]
    fn the_provider_stands_on_the_page_where_there_is_one() {
        let page = |path: &str, provider| {
            let request = Request::test(http::Method::GET, path, &[]);
            let response = form(200, &request, provider, &Filled::default()).finish(&request);
            String::from_utf8(response.body().to_vec()).unwrap()
        };
        let with = page("/sign-in?lang=ja", Some("A&B大学"));
        assert!(with.contains("A&amp;B大学でサインイン") && with.contains(r#"href="/sign-in/oidc""#));
        assert!(!with.contains("alert"));
        let failed = page("/sign-in?back=failed&lang=en", Some("Academy"));
        assert!(failed.contains("Signing in with Academy is not possible") && failed.contains(r#"name="email""#));
        let without = page("/sign-in?back=failed", None);
        assert!(!without.contains("oidc") && !without.contains("alert") && without.contains(r#"name="email""#));
    }

    #[test]
    fn what_was_wanted_is_remembered_for_pages_only() {
        let cookies =
            |method, path: &str| first(&Request::test(method, path, &[])).header_value("set-cookie").map(str::to_owned);
        assert!(cookies(http::Method::GET, "/console/abc/badges").unwrap().contains("/console/abc/badges"));
        assert_eq!(cookies(http::Method::POST, "/console/abc/badges"), None);
        assert_eq!(cookies(http::Method::GET, "/elsewhere"), None);
    }

    #[test]
    fn a_link_in_the_mail_is_followed_by_a_button_and_a_wrong_one_asks_for_the_code() {
        let id = SignInId::from_random([1; 10]);
        let sign_in =
            SignIn::new(id, "hana@example.org".parse().unwrap(), [1; 32], Lang::En, jiff::Timestamp::UNIX_EPOCH);
        let show = |path: &str| {
            let request = Request::test(http::Method::GET, path, &[]);
            let response = code_page(200, &request, &sign_in, &Filled::default()).finish(&request);
            String::from_utf8(response.body().to_vec()).unwrap()
        };
        let by_link = show(&format!("/sign-in/x?t={}", sign_in.token()));
        assert!(by_link.contains("hana@example.org") && !by_link.contains("name=\"code\""));
        // Who only knows the address of the page learns no mail address from it.
        for page in [show("/sign-in/x"), show("/sign-in/x?t=00")] {
            assert!(!page.contains("hana") && page.contains("name=\"code\""));
        }
    }
}
