//! Asking the functions that have the powers, in the name of a member.
//!
//! A call is the same request that the API's gateway would hand over, given to the function by `lambda:InvokeFunction`; so a page can do
//! nothing that the API refuses, and what may be done is decided in one place. It is not repeated when no answer comes: nobody knows
//! then whether it was carried out, and the page says so.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_types::SdkConfig;
use badge::{ClientId, Lang};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::token::{self, Claims};
use edge::{Kind, Problem};
use jiff::Timestamp;
use proof::keys::PublicKey;
use serde_json::{Map, Value, json};
use signer::Signer;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use store::Member;

/// The longest a call may take: a little less than this function has.
const CALL_TIMEOUT: Duration = Duration::from_secs(26);
/// How long a member's token lives. Roles are read anew with every page, and are part of what a kept token is found by.
const TOKEN_LIFE_SECONDS: i64 = 300;
/// Tokens kept, at most.
const MAX_TOKENS: usize = 200;

/// Which function answers a route of the API.
fn owner(route: &str) -> Option<&'static str> {
    let (_, path) = route.split_once(" /v2/")?;
    let area = path.split('/').next()?;
    match area {
        "client" if path.ends_with("/brand") || path.ends_with("/design") => Some("badges"),
        "client" => Some("accounts"),
        "badge" | "design" => Some("badges"),
        "event" | "import" => Some("issuance"),
        "export" => Some("export"),
        "form" | "application" => Some("applications"),
        "feed" | "webhook" => Some("webhooks"),
        _ => None,
    }
}

/// One request to the API.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    /// Method and path as the template has them: `GET /v2/badge/{client}/{badge}`.
    pub(crate) route: &'a str,
    /// What stands in the path for each name in braces, but `client`.
    pub(crate) parameters: &'a [(&'a str, &'a str)],
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// Media type and bytes; none for what only reads.
    pub(crate) body: Option<(&'a str, Vec<u8>)>,
    /// Headers besides.
    pub(crate) headers: &'a [(&'a str, &'a str)],
}

impl<'a> Call<'a> {
    /// A call without a body.
    pub(crate) fn to(route: &'a str, parameters: &'a [(&'a str, &'a str)]) -> Self {
        Self { route, parameters, query: &[], body: None, headers: &[] }
    }

    /// With these query parameters.
    pub(crate) fn asking(self, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { query, ..self }
    }

    /// With these headers.
    pub(crate) fn with(self, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { headers, ..self }
    }

    /// With a JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.bytes("application/json", body.to_string().into_bytes())
    }

    /// With a body of another kind.
    pub(crate) fn bytes(self, media_type: &'a str, bytes: Vec<u8>) -> Self {
        Self { body: Some((media_type, bytes)), ..self }
    }

    fn path(&self, client: &ClientId) -> String {
        let path = self.route.split_once(' ').map_or(self.route, |(_, path)| path).replace("{client}", client.as_str());
        self.parameters.iter().fold(path, |path, (name, value)| path.replace(&format!("{{{name}}}"), value))
    }

    /// Whether it is meant to change something.
    pub(crate) fn changes(&self) -> bool {
        !self.route.starts_with("GET ")
    }
}

/// What the API answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// A complaint about one field, in the caller's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Where in the body: `/content/0/name`.
    pub(crate) pointer: String,
    pub(crate) text: String,
}

impl Reply {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What is wrong, field by field; what is wrong as a whole has no pointer.
    pub(crate) fn complaints(&self) -> Vec<Complaint> {
        let body = self.json();
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let field = |error: &Value| Complaint {
            pointer: text(error, "pointer").trim_start_matches('#').to_owned(),
            text: text(error, "detail"),
        };
        let mut complaints: Vec<Complaint> = body["errors"].as_array().into_iter().flatten().map(field).collect();
        if complaints.is_empty() || body["detail"].is_string() {
            let whole = Some(text(&body, "detail")).filter(|text| !text.is_empty());
            let whole = whole.unwrap_or_else(|| text(&body, "title"));
            complaints.insert(0, Complaint { pointer: String::new(), text: whole });
        }
        complaints
    }

    /// The failure it is, for a page that cannot show it beside a field.
    pub(crate) fn problem(&self) -> Problem {
        let body = self.json();
        let kind = body["type"].as_str().and_then(Kind::from_uri);
        match (kind, self.status) {
            (Some(kind), _) => {
                let detail = self.complaints().into_iter().map(|c| c.text).collect::<Vec<_>>().join(" ");
                Problem::new(kind).detail(detail.clone(), detail)
            }
            // The API's one plain answer: the token does not do.
            (None, 403) => Kind::MissingRole.into(),
            (None, status) => Problem::internal(format!("a function answered {status}")),
        }
    }
}

