//! What was lost comes back from a restored copy of the table, and what is to be erased is gone.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

mod applicants;

use applicants::{Office, answers};
use journeys::{dynamo, get, operator, request, try_operator, validate, variable};
use serde_json::{Value, json};

/// The rows of a partition, as DynamoDB writes them.
fn partition(table: &str, pk: &str) -> Vec<Value> {
    let asked = json!({
        "TableName": table, "ConsistentRead": true, "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": pk}},
    });
    dynamo("Query", &asked)["Items"].as_array().unwrap().clone()
}

fn key_of(row: &Value) -> Value {
    json!({"pk": row["pk"], "sk": row["sk"]})
}

/// A table of its own, as one that was restored, with these rows.
fn restored(name: &str, rows: &[Value]) -> String {
    let name = format!("restored-{name}");
    let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let part = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    dynamo(
        "CreateTable",
        &json!({
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("pk"), attribute("sk")],
            "KeySchema": [part("pk", "HASH"), part("sk", "RANGE")],
        }),
    );
    for row in rows {
        dynamo("PutItem", &json!({"TableName": name, "Item": row}));
    }
    name
}

#[test]
fn what_was_lost_or_damaged_comes_back_and_rights_do_not_by_themselves() {
    let office = Office::new("Lost and found");
    let (client, table) = (&office.issuer.client, variable("TABLE_NAME"));
    let event = office.issuer.issue(&office.badge, &["a@example.org", "b@example.org"]);
    let credentials = office.issuer.credentials(&event);
    let address = format!("/credentials/{}.json", credentials[0]);
    let before = get(&address).expect(200).body;

    let event_pk = format!("EVENT#{event}");
    let badge_pk = format!("BADGE#{}", office.badge);
    let secret_pk = format!("SECRET#{client}");
    let rows: Vec<Value> = [&event_pk, &badge_pk, &secret_pk].iter().flat_map(|pk| partition(&table, pk)).collect();
    let copy = restored(client, &rows);

    // The event is gone altogether, the badge's head says something else, and an API secret was taken back.
    for row in partition(&table, &event_pk).iter().chain(&partition(&table, &secret_pk)) {
        dynamo("DeleteItem", &json!({"TableName": table, "Key": key_of(row)}));
    }
    let mut head = partition(&table, &badge_pk).into_iter().find(|row| row["sk"]["S"] == "HEAD").unwrap();
    head["version"] = json!({"N": "9"});
    dynamo("PutItem", &json!({"TableName": table, "Item": head}));
    get(&address).expect(404);

    let looked = operator(&["store", "restore", "--from", &copy]);
    assert_eq!((&looked["written"], &looked["missing"]["EVENT CRED"]), (&json!(0), &json!(2)), "{looked:#}");
    assert_eq!(looked["different"], json!([format!("{badge_pk} HEAD")]));
    assert_eq!(looked["missing"].get("SECRET"), None, "a right that was taken away stays away");
    get(&address).expect(404);

    let done = operator(&["store", "restore", "--from", &copy, "--apply", "yes"]);
    assert!(done["written"].as_u64().unwrap() >= 4, "{done:#}");
    assert_eq!(get(&address).expect(200).body, before, "byte for byte");
    assert_eq!(validate(&before)["verdict"], "valid");
    let again = operator(&["store", "restore", "--from", &copy, "--apply", "yes"]);
    assert_eq!(again["written"], json!(0), "{again:#}");
    assert_eq!(
        again["different"].as_array().unwrap().len(),
        1,
        "what is in use is right until somebody says otherwise"
    );

    let all = ["store", "restore", "--from", &copy, "--apply", "yes", "--overwrite", "yes"];
    assert!(!try_operator(&all).status.success(), "nobody turns the whole table back");
    let named = ["store", "restore", "--from", &copy, "--partition", &badge_pk, "--apply", "yes", "--overwrite", "yes"];
    assert_eq!(operator(&named)["written"], json!(1));
    let shown = office.issuer.call("GET", &format!("/v2/badge/{{client}}/{}", office.badge), &[], &Value::Null);
    assert_eq!(shown.expect(200).json()["id"], json!(office.badge));
    assert!(!try_operator(&["store", "restore", "--from", &table]).status.success(), "a table is no copy of itself");
}

