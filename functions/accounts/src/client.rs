//! An organisation as it sees itself.

use crate::App;
use badge::ClientId;
use badge::plan::{Period, Quota};
use edge::{Answer, Kind, Problem, Request};
use serde_json::json;

/// `GET /v2/client/{client}/ping`: the token holds.
pub(crate) fn ping() -> Answer {
    Answer::json(200, &json!({"success": true}))
}

/// `GET /v2/client/{client}`, in the shape of the Open Badge Factory API v2.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let stored = app.store.organisation(&client).await.map_err(edge::failed)?.ok_or(Kind::Forbidden)?;
    let organisation = &stored.organisation;
    let aliases = app.store.aliases(&client).await.map_err(edge::failed)?.len();
    let body = json!({
        "id": organisation.id.as_str(),
        "name": organisation.name,
        "email": organisation.email.as_str(),
        "url": organisation.url.as_str(),
        "description": organisation.description,
        "image": "",
        "reply_to": organisation.email.as_str(),
        "billing_email": "",
        "vat_id": "",
        "type": "",
        "tier": app.plans.tier(stored.tier).name(),
        // Who pays for a plan, and until when, is not this platform's business.
        "paid_until": null,
        "issuing_limit": app.plans.limit(stored.tier, Quota::CredentialsPerMonth).map(|limit| limit.max),
        "aliases": aliases,
        "country": organisation.country,
        "verified": false,
        "searchable": false,
        "ctime": organisation.created_at.as_second(),
        "mtime": organisation.modified_at.as_second(),
        "did": app.urls.issuer_did(&organisation.id),
        "vc_jwt": organisation.vc_jwt,
        "sign": organisation.sign,
    });
    Ok(Answer::json(200, &body))
}

/// `GET /v2/client/{client}/usage`: the plan, what it allows, and how much of that is used.
pub(crate) async fn usage(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let stored = app.store.organisation(&client).await.map_err(edge::failed)?.ok_or(Kind::Forbidden)?;
    let usage = app.store.usage(&app.plans, &client, request.now).await.map_err(edge::failed)?;
    let row = |usage: &store::Usage| {
        let left = usage.max.zip(usage.used).map(|(max, used)| max.saturating_sub(used));
        let period = match usage.quota.period() {
            Period::Standing => None,
            Period::Month => Some("month"),
            Period::Minute => Some("minute"),
        };
        json!({
            "name": usage.quota.name(), "title": usage.quota.title(request.lang), "period": period, "used": usage.used,
            "limit": usage.max, "left": left, "renews_at": usage.renews_at.map(jiff::Timestamp::as_second),
        })
    };
    let tier = app.plans.tier(stored.tier);
    let quotas: Vec<_> = usage.iter().map(row).collect();
    Ok(Answer::json(200, &json!({"plan": tier.name(), "quotas": quotas})))
}

/// `PUT /v2/client/{client}`: what is named changes, the rest stays. What was planned before keeps what it said of the organisation.
pub(crate) async fn change(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let stored = app.store.organisation(&client).await.map_err(edge::failed)?.ok_or(Kind::Forbidden)?;
    let changed = stored.organisation.changed(&request.json()?, request.now)?;
    app.store.update_organisation(&changed).await.map_err(edge::failed)?;
    let body =
        json!({"success": true, "message": "", "resource_type": "client", "resource_id": client.as_str(), "count": 1});
    Ok(Answer::json(200, &body))
}
