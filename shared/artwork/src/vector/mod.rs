//! SVG artwork: rebuilt from an allow-list.
//!
//! The document is checked by [`bake::svg::check`] (limits, well-formedness, no entity declarations), parsed, and
//! written again node by node: what [`allow`] lists and [`bake::svg::active`] finds harmless is copied, the rest is not
//! there any more. A document type, comments, processing instructions, editors' private data and credentials baked in
//! earlier are gone without saying; what a designer may miss leaves a warning.
//!
//! The result has the prefixes `xlink` and `xml` only, a `viewBox` (a square one for a badge), and an explicit size. It can be baked.

mod allow;
mod size;

use std::collections::HashSet;

use bake::svg::active::{Active, attribute_risk, element_risk, style_risk};
use bake::svg::{SVG_NAMESPACE, SvgError};
use roxmltree::{Document, Node, NodeType, ParsingOptions};

use crate::render::RENDITION_SIDE;
use crate::{ArtworkError, ArtworkWarning, Shape, Warnings};
use size::ViewBox;

/// The largest SVG upload, in bytes: 1 MiB. Traced photographs are larger; they should be uploaded as PNG.
pub const MAX_SVG_BYTES: usize = 1 << 20;

/// The most nodes (elements, texts, comments) an SVG may have.
pub const MAX_ELEMENTS: u32 = 20_000;

const XLINK_NAMESPACE: &str = "http://www.w3.org/1999/xlink";
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const OPEN_BADGES_NAMESPACES: [&str; 2] = ["http://openbadges.org", "https://purl.imsglobal.org/ob/v3p0"];

/// Attributes of the root that say how large it is. They are written anew.
const SIZE_ATTRIBUTES: [&str; 6] = ["x", "y", "width", "height", "viewBox", "preserveAspectRatio"];

/// The rewritten SVG.
pub(crate) fn normalise(upload: &[u8], shape: Shape, warnings: &mut Warnings) -> Result<String, ArtworkError> {
    if upload.len() > MAX_SVG_BYTES {
        return Err(ArtworkError::TooLarge);
    }
    bake::svg::check(upload)?;
    let text = std::str::from_utf8(upload).map_err(|_| SvgError::Encoding)?;
    // The check has refused every document type with declarations of its own; the bare ones that drawing programs write
    // name a file that nothing here fetches.
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_ELEMENTS, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|_| ArtworkError::TooComplex)?;
    let root = document.root_element();
    if !root.has_tag_name((SVG_NAMESPACE, "svg")) {
        return Err(SvgError::NotSvg.into());
    }
    let view = ViewBox::of(root).ok_or(ArtworkError::NoSize)?;
    let dropped_filters = document
        .descendants()
        .filter(|node| node.has_tag_name((SVG_NAMESPACE, "filter")))
        .filter(|filter| !filter.descendants().filter(Node::is_element).all(|node| is_allowed_element(&node)))
        .filter_map(|filter| filter.attribute("id"))
        .collect();
    let mut writer = Writer { out: String::with_capacity(text.len()), warnings, uses_xlink: false, dropped_filters };
    writer.root(root, view, shape)?;
    Ok(writer.out)
}

struct Writer<'w, 'd> {
    out: String,
    warnings: &'w mut Warnings,
    /// Whether what was written needs the prefix: known only at the end.
    uses_xlink: bool,
    /// Ids of filters that are not kept. Who uses one is drawn without it; with half of one it would be drawn wrong.
    dropped_filters: HashSet<&'d str>,
}

fn is_allowed_element(node: &Node<'_, '_>) -> bool {
    node.tag_name().namespace() != Some(SVG_NAMESPACE) || allow::ELEMENTS.binary_search(&node.tag_name().name()).is_ok()
}

