//! One application: its states, and every way from one to the next.
//!
//! | from | to | by |
//! | --- | --- | --- |
//! | (none) | draft | the applicant |
//! | draft, returned; submitted, a quiz with attempts left | unproven, checking, submitted or approved, whatever is next; unproven under another address | the applicant submits |
//! | unproven | checking, submitted or approved | the address is proved |
//! | checking | submitted or approved; returned when a file is refused, or the claim code used up meanwhile | evidence is looked at |
//! | submitted | approved, rejected | a reviewer, a jury, peers |
//! | submitted | returned | a reviewer |
//! | approved | issued | the badge is issued |
//! | all but approved, issued, rejected, withdrawn, duplicate | withdrawn | the applicant, or staff |
//! | unproven, checking, submitted, returned | duplicate | staff |
//!
//! A transition consumes the application and gives a [`Step`]. [`Effect`]s are part of the same write or nothing is written, so that
//! places and uses are counted and a badge is asked for exactly when the application gets on; a [`Letter`] may be lost or be repeated.

use crate::answers::{Answers, Applicant, Score, Typed};
use crate::approval::{Approval, Reviewer, Verdict};
use crate::decision::{self, Tally};
use crate::form::{Definition, Form};
use crate::limits::{MAX_COMMENT_CHARS, MAX_SUBMISSIONS};
use crate::link::PROOF_CODE_LIFE;
use crate::names::{CodeId, FieldId, ReviewerId};
use badge::definition::{EmailMessage, EmailTranslation};
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::limits::MAX_CRITERIA_CHARS;
use badge::{ApplicationId, BadgeId, ClientId, CredentialId, EmailAddress, EventId, FormId, Lang};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often a mail that proves the address may be sent for one application.
pub const MAX_PROOF_MAILS: u32 = 5;
/// How often a wrong code may be entered for one such mail.
pub const MAX_PROOF_ATTEMPTS: u32 = 5;

/// One application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// Its id; also the request key under which its badge is issued.
    pub id: ApplicationId,
    /// To which form.
    pub form: FormId,
    /// To whose form.
    pub client: ClientId,
    /// For which badge.
    pub badge: BadgeId,
    /// Counts writes: every write is on condition that the one before was the last.
    pub revision: u32,
    /// Entries in the audit trail.
    pub entries: u32,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Who applies.
    pub applicant: Applicant,
    /// When the address was proved to be theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proved_at: Option<Timestamp>,
    /// The mail that proves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// What was typed and not submitted yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Typed>,
    /// What was submitted last; earlier ones are kept beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<Submission>,
    /// Whether it takes a place among those the form's limits allow.
    #[serde(default)]
    pub counted: bool,
    /// Wrong claim codes entered.
    #[serde(default)]
    pub wrong_codes: u32,
    /// Who is asked to look at it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assigned: Vec<ReviewerId>,
    /// All votes, also on earlier submissions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Vote>,
    /// All approvals by peers, also of earlier submissions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approved>,
    /// Where it stands, and since when.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
}

/// A mail that proves an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Which one: 1 for the first.
    pub round: u32,
    /// When it was asked for.
    pub sent_at: Timestamp,
    /// Wrong codes entered for it.
    pub attempts: u32,
}

/// What was submitted. Never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// 1 for the first.
    pub number: u32,
    /// The version of the form that it answers.
    pub form_version: u32,
    /// The answers.
    pub answers: Answers,
    /// The score, when the form is a quiz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// The claim code that was right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeId>,
    /// When.
    pub at: Timestamp,
}

/// Where an application stands, with what is true there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum State {
    /// Being filled in.
    Draft,
    /// Waits for the proof that the address is the applicant's.
    Unproven,
    /// Waits until its files have been looked at.
    Checking,
    /// Waits for a decision.
    Submitted,
    /// Waits for another version.
    Returned {
        /// What should be different.
        comment: String,
        /// Who says so.
        by: Actor,
    },
    /// Waits for its badge.
    Approved {
        /// Who approved.
        by: Actor,
        /// What the reviewer wants to be different about this badge.
        edits: Box<Edits>,
    },
    /// The badge is issued.
    Issued {
        /// In which event.
        event: EventId,
        /// The credential.
        credential: CredentialId,
    },
    /// Refused.
    Rejected {
        /// Who refused.
        by: Actor,
        /// Why.
        reason: String,
        /// Whether the applicant is told by mail.
        mailed: bool,
    },
    /// Taken back.
    Withdrawn {
        /// By whom.
        by: Actor,
    },
    /// Set aside, because there is another one.
    Duplicate {
        /// Which one, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<ApplicationId>,
        /// Who says so.
        by: Actor,
    },
}

/// The names of the states, in the order of an application's life.
pub const STATES: [&str; 10] = [
    "draft",
    "unproven",
    "checking",
    "submitted",
    "returned",
    "approved",
    "issued",
    "rejected",
    "withdrawn",
    "duplicate",
];

