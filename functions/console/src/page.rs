//! The pages of the console.

mod audit;
mod members;
mod organisations;
mod overview;

use crate::desk::Desk;
use crate::{App, Refused, assets};
use edge::{Answer, Kind, Request};

/// `GET /console…`, `POST /console…`: an address is `/console/{client}/{page}…`.
pub(crate) async fn answer(app: &App, request: &Request) -> Result<Answer, Refused> {
    let below = request.path.strip_prefix("/console").unwrap_or_default().trim_matches('/');
    let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
    let [client, place @ ..] = parts.as_slice() else { return organisations::show(app, request).await };
    if let ("assets", [name]) = (*client, place) {
        return Ok(assets::answer(name)?);
    }
    let desk = Desk::open(app, request, client).await?;
    let get = request.method != http::Method::POST;
    match (get, place) {
        (true, []) => overview::show(&desk).await,
        (true, ["members"]) => members::list(&desk).await,
        (false, ["members"]) => members::invite(&desk).await,
        (true, ["members", person]) => members::show(&desk, person).await,
        (false, ["members", person]) => members::change(&desk, person).await,
        (true, ["audit"]) => audit::list(&desk).await,
        _ => Err(Kind::NotFound.into()),
    }
}
