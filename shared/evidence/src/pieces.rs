//! What is known of a file that lies elsewhere, and what else needs to be.

use std::collections::BTreeMap;
use std::ops::Range;

/// Ranges closer together than this are read at once: a request costs more than these bytes.
const MERGE_GAP_BYTES: u64 = 32 << 10;
/// The most that is read at once.
const MERGED_BYTES: u64 = 1 << 20;

/// Parts of a file that are needed next: not empty, inside the file, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need(Vec<Range<u64>>);

impl Need {
    pub(crate) fn of(mut ranges: Vec<Range<u64>>) -> Self {
        ranges.sort_by_key(|range| (range.start, range.end));
        Self(ranges)
    }

    /// The parts themselves.
    #[must_use]
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.0
    }

    /// What to read to have them: neighbours in one.
    #[must_use]
    pub fn reads(&self) -> Vec<Range<u64>> {
        let mut reads: Vec<Range<u64>> = Vec::new();
        for range in &self.0 {
            match reads.last_mut() {
                Some(last)
                    if range.start <= last.end.saturating_add(MERGE_GAP_BYTES)
                        && range.end.saturating_sub(last.start) <= MERGED_BYTES =>
                {
                    last.end = last.end.max(range.end);
                }
                _ => reads.push(range.clone()),
            }
        }
        reads
    }
}

/// What is known of a file.
#[derive(Debug, Clone)]
pub struct Pieces {
    size: u64,
    parts: BTreeMap<u64, Vec<u8>>,
}

impl Pieces {
    /// Nothing yet but its size.
    #[must_use]
    pub fn of_size(size_bytes: u64) -> Self {
        Self { size: size_bytes, parts: BTreeMap::new() }
    }

    /// The file's size.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Keeps of `bytes`, which were read from `start` on, what is needed.
    pub fn fill(&mut self, need: &Need, start: u64, bytes: &[u8]) {
        for range in need.ranges() {
            let place = |at: u64| at.checked_sub(start).and_then(|at| usize::try_from(at).ok());
            let (Some(from), Some(to)) = (place(range.start), place(range.end)) else { continue };
            let Some(part) = bytes.get(from..to) else { continue };
            let longer = self.parts.get(&range.start).is_some_and(|known| known.len() >= part.len());
            if !longer {
                self.parts.insert(range.start, part.to_vec());
            }
        }
    }

    /// Bytes that are kept.
    #[must_use]
    pub fn held(&self) -> usize {
        self.parts.values().map(Vec::len).sum()
    }

    /// A part of the file, cut off at its end.
    pub(crate) fn get(&self, range: Range<u64>) -> Result<&[u8], Need> {
        let range = range.start.min(self.size)..range.end.min(self.size);
        if range.is_empty() {
            return Ok(&[]);
        }
        let within = |(start, part): (&u64, &'_ Vec<u8>)| {
            let from = usize::try_from(range.start - *start).ok()?;
            let to = usize::try_from(range.end - *start).ok()?;
            (to <= part.len()).then_some((*start, from..to))
        };
        // Parts may lie inside one another, but not many deep.
        let found = self.parts.range(..=range.start).rev().take(64).find_map(within);
        let found = found.and_then(|(start, place)| self.parts.get(&start)?.get(place));
        found.ok_or_else(|| Need::of(vec![range]))
    }

    /// Several parts at once, so that what is missing of them is asked for at once.
    pub(crate) fn get_all(&self, ranges: impl IntoIterator<Item = Range<u64>>) -> Result<Vec<&[u8]>, Need> {
        let (mut parts, mut missing) = (Vec::new(), Vec::new());
        for range in ranges {
            match self.get(range) {
                Ok(part) => parts.push(part),
                Err(need) => missing.extend(need.0),
            }
        }
        if missing.is_empty() { Ok(parts) } else { Err(Need::of(missing)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_needed_and_then_there() {
        let mut pieces = Pieces::of_size(10);
        let need = pieces.get_all([0..4, 6..20]).unwrap_err();
        assert_eq!(need.ranges(), [0..4, 6..10]);
        assert_eq!(need.reads(), std::slice::from_ref(&(0..10)));
        pieces.fill(&need, 0, b"0123456789");
        assert_eq!((pieces.get(1..3).unwrap(), pieces.get(6..99).unwrap()), (&b"12"[..], &b"6789"[..]));
        assert_eq!(pieces.get(3..7).unwrap_err().ranges(), std::slice::from_ref(&(3..7)));
        assert_eq!((pieces.held(), pieces.get(10..20).unwrap()), (8, &b""[..]));
        // A short read fills nothing.
        let mut pieces = Pieces::of_size(10);
        pieces.fill(&need, 0, b"012");
        assert!(pieces.get(0..4).is_err());
    }

    #[test]
    fn neighbours_are_read_at_once_up_to_a_limit() {
        let far = |n: u64| n * (MERGE_GAP_BYTES + 101)..n * (MERGE_GAP_BYTES + 101) + 100;
        assert_eq!(Need::of(vec![far(1), far(0)]).reads().len(), 2);
        let near: Vec<_> = (0..2_000).map(|n| n * 1_000..n * 1_000 + 600).collect();
        let reads = Need::of(near).reads();
        assert_eq!(reads.len(), 2);
        assert!(reads.iter().all(|read| read.end - read.start <= MERGED_BYTES));
    }
}
