//! Who did what, the latest first.

use crate::desk::Desk;
use crate::{Refused, shell};
use edge::{Answer, Kind};
use jiff::Timestamp;
use maud::html;
use store::Role;

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
            p.soft { (lang.pick("What members did in this console. What systems do by the API is told by the event feed.", "このコンソールでメンバーが行った操作の記録です。APIによる操作はイベントフィードで確認できます。")) }
            @if deeds.is_empty() { p { (lang.pick("There is nothing yet.", "まだ記録がありません。")) } }
            @else {
                div.scroll { table {
                    thead { tr {
                        th scope="col" { (lang.pick("When", "日時")) } th scope="col" { (lang.pick("Who", "メンバー")) }
                        th scope="col" { (lang.pick("What", "操作")) } th scope="col" { (lang.pick("Outcome", "結果")) }
                    } }
                    tbody {
                        @for deed in &deeds {
                            tr {
                                td { (shell::time(deed.at)) }
                                td { (deed.name) }
                                td { code { (deed.what) } @for id in &deed.to { " " code.soft { (id) } } }
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
