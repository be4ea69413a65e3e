//! A strict scanner for the XML that SVG files are made of: tokens with their byte ranges, nothing built.
//!
//! It exists because baking needs two things no tree-building parser gives: the exact place of every tag in the source,
//! so that everything else can stay byte for byte, and no entity expansion at all. It checks well-formedness (XML 1.0
//! and Namespaces in XML) as far as two readers could otherwise disagree about what is an element: tag balance, quoting,
//! attribute uniqueness, references, bound prefixes, forbidden characters. It does not validate names beyond ASCII.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2, memmem};

use super::SvgError;
use crate::payload::has_control;

/// How deep elements may nest. Drawing programs stay below 30.
pub const MAX_DEPTH: usize = 128;

/// The most attributes an element may have. SVG defines fewer than this for any element.
pub const MAX_ATTRIBUTES: usize = 128;

/// The most namespace declarations in scope at once. Drawing programs write about 15.
pub const MAX_NAMESPACES: usize = 64;

/// The namespace the prefix `xml` is always bound to.
const XML_NS: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NS: &str = "http://www.w3.org/2000/xmlns/";

#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'a> {
    pub prefix: &'a str,
    pub local: &'a str,
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.prefix, other.prefix) && is_same(self.local, other.local)
    }
}

/// Equality of texts of which many are empty. A constant empty text may have an address that is not mapped: C libraries that compare with
/// AVX-512 read none of it, but some processors take a hundred nanoseconds to find out.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a> {
    pub name: Name<'a>,
    /// As written, references checked but not resolved.
    pub raw: &'a str,
    pub at: usize,
}

impl Attribute<'_> {
    pub(super) fn is_declaration(&self) -> bool {
        self.name.prefix == "xmlns" || (self.name.prefix.is_empty() && self.name.local == "xmlns")
    }
}

#[derive(Clone, Debug)]
pub(super) enum Token<'a> {
    /// A start tag or an empty-element tag. Its attributes are in [`Scanner::attributes`] until the next token.
    Start(Tag<'a>),
    /// An end tag, matched with its start tag.
    End {
        depth: usize,
        span: Range<usize>,
    },
    /// Character data as written, references checked but not resolved.
    Text(&'a str),
    /// The inside of a CDATA section.
    Cdata(&'a str),
    Comment,
    /// A processing instruction other than the XML declaration.
    Instruction,
    /// A document type declaration without an internal subset. Nothing it names is ever fetched.
    Doctype,
}

#[derive(Clone, Debug)]
pub(super) struct Tag<'a> {
    pub qualified: &'a str,
    pub name: Name<'a>,
    /// The element's namespace, empty when it has none.
    pub namespace: Cow<'a, str>,
    /// 1 for the root.
    pub depth: usize,
    pub span: Range<usize>,
    /// Where another attribute could be inserted: after the last one, before white space, `/` and `>`.
    pub attributes_end: usize,
    pub empty: bool,
}

pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    open: Vec<&'a str>,
    attributes: Vec<Attribute<'a>>,
    bindings: Vec<Binding<'a>>,
    root_seen: bool,
    doctype_seen: bool,
}

struct Binding<'a> {
    depth: usize,
    prefix: &'a str,
    uri: Cow<'a, str>,
}

impl<'a> Scanner<'a> {
    /// Starts after the byte order mark and the XML declaration.
    pub(super) fn new(text: &'a str) -> Result<Self, SvgError> {
        check_characters(text)?;
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut scanner = Self {
            text,
            at: start,
            open: Vec::new(),
            attributes: Vec::new(),
            bindings: Vec::new(),
            root_seen: false,
            doctype_seen: false,
        };
        scanner.declaration()?;
        Ok(scanner)
    }

