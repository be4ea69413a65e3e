//! An organisation's forms.

use crate::{App, view};
use application::form::{Definition, Form};
use application::secret::Secret;
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::plan::Quota;
use badge::{ClientId, FormId, Lang};
use edge::obf::Page;
use edge::token::Caller;
use edge::{Answer, Kind, Problem, Request, chance};
use serde_json::{Value, json};
use store::StoreError;

/// `GET /v2/form/{client}`.
pub(crate) async fn list(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let mut errors = Vec::new();
    let page = Page::read(&mut errors, |name| request.query(name));
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let mut forms = app.store.forms(&client).await.map_err(edge::failed)?;
    forms.retain(|form| caller.knows(&form.definition.badge));
    if let Some(badge) = request.query("badge_id") {
        forms.retain(|form| form.definition.badge.as_str() == badge);
    }
    if request.query("archived") != Some("1") {
        forms.retain(|form| form.archived_at.is_none());
    }
    let (forms, total) = page.of(forms);
    let rows: Vec<Value> = forms.iter().map(|form| view::form_row(app, form, request)).collect();
    Ok(Answer::json(200, &json!({"result": rows, "total": total})))
}

/// `POST /v2/form/{client}`.
pub(crate) async fn create(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let definition = read(app, &client, &request.json()?).await?;
    caller.about(&definition.badge)?;
    keep(app, client, definition, request).await
}

/// `GET /v2/form/{client}/{form}`: everything, right answers and codes too, and how often codes were used.
pub(crate) async fn show(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let form = find(app, request, caller).await?;
    let (count, uses) = futures_util::future::try_join(app.store.form_count(&form.id), app.store.code_uses(&form.id))
        .await
        .map_err(edge::failed)?;
    let mut value = view::form_row(app, &form, request);
    value["definition"] = form.definition.write();
    value["application_count"] = count.into();
    value["code_uses"] = uses.iter().map(|(code, uses)| (code.to_string(), Value::from(*uses))).collect();
    Ok(Answer::json(200, &value).header("etag", etag(form.version)))
}

/// `PUT /v2/form/{client}/{form}`: the whole definition. Makes the next version; what was submitted keeps the one it answered.
pub(crate) async fn replace(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let before = find(app, request, caller).await?;
    let definition = read(app, &before.client, &request.json()?).await?;
    caller.about(&definition.badge)?;
    let condition = request.header("if-match");
    if condition.is_some_and(|tags| !tags.split(',').any(|tag| tag.trim() == "*" || tag.trim() == etag(before.version)))
    {
        return Err(Kind::VersionMismatch.into());
    }
    let form = before.edit(definition, request.now)?;
    if form != before {
        change(app, &before, &form, request).await?;
    }
    Ok(Answer::json(200, &result(&form)).header("etag", etag(form.version)))
}

/// `POST /v2/form/{client}/{form}/archive` with `archived`: puts a form away, or takes it out again.
pub(crate) async fn archive(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let before = find(app, request, caller).await?;
    let archived = read_archived(&optional(request)?)?;
    let archived_at = archived.then(|| before.archived_at.unwrap_or(request.now));
    let form = Form { archived_at, ..before.clone() };
    if form != before {
        change(app, &before, &form, request).await?;
    }
    Ok(Answer::json(200, &result(&form)))
}

async fn change(app: &App, before: &Form, form: &Form, request: &Request) -> Result<(), Problem> {
    let limit = app.store.limit(&app.plans, &form.client, Quota::OpenForms).await.map_err(edge::failed)?;
    app.store.update_form(before, form, limit, request.now).await.map_err(edge::failed)
}

fn read_archived(body: &Value) -> Result<bool, Vec<FieldError>> {
    let complaints = Complaints::default();
    let archived = Reader::root(body, &complaints).boolean("archived", true);
    complaints.into_result(archived)
}

