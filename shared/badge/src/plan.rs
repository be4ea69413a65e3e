//! Plans: what an organisation may have and do here. A deployment says the figures; whatever it says nothing of has no end.
//!
//! A figure of 0 says that the plan does not include the thing at all, so entitlements and quotas are one table.

use crate::Lang;
use crate::limits::{MAX_ALIASES, MAX_MEMBERS, MAX_SECRETS, MAX_WEBHOOKS};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The smallest.
    Basic,
    /// The middle one.
    Premium,
    /// The largest; everybody's where a deployment says nothing.
    #[default]
    Pro,
}

/// All plans, the smallest first.
pub const TIERS: [Tier; 3] = [Tier::Basic, Tier::Premium, Tier::Pro];

impl Tier {
    /// Its name in configuration and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Premium => "premium",
            Self::Pro => "pro",
        }
    }

    /// Its name for people, in both languages the same.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Premium => "Premium",
            Self::Pro => "Pro",
        }
    }

    /// The plan of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TIERS.into_iter().find(|tier| tier.name() == name)
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quota {
    /// Badges, drafts too.
    Badges,
    /// Recipients of events in a calendar month.
    CredentialsPerMonth,
    /// Forms that are switched on and not put away.
    OpenForms,
    /// Members and who is invited.
    Members,
    /// Aliases.
    Aliases,
    /// Webhooks.
    Webhooks,
    /// API credentials.
    ApiCredentials,
    /// Bytes of evidence that applicants hand in within a calendar month.
    EvidenceBytesPerMonth,
    /// Requests to issue in a minute.
    IssuesPerMinute,
    /// Uploads of pictures and lists in a minute, and drawings of designs.
    UploadsPerMinute,
    /// Access tokens handed out in a minute.
    TokensPerMinute,
}

/// All of them, in the order in which they are shown.
pub const QUOTAS: [Quota; 11] = [
    Quota::CredentialsPerMonth,
    Quota::Badges,
    Quota::OpenForms,
    Quota::EvidenceBytesPerMonth,
    Quota::Members,
    Quota::Aliases,
    Quota::Webhooks,
    Quota::ApiCredentials,
    Quota::IssuesPerMinute,
    Quota::UploadsPerMinute,
    Quota::TokensPerMinute,
];

/// How what is counted comes to be less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// By removing something.
    Standing,
    /// With the next calendar month in UTC.
    Month,
    /// With the next minute.
    Minute,
}

impl Quota {
    /// Its name in configuration and in the API, what one of it is called in English and in Japanese, and its period.
    const fn row(self) -> (&'static str, &'static str, &'static str, Period) {
        match self {
            Self::Badges => ("badges", "badges", "バッジ", Period::Standing),
            Self::CredentialsPerMonth => {
                ("credentials_per_month", "badges issued in a month", "1か月の発行数", Period::Month)
            }
            Self::OpenForms => ("open_forms", "open application forms", "受付中の申請フォーム", Period::Standing),
            Self::Members => ("members", "members", "メンバー", Period::Standing),
            Self::Aliases => ("aliases", "aliases", "エイリアス", Period::Standing),
            Self::Webhooks => ("webhooks", "webhooks", "Webhook", Period::Standing),
            Self::ApiCredentials => ("api_credentials", "API credentials", "API認証情報", Period::Standing),
            Self::EvidenceBytesPerMonth => (
                "evidence_bytes_per_month",
                "bytes of evidence handed in in a month",
                "1か月に提出される証拠資料の容量(バイト)",
                Period::Month,
            ),
            Self::IssuesPerMinute => {
                ("issues_per_minute", "requests to issue in a minute", "1分間の発行リクエスト", Period::Minute)
            }
            Self::UploadsPerMinute => {
                ("uploads_per_minute", "uploads in a minute", "1分間のアップロード", Period::Minute)
            }
            Self::TokensPerMinute => {
                ("tokens_per_minute", "access tokens in a minute", "1分間のアクセストークン発行", Period::Minute)
            }
        }
    }

