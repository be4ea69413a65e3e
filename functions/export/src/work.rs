//! Making an export, step by step.
//!
//! A step goes on behind the last thing that is in the zip, in an order that does not change: kinds of things, and within a kind by id. It
//! ends when its time or its number of things is over, with a record of where it stopped. Parts of the upload are written over by who does a
//! step again, so that breaking off costs nothing but the step.

use crate::App;
use crate::archive::{Archive, Entry, Paused};
use crate::contents::{self, Kept, Thing};
use badge::{ClientId, ExportId};
use edge::{Clock, Problem};
use jiff::Timestamp;
use queue::ExportJob;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Bound;
use store::{Export, ExportState};

/// Bytes of a part of the upload: S3 takes 5 MiB at least and ten thousand parts, so an export has 80 GB at most.
const PART_BYTES: usize = 8 << 20;
const MEDIA_TYPE: &str = "application/zip";

/// What a step hands on, beside the end of the zip.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    /// The last thing that is in the zip.
    last: Option<Thing>,
    /// Contents of the parts that are written.
    parts: Vec<String>,
    /// Bytes in them.
    base: u64,
    entries: Vec<Entry>,
    kept: Kept,
}

/// Does a step of an export. One that is finished, or not there, is nothing to do.
pub(crate) async fn take(app: &App, job: &ExportJob, clock: Clock, deadline: Timestamp) -> Result<(), Problem> {
    let ExportJob { client, export } = job;
    let Some(export) = app.store.export(client, export, clock.now()).await.map_err(edge::failed)? else {
        return Ok(());
    };
    if !matches!(export.progress, ExportState::Running { .. }) || export.has_failed(clock.now()) {
        return Ok(());
    }
    let now = clock.now();
    let until = deadline.min(now.checked_add(app.step_time).unwrap_or(deadline));
    if !app.store.claim_export(&export, now, until).await.map_err(edge::failed)? {
        // Whoever has it may have broken off, with this message as the only one: it is left again for when their time is over.
        let delay = i32::try_from(app.step_time.as_secs()).unwrap_or(i32::MAX);
        return app.queue.send(&[job], delay).await.map_err(edge::failed);
    }
    let (before, client, id) = (export.steps, export.client.clone(), export.id.clone());
    // The rest is for the largest event there can be, and for the record.
    let stop_at = now.checked_add(until.duration_since(now) * 3 / 4).unwrap_or(until);
    let after = step(app, export, &clock, stop_at).await?;
    app.store.note_export(&after, until).await.map_err(edge::failed)?;
    if before > 0 {
        app.store.forget_export_state(&after, before).await.map_err(edge::failed)?;
    }
    tracing::info!(client = client.as_str(), export = id.as_str(), steps = after.steps, "an export goes on");
    if matches!(after.progress, ExportState::Running { .. }) {
        return next(app, client, id).await;
    }
    Ok(())
}

async fn next(app: &App, client: ClientId, export: ExportId) -> Result<(), Problem> {
    app.queue.send(&[ExportJob { client, export }], 0).await.map_err(edge::failed)
}

async fn step(app: &App, export: Export, clock: &Clock, stop_at: Timestamp) -> Result<Export, Problem> {
    let object = export.object();
    // The upload was completed, and the record of it was not written.
    if let Some(size_bytes) = app.store.object_size(&object).await.map_err(edge::failed)? {
        return Ok(ready(export, size_bytes, clock.now()));
    }
    let (upload, mut known, mut archive) = begin(app, &export).await?;
    let things = contents::things(app, &export).await?;
    let left: Vec<Thing> = behind(&things, known.last.as_ref()).cloned().collect();
    let mut count = 0;
    for thing in &left {
        // One at least, however late it is.
        if count == app.step_units || (count > 0 && clock.now() >= stop_at) {
            break;
        }
        contents::add(app, &export, thing, &mut archive, &mut known.kept).await?;
        known.last = Some(thing.clone());
        count += 1;
        if let Some(part) = archive.take(PART_BYTES) {
            put(app, &object, &upload, &mut known, part).await?;
        }
    }
    let is_whole = count == left.len();
    if is_whole {
        let manifest = contents::manifest(app, &export, &archive.entries, &known.kept).await?;
        archive.add("manifest.json", &manifest).map_err(Problem::internal)?;
    }
    let (Paused { base, rest }, entries) = archive.pause().map_err(Problem::internal)?;
    known.base = base;
    known.entries = entries;
    let steps = export.steps + 1;
    if is_whole {
        let size_bytes = base + rest.len() as u64;
        put(app, &object, &upload, &mut known, rest).await?;
        app.store.complete_parts(&object, &upload, &known.parts).await.map_err(edge::failed)?;
        return Ok(Export { steps, ..ready(export, size_bytes, clock.now()) });
    }
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let progress = ExportState::Running { done: number(things.len() - left.len() + count), of: number(things.len()) };
    let after = Export { steps, upload: Some(upload), progress, ..export };
    let json = serde_json::to_vec(&known).map_err(Problem::internal)?;
    app.store.put_export_state(&after, json, rest).await.map_err(edge::failed)?;
    Ok(after)
}

fn ready(export: Export, size_bytes: u64, at: Timestamp) -> Export {
    Export { progress: ExportState::Ready { at, size_bytes }, upload: None, ..export }
}

/// What the step begins with: nothing, or what the one before left.
async fn begin(app: &App, export: &Export) -> Result<(String, Known, Archive), Problem> {
    let Some(upload) = export.upload.clone() else {
        let upload = app.store.begin_parts(&export.object(), MEDIA_TYPE).await.map_err(edge::failed)?;
        let known = Known { last: None, parts: Vec::new(), base: 0, entries: Vec::new(), kept: Kept::default() };
        return Ok((upload, known, Archive::new(export.asked_at)));
    };
    let (json, rest) = app.store.export_state(export).await.map_err(edge::failed)?;
    let mut known: Known = serde_json::from_slice(&json).map_err(Problem::internal)?;
    let entries = std::mem::take(&mut known.entries);
    let paused = Paused { base: known.base, rest };
    let archive = Archive::resume(paused, export.asked_at, entries).map_err(Problem::internal)?;
    Ok((upload, known, archive))
}

async fn put(app: &App, object: &str, upload: &str, known: &mut Known, bytes: Vec<u8>) -> Result<(), Problem> {
    let part = app.store.put_part(object, upload, known.parts.len() + 1, bytes).await.map_err(edge::failed)?;
    known.parts.push(part);
    Ok(())
}

/// What is still to be put into the zip.
fn behind<'a>(things: &'a BTreeSet<Thing>, last: Option<&'a Thing>) -> impl Iterator<Item = &'a Thing> {
    let from = last.map_or(Bound::Unbounded, Bound::Excluded);
    things.range((from, Bound::Unbounded))
}
