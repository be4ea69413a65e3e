//! Which address is what. Pure: an address that is not well formed is no place, exactly like one that nothing lies at.

use crate::form::Ending;
use badge::definition::ImageFormat;
use badge::{AliasId, BadgeId, ClientId, CredentialId, EventId, StatusListId};
use std::str::FromStr;

/// Something public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Whether this function runs.
    Health,
    /// An organisation's OB 3.0 Profile.
    Issuer(ClientId, Ending),
    /// The document of an organisation's `did:web`.
    DidDocument(ClientId),
    /// An organisation's keys as a JWK Set.
    Jwks(ClientId),
    /// One key as JWK, by its thumbprint.
    Jwk(ClientId, String),
    /// One key as Multikey, by itself.
    Multikey(ClientId, String),
    /// An OB 3.0 credential.
    Credential(CredentialId, Ending),
    /// A credential in little, for frames in other sites' pages.
    Embed(CredentialId),
    /// What other sites are told about a page of ours.
    Oembed,
    /// A script that pages share.
    Asset(String),
    /// The certificates of the seals on PDF badges.
    Seals,
    /// The same as one file for PDF readers.
    SealBundle,
    /// An OB 3.0 Achievement.
    Badge(BadgeId, Ending),
    /// A picture by the hash of its bytes.
    Artwork(String, ImageFormat),
    /// A status list credential.
    StatusList(StatusListId, Ending),
    /// An OB 2.0 Assertion.
    Ob2Assertion(CredentialId, Ending),
    /// An OB 2.0 BadgeClass.
    Ob2Badge(EventId, Ending),
    /// An OB 2.0 issuer Profile.
    Ob2Issuer(ClientId, Ending),
    /// An OB 2.0 Profile of an alias of an organisation.
    Ob2Alias(ClientId, AliasId),
    /// An OB 2.0 CryptographicKey.
    Ob2Key(ClientId, String),
    /// An OB 2.0 RevocationList.
    Ob2Revocations(ClientId),
    /// An Open Badges 1.1 BadgeClass, for existing clients.
    LegacyClass(BadgeId),
    /// A badge's picture, for existing clients.
    LegacyImage(BadgeId),
    /// A badge's criteria, for existing clients.
    LegacyCriteria(BadgeId),
    /// An Open Badges 1.1 issuer, for existing clients.
    LegacyIssuer,
}

/// The place at a path.
pub(crate) fn place(path: &str) -> Option<Place> {
    use Ending::{Html, Json, Jwt, None as Bare};
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    Some(match segments[..] {
        ["health"] => Place::Health,
        ["oembed"] => Place::Oembed,
        ["assets", "shared", file] => Place::Asset(file.to_owned()),
        ["credentials", id, "embed"] => Place::Embed(id.parse().ok()?),
        ["seals"] => Place::Seals,
        ["seals.pem"] => Place::SealBundle,
        ["issuers", file] => named(file, &[Bare, Json, Html]).map(|(id, ending)| Place::Issuer(id, ending))?,
        ["issuers", client, "did.json"] => Place::DidDocument(client.parse().ok()?),
        ["issuers", client, "jwks.json"] => Place::Jwks(client.parse().ok()?),
        ["issuers", client, "keys", kid] => Place::Jwk(client.parse().ok()?, kid.to_owned()),
        ["issuers", client, "multikeys", multikey] => Place::Multikey(client.parse().ok()?, multikey.to_owned()),
        // The second is where the model product has them.
        ["credentials", file] | ["obv3", "credentials", file] => {
            named(file, &[Bare, Json, Html, Jwt]).map(|(id, ending)| Place::Credential(id, ending))?
        }
        ["badges", file] => named(file, &[Bare, Json, Html]).map(|(id, ending)| Place::Badge(id, ending))?,
        ["artwork", file] => picture(file)?,
        ["status", file] => named(file, &[Bare, Json, Jwt]).map(|(id, ending)| Place::StatusList(id, ending))?,
        ["ob2", "assertions", file] => {
            named(file, &[Bare, Json, Html]).map(|(id, ending)| Place::Ob2Assertion(id, ending))?
        }
        ["ob2", "badges", file] => named(file, &[Bare, Json, Html]).map(|(id, ending)| Place::Ob2Badge(id, ending))?,
        ["ob2", "issuers", file] => {
            named(file, &[Bare, Json, Html]).map(|(id, ending)| Place::Ob2Issuer(id, ending))?
        }
        ["ob2", "issuers", client, alias] => Place::Ob2Alias(client.parse().ok()?, alias.parse().ok()?),
        ["ob2", "keys", client, kid] => Place::Ob2Key(client.parse().ok()?, kid.to_owned()),
        ["ob2", "revocations", file] => named(file, &[Bare, Json]).map(|(id, _)| Place::Ob2Revocations(id))?,
        ["v1", "badge", "_", badge, "criteria.html"] => Place::LegacyCriteria(badge.parse().ok()?),
        ["v1", "badge", "_", file] => match file.rsplit_once('.')? {
            (badge, "json") => Place::LegacyClass(badge.parse().ok()?),
            (badge, "png") => Place::LegacyImage(badge.parse().ok()?),
            _ => return None,
        },
        ["v1", "client"] | ["v1", "client", ""] => Place::LegacyIssuer,
        _ => return None,
    })
}

