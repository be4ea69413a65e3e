//! AWS refuses, forgets to answer, delivers twice; functions are killed at every call they make. At the end nothing is lost, doubled or
//! half-done: the operator's check of the whole store finds nothing wrong.
//!
//! Whoever calls repeats what failed, as the API's description says; queues and sweeps do the rest. It needs a stack with a proxy
//! that fails as it is told (infra/local/faults.py), and one journey at a time:
//!
//! ```sh
//! stack.py test --faults -- cargo nextest run --workspace --run-ignored only -E 'binary(faults)' --test-threads 1
//! ```

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;
mod archives;
mod records;

use applicants::{Mine, Office, Page, answers};
use evidence::{MediaType, testing};
use journeys::{
    Issuer, Reply, aws, dynamo, eventually, get, issue_to, operator, picture, post_form, request, variable,
};
use records::now;
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::Duration;

/// What the proxy is to do from now on, in place of all before.
fn faults(rules: &[Value]) {
    let body = json!(rules).to_string();
    let _ = request("PUT", &variable("FAULTS_URL"), &[], body.as_bytes()).expect(200);
}

/// How often each rule has acted.
fn acted() -> Vec<u64> {
    let rules = get(&variable("FAULTS_URL")).expect(200).json();
    rules.as_array().unwrap().iter().map(|rule| rule["done"].as_u64().unwrap()).collect()
}

/// A rule: an operation, how often, what.
fn rule(operation: &str, times: u64, action: &Value) -> Value {
    json!({"operation": operation, "times": times, "do": action})
}

/// An error of DynamoDB, KMS or SQS, as their JSON protocols tell it.
fn error(status: u16, code: &str) -> Value {
    json!({"answer": {"status": status, "body": json!({"__type": code, "message": "not today"}).to_string()}})
}

fn conflict() -> Value {
    let reasons = json!([{"Code": "TransactionConflict"}, {"Code": "None"}]);
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "not today",
        "CancellationReasons": reasons,
    });
    json!({"answer": {"status": 400, "body": body.to_string()}})
}

fn slow_down() -> Value {
    json!({"answer": {"status": 503, "body": "<Error><Code>SlowDown</Code><Message>not today</Message></Error>"}})
}

/// Repeats what failed on the server's side, as a client should.
fn persist(call: impl Fn() -> Reply) -> Reply {
    for _ in 0..12 {
        let reply = call();
        if reply.status < 500 {
            return reply;
        }
        sleep(Duration::from_millis(100));
    }
    call()
}

/// Kills a function before its first, second, third … call of an invocation, until it makes no more calls, and then once after its last,
/// when all is done but nobody was told. `something` is done each time, and says by its argument from when on. How many calls there were.
fn at_every_call(function: &str, mut something: impl FnMut(&dyn Fn())) -> u64 {
    let mut kill = |call: u64, how: &str| {
        let begin = || faults(&[json!({"function": function, "call": call, "do": how})]);
        something(&begin);
        let killed = acted() == [1];
        faults(&[]);
        killed
    };
    let calls = (0..100).take_while(|calls| kill(calls + 1, "kill_before")).count() as u64;
    // What a process keeps for a while, such as the list of seals, spares it calls: the last one is not always the same.
    assert!(calls < 100 && (1..=calls).rev().any(|call| kill(call, "kill_after")), "{calls}");
    calls
}

/// Nothing waits in a queue, and the operator finds nothing wrong.
fn all_is_well() {
    faults(&[]);
    let idle = |queues: &Value| {
        queues.as_object().unwrap().values().all(|queue| queue["waiting"] == 0 && queue["in_flight"] == 0)
    };
    eventually("the queues are empty", || idle(&operator(&["queues", "show"])));
    let report = operator(&["store", "check", "--verify", "all"]);
    assert_eq!(report["violations"], json!([]), "{report:#}");
    assert!(report["counts"]["credentials"].as_u64() > Some(0), "{report:#}");
    let dead = report["queues"].as_object().unwrap().values().all(|queue| queue["dead"] == 0);
    assert!(dead, "something failed too often: {report:#}");
}

