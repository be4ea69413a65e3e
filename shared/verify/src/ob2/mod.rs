//! Open Badges 2.0 (and 2.1, whose data is the same), and what came before: hosted and signed assertions.
//!
//! A **hosted** assertion is true because the issuer's site serves it: the copy at its address is the one that counts, and
//! the address must be one that the issuer uses. A **signed** one is true because of its JWS, whose key the issuer's profile
//! names. Source: Open Badges 2.0 "Badge Verification".
//!
//! Documents refer to each other by address: assertion → badge class → issuer. Each must say that it is the one that was
//! asked for ([`linked`]); a badge class may also stand inside the assertion, an issuer is always fetched from its own
//! address, so that nobody speaks in another's name.

mod model;
mod scope;

use proof::jws::{self, CompactJws, algorithm_name};
use proof::keys::Algorithm;
use serde_json::Value;

use crate::documents::{Accept, Documents, NoJson, World, is_web};
use crate::limits::quoted;
use crate::messages::Code;
use crate::report::{Finding, Kind, Outcome, StepId, Steps, Summary};
use crate::steps::{key, recipient, status, validity};
use crate::summary;
use crate::value::{has_type, id_of, list, text};
use crate::words;

/// Which edition an assertion follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    V2,
    V11,
    V10,
}

impl Edition {
    fn of(assertion: &Value) -> Self {
        let names =
            |part: &str| list(assertion, "@context").iter().filter_map(Value::as_str).any(|url| url.contains(part));
        if names("openbadges/v2") || names("openbadgespec.org/v2") || names("/ob/v2p") {
            Self::V2
        } else if names("openbadges/v1") || names("openbadgespec.org/v1") {
            Self::V11
        } else if assertion.get("verification").is_some() {
            Self::V2
        } else {
            Self::V10
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::V2 => "Open Badges 2.0",
            Self::V11 => "Open Badges 1.1",
            Self::V10 => "Open Badges 1.0",
        }
    }

    const fn kind(self, is_signed: bool) -> Kind {
        match (self, is_signed) {
            (Self::V2, false) => Kind::OpenBadge2Hosted,
            (Self::V2, true) => Kind::OpenBadge2Signed,
            (Self::V11, false) => Kind::OpenBadge11Hosted,
            (Self::V11, true) => Kind::OpenBadge11Signed,
            (Self::V10, false) => Kind::OpenBadge10Hosted,
            (Self::V10, true) => Kind::OpenBadge10Signed,
        }
    }
}

/// A signed assertion, taken apart but not yet believed.
pub(crate) struct Signed {
    pub(crate) assertion: Value,
    pub(crate) jws: CompactJws,
}

/// Whether this is an assertion, or what is left of a revoked one.
pub(crate) fn is_assertion(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    !has_type(value, "VerifiableCredential")
        && !has("vc")
        && (has_type(value, "Assertion") || has("badge") && (has("recipient") || has("verify") || has("verification")))
}

/// `verification` of 2.0, `verify` of 1.x.
fn verification(assertion: &Value) -> &Value {
    let member = |name| list(assertion, name).first();
    member("verification").or_else(|| member("verify")).unwrap_or(&Value::Null)
}

fn is_how(assertion: &Value, names: [&str; 2]) -> bool {
    names.iter().any(|name| has_type(verification(assertion), name))
}

/// What an assertion is made of, as far as it could be had.
struct Parts {
    badge_class: Value,
    issuer: Value,
}

