//! Where organisations want to be told what happens, and how far each of these places was told.
//!
//! A webhook is a reader of its organisation's feed ([`crate::feed`]): it remembers the place up to which everything was taken. So
//! nothing is lost when a queue message is, what comes after a failure waits for it, and a replay is a step back.
//!
//! Its settings belong to the organisation, its progress to whoever tells it; each has a revision of its own, so that neither
//! overwrites what it has not read. Who tells it holds a [`Claim`] meanwhile, so that two workers do not tell it the same.

use crate::client::{Expect, Store, StoreError};
use crate::feed::Place;
use crate::item::{Item, number};
use crate::key;
use aws_sdk_dynamodb::types::AttributeValue;
use badge::notice::NoticeKind;
use badge::plan::Limit;
use badge::{ClientId, WebUrl, WebhookId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How long one worker may hold a webhook, without a sign of life, before another takes over.
pub const CLAIM_LIFE: SignedDuration = SignedDuration::from_mins(2);

/// A webhook as its organisation set it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub client: ClientId,
    /// Where messages are posted.
    pub url: WebUrl,
    /// What it is for, in the organisation's words.
    #[serde(default)]
    pub label: String,
    /// What it wants to be told of; empty means everything.
    #[serde(default)]
    pub kinds: Vec<NoticeKind>,
    /// The secrets that sign its messages, the newest first: two while one replaces the other.
    pub secrets: Vec<Secret>,
    /// Whether the organisation switched it on.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// A secret that signs messages.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its bytes in Base64.
    pub key: String,
    /// Until when it signs, once another has replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Secrets stay out of logs: debug output hides them.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("until", &self.until).finish_non_exhaustive()
    }
}

/// How far a webhook was told, and how that went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Up to where all was taken.
    pub place: Place,
    /// Attempts in a row that failed.
    #[serde(default)]
    pub failures: u32,
    /// Since when it fails.
    #[serde(default)]
    pub failing_since: Option<Timestamp>,
    /// Not to be tried before.
    #[serde(default)]
    pub next_at: Option<Timestamp>,
    /// When a message was last taken.
    #[serde(default)]
    pub last_taken_at: Option<Timestamp>,
    /// What the last attempt met, for people: an HTTP status or a word such as `timeout`.
    #[serde(default)]
    pub last_error: Option<String>,
    /// Given up since, after failing for too long or by its own wish (410).
    #[serde(default)]
    pub given_up_at: Option<Timestamp>,
}

/// A webhook with its progress, as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// How far it was told.
    pub progress: Progress,
    settings_revision: i64,
    progress_revision: i64,
    claim: Option<Claim>,
}

impl StoredWebhook {
    /// Whether this claim still held it when it was read.
    #[must_use]
    pub fn is_held_by(&self, claim: Claim) -> bool {
        self.claim == Some(claim)
    }
}

/// That a worker holds a webhook: until when, in Unix milliseconds, which also tells one claim from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim(i64);

impl Claim {
    /// A claim that begins now.
    #[must_use]
    pub fn beginning(now: Timestamp) -> Self {
        Self(now.checked_add(CLAIM_LIFE).unwrap_or(now).as_millisecond())
    }
}

/// Attributes: settings (`doc`) and progress with their revisions, and the claim.
const PROGRESS: &str = "progress";
const SETTINGS_REVISION: &str = "sr";
const PROGRESS_REVISION: &str = "pr";
const CLAIM: &str = "claimed";

impl Store {
    /// Records a new webhook and that its organisation has one more.
    ///
    /// # Errors
    /// [`StoreError::Quota`] when the organisation has as many already as its plan allows.
    pub async fn add_webhook(
        &self,
        webhook: &Webhook,
        progress: &Progress,
        limit: Option<Limit>,
    ) -> Result<(), StoreError> {
        let item = Item::at(&key::hook(&webhook.client, &webhook.id))
            .doc(webhook)?
            .text(PROGRESS, json(progress)?)
            .number(SETTINGS_REVISION, 0)
            .number(PROGRESS_REVISION, 0);
        let max = limit.map_or(i64::MAX, |limit| i64::try_from(limit.max).unwrap_or(i64::MAX));
        let counted = self.transact_update(
            &key::organisation(&webhook.client),
            "ADD hooks :one",
            "attribute_exists(pk) AND (hooks < :max OR (attribute_not_exists(hooks) AND :none < :max))",
            values([(":one", number(1)), (":max", number(max)), (":none", number(0))]),
        )?;
        match (self.transact(vec![self.transact_put(item, Expect::Absent)?, counted]).await, limit) {
            (Err(StoreError::Conflict), Some(limit)) => {
                Err(StoreError::Quota(self.reached(&webhook.client, limit, webhook.created_at).await?))
            }
            (done, _) => done,
        }
    }

    /// Changes a webhook's settings; its progress stays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was changed since it was read, or removed.
    pub async fn update_webhook(&self, stored: &StoredWebhook, webhook: &Webhook) -> Result<(), StoreError> {
        let values = values([
            (":doc", AttributeValue::S(json(webhook)?)),
            (":before", number(stored.settings_revision)),
            (":after", number(stored.settings_revision.saturating_add(1))),
        ]);
        let key = key::hook(&webhook.client, &webhook.id);
        self.update(&key, "SET doc = :doc, sr = :after", Some("sr = :before"), values).await
    }

    /// Removes a webhook.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id.
    pub async fn remove_webhook(&self, client: &ClientId, webhook: &WebhookId) -> Result<(), StoreError> {
        let removed = self.transact_delete(&key::hook(client, webhook), Some("attribute_exists(pk)"))?;
        let counted = self.transact_update(
            &key::organisation(client),
            "ADD hooks :less",
            "attribute_exists(hooks)",
            values([(":less", number(-1))]),
        )?;
        self.transact(vec![removed, counted]).await
    }

