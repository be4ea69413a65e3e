//! Open Badges 3.0: the steps in the specification's order.
//!
//! 1. conformance: vocabulary, kind, structure, schemas, subject, evidence, issuer
//! 2. the proof, and whose key made it
//! 3. refresh, once, and steps 1 and 2 again for the newer version
//! 4. status and validity period
//! 5. the recipient, if somebody was named
//! 6. endorsements, each by the same steps
//!
//! What is fetched in the name of a badge (3, 4, 6) is fetched only while nothing has failed in 2: until then its addresses
//! are a stranger's.

use crate::credential::{Credential, DataModel, Envelope};
use crate::documents::{Documents, World};
use crate::limits::MAX_ENDORSEMENTS;
use crate::messages::Code;
use crate::report::{Finding, Kind, Outcome, StepId, Steps, Summary, Text};
use crate::steps::authenticity::Authenticity;
use crate::steps::model::{ACHIEVEMENT_CREDENTIAL, Class, ENDORSEMENT_CREDENTIAL};
use crate::steps::refresh::Refreshed;
use crate::steps::{authenticity, context, endorsements, key, model, recipient, refresh, schema, status, validity};
use crate::summary;
use crate::value::{has_type, list, text};

/// What a credential is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Badge,
    Endorsement,
}

impl Role {
    fn of(credential: &Credential) -> Result<Self, Code> {
        let is = |name| has_type(&credential.value, name);
        if is("VerifiableCredential") && (is("OpenBadgeCredential") || is("AchievementCredential")) {
            return Ok(Self::Badge);
        }
        if is("VerifiableCredential") && is("EndorsementCredential") {
            return Ok(Self::Endorsement);
        }
        // With the vocabulary of badges it is a badge that lacks its type; without, it is something else.
        let badge_like = context::names_open_badges(&credential.value) || is("OpenBadgeCredential");
        Err(if badge_like { Code::TypeMissing } else { Code::TypeNotBadge })
    }

    fn class(self) -> &'static Class {
        match self {
            Self::Badge => &ACHIEVEMENT_CREDENTIAL,
            Self::Endorsement => &ENDORSEMENT_CREDENTIAL,
        }
    }
}

/// Verifies a credential and everything it refers to.
pub(crate) async fn verify<D: Documents>(
    world: &mut World<'_, D>,
    mut credential: Credential,
    steps: &mut Steps,
) -> (Option<Kind>, Summary) {
    let role = match Role::of(&credential) {
        Ok(role) => role,
        Err(code) => {
            steps.end(StepId::Type, Finding::new(code));
            return (None, summary::of_credential(&credential));
        }
    };
    let mut checked = conform_and_prove(world, &credential, role).await;
    let (refresh, newer) = refreshed(world, &credential, role, &checked).await;
    if let Some((newer, newer_checked)) = newer {
        credential = newer;
        checked = newer_checked;
    }
    let is_proven = checked.authenticity.worst() != Outcome::Failed;
    steps.extend(checked.steps);
    steps.end(StepId::Refresh, refresh);
    status_and_validity(world, &credential, is_proven, steps).await;

    let mut summary = summary::of_credential(&credential);
    let claimed = world.options.recipient.as_ref();
    if role == Role::Badge {
        let recipient = recipient::check_v3(&credential.value, claimed);
        summary.recipient_matches = claimed.map(|_| recipient.code == Code::RecipientMatches);
        steps.end(StepId::Recipient, recipient);
    }
    let (otherwise, findings) =
        if is_proven { endorsed(world, &credential).await } else { (Finding::new(Code::UnprovenNotAsked), Vec::new()) };
    steps.conclude(StepId::Endorsements, otherwise, findings);
    (Some(kind(&credential, role)), summary)
}

fn kind(credential: &Credential, role: Role) -> Kind {
    match (role, context::data_model(&credential.value)) {
        (Role::Endorsement, _) => Kind::Endorsement3,
        (Role::Badge, Some(DataModel::Vc11)) => Kind::OpenBadge3Vc11,
        (Role::Badge, _) => Kind::OpenBadge3,
    }
}

/// Steps 1 and 2.
struct Checked {
    steps: Steps,
    authenticity: Authenticity,
}

async fn conform_and_prove<D: Documents>(world: &mut World<'_, D>, credential: &Credential, role: Role) -> Checked {
    let mut steps = Steps::default();
    let value = &credential.value;
    if let Envelope::Jwt(token) = &credential.envelope {
        steps.conclude(StepId::Claims, Finding::new(Code::ClaimsMatch), authenticity::claims(token));
    }
    let authenticity = authenticity::check(world, credential).await;
    let mut findings = context::check(value);
    // Checking the proof expands the document; where that did not happen, it is done for its own sake.
    let failed = match &authenticity.expansion {
        Some(outcome) => outcome.clone(),
        None => context::expand(value),
    };
    findings.extend(failed.as_ref().map(context::explain));
    steps.conclude(StepId::Context, Finding::new(Code::ContextOk), findings);

    let is_what = if role == Role::Badge { Code::TypeBadge } else { Code::TypeEndorsement };
    steps.end(StepId::Type, Finding::new(is_what));
    structure(&mut steps, credential, role);

    let (schemas, findings) = schema::check(value);
    steps.conclude(StepId::Schema, schemas, findings);
    steps.conclude(StepId::Proof, authenticity.proof.clone(), authenticity.proof_remarks.clone());
    steps.end(StepId::Key, authenticity.key.clone());
    Checked { steps, authenticity }
}

