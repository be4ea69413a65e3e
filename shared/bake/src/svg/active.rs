//! What an SVG must not hold when a credential is baked into it.
//!
//! A baked SVG leaves under the issuer's name and is opened in browsers. Artwork is normalised to an allow-list when it
//! is uploaded; this is the second lock, and the only one for pictures that came another way. It refuses rather than
//! repairs: baking changes nothing but the credential.

use super::scan::{Attribute, Tag, is_space, push_text, resolve_value};
use super::{SVG_NAMESPACE, SvgError};

/// Content that runs, navigates or fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Active {
    /// `script`, `handler` or `listener`.
    Script,
    /// An `on…` attribute, or an animation of one or of a link.
    Handler,
    /// `foreignObject`, or an element of another presentation language such as XHTML.
    ForeignMarkup,
    /// `javascript:` or `vbscript:` in an attribute.
    ScriptLink,
    /// Anything that makes a viewer ask for another file: a link, an image, a font, a style sheet, `xml:base`.
    /// Fragments of the same document and embedded raster images are no such thing.
    ExternalReference,
}

impl std::fmt::Display for Active {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Script => "a script",
            Self::Handler => "an event handler",
            Self::ForeignMarkup => "markup of another language",
            Self::ScriptLink => "a script link",
            Self::ExternalReference => "a reference to another file",
        })
    }
}

/// Namespaces that viewers render or execute beside SVG itself.
const RENDERED: [&str; 3] =
    ["http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML", "http://www.w3.org/2001/xml-events"];

/// Media types an embedded image may have. Not SVG: it would carry its own markup past this check.
const RASTER: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

/// Refuses an element that runs or brings in other markup.
pub(super) fn check_element(tag: &Tag<'_>) -> Result<(), SvgError> {
    let local = tag.name.local;
    let is = |names: &[&str]| names.iter().any(|name| local.eq_ignore_ascii_case(name));
    let what = if is(&["script", "handler", "listener"]) {
        Active::Script
    } else if is(&["foreignObject", "iframe", "object", "embed"]) || RENDERED.contains(&tag.namespace.as_ref()) {
        Active::ForeignMarkup
    } else {
        return Ok(());
    };
    Err(SvgError::Active { at: tag.span.start, what })
}

/// Refuses an attribute that runs, navigates or fetches.
pub(super) fn check_attribute(attribute: &Attribute<'_>, tag: &Tag<'_>) -> Result<(), SvgError> {
    let refuse = |what| Err(SvgError::Active { at: attribute.at, what });
    let local = attribute.name.local;
    if is_handler(local) && attribute.name.prefix.is_empty() {
        return refuse(Active::Handler);
    }
    if attribute.name.prefix == "xml" && local == "base" {
        return refuse(Active::ExternalReference);
    }
    let is_link = ["href", "src"].iter().any(|name| local.eq_ignore_ascii_case(name));
    // Geometry is most of an SVG and has none of these: it is passed over without a copy.
    let suspicious = attribute.raw.bytes().any(|byte| matches!(byte, b':' | b'(' | b'\\' | b'&'));
    if !is_link && !suspicious && local != "attributeName" {
        return Ok(());
    }
    let value = squeeze(&resolve_value(attribute.raw));
    if runs(&value) {
        return refuse(Active::ScriptLink);
    }
    if local == "attributeName" && (is_handler(&value) || value == "href" || value.ends_with(":href")) {
        return refuse(Active::Handler);
    }
    let presents = attribute.name.prefix.is_empty() && tag.namespace == SVG_NAMESPACE;
    if (is_link && !is_local(&value)) || (presents && fetches(&value)) {
        return refuse(Active::ExternalReference);
    }
    Ok(())
}

/// Lower case without white space and control characters, the way URL parsers see a scheme.
fn squeeze(text: &str) -> String {
    text.chars().filter(|&c| !is_space(c) && !c.is_control()).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether text makes a viewer execute it; the last two are how old browsers did from CSS.
fn runs(squeezed: &str) -> bool {
    ["javascript:", "vbscript:", "expression(", "-moz-binding"].iter().any(|word| squeezed.contains(word))
}

fn is_handler(name: &str) -> bool {
    name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on"))
        && name.len() > 2
        && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A fragment of the same document, nothing at all, or an embedded raster image.
fn is_local(squeezed: &str) -> bool {
    squeezed.is_empty()
        || squeezed.starts_with('#')
        || squeezed.strip_prefix("data:").is_some_and(|rest| {
            RASTER.iter().any(|kind| rest.strip_prefix(kind).is_some_and(|rest| rest.starts_with([';', ','])))
        })
}

/// Whether CSS text asks for another file. Escapes could spell any of these words, so a backslash counts as one.
fn fetches(squeezed: &str) -> bool {
    squeezed.contains('\\')
        || squeezed.split("url(").skip(1).any(|url| !is_local(url.trim_start_matches(['"', '\''])))
        || ["image(", "image-set(", "src("].iter().any(|function| squeezed.contains(function))
}

/// Collects the text of a `style` element, so that a word cannot hide across a CDATA border.
#[derive(Default)]
pub(super) struct Style {
    text: String,
}

impl Style {
    pub(super) fn push_text(&mut self, raw: &str) {
        push_text(&mut self.text, raw);
    }

    pub(super) fn push_cdata(&mut self, raw: &str) {
        self.text.push_str(raw);
    }

    /// Refuses a style sheet that runs or fetches.
    pub(super) fn check(&self, at: usize) -> Result<(), SvgError> {
        let value = squeeze(&self.text);
        if runs(&value) {
            return Err(SvgError::Active { at, what: Active::ScriptLink });
        }
        if fetches(&value) || value.contains("@import") {
            return Err(SvgError::Active { at, what: Active::ExternalReference });
        }
        Ok(())
    }
}
