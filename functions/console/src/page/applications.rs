//! The review queue: applications that wait, and one of them with what was submitted before and now, side by side.

use crate::Refused;
use crate::api::Call;
use crate::desk::{Desk, see_other};
use crate::posted::Filled;
use crate::shell::{self, Field};
use badge::Lang;
use edge::{Answer, Kind};
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use store::Role;

const DECIDERS: [Role; 2] = [Role::Issuer, Role::Reviewer];
/// States that are shown, in the order of the choice.
const STATES: [&str; 9] =
    ["submitted", "checking", "unproven", "returned", "approved", "issued", "rejected", "withdrawn", "duplicate"];

/// How a state is marked, and what it is called.
pub(crate) fn state(lang: Lang, name: &str) -> (&'static str, &'static str) {
    match name {
        "draft" => ("warn", lang.pick("draft", "下書き")),
        "submitted" => ("warn", lang.pick("waits for a decision", "審査待ち")),
        "checking" => ("", lang.pick("files are looked at", "ファイル確認中")),
        "unproven" => ("", lang.pick("address not proved", "アドレス未確認")),
        "returned" => ("", lang.pick("sent back", "差し戻し中")),
        "approved" => ("good", lang.pick("approved", "承認済み")),
        "issued" => ("good", lang.pick("issued", "発行済み")),
        "rejected" => ("bad", lang.pick("rejected", "却下")),
        "withdrawn" => ("", lang.pick("withdrawn", "取り下げ")),
        "duplicate" => ("", lang.pick("duplicate", "重複")),
        _ => ("", "–"),
    }
}

/// `GET /console/{client}/applications?state=&q=`.
pub(crate) async fn list(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&DECIDERS)?;
    let lang = desk.lang;
    let wanted = desk.request.query("state").filter(|state| STATES.contains(state)).unwrap_or("submitted");
    let mut query = vec![("state", wanted), ("limit", "200")];
    query.extend(desk.request.query("q").map(|text| ("q", text)));
    let list = desk.read(Call::to("GET /v2/application/{client}", &[]).asking(&query)).await?;
    let badges = desk.read(Call::to("GET /v2/badge/{client}", &[]).asking(&[("limit", "1000")])).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = |id: &Value| {
        badges["result"].as_array().into_iter().flatten().find(|b| b["id"] == *id).map(|b| text(&b["name"]))
    };
    let rows = list["result"].as_array().map(Vec::as_slice).unwrap_or_default();
    let title = lang.pick("Applications", "申請の審査");
    Ok(shell::page(
        desk,
        200,
        title,
        "applications",
        &html! {
            h1 { (title) }
            form.toolbar method="get" role="search" {
                div {
                    label for="state" { (lang.pick("State", "状態")) }
                    select #state name="state" { @for name in STATES { option value=(name) selected[name == wanted] { (state(lang, name).1) } } }
                }
                div.grow { label for="q" { (lang.pick("Name or address", "名前・メールアドレス")) } input #q type="search" name="q" value=(desk.request.query("q").unwrap_or_default()); }
                button.quiet { (lang.pick("Show", "表示")) }
            }
            @if rows.is_empty() { div.empty { p { (lang.pick("Nothing here.", "該当する申請はありません。")) } } }
            @else {
                div.scroll { table {
                    thead { tr { th scope="col" { (lang.pick("Name", "名前")) } th scope="col" { (lang.pick("Badge", "バッジ")) } th scope="col" { (lang.pick("Since", "いつから")) } th scope="col" { (lang.pick("State", "状態")) } } }
                    tbody { @for row in rows {
                        @let (class, words) = state(lang, row["state"].as_str().unwrap_or_default());
                        tr {
                            td { a href=(desk.at(&format!("applications/{}", text(&row["id"])))) { (text(&row["name"])) } " " span.soft { (text(&row["email"])) } }
                            td { (name(&row["badge_id"]).unwrap_or_default()) }
                            td { (shell::time_of(&row["since"])) }
                            td { span class={"state " (class)} { (words) } @if row["submission_count"].as_u64().unwrap_or(0) > 1 { " " span.soft { (lang.pick("again", "再提出")) } } }
                        }
                    } }
                } }
            }
        },
    ))
}

