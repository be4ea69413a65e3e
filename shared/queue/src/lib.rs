//! Work that one function leaves for another: the jobs, and the SQS queues they wait in.
//!
//! A job only names what lies in the store, never copies it. A queue delivers at least once and in any order, so whoever takes a job
//! looks first at what of it is done already. A job that failed too often goes to the queue's dead-letter queue, from where an
//! operator sends it back.

use application::Letter;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry,
};
use aws_types::SdkConfig;
use badge::failure::{Failure, Nature};
use badge::notice::Recipients;
use badge::{ApplicationId, ClientId, EventId, ExportId, SignInId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Sign a chunk of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningJob {
    /// Which event.
    pub event: EventId,
    /// Which of its chunks ([`badge::Event::chunk`]).
    pub chunk: u32,
    /// Whether somebody began with it already, so that looking at what is stored saves signatures.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

/// Mail recipients of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailJob {
    /// Which event.
    pub event: EventId,
    /// Which of its recipients; at most [`MAIL_JOB_RECIPIENTS`].
    pub recipients: Recipients,
    /// 0 for the first mail, else the Unix time of the request for another.
    pub round: i64,
}

/// Recipients of one mail job: at SES's usual 14 mails a second done well within a minute.
pub const MAIL_JOB_RECIPIENTS: u32 = 50;

/// Look at an organisation's feed and tell its webhooks what they have not heard yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookJob {
    /// Which organisation.
    pub client: ClientId,
}

/// How long a hint to look waits: until what it is about has settled in the feed, and a little.
pub const WEBHOOK_DELAY_SECONDS: i32 = 10;

/// Look at an application: a file it waits for has been judged. Which one, and how, stands in the store; another may still be waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationJob {
    /// Which application.
    pub application: ApplicationId,
}

/// Go on with an export of everything an organisation owns. Whoever takes it does a step, and leaves another such job if that was not the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportJob {
    /// Whose.
    pub client: ClientId,
    /// Which.
    pub export: ExportId,
}

/// Issue the badge of an approved application. It waits in the signing queue beside [`SigningJob`]s; see [`SigningTask`].
///
/// Whoever takes it:
///
/// 1. Reads the application (`Store::application`) and its form (`Store::form`). There is nothing to do unless its state is
///    `Approved`: it may have been issued by an earlier delivery.
/// 2. Issues `application.badge` of `application.client` to `application.applicant` (address, name, language) on the very path of every
///    other issue, with the application's id as request key, so that a repetition finds the same event; with the state's `edits`
///    (`criteria_add`, `expires_on`, mail texts), and with the evidence that the form's policy wants in the credential.
/// 3. Steps `application.issued(event, credential, now)` and writes it (`Store::write_step`), which also removes the row by which
///    `Store::awards` finds approved applications whose message was lost. A step that is refused as changed is made from the application
///    read again; `Ok(None)` means that it was written before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwardJob {
    /// Which application.
    pub award: ApplicationId,
}

/// What waits in the signing queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SigningTask {
    /// A chunk of an event.
    Chunk(SigningJob),
    /// An approved application.
    Award(AwardJob),
}

/// Write a letter about an application. It waits in the mail queue beside [`MailJob`]s; see [`MailTask`].
///
/// Whoever takes it reads the application and its form, and sends nothing when the letter no longer fits where the application stands:
/// an address proved meanwhile, a decision taken. What a letter has to say and which links it carries stands with [`Letter`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterJob {
    /// About which application.
    pub application: ApplicationId,
    /// Its revision when the letter was asked for.
    pub revision: u32,
    /// Which letter, and to whom.
    pub letter: Letter,
}

/// Mail somebody the way to a session, or tell them that they are invited. It waits in the queue of what cannot wait behind ten thousand
/// mails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptLetter {
    /// The code and the link that prove an address (`Store::sign_in`).
    SignIn(SignInId),
    /// That somebody is to be a member of an organisation (`Store::member`).
    Invitation {
        /// Of which.
        client: ClientId,
        /// Who.
        person: badge::PersonId,
    },
}

/// What waits in the mail queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MailTask {
    /// Mails to recipients of an event.
    Event(MailJob),
    /// A letter about an application.
    Letter(LetterJob),
}

