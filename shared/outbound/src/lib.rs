//! Guarded requests to addresses that strangers name: HTTPS, public addresses, few redirects, small answers.
//!
//! The validator opens addresses written inside a badge by whoever made that badge; webhooks are posted to wherever an organisation
//! says. Left alone, such a client is a way into the network it runs in. So every request, and every redirect it meets, passes the
//! same four questions:
//!
//! 1. **The address as written**: `https` only, no user name or password, a port from [`PORTS`].
//! 2. **Where it leads**: the name is resolved once, and addresses that are not public ([`is_public`]) are not used.
//! 3. **Where we connect**: to exactly the address that was looked at. No second lookup happens, so an answer that changes
//!    in between (DNS rebinding) changes nothing. TLS still proves the *name*.
//! 4. **What comes back**: at most [`Limits::body_bytes`], within [`Limits::total`], unencoded. Of the answer to a post
//!    ([`Client::post`]) only its head counts, and no redirect is followed; nor is one in a conversation with a service that the operator
//!    names ([`Client::exchange`]).
//!
//! Nothing is remembered between requests but which hosts do not answer, which are left alone for a while: no cookies, no credentials,
//! no pooled connections, no proxies from the environment.
//!
//! ```no_run
//! # async fn example() -> Result<(), outbound::FetchError> {
//! use outbound::{AllowList, Client, Guard};
//!
//! let client = Client::new(Guard::default());
//! let fetched = client.get("https://badges.example/issuers/acme", "application/json").await?;
//! assert_eq!(fetched.status, 200);
//!
//! // The local stack runs on this machine over http; it is named, never guessed.
//! let local = Client::new(Guard { allow: AllowList::parse("localhost:8080").expect("host:port"), ..Guard::default() });
//! # let _ = local; Ok(()) }
//! ```
//!
//! **Invariant**: no public function takes a socket address, and no request leaves without passing the four questions.

mod address;
mod breaker;
mod client;
mod error;
mod guard;

pub use address::is_public;
pub use client::{Client, Fetched, Posted};
pub use error::FetchError;
pub use guard::{AllowList, AllowListError, Guard, Limits, PORTS};
