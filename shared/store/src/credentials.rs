//! Signed credentials, each in its recipient's own record, written once.
//!
//! A record without a document is what is left of an erased one ([`crate::person`]): nobody can put another in its place, and who asks for
//! it is told that it was erased.

use crate::client::{Expect, Store, StoreError};
use crate::events::{self, StoredEvent};
use crate::item::Item;
use crate::key;
use crate::pack::Frame;
use aws_sdk_dynamodb::types::AttributeValue;
use badge::notice::{Notice, NoticeKind, Recipients};
use badge::{ClientId, CredentialId, Event, EventId, Recipient, Signing, StatusListId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Attribute of the packed document with its embedded proof. Names are short: they count in every write.
const DOCUMENT: &str = "z";
/// Attribute of the packed compact form.
const COMPACT: &str = "j";
/// Attribute of the recipient.
const RECIPIENT: &str = "p";
/// Attribute of the recipient's number within the event.
const NUMBER: &str = "n";
/// Attribute of the revocation.
pub(crate) const REVOKED: &str = "r";

/// What becomes of the record of a credential that is erased: `:n` and `:p` stay in place of number and recipient, and a revocation stays.
pub(crate) const ERASE: &str = "SET n = :n, p = :p REMOVE z, j";

/// A credential that was signed.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCredential {
    /// Its id.
    pub id: CredentialId,
    /// The recipient's number within the event, from 0.
    pub number: u32,
    /// Who holds it.
    pub recipient: Recipient,
    /// The signed document, byte for byte, with its embedded proof.
    pub document: String,
    /// The same credential as VC-JWT, where the organisation asked for it.
    pub compact: Option<String>,
    /// Its revocation, if it was revoked.
    pub revoked: Option<Revocation>,
}

/// What became of an issued credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialState {
    /// The recipient's number within the event.
    pub number: u32,
    /// Whether it was revoked.
    pub is_revoked: bool,
}

/// That and why a credential holds no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Since when.
    pub at: Timestamp,
    /// Why, in the issuer's words; public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What is written when a credential was signed.
#[derive(Debug, Clone, Copy)]
pub struct NewCredential<'a> {
    /// Its id.
    pub id: &'a CredentialId,
    /// The recipient's number within the event.
    pub number: u32,
    /// Who holds it.
    pub recipient: &'a Recipient,
    /// The signed document.
    pub document: &'a str,
    /// The same credential as VC-JWT.
    pub compact: Option<&'a str>,
}

impl NewCredential<'_> {
    /// The record of this credential, packed with its event's frame.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be packed.
    pub fn item(&self, frame: &Frame) -> Result<Item, StoreError> {
        let recipient = serde_json::to_string(self.recipient).map_err(|_| StoreError::Corrupt("recipient"))?;
        let item = Item::at(&key::credential(self.id))
            .number(NUMBER, self.number)
            .text(RECIPIENT, recipient)
            .bytes(DOCUMENT, frame.pack(self.document.as_bytes())?);
        match self.compact {
            Some(compact) => Ok(item.bytes(COMPACT, pack_compact(frame, compact)?)),
            None => Ok(item),
        }
    }
}

/// A compact JWS, its payload packed like a document: base64 would hide it from the frame.
fn pack_compact(frame: &Frame, compact: &str) -> Result<Vec<u8>, StoreError> {
    let corrupt = || StoreError::Corrupt("compact form");
    let mut parts = compact.splitn(3, '.');
    let mut part = || parts.next().ok_or_else(corrupt);
    let (header, payload, signature) = (part()?, part()?, part()?);
    let payload = proof::encoding::base64url_decode(payload).map_err(|_| corrupt())?;
    let signature = proof::encoding::base64url_decode(signature).map_err(|_| corrupt())?;
    let mut packed = Vec::with_capacity(signature.len() + header.len() + 400);
    for bytes in [header.as_bytes(), &signature] {
        packed.extend_from_slice(&u16::try_from(bytes.len()).map_err(|_| corrupt())?.to_be_bytes());
        packed.extend_from_slice(bytes);
    }
    packed.extend_from_slice(&frame.pack(&payload)?);
    Ok(packed)
}

