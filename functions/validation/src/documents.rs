//! Documents from elsewhere, through the guard.

use outbound::{AllowList, Client, FetchError, Guard};
use verify::{Accept, Document, Documents, Unavailable};

/// The web, as far as the guard lets through.
pub(crate) struct Outside {
    client: Client,
    allow: AllowList,
}

impl Outside {
    pub(crate) fn new(guard: Guard) -> Self {
        let allow = guard.allow.clone();
        Self { client: Client::new(guard), allow }
    }
}

/// The address to ask for. A `did:web` always means `https`; the pieces of a local stack have no certificate and are on the
/// allow-list. Everything else that says `http` is asked for by `https`: the guard refuses the other.
fn address(allow: &AllowList, url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return url.to_owned() };
    let local = |u: &url::Url| {
        u.host_str().zip(u.port_or_known_default()).is_some_and(|(host, port)| allow.contains(host, port))
    };
    let scheme = match parsed.scheme() {
        "https" if local(&parsed) => "http",
        "http" if !local(&parsed) => "https",
        _ => return url.to_owned(),
    };
    if parsed.set_scheme(scheme).is_err() {
        return url.to_owned();
    }
    parsed.into()
}

impl Documents for Outside {
    async fn get(&self, url: &str, accept: Accept) -> Result<Document, Unavailable> {
        let answer =
            self.client.get(&address(&self.allow, url), accept.header()).await.map_err(|error| meaning(&error))?;
        Ok(Document { status: answer.status, content_type: answer.content_type, bytes: answer.body })
    }
}

fn meaning(error: &FetchError) -> Unavailable {
    match error {
        FetchError::NotAnAddress
        | FetchError::SchemeNotAllowed
        | FetchError::CredentialsInAddress
        | FetchError::PortNotAllowed(_)
        | FetchError::NotPublic(_) => Unavailable::NotAllowed,
        FetchError::HostNotFound(_) => Unavailable::HostNotFound,
        FetchError::Tls(_) => Unavailable::Insecure,
        FetchError::TooLarge(_) => Unavailable::TooLarge,
        FetchError::TimedOut => Unavailable::TimedOut,
        _ => Unavailable::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_local_stack_is_asked_in_the_clear() {
        let allow = AllowList::parse("localhost:4580").unwrap();
        assert_eq!(address(&allow, "https://localhost:4580/a?b"), "http://localhost:4580/a?b");
        assert_eq!(address(&allow, "http://localhost:4580/a"), "http://localhost:4580/a");
        assert_eq!(address(&allow, "http://example.org/a"), "https://example.org/a");
        assert_eq!(address(&allow, "https://localhost:4581/a"), "https://localhost:4581/a");
        assert_eq!(address(&AllowList::default(), "https://localhost:4580/a"), "https://localhost:4580/a");
    }
}