/// Tokens in members' names, some of which are kept for a while.
#[derive(Debug)]
pub(crate) struct Tokens {
    signer: Signer,
    key_arn: String,
    key: PublicKey,
    base: String,
    kept: Mutex<HashMap<String, (i64, String)>>,
}

impl Tokens {
    pub(crate) fn new(signer: Signer, key_arn: String, key: PublicKey, base: &str) -> Self {
        Self { signer, key_arn, key, base: base.to_owned(), kept: Mutex::default() }
    }

    /// A token for what a member may do.
    async fn of(&self, client: &ClientId, member: &Member, now: Timestamp) -> Result<String, Problem> {
        let roles: Vec<String> = member.roles.iter().map(|role| role.name().to_owned()).collect();
        let name = format!("{client} {} {roles:?} {:?}", member.person, member.badges);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some((until, token)) = kept
            && now.as_second() < until
        {
            return Ok(token);
        }
        let claims = Claims::new(&self.base, client, &token::member(&member.person), roles, now);
        let draft = claims.narrowed(member.badges.clone(), TOKEN_LIFE_SECONDS).draft(&self.key)?;
        let signature = self.signer.sign(&self.key_arn, draft.signing_input()).await.map_err(edge::failed)?;
        let token = draft.complete(&signature, &self.key).map_err(Problem::internal)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_TOKENS {
            kept.clear();
        }
        kept.insert(name, (now.as_second() + TOKEN_LIFE_SECONDS - 60, token.clone()));
        Ok(token)
    }
}

/// The API's functions.
#[derive(Debug)]
pub(crate) struct Api {
    lambda: Client,
    prefix: String,
    tokens: Tokens,
}

impl Api {
    /// `prefix`: what the functions' names begin with.
    pub(crate) fn new(aws: &SdkConfig, prefix: String, tokens: Tokens) -> Self {
        let config = aws_sdk_lambda::config::Builder::from(aws)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(2))
                    .operation_attempt_timeout(CALL_TIMEOUT)
                    .operation_timeout(CALL_TIMEOUT)
                    .build(),
            )
            .interceptor(observe::Calls)
            .build();
        Self { lambda: Client::from_conf(config), prefix, tokens }
    }

    /// Asks in the name of a member.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] when no answer came; a fault when the function broke. What the API refuses is a [`Reply`].
    pub(crate) async fn call(
        &self,
        client: &ClientId,
        member: &Member,
        lang: Lang,
        (request_id, now): (&str, Timestamp),
        call: &Call<'_>,
    ) -> Result<Reply, Problem> {
        let function = owner(call.route).ok_or_else(|| Problem::internal(format!("nobody answers {}", call.route)))?;
        let token = self.tokens.of(client, member, now).await?;
        let payload = payload(client, lang, request_id, &token, call);
        let asked = self
            .lambda
            .invoke()
            .function_name(format!("{}{function}:live", self.prefix))
            .payload(Blob::new(payload.to_string()))
            .send()
            .await
            .map_err(|error| Problem::unavailable(format!("{function}: {}", code(&error))))?;
        if asked.function_error.is_some() {
            return Err(Problem::internal(format!("{function} broke at {}", call.route)));
        }
        let bytes = asked.payload.map(Blob::into_inner).unwrap_or_default();
        reply(&bytes).ok_or_else(|| Problem::internal(format!("{function} answered no response")))
    }
}

fn code<E: aws_sdk_lambda::error::ProvideErrorMetadata, R>(error: &aws_sdk_lambda::error::SdkError<E, R>) -> String {
    use aws_sdk_lambda::error::SdkError;
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("service error").to_owned(),
        SdkError::TimeoutError(_) => "timeout".to_owned(),
        _ => "no connection".to_owned(),
    }
}

/// The request as API Gateway hands it over (payload format 2.0).
fn payload(client: &ClientId, lang: Lang, request_id: &str, token: &str, call: &Call<'_>) -> Value {
    let path = call.path(client);
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(call.query).finish();
    let texts = |pairs: &[(&str, &str)]| -> Map<String, Value> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
    };
    let mut headers = texts(call.headers);
    headers.insert("authorization".into(), format!("Bearer {token}").into());
    headers.insert("accept-language".into(), lang.tag().into());
    headers.entry("accept").or_insert_with(|| "application/json".into());
    if let Some((media_type, _)) = &call.body {
        headers.insert("content-type".into(), (*media_type).into());
    }
    let mut parameters = texts(call.parameters);
    parameters.insert("client".into(), client.as_str().into());
    let method = call.route.split_once(' ').map_or("GET", |(method, _)| method);
    json!({
        "version": "2.0",
        "routeKey": call.route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "queryStringParameters": texts(call.query),
        "pathParameters": parameters,
        "requestContext": {
            "accountId": "", "apiId": "", "domainName": "api.internal", "domainPrefix": "api", "stage": "$default",
            "requestId": request_id, "routeKey": call.route, "time": "", "timeEpoch": 0,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "console"},
        },
        "body": call.body.as_ref().map(|(_, bytes)| STANDARD.encode(bytes)),
        "isBase64Encoded": call.body.is_some(),
    })
}

