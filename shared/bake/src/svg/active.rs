//! What an SVG must not hold when a credential is baked into it.
//!
//! A baked SVG leaves under the issuer's name and is opened in browsers. Artwork is normalised to an allow-list when it
//! is uploaded; this is the second lock, and the only one for pictures that came another way. It refuses rather than
//! repairs: baking changes nothing but the credential.

use memchr::{memchr, memchr_iter, memchr3};

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

/// Enough of a data URL to know its media type, white space included.
const DATA_URL_START_CHARS: usize = 32;

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
    let raw = attribute.raw.as_bytes();
    let suspicious = memchr3(b':', b'(', b'\\', raw).is_some() || memchr(b'&', raw).is_some();
    if !is_link && !suspicious && local != "attributeName" {
        return Ok(());
    }
    let value = resolve_value(attribute.raw);
    let scheme = memchr(b':', value.as_bytes()).is_some();
    if scheme && runs(&value) {
        return refuse(Active::ScriptLink);
    }
    if local == "attributeName" && (is_handler(value.trim()) || value.trim().ends_with("href")) {
        return refuse(Active::Handler);
    }
    let presents = attribute.name.prefix.is_empty() && tag.namespace == SVG_NAMESPACE;
    if (is_link && !is_local(&value)) || (presents && fetches(&value)) {
        return refuse(Active::ExternalReference);
    }
    Ok(())
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

    /// Refuses a style sheet that runs or fetches.
    pub(super) fn check(&self, at: usize) -> Result<(), SvgError> {
        if runs(&self.text) {
            return Err(SvgError::Active { at, what: Active::ScriptLink });
        }
        if fetches(&self.text) || self.text.to_ascii_lowercase().contains("@import") {
            return Err(SvgError::Active { at, what: Active::ExternalReference });
        }
        Ok(())
    }
}
