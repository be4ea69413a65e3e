//! What can be wrong with a document, one variant per thing a caller does differently.

use thiserror::Error;

/// Why a document has no canonical form here.
///
/// None of these says that a signature is wrong: they say that the document cannot be turned into *one* certain set of
/// statements. An issuer must not sign such a document and a verifier must not accept it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// `@context` names a context that is not bundled ([`crate::contexts`]). Nothing is ever fetched.
    #[error("context {url} is not known here")]
    UnknownContext {
        /// The URL as written in the document.
        url: String,
    },
    /// A property, type or enumerated value that no listed context defines. A lenient processor would drop it from what
    /// is signed, so anybody could change it afterwards.
    #[error("no listed context defines the term {term:?}")]
    UndefinedTerm {
        /// The term as written in the document.
        term: String,
    },
    /// A relative reference where an absolute IRI is needed. Without a base it names nothing, and it would be dropped.
    #[error("{reference:?} is a relative reference; an absolute IRI is needed")]
    RelativeIri {
        /// The reference as written in the document.
        reference: String,
    },
    /// Something in the position of an IRI that cannot be written as one. Libraries disagree about what to do with it.
    #[error("{iri:?} is not a valid IRI")]
    InvalidIri {
        /// The text, cut after [`crate::MAX_QUOTED_CHARS`] characters.
        iri: String,
    },
    /// The document is larger than the named limit allows.
    #[error("the document exceeds the limit {limit} of {maximum}")]
    TooLarge {
        /// Name of the field of [`crate::Limits`].
        limit: &'static str,
        /// Its value.
        maximum: usize,
    },
    /// Canonical labelling of the blank nodes takes more work than [`crate::Limits::max_canonicalization_steps`].
    #[error("the document's blank nodes take more than {maximum} steps to tell apart")]
    TooComplex {
        /// The limit.
        maximum: usize,
    },
    /// The document is not valid JSON-LD, or says something that processors are known to read differently.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    pub(crate) fn undefined(term: &str) -> Self {
        Self::UndefinedTerm { term: quoted(term) }
    }

    pub(crate) fn relative(reference: &str) -> Self {
        Self::RelativeIri { reference: quoted(reference) }
    }

    pub(crate) fn iri(iri: &str) -> Self {
        Self::InvalidIri { iri: quoted(iri) }
    }
}

/// The first [`crate::MAX_QUOTED_CHARS`] characters: an error message must not carry a megabyte of somebody's document.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(crate::MAX_QUOTED_CHARS).collect()
}
