//! One person takes along everything kept of them, and is erased; nobody else notices.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;
mod records;

use applicants::{Mine, Office, Page, answers};
use aws_sdk_s3::config::retry::RetryConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::{MediaType, testing};
use journeys::browser::Browser;
use journeys::{
    Issuer, Reply, dynamo, eventually, get, get_as, mails, operator, post_form, request, validate, variable,
};
use records::files;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::Store;

/// Somebody with a name that nobody else has.
struct Person {
    address: String,
    name: String,
}

impl Person {
    fn new(unique: &str) -> Self {
        Self { address: format!("Zel.Trude+{unique}@Example.org"), name: format!("Zeltrude {unique}") }
    }

    /// Everything that names them: the address, the name, and what they are called in the indexes of these organisations.
    async fn names(&self, issuers: &[&Issuer]) -> Vec<Vec<u8>> {
        let (store, address) = (files(), self.address.parse().unwrap());
        let secret = store.people_secret([0; 32]).await.unwrap();
        let person = store::people::person(&secret, &address).to_string();
        let mut names =
            vec![self.address.to_lowercase().into_bytes(), self.name.to_lowercase().into_bytes(), person.into_bytes()];
        for issuer in issuers {
            let organisation = store.organisation(&issuer.client.parse().unwrap()).await.unwrap().unwrap();
            let hmac = organisation.mail_hmac(&address);
            // As an entry of the index of addresses holds it.
            names.push((2..18).step_by(2).map(|at| u8::from_str_radix(&hmac[at..at + 2], 16).unwrap()).collect());
            names.push(hmac.into_bytes());
        }
        names
    }

    fn body(&self, others: [&str; 2], sign: &str) -> Value {
        json!({
            "recipient": [
                {"email": others[0], "name": "Ann"},
                {"email": self.address, "name": self.name, "evidence": [{"narrative": format!("{} wove it", self.name)}]},
                {"email": others[1], "name": "Bo"},
            ],
            "send_email": true, "sign": sign, "log_entry": {"for": self.address},
        })
    }

    fn answers(&self) -> Value {
        let mut body = answers(&self.address);
        body["name"] = self.name.clone().into();
        body["answers"]["why"] = format!("I am {}", self.name).into();
        body
    }
}

fn table() -> Vec<Value> {
    let (mut rows, mut start) = (Vec::new(), Value::Null);
    loop {
        let mut scan = json!({"TableName": variable("TABLE_NAME"), "ConsistentRead": true});
        if !start.is_null() {
            scan["ExclusiveStartKey"] = start;
        }
        let found = dynamo("Scan", &scan);
        rows.extend(found["Items"].as_array().unwrap().iter().cloned());
        start = found["LastEvaluatedKey"].clone();
        if start.as_object().is_none_or(serde_json::Map::is_empty) {
            return rows;
        }
    }
}

/// A row's keys and values as bytes in lower case; what is written as numbers tells nobody.
fn bytes_of(row: &Value) -> Vec<Vec<u8>> {
    let value = |value: &Value| match (value["S"].as_str(), value["B"].as_str()) {
        (Some(text), _) => text.to_lowercase().into_bytes(),
        (_, Some(bytes)) => STANDARD.decode(bytes).unwrap(),
        _ => Vec::new(),
    };
    row.as_object().unwrap().values().map(value).collect()
}

fn holds(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|part| part == name)
}

/// Rows that name somebody.
fn naming(names: &[Vec<u8>]) -> Vec<String> {
    let named = |row: &Value| bytes_of(row).iter().any(|bytes| names.iter().any(|name| holds(bytes, name)));
    table().iter().filter(|row| named(row)).map(|row| format!("{} {}", row["pk"]["S"], row["sk"]["S"])).collect()
}

/// Every version of every file in both buckets whose key or content names somebody.
async fn files_naming(names: &[Vec<u8>]) -> Vec<String> {
    let s3 = aws_sdk_s3::Client::new(&records::aws());
    let mut found = Vec::new();
    for bucket in [variable("BUCKET_NAME"), variable("EVIDENCE_BUCKET_NAME")] {
        let (mut key, mut version) = (None, None);
        loop {
            let page = s3.list_object_versions().bucket(&bucket).set_key_marker(key).set_version_id_marker(version);
            let page = page.send().await.unwrap();
            for one in page.versions() {
                let object = one.key().unwrap_or_default();
                let read = s3.get_object().bucket(&bucket).key(object).set_version_id(one.version_id().map(Into::into));
                // Other journeys take files away.
                let Ok(read) = read.send().await else { continue };
                let bytes = read.body.collect().await.unwrap().into_bytes().to_ascii_lowercase();
                if names.iter().any(|name| holds(&bytes, name) || holds(object.as_bytes(), name)) {
                    found.push(object.to_owned());
                }
            }
            if page.is_truncated() != Some(true) {
                break;
            }
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
        }
    }
    found
}

