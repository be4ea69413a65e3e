//! Why a request gave no answer: one variant per cause, because a report words each differently.

use crate::guard::PORTS;

/// Why a request gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The text is not an absolute web address with a host.
    #[error("not a web address")]
    NotAnAddress,
    /// The scheme is not `https` (nor `http` to an allow-listed host).
    #[error("the address does not begin with https://")]
    SchemeNotAllowed,
    /// The address carries a user name or a password.
    #[error("the address carries a user name or password")]
    CredentialsInAddress,
    /// The port is none of [`PORTS`].
    #[error("port {0} is not used (only {PORTS:?})")]
    PortNotAllowed(u16),
    /// The host name has no address.
    #[error("the host {0} could not be found")]
    HostNotFound(String),
    /// The host has only addresses outside the public internet.
    #[error("the host {0} is not on the public internet")]
    NotPublic(String),
    /// No connection to any of the host's addresses.
    #[error("no connection to {0}")]
    Connect(String),
    /// The TLS handshake failed: an unknown, expired or mismatching certificate, or no TLS at all.
    #[error("no secure connection to {0}")]
    Tls(String),
    /// The other side does not speak HTTP/1.1 or broke off.
    #[error("the answer is not valid HTTP")]
    Protocol,
    /// A redirect without a usable `Location`.
    #[error("a redirect without a target")]
    RedirectWithoutTarget,
    /// More redirects than [`Limits::redirects`](crate::Limits::redirects).
    #[error("more than {0} redirects")]
    TooManyRedirects(u8),
    /// A body larger than [`Limits::body_bytes`](crate::Limits::body_bytes).
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The body is compressed although `identity` was asked for.
    #[error("the answer is encoded although no encoding was asked for")]
    Encoded,
    /// The host has not answered several times in a row, and is not asked for a while.
    #[error("{0} has not answered lately and was not asked")]
    LeftAlone(String),
    /// The whole request took longer than [`Limits::total`](crate::Limits::total).
    #[error("no complete answer in time")]
    TimedOut,
}

impl FetchError {
    /// Whether the host gave no answer at all, or none that is HTTP.
    pub(crate) const fn is_silence(&self) -> bool {
        matches!(self, Self::HostNotFound(_) | Self::Connect(_) | Self::Tls(_) | Self::Protocol | Self::TimedOut)
    }
}