impl State {
    /// Its name, one of [`STATES`].
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Unproven => "unproven",
            Self::Checking => "checking",
            Self::Submitted => "submitted",
            Self::Returned { .. } => "returned",
            Self::Approved { .. } => "approved",
            Self::Issued { .. } => "issued",
            Self::Rejected { .. } => "rejected",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Duplicate { .. } => "duplicate",
        }
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", content = "id", rename_all = "snake_case")]
pub enum Actor {
    /// Who applies.
    Applicant,
    /// A reviewer named in the form.
    Reviewer(ReviewerId),
    /// Somebody of the organisation, by the API credential they came with.
    Staff(String),
    /// A holder of a badge, by their credential.
    Peer(CredentialId),
    /// The product itself.
    System,
}

/// How a juror votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Issue the badge.
    Issue,
    /// Reject the application.
    Reject,
}

/// A juror's vote. Another one of the same juror takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Whose.
    pub by: ReviewerId,
    /// On which submission.
    pub submission: u32,
    /// How.
    pub choice: Choice,
    /// Why.
    #[serde(default)]
    pub comment: String,
    /// When.
    pub at: Timestamp,
}

/// A peer's approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// The HMAC of the peer's address: one person with two badges is one peer.
    pub person: String,
    /// The credential that makes them a peer.
    pub credential: CredentialId,
    /// Of which submission.
    pub submission: u32,
    /// What they say.
    #[serde(default)]
    pub comment: String,
    /// When.
    pub at: Timestamp,
}

/// What a reviewer wants to be different about the badge that is issued.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Edits {
    /// Markdown added to the badge's criteria.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria_add: Option<String>,
    /// When the credential expires, instead of after the badge's months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<Timestamp>,
    /// The mail's texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_message: Option<EmailMessage>,
    /// The same in other languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_translations: Vec<EmailTranslation>,
}

impl Edits {
    /// Reads them out of a decision, under the names that issuing has for them.
    pub fn read(reader: &Reader<'_>, now: Timestamp) -> Self {
        let max = badge::limits::MAX_UNIX_SECONDS;
        let expires_on = reader.optional_integer("expires_on", 0, max).filter(|second| *second != 0);
        let expires_on = expires_on.and_then(|second| Timestamp::from_second(second).ok());
        if expires_on.is_some_and(|at| at <= now) {
            reader.refuse_field("expires_on", Reason::TooEarly { after: now });
        }
        Self {
            criteria_add: reader.optional_text("criteria_add", MAX_CRITERIA_CHARS),
            expires_on,
            email_message: EmailMessage::read(reader),
            email_translations: EmailTranslation::read_all(reader),
        }
    }
}

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 1 for the first.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What was done.
    pub action: Action,
    /// The state before.
    pub from: String,
    /// The state after.
    pub to: String,
    /// What was said: a comment or a reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What can be done with an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It was submitted.
    Submit,
    /// A mail was asked for that proves the address.
    AskProof,
    /// The address was proved.
    Prove,
    /// Its files were looked at.
    Check,
    /// Reviewers were chosen by hand.
    Assign,
    /// A juror voted.
    Vote,
    /// A peer approved.
    Endorse,
    /// It was sent back.
    Return,
    /// It was approved.
    Approve,
    /// It was rejected.
    Reject,
    /// It was set aside as a duplicate.
    Duplicate,
    /// It was taken back.
    Withdraw,
    /// Its badge was issued.
    Issue,
}

/// What has to happen in the very write that stores a step, or the step does not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It takes a place among those that the form's limits allow, one person's and in total.
    Enter,
    /// It gives that place back, which was the person's whose address it had before.
    Leave,
    /// A claim code is used once.
    UseCode(CodeId),
    /// From now on its badge waits to be issued.
    AwaitBadge,
    /// Its badge is issued.
    HaveBadge,
}

/// A mail that should be sent after a step. It may get lost or be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// To the applicant: a link and a code that prove the address, and the link to go on.
    ProveAddress {
        /// Which mail.
        round: u32,
    },
    /// To the applicant: it has arrived; the link to see where it stands.
    Received,
    /// To the applicant: what should be different, and the link to do it.
    Returned,
    /// To the applicant: it is rejected, and why.
    Rejected,
    /// To a reviewer: there is something to decide. One outside gets their link.
    ReviewerInvited {
        /// Which reviewer.
        reviewer: ReviewerId,
    },
    /// To a reviewer: it is still waiting.
    ReviewerReminded {
        /// Which reviewer.
        reviewer: ReviewerId,
    },
    /// To the applicant: another version is still waited for.
    ApplicantReminded,
}

impl Letter {
    /// What kind of letter it is, as in records.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ProveAddress { .. } => "prove_address",
            Self::Received => "received",
            Self::Returned => "returned",
            Self::Rejected => "rejected",
            Self::ReviewerInvited { .. } => "reviewer_invited",
            Self::ReviewerReminded { .. } => "reviewer_reminded",
            Self::ApplicantReminded => "applicant_reminded",
        }
    }

    /// The reviewer it goes to; none when it goes to the applicant.
    #[must_use]
    pub const fn reviewer(&self) -> Option<&ReviewerId> {
        match self {
            Self::ReviewerInvited { reviewer } | Self::ReviewerReminded { reviewer } => Some(reviewer),
            _ => None,
        }
    }
}