    /// The attributes of the start tag that was returned last, in the order they stand.
    pub(super) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// The namespace `prefix` is bound to here, if any. The empty prefix asks for the default namespace.
    pub(super) fn namespace(&self, prefix: &str) -> Option<&Cow<'a, str>> {
        self.bindings.iter().rev().find(|binding| is_same(binding.prefix, prefix)).map(|binding| &binding.uri)
    }

    /// The next token; `None` at the end of a complete document.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, SvgError> {
        let rest = self.rest();
        if rest.is_empty() {
            return if self.root_seen && self.open.is_empty() {
                Ok(None)
            } else {
                Err(self.bad("document ends early"))
            };
        }
        if !rest.starts_with('<') {
            return self.text_token().map(Some);
        }
        match rest.as_bytes().get(1) {
            Some(b'/') => self.end_tag(),
            Some(b'!') if rest.starts_with("<!--") => self.comment(),
            Some(b'!') if rest.starts_with("<![CDATA[") => self.cdata(),
            Some(b'!') if rest.starts_with("<!DOCTYPE") => self.doctype(),
            Some(b'?') => self.instruction(),
            _ => self.start_tag(),
        }
        .map(Some)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn bad(&self, what: &'static str) -> SvgError {
        SvgError::Malformed { at: self.at, what }
    }

    fn bad_at(at: usize, what: &'static str) -> SvgError {
        SvgError::Malformed { at, what }
    }

    fn declaration(&mut self) -> Result<(), SvgError> {
        let Some(inside) = self.rest().strip_prefix("<?xml").filter(|rest| rest.starts_with(is_space)) else {
            return Ok(());
        };
        let length = inside.find("?>").ok_or_else(|| self.bad("XML declaration does not end"))?;
        let mut pseudo = Pseudo { rest: &inside[..length] };
        let mut step = 0;
        while let Some((name, value)) = pseudo.next().ok_or_else(|| self.bad("XML declaration is malformed"))? {
            let order = match name {
                "version" if value.starts_with("1.") => 1,
                "encoding" => 2,
                "standalone" if matches!(value, "yes" | "no") => 3,
                _ => return Err(self.bad("XML declaration is malformed")),
            };
            if name == "encoding"
                && !["utf-8", "utf8", "us-ascii"].iter().any(|known| value.eq_ignore_ascii_case(known))
            {
                return Err(SvgError::Encoding);
            }
            if order <= step || (step == 0 && order != 1) {
                return Err(self.bad("XML declaration is malformed"));
            }
            step = order;
        }
        self.at += "<?xml".len() + length + "?>".len();
        Ok(())
    }

    fn text_token(&mut self) -> Result<Token<'a>, SvgError> {
        let rest = self.rest();
        let text = &rest[..memchr(b'<', rest.as_bytes()).unwrap_or(rest.len())];
        if self.open.is_empty() && !text.chars().all(is_space) {
            return Err(self.bad("text outside the root element"));
        }
        if memchr(b']', text.as_bytes()).is_some() && text.contains("]]>") {
            return Err(self.bad("]]> in text"));
        }
        check_references(text, self.at)?;
        self.at += text.len();
        Ok(Token::Text(text))
    }

    /// Moves behind `<open…close>` and gives what is between.
    fn between(&mut self, open: &str, close: &str, what: &'static str) -> Result<&'a str, SvgError> {
        let inside = &self.rest()[open.len()..];
        let length = memmem::find(inside.as_bytes(), close.as_bytes()).ok_or_else(|| self.bad(what))?;
        self.at += open.len() + length + close.len();
        Ok(&inside[..length])
    }

    fn comment(&mut self) -> Result<Token<'a>, SvgError> {
        let start = self.at;
        let inside = self.between("<!--", "--", "comment does not end")?;
        if !self.rest().starts_with('>') || inside.ends_with('-') {
            return Err(Self::bad_at(start, "-- in a comment"));
        }
        self.at += 1;
        Ok(Token::Comment)
    }

    fn cdata(&mut self) -> Result<Token<'a>, SvgError> {
        if self.open.is_empty() {
            return Err(self.bad("CDATA outside the root element"));
        }
        Ok(Token::Cdata(self.between("<![CDATA[", "]]>", "CDATA does not end")?))
    }

    fn instruction(&mut self) -> Result<Token<'a>, SvgError> {
        let start = self.at;
        let inside = self.between("<?", "?>", "processing instruction does not end")?;
        let target = inside.split(is_space).next().unwrap_or_default();
        if !starts_name(target) || !target.bytes().all(is_name_byte) || target.eq_ignore_ascii_case("xml") {
            return Err(Self::bad_at(start, "processing instruction is malformed"));
        }
        Ok(Token::Instruction)
    }

    fn doctype(&mut self) -> Result<Token<'a>, SvgError> {
        if self.root_seen || self.doctype_seen {
            return Err(self.bad("misplaced document type declaration"));
        }
        self.doctype_seen = true;
        let mut end = "<!DOCTYPE".len();
        let bytes = self.rest().as_bytes();
        loop {
            match bytes.get(end).ok_or_else(|| self.bad("document type declaration does not end"))? {
                b'[' => return Err(SvgError::Entities),
                b'<' => return Err(self.bad("document type declaration is malformed")),
                b'>' => break,
                quote @ (b'"' | b'\'') => {
                    let length = memchr(*quote, &bytes[end + 1..]).ok_or_else(|| self.bad("quote is not closed"))?;
                    end += length + 2;
                }
                _ => end += 1,
            }
        }
        self.at += end + 1;
        Ok(Token::Doctype)
    }

    fn start_tag(&mut self) -> Result<Token<'a>, SvgError> {
        let start = self.at;
        if self.root_seen && self.open.is_empty() {
            return Err(self.bad("second root element"));
        }
        self.root_seen = true;
        let depth = self.open.len() + 1;
        if depth > MAX_DEPTH {
            return Err(SvgError::TooDeep);
        }
        self.at += 1;
        let qualified = self.name()?;
        let mut attributes_end = self.at;
        self.attributes.clear();
        let empty = loop {
            let spaced = self.skip_space();
            match self.rest().as_bytes() {
                [b'>', ..] => {
                    self.at += 1;
                    break false;
                }
                [b'/', b'>', ..] => {
                    self.at += 2;
                    break true;
                }
                _ if spaced => self.attribute()?,
                _ => return Err(self.bad("start tag is malformed")),
            }
            attributes_end = self.at;
        };
        self.declare(depth)?;
        let name = split(qualified).ok_or_else(|| Self::bad_at(start, "name is malformed"))?;
        for index in 0..self.attributes.len() {
            let Attribute { name, at, .. } = self.attributes[index];
            // Most have no prefix, and the default namespace is not for attributes.
            if !matches!(name.prefix, "" | "xmlns") {
                self.resolve(name.prefix, at)?;
            }
        }
        let namespace = self.resolve(name.prefix, start)?;
        if empty {
            self.leave(depth);
        } else {
            self.open.push(qualified);
        }
        Ok(Token::Start(Tag { qualified, name, namespace, depth, span: start..self.at, attributes_end, empty }))
    }

    fn end_tag(&mut self) -> Result<Token<'a>, SvgError> {
        let start = self.at;
        self.at += 2;
        let name = self.name()?;
        self.skip_space();
        if !self.rest().starts_with('>') {
            return Err(self.bad("end tag is malformed"));
        }
        self.at += 1;
        let depth = self.open.len();
        if self.open.pop() != Some(name) {
            return Err(Self::bad_at(start, "end tag does not match"));
        }
        self.leave(depth);
        Ok(Token::End { depth, span: start..self.at })
    }

    fn attribute(&mut self) -> Result<(), SvgError> {
        let at = self.at;
        let qualified = self.name()?;
        let name = split(qualified).ok_or_else(|| Self::bad_at(at, "name is malformed"))?;
        self.skip_space();
        if !self.rest().starts_with('=') {
            return Err(self.bad("attribute has no value"));
        }
        self.at += 1;
        self.skip_space();
        let bytes = self.rest().as_bytes();
        let quote =
            *bytes.first().filter(|byte| matches!(byte, b'"' | b'\'')).ok_or_else(|| self.bad("quote expected"))?;
        let length = memchr2(quote, b'<', &bytes[1..])
            .filter(|length| bytes[length + 1] == quote)
            .ok_or_else(|| self.bad("quote is not closed"))?;
        let raw = &self.rest()[1..=length];
        check_references(raw, self.at + 1)?;
        self.at += length + 2;
        if self.attributes.len() == MAX_ATTRIBUTES {
            return Err(SvgError::TooManyNames);
        }
        if self.attributes.iter().any(|earlier| earlier.name == name) {
            return Err(Self::bad_at(at, "attribute is repeated"));
        }
        self.attributes.push(Attribute { name, raw, at });
        Ok(())
    }

    /// Brings the namespace declarations of the tag at `depth` into scope.
    fn declare(&mut self, depth: usize) -> Result<(), SvgError> {
        for attribute in &self.attributes {
            if !attribute.is_declaration() {
                continue;
            }
            let prefix = if attribute.name.prefix.is_empty() { "" } else { attribute.name.local };
            let uri = resolve_value(attribute.raw);
            let reserved = matches!(prefix, "xml" | "xmlns") != (prefix == "xml" && uri == XML_NS)
                || (prefix != "xml" && (uri == XML_NS || uri == XMLNS_NS));
            if reserved || (uri.is_empty() && !prefix.is_empty()) {
                return Err(Self::bad_at(attribute.at, "namespace declaration is not allowed"));
            }
            if self.bindings.len() == MAX_NAMESPACES {
                return Err(SvgError::TooManyNames);
            }
            self.bindings.push(Binding { depth, prefix, uri });
        }
        Ok(())
    }

    fn leave(&mut self, depth: usize) {
        while self.bindings.last().is_some_and(|binding| binding.depth >= depth) {
            self.bindings.pop();
        }
    }

    fn resolve(&self, prefix: &'a str, at: usize) -> Result<Cow<'a, str>, SvgError> {
        match self.namespace(prefix) {
            Some(uri) => Ok(uri.clone()),
            None if prefix.is_empty() => Ok(Cow::Borrowed("")),
            None if prefix == "xml" => Ok(Cow::Borrowed(XML_NS)),
            None => Err(Self::bad_at(at, "namespace prefix is not declared")),
        }
    }

    fn name(&mut self) -> Result<&'a str, SvgError> {
        let rest = self.rest();
        let length = rest.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(rest.len());
        let name = &rest[..length];
        if !starts_name(name) {
            return Err(self.bad("name expected"));
        }
        self.at += length;
        Ok(name)
    }

    fn skip_space(&mut self) -> bool {
        let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let skipped = self.rest().as_bytes().iter().take_while(|byte| space(byte)).count();
        self.at += skipped;
        skipped > 0
    }
}

