//! A provider on a port, and how often it is asked what.

use super::*;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use proof::encoding::base64url_encode;
use proof::jws::{self, NewHeader};
use proof::testing::TestKey;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

const CLIENT: &str = "shirushi";
const NOW: i64 = 1_800_000_000;

/// What the port was asked: `POST /token`, its headers in lower case and its body.
#[derive(Debug, Clone)]
struct Asked {
    what: String,
    head: String,
    body: String,
}

/// A provider and the Secrets Manager on one port. `answer` may say something else than the usual, by status and body.
struct Port {
    issuer: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Port {
    fn open(answer: impl Fn(&Asked, &str) -> Option<(u16, Value)> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, origin) = (asked.clone(), issuer.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(one) = read(&stream) else { continue };
                let (status, body) = answer(&one, &origin).unwrap_or_else(|| usual(&one, &origin));
                noted.lock().unwrap().push(one);
                let body = body.to_string();
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { issuer, asked }
    }

    fn times(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|one| one.what == what).count()
    }

    fn last(&self, what: &str) -> Asked {
        self.asked.lock().unwrap().iter().rfind(|one| one.what == what).unwrap().clone()
    }

    fn provider(&self, secret: bool) -> Provider {
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .endpoint_url(&self.issuer)
            .build();
        let allow = AllowList::parse(self.issuer.strip_prefix("http://").unwrap()).unwrap();
        Provider {
            name: "Academy".into(),
            domains: Vec::new(),
            issuer: self.issuer.clone(),
            client_id: CLIENT.into(),
            secret_arn: secret.then(|| "arn:aws:secretsmanager:us-east-1:0:secret:s".into()),
            back: "https://b.example/sign-in/oidc/callback".into(),
            secrets: aws_sdk_secretsmanager::Client::new(&aws),
            outside: outbound::Client::new(Guard { allow, limits: LIMITS }),
            description: Kept::nothing(),
            keys: Kept::nothing(),
            secret: Kept::nothing(),
        }
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (reader.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    let what = head.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let lower = head.to_lowercase();
    let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { what, head, body: String::from_utf8(body).ok()? })
}

fn key(seed: u8) -> TestKey {
    TestKey::ed25519(&[seed; 32]).unwrap()
}

fn jwk(seed: u8) -> Value {
    let mut jwk = key(seed).public_key().to_jwk();
    jwk["kid"] = json!(format!("key {seed}"));
    jwk
}

fn login() -> Login {
    Login::from_random([9; 32])
}

/// Tokens signed by the key of this seed; they may name no address.
fn tokens(origin: &str, seed: u8, email: Option<&str>) -> Value {
    let mut claims = json!({
        "iss": origin, "sub": "s", "aud": CLIENT, "exp": NOW + 600, "iat": NOW, "nonce": login().nonce(), "email": email,
        "email_verified": true,
    });
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let kid = format!("key {seed}");
    let header = NewHeader { algorithm: key(seed).public_key().algorithm(), key_id: Some(&kid), typ: None };
    let draft = jws::draft(&header, claims.to_string().as_bytes());
    let signature = key(seed).sign(draft.signing_input()).unwrap();
    let token = draft.complete(&signature, key(seed).public_key()).unwrap();
    json!({"id_token": token, "access_token": "access", "token_type": "Bearer"})
}

fn description(origin: &str) -> Value {
    json!({
        "issuer": origin, "authorization_endpoint": format!("{origin}/auth"), "token_endpoint": format!("{origin}/token"),
        "jwks_uri": format!("{origin}/keys"), "userinfo_endpoint": format!("{origin}/me"), "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["EdDSA"], "authorization_response_iss_parameter_supported": true,
    })
}

fn usual(asked: &Asked, origin: &str) -> (u16, Value) {
    match asked.what.as_str() {
        "GET /.well-known/openid-configuration" => (200, description(origin)),
        "GET /keys" => (200, json!({"keys": [jwk(1)]})),
        "POST /token" => (200, tokens(origin, 1, Some("hana@example.org"))),
        "GET /me" => (200, json!({"sub": "s", "email": "me@example.org", "email_verified": true})),
        "POST /" => (200, json!({"SecretString": "secret"})),
        _ => (404, json!({})),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).unwrap()
}

/// Who comes back with a code, `seconds` later.
async fn back(provider: &Provider, seconds: i64) -> Result<String, Failure> {
    let response = Response { code: Some("code"), issuer: Some(&provider.issuer), error: None };
    let identity = provider.identity(&login(), &response, at(seconds)).await?;
    Ok(identity.address(&provider.domains)?.as_str().to_owned())
}

#[tokio::test]
async fn what_the_provider_says_of_itself_is_kept_and_a_code_is_not() {
    let port = Port::open(|_, _| None);
    let provider = port.provider(false);
    let there = provider.authorization(&login(), "ja", at(0)).await.unwrap();
    assert!(there.starts_with(&format!("{}/auth?response_type=code&client_id=shirushi&", port.issuer)), "{there}");
    for seconds in [0, 60, 120] {
        assert_eq!(back(&provider, seconds).await.unwrap(), "hana@example.org");
    }
    let description = "GET /.well-known/openid-configuration";
    assert_eq!((port.times(description), port.times("GET /keys"), port.times("POST /token")), (1, 1, 3));
    assert_eq!((port.times("POST /"), port.times("GET /me")), (0, 0));
    let _ = provider.authorization(&login(), "ja", at(3600)).await.unwrap();
    assert_eq!(port.times(description), 2);
    let asked = port.last("POST /token");
    assert!(
        asked.body.contains("code=code&redirect_uri=https%3A%2F%2Fb.example%2F")
            && asked.body.contains("client_id=shirushi")
    );
    assert!(!asked.head.to_lowercase().contains("authorization"));
}

#[tokio::test]
async fn a_new_key_is_looked_for_and_not_again_and_again() {
    let port = Port::open(|asked, origin| {
        (asked.what == "POST /token").then(|| (200, tokens(origin, 2, Some("a@b.example"))))
    });
    let provider = port.provider(false);
    // Nobody has asked for keys for a minute: once is enough to see that there is none. After a minute it is there.
    for (seconds, fetched) in [(0, 1), (30, 1), (61, 2), (100, 2)] {
        assert!(matches!(back(&provider, seconds).await, Err(Failure::Refused(Refusal::UnknownKey))));
        assert_eq!(port.times("GET /keys"), fetched, "{seconds}");
    }
    let keys = KeySet::parse(json!({"keys": [jwk(2)]}).to_string().as_bytes()).unwrap();
    let _ = provider.keys.keep(keys, at(100));
    assert_eq!(back(&provider, 110).await.unwrap(), "a@b.example");
}

#[tokio::test]
async fn the_secret_is_kept_until_the_provider_refuses_it() {
    let port = Port::open(|asked, _| {
        let wrong = asked.what == "POST /token" && asked.body.contains("code=wrong");
        wrong.then(|| (401, json!({"error": "invalid_client", "error_description": "hana@example.org"})))
    });
    let provider = port.provider(true);
    for seconds in [0, 60] {
        let _ = back(&provider, seconds).await.unwrap();
    }
    assert_eq!(port.times("POST /"), 1);
    assert!(port.last("POST /token").head.contains("Basic c2hpcnVzaGk6c2VjcmV0"));
    let response = Response { code: Some("wrong"), issuer: Some(&provider.issuer), error: None };
    let refused = provider.identity(&login(), &response, at(60)).await.unwrap_err();
    assert_eq!(refused.to_string(), "the token endpoint answers invalid_client");
    let _ = back(&provider, 61).await.unwrap();
    let _ = back(&provider, 61 + 300).await.unwrap();
    assert_eq!(port.times("POST /"), 3);
}

#[tokio::test]
async fn an_address_may_be_told_by_user_info_alone() {
    let port = Port::open(|asked, origin| (asked.what == "POST /token").then(|| (200, tokens(origin, 1, None))));
    assert_eq!(back(&port.provider(false), 0).await.unwrap(), "me@example.org");
    assert!(port.last("GET /me").head.to_lowercase().contains("authorization: bearer access\r\n"));
}

#[tokio::test]
async fn an_odd_provider_signs_nobody_in_and_is_told_without_its_words() {
    let odd = |what: &'static str, answer: (u16, Value)| {
        Port::open(move |asked, _| (asked.what == what).then(|| answer.clone()))
    };
    let secret = json!({"error": "hana@example.org", "SecretString": ""});
    for (what, answer, told) in [
        (
            "GET /.well-known/openid-configuration",
            (200, description("https://evil.example")),
            "another issuer in the discovery document",
        ),
        ("GET /.well-known/openid-configuration", (302, json!({})), "discovery document: status 302"),
        (
            "GET /.well-known/openid-configuration",
            (200, json!("x".repeat(LIMITS.body_bytes))),
            "discovery document: the answer is larger than 262144 bytes",
        ),
        ("GET /keys", (500, json!({})), "key set: status 500"),
        ("GET /keys", (200, json!({})), "malformed key set"),
        ("POST /token", (400, secret.clone()), "token endpoint: status 400"),
        ("POST /token", (200, secret.clone()), "malformed token response"),
        ("POST /token", (200, tokens("https://evil.example", 1, None)), "the claim iss is missing or wrong"),
        ("POST /", (200, secret), "the client's secret: no text"),
        ("POST /", (400, json!({"__type": "AccessDeniedException"})), "the client's secret: AccessDeniedException"),
    ] {
        let port = odd(what, answer);
        assert_eq!(back(&port.provider(true), 0).await.unwrap_err().to_string(), told);
    }
    let unsigned = format!("{}.{}.", base64url_encode(br#"{"alg":"none"}"#), base64url_encode(b"{}"));
    let port = odd("POST /token", (200, json!({"id_token": unsigned, "access_token": "a", "token_type": "Bearer"})));
    assert_eq!(
        back(&port.provider(false), 0).await.unwrap_err().to_string(),
        "the ID token's algorithm is not accepted"
    );
    let port = Port::open(|_, _| None);
    let response = Response { code: Some("code"), issuer: None, error: None };
    let mixed_up = port.provider(false).identity(&login(), &response, at(0)).await.unwrap_err();
    assert_eq!((mixed_up.to_string().as_str(), port.times("POST /token")), ("another issuer in the response", 0));
}

#[tokio::test]
async fn nobody_is_at_the_providers_address() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = Port { issuer: format!("http://{port}"), asked: Arc::default() };
    let failure = gone.provider(false).authorization(&login(), "en", at(0)).await.unwrap_err();
    assert!(matches!(failure, Failure::Silent("discovery document", FetchError::Connect(_))), "{failure}");
    // Nothing inside the network is asked, whatever the configuration says.
    let inside = Provider {
        outside: outbound::Client::new(Guard { limits: LIMITS, ..Guard::default() }),
        ..gone.provider(false)
    };
    let failure = inside.authorization(&login(), "en", at(0)).await.unwrap_err();
    assert!(matches!(failure, Failure::Silent(_, FetchError::SchemeNotAllowed)), "{failure}");
}

#[test]
fn what_is_configured_is_read_as_people_write_it() {
    assert_eq!(domains(" Example.org,sub.example.com ,,"), ["example.org", "sub.example.com"]);
    assert!(domains("").is_empty());
    assert_eq!((host("https://id.example/realm"), host("nonsense")), ("id.example".into(), "nonsense".into()));
}
