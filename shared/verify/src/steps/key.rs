//! Whose key is it? The answer is always the issuer's own document.
//!
//! A signature only says that *some* key made it. A key written into the proof, into a JWT header or into the fragment of an
//! address was put there by whoever made the badge; being on the issuer's host is not enough either, where many issuers share
//! one. So the issuer's document must list the key:
//!
//! | issuer | its document | lists a key by |
//! |---|---|---|
//! | `did:key:…` | the identifier itself | being it |
//! | `did:web:…` | `did.json` | `assertionMethod` |
//! | `https://…` | the profile | `assertionMethod`, `verificationMethod`, `publicKey` (address or object), `jwks` |
//!
//! Sources: Open Badges 3.0 "Dereferencing the Public Key"; Controlled Identifiers §2; did:web; did:key.

use proof::did::{DidUrl, DidWeb, did_key, find_method};
use proof::discovery::{FoundKey, MethodError, find_in_jwks, read_cryptographic_key, read_method};
use proof::jws::Header;
use proof::keys::PublicKey;
use serde_json::Value;

use crate::documents::{Documents, NoJson, World, is_web, without_fragment};
use crate::limits::quoted;
use crate::messages::Code;
use crate::report::{Finding, Text};
use crate::value::{id_of, list, text};
use crate::words;

/// A key to check a signature with, and what is known about whose it is.
pub(crate) struct Candidate {
    /// Absent when the key itself could not be had.
    pub(crate) key: Option<PublicKey>,
    pub(crate) finding: Finding,
}

impl Candidate {
    const fn without_key(finding: Finding) -> Self {
        Self { key: None, finding }
    }
}

/// The key that a `verificationMethod`, or a `kid` that is an address, names.
pub(crate) async fn by_reference<D: Documents>(
    world: &mut World<'_, D>,
    reference: &str,
    issuer_id: &str,
) -> Result<Candidate, Finding> {
    if reference.starts_with("did:") {
        by_did(world, reference, issuer_id).await
    } else if is_web(reference) {
        Ok(by_address(world, reference, issuer_id).await)
    } else {
        Err(Finding::with(Code::KeyAddressMalformed, quoted(reference)))
    }
}

/// The key that the header of a token names. `kid` wins over `jwk`, unless it is no address.
pub(crate) async fn by_header<D: Documents>(
    world: &mut World<'_, D>,
    header: &Header,
    issuer_id: &str,
) -> Result<Candidate, Finding> {
    match (&header.key_id, &header.jwk) {
        (Some(kid), _) if kid.starts_with("did:") || is_web(kid) => by_reference(world, kid, issuer_id).await,
        (_, Some(jwk)) => {
            let key =
                PublicKey::from_jwk(jwk).map_err(|error| Finding::with(Code::ProofKeyUnread, words::key(&error)))?;
            let finding = listed_by_issuer(world, issuer_id, None, &key).await;
            Ok(Candidate { key: Some(key), finding })
        }
        (Some(kid), None) => by_reference(world, &format!("{issuer_id}#{kid}"), issuer_id).await,
        (None, None) => Err(Finding::new(Code::ProofNoKeyNamed)),
    }
}

async fn by_did<D: Documents>(
    world: &mut World<'_, D>,
    reference: &str,
    issuer_id: &str,
) -> Result<Candidate, Finding> {
    let malformed = || Finding::with(Code::KeyAddressMalformed, quoted(reference));
    let url = DidUrl::parse(reference).map_err(|_| malformed())?;
    if url.method() == "key" {
        let key = did_key(reference).map_err(|_| malformed())?;
        let finding = if url.did() == issuer_id {
            Finding::new(Code::KeyIsIssuer)
        } else {
            Finding::with(Code::KeyOfAnother, quoted(url.did()))
        };
        return Ok(Candidate { key: Some(key), finding });
    }
    let named = key_in_fragment(url.fragment());
    if url.did() != issuer_id {
        return Ok(Candidate { key: named, finding: Finding::with(Code::KeyOfAnother, quoted(url.did())) });
    }
    let document = match issuer_document(world, issuer_id).await {
        Ok(document) => document,
        Err(finding) => return Ok(Candidate { key: named, finding }),
    };
    Ok(match find_method(&document, reference) {
        Ok(found) => judged(world, found),
        Err(error) => Candidate { key: named, finding: words::method(&error) },
    })
}

