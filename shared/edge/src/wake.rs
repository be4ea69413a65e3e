//! What else than a request a function is woken for: messages of a queue, and the clock.

use crate::problem::Problem;
use jiff::Timestamp;
use observe::Trace;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A message of an SQS queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The queue's name.
    pub queue: String,
    /// The message's id.
    pub id: String,
    /// Its body.
    pub body: String,
    /// How often it was delivered, this time included.
    pub attempt: u32,
    /// The trace of who left it.
    pub trace: Option<Trace>,
    /// When it was delivered now.
    pub now: Timestamp,
    /// When Lambda ends this invocation, whatever it is doing.
    pub deadline: Timestamp,
}

impl Message {
    /// The job in the body.
    ///
    /// # Errors
    /// A fault: no message of ours looks like that. Delivered again and again, it ends in the dead-letter queue, where it is seen.
    pub fn job<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_str(&self.body).map_err(|_| Problem::internal("a queue message that is no job"))
    }
}

/// What wakes a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// A message.
    Message(Message),
    /// A schedule's time has come.
    Schedule {
        /// The schedule's name, from its `Input`: `{"schedule": NAME}`.
        name: String,
        /// When.
        now: Timestamp,
        /// When Lambda ends this invocation.
        deadline: Timestamp,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Payload {
    Queue {
        #[serde(rename = "Records")]
        records: Vec<Record>,
    },
    Schedule {
        schedule: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: String,
    attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: String,
    #[serde(rename = "AWSTraceHeader")]
    trace: Option<String>,
}

/// Whether a payload that is no HTTP request is a batch of messages or a schedule.
pub(crate) fn wakes(payload: &[u8]) -> bool {
    serde_json::from_slice::<Payload>(payload).is_ok()
}

/// What a payload that is no HTTP request asks for; none when it is nothing known.
pub(crate) fn read(payload: &[u8], now: Timestamp, deadline: Timestamp) -> Option<Vec<Wake>> {
    Some(match serde_json::from_slice(payload).ok()? {
        Payload::Schedule { schedule } => vec![Wake::Schedule { name: schedule, now, deadline }],
        Payload::Queue { records } => records
            .into_iter()
            .map(|record| {
                Wake::Message(Message {
                    queue: record.event_source_arn.rsplit(':').next().unwrap_or_default().to_owned(),
                    id: record.message_id,
                    body: record.body,
                    trace: record.attributes.trace.as_deref().and_then(Trace::from_xray),
                    attempt: record.attributes.approximate_receive_count.parse().unwrap_or(1),
                    now,
                    deadline,
                })
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(payload: &str) -> Option<Vec<Wake>> {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        read(payload.as_bytes(), at(1), at(30))
    }

    #[test]
    fn messages_and_schedules_are_told_apart() {
        let all = found(include_str!("../../../events/signing-job.json")).unwrap();
        let [Wake::Message(message)] = &all[..] else { panic!("{all:?}") };
        assert_eq!((message.queue.as_str(), message.attempt), ("shirushi-signing", 1));
        assert_eq!(message.trace.as_ref().unwrap().id(), "1-5759e988-bd862e3fe1be46a994272793");
        assert_eq!(message.job::<serde_json::Value>().unwrap()["chunk"], 0);
        assert!(message.job::<Vec<u8>>().is_err());
        let all = found(include_str!("../../../events/schedule-sweep.json")).unwrap();
        assert!(matches!(&all[..], [Wake::Schedule { name, .. }] if name == "sweep"));
        assert_eq!(found(r#"{"detail": {}}"#), None);
        assert!(wakes(include_bytes!("../../../events/schedule-sweep.json")) && !wakes(br#"{"sign": "x"}"#));
    }
}