/// `GET …/applications/{application}`.
pub(crate) async fn show(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    page(desk, 200, id, &Filled::default()).await
}

async fn page(desk: &Desk<'_>, status: u16, id: &str, filled: &Filled) -> Result<Answer, Refused> {
    desk.needs(&DECIDERS)?;
    let lang = desk.lang;
    let seen = desk.read(Call::to("GET /v2/application/{client}/{application}", &[("application", id)])).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let submissions = seen["submissions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let form = |submission: &Value| {
        seen["forms"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|form| form["version"] == submission["form_version"])
            .cloned()
            .unwrap_or_default()
    };
    let (class, words) = state(lang, seen["state"].as_str().unwrap_or_default());
    let name = text(&seen["name"]);
    Ok(shell::page(
        desk,
        status,
        &name,
        "applications",
        &html! {
            p.soft { a href=(desk.at("applications")) { (lang.pick("Applications", "申請の審査")) } }
            h1 { (name) }
            p { (text(&seen["email"])) " " span class={"state " (class)} { (words) } " " span.soft { (shell::time_of(&seen["since"])) } }
            @if let Some(instructions) = seen["reviewer_instructions"].as_str().filter(|t| !t.is_empty()) { div.note { (edge::markdown::render(instructions)) } }
            @match submissions {
                [] => {},
                [only] => { (answers(desk, id, &seen, &form(only), only, None)) },
                [.., before, now] => {
                    div.versions {
                        section { h2 { (lang.pick("Before", "前回")) " " span.soft { (shell::time_of(&before["time"])) } } (answers(desk, id, &seen, &form(before), before, None)) }
                        section { h2 { (lang.pick("Now", "今回")) " " span.soft { (shell::time_of(&now["time"])) } } (answers(desk, id, &seen, &form(now), now, Some(before))) }
                    }
                },
            }
            @if let Some(score) = submissions.last().map(|s| &s["score"]).filter(|s| s.is_object()) {
                p { (lang.pick("Score", "得点")) ": " (score["points"]) @if score["passed"] == true { " " span.state.good { (lang.pick("passed", "合格")) } } }
            }
            (votes(lang, &seen))
            (shell::complaints(lang, filled))
            @if seen["may_decide"] == true { (decision(desk, filled)) }
            h2 { (lang.pick("What happened", "経過")) }
            ol.rows { @for entry in seen["history"].as_array().into_iter().flatten() {
                li {
                    span { (happened(lang, entry["action"].as_str().unwrap_or_default())) " → " (state(lang, entry["to"].as_str().unwrap_or_default()).1) @if let Some(note) = entry["note"].as_str().filter(|n| !n.is_empty()) { " – " (note) } }
                    span.soft { (shell::time_of(&entry["time"])) }
                }
            } }
        },
    ))
}

/// What happened, in words.
fn happened(lang: Lang, action: &str) -> &str {
    match action {
        "submit" => lang.pick("handed in", "提出"),
        "ask_proof" => lang.pick("proof of the address asked for", "確認メールの送信"),
        "prove" => lang.pick("address proved", "アドレスの確認"),
        "check" => lang.pick("files looked at", "ファイルの検査"),
        "assign" => lang.pick("reviewers chosen", "審査者の割り当て"),
        "vote" => lang.pick("vote", "投票"),
        "endorse" => lang.pick("endorsed", "推薦"),
        "return" => lang.pick("sent back", "差し戻し"),
        "approve" => lang.pick("approved", "承認"),
        "reject" => lang.pick("rejected", "却下"),
        "duplicate" => lang.pick("set aside", "重複として除外"),
        "withdraw" => lang.pick("taken back", "取り下げ"),
        "issue" => lang.pick("issued", "発行"),
        other => other,
    }
}

/// One submission: each question with its answer, marked where it differs from `before`.
fn answers(
    desk: &Desk<'_>,
    id: &str,
    seen: &Value,
    form: &Value,
    submission: &Value,
    before: Option<&Value>,
) -> Markup {
    let lang = desk.lang;
    html! {
        dl.answers {
            @for field in form["fields"].as_array().into_iter().flatten() {
                @let key = field["id"].as_str().unwrap_or_default();
                @let answer = &submission["answers"][key];
                @let changed = before.is_some_and(|before| before["answers"][key] != *answer);
                dt { (field["label"].as_str().unwrap_or_default()) @if changed { " " span.state.warn { (lang.pick("changed", "変更")) } } }
                dd dir="auto" {
                    @if field["type"] == "file" { (files(desk, id, seen, answer)) }
                    @else { @for line in shown(field, answer) { p { (line) } } }
                }
            }
        }
    }
}

