//! What became of the mail to each recipient of an event, and what the recipient answered.
//!
//! Reports come late, twice and in any order, so each writes only what it knows, where nothing stands yet. What concerns the mail
//! belongs to one *round* of sending: 0 for the first, the Unix time of the request for a resend; a report about another round than
//! the latest changes nothing.
//!
//! Sending is claimed first, for a few minutes: two workers with the same message send one mail. Who dies between the mail
//! service's answer and the record of it leaves a claim that runs out, and the mail may be sent twice; never not at all.

use crate::client::{Store, StoreError, held};
use crate::item::{Item, number};
use crate::key;
use aws_sdk_dynamodb::types::AttributeValue;
use badge::delivery::{Bounce, Reply};
use badge::{Delivery, EventId};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// How long a claim to send one mail holds.
pub const CLAIM_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// Attribute names are short: they count in every write.
const REQUESTED: &str = "rq";
const SENT: &str = "st";
const DELIVERED: &str = "dl";
const BOUNCE: &str = "bn";
const COMPLAINED: &str = "cp";
const OPENED: &str = "op";
const ANSWER: &str = "an";
const PDF: &str = "pd";
const PASSPORT: &str = "pp";

/// Something that was reported about a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailReport {
    /// The recipient's server took it.
    Delivered(Timestamp),
    /// It came back.
    Bounced(Bounce),
    /// The recipient called it unwanted.
    Complained(Timestamp),
}

fn seconds(at: Timestamp) -> AttributeValue {
    number(at.as_second())
}

