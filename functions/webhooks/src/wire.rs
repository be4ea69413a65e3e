//! AWS and receivers on the wire, for this crate's tests: one port that answers every call from a script and remembers what was asked.
//! It keeps no records; whether the store's conditions hold is judged in the local stack.

use crate::App;
use crate::message::tests::event;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig};
use aws_types::SdkConfig;
use badge::Urls;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::token::Gate;
use outbound::{AllowList, Client, Guard};
use proof::testing::TestKey;
use queue::Queue;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use store::Store;
use store::pack::Frame;

/// One call: of an AWS operation (`GetItem`), or of a receiver (`/hook`).
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) body: Value,
}

impl Call {
    /// The partition that is read or written.
    pub(crate) fn partition(&self) -> &str {
        let body = &self.body;
        let named = [&body["Key"]["pk"]["S"], &body["ExpressionAttributeValues"][":pk"]["S"]];
        named.into_iter().find_map(Value::as_str).unwrap_or_default()
    }
    /// The `sk` of the record it is about.
    pub(crate) fn place(&self) -> &str {
        self.body["Key"]["sk"]["S"].as_str().unwrap_or_default()
    }
    /// A text or number that a condition or an update names.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let value = &self.body["ExpressionAttributeValues"][name];
        value["S"].as_str().or_else(|| value["N"].as_str())
    }
}

/// A status and a body.
pub(crate) type Reply = (u16, Value);

pub(crate) fn error(code: &str) -> Reply {
    (400, json!({"__type": code}))
}

pub(crate) fn items(items: &[Value]) -> Reply {
    (200, json!({"Items": items, "Count": items.len()}))
}

/// The port.
#[derive(Debug)]
pub(crate) struct Wire {
    host: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Wire {
    pub(crate) fn answering(script: impl Fn(&Call) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A connection that ended before it said anything is no call.
                let _ = take(&mut stream.unwrap(), &script, &heard);
            }
        });
        Self { host, calls }
    }

    pub(crate) fn calls(&self, operation: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.operation == operation).cloned().collect()
    }

    /// Bodies and pauses of the messages that were left in the queue.
    pub(crate) fn hints(&self) -> Vec<(String, i64)> {
        let entries = |call: Call| call.body["Entries"].as_array().unwrap().clone();
        let hint = |entry: Value| {
            let body: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
            (body["client"].as_str().unwrap().to_owned(), entry["DelaySeconds"].as_i64().unwrap())
        };
        self.calls("SendMessageBatch").into_iter().flat_map(entries).map(hint).collect()
    }

    /// The function, talking to this port, where receivers are too ([`Wire::url`]).
    pub(crate) fn app(&self) -> App {
        let endpoint = format!("http://{}", self.host);
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(&endpoint)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
            .retry_config(RetryConfig::disabled())
            .build();
        let urls = Urls::new("https://badges.example").unwrap();
        let key = TestKey::fresh_p256().unwrap();
        App {
            plans: badge::plan::Plans::default(),
            store: Store::new(&aws, "table".into(), "bucket".into()),
            outside: Client::new(Guard { allow: AllowList::parse(&self.host).unwrap(), ..Guard::default() }),
            queue: Queue::new(&aws, format!("{endpoint}/queue")),
            gate: Gate::new(vec![key.public_key().clone()], urls.base()),
            urls,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
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
    let mut operation = next()?.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    while let Some((name, value)) = next()?.split_once(':') {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => operation = value.rsplit('.').next()?.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let call = Call { operation, body: serde_json::from_slice(&body).unwrap_or_default() };
    heard.lock().unwrap().push(call.clone());
    let (status, answer) = script(&call);
    let kind = answer["__type"].as_str().unwrap_or_default().to_owned();
    let (answer, json) = (answer.to_string(), "application/x-amz-json-1.0");
    let head = format!("HTTP/1.1 {status} x\r\ncontent-type: {json}\r\nx-amzn-errortype: {kind}\r\nconnection: close");
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len()).ok()
}

/// What is read of the sample event: itself, its three recipients, that their credentials are signed and the second revoked.
pub(crate) fn of_the_event(call: &Call) -> Option<Reply> {
    let event = event();
    let partition = format!("EVENT#{}", event.id);
    match call.operation.as_str() {
        "GetItem" if call.partition() == partition => {
            let frame = STANDARD.encode(Frame::from_example("{}").stored().unwrap());
            let item = json!({"doc": {"S": serde_json::to_string(&event).unwrap()}, "frame": {"B": frame}});
            Some((200, json!({"Item": item})))
        }
        "Query" if call.partition() == partition => {
            let recipients = [0, 1, 2].map(|n| json!({"email": format!("p{n}@learners.example")}));
            Some(items(&[json!({"sk": {"S": "PLAN#00000"}, "doc": {"S": json!(recipients).to_string()}})]))
        }
        "BatchGetItem" => {
            let keys = call.body["RequestItems"]["table"]["Keys"].as_array().unwrap();
            let state = |key: &Value| {
                let place = key["sk"]["S"].as_str().unwrap();
                let number = (0..3).find(|n| event.draw(*n).credential.as_str().ends_with(&place[5..])).unwrap();
                let mut item = key.clone();
                item["n"] = json!({"N": number.to_string()});
                if number == 1 {
                    item["r"] = json!({"S": r#"{"at":"2027-01-15T10:00:00Z"}"#});
                }
                item
            };
            Some((200, json!({"Responses": {"table": keys.iter().map(state).collect::<Vec<_>>()}})))
        }
        _ => None,
    }
}
