//! Sending the mails of a job: one to each of its recipients that is not sent yet.
//!
//! A recipient's mail is claimed, handed over, and recorded as sent. What is to be sent later (a credential not signed yet, SES too
//! busy, somebody else at it) fails the message: the queue brings it back, and what was sent is not sent again. What SES will never
//! take is recorded as a bounce, and the others go on.

use crate::App;
use crate::pace::{Clock, backoff};
use crate::post::{ATTEMPT_TIMEOUT, About, Outcome, Post, Tags};
use badge::definition::Badge;
use badge::delivery::{Bounce, BounceKind};
use badge::notice::Recipients;
use badge::{Event, Recipient};
use edge::{Message, Problem, chance};
use futures_util::{StreamExt as _, stream};
use letter::address;
use letter::{Award, Letter};
use queue::MailJob;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::credentials::CredentialState;
use store::deliveries::MailReport;
use store::{StoreError, StoredOrganisation};

/// Mails under way at once. SES answers within a tenth of a second or so: enough for its usual pace.
const AT_ONCE: usize = 4;
/// What must be left of the invocation to begin an attempt: the attempt, and what is written after it.
const ATTEMPT_AND_RECORD: Duration = ATTEMPT_TIMEOUT.saturating_add(Duration::from_secs(7));
/// Numbers that lie closer together than this are read in one go; a block of the plan holds a hundred.
const SPAN_GAP: u32 = 100;

/// Why a mail is still to be sent: a word for the log.
pub(crate) type Later = String;

/// Sends the mails of a job.
pub(crate) async fn mail(app: &App, job: &MailJob, message: &Message) -> Result<(), Problem> {
    let Some(post) = &app.post else {
        tracing::info!(event = job.event.as_str(), "mail is not configured");
        return Ok(());
    };
    let clock = Clock::starting(message.now, message.deadline);
    let event = app.store.event(&job.event).await.map_err(edge::failed)?;
    let event = event.ok_or_else(|| Problem::internal("a mail job for an event that is not there"))?.event;
    let (badge, organisation, recipients) = futures_util::try_join!(
        app.store.badge_version(&event.badge, event.badge_version),
        app.store.organisation(&event.client),
        planned(app, &event, &job.recipients),
    )
    .map_err(edge::failed)?;
    let numbers: Vec<u32> = recipients.iter().map(|(number, _)| *number).collect();
    let states = app.store.states_of(&event, &numbers).await.map_err(edge::failed)?;
    let round = Round {
        app,
        post,
        clock,
        badge: &badge.ok_or_else(|| Problem::internal("the badge version of an event is gone"))?,
        organisation: &organisation.ok_or_else(|| Problem::internal("the organisation of an event is gone"))?,
        event: &event,
        number: job.round,
        is_closed: AtomicBool::new(false),
    };
    let all: Vec<_> = recipients.iter().map(|(number, to)| round.one(*number, to, states.get(number))).collect();
    let count = all.len();
    let later: Vec<Later> =
        stream::iter(all).buffer_unordered(AT_ONCE).filter_map(|outcome| async { outcome.err() }).collect().await;
    match later.first() {
        None => Ok(()),
        Some(first) => {
            Err(Problem::unavailable(format!("{} of {count} mails of {} remain: {first}", later.len(), event.id)))
        }
    }
}

/// The ranges of numbers to read for recipients of an event that has `count` of them.
fn spans(recipients: &Recipients, count: u32) -> Vec<Range<u32>> {
    let mut numbers = match recipients {
        Recipients::Range { from, to } => {
            let range = *from..(*to).min(count);
            return if range.is_empty() { vec![] } else { vec![range] };
        }
        Recipients::Numbers(numbers) => numbers.clone(),
    };
    numbers.retain(|number| *number < count);
    numbers.sort_unstable();
    let mut spans: Vec<Range<u32>> = Vec::new();
    for number in numbers {
        match spans.last_mut() {
            Some(span) if number - span.start < SPAN_GAP => span.end = number + 1,
            _ => spans.push(number..number + 1),
        }
    }
    spans
}

