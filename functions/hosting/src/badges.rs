//! Badges and their pictures.

use crate::form::{self, Ending, Form};
use crate::page::Way;
use crate::{App, issuers, page};
use application::form::Availability;
use badge::definition::{Badge, ImageFormat};
use badge::{BadgeId, Event, ob3};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use serde_json::{Value, json};
use store::key;

/// A badge as `event` issued it.
pub(crate) async fn issued(app: &App, event: &Event) -> Result<Badge, Problem> {
    let badge = app.store.badge_version(&event.badge, event.badge_version).await.map_err(edge::failed)?;
    badge.ok_or_else(|| Problem::internal("the badge version of an event is gone"))
}

/// A badge as it is now, also when its organisation deleted it: credentials of it are still out there.
pub(crate) async fn current(app: &App, id: &BadgeId) -> Result<Badge, Problem> {
    app.store.public_badge(id).await.map_err(edge::failed)?.ok_or_else(|| Kind::NotFound.into())
}

/// `/badges/{id}`: the OB 3.0 Achievement, or the page about the badge.
pub(crate) async fn achievement(app: &App, request: &Request, id: &BadgeId, ending: Ending) -> Result<Answer, Problem> {
    let badge = current(app, id).await?;
    match Form::of(ending, request) {
        Form::Html => {
            let (organisation, forms) =
                futures_util::join!(issuers::organisation(app, &badge.client), app.store.forms(&badge.client));
            let forms = forms.map_err(edge::failed)?;
            let ways: Vec<Way> = forms.iter().filter_map(|form| way(app, form, &badge.id, request)).collect();
            Ok(page::badge(request, &app.urls, &badge, &organisation?.organisation, &ways))
        }
        Form::Json | Form::Jwt => Ok(form::json(request, document(&app.urls, &badge).to_string())),
    }
}

/// A form that somebody may apply by, now or later.
fn way(app: &App, form: &application::Form, badge: &BadgeId, request: &Request) -> Option<Way> {
    let definition = &form.definition;
    if definition.badge != *badge || !definition.visible {
        return None;
    }
    let opens = match form.availability(request.now) {
        Availability::Open => None,
        Availability::NotYet(at) => Some(at),
        Availability::Over(_) | Availability::Closed => return None,
    };
    Some(Way {
        url: app.urls.form(&form.id),
        title: definition.title.get(request.lang).to_owned(),
        opens,
        closes: definition.window.closes_at(),
    })
}

/// An Achievement as a document of its own.
fn document(urls: &badge::Urls, badge: &Badge) -> Value {
    let mut document = json!({"@context": &ob3::CONTEXTS[..2]});
    if let (Some(object), Value::Object(members)) = (document.as_object_mut(), ob3::achievement(urls, badge, None)) {
        object.extend(members);
    }
    document
}

/// `/artwork/{sha256}.png` and `.svg`.
pub(crate) async fn artwork(app: &App, sha256: &str, format: ImageFormat, cache: Cache) -> Result<Answer, Problem> {
    let object = key::artwork_object(sha256, format.extension());
    let bytes = app.store.object(&object).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    Ok(Answer::picture(format.media_type(), bytes, cache))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn an_achievement_stands_by_itself() {
        let document = document(&sample::urls(), &sample::badge());
        assert_eq!(document.as_object().unwrap().keys().next().unwrap(), "@context");
        assert_eq!(document["@context"], json!(&ob3::CONTEXTS[..2]));
        assert_eq!(document["id"], sample::urls().badge(&sample::badge().id));
        assert_eq!(document["type"], json!(["Achievement"]));
    }
}
