//! Handing mails over to SES.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag};
use aws_types::SdkConfig;
use badge::{ApplicationId, EmailAddress, EventId};
use letter::Letter;
use observe::Count;
use std::time::Duration;

/// The longest that one attempt takes.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(8);

/// Tags of a mail, which come back with every report about it.
pub(crate) const EVENT_TAG: &str = "shirushi-event";
pub(crate) const RECIPIENT_TAG: &str = "shirushi-recipient";
pub(crate) const ROUND_TAG: &str = "shirushi-round";
/// Of a letter about an application: which application, what kind of letter, and which reviewer it went to, if to one.
pub(crate) const APPLICATION_TAG: &str = "shirushi-application";
pub(crate) const LETTER_TAG: &str = "shirushi-letter";
pub(crate) const REVIEWER_TAG: &str = "shirushi-reviewer";

/// Which mail it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tags {
    pub(crate) event: EventId,
    pub(crate) recipient: u32,
    pub(crate) round: i64,
}

/// What is handed over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About<'a> {
    /// A recipient's mail.
    Award(&'a Tags),
    /// A letter about an application.
    Application(&'a ApplicationId, &'a application::Letter),
    /// The way to a session, or an invitation.
    SignIn,
}

/// What SES said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken, under this id.
    Taken(String),
    /// It will never take this mail. The code says why.
    Refused(String),
    /// Not now: too fast, or no answer. Soon again.
    Busy(String),
    /// Nothing of ours at all, until somebody does something about it.
    Closed(String),
}

/// SES, and the address we send from.
#[derive(Debug)]
pub(crate) struct Post {
    ses: Client,
    /// ASCII only.
    from: String,
    /// The same, as it was given.
    address: EmailAddress,
    configuration_set: Option<String>,
}

impl Post {
    /// None when the address cannot be sent from.
    pub(crate) fn new(aws: &SdkConfig, from: &EmailAddress, configuration_set: Option<String>) -> Option<Self> {
        // Repeating is this function's own business: it knows the claim, the pace and the deadline, and that an attempt without an
        // answer may have been a mail.
        let config = aws_sdk_sesv2::config::Builder::from(aws)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(2))
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .build(),
            )
            .interceptor(observe::Calls)
            .build();
        let mailbox = letter::address::mailbox(from)?;
        Some(Self { ses: Client::from_conf(config), from: mailbox, address: from.clone(), configuration_set })
    }

    /// The address mails come from.
    pub(crate) fn from(&self) -> &EmailAddress {
        &self.address
    }

    /// Hands a mail to `mailbox` over.
    pub(crate) async fn send(&self, letter: &Letter, mailbox: &str, about: About<'_>) -> Outcome {
        let (Ok(content), Ok(tags)) = (content(letter), email_tags(about)) else {
            return Outcome::Closed("a mail that cannot be built".into());
        };
        let sent = self
            .ses
            .send_email()
            .from_email_address(letter::address::with_name(&letter.sender, &self.from))
            .destination(Destination::builder().to_addresses(mailbox).build())
            .set_reply_to_addresses(letter.reply_to.clone().map(|address| vec![address]))
            .content(EmailContent::builder().simple(content).build())
            .set_email_tags(Some(tags))
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        match sent {
            Ok(answer) => {
                observe::count(Count::MAILED, 1);
                Outcome::Taken(answer.message_id.unwrap_or_default())
            }
            Err(SdkError::TimeoutError(_)) => Outcome::Busy("timeout".into()),
            Err(SdkError::DispatchFailure(_) | SdkError::ResponseError(_)) => Outcome::Busy("no answer".into()),
            Err(SdkError::ServiceError(error)) => {
                let broken = error.raw().status().is_server_error();
                refusal(error.err(), broken, &self.from)
            }
            Err(_) => Outcome::Closed("a call that cannot be made".into()),
        }
    }
}

