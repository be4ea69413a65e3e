//! Exports: everything an organisation owns, in one zip that is made in steps.
//!
//! A step takes an export by a claim, writes parts of the zip, and records where the next one goes on; that record is on condition of
//! the claim, so that two workers never write one zip. What the next step needs besides lies in two objects named by the step's number:
//! whoever breaks off is followed by somebody who does the same step again, over the same parts.
//!
//! An organisation has one export at a time: the row `RUNNING` says which.

use crate::client::{Expect, Store, StoreError, held};
use crate::item::{Item, number};
use crate::key;
use crate::objects::unavailable;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use badge::{ClientId, ExportId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

/// How long a finished export can be had; the bucket's lifecycle rule deletes it at most two days later.
pub const EXPORT_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// After this time one that is not finished will not be, and another may begin. The bucket gives up its upload then too.
pub const EXPORT_PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// How long an address to download from works.
pub const EXPORT_DOWNLOAD_LIFE: Duration = Duration::from_secs(300);
/// Bytes of what the next step needs: names and hashes of a million files.
const MAX_STATE_BYTES: usize = 300_000_000;

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum ExportState {
    /// Being made.
    Running {
        /// Things that are in it.
        done: u64,
        /// Things there are.
        of: u64,
    },
    /// There.
    Ready {
        /// Since when.
        at: Timestamp,
        /// Its size.
        size_bytes: u64,
    },
}

/// An organisation's whole data, asked for once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// Whose data.
    pub client: ClientId,
    /// When it was asked for; what came later is not in it.
    pub asked_at: Timestamp,
    /// Steps that are done.
    pub steps: u32,
    /// The upload that the zip is written by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
    /// How far it is.
    pub progress: ExportState,
}

impl Export {
    /// One that is asked for now.
    #[must_use]
    pub fn new(id: ExportId, client: ClientId, now: Timestamp) -> Self {
        Self { id, client, asked_at: now, steps: 0, upload: None, progress: ExportState::Running { done: 0, of: 0 } }
    }

    /// The object key of the zip.
    #[must_use]
    pub fn object(&self) -> String {
        key::export_object(&self.client, &self.id)
    }

    /// Whether nothing more will come of it.
    #[must_use]
    pub fn has_failed(&self, now: Timestamp) -> bool {
        matches!(self.progress, ExportState::Running { .. }) && after(self.asked_at, EXPORT_PATIENCE) <= now
    }

    /// Until when it can be had.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        let since = match self.progress {
            ExportState::Running { .. } => self.asked_at,
            ExportState::Ready { at, .. } => at,
        };
        after(since, EXPORT_LIFE)
    }
}

fn after(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.checked_add(time).unwrap_or(Timestamp::MAX)
}

impl Store {
    /// Records that an organisation wants its data; false when one is being made.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be recorded.
    pub async fn begin_export(&self, export: &Export) -> Result<bool, StoreError> {
        let now = export.asked_at;
        let until = after(now, EXPORT_PATIENCE).as_second();
        let lock = Item::at(&key::export_running(&export.client))
            .text("export_id", export.id.as_str())
            .number("free_at", until)
            .number("ttl", until);
        let free = HashMap::from([(":now".to_owned(), number(now.as_second()))]);
        let row = self.export_item(export)?.number("running", 1);
        let writes = vec![
            self.transact_put_if(lock, "attribute_not_exists(pk) OR free_at <= :now", free)?,
            self.transact_put(row, Expect::Absent)?,
        ];
        held(self.transact(writes).await)
    }

    fn export_item(&self, export: &Export) -> Result<Item, StoreError> {
        let item = Item::at(&key::export(&export.client, &export.id)).doc(export)?;
        Ok(item.number("steps", export.steps).number("ttl", export.until().as_second()))
    }

    /// An organisation's exports of the last days, the latest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn exports(&self, client: &ClientId, now: Timestamp) -> Result<Vec<Export>, StoreError> {
        let items = self.query(&key::exports_partition(client), key::EXPORTS, None).await?;
        let mut exports: Vec<Export> = items.iter().map(Item::get_doc).collect::<Result<_, _>>()?;
        exports.retain(|export| now < export.until());
        exports.sort_by_key(|export| std::cmp::Reverse(export.asked_at));
        Ok(exports)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn export(&self, client: &ClientId, id: &ExportId, now: Timestamp) -> Result<Option<Export>, StoreError> {
        let found: Option<Export> = self.get(&key::export(client, id)).await?.map(|item| item.get_doc()).transpose()?;
        Ok(found.filter(|export| now < export.until()))
    }

