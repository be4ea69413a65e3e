//! The OAuth 2.0 token endpoint: client credentials (RFC 6749 section 4.4) as a form, as JSON, or by HTTP Basic.

use crate::App;
use badge::ClientId;
use badge::input::{FieldError, Reason};
use badge::plan::Quota;
use base64::Engine as _;
use edge::token::{Claims, LIFETIME_SECONDS};
use edge::{Answer, Kind, Problem, Request};
use serde_json::{Value, json};

/// What a client presents. The secret never reaches a log: this type has no `Debug`.
#[derive(PartialEq, Eq)]
struct Presented {
    grant_type: String,
    client_id: String,
    client_secret: String,
}

/// `POST /v2/client/oauth2/token`.
///
/// A wrong secret, an unknown organisation and an id that is none at all get one and the same answer.
pub(crate) async fn issue(app: &App, request: &Request) -> Result<Answer, Problem> {
    let presented = read(request)?;
    if presented.grant_type != "client_credentials" {
        let reason = Reason::NotAllowed { allowed: "client_credentials".into() };
        return Err(Problem::fields(vec![FieldError { pointer: "/grant_type".into(), reason }]));
    }
    let client: ClientId = presented.client_id.parse().map_err(|_| Kind::WrongCredentials)?;
    let secret = app.store.find_secret(&client, &presented.client_secret).await.map_err(edge::failed)?;
    let secret = secret.ok_or(Kind::WrongCredentials)?;
    // After the secret: who only knows an organisation's id takes nothing from it.
    let counted = app.store.count_request(&app.plans, &client, Quota::TokensPerMinute, request.now);
    counted.await.map_err(edge::failed)?;
    let roles = secret.roles.iter().map(|role| role.name().to_owned()).collect();
    let claims = Claims::new(app.urls.base(), &client, &secret.id, roles, request.now).labelled(&secret.label);
    let draft = claims.draft(&app.token_key)?;
    let signature = app.signer.sign(&app.token_key_arn, draft.signing_input()).await.map_err(edge::failed)?;
    let token = draft.complete(&signature, &app.token_key).map_err(Problem::internal)?;
    let body = json!({"access_token": token, "token_type": "bearer", "expires_in": LIFETIME_SECONDS});
    Ok(Answer::json(200, &body).header("pragma", "no-cache"))
}

fn read(request: &Request) -> Result<Presented, Problem> {
    let media_type = request.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let fields: Vec<(String, String)> = match media_type.to_ascii_lowercase().as_str() {
        "application/json" => {
            let body = request.json()?;
            let text = |(key, value): (&String, &Value)| value.as_str().map(|v| (key.clone(), v.to_owned()));
            body.as_object().into_iter().flatten().filter_map(text).collect()
        }
        "" | "application/x-www-form-urlencoded" => url::form_urlencoded::parse(&request.body).into_owned().collect(),
        _ => return Err(Kind::UnsupportedMediaType.into()),
    };
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let (id, secret) = match request.header("authorization").and_then(basic) {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (field("client_id"), field("client_secret")),
    };
    let mut missing = Vec::new();
    let mut required = |name: &str, value: Option<String>| {
        value.filter(|v| !v.is_empty()).unwrap_or_else(|| {
            missing.push(FieldError { pointer: format!("/{name}"), reason: Reason::Missing });
            String::new()
        })
    };
    let presented = Presented {
        grant_type: required("grant_type", field("grant_type")),
        client_id: required("client_id", id),
        client_secret: required("client_secret", secret),
    };
    if missing.is_empty() { Ok(presented) } else { Err(missing.into()) }
}

/// Id and secret of HTTP Basic, each form-encoded before (RFC 6749 section 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode =
        |part: &str| url::form_urlencoded::parse(format!("x={part}").as_bytes()).next().map(|(_, v)| v.into_owned());
    Some((decode(id)?, decode(secret)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &str)], body: &str) -> Request {
        let mut request = Request::test(http::Method::POST, "/v2/client/oauth2/token", headers);
        request.body = body.as_bytes().to_vec();
        request
    }

    #[test]
    fn three_ways_to_present_credentials() {
        let expected =
            Presented { grant_type: "client_credentials".into(), client_id: "abc".into(), client_secret: "s3".into() };
        let form = "grant_type=client_credentials&client_id=abc&client_secret=s3";
        assert!(
            read(&request(&[("content-type", "application/x-www-form-urlencoded; charset=utf-8")], form)).ok()
                == Some(expected)
        );
        let expected =
            Presented { grant_type: "client_credentials".into(), client_id: "abc".into(), client_secret: "s3".into() };
        let json = r#"{"grant_type":"client_credentials","client_id":"abc","client_secret":"s3"}"#;
        assert!(read(&request(&[("content-type", "application/json")], json)).ok() == Some(expected));
        let expected =
            Presented { grant_type: "client_credentials".into(), client_id: "abc".into(), client_secret: "s3".into() };
        let headers = [("authorization", "Basic YWJjOnMz"), ("content-type", "application/x-www-form-urlencoded")];
        assert!(read(&request(&headers, "grant_type=client_credentials")).ok() == Some(expected));
    }

    #[test]
    fn what_is_missing_is_named() {
        let problem = read(&request(&[], "client_id=abc")).err().unwrap();
        assert_eq!(problem.kind(), Kind::InvalidRequest);
        let kind = read(&request(&[("content-type", "text/xml")], "<a/>")).err().unwrap().kind();
        assert_eq!(kind, Kind::UnsupportedMediaType);
    }
}
