//! The Moodle plugin `local_obf` 2.0, from the first token to a history that outlives its badge.
//!
//! Requests are written out as the plugin's HTTP library puts them on the wire: PHP's `json_encode` (escaped slashes, escaped
//! non-ASCII), form-encoded queries, its headers, no redirects followed. What is asserted is what the plugin reads, and would stumble over.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, Reply, picture, request};
use serde_json::Value;

/// One connection of the plugin, as it is set up in Moodle's settings.
struct Plugin {
    client: String,
    token: String,
}

impl Plugin {
    const ALWAYS: [(&str, &str); 2] = [("user-agent", "MoodleBot/1.0"), ("accept", "*/*")];

    fn connect(client: &str, secret: &str) -> Self {
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let headers = [&Self::ALWAYS[..], &[("content-type", "application/x-www-form-urlencoded")]].concat();
        let answer = request("POST", "/v2/client/oauth2/token", &headers, form.as_bytes()).expect(200).json();
        assert!(answer.get("error").is_none());
        assert!(answer["expires_in"].is_u64(), "an integer of seconds");
        Self { client: client.to_owned(), token: answer["access_token"].as_str().unwrap().to_owned() }
    }

    fn call(&self, method: &str, path: &str, body: Option<&str>) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = [&Self::ALWAYS[..], &[("authorization", bearer.as_str())]].concat();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let path = path.replace("{c}", &self.client);
        request(method, &path, &headers, body.unwrap_or_default().as_bytes())
    }

    fn get(&self, path: &str) -> Value {
        self.call("GET", path, None).expect(200).json()
    }
}