/// Verifies a hosted assertion.
pub(crate) async fn verify_hosted<D: Documents>(
    world: &mut World<'_, D>,
    handed_in: Value,
    steps: &mut Steps,
) -> (Option<Kind>, Summary) {
    let edition = Edition::of(&handed_in);
    let kind = Some(edition.kind(false));
    let revoked_stub = handed_in.get("revoked").is_some();
    if !check_type(&handed_in, edition, steps) {
        return (kind, summary::of_assertion(&handed_in, &Value::Null, &Value::Null));
    }
    if !revoked_stub && !is_how(&handed_in, ["HostedBadge", "hosted"]) {
        // A signed assertion without its signature is an unsigned one.
        let is_signed = is_how(&handed_in, ["SignedBadge", "signed"]);
        let (step, code) =
            if is_signed { (StepId::Proof, Code::ProofMissing) } else { (StepId::Hosted, Code::VerificationUnknown) };
        steps.end(step, Finding::new(code));
        return (Some(edition.kind(is_signed)), summary::of_assertion(&handed_in, &Value::Null, &Value::Null));
    }
    let address = match edition {
        Edition::V2 => text(&handed_in, "id"),
        Edition::V11 | Edition::V10 => text(verification(&handed_in), "url").or_else(|| text(&handed_in, "id")),
    };
    let Some(address) = address.filter(|address| is_web(address)).map(str::to_owned) else {
        steps.end(StepId::Hosted, Finding::new(Code::HostedNoAddress));
        return (kind, summary::of_assertion(&handed_in, &Value::Null, &Value::Null));
    };
    let hosted = fetch_hosted(world, &handed_in, &address).await;
    steps.end(StepId::Hosted, hosted.finding);
    steps.end(StepId::Status, hosted.status);
    // What is left of a revoked assertion says nothing but that; the copy handed in says what it was.
    let assertion = hosted.copy.filter(|copy| copy.get("badge").is_some()).unwrap_or(handed_in);

    let parts = check_parts(world, &assertion, edition, steps).await;
    if !parts.issuer.is_null() {
        steps.end(StepId::Scope, scope::check(&address, &parts.issuer));
    }
    let summary = finish(world, &assertion, edition, &parts, steps).await;
    (kind, summary)
}

/// Verifies a signed assertion.
pub(crate) async fn verify_signed<D: Documents>(
    world: &mut World<'_, D>,
    signed: Signed,
    steps: &mut Steps,
) -> (Option<Kind>, Summary) {
    let Signed { assertion, jws } = signed;
    let edition = Edition::of(&assertion);
    let kind = Some(edition.kind(true));
    if !check_type(&assertion, edition, steps) {
        return (kind, summary::of_assertion(&assertion, &Value::Null, &Value::Null));
    }
    if !is_how(&assertion, ["SignedBadge", "signed"]) {
        steps.end(StepId::Proof, Finding::new(Code::VerificationUnknown));
        return (kind, summary::of_assertion(&assertion, &Value::Null, &Value::Null));
    }
    let parts = check_parts(world, &assertion, edition, steps).await;
    let is_proven = check_signature(world, &assertion, &jws, edition, &parts.issuer, steps).await;
    let (otherwise, findings) = if is_proven {
        revocation_list(world, &assertion, &parts.issuer).await
    } else {
        (Finding::new(Code::UnprovenNotAsked), Vec::new())
    };
    steps.conclude(StepId::Status, otherwise, findings);
    let summary = finish(world, &assertion, edition, &parts, steps).await;
    (kind, summary)
}

/// Whether it goes on after this step.
fn check_type(assertion: &Value, edition: Edition, steps: &mut Steps) -> bool {
    let code = match edition {
        Edition::V2 if has_type(assertion, "Assertion") => Code::TypeBadge,
        Edition::V2 => Code::TypeMissing,
        Edition::V11 | Edition::V10 => Code::LegacyVersion,
    };
    let finding = if code == Code::LegacyVersion { Finding::with(code, edition.name()) } else { Finding::new(code) };
    steps.end(StepId::Type, finding);
    code != Code::TypeMissing
}

/// The copy at the issuer's site.
struct Hosted {
    copy: Option<Value>,
    finding: Finding,
    /// How the revocation step ends.
    status: Finding,
}