/// An id and the ending behind it, if that is one of those allowed.
fn named<T: FromStr>(file: &str, allowed: &[Ending]) -> Option<(T, Ending)> {
    let (name, ending) = Ending::split(file);
    if !allowed.contains(&ending) {
        return None;
    }
    Some((name.parse().ok()?, ending))
}

fn picture(file: &str) -> Option<Place> {
    let (sha256, extension) = file.split_once('.')?;
    let format = [ImageFormat::Png, ImageFormat::Svg].into_iter().find(|f| f.extension() == extension)?;
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (sha256.len() == 64 && sha256.bytes().all(hex)).then(|| Place::Artwork(sha256.to_owned(), format))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_public_address_has_its_place() {
        let urls = sample::urls();
        let (client, badge) = (ClientId::from_random([1; 10]), BadgeId::from_random([2; 10]));
        let (event, list) = (EventId::from_random([3; 10]), StatusListId::from_random([4; 10]));
        let credential = CredentialId::new(&event, [5; 10]);
        let sha = "ab".repeat(32);
        let at = |url: String| place(url.strip_prefix(urls.base()).unwrap());
        assert_eq!(at(urls.issuer(&client)), Some(Place::Issuer(client.clone(), Ending::None)));
        assert_eq!(at(urls.issuer_key(&client, "k-_1")), Some(Place::Jwk(client.clone(), "k-_1".into())));
        assert_eq!(at(urls.credential(&credential)), Some(Place::Credential(credential.clone(), Ending::None)));
        assert_eq!(at(urls.embed(&credential)), Some(Place::Embed(credential.clone())));
        assert_eq!(place(&edge::assets::page().path()).map(|p| matches!(p, Place::Asset(_))), Some(true));
        assert_eq!(at(urls.badge(&badge)), Some(Place::Badge(badge, Ending::None)));
        assert_eq!(at(urls.artwork(&sha, "svg")), Some(Place::Artwork(sha, ImageFormat::Svg)));
        assert_eq!(at(urls.status_list(&list)), Some(Place::StatusList(list, Ending::None)));
        assert_eq!(at(urls.ob2_assertion(&credential)), Some(Place::Ob2Assertion(credential, Ending::None)));
        assert_eq!(at(urls.ob2_badge_class(&event)), Some(Place::Ob2Badge(event, Ending::None)));
        assert_eq!(at(urls.ob2_issuer(&client)), Some(Place::Ob2Issuer(client.clone(), Ending::None)));
        let alias = AliasId::from_random([6; 10]);
        assert_eq!(at(urls.ob2_alias(&client, &alias)), Some(Place::Ob2Alias(client.clone(), alias)));
        assert_eq!(at(urls.ob2_key(&client, "k")), Some(Place::Ob2Key(client.clone(), "k".into())));
        assert_eq!(at(urls.ob2_revocations(&client)), Some(Place::Ob2Revocations(client.clone())));
        // did:web says where its document is.
        let did = proof::did::DidWeb::parse(&urls.issuer_did(&client)).unwrap();
        assert_eq!(at(did.document_url()), Some(Place::DidDocument(client)));
    }

    #[test]
    fn endings_ask_for_a_form() {
        let id = "0".repeat(40);
        for (ending, form) in [(".json", Ending::Json), (".html", Ending::Html), (".jwt", Ending::Jwt)] {
            let expected = Place::Credential(id.parse().unwrap(), form);
            assert_eq!(place(&format!("/credentials/{id}{ending}")), Some(expected));
        }
        assert_eq!(place("/badges/b1.jwt"), None);
        assert_eq!(place("/status/s1.html"), None);
    }

    #[test]
    fn existing_clients_find_their_addresses() {
        let badge: BadgeId = "SVIYGVaZCQa1Z".parse().unwrap();
        assert_eq!(place("/v1/badge/_/SVIYGVaZCQa1Z.json"), Some(Place::LegacyClass(badge.clone())));
        assert_eq!(place("/v1/badge/_/SVIYGVaZCQa1Z.png"), Some(Place::LegacyImage(badge.clone())));
        assert_eq!(place("/v1/badge/_/SVIYGVaZCQa1Z/criteria.html"), Some(Place::LegacyCriteria(badge)));
        assert_eq!(place("/v1/client"), Some(Place::LegacyIssuer));
        assert_eq!(place("/v1/client/"), Some(Place::LegacyIssuer));
    }

    #[test]
    fn nothing_else_is_a_place() {
        let id = "0".repeat(40);
        let long = format!("/credentials/{id}0");
        let upper = format!("/artwork/{}.png", "AB".repeat(32));
        for path in [
            "",
            "/",
            "//health",
            "/health/",
            "/credentials",
            "/credentials/",
            "/credentials/x",
            &long,
            &upper,
            "/badges/a-b",
            "/badges/a.json.json",
            "/badges/a%20b",
            "/artwork/x.png",
            "/issuers/a/../b",
            "/issuers/a/keys",
            "/ob2/x/y",
            "/v1/badge/x/y.json",
            "/v1/badge/_/y",
            "/v2/client/x",
            "/status/a/b",
        ] {
            assert_eq!(place(path), None, "{path}");
        }
    }
}