/// Has a queue hide what was taken for so many seconds, so that what a killed function had comes back soon.
fn hide(queue: &str, seconds: u32) {
    let body = json!({"QueueUrl": variable(queue), "Attributes": {"VisibilityTimeout": seconds.to_string()}});
    sqs("SetQueueAttributes", &body);
}

fn sqs(operation: &str, body: &Value) {
    let _ = aws("sqs", &format!("AmazonSQS.{operation}"), body);
}

/// Leaves a job in the signing queue, as the sweep does.
fn leave(job: &Value) {
    sqs("SendMessage", &json!({"QueueUrl": variable("SIGNING_QUEUE_URL"), "MessageBody": job.to_string()}));
}

struct Shop {
    issuer: Issuer,
    badge: String,
}

impl Shop {
    /// Its credentials have both forms, and so twice as many signatures.
    fn of_both_forms(name: &str) -> Self {
        Self::of(Issuer::new(name, &["--vc-jwt", "ES256"]))
    }

    fn new(name: &str) -> Self {
        Self::of(Issuer::new(name, &[]))
    }

    fn of(issuer: Issuer) -> Self {
        let badge = issuer.create_badge(&picture());
        Self { issuer, badge }
    }

    /// Issues once, however often it has to be asked for; the event's id.
    fn issue(&self, addresses: &[String], mail: bool) -> String {
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let path = format!("/v2/event/{{client}}/{}/issue", self.badge);
        let mut body = issue_to(&addresses);
        body["send_email"] = mail.into();
        let answer = persist(|| self.issuer.call("POST", &path, &[], &body)).expect(200).json();
        assert_eq!(answer["count"], addresses.len());
        answer["resource_id"].as_str().unwrap().to_owned()
    }

    fn events(&self) -> u64 {
        let list = self.issuer.call("GET", "/v2/event/{client}?limit=1", &[], &Value::Null).expect(200).json();
        list["total"].as_u64().unwrap()
    }

    fn issued(&self, event: &str) -> u64 {
        let path = format!("/v2/event/{{client}}/{event}");
        let shown = self.issuer.call("GET", &path, &[], &Value::Null).expect(200).json();
        shown["counts"]["issued"].as_u64().unwrap()
    }

    fn revoke(&self, event: &str, address: &str) -> Reply {
        let path = format!("/v2/event/{{client}}/{event}/revoke");
        self.issuer.call("PUT", &path, &[], &json!({"recipient": [address]}))
    }
}

fn pair(what: &str) -> Vec<String> {
    ["hanako", "taro"].map(|name| format!("{name}+{what}@example.org")).to_vec()
}

