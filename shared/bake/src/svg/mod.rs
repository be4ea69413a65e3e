//! SVG: one element, directly after the root's start tag.
//!
//! | | Open Badges 2.0 | Open Badges 3.0 |
//! |---|---|---|
//! | namespace | `http://openbadges.org` | `https://purl.imsglobal.org/ob/v3p0` |
//! | JSON | `<openbadges:assertion verify="URL"><![CDATA[…]]>` | `<openbadges:credential><![CDATA[…]]>` |
//! | JWS | `<openbadges:assertion verify="JWS"/>` | `<openbadges:credential verify="JWS"/>` |
//!
//! The prefix is always `openbadges`, because some readers look for the literal tag name. Its declaration goes on the
//! root, as the specifications show it; when the root binds the prefix to something else (the other version, say), it
//! goes on the element. CDATA is split where the credential holds `]]>`, and carriage returns are written as character
//! references, so that every XML parser gives back the same text.
//!
//! # Policies
//!
//! - **Writing** wants a self-contained picture: no document type, no processing instructions, nothing that runs,
//!   navigates or fetches ([`Active`]). It changes nothing but the credential and its namespace declaration.
//! - **Reading** only looks for the credential and renders nothing, so active content does not matter and is not an
//!   error; it tolerates a document type without internal subset (drawing programs write one; what it names is never
//!   fetched) and processing instructions. The element may stand anywhere, under any prefix, with its JSON in CDATA or
//!   escaped.
//! - **Both** refuse entity declarations, encodings other than UTF-8, XML that is not well-formed, nesting beyond
//!   [`MAX_DEPTH`], and a second credential of the same version.

pub mod active;
mod scan;

use std::borrow::Cow;
use std::ops::Range;

use crate::payload::{Body, Extracted, Kind, MAX_PAYLOAD_BYTES, Payload, PayloadError, Place, Version, classify};

pub use active::Active;
pub use scan::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_NAMESPACES};
use scan::{Scanner, Tag, Token, is_space, is_xml_char, push_cdata, push_text, resolve_value};

/// The largest SVG that is written or read, in bytes: 4 MiB. Badge artwork is a few ten kilobytes of paths.
pub const MAX_IMAGE_BYTES: usize = 4 << 20;

/// How far into a file [`looks_like_svg`] looks for the first element, in bytes.
pub const SNIFF_BYTES: usize = 4096;

/// The namespace of SVG's own elements.
pub const SVG_NAMESPACE: &str = "http://www.w3.org/2000/svg";

const PREFIX: &str = "openbadges";

/// Why an SVG could not be baked or read.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SvgError {
    /// Larger than [`MAX_IMAGE_BYTES`], or would be with the credential in it.
    #[error("the image is larger than {MAX_IMAGE_BYTES} bytes")]
    TooLarge,
    /// Not UTF-8, or declared to be something else.
    #[error("the image is not written in UTF-8")]
    Encoding,
    /// Not well-formed XML.
    #[error("the image is not well-formed at byte {at}: {what}")]
    Malformed {
        /// Offset in the file.
        at: usize,
        /// What is wrong there, in a few words for a developer.
        what: &'static str,
    },
    /// Elements nest deeper than [`MAX_DEPTH`].
    #[error("the image nests elements deeper than {MAX_DEPTH}")]
    TooDeep,
    /// More than [`MAX_ATTRIBUTES`] on an element, or more than [`MAX_NAMESPACES`] in scope.
    #[error("an element of the image has too many attributes or namespaces")]
    TooManyNames,
    /// The root element is not `svg`.
    #[error("the file is not an SVG image")]
    NotSvg,
    /// The document type declares entities or other markup of its own.
    #[error("the image declares entities")]
    Entities,
    /// Baking only: there is a document type declaration.
    #[error("the image has a document type declaration")]
    Doctype,
    /// Baking only: there is a processing instruction, such as a style sheet link.
    #[error("the image has a processing instruction")]
    Instruction,
    /// Baking only: the image does more than look nice.
    #[error("the image holds {what}, at byte {at}")]
    Active {
        /// Offset in the file.
        at: usize,
        /// What was found.
        what: Active,
    },
    /// Two credentials of the same version.
    #[error("the image holds two {0} badges")]
    Duplicate(Version),
    /// The badge element has elements in it.
    #[error("the {0} badge in the image is not plain text")]
    BadgeHasMarkup(Version),
    /// The credential in the image is longer than [`MAX_PAYLOAD_BYTES`].
    #[error("the {0} badge in the image is longer than {MAX_PAYLOAD_BYTES} bytes")]
    BadgeTooLarge(Version),
    /// The element holds neither a JSON object nor a JWS nor a web address.
    #[error("the {0} badge in the image is neither JSON nor a JWS nor a web address")]
    Unrecognised(Version),
    /// What should be baked is not fit for it.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl Version {
    fn namespace(self) -> &'static str {
        match self {
            Self::V2 => "http://openbadges.org",
            Self::V3 => "https://purl.imsglobal.org/ob/v3p0",
        }
    }

    fn element(self) -> &'static str {
        match self {
            Self::V2 => "assertion",
            Self::V3 => "credential",
        }
    }

    fn of_element(tag: &Tag<'_>) -> Option<Self> {
        [Self::V2, Self::V3]
            .into_iter()
            .find(|version| tag.name.local == version.element() && tag.namespace == version.namespace())
    }
}

