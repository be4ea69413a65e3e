//! Issuing: choose a badge, say to whom, look at what will happen, and only then do it.
//!
//! A list that is pasted becomes the same file that is uploaded: there is one way to read lists, with one set of complaints.

use crate::Refused;
use crate::api::Call;
use crate::desk::{Desk, see_other};
use crate::page::badges::content_in;
use crate::posted::{Filled, Posted};
use crate::shell::{self, Field};
use badge::Lang;
use edge::{Answer, Kind};
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use store::Role;

/// Time zones offered first; any other name of the IANA database may be typed.
const ZONES: [&str; 8] = [
    "Asia/Tokyo",
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Singapore",
    "Australia/Sydney",
];

/// `GET /console/{client}/issue`: which badge.
pub(crate) async fn choose(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Issuer])?;
    let lang = desk.lang;
    let list = desk.read(Call::to("GET /v2/badge/{client}", &[]).asking(&[("draft", "0"), ("limit", "1000")])).await?;
    let rows = list["result"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |badge: &Value, name: &str| badge[name].as_str().unwrap_or_default().to_owned();
    let title = lang.pick("Issue a badge", "バッジを発行");
    Ok(shell::page(
        desk,
        200,
        title,
        "issue",
        &html! {
            h1 { (title) }
            p { (lang.pick("Which badge?", "発行するバッジを選んでください。")) }
            @if rows.is_empty() {
                div.empty { p { (lang.pick("No badge is ready to be issued. Make one, and tick \"Ready to be issued\".", "発行できるバッジがありません。バッジを作成し、「発行できる状態にする」を選択してください。")) } }
            }
            ul.cards {
                @for badge in rows.iter().rev() {
                    li.badge { a href=(desk.at(&format!("issue/{}", text(badge, "id")))) {
                        img src=(text(badge, "image")) alt="" loading="lazy" width="120" height="120";
                        strong { (text(badge, "name")) }
                    } }
                }
            }
        },
    ))
}

/// `GET …/issue/{badge}`: to whom.
pub(crate) async fn recipients(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    recipients_page(desk, 200, id, &Filled::default()).await
}

async fn recipients_page(desk: &Desk<'_>, status: u16, id: &str, filled: &Filled) -> Result<Answer, Refused> {
    desk.needs(&[Role::Issuer])?;
    let lang = desk.lang;
    let badge = desk.read(Call::to("GET /v2/badge/{client}/{badge}", &[("badge", id)])).await?;
    let title = lang.pick("To whom?", "受領者");
    Ok(shell::page(
        desk,
        status,
        title,
        "issue",
        &html! {
            p.soft { a href=(desk.at("issue")) { (lang.pick("Issue a badge", "バッジを発行")) } " › " (content_in(&badge, lang)["name"].as_str().unwrap_or_default()) }
            h1 { (title) }
            (shell::complaints(lang, filled))
            form method="post" enctype="multipart/form-data" {
                (shell::csrf(&desk.visitor))
                (Field::new("/list", lang.pick("Recipients, one a line: mail address, name", "受領者(1行に1名): メールアドレス, 名前"))
                    .hint(lang.pick("Paste from a spreadsheet as it is, with a first line of headings if you like: email, name, language, expires_on, evidence_url …", "表計算ソフトからそのまま貼り付けられます。1行目に見出し(email, name, language, expires_on, evidence_url など)を付けることもできます。"))
                    .paragraph(lang, filled, "list", 10, ""))
                (Field::new("/file", lang.pick("Or a CSV file", "またはCSVファイル"))
                    .hint(lang.pick("UTF-8, UTF-16 or Shift_JIS; up to 10,000 recipients.", "UTF-8、UTF-16、Shift_JISに対応。1万名まで。"))
                    .around(lang, filled, |id, described| html! { input id=(id) name="file" type="file" accept=".csv,.tsv,.txt,text/csv" aria-describedby=[described]; }))
                (Field::new("/time_zone", lang.pick("Time zone of dates in the list", "一覧の日付のタイムゾーン")).around(lang, filled, |id, described| html! {
                    input id=(id) name="time_zone" list="zones" value=(filled.value("time_zone", lang.pick("UTC", "Asia/Tokyo"))) aria-describedby=[described];
                    datalist #zones { @for zone in ZONES { option value=(zone) {} } }
                }))
                button { (lang.pick("Check the list", "内容を確認する")) }
                p.soft.small { (lang.pick("Nothing is issued yet.", "まだ発行されません。")) }
            }
        },
    ))
}

