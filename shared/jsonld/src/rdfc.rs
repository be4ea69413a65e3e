//! RDF Dataset Canonicalization, [RDFC-1.0](https://www.w3.org/TR/rdf-canon/), with a budget.
//!
//! Blank nodes have no names, so two equal documents may number them differently. RDFC-1.0 gives each a label that depends
//! only on what is said about it:
//! 1. *first degree*: hash the lines that mention the node, writing `_:a` for itself and `_:z` for every other blank node.
//!    In an ordinary badge all hashes differ, the nodes are labelled in the order of their hashes, and that is all;
//! 2. *N degree*: nodes that look alike are told apart by walking to their neighbours, in every order, recursively. That is
//!    exponential for graphs made to be symmetric ("poison graphs"), so each unit of that work is counted and the count is
//!    capped ([`crate::Limits::max_canonicalization_steps`]). The count does not depend on the machine.

use crate::dataset::{Dataset, NONE, Quad};
use crate::{Error, Limits};
use aws_lc_rs::digest;
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// How deep the N-degree walk may go. Each level is a stack frame; a chain of look-alike nodes this long is no badge.
const MAX_WALK_DEPTH: usize = 256;

/// The hash inside the algorithm. SHA-256, except for P-384 signatures, which have SHA-384 throughout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashAlgorithm {
    /// RDFC-1.0's default.
    #[default]
    Sha256,
    /// For `ecdsa-rdfc-2019` with a P-384 key.
    Sha384,
}

impl HashAlgorithm {
    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
        }
    }

    fn hash(self, data: &[u8]) -> digest::Digest {
        digest::digest(self.digest(), data)
    }
}

/// The canonical N-Quads of a dataset.
pub(crate) fn canonicalize(dataset: &mut Dataset, hash: HashAlgorithm, limits: &Limits) -> Result<String, Error> {
    dataset.deduplicate()?;
    let astral = dataset.has_astral();
    let labels = Canonicalizer::new(dataset, hash, limits, astral).label()?;
    serialize(dataset, &labels, astral)
}

/// Whether lines that are in code point order are in the order of UTF-16 code units too, by which rdf-canonize sorts.
///
/// They are not if one line has an emoji where another has a full-width letter: then there are two opinions about the
/// canonical form, and whatever is signed does not verify everywhere.
fn check_order<'l>(lines: impl Iterator<Item = &'l str> + Clone) -> Result<(), Error> {
    if lines.clone().zip(lines.skip(1)).all(|(a, b)| a.encode_utf16().le(b.encode_utf16())) {
        Ok(())
    } else {
        Err(Error::invalid(
            "values that differ in an emoji and a full-width character are sorted differently by libraries",
        ))
    }
}

/// Lines with final labels, in code point order (which is the byte order of UTF-8).
fn serialize(dataset: &Dataset, labels: &[u32], astral: bool) -> Result<String, Error> {
    let mut relabelled = String::with_capacity(8 * 1024);
    let mut ranges: Vec<(usize, usize)> = Vec::with_capacity(dataset.quads().len());
    for quad in dataset.quads().iter().filter(|quad| quad.has_blank()) {
        let start = relabelled.len();
        let line = dataset.line(quad);
        let mut copied = 0;
        for (at, blank) in quad.placeholders() {
            if blank != NONE {
                relabelled.push_str(line.get(copied..at).unwrap_or_default());
                push_label(&mut relabelled, "_:c14n", labels.get(blank as usize).copied().unwrap_or_default());
                copied = at + 3;
            }
        }
        relabelled.push_str(line.get(copied..).unwrap_or_default());
        ranges.push((start, relabelled.len()));
    }
    let mut lines: Vec<&str> = Vec::with_capacity(dataset.quads().len());
    lines.extend(ranges.iter().filter_map(|&(start, end)| relabelled.get(start..end)));
    lines.extend(dataset.quads().iter().filter(|quad| !quad.has_blank()).map(|quad| dataset.line(quad)));
    lines.sort_unstable();
    if astral {
        check_order(lines.iter().copied())?;
    }
    let mut text = String::with_capacity(lines.iter().map(|line| line.len()).sum());
    for line in lines {
        text.push_str(line);
    }
    Ok(text)
}

/// Appends `prefix` and a decimal number.
fn push_label(text: &mut String, prefix: &str, number: u32) {
    text.push_str(prefix);
    let mut digits = [0_u8; 10];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text.push_str(std::str::from_utf8(digits.get(at..).unwrap_or_default()).unwrap_or_default());
}

/// Hands out `b0`, `b1`, … in order of asking, remembering that order (the specification's "identifier issuer").
#[derive(Debug, Clone, Default)]
struct Issuer {
    numbers: HashMap<u32, u32>,
    order: Vec<u32>,
}

impl Issuer {
    fn issue(&mut self, blank: u32) -> u32 {
        let next = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(blank).or_insert(next);
        if number == next {
            self.order.push(blank);
        }
        number
    }

    fn get(&self, blank: u32) -> Option<u32> {
        self.numbers.get(&blank).copied()
    }
}