/// Returns a copy of `image` with `payload` in it, replacing an element of the same version and keeping everything else.
///
/// # Errors
/// Everything [`SvgError`] lists. A credential of the *other* version must be readable, so that what comes out can
/// always be read back; the one that is replaced need not be.
pub fn bake(image: &[u8], payload: &Payload<'_>) -> Result<Vec<u8>, SvgError> {
    payload.check()?;
    let svg = text_of(image)?;
    let survey = survey(svg, Purpose::Bake)?;
    for badge in survey.badges.iter().flatten().filter(|badge| badge.version != payload.version) {
        badge.read()?;
    }

    let version = payload.version;
    let declared_on_root = survey.prefix_on_root.as_deref().is_none_or(|uri| uri == version.namespace());
    let declaration = format!(" xmlns:{PREFIX}=\"{}\"", version.namespace());
    let on_root = if survey.prefix_on_root.is_none() { declaration.as_str() } else { "" };
    let on_element = if declared_on_root { "" } else { declaration.as_str() };
    let element = element(payload, on_element)?;

    let replaced = survey.badges[version.index()].as_ref().map(|badge| badge.span.clone());
    let replaced = replaced.unwrap_or(survey.root.span.end..survey.root.span.end);
    let root = &survey.root;
    let name = root.qualified;
    let size = image.len() - replaced.len() + on_root.len() + element.len() + 2 * name.len() + "</>".len();
    if size > MAX_IMAGE_BYTES {
        return Err(SvgError::TooLarge);
    }
    let mut baked = String::with_capacity(size);
    baked.push_str(&svg[..root.attributes_end]);
    baked.push_str(on_root);
    if root.empty {
        baked.push_str(svg[root.attributes_end..root.span.end].trim_end_matches("/>"));
        baked.push('>');
        baked.push_str(&element);
        baked.push_str("</");
        baked.push_str(name);
        baked.push('>');
    } else {
        baked.push_str(&svg[root.attributes_end..root.span.end]);
        baked.push_str(&element);
    }
    baked.push_str(&svg[root.span.end..replaced.start]);
    baked.push_str(&svg[replaced.end..]);
    Ok(baked.into_bytes())
}

/// Reads every credential in `image`, in the order of versions. An image without any gives an empty list.
///
/// # Errors
/// Everything [`SvgError`] lists except what is marked as "baking only".
pub fn extract(image: &[u8]) -> Result<Vec<Extracted>, SvgError> {
    let survey = survey(text_of(image)?, Purpose::Read)?;
    survey.badges.iter().flatten().map(Badge::read).collect()
}

/// Checks that `image` is an SVG under the limits, well-formed and without entity declarations: what reading asks for.
///
/// # Errors
/// Everything [`SvgError`] lists except what is marked as "baking only" and what a badge's text can be guilty of.
pub fn check(image: &[u8]) -> Result<(), SvgError> {
    survey(text_of(image)?, Purpose::Read).map(drop)
}

