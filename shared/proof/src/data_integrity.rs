//! W3C Data Integrity proofs over RDFC-1.0: `eddsa-rdfc-2022` and `ecdsa-rdfc-2019`, and two older forms for reading.
//!
//! The recipe, alike for all of them (VC Data Integrity §4, vc-di-eddsa §3.2, vc-di-ecdsa §3.2):
//!
//! 1. the *configuration* is the proof without `proofValue`, with the document's `@context`;
//! 2. `proofHash = H(canonical(configuration))`, `docHash = H(canonical(document without proof))`;
//! 3. the signature is over `proofHash ‖ docHash`;
//! 4. `proofValue` is its multibase base58-btc text.
//!
//! H is SHA-256, and SHA-384 for keys on P-384.
//!
//! **Sign**: [`draft`] → [`Draft::signing_input`] → the holder of the key → [`Draft::complete`]. Who signs many documents
//! with the same key, time and contexts makes one [`Prepared`] and spares the configuration's share of the work.
//!
//! **Verify**: [`proofs`] finds them, [`verification_method`] names the key to look up, [`verify`] checks one. "The
//! signature holds" is all that [`verify`] says; whether the key is the issuer's is [`crate::did`]'s question, and
//! whether the proof had expired is asked of [`Verified::is_expired_at`] by whoever knows the time.

use aws_lc_rs::digest;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    encoding::{multibase_decode, multibase_encode},
    keys::{Algorithm, PublicKey, SignatureError},
    signing::SigningInput,
    time::{TimeError, parse_rfc3339, to_rfc3339_seconds},
};

/// Longest `proofValue` in bytes: a signature on P-384.
pub const MAX_SIGNATURE_BYTES: usize = 96;

/// Most proofs looked at in one document. Each costs a canonicalisation; genuine badges carry one, rarely two.
pub const MAX_PROOFS: usize = 8;

/// Why a proof could not be made or does not hold.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProofError {
    /// A member of the proof is missing or not what the suite demands.
    #[error("malformed proof: {0}")]
    Malformed(&'static str),
    /// `created` or `expires` is not an instant.
    #[error("malformed proof: {member}: {source}")]
    Time {
        /// Which of the two.
        member: &'static str,
        /// What is wrong with it; a missing zone has its own variant.
        source: TimeError,
    },
    /// A proof type or cryptosuite that is not checked here, recognised or not.
    #[error("unsupported proof suite {0}")]
    UnsupportedSuite(String),
    /// A feature of Data Integrity that changes what is signed and that is not supported: `previousProof`.
    #[error("proofs that use {0} are not supported")]
    UnsupportedFeature(&'static str),
    /// The proof was made for another purpose than stating claims.
    #[error("proof purpose is {0:?}, not \"assertionMethod\"")]
    WrongPurpose(String),
    /// The key's kind does not fit the suite.
    #[error("{suite} does not work with a {key} key")]
    WrongKeyType {
        /// The suite's name.
        suite: &'static str,
        /// The key's algorithm.
        key: Algorithm,
    },
    /// The document, or the proof as configuration, has no certain canonical form.
    #[error("{part} cannot be canonicalised: {source}")]
    Canonicalisation {
        /// Which of the two.
        part: Part,
        /// Why.
        source: jsonld::Error,
    },
    /// The document, the proof or the key are not what was signed.
    #[error("signature does not match")]
    SignatureMismatch,
    /// A document that is to be signed is not an object, or carries a proof already.
    #[error("cannot be signed: {0}")]
    Unsignable(&'static str),
}

/// What was being canonicalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The document without its proofs.
    Document,
    /// The proof without its value.
    ProofConfiguration,
}

impl std::fmt::Display for Part {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Document => "document",
            Self::ProofConfiguration => "proof configuration",
        })
    }
}

/// A suite that is checked here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suite {
    /// `eddsa-rdfc-2022`: the one that Open Badges 3.0 demands of embedded proofs.
    EddsaRdfc2022,
    /// `ecdsa-rdfc-2019` on P-256 or P-384, as the key says. 1EdTech's validator refuses it.
    EcdsaRdfc2019,
    /// `eddsa-2022`: an earlier name of `eddsa-rdfc-2022` from drafts of 2023, same bytes. Read, never written.
    Eddsa2022,
    /// Type `Ed25519Signature2020`: badges of VC 1.1 times. Read, never written.
    Ed25519Signature2020,
}

