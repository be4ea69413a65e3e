//! What a request's body may say of badges, application forms and answers.

#![no_main]

use application::{Answers, Definition, Typed};
use badge::input::{Complaints, Reader};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return };
    let _ = badge::Definition::read(&body);
    let Ok(definition) = Definition::read(&body) else { return };
    assert_eq!(Definition::read(&definition.write()).as_ref(), Ok(&definition), "what was written can be read");
    let complaints = Complaints::default();
    let typed = Typed::read(&Reader::root(&body, &complaints));
    if let Ok(answers) = Answers::read(&typed, &definition) {
        assert_eq!(Answers::read(&Typed::from(&answers), &definition), Ok(answers), "answers are taken again");
    }
});
