//! What the journeys share: the running stack, a caller with a token, and a badge to issue.
//!
//! Journeys know the product only by HTTP and by the operator's command. They run inside `infra/local/stack.py test`, which sets the
//! variables read here.

pub mod browser;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::process::{Command, Output};

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value, empty when it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// All values of a header that may come several times.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// This reply, provided it has this status.
    ///
    /// # Panics
    /// When it has another.
    #[expect(clippy::panic, reason = "a journey ends where an answer is not the expected one")]
    pub fn expect(self, status: u16) -> Self {
        if self.status != status {
            panic!("expected {status}, got {}: {}", self.status, self.text());
        }
        self
    }
}

/// The value of a variable of the stack.
///
/// # Panics
/// When no stack is running around this test.
#[must_use]
#[expect(clippy::disallowed_methods, clippy::panic, reason = "journeys are told by variables where the stack is")]
pub fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run journeys by `make test`, which starts a stack for them"))
}

/// Where the stack answers, without a trailing slash.
#[must_use]
pub fn base() -> String {
    variable("BASE_URL").trim_end_matches('/').to_owned()
}

/// One request; `body` may be empty. `path` is absolute or below [`base`].
///
/// # Panics
/// When the stack does not answer at all.
#[must_use]
#[expect(clippy::panic, reason = "a journey ends where the stack does not answer")]
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", base()) };
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let mut builder = ureq::http::Request::builder().method(method).uri(&url);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let sent =
        builder.body(body.to_vec()).map_err(|e| e.to_string()).and_then(|r| agent.run(r).map_err(|e| e.to_string()));
    let mut answer = sent.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
    let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = answer.body_mut().with_config().limit(50_000_000).read_to_vec();
    let body = body.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
    Reply { status: answer.status().as_u16(), headers, body }
}

/// A call of the stack's AWS in its JSON protocol, as its account's root, past every function. `target`: for example
/// `AmazonSQS.SendMessage`.
///
/// # Panics
/// When it is refused.
#[must_use]
pub fn aws(service: &str, target: &str, body: &Value) -> Value {
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [
        ("x-amz-target", target),
        ("content-type", "application/x-amz-json-1.0"),
        ("authorization", credential.as_str()),
    ];
    let address = format!("{}/", variable("AWS_ENDPOINT_URL"));
    request("POST", &address, &headers, body.to_string().as_bytes()).expect(200).json()
}

/// A call of the stack's table, or another of its database.
///
/// # Panics
/// When it is refused.
pub fn dynamo(operation: &str, body: &Value) -> Value {
    aws("dynamodb", &format!("DynamoDB_20120810.{operation}"), body)
}

/// A form with a file in it, as browsers send it: names and values in their order.
#[must_use]
pub fn post_form(url: &str, headers: &[(&str, &str)], fields: &[(&str, &[u8])]) -> Reply {
    const BOUNDARY: &str = "journey-f3a91c";
    let mut body = Vec::new();
    for (name, value) in fields {
        let file = if *name == "file" { "; filename=\"file\"" } else { "" };
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    request("POST", url, &[&[("content-type", content_type.as_str())], headers].concat(), &body)
}

/// A public document.
#[must_use]
pub fn get(path: &str) -> Reply {
    request("GET", path, &[], b"")
}

/// A public document in a form of its own.
#[must_use]
pub fn get_as(path: &str, accept: &str) -> Reply {
    request("GET", path, &[("accept", accept)], b"")
}

/// The mails that the stack's mail service took for an address, oldest first.
#[must_use]
pub fn mails(address: &str) -> Vec<Value> {
    let all = get(&format!("{}/_ministack/ses/messages", variable("AWS_ENDPOINT_URL"))).expect(200).json();
    let accounts = all["messages"].as_object().cloned().unwrap_or_default();
    let every = accounts.values().filter_map(Value::as_array).flatten().cloned();
    every.filter(|mail| mail["To"].as_array().is_some_and(|to| to.iter().any(|a| a == address))).collect()
}

/// The validator's report on a file.
#[must_use]
pub fn validate(file: &[u8]) -> Value {
    request("POST", "/validate", &[("content-type", "application/octet-stream")], file).expect(200).json()
}

/// How one step of a report ended, as `outcome/code`.
#[must_use]
pub fn step(report: &Value, id: &str) -> String {
    let steps = report["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = steps.iter().find(|step| step["id"] == id);
    found.map_or_else(
        || "absent".to_owned(),
        |s| format!("{}/{}", s["outcome"].as_str().unwrap_or("?"), s["code"].as_str().unwrap_or("?")),
    )
}

/// Waits until something that happens by itself has happened.
///
/// # Panics
/// When it has not after two minutes.
#[expect(clippy::panic, reason = "a journey ends where what it waits for does not come")]
pub fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    for _ in 0..480 {
        if happened() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(250));
    }
    panic!("still not: {what}");
}

