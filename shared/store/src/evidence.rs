//! Files that applicants hand in as evidence, from the promise of one until it is forgotten.
//!
//! ```text
//! begin ─▶ uploading ─▶ checking ─▶ accepted ─▶ forgotten
//!              │            └─────▶ refused ──▶ forgotten
//!              └─ never uploaded ─────────────▶ forgotten
//! ```
//!
//! * The bucket keeps versions. The first one that is noticed is *pinned*: it alone is checked, and it alone is handed out. Whoever uses a
//!   form twice adds a version that nobody looks at and that is deleted.
//! * Every change is on condition of the state it was decided in. Notices come twice, late and in any order; what comes second
//!   is a [`StoreError::Conflict`] and changes nothing.
//! * From `begin` on there is always a *due* row: when somebody must look at the file again, because its notice was lost, because it
//!   was never uploaded, because its time is over. Rows are hints; the record decides. They also lead to the bytes when there is no
//!   record any more.
//!
//! The methods that touch files work on the store's own bucket, which must be that of evidence: [`Store::in_bucket`].

use crate::client::{Cancelled, Expect, Store, StoreError, key_map, unavailable};
use crate::item::{Item, number};
use crate::key;
use crate::upload::{PresignedPost, Upload};
use application::limits::MAX_RETENTION_DAYS;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use badge::plan::{Limit, Quota};
use badge::{ApplicationId, ClientId, EvidenceId};
use evidence::{Declaration, Findings, MAX_FILES, Reason};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

/// How long an upload form works. An upload that began by then is finished, however long it takes.
pub const FORM_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// What has not arrived by then will not: the form's life, and an hour and a half for a slow line.
pub const ARRIVAL_LIFE: SignedDuration = SignedDuration::from_hours(2);
/// How long a file is kept of which nobody has said how long ([`Store::keep_evidence`]): an application that is never submitted.
pub const DRAFT_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The longest that anybody may ask for; the bucket's lifecycle rule deletes somewhat later, whatever happens here.
pub const MAX_LIFE: SignedDuration = SignedDuration::from_hours(MAX_RETENTION_DAYS * 24);
/// How long an address to download from works.
pub const DOWNLOAD_LIFE: Duration = Duration::from_secs(300);
/// The first look at a file whose arrival was not noticed, and the pause between looks.
pub const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// Records of one application, those of refused files included: each costs a check.
pub const MAX_RECORDS: usize = 50;
/// The table itself deletes records so long after they should be gone, whether or not somebody has looked.
const BACKSTOP: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Rounds of a `begin` that others interfere with.
const BEGIN_ROUNDS: u32 = 12;

/// A version of an object, and which bytes it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// S3's version id.
    pub version: String,
    /// S3's ETag, without quotes.
    pub etag: String,
}

/// How far a file has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvidenceState {
    /// Promised, not there yet.
    Uploading,
    /// There, and not judged yet.
    Checking(Pinned),
    /// It is what it claims, and reviewers may have it.
    Accepted {
        /// What they get.
        object: Pinned,
        /// Archives inside it that nobody has looked into.
        nested: Vec<String>,
        /// Since when.
        at: Timestamp,
    },
    /// Nobody gets it: its bytes are deleted.
    Refused {
        /// Why.
        reason: Reason,
        /// Since when.
        at: Timestamp,
    },
}

impl EvidenceState {
    /// Its name in records and answers.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Checking(_) => "checking",
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
        }
    }

    /// Whether it can be had.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }
}

/// What is settled about a file before it is uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Its id.
    pub id: EvidenceId,
    /// Whose form it is for.
    pub client: ClientId,
    /// Which application it belongs to.
    pub application: ApplicationId,
    /// Which field of the form it answers.
    pub field: String,
    /// What was said about it.
    pub declaration: Declaration,
    /// When.
    pub created_at: Timestamp,
}

