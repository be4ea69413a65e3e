//! Evidence: a file is promised, uploaded straight into the bucket by a form as a browser does it, looked at by whoever S3 wakes, and
//! downloaded by a reviewer. Promises and verdicts are read and written as a function does it, by the store; all between is real.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a journey ends where something is not as expected")]

mod records;

use badge::{ApplicationId, ClientId, EvidenceId};
use evidence::testing::{self, Member};
use evidence::{Declaration, MediaType, Reason};
use jiff::Timestamp;
use journeys::{Reply, post_form, request, variable};
use records::{files, now};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use store::evidence::Promise;
use store::{Evidence, EvidenceState, PresignedPost, Store, StoreError};

/// Ten bytes that no other test draws: the time, and a number.
fn random() -> [u8; 10] {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&now().as_microsecond().to_be_bytes());
    bytes[8] = NEXT.fetch_add(1, Ordering::Relaxed);
    bytes[9] = std::process::id().to_le_bytes()[0];
    bytes
}

fn promise(application: &ApplicationId, name: &str, media: MediaType, size: usize) -> Promise {
    Promise {
        id: EvidenceId::from_random(random()),
        client: variable("CLIENT_ID").parse::<ClientId>().unwrap(),
        application: application.clone(),
        field: "works".into(),
        declaration: Declaration::read(name, media.name(), size as u64).unwrap(),
        created_at: now(),
    }
}

async fn promised(store: &Store, name: &str, media: MediaType, size: usize) -> Evidence {
    let application = ApplicationId::from_random(random());
    store.begin_evidence(promise(&application, name, media, size), None, now()).await.unwrap().unwrap()
}

/// Sends a form as a browser does.
fn post(form: &PresignedPost, change: (&str, &str), file: &[u8]) -> Reply {
    let value = |(name, value): &(&'static str, String)| {
        if *name == change.0 { change.1.to_owned() } else { value.clone() }
    };
    let values: Vec<String> = form.fields.iter().map(value).collect();
    let mut fields: Vec<(&str, &[u8])> =
        form.fields.iter().zip(&values).map(|((name, _), value)| (*name, value.as_bytes())).collect();
    fields.push(("file", file));
    post_form(&form.url, &[], &fields)
}

async fn upload(store: &Store, evidence: &Evidence, file: &[u8]) -> PresignedPost {
    let form = store.evidence_upload(evidence, now()).await.unwrap();
    let _ = post(&form, ("", ""), file).expect(204);
    form
}

