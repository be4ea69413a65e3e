//! Application forms, and what is submitted to them: no clock, no randomness, no network, no AWS.
//!
//! * [`form`]: what a form asks, when, of whom; what an applicant may see of it;
//! * [`approval`]: the six methods of deciding, with their settings;
//! * [`library`]: ready-made forms to begin with;
//! * [`answers`]: what an applicant typed, read against a version of the form; the score of a quiz;
//! * [`application`]: one application, its states, and every way from one to the next;
//! * [`evidence`]: how long files are kept, and what others see of them;
//! * [`decision`]: what votes and approvals come to, and who looks at what;
//! * [`link`]: links and codes that prove who somebody is, without an account;
//! * [`abuse`]: keeping programs away, without third parties;
//! * [`time`]: opening hours in local time; [`text`]: texts in two languages; [`names`]: names within a form;
//!   [`secret`]: what links are made under; [`limits`]: the numbers that bound what may be sent.
//!
//! # An application's states
//!
//! ```text
//! draft → unproven → checking → submitted → approved → issued
//!             (address)  (evidence)   ↓  ↑
//!                                   returned        … or rejected, withdrawn, duplicate
//! ```
//!
//! A transition consumes the [`Application`] and gives a [`Step`]: the application as it is afterwards, the entry of its audit trail, and
//! what has to happen in the very same write ([`Effect`]) or may happen after it ([`Letter`]). What is impossible is a [`Refusal`].
//!
//! # How to add a kind of field
//!
//! 1. A variant of [`form::FieldKind`], read and shown there.
//! 2. How it is answered in [`answers`].

pub mod abuse;
pub mod answers;
pub mod application;
pub mod approval;
pub mod decision;
pub mod evidence;
pub mod form;
pub mod library;
pub mod limits;
pub mod link;
pub mod names;
pub mod secret;
pub mod text;
pub mod time;

pub use answers::{Answers, Applicant, Score, Typed};
pub use application::{
    Actor, Application, Circumstances, Edits, Effect, Entry, Evidence, Letter, Refusal, State, Step, Submission,
};
pub use approval::{Approval, Reviewer};
pub use form::{Definition, Form};
pub use names::{CodeId, FieldId, ReviewerId};
pub use secret::Secret;
pub use text::Text;