fn reply(payload: &[u8]) -> Option<Reply> {
    let payload: Value = serde_json::from_slice(payload).ok()?;
    let body = payload["body"].as_str().unwrap_or_default();
    let body = match payload["isBase64Encoded"].as_bool() {
        Some(true) => STANDARD.decode(body).ok()?,
        _ => body.as_bytes().to_vec(),
    };
    Some(Reply { status: u16::try_from(payload["statusCode"].as_u64()?).ok()?, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> ClientId {
        ClientId::from_random([1; 10])
    }

    #[test]
    fn every_route_of_the_api_is_asked_of_the_function_that_the_template_names() {
        let template = include_str!("../../../template.yaml");
        let mut count = 0;
        for line in template.lines().filter(|line| line.contains("RouteKey: \"") && line.contains(" /v2/")) {
            let route = line.split("RouteKey: \"").nth(1).unwrap().split('"').next().unwrap();
            let integration = line.split("integrations/${").nth(1).unwrap().split("Integration}").next().unwrap();
            assert_eq!(owner(route), Some(integration.to_lowercase().as_str()), "{route}");
            count += 1;
        }
        assert!(count > 40);
        assert_eq!(owner("GET /validate"), None);
    }

    #[test]
    fn a_call_is_the_request_that_the_gateway_would_hand_over() {
        let call = Call::to("PUT /v2/event/{client}/{event}/revoke", &[("event", "e1")])
            .asking(&[("q", "a&b=ä")])
            .json(&json!({"reason": "x"}));
        assert!(call.changes());
        let payload = payload(&client(), Lang::Ja, "r1", "t", &call);
        assert_eq!(payload["rawPath"], format!("/v2/event/{}/e1/revoke", client()));
        assert_eq!(payload["pathParameters"], json!({"client": client().as_str(), "event": "e1"}));
        assert_eq!(payload["rawQueryString"], "q=a%26b%3D%C3%A4");
        assert_eq!(payload["headers"]["authorization"], "Bearer t");
        assert_eq!(STANDARD.decode(payload["body"].as_str().unwrap()).unwrap(), br#"{"reason":"x"}"#);
        // The runtime reads it as what it is.
        let read = lambda_http::request::from_str(&payload.to_string()).unwrap();
        assert_eq!((read.method().as_str(), read.uri().path()), ("PUT", payload["rawPath"].as_str().unwrap()));
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field_or_at_the_top() {
        let with = |status, body: Value| Reply { status, body: body.to_string().into_bytes() };
        let fields = with(400, json!({"title": "T", "errors": [{"pointer": "#/content/0/name", "detail": "missing"}]}));
        let complaint = |pointer: &str, text: &str| Complaint { pointer: pointer.into(), text: text.into() };
        assert_eq!(fields.complaints(), [complaint("/content/0/name", "missing")]);
        let whole = with(409, json!({"title": "T", "detail": "D", "type": Kind::Conflict.uri()}));
        assert_eq!((whole.complaints(), whole.problem().kind()), (vec![complaint("", "D")], Kind::Conflict));
        let plain = Reply { status: 403, body: b"403 Forbidden".to_vec() };
        assert_eq!(plain.problem().kind(), Kind::MissingRole);
    }

    #[test]
    fn an_answer_is_read_in_text_and_in_base64() {
        let text = reply(
            br#"{"statusCode":200,"headers":{"content-type":"application/json"},"body":"{}","isBase64Encoded":false}"#,
        )
        .unwrap();
        assert_eq!((text.status, text.body.as_slice()), (200, &b"{}"[..]));
        let bytes = reply(br#"{"statusCode":200,"headers":{},"multiValueHeaders":{"content-type":["image/png"]},"body":"iVBORw==","isBase64Encoded":true}"#).unwrap();
        assert_eq!(bytes.body, b"\x89PNG");
        assert!(reply(b"{}").is_none() && reply(b"x").is_none());
    }
}