async fn fetch_hosted<D: Documents>(world: &mut World<'_, D>, handed_in: &Value, address: &str) -> Hosted {
    let open = |finding: Finding| Hosted { copy: None, finding, status: Finding::new(Code::UnprovenNotAsked) };
    let unavailable = |error: NoJson| open(Finding::with(Code::HostedUnavailable, error.reason()).at(quoted(address)));
    let document = match world.get(address, Accept::Json).await {
        Ok(document) => document,
        Err(error) => return unavailable(NoJson::Unavailable(error)),
    };
    let copy = crate::json::parse(&document.bytes).ok();
    let revoked = |copy: Option<&Value>| status::revoked_because(copy.and_then(|copy| text(copy, "revocationReason")));
    match (document.status, copy) {
        (410, copy) => {
            let status = revoked(copy.as_ref());
            Hosted { copy, finding: Finding::new(Code::HostedGone), status }
        }
        (404, _) => open(Finding::new(Code::HostedMissing).at(quoted(address))),
        (200, Some(copy)) => {
            let is_revoked = copy.get("revoked").is_some_and(|revoked| revoked == true);
            let status = if is_revoked { revoked(Some(&copy)) } else { Finding::new(Code::StatusOk) };
            let finding = compare(handed_in, &copy, address);
            Hosted { copy: Some(copy), finding, status }
        }
        (200, None) => unavailable(NoJson::NotJson),
        (status, _) => unavailable(NoJson::Status(status)),
    }
}

/// The hosted copy must be the one that was asked for; where it says something else than the copy handed in, it counts.
fn compare(handed_in: &Value, copy: &Value, address: &str) -> Finding {
    match text(copy, "id") {
        Some(id) if id != address => return Finding::with(Code::HostedOther, quoted(id)),
        None if copy.get("uid") != handed_in.get("uid") => {
            return Finding::with(Code::HostedOther, quoted(text(copy, "uid").unwrap_or("–")));
        }
        _ => {}
    }
    let says = ["badge", "recipient", "issuedOn", "expires", "evidence", "verification"];
    let differs = copy.get("badge").is_some() && says.iter().any(|name| copy.get(name) != handed_in.get(name));
    Finding::new(if differs { Code::HostedDiffers } else { Code::HostedOk })
}

/// Structure of the assertion, then badge class and issuer.
async fn check_parts<D: Documents>(
    world: &mut World<'_, D>,
    assertion: &Value,
    edition: Edition,
    steps: &mut Steps,
) -> Parts {
    steps.conclude(StepId::DataModel, Finding::new(Code::ModelOk), model::assertion(assertion, edition));
    let mut parts = Parts { badge_class: Value::Null, issuer: Value::Null };
    let reference = assertion.get("badge").unwrap_or(&Value::Null);
    match badge_class(world, reference).await {
        Ok(badge_class) => {
            let findings = model::badge_class(&badge_class, edition);
            steps.conclude(StepId::BadgeClass, Finding::new(Code::BadgeClassOk), findings);
            parts.badge_class = badge_class;
        }
        Err(finding) => {
            steps.end(StepId::BadgeClass, finding);
            return parts;
        }
    }
    let address = parts.badge_class.get("issuer").and_then(id_of).filter(|address| is_web(address));
    let Some(address) = address else {
        steps.end(StepId::Issuer, Finding::with(Code::MemberMissing, "badge.issuer.id"));
        return parts;
    };
    match linked(world, address, Code::ProfileUnavailable).await {
        Ok(mut issuer) => {
            // Open Badges 1.0 profiles do not repeat their address.
            if text(&issuer, "id").is_none()
                && let Some(object) = issuer.as_object_mut()
            {
                object.insert("id".to_owned(), address.into());
            }
            steps.conclude(StepId::Issuer, Finding::new(Code::IssuerOk), model::issuer(&issuer, edition));
            parts.issuer = issuer;
        }
        Err(finding) => steps.end(StepId::Issuer, finding),
    }
    parts
}

async fn badge_class<D: Documents>(world: &mut World<'_, D>, reference: &Value) -> Result<Value, Finding> {
    if reference.get("issuer").is_some() {
        return Ok(reference.clone());
    }
    match id_of(reference).filter(|address| is_web(address)) {
        Some(address) => linked(world, address, Code::BadgeClassUnavailable).await,
        None => Err(Finding::with(Code::MemberMissing, "badge")),
    }
}

