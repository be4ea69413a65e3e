//! What became of the mail to each recipient of an event, and what the recipient answered.
//!
//! Reports come late, twice and in any order, so each writes only what it knows, where nothing stands yet. What concerns the mail
//! belongs to one *round* of sending: 0 for the first, the Unix time of the request for a resend; a report about another round than
//! the latest changes nothing.
//!
//! Sending is claimed first, for a few minutes: two workers with the same message send one mail. Who dies between the mail
//! service's answer and the record of it leaves a claim that runs out, and the mail may be sent twice; never not at all.
//!
//! How many accepted, declined, and whose mail came back is kept with the event ([`Tally`]), in the same transaction as what is counted.

use crate::client::{Expect, Store, StoreError, held, key_map};
use crate::item::{Item, number};
use crate::key;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use badge::delivery::{Bounce, Reply};
use badge::{Delivery, EventId};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// How long a claim to send one mail holds.
pub const CLAIM_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// Attribute names are short: they count in every write.
pub(crate) const CLAIMED: &str = "cl";
const REQUESTED: &str = "rq";
const SENT: &str = "st";
const DELIVERED: &str = "dl";
const BOUNCE: &str = "bn";
const COMPLAINED: &str = "cp";
const OPENED: &str = "op";
const ANSWER: &str = "an";
const PDF: &str = "pd";
const PASSPORT: &str = "pp";

/// The same of an event's tally.
const HAVE_ACCEPTED: &str = "ac";
const HAVE_DECLINED: &str = "de";
const HAVE_BOUNCED: &str = "bo";

/// How often one turns between a mail that came back and one that did not, while others change it.
const TURNS: u32 = 4;

/// How many recipients of an event answered, and whose latest mail came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// They accepted the badge.
    pub accepted: u64,
    /// They declined it.
    pub declined: u64,
    /// The mail to them came back.
    pub bounced: u64,
}

impl Tally {
    pub(crate) fn read(item: &Item) -> Self {
        let number = |name| item.find_number(name).unwrap_or(0);
        Self { accepted: number(HAVE_ACCEPTED), declined: number(HAVE_DECLINED), bounced: number(HAVE_BOUNCED) }
    }

    /// Whether it counts what was `found`, and at most `more` recipients whose answers are gone.
    pub(crate) fn counts(self, found: Self, more: u64) -> bool {
        let over = |counted: u64, found: u64| counted.checked_sub(found);
        let answered = over(self.accepted, found.accepted).zip(over(self.declined, found.declined));
        let answered = answered.is_some_and(|(accepted, declined)| accepted + declined <= more);
        answered && over(self.bounced, found.bounced).is_some_and(|bounced| bounced <= more)
    }

