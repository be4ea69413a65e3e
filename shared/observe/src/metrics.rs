//! Metrics: what an invocation did, as one line in CloudWatch's embedded metric format (EMF).
//!
//! CloudWatch makes metrics of the line when it arrives as a log; no call is made for it. A metric is billed by its name and the values
//! of its dimensions, so both are few and all written here and in the callers' sources: never an organisation's id, never a path.
//! What is worth knowing of one invocation only (route, request, trace) stands in the same line as plain members.

use crate::VERSION;
use crate::trace::Trace;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Where CloudWatch keeps them.
pub const NAMESPACE: &str = "Shirushi";

/// Something that is counted, by its metric's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(&'static str);

impl Count {
    /// Recipients whose badge was decided on: planned, not yet signed.
    pub const ISSUED: Self = Self("Issued");
    /// Credentials signed and stored.
    pub const SIGNED: Self = Self("Signed");
    /// Of those, credentials that were signed when somebody first asked for them.
    pub const CLAIMED: Self = Self("SignedOnClaim");
    /// Credentials revoked.
    pub const REVOKED: Self = Self("Revoked");
    /// Mails that SES took, to recipients and about applications.
    pub const MAILED: Self = Self("Mailed");
    /// Mails that came back for good.
    pub const BOUNCED: Self = Self("Bounced");
    /// Mails that somebody complained of.
    pub const COMPLAINED: Self = Self("Complained");
    /// Badges that their recipients accepted.
    pub const ACCEPTED: Self = Self("Accepted");
    /// Badges that their recipients declined.
    pub const DECLINED: Self = Self("Declined");
    /// PDF badges drawn and sealed; one that was kept is not made again.
    pub const PDFS: Self = Self("PdfsMade");
    /// Pictures baked, likewise.
    pub const BAKED: Self = Self("Baked");
    /// Applications handed in.
    pub const SUBMITTED: Self = Self("ApplicationsSubmitted");
    /// Applications approved or rejected, by whichever method.
    pub const DECIDED: Self = Self("ApplicationsDecided");
    /// Posts that an organisation's webhook took.
    pub const HOOKS_TAKEN: Self = Self("WebhooksTaken");
    /// Posts that an organisation's webhook did not take.
    pub const HOOKS_FAILED: Self = Self("WebhooksFailed");
    /// People whom the identity provider vouched for.
    pub const PROVIDER_SIGN_INS: Self = Self("ProviderSignIns");
    /// Sign-ins that failed because the identity provider did not answer, or not as it must.
    pub const PROVIDER_FAILED: Self = Self("ProviderFailures");
    /// Deeds of API credentials that are missing in an organisation's audit log.
    pub const UNNOTED: Self = Self("DeedsNotNoted");
}

/// An attempt of an AWS call.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) again: bool,
    pub(crate) throttled: bool,
    pub(crate) failed: bool,
}

/// What has been counted since the last line.
#[derive(Debug, Default)]
struct Tally {
    counts: BTreeMap<String, u64>,
    verdict: Option<&'static str>,
    /// Whether this process has finished an invocation.
    warm: bool,
}

// One for the process, which works on one invocation at a time; what is counted while it starts belongs to the first.
static TALLY: Mutex<Tally> = Mutex::new(Tally { counts: BTreeMap::new(), verdict: None, warm: false });