/// The id after `event/…/` in a `Location` header: the plugin's own pattern is `event/\w+/(.*)`.
fn event_of(location: &str) -> String {
    let rest = location.split_once("event/").unwrap().1;
    let (client, event) = rest.split_once('/').unwrap();
    assert!(client.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    event.to_owned()
}

/// What `PARAM_ALPHANUM` leaves as it is.
fn is_alphanum(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[test]
fn the_plugin_works_from_token_to_history() {
    let issuer = Issuer::new("モードル高等学校", &[]);
    let plugin = Plugin::connect(&issuer.client, &issuer.secret);
    assert!(is_alphanum(&plugin.client));

    // The settings page: who is this? The name becomes the connection's.
    plugin.call("GET", "/v2/client/{c}/ping", None).expect(200);
    let client = plugin.get("/v2/client/{c}");
    assert_eq!(client["name"], "モードル高等学校");
    assert!(client["verified"].is_boolean() && client["searchable"].is_boolean(), "read without a default");
    for member in ["url", "description", "email"] {
        assert!(client[member].is_string(), "{member}");
    }

    // "Export badges": languages are empty, criteria too.
    let image = picture().replace('/', "\\/");
    let export = format!(
        r#"{{"category":[],"image":"{image}","primary_language":"","content":[{{"language":"","name":"\u6a5f\u7e54\u308a","description":"\u5b89\u5168\u306b\/\u7e54\u308b","criteria":"","tag":[]}}],"email_message":{{"subject":"\u304a\u3081\u3067\u3068\u3046","body":"body","link_text":"","footer":""}},"expires":0,"draft":false}}"#
    );
    let made = plugin.call("POST", "/v2/badge/{c}", Some(&export)).expect(200).json();
    assert_eq!((&made["success"], &made["resource_type"]), (&Value::from(true), &Value::from("badge")));
    let badge = made["resource_id"].as_str().unwrap().to_owned();
    assert!(is_alphanum(&badge) && badge.len() <= 20, "a database column is that wide");

    // The badge list, and a badge's page: two requests each time.
    let list = plugin.get("/v2/badge/{c}?draft=0&external=1&limit=1000&offset=0");
    assert_eq!(list["total"], 1);
    let row = &list["result"][0];
    assert_eq!(
        (&row["id"], &row["name"], &row["draft"]),
        (&Value::from(badge.as_str()), &Value::from("機織り"), &Value::from(false))
    );
    assert!(row["image"].as_str().unwrap().starts_with("http"));
    assert!(row["language"].is_array() && row["category"].is_array() && row["tag"].is_array());
    let detail = plugin.get(&format!("/v2/badge/{{c}}/{badge}"));
    assert_eq!(detail["content"][0]["name"], "機織り");
    assert_eq!(detail["content"][0]["description"], "安全に/織る");
    assert_eq!((&detail["content"][0]["criteria"], &detail["expires"]), (&Value::from(""), &Value::from(0)));
    assert_eq!(detail["email_message"]["subject"], "おめでとう");
    assert!(detail["image"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert!(plugin.get("/v2/client/{c}/alias")["result"].is_array());

    // Issuing: first a ping, every time. Two recipients, one without a name; the course goes into the log entry.
    plugin.call("GET", "/v2/client/{c}/ping", None).expect(200);
    let issue = r#"{"recipient":[{"email":"Anna.Andersson@example.org","name":"Anna A"},{"email":"jiro@example.org","name":"\u9ad9\u6a4b \u6b21\u90ce"}],"issued_on":1795000000,"api_consumer_id":"Moodle","send_email":true,"show_report":true,"log_entry":{"wwwroot":"https:\/\/moodle.example.org","course_id":"2","course_name":"\u7e54\u6a5f\u5165\u9580"},"client_alias_id":"","criteria_add":"Also: **tidy up**.","event_name":"\u6625"}"#;
    let path = format!("/v2/event/{{c}}/{badge}/issue");
    let answer = plugin.call("POST", &path, Some(issue)).expect(200);
    let event = event_of(answer.header("location"));
    assert_eq!(answer.json()["resource_id"], event.as_str());
    assert!(is_alphanum(&event));
    // The plugin repeats a request whose answer was lost: it is the same event.
    assert_eq!(event_of(plugin.call("POST", &path, Some(issue)).expect(200).header("location")), event);
    // Nobody to issue to: the plugin queues and tries again, whatever we say, but nothing is issued.
    let nobody = r#"{"recipient":[],"issued_on":1795000000,"api_consumer_id":"Moodle","send_email":true,"show_report":true,"log_entry":{"wwwroot":"https:\/\/moodle.example.org"}}"#;
    let refused = plugin.call("POST", &path, Some(nobody)).expect(400).json();
    assert_eq!((&refused["status"], &refused["error"]), (&Value::from(400), &Value::from("Bad Request")));
    assert!(refused["timestamp"].as_str().unwrap().ends_with("+00:00"));

    // The history, at once: events of this badge and course, then their recipients.
    let events = plugin.get(&format!(
        "/v2/event/{{c}}?api_consumer_id=Moodle&badge_id={badge}&log_entry=course_id%3A2&limit=20&offset=0&order_by=asc"
    ));
    assert_eq!(events["total"], 1);
    let row = &events["result"][0];
    assert_eq!(
        (&row["id"], &row["name"], &row["recipient_count"]),
        (&Value::from(event.as_str()), &Value::from("春"), &Value::from(2))
    );
    let log: Value = serde_json::from_str(row["log_entry"].as_str().expect("json_decode wants a string")).unwrap();
    assert_eq!((&log["course_id"], &log["course_name"]), (&Value::from("2"), &Value::from("織機入門")));
    let ctime = row["ctime"].as_i64().unwrap();
    let recipients = plugin.get(&format!(
        "/v2/event/{{c}}/recipient?api_consumer_id=Moodle&badge_id={badge}&begin={ctime}&end={ctime}&limit=1000&offset=0"
    ));
    assert_eq!(recipients["total"], 2);
    assert_eq!(recipients["result"][0]["email"], "Anna.Andersson@example.org", "as it was sent");
    for recipient in recipients["result"].as_array().unwrap() {
        assert_eq!(
            (&recipient["event_id"], &recipient["revoked"]),
            (&Value::from(event.as_str()), &Value::from(false))
        );
        assert_eq!((&recipient["issued_on"], recipient["received"].is_boolean()), (&Value::from(1_795_000_000), true));
        assert_eq!(recipient["assertion_id"].as_str().unwrap().len(), 40);
    }
    let count = plugin.get("/v2/event/{c}?api_consumer_id=Moodle&limit=1&offset=0");
    assert_eq!(count["total"], 1);
    assert_eq!(plugin.get("/v2/event/{c}?log_entry=course_id%3A3&limit=20&offset=0")["total"], 0);

    // A profile: by address, in whatever case, and nobody else's rows.
    let mine = plugin.get("/v2/event/{c}/recipient?email=anna.andersson%40EXAMPLE.org&limit=1000&offset=0");
    assert_eq!((mine["total"].as_u64(), &mine["result"][0]["name"]), (Some(1), &Value::from("Anna A")));
    assert_eq!(plugin.get("/v2/event/{c}?email=JIRO%40example.org&limit=1000&offset=0")["total"], 1);

    // The event's page; then one of the two is revoked.
    let shown = plugin.get(&format!("/v2/event/{{c}}/{event}"));
    assert_eq!(
        (&shown["badge"]["id"], &shown["badge"]["content"][0]["name"]),
        (&Value::from(badge.as_str()), &Value::from("機織り"))
    );
    assert!(shown["log_entry"].is_string());
    let of_event = format!("/v2/event/{{c}}/recipient?event_id={event}&offset=0&limit=1000");
    assert_eq!(plugin.get(&of_event)["result"].as_array().unwrap().len(), 2);
    let revoke = r#"{"recipient":["jiro@example.org"]}"#;
    let revoked = plugin.call("PUT", &format!("/v2/event/{{c}}/{event}/revoke"), Some(revoke)).expect(200).json();
    assert_eq!((&revoked["count"], &revoked["resource_type"]), (&Value::from(1), &Value::Null));
    let states: Vec<bool> =
        plugin.get(&of_event)["result"].as_array().unwrap().iter().map(|r| r["revoked"].as_bool().unwrap()).collect();
    assert_eq!(states, [false, true]);

    // The public badge class: plain addresses, and the bearer token that comes along does not matter.
    let class = |token: &str| {
        let headers = [&Plugin::ALWAYS[..], &[("authorization", token)]].concat();
        request("GET", &format!("/v1/badge/_/{badge}.json?v=1.1&event={event}"), &headers, b"").expect(200).json()
    };
    for token in [format!("Bearer {}", plugin.token), "Bearer somebodyelses".to_owned()] {
        let class = class(&token);
        assert_eq!((&class["name"], &class["type"]), (&Value::from("機織り"), &Value::from("BadgeClass")));
        assert!(class["image"].is_string() && class["criteria"].is_string() && class["issuer"].is_string());
        for member in ["image", "criteria", "issuer"] {
            journeys::get(class[member].as_str().unwrap()).expect(200);
        }
    }

    // The badge is deleted: no body, no content type. It is gone, its history is not.
    plugin.call("DELETE", &format!("/v2/badge/{{c}}/{badge}"), None).expect(200);
    let gone = plugin.call("GET", &format!("/v2/badge/{{c}}/{badge}"), None).expect(404).json();
    assert_eq!(gone["status"], 404);
    assert_eq!(plugin.get("/v2/badge/{c}?draft=0&limit=1000&offset=0")["total"], 0);
    assert_eq!(plugin.get(&format!("/v2/event/{{c}}?badge_id={badge}&limit=20&offset=0"))["total"], 1);
    assert_eq!(plugin.get(&of_event)["total"], 2);
    assert_eq!(class("Bearer x")["name"], "機織り");
    plugin.call("POST", &path, Some(issue)).expect(404);
    assert_eq!(plugin.get("/v2/event/{c}?limit=1&offset=0")["total"], 1);
}

#[test]
fn a_refused_token_is_what_makes_the_plugin_try_its_other_connections() {
    let (first, second) = (Issuer::new("First", &[]), Issuer::new("Second", &[]));
    let plugin = Plugin::connect(&first.client, &first.secret);
    let foreign =
        plugin.call("GET", &format!("/v2/badge/{}?draft=0&external=1&limit=1000&offset=0", second.client), None);
    assert_eq!((foreign.status, foreign.text().as_str()), (403, "403 Forbidden"));
    let form = format!("grant_type=client_credentials&client_id={}&client_secret=wrong", first.client);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let refused = request("POST", "/v2/client/oauth2/token", &headers, form.as_bytes()).expect(403).json();
    assert_eq!(
        (&refused["error"], &refused["path"]),
        (&Value::from("Forbidden"), &Value::from("/v2/client/oauth2/token"))
    );
    assert!(refused.get("message").is_none());
}
