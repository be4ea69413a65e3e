//! What strangers may send: every kind that is refused, by its reason; and that nothing whatever makes the examination panic, read more
//! than it may, or go round in circles.

use crate::testing::{Member, encrypted_office, good, odt, office, pdf, program, zip};
use crate::{Findings, MAX_READ_BYTES, MAX_ROUNDS, MediaType, Pieces, Reason, Verdict, examine};
use proptest::prelude::*;

/// The verdict on a file, read as a caller would read it, and what was read for it.
fn read(media: MediaType, file: &[u8]) -> (Result<Findings, Reason>, u64, usize) {
    let mut pieces = Pieces::of_size(file.len() as u64);
    let mut bytes = 0;
    for round in 0..=MAX_ROUNDS {
        match examine(media, file.len() as u64, &pieces) {
            Verdict::Accepted(findings) => return (Ok(findings), bytes, round),
            Verdict::Refused(reason) => return (Err(reason), bytes, round),
            Verdict::Need(need) => {
                bytes += need.ranges().iter().map(|range| range.end - range.start).sum::<u64>();
                for range in need.reads() {
                    let (from, to) = (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
                    pieces.fill(&need, range.start, &file[from..to]);
                }
            }
        }
    }
    panic!("it goes round in circles");
}

fn verdict(media: MediaType, file: &[u8]) -> Result<Findings, Reason> {
    read(media, file).0
}

#[track_caller]
fn refused(media: MediaType, file: &[u8], reason: Reason) {
    assert_eq!(verdict(media, file), Err(reason));
}

#[test]
fn good_files_are_taken_as_what_they_are_and_as_nothing_else() {
    for media in MediaType::ALL {
        let file = good(*media);
        assert_eq!(verdict(*media, &file), Ok(Findings::default()), "{media:?}");
        for other in MediaType::ALL.iter().filter(|other| *other != media) {
            let same =
                [[MediaType::Text, MediaType::Csv], [MediaType::Mp4, MediaType::M4a], [MediaType::M4a, MediaType::Mp4]];
            let both = |a, b| same.iter().any(|pair| pair.contains(&a) && pair.contains(&b));
            let archive = *other == MediaType::Zip && media.is_archive();
            let taken = verdict(*other, &file).is_ok();
            assert_eq!(taken, both(*media, *other) || archive, "{media:?} as {other:?}");
        }
    }
}

#[test]
fn old_and_odd_beginnings_of_good_files() {
    let film = b"\0\0\0\x08wide\0\0\0\x10mdat";
    assert!(verdict(MediaType::Mov, film).is_ok());
    assert!(verdict(MediaType::Mp3, b"\xff\xfb\x90\x64\0\0\0\0").is_ok());
    let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode("表計算,ソ\r\n");
    assert!(verdict(MediaType::Csv, &sjis).is_ok());
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain("花子,1\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert!(verdict(MediaType::Csv, &wide).is_ok());
    assert!(verdict(MediaType::Text, b"MZ is the mark of a program, <b> the tag of bold type.").is_ok());
}

#[test]
fn programs_scripts_and_pages() {
    let declared = [MediaType::Pdf, MediaType::Jpeg, MediaType::Text, MediaType::Zip, MediaType::Docx, MediaType::Mp4];
    let shortcut = [&b"L\0\0\0\x01\x14\x02\0"[..], &[0; 100]].concat();
    for media in declared {
        for file in [
            &program()[..],
            b"\x7fELF\x02\x01\x01\0",
            b"\xcf\xfa\xed\xfe\x07\0\0\x01",
            b"\xca\xfe\xba\xbe\0\0\0\x34",
            &shortcut,
            b"#!/bin/sh\nrm -rf /",
        ] {
            refused(media, file, Reason::Executable);
        }
        for page in [
            "<!DOCTYPE html><script>",
            "  <html>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>",
            "<?xml version=\"1.0\"?><svg/>",
        ] {
            refused(media, page.as_bytes(), Reason::WebPage);
        }
    }
}

#[test]
fn two_files_in_one() {
    refused(MediaType::Gif, b"GIF89a/*\x01\0\0\0\0,\0\0*/=1;alert(1)//;", Reason::NotDeclaredType);
    refused(MediaType::Gif, b"GIF89a=1;alert(1)//\0\0", Reason::NotDeclaredType);
    let page_first = [b"<html><script>alert(1)</script>\n".to_vec(), pdf("")].concat();
    refused(MediaType::Pdf, &page_first, Reason::WebPage);
    refused(MediaType::Pdf, &[b"\n\n".to_vec(), pdf("")].concat(), Reason::NotDeclaredType);
    // A picture that is a PDF to readers of PDF, and pictures that are archives to readers of archives.
    let both = [&b"\xff\xd8\xff\xfe\x04\0"[..], &pdf("")].concat();
    refused(MediaType::Jpeg, &both, Reason::Ambiguous);
    let archive = zip(&[Member::new("evil.txt", b"x")]);
    for media in [MediaType::Gif, MediaType::Png, MediaType::Jpeg, MediaType::Mp4, MediaType::Text] {
        let file = [good(media), archive.clone()].concat();
        let expected = if media == MediaType::Text {
            [Reason::Ambiguous, Reason::NotDeclaredType]
        } else {
            [Reason::Ambiguous; 2]
        };
        assert!(expected.contains(&verdict(media, &file).unwrap_err()), "{media:?}");
    }
    refused(MediaType::Pdf, &[pdf(""), archive.clone(), b"startxref\n9\n%%EOF".to_vec()].concat(), Reason::Ambiguous);
    // An archive with something in front, and with something between.
    refused(MediaType::Zip, &[program(), archive.clone()].concat(), Reason::Executable);
    refused(MediaType::Zip, &[b"PK\x03\x04".to_vec(), archive].concat(), Reason::ArchiveInconsistent);
}

#[test]
fn pdfs_that_cannot_be_read() {
    refused(MediaType::Pdf, &pdf("/Encrypt 5 0 R"), Reason::EncryptedPdf);
    refused(MediaType::Pdf, &pdf("/#45ncrypt << /Filter /Standard >>"), Reason::EncryptedPdf);
    refused(MediaType::Pdf, b"%PDF-1.7\n1 0 obj\n", Reason::Damaged);
    refused(MediaType::Pdf, b"%PDF-1.7\nstartxref\n99999\n%%EOF", Reason::Damaged);
    refused(MediaType::Pdf, b"%PDF-1.7\nstartxref\n99999999999999999999999\n%%EOF", Reason::Damaged);
    // The stream of references may lie far from both ends.
    let filler = vec![b' '; 200_000];
    let middle = b"7 0 obj\n<< /Type /XRef /Encrypt 9 0 R >>\nstream\n";
    let far = |at: usize| {
        let end = format!("\nstartxref\n{at}\n%%EOF\n");
        [&b"%PDF-1.7\n"[..], &filler, middle, &filler, end.as_bytes()].concat()
    };
    refused(MediaType::Pdf, &far(9 + filler.len()), Reason::EncryptedPdf);
    assert!(verdict(MediaType::Pdf, &pdf("/ID [(/EncryptMetadata)]")).is_ok());
}

#[test]
fn documents_with_passwords_and_macros() {
    for media in [MediaType::Docx, MediaType::Xlsx, MediaType::Pptx] {
        refused(media, &encrypted_office(), Reason::EncryptedDocument);
        let mut old = encrypted_office();
        old.truncate(100_000);
        refused(media, &old, Reason::NotDeclaredType);
    }
    refused(MediaType::Docx, &office("word", &[Member::new("word/vbaProject.bin", b"x")]), Reason::Macros);
    refused(MediaType::Xlsx, &office("xl", &[Member::new("XL/VBAPROJECT.BIN", b"x")]), Reason::Macros);
    refused(MediaType::Docx, &office("xl", &[]), Reason::NotDeclaredType);
    refused(MediaType::Docx, &zip(&[Member::new("word/main.xml", b"")]), Reason::NotDeclaredType);
    let encrypted = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>";
    refused(MediaType::Odt, &odt(encrypted, &[]), Reason::EncryptedDocument);
    refused(MediaType::Odt, &odt("", &[Member::new("encrypted-package", b"x")]), Reason::EncryptedDocument);
    refused(MediaType::Odt, &odt("", &[Member::new("Basic/Standard/Module1.xml", b"x")]), Reason::Macros);
    refused(MediaType::Odt, &zip(&[Member::stored("mimetype", b"application/epub+zip")]), Reason::NotDeclaredType);
}

fn one(member: Member) -> Vec<u8> {
    zip(&[Member::new("readme.txt", b"hello"), member])
}

#[test]
fn archives_that_are_encrypted_somewhere() {
    for flags in [1, 1 << 6 | 1, 1 << 13] {
        refused(MediaType::Zip, &one(Member { flags, ..Member::new("a.txt", b"x") }), Reason::EncryptedArchive);
    }
    // Only the header says so, or only the directory.
    let plain = one(Member::new("a.txt", b"x"));
    for (magic, flags_at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = memchr::memmem::rfind(&plain, magic).unwrap();
        let mut file = plain.clone();
        file[at + flags_at] |= 1;
        refused(MediaType::Zip, &file, Reason::EncryptedArchive);
        // AES, as WinZip writes it, without the flag.
        let mut file = plain.clone();
        file[at + flags_at + 2] = 99;
        refused(MediaType::Zip, &file, Reason::EncryptedArchive);
    }
    // The extra field of AES in the directory.
    let at = memchr::memmem::rfind(&plain, b"PK\x01\x02").unwrap();
    let end = memchr::memmem::rfind(&plain, b"PK\x05\x06").unwrap();
    let mut file = plain.clone();
    file[at + 30] = 11;
    let field = b"\x01\x99\x07\0\x02\0AE\x03\x08\0";
    file.splice(end..end, field.iter().copied());
    let length = u32::from_le_bytes(file[end + 11 + 12..end + 11 + 16].try_into().unwrap()) + 11;
    file[end + 11 + 12..end + 11 + 16].copy_from_slice(&length.to_le_bytes());
    refused(MediaType::Zip, &file, Reason::EncryptedArchive);
}

#[test]
fn archives_that_hold_programs() {
    for name in [
        "setup.exe",
        "a/b/RUN.BAT",
        "x.js",
        "report.pdf.lnk",
        "photo.jpg.scr",
        "tool.jar",
        "evil.exe.",
        "evil.exe ",
        "花.vbs",
    ] {
        refused(MediaType::Zip, &one(Member::new(name, b"x")), Reason::ArchiveExecutable);
    }
    // Whatever they are called.
    for file in [program(), b"\x7fELF\x02\x01\x01\0\0".to_vec(), b"#!/usr/bin/env python3\n".to_vec()] {
        refused(MediaType::Zip, &one(Member::new("photo.jpg", &file)), Reason::ArchiveExecutable);
        refused(MediaType::Zip, &one(Member::stored("photo.jpg", &file)), Reason::ArchiveExecutable);
        refused(
            MediaType::Docx,
            &office("word", &[Member::new("word/media/image1.png", &file)]),
            Reason::ArchiveExecutable,
        );
    }
}

#[test]
fn archives_inside_are_named() {
    let inner = good(MediaType::Zip);
    let file =
        zip(&[Member::new("photos.zip", &inner), Member::stored("notes.dat", &inner), Member::new("a.txt", b"x")]);
    assert_eq!(verdict(MediaType::Zip, &file).unwrap().nested, ["photos.zip", "notes.dat"]);
    let many: Vec<Member> = (0..30).map(|n| Member::new(&format!("{n}.7z"), b"x")).collect();
    assert_eq!(verdict(MediaType::Zip, &zip(&many)).unwrap().nested.len(), 10);
}

#[test]
fn archives_that_contradict_themselves_or_deceive() {
    for name in [
        "../../etc/passwd",
        "/etc/passwd",
        "a//b",
        "C:\\x.txt",
        "c:x.txt",
        "a\\b.txt",
        "a\0b.txt",
        "photo\u{202e}gnp.txt",
        "a/./b",
    ] {
        refused(MediaType::Zip, &one(Member::new(name, b"x")), Reason::ArchiveInconsistent);
    }
    let plain = one(Member::new("a.txt", b"some content that is packed"));
    let changed = |magic: &[u8], at: usize, value: u8| {
        let mut file = plain.clone();
        let start = memchr::memmem::rfind(&file, magic).unwrap();
        file[start + at] = value;
        verdict(MediaType::Zip, &file)
    };
    let (header, directory, end) = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06");
    for (magic, at, value) in [
        (header, 30, b'b'), // another name
        (header, 8, 0),     // not packed
        (header, 18, 200),  // another size
        (header, 22, 200),  // another unpacked size
        (header, 14, 0),    // another checksum
        (header, 2, 9),     // no header
        (directory, 2, 9),  // no entry
        (directory, 42, 5), // inside another file
        (directory, 20, 200),
        (end, 10, 1),
        (end, 16, 1),
    ] {
        let verdict = changed(magic, at, value);
        assert!(
            matches!(verdict, Err(Reason::ArchiveInconsistent | Reason::ArchiveUnsupported)),
            "{magic:?} {at}: {verdict:?}"
        );
    }
    // A second directory in the comment.
    let mut file = plain.clone();
    let length = plain.len();
    file[length - 2..].copy_from_slice(&u16::try_from(length).unwrap().to_le_bytes());
    file.extend_from_slice(&plain);
    refused(MediaType::Zip, &file, Reason::ArchiveInconsistent);
    // Something hidden between two files.
    let first = zip(&[Member::new("a.txt", &[b'x'; 40])]);
    refused(MediaType::Zip, &first[..first.len() - 30], Reason::Damaged);
    // Names in the way of Japanese Windows, with a backslash inside a letter.
    let (name, _, _) = encoding_rs::SHIFT_JIS.encode("表計算ソフト.txt");
    assert!(name.contains(&b'\\'));
    assert!(verdict(MediaType::Zip, &one(Member { name: name.to_vec(), ..Member::new("", b"x") })).is_ok());
    let (name, _, _) = encoding_rs::SHIFT_JIS.encode("ソ.exe");
    refused(MediaType::Zip, &one(Member { name: name.to_vec(), ..Member::new("", b"x") }), Reason::ArchiveExecutable);
}

#[test]
fn bombs_do_not_go_off() {
    let zeros = vec![0; 20_000_000];
    refused(MediaType::Zip, &zip(&[Member::new("a.bin", &zeros)]), Reason::ArchiveTooLarge);
    refused(MediaType::Docx, &office("word", &[Member::new("word/a.xml", &zeros)]), Reason::ArchiveTooLarge);
    // A small one is a small one.
    assert!(verdict(MediaType::Zip, &zip(&[Member::new("a.bin", &zeros[..1_000_000])])).is_ok());
    let many: Vec<Member> = (0..1_001).map(|n| Member::stored(&format!("{n}.txt"), b"x")).collect();
    refused(MediaType::Zip, &zip(&many), Reason::ArchiveTooLarge);
    let (taken, _, rounds) = read(MediaType::Zip, &zip(&many[1..]));
    assert!(taken.is_ok() && rounds <= 4);
    // Files that lie over each other: each says it is packed in what belongs to the next.
    let mut file = zip(&many[..3]);
    let at = memchr::memmem::rfind(&file, b"PK\x01\x02").unwrap();
    file[at + 42..at + 46].copy_from_slice(&0u32.to_le_bytes());
    refused(MediaType::Zip, &file, Reason::ArchiveInconsistent);
}

#[test]
fn sizes_that_differ() {
    let judged = |size, declared| examine(MediaType::Pdf, declared, &Pieces::of_size(size));
    assert_eq!(judged(0, 0), Verdict::Refused(Reason::Empty));
    assert_eq!(judged(10, 11), Verdict::Refused(Reason::SizeDiffers));
    assert_eq!(judged(50_000_001, 50_000_001), Verdict::Refused(Reason::TooLarge));
}

#[test]
fn of_a_large_file_little_is_read() {
    let mut film = good(MediaType::Mp4);
    film.resize(50_000_000, 7);
    let (taken, bytes, rounds) = read(MediaType::Mp4, &film);
    assert!(taken.is_ok() && bytes < 132_000 && rounds == 1, "{bytes} {rounds}");
    let photos: Vec<Member> = (0..40)
        .map(|n| Member::stored(&format!("{n}.jpg"), &[&b"\xff\xd8\xff"[..], &vec![7; 1_200_000]].concat()))
        .collect();
    let (taken, bytes, rounds) = read(MediaType::Zip, &zip(&photos));
    assert!(taken.is_ok() && bytes < 160_000 && rounds <= 4, "{bytes} {rounds}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_makes_it_panic_or_read_on(
        media in prop::sample::select(MediaType::ALL), start in prop::sample::select(MediaType::ALL),
        junk in prop::collection::vec(any::<u8>(), 0..2_000), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(), whole in any::<bool>(), middle in any::<bool>(),
    ) {
        let mut file = good(start);
        if middle {
            file.splice(file.len() / 2..file.len() / 2, junk);
        } else {
            file.extend(junk);
            file.extend(good(media));
        }
        for (place, value) in changes {
            let place = place.index(file.len());
            file[place] = value;
        }
        if !whole {
            file.truncate(cut.index(file.len()).max(1));
        }
        for declared in [media, start] {
            let (_, bytes, rounds) = read(declared, &file);
            prop_assert!(bytes <= MAX_READ_BYTES && rounds <= MAX_ROUNDS);
        }
    }

    #[test]
    fn an_archives_fields_may_say_anything(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), large in any::<bool>(),
    ) {
        let filler = vec![b'a'; if large { 90_000 } else { 10 }];
        let mut file = zip(&[Member::stored("a.txt", &filler), Member::new("b.txt", &filler), Member::stored("c.txt", &filler)]);
        let from = memchr::memmem::find(&file, b"PK\x01\x02").unwrap();
        for (place, value) in changes {
            let place = from + place.index(file.len() - from);
            file[place] = value;
        }
        for media in [MediaType::Zip, MediaType::Docx, MediaType::Odt] {
            let (_, bytes, rounds) = read(media, &file);
            prop_assert!(bytes <= MAX_READ_BYTES && rounds <= MAX_ROUNDS);
        }
    }
}
