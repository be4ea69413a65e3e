//! From JSON to quads: contexts compiled into tables, and one walk over the document.
//!
//! More than nine tenths of what a JSON-LD processor does for a badge is reading contexts: it builds an *active context*
//! (the meaning of every term at one place of the document) from kilobytes of definitions, again for every typed object,
//! for every document. But a badge's contexts are constants. So each active context is built once and kept:
//!
//! ```text
//!   (nothing) ──credentials/v2──▶ C1 ──context-3.0.3──▶ C2 ──extensions──▶ C3      the document's @context
//!                                                                        │
//!                 type VerifiableCredential, OpenBadgeCredential ────────┼──▶ C4    type-scoped contexts
//!                 type Achievement ──────────────────────────────────────┴──▶ C5
//! ```
//!
//! [`context::Context`] is such a node: a table from term to definition, and the edges already walked. An edge is named by
//! the context that was applied (a bundled one, or the scoped context inside a definition) and by how. The tree grows as
//! documents ask for it and is shared by all threads; reading it takes no lock. Since documents choose the edges, its size
//! is capped ([`MAX_TREE_BYTES`]): a full tree is dropped and a new one begun.
//!
//! [`walk`] then goes through the JSON once, with the node that applies at each place, and writes quads.
//!
//! A document with a context *written in it* gets a tree of its own, that lives as long as the document. Same code, same
//! result, without what was kept: [`crate::Path::General`].
//!
//! # What is refused
//! The walk knows every keyword and handles those that credentials use. It never guesses: `@graph`, `@reverse`,
//! `@included`, `@nest`, `@index`, `@direction`, `@base`, `@import`, `@propagate`, maps by index, id or type, and lists in
//! lists are an [`Error`], and so is everything that JSON-LD would silently drop.

mod context;
mod walk;

use crate::dataset::Dataset;
use crate::{Error, Limits, Path};
use context::Tree;
use serde_json::Value;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// What a tree of contexts may take, roughly. An active context is some ten kilobytes; an issuer's traffic uses about
/// thirty of them, a validator's a hundred.
const MAX_TREE_BYTES: usize = 8 * 1024 * 1024;

/// Why the walk stopped.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The document has a context of its own, which the shared tree cannot keep.
    OwnContext,
    /// The tree of contexts is full.
    Full,
    /// The document has no canonical form.
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

static SHARED: LazyLock<RwLock<Arc<Tree<'static>>>> = LazyLock::new(|| RwLock::new(fresh()));

fn fresh() -> Arc<Tree<'static>> {
    Arc::new(Tree::new(MAX_TREE_BYTES))
}

/// The quads of a document.
pub(crate) fn expand(document: &Value, limits: &Limits) -> Result<(Dataset, Path), Error> {
    let shared = Arc::clone(&SHARED.read().unwrap_or_else(PoisonError::into_inner));
    let mut outcome = walk::document(document, &shared, |_| None, limits);
    if matches!(outcome, Err(Halt::Full)) {
        let fresh = fresh();
        *SHARED.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
        outcome = walk::document(document, &fresh, |_| None, limits);
    }
    match outcome {
        Ok(dataset) => Ok((dataset, Path::Fast)),
        Err(Halt::OwnContext) => Ok((expand_alone(document, limits)?, Path::General)),
        Err(Halt::Full) => Err(full()),
        Err(Halt::Failed(error)) => Err(error),
    }
}

/// [`expand`] with contexts built for this document only.
pub(crate) fn expand_alone(document: &Value, limits: &Limits) -> Result<Dataset, Error> {
    match walk::document(document, &Tree::new(MAX_TREE_BYTES), Some, limits) {
        Ok(dataset) => Ok(dataset),
        Err(Halt::Failed(error)) => Err(error),
        Err(Halt::Full | Halt::OwnContext) => Err(full()),
    }
}

fn full() -> Error {
    Error::TooLarge { limit: "contexts", maximum: MAX_TREE_BYTES }
}
