//! `@context`: the right vocabularies in the right order, and no term that none of them defines.
//!
//! Sources: VC Data Model 2.0 §4.3; Open Badges 3.0, schema of `AchievementCredential`. A term that no context defines is
//! dropped by JSON-LD and so by the signature; whoever forwards the badge may change it at will.

use jsonld::Error;
use serde_json::Value;

use crate::credential::DataModel;
use crate::limits::quoted;
use crate::messages::Code;
use crate::report::Finding;
use crate::value::list;

const VC2: &str = "https://www.w3.org/ns/credentials/v2";
const VC1: &str = "https://www.w3.org/2018/credentials/v1";
/// The newest edition; the others are read with a remark.
const OPEN_BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
const OPEN_BADGES_PREFIX: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context";

/// Which data model the first context stands for.
pub(crate) fn data_model(credential: &Value) -> Option<DataModel> {
    match list(credential, "@context").first()?.as_str()? {
        VC2 => Some(DataModel::Vc2),
        VC1 => Some(DataModel::Vc11),
        _ => None,
    }
}

/// Whether any Open Badges 3 vocabulary is named.
pub(crate) fn names_open_badges(credential: &Value) -> bool {
    list(credential, "@context").iter().filter_map(Value::as_str).any(|url| url.starts_with(OPEN_BADGES_PREFIX))
}

/// Order and editions of a badge's or endorsement's contexts.
pub(crate) fn check(credential: &Value) -> Vec<Finding> {
    let contexts = list(credential, "@context");
    let mut findings = Vec::new();
    match data_model(credential) {
        None => findings.push(Finding::new(Code::ContextMissing).at("@context[0]")),
        Some(DataModel::Vc11) => findings.push(Finding::new(Code::ContextVc11).at("@context[0]")),
        Some(DataModel::Vc2) => {}
    }
    match contexts.get(1).and_then(Value::as_str) {
        Some(OPEN_BADGES) => {}
        Some(url) if url.starts_with(OPEN_BADGES_PREFIX) => {
            // One that is not known here may be newer; expanding the document says so.
            let is_known = jsonld::contexts::get(url).is_some();
            let old = is_known.then(|| Finding::with(Code::ContextOld, quoted(url)).at("@context[1]"));
            findings.extend(old);
        }
        _ => findings.push(Finding::new(Code::ContextMissing).at("@context[1]")),
    }
    findings
}

/// Expands the credential without its proof, only to learn whether everything in it is defined.
pub(crate) fn expand(credential: &Value) -> Option<Error> {
    let mut unsecured = credential.clone();
    if let Some(object) = unsecured.as_object_mut() {
        object.shift_remove("proof");
    }
    jsonld::canonicalize(&unsecured, &jsonld::Limits::default()).err()
}

/// What a failed expansion means.
pub(crate) fn explain(error: &Error) -> Finding {
    match error {
        Error::UnknownContext { url } => Finding::with(Code::ContextUnknown, quoted(url)),
        Error::UndefinedTerm { term } => Finding::with(Code::TermUndefined, quoted(term)),
        Error::RelativeIri { reference: iri } | Error::InvalidIri { iri } => {
            Finding::with(Code::IriInvalid, quoted(iri))
        }
        Error::TooLarge { .. } | Error::TooComplex { .. } => Finding::new(Code::DocumentTooComplex),
        _ => Finding::new(Code::JsonLdInvalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn codes(contexts: &Value) -> Vec<Code> {
        check(&json!({"@context": contexts})).iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn order_and_editions() {
        assert_eq!(codes(&json!([VC2, OPEN_BADGES, "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"])), []);
        assert_eq!(
            codes(&json!([VC2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"])),
            [Code::ContextOld]
        );
        let alias = "https://purl.imsglobal.org/spec/ob/v3p0/context/ob_v3p0.jsonld";
        assert_eq!(codes(&json!([VC1, alias])), [Code::ContextVc11, Code::ContextOld]);
        assert_eq!(codes(&json!([OPEN_BADGES, VC2])), [Code::ContextMissing, Code::ContextMissing]);
        assert_eq!(codes(&json!(VC2)), [Code::ContextMissing]);
        assert_eq!(codes(&Value::Null), [Code::ContextMissing, Code::ContextMissing]);
    }
}
