//! What an SVG must not hold when a credential is baked into it, and when it is published at all.
//!
//! A baked SVG leaves under the issuer's name and is opened in browsers. Artwork is normalised to an allow-list when it
//! is uploaded; this is the second lock, and the only one for pictures that came another way. It refuses rather than
//! repairs: baking changes nothing but the credential.

use memchr::{memchr, memchr_iter, memchr3};

use super::SvgError;
use super::scan::{Attribute, Tag, is_space, push_text, resolve_value};

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

/// Enough of a data URL to know its media type, white space included.
const DATA_URL_START_CHARS: usize = 32;

/// What an element of this name does beside being drawn, if anything.
#[must_use]
pub fn element_risk(namespace: &str, local: &str) -> Option<Active> {
    let is = |names: &[&str]| names.iter().any(|name| local.eq_ignore_ascii_case(name));
    if is(&["script", "handler", "listener"]) {
        Some(Active::Script)
    } else if is(&["foreignObject", "iframe", "object", "embed"]) || RENDERED.contains(&namespace) {
        Some(Active::ForeignMarkup)
    } else {
        None
    }
}

/// What an attribute makes a viewer do, if anything. `value` has its references resolved.
#[must_use]
pub fn attribute_risk(prefix: &str, local: &str, value: &str) -> Option<Active> {
    if prefix.is_empty() && is_handler(local) {
        return Some(Active::Handler);
    }
    if prefix == "xml" && local == "base" {
        return Some(Active::ExternalReference);
    }
    if memchr(b':', value.as_bytes()).is_some() && runs(value) {
        return Some(Active::ScriptLink);
    }
    if local == "attributeName" && (is_handler(value.trim()) || value.trim().ends_with("href")) {
        return Some(Active::Handler);
    }
    if (is_link(local) && !is_local(value)) || (prefix.is_empty() && fetches(value)) {
        return Some(Active::ExternalReference);
    }
    None
}

/// What a style sheet makes a viewer do, if anything. `css` is the whole sheet: a word could span two sections.
#[must_use]
pub fn style_risk(css: &str) -> Option<Active> {
    if runs(css) {
        Some(Active::ScriptLink)
    } else if fetches(css) || css.to_ascii_lowercase().contains("@import") {
        Some(Active::ExternalReference)
    } else {
        None
    }
}

pub(super) fn check_element(tag: &Tag<'_>) -> Result<(), SvgError> {
    refuse(element_risk(&tag.namespace, tag.name.local), tag.span.start)
}

pub(super) fn check_attribute(attribute: &Attribute<'_>) -> Result<(), SvgError> {
    let (prefix, local) = (attribute.name.prefix, attribute.name.local);
    // Geometry is most of an SVG and has none of these: it is passed over without a copy.
    let raw = attribute.raw.as_bytes();
    let plain = memchr3(b':', b'(', b'\\', raw).is_none() && memchr(b'&', raw).is_none();
    if plain && prefix.is_empty() && !is_handler(local) && !is_link(local) && local != "attributeName" {
        return Ok(());
    }
    refuse(attribute_risk(prefix, local, &resolve_value(attribute.raw)), attribute.at)
}

fn refuse(risk: Option<Active>, at: usize) -> Result<(), SvgError> {
    risk.map_or(Ok(()), |what| Err(SvgError::Active { at, what }))
}

fn is_link(local: &str) -> bool {
    ["href", "src"].iter().any(|name| local.eq_ignore_ascii_case(name))
}

/// Whether text makes a viewer execute it. White space in a scheme is seen through, as URL parsers do.
fn runs(text: &str) -> bool {
    let squeezed = squeeze(text);
    squeezed.contains("javascript:") || squeezed.contains("vbscript:")
}

/// Lower case without white space and control characters.
fn squeeze(text: &str) -> String {
    text.chars().filter(|&c| !is_space(c) && !c.is_control()).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_handler(name: &str) -> bool {
    name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on"))
        && name.len() > 2
        && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A fragment of the same document, nothing at all, or an embedded raster image.
fn is_local(url: &str) -> bool {
    let url = url.trim_start_matches(is_space);
    let embedded = || {
        let start = squeeze(&url.chars().take(DATA_URL_START_CHARS).collect::<String>());
        start.strip_prefix("data:").is_some_and(|rest| {
            RASTER.iter().any(|kind| rest.strip_prefix(kind).is_some_and(|rest| rest.starts_with([';', ','])))
        })
    };
    url.is_empty() || url.starts_with('#') || embedded()
}

/// Whether CSS text asks for another file. Escapes could spell any function's name, so a backslash counts as one.
fn fetches(css: &str) -> bool {
    let ends_with = |text: &str, name: &str| {
        text.len()
            .checked_sub(name.len())
            .and_then(|at| text.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(name))
    };
    memchr(b'\\', css.as_bytes()).is_some()
        || memchr_iter(b'(', css.as_bytes()).any(|at| {
            let (function, argument) = (&css[..at], &css[at + 1..]);
            let quoted = |c: char| is_space(c) || matches!(c, '"' | '\'');
            (ends_with(function, "url") && !is_local(argument.trim_start_matches(quoted)))
                || ["image", "image-set", "src"].iter().any(|name| ends_with(function, name))
        })
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

    pub(super) fn check(&self, at: usize) -> Result<(), SvgError> {
        refuse(style_risk(&self.text), at)
    }
}
