//! Open Badges 2.0 documents. Who wants a page is sent to the page of the same thing in 3.0.

use crate::form::{self, Ending, Form};
use crate::{App, badges, issuers};
use badge::{AliasId, ClientId, CredentialId, EventId, ob2 as documents};
use edge::{Answer, Kind, Problem, Request};
use proof::keys::Algorithm;
use store::events::StoredEvent;
use store::signing_keys::{KeyPurpose, active};

/// `/ob2/assertions/{id}`. A revoked one is gone (410), and says so in its body too: the standard's own validator looks at nothing else.
pub(crate) async fn assertion(
    app: &App,
    request: &Request,
    id: &CredentialId,
    ending: Ending,
) -> Result<Answer, Problem> {
    if Form::of(ending, request) == Form::Html {
        return Ok(form::see(format!("{}.html", app.urls.credential(id))));
    }
    let found = app.claims.credential(id).await?;
    let (StoredEvent { event, .. }, credential) = found.ok_or(Kind::NotFound)?;
    if let Some(revocation) = &credential.revoked {
        let document = documents::revoked_assertion(&app.urls, id, revocation.reason.as_deref());
        return Ok(form::ob2(request, document.to_string()).status(410));
    }
    let salt = event.draw(credential.number).salt;
    let document = documents::assertion(&app.urls, &event, id, &credential.recipient, &salt);
    Ok(form::ob2(request, document.to_string()))
}

/// `/ob2/badges/{event}`: the badge as it stood when the event issued it.
pub(crate) async fn badge_class(app: &App, request: &Request, id: &EventId, ending: Ending) -> Result<Answer, Problem> {
    let StoredEvent { event, .. } = app.store.event(id).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    if Form::of(ending, request) == Form::Html {
        return Ok(form::see(format!("{}.html", app.urls.badge(&event.badge))));
    }
    let badge = badges::issued(app, &event).await?;
    Ok(form::ob2(request, documents::badge_class(&app.urls, &badge, &event).to_string()))
}

/// `/ob2/issuers/{client}`.
pub(crate) async fn issuer(app: &App, request: &Request, client: &ClientId, ending: Ending) -> Result<Answer, Problem> {
    if Form::of(ending, request) == Form::Html {
        return Ok(form::see(format!("{}.html", app.urls.issuer(client))));
    }
    let (organisation, keys) = issuers::with_keys(app, client).await?;
    let kid = active(&keys, KeyPurpose::JwtRs256).map(|key| key.kid.as_str());
    Ok(form::ob2(request, documents::issuer(&app.urls, &organisation.organisation, kid).to_string()))
}

/// `/ob2/issuers/{client}/{alias}`.
pub(crate) async fn alias(app: &App, request: &Request, client: &ClientId, alias: &AliasId) -> Result<Answer, Problem> {
    if Form::of(Ending::None, request) == Form::Html {
        return Ok(form::see(format!("{}.html", app.urls.issuer(client))));
    }
    let organisation = issuers::organisation(app, client).await?.organisation;
    let alias = app.store.public_alias(client, alias).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    Ok(form::ob2(request, documents::alias(&app.urls, &organisation, &alias).to_string()))
}

/// `/ob2/keys/{client}/{kid}`. Open Badges 2.0 knows RSA only, and no way to say that a key was compromised.
pub(crate) async fn key(app: &App, request: &Request, client: &ClientId, kid: &str) -> Result<Answer, Problem> {
    let (_, keys) = issuers::with_keys(app, client).await?;
    let rsa =
        |key: &&store::SigningKey| key.public.algorithm() == Algorithm::RsaPkcs1Sha256 && issuers::is_trusted(key);
    let key = keys.iter().filter(rsa).find(|key| key.kid == kid).ok_or(Kind::NotFound)?;
    let document = documents::key(&app.urls, client, kid, &key.public.to_spki_pem());
    Ok(form::ob2(request, document.to_string()))
}

/// `/ob2/revocations/{client}`.
pub(crate) async fn revocations(app: &App, request: &Request, client: &ClientId) -> Result<Answer, Problem> {
    issuers::organisation(app, client).await?;
    let revoked = app.store.revocations(client).await.map_err(edge::failed)?;
    let entries = revoked.iter().map(|(id, revocation)| (id, revocation.reason.as_deref()));
    Ok(form::ob2(request, documents::revocation_list(&app.urls, client, entries).to_string()))
}