struct Canonicalizer<'d> {
    dataset: &'d Dataset,
    hash: HashAlgorithm,
    astral: bool,
    /// Quads that mention blank node `n`: `mentions[starts[n]..starts[n + 1]]`.
    starts: Vec<u32>,
    mentions: Vec<u32>,
    first_degree: Vec<digest::Digest>,
    /// Final label numbers, [`NONE`] while there is none.
    labels: Vec<u32>,
    issued: u32,
    steps: usize,
    max_steps: usize,
}

impl<'d> Canonicalizer<'d> {
    fn new(dataset: &'d Dataset, hash: HashAlgorithm, limits: &Limits, astral: bool) -> Self {
        let count = dataset.blank_count();
        let mut starts = vec![0_u32; count + 1];
        for blank in dataset.quads().iter().flat_map(mentioned).flatten() {
            if let Some(slot) = starts.get_mut(blank as usize + 1) {
                *slot += 1;
            }
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut mentions = vec![0_u32; starts.last().copied().unwrap_or_default() as usize];
        for (index, quad) in (0_u32..).zip(dataset.quads()) {
            for blank in mentioned(quad).into_iter().flatten() {
                let at = &mut next[blank as usize];
                mentions[*at as usize] = index;
                *at += 1;
            }
        }
        Self {
            dataset,
            hash,
            astral,
            starts,
            mentions,
            first_degree: Vec::with_capacity(count),
            labels: vec![NONE; count],
            issued: 0,
            steps: 0,
            max_steps: limits.max_canonicalization_steps,
        }
    }

    fn quads_of(&self, blank: u32) -> impl Iterator<Item = &'d Quad> + use<'d, '_> {
        let blank = blank as usize;
        self.mentions[self.starts[blank] as usize..self.starts[blank + 1] as usize]
            .iter()
            .filter_map(|&index| self.dataset.quads().get(index as usize))
    }

    /// Section 4.4, the canonicalization algorithm: a label for each blank node.
    fn label(mut self) -> Result<Vec<u32>, Error> {
        let count = u32::try_from(self.labels.len()).unwrap_or(NONE);
        self.hash_first_degree(count)?;
        let mut order: Vec<u32> = (0..count).collect();
        let hashes = std::mem::take(&mut self.first_degree);
        let first = |blank: u32| hashes[blank as usize].as_ref();
        order.sort_unstable_by(|&a, &b| first(a).cmp(first(b)));
        let mut alike: Vec<&[u32]> = Vec::new();
        for group in order.chunk_by(|&a, &b| first(a) == first(b)) {
            match group {
                [single] => issue_label(&mut self.labels, &mut self.issued, *single),
                several => alike.push(several),
            }
        }
        self.first_degree = hashes;
        for group in alike {
            let mut results: Vec<(digest::Digest, Issuer)> = Vec::with_capacity(group.len());
            for &blank in group {
                if self.labels[blank as usize] == NONE {
                    let mut issuer = Issuer::default();
                    issuer.issue(blank);
                    results.push(self.hash_n_degree(blank, issuer, 0)?);
                }
            }
            results.sort_by(|a, b| a.0.as_ref().cmp(b.0.as_ref()));
            for (_, issuer) in results {
                for blank in issuer.order {
                    issue_label(&mut self.labels, &mut self.issued, blank);
                }
            }
        }
        Ok(self.labels)
    }

    fn first(&self, blank: u32) -> &[u8] {
        self.first_degree[blank as usize].as_ref()
    }

    /// Section 4.6, hash first degree quads, for every blank node.
    fn hash_first_degree(&mut self, count: u32) -> Result<(), Error> {
        let mut scratch: Vec<u8> = Vec::with_capacity(2048);
        let mut ranges: Vec<(usize, usize)> = Vec::with_capacity(16);
        let mut sorted: Vec<u8> = Vec::with_capacity(2048);
        for blank in 0..count {
            scratch.clear();
            ranges.clear();
            sorted.clear();
            for quad in self.quads_of(blank) {
                let start = scratch.len();
                scratch.extend_from_slice(self.dataset.line(quad).as_bytes());
                for (at, other) in quad.placeholders() {
                    if other == blank {
                        scratch[start + at + 2] = b'a';
                    }
                }
                ranges.push((start, scratch.len()));
            }
            ranges.sort_unstable_by(|a, b| scratch[a.0..a.1].cmp(&scratch[b.0..b.1]));
            if self.astral {
                let text = std::str::from_utf8(&scratch).unwrap_or_default();
                check_order(ranges.iter().filter_map(|&(start, end)| text.get(start..end)))?;
            }
            for &(start, end) in &ranges {
                sorted.extend_from_slice(&scratch[start..end]);
            }
            let digest = self.hash.hash(&sorted);
            self.first_degree.push(digest);
        }
        Ok(())
    }

    /// Counts work; the end of a poison graph.
    fn spend(&mut self, steps: usize) -> Result<(), Error> {
        self.steps += steps;
        if self.steps > self.max_steps { Err(Error::TooComplex { maximum: self.max_steps }) } else { Ok(()) }
    }