/// The recipients of a job, with their numbers.
async fn planned(app: &App, event: &Event, wanted: &Recipients) -> Result<Vec<(u32, Recipient)>, StoreError> {
    let mut recipients = Vec::new();
    for span in spans(wanted, event.recipient_count) {
        recipients.extend(app.store.planned_range(&event.id, span).await?);
    }
    if let Recipients::Numbers(numbers) = wanted {
        recipients.retain(|(number, _)| numbers.contains(number));
    }
    Ok(recipients)
}

/// One round of sending mails of an event.
struct Round<'a> {
    app: &'a App,
    post: &'a Post,
    clock: Clock,
    badge: &'a Badge,
    organisation: &'a StoredOrganisation,
    event: &'a Event,
    /// 0, or the time of the request for another mail.
    number: i64,
    /// Whether SES takes nothing at all now: the others need not try.
    is_closed: AtomicBool,
}

fn unavailable(error: &StoreError) -> Later {
    error.to_string()
}

impl Round<'_> {
    /// One recipient's mail, provided it is issued to and neither revoked nor erased.
    async fn one(&self, number: u32, recipient: &Recipient, state: Option<&CredentialState>) -> Result<(), Later> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err("closed".into());
        }
        let (store, event) = (&self.app.store, &self.event.id);
        match state {
            None => return Err("not signed yet".into()),
            Some(state) if state.is_revoked || recipient.email.is_erased() => return Ok(()),
            Some(_) => {}
        }
        if !store.claim_mail(event, number, self.number, self.clock.now()).await.map_err(|e| unavailable(&e))? {
            let life = store.delivery(event, number).await.map_err(|e| unavailable(&e))?;
            let is_done = [life.sent_at, life.delivered_at, life.complained_at].iter().any(Option::is_some);
            // A claim that ends without a mail must not end with the message that would have sent it.
            return if is_done || life.bounce.is_some() { Ok(()) } else { Err("claimed elsewhere".into()) };
        }
        let handed_over = self.hand_over(number, recipient).await;
        if handed_over.is_err() {
            // When this fails too, the claim runs out by itself.
            let _ = store.release_mail(event, number, self.number).await;
        }
        match handed_over? {
            Ok(id) => store.note_sent(event, number, self.number, &id, self.clock.now()).await,
            Err(code) => {
                let bounce = Bounce { at: self.clock.now(), kind: BounceKind::Rejected, code };
                store.note_report(event, number, self.number, &MailReport::Bounced(bounce)).await
            }
        }
        .map_err(|e| unavailable(&e))
    }

    /// Hands one recipient's mail over: its id, or the code of SES's refusal.
    async fn hand_over(&self, number: u32, recipient: &Recipient) -> Result<Result<String, String>, Later> {
        let Some(mailbox) = address::mailbox(&recipient.email) else { return Ok(Err("LocalPartNotAscii".into())) };
        let award = Award {
            urls: &self.app.urls,
            organisation: &self.organisation.organisation,
            badge: self.badge,
            event: self.event,
            number,
            recipient,
            round: self.number,
        };
        let tags = Tags { event: self.event.id.clone(), recipient: number, round: self.number };
        let handover = Handover { app: self.app, post: self.post, clock: self.clock, is_closed: &self.is_closed };
        handover.hand_over(&award.letter(), &mailbox, About::Award(&tags)).await
    }
}

/// The way to SES within one invocation.
pub(crate) struct Handover<'a> {
    pub(crate) app: &'a App,
    pub(crate) post: &'a Post,
    pub(crate) clock: Clock,
    /// Whether SES takes nothing at all now.
    pub(crate) is_closed: &'a AtomicBool,
}

