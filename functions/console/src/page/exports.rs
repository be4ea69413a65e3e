//! Everything the organisation owns, to take along.

use crate::Refused;
use crate::api::Call;
use crate::desk::{Desk, see_other};
use crate::posted::Filled;
use crate::shell;
use badge::Lang;
use edge::{Answer, Kind};
use maud::{Markup, html};
use serde_json::Value;
use store::Role;

const ROUTE: &str = "/v2/export/{client}";

/// `GET /console/{client}/exports`.
pub(crate) async fn list(desk: &Desk<'_>) -> Result<Answer, Refused> {
    page(desk, 200, &Filled::default()).await
}

async fn page(desk: &Desk<'_>, status: u16, filled: &Filled) -> Result<Answer, Refused> {
    desk.needs(&[Role::Admin])?;
    let lang = desk.lang;
    let exports = desk.read(Call::to(&format!("GET {ROUTE}"), &[])).await?;
    let rows: Vec<&Value> = exports["result"].as_array().into_iter().flatten().collect();
    let is_running = rows.iter().any(|row| row["state"] == "running");
    let title = lang.pick("Export", "データのエクスポート");
    Ok(shell::page(
        desk,
        status,
        title,
        "exports",
        &html! {
            h1 { (title) }
            p { (lang.pick(
                "One zip with everything this organisation owns: badges in all their versions with their pictures, events with recipients, credentials as they were signed, status lists, forms, applications with their files and what was decided, members and the audit log. It is JSON, with a manifest that names the SHA-256 of every file, and can be read without this service. Secrets and signing keys are not in it.",
                "この団体が保有するすべてのデータを、1つのZIPファイルにまとめます。全バージョンのバッジと画像、発行履歴と受領者、署名済みの証明書、ステータスリスト、フォーム、申請とその証拠資料・判定、メンバー、操作履歴が含まれます。内容はJSONで、全ファイルのSHA-256を記したマニフェストが付き、このサービスがなくても読めます。シークレットと署名鍵は含まれません。"
            )) }
            div.note.warn { p { (lang.pick(
                "It holds the names and mail addresses of everybody you issued to. Keep it accordingly.",
                "受領者全員の氏名とメールアドレスが含まれます。取り扱いにご注意ください。"
            )) } }
            (shell::complaints(lang, filled))
            form method="post" {
                (shell::csrf(&desk.visitor))
                button.primary disabled[is_running] { (lang.pick("Make an export", "エクスポートを作成")) }
            }
            @if !rows.is_empty() {
                h2 { (lang.pick("Of the last days", "最近のエクスポート")) }
                ul.rows { @for row in &rows { (line(desk, lang, row)) } }
            }
        },
    ))
}

fn line(desk: &Desk<'_>, lang: Lang, row: &Value) -> Markup {
    let id = row["id"].as_str().unwrap_or_default();
    html! {
        li {
            span { (shell::time_of(&row["ctime"])) }
            @match row["state"].as_str() {
                Some("ready") => {
                    span {
                        a.button href=(desk.at(&format!("exports/{id}"))) { (lang.pick("Download", "ダウンロード")) }
                        " " span.soft { (size(&row["size_bytes"])) " · " (lang.pick("until ", "期限 ")) (shell::time_of(&row["until"])) }
                    }
                },
                Some("running") => {
                    span {
                        span.state.warn { (lang.pick("being made", "作成中")) }
                        @if let (Some(done), Some(of)) = (row["done"].as_u64(), row["of"].as_u64().filter(|of| *of > 0)) {
                            " " progress max=(of) value=(done) aria-label=(lang.pick("Done", "進捗")) {} " " (done) " / " (of)
                        }
                        " " a href=(desk.at("exports")) { (lang.pick("Look again", "表示を更新")) }
                    }
                },
                _ => { span.state.bad { (lang.pick("it did not work; please make another", "作成できませんでした。もう一度お試しください")) } },
            }
        }
    }
}

fn size(bytes: &Value) -> String {
    super::plan::bytes(bytes.as_u64().unwrap_or(0))
}

/// `POST /console/{client}/exports`: begins one.
pub(crate) async fn begin(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Admin])?;
    let posted = desk.posted()?;
    let reply = desk.call(&Call::to(&format!("POST {ROUTE}"), &[])).await?;
    if reply.is_done() {
        return Ok(desk.done("exports", "begun"));
    }
    let complaints = reply.complaints();
    page(desk, reply.status, &Filled { posted, complaints }).await
}

/// `GET /console/{client}/exports/{export}`: sends the browser to the file, and notes who had it.
pub(crate) async fn download(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.needs(&[Role::Admin])?;
    let route = format!("GET {ROUTE}/{{export}}");
    let lent = desk.read(Call::to(&route, &[("export", id)])).await?;
    let url = lent["download"]["url"].as_str().ok_or(Kind::NotFound)?;
    desk.note("GET exports", vec![id.to_owned()], 303).await?;
    Ok(see_other(url).header("referrer-policy", "no-referrer"))
}
