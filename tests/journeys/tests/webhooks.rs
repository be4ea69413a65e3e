//! An organisation's systems are told what happened: at webhooks, by the feed, again after failures, and nobody else is.
//!
//! The journey that receives listens on `127.0.0.1:$JOURNEY_HOOK_PORT`, which the stack must have been started with (`--allow`).

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, Reply, eventually, operator, picture, variable};
use serde_json::{Value, json};
use standardwebhooks::Webhook as Judge;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use ureq::http::{HeaderMap, HeaderName};

/// How long a message may take: hints wait for the feed to settle, pauses follow failures, and the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// What somebody posted.
#[derive(Debug, Clone)]
struct Delivery {
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    answered: u16,
}

impl Delivery {
    fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }
    fn id(&self) -> String {
        self.header("webhook-id")
    }
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
    fn is_signed_by(&self, secret: &str) -> bool {
        Judge::new(secret).unwrap().verify(&self.body, &self.headers).is_ok()
    }
}

#[derive(Debug, Default)]
struct Inbox {
    came: Vec<Delivery>,
    /// What the next posts to a path are answered; 200 when nothing is said.
    answers: HashMap<String, VecDeque<u16>>,
}

/// An organisation's system: takes what is posted to it.
#[derive(Debug, Clone)]
struct System {
    port: String,
    inbox: Arc<(Mutex<Inbox>, Condvar)>,
}

impl System {
    fn start() -> Self {
        let port = variable("JOURNEY_HOOK_PORT");
        let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
        let system = Self { port, inbox: Arc::default() };
        let inbox = Arc::clone(&system.inbox);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let inbox = Arc::clone(&inbox);
                std::thread::spawn(move || take(&stream, &inbox));
            }
        });
        system
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn answer_next(&self, path: &str, statuses: &[u16]) {
        self.inbox.0.lock().unwrap().answers.insert(path.to_owned(), statuses.iter().copied().collect());
    }

    /// What came to a path, once it is what is waited for.
    fn wait(&self, path: &str, enough: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let (inbox, news) = &*self.inbox;
        let of_path = |inbox: &Inbox| inbox.came.iter().filter(|d| d.path == path).cloned().collect::<Vec<_>>();
        let waiting = news.wait_timeout_while(inbox.lock().unwrap(), PATIENCE, |inbox| !enough(&of_path(inbox)));
        let (inbox, ended) = waiting.unwrap();
        let came = of_path(&inbox);
        assert!(!ended.timed_out(), "not told in time; came: {came:#?}");
        came
    }
}

fn take(mut stream: &TcpStream, inbox: &(Mutex<Inbox>, Condvar)) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap().to_owned();
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    let length = headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut kept = inbox.0.lock().unwrap();
    let answered = kept.answers.get_mut(&path).and_then(VecDeque::pop_front).unwrap_or(200);
    write!(stream, "HTTP/1.1 {answered} -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    kept.came.push(Delivery { path, headers, body, answered });
    inbox.1.notify_all();
}

fn taken(came: &[Delivery]) -> BTreeSet<String> {
    came.iter().filter(|delivery| delivery.answered == 200).map(Delivery::id).collect()
}