#[test]
#[ignore = "needs a stack whose AWS fails"]
fn issuing_in_the_call_whatever_aws_does() {
    let shop = Shop::of_both_forms("Bad days");
    let _ = shop.issue(&pair("first"), false);
    let throttled = error(400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException");
    let busy = error(400, "ThrottlingException");
    let broken = error(500, "InternalServerError");
    let lost = json!("lose");
    let days: Vec<(&str, u64, Value)> = vec![
        ("dynamodb.Query", 2, broken.clone()),
        ("dynamodb.GetItem", 2, throttled.clone()),
        ("dynamodb.UpdateItem", 1, lost.clone()),
        ("dynamodb.BatchWriteItem", 5, throttled.clone()),
        ("dynamodb.BatchWriteItem", 1, lost.clone()),
        ("dynamodb.TransactWriteItems", 2, throttled.clone()),
        ("dynamodb.TransactWriteItems", 5, busy.clone()),
        ("dynamodb.TransactWriteItems", 3, conflict()),
        ("dynamodb.TransactWriteItems", 1, lost.clone()),
        ("dynamodb.TransactWriteItems", 5, lost.clone()),
        ("dynamodb.PutItem", 3, throttled),
        ("dynamodb.PutItem", 6, lost.clone()),
        ("dynamodb.PutItem", 1, json!({"wait": 4})),
        ("kms.Sign", 8, busy),
        ("kms.Sign", 3, error(500, "KMSInternalException")),
        ("kms.Sign", 2, lost.clone()),
        ("kms.Sign", 1, json!({"wait": 4})),
        ("sqs.SendMessageBatch", 1, lost),
        ("sqs.SendMessageBatch", 6, json!("drop")),
        ("sqs.SendMessageBatch", 1, json!("twice")),
    ];
    for (day, (operation, times, action)) in days.iter().enumerate() {
        faults(&[rule(operation, *times, action)]);
        let event = shop.issue(&pair(&format!("day{day}")), operation.starts_with("sqs"));
        assert!(acted()[0] > 0, "{operation} was not called");
        faults(&[]);
        eventually("both have their credentials", || shop.issued(&event) == 2);
        assert_eq!(shop.events(), 2 + day as u64, "{operation} {times} {action}");
    }
    all_is_well();
}

#[test]
#[ignore = "needs a stack whose AWS fails"]
fn issuing_in_the_call_killed_at_every_call() {
    let shop = Shop::of_both_forms("Short lives");
    let _ = shop.issue(&pair("first"), true);
    let mut events = 1;
    let calls = at_every_call("issuance", |begin| {
        begin();
        let event = shop.issue(&pair(&events.to_string()), true);
        eventually("both have their credentials", || shop.issued(&event) == 2);
        events += 1;
        assert_eq!(shop.events(), events);
    });
    assert!(calls > 10, "{calls}");
    all_is_well();
}

/// Two chunks, of 1,250 recipients and 10.
#[test]
#[ignore = "needs a stack whose AWS fails"]
fn a_big_event_whose_workers_die_and_whose_messages_come_twice_and_in_any_order() {
    const RECIPIENTS: u64 = 1_260;
    let shop = Shop::new("Long queues");
    let _ = shop.issue(&pair("first"), false);
    hide("SIGNING_QUEUE_URL", 20);
    let addresses: Vec<String> = (0..RECIPIENTS).map(|n| format!("member{n}@example.org")).collect();
    let dies = |nth: u64, how: &str| json!({"function": "issuance", "operation": "kms.Sign", "nth": nth, "do": how});
    let kills = [dies(15, "kill_before"), dies(300, "kill_after"), dies(900, "kill_before")];
    let others = [
        rule("sqs.SendMessageBatch", 1, &json!("twice")),
        json!({"operation": "kms.Sign", "nth": 500, "times": 40, "do": error(400, "ThrottlingException")}),
        json!({"operation": "dynamodb.PutItem", "nth": 200, "times": 3, "do": "lose"}),
    ];
    faults(&[&kills[..], &others].concat());
    let event = shop.issue(&addresses, false);
    for chunk in [1, 0, 1] {
        leave(&json!({"event": event, "chunk": chunk}));
    }
    eventually("everybody has a credential", || {
        sleep(Duration::from_secs(1));
        shop.issued(&event) == RECIPIENTS
    });
    assert!(acted().iter().all(|times| *times > 0), "{:?}", acted());
    assert_eq!(shop.events(), 2);
    all_is_well();
}

/// Whoever visits a badge that nobody signed yet comes again when that failed, and everybody has the same bytes.
#[test]
#[ignore = "needs a stack whose AWS fails"]
fn a_claim_killed_at_every_call_and_whatever_aws_does() {
    let shop = Shop::of(Issuer::new("Late visitors", &["--vc-jwt", "ES256", "--sign", "on_claim"]));
    let mut visited = 0;
    let mut unsigned = || {
        visited += 1;
        let event = shop.issue(&[format!("visitor{visited}@example.org")], false);
        shop.issuer.credentials(&event).remove(0)
    };
    let visit = |id: &str| {
        let first = persist(|| get(&format!("/credentials/{id}.json"))).expect(200).body;
        assert_eq!(journeys::validate(&first)["verdict"], "valid");
        assert_eq!(get(&format!("/credentials/{id}.json")).expect(200).body, first);
        assert_eq!(journeys::validate(&get(&format!("/credentials/{id}.jwt")).expect(200).body)["verdict"], "valid");
    };
    visit(&unsigned());
    for (function, most) in [("hosting", 2), ("issuance", 6)] {
        let calls = at_every_call(function, |begin| {
            let id = unsigned();
            begin();
            visit(&id);
        });
        assert!(calls > most, "{function} {calls}");
    }
    let lost = json!("lose");
    let days = [
        ("issuance", "kms.Sign", 8, error(400, "ThrottlingException")),
        ("issuance", "kms.Sign", 2, lost.clone()),
        ("issuance", "kms.Sign", 1, json!({"wait": 6})),
        ("issuance", "dynamodb.PutItem", 1, lost.clone()),
        ("issuance", "dynamodb.GetItem", 4, error(500, "InternalServerError")),
        ("hosting", "dynamodb.GetItem", 1, lost),
        ("hosting", "lambda.POST", 1, error(429, "TooManyRequestsException")),
        ("hosting", "lambda.POST", 1, json!("twice")),
    ];
    for (function, operation, times, action) in days {
        let id = unsigned();
        faults(&[json!({"function": function, "operation": operation, "times": times, "do": action})]);
        visit(&id);
        assert!(acted()[0] > 0, "{function} {operation} was not called");
    }
    // What was signed is shown at once, though nobody heard so.
    let id = unsigned();
    faults(&[json!({"function": "hosting", "operation": "lambda.POST", "times": 1, "do": "lose"})]);
    let _ = get(&format!("/credentials/{id}.json")).expect(200);
    assert_eq!(acted(), [1]);
    all_is_well();
}

#[test]
#[ignore = "needs a stack whose AWS fails"]
fn revoking_killed_at_every_call_and_whatever_aws_does() {
    let shop = Shop::new("Second thoughts");
    let _ = shop.issue(&pair("first"), false);
    let status = |event: &str| published(&shop, event);
    let calls = at_every_call("issuance", |begin| {
        let people = pair(&shop.events().to_string());
        let event = shop.issue(&people, false);
        begin();
        let _ = persist(|| shop.revoke(&event, &people[0])).expect(200);
        assert_eq!(status(&event), [true, false]);
    });
    assert!(calls > 10, "{calls}");
    let days = [
        ("dynamodb.TransactWriteItems", 1, json!("lose")),
        ("dynamodb.TransactWriteItems", 4, conflict()),
        ("dynamodb.PutItem", 1, json!("lose")),
        ("dynamodb.DeleteItem", 1, json!("lose")),
        ("kms.Sign", 6, error(400, "ThrottlingException")),
    ];
    for (operation, times, action) in days {
        let people = pair(&format!("{operation}{times}"));
        let event = shop.issue(&people, false);
        faults(&[rule(operation, times, &action)]);
        let _ = persist(|| shop.revoke(&event, &people[0])).expect(200);
        assert!(acted()[0] > 0, "{operation} was not called");
        assert_eq!(status(&event), [true, false]);
    }
    all_is_well();
}

/// Whether the recipients of an event are revoked, as the published status list says.
fn published(shop: &Shop, event: &str) -> Vec<bool> {
    let one = |id: &String| {
        let credential = get(&format!("/credentials/{id}.json")).expect(200).json();
        let entry = proof::status::StatusEntry::parse(&credential["credentialStatus"]).unwrap();
        let list = get(&entry.list_url).expect(200).json();
        proof::status::StatusList::parse(&list).unwrap().status(&entry).unwrap() == 1
    };
    shop.issuer.credentials(event).iter().map(one).collect()
}

/// Nobody has to repeat what the product repeats by itself.
#[test]
#[ignore = "needs a stack whose AWS fails"]
fn who_met_another_or_got_no_answer_is_not_told_so() {
    let office = Office::new("Crowds");
    let mut body = office.body(&json!({"method": "automatic"}));
    body["evidence"] = "yes".into();
    let page = office.form_of(&body);
    let begun = page.begin(answers(&format!("crowd+{}@example.org", page.form))).expect(201).json();
    let file = json!({"field": "evidence", "name": "a.pdf", "media_type": "application/pdf", "size_bytes": 9});
    let path = format!("/v2/event/{{client}}/{}/issue", office.badge);
    let issue = issue_to(&["hanako@example.org"]);
    let secret = json!({"label": "Moodle", "roles": ["issuer"]});
    let lose = |operation| rule(operation, 1, &json!("lose"));

    faults(&[rule("dynamodb.TransactWriteItems", 3, &conflict())]);
    let _ = office.issuer.call("POST", &path, &[], &issue).expect(200);
    faults(&[rule("dynamodb.TransactWriteItems", 3, &conflict())]);
    let url = begun["url"].as_str().unwrap();
    let _ = applicants::post(&format!("{url}/evidence"), &file).expect(201);
    faults(&[lose("dynamodb.TransactWriteItems")]);
    let made = office.issuer.call("POST", "/v2/client/{client}/secret", &[], &secret).expect(200).json();
    assert_eq!(acted(), [1]);
    faults(&[]);
    let again = Issuer::sign_in(&office.issuer.client, made["client_secret"].as_str().unwrap());
    assert!(!again.token().is_empty());
    all_is_well();
}

#[test]
#[ignore = "needs a stack whose AWS fails"]
fn the_operator_is_told_what_is_wrong() {
    let row = json!({"pk": {"S": "NOBODY#1"}, "sk": {"S": "KNOWS"}});
    let table = variable("TABLE_NAME");
    let _ = dynamo("PutItem", &json!({"TableName": table, "Item": row}));
    let told = journeys::try_operator(&["store", "check"]);
    let _ = dynamo("DeleteItem", &json!({"TableName": table, "Key": row}));
    let report: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(report["violations"], json!([{"rule": "unknown_row", "at": "NOBODY#1 KNOWS"}]));
    assert!(!told.status.success());
}

// Named so that it comes first: everything is verified three times.
#[test]
#[ignore = "needs a stack whose AWS fails"]
fn a_badge_without_its_file_and_an_altered_credential_are_told_to_the_operator() {
    let shop = Shop::new("Moths and rust");
    let event = shop.issue(&pair("whole"), false);
    let told = || -> Value {
        let told = journeys::try_operator(&["store", "check", "--verify", "all"]);
        serde_json::from_slice::<Value>(&told.stdout).unwrap()["violations"].clone()
    };
    assert_eq!(told(), json!([]));

    let credential = get(&format!("/credentials/{}", shop.issuer.credentials(&event)[0])).expect(200).json();
    let picture = credential["credentialSubject"]["achievement"]["image"]["id"].as_str().unwrap().to_owned();
    let bytes = get(&picture).expect(200).body;
    let object = format!("artwork/{}", picture.rsplit('/').next().unwrap());
    let address = format!("{}/{}/{object}", variable("AWS_ENDPOINT_URL"), variable("BUCKET_NAME"));
    let s3 = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let headers = [("authorization", s3), ("content-type", "image/png")];
    let _ = request("DELETE", &address, &headers, b"").expect(204);
    let found = told();
    let _ = request("PUT", &address, &headers, &bytes).expect(200);
    assert_eq!(found, json!([{"rule": "no_file", "at": object}]));

    // One recipient's row has the bytes that were signed for the other.
    let table = variable("TABLE_NAME");
    let of_event = json!({":pk": {"S": format!("EVENT#{event}")}, ":sk": {"S": "CRED#"}});
    let query = json!({
        "TableName": table, "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)", "ExpressionAttributeValues": of_event,
    });
    let rows = dynamo("Query", &query)["Items"].as_array().unwrap().clone();
    let mut altered = rows[0].clone();
    altered["z"] = rows[1]["z"].clone();
    let _ = dynamo("PutItem", &json!({"TableName": table, "Item": altered}));
    let found = told();
    let _ = dynamo("PutItem", &json!({"TableName": table, "Item": rows[0]}));
    let found = found.as_array().unwrap();
    let member = rows[0]["sk"]["S"].as_str().unwrap().trim_start_matches("CRED#");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["rule"], "unverified");
    assert!(found[0]["at"].as_str().unwrap().ends_with(member), "{found:?}");
    all_is_well();
}