/// Whether the first element within [`SNIFF_BYTES`], or the document type before it, is `svg`.
#[must_use]
pub fn looks_like_svg(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(SNIFF_BYTES)];
    // The cut may fall inside a character; what stands before it is enough.
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default(),
    };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start_matches(is_space);
    loop {
        let (open, close) = match rest.as_bytes() {
            [b'<', b'?', ..] => ("<?", "?>"),
            [b'<', b'!', b'-', b'-', ..] => ("<!--", "-->"),
            // An element, or a document type, which names the first element.
            [b'<', ..] => break,
            _ => return false,
        };
        let Some(end) = rest[open.len()..].find(close) else { return false };
        rest = rest[open.len() + end + close.len()..].trim_start_matches(is_space);
    }
    let name = rest.strip_prefix("<!DOCTYPE").map_or(&rest[1..], |name| name.trim_start_matches(is_space));
    let name = name.split(|c: char| is_space(c) || matches!(c, '/' | '>' | '[')).next().unwrap_or_default();
    name == "svg" || name.ends_with(":svg")
}

fn text_of(image: &[u8]) -> Result<&str, SvgError> {
    if image.len() > MAX_IMAGE_BYTES {
        return Err(SvgError::TooLarge);
    }
    std::str::from_utf8(image).map_err(|_| SvgError::Encoding)
}

/// The element to insert. `declaration` is empty when the root binds the prefix already.
fn element(payload: &Payload<'_>, declaration: &str) -> Result<String, SvgError> {
    let name = payload.version.element();
    match payload.body {
        Body::CompactJws(jws) => Ok(format!("<{PREFIX}:{name}{declaration} verify=\"{jws}\"/>")),
        Body::Json(json) => {
            if !json.chars().all(is_xml_char) {
                return Err(PayloadError::NotXml.into());
            }
            let verify = match (payload.version, payload.verify_url) {
                (Version::V2, Some(url)) => format!(" verify=\"{}\"", escape_value(url)),
                (Version::V2, None) => return Err(PayloadError::VerifyUrlMissing.into()),
                (Version::V3, _) => String::new(),
            };
            let body = cdata(json);
            Ok(format!("<{PREFIX}:{name}{declaration}{verify}>{body}</{PREFIX}:{name}>"))
        }
    }
}

/// CDATA sections that read back as exactly `text`. One section, unless `text` holds `]]>` or a carriage return.
fn cdata(text: &str) -> String {
    let inside = text.replace("]]>", "]]]]><![CDATA[>").replace('\r', "]]>&#13;<![CDATA[");
    format!("<![CDATA[{inside}]]>")
}

fn escape_value(url: &str) -> String {
    url.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Bake,
    Read,
}

/// What one pass over the document finds out.
struct Survey<'a> {
    root: Tag<'a>,
    /// What the root binds the prefix `openbadges` to.
    prefix_on_root: Option<Cow<'a, str>>,
    badges: [Option<Badge<'a>>; 2],
}

/// A badge element as it stands in the document.
struct Badge<'a> {
    version: Version,
    span: Range<usize>,
    verify: Option<Cow<'a, str>>,
    body: BadgeText,
}

fn survey(svg: &str, purpose: Purpose) -> Result<Survey<'_>, SvgError> {
    let mut scanner = Scanner::new(svg)?;
    let mut root = None;
    let mut badges = [None, None];
    let mut style: Option<(usize, active::Style)> = None;
    while let Some(token) = scanner.next()? {
        match token {
            Token::Start(tag) => {
                if root.is_none() {
                    check_root(&tag, purpose)?;
                    root = Some((tag.clone(), scanner.namespace(PREFIX).cloned()));
                }
                if let Some(version) = Version::of_element(&tag) {
                    let slot = &mut badges[version.index()];
                    if slot.is_some() {
                        return Err(SvgError::Duplicate(version));
                    }
                    *slot = Some(badge(&mut scanner, tag, version)?);
                } else if purpose == Purpose::Bake {
                    active::check_element(&tag)?;
                    for attribute in scanner.attributes().iter().filter(|attribute| !attribute.is_declaration()) {
                        active::check_attribute(attribute)?;
                    }
                    if tag.name.local.eq_ignore_ascii_case("style") && !tag.empty {
                        style = Some((tag.depth, active::Style::default()));
                    }
                }
            }
            Token::End { depth, span } => {
                if let Some((_, sheet)) = style.take_if(|(opened, _)| *opened == depth) {
                    sheet.check(span.start)?;
                }
            }
            Token::Text(raw) => {
                if let Some((_, sheet)) = &mut style {
                    sheet.push_text(raw);
                }
            }
            Token::Cdata(raw) => {
                if let Some((_, sheet)) = &mut style {
                    sheet.push_cdata(raw);
                }
            }
            Token::Comment => {}
            Token::Instruction if purpose == Purpose::Bake => return Err(SvgError::Instruction),
            Token::Doctype if purpose == Purpose::Bake => return Err(SvgError::Doctype),
            Token::Instruction | Token::Doctype => {}
        }
    }
    let (root, prefix_on_root) = root.ok_or(SvgError::NotSvg)?;
    Ok(Survey { root, prefix_on_root, badges })
}

