//! What a failure of the world means, whoever reports it: lets the edge turn any of them into an answer without knowing them.

/// What can be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// The record is not in the state this needs; the caller decides what that means.
    Conflict,
    /// The organisation's plan allows no more.
    Quota(crate::plan::Reached),
    /// What was asked for was there, and has been erased.
    Erased,
    /// Something did not answer or asked to slow down; repeating may help.
    Temporary,
    /// Something is broken; repeating does not help.
    Fault,
}

/// A failure outside the pure crates. Its text goes to the log: ids and codes, never names, addresses or documents.
pub trait Failure: std::fmt::Display {
    /// What can be done about it.
    fn nature(&self) -> Nature;
}
