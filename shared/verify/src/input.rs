//! Finding the credential: in JSON, in a token, inside an image or a sealed PDF, or at an address.

use serde_json::Value;

use crate::documents::{Accept, Documents, NoJson, Trust, World, is_web};
use crate::json::{self, JsonError};
use crate::limits::{MAX_INPUT_BYTES, quoted};
use crate::messages::Code;
use crate::pdf::{self, Examined, PdfSeal, PdfVerdict};
use crate::report::{Carrier, Finding, Text};
use crate::words;

/// What is handed in.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The content of a file, or pasted text: PDF, PNG, SVG, JSON, a JWT, or a web address.
    Bytes(&'a [u8]),
    /// The address of a badge.
    Url(&'a str),
}

/// A credential that has been found, not yet looked at.
pub(crate) struct Found {
    pub(crate) content: Content,
    pub(crate) carrier: Carrier,
    /// How the step ended.
    pub(crate) finding: Finding,
    /// What came before, if it lay in a PDF.
    pub(crate) sealed: Option<Box<Sealed>>,
}

/// The seal that held, and how that step ended.
pub(crate) struct Sealed {
    pub(crate) seal: PdfSeal,
    pub(crate) finding: Finding,
}

pub(crate) enum Content {
    Json(Value),
    Jws(String),
}

/// Nothing was found; how the step ended, and in what.
pub(crate) struct NotFound {
    pub(crate) finding: Finding,
    pub(crate) carrier: Option<Carrier>,
    pub(crate) sealed: Option<Box<Sealed>>,
}

impl From<Finding> for NotFound {
    fn from(finding: Finding) -> Self {
        Self { finding, carrier: None, sealed: None }
    }
}

/// What one piece of bytes turned out to be.
enum Piece {
    Found(Found),
    /// An address to look at instead: pasted, or inside an image of before Open Badges 1.0.
    Link(String),
}

/// Addresses followed from the input on: the one handed in, and one that an image found there names.
const MAX_LINKS: usize = 2;

pub(crate) async fn find<D: Documents>(world: &mut World<'_, D>, input: Input<'_>) -> Result<Found, NotFound> {
    let mut link = match input {
        Input::Url(url) => url.trim().to_owned(),
        Input::Bytes(bytes) => match read(bytes, &world.options.trust)? {
            Piece::Found(found) => return Ok(found),
            Piece::Link(url) => url,
        },
    };
    for _ in 0..MAX_LINKS {
        match follow(world, &link).await? {
            Piece::Found(found) => return Ok(found),
            Piece::Link(next) => link = next,
        }
    }
    Err(Finding::new(Code::InputUnknown).into())
}

async fn follow<D: Documents>(world: &mut World<'_, D>, url: &str) -> Result<Piece, NotFound> {
    let unavailable = |reason: Text| Finding::with(Code::InputUnavailable, reason).at(quoted(url));
    let document = world.get(url, Accept::Badge).await.map_err(|error| unavailable(error.reason()))?;
    match document.status {
        200 => read(&document.bytes, &world.options.trust),
        // A revoked OB 2.0 assertion answers so, with a body that says what it was.
        410 => match read(&document.bytes, &world.options.trust) {
            Ok(piece @ Piece::Found(Found { content: Content::Json(_), .. })) => Ok(piece),
            _ => Err(Finding::new(Code::InputGone).at(quoted(url)).into()),
        },
        status => Err(unavailable(NoJson::Status(status).reason()).into()),
    }
}

fn read(bytes: &[u8], trust: &Trust) -> Result<Piece, NotFound> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Finding::new(Code::InputEmpty).into());
    }
    // Before its size: too large a PDF is a PDF.
    if pdf::looks_like_pdf(bytes) {
        return read_pdf(pdf::examine(bytes, trust)).map(Piece::Found);
    }
    if bytes.len() > MAX_INPUT_BYTES {
        let limit = format!("{} MiB", MAX_INPUT_BYTES >> 20);
        return Err(Finding::with(Code::InputTooLarge, limit).into());
    }
    match bake::sniff(bytes) {
        Some(format) => read_image(bytes, format),
        None => read_text(bytes),
    }
}

/// The credential of a PDF whose seal holds: a document or a token, as everywhere, and nothing that leads elsewhere.
fn read_pdf(examined: Examined) -> Result<Found, NotFound> {
    let Examined { seal, finding, credential } = examined;
    let is_valid = seal.verdict == PdfVerdict::Valid;
    let sealed = Some(Box::new(Sealed { seal, finding }));
    let not_found = |code, sealed| NotFound { finding: Finding::new(code), carrier: Some(Carrier::Pdf), sealed };
    let Some(credential) = credential else {
        return Err(not_found(if is_valid { Code::PdfNoBadge } else { Code::PdfNotRead }, sealed));
    };
    match read_text(&credential.bytes) {
        Ok(Piece::Found(found)) => {
            Ok(Found { carrier: Carrier::Pdf, finding: Finding::new(Code::InputPdf), sealed, ..found })
        }
        Err(NotFound { finding, .. }) if !finding.code.means_no_badge() => {
            Err(NotFound { finding, carrier: Some(Carrier::Pdf), sealed })
        }
        _ => Err(not_found(Code::PdfBadgeUnreadable, sealed)),
    }
}