fn unpack_compact(frame: &Frame, packed: &[u8]) -> Result<String, StoreError> {
    let corrupt = || StoreError::Corrupt("compact form");
    let mut rest = packed;
    let mut take = || {
        let (length, after) = rest.split_first_chunk::<2>().ok_or_else(corrupt)?;
        let (bytes, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(corrupt)?;
        rest = after;
        Ok::<_, StoreError>(bytes)
    };
    let header = std::str::from_utf8(take()?).map_err(|_| corrupt())?;
    let signature = proof::encoding::base64url_encode(take()?);
    let payload = proof::encoding::base64url_encode(&frame.unpack(rest)?);
    Ok(format!("{header}.{payload}.{signature}"))
}

impl Store {
    /// Writes a signed credential, unless it is there already: then the bytes that are there count, and these are dropped.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn put_credential(&self, credential: &NewCredential<'_>, frame: &Frame) -> Result<(), StoreError> {
        match self.put(credential.item(frame)?, Expect::Absent).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }

    /// The event that an id names, and the credential if it is signed. Whoever shows credentials asks `claim` instead, which has one
    /// signed that waits for being asked for.
    ///
    /// # Errors
    /// [`StoreError::Erased`] when it was; [`StoreError`] when the store cannot be read.
    pub async fn event_and_credential(
        &self,
        id: &CredentialId,
    ) -> Result<Option<(StoredEvent, Option<StoredCredential>)>, StoreError> {
        let [event, credential] = self.get_many([&key::event(&id.event()), &key::credential(id)]).await?;
        let Some(event) = event else { return Ok(None) };
        let event = events::read(&event)?;
        let credential = credential.map(|item| read(&item, &event.event.id, &event.frame)).transpose()?;
        Ok(Some((event, credential)))
    }

    /// A credential of an event, if it is signed.
    ///
    /// # Errors
    /// [`StoreError::Erased`] when it was; [`StoreError`] when the store cannot be read.
    pub async fn credential(
        &self,
        event: &StoredEvent,
        id: &CredentialId,
    ) -> Result<Option<StoredCredential>, StoreError> {
        let item = self.get(&key::credential(id)).await?;
        item.map(|item| read(&item, &event.event.id, &event.frame)).transpose()
    }

    /// Which of these credentials are stored.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn credentials_present(&self, ids: &[CredentialId]) -> Result<HashSet<CredentialId>, StoreError> {
        let keys: Vec<_> = ids.iter().map(key::credential).collect();
        let items = self.get_projected(&keys, "pk, sk").await?;
        items.iter().map(id).collect()
    }

    /// What became of the credentials of these recipients of an event, by number, without reading their documents. Who is not issued to
    /// yet is absent.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn states_of(&self, event: &Event, numbers: &[u32]) -> Result<HashMap<u32, CredentialState>, StoreError> {
        let keys: Vec<_> = numbers.iter().map(|number| key::credential(&event.draw(*number).credential)).collect();
        states(event, numbers.iter().copied(), &self.get_projected(&keys, STATE).await?)
    }

    /// The same for all recipients of an event.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn credential_states(&self, event: &Event) -> Result<HashMap<u32, CredentialState>, StoreError> {
        let items = self.query_projected(&key::event_partition(&event.id), key::CREDENTIALS, STATE).await?;
        states(event, 0..event.recipient_count, &items)
    }

    /// All credentials of an event that were signed and not erased, by recipient's number.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn credentials(&self, event: &StoredEvent) -> Result<Vec<StoredCredential>, StoreError> {
        let items = self.query(&key::event_partition(&event.event.id), key::CREDENTIALS, None).await?;
        let read = |item: &Item| read(item, &event.event.id, &event.frame);
        let kept = items.iter().filter(|item| !is_erased(item));
        let mut credentials = kept.map(read).collect::<Result<Vec<_>, _>>()?;
        credentials.sort_by_key(|credential| credential.number);
        Ok(credentials)
    }

    /// Revokes a credential: its record, its place in the status list, its row in the organisation's list and the entry in its feed,
    /// all or nothing.
    /// The published status list must be signed anew afterwards ([`Store::put_signed_list`]).
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was revoked before.
    pub async fn revoke(
        &self,
        client: &ClientId,
        id: &CredentialId,
        number: u32,
        (list, index): (&StatusListId, u32),
        revocation: &Revocation,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_string(revocation).map_err(|_| StoreError::Corrupt("revocation"))?;
        let update = self.transact_update(
            &key::credential(id),
            "SET r = :r",
            "attribute_exists(pk) AND attribute_not_exists(r)",
            HashMap::from([(":r".to_owned(), AttributeValue::S(json))]),
        )?;
        let place = Item::at(&key::status_revoked(list, index)).text("credential", id.as_str());
        let row = Item::at(&key::revoked_row(client, id)).doc(revocation)?;
        let notice = Notice {
            kind: NoticeKind::Revoked,
            event: id.event(),
            recipients: Recipients::Numbers(vec![number]),
            at: revocation.at,
            reason: revocation.reason.clone(),
        };
        self.transact(vec![
            update,
            self.transact_put(place, Expect::Anything)?,
            self.transact_put(row, Expect::Anything)?,
            self.transact_put(crate::feed::item(client, &notice)?, Expect::Anything)?,
        ])
        .await
    }

    /// An organisation's revoked credentials.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn revocations(&self, client: &ClientId) -> Result<Vec<(CredentialId, Revocation)>, StoreError> {
        let items = self.query(&key::organisation_partition(client), key::REVOKED, None).await?;
        let read = |item: &Item| {
            let id = item.get_text("sk")?.trim_start_matches(key::REVOKED);
            Ok((id.parse().map_err(|_| StoreError::Corrupt("sk"))?, item.get_doc()?))
        };
        items.iter().map(read).collect()
    }
}

