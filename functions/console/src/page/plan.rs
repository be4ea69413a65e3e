//! What the organisation's plan allows, and how much of it is used.

use crate::Refused;
use crate::api::Call;
use crate::desk::Desk;
use crate::shell;
use badge::Lang;
use badge::plan::{Quota, Tier};
use edge::Answer;
use maud::{Markup, html};
use serde_json::Value;
use store::Role;

/// Percent of a limit from which on people are told.
const NEARLY: u64 = 80;

/// A line of `GET /v2/client/{client}/usage`.
struct Line<'a> {
    title: &'a str,
    used: u64,
    max: Option<u64>,
    renews_at: &'a Value,
    /// Whether it is a number of bytes.
    is_bytes: bool,
}

/// What is counted by more than the minute.
fn lines(usage: &Value) -> impl Iterator<Item = Line<'_>> {
    usage["quotas"].as_array().into_iter().flatten().filter_map(|row| {
        Some(Line {
            title: row["title"].as_str()?,
            used: row["used"].as_u64()?,
            max: row["limit"].as_u64(),
            renews_at: &row["renews_at"],
            is_bytes: row["name"] == Quota::EvidenceBytesPerMonth.name(),
        })
    })
}

impl Line<'_> {
    fn is_full(&self) -> bool {
        self.max.is_some_and(|max| max > 0 && self.used >= max)
    }
    fn is_nearly_full(&self) -> bool {
        self.max.is_some_and(|max| max > 0 && self.used.saturating_mul(100) >= max.saturating_mul(NEARLY))
    }
    fn number(&self, number: u64) -> String {
        if self.is_bytes { bytes(number) } else { grouped(number) }
    }
}

/// `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit that people would name, rounded up: what is nearly nothing is not nothing.
pub(super) fn bytes(number: u64) -> String {
    let (unit, name) = match number {
        0..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = number.saturating_mul(10).div_ceil(unit);
    if tenths % 10 == 0 { format!("{} {name}", tenths / 10) } else { format!("{}.{} {name}", tenths / 10, tenths % 10) }
}

/// `GET /console/{client}/plan`.
pub(crate) async fn show(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Admin])?;
    let lang = desk.lang;
    let usage = desk.read(Call::to("GET /v2/client/{client}/usage", &[])).await?;
    let plan = usage["plan"].as_str().and_then(Tier::from_name).unwrap_or_default();
    let title = lang.pick("Plan and usage", "プランと利用状況");
    Ok(shell::page(
        desk,
        200,
        title,
        "plan",
        &html! {
            h1 { (title) }
            p { (lang.pick("This organisation has the plan ", "現在のプラン: ")) strong { (plan.title()) } (lang.pick(".", "")) }
            ul.usage { @for line in lines(&usage) { (row(lang, &line)) } }
            @let rates: Vec<_> = rates(&usage).collect();
            @if !rates.is_empty() {
                h2 { (lang.pick("At one time", "短時間の上限")) }
                ul { @for (title, max) in rates { li { (title) ": " (grouped(max)) } } }
            }
            h2 { (lang.pick("At a limit", "上限に達したとき")) }
            p { (lang.pick(
                "What there is stays and goes on working: badges that were issued hold, forms stay open, members come in. Only what would go beyond the limit is refused, and says so. Badges of approved applications are issued by themselves once there is room again.",
                "すでにあるものはそのまま使えます。発行済みのバッジは有効で、フォームは受け付けを続け、メンバーもサインインできます。上限を超える操作だけが、理由を示して断られます。承認済みの申請のバッジは、空きができしだい自動的に発行されます。"
            )) }
            p { (lang.pick(
                "What is counted by the month begins anew on the first day of a month (UTC). The rest becomes free by removing something. For another plan, ask who runs this service.",
                "月ごとに数えるものは、毎月1日(UTC)に更新されます。それ以外は、不要なものを削除すると空きができます。プランの変更は、このサービスの運営者にご連絡ください。"
            )) }
        },
    ))
}

fn row(lang: Lang, line: &Line<'_>) -> Markup {
    let title = if line.is_bytes {
        lang.pick("evidence handed in in a month", "1か月に提出される証拠資料")
    } else {
        line.title
    };
    html! {
        li {
            strong { (title) }
            @match line.max {
                None => { span { (line.number(line.used)) " " span.soft { (lang.pick("(no limit)", "(無制限)")) } } },
                Some(0) => {
                    @if line.used > 0 { span { (line.number(line.used)) } }
                    span.soft { (lang.pick("not in this plan", "このプランでは利用できません")) }
                },
                Some(max) => {
                    meter min="0" max=(max) value=(line.used.min(max)) high=(max.saturating_mul(NEARLY) / 100) optimum="0" aria-label=(title) {}
                    span { (line.number(line.used)) " / " (line.number(max)) }
                    span {
                        (lang.pick("", "残り ")) (line.number(max.saturating_sub(line.used))) (lang.pick(" left", ""))
                        @if line.is_full() { " " span.state.bad { (lang.pick("reached", "上限")) } }
                        @else if line.is_nearly_full() { " " span.state.warn { (lang.pick("nearly", "残りわずか")) } }
                    }
                },
            }
            @if !line.renews_at.is_null() {
                span.soft { (lang.pick("begins anew ", "更新 ")) (shell::time_of(line.renews_at)) }
            }
        }
    }
}

/// What is limited by the minute.
fn rates(usage: &Value) -> impl Iterator<Item = (&str, u64)> {
    let rows = usage["quotas"].as_array().into_iter().flatten().filter(|row| row["period"] == "minute");
    rows.filter_map(|row| Some((row["title"].as_str()?, row["limit"].as_u64()?)))
}

/// For the overview: what is used up, or nearly.
pub(crate) fn warning(desk: &Desk<'_>, usage: &Value) -> Markup {
    let lang = desk.lang;
    let near: Vec<Line<'_>> = lines(usage).filter(Line::is_nearly_full).collect();
    html! {
        @if !near.is_empty() {
            div.note.warn role="status" {
                strong { (lang.pick("The plan's limits are near:", "プランの上限に近づいています。")) }
                ul { @for line in &near { @if let Some(max) = line.max {
                    li { (line.title) ": " (line.number(line.used)) " / " (line.number(max)) }
                } } }
                @if desk.is(Role::Admin) { p { a href=(desk.at("plan")) { (lang.pick("Plan and usage", "プランと利用状況")) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn people_are_told_at_four_fifths_and_of_what_the_plan_has() {
        let usage = |used: u64, limit: Value| json!({"quotas": [{"name": "badges", "title": "T", "used": used, "limit": limit, "renews_at": null}]});
        let told = |used: u64, limit: Value| {
            lines(&usage(used, limit)).map(|line| (line.is_nearly_full(), line.is_full())).next()
        };
        assert_eq!(told(79, json!(100)), Some((false, false)));
        assert_eq!(told(80, json!(100)), Some((true, false)));
        assert_eq!(told(100, json!(100)), Some((true, true)));
        assert_eq!(told(5, json!(3)), Some((true, true)));
        assert_eq!(told(0, json!(0)), Some((false, false)));
        assert_eq!(told(9_999, Value::Null), Some((false, false)));
        let rate = json!({"quotas": [{"name": "issues_per_minute", "title": "T", "period": "minute", "used": null, "limit": 30}]});
        assert!(lines(&rate).next().is_none());
        assert_eq!(rates(&rate).collect::<Vec<_>>(), [("T", 30)]);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 100_000_000, 1_250_000_000].map(bytes), ["0 kB", "0.1 kB", "100 MB", "1.3 GB"]);
    }
}
