//! Writes sealed samples, their certificates and a request for a certificate into a directory, for readers and verifiers
//! by others: `cargo run -p pdf-seal --example sealed -- DIRECTORY`. See `tests/independent/judge-pdfs`.

#![allow(missing_docs, clippy::expect_used, reason = "an example, not part of the library")]

use std::{env, fs, path::PathBuf};

use pdf::certificate::{self, Subject};
use proof::testing::TestKey;

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    let directory = PathBuf::from(env::args_os().nth(1).expect("a directory"));
    for (name, sealer) in [("p256", support::Sealer::p256()), ("rsa", support::Sealer::rsa())] {
        let write = |extension: &str, bytes: &[u8]| {
            fs::write(directory.join(format!("{name}.{extension}")), bytes).expect("writes");
        };
        let table = support::page(support::CREDENTIAL.as_bytes(), "A badge");
        let stream = lopdf::xref::XrefType::CrossReferenceStream;
        let stream = support::document(support::CREDENTIAL.as_bytes(), "A badge", stream);
        write("pdf", &sealer.seal(table));
        write("xref-stream.pdf", &sealer.seal(stream));
        write("cer", &sealer.certificate);
        write("csr", &request(&sealer.key));
    }
}

fn request(key: &TestKey) -> Vec<u8> {
    let subject = Subject { common_name: "例のバッジ", organization: Some("Example KK"), country: Some("JP") };
    let draft = certificate::draft_request(key.public_key(), &subject).expect("drafts");
    draft.complete(&key.sign(&draft.signing_input()).expect("signs")).expect("completes")
}
