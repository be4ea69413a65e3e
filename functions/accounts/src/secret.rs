//! API credentials: an organisation may have several alive, to rotate them without a gap.

use crate::App;
use badge::ClientId;
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::limits::MAX_SHORT_CHARS;
use badge::plan::Quota;
use edge::{Answer, Kind, Problem, Request, chance};
use serde_json::{Value, json};
use store::secrets::new_secret;
use store::{Role, StoreError, StoredSecret};

const ROLES: [Role; 4] = [Role::Admin, Role::Creator, Role::Issuer, Role::Reviewer];

/// `GET /v2/client/{client}/secret`: what there is, never the secrets themselves.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let mut secrets = app.store.secrets(&client).await.map_err(edge::failed)?;
    secrets.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(Answer::json(200, &json!({"result": secrets.iter().map(row).collect::<Vec<_>>()})))
}

/// `POST /v2/client/{client}/secret` with `label` and `roles`. The answer is the only place where the secret ever stands.
pub(crate) async fn create(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let (label, roles) = read(&request.json()?)?;
    let limit = app.store.limit(&app.plans, &client, Quota::ApiCredentials).await.map_err(edge::failed)?;
    let (secret, stored) = new_secret(chance::bytes(), &label, roles, request.now);
    app.store.add_secret(&client, &stored, limit).await.map_err(edge::failed)?;
    let body = json!({
        "success": true, "message": "", "resource_type": "secret", "resource_id": stored.id, "count": 1,
        "client_id": client.as_str(), "client_secret": secret,
    });
    Ok(Answer::json(200, &body))
}

/// `DELETE /v2/client/{client}/secret/{secret}`. Tokens it was given for end by themselves, within an hour.
pub(crate) async fn delete(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let id = request.parameter("secret").ok_or(Kind::NotFound)?;
    match app.store.remove_secret(&client, id).await {
        Ok(()) => Ok(Answer::json(
            200,
            &json!({"success": true, "message": "", "resource_type": "secret", "resource_id": id, "count": 1}),
        )),
        Err(StoreError::Conflict) => Err(Kind::NotFound.into()),
        Err(error) => Err(edge::failed(error)),
    }
}

fn read(body: &Value) -> Result<(String, Vec<Role>), Vec<FieldError>> {
    let complaints = Complaints::default();
    let reader = Reader::root(body, &complaints);
    let label = reader.text("label", 1, MAX_SHORT_CHARS);
    let mut roles = Vec::new();
    for entry in reader.list("roles", ROLES.len()) {
        match ROLES.into_iter().find(|role| entry.value().as_str() == Some(role.name())) {
            Some(role) if roles.contains(&role) => entry.refuse(Reason::Duplicate),
            Some(role) => roles.push(role),
            None => entry.refuse(Reason::NotAllowed { allowed: ROLES.map(Role::name).join(", ") }),
        }
    }
    if reader.field("roles").is_none() {
        reader.refuse_field("roles", Reason::Missing);
    } else if reader.list("roles", ROLES.len()).is_empty() {
        reader.refuse_field("roles", Reason::TooFew { min: 1 });
    }
    complaints.into_result((label, roles))
}

fn row(secret: &StoredSecret) -> Value {
    json!({"id": secret.id, "label": secret.label, "roles": secret.roles, "ctime": secret.created_at.as_second()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_named_one_by_one() {
        let (label, roles) = read(&json!({"label": "Moodle", "roles": ["issuer", "creator"]})).unwrap();
        assert_eq!((label.as_str(), roles), ("Moodle", vec![Role::Issuer, Role::Creator]));
        for (roles, code) in [
            (json!(null), "missing"),
            (json!([]), "too_few"),
            (json!(["root"]), "not_allowed"),
            (json!(["issuer", "issuer"]), "duplicate"),
            (json!("issuer"), "not_list"),
        ] {
            let errors = read(&json!({"label": "x", "roles": roles})).unwrap_err();
            assert_eq!(errors[0].reason.code(), code, "{roles}");
        }
    }
}
