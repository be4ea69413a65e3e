//! The walk: [expansion](https://www.w3.org/TR/json-ld11-api/#expansion-algorithm) and
//! [conversion to RDF](https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm) in one go.
//!
//! Numbers in brackets are steps of the expansion algorithm. Lives: `'t` definitions, `'r` the tree, `'j` the document.

use super::Halt;
use super::context::{Coercion, Container, Context, Mapping, Scope, Term, Tree, items};
use crate::dataset::{Dataset, Node, Object, XSD_STRING};
use crate::error::quoted;
use crate::{Error, Limits, iri, literal, scan};
use hashbrown::HashMap;
use serde_json::{Map, Value};
use std::borrow::Cow;

const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const RDF_FIRST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
const RDF_REST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
const RDF_NIL: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";
const RDF_JSON: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";
const XSD_BOOLEAN: &str = "http://www.w3.org/2001/XMLSchema#boolean";

/// The context at a place of the document.
#[derive(Clone, Copy)]
struct Active<'r, 't> {
    context: &'r Context<'t>,
    /// What to go back to below the object that brought in a type-scoped context.
    previous: Option<&'r Context<'t>>,
}

/// A property on its way to its values.
#[derive(Clone, Copy)]
struct Property<'p, 't> {
    key: &'p str,
    /// Its definition, unless the key is itself an IRI.
    term: Option<&'p Term<'t>>,
}

/// What a value is said of: the beginning of its quad.
#[derive(Clone, Copy)]
struct Said<'s> {
    subject: Node<'s>,
    predicate: &'s str,
    graph: Option<Node<'s>>,
}

struct Walk<'r, 't, 'j> {
    tree: &'r Tree<'t>,
    /// Makes a context of the document one of the tree's, if the tree does not outlive the document.
    own: fn(&'j Value) -> Option<&'t Value>,
    dataset: Dataset,
    /// Blank nodes that the document names.
    labels: HashMap<&'j str, u32>,
}

