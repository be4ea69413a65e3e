//! `POST /c/visibility`: a holder says what the public may see of a credential.
//!
//! Two things prove who asks: the link from the mail, which ends, and the holder's key, which does not. Nothing else changes it. Where the
//! answer leads is made of what was proved, never of what was sent.

use crate::App;
use crate::receive;
use badge::input::{FieldError, Reason};
use badge::{CredentialId, Visibility};
use edge::{Answer, Kind, Problem, Request, answer::Cache};
use http::Method;
use serde_json::{Value, json};

/// Bytes of such a request: a link or a key, and two words.
const MAX_BYTES: usize = 2_000;

/// What is asked.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    token: Option<String>,
    credential: String,
    key: String,
    visibility: Visibility,
}

/// How it stands, in JSON.
pub(crate) fn document(visibility: Visibility) -> Value {
    json!({"name": visibility.shows_name, "listed": visibility.is_listed})
}

/// Answers a request.
pub(crate) async fn change(app: &App, request: &Request) -> Result<Answer, Problem> {
    if request.method != Method::POST {
        return Ok(Problem::new(Kind::MethodNotAllowed).answer(request).header("allow", "POST"));
    }
    match changed(app, request).await {
        Ok((_, visibility)) if !request.prefers_html() => {
            Ok(Answer::json(200, &document(visibility)).header("referrer-policy", "no-referrer"))
        }
        Ok((location, _)) => {
            // Relative: a form's answer may lead only to where the form came from, under whatever name that was.
            Ok(Answer::new(303)
                .header("location", location)
                .header("referrer-policy", "no-referrer")
                .cache(Cache::None))
        }
        Err(problem) => receive::refused(request, request.lang, problem, None),
    }
}

/// Keeps what is asked; where that can be seen, and what stands now.
async fn changed(app: &App, request: &Request) -> Result<(String, Visibility), Problem> {
    let wish = Wish::read(request)?;
    let (id, location) = match &wish.token {
        Some(token) => {
            let opened = receive::open(app, token).await?;
            if opened.link.until <= request.now {
                return Err(Kind::LinkExpired.into());
            }
            (opened.credential.id, format!("/c/receive?tk={token}#visibility"))
        }
        None => {
            let id: CredentialId = wish.credential.parse().map_err(|_| Kind::NotFound)?;
            let found = app.claims.credential(&id).await?;
            let (event, _) = found.ok_or(Kind::NotFound)?;
            if !event.event.is_holder_key(&id, &wish.key) {
                return Err(Kind::NotFound.into());
            }
            let location = format!("/credentials/{id}?key={}#visibility", wish.key);
            (id, location)
        }
    };
    app.store.put_visibility(&id, wish.visibility).await.map_err(edge::failed)?;
    Ok((location, wish.visibility))
}

