//! Credentials: the signed bytes as they were signed, or a page about them.

use crate::form::{self, Ending, Form};
use crate::page::{self, Held, Holder};
use crate::{App, badges};
use badge::CredentialId;
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use serde_json::Value;
use store::events::StoredEvent;

/// `/credentials/{id}`, `.json`, `.jwt`, `.html`. A revoked credential stays: its status list says what became of it.
pub(crate) async fn credential(
    app: &App,
    request: &Request,
    id: &CredentialId,
    ending: Ending,
) -> Result<Answer, Problem> {
    let found = app.store.credential(id).await.map_err(edge::failed)?;
    let (StoredEvent { event, .. }, credential) = found.ok_or(Kind::NotFound)?;
    match Form::of(ending, request) {
        Form::Json => Ok(form::json(request, credential.document)),
        Form::Jwt => {
            let compact = credential.compact.ok_or(Kind::NotFound)?;
            Ok(Answer::public("text/plain; charset=utf-8", compact, Cache::Short))
        }
        Form::Html => {
            let badge = badges::issued(app, &event).await?;
            // The name the issuer had when it signed.
            let document: Value = serde_json::from_str(&credential.document).map_err(Problem::internal)?;
            let held = Held {
                id,
                badge: &badge,
                event: &event,
                issuer: document["issuer"]["name"].as_str().unwrap_or_default(),
                until: event.expiry_of(&credential.recipient),
                revoked: credential.revoked.as_ref(),
                is_compact: credential.compact.is_some(),
                holder: request
                    .query("key")
                    .filter(|key| event.is_holder_key(id, key))
                    .map(|key| Holder { key, name: credential.recipient.name.trim() }),
            };
            Ok(page::credential(request.lang, &app.urls, &held, request.now))
        }
    }
}