/// The quads of a whole document.
pub(super) fn document<'t, 'j>(
    document: &'j Value,
    tree: &Tree<'t>,
    own: fn(&'j Value) -> Option<&'t Value>,
    limits: &Limits,
) -> Result<Dataset, Halt> {
    let Value::Object(members) = document else {
        return Err(Error::invalid("a document must be a JSON object").into());
    };
    let mut walk = Walk { tree, own, dataset: Dataset::new(limits), labels: HashMap::new() };
    walk.node(members, Active { context: tree.root(), previous: None }, None, None)?;
    if walk.dataset.quads().is_empty() {
        return Err(Error::invalid("the document says nothing").into());
    }
    Ok(walk.dataset)
}

impl<'r, 't, 'j> Walk<'r, 't, 'j> {
    /// Writes what is said about a node object, and returns the node.
    ///
    /// `scoped` is the context of the property that led here.
    fn node(
        &mut self,
        members: &'j Map<String, Value>,
        active: Active<'r, 't>,
        scoped: Option<&'t Value>,
        graph: Option<Node<'_>>,
    ) -> Result<NodeName<'j>, Halt> {
        let mut active = self.enter(members, active, scoped)?;
        // [9]
        if let Some(context) = members.get("@context") {
            active.context = self.embedded(active.context, context)?;
        }
        // [10], [11] Types mean what they mean in the context as it is here; their own contexts come on top.
        let outer = active.context;
        let types = types_of(members, outer)?;
        active = self.type_scoped(active, types)?;

        let name = self.name_of(members, active.context)?;
        let subject = name.as_node();
        for class in types.iter().filter_map(Value::as_str) {
            let object = self.vocabulary(outer, class)?;
            self.dataset.push(subject, RDF_TYPE, Object::Node(object.as_node()), graph)?;
        }
        // [13]
        for (key, value) in members {
            let term = active.context.term(key);
            let expanded;
            let predicate = match term.map(|term| &term.mapping) {
                Some(Mapping::Iri(iri)) => iri.as_str(),
                Some(Mapping::Id | Mapping::Type) => continue,
                Some(Mapping::Null) => return Err(Error::undefined(key).into()),
                Some(Mapping::Keyword) => return Err(unsupported(key)),
                None if matches!(key.as_str(), "@context" | "@id" | "@type") => continue,
                None if key.starts_with('@') => return Err(unsupported(key)),
                None => {
                    expanded = expand_vocabulary(active.context, key)?;
                    &*expanded
                }
            };
            self.property(Said { subject, predicate, graph }, Property { key, term }, value, active)?;
        }
        Ok(name)
    }

    /// [7], [8] What an object does to the context before its own members are looked at.
    fn enter(
        &self,
        members: &Map<String, Value>,
        active: Active<'r, 't>,
        scoped: Option<&'t Value>,
    ) -> Result<Active<'r, 't>, Halt> {
        let mut active = active;
        // A type-scoped context ends here, unless this is a bare reference.
        if let Some(previous) = active.previous
            && !(members.len() == 1 && members.keys().all(|key| active.context.is_id(key)))
        {
            active = Active { context: previous, previous: None };
        }
        if let Some(scoped) = scoped {
            active.context = self.tree.apply(active.context, scoped, Scope::Property)?;
        }
        Ok(active)
    }

    /// `@context` in the document.
    fn embedded(&self, context: &'r Context<'t>, local: &'j Value) -> Result<&'r Context<'t>, Halt> {
        let mut context = context;
        for item in items(local) {
            context = match item {
                Value::String(url) => self.tree.apply_url(context, url)?,
                Value::Object(_) => {
                    let own = (self.own)(item).ok_or(Halt::OwnContext)?;
                    self.tree.apply(context, own, Scope::Embedded)?
                }
                Value::Null if !context.is_protected() => self.tree.root(),
                _ => return Err(Error::invalid("@context must be a URL, an object, or a list of those").into()),
            };
        }
        Ok(context)
    }

    /// [11] Applies the contexts of the object's types, in alphabetical order.
    fn type_scoped(&self, active: Active<'r, 't>, types: &[Value]) -> Result<Active<'r, 't>, Halt> {
        let outer = active.context;
        let scoped = |class: &&str| outer.term(class).and_then(|term| term.scoped);
        let mut names = types.iter().filter_map(Value::as_str).filter(|class| scoped(class).is_some());
        let (Some(first), second) = (names.next(), names.next()) else { return Ok(active) };
        let mut result = Active { context: outer, previous: active.previous.or(Some(outer)) };
        let mut apply = |class: &str| -> Result<(), Halt> {
            if let Some(local) = scoped(&class) {
                result.context = self.tree.apply(result.context, local, Scope::Type)?;
            }
            Ok(())
        };
        match second {
            None => apply(first)?,
            Some(second) => {
                let mut sorted: Vec<&str> = [first, second].into_iter().chain(names).collect();
                sorted.sort_unstable();
                sorted.into_iter().try_for_each(apply)?;
            }
        }
        Ok(result)
    }

    /// The name of a node object: its `@id`, or none.
    fn name_of(&mut self, members: &'j Map<String, Value>, context: &Context<'t>) -> Result<NodeName<'j>, Halt> {
        let mut found = None;
        for (key, value) in members.iter().filter(|(key, _)| context.is_id(key)) {
            let Value::String(reference) = value else {
                return Err(Error::invalid(format!("{} must be a string", quoted(key))).into());
            };
            if found.is_some() {
                return Err(Error::invalid("an object with two ids").into());
            }
            found = Some(self.reference(context, reference)?);
        }
        Ok(found.unwrap_or_else(|| NodeName::Blank(self.dataset.fresh_blank())))
    }

    /// An IRI, a compact IRI, or a blank node; not a term.
    fn reference(&mut self, context: &Context<'t>, value: &'j str) -> Result<NodeName<'j>, Halt> {
        if let Some(label) = value.strip_prefix("_:") {
            return self.labelled(label);
        }
        match context.expand_reference(value, false) {
            Some(expanded) => Ok(NodeName::Iri(iri::absolute_cow(expanded)?)),
            None => Err(Error::relative(value).into()),
        }
    }

    /// A term, an IRI, a compact IRI, or a blank node.
    fn vocabulary<'v>(&mut self, context: &'v Context<'t>, value: &'j str) -> Result<NodeName<'v>, Halt>
    where
        'j: 'v,
    {
        match value.strip_prefix("_:") {
            Some(label) => self.labelled(label),
            None => Ok(NodeName::Iri(expand_vocabulary(context, value)?)),
        }
    }

    fn labelled<'v>(&mut self, label: &'j str) -> Result<NodeName<'v>, Halt> {
        if label.is_empty() || !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)) {
            return Err(Error::iri(label).into());
        }
        let dataset = &mut self.dataset;
        Ok(NodeName::Blank(*self.labels.entry(label).or_insert_with(|| dataset.fresh_blank())))
    }

    /// All values of one property.
    fn property(
        &mut self,
        said: Said<'_>,
        property: Property<'_, 't>,
        value: &'j Value,
        active: Active<'r, 't>,
    ) -> Result<(), Halt> {
        if property.term.is_some_and(|term| term.coercion == Coercion::Json) {
            return self.json(said, value);
        }
        match (property.term.map_or(Container::Set, |term| term.container), value) {
            (Container::Language, Value::Object(map)) => self.language_map(said, map),
            (Container::Set | Container::Language, _) => self.set(said, property, value, active),
            (Container::List, Value::Object(members)) if members.contains_key("@list") => {
                self.set(said, property, value, active)
            }
            (Container::List, _) => self.list(said, property, value, active),
            (Container::Graph, _) => self.graphs(said, property, value, active),
            (Container::Unsupported, _) => Err(unsupported(property.key)),
        }
    }

    /// Independent values. Arrays in arrays are flattened.
    fn set(
        &mut self,
        said: Said<'_>,
        property: Property<'_, 't>,
        value: &'j Value,
        active: Active<'r, 't>,
    ) -> Result<(), Halt> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.set(said, property, item, active)),
            single => self.value(said, property, single, active),
        }
    }

    /// An ordered list: a chain of blank nodes.
    fn list(
        &mut self,
        said: Said<'_>,
        property: Property<'_, 't>,
        value: &'j Value,
        active: Active<'r, 't>,
    ) -> Result<(), Halt> {
        if value.is_null() {
            return Ok(());
        }
        let graph = said.graph;
        let mut link = (said.subject, said.predicate);
        for item in items(value).iter().filter(|item| !item.is_null()) {
            let nested = item.as_object().is_some_and(|item| item.contains_key("@list") || item.contains_key("@set"));
            if nested || item.is_array() {
                return Err(Error::invalid("a list in a list").into());
            }
            let cell = Node::Blank(self.dataset.fresh_blank());
            self.dataset.push(link.0, link.1, Object::Node(cell), graph)?;
            self.value(Said { subject: cell, predicate: RDF_FIRST, graph }, property, item, active)?;
            link = (cell, RDF_REST);
        }
        self.dataset.push(link.0, link.1, Object::Node(Node::Iri(RDF_NIL)), graph)?;
        Ok(())
    }

    /// Values that are each a graph of its own: proofs, and credentials in a presentation.
    fn graphs(
        &mut self,
        said: Said<'_>,
        property: Property<'_, 't>,
        value: &'j Value,
        active: Active<'r, 't>,
    ) -> Result<(), Halt> {
        match value {
            Value::Null => Ok(()),
            Value::Array(items) => items.iter().try_for_each(|item| self.graphs(said, property, item, active)),
            Value::Object(members) => {
                let name = Node::Blank(self.dataset.fresh_blank());
                self.push_node(said, name)?;
                let before = self.dataset.quads().len();
                self.node(members, active, property.term.and_then(|term| term.scoped), Some(name))?;
                // JSON-LD drops a graph that says nothing.
                if self.dataset.quads().len() == before {
                    return Err(Error::invalid(format!("{} says nothing", quoted(property.key))).into());
                }
                Ok(())
            }
            _ => Err(Error::invalid(format!("{} must be an object", quoted(property.key))).into()),
        }
    }

    /// One value that is not an array.
    fn value(
        &mut self,
        said: Said<'_>,
        property: Property<'_, 't>,
        value: &'j Value,
        active: Active<'r, 't>,
    ) -> Result<(), Halt> {
        let scoped = property.term.and_then(|term| term.scoped);
        match value {
            Value::Null => Ok(()),
            Value::Object(members) => match object_kind(members) {
                Kind::Node => {
                    let name = self.node(members, active, scoped, said.graph)?;
                    self.push_node(said, name.as_node())
                }
                Kind::Value => {
                    let context = self.scoped(active.context, scoped)?;
                    self.value_object(said, members, context)
                }
                Kind::Group(keyword, inner) => {
                    if members.len() != 1 || inner.is_null() {
                        return Err(unsupported(keyword));
                    }
                    let active = self.enter(members, active, scoped)?;
                    let property = Property { term: active.context.term(property.key), ..property };
                    if keyword == "@list" {
                        self.list(said, property, inner, active)
                    } else {
                        self.set(said, property, inner, active)
                    }
                }
            },
            scalar => {
                let context = self.scoped(active.context, scoped)?;
                let term = if scoped.is_some() { context.term(property.key) } else { property.term };
                self.scalar(said, term, scalar, context)
            }
        }
    }

    fn scoped(&self, context: &'r Context<'t>, scoped: Option<&'t Value>) -> Result<&'r Context<'t>, Halt> {
        scoped.map_or(Ok(context), |scoped| self.tree.apply(context, scoped, Scope::Property))
    }

    /// [Value expansion](https://www.w3.org/TR/json-ld11-api/#value-expansion).
    fn scalar(
        &mut self,
        said: Said<'_>,
        term: Option<&Term<'t>>,
        value: &'j Value,
        context: &Context<'t>,
    ) -> Result<(), Halt> {
        match (term.map_or(&Coercion::Plain, |term| &term.coercion), value) {
            (Coercion::Json, _) => self.json(said, value),
            (Coercion::Id, Value::String(text)) => {
                let node = self.reference(context, text)?;
                self.push_node(said, node.as_node())
            }
            (Coercion::Vocab, Value::String(text)) => {
                let node = self.vocabulary(context, text)?;
                self.push_node(said, node.as_node())
            }
            (Coercion::Typed(datatype), _) => self.typed(said, value, Some(datatype)),
            (_, Value::String(text)) => match context.language_of(term) {
                Some(language) => self.push(said, Object::Tagged { value: text, language }),
                None => self.typed(said, value, None),
            },
            _ => self.typed(said, value, None),
        }
    }

    /// A literal of the given datatype, or of that of its JSON type.
    fn typed(&mut self, said: Said<'_>, value: &Value, datatype: Option<&str>) -> Result<(), Halt> {
        match value {
            // jsonld.js parses and reprints such a string, others keep it.
            Value::String(_) if datatype == Some(literal::XSD_DOUBLE) => {
                Err(Error::invalid("a string as xsd:double").into())
            }
            Value::String(value) => self.push(said, Object::Typed { value, datatype: datatype.unwrap_or(XSD_STRING) }),
            Value::Bool(flag) => {
                let value = if *flag { "true" } else { "false" };
                self.push(said, Object::Native { value, datatype: datatype.unwrap_or(XSD_BOOLEAN) })
            }
            Value::Number(number) => {
                let (lexical, datatype) = literal::number(number, datatype)?;
                self.push(said, Object::Native { value: &lexical, datatype })
            }
            Value::Null | Value::Array(_) | Value::Object(_) => Err(unsupported("@value")),
        }
    }

    /// Any JSON as one literal, in the canonical form of RFC 8785.
    fn json(&mut self, said: Said<'_>, value: &Value) -> Result<(), Halt> {
        let text = literal::json(value)?;
        self.push(said, Object::Typed { value: &text, datatype: RDF_JSON })
    }

    /// `{"@value": …}`, with `@language` or a datatype.
    fn value_object(
        &mut self,
        said: Said<'_>,
        members: &'j Map<String, Value>,
        context: &Context<'t>,
    ) -> Result<(), Halt> {
        let mut content = None;
        let mut language = None;
        let mut datatype = None;
        for (key, value) in members {
            match (key.as_str(), value) {
                ("@value", value) => content = Some(value),
                ("@language", Value::String(tag)) => language = Some(scan::language(tag)?),
                (key, Value::String(class)) if datatype.is_none() && context.is_type(key) => datatype = Some(class),
                _ => return Err(unsupported(key)),
            }
        }
        match (content, language, datatype) {
            (Some(Value::String(value)), Some(language), None) => {
                self.push(said, Object::Tagged { value, language: &language })
            }
            (Some(value), None, Some(class)) if class == "@json" => self.json(said, value),
            (Some(value), None, Some(class)) => {
                let datatype = expand_vocabulary(context, class)?;
                self.typed(said, value, Some(&datatype))
            }
            (Some(value), None, None) => self.typed(said, value, None),
            _ => Err(unsupported("@value")),
        }
    }

    /// `{"ja": "…", "en": ["…"]}`.
    fn language_map(&mut self, said: Said<'_>, map: &'j Map<String, Value>) -> Result<(), Halt> {
        for (tag, values) in map {
            if tag.starts_with('@') {
                return Err(unsupported(tag));
            }
            let language = scan::language(tag)?;
            for value in items(values) {
                match value {
                    Value::Null => {}
                    Value::String(value) => self.push(said, Object::Tagged { value, language: &language })?,
                    _ => return Err(Error::invalid("a language map holds strings only").into()),
                }
            }
        }
        Ok(())
    }

    fn push_node(&mut self, said: Said<'_>, node: Node<'_>) -> Result<(), Halt> {
        self.push(said, Object::Node(node))
    }

    fn push(&mut self, said: Said<'_>, object: Object<'_>) -> Result<(), Halt> {
        Ok(self.dataset.push(said.subject, said.predicate, object, said.graph)?)
    }
}