/// Who revoked does not come back; somebody must publish it nevertheless.
#[test]
#[ignore = "needs a stack whose AWS fails"]
fn a_revocation_that_nobody_repeats_is_published_by_the_sweep() {
    let shop = Shop::new("No third thoughts");
    let people = pair("revoked");
    let event = shop.issue(&people, false);
    faults(&[rule("dynamodb.TransactWriteItems", 1, &json!("kill_after"))]);
    assert!(shop.revoke(&event, &people[0]).status >= 500);
    assert_eq!((acted(), published(&shop, &event)), (vec![1], vec![false, false]));
    // A list that is about to be published is no damage, for a while.
    all_is_well();
    records::wake("issuance", &json!({"schedule": "sweep"}));
    assert_eq!(published(&shop, &event), [false, false], "somebody may be at it");
    let store = records::files();
    let [revoking] = &tokio(store.unpublished(now())).unwrap()[..] else { panic!("one row") };
    let mut older = revoking.clone();
    older.at -= jiff::SignedDuration::from_mins(3);
    tokio(store.begin_revoking(&older)).unwrap();
    tokio(store.end_revoking(revoking)).unwrap();
    records::wake("issuance", &json!({"schedule": "sweep"}));
    assert_eq!(published(&shop, &event), [true, false]);
    assert_eq!(tokio(store.unpublished(now())).unwrap(), []);
    all_is_well();
}

