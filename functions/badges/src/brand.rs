//! How an organisation's PDF badges look. It lives with the badges because a logo is a picture: read once, rewritten, or refused.

use crate::{App, picture, write};
use badge::input::{FieldError, Reason};
use badge::{Brand, ClientId};
use edge::{Answer, Problem, Request};
use serde_json::{Value, json};

/// `GET /v2/client/{client}/brand`.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let brand = app.store.brand(&client).await.map_err(edge::failed)?;
    Ok(Answer::json(200, &body(app, &brand)))
}

/// `PUT /v2/client/{client}/brand`: what is given changes; `"logo": ""` takes the logo away. PDF badges that were made before keep
/// their look where somebody has them already, and are made anew for who asks from now on.
pub(crate) async fn change(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let body = request.json()?;
    let brand = app.store.brand(&client).await.map_err(edge::failed)?;
    let mut complaints = Vec::new();
    if ["colour", "pdf_layout", "logo"].iter().all(|name| body.get(name).is_none_or(Value::is_null)) {
        complaints.push(FieldError { pointer: "/colour".into(), reason: Reason::Missing });
    }
    let changed = brand.changed(&body, request.now).map_err(|errors| complaints.extend(errors));
    let logo = picture::read_logo(&body).map_err(|error| complaints.push(error));
    let (Ok(mut brand), Ok(logo), true) = (changed, logo, complaints.is_empty()) else { return Err(complaints.into()) };
    let warnings = logo.as_ref().map_or_else(Vec::new, |logo| write::warnings(logo, "#/logo", request.lang));
    if let Some(logo) = logo {
        brand.logo = Some(write::kept(&logo));
        write::keep(app, logo).await?;
    } else if body["logo"] == "" {
        brand.logo = None;
    }
    app.store.put_brand(&client, &brand).await.map_err(edge::failed)?;
    let mut body = self::body(app, &brand);
    body["warnings"] = warnings.into();
    Ok(Answer::json(200, &body))
}

fn body(app: &App, brand: &Brand) -> Value {
    let logo = brand.logo.as_ref().map(|logo| app.urls.artwork(&logo.sha256, logo.format.extension()));
    json!({
        "colour": brand.colour,
        "pdf_layout": brand.pdf_layout,
        "logo": logo,
        "mtime": brand.modified_at.map(jiff::Timestamp::as_second),
    })
}
