//! The pictures of the last pages: an event's recipients fetch their PDF badges within minutes, and all show the same badge.

use badge::definition::{Artwork, ImageFormat};
use edge::Problem;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Store, key};

/// How many are kept: a badge's two forms and a logo for a few organisations at a time. None has more than 4 MiB.
const KEPT: usize = 8;

/// Files from the bucket, by object key; the one used last at the end. What lies under the key of an artwork never changes.
#[derive(Debug, Default)]
pub(crate) struct Pictures(Mutex<Vec<(String, Arc<Vec<u8>>)>>);

impl Pictures {
    /// The picture as it was drawn.
    pub(crate) async fn drawn(&self, store: &Store, artwork: &Artwork) -> Result<Arc<Vec<u8>>, Problem> {
        match artwork.format {
            ImageFormat::Png => self.png(store, artwork).await,
            ImageFormat::Svg => self.get(store, key::artwork_object(&artwork.sha256, "svg")).await,
        }
    }

    /// The picture as PNG.
    pub(crate) async fn png(&self, store: &Store, artwork: &Artwork) -> Result<Arc<Vec<u8>>, Problem> {
        self.get(store, key::artwork_object(&artwork.png_sha256, "png")).await
    }

    async fn get(&self, store: &Store, object: String) -> Result<Arc<Vec<u8>>, Problem> {
        if let Some(found) = self.find(&object) {
            return Ok(found);
        }
        let bytes = store.object(&object).await.map_err(edge::failed)?;
        let bytes = Arc::new(bytes.ok_or_else(|| Problem::internal("a picture of a record is gone"))?);
        self.keep(object, Arc::clone(&bytes));
        Ok(bytes)
    }

    fn find(&self, object: &str) -> Option<Arc<Vec<u8>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(name, _)| name == object)?;
        kept[place..].rotate_left(1);
        kept.last().map(|(_, bytes)| Arc::clone(bytes))
    }

    fn keep(&self, object: String, bytes: Arc<Vec<u8>>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((object, bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_not_used_for_longest_goes() {
        let pictures = Pictures::default();
        for number in 0..KEPT {
            pictures.keep(number.to_string(), Arc::new(vec![1]));
        }
        assert!(pictures.find("0").is_some());
        pictures.keep("new".into(), Arc::new(vec![2]));
        assert!(pictures.find("0").is_some() && pictures.find("new").is_some());
        assert!(pictures.find("1").is_none());
    }
}
