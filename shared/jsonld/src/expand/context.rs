//! Active contexts, built by the
//! [context processing algorithm](https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm) and kept in a tree.
//!
//! `'t` is the life of the definitions: `'static` for bundled contexts, the document's for its own.

use super::Halt;
use crate::error::quoted;
use crate::{Error, contexts, iri, scan};
use hashbrown::HashMap;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

/// How far definitions may lean on one another (a prefix on a prefix on …). Each level is a stack frame.
const MAX_DEFINITION_DEPTH: usize = 32;

/// What a term stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mapping {
    /// A valid absolute IRI.
    Iri(String),
    /// Alias of `@id`.
    Id,
    /// Alias of `@type`.
    Type,
    /// Nothing, expressly: using the term is an error.
    Null,
    /// Alias of another keyword: using the term is an error.
    Keyword,
}

/// What a term's plain values are taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coercion {
    /// Literals of their JSON type.
    Plain,
    /// `@none`: the same, but another definition.
    None,
    /// Strings are IRIs.
    Id,
    /// Strings are terms or IRIs.
    Vocab,
    /// Any JSON, as one literal.
    Json,
    /// Literals of this datatype, a valid absolute IRI.
    Typed(String),
}

/// How a term's values are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// None, or `@set`: values are independent.
    Set,
    List,
    Graph,
    Language,
    Unsupported,
}

/// A term definition.
#[derive(Debug, Clone)]
pub(super) struct Term<'t> {
    pub(super) mapping: Mapping,
    pub(super) coercion: Coercion,
    pub(super) container: Container,
    /// What the definition says about that: `@set` means the same as nothing, but is another definition.
    declared_container: Option<&'t Value>,
    /// Context for what is below a property, or inside an object of a type.
    pub(super) scoped: Option<&'t Value>,
    /// Language of strings, or expressly none; absent = the context's.
    language: Option<Option<String>>,
    prefix: bool,
    protected: bool,
}

impl Term<'_> {
    /// Equal but for protection.
    fn says_the_same(&self, other: &Self) -> bool {
        self.mapping == other.mapping
            && self.coercion == other.coercion
            && self.declared_container.map(items) == other.declared_container.map(items)
            && self.scoped == other.scoped
            && self.language == other.language
            && self.prefix == other.prefix
    }
}

/// How a context is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// `@context` of an object.
    Embedded,
    /// Because of a property: may redefine protected terms.
    Property,
    /// Because of a type. (That it ends with the object is the walk's business.)
    Type,
}

/// An active context: a node of the tree.
#[derive(Debug, Default)]
pub(super) struct Context<'t> {
    terms: HashMap<&'t str, Arc<Term<'t>>>,
    vocabulary: Option<&'t str>,
    language: Option<String>,
    /// Terms that stand for `@id` and `@type`.
    id_aliases: Vec<&'t str>,
    type_aliases: Vec<&'t str>,
    edges: OnceLock<Box<Edge<'t>>>,
}

/// An edge, and the next one of the same node: a list that only grows, so that readers need no lock.
#[derive(Debug)]
struct Edge<'t> {
    applied: &'t Value,
    scope: Scope,
    context: Result<Context<'t>, Error>,
    next: OnceLock<Box<Self>>,
}

/// The contexts built so far, from the empty one.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    root: Context<'t>,
    budget: Budget,
}

/// What building contexts may still take.
#[derive(Debug)]
struct Budget {
    spent: AtomicUsize,
    maximum: usize,
}

impl Budget {
    /// Counts bytes, and says whether there are too many.
    fn exceeded_by(&self, bytes: usize) -> bool {
        self.spent.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > self.maximum
    }

    fn spend(&self, bytes: usize) -> Result<(), Error> {
        if self.exceeded_by(bytes) { Err(super::full()) } else { Ok(()) }
    }
}

/// A table entry: key, pointer, control byte, and its share of unused slots.
const ENTRY_BYTES: usize = 32;

impl<'t> Tree<'t> {
    pub(super) fn new(maximum: usize) -> Self {
        Self { root: Context::default(), budget: Budget { spent: AtomicUsize::new(0), maximum } }
    }