    /// The one that is being made, if any.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn running_export(&self, client: &ClientId, now: Timestamp) -> Result<Option<ExportId>, StoreError> {
        let lock = self.get(&key::export_running(client)).await?;
        let lock = lock.filter(|lock| lock.find_time("free_at").is_some_and(|until| now < until));
        lock.map(|lock| lock.get_text("export_id")?.parse().map_err(|_| StoreError::Corrupt("export"))).transpose()
    }

    /// Takes an export that is not finished to work on until `until`; false when somebody else has it.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn claim_export(&self, export: &Export, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let values =
            [(":until", until.as_millisecond()), (":now", now.as_millisecond()), (":steps", export.steps.into())];
        let values = values.map(|(name, value)| (name.to_owned(), number(value))).into();
        let free = "attribute_exists(running) AND steps = :steps AND (attribute_not_exists(busy) OR busy <= :now)";
        held(self.update(&key::export(&export.client, &export.id), "SET busy = :until", Some(free), values).await)
    }

    /// Records a step that is done. `claim`: the `until` it was claimed with.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else went on meanwhile.
    pub async fn note_export(&self, export: &Export, claim: Timestamp) -> Result<(), StoreError> {
        let claimed = HashMap::from([(":claim".to_owned(), number(claim.as_millisecond()))]);
        let row = self.export_item(export)?;
        if let ExportState::Running { .. } = export.progress {
            let row = self.transact_put_if(row.number("running", 1), "busy = :claim", claimed)?;
            return self.transact(vec![row]).await;
        }
        let lock =
            Item::at(&key::export_running(&export.client)).text("export_id", export.id.as_str()).number("free_at", 0);
        let ours = HashMap::from([(":id".to_owned(), AttributeValue::S(export.id.to_string()))]);
        let lock = self.transact_put_if(lock.number("ttl", export.until().as_second()), "export_id = :id", ours)?;
        self.transact(vec![self.transact_put_if(row, "busy = :claim", claimed)?, lock]).await
    }

    /// Keeps what the step after `export.steps` begins with: what it knows, and the bytes that are in no part of the zip yet.
    ///
    /// # Errors
    /// [`StoreError`] when S3 does not take it.
    pub async fn put_export_state(&self, export: &Export, known: Vec<u8>, rest: Vec<u8>) -> Result<(), StoreError> {
        let [known_at, rest_at] = state_objects(export, export.steps);
        self.put_private_object(&known_at, "application/json", known).await?;
        self.put_private_object(&rest_at, "application/octet-stream", rest).await
    }

    /// What the next step begins with.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is gone.
    pub async fn export_state(&self, export: &Export) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        let [known, rest] = state_objects(export, export.steps);
        let gone = StoreError::Corrupt("the state of an export");
        let known = self.object_within(&known, MAX_STATE_BYTES).await?;
        let rest = self.object_within(&rest, MAX_STATE_BYTES).await?;
        known.zip(rest).ok_or(gone)
    }

    /// Removes what a step began with that is done.
    ///
    /// # Errors
    /// [`StoreError`] when S3 does not answer.
    pub async fn forget_export_state(&self, export: &Export, step: u32) -> Result<(), StoreError> {
        for object in state_objects(export, step) {
            self.delete_object(&object).await?;
        }
        Ok(())
    }

    /// Begins to write a large file in parts; the upload's name.
    ///
    /// # Errors
    /// [`StoreError`] when S3 does not answer.
    pub async fn begin_parts(&self, object: &str, media_type: &str) -> Result<String, StoreError> {
        let begun = self.s3().create_multipart_upload().bucket(self.bucket()).key(object);
        let begun = begun.content_type(media_type).cache_control("no-store").send().await;
        let begun = begun.map_err(|e| unavailable("CreateMultipartUpload", &e))?;
        begun.upload_id.ok_or(StoreError::Corrupt("the name of an upload"))
    }

    /// Writes a part, over an earlier one of the same number; the name of its content. Each but the last has 5 MiB at least (S3's limit).
    ///
    /// # Errors
    /// [`StoreError`] when S3 does not take it.
    pub async fn put_part(
        &self,
        object: &str,
        upload: &str,
        part: usize,
        bytes: Vec<u8>,
    ) -> Result<String, StoreError> {
        let sent = self.s3().upload_part().bucket(self.bucket()).key(object).upload_id(upload);
        let sent = sent.part_number(place(part)).body(ByteStream::from(bytes)).send().await;
        let sent = sent.map_err(|e| unavailable("UploadPart", &e))?;
        sent.e_tag.ok_or(StoreError::Corrupt("the name of a part"))
    }

    /// Makes a file of the parts with these contents, numbered from 1.
    ///
    /// # Errors
    /// [`StoreError`] when S3 does not answer.
    pub async fn complete_parts(&self, object: &str, upload: &str, parts: &[String]) -> Result<(), StoreError> {
        let part = |(n, etag): (usize, &String)| CompletedPart::builder().part_number(place(n + 1)).e_tag(etag).build();
        let parts = parts.iter().enumerate().map(part).collect();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let done = self.s3().complete_multipart_upload().bucket(self.bucket()).key(object).upload_id(upload);
        done.multipart_upload(parts).send().await.map_err(|e| unavailable("CompleteMultipartUpload", &e))?;
        Ok(())
    }

    /// The size of a file; none when there is none.
    ///
    /// # Errors
    /// [`StoreError`] when S3 does not answer.
    pub async fn object_size(&self, object: &str) -> Result<Option<u64>, StoreError> {
        match self.s3().head_object().bucket(self.bucket()).key(object).send().await {
            Ok(found) => Ok(found.content_length.and_then(|length| u64::try_from(length).ok())),
            // Without ListBucket, which no function has, S3 answers 403 for a key that is not there.
            Err(error) if error.raw_response().is_some_and(|r| [403, 404].contains(&r.status().as_u16())) => Ok(None),
            Err(error) => Err(unavailable("HeadObject", &error)),
        }
    }

    /// A finished export, piece by piece.
    ///
    /// # Errors
    /// [`StoreError`] when S3 does not answer.
    pub async fn export_stream(&self, export: &Export) -> Result<ByteStream, StoreError> {
        let sent = self.s3().get_object().bucket(self.bucket()).key(export.object()).send().await;
        Ok(sent.map_err(|e| unavailable("GetObject", &e))?.body)
    }

    /// An address from which a browser saves a finished export.
    ///
    /// # Errors
    /// [`StoreError`] when this process has no credentials to sign it with.
    pub async fn export_download(&self, export: &Export) -> Result<String, StoreError> {
        let life = PresigningConfig::expires_in(EXPORT_DOWNLOAD_LIFE).map_err(|_| StoreError::Corrupt("life"))?;
        let name = format!(
            "attachment; filename=\"export-{}-{}.zip\"",
            export.client,
            badge::rfc3339(export.asked_at).get(..10).unwrap_or_default()
        );
        let request = self.s3().get_object().bucket(self.bucket()).key(export.object());
        let request = request.response_content_disposition(name).presigned(life).await;
        Ok(request.map_err(|e| unavailable("GetObject", &e))?.uri().to_owned())
    }
}

fn state_objects(export: &Export, step: u32) -> [String; 2] {
    let object = export.object();
    [format!("{object}.{step}.json"), format!("{object}.{step}.rest")]
}

fn place(part: usize) -> i32 {
    i32::try_from(part).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_ends_seven_days_after_it_is_there_and_fails_after_one() {
        let at = |hours: i64| Timestamp::from_second(hours * 3_600).unwrap();
        let mut export = Export::new(ExportId::from_random([1; 10]), ClientId::from_random([2; 10]), at(0));
        assert!(!export.has_failed(at(23)) && export.has_failed(at(24)));
        export.progress = ExportState::Ready { at: at(5), size_bytes: 9 };
        assert!(!export.has_failed(at(99)));
        assert_eq!(export.until(), at(5 + 7 * 24));
        let read: Export = serde_json::from_str(&serde_json::to_string(&export).unwrap()).unwrap();
        assert_eq!(read, export);
    }
}