/// A file of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What was settled before.
    pub promise: Promise,
    /// How far it has come.
    pub state: EvidenceState,
    /// When it is to be forgotten.
    pub keep_until: Timestamp,
}

impl Evidence {
    /// The key of its object.
    #[must_use]
    pub fn object(&self) -> String {
        key::evidence_object(&self.promise.client, &self.promise.application, &self.promise.id)
    }

    /// Whether its time is over, so that it counts as forgotten even if nobody has come by yet.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        let unborn = self.state == EvidenceState::Uploading && after(self.promise.created_at, ARRIVAL_LIFE) <= now;
        unborn || self.keep_until <= now
    }

    /// When somebody must look at it again.
    #[must_use]
    pub fn next_look(&self, now: Timestamp) -> Timestamp {
        match &self.state {
            EvidenceState::Uploading | EvidenceState::Checking(_) => after(now, LOOK_AGAIN),
            // Once more when no form can add a version any more, and then at the end.
            EvidenceState::Accepted { .. } | EvidenceState::Refused { .. } => {
                let settled = after(self.promise.created_at, ARRIVAL_LIFE);
                if settled > now { settled } else { self.keep_until }
            }
        }
    }

    fn counts(&self) -> bool {
        !matches!(self.state, EvidenceState::Refused { .. })
    }

    fn record(&self) -> key::TableKey {
        key::evidence(&self.promise.application, &self.promise.id)
    }

    fn due(&self, at: Timestamp) -> Item {
        Item::at(&key::due(at, &self.promise.client, &self.promise.application, &self.promise.id))
    }
}

fn after(at: Timestamp, life: SignedDuration) -> Timestamp {
    at.checked_add(life).unwrap_or(Timestamp::MAX)
}

/// A row that says when somebody must look at a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// Whose form it is for.
    pub client: ClientId,
    /// Which application it belongs to.
    pub application: ApplicationId,
    /// Which file.
    pub evidence: EvidenceId,
}

pub(crate) fn read_due(sk: &str) -> Option<Due> {
    let mut parts = sk.split('#');
    let at = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
    let (client, application) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Due { at, client, application, evidence: parts.next()?.parse().ok()? })
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn write(promise: &Promise, keep_until: Timestamp) -> Result<Item, StoreError> {
    let key = key::evidence(&promise.application, &promise.id);
    Ok(Item::at(&key)
        .doc(promise)?
        .text("stage", EvidenceState::Uploading.name())
        .number("keep_until", keep_until.as_second())
        .number("ttl", after(keep_until, BACKSTOP).as_second()))
}

pub(crate) fn read(item: &Item) -> Result<Evidence, StoreError> {
    let object = || {
        let (version, etag) = (item.get_text("object_version")?.to_owned(), item.get_text("etag")?.to_owned());
        Ok(Pinned { version, etag })
    };
    let at = || item.find_time("decided_at").ok_or(StoreError::Corrupt("decided_at"));
    let state = match item.get_text("stage")? {
        "uploading" => EvidenceState::Uploading,
        "checking" => EvidenceState::Checking(object()?),
        "accepted" => EvidenceState::Accepted {
            object: object()?,
            nested: item.find_json("nested")?.unwrap_or_default(),
            at: at()?,
        },
        "refused" => {
            let reason = item.find_json("because")?.ok_or(StoreError::Corrupt("because"))?;
            EvidenceState::Refused { reason, at: at()? }
        }
        _ => return Err(StoreError::Corrupt("stage")),
    };
    let keep_until = item.find_time("keep_until").ok_or(StoreError::Corrupt("keep_until"))?;
    Ok(Evidence { promise: item.get_doc()?, state, keep_until })
}

