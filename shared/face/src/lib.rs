//! What the pages about a credential have in common, whoever serves them: the public page, and the one that a recipient's mail leads to.
//!
//! * [`about`]: what the badge stands for;
//! * [`files`]: what can be downloaded;
//! * [`share`]: links to give away, other sites' buttons, the code for other sites' pages;
//! * [`visibility`]: what the holder lets the public see, and the form to change it.

pub mod about;
pub mod files;
pub mod share;
pub mod visibility;

pub use share::Shared;
