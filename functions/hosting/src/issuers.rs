//! Organisations and their keys.
//!
//! A key is published for ever, so that what it signed stays checkable. One that was compromised stays in `did.json` alone, as
//! revoked and outside `assertionMethod`: a bare JWK could not say that nothing it signed may be believed.

use crate::form::{self, Ending, Form};
use crate::page::Issuing;
use crate::{App, page};
use badge::definition::Badge;
use badge::{ClientId, Organisation, ob3};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use proof::did::{self, DidDocumentBuilder, Standing};
use proof::discovery::{jwk_document, jwks_document, multikey_document};
use serde_json::Value;
use std::cmp::Reverse;
use store::{KeyPurpose, KeyState, SigningKey, StoredOrganisation};

pub(crate) async fn organisation(app: &App, client: &ClientId) -> Result<StoredOrganisation, Problem> {
    app.store.organisation(client).await.map_err(edge::failed)?.ok_or_else(|| Kind::NotFound.into())
}

/// An organisation and the keys that sign for it, in the order of [`in_order`].
pub(crate) async fn with_keys(app: &App, client: &ClientId) -> Result<(StoredOrganisation, Vec<SigningKey>), Problem> {
    let organisation = organisation(app, client).await?;
    let keys = app.store.signing_keys(&organisation.key_scope).await.map_err(edge::failed)?;
    Ok((organisation, in_order(keys)))
}

/// Keys for VC-JWT before those for embedded proofs, the one in use now first: a library in wide use checks the compact form of a
/// status list with the first key that is listed, whatever the `kid` says.
fn in_order(mut keys: Vec<SigningKey>) -> Vec<SigningKey> {
    let state = |key: &SigningKey| match key.state {
        KeyState::Active => 0,
        KeyState::Retired { .. } => 1,
        KeyState::Compromised { .. } => 2,
    };
    let purpose = |key: &SigningKey| match key.purpose {
        KeyPurpose::JwtEs256 => 0,
        KeyPurpose::JwtRs256 => 1,
        KeyPurpose::DataIntegrity => 2,
    };
    keys.sort_by_key(|key| (purpose(key) == 2, state(key), purpose(key), Reverse(key.created_at)));
    keys
}

pub(crate) fn is_trusted(key: &SigningKey) -> bool {
    !matches!(key.state, KeyState::Compromised { .. })
}

/// `/issuers/{client}`: the OB 3.0 Profile, or the page about the organisation.
pub(crate) async fn profile(
    app: &App,
    request: &Request,
    client: &ClientId,
    ending: Ending,
) -> Result<Answer, Problem> {
    let organisation = organisation(app, client).await?.organisation;
    match Form::of(ending, request) {
        Form::Html => page_of(app, request, &organisation).await,
        Form::Json | Form::Jwt => Ok(form::json(request, ob3::profile(&app.urls, &organisation).to_string())),
    }
}

/// The page, with the badges that can be earned: no drafts.
async fn page_of(app: &App, request: &Request, organisation: &Organisation) -> Result<Answer, Problem> {
    let (badges, aliases, brand) = futures_util::try_join!(
        app.store.badges(&organisation.id),
        app.store.aliases(&organisation.id),
        app.store.brand(&organisation.id),
    )
    .map_err(edge::failed)?;
    let mut badges: Vec<Badge> = badges.into_iter().filter(|badge| !badge.definition.draft).collect();
    badges.sort_by(|a, b| page::content(request.lang, a).name.cmp(&page::content(request.lang, b).name));
    let logo = brand.logo.map(|logo| app.urls.artwork(&logo.sha256, logo.format.extension()));
    let issuing = Issuing { organisation, logo: logo.as_deref(), badges: &badges, aliases: &aliases };
    Ok(page::issuer(request, &app.urls, &issuing))
}

fn json(document: &Value) -> Answer {
    Answer::public("application/json", document.to_string(), Cache::Short)
}

/// `/issuers/{client}/did.json`.
pub(crate) async fn did_document(app: &App, client: &ClientId) -> Result<Answer, Problem> {
    let (_, keys) = with_keys(app, client).await?;
    Ok(json(&did_of(&app.urls, client, &keys)))
}

fn did_of(urls: &badge::Urls, client: &ClientId, keys: &[SigningKey]) -> Value {
    let start = DidDocumentBuilder::new(urls.issuer_did(client)).also_known_as(urls.issuer(client));
    let add = |document: DidDocumentBuilder, key: &SigningKey| {
        let standing = match key.state {
            KeyState::Active | KeyState::Retired { .. } => Standing::Trusted,
            KeyState::Compromised { since } => Standing::Compromised { since },
        };
        document.key(key.public.clone(), standing)
    };
    keys.iter().fold(start, add).build()
}

/// `/issuers/{client}/jwks.json`. Each `kid` is the one that VC-JWT headers carry.
pub(crate) async fn jwks(app: &App, client: &ClientId) -> Result<Answer, Problem> {
    let (_, keys) = with_keys(app, client).await?;
    Ok(json(&jwks_of(&app.urls.issuer_did(client), &keys)))
}

