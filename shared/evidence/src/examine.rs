//! The examination: from what is known of a file to a verdict, or to what needs to be known.

use crate::media::MediaType;
use crate::pieces::{Need, Pieces};
use crate::reason::Reason;
use crate::{HEAD_BYTES, MAX_FILE_BYTES, TAIL_BYTES, pdf, signature, zip};

/// What reviewers should know of a file that is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Names of archives inside the archive, which nobody has looked into; the first few.
    pub nested: Vec<String>,
}

/// How far an examination came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This must be known of the file first.
    Need(Need),
    /// It is what it claims.
    Accepted(Findings),
    /// It is not to be taken.
    Refused(Reason),
}

/// Why an examination goes no further for now.
#[derive(Debug)]
pub(crate) enum Stop {
    Need(Need),
    Refuse(Reason),
}
impl From<Need> for Stop {
    fn from(need: Need) -> Self {
        Self::Need(need)
    }
}
impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refuse(reason)
    }
}

/// Examines what is known of a file that was declared to be of this type and size.
#[must_use]
pub fn examine(media: MediaType, declared_bytes: u64, pieces: &Pieces) -> Verdict {
    match judge(media, declared_bytes, pieces) {
        Ok(findings) => Verdict::Accepted(findings),
        Err(Stop::Need(need)) => Verdict::Need(need),
        Err(Stop::Refuse(reason)) => Verdict::Refused(reason),
    }
}

fn judge(media: MediaType, declared_bytes: u64, pieces: &Pieces) -> Result<Findings, Stop> {
    let size = pieces.size();
    match size {
        0 => return Err(Reason::Empty.into()),
        _ if size > MAX_FILE_BYTES => return Err(Reason::TooLarge.into()),
        _ if size != declared_bytes => return Err(Reason::SizeDiffers.into()),
        _ => {}
    }
    let ends = pieces.get_all([0..HEAD_BYTES, size.saturating_sub(TAIL_BYTES)..size])?;
    let [head, tail] = ends[..] else { return Err(Reason::Damaged.into()) };

    if signature::is_executable(head) {
        return Err(Reason::Executable.into());
    }
    if signature::is_web_page(head) {
        return Err(Reason::WebPage.into());
    }
    if media.is_archive() && signature::is_compound_file(head) && is_encrypted_package(head, tail, pieces)? {
        return Err(Reason::EncryptedDocument.into());
    }
    if !signature::fits(media, head, size) {
        return Err(Reason::NotDeclaredType.into());
    }
    // Readers of PDF look for its beginning further in, readers of ZIP at the end: no file may be one of these as well.
    let early = head.get(..1_024).unwrap_or(head);
    let text = matches!(media, MediaType::Text | MediaType::Csv);
    if !text
        && !media.is_archive()
        && memchr::memmem::find(early, b"%PDF-").is_some_and(|at| at > 0 || media != MediaType::Pdf)
    {
        return Err(Reason::Ambiguous.into());
    }
    if !media.is_archive() && zip::ends_as_one(tail) {
        return Err(Reason::Ambiguous.into());
    }
    match media {
        MediaType::Pdf => pdf::judge(head, tail, pieces).map(|()| Findings::default()),
        MediaType::Text | MediaType::Csv if !(signature::is_text(head, head) && signature::is_text(head, tail)) => {
            Err(Reason::NotDeclaredType.into())
        }
        _ if media.is_archive() => zip::judge(media, tail, pieces),
        _ => Ok(Findings::default()),
    }
}

/// \[MS-OFFCRYPTO\]: an office document with a password is a compound file with a stream of this name. Names lie in the directory, whose
/// first sector the head names.
fn is_encrypted_package(head: &[u8], tail: &[u8], pieces: &Pieces) -> Result<bool, Need> {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let holds = |part: &[u8]| memchr::memmem::find(part, &name).is_some();
    if holds(head) || holds(tail) {
        return Ok(true);
    }
    let shift = head.get(30..32).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes);
    let sector = head.get(48..52).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let (Some(shift @ 9..=12), Some(sector)) = (shift, sector) else { return Ok(false) };
    let at = (u64::from(sector) + 1) << shift;
    Ok(holds(pieces.get(at..at + 4_096)?))
}