/// The findings about the data model, each in the step a reader looks for it.
fn structure(steps: &mut Steps, credential: &Credential, role: Role) {
    let value = &credential.value;
    let edition = context::data_model(value).unwrap_or(DataModel::Vc2);
    let mut rest = Vec::new();
    let (mut subject, mut evidence, mut issuer) = (Vec::new(), Vec::new(), Vec::new());
    for finding in model::check(value, role.class(), edition) {
        let section = finding.at.split(['.', '[']).next().unwrap_or_default();
        match section {
            "credentialSubject" => subject.push(finding),
            "evidence" => evidence.push(finding),
            "issuer" => issuer.push(finding),
            _ => rest.push(finding),
        }
    }
    steps.conclude(StepId::DataModel, Finding::new(Code::ModelOk), rest);
    steps.conclude(StepId::Subject, Finding::new(Code::SubjectOk), subject);
    if role == Role::Badge {
        let none = list(value, "evidence").is_empty();
        let code = if none { Code::EvidenceNone } else { Code::EvidenceOk };
        steps.conclude(StepId::Evidence, Finding::new(code), evidence);
    }
    steps.conclude(StepId::Issuer, Finding::new(Code::IssuerOk), issuer);
}

/// Step 3: how it ends, and the newer version if there is one that holds.
async fn refreshed<D: Documents>(
    world: &mut World<'_, D>,
    credential: &Credential,
    role: Role,
    checked: &Checked,
) -> (Finding, Option<(Credential, Checked)>) {
    // A newer version is taken on the word of the proven original only.
    if credential.value.get("refreshService").is_some() && !checked.authenticity.is_proven() {
        return (Finding::new(Code::UnprovenNotAsked), None);
    }
    let newer = match refresh::ask(world, credential).await {
        Refreshed::No(finding) => return (finding, None),
        Refreshed::Newer(newer) => *newer,
    };
    let failed = |reason: Text| (Finding::with(Code::RefreshFailed, reason), None);
    if Role::of(&newer) != Ok(role) {
        return failed(Text::fixed("it is another kind of document", "別の種類の文書です"));
    }
    let newer_checked = conform_and_prove(world, &newer, role).await;
    if newer_checked.steps.worst() > Outcome::Warning {
        let reason = newer_checked.steps.deciding().map(|step| step.message.clone());
        return failed(reason.unwrap_or(Text::fixed("it does not hold", "有効ではありません")));
    }
    (Finding::new(Code::RefreshTaken), Some((newer, newer_checked)))
}

/// Step 4.
async fn status_and_validity<D: Documents>(
    world: &mut World<'_, D>,
    credential: &Credential,
    is_proven: bool,
    steps: &mut Steps,
) {
    let (otherwise, findings) = if is_proven {
        status::check(world, credential).await
    } else {
        (Finding::new(Code::UnprovenNotAsked), Vec::new())
    };
    steps.conclude(StepId::Status, otherwise, findings);
    steps.end(StepId::Validity, validity::check(credential.valid_from(), credential.valid_until(), world.now()));
}

/// Step 6.
async fn endorsed<D: Documents>(world: &mut World<'_, D>, credential: &Credential) -> (Finding, Vec<Finding>) {
    let (places, more) = endorsements::collect(&credential.value, MAX_ENDORSEMENTS);
    if places.is_empty() {
        return (Finding::new(Code::EndorsementsNone), Vec::new());
    }
    let count = places.len();
    let mut findings = Vec::new();
    if more {
        findings.push(Finding::with(Code::EndorsementsTooMany, MAX_ENDORSEMENTS.to_string()));
    }
    for place in places {
        findings.extend(endorsement(world, place).await);
    }
    (Finding::with(Code::EndorsementsOk, count.to_string()), findings)
}

/// One endorsement, by the same steps as the badge but for the recipient and further endorsements.
async fn endorsement<D: Documents>(world: &mut World<'_, D>, place: endorsements::Place) -> Vec<Finding> {
    let at = place.at;
    let fails = |reason: Text| vec![Finding::with(Code::EndorsementFails, reason).at(at.clone())];
    let credential = match place.credential {
        Ok(credential) => credential,
        Err(finding) => return fails(key::cause(&finding)),
    };
    if Role::of(&credential) != Ok(Role::Endorsement) {
        return fails(Text::fixed("It is not an endorsement.", "推薦（エンドースメント）ではありません。"));
    }
    let Checked { mut steps, authenticity } = conform_and_prove(world, &credential, Role::Endorsement).await;
    status_and_validity(world, &credential, authenticity.worst() != Outcome::Failed, &mut steps).await;
    let mut findings = Vec::new();
    let deciding = steps.deciding().map(|step| step.message.clone());
    match (steps.worst(), deciding) {
        (Outcome::Failed, Some(reason)) => return fails(reason),
        (Outcome::NotChecked, Some(reason)) => {
            findings.push(Finding::with(Code::EndorsementUnchecked, reason).at(at.clone()));
        }
        _ => {}
    }
    let subject = credential.value.get("credentialSubject").and_then(|subject| text(subject, "id"));
    if let Some(subject) = subject.filter(|subject| Some(*subject) != place.target.as_deref()) {
        findings.push(Finding::with(Code::EndorsementOfOther, crate::limits::quoted(subject)).at(at));
    }
    findings
}
