//! ZIP archives and the documents that are such: APPNOTE.TXT 6.3.10, read strictly.
//!
//! Programs disagree about archives that contradict themselves, and what one shows another does not. So only those are taken that all
//! read alike: the directory is the last thing before the end, the files lie before it side by side, and each begins with what the
//! directory says of it. What they unpack to is only added up; of each no more than its first bytes is unpacked.

use crate::examine::{Findings, Stop};
use crate::media::MediaType;
use crate::name::deceives;
use crate::pieces::Pieces;
use crate::reason::Reason;
use crate::signature;
use flate2::{Decompress, FlushDecompress};
use std::ops::Range;

/// Files in one archive.
pub const MAX_ENTRIES: usize = 1_000;
/// Bytes of an archive's directory.
pub const MAX_DIRECTORY_BYTES: u64 = 512 << 10;
/// What an archive may unpack to: ten times the largest upload.
pub const MAX_UNPACKED_BYTES: u64 = 500_000_000;
/// How many times its packed size an archive of some size may unpack to. Tables in XML reach 30.
pub const MAX_RATIO: u64 = 100;
/// From this unpacked size on, the ratio counts.
const RATIO_FROM_BYTES: u64 = 10_000_000;
/// Bytes of a file's name in an archive.
const MAX_ENTRY_NAME_BYTES: u64 = 1_024;
/// Of each file so much of its packed bytes is looked at.
const PEEK_BYTES: u64 = 512;
/// Room for the extra fields of a file's header, beside as much as the directory has.
const EXTRA_BYTES: u64 = 64;
/// Read of each file in an archive at most: its header with two names' length of extra fields, and twice its first bytes.
pub(crate) const MAX_ENTRY_READ_BYTES: u64 = 30 + 2 * MAX_ENTRY_NAME_BYTES + EXTRA_BYTES + 2 * PEEK_BYTES;
/// Of an OpenDocument's manifest, packed and unpacked.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 64 << 10;
const MAX_UNPACKED_MANIFEST_BYTES: usize = 512 << 10;
/// Names of archives inside that are told.
const MAX_NESTED: usize = 10;
/// Between two files may stand a data descriptor, and nothing else.
const MAX_GAP_BYTES: u64 = 24;

const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const ENTRY_BYTES: usize = 46;
const HEADER_BYTES: u64 = 30;
const ENCRYPTED_FLAGS: u16 = 1 | 1 << 6 | 1 << 13;
const DESCRIPTOR_FLAG: u16 = 1 << 3;
const UTF8_FLAG: u16 = 1 << 11;
const AES_FIELD: u16 = 0x9901;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const AES: u16 = 99;

/// What a double click runs, and what installs or leads elsewhere: names of files end so.
const RUNNABLE: [&str; 56] = [
    "apk", "app", "appx", "bat", "chm", "class", "cmd", "com", "command", "cpl", "deb", "dll", "dmg", "exe", "gadget",
    "hta", "img", "inf", "ins", "iso", "isp", "jar", "jnlp", "js", "jse", "ksh", "lnk", "msc", "msi", "msp", "mst",
    "msix", "pif", "pkg", "ps1", "psm1", "reg", "rpm", "scf", "scpt", "scr", "sh", "so", "sys", "url", "vb", "vbe",
    "vbs", "vhd", "vhdx", "vxd", "wsc", "wsf", "wsh", "xll", "desktop",
];
const ARCHIVES: [&str; 10] = ["zip", "7z", "rar", "gz", "tgz", "bz2", "xz", "tar", "cab", "lzh"];

/// A file as the directory describes it.
struct Entry<'a> {
    name: &'a [u8],
    text: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    unpacked: u32,
    at: u64,
    extra_bytes: u64,
}