/// Whether the evidence bucket, or the other, holds anything below these folders.
async fn objects_below(prefixes: &[String]) -> usize {
    let s3 = aws_sdk_s3::Client::new(&records::aws());
    let mut count = 0;
    for bucket in [variable("BUCKET_NAME"), variable("EVIDENCE_BUCKET_NAME")] {
        for prefix in prefixes {
            let page = s3.list_object_versions().bucket(&bucket).prefix(prefix).send().await.unwrap();
            count += page.versions().len() + page.delete_markers().len();
        }
    }
    count
}

/// What the check of the store says about things with these ids. Other journeys damage what is theirs.
fn complaints(ids: &[&str]) -> Vec<String> {
    let told = journeys::try_operator(&["store", "check", "--verify", "all"]);
    let report: Value = serde_json::from_slice(&told.stdout).unwrap();
    let all = report["violations"].as_array().unwrap().iter().map(Value::to_string);
    all.filter(|violation| ids.iter().any(|id| violation.contains(id))).collect()
}

fn erase(person: &Person, more: &[&str]) -> Value {
    operator(&[&["person", "erase", "--email", &person.address.to_uppercase()], more].concat())
}

fn issue(issuer: &Issuer, badge: &str, body: &Value, key: &str) -> String {
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let answer = issuer.call("POST", &path, &[("idempotency-key", key)], body).expect(200).json();
    answer["resource_id"].as_str().unwrap().to_owned()
}

/// Hands in an application with a file.
fn with_file(page: &Page, person: &Person) -> Mine {
    let begun = page.begin(person.answers()).expect(201).json();
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    let mine = Mine { page: page.clone(), id: text("id"), url: text("url") };
    let bytes = testing::good(MediaType::Png);
    let name = format!("{}.png", person.name);
    let asked = json!({"field": "evidence", "name": name, "media_type": "image/png", "size_bytes": bytes.len()});
    let promised = mine.post("evidence", &asked).expect(201).json();
    let pairs = promised["upload"]["fields"].as_array().unwrap();
    let mut fields: Vec<(&str, &[u8])> =
        pairs.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap().as_bytes())).collect();
    fields.push(("file", &bytes));
    let _ = post_form(promised["upload"]["url"].as_str().unwrap(), &[], &fields).expect(204);
    let mut body = person.answers();
    body["answers"]["evidence"] = json!([promised["id"]]);
    mine.post("submit", &body).expect(200);
    mine.prove().expect(200);
    mine
}

fn gone(reply: Reply) -> Value {
    let body = reply.expect(410).json();
    assert_eq!(body["type"], "urn:shirushi:problem:erased", "{body}");
    body
}

