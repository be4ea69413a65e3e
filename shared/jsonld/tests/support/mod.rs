//! A second opinion: oxjsonld expands, oxrdf canonicalises. They share no code with this crate.
//!
//! They lack a safe mode, so they are asked only about documents that were accepted here.

use jsonld::contexts;
use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::Dataset;
use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};

use serde_json::Value;

/// Canonical N-Quads of a document, by the other implementation.
pub(crate) fn canonicalize(document: &Value) -> String {
    lines(dataset(document), CanonicalizationHashAlgorithm::Sha256)
}

/// The quads of a document, by the other implementation.
pub(crate) fn dataset(document: &Value) -> Dataset {
    let text = document.to_string();
    let parser = JsonLdParser::new().lenient().for_slice(&text).with_load_document_callback(|url, _| {
        let text = contexts::get(url).ok_or("not bundled")?;
        Ok(JsonLdRemoteDocument { document: text.as_bytes().to_vec(), document_url: url.to_owned() })
    });
    parser.map(|quad| quad.expect("accepted documents are valid")).collect()
}

/// Canonical N-Quads of a dataset, by the other implementation.
pub(crate) fn lines(mut dataset: Dataset, hash_algorithm: CanonicalizationHashAlgorithm) -> String {
    dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 { hash_algorithm });
    let mut lines: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
    lines.sort_unstable();
    lines.concat()
}