impl Wish {
    /// A form, whose boxes are absent when they are not ticked, or a JSON object of the same members.
    fn read(request: &Request) -> Result<Self, Problem> {
        if request.body.len() > MAX_BYTES {
            return Err(Kind::TooLarge.into());
        }
        let content_type = request.header("content-type").unwrap_or_default();
        let mut wish = Self::default();
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => {
                let body = request.json()?;
                let text = |name| body.get(name).and_then(Value::as_str).map(str::to_owned);
                let mut complaints = Vec::new();
                let mut choice = |name: &str| {
                    let value = body.get(name).and_then(Value::as_bool);
                    if value.is_none() {
                        let reason = if body.get(name).is_some() { Reason::NotBoolean } else { Reason::Missing };
                        complaints.push(FieldError { pointer: format!("/{name}"), reason });
                    }
                    value.unwrap_or_default()
                };
                wish.visibility = Visibility { shows_name: choice("name"), is_listed: choice("listed") };
                if !complaints.is_empty() {
                    return Err(complaints.into());
                }
                wish.token = text("tk");
                (wish.credential, wish.key) = (text("credential").unwrap_or_default(), text("key").unwrap_or_default());
            }
            "application/x-www-form-urlencoded" => {
                for (name, value) in url::form_urlencoded::parse(&request.body) {
                    match name.as_ref() {
                        "tk" => wish.token = Some(value.into_owned()),
                        "credential" => wish.credential = value.into_owned(),
                        "key" => wish.key = value.into_owned(),
                        "name" => wish.visibility.shows_name = value == "1",
                        "listed" => wish.visibility.is_listed = value == "1",
                        _ => {}
                    }
                }
            }
            _ => return Err(Kind::UnsupportedMediaType.into()),
        }
        Ok(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use crate::wire::{Records, Wire};

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
    const JSON: (&str, &str) = ("content-type", "application/json");
    const BROWSER: (&str, &str) = ("accept", "text/html");

    fn wire() -> Wire {
        let records = Records::with(1);
        Wire::answering(move |call| records.read(call).unwrap_or((200, json!({}))))
    }

    async fn post(wire: &Wire, headers: &[(&'static str, &str)], body: &str) -> (u16, String, Option<String>) {
        let mut request = Request::test(Method::POST, "/c/visibility", headers);
        request.body = body.into();
        request.now = sample::at(sample::ISSUED + 3_600);
        let answer = receive::answer(&wire.app(), &request).await.unwrap_or_else(|problem| problem.answer(&request));
        let response = answer.finish(&request);
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned(), location)
    }

    /// What was written, and where.
    fn written(wire: &Wire) -> Option<(String, Value)> {
        let calls = wire.calls("PutItem");
        let item = &calls.first()?.body["Item"];
        let doc = serde_json::from_str(item["doc"]["S"].as_str().unwrap()).unwrap();
        Some((item["pk"]["S"].as_str().unwrap().to_owned(), doc))
    }

    fn ids() -> (CredentialId, String, String) {
        let event = sample::event();
        let id = event.draw(0).credential;
        (id.clone(), event.holder_key(&id), event.receive_link(&id, event.created_at))
    }

    #[tokio::test]
    async fn the_link_and_the_key_change_it_and_lead_back() {
        let (id, key, token) = ids();
        let wire_of_link = wire();
        let (status, _, location) = post(&wire_of_link, &[FORM, BROWSER], &format!("tk={token}&name=1")).await;
        assert_eq!((status, location), (303, Some(format!("/c/receive?tk={token}#visibility"))));
        let expected = json!({"shows_name": true, "is_listed": false});
        assert_eq!(written(&wire_of_link), Some((format!("SHOWN#{id}"), expected)));
        let wire = wire();
        let body = format!("credential={id}&key={key}&listed=1&location=https://evil.example");
        let (status, _, location) = post(&wire, &[FORM, BROWSER], &body).await;
        assert_eq!((status, location), (303, Some(format!("/credentials/{id}?key={key}#visibility"))));
        assert_eq!(written(&wire).unwrap().1, json!({"shows_name": false, "is_listed": true}));
    }

    #[tokio::test]
    async fn in_json_everything_is_said() {
        let (_, _, token) = ids();
        let wire = wire();
        let body = json!({"tk": token, "name": true, "listed": false}).to_string();
        let (status, answer, _) = post(&wire, &[JSON], &body).await;
        assert_eq!((status, answer.as_str()), (200, r#"{"name":true,"listed":false}"#));
        let (status, answer, _) = post(&wire, &[JSON], &json!({"tk": token, "listed": "yes"}).to_string()).await;
        assert!(status == 400 && answer.contains("#/name") && answer.contains("#/listed"), "{answer}");
        assert_eq!(wire.calls("PutItem").len(), 1);
    }

    #[tokio::test]
    async fn nothing_else_changes_it() {
        let (id, key, token) = ids();
        let event = sample::event();
        let old = event.receive_link(&id, event.created_at - badge::receive::LINK_LIFE);
        let wire = wire();
        for (body, expected) in [
            (format!("credential={id}&key={}&name=1", "0".repeat(32)), 404),
            (format!("credential={id}&key=&name=1"), 404),
            (format!("credential={}&key={key}&name=1", "0".repeat(40)), 404),
            (format!("credential=x&key={key}&name=1"), 404),
            (format!("tk={}&name=1", &token[..79]), 404),
            // A link that was presented counts, whatever else is there.
            (format!("tk=x&credential={id}&key={key}&name=1"), 404),
            (format!("tk={old}&name=1"), 410),
            (format!("tk={token}{}", "&".repeat(MAX_BYTES)), 413),
        ] {
            assert_eq!(post(&wire, &[FORM], &body).await.0, expected, "{body}");
            assert_eq!(post(&wire, &[FORM, BROWSER], &body).await.0, expected, "{body}");
        }
        assert_eq!(post(&wire, &[("content-type", "text/plain")], "tk=x").await.0, 415);
        let request = Request::test(Method::GET, &format!("/c/visibility?tk={token}&name=1"), &[]);
        let response = receive::answer(&wire.app(), &request).await.unwrap().finish(&request);
        assert_eq!(response.status().as_u16(), 405);
        assert_eq!(written(&wire), None);
    }
}
