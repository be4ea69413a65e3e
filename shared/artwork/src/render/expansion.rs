//! How large a document becomes once every reference is followed.
//!
//! `use` copies what it refers to, and copies of copies multiply: nine levels of ten make a thousand million. Masks,
//! clips and filters are converted once more for everyone who uses them.

use std::collections::HashMap;

use roxmltree::{Document, Node, NodeId};

use crate::ArtworkError;

/// The most elements after expansion. Every 64 bytes of attributes count as one more.
pub const MAX_EXPANDED_ELEMENTS: u64 = 50_000;

/// So many bytes of attribute values are as much work as an element: reading numbers is most of parsing.
const BYTES_PER_ELEMENT: usize = 64;

/// How deep children of references of children may go. Everything here and in the renderer that follows them recurses.
const MAX_REFERENCE_DEPTH: usize = 256;

/// Refuses a document that becomes larger than [`MAX_EXPANDED_ELEMENTS`].
pub(super) fn check(document: &Document<'_>) -> Result<(), ArtworkError> {
    let mut sizes = Sizes::new(document);
    if sizes.of(document.root_element()) > MAX_EXPANDED_ELEMENTS { Err(ArtworkError::TooComplex) } else { Ok(()) }
}

/// Sizes of elements with all they refer to. Sums saturate, so that no nesting of references can overflow them.
struct Sizes<'a, 'input> {
    by_id: HashMap<&'a str, Node<'a, 'input>>,
    /// What a style sheet may make any element refer to.
    sheet: u64,
    /// `None` while an element is being summed: a reference back to it is a loop, which is not drawn.
    known: HashMap<NodeId, Option<u64>>,
    /// How deep the sum has gone, through children and references.
    depth: usize,
}

impl<'a, 'input> Sizes<'a, 'input> {
    fn new(document: &'a Document<'input>) -> Self {
        let by_id = document.descendants().filter_map(|node| Some((node.attribute("id")?, node))).collect();
        let mut sizes = Self { by_id, sheet: 0, known: HashMap::new(), depth: 0 };
        let sheets = document.descendants().filter(|node| node.has_tag_name((bake::svg::SVG_NAMESPACE, "style")));
        sizes.sheet = sheets.filter_map(|node| node.text()).map(|css| sizes.referred(css)).fold(0, u64::saturating_add);
        sizes.known.clear();
        sizes
    }

    fn of(&mut self, node: Node<'a, 'input>) -> u64 {
        if !node.is_element() {
            return 0;
        }
        if let Some(known) = self.known.get(&node.id()) {
            return known.unwrap_or(0);
        }
        if self.depth == MAX_REFERENCE_DEPTH {
            return u64::MAX;
        }
        self.depth += 1;
        self.known.insert(node.id(), None);
        let bytes: usize = node.attributes().map(|attribute| attribute.value().len()).sum();
        let own = u64::try_from(1 + bytes / BYTES_PER_ELEMENT).unwrap_or(u64::MAX);
        let mut size = own.saturating_add(self.sheet);
        for attribute in node.attributes() {
            if matches!(attribute.name(), "href" | "style" | "fill" | "stroke" | "filter" | "mask" | "clip-path") {
                size = size.saturating_add(self.referred(attribute.value()));
            }
        }
        for child in node.children() {
            size = size.saturating_add(self.of(child));
        }
        self.known.insert(node.id(), Some(size));
        self.depth -= 1;
        size
    }

    /// The size of everything that `#id` in a value refers to.
    fn referred(&mut self, value: &'a str) -> u64 {
        let end = |c: char| matches!(c, ')' | '"' | '\'' | ';') || c.is_whitespace();
        let mut size = 0_u64;
        for reference in value.split('#').skip(1) {
            let id = reference.split(end).next().unwrap_or_default();
            if let Some(&target) = self.by_id.get(id) {
                size = size.saturating_add(self.of(target));
            }
        }
        size
    }
}
