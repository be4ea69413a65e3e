//! Looks at the files that applicants hand in as evidence. Nothing reaches a reviewer that was not looked at here.
//!
//! * S3 tells the queue `…-evidence` of every object that arrives ([`arrive`]). A notice may come twice, late or never: the store's records
//!   decide what is still to be done, and a schedule looks at what was not noticed ([`sweep`]).
//! * [`judge`] has the pure crate `evidence` examine the bytes, range by range, and, where one is configured, a virus scanner read them
//!   whole ([`scanner`]). A configured scanner that does not answer means that the file waits.
//! * What is refused is deleted, with every version of it. Then the application is told by a job, whichever way it went.
//!
//! This function reads strangers' bytes, so it holds few powers: its own records, its own bucket, two queues.

mod arrive;
mod judge;
mod scanner;
mod sweep;
#[cfg(test)]
mod wire;

use badge::ApplicationId;
use edge::config::{self, ConfigError};
use edge::{Clock, Problem, Wake};
use queue::{ApplicationJob, Queue};
use scanner::Scanner;
use store::Store;

/// What this function works with, made once.
#[derive(Debug)]
pub(crate) struct App {
    /// The table, and the bucket of evidence.
    pub(crate) store: Store,
    /// Applications that may have waited for what was judged.
    applications: Queue,
    /// None where none is configured.
    pub(crate) scanner: Option<Scanner>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let wrong = ConfigError { name: "EVIDENCE_SCANNER", reason: "not host:port" };
    let scanner = config::optional("EVIDENCE_SCANNER").map(|address| Scanner::at(&address).ok_or(wrong)).transpose()?;
    let app = App {
        store: Store::new(&aws, config::required("TABLE_NAME")?, config::required("EVIDENCE_BUCKET_NAME")?),
        applications: Queue::new(&aws, config::required("APPLICATION_QUEUE_URL")?),
        scanner,
    };
    let app = &app;
    edge::serve_and_wake(
        |_| async { Err(Problem::internal("nobody asks this function")) },
        move |wake| async move { app.wake(wake).await },
    )
    .await
}

impl App {
    async fn wake(&self, wake: Wake) -> Result<(), Problem> {
        match wake {
            Wake::Message(message) => {
                let notice: arrive::Notice = message.job()?;
                arrive::take(self, &notice, &Clock::starting_at(message.now)).await
            }
            Wake::Schedule { name, now, deadline } if name == "look" => {
                sweep::sweep(self, &Clock::starting_at(now), deadline).await
            }
            Wake::Schedule { .. } => Err(Problem::internal("a schedule of another name")),
        }
    }

    /// Has somebody look whether the application can go on. Telling twice does no harm.
    pub(crate) async fn tell(&self, application: &ApplicationId) -> Result<(), Problem> {
        self.applications.send(&[ApplicationJob { application: application.clone() }], 0).await.map_err(edge::failed)
    }
}