/// What comes of a transition.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The application as it is then.
    pub application: Application,
    /// What is written into the audit trail; nothing for what changes nothing but a draft.
    pub entry: Option<Entry>,
    /// What belongs to the same write.
    pub effects: Vec<Effect>,
    /// What is mailed afterwards.
    pub letters: Vec<Letter>,
}

/// Why a transition is impossible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not in a state for this.
    #[error("not possible in state {state}")]
    State {
        /// Where it stands.
        state: &'static str,
    },
    /// Nobody decides about an application of their own.
    #[error("an application of their own")]
    Own,
    /// They are not asked to look at this one.
    #[error("not asked to look at it")]
    NotAsked,
    /// Votes decide, not one person.
    #[error("votes decide")]
    VotesDecide,
    /// The final reviewer decides.
    #[error("the final reviewer decides")]
    FinalReviewerDecides,
    /// Peers decide.
    #[error("peers decide")]
    PeersDecide,
    /// They approved it already.
    #[error("approved already")]
    ApprovedAlready,
    /// A right claim code is needed.
    #[error("a claim code is needed")]
    CodeNeeded,
    /// It cannot be submitted, or proved, any more often.
    #[error("no attempts left")]
    NoAttemptsLeft,
    /// The form has no reviewer of that name.
    #[error("a reviewer who does not exist")]
    NoSuchReviewer,
    /// What was submitted changes its address only when it is submitted again, and the new one proved.
    #[error("the address changes by submitting")]
    AddressBySubmitting,
}

impl Refusal {
    /// A sentence for a person, in English and Japanese.
    #[must_use]
    pub fn texts(self) -> (String, String) {
        let (en, ja) = match self {
            Self::State { state } => {
                return (
                    format!("The application is in the state \"{state}\", in which this is not possible."),
                    format!("この申請は「{}」の状態のため、この操作はできません。", state_ja(state)),
                );
            }
            Self::Own => {
                ("Nobody may decide about an application of their own.", "ご自身の申請を審査することはできません。")
            }
            Self::NotAsked => ("You are not asked to review this application.", "この申請の審査担当者ではありません。"),
            Self::VotesDecide => {
                ("This application is decided by the jurors' votes.", "この申請は審査員の投票によって決まります。")
            }
            Self::FinalReviewerDecides => {
                ("This application is decided by the final reviewer.", "この申請は最終審査者が決定します。")
            }
            Self::PeersDecide => (
                "This application is approved by holders of the badges named in the form.",
                "この申請は、指定されたバッジの保有者によって承認されます。",
            ),
            Self::ApprovedAlready => ("You have approved this application already.", "この申請はすでに承認済みです。"),
            Self::CodeNeeded => ("A valid code is needed.", "有効なコードが必要です。"),
            Self::NoAttemptsLeft => ("No attempts are left.", "これ以上試すことはできません。"),
            Self::NoSuchReviewer => ("There is no such reviewer.", "その審査者は存在しません。"),
            Self::AddressBySubmitting => (
                "The address cannot be changed in a saved version. Submit the application with the new address; it is confirmed by a mail then.",
                "下書き保存ではメールアドレスを変更できません。新しいアドレスで提出してください。提出後に確認メールをお送りします。",
            ),
        };
        (en.to_owned(), ja.to_owned())
    }
}

/// What a state is called in Japanese.
fn state_ja(state: &str) -> &str {
    match state {
        "draft" => "下書き",
        "unproven" => "メールアドレス確認待ち",
        "checking" => "提出物の確認中",
        "submitted" => "審査待ち",
        "returned" => "差し戻し",
        "approved" => "承認済み",
        "issued" => "発行済み",
        "rejected" => "却下",
        "withdrawn" => "取り下げ",
        "duplicate" => "重複",
        other => other,
    }
}

/// What an application's files have come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// All of them are accepted, or there are none.
    Accepted,
    /// Some have not been looked at.
    Waiting,
    /// Some are refused.
    Refused {
        /// The fields they answer.
        fields: Vec<FieldId>,
    },
}

/// What a transition has to know of the world.
#[derive(Debug, Clone)]
pub struct Circumstances<'a> {
    /// The form as it is now.
    pub form: &'a Form,
    /// The files named in the submission.
    pub evidence: Evidence,
    /// How many applications the form had before: whose turn it is.
    pub turn: u32,
    /// The time.
    pub now: Timestamp,
}

/// What came of a code that should prove an address.
#[derive(Debug, Clone, PartialEq)]
pub enum Entered {
    /// It is right.
    Right,
    /// It is wrong: the application with that counted.
    Wrong(Box<Application>),
    /// It is too old, or too many wrong ones were entered: another mail is needed.
    Spent,
}

