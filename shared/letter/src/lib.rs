//! What a mail about a badge says and how it looks, whoever makes it: `mail`, which hands it over, and `issuance`, which shows it before
//! anything is issued.
//!
//! * [`texts`]: which words, from the first place that has some;
//! * [`Award`] and [`Frame`]: subject, HTML and plain text around them;
//! * [`address`]: addresses as mail programs and SES take them.

pub mod address;
mod letter;
#[cfg(any(test, feature = "testing"))]
pub mod sample;
pub mod texts;

pub use letter::{Award, Frame, Letter};