fn values<const N: usize>(pairs: [(&str, AttributeValue); N]) -> HashMap<String, AttributeValue> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl Store {
    /// Claims the sending of one mail in a round; `false` when it was sent in this or a later round, or somebody else is at it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn claim_mail(
        &self,
        event: &EventId,
        recipient: u32,
        round: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let until = now.checked_add(CLAIM_LIFE).unwrap_or(now);
        let life = key::life(event, recipient);
        let claimed = self.update(
            &life,
            "SET rd = :round, cl = :until REMOVE st, mi, dl, bn, cp",
            Some("attribute_not_exists(rd) OR rd < :round OR (rd = :round AND attribute_not_exists(st) AND attribute_not_exists(bn) AND (attribute_not_exists(cl) OR cl <= :now))"),
            values([(":round", number(round)), (":until", seconds(until)), (":now", seconds(now))]),
        );
        held(claimed.await)
    }

    /// Gives a claim back, so that the next attempt need not wait for its end.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn release_mail(&self, event: &EventId, recipient: u32, round: i64) -> Result<(), StoreError> {
        let values = values([(":round", number(round))]);
        unless_conflict(self.update(&key::life(event, recipient), "REMOVE cl", Some("rd = :round"), values).await)
    }

    /// Records that a mail was handed over.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn note_sent(
        &self,
        event: &EventId,
        recipient: u32,
        round: i64,
        message_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let message = AttributeValue::S(message_id.to_owned());
        let values = values([(":round", number(round)), (":now", seconds(now)), (":message", message)]);
        let set = "SET st = :now, mi = :message REMOVE cl";
        unless_conflict(self.update(&key::life(event, recipient), set, Some("rd = :round"), values).await)
    }

    /// Records what was reported about a mail of a round.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn note_report(
        &self,
        event: &EventId,
        recipient: u32,
        round: i64,
        report: &MailReport,
    ) -> Result<(), StoreError> {
        let (name, value) = match report {
            MailReport::Delivered(at) => (DELIVERED, seconds(*at)),
            MailReport::Complained(at) => (COMPLAINED, seconds(*at)),
            MailReport::Bounced(bounce) => (BOUNCE, json(bounce)?),
        };
        // A report may overtake the record of the sending, so the round may not be there yet.
        let set = format!("SET {name} = if_not_exists({name}, :value), rd = :round");
        let values = values([(":round", number(round)), (":value", value)]);
        let of_round = Some("attribute_not_exists(rd) OR rd = :round");
        unless_conflict(self.update(&key::life(event, recipient), &set, of_round, values).await)
    }

    /// Records that a mail is wanted anew. The queue message that follows must carry the round returned.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn request_mail(&self, event: &EventId, recipient: u32, now: Timestamp) -> Result<i64, StoreError> {
        let round = now.as_second();
        self.update(
            &key::life(event, recipient),
            "SET rq = :now REMOVE st, mi, dl, bn, cp",
            None,
            values([(":now", number(round))]),
        )
        .await?;
        Ok(round)
    }

    /// Records that the link in a mail was opened, the first time.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn note_opened(&self, event: &EventId, recipient: u32, now: Timestamp) -> Result<(), StoreError> {
        self.note_once(event, recipient, OPENED, now).await
    }

    /// Records that the recipient fetched the PDF badge, the first time.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn note_pdf(&self, event: &EventId, recipient: u32, now: Timestamp) -> Result<(), StoreError> {
        self.note_once(event, recipient, PDF, now).await
    }

    /// Records that the credential was put into a passport, the first time.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn note_passport(&self, event: &EventId, recipient: u32, now: Timestamp) -> Result<(), StoreError> {
        self.note_once(event, recipient, PASSPORT, now).await
    }

    async fn note_once(&self, event: &EventId, recipient: u32, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let (set, first) = (format!("SET {name} = :now"), format!("attribute_not_exists({name})"));
        let values = values([(":now", seconds(now))]);
        unless_conflict(self.update(&key::life(event, recipient), &set, Some(&first), values).await)
    }

    /// Records what a recipient answered, and tells of it in the organisation's feed. The same answer again changes nothing, and
    /// returns `false`; another one replaces it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn answer(
        &self,
        client: &badge::ClientId,
        event: &EventId,
        recipient: u32,
        reply: Reply,
    ) -> Result<bool, StoreError> {
        use badge::notice::{Notice, NoticeKind, Recipients};
        let kind = if reply.accepted { NoticeKind::Accepted } else { NoticeKind::Declined };
        let recipients = Recipients::Numbers(vec![recipient]);
        let notice = Notice { kind, event: event.clone(), recipients, at: reply.at, reason: None };
        let answered = self.transact_update(
            &key::life(event, recipient),
            "SET an = :answer, ac = :accepted",
            "attribute_not_exists(ac) OR ac <> :accepted",
            values([(":answer", json(&reply)?), (":accepted", AttributeValue::Bool(reply.accepted))]),
        )?;
        let told = self.transact_put(crate::feed::item(client, &notice)?, crate::client::Expect::Anything)?;
        held(self.transact(vec![answered, told]).await)
    }

    /// What is known about the recipients of an event, by number; those about whom nothing is known are absent.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn deliveries(&self, event: &EventId) -> Result<HashMap<u32, Delivery>, StoreError> {
        let items = self.query(&key::event_partition(event), key::LIVES, None).await?;
        let one = |item: &Item| {
            let number = item.get_text("sk")?.trim_start_matches(key::LIVES).parse();
            Ok((number.map_err(|_| StoreError::Corrupt("sk"))?, read(item)?))
        };
        items.iter().map(one).collect()
    }

    /// What is known about one recipient.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn delivery(&self, event: &EventId, recipient: u32) -> Result<Delivery, StoreError> {
        Ok(self.get(&key::life(event, recipient)).await?.as_ref().map(read).transpose()?.unwrap_or_default())
    }
}

fn json(value: &impl serde::Serialize) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(value).map(AttributeValue::S).map_err(|_| StoreError::Corrupt("delivery"))
}

fn unless_conflict(outcome: Result<(), StoreError>) -> Result<(), StoreError> {
    held(outcome).map(drop)
}

pub(crate) fn read(item: &Item) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        requested_at: item.find_time(REQUESTED),
        sent_at: item.find_time(SENT),
        delivered_at: item.find_time(DELIVERED),
        bounce: item.find_json(BOUNCE)?,
        complained_at: item.find_time(COMPLAINED),
        opened_at: item.find_time(OPENED),
        answer: item.find_json(ANSWER)?,
        pdf_at: item.find_time(PDF),
        passport_at: item.find_time(PASSPORT),
    })
}