impl Application {
    /// Begins an application. Its trail begins when it is submitted: a draft is the applicant's own, and leaves nothing behind.
    #[must_use]
    pub fn begin(id: ApplicationId, form: &Form, applicant: Applicant, draft: Typed, now: Timestamp) -> Step {
        let application = Self {
            id,
            form: form.id.clone(),
            client: form.client.clone(),
            badge: form.definition.badge.clone(),
            revision: 0,
            entries: 0,
            created_at: now,
            applicant,
            proved_at: None,
            proof: None,
            draft: Some(draft),
            submission: None,
            counted: false,
            wrong_codes: 0,
            assigned: Vec::new(),
            votes: Vec::new(),
            approvals: Vec::new(),
            state: State::Draft,
            since: now,
        };
        application.step()
    }

    /// Number of the latest submission; 0 before the first.
    #[must_use]
    pub fn submissions(&self) -> u32 {
        self.submission.as_ref().map_or(0, |submission| submission.number)
    }

    /// Whether the applicant may change and submit it.
    ///
    /// # Errors
    /// [`Refusal::State`]; [`Refusal::NoAttemptsLeft`].
    pub fn may_edit(&self, definition: &Definition) -> Result<(), Refusal> {
        let again = match (&self.state, &definition.approval) {
            (State::Draft | State::Returned { .. }, _) => true,
            // Who missed the mark may try again; nothing else that waits for a decision changes under the reviewers' eyes.
            (State::Submitted, Approval::Quiz { .. }) => true,
            _ => false,
        };
        if !again {
            return Err(self.refuse());
        }
        let max = match definition.approval {
            Approval::Quiz { attempts: Some(attempts), .. } => attempts.min(MAX_SUBMISSIONS),
            _ => MAX_SUBMISSIONS,
        };
        if self.submissions() < max { Ok(()) } else { Err(Refusal::NoAttemptsLeft) }
    }

    fn refuse(&self) -> Refusal {
        Refusal::State { state: self.state.name() }
    }

    fn step(self) -> Step {
        Step { application: self, entry: None, effects: Vec::new(), letters: Vec::new() }
    }

    /// Keeps what was typed, and who applies.
    ///
    /// # Errors
    /// As [`Self::may_edit`]; [`Refusal::AddressBySubmitting`] when it was submitted under another address.
    pub fn save(mut self, definition: &Definition, applicant: Applicant, draft: Typed) -> Result<Step, Refusal> {
        self.may_edit(definition)?;
        if self.submission.is_some() && !self.is_by(&applicant.email) {
            return Err(Refusal::AddressBySubmitting);
        }
        self.set_applicant(applicant);
        self.draft = Some(draft);
        Ok(self.write())
    }

    /// Whether the address is another one from now on: then nothing of it is proved.
    fn set_applicant(&mut self, applicant: Applicant) -> bool {
        let moves = !self.is_by(&applicant.email);
        if moves {
            self.proved_at = None;
            // What was mailed to the other address proves nothing; how many mails were sent still counts.
            if let Some(proof) = &mut self.proof {
                proof.attempts = MAX_PROOF_ATTEMPTS;
            }
        }
        self.applicant = applicant;
        moves
    }

    fn write(mut self) -> Step {
        self.revision = self.revision.saturating_add(1);
        self.step()
    }

    /// Submits answers that fit the form. `code`: the claim code that was right. Under another address than before it gives back its place,
    /// which was the other person's, and waits for a proof of the new one.
    ///
    /// # Errors
    /// As [`Self::may_edit`]; [`Refusal::CodeNeeded`].
    pub fn submit(
        mut self,
        applicant: Applicant,
        answers: Answers,
        code: Option<CodeId>,
        world: &Circumstances<'_>,
    ) -> Result<Step, Refusal> {
        self.may_edit(&world.form.definition)?;
        if code.is_none() && matches!(world.form.definition.approval, Approval::ClaimCode { .. }) {
            return Err(Refusal::CodeNeeded);
        }
        let from = self.state.name();
        let moves = self.set_applicant(applicant);
        self.submission = Some(Submission {
            number: self.submissions().saturating_add(1),
            form_version: world.form.version,
            score: answers.score(&world.form.definition.approval),
            answers,
            code,
            at: world.now,
        });
        self.draft = None;
        let mut step = self.step();
        if moves {
            step.leave();
        }
        if step.application.proved_at.is_none() {
            step.ask_proof(world.now);
        }
        step.go_on(world);
        step.record(Actor::Applicant, Action::Submit, from, "", world.now);
        Ok(step)
    }

    /// Asks for a mail that proves the address, of a draft or of what was submitted.
    ///
    /// # Errors
    /// [`Refusal::State`] when nothing has to be proved; [`Refusal::NoAttemptsLeft`] after [`MAX_PROOF_MAILS`].
    pub fn send_proof(self, now: Timestamp) -> Result<Step, Refusal> {
        if self.proved_at.is_some() || !matches!(self.state, State::Draft | State::Unproven) {
            return Err(self.refuse());
        }
        if self.proof.is_some_and(|proof| proof.round >= MAX_PROOF_MAILS) {
            return Err(Refusal::NoAttemptsLeft);
        }
        let from = self.state.name();
        let mut step = self.step();
        step.ask_proof(now);
        step.record(Actor::Applicant, Action::AskProof, from, "", now);
        Ok(step)
    }