/// The `name="value"` pairs of an XML declaration.
struct Pseudo<'a> {
    rest: &'a str,
}

impl<'a> Pseudo<'a> {
    /// Outer `None`: malformed. Inner `None`: no more.
    fn next(&mut self) -> Option<Option<(&'a str, &'a str)>> {
        let trimmed = self.rest.trim_start_matches(is_space);
        if trimmed.is_empty() {
            return Some(None);
        }
        if trimmed.len() == self.rest.len() {
            return None;
        }
        let (name, rest) = trimmed.split_once('=')?;
        let rest = rest.trim_start_matches(is_space);
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, rest) = rest[1..].split_once(quote)?;
        self.rest = rest;
        Some(Some((name.trim_end_matches(is_space), value)))
    }
}

/// XML's white space (XML §2.3).
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.') || byte >= 0x80
}

/// Whether `name`, made of name bytes, starts like a name.
fn starts_name(name: &str) -> bool {
    name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit() && !matches!(byte, b'-' | b'.' | b':'))
}

/// Takes a name apart at its only colon.
fn split(qualified: &str) -> Option<Name<'_>> {
    let (prefix, local) = match memchr(b':', qualified.as_bytes()) {
        None => ("", qualified),
        Some(colon) => (&qualified[..colon], &qualified[colon + 1..]),
    };
    (starts_name(local) && memchr(b':', local.as_bytes()).is_none()).then_some(Name { prefix, local })
}

