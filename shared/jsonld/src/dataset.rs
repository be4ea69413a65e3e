//! The RDF dataset, kept as the N-Quads text it will become.
//!
//! A badge is about sixty quads, most of them without a blank node: their canonical line is known the moment they are
//! found. So a quad is written as its line straight away, into one buffer, with `_:z` standing for every blank node.
//! `_:z` is what RDFC-1.0's first-degree hash wants to see for "some other blank node", so hashing means copying lines and
//! turning a `z` into an `a`; only lines that hold a blank node are written a second time, with their final labels.

use crate::{Error, Limits};

/// No blank node in this position.
pub(crate) const NONE: u32 = u32::MAX;

/// How a blank node is written until it has a label. The node whose hash is computed becomes `_:a`.
const PLACEHOLDER: &str = "_:z";

/// `http://www.w3.org/2001/XMLSchema#string`: the datatype that canonical N-Quads leaves out.
pub(crate) const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";

/// A subject, a graph name, or an object that is not a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node<'a> {
    /// A valid absolute IRI.
    Iri(&'a str),
    /// A number from [`Dataset::fresh_blank`].
    Blank(u32),
}

/// The object of a quad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object<'a> {
    Node(Node<'a>),
    /// A literal with a datatype (possibly [`XSD_STRING`]), from a JSON string.
    Typed {
        value: &'a str,
        datatype: &'a str,
    },
    /// A literal from a JSON number or boolean.
    Native {
        value: &'a str,
        datatype: &'a str,
    },
    /// A literal with a well-formed language tag.
    Tagged {
        value: &'a str,
        language: &'a str,
    },
}

/// One quad: where its line is, and which blank nodes stand where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quad {
    start: u32,
    end: u32,
    predicate_start: u32,
    predicate_end: u32,
    object_start: u32,
    native: bool,
    /// Blank nodes, or [`NONE`].
    pub(crate) subject: u32,
    pub(crate) object: u32,
    pub(crate) graph: u32,
}

impl Quad {
    /// Whether any position holds a blank node.
    pub(crate) fn has_blank(&self) -> bool {
        self.subject & self.object & self.graph != NONE
    }

    /// Offset of each placeholder within the line, with its node.
    pub(crate) fn placeholders(&self) -> [(usize, u32); 3] {
        let graph_at = self.end - self.start - 6; // "_:z .\n"
        [(0, self.subject), ((self.object_start - self.start) as usize, self.object), (graph_at as usize, self.graph)]
    }
}

/// Quads under construction, within limits.
#[derive(Debug)]
pub(crate) struct Dataset {
    text: String,
    quads: Vec<Quad>,
    blanks: u32,
    max_quads: usize,
    max_text: usize,
}

