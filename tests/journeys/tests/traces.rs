//! What was asked for once is one trace, through functions and queues; and what was done is counted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, eventually, get, picture, request, variable};
use serde_json::{Value, json};
use std::fs;

/// The lines that a function has written, as JSON: every one is.
fn lines(function: &str) -> Vec<Value> {
    let path = format!("{}/shirushi-{function}.log", variable("STACK_LOGS"));
    let text = fs::read_to_string(path).unwrap_or_default();
    // The last one may be half written.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// The lines of a function that belong to a trace, whichever way they say so.
fn of_trace(function: &str, trace: &str) -> Vec<Value> {
    let belongs = |line: &Value| line["trace"] == trace || line["span"]["trace"] == trace;
    lines(function).into_iter().filter(belongs).collect()
}

/// An identifier that no other journey's trace has.
fn fresh(issuer: &Issuer) -> String {
    let digits: String = issuer.client.bytes().map(|byte| format!("{byte:02x}")).collect();
    digits[..24].to_owned()
}

#[test]
fn an_event_of_several_chunks_is_one_trace_from_the_call_to_the_mails() {
    let issuer = Issuer::new("Traced", &[]);
    let badge = issuer.create_badge(&picture());
    let own = fresh(&issuer);
    let (trace, header) =
        (format!("1-6789abcd-{own}"), format!("Root=1-6789abcd-{own};Parent=53995c3f42cd8ad8;Sampled=1"));
    let people: Vec<Value> =
        (0..1_300).map(|number| json!({"email": format!("{number}@traced.example"), "name": "T"})).collect();
    let body = json!({"recipient": people, "api_consumer_id": "journeys", "send_email": true});
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let event = issuer.call("POST", &path, &[("x-amzn-trace-id", &header)], &body).expect(200);
    assert!(!event.json()["resource_id"].as_str().unwrap().is_empty());

    let done = |function: &str, what: &str, name: &str| {
        of_trace(function, &trace).iter().filter(|line| line["message"] == "done" && line[what] == name).count()
    };
    assert_eq!(done("issuance", "route", "POST /v2/event/{client}/{badge}/issue"), 1);
    eventually("both chunks are signed and all mails sent, in one trace", || {
        done("issuance", "name", "shirushi-signing") == 2 && done("mail", "name", "shirushi-mail") == 26
    });
}

#[test]
fn the_line_of_an_invocation_counts_what_was_done() {
    let issuer = Issuer::new("Counted", &[]);
    let badge = issuer.create_badge(&picture());
    let own = fresh(&issuer);
    let (trace, header) = (format!("1-6789abce-{own}"), format!("Root=1-6789abce-{own}"));
    let caller = format!("00-6789abcf{own}-53995c3f42cd8ad8-01");
    let people = json!([{"email": "a@counted.example", "name": "A"}, {"email": "b@counted.example", "name": "B"}]);
    let body = json!({"recipient": people, "api_consumer_id": "journeys", "send_email": false});
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let headers = [("x-amzn-trace-id", header.as_str()), ("traceparent", caller.as_str())];
    let _ = issuer.call("POST", &path, &headers, &body).expect(200);

    let mut found = of_trace("issuance", &trace);
    assert_eq!(found.len(), 1, "{found:?}");
    let line = found.remove(0);
    assert_eq!((&line["Issued"], &line["Signed"], &line["status"]), (&json!(2), &json!(2), &json!(200)));
    assert_eq!(
        (&line["stack"], &line["function"], &line["version"]),
        (&json!("shirushi"), &json!("issuance"), &get("/health").json()["version"])
    );
    assert_eq!(line["caller"], format!("1-6789abcf-{own}"));
    assert!(line["KMS.Sign"].as_u64().unwrap() >= 2 && line["Latency"].as_f64().unwrap() > 0.0);
    assert!(line["DynamoDB.TransactWriteItems"].as_u64().unwrap() >= 1);
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    let named: Vec<&str> = directives
        .iter()
        .flat_map(|one| one["Metrics"].as_array().unwrap())
        .filter_map(|metric| metric["Name"].as_str())
        .collect();
    assert!(["Issued", "Signed", "KMS.Sign", "Latency"].iter().all(|name| named.contains(name)), "{named:?}");
    assert!(line.to_string().len() < 2_500, "{line}");
}

#[test]
fn a_visit_that_has_something_signed_is_one_trace_with_the_signing() {
    let issuer = Issuer::new("Claimed", &["--sign", "on_claim"]);
    let event = issuer.issue(&issuer.create_badge(&picture()), &["a@claimed.example"]);
    let path = format!("/credentials/{}.json", issuer.credentials(&event)[0]);
    let own = fresh(&issuer);
    let (trace, header) = (format!("1-6789abd0-{own}"), format!("Root=1-6789abd0-{own}"));
    let visit = || request("GET", &path, &[("x-amzn-trace-id", &header)], b"").expect(200);
    let first = visit();
    let of = |function: &str| -> Vec<Value> {
        of_trace(function, &trace).into_iter().filter(|line| line["message"] == "done").collect()
    };
    let (visits, signings) = (of("hosting"), of("issuance"));
    assert_eq!((visits.len(), signings.len()), (1, 1), "{visits:?} {signings:?}");
    let line = &signings[0];
    assert_eq!(
        (&line["name"], &line["Signed"], &line["SignedOnClaim"]),
        (&json!("command"), &json!(1), &json!(1)),
        "{line}"
    );
    assert_eq!(visits[0]["Lambda.Invoke"], 1, "{}", visits[0]);
    // What is signed is asked of nobody.
    assert_eq!(visit().body, first.body);
    assert_eq!((of("hosting").len(), of("issuance").len()), (2, 1));
}
