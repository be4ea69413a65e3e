//! AWS on the wire, for this crate's tests: a port that answers every call from a script and remembers what was asked. It keeps no
//! records of its own; whether the store's conditions hold is judged in the local stack.

use crate::App;
use crate::pace::Pace;
use crate::post::Post;
use crate::sample;
use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig};
use aws_types::SdkConfig;
use badge::{Event, Recipient};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use queue::Queue;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use store::Store;
use store::pack::Frame;

/// One call of an AWS operation.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// For example `GetItem` or `SendEmail`.
    pub(crate) operation: String,
    pub(crate) body: Value,
}

impl Call {
    /// The `sk` of the record it is about.
    pub(crate) fn place(&self) -> &str {
        self.body["Key"]["sk"]["S"].as_str().unwrap_or_default()
    }

    /// Whether it is an update of a recipient's life that sets or removes this.
    pub(crate) fn updates(&self, part: &str) -> bool {
        self.operation == "UpdateItem" && self.body["UpdateExpression"].as_str().is_some_and(|e| e.contains(part))
    }
}

/// What AWS answers: a status and a body.
pub(crate) type Reply = (u16, Value);

/// An error of SES or DynamoDB.
pub(crate) fn error(code: &str, message: &str) -> Reply {
    (400, json!({"__type": code, "message": message}))
}

/// The port.
#[derive(Debug)]
pub(crate) struct Wire {
    endpoint: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Wire {
    pub(crate) fn answering(script: impl Fn(&Call) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let heard = calls.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A connection that ended before it said anything is no call.
                let _ = take(&mut stream.unwrap(), &script, &heard);
            }
        });
        Self { endpoint, calls }
    }

    pub(crate) fn calls(&self, operation: &str) -> Vec<Call> {
        self.all().into_iter().filter(|call| call.operation == operation).collect()
    }

    pub(crate) fn all(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The function, talking to this port.
    pub(crate) fn app(&self) -> App {
        let credentials = Credentials::new("key", "secret", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .build();
        let store = Store::new(&aws, "table".into(), "bucket".into());
        App {
            claims: claim::Claims::new(&aws, &store, "issuance".into()),
            store,
            urls: sample::urls(),
            post: Post::new(&aws, &"no-reply@badges.example".parse().unwrap(), Some("reports".into())),
            pace: Pace::new(1_000),
            webhooks: Queue::new(&aws, format!("{}/webhooks", self.endpoint)),
        }
    }
}

fn take(stream: &mut TcpStream, script: &impl Fn(&Call) -> Reply, heard: &Mutex<Vec<Call>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    let mut next = || {
        line.clear();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        Some(line.trim().to_owned())
    };
    let first = next()?;
    let (mut length, mut target) = (0, None);
    loop {
        let header = next()?;
        let Some((name, value)) = header.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => target = value.rsplit('.').next().map(|name| name.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let operation = match path {
        "/v2/email/outbound-emails" => "SendEmail".to_owned(),
        _ => target.unwrap_or_else(|| path.to_owned()),
    };
    let call = Call { operation, body: serde_json::from_slice(&body).unwrap_or_default() };
    heard.lock().unwrap().push(call.clone());
    let (status, answer) = script(&call);
    let kind = answer["__type"].as_str().unwrap_or_default().to_owned();
    let answer = answer.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-errortype: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    )
    .ok()
}

fn doc(value: &impl serde::Serialize) -> Value {
    json!({"doc": {"S": serde_json::to_string(value).unwrap()}})
}

/// The sample's records as DynamoDB has them. What is looked up and is none of these is not there.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    pub(crate) event: Event,
    pub(crate) recipients: Vec<Recipient>,
    /// Numbers of recipients whose credentials are not signed yet.
    pub(crate) unsigned: Vec<u32>,
    /// Numbers of recipients whose credentials were revoked.
    pub(crate) revoked: Vec<u32>,
    /// Attributes of the recipients' lives.
    pub(crate) life: Value,
    /// Whether the organisation has webhooks.
    pub(crate) has_webhooks: bool,
}

impl Records {
    /// An event with this many recipients.
    pub(crate) fn with(count: u32) -> Self {
        let recipient =
            |n| Recipient { email: format!("p{n}@learners.example").parse().unwrap(), ..sample::recipient() };
        Self {
            event: Event { recipient_count: count, ..sample::event() },
            recipients: (0..count).map(recipient).collect(),
            unsigned: vec![],
            revoked: vec![],
            life: json!({}),
            has_webhooks: false,
        }
    }

    /// The answer to a call that reads; none to one that writes.
    pub(crate) fn read(&self, call: &Call) -> Option<Reply> {
        match call.operation.as_str() {
            "GetItem" => Some((200, self.item(&call.body["Key"]).map_or(json!({}), |item| json!({"Item": item})))),
            "BatchGetItem" => {
                let keys = call.body["RequestItems"]["table"]["Keys"].as_array().unwrap();
                let items: Vec<Value> = keys.iter().filter_map(|key| self.item(key)).collect();
                Some((200, json!({"Responses": {"table": items}})))
            }
            "Query" => {
                let plan = self.item(&json!({"pk": {"S": "EVENT"}, "sk": {"S": "PLAN#00000"}}));
                Some((200, json!({"Items": [plan], "Count": 1})))
            }
            _ => None,
        }
    }

    fn item(&self, key: &Value) -> Option<Value> {
        let sk = key["sk"]["S"].as_str()?;
        let frame = Frame::from_example("{}");
        let bytes = |bytes: Vec<u8>| json!({"B": STANDARD.encode(bytes)});
        let mut item = match sk {
            "EVENT" => {
                let mut item = doc(&self.event);
                item["frame"] = bytes(frame.stored().unwrap());
                item
            }
            "ORG" => {
                let mut item = doc(&sample::organisation());
                item["key_scope"] = json!({"S": "default"});
                item["mail_secret"] = bytes(vec![0; 32]);
                item["hooks"] = json!({"N": if self.has_webhooks { "1" } else { "0" }});
                item
            }
            "VERSION#00000001" => doc(&sample::badge()),
            "PLAN#00000" => doc(&self.recipients),
            _ if sk.starts_with("CRED#") => {
                let number = (0..self.event.recipient_count)
                    .find(|n| self.event.draw(*n).credential.to_string().ends_with(&sk["CRED#".len()..]))?;
                if self.unsigned.contains(&number) {
                    return None;
                }
                let recipient = serde_json::to_string(&self.recipients[number as usize]).unwrap();
                let mut item = json!({
                    "n": {"N": number.to_string()}, "p": {"S": recipient}, "z": bytes(frame.pack(b"{}").unwrap()),
                });
                if self.revoked.contains(&number) {
                    item["r"] = json!({"S": json!({"at": "2026-11-23T05:06:07Z"}).to_string()});
                }
                item
            }
            _ if sk.starts_with("LIFE#") => self.life.clone(),
            _ => return None,
        };
        item["pk"] = key["pk"].clone();
        item["sk"] = key["sk"].clone();
        Some(item)
    }
}
