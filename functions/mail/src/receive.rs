//! `/c/receive`: what the link in a mail opens. GET shows the badge, POST takes the answer; both as a page for browsers, and in JSON
//! for everybody else.
//!
//! Programs that look through mails open links too. So opening changes nothing but the note that it was opened; an answer needs a
//! POST. A link that was never one and a link to nothing look alike.

use crate::page::{self, Shown};
use crate::{App, shown};
use badge::definition::{Badge, ImageFormat};
use badge::delivery::Reply;
use badge::input::{FieldError, Reason};
use badge::receive::Link;
use badge::{Delivery, Event, Lang, Visibility, rfc3339};
use edge::{Answer, Kind, Problem, Request, answer::Cache};
use face::visibility;
use http::Method;
use letter::texts::Issuer;
use observe::Count;
use queue::WebhookJob;
use serde_json::{Value, json};
use store::{StoredCredential, StoredOrganisation};

/// Bytes of an answer: a link, a word and a language.
const MAX_ANSWER_BYTES: usize = 2_000;

/// Everything that a link opens.
pub(crate) struct Opened {
    pub(crate) link: Link,
    /// The link as it was presented.
    token: String,
    event: Event,
    pub(crate) credential: StoredCredential,
    badge: Badge,
    organisation: StoredOrganisation,
    delivery: Delivery,
    visibility: Visibility,
}

/// Answers a request.
pub(crate) async fn answer(app: &App, request: &Request) -> Result<Answer, Problem> {
    match request.path.as_str() {
        "/c/receive" => {}
        visibility::ACTION => return shown::change(app, request).await,
        _ => return Err(Kind::NotFound.into()),
    }
    let asked = match request.method {
        Method::GET | Method::HEAD => Asked {
            token: request.query("tk").unwrap_or_default().to_owned(),
            lang: request.query("lang").and_then(spoken),
            declines: request.query("ask") == Some("decline"),
            ..Asked::default()
        },
        Method::POST => match Asked::read(request) {
            Ok(asked) => asked,
            Err(problem) => return refused(request, Asked::default().language(request, None), problem, None),
        },
        _ => return Ok(Problem::new(Kind::MethodNotAllowed).answer(request).header("allow", "GET, HEAD, POST")),
    };
    let opened = match open(app, &asked.token).await {
        Ok(opened) => opened,
        Err(problem) => return refused(request, asked.language(request, None), problem, None),
    };
    let lang = asked.language(request, Some(&opened));
    if opened.link.until <= request.now {
        let issuer = Issuer::of(&opened.event, &opened.organisation.organisation);
        return refused(request, lang, expired(issuer), Some(issuer));
    }
    match asked.accepted {
        None => show(app, request, opened, &asked, lang).await,
        Some(accepted) => decide(app, request, opened, &asked, accepted, lang).await,
    }
}

fn expired(issuer: Issuer<'_>) -> Problem {
    let name = issuer.name;
    Problem::new(Kind::LinkExpired).detail(
        format!("Please ask the issuer ({name}) to send you a new one."),
        format!("発行者（{name}）に再送をご依頼ください。"),
    )
}

async fn show(app: &App, request: &Request, opened: Opened, asked: &Asked, lang: Lang) -> Result<Answer, Problem> {
    if request.method == Method::GET && opened.delivery.opened_at.is_none() {
        let noted = app.store.note_opened(&opened.event.id, opened.credential.number, request.now).await;
        if let Err(error) = noted {
            // The recipient need not see that.
            tracing::error!(cause = error.to_string(), "an opening was not recorded");
        }
    }
    Ok(if request.prefers_html() { opened.page(app, 200, lang, asked, request) } else { opened.json(app, lang) })
}