    /// Its name in configuration and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// What it counts, in the reader's language.
    #[must_use]
    pub fn title(self, lang: Lang) -> &'static str {
        lang.pick(self.row().1, self.row().2)
    }

    /// How it comes to be less.
    #[must_use]
    pub const fn period(self) -> Period {
        self.row().3
    }

    /// What no plan goes beyond, because lists of these are read whole.
    const fn cap(self) -> Option<u64> {
        match self {
            Self::Members => Some(MAX_MEMBERS),
            Self::Aliases => Some(MAX_ALIASES),
            Self::ApiCredentials => Some(MAX_SECRETS),
            Self::Webhooks => Some(MAX_WEBHOOKS),
            _ => None,
        }
    }

    /// When the period that `now` lies in began and ends, in UTC; none for what stands.
    #[must_use]
    pub fn span(self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        match self.period() {
            Period::Standing => None,
            Period::Month => {
                let first = TimeZone::UTC.to_datetime(now).date().first_of_month();
                let next = first.checked_add(Span::new().months(1)).ok()?;
                let at = |day: Date| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
                Some((at(first)?, at(next)?))
            }
            Period::Minute => {
                let start = now.as_second() - now.as_second().rem_euclid(60);
                Some((Timestamp::from_second(start).ok()?, Timestamp::from_second(start + 60).ok()?))
            }
        }
    }
}

/// How much of something an organisation may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Of what.
    pub quota: Quota,
    /// How much.
    pub max: u64,
    /// By which plan.
    pub tier: Tier,
}

impl Limit {
    /// That it is reached.
    #[must_use]
    pub fn reached(self, used: u64, now: Timestamp) -> Reached {
        Reached { limit: self, used, renews_at: self.quota.span(now).map(|(_, end)| end) }
    }
}

/// A limit that is reached: what was asked for would go beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Which limit.
    pub limit: Limit,
    /// How much is used.
    pub used: u64,
    /// From when there is more; none where something must be removed first.
    pub renews_at: Option<Timestamp>,
}

impl Reached {
    /// What to say of it, in English and Japanese.
    #[must_use]
    pub fn texts(&self) -> (String, String) {
        let Limit { quota, max, tier } = self.limit;
        let (en, ja, plan, used) = (quota.title(Lang::En), quota.title(Lang::Ja), tier.title(), self.used);
        if max == 0 {
            return (
                format!("The {plan} plan does not include {en}."),
                format!("{plan}プランでは「{ja}」を利用できません。"),
            );
        }
        let (then, then_ja) = match (self.renews_at, quota.period()) {
            (Some(at), Period::Month) => {
                let day = at.strftime("%Y-%m-%d");
                (format!("It begins anew on {day} (UTC)."), format!("{day}(UTC)に更新されます。"))
            }
            (Some(_), _) => {
                ("Please try again in a minute.".to_owned(), "1分ほど待ってから再度お試しください。".to_owned())
            }
            (None, _) if tier == Tier::Pro => {
                ("Remove one that is not needed any more.".to_owned(), "不要なものを削除してください。".to_owned())
            }
            (None, _) => (
                "Remove one that is not needed any more, or ask for a larger plan.".to_owned(),
                "不要なものを削除するか、上位のプランをご検討ください。".to_owned(),
            ),
        };
        (
            format!("The {plan} plan allows {max} {en}, of which {used} are used. {then}"),
            format!("{plan}プランの上限(「{ja}」は{max}まで、現在{used})に達します。{then_ja}"),
        )
    }
}

/// The plans of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plans {
    /// Whose organisation has none of its own.
    default: Tier,
    basic: BTreeMap<Quota, u64>,
    premium: BTreeMap<Quota, u64>,
    pro: BTreeMap<Quota, u64>,
}

impl Plans {
    /// The plan of an organisation; `own`: the one that the operator gave it.
    #[must_use]
    pub fn tier(&self, own: Option<Tier>) -> Tier {
        own.unwrap_or(self.default)
    }

    /// Whether plans differ in how much of something there may be.
    #[must_use]
    pub fn differ(&self, quota: Quota) -> bool {
        [&self.basic, &self.premium, &self.pro].into_iter().any(|figures| figures.contains_key(&quota))
    }

