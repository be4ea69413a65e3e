//! What a verification says: one verdict, and every step that led to it.
//!
//! # From steps to a verdict
//!
//! | steps | verdict |
//! |---|---|
//! | nothing in the input is a badge | [`Verdict::NotABadge`] |
//! | any step failed | [`Verdict::Invalid`] |
//! | none failed, but one could not be checked | [`Verdict::CouldNotBeChecked`] |
//! | all passed, some with a warning | [`Verdict::ValidWithWarnings`] |
//! | all passed or did not apply | [`Verdict::Valid`] |
//!
//! **Invariant**: a step that could not be checked never ends in a valid verdict, and never alone in an invalid one.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::input::Sealed;
use crate::limits::MAX_DETAILS;
use crate::messages::{Code, spec_link};
use crate::pdf::PdfSeal;

/// A text in the product's two languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: Cow<'static, str>,
    /// Japanese.
    pub ja: Cow<'static, str>,
}

impl Text {
    pub(crate) const fn fixed(en: &'static str, ja: &'static str) -> Self {
        Self { en: Cow::Borrowed(en), ja: Cow::Borrowed(ja) }
    }
}

/// The same in both languages: a name, an address, a number.
impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { en: Cow::Owned(text.clone()), ja: Cow::Owned(text) }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// The answer to the one question a reader has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Genuine, unaltered, not revoked, within its dates.
    Valid,
    /// The same, with something a careful reader should know.
    ValidWithWarnings,
    /// Checked, and it failed.
    Invalid,
    /// Something that decides could not be checked. Neither valid nor invalid.
    CouldNotBeChecked,
    /// There is no badge in what was handed in.
    NotABadge,
}

/// How one step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Does not apply to this badge, or was not asked for.
    Skipped,
    /// Checked and in order.
    Passed,
    /// In order, with a remark.
    Warning,
    /// Could not be checked: a document is out of reach, or something in it is not known here.
    NotChecked,
    /// Checked and not in order.
    Failed,
}

/// The steps, in the order in which the specifications take them and a report lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepId {
    /// The seal of a PDF badge, authenticated before anything inside is read.
    Seal,
    /// Finding the credential in the file or at the address.
    Input,
    /// Open Badges 2.0: the copy at the issuer's site, which is the one that counts.
    Hosted,
    /// JWT claims that repeat values of the credential.
    Claims,
    /// `@context`: every term is defined, so every statement is signed.
    Context,
    /// `type`: it is a badge.
    Type,
    /// Required members, value types, enumerations.
    DataModel,
    /// `credentialSchema`.
    Schema,
    /// `credentialSubject`: who earned what.
    Subject,
    /// `evidence`.
    Evidence,
    /// Open Badges 2.0: the `BadgeClass`.
    BadgeClass,
    /// `issuer`.
    Issuer,
    /// Open Badges 2.0: the assertion's address is one the issuer uses.
    Scope,
    /// The signature holds.
    Proof,
    /// The key is the issuer's.
    Key,
    /// `refreshService`.
    Refresh,
    /// Revocation and suspension.
    Status,
    /// Valid from, valid until.
    Validity,
    /// Open Badges 2.0: the badge image can be loaded.
    Image,
    /// The badge is about the person who was named.
    Recipient,
    /// Endorsements inside the credential.
    Endorsements,
}

impl StepId {
    /// All steps, in order.
    pub const ALL: [Self; 21] = [
        Self::Seal,
        Self::Input,
        Self::Hosted,
        Self::Claims,
        Self::Context,
        Self::Type,
        Self::DataModel,
        Self::Schema,
        Self::Subject,
        Self::Evidence,
        Self::BadgeClass,
        Self::Issuer,
        Self::Scope,
        Self::Proof,
        Self::Key,
        Self::Refresh,
        Self::Status,
        Self::Validity,
        Self::Image,
        Self::Recipient,
        Self::Endorsements,
    ];

