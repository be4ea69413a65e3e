//! What became of the mail to a recipient, and what the recipient answered.
//!
//! Each thing that happened is an instant of its own: reports come late, twice and in any order, and what is shown
//! ([`Delivery::state`]) is derived from all of them. What concerns the mail belongs to its latest sending; a resend begins anew.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long nothing need be heard of a mail before it counts as lost.
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// Everything known about one recipient's mail and answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivery {
    /// When the mail was last asked for anew, if it was.
    pub requested_at: Option<Timestamp>,
    /// When the mail was handed over.
    pub sent_at: Option<Timestamp>,
    /// When the recipient's server took it.
    pub delivered_at: Option<Timestamp>,
    /// That it came back.
    pub bounce: Option<Bounce>,
    /// When the recipient called it unwanted.
    pub complained_at: Option<Timestamp>,
    /// When the link in it was first opened.
    pub opened_at: Option<Timestamp>,
    /// The recipient's latest answer.
    pub answer: Option<Reply>,
    /// When the PDF badge was first fetched by the recipient.
    pub pdf_at: Option<Timestamp>,
    /// When the credential was put into a passport.
    pub passport_at: Option<Timestamp>,
}

/// Why a mail did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// Since when that is known.
    pub at: Timestamp,
    /// Whether trying again may help.
    pub kind: BounceKind,
    /// A short code, for example `General`, `MailboxFull`, `5.1.1`; no address stands in it.
    pub code: String,
}

/// Whether another attempt may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BounceKind {
    /// There is no such mailbox, or it takes nothing from us.
    Permanent,
    /// Full, busy, or away.
    Transient,
    /// The mail service did not take the message at all.
    Rejected,
}

/// What a recipient answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Accepted, or declined.
    pub accepted: bool,
    /// When.
    pub at: Timestamp,
}

/// What is shown of a delivery, in the order of a recipient's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody asked for a mail.
    NotMailed,
    /// Waits to be sent.
    Queued,
    /// Handed over; nothing is known yet.
    Sent,
    /// The recipient's server took it.
    Delivered,
    /// It came back.
    Bounced,
    /// The recipient called it unwanted.
    Complained,
    /// The link in it was opened.
    Opened,
    /// The recipient accepted the badge.
    Accepted,
    /// The recipient declined it.
    Declined,
}

impl State {
    /// Its name in answers and result files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotMailed => "not_mailed",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Opened => "opened",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
        }
    }
}

impl Delivery {
    /// What is shown. `wanted`: whether the event asked for mail.
    #[must_use]
    pub fn state(&self, wanted: bool) -> State {
        match self.answer {
            Some(Reply { accepted: true, .. }) => return State::Accepted,
            Some(Reply { accepted: false, .. }) => return State::Declined,
            None => {}
        }
        if self.opened_at.is_some() {
            State::Opened
        } else if self.complained_at.is_some() {
            State::Complained
        } else if self.bounce.is_some() {
            State::Bounced
        } else if self.delivered_at.is_some() {
            State::Delivered
        } else if self.sent_at.is_some() {
            State::Sent
        } else if wanted || self.requested_at.is_some() {
            State::Queued
        } else {
            State::NotMailed
        }
    }

    /// Whether a resend to all who were not reached includes this recipient: there was no mail, it came back, or nothing was heard
    /// of it for [`PATIENCE`] since it was asked for, and the recipient has not shown up otherwise.
    #[must_use]
    pub fn is_undelivered(&self, wanted: bool, planned_at: Timestamp, now: Timestamp) -> bool {
        let asked = self.sent_at.or(self.requested_at).unwrap_or(planned_at);
        match self.state(wanted) {
            State::Bounced | State::NotMailed => true,
            State::Queued | State::Sent => now.duration_since(asked) >= PATIENCE,
            State::Delivered | State::Complained | State::Opened | State::Accepted | State::Declined => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_state_is_the_furthest_thing_known() {
        let mut delivery = Delivery::default();
        assert_eq!(delivery.state(false), State::NotMailed);
        assert_eq!(delivery.state(true), State::Queued);
        delivery.sent_at = Some(at(1));
        assert_eq!(delivery.state(true), State::Sent);
        delivery.delivered_at = Some(at(2));
        assert_eq!(delivery.state(true), State::Delivered);
        let bounce = Bounce { at: at(2), kind: BounceKind::Permanent, code: "General".into() };
        let bounced = Delivery { bounce: Some(bounce), ..delivery.clone() };
        assert_eq!(bounced.state(true), State::Bounced);
        assert!(bounced.is_undelivered(true, at(0), at(5)) && !delivery.is_undelivered(true, at(0), at(5)));
        delivery.opened_at = Some(at(3));
        assert_eq!(delivery.state(true), State::Opened);
        delivery.answer = Some(Reply { accepted: false, at: at(4) });
        assert_eq!(delivery.state(true), State::Declined);
        delivery.answer = Some(Reply { accepted: true, at: at(5) });
        assert_eq!(delivery.state(true), State::Accepted);
    }

    #[test]
    fn who_answered_otherwise_was_reached_whatever_the_mail_did() {
        let bounce = Bounce { at: at(2), kind: BounceKind::Transient, code: "MailboxFull".into() };
        let delivery = Delivery { bounce: Some(bounce), opened_at: Some(at(1)), ..Delivery::default() };
        assert!(!delivery.is_undelivered(true, at(0), at(9)));
    }

    #[test]
    fn a_mail_of_which_nothing_is_heard_counts_as_lost_after_a_while() {
        let sent = Delivery { sent_at: Some(at(10)), ..Delivery::default() };
        let patience = PATIENCE.as_secs();
        assert!(
            !sent.is_undelivered(true, at(0), at(9 + patience)) && sent.is_undelivered(true, at(0), at(10 + patience))
        );
        let queued = Delivery::default();
        assert!(!queued.is_undelivered(true, at(0), at(1)) && queued.is_undelivered(true, at(0), at(patience)));
        assert!(queued.is_undelivered(false, at(0), at(1)));
    }
}