/// A pasted list as a file: with headings if it has none.
fn as_file(list: &str) -> String {
    let first = list.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = if first.contains('\t') { '\t' } else { ',' };
    let list = if separator == '\t' { list.to_owned() } else { list.replace(['、', '，'], ",") };
    if !has_headings(&list) { format!("email{separator}name\r\n{list}") } else { list }
}

/// Whether a list begins with headings: a line with an address in it is none.
fn has_headings(list: &str) -> bool {
    !list.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().contains('@')
}

/// `POST …/issue/{badge}`: reads the list and issues nothing.
pub(crate) async fn check(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.needs(&[Role::Issuer])?;
    let posted = desk.posted()?;
    // A line of headings that we added is no line of theirs.
    let added = posted.file("file").is_none() && posted.text("list").is_some_and(|list| !has_headings(list));
    let mark = if added { "?added=1" } else { "" };
    let file = match (posted.file("file"), posted.text("list")) {
        (Some(bytes), _) => bytes.to_vec(),
        (None, Some(list)) => as_file(list).into_bytes(),
        (None, None) => {
            let text = desk
                .lang
                .pick("Enter recipients or choose a file.", "受領者を入力するか、ファイルを選択してください。");
            let complaints = vec![crate::api::Complaint { pointer: "/list".into(), text: text.to_owned() }];
            return recipients_page(desk, 400, id, &Filled { posted, complaints }).await;
        }
    };
    let zone = posted.text("time_zone").unwrap_or("UTC").to_owned();
    let (place, query) = ([("badge", id)], [("time_zone", zone.as_str())]);
    let call = Call::to("POST /v2/import/{client}/{badge}", &place).asking(&query);
    let reply = desk.call(&call.bytes("application/octet-stream", file)).await?;
    if reply.is_done() {
        let answer = reply.json();
        let import = answer["resource_id"].as_str().unwrap_or_default();
        return Ok(see_other(&desk.at(&format!("issue/list/{import}{mark}"))));
    }
    if reply.status == 404 || reply.status == 403 {
        return Err(reply.problem().into());
    }
    let complaints = reply.complaints();
    recipients_page(desk, reply.status, id, &Filled { posted, complaints }).await
}

/// `GET …/issue/list/{import}`: what is in the list, line by line what cannot be taken, and the terms.
pub(crate) async fn terms(desk: &Desk<'_>, import: &str) -> Result<Answer, Refused> {
    terms_page(desk, 200, import, &Filled::default(), None).await
}