#[tokio::test]
async fn somebody_takes_along_what_is_kept_of_them_and_leaves_nothing_behind() {
    let (office, other) = (Office::new("Weavers"), Office::new("Dyers"));
    let (issuer, client) = (&office.issuer, office.issuer.client.as_str());
    let person = Person::new(client);
    let names = person.names(&[issuer, &other.issuer]).await;

    // Issued to beside two others: signed with every file of it, and, elsewhere, on claim by nobody yet.
    let others = [format!("ann+{client}@example.org"), format!("bo+{client}@example.org")];
    let body = person.body([&others[0], &others[1]], "at_issue");
    let event = issue(issuer, &office.badge, &body, "first");
    let unclaimed = issue(&other.issuer, &other.badge, &person.body([&others[0], &others[1]], "on_claim"), "first");
    let recipients = issuer.recipients(&event);
    let credential = recipients[1]["assertion_id"].as_str().unwrap().to_owned();
    let own = |of: usize, name: &str| recipients[of][name].as_str().unwrap().to_owned();
    let copy = get(&format!("/credentials/{credential}.json")).expect(200).body;
    let places = [
        format!("/credentials/{credential}"),
        format!("/credentials/{credential}.json"),
        format!("/credentials/{credential}/embed"),
        format!("/baked/{credential}.png"),
        format!("/baked/{credential}.card.png"),
        format!("/ob2/assertions/{credential}.json"),
        own(1, "pdf_url"),
        own(1, "receive_url"),
    ];
    for place in &places {
        get(place).expect(200);
    }
    get(&format!("/baked/{}.png", own(0, "assertion_id"))).expect(200);
    let key = own(1, "pdf_url").split('/').rev().nth(1).unwrap().to_owned();
    let shown = format!("credential={credential}&key={key}&name=1&listed=1");
    let form = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
    request("POST", "/c/visibility", &form, shown.as_bytes()).expect(303);
    eventually("the mail is sent", || !mails(&person.address).is_empty());

    // Applied: with a file and issued; waiting for a reviewer, who is the same person; only begun.
    let mut asks = office.body(&json!({"method": "automatic"}));
    asks["evidence"] = "yes".into();
    let with_files = office.form_of(&asks);
    let applied = with_file(&with_files, &person);
    eventually("the badge is issued", || office.application(&applied.id)["state"] == "issued");
    let awarded = office.application(&applied.id)["assertion_id"].as_str().unwrap().to_owned();
    let reviewed = office.form(&json!({"method": "review", "reviewers": [
        {"id": "zel", "name": person.name, "email": person.address, "access": "outside"}]}));
    let waiting = reviewed.hand_in(person.answers());
    let neighbour = reviewed.hand_in(answers(&others[0]));
    let draft = reviewed.begin(person.answers()).expect(201).json()["id"].as_str().unwrap().to_owned();

    // A member who did something, and has an export and a list lying there.
    issuer.member(&person.address, "admin");
    let mut browser = Browser::signed_in(&person.address);
    let members = format!("/console/{client}/members");
    let colleague = format!("colleague+{client}@example.org");
    browser.submit(&members, &[("email", &colleague), ("role", "reviewer"), ("scope", "all")]).expect(303);
    let export = issuer.call("POST", "/v2/export/{client}", &[], &Value::Null).expect(202);
    let exported = export.header("location").to_owned();
    eventually("the export is there", || {
        issuer.call("GET", &exported, &[], &Value::Null).expect(200).json()["state"] == "ready"
    });
    let bearer = format!("Bearer {}", issuer.token());
    let list = format!("email,name\n{},{}\n", person.address, person.name);
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
    request("POST", &format!("/v2/import/{client}/{}", office.badge), &headers, list.as_bytes()).expect(200);

    // Handed out.
    let file = std::env::temp_dir().join(format!("person-{client}.json"));
    let told =
        operator(&["person", "export", "--email", &person.address.to_lowercase(), "--file", file.to_str().unwrap()]);
    let record: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!((&told["counts"]["credentials"], &told["counts"]["applications"]), (&json!(3), &json!(3)), "{told:#}");
    let held = record["credentials"].as_array().unwrap();
    let mine = held.iter().find(|one| one["id"] == json!(credential)).unwrap();
    assert_eq!((&mine["organisation"]["name"], &mine["badge"]["name"]), (&json!("Weavers"), &json!("チームワーク")));
    assert_eq!(mine["document"], serde_json::from_slice::<Value>(&copy).unwrap());
    assert_eq!((&mine["visibility"]["shows_name"], &mine["recipient"]["name"]), (&json!(true), &json!(person.name)));
    assert!(mine["mail"]["sent_at"].is_string() && mine["url"].as_str().unwrap().ends_with(&credential));
    assert!(held.iter().any(|one| one["event"]["id"] == json!(unclaimed) && one["signed"] == json!(false)));
    let applications = record["applications"].as_array().unwrap();
    assert!(applications.iter().any(|one| one["files"][0]["file"]["name"] == json!(format!("{}.png", person.name))));
    assert_eq!(record["memberships"][0]["organisation"]["id"], json!(client));
    assert_eq!(record["reviewer_of"][0]["form"], json!(reviewed.form));
    assert_eq!(record["sessions"].as_array().unwrap().len(), 1);
    assert!(!record["deeds"].as_array().unwrap().is_empty());
    assert!(!record.to_string().contains(&others[0]), "nobody else is in it");

    // Whatever names them stands somewhere, but that nobody applied at the other organisation.
    let unnamed = names.iter().filter(|name| naming(std::slice::from_ref(*name)).is_empty()).count();
    assert_eq!(unnamed, 1);
    assert!(!files_naming(&names[..2]).await.is_empty());

    // Looking changes nothing.
    let looked = erase(&person, &[]);
    assert_eq!((&looked["erased"], &looked["left"]), (&json!(false), &json!([])), "{looked:#}");
    assert_eq!(looked["credentials"].as_array().unwrap().len(), 3, "{looked:#}");
    assert!(looked["files"].as_u64().unwrap() >= 6, "{looked:#}");
    get(&places[1]).expect(200);

    let done = erase(&person, &["--apply", "yes"]);
    assert_eq!((&done["erased"], &done["changed_meanwhile"]), (&json!(true), &json!(0)), "{done:#}");
    assert_eq!(naming(&names), Vec::<String>::new());
    assert_eq!(files_naming(&names[..2]).await, Vec::<String>::new());
    let folders = [
        format!("baked/{credential}."),
        format!("pdf/{credential}/"),
        format!("pdf/{awarded}/"),
        format!("exports/{client}/"),
        format!("imports/{client}/"),
        format!("evidence/{client}/{}/", applied.id),
    ];
    assert_eq!(objects_below(&folders).await, 0);
    assert_eq!(table().iter().filter(|row| row.to_string().contains(&draft)).count(), 0, "a draft goes whole");
    let again = erase(&person, &["--apply", "yes"]);
    for nothing in ["removed", "rewritten"] {
        assert_eq!(again[nothing], json!({}), "{again:#}");
    }
    assert_eq!((&again["files"], &again["credentials"]), (&json!(0), &json!([])), "{again:#}");

    // What is theirs is gone, and says so; a copy of it still holds.
    for place in &places {
        gone(get(place));
    }
    gone(get(&format!("/credentials/{}.json", other.issuer.credentials(&unclaimed)[1])));
    assert!(get_as(&places[0], "text/html").expect(410).text().contains("This badge was erased"));
    assert_eq!(validate(&copy)["verdict"], "valid");
    assert_eq!(browser.get(&members).status, 303, "nobody is signed in");

    // What is others' is as it was.
    let stays = get(&format!("/credentials/{}.json", own(0, "assertion_id"))).expect(200);
    assert_eq!(validate(&stays.body)["verdict"], "valid");
    let claimed = get(&format!("/credentials/{}.json", other.issuer.credentials(&unclaimed)[2])).expect(200);
    assert_eq!(validate(&claimed.body)["verdict"], "valid");
    get(&format!("/baked/{}.png", own(0, "assertion_id"))).expect(200);
    let rows = issuer.recipients(&event);
    let row = |of: usize| (rows[of]["email"].as_str().unwrap(), rows[of]["name"].as_str().unwrap());
    assert_eq!((row(0), row(1)), ((others[0].as_str(), "Ann"), ("erased-1@erased.invalid", "")));
    let states = [(&waiting, "withdrawn"), (&applied, "issued"), (&neighbour, "submitted")];
    for (application, state) in states {
        assert_eq!(office.application(&application.id)["state"], state);
    }
    let ids = [client, &other.issuer.client, &event, &unclaimed, &credential, &applied.id, &waiting.id, &reviewed.form];
    assert_eq!(complaints(&ids), Vec::<String>::new());

    // The same request finds the same event; nobody is mailed; the issuer may still revoke what copies there are.
    assert_eq!(issue(issuer, &office.badge, &body, "first"), event);
    let all = format!("/v2/event/{{client}}/{event}/resend");
    let named = json!({"recipient": ["erased-1@erased.invalid"], "reason": "no more"});
    assert_eq!(issuer.call("POST", &all, &[], &named).expect(200).json()["count"], 0);
    let revoke = format!("/v2/event/{{client}}/{event}/revoke");
    assert_eq!(issuer.call("PUT", &revoke, &[], &named).expect(200).json()["count"], 1);
    assert_eq!(validate(&copy)["verdict"], "invalid");
    gone(get(&places[1]));
    assert_eq!(complaints(&ids), Vec::<String>::new());

    // Somebody may begin anew, under their address and no other.
    let anew = issue(issuer, &office.badge, &person.body([&others[0], &others[1]], "at_issue"), "second");
    let credentials = issuer.credentials(&anew);
    get(&format!("/credentials/{}.json", credentials[1])).expect(200);
    let found = format!("/v2/event/{{client}}/recipient?email={}", person.address.replace('+', "%2B"));
    let found = issuer.call("GET", &found, &[], &Value::Null).expect(200).json();
    assert_eq!((&found["total"], &found["result"][0]["event_id"]), (&json!(1), &json!(anew)), "{found:#}");
    let body = json!({"recipient": [{"email": "erased-1@erased.invalid"}]});
    issuer.call("POST", &format!("/v2/event/{{client}}/{}/issue", office.badge), &[], &body).expect(400);
}

