//! The verdict on a pinned version, and what follows from it.

use crate::App;
use crate::arrive::delete_others;
use crate::scanner::Scan;
use edge::{Clock, Problem};
use evidence::{Findings, MAX_ROUNDS, Need, Pieces, Reason, Verdict, examine};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use store::evidence::Found;
use store::{Evidence, StoreError};

/// Ranges that are read side by side.
const READS_AT_ONCE: usize = 16;

pub(crate) async fn judge(app: &App, mut evidence: Evidence, found: Found, clock: &Clock) -> Result<(), Problem> {
    let object = evidence.object();
    let Some(verdict) = verdict(app, &evidence, &found).await? else {
        // The schedule comes back to it. As a failed message it would end among those that need an operator.
        tracing::warn!(evidence = evidence.promise.id.as_str(), "the scanner does not answer: the file waits");
        return Ok(());
    };
    let code = verdict.as_ref().map_or_else(|reason| reason.code(), |_| "accepted");
    let recorded = match verdict {
        Ok(findings) => app.store.accept_evidence(&mut evidence, &found.object, findings, clock.now()).await,
        Err(reason) => app.store.refuse_evidence(&mut evidence, &found.object, reason, clock.now()).await,
    };
    match recorded {
        Ok(()) => tracing::info!(evidence = evidence.promise.id.as_str(), code, "judged"),
        // Somebody else has done so meanwhile; or this was done, and the answer lost. Telling twice changes nothing.
        Err(StoreError::Conflict) => return app.tell(&evidence.promise.application).await,
        Err(error) => return Err(edge::failed(error)),
    }
    if code != "accepted" {
        delete_others(app, &object, None).await?;
    }
    app.tell(&evidence.promise.application).await
}

/// None while it cannot be said.
async fn verdict(app: &App, evidence: &Evidence, found: &Found) -> Result<Option<Result<Findings, Reason>>, Problem> {
    let (object, version) = (evidence.object(), found.object.version.as_str());
    let findings = match examined(app, evidence, found).await? {
        Ok(findings) => findings,
        Err(reason) => return Ok(Some(Err(reason))),
    };
    let Some(scanner) = &app.scanner else { return Ok(Some(Ok(findings))) };
    let Some(body) = app.store.evidence_stream(&object, version).await.map_err(edge::failed)? else {
        return Ok(Some(Err(Reason::Damaged)));
    };
    Ok(match scanner.scan(body).await {
        Ok(Scan::Clean) => Some(Ok(findings)),
        Ok(Scan::Found(name)) => {
            tracing::warn!(evidence = evidence.promise.id.as_str(), name, "malware");
            Some(Err(Reason::Malware))
        }
        Err(error) => {
            tracing::error!(%error, "the scanner");
            None
        }
    })
}

/// What the bytes say of themselves.
async fn examined(app: &App, evidence: &Evidence, found: &Found) -> Result<Result<Findings, Reason>, Problem> {
    let declaration = &evidence.promise.declaration;
    let mut pieces = Pieces::of_size(found.size_bytes);
    for _ in 0..=MAX_ROUNDS {
        match examine(declaration.media, declaration.size_bytes, &pieces) {
            Verdict::Accepted(findings) => return Ok(Ok(findings)),
            Verdict::Refused(reason) => return Ok(Err(reason)),
            Verdict::Need(need) => {
                if !fill(app, evidence, found, &mut pieces, &need).await? {
                    return Ok(Err(Reason::Damaged));
                }
            }
        }
    }
    Err(Problem::internal("an examination that goes round in circles"))
}

/// Whether all of it was there.
async fn fill(
    app: &App,
    evidence: &Evidence,
    found: &Found,
    pieces: &mut Pieces,
    need: &Need,
) -> Result<bool, Problem> {
    let object = &evidence.object();
    let read = |range: std::ops::Range<u64>| async move {
        let bytes = app.store.evidence_bytes(object, &found.object.version, range.clone()).await;
        bytes.map(|bytes| (range.start, bytes)).map_err(edge::failed)
    };
    let reads: Vec<_> = need.reads().into_iter().map(read).collect();
    let mut parts = stream::iter(reads).buffer_unordered(READS_AT_ONCE);
    while let Some((start, bytes)) = parts.try_next().await? {
        let Some(bytes) = bytes else { return Ok(false) };
        pieces.fill(need, start, &bytes);
    }
    Ok(true)
}