    /// Looks at a code that should prove the address.
    #[must_use]
    pub fn enter_code(&self, form: &Form, code: &str, now: Timestamp) -> Entered {
        let Some(proof) = self.proof else { return Entered::Spent };
        let alive = proof.sent_at.checked_add(PROOF_CODE_LIFE).is_ok_and(|end| now < end);
        if !alive || proof.attempts >= MAX_PROOF_ATTEMPTS {
            return Entered::Spent;
        }
        if form.is_proof_code(self, proof.round, code) {
            return Entered::Right;
        }
        let mut counted = self.clone();
        counted.revision = counted.revision.saturating_add(1);
        counted.proof = Some(Proof { attempts: proof.attempts + 1, ..proof });
        Entered::Wrong(Box::new(counted))
    }

    /// The address is proved: by the code or the link of its latest mail.
    ///
    /// # Errors
    /// [`Refusal::State`] when there is nothing to prove any more.
    pub fn prove(mut self, world: &Circumstances<'_>) -> Result<Step, Refusal> {
        if self.proved_at.is_some() || !matches!(self.state, State::Draft | State::Unproven) {
            return Err(self.refuse());
        }
        let from = self.state.name();
        self.proved_at = Some(world.now);
        let submitted = matches!(self.state, State::Unproven);
        let mut step = self.step();
        if submitted {
            step.go_on(world);
        }
        step.record(Actor::Applicant, Action::Prove, from, "", world.now);
        Ok(step)
    }

    /// Goes on when its files have been looked at; stays as it is while they have not.
    ///
    /// # Errors
    /// [`Refusal::State`] when it does not wait for that.
    pub fn check(self, world: &Circumstances<'_>) -> Result<Option<Step>, Refusal> {
        if !matches!(self.state, State::Checking) {
            return Err(self.refuse());
        }
        if world.evidence == Evidence::Waiting {
            return Ok(None);
        }
        let mut step = self.step();
        step.go_on(world);
        step.record(Actor::System, Action::Check, "checking", "", world.now);
        Ok(Some(step))
    }

    /// Comes back to the applicant, because its claim code was used up by others while its files were looked at.
    ///
    /// # Errors
    /// [`Refusal::State`] when it does not wait for its files.
    pub fn code_is_gone(self, now: Timestamp) -> Result<Step, Refusal> {
        if !matches!(self.state, State::Checking) {
            return Err(self.refuse());
        }
        let comment = match self.applicant.language {
            Lang::En => "The code was used up by others while your files were checked. Please enter another one.",
            Lang::Ja => "ファイルの確認中に、コードの使用回数が上限に達しました。別のコードを入力してください。",
        };
        let mut step = self.step();
        step.send_back(Actor::System, comment);
        step.record(Actor::System, Action::Return, "checking", comment, now);
        Ok(step)
    }

