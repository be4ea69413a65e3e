//! Letters about applications: each is sent once, however often its job is delivered.
//!
//! As with mails to recipients ([`crate::deliveries`]), sending is claimed first, for a few minutes: who dies between the mail service's
//! answer and the record of it leaves a claim that runs out, and the letter may be sent twice; never not at all. The record says only
//! that a letter was sent, not to whom nor what, and is forgotten after some days.

use crate::client::{Store, StoreError, key_map, unavailable};
use crate::deliveries::CLAIM_LIFE;
use crate::item::number;
use crate::key;
use badge::ApplicationId;
use jiff::{SignedDuration, Timestamp};

/// How long the same letter counts as a repetition. Reminders, which say the same again, are days apart.
pub const REPEAT_WINDOW: SignedDuration = SignedDuration::from_hours(20);
/// Seconds until the record is forgotten.
const RECORD_LIFE_SECONDS: i64 = 7 * 24 * 3_600;

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
        self.update(&key::letter(application, letter), "REMOVE cl", None, std::collections::HashMap::new()).await
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
}