impl Dataset {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            text: String::with_capacity(12 * 1024),
            quads: Vec::with_capacity(96),
            blanks: 0,
            max_quads: limits.max_quads,
            // Offsets are 32 bits wide.
            max_text: limits.max_canonical_bytes.min(u32::MAX as usize / 2),
        }
    }

    /// A blank node that no quad mentions yet.
    pub(crate) fn fresh_blank(&mut self) -> u32 {
        let blank = self.blanks;
        self.blanks += 1;
        blank
    }

    /// How many blank nodes were handed out.
    pub(crate) fn blank_count(&self) -> usize {
        self.blanks as usize
    }

    /// Whether any text goes beyond the basic multilingual plane, where UTF-16 and UTF-8 sort differently.
    pub(crate) fn has_astral(&self) -> bool {
        self.text.bytes().fold(0, u8::max) >= 0xf0
    }

    pub(crate) fn quads(&self) -> &[Quad] {
        &self.quads
    }

    /// The line of a quad, with placeholders.
    pub(crate) fn line(&self, quad: &Quad) -> &str {
        self.text.get(quad.start as usize..quad.end as usize).unwrap_or_default()
    }

    /// The predicate of a quad, without angle brackets.
    pub(crate) fn predicate(&self, quad: &Quad) -> &str {
        self.text.get(quad.predicate_start as usize..quad.predicate_end as usize).unwrap_or_default()
    }

    /// Adds a quad. IRIs, datatypes and language tags must have been validated.
    ///
    /// # Errors
    /// [`Error::TooLarge`], and [`Error::Invalid`] for a literal with U+FFFE or U+FFFF: RDFC-1.0 has them escaped, most
    /// libraries do not, so no two would agree on the signature.
    pub(crate) fn push(
        &mut self,
        subject: Node<'_>,
        predicate: &str,
        object: Object<'_>,
        graph: Option<Node<'_>>,
    ) -> Result<(), Error> {
        if self.quads.len() >= self.max_quads {
            return Err(Error::TooLarge { limit: "max_quads", maximum: self.max_quads });
        }
        let start = self.offset()?;
        let subject = self.write_node(subject);
        self.text.push_str(" <");
        let predicate_start = self.offset()?;
        self.text.push_str(predicate);
        let predicate_end = self.offset()?;
        self.text.push_str("> ");
        let object_start = self.offset()?;
        let native = matches!(object, Object::Native { .. });
        let object = match object {
            Object::Node(node) => self.write_node(node),
            Object::Typed { value, datatype } | Object::Native { value, datatype } => {
                self.write_string(value)?;
                if datatype != XSD_STRING {
                    self.text.push_str("^^<");
                    self.text.push_str(datatype);
                    self.text.push('>');
                }
                NONE
            }
            Object::Tagged { value, language } => {
                self.write_string(value)?;
                self.text.push('@');
                self.text.push_str(language);
                NONE
            }
        };
        let graph = match graph {
            None => NONE,
            Some(node) => {
                self.text.push(' ');
                self.write_node(node)
            }
        };
        self.text.push_str(" .\n");
        let end = self.offset()?;
        self.quads.push(Quad {
            start,
            end,
            predicate_start,
            predicate_end,
            object_start,
            native,
            subject,
            object,
            graph,
        });
        Ok(())
    }

    fn offset(&self) -> Result<u32, Error> {
        let length = self.text.len();
        match u32::try_from(length) {
            Ok(offset) if length <= self.max_text => Ok(offset),
            _ => Err(Error::TooLarge { limit: "max_canonical_bytes", maximum: self.max_text }),
        }
    }

    fn write_node(&mut self, node: Node<'_>) -> u32 {
        match node {
            Node::Iri(iri) => {
                self.text.push('<');
                self.text.push_str(iri);
                self.text.push('>');
                NONE
            }
            Node::Blank(blank) => {
                self.text.push_str(PLACEHOLDER);
                blank
            }
        }
    }

    /// A quoted string with the escapes of [canonical N-Quads](https://www.w3.org/TR/rdf-canon/#canonical-quads).
    fn write_string(&mut self, value: &str) -> Result<(), Error> {
        self.text.push('"');
        let bytes = value.as_bytes();
        let mut copied = 0;
        let mut at = 0;
        while let Some(found) = next_special(bytes, at) {
            at = found + 1;
            let Some(escape) = escape_of(bytes, found)? else { continue };
            self.text.push_str(value.get(copied..found).unwrap_or_default());
            match escape {
                Escape::Short(text) => self.text.push_str(text),
                Escape::Code(byte) => {
                    self.text.push_str("\\u00");
                    for digit in [byte >> 4, byte & 15] {
                        self.text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
                    }
                }
            }
            copied = at;
        }
        self.text.push_str(value.get(copied..).unwrap_or_default());
        self.text.push('"');
        Ok(())
    }

    /// Drops quads that say the same as an earlier one: a dataset is a set, and a line counted twice changes a hash.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the same statement written once as a string and once as a number or boolean (`"1"` and
    /// `1`, typed alike): jsonld.js fails to see that they are one.
    pub(crate) fn deduplicate(&mut self) -> Result<(), Error> {
        use std::hash::{BuildHasher, Hash, Hasher};
        let state = hashbrown::DefaultHashBuilder::default();
        let mut order: Vec<(u64, u32)> = Vec::with_capacity(self.quads.len());
        for (index, quad) in (0_u32..).zip(&self.quads) {
            let mut hasher = state.build_hasher();
            hasher.write(self.line(quad).as_bytes());
            (quad.subject, quad.object, quad.graph).hash(&mut hasher);
            order.push((hasher.finish(), index));
        }
        order.sort_unstable();
        let mut dropped: Vec<u32> = Vec::new();
        for group in order.chunk_by(|a, b| a.0 == b.0) {
            let mut kept: Vec<u32> = Vec::new();
            if group.len() < 2 {
                continue;
            }
            for &(_, index) in group {
                match kept.iter().find(|&&other| self.same(other, index)) {
                    Some(&other) if self.is_native(other) == self.is_native(index) => dropped.push(index),
                    Some(_) => return Err(Error::invalid("the same value as a string and as a number or boolean")),
                    None => kept.push(index),
                }
            }
        }
        if !dropped.is_empty() {
            dropped.sort_unstable();
            let mut index = 0_u32;
            self.quads.retain(|_| {
                let keep = dropped.binary_search(&index).is_err();
                index += 1;
                keep
            });
        }
        Ok(())
    }

    fn is_native(&self, index: u32) -> bool {
        self.quads.get(index as usize).is_some_and(|quad| quad.native)
    }

    fn same(&self, one: u32, other: u32) -> bool {
        let (Some(one), Some(other)) = (self.quads.get(one as usize), self.quads.get(other as usize)) else {
            return false;
        };
        (one.subject, one.object, one.graph) == (other.subject, other.object, other.graph)
            && self.line(one) == self.line(other)
    }
}

enum Escape {
    Short(&'static str),
    Code(u8),
}

/// Bytes that may need attention inside a literal: controls, quote, backslash, DEL, and the first byte of U+F000–U+FFFF.
static SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table[0x7f] = true;
    table[0xef] = true;
    table
};

fn next_special(bytes: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.iter().position(|&byte| SPECIAL[byte as usize]).map(|found| from + found)
}

fn escape_of(bytes: &[u8], at: usize) -> Result<Option<Escape>, Error> {
    Ok(Some(match bytes.get(at).copied().unwrap_or_default() {
        0x08 => Escape::Short("\\b"),
        b'\t' => Escape::Short("\\t"),
        b'\n' => Escape::Short("\\n"),
        0x0c => Escape::Short("\\f"),
        b'\r' => Escape::Short("\\r"),
        b'"' => Escape::Short("\\\""),
        b'\\' => Escape::Short("\\\\"),
        0xef => {
            if matches!(bytes.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])) {
                return Err(Error::invalid("text holds U+FFFE or U+FFFF, which libraries write differently"));
            }
            return Ok(None);
        }
        control => Escape::Code(control),
    }))
}