fn refusal(error: &SendEmailError, is_server_error: bool, from: &str) -> Outcome {
    let code = error.code().unwrap_or("unknown").to_owned();
    // The text may hold addresses: it is looked at, never kept.
    let text = error.message().unwrap_or_default().to_lowercase();
    match code.as_str() {
        "TooManyRequestsException" | "ThrottlingException" | "Throttling" if text.contains("quota") => {
            Outcome::Closed("DailyQuota".into())
        }
        "TooManyRequestsException" | "ThrottlingException" | "Throttling" => Outcome::Busy(code),
        // While an account is in SES's sandbox, recipients must be verified too; then this is about one of them.
        "MessageRejected" if text.contains("not verified") && text.contains(&from.to_lowercase()) => {
            Outcome::Closed("SenderNotVerified".into())
        }
        "MessageRejected" if text.contains("not verified") => Outcome::Refused("RecipientNotVerified".into()),
        "MessageRejected" | "BadRequestException" => Outcome::Refused(code),
        _ if is_server_error => Outcome::Busy(code),
        _ => Outcome::Closed(code),
    }
}

fn content(letter: &Letter) -> Result<Message, BuildError> {
    let utf8 = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    // RFC 3834: programs that answer mail by themselves leave this one alone.
    let header = MessageHeader::builder().name("Auto-Submitted").value("auto-generated").build()?;
    let body = Body::builder().html(utf8(&letter.html)?).text(utf8(&letter.text)?).build();
    Ok(Message::builder().subject(utf8(&letter.subject)?).body(body).headers(header).build())
}

fn email_tags(about: About<'_>) -> Result<Vec<MessageTag>, BuildError> {
    let pairs = match about {
        About::Award(tags) => vec![
            (EVENT_TAG, tags.event.to_string()),
            (RECIPIENT_TAG, tags.recipient.to_string()),
            (ROUND_TAG, tags.round.to_string()),
        ],
        About::Application(id, letter) => {
            let reviewer = letter.reviewer().map(|id| (REVIEWER_TAG, id.to_string()));
            let tags = [(APPLICATION_TAG, id.to_string()), (LETTER_TAG, letter.kind().to_owned())];
            tags.into_iter().chain(reviewer).collect()
        }
        About::SignIn => Vec::new(),
    };
    pairs.into_iter().map(|(name, value)| MessageTag::builder().name(name).value(value).build()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sesv2::error::ErrorMetadata;

    fn refused(code: &str, message: &str, is_server_error: bool) -> Outcome {
        let error = SendEmailError::generic(ErrorMetadata::builder().code(code).message(message).build());
        refusal(&error, is_server_error, "no-reply@b.example")
    }

    #[test]
    fn what_ses_says_is_about_one_mail_about_haste_or_about_us() {
        use Outcome::{Busy, Closed, Refused};
        let same = |make: fn(String) -> Outcome, codes: &[&str]| {
            for code in codes {
                assert_eq!(refused(code, "x", false), make((*code).to_owned()));
            }
        };
        same(Refused, &["MessageRejected", "BadRequestException"]);
        same(Busy, &["TooManyRequestsException", "ThrottlingException"]);
        same(
            Closed,
            &[
                "AccountSuspendedException",
                "SendingPausedException",
                "MailFromDomainNotVerifiedException",
                "LimitExceededException",
                "NotFoundException",
                "AccessDeniedException",
            ],
        );
        assert_eq!(refused("InternalFailure", "x", true), Busy("InternalFailure".into()));
        let quota = refused("TooManyRequestsException", "Daily message quota exceeded.", false);
        assert_eq!(quota, Closed("DailyQuota".into()));
    }

    #[test]
    fn an_address_that_is_not_verified_is_ours_or_one_recipients() {
        let text = "Email address is not verified. The following identities failed the check in region US-EAST-1: ";
        let about = |who: &str| refused("MessageRejected", &format!("{text}{who}"), false);
        assert_eq!(about("a@b.example"), Outcome::Refused("RecipientNotVerified".into()));
        assert_eq!(about("a@b.example, Acme <No-Reply@b.example>"), Outcome::Closed("SenderNotVerified".into()));
    }
}
