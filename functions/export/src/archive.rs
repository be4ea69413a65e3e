//! A zip that is given away while it is written, and that another process can go on with.
//!
//! The writer goes back to a file's header once the file is whole, and never behind it: so what lies before is settled, and leaves as parts of
//! an upload ([`Archive::take`]). To pause is to finish the zip: its directory of files then stands in the bytes that are left, which is all that
//! somebody needs to go on ([`Archive::resume`]): the next file is written over it.

use aws_lc_rs::digest;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Settled bytes that are not given away: whoever goes on looks for the end of the directory in the last kilobyte, be the directory smaller.
const KEPT_BYTES: usize = 4_096;

/// A file in the zip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// In lower-case hexadecimal.
    pub(crate) sha256: String,
}

/// What is left of the file that the zip is: its end, from `base` on.
#[derive(Debug, Default)]
struct End {
    base: u64,
    bytes: Vec<u8>,
    position: u64,
    /// What lies before is never written again.
    settled: u64,
}

/// The end as the writer sees it: a file whose beginning can be neither read nor written any more.
#[derive(Debug, Clone, Default)]
struct Window(Arc<Mutex<End>>);

impl Window {
    fn end(&self) -> MutexGuard<'_, End> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone() -> io::Error {
    io::Error::other("this part of the archive has been given away")
}

impl End {
    fn place(&self) -> io::Result<usize> {
        self.position.checked_sub(self.base).and_then(|place| usize::try_from(place).ok()).ok_or_else(gone)
    }
    fn length(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut end = self.end();
        let rest = end.bytes.get(end.place()?..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        let (from, to) = (rest.get(..count).unwrap_or_default(), buffer.get_mut(..count).unwrap_or_default());
        to.copy_from_slice(from);
        end.position += count as u64;
        Ok(count)
    }
}

impl Write for Window {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut end = self.end();
        let place = end.place()?;
        if end.bytes.len() < place + bytes.len() {
            end.bytes.resize(place + bytes.len(), 0);
        }
        end.bytes.get_mut(place..place + bytes.len()).ok_or_else(gone)?.copy_from_slice(bytes);
        end.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    /// The writer's word that a file is whole ([`ZipWriter::set_flush_on_finish_file`]).
    fn flush(&mut self) -> io::Result<()> {
        let mut end = self.end();
        end.settled = end.settled.max(end.position);
        Ok(())
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut end = self.end();
        let (from, by) = match to {
            SeekFrom::Start(place) => (place, 0),
            SeekFrom::Current(by) => (end.position, by),
            SeekFrom::End(by) => (end.length(), by),
        };
        end.position = from.checked_add_signed(by).ok_or_else(gone)?;
        Ok(end.position)
    }
}

/// What somebody else needs to go on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Paused {
    /// How many bytes were given away.
    pub(crate) base: u64,
    /// The bytes behind them, which end in the directory of files.
    pub(crate) rest: Vec<u8>,
}

/// A zip that is being written.
pub(crate) struct Archive {
    zip: ZipWriter<Window>,
    window: Window,
    /// The time that all its files carry.
    modified: DateTime,
    pub(crate) entries: Vec<Entry>,
}

impl Archive {
    /// An empty one, whose files carry this time.
    pub(crate) fn new(at: Timestamp) -> Self {
        let window = Window::default();
        Self::of(ZipWriter::new(window.clone()), window, at, Vec::new())
    }

    /// One that somebody paused.
    ///
    /// # Errors
    /// When that is none.
    pub(crate) fn resume(paused: Paused, at: Timestamp, entries: Vec<Entry>) -> io::Result<Self> {
        let Paused { base, rest } = paused;
        let window = Window(Arc::new(Mutex::new(End { base, bytes: rest, position: base, settled: base })));
        let zip = ZipWriter::new_append(window.clone())?;
        // The old directory is written over by what comes; where less comes, nothing of it may be left.
        let mut end = window.end();
        let place = end.place()?;
        end.bytes.truncate(place);
        end.settled = end.position;
        drop(end);
        Ok(Self::of(zip, window, at, entries))
    }

    fn of(mut zip: ZipWriter<Window>, window: Window, at: Timestamp, entries: Vec<Entry>) -> Self {
        zip.set_flush_on_finish_file(true);
        let time = TimeZone::UTC.to_datetime(at);
        let number = |value: i8| u8::try_from(value).unwrap_or(1);
        let modified = DateTime::from_date_and_time(
            u16::try_from(time.year()).unwrap_or(1980),
            number(time.month()),
            number(time.day()),
            number(time.hour()),
            number(time.minute()),
            number(time.second()),
        );
        Self { zip, window, modified: modified.unwrap_or_default(), entries }
    }

