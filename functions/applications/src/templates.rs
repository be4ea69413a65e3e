//! Forms to begin with: the ready-made ones, and an organisation's own.

use crate::App;
use crate::forms::{done, gone};
use application::library;
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::limits::MAX_NAME_CHARS;
use badge::{ClientId, FormId};
use edge::{Answer, Problem, Request, chance};
use serde_json::{Value, json};
use store::SavedTemplate;

/// Bytes of a template: as of a form.
const MAX_BYTES: usize = application::limits::MAX_DEFINITION_BYTES;

/// `GET /v2/form/{client}/template`: `body` is what `POST /v2/form/{client}` takes, once `badge_id` is in it.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let ready = library::library().into_iter().map(|template| {
        json!({
            "id": template.name, "own": false, "title": template.title.get(request.lang),
            "description": template.description.get(request.lang), "body": template.body,
        })
    });
    let own = app.store.saved_templates(&client).await.map_err(edge::failed)?;
    let own = own.into_iter().map(|template| {
        json!({"id": template.id.as_str(), "own": true, "title": template.name, "description": "", "body": template.body})
    });
    let rows: Vec<Value> = ready.chain(own).collect();
    Ok(Answer::json(200, &json!({"result": rows, "total": rows.len()})))
}

/// `POST /v2/form/{client}/template` with `name` and `body`, which need not be complete: it is looked at when a form is made of it.
pub(crate) async fn save(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let (name, body) = read(&request.json()?)?;
    let id = FormId::from_random(chance::bytes());
    let template = SavedTemplate { id, name, body, created_at: request.now };
    app.store.save_template(&client, &template).await.map_err(edge::failed)?;
    Ok(Answer::json(200, &done("form_template", template.id.as_str())))
}

fn read(value: &Value) -> Result<(String, Value), Vec<FieldError>> {
    let complaints = Complaints::default();
    let reader = Reader::root(value, &complaints);
    let name = reader.text("name", 1, MAX_NAME_CHARS);
    let mut body = json!({});
    match reader.field("body") {
        None => reader.refuse_field("body", Reason::Missing),
        Some(field) if !field.is_object() => {}
        Some(field) if field.value().to_string().len() > MAX_BYTES => field.refuse(Reason::TooLarge { max: MAX_BYTES }),
        Some(field) => body = field.value().clone(),
    }
    complaints.into_result((name, body))
}

/// `DELETE /v2/form/{client}/template/{template}`: one of the organisation's own.
pub(crate) async fn remove(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id: FormId = request.id("template")?;
    app.store.remove_template(&client, &id).await.map_err(gone)?;
    Ok(Answer::json(200, &done("form_template", id.as_str())))
}