async fn by_address<D: Documents>(world: &mut World<'_, D>, reference: &str, issuer_id: &str) -> Candidate {
    let base = without_fragment(reference);
    let named = key_in_fragment(reference.split_once('#').map(|(_, fragment)| fragment));
    if base == without_fragment(issuer_id) {
        let document = match issuer_document(world, issuer_id).await {
            Ok(document) => document,
            Err(finding) => return Candidate { key: named, finding },
        };
        return match find_in_profile(&document, reference) {
            Ok(found) => judged(world, found),
            Err(error) => Candidate { key: named, finding: words::method(&error) },
        };
    }
    // An address with a key for a fragment says whose key it is: what stands before it. That is not the issuer.
    if named.is_some() {
        return Candidate { key: named, finding: Finding::with(Code::KeyOfAnother, quoted(base)) };
    }
    let document = match world.json(base).await {
        Ok(document) => document,
        Err(error) => return Candidate::without_key(Finding::with(Code::KeyUnavailable, error.reason())),
    };
    match read_key_document(&document, reference) {
        Ok((key, Some(controller))) if controller != issuer_id => {
            Candidate { key: Some(key), finding: Finding::with(Code::KeyOfAnother, quoted(&controller)) }
        }
        Ok((key, _)) => {
            let finding = match spent(&document, world) {
                Some(finding) => finding,
                None => listed_by_issuer(world, issuer_id, Some(reference), &key).await,
            };
            Candidate { key: Some(key), finding }
        }
        Err(error) => Candidate::without_key(words::method(&error)),
    }
}

/// A key found in the issuer's own document: listed, unless it is revoked or out of date.
fn judged<D: Documents>(world: &World<'_, D>, found: FoundKey) -> Candidate {
    let now = world.now();
    let finding = match (found.revoked, found.expires) {
        (Some(since), _) if since <= now => Finding::with(Code::KeyRevoked, since.to_string()),
        (_, Some(until)) if until <= now => Finding::with(Code::KeyExpired, until.to_string()),
        _ => Finding::new(Code::KeyListed),
    };
    Candidate { key: Some(found.key), finding }
}

/// Whether a key document of its own says that the key may no longer be used.
fn spent<D: Documents>(document: &Value, world: &World<'_, D>) -> Option<Finding> {
    let found = read_method(document).ok()?;
    let finding = judged(world, found).finding;
    (finding.code != Code::KeyListed).then_some(finding)
}

/// Whether the issuer's own document lists this very key, by its address or by itself.
pub(crate) async fn listed_by_issuer<D: Documents>(
    world: &mut World<'_, D>,
    issuer_id: &str,
    reference: Option<&str>,
    key: &PublicKey,
) -> Finding {
    if issuer_id.starts_with("did:key:") {
        return match did_key(issuer_id) {
            Ok(own) if own == *key => Finding::new(Code::KeyIsIssuer),
            _ => Finding::new(Code::KeyNotListed),
        };
    }
    let document = match issuer_document(world, issuer_id).await {
        Ok(document) => document,
        Err(finding) => return finding,
    };
    let by_reference = reference.map(|reference| find_in_profile(&document, reference));
    match by_reference {
        Some(Ok(found)) if found.key == *key => return judged(world, found).finding,
        Some(Ok(_)) => return Finding::new(Code::KeyNotListed),
        Some(Err(MethodError::NotListed)) | None => {}
        Some(Err(error)) => return words::method(&error),
    }
    if reference.is_some_and(|reference| names(&document, reference)) {
        return Finding::new(Code::KeyListed);
    }
    match find_key(&document, key) {
        Ok(found) => judged(world, found).finding,
        Err(error) => words::method(&error),
    }
}

/// The issuer's own document: `did.json`, or the profile at the issuer's address. It must say that it is the issuer's.
async fn issuer_document<D: Documents>(world: &mut World<'_, D>, issuer_id: &str) -> Result<Value, Finding> {
    let unresolvable = || Finding::with(Code::IssuerUnresolvable, quoted(issuer_id));
    let address = if issuer_id.starts_with("did:web:") {
        DidWeb::parse(issuer_id).map_err(|_| unresolvable())?.document_url()
    } else if is_web(issuer_id) {
        issuer_id.to_owned()
    } else {
        return Err(unresolvable());
    };
    let unavailable = |error: NoJson| Finding::with(Code::IssuerUnavailable, error.reason()).at(quoted(&address));
    let document = world.json(&address).await.map_err(unavailable)?;
    match text(&document, "id") {
        Some(id) if id == issuer_id => Ok(document),
        other => Err(Finding::with(Code::IssuerDocumentOther, quoted(other.unwrap_or("–")))),
    }
}

/// A key that is its own name. It says what to check a signature with, never whose it is.
fn key_in_fragment(fragment: Option<&str>) -> Option<PublicKey> {
    PublicKey::from_multikey(fragment?).ok()
}

/// Finds a key by its id in an issuer's profile or DID document.
fn find_in_profile(document: &Value, reference: &str) -> Result<FoundKey, MethodError> {
    match find_method(document, reference) {
        Err(MethodError::NotListed) => {}
        answer => return answer,
    }
    let owner = text(document, "id").unwrap_or_default();
    let entry = list(document, "publicKey").iter().find(|entry| text(entry, "id") == Some(reference));
    match entry {
        Some(entry) => owned_by(read_any(entry)?, owner),
        None => match document.get("jwks") {
            Some(jwks) => Ok(bare(find_in_jwks_by_name(jwks, reference)?, reference, owner)),
            None => Err(MethodError::NotListed),
        },
    }
}