impl Writer<'_, '_> {
    fn root(&mut self, root: Node<'_, '_>, view: ViewBox, shape: Shape) -> Result<(), ArtworkError> {
        let outer = if shape == Shape::Square { view.square() } else { view };
        self.out.push_str("<svg xmlns=\"");
        self.out.push_str(SVG_NAMESPACE);
        self.out.push('"');
        let declarations = self.out.len();
        let longest = outer.width.max(outer.height);
        for (name, length) in [("width", outer.width), ("height", outer.height)] {
            self.raw_attribute(name, &(f64::from(RENDITION_SIDE) * (length / longest)).to_string());
        }
        self.raw_attribute("viewBox", &outer.to_string());
        self.attributes(root, &SIZE_ATTRIBUTES);
        self.out.push('>');
        if outer == view {
            self.children(root)?;
        } else {
            // What lay outside the picture before must not show in the margins now.
            self.warnings.add(ArtworkWarning::Padded);
            self.out.push_str("<svg");
            for (name, value) in [("x", view.x), ("y", view.y), ("width", view.width), ("height", view.height)] {
                self.raw_attribute(name, &value.to_string());
            }
            self.raw_attribute("viewBox", &view.to_string());
            self.out.push('>');
            self.children(root)?;
            self.out.push_str("</svg>");
        }
        self.out.push_str("</svg>");
        if self.uses_xlink {
            self.out.insert_str(declarations, &format!(" xmlns:xlink=\"{XLINK_NAMESPACE}\""));
        }
        Ok(())
    }

    fn children(&mut self, parent: Node<'_, '_>) -> Result<(), ArtworkError> {
        for node in parent.children() {
            match node.node_type() {
                NodeType::Element => self.element(node)?,
                NodeType::Text => self.text(node, parent),
                NodeType::Root | NodeType::Comment | NodeType::PI => {}
            }
        }
        Ok(())
    }

    fn element(&mut self, node: Node<'_, '_>) -> Result<(), ArtworkError> {
        let name = node.tag_name();
        let namespace = name.namespace().unwrap_or_default();
        if OPEN_BADGES_NAMESPACES.contains(&namespace) {
            self.warnings.add(ArtworkWarning::CredentialRemoved);
            return Ok(());
        }
        if let Some(risk) = element_risk(namespace, name.name()) {
            self.warn(risk);
            return Ok(());
        }
        if namespace != SVG_NAMESPACE {
            return Ok(());
        }
        let local = match name.name() {
            "image" => return Err(ArtworkError::EmbeddedBitmap),
            // A link's content is picture; the link is not.
            "a" => "g",
            "metadata" => return Ok(()),
            local if allow::ANIMATIONS.binary_search(&local).is_ok() => {
                self.warnings.add(ArtworkWarning::AnimationRemoved);
                return Ok(());
            }
            "filter" if node.attribute("id").is_some_and(|id| self.dropped_filters.contains(id)) => {
                self.warnings.add(ArtworkWarning::ElementsRemoved);
                return Ok(());
            }
            local if allow::ELEMENTS.binary_search(&local).is_ok() => local,
            _ => {
                self.warnings.add(ArtworkWarning::ElementsRemoved);
                return Ok(());
            }
        };
        if local == "style" {
            return self.style(node);
        }
        if local == "text" {
            self.warnings.add(ArtworkWarning::TextNeedsFonts);
        }
        self.out.push('<');
        self.out.push_str(local);
        self.attributes(node, if name.name() == "a" { &["href"] } else { &[] });
        self.out.push('>');
        let inside = self.out.len();
        self.children(node)?;
        if self.out.len() == inside {
            self.out.pop();
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(local);
            self.out.push('>');
        }
        Ok(())
    }

    /// A style sheet is kept whole or not at all: rules apply to each other.
    fn style(&mut self, node: Node<'_, '_>) -> Result<(), ArtworkError> {
        let css: String = node.children().filter(Node::is_text).filter_map(|text| text.text()).collect();
        if let Some(risk) = style_risk(&css) {
            self.warn(risk);
        } else if moves(&css) {
            self.warnings.add(ArtworkWarning::AnimationRemoved);
        } else if !css.trim().is_empty() {
            self.out.push_str("<style>");
            escape(&mut self.out, &css, Place::Element);
            self.out.push_str("</style>");
        }
        Ok(())
    }