/// What the operator's command answers.
///
/// # Panics
/// When the command fails.
#[must_use]
#[expect(clippy::panic, reason = "a journey ends where the operator's command fails")]
pub fn operator(arguments: &[&str]) -> Value {
    let done = try_operator(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !done.status.success() {
        panic!("operator {arguments:?}: {}{}", text(&done.stderr), text(&done.stdout));
    }
    serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
}

/// The same, whatever comes of it.
///
/// # Panics
/// When there is no such command to run.
#[must_use]
#[expect(clippy::panic, reason = "a journey ends where the operator's command cannot be run")]
pub fn try_operator(arguments: &[&str]) -> Output {
    let target = option_env!("CARGO_TARGET_DIR")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target").to_owned(), str::to_owned);
    let done = Command::new(format!("{target}/debug/operator")).args(arguments).output();
    done.unwrap_or_else(|error| panic!("operator: {error}"))
}

/// An issuer's system with its token.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// The organisation's id.
    pub client: String,
    /// Its secret.
    pub secret: String,
    token: String,
}

impl Issuer {
    /// With credentials that exist.
    #[must_use]
    pub fn sign_in(client: &str, secret: &str) -> Self {
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let answer = request(
            "POST",
            "/v2/client/oauth2/token",
            &[("content-type", "application/x-www-form-urlencoded")],
            form.as_bytes(),
        );
        let token = answer.expect(200).json()["access_token"].as_str().unwrap_or_default().to_owned();
        Self { client: client.to_owned(), secret: secret.to_owned(), token }
    }

    /// A new organisation. `options` are further options of `operator org create`.
    #[must_use]
    pub fn new(name: &str, options: &[&str]) -> Self {
        let fixed =
            ["org", "create", "--name", name, "--url", "https://issuer.example", "--email", "badges@issuer.example"];
        let made = operator(&[&fixed[..], options].concat());
        Self::sign_in(
            made["client_id"].as_str().unwrap_or_default(),
            made["client_secret"].as_str().unwrap_or_default(),
        )
    }

    /// Somebody who may sign in to the console with this address and these roles (`admin,issuer`).
    pub fn member(&self, address: &str, roles: &str) {
        let _ = operator(&["member", "add", "--client", &self.client, "--email", address, "--roles", roles]);
    }

    /// The bearer token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request with the token. `{client}` in the path is this organisation.
    #[must_use]
    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        all.extend_from_slice(headers);
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        request(method, &path.replace("{client}", &self.client), &all, &bytes)
    }

    /// A badge that can be issued, with this picture (a data URL).
    #[must_use]
    pub fn create_badge(&self, image: &str) -> String {
        let answer = self.call("POST", "/v2/badge/{client}", &[], &badge(image)).expect(200).json();
        answer["resource_id"].as_str().unwrap_or_default().to_owned()
    }

    /// Issues to these addresses; the event's id.
    #[must_use]
    pub fn issue(&self, badge: &str, addresses: &[&str]) -> String {
        let path = format!("/v2/event/{{client}}/{badge}/issue");
        let answer = self.call("POST", &path, &[], &issue_to(addresses)).expect(200).json();
        answer["resource_id"].as_str().unwrap_or_default().to_owned()
    }

    /// The recipients of an event, as listed.
    #[must_use]
    pub fn recipients(&self, event: &str) -> Vec<Value> {
        let path = format!("/v2/event/{{client}}/recipient?event_id={event}");
        let answer = self.call("GET", &path, &[], &Value::Null).expect(200).json();
        answer["result"].as_array().cloned().unwrap_or_default()
    }

    /// The credential ids of an event, in order of its recipients.
    #[must_use]
    pub fn credentials(&self, event: &str) -> Vec<String> {
        self.recipients(event).iter().map(|r| r["assertion_id"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// The organisation that the stack came up with.
#[must_use]
pub fn demo() -> Issuer {
    Issuer::sign_in(&variable("CLIENT_ID"), &variable("CLIENT_SECRET"))
}

/// The body of a request for a badge.
#[must_use]
pub fn badge(image: &str) -> Value {
    json!({
        "category": ["journeys"], "image": image, "primary_language": "ja", "draft": false, "expires": 0,
        "content": [
            {"language": "ja", "name": "チームワーク", "description": "協働して成果を出した。", "criteria": "**課題**を三つ終えること。", "tag": ["協働"]},
            {"language": "en", "name": "Teamwork", "description": "Worked with others.", "criteria": "Finish **three** tasks.", "tag": []}
        ]
    })
}

/// The body of a request to issue.
#[must_use]
pub fn issue_to(addresses: &[&str]) -> Value {
    let recipients: Vec<Value> = addresses.iter().map(|email| json!({"email": email, "name": "花子 Hanako"})).collect();
    json!({"recipient": recipients, "api_consumer_id": "journeys", "send_email": false, "log_entry": {"course_id": "2"}})
}

/// The repository's own badge picture.
pub const PICTURE: &[u8] = include_bytes!("../../../infra/demo/badge.png");
/// The same as a drawing.
pub const DRAWING: &[u8] = include_bytes!("../../../infra/demo/badge.svg");

/// A picture as a data URL.
#[must_use]
pub fn data_url(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}

/// The repository's own badge picture as a data URL.
#[must_use]
pub fn picture() -> String {
    data_url("image/png", PICTURE)
}
