//! Has the badge been revoked or suspended?
//!
//! Sources: W3C Bitstring Status List §3.2 (and StatusList2021, its predecessor), 1EdTech revocation list 1.0. A list that
//! cannot be fetched leaves the question open: the badge is then neither valid nor invalid.

use jiff::Timestamp;
use proof::status::{RevocationList, StatusEntry, StatusList};
use proof::time::parse_rfc3339;
use serde_json::Value;

use super::{authenticity, context, key};
use crate::credential::{Credential, parse_jws};
use crate::documents::{Accept, Documents, NoJson, World};
use crate::json;
use crate::limits::{MAX_STATUS_ENTRIES, quoted};
use crate::messages::Code;
use crate::report::{Finding, Outcome, Text};
use crate::value::{has_type, list, text};
use crate::words;

pub(crate) async fn check<D: Documents>(world: &mut World<'_, D>, credential: &Credential) -> (Finding, Vec<Finding>) {
    let entries = list(&credential.value, "credentialStatus");
    if entries.is_empty() {
        return (Finding::new(Code::StatusNone), Vec::new());
    }
    let mut findings = Vec::new();
    if entries.len() > MAX_STATUS_ENTRIES {
        findings.push(Finding::new(Code::StatusTooMany));
    }
    for entry in entries.iter().take(MAX_STATUS_ENTRIES) {
        if has_type(entry, "1EdTechRevocationList") {
            findings.extend(revocation_list(world, credential, entry).await);
        } else {
            findings.extend(bitstring(world, credential, entry).await);
        }
    }
    (Finding::new(Code::StatusOk), findings)
}

async fn bitstring<D: Documents>(world: &mut World<'_, D>, credential: &Credential, entry: &Value) -> Vec<Finding> {
    let parsed = match StatusEntry::parse(entry) {
        Ok(parsed) => parsed,
        Err(error) => return vec![words::status(&error, Code::StatusMalformed)],
    };
    let mut findings = Vec::new();
    if entry.get("statusListIndex").is_some_and(Value::is_number) {
        findings.push(Finding::new(Code::StatusIndexNumber));
    }
    let list = match fetch(world, &parsed.list_url).await {
        Ok(list) => list,
        Err(finding) => {
            findings.push(finding);
            return findings;
        }
    };
    findings.extend(trust(world, &list, credential.issuer_id()).await);
    let value = StatusList::parse(&list.value).and_then(|bits| bits.status(&parsed));
    match value {
        Err(error) => findings.push(words::status(&error, Code::StatusListMalformed)),
        Ok(0) => {}
        Ok(value) => findings.push(match (parsed.purpose.as_str(), parsed.message(value)) {
            ("revocation", _) => Finding::new(Code::Revoked),
            ("suspension", _) => Finding::new(Code::Suspended),
            (_, Some(message)) => Finding::with(Code::StatusFlag, quoted(message)),
            (purpose, None) => Finding::with(Code::StatusFlag, format!("{} = {value}", quoted(purpose))),
        }),
    }
    findings
}

/// Fetches a status list credential: JSON with a proof inside, or a VC-JWT.
async fn fetch<D: Documents>(world: &mut World<'_, D>, url: &str) -> Result<Credential, Finding> {
    let unavailable = |reason: Text| Finding::with(Code::StatusListUnavailable, reason).at(quoted(url));
    let document = world.get(url, Accept::StatusList).await.map_err(|error| unavailable(error.reason()))?;
    if document.status != 200 {
        return Err(unavailable(NoJson::Status(document.status).reason()));
    }
    if let Ok(value) = json::parse(&document.bytes) {
        // Some hosts send the token as a JSON text.
        return match value {
            Value::String(token) => parse_jws(&token).and_then(Credential::from_jws),
            value => Ok(Credential::embedded(value)),
        };
    }
    let token = std::str::from_utf8(&document.bytes).map_err(|_| unavailable(NoJson::NotJson.reason()))?;
    let not_a_list = |_| unavailable(NoJson::NotJson.reason());
    parse_jws(token).map_err(not_a_list).and_then(Credential::from_jws)
}

/// Whether the list itself can be relied on: its kind, its dates, its signature, its key.
async fn trust<D: Documents>(world: &mut World<'_, D>, list: &Credential, badge_issuer: Option<&str>) -> Vec<Finding> {
    let malformed = |en, ja| Finding::with(Code::StatusListMalformed, Text::fixed(en, ja));
    let is_list = ["BitstringStatusListCredential", "StatusList2021Credential"];
    let mut findings = Vec::new();
    if !is_list.iter().any(|kind| has_type(&list.value, kind)) {
        findings.push(malformed("it is another kind of document", "別の種類の文書です"));
    }
    if context::data_model(&list.value).is_none() {
        findings.push(malformed("it names no vocabulary", "語彙が指定されていません"));
    }
    findings.extend(dates(list, world.now()));
    if let (Some(issuer), Some(badge_issuer)) = (list.issuer_id(), badge_issuer)
        && issuer != badge_issuer
    {
        findings.push(Finding::with(Code::StatusListOtherIssuer, quoted(issuer)));
    }
    let proven = authenticity::check(world, list).await;
    let obstacle = key::cause(proven.obstacle());
    match proven.worst() {
        Outcome::Failed => findings.push(Finding::with(Code::StatusListUnproven, obstacle)),
        Outcome::NotChecked => findings.push(Finding::with(Code::StatusListUntied, obstacle)),
        Outcome::Skipped | Outcome::Passed | Outcome::Warning => {}
    }
    findings
}

fn dates(list: &Credential, now: Timestamp) -> Option<Finding> {
    let passed = |text: Option<&str>| text.map(|text| parse_rfc3339(text).map(|time| time < now));
    match (passed(list.valid_from()), passed(list.valid_until())) {
        (Some(Ok(false) | Err(_)), _) | (_, Some(Ok(true) | Err(_))) => Some(Finding::new(Code::StatusListExpired)),
        _ => None,
    }
}

async fn revocation_list<D: Documents>(
    world: &mut World<'_, D>,
    credential: &Credential,
    entry: &Value,
) -> Vec<Finding> {
    let (Some(url), Some(id)) = (text(entry, "id"), credential.id()) else {
        return vec![Finding::with(Code::StatusMalformed, "id")];
    };
    let list = match world.json(url).await {
        Ok(list) => list,
        Err(error) => return vec![Finding::with(Code::StatusListUnavailable, error.reason()).at(quoted(url))],
    };
    let list = match RevocationList::parse(&list) {
        Ok(list) => list,
        Err(error) => return vec![words::status(&error, Code::StatusListMalformed)],
    };
    let mut findings = Vec::new();
    if let Some(issuer) = list.issuer.as_deref().filter(|issuer| Some(*issuer) != credential.issuer_id()) {
        findings.push(Finding::with(Code::StatusListOtherIssuer, quoted(issuer)));
    }
    findings.extend(list.find(id).map(|revoked| revoked_because(revoked.reason.as_deref())));
    findings
}

/// Revoked, with the issuer's reason if there is one.
pub(crate) fn revoked_because(reason: Option<&str>) -> Finding {
    match reason.map(str::trim).filter(|reason| !reason.is_empty()) {
        Some(reason) => Finding::with(Code::RevokedBecause, quoted(reason)),
        None => Finding::new(Code::Revoked),
    }
}