async fn decide(
    app: &App,
    request: &Request,
    mut opened: Opened,
    asked: &Asked,
    accepted: bool,
    lang: Lang,
) -> Result<Answer, Problem> {
    if opened.credential.revoked.is_some() {
        let problem = Problem::new(Kind::Conflict).detail(
            "The issuer has revoked this badge. It can be neither accepted nor declined.",
            "このバッジは発行者によって取り消されたため、受け取りも辞退もできません。",
        );
        return if request.prefers_html() { Ok(opened.page(app, 409, lang, asked, request)) } else { Err(problem) };
    }
    let reply = Reply { accepted, at: request.now };
    let changed = app.store.answer(&opened.event.client, &opened.event.id, opened.credential.number, reply).await;
    let changed = match changed {
        Ok(changed) => changed,
        Err(error) => return refused(request, lang, edge::failed(error), None),
    };
    if changed {
        observe::count(if accepted { Count::ACCEPTED } else { Count::DECLINED }, 1);
        opened.delivery.answer = Some(reply);
        if opened.organisation.has_webhooks {
            let job = WebhookJob { client: opened.event.client.clone() };
            if let Err(error) = app.webhooks.send(&[job], queue::WEBHOOK_DELAY_SECONDS).await {
                // It stands in the feed: the next job finds it.
                tracing::error!(cause = error.to_string(), "webhooks were not woken");
            }
        }
    }
    if !request.prefers_html() {
        return Ok(opened.json(app, lang));
    }
    // Relative: a form's answer may lead only to where the form came from, under whatever name that was.
    let mut location = format!("/c/receive?tk={}", opened.token);
    if let Some(lang) = asked.lang {
        location = format!("{location}&lang={}", lang.tag());
    }
    Ok(Answer::new(303).header("location", location).header("referrer-policy", "no-referrer").cache(Cache::None))
}

/// What a link opens.
pub(crate) async fn open(app: &App, token: &str) -> Result<Opened, Problem> {
    let link = Link::parse(token).ok_or(Kind::NotFound)?;
    let found = app.claims.credential(&link.credential).await?;
    let (event, credential) = found.ok_or(Kind::NotFound)?;
    let event = event.event;
    if !event.made_link(&link) {
        return Err(Kind::NotFound.into());
    }
    let (badge, organisation, delivery, visibility) = futures_util::try_join!(
        app.store.badge_version(&event.badge, event.badge_version),
        app.store.organisation(&event.client),
        app.store.delivery(&event.id, credential.number),
        app.store.visibility(&credential.id),
    )
    .map_err(edge::failed)?;
    let badge = badge.ok_or_else(|| Problem::internal("the badge version of an event is gone"))?;
    let organisation = organisation.ok_or_else(|| Problem::internal("the organisation of an event is gone"))?;
    Ok(Opened { link, token: token.to_owned(), event, credential, badge, organisation, delivery, visibility })
}

/// A failure, as a page for who reads pages.
pub(crate) fn refused(
    request: &Request,
    lang: Lang,
    problem: Problem,
    issuer: Option<Issuer<'_>>,
) -> Result<Answer, Problem> {
    if !request.prefers_html() {
        return Err(problem);
    }
    if let Some(cause) = problem.cause() {
        tracing::error!(request_id = request.id, route = request.route, cause, "failed");
    }
    Ok(page::refused(lang, problem.kind(), issuer))
}

impl Opened {
    fn page(&self, app: &App, status: u16, lang: Lang, asked: &Asked, request: &Request) -> Answer {
        let shown = Shown {
            urls: &app.urls,
            token: &self.token,
            chosen: asked.lang,
            id: &self.credential.id,
            badge: &self.badge,
            event: &self.event,
            recipient: &self.credential.recipient,
            issuer: Issuer::of(&self.event, &self.organisation.organisation),
            revoked: self.credential.revoked.as_ref(),
            is_compact: self.credential.compact.is_some(),
            answer: self.delivery.answer,
            link_until: self.link.until,
            visibility: self.visibility,
            declines: asked.declines,
        };
        page::show(status, request, lang, &shown)
    }

    fn json(&self, app: &App, lang: Lang) -> Answer {
        Answer::json(200, &self.document(&app.urls, lang)).header("referrer-policy", "no-referrer")
    }