    /// Its heading in a report.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Input => Text::fixed("Reading the badge", "バッジの読み取り"),
            Self::Seal => Text::fixed("Seal of the PDF", "PDFの電子シール"),
            Self::Hosted => Text::fixed("Copy at the issuer’s site", "発行元で公開されているデータ"),
            Self::Claims => Text::fixed("Token claims", "トークンの記載"),
            Self::Context => Text::fixed("Vocabulary", "用語の定義"),
            Self::Type => Text::fixed("Kind of document", "文書の種類"),
            Self::DataModel => Text::fixed("Structure", "データの構成"),
            Self::Schema => Text::fixed("Named schemas", "指定されたスキーマ"),
            Self::Subject => Text::fixed("Achievement and recipient", "達成内容と受領者の記載"),
            Self::Evidence => Text::fixed("Evidence", "エビデンス"),
            Self::BadgeClass => Text::fixed("Badge definition", "バッジの定義"),
            Self::Issuer => Text::fixed("Issuer", "発行者の記載"),
            Self::Scope => Text::fixed("Address belongs to the issuer", "公開先と発行者の対応"),
            Self::Proof => Text::fixed("Digital signature", "電子署名"),
            Self::Key => Text::fixed("Key belongs to the issuer", "署名鍵と発行者の対応"),
            Self::Refresh => Text::fixed("Newer version", "更新版の有無"),
            Self::Status => Text::fixed("Revocation", "取り消しの有無"),
            Self::Validity => Text::fixed("Validity period", "有効期間"),
            Self::Image => Text::fixed("Badge image", "バッジ画像"),
            Self::Recipient => Text::fixed("Recipient", "受領者の一致"),
            Self::Endorsements => Text::fixed("Endorsements", "推薦（エンドースメント）"),
        }
    }
}

/// Which standard the credential follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Open Badges 3.0 on the VC Data Model 2.0.
    OpenBadge3,
    /// Open Badges 3.0 on the VC Data Model 1.1.
    OpenBadge3Vc11,
    /// An Open Badges 3.0 endorsement that stands alone.
    Endorsement3,
    /// Open Badges 2.0 (or 2.1), verified at its address.
    OpenBadge2Hosted,
    /// Open Badges 2.0 (or 2.1), signed.
    OpenBadge2Signed,
    /// Open Badges 1.1, verified at its address.
    OpenBadge11Hosted,
    /// Open Badges 1.1, signed.
    OpenBadge11Signed,
    /// Open Badges 1.0, verified at its address.
    OpenBadge10Hosted,
    /// Open Badges 1.0, signed.
    OpenBadge10Signed,
}

impl Kind {
    /// Its name for a reader; the same in both languages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::OpenBadge3 => "Open Badges 3.0",
            Self::OpenBadge3Vc11 => "Open Badges 3.0 (VC 1.1)",
            Self::Endorsement3 => "Open Badges 3.0 Endorsement",
            Self::OpenBadge2Hosted => "Open Badges 2.0 (hosted)",
            Self::OpenBadge2Signed => "Open Badges 2.0 (signed)",
            Self::OpenBadge11Hosted => "Open Badges 1.1 (hosted)",
            Self::OpenBadge11Signed => "Open Badges 1.1 (signed)",
            Self::OpenBadge10Hosted => "Open Badges 1.0 (hosted)",
            Self::OpenBadge10Signed => "Open Badges 1.0 (signed)",
        }
    }

    pub(crate) const fn is_v3(self) -> bool {
        matches!(self, Self::OpenBadge3 | Self::OpenBadge3Vc11 | Self::Endorsement3)
    }
}

/// What the credential was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// A JSON document.
    Json,
    /// A compact JWS.
    Jwt,
    /// A baked PNG.
    Png,
    /// A baked SVG.
    Svg,
    /// A PDF badge.
    Pdf,
}

/// What the badge says about itself, as far as it could be read. Nothing here is more trustworthy than the verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The credential's `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Description of the badge, Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Picture of the badge: an `https` address or a data URI of an image, nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The issuer's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_name: Option<String>,
    /// The issuer's `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_id: Option<String>,
    /// Valid from (OB 2: issued on), as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Valid until (OB 2: expires), as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// Whether the badge is about the person who was named; absent when nobody was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_matches: Option<bool>,
}

/// One more thing a step found, beside the one that decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// Stable name of the finding.
    pub code: Code,
    /// What it means for the step.
    pub outcome: Outcome,
    /// In plain words.
    pub message: Text,
    /// Where in the document, as a path such as `credentialSubject.achievement.name`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which step.
    pub id: StepId,
    /// Its heading.
    pub title: Text,
    /// How it ended.
    pub outcome: Outcome,
    /// Stable name of the finding that decided it.
    pub code: Code,
    /// That finding in plain words.
    pub message: Text,
    /// What the reader can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    /// Where in the document, as a path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// The section of the specification that asks for this step.
    pub spec: Cow<'static, str>,
    /// Further findings, worst first, at most [`MAX_DETAILS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The answer.
    pub verdict: Verdict,
    /// Which standard the badge follows; absent when there is none, or it could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// What the badge was found in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Carrier>,
    /// What became of the seal, if it is a PDF. That it holds says that the file is unaltered, and nothing about the badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdf: Option<PdfSeal>,
    /// What the badge says about itself.
    pub summary: Summary,
    /// Every step that was taken, in order.
    pub steps: Vec<Step>,
    /// The instant that "now" meant, RFC 3339.
    pub checked_at: String,
}

