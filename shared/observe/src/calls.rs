//! Every AWS call of a client: how it went is counted, and the trace goes with it.

use crate::metrics::{self, Attempt};
use crate::trace::Trace;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// To be given to every AWS client, as its `interceptor`.
#[derive(Debug, Clone, Copy)]
pub struct Calls;

const TRACE_HEADER: &str = "x-amzn-trace-id";

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    // The SDK's own interceptor sets the invocation's trace where there is none; a message's comes before it.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(trace) = Trace::current() {
            context.request_mut().headers_mut().insert(TRACE_HEADER, trace.xray());
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = config.load::<Metadata>() {
            metrics::attempt(&Attempt {
                service: call.service(),
                operation: call.name(),
                again: config.load::<RequestAttempts>().is_some_and(|number| number.attempts() > 1),
                throttled: context.response().is_some_and(throttled),
                // An answer that the record is not as expected, or not there, is no error.
                failed: context.response().is_none_or(|answer| matches!(answer.status().as_u16(), 401 | 403 | 500..)),
            });
        }
        Ok(())
    }
}

/// Whether a service asks to slow down.
fn throttled(answer: &HttpResponse) -> bool {
    if answer.status().is_success() {
        return false;
    }
    let code = answer.headers().get("x-amzn-errortype").map(str::to_owned);
    let code = code.or_else(|| answer.body().bytes().and_then(error_code)).unwrap_or_default();
    answer.status().as_u16() == 429
        || ["Throttl", "ThroughputExceeded", "RequestLimitExceeded", "SlowDown", "TooManyRequests"]
            .iter()
            .any(|name| code.contains(name))
}

/// The code in the body of an error: `__type` or `code` in JSON, `Code` in XML.
fn error_code(body: &[u8]) -> Option<String> {
    if let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) {
        return ["__type", "code"].iter().find_map(|name| json.get(name)?.as_str().map(str::to_owned));
    }
    let text = std::str::from_utf8(body).ok()?;
    Some(text.split_once("<Code>")?.1.split_once("</Code>")?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
    }

    #[test]
    fn who_asks_to_slow_down_is_understood() {
        for (status, body) in [
            (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#),
            (400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#),
            (503, "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code></Error>"),
            (429, ""),
        ] {
            assert!(throttled(&answer(status, body)), "{body}");
        }
        let mut named = answer(400, "{}");
        named.headers_mut().insert("x-amzn-errortype", "TooManyRequestsException");
        assert!(throttled(&named));
    }

    #[test]
    fn other_answers_are_not() {
        for (status, body) in [
            (200, "ThrottlingException"),
            (400, r#"{"__type":"ConditionalCheckFailedException","message":"no Throttling here"}"#),
            (404, "<Error><Code>NoSuchKey</Code><Message>SlowDown</Message></Error>"),
            (500, "not readable"),
        ] {
            assert!(!throttled(&answer(status, body)), "{body}");
        }
    }
}
