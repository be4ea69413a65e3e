//! Aliases: parts of an organisation under whose name it also issues. What was issued keeps the alias as it was.

use crate::App;
use badge::plan::Quota;
use badge::{Alias, AliasId, ClientId};
use edge::{Answer, Kind, Problem, Request, chance};
use serde_json::{Value, json};
use store::StoreError;

/// `GET /v2/client/{client}/alias`.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let mut aliases = app.store.aliases(&client).await.map_err(edge::failed)?;
    aliases.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(Answer::json(200, &json!({"result": aliases.iter().map(row).collect::<Vec<_>>()})))
}

/// `GET /v2/client/{client}/alias/{alias}`.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    Ok(Answer::json(200, &row(&find(app, &client, request).await?)))
}

/// `POST /v2/client/{client}/alias`.
pub(crate) async fn create(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let alias = Alias::read(&request.json()?, AliasId::from_random(chance::bytes()), request.now)?;
    let limit = app.store.limit(&app.plans, &client, Quota::Aliases).await.map_err(edge::failed)?;
    app.store.add_alias(&client, &alias, limit).await.map_err(edge::failed)?;
    let location = format!("/v2/client/{client}/alias/{}", alias.id);
    Ok(done(&alias.id).header("location", location))
}

/// `PUT /v2/client/{client}/alias/{alias}`: the whole alias.
pub(crate) async fn replace(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let body = request.json()?;
    let before = find(app, &client, request).await?;
    let alias = Alias { created_at: before.created_at, ..Alias::read(&body, before.id, request.now)? };
    app.store.update_alias(&client, &alias).await.map_err(edge::failed)?;
    Ok(done(&alias.id))
}

/// `DELETE /v2/client/{client}/alias/{alias}`.
pub(crate) async fn delete(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: AliasId = request.id("alias")?;
    match app.store.remove_alias(&client, &id, request.now).await {
        Ok(()) => Ok(done(&id)),
        Err(StoreError::Conflict) => Err(Kind::NotFound.into()),
        Err(error) => Err(edge::failed(error)),
    }
}

async fn find(app: &App, client: &ClientId, request: &Request) -> Result<Alias, Problem> {
    let id: AliasId = request.id("alias")?;
    app.store.alias(client, &id).await.map_err(edge::failed)?.ok_or_else(|| Kind::NotFound.into())
}

fn done(id: &AliasId) -> Answer {
    let body =
        json!({"success": true, "message": "", "resource_type": "alias", "resource_id": id.as_str(), "count": 1});
    Answer::json(200, &body)
}

fn row(alias: &Alias) -> Value {
    json!({
        "id": alias.id.as_str(),
        "name": alias.name,
        "email": alias.email.as_str(),
        "reply_to": alias.reply_to.as_ref().unwrap_or(&alias.email).as_str(),
        "url": alias.url.as_str(),
        "description": alias.description,
        "ctime": alias.created_at.as_second(),
        "mtime": alias.modified_at.as_second(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_go_to_the_alias_itself_unless_it_says_otherwise() {
        let id = AliasId::from_random([1; 10]);
        let read = |body: &Value| Alias::read(body, id.clone(), Request::test(http::Method::GET, "/", &[]).now);
        let mut body =
            json!({"name": "学部", "url": "https://faculty.example", "email": "a@faculty.example", "reply_to": ""});
        assert_eq!(row(&read(&body).unwrap())["reply_to"], "a@faculty.example");
        body["reply_to"] = json!("b@faculty.example");
        let shown = row(&read(&body).unwrap());
        assert_eq!(
            (&shown["reply_to"], &shown["id"], &shown["name"]),
            (&body["reply_to"], &json!(id.as_str()), &json!("学部"))
        );
        body["reply_to"] = json!("nobody");
        assert_eq!(read(&body).unwrap_err()[0].pointer, "/reply_to");
    }
}