fn tally<T>(change: impl FnOnce(&mut Tally) -> T) -> T {
    change(&mut TALLY.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Tally {
    fn add(&mut self, name: impl Into<String>, number: u64) {
        if number > 0 {
            *self.counts.entry(name.into()).or_default() += number;
        }
    }

    /// `KMS.Sign` counts calls, `KMS.Sign.Retries` attempts after their first, and so on.
    fn attempt(&mut self, attempt: &Attempt<'_>) {
        let call = format!("{}.{}", attempt.service, attempt.operation);
        self.add(format!("{call}.Throttles"), attempt.throttled.into());
        self.add(format!("{call}.Errors"), (attempt.failed && !attempt.throttled).into());
        self.add(format!("{call}.Retries"), attempt.again.into());
        self.add(call, (!attempt.again).into());
    }
}

/// Counts something that was done.
pub fn count(what: Count, number: usize) {
    tally(|tally| tally.add(what.0, number as u64));
}

/// Counts a validation by its verdict, which is one of a few words.
pub fn validated(verdict: &'static str) {
    tally(|tally| tally.verdict = Some(verdict));
}

pub(crate) fn attempt(attempt: &Attempt<'_>) {
    tally(|tally| tally.attempt(attempt));
}

/// Where a line comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    stack: String,
    function: String,
}

impl Place {
    /// From a function's name, which the template makes of its stack's and its own: `shirushi-issuance`.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let (stack, function) = name.rsplit_once('-').unwrap_or(("none", name));
        Self { stack: stack.to_owned(), function: function.to_owned() }
    }

    /// The function, as its folder is called.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }
}

/// What is said of one invocation besides what was counted.
#[derive(Debug)]
pub struct Invocation<'a> {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took: f64,
    /// Whether it failed: answered by a 5xx, or left messages to be delivered again.
    pub failed: bool,
    /// Lambda's id of it.
    pub request_id: &'a str,
    /// Which trace it belongs to.
    pub trace: Option<&'a Trace>,
    /// Members that are no metrics, for example `route` and `status`.
    pub about: Map<String, Value>,
}

/// The line of an invocation, with whatever was counted since the last one; without a line's end.
#[must_use]
pub fn line(place: &Place, invocation: Invocation<'_>) -> String {
    let done = tally(|tally| std::mem::replace(tally, Tally { warm: true, ..Tally::default() }));
    document(place, invocation, done).to_string()
}