/// Records.
impl Store {
    /// Promises a file, unless the application has [`MAX_FILES`] already that count, or [`MAX_RECORDS`] in all: then none.
    ///
    /// # Errors
    /// [`StoreError::Quota`] when the month has no room for it; [`StoreError::Conflict`] when others promised files all the while.
    pub async fn begin_evidence(
        &self,
        promise: Promise,
        limit: Option<Limit>,
        now: Timestamp,
    ) -> Result<Option<Evidence>, StoreError> {
        let keep_until = after(now, DRAFT_LIFE);
        let evidence = Evidence { promise, state: EvidenceState::Uploading, keep_until };
        let application = &evidence.promise.application;
        for round in 0..BEGIN_ROUNDS {
            // The counter first: what changes after it was read makes the transaction fail.
            let files = self.get(&key::evidence_files(application)).await?;
            let changes: Option<i64> = files.and_then(|item| item.find_number("n"));
            let others = self.evidence_of(application, now).await?;
            if others.iter().filter(|other| other.counts()).count() >= MAX_FILES || others.len() >= MAX_RECORDS {
                return Ok(None);
            }
            let counted =
                HashMap::from([(":old".to_owned(), number(changes.unwrap_or(0))), (":one".to_owned(), number(1))]);
            let unchanged = if changes.is_some() { "n = :old" } else { "attribute_not_exists(n) OR n = :old" };
            let bytes = (Quota::EvidenceBytesPerMonth, evidence.promise.declaration.size_bytes);
            let done = self.transact_told(vec![
                self.transact_count(&evidence.promise.client, bytes, limit, evidence.promise.created_at)?,
                self.transact_update(&key::evidence_files(application), "ADD n :one", unchanged, counted)?,
                self.transact_put(write(&evidence.promise, keep_until)?, Expect::Absent)?,
                self.transact_put(evidence.due(after(now, LOOK_AGAIN)), Expect::Anything)?,
            ]);
            match done.await {
                Ok(()) => return Ok(Some(evidence)),
                Err(Cancelled::Failed(places)) => {
                    // Some other change only: the limit holds as long as the month does.
                    if let (Some(limit), true) = (limit, places.contains(&0)) {
                        return Err(StoreError::Quota(self.reached(&evidence.promise.client, limit, now).await?));
                    }
                }
                Err(Cancelled::Otherwise(error)) => return Err(error),
            }
            // Ids are random, so those who wait do not wait alike.
            let spread = evidence.promise.id.as_str().bytes().fold(0u8, u8::wrapping_add);
            tokio::time::sleep(Duration::from_millis((5 << round.min(6)) + u64::from(spread))).await;
        }
        Err(StoreError::Conflict)
    }