    /// An organisation's webhooks, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn webhooks(&self, client: &ClientId) -> Result<Vec<StoredWebhook>, StoreError> {
        let items = self.query(key::HOOKS_PARTITION, &key::hooks_prefix(client), None).await?;
        let mut all: Vec<StoredWebhook> = items.iter().map(read).collect::<Result<_, _>>()?;
        all.sort_by_key(|stored| stored.webhook.created_at);
        Ok(all)
    }

    /// All webhooks of the deployment.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn all_webhooks(&self) -> Result<Vec<StoredWebhook>, StoreError> {
        self.query(key::HOOKS_PARTITION, "", None).await?.iter().map(read).collect()
    }

    /// One webhook, if the organisation has one of this id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn webhook(&self, client: &ClientId, webhook: &WebhookId) -> Result<Option<StoredWebhook>, StoreError> {
        self.get(&key::hook(client, webhook)).await?.as_ref().map(read).transpose()
    }

    /// Takes a webhook for a while, so that nobody else tells it the same; none when somebody else has it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn claim_webhook(
        &self,
        client: &ClientId,
        webhook: &WebhookId,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let claim = Claim::beginning(now);
        let values = values([(":until", number(claim.0)), (":now", number(now.as_millisecond()))]);
        let free = "attribute_exists(pk) AND (attribute_not_exists(claimed) OR claimed <= :now)";
        match self.update(&key::hook(client, webhook), "SET claimed = :until", Some(free), values).await {
            Ok(()) => Ok(Some(claim)),
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Records how far a webhook was told by who holds it, who goes on under another claim, or gives it back.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its progress was changed since it was read, it was removed, or somebody else holds it.
    pub async fn note_progress(
        &self,
        stored: &StoredWebhook,
        after: &Progress,
        claim: Claim,
        next: Option<Claim>,
    ) -> Result<(), StoreError> {
        let mut values = progress_values(stored, after)?;
        values.insert(":claim".to_owned(), number(claim.0));
        let set = match next {
            Some(next) => {
                values.insert(":next".to_owned(), number(next.0));
                "SET progress = :progress, pr = :after, claimed = :next"
            }
            None => "SET progress = :progress, pr = :after REMOVE claimed",
        };
        self.update(&key_of(stored), set, Some("pr = :before AND claimed = :claim"), values).await
    }

    /// Changes how far a webhook was told, whoever holds it: its holder notices at its next note.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its progress was changed since it was read, or it was removed.
    pub async fn move_webhook(&self, stored: &StoredWebhook, after: &Progress) -> Result<(), StoreError> {
        let values = progress_values(stored, after)?;
        self.update(&key_of(stored), "SET progress = :progress, pr = :after", Some("pr = :before"), values).await
    }

    /// Gives a claim back and changes nothing else. One that somebody else has taken over meanwhile stays theirs.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn release_webhook(
        &self,
        client: &ClientId,
        webhook: &WebhookId,
        claim: Claim,
    ) -> Result<(), StoreError> {
        let values = values([(":claim", number(claim.0))]);
        let key = key::hook(client, webhook);
        match self.update(&key, "REMOVE claimed", Some("claimed = :claim"), values).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }
}

fn values<const N: usize>(pairs: [(&str, AttributeValue); N]) -> HashMap<String, AttributeValue> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn progress_values(stored: &StoredWebhook, after: &Progress) -> Result<HashMap<String, AttributeValue>, StoreError> {
    Ok(values([
        (":progress", AttributeValue::S(json(after)?)),
        (":before", number(stored.progress_revision)),
        (":after", number(stored.progress_revision.saturating_add(1))),
    ]))
}

fn key_of(stored: &StoredWebhook) -> key::TableKey {
    key::hook(&stored.webhook.client, &stored.webhook.id)
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("webhook"))
}

fn read(item: &Item) -> Result<StoredWebhook, StoreError> {
    Ok(StoredWebhook {
        webhook: item.get_doc()?,
        progress: item.find_json(PROGRESS)?.ok_or(StoreError::Corrupt(PROGRESS))?,
        settings_revision: item.get_number(SETTINGS_REVISION)?,
        progress_revision: item.get_number(PROGRESS_REVISION)?,
        claim: item.find_number(CLAIM).map(Claim),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_known_again_and_secrets_stay_out_of_logs() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let webhook = Webhook {
            id: WebhookId::from_random([1; 10]),
            client: ClientId::from_random([2; 10]),
            url: "https://hooks.example/".parse().unwrap(),
            label: String::new(),
            kinds: vec![],
            secrets: vec![Secret { key: "c2VjcmV0".into(), until: None }],
            enabled: true,
            created_at: at(0),
            modified_at: at(0),
        };
        let item = Item::at(&key::hook(&webhook.client, &webhook.id)).doc(&webhook).unwrap();
        let item = item.text(PROGRESS, json(&Progress::default()).unwrap());
        let item = item.number(SETTINGS_REVISION, 3).number(PROGRESS_REVISION, 4);
        let free = read(&item).unwrap();
        assert_eq!((&free.webhook, free.claim), (&webhook, None));
        let held = read(&item.number(CLAIM, Claim::beginning(at(5)).0)).unwrap();
        assert!(held.is_held_by(Claim::beginning(at(5))) && !held.is_held_by(Claim::beginning(at(6))));
        assert!(!free.is_held_by(Claim::beginning(at(5))));
        assert!(!format!("{held:?}").contains("c2VjcmV0"));
    }
}
