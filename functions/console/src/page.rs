//! The pages of the console.

pub(crate) mod applications;
mod audit;
mod badges;
mod events;
mod exports;
mod forms;
mod issue;
mod members;
mod organisations;
mod overview;
mod picture;
mod plan;
mod settings;

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
        (true, ["exports"]) => exports::list(&desk).await,
        (false, ["exports"]) => exports::begin(&desk).await,
        (true, ["exports", export]) => exports::download(&desk, export).await,
        (true, ["plan"]) => plan::show(&desk).await,
        (true, ["audit"]) => audit::list(&desk).await,
        (true, ["settings"]) => settings::show(&desk).await,
        (false, ["settings"]) => settings::act(&desk).await,
        (true, ["badges"]) => badges::list(&desk).await,
        (true, ["badges", "new"]) => badges::edit(&desk, None).await,
        (false, ["badges", "new"]) => badges::save(&desk, None).await,
        (true, ["badges", badge]) => badges::show(&desk, badge).await,
        (true, ["badges", badge, "edit"]) => badges::edit(&desk, Some(badge)).await,
        (false, ["badges", badge, "edit"]) => badges::save(&desk, Some(badge)).await,
        (true, ["badges", badge, "image"]) => picture::show(&desk, badge).await,
        (false, ["badges", badge, "image"]) => picture::save(&desk, badge).await,
        (false, ["badges", _, "image", "preview"]) => picture::preview(&desk).await,
        (false, ["badges", badge, "delete"]) => badges::delete(&desk, badge).await,
        (true, ["forms"]) => forms::list(&desk).await,
        (true, ["forms", "new"]) => forms::begin(&desk).await,
        (false, ["forms", "new"]) => forms::create(&desk).await,
        (true, ["forms", form]) => forms::edit(&desk, form).await,
        (false, ["forms", form]) => forms::change(&desk, form).await,
        (true, ["issue"]) => issue::choose(&desk).await,
        (true, ["issue", "list", import]) => issue::terms(&desk, import).await,
        (false, ["issue", "list", import]) => issue::issue(&desk, import).await,
        (true, ["issue", badge]) => issue::recipients(&desk, badge).await,
        (false, ["issue", badge]) => issue::check(&desk, badge).await,
        (true, ["events"]) => events::list(&desk).await,
        (true, ["events", event]) => events::show(&desk, event).await,
        (false, ["events", event]) => events::act(&desk, event).await,
        (true, ["events", event, "csv"]) => events::csv(&desk, event).await,
        (true, ["applications"]) => applications::list(&desk).await,
        (true, ["applications", application]) => applications::show(&desk, application).await,
        (false, ["applications", application]) => applications::decide(&desk, application).await,
        (true, ["applications", application, "files", evidence]) => {
            applications::file(&desk, application, evidence).await
        }
        _ => Err(Kind::NotFound.into()),
    }
}