/// Whether a record is what is left of an erased credential.
pub(crate) fn is_erased(item: &Item) -> bool {
    item.find_bytes(DOCUMENT).is_none()
}

/// Whose a credential is, and its revocation, without its document.
pub(crate) struct Issued {
    pub(crate) id: CredentialId,
    pub(crate) number: u32,
    pub(crate) recipient: Recipient,
    pub(crate) revoked: Option<Revocation>,
}

/// Reads a record projected on `pk, sk, n, r, p`.
pub(crate) fn issued(item: &Item) -> Result<Issued, StoreError> {
    Ok(Issued {
        id: id(item)?,
        number: item.get_number(NUMBER)?,
        recipient: item.find_json(RECIPIENT)?.ok_or(StoreError::Corrupt(RECIPIENT))?,
        revoked: item.find_json(REVOKED)?,
    })
}

/// Attributes that tell a credential's state.
const STATE: &str = "n, r";

/// States by number. What signs on claim is issued once it is planned, and can be revoked only after it was signed.
fn states(
    event: &Event,
    numbers: impl Iterator<Item = u32>,
    items: &[Item],
) -> Result<HashMap<u32, CredentialState>, StoreError> {
    let planned = numbers.filter(|_| event.sign == Signing::OnClaim);
    let unsigned = planned.map(|number| Ok((number, CredentialState { number, is_revoked: false })));
    let signed = items.iter().map(|item| {
        let revocation: Option<Revocation> = item.find_json(REVOKED)?;
        let number = item.get_number(NUMBER)?;
        Ok((number, CredentialState { number, is_revoked: revocation.is_some() }))
    });
    unsigned.chain(signed).collect()
}

fn id(item: &Item) -> Result<CredentialId, StoreError> {
    let event = item.get_text("pk")?.trim_start_matches("EVENT#");
    let member = item.get_text("sk")?.trim_start_matches(key::CREDENTIALS);
    format!("{event}{member}").parse().map_err(|_| StoreError::Corrupt("sk"))
}

/// A credential's id, number and recipient, and whether it is revoked, without its document.
pub(crate) fn outline(item: &Item) -> Result<(CredentialId, u32, Recipient, bool), StoreError> {
    let recipient: Recipient = item.find_json(RECIPIENT)?.ok_or(StoreError::Corrupt(RECIPIENT))?;
    let revoked: Option<Revocation> = item.find_json(REVOKED)?;
    Ok((id(item)?, item.get_number(NUMBER)?, recipient, revoked.is_some()))
}

fn read(item: &Item, event: &EventId, frame: &Frame) -> Result<StoredCredential, StoreError> {
    if is_erased(item) {
        return Err(StoreError::Erased);
    }
    let member = item.get_text("sk")?.trim_start_matches(key::CREDENTIALS);
    let document = frame.unpack(item.get_bytes(DOCUMENT)?)?;
    Ok(StoredCredential {
        id: format!("{event}{member}").parse().map_err(|_| StoreError::Corrupt("sk"))?,
        number: item.get_number(NUMBER)?,
        recipient: item.find_json(RECIPIENT)?.ok_or(StoreError::Corrupt(RECIPIENT))?,
        document: String::from_utf8(document).map_err(|_| StoreError::Corrupt(DOCUMENT))?,
        compact: item.find_bytes(COMPACT).map(|packed| unpack_compact(frame, packed)).transpose()?,
        revoked: item.find_json(REVOKED)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gives_back_the_very_bytes() {
        let event = EventId::from_random([1; 10]);
        let id = CredentialId::new(&event, [2; 10]);
        let recipient = Recipient {
            email: "a@b.example".parse().unwrap(),
            name: "花子".into(),
            language: "ja".parse().unwrap(),
            expires_on: None,
            evidence: vec![],
        };
        let document = r#"{"name":"チームワーク","n":1.50}"#;
        let encode = proof::encoding::base64url_encode;
        let compact = format!("{}.{}.{}", encode(br#"{"alg":"ES256"}"#), encode(document.as_bytes()), encode(&[7; 64]));
        let frame = Frame::from_example("{\"name\":\"チームワーク\"}");
        let new = NewCredential { id: &id, number: 3, recipient: &recipient, document, compact: Some(&compact) };
        let read = read(&new.item(&frame).unwrap(), &event, &frame).unwrap();
        let expected = StoredCredential {
            id: id.clone(),
            number: 3,
            recipient: recipient.clone(),
            document: document.to_owned(),
            compact: Some(compact.clone()),
            revoked: None,
        };
        assert_eq!(read, expected);
        let left = Item::at(&key::credential(&id)).number(NUMBER, 3);
        assert!(matches!(super::read(&left, &event, &frame), Err(StoreError::Erased)));
    }
}