/// `mails`: those that would be sent on the terms that were filled in, where somebody asked to see them.
async fn terms_page(
    desk: &Desk<'_>,
    status: u16,
    import: &str,
    filled: &Filled,
    mails: Option<&Value>,
) -> Result<Answer, Refused> {
    desk.needs(&[Role::Issuer])?;
    let lang = desk.lang;
    let list = desk.read(Call::to("GET /v2/import/{client}/{import}", &[("import", import)])).await?;
    if let Some(event) = list["event_id"].as_str() {
        return Ok(see_other(&desk.at(&format!("events/{event}"))));
    }
    let id = list["badge_id"].as_str().unwrap_or_default();
    let badge = desk.read(Call::to("GET /v2/badge/{client}/{badge}", &[("badge", id)])).await?;
    let aliases = desk.read(Call::to("GET /v2/client/{client}/alias", &[])).await?;
    let permitted: Vec<&Value> = badge["client_alias_id"].as_array().into_iter().flatten().collect();
    let may = |alias: &&Value| permitted.is_empty() || permitted.contains(&&alias["id"]);
    let aliases: Vec<&Value> = aliases["result"].as_array().into_iter().flatten().filter(may).collect();
    let good = list["rows"]["good"].as_u64().unwrap_or(0);
    let bad = list["rows"]["bad"].as_u64().unwrap_or(0);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&content_in(&badge, lang)["name"]);
    let added = desk.request.query("added").is_some();
    let title = lang.pick("Check and issue", "確認して発行");
    let mail = if filled.is_sent() { filled.posted.has("send_email", "yes") } else { true };
    let page = if mails.is_some() { shell::page_with_mails } else { shell::page };
    Ok(page(
        desk,
        status,
        title,
        "issue",
        &html! {
            p.soft { a href=(desk.at("issue")) { (lang.pick("Issue a badge", "バッジを発行")) } " › " a href=(desk.at(&format!("issue/{id}"))) { (name) } }
            h1 { (title) }
            div.split {
                img.art src=(text(&badge["image"])) alt="";
                div {
                    p { strong { (lang.pick(&format!("{good} will receive “{name}”."), &format!("{good}名に「{name}」を発行します。"))) } }
                    @if bad > 0 { p.bad { (lang.pick(&format!("{bad} line(s) cannot be taken and are left out."), &format!("{bad}行は読み取れないため、対象外になります。"))) } }
                }
            }
            (bad_rows(lang, &list, added))
            @for warning in list["warnings"].as_array().into_iter().flatten() { p.warn { (text(&warning["detail"])) } }
            @if good > 0 {
                h2 { (lang.pick("The first of them", "先頭の受領者")) }
                div.scroll { table {
                    thead { tr { th scope="col" { (lang.pick("Line", "行")) } th scope="col" { (lang.pick("Mail address", "メールアドレス")) } th scope="col" { (lang.pick("Name", "名前")) } th scope="col" { (lang.pick("Valid until", "有効期限")) } } }
                    tbody { @for row in list["preview"].as_array().into_iter().flatten() {
                        tr { td { (line(row, added)) } td { (text(&row["email"])) } td { (text(&row["name"])) } td { (shell::time_of(&row["expires_on"])) } }
                    } }
                } }
                h2 { (lang.pick("On what terms", "発行の条件")) }
                (shell::complaints(lang, filled))
                form method="post" {
                    (shell::csrf(&desk.visitor))
                    (Field::new("/event_name", lang.pick("Name of this issue", "発行の名称")).hint(lang.pick("Seen by staff only, to find it again.", "スタッフ用の名称です。後から探すときに使えます。")).line(lang, filled, "event_name", "text", ""))
                    @if !aliases.is_empty() {
                        @let options: Vec<(String, String)> = aliases.iter().map(|alias| (text(&alias["id"]), text(&alias["name"]))).collect();
                        @let choices: Vec<(&str, &str)> = std::iter::once(("", desk.organisation.name.as_str())).chain(options.iter().map(|(id, name)| (id.as_str(), name.as_str()))).collect();
                        (Field::new("/client_alias_id", lang.pick("Issued by", "発行者名")).choice(lang, filled, "client_alias_id", &choices, ""))
                    }
                    (Field::new("/issued_on", lang.pick("Issued on", "発行日")).hint(lang.pick("Empty: now.", "空欄の場合は現在の日時になります。")).line(lang, filled, "issued_on", "date", ""))
                    (Field::new("/expires_on", lang.pick("Valid until the end of", "有効期限(この日の終わりまで)")).hint(lang.pick("Empty: as the badge says.", "空欄の場合はバッジの設定に従います。")).line(lang, filled, "expires_on", "date", ""))
                    input type="hidden" name="zone" value=(text(&list["time_zone"]));
                    (Field::new("/criteria_add", lang.pick("Added to the criteria, for this issue", "取得条件への追記(今回の発行のみ)")).paragraph(lang, filled, "criteria_add", 3, ""))
                    label.tick { input type="checkbox" name="send_email" value="yes" checked[mail]; span { (lang.pick("Mail the recipients", "受領者にメールを送信する")) } }
                    details open[!filled.value("mail.subject", "").is_empty() || !filled.value("mail.body", "").is_empty()] {
                        summary { (lang.pick("The mail, if it is to be another than the badge's", "今回だけメールの文面を変更する")) }
                        (Field::new("/email_message/subject", lang.pick("Subject", "件名")).line(lang, filled, "mail.subject", "text", ""))
                        (Field::new("/email_message/body", lang.pick("Text", "本文")).paragraph(lang, filled, "mail.body", 6, ""))
                    }
                    p { button.quiet name="do" value="preview" formaction="#mails" { (lang.pick("See the mail first", "メールをプレビュー")) } }
                    @if let Some(mails) = mails { (self::mails(lang, mails)) }
                    button { (lang.pick(&format!("Issue to {good}"), &format!("{good}名に発行する"))) }
                    p.soft.small { (lang.pick("What is issued can be revoked, but not called back.", "発行後は取り消しはできますが、なかったことにはできません。")) }
                }
            }
            p { a href=(desk.at(&format!("issue/{id}"))) { (lang.pick("Another list", "一覧を入力し直す")) } }
        },
    ))
}

