//! What a badge is, without any world around it: no clock, no randomness, no network, no AWS.
//!
//! * [`id`]: the names of things, each of its own type;
//! * [`text`]: addresses, web links and languages that were checked once and stay checked;
//! * [`input`]: reading a JSON request field by field, collecting every complaint instead of the first;
//! * [`organisation`], [`definition`], [`event`]: who issues, what can be earned, one act of issuing;
//! * [`ob3`], [`ob2`]: the same credential as Open Badges 3.0 and 2.0 documents;
//! * [`delivery`], [`receive`]: what became of the mail to a recipient, and the link in it;
//! * [`visibility`]: what a holder lets the public see;
//! * [`plan`]: how much an organisation may have and do;
//! * [`notice`]: what an organisation's systems are told of;
//! * [`urls`]: every public address of the product, spelled once;
//! * [`failure`]: what failures of the world mean;
//! * [`limits`]: the numbers that bound what strangers may send.
//!
//! # How to add a field to a badge
//!
//! 1. Add it to [`definition::Content`] (or [`definition::Definition`]) with a serde default, so that stored badges still load.
//! 2. Read it in [`definition::Definition::read`] with a limit from [`limits`].
//! 3. Write it in [`ob3::achievement`] and [`ob2::badge_class`] if the standards have a place for it.
//! 4. Extend the golden documents in `tests/`.

pub mod brand;
pub mod definition;
pub mod delivery;
pub mod event;
pub mod failure;
pub mod id;
pub mod input;
pub mod limits;
pub mod notice;
pub mod ob2;
pub mod ob3;
pub mod organisation;
pub mod plan;
pub mod receive;
pub mod text;
pub mod urls;
pub mod visibility;

pub use brand::Brand;
pub use definition::Definition;
pub use delivery::Delivery;
pub use event::{Event, Recipient};
pub use id::{
    AliasId, ApplicationId, BadgeId, ClientId, CredentialId, EventId, EvidenceId, ExportId, FormId, ImportId, PersonId,
    ResultId, SignInId, StatusListId, UploadId, WebhookId,
};
pub use notice::Notice;
pub use organisation::{Alias, Organisation, Signing};
pub use text::{EmailAddress, Lang, WebUrl};
pub use urls::Urls;
pub use visibility::Visibility;

/// An instant in UTC, written with seconds only (`2026-01-15T09:30:00Z`): the form every public document uses.
#[must_use]
pub fn rfc3339(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
