//! What an organisation's own systems are told of: the entries of its event feed.
//!
//! One entry speaks of one or many recipients of one event, since ten thousand are signed a thousand at a time; those who read
//! the feed or receive it at a webhook see one message for each recipient ([`Notice::message_id`]).

use crate::id::{CredentialId, EventId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What happened to credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Signed and public.
    Issued,
    /// The recipient accepted it.
    Accepted,
    /// The recipient declined it.
    Declined,
    /// The issuer revoked it.
    Revoked,
    /// Its time has run out.
    Expired,
}

/// All kinds.
pub const KINDS: [NoticeKind; 5] =
    [NoticeKind::Issued, NoticeKind::Accepted, NoticeKind::Declined, NoticeKind::Revoked, NoticeKind::Expired];

impl NoticeKind {
    /// Its name in webhooks and in the feed, for example `credential.issued`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Issued => "credential.issued",
            Self::Accepted => "credential.accepted",
            Self::Declined => "credential.declined",
            Self::Revoked => "credential.revoked",
            Self::Expired => "credential.expired",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.name() == name)
    }
}

/// Recipients of an event, by their numbers in it (from 0).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Recipients {
    /// From a first number up to, but without, another.
    Range {
        /// The first.
        from: u32,
        /// The one after the last.
        to: u32,
    },
    /// Just these.
    Numbers(Vec<u32>),
}

impl Recipients {
    /// Their numbers, in order.
    #[must_use]
    pub fn numbers(&self) -> Vec<u32> {
        match self {
            Self::Range { from, to } => (*from..*to).collect(),
            Self::Numbers(numbers) => numbers.clone(),
        }
    }
}

/// An entry of an organisation's feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What happened.
    pub kind: NoticeKind,
    /// In which act of issuing.
    pub event: EventId,
    /// To whose credentials.
    pub recipients: Recipients,
    /// When.
    pub at: Timestamp,
    /// The public reason of a revocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Notice {
    /// The id of the message about one credential: the same however often it is told, so that a receiver can drop repetitions. An
    /// answer of the recipient may change, so its instant is part of it.
    #[must_use]
    pub fn message_id(&self, credential: &CredentialId) -> String {
        let kind = self.kind.name().rsplit('.').next().unwrap_or_default();
        match self.kind {
            NoticeKind::Accepted | NoticeKind::Declined => {
                format!("msg_{kind}_{credential}_{}", self.at.as_millisecond())
            }
            _ => format!("msg_{kind}_{credential}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_both_ways() {
        for kind in KINDS {
            assert_eq!(NoticeKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(NoticeKind::from_name("credential.eaten"), None);
    }

    #[test]
    fn recipients_are_kept_as_they_were_given() {
        for (recipients, json, numbers) in [
            (Recipients::Range { from: 3, to: 6 }, r#"{"from":3,"to":6}"#, vec![3, 4, 5]),
            (Recipients::Numbers(vec![3, 6]), "[3,6]", vec![3, 6]),
            (Recipients::Numbers(vec![1, 5, 2]), "[1,5,2]", vec![1, 5, 2]),
        ] {
            assert_eq!(serde_json::to_string(&recipients).unwrap(), json);
            assert_eq!(serde_json::from_str::<Recipients>(json).unwrap(), recipients);
            assert_eq!(recipients.numbers(), numbers);
        }
    }
}
