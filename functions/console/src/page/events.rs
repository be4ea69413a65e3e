//! What was issued: the list of events, one event with each recipient's state, mailing again, revoking, and the same as a file.

use crate::Refused;
use crate::api::{Call, Complaint};
use crate::desk::Desk;
use crate::page::badges::content_in;
use crate::posted::Filled;
use crate::shell::{self, Field};
use badge::Lang;
use edge::answer::{Cache, disposition};
use edge::{Answer, sheet};
use maud::{Markup, html};
use serde_json::{Value, json};
use store::Role;

const PAGE: usize = 50;
const ALL: [Role; 3] = [Role::Issuer, Role::Creator, Role::Reviewer];
/// Recipients read at once for a file (the API's own limit of a page).
const MAX_ROWS: usize = 1_000;

fn offset(desk: &Desk<'_>) -> usize {
    desk.request.query("offset").and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// `GET /console/{client}/events?badge_id=&email=&offset=`.
pub(crate) async fn list(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&ALL)?;
    let lang = desk.lang;
    let (from, limit) = (offset(desk).to_string(), PAGE.to_string());
    let mut query = vec![("order_by", "desc"), ("limit", limit.as_str()), ("offset", from.as_str())];
    let filters = ["badge_id", "email"].map(|name| (name, desk.request.query(name)));
    query.extend(filters.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
    let events = Call::to("GET /v2/event/{client}", &[]).asking(&query);
    let badges = Call::to("GET /v2/badge/{client}", &[]).asking(&[("limit", "1000")]);
    let (events, badges) = futures_util::future::try_join(desk.call(&events), desk.read(badges)).await?;
    let complaint = (!events.is_done()).then(|| events.complaints());
    let events = if events.is_done() { events.json() } else { Value::Null };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = |id: &Value| {
        let found = badges["result"].as_array().into_iter().flatten().find(|badge| badge["id"] == *id);
        found.map_or_else(
            || lang.pick("(a deleted badge)", "(削除されたバッジ)").to_owned(),
            |badge| text(&badge["name"]),
        )
    };
    let total = usize::try_from(events["total"].as_u64().unwrap_or(0)).unwrap_or(usize::MAX);
    let title = lang.pick("Issued", "発行履歴");
    Ok(shell::page(
        desk,
        complaint.as_ref().map_or(200, |_| 400),
        title,
        "events",
        &html! {
            h1 { (title) }
            form.toolbar method="get" role="search" {
                div.grow {
                    label for="email" { (lang.pick("Recipient's mail address", "受領者のメールアドレス")) }
                    input #email type="email" name="email" value=(desk.request.query("email").unwrap_or_default());
                }
                div {
                    label for="badge_id" { (lang.pick("Badge", "バッジ")) }
                    select #badge_id name="badge_id" {
                        option value="" { (lang.pick("All", "すべて")) }
                        @for badge in badges["result"].as_array().into_iter().flatten() {
                            option value=(text(&badge["id"])) selected[desk.request.query("badge_id") == badge["id"].as_str()] { (text(&badge["name"])) }
                        }
                    }
                }
                button.quiet { (lang.pick("Show", "表示")) }
            }
            @for complaint in complaint.iter().flatten() { p.bad role="alert" { (complaint.text) } }
            @if total == 0 { div.empty { p { (lang.pick("Nothing was issued.", "発行されたバッジはありません。")) } } }
            @else {
                div.scroll { table {
                    thead { tr {
                        th scope="col" { (lang.pick("When", "日時")) } th scope="col" { (lang.pick("Badge", "バッジ")) }
                        th scope="col" { (lang.pick("Name of the issue", "発行の名称")) } th scope="col" { (lang.pick("Recipients", "受領者数")) }
                        th scope="col" { (lang.pick("By", "経路")) }
                    } }
                    tbody { @for event in events["result"].as_array().into_iter().flatten() {
                        tr {
                            td { a href=(desk.at(&format!("events/{}", text(&event["id"])))) { (shell::time_of(&event["ctime"])) } }
                            td { (name(&event["badge_id"])) }
                            td { (text(&event["name"])) }
                            td { (event["recipient_count"].as_u64().unwrap_or(0)) }
                            td { (by(lang, event)) }
                        }
                    } }
                } }
                (pages(desk, "events", total, &filters))
            }
        },
    ))
}