/// `POST /v2/form/{client}/{form}/clone`: another form that says the same, not yet active. With `badge_id`, for another badge.
pub(crate) async fn copy(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let form = find(app, request, caller).await?;
    let body = copied(&form.definition, &optional(request)?)?;
    let definition = read(app, &form.client, &body).await?;
    caller.about(&definition.badge)?;
    keep(app, form.client, definition, request).await
}

/// A body that makes the same form again, but for what was given.
fn copied(definition: &Definition, given: &Value) -> Result<Value, Vec<FieldError>> {
    let complaints = Complaints::default();
    let reader = Reader::root(given, &complaints);
    let mut body = definition.write();
    body["active"] = false.into();
    for member in ["badge_id", "title"] {
        if let Some(field) = reader.field(member) {
            body[member] = field.value().clone();
        }
    }
    complaints.into_result(body)
}

/// A body that may be left out.
fn optional(request: &Request) -> Result<Value, Problem> {
    if request.body.is_empty() { Ok(json!({})) } else { request.json() }
}

/// `POST /v2/form/{client}/preview`: what applicants would see of a definition, in `language`. Nothing is kept.
pub(crate) async fn preview(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let definition = read(app, &client, &request.json()?).await?;
    let lang = match request.query("language") {
        Some("ja") => Lang::Ja,
        Some("en") => Lang::En,
        _ => request.lang,
    };
    Ok(Answer::json(200, &definition.public(lang)))
}

async fn keep(app: &App, client: ClientId, definition: Definition, request: &Request) -> Result<Answer, Problem> {
    let form = Form {
        id: FormId::from_random(chance::bytes()),
        client,
        version: 1,
        definition,
        archived_at: None,
        secret: Secret::from_random(chance::bytes()),
        created_at: request.now,
        modified_at: request.now,
    };
    let limit = app.store.limit(&app.plans, &form.client, Quota::OpenForms).await.map_err(edge::failed)?;
    app.store.create_form(&form, limit).await.map_err(edge::failed)?;
    let location = format!("/v2/form/{}/{}", form.client, form.id);
    Ok(Answer::json(200, &result(&form)).header("location", location).header("etag", etag(form.version)))
}

fn result(form: &Form) -> Value {
    let mut value = done("form", form.id.as_str());
    value["version"] = form.version.into();
    value
}

/// The answer to a change, in the shape that the rest of the API has for it.
pub(crate) fn done(resource_type: &str, id: &str) -> Value {
    json!({"success": true, "message": "", "resource_type": resource_type, "resource_id": id, "count": 1})
}

fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

/// A definition whose badge is one of the organisation's.
pub(crate) async fn read(app: &App, client: &ClientId, body: &Value) -> Result<Definition, Problem> {
    let definition = Definition::read(body)?;
    match app.store.badge(client, &definition.badge).await.map_err(edge::failed)? {
        Some(_) => Ok(definition),
        None => Err(Problem::fields(vec![FieldError { pointer: "/badge_id".into(), reason: Reason::NotFound }])),
    }
}

/// The form of this organisation. Somebody else's and none look alike.
async fn find(app: &App, request: &Request, caller: &Caller) -> Result<Form, Problem> {
    let client: ClientId = request.id("client")?;
    let id: FormId = request.id("form")?;
    let form = app.store.form(&id).await.map_err(edge::failed)?;
    let form = form.filter(|form| form.client == client).ok_or(Kind::NotFound)?;
    caller.about(&form.definition.badge)?;
    Ok(form)
}

/// A record that was expected and is gone, or is another's.
pub(crate) fn gone(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict => Kind::NotFound.into(),
        other => edge::failed(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_put_away_unless_something_else_is_said_and_nothing_else_is_guessed() {
        for (body, archived) in [
            (json!({}), Some(true)),
            (json!({"archived": null}), Some(true)),
            (json!({"archived": false}), Some(false)),
            (json!({"archived": 1}), Some(true)),
            (json!({"archived": {}}), None),
            (json!({"archived": "no"}), None),
            (json!([]), None),
        ] {
            assert_eq!(read_archived(&body).ok(), archived, "{body}");
        }
    }
}