/// Messages in one `SendMessageBatch` (SQS's limit).
const BATCH_MESSAGES: usize = 10;
/// The longest a message may wait before it is delivered (SQS's limit).
pub const MAX_DELAY_SECONDS: i32 = 900;
/// Attempts at messages that SQS did not take out of a batch.
const ATTEMPTS: usize = 3;

/// Why a job could not be left.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// SQS did not take it. Repeating may help.
    #[error("SQS did not take messages: {0}")]
    Unavailable(String),
    /// It cannot be written.
    #[error("a job that cannot be written as JSON")]
    Unwritable,
}

impl Failure for QueueError {
    fn nature(&self) -> Nature {
        match self {
            Self::Unavailable(_) => Nature::Temporary,
            Self::Unwritable => Nature::Fault,
        }
    }
}

/// One queue.
#[derive(Debug, Clone)]
pub struct Queue {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl Queue {
    /// The queue at this address.
    #[must_use]
    pub fn new(aws: &SdkConfig, url: String) -> Self {
        let config = aws_sdk_sqs::config::Builder::from(aws).interceptor(observe::Calls);
        Self { sqs: aws_sdk_sqs::Client::from_conf(config.build()), url }
    }

    /// Leaves jobs, to be delivered after `delay_seconds` (at most [`MAX_DELAY_SECONDS`]). They are part of the trace worked in.
    ///
    /// # Errors
    /// [`QueueError`] when not all were taken; some may have been.
    pub async fn send<T: Serialize>(&self, jobs: &[T], delay_seconds: i32) -> Result<(), QueueError> {
        let delay = delay_seconds.clamp(0, MAX_DELAY_SECONDS);
        let bodies: Result<Vec<String>, _> = jobs.iter().map(serde_json::to_string).collect();
        for batch in bodies.map_err(|_| QueueError::Unwritable)?.chunks(BATCH_MESSAGES) {
            self.send_batch(batch, delay).await?;
        }
        Ok(())
    }

    async fn send_batch(&self, bodies: &[String], delay: i32) -> Result<(), QueueError> {
        let trace = observe::Trace::current().map(|trace| {
            let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace.xray()).build();
            value.map(|value| HashMap::from([(MessageSystemAttributeNameForSends::AwsTraceHeader, value)]))
        });
        let trace = trace.transpose().map_err(|_| QueueError::Unwritable)?;
        let mut left: Vec<usize> = (0..bodies.len()).collect();
        for _ in 0..ATTEMPTS {
            let entry = |place: &usize| {
                let body = bodies.get(*place).map(String::as_str).unwrap_or_default();
                let entry = SendMessageBatchRequestEntry::builder().id(place.to_string()).message_body(body);
                let entry = entry.delay_seconds(delay).set_message_system_attributes(trace.clone());
                entry.build().map_err(|_| QueueError::Unwritable)
            };
            let entries = left.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
            let sent = self.sqs.send_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
            let sent = sent.map_err(|e| QueueError::Unavailable(code(&e)))?;
            left = sent.failed.iter().filter_map(|failed| failed.id.parse().ok()).collect();
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(QueueError::Unavailable("messages left over".into()))
    }
}

/// A queue and its dead-letter queue, for whoever looks after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Load {
    /// Messages that wait.
    pub waiting: u64,
    /// Messages that somebody is working on, or whose worker died.
    pub in_flight: u64,
    /// Messages that failed too often.
    pub dead: u64,
}

/// A queue with its dead-letter queue. For the operator: no function may do this.
#[derive(Debug, Clone)]
pub struct Watch {
    sqs: aws_sdk_sqs::Client,
    url: String,
    dead_url: String,
}

impl Watch {
    /// Over the queue and the dead-letter queue at these addresses.
    #[must_use]
    pub fn new(aws: &SdkConfig, url: String, dead_url: String) -> Self {
        Self { sqs: aws_sdk_sqs::Client::new(aws), url, dead_url }
    }