    /// The initial context.
    pub(super) fn root(&self) -> &Context<'t> {
        &self.root
    }

    /// The context that results from applying a bundled context to `active`.
    pub(super) fn apply_url<'r>(&self, active: &'r Context<'t>, url: &str) -> Result<&'r Context<'t>, Halt> {
        self.apply(active, bundled(url)?, Scope::Embedded)
    }

    /// The context that results from applying `local` to `active`: looked up, or built once.
    pub(super) fn apply<'r>(
        &self,
        active: &'r Context<'t>,
        local: &'t Value,
        scope: Scope,
    ) -> Result<&'r Context<'t>, Halt> {
        let mut slot = &active.edges;
        loop {
            let edge = match slot.get() {
                Some(edge) => edge,
                None if self.budget.exceeded_by(ENTRY_BYTES * active.terms.len()) => return Err(Halt::Full),
                None => slot.get_or_init(|| {
                    let context = active.process(local, scope, &self.budget);
                    Box::new(Edge { applied: local, scope, context, next: OnceLock::new() })
                }),
            };
            if std::ptr::eq(edge.applied, local) && edge.scope == scope {
                return match &edge.context {
                    Ok(context) => Ok(context),
                    Err(error) if *error == super::full() => Err(Halt::Full),
                    Err(error) => Err(error.clone().into()),
                };
            }
            slot = &edge.next;
        }
    }
}

/// The `@context` entry of a bundled context, parsed once.
fn bundled(url: &str) -> Result<&'static Value, Error> {
    static PARSED: LazyLock<Vec<OnceLock<Value>>> =
        LazyLock::new(|| contexts::urls().map(|_| OnceLock::new()).collect());
    let unknown = || Error::UnknownContext { url: quoted(url) };
    let index = contexts::index(url).ok_or_else(unknown)?;
    let slot: &'static OnceLock<Value> = PARSED.get(index).ok_or_else(unknown)?;
    slot.get_or_init(|| serde_json::from_str(contexts::text(index)).unwrap_or_default())
        .get("@context")
        .ok_or_else(unknown)
}

/// One context object on its way into an active context.
struct Definitions<'t, 'b> {
    entries: &'t Map<String, Value>,
    /// Terms begun: `false` = being defined, `true` = done.
    defined: HashMap<&'t str, bool>,
    protected: bool,
    scope: Scope,
    budget: &'b Budget,
    depth: usize,
}