/// Fetches the document at an address. It must say that it is the one; where it names another address, that one is asked,
/// once, and must agree.
async fn linked<D: Documents>(world: &mut World<'_, D>, address: &str, code: Code) -> Result<Value, Finding> {
    let unavailable = |error: NoJson, address: &str| Finding::with(code, error.reason()).at(quoted(address));
    let document = world.json(address).await.map_err(|error| unavailable(error, address))?;
    let own = match text(&document, "id") {
        Some(own) if own != address => own.to_owned(),
        _ => return Ok(document),
    };
    let other = || Finding::with(Code::DocumentOther, quoted(&own)).at(quoted(address));
    if !is_web(&own) {
        return Err(other());
    }
    let document = world.json(&own).await.map_err(|error| unavailable(error, &own))?;
    if text(&document, "id") == Some(&own) { Ok(document) } else { Err(other()) }
}

/// Signature, then key; whether nothing failed.
async fn check_signature<D: Documents>(
    world: &mut World<'_, D>,
    assertion: &Value,
    jws: &CompactJws,
    edition: Edition,
    issuer: &Value,
    steps: &mut Steps,
) -> bool {
    let algorithm = jws.header().algorithm;
    let early = if edition != Edition::V2 {
        Some(Finding::with(Code::ProofUnsupported, format!("{} JWS", edition.name())))
    } else if algorithm != Algorithm::RsaPkcs1Sha256 {
        Some(Finding::with(Code::SignedAlgorithm, algorithm_name(algorithm)))
    } else if issuer.is_null() {
        Some(Finding::new(Code::ProofKeyUnknown))
    } else {
        None
    };
    if let Some(finding) = early {
        let is_open = finding.outcome() != Outcome::Failed;
        steps.end(StepId::Proof, finding);
        steps.end(StepId::Key, Finding::new(Code::KeyNotAsked));
        return is_open;
    }
    let issuer_id = text(issuer, "id").unwrap_or_default();
    let creator = text(verification(assertion), "creator");
    let candidate = key::of_assertion(world, creator, issuer, issuer_id).await;
    let (proof, key) = match &candidate.key {
        None => (Finding::new(Code::ProofKeyUnknown), candidate.finding),
        Some(key) => match jws::verify(jws, key) {
            Ok(()) => (Finding::with(Code::ProofHolds, algorithm_name(algorithm)), candidate.finding),
            Err(error) => (words::token(&error), Finding::new(Code::KeyNotAsked)),
        },
    };
    let is_open = proof.outcome().max(key.outcome()) != Outcome::Failed;
    steps.end(StepId::Proof, proof);
    steps.end(StepId::Key, key);
    is_open
}

/// `issuer.revocationList`: assertions named by id, alone or with a reason. One entry may stand without brackets.
async fn revocation_list<D: Documents>(
    world: &mut World<'_, D>,
    assertion: &Value,
    issuer: &Value,
) -> (Finding, Vec<Finding>) {
    let Some(address) = issuer.get("revocationList").and_then(id_of) else {
        return (Finding::new(Code::StatusNone), Vec::new());
    };
    let document = match world.json(address).await {
        Ok(document) => document,
        Err(error) => {
            let finding = Finding::with(Code::StatusListUnavailable, error.reason()).at(quoted(address));
            return (Finding::new(Code::StatusOk), vec![finding]);
        }
    };
    let mut findings = Vec::new();
    let owner = document.get("issuer").and_then(id_of);
    if let Some(owner) = owner.filter(|owner| Some(*owner) != text(issuer, "id")) {
        findings.push(Finding::with(Code::StatusListOtherIssuer, quoted(owner)));
    }
    if !document.is_object() {
        findings.push(Finding::with(Code::StatusListMalformed, "RevocationList"));
    }
    let names: Vec<&str> = ["id", "uid"].iter().filter_map(|name| text(assertion, name)).collect();
    let is_it = |entry: &&Value| {
        let id = id_of(entry).or_else(|| text(entry, "uid"));
        id.is_some_and(|id| names.contains(&id))
    };
    let entry = list(&document, "revokedAssertions").iter().find(is_it);
    findings.extend(entry.map(|entry| status::revoked_because(text(entry, "revocationReason"))));
    (Finding::new(Code::StatusOk), findings)
}

