//! The first look at a document: is it small enough to be looked at twice?

use crate::{Error, Limits};
use serde_json::Value;

#[derive(Default)]
struct Size {
    nodes: usize,
    bytes: usize,
}

/// Counts, and stops at the first limit. Depth is checked first of all, so nothing recurses deeper than that.
pub(crate) fn measure(document: &Value, limits: &Limits) -> Result<(), Error> {
    visit(document, 0, limits, &mut Size::default())
}

fn visit(value: &Value, depth: usize, limits: &Limits, size: &mut Size) -> Result<(), Error> {
    if depth > limits.max_depth {
        return Err(Error::TooLarge { limit: "max_depth", maximum: limits.max_depth });
    }
    size.nodes += 1;
    if size.nodes > limits.max_nodes {
        return Err(Error::TooLarge { limit: "max_nodes", maximum: limits.max_nodes });
    }
    match value {
        Value::String(text) => count(text.len(), limits, size)?,
        Value::Array(items) => {
            for item in items {
                visit(item, depth + 1, limits, size)?;
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                count(key.len(), limits, size)?;
                visit(member, depth + 1, limits, size)?;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

fn count(bytes: usize, limits: &Limits, size: &mut Size) -> Result<(), Error> {
    size.bytes += bytes;
    if size.bytes > limits.max_bytes {
        return Err(Error::TooLarge { limit: "max_bytes", maximum: limits.max_bytes });
    }
    Ok(())
}

/// A language tag, lower-cased as jsonld.js does, if it is well-formed enough for N-Quads (`[a-zA-Z]{1,8}` and further
/// subtags, BCP 47).
pub(crate) fn language(tag: &str) -> Result<String, Error> {
    let mut subtags = tag.split('-');
    let fits = |subtag: &str| (1..=8).contains(&subtag.len());
    let primary =
        subtags.next().is_some_and(|first| fits(first) && first.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if primary && subtags.all(|subtag| fits(subtag) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        Ok(tag.to_ascii_lowercase())
    } else {
        Err(Error::invalid(format!("{:?} is not a language tag", crate::error::quoted(tag))))
    }
}
