//! JSON-LD to RDFC-1.0 canonical N-Quads, over bundled contexts only.
