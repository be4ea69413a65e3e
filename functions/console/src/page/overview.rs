//! How things stand: what was issued and received lately, what waits, and what to do first.

use crate::api::Call;
use crate::desk::Desk;
use crate::page::plan;
use crate::{Refused, shell};
use badge::{EventId, Lang};
use edge::Answer;
use futures_util::future::try_join4;
use maud::{Markup, html};
use serde_json::Value;
use std::collections::HashMap;
use store::{Role, Tally};

/// Months that the chart covers.
const MONTHS: usize = 12;
/// Events of which it is told what became of them, the newest: as many as are read at once.
const NEWEST: usize = 100;

/// `GET /console/{client}`.
pub(crate) async fn show(desk: &Desk<'_>) -> Result<Answer, Refused> {
    let lang = desk.lang;
    let title = lang.pick("Overview", "概要");
    let badges = desk.read(Call::to("GET /v2/badge/{client}", &[]).asking(&[("limit", "1000")]));
    let events = async {
        let call = Call::to("GET /v2/event/{client}", &[]).asking(&[("limit", "1000"), ("order_by", "desc")]);
        if desk.is(Role::Issuer) || desk.is(Role::Creator) || desk.is(Role::Reviewer) {
            desk.read(call).await
        } else {
            Ok(Value::Null)
        }
    };
    let waiting = async {
        let call = Call::to("GET /v2/application/{client}", &[]).asking(&[("state", "submitted"), ("limit", "1")]);
        if desk.is(Role::Issuer) || desk.is(Role::Reviewer) { desk.read(call).await } else { Ok(Value::Null) }
    };
    let usage = desk.read(Call::to("GET /v2/client/{client}/usage", &[]));
    let (badges, events, waiting, usage) = try_join4(badges, events, waiting, usage).await?;
    let newest: Vec<&Value> = events["result"].as_array().into_iter().flatten().take(NEWEST).collect();
    let ids: Vec<EventId> = newest.iter().filter_map(|event| id(event)).collect();
    let tallies = if ids.is_empty() { Ok(HashMap::new()) } else { desk.app.store.tallies(&ids).await };
    let tallies = tallies.map_err(edge::failed)?;
    let total = |value: &Value| value["total"].as_u64().unwrap_or(0);
    let months = months(&events, desk.request.now);
    let drafts = badges["result"].as_array().into_iter().flatten().filter(|badge| badge["draft"] == true).count();
    Ok(shell::page(
        desk,
        200,
        title,
        "",
        &html! {
            h1 { (title) }
            (plan::warning(desk, &usage))
            div.figures {
                (figure(desk, "badges", total(&badges), lang.pick("badges", "バッジ")))
                (figure(desk, "events", months.iter().map(|(_, n)| n).sum(), lang.pick("issued in twelve months", "12か月の発行数")))
                (figure(desk, "applications", total(&waiting), lang.pick("to be reviewed", "審査待ちの申請")))
            }
            @if total(&badges) == 0 {
                div.empty {
                    h2 { (lang.pick("Begin with a badge", "まずバッジを作りましょう")) }
                    p { (lang.pick("Draw its picture, say what it stands for and how it is earned. Then issue it to a list of people, or let them apply for it.", "画像をデザインし、何を証明するバッジか、どうすれば取得できるかを書きます。その後、名簿を使って発行したり、申請を受け付けたりできます。")) }
                    @if desk.is(Role::Creator) { a.button.primary href=(desk.at("badges/new")) { (lang.pick("Make a badge", "バッジを作成")) } }
                }
            } @else {
                h2 { (lang.pick("Issued by month", "月別の発行数")) }
                (chart(lang.pick("Issued by month", "月別の発行数"), &months))
                @if !newest.is_empty() {
                    (received(lang, &Fates::of(&newest, &tallies), total(&events) > NEWEST as u64))
                }
                @if drafts > 0 {
                    p { a href=(desk.at("badges?draft=1")) { (lang.pick(&format!("{drafts} draft(s) wait to be finished"), &format!("下書きのバッジが{drafts}件あります"))) } }
                }
                h2 { (lang.pick("Lately issued", "最近の発行")) }
                ul.rows {
                    @for event in events["result"].as_array().into_iter().flatten().take(5) {
                        @let badge = name_of(&badges, &event["badge_id"]);
                        li {
                            a href=(desk.at(&format!("events/{}", event["id"].as_str().unwrap_or_default()))) {
                                (badge)
                                @if let Some(name) = event["name"].as_str().filter(|name| !name.is_empty() && *name != badge) { " – " (name) }
                            }
                            @let count = event["recipient_count"].as_u64().unwrap_or(0);
                            @let accepted = id(event).and_then(|id| tallies.get(&id)).map_or(0, |tally| tally.accepted);
                            span.soft {
                                (count) (lang.pick(if count == 1 { " recipient" } else { " recipients" }, "名"))
                                @if accepted > 0 { " · " (lang.pick(&format!("{accepted} received"), &format!("受領{accepted}名"))) }
                                " · " (shell::time_of(&event["ctime"]))
                            }
                        }
                    }
                }
            }
        },
    ))
}