impl Suite {
    /// Its `cryptosuite`, or for the oldest its `type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EddsaRdfc2022 => "eddsa-rdfc-2022",
            Self::EcdsaRdfc2019 => "ecdsa-rdfc-2019",
            Self::Eddsa2022 => "eddsa-2022",
            Self::Ed25519Signature2020 => "Ed25519Signature2020",
        }
    }

    /// Whether it is read for old badges' sake only; a validator says so.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        matches!(self, Self::Eddsa2022 | Self::Ed25519Signature2020)
    }

    /// Names the suite of a proof.
    ///
    /// # Errors
    /// [`ProofError::UnsupportedSuite`], [`ProofError::Malformed`].
    pub fn of(proof: &Value) -> Result<Self, ProofError> {
        let kind = text(proof, "type", "type")?;
        if kind == "Ed25519Signature2020" {
            return Ok(Self::Ed25519Signature2020);
        }
        if kind != "DataIntegrityProof" {
            return Err(ProofError::UnsupportedSuite(quoted(kind)));
        }
        match text(proof, "cryptosuite", "cryptosuite")? {
            "eddsa-rdfc-2022" => Ok(Self::EddsaRdfc2022),
            "ecdsa-rdfc-2019" => Ok(Self::EcdsaRdfc2019),
            "eddsa-2022" => Ok(Self::Eddsa2022),
            other => Err(ProofError::UnsupportedSuite(quoted(other))),
        }
    }

    const fn takes(self, algorithm: Algorithm) -> bool {
        match self {
            Self::EcdsaRdfc2019 => matches!(algorithm, Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP384Sha384),
            Self::EddsaRdfc2022 | Self::Eddsa2022 | Self::Ed25519Signature2020 => {
                matches!(algorithm, Algorithm::Ed25519)
            }
        }
    }
}

/// A suite that is written, together with the key's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SigningSuite {
    /// `eddsa-rdfc-2022`: write this one.
    EddsaRdfc2022,
    /// `ecdsa-rdfc-2019` with a P-256 key.
    EcdsaRdfc2019P256,
    /// `ecdsa-rdfc-2019` with a P-384 key.
    EcdsaRdfc2019P384,
}

impl SigningSuite {
    /// The suite that goes with a key; `None` for RSA, whose badges are VC-JWTs.
    #[must_use]
    pub const fn for_key(key: &PublicKey) -> Option<Self> {
        match key {
            PublicKey::Ed25519(_) => Some(Self::EddsaRdfc2022),
            PublicKey::P256(_) => Some(Self::EcdsaRdfc2019P256),
            PublicKey::P384(_) => Some(Self::EcdsaRdfc2019P384),
            PublicKey::Rsa(_) => None,
        }
    }

    /// The suite as verifiers know it.
    #[must_use]
    pub const fn suite(self) -> Suite {
        match self {
            Self::EddsaRdfc2022 => Suite::EddsaRdfc2022,
            Self::EcdsaRdfc2019P256 | Self::EcdsaRdfc2019P384 => Suite::EcdsaRdfc2019,
        }
    }

    const fn algorithm(self) -> Algorithm {
        match self {
            Self::EddsaRdfc2022 => Algorithm::Ed25519,
            Self::EcdsaRdfc2019P256 => Algorithm::EcdsaP256Sha256,
            Self::EcdsaRdfc2019P384 => Algorithm::EcdsaP384Sha384,
        }
    }
}

/// What goes into a proof besides the document. The purpose is always `assertionMethod`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofOptions {
    /// The suite.
    pub suite: SigningSuite,
    /// URL of the key, as the issuer's document lists it (`DID#MULTIKEY`).
    pub verification_method: String,
    /// When the proof is made; fractions of a second are dropped.
    pub created: Timestamp,
}

/// A proof's configuration with its hash: the same for all documents signed by one key, at one time, with one
/// `@context`.
#[derive(Debug, Clone)]
pub struct Prepared {
    context: Value,
    configuration: Map<String, Value>,
    hash: digest::Digest,
    suite: SigningSuite,
}

impl Prepared {
    /// Canonicalises and hashes the proof configuration for documents whose `@context` is `context`.
    ///
    /// # Errors
    /// [`ProofError::Canonicalisation`].
    pub fn new(context: &Value, options: &ProofOptions) -> Result<Self, ProofError> {
        let mut configuration = Map::new();
        configuration.insert("type".into(), "DataIntegrityProof".into());
        configuration.insert("cryptosuite".into(), options.suite.suite().name().into());
        configuration.insert("created".into(), to_rfc3339_seconds(options.created).into());
        configuration.insert("verificationMethod".into(), options.verification_method.as_str().into());
        configuration.insert("proofPurpose".into(), ASSERTION_METHOD.into());
        let hash = hash_configuration(configuration.clone(), context, options.suite.algorithm())?;
        Ok(Self { context: context.clone(), configuration, hash, suite: options.suite })
    }