#[test]
#[ignore = "needs a stack whose AWS fails"]
fn deciding_killed_at_every_call_issues_once() {
    let office = Office::new("Hasty reviewers");
    let page = office.form(&json!({"method": "review", "reviewers": []}));
    hide("SIGNING_QUEUE_URL", 1);
    let mut applications = 0;
    let mut submitted = || {
        applications += 1;
        page.hand_in(answers(&format!("applicant{applications}+{}@example.org", page.form)))
    };
    let approve = |mine: &Mine| {
        let reply = persist(|| office.decide(&mine.id, &json!({"decision": "approve"})));
        // One that is approved already says so.
        assert!(matches!(reply.status, 200 | 409), "{}", reply.text());
    };
    issued(&office, &submitted(), approve);
    for function in ["applications", "issuance"] {
        let calls = at_every_call(function, |begin| {
            let mine = submitted();
            begin();
            issued(&office, &mine, approve);
        });
        assert!(calls > 4, "{function} {calls}");
    }
    assert_eq!(office.issued(&page.form), applications);
    all_is_well();
}

/// Has an application approved, and waits for its badge; a hint that was lost is left again, as the sweep does.
fn issued(office: &Office, mine: &Mine, approve: impl Fn(&Mine)) {
    approve(mine);
    let mut looks = 0;
    eventually("the badge is issued", || {
        looks += 1;
        if looks % 20 == 0 {
            leave(&json!({"award": mine.id}));
        }
        office.application(&mine.id)["state"] == "issued"
    });
}