    /// A file of an application, if there is one of this id whose time is not over.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn evidence(
        &self,
        application: &ApplicationId,
        id: &EvidenceId,
        now: Timestamp,
    ) -> Result<Option<Evidence>, StoreError> {
        let found = self.evidence_record(application, id).await?;
        Ok(found.filter(|evidence| !evidence.is_over(now)))
    }

    /// The same, even if its time is over: for whoever forgets it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn evidence_record(
        &self,
        application: &ApplicationId,
        id: &EvidenceId,
    ) -> Result<Option<Evidence>, StoreError> {
        self.get(&key::evidence(application, id)).await?.as_ref().map(read).transpose()
    }

    /// An application's files, oldest first, refused ones included.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn evidence_of(&self, application: &ApplicationId, now: Timestamp) -> Result<Vec<Evidence>, StoreError> {
        let items = self.query(&key::evidence_partition(application), key::FILES, None).await?;
        let mut files = items.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        files.retain(|evidence| !evidence.is_over(now));
        files.sort_by_key(|evidence| evidence.promise.created_at);
        Ok(files)
    }

    /// Notes that a file has arrived, and pins this version of it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another was pinned before, or the promise is gone.
    pub async fn note_evidence_arrival(&self, evidence: &mut Evidence, object: &Pinned) -> Result<(), StoreError> {
        let set = "SET stage = :stage, object_version = :version, etag = :etag";
        let values =
            [(":stage", "checking"), (":version", &object.version), (":etag", &object.etag), (":was", "uploading")];
        let values = values.map(|(name, value)| (name.to_owned(), text(value))).into();
        self.update(&evidence.record(), set, Some("stage = :was"), values).await?;
        evidence.state = EvidenceState::Checking(object.clone());
        Ok(())
    }

    /// Records that the pinned version of a file is taken.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was judged before, or is gone.
    pub async fn accept_evidence(
        &self,
        evidence: &mut Evidence,
        object: &Pinned,
        findings: Findings,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let nested = serde_json::to_string(&findings.nested).map_err(|_| StoreError::Corrupt("nested"))?;
        self.decide(evidence, object, ("accepted", "nested", nested), now).await?;
        evidence.state = EvidenceState::Accepted { object: object.clone(), nested: findings.nested, at: now };
        Ok(())
    }

    /// Records that the pinned version of a file is not taken. Its bytes are to be deleted then.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was judged before, or is gone.
    pub async fn refuse_evidence(
        &self,
        evidence: &mut Evidence,
        object: &Pinned,
        reason: Reason,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let because = serde_json::to_string(&reason).map_err(|_| StoreError::Corrupt("because"))?;
        self.decide(evidence, object, ("refused", "because", because), now).await?;
        evidence.state = EvidenceState::Refused { reason, at: now };
        Ok(())
    }

    async fn decide(
        &self,
        evidence: &Evidence,
        object: &Pinned,
        (stage, name, value): (&str, &str, String),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = HashMap::from([
            (":stage".to_owned(), text(stage)),
            (":value".to_owned(), AttributeValue::S(value)),
            (":at".to_owned(), number(now.as_second())),
            (":was".to_owned(), text("checking")),
            (":version".to_owned(), text(&object.version)),
        ]);
        let set = format!("SET stage = :stage, {name} = :value, decided_at = :at");
        self.update(&evidence.record(), &set, Some("stage = :was AND object_version = :version"), values).await
    }

    /// Says how long an application's files are kept, at most [`MAX_LIFE`] from now: when it is submitted, and when it is decided.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be recorded; for some it may have been.
    pub async fn keep_evidence(
        &self,
        application: &ApplicationId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let until = until.min(after(now, MAX_LIFE));
        for evidence in self.evidence_of(application, now).await? {
            // Sooner than somebody would look otherwise, perhaps.
            self.put(evidence.due(until), Expect::Anything).await?;
            let update = self
                .dynamo()
                .update_item()
                .table_name(self.table())
                .set_key(Some(key_map(&evidence.record())))
                .update_expression("SET keep_until = :until, #ttl = :ttl")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":until", number(until.as_second()))
                .expression_attribute_values(":ttl", number(after(until, BACKSTOP).as_second()));
            match update.send().await.map_err(|e| unavailable("UpdateItem", &e)) {
                Ok(_) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Removes a file from its application, whatever its state. From now on nobody gets it; its bytes go when somebody looks at the row
    /// that is left, which is due at once.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id.
    pub async fn remove_evidence(&self, evidence: &Evidence, now: Timestamp) -> Result<(), StoreError> {
        let due = [now, after(evidence.promise.created_at, ARRIVAL_LIFE)].map(|at| evidence.due(at));
        let [at_once, settled] = due.map(|item| self.transact_put(item, Expect::Anything));
        let delete = self.transact_delete(&evidence.record(), Some("attribute_exists(pk)"))?;
        let mut writes = vec![delete, at_once?];
        // Bytes may still arrive while a form works. (One row cannot be written twice in a transaction.)
        if after(evidence.promise.created_at, ARRIVAL_LIFE) > now {
            writes.push(settled?);
        }
        self.transact(writes).await
    }

    /// Deletes the record of a file whose time is over, provided that nobody has changed it meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody has.
    pub async fn forget_evidence(&self, evidence: &Evidence) -> Result<(), StoreError> {
        self.dynamo()
            .delete_item()
            .table_name(self.table())
            .set_key(Some(key_map(&evidence.record())))
            .condition_expression("stage = :stage AND keep_until = :until")
            .expression_attribute_values(":stage", text(evidence.state.name()))
            .expression_attribute_values(":until", number(evidence.keep_until.as_second()))
            .send()
            .await
            .map_err(|e| unavailable("DeleteItem", &e))?;
        Ok(())
    }

    /// Rows that were due before `before`, at most some hundred of each shard, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn due_evidence(&self, before: Timestamp) -> Result<Vec<Due>, StoreError> {
        let mut rows = Vec::new();
        for shard in key::PENDING_SHARDS {
            let until = key::sortable(before);
            for item in self.query_between(&key::due_partition(shard), "", &until, 100).await? {
                rows.push(read_due(item.get_text("sk")?).ok_or(StoreError::Corrupt("sk"))?);
            }
        }
        rows.sort_by_key(|row| row.at);
        Ok(rows)
    }

    /// Puts a row of another time in the place of this one, or none.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn move_due(&self, due: &Due, to: Option<Timestamp>) -> Result<(), StoreError> {
        let key = |at| key::due(at, &due.client, &due.application, &due.evidence);
        if let Some(to) = to {
            self.put(Item::at(&key(to)), Expect::Anything).await?;
        }
        match self.delete(&key(due.at)).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// A version of an object as it lies in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub object: Pinned,
    /// How large.
    pub size_bytes: u64,
}