fn add(issuer: &Issuer, settings: &Value) -> (String, String) {
    let made = issuer.call("POST", "/v2/webhook/{client}", &[], settings).expect(200);
    let location = made.header("location").to_owned();
    let made = made.json();
    let id = made["resource_id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("/v2/webhook/{}/{id}", issuer.client));
    assert_eq!((&made["success"], &made["resource_type"]), (&json!(true), &json!("webhook")));
    (id, made["secret"].as_str().unwrap().to_owned())
}

fn feed(issuer: &Issuer, query: &str) -> Value {
    issuer.call("GET", &format!("/v2/feed/{{client}}?{query}"), &[], &Value::Null).expect(200).json()
}

fn ids(page: &Value) -> Vec<String> {
    page["result"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect()
}

/// A webhook that is never posted to.
fn idle() -> Value {
    json!({"url": "https://8.8.8.8/hook", "enabled": false})
}

fn codes(reply: Reply) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = reply.expect(400).json()["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

#[test]
fn what_happens_is_told_signed_repeated_and_kept() {
    let system = System::start();
    let issuer = Issuer::new("Told", &[]);
    let badge = issuer.create_badge(&picture());
    let (id, secret) = add(&issuer, &json!({"url": system.url("/all"), "label": "LMS"}));
    let (only, only_secret) = add(&issuer, &json!({"url": system.url("/revoked"), "types": ["credential.revoked"]}));
    let path = format!("/v2/webhook/{{client}}/{id}");
    let post = |rest: &str, body: &Value| issuer.call("POST", &format!("{path}{rest}"), &[], body).expect(200).json();

    // Tried out before anything happens.
    assert_eq!(post("/test", &Value::Null), json!({"success": true, "status": 200, "error": null}));
    system.answer_next("/all", &[503]);
    assert_eq!(post("/test", &Value::Null), json!({"success": false, "status": 503, "error": "HTTP 503"}));
    let pings = system.wait("/all", |came| came.len() == 2);
    assert!(pings.iter().all(|ping| ping.is_signed_by(&secret) && ping.json()["type"] == "ping"));
    assert!(!pings[0].is_signed_by(&only_secret));

    // Issued: a message for each recipient; the one that met a failure comes again, the same.
    system.answer_next("/all", &[500]);
    let event = issuer.issue(&badge, &["hanako@example.org", "taro@example.org"]);
    let credentials = issuer.credentials(&event);
    let issued: BTreeSet<String> = credentials.iter().map(|id| format!("msg_issued_{id}")).collect();
    let came = system.wait("/all", |came| issued.is_subset(&taken(came)));
    let failed = came.iter().find(|delivery| delivery.answered == 500).unwrap();
    let again = came.iter().find(|delivery| delivery.answered == 200 && delivery.id() == failed.id()).unwrap();
    assert_eq!(again.json(), failed.json());
    for delivery in came.iter().filter(|delivery| delivery.header("webhook-id").starts_with("msg_issued_")) {
        assert!(delivery.is_signed_by(&secret));
        let body = delivery.json();
        assert_eq!((&body["id"], &body["type"]), (&json!(delivery.id()), &json!("credential.issued")));
        let data = &body["data"];
        assert_eq!((&data["event_id"], &data["badge_id"]), (&json!(event), &json!(badge)));
        assert_eq!(data["client_id"], issuer.client.as_str());
        assert_eq!(data["log_entry"], r#"{"course_id":"2"}"#);
        let credential = data["credential_id"].as_str().unwrap();
        assert!(credentials.iter().any(|id| id == credential));
        assert_eq!(journeys::get(data["url"].as_str().unwrap()).status, 200);
        assert!(delivery.header("user-agent").starts_with("Shirushi/"));
        let text = String::from_utf8(delivery.body.clone()).unwrap();
        assert!(!text.contains('@') && !text.contains("花子"), "{text}");
    }

    // Revoked: to both webhooks.
    let body = json!({"recipient": ["taro@example.org"], "reason": "by mistake"});
    let _ = issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &body).expect(200);
    let revoked = format!("msg_revoked_{}", credentials[1]);
    let _ = system.wait("/all", |came| taken(came).contains(&revoked));
    let told = system.wait("/revoked", |came| !came.is_empty());
    assert_eq!(taken(&told), BTreeSet::from([revoked.clone()]));
    assert!(told[0].is_signed_by(&only_secret));
    assert_eq!(told[0].json()["data"]["reason"], "by mistake");

    // The organisation sees how it goes, and no secret.
    let shown = issuer.call("GET", &path, &[], &Value::Null).expect(200);
    assert!(!shown.text().contains("whsec_") && !shown.text().contains(&secret[6..]));
    let shown = shown.json();
    assert_eq!((&shown["state"], &shown["failures"], &shown["label"]), (&json!("active"), &json!(0), &json!("LMS")));
    assert!(shown["last_taken_at"].is_i64() && shown["last_error"].is_null());
    let list = issuer.call("GET", "/v2/webhook/{client}", &[], &Value::Null).expect(200).json();
    assert_eq!(
        (&list["total"], &list["result"][0]["id"], &list["result"][1]["id"]),
        (&json!(2), &json!(id), &json!(only))
    );

    // The feed has the very same messages, page by page.
    let all = feed(&issuer, "");
    let expected =
        [format!("msg_issued_{}", credentials[0]), format!("msg_issued_{}", credentials[1]), revoked.clone()];
    assert_eq!(ids(&all), expected);
    assert_eq!(all["more"], false);
    assert!(all["result"].as_array().unwrap().contains(&again.json()));
    let (mut paged, mut after) = (vec![], String::new());
    for more in [true, true, false] {
        let page = feed(&issuer, &format!("limit=1&after={after}"));
        paged.extend(ids(&page));
        after = page["next"].as_str().unwrap().to_owned();
        assert_eq!((page["result"].as_array().unwrap().len(), &page["more"]), (1, &json!(more)));
    }
    assert_eq!(paged, ids(&all));
    let nothing = feed(&issuer, &format!("after={after}"));
    assert_eq!(nothing, json!({"result": [], "next": after, "more": false}));
    assert_eq!(ids(&feed(&issuer, "type=credential.revoked")), [revoked.as_str()]);
    assert_eq!(ids(&feed(&issuer, "type=credential.accepted,credential.expired")), [""; 0]);

    // A new secret: for a day, holders of either believe.
    let rotated = post("/secret", &Value::Null);
    let new = rotated["secret"].as_str().unwrap();
    assert!(rotated["old_secret_until"].is_i64() && new != secret);
    let _ = post("/test", &Value::Null);
    let ping = system.wait("/all", |came| came.iter().filter(|d| d.id().starts_with("msg_ping_")).count() == 3);
    let ping = ping.last().unwrap();
    assert_eq!(ping.header("webhook-signature").split(' ').count(), 2);
    assert!(ping.is_signed_by(&secret) && ping.is_signed_by(new));

    // Told again, from a time and from a place of the feed, under the same ids.
    let before = system.wait("/all", |_| true).len();
    assert_eq!(post("/replay", &json!({"since": 0}))["count"], 1);
    let came = system.wait("/all", |came| taken(&came[before..]).len() == 3);
    assert_eq!(taken(&came[before..]), ids(&all).into_iter().collect());
    let first = feed(&issuer, "limit=1")["next"].as_str().unwrap().to_owned();
    let before = came.len();
    // What has come is noted a moment later; until then there is nothing to go back over.
    eventually("it has come that far", || post("/replay", &json!({"after": first}))["count"] == 1);
    let came = system.wait("/all", |came| came.len() == before + 2);
    let again: Vec<String> = came[before..].iter().map(Delivery::id).collect();
    assert_eq!(again, expected[1..], "what is about one credential comes in order");

    // Switched off it hears nothing, switched on again what it missed; removed it is gone.
    let _ = issuer.call("PUT", &path, &[], &json!({"url": system.url("/all"), "enabled": false})).expect(200);
    let shown = issuer.call("GET", &path, &[], &Value::Null).expect(200).json();
    assert_eq!((&shown["state"], &shown["label"]), (&json!("disabled"), &json!("")));
    let body = json!({"recipient": ["hanako@example.org"]});
    let _ = issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &body).expect(200);
    let missed = format!("msg_revoked_{}", credentials[0]);
    let _ = system.wait("/revoked", |came| taken(came).contains(&missed));
    assert!(!taken(&system.wait("/all", |_| true)).contains(&missed));
    let _ = issuer.call("PUT", &path, &[], &json!({"url": system.url("/all")})).expect(200);
    let _ = system.wait("/all", |came| taken(came).contains(&missed));
    let _ = issuer.call("DELETE", &path, &[], &Value::Null).expect(200);
    for (method, rest) in [("GET", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/secret")] {
        let _ = issuer.call(method, &format!("{path}{rest}"), &[], &Value::Null).expect(404);
    }
}

#[test]
fn nothing_is_posted_into_the_network_this_runs_in() {
    let issuer = Issuer::new("Inward", &[]);
    let mut urls: Vec<String> = [
        "https://localhost/hook",
        "https://127.0.0.1/hook",
        "https://127.1/",
        "https://2130706433/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "http://hooks.example/",
        "https://8.8.8.8:22/",
    ]
    .map(str::to_owned)
    .to_vec();
    urls.push(variable("AWS_ENDPOINT_URL"));
    for url in &urls {
        let answer = issuer.call("POST", "/v2/webhook/{client}", &[], &json!({"url": url}));
        assert_eq!(codes(answer), [("#/url".to_owned(), "not_public_https".to_owned())], "{url}");
    }
    let (id, _) = add(&issuer, &idle());
    let path = format!("/v2/webhook/{{client}}/{id}");
    for url in &urls {
        let _ = issuer.call("PUT", &path, &[], &json!({"url": url})).expect(400);
    }
    assert_eq!(issuer.call("GET", &path, &[], &Value::Null).expect(200).json()["url"], "https://8.8.8.8/hook");
    assert_eq!(codes(issuer.call("POST", "/v2/webhook/{client}", &[], &json!({"url": "hooks"})))[0].1, "not_url");
}

#[test]
fn webhooks_are_for_the_admins_of_their_organisation() {
    let (mine, theirs) = (Issuer::new("Mine", &[]), Issuer::new("Theirs", &[]));
    let (id, _) = add(&theirs, &idle());
    let calls = [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/secret"), ("POST", "/test"), ("POST", "/replay")];
    let body = |rest: &str| if rest == "/replay" { json!({"since": 0}) } else { idle() };
    let strip = |reply: Reply| {
        let mut problem = reply.expect(404).json();
        for member in ["instance", "timestamp", "path"] {
            problem.as_object_mut().unwrap().remove(member);
        }
        problem
    };
    for (method, rest) in calls {
        // Under one's own name somebody else's webhook looks like none; under theirs one's own token opens nothing.
        let foreign = mine.call(method, &format!("/v2/webhook/{{client}}/{id}{rest}"), &[], &body(rest));
        let absent = mine.call(method, &format!("/v2/webhook/{{client}}/nosuchhook{rest}"), &[], &body(rest));
        assert_eq!(strip(foreign), strip(absent), "{method} {rest}");
        let refused = mine.call(method, &format!("/v2/webhook/{}/{id}{rest}", theirs.client), &[], &body(rest));
        assert_eq!(refused.expect(403).text(), "403 Forbidden", "{method} {rest}");
    }
    let _ = mine.call("GET", &format!("/v2/feed/{}", theirs.client), &[], &Value::Null).expect(403);
    let _ = theirs.call("GET", &format!("/v2/webhook/{{client}}/{id}"), &[], &Value::Null).expect(200);
    for role in ["creator", "issuer", "reviewer"] {
        let made = operator(&["secret", "add", "--client", &theirs.client, "--label", role, "--roles", role]);
        let with_role = Issuer::sign_in(&theirs.client, made["client_secret"].as_str().unwrap());
        let refused = with_role.call("GET", "/v2/webhook/{client}", &[], &Value::Null).expect(403).json();
        assert_eq!(refused["type"], "urn:shirushi:problem:missing-role", "{role}");
        assert_eq!(feed(&with_role, ""), json!({"result": [], "next": "", "more": false}), "{role}");
    }
}

#[test]
fn an_organisation_has_twenty_webhooks_and_no_more() {
    let issuer = Issuer::new("Many", &[]);
    let made: Vec<String> = (0..20).map(|_| add(&issuer, &idle()).0).collect();
    let refused = issuer.call("POST", "/v2/webhook/{client}", &[], &idle()).expect(429).json();
    assert_eq!((&refused["quota"]["name"], &refused["quota"]["limit"]), (&json!("webhooks"), &json!(20)), "{refused}");
    let _ = issuer.call("DELETE", &format!("/v2/webhook/{{client}}/{}", made[7]), &[], &Value::Null).expect(200);
    let _ = add(&issuer, &idle());
    let list = issuer.call("GET", "/v2/webhook/{client}", &[], &Value::Null).expect(200).json();
    assert_eq!(list["total"], 20);
}

#[test]
fn what_is_asked_of_the_feed_is_read_strictly() {
    let issuer = Issuer::new("Strict", &[]);
    let refused = |query: &str| codes(issuer.call("GET", &format!("/v2/feed/{{client}}?{query}"), &[], &Value::Null));
    let expected = |pointer: &str, code: &str| [(pointer.to_owned(), code.to_owned())];
    assert_eq!(refused("after=AAAA"), expected("#/after", "not_found"));
    assert_eq!(refused("limit=0"), expected("#/limit", "out_of_range"));
    assert_eq!(refused("limit=1001"), expected("#/limit", "out_of_range"));
    assert_eq!(refused("type=credential.eaten"), expected("#/type", "not_allowed"));
}