/// Dates, image, recipient, endorsements.
async fn finish<D: Documents>(
    world: &mut World<'_, D>,
    assertion: &Value,
    edition: Edition,
    parts: &Parts,
    steps: &mut Steps,
) -> Summary {
    let instant = |name| assertion.get(name).and_then(|value| model::instant(value, edition));
    let until = instant("expires");
    let finding = match instant("issuedOn") {
        Some(from) if assertion.get("expires").is_none() || until.is_some() => {
            validity::check(Some(&from), until.as_deref(), world.now())
        }
        _ => Finding::new(Code::ValidityUnreadable),
    };
    steps.end(StepId::Validity, finding);
    if let Some(image) = parts.badge_class.get("image").and_then(id_of) {
        let finding = badge_image(world, image).await;
        steps.end(StepId::Image, finding);
    }
    let claimed = world.options.recipient.as_ref();
    let recipient = recipient::check_v2(assertion, claimed);
    let mut summary = summary::of_assertion(assertion, &parts.badge_class, &parts.issuer);
    summary.recipient_matches = claimed.map(|_| recipient.code == Code::RecipientMatches);
    steps.end(StepId::Recipient, recipient);
    let endorsed =
        [assertion, &parts.badge_class, &parts.issuer].iter().any(|part| !list(part, "endorsement").is_empty());
    let code = if endorsed { Code::EndorsementsByLink } else { Code::EndorsementsNone };
    steps.end(StepId::Endorsements, Finding::new(code));
    summary
}

async fn badge_image<D: Documents>(world: &mut World<'_, D>, address: &str) -> Finding {
    if address.starts_with("data:") {
        let code = if summary::image(&address.into()).is_some() { Code::ImageEmbedded } else { Code::ImageNotAnImage };
        return Finding::new(code);
    }
    match world.get(address, Accept::Image).await {
        Err(error) => Finding::with(Code::ImageUnavailable, error.reason()),
        Ok(document) if document.status != 200 => {
            Finding::with(Code::ImageUnavailable, NoJson::Status(document.status).reason())
        }
        Ok(document) if bake::sniff(&document.bytes).is_none() => Finding::new(Code::ImageNotAnImage),
        Ok(_) => Finding::new(Code::ImageOk),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tells_assertions_from_everything_else() {
        let v2 = "https://w3id.org/openbadges/v2";
        assert!(is_assertion(&json!({"@context": v2, "type": "Assertion", "id": "x", "revoked": true})));
        assert!(is_assertion(&json!({"@context": v2, "type": "Other", "badge": "x", "recipient": {}})));
        assert!(is_assertion(&json!({"uid": "1", "badge": "x", "verify": {}})));
        assert!(!is_assertion(&json!({"@context": v2, "type": "BadgeClass", "name": "x"})));
        assert!(!is_assertion(&json!({"type": ["VerifiableCredential", "Assertion"]})));
        assert!(!is_assertion(&json!([])));
    }

    #[test]
    fn tells_editions_apart() {
        let edition = |value: Value| Edition::of(&value);
        assert_eq!(edition(json!({"@context": "https://w3id.org/openbadges/v2"})), Edition::V2);
        assert_eq!(
            edition(json!({"@context": ["https://purl.imsglobal.org/spec/ob/v2p1/ob_v2p1.jsonld"]})),
            Edition::V2
        );
        assert_eq!(edition(json!({"@context": "https://w3id.org/openbadges/v1"})), Edition::V11);
        assert_eq!(edition(json!({"uid": "1", "verify": {}})), Edition::V10);
        assert_eq!(edition(json!({"@context": {"id": "@id"}, "verification": {}})), Edition::V2);
    }
}
