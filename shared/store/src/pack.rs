//! Signed documents, small enough for the recipient's own record.
//!
//! The credentials of one event differ in a few hundred bytes: id, salt, hash, subject, place in the status list, signature. So an
//! event keeps a *frame*, a text in the manner of its credentials, and each credential is kept as a Zstandard frame (RFC 8878)
//! that uses this text as its dictionary. What comes out of [`Frame::unpack`] is byte for byte what went into [`Frame::pack`]; a
//! checksum refuses a wrong dictionary.

use crate::client::StoreError;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

/// Bytes of one unpacked document; far above what [`badge::limits`] let grow.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// Compression level: above it a 3 kB text gains single bytes.
const LEVEL: i32 = 9;

/// The text that an event's credentials have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame(Vec<u8>);

impl Frame {
    /// A frame out of an example document.
    #[must_use]
    pub fn from_example(document: &str) -> Self {
        Self(document.as_bytes().to_vec())
    }

    /// Reads what [`Frame::stored`] wrote.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it does not read.
    pub fn from_stored(bytes: &[u8]) -> Result<Self, StoreError> {
        zstd::bulk::decompress(bytes, MAX_DOCUMENT_BYTES).map(Self).map_err(|_| StoreError::Corrupt("frame"))
    }

    /// The frame as it is kept with its event.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be compressed.
    pub fn stored(&self) -> Result<Vec<u8>, StoreError> {
        zstd::bulk::compress(&self.0, LEVEL).map_err(|_| StoreError::Corrupt("frame"))
    }

    /// Whether a text stands in it.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        self.0.windows(text.len().max(1)).any(|bytes| bytes == text.as_bytes())
    }

    /// A document, small.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be compressed.
    pub fn pack(&self, document: &[u8]) -> Result<Vec<u8>, StoreError> {
        let pack = || {
            let mut compressor = Compressor::with_dictionary(LEVEL, &self.0)?;
            compressor.set_parameter(CParameter::ChecksumFlag(true))?;
            compressor.compress(document)
        };
        pack().map_err(|_: std::io::Error| StoreError::Corrupt("document"))
    }

    /// The document again.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the bytes were not packed with this frame, or are damaged.
    pub fn unpack(&self, packed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let unpack = || Decompressor::with_dictionary(&self.0)?.decompress(packed, MAX_DOCUMENT_BYTES);
        unpack().map_err(|_: std::io::Error| StoreError::Corrupt("document"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_comes_out_is_what_went_in(frame in ".{0,500}", document in ".{0,2000}") {
            let frame = Frame::from_example(&frame);
            let again = Frame::from_stored(&frame.stored().unwrap()).unwrap();
            prop_assert_eq!(again.unpack(&frame.pack(document.as_bytes()).unwrap()).unwrap(), document.into_bytes());
        }

        #[test]
        fn damaged_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let frame = Frame::from_example("an example of a document");
            if let Ok(document) = frame.unpack(&bytes) {
                prop_assert!(document.is_empty());
            }
        }
    }

    #[test]
    fn another_frame_does_not_open_it() {
        let text = "a document like the others of its event, only a little different ".repeat(20);
        let packed = Frame::from_example(&text).pack(format!("{text}!").as_bytes()).unwrap();
        assert!(packed.len() < 60, "{}", packed.len());
        assert!(Frame::from_example(&text.to_uppercase()).unpack(&packed).is_err());
    }
}
