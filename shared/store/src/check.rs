//! Whether the whole store agrees with itself: what `operator check` reads, and judges, without changing anything.
//!
//! [`Checker`] takes every row of the table in any order and keeps of each what the rules need, some three hundred bytes; then it
//! compares. It is pure, so that each [`Rule`] is tried on a store with one row too many, too few, or changed. A table is not read at
//! one instant: what is written meanwhile may look broken, so a violation counts when a second reading finds it too ([`Store::check`]).
//!
//! Rows that nothing refers to are no damage: whoever breaks off while planning leaves them ([`crate::events`]). They are counted.

use crate::client::{Store, StoreError};
use crate::events::StoredEvent;
use crate::signing_keys::SigningKey;
use crate::{StoredCredential, objects};
use badge::event::status_index;
use badge::{ClientId, CredentialId, StatusListId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use proof::{data_integrity, did, jws};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

pub(crate) mod rules;
pub use rules::{AWARD_PATIENCE, Checker, PATIENCE};

/// Between two readings: whatever was being written at the first is done.
const BETWEEN_READINGS: Duration = Duration::from_secs(3);
/// Credentials verified at once.
const VERIFIED_AT_ONCE: usize = 8;

/// What may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A row that nothing of the product's writes.
    UnknownRow,
    /// A row that does not read as what it should be.
    Unreadable,
    /// Something is there whose row in an index is not.
    MissingRow,
    /// A row in an index of something that is not there, or not so.
    StrayRow,
    /// A row in an index says something else than what it stands for.
    DifferentRow,
    /// A version, a submission, an entry or a block of a plan is missing among others.
    Gap,
    /// What something refers to is not there.
    Dangling,
    /// A recipient of a chunk that is done has no credential.
    NotSigned,
    /// A credential that its event did not plan, or for somebody else.
    NotPlanned,
    /// A recipient stands in an event twice.
    RecipientTwice,
    /// An application was issued twice.
    ApplicationTwice,
    /// Two events share places in a status list, or have some beyond those that were taken.
    Places,
    /// A credential, its organisation's list and its status list do not agree on whether it is revoked.
    HalfRevoked,
    /// The published status list is not that of its rows, and nobody is about to publish it.
    Unpublished,
    /// A counter does not say what it counts.
    Miscounted,
    /// The feed does not tell of something, or tells it twice.
    Mistold,
    /// Something has waited for too long, with no message in its queue.
    Stuck,
    /// Stored bytes that do not verify.
    Unverified,
    /// A file is not in its bucket.
    NoFile,
}

/// Something that is wrong, and where: a key, or names from one. No addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// Where.
    pub at: String,
}

/// Whether there is work in the queues that waiting rows are waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Busy {
    /// In that of chunks and approved applications, or in its dead-letter queue.
    pub signing: bool,
    /// In those of mails and letters, or in their dead-letter queues.
    pub mail: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// How much of what there is.
    pub counts: BTreeMap<&'static str, usize>,
    /// What is wrong.
    pub violations: BTreeSet<Violation>,
    /// Credentials there are, in order.
    #[serde(skip)]
    pub credentials: Vec<CredentialId>,
    /// Status lists there are, and whose.
    #[serde(skip)]
    pub lists: Vec<(StatusListId, ClientId)>,
    /// Object keys of pictures that badges have.
    #[serde(skip)]
    pub artwork: BTreeSet<String>,
    /// Object keys of evidence that can be had.
    #[serde(skip)]
    pub evidence: BTreeSet<String>,
    /// Object keys of exports that can be had.
    #[serde(skip)]
    pub exports: BTreeSet<String>,
}