    /// Chooses reviewers by hand.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn assign(
        mut self,
        definition: &Definition,
        reviewers: Vec<ReviewerId>,
        by: Actor,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        if !matches!(self.state, State::Submitted) {
            return Err(self.refuse());
        }
        let mut letters = Vec::new();
        for id in &reviewers {
            let reviewer = definition.approval.reviewer(id).ok_or(Refusal::NoSuchReviewer)?;
            if reviewer.is(&self.applicant.email) {
                return Err(Refusal::Own);
            }
            if !self.assigned.contains(id) {
                letters.push(Letter::ReviewerInvited { reviewer: id.clone() });
            }
        }
        self.assigned = reviewers;
        let mut step = self.step();
        step.letters = letters;
        step.record(by, Action::Assign, "submitted", "", now);
        Ok(step)
    }

    /// The reviewer, provided they may look at this application: asked for it, and not the applicant.
    ///
    /// # Errors
    /// [`Refusal::NotAsked`], [`Refusal::Own`].
    pub fn reviewer<'a>(&self, definition: &'a Definition, id: &ReviewerId) -> Result<&'a Reviewer, Refusal> {
        let reviewer = definition.approval.reviewer(id).ok_or(Refusal::NotAsked)?;
        if reviewer.is(&self.applicant.email) {
            return Err(Refusal::Own);
        }
        let last = matches!(&definition.approval, Approval::Jury { verdict: Verdict::FinalReviewer { reviewer }, .. } if reviewer.id == *id);
        if last || self.assigned.contains(id) { Ok(reviewer) } else { Err(Refusal::NotAsked) }
    }

    /// A juror's vote; the one that reaches a threshold decides.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn vote(
        mut self,
        definition: &Definition,
        by: &ReviewerId,
        choice: Choice,
        comment: &str,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        if !matches!(self.state, State::Submitted) {
            return Err(self.refuse());
        }
        let Approval::Jury { jurors, verdict } = &definition.approval else { return Err(Refusal::NotAsked) };
        let juror = jurors.iter().find(|juror| juror.id == *by).ok_or(Refusal::NotAsked)?;
        if juror.is(&self.applicant.email) {
            return Err(Refusal::Own);
        }
        let submission = self.submissions();
        self.votes.retain(|vote| vote.by != *by || vote.submission != submission);
        let comment = bounded(comment);
        self.votes.push(Vote { by: by.clone(), submission, choice, comment: comment.clone(), at: now });
        let tally = decision::tally(&definition.approval, &self.applicant.email, &self.votes, submission);
        let mut step = self.step();
        match tally {
            Tally::Issue => step.approve(Actor::Reviewer(by.clone()), Edits::default()),
            Tally::Reject => step.reject(Actor::Reviewer(by.clone()), "", true),
            Tally::Open { missing: 0, .. } => {
                if let Verdict::FinalReviewer { reviewer } = verdict {
                    step.letters.push(Letter::ReviewerInvited { reviewer: reviewer.id.clone() });
                }
            }
            Tally::Open { .. } | Tally::Stuck => {}
        }
        step.record(Actor::Reviewer(by.clone()), Action::Vote, "submitted", &comment, now);
        Ok(step)
    }

    /// A peer's approval; the one that reaches the threshold decides. That they hold one of the badges, and are not the applicant, is
    /// looked up by the caller, who knows credentials: `own` says the latter.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn endorse(mut self, definition: &Definition, approval: Approved, own: bool) -> Result<Step, Refusal> {
        if !matches!(self.state, State::Submitted) {
            return Err(self.refuse());
        }
        if !matches!(definition.approval, Approval::Peer { .. }) {
            return Err(Refusal::NotAsked);
        }
        if own {
            return Err(Refusal::Own);
        }
        let submission = self.submissions();
        if self.approvals.iter().any(|one| one.person == approval.person && one.submission == submission) {
            return Err(Refusal::ApprovedAlready);
        }
        let (by, now) = (Actor::Peer(approval.credential.clone()), approval.at);
        let comment = bounded(&approval.comment);
        self.approvals.push(Approved { submission, comment: comment.clone(), ..approval });
        let enough = decision::peers_suffice(&definition.approval, &self.approvals, submission);
        let mut step = self.step();
        if enough {
            step.approve(by.clone(), Edits::default());
        }
        step.record(by, Action::Endorse, "submitted", &comment, now);
        Ok(step)
    }

    /// Whether somebody may decide about it alone, `approving` or otherwise.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may_decide(&self, definition: &Definition, by: &Actor, approving: bool) -> Result<(), Refusal> {
        if !matches!(self.state, State::Submitted) {
            return Err(self.refuse());
        }
        match by {
            Actor::Staff(credential) => {
                if let Some(reviewer) = definition.approval.reviewer_of(credential)
                    && reviewer.is(&self.applicant.email)
                {
                    return Err(Refusal::Own);
                }
            }
            Actor::Reviewer(id) => {
                self.reviewer(definition, id)?;
            }
            Actor::Applicant | Actor::Peer(_) | Actor::System => return Err(Refusal::NotAsked),
        }
        match &definition.approval {
            Approval::Jury { verdict: Verdict::Votes { .. }, .. } => {
                let stuck =
                    decision::tally(&definition.approval, &self.applicant.email, &self.votes, self.submissions());
                let staff = matches!(by, Actor::Staff(_));
                if staff && stuck == Tally::Stuck { Ok(()) } else { Err(Refusal::VotesDecide) }
            }
            Approval::Jury { verdict: Verdict::FinalReviewer { reviewer }, .. } => {
                let last = match by {
                    Actor::Reviewer(id) => *id == reviewer.id,
                    // Where the final reviewer is the applicant, somebody else of the organisation has to.
                    _ => reviewer.is(&self.applicant.email),
                };
                if last { Ok(()) } else { Err(Refusal::FinalReviewerDecides) }
            }
            Approval::Peer { .. } if approving => Err(Refusal::PeersDecide),
            _ => Ok(()),
        }
    }

    /// Approves it.
    ///
    /// # Errors
    /// As [`Self::may_decide`].
    pub fn approve(self, definition: &Definition, by: Actor, edits: Edits, now: Timestamp) -> Result<Step, Refusal> {
        self.may_decide(definition, &by, true)?;
        let mut step = self.step();
        step.approve(by.clone(), edits);
        step.record(by, Action::Approve, "submitted", "", now);
        Ok(step)
    }

    /// Rejects it.
    ///
    /// # Errors
    /// As [`Self::may_decide`].
    pub fn reject(
        self,
        definition: &Definition,
        by: Actor,
        reason: &str,
        mail: bool,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        self.may_decide(definition, &by, false)?;
        let mut step = self.step();
        step.reject(by.clone(), reason, mail);
        step.record(by, Action::Reject, "submitted", reason, now);
        Ok(step)
    }

    /// Sends it back for another version. Staff may, whoever decides at the end.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn send_back(self, definition: &Definition, by: Actor, comment: &str, now: Timestamp) -> Result<Step, Refusal> {
        if !matches!(self.state, State::Submitted) {
            return Err(self.refuse());
        }
        if let Actor::Reviewer(_) = &by {
            self.may_decide(definition, &by, false)?;
        }
        let mut step = self.step();
        step.send_back(by.clone(), comment);
        step.record(by, Action::Return, "submitted", comment, now);
        Ok(step)
    }

    /// Sets it aside: there is another one.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub fn set_aside(mut self, by: Actor, of: Option<ApplicationId>, now: Timestamp) -> Result<Step, Refusal> {
        let waits = matches!(self.state, State::Unproven | State::Checking | State::Submitted | State::Returned { .. });
        if !waits || of.as_ref() == Some(&self.id) {
            return Err(self.refuse());
        }
        let from = self.state.name();
        self.state = State::Duplicate { of, by: by.clone() };
        Ok(self.leave(by, Action::Duplicate, from, now))
    }

    /// Takes it back.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub fn withdraw(mut self, by: Actor, now: Timestamp) -> Result<Step, Refusal> {
        let open = matches!(
            self.state,
            State::Draft | State::Unproven | State::Checking | State::Submitted | State::Returned { .. }
        );
        if !open {
            return Err(self.refuse());
        }
        let from = self.state.name();
        self.state = State::Withdrawn { by: by.clone() };
        Ok(self.leave(by, Action::Withdraw, from, now))
    }

    fn leave(self, by: Actor, action: Action, from: &'static str, now: Timestamp) -> Step {
        let mut step = self.step();
        step.leave();
        step.record(by, action, from, "", now);
        step
    }

    /// Its badge is issued. Nothing is left to do when it was already, as this very credential.
    ///
    /// # Errors
    /// [`Refusal::State`] when it is not approved, or another credential was issued for it.
    pub fn issued(mut self, event: EventId, credential: CredentialId, now: Timestamp) -> Result<Option<Step>, Refusal> {
        match &self.state {
            State::Approved { .. } => {}
            State::Issued { credential: known, .. } if *known == credential => return Ok(None),
            _ => return Err(self.refuse()),
        }
        self.state = State::Issued { event, credential };
        let mut step = self.step();
        step.effects.push(Effect::HaveBadge);
        step.record(Actor::System, Action::Issue, "approved", "", now);
        Ok(Some(step))
    }

    /// Whom to remind that it waits, as it stands.
    #[must_use]
    pub fn reminders(&self, definition: &Definition) -> Vec<Letter> {
        match self.state {
            State::Returned { .. } => vec![Letter::ApplicantReminded],
            // An address that nobody has proved may be a stranger's: it gets the one mail that proves it, and no other.
            State::Draft if self.proved_at.is_some() => vec![Letter::ApplicantReminded],
            State::Submitted => {
                let number = self.submissions();
                let voted = |id: &ReviewerId| self.votes.iter().any(|v| v.by == *id && v.submission == number);
                let waiting =
                    self.assigned.iter().filter(|id| !voted(id) && definition.approval.reviewer(id).is_some());
                let mut letters: Vec<Letter> =
                    waiting.map(|id| Letter::ReviewerReminded { reviewer: id.clone() }).collect();
                if let (true, Approval::Jury { verdict: Verdict::FinalReviewer { reviewer }, .. }) =
                    (letters.is_empty(), &definition.approval)
                {
                    letters.push(Letter::ReviewerReminded { reviewer: reviewer.id.clone() });
                }
                letters
            }
            _ => Vec::new(),
        }
    }
}