/// An IRI or a blank node, named by the document.
enum NodeName<'v> {
    Iri(Cow<'v, str>),
    Blank(u32),
}

impl NodeName<'_> {
    fn as_node(&self) -> Node<'_> {
        match self {
            Self::Iri(iri) => Node::Iri(iri),
            Self::Blank(blank) => Node::Blank(*blank),
        }
    }
}

/// What an object in the place of a value is.
enum Kind<'j> {
    Node,
    /// `@value`
    Value,
    /// `@list` or `@set`, and what is in it.
    Group(&'static str, &'j Value),
}

fn object_kind(members: &Map<String, Value>) -> Kind<'_> {
    for (key, value) in members.iter().filter(|(key, _)| key.starts_with('@')) {
        match key.as_str() {
            "@value" => return Kind::Value,
            "@list" => return Kind::Group("@list", value),
            "@set" => return Kind::Group("@set", value),
            _ => {}
        }
    }
    Kind::Node
}

/// The values of the one key that means `@type`: strings.
fn types_of<'j>(members: &'j Map<String, Value>, context: &Context<'_>) -> Result<&'j [Value], Halt> {
    let mut found: Option<&[Value]> = None;
    for (key, value) in members.iter().filter(|(key, _)| context.is_type(key)) {
        let types = items(value);
        if found.is_some() || !types.iter().all(Value::is_string) {
            return Err(Error::invalid(format!("{} must be a string or a list of strings", quoted(key))).into());
        }
        found = Some(types);
    }
    Ok(found.unwrap_or_default())
}

/// A term, an IRI or a compact IRI.
fn expand_vocabulary<'v>(context: &'v Context<'_>, value: &'v str) -> Result<Cow<'v, str>, Error> {
    match context.term(value).map(|term| &term.mapping) {
        Some(Mapping::Iri(iri)) => return Ok(Cow::Borrowed(iri)),
        Some(_) => return Err(Error::undefined(value)),
        None if value.starts_with('@') => return Err(Error::undefined(value)),
        None if value.starts_with("_:") => return Err(Error::invalid("a blank node as a property or datatype")),
        None => {}
    }
    iri::absolute_cow(context.expand_reference(value, true).ok_or_else(|| Error::undefined(value))?)
}

fn unsupported(key: &str) -> Halt {
    Error::invalid(format!("{} is not supported in this place", quoted(key))).into()
}
