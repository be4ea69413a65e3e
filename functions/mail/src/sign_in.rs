//! Letters that somebody waits for: the way to a session, and an invitation to be a member of an organisation.
//!
//! Who asks for a code may be a stranger who typed somebody else's address, so nothing they typed stands in the letter. One that comes
//! twice does no harm: it says the same.

use crate::App;
use crate::pace::Clock;
use crate::post;
use crate::send::Handover;
use badge::{EmailAddress, Lang, Urls};
use edge::{Message, Problem};
use letter::address;
use letter::texts::{Issuer, Passage, Texts};
use letter::{Frame, Letter};
use queue::PromptLetter;
use std::sync::atomic::AtomicBool;
use store::{Member, SignIn};

/// Sends one, unless what it is about has passed.
pub(crate) async fn letter(app: &App, job: &PromptLetter, message: &Message) -> Result<(), Problem> {
    let Some(post) = &app.post else {
        tracing::info!("mail is not configured");
        return Ok(());
    };
    let clock = Clock::starting(message.now, message.deadline);
    let written = match job {
        PromptLetter::SignIn(id) => {
            let Some(sign_in) = app.store.sign_in(id, clock.now()).await.map_err(edge::failed)? else { return Ok(()) };
            let letter = code(&app.urls, post.from(), &sign_in);
            (sign_in.address, letter)
        }
        PromptLetter::Invitation { client, person } => {
            let found = futures_util::try_join!(app.store.member(client, person), app.store.organisation(client));
            let (Some(member), Some(stored)) = found.map_err(edge::failed)? else { return Ok(()) };
            if member.joined_at.is_some() {
                return Ok(());
            }
            let organisation = &stored.organisation;
            let letter = invitation(&app.urls, Issuer::itself(organisation), &member);
            (member.address, letter)
        }
    };
    let (to, mail) = written;
    let handover = Handover { app, post, clock, is_closed: &AtomicBool::new(false) };
    let Some(mailbox) = address::mailbox(&to) else {
        tracing::warn!("a letter that cannot be delivered");
        return Ok(());
    };
    match handover.hand_over(&mail, &mailbox, post::About::SignIn).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(code)) => {
            tracing::warn!(code, "a letter that cannot be delivered");
            Ok(())
        }
        Err(later) => Err(Problem::unavailable(format!("a letter remains: {later}"))),
    }
}

fn passage(lang: Lang, text: impl Into<String>) -> Passage {
    Passage { text: text.into(), language: Some(lang.tag().to_owned()) }
}

fn code(urls: &Urls, from: &EmailAddress, sign_in: &SignIn) -> Letter {
    let lang = sign_in.lang;
    let (link, code) = (urls.sign_in(&sign_in.id, &sign_in.token()), sign_in.code());
    let (name, subject, how) = if sign_in.joins() {
        (
            lang.pick("Add this address", "アドレスを追加"),
            lang.pick(&format!("{code} is your code to add this address"), &format!("アドレス追加の確認コード: {code}"))
                .to_owned(),
            lang.pick(
                "Enter this code on the page that asks for it, or open the link in the browser where you are signed in. Both work once, for fifteen minutes.",
                "表示されている画面に次のコードを入力するか、サインイン中のブラウザーでリンクを開いてください。どちらも15分間、1回だけ有効です。",
            ),
        )
    } else {
        (
            lang.pick("Sign in", "サインイン"),
            lang.pick(&format!("{code} is your sign-in code"), &format!("サインインコード: {code}")).to_owned(),
            lang.pick(
                "Enter this code on the page that asks for it, or open the link on the device where you want to sign in. Both work once, for fifteen minutes.",
                "表示されている画面に次のコードを入力するか、サインインしたい端末でリンクを開いてください。どちらも15分間、1回だけ有効です。",
            ),
        )
    };
    let frame = Frame {
        lang,
        picture: None,
        alt: "",
        name: passage(lang, name),
        link: Some(&link),
        code: Some(&code),
        issuer: Issuer { name: "Shirushi 印", url: urls.base(), reply_to: from },
    };
    frame.letter(Texts {
        subject,
        body: passage(lang, how),
        link_text: passage(lang, if sign_in.joins() { name } else { lang.pick("Sign in", "サインインする") }),
        footer: passage(
            lang,
            lang.pick(
                "Did you not ask for this? Then somebody typed your address by mistake, and there is nothing to do. Give the code to nobody.",
                "お心当たりがない場合は、どなたかがアドレスを誤って入力したものと思われます。そのまま破棄してください。コードは誰にも教えないでください。",
            ),
        ),
    })
}

fn invitation(urls: &Urls, issuer: Issuer<'_>, member: &Member) -> Letter {
    // Whoever invites knows them; in which language, nobody asked.
    let lang = Lang::Ja;
    let link = urls.console();
    let frame =
        Frame { lang, picture: None, alt: "", name: passage(lang, issuer.name), link: Some(&link), code: None, issuer };
    let until = member.invited_until.strftime("%Y-%m-%d").to_string();
    frame.letter(Texts {
        subject: format!("{}への招待 / Invitation to {}", issuer.name, issuer.name),
        body: passage(
            lang,
            format!(
                "バッジを発行する「{0}」のメンバーに招待されました。次のページで、このメールアドレスを入力してサインインしてください。招待は{until}まで有効です。\n\nYou are invited to be a member of {0}, which issues badges. Please sign in on the following page with this mail address. The invitation holds until {until}.",
                issuer.name
            ),
        ),
        link_text: passage(lang, "サインインする / Sign in"),
        footer: passage(
            lang,
            "お心当たりがない場合は、このメールを破棄してください。 / If you expected nothing of the kind, ignore this mail.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use badge::{PersonId, SignInId};
    use jiff::Timestamp;

    #[test]
    fn the_letter_holds_code_and_link_and_nothing_that_was_typed() {
        let urls = Urls::new("https://b.example").unwrap();
        let from = "badges@b.example".parse().unwrap();
        for lang in [Lang::En, Lang::Ja] {
            let address = "hanako@example.org".parse().unwrap();
            let id = SignInId::from_random([1; 10]);
            let sign_in = SignIn::new(id, address, [7; 32], lang, Timestamp::UNIX_EPOCH);
            let letter = code(&urls, &from, &sign_in);
            let link = format!("https://b.example/sign-in/{}?t={}", sign_in.id, sign_in.token());
            for text in [&letter.html, &letter.text] {
                assert!(text.contains(&link) && text.contains(&sign_in.code()), "{text}");
                assert!(!text.contains("hanako") && !text.contains("<img"));
            }
            assert!(letter.subject.contains(&sign_in.code()));
        }
    }

    #[test]
    fn an_invitation_names_the_organisation_in_both_languages_as_text() {
        let urls = Urls::new("https://b.example").unwrap();
        let reply_to = "office@acme.example".parse().unwrap();
        let issuer = Issuer { name: "織物 <学院>", url: "https://acme.example", reply_to: &reply_to };
        let member = Member {
            person: PersonId::from_tag([1; 16]),
            address: "a@example.org".parse().unwrap(),
            name: String::new(),
            roles: Vec::new(),
            badges: None,
            created_at: Timestamp::UNIX_EPOCH,
            joined_at: None,
            invited_until: Timestamp::UNIX_EPOCH,
        };
        let letter = invitation(&urls, issuer, &member);
        assert!(letter.html.contains("織物 &lt;学院&gt;") && !letter.html.contains("<学院>"));
        assert!(letter.text.contains("1970-01-01") && letter.text.contains("https://b.example/console"));
    }
}