/// Waits for the verdict.
async fn judged(store: &Store, evidence: &Evidence) -> Evidence {
    let Promise { application, id, .. } = &evidence.promise;
    for _ in 0..480 {
        let found = store.evidence(application, id, now()).await.unwrap().unwrap();
        if matches!(found.state, EvidenceState::Accepted { .. } | EvidenceState::Refused { .. }) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("no verdict");
}

/// Waits until so many versions are in the bucket.
async fn settled(store: &Store, evidence: &Evidence, versions: usize) {
    for _ in 0..480 {
        if store.evidence_versions(&evidence.object()).await.unwrap().len() == versions {
            return;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("never {versions} versions");
}

#[tokio::test]
async fn a_file_of_every_type_is_taken_and_handed_out_as_an_attachment() {
    let store = files();
    for media in MediaType::ALL {
        let (file, name) = (testing::good(*media), format!("花子の作品.{}", media.extensions()[0]));
        let evidence = promised(&store, &name, *media, file.len()).await;
        assert_eq!(store.evidence_download(&evidence, now()).await.unwrap(), None);
        upload(&store, &evidence, &file).await;
        let evidence = judged(&store, &evidence).await;
        assert_eq!(evidence.state.name(), "accepted", "{media:?}: {:?}", evidence.state);
        let address = store.evidence_download(&evidence, now()).await.unwrap().unwrap();
        let got = request("GET", &address, &[], b"").expect(200);
        assert_eq!(got.body, file);
        assert_eq!(got.header("content-type"), media.name());
        let disposition = got.header("content-disposition").to_owned();
        assert!(
            disposition.starts_with("attachment; filename=\"evidence.") && disposition.contains("UTF-8''%E8%8A%B1"),
            "{disposition}"
        );
        // Without the signature, or at another version, there is nothing.
        let bare = address.split('?').next().unwrap();
        assert_eq!(request("GET", bare, &[], b"").status, 403);
        assert_eq!(request("GET", &address.replace("versionId=", "versionId=x"), &[], b"").status, 403);
    }
}

#[tokio::test]
async fn what_must_not_reach_a_reviewer_is_refused_and_gone() {
    let store = files();
    let zip = |member| testing::zip(&[member]);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    let encrypted = Member { flags: 1, ..Member::new("a.txt", b"x") };
    let polyglot = [testing::good(MediaType::Png), testing::good(MediaType::Zip)].concat();
    let rows: Vec<(MediaType, Vec<u8>, Reason)> = vec![
        (MediaType::Jpeg, testing::program(), Reason::Executable),
        (MediaType::Text, b"#!/bin/sh\nrm -rf /\n".to_vec(), Reason::Executable),
        (MediaType::Pdf, b"\x7fELF\x02\x01\x01\0".to_vec(), Reason::Executable),
        (MediaType::Text, b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), Reason::WebPage),
        (MediaType::Png, svg, Reason::WebPage),
        (MediaType::Jpeg, testing::good(MediaType::Png), Reason::NotDeclaredType),
        (MediaType::Pdf, b"%PDF-1.7\n".to_vec(), Reason::Damaged),
        (MediaType::Pdf, testing::pdf("/Encrypt 5 0 R"), Reason::EncryptedPdf),
        (MediaType::Png, polyglot, Reason::Ambiguous),
        (MediaType::Docx, testing::encrypted_office(), Reason::EncryptedDocument),
        (MediaType::Odt, testing::odt("<manifest:encryption-data/>", &[]), Reason::EncryptedDocument),
        (MediaType::Docx, testing::office("word", &[Member::new("word/vbaProject.bin", b"x")]), Reason::Macros),
        (MediaType::Zip, zip(encrypted), Reason::EncryptedArchive),
        (MediaType::Zip, zip(Member::new("setup.exe", b"x")), Reason::ArchiveExecutable),
        (MediaType::Zip, zip(Member::new("photo.jpg", &testing::program())), Reason::ArchiveExecutable),
        (MediaType::Zip, zip(Member::new("../../a.txt", b"x")), Reason::ArchiveInconsistent),
        (MediaType::Zip, zip(Member::new("zeros.bin", &vec![0; 20_000_000])), Reason::ArchiveTooLarge),
    ];
    for (media, file, reason) in rows {
        let evidence = promised(&store, &format!("a.{}", media.extensions()[0]), media, file.len()).await;
        upload(&store, &evidence, &file).await;
        let evidence = judged(&store, &evidence).await;
        assert!(
            matches!(evidence.state, EvidenceState::Refused { reason: said, .. } if said == reason),
            "{reason:?}: {:?}",
            evidence.state
        );
        assert_eq!(store.evidence_download(&evidence, now()).await.unwrap(), None);
        settled(&store, &evidence, 0).await;
    }
}

#[tokio::test]
async fn a_form_takes_what_was_promised_and_nothing_else() {
    let store = files();
    let file = testing::good(MediaType::Pdf);
    let evidence = promised(&store, "a.pdf", MediaType::Pdf, file.len()).await;
    let form = store.evidence_upload(&evidence, now()).await.unwrap();
    let larger = [&file[..], b"\n"].concat();
    assert!(post(&form, ("", ""), &larger).status >= 400);
    assert!(post(&form, ("Content-Type", "text/html"), &file).status >= 400);
    assert!(post(&form, ("key", "evidence/a/b/c"), &file).status >= 400);
    assert!(post(&form, ("Content-Disposition", "inline"), &file).status >= 400);
    assert!(store.evidence_versions(&evidence.object()).await.unwrap().is_empty());
    // Less than was promised gets in and no further.
    let _ = post(&form, ("", ""), &file[..file.len() - 1]).expect(204);
    let refused = judged(&store, &evidence).await;
    assert!(matches!(refused.state, EvidenceState::Refused { reason: Reason::SizeDiffers, .. }));
}

#[tokio::test]
async fn what_was_judged_is_what_is_handed_out_however_often_a_form_is_used() {
    let store = files();
    let (file, size) = (b"what I did last year".to_vec(), 20);
    let evidence = promised(&store, "a.txt", MediaType::Text, size).await;
    let form = upload(&store, &evidence, &file).await;
    let accepted = judged(&store, &evidence).await;
    assert_eq!(accepted.state.name(), "accepted");
    let address = store.evidence_download(&accepted, now()).await.unwrap().unwrap();
    for other in [&b"#!/bin/sh\nrm -rf /##"[..], b"nothing good is here"] {
        let _ = post(&form, ("", ""), other).expect(204);
        // While it lies there as the current version, too.
        assert_eq!(request("GET", &address, &[], b"").expect(200).body, file);
        settled(&store, &evidence, 1).await;
    }
    assert_eq!(judged(&store, &evidence).await.state, accepted.state);
    assert_eq!(request("GET", &address, &[], b"").expect(200).body, file);

    // Several at once: one of them, and that one only.
    let evidence = promised(&store, "b.txt", MediaType::Text, size).await;
    let form = store.evidence_upload(&evidence, now()).await.unwrap();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let form = &form;
            scope.spawn(move || post(form, ("", ""), format!("what I did, part {number:03}").as_bytes()).expect(204));
        }
    });
    let accepted = judged(&store, &evidence).await;
    settled(&store, &evidence, 1).await;
    let EvidenceState::Accepted { object, .. } = &accepted.state else { panic!("{:?}", accepted.state) };
    assert_eq!(store.evidence_versions(&evidence.object()).await.unwrap()[0].object.version, object.version);
    let address = store.evidence_download(&accepted, now()).await.unwrap().unwrap();
    assert!(request("GET", &address, &[], b"").expect(200).body.starts_with(b"what I did, part "));
}

