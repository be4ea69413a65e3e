//! The way from us to a recipient: mails, what became of them, and the link in them.
//!
//! * A message of the queue `…-mail` asks for mails to recipients of an event ([`send`]), or for a letter about an application
//!   ([`apply`]). Where no sender is configured (`MAIL_FROM`),
//!   the job counts as done, and the recipients stay `queued` until somebody asks for their mail again.
//! * A message of the queue `…-mail-prompt` asks for a letter that somebody waits for: the way to a session ([`sign_in`]).
//! * A message of the queue `…-mail-feedback` reports what became of a mail ([`feedback`]).
//! * `/c/receive` shows a recipient the badge, and takes the answer ([`receive`]). Whoever holds the link is the recipient.
//! * `/c/visibility` takes what a holder lets the public see ([`shown`]).
//!
//! What a mail says is decided in [`letter::texts`] and [`apply_texts`], how it looks in [`letter`], how the page looks in [`page`]. Addresses are in no log.

mod apply;
mod apply_texts;
mod feedback;
mod pace;
mod page;
mod post;
mod receive;
#[cfg(test)]
mod sample;
mod send;
mod shown;
mod sign_in;
#[cfg(test)]
mod wire;

use badge::EmailAddress;
use claim::Claims;
use edge::config::{self, ConfigError};
use edge::{Message, Problem, Wake};
use pace::Pace;
use post::Post;
use queue::{MailTask, Queue};
use store::Store;

/// What this function works with, made once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) claims: Claims,
    pub(crate) urls: badge::Urls,
    /// None where mail is not configured.
    pub(crate) post: Option<Post>,
    pub(crate) pace: Pace,
    /// Where webhooks are told of answers.
    pub(crate) webhooks: Queue,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::start_log();
    let aws = config::aws().await;
    let store = Store::new(&aws, config::required("TABLE_NAME")?, config::required("BUCKET_NAME")?);
    let urls = config::urls()?;
    let app = App {
        post: config::optional("MAIL_FROM").map(|from| post(&aws, &from)).transpose()?,
        pace: Pace::new(per_second(config::optional("MAIL_PER_SECOND"))?),
        webhooks: Queue::new(&aws, config::required("WEBHOOK_QUEUE_URL")?),
        claims: Claims::new(&aws, &store, config::required("ISSUANCE_FUNCTION")?),
        store,
        urls,
    };
    app.store.warm().await;
    let app = &app;
    edge::serve_and_wake(
        move |request| async move { receive::answer(app, &request).await },
        move |wake| async move { app.wake(&wake).await },
    )
    .await
}

fn post(aws: &aws_types::SdkConfig, from: &str) -> Result<Post, ConfigError> {
    let from = from.parse::<EmailAddress>().ok();
    from.and_then(|from| Post::new(aws, &from, config::optional("MAIL_CONFIGURATION_SET")))
        .ok_or(ConfigError { name: "MAIL_FROM", reason: "not an address that SES can send from" })
}

fn per_second(value: Option<String>) -> Result<u32, ConfigError> {
    let wrong = |_| ConfigError { name: "MAIL_PER_SECOND", reason: "not a whole number" };
    value.map_or(Ok(pace::DEFAULT_PER_SECOND), |value| value.parse().map_err(wrong))
}

impl App {
    async fn wake(&self, wake: &Wake) -> Result<(), Problem> {
        match wake {
            Wake::Message(message) => self.message(message).await,
            Wake::Schedule { .. } => Err(Problem::internal("no schedule wakes this function")),
        }
    }

    async fn message(&self, message: &Message) -> Result<(), Problem> {
        if message.queue.ends_with("-mail-feedback") {
            feedback::note(self, message).await
        } else if message.queue.ends_with("-mail-prompt") {
            sign_in::letter(self, &message.job()?, message).await
        } else if message.queue.ends_with("-mail") {
            match message.job()? {
                MailTask::Event(job) => send::mail(self, &job, message).await,
                MailTask::Letter(job) => apply::letter(self, &job, message).await,
            }
        } else {
            Err(Problem::internal("a message of a queue that is not this function's"))
        }
    }
}
