//! Pictures that are uploaded, and pictures that a badge is baked into.

#![no_main]

use bake::{Payload, Version};
use libfuzzer_sys::fuzz_target;

const CREDENTIAL: &str = r#"{"type":["VerifiableCredential","OpenBadgeCredential"]}"#;

fn holds_it(image: &[u8]) {
    let found = bake::extract(image).expect("what was baked is read");
    let ours: Vec<_> = found.iter().filter(|one| one.version == Version::V3).collect();
    assert_eq!(ours.len(), 1, "one credential, whatever was there before");
    assert_eq!(ours[0].text, CREDENTIAL);
}

fuzz_target!(|bytes: &[u8]| {
    let _ = bake::extract(bytes);
    let payload = Payload::v3_json(CREDENTIAL);
    if let Ok(baked) = bake::bake(bytes, &payload) {
        holds_it(&baked);
    }
    if let Ok(artwork) = artwork::normalise(bytes) {
        let again = artwork::normalise(&artwork.bytes).expect("what was normalised is a picture");
        assert_eq!(again.bytes, artwork.bytes, "normalised is normalised");
        holds_it(&bake::bake(&artwork.bytes, &payload).expect("every normalised picture can be baked into"));
    }
});
