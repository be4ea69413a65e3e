//! The verification steps of the Open Badges standards, in their order and words, into one report.
//!
//! Hand in a file or an address; get a [`Report`]: one verdict, and every step that led to it in plain English and Japanese.
//!
//! ```
//! # use verify::{Accept, ClaimedIdentity, Document, Documents, Input, Options, Unavailable, Verdict};
//! struct Offline;
//! impl Documents for Offline {
//!     async fn get(&self, _url: &str, _accept: Accept) -> Result<Document, Unavailable> {
//!         Err(Unavailable::Unreachable)
//!     }
//! }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let options = Options::at("2026-04-01T00:00:00Z".parse().unwrap());
//! let report = verify::verify(Input::Bytes(b"hello"), &options, &Offline).await;
//! assert_eq!(report.verdict, Verdict::NotABadge);
//! assert_eq!(report.steps[0].code.as_str(), "input_unknown");
//! # });
//! # Ok(()) }
//! ```
//!
//! # Map
//! | module | is about |
//! |---|---|
//! | `input` | finding the credential in JSON, a token, an image, a PDF, or at an address |
//! | `pdf` | the seal of a PDF, before anything in it is read |
//! | `ob3` | the steps of Open Badges 3.0; `steps` holds them one by one |
//! | `ob2` | the steps of Open Badges 2.0 and earlier |
//! | [`report`](Report) | steps, outcomes, and how they become a verdict |
//! | `messages` | every finding: code, outcome, words |
//! | [`limits`] | every limit |
//!
//! # What it stands for
//! - **"Signature holds" and "the key is this issuer's" are two answers.** A key out of a fragment, a `jwk` header or a
//!   `did:key` proves nothing about an issuer whose own document does not list it.
//! - **Not being able to check is another answer than invalid**, and never a valid one.
//! - **Unaltered and valid are two answers**: a PDF whose seal holds may carry a badge that was revoked.
//! - **Nothing unsigned is believed**: terms that no vocabulary defines fail a badge.
//! - **Pure**: documents come through [`Documents`], the time is a parameter.
//!
//! # How to add a step
//! A variant in [`StepId`] (its place in the list is its place in the report) with a title, rows in `messages`, a module under
//! `steps` that answers findings, and one call in `ob3` or `ob2`.

mod credential;
mod documents;
mod input;
mod json;
pub mod limits;
mod messages;
mod ob2;
mod ob3;
mod pdf;
mod report;
mod steps;
mod summary;
mod value;
mod words;

pub use ::pdf::authenticate::{State as SealState, TrustedSeal};
pub use documents::{Accept, ClaimedIdentity, Document, Documents, Options, Trust, Unavailable};
pub use input::Input;
pub use messages::Code;
pub use pdf::{PdfSeal, PdfVerdict, SealedBy, looks_like_pdf};
pub use report::{Carrier, Detail, Kind, Outcome, Report, Step, StepId, Summary, Text, Verdict};

use credential::{Credential, parse_jws, payload};
use documents::World;
use input::{Content, Found};
use report::{Finding, Steps};

/// Verifies what is handed in. Never fails: whatever goes wrong is part of the report.
pub async fn verify<D: Documents>(input: Input<'_>, options: &Options, documents: &D) -> Report {
    let mut world = World::new(documents, options);
    let mut steps = Steps::default();
    let Found { content, carrier, finding, sealed } = match input::find(&mut world, input).await {
        Ok(found) => found,
        Err(not_found) => {
            let pdf = not_found.sealed.map(|sealed| steps.seal(*sealed));
            steps.end(StepId::Input, not_found.finding);
            return Report { pdf, ..steps.into_report(None, not_found.carrier, Summary::default(), options.now) };
        }
    };
    let pdf = sealed.map(|sealed| steps.seal(*sealed));
    let (kind, summary) = match content {
        Content::Json(value) => {
            steps.end(StepId::Input, finding);
            if ob2::is_assertion(&value) {
                ob2::verify_hosted(&mut world, value, &mut steps).await
            } else {
                ob3::verify(&mut world, Credential::embedded(value), &mut steps).await
            }
        }
        Content::Jws(text) => match token(&text) {
            Ok(Token::Assertion(assertion)) => {
                steps.end(StepId::Input, finding);
                ob2::verify_signed(&mut world, *assertion, &mut steps).await
            }
            Ok(Token::Credential(credential)) => {
                steps.end(StepId::Input, finding);
                ob3::verify(&mut world, *credential, &mut steps).await
            }
            Err(malformed) => {
                steps.end(StepId::Input, malformed);
                (None, Summary::default())
            }
        },
    };
    Report { pdf, ..steps.into_report(kind, Some(carrier), summary, options.now) }
}

enum Token {
    Assertion(Box<ob2::Signed>),
    Credential(Box<Credential>),
}

/// Tells a signed Open Badges 2.0 assertion from a VC-JWT by its content.
fn token(text: &str) -> Result<Token, Finding> {
    let jws = parse_jws(text)?;
    let content = payload(&jws)?;
    if ob2::is_assertion(&content) {
        return Ok(Token::Assertion(Box::new(ob2::Signed { assertion: content, jws })));
    }
    Ok(Token::Credential(Box::new(Credential::from_jws(jws)?)))
}