    fn document(&self, urls: &badge::Urls, lang: Lang) -> Value {
        let Self { link, event, credential, badge, organisation, delivery, .. } = self;
        let (content, issuer) = (badge.content_for(lang.tag()), Issuer::of(event, &organisation.organisation));
        let url = urls.credential(&credential.id);
        let mut files = json!({"json": format!("{url}.json"), "png": urls.baked(&credential.id, ".png")});
        if badge.artwork.format == ImageFormat::Svg {
            files["svg"] = urls.baked(&credential.id, ".svg").into();
        }
        if credential.revoked.is_none() {
            files["pdf"] = urls.pdf(&credential.id, &event.holder_key(&credential.id)).into();
        }
        if credential.compact.is_some() {
            files["jwt"] = format!("{url}.jwt").into();
        }
        let answer = delivery.answer.map(
            |reply| json!({"decision": if reply.accepted { "accept" } else { "decline" }, "at": rfc3339(reply.at)}),
        );
        json!({
            "credential": url,
            "recipient": {"name": credential.recipient.name},
            "badge": {
                "name": content.name, "description": content.description, "language": content.language.as_str(),
                "image": urls.artwork(&badge.artwork.sha256, badge.artwork.format.extension()),
            },
            "issuer": {"name": issuer.name, "url": issuer.url},
            "issued_on": rfc3339(event.issued_on),
            "expires_on": event.expiry_of(&credential.recipient).map(rfc3339),
            "revoked": credential.revoked.as_ref().map(|r| json!({"at": rfc3339(r.at), "reason": r.reason})),
            "answer": answer,
            "visibility": shown::document(self.visibility),
            "link_expires_on": rfc3339(link.until),
            "files": files,
            "validation": urls.validation(&url),
        })
    }
}

/// What is asked: with which link, and what the answer is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    token: String,
    /// The answer; none when it is only looked at.
    accepted: Option<bool>,
    /// The language chosen on the page.
    lang: Option<Lang>,
    /// Whether the question is asked whether to decline.
    declines: bool,
}

fn spoken(tag: &str) -> Option<Lang> {
    [Lang::En, Lang::Ja].into_iter().find(|lang| lang.tag() == tag)
}

