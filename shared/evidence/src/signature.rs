//! What bytes begin with.

use crate::media::MediaType;

/// Whether this is the beginning of something that runs: a program of Windows, Linux or macOS, Java or Android code, a shortcut of
/// Windows, or a script that names its interpreter.
pub(crate) fn is_executable(head: &[u8]) -> bool {
    // "MZ" alone is also the beginning of a text; a program has zeros soon after.
    let windows = head.starts_with(b"MZ") && head.iter().take(128).any(|byte| *byte == 0);
    let others: [&[u8]; 10] = [
        b"\x7fELF",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe", // Java, and macOS for several processors
        b"dex\n",
        b"\0asm",
        b"L\0\0\0\x01\x14\x02\0",
        b"#!",
    ];
    windows || others.iter().any(|magic| head.starts_with(magic)) || text_after_mark(head).starts_with(b"#!")
}

/// Whether this is the beginning of an archive, which is not looked into when it lies in another.
pub(crate) fn is_archive(head: &[u8]) -> bool {
    let known: [&[u8]; 7] =
        [b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"MSCF"];
    known.iter().any(|magic| head.starts_with(magic)) || head.get(257..262) == Some(b"ustar")
}

/// The container of old office documents, and of new ones with a password.
pub(crate) fn is_compound_file(head: &[u8]) -> bool {
    head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
}

/// Whether a browser that guesses would take this for a page or a drawing: the tags of the WHATWG's "MIME Sniffing", and XML.
pub(crate) fn is_web_page(head: &[u8]) -> bool {
    const TAGS: [&str; 22] = [
        "!doctype html",
        "html",
        "head",
        "script",
        "iframe",
        "h1",
        "div",
        "font",
        "table",
        "a",
        "style",
        "title",
        "b",
        "body",
        "br",
        "p",
        "!--",
        "?xml",
        "svg",
        "meta",
        "link",
        "!doctype svg",
    ];
    // In UTF-16 every other byte is zero.
    let text: Vec<u8> = text_after_mark(head).iter().filter(|byte| **byte != 0).take(4_096).copied().collect();
    let text = text.trim_ascii_start();
    let Some(text) = text.strip_prefix(b"<") else { return false };
    TAGS.iter().any(|tag| {
        let ends =
            |at: usize| text.get(at).is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'));
        text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
            && (ends(tag.len()) || tag.starts_with(['!', '?']))
    })
}

fn text_after_mark(head: &[u8]) -> &[u8] {
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    marks.iter().find_map(|mark| head.strip_prefix(*mark)).unwrap_or(head)
}