fn read_image(bytes: &[u8], format: bake::Format) -> Result<Piece, NotFound> {
    let (carrier, code) = match format {
        bake::Format::Png => (Carrier::Png, Code::InputPng),
        bake::Format::Svg => (Carrier::Svg, Code::InputSvg),
    };
    let in_image = |finding| NotFound { finding, carrier: Some(carrier), sealed: None };
    let mut baked = bake::extract(bytes).map_err(|error| in_image(words::image(&error)))?;
    let both = baked.len() > 1;
    // The newer version says more and proves more.
    baked.sort_by_key(|extracted| extracted.version);
    let extracted = baked.pop().ok_or_else(|| in_image(Finding::new(Code::InputNoBadge)))?;
    let content = match extracted.kind {
        bake::Kind::Url => return Ok(Piece::Link(extracted.text)),
        bake::Kind::Jws => Content::Jws(extracted.text),
        bake::Kind::Json => {
            let value = json::parse(extracted.text.as_bytes()).map_err(|error| {
                // There is a badge, so what is wrong with it makes it invalid rather than no badge.
                in_image(json_finding(&error, || {
                    Finding::with(
                        Code::ImageMalformed,
                        Text::fixed("it is not valid JSON", "JSONとして正しくありません"),
                    )
                }))
            })?;
            Content::Json(value)
        }
    };
    let finding = Finding::new(if both { Code::InputBothVersions } else { code });
    Ok(Piece::Found(Found { content, carrier, finding, sealed: None }))
}

fn read_text(bytes: &[u8]) -> Result<Piece, NotFound> {
    let unknown = || NotFound::from(Finding::new(Code::InputUnknown));
    let text = std::str::from_utf8(bytes).map_err(|_| unknown())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') {
        let value =
            json::parse(text.as_bytes()).map_err(|error| json_finding(&error, || Finding::new(Code::InputNotJson)))?;
        let finding = Finding::new(Code::InputJson);
        let content = Content::Json(value);
        return Ok(Piece::Found(Found { content, carrier: Carrier::Json, finding, sealed: None }));
    }
    if looks_like_jws(text) {
        let finding = Finding::new(Code::InputJwt);
        let content = Content::Jws(text.to_owned());
        return Ok(Piece::Found(Found { content, carrier: Carrier::Jwt, finding, sealed: None }));
    }
    if is_web(text) && !text.contains(char::is_whitespace) {
        return Ok(Piece::Link(text.to_owned()));
    }
    let start = text.get(..text.len().min(64)).unwrap_or(text).to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Err(Finding::new(Code::InputHtml).into());
    }
    Err(unknown())
}

fn json_finding(error: &JsonError, malformed: impl FnOnce() -> Finding) -> Finding {
    match error {
        JsonError::TooLarge => Finding::new(Code::DocumentTooComplex),
        JsonError::TooDeep => Finding::new(Code::JsonTooDeep),
        JsonError::Duplicate(name) => Finding::with(Code::JsonDuplicate, name.as_str()),
        JsonError::Malformed => malformed(),
    }
}

/// Three parts of base64url, the first of them a JSON object (`{"` is `eyJ` in base64).
fn looks_like_jws(text: &str) -> bool {
    text.starts_with("ey")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && text.bytes().filter(|byte| *byte == b'.').count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> Code {
        match read(bytes, &Trust::default()) {
            Ok(Piece::Found(found)) => found.finding.code,
            Ok(Piece::Link(_)) => panic!("a link"),
            Err(not_found) => not_found.finding.code,
        }
    }

    #[test]
    fn tells_inputs_apart_by_their_bytes() {
        assert_eq!(code(b""), Code::InputEmpty);
        assert_eq!(code(b" \n"), Code::InputEmpty);
        assert_eq!(code(&vec![b'a'; MAX_INPUT_BYTES + 1]), Code::InputTooLarge);
        assert_eq!(code(b"%PDF-1.7\n"), Code::PdfNotRead);
        assert_eq!(code(b"\x89PNG\r\n\x1a\n%PDF-1.7\n"), Code::PdfNotRead, "a reader of PDFs shows it");
        assert_eq!(code(b"{\"a\":1}"), Code::InputJson);
        assert_eq!(code("\u{feff}\n{}".as_bytes()), Code::InputJson);
        assert_eq!(code(b"{\"a\":1"), Code::InputNotJson);
        assert_eq!(code(b"{\"a\":1,\"a\":2}"), Code::JsonDuplicate);
        assert_eq!(code(b"eyJh.eyJi.c2ln\n"), Code::InputJwt);
        assert_eq!(code(b"<!DOCTYPE html><html></html>"), Code::InputHtml);
        assert_eq!(code(b"<html>"), Code::InputHtml);
        assert_eq!(code(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), Code::InputNoBadge);
        assert_eq!(code(b"hello"), Code::InputUnknown);
        assert_eq!(code(b"[1]"), Code::InputUnknown);
        assert_eq!(code(b"\xff\xd8\xff"), Code::InputUnknown);
    }

    #[test]
    fn a_pasted_address_is_followed() {
        let read = |bytes| read(bytes, &Trust::default());
        assert!(matches!(read(b" https://a.example/b \n"), Ok(Piece::Link(url)) if url == "https://a.example/b"));
        assert_eq!(code(b"https://a.example/b and more"), Code::InputUnknown);
    }
}