impl Asked {
    /// An answer: a form, or a JSON object of the same members.
    fn read(request: &Request) -> Result<Self, Problem> {
        if request.body.len() > MAX_ANSWER_BYTES {
            return Err(Kind::TooLarge.into());
        }
        let content_type = request.header("content-type").unwrap_or_default();
        let members: Vec<(String, String)> = match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => {
                let body = request.json()?;
                let text = |name| Some((String::from(name), body.get(name)?.as_str()?.to_owned()));
                ["tk", "decision", "lang"].into_iter().filter_map(text).collect()
            }
            "application/x-www-form-urlencoded" => {
                let pairs = url::form_urlencoded::parse(&request.body);
                pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
            }
            _ => return Err(Kind::UnsupportedMediaType.into()),
        };
        let find = |name| members.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let accepted = match find("decision") {
            Some("accept") => true,
            Some("decline") => false,
            other => {
                let not_allowed = Reason::NotAllowed { allowed: "accept, decline".into() };
                let reason = if other.is_some() { not_allowed } else { Reason::Missing };
                return Err(Problem::fields(vec![FieldError { pointer: "/decision".into(), reason }]));
            }
        };
        Ok(Self {
            token: find("tk").unwrap_or_default().to_owned(),
            accepted: Some(accepted),
            lang: find("lang").and_then(spoken),
            declines: false,
        })
    }

    /// The language to answer in: the one chosen on the page, else the browser's, else the recipient's, else the badge's.
    fn language(&self, request: &Request, opened: Option<&Opened>) -> Lang {
        let told = || request.chosen_lang().or_else(|| request.told_lang());
        let known = || {
            let opened = opened?;
            let recipients = opened.credential.recipient.language.spoken();
            recipients.or_else(|| opened.badge.definition.primary_language.spoken())
        };
        self.lang.or_else(told).or_else(known).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use crate::wire::{Call, Records, Wire, error};
    use lambda_http::Body;

    const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    fn wire(records: Records) -> Wire {
        Wire::answering(move |call| records.read(call).unwrap_or((200, json!({}))))
    }

    fn token() -> String {
        let event = sample::event();
        event.receive_link(&event.draw(0).credential, event.created_at)
    }

    /// One request an hour after the badge was issued: the status, the page or document, and where it sends the caller.
    async fn ask(
        wire: &Wire,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> (u16, String, Option<String>) {
        let mut request = Request::test(method, path, headers);
        request.body = body.into();
        request.now = sample::at(sample::ISSUED + 3_600);
        let answer = answer(&wire.app(), &request).await.unwrap_or_else(|problem| problem.answer(&request));
        let response = answer.finish(&request);
        assert!(response.headers()["cache-control"] == "no-store", "{response:?}");
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let Body::Text(body) = response.body() else { return (response.status().as_u16(), String::new(), location) };
        (response.status().as_u16(), body.clone(), location)
    }

    async fn get(wire: &Wire, token: &str, headers: &[(&'static str, &str)]) -> (u16, String) {
        let (status, body, _) = ask(wire, Method::GET, &format!("/c/receive?tk={token}"), headers, "").await;
        (status, body)
    }

    fn openings(wire: &Wire) -> usize {
        wire.all().iter().filter(|call| call.updates("SET op")).count()
    }

    #[tokio::test]
    async fn what_is_signed_on_claim_is_asked_for_and_only_what_was_planned() {
        let event = Event { sign: badge::Signing::OnClaim, ..sample::event() };
        let token = |id: &badge::CredentialId| event.receive_link(id, event.created_at);
        let records = Records { event: event.clone(), unsigned: vec![0], ..Records::with(1) };
        let busy = serde_json::to_value(claim::Outcome { problem: Some(Kind::Unavailable.uri()) }).unwrap();
        let wire = Wire::answering(move |call| {
            let invoked = call.operation.ends_with("/functions/issuance/invocations");
            if invoked { (200, busy.clone()) } else { records.read(call).unwrap_or((200, json!({}))) }
        });
        let invoked = || wire.all().into_iter().filter(|call| call.operation.contains("/functions/")).count();
        let (status, page) = get(&wire, &token(&event.draw(0).credential), &[BROWSER]).await;
        assert_eq!((status, invoked()), (503, 1), "{page}");
        assert!(page.contains("少し待って") || page.contains("in a few seconds"), "{page}");
        let (status, _) = get(&wire, &token(&badge::CredentialId::new(&event.id, [9; 10])), &[BROWSER]).await;
        assert_eq!((status, invoked()), (404, 1), "an id that was not planned has nothing signed");
    }

    #[tokio::test]
    async fn the_link_shows_the_badge_and_its_opening_is_noted() {
        let wire = wire(Records::with(1));
        let (status, body) = get(&wire, &token(), &[]).await;
        let document: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &document["badge"]["name"]), (200, &json!("手織り入門")));
        let credential = sample::event().draw(0).credential;
        assert_eq!(document["credential"], format!("https://badges.example/credentials/{credential}"));
        let key = sample::event().holder_key(&credential);
        assert_eq!(document["files"]["pdf"], format!("https://badges.example/pdf/{key}/{credential}.pdf"));
        assert_eq!(document["files"]["svg"], format!("https://badges.example/baked/{credential}.svg"));
        assert_eq!((&document["answer"], &document["revoked"]), (&Value::Null, &Value::Null));
        assert_eq!(document["link_expires_on"], "2027-01-15T09:30:00Z");
        assert!(!body.contains("learners.example"));
        assert_eq!(openings(&wire), 1);
        let (status, page) = get(&wire, &token(), &[BROWSER, ("accept-language", "en")]).await;
        assert!(status == 200 && page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{page}");
    }

    #[tokio::test]
    async fn what_was_opened_before_or_only_probed_is_not_noted() {
        let opened = wire(Records { life: json!({"op": {"N": "1768469500"}}), ..Records::with(1) });
        assert_eq!((get(&opened, &token(), &[]).await.0, openings(&opened)), (200, 0));
        let probed = wire(Records::with(1));
        let (status, ..) = ask(&probed, Method::HEAD, &format!("/c/receive?tk={}", token()), &[BROWSER], "").await;
        assert_eq!((status, openings(&probed)), (200, 0));
    }

    #[tokio::test]
    async fn a_wrong_link_and_a_link_to_nothing_look_alike() {
        let (there, absent) = (wire(Records::with(1)), wire(Records { unsigned: vec![0], ..Records::with(1) }));
        let good = token();
        let forged = format!("{}{}", &good[..79], if good.ends_with('0') { '1' } else { '0' });
        for headers in [&[][..], &[BROWSER][..]] {
            let wrong = get(&there, &forged, headers).await;
            assert_eq!(wrong.0, 404);
            assert_eq!(get(&absent, &good, headers).await, wrong);
            assert_eq!(get(&there, "short", headers).await, wrong);
            assert_eq!(get(&there, "", headers).await, wrong);
        }
        assert!(get(&there, &forged, &[BROWSER]).await.1.contains("<h1>This link leads nowhere</h1>"));
        assert_eq!(openings(&there), 0);
    }

    #[tokio::test]
    async fn a_link_that_has_run_out_says_whom_to_ask() {
        let wire = wire(Records::with(1));
        let event = sample::event();
        let old = event.receive_link(&event.draw(0).credential, event.created_at - badge::receive::LINK_LIFE);
        let (status, problem) = get(&wire, &old, &[]).await;
        let problem: Value = serde_json::from_str(&problem).unwrap();
        assert_eq!((status, &problem["type"]), (410, &json!("urn:shirushi:problem:link-expired")));
        let (status, page) = get(&wire, &old, &[BROWSER, ("accept-language", "ja")]).await;
        assert!(status == 410 && page.contains("再送") && page.contains("京都はたおり学院"), "{page}");
        let body = format!("tk={old}&decision=accept");
        assert_eq!(ask(&wire, Method::POST, "/c/receive", &[FORM], &body).await.0, 410);
        assert!(openings(&wire) == 0 && wire.calls("TransactWriteItems").is_empty());
    }

    #[tokio::test]
    async fn an_answer_is_recorded_told_and_shown() {
        let wire = wire(Records { has_webhooks: true, ..Records::with(1) });
        let body = format!("tk={}&decision=accept&lang=ja", token());
        let (status, _, location) = ask(&wire, Method::POST, "/c/receive", &[BROWSER, FORM], &body).await;
        assert_eq!(status, 303);
        assert_eq!(location.as_deref(), Some(format!("/c/receive?tk={}&lang=ja", token()).as_str()));
        let calls = wire.calls("TransactWriteItems");
        let writes = &calls[0].body["TransactItems"];
        assert_eq!(writes[0]["Update"]["ExpressionAttributeValues"][":accepted"], json!({"BOOL": true}));
        assert!(writes[1]["Put"]["Item"]["doc"]["S"].as_str().unwrap().contains("\"accepted\""));
        let sent = wire.calls("SendMessageBatch");
        let message = &sent[0].body["Entries"][0];
        assert_eq!(
            (&message["DelaySeconds"], &message["MessageBody"]),
            (&json!(10), &json!(format!("{{\"client\":\"{}\"}}", sample::event().client)))
        );
    }

    #[tokio::test]
    async fn an_answer_in_json_is_answered_with_what_stands_now() {
        let wire = wire(Records::with(1));
        let body = json!({"tk": token(), "decision": "decline"}).to_string();
        let (status, body, _) =
            ask(&wire, Method::POST, "/c/receive", &[("content-type", "application/json")], &body).await;
        let document: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &document["answer"]["decision"]), (200, &json!("decline")));
        assert_eq!(document["answer"]["at"], "2026-01-15T10:30:00Z");
        // Nobody listens: nobody is woken.
        assert!(wire.calls("SendMessageBatch").is_empty());
    }

    #[tokio::test]
    async fn the_same_answer_again_wakes_nobody() {
        let life = json!({"an": {"S": r#"{"accepted":true,"at":"2026-01-15T10:00:00Z"}"#}});
        let records = Records { has_webhooks: true, life, ..Records::with(1) };
        let wire = Wire::answering(move |call: &Call| {
            let failed = json!([{"Code": "ConditionalCheckFailed"}, {"Code": "None"}]);
            let mut conflict = error("TransactionCanceledException", "x");
            conflict.1["CancellationReasons"] = failed;
            records.read(call).unwrap_or(conflict)
        });
        let body = json!({"tk": token(), "decision": "accept"}).to_string();
        let (status, body, _) =
            ask(&wire, Method::POST, "/c/receive", &[("content-type", "application/json")], &body).await;
        assert!(status == 200 && body.contains("2026-01-15T10:00:00Z"), "{body}");
        assert!(wire.calls("SendMessageBatch").is_empty());
    }

    #[tokio::test]
    async fn a_revoked_badge_is_shown_but_takes_no_answer() {
        let wire = wire(Records { revoked: vec![0], ..Records::with(1) });
        let (status, body) = get(&wire, &token(), &[]).await;
        assert!(status == 200 && body.contains("2026-11-23T05:06:07Z"), "{body}");
        for decision in ["accept", "decline"] {
            let body = format!("tk={}&decision={decision}", token());
            assert_eq!(ask(&wire, Method::POST, "/c/receive", &[FORM], &body).await.0, 409);
            let (status, page, _) = ask(&wire, Method::POST, "/c/receive", &[FORM, BROWSER], &body).await;
            assert!(status == 409 && page.contains("取り消されました"), "{page}");
        }
        assert!(wire.calls("TransactWriteItems").is_empty());
    }

    #[tokio::test]
    async fn other_methods_and_places_are_refused() {
        let wire = wire(Records::with(1));
        let request = Request::test(Method::PUT, "/c/receive", &[]);
        let response = answer(&wire.app(), &request).await.unwrap().finish(&request);
        assert_eq!(
            (response.status().as_u16(), &response.headers()["allow"]),
            (405, &"GET, HEAD, POST".parse().unwrap())
        );
        let elsewhere = answer(&wire.app(), &Request::test(Method::GET, "/c/other", &[])).await;
        assert_eq!(elsewhere.unwrap_err().kind(), Kind::NotFound);
    }

    fn asked(content_type: &str, body: &str) -> Result<Asked, Kind> {
        let mut request = Request::test(Method::POST, "/c/receive", &[("content-type", content_type)]);
        request.body = body.into();
        Asked::read(&request).map_err(|problem| problem.kind())
    }

    #[test]
    fn an_answer_is_a_form_or_json() {
        let form = |body| asked("application/x-www-form-urlencoded", body);
        let expected = |accepted, lang| Asked { token: "ab".into(), accepted: Some(accepted), lang, declines: false };
        assert_eq!(form("tk=ab&decision=accept&lang=ja"), Ok(expected(true, Some(Lang::Ja))));
        assert_eq!(form("decision=decline&tk=ab&lang=xx"), Ok(expected(false, None)));
        let json = |body| asked("application/json; charset=utf-8", body);
        assert_eq!(json(r#"{"tk":"ab","decision":"decline"}"#), Ok(expected(false, None)));
        for body in ["", "{", "[]", r#"{"tk":"ab"}"#, r#"{"decision":true}"#, r#"{"decision":"Accept"}"#] {
            assert_eq!(json(body), Err(Kind::InvalidRequest), "{body}");
        }
        assert_eq!(form("tk=ab"), Err(Kind::InvalidRequest));
        assert_eq!(asked("text/plain", "decision=accept"), Err(Kind::UnsupportedMediaType));
        assert_eq!(form(&"x".repeat(MAX_ANSWER_BYTES + 1)), Err(Kind::TooLarge));
    }

    #[test]
    fn the_language_chosen_comes_first_then_the_browsers() {
        let language = |lang, header: &[(&'static str, &str)]| {
            Asked { lang, ..Asked::default() }.language(&Request::test(Method::GET, "/c/receive", header), None)
        };
        assert_eq!(language(Some(Lang::En), &[("accept-language", "ja")]), Lang::En);
        assert_eq!(language(None, &[("accept-language", "ja")]), Lang::Ja);
        assert_eq!(language(None, &[("accept-language", "fr")]), Lang::En);
        assert_eq!(language(None, &[]), Lang::En);
    }
}