    /// Section 4.7, hash related blank node.
    fn hash_related(&self, related: u32, quad: &Quad, issuer: &Issuer, position: char) -> digest::Digest {
        let mut input = String::with_capacity(256);
        input.push(position);
        if position != 'g' {
            input.push('<');
            input.push_str(self.dataset.predicate(quad));
            input.push('>');
        }
        if !self.push_known_label(&mut input, related, issuer) {
            push_hex(&mut input, self.first(related));
        }
        self.hash.hash(input.as_bytes())
    }

    /// Appends the canonical label, or else the temporary one, if there is either.
    fn push_known_label(&self, text: &mut String, blank: u32, issuer: &Issuer) -> bool {
        let canonical = self.labels[blank as usize];
        if canonical != NONE {
            push_label(text, "_:c14n", canonical);
        } else if let Some(number) = issuer.get(blank) {
            push_label(text, "_:b", number);
        } else {
            return false;
        }
        true
    }

    /// Section 4.8, hash N-degree quads.
    fn hash_n_degree(&mut self, blank: u32, issuer: Issuer, depth: usize) -> Result<(digest::Digest, Issuer), Error> {
        if depth >= MAX_WALK_DEPTH {
            return Err(Error::TooComplex { maximum: self.max_steps });
        }
        let mut related: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
        let quads: Vec<&Quad> = self.quads_of(blank).collect();
        for quad in quads {
            for (position, other) in [('s', quad.subject), ('o', quad.object), ('g', quad.graph)] {
                if other != NONE && other != blank {
                    self.spend(1)?;
                    let hash = self.hash_related(other, quad, &issuer, position);
                    related.entry(hash.as_ref().to_vec()).or_default().push(other);
                }
            }
        }
        let mut issuer = issuer;
        let mut data = String::new();
        for (hash, mut list) in related {
            push_hex(&mut data, &hash);
            let mut chosen: Option<(String, Issuer)> = None;
            let mut permutation = Permutation::of(&mut list);
            while let Some(list) = permutation.next() {
                let best = chosen.as_ref().map(|(path, _)| path.as_str());
                if let Some(better) = self.walk(list, &issuer, best, depth)? {
                    chosen = Some(better);
                }
            }
            if let Some((path, chosen_issuer)) = chosen {
                data.push_str(&path);
                issuer = chosen_issuer;
            }
        }
        Ok((self.hash.hash(data.as_bytes()), issuer))
    }

    /// One order of the related nodes (steps 5.4.1 to 5.4.6): its path and issuer, if it beats `best`.
    fn walk(
        &mut self,
        list: &[u32],
        issuer: &Issuer,
        best: Option<&str>,
        depth: usize,
    ) -> Result<Option<(String, Issuer)>, Error> {
        self.spend(list.len() + issuer.order.len())?;
        let worse = |path: &str| best.is_some_and(|best| path.len() >= best.len() && path > best);
        let mut issuer = issuer.clone();
        let mut path = String::new();
        let mut recursion: Vec<u32> = Vec::new();
        for &blank in list {
            if !self.push_known_label(&mut path, blank, &issuer) {
                recursion.push(blank);
                push_label(&mut path, "_:b", issuer.issue(blank));
            }
            if worse(&path) {
                return Ok(None);
            }
        }
        for blank in recursion {
            let (hash, walked) = self.hash_n_degree(blank, issuer.clone(), depth + 1)?;
            push_label(&mut path, "_:b", issuer.issue(blank));
            path.push('<');
            push_hex(&mut path, hash.as_ref());
            path.push('>');
            issuer = walked;
            if worse(&path) {
                return Ok(None);
            }
        }
        Ok(best.is_none_or(|best| path.as_str() < best).then_some((path, issuer)))
    }
}

fn issue_label(labels: &mut [u32], issued: &mut u32, blank: u32) {
    if let Some(label) = labels.get_mut(blank as usize)
        && *label == NONE
    {
        *label = *issued;
        *issued += 1;
    }
}

/// The blank nodes of a quad, each once.
fn mentioned(quad: &Quad) -> [Option<u32>; 3] {
    let (subject, object, graph) = (quad.subject, quad.object, quad.graph);
    [
        (subject != NONE).then_some(subject),
        (object != NONE && object != subject).then_some(object),
        (graph != NONE && graph != subject && graph != object).then_some(graph),
    ]
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
}

/// Every order of a list, one at a time, without holding them all (Heap's algorithm).
struct Permutation<'l> {
    list: &'l mut [u32],
    counters: Vec<usize>,
    at: usize,
    started: bool,
}

impl<'l> Permutation<'l> {
    fn of(list: &'l mut [u32]) -> Self {
        let counters = vec![0; list.len()];
        Self { list, counters, at: 1, started: false }
    }

    fn next(&mut self) -> Option<&[u32]> {
        if !self.started {
            self.started = true;
            return Some(self.list);
        }
        while self.at < self.list.len() {
            if self.counters[self.at] < self.at {
                let with = if self.at.is_multiple_of(2) { 0 } else { self.counters[self.at] };
                self.list.swap(with, self.at);
                self.counters[self.at] += 1;
                self.at = 1;
                return Some(self.list);
            }
            self.counters[self.at] = 0;
            self.at += 1;
        }
        None
    }
}
