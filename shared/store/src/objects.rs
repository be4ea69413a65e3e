//! Files in S3: artwork by the hash of its bytes, baked images by credential, and what was uploaded past a function.

use crate::client::{Store, StoreError};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use std::time::Duration;

/// A year: these bytes never change under their key.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

pub(crate) fn unavailable<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> StoreError {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or("no answer");
    StoreError::Unavailable { operation, code: code.to_owned() }
}

impl Store {
    /// Keeps a file under an object key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not take it.
    pub async fn put_object(&self, object: &str, media_type: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.put_with(object, media_type, IMMUTABLE, bytes).await
    }

    /// Keeps a file that is nobody else's business.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not take it.
    pub async fn put_private_object(&self, object: &str, media_type: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.put_with(object, media_type, "no-store", bytes).await
    }

    async fn put_with(&self, object: &str, media_type: &str, cache: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.s3()
            .put_object()
            .bucket(self.bucket())
            .key(object)
            .content_type(media_type)
            .cache_control(cache)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(|e| unavailable("PutObject", &e))?;
        Ok(())
    }

    /// A file, if there is one under this key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not answer.
    pub async fn object(&self, object: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.object_within(object, usize::MAX).await
    }

    /// A file, if there is one under this key. More than `max_bytes` are never in memory.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`]; [`StoreError::Unavailable`] when S3 does not answer.
    pub async fn object_within(&self, object: &str, max_bytes: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let answer = match self.s3().get_object().bucket(self.bucket()).key(object).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            // Without ListBucket, which no function has, S3 answers 403 for a key that is not there.
            Err(error) if error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("AccessDenied") => {
                return Ok(None);
            }
            Err(error) => return Err(unavailable("GetObject", &error)),
        };
        let said = answer.content_length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        if said > max_bytes {
            return Err(StoreError::TooLarge);
        }
        let (mut body, mut bytes) = (answer.body, Vec::with_capacity(said));
        let broken_off = |_| StoreError::Unavailable { operation: "GetObject", code: "broken off".into() };
        while let Some(piece) = body.try_next().await.map_err(broken_off)? {
            if piece.len() > max_bytes - bytes.len() {
                return Err(StoreError::TooLarge);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Some(bytes))
    }

    /// Takes a file away. None being there is no failure.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not answer.
    pub async fn delete_object(&self, object: &str) -> Result<(), StoreError> {
        let sent = self.s3().delete_object().bucket(self.bucket()).key(object).send().await;
        sent.map(|_| ()).map_err(|e| unavailable("DeleteObject", &e))
    }

    /// An address at which anybody can read a file for as long as `life`: for files too large to pass through a function.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when this process has no credentials to sign it with.
    pub async fn presigned(&self, object: &str, life: Duration) -> Result<String, StoreError> {
        let life =
            PresigningConfig::expires_in(life).map_err(|_| StoreError::Corrupt("life of a presigned address"))?;
        let request = self.s3().get_object().bucket(self.bucket()).key(object).presigned(life).await;
        Ok(request.map_err(|e| unavailable("GetObject", &e))?.uri().to_owned())
    }
}