fn pinned(version: Option<&str>, etag: Option<&str>) -> Pinned {
    // Where versions are off, S3 calls the only one so.
    let version = version.unwrap_or("null").to_owned();
    Pinned { version, etag: etag.unwrap_or_default().trim_matches('"').to_owned() }
}

/// Gone. Forbidden is another answer: nobody's file is given up because a right is missing.
fn is_absent<E>(error: &SdkError<E>) -> bool {
    error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404)
}

/// Files.
impl Store {
    /// A form to upload a promised file with: this object, this media type, no more than this size.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is there already or its time is over; [`StoreError::Unavailable`] when this process has no
    /// credentials to sign with.
    pub async fn evidence_upload(&self, evidence: &Evidence, now: Timestamp) -> Result<PresignedPost, StoreError> {
        let end = after(evidence.promise.created_at, FORM_LIFE);
        let life = Duration::try_from(end.duration_since(now)).unwrap_or_default();
        if evidence.state != EvidenceState::Uploading || life.is_zero() {
            return Err(StoreError::Conflict);
        }
        let declaration = &evidence.promise.declaration;
        let upload = Upload {
            object: &evidence.object(),
            content_type: Some(declaration.media.name()),
            content_disposition: Some("attachment"),
            max_bytes: declaration.size_bytes,
            life,
        };
        self.presigned_post(&upload, now).await
    }

    /// An address at which a file can be downloaded for [`DOWNLOAD_LIFE`], always as an attachment of its own name and type; none for
    /// a file that is not accepted. It leads to the version that was judged and to no other.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when this process has no credentials to sign it with.
    pub async fn evidence_download(&self, evidence: &Evidence, now: Timestamp) -> Result<Option<String>, StoreError> {
        let EvidenceState::Accepted { object, .. } = &evidence.state else { return Ok(None) };
        if evidence.is_over(now) {
            return Ok(None);
        }
        let life = PresigningConfig::expires_in(DOWNLOAD_LIFE)
            .map_err(|_| StoreError::Corrupt("life of a presigned address"))?;
        let declaration = &evidence.promise.declaration;
        let request = self
            .s3()
            .get_object()
            .bucket(self.bucket())
            .key(evidence.object())
            .version_id(&object.version)
            .response_content_type(declaration.media.name())
            .response_content_disposition(declaration.name.content_disposition())
            .response_cache_control("no-store")
            .presigned(life);
        Ok(Some(request.await.map_err(|e| unavailable("GetObject", &e))?.uri().to_owned()))
    }

