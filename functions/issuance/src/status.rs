//! Status lists: places for new credentials, and the list signed anew after a revocation.

use crate::App;
use crate::sign::Workshop;
use badge::StatusListId;
use badge::event::STATUS_LIST_BITS;
use edge::{Problem, chance};
use jiff::Timestamp;
use proof::status::{Bitstring, ListCredential};
use store::status_lists::ListHead;
use store::{Block, SignedList, StoreError};

/// Attempts at getting places while others start lists at the same time.
const ATTEMPTS: usize = 3;

/// `count` places in the organisation's list; a new list when it has none or the old one is too full.
pub(crate) async fn places(app: &App, workshop: &Workshop<'_>, count: u32, now: Timestamp) -> Result<Block, Problem> {
    let client = &workshop.organisation.organisation.id;
    for _ in 0..ATTEMPTS {
        if let Some(block) = app.store.take_places(client, count).await.map_err(edge::failed)? {
            let signers = workshop.list_signers();
            if block.signed_by != signers {
                publish(app, workshop, &block.list, now).await?;
                match app.store.note_list_signer(client, &block.list, &signers).await {
                    Ok(()) | Err(StoreError::Conflict) => {}
                    Err(error) => return Err(edge::failed(error)),
                }
            }
            return Ok(block);
        }
        let before = app.store.current_list(client).await.map_err(edge::failed)?;
        let list = StatusListId::from_random(chance::bytes());
        let empty = signed(app, workshop, &list, &[], now).await?;
        match app.store.start_list(client, &list, chance::bytes(), &empty, before.as_ref()).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(edge::failed(error)),
        }
    }
    Err(Problem::unavailable("no places in a status list"))
}

/// Publishes a list as its rows now stand, by the keys that sign now: after a rotation a list is signed anew before the next place
/// in it is used, or when somebody is revoked in it.
pub(crate) async fn publish(
    app: &App,
    workshop: &Workshop<'_>,
    list: &StatusListId,
    now: Timestamp,
) -> Result<(), Problem> {
    let revoked = app.store.revoked_indexes(list).await.map_err(edge::failed)?;
    let count = u32::try_from(revoked.len()).map_err(Problem::internal)?;
    let published = app.store.signed_list(list).await.map_err(edge::failed)?;
    if published.is_some_and(|p| p.revoked_count >= count && p.signed_by == workshop.list_signers()) {
        return Ok(());
    }
    let signed = signed(app, workshop, list, &revoked, now).await?;
    app.store.put_signed_list(list, &signed).await.map_err(edge::failed)
}

/// Publishes a list anew if other keys signed it than those that sign now: whoever signs a credential later than its event was planned
/// must not leave it to a list that a lost key vouches for.
pub(crate) async fn renew(
    app: &App,
    workshop: &Workshop<'_>,
    (list, head): (&StatusListId, &ListHead),
    now: Timestamp,
) -> Result<(), Problem> {
    let signers = workshop.list_signers();
    if head.signed_by.as_ref() == Some(&signers) {
        return Ok(());
    }
    publish(app, workshop, list, now).await?;
    app.store.note_published(list, &signers).await.map_err(edge::failed)
}

async fn signed(
    app: &App,
    workshop: &Workshop<'_>,
    list: &StatusListId,
    revoked: &[u32],
    now: Timestamp,
) -> Result<SignedList, Problem> {
    let mut bits = Bitstring::new(STATUS_LIST_BITS as usize).map_err(Problem::internal)?;
    for index in revoked {
        bits.set(*index as usize, true).map_err(Problem::internal)?;
    }
    let url = app.urls.status_list(list);
    let credential = ListCredential {
        url: &url,
        issuer_id: &workshop.did,
        purpose: "revocation",
        valid_from: now,
        valid_until: None,
    };
    let document = credential.to_value(&bits);
    let prepared = workshop.prepare(&document["@context"], now)?;
    let compact = match &workshop.list_key {
        Some(key) => Some(workshop.compact(app, key, &document).await?),
        None => None,
    };
    Ok(SignedList {
        revoked_count: u32::try_from(revoked.len()).map_err(Problem::internal)?,
        signed_by: workshop.list_signers(),
        document: workshop.embed(app, &prepared, document).await?.to_string(),
        compact,
    })
}