impl Report {
    /// The step that decided the verdict: the first of the worst. `None` only for a report without steps.
    #[must_use]
    pub fn deciding(&self) -> Option<&Step> {
        // `max_by_key` answers the last of equals; the reader wants the first.
        self.steps.iter().rev().max_by_key(|step| step.outcome)
    }

    /// The verdict about the badge alone, whatever became of the seal around it. A badge whose seal does not hold was not looked at.
    #[must_use]
    pub fn badge_verdict(&self) -> Verdict {
        verdict(&self.steps.iter().filter(|step| step.id != StepId::Seal).collect::<Vec<_>>())
    }

    /// The step with this id, if it was taken.
    #[must_use]
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }
}

fn verdict(steps: &[&Step]) -> Verdict {
    if steps.iter().any(|step| step.code.means_no_badge()) {
        return Verdict::NotABadge;
    }
    match steps.iter().map(|step| step.outcome).max().unwrap_or(Outcome::Skipped) {
        Outcome::Failed => Verdict::Invalid,
        Outcome::NotChecked => Verdict::CouldNotBeChecked,
        Outcome::Warning => Verdict::ValidWithWarnings,
        Outcome::Passed => Verdict::Valid,
        // A report in which nothing was checked vouches for nothing.
        Outcome::Skipped => Verdict::CouldNotBeChecked,
    }
}

/// Something found on the way, not yet put into words.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    /// Fills `{value}` of the message.
    pub(crate) value: Option<Text>,
    /// Path in the document.
    pub(crate) at: String,
}

impl Finding {
    pub(crate) const fn new(code: Code) -> Self {
        Self { code, value: None, at: String::new() }
    }

    pub(crate) fn with(code: Code, value: impl Into<Text>) -> Self {
        Self { code, value: Some(value.into()), at: String::new() }
    }

    pub(crate) fn at(mut self, path: impl Into<String>) -> Self {
        self.at = path.into();
        self
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.code.outcome()
    }
}

/// The steps of a report while it is being made.
#[derive(Debug, Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    /// Ends a step with one finding.
    pub(crate) fn end(&mut self, id: StepId, finding: Finding) {
        self.conclude(id, finding, Vec::new());
    }

    /// Ends the step about a PDF's seal.
    pub(crate) fn seal(&mut self, sealed: Sealed) -> PdfSeal {
        self.end(StepId::Seal, sealed.finding);
        sealed.seal
    }

    /// Ends a step with all its findings; without any, or with remarks only, `otherwise` is how it ended.
    ///
    /// The worst finding speaks for the step, the rest are its details.
    pub(crate) fn conclude(&mut self, id: StepId, otherwise: Finding, mut findings: Vec<Finding>) {
        let worst = findings
            .iter()
            .enumerate()
            .rev()
            .max_by_key(|(_, finding)| finding.outcome())
            .map(|(index, finding)| (index, finding.outcome()));
        let deciding = match worst {
            Some((index, outcome)) if outcome > otherwise.outcome() => findings.remove(index),
            _ => otherwise,
        };
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.outcome()));
        findings.truncate(MAX_DETAILS);
        self.0.push(Step {
            id,
            title: id.title(),
            outcome: deciding.outcome(),
            code: deciding.code,
            message: deciding.code.message(deciding.value.as_ref()),
            hint: deciding.code.hint(),
            at: deciding.at,
            spec: spec_link(id, true).into(),
            details: findings
                .into_iter()
                .map(|finding| Detail {
                    code: finding.code,
                    outcome: finding.outcome(),
                    message: finding.code.message(finding.value.as_ref()),
                    at: finding.at,
                })
                .collect(),
        });
    }

    /// Takes over the steps of another.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The worst outcome so far.
    pub(crate) fn worst(&self) -> Outcome {
        self.0.iter().map(|step| step.outcome).max().unwrap_or(Outcome::Skipped)
    }

    /// The first step with the worst outcome.
    pub(crate) fn deciding(&self) -> Option<&Step> {
        self.0.iter().rev().max_by_key(|step| step.outcome)
    }

    /// Sorts the steps into the report's order and draws the verdict.
    pub(crate) fn into_report(
        mut self,
        kind: Option<Kind>,
        carrier: Option<Carrier>,
        summary: Summary,
        now: jiff::Timestamp,
    ) -> Report {
        self.0.sort_by_key(|step| step.id);
        let v3 = kind.is_none_or(Kind::is_v3);
        for step in &mut self.0 {
            step.spec = spec_link(step.id, v3).into();
        }
        let verdict = verdict(&self.0.iter().collect::<Vec<_>>());
        let checked_at = proof::time::to_rfc3339_seconds(now);
        Report { verdict, kind, carrier, pdf: None, summary, steps: self.0, checked_at }
    }
}