fn by(lang: Lang, event: &Value) -> String {
    if event["earnable_application_id"].is_string() {
        return lang.pick("application", "申請").to_owned();
    }
    match event["api_consumer_id"].as_str().unwrap_or_default() {
        "console" => lang.pick("console", "コンソール").to_owned(),
        other => other.to_owned(),
    }
}

/// The way to the pages before and behind.
fn pages(desk: &Desk<'_>, page: &str, total: usize, filters: &[(&str, Option<&str>)]) -> Markup {
    let (lang, from) = (desk.lang, offset(desk));
    let link = |to: usize| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in filters {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.append_pair("offset", &to.to_string());
        format!("{}?{}", desk.at(page), query.finish())
    };
    html! {
        @if total > PAGE {
            nav.pages aria-label=(lang.pick("Pages", "ページ")) {
                @if from > 0 { a href=(link(from.saturating_sub(PAGE))) rel="prev" { (lang.pick("Before", "前へ")) } }
                span { (from + 1) "–" (total.min(from + PAGE)) " / " (total) }
                @if from + PAGE < total { a href=(link(from + PAGE)) rel="next" { (lang.pick("Next", "次へ")) } }
            }
        }
    }
}

/// A recipient's state in words, and how it looks.
fn state(lang: Lang, row: &Value) -> Markup {
    if row["revoked"] == true {
        return html! { span.state.bad { (lang.pick("revoked", "取り消し済み")) } };
    }
    if row["issued"] == false {
        return html! { span.state.warn { (lang.pick("being signed", "署名中")) } };
    }
    let (class, text) = delivery(lang, row["delivery"]["state"].as_str().unwrap_or_default());
    html! { span class={"state " (class)} { (text) } }
}

/// A state of delivery.
fn delivery(lang: Lang, state: &str) -> (&'static str, &'static str) {
    match state {
        "queued" => ("", lang.pick("mail waits", "送信待ち")),
        "sent" => ("", lang.pick("mailed", "送信済み")),
        "delivered" => ("", lang.pick("arrived", "到達")),
        "bounced" => ("bad", lang.pick("came back", "不達")),
        "complained" => ("bad", lang.pick("marked as unwanted", "迷惑メール報告")),
        "opened" => ("", lang.pick("opened", "開封済み")),
        "accepted" => ("good", lang.pick("accepted", "受領済み")),
        "declined" => ("warn", lang.pick("declined", "辞退")),
        _ => ("", lang.pick("not mailed", "メールなし")),
    }
}

/// `GET …/events/{event}`.
pub(crate) async fn show(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    event_page(desk, 200, id, &Filled::default()).await
}

