//! Who did what, the latest first.

use crate::desk::Desk;
use crate::{Refused, shell};
use badge::Lang;
use edge::{Answer, Kind};
use jiff::Timestamp;
use maud::{Markup, html};
use store::{Author, Deed, Role};

/// Entries of one page.
const PAGE: usize = 50;

/// `GET /console/{client}/audit?before=`, in milliseconds.
pub(crate) async fn list(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Admin])?;
    let before = match desk.request.query("before") {
        // What happens in this very millisecond is seen next time.
        None => desk.request.now,
        Some(text) => {
            let milliseconds = text.parse().map_err(|_| Kind::NotFound)?;
            Timestamp::from_millisecond(milliseconds).map_err(|_| Kind::NotFound)?
        }
    };
    let deeds = desk.app.store.deeds(desk.client(), before, PAGE).await.map_err(edge::failed)?;
    let lang = desk.lang;
    let title = lang.pick("Audit log", "操作履歴");
    Ok(shell::page(
        desk,
        200,
        title,
        "audit",
        &html! {
            h1 { (title) }
            p.soft { (lang.pick("What members did in this console, and what systems did by the API. Of systems, what was refused is not noted.", "メンバーがこのコンソールで行った操作と、外部システムがAPIで行った操作の記録です。APIで拒否された操作は記録されません。")) }
            @if deeds.is_empty() { p { (lang.pick("There is nothing yet.", "まだ記録がありません。")) } }
            @else {
                div.scroll { table {
                    thead { tr {
                        th scope="col" { (lang.pick("When", "日時")) } th scope="col" { (lang.pick("Who", "実行者")) }
                        th scope="col" { (lang.pick("What", "操作")) } th scope="col" { (lang.pick("Outcome", "結果")) }
                    } }
                    tbody {
                        @for deed in &deeds {
                            tr {
                                td { (shell::time(deed.at)) }
                                td { (author(deed)) }
                                td { @if let Some(words) = words(lang, &deed.what) { (words) @if let Some(count) = deed.count { " " (many(lang, count)) } br; } code.soft { (deed.what) } @for id in &deed.to { " " code.soft { (id) } } }
                                td {
                                    @if deed.status < 400 { span.state.good { (lang.pick("done", "完了")) } }
                                    @else { span.state.warn { (lang.pick("refused", "拒否")) " " (deed.status) } }
                                }
                            }
                        }
                    }
                } }
                @if let Some(last) = deeds.last().filter(|_| deeds.len() == PAGE) {
                    p { a href=(desk.at(&format!("audit?before={}", last.at.as_millisecond()))) { (lang.pick("Earlier", "以前の記録")) } }
                }
            }
        },
    ))
}

/// Who did it; what a system comes with is named as the organisation calls it.
fn author(deed: &Deed) -> Markup {
    match &deed.by {
        Author::Person(_) => html! { (deed.name) },
        Author::Credential(id) => html! {
            span.state { "API" } " " (deed.name)
            @if deed.name != *id { " " code.soft { (id) } }
        },
    }
}

/// To how many.
fn many(lang: Lang, count: u64) -> String {
    lang.pick(&format!("× {count}"), &format!("（{count}件）")).to_owned()
}

/// A deed in words, by the call that it was.
fn words(lang: Lang, what: &str) -> Option<&'static str> {
    let (method, place) = what.split_once(' ')?;
    let steps: Vec<&str> = place.trim_start_matches("/v2/").split('/').collect();
    let (area, last) = (*steps.first()?, *steps.last()?);
    Some(match (method, area, last) {
        ("POST", "badge", _) => lang.pick("Badge made", "バッジを作成"),
        ("DELETE", "badge", _) => lang.pick("Badge deleted", "バッジを削除"),
        (_, "badge", _) => lang.pick("Badge changed", "バッジを変更"),
        ("POST", "event", "issue") | ("POST", "import", "start") => lang.pick("Badge issued", "バッジを発行"),
        ("POST", "import", _) => lang.pick("List of recipients checked", "受領者一覧を確認"),
        (_, "event", "revoke") => lang.pick("Badges revoked", "バッジを取り消し"),
        (_, "event", "resend") => lang.pick("Mails sent again", "メールを再送"),
        ("POST", "form", "template") => lang.pick("Form template saved", "フォームのテンプレートを保存"),
        ("DELETE", "form", _) => lang.pick("Form template removed", "フォームのテンプレートを削除"),
        ("POST", "form", "{client}" | "clone") => lang.pick("Form made", "フォームを作成"),
        (_, "form", _) => lang.pick("Form changed", "フォームを変更"),
        (_, "application", _) => lang.pick("Application decided", "申請を判定"),
        ("POST", "members", _) => lang.pick("Member invited", "メンバーを招待"),
        ("DELETE", "members", _) => lang.pick("Member removed", "メンバーを削除"),
        (_, "members", _) => lang.pick("Member changed", "メンバーを変更"),
        ("POST", "client", "secret") => lang.pick("API credential made", "API認証情報を作成"),
        ("DELETE", "client", "{secret}") => lang.pick("API credential removed", "API認証情報を削除"),
        ("POST", "client", "alias") => lang.pick("Alias added", "エイリアスを追加"),
        ("PUT", "client", "{alias}") => lang.pick("Alias changed", "エイリアスを変更"),
        ("DELETE", "client", "{alias}") => lang.pick("Alias removed", "エイリアスを削除"),
        ("PUT", "client", "brand") => lang.pick("Look of PDF badges changed", "PDFバッジのデザインを変更"),
        ("PUT", "client", "{client}") => lang.pick("Organisation changed", "組織の設定を変更"),
        ("POST", "export", _) => lang.pick("Export begun", "エクスポートを開始"),
        (_, "exports", _) => lang.pick("Export downloaded", "エクスポートをダウンロード"),
        ("POST", "webhook", "{client}") => lang.pick("Webhook added", "Webhookを追加"),
        ("DELETE", "webhook", _) => lang.pick("Webhook removed", "Webhookを削除"),
        ("POST", "webhook", "test") => lang.pick("Webhook tried out", "Webhookをテスト"),
        ("POST", "webhook", "secret") => lang.pick("Webhook's secret replaced", "Webhookの署名鍵を更新"),
        (_, "webhook", _) => lang.pick("Webhook changed", "Webhookを変更"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_are_told_in_words_by_what_was_called() {
        let told = |what: &str| words(Lang::En, what);
        assert_eq!(told("POST /v2/import/{client}/{import}/start"), Some("Badge issued"));
        assert_eq!(told("POST /v2/import/{client}/{badge}"), Some("List of recipients checked"));
        assert_eq!(told("PUT /v2/event/{client}/{event}/revoke"), Some("Badges revoked"));
        assert_eq!(told("DELETE /v2/client/{client}/alias/{alias}"), Some("Alias removed"));
        assert_eq!(told("POST /v2/event/{client}/{badge}/issue"), Some("Badge issued"));
        assert_eq!(told("PUT /v2/client/{client}"), Some("Organisation changed"));
        assert_eq!(told("DELETE /v2/form/{client}/template/{template}"), Some("Form template removed"));
        assert_eq!(told("POST members"), Some("Member invited"));
        assert_eq!(told("POST /v2/elsewhere/{client}"), None);
        assert_eq!(words(Lang::Ja, "DELETE members"), Some("メンバーを削除"));
    }
}