/// The root is SVG's `svg`. One without a namespace is read as well: browsers do not draw it, but a badge may be in it.
fn check_root(tag: &Tag<'_>, purpose: Purpose) -> Result<(), SvgError> {
    let known = tag.namespace == SVG_NAMESPACE || (purpose == Purpose::Read && tag.namespace.is_empty());
    if tag.name.local == "svg" && known { Ok(()) } else { Err(SvgError::NotSvg) }
}

/// Reads on to the end of the badge element that `tag` opens.
fn badge<'a>(scanner: &mut Scanner<'a>, tag: Tag<'a>, version: Version) -> Result<Badge<'a>, SvgError> {
    let verify = scanner
        .attributes()
        .iter()
        .find(|attribute| attribute.name.prefix.is_empty() && attribute.name.local == "verify")
        .map(|attribute| resolve_value(attribute.raw));
    let mut badge = Badge { version, span: tag.span, verify, body: BadgeText::default() };
    if tag.empty {
        return Ok(badge);
    }
    while let Some(token) = scanner.next()? {
        match token {
            Token::Text(raw) => push_text(&mut badge.body.text, raw),
            Token::Cdata(raw) => badge.body.push_cdata(raw),
            Token::Start(_) => return Err(SvgError::BadgeHasMarkup(version)),
            Token::End { span, .. } => {
                badge.span.end = span.end;
                break;
            }
            Token::Comment | Token::Instruction | Token::Doctype => {}
        }
    }
    Ok(badge)
}

/// The text of a badge element, and which part of it stood in CDATA.
#[derive(Default)]
struct BadgeText {
    text: String,
    /// From the start of the first CDATA section to the end of the last.
    cdata: Option<Range<usize>>,
}

impl BadgeText {
    fn push_cdata(&mut self, raw: &str) {
        let start = self.text.len();
        push_cdata(&mut self.text, raw);
        let start = self.cdata.as_ref().map_or(start, |earlier| earlier.start);
        self.cdata = Some(start..self.text.len());
    }

    /// What stands in CDATA is exact; the white space around it is the writer's indentation.
    fn credential(&self) -> &str {
        let Some(cdata) = &self.cdata else { return self.text.trim_matches(is_space) };
        let around = [&self.text[..cdata.start], &self.text[cdata.end..]];
        if around.iter().all(|text| text.chars().all(is_space)) {
            &self.text[cdata.clone()]
        } else {
            self.text.trim_matches(is_space)
        }
    }
}

impl Badge<'_> {
    /// A JWS in `verify` is the credential; otherwise the body is; otherwise an address in `verify` leads to it.
    fn read(&self) -> Result<Extracted, SvgError> {
        let version = self.version;
        let body = self.body.credential();
        let longest = body.len().max(self.verify.as_deref().map_or(0, str::len));
        if longest > MAX_PAYLOAD_BYTES {
            return Err(SvgError::BadgeTooLarge(version));
        }
        let verify = self.verify.as_deref().map(|value| value.trim_matches(is_space));
        let from_verify = verify.and_then(classify).filter(|(kind, _)| *kind != Kind::Json);
        let (kind, text, place) = match (from_verify, classify(body)) {
            (Some((Kind::Jws, jws)), _) => (Kind::Jws, jws, Place::VerifyAttribute),
            (_, Some((kind, text))) => (kind, text, Place::ElementBody),
            (Some((kind, text)), None) if body.is_empty() => (kind, text, Place::VerifyAttribute),
            _ => return Err(SvgError::Unrecognised(version)),
        };
        Ok(Extracted { version, kind, text: text.to_owned(), verify: verify.map(str::to_owned), place })
    }
}