async fn event_page(desk: &Desk<'_>, status: u16, id: &str, filled: &Filled) -> Result<Answer, Refused> {
    desk.needs(&ALL)?;
    let lang = desk.lang;
    let (from, limit) = (offset(desk).to_string(), PAGE.to_string());
    let place = [("event", id)];
    let event = Call::to("GET /v2/event/{client}/{event}", &place);
    let query = [("event_id", id), ("limit", limit.as_str()), ("offset", from.as_str())];
    let rows = Call::to("GET /v2/event/{client}/recipient", &[]).asking(&query);
    let (event, rows) = futures_util::future::try_join(desk.read(event), desk.read(rows)).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&content_in(&event["badge"], lang)["name"]);
    let counts = &event["counts"];
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let (all, issued) = (count(&counts["recipients"]), count(&counts["issued"]));
    let total = usize::try_from(rows["total"].as_u64().unwrap_or(0)).unwrap_or(usize::MAX);
    let may = desk.is(Role::Issuer);
    let ticked = |email: &str| filled.posted.has("recipient", email);
    Ok(shell::page(
        desk,
        status,
        &name,
        "events",
        &html! {
            p.soft { a href=(desk.at("events")) { (lang.pick("Issued", "発行履歴")) } }
            div.split {
                img.art src=(text(&event["badge"]["image"])) alt="";
                div {
                    h1 { (name) }
                    p { @if event["name"].as_str() != Some(&name) { (text(&event["name"])) " · " } (shell::time_of(&event["issued_on"])) }
                    @if issued < all {
                        p role="status" { progress max=(all) value=(issued) {} " " (lang.pick(&format!("{issued} of {all} signed. Reload to see more."), &format!("{all}件中{issued}件を署名済み。再読み込みで更新されます。"))) }
                    }
                    ul.plain.counts {
                        @for (state, n) in counts["delivery"].as_object().into_iter().flatten() {
                            @let (class, name) = delivery(lang, state);
                            li { span class={"state " (class)} { (name) " " (count(n)) } }
                        }
                        @if count(&counts["revoked"]) > 0 { li { span.state.bad { (lang.pick("revoked", "取り消し済み")) " " (count(&counts["revoked"])) } } }
                    }
                }
            }
            (shell::complaints(lang, filled))
            form method="post" {
                (shell::csrf(&desk.visitor))
                div.scroll { table {
                    thead { tr {
                        @if may { th scope="col" { span.away { (lang.pick("Choose", "選択")) } } }
                        th scope="col" { (lang.pick("Name", "名前")) } th scope="col" { (lang.pick("Mail address", "メールアドレス")) }
                        th scope="col" { (lang.pick("State", "状態")) } th scope="col" { (lang.pick("Badge", "バッジ")) }
                    } }
                    tbody { @for row in rows["result"].as_array().into_iter().flatten() {
                        @let email = text(&row["email"]);
                        tr {
                            @if may { td { input type="checkbox" name="recipient" value=(email) aria-label=(email) checked[ticked(&email)]; } }
                            td { (text(&row["name"])) }
                            td { (email) }
                            td { (state(lang, row)) }
                            td {
                                @if row["issued"] == true {
                                    a href=(text(&row["assertion_json_url"]).trim_end_matches(".json")) { (lang.pick("page", "ページ")) }
                                    @if let Some(pdf) = row["pdf_url"].as_str() { " · " a href=(pdf) { "PDF" } }
                                }
                            }
                        }
                    } }
                } }
                (pages(desk, &format!("events/{id}"), total, &[]))
                p { a href=(desk.at(&format!("events/{id}/csv"))) { (lang.pick("As a CSV file", "CSVファイルで保存")) } }
                @if may {
                    h2 { (lang.pick("With those ticked", "選択した受領者")) }
                    div.actions.start {
                        button.quiet name="do" value="resend" { (lang.pick("Mail again", "メールを再送")) }
                        button.quiet name="do" value="resend-all" { (lang.pick("Mail all who were not reached", "未達の全員に再送")) }
                    }
                    details.danger open[filled.is_sent()] {
                        summary { (lang.pick("Revoke", "取り消す")) }
                        p { (lang.pick("Validators will say that the badge was revoked, and why. This cannot be undone.", "検証ページなどで、取り消されたこととその理由が表示されます。この操作は元に戻せません。")) }
                        (Field::new("/reason", lang.pick("Reason, which everybody can read", "理由(公開されます)")).line(lang, filled, "reason", "text", ""))
                        button.bad name="do" value="revoke" { (lang.pick("Revoke those ticked", "選択した受領者のバッジを取り消す")) }
                    }
                }
            }
        },
    ))
}

