//! Proofs and keys: Data Integrity, compact JWS and VC-JWT, Multikey, JWK, DIDs, status lists.