impl Entry<'_> {
    fn is_folder(&self) -> bool {
        self.text.ends_with('/')
    }
    fn ends_in(&self, list: &[&str]) -> bool {
        let name = self.text.rsplit('/').next().unwrap_or_default().trim_end_matches(['.', ' ']);
        name.rsplit_once('.').is_some_and(|(_, end)| list.iter().any(|known| end.eq_ignore_ascii_case(known)))
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The end of an archive in the last bytes of a file: where it stands, and where the directory is said to be.
struct End {
    at: u64,
    entries: u16,
    directory: Range<u64>,
}

/// The last end record whose comment ends with the file.
fn find_end(tail: &[u8], size: u64) -> Option<Result<End, Reason>> {
    let offset = size.checked_sub(tail.len() as u64)?;
    let at = memchr::memmem::rfind_iter(tail, END)
        .find(|at| u16_at(tail, at + 20).is_some_and(|comment| at + END_BYTES + usize::from(comment) == tail.len()))?;
    Some(read_end(tail, at, offset).ok_or(Reason::ArchiveUnsupported))
}

/// None for an archive in parts, or one so large that it needs ZIP64.
fn read_end(tail: &[u8], at: usize, offset: u64) -> Option<End> {
    let (disk, start_disk) = (u16_at(tail, at + 4)?, u16_at(tail, at + 6)?);
    let (here, entries) = (u16_at(tail, at + 8)?, u16_at(tail, at + 10)?);
    let (length, start) = (u32_at(tail, at + 12)?, u32_at(tail, at + 16)?);
    if disk != 0 || start_disk != 0 || here != entries || entries == u16::MAX || length == u32::MAX || start == u32::MAX
    {
        return None;
    }
    Some(End { at: offset + at as u64, entries, directory: u64::from(start)..u64::from(start) + u64::from(length) })
}

/// Whether a file of another type has an archive at its end. Programs that unpack pass over what lies before and behind one, so here any
/// end record counts that has the end of a directory in front.
pub(crate) fn ends_as_one(tail: &[u8]) -> bool {
    memchr::memmem::rfind_iter(tail, END).any(|at| {
        let length = u32_at(tail, at + 12).and_then(|length| usize::try_from(length).ok());
        let entry = |start: usize| tail.get(start..).is_some_and(|rest| rest.starts_with(b"PK\x01\x02"));
        length.is_some_and(|length| at.checked_sub(length).is_none_or(entry))
    })
}

pub(crate) fn judge(media: MediaType, tail: &[u8], pieces: &Pieces) -> Result<Findings, Stop> {
    let end = find_end(tail, pieces.size()).ok_or(Reason::Damaged)??;
    let length = end.directory.end - end.directory.start;
    if usize::from(end.entries) > MAX_ENTRIES || length > MAX_DIRECTORY_BYTES {
        return Err(Reason::ArchiveTooLarge.into());
    }
    if end.directory.end != end.at {
        return Err(Reason::ArchiveInconsistent.into());
    }
    let directory = pieces.get(end.directory.clone())?;
    let mut entries = read_directory(directory, end.entries)?;
    judge_names(&entries)?;
    judge_sizes(&entries, pieces.size())?;
    entries.sort_by_key(|entry| entry.at);
    judge_places(&entries, end.directory.start)?;
    let peeks = peek(&entries, &end, pieces)?;
    judge_kind(media, &entries, &peeks, pieces)?;
    let named = |(entry, peek): (&Entry<'_>, &Vec<u8>)| {
        (entry.ends_in(&ARCHIVES) || signature::is_archive(peek)).then(|| entry.text.chars().take(255).collect())
    };
    Ok(Findings { nested: entries.iter().zip(&peeks).filter_map(named).take(MAX_NESTED).collect() })
}

fn read_directory(directory: &[u8], count: u16) -> Result<Vec<Entry<'_>>, Reason> {
    let (mut entries, mut rest) = (Vec::with_capacity(usize::from(count)), directory);
    for _ in 0..count {
        let (entry, behind) = read_entry(rest)?;
        entries.push(entry);
        rest = behind;
    }
    match (entries.is_empty(), rest.is_empty()) {
        (true, _) => Err(Reason::Damaged),
        (_, false) => Err(Reason::ArchiveInconsistent),
        _ => Ok(entries),
    }
}

fn read_entry(from: &[u8]) -> Result<(Entry<'_>, &[u8]), Reason> {
    let broken = Reason::ArchiveInconsistent;
    if !from.starts_with(b"PK\x01\x02") {
        return Err(broken);
    }
    let short = |at| u16_at(from, at).ok_or(broken);
    let long = |at| u32_at(from, at).ok_or(broken);
    let (name_bytes, extra_bytes, comment_bytes) =
        (usize::from(short(28)?), usize::from(short(30)?), usize::from(short(32)?));
    let name = from.get(ENTRY_BYTES..ENTRY_BYTES + name_bytes).ok_or(broken)?;
    let extra_end = ENTRY_BYTES + name_bytes + extra_bytes;
    let extra = from.get(ENTRY_BYTES + name_bytes..extra_end).ok_or(broken)?;
    let behind = from.get(extra_end + comment_bytes..).ok_or(broken)?;
    let (flags, method) = (short(8)?, short(10)?);
    let (packed, unpacked, at) = (long(20)?, long(24)?, long(42)?);
    if flags & ENCRYPTED_FLAGS != 0 || method == AES || has_field(extra, AES_FIELD) {
        return Err(Reason::EncryptedArchive);
    }
    if !matches!(method, STORED | DEFLATED) || short(34)? != 0 || [packed, unpacked, at].contains(&u32::MAX) {
        return Err(Reason::ArchiveUnsupported);
    }
    if name.is_empty() || name.len() as u64 > MAX_ENTRY_NAME_BYTES || (method == STORED && packed != unpacked) {
        return Err(broken);
    }
    let (crc, at, extra_bytes) = (long(16)?, u64::from(at), extra_bytes as u64);
    Ok((Entry { name, text: read_name(name, flags), flags, method, crc, packed, unpacked, at, extra_bytes }, behind))
}

