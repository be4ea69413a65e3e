//! The way to a recipient: a mail in their language, what became of it, the link in it, and their answer.

#![allow(clippy::unwrap_used, reason = "a journey ends where an answer lacks what it should have")]

use journeys::{Issuer, Reply, eventually, get_as, mails, picture, request};
use serde_json::{Value, json};

fn unique(local: &str, issuer: &Issuer) -> String {
    format!("{local}+{}@example.org", issuer.client)
}

fn standing(issuer: &Issuer, event: &str, address: &str) -> Value {
    issuer.recipients(event).into_iter().find(|recipient| recipient["email"] == address).unwrap()
}

fn state(issuer: &Issuer, event: &str, address: &str) -> String {
    standing(issuer, event, address)["delivery"]["state"].as_str().unwrap().to_owned()
}

fn issue(issuer: &Issuer, badge: &str, recipients: &Value, more: &Value) -> String {
    let mut body = json!({"recipient": recipients, "api_consumer_id": "journeys", "send_email": true});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = issuer.call("POST", &format!("/v2/event/{{client}}/{badge}/issue"), &[], &body).expect(200).json();
    answer["resource_id"].as_str().unwrap().to_owned()
}

/// The token in a receive link.
fn token(link: &str) -> String {
    link.split_once("tk=").unwrap().1.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn answer_with(token: &str, decision: &str) -> Reply {
    let headers = [("content-type", "application/json"), ("accept", "application/json")];
    request("POST", "/c/receive", &headers, json!({"tk": token, "decision": decision}).to_string().as_bytes())
}

#[test]
fn a_recipient_is_told_in_their_language_and_their_answer_is_seen() {
    let issuer = Issuer::new("織物学院", &[]);
    let badge = issuer.create_badge(&picture());
    let (hanako, john) = (unique("hanako", &issuer), unique("john", &issuer));
    let recipients = json!([{"email": hanako, "name": "髙橋 花子", "language": "ja"}, {"email": john, "name": "John", "language": "en"}]);
    let event = issue(&issuer, &badge, &recipients, &json!({}));
    eventually("both mails are taken", || {
        state(&issuer, &event, &hanako) == "delivered" && state(&issuer, &event, &john) == "delivered"
    });

    let (ja, en) = (mails(&hanako), mails(&john));
    assert_eq!((ja.len(), en.len()), (1, 1), "one mail each");
    let text = |mail: &Value, part: &str| mail[part].as_str().unwrap().to_owned();
    assert!(text(&ja[0], "BodyText").contains("髙橋 花子") && text(&ja[0], "BodyHtml").contains("チームワーク"));
    assert!(
        text(&en[0], "BodyText").contains("John") && text(&en[0], "BodyText").contains("Teamwork"),
        "{}",
        text(&en[0], "BodyText")
    );
    assert_ne!(ja[0]["Subject"], en[0]["Subject"]);
    assert_eq!(ja[0]["ReplyToAddresses"], json!(["badges@issuer.example"]));
    assert!(!text(&ja[0], "BodyText").contains(&john));

    // The link, without an account: first looked at, then accepted, then the mind is changed.
    let link = text(&ja[0], "BodyText").split_whitespace().find(|word| word.contains("tk=")).unwrap().to_owned();
    let tk = token(&link);
    let page = get_as(&format!("/c/receive?tk={tk}"), "text/html").expect(200);
    assert!(page.text().contains("チームワーク") && page.text().contains("髙橋 花子"));
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    assert!(!page.text().contains(&hanako), "no address on the page");
    assert_eq!(state(&issuer, &event, &hanako), "opened");
    assert_eq!(standing(&issuer, &event, &hanako)["received"], false);
    answer_with(&tk, "accept").expect(200);
    let accepted = standing(&issuer, &event, &hanako);
    assert_eq!((&accepted["received"], &accepted["delivery"]["state"]), (&json!(true), &json!("accepted")));
    assert!(accepted["delivery"]["accepted_at"].is_i64());
    // A form of a browser is answered by a redirect, so that a reload asks nothing anew.
    let form = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
    let declined = request("POST", "/c/receive", &form, format!("tk={tk}&decision=decline").as_bytes()).expect(303);
    assert!(declined.header("location").contains(&tk));
    assert_eq!(state(&issuer, &event, &hanako), "declined");
    assert_eq!(standing(&issuer, &event, &hanako)["received"], false);
    assert_eq!(state(&issuer, &event, &john), "delivered", "nobody answers for somebody else");

    // A link that was not made by us, and one of somebody else's credential, look alike.
    let other = standing(&issuer, &event, &john);
    let mixed = format!("{}{}", other["assertion_id"].as_str().unwrap(), &tk[40..]);
    for wrong in [mixed.as_str(), &"0".repeat(80), "", "x"] {
        assert_eq!(get_as(&format!("/c/receive?tk={wrong}"), "application/json").status, 404, "{wrong}");
        assert!(matches!(answer_with(wrong, "accept").status, 400 | 404), "{wrong}");
    }
    assert_eq!(answer_with(&tk, "perhaps").expect(400).json()["errors"][0]["pointer"], "#/decision");

    // What was revoked can be seen, but not accepted.
    let revoke = json!({"recipient": [john]});
    issuer.call("PUT", &format!("/v2/event/{{client}}/{event}/revoke"), &[], &revoke).expect(200);
    let revoked = token(other["receive_url"].as_str().unwrap());
    get_as(&format!("/c/receive?tk={revoked}"), "text/html").expect(200);
    answer_with(&revoked, "accept").expect(409);
    assert_eq!(standing(&issuer, &event, &john)["received"], false);
}

#[test]
fn what_comes_back_is_seen_and_can_be_sent_again() {
    let issuer = Issuer::new("Bounces", &[]);
    let badge = issuer.create_badge(&picture());
    let addresses = ["bounce", "transient", "complaint", "anna"].map(|local| unique(local, &issuer));
    let [bounce, transient, complaint, anna] = &addresses;
    let recipients: Value = addresses.iter().map(|email| json!({"email": email, "name": ""})).collect();
    let message = json!({"email_message": {"subject": "{{badge}} for you\r\nBcc: x@example.org", "body": "Come & see <b>it</b>", "link_text": "Look", "footer": ""}});
    let event = issue(&issuer, &badge, &recipients, &message);
    let states = || addresses.clone().map(|address| state(&issuer, &event, &address));
    eventually("what became of each is known", || {
        states() == ["bounced", "bounced", "complained", "delivered"].map(str::to_owned)
    });
    let detail = standing(&issuer, &event, bounce)["delivery"]["bounce"].clone();
    assert_eq!(
        (&detail["kind"], standing(&issuer, &event, transient)["delivery"]["bounce"]["kind"].as_str()),
        (&json!("permanent"), Some("transient"))
    );
    let mail = &mails(anna)[0];
    let subject = mail["Subject"].as_str().unwrap();
    assert!(subject.starts_with("チームワーク for you") && !subject.contains('\n'), "{subject:?}");
    assert!(mail["BodyHtml"].as_str().unwrap().contains("Come &amp; see &lt;b&gt;it&lt;/b&gt;"));

    // To all who were not reached; then to one who was.
    let resend = |body: Value| {
        issuer.call("POST", &format!("/v2/event/{{client}}/{event}/resend"), &[], &body).expect(200).json()["count"]
            .clone()
    };
    assert_eq!(resend(json!({})), 2);
    eventually("it came back again", || {
        mails(bounce).len() == 2 && mails(transient).len() == 2 && states()[0] == "bounced"
    });
    assert_eq!((mails(anna).len(), mails(complaint).len()), (1, 1));
    assert_eq!(resend(json!({"recipient": [anna.to_uppercase()]})), 1);
    eventually("she gets it again", || mails(anna).len() == 2 && states()[3] == "delivered");
    let counts =
        issuer.call("GET", &format!("/v2/event/{{client}}/{event}"), &[], &Value::Null).json()["counts"]["delivery"]
            .clone();
    assert_eq!(counts["delivered"], 1);
}

#[test]
fn nobody_is_mailed_who_should_not_be() {
    let issuer = Issuer::new("Silence", &[]);
    let badge = issuer.create_badge(&picture());
    let quiet = unique("quiet", &issuer);
    let event = issue(&issuer, &badge, &json!([{"email": quiet, "name": ""}]), &json!({"send_email": false}));
    assert_eq!(state(&issuer, &event, &quiet), "not_mailed");
    let again = issue(&issuer, &badge, &json!([{"email": unique("loud", &issuer), "name": ""}]), &json!({}));
    eventually("the other is mailed", || state(&issuer, &again, &unique("loud", &issuer)) == "delivered");
    assert!(mails(&quiet).is_empty());
    let other = Issuer::new("Other", &[]);
    other.call("POST", &format!("/v2/event/{{client}}/{event}/resend"), &[], &json!({})).expect(404);
    assert!(mails(&quiet).is_empty());
}
