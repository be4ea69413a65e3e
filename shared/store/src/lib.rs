//! DynamoDB records and S3 objects: the only place where a table key or an object key is spelled.
//!
//! One table, two keys (`pk`, `sk`), no index. Read [`key`] for the map of what lies where; read one record module for the pattern.
//!
//! # How to add a record
//!
//! 1. Give it a key in [`key`], with a line in the table there.
//! 2. Write a module with the operations a function needs, each one conditional on the state it read.
//! 3. Return [`StoreError::Conflict`] where the condition failed: the caller decides what that means.
//!
//! Domain values are kept as JSON in the attribute `doc`; what conditions or lists look at stands in attributes of its own.
//! E-mail addresses are in no key: an index of addresses goes by an HMAC under the organisation's own secret.

mod addresses;
pub mod aliases;
pub mod applications;
pub mod badges;
pub mod check;
pub mod client;
pub mod credentials;
pub mod deliveries;
pub mod earners;
pub mod erase;
pub mod events;
pub mod evidence;
pub mod expiries;
pub mod exports;
pub mod feed;
pub mod forms;
pub mod imports;
pub mod item;
pub mod key;
pub mod letters;
pub mod objects;
pub mod organisations;
pub mod pack;
pub mod pending;
pub mod people;
pub mod person;
pub mod quotas;
pub mod rates;
pub mod restore;
pub mod results;
pub mod seals;
pub mod secrets;
pub mod signing_keys;
pub mod status_lists;
pub mod upload;
pub mod visibility;
pub mod webhooks;

pub use applications::{Listed, Refused, StepWrite};
pub use client::{Store, StoreError};
pub use credentials::{Revocation, StoredCredential};
pub use deliveries::Tally;
pub use earners::Held;
pub use events::Plan;
pub use evidence::{Evidence, EvidenceState, Pinned};
pub use exports::{Export, ExportState};
pub use feed::{FeedEntry, Place};
pub use forms::SavedTemplate;
pub use imports::Import;
pub use organisations::StoredOrganisation;
pub use people::{Author, Deed, Member, Session, SessionToken, SignIn};
pub use quotas::Usage;
pub use seals::Seal;
pub use secrets::{Role, StoredSecret};
pub use signing_keys::{KeyPurpose, KeyState, SigningKey};
pub use status_lists::{Block, SignedList};
pub use upload::{PresignedPost, Upload};
pub use webhooks::{StoredWebhook, Webhook};