/// Between the command and AWS: lets everything read, and so much be written.
struct Gate {
    url: String,
    writes: Arc<AtomicUsize>,
}

impl Gate {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let writes = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&writes);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let left = Arc::clone(&left);
                std::thread::spawn(move || pass(&stream, &left));
            }
        });
        Self { url, writes }
    }
}

/// One request and its answer, or neither.
fn pass(mut stream: &TcpStream, writes: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let low = line.to_lowercase();
        if let Some(value) = low.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
        if !low.starts_with("connection:") {
            head.push(line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let head = head.concat();
    let is_write =
        head.starts_with("DELETE") || ["BatchWrite", "UpdateItem", "TransactWrite"].iter().any(|w| head.contains(w));
    if is_write && writes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
        return None;
    }
    let upstream = variable("AWS_ENDPOINT_URL").replace("http://", "");
    let mut upstream = TcpStream::connect(upstream).ok()?;
    write!(upstream, "{head}connection: close\r\n\r\n").ok()?;
    upstream.write_all(&body).ok()?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).ok()?;
    let status = answer.iter().position(|byte| *byte == b'\n')? + 1;
    stream.write_all(&[&answer[..status], b"connection: close\r\n", &answer[status..]].concat()).ok()
}

#[tokio::test]
async fn an_erasure_that_is_cut_off_after_every_write_is_finished_in_the_end() {
    let office = Office::new("Cut off");
    let (issuer, client) = (&office.issuer, office.issuer.client.as_str());
    let person = Person::new(client);
    let names = person.names(&[issuer]).await;
    let others = [format!("ann+{client}@example.org"), format!("bo+{client}@example.org")];
    let event = issue(issuer, &office.badge, &person.body([&others[0], &others[1]], "at_issue"), "first");
    let credentials = issuer.credentials(&event);
    for credential in &credentials {
        get(&format!("/baked/{credential}.png")).expect(200);
    }
    let page = office.form(&json!({"method": "review", "reviewers": []}));
    let waiting = page.hand_in(person.answers());
    issuer.member(&person.address, "admin");
    eventually("the mail is sent", || !mails(&person.address).is_empty());

    let gate = Gate::start();
    let aws = records::aws().to_builder().endpoint_url(&gate.url).retry_config(RetryConfig::disabled()).build();
    let store = Store::new(&aws, variable("TABLE_NAME"), variable("BUCKET_NAME"));
    let evidence = store.in_bucket(variable("EVIDENCE_BUCKET_NAME"));
    let address = person.address.parse().unwrap();
    let mut cuts = 0;
    loop {
        gate.writes.store(1, Ordering::SeqCst);
        match store.erase_person(&evidence, &address, true).await {
            Ok(done) if done.changed_meanwhile == 0 => break,
            _ => cuts += 1,
        }
        assert!(cuts < 60, "it goes on");
        assert!(!naming(&names).is_empty(), "as long as something is left, something leads to it");
    }
    assert!(cuts > 6, "{cuts}");
    assert_eq!(naming(&names), Vec::<String>::new());
    assert_eq!(objects_below(&[format!("baked/{}.", credentials[1])]).await, 0);
    assert_eq!(complaints(&[client, &event, &waiting.id, &page.form]), Vec::<String>::new());
    gone(get(&format!("/credentials/{}.json", credentials[1])));
    for other in [&credentials[0], &credentials[2]] {
        let stays = get(&format!("/credentials/{other}.json")).expect(200);
        assert_eq!(validate(&stays.body)["verdict"], "valid");
    }
    assert_eq!(office.application(&waiting.id)["state"], "withdrawn");
}