#[test]
#[ignore = "needs a stack whose AWS fails"]
fn a_claim_code_is_used_once_for_each_badge() {
    let office = Office::new("Codes");
    let codes = json!([{"code": "SHIRUSHI", "uses": 100}]);
    let page = office.form(&json!({"method": "claim_code", "codes": codes, "once_per_person": false}));
    hide("SIGNING_QUEUE_URL", 1);
    let mut claims = 0;
    let mut submitted = || {
        claims += 1;
        let mut body = answers(&format!("claims{claims}+{}@example.org", page.form));
        body["code"] = "SHIRUSHI".into();
        page.submit(body)
    };
    let prove = |mine: &Mine| {
        let code = mine.code();
        let reply = persist(|| mine.post("prove", &json!({"code": code})));
        assert!(matches!(reply.status, 200 | 409), "{}", reply.text());
    };
    issued(&office, &submitted(), prove);
    let calls = at_every_call("applications", |begin| {
        let mine = submitted();
        begin();
        issued(&office, &mine, prove);
    });
    assert!(calls > 3, "{calls}");
    for (operation, times, action) in
        [("dynamodb.TransactWriteItems", 1, json!("lose")), ("dynamodb.TransactWriteItems", 4, conflict())]
    {
        let mine = submitted();
        faults(&[rule(operation, times, &action)]);
        issued(&office, &mine, prove);
    }
    assert_eq!(office.issued(&page.form), claims);
    all_is_well();
}

