//! Secrets and signatures of messages: Standard Webhooks 1.0.0, "Signature scheme", symmetric.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::Problem;
use jiff::{SignedDuration, Timestamp};
use store::webhooks::Secret;

/// How long a secret that was replaced still signs.
const OLD_SECRET_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How secrets are shown.
const PREFIX: &str = "whsec_";

/// A secret from 256 random bits (the specification allows 192 to 512).
pub(crate) fn secret(random: [u8; 32]) -> Secret {
    Secret { key: STANDARD.encode(random), until: None }
}

/// A secret as its organisation is shown it, once.
pub(crate) fn shown(secret: &Secret) -> String {
    format!("{PREFIX}{}", secret.key)
}

/// The secrets that sign at `now`, the newest first.
pub(crate) fn live(secrets: &[Secret], now: Timestamp) -> Vec<Secret> {
    secrets.iter().filter(|secret| secret.until.is_none_or(|until| now < until)).cloned().collect()
}

/// A new secret before the one that signed until now, which signs on for [`OLD_SECRET_LIFE`]. What that one had replaced ends at once:
/// there are never more than two.
pub(crate) fn rotated(secrets: &[Secret], new: Secret, now: Timestamp) -> Vec<Secret> {
    let until = now.checked_add(OLD_SECRET_LIFE).ok();
    let old = secrets.first().map(|old| Secret { until, ..old.clone() });
    [new].into_iter().chain(old).collect()
}

/// The keys that sign now.
pub(crate) struct Keys(Vec<hmac::Key>);

impl Keys {
    pub(crate) fn of(secrets: &[Secret], now: Timestamp) -> Result<Self, Problem> {
        let key = |secret: &Secret| {
            let bytes =
                STANDARD.decode(&secret.key).map_err(|_| Problem::internal("a webhook's secret is no Base64"))?;
            Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
        };
        live(secrets, now).iter().map(key).collect::<Result<_, _>>().map(Self)
    }

    /// `webhook-signature`: one signature by each key.
    pub(crate) fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = format!("{id}.{timestamp}.{body}");
        let one = |key: &hmac::Key| format!("v1,{}", STANDARD.encode(hmac::sign(key, signed.as_bytes())));
        self.0.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use standardwebhooks::Webhook as Judge;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    proptest! {
        /// The specification's own library, from the secret as it is shown, comes to the same signature.
        #[test]
        fn judged_by_the_reference_library(random in any::<[u8; 32]>(), id in "[a-z0-9_]{1,60}", time in 0i64..4_000_000_000, body in "\\PC{0,200}") {
            let secret = secret(random);
            let judge = Judge::new(&shown(&secret)).unwrap();
            let ours = Keys::of(&[secret], at(time)).unwrap().signature(&id, time, &body);
            prop_assert_eq!(ours, judge.sign(&id, time, body.as_bytes()).unwrap());
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the judge looks at the clock itself")]
    fn while_one_secret_replaces_another_holders_of_either_believe_it() {
        let now = Timestamp::now();
        let (old, new) = (secret([1; 32]), secret([2; 32]));
        let both = rotated(std::slice::from_ref(&old), new.clone(), now);
        let signature = Keys::of(&both, now).unwrap().signature("msg_1", now.as_second(), "{}");
        assert_eq!(signature.split(' ').count(), 2);
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", "msg_1".parse().unwrap());
        headers.insert("webhook-timestamp", now.as_second().into());
        headers.insert("webhook-signature", signature.parse().unwrap());
        for holder in [&old, &new] {
            Judge::new(&shown(holder)).unwrap().verify(b"{}", &headers).unwrap();
        }
        Judge::new(&shown(&secret([3; 32]))).unwrap().verify(b"{}", &headers).unwrap_err();
        Judge::new(&shown(&old)).unwrap().verify(b"{ }", &headers).unwrap_err();
    }

    #[test]
    fn an_old_secret_signs_for_a_day_and_never_three_at_once() {
        let (a, b, c) = (secret([1; 32]), secret([2; 32]), secret([3; 32]));
        let day = 24 * 3600;
        let first = rotated(std::slice::from_ref(&a), b.clone(), at(0));
        assert_eq!((live(&first, at(day - 1)).len(), live(&first, at(day))), (2, vec![b.clone()]));
        let second = rotated(&first, c.clone(), at(60));
        let keys: Vec<&str> = second.iter().map(|s| s.key.as_str()).collect();
        assert_eq!(keys, [&c.key, &b.key]);
        assert_eq!(second[1].until, Some(at(60 + day)));
        assert!(shown(&a).starts_with("whsec_AQEB"));
    }
}