/// Refuses control characters and the two code points XML leaves out (XML §2.2).
fn check_characters(text: &str) -> Result<(), SvgError> {
    let bytes = text.as_bytes();
    if has_control(bytes) {
        let at =
            bytes.iter().position(|&byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')).unwrap_or_default();
        return Err(SvgError::Malformed { at, what: "control character" });
    }
    match memmem::find_iter(bytes, b"\xef\xbf").find(|at| matches!(bytes.get(at + 2), Some(0xbe | 0xbf))) {
        Some(at) => Err(SvgError::Malformed { at, what: "character XML does not allow" }),
        None => Ok(()),
    }
}

/// Whether XML can carry `c` (XML §2.2).
pub(super) fn is_xml_char(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => c >= ' ',
    }
}

/// Refuses `&` that is not one of the five predefined entities or a reference to an allowed character.
fn check_references(text: &str, at: usize) -> Result<(), SvgError> {
    for offset in memchr_iter(b'&', text.as_bytes()) {
        if reference(&text[offset..]).is_none() {
            return Err(SvgError::Malformed { at: at + offset, what: "unknown entity or malformed reference" });
        }
    }
    Ok(())
}

/// The character that the reference at the start of `text` stands for, and the reference's length.
fn reference(text: &str) -> Option<(char, usize)> {
    // The longest reference to a character, with leading zeros that some writers put in.
    let length = memchr(b';', text.as_bytes().get(..16.min(text.len()))?)?;
    let name = text.get(1..length)?;
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = match number.strip_prefix('x') {
                Some(hex) => (hex, 16),
                None => (number, 10),
            };
            if !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
                return None;
            }
            char::from_u32(u32::from_str_radix(digits, radix).ok()?).filter(|&c| is_xml_char(c))?
        }
    };
    Some((c, length + 1))
}