fn document(place: &Place, invocation: Invocation<'_>, done: Tally) -> Value {
    let mut members = invocation.about;
    let mut directives = Vec::new();
    let mut measure = |dimensions: &[&str], metrics: Vec<(String, Value, &str)>| {
        if metrics.is_empty() {
            return;
        }
        let definition = |(name, _, unit): &(String, Value, &str)| json!({"Name": name, "Unit": unit});
        let definitions: Vec<Value> = metrics.iter().map(definition).collect();
        directives.push(json!({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": definitions}));
        members.extend(metrics.into_iter().map(|(name, value, _)| (name, value)));
    };
    // Tenths: nobody looks at microseconds, and they are bytes.
    let latency = json!((invocation.took * 10.0).round() / 10.0);
    let mut own = vec![("Latency".to_owned(), latency, "Milliseconds")];
    for (name, happened) in [("Failures", invocation.failed), ("ColdStarts", !done.warm)] {
        if happened {
            own.push((name.to_owned(), 1.into(), "Count"));
        }
    }
    measure(&["stack", "function"], own);
    measure(&["stack"], done.counts.into_iter().map(|(name, number)| (name, number.into(), "Count")).collect());
    if let Some(verdict) = done.verdict {
        measure(&["stack", "verdict"], vec![("Validated".to_owned(), 1.into(), "Count")]);
        members.insert("verdict".into(), verdict.into());
    }
    let mut line = Map::new();
    line.insert("_aws".into(), json!({"Timestamp": invocation.at.as_millisecond(), "CloudWatchMetrics": directives}));
    line.insert("level".into(), "INFO".into());
    line.insert("message".into(), "done".into());
    line.insert("stack".into(), place.stack.as_str().into());
    line.insert("function".into(), place.function.as_str().into());
    line.insert("version".into(), VERSION.into());
    line.insert("requestId".into(), invocation.request_id.into());
    if let Some(trace) = invocation.trace {
        line.insert("trace".into(), trace.id().into());
    }
    line.extend(members);
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invocation(about: Value) -> Invocation<'static> {
        let Value::Object(about) = about else { panic!("{about}") };
        Invocation { at: Timestamp::UNIX_EPOCH, took: 12.3456, failed: false, request_id: "r", trace: None, about }
    }

    fn attempt(operation: &str, again: bool, throttled: bool) -> Attempt<'_> {
        Attempt { service: "KMS", operation, again, throttled, failed: throttled }
    }

    /// What the specification of the embedded metric format asks of a document.
    fn judge(line: &Value) {
        assert!(line.to_string().len() < 1024 * 1024);
        let root = line.as_object().unwrap();
        let aws = root["_aws"].as_object().unwrap();
        assert!(aws["Timestamp"].is_u64() && aws.len() == 2);
        for directive in aws["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(
                directive.as_object().unwrap().keys().collect::<Vec<_>>(),
                ["Namespace", "Dimensions", "Metrics"]
            );
            assert!((1..=1024).contains(&directive["Namespace"].as_str().unwrap().len()));
            let sets = directive["Dimensions"].as_array().unwrap();
            assert!(!sets.is_empty());
            for name in sets.iter().flat_map(|set| set.as_array().unwrap()) {
                // A dimension's value is a text at the root, of 1 to 1,024 characters in ASCII.
                let value = root[name.as_str().unwrap()].as_str().unwrap();
                assert!((1..=1024).contains(&value.len()) && value.is_ascii() && !value.starts_with(':'));
            }
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!((1..=100).contains(&metrics.len()));
            for metric in metrics {
                assert!(root[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
                assert!(["Count", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()));
            }
        }
    }

    #[test]
    fn a_full_line_is_as_the_format_asks() {
        let mut done = Tally { verdict: Some("valid"), ..Tally::default() };
        done.add(Count::ISSUED.0, 3);
        done.attempt(&attempt("Sign", false, true));
        done.attempt(&attempt("Sign", true, false));
        done.attempt(&attempt("GetPublicKey", false, false));
        let line =
            document(&Place::named("my-stack-issuance"), invocation(json!({"route": "POST /x", "status": 200})), done);
        judge(&line);
        let expected = json!({
            "stack": "my-stack", "function": "issuance", "Latency": 12.3, "ColdStarts": 1, "Issued": 3, "Validated": 1,
            "KMS.Sign": 1, "KMS.Sign.Retries": 1, "KMS.Sign.Throttles": 1, "KMS.GetPublicKey": 1, "verdict": "valid", "status": 200
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&line[name], value, "{name}");
        }
        assert_eq!(line.get("KMS.Sign.Errors"), None, "what did not happen is no metric");
    }

    #[test]
    fn what_was_counted_is_told_once() {
        let place = Place::named("s-f");
        count(Count::MAILED, 2);
        count(Count::MAILED, 1);
        count(Count::BOUNCED, 0);
        validated("invalid");
        let read = |line: String| -> Value { serde_json::from_str(&line).unwrap() };
        let first = read(line(&place, invocation(json!({}))));
        judge(&first);
        assert_eq!(
            (&first["Mailed"], &first["ColdStarts"], &first["verdict"]),
            (&3.into(), &1.into(), &"invalid".into())
        );
        assert_eq!(first.get("Bounced"), None);
        let second = read(line(&place, Invocation { failed: true, ..invocation(json!({})) }));
        judge(&second);
        assert_eq!((second.get("Mailed"), second.get("ColdStarts"), second.get("verdict")), (None, None, None));
        assert_eq!(second["Failures"], 1);
    }

    #[test]
    fn a_usual_line_is_short() {
        let mut done = Tally { warm: true, ..Tally::default() };
        done.add("DynamoDB.BatchGetItem", 1);
        let about = json!({"route": "GET /credentials/{credential}", "status": 200, "request": "JKJaXmPLvHcESHA="});
        let line = document(&Place::named("shirushi-hosting"), invocation(about), done).to_string();
        assert!(line.len() < 600, "{} bytes: {line}", line.len());
    }
}