/// The mails as they would be sent, one for each language. Nothing in them runs or is asked of anybody else: the frame is sandboxed and
/// under the page's own policy.
fn mails(lang: Lang, answer: &Value) -> Markup {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let language = |mail: &Value| match text(&mail["language"]).as_str() {
        "" => lang.pick("without a language", "言語の指定なし").to_owned(),
        "ja" => lang.pick("Japanese", "日本語").to_owned(),
        "en" => lang.pick("English", "英語").to_owned(),
        other => other.to_owned(),
    };
    html! {
        section #mails aria-label=(lang.pick("The mail", "メールのプレビュー")) {
            @if answer["send_email"] == false { p.warn { (lang.pick("No mail is sent on these terms; this is what it would be.", "この条件ではメールは送信されません。送信する場合の文面です。")) } }
            @for mail in answer["mails"].as_array().into_iter().flatten() {
                @let count = mail["count"].as_u64().unwrap_or(0);
                h3 { (lang.pick(&format!("To {count} recipient(s), {}", language(mail)), &format!("{count}名宛({})", language(mail)))) }
                dl {
                    dt { (lang.pick("From", "差出人")) } dd dir="auto" { (text(&mail["sender"])) }
                    dt { (lang.pick("For example to", "宛先の例")) } dd { (text(&mail["email"])) }
                    dt { (lang.pick("Subject", "件名")) } dd.subject dir="auto" { (text(&mail["subject"])) }
                }
                iframe.mail sandbox="" title=(lang.pick(&format!("The mail, {}", language(mail)), &format!("メール本文({})", language(mail)))) srcdoc=(text(&mail["html"])) {}
                details.fold {
                    summary { (lang.pick("As plain text", "テキスト形式")) }
                    pre.mail tabindex="0" { (text(&mail["text"])) }
                }
            }
            p.soft.small { (lang.pick("This is the mail itself, but for the link in it: each recipient gets one of their own.", "リンクを除き、実際に送信されるメールそのものです。リンクは受領者ごとに異なります。")) }
        }
    }
}

/// The number of a row's line, as who typed it counts.
fn line(row: &Value, added: bool) -> u64 {
    row["line"].as_u64().unwrap_or_default().saturating_sub(u64::from(added))
}

fn bad_rows(lang: Lang, list: &Value, added: bool) -> Markup {
    let rows = list["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if !rows.is_empty() {
            div.scroll { table.bad-rows {
                caption { (lang.pick("Left out", "対象外の行")) }
                thead { tr { th scope="col" { (lang.pick("Line", "行")) } th scope="col" { (lang.pick("Mail address", "メールアドレス")) } th scope="col" { (lang.pick("Why", "理由")) } } }
                tbody { @for row in rows.iter().take(200) {
                    tr {
                        td { (line(row, added)) }
                        td { (row["email"].as_str().unwrap_or_default()) }
                        td { @for error in row["errors"].as_array().into_iter().flatten() {
                            div { @if let Some(column) = error["column"].as_str().filter(|c| !c.is_empty()) { code { (column) } " " } (error["detail"].as_str().unwrap_or_default()) }
                        } }
                    }
                } }
            } }
        }
    }
}