    /// Drafts the proof of one document.
    ///
    /// # Errors
    /// [`ProofError::Unsignable`] if the document is no object, has a `proof`, or another `@context`;
    /// [`ProofError::Canonicalisation`].
    pub fn draft(&self, document: Value) -> Result<Draft, ProofError> {
        let object = document.as_object().ok_or(ProofError::Unsignable("not an object"))?;
        if object.contains_key("proof") {
            return Err(ProofError::Unsignable("it has a proof already"));
        }
        if object.get("@context") != Some(&self.context) {
            return Err(ProofError::Unsignable("its @context is not the prepared one"));
        }
        let algorithm = self.suite.algorithm();
        let document_hash = hash(&document, Part::Document, algorithm)?;
        let bytes = [self.hash.as_ref(), document_hash.as_ref()].concat();
        let input = SigningInput::new(algorithm, bytes);
        Ok(Draft { document, configuration: self.configuration.clone(), input, suite: self.suite })
    }
}

/// Drafts the proof of one document that has none yet.
///
/// # Errors
/// As [`Prepared::new`] and [`Prepared::draft`].
pub fn draft(document: Value, options: &ProofOptions) -> Result<Draft, ProofError> {
    let context = document.get("@context").ok_or(ProofError::Unsignable("it has no @context"))?;
    Prepared::new(context, options)?.draft(document)
}

/// A document waiting for its signature.
#[derive(Debug, Clone)]
pub struct Draft {
    document: Value,
    configuration: Map<String, Value>,
    input: SigningInput,
    suite: SigningSuite,
}

impl Draft {
    /// The bytes to sign: `proofHash ‖ docHash`, 64 bytes (96 for P-384).
    #[must_use]
    pub const fn signing_input(&self) -> &SigningInput {
        &self.input
    }

    /// Checks the signature (`r ‖ s` for ECDSA) with `key` and answers the signed document: as it was, and `proof`, an
    /// array of one, at its end.
    ///
    /// # Errors
    /// [`ProofError::WrongKeyType`], [`ProofError::SignatureMismatch`]: nothing leaves here that does not verify.
    pub fn complete(self, signature: &[u8], key: &PublicKey) -> Result<Value, ProofError> {
        check_signature(self.suite.suite(), &self.input, signature, key)?;
        let Self { mut document, configuration: mut proof, .. } = self;
        proof.insert("proofValue".into(), multibase_encode(signature).into());
        if let Some(object) = document.as_object_mut() {
            object.insert("proof".into(), Value::Array(vec![Value::Object(proof)]));
        }
        Ok(document)
    }
}

/// A proof that holds, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The suite.
    pub suite: Suite,
    /// URL of the key that the proof names. That the key given to [`verify`] was this one is the caller's duty.
    pub verification_method: String,
    /// When the proof says it was made, if it says so.
    pub created: Option<Timestamp>,
    /// Until when it says it may be relied on.
    pub expires: Option<Timestamp>,
}

impl Verified {
    /// Whether the proof's own `expires` has passed.
    #[must_use]
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// The proofs of a document: `proof` is one object or an array of them. At most [`MAX_PROOFS`] are answered.
#[must_use]
pub fn proofs(document: &Value) -> Vec<&Value> {
    match document.get("proof") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(proofs)) => proofs.iter().take(MAX_PROOFS).collect(),
        Some(proof) => vec![proof],
    }
}

/// URL of the key that a proof names, as written.
///
/// # Errors
/// [`ProofError::Malformed`] if it is missing. (Embedded method objects of old drafts are malformed, too.)
pub fn verification_method(proof: &Value) -> Result<&str, ProofError> {
    text(proof, "verificationMethod", "verificationMethod")
}

