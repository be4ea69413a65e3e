//! The general path: oxjsonld expands, we make sure that nothing got lost on the way.
//!
//! oxjsonld is a full JSON-LD 1.1 processor without a *safe mode*: what it cannot express it drops. Three measures turn
//! every drop into an error:
//! * `@vocab` of the context `undefined-terms/v2` is put before the document's own contexts, so a term that nobody defines
//!   becomes an IRI that starts with [`UNDEFINED`] instead of vanishing. It goes *first* so that a document (or a context
//!   such as `examples/v2`) with a `@vocab` of its own still has it. Where a bundled context resets everything
//!   (`"@context": null` of `verifiableCredential`), the reset is followed by the same `@vocab`.
//! * relative references are resolved against a base of a scheme of our own, [`RELATIVE`], and found by it. The parser runs
//!   in its lenient mode, which hands over invalid IRIs and language tags instead of dropping their quads; each is
//!   validated here.
//! * what it drops by rule (free-floating values, empty graphs) needs keywords that no badge uses; documents with those
//!   are refused beforehand.
//!
//! The same inspection keeps it on ground where it agrees with jsonld.js, and its costs bounded.

use crate::dataset::{Dataset, Node, Object, XSD_STRING};
use crate::scan::Size;
use crate::{Error, Limits, contexts, number};
use hashbrown::{HashMap, HashSet};
use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::{GraphName, NamedOrBlankNode, Term};
use serde_json::{Map, Value};

const UNDEFINED_CONTEXT: &str = "https://www.w3.org/ns/credentials/undefined-terms/v2";
/// What terms that no context defines expand to.
const UNDEFINED: &str = "https://www.w3.org/ns/credentials/undefined-term#";
/// What relative references are resolved against.
const RELATIVE: &str = "relative-reference:";
const RELATIVE_BASE: &str = "relative-reference://base/";

const RDF_JSON: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";

/// Terms with `"@container": "@graph"` in the bundled contexts. Their value must be a graph with something in it.
const GRAPH_PROPERTIES: [&str; 2] =
    ["https://w3id.org/security#proof", "https://www.w3.org/2018/credentials#verifiableCredential"];

/// Keywords that a document may use as keys on this path.
const KEYWORDS: [&str; 7] = ["@context", "@id", "@type", "@value", "@language", "@list", "@set"];

/// Longest string times values: what the parser could at worst copy.
const MAX_COPIED_BYTES: usize = 256 * 1024 * 1024;

/// Expands `document` into `dataset`.
pub(crate) fn expand(document: &Value, size: &Size, limits: &Limits, dataset: &mut Dataset) -> Result<(), Error> {
    if size.nodes > limits.max_general_nodes || size.nodes.saturating_mul(size.longest) > MAX_COPIED_BYTES {
        return Err(Error::TooLarge { limit: "max_general_nodes", maximum: limits.max_general_nodes });
    }
    let Value::Object(members) = document else {
        return Err(Error::invalid("a document must be a JSON object"));
    };
    inspect_node(members)?;
    let text = guarded(members).to_string();
    let parser = JsonLdParser::new()
        .lenient()
        .with_base_iri(RELATIVE_BASE)
        .map_err(|error| Error::invalid(error.to_string()))?
        .for_slice(text.as_bytes())
        .with_load_document_callback(|url, _| {
            let text = contexts::get(url).ok_or("unknown context")?;
            Ok(JsonLdRemoteDocument { document: guarded_context(text)?, document_url: url.to_owned() })
        });
    let mut emitter = Emitter::new(dataset);
    for quad in parser {
        emitter.emit(&quad.map_err(|error| Error::invalid(error.to_string()))?)?;
    }
    emitter.finish()
}

/// The document with the vocabulary of undefined terms in front of its own context.
fn guarded(members: &Map<String, Value>) -> Value {
    let mut list = vec![Value::from(UNDEFINED_CONTEXT)];
    match members.get("@context") {
        Some(Value::Array(items)) => list.extend(items.iter().cloned()),
        Some(single) => list.push(single.clone()),
        None => {}
    }
    let mut guarded = members.clone();
    guarded.insert("@context".to_owned(), Value::Array(list));
    Value::Object(guarded)
}

