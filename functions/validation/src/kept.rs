//! Reports that are kept because somebody asked for it: under an id that nobody guesses, for a month, without the file.

use crate::World;
use crate::page::{self, Shown};
use badge::{ResultId, rfc3339};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request, chance};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::results::RESULT_LIFE;
use verify::Report;

/// Bytes of a picture that is kept along; a larger one is left out. A record holds 400 KB.
const MAX_PICTURE_BYTES: usize = 100_000;
/// Bytes of a report that can be kept.
const MAX_REPORT_BYTES: usize = 350_000;

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// What was at this address.
    Url(String),
    /// A file or a text.
    File {
        /// SHA-256 of it, in lower-case hexadecimal.
        sha256: String,
        /// Its length.
        bytes: usize,
    },
}

/// A report and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) report: Report,
    pub(crate) source: Source,
}

impl Kept {
    /// Without what makes it too large for a record.
    fn lean(mut self) -> Self {
        let summary = &mut self.report.summary;
        summary.image = summary.image.take().filter(|image| image.len() <= MAX_PICTURE_BYTES);
        self
    }
}

/// Where a kept report is, and until when.
struct Place {
    id: ResultId,
    until: Timestamp,
}

/// Keeps a report; a browser is led to it.
pub(crate) async fn keep(world: &World, request: &Request, kept: Kept) -> Result<Answer, Problem> {
    let kept = kept.lean();
    if serde_json::to_vec(&kept).map_err(Problem::internal)?.len() > MAX_REPORT_BYTES {
        return Err(Kind::TooLarge.into());
    }
    let id = ResultId::from_random(chance::bytes());
    world.store.keep_result(&id, &kept, request.now).await.map_err(edge::failed)?;
    if request.prefers_html() {
        // Relative: a form's answer may lead only to where the form came from.
        return Ok(Answer::new(303).header("location", format!("/validate/results/{id}")).cache(Cache::None));
    }
    let until = request.now.checked_add(RESULT_LIFE).map_err(Problem::internal)?;
    let place = Some((world, Place { id, until }, &kept.source));
    Ok(document(&kept.report, place)?.header("access-control-allow-origin", "*"))
}

/// `GET /validate/results/{result}`. What was never kept and what is over look alike.
pub(crate) async fn show(world: &World, request: &Request, bucket: Option<&str>) -> Result<Answer, Problem> {
    let id: ResultId = request.id("result")?;
    let found = world.store.result::<Kept>(&id, request.now).await.map_err(edge::failed)?;
    let (Kept { report, source }, until) = found.ok_or(Kind::NotFound)?;
    if request.prefers_html() {
        let here = world.urls.validation_result(&id);
        return Ok(page::report(
            request,
            &Shown { report: &report, source: &source, until: Some((&here, until)) },
            bucket,
        ));
    }
    Ok(document(&report, Some((world, Place { id, until }, &source)))?.header("access-control-allow-origin", "*"))
}

/// A report in JSON.
pub(crate) fn json(report: &Report, more: Option<Value>) -> Result<Answer, Problem> {
    let mut body = serde_json::to_value(report).map_err(Problem::internal)?;
    if let (Some(body), Some(Value::Object(more))) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    Ok(Answer::json(200, &body).header("vary", "accept"))
}

fn document(report: &Report, place: Option<(&World, Place, &Source)>) -> Result<Answer, Problem> {
    let more = place.map(|(world, Place { id, until }, source)| {
        json!({"result": {"url": world.urls.validation_result(&id), "expires_at": rfc3339(until), "source": source}})
    });
    json(report, more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use verify::{Accept, Document, Documents, Input, Options, Unavailable};

    struct Offline;
    impl Documents for Offline {
        async fn get(&self, _url: &str, _accept: Accept) -> Result<Document, Unavailable> {
            Err(Unavailable::Unreachable)
        }
    }

    #[tokio::test]
    async fn what_is_kept_comes_back_as_it_was() {
        let options = Options::at("2026-04-01T00:00:00Z".parse().unwrap());
        let badge =
            br#"{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["OpenBadgeCredential"],"name":"x"}"#;
        for bytes in [&b"hello"[..], b"%PDF-1.7\n/ByteRange[0 9 99 9]/Contents<00>", badge] {
            let report = verify::verify(Input::Bytes(bytes), &options, &Offline).await;
            let source = Source::File { sha256: "ab".into(), bytes: bytes.len() };
            let kept = Kept { report, source };
            let again: Kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
            assert_eq!(again, kept);
        }
    }

    #[tokio::test]
    async fn a_picture_of_any_size_does_not_hinder_it() {
        let options = Options::at("2026-04-01T00:00:00Z".parse().unwrap());
        let mut report = verify::verify(Input::Bytes(b"x"), &options, &Offline).await;
        report.summary.image = Some("d".repeat(MAX_PICTURE_BYTES + 1));
        let kept = Kept { report, source: Source::Url("https://a.example".into()) }.lean();
        assert_eq!(kept.report.summary.image, None);
    }
}