    /// How much of something an organisation may have; none: as much as it likes.
    #[must_use]
    pub fn limit(&self, own: Option<Tier>, quota: Quota) -> Option<Limit> {
        let tier = self.tier(own);
        let figures = match tier {
            Tier::Basic => &self.basic,
            Tier::Premium => &self.premium,
            Tier::Pro => &self.pro,
        };
        let max = figures.get(&quota).copied().into_iter().chain(quota.cap()).min()?;
        Some(Limit { quota, max, tier })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_a_deployment_says_nothing_of_has_no_end_but_what_is_read_whole() {
        let plans = Plans::default();
        assert_eq!(plans.limit(None, Quota::Badges), None);
        assert_eq!(plans.limit(Some(Tier::Basic), Quota::CredentialsPerMonth), None);
        assert_eq!(plans.limit(None, Quota::Aliases).unwrap().max, MAX_ALIASES);
    }

    #[test]
    fn figures_count_for_their_plan_and_never_beyond_what_can_be() {
        let plans: Plans = serde_json::from_str(
            r#"{"default": "basic", "basic": {"badges": 3, "webhooks": 0}, "premium": {"aliases": 100000}}"#,
        )
        .unwrap();
        assert_eq!(plans.limit(None, Quota::Badges), Some(Limit { quota: Quota::Badges, max: 3, tier: Tier::Basic }));
        assert_eq!(plans.limit(Some(Tier::Pro), Quota::Badges), None);
        assert_eq!(plans.limit(Some(Tier::Premium), Quota::Aliases).unwrap().max, MAX_ALIASES);
        let (en, ja) = plans.limit(None, Quota::Webhooks).unwrap().reached(0, at("2026-01-01T00:00:00Z")).texts();
        assert!(en.contains("does not include webhooks") && ja.contains("利用できません"));
        let said =
            |tier| plans.limit(Some(tier), Quota::Aliases).unwrap().reached(1, at("2026-01-01T00:00:00Z")).texts();
        assert!(said(Tier::Premium).0.contains("larger plan"));
        assert!(!said(Tier::Pro).0.contains("larger plan"), "there is none");
        for wrong in
            [r#"{"gold": {}}"#, r#"{"basic": {"badge": 1}}"#, r#"{"basic": {"badges": -1}}"#, r#"{"default": "x"}"#]
        {
            assert!(serde_json::from_str::<Plans>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_figures_to_begin_with_read_and_hold_the_smallest_plan_to_most() {
        let plans: Plans = serde_json::from_str(include_str!("../../../infra/plans.json")).unwrap();
        for quota in QUOTAS {
            let [basic, premium] = [Tier::Basic, Tier::Premium].map(|tier| plans.limit(Some(tier), quota).unwrap().max);
            assert!(basic <= premium, "{quota:?}");
        }
        assert_eq!(plans.limit(None, Quota::CredentialsPerMonth), None);
    }

    #[test]
    fn a_month_and_a_minute_end_where_the_next_begins() {
        let spans = |text: &str, quota: Quota| quota.span(at(text)).map(|(a, b)| (a.to_string(), b.to_string()));
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        let month = Quota::CredentialsPerMonth;
        assert_eq!(spans("2026-12-31T23:59:59.9Z", month), pair("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"));
        assert_eq!(spans("2024-02-01T00:00:00Z", month), pair("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"));
        let minute = Quota::TokensPerMinute;
        assert_eq!(spans("2026-12-31T23:59:59.9Z", minute), pair("2026-12-31T23:59:00Z", "2027-01-01T00:00:00Z"));
        assert_eq!(spans("2026-12-31T23:59:59Z", Quota::Badges), None);
    }

    #[test]
    fn every_quota_has_one_name_in_configuration_and_in_the_api() {
        for quota in QUOTAS {
            assert_eq!(serde_json::to_value(quota).unwrap(), quota.name());
        }
        for tier in TIERS {
            assert_eq!(
                (serde_json::to_value(tier).unwrap(), Tier::from_name(tier.name())),
                (tier.name().into(), Some(tier))
            );
        }
    }
}