impl Handover<'_> {
    /// Hands a mail over, again and again while SES is busy and time is left: its id, or the code of SES's refusal.
    pub(crate) async fn hand_over(
        &self,
        letter: &Letter,
        mailbox: &str,
        about: About<'_>,
    ) -> Result<Result<String, String>, Later> {
        for attempt in 0.. {
            self.app.pace.turn().await;
            if self.is_closed.load(Ordering::Relaxed) || !self.clock.has(ATTEMPT_AND_RECORD) {
                break;
            }
            match self.post.send(letter, mailbox, about).await {
                Outcome::Taken(id) => return Ok(Ok(id)),
                Outcome::Refused(code) => return Ok(Err(code)),
                Outcome::Closed(code) => {
                    self.is_closed.store(true, Ordering::Relaxed);
                    return Err(code);
                }
                Outcome::Busy(code) => {
                    let pause = backoff(attempt, chance::bytes());
                    if !self.clock.has(ATTEMPT_AND_RECORD + pause) {
                        return Err(code);
                    }
                    self.app.pace.pause(pause).await;
                }
            }
        }
        Err("no time left".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use crate::wire::{Call, Records, Reply, Wire, error};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::sync::atomic::AtomicU32;

    fn taken() -> Reply {
        (200, json!({"MessageId": "m-1"}))
    }

    /// Sends the mails of a job for everybody, `seconds` before the invocation ends: whether the message is done.
    async fn run(wire: &Wire, seconds: i64) -> Result<(), String> {
        let job = json!({"event": sample::event().id, "recipients": {"from": 0, "to": 3}, "round": 0});
        let message = Message {
            queue: "stack-mail".into(),
            id: "m".into(),
            body: job.to_string(),
            attempt: 1,
            trace: None,
            now: sample::at(sample::ISSUED),
            deadline: sample::at(sample::ISSUED + seconds),
        };
        mail(&wire.app(), &message.job().unwrap(), &message)
            .await
            .map_err(|problem| problem.cause().unwrap_or_default().to_owned())
    }

    /// AWS with these records, where SES answers so.
    fn wire(records: Records, ses: impl Fn(&Call) -> Reply + Send + 'static) -> Wire {
        Wire::answering(move |call| match call.operation.as_str() {
            "SendEmail" => ses(call),
            _ => records.read(call).unwrap_or((200, json!({}))),
        })
    }

    fn recipient_of(call: &Call) -> &str {
        call.body["Destination"]["ToAddresses"][0].as_str().unwrap()
    }

    /// What was written about recipient `n`, in order: the beginnings of the expressions.
    fn written(wire: &Wire, number: u32) -> Vec<String> {
        let about = format!("LIFE#{number:05}");
        let updates = wire.all().into_iter().flat_map(updates).filter(|update| update["Key"]["sk"]["S"] == about);
        let short = |update: Value| {
            let expression = update["UpdateExpression"].as_str().unwrap().to_owned();
            expression.split([',', '=']).next().unwrap().trim().to_owned()
        };
        updates.map(short).collect()
    }

    /// The updates of a call, by itself or in a transaction.
    fn updates(call: Call) -> Vec<Value> {
        match call.operation.as_str() {
            "UpdateItem" => vec![call.body],
            "TransactWriteItems" => {
                let items = call.body["TransactItems"].as_array().cloned().unwrap_or_default();
                items.into_iter().map(|item| item["Update"].clone()).filter(Value::is_object).collect()
            }
            _ => Vec::new(),
        }
    }

    const CLAIM: &str = "SET rd";
    const SENT: &str = "SET st";
    const RELEASE: &str = "REMOVE cl";
    const BOUNCE: &str = "SET bn";

    #[tokio::test]
    async fn each_recipient_gets_one_mail_and_it_is_recorded() {
        let wire = wire(Records::with(3), |_| taken());
        assert_eq!(run(&wire, 60).await, Ok(()));
        let calls = wire.calls("SendEmail");
        let mut to: Vec<&str> = calls.iter().map(recipient_of).collect();
        to.sort_unstable();
        assert_eq!(to, ["p0@learners.example", "p1@learners.example", "p2@learners.example"]);
        for number in 0..3 {
            assert_eq!(written(&wire, number), [CLAIM, SENT]);
        }
        let first = &calls.iter().find(|call| recipient_of(call).starts_with("p0")).unwrap().body;
        assert_eq!(first["FromEmailAddress"], "=?UTF-8?B?5Lqs6YO944Gv44Gf44GK44KK5a2m6Zmi?= <no-reply@badges.example>");
        assert_eq!(first["ReplyToAddresses"], json!(["contact@hataori.example"]));
        assert_eq!(first["ConfigurationSetName"], "reports");
        let tags = json!([
            {"Name": "shirushi-event", "Value": sample::event().id}, {"Name": "shirushi-recipient", "Value": "0"},
            {"Name": "shirushi-round", "Value": "0"},
        ]);
        assert_eq!(first["EmailTags"], tags);
        let simple = &first["Content"]["Simple"];
        assert_eq!(simple["Headers"], json!([{"Name": "Auto-Submitted", "Value": "auto-generated"}]));
        assert_eq!(simple["Subject"], json!({"Data": "バッジ「手織り入門」が授与されました", "Charset": "UTF-8"}));
        let credential = sample::event().draw(0).credential;
        for form in ["Html", "Text"] {
            assert_eq!(simple["Body"][form]["Charset"], "UTF-8");
            let link = format!("https://badges.example/c/receive?tk={credential}");
            assert!(simple["Body"][form]["Data"].as_str().unwrap().contains(&link));
        }
    }

    #[tokio::test]
    async fn nobody_writes_to_what_stands_for_an_erased_address() {
        let mut records = Records::with(2);
        records.recipients[1].email = badge::EmailAddress::erased(1);
        let wire = wire(records, |_| taken());
        assert_eq!(run(&wire, 60).await, Ok(()));
        assert_eq!(
            (wire.calls("SendEmail").len(), written(&wire, 0), written(&wire, 1)),
            (1, vec![CLAIM.into(), SENT.into()], vec![])
        );
    }

    #[tokio::test]
    async fn when_ses_is_busy_the_mail_is_tried_again() {
        let attempts = AtomicU32::new(0);
        let wire = wire(Records::with(1), move |_| match attempts.fetch_add(1, Ordering::Relaxed) {
            0 => error("TooManyRequestsException", "Maximum sending rate exceeded."),
            1 => (500, json!({"__type": "InternalServiceErrorException"})),
            _ => taken(),
        });
        assert_eq!(run(&wire, 60).await, Ok(()));
        assert_eq!((wire.calls("SendEmail").len(), written(&wire, 0)), (3, vec![CLAIM.into(), SENT.into()]));
    }

    #[tokio::test]
    async fn without_time_for_another_attempt_the_claim_is_given_back() {
        let wire = wire(Records::with(1), |_| error("TooManyRequestsException", "Maximum sending rate exceeded."));
        let cause = run(&wire, 16).await.unwrap_err();
        assert!(cause.contains("1 of 1 mails") && cause.ends_with("TooManyRequestsException"), "{cause}");
        assert_eq!(written(&wire, 0), [CLAIM, RELEASE]);
        let late = self::wire(Records::with(1), |_| taken());
        assert!(run(&late, 5).await.is_err());
        assert_eq!((late.calls("SendEmail").len(), written(&late, 0)), (0, vec![CLAIM.into(), RELEASE.into()]));
    }

    #[tokio::test]
    async fn what_ses_refuses_is_a_bounce_and_the_others_go_on() {
        let wire = wire(Records::with(3), |call| {
            if recipient_of(call).starts_with("p1") {
                error("MessageRejected", "no p1@learners.example")
            } else {
                taken()
            }
        });
        assert_eq!(run(&wire, 60).await, Ok(()));
        assert_eq!(
            (written(&wire, 0), written(&wire, 1)),
            (vec![CLAIM.into(), SENT.into()], vec![CLAIM.into(), BOUNCE.into()])
        );
        let written = updates(wire.calls("TransactWriteItems").remove(0));
        let bounce = written[0]["ExpressionAttributeValues"][":value"]["S"].as_str().unwrap();
        let bounce: Value = serde_json::from_str(bounce).unwrap();
        assert_eq!((&bounce["kind"], &bounce["code"]), (&json!("rejected"), &json!("MessageRejected")));
        // It is counted in the same transaction.
        assert_eq!(
            (&written[1]["Key"]["sk"]["S"], &written[1]["UpdateExpression"]),
            (&json!("TALLY"), &json!("ADD bo :n0"))
        );
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_written_in_ascii_is_a_bounce() {
        let mut records = Records::with(1);
        records.recipients[0].email = "花子@learners.example".parse().unwrap();
        let wire = wire(records, |_| taken());
        assert_eq!(run(&wire, 60).await, Ok(()));
        assert_eq!((wire.calls("SendEmail").len(), written(&wire, 0)), (0, vec![CLAIM.into(), BOUNCE.into()]));
    }

    #[tokio::test]
    async fn when_ses_takes_nothing_nobody_else_tries() {
        let wire = wire(Records::with(3), |_| error("SendingPausedException", "x"));
        let cause = run(&wire, 60).await.unwrap_err();
        assert!(cause.contains("3 of 3 mails"), "{cause}");
        for number in 0..3 {
            assert!([vec![], vec![CLAIM.to_owned(), RELEASE.to_owned()]].contains(&written(&wire, number)));
        }
    }

    #[tokio::test]
    async fn only_what_is_signed_and_holds_is_mailed() {
        let records = Records { unsigned: vec![0], revoked: vec![1], ..Records::with(3) };
        let wire = wire(records, |_| taken());
        let cause = run(&wire, 60).await.unwrap_err();
        assert!(cause.contains("1 of 3 mails") && cause.ends_with("not signed yet"), "{cause}");
        assert_eq!(wire.calls("SendEmail").iter().map(recipient_of).collect::<Vec<_>>(), ["p2@learners.example"]);
        assert_eq!((written(&wire, 0), written(&wire, 1)), (vec![], vec![]));
    }

    #[tokio::test]
    async fn who_has_a_mail_gets_no_second_one() {
        for (life, is_done) in [
            (json!({"st": {"N": "1768469400"}}), true),
            (json!({"bn": {"S": r#"{"at":"2026-11-23T05:06:07Z","kind":"rejected","code":"x"}"#}}), true),
            // Claimed by a worker that may yet fail: the message must come back.
            (json!({"cl": {"N": "1768469400"}}), false),
        ] {
            let records = Records { life, ..Records::with(1) };
            let wire = Wire::answering(move |call| {
                records.read(call).unwrap_or(error("ConditionalCheckFailedException", "The conditional request failed"))
            });
            assert_eq!(run(&wire, 60).await.is_ok(), is_done);
            assert_eq!(wire.calls("SendEmail").len(), 0);
        }
    }

    #[tokio::test]
    async fn where_mail_is_not_configured_the_job_is_done_and_nothing_is_written() {
        let wire = wire(Records::with(3), |_| taken());
        let app = App { post: None, ..wire.app() };
        let body = json!({"event": sample::event().id, "recipients": [0], "round": 0}).to_string();
        let at = sample::at(sample::ISSUED);
        let message = Message {
            queue: "stack-mail".into(),
            id: "m".into(),
            body,
            attempt: 1,
            trace: None,
            now: at,
            deadline: at,
        };
        assert!(mail(&app, &message.job().unwrap(), &message).await.is_ok() && wire.all().is_empty());
    }

    #[test]
    fn the_sample_payload_is_a_job() {
        let payload: Value = serde_json::from_str(include_str!("../../../events/mail-job.json")).unwrap();
        let job: MailJob = serde_json::from_str(payload["Records"][0]["body"].as_str().unwrap()).unwrap();
        assert_eq!(job.recipients, Recipients::Range { from: 0, to: 50 });
    }

    #[test]
    fn neighbours_are_read_together() {
        let numbers = Recipients::Numbers(vec![250, 3, 5, 102, 103, 9_999, 10_000]);
        assert_eq!(spans(&numbers, 10_000), [3..103, 103..104, 250..251, 9_999..10_000]);
        let range = |from, to| spans(&Recipients::Range { from, to }, 120);
        assert_eq!((range(50, u32::MAX), range(120, 130)), (vec![Range { start: 50, end: 120 }], vec![]));
    }

    proptest! {
        #[test]
        fn everyone_is_read_once(numbers in prop::collection::vec(0u32..12_000, 0..60)) {
            let read: Vec<u32> = spans(&Recipients::Numbers(numbers.clone()), 10_000).into_iter().flatten().collect();
            prop_assert!(read.is_sorted_by(|a, b| a < b));
            prop_assert!(numbers.iter().all(|n| (*n < 10_000) == read.contains(n)));
        }
    }
}
