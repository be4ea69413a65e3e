//! Composed pictures: whatever can be read can be drawn, as a picture that needs no more normalising.
//!
//! Texts are set in the fonts that `infra/fonts` fetches.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use design::{Design, FONTS, Fonts, render};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static LETTERS: LazyLock<Fonts> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/fonts");
    // Three are enough for every script's way through the code, and each case is quick.
    let fonts = FONTS.iter().filter(|(_, file)| !file.starts_with("NotoSerif"));
    Fonts::new(fonts.map(|(face, file)| (*face, std::fs::read(folder.join(file)).expect("infra/fonts was run"))))
        .expect("fonts")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let Ok(design) = Design::read(&value) else { return };
    assert_eq!(Design::read(&design.value()).as_ref(), Ok(&design), "what was read can be read again");
    let svg = render(&design, &LETTERS);
    let artwork = artwork::normalise(svg.as_str().as_bytes()).expect("a picture of ours");
    assert_eq!(artwork.bytes, svg.as_str().as_bytes(), "drawn as it is kept");
});