/// A bundled context whose resets keep undefined terms visible.
fn guarded_context(text: &str) -> Result<Vec<u8>, serde_json::Error> {
    fn guard(value: &mut Value) {
        if let Value::Object(members) = value {
            for (key, member) in members.iter_mut() {
                if key == "@context" && member.is_null() {
                    *member = serde_json::json!([null, UNDEFINED_CONTEXT]);
                } else {
                    guard(member);
                }
            }
        }
    }
    let mut context: Value = serde_json::from_str(text)?;
    guard(&mut context);
    serde_json::to_vec(&context)
}

/// Refuses what oxjsonld would drop, or expand unlike jsonld.js.
fn inspect_node(members: &Map<String, Value>) -> Result<(), Error> {
    for (key, value) in members {
        if key == "@context" {
            inspect_context(value)?;
            continue;
        }
        if key.starts_with('@') && !KEYWORDS.contains(&key.as_str()) {
            return Err(Error::invalid(format!("{} is not supported here", crate::error::quoted(key))));
        }
        inspect(value)?;
    }
    Ok(())
}

fn inspect(value: &Value) -> Result<(), Error> {
    match value {
        Value::Object(members) => inspect_node(members),
        Value::Array(items) => items.iter().try_for_each(inspect),
        Value::Number(number) => {
            let exact = number.as_i64().is_some_and(|whole| whole.unsigned_abs() <= 1 << 53)
                || number.as_f64().is_some_and(|value| number::double(value).parse() == Ok(value));
            number::literal(number, None)?;
            if exact { Ok(()) } else { Err(Error::invalid("a number with more than sixteen digits")) }
        }
        Value::String(_) | Value::Bool(_) | Value::Null => Ok(()),
    }
}

/// A context written in the document: bundled URLs, and objects within the part of JSON-LD that is safe here.
fn inspect_context(context: &Value) -> Result<(), Error> {
    match context {
        Value::String(url) if contexts::get(url).is_some() => Ok(()),
        Value::String(url) => Err(Error::UnknownContext { url: crate::error::quoted(url) }),
        Value::Array(items) if items.iter().all(|item| !item.is_array()) => items.iter().try_for_each(inspect_context),
        Value::Object(entries) => entries.iter().try_for_each(|(term, definition)| inspect_entry(term, definition)),
        _ => Err(Error::invalid("@context must be a URL, an object, or a list of those")),
    }
}

fn inspect_entry(term: &str, definition: &Value) -> Result<(), Error> {
    let refuse = || Err(Error::invalid(format!("context entry {} is not supported here", crate::error::quoted(term))));
    match (term, definition) {
        ("@version", Value::Number(_)) | ("@protected", Value::Bool(_)) | ("@language", Value::String(_)) => Ok(()),
        ("@vocab", Value::String(vocabulary)) if is_absolute(vocabulary) => Ok(()),
        (term, Value::String(iri)) if !term.starts_with('@') && is_safe_mapping(iri) => Ok(()),
        (term, Value::Object(entries)) if !term.starts_with('@') => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("@id", Value::String(iri)) if is_safe_mapping(iri) => {}
                    ("@type", Value::String(iri)) if !iri.starts_with('@') => {}
                    ("@type", Value::String(keyword)) if matches!(keyword.as_str(), "@id" | "@vocab" | "@json") => {}
                    ("@container", Value::String(container)) if matches!(container.as_str(), "@set" | "@list") => {}
                    ("@protected" | "@prefix", Value::Bool(_)) | ("@language", Value::String(_)) => {}
                    ("@context", Value::Object(_) | Value::String(_) | Value::Array(_)) => inspect_context(value)?,
                    _ => return refuse(),
                }
            }
            Ok(())
        }
        _ => refuse(),
    }
}

/// An `@id` in a context: anything but a keyword, of which only the two common aliases are let through.
fn is_safe_mapping(iri: &str) -> bool {
    !iri.starts_with('@') || matches!(iri, "@id" | "@type")
}

fn is_absolute(iri: &str) -> bool {
    oxiri::Iri::parse(iri).is_ok()
}

/// Validates quads and numbers their blank nodes.
struct Emitter<'d> {
    dataset: &'d mut Dataset,
    blanks: HashMap<String, u32>,
    graphs: HashSet<u32>,
    /// Objects of [`GRAPH_PROPERTIES`].
    expected_graphs: Vec<Option<u32>>,
    count: usize,
}

