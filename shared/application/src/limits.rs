//! The numbers that bound what organisations and applicants may send, each with where it comes from.

/// Fields of one form. Nobody fills in more on a telephone.
pub const MAX_FIELDS: usize = 60;
/// Choices of one field.
pub const MAX_OPTIONS: usize = 100;
/// Characters in the name of a field, a reviewer or a code within its form.
pub const MAX_NAME_CHARS: usize = 40;
/// Characters in a label or a choice.
pub const MAX_LABEL_CHARS: usize = 500;
/// Characters in a help text.
pub const MAX_HELP_CHARS: usize = 2_000;
/// Characters in instructions, in Markdown.
pub const MAX_INSTRUCTIONS_CHARS: usize = 20_000;
/// Characters in a one-line answer.
pub const MAX_TEXT_CHARS: u32 = 500;
/// Characters in an answer of several lines.
pub const MAX_PARAGRAPH_CHARS: u32 = 10_000;
/// Bytes of a form's definition as stored JSON: a DynamoDB item holds 400 KB.
pub const MAX_DEFINITION_BYTES: usize = 200_000;
/// Bytes of one applicant's answers as stored JSON: the record holds a draft, what was submitted and all votes, below 400 KB.
pub const MAX_ANSWERS_BYTES: usize = 100_000;
/// Files of one application.
pub const MAX_FILES: usize = 10;
/// Reviewers or jurors of one form.
pub const MAX_REVIEWERS: usize = 30;
/// Claim codes of one form.
pub const MAX_CODES: usize = 100;
/// The fewest and the most characters of a claim code, without blanks and hyphens: what is guessed at has to cost something.
pub const CODE_CHARS: std::ops::RangeInclusive<usize> = 6..=40;
/// The most a limit of uses, of applications or of attempts may be.
pub const MAX_COUNT: i64 = 1_000_000;
/// Points of one question.
pub const MAX_POINTS: i64 = 1_000;
/// E-mail domains a form may be confined to.
pub const MAX_DOMAINS: usize = 100;
/// Sites that may embed a form.
pub const MAX_ORIGINS: usize = 20;
/// Days until somebody is reminded.
pub const MAX_REMINDER_DAYS: i64 = 90;
/// Days that evidence may be kept at most (ten years); the evidence bucket's lifecycle rule deletes a month later.
pub const MAX_RETENTION_DAYS: i64 = 3_650;
/// Days that files are kept of what was taken back before its address was proved: nobody has seen them.
pub const UNSEEN_RETENTION_DAYS: i64 = 30;
/// Characters in a comment or a reason.
pub const MAX_COMMENT_CHARS: usize = 5_000;
/// How often one application may be submitted.
pub const MAX_SUBMISSIONS: u32 = 50;
/// Approvals by peers that may be asked for.
pub const MAX_PEERS: i64 = 50;