#[test]
#[ignore = "needs a stack whose AWS fails"]
fn a_pdf_is_made_though_its_maker_dies() {
    let shop = Shop::new("Printers");
    let addresses: Vec<String> = (0..60).map(|n| format!("reader{n}@example.org")).collect();
    let event = shop.issue(&addresses, false);
    let rows = shop.issuer.recipients(&event);
    let mut addresses = rows.iter().map(|row| row["pdf_url"].as_str().unwrap());
    let mut made = |what: &str| {
        let address = addresses.next().expect("enough recipients");
        let first = persist(|| get(address)).expect(200);
        assert!(first.body.starts_with(b"%PDF"), "{what}");
        assert_eq!(get(address).expect(200).body, first.body, "{what}");
    };
    made("at first");
    let calls = at_every_call("pdf", |begin| {
        begin();
        made("killed");
    });
    assert!(calls > 3, "{calls}");
    for (operation, times, action) in [
        ("s3.GET", 2, slow_down()),
        ("s3.PUT", 2, slow_down()),
        ("s3.PUT", 1, json!({"wait": 4})),
        ("s3.PUT", 1, json!("lose")),
        ("kms.Sign", 6, error(400, "ThrottlingException")),
        ("kms.Sign", 1, json!("lose")),
    ] {
        faults(&[rule(operation, times, &action)]);
        made(operation);
        assert!(acted()[0] > 0, "{operation} was not called");
    }
    all_is_well();
}

#[test]
#[ignore = "needs a stack whose AWS fails"]
fn evidence_is_judged_once_though_its_judge_dies() {
    let office = Office::new("Witnesses");
    let mut body = office.body(&json!({"method": "automatic"}));
    body["evidence"] = "yes".into();
    let page = office.form_of(&body);
    for queue in ["EVIDENCE_QUEUE_URL", "APPLICATION_QUEUE_URL", "SIGNING_QUEUE_URL"] {
        hide(queue, 1);
    }
    let mut applications = 0;
    let mut judged = |begin: &dyn Fn()| {
        applications += 1;
        let mine = with_file(&page, applications, begin);
        eventually("the badge is issued", || office.application(&mine.id)["state"] == "issued");
    };
    judged(&|| {});
    let calls = at_every_call("screening", &mut judged);
    assert!(calls > 3, "{calls}");
    for (function, operation, action) in [
        ("screening", "dynamodb.UpdateItem", json!("lose")),
        ("screening", "s3.GET", slow_down()),
        ("screening", "s3.HEAD", json!("drop")),
        ("screening", "sqs.SendMessageBatch", json!("twice")),
        ("applications", "dynamodb.TransactWriteItems", conflict()),
    ] {
        for nth in [1, 2] {
            judged(&|| faults(&[json!({"function": function, "operation": operation, "nth": nth, "do": action})]));
        }
    }
    assert_eq!(office.issued(&page.form), applications);
    all_is_well();
}