/// Appends character data with its references resolved and its line endings made `\n` (XML §2.11).
pub(super) fn push_text(out: &mut String, raw: &str) {
    let mut rest = raw;
    while let Some(next) = memchr2(b'&', b'\r', rest.as_bytes()) {
        out.push_str(&rest[..next]);
        let special = &rest[next..];
        let skip = match reference(special) {
            Some((c, length)) => {
                out.push(c);
                length
            }
            None => {
                out.push('\n');
                if special.starts_with("\r\n") { 2 } else { 1 }
            }
        };
        rest = &special[skip..];
    }
    out.push_str(rest);
}

/// Appends the inside of a CDATA section, its line endings made `\n`.
pub(super) fn push_cdata(out: &mut String, raw: &str) {
    let mut rest = raw;
    while let Some(next) = memchr(b'\r', rest.as_bytes()) {
        out.push_str(&rest[..next]);
        out.push('\n');
        rest = &rest[next + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    out.push_str(rest);
}

/// An attribute's value with its references resolved and its white space made blanks (XML §3.3.3).
pub(super) fn resolve_value(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r')) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(next) = rest.find(['&', '\t', '\n', '\r']) {
        out.push_str(&rest[..next]);
        let special = &rest[next..];
        let skip = match reference(special) {
            Some((c, length)) => {
                out.push(c);
                length
            }
            None => {
                out.push(' ');
                if special.starts_with("\r\n") { 2 } else { 1 }
            }
        };
        rest = &special[skip..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<usize, SvgError> {
        let mut scanner = Scanner::new(text)?;
        let mut tokens = 0;
        while scanner.next()?.is_some() {
            tokens += 1;
        }
        Ok(tokens)
    }

    #[test]
    fn accepts_well_formed_documents() {
        for text in [
            "<a/>",
            "\u{feff}<a/>\n<!-- x -->",
            "<?xml version='1.0' encoding='UTF-8' standalone=\"yes\"?><a b='1' c=\"&lt;&#x41;\" ><b/>x &amp; y<![CDATA[<]]></a >",
            "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" 'a>b'><?p q?><a><?p?></a>",
            "<p:a xmlns:p='u' xml:lang='ja'><p:b p:c=''/></p:a>",
        ] {
            assert!(scan(text).is_ok(), "{text}: {:?}", scan(text));
        }
    }

    #[test]
    fn refuses_what_two_readers_could_see_differently() {
        for text in [
            "",
            " ",
            "x<a/>",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>x",
            "<a b=1/>",
            "<a b='1'c='2'/>",
            "<a b='1' b='2'/>",
            "<a b='<'/>",
            "<a b/>",
            "<a b='1/>",
            "<a>&nbsp;</a>",
            "<a>&</a>",
            "<a>&#0;</a>",
            "<a>&#+1;</a>",
            "<a>&#xFFFE;</a>",
            "<a>\u{ffff}</a>",
            "<a>\u{1}</a>",
            "<a>]]></a>",
            "<a><!-- -- --></a>",
            "<a><!-- ---></a>",
            "<a><!--></a>",
            "<a><![CDATA[</a>",
            "<a><?xml version='1.0'?></a>",
            " <?xml version='1.0'?><a/>",
            "<?xml encoding='utf-8'?><a/>",
            "<?xml version='1.0'encoding='utf-8'?><a/>",
            "<a><!DOCTYPE a></a>",
            "<!DOCTYPE a><!DOCTYPE a><a/>",
            "<p:a/>",
            "<a p:b=''/>",
            "<p:a xmlns:p=''/>",
            "<a:b:c xmlns:a='u'/>",
            "<:a/>",
            "<1/>",
            "< a/>",
            "<a xmlns:xml='u'/>",
            "<a xmlns:xmlns='u'/>",
        ] {
            assert!(matches!(scan(text), Err(SvgError::Malformed { .. })), "{text}: {:?}", scan(text));
        }
    }

    #[test]
    fn refuses_other_encodings_entities_and_depth() {
        assert_eq!(scan("<?xml version='1.0' encoding='Shift_JIS'?><a/>"), Err(SvgError::Encoding));
        assert_eq!(scan("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"), Err(SvgError::Entities));
        let deep = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(scan(&deep(MAX_DEPTH)).is_ok());
        assert_eq!(scan(&deep(MAX_DEPTH + 1)), Err(SvgError::TooDeep));
        let wide: String = (0..=MAX_ATTRIBUTES).map(|n| format!(" a{n}=''")).collect();
        assert_eq!(scan(&format!("<a{wide}/>")), Err(SvgError::TooManyNames));
    }

    #[test]
    fn namespaces_end_with_their_element() {
        let mut scanner = Scanner::new("<a xmlns='u'><b xmlns='v'/><c/></a>").unwrap();
        let mut seen = Vec::new();
        while let Some(token) = scanner.next().unwrap() {
            if let Token::Start(tag) = token {
                seen.push((tag.name.local, tag.namespace.into_owned(), tag.depth));
            }
        }
        assert_eq!(seen, [("a", "u".into(), 1), ("b", "v".into(), 2), ("c", "u".into(), 2)]);
    }

    #[test]
    fn resolves_references_and_line_endings() {
        let mut out = String::new();
        push_text(&mut out, "a&lt;\r\nb\rc&#13;&#x1F600;");
        assert_eq!(out, "a<\nb\nc\r\u{1f600}");
        out.clear();
        push_cdata(&mut out, "&lt;\r\n\r");
        assert_eq!(out, "&lt;\n\n");
        assert_eq!(resolve_value("a\r\n&quot;\tb&#10;"), "a \" b\n");
    }
}