    /// A version of an object, if it is there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not answer.
    pub async fn evidence_version(&self, object: &str, version: &str) -> Result<Option<Found>, StoreError> {
        let head = match self.s3().head_object().bucket(self.bucket()).key(object).version_id(version).send().await {
            Ok(head) => head,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(unavailable("HeadObject", &error)),
        };
        let size_bytes = head.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        Ok(Some(Found { object: pinned(Some(version), head.e_tag()), size_bytes }))
    }

    /// The versions of an object, newest first; a thousand at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not answer.
    pub async fn evidence_versions(&self, object: &str) -> Result<Vec<Found>, StoreError> {
        let listed = self.s3().list_object_versions().bucket(self.bucket()).prefix(object).send().await;
        let listed = listed.map_err(|e| unavailable("ListObjectVersions", &e))?;
        let same = listed.versions().iter().filter(|version| version.key() == Some(object));
        let found = same.map(|version| Found {
            object: pinned(version.version_id(), version.e_tag()),
            size_bytes: version.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
        });
        Ok(found.collect())
    }

    /// A part of a version of an object; none when it is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not answer, or breaks off.
    pub async fn evidence_bytes(
        &self,
        object: &str,
        version: &str,
        range: Range<u64>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let wrong = |code: &str| StoreError::Unavailable { operation: "GetObject", code: code.to_owned() };
        let asked = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        let Some(body) = self.evidence_body(object, version, Some(asked)).await? else { return Ok(None) };
        let body = body.collect().await.map_err(|_| wrong("broken off"))?.into_bytes();
        // A server may pass over what part was asked for. Taken for that part, the whole would be judged wrongly.
        if u64::try_from(body.len()).ok() != range.end.checked_sub(range.start) {
            return Err(wrong("another part than was asked for"));
        }
        Ok(Some(body.to_vec()))
    }

    /// A version of an object, piece by piece; none when it is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not answer.
    pub async fn evidence_stream(&self, object: &str, version: &str) -> Result<Option<ByteStream>, StoreError> {
        self.evidence_body(object, version, None).await
    }

