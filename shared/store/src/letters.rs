//! Letters about applications: each is sent once, however often its job is delivered.
//!
//! As with mails to recipients ([`crate::deliveries`]), sending is claimed first, for a few minutes: who dies between the mail service's
//! answer and the record of it leaves a claim that runs out, and the letter may be sent twice; never not at all. The record says only
//! that a letter was sent, not to whom nor what, and is forgotten after some days. What came back is known for longer, for whoever decides.

use crate::client::{Store, StoreError, key_map, unavailable};
use crate::deliveries::CLAIM_LIFE;
use crate::item::{Item, number};
use crate::key::{self, TableKey};
use application::ReviewerId;
use aws_sdk_dynamodb::types::AttributeValue;
use badge::ApplicationId;
use badge::delivery::Bounce;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How long the same letter counts as a repetition. Reminders, which say the same again, are days apart.
pub const REPEAT_WINDOW: SignedDuration = SignedDuration::from_hours(20);
/// Seconds until the record is forgotten.
const RECORD_LIFE_SECONDS: i64 = 7 * 24 * 3_600;

/// Days that it is known which letter came back: as long as the applicant's own link works.
const BOUNCE_LIFE_SECONDS: i64 = 400 * 24 * 3_600;

/// A letter that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounced {
    /// What kind of letter ([`application::Letter::kind`]).
    pub letter: String,
    /// The reviewer it went to; none when it went to the applicant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<ReviewerId>,
    /// Why.
    pub bounce: Bounce,
}

/// What came of claiming a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is ours to send.
    Ours,
    /// It was sent.
    Sent,
    /// Somebody else is at it, who may yet fail.
    Elsewhere,
}

impl Store {
    /// Claims the sending of a letter about an application. `letter`: which one, and about what of it.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn claim_letter(
        &self,
        application: &ApplicationId,
        letter: &str,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let key = key::letter(application, letter);
        let seconds = |by: SignedDuration| number(now.checked_add(by).unwrap_or(now).as_second());
        let claimed = self
            .dynamo()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key_map(&key)))
            .update_expression("SET cl = :until, #ttl = :ttl REMOVE st")
            .condition_expression(
                "st <= :before OR (attribute_not_exists(st) AND (attribute_not_exists(cl) OR cl <= :now))",
            )
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":until", seconds(CLAIM_LIFE))
            .expression_attribute_values(":now", seconds(SignedDuration::ZERO))
            .expression_attribute_values(":before", seconds(-REPEAT_WINDOW))
            .expression_attribute_values(":ttl", number(now.as_second() + RECORD_LIFE_SECONDS))
            .send()
            .await;
        match claimed.map_err(|e| unavailable("UpdateItem", &e)) {
            Ok(_) => Ok(Claim::Ours),
            Err(StoreError::Conflict) => {
                let sent = self.get(&key).await?.is_some_and(|item| item.find_time("st").is_some());
                Ok(if sent { Claim::Sent } else { Claim::Elsewhere })
            }
            Err(error) => Err(error),
        }
    }

    /// Gives a claim back, so that the next attempt need not wait for its end.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn release_letter(&self, application: &ApplicationId, letter: &str) -> Result<(), StoreError> {
        self.update(&key::letter(application, letter), "REMOVE cl", None, HashMap::new()).await
    }

    /// Records that a letter was handed over, or never can be.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn note_letter(
        &self,
        application: &ApplicationId,
        letter: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [(":now".to_owned(), number(now.as_second()))].into();
        self.update(&key::letter(application, letter), "SET st = :now REMOVE cl", None, values).await
    }

    /// Records that a letter came back. Of several, the one that came back last is known.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn note_bounced_letter(&self, application: &ApplicationId, bounced: &Bounced) -> Result<(), StoreError> {
        let doc = serde_json::to_string(bounced).map_err(|_| StoreError::Corrupt("a letter that came back"))?;
        let at = bounced.bounce.at.as_second();
        let updated = self
            .dynamo()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key_map(&key::letter_bounced(application))))
            .update_expression("SET doc = :doc, since = :at, #ttl = :ttl")
            .condition_expression("attribute_not_exists(since) OR since <= :at")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":doc", AttributeValue::S(doc))
            .expression_attribute_values(":at", number(at))
            .expression_attribute_values(":ttl", number(at + BOUNCE_LIFE_SECONDS))
            .send()
            .await;
        match updated.map_err(|e| unavailable("UpdateItem", &e)) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Of these applications, the letters that came back.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn bounced_letters(
        &self,
        applications: &[&ApplicationId],
    ) -> Result<HashMap<ApplicationId, Bounced>, StoreError> {
        let keys: Vec<TableKey> = applications.iter().map(|id| key::letter_bounced(id)).collect();
        let items = self.get_projected(&keys, "pk, doc").await?;
        let one = |item: &Item| {
            let id = item.get_text("pk")?.trim_start_matches(key::LETTERS).parse();
            Ok((id.map_err(|_| StoreError::Corrupt("pk"))?, item.get_doc()?))
        };
        items.iter().map(one).collect()
    }
}
