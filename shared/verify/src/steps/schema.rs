//! `credentialSchema`: the schemas a badge names.
//!
//! 1EdTech's own schemas are the data model that was checked already. Others are not downloaded: a schema that the badge's
//! maker wrote says nothing about whether the badge is genuine.

use serde_json::Value;

use crate::limits::quoted;
use crate::messages::Code;
use crate::report::Finding;
use crate::value::{list, text};

const OWN: &str = "https://purl.imsglobal.org/spec/ob/v3p0/schema/";

pub(crate) fn check(credential: &Value) -> (Finding, Vec<Finding>) {
    let schemas = list(credential, "credentialSchema");
    if schemas.is_empty() {
        return (Finding::new(Code::SchemaNone), Vec::new());
    }
    let foreign = |schema: &Value| {
        let id = text(schema, "id").unwrap_or_default();
        let own = id.starts_with(OWN) && text(schema, "type") == Some("1EdTechJsonSchemaValidator2019");
        (!own).then(|| Finding::with(Code::SchemaUnknown, quoted(id)))
    };
    (Finding::new(Code::SchemaOk), schemas.iter().filter_map(foreign).collect())
}