impl Step {
    /// Writes the entry; the application has its new state already.
    fn record(&mut self, by: Actor, action: Action, from: &'static str, note: &str, now: Timestamp) {
        let application = &mut self.application;
        let to = application.state.name();
        application.revision = application.revision.saturating_add(1);
        application.entries = application.entries.saturating_add(1);
        if from != to {
            application.since = now;
        }
        let (from, to) = (from.to_owned(), to.to_owned());
        let note = bounded(note);
        self.entry = Some(Entry { number: application.entries, at: now, by, action, from, to, note });
    }

    /// It gives its place back, if it took one.
    fn leave(&mut self) {
        if std::mem::take(&mut self.application.counted) {
            self.effects.push(Effect::Leave);
        }
    }

    fn ask_proof(&mut self, now: Timestamp) {
        let round = self.application.proof.map_or(0, |proof| proof.round).saturating_add(1);
        if round <= MAX_PROOF_MAILS {
            self.application.proof = Some(Proof { round, sent_at: now, attempts: 0 });
            self.letters.push(Letter::ProveAddress { round });
        }
    }

    /// What was submitted goes on as far as it can: address, files, decision.
    fn go_on(&mut self, world: &Circumstances<'_>) {
        let application = &mut self.application;
        if application.proved_at.is_none() {
            application.state = State::Unproven;
            return;
        }
        if !application.counted {
            application.counted = true;
            self.effects.push(Effect::Enter);
        }
        match &world.evidence {
            Evidence::Waiting => application.state = State::Checking,
            Evidence::Refused { fields } => {
                let names = fields.iter().map(FieldId::as_str).collect::<Vec<_>>().join(", ");
                let comment = match application.applicant.language {
                    Lang::En => format!("Some files could not be accepted. Please attach others: {names}"),
                    Lang::Ja => {
                        format!("受け付けられないファイルがありました。別のファイルを添付してください: {names}")
                    }
                };
                self.send_back(Actor::System, &comment);
            }
            Evidence::Accepted => self.enter(world),
        }
    }

