//! What the schedule does every few minutes: look at every file whose row is due. Its notice was lost, the scanner did not answer, it was
//! never uploaded, it was removed, or its time is over.

use crate::App;
use crate::arrive::{delete_others, look};
use edge::{Clock, Problem};
use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use store::evidence::Due;
use store::{Evidence, EvidenceState, StoreError, key};

/// Files looked at side by side.
const AT_ONCE: usize = 4;
/// Nothing new is begun this long before the deadline: a scan may take most of it.
const STOP_BEFORE: SignedDuration = SignedDuration::from_secs(45);

/// One round. A file that fails does not keep the others from being looked at; its row stays.
pub(crate) async fn sweep(app: &App, clock: &Clock, deadline: Timestamp) -> Result<(), Problem> {
    let rows = app.store.due_evidence(clock.now()).await.map_err(edge::failed)?;
    let one = |due| async move {
        if deadline.duration_since(clock.now()) < STOP_BEFORE { Ok(()) } else { look_at(app, due, clock).await }
    };
    let looks: Vec<_> = rows.iter().map(one).collect();
    let outcomes: Vec<Result<(), Problem>> = stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
    tracing::info!(due = rows.len(), failed = outcomes.iter().filter(|o| o.is_err()).count(), "looked at evidence");
    outcomes.into_iter().find(Result::is_err).unwrap_or(Ok(()))
}

async fn look_at(app: &App, due: &Due, clock: &Clock) -> Result<(), Problem> {
    let object = key::evidence_object(&due.client, &due.application, &due.evidence);
    let evidence = app.store.evidence_record(&due.application, &due.evidence).await.map_err(edge::failed)?;
    let next = match evidence {
        None => {
            delete_others(app, &object, None).await?;
            None
        }
        Some(evidence) if evidence.is_over(clock.now()) => {
            match app.store.forget_evidence(&evidence).await {
                Ok(()) => {}
                // Kept longer, perhaps: the next round sees.
                Err(StoreError::Conflict) => return Ok(()),
                Err(error) => return Err(edge::failed(error)),
            }
            delete_others(app, &object, None).await?;
            None
        }
        Some(evidence) => {
            let next = evidence.next_look(clock.now());
            go_on(app, evidence, &object, clock).await?;
            Some(next)
        }
    };
    app.store.move_due(due, next).await.map_err(edge::failed)
}

/// Does what may have been left undone.
async fn go_on(app: &App, evidence: Evidence, object: &str, clock: &Clock) -> Result<(), Problem> {
    match &evidence.state {
        EvidenceState::Uploading => {
            let versions = app.store.evidence_versions(object).await.map_err(edge::failed)?;
            // The first that was uploaded, as if it had been noticed.
            let Some(first) = versions.last() else { return Ok(()) };
            look(app, evidence, &first.object.version, clock).await
        }
        EvidenceState::Checking(pinned) => {
            let version = pinned.version.clone();
            look(app, evidence, &version, clock).await
        }
        EvidenceState::Accepted { object: pinned, .. } => {
            delete_others(app, object, Some(&pinned.version)).await?;
            app.tell(&evidence.promise.application).await
        }
        EvidenceState::Refused { .. } => {
            delete_others(app, object, None).await?;
            app.tell(&evidence.promise.application).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Scene, Wire, at};
    use evidence::{MediaType, testing};

    async fn swept(scene: &Scene, now: i64, deadline: i64) -> (Wire, Result<(), Problem>) {
        let scene = Scene { due: Some(at(30)), ..scene.clone() };
        let wire = Wire::showing(&scene);
        let outcome = sweep(&wire.app(None), &Clock::starting_at(at(now)), at(deadline)).await;
        (wire, outcome)
    }

    /// The time of the row that took the place of the old one, in minutes: the clock goes on while a test runs.
    fn next(wire: &Wire) -> Option<i64> {
        let put = wire.calls("PutItem").pop()?;
        let at_ms: i64 = put.body["Item"]["sk"]["S"].as_str().unwrap()[..15].parse().unwrap();
        Some((at_ms / 1_000 - at(0).as_second()) / 60)
    }

    #[tokio::test]
    async fn a_file_whose_notice_was_lost_is_judged() {
        let mut scene = Scene::arrived();
        scene.versions.push(("v2", testing::program()));
        for scene in [scene.clone(), scene.in_stage("checking", "v1")] {
            let (wire, outcome) = swept(&scene, 300, 400).await;
            outcome.unwrap();
            assert_eq!(wire.recorded().pop(), Some(("accepted".to_owned(), "[]".to_owned())));
            assert_eq!((wire.told(), next(&wire)), (1, Some(10)));
        }
    }

    #[tokio::test]
    async fn what_has_not_come_yet_is_waited_for_and_then_forgotten() {
        let scene = Scene { versions: vec![], ..Scene::arrived() };
        let (wire, _) = swept(&scene, 300, 400).await;
        assert_eq!((wire.recorded().len(), next(&wire)), (0, Some(10)));
        let (wire, _) = swept(&scene, 7_200, 7_300).await;
        let deletes = wire.calls("DeleteItem");
        assert_eq!((deletes.len(), next(&wire)), (2, None));
        assert_eq!(
            (deletes[0].value(":stage"), deletes[0].body["Key"]["pk"]["S"].as_str().unwrap()[..9].to_owned()),
            ("uploading", "EVIDENCE#".to_owned())
        );
    }

    #[tokio::test]
    async fn when_forms_have_ended_only_the_judged_version_is_left() {
        let mut scene = Scene::arrived();
        scene.versions.push(("v2", testing::good(MediaType::Pdf)));
        let (wire, _) = swept(&scene.clone().in_stage("accepted", "v1"), 7_200, 7_300).await;
        assert_eq!((wire.deleted(), wire.told(), next(&wire)), (vec!["v2".to_owned()], 1, Some(43_200)));
        let (wire, _) = swept(&scene.in_stage("refused", "v1"), 300, 400).await;
        assert_eq!((wire.deleted().len(), next(&wire)), (2, Some(120)));
    }

    #[tokio::test]
    async fn at_the_end_record_and_bytes_go() {
        let (wire, _) = swept(&Scene::arrived().in_stage("accepted", "v1"), 2_592_000, 2_592_100).await;
        assert_eq!((wire.deleted(), wire.calls("DeleteItem").len(), next(&wire)), (vec!["v1".to_owned()], 2, None));
        // What was removed has no record any more.
        let removed = Scene { record: serde_json::Value::Null, ..Scene::arrived() };
        let (wire, _) = swept(&removed, 60, 160).await;
        assert_eq!((wire.deleted(), wire.calls("DeleteItem").len()), (vec!["v1".to_owned()], 1));
    }

    #[tokio::test]
    async fn bytes_stay_while_somebody_keeps_the_record() {
        let mut scene = Scene::arrived().in_stage("accepted", "v1");
        scene.failing = Some(("DeleteItem", "ConditionalCheckFailedException"));
        let (wire, outcome) = swept(&scene, 2_592_000, 2_592_100).await;
        assert!(outcome.is_ok() && wire.deleted().is_empty());
    }

    #[tokio::test]
    async fn nothing_is_begun_shortly_before_the_end_and_failures_are_told() {
        let (wire, outcome) = swept(&Scene::arrived(), 300, 340).await;
        assert!(outcome.is_ok() && wire.calls("GetItem").is_empty());
        let failing = Scene { failing: Some(("SendMessageBatch", "InternalError")), ..Scene::arrived() };
        let (wire, outcome) = swept(&failing, 300, 400).await;
        assert!(outcome.is_err() && next(&wire).is_none(), "its row stays");
    }
}