fn figure(desk: &Desk<'_>, page: &str, number: u64, what: &str) -> Markup {
    html! { a.figure href=(desk.at(page)) { strong { (number) } span { (what) } } }
}

fn id(event: &Value) -> Option<EventId> {
    event["id"].as_str()?.parse().ok()
}

/// What became of recipients, each in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Fates {
    issued: u64,
    received: u64,
    declined: u64,
    bounced: u64,
}

impl Fates {
    fn of(events: &[&Value], tallies: &HashMap<EventId, Tally>) -> Self {
        let mut fates = Self::default();
        for event in events {
            let issued = event["recipient_count"].as_u64().unwrap_or(0);
            let tally = id(event).and_then(|id| tallies.get(&id).copied()).unwrap_or_default();
            fates.issued += issued;
            fates.received += tally.accepted;
            fates.declined += tally.declined;
            // Somebody may have answered although a mail came back.
            fates.bounced += tally.bounced.min(issued.saturating_sub(tally.accepted + tally.declined));
        }
        fates
    }

    fn pending(self) -> u64 {
        self.issued.saturating_sub(self.received + self.declined + self.bounced)
    }
}

/// How many received their badge, who has yet to, and to whom no mail gets: a bar as inline SVG, with the same in words.
fn received(lang: Lang, fates: &Fates, are_more: bool) -> Markup {
    const WIDTH: u64 = 600;
    let title = lang.pick("Received", "受領状況");
    let parts = [
        ("received", fates.received, lang.pick("received", "受領済み")),
        ("pending", fates.pending(), lang.pick("pending", "未受領")),
        ("declined", fates.declined, lang.pick("declined", "辞退")),
        ("bounced", fates.bounced, lang.pick("mail bounced", "メール不達")),
    ];
    // Where each begins: the last ends at the end, whatever is rounded.
    let mut before = 0;
    let places = parts.map(|(class, count, _)| {
        let from = before * WIDTH / fates.issued.max(1);
        before += count;
        (class, from, before * WIDTH / fates.issued.max(1) - from)
    });
    html! {
        h2 { (title) }
        figure.chart.fates {
            svg viewBox="0 0 600 28" role="img" aria-label=(title) {
                @for (class, from, width) in places.iter().filter(|(.., width)| *width > 0) {
                    rect class=(class) x=(from) y="0" width=(width) height="28" {}
                }
            }
            figcaption {
                ul.legend { @for (class, count, words) in parts { li { span.swatch.(class) {} strong { (count) } " " (words) } } }
                p.hint {
                    @let (issued, count) = (fates.issued, NEWEST);
                    @if are_more { (lang.pick(&format!("Of {issued} badges issued in the newest {count} events."), &format!("対象：直近{count}回の発行で発行した{issued}件"))) }
                    @else { (lang.pick(&format!("Of {issued} badges issued."), &format!("対象：発行した{issued}件"))) }
                }
            }
        }
    }
}

/// The name of a badge in a list of the API's.
fn name_of<'a>(badges: &'a Value, id: &Value) -> &'a str {
    let found = badges["result"].as_array().into_iter().flatten().find(|badge| badge["id"] == *id);
    found.and_then(|badge| badge["name"].as_str()).unwrap_or("–")
}

