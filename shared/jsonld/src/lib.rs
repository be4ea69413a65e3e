//! JSON-LD to RDFC-1.0 canonical N-Quads, over bundled contexts only.
//!
//! A Data Integrity signature does not cover a credential's bytes but its *statements*: the JSON-LD document is expanded
//! through its contexts into RDF quads, the quads are put into the one canonical form of
//! [RDFC-1.0](https://www.w3.org/TR/rdf-canon/), and that text is hashed and signed. Everything that decides what was
//! signed therefore happens here, and this crate has three duties:
//!
//! * **The same text as everybody else.** The reference is jsonld.js with rdf-canonize; `tests/golden` holds texts that they
//!   wrote. Where libraries are known to differ (invalid IRIs, numbers that print differently) the document is refused.
//! * **Nothing unsigned.** A lenient processor silently drops what no context defines, so the signature does not cover it.
//!   Here that is an [`Error`]. It is jsonld.js' *safe mode*.
//! * **No surprises.** Contexts are data in this crate ([`contexts`]); nothing is fetched, and every effort is limited
//!   ([`Limits`]), because the public validator canonicalises whatever it is sent.
//!
//! # How
//! The private module `expand` compiles contexts into tables, once per process, and turns the document into quads in one
//! walk; `dataset` keeps quads as the text they will become; `rdfc` labels the blank nodes and sorts. A document whose
//! contexts are all bundled goes through the [tables that are kept](Path::Fast); one with a context written in it has
//! its tables built for it alone ([`Path::General`]). Tests hold both against jsonld.js and against oxjsonld and oxrdf,
//! which are independent implementations.
//!
//! ```
//! let document = serde_json::json!({
//!     "@context": "https://www.w3.org/ns/credentials/v2",
//!     "id": "urn:uuid:0191d2e4-7f1c-7a55-8a3e-b3b2c1f0a9d8",
//!     "type": "VerifiableCredential",
//!     "name": "Teamwork",
//! });
//! let canonical = jsonld::canonicalize(&document, &jsonld::Limits::default())?;
//! assert!(canonical.as_str().ends_with("<https://schema.org/name> \"Teamwork\" .\n"));
//! # Ok::<(), jsonld::Error>(())
//! ```

pub mod contexts;
mod dataset;
mod error;
mod expand;
mod iri;
mod literal;
mod rdfc;
mod scan;

pub use error::Error;
pub use rdfc::HashAlgorithm;

use serde_json::Value;

/// How much of a refused term or IRI an [`Error`] quotes.
pub const MAX_QUOTED_CHARS: usize = 200;

/// What a document may cost. The defaults fit any credential, with its pictures as data URIs, and end a hostile one in
/// well under a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of all strings and keys of the document together.
    pub max_bytes: usize,
    /// Nesting of objects and arrays.
    pub max_depth: usize,
    /// JSON values in the document, at any depth.
    pub max_nodes: usize,
    /// RDF quads it expands to.
    pub max_quads: usize,
    /// Bytes of those quads as N-Quads: a long `id` is repeated in each of its node's quads.
    pub max_canonical_bytes: usize,
    /// Units of work to tell look-alike blank nodes apart (RDFC-1.0, Hash N-Degree Quads).
    pub max_canonicalization_steps: usize,
}

/// Strings of a credential: the picture is by far the largest.
pub const DEFAULT_MAX_BYTES: usize = 8 * 1024 * 1024;
/// OB 3 nests about ten deep; an endorsement within an endorsement about twenty.
pub const DEFAULT_MAX_DEPTH: usize = 48;
/// A credential has about a hundred, a long status or revocation list some ten thousand.
pub const DEFAULT_MAX_NODES: usize = 50_000;
/// About as many as values.
pub const DEFAULT_MAX_QUADS: usize = 50_000;
/// Twice the document's own bytes.
pub const DEFAULT_MAX_CANONICAL_BYTES: usize = 16 * 1024 * 1024;
/// Ordinary documents take none, a few identical sub-objects some dozens.
pub const DEFAULT_MAX_CANONICALIZATION_STEPS: usize = 100_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: DEFAULT_MAX_BYTES,
            max_depth: DEFAULT_MAX_DEPTH,
            max_nodes: DEFAULT_MAX_NODES,
            max_quads: DEFAULT_MAX_QUADS,
            max_canonical_bytes: DEFAULT_MAX_CANONICAL_BYTES,
            max_canonicalization_steps: DEFAULT_MAX_CANONICALIZATION_STEPS,
        }
    }
}

/// How the document was expanded. Of interest to metrics and tests only: the text is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// All contexts are bundled ones, whose tables are kept.
    Fast,
    /// The document brings a context of its own, so tables were built for it alone: some twenty times slower.
    General,
}

/// The canonical form of a document: sorted N-Quads, one statement per line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    text: String,
    path: Path,
}

impl Canonical {
    /// The text that is hashed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How the document was expanded.
    #[must_use]
    pub fn path(&self) -> Path {
        self.path
    }

    /// SHA-256 of the text: the hash of `eddsa-rdfc-2022`, and of `ecdsa-rdfc-2019` with a P-256 key.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        fixed(&aws_lc_rs::digest::SHA256, &self.text)
    }

    /// SHA-384 of the text: the hash of `ecdsa-rdfc-2019` with a P-384 key. Use [`canonicalize_with`] and
    /// [`HashAlgorithm::Sha384`] there, since the labels too depend on the hash.
    #[must_use]
    pub fn sha384(&self) -> [u8; 48] {
        fixed(&aws_lc_rs::digest::SHA384, &self.text)
    }
}

fn fixed<const N: usize>(algorithm: &'static aws_lc_rs::digest::Algorithm, text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(aws_lc_rs::digest::digest(algorithm, text.as_bytes()).as_ref());
    bytes
}

/// The canonical N-Quads of a JSON-LD document: a credential without its `proof`, or a proof configuration with the
/// credential's `@context`.
///
/// # Errors
/// See [`Error`]: an unknown context, a term that no context defines, a relative or invalid IRI, a limit, or invalid
/// JSON-LD.
pub fn canonicalize(document: &Value, limits: &Limits) -> Result<Canonical, Error> {
    canonicalize_with(document, HashAlgorithm::Sha256, limits)
}

/// [`canonicalize`] with another hash inside RDFC-1.0.
///
/// # Errors
/// As [`canonicalize`].
pub fn canonicalize_with(document: &Value, hash: HashAlgorithm, limits: &Limits) -> Result<Canonical, Error> {
    scan::measure(document, limits)?;
    let (mut dataset, path) = expand::expand(document, limits)?;
    let text = rdfc::canonicalize(&mut dataset, hash, limits)?;
    Ok(Canonical { text, path })
}

/// [`canonicalize`] without the tables that are kept, for tests and benchmarks that compare the two.
///
/// # Errors
/// As [`canonicalize`].
#[doc(hidden)]
pub fn canonicalize_general(document: &Value, limits: &Limits) -> Result<Canonical, Error> {
    scan::measure(document, limits)?;
    let mut dataset = expand::expand_alone(document, limits)?;
    let text = rdfc::canonicalize(&mut dataset, HashAlgorithm::Sha256, limits)?;
    Ok(Canonical { text, path: Path::General })
}
