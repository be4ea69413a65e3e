//! Whatever is handed in to the validator, and whatever stands at the addresses in it: JSON, tokens, pictures, DID documents, lists.

#![no_main]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use verify::{Accept, Document, Documents, Input, Options, Outcome, Report, Unavailable, Verdict};

/// Answers every address with one document, or with none.
struct Site<'a>(Option<&'a [u8]>);

impl Documents for Site<'_> {
    async fn get(&self, _url: &str, _accept: Accept) -> Result<Document, Unavailable> {
        let bytes = self.0.ok_or(Unavailable::Unreachable)?.to_vec();
        Ok(Document { status: 200, content_type: None, bytes })
    }
}

/// Nothing here waits: the first poll is the last.
fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("nothing waits"),
    }
}

fn verify(file: &[u8], site: &Site<'_>) -> Report {
    let now = "2026-06-01T00:00:00Z".parse().expect("a time");
    run(verify::verify(Input::Bytes(file), &Options::at(now), site))
}

fuzz_target!(|bytes: &[u8]| {
    // What stands behind the last byte of zero is what the world answers: no text has one, and a picture's are tried too.
    let (file, site) = match bytes.iter().rposition(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], Site(Some(&bytes[at + 1..]))),
        None => (bytes, Site(None)),
    };
    for (file, site) in [(file, &site), (bytes, &Site(None))] {
        let report = verify(file, site);
        let failed = report.steps.iter().any(|step| step.outcome == Outcome::Failed);
        let good = matches!(report.verdict, Verdict::Valid | Verdict::ValidWithWarnings);
        assert!(!(good && failed), "a badge is valid although a step failed");
        assert!(report.verdict != Verdict::Invalid || failed, "a badge is invalid although no step failed");
        assert_eq!(report, verify(file, site), "the same is verified to the same");
    }
});
