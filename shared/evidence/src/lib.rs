//! Files that applicants hand in as evidence: what may be uploaded, and whether the bytes are what they claim.
//!
//! A file is declared before it is uploaded ([`Declaration`]): its name, its media type and its exact size. What then arrives is
//! strangers' bytes, which reviewers will open. They are never decoded or rewritten here, since what was judged must be what is handed
//! out later. [`examine`] looks at structure only: the leading bytes against the declared type, whether a file is also something
//! else, whether anything in it is encrypted and so cannot be looked into, what an archive holds and what it says it unpacks to.
//! What it does not see is for a virus scanner: docs/evidence.md.
//!
//! # Reading little
//!
//! A file may have 50 MB and lies elsewhere. [`examine`] is given the [`Pieces`] that are known of it. It answers with a verdict, or
//! with what it [`Need`]s to know, whereupon the caller reads that and asks again; being asked again costs little. Of every file it
//! needs the first [`HEAD_BYTES`] and the last [`TAIL_BYTES`]; of a PDF the [`pdf::XREF_BYTES`] that its end points to; of an archive its
//! directory ([`MAX_DIRECTORY_BYTES`]) and some 600 bytes at the beginning of each of its at most [`MAX_ENTRIES`] files. That is at most
//! [`MAX_READ_BYTES`] in [`MAX_ROUNDS`] rounds, whatever the file.
//!
//! # Why no crate for magic numbers
//!
//! `infer` and `file-format` are well kept, but answer another question: what may this be, out of hundreds of types. Here one of a dozen
//! types has been declared, and the question is whether the file is that *and nothing else*. The signatures are the smallest part
//! of that, and the decision which of them count belongs next to the reasons.

mod examine;
#[cfg(test)]
mod hostile;
mod media;
mod name;
pub mod pdf;
mod pieces;
mod reason;
mod signature;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod zip;

pub use examine::{Findings, Verdict, examine};
pub use media::MediaType;
pub use name::{FileName, MAX_NAME_BYTES};
pub use pieces::{Need, Pieces};
pub use reason::Reason;
pub use zip::{MAX_DIRECTORY_BYTES, MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES};

use serde::{Deserialize, Serialize};

/// The largest file: 50 MB, as other such systems take and a phone's video of a minute needs.
pub const MAX_FILE_BYTES: u64 = 50_000_000;
/// Files of one application that count, that is, that were not refused.
pub const MAX_FILES: usize = 10;
/// Read of the beginning of every file.
pub const HEAD_BYTES: u64 = 64 << 10;
/// Read of the end of every file: where an archive's directory is announced, behind which a comment of 65,535 bytes may stand.
pub const TAIL_BYTES: u64 = 22 + 65_535;
/// Never more is read of a file than this: head, tail, directory, and the beginnings of an archive's files.
pub const MAX_READ_BYTES: u64 = HEAD_BYTES
    + TAIL_BYTES
    + MAX_DIRECTORY_BYTES
    + MAX_ENTRIES as u64 * zip::MAX_ENTRY_READ_BYTES
    + zip::MAX_MANIFEST_BYTES;
/// Never more often is something needed: the ends, the directory or what the end points to, the files' beginnings, what lies behind
/// them, a manifest; and then it is known.
pub const MAX_ROUNDS: usize = 6;

/// What somebody says about a file before uploading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Its name, as it is shown.
    pub name: FileName,
    /// What it is.
    pub media: MediaType,
    /// Its exact size.
    pub size_bytes: u64,
}

/// A part of a declaration, to say which one a complaint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The name.
    Name,
    /// The media type.
    Media,
    /// The size.
    Size,
}

impl Declaration {
    /// Reads what somebody says about a file. An empty media type, which browsers give for what they do not know, is taken from the
    /// name.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(name: &str, media_type: &str, size_bytes: u64) -> Result<Self, Vec<(Part, Reason)>> {
        let mut wrong = Vec::new();
        let parsed = FileName::parse(name).map_err(|reason| wrong.push((Part::Name, reason))).ok();
        let extension = parsed.as_ref().and_then(FileName::extension);
        let media = match media_type.split(';').next().unwrap_or_default().trim() {
            "" => extension.as_deref().and_then(MediaType::of_extension),
            named => MediaType::of_name(named),
        };
        match (media, &parsed) {
            (None, _) => wrong.push((Part::Media, Reason::TypeNotAllowed)),
            (Some(media), Some(_)) if !extension.is_some_and(|end| media.extensions().contains(&end.as_str())) => {
                wrong.push((Part::Name, Reason::NameNotOfType));
            }
            _ => {}
        }
        match size_bytes {
            0 => wrong.push((Part::Size, Reason::Empty)),
            1..=MAX_FILE_BYTES => {}
            _ => wrong.push((Part::Size, Reason::TooLarge)),
        }
        match (parsed, media) {
            (Some(name), Some(media)) if wrong.is_empty() => Ok(Self { name, media, size_bytes }),
            _ => Err(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_read_whole() {
        let read = Declaration::read("成績証明書.PDF", "application/pdf", 1_000).unwrap();
        assert_eq!((read.name.as_str(), read.media), ("成績証明書.PDF", MediaType::Pdf));
        assert_eq!(serde_json::from_str::<Declaration>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
        assert_eq!(Declaration::read("a.csv", "text/csv; charset=shift_jis", 1).unwrap().media, MediaType::Csv);
        assert_eq!(Declaration::read("a.heic", "", 1).unwrap().media, MediaType::Heic);
        assert!(Declaration::read("a.mp4", "video/mp4", MAX_FILE_BYTES).is_ok());
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let wrong = Declaration::read("../a.exe", "application/x-msdownload", 0).unwrap_err();
        let expected =
            [(Part::Name, Reason::NameNotAllowed), (Part::Media, Reason::TypeNotAllowed), (Part::Size, Reason::Empty)];
        assert_eq!(wrong, expected);
        let wrong = |name, media, size| Declaration::read(name, media, size).unwrap_err();
        assert_eq!(wrong("a.exe", "application/pdf", 1), [(Part::Name, Reason::NameNotOfType)]);
        assert_eq!(wrong("pdf", "application/pdf", 1), [(Part::Name, Reason::NameNotOfType)]);
        assert_eq!(wrong("a.svg", "image/svg+xml", 1), [(Part::Media, Reason::TypeNotAllowed)]);
        assert_eq!(wrong("a.html", "", 1), [(Part::Media, Reason::TypeNotAllowed)]);
        assert_eq!(wrong("a.pdf", "", MAX_FILE_BYTES + 1), [(Part::Size, Reason::TooLarge)]);
    }
}
