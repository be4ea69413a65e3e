//! AWS on the wire, for this crate's tests: one port that answers every call from a scene and remembers what was asked. It keeps no records;
//! whether the store's conditions hold is judged in the local stack.

use crate::App;
use crate::arrive::Notice;
use crate::scanner::Scanner;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig};
use aws_types::SdkConfig;
use badge::{ApplicationId, ClientId, EvidenceId};
use edge::Clock;
use evidence::{Declaration, MediaType, testing};
use jiff::Timestamp;
use queue::Queue;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use store::Store;
use store::evidence::Promise;

/// One call: of an AWS operation with a JSON body, or of S3 (`GET`, `HEAD`, `DELETE`, `LIST`).
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) address: String,
    range: Option<(usize, usize)>,
    pub(crate) body: Value,
}

impl Call {
    /// The version that an address of S3 names.
    pub(crate) fn version(&self) -> &str {
        let named = self.address.split(['?', '&']).find_map(|part| part.strip_prefix("versionId="));
        named.unwrap_or_default()
    }
    /// A text that a condition or an update names.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.body["ExpressionAttributeValues"][name]["S"].as_str().unwrap_or_default()
    }
}

/// A file as it lies in the table and in the bucket.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) promise: Promise,
    /// Attributes of its record beside what was promised; null when there is none.
    pub(crate) record: Value,
    /// What the record is from the second reading on, when that is something else.
    pub(crate) later: Option<Value>,
    /// Versions of its object, oldest first.
    pub(crate) versions: Vec<(&'static str, Vec<u8>)>,
    /// When somebody is to look at it again; none when nobody is.
    pub(crate) due: Option<Timestamp>,
    /// What fails: an operation, and with which code.
    pub(crate) failing: Option<(&'static str, &'static str)>,
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

impl Scene {
    /// A good PDF that was promised and has arrived as version `v1`, and nobody has noticed.
    pub(crate) fn arrived() -> Self {
        Self::with(MediaType::Pdf, testing::good(MediaType::Pdf))
    }

    pub(crate) fn with(media: MediaType, file: Vec<u8>) -> Self {
        let name = format!("work.{}", media.extensions()[0]);
        let promise = Promise {
            id: EvidenceId::from_random([1; 10]),
            client: ClientId::from_random([2; 10]),
            application: ApplicationId::from_random([3; 10]),
            field: "works".into(),
            declaration: Declaration::read(&name, media.name(), file.len() as u64).unwrap(),
            created_at: at(0),
        };
        let record = json!({"stage": {"S": "uploading"}});
        Self { promise, record, later: None, versions: vec![("v1", file)], due: None, failing: None }
    }

    /// The same with another record.
    pub(crate) fn in_stage(self, stage: &str, version: &str) -> Self {
        Self { record: stage_of(stage, version), ..self }
    }

    pub(crate) fn notice(&self, version: &str) -> Notice {
        let key = self.object();
        serde_json::from_value(json!({"Records": [{"s3": {"object": {"key": key, "versionId": version}}}]})).unwrap()
    }

    pub(crate) fn object(&self) -> String {
        store::key::evidence_object(&self.promise.client, &self.promise.application, &self.promise.id)
    }

    fn answer(&self, call: &Call, read_before: bool) -> (u16, Vec<(&'static str, String)>, Vec<u8>) {
        if let Some((operation, code)) = self.failing
            && operation == call.operation
        {
            return (400, vec![("x-amzn-errortype", code.to_owned())], json!({"__type": code}).to_string().into());
        }
        let bytes = |version: &str| self.versions.iter().find(|(name, _)| *name == version).map(|(_, bytes)| bytes);
        let json = |value: Value| (200, vec![], value.to_string().into_bytes());
        match call.operation.as_str() {
            "GetItem" => {
                let record = if read_before { self.later.as_ref().unwrap_or(&self.record) } else { &self.record };
                if record.is_null() {
                    return json(json!({}));
                }
                let mut item = record.clone();
                item["doc"] = json!({"S": serde_json::to_string(&self.promise).unwrap()});
                item["keep_until"] = json!({"N": at(2_592_000).as_second().to_string()});
                json(json!({"Item": item}))
            }
            "Query" => {
                let (ids, shard) = (&self.promise, call.value(":pk"));
                let sk = self
                    .due
                    .map(|at| format!("{:015}#{}#{}#{}", at.as_millisecond(), ids.client, ids.application, ids.id));
                // Whichever shard it lies in, it is told once.
                let items: Vec<Value> = sk
                    .filter(|_| shard == "DUE#0")
                    .map(|sk| json!({"pk": {"S": shard}, "sk": {"S": sk}}))
                    .into_iter()
                    .collect();
                json(json!({"Items": items, "Count": items.len()}))
            }
            "LIST" => {
                let version = |(name, bytes): &(&str, Vec<u8>)| {
                    format!(
                        "<Version><Key>{}</Key><VersionId>{name}</VersionId><ETag>\"e-{name}\"</ETag><Size>{}</Size></Version>",
                        self.object(),
                        bytes.len()
                    )
                };
                let listed: String = self.versions.iter().rev().map(version).collect();
                (
                    200,
                    vec![],
                    format!("<?xml version=\"1.0\"?><ListVersionsResult>{listed}</ListVersionsResult>").into(),
                )
            }
            "HEAD" | "GET" => match bytes(call.version()) {
                None => (404, vec![], vec![]),
                Some(bytes) => {
                    let (from, to) = call.range.unwrap_or((0, bytes.len()));
                    let etag = ("etag", format!("\"e-{}\"", call.version()));
                    (200, vec![etag], bytes[from..to.min(bytes.len())].to_vec())
                }
            },
            "DELETE" => (204, vec![], vec![]),
            "SendMessageBatch" => json(json!({"Successful": [], "Failed": []})),
            _ => json(json!({})),
        }
    }
}

/// A record's attributes in a stage.
pub(crate) fn stage_of(stage: &str, version: &str) -> Value {
    json!({
        "stage": {"S": stage}, "object_version": {"S": version}, "etag": {"S": "e"}, "nested": {"S": "[]"},
        "because": {"S": "\"executable\""}, "decided_at": {"N": at(5).as_second().to_string()},
    })
}

/// The port.
#[derive(Debug)]
pub(crate) struct Wire {
    endpoint: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Wire {
    pub(crate) fn showing(scene: &Scene) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (heard, scene) = (Arc::clone(&calls), scene.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A connection that ended before it said anything is no call.
                let _ = take(&mut stream.unwrap(), &scene, &heard);
            }
        });
        Self { endpoint, calls }
    }

    pub(crate) fn calls(&self, operation: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.operation == operation).cloned().collect()
    }

    /// Versions that were deleted.
    pub(crate) fn deleted(&self) -> Vec<String> {
        self.calls("DELETE").iter().map(|call| call.version().to_owned()).collect()
    }

    /// What was recorded of a file: its new stage, and why.
    pub(crate) fn recorded(&self) -> Vec<(String, String)> {
        let calls = self.calls("UpdateItem");
        calls.iter().map(|call| (call.value(":stage").to_owned(), call.value(":value").to_owned())).collect()
    }

    /// How often the application was told.
    pub(crate) fn told(&self) -> usize {
        self.calls("SendMessageBatch").len()
    }

    /// The function, talking to this port.
    pub(crate) fn app(&self, scanner: Option<Scanner>) -> App {
        let credentials = Credentials::new("key", "secret", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .build();
        App {
            store: Store::new(&aws, "table".into(), "evidence-bucket".into()),
            applications: Queue::new(&aws, format!("{}/queue", self.endpoint)),
            scanner,
        }
    }
}

