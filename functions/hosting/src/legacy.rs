//! Open Badges 1.1 as existing clients of Open Badge Factory read it: `image`, `criteria` and `issuer` are plain addresses.
//!
//! A description is asked for by badge and event, and tells the badge as that event issued it, also when it was changed or deleted
//! since. Those clients send some bearer token along; it does not matter.

use crate::{App, badges, issuers, page};
use badge::definition::{Badge, ImageFormat};
use badge::{Alias, BadgeId, ClientId, Event, EventId, Organisation, Urls, ob3};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use serde_json::{Value, json};

const CONTEXT: &str = "https://w3id.org/openbadges/v1";

/// The badge a request asks for, as its `event` issued it, or as it is now.
async fn described(app: &App, request: &Request, id: &BadgeId) -> Result<(Badge, Option<Event>), Problem> {
    let Some(event) = request.query("event") else { return Ok((badges::current(app, id).await?, None)) };
    let event: EventId = event.parse().map_err(|_| Kind::NotFound)?;
    let event = app.store.event(&event).await.map_err(edge::failed)?.map(|stored| stored.event);
    let event = event.filter(|event| event.badge == *id).ok_or(Kind::NotFound)?;
    Ok((badges::issued(app, &event).await?, Some(event)))
}

/// `/v1/badge/_/{badge}.json?v=1.1&event={event}`.
pub(crate) async fn class(app: &App, request: &Request, id: &BadgeId) -> Result<Answer, Problem> {
    let (badge, event) = described(app, request, id).await?;
    let document = class_of(&app.urls, &badge, event.as_ref().map(|event| &event.id));
    Ok(Answer::public("application/json", document.to_string(), Cache::Short))
}

fn class_of(urls: &Urls, badge: &Badge, event: Option<&EventId>) -> Value {
    let (base, id, content) = (format!("{}/v1/badge/_", urls.base()), &badge.id, badge.content());
    let of_event = |mark: char| event.map(|event| format!("{mark}event={event}")).unwrap_or_default();
    let picture_query = event.map(|event| format!("event={event}&")).unwrap_or_default();
    json!({
        "@context": CONTEXT,
        "type": "BadgeClass",
        "id": format!("{base}/{id}.json?v=1.1{}", of_event('&')),
        "name": content.name,
        "description": content.description,
        "image": format!("{base}/{id}.png?{picture_query}ext=.png"),
        "criteria": format!("{base}/{id}/criteria.html{}", of_event('?')),
        "issuer": issuer_url(urls, &badge.client, event),
        "tags": content.tags,
    })
}

fn issuer_url(urls: &Urls, client: &ClientId, event: Option<&EventId>) -> String {
    let of_event = event.map(|event| format!("&event={event}")).unwrap_or_default();
    format!("{}/v1/client/?key={client}&v=1.1{of_event}", urls.base())
}

/// `/v1/badge/_/{badge}.png?event={event}`.
pub(crate) async fn image(app: &App, request: &Request, id: &BadgeId) -> Result<Answer, Problem> {
    let (badge, _) = described(app, request, id).await?;
    badges::artwork(app, &badge.artwork.png_sha256, ImageFormat::Png, Cache::Short).await
}

/// `/v1/badge/_/{badge}/criteria.html?event={event}`.
pub(crate) async fn criteria(app: &App, request: &Request, id: &BadgeId) -> Result<Answer, Problem> {
    let (badge, event) = described(app, request, id).await?;
    let addendum = event.as_ref().and_then(|event| event.criteria_add.as_deref());
    let content = page::content(request.lang, &badge);
    let text = ob3::criteria_text(content, addendum);
    Ok(page::criteria(request, &app.urls, &badge, content, &text))
}

/// `/v1/client?key={client}`.
pub(crate) async fn issuer(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.query("key").and_then(|key| key.parse().ok()).ok_or(Kind::NotFound)?;
    let event: Option<EventId> = request.query("event").and_then(|event| event.parse().ok());
    let organisation = issuers::organisation(app, &client).await?.organisation;
    // An event may have been issued in the name of an alias.
    let stored = match &event {
        Some(event) => app.store.event(event).await.map_err(edge::failed)?.map(|stored| stored.event),
        None => None,
    };
    let alias = stored.filter(|event| event.client == client).and_then(|event| event.alias);
    let document = issuer_of(&app.urls, &organisation, event.as_ref(), alias.as_ref());
    Ok(Answer::public("application/json", document.to_string(), Cache::Short))
}

fn issuer_of(urls: &Urls, organisation: &Organisation, event: Option<&EventId>, alias: Option<&Alias>) -> Value {
    let (name, url, email, description) = match alias {
        Some(alias) => (&alias.name, &alias.url, &alias.email, &alias.description),
        None => (&organisation.name, &organisation.url, &organisation.email, &organisation.description),
    };
    let mut document = json!({
        "@context": CONTEXT,
        "type": "Issuer",
        "id": issuer_url(urls, &organisation.id, event),
        "name": name,
        "url": url.as_str(),
        "email": email.as_str(),
        "verified": false,
    });
    if !description.is_empty() {
        document["description"] = description.as_str().into();
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{route, sample};

    #[test]
    fn a_class_is_made_of_plain_addresses_that_lead_somewhere() {
        let (badge, event) = (sample::badge(), EventId::from_random([7; 10]));
        let (id, client) = (&badge.id, &badge.client);
        let class = class_of(&sample::urls(), &badge, Some(&event));
        let base = "https://badges.example/v1";
        let expected = json!({
            "@context": "https://w3id.org/openbadges/v1",
            "type": "BadgeClass",
            "id": format!("{base}/badge/_/{id}.json?v=1.1&event={event}"),
            "name": "機織り <&>",
            "description": "説明 <b>",
            "image": format!("{base}/badge/_/{id}.png?event={event}&ext=.png"),
            "criteria": format!("{base}/badge/_/{id}/criteria.html?event={event}"),
            "issuer": format!("{base}/client/?key={client}&v=1.1&event={event}"),
            "tags": ["織物"],
        });
        assert_eq!(class, expected);
        for (member, event) in
            ["id", "image", "criteria", "issuer"].into_iter().zip([Some(&event), None].into_iter().cycle())
        {
            let class = class_of(&sample::urls(), &badge, event);
            let url = class[member].as_str().unwrap();
            let url = url::Url::parse(url).unwrap();
            assert!(route::place(url.path()).is_some(), "{url}");
            assert_eq!(url.query_pairs().any(|(name, _)| name == "event"), event.is_some(), "{url}");
        }
    }

    #[test]
    fn an_issuer_names_itself_as_its_classes_do() {
        let (badge, organisation) = (sample::badge(), sample::organisation());
        let event = EventId::from_random([7; 10]);
        let issuer = issuer_of(&sample::urls(), &organisation, Some(&event), None);
        assert_eq!(issuer["id"], class_of(&sample::urls(), &badge, Some(&event))["issuer"]);
        assert_eq!((&issuer["type"], &issuer["name"]), (&json!("Issuer"), &json!("織物 <学院>")));
    }
}
