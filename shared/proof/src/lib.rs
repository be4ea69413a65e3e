//! Proofs and keys: Data Integrity, compact JWS and VC-JWT, Multikey, JWK, DIDs, status lists.
//!
//! Everything here is pure, and **nothing here signs**. What is to be signed is drafted; the draft hands out the bytes,
//! whoever holds the key answers, and the draft checks the answer before it lets the signed thing out:
//!
//! ```
//! # use proof::{data_integrity::{self, ProofOptions, SigningSuite}, testing::TestKey};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let key = TestKey::ed25519(&[7; 32])?;
//! # let credential = serde_json::json!({
//! #     "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"],
//! #     "issuer": "did:example:issuer", "credentialSubject": {"id": "did:example:learner"}});
//! let options = ProofOptions {
//!     suite: SigningSuite::EddsaRdfc2022,
//!     verification_method: "did:web:badges.example#key-1".into(),
//!     created: "2026-01-15T09:30:00Z".parse()?,
//! };
//! let draft = data_integrity::draft(credential, &options)?;    // pure
//! let signature = key.sign(draft.signing_input())?;            // the one impure line: KMS, in production
//! let signed = draft.complete(&signature, key.public_key())?;  // pure; verifies itself
//!
//! let proof = data_integrity::proofs(&signed)[0];
//! data_integrity::verify(&signed, proof, key.public_key())?;
//! # Ok(())
//! # }
//! ```
//!
//! | to … | go to |
//! |---|---|
//! | sign or check an embedded proof | [`data_integrity`] |
//! | sign or check a VC-JWT, or an Open Badges 2.0 signed badge | [`jws`], [`vc_jwt`] |
//! | talk to KMS | [`signing`] |
//! | read or write a public key in any form | [`keys`] |
//! | publish an issuer's keys, or find the one a proof names | [`did`], [`discovery`] |
//! | revoke, or ask whether something is | [`status`] |
//! | hash a recipient's address | [`identity`] |
//!
//! Everything read from outside is bounded by a named limit of its module, and refused with an error that tells what a
//! caller would do differently: malformed, unsupported, wrong kind of key, does not match.

pub mod data_integrity;
pub mod did;
pub mod discovery;
pub mod encoding;
pub mod identity;
pub mod jws;
pub mod keys;
pub mod signing;
pub mod status;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod vc_jwt;