/// Takes the notice of a version; the port it happened on.
pub(crate) async fn take_notice(scene: &Scene, version: &str, scanner: Option<Scanner>) -> Wire {
    let wire = Wire::showing(scene);
    crate::arrive::take(&wire.app(scanner), &scene.notice(version), &Clock::starting_at(at(60))).await.unwrap();
    wire
}

fn take(stream: &mut TcpStream, scene: &Scene, heard: &Mutex<Vec<Call>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    let mut next = || {
        line.clear();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        Some(line.trim().to_owned())
    };
    let first = next()?;
    let (method, address) = first.split_once(' ').map(|(m, rest)| (m, rest.split(' ').next().unwrap_or_default()))?;
    let mut operation = match method {
        "GET" if address.contains("versions") && !address.contains("versionId") => "LIST".to_owned(),
        _ => method.to_owned(),
    };
    let (mut length, mut range) = (0, None);
    while let Some((name, value)) = next()?.split_once(':') {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => operation = value.rsplit('.').next()?.trim().to_owned(),
            "range" => {
                let (from, to) = value.trim().strip_prefix("bytes=")?.split_once('-')?;
                range = Some((from.parse().ok()?, to.parse::<usize>().ok()? + 1));
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let address = address.to_owned();
    let call = Call { operation, address, range, body: serde_json::from_slice(&body).unwrap_or_default() };
    let read_before = {
        let mut heard = heard.lock().unwrap();
        heard.push(call.clone());
        heard.iter().filter(|before| before.operation == "GetItem").count() > 1
    };
    let (status, headers, answer) = scene.answer(&call, read_before);
    let mut head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n", answer.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    if call.operation == "HEAD" { Some(()) } else { stream.write_all(&answer).ok() }
}
