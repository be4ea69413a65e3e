//! Files too large for a request: a place in the bucket is lent, filled by whoever asked, and read back once.
//!
//! An upload's id is all there is of it: nothing is recorded. Who knows it can have the file judged, once; it is deleted as soon as
//! it is read, and what nobody asks about goes after a day.

use badge::UploadId;
use badge::input::{FieldError, Reason};
use edge::{Answer, Kind, Problem, Request, chance};
use serde_json::{Map, Value, json};
use std::time::Duration;
use store::{PresignedPost, Store, StoreError, Upload, key};

/// Largest file.
const MAX_BYTES: usize = verify::limits::MAX_INPUT_BYTES;
/// Time to begin the upload.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// `POST /validate/upload`: a form for one file.
///
/// # Errors
/// When the form cannot be signed.
pub(crate) async fn lend(store: &Store, request: &Request) -> Result<Answer, Problem> {
    let id = UploadId::from_random(chance::bytes());
    let upload = Upload {
        object: &key::upload_object(&id),
        content_type: None,
        content_disposition: Some("attachment"),
        max_bytes: MAX_BYTES as u64,
        life: LIFE,
    };
    let post = store.presigned_post(&upload, request.now).await.map_err(edge::failed)?;
    Ok(Answer::json(201, &told(&id, post)).header("access-control-allow-origin", "*"))
}

fn told(id: &UploadId, post: PresignedPost) -> Value {
    let fields: Map<String, Value> =
        post.fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({
        "upload": id.as_str(), "url": post.url, "fields": fields,
        "max_bytes": MAX_BYTES, "expires_at": badge::rfc3339(post.expires_at),
    })
}

/// The file of an upload.
///
/// # Errors
/// When there is none: never uploaded, judged already, or deleted after its day. That is one answer.
pub(crate) async fn fetch(store: &Store, id: &UploadId) -> Result<Vec<u8>, Problem> {
    match store.object_within(&key::upload_object(id), MAX_BYTES).await {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(unknown()),
        Err(StoreError::TooLarge) => Err(Kind::TooLarge.into()),
        Err(error) => Err(edge::failed(error)),
    }
}

/// Deletes an upload that was read. If that fails it goes by itself, within a day.
pub(crate) async fn forget(store: &Store, id: &UploadId) {
    if let Err(error) = store.delete_object(&key::upload_object(id)).await {
        tracing::warn!(%error, "an upload stays for its day");
    }
}

/// The answer to an id behind which there is no file, whatever the reason.
pub(crate) fn unknown() -> Problem {
    Problem::fields(vec![FieldError { pointer: "/upload".into(), reason: Reason::NotFound }]).detail(
        "There is no such upload. A file is judged once and then deleted; upload it again.",
        "指定されたアップロードは見つかりません。ファイルは一度検証すると削除されます。もう一度アップロードしてください。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_told_whole() {
        let post = PresignedPost {
            url: "https://bucket.example/".into(),
            fields: vec![("key", "uploads/a".into()), ("policy", "p".into())],
            expires_at: "2026-01-15T09:35:00Z".parse().unwrap(),
        };
        let told = told(&"a".parse().unwrap(), post);
        let expected = json!({
            "upload": "a", "url": "https://bucket.example/", "fields": {"key": "uploads/a", "policy": "p"},
            "max_bytes": 20_971_520, "expires_at": "2026-01-15T09:35:00Z"
        });
        assert_eq!(told, expected);
    }
}
