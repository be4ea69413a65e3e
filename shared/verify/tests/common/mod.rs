//! A web made of a map, and how to run a verification against it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::Value;
use verify::{Accept, Document, Documents, Unavailable};

/// Addresses and what they answer; every other address is unreachable.
#[derive(Debug, Clone, Default)]
pub struct Web(pub HashMap<String, Document>);

impl Web {
    pub fn with(mut self, url: &str, status: u16, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.insert(url.to_owned(), Document { status, content_type: None, bytes: bytes.into() });
        self
    }

    pub fn json(self, url: &str, value: &Value) -> Self {
        self.with(url, 200, value.to_string())
    }
}

impl Documents for Web {
    async fn get(&self, url: &str, _accept: Accept) -> Result<Document, Unavailable> {
        self.0.get(url).cloned().ok_or(Unavailable::Unreachable)
    }
}

/// Runs a future that never waits: everything in a [`Web`] is at hand.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a map made somebody wait"),
    }
}
