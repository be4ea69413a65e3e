//! Traces: which request a piece of work goes back to.
//!
//! A trace is written in two ways: AWS's `X-Amzn-Trace-Id` between gateway, functions, queues and AWS's services, and W3C Trace Context's
//! `traceparent` to and from everybody else. Both hold the same numbers.

use std::fmt::{self, Write as _};
use std::future::Future;

/// A place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    parent: u64,
    sampled: bool,
    /// What Lambda finds loops by; handed on as it came.
    lineage: Option<String>,
}

/// Longest header that is looked at.
const MAX_HEADER_BYTES: usize = 512;

tokio::task_local! {
    static CURRENT: Trace;
}

impl Trace {
    /// From an `X-Amzn-Trace-Id` header: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, also without the
    /// parent, as gateways give it. None when it names no root.
    #[must_use]
    pub fn from_xray(header: &str) -> Option<Self> {
        if header.len() > MAX_HEADER_BYTES {
            return None;
        }
        let field = |name: &str| {
            let mut fields = header.split(';').filter_map(|field| field.trim().split_once('='));
            fields.find_map(|(key, value)| (key == name).then_some(value))
        };
        let mut root = field("Root")?.splitn(3, '-');
        let ("1", seconds, rest) = (root.next()?, root.next()?, root.next()?) else { return None };
        let id = (u128::from(hex(seconds, 8)?) << 96) | wide(rest, 24)?;
        Some(Self {
            id,
            parent: field("Parent").and_then(|text| hex(text, 16)).unwrap_or_default(),
            sampled: field("Sampled") == Some("1"),
            lineage: field("Lineage").map(str::to_owned),
        })
    }

    /// From a `traceparent` header (W3C Trace Context, section 3.2). None when it is not valid.
    #[must_use]
    pub fn from_traceparent(header: &str) -> Option<Self> {
        let mut parts = header.trim().splitn(5, '-');
        let (version, id, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        // Versions to come may add parts; this one has four. 255 is forbidden.
        let version = hex(version, 2)?;
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let (id, parent) = (wide(id, 32)?, hex(parent, 16)?);
        let known = id != 0 && parent != 0;
        known.then_some(Self { id, parent, sampled: hex(flags, 2)? & 1 == 1, lineage: None })
    }

    /// The trace's id as X-Ray and the log lines write it: `1-5759e988-bd862e3fe1be46a994272793`.
    #[must_use]
    pub fn id(&self) -> String {
        let digits = format!("{:032x}", self.id);
        let (seconds, rest) = digits.split_at(8);
        format!("1-{seconds}-{rest}")
    }

    /// As an `X-Amzn-Trace-Id` header.
    #[must_use]
    pub fn xray(&self) -> String {
        let mut header = format!("Root={}", self.id());
        if self.parent != 0 {
            let _ = write!(header, ";Parent={:016x}", self.parent);
        }
        let _ = write!(header, ";Sampled={}", u8::from(self.sampled));
        if let Some(lineage) = &self.lineage {
            let _ = write!(header, ";Lineage={lineage}");
        }
        header
    }

    /// As a `traceparent` header; none where no parent is known, since that header must name one.
    #[must_use]
    pub fn traceparent(&self) -> Option<String> {
        (self.parent != 0).then(|| format!("00-{:032x}-{:016x}-{:02x}", self.id, self.parent, u8::from(self.sampled)))
    }

    /// Whether both are places in one trace.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.id == other.id
    }

    /// This trace, as the invocation goes on with it that works on what was left in it: whose calls they are, and how often the work went
    /// round, is the invocation's to say.
    #[must_use]
    pub fn in_invocation(self, invocation: Option<&Self>) -> Self {
        match invocation {
            Some(other) => Self { parent: other.parent, lineage: other.lineage.clone(), ..self },
            None => Self { lineage: None, ..self },
        }
    }

    /// Does `work` as part of this trace: AWS calls, messages and webhooks in it carry the trace on.
    pub async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// The trace that is worked in, if any.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id())
    }
}

/// A number in exactly so many hexadecimal digits, in lower case as both formats demand.
fn wide(text: &str, digits: usize) -> Option<u128> {
    let plain = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

fn hex(text: &str, digits: usize) -> Option<u64> {
    wide(text, digits).and_then(|number| u64::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    const W3C: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";

    #[test]
    fn one_trace_in_two_notations() {
        let trace = Trace::from_xray(XRAY).unwrap();
        assert_eq!(trace, Trace::from_traceparent(W3C).unwrap());
        assert_eq!((trace.xray().as_str(), trace.traceparent().as_deref()), (XRAY, Some(W3C)));
        assert_eq!(trace.to_string(), "1-5759e988-bd862e3fe1be46a994272793");
    }

    #[test]
    fn a_gateways_header_has_no_parent_and_lambdas_a_lineage() {
        let trace =
            Trace::from_xray("Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678")
                .unwrap();
        assert_eq!(trace.xray(), "Root=1-67891233-abcdef012345678912345678;Sampled=0");
        assert_eq!(trace.traceparent(), None);
        let looped = format!("{XRAY};Lineage=1:a87bd80c:1");
        let invocation = Trace::from_xray(&looped).unwrap();
        assert_eq!(invocation.xray(), looped);
        let expected =
            "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a87bd80c:1";
        assert_eq!(trace.in_invocation(Some(&invocation)).xray(), expected);
    }

    #[test]
    fn what_is_no_trace_is_none() {
        for header in [
            "",
            "Root",
            "Root=",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759E988-bd862e3fe1be46a994272793",
        ] {
            assert_eq!(Trace::from_xray(header), None, "{header}");
        }
        let zeros = "00-00000000000000000000000000000000-53995c3f42cd8ad8-01";
        for header in
            ["", "00", zeros, &W3C.replace("00-", "ff-"), &format!("{W3C}-x"), &W3C.to_uppercase(), &W3C[..54]]
        {
            assert_eq!(Trace::from_traceparent(header), None, "{header}");
        }
        assert!(Trace::from_traceparent(&format!("{}-x", W3C.replacen("00-", "01-", 1))).is_some());
    }

    #[tokio::test]
    async fn work_belongs_to_the_trace_it_is_done_in() {
        let outer = Trace::from_xray(XRAY).unwrap();
        let inner = Trace::from_traceparent("00-11111111111111111111111111111111-2222222222222222-00").unwrap();
        assert_eq!(Trace::current(), None);
        let seen =
            outer.clone().scope(async { (Trace::current(), inner.clone().scope(async { Trace::current() }).await) });
        assert_eq!(seen.await, (Some(outer), Some(inner)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = (Trace::from_xray(&text), Trace::from_traceparent(&text));
        }

        #[test]
        fn what_is_written_is_read_again(id in 1..u128::MAX, parent in 1..u64::MAX, sampled: bool) {
            let trace = Trace { id, parent, sampled, lineage: None };
            prop_assert_eq!(Trace::from_xray(&trace.xray()), Some(trace.clone()));
            prop_assert_eq!(Trace::from_traceparent(&trace.traceparent().unwrap()), Some(trace));
        }
    }
}
