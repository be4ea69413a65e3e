//! An object has arrived, S3 says; or it was found without having been noticed.

use crate::{App, judge};
use badge::{ApplicationId, EvidenceId};
use edge::{Clock, Problem};
use serde::Deserialize;
use store::evidence::Found;
use store::{Evidence, EvidenceState, StoreError, key};

/// What S3 tells (Amazon S3 User Guide, "Event message structure"). The test message at the beginning has no records.
#[derive(Debug, Deserialize)]
pub(crate) struct Notice {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
struct Record {
    s3: Told,
}

#[derive(Debug, Deserialize)]
struct Told {
    object: Object,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    /// As in a form; our own keys have nothing that is written differently there.
    key: String,
    version_id: String,
}

/// How often a file is looked up anew because somebody else changed it meanwhile.
const ROUNDS: usize = 4;

pub(crate) async fn take(app: &App, notice: &Notice, clock: &Clock) -> Result<(), Problem> {
    for record in &notice.records {
        let Object { key: object, version_id } = &record.s3.object;
        // Forms name such keys only, so this is somebody's with access to the bucket.
        let Some((client, application, id)) = key::read_evidence_object(object) else {
            tracing::warn!("an object that is no evidence");
            continue;
        };
        let found = app.store.evidence_record(&application, &id).await.map_err(edge::failed)?;
        match found.filter(|evidence| evidence.promise.client == client) {
            Some(evidence) => look(app, evidence, version_id, clock).await?,
            None => delete(app, object, version_id).await?,
        }
    }
    Ok(())
}

/// Does with a version of a file what its record asks for.
pub(crate) async fn look(app: &App, mut evidence: Evidence, version: &str, clock: &Clock) -> Result<(), Problem> {
    let object = evidence.object();
    for _ in 0..ROUNDS {
        match evidence.state.clone() {
            _ if evidence.is_over(clock.now()) => return delete(app, &object, version).await,
            EvidenceState::Uploading => {
                let Some(found) = find(app, &object, version).await? else { return Ok(()) };
                match app.store.note_evidence_arrival(&mut evidence, &found.object).await {
                    Ok(()) => return judge::judge(app, evidence, found, clock).await,
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(edge::failed(error)),
                }
            }
            EvidenceState::Checking(pinned) if pinned.version == version => {
                // Gone although nobody has judged it: whoever did that, there is nothing to hand out.
                let found = find(app, &object, version).await?.unwrap_or(Found { object: pinned, size_bytes: 0 });
                return judge::judge(app, evidence, found, clock).await;
            }
            EvidenceState::Accepted { object: pinned, .. } if pinned.version == version => {
                return app.tell(&evidence.promise.application).await;
            }
            EvidenceState::Refused { .. } => {
                delete(app, &object, version).await?;
                return app.tell(&evidence.promise.application).await;
            }
            // A form was used twice. What counts is pinned.
            EvidenceState::Checking(_) | EvidenceState::Accepted { .. } => return delete(app, &object, version).await,
        }
        evidence = match again(app, &evidence.promise.application, &evidence.promise.id).await? {
            Some(evidence) => evidence,
            None => return delete(app, &object, version).await,
        };
    }
    Err(Problem::internal("a file that is changed again and again"))
}

async fn again(app: &App, application: &ApplicationId, id: &EvidenceId) -> Result<Option<Evidence>, Problem> {
    app.store.evidence_record(application, id).await.map_err(edge::failed)
}

async fn find(app: &App, object: &str, version: &str) -> Result<Option<Found>, Problem> {
    app.store.evidence_version(object, version).await.map_err(edge::failed)
}

async fn delete(app: &App, object: &str, version: &str) -> Result<(), Problem> {
    tracing::info!("a version that nobody has use for");
    app.store.delete_evidence_version(object, version).await.map_err(edge::failed)
}

/// Deletes all versions of an object, but for the one that is kept.
pub(crate) async fn delete_others(app: &App, object: &str, kept: Option<&str>) -> Result<(), Problem> {
    let versions = app.store.evidence_versions(object).await.map_err(edge::failed)?;
    for found in versions.iter().filter(|found| Some(found.object.version.as_str()) != kept) {
        app.store.delete_evidence_version(object, &found.object.version).await.map_err(edge::failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::Scanner;
    use crate::scanner::tests::fake_clamd;
    use crate::wire::{Scene, Wire, at, stage_of, take_notice};
    use evidence::{MediaType, testing};

    fn accepted() -> Vec<(String, String)> {
        vec![("checking".into(), String::new()), ("accepted".into(), "[]".into())]
    }
    fn refused(reason: &str) -> Vec<(String, String)> {
        vec![("checking".into(), String::new()), ("refused".into(), format!("\"{reason}\""))]
    }

    #[tokio::test]
    async fn a_good_file_is_pinned_accepted_and_told() {
        for media in MediaType::ALL {
            let wire = take_notice(&Scene::with(*media, testing::good(*media)), "v1", None).await;
            assert_eq!(wire.recorded(), accepted(), "{media:?}");
            assert_eq!((wire.told(), wire.deleted().len()), (1, 0));
            let [pin, verdict] = &wire.calls("UpdateItem")[..] else { panic!("two changes") };
            assert_eq!((pin.value(":version"), pin.value(":was")), ("v1", "uploading"));
            assert_eq!((verdict.value(":version"), verdict.value(":was")), ("v1", "checking"));
        }
    }

    #[tokio::test]
    async fn what_is_refused_is_deleted_in_every_version() {
        let mut scene = Scene::with(MediaType::Pdf, testing::program());
        scene.versions.push(("v2", testing::good(MediaType::Pdf)));
        let wire = take_notice(&scene, "v1", None).await;
        assert_eq!(wire.recorded(), refused("executable"));
        assert_eq!((wire.deleted(), wire.told()), (vec!["v2".to_owned(), "v1".to_owned()], 1));
    }

    #[tokio::test]
    async fn of_a_large_file_only_ranges_are_read() {
        let mut film = testing::good(MediaType::Mp4);
        film.resize(40_000_000, 7);
        let wire = take_notice(&Scene::with(MediaType::Mp4, film), "v1", None).await;
        assert_eq!(wire.recorded(), accepted());
        let reads = wire.calls("GET");
        assert_eq!(reads.len(), 2);
    }

    #[tokio::test]
    async fn a_size_that_differs_is_refused() {
        let mut scene = Scene::arrived();
        scene.promise.declaration.size_bytes += 1;
        assert_eq!(take_notice(&scene, "v1", None).await.recorded(), refused("size_differs"));
    }

    #[tokio::test]
    async fn a_second_upload_changes_nothing_whatever_the_first_has_come_to() {
        for stage in ["checking", "accepted", "refused"] {
            let mut scene = Scene::arrived().in_stage(stage, "v1");
            scene.versions.push(("v2", testing::program()));
            let wire = take_notice(&scene, "v2", None).await;
            assert_eq!((wire.recorded().len(), wire.deleted()), (0, vec!["v2".to_owned()]), "{stage}");
        }
    }

    #[tokio::test]
    async fn two_notices_at_once_pin_one_version() {
        // Between reading and writing, somebody else has pinned the other one.
        let mut scene = Scene::arrived();
        scene.versions.push(("v2", testing::good(MediaType::Pdf)));
        scene.failing = Some(("UpdateItem", "ConditionalCheckFailedException"));
        scene.later = Some(stage_of("accepted", "v2"));
        let wire = take_notice(&scene, "v1", None).await;
        assert_eq!((wire.deleted(), wire.calls("GET").len()), (vec!["v1".to_owned()], 0));
    }

    #[tokio::test]
    async fn a_notice_that_comes_twice_only_tells_again() {
        let wire = take_notice(&Scene::arrived().in_stage("accepted", "v1"), "v1", None).await;
        assert_eq!((wire.recorded().len(), wire.deleted().len(), wire.told()), (0, 0, 1));
        // One that broke off after it had pinned goes on.
        let wire = take_notice(&Scene::arrived().in_stage("checking", "v1"), "v1", None).await;
        assert_eq!(wire.recorded(), [("accepted".to_owned(), "[]".to_owned())]);
        let gone = Scene { versions: vec![], ..Scene::arrived().in_stage("checking", "v1") };
        assert_eq!(take_notice(&gone, "v1", None).await.recorded(), [("refused".to_owned(), "\"empty\"".to_owned())]);
    }

    #[tokio::test]
    async fn what_nobody_has_promised_is_deleted() {
        let removed = Scene { record: serde_json::Value::Null, ..Scene::arrived() };
        assert_eq!(take_notice(&removed, "v1", None).await.deleted(), ["v1"]);
        let scene = Scene::arrived();
        let mut foreign = scene.clone();
        foreign.promise.client = badge::ClientId::from_random([9; 10]);
        let wire = Wire::showing(&scene);
        take(&wire.app(None), &foreign.notice("v1"), &Clock::starting_at(at(60))).await.unwrap();
        assert_eq!((wire.deleted(), wire.recorded().len()), (vec!["v1".to_owned()], 0));
        // Too late.
        let wire = Wire::showing(&scene);
        take(&wire.app(None), &scene.notice("v1"), &Clock::starting_at(at(7_200))).await.unwrap();
        assert_eq!((wire.deleted(), wire.recorded().len()), (vec!["v1".to_owned()], 0));
    }

    #[tokio::test]
    async fn other_objects_and_test_messages_are_passed_over() {
        let wire = Wire::showing(&Scene::arrived());
        for notice in [
            r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-23T05:06:07Z","Bucket":"b","RequestId":"r","HostId":"h"}"#,
            r#"{"Records":[{"s3":{"object":{"key":"evidence/..%2F","versionId":"1"}}}]}"#,
        ] {
            let notice: Notice = serde_json::from_str(notice).unwrap();
            take(&wire.app(None), &notice, &Clock::starting_at(at(60))).await.unwrap();
        }
        assert!(wire.calls("GetItem").is_empty() && wire.deleted().is_empty());
    }

    #[tokio::test]
    async fn the_sample_payload_is_a_notice() {
        let payload: serde_json::Value = serde_json::from_str(include_str!("../../../events/screening.json")).unwrap();
        let notice: Notice = serde_json::from_str(payload["Records"][0]["body"].as_str().unwrap()).unwrap();
        let object = &notice.records[0].s3.object;
        assert!(key::read_evidence_object(&object.key).is_some() && !object.version_id.is_empty());
    }

    #[tokio::test]
    async fn a_scanner_has_the_last_word() {
        let good = Scene::with(MediaType::Text, b"good".to_vec());
        let evil = Scene::with(MediaType::Text, b"this is evil".to_vec());
        let clamd = || Some(fake_clamd(1_000_000));
        assert_eq!(take_notice(&good, "v1", clamd()).await.recorded(), accepted());
        let wire = take_notice(&evil, "v1", clamd()).await;
        assert_eq!((wire.recorded(), wire.deleted()), (refused("malware"), vec!["v1".to_owned()]));
        // What is refused without it is not shown to it.
        let program = Scene::with(MediaType::Text, testing::program());
        assert_eq!(take_notice(&program, "v1", clamd()).await.recorded(), refused("executable"));
    }

    #[tokio::test]
    async fn without_its_word_a_file_waits() {
        for scanner in [Scanner::at("127.0.0.1:1").unwrap(), fake_clamd(2)] {
            let wire = take_notice(&Scene::with(MediaType::Text, b"good".to_vec()), "v1", Some(scanner)).await;
            assert_eq!(wire.recorded(), [("checking".to_owned(), String::new())]);
            assert_eq!((wire.told(), wire.deleted().len()), (0, 0));
        }
    }
}