fn jwks_of(did: &str, keys: &[SigningKey]) -> Value {
    let named: Vec<_> =
        keys.iter().filter(|k| is_trusted(k)).map(|k| (did::jwk_method_id(did, &k.public), &k.public)).collect();
    jwks_document(named.iter().map(|(id, key)| (id.as_str(), *key)))
}

/// `/issuers/{client}/keys/{kid}`: one JWK, by its thumbprint.
pub(crate) async fn jwk(app: &App, client: &ClientId, kid: &str) -> Result<Answer, Problem> {
    let (_, keys) = with_keys(app, client).await?;
    let key = keys.iter().find(|key| key.kid == kid && is_trusted(key)).ok_or(Kind::NotFound)?;
    let did = app.urls.issuer_did(client);
    Ok(json(&jwk_document(&did::jwk_method_id(&did, &key.public), &key.public)))
}

/// `/issuers/{client}/multikeys/{multikey}`: one Multikey under the organisation's DID.
pub(crate) async fn multikey(app: &App, client: &ClientId, multikey: &str) -> Result<Answer, Problem> {
    let (_, keys) = with_keys(app, client).await?;
    Ok(json(&multikey_of(&app.urls, client, &keys, multikey).ok_or(Kind::NotFound)?))
}

fn multikey_of(urls: &badge::Urls, client: &ClientId, keys: &[SigningKey], multikey: &str) -> Option<Value> {
    let key = keys.iter().find(|key| key.public.to_multikey().as_deref() == Some(multikey))?;
    let url = format!("{}/multikeys/{multikey}", urls.issuer(client));
    let mut document = multikey_document(&url, &urls.issuer_did(client), &key.public)?;
    if let KeyState::Compromised { since } = key.state {
        document["revoked"] = badge::rfc3339(since).into();
    }
    Some(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use jiff::Timestamp;
    use proof::keys::PublicKey;
    use proof::testing::TestKey;

    fn key(public: PublicKey, created: i64, state: KeyState) -> SigningKey {
        SigningKey {
            kid: public.jwk_thumbprint(),
            scope: "default".into(),
            purpose: KeyPurpose::of(&public).unwrap(),
            arn: String::new(),
            public,
            state,
            created_at: Timestamp::from_second(created).unwrap(),
        }
    }

    fn since() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    /// An Ed25519 key of each state and two P-256 keys, oldest first.
    fn keys() -> Vec<SigningKey> {
        let ed = |seed| TestKey::ed25519(&[seed; 32]).unwrap().public_key().clone();
        let p256 = || TestKey::fresh_p256().unwrap().public_key().clone();
        vec![
            key(ed(1), 1, KeyState::Compromised { since: since() }),
            key(p256(), 2, KeyState::Retired { since: since() }),
            key(ed(2), 3, KeyState::Retired { since: since() }),
            key(p256(), 4, KeyState::Active),
            key(ed(3), 5, KeyState::Active),
        ]
    }

    #[test]
    fn the_key_of_status_lists_is_listed_first() {
        let order: Vec<i64> = in_order(keys()).iter().map(|key| key.created_at.as_second()).collect();
        assert_eq!(order, [4, 2, 5, 3, 1]);
    }

    #[test]
    fn a_retired_key_still_proves_and_a_compromised_one_does_not() {
        let client = ClientId::from_random([1; 10]);
        let keys = in_order(keys());
        let document = did_of(&sample::urls(), &client, &keys);
        let did = sample::urls().issuer_did(&client);
        for key in &keys {
            let id = did::jwk_method_id(&did, &key.public);
            let found = did::find_method(&document, &id);
            match key.state {
                KeyState::Compromised { .. } => {
                    let revoked = proof::discovery::MethodError::NotForAssertions { revoked: Some(since()) };
                    assert_eq!(found, Err(revoked));
                }
                _ => assert_eq!(found.unwrap().key, key.public),
            }
        }
        assert_eq!(document["alsoKnownAs"][0], sample::urls().issuer(&client));
        assert_eq!(jwks_of(&did, &keys)["keys"].as_array().unwrap().len(), 4);
    }

    #[test]
    fn a_multikey_document_tells_whose_it_is_and_whether_it_is_revoked() {
        let client = ClientId::from_random([1; 10]);
        let keys = keys();
        let of = |key: &SigningKey| {
            multikey_of(&sample::urls(), &client, &keys, &key.public.to_multikey().unwrap()).unwrap()
        };
        let active = proof::discovery::read_method(&of(&keys[4])).unwrap();
        assert_eq!(
            (active.key, active.controller, active.revoked),
            (keys[4].public.clone(), sample::urls().issuer_did(&client), None)
        );
        let compromised = proof::discovery::read_method(&of(&keys[0])).unwrap();
        assert_eq!(compromised.revoked, Some(since()));
        assert_eq!(multikey_of(&sample::urls(), &client, &keys, "z6Mk"), None);
    }
}