    /// It is complete: decided at once, or somebody is asked.
    fn enter(&mut self, world: &Circumstances<'_>) {
        let definition = &world.form.definition;
        let submission = self.application.submission.as_ref();
        let code = submission.and_then(|s| s.code.clone());
        let passed = submission.and_then(|s| s.score).is_some_and(|score| score.passed);
        match (&definition.approval, code) {
            (Approval::Automatic, _) => self.approve(Actor::System, Edits::default()),
            (Approval::ClaimCode { .. }, Some(code)) => {
                self.effects.push(Effect::UseCode(code));
                self.approve(Actor::System, Edits::default());
            }
            (Approval::Quiz { .. }, _) if passed => self.approve(Actor::System, Edits::default()),
            _ => self.ask_reviewers(world),
        }
    }

    fn ask_reviewers(&mut self, world: &Circumstances<'_>) {
        let application = &mut self.application;
        application.state = State::Submitted;
        let empty = Answers::default();
        let answers = application.submission.as_ref().map_or(&empty, |submission| &submission.answers);
        let known: Vec<ReviewerId> = application
            .assigned
            .iter()
            .filter(|id| {
                world.form.definition.approval.reviewer(id).is_some_and(|r| !r.is(&application.applicant.email))
            })
            .cloned()
            .collect();
        // Another version goes to those who asked for it.
        application.assigned = if known.is_empty() {
            decision::assigned(&world.form.definition, answers, &application.applicant.email, world.turn)
        } else {
            known
        };
        self.letters.push(Letter::Received);
        let invited = application.assigned.iter().map(|id| Letter::ReviewerInvited { reviewer: id.clone() });
        self.letters.extend(invited);
    }

    fn approve(&mut self, by: Actor, edits: Edits) {
        self.application.state = State::Approved { by, edits: Box::new(edits) };
        self.effects.push(Effect::AwaitBadge);
    }

    fn reject(&mut self, by: Actor, reason: &str, mail: bool) {
        self.application.state = State::Rejected { by, reason: bounded(reason), mailed: mail };
        if mail {
            self.letters.push(Letter::Rejected);
        }
    }

    fn send_back(&mut self, by: Actor, comment: &str) {
        self.application.draft =
            self.application.submission.as_ref().map(|submission| Typed::from(&submission.answers));
        self.application.state = State::Returned { comment: bounded(comment), by };
        self.letters.push(Letter::Returned);
    }
}

/// Comments are read under this limit; whatever else comes here is cut.
fn bounded(text: &str) -> String {
    text.chars().take(MAX_COMMENT_CHARS).collect()
}

/// What a reviewer decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Issue the badge, with these differences.
    Approve(Box<Edits>),
    /// Send it back with a comment.
    Return {
        /// What should be different.
        comment: String,
    },
    /// Refuse it.
    Reject {
        /// Why.
        reason: String,
        /// Whether the applicant is told by mail.
        mail: bool,
    },
    /// Set it aside.
    Duplicate {
        /// Which one it repeats.
        of: Option<ApplicationId>,
    },
}

impl Decision {
    /// Reads the body of a decision: `decision` is `approve`, `return`, `reject` or `duplicate`.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn read(body: &Value, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let complaints = Complaints::default();
        let reader = Reader::root(body, &complaints);
        let names = ["approve", "return", "reject", "duplicate"];
        let words: Vec<(&str, &str)> = names.iter().map(|name| (*name, *name)).collect();
        let decision = match crate::form::one_of(&reader, "decision", &words, None) {
            Some("approve") => Self::Approve(Box::new(Edits::read(&reader, now))),
            Some("return") => Self::Return { comment: reader.text("comment", 1, MAX_COMMENT_CHARS) },
            Some("reject") => Self::Reject {
                reason: reader.optional_text("reason", MAX_COMMENT_CHARS).unwrap_or_default(),
                mail: reader.boolean("send_email", true),
            },
            _ => {
                let of = reader.optional_text("duplicate_of", 40).and_then(|text| {
                    let id = text.parse().ok();
                    if id.is_none() {
                        reader.refuse_field("duplicate_of", Reason::NotFound);
                    }
                    id
                });
                Self::Duplicate { of }
            }
        };
        complaints.into_result(decision)
    }
}

impl Application {
    /// Carries a decision out.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn decide(
        self,
        definition: &Definition,
        decision: Decision,
        by: Actor,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        match decision {
            Decision::Approve(edits) => self.approve(definition, by, *edits, now),
            Decision::Return { comment } => self.send_back(definition, by, &comment, now),
            Decision::Reject { reason, mail } => self.reject(definition, by, &reason, mail, now),
            Decision::Duplicate { of } => match by {
                Actor::Staff(_) => self.set_aside(by, of, now),
                _ => {
                    self.may_decide(definition, &by, false)?;
                    self.set_aside(by, of, now)
                }
            },
        }
    }

    /// Whether an address is the applicant's.
    #[must_use]
    pub fn is_by(&self, address: &EmailAddress) -> bool {
        self.applicant.email.folded() == address.folded()
    }
}

#[cfg(test)]
pub(crate) mod tests;