    /// Adds a file. Pictures are packed already; the rest is deflated.
    ///
    /// # Errors
    /// When there is one of this name.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let lower = name.to_ascii_lowercase();
        let packed =
            [".png", ".jpg", ".jpeg", ".webp", ".pdf", ".zip", ".mp4", ".mp3"].iter().any(|end| lower.ends_with(end));
        let method = if packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(self.modified)
            .unix_permissions(0o644)
            .large_file(u32::try_from(bytes.len()).is_err());
        self.zip.start_file(name, options)?;
        self.zip.write_all(bytes)?;
        let sha256 = hex::encode(digest::digest(&digest::SHA256, bytes));
        self.entries.push(Entry { name: name.to_owned(), bytes: bytes.len() as u64, sha256 });
        Ok(())
    }

    /// What is settled, but for its last bytes, when that is `least` bytes or more: it is forgotten here.
    pub(crate) fn take(&mut self, least: usize) -> Option<Vec<u8>> {
        let mut end = self.window.end();
        let settled = usize::try_from(end.settled - end.base).unwrap_or(0).min(end.bytes.len());
        let settled = settled.saturating_sub(KEPT_BYTES);
        if settled < least {
            return None;
        }
        let rest = end.bytes.split_off(settled);
        end.base += settled as u64;
        Some(std::mem::replace(&mut end.bytes, rest))
    }

    /// Stops here; what is left begins where the last part that was taken ends, and ends the zip.
    ///
    /// # Errors
    /// When the directory of files cannot be written.
    pub(crate) fn pause(self) -> io::Result<(Paused, Vec<Entry>)> {
        let Self { zip, window, entries, .. } = self;
        zip.finish()?;
        let mut end = window.end();
        Ok((Paused { base: end.base, rest: std::mem::take(&mut end.bytes) }, entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use zip::ZipArchive;

    fn at() -> Timestamp {
        "2026-11-29T12:34:56Z".parse().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn wherever_it_is_taken_from_and_paused_every_file_is_in_it(
            files in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..3_000), any::<bool>(), 0usize..6_000), 1..30),
        ) {
            let (mut archive, mut written) = (Archive::new(at()), Vec::new());
            for (n, (bytes, pauses, least)) in files.iter().enumerate() {
                archive.add(&format!("f{n}.{}", if n % 2 == 0 { "png" } else { "json" }), bytes).unwrap();
                written.extend(archive.take(*least).unwrap_or_default());
                if *pauses {
                    let (paused, entries) = archive.pause().unwrap();
                    prop_assert_eq!(paused.base, written.len() as u64);
                    // Whoever does the step again begins with the same.
                    let again = Paused { base: paused.base, rest: paused.rest.clone() };
                    Archive::resume(again, at(), entries.clone()).unwrap().add("other", b"x").unwrap();
                    archive = Archive::resume(paused, at(), entries).unwrap();
                }
            }
            let (paused, entries) = archive.pause().unwrap();
            written.extend(paused.rest);
            let mut read = ZipArchive::new(io::Cursor::new(written)).unwrap();
            prop_assert_eq!(read.len(), files.len());
            for (n, (bytes, ..)) in files.iter().enumerate() {
                let mut file = read.by_index(n).unwrap();
                let mut all = Vec::new();
                file.read_to_end(&mut all).unwrap();
                prop_assert_eq!(&all, bytes);
                prop_assert_eq!(file.name().unwrap(), entries[n].name.as_str());
                prop_assert_eq!(hex::encode(digest::digest(&digest::SHA256, bytes)), entries[n].sha256.clone());
            }
        }
    }

    #[test]
    fn more_files_than_an_old_zip_can_count_and_what_is_given_away_is_gone() {
        let (mut archive, mut written) = (Archive::new(at()), Vec::new());
        for n in 0..70_000 {
            archive.add(&format!("{n}.json"), b"{}").unwrap();
            written.extend(archive.take(500_000).unwrap_or_default());
            if n == 66_000 {
                let (paused, entries) = archive.pause().unwrap();
                archive = Archive::resume(paused, at(), entries).unwrap();
            }
        }
        assert!(archive.window.end().bytes.len() < 1_000_000);
        let mut window = archive.window.clone();
        window.seek(SeekFrom::Start(0)).unwrap();
        assert!(window.write(b"x").is_err() && window.read(&mut [0]).is_err());
        let length = archive.window.end().length();
        window.seek(SeekFrom::Start(length)).unwrap();
        written.extend(archive.pause().unwrap().0.rest);
        let read = ZipArchive::new(io::Cursor::new(written)).unwrap();
        assert_eq!(read.len(), 70_000);
    }

    #[test]
    fn somebody_goes_on_though_all_but_a_short_directory_was_given_away() {
        let mut archive = Archive::new(at());
        archive.add("a.png", &[7; 10_000]).unwrap();
        archive.add("b", b"").unwrap();
        assert!(archive.take(5_000).is_some());
        let (paused, entries) = archive.pause().unwrap();
        assert!(paused.base > 0);
        assert_eq!(Archive::resume(paused, at(), entries).unwrap().entries.len(), 2);
    }

    #[test]
    fn two_files_of_one_name_are_refused() {
        let mut archive = Archive::new(at());
        archive.add("a", b"1").unwrap();
        assert!(archive.add("a", b"2").is_err());
    }
}
