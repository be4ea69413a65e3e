//! From a planned chunk to credentials that everybody knows of: sign what is missing, unless the event signs on claim, ask for the mails,
//! tell the feed.
//!
//! The order is what makes it safe to break off anywhere. A chunk's pending row goes in the very transaction that tells the feed,
//! and last: until then somebody finds the chunk and does it again. Signed credentials stay as they are, a mail asked for twice is
//! sent once ([`store::deliveries`]), and only a chunk that is still pending is told of.

use crate::App;
use crate::sign::{self, Begun, Workshop};
use badge::notice::{Notice, NoticeKind, Recipients};
use badge::{EventId, Signing};
use edge::{Message, Problem};
use jiff::{SignedDuration, Timestamp};
use queue::{SigningJob, WebhookJob};
use std::time::Duration;
use store::StoredOrganisation;
use store::events::StoredEvent;

/// Kept free before Lambda ends an invocation, to leave the rest of a chunk to another one in order.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);
/// How long a chunk may wait before somebody asks whether its message was lost.
const OVERDUE: SignedDuration = SignedDuration::from_mins(10);

/// Signs and completes a chunk named in a queue message. A chunk that is complete, or of an event that is not there, is nothing to do.
pub(crate) async fn take(app: &App, job: SigningJob, message: &Message) -> Result<(), Problem> {
    let Some(event) = app.store.event(&job.event).await.map_err(edge::failed)? else { return Ok(()) };
    if !app.store.is_pending(&event.event, job.chunk).await.map_err(edge::failed)? {
        return Ok(());
    }
    let organisation = app.store.organisation(&event.event.client).await.map_err(edge::failed)?;
    let organisation = organisation.ok_or_else(|| Problem::internal("the organisation of an event is gone"))?;
    let workshop = Workshop::open(app, &organisation).await?;
    let time = Duration::try_from(message.deadline.duration_since(message.now) - MARGIN).unwrap_or_default();
    let begun = if job.resumed || message.attempt > 1 { Begun::Perhaps } else { Begun::No };
    match tokio::time::timeout(time, complete(app, &workshop, &event, job.chunk, begun, message.now)).await {
        Ok(outcome) => outcome,
        // What is signed stays signed; another invocation goes on.
        Err(_) => app.signing.send(&[SigningJob { resumed: true, ..job }], 1).await.map_err(edge::failed),
    }
}

/// Signs what of a chunk is to be signed now and is not yet, asks for its mails and tells of it.
pub(crate) async fn complete(
    app: &App,
    workshop: &Workshop<'_>,
    planned: &StoredEvent,
    chunk: u32,
    begun: Begun,
    now: Timestamp,
) -> Result<(), Problem> {
    let event = &planned.event;
    let numbers = event.chunk(chunk);
    if event.sign == Signing::AtIssue {
        let recipients = app.store.planned_range(&event.id, numbers.clone()).await.map_err(edge::failed)?;
        sign::missing(app, workshop, planned, recipients, begun, event.created_at).await?;
    }
    let recipients = Recipients::Range { from: numbers.start, to: numbers.end };
    if event.send_email {
        app.mail.send(&queue::mail_jobs(&event.id, &recipients, 0), 0).await.map_err(edge::failed)?;
    }
    let notice = Notice { kind: NoticeKind::Issued, event: event.id.clone(), recipients, at: now, reason: None };
    app.store.finish_chunk(event, chunk, &notice).await.map_err(edge::failed)?;
    hint(app, workshop.organisation).await;
    Ok(())
}

/// Leaves chunks of an event to the queue.
pub(crate) async fn leave(
    app: &App,
    event: &EventId,
    chunks: std::ops::Range<u32>,
    begun: Begun,
) -> Result<(), Problem> {
    let jobs: Vec<SigningJob> =
        chunks.map(|chunk| SigningJob { event: event.clone(), chunk, resumed: begun == Begun::Perhaps }).collect();
    app.signing.send(&jobs, 0).await.map_err(edge::failed)
}

/// Tells an organisation's webhooks that there is something in its feed. A hint that is lost costs only time: they look by
/// themselves every few minutes.
pub(crate) async fn hint(app: &App, organisation: &StoredOrganisation) {
    if !organisation.has_webhooks {
        return;
    }
    let job = WebhookJob { client: organisation.organisation.id.clone() };
    if let Err(error) = app.webhooks.send(&[job], queue::WEBHOOK_DELAY_SECONDS).await {
        tracing::warn!(cause = %error, "a hint for webhooks was lost");
    }
}

/// Leaves to the queue what has waited for so long that its message must have been lost, as when a call broke off after planning.
pub(crate) async fn sweep(app: &App, now: Timestamp) -> Result<(), Problem> {
    let before = now.checked_sub(OVERDUE).map_err(Problem::internal)?;
    let overdue = app.store.pending_chunks(before).await.map_err(edge::failed)?;
    let mut jobs = Vec::with_capacity(overdue.len());
    for chunk in overdue {
        if app.store.event(&chunk.event).await.map_err(edge::failed)?.is_none() {
            app.store.drop_chunk(&chunk).await.map_err(edge::failed)?;
            continue;
        }
        tracing::warn!(event = chunk.event.as_str(), chunk = chunk.chunk, "a chunk was overdue");
        jobs.push(SigningJob { event: chunk.event, chunk: chunk.chunk, resumed: true });
    }
    app.signing.send(&jobs, 0).await.map_err(edge::failed)
}
