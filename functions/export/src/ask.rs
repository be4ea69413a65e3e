//! Asking for an export, and getting it.

use crate::App;
use badge::{ClientId, ExportId};
use edge::{Answer, Kind, Problem, Request, chance};
use jiff::{SignedDuration, Timestamp};
use queue::ExportJob;
use serde_json::{Value, json};
use store::exports::EXPORT_DOWNLOAD_LIFE;
use store::{Export, ExportState};

/// `POST /v2/export/{client}`: one at a time.
pub(crate) async fn begin(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    // Its admin's token may live a little longer than the organisation.
    app.store.organisation(&client).await.map_err(edge::failed)?.ok_or(Kind::Forbidden)?;
    let id = ExportId::from_random(chance::bytes());
    let export = Export::new(id.clone(), client.clone(), request.now);
    if !app.store.begin_export(&export).await.map_err(edge::failed)? {
        // Whoever began it may have broken off before its message was sent; another message does no harm.
        if let Some(running) = app.store.running_export(&client, request.now).await.map_err(edge::failed)? {
            app.queue.send(&[ExportJob { client, export: running }], 0).await.map_err(edge::failed)?;
        }
        return Err(Problem::new(Kind::Conflict).detail(
            "An export is being made. Another can begin when it is there.",
            "エクスポートを作成中です。完了してから、次のエクスポートを始められます。",
        ));
    }
    let location = format!("/v2/export/{client}/{id}");
    let body =
        json!({"success": true, "message": "", "resource_type": "export", "resource_id": id.as_str(), "count": 1});
    app.queue.send(&[ExportJob { client, export: id }], 0).await.map_err(edge::failed)?;
    Ok(Answer::json(202, &body).header("location", location))
}

/// `GET /v2/export/{client}`: those of the last days, the latest first.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let exports = app.store.exports(&client, request.now).await.map_err(edge::failed)?;
    let rows: Vec<Value> = exports.iter().map(|export| row(export, request.now)).collect();
    Ok(Answer::json(200, &json!({"result": rows, "total": rows.len()})))
}

/// `GET /v2/export/{client}/{export}`: one that is there is lent for five minutes.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: ExportId = request.id("export")?;
    let export = app.store.export(&client, &id, request.now).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    let mut value = row(&export, request.now);
    if matches!(export.progress, ExportState::Ready { .. }) {
        let url = app.store.export_download(&export).await.map_err(edge::failed)?;
        let life = SignedDuration::try_from(EXPORT_DOWNLOAD_LIFE).unwrap_or_default();
        let until = request.now.checked_add(life).unwrap_or(request.now);
        value["download"] = json!({"url": url, "expires_at": until.as_second()});
    }
    Ok(Answer::json(200, &value).cache(edge::answer::Cache::None))
}

fn row(export: &Export, now: Timestamp) -> Value {
    let mut value = json!({
        "id": export.id.as_str(), "ctime": export.asked_at.as_second(), "until": export.until().as_second(),
        "state": "running", "done": null, "of": null, "size_bytes": null, "download": null,
    });
    match export.progress {
        ExportState::Running { .. } if export.has_failed(now) => value["state"] = "failed".into(),
        ExportState::Running { done, of } => {
            value["done"] = done.into();
            value["of"] = of.into();
        }
        ExportState::Ready { size_bytes, .. } => {
            value["state"] = "ready".into();
            value["size_bytes"] = size_bytes.into();
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_given_up_says_so() {
        let at = |hours: i64| Timestamp::from_second(hours * 3_600).unwrap();
        let mut export = Export::new(ExportId::from_random([1; 10]), ClientId::from_random([2; 10]), at(0));
        assert_eq!(
            (&row(&export, at(1))["state"], &row(&export, at(30))["state"]),
            (&json!("running"), &json!("failed"))
        );
        export.progress = ExportState::Ready { at: at(1), size_bytes: 7 };
        assert_eq!((&row(&export, at(30))["state"], &row(&export, at(30))["size_bytes"]), (&json!("ready"), &json!(7)));
    }
}