impl Store {
    /// Reads the whole table, and once more when something seems wrong: only what both readings find counts. Then looks for the files,
    /// and verifies up to `sample` credentials, evenly among all. For the operator: no function may do this.
    ///
    /// `evidence`: the store of the bucket of evidence.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn check(
        &self,
        evidence: &Self,
        now: Timestamp,
        busy: Busy,
        sample: usize,
    ) -> Result<Report, StoreError> {
        let mut report = self.judge(evidence, now, busy, sample).await?;
        if !report.violations.is_empty() {
            tokio::time::sleep(BETWEEN_READINGS).await;
            let again = self.judge(evidence, now, busy, sample).await?;
            let both = report.violations.intersection(&again.violations).cloned().collect();
            report = Report { violations: both, ..again };
        }
        Ok(report)
    }

    async fn judge(&self, evidence: &Self, now: Timestamp, busy: Busy, sample: usize) -> Result<Report, StoreError> {
        let mut checker = Checker::default();
        self.scan(|row| {
            checker.row(row);
            Ok(())
        })
        .await?;
        let mut report = checker.finish(now, busy);
        let (pictures, files) = (self.object_keys("artwork/").await?, evidence.object_keys("evidence/").await?);
        let exports = self.object_keys("exports/").await?;
        let missing = report.artwork.difference(&pictures).chain(report.evidence.difference(&files));
        let missing = missing.chain(report.exports.difference(&exports));
        report.violations.extend(missing.map(|object| Violation { rule: Rule::NoFile, at: object.clone() }));
        let unverified = self.verify_some(&report, sample).await?;
        report.counts.insert("verified", unverified.0);
        report.violations.extend(unverified.1);
        Ok(report)
    }

    pub(crate) async fn object_keys(&self, prefix: &str) -> Result<BTreeSet<String>, StoreError> {
        let pages = self.s3().list_objects_v2().bucket(self.bucket()).prefix(prefix).into_paginator();
        let (mut pages, mut keys) = (pages.send(), BTreeSet::new());
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| objects::unavailable("ListObjectsV2", &error))?;
            keys.extend(page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key));
        }
        Ok(keys)
    }

    /// How many were verified, status lists included, and those that were not.
    async fn verify_some(&self, report: &Report, sample: usize) -> Result<(usize, Vec<Violation>), StoreError> {
        let mut scopes: HashMap<ClientId, Vec<SigningKey>> = HashMap::new();
        for (_, client) in &report.lists {
            if let Some(organisation) = self.organisation(client).await?
                && !scopes.contains_key(client)
            {
                scopes.insert(client.clone(), self.signing_keys(&organisation.key_scope).await?);
            }
        }
        let keys = |client: &ClientId| scopes.get(client).map(Vec::as_slice).unwrap_or_default();
        let wrong = |at: String| Violation { rule: Rule::Unverified, at };
        let mut violations = Vec::new();
        for (list, client) in &report.lists {
            let signed = self.signed_list(list).await?;
            if !signed.is_none_or(|signed| holds(&signed.document, signed.compact.as_deref(), keys(client))) {
                violations.push(wrong(format!("status list {list}")));
            }
        }
        let step = report.credentials.len().div_ceil(sample.max(1)).max(1);
        let some: Vec<&CredentialId> = report.credentials.iter().step_by(step).filter(|_| sample > 0).collect();
        let verified = some.len() + report.lists.len();
        let one = |id| async move {
            // Gone meanwhile, or its event is: another rule tells that.
            let Ok(Some((event, Some(credential)))) = self.event_and_credential(id).await else { return Ok(Some(id)) };
            let Some(head) = self.list_head(&event.event.status_list).await? else { return Ok(Some(id)) };
            let index = status_index(&head.secret, event.event.status_position + credential.number);
            Ok((!is_whole(&event, &credential, index, keys(&event.event.client))).then_some(id))
        };
        let all: Vec<_> = some.into_iter().map(one).collect();
        let outcomes: Result<Vec<Option<&CredentialId>>, StoreError> =
            stream::iter(all).buffer_unordered(VERIFIED_AT_ONCE).try_collect().await;
        violations.extend(outcomes?.into_iter().flatten().map(|id| wrong(format!("credential {id}"))));
        Ok((verified, violations))
    }
}

/// Whether stored bytes are the credential they should be, and verify.
fn is_whole(event: &StoredEvent, credential: &StoredCredential, index: u32, keys: &[SigningKey]) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(&credential.document) else { return false };
    let named = document["id"].as_str().is_some_and(|id| id.ends_with(credential.id.as_str()));
    let subject = document["credentialSubject"]["id"] == event.event.draw(credential.number).subject;
    let index = Value::from(index.to_string());
    let place = document["credentialStatus"]["statusListIndex"] == index;
    named && subject && place && holds(&credential.document, credential.compact.as_deref(), keys)
}

/// Whether both forms verify with the keys that they name.
fn holds(document: &str, compact: Option<&str>, keys: &[SigningKey]) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(document) else { return false };
    let proofs = data_integrity::proofs(&document);
    let proved = proofs.iter().all(|proof| {
        let method = data_integrity::verification_method(proof).unwrap_or_default();
        let issuer = method.split('#').next().unwrap_or_default();
        let named = |key: &&SigningKey| did::multikey_method_id(issuer, &key.public).as_deref() == Some(method);
        keys.iter().find(named).is_some_and(|key| data_integrity::verify(&document, proof, &key.public).is_ok())
    });
    let signed = compact.is_none_or(|text| {
        jws::CompactJws::parse(text).is_ok_and(|jws| keys.iter().any(|key| jws::verify(&jws, &key.public).is_ok()))
    });
    !proofs.is_empty() && proved && signed
}