/// What was typed, as the API takes it. Days begin and end in the list's zone.
fn body(posted: &Posted) -> Value {
    let mut body = Map::new();
    for name in ["event_name", "client_alias_id", "criteria_add"] {
        if let Some(text) = posted.text(name) {
            body.insert(name.into(), text.into());
        }
    }
    let zone = posted.text("zone").unwrap_or("UTC");
    let begin = |day: jiff::civil::Date| day.in_tz(zone).map(|at| at.timestamp().as_second());
    let end = |day: jiff::civil::Date| {
        day.tomorrow().and_then(|day| day.in_tz(zone)).map(|at| at.timestamp().as_second() - 1)
    };
    for (name, of) in [("issued_on", &begin as &dyn Fn(_) -> Result<i64, jiff::Error>), ("expires_on", &end)] {
        if let Some(text) = posted.text(name) {
            let second = text.parse::<jiff::civil::Date>().and_then(of);
            body.insert(name.into(), second.map_or_else(|_| text.into(), Value::from));
        }
    }
    let mail = |part: &str| posted.text(&format!("mail.{part}")).unwrap_or_default();
    if !(mail("subject").is_empty() && mail("body").is_empty()) {
        body.insert(
            "email_message".into(),
            json!({"subject": mail("subject"), "body": mail("body"), "link_text": "", "footer": ""}),
        );
    }
    body.insert("send_email".into(), posted.has("send_email", "yes").into());
    body.insert("api_consumer_id".into(), "console".into());
    body.into()
}

/// `POST …/issue/list/{import}`: issues.
pub(crate) async fn issue(desk: &Desk<'_>, import: &str) -> Result<Answer, Refused> {
    desk.needs(&[Role::Issuer])?;
    let posted = desk.posted()?;
    let place = [("import", import)];
    if posted.has("do", "preview") {
        let call = Call::to("POST /v2/import/{client}/{import}/preview", &place).json(&body(&posted));
        // It changes nothing: there is nothing to note.
        let reply = desk.ask(&call).await?;
        if [403, 404].contains(&reply.status) {
            return Err(reply.problem().into());
        }
        let (status, mails) = if reply.is_done() { (200, Some(reply.json())) } else { (reply.status, None) };
        let complaints = if mails.is_some() { Vec::new() } else { reply.complaints() };
        return terms_page(desk, status, import, &Filled { posted, complaints }, mails.as_ref()).await;
    }
    let call = Call::to("POST /v2/import/{client}/{import}/start", &place).json(&body(&posted));
    let reply = desk.call(&call).await?;
    if reply.is_done() {
        let answer = reply.json();
        let event = answer["resource_id"].as_str().unwrap_or_default();
        return Ok(desk.done(&format!("events/{event}"), "issued"));
    }
    if [403, 404].contains(&reply.status) {
        return Err(reply.problem().into());
    }
    // Started before, in other words: the event shows what was issued.
    if reply.status == Kind::RequestKeyReused.status() {
        return Ok(see_other(&desk.at(&format!("issue/list/{import}"))));
    }
    let complaints = reply.complaints();
    terms_page(desk, reply.status, import, &Filled { posted, complaints }, None).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use edge::Request;

    #[test]
    fn a_pasted_list_is_a_file_with_headings() {
        assert_eq!(as_file("a@b.example, 花子\nc@d.example"), "email,name\r\na@b.example, 花子\nc@d.example");
        assert_eq!(as_file("a@b.example\t花子"), "email\tname\r\na@b.example\t花子");
        assert_eq!(as_file("email,name\na@b.example,x"), "email,name\na@b.example,x");
        assert_eq!((line(&json!({"line": 3}), true), line(&json!({"line": 3}), false)), (2, 3));
        assert_eq!(as_file("a@b.example、花子"), "email,name\r\na@b.example,花子");
    }

    #[test]
    fn days_begin_and_end_in_the_lists_zone() {
        let mut request = Request::test(http::Method::POST, "/", &[]);
        request.body =
            b"zone=Asia%2FTokyo&issued_on=2026-04-01&expires_on=2027-03-31&send_email=yes&event_name=".to_vec();
        let body = body(&Posted::read(&request).unwrap());
        let second = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
        assert_eq!(body["issued_on"], second("2026-03-31T15:00:00Z"));
        assert_eq!(body["expires_on"], second("2027-03-31T14:59:59Z"));
        assert!(body["send_email"] == true && body.get("event_name").is_none() && body.get("email_message").is_none());
    }
}