#[test]
#[ignore = "needs a stack whose AWS fails"]
fn an_export_is_whole_though_its_maker_dies_and_whatever_aws_does() {
    let shop = Shop::new("Removals");
    let events: Vec<String> = (0..6).map(|n| shop.issue(&pair(&format!("mover{n}")), false)).collect();
    hide("EXPORT_QUEUE_URL", 1);
    let names = moved(&shop, &|| {});
    assert!(events.iter().all(|event| names.contains(&format!("events/{event}/event.json"))), "{names:?}");
    // Earlier exports are not in later ones, so all have the same files.
    for (operation, nth, action) in [
        ("sqs.SendMessageBatch", 1, json!("kill_before")), // asked for, and nobody told
        ("sqs.SendMessageBatch", 2, json!("kill_before")), // a step done, and nobody told
        ("sqs.SendMessageBatch", 2, json!("twice")),
        ("dynamodb.UpdateItem", 1, json!("kill_after")), // claimed
        ("s3.POST", 1, json!("kill_after")),             // an upload begun that nobody knows of
        ("s3.PUT", 1, json!("kill_after")),              // half of what the next step needs
        ("s3.PUT", 2, slow_down()),
        ("dynamodb.TransactWriteItems", 2, json!("kill_before")), // the first step's record
        ("dynamodb.TransactWriteItems", 2, json!("kill_after")),
        ("dynamodb.TransactWriteItems", 3, json!("lose")),
        ("s3.POST", 2, json!("kill_before")), // the last part written
        ("s3.POST", 2, json!("kill_after")),  // the zip there, and its record not
    ] {
        let rule = json!({"function": "export", "operation": operation, "nth": nth, "do": action});
        let again = moved(&shop, &|| faults(std::slice::from_ref(&rule)));
        assert_eq!(acted(), [1], "{rule}");
        faults(&[]);
        assert_eq!(again, names, "{rule}");
    }
    all_is_well();
}

/// Has an export made while AWS fails as `begin` says; the names of the files in it.
fn moved(shop: &Shop, begin: &dyn Fn()) -> Vec<String> {
    let call = |method: &str, path: &str| shop.issuer.call(method, path, &[], &Value::Null);
    let list = || call("GET", "/v2/export/{client}").expect(200).json();
    let before = list()["total"].as_u64().unwrap();
    begin();
    // Who got no answer asks again, and is told that it is being made.
    let asked = persist(|| call("POST", "/v2/export/{client}"));
    assert!(matches!(asked.status, 202 | 409), "{}", asked.text());
    let mut now = Value::Null;
    eventually("the export is there", || {
        now = list();
        now["result"][0]["state"] == "ready"
    });
    assert_eq!(now["total"], before + 1);
    let place = format!("/v2/export/{{client}}/{}", now["result"][0]["id"].as_str().unwrap());
    let lent = call("GET", &place).expect(200).json();
    archives::unpack(&get(lent["download"]["url"].as_str().unwrap()).expect(200).body).into_keys().collect()
}

/// An application with a file, from whose promise on AWS fails like this.
fn with_file(page: &Page, number: usize, begin: &dyn Fn()) -> Mine {
    let bytes = testing::good(MediaType::Pdf);
    let email = format!("witness{number}+{}@example.org", page.form);
    let begun = page.begin(answers(&email)).expect(201).json();
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    let mine = Mine { page: page.clone(), id: text("id"), url: text("url") };
    let promise = json!({
        "field": "evidence", "name": "file.pdf", "media_type": MediaType::Pdf.name(), "size_bytes": bytes.len(),
    });
    begin();
    let promised = persist(|| mine.post("evidence", &promise)).expect(201).json();
    let pairs = promised["upload"]["fields"].as_array().unwrap();
    let mut fields: Vec<(&str, &[u8])> =
        pairs.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap().as_bytes())).collect();
    fields.push(("file", &bytes));
    let _ = persist(|| post_form(promised["upload"]["url"].as_str().unwrap(), &[], &fields)).expect(204);
    let mut body = answers(&email);
    body["answers"]["evidence"] = json!([promised["id"]]);
    let submitted = persist(|| mine.post("submit", &body));
    assert!(matches!(submitted.status, 200 | 409), "{}", submitted.text());
    let proved = persist(|| mine.prove());
    assert!(matches!(proved.status, 200 | 409), "{}", proved.text());
    mine
}

fn tokio<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(what)
}
