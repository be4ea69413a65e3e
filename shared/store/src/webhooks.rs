//! Where organisations want to be told what happens, and how far each of these places was told.
//!
//! A webhook is a reader of its organisation's feed ([`crate::feed`]): it remembers the place up to which everything was taken. So
//! nothing is lost when a queue message is, what comes after a failure waits for it, and a replay is a step back.

use crate::client::{Expect, Store, StoreError};
use crate::item::{Item, number};
use crate::key;
use aws_sdk_dynamodb::types::AttributeValue;
use badge::notice::NoticeKind;
use badge::{ClientId, WebUrl, WebhookId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How long one worker may hold a webhook before another takes over.
pub const CLAIM_LIFE: SignedDuration = SignedDuration::from_mins(2);

/// A webhook as its organisation set it up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The secrets that sign its messages, the newest first: two while one replaces the other. 32 random bytes, Base64.
    pub secrets: Vec<String>,
    /// Whether the organisation switched it on.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// A webhook's secrets stay out of logs.
impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("id", &self.id).field("client", &self.client).finish_non_exhaustive()
    }
}

/// How far a webhook was told, and how that went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The place in the feed up to which, inclusively, all was taken.
    pub place: String,
    /// Of the entry behind `place`, how many messages were taken already.
    #[serde(default)]
    pub within: u32,
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

/// A webhook with its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// How far it was told.
    pub progress: Progress,
}

impl Store {
    /// Records a new webhook and that its organisation has some.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn add_webhook(&self, webhook: &Webhook, progress: &Progress) -> Result<(), StoreError> {
        let item = Item::at(&key::hook(&webhook.client, &webhook.id)).doc(webhook)?.text("progress", json(progress)?);
        self.put(item, Expect::Absent).await?;
        self.count_webhooks(&webhook.client).await
    }

    /// Changes a webhook's settings; its progress stays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is gone.
    pub async fn update_webhook(&self, webhook: &Webhook) -> Result<(), StoreError> {
        let values = HashMap::from([(":doc".to_owned(), AttributeValue::S(json(webhook)?))]);
        let key = key::hook(&webhook.client, &webhook.id);
        self.update(&key, "SET doc = :doc", Some("attribute_exists(pk)"), values).await
    }

    /// Removes a webhook.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id.
    pub async fn remove_webhook(&self, client: &ClientId, webhook: &WebhookId) -> Result<(), StoreError> {
        self.delete(&key::hook(client, webhook)).await?;
        self.count_webhooks(client).await
    }

    /// Notes with the organisation how many webhooks it has, so that who issues need not look.
    async fn count_webhooks(&self, client: &ClientId) -> Result<(), StoreError> {
        let count = self.webhooks(client).await?.len();
        let values = HashMap::from([(":count".to_owned(), number(i64::try_from(count).unwrap_or(i64::MAX)))]);
        self.update(&key::organisation(client), "SET hooks = :count", Some("attribute_exists(pk)"), values).await
    }

    /// An organisation's webhooks.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn webhooks(&self, client: &ClientId) -> Result<Vec<StoredWebhook>, StoreError> {
        self.query(key::HOOKS_PARTITION, &key::hooks_prefix(client), None).await?.iter().map(read).collect()
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

    /// Takes a webhook for a while, so that nobody else tells it the same; `false` when somebody else has it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn claim_webhook(
        &self,
        client: &ClientId,
        webhook: &WebhookId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let until = now.checked_add(CLAIM_LIFE).unwrap_or(now).as_second();
        let values =
            HashMap::from([(":until".to_owned(), number(until)), (":now".to_owned(), number(now.as_second()))]);
        let condition = "attribute_exists(pk) AND (attribute_not_exists(claimed) OR claimed <= :now)";
        match self.update(&key::hook(client, webhook), "SET claimed = :until", Some(condition), values).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Records how far a webhook was told, provided it is still where `before` says; `release` gives the claim back.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was moved meanwhile, by a replay, or removed.
    pub async fn note_progress(
        &self,
        client: &ClientId,
        webhook: &WebhookId,
        before: &Progress,
        after: &Progress,
        release: bool,
    ) -> Result<(), StoreError> {
        let values = HashMap::from([
            (":before".to_owned(), AttributeValue::S(json(before)?)),
            (":after".to_owned(), AttributeValue::S(json(after)?)),
        ]);
        let set = if release { "SET progress = :after REMOVE claimed" } else { "SET progress = :after" };
        self.update(&key::hook(client, webhook), set, Some("progress = :before"), values).await
    }
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("webhook"))
}

fn read(item: &Item) -> Result<StoredWebhook, StoreError> {
    let progress = item.find_json("progress")?.ok_or(StoreError::Corrupt("progress"))?;
    Ok(StoredWebhook { webhook: item.get_doc()?, progress })
}