#[test]
fn an_erased_organisation_leaves_nothing_and_another_everything() {
    let name = "To be erased";
    let office = Office::new(name);
    let other = Office::new("To stay");
    let client = office.issuer.client.clone();
    let staying = other.issuer.credentials(&other.issuer.issue(&other.badge, &["c@example.org"]));

    let addresses = ["a", "b"].map(|name| format!("{name}+{client}@example.org"));
    let event = office.issuer.issue(&office.badge, &addresses.each_ref().map(String::as_str));
    let recipients = office.issuer.recipients(&event);
    let credential = recipients[0]["assertion_id"].as_str().unwrap();
    get(&format!("/baked/{credential}.png")).expect(200);
    get(recipients[0]["pdf_url"].as_str().unwrap()).expect(200);
    let page = office.form(&json!({"method": "review", "reviewers": []}));
    let mine = page.hand_in(answers(&format!("erased+{}@example.org", page.form)));
    office.issuer.member(&format!("admin+{client}@example.org"), "admin");

    let erase = |more: &[&str]| try_operator(&[&["org", "erase", "--client", &client], more].concat());
    let answer = |more: &[&str]| -> Value { serde_json::from_slice(&erase(more).stdout).unwrap() };
    let looked = answer(&[]);
    assert_eq!((&looked["erased"], &looked["rows"]["EVENT CRED"]), (&json!(false), &json!(2)), "{looked:#}");
    assert!(looked["files"].as_u64().unwrap() >= 2, "{looked:#}");
    get(&format!("/credentials/{credential}.json")).expect(200);
    assert!(!erase(&["--apply", "yes"]).status.success(), "not without its name");
    assert!(!erase(&["--apply", "yes", "--name", "To stay"]).status.success());
    get(&format!("/credentials/{credential}.json")).expect(200);

    assert_eq!(answer(&["--apply", "yes", "--name", name])["erased"], json!(true));
    for gone in [
        format!("/credentials/{credential}.json"),
        format!("/baked/{credential}.png"),
        format!("/issuers/{client}/did.json"),
        format!("/badges/{}.json", office.badge),
        format!("/apply/{}", page.form),
    ] {
        get(&gone).expect(404);
    }
    let form = format!("grant_type=client_credentials&client_id={client}&client_secret={}", office.issuer.secret);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    assert_ne!(request("POST", "/v2/client/oauth2/token", &headers, form.as_bytes()).status, 200, "nobody comes in");
    let again = answer(&["--apply", "yes"]);
    assert_eq!((&again["rows"], &again["files"]), (&json!({}), &json!(0)), "{again:#}");

    // Nothing in the table names it, its people, or what was its.
    let mut start = Value::Null;
    loop {
        let mut scan = json!({"TableName": variable("TABLE_NAME"), "ConsistentRead": true});
        if !start.is_null() {
            scan["ExclusiveStartKey"] = start;
        }
        let found = dynamo("Scan", &scan);
        for row in found["Items"].as_array().unwrap() {
            // What was counted of strangers in an hour, and codes, name nobody and end by themselves.
            let text = row.to_string();
            for word in [client.as_str(), &event, &office.badge, &page.form, &mine.id] {
                assert!(!text.contains(word), "{word} stands in {text}");
            }
        }
        start = found["LastEvaluatedKey"].clone();
        if start.as_object().is_none_or(serde_json::Map::is_empty) {
            break;
        }
    }
    let stays = get(&format!("/credentials/{}.json", staying[0])).expect(200);
    assert_eq!(validate(&stays.body)["verdict"], "valid");
    get(&format!("/baked/{}.png", staying[0])).expect(200);
}
