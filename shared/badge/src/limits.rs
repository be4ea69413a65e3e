//! The numbers that bound what strangers may send, each with where it comes from.

/// Recipients in one event. Source: Open Badge Factory API v2, "1-10000 items".
pub const MAX_RECIPIENTS: usize = 10_000;
/// Characters in a badge, organisation or event name. Long enough for two languages in one title.
pub const MAX_NAME_CHARS: usize = 255;
/// Characters in a badge description.
pub const MAX_DESCRIPTION_CHARS: usize = 5_000;
/// Characters in criteria Markdown, and in a criteria addendum.
pub const MAX_CRITERIA_CHARS: usize = 20_000;
/// Languages of one badge.
pub const MAX_CONTENTS: usize = 20;
/// Tags, categories or alignments of one badge.
pub const MAX_LIST_ITEMS: usize = 50;
/// Characters in a tag, category, code or other short text.
pub const MAX_SHORT_CHARS: usize = 255;
/// Characters in a web address.
pub const MAX_URL_CHARS: usize = 2_000;
/// Characters in an e-mail address. Source: RFC 5321 section 4.5.3.1 (64 + 1 + 255).
pub const MAX_EMAIL_CHARS: usize = 320;
/// Months until a badge expires (a hundred years).
pub const MAX_EXPIRY_MONTHS: u32 = 1_200;
/// Bytes of a badge definition as stored JSON: a DynamoDB item holds 400 KB, and a definition shares it with nothing else.
pub const MAX_DEFINITION_BYTES: usize = 200_000;
/// Bytes of the text a client stores with an event (`log_entry`).
pub const MAX_LOG_ENTRY_BYTES: usize = 4_000;
/// Addresses at which one organisation is told what happens: each is another copy of every message.
pub const MAX_WEBHOOKS: u64 = 20;
/// Aliases of one organisation: lists of them are one answer, and so is what a badge permits.
pub const MAX_ALIASES: u64 = 200;
/// Members of one organisation, the invited included: their list is one page.
pub const MAX_MEMBERS: u64 = 500;
/// API credentials of one organisation.
pub const MAX_SECRETS: u64 = 20;
/// Characters in a revocation reason, which is public.
pub const MAX_REASON_CHARS: usize = 500;
/// Evidence entries of one recipient.
pub const MAX_EVIDENCE: usize = 10;
/// Bytes of one recipient with all evidence, as stored JSON: recipient and signed credential share one item of at most 400 KB.
pub const MAX_RECIPIENT_BYTES: usize = 60_000;
/// The latest instant a document may carry, in Unix seconds (9999-12-31T23:59:59Z: RFC 3339 has four-digit years).
pub const MAX_UNIX_SECONDS: i64 = 253_402_300_799;