/// An answer in words: the labels of what was chosen.
fn shown(field: &Value, answer: &Value) -> Vec<String> {
    let label = |value: &Value| {
        let option = field["options"].as_array().into_iter().flatten().find(|option| option["value"] == *value);
        let label = option.and_then(|option| option["label"].as_str()).or_else(|| value.as_str());
        label.unwrap_or("–").to_owned()
    };
    match answer {
        Value::Null => vec!["–".to_owned()],
        Value::Array(all) if all.is_empty() => vec!["–".to_owned()],
        Value::Array(all) => all.iter().map(label).collect(),
        Value::String(text) if !field["options"].is_array() => text.lines().map(str::to_owned).collect(),
        one => vec![label(one)],
    }
}

fn files(desk: &Desk<'_>, id: &str, seen: &Value, answer: &Value) -> Markup {
    let ids: Vec<&str> = match answer {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        other => other["files"].as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    html! {
        ul.plain { @for file in ids {
            @let known = seen["files"].as_array().into_iter().flatten().find(|one| one["id"] == file);
            @let name = known.and_then(|one| one["name"].as_str()).unwrap_or(file);
            li {
                @if known.is_some_and(|one| one["state"] == "accepted") { a href=(desk.at(&format!("applications/{id}/files/{file}"))) { (name) } }
                @else { (name) " " span.soft { (desk.lang.pick("not available", "利用できません")) } }
            }
        } }
    }
}

fn votes(lang: Lang, seen: &Value) -> Markup {
    let all = seen["votes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let approvals = seen["approvals"].as_array().map_or(0, Vec::len);
    html! {
        @if !all.is_empty() {
            h2 { (lang.pick("Votes", "投票")) }
            ul.rows { @for vote in all {
                li { span { strong { (vote["by"].as_str().unwrap_or_default()) } " " @if vote["choice"] == "issue" { span.state.good { (lang.pick("issue", "発行")) } } @else { span.state.bad { (lang.pick("reject", "却下")) } } " " (vote["comment"].as_str().unwrap_or_default()) } span.soft { (shell::time_of(&vote["time"])) } }
            } }
        }
        @if approvals > 0 { p { (lang.pick(&format!("{approvals} peers have endorsed it."), &format!("{approvals}名の仲間が承認しています。"))) } }
    }
}

fn decision(desk: &Desk<'_>, filled: &Filled) -> Markup {
    let lang = desk.lang;
    let typed = |does: &str| filled.posted.has("decision", does);
    html! {
        h2 { (lang.pick("Your decision", "判定")) }
        details.fold open[typed("approve")] {
            summary { (lang.pick("Approve and issue", "承認して発行する")) }
            form method="post" {
                (shell::csrf(&desk.visitor))
                (Field::new("/criteria_add", lang.pick("Added to the criteria", "取得条件への追記")).paragraph(lang, filled, "criteria_add", 2, ""))
                (Field::new("/expires_on", lang.pick("Valid until the end of (UTC)", "有効期限(UTC、この日の終わりまで)")).line(lang, filled, "expires_on", "date", ""))
                (Field::new("/email_message/subject", lang.pick("Subject of the mail, if another", "メールの件名(変更する場合)")).line(lang, filled, "mail.subject", "text", ""))
                (Field::new("/email_message/body", lang.pick("Text of the mail, if another", "メールの本文(変更する場合)")).paragraph(lang, filled, "mail.body", 4, ""))
                button name="decision" value="approve" { (lang.pick("Approve", "承認する")) }
            }
        }
        details.fold open[typed("return")] {
            summary { (lang.pick("Send back with a comment", "コメントを付けて差し戻す")) }
            form method="post" {
                (shell::csrf(&desk.visitor))
                (Field::new("/comment", lang.pick("What should be different", "修正してほしい点")).required().paragraph(lang, filled, "comment", 3, ""))
                button.quiet name="decision" value="return" { (lang.pick("Send back", "差し戻す")) }
            }
        }
        details.fold open[typed("reject")] {
            summary { (lang.pick("Reject", "却下する")) }
            form method="post" {
                (shell::csrf(&desk.visitor))
                (Field::new("/reason", lang.pick("Reason", "理由")).paragraph(lang, filled, "reason", 3, ""))
                label.tick { input type="checkbox" name="send_email" value="yes" checked; span { (lang.pick("Tell the applicant by mail", "申請者にメールで知らせる")) } }
                button.bad name="decision" value="reject" { (lang.pick("Reject", "却下する")) }
            }
        }
        details.fold open[typed("duplicate")] {
            summary { (lang.pick("Set aside as a duplicate", "重複として除外する")) }
            form method="post" {
                (shell::csrf(&desk.visitor))
                p { (lang.pick("It leaves the queue and nobody is told. This cannot be undone.", "審査待ちから外れます。申請者への通知は行われません。この操作は元に戻せません。")) }
                button.bad name="decision" value="duplicate" { (lang.pick("Set aside", "除外する")) }
            }
        }
    }
}

/// `POST …/applications/{application}` with `decision`.
pub(crate) async fn decide(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.needs(&DECIDERS)?;
    let posted = desk.posted()?;
    let does = posted.text("decision").unwrap_or_default().to_owned();
    let mut body = Map::new();
    body.insert("decision".into(), does.as_str().into());
    let texts: &[&str] = match does.as_str() {
        "approve" => &["criteria_add"],
        "return" => &["comment"],
        "reject" => &["reason"],
        _ => &[],
    };
    for name in texts {
        if let Some(text) = posted.text(name) {
            body.insert((*name).to_owned(), text.into());
        }
    }
    if does == "reject" {
        body.insert("send_email".into(), posted.has("send_email", "yes").into());
    }
    if does == "approve" {
        if let Some(day) = posted.text("expires_on") {
            let end =
                day.parse::<jiff::civil::Date>().and_then(jiff::civil::Date::tomorrow).and_then(|day| day.in_tz("UTC"));
            body.insert(
                "expires_on".into(),
                end.map_or_else(|_| day.into(), |at| (at.timestamp().as_second() - 1).into()),
            );
        }
        let mail = |part: &str| posted.text(&format!("mail.{part}")).unwrap_or_default();
        if !(mail("subject").is_empty() && mail("body").is_empty()) {
            body.insert("email_message".into(), json!({"subject": mail("subject"), "body": mail("body")}));
        }
    }
    let place = [("application", id)];
    let call = Call::to("POST /v2/application/{client}/{application}/decision", &place);
    let reply = desk.call(&call.json(&body.into())).await?;
    if reply.is_done() {
        return Ok(desk.done(&format!("applications/{id}"), "decided"));
    }
    if [403, 404].contains(&reply.status) {
        return Err(reply.problem().into());
    }
    let complaints = reply.complaints();
    page(desk, reply.status, id, &Filled { posted, complaints }).await
}

/// `GET …/applications/{application}/files/{evidence}`: sends on to an address that works for minutes.
pub(crate) async fn file(desk: &Desk<'_>, id: &str, evidence: &str) -> Result<Answer, Refused> {
    desk.needs(&DECIDERS)?;
    let parameters = [("application", id), ("evidence", evidence)];
    let lent =
        desk.read(Call::to("GET /v2/application/{client}/{application}/evidence/{evidence}", &parameters)).await?;
    let url = lent["url"].as_str().ok_or(Kind::NotFound)?;
    Ok(see_other(url).header("referrer-policy", "no-referrer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_shown_by_their_labels() {
        let choice = json!({"options": [{"value": "a", "label": "京都"}, {"value": "b", "label": "Online"}]});
        assert_eq!(shown(&choice, &json!("a")), ["京都"]);
        assert_eq!(shown(&choice, &json!(["b", "x"])), ["Online", "x"]);
        assert_eq!(shown(&json!({}), &json!("one\ntwo")), ["one", "two"]);
        assert_eq!(
            (shown(&choice, &Value::Null), shown(&choice, &json!([]))),
            (vec!["–".to_owned()], vec!["–".to_owned()])
        );
    }
}
