//! Shapes of the Open Badge Factory API v2 that more than one function answers with.

use badge::definition::{Alignment, Content};
use serde_json::{Value, json};

/// An entry of a badge's `content[]`.
#[must_use]
pub fn content(content: &Content) -> Value {
    let mut value = json!({
        "language": content.language.as_str(),
        "name": content.name,
        "description": content.description,
        "criteria": content.criteria,
        "tag": content.tags,
        "alignment": content.alignments.iter().map(alignment).collect::<Vec<_>>(),
        "achievement_type": content.achievement_type,
        "credits_available": content.credits_available,
        "field_of_study": content.field_of_study,
        "human_code": content.human_code,
        "specialization": content.specialization,
    });
    if let Some(alt) = &content.image_alt {
        value["image_alt"] = alt.as_str().into();
    }
    value
}

fn alignment(alignment: &Alignment) -> Value {
    let mut value = json!({"targetName": alignment.target_name, "targetUrl": alignment.target_url.as_str()});
    let members = [
        ("targetDescription", &alignment.target_description),
        ("targetFramework", &alignment.target_framework),
        ("targetCode", &alignment.target_code),
        ("targetType", &alignment.target_type),
    ];
    for (key, text) in members {
        if let Some(text) = text {
            value[key] = text.as_str().into();
        }
    }
    value
}
