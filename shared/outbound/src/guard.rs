//! What a client may reach and how much it may take: the allow-list and the limits.

use std::time::Duration;

/// Ports an address may name. 443 is HTTPS; 8443 is where institutions without a free 443 put it.
///
/// Anything else would let a badge use the validator to knock on other people's doors.
pub const PORTS: [u16; 2] = [443, 8443];

/// Most entries an allow-list may have: it names the pieces of a local stack, not the world.
pub(crate) const ALLOW_LIST_MAX: usize = 32;

/// How much one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Redirects followed before giving up. Each is checked like the first address.
    pub redirects: u8,
    /// Largest body, in bytes.
    pub body_bytes: usize,
    /// Time for the whole request: lookup, connection, redirects and body together.
    pub total: Duration,
}

impl Default for Limits {
    /// Three redirects, 4 MiB (a large badge image), ten seconds.
    fn default() -> Self {
        Self { redirects: 3, body_bytes: 4 * 1024 * 1024, total: Duration::from_secs(10) }
    }
}

/// What a [`Client`](crate::Client) may reach and how much it may take.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Hosts that are exempt from the rules about scheme, port and public address. Empty in production.
    pub allow: AllowList,
    /// Limits of each request.
    pub limits: Limits,
}

/// `host:port` pairs that may be reached over `http` and at private addresses: the pieces of a local stack.
///
/// The host is compared as written in the address, not by what it resolves to, so `localhost:8080` does not open
/// `127.0.0.1:8080`. Limits and redirects apply to these hosts as to all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(Vec<(String, u16)>);

/// Why an allow-list could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowListError {
    /// An entry is not `host:port`.
    #[error("“{0}” is not host:port")]
    Entry(String),
    /// More entries than a local stack has.
    #[error("more than {ALLOW_LIST_MAX} entries")]
    TooMany,
}

impl AllowList {
    /// Reads a comma-separated list of `host:port` (IPv6 hosts in brackets). An empty text is an empty list.
    ///
    /// # Errors
    /// [`AllowListError`] when an entry has no host or no port, or there are too many.
    pub fn parse(text: &str) -> Result<Self, AllowListError> {
        let mut pairs = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let invalid = || AllowListError::Entry(entry.to_owned());
            let (host, port) = entry.rsplit_once(':').ok_or_else(invalid)?;
            let port = port.parse().map_err(|_| invalid())?;
            // The same parser that will read the addresses, so that both sides spell a host alike.
            let host = url::Host::parse(host).map_err(|_| invalid())?.to_string();
            if pairs.len() == ALLOW_LIST_MAX {
                return Err(AllowListError::TooMany);
            }
            pairs.push((host, port));
        }
        Ok(Self(pairs))
    }

    /// Whether nothing is exempt.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this host and port may be reached over `http`.
    #[must_use]
    pub fn contains(&self, host: &str, port: u16) -> bool {
        self.0.iter().any(|(allowed, allowed_port)| allowed == host && *allowed_port == port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts_and_ports() {
        let list = AllowList::parse(" LocalHost:8080, 127.0.0.1:9000 ,[::1]:1,").unwrap();
        assert!(list.contains("localhost", 8080));
        assert!(list.contains("127.0.0.1", 9000));
        assert!(list.contains("[::1]", 1));
        assert!(!list.contains("localhost", 8081));
        assert!(!list.contains("example.org", 8080));
        assert!(AllowList::parse("").unwrap().is_empty());
    }

    #[test]
    fn refuses_what_is_not_host_and_port() {
        for entry in ["localhost", "localhost:", ":80", "localhost:99999", "http://localhost:80", "a b:1"] {
            assert_eq!(AllowList::parse(entry), Err(AllowListError::Entry(entry.to_owned())));
        }
        assert_eq!(AllowList::parse(&"a:1,".repeat(ALLOW_LIST_MAX + 1)), Err(AllowListError::TooMany));
    }
}
