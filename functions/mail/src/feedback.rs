//! What SES reports about mails: its event publishing, through SNS into a queue.
//!
//! The tags that a mail was sent with say whose mail it was; addresses in a report are not looked at. Reports come late, twice and in
//! any order; the store sorts that out.

use crate::App;
use crate::post::{APPLICATION_TAG, EVENT_TAG, LETTER_TAG, RECIPIENT_TAG, REVIEWER_TAG, ROUND_TAG, Tags};
use badge::ApplicationId;
use badge::delivery::{Bounce, BounceKind};
use edge::{Message, Problem};
use jiff::Timestamp;
use observe::Count;
use serde::Deserialize;
use std::collections::HashMap;
use store::deliveries::MailReport;
use store::letters::Bounced;

/// Characters of a bounce's code.
const MAX_CODE_CHARS: usize = 40;
/// What SNS passes on when SES was connected to it: a sentence, not JSON.
const GREETING: &str = "Successfully validated SNS topic";

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Report {
    /// Something to be recorded about a mail of ours.
    About(Tags, MailReport),
    /// A letter about an application came back.
    Bounced(ApplicationId, Bounced),
    /// Nothing that we keep; its type.
    Other(String),
}

/// Records what a message of the feedback queue reports.
pub(crate) async fn note(app: &App, message: &Message) -> Result<(), Problem> {
    let report = read(&message.body).ok_or_else(|| Problem::internal("a report that cannot be read"))?;
    match &report {
        Report::About(_, MailReport::Complained(_)) => observe::count(Count::COMPLAINED, 1),
        Report::About(_, MailReport::Bounced(Bounce { kind, .. }))
        | Report::Bounced(_, Bounced { bounce: Bounce { kind, .. }, .. })
            if *kind != BounceKind::Transient =>
        {
            observe::count(Count::BOUNCED, 1);
        }
        _ => {}
    }
    match report {
        Report::About(tags, report) => {
            app.store.note_report(&tags.event, tags.recipient, tags.round, &report).await.map_err(edge::failed)
        }
        Report::Bounced(application, bounced) => {
            app.store.note_bounced_letter(&application, &bounced).await.map_err(edge::failed)
        }
        Report::Other(kind) => {
            tracing::info!(kind, "a report that says nothing new");
            Ok(())
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Message")]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesEvent {
    #[serde(alias = "notificationType")]
    event_type: String,
    mail: Option<Mail>,
    delivery: Option<Happened>,
    complaint: Option<Happened>,
    bounce: Option<SesBounce>,
    reject: Option<SesReject>,
}

#[derive(Deserialize)]
struct Mail {
    timestamp: Timestamp,
    #[serde(default)]
    tags: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Happened {
    timestamp: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesBounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
    #[serde(default)]
    bounced_recipients: Vec<BouncedRecipient>,
    timestamp: Timestamp,
}

#[derive(Deserialize)]
struct BouncedRecipient {
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct SesReject {
    #[serde(default)]
    reason: String,
}

/// A message, as SES wrote it or in the envelope that SNS puts around it; none when it is neither.
fn read(body: &str) -> Option<Report> {
    let unpacked = serde_json::from_str::<Envelope>(body);
    let body = unpacked.as_ref().map_or(body, |envelope| &envelope.message);
    if body.starts_with(GREETING) {
        return Some(Report::Other("greeting".into()));
    }
    let event: SesEvent = serde_json::from_str(body).ok()?;
    let report = match event.event_type.as_str() {
        "Delivery" => MailReport::Delivered(event.delivery?.timestamp),
        "Complaint" => MailReport::Complained(event.complaint?.timestamp),
        "Bounce" => MailReport::Bounced(bounce(&event.bounce?)),
        "Reject" => {
            let (at, kind) = (event.mail.as_ref()?.timestamp, BounceKind::Rejected);
            MailReport::Bounced(Bounce { at, kind, code: code(&event.reject?.reason).unwrap_or("Rejected".into()) })
        }
        _ => return Some(Report::Other(code(&event.event_type).unwrap_or_default())),
    };
    let tags = event.mail?.tags;
    let tag = |name| tags.get(name)?.first();
    let Some(application) = tag(APPLICATION_TAG) else { return Some(Report::About(recipient(&tags)?, report)) };
    let MailReport::Bounced(bounce) = report else { return Some(Report::Other("Letter".into())) };
    // A letter that was sent before there was a tag for it has none.
    let letter = tag(LETTER_TAG).cloned().unwrap_or_default();
    let reviewer = tag(REVIEWER_TAG).map(|id| id.parse()).transpose().ok()?;
    Some(Report::Bounced(application.parse().ok()?, Bounced { letter, reviewer, bounce }))
}

fn recipient(tags: &HashMap<String, Vec<String>>) -> Option<Tags> {
    let tag = |name| tags.get(name)?.first();
    Some(Tags {
        event: tag(EVENT_TAG)?.parse().ok()?,
        recipient: tag(RECIPIENT_TAG)?.parse().ok()?,
        round: tag(ROUND_TAG)?.parse().ok()?,
    })
}

/// Kinds of bounce that say more than the status which comes with them: SES did not even try.
const NOT_TRIED: [&str; 3] = ["Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"];

fn bounce(bounce: &SesBounce) -> Bounce {
    let status = bounce.bounced_recipients.first().map(|recipient| recipient.status.trim()).filter(|s| is_status(s));
    let sub_type = code(&bounce.bounce_sub_type);
    let not_tried = sub_type.as_deref().is_some_and(|sub_type| NOT_TRIED.contains(&sub_type));
    let kind = match (bounce.bounce_type.as_str(), status) {
        ("Permanent", _) => BounceKind::Permanent,
        // A class of 5 is a permanent failure (RFC 3463 section 2), whether or not SES made sense of the rest.
        ("Undetermined", Some(status)) if status.starts_with('5') => BounceKind::Permanent,
        _ => BounceKind::Transient,
    };
    let code = match status {
        Some(status) if !not_tried => Some(status.to_owned()),
        _ => sub_type,
    };
    Bounce { at: bounce.timestamp, kind, code: code.unwrap_or("Undetermined".into()) }
}

/// An enhanced status code (RFC 3463): three numbers.
fn is_status(text: &str) -> bool {
    let number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split('.').count() == 3 && text.split('.').all(number)
}

/// A short word out of a text of SES, from which no address can come; none when nothing is left.
fn code(text: &str) -> Option<String> {
    let word: String = text.chars().filter(char::is_ascii_alphanumeric).take(MAX_CODE_CHARS).collect();
    Some(word).filter(|word| !word.is_empty() && !text.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const AT: &str = "2026-11-23T05:06:07.890Z";

    fn event(kind: &str, more: &Value) -> Value {
        let tags = json!({
            "shirushi-event": ["07070707070707070707"], "shirushi-recipient": ["41"], "shirushi-round": ["0"],
            "ses:configuration-set": ["mail"],
        });
        let mut event = json!({
            "eventType": kind,
            "mail": {"timestamp": "2026-11-23T05:06:00.000Z", "messageId": "m", "destination": ["hana@learners.example"], "tags": tags},
        });
        for (name, value) in more.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    }

    fn report(event: &Value) -> MailReport {
        let Some(Report::About(tags, report)) = read(&event.to_string()) else { panic!("{event}") };
        assert_eq!(tags, Tags { event: "07070707070707070707".parse().unwrap(), recipient: 41, round: 0 });
        report
    }

    fn bounced(kind: &str, sub_type: &str, status: &str) -> (BounceKind, String) {
        let recipients =
            json!([{"emailAddress": "hana@learners.example", "status": status, "diagnosticCode": "smtp; 550"}]);
        let bounce =
            json!({"bounceType": kind, "bounceSubType": sub_type, "bouncedRecipients": recipients, "timestamp": AT});
        let MailReport::Bounced(bounce) = report(&event("Bounce", &json!({"bounce": bounce}))) else { panic!() };
        assert_eq!(bounce.at, AT.parse().unwrap());
        (bounce.kind, bounce.code)
    }

    #[tokio::test]
    async fn a_report_is_recorded_with_its_recipient() {
        let wire = crate::wire::Wire::answering(|_| (200, json!({})));
        let body = event("Delivery", &json!({"delivery": {"timestamp": AT}})).to_string();
        let at = AT.parse().unwrap();
        let message = |body| Message {
            queue: "stack-mail-feedback".into(),
            id: "m".into(),
            body,
            attempt: 1,
            trace: None,
            now: at,
            deadline: at,
        };
        let app = wire.app();
        assert!(app.message(&message(body)).await.is_ok());
        let calls = wire.calls("UpdateItem");
        assert_eq!(calls.iter().map(crate::wire::Call::place).collect::<Vec<_>>(), ["LIFE#00041"]);
        assert!(calls[0].updates("SET dl"));
        assert!(app.message(&message("{}".into())).await.is_err());
        assert!(app.message(&Message { queue: "other".into(), ..message("{}".into()) }).await.is_err());
    }

    #[test]
    fn the_sample_payload_is_a_report() {
        let payload = include_str!("../../../events/mail-feedback-bounce.json");
        let payload: Value = serde_json::from_str(payload).unwrap();
        let report = read(payload["Records"][0]["body"].as_str().unwrap());
        assert!(matches!(report, Some(Report::About(_, MailReport::Bounced(Bounce { code, .. }))) if code == "5.1.1"));
    }

    #[test]
    fn deliveries_and_complaints() {
        let at = AT.parse().unwrap();
        let delivery = json!({"delivery": {"timestamp": AT, "recipients": ["x@y.example"], "smtpResponse": "250 ok"}});
        assert_eq!(report(&event("Delivery", &delivery)), MailReport::Delivered(at));
        let complaint =
            json!({"complaint": {"timestamp": AT, "complainedRecipients": [{"emailAddress": "x@y.example"}]}});
        assert_eq!(report(&event("Complaint", &complaint)), MailReport::Complained(at));
    }

    #[test]
    fn bounces_keep_the_most_telling_code() {
        use BounceKind::{Permanent, Transient};
        assert_eq!(bounced("Permanent", "General", "5.1.1"), (Permanent, "5.1.1".into()));
        assert_eq!(bounced("Permanent", "Suppressed", "5.1.1"), (Permanent, "Suppressed".into()));
        assert_eq!(bounced("Transient", "MailboxFull", ""), (Transient, "MailboxFull".into()));
        assert_eq!(bounced("Transient", "MailboxFull", "4.2.2"), (Transient, "4.2.2".into()));
        assert_eq!(bounced("Undetermined", "Undetermined", "5.4.310"), (Permanent, "5.4.310".into()));
        assert_eq!(bounced("Undetermined", "", ""), (Transient, "Undetermined".into()));
        // Whatever stands there, no address gets through.
        assert_eq!(bounced("Permanent", "to hana@learners.example", "5.1.hana@x"), (Permanent, "Undetermined".into()));
    }

    #[test]
    fn of_letters_only_what_came_back_is_kept() {
        let letter = |kind: &str, more: &Value, reviewer: Option<&str>| {
            let mut event = event(kind, more);
            let mut tags =
                json!({"shirushi-application": ["a3k8d2m7q1z9x4c6"], "shirushi-letter": ["reviewer_invited"]});
            if let Some(reviewer) = reviewer {
                tags["shirushi-reviewer"] = json!([reviewer]);
            }
            event["mail"]["tags"] = tags;
            read(&event.to_string())
        };
        let bounce =
            json!({"bounce": {"bounceType": "Permanent", "timestamp": AT, "bouncedRecipients": [{"status": "5.1.1"}]}});
        let Some(Report::Bounced(application, bounced)) = letter("Bounce", &bounce, Some("june")) else { panic!() };
        assert_eq!((application.as_str(), bounced.letter.as_str()), ("a3k8d2m7q1z9x4c6", "reviewer_invited"));
        assert_eq!((bounced.reviewer.unwrap().as_str(), bounced.bounce.code.as_str()), ("june", "5.1.1"));
        assert!(matches!(letter("Bounce", &bounce, None), Some(Report::Bounced(_, Bounced { reviewer: None, .. }))));
        let delivery = json!({"delivery": {"timestamp": AT}});
        assert!(matches!(letter("Delivery", &delivery, None), Some(Report::Other(_))));
        assert_eq!(letter("Bounce", &bounce, Some("no name")), None);
    }

    #[test]
    fn what_ses_does_not_send_is_rejected() {
        let rejected = report(&event("Reject", &json!({"reject": {"reason": "Bad content"}})));
        let at = "2026-11-23T05:06:00Z".parse().unwrap();
        assert_eq!(rejected, MailReport::Bounced(Bounce { at, kind: BounceKind::Rejected, code: "Badcontent".into() }));
    }

    #[test]
    fn reports_come_bare_or_in_an_envelope() {
        let bare = event("Delivery", &json!({"delivery": {"timestamp": AT}}));
        let packed = json!({"Type": "Notification", "MessageId": "m", "TopicArn": "arn", "Message": bare.to_string()});
        assert_eq!(read(&packed.to_string()), read(&bare.to_string()));
        let greeting = format!("{GREETING} for Amazon SES event publishing.");
        assert_eq!(read(&greeting), Some(Report::Other("greeting".into())));
        assert_eq!(read(&json!({"Message": greeting}).to_string()), Some(Report::Other("greeting".into())));
    }

    #[test]
    fn what_says_nothing_new_is_left() {
        for kind in ["Send", "DeliveryDelay", "Open", "Click", "Rendering Failure", "Subscription", "New"] {
            assert!(matches!(read(&event(kind, &json!({})).to_string()), Some(Report::Other(_))), "{kind}");
        }
        let set_up = json!({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "x"});
        assert!(matches!(read(&set_up.to_string()), Some(Report::Other(_))));
    }

    #[test]
    fn what_cannot_be_read_is_a_fault() {
        let mut foreign = event("Delivery", &json!({"delivery": {"timestamp": AT}}));
        foreign["mail"]["tags"] = json!({});
        for body in ["", "{}", "hello", &foreign.to_string(), &event("Bounce", &json!({})).to_string()] {
            assert_eq!(read(body), None, "{body}");
        }
    }
}