    /// About how many messages there are.
    ///
    /// # Errors
    /// [`QueueError`] when SQS does not tell.
    pub async fn load(&self) -> Result<Load, QueueError> {
        let queue = self.attributes(&self.url).await?;
        let dead = self.attributes(&self.dead_url).await?;
        let number = |attributes: &HashMap<QueueAttributeName, String>, name| {
            attributes.get(&name).and_then(|text| text.parse().ok()).unwrap_or_default()
        };
        Ok(Load {
            waiting: number(&queue, QueueAttributeName::ApproximateNumberOfMessages)
                + number(&queue, QueueAttributeName::ApproximateNumberOfMessagesDelayed),
            in_flight: number(&queue, QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
            dead: number(&dead, QueueAttributeName::ApproximateNumberOfMessages),
        })
    }

    /// Sends the messages of the dead-letter queue back to where they came from.
    ///
    /// # Errors
    /// [`QueueError`] when SQS does not begin.
    pub async fn redrive(&self) -> Result<(), QueueError> {
        let dead = self.attributes(&self.dead_url).await?;
        let arn = dead.get(&QueueAttributeName::QueueArn).cloned();
        let arn = arn.ok_or_else(|| QueueError::Unavailable("no ARN in the answer".into()))?;
        let begun = self.sqs.start_message_move_task().source_arn(arn).send().await;
        begun.map(|_| ()).map_err(|e| QueueError::Unavailable(code(&e)))
    }

    async fn attributes(&self, url: &str) -> Result<HashMap<QueueAttributeName, String>, QueueError> {
        let asked =
            self.sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All).send().await;
        Ok(asked.map_err(|e| QueueError::Unavailable(code(&e)))?.attributes.unwrap_or_default())
    }
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("service error").to_owned(),
        SdkError::TimeoutError(_) => "timeout".to_owned(),
        _ => "no connection".to_owned(),
    }
}

/// Mail jobs for recipients of an event, each of at most [`MAIL_JOB_RECIPIENTS`].
#[must_use]
pub fn mail_jobs(event: &EventId, recipients: &Recipients, round: i64) -> Vec<MailJob> {
    let job = |recipients| MailJob { event: event.clone(), recipients, round };
    match recipients {
        Recipients::Range { from, to } => (*from..*to)
            .step_by(MAIL_JOB_RECIPIENTS as usize)
            .map(|first| job(Recipients::Range { from: first, to: first.saturating_add(MAIL_JOB_RECIPIENTS).min(*to) }))
            .collect(),
        Recipients::Numbers(numbers) => {
            numbers.chunks(MAIL_JOB_RECIPIENTS as usize).map(|some| job(Recipients::Numbers(some.to_vec()))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_jobs_cover_everyone_once() {
        let event = EventId::from_random([1; 10]);
        for recipients in [
            Recipients::Range { from: 0, to: 1_000 },
            Recipients::Range { from: 1_000, to: 1_001 },
            Recipients::Range { from: 7, to: 120 },
            Recipients::Numbers((0..120).rev().collect()),
        ] {
            let jobs = mail_jobs(&event, &recipients, 3);
            let covered: Vec<u32> = jobs.iter().flat_map(|job| job.recipients.numbers()).collect();
            assert_eq!(covered, recipients.numbers());
            assert!(jobs.iter().all(|job| job.recipients.numbers().len() <= MAIL_JOB_RECIPIENTS as usize));
        }
    }

    #[test]
    fn two_kinds_of_work_in_one_queue_are_told_apart() {
        let chunk = SigningJob { event: EventId::from_random([1; 10]), chunk: 2, resumed: true };
        let award = AwardJob { award: ApplicationId::from_random([2; 10]) };
        for task in [SigningTask::Chunk(chunk), SigningTask::Award(award)] {
            let text = serde_json::to_string(&task).unwrap();
            assert_eq!(serde_json::from_str::<SigningTask>(&text).unwrap(), task);
        }
        let mail = MailJob {
            event: EventId::from_random([1; 10]),
            recipients: Recipients::Range { from: 0, to: 1 },
            round: 0,
        };
        let letter = Letter::ReviewerInvited { reviewer: "r1".parse().unwrap() };
        let letter = LetterJob { application: ApplicationId::from_random([2; 10]), revision: 3, letter };
        for task in [MailTask::Event(mail), MailTask::Letter(letter)] {
            let text = serde_json::to_string(&task).unwrap();
            assert_eq!(serde_json::from_str::<MailTask>(&text).unwrap(), task);
        }
    }

    #[test]
    fn jobs_are_small_and_hold_no_addresses() {
        let job = SigningJob { event: EventId::from_random([1; 10]), chunk: 2, resumed: false };
        assert_eq!(serde_json::to_string(&job).unwrap(), r#"{"event":"01010101010101010101","chunk":2}"#);
    }
}
