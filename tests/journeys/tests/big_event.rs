//! Ten thousand recipients in one call, while somebody kills the workers.
//!
//! It needs a stack of its own, because it kills every process of the issuing function: `make test` runs it apart.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, eventually, get, issue_to, operator, picture, validate, variable};
use proof::{data_integrity, discovery};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

const RECIPIENTS: usize = 10_000;

/// Kills every process of the issuing function of this stack; how many there were.
fn kill_workers() -> usize {
    let endpoint = format!("AWS_ENDPOINT_URL={}", variable("AWS_ENDPOINT_URL"));
    let mut killed = 0;
    for entry in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
        let runs = std::fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe.ends_with("issuance"));
        let environment = read("environ");
        if runs && environment.split(|byte| *byte == 0).any(|pair| pair == endpoint.as_bytes()) {
            let pid = entry.file_name().into_string().unwrap();
            killed += usize::from(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        }
    }
    killed
}

/// Asks every two seconds, for ten minutes. Each time ten thousand records are read: asking more often would be the main work.
fn until(ask: &dyn Fn() -> Option<usize>) -> usize {
    let answers = (0..300).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_secs(2));
        ask()
    });
    answers.expect("it has not come in ten minutes")
}

#[test]
#[ignore = "kills functions: it needs a stack of its own"]
fn ten_thousand_get_one_credential_each_whoever_dies_on_the_way() {
    let issuer = Issuer::new("Ten thousand", &[]);
    let badge = issuer.create_badge(&picture());
    let addresses: Vec<String> = (0..RECIPIENTS).map(|n| format!("member{n}@example.org")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();

    // The answer comes, and everybody is listed at once.
    #[expect(
        clippy::disallowed_methods,
        reason = "the gateway gives up after thirty seconds: that is what is looked at"
    )]
    let asked = std::time::Instant::now();
    let path = format!("/v2/event/{{client}}/{badge}/issue");
    let answer = issuer.call("POST", &path, &[], &issue_to(&addresses)).expect(200).json();
    let waited = asked.elapsed().as_secs();
    assert!(waited < 30, "the answer took {waited} s");
    assert_eq!(answer["count"], RECIPIENTS);
    let event = answer["resource_id"].as_str().unwrap().to_owned();
    let page = |offset: usize| {
        let path = format!("/v2/event/{{client}}/recipient?event_id={event}&limit=1000&offset={offset}");
        issuer.call("GET", &path, &[], &Value::Null).expect(200).json()
    };
    assert_eq!(page(0)["total"], RECIPIENTS);
    // None while the one emulator is too busy signing to answer.
    let issued = || {
        let shown = issuer.call("GET", &format!("/v2/event/{{client}}/{event}"), &[], &Value::Null).json();
        shown["counts"]["issued"].as_u64().and_then(|count| usize::try_from(count).ok())
    };

    // Twice, everything that signs is killed in the middle of its work.
    for share in [10, 3] {
        let before = until(&|| issued().filter(|count| *count >= RECIPIENTS / share));
        assert!(kill_workers() > 0, "nothing was running to kill");
        assert!(before < RECIPIENTS, "too late to disturb anybody");
    }
    // The messages of the killed come back after a while.
    let _ = until(&|| issued().filter(|count| *count == RECIPIENTS));

    // Nobody is lost, nobody has two, and no two share a place.
    let rows: Vec<Value> =
        (0..RECIPIENTS).step_by(1_000).flat_map(|offset| page(offset)["result"].as_array().unwrap().clone()).collect();
    let listed: Vec<&str> = rows.iter().map(|row| row["email"].as_str().unwrap()).collect();
    assert_eq!(listed, addresses);
    let ids: HashSet<&str> = rows.iter().map(|row| row["assertion_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), RECIPIENTS);

    // Every credential is there and holds.
    let did = get(&format!("/issuers/{}/did.json", issuer.client)).expect(200).json();
    let methods = did["verificationMethod"].as_array().unwrap();
    let next = AtomicUsize::new(0);
    let places: Vec<String> = std::thread::scope(|scope| {
        let worker = || {
            let mut places = Vec::new();
            while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                let credential = get(row["assertion_json_url"].as_str().unwrap()).expect(200).json();
                let proof = data_integrity::proofs(&credential)[0];
                let id = data_integrity::verification_method(proof).unwrap();
                let method = methods.iter().find(|method| method["id"] == id).unwrap();
                let key = discovery::read_method(method).unwrap().key;
                data_integrity::verify(&credential, proof, &key).unwrap();
                places.push(credential["credentialStatus"]["id"].as_str().unwrap().to_owned());
            }
            places
        };
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(places.len(), RECIPIENTS);
    assert_eq!(places.iter().collect::<HashSet<_>>().len(), RECIPIENTS, "two share a place in a status list");
    for row in rows.iter().step_by(997) {
        let credential = get(row["assertion_json_url"].as_str().unwrap()).expect(200);
        assert_eq!(validate(&credential.body)["verdict"], "valid");
    }

    // The queue is empty, and nothing failed too often.
    let queues = || operator(&["queues", "show"]);
    eventually("the queue is empty", || queues()["signing"]["waiting"] == 0 && queues()["signing"]["in_flight"] == 0);
    assert_eq!(queues()["signing"]["dead"], json!(0));
}