/// Whether this is text: no control characters, or UTF-16 with its mark. Which encoding does not matter; ISO-2022-JP needs ESC.
pub(crate) fn is_text(head: &[u8], part: &[u8]) -> bool {
    let wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let odd = |byte: &u8| *byte < 0x20 && !matches!(*byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    wide || !part.iter().any(odd)
}

/// Whether a file that begins so may be of this type. Archives and texts are looked at elsewhere.
pub(crate) fn fits(media: MediaType, head: &[u8], size: u64) -> bool {
    match media {
        MediaType::Pdf => head.starts_with(b"%PDF-"),
        MediaType::Png => head.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        MediaType::Jpeg => head.starts_with(b"\xff\xd8\xff"),
        MediaType::Webp => {
            let length = head.get(4..8).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
            head.starts_with(b"RIFF")
                && head.get(8..12) == Some(b"WEBP")
                && length.is_some_and(|n| u64::from(n) <= size)
        }
        MediaType::Gif => is_gif(head),
        MediaType::Heic => has_brand(head, &["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]),
        MediaType::Mp4 => has_brand(head, VIDEO),
        MediaType::M4a => has_brand(head, &["M4A ", "M4B "]) || has_brand(head, VIDEO),
        MediaType::Mov => {
            // Before there were brands, a film began with one of its parts.
            let old = [b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];
            has_brand(head, &["qt  "]) || head.get(4..8).is_some_and(|kind| old.iter().any(|old| kind == *old))
        }
        MediaType::Webm => {
            head.starts_with(b"\x1a\x45\xdf\xa3")
                && memchr::memmem::find(head.get(..128).unwrap_or(head), b"\x42\x82\x84webm").is_some()
        }
        MediaType::Mp3 => head.starts_with(b"ID3") || is_mpeg_sound(head),
        MediaType::Docx | MediaType::Xlsx | MediaType::Pptx | MediaType::Odt | MediaType::Zip => {
            head.starts_with(b"PK\x03\x04")
        }
        MediaType::Text | MediaType::Csv => !is_known_binary(head),
    }
}

const VIDEO: &[&str] = &[
    "isom", "iso2", "iso3", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "dash", "M4V ", "MSNV", "3gp4", "3gp5",
    "3gp6",
];

/// ISO/IEC 14496-12: the first box names the brands that a file follows.
fn has_brand(head: &[u8], brands: &[&str]) -> bool {
    let Some(length) = head.get(..4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes) else { return false };
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(4_096);
    let Some(listed) = head.get(8..length.min(head.len())).filter(|_| head.get(4..8) == Some(b"ftyp")) else {
        return false;
    };
    // The second word is a version.
    let named = listed.chunks_exact(4).enumerate().filter(|(at, _)| *at != 1);
    named.into_iter().any(|(_, brand)| brands.iter().any(|known| known.as_bytes() == brand))
}

/// A script that begins as a GIF has `/*` or `=` where the width is.
fn is_gif(head: &[u8]) -> bool {
    let magic = head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a");
    let Some(screen) = head.get(6..13).filter(|_| magic) else { return false };
    let colours = if screen[4] & 0x80 == 0 { 0 } else { 3 << ((screen[4] & 7) + 1) };
    let script = screen.starts_with(b"/*") || screen.starts_with(b"//") || screen[0] == b'=';
    !script && head.get(13 + colours).is_some_and(|block| matches!(block, 0x21 | 0x2c | 0x3b))
}

/// ISO/IEC 11172-3: the head of a frame of layer III.
fn is_mpeg_sound(head: &[u8]) -> bool {
    let [0xff, second, third, ..] = head else { return false };
    second & 0xe0 == 0xe0
        && second & 0x18 != 0x08
        && second & 0x06 == 0x02
        && third & 0xf0 != 0xf0
        && third & 0x0c != 0x0c
}

fn is_known_binary(head: &[u8]) -> bool {
    head.starts_with(b"%PDF-") || head.starts_with(b"{\\rtf") || is_archive(head) || is_compound_file(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_known_by_its_beginning() {
        let program = [&b"MZ\x90"[..], &[0; 60]].concat();
        for head in [
            &program[..],
            b"\x7fELF\x02",
            b"\xca\xfe\xba\xbe\0\0",
            b"\xcf\xfa\xed\xfe",
            b"#!/bin/sh\n",
            b"\xef\xbb\xbf#!/bin/sh",
        ] {
            assert!(is_executable(head), "{head:?}");
        }
        for head in [&b"MZ is the mark of a program"[..], b"# a heading", b"%PDF-1.7", b""] {
            assert!(!is_executable(head), "{head:?}");
        }
    }

    #[test]
    fn pages_are_known_as_browsers_know_them() {
        for page in [
            "<!DOCTYPE html><p>",
            " \r\n\t<HTML lang=ja>",
            "<script>",
            "<svg xmlns='x'>",
            "<?xml version='1.0'?>",
            "<!-- -->",
            "<a>",
            "<br/>",
        ] {
            assert!(is_web_page(page.as_bytes()), "{page}");
            let wide: Vec<u8> =
                [0xff, 0xfe].into_iter().chain(page.encode_utf16().flat_map(u16::to_le_bytes)).collect();
            assert!(is_web_page(&wide), "{page}");
        }
        assert!(is_web_page("\u{feff}<html>".as_bytes()));
        for text in ["a <b>", "<abbreviation>", "< html", "<", "", "1 < 2", "<hanako@example.org>"] {
            assert!(!is_web_page(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn marks_are_no_sound_and_sound_is() {
        assert!(is_mpeg_sound(b"\xff\xfb\x90\x64") && is_mpeg_sound(b"\xff\xf3\x40\xc0"));
        for head in [&b"\xff\xfeh\0"[..], b"\xff\xd8\xff\xe0", b"\xff\xff\xff\xff", b"\xff", b""] {
            assert!(!is_mpeg_sound(head), "{head:?}");
        }
    }
}