/// Recipients by month, the last twelve in their order: `2026-11`.
fn months(events: &Value, now: jiff::Timestamp) -> Vec<(String, u64)> {
    let utc = |at: jiff::Timestamp| at.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let first = utc(now).date().first_of_month();
    let starts = (0..MONTHS).rev().filter_map(|back| {
        let back = i64::try_from(back).ok()?;
        first.checked_sub(jiff::Span::new().months(back)).ok()
    });
    let name = |date: jiff::civil::Date| date.strftime("%Y-%m").to_string();
    let mut months: Vec<(String, u64)> = starts.map(|date| (name(date), 0)).collect();
    for event in events["result"].as_array().into_iter().flatten() {
        let at = event["ctime"].as_i64().and_then(|s| jiff::Timestamp::from_second(s).ok());
        let Some(month) = at.map(|at| name(utc(at).date())) else { continue };
        if let Some((_, count)) = months.iter_mut().find(|(name, _)| *name == month) {
            *count += event["recipient_count"].as_u64().unwrap_or(0);
        }
    }
    months
}

/// Bars as inline SVG, with the same as a table for who does not see them.
fn chart(title: &str, months: &[(String, u64)]) -> Markup {
    let most = months.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    html! {
        figure.chart {
            svg viewBox="0 0 600 180" role="img" aria-label=(title) {
                @for (place, (month, count)) in months.iter().enumerate() {
                    @let height = count * 130 / most;
                    @let x = place * 50 + 5;
                    rect x=(x) y=(150 - height) width="40" height=(height.max(1)) rx="3" {}
                    @if *count > 0 { text x=(x + 20) y=(143 - height) text-anchor="middle" { (count) } }
                    text.month x=(x + 20) y="170" text-anchor="middle" { (month.get(5..).unwrap_or_default()) }
                }
            }
            figcaption.away {
                table { @for (month, count) in months { tr { th scope="row" { (month) } td { (count) } } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn recipients_are_counted_in_the_month_they_were_issued_to() {
        let now: jiff::Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
        let events = json!({"result": [
            {"ctime": at("2026-11-01T00:00:00Z"), "recipient_count": 3},
            {"ctime": at("2026-10-31T23:59:59Z"), "recipient_count": 2},
            {"ctime": at("2025-12-01T00:00:00Z"), "recipient_count": 5},
            {"ctime": at("2025-11-30T00:00:00Z"), "recipient_count": 7},
        ]});
        let months = months(&events, now);
        let counted = |month: &str| months.iter().find(|(name, _)| name == month).map(|(_, n)| *n);
        assert_eq!((months.len(), months[11].0.as_str()), (12, "2026-11"));
        assert_eq!(
            (counted("2026-11"), counted("2026-10"), counted("2025-12"), counted("2025-11")),
            (Some(3), Some(2), Some(5), None)
        );
    }

    #[test]
    fn everybody_has_one_fate_and_the_bar_is_filled() {
        let (one, other) = ("1".repeat(20), "2".repeat(20));
        let events = [json!({"id": one, "recipient_count": 5}), json!({"id": other, "recipient_count": 2})];
        let tallies = HashMap::from([
            (one.parse().unwrap(), Tally { accepted: 3, declined: 0, bounced: 1 }),
            // One of those who answered had a mail come back before.
            (other.parse().unwrap(), Tally { accepted: 1, declined: 1, bounced: 1 }),
        ]);
        let fates = Fates::of(&events.iter().collect::<Vec<_>>(), &tallies);
        assert_eq!((fates.issued, fates.received, fates.declined, fates.bounced), (7, 4, 1, 1));
        assert_eq!(fates.pending(), 1);
        let page = received(Lang::En, &fates, false).into_string();
        let widths =
            page.split(" width=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse::<u64>().unwrap());
        assert_eq!((widths.sum::<u64>(), page.contains("Of 7 badges issued.")), (600, true));
        assert!(received(Lang::Ja, &Fates::default(), true).into_string().contains("直近100回"));
    }

    #[test]
    fn the_tallest_bar_is_the_greatest_month() {
        let chart = chart("T", &[("2026-01".into(), 10), ("2026-02".into(), 5)]).into_string();
        assert!(
            chart.contains("height=\"130\"")
                && chart.contains("height=\"65\"")
                && chart.contains("<th scope=\"row\">2026-01</th>")
        );
    }
}
