//! Configuration: environment variables that the template sets, read once while a function starts.

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use badge::Urls;
use badge::plan::Plans;
use std::time::Duration;

/// A variable that is missing or not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {name}: {reason}")]
pub struct ConfigError {
    /// Which one.
    pub name: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The value of a variable that the template sets.
///
/// # Errors
/// [`ConfigError`] when it is missing or empty.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError { name, reason: "missing" })
}

/// The value of a variable, if it is set and not empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "configuration is read here and nowhere else")]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The public addresses, from `PUBLIC_BASE_URL`.
///
/// # Errors
/// [`ConfigError`] when it is missing or no plain base address.
pub fn urls() -> Result<Urls, ConfigError> {
    let name = "PUBLIC_BASE_URL";
    Urls::new(&required(name)?).map_err(|_| ConfigError { name, reason: "not http(s)://host[:port]" })
}

/// The deployment's plans, from `PLANS` (JSON, see [`Plans`]); empty means that nobody is held to anything.
///
/// # Errors
/// [`ConfigError`] when it does not read.
pub fn plans() -> Result<Plans, ConfigError> {
    let name = "PLANS";
    let read = |text: String| serde_json::from_str(&text).map_err(|_| ConfigError { name, reason: "no plans in JSON" });
    optional(name).map_or_else(|| Ok(Plans::default()), read)
}

/// The KMS keys of access tokens: first the one that signs (`TOKEN_KEY_ARN`), then the one that is taken besides while they change
/// (`ACCEPTED_TOKEN_KEY_ARN`).
///
/// # Errors
/// [`ConfigError`] when there is none.
pub fn token_keys() -> Result<Vec<String>, ConfigError> {
    Ok(std::iter::once(required("TOKEN_KEY_ARN")?).chain(optional("ACCEPTED_TOKEN_KEY_ARN")).collect())
}

/// One attempt of an AWS call; a healthy one takes some ten milliseconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// An AWS call with its repetitions, well inside the function's own time.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(7);
/// Attempts of an AWS call, with the SDK's exponential backoff and jitter between them.
const ATTEMPTS: u32 = 4;

/// How AWS is called, whoever calls: bounded time, repetitions with jitter.
#[must_use]
pub fn bounded() -> ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .read_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        // The body of a file comes after the operation is over, and is waited for no longer.
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(ATTEMPT_TIMEOUT).build())
}

/// The same for a function: region and credentials from the variables Lambda sets.
///
/// Credentials come from the environment only. The general chain would also look for profiles, containers and instances, which a
/// function never has and which cost start-up time.
pub async fn aws() -> SdkConfig {
    bounded()
        .region(Region::new(optional("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned())))
        .credentials_provider(aws_config::environment::EnvironmentVariableCredentialsProvider::new())
        .load()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::retry::RetryMode;

    #[tokio::test]
    async fn every_call_ends_and_is_repeated() {
        let aws = aws().await;
        let (timeouts, retries) = (aws.timeout_config().unwrap(), aws.retry_config().unwrap());
        let attempt = timeouts.operation_attempt_timeout().unwrap();
        assert!(timeouts.connect_timeout().unwrap() < attempt && timeouts.read_timeout().unwrap() <= attempt);
        // More than one attempt has time, and a function of ten seconds, the shortest there is, has some left.
        assert!(timeouts.operation_timeout().unwrap() >= 2 * attempt);
        assert!(timeouts.operation_timeout().unwrap() < Duration::from_secs(10));
        assert_eq!((retries.mode(), retries.max_attempts()), (RetryMode::Standard, ATTEMPTS));
        let stalled = aws.stalled_stream_protection().unwrap();
        assert!(stalled.download_enabled() && stalled.grace_period() <= attempt);
    }
}