impl<'t> Context<'t> {
    pub(super) fn term(&self, name: &str) -> Option<&Term<'t>> {
        self.terms.get(name).map(|term| &**term)
    }

    pub(super) fn is_id(&self, key: &str) -> bool {
        key == "@id" || self.id_aliases.contains(&key)
    }

    pub(super) fn is_type(&self, key: &str) -> bool {
        key == "@type" || self.type_aliases.contains(&key)
    }

    /// The language of a plain string of `term`.
    pub(super) fn language_of<'r>(&'r self, term: Option<&'r Term<'t>>) -> Option<&'r str> {
        match term.and_then(|term| term.language.as_ref()) {
            Some(language) => language.as_deref(),
            None => self.language.as_deref(),
        }
    }

    /// Whether a document may not simply start afresh here.
    pub(super) fn is_protected(&self) -> bool {
        self.terms.values().any(|term| term.protected)
    }

    /// [IRI expansion](https://www.w3.org/TR/json-ld11-api/#iri-expansion) of something that is not itself a term.
    /// `None` if it is a relative reference, or (with `vocabulary`) a term that nobody defines.
    pub(super) fn expand_reference<'v>(&self, value: &'v str, vocabulary: bool) -> Option<Cow<'v, str>> {
        if let Some((prefix, suffix)) = value.split_once(':') {
            if !suffix.starts_with("//")
                && let Some(Term { prefix: true, mapping: Mapping::Iri(iri), .. }) = self.term(prefix)
            {
                return Some(Cow::Owned(format!("{iri}{suffix}")));
            }
            if iri::has_scheme(value) {
                return Some(Cow::Borrowed(value));
            }
        }
        let vocabulary = self.vocabulary.filter(|_| vocabulary)?;
        Some(Cow::Owned(format!("{vocabulary}{value}")))
    }

    /// The context processing algorithm.
    fn process(&self, local: &'t Value, scope: Scope, budget: &Budget) -> Result<Self, Error> {
        let mut result = Self {
            terms: self.terms.clone(),
            vocabulary: self.vocabulary,
            language: self.language.clone(),
            ..Self::default()
        };
        for item in items(local) {
            match item {
                Value::Null if scope == Scope::Property || !result.is_protected() => result = Self::default(),
                Value::Object(entries) => result.define_all(entries, scope, budget)?,
                // A context that builds on a bundled one.
                Value::String(url) => result = result.process(bundled(url)?, Scope::Embedded, budget)?,
                _ => return Err(Error::invalid("@context must be a URL, an object, or a list of those")),
            }
        }
        result.id_aliases.clear();
        result.type_aliases.clear();
        for (name, term) in &result.terms {
            match term.mapping {
                Mapping::Id => result.id_aliases.push(name),
                Mapping::Type => result.type_aliases.push(name),
                Mapping::Iri(_) | Mapping::Null | Mapping::Keyword => {}
            }
        }
        Ok(result)
    }

    fn define_all(&mut self, entries: &'t Map<String, Value>, scope: Scope, budget: &Budget) -> Result<(), Error> {
        let mut protected = false;
        for (key, value) in entries.iter().filter(|(key, _)| key.starts_with('@')) {
            match (key.as_str(), value) {
                ("@version", Value::Number(version)) if version.as_f64() == Some(1.1) => {}
                ("@protected", Value::Bool(flag)) => protected = *flag,
                ("@vocab", Value::Null) => self.vocabulary = None,
                ("@vocab", Value::String(vocabulary)) => self.vocabulary = Some(iri::absolute(vocabulary)?),
                ("@language", Value::Null) => self.language = None,
                ("@language", Value::String(tag)) => self.language = Some(scan::language(tag)?),
                _ => return Err(refused(key)),
            }
        }
        let mut definitions = Definitions { entries, defined: HashMap::new(), protected, scope, budget, depth: 0 };
        for key in entries.keys().filter(|key| !key.starts_with('@')) {
            self.define(key, &mut definitions)?;
        }
        Ok(())
    }

    /// The [create term definition algorithm](https://www.w3.org/TR/json-ld11-api/#create-term-definition).
    fn define(&mut self, name: &'t str, definitions: &mut Definitions<'t, '_>) -> Result<(), Error> {
        match definitions.defined.insert(name, false) {
            Some(true) => {
                definitions.defined.insert(name, true);
                return Ok(());
            }
            Some(false) => return Err(Error::invalid(format!("the definition of {} is circular", quoted(name)))),
            None => {}
        }
        definitions.depth += 1;
        if name.is_empty() || definitions.depth > MAX_DEFINITION_DEPTH {
            return Err(refused(name));
        }
        let previous = self.terms.remove(name);
        let definition = definitions.entries.get(name).ok_or_else(|| refused(name))?;
        let term = self.create(name, definition, definitions)?;
        let term = match previous.filter(|previous| previous.protected && definitions.scope != Scope::Property) {
            Some(previous) if term.says_the_same(&previous) => previous,
            Some(_) => return Err(Error::invalid(format!("a context redefines the protected term {}", quoted(name)))),
            None => Arc::new(term),
        };
        definitions.budget.spend(ENTRY_BYTES + size_of::<Term<'_>>())?;
        self.terms.insert(name, term);
        definitions.defined.insert(name, true);
        definitions.depth -= 1;
        Ok(())
    }

    fn create(
        &mut self,
        name: &'t str,
        definition: &'t Value,
        definitions: &mut Definitions<'t, '_>,
    ) -> Result<Term<'t>, Error> {
        let (id, rest) = match definition {
            Value::Object(rest) => (rest.get("@id"), Some(rest)),
            simple => (Some(simple), None),
        };
        let mapping = match id {
            Some(Value::Null) => Mapping::Null,
            Some(Value::String(id)) => match id.as_str() {
                "@id" => Mapping::Id,
                "@type" => Mapping::Type,
                keyword if keyword.starts_with('@') => Mapping::Keyword,
                id => {
                    let expanded = self.expand_defining(id, name, definitions)?;
                    // A term that looks like an IRI must mean itself.
                    if id != name
                        && name.contains([':', '/'])
                        && expanded != self.expand_defining(name, name, definitions)?
                    {
                        return Err(refused(name));
                    }
                    Mapping::Iri(expanded)
                }
            },
            None => Mapping::Iri(self.expand_defining(name, name, definitions)?),
            Some(_) => return Err(refused(name)),
        };
        let mut term = Term {
            prefix: rest.is_none()
                && !name.contains([':', '/'])
                && matches!(&mapping, Mapping::Iri(iri) if iri.ends_with([':', '/', '?', '#', '[', ']', '@'])),
            mapping,
            coercion: Coercion::Plain,
            container: Container::Set,
            declared_container: None,
            scoped: None,
            language: None,
            protected: definitions.protected,
        };
        for (key, value) in rest.into_iter().flatten() {
            match (key.as_str(), value) {
                ("@id", _) => {}
                ("@type", Value::String(datatype)) => {
                    term.coercion = match datatype.as_str() {
                        "@id" => Coercion::Id,
                        "@vocab" => Coercion::Vocab,
                        "@json" => Coercion::Json,
                        "@none" => Coercion::None,
                        datatype => Coercion::Typed(self.expand_defining(datatype, name, definitions)?),
                    };
                }
                ("@container", container) => {
                    term.container = container_of(container);
                    term.declared_container = Some(container);
                }
                ("@context", scoped) => term.scoped = Some(scoped),
                ("@language", Value::Null) => term.language = Some(None),
                ("@language", Value::String(tag)) => term.language = Some(Some(scan::language(tag)?)),
                ("@protected", Value::Bool(flag)) => term.protected = *flag,
                ("@prefix", Value::Bool(flag)) if !name.contains([':', '/']) => term.prefix = *flag,
                _ => return Err(refused(name)),
            }
        }
        Ok(term)
    }

    /// IRI expansion while `name` is being defined: other terms of the same context may have to be defined first.
    fn expand_defining(
        &mut self,
        value: &'t str,
        name: &'t str,
        definitions: &mut Definitions<'t, '_>,
    ) -> Result<String, Error> {
        if value != name && definitions.entries.contains_key(value) {
            self.define(value, definitions)?;
        }
        if let Some(term) = self.term(value) {
            return match &term.mapping {
                Mapping::Iri(iri) => Ok(iri.clone()),
                _ => Err(refused(value)),
            };
        }
        if let Some((prefix, suffix)) = value.split_once(':')
            && !suffix.starts_with("//")
            && definitions.entries.contains_key(prefix)
        {
            self.define(prefix, definitions)?;
        }
        let expanded = self.expand_reference(value, true).ok_or_else(|| Error::undefined(value))?;
        iri::absolute(&expanded)?;
        definitions.budget.spend(expanded.len())?;
        Ok(expanded.into_owned())
    }
}

fn refused(entry: &str) -> Error {
    Error::invalid(format!("the context's definition of {} is invalid or not supported", quoted(entry)))
}

/// A value, or the members of a list of values.
pub(super) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        single => std::slice::from_ref(single),
    }
}

fn container_of(container: &Value) -> Container {
    let mut result = Container::Set;
    for name in items(container) {
        result = match (result, name.as_str()) {
            (result, Some("@set")) if result != Container::List => result,
            (Container::Set, Some("@list")) => Container::List,
            (Container::Set, Some("@graph")) => Container::Graph,
            (Container::Set, Some("@language")) => Container::Language,
            _ => Container::Unsupported,
        };
    }
    result
}