    fn attributes(&mut self, node: Node<'_, '_>, except: &[&str]) {
        for attribute in node.attributes() {
            let (local, value) = (attribute.name(), attribute.value());
            let prefix = match attribute.namespace() {
                None => "",
                Some(XLINK_NAMESPACE) => "xlink",
                Some(XML_NAMESPACE) => "xml",
                Some(_) => continue,
            };
            if let Some(risk) = attribute_risk(prefix, local, value) {
                self.warn(risk);
                continue;
            }
            let known = match prefix {
                "" => allow::ATTRIBUTES.binary_search(&local).is_ok(),
                "xlink" => local == "href",
                _ => matches!(local, "space" | "lang"),
            };
            // A link is kept only where it points into the same picture.
            let leads_out = local == "href" && !value.trim().starts_with('#');
            if !known || except.contains(&local) || leads_out || (local == "style" && moves(value)) {
                continue;
            }
            self.uses_xlink |= prefix == "xlink";
            let separator = if prefix.is_empty() { "" } else { ":" };
            let name = format!("{prefix}{separator}{local}");
            if !self.uses_dropped_filter(local, value) {
                self.raw_attribute(&name, value);
            } else if local == "style" {
                let rest: Vec<_> = value.split(';').filter(|rule| !self.uses_dropped_filter(local, rule)).collect();
                self.raw_attribute(&name, &rest.join(";"));
            }
        }
    }

    /// Whether any rule of a `style`, or the value of a `filter`, refers to a filter that is not kept.
    fn uses_dropped_filter(&self, local: &str, value: &str) -> bool {
        let end = |c: char| matches!(c, ')' | '"' | '\'') || c.is_whitespace();
        matches!(local, "filter" | "style")
            && value
                .split('#')
                .skip(1)
                .any(|rest| rest.split(end).next().is_some_and(|id| self.dropped_filters.contains(id)))
    }

    fn raw_attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(&mut self.out, value, Place::Attribute);
        self.out.push('"');
    }

    /// White space between elements means something only inside text.
    fn text(&mut self, node: Node<'_, '_>, parent: Node<'_, '_>) {
        let text = node.text().unwrap_or_default();
        let kept = matches!(parent.tag_name().name(), "text" | "tspan" | "textPath" | "title" | "desc")
            || parent.ancestors().any(|ancestor| ancestor.has_tag_name((SVG_NAMESPACE, "text")));
        if kept {
            escape(&mut self.out, text, Place::Element);
        }
    }

    fn warn(&mut self, risk: Active) {
        self.warnings.add(match risk {
            Active::ExternalReference => ArtworkWarning::ReferencesRemoved,
            Active::Script | Active::Handler | Active::ForeignMarkup | Active::ScriptLink => {
                ArtworkWarning::ActiveContentRemoved
            }
        });
    }
}

/// Whether CSS starts an animation or waits for the pointer: a badge looks the same all the time.
fn moves(css: &str) -> bool {
    let css = css.to_ascii_lowercase();
    ["animation", "transition", "@keyframes"].iter().any(|word| css.contains(word))
}

/// Writes text so that it reads back as the same. Attributes lose line breaks and tabs unless they are references.
fn escape(out: &mut String, text: &str, place: Place) {
    for c in text.chars() {
        match (c, place) {
            ('&', _) => out.push_str("&amp;"),
            ('<', _) => out.push_str("&lt;"),
            ('>', _) => out.push_str("&gt;"),
            ('\r', _) => out.push_str("&#13;"),
            ('"', Place::Attribute) => out.push_str("&quot;"),
            ('\n', Place::Attribute) => out.push_str("&#10;"),
            ('\t', Place::Attribute) => out.push_str("&#9;"),
            (c, _) => out.push(c),
        }
    }
}

#[derive(Clone, Copy)]
enum Place {
    Element,
    Attribute,
}