fn has_field(mut extra: &[u8], wanted: u16) -> bool {
    while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        if id == wanted {
            return true;
        }
        extra = extra.get(4 + usize::from(length)..).unwrap_or_default();
    }
    false
}

/// Windows in Japan writes names in Windows-31J, in which a backslash is the second byte of some letters.
fn read_name(name: &[u8], flags: u16) -> String {
    match std::str::from_utf8(name) {
        Ok(text) => text.to_owned(),
        Err(_) if flags & UTF8_FLAG != 0 => String::from_utf8_lossy(name).into_owned(),
        Err(_) => encoding_rs::SHIFT_JIS.decode_without_bom_handling(name).0.into_owned(),
    }
}

fn judge_names(entries: &[Entry<'_>]) -> Result<(), Reason> {
    for entry in entries {
        let path = entry.text.strip_suffix('/').unwrap_or(&entry.text);
        let odd = path.chars().any(|c| c == '\\' || deceives(c));
        if odd || path.split('/').any(|step| matches!(step, "" | "." | "..")) || path.get(1..2) == Some(":") {
            return Err(Reason::ArchiveInconsistent);
        }
        if entry.ends_in(&RUNNABLE) {
            return Err(Reason::ArchiveExecutable);
        }
    }
    Ok(())
}

fn judge_sizes(entries: &[Entry<'_>], size: u64) -> Result<(), Reason> {
    let unpacked: u64 = entries.iter().map(|entry| u64::from(entry.unpacked)).sum();
    if unpacked > MAX_UNPACKED_BYTES || (unpacked > RATIO_FROM_BYTES && unpacked / size.max(1) >= MAX_RATIO) {
        return Err(Reason::ArchiveTooLarge);
    }
    Ok(())
}

/// From the first byte to the directory, side by side, each once. `entries` are in order of their places.
fn judge_places(entries: &[Entry<'_>], directory: u64) -> Result<(), Reason> {
    let mut end = 0;
    for entry in entries {
        // A header may have other extra fields than the directory, so its length is known only later; the next file tells roughly.
        if entry.at < end {
            return Err(Reason::ArchiveInconsistent);
        }
        end = entry.at + HEADER_BYTES + entry.name.len() as u64 + u64::from(entry.packed);
    }
    if entries.first().is_some_and(|first| first.at != 0) || end > directory {
        return Err(Reason::ArchiveInconsistent);
    }
    Ok(())
}

/// The first unpacked bytes of each file, after its header was held against the directory.
fn peek(entries: &[Entry<'_>], end: &End, pieces: &Pieces) -> Result<Vec<Vec<u8>>, Stop> {
    let limit = end.directory.start;
    let first = |entry: &Entry<'_>| {
        let length = HEADER_BYTES
            + entry.name.len() as u64
            + entry.extra_bytes.min(MAX_ENTRY_NAME_BYTES)
            + EXTRA_BYTES
            + PEEK_BYTES;
        entry.at..(entry.at + length).min(limit)
    };
    let headers = pieces.get_all(entries.iter().map(first))?;
    let mut places = Vec::with_capacity(entries.len());
    for (place, (entry, header)) in entries.iter().zip(&headers).enumerate() {
        let data = entry.at + judge_header(entry, header)?;
        let behind = data + u64::from(entry.packed);
        let next = entries.get(place + 1).map_or(limit, |next| next.at);
        if behind > next || next - behind > MAX_GAP_BYTES {
            return Err(Reason::ArchiveInconsistent.into());
        }
        places.push(data..behind.min(data + PEEK_BYTES));
    }
    let parts = pieces.get_all(places)?;
    let mut peeks = Vec::with_capacity(entries.len());
    for (entry, part) in entries.iter().zip(parts) {
        let peek = if entry.method == STORED { part.to_vec() } else { inflate(part, 1_024) };
        if signature::is_executable(&peek) {
            return Err(Reason::ArchiveExecutable.into());
        }
        peeks.push(peek);
    }
    Ok(peeks)
}

/// The length of a file's header, which must say what the directory says.
fn judge_header(entry: &Entry<'_>, header: &[u8]) -> Result<u64, Reason> {
    let broken = Reason::ArchiveInconsistent;
    if !header.starts_with(b"PK\x03\x04") {
        return Err(broken);
    }
    let short = |at| u16_at(header, at).ok_or(broken);
    let long = |at| u32_at(header, at).ok_or(broken);
    let (flags, method, name_bytes, extra_bytes) = (short(6)?, short(8)?, usize::from(short(26)?), short(28)?);
    if flags & ENCRYPTED_FLAGS != 0 || method == AES {
        return Err(Reason::EncryptedArchive);
    }
    if method != entry.method || header.get(30..30 + name_bytes) != Some(entry.name) {
        return Err(broken);
    }
    // Sizes stand behind the data instead, or, in the manner of ZIP64, in an extra field.
    let later = flags & DESCRIPTOR_FLAG != 0;
    let (crc, packed, unpacked) = (long(14)?, long(18)?, long(22)?);
    let same = |said: u32, known: u32| said == known || said == u32::MAX || (later && said == 0);
    if (crc != entry.crc && !(later && crc == 0)) || !same(packed, entry.packed) || !same(unpacked, entry.unpacked) {
        return Err(broken);
    }
    if flags & DESCRIPTOR_FLAG != entry.flags & DESCRIPTOR_FLAG {
        return Err(broken);
    }
    Ok(HEADER_BYTES + name_bytes as u64 + u64::from(extra_bytes))
}

/// At most `limit` bytes of what a deflated part unpacks to; fewer where it breaks off.
fn inflate(part: &[u8], limit: usize) -> Vec<u8> {
    let mut out = vec![0; limit];
    let mut state = Decompress::new(false);
    // An error leaves what was unpacked before it.
    let _ = state.decompress(part, &mut out, FlushDecompress::Sync);
    out.truncate(usize::try_from(state.total_out()).unwrap_or(limit).min(limit));
    out
}

/// Whether the archive is the document it is declared to be, and nothing in it runs or is encrypted.
fn judge_kind(media: MediaType, entries: &[Entry<'_>], peeks: &[Vec<u8>], pieces: &Pieces) -> Result<(), Stop> {
    let named = |wanted: &str| entries.iter().position(|entry| entry.text == wanted);
    let below = |folder: &str| entries.iter().any(|entry| entry.text.starts_with(folder) && !entry.is_folder());
    let office = |folder| named("[Content_Types].xml").is_some() && below(folder);
    let fits = match media {
        MediaType::Docx => office("word/"),
        MediaType::Xlsx => office("xl/"),
        MediaType::Pptx => office("ppt/"),
        MediaType::Odt => {
            named("mimetype") == Some(0) && peeks.first().is_some_and(|peek| peek == media.name().as_bytes())
        }
        _ => true,
    };
    if !fits {
        return Err(Reason::NotDeclaredType.into());
    }
    if media != MediaType::Zip {
        let program = |entry: &&Entry<'_>| entry.text.to_ascii_lowercase().ends_with("vbaproject.bin");
        if entries.iter().any(|entry| program(&entry))
            || (media == MediaType::Odt && (below("Basic/") || below("Scripts/")))
        {
            return Err(Reason::Macros.into());
        }
    }
    if media == MediaType::Odt && is_encrypted_odt(entries, named("META-INF/manifest.xml"), pieces)? {
        return Err(Reason::EncryptedDocument.into());
    }
    Ok(())
}

/// OpenDocument 1.2 part 3: which files are encrypted stands in the manifest; a whole document as one package has that name.
fn is_encrypted_odt(entries: &[Entry<'_>], manifest: Option<usize>, pieces: &Pieces) -> Result<bool, Stop> {
    if entries.iter().any(|entry| entry.text == "encrypted-package") {
        return Ok(true);
    }
    let manifest = manifest.and_then(|place| entries.get(place)).ok_or(Reason::Damaged)?;
    let header = pieces.get(manifest.at..manifest.at + HEADER_BYTES)?;
    let data = manifest.at + judge_length(header)?;
    let length = u64::from(manifest.packed);
    if length > MAX_MANIFEST_BYTES {
        return Err(Reason::ArchiveTooLarge.into());
    }
    let part = pieces.get(data..data + length)?;
    let text = if manifest.method == STORED { part.to_vec() } else { inflate(part, MAX_UNPACKED_MANIFEST_BYTES) };
    Ok(memchr::memmem::find(&text, b"encryption-data").is_some())
}

fn judge_length(header: &[u8]) -> Result<u64, Reason> {
    let (name, extra) = (u16_at(header, 26), u16_at(header, 28));
    let (name, extra) = name.zip(extra).ok_or(Reason::ArchiveInconsistent)?;
    Ok(HEADER_BYTES + u64::from(name) + u64::from(extra))
}
