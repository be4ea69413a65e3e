//! Reading JSON that is written in more than one way.

use serde_json::Value;

/// A member as a list: absent is empty, one value is a list of one.
pub(crate) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    match object.get(name) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) => values,
        Some(single) => std::slice::from_ref(single),
    }
}

/// A text member.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// Whether `type` is, or holds, `name`.
pub(crate) fn has_type(object: &Value, name: &str) -> bool {
    list(object, "type").iter().any(|value| value == name)
}

/// The `id` of a reference: the text itself, or the `id` of the object.
pub(crate) fn id_of(reference: &Value) -> Option<&str> {
    reference.as_str().or_else(|| text(reference, "id"))
}
