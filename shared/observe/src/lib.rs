//! What a deployment tells of itself, for whoever runs it.
//!
//! * [`metrics`]: what was done in an invocation, as one line in CloudWatch's embedded metric format;
//! * [`calls`]: the AWS calls of a client, counted, and carrying the trace on;
//! * [`trace`]: which piece of work an invocation belongs to, through gateway, functions and queues.
//!
//! Nothing here may name a person or an organisation: names of metrics and values of dimensions are written in the source.

pub mod calls;
pub mod metrics;
pub mod trace;

pub use calls::Calls;
pub use metrics::{Count, Invocation, Place, count, validated};
pub use trace::Trace;

/// What was built: `SHIRUSHI_VERSION` of the building environment (`git describe --always --dirty`), else the crates' version. Never
/// the time, so that the same sources give the same bytes.
pub const VERSION: &str = match option_env!("SHIRUSHI_VERSION") {
    Some(version) if !version.is_empty() => version,
    _ => env!("CARGO_PKG_VERSION"),
};