/// Finds a key by itself.
fn find_key(document: &Value, key: &PublicKey) -> Result<FoundKey, MethodError> {
    let methods = list(document, "verificationMethod").iter().chain(list(document, "assertionMethod"));
    let mut worst = MethodError::NotListed;
    for entry in methods.filter(|entry| entry.is_object()) {
        if read_method(entry).is_ok_and(|found| found.key == *key) {
            let id = text(entry, "id").unwrap_or_default();
            let id = if id.starts_with('#') {
                format!("{}{id}", text(document, "id").unwrap_or_default())
            } else {
                id.to_owned()
            };
            match find_method(document, &id) {
                Ok(found) => return Ok(found),
                Err(error) => worst = error,
            }
        }
    }
    let owner = text(document, "id").unwrap_or_default();
    for entry in list(document, "publicKey").iter().filter(|entry| entry.is_object()) {
        match read_any(entry) {
            Ok(found) if found.key == *key => return owned_by(found, owner),
            _ => {}
        }
    }
    let jwks = document.get("jwks").and_then(|jwks| jwks.get("keys")).and_then(Value::as_array);
    for jwk in jwks.into_iter().flatten().take(proof::discovery::MAX_JWKS_KEYS) {
        if PublicKey::from_jwk(jwk).is_ok_and(|found| found == *key) {
            return Ok(bare(key.clone(), text(jwk, "kid").unwrap_or_default(), owner));
        }
    }
    Err(worst)
}

/// Whether the document names the key's address: the key itself stands there, and says that it is the issuer's.
fn names(document: &Value, reference: &str) -> bool {
    ["assertionMethod", "publicKey"]
        .iter()
        .any(|member| list(document, member).iter().any(|entry| entry.as_str() == Some(reference)))
}

/// Reads whatever a key address answers. The second part is whose the document says the key is.
fn read_key_document(document: &Value, reference: &str) -> Result<(PublicKey, Option<String>), MethodError> {
    if document.get("kty").is_some() {
        return Ok((PublicKey::from_jwk(document)?, None));
    }
    if document.get("keys").is_some() {
        return Ok((find_in_jwks_by_name(document, reference)?, None));
    }
    if document.get("verificationMethod").is_some() {
        let found = find_method(document, reference)?;
        return Ok((found.key, Some(found.controller)));
    }
    let found = read_any(document)?;
    if found.id != reference && found.id != without_fragment(reference) {
        return Err(MethodError::NotListed);
    }
    Ok((found.key, Some(found.controller)))
}

/// A key set names its keys by their whole address or by what follows `#`.
fn find_in_jwks_by_name(jwks: &Value, reference: &str) -> Result<PublicKey, MethodError> {
    match (find_in_jwks(jwks, reference), reference.split_once('#')) {
        (Err(MethodError::NotListed), Some((_, fragment))) => find_in_jwks(jwks, fragment),
        (answer, _) => answer,
    }
}

/// A verification method, or a `CryptographicKey` of Open Badges 2.0.
fn read_any(entry: &Value) -> Result<FoundKey, MethodError> {
    if entry.get("publicKeyPem").is_some() { read_cryptographic_key(entry) } else { read_method(entry) }
}

fn owned_by(found: FoundKey, owner: &str) -> Result<FoundKey, MethodError> {
    if found.controller == owner { Ok(found) } else { Err(MethodError::OtherController(found.controller)) }
}

/// A key that stands in the issuer's own document without a word about itself.
fn bare(key: PublicKey, id: &str, controller: &str) -> FoundKey {
    FoundKey { key, id: id.to_owned(), controller: controller.to_owned(), revoked: None, expires: None }
}

/// The key of a signed Open Badges 2.0 (or 1.x) assertion: fetched, owned by the issuer, and named by the issuer's profile.
pub(crate) async fn of_assertion<D: Documents>(
    world: &mut World<'_, D>,
    creator: Option<&str>,
    issuer: &Value,
    issuer_id: &str,
) -> Candidate {
    let named = list(issuer, "publicKey");
    let address = match (creator, named) {
        (Some(creator), _) => creator,
        // The standard lets the creator be left out where there is but one key.
        (None, [one]) => id_of(one).unwrap_or_default(),
        (None, _) => return Candidate::without_key(Finding::new(Code::ProofNoKeyNamed)),
    };
    let embedded = named.iter().find(|entry| entry.is_object() && text(entry, "id") == Some(address));
    let found = match embedded {
        Some(entry) => read_cryptographic_key(entry),
        None => match world.json(address).await {
            Ok(document) => read_cryptographic_key(&document),
            Err(error) => {
                return Candidate::without_key(Finding::with(Code::KeyUnavailable, error.reason()).at(quoted(address)));
            }
        },
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return Candidate::without_key(words::method(&error)),
    };
    let finding = if found.id != address {
        Finding::with(Code::DocumentOther, quoted(&found.id))
    } else if found.controller != issuer_id {
        Finding::with(Code::KeyOfAnother, quoted(&found.controller))
    } else if !named.iter().any(|entry| id_of(entry) == Some(address)) {
        Finding::new(Code::KeyNotListed)
    } else {
        Finding::new(Code::KeyListed)
    };
    Candidate { key: Some(found.key), finding }
}

/// What could not be had, in the words of a step that needed it.
pub(crate) fn cause(finding: &Finding) -> Text {
    finding.code.message(finding.value.as_ref())
}