    /// With one recipient more.
    pub(crate) fn count(&mut self, delivery: &Delivery) {
        match delivery.answer {
            Some(Reply { accepted: true, .. }) => self.accepted += 1,
            Some(Reply { accepted: false, .. }) => self.declined += 1,
            None => {}
        }
        self.bounced += u64::from(delivery.bounce.is_some());
    }
}

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
        let claim = "SET rd = :round, cl = :until REMOVE st, mi, dl, bn, cp";
        let claimed = self.update(
            &life,
            claim,
            Some("attribute_not_exists(bn) AND (attribute_not_exists(rd) OR rd < :round OR (rd = :round AND attribute_not_exists(st) AND (attribute_not_exists(cl) OR cl <= :now)))"),
            values([(":round", number(round)), (":until", seconds(until)), (":now", seconds(now))]),
        );
        if held(claimed.await)? {
            return Ok(true);
        }
        // One of an earlier round that came back after a new one was asked for.
        let over = "attribute_exists(bn) AND rd < :round";
        let values = values([(":round", number(round)), (":until", seconds(until))]);
        let claimed = self.transact_update(&life, claim, over, values)?;
        held(self.transact(vec![claimed, self.transact_tally(event, &[(HAVE_BOUNCED, -1)])?]).await)
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
        let life = key::life(event, recipient);
        let (name, value) = match report {
            MailReport::Delivered(at) => (DELIVERED, seconds(*at)),
            MailReport::Complained(at) => (COMPLAINED, seconds(*at)),
            MailReport::Bounced(bounce) => {
                let values = values([(":round", number(round)), (":value", json(bounce)?)]);
                let first = "attribute_not_exists(bn) AND (attribute_not_exists(rd) OR rd = :round)";
                let noted = self.transact_update(&life, "SET bn = :value, rd = :round", first, values)?;
                let counted = self.transact_tally(event, &[(HAVE_BOUNCED, 1)])?;
                return unless_conflict(self.transact(vec![noted, counted]).await);
            }
        };
        // A report may overtake the record of the sending, so the round may not be there yet.
        let set = format!("SET {name} = if_not_exists({name}, :value), rd = :round");
        let values = values([(":round", number(round)), (":value", value)]);
        let of_round = Some("attribute_not_exists(rd) OR rd = :round");
        unless_conflict(self.update(&life, &set, of_round, values).await)
    }

    /// Records that a mail is wanted anew. The queue message that follows must carry the round returned.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn request_mail(&self, event: &EventId, recipient: u32, now: Timestamp) -> Result<i64, StoreError> {
        let (round, life) = (now.as_second(), key::life(event, recipient));
        let anew = "SET rq = :now REMOVE st, mi, dl, bn, cp";
        let values = || values([(":now", number(round))]);
        for _ in 0..TURNS {
            if held(self.update(&life, anew, Some("attribute_not_exists(bn)"), values()).await)? {
                return Ok(round);
            }
            let noted = self.transact_update(&life, anew, "attribute_exists(bn)", values())?;
            let counted = self.transact_tally(event, &[(HAVE_BOUNCED, -1)])?;
            if held(self.transact(vec![noted, counted]).await)? {
                return Ok(round);
            }
        }
        Err(StoreError::Conflict)
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
        let (now, before) =
            if reply.accepted { (HAVE_ACCEPTED, HAVE_DECLINED) } else { (HAVE_DECLINED, HAVE_ACCEPTED) };
        // Most answer for the first time.
        let ways: [(&str, &[(&str, i64)]); 2] =
            [("attribute_not_exists(ac)", &[(now, 1)]), ("ac <> :accepted", &[(now, 1), (before, -1)])];
        for (condition, counted) in ways {
            let answered = self.transact_update(
                &key::life(event, recipient),
                "SET an = :answer, ac = :accepted",
                condition,
                values([(":answer", json(&reply)?), (":accepted", AttributeValue::Bool(reply.accepted))]),
            )?;
            let told = self.transact_put(crate::feed::item(client, &notice)?, Expect::Anything)?;
            if held(self.transact(vec![answered, told, self.transact_tally(event, counted)?]).await)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn transact_tally(&self, event: &EventId, adds: &[(&str, i64)]) -> Result<TransactWriteItem, StoreError> {
        let places = (0..).zip(adds).map(|(n, (name, _))| format!("{name} :n{n}")).collect::<Vec<_>>();
        let values = (0..).zip(adds).map(|(n, (_, adds))| (format!(":n{n}"), number(*adds))).collect();
        let update = Update::builder()
            .table_name(self.table())
            .set_key(Some(key_map(&key::tally(event))))
            .update_expression(format!("ADD {}", places.join(", ")))
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|_| StoreError::Corrupt("tally"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// How many recipients of each of these events answered, and whose mail came back. Of whom nobody did, there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn tallies(&self, events: &[EventId]) -> Result<HashMap<EventId, Tally>, StoreError> {
        let keys: Vec<key::TableKey> = events.iter().map(key::tally).collect();
        let one = |item: &Item| {
            let event = key::event_of(item.get_text("pk")?).ok_or(StoreError::Corrupt("pk"))?;
            Ok((event, Tally::read(item)))
        };
        self.get_whole(&keys).await?.iter().map(one).collect()
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