#[tokio::test]
async fn an_application_has_ten_files_and_no_more_even_when_all_begin_at_once() {
    let store = &files();
    let application = &ApplicationId::from_random(random());
    let begin = |number: usize| async move {
        let promise = promise(application, &format!("{number}.pdf"), MediaType::Pdf, 100);
        // Whoever is outrun too often is told to try again, and does.
        loop {
            match store.begin_evidence(promise.clone(), None, now()).await {
                Err(StoreError::Conflict) => {}
                other => return other.unwrap(),
            }
        }
    };
    let begun = futures_util::future::join_all((0..15).map(begin)).await;
    assert_eq!(begun.iter().flatten().count(), 10);
    let listed = store.evidence_of(application, now()).await.unwrap();
    assert_eq!(listed.len(), 10);
    // One that is removed makes room.
    store.remove_evidence(&listed[0], now()).await.unwrap();
    assert!(begin(15).await.is_some() && begin(16).await.is_none());
    assert!(matches!(store.remove_evidence(&listed[0], now()).await, Err(StoreError::Conflict)));
}

#[tokio::test]
async fn what_was_removed_is_not_taken_back_and_what_is_kept_says_until_when() {
    let store = files();
    let file = testing::good(MediaType::Png);
    let evidence = promised(&store, "a.png", MediaType::Png, file.len()).await;
    let form = store.evidence_upload(&evidence, now()).await.unwrap();
    store.remove_evidence(&evidence, now()).await.unwrap();
    let _ = post(&form, ("", ""), &file).expect(204);
    settled(&store, &evidence, 0).await;
    assert_eq!(store.evidence(&evidence.promise.application, &evidence.promise.id, now()).await.unwrap(), None);

    let kept = promised(&store, "a.png", MediaType::Png, file.len()).await;
    let until = Timestamp::from_second(now().as_second() + 1_000).unwrap();
    let application = &kept.promise.application;
    store.keep_evidence(application, until, now()).await.unwrap();
    let found = store.evidence(application, &kept.promise.id, now()).await.unwrap().unwrap();
    assert_eq!(found.keep_until, until);
    assert_eq!(store.evidence(application, &kept.promise.id, until).await.unwrap(), None);
    assert!(matches!(store.forget_evidence(&kept).await, Err(StoreError::Conflict)));
    store.forget_evidence(&found).await.unwrap();
}