    async fn evidence_body(
        &self,
        object: &str,
        version: &str,
        range: Option<String>,
    ) -> Result<Option<ByteStream>, StoreError> {
        let request = self.s3().get_object().bucket(self.bucket()).key(object).version_id(version).set_range(range);
        match request.send().await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(unavailable("GetObject", &error)),
        }
    }

    /// Deletes a version of an object for good.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not.
    pub async fn delete_evidence_version(&self, object: &str, version: &str) -> Result<(), StoreError> {
        let deleted = self.s3().delete_object().bucket(self.bucket()).key(object).version_id(version).send().await;
        deleted.map(|_| ()).map_err(|e| unavailable("DeleteObject", &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
    use aws_types::SdkConfig;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn evidence(state: EvidenceState) -> Evidence {
        let promise = Promise {
            id: EvidenceId::from_random([1; 10]),
            client: ClientId::from_random([2; 10]),
            application: ApplicationId::from_random([3; 10]),
            field: "works".into(),
            declaration: Declaration::read("作品.pdf", "application/pdf", 1_000).unwrap(),
            created_at: at(0),
        };
        Evidence { promise, state, keep_until: at(10_000_000) }
    }

    fn object() -> Pinned {
        Pinned { version: "v1".into(), etag: "abc".into() }
    }

    fn states() -> [EvidenceState; 4] {
        let accepted = EvidenceState::Accepted { object: object(), nested: vec!["a.zip".into()], at: at(5) };
        let refused = EvidenceState::Refused { reason: Reason::Executable, at: at(5) };
        [EvidenceState::Uploading, EvidenceState::Checking(object()), accepted, refused]
    }

    fn store() -> Store {
        let credentials = Credentials::new("key", "secret", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        Store::new(&aws, "table".into(), "bucket".into()).in_bucket("evidence".into())
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for state in states() {
            let written = evidence(state);
            let item = write(&written.promise, written.keep_until).unwrap().text("stage", written.state.name());
            let item = match &written.state {
                EvidenceState::Uploading => item,
                EvidenceState::Checking(object) => {
                    item.text("object_version", &object.version).text("etag", &object.etag)
                }
                EvidenceState::Accepted { object, .. } => item
                    .text("object_version", &object.version)
                    .text("etag", &object.etag)
                    .text("nested", r#"["a.zip"]"#)
                    .number("decided_at", at(5).as_second()),
                EvidenceState::Refused { .. } => {
                    item.text("because", r#""executable""#).number("decided_at", at(5).as_second())
                }
            };
            assert_eq!(read(&item).unwrap(), written);
        }
    }

    #[test]
    fn object_keys_and_due_rows_say_whose_file_it_is() {
        let file = evidence(EvidenceState::Uploading);
        let (client, application, id) = key::read_evidence_object(&file.object()).unwrap();
        assert_eq!((&client, &application, &id), (&file.promise.client, &file.promise.application, &file.promise.id));
        for odd in ["evidence/a/b", "evidence/a/b/c/d", "evidence/a/../c", "uploads/a/b/c", "evidence/a/b/"] {
            assert!(key::read_evidence_object(odd).is_none(), "{odd}");
        }
        let row = key::due(at(7), &client, &application, &id);
        assert_eq!(read_due(&row.sk), Some(Due { at: at(7), client, application, evidence: id }));
    }

    #[test]
    fn looks_come_while_something_is_open_then_when_forms_have_ended_then_at_the_end() {
        let [uploading, checking, accepted, refused] = states().map(evidence);
        assert_eq!(uploading.next_look(at(60)), at(360));
        assert_eq!(checking.next_look(at(60)), at(360));
        for decided in [accepted, refused] {
            assert_eq!(decided.next_look(at(60)), at(7_200));
            assert_eq!(decided.next_look(at(7_200)), decided.keep_until);
            assert!(!decided.is_over(at(7_200)) && decided.is_over(decided.keep_until));
        }
        assert!(!uploading.is_over(at(7_199)) && uploading.is_over(at(7_200)));
        assert!(!checking.is_over(at(7_200)));
    }

    #[tokio::test]
    async fn only_what_is_accepted_can_be_downloaded_and_only_the_version_that_was_judged() {
        for state in states() {
            let file = evidence(state);
            let address = store().evidence_download(&file, at(60)).await.unwrap();
            assert_eq!(address.is_some(), file.state.name() == "accepted");
            let Some(address) = address else { continue };
            assert!(
                address.starts_with(&format!("https://evidence.s3.us-east-1.amazonaws.com/{}?", file.object())),
                "{address}"
            );
            for part in [
                "versionId=v1",
                "X-Amz-Expires=300",
                "response-content-type=application%2Fpdf",
                "response-content-disposition=attachment%3B%20filename%3D%22evidence.pdf%22%3B%20filename%2A%3DUTF-8%27%27%25E4%25BD%259C",
            ] {
                assert!(address.contains(part), "{part} in {address}");
            }
            assert_eq!(store().evidence_download(&file, file.keep_until).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_form_is_for_this_file_and_ends() {
        let [uploading, checking, ..] = states().map(evidence);
        let form = store().evidence_upload(&uploading, at(60)).await.unwrap();
        let field = |name: &str| form.fields.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        assert_eq!(field("key"), Some(uploading.object()));
        assert_eq!(field("Content-Type").as_deref(), Some("application/pdf"));
        assert_eq!(form.expires_at, at(30 * 60));
        assert!(matches!(store().evidence_upload(&checking, at(60)).await, Err(StoreError::Conflict)));
        assert!(matches!(store().evidence_upload(&uploading, at(30 * 60)).await, Err(StoreError::Conflict)));
    }
}
