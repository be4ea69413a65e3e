//! Once a day: whoever is waited for is reminded, if an application is still where it was. Of a draft its applicant is reminded once, and
//! only where the address was proved.

use crate::App;
use application::form::Availability;
use application::{Application, State};
use badge::ApplicationId;
use edge::Problem;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use queue::LetterJob;
use store::StoreError;
use store::expiries::day_of;

/// Days that are looked at again: a schedule may fail for a while.
const DAYS_BACK: i64 = 30;

/// Looks at today's reminders, and at those of the last days that are still there.
pub(crate) async fn sweep(app: &App, now: Timestamp) -> Result<(), Problem> {
    for back in 0..DAYS_BACK {
        let Ok(at) = now.checked_sub(SignedDuration::from_hours(24 * back)) else { continue };
        let day = day_of(at);
        for (id, since) in app.store.reminders(day).await.map_err(edge::failed)? {
            one(app, day, &id, since, now).await?;
        }
    }
    Ok(())
}

async fn one(app: &App, day: Date, id: &ApplicationId, since: Timestamp, now: Timestamp) -> Result<(), Problem> {
    let application = app.store.application(id).await.map_err(edge::failed)?;
    let waiting = application.filter(|application| application.since.as_millisecond() == since.as_millisecond());
    let next = match &waiting {
        Some(application) => remind(app, application, now).await?,
        None => None,
    };
    match app.store.move_reminder(day, id, since, next).await {
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(edge::failed(error)),
    }
}

/// Leaves the letters; when to remind again.
async fn remind(app: &App, application: &Application, now: Timestamp) -> Result<Option<Date>, Problem> {
    let form = app.store.form(&application.form).await.map_err(edge::failed)?;
    let Some((form, days)) = form.and_then(|form| form.definition.reminder_days.map(|days| (form, days))) else {
        return Ok(None);
    };
    let is_draft = matches!(application.state, State::Draft);
    // What a form does not take any more, nobody is asked to hand in.
    if is_draft && form.availability(now) != Availability::Open {
        return Ok(None);
    }
    let letters = application.reminders(&form.definition);
    let job = |letter| LetterJob { application: application.id.clone(), revision: application.revision, letter };
    let jobs: Vec<LetterJob> = letters.into_iter().map(job).collect();
    app.mail.send(&jobs, 0).await.map_err(edge::failed)?;
    // Whoever left it after that has left it for good.
    if is_draft {
        return Ok(None);
    }
    let next = now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok();
    Ok(next.map(day_of))
}