/// Checks one `proof` of `document` with `key`.
///
/// `proof` is one of [`proofs`]`(document)`. All members of the proof but `proofValue` are signed; `domain`, `challenge`
/// and `nonce` are not interpreted, because nothing that a badge is shown to has asked for them.
///
/// # Errors
/// See [`ProofError`].
pub fn verify(document: &Value, proof: &Value, key: &PublicKey) -> Result<Verified, ProofError> {
    let suite = Suite::of(proof)?;
    let verification_method = verification_method(proof)?.to_owned();
    if proof.get("previousProof").is_some() {
        return Err(ProofError::UnsupportedFeature("previousProof"));
    }
    let purpose = text(proof, "proofPurpose", "proofPurpose")?;
    if purpose != ASSERTION_METHOD {
        return Err(ProofError::WrongPurpose(quoted(purpose)));
    }
    let created = instant(proof, "created")?;
    let expires = instant(proof, "expires")?;
    let signature = text(proof, "proofValue", "proofValue")?;
    let signature =
        multibase_decode(signature, MAX_SIGNATURE_BYTES).map_err(|_| ProofError::Malformed("proofValue"))?;
    if !suite.takes(key.algorithm()) {
        return Err(ProofError::WrongKeyType { suite: suite.name(), key: key.algorithm() });
    }

    let (mut unsecured, mut configuration) = match (document, proof) {
        (Value::Object(document), Value::Object(proof)) => (without(document, "proof"), without(proof, "proofValue")),
        _ => return Err(ProofError::Malformed("document and proof must be objects")),
    };
    // VC Data Integrity §4.3: a proof's own @context must begin the document's, and is then the one that counts.
    if let Some(own) = configuration.shift_remove("@context") {
        let listed = unsecured.get("@context").unwrap_or(&Value::Null);
        if !contexts(listed).starts_with(contexts(&own)) {
            return Err(ProofError::Malformed("@context of the proof does not begin the document's"));
        }
        unsecured.insert("@context".into(), own);
    }
    let context = unsecured.get("@context").ok_or(ProofError::Malformed("document has no @context"))?;
    let proof_hash = hash_configuration(configuration, context, key.algorithm())?;
    let document_hash = hash(&Value::Object(unsecured), Part::Document, key.algorithm())?;
    let bytes = [proof_hash.as_ref(), document_hash.as_ref()].concat();
    check_signature(suite, &SigningInput::new(key.algorithm(), bytes), &signature, key)?;
    Ok(Verified { suite, verification_method, created, expires })
}

/// The one purpose of a proof on a credential.
const ASSERTION_METHOD: &str = "assertionMethod";

/// Longest piece of a foreign proof that an error message repeats.
const MAX_QUOTED_CHARS: usize = 60;

fn quoted(text: &str) -> String {
    text.chars().take(MAX_QUOTED_CHARS).collect()
}

fn text<'a>(proof: &'a Value, member: &str, error: &'static str) -> Result<&'a str, ProofError> {
    proof.get(member).and_then(Value::as_str).ok_or(ProofError::Malformed(error))
}

fn instant(proof: &Value, member: &'static str) -> Result<Option<Timestamp>, ProofError> {
    match proof.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => {
            parse_rfc3339(text).map(Some).map_err(|source| ProofError::Time { member, source })
        }
        Some(_) => Err(ProofError::Time { member, source: TimeError::Malformed }),
    }
}

fn without(object: &Map<String, Value>, member: &str) -> Map<String, Value> {
    object.iter().filter(|(name, _)| *name != member).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// `@context` as a list: a single value is a list of one.
fn contexts(context: &Value) -> &[Value] {
    match context {
        Value::Array(list) => list,
        single => std::slice::from_ref(single),
    }
}

fn hash_configuration(
    mut configuration: Map<String, Value>,
    context: &Value,
    algorithm: Algorithm,
) -> Result<digest::Digest, ProofError> {
    configuration.insert("@context".into(), context.clone());
    hash(&Value::Object(configuration), Part::ProofConfiguration, algorithm)
}

/// H of the canonical form. With P-384 both are SHA-384: the digest, and the one inside RDFC-1.0 that decides about
/// labels (vc-di-ecdsa §3.2.3).
fn hash(value: &Value, part: Part, algorithm: Algorithm) -> Result<digest::Digest, ProofError> {
    let (inner, outer) = match algorithm {
        Algorithm::EcdsaP384Sha384 => (jsonld::HashAlgorithm::Sha384, &digest::SHA384),
        Algorithm::Ed25519 | Algorithm::EcdsaP256Sha256 | Algorithm::RsaPkcs1Sha256 => {
            (jsonld::HashAlgorithm::Sha256, &digest::SHA256)
        }
    };
    let canonical = jsonld::canonicalize_with(value, inner, &jsonld::Limits::default())
        .map_err(|source| ProofError::Canonicalisation { part, source })?;
    Ok(digest::digest(outer, canonical.as_str().as_bytes()))
}

fn check_signature(suite: Suite, input: &SigningInput, signature: &[u8], key: &PublicKey) -> Result<(), ProofError> {
    key.verify(input.algorithm(), input.bytes(), signature).map_err(|error| match error {
        SignatureError::WrongKeyType { key, .. } => ProofError::WrongKeyType { suite: suite.name(), key },
        SignatureError::Mismatch => ProofError::SignatureMismatch,
    })
}
