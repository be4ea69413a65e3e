//! A file of an application has been judged: the application goes on, if that is what it waits for.

use crate::App;
use crate::step::{self, Subject};
use edge::Problem;
use jiff::Timestamp;
use queue::ApplicationJob;

/// Looks at the application as it stands. A message that comes twice, or before the application waits, changes nothing.
pub(crate) async fn take(app: &App, job: &ApplicationJob, now: Timestamp) -> Result<(), Problem> {
    let Some(application) = app.store.application(&job.application).await.map_err(edge::failed)? else { return Ok(()) };
    let form = app.store.form(&application.form).await.map_err(edge::failed)?;
    let form = form.ok_or_else(|| Problem::internal("the form of an application is gone"))?;
    let Subject { application, form } = step::check(app, Subject { application, form }, now).await?;
    step::keep_files(app, &application, &form, now).await.map_err(edge::failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_payload_is_a_job() {
        let payload: serde_json::Value =
            serde_json::from_str(include_str!("../../../events/application-job.json")).unwrap();
        let job: ApplicationJob = serde_json::from_str(payload["Records"][0]["body"].as_str().unwrap()).unwrap();
        assert_eq!(job.application.as_str(), "a3k8d2m7q1z9x4c6");
    }
}