/// `POST …/events/{event}` with `do`: `resend`, `resend-all`, `revoke`.
pub(crate) async fn act(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.needs(&[Role::Issuer])?;
    let posted = desk.posted()?;
    let chosen: Vec<&str> = posted.all("recipient").collect();
    let does = posted.text("do").unwrap_or_default().to_owned();
    if chosen.is_empty() && does != "resend-all" {
        let text = desk.lang.pick("Tick at least one recipient.", "受領者を1名以上選択してください。");
        let complaints = vec![Complaint { pointer: String::new(), text: text.to_owned() }];
        return event_page(desk, 400, id, &Filled { posted, complaints }).await;
    }
    let place = [("event", id)];
    let (call, done) = match does.as_str() {
        "revoke" => {
            let reason = posted.text("reason").unwrap_or_default();
            let call = Call::to("PUT /v2/event/{client}/{event}/revoke", &place);
            (call.json(&json!({"recipient": chosen, "reason": reason})), "revoked")
        }
        "resend" => {
            let call = Call::to("POST /v2/event/{client}/{event}/resend", &place);
            (call.json(&json!({"recipient": chosen})), "resent")
        }
        _ => (Call::to("POST /v2/event/{client}/{event}/resend", &place).json(&json!({})), "resent"),
    };
    let reply = desk.call(&call).await?;
    if reply.is_done() {
        return Ok(desk.done(&format!("events/{id}"), done));
    }
    if [403, 404].contains(&reply.status) {
        return Err(reply.problem().into());
    }
    let complaints = reply.complaints();
    event_page(desk, reply.status, id, &Filled { posted, complaints }).await
}

/// `GET …/events/{event}/csv`: every recipient with their state, for a spreadsheet.
pub(crate) async fn csv(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.needs(&ALL)?;
    let head = ["email", "name", "state", "revoked", "issued_on", "expires_on", "credential", "pdf"];
    let mut file = format!("{}{}", sheet::BEGINNING, sheet::row(head));
    let limit = MAX_ROWS.to_string();
    for page in 0.. {
        let from = (page * MAX_ROWS).to_string();
        let query = [("event_id", id), ("limit", limit.as_str()), ("offset", from.as_str())];
        let rows = desk.read(Call::to("GET /v2/event/{client}/recipient", &[]).asking(&query)).await?;
        let rows = rows["result"].as_array().cloned().unwrap_or_default();
        for row in &rows {
            file.push_str(&line(row));
        }
        if rows.len() < MAX_ROWS {
            break;
        }
    }
    Ok(Answer::new(200)
        .body("text/csv; charset=utf-8", file)
        .cache(Cache::None)
        .header("content-disposition", disposition("attachment", &format!("issued-{id}.csv"))))
}

fn line(row: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let day = |value: &Value| {
        let at = value.as_i64().and_then(|second| jiff::Timestamp::from_second(second).ok());
        at.map(badge::rfc3339).unwrap_or_default()
    };
    let cells = [
        text(&row["email"]),
        text(&row["name"]),
        text(&row["delivery"]["state"]),
        (row["revoked"] == true).to_string(),
        day(&row["issued_on"]),
        day(&row["expires_on"]),
        text(&row["assertion_json_url"]),
        text(&row["pdf_url"]),
    ];
    sheet::row(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_every_column() {
        assert_eq!(
            line(&json!({"email": "a@b.example", "name": "@x", "delivery": {"state": "accepted"}})),
            "a@b.example,'@x,accepted,false,,,,\r\n"
        );
    }

    #[test]
    fn every_state_of_delivery_has_words_in_both_languages() {
        for state in ["queued", "sent", "delivered", "bounced", "complained", "opened", "accepted", "declined"] {
            assert_ne!(delivery(Lang::En, state).1, delivery(Lang::En, "none").1, "{state}");
            assert_ne!(delivery(Lang::Ja, state).1, delivery(Lang::En, state).1, "{state}");
        }
    }
}