impl<'d> Emitter<'d> {
    fn new(dataset: &'d mut Dataset) -> Self {
        Self { dataset, blanks: HashMap::new(), graphs: HashSet::new(), expected_graphs: Vec::new(), count: 0 }
    }

    fn emit(&mut self, quad: &oxrdf::Quad) -> Result<(), Error> {
        self.count += 1;
        let subject = self.node(&quad.subject)?;
        let predicate = iri(quad.predicate.as_str())?;
        let graph = match &quad.graph_name {
            GraphName::DefaultGraph => None,
            GraphName::NamedNode(name) => Some(Node::Iri(iri(name.as_str())?)),
            GraphName::BlankNode(name) => Some(Node::Blank(self.blank(name.as_str()))),
        };
        if let Some(Node::Blank(graph)) = graph {
            self.graphs.insert(graph);
        }
        let object = match &quad.object {
            Term::NamedNode(node) => Object::Node(Node::Iri(iri(node.as_str())?)),
            Term::BlankNode(node) => Object::Node(Node::Blank(self.blank(node.as_str()))),
            Term::Literal(literal) => match literal.language() {
                Some(language) => {
                    let tag = crate::scan::language(language)?;
                    self.dataset.push(
                        subject,
                        predicate,
                        Object::Tagged { value: literal.value(), language: &tag },
                        graph,
                    )?;
                    return Ok(());
                }
                None => Object::Typed { value: checked(literal)?, datatype: iri(literal.datatype().as_str())? },
            },
        };
        if GRAPH_PROPERTIES.contains(&predicate) {
            self.expected_graphs.push(match object {
                Object::Node(Node::Blank(blank)) => Some(blank),
                _ => None,
            });
        }
        self.dataset.push(subject, predicate, object, graph)
    }

    fn finish(self) -> Result<(), Error> {
        let missing = |graph: &Option<u32>| graph.is_none_or(|blank| !self.graphs.contains(&blank));
        if self.expected_graphs.iter().any(missing) {
            return Err(Error::invalid("a proof or an embedded credential says nothing"));
        }
        if self.count == 0 {
            return Err(Error::invalid("the document says nothing"));
        }
        Ok(())
    }

    fn node<'q>(&mut self, node: &'q NamedOrBlankNode) -> Result<Node<'q>, Error> {
        Ok(match node {
            NamedOrBlankNode::NamedNode(node) => Node::Iri(iri(node.as_str())?),
            NamedOrBlankNode::BlankNode(node) => Node::Blank(self.blank(node.as_str())),
        })
    }

    fn blank(&mut self, label: &str) -> u32 {
        if let Some(&blank) = self.blanks.get(label) {
            return blank;
        }
        let blank = self.dataset.fresh_blank();
        self.blanks.insert(label.to_owned(), blank);
        blank
    }
}

/// An IRI that the document meant, and that is one.
fn iri(text: &str) -> Result<&str, Error> {
    if let Some(term) = text.strip_prefix(UNDEFINED) {
        Err(Error::undefined(term))
    } else if text.starts_with(RELATIVE) {
        Err(Error::relative(text.strip_prefix(RELATIVE_BASE).unwrap_or(text)))
    } else if is_absolute(text) {
        Ok(text)
    } else if text.contains(':') {
        Err(Error::iri(text))
    } else {
        Err(Error::relative(text))
    }
}

/// A literal whose lexical form all libraries agree on.
fn checked(literal: &oxrdf::Literal) -> Result<&str, Error> {
    let value = literal.value();
    let datatype = literal.datatype().as_str();
    if datatype == XSD_STRING {
        return Ok(value);
    }
    // jsonld.js parses and reprints strings of this type, others keep them.
    if datatype == number::XSD_DOUBLE && value.parse().map(number::double).as_deref() != Ok(value) {
        return Err(Error::invalid("an xsd:double that is not in canonical form"));
    }
    // JSON canonicalisation sorts keys by UTF-16, which differs from code points beyond the basic plane.
    if datatype == RDF_JSON && value.chars().any(|character| character > '\u{ffff}') {
        return Err(Error::invalid("a JSON literal with characters beyond U+FFFF"));
    }
    Ok(value)
}
